use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::web::door::secret;

/// As long as browsers wait for an authenticator (Web Authentication §15.1).
const HOLDS: SignedDuration = SignedDuration::from_mins(5);

/// Ceremonies that wait for their end, oldest first. What a server remembers here a browser must never be asked for.
#[derive(Debug)]
pub struct Begun<T> {
    most: usize,
    waiting: Mutex<VecDeque<Waiting<T>>>,
}

#[derive(Debug)]
struct Waiting<T> {
    id: String,
    since: Timestamp,
    ceremony: T,
}

impl<T> Begun<T> {
    pub fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::default() }
    }

    /// Gives the word by which the ceremony is found again.
    pub fn put(&self, ceremony: T, now: Timestamp) -> Result<String> {
        let id = secret()?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.len() >= self.most || waiting.front().is_some_and(|oldest| !oldest.holds(now)) {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { id: id.clone(), since: now, ceremony });
        Ok(id)
    }

    /// Once, and not too late.
    pub fn take(&self, id: &str, now: Timestamp) -> Option<T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|waiting| waiting.id == id)?;
        waiting.remove(place).filter(|waiting| waiting.holds(now)).map(|waiting| waiting.ceremony)
    }
}

impl<T> Waiting<T> {
    fn holds(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) < HOLDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn a_ceremony_ends_once_and_within_five_minutes() {
        let begun = Begun::new(10);
        let (one, other) = (begun.put("one", at(0)).unwrap(), begun.put("other", at(0)).unwrap());
        assert_eq!(begun.take(&one, at(4)), Some("one"));
        assert_eq!(begun.take(&one, at(4)), None);
        assert_eq!(begun.take(&other, at(5)), None);
        assert_eq!(begun.take("", at(0)), None);
    }

    #[test]
    fn however_many_begin_no_more_are_kept_than_there_is_room_for() {
        let begun = Begun::new(3);
        let ids: Vec<String> = (0..100).map(|n| begun.put(n, at(0)).unwrap()).collect();
        assert_eq!(begun.waiting.lock().unwrap().len(), 3);
        assert_eq!((begun.take(&ids[96], at(1)), begun.take(&ids[97], at(1))), (None, Some(97)));
        begun.put(100, at(6)).unwrap();
        assert_eq!(begun.waiting.lock().unwrap().len(), 1, "what is too late goes as well");
    }
}
