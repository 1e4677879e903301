//! Whether a visit is cancelled on the very day: the time can still be given to somebody else, or the person be rung up.

use jiff::civil::Date;

use super::passage::passages;
use super::{Facts, Matter, Place};
use crate::message::Message;

/// Words for the day on which they are written.
const TODAY: [&str; 8] =
    ["idag", "i dag", "i förmiddag", "i eftermiddag", "nu i morse", "today", "this morning", "this afternoon"];

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];

/// Whether the sender's own words cancel something and name `day`, the day on which the message came.
pub fn cancels_on(facts: &Facts, message: &Message, day: Date) -> bool {
    let cancels =
        facts.matters.iter().any(|found| found.matter == Matter::Cancellation && found.place != Some(Place::Quoted));
    cancels
        && passages(message)
            .iter()
            .filter(|passage| matches!(passage.place, Place::Subject | Place::Body))
            .any(|passage| names(&passage.text.to_lowercase(), day))
}

/// Whether lower-case text names the day, in words or as people write dates.
fn names(text: &str, day: Date) -> bool {
    let (month, of_month) = (day.month(), day.day());
    let word = MONTHS[usize::from(month.unsigned_abs()) - 1];
    let written = [
        format!("{of_month}/{month}"),
        format!("{day}"),
        format!("{of_month} {word}"),
        format!("{of_month}:e {word}"),
        format!("{of_month} {}", word.chars().take(3).collect::<String>()),
    ];
    TODAY.iter().copied().chain(written.iter().map(String::as_str)).any(|sought| has_word(text, sought))
}

/// Whether it stands there with neither letter nor digit at either side.
fn has_word(text: &str, sought: &str) -> bool {
    text.match_indices(sought).any(|(at, _)| {
        let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !joins(text[..at].chars().next_back()) && !joins(text[at + sought.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_in_many_ways() {
        let day = Date::constant(2026, 11, 25);
        for text in [
            "jag kan inte komma idag",
            "tiden 25/11 kl 14",
            "avbokar 25 november",
            "2026-11-25",
            "25 nov.",
            "not today!",
        ] {
            assert!(names(text, day), "{text}");
        }
        for text in ["tiden 25/12", "125/11", "25/111", "i dagarna", "idagen", "nästa vecka", "24 november"] {
            assert!(!names(text, day), "{text}");
        }
    }
}
