//! The header block (RFC 5322 §2.2, §3.6): where its lines are, what they say as text, and the few that hold more than text.

use std::borrow::Cow;

use jiff::Timestamp;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address as Parsed, DateTime, HeaderValue};

use super::{Address, charset, words};

/// No more of a header is read; mail systems limit theirs to less.
const MAX_BYTES: usize = 256 * 1024;

/// One header line as it stands: `raw` may be folded and in any encoding.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    pub name: &'a str,
    pub raw: &'a [u8],
}

#[derive(Debug)]
pub struct Entity<'a> {
    pub fields: Vec<Field<'a>>,
    pub body: &'a [u8],
    /// The header was longer than is read.
    pub bounded: bool,
}

impl<'a> Entity<'a> {
    /// Splits a message or a part of one. Lines in the header that are no header lines are passed over as long as header
    /// lines follow; where none follows the body is taken to begin, so that its text is not lost.
    pub fn of(raw: &'a [u8]) -> Self {
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut open: Option<(&'a str, usize, usize)> = None;
        let mut stray = None;
        let mut after_blank = false;
        let mut at = 0;
        let (mut body, mut bounded) = (raw.len(), false);
        while at < raw.len() {
            let end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |newline| at + newline + 1);
            let line = &raw[at..end];
            if matches!(line, b"\n" | b"\r\n") {
                body = end;
                break;
            }
            if end > MAX_BYTES {
                bounded = true;
                body = memchr::memmem::find(&raw[at..], b"\n\r\n")
                    .into_iter()
                    .chain(memchr::memmem::find(&raw[at..], b"\n\n"))
                    .min()
                    .map_or(raw.len(), |blank| at + blank + 1);
                break;
            }
            match line[0] {
                b' ' | b'\t' if open.is_some() => open = open.map(|(name, value, _)| (name, value, end)),
                _ => {
                    fields.extend(open.take().map(|(name, from, to)| Field { name, raw: &raw[from..to] }));
                    if let Some((name, value)) = name(line) {
                        open = Some((name, at + value, end));
                        stray = stray.filter(|_| !is_usual(name));
                    } else if after_blank || line.starts_with(b"--") {
                        // Spaces made the empty line look like a folded one, or a delimiter follows without one.
                        stray = Some(at);
                        break;
                    } else if !line.starts_with(b"From ") && !line.starts_with(b">From ") {
                        // An mbox separator is not part of the message; anything else may be the body.
                        stray = stray.or(Some(at));
                    }
                }
            }
            after_blank = line.trim_ascii().is_empty();
            at = end;
        }
        fields.extend(open.map(|(name, from, to)| Field { name, raw: &raw[from..to] }));
        if fields.is_empty() && bounded {
            body = 0;
        }
        Self { fields, body: &raw[stray.unwrap_or(body)..], bounded }
    }

    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Field<'a>> + 's {
        self.fields.iter().copied().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    pub fn first(&self, name: &str) -> Option<Field<'a>> {
        self.all(name).next()
    }
}

/// Text can look like a header line (`Tid: måndag`); these never are text.
fn is_usual(name: &str) -> bool {
    name.contains('-')
        || ["From", "To", "Cc", "Subject", "Date", "Received", "Sender", "Precedence", "References"]
            .iter()
            .any(|usual| name.eq_ignore_ascii_case(usual))
}

/// Whether a line looks like the beginning of a header line.
pub fn is_field(line: &[u8]) -> bool {
    name(line).is_some()
}

/// The name of a header line and where its value starts.
fn name(line: &[u8]) -> Option<(&str, usize)> {
    let colon = memchr::memchr(b':', &line[..line.len().min(128)])?;
    let name = line[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, colon + 1))
}

impl Field<'_> {
    /// Unfolded, in Unicode, encoded words left as they are; and whether the encoding was guessed.
    fn unfolded(&self) -> (String, bool) {
        // Raw eight-bit text has no declared encoding here; RFC 6532 says UTF-8, older senders write their local one.
        let (text, guessed) = charset::decode(self.raw, None);
        (charset::one_line(&text).into_owned(), guessed && !self.raw.is_ascii())
    }

    /// As it is shown: unfolded and decoded; and whether the encoding was guessed.
    pub fn text(&self) -> (String, bool) {
        let (text, guessed) = self.unfolded();
        // RFC 2047 §5: no encoded words here. Decoded, a piece that the sender chose could look like the host's own words.
        if ["Received", "Return-Path", "Authentication-Results"].iter().any(|name| self.name.eq_ignore_ascii_case(name))
        {
            return (text, guessed);
        }
        match words::decode(&text) {
            Cow::Borrowed(_) => (text, guessed),
            Cow::Owned(decoded) => (charset::one_line(&decoded).into_owned(), guessed),
        }
    }

    /// A mailbox list (RFC 5322 §3.4), groups flattened. A name without an address (an unquoted comma, as in
    /// `Svensson, Anna <anna@…>`) is joined to the address that follows.
    pub fn addresses(&self) -> Vec<Address> {
        let line = words::as_utf8(&self.unfolded().0) + "\n";
        let HeaderValue::Address(parsed) = MessageStream::new(line.as_bytes()).parse_address() else {
            return Vec::new();
        };
        let flat: Vec<_> = match parsed {
            Parsed::List(list) => list,
            Parsed::Group(groups) => groups.into_iter().flat_map(|group| group.addresses).collect(),
        };
        let mut addresses: Vec<Address> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for one in flat {
            names.extend(one.name.map(|name| charset::one_line(&name).into_owned()).filter(|name| !name.is_empty()));
            match one.address.map(|address| charset::one_line(&address).into_owned()) {
                Some(address) if address.contains('@') => {
                    let name = Some(names.join(", ")).filter(|name| !name.is_empty());
                    addresses.push(Address { name, address });
                    names.clear();
                }
                other => names.extend(other),
            }
        }
        if !names.is_empty() {
            addresses.push(Address { name: Some(names.join(", ")), address: String::new() });
        }
        addresses
    }

    pub fn date(&self) -> Option<Timestamp> {
        timestamp(&DateTime::parse_rfc822(&self.unfolded().0)?)
    }

    /// Message-IDs (RFC 5322 §3.6.4) without their angle brackets.
    pub fn ids(&self) -> Vec<String> {
        let text = self.unfolded().0;
        let mut ids: Vec<String> = text
            .split('<')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('>')?.0.trim().to_owned()))
            .filter(|id| !id.is_empty())
            .collect();
        if ids.is_empty() {
            ids.extend(text.split_whitespace().next().map(|id| id.trim_matches(['<', '>']).to_owned()));
            ids.retain(|id| !id.is_empty());
        }
        ids
    }
}

pub fn timestamp(date: &DateTime) -> Option<Timestamp> {
    date.is_valid().then(|| Timestamp::from_second(date.to_timestamp()).ok()).flatten()
}
