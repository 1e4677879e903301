//! The commands about a folder, each with its answer counted and compared.

use std::collections::BTreeSet;

use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode};

use super::connection::{Connection, Selected};
use super::names;
use super::set::{UidSet, sets};
use super::wire::{Fault, Verdict};
use crate::mailbox::{MailboxError, MailboxErrorKind, Sized};

impl Connection {
    /// SELECT or EXAMINE (RFC 3501 §6.3.1, §6.3.2). A folder without UIDVALIDITY is refused: its UIDs mean nothing.
    pub(super) async fn open_folder(&mut self, verb: &'static str, folder: &str) -> Result<Selected, MailboxError> {
        // RFC 3501 §6.3.1: the folder that was selected no longer is, even if this fails.
        self.selected = None;
        let mut exists = None;
        let mut validity = None;
        let mut read_only = false;
        let verdict = self
            .exchange(verb, &names::folder(folder), 0, |response| {
                match response {
                    Response::MailboxData(MailboxDatum::Exists(count)) => exists = Some(*count),
                    Response::Data { outcome, .. } => {
                        if let Some(ResponseCode::UidValidity(number)) = outcome.code {
                            validity = Some(number);
                        }
                    }
                    Response::Done { outcome, .. } => read_only = outcome.code == Some(ResponseCode::ReadOnly),
                    _ => {}
                }
                Ok(())
            })
            .await?;
        if verdict != Verdict::Ok {
            let there = verdict == Verdict::Bad || self.is_listed(folder).await?;
            let (kind, what) = if there {
                (MailboxErrorKind::Refused, "cannot be opened")
            } else {
                (MailboxErrorKind::NoFolder, "is not there")
            };
            return Err(self.wire.peer.error(kind, format_args!("the folder {folder} {what}")));
        }
        let missing =
            |what| self.wire.peer.error(MailboxErrorKind::Refused, format_args!("the folder {folder} has no {what}"));
        // RFC 3501 §9: nz-number.
        let validity = validity.filter(|validity| *validity > 0).ok_or_else(|| missing("UIDVALIDITY"))?;
        let exists = exists.ok_or_else(|| missing("count of messages"))?;
        let selected = Selected { folder: folder.to_owned(), validity, exists, read_only };
        self.selected = Some(selected.clone());
        self.expunged = 0;
        self.news = false;
        Ok(selected)
    }

    /// UID SEARCH (RFC 3501 §6.4.8). The answer may come in several lines, and must come in one at least.
    pub(super) async fn search(&mut self, key: &str) -> Result<BTreeSet<u32>, MailboxError> {
        let mut found = BTreeSet::new();
        let mut answered = false;
        self.ask("UID SEARCH", key, 0, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                answered = true;
                found.extend(uids);
            }
            Ok(())
        })
        .await?;
        if !answered || found.contains(&0) {
            return Err(self
                .wire
                .peer
                .error(MailboxErrorKind::Refused, "the server left UID SEARCH without an answer"));
        }
        Ok(found)
    }

    /// Everything in the folder, never less than the server counted when it was opened.
    pub(super) async fn list(&mut self, selected: &Selected) -> Result<BTreeSet<u32>, MailboxError> {
        if selected.exists == 0 {
            return Ok(BTreeSet::new());
        }
        let found = self.search("ALL").await?;
        if (found.len() as u64).saturating_add(self.expunged) < u64::from(selected.exists) {
            let what = "the server found fewer messages than it counted";
            return Err(self.wire.peer.error(MailboxErrorKind::Refused, what));
        }
        Ok(found)
    }

    /// Those of the messages that are still there.
    pub(super) async fn still_there(&mut self, uids: &BTreeSet<u32>) -> Result<BTreeSet<u32>, MailboxError> {
        let mut there = BTreeSet::new();
        for set in sets(uids.iter().copied()) {
            let found = self.search(&format!("UID {}", set.text)).await?;
            if !found.is_subset(&set.uids) {
                let what = "the server found messages that were not asked for";
                return Err(self.wire.peer.error(MailboxErrorKind::Refused, what));
            }
            there.extend(found);
        }
        Ok(there)
    }

    /// An answer may leave out only what has vanished.
    pub(super) async fn confirm_gone(&mut self, missing: &BTreeSet<u32>) -> Result<(), MailboxError> {
        if missing.is_empty() || self.still_there(missing).await?.is_empty() {
            return Ok(());
        }
        Err(self.wire.peer.error(MailboxErrorKind::Refused, "the server left out messages that are there"))
    }

    pub(super) async fn sizes(&mut self, uids: &BTreeSet<u32>) -> Result<Vec<Sized>, MailboxError> {
        let mut sizes = std::collections::BTreeMap::new();
        for set in sets(uids.iter().copied()) {
            self.ask("UID FETCH", &format!("{} (UID RFC822.SIZE)", set.text), 0, |response| {
                let Response::Fetch(_, attributes) = response else { return Ok(()) };
                let size = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::Rfc822Size(size) => Some(*size),
                    _ => None,
                });
                let Some(size) = size else { return Ok(()) };
                let uid = asked_for(attributes, &set)?;
                match sizes.insert(uid, size) {
                    Some(before) if before != size => Err(Fault::refused("the server gave one message two sizes")),
                    _ => Ok(()),
                }
            })
            .await?;
        }
        self.confirm_gone(&uids.iter().filter(|uid| !sizes.contains_key(uid)).copied().collect()).await?;
        Ok(sizes.into_iter().map(|(uid, size)| Sized { uid: uid.to_string(), size_bytes: size.into() }).collect())
    }
}

/// The UID of a FETCH response that holds what was asked for. News about flags needs none and is no such answer
/// (RFC 3501 §7.4.2).
pub(super) fn asked_for(attributes: &[AttributeValue<'_>], set: &UidSet) -> Result<u32, Fault> {
    let uid = attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    });
    match uid {
        Some(uid) if set.uids.contains(&uid) => Ok(uid),
        Some(_) => Err(Fault::refused("the server sent a message that was not asked for")),
        None => Err(Fault::refused("the server sent a message without its UID")),
    }
}
