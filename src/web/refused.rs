//! Refused sign-ins in the audit log: no name, for who tried is not known.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::Room;
use crate::model::{AuditAction, AuditEvent};

/// They are written one by one up to so many in a window; those beyond it are counted into the next row, for anyone can make
/// them, and the log is kept for years.
const ROWS: u32 = 10;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// How many have been written lately, and how many not.
#[derive(Debug, Default)]
pub struct Refused(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    since: Timestamp,
    written: u32,
    unwritten: u64,
}

impl Refused {
    pub async fn audit(&self, room: &Room, by: &str, reason: &str) -> Result<()> {
        let now = room.clock.now();
        let Some(unwritten) = self.next(now) else { return Ok(()) };
        let also = if unwritten > 0 { format!(" also={unwritten}") } else { String::new() };
        warn!("A sign-in by {by} was refused: {reason}{also}");
        let mut tx = room.diary.write().await?;
        tx.audit(&AuditEvent::new(now, "system", AuditAction::SignInRefused, format!("by={by} reason={reason}{also}")))
            .await?;
        tx.commit().await
    }

    /// How many went unwritten before this one, or `None` when this one is to go unwritten too.
    fn next(&self, now: Timestamp) -> Option<u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.since) >= WINDOW {
            (window.since, window.written) = (now, 0);
        }
        if window.written >= ROWS {
            window.unwritten += 1;
            return None;
        }
        window.written += 1;
        Some(std::mem::take(&mut window.unwritten))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_are_refused_the_log_grows_slowly_and_counts_them_all() {
        let refused = Refused::default();
        let begin: Timestamp = "2026-05-04T08:00:00Z".parse().unwrap();
        let written: Vec<u64> = (0..1_000).filter_map(|_| refused.next(begin)).collect();
        assert_eq!(written, [0; ROWS as usize]);
        let later = begin + WINDOW;
        assert_eq!((refused.next(later), refused.next(later)), (Some(990), Some(0)));
    }
}
