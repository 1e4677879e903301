//! Taking messages away: the one thing here that cannot be undone.
//!
//! | the server has | without `keep_in` | with `keep_in` |
//! |---|---|---|
//! | MOVE (RFC 6851) | as below | UID MOVE |
//! | UIDPLUS (RFC 4315) | UID STORE \Deleted, UID EXPUNGE of exactly these | UID COPY first |
//! | neither | UID STORE \Deleted, then EXPUNGE only while nothing else is \Deleted; else ours are unmarked and left | UID COPY first |
//!
//! MOVE without UIDPLUS and without `keep_in` is not used: a move into Trash leaves the original in the mail store, which
//! is for the administrator to choose by naming the folder.
//!
//! A crash between copying and expunging leaves the message in both folders, and copies it once more the next time.

use std::collections::BTreeSet;

use async_imap::imap_proto::{Response, ResponseCode};

use super::connection::Connection;
use super::names;
use super::set::{UidSet, sets};
use super::wire::Verdict;
use crate::mailbox::{MailboxError, MailboxErrorKind};

impl Connection {
    /// Gives those that are still there afterwards.
    pub(super) async fn remove(
        &mut self,
        uids: &BTreeSet<u32>,
        keep_in: Option<&str>,
    ) -> Result<BTreeSet<u32>, MailboxError> {
        let there = self.still_there(uids).await?;
        for set in sets(there.iter().copied()) {
            match keep_in {
                Some(folder) if self.capabilities.has("MOVE") => self.bring("UID MOVE", &set, folder).await?,
                Some(folder) => {
                    if self.may_expunge(&set).await? {
                        self.bring("UID COPY", &set, folder).await?;
                        self.expunge(&set).await?;
                    }
                }
                None => self.expunge(&set).await?,
            }
        }
        self.still_there(&there).await
    }

    async fn bring(&mut self, verb: &'static str, set: &UidSet, folder: &str) -> Result<(), MailboxError> {
        let mut no_folder = false;
        let arguments = format!("{} {}", set.text, names::folder(folder));
        let verdict = self
            .exchange(verb, &arguments, 0, |response| {
                if let Response::Done { outcome, .. } = response {
                    no_folder = outcome.code == Some(ResponseCode::TryCreate);
                }
                Ok(())
            })
            .await?;
        match verdict {
            Verdict::Ok => Ok(()),
            Verdict::No if no_folder => {
                let what = format_args!("the folder {folder} for originals is not there; create it");
                Err(self.wire.peer.error(MailboxErrorKind::NoFolder, what))
            }
            Verdict::No | Verdict::Bad => Err(self.wire.refused(verb)),
        }
    }

    async fn expunge(&mut self, set: &UidSet) -> Result<(), MailboxError> {
        if self.capabilities.has("UIDPLUS") {
            self.store(set, "+").await?;
            return self.ask("UID EXPUNGE", &set.text, 0, |_| Ok(())).await;
        }
        if !self.may_expunge(set).await? {
            return Ok(());
        }
        self.store(set, "+").await?;
        // Looked at again as late as can be: EXPUNGE takes everybody's.
        if self.may_expunge(set).await? {
            return self.ask("EXPUNGE", "", 0, |_| Ok(())).await;
        }
        self.store(set, "-").await
    }

    /// Whether expunging would take nothing but these.
    async fn may_expunge(&mut self, set: &UidSet) -> Result<bool, MailboxError> {
        Ok(self.capabilities.has("UIDPLUS") || self.search("DELETED").await?.is_subset(&set.uids))
    }

    async fn store(&mut self, set: &UidSet, sign: &str) -> Result<(), MailboxError> {
        self.ask("UID STORE", &format!("{} {sign}FLAGS.SILENT (\\Deleted)", set.text), 0, |_| Ok(())).await
    }
}
