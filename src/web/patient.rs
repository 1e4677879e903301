//! The patient of an entry, as its page tells: a person has written the number out, after the record.

use super::queue::name;
use crate::clock;
use crate::decision::PreferredChannel;
use crate::diary::{PatientLink, Person};

/// The patient of an entry, for its page.
pub struct Linked {
    pub patient: String,
    pub at: String,
    pub by: String,
    /// Whether they have been told of 1177, as far as this unit has noted (R25).
    pub informed: bool,
    /// How they want to be reached.
    pub prefers: &'static str,
}

impl Linked {
    pub fn of(link: &PatientLink, people: &[Person], contact: (bool, Option<PreferredChannel>)) -> Self {
        Self {
            informed: contact.0,
            prefers: contact.1.map_or("", PreferredChannel::text),
            patient: link.patient.to_string(),
            at: clock::minute(link.linked_at),
            by: name(people, link.linked_by),
        }
    }
}
