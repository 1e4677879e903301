//! What people write and choose in forms, read once and told plainly when it cannot be right.

use jiff::Timestamp;
use jiff::civil::Date;

use super::refusal::Refusal;
use crate::clock;
use crate::triage::PatientNumber;

/// Of a reason.
const REASON_CHARS: usize = 500;

/// One of a list of choices.
#[derive(Debug)]
pub struct Choice {
    pub value: &'static str,
    pub text: &'static str,
    pub is_chosen: bool,
}

pub fn choices(all: impl Iterator<Item = (&'static str, &'static str)>, chosen: &str) -> Vec<Choice> {
    all.map(|(value, text)| Choice { value, text, is_chosen: value == chosen }).collect()
}

/// A day as it is written in a form, or what is wrong with it.
pub fn day(text: &str) -> Result<Option<Date>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let shown: String = text.chars().take(40).collect();
    text.parse().map(Some).map_err(|_| format!("”{shown}” är inget datum. Skriv som 2026-11-21."))
}

/// A day and a time of day in Sweden, as in `2026-11-21 14:05`; the `T` of a browser's own field too.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let shown: String = text.trim().chars().take(40).collect();
    let written: Option<jiff::civil::DateTime> = text.trim().replacen(' ', "T", 1).parse().ok();
    written.and_then(clock::at).ok_or_else(|| format!("”{shown}” är ingen tid. Skriv som 2026-11-21 14:05."))
}

/// From the beginning of the one day to the end of the other.
pub fn period(from: &str, to: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), String> {
    let before = day(to)?.and_then(|day| day.tomorrow().ok()).and_then(clock::begin_of);
    Ok((day(from)?.and_then(clock::begin_of), before))
}

/// A patient's number as it is written in a form, or what is wrong with it.
pub fn patient(text: &str, now: Timestamp) -> Result<PatientNumber, String> {
    PatientNumber::read(text, clock::day(now)).ok_or_else(|| {
        "Patientens nummer stämmer inte. Skriv alla tolv tecken: personnummer, samordningsnummer eller reservnummer.".into()
    })
}

/// Why something is done, which is written into the log: neither nothing nor a story.
pub fn reason(text: &str) -> Result<&str, Refusal> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS {
        return Err(Refusal::BadForm);
    }
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_whole_days_in_sweden_and_what_is_no_date_is_told() {
        let (from, before) = period("2026-03-28", " 2026-03-29 ").unwrap();
        // Summer time begins on the 29th, so these two days have 47 hours.
        let hours = before.unwrap().duration_since(from.unwrap()).as_hours();
        assert_eq!(hours, 47);
        assert_eq!(period("", "").unwrap(), (None, None));
        assert_eq!(period("i går", "").unwrap_err(), "”i går” är inget datum. Skriv som 2026-11-21.");
        assert!(period("", "2026-02-30").is_err());
    }

    #[test]
    fn a_moment_is_in_swedish_time() {
        assert_eq!(moment("2026-07-01 14:05").unwrap().to_string(), "2026-07-01T12:05:00Z");
        assert_eq!(moment("2026-11-21T14:05").unwrap().to_string(), "2026-11-21T13:05:00Z");
        assert_eq!(moment("kl. 14").unwrap_err(), "”kl. 14” är ingen tid. Skriv som 2026-11-21 14:05.");
        assert!(moment("").is_err());
    }

    #[test]
    fn a_reason_is_neither_empty_nor_endless() {
        assert_eq!(reason("  begäran om utlämnande ").unwrap(), "begäran om utlämnande");
        assert!(reason("   ").is_err() && reason(&"å".repeat(501)).is_err() && reason(&"å".repeat(500)).is_ok());
    }
}
