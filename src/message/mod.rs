//! Reads raw bytes into a [`Message`], whatever they are. Reading never fails: what is wrong with the bytes is data.
//!
//! The tree of parts is walked here and not by mail-parser, whose tree has no bounds (nesting overflows the stack when
//! it is freed) and drops the text of unterminated parts. Its readers of addresses, dates and trace lines are used.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;

use header::Entity;
use parts::{Rest, Walk};

pub mod block;
pub mod by_hand;
mod calendar;
mod charset;
mod defect;
mod header;
mod history;
mod html;
mod leaf;
mod mbox;
mod media;
mod multipart;
mod parts;
mod placeholder;
mod plain;
mod rtf;
mod shown;
mod smime;
mod summary;
mod tnef;
mod trace;
mod transfer;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use block::Block;
pub use defect::Defect;
pub use history::is_forward;
pub use mbox::messages;
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
    /// What it says, as blocks to be set on a page.
    pub body: Vec<Block>,
    /// The same as text, to be searched or read in a terminal. What came as plain text stands as it was sent.
    pub text: String,
    /// In the order in which they were found; those within another follow it.
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

impl std::fmt::Display for Address {
    /// `Name <local@domain>`, as it stands in a header, but unquoted; of one without an address the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_deref().map(str::trim) {
            None | Some("") => f.write_str(&self.address),
            // As one who writes an sms.
            Some(name) if self.address.is_empty() => f.write_str(name),
            Some(name) => write!(f, "{name} <{}>", self.address),
        }
    }
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
    /// By which the text refers to it (RFC 2392), without angle brackets.
    #[serde(default, skip_serializing)]
    pub content_id: Option<String>,
    /// The attachment that it was taken out of (an enclosed message, a winmail.dat), by its place among them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<usize>,
}

/// One part of a message as it was found, multiparts aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As IMAP numbers parts (RFC 9051 §6.4.5): `1`, `2.1`.
    pub number: String,
    pub media_type: String,
    pub name: Option<String>,
    /// The transfer encoding, lower case; empty for none.
    pub encoding: String,
    /// As declared.
    pub charset: Option<String>,
    /// Of the decoded content.
    pub size_bytes: u64,
    pub digest: Digest,
    /// Of a text that is shown: all of it in Unicode, before anything is chosen, left out or set.
    pub text: Option<String>,
}

/// Reads a message. Of one larger than `max_bytes` only the header is read.
pub fn read(raw: &[u8], max_bytes: u64) -> Message {
    // The readers of others below are not proven against every input; a message that breaks one still has a number.
    catch_unwind(AssertUnwindSafe(|| read_bounded(raw, max_bytes, &mut Rest::new(false))))
        .unwrap_or_else(|_| Message { defects: vec![Defect::Unreadable], ..Message::default() })
}

/// The parts of a message one by one, for a person who wants to see what it is made of.
pub fn parts(raw: &[u8], max_bytes: u64) -> Vec<Part> {
    let mut rest = Rest::new(true);
    let _ = catch_unwind(AssertUnwindSafe(|| read_bounded(raw, max_bytes, &mut rest)));
    rest.listing.unwrap_or_default()
}

/// What the attachments of a message hold, by their digests.
pub fn contents(raw: &[u8], max_bytes: u64) -> HashMap<Digest, Vec<u8>> {
    let mut rest = Rest::new(false);
    rest.contents = Some(HashMap::new());
    let _ = catch_unwind(AssertUnwindSafe(|| read_bounded(raw, max_bytes, &mut rest)));
    rest.contents.unwrap_or_default()
}

fn read_bounded(raw: &[u8], max_bytes: u64, rest: &mut Rest) -> Message {
    let mut message = Message::default();
    let raw = &*with_line_feeds(raw);
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    let raw = &raw[raw.iter().take_while(|&&b| b == b'\r' || b == b'\n').count()..];
    if raw.trim_ascii().is_empty() {
        message.note(Defect::Empty);
        return message;
    }
    let entity = Entity::of(raw);
    message.read_header(&entity);
    if entity.fields.is_empty() && memchr::memchr(0, &raw[..raw.len().min(1024)]).is_some() {
        // Some other file: what could be shown of it would be noise.
        message.note(Defect::Unreadable);
        return message;
    }
    if raw.len() as u64 > max_bytes {
        message.note(Defect::Bounded);
        message.media_types.push(media::Media::parse(message.header("Content-Type").unwrap_or("text/plain")).kind);
        return message;
    }
    Walk::new(&mut message, rest).body(&entity, "", 0);
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

    /// Whether its header was read to the end: what was not might say who sent it, or that no one is to answer.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        let breaks = |defect: &Defect| {
            matches!(defect, Defect::Empty | Defect::NoHeader | Defect::Unreadable | Defect::LongHeader)
        };
        !self.defects.iter().any(breaks)
    }

    /// Everything that it is searched by: subject, people, text and names of files.
    #[must_use]
    pub fn searchable(&self) -> String {
        let people = self.from.iter().chain(&self.to).chain(&self.cc).map(ToString::to_string);
        let files = self.attachments.iter().filter_map(|attachment| attachment.name.clone());
        let subject = self.subject.iter().cloned();
        subject.chain(people).chain(files).chain([self.text.clone()]).collect::<Vec<_>>().join("\n")
    }

    fn note(&mut self, defect: Defect) {
        if !self.defects.iter_mut().any(|noted| noted.take_in(&defect)) {
            self.defects.push(defect);
        }
    }

    fn read_header(&mut self, entity: &Entity<'_>) {
        if entity.fields.is_empty() {
            self.note(Defect::NoHeader);
        }
        if entity.bounded {
            self.note(Defect::LongHeader);
        }
        for field in &entity.fields {
            let (value, guessed) = field.text();
            if guessed {
                self.note(Defect::Charset);
            }
            self.headers.push(Header { name: field.name.to_owned(), value });
        }
        let all = |name| entity.all(name).flat_map(|field| field.addresses()).collect();
        self.from = all("From");
        if entity.all("From").count() > 1 {
            self.note(Defect::SeveralFrom);
        }
        self.sender = all("Sender");
        self.reply_to = all("Reply-To");
        self.to = all("To");
        self.cc = all("Cc");
        self.subject = self.header("Subject").map(str::to_owned);
        self.date = entity.first("Date").and_then(|field| field.date());
        self.return_path = trace::return_path(&self.headers);
        self.message_id = entity.first("Message-ID").and_then(|field| field.ids().into_iter().next());
        self.references = ["In-Reply-To", "References"]
            .iter()
            .flat_map(|name| entity.all(name))
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
