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

/// When a day begins.
#[must_use]
pub fn begin_of(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(TimeZone::get(ZONE).expect("the zone is in the bundled database")).ok()?.timestamp())
}

/// A time of day in Sweden.
#[must_use]
pub fn at(written: jiff::civil::DateTime) -> Option<Timestamp> {
    Some(written.to_zoned(TimeZone::get(ZONE).expect("the zone is in the bundled database")).ok()?.timestamp())
}

/// Whether more than a working day has gone by: what comes on a Friday at 14 is late on Monday after 14. What comes on a
/// day that is none counts from the beginning of the next.
#[must_use]
pub fn is_over_a_working_day(since: Timestamp, now: Timestamp) -> bool {
    let since = stockholm(since);
    let next = |mut day: Date| {
        while !is_working_day(day) {
            day = day.tomorrow().unwrap_or(Date::MAX);
        }
        day
    };
    let day = next(since.date());
    let due = next(day.tomorrow().unwrap_or(Date::MAX));
    let time = if day == since.date() { since.time() } else { jiff::civil::Time::midnight() };
    due.to_datetime(time) < stockholm(now).datetime()
}

/// When the working day after this one ends. What comes on a day that is none counts from the next.
#[must_use]
pub fn end_of_next_working_day(since: Timestamp) -> Option<Timestamp> {
    let next = |mut day: Date| {
        while !is_working_day(day) {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    };
    end_of(next(next(day(since))?.tomorrow().ok()?)?)
}

/// When the day ends that is a month after this one, in a shorter month its last.
#[must_use]
pub fn end_of_day_a_month_after(since: Timestamp) -> Option<Timestamp> {
    end_of(day(since).checked_add(jiff::Span::new().months(1)).ok()?)
}

/// The last millisecond of a day.
#[must_use]
pub fn end_of(day: Date) -> Option<Timestamp> {
    begin_of(day.tomorrow().ok()?)?.checked_sub(jiff::SignedDuration::from_millis(1)).ok()
}

/// Neither Saturday nor Sunday, nor a public holiday, nor one of the three eves that count as such (lagen 1930:173 om
/// beräkning av lagstadgad tid, lagen 1989:253 om allmänna helgdagar).
fn is_working_day(day: Date) -> bool {
    use jiff::civil::Weekday::{Friday, Saturday, Sunday};
    let from_easter = || (day - easter(day.year())).get_days();
    let is_holiday = match (day.month(), day.day()) {
        (1, 1 | 6) | (5, 1) | (6, 6) | (12, 24 | 25 | 26 | 31) => true,
        // Midsommarafton: the Friday from the 19th to the 25th.
        (6, 19..=25) => day.weekday() == Friday,
        // Långfredagen, annandag påsk, Kristi himmelsfärdsdag.
        (3..=6, _) => matches!(from_easter(), -2 | 1 | 39),
        _ => false,
    };
    !is_holiday && !matches!(day.weekday(), Saturday | Sunday)
}

/// Easter Sunday (the Gregorian computus, after Meeus and Butcher).
fn easter(year: i16) -> Date {
    let year = i32::from(year);
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let correction = (century + 8) / 25;
    let moon = (19 * golden + century - century / 4 - (century - correction + 1) / 3 + 15) % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let shift = (golden + 11 * moon + 22 * sunday) / 451;
    let days = moon + sunday - 7 * shift + 114;
    let [year, month, day] = [year, days / 31, days % 31 + 1].map(|part| i16::try_from(part).unwrap_or_default());
    let small = |part: i16| i8::try_from(part).unwrap_or(1);
    Date::new(year, small(month), small(day)).expect("the computus gives a day in March or April")
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

    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for day in ["2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2285-03-22"] {
            let day: Date = day.parse().unwrap();
            assert_eq!(easter(day.year()), day);
        }
    }

    #[test]
    fn time_limits_end_with_the_day() {
        let at = |text: &str| format!("{text}[Europe/Stockholm]").parse::<Zoned>().unwrap().timestamp();
        for (since, due) in [
            ("2026-11-25T08:00", "2026-11-26 23:59"),
            ("2026-11-27T16:00", "2026-11-30 23:59"),
            // Saturday counts as Monday.
            ("2026-11-28T10:00", "2026-12-01 23:59"),
        ] {
            assert_eq!(minute(end_of_next_working_day(at(since)).unwrap()), due, "{since}");
        }
        assert_eq!(minute(end_of_day_a_month_after(at("2027-01-31T10:00")).unwrap()), "2027-02-28 23:59");
    }

    #[test]
    fn a_working_day_is_neither_weekend_nor_holiday() {
        let late = |since: &str, now: &str| {
            let at = |text: &str| format!("{text}[Europe/Stockholm]").parse::<Zoned>().unwrap().timestamp();
            is_over_a_working_day(at(since), at(now))
        };
        // Wednesday to Thursday.
        assert!(!late("2026-11-25T14:00", "2026-11-26T14:00"));
        assert!(late("2026-11-25T14:00", "2026-11-26T14:01"));
        // Friday to Monday.
        assert!(!late("2026-11-27T14:00", "2026-11-30T13:59"));
        assert!(late("2026-11-27T14:00", "2026-11-30T14:01"));
        // Saturday counts from Monday morning.
        assert!(!late("2026-11-28T10:00", "2026-11-30T23:59"));
        assert!(late("2026-11-28T10:00", "2026-12-01T00:01"));
        // Skärtorsdag to the Tuesday after Easter; Midsummer; over Christmas 2026 to Monday the 28th.
        assert!(!late("2026-04-02T09:00", "2026-04-07T08:59"));
        assert!(late("2026-04-02T09:00", "2026-04-07T09:01"));
        assert!(!late("2026-06-18T09:00", "2026-06-22T08:59"));
        assert!(!late("2026-12-23T09:00", "2026-12-28T08:59"));
        assert!(late("2026-12-23T09:00", "2026-12-28T09:01"));
    }
}
