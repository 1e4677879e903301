use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::door::secret;

/// Ceremonies that wait for their end, oldest first: bounded in number and time, and gone with the process. What a server
/// remembers here a browser must never be asked for.
#[derive(Debug)]
pub struct Begun<T> {
    most: usize,
    holds: SignedDuration,
    waiting: Mutex<VecDeque<Waiting<T>>>,
}

#[derive(Debug)]
struct Waiting<T> {
    id: String,
    since: Timestamp,
    ceremony: T,
}

impl<T> Begun<T> {
    pub fn new(most: usize, holds: SignedDuration) -> Self {
        Self { most, holds, waiting: Mutex::default() }
    }

    /// Gives the word by which the ceremony is found again.
    pub fn put(&self, ceremony: T, now: Timestamp) -> Result<String> {
        let id = secret()?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.len() >= self.most || waiting.front().is_some_and(|oldest| !self.holds(oldest, now)) {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { id: id.clone(), since: now, ceremony });
        Ok(id)
    }

    /// Once, and not too late.
    pub fn take(&self, id: &str, now: Timestamp) -> Option<T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|waiting| waiting.id == id)?;
        waiting.remove(place).filter(|waiting| self.holds(waiting, now)).map(|waiting| waiting.ceremony)
    }

    fn holds(&self, waiting: &Waiting<T>, now: Timestamp) -> bool {
        now.duration_since(waiting.since) < self.holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn a_ceremony_ends_once_and_in_time() {
        let begun = Begun::new(10, SignedDuration::from_mins(5));
        let (one, other) = (begun.put("one", at(0)).unwrap(), begun.put("other", at(0)).unwrap());
        assert_eq!(begun.take(&one, at(4)), Some("one"));
        assert_eq!(begun.take(&one, at(4)), None);
        assert_eq!(begun.take(&other, at(5)), None);
        assert_eq!(begun.take("", at(0)), None);
    }

    #[test]
    fn however_many_begin_no_more_are_kept_than_there_is_room_for() {
        let begun = Begun::new(3, SignedDuration::from_mins(5));
        let ids: Vec<String> = (0..100).map(|n| begun.put(n, at(0)).unwrap()).collect();
        assert_eq!(begun.waiting.lock().unwrap().len(), 3);
        assert_eq!((begun.take(&ids[96], at(1)), begun.take(&ids[97], at(1))), (None, Some(97)));
        begun.put(100, at(6)).unwrap();
        assert_eq!(begun.waiting.lock().unwrap().len(), 1, "what is too late goes as well");
    }
}
