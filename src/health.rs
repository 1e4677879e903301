//! What has gone quiet, and what waits for a person: told to the log once, and to systemd's status line always.

use std::sync::Arc;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tracing::error;

use crate::clock::{self, Clock};
use crate::config::{self, Config, GovernedText, Validity};
use crate::diary::{AlarmName, Diary, FolderState, ReplyState, Tx};

#[derive(Debug)]
pub struct Health {
    config: Arc<Config>,
    text: Arc<GovernedText>,
    diary: Diary,
    clock: Clock,
    started: Timestamp,
    /// Mailboxes whose silence has been told.
    quiet: Vec<String>,
}

impl Health {
    pub fn new(config: Arc<Config>, text: Arc<GovernedText>, diary: Diary, clock: Clock) -> Self {
        Self { config, text, diary, clock, started: clock.now(), quiet: Vec::new() }
    }

    /// How it goes, in a line: each mailbox's last successful poll, then what waits for a person.
    pub async fn look(&mut self) -> Result<String> {
        let now = self.clock.now();
        let mut tx = self.diary.read().await?;
        let folders = tx.folders().await?;
        let mut parts = Vec::new();
        for mailbox in &self.config.mailboxes {
            let (said, quiet) = self.mailbox(mailbox, &folders, now);
            parts.push(said);
            let told = self.quiet.contains(&mailbox.name);
            if quiet && !told {
                let minutes = self.config.alarm.no_poll_minutes;
                error!(mailbox = mailbox.name, "No successful poll of {} for {minutes} minutes", mailbox.name);
                self.quiet.push(mailbox.name.clone());
            } else if !quiet && told {
                self.quiet.retain(|name| *name != mailbox.name);
            }
            let backlog = tx.backlog(&mailbox.name).await?;
            if backlog > 0 {
                parts.push(format!("{backlog} wait for inkom adopt {}", mailbox.name));
            }
        }
        parts.extend(waiting(&mut tx).await?);
        if self.text.validity(clock::day(now)) == Validity::Expired {
            parts.push("the reply text has expired".into());
        }
        Ok(parts.join("; "))
    }

    /// The folder that has gone without a successful poll for longest speaks for the mailbox.
    fn mailbox(&self, mailbox: &config::Mailbox, folders: &[FolderState], now: Timestamp) -> (String, bool) {
        let state = |name: &String| folders.iter().find(|state| state.mailbox == mailbox.name && state.folder == *name);
        let states: Vec<_> = mailbox.folders.iter().map(state).collect();
        let polled = states.iter().map(|state| state.map(|state| state.polled_at)).min().flatten();
        let limit = i64::try_from(self.config.alarm.no_poll_minutes).unwrap_or(i64::MAX / 60);
        let since = polled.unwrap_or(self.started).max(self.started);
        let quiet = now.duration_since(since) > SignedDuration::from_mins(limit);
        let name = &mailbox.name;
        let said = polled.map_or_else(|| "not polled yet".into(), |at| format!("polled {}", clock::minute(at)));
        let alarm = if quiet { "NO SUCCESSFUL POLL, " } else { "" };
        let missing = states.iter().flatten().any(|state| state.poll.held > 0 || !state.poll.balances());
        let ledger = if missing { ", LEDGER MISMATCH" } else { "" };
        (format!("{name}: {alarm}{said}{ledger}"), quiet)
    }
}

/// What a person has to do something about.
async fn waiting(tx: &mut Tx) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    if tx.alarms().await?.iter().any(|alarm| alarm.name == AlarmName::Breaker) {
        parts.push("SENDING STOPPED (inkom outbox resume)".into());
    }
    let held = tx.held().await?.len();
    if held > 0 {
        parts.push(format!("{held} held (inkom held list)"));
    }
    let stopped: u64 = tx
        .count_replies()
        .await?
        .into_iter()
        .filter(|(state, _)| matches!(state, ReplyState::Held | ReplyState::Unsure))
        .map(|(_, count)| count)
        .sum();
    if stopped > 0 {
        parts.push(format!("{stopped} replies not sent (inkom outbox list)"));
    }
    Ok(parts)
}
