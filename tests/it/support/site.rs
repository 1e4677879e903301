//! The whole daemon with its pages, on an empty Maildir, and a browser as far as tests need one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{COOKIE, HOST, HeaderMap, LOCATION, SET_COOKIE};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use inkom::clock::Clock;
use inkom::config::Config;
use inkom::daemon::Daemon;
use inkom::diary::{Diary, PersonId};
use inkom::model::Role;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

pub struct Site {
    pub diary: Diary,
    pub origin: String,
    pub metrics: Option<SocketAddr>,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Writes the configuration, and gives the folder that it lies in. `web` is the section.
pub fn write_config(web: &str) -> TempDir {
    let folder = TempDir::with_prefix("inkom-site-").unwrap();
    for made in ["mail/new", "mail/cur", "mail/tmp", "replies"] {
        std::fs::create_dir_all(folder.path().join(made)).unwrap();
    }
    let reply = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml");
    let text = format!(
        "state_dir = '{}'\nauthority.name = 'Region Exempel'\nreply.text_file = '{}'\n\
         smtp = {{ kind = 'files', folder = 'replies' }}\n\n[web]\n{web}\n\n\
         [[mailbox]]\nname = 'mottagningen'\nunit = 'Mottagningen'\nhsa_id = 'SE2321000131-E000000000001'\nseries = 'MM'\n\
         addresses = ['mottagningen@example.se']\nreply_from = 'mottagningen@example.se'\nfolders = ['INBOX']\n\
         poll_interval_secs = 5\nsource = {{ kind = 'maildir', path = 'mail' }}\n",
        folder.path().join("state").display(),
        reply.display(),
    );
    std::fs::write(folder.path().join("inkom.toml"), text).unwrap();
    folder
}

impl Site {
    pub async fn open(web: &str) -> Self {
        Self::start(write_config(web)).await
    }

    /// With a configuration that is written.
    pub async fn start(folder: TempDir) -> Self {
        let config = Config::load(&folder.path().join("inkom.toml")).unwrap();
        let daemon = Daemon::start(config, Clock::default()).await.unwrap();
        let (diary, origin) = (daemon.diary.clone(), daemon.origin.clone().unwrap());
        let metrics = daemon.metrics;
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(daemon.run(async move {
            let _ = stopped.await;
        }));
        Self { diary, origin, metrics, folder, stop: Some(stop), running }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("inkom.toml")
    }

    pub fn command(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_inkom")).args(args).arg("--config").arg(self.config()).output().unwrap()
    }

    pub async fn add(&self, name: &str, hsa_id: &str, roles: &[Role]) -> PersonId {
        let mut tx = self.diary.write().await.unwrap();
        let person = tx.add_person(name, hsa_id, Clock::default().now()).await.unwrap();
        for role in roles {
            tx.grant(person, "Mottagningen", *role).await.unwrap();
        }
        tx.commit().await.unwrap();
        person
    }

    pub async fn close(mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.running).await.unwrap().unwrap();
    }
}

/// Keeps cookies by name, and goes on only where it is told to.
#[derive(Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    tls: Option<TlsConnector>,
}

pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub url: String,
}

impl Browser {
    /// Trusts the certificates in this file, and no others.
    pub fn trusting(ca_file: &Path) -> Self {
        Self { tls: Some(inkom::tls::connector(Some(ca_file)).unwrap()), ..Self::default() }
    }

    pub async fn get(&mut self, url: &str) -> Page {
        self.ask("GET", url, "").await
    }

    pub async fn ask(&mut self, method: &str, url: &str, body: &str) -> Page {
        self.try_to_ask(method, url, body).await.unwrap()
    }

    pub async fn try_to_ask(&mut self, method: &str, url: &str, body: &str) -> anyhow::Result<Page> {
        let uri: Uri = url.parse().unwrap();
        let authority = uri.authority().unwrap().clone();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(uri.path_and_query().unwrap().as_str())
            .header(HOST, authority.as_str())
            .header(COOKIE, cookies.join("; "))
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap())).await?;
        let response = if uri.scheme_str() == Some("https") {
            let name = authority.host().to_owned().try_into().unwrap();
            let tls = self.tls.as_ref().expect("trusts someone");
            exchange(tls.connect(name, stream).await?, request).await?
        } else {
            exchange(stream, request).await?
        };
        let (parts, text) = response.into_parts();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        for cookie in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        Ok(Page { status, headers, text, url: url.into() })
    }

    /// Goes where each answer sends it, until one sends it nowhere.
    pub async fn follow(&mut self, url: &str) -> Page {
        self.follow_until(url, "").await
    }

    /// The same, but stops before an address that holds `stop`, if that is not empty.
    pub async fn follow_until(&mut self, url: &str, stop: &str) -> Page {
        let mut page = self.get(url).await;
        for _ in 0..10 {
            match page.leads_to() {
                Some(next) if stop.is_empty() || !next.contains(stop) => page = self.get(&next).await,
                _ => return page,
            }
        }
        panic!("{url} leads round and round");
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<Response<String>> {
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (parts, body) = requests.send_request(request).await?.into_parts();
    let text = body.collect().await?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(parts, String::from_utf8_lossy(&text).into_owned()))
}

impl Page {
    /// The address that the answer sends a browser to.
    pub fn leads_to(&self) -> Option<String> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        let origin = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Some(if to.starts_with('/') { format!("{origin}{to}") } else { to.to_owned() })
    }
}
