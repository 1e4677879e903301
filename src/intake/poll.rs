//! One look at one folder: what is new goes through the steps, and the ledger accounts for all that was seen.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Result;
use tracing::{error, info, warn};

use super::register::Taken;
use super::{Answered, BATCH_BYTES, BATCH_MESSAGES, EXCHANGE, Intake, Steps, TurnError};
use crate::diary::{FolderPoll, Gone};
use crate::faults::{Boundary, reached};
use crate::mailbox::{Fetched, Mailbox, MailboxError, MailboxErrorKind, Sized, Survey};
use crate::model::{AuditAction, AuditEvent, Entry, EntryId};
use crate::pulse::{Heart, Progress};

/// What fetching is given time for.
const SLOWEST_BYTES_PER_SEC: u64 = 8 << 10;

impl<M: Mailbox> Intake<M> {
    /// Originals that cannot be removed keep no new message waiting: the error is told when all else is done.
    pub(super) async fn poll(&mut self, folder: &str) -> Result<Progress, TurnError> {
        let survey = self.steps.heart.patient(EXCHANGE, self.mailbox.survey(folder)).await?;
        let validity = survey.validity;
        let known = self.steps.compare(folder, &survey).await?;
        let mut failed = None;
        let removed = match self.remove_leftovers(folder, validity).await {
            Ok(removed) => removed,
            Err(error) => {
                failed = Some(error);
                0
            }
        };
        let new: Vec<String> = survey.uids.iter().filter(|uid| !known.contains_key(*uid)).cloned().collect();
        let mut poll = FolderPoll { seen: survey.uids.len() as u64, ..FolderPoll::default() };
        poll.known = poll.seen - new.len() as u64;
        if !new.is_empty() {
            failed = self.take_in(folder, validity, &new, &mut poll).await?.or(failed);
            if self.steps.heart.is_stopping() {
                return Ok(Progress::Idle);
            }
        }
        self.account(folder, validity, &new, poll).await?;
        match failed {
            Some(error) => Err(error),
            None if removed > 0 || poll.registered + poll.again > 0 => Ok(Progress::Worked),
            None => Ok(Progress::Idle),
        }
    }

    /// The new messages, batch by batch, until all are in or the process is to stop. While one batch is worked on, the
    /// next is fetched. Gives what the last failed removal failed at.
    async fn take_in(
        &mut self,
        folder: &str,
        validity: u32,
        new: &[String],
        poll: &mut FolderPoll,
    ) -> Result<Option<TurnError>, TurnError> {
        let heart = self.steps.heart.clone();
        let mut sizes = heart.patient(EXCHANGE, self.mailbox.sizes(folder, validity, new)).await?;
        // What could not be had last time comes last.
        sizes.sort_by_key(|sized| self.omitted.contains(&self.steps.sighting(folder, validity, &sized.uid)));
        let mut ahead = batches(sizes).into_iter();
        let mut failed = None;
        let mut fetched = match ahead.next() {
            Some(batch) => fetch(&mut self.mailbox, &heart, folder, validity, &batch).await?,
            None => Vec::new(),
        };
        loop {
            let next = ahead.next();
            let more = next.is_some();
            let fetch_next = async {
                match next {
                    Some(batch) => fetch(&mut self.mailbox, &heart, folder, validity, &batch).await,
                    None => Ok(Vec::new()),
                }
            };
            let (next, worked) = tokio::join!(fetch_next, self.steps.work(folder, validity, fetched));
            let (counts, removable) = worked?;
            poll.registered += counts.0;
            poll.again += counts.1;
            let next = next?;
            if let Err(error) = self.remove(folder, validity, removable).await {
                failed = Some(error);
            }
            if !more || heart.is_stopping() {
                return Ok(failed);
            }
            fetched = next;
        }
    }

    /// Everything seen must be accounted for; what is not raises the alarm by itself.
    async fn account(
        &mut self,
        folder: &str,
        validity: u32,
        new: &[String],
        mut poll: FolderPoll,
    ) -> Result<(), TurnError> {
        let steps = &self.steps;
        let now = steps.clock.now();
        let mut tx = steps.diary.write().await?;
        // What was new and is bound to no entry now could not be had: gone meanwhile, or kept from us.
        let mut omitted = HashSet::new();
        for uid in new {
            let at = steps.sighting(folder, validity, uid);
            if !tx.is_sighted(&at).await? {
                omitted.insert(at);
            }
        }
        poll.held = omitted.iter().filter(|at| self.omitted.contains(at)).count() as u64;
        poll.vanished = omitted.len() as u64 - poll.held;
        let before = tx.folder(&steps.of.name, folder).await?.map_or(0, |before| before.poll.held);
        tx.polled(&steps.of.name, folder, &poll, now).await?;
        if (poll.held > 0 && poll.held != before) || !poll.balances() {
            error!(
                mailbox = steps.of.name,
                folder,
                poll.seen,
                poll.registered,
                poll.again,
                poll.known,
                poll.vanished,
                poll.held,
                "Ledger mismatch in {}: {} messages were seen again and cannot be fetched",
                steps.of.name,
                poll.held
            );
            let event = AuditEvent {
                unit: steps.of.unit.clone(),
                ..AuditEvent::new(now, "system", AuditAction::LedgerMismatch, format!("{poll:?}"))
            };
            tx.audit(&event).await?;
        }
        tx.commit().await?;
        self.omitted.retain(|at| at.folder != folder);
        self.omitted.extend(omitted);
        Ok(())
    }
}

impl Steps {
    /// Sets what the diary knows of a folder against what is there. Gives what is known to lie there.
    async fn compare(&self, folder: &str, survey: &Survey) -> Result<HashMap<String, EntryId>> {
        let (name, validity, now) = (self.of.name.as_str(), survey.validity, self.clock.now());
        let mut tx = self.diary.write().await?;
        let before = tx.folder(name, folder).await?;
        let adopted = tx.is_adopted(name, folder).await?;
        if before.as_ref().is_none_or(|before| before.validity != validity) {
            // A folder not adopted yet that comes back under another UIDVALIDITY is met for the first time once more.
            if !adopted {
                tx.note_first_contact(name, folder, validity, &survey.uids).await?;
            }
            tx.meet_folder(name, folder, validity, now).await?;
            match before {
                None if adopted => info!(mailbox = name, folder, "First look into a folder of {name}"),
                None => info!(
                    mailbox = name,
                    folder,
                    messages = survey.uids.len(),
                    "First contact with a folder of {name}: what lies there is registered, and neither answered nor removed before inkom adopt {name}"
                ),
                Some(_) => {
                    let void = tx.void_other_validities(name, folder, validity, now).await?;
                    warn!(
                        mailbox = name,
                        folder,
                        void,
                        "A folder of {name} has a new UIDVALIDITY: pending removals are void until the messages are met again"
                    );
                }
            }
        }
        let mut known = tx.there(name, folder, validity).await?;
        let present: HashSet<&String> = survey.uids.iter().collect();
        let vanished: Vec<(String, EntryId)> =
            known.iter().filter(|(uid, _)| !present.contains(uid)).map(|(uid, id)| (uid.clone(), *id)).collect();
        for (uid, id) in vanished {
            tx.gone(&self.sighting(folder, validity, &uid), Gone::Vanished, now).await?;
            if let Some(details) = tx.entry_by_id(id).await? {
                let number = &details.entry.number;
                tx.audit_entry(
                    now,
                    AuditAction::OriginalGone,
                    &details.entry,
                    format!("folder={folder} by another hand, or by inkom before a stop"),
                )
                .await?;
                tx.done_if_gone(id, now).await?;
                info!(entry.number = %number, "The original of {number} is no longer in the folder");
            }
            known.remove(&uid);
        }
        tx.commit().await?;
        Ok(known)
    }

    /// One batch through register, render and answer. Gives what was registered and met again, and what may be removed.
    async fn work(
        &self,
        folder: &str,
        validity: u32,
        fetched: Vec<Fetched>,
    ) -> Result<((u64, u64), Vec<(Entry, String)>)> {
        reached(Boundary::Fetched);
        let taken = self.register(folder, validity, fetched).await?;
        let counts = (taken.count_registered(), taken.count_again());
        let Taken { registered, again, .. } = taken;
        self.heart.beat();
        let rendered = self.render(registered).await?;
        let answered = self.answer(rendered).await?;
        let mut removable = again;
        removable.extend(answered.into_iter().filter_map(|Answered { entry, uid, .. }| Some((entry, uid?))));
        Ok((counts, removable))
    }
}

/// A batch, or as much of it as can be had: one message that the server cannot hand out must not keep the others back.
/// It stays in the mailbox, and the ledger misses it. An error means that the server cannot even list the folder.
pub(super) async fn fetch<M: Mailbox>(
    mailbox: &mut M,
    heart: &Heart,
    folder: &str,
    validity: u32,
    batch: &[Sized],
) -> Result<Vec<Fetched>, MailboxError> {
    // A slow line is no standstill: the mailbox ends what does not move.
    let bytes: u64 = batch.iter().map(|sized| sized.size_bytes).sum();
    let limit = EXCHANGE + Duration::from_secs(bytes / SLOWEST_BYTES_PER_SEC);
    let error = match heart.patient(limit, mailbox.fetch(folder, validity, batch)).await {
        Ok(fetched) => return Ok(fetched),
        Err(error) if error.kind == MailboxErrorKind::ValidityChanged => return Err(error),
        Err(error) => error,
    };
    warn!(folder, "Fetching {} messages together failed, so one by one: {error}", batch.len());
    let mut fetched = Vec::new();
    for one in batch {
        match heart.patient(limit, mailbox.fetch(folder, validity, std::slice::from_ref(one))).await {
            Ok(one) => fetched.extend(one),
            Err(error) if error.kind == MailboxErrorKind::ValidityChanged => return Err(error),
            Err(error) => {
                error!(folder, "One message cannot be fetched: {error}");
                // The message's fault, or that of the server, or of the way to it?
                heart.patient(EXCHANGE, mailbox.survey(folder)).await?;
            }
        }
    }
    Ok(fetched)
}

/// Oldest first, at most [`BATCH_MESSAGES`] and [`BATCH_BYTES`] together, and a message larger than that alone.
pub(super) fn batches(sizes: Vec<Sized>) -> Vec<Vec<Sized>> {
    let mut batches: Vec<Vec<Sized>> = Vec::new();
    let mut bytes = 0;
    for sized in sizes {
        bytes += sized.size_bytes;
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MESSAGES && bytes <= BATCH_BYTES => batch.push(sized),
            _ => {
                bytes = sized.size_bytes;
                batches.push(vec![sized]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_number_and_in_bytes_and_a_giant_moves_alone() {
        let sized = |size_bytes| Sized { uid: String::new(), size_bytes };
        let lengths = |list: Vec<Vec<Sized>>| -> Vec<usize> { list.iter().map(Vec::len).collect() };
        assert_eq!(lengths(batches(vec![sized(10); 70])), [32, 32, 6]);
        assert_eq!(
            lengths(batches(vec![sized(5_000_000), sized(5_000_000), sized(60_000_000), sized(1), sized(1)])),
            [1, 1, 1, 2]
        );
        assert!(batches(Vec::new()).is_empty());
    }
}
