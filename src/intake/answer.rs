//! Rendered → answered: whether the sender gets the prescribed text is decided, and a reply is in the outbox.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use super::{Answered, Rendered, Steps};
use crate::diary::{NewReply, Tx};
use crate::faults::{Boundary, reached};
use crate::model::Stage;
use crate::reply::{self, Context, Decision, Letter, Recipient};

const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Steps {
    /// Backlog stops here until a person adopts it; everything else is answered, or the reason for silence recorded.
    pub(super) async fn answer(&self, batch: Vec<Rendered>) -> Result<Vec<Answered>> {
        let (now, mut answered) = (self.clock.now(), Vec::with_capacity(batch.len()));
        let mut tx = self.diary.write().await?;
        for Rendered { mut entry, kept, message, uid } in batch {
            if entry.backlog {
                continue;
            }
            let decision = self.decide(&mut tx, &entry, &message, now).await?;
            match &decision {
                Decision::Answer(recipient) => {
                    let letter = self.compose(&entry.number.to_string(), recipient, &message, now)?;
                    let new = NewReply {
                        recipient: &recipient.address,
                        message_id: &letter.message_id,
                        letter: &letter.bytes,
                        text_document: &self.text.document_id,
                        text_version: &self.text.version,
                        text_digest: &self.text.digest(),
                    };
                    tx.queue_reply(entry.id, &new, now).await?;
                    tx.answered(&entry, true, recipient.chosen_by.word(), now).await?;
                }
                Decision::Silent(silence) => tx.answered(&entry, false, silence.word(), now).await?,
            }
            entry.stage = Stage::Answered(kept);
            answered.push((Answered { entry, kept, uid }, decision));
        }
        reached(Boundary::AnswerWritten);
        tx.commit().await?;
        reached(Boundary::Answered);
        self.replies.notify_one();
        for (Answered { entry, .. }, decision) in &answered {
            match decision {
                Decision::Answer(_) => info!(entry.number = %entry.number, "Queued a reply to {}", entry.number),
                Decision::Silent(silence) => {
                    info!(entry.number = %entry.number, reason = silence.word(), "No reply to {}: {silence}", entry.number);
                }
            }
        }
        Ok(answered.into_iter().map(|(answered, _)| answered).collect())
    }

    async fn decide(&self, tx: &mut Tx, entry: &crate::model::Entry, message: &crate::message::Message, now: Timestamp) -> Result<Decision> {
        let duplicate = match message.message_id.as_deref() {
            Some(id) => tx.with_message_id(&self.of.name, id, entry.id).await?,
            None => None,
        };
        // A second copy whose trace differs, received in the same second: most likely the first, re-encoded by the server.
        let probable_duplicate = duplicate.is_some_and(|first| first.arrival.internal_date == entry.arrival.internal_date);
        let max_age = SignedDuration::from_hours(i64::from(self.config.reply.max_age_hours));
        let context = Context {
            own_addresses: self.config.own_addresses().collect(),
            mailbox_addresses: self.of.addresses.iter().map(String::as_str).collect(),
            silent_domains: &self.config.authority.silent_domains,
            authserv_ids: &self.config.authority.authserv_ids,
            only_when_addressed: self.config.reply.only_when_addressed,
            junk: entry.folder == self.of.junk_folder,
            too_old: now.duration_since(entry.arrival.arrived_at) > max_age,
            probable_duplicate,
        };
        let decision = reply::decide(message, &context);
        let Decision::Answer(recipient) = &decision else { return Ok(decision) };
        let window = SignedDuration::from_hours(i64::from(self.config.reply.window_hours));
        let in_window = tx.replies_to(&recipient.address, now - window).await?;
        let in_week = tx.replies_to(&recipient.address, now - WEEK).await?;
        Ok(reply::within_limits(decision, in_window, in_week, self.config.reply.max_per_address_per_week))
    }

    fn compose(&self, number: &str, recipient: &Recipient, message: &crate::message::Message, now: Timestamp) -> Result<Letter> {
        let mut token = [0; 16];
        getrandom::fill(&mut token)?;
        reply::compose(&reply::Draft {
            number,
            token: &token,
            from_name: &self.config.reply.from_name,
            from: &self.of.reply_from,
            recipient: &recipient.address,
            in_reply_to: message.message_id.as_deref(),
            text: &self.text.text,
            at: now,
        })
    }
}
