//! Answered → done: the original is taken out of the mailbox.
//!
//! Only this step destroys anything, so what is kept is read back and hashed first, on another connection than the one
//! that wrote it. One removal serves the batch; each message fails alone.

use std::collections::HashSet;

use anyhow::Result;
use tracing::{error, info, warn};

use super::poll::{batches, fetch};
use super::{Answered, EXCHANGE, Intake, REMOVAL_ATTEMPTS, Steps, TurnError};
use crate::diary::{Gone, Removable};
use crate::faults::{Boundary, reached};
use crate::mailbox::{Mailbox, MailboxErrorKind};
use crate::model::{ArrivalSource, AuditAction, Digest, Entry, EntryId, HoldReason, Resume, Stage};

/// How many leftovers are looked at together.
const LEFTOVERS: u32 = 64;

/// Originals of which both forms were read back just now. Only [`Steps::confirm`] makes one.
#[derive(Debug, Default)]
struct Confirmed(Vec<(Entry, String)>);

impl<M: Mailbox> Intake<M> {
    /// Removes what a stop, an adoption, or a message met again has left to remove in this folder. These were not fetched
    /// just now, so that what lies under each name is first seen to be the message that is kept.
    pub(super) async fn remove_leftovers(&mut self, folder: &str, validity: u32) -> Result<usize, TurnError> {
        let (mut removed, mut after) = (0, EntryId(0));
        while !self.steps.heart.is_stopping() {
            let mut tx = self.steps.diary.read().await?;
            let batch = tx.removable(&self.steps.of.name, folder, validity, after, LEFTOVERS).await?;
            drop(tx);
            let Some(last) = batch.last() else { break };
            after = last.entry.id;
            let batch = batch.into_iter().map(|Removable { entry, uid }| (entry, uid)).collect();
            let same = self.still_the_same(folder, validity, batch).await?;
            removed += self.remove(folder, validity, same).await?;
        }
        Ok(removed)
    }

    /// Those of which the mailbox still holds the same bytes, or, re-encoded by the server, a message received in the same
    /// second. Where another message lies, as after restoring the mailbox from backup, the place is forgotten: what lies
    /// there is new.
    async fn still_the_same(
        &mut self,
        folder: &str,
        validity: u32,
        batch: Vec<(Entry, String)>,
    ) -> Result<Vec<(Entry, String)>, TurnError> {
        let heart = self.steps.heart.clone();
        let uids: Vec<String> = batch.iter().map(|(_, uid)| uid.clone()).collect();
        let mut same_uids = HashSet::new();
        let mut others = Vec::new();
        let sizes = heart.patient(EXCHANGE, self.mailbox.sizes(folder, validity, &uids)).await?;
        for part in batches(sizes) {
            for fetched in fetch(&mut self.mailbox, &heart, folder, validity, &part).await? {
                let Some((entry, _)) = batch.iter().find(|(_, uid)| *uid == fetched.uid) else { continue };
                let kept = match entry.stage {
                    Stage::Answered(kept) | Stage::Done(kept) => kept,
                    Stage::Registered { .. } | Stage::Rendered(_) | Stage::Held { .. } => continue,
                };
                if Digest::of(&fetched.raw) == kept.raw || fetched.internal_date == entry.arrival.internal_date {
                    same_uids.insert(fetched.uid);
                } else {
                    others.push((entry.clone(), fetched.uid));
                }
            }
        }
        self.steps.forget(folder, validity, &others).await?;
        Ok(batch.into_iter().filter(|(_, uid)| same_uids.contains(uid)).collect())
    }

    /// Gives how many are gone.
    pub(super) async fn remove(
        &mut self,
        folder: &str,
        validity: u32,
        batch: Vec<(Entry, String)>,
    ) -> Result<usize, TurnError> {
        let Confirmed(sure) = self.steps.confirm(batch).await?;
        if sure.is_empty() {
            return Ok(0);
        }
        reached(Boundary::Confirmed);
        let uids: Vec<String> = sure.iter().map(|(_, uid)| uid.clone()).collect();
        let removal = self.steps.heart.patient(EXCHANGE, self.mailbox.remove(folder, validity, &uids)).await;
        let gone = match removal {
            Ok(removal) => removal.gone,
            // The server will not: after so many attempts each is put in front of a person.
            Err(error) if error.kind == MailboxErrorKind::Refused => {
                error!(folder, "Originals cannot be removed: {error}");
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        reached(Boundary::Removed);
        self.steps.finish(folder, validity, sure, &gone).await?;
        self.steps.heart.beat();
        Ok(gone.len())
    }
}

impl Steps {
    /// Where these lay, another message lies.
    async fn forget(&self, folder: &str, validity: u32, others: &[(Entry, String)]) -> Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.diary.write().await?;
        for (entry, uid) in others {
            tx.gone(&self.sighting(folder, validity, uid), Gone::Void, now).await?;
            tx.done_if_gone(entry.id, now).await?;
            warn!(entry.number = %entry.number, "Another message lies where the original of {} lay", entry.number);
        }
        tx.commit().await
    }

    /// Reads raw message and PDF back and hashes them. What does not read back is held, and its original stays.
    async fn confirm(&self, batch: Vec<(Entry, String)>) -> Result<Confirmed> {
        let mut sure = Vec::with_capacity(batch.len());
        let mut tx = self.diary.read().await?;
        for (entry, uid) in batch {
            let kept = match entry.stage {
                Stage::Answered(kept) | Stage::Done(kept) if !entry.backlog => kept,
                _ => continue,
            };
            if tx.is_kept(&kept.raw).await? && tx.is_kept(&kept.pdf).await? {
                sure.push((entry, uid));
            } else {
                self.hold(&entry, Resume::Remove, HoldReason::KeptBytesDiffer).await?;
            }
        }
        Ok(Confirmed(sure))
    }

    async fn finish(&self, folder: &str, validity: u32, sure: Vec<(Entry, String)>, gone: &[String]) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.diary.write().await?;
        let mut finished = Vec::new();
        for (entry, uid) in sure {
            let at = self.sighting(folder, validity, &uid);
            if gone.contains(&uid) {
                tx.gone(&at, Gone::Removed, now).await?;
                tx.audit_entry(now, AuditAction::OriginalRemoved, &entry, format!("at={at}")).await?;
                tx.done_if_gone(entry.id, now).await?;
                finished.push(entry.number);
            } else if tx.removal_failed(&at).await? >= REMOVAL_ATTEMPTS {
                tx.hold(&entry, Resume::Remove, HoldReason::CannotRemove, now).await?;
                warn!(entry.number = %entry.number, "Held {}: its original cannot be removed", entry.number);
            } else {
                warn!(entry.number = %entry.number, "The original of {} is still in the mailbox; trying again", entry.number);
            }
        }
        reached(Boundary::FinishWritten);
        tx.commit().await?;
        reached(Boundary::Finished);
        for number in finished {
            info!(entry.number = %number, "Removed the original of {number} from the mailbox");
        }
        Ok(())
    }

    /// Entries whose originals other hands have taken away are done when they are answered.
    pub(super) async fn finish_gone(&self, answered: &[Answered]) -> Result<()> {
        if answered.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.diary.write().await?;
        for Answered { entry, .. } in answered {
            if tx.done_if_gone(entry.id, now).await? && entry.arrival.source != ArrivalSource::Person {
                info!(entry.number = %entry.number, "The original of {} is no longer in the mailbox", entry.number);
            }
        }
        tx.commit().await
    }
}
