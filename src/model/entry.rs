use jiff::Timestamp;

use super::words;
use super::{DiaryNumber, Stage};

/// The diary's own key of an entry; people use the [`DiaryNumber`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub i64);

/// Whether an entry is secret (sekretessmarkering, OSL 5 kap. 5 §). Until a person decides it is handled as secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidentiality {
    NotTried,
    Secret,
    Open,
}

words!(Confidentiality { NotTried = "ej-provad", Secret = "ja", Open = "nej" });

/// By which way it reached the authority (TF 2 kap. 9 §).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
    Phone,
    Letter,
}

words!(Channel { Email = "e-post", Sms = "sms", Phone = "telefon", Letter = "brev" });

impl Channel {
    /// What the public diary says of it as long as nobody has written anything else: neutral, and never the Subject (OSL 5 kap.
    /// 2 §).
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Email => "Inkommet e-postmeddelande",
            Self::Sms => "Inkommet sms",
            Self::Phone => "Inkommet telefonsamtal",
            Self::Letter => "Inkommet brev",
        }
    }

    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Email => "E-post till någon i personalen",
            Self::Sms => "Sms",
            Self::Phone => "Telefonsamtal",
            Self::Letter => "Brev",
        }
    }
}

/// Which clock said when a message reached the authority (FL 22 §).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalSource {
    /// The earliest Received line written by one of the authority's own hosts.
    OwnHost,
    /// The mail store's date of receipt (IMAP INTERNALDATE, a Maildir file's time).
    MailStore,
    /// The person who registered it by hand.
    Person,
}

words!(ArrivalSource { OwnHost = "own-host", MailStore = "mail-store", Person = "person" });

/// The times of one message's way in, kept side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it reached the authority: the legal time of arrival.
    pub arrived_at: Timestamp,
    pub source: ArrivalSource,
    /// The mail store's date of receipt.
    pub internal_date: Timestamp,
    /// When inkom fetched it.
    pub fetched_at: Timestamp,
}

/// One registered incoming document (OSL 5 kap. 1 §), as the daemon knows it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: EntryId,
    pub number: DiaryNumber,
    /// The mailbox's name in the configuration.
    pub mailbox: String,
    pub folder: String,
    pub unit: String,
    pub arrival: Arrival,
    pub registered_at: Timestamp,
    pub raw_size_bytes: u64,
    pub stage: Stage,
    /// It lay in the mailbox when inkom first saw it, and no one has adopted it yet: kept, not answered, not removed.
    pub backlog: bool,
}
