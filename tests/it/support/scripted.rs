//! An IMAP server that plays a script, to say what no real server can be made to say.
//!
//! A script has a line for each step:
//!
//! ```text
//! S: * OK hello          send it and a line end; `$ ` at the start is the last command's tag
//! S- * 1 FETCH (\r\n     send it without a line end, or with one that is written
//! C: UID SEARCH ALL      wait for this command, whatever its tag
//! C+ DONE                wait for this line, which has no tag; `*` is any
//! -- tls                 begin TLS
//! -- wait 50             wait so many milliseconds
//! -- drip 50 abc         send byte by byte with so many milliseconds between
//! -- silence             read whatever comes and say nothing more
//! -- cut                 end the connection
//! ```
//!
//! After its last line the server only listens. Each connection plays a script of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inkom::config::{ImapSource, Tls};
use inkom::mailbox::Imap;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Certificates, Flaw};
use super::{source, write_secret};

/// How long a client waits for a server that is to stay silent. Others wait long, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_millis(400);

pub struct Scripted {
    folder: TempDir,
    port: u16,
    played: Arc<Mutex<Played>>,
    connections: usize,
}

#[derive(Default)]
struct Played {
    said: Vec<String>,
    to_the_end: usize,
    astray: Vec<String>,
}

impl Scripted {
    pub async fn start(scripts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::new(Flaw::None);
        std::fs::write(folder.path().join("ca.pem"), &certificates.ca).unwrap();
        write_secret(&folder.path().join("password"), "hemligt-4711");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let played = Arc::new(Mutex::new(Played::default()));
        let (acceptor, record) = (acceptor(&certificates), Arc::clone(&played));
        let scripts: Vec<String> = scripts.iter().map(|script| (*script).to_owned()).collect();
        let connections = scripts.len();
        tokio::spawn(async move {
            for script in scripts {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(play(script, stream, acceptor.clone(), Arc::clone(&record)));
            }
        });
        Self { folder, port, played, connections }
    }

    pub fn source(&self, tls: Tls) -> ImapSource {
        let ca = self.folder.path().join("ca.pem");
        source("localhost", self.port, tls, &ca, "mottagning", &self.password_file())
    }

    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    pub fn imap(&self) -> Imap {
        Imap::new(&self.source(Tls::Implicit), None).unwrap()
    }

    pub fn impatient_imap(&self) -> Imap {
        self.imap().with_patience(PATIENCE)
    }

    /// Everything that was said to the server, without tags, once it was all that the scripts wait for.
    pub async fn said(&self) -> Vec<String> {
        for _ in 0..200 {
            {
                let played = self.played.lock().unwrap();
                assert_eq!(played.astray, [""; 0], "the client left the script");
                if played.to_the_end == self.connections {
                    return played.said.clone();
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let played = self.played.lock().unwrap();
        panic!("{} of {} scripts played; the client said {:#?}", played.to_the_end, self.connections, played.said);
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificates.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn play(script: String, stream: TcpStream, acceptor: TlsAcceptor, record: Arc<Mutex<Played>>) {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let mut tag = String::new();
    for step in script.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let (kind, rest) = step.split_at(2);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let text = match rest.strip_prefix("$ ") {
            Some(answer) => format!("{tag} {answer}"),
            None => rest.to_owned(),
        };
        match kind {
            // The client may have gone already; then what it says next is what counts.
            "S:" => drop(stream.write_all(format!("{text}\r\n").as_bytes()).await),
            "S-" => drop(stream.write_all(text.replace("\\r\\n", "\r\n").as_bytes()).await),
            "C:" | "C+" => {
                let line = heard(&mut stream).await;
                let (its_tag, command) = match line.split_once(' ') {
                    Some((its_tag, command)) if kind == "C:" => (its_tag.to_owned(), command.to_owned()),
                    _ => (tag.clone(), line),
                };
                tag = its_tag;
                if command != rest && rest != "*" {
                    record.lock().unwrap().astray.push(format!("{command:?} came instead of {rest:?}"));
                    return;
                }
                record.lock().unwrap().said.push(command);
            }
            "--" => match rest.split(' ').collect::<Vec<_>>()[..] {
                ["tls"] => match acceptor.accept(stream).await {
                    Ok(secured) => stream = Box::new(secured),
                    Err(_) => return,
                },
                ["wait", millis] => tokio::time::sleep(Duration::from_millis(millis.parse().unwrap())).await,
                ["drip", millis, text] => {
                    for byte in text.bytes() {
                        let sent = async {
                            stream.write_all(&[byte]).await?;
                            stream.flush().await
                        };
                        if sent.await.is_err() {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(millis.parse().unwrap())).await;
                    }
                }
                ["cut"] => {
                    let _ = stream.flush().await;
                    drop(stream);
                    record.lock().unwrap().to_the_end += 1;
                    return;
                }
                ["silence"] => {
                    record.lock().unwrap().to_the_end += 1;
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                    return;
                }
                _ => panic!("no such step: {step}"),
            },
            _ => panic!("no such step: {step}"),
        }
        let _ = stream.flush().await;
    }
    record.lock().unwrap().to_the_end += 1;
    loop {
        let line = heard(&mut stream).await;
        if line.is_empty() {
            return;
        }
        record.lock().unwrap().astray.push(format!("{line:?} came after the script's end"));
    }
}

/// A line without its end, empty when the client is gone.
async fn heard(stream: &mut Box<dyn Stream>) -> String {
    let mut line = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        if byte == b'\n' {
            break;
        }
        line.push(byte);
    }
    String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()
}
