//! What kind of mail a message is, and by which rule.

use serde::{Deserialize, Serialize};

use super::{reports, wording};
use crate::model::words;

/// Who or what sent it, as far as it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It could not be read so far that it could be told.
    #[default]
    Unknown,
    Person,
    /// An answer that nobody wrote: out of office, receipt.
    AutoReply,
    /// Something that was sent could not be delivered.
    Bounce,
    /// A read report, a complaint or another report of machines (RFC 8098, 5965, 6522).
    Report,
    List,
    Bulk,
    Calendar,
    /// Marked by the clinic's own filter.
    Spam,
    /// A text message that a gateway made a mail of.
    Sms,
    /// Made by a system for one recipient: an order confirmation, an invoice, an alert.
    Automatic,
}

words!(Kind {
    Person = "person",
    AutoReply = "auto-reply",
    Bounce = "bounce",
    Report = "report",
    List = "list",
    Bulk = "bulk",
    Calendar = "calendar",
    Spam = "spam",
    Sms = "sms",
    Automatic = "automatic",
    Unknown = "unknown",
});

impl Kind {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "Okänt: meddelandet gick inte att läsa",
            Self::Person => "Från en person",
            Self::AutoReply => "Autosvar",
            Self::Bounce => "Studs: något kunde inte levereras",
            Self::Report => "Rapport från ett system",
            Self::List => "E-postlista eller nyhetsbrev",
            Self::Bulk => "Massutskick",
            Self::Calendar => "Kalenderpost",
            Self::Spam => "Skräppost enligt vårt eget filter",
            Self::Sms => "Sms",
            Self::Automatic => "Skapat av ett system",
        }
    }
}

/// By which a message is known not to be a person's mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    NullReturnPath,
    OwnLoop,
    Report,
    AutoSubmitted,
    Suppressed,
    List,
    Bulk,
    AutomaticHeader,
    Calendar,
    AutomaticSubject,
    AutomaticText,
    MarkedSpam,
    JunkFolder,
    RobotAddress,
    MadeAddress,
    SmsGateway,
}

words!(Rule {
    NullReturnPath = "null-return-path",
    OwnLoop = "own-loop",
    Report = "report",
    AutoSubmitted = "auto-submitted",
    Suppressed = "suppressed",
    List = "list",
    Bulk = "bulk",
    AutomaticHeader = "automatic-header",
    Calendar = "calendar",
    AutomaticSubject = "automatic-subject",
    AutomaticText = "automatic-text",
    MarkedSpam = "marked-spam",
    JunkFolder = "junk-folder",
    RobotAddress = "robot-address",
    MadeAddress = "made-address",
    SmsGateway = "sms-gateway",
});

impl Rule {
    /// What it says of the message, as staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NullReturnPath => "Meddelandet har tom returadress. Det är ett automatiskt besked.",
            Self::OwnLoop => "Meddelandet är ett av våra egna svar som har kommit tillbaka.",
            Self::Report => "Meddelandet är en leverans- eller läsrapport.",
            Self::AutoSubmitted => "Meddelandet är märkt som automatiskt skickat.",
            Self::Suppressed => "Avsändarens system har bett att inte få automatiska svar.",
            Self::List => "Meddelandet kommer från en e-postlista eller är ett utskick.",
            Self::Bulk => "Meddelandet är märkt som massutskick.",
            Self::AutomaticHeader => "Meddelandet är ett autosvar eller skapat av ett system.",
            Self::Calendar => "Meddelandet är en kalenderinbjudan eller ett svar på en.",
            Self::AutomaticSubject => "Ärenderaden är den som autosvar och felrapporter har.",
            Self::AutomaticText => "Meddelandet säger självt att det är automatiskt eller inte ska besvaras.",
            Self::MarkedSpam => "Vårt eget skräppostfilter har märkt meddelandet som skräppost.",
            Self::JunkFolder => "Meddelandet låg i mappen för skräppost.",
            Self::RobotAddress => "Avsändaradressen tillhör ett system, inte en person.",
            Self::MadeAddress => "Avsändaradressen är gjord för ett enda utskick.",
            Self::SmsGateway => "Avsändaren är en sms-tjänst. Svaret skulle ha blivit ett sms.",
        }
    }
}

/// A rule that holds, and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    pub rule: Rule,
    /// The header line that it found it in, or the one that says so of a part; `body` for the text, empty for the folder.
    #[serde(rename = "where")]
    pub place: String,
    /// As it stands there, cut when it is long.
    pub found: String,
}

/// The kind that the signs amount to: what says most of a message comes first.
pub fn of(signs: &[Sign]) -> Kind {
    let of_rule = |rule| signs.iter().filter(move |sign| sign.rule == rule);
    let has = |rule| of_rule(rule).next().is_some();
    let says = |rule, words: &[&str]| {
        of_rule(rule).any(|sign| {
            let line = format!("{}: {}", sign.place, sign.found).to_lowercase();
            words.iter().any(|word| line.contains(word))
        })
    };
    if has(Rule::MarkedSpam) || has(Rule::JunkFolder) {
        Kind::Spam
    } else if has(Rule::OwnLoop) {
        Kind::AutoReply
    } else if let Some(report) = of_rule(Rule::Report).next() {
        if reports::is_of_delivery(report) { Kind::Bounce } else { Kind::Report }
    } else if of_rule(Rule::AutomaticSubject).any(|sign| wording::is_bounce_subject(&sign.found))
        || says(Rule::RobotAddress, &["mail delivery", "mailer-daemon", "postmaster"])
    {
        Kind::Bounce
    } else if has(Rule::SmsGateway) {
        Kind::Sms
    } else if has(Rule::Calendar) {
        Kind::Calendar
    } else if has(Rule::List) || says(Rule::RobotAddress, &["owner-", "-owner@", "-request@"]) {
        Kind::List
    } else if has(Rule::AutomaticSubject)
        || says(Rule::AutoSubmitted, &["auto-replied"])
        || says(Rule::AutomaticHeader, &["reply", "autorespon", ": yes", "vacation"])
    {
        Kind::AutoReply
    } else if has(Rule::Bulk) || has(Rule::MadeAddress) || says(Rule::RobotAddress, &["news", "nyhetsbrev", "offers"]) {
        Kind::Bulk
    } else if has(Rule::NullReturnPath) {
        Kind::AutoReply
    } else if signs.is_empty() {
        Kind::Person
    } else {
        Kind::Automatic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_most_of_a_message_makes_its_kind() {
        for (signs, kind) in [
            (&[][..], Kind::Person),
            (&[(Rule::NullReturnPath, "Return-Path", "<>")], Kind::AutoReply),
            (
                &[(Rule::NullReturnPath, "Return-Path", "<>"), (Rule::RobotAddress, "From", "MAILER-DAEMON")],
                Kind::Bounce,
            ),
            (
                &[(Rule::RobotAddress, "From", "Anna"), (Rule::RobotAddress, "From", "postmaster@b.example")],
                Kind::Bounce,
            ),
            (&[(Rule::AutomaticSubject, "Subject", "Undeliverable: Tid")], Kind::Bounce),
            (&[(Rule::AutomaticSubject, "Subject", "Autosvar")], Kind::AutoReply),
            (&[(Rule::AutomaticHeader, "Precedence", "auto_reply")], Kind::AutoReply),
            (&[(Rule::AutomaticHeader, "X-Autorespond", "Tid")], Kind::AutoReply),
            (&[(Rule::AutomaticHeader, "X-Asterisk-CallerID", "1")], Kind::Automatic),
            (&[(Rule::AutomaticText, "body", "detta är ett automatiskt meddelande")], Kind::Automatic),
            (&[(Rule::RobotAddress, "Return-Path", "owner-lista@b.example")], Kind::List),
            (&[(Rule::Bulk, "X-SG-EID", "1")], Kind::Bulk),
            (&[(Rule::Report, "Content-Type", "message/delivery-status")], Kind::Bounce),
            (&[(Rule::Report, "Content-Type", "application/tlsrpt+gzip")], Kind::Report),
            (&[(Rule::Report, "Subject", "Läst: Tid")], Kind::Report),
            (&[(Rule::List, "List-Id", "x"), (Rule::MarkedSpam, "X-Spam", "yes")], Kind::Spam),
        ] {
            let signs: Vec<_> = signs
                .iter()
                .map(|&(rule, place, found)| Sign { rule, place: place.into(), found: found.into() })
                .collect();
            assert_eq!(of(&signs), kind, "{signs:?}");
        }
    }
}
