//! Answered → done: the original is taken out of the mailbox.
//!
//! Only this step destroys anything, so what is kept is read back and hashed first, on another connection than the one
//! that wrote it. One removal serves the batch; each message fails alone.

use anyhow::Result;
use tracing::{info, warn};

use super::{Answered, Intake, REMOVAL_ATTEMPTS, Steps, TurnError};
use crate::diary::{Gone, Removable};
use crate::faults::{Boundary, reached};
use crate::mailbox::Mailbox;
use crate::model::{AuditAction, Entry, HoldReason, Resume, Stage};

/// Originals of which both forms were read back just now. Only [`Steps::confirm`] makes one.
#[derive(Debug, Default)]
struct Confirmed(Vec<(Entry, String)>);

impl<M: Mailbox> Intake<M> {
    /// Removes what a stop, or a message met again, has left to remove in this folder.
    pub(super) async fn remove_leftovers(&mut self, folder: &str, validity: u32) -> Result<usize, TurnError> {
        let mut removed = 0;
        loop {
            let mut tx = self.steps.diary.read().await?;
            let batch = tx.removable(&self.steps.of.name, folder, validity, 64).await?;
            drop(tx);
            let asked = batch.len();
            let gone = self
                .remove(folder, validity, batch.into_iter().map(|Removable { entry, uid, .. }| (entry, uid)).collect())
                .await?;
            removed += gone;
            if asked == 0 || gone == 0 {
                return Ok(removed);
            }
        }
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
        let removal = self.mailbox.remove(folder, validity, &uids).await?;
        reached(Boundary::Removed);
        let gone = removal.gone.len();
        self.steps.finish(folder, validity, sure, &removal.gone).await?;
        self.steps.heart.beat();
        Ok(gone)
    }
}

impl Steps {
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
            if tx.done_if_gone(entry.id, now).await? {
                info!(entry.number = %entry.number, "The original of {} is no longer in the mailbox", entry.number);
            }
        }
        tx.commit().await
    }
}
