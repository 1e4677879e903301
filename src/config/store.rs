use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::read::{missing, refuse};
use super::{ConfigError, SecretFile};

/// `[database]`: SQLite in the state folder, or a PostgreSQL server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "DatabaseTable")]
pub enum Database {
    #[default]
    Sqlite,
    /// The connection string holds a password, so it lies in a file of its own.
    Postgres { url_file: SecretFile },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseTable {
    kind: DatabaseKind,
    url_file: Option<SecretFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl TryFrom<DatabaseTable> for Database {
    type Error = String;

    fn try_from(DatabaseTable { kind, url_file }: DatabaseTable) -> Result<Self, String> {
        match kind {
            DatabaseKind::Sqlite => {
                refuse("postgres", &[("url_file", url_file.is_some())])?;
                Ok(Self::Sqlite)
            }
            DatabaseKind::Postgres => Ok(Self::Postgres { url_file: url_file.ok_or_else(|| missing("url_file"))? }),
        }
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A larger message is kept whole, but only its header is read and shown.
    pub read_max_bytes: u64,
    /// Reading and rendering one message may take so long; then it gets a cover page.
    pub render_timeout_secs: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { read_max_bytes: 50_000_000, render_timeout_secs: 30 }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.read_max_bytes < 100_000 {
            return Err(ConfigError::new("limits.read_max_bytes", self.read_max_bytes, "give at least 100000 bytes"));
        }
        if !(1..=600).contains(&self.render_timeout_secs) {
            return Err(ConfigError::new(
                "limits.render_timeout_secs",
                self.render_timeout_secs,
                "give 1 to 600 seconds",
            ));
        }
        Ok(())
    }
}

/// `[audit]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Where the signed ends of the audit chain are added; without it, a file in the state folder.
    pub heads_file: Option<PathBuf>,
}

impl Audit {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        if let Some(file) = &mut self.heads_file {
            *file = folder.join(&*file);
        }
    }
}

/// `[alarm]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarm {
    /// After so long without a successful poll of a mailbox, the log and the status say so.
    pub no_poll_minutes: u64,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { no_poll_minutes: 15 }
    }
}

impl Alarm {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.no_poll_minutes == 0 {
            return Err(ConfigError::new("alarm.no_poll_minutes", self.no_poll_minutes, "give at least 1 minute"));
        }
        Ok(())
    }
}
