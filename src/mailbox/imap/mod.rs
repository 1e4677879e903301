//! A mailbox on an IMAP server (RFC 3501, RFC 9051), over TLS that is always verified.
//!
//! Promises: what the server is not seen to have said plainly is an error, never an empty list or a success. The
//! connection is made at need, and dropped after any error and with any call that is not awaited to its end, so
//! nothing half-read is ever read on. Every wait has an end. No error holds the server's words.

mod commands;
mod connection;
mod date;
mod fetch;
mod guard;
mod idle;
mod names;
mod remove;
mod report;
mod set;
mod wire;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use self::connection::{Connection, Selected};
pub use self::report::{FolderReport, FolderState, ImapReport, ServerKind};
use super::{Fetched, Mailbox, MailboxError, MailboxErrorKind, Removal, Sized, Survey, Woken};
use crate::config::ImapSource;
use crate::tls;

/// One mailbox on one server, over at most one connection.
pub struct Imap {
    source: ImapSource,
    keep_in: Option<String>,
    connector: TlsConnector,
    patience: Duration,
    connection: Option<Connection>,
    /// What the last survey of each folder saw.
    seen: HashMap<String, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    validity: u32,
    highest: u32,
}

impl Imap {
    /// Connects to nothing yet. `keep_in` is where originals are moved to instead of being deleted.
    ///
    /// # Errors
    /// When there is no certificate to trust; names the file.
    pub fn new(source: &ImapSource, keep_in: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self {
            source: source.clone(),
            keep_in: keep_in.map(str::to_owned),
            connector: tls::connector(source.server.ca_file.as_deref())?,
            patience: Duration::from_secs(source.server.timeout_secs),
            connection: None,
            seen: HashMap::new(),
        })
    }

    /// Waits for a silent server so long and no longer: tests have less time than `timeout_secs` can say.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Signs in and looks at the server and these folders, changing nothing. A folder that is missing is no error.
    pub async fn report(&mut self, folders: &[String]) -> Result<ImapReport, MailboxError> {
        let mut connection = self.ready().await?;
        let report = connection.report(folders).await?;
        self.connection = Some(connection);
        Ok(report)
    }

    /// Takes the connection out, so that whoever fails or is cancelled drops it.
    async fn ready(&mut self) -> Result<Connection, MailboxError> {
        if let Some(mut connection) = self.connection.take() {
            // One that was not used for a while may have ended unnoticed.
            let is_fresh = connection.used_at.elapsed() < self.patience / 3;
            if is_fresh || connection.ask("NOOP", "", 0, |_| Ok(())).await.is_ok() {
                return Ok(connection);
            }
        }
        Connection::open(&self.source, &self.connector, self.patience).await
    }

    /// As [`Imap::ready`], with the folder open as it was when the messages were listed.
    async fn ready_in(&mut self, folder: &str, validity: u32) -> Result<Connection, MailboxError> {
        let mut connection = self.ready().await?;
        let selected = match &connection.selected {
            Some(selected) if selected.folder == folder => selected.validity,
            _ => connection.open_folder("SELECT", folder).await?.validity,
        };
        same(folder, validity, selected)?;
        Ok(connection)
    }
}

fn same(folder: &str, then: u32, now: u32) -> Result<(), MailboxError> {
    if then == now {
        return Ok(());
    }
    let text = format!("the folder {folder} has UIDVALIDITY {now} and had {then}; its messages are listed anew");
    Err(MailboxError::new(MailboxErrorKind::ValidityChanged, text))
}

fn numbers<'a>(uids: impl IntoIterator<Item = &'a String>) -> Result<BTreeSet<u32>, MailboxError> {
    uids.into_iter().map(|uid| set::uid(uid)).collect()
}

impl Mailbox for Imap {
    async fn survey(&mut self, folder: &str) -> Result<Survey, MailboxError> {
        let mut connection = self.ready().await?;
        let selected = connection.open_folder("SELECT", folder).await?;
        let uids = connection.list(&selected).await?;
        let highest = uids.last().copied().unwrap_or(0);
        self.seen.insert(folder.to_owned(), Seen { validity: selected.validity, highest });
        self.connection = Some(connection);
        Ok(Survey { validity: selected.validity, uids: uids.iter().map(u32::to_string).collect() })
    }

    async fn sizes(&mut self, folder: &str, validity: u32, uids: &[String]) -> Result<Vec<Sized>, MailboxError> {
        let uids = numbers(uids)?;
        let mut connection = self.ready_in(folder, validity).await?;
        let sizes = connection.sizes(&uids).await?;
        self.connection = Some(connection);
        Ok(sizes)
    }

    /// In the order of `of`.
    async fn fetch(&mut self, folder: &str, validity: u32, of: &[Sized]) -> Result<Vec<Fetched>, MailboxError> {
        let mut sizes = BTreeMap::new();
        for one in of {
            sizes.insert(set::uid(&one.uid)?, one.size_bytes);
        }
        let mut connection = self.ready_in(folder, validity).await?;
        let mut fetched = connection.fetch(&sizes).await?;
        self.connection = Some(connection);
        Ok(of.iter().filter_map(|one| fetched.remove(&set::uid(&one.uid).ok()?)).collect())
    }

    async fn remove(&mut self, folder: &str, validity: u32, uids: &[String]) -> Result<Removal, MailboxError> {
        let numbers = numbers(uids)?;
        let mut connection = self.ready().await?;
        // Opened anew each time: nothing is removed on yesterday's word.
        let Selected { validity: now, read_only, .. } = connection.open_folder("SELECT", folder).await?;
        same(folder, validity, now)?;
        if read_only {
            let text = format!("the folder {folder} may be read but not changed");
            return Err(MailboxError::new(MailboxErrorKind::Refused, text));
        }
        let left = connection.remove(&numbers, self.keep_in.as_deref()).await?;
        self.connection = Some(connection);
        let (left, gone) = uids.iter().cloned().partition(|uid| set::uid(uid).is_ok_and(|uid| left.contains(&uid)));
        Ok(Removal { gone, left })
    }

    async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<Woken, MailboxError> {
        let until = Instant::now() + at_most;
        let mut connection = self.ready().await?;
        if !connection.capabilities.has("IDLE") {
            self.connection = Some(connection);
            tokio::time::sleep_until(until).await;
            return Ok(Woken::ByTime);
        }
        // News about the open folder may have come with the answers to other commands; selecting would forget it.
        if !matches!(&connection.selected, Some(selected) if selected.folder == folder) {
            connection.open_folder("SELECT", folder).await?;
        }
        let seen = self.seen.get(folder).copied();
        let now = connection.selected.as_ref().map(|selected| selected.validity);
        let woken = match seen {
            Some(seen) if Some(seen.validity) != now => Woken::ByMailbox,
            _ => connection.wait(seen.map(|seen| seen.highest), until).await?,
        };
        self.connection = Some(connection);
        Ok(woken)
    }
}

impl fmt::Debug for Imap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").field("server", &self.source.server).finish_non_exhaustive()
    }
}
