//! The patient of an entry, as its page tells: a person has written the number out, after the record.

use super::queue::name;
use crate::clock;
use crate::diary::{PatientLink, Person};

/// The patient of an entry, for its page.
pub struct Linked {
    pub patient: String,
    pub at: String,
    pub by: String,
}

impl Linked {
    pub fn of(link: &PatientLink, people: &[Person]) -> Self {
        Self { patient: link.patient.to_string(), at: clock::minute(link.linked_at), by: name(people, link.linked_by) }
    }
}
