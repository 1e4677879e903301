//! Mailbox → diary → PDF → outbox → removal, a batch at a time.
//!
//! Each arrow is one step in a file of its own, and commits before the next begins:
//!
//! ```text
//! Fetched ─register→ Registered ─render→ Rendered ─answer→ Answered ─remove→ Done
//! ```
//!
//! A step may run twice, for after a crash it will. Only [`remove`] destroys anything, and only what has been read back.

mod answer;
mod poll;
mod register;
mod remove;
mod render;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::{self, Config, GovernedText};
use crate::diary::Diary;
use crate::mailbox::{Mailbox, MailboxError};
use crate::message::Message;
use crate::model::{Entry, Kept, Sighting};
use crate::pdf::Fonts;
use crate::pulse::{Heart, Progress};
use crate::triage::{self, UrgencyWords};

/// How many messages move through the steps together.
const BATCH_MESSAGES: usize = 32;
/// And how many bytes; one larger message moves alone.
const BATCH_BYTES: u64 = 8_000_000;
/// Longer than any exchange with a mailbox takes by its own limits: four times `timeout_secs`, which is at most ten minutes.
/// So long the watchdog waits for one.
const EXCHANGE: Duration = Duration::from_mins(45);
/// How often a removal is tried before a person has to look.
const REMOVAL_ATTEMPTS: i64 = 3;

/// A registered message, its bytes at hand.
#[derive(Debug)]
struct Registered {
    entry: Entry,
    raw: Arc<Vec<u8>>,
    /// Its name in the folder that is being polled.
    uid: Option<String>,
}

/// One whose PDF is kept too.
#[derive(Debug)]
struct Rendered {
    entry: Entry,
    kept: Kept,
    read: Read,
    uid: Option<String>,
}

/// A message as it was read, and what is known of it.
#[derive(Debug)]
struct Read {
    message: Message,
    facts: triage::Facts,
}

/// One that nothing more is owed but its removal.
#[derive(Debug)]
struct Answered {
    entry: Entry,
    uid: Option<String>,
}

/// Takes in one mailbox.
#[derive(Debug)]
pub struct Intake<M> {
    mailbox: M,
    steps: Steps,
    /// What could not be fetched at the last poll: seen again, it is missing from the ledger.
    omitted: HashSet<Sighting>,
}

/// What the steps need; the mailbox is not among it, so that it can fetch while they work.
#[derive(Debug)]
pub struct Steps {
    pub config: Arc<Config>,
    /// The mailbox's own section.
    pub of: config::Mailbox,
    pub text: Arc<GovernedText>,
    pub urgency_words: Arc<UrgencyWords>,
    pub fonts: Arc<Fonts>,
    pub diary: Diary,
    pub clock: Clock,
    pub heart: Heart,
    /// Woken when a reply is queued.
    pub replies: Arc<Notify>,
}

/// What a turn failed at: the next one tries again.
#[derive(Debug)]
pub enum TurnError {
    Mailbox(MailboxError),
    Diary(anyhow::Error),
}

impl From<MailboxError> for TurnError {
    fn from(error: MailboxError) -> Self {
        Self::Mailbox(error)
    }
}

impl From<anyhow::Error> for TurnError {
    fn from(error: anyhow::Error) -> Self {
        Self::Diary(error)
    }
}

impl std::fmt::Display for TurnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mailbox(error) => error.fmt(f),
            Self::Diary(error) => write!(f, "{error:#}"),
        }
    }
}

impl<M: Mailbox> Intake<M> {
    pub fn new(mailbox: M, steps: Steps) -> Self {
        Self { mailbox, steps, omitted: HashSet::new() }
    }

    /// Finishes what a stop left behind, then polls every folder once.
    pub async fn turn(&mut self) -> Result<Progress, TurnError> {
        let (mut progress, mut failed) = match self.steps.finish_leftovers().await {
            Ok(progress) => (progress, None),
            // What cannot be finished keeps no new mail waiting.
            Err(error) => (Progress::Idle, Some(TurnError::Diary(error))),
        };
        for folder in self.steps.of.folders.clone() {
            match self.poll(&folder).await {
                Ok(Progress::Worked) => progress = Progress::Worked,
                Ok(Progress::Idle) => {}
                // One folder must not keep the others back.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(progress), Err)
    }

    /// Turns until it is asked to stop.
    pub async fn run(mut self) {
        let name = self.steps.of.name.clone();
        let interval = Duration::from_secs(self.steps.of.poll_interval_secs);
        let mut failures = 0_u32;
        while !self.steps.heart.is_stopping() {
            self.steps.heart.beat();
            match self.turn().await {
                Ok(progress) => {
                    if failures > 0 {
                        info!(mailbox = name, "Polling {name} works again");
                        failures = 0;
                    }
                    if progress == Progress::Idle {
                        self.wait(interval).await;
                    }
                }
                Err(error) => {
                    failures += 1;
                    error!(mailbox = name, failures, "Polling {name} failed: {error}");
                    self.steps.heart.sleep(backoff(failures, interval)).await;
                }
            }
        }
    }

    async fn wait(&mut self, interval: Duration) {
        let folder = self.steps.of.folders[0].clone();
        let woken = tokio::select! {
            woken = self.steps.heart.patient(interval + EXCHANGE, self.mailbox.wait(&folder, interval)) => woken,
            () = self.steps.heart.stopping() => return,
        };
        if let Err(error) = woken {
            warn!(mailbox = self.steps.of.name, "Waiting for mail was cut off: {error}");
            self.steps.heart.sleep(Duration::from_secs(1)).await;
        }
    }
}

impl Steps {
    /// Everything that was registered or further on when the process last stopped moves on from where it is.
    async fn finish_leftovers(&self) -> Result<Progress> {
        let mut progress = Progress::Idle;
        while !self.heart.is_stopping() {
            let batch = u32::try_from(BATCH_MESSAGES).expect("a small number");
            let (registered, rendered, answered) = self.leftovers(batch).await?;
            if registered.is_empty() && rendered.is_empty() && answered.is_empty() {
                break;
            }
            progress = Progress::Worked;
            let mut rendered = rendered;
            rendered.extend(self.render(registered).await?);
            let mut answered = answered;
            answered.extend(self.answer(rendered).await?);
            self.finish_gone(&answered).await?;
            self.heart.beat();
        }
        Ok(progress)
    }
}

/// One second, then twice as long each time, at most the poll interval.
fn backoff(failures: u32, interval: Duration) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(interval)
}
