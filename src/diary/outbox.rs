//! Replies on their way: a durable intent first, then the sending, then the record of it.

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::{AuditAction, Digest, DocumentNumber, Entry, EntryId, Trouble, words};

/// Where a reply is. `Held` and `Unsure` wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyState {
    Queued,
    /// An attempt has begun. Found at start, it tells that the process was stopped in it.
    Sending,
    /// Handed to the mail server (överlämnad till e-postservern); never "delivered".
    Sent,
    /// The mail server refused it for good, or the configuration must change.
    Held,
    /// Twice nobody could tell whether the server took it.
    Unsure,
    /// It grew too old to be of use.
    Expired,
    /// A person has decided that it does not go.
    Dropped,
}

words!(ReplyState {
    Queued = "queued",
    Sending = "sending",
    Sent = "sent",
    Held = "held",
    Unsure = "unsure",
    Expired = "expired",
    Dropped = "dropped",
});

/// A decided reply, composed.
#[derive(Clone, Debug)]
pub struct NewReply<'a> {
    pub recipient: &'a str,
    /// From's address: the limits count by it too.
    pub sender: &'a str,
    pub message_id: &'a str,
    pub letter: &'a [u8],
    pub text_document: &'a str,
    pub text_version: &'a str,
    pub text_digest: &'a Digest,
}

/// A reply whose turn it is.
#[derive(Clone, Debug)]
pub struct Queued {
    pub id: i64,
    pub entry: EntryId,
    pub recipient: String,
    pub letter: Digest,
    pub message_id: String,
    pub attempts: i64,
    pub unsure: i64,
    pub queued_at: Timestamp,
}

/// A reply as staff see it.
#[derive(Clone, Debug)]
pub struct ReplyRow {
    pub id: i64,
    pub entry: EntryId,
    pub recipient: String,
    pub message_id: String,
    pub text_document: String,
    pub text_version: String,
    pub text_digest: Digest,
    pub letter: Digest,
    pub state: ReplyState,
    pub trouble: Option<Trouble>,
    pub attempts: i64,
    pub queued_at: Timestamp,
    pub due_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

impl Tx {
    /// The intent to send, committed before anything is sent.
    pub async fn queue_reply(&mut self, entry: EntryId, reply: &NewReply<'_>, now: Timestamp) -> Result<()> {
        let letter = self.keep(reply.letter).await?;
        let rows = execute!(
            self,
            "insert into outbox (entry_id, recipient, recipient_key, sender_key, message_id, letter, text_document, text_version,
                 text_digest, state, reason, attempts, unsure, data_begun, queued_at, due_at, sent_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', '', 0, 0, 0, $10, $10, 0)",
            entry.0,
            reply.recipient,
            reply.recipient.to_lowercase(),
            reply.sender.to_lowercase(),
            reply.message_id,
            &letter.as_bytes()[..],
            reply.text_document,
            reply.text_version,
            &reply.text_digest.as_bytes()[..],
            now.as_millisecond(),
        );
        exactly_one(rows, "queueing a reply")
    }

    /// How many replies were decided since then, and not given up unsent, to this address or to this sender, whichever
    /// are more.
    pub async fn replies_to(&mut self, recipient: &str, sender: &str, since: Timestamp) -> Result<u64> {
        let to_recipient = row!(self,
            "select count(*) as n from outbox where recipient_key = $1 and queued_at > $2 and state <> 'expired'",
            recipient.to_lowercase(), since.as_millisecond(); |row| row.count("n"))?;
        let to_sender = row!(self,
            "select count(*) as n from outbox where sender_key = $1 and queued_at > $2 and state <> 'expired'",
            sender.to_lowercase(), since.as_millisecond(); |row| row.count("n"))?;
        Ok(to_recipient.max(to_sender).unwrap_or_default())
    }

    /// Whether this address has been sent another reply since then.
    pub async fn was_sent_to(&mut self, reply: &Queued, since: Timestamp) -> Result<bool> {
        Ok(row!(self,
            "select id from outbox where recipient_key = $1 and sent_at > $2 and id <> $3 limit 1",
            reply.recipient.to_lowercase(), since.as_millisecond(), reply.id; |row| row.int("id"))?
        .is_some())
    }

    /// Nothing is sent before then: the mail server is to blame, not one reply.
    pub async fn postpone_all(&mut self, due_at: Timestamp) -> Result<u64> {
        let at = due_at.as_millisecond();
        Ok(execute!(self, "update outbox set due_at = $1 where state = 'queued' and due_at < $1", at))
    }

    pub async fn sent_since(&mut self, since: Timestamp) -> Result<u64> {
        Ok(row!(self, "select count(*) as n from outbox where sent_at > 0 and sent_at > $1", since.as_millisecond(); |row| row.count("n"))?
            .unwrap_or_default())
    }

    /// The reply that is due first. None is given out twice: it is marked as being sent.
    pub async fn claim_reply(&mut self, now: Timestamp) -> Result<Option<Queued>> {
        row!(self,
            "update outbox set state = 'sending', attempts = attempts + 1, data_begun = 0
             where id = (select id from outbox where state = 'queued' and due_at <= $1
                         order by due_at, id limit 1)
             returning id, entry_id, recipient, letter, message_id, attempts, unsure, queued_at",
            now.as_millisecond(); |row| {
            Ok(Queued {
                id: row.int("id")?,
                entry: EntryId(row.int("entry_id")?),
                recipient: row.text("recipient")?,
                letter: row.digest("letter")?,
                message_id: row.text("message_id")?,
                attempts: row.int("attempts")?,
                unsure: row.int("unsure")?,
                queued_at: row.time("queued_at")?,
            })
        })
    }

    /// From here on nobody can tell whether the server takes the letter, until it has answered.
    pub async fn data_begins(&mut self, reply: i64) -> Result<()> {
        exactly_one(
            execute!(self, "update outbox set data_begun = 1 where id = $1 and state = 'sending'", reply),
            "beginning DATA",
        )
    }

    /// The server has taken it: it becomes document `:2` of its entry (R52).
    pub async fn reply_sent(&mut self, reply: &Queued, entry: &Entry, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "update outbox set state = 'sent', reason = '', sent_at = $2 where id = $1 and state = 'sending'",
            reply.id,
            now.as_millisecond(),
        );
        exactly_one(rows, "recording a sent reply")?;
        execute!(self, "update entry set reply = 'sent' where id = $1", entry.id.0);
        self.add_document(entry.id, DocumentNumber::REPLY.get(), "utgående", &reply.letter, &reply.message_id, now)
            .await?;
        self.audit_entry(now, AuditAction::ReplySent, entry, format!("sha256={}", reply.letter)).await
    }

    /// Back into the queue, to be tried at `due_at`. `unsure` counts an attempt of which nobody knows how it ended.
    pub async fn reply_later(&mut self, reply: i64, due_at: Timestamp, unsure: bool, trouble: Trouble) -> Result<()> {
        let rows = execute!(
            self,
            "update outbox set state = 'queued', due_at = $2, unsure = unsure + $3, reason = $4
             where id = $1 and state = 'sending'",
            reply,
            due_at.as_millisecond(),
            i64::from(unsure),
            trouble.word(),
        );
        exactly_one(rows, "putting a reply back")
    }

    /// It stops here, in sight of staff.
    pub async fn reply_stops(
        &mut self,
        reply: i64,
        entry: &Entry,
        state: ReplyState,
        trouble: Trouble,
        now: Timestamp,
    ) -> Result<()> {
        let rows = execute!(
            self,
            "update outbox set state = $2, reason = $3 where id = $1 and state = 'sending'",
            reply,
            state.word(),
            trouble.word()
        );
        exactly_one(rows, "stopping a reply")?;
        execute!(self, "update entry set reply = $2 where id = $1", entry.id.0, state.word());
        self.audit_entry(now, AuditAction::ReplyHeld, entry, format!("state={state} reason={trouble}")).await
    }

    /// Attempts that a stop of the process interrupted: those that had not begun DATA are simply tried again.
    /// Gives those of which nobody knows how they ended.
    pub async fn interrupted_replies(&mut self) -> Result<Vec<(i64, EntryId, i64)>> {
        execute!(
            self,
            "update outbox set state = 'queued', reason = 'interrupted' where state = 'sending' and data_begun = 0"
        );
        rows!(self, "select id, entry_id, unsure from outbox where state = 'sending' order by id";
            |row| Ok((row.int("id")?, EntryId(row.int("entry_id")?), row.int("unsure")?)))
    }

    /// Puts replies back into the queue: all that are held, one entry's, also if it is unsure, or those held for one reason.
    pub async fn requeue(&mut self, which: Requeue, now: Timestamp) -> Result<u64> {
        let at = now.as_millisecond();
        let requeued = match which {
            Requeue::All => {
                execute!(self, "update outbox set state = 'queued', due_at = $1 where state = 'held'", at)
            }
            Requeue::Entry(entry) => execute!(
                self,
                "update outbox set state = 'queued', due_at = $1, unsure = 0 where state in ('held', 'unsure') and entry_id = $2",
                at,
                entry.0,
            ),
            Requeue::Because(trouble) => {
                execute!(
                    self,
                    "update outbox set state = 'queued', due_at = $1 where state = 'held' and reason = $2",
                    at,
                    trouble.word()
                )
            }
        };
        execute!(
            self,
            "update entry set reply = 'queued' where reply in ('held', 'unsure')
             and id in (select entry_id from outbox where state = 'queued')",
        );
        Ok(requeued)
    }

    /// A person has decided that it does not go. Says whether it was stopped.
    pub async fn drop_reply(&mut self, entry: EntryId) -> Result<bool> {
        let sql = "update outbox set state = 'dropped' where entry_id = $1 and state in ('held', 'unsure')";
        let dropped = execute!(self, sql, entry.0) == 1;
        if dropped {
            execute!(self, "update entry set reply = 'dropped' where id = $1", entry.0);
        }
        Ok(dropped)
    }

    /// When the next reply is due, if one waits.
    pub async fn next_due(&mut self) -> Result<Option<Timestamp>> {
        row!(self, "select due_at from outbox where state = 'queued' order by due_at limit 1"; |row| row.time("due_at"))
    }

    pub async fn reply_of(&mut self, entry: EntryId) -> Result<Option<ReplyRow>> {
        row!(self, "select * from outbox where entry_id = $1", entry.0; reply_row)
    }

    /// Replies that are not sent yet or never will be, oldest first; with `all`, the sent ones too.
    pub async fn replies(&mut self, all: bool, limit: u32) -> Result<Vec<ReplyRow>> {
        let all = i64::from(all);
        rows!(self, "select * from outbox where state <> 'sent' or $1 = 1 order by id limit $2", all, i64::from(limit); reply_row)
    }

    /// How many replies are in each state.
    pub async fn count_replies(&mut self) -> Result<Vec<(ReplyState, u64)>> {
        rows!(self, "select state, count(*) as n from outbox group by state order by state"; |row| Ok((row.word("state")?, row.count("n")?)))
    }
}

/// Which replies are put back into the queue.
#[derive(Clone, Copy, Debug)]
pub enum Requeue {
    All,
    Entry(EntryId),
    Because(Trouble),
}

/// When to try again after so many attempts: one minute, then twice as long each time, at most an hour.
pub fn backoff(now: Timestamp, attempts: i64) -> Result<Timestamp> {
    let minutes = 1_i64 << attempts.saturating_sub(1).clamp(0, 6);
    now.checked_add(SignedDuration::from_mins(minutes.min(60))).context("the clock is out of range")
}

fn reply_row(row: &impl Cells) -> Result<ReplyRow> {
    let trouble = row.text("reason")?;
    Ok(ReplyRow {
        id: row.int("id")?,
        entry: EntryId(row.int("entry_id")?),
        recipient: row.text("recipient")?,
        message_id: row.text("message_id")?,
        text_document: row.text("text_document")?,
        text_version: row.text("text_version")?,
        text_digest: row.digest("text_digest")?,
        letter: row.digest("letter")?,
        state: row.word("state")?,
        trouble: if trouble.is_empty() { None } else { Some(trouble.parse()?) },
        attempts: row.int("attempts")?,
        queued_at: row.time("queued_at")?,
        due_at: row.time("due_at")?,
        sent_at: row.maybe_time("sent_at")?,
    })
}
