//! Fetched → registered. Nothing in the message is read for this but whether it has Received lines, and whether its Subject
//! says that it is a placeholder.

use std::sync::Arc;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use super::{REMOVAL_ATTEMPTS, Registered, Steps};
use crate::diary::{NewEntry, Tx};
use crate::faults::{Boundary, reached};
use crate::mailbox::Fetched;
use crate::message;
use crate::model::{AuditAction, Digest, Entry, HoldReason, Resume, Sighting, Stage};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What became of a fetched batch.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub registered: Vec<Registered>,
    /// Registered before, in another place.
    pub again: Vec<(Entry, String)>,
    /// Registered and held at once.
    pub held: usize,
    /// Met again, and held since it keeps coming back.
    pub held_again: usize,
}

impl Taken {
    pub fn count_registered(&self) -> u64 {
        (self.registered.len() + self.held) as u64
    }

    pub fn count_again(&self) -> u64 {
        (self.again.len() + self.held_again) as u64
    }
}

impl Steps {
    /// Number, entry, kept bytes, sighting and audit row of the whole batch, in one transaction.
    pub(super) async fn register(&self, folder: &str, validity: u32, batch: Vec<Fetched>) -> Result<Taken> {
        let now = self.clock.now();
        let mut taken = Taken::default();
        let mut tx = self.diary.write().await?;
        for fetched in batch {
            let at = self.sighting(folder, validity, &fetched.uid);
            if let Some(entry) = self.same_delivery(&mut tx, &fetched).await? {
                let returned = tx.sight(&at, entry.id, now).await?;
                let action = if returned { AuditAction::OriginalReturned } else { AuditAction::SeenAgain };
                tx.audit_entry(now, action, &entry, format!("at={at}")).await?;
                tx.first_contact_met(&at).await?;
                // A message that comes back as often as it is removed is not ours to win.
                if tx.removals_since(entry.id, now - DAY).await? >= REMOVAL_ATTEMPTS && entry.stage.may_be_removed() {
                    tx.hold(&entry, Resume::Remove, HoldReason::CannotRemove, now).await?;
                    taken.held_again += 1;
                } else {
                    taken.again.push((entry, fetched.uid));
                }
                continue;
            }
            let backlog = tx.first_contact_met(&at).await?;
            let held = message::is_placeholder(&fetched.raw).then_some((Resume::Render, HoldReason::Placeholder));
            let entry = tx.register(&self.new_entry(folder, &fetched, backlog, held, now), now).await?;
            tx.sight(&at, entry.id, now).await?;
            if held.is_some() {
                taken.held += 1;
                continue;
            }
            taken.registered.push(Registered { entry, raw: Arc::new(fetched.raw), uid: Some(fetched.uid) });
        }
        reached(Boundary::RegisterWritten);
        tx.commit().await?;
        reached(Boundary::Registered);
        self.say_registered(&taken);
        Ok(taken)
    }

    fn say_registered(&self, taken: &Taken) {
        for Registered { entry, .. } in &taken.registered {
            info!(entry.number = %entry.number, mailbox = entry.mailbox, "Registered {}", entry.number);
        }
        for (entry, _) in &taken.again {
            info!(entry.number = %entry.number, "Met {} again in another place", entry.number);
        }
        if taken.held_again > 0 {
            warn!(mailbox = self.of.name, "Held {} entries: their originals keep coming back", taken.held_again);
        }
        if taken.held > 0 {
            warn!(
                mailbox = self.of.name,
                "Registered and held {}: the server gave a placeholder for the message", taken.held
            );
        }
    }

    /// The entry of which this is the same delivery. Received lines make a delivery unmistakable. Without them it is the
    /// same when it was received in the same second and lies nowhere any more: the folder got another UIDVALIDITY, or
    /// it was out of sight for a moment.
    async fn same_delivery(&self, tx: &mut Tx, fetched: &Fetched) -> Result<Option<Entry>> {
        let alike = tx.with_bytes(&self.of.name, &Digest::of(&fetched.raw)).await?;
        if message::has_trace(&fetched.raw) {
            return Ok(alike.into_iter().next());
        }
        for entry in alike {
            if entry.arrival.internal_date == fetched.internal_date && !tx.lies_somewhere(entry.id).await? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn new_entry<'a>(
        &'a self,
        folder: &'a str,
        fetched: &'a Fetched,
        backlog: bool,
        held: Option<(Resume, HoldReason)>,
        now: Timestamp,
    ) -> NewEntry<'a> {
        NewEntry {
            mailbox: &self.of.name,
            folder,
            unit: &self.of.unit,
            hsa_id: &self.of.hsa_id,
            series: &self.of.series,
            first_serial: self.of.first_serial.get(),
            internal_date: fetched.internal_date,
            fetched_at: now,
            raw: &fetched.raw,
            backlog,
            held,
            by_hand: None,
        }
    }

    pub(super) fn sighting(&self, folder: &str, validity: u32, uid: &str) -> Sighting {
        Sighting { mailbox: self.of.name.clone(), folder: folder.into(), validity, uid: uid.into() }
    }

    /// Entries that a stop left between two steps, their bytes read from the vault.
    pub(super) async fn leftovers(
        &self,
        limit: u32,
    ) -> Result<(Vec<Registered>, Vec<super::Rendered>, Vec<super::Answered>)> {
        let (mut registered, mut rendered, mut answered) = (Vec::new(), Vec::new(), Vec::new());
        let mut tx = self.diary.read().await?;
        let mut bytes = 0;
        for entry in tx.unfinished(&self.of.name, limit).await? {
            // At least one, then as many as a batch holds.
            if bytes > super::BATCH_BYTES {
                break;
            }
            match entry.stage {
                Stage::Registered { raw } => {
                    bytes += entry.raw_size_bytes;
                    match tx.kept(&raw).await? {
                        Some(raw) => registered.push(Registered { entry, raw: Arc::new(raw), uid: None }),
                        None => self.hold(&entry, Resume::Render, HoldReason::KeptBytesDiffer).await?,
                    }
                }
                Stage::Rendered(kept) => {
                    bytes += entry.raw_size_bytes;
                    match tx.kept(&kept.raw).await? {
                        Some(raw) => {
                            let read = self.read(&entry, Arc::new(raw)).await;
                            rendered.push(super::Rendered { entry, kept, read, uid: None });
                        }
                        None => self.hold(&entry, Resume::Answer, HoldReason::KeptBytesDiffer).await?,
                    }
                }
                Stage::Answered(_) => answered.push(super::Answered { entry, uid: None }),
                Stage::Done(_) | Stage::Held { .. } => {}
            }
        }
        Ok((registered, rendered, answered))
    }

    /// Puts an entry in front of reception.
    pub(super) async fn hold(&self, entry: &Entry, resume: Resume, reason: HoldReason) -> Result<()> {
        let mut tx = self.diary.write().await?;
        tx.hold(entry, resume, reason, self.clock.now()).await?;
        tx.commit().await?;
        warn!(entry.number = %entry.number, reason = %reason, "Held {}: inkom held show {:?} says what to do", entry.number, entry.number.to_string());
        Ok(())
    }
}
