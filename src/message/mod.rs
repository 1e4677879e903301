//! Reads raw bytes into a [`Message`], whatever they are. Reading never fails: what is wrong with the bytes is data.

mod summary;

use jiff::Timestamp;

use crate::model::Digest;

pub use summary::Summary;

/// One message as far as it could be read. Shown text is Unicode without control characters other than newline and tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// All addresses of all From lines, the first line's first.
    pub from: Vec<Address>,
    pub sender: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: Option<String>,
    pub date: Option<Timestamp>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs in In-Reply-To and References, without angle brackets.
    pub references: Vec<String>,
    /// Every header line of the message itself, unfolded and decoded, in order.
    pub headers: Vec<Header>,
    /// The text to show: the plain alternative, else the HTML one as text.
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// Media types of all parts, lower case, outermost first (`multipart/report`, `text/plain` …).
    pub media_types: Vec<String>,
    pub defects: Vec<Defect>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A mailbox address (RFC 5322 §3.4) as the sender wrote it. Unverified, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    pub name: Option<String>,
    /// `local@domain`; may be anything at all in a broken message.
    pub address: String,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attachment {
    pub name: Option<String>,
    /// As declared, lower case: `image/jpeg`.
    pub media_type: String,
    /// Of the decoded content.
    pub size_bytes: u64,
    #[serde(with = "digest_text")]
    pub digest: Digest,
}

/// What was repaired, guessed or could not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is nothing in it at all.
    Empty,
    /// No header could be found.
    NoHeader,
    /// More than one From line; the first counts.
    SeveralFrom,
    /// The text could not be decoded as declared, and was guessed or shown as it stands.
    Charset,
    /// Only this much of it was read, for its size or nesting; all of it is kept.
    Bounded,
    /// Reading it failed altogether; only the kept original shows it.
    Unreadable,
    /// It is encrypted; only the recipient's own key can open it.
    Encrypted,
}

impl Defect {
    /// What a person is told.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Empty => "Meddelandet är tomt.",
            Self::NoHeader => "Meddelandet saknar brevhuvud.",
            Self::SeveralFrom => "Meddelandet anger flera avsändarrader. Den första visas som avsändare.",
            Self::Charset => "Textens teckenkodning var felaktigt angiven och har gissats.",
            Self::Bounded => {
                "Meddelandet är mycket stort eller djupt nästlat. Allt visas inte här, men hela originalet är sparat."
            }
            Self::Unreadable => "Meddelandet kunde inte läsas. Hela originalet är sparat.",
            Self::Encrypted => "Meddelandet är krypterat och kan inte visas. Hela originalet är sparat.",
        }
    }
}

mod digest_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::Digest;

    pub fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
