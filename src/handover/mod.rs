//! Lays what people send to the record where the record system imports it, and takes its receipts: docs/handover.md.
//!
//! Promises: whenever the process is stopped, the record system is told of each handing over exactly once (R36), of whole
//! files, and of none that was recalled in time. A receipt counts once. What is in the way stands on the row until it is gone.
//!
//! ```text
//! waiting ─→ writing ──files, .NAME.done.tmp──→ releasing ──rename to NAME.done──→ handed-over ──receipt──→ accepted | rejected
//! ```
//!
//! That it is to be told is committed before it is told. After a stop in between, the folder says which of the two it was: as
//! long as `.NAME.done.tmp` is there, it has not been told.

mod folder;
mod index;
mod receipt;

use std::io;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config;
use crate::decision::Act;
use crate::diary::{Acted, Actor, Diary, EntryDetails, HandoverRow, HandoverState, HandoverTrouble, ReplyState};
use crate::faults::{Boundary, reached};
use crate::model::{AuditEvent, Digest};
use crate::pulse::{Heart, Progress};

pub use folder::probe;
use folder::{Folder, Told};
use index::{Content, Name};
use receipt::Receipt;

/// How often the loop looks.
const INTERVAL: Duration = Duration::from_secs(2);
/// The folder may be on another machine, which can take its time.
const EXCHANGE: Duration = Duration::from_mins(10);
/// How long a folder that fails is let be at most. It begins with two seconds.
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(1);
/// How long one is let be that a person has to do something about.
const PERSON: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug)]
pub struct Handover {
    folder: Folder,
    diary: Diary,
    clock: Clock,
    heart: Heart,
    hindered: Option<Hindered>,
}

/// The folder cannot be used, and is let be until then.
#[derive(Debug)]
struct Hindered {
    trouble: HandoverTrouble,
    pause: SignedDuration,
    until: Timestamp,
}

/// What ends a turn early.
enum Fault {
    /// All of them wait.
    Folder(io::Error),
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// All that lies in the folder for one.
struct Files {
    name: Name,
    contents: Vec<Content>,
    index: Vec<u8>,
}

impl Handover {
    pub fn new(config: &config::Handover, diary: Diary, clock: Clock, heart: Heart) -> Self {
        Self { folder: Folder::new(&config.folder), diary, clock, heart, hindered: None }
    }

    /// Takes the receipts that lie there, and brings one handing over further.
    pub async fn turn(&mut self) -> Result<Progress> {
        let now = self.clock.now();
        if self.hindered.as_ref().is_some_and(|hindered| now < hindered.until) {
            return Ok(Progress::Idle);
        }
        match self.pass(now).await {
            Ok(progress) => {
                if self.hindered.take().is_some() {
                    info!("The import folder can be used again");
                }
                Ok(progress)
            }
            Err(Fault::Folder(error)) => {
                self.hinder(&error, now).await?;
                Ok(Progress::Idle)
            }
            Err(Fault::Other(error)) => Err(error),
        }
    }

    async fn pass(&self, now: Timestamp) -> Result<Progress, Fault> {
        let (taken, unreadable) = self.take_receipts(now).await?;
        let advanced = self.advance(now).await?;
        self.unhinder(&unreadable).await?;
        Ok(if taken == Progress::Worked { taken } else { advanced })
    }

    /// One step of the oldest that there is something to do for.
    async fn advance(&self, now: Timestamp) -> Result<Progress, Fault> {
        let mut tx = self.diary.read().await?;
        let Some(row) = tx.due_handover(now).await? else { return Ok(Progress::Idle) };
        let details = tx.entry_by_id(row.entry).await?.context("a handover without an entry")?;
        drop(tx);
        match row.state {
            HandoverState::Waiting => {
                let mut tx = self.diary.write().await?;
                if tx.claim_handover(row.id).await? {
                    tx.commit().await?;
                    reached(Boundary::HandoverClaimed);
                    self.write(&row, &details, now).await?;
                }
            }
            HandoverState::Writing => self.write(&row, &details, now).await?,
            HandoverState::Releasing => self.release(&row, &details, now).await?,
            HandoverState::Recalling => self.take_back(&row, &details, now).await?,
            HandoverState::HandedOver | HandoverState::Accepted | HandoverState::Rejected | HandoverState::Recalled => {
                return Ok(Progress::Idle);
            }
        }
        Ok(Progress::Worked)
    }

    /// Everything but the one file that tells the record system. Done again after a stop: nobody has looked at it yet.
    async fn write(&self, row: &HandoverRow, details: &EntryDetails, now: Timestamp) -> Result<(), Fault> {
        let name = Name::of(&details.entry.number, row.id);
        if self.at(&name, Folder::is_taken).await? {
            return self.wait(row, details, HandoverTrouble::NameTaken, now).await;
        }
        let Some(files) = self.files(name, row, details).await? else {
            return self.wait(row, details, HandoverTrouble::NotKept, now).await;
        };
        self.on_folder(move |folder| {
            let Files { name, contents, index } = files;
            let mut written = Vec::new();
            for content in contents {
                folder.put(&content.name, &content.bytes)?;
                written.push((content.name, Digest::of(&content.bytes)));
                reached(Boundary::PdfWritten);
            }
            let of_it = format!("{name}.json");
            folder.put(&of_it, &index)?;
            reached(Boundary::IndexWritten);
            written.push((of_it, Digest::of(&index)));
            folder.prepare(&name, &index::sums(&written))
        })
        .await?;
        reached(Boundary::DoneWritten);
        let mut tx = self.diary.write().await?;
        // Recalled meanwhile, it is taken back in the next turn.
        if tx.begin_release(row.id, now).await? {
            tx.commit().await?;
            reached(Boundary::HandoverCommitted);
            self.release(row, details, now).await?;
        }
        Ok(())
    }

    /// None when kept bytes cannot be read back unchanged.
    async fn files(&self, name: Name, row: &HandoverRow, details: &EntryDetails) -> Result<Option<Files>> {
        let mut tx = self.diary.read().await?;
        let pdf = details.pdf.context("what is handed over has a PDF")?;
        let patient = tx.patient_of(row.entry).await?.context("what is handed over has a patient")?.patient;
        let standing = tx.standing(row.entry).await?;
        let Some(pdf) = tx.kept(&pdf).await? else { return Ok(None) };
        let mut contents = vec![Content::incoming(&name, pdf)];
        let reply = if row.with_reply { tx.reply_of(row.entry).await? } else { None };
        if let Some(reply) = reply.filter(|reply| reply.state == ReplyState::Sent) {
            let Some(letter) = tx.kept(&reply.letter).await? else { return Ok(None) };
            contents.push(Content::reply(&name, letter));
        }
        let index = index::index(&name, details, &patient, &standing, &contents)?;
        Ok(Some(Files { name, contents, index }))
    }

    /// Tells the record system, or finds that it was told before a stop.
    async fn release(&self, row: &HandoverRow, details: &EntryDetails, now: Timestamp) -> Result<(), Fault> {
        let (number, name) = (&details.entry.number, Name::of(&details.entry.number, row.id));
        let told = self.at(&name, Folder::release).await?;
        if told == Told::Unknown {
            return self.wait(row, details, HandoverTrouble::OtherFolder, now).await;
        }
        reached(Boundary::HandedOver);
        let mut tx = self.diary.write().await?;
        // Recalled meanwhile, it was too late for that, which the next turn finds out.
        if tx.handed_over(row.id, &details.entry, &pdf(details)?, now).await? {
            tx.commit().await?;
            reached(Boundary::HandoverRecorded);
            info!(entry.number = %number, "Handed {number} over to the record system as {name}");
            self.at(&name, Folder::forget).await?;
        }
        Ok(())
    }

    /// A person has put it into the record by hand.
    async fn take_back(&self, row: &HandoverRow, details: &EntryDetails, now: Timestamp) -> Result<(), Fault> {
        let (number, name) = (&details.entry.number, Name::of(&details.entry.number, row.id));
        if row.handed_over_at.is_some() {
            match self.at(&name, Folder::is_told).await? {
                // From here on it would look as if it had been told, once the first file is gone.
                Told::No => {
                    let mut tx = self.diary.write().await?;
                    tx.never_released(row.id).await?;
                    tx.commit().await?;
                }
                Told::Yes => {
                    let mut tx = self.diary.write().await?;
                    tx.recalled_too_late(row.id).await?;
                    tx.audit_handed_over(row.id, &details.entry, &pdf(details)?, now).await?;
                    tx.commit().await?;
                    warn!(entry.number = %number, "{number} was recalled when the record system had been told of {name}");
                    return self.at(&name, Folder::forget).await;
                }
                Told::Unknown => return self.wait(row, details, HandoverTrouble::OtherFolder, now).await,
            }
        } else if self.at(&name, Folder::is_taken).await? {
            // Another's, or from before a restored backup: not to be taken away, and it may have been imported.
            let mut tx = self.diary.write().await?;
            tx.recalled_too_late(row.id).await?;
            return Ok(tx.commit().await?);
        }
        self.at(&name, Folder::clear).await?;
        let mut tx = self.diary.write().await?;
        tx.taken_back(row.id).await?;
        tx.commit().await?;
        info!(entry.number = %number, "Took {name} back before the record system was told of it");
        Ok(())
    }

    /// Gives the handovers whose receipt is none, or not yet.
    async fn take_receipts(&self, now: Timestamp) -> Result<(Progress, Vec<i64>), Fault> {
        let (mut progress, mut unreadable) = (Progress::Idle, Vec::new());
        for found in self.on_folder(Folder::receipts).await? {
            let Some(id) = Name::handover_in(&found) else { continue };
            let mut tx = self.diary.read().await?;
            let Some(row) = tx.handover(id).await? else { continue };
            let details = tx.entry_by_id(row.entry).await?.context("a handover without an entry")?;
            drop(tx);
            let (number, name) = (&details.entry.number, Name::of(&details.entry.number, id));
            if name.to_string() != found {
                continue;
            }
            match row.state {
                // Not told yet, it cannot have answered: see `is_taken`.
                HandoverState::Waiting | HandoverState::Writing | HandoverState::Recalling => {}
                HandoverState::Releasing | HandoverState::HandedOver => {
                    let receipt = self.at(&name, Folder::read_receipt).await?;
                    if let Some(receipt) = receipt {
                        reached(Boundary::ReceiptRead);
                        if self.take(id, receipt, &details, now).await? {
                            self.at(&name, Folder::clear).await?;
                        }
                        progress = Progress::Worked;
                    } else if row.state == HandoverState::HandedOver {
                        unreadable.push(id);
                        if row.trouble != Some(HandoverTrouble::ReceiptUnreadable) {
                            self.wait(&row, &details, HandoverTrouble::ReceiptUnreadable, now).await?;
                        }
                    }
                }
                HandoverState::Accepted | HandoverState::Rejected | HandoverState::Recalled => {
                    info!(entry.number = %number, "The receipt {name} changes nothing: {name} is {}", row.state);
                    self.at(&name, Folder::clear).await?;
                    progress = Progress::Worked;
                }
            }
        }
        Ok((progress, unreadable))
    }

    /// What the record system says, as one of the entry's acts. Says whether nobody has recalled it meanwhile.
    async fn take(&self, id: i64, receipt: Receipt, details: &EntryDetails, now: Timestamp) -> Result<bool> {
        let (entry, number) = (&details.entry, &details.entry.number);
        let mut tx = self.diary.write().await?;
        match tx.handover(id).await?.context("the handover is there")?.state {
            HandoverState::HandedOver => {}
            // Who answers has been told.
            HandoverState::Releasing => drop(tx.handed_over(id, entry, &pdf(details)?, now).await?),
            _ => return Ok(false),
        }
        let (act, accepted) = match receipt {
            Receipt::Accepted { reference } => (Act::Accepted { reference }, true),
            Receipt::Rejected { reason } => (Act::Rejected { reason }, false),
        };
        let event = AuditEvent {
            unit: entry.unit.clone(),
            entry: Some(number.clone()),
            ..AuditEvent::new(now, "system", act.audited(), format!("handover={id}"))
        };
        let acted = tx.act(entry, Actor::System, &[act], &event).await?;
        ensure!(matches!(acted, Acted::Done(_)), "by its acts {number} is not on its way into the record: {acted:?}");
        tx.handover_answered(id, accepted).await?;
        reached(Boundary::ReceiptWritten);
        tx.commit().await?;
        reached(Boundary::ReceiptTaken);
        if accepted {
            info!(entry.number = %number, "The record system has {number}");
        } else {
            warn!(entry.number = %number, "The record system would not have {number}; the entry says why");
        }
        Ok(true)
    }

    /// It is let be for a while, in sight of staff; the log tells once.
    async fn wait(
        &self,
        row: &HandoverRow,
        details: &EntryDetails,
        trouble: HandoverTrouble,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let number = &details.entry.number;
        if row.trouble != Some(trouble) {
            error!(entry.number = %number, reason = trouble.word(), "{number} does not get on to the record: {trouble}");
        }
        let mut tx = self.diary.write().await?;
        let due_at = now.checked_add(PERSON).context("the clock is out of range")?;
        tx.handover_waits(row.id, trouble, due_at).await?;
        Ok(tx.commit().await?)
    }

    /// The folder cannot be used: that stands on all that it concerns, and the log tells once.
    async fn hinder(&mut self, error: &io::Error, now: Timestamp) -> Result<()> {
        let (trouble, before) = (folder::trouble(error), self.hindered.take());
        if before.as_ref().is_none_or(|before| before.trouble != trouble) {
            let (path, said) = (self.folder.path().display(), folder::said(error));
            error!(reason = trouble.word(), "The import folder {path} cannot be used: {said}");
        }
        let pause = before.map_or(SignedDuration::from_secs(2), |before| (before.pause * 2).min(PAUSE_MAX));
        let until = now.checked_add(pause).context("the clock is out of range")?;
        self.hindered = Some(Hindered { trouble, pause, until });
        let mut tx = self.diary.write().await?;
        tx.hinder_handovers(trouble).await?;
        tx.commit().await
    }

    /// Nothing is in the way any more but receipts that are none, and what one has of its own.
    async fn unhinder(&self, unreadable: &[i64]) -> Result<()> {
        let mut over = Vec::new();
        for row in self.diary.read().await?.hindered_handovers().await? {
            over.extend(row.trouble.map(|trouble| (row.id, trouble)));
        }
        over.retain(|(id, trouble)| match trouble {
            HandoverTrouble::ReceiptUnreadable => !unreadable.contains(id),
            trouble => trouble.is_of_the_folder(),
        });
        if over.is_empty() {
            return Ok(());
        }
        let mut tx = self.diary.write().await?;
        for (id, trouble) in over {
            tx.unhinder_handover(id, trouble).await?;
        }
        tx.commit().await
    }

    /// [`Self::on_folder`] with one of the names there.
    async fn at<T: Send + 'static>(&self, name: &Name, work: fn(&Folder, &Name) -> io::Result<T>) -> Result<T, Fault> {
        let name = name.clone();
        self.on_folder(move |folder| work(folder, &name)).await
    }

    /// Work on the folder, which may stand still, away from everything else.
    async fn on_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let folder = self.folder.clone();
        let done = tokio::task::spawn_blocking(move || work(&folder));
        let done = self.heart.patient(EXCHANGE, done).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(Fault::Folder)
    }

    /// Turns until it is asked to stop.
    pub async fn run(mut self) {
        while !self.heart.is_stopping() {
            self.heart.beat();
            match self.turn().await {
                Ok(Progress::Worked) => {}
                Ok(Progress::Idle) => self.heart.sleep(INTERVAL).await,
                Err(error) => {
                    error!("Handing over to the record system failed: {error:#}");
                    self.heart.sleep(Duration::from_secs(5)).await;
                }
            }
        }
    }
}

/// Of what is handed over.
fn pdf(details: &EntryDetails) -> Result<Digest> {
    details.pdf.context("what is handed over has a PDF")
}
