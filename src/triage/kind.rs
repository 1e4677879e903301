//! What kind of mail a message is, and by which rule.

use serde::{Deserialize, Serialize};

use crate::model::words;

/// Who or what sent it, as far as it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
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
});

impl Kind {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
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
    /// The header line that it found it in, or the one that says so of a part; empty for the folder.
    #[serde(rename = "where")]
    pub place: String,
    /// As it stands there, cut when it is long.
    pub found: String,
}

/// Words of those who report that something was not delivered.
const OF_DELIVERY: [&str; 7] =
    ["undeliver", "delivery", "returned", "failure", "levereras", "mailer-daemon", "postmaster"];

/// The kind that the signs amount to: what says most of a message comes first.
pub fn of(signs: &[Sign]) -> Kind {
    let find = |rule| signs.iter().find(|sign| sign.rule == rule);
    let has = |rule| find(rule).is_some();
    let says = |rule, words: &[&str]| {
        find(rule).is_some_and(|sign| {
            let found = sign.found.to_lowercase();
            words.iter().any(|word| found.contains(word))
        })
    };
    if has(Rule::MarkedSpam) || has(Rule::JunkFolder) {
        Kind::Spam
    } else if has(Rule::OwnLoop) {
        Kind::AutoReply
    } else if let Some(report) = find(Rule::Report) {
        let other = ["disposition", "feedback"].iter().any(|word| report.found.contains(word));
        if other { Kind::Report } else { Kind::Bounce }
    } else if says(Rule::AutomaticSubject, &OF_DELIVERY) || says(Rule::RobotAddress, &OF_DELIVERY) {
        Kind::Bounce
    } else if says(Rule::AutomaticSubject, &["complaint"]) {
        Kind::Report
    } else if has(Rule::SmsGateway) {
        Kind::Sms
    } else if has(Rule::Calendar) {
        Kind::Calendar
    } else if has(Rule::List) {
        Kind::List
    } else if has(Rule::AutomaticSubject)
        || says(Rule::AutoSubmitted, &["auto-replied"])
        || says(Rule::AutomaticHeader, &["reply", "yes", "vacation"])
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
