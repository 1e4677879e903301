use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::read::{missing, refuse};
use super::{Auth, ConfigError, Server, is_address};
use crate::model::Series;

/// `[[mailbox]]`: one mailbox, its diary series and where its replies come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// Names the mailbox on the command line and in the diary. Never change it: sightings are bound to it.
    pub name: String,
    /// The unit as staff call it. It stands on the PDF, never in a reply (it would tell where the sender is a patient).
    pub unit: String,
    /// The unit's HSA-id, `SE` + organisation number + `-` + suffix.
    pub hsa_id: String,
    #[serde(deserialize_with = "series")]
    pub series: Series,
    /// The first serial of a year without entries, to continue a series kept by hand.
    #[serde(default = "one")]
    pub first_serial: NonZeroU32,
    /// The addresses that this mailbox receives for.
    pub addresses: Vec<String>,
    /// The sender of the replies.
    pub reply_from: String,
    #[serde(default = "inbox_and_junk")]
    pub folders: Vec<String>,
    /// The folder where spam lies: registered, never answered.
    #[serde(default = "junk")]
    pub junk_folder: String,
    /// A folder, not among `folders`, that originals are moved to instead of being deleted.
    #[serde(default)]
    pub keep_in: Option<String>,
    #[serde(default = "a_minute")]
    pub poll_interval_secs: u64,
    pub source: Source,
}

/// `[mailbox.source]`
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SourceTable")]
pub enum Source {
    Imap(ImapSource),
    Maildir(MaildirSource),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapSource {
    pub server: Server,
    pub username: String,
    pub auth: Auth,
}

/// A Maildir that a local MTA delivers into. Folders other than INBOX are its `.Name` subfolders (Maildir++).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaildirSource {
    pub path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    kind: SourceKind,
    server: Option<Server>,
    username: Option<String>,
    auth: Option<Auth>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SourceKind {
    Imap,
    Maildir,
}

impl TryFrom<SourceTable> for Source {
    type Error = String;

    fn try_from(table: SourceTable) -> Result<Self, String> {
        let SourceTable { kind, server, username, auth, path } = table;
        match kind {
            SourceKind::Imap => {
                refuse("maildir", &[("path", path.is_some())])?;
                Ok(Self::Imap(ImapSource {
                    server: server.ok_or_else(|| missing("server"))?,
                    username: username.ok_or_else(|| missing("username"))?,
                    auth: auth.ok_or_else(|| missing("auth"))?,
                }))
            }
            SourceKind::Maildir => {
                refuse(
                    "imap",
                    &[("server", server.is_some()), ("username", username.is_some()), ("auth", auth.is_some())],
                )?;
                Ok(Self::Maildir(MaildirSource { path: path.ok_or_else(|| missing("path"))? }))
            }
        }
    }
}

impl Source {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        match self {
            Self::Imap(imap) => imap.server.relative_to(folder),
            Self::Maildir(maildir) => maildir.path = folder.join(&maildir.path),
        }
    }
}

impl Mailbox {
    /// Compared without regard to case: local parts are case-sensitive in theory only.
    #[must_use]
    pub fn is_own_address(&self, address: &str) -> bool {
        self.addresses.iter().chain([&self.reply_from]).any(|own| own.eq_ignore_ascii_case(address))
    }

    /// Each folder once, and none that is for spam by its name but would be answered.
    fn check_folders(&self) -> Result<(), ConfigError> {
        let key = format!("mailbox[{}].folders", self.name);
        for (index, folder) in self.folders.iter().enumerate() {
            if self.folders[..index].iter().any(|before| same_folder(before, folder)) {
                return Err(ConfigError::new(key, folder, "name each folder once"));
            }
            let name = folder.to_lowercase();
            let is_spam = ["junk", "spam", "skräp"].iter().any(|word| name.contains(word));
            if is_spam && *folder != self.junk_folder {
                let fix = format!("spam would be answered; set junk_folder = {folder:?}");
                return Err(ConfigError::new(key, folder, fix));
            }
        }
        Ok(())
    }

    /// Whether both take the same messages.
    pub(super) fn takes_from_the_same_place_as(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Imap(one), Source::Imap(other)) => {
                one.server.host.eq_ignore_ascii_case(&other.server.host) && one.username == other.username
            }
            (Source::Maildir(one), Source::Maildir(other)) => one.path == other.path,
            (Source::Imap(_), Source::Maildir(_)) | (Source::Maildir(_), Source::Imap(_)) => false,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let key = |name: &str| format!("mailbox[{}].{name}", self.name);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(ConfigError::new(
                "mailbox.name",
                &self.name,
                "use letters a–z, digits, - and _, such as \"mini-maria\"",
            ));
        }
        if self.unit.trim().is_empty() {
            return Err(ConfigError::new(key("unit"), &self.unit, "give the unit's name"));
        }
        if !is_hsa_id(&self.hsa_id) {
            return Err(ConfigError::new(
                key("hsa_id"),
                &self.hsa_id,
                "an HSA-id is SE, ten digits, - and 1–18 letters or digits, such as \"SE2321000131-E000000000001\"",
            ));
        }
        if self.addresses.is_empty() {
            return Err(ConfigError::new(
                key("addresses"),
                &self.addresses,
                "give the addresses that the mailbox receives for",
            ));
        }
        for address in &self.addresses {
            if !is_address(address) {
                return Err(ConfigError::new(
                    key("addresses"),
                    address,
                    "give addresses such as \"mottagning@example.se\"",
                ));
            }
        }
        if !is_address(&self.reply_from) {
            return Err(ConfigError::new(
                key("reply_from"),
                &self.reply_from,
                "give the address that replies come from",
            ));
        }
        if self.folders.is_empty() || self.folders.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                key("folders"),
                &self.folders,
                "name at least one folder, such as [\"INBOX\", \"Junk\"]",
            ));
        }
        self.check_folders()?;
        let is_polled = |keep_in: &&String| self.folders.iter().any(|folder| same_folder(folder, keep_in));
        if let Some(keep_in) = self.keep_in.as_ref().filter(is_polled) {
            return Err(ConfigError::new(
                key("keep_in"),
                keep_in,
                "originals would be taken in again; name a folder that is not among folders",
            ));
        }
        if !(5..=3600).contains(&self.poll_interval_secs) {
            return Err(ConfigError::new(key("poll_interval_secs"), self.poll_interval_secs, "give 5 to 3600 seconds"));
        }
        match &self.source {
            Source::Imap(imap) => imap.server.check(&key("source.server")),
            Source::Maildir(_) => Ok(()),
        }
    }
}

/// INBOX is written in any case (RFC 3501 §5.1); other names are compared without case to be on the safe side.
fn same_folder(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// `SE`, the ten digits of an organisation, a hyphen, and what the organisation chose.
pub fn is_hsa_id(text: &str) -> bool {
    let Some((digits, suffix)) = text.strip_prefix("SE").and_then(|rest| rest.split_once('-')) else { return false };
    digits.len() == 10
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (1..=18).contains(&suffix.len())
        && suffix.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn series<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Series, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

const fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn inbox_and_junk() -> Vec<String> {
    vec!["INBOX".into(), junk()]
}

fn junk() -> String {
    "Junk".into()
}

const fn a_minute() -> u64 {
    60
}
