//! Encoded words (RFC 2047). Adjacent words in one encoding are joined before decoding: some senders split them in the
//! middle of a character.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{charset, transfer};

/// RFC 2047 §2 allows 75; some senders do not fold at all.
const MAX_BYTES: usize = 4 * 1024;

/// Decoded. What only looks like an encoded word stays as it is.
pub fn decode(text: &str) -> Cow<'_, str> {
    map(text, |decoded, out| out.push_str(decoded))
}

/// The same words written anew in UTF-8, for a reader that must see the line's structure before what the words say:
/// a decoded name could hold a comma or an address.
pub fn as_utf8(text: &str) -> String {
    map(text, |decoded, out| {
        out.push_str("=?utf-8?Q?");
        for byte in decoded.bytes() {
            write!(out, "={byte:02X}").expect("writing to a String cannot fail");
        }
        out.push_str("?=");
    })
    .into_owned()
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

fn map(text: &str, emit: impl Fn(&str, &mut String)) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<Word> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let between = &rest[..at];
        let Some((word, after)) = word(&rest[at..]) else {
            flush(pending.take(), &emit, &mut out);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        match &mut pending {
            // RFC 2047 §6.2: white space between encoded words is not shown.
            Some(last) if between.trim().is_empty() && last.charset.eq_ignore_ascii_case(word.charset) => {
                last.bytes.extend(word.bytes);
            }
            Some(_) => {
                flush(pending.take(), &emit, &mut out);
                if !between.trim().is_empty() {
                    out.push_str(between);
                }
                pending = Some(word);
            }
            None => {
                out.push_str(between);
                pending = Some(word);
            }
        }
        rest = after;
    }
    flush(pending, &emit, &mut out);
    out.push_str(rest);
    Cow::Owned(out)
}

fn flush(word: Option<Word>, emit: &impl Fn(&str, &mut String), out: &mut String) {
    if let Some(word) = word {
        emit(&charset::decode(&word.bytes, Some(word.charset)).0, out);
    }
}

/// The encoded word that `text` begins with, and what follows it.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let near = &text[..text.floor_char_boundary(MAX_BYTES)];
    let (charset, rest) = near.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    if charset.is_empty() || charset.len() > 40 || charset.contains(char::is_whitespace) {
        return None;
    }
    let (data, _) = rest.split_once("?=")?;
    let after = &text[text.len().min(near.len() - rest.len() + data.len() + 2)..];
    let bytes = match encoding {
        "q" | "Q" => transfer::quoted_printable(data.replace('_', " ").as_bytes()).0,
        "b" | "B" => transfer::base64(data.as_bytes()),
        _ => return None,
    };
    // RFC 2231 §5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or(charset);
    Some((Word { charset, bytes }, after))
}
