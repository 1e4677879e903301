//! The one place that asks the time, and the one time zone that decides days and years.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Where the law counts its days.
const ZONE: &str = "Europe/Stockholm";

/// The time, or in tests a time that stands still.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    #[must_use]
    pub const fn fixed(at: Timestamp) -> Self {
        Self { fixed: Some(at) }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.fixed.unwrap_or_else(Timestamp::now)
    }
}

#[must_use]
pub fn stockholm(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::get(ZONE).expect("the zone is in the bundled database"))
}

#[must_use]
pub fn day(at: Timestamp) -> Date {
    stockholm(at).date()
}

/// As people write it: `2026-11-21 14:05`.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    stockholm(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// To the second, for logs and lists: `2026-11-21 14:05:09`.
#[must_use]
pub fn second(at: Timestamp) -> String {
    stockholm(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_turns_in_stockholm() {
        let at: Timestamp = "2026-12-31T23:30:00Z".parse().unwrap();
        assert_eq!(day(at).year(), 2027);
        assert_eq!(minute(at), "2027-01-01 00:30");
    }
}
