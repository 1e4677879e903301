//! The TOML file as types, one file per section. Reading it checks it: what comes out can be used as it stands.
//!
//! Secrets are never in the file nor in the environment: the file names where they lie ([`SecretFile`]).

mod authority;
mod catalogue;
mod export;
mod handover;
mod mailbox;
mod pdf;
mod read;
mod reply;
mod secret;
mod server;
mod store;
mod triage;
mod web;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use authority::Authority;
pub use catalogue::{Catalogue, DiarySection, DocumentType};
pub use export::Export;
pub use handover::Handover;
pub use mailbox::{ImapSource, Mailbox, MaildirSource, Source, is_hsa_id};
pub use pdf::Pdf;
pub use reply::{GovernedText, Reply, Validity};
pub use secret::SecretFile;
pub use server::{Auth, Server, Smtp, Submission, Tls};
pub use store::{Alarm, Audit, Database, Limits};
pub use triage::Triage;
pub use web::{Oidc, SignIn, Web, WebTls};

/// Where the file lies unless the command line says otherwise.
pub const DEFAULT_PATH: &str = "/etc/inkom/inkom.toml";

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Holds the lock, and the database unless `[database]` names a server.
    pub state_dir: PathBuf,
    pub authority: Authority,
    #[serde(default)]
    pub database: Database,
    pub reply: Reply,
    pub smtp: Smtp,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub alarm: Alarm,
    #[serde(default)]
    pub audit: Audit,
    #[serde(default)]
    pub triage: Triage,
    #[serde(default)]
    pub pdf: Pdf,
    #[serde(default)]
    pub diary: DiarySection,
    pub handover: Option<Handover>,
    #[serde(default)]
    pub export: Export,
    pub web: Option<Web>,
    #[serde(rename = "mailbox", default)]
    pub mailboxes: Vec<Mailbox>,
}

/// What is wrong with the file: the key, its value, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// Of a file that the configuration names.
    pub(crate) fn in_file(path: &Path, error: impl std::fmt::Display) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    fn new(key: impl std::fmt::Display, value: impl std::fmt::Debug, fix: impl std::fmt::Display) -> Self {
        let value = format!("{value:?}");
        // URLs have a place for a password.
        if value.contains("://") {
            return Self(format!("{key} {}: {fix}", read::NOT_SHOWN));
        }
        Self(format!("{key} = {value}: {fix}"))
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// # Errors
    /// One error, naming the file, the key, the value and the fix.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(format!("{}: {error}; name the configuration with --config FILE", path.display()))
        })?;
        let config = Self::parse(&text).map_err(|error| ConfigError(format!("{}: {error}", path.display())))?;
        Ok(config.relative_to(path.parent().unwrap_or(Path::new("."))))
    }

    /// # Errors
    /// As [`Config::load`], without the file's name.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = read::from_toml(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !self.state_dir.is_absolute() {
            return Err(ConfigError::new(
                "state_dir",
                &self.state_dir,
                "give an absolute path, such as \"/var/lib/inkom\"",
            ));
        }
        self.authority.check()?;
        self.reply.check()?;
        self.smtp.check()?;
        self.limits.check()?;
        self.alarm.check()?;
        self.handover.as_ref().map_or(Ok(()), Handover::check)?;
        self.web.as_ref().map_or(Ok(()), Web::check)?;
        if self.mailboxes.is_empty() {
            return Err(ConfigError(
                "no [[mailbox]]: add one section for each mailbox that inkom is to take in".into(),
            ));
        }
        for (index, mailbox) in self.mailboxes.iter().enumerate() {
            mailbox.check()?;
            let before = &self.mailboxes[..index];
            if before.iter().any(|other| other.name == mailbox.name) {
                return Err(ConfigError::new("mailbox.name", &mailbox.name, "each mailbox needs a name of its own"));
            }
            if before.iter().any(|other| other.takes_from_the_same_place_as(mailbox)) {
                return Err(ConfigError::new(
                    "mailbox.name",
                    &mailbox.name,
                    "another [[mailbox]] takes from the same account; keep one of them",
                ));
            }
            if before.iter().any(|other| other.series == mailbox.series && other.first_serial != mailbox.first_serial) {
                return Err(ConfigError::new(
                    "mailbox.first_serial",
                    mailbox.first_serial,
                    "another [[mailbox]] of this series begins elsewhere; give both the same",
                ));
            }
            let envelope_from = self.smtp.envelope_from();
            if envelope_from.is_some_and(|from| mailbox.is_own_address(from)) {
                return Err(ConfigError::new(
                    "smtp.envelope_from",
                    envelope_from.unwrap_or_default(),
                    "bounces would come back into a polled mailbox; name an unattended address",
                ));
            }
        }
        Ok(())
    }

    /// Paths in the file are relative to the file, except secrets, which [`SecretFile`] finds.
    fn relative_to(mut self, folder: &Path) -> Self {
        self.reply.text_file = folder.join(&self.reply.text_file);
        self.smtp.relative_to(folder);
        self.triage.relative_to(folder);
        self.pdf.relative_to(folder);
        self.diary.relative_to(folder);
        self.audit.relative_to(folder);
        if let Some(handover) = &mut self.handover {
            handover.relative_to(folder);
        }
        if let Some(web) = &mut self.web {
            web.relative_to(folder);
        }
        for mailbox in &mut self.mailboxes {
            mailbox.source.relative_to(folder);
        }
        self
    }

    /// Where the signed ends of the audit chain are added.
    pub fn heads_file(&self) -> PathBuf {
        self.audit.heads_file.clone().unwrap_or_else(|| self.state_dir.join("heads.log"))
    }

    /// Every address that is ours: polled mailboxes and senders of replies.
    pub fn own_addresses(&self) -> impl Iterator<Item = &str> {
        let mailboxes =
            self.mailboxes.iter().flat_map(|m| m.addresses.iter().map(String::as_str).chain([m.reply_from.as_str()]));
        mailboxes.chain(self.smtp.envelope_from())
    }
}

/// `local@domain`, as far as a configuration may hold it.
fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

#[cfg(test)]
mod tests;
