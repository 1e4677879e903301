//! Whether a message is answered, to whom, and the letter itself. The text is prescribed and the same for everyone.
//!
//! Promises: nothing that was made by a machine is answered, as far as it shows (RFC 3834); a reply goes to one address,
//! never to Reply-To, Cc or a list; and it holds nothing of the incoming message but its Message-ID.

use jiff::{SignedDuration, Timestamp};

use crate::config::{Authority, Reply};
use crate::message::{Address, Message};
use crate::model::words;
use crate::triage::{self, Facts, Verdict};

mod address;
mod letter;
mod silence;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

pub use letter::{Draft, Letter, compose, reply_id};
pub use silence::Silence;

/// What is known about a message beside its bytes.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub authority: &'a Authority,
    pub reply: &'a Reply,
    /// Every address that is ours, in whatever mailbox: [`crate::config::Config::own_addresses`].
    pub own_addresses: &'a [&'a str],
    /// The addresses that this mailbox receives for.
    pub received_for: &'a [String],
    /// The same Message-ID was received in the same second: the server has re-encoded a message already registered.
    pub probable_duplicate: bool,
    pub arrived_at: Timestamp,
    pub now: Timestamp,
    /// The address that [`recipient`] gives was answered within `window_hours`.
    pub answered_recently: bool,
    /// Replies to that address within the last seven days.
    pub answers_this_week: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Answer(Recipient),
    Silent(Silence),
}

/// The one address that a reply goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub address: String,
    pub chosen_by: ChosenBy,
}

/// The rule by which the recipient was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The envelope's sender, as RFC 3834 §4 prefers.
    ReturnPath,
    /// From, as the envelope is a forwarder's or a mailer's and DMARC vouches for From.
    FromByDmarc,
    /// From, as the envelope's sender is not known.
    From,
}

words!(ChosenBy { ReturnPath = "return-path", FromByDmarc = "from-by-dmarc", From = "from" });

impl ChosenBy {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ReturnPath => "Svaret går till returadressen.",
            Self::FromByDmarc => "Svaret går till avsändaradressen, som är godkänd av DMARC.",
            Self::From => "Svaret går till avsändaradressen.",
        }
    }
}

/// Decides whether a message is answered. The first reason not to is the one that is kept.
pub fn decide(message: &Message, facts: &Facts, context: &Context<'_>) -> Decision {
    match reason_for_silence(message, facts, context) {
        Err(silence) => Decision::Silent(silence),
        Ok(recipient) => Decision::Answer(recipient),
    }
}

fn reason_for_silence(message: &Message, facts: &Facts, context: &Context<'_>) -> Result<Recipient, Silence> {
    if context.probable_duplicate {
        return Err(Silence::ProbableDuplicate);
    }
    if !message.is_readable() {
        return Err(Silence::Unreadable);
    }
    if let Some(sign) = facts.signs.first() {
        return Err(Silence::Sign(sign.rule));
    }
    if facts.authentication.dmarc == Verdict::Fail {
        return Err(Silence::DmarcFailed);
    }
    let recipient = recipient(message, facts)?;
    for address in senders(message).chain([recipient.address.as_str()]) {
        if context.own_addresses.iter().any(|own| own.eq_ignore_ascii_case(address)) {
            return Err(Silence::OwnAddress);
        }
        if triage::is_in_domains(address, &context.authority.silent_domains) {
            return Err(Silence::SilentDomain);
        }
    }
    let is_ours = |address: &str| context.received_for.iter().any(|own| own.eq_ignore_ascii_case(address));
    if context.reply.only_when_addressed && !message.to.iter().chain(&message.cc).any(|to| is_ours(&to.address)) {
        return Err(Silence::NotAddressed);
    }
    let age = context.now.duration_since(context.arrived_at);
    if age > SignedDuration::from_hours(context.reply.max_age_hours.into()) {
        return Err(Silence::TooOld);
    }
    if context.answered_recently {
        return Err(Silence::AnsweredRecently);
    }
    if context.answers_this_week >= context.reply.max_per_address_per_week {
        return Err(Silence::TooManyThisWeek);
    }
    Ok(recipient)
}

/// Every address that calls itself the sender, the envelope's included.
fn senders(message: &Message) -> impl Iterator<Item = &str> {
    let named = message.from.iter().chain(&message.sender).map(|one| one.address.as_str());
    named.chain(message.return_path.as_deref()).filter(|address| !address.is_empty())
}

/// The one address in From. Lines that repeat it are one; lines that differ leave open whom to answer.
fn single_from(from: &[Address]) -> Result<&str, Silence> {
    let mut addresses = from.iter().map(|from| from.address.as_str()).filter(|address| !address.is_empty());
    let single = addresses.next().ok_or(Silence::NoFrom)?;
    if addresses.all(|other| other.eq_ignore_ascii_case(single)) { Ok(single) } else { Err(Silence::SeveralFrom) }
}

/// The address a reply would go to, before it is decided whether there is one: the diary counts replies by it.
///
/// # Errors
/// Why there is none.
pub fn recipient(message: &Message, facts: &Facts) -> Result<Recipient, Silence> {
    let from = address::usable(single_from(&message.from)?).ok_or(Silence::UnusableAddress)?;
    let chosen = |address: &str, chosen_by| Ok(Recipient { address: address.to_owned(), chosen_by });
    let Some(return_path) = message.return_path.as_deref() else { return chosen(from, ChosenBy::From) };
    if return_path.is_empty() {
        return Err(Silence::Sign(triage::Rule::NullReturnPath));
    }
    let same_organisation = triage::share_organisation(return_path, from);
    let Some(return_path) = address::usable(return_path) else {
        // An old way of writing a route (`host!user@domain`): the organisation is the same, and so is the person.
        return if same_organisation { chosen(from, ChosenBy::From) } else { Err(Silence::UnusableAddress) };
    };
    if !same_organisation && facts.authentication.dmarc == Verdict::Pass {
        return chosen(from, ChosenBy::FromByDmarc);
    }
    chosen(return_path, ChosenBy::ReturnPath)
}
