//! Waiting for mail: IDLE (RFC 2177), or sleep where there is none.
//!
//! Nothing that came between the last survey and the IDLE is overlooked: the folder is searched for it first, and from
//! then on the server tells, in the answers to commands as well as while idle.

use std::time::Duration;

use async_imap::imap_proto::{MailboxDatum, Response};
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::wire::{Verdict, verdict};
use crate::mailbox::{MailboxError, MailboxErrorKind, Woken};

/// RFC 2177: a server may end a connection that was idle for 30 minutes.
const RENEW_AFTER: Duration = Duration::from_mins(28);

enum Heard {
    Ready,
    News,
    Nothing,
    Answered(Verdict),
}

impl Connection {
    /// `highest` is the highest UID that a survey of the selected folder saw.
    pub(super) async fn wait(&mut self, highest: Option<u32>, until: Instant) -> Result<Woken, MailboxError> {
        if let Some(next) = highest.and_then(|highest| highest.checked_add(1)) {
            // `n:*` means the last message even when it is before n (RFC 3501 §6.4.8).
            if self.search(&format!("UID {next}:*")).await?.range(next..).next().is_some() {
                return Ok(Woken::ByMailbox);
            }
        }
        while !self.news && Instant::now() < until {
            if !self.idle(until.min(Instant::now() + RENEW_AFTER)).await? {
                tokio::time::sleep_until(until).await;
            }
        }
        Ok(if std::mem::take(&mut self.news) { Woken::ByMailbox } else { Woken::ByTime })
    }

    /// One IDLE, ended by news or by time. False when the server refused it.
    async fn idle(&mut self, until: Instant) -> Result<bool, MailboxError> {
        let tag = self.wire.send("IDLE", "").await?;
        // The server may have news before it agrees to idle.
        let agreed = Instant::now() + self.wire.patience;
        loop {
            match self.hear(&tag, agreed).await? {
                Some(Heard::Ready) => break,
                Some(Heard::News) => self.news = true,
                Some(Heard::Nothing) => {}
                Some(Heard::Answered(Verdict::Ok)) => return Err(self.ended_early()),
                Some(Heard::Answered(Verdict::No | Verdict::Bad)) => return Ok(false),
                None => return Err(self.wire.peer.stalled()),
            }
        }
        while !self.news {
            match self.hear(&tag, until).await? {
                Some(Heard::News) => self.news = true,
                Some(Heard::Nothing) => {}
                Some(Heard::Ready | Heard::Answered(_)) => return Err(self.ended_early()),
                None => break,
            }
        }
        let answered = Instant::now() + self.wire.patience;
        match timeout_at(answered, self.wire.send_raw(b"DONE")).await {
            Ok(sent) => sent?,
            Err(_) => return Err(self.wire.peer.stalled()),
        }
        loop {
            match self.hear(&tag, answered).await? {
                Some(Heard::Answered(Verdict::Ok)) => break,
                Some(Heard::Answered(Verdict::No | Verdict::Bad)) => return Err(self.wire.refused("IDLE")),
                Some(Heard::News) => self.news = true,
                Some(Heard::Ready | Heard::Nothing) => {}
                None => return Err(self.wire.peer.stalled()),
            }
        }
        self.used_at = Instant::now();
        Ok(true)
    }

    async fn hear(&mut self, tag: &str, until: Instant) -> Result<Option<Heard>, MailboxError> {
        self.wire
            .read_until(until, |response| {
                Ok(match response {
                    Response::Continue(_) => Heard::Ready,
                    Response::MailboxData(MailboxDatum::Exists(_)) => Heard::News,
                    Response::MailboxData(MailboxDatum::Recent(count)) if *count > 0 => Heard::News,
                    Response::Done { tag: answered, status, .. } => Heard::Answered(verdict(&answered.0, tag, status)?),
                    _ => Heard::Nothing,
                })
            })
            .await
    }

    fn ended_early(&self) -> MailboxError {
        self.wire.peer.error(MailboxErrorKind::Refused, "the server ended IDLE by itself")
    }
}
