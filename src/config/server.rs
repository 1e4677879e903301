use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::read::{missing, refuse};
use super::{ConfigError, SecretFile, is_address};

/// A server that is spoken to over verified TLS (RFC 8314), never without.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The name that the certificate must hold.
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub tls: Tls,
    /// Certificates (PEM) to trust instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How long the server may be silent in the middle of an exchange.
    #[serde(default = "half_a_minute")]
    pub timeout_secs: u64,
}

/// How TLS begins. There is no third way.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    #[default]
    Implicit,
    /// The connection is ended unless the server upgrades it.
    Starttls,
}

/// How inkom signs in. Other ways come beside this one.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "AuthTable")]
pub enum Auth {
    Password { file: SecretFile },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    kind: AuthKind,
    file: SecretFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AuthKind {
    Password,
}

impl From<AuthTable> for Auth {
    fn from(AuthTable { kind, file }: AuthTable) -> Self {
        match kind {
            AuthKind::Password => Self::Password { file },
        }
    }
}

/// `[smtp]`: where replies go.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SmtpTable")]
pub enum Smtp {
    Server(Submission),
    /// Each reply becomes a file: for the demonstration.
    Files {
        folder: PathBuf,
    },
}

/// A submission server (RFC 6409).
#[derive(Clone, Debug)]
pub struct Submission {
    pub server: Server,
    pub username: Option<String>,
    pub auth: Option<Auth>,
    /// The envelope's sender where the server refuses the null sender: an unattended address, never a polled one.
    pub envelope_from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SmtpTable {
    kind: SmtpKind,
    server: Option<Server>,
    username: Option<String>,
    auth: Option<Auth>,
    envelope_from: Option<String>,
    folder: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SmtpKind {
    Server,
    Files,
}

impl TryFrom<SmtpTable> for Smtp {
    type Error = String;

    fn try_from(table: SmtpTable) -> Result<Self, String> {
        let SmtpTable { kind, server, username, auth, envelope_from, folder } = table;
        match kind {
            SmtpKind::Server => {
                refuse("files", &[("folder", folder.is_some())])?;
                let server = server.ok_or_else(|| missing("server"))?;
                Ok(Self::Server(Submission { server, username, auth, envelope_from }))
            }
            SmtpKind::Files => {
                refuse(
                    "server",
                    &[
                        ("server", server.is_some()),
                        ("username", username.is_some()),
                        ("auth", auth.is_some()),
                        ("envelope_from", envelope_from.is_some()),
                    ],
                )?;
                Ok(Self::Files { folder: folder.ok_or_else(|| missing("folder"))? })
            }
        }
    }
}

impl Server {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.ca_file = self.ca_file.take().map(|file| folder.join(file));
    }

    pub(super) fn check(&self, key: &str) -> Result<(), ConfigError> {
        if rustls_pki_types::ServerName::try_from(self.host.as_str()).is_err() {
            return Err(ConfigError::new(
                format!("{key}.host"),
                &self.host,
                "give the server's name as its certificate holds it",
            ));
        }
        if self.port == 0 {
            return Err(ConfigError::new(
                format!("{key}.port"),
                self.port,
                "give the server's port, such as 993 or 465",
            ));
        }
        if !(1..=600).contains(&self.timeout_secs) {
            return Err(ConfigError::new(format!("{key}.timeout_secs"), self.timeout_secs, "give 1 to 600 seconds"));
        }
        Ok(())
    }
}

impl Smtp {
    pub(super) fn relative_to(&mut self, base: &Path) {
        match self {
            Self::Server(submission) => submission.server.relative_to(base),
            Self::Files { folder } => *folder = base.join(&*folder),
        }
    }

    #[must_use]
    pub fn envelope_from(&self) -> Option<&str> {
        match self {
            Self::Server(submission) => submission.envelope_from.as_deref(),
            Self::Files { .. } => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self::Server(submission) = self else { return Ok(()) };
        submission.server.check("smtp.server")?;
        match (&submission.username, &submission.auth) {
            (Some(username), None) => {
                return Err(ConfigError::new("smtp.username", username, "add smtp.auth, or leave both out"));
            }
            (None, Some(_)) => {
                return Err(ConfigError("smtp.auth: add smtp.username, or leave both out".to_owned()));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        match &submission.envelope_from {
            Some(from) if !is_address(from) => Err(ConfigError::new(
                "smtp.envelope_from",
                from,
                "give an unattended address, or leave the key out for the null sender",
            )),
            _ => Ok(()),
        }
    }
}

const fn half_a_minute() -> u64 {
    30
}
