//! The letter (RFC 5322): the prescribed text and what a mail system needs, nothing else (R34, R58).

use anyhow::Context as _;
use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};

use crate::model::{Digest, EntryId};

/// Tells nothing: neither what came in nor which unit it reached (R16).
const SUBJECT: &str = "Automatiskt svar";
/// A longer Message-ID is not repeated: it could not stand on one line of a header.
const MAX_MESSAGE_ID: usize = 250;

/// All that a letter is made of.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The address that the reply comes from; also the mark by which we know our own replies (X-Loop).
    pub from: &'a str,
    /// The region's name, or empty. Never the unit's.
    pub from_name: &'a str,
    pub to: &'a str,
    /// The incoming Message-ID, without angle brackets, as it was read.
    pub in_reply_to: Option<&'a str>,
    pub text: &'a str,
    pub date: Timestamp,
    /// Without angle brackets: [`reply_id`].
    pub message_id: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The whole message with CRLF line ends, for any envelope.
    pub bytes: Vec<u8>,
    /// Without angle brackets.
    pub message_id: String,
}

/// The Message-ID of an entry's reply, always the same for the same token. It tells neither number nor unit.
pub fn reply_id(entry: EntryId, token: &[u8; 16], from: &str) -> String {
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let digest = Digest::of(&[b"inkom reply".as_slice(), &entry.0.to_be_bytes(), token].concat()).to_string();
    format!("{}@{domain}", &digest[..32])
}

/// Writes the letter.
///
/// # Errors
/// `from` or `to` is no address. The error does not say which address it was.
pub fn compose(draft: &Draft<'_>) -> anyhow::Result<Letter> {
    let from: Address = draft.from.parse().context("the configured reply_from is no address")?;
    let to: Address = draft.to.parse().context("the recipient is no address")?;
    let name = Some(draft.from_name.replace(char::is_control, " ")).filter(|name| !name.trim().is_empty());
    let mark = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(name, from))
        .to(Mailbox::new(None, to))
        .subject(SUBJECT)
        .date(draft.date.into())
        .message_id(Some(format!("<{}>", draft.message_id)))
        // RFC 3834 §5, and what Exchange heeds instead.
        .raw_header(mark("Auto-Submitted", "auto-replied"))
        .raw_header(mark("X-Auto-Response-Suppress", "All"))
        .raw_header(mark("X-Loop", draft.from));
    if let Some(id) = draft.in_reply_to.filter(|id| is_message_id(id)) {
        builder = builder.in_reply_to(format!("<{id}>")).references(format!("<{id}>"));
    }
    // `body` does not say so itself, and without it readers need not heed the encoding (RFC 2045 §4).
    let builder = builder.header(MIME_VERSION_1_0).header(ContentType::TEXT_PLAIN);
    let message = builder.body(quoted_printable(draft.text)).context("put the letter together")?;
    Ok(Letter { bytes: message.formatted(), message_id: draft.message_id.to_owned() })
}

/// RFC 5322 §3.6.4: `dot-atom@dot-atom`, or with a domain literal. Nothing else of a stranger's text is let in.
fn is_message_id(id: &str) -> bool {
    let Some((left, right)) = id.split_once('@') else { return false };
    let is_atom = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
    };
    let literal = right.strip_prefix('[').and_then(|right| right.strip_suffix(']'));
    let is_right = literal.map_or_else(|| is_atom(right), |address| is_atom(&address.replace(':', ".")));
    // Two characters for the angle brackets.
    id.len() + 2 <= MAX_MESSAGE_ID && is_atom(left) && is_right
}

/// The text so that it decodes to exactly itself. A mail on its way always ends in a line end; the soft one put here
/// (RFC 2045 §6.7 (5)) keeps that out of the text.
fn quoted_printable(text: &str) -> Body {
    const MAX_LINE: usize = 76;
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let mut encoded = Body::new_with_encoding(text.to_owned(), encoding)
        .expect("any text can be written as quoted-printable")
        .into_vec();
    let last_line = encoded.iter().rev().take_while(|&&b| b != b'\n').count();
    if last_line >= MAX_LINE {
        let unit = if encoded[encoded.len() - 3] == b'=' { 3 } else { 1 };
        encoded.splice(encoded.len() - unit..encoded.len() - unit, *b"=\r\n");
    }
    encoded.extend_from_slice(b"=\r\n");
    Body::dangerous_pre_encoded(encoded, encoding)
}

#[cfg(test)]
mod tests;
