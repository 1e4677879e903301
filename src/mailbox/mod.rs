//! Where mail is read and removed: [`imap`] and [`maildir`], with the same few verbs.
//!
//! A mailbox promises: what it lists is there, what it fetches is whole, and it removes exactly what it is told to,
//! and nothing when it is not sure. It says nothing about what may be removed; that is decided by intake.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

mod imap;
mod maildir;

pub use imap::{FolderReport, FolderState, Imap, ImapReport, ServerKind};
pub use maildir::Maildir;

/// A folder as it was found: everything in it, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// See [`crate::model::Sighting::validity`].
    pub validity: u32,
    /// All that lies there, oldest first. See [`crate::model::Sighting::uid`].
    pub uids: Vec<String>,
}

/// A message's size before it is fetched. A bound, never an equality: Exchange may re-encode what it delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sized {
    pub uid: String,
    pub size_bytes: u64,
}

/// A message's bytes as the mail store holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub uid: String,
    /// When the store received it (IMAP INTERNALDATE; a Maildir file's modification time).
    pub internal_date: Timestamp,
    pub raw: Vec<u8>,
}

/// What became of a removal. Together the lists hold exactly the names that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// Seen to be gone after the removal.
    pub gone: Vec<String>,
    /// Still there.
    pub left: Vec<String>,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    ByMailbox,
    ByTime,
}

/// What a mailbox could not do. The text is for the administrator and holds no personal data, not even the server's words.
#[derive(Debug)]
pub struct MailboxError {
    pub kind: MailboxErrorKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxErrorKind {
    /// No connection, or it ended.
    Unreachable,
    /// TLS was not offered or its certificate not trusted. No credential was sent.
    Untrusted,
    /// The server refused to sign us in.
    SignIn,
    /// The folder is not there.
    NoFolder,
    /// The server said NO, BAD or something that cannot be understood.
    Refused,
    /// Nothing came for longer than `timeout_secs`.
    Stalled,
    /// UIDVALIDITY is no longer what it was when the messages were listed: nothing was done.
    ValidityChanged,
}

impl MailboxError {
    pub fn new(kind: MailboxErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Display for MailboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for MailboxError {}

/// A store that messages are taken from. After an error the next call connects anew.
pub trait Mailbox: Send {
    /// Lists a folder.
    fn survey(&mut self, folder: &str) -> impl Future<Output = Result<Survey, MailboxError>> + Send;

    /// Sizes of messages in a surveyed folder. What has vanished meanwhile is left out.
    fn sizes(
        &mut self,
        folder: &str,
        validity: u32,
        uids: &[String],
    ) -> impl Future<Output = Result<Vec<Sized>, MailboxError>> + Send;

    /// Whole messages, without marking them read. What has vanished meanwhile is left out; a message that comes
    /// incomplete is an error.
    fn fetch(
        &mut self,
        folder: &str,
        validity: u32,
        of: &[Sized],
    ) -> impl Future<Output = Result<Vec<Fetched>, MailboxError>> + Send;

    /// Removes exactly these (or moves them to the folder that originals are kept in), then looks that they are gone.
    /// One that is already gone counts as gone.
    fn remove(
        &mut self,
        folder: &str,
        validity: u32,
        uids: &[String],
    ) -> impl Future<Output = Result<Removal, MailboxError>> + Send;

    /// Waits until something may have come into the folder, or for so long.
    fn wait(&mut self, folder: &str, at_most: Duration) -> impl Future<Output = Result<Woken, MailboxError>> + Send;
}
