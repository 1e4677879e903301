//! Reads raw bytes into a [`Message`], whatever they are. Reading never fails: what is wrong with the bytes is data.
//!
//! The tree of parts is walked here and not by mail-parser, whose tree has no bounds (nesting overflows the stack when
//! it is freed) and drops the text of unterminated parts. Its readers of addresses, dates and trace lines are used.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;

use header::Block;
use parts::Walk;

mod charset;
mod header;
mod html;
mod media;
mod nested;
mod parts;
mod placeholder;
mod summary;
mod trace;
mod transfer;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use placeholder::is_placeholder;
pub use summary::Summary;
pub use trace::{arrival, has_null_return_path, has_trace, own_lines};

use crate::model::Digest;

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
    /// The envelope's sender as the delivering host wrote it, without angle brackets; empty for the null one.
    pub return_path: Option<String>,
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
    /// The transfer encoding was broken; what could not be decoded is shown as it stands.
    Encoding,
    /// The parts are not delimited as declared, or the end is missing.
    Structure,
    /// The header is longer than is read; what it says further down is not known.
    LongHeader,
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
            Self::Encoding => "Texten var felaktigt kodad. Det som inte gick att avkoda visas som det står.",
            Self::Structure => "Meddelandets delar är felaktigt avgränsade. Det kan vara avklippt.",
            Self::LongHeader => "Brevhuvudet är orimligt långt och visas inte helt. Hela originalet är sparat.",
            Self::Bounded => {
                "Meddelandet är mycket stort eller djupt nästlat. Allt visas inte här, men hela originalet är sparat."
            }
            Self::Unreadable => "Meddelandet kunde inte läsas. Hela originalet är sparat.",
            Self::Encrypted => "Meddelandet är krypterat och kan inte visas. Hela originalet är sparat.",
        }
    }
}

/// Reads a message. Of one larger than `max_bytes` only the header is read.
pub fn read(raw: &[u8], max_bytes: u64) -> Message {
    // The readers of others below are not proven against every input; a message that breaks one still has a number.
    catch_unwind(AssertUnwindSafe(|| read_bounded(raw, max_bytes)))
        .unwrap_or_else(|_| Message { defects: vec![Defect::Unreadable], ..Message::default() })
}

fn read_bounded(raw: &[u8], max_bytes: u64) -> Message {
    let mut message = Message::default();
    let raw = &*with_line_feeds(raw);
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    let raw = &raw[raw.iter().take_while(|&&b| b == b'\r' || b == b'\n').count()..];
    if raw.trim_ascii().is_empty() {
        message.note(Defect::Empty);
        return message;
    }
    let block = Block::of(raw);
    message.read_header(&block);
    if block.fields.is_empty() && memchr::memchr(0, &raw[..raw.len().min(1024)]).is_some() {
        // Some other file: what could be shown of it would be noise.
        message.note(Defect::Unreadable);
        return message;
    }
    if raw.len() as u64 > max_bytes {
        message.note(Defect::Bounded);
        message.media_types.push(media::Media::parse(message.header("Content-Type").unwrap_or("text/plain")).kind);
        return message;
    }
    let mut walk = Walk::new(&mut message);
    let shown = walk.part(&block, 0, "text/plain").text;
    shown.trim_end().trim_start_matches('\n').clone_into(&mut message.text);
    message
}

/// Files from old Macintoshes end their lines with a carriage return alone.
fn with_line_feeds(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', raw).is_some() || memchr::memchr(b'\r', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    raw.iter().map(|&b| if b == b'\r' { b'\n' } else { b }).collect()
}

impl Message {
    /// The value of the first header line of this name.
    pub fn header<'m>(&'m self, name: &'m str) -> Option<&'m str> {
        self.headers(name).next()
    }

    /// The values of all header lines of this name, topmost first.
    pub fn headers<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m str> {
        self.headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }

    fn note(&mut self, defect: Defect) {
        if !self.defects.contains(&defect) {
            self.defects.push(defect);
        }
    }

    fn read_header(&mut self, block: &Block<'_>) {
        if block.fields.is_empty() {
            self.note(Defect::NoHeader);
        }
        if block.bounded {
            self.note(Defect::LongHeader);
        }
        for field in &block.fields {
            let (value, guessed) = field.text();
            if guessed {
                self.note(Defect::Charset);
            }
            self.headers.push(Header { name: field.name.to_owned(), value });
        }
        let all = |name| block.all(name).flat_map(|field| field.addresses()).collect();
        self.from = all("From");
        if block.all("From").count() > 1 {
            self.note(Defect::SeveralFrom);
        }
        self.sender = all("Sender");
        self.reply_to = all("Reply-To");
        self.to = all("To");
        self.cc = all("Cc");
        self.subject = self.header("Subject").map(str::to_owned);
        self.date = block.first("Date").and_then(|field| field.date());
        self.return_path = trace::return_path(&self.headers);
        self.message_id = block.first("Message-ID").and_then(|field| field.ids().into_iter().next());
        self.references = ["In-Reply-To", "References"]
            .iter()
            .flat_map(|name| block.all(name))
            .flat_map(|field| field.ids())
            .collect();
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
