//! Sends queued replies: durable intent, send, record. Each ends as one or two copies or in sight of staff.
//!
//! Sending is at least once with one fixed Message-ID. Only from DATA on can an attempt end in doubt; it is then tried
//! once more, and after a second doubt it stops.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config;
use crate::diary::{AlarmName, Diary, Queued, ReplyState, Requeue, Tx, backoff};
use crate::faults::{Boundary, reached};
use crate::model::{AuditAction, AuditEvent, Entry, Trouble};
use crate::pulse::{Heart, Progress};
use crate::smtp::{Outgoing, SendError, Transport};

/// How long all replies wait when the mail server cannot be reached or refuses to sign us in.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Longer than sending takes by its own limits (`timeout_secs`, at most ten minutes, a few times).
const EXCHANGE: Duration = Duration::from_hours(1);
/// How often the loop looks by itself.
const INTERVAL: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Outbox {
    transport: Transport,
    config: config::Reply,
    diary: Diary,
    clock: Clock,
    heart: Heart,
}

impl Outbox {
    pub fn new(transport: Transport, config: config::Reply, diary: Diary, clock: Clock, heart: Heart) -> Self {
        Self { transport, config, diary, clock, heart }
    }

    /// Once, before the first turn: a new start may have a new configuration.
    pub async fn recover(&self) -> Result<()> {
        let mut tx = self.diary.write().await?;
        tx.requeue(Requeue::Because(Trouble::NullSenderRefused), self.clock.now()).await?;
        tx.commit().await
    }

    /// Settles attempts that were interrupted, by a stop of the process or because their end could not be recorded. The
    /// loop is the only one that sends, so what is under way when a turn begins has been left behind.
    async fn settle_interrupted(&self) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.diary.write().await?;
        for (reply, entry, unsure) in tx.interrupted_replies().await? {
            if unsure == 0 {
                tx.reply_later(reply, now, true, Trouble::Unsure).await?;
            } else {
                let details = tx.entry_by_id(entry).await?.context("a reply without an entry")?;
                tx.reply_stops(reply, &details.entry, ReplyState::Unsure, Trouble::Unsure, now).await?;
            }
        }
        tx.commit().await
    }

    /// Sends one reply, if one is due and nothing has stopped sending.
    pub async fn turn(&self) -> Result<Progress> {
        let now = self.clock.now();
        self.settle_interrupted().await?;
        if self.has_stopped(now).await? {
            return Ok(Progress::Idle);
        }
        let mut tx = self.diary.write().await?;
        let Some(reply) = tx.claim_reply(now).await? else { return Ok(Progress::Idle) };
        let entry = tx.entry_by_id(reply.entry).await?.context("a reply without an entry")?.entry;
        let letter = match self.letter(&mut tx, &reply, &entry, now).await? {
            Ok(letter) => letter,
            Err((state, trouble)) => {
                tx.reply_stops(reply.id, &entry, state, trouble, now).await?;
                tx.commit().await?;
                warn!(entry.number = %entry.number, reason = trouble.word(), "The reply to {} is not sent: {trouble}", entry.number);
                return Ok(Progress::Worked);
            }
        };
        tx.commit().await?;
        reached(Boundary::ReplyClaimed);
        let outgoing = Outgoing { recipient: &reply.recipient, message_id: &reply.message_id, bytes: &letter };
        let sent = self.heart.patient(EXCHANGE, self.transport.send(&outgoing, || self.data_begins(&reply))).await;
        reached(Boundary::ReplyHandedOver);
        self.record(&reply, &entry, sent.map(drop)).await
    }

    /// The letter to send now, or why it is not to be sent (any more).
    async fn letter(
        &self,
        tx: &mut Tx,
        reply: &Queued,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Result<Vec<u8>, (ReplyState, Trouble)>> {
        let hours = |hours: u32| SignedDuration::from_hours(hours.into());
        if now.duration_since(entry.arrival.arrived_at) > hours(self.config.max_age_hours) {
            return Ok(Err((ReplyState::Expired, Trouble::TooOld)));
        }
        // Replies that have waited together do not go to one person together.
        if tx.was_sent_to(reply, now - hours(self.config.window_hours)).await? {
            return Ok(Err((ReplyState::Expired, Trouble::AnsweredMeanwhile)));
        }
        Ok(tx.kept(&reply.letter).await?.ok_or((ReplyState::Held, Trouble::NotKept)))
    }

    async fn data_begins(&self, reply: &Queued) -> Result<()> {
        let mut tx = self.diary.write().await?;
        tx.data_begins(reply.id).await?;
        tx.commit().await?;
        reached(Boundary::DataBegins);
        Ok(())
    }

    async fn record(&self, reply: &Queued, entry: &Entry, sent: Result<(), SendError>) -> Result<Progress> {
        let (now, number) = (self.clock.now(), &entry.number);
        let mut tx = self.diary.write().await?;
        let progress = match sent {
            Ok(()) => {
                tx.reply_sent(reply, entry, now).await?;
                reached(Boundary::SentWritten);
                info!(entry.number = %number, "Handed the reply {number}:2 to the mail server");
                Progress::Worked
            }
            Err(SendError::NotRecorded(error)) => return Err(error),
            Err(SendError::Ambiguous(text)) if reply.unsure == 0 => {
                warn!(entry.number = %number, "Not sure whether the reply to {number} was taken, trying once more: {text}");
                tx.reply_later(reply.id, backoff(now, 1)?, true, Trouble::Unsure).await?;
                Progress::Worked
            }
            Err(SendError::Ambiguous(text)) => {
                error!(entry.number = %number, "Twice not sure whether the reply to {number} was taken: {text}");
                tx.reply_stops(reply.id, entry, ReplyState::Unsure, Trouble::Unsure, now).await?;
                Progress::Worked
            }
            Err(SendError::Rejected(text)) => {
                error!(entry.number = %number, "The reply to {number} was refused: {text}");
                tx.reply_stops(reply.id, entry, ReplyState::Held, Trouble::Rejected, now).await?;
                Progress::Worked
            }
            Err(SendError::NullSenderRefused(text)) => {
                error!(entry.number = %number, "The reply to {number} is held: {text}");
                tx.reply_stops(reply.id, entry, ReplyState::Held, Trouble::NullSenderRefused, now).await?;
                Progress::Worked
            }
            Err(SendError::Deferred(text)) => {
                warn!(entry.number = %number, "The reply to {number} waits: {text}");
                tx.reply_later(reply.id, backoff(now, reply.attempts)?, false, Trouble::Deferred).await?;
                Progress::Worked
            }
            // The server is to blame, not this reply: all of them wait.
            Err(SendError::Unreachable(text)) => {
                error!(entry.number = %number, "Replies wait: {text}");
                tx.reply_later(reply.id, backoff(now, reply.attempts)?, false, Trouble::Unreachable).await?;
                tx.postpone_all(now + PAUSE).await?;
                Progress::Idle
            }
            Err(SendError::SignIn(text)) => {
                error!(entry.number = %number, "Replies wait: {text}");
                tx.reply_later(reply.id, backoff(now, reply.attempts)?, false, Trouble::SignIn).await?;
                tx.postpone_all(now + PAUSE).await?;
                Progress::Idle
            }
        };
        tx.commit().await?;
        reached(Boundary::Sent);
        Ok(progress)
    }

    /// The breaker (R33): too many replies in an hour stop everything until a person resumes.
    async fn has_stopped(&self, now: Timestamp) -> Result<bool> {
        let mut tx = self.diary.read().await?;
        if tx.alarms().await?.iter().any(|alarm| alarm.name == AlarmName::Breaker) {
            return Ok(true);
        }
        let hour_ago = now - SignedDuration::from_hours(1);
        let since = tx.silenced_at(AlarmName::Breaker).await?.map_or(hour_ago, |resumed| resumed.max(hour_ago));
        let sent = tx.sent_since(since).await?;
        let max = u64::from(self.config.max_per_hour);
        if sent < max || tx.next_due().await?.is_none_or(|due| due > now) {
            return Ok(false);
        }
        drop(tx);
        let text = format!("{sent} replies in an hour (reply.max_per_hour = {max})");
        let mut tx = self.diary.write().await?;
        if tx.raise(AlarmName::Breaker, now, &text).await? {
            error!("Sending has stopped: {text}. See inkom outbox list, then run inkom outbox resume");
            let (actor, action) = ("system", AuditAction::BreakerOpened);
            tx.audit(&AuditEvent::new(now, actor, action, text)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Turns until it is asked to stop; woken when intake has queued a reply.
    pub async fn run(self, queued: Arc<Notify>) {
        while !self.heart.is_stopping() {
            self.heart.beat();
            match self.turn().await {
                Ok(Progress::Worked) => {}
                Ok(Progress::Idle) => {
                    tokio::select! {
                        () = queued.notified() => {}
                        () = self.heart.sleep(INTERVAL) => {}
                    }
                }
                Err(error) => {
                    error!("Sending replies failed: {error:#}");
                    self.heart.sleep(Duration::from_secs(5)).await;
                }
            }
        }
    }
}
