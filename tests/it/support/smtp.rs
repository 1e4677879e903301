//! A real SMTP receiver (Debian's python3-aiosmtpd) on a free loopback port, with a certificate of its own making.
//!
//! ```ignore
//! let server = SmtpServer::start(Options::default());
//! let transport = Transport::new(&server.config())?;
//! server.set(Mode::Answer(At::Rcpt, "451 4.7.1 later"));
//! ```

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use inkom::config;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::json;
use tempfile::TempDir;

/// Debian's own, since it is the one that has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";
pub const USER: &str = "inkom-svar";
/// Whatever happens, this is in no text and no log.
pub const PASSWORD: &str = "hemligt-lösen-7f3a";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Implicit,
    Starttls,
    /// Offers no STARTTLS, but would take a password.
    Plain,
    /// STARTTLS, with replies put behind the plaintext answer by someone on the line.
    StarttlsInjected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    WrongName,
    Expired,
    /// From an authority that the client does not know.
    Stranger,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub security: Security,
    pub certificate: Certificate,
    pub mechanisms: &'static [&'static str],
    pub smtputf8: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            security: Security::Implicit,
            certificate: Certificate::Good,
            mechanisms: &["PLAIN", "LOGIN"],
            smtputf8: false,
        }
    }
}

/// Where in the exchange the server does something else than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Connect,
    Starttls,
    Auth,
    Mail,
    /// MAIL, but only `MAIL FROM:<>`.
    NullSender,
    Rcpt,
    /// The command DATA.
    Data,
    /// Some of the content has come.
    InData,
    /// All content has come; nothing is kept.
    DataEnd,
    /// The message is kept, but not yet answered.
    Answer,
}

/// What the server does, until it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    Accept,
    /// Gives this reply. After [`At::Answer`] and [`At::DataEnd`] it is the reply to the content.
    Answer(At, &'static str),
    /// Waits so long, then goes on.
    Hang(At, Duration),
    /// Resets the connection.
    Drop(At),
    /// As [`Mode::Answer`], but only so many times.
    AnswerTimes(At, &'static str, u32),
    /// As [`Mode::Drop`], but only so many times.
    DropTimes(At, u32),
}

impl Mode {
    pub const REFUSE_NULL_SENDER: Self = Self::Answer(At::NullSender, "550 5.7.1 <> is not welcome");
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Empty for the null sender.
    pub mail_from: String,
    pub rcpt_tos: Vec<String>,
    pub bytes: Vec<u8>,
}

/// One line the server was sent outside DATA. Of AUTH, only the mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub connection: u64,
    pub text: String,
    pub tls: bool,
}

#[derive(Debug)]
pub struct SmtpServer {
    folder: TempDir,
    child: Child,
    answers: Mutex<BufReader<ChildStdout>>,
    port: u16,
    security: Security,
    ca_pem: String,
}

impl SmtpServer {
    pub fn start(options: Options) -> Self {
        let folder = TempDir::with_prefix("inkom-smtp-").unwrap();
        let ca_pem = write_certificates(folder.path(), options.certificate);
        std::fs::write(folder.path().join("ca.pem"), &ca_pem).unwrap();
        write_private(&folder.path().join("password"), PASSWORD);

        let arguments = json!({
            "folder": folder.path(),
            "tls": match options.security {
                Security::Implicit => "implicit",
                Security::Starttls | Security::StarttlsInjected => "starttls",
                Security::Plain => "plain",
            },
            "inject": options.security == Security::StarttlsInjected,
            "user": USER,
            "password": PASSWORD,
            "mechanisms": options.mechanisms,
            "smtputf8": options.smtputf8,
        });
        let errors = std::fs::File::create(folder.path().join("stderr")).unwrap();
        let mut child = Command::new(PYTHON)
            .arg("-I")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/smtpd.py"))
            .arg(arguments.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("needs python3 (run .ci/install)");
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        answers.read_line(&mut ready).unwrap();
        let Ok(ready) = serde_json::from_str::<serde_json::Value>(&ready) else {
            let said = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
            panic!("the SMTP receiver did not start; it needs python3-aiosmtpd (run .ci/install):\n{said}");
        };
        let port = ready["port"].as_u64().unwrap().try_into().unwrap();
        Self { folder, child, answers: Mutex::new(answers), port, security: options.security, ca_pem }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a client is to trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The section `[smtp]` for this server. `more` is added to it.
    pub fn toml(&self, more: &str) -> String {
        format!(
            "[smtp]\nkind = \"server\"\nusername = \"{USER}\"\nauth = {{ kind = \"password\", file = \"{}\" }}\n{more}\n\
             [smtp.server]\nhost = \"localhost\"\nport = {}\ntls = \"{}\"\nca_file = \"{}\"\ntimeout_secs = 10\n",
            self.folder.path().join("password").display(),
            self.port,
            if self.security == Security::Implicit { "implicit" } else { "starttls" },
            self.ca_file().display(),
        )
    }

    pub fn config(&self) -> config::Smtp {
        self.config_with("")
    }

    pub fn config_with(&self, more: &str) -> config::Smtp {
        #[derive(serde::Deserialize)]
        struct File {
            smtp: config::Smtp,
        }
        toml::from_str::<File>(&self.toml(more)).unwrap().smtp
    }

    /// Holds for what comes after this call returns.
    pub fn set(&self, mode: Mode) {
        let order = match mode {
            Mode::Accept => json!(null),
            Mode::Answer(at, reply) => json!({ "at": at.name(), "do": "answer", "reply": reply }),
            Mode::AnswerTimes(at, reply, times) => {
                json!({ "at": at.name(), "do": "answer", "reply": reply, "times": times })
            }
            Mode::Hang(at, time) => json!({ "at": at.name(), "do": "hang", "secs": time.as_secs_f64() }),
            Mode::Drop(at) => json!({ "at": at.name(), "do": "drop" }),
            Mode::DropTimes(at, times) => json!({ "at": at.name(), "do": "drop", "times": times }),
        };
        let mut answers = self.answers.lock().unwrap();
        let mut orders = self.child.stdin.as_ref().unwrap();
        writeln!(orders, "{order}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "set\n", "the SMTP receiver has ended");
    }

    /// All that was kept, in order.
    pub fn messages(&self) -> Vec<Received> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut envelopes: Vec<_> =
            files.filter(|file| file.extension().is_some_and(|ending| ending == "json")).collect();
        envelopes.sort();
        envelopes
            .into_iter()
            .map(|file| {
                let envelope: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
                Received {
                    mail_from: envelope["mail_from"].as_str().unwrap().to_owned(),
                    rcpt_tos: serde_json::from_value(envelope["rcpt_tos"].clone()).unwrap(),
                    bytes: std::fs::read(file.with_extension("eml")).unwrap(),
                }
            })
            .collect()
    }

    pub fn commands(&self) -> Vec<Line> {
        let transcript = std::fs::read_to_string(self.folder.path().join("commands.jsonl")).unwrap();
        let read = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            Line {
                connection: line["connection"].as_u64().unwrap(),
                text: line["line"].as_str().unwrap().to_owned(),
                tls: line["tls"].as_bool().unwrap(),
            }
        };
        transcript.lines().map(read).collect()
    }

    pub fn saw_auth(&self) -> bool {
        self.commands().iter().any(|line| line.text.to_ascii_uppercase().starts_with("AUTH"))
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl At {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Starttls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::NullSender => "null-sender",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::InData => "in-data",
            Self::DataEnd => "data-end",
            Self::Answer => "answer",
        }
    }
}

/// A file that its owner alone can read, as passwords need.
pub fn write_private(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Writes `cert.pem` and `key.pem`; returns the authority that the client knows.
fn write_certificates(folder: &Path, kind: Certificate) -> String {
    let known = authority("Known");
    let stranger = authority("Stranger");
    let name = if kind == Certificate::WrongName { "elsewhere.example" } else { "localhost" };
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if kind == Certificate::Expired {
        parameters.not_before = date_time_ymd(2019, 1, 1);
        parameters.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let issuer = if kind == Certificate::Stranger { &stranger.1 } else { &known.1 };
    let certificate = parameters.signed_by(&key, issuer).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    write_private(&folder.join("key.pem"), &key.serialize_pem());
    known.0
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.pem(), Issuer::new(parameters, key))
}
