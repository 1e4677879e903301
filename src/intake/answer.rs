//! Rendered → answered: whether the sender gets the prescribed text is decided, and a reply is in the outbox.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use super::{Answered, Read, Rendered, Steps};
use crate::diary::{NewReply, Tx};
use crate::faults::{Boundary, reached};
use crate::message::{Defect, Message};
use crate::model::{ArrivalSource, Entry, HoldReason, Resume, Stage};
use crate::reply::{self, Context, Decision, Draft, Letter, Recipient, Silence};

const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Steps {
    /// Backlog stops here until a person adopts it; everything else is answered, or the reason for silence recorded.
    pub(super) async fn answer(&self, batch: Vec<Rendered>) -> Result<Vec<Answered>> {
        let (now, mut answered) = (self.clock.now(), Vec::with_capacity(batch.len()));
        let mut tx = self.diary.write().await?;
        for Rendered { mut entry, kept, read, uid } in batch {
            if entry.backlog {
                continue;
            }
            let message = &read.message;
            let mut decision = self.decide(&mut tx, &entry, &read, now).await?;
            if let Decision::Answer(recipient) = &decision {
                match self.compose(&entry, recipient, message, now)? {
                    Some(letter) => self.queue(&mut tx, &entry, recipient, sender(message), &letter, now).await?,
                    None => decision = Decision::Silent(Silence::UnusableAddress),
                }
            }
            let (queued, reason) = match &decision {
                Decision::Answer(recipient) => (true, recipient.chosen_by.word()),
                Decision::Silent(silence) => (false, silence.word()),
            };
            tx.answered(&entry, queued, reason, now).await?;
            if message.defects.contains(&Defect::Unreadable) && entry.arrival.source != ArrivalSource::Person {
                // Nobody has seen what it says: a person reads the original before it goes.
                tx.hold(&entry, Resume::Remove, HoldReason::Unreadable, now).await?;
                entry.stage = Stage::Held { resume: Resume::Remove, reason: HoldReason::Unreadable };
            } else {
                entry.stage = Stage::Answered(kept);
            }
            answered.push((Answered { entry, uid }, decision));
        }
        reached(Boundary::AnswerWritten);
        tx.commit().await?;
        reached(Boundary::Answered);
        self.replies.notify_one();
        for (Answered { entry, .. }, decision) in &answered {
            match decision {
                Decision::Answer(_) => info!(entry.number = %entry.number, "Queued a reply to {}", entry.number),
                Decision::Silent(silence) => {
                    info!(entry.number = %entry.number, reason = silence.word(), "No reply to {}: {}", entry.number, silence.word());
                }
            }
        }
        Ok(answered.into_iter().map(|(answered, _)| answered).collect())
    }

    async fn queue(
        &self,
        tx: &mut Tx,
        entry: &Entry,
        to: &Recipient,
        sender: &str,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<()> {
        let reply = NewReply {
            recipient: &to.address,
            sender,
            message_id: &letter.message_id,
            letter: &letter.bytes,
            text_document: &self.text.document_id,
            text_version: &self.text.version,
            text_digest: &self.text.digest(),
        };
        tx.queue_reply(entry.id, &reply, now).await
    }

    async fn decide(&self, tx: &mut Tx, entry: &Entry, read: &Read, now: Timestamp) -> Result<Decision> {
        if entry.arrival.source == ArrivalSource::Person {
            return Ok(Decision::Silent(Silence::RegisteredByHand));
        }
        let Read { message, facts } = read;
        let recipient = reply::recipient(message, facts);
        let (mut in_window, mut in_week) = (0, 0);
        if let Ok(recipient) = &recipient {
            let window = SignedDuration::from_hours(i64::from(self.config.reply.window_hours));
            in_window = tx.replies_to(&recipient.address, sender(message), now - window).await?;
            in_week = tx.replies_to(&recipient.address, sender(message), now - WEEK).await?;
        }
        let own_addresses: Vec<&str> = self.config.own_addresses().collect();
        let context = Context {
            authority: &self.config.authority,
            reply: &self.config.reply,
            own_addresses: &own_addresses,
            received_for: &self.of.addresses,
            probable_duplicate: self.probable_duplicate(tx, entry, message).await?,
            arrived_at: entry.arrival.arrived_at,
            now,
            answered_recently: in_window > 0,
            answers_this_week: u32::try_from(in_week).unwrap_or(u32::MAX),
        };
        Ok(reply::decide(message, facts, &context))
    }

    /// The same Message-ID with other trace lines is a new arrival; received in the same second it is most likely the
    /// first one, which the server has re-encoded.
    async fn probable_duplicate(&self, tx: &mut Tx, entry: &Entry, message: &Message) -> Result<bool> {
        let Some(id) = message.message_id.as_deref() else { return Ok(false) };
        tx.has_twin(&self.of.name, id, entry.arrival.internal_date, entry.id).await
    }

    /// `None` when the address, though it looked like one, cannot stand in a letter.
    fn compose(
        &self,
        entry: &Entry,
        recipient: &Recipient,
        message: &Message,
        now: Timestamp,
    ) -> Result<Option<Letter>> {
        let mut token = [0; 16];
        getrandom::fill(&mut token)?;
        let draft = Draft {
            from: &self.of.reply_from,
            from_name: &self.config.reply.from_name,
            to: &recipient.address,
            in_reply_to: message.message_id.as_deref(),
            text: &self.text.text,
            date: now,
            message_id: &reply::reply_id(entry.id, &token, &self.of.reply_from),
        };
        Ok(reply::compose(&draft).ok())
    }
}

/// By which a sender is known who uses another envelope for each message.
fn sender(message: &Message) -> &str {
    message.from.first().map_or("", |from| from.address.as_str())
}
