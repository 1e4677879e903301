//! Several entries at once: what is of low value, and undoing that. Nothing that concerns a patient.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Shared;
use super::decide::{low_value, perform};
use super::door::Posted;
use super::entry::{Seen, open};
use super::refusal::Refusal;
use crate::decision::Act;

/// No more than a page has.
const MOST: usize = 50;

/// Fields as they come: `handling` stands there once for each entry, as `MM-2026-00001.3`, its number and its version.
pub type Fields = Vec<(String, String)>;

/// An entry, and the version of it that the page showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// As in addresses: `MM-2026-00001`.
    pub number: String,
    pub version: i64,
}

impl Chosen {
    pub fn read(text: &str) -> Option<Self> {
        let (number, version) = text.rsplit_once('.')?;
        let is_number = number.chars().all(|c| c.is_alphanumeric() || c == '-');
        Some(Self { number: number.to_owned(), version: version.parse().ok()? }).filter(|_| is_number)
    }

    /// As people write it: `MM 2026-00001`.
    pub fn shown(&self) -> String {
        self.number.replacen('-', " ", 1)
    }

    /// Those of a list with commas, as an address has it.
    pub fn list(text: &str) -> Vec<Self> {
        text.split(',').filter_map(Self::read).take(MOST).collect()
    }
}

fn chosen(fields: &Fields) -> Result<Vec<Chosen>, Refusal> {
    let all = fields.iter().filter(|(key, _)| key == "handling").map(|(_, value)| Chosen::read(value));
    let all: Option<Vec<Chosen>> = all.collect();
    all.filter(|all| !all.is_empty() && all.len() <= MOST)
        .ok_or_else(|| nothing("Kryssa först i de handlingar som det gäller."))
}

fn nothing(text: &str) -> Refusal {
    Refusal::Wrong { title: "Ingenting är gjort", text: text.into(), back: "/".into() }
}

/// "Ringa betydelse" and "Skräppost". Each entry for itself: what cannot be closed so is left, and told.
pub async fn close(State(room): Shared, posted: Posted<Fields>) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let what = form.iter().filter(|(key, _)| key == "vad").map(|(_, value)| value.as_str());
    let junk = match what.collect::<Vec<_>>().as_slice() {
        ["skrappost"] => true,
        ["ringa-betydelse"] => false,
        // Enter in a box sends the form by its first button, which says nothing.
        _ => return Err(nothing("Välj Ringa betydelse eller Skräppost under listan.")),
    };
    let act = low_value(&room.catalogue, junk).map_err(|text| nothing(&text))?;
    let (mut done, mut left) = (Vec::new(), Vec::new());
    for Chosen { number, version } in chosen(&form)? {
        let seen = open(&room, &visitor, &number).await?;
        if !may_go_unopened(&seen) {
            left.push(number);
            continue;
        }
        match perform(&room, &visitor, &seen, version, std::slice::from_ref(&act), None).await {
            Ok(_) => done.push(format!("{number}.{}", version + 1)),
            Err(Refusal::NotNow { .. } | Refusal::Changed { .. }) => left.push(number),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(Redirect::to(&format!("/?klart={}&kvar={}", done.join(","), left.join(","))).into_response())
}

/// What has been read by inkom, speaks neither of danger nor of a person's number, and answers nothing of ours; and whose line this
/// person can read. All else has to be opened first.
fn may_go_unopened(seen: &Seen) -> bool {
    let facts = seen.details.triage.as_ref();
    seen.may_read
        && seen.details.answers.is_none()
        && facts.is_some_and(|facts| !facts.urgency.urgent && facts.identifiers.is_empty())
}

/// "Ångra": another act, that opens them again.
pub async fn undo(State(room): Shared, posted: Posted<Fields>) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let act = Act::Reopened { reason: "Ångrat".into() };
    let mut left = Vec::new();
    for Chosen { number, version } in chosen(&form)? {
        let seen = open(&room, &visitor, &number).await?;
        match perform(&room, &visitor, &seen, version, std::slice::from_ref(&act), None).await {
            Ok(_) => {}
            Err(Refusal::NotNow { .. } | Refusal::Changed { .. }) => left.push(number),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(Redirect::to(&format!("/?kvar={}", left.join(","))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_with_versions_are_taken_from_an_address() {
        let of = |number: &str, version| Chosen { number: number.into(), version };
        assert_eq!(Chosen::list("MM-2026-00001.3,ÅÄ-2026-00002.0"), [of("MM-2026-00001", 3), of("ÅÄ-2026-00002", 0)]);
        assert_eq!(Chosen::list("<b>.3,MM-2026-00001,MM-2026-00001.x,,"), []);
        assert_eq!(Chosen::list(&"A-1-1.1,".repeat(60)).len(), MOST);
    }
}
