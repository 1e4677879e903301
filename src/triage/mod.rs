//! Facts about a message that a person can check: what kind of mail it is, what it is about, which numbers of persons it
//! holds, whether it speaks of danger, in which language. Each comes with where it was found and by which rule. Nothing is
//! decided here: what follows from the facts is for the reply rules and for people.

mod authentication;
mod domain;
mod identifiers;
mod kind;
mod language;
mod matter;
mod passage;
mod patient;
mod phrases;
mod reports;
mod results;
mod robots;
mod signs;
mod urgency;
mod visit;
mod wording;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::config::Authority;
use crate::message::Message;

pub use authentication::{Authentication, Verdict};
pub use domain::{is_in_domains, share_organisation};
pub use identifiers::{Identifier, IdentifierKind};
pub use kind::{Kind, Rule, Sign};
pub use matter::{FoundMatter, Matter};
pub use passage::{Passage, Place};
pub use patient::PatientNumber;
pub use urgency::{FoundWord, Urgency, UrgencyWords};
pub use visit::cancels_on;

/// What is known beside the message.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub authority: &'a Authority,
    /// Every address that is ours, in whatever mailbox: [`crate::config::Config::own_addresses`].
    pub own_addresses: &'a [&'a str],
    /// The prescribed text, by which our own reply is known; empty when it is not at hand.
    pub reply_text: &'a str,
    pub in_junk_folder: bool,
    /// In Sweden: a number of a person holds no later date.
    pub today: Date,
    pub urgency_words: &'a UrgencyWords,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub kind: Kind,
    /// Every rule that says something else than a person; the first is the surest.
    pub signs: Vec<Sign>,
    /// The most pressing first.
    pub matters: Vec<FoundMatter>,
    pub identifiers: Vec<Identifier>,
    pub urgency: Urgency,
    /// Its code (ISO 639), if it can be told.
    pub language: Option<String>,
    pub authentication: Authentication,
}

pub fn facts(message: &Message, known: &Known<'_>) -> Facts {
    let passages = passage::passages(message);
    let domains: Vec<String> = message.from.iter().map(|from| domain::domain(&from.address)).collect();
    let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
    Facts {
        matters: matter::matters(&passages, &domains),
        identifiers: identifiers::identifiers(&passages, known.today),
        urgency: urgency::urgency(&passages, known.urgency_words),
        language: language::language(&passage::own_words(&passages)).map(str::to_owned),
        ..origin(message, known, &passages)
    }
}

/// Only what the reply rules ask: who or what the message comes from, and whose it is.
pub fn facts_of_origin(message: &Message, known: &Known<'_>) -> Facts {
    origin(message, known, &passage::passages(message))
}

fn origin(message: &Message, known: &Known<'_>, passages: &[Passage<'_>]) -> Facts {
    let signs = signs::signs(message, known, passages);
    let kind = if signs.is_empty() && !message.is_readable() { Kind::Unknown } else { kind::of(&signs) };
    Facts { kind, authentication: authentication::authentication(message, known.authority), signs, ..Facts::default() }
}
