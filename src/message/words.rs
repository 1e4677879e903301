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
    base64: bool,
    data: String,
}

fn map(text: &str, emit: impl Fn(&str, &mut String)) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut pending: Vec<Word> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let between = &rest[..at];
        let Some((word, after)) = word(&rest[at..]) else {
            flush(&mut pending, &emit, &mut out);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        // RFC 2047 §6.2: white space between encoded words is not shown.
        let follows = !pending.is_empty() && between.trim().is_empty();
        if !follows || pending.last().is_some_and(|last| !last.charset.eq_ignore_ascii_case(word.charset)) {
            flush(&mut pending, &emit, &mut out);
        }
        if !follows {
            out.push_str(between);
        }
        pending.push(word);
        rest = after;
    }
    flush(&mut pending, &emit, &mut out);
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes words of one charset that follow each other.
fn flush(words: &mut Vec<Word<'_>>, emit: &impl Fn(&str, &mut String), out: &mut String) {
    let Some(charset) = words.first().map(|word| word.charset) else { return };
    let label = Some(charset).filter(|charset| !charset.is_empty());
    let bytes: Vec<u8> = words.iter().flat_map(Word::bytes).collect();
    let (mut text, guessed) = charset::decode(&bytes, label);
    if guessed && words.len() > 1 && words.iter().all(|word| word.base64) {
        // Some senders cut their base64 anywhere, so that it only means something once it is joined.
        let joined: String = words.iter().map(|word| word.data.as_str()).collect();
        let (whole, still_guessed) = charset::decode(&transfer::base64(joined.as_bytes()), label);
        if !still_guessed {
            text = whole;
        }
    }
    words.clear();
    emit(&text, out);
}

impl Word<'_> {
    fn bytes(&self) -> Vec<u8> {
        if self.base64 {
            transfer::base64(self.data.as_bytes())
        } else {
            transfer::quoted_printable(self.data.replace('_', " ").as_bytes()).0
        }
    }
}

/// The encoded word that `text` begins with, and what follows it. One that nothing ends reaches to the next space.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let near = &text[..text.floor_char_boundary(MAX_BYTES)];
    let (charset, rest) = near.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    if charset.len() > 40 || charset.contains(char::is_whitespace) {
        return None;
    }
    let base64 = match encoding.trim() {
        "q" | "Q" => false,
        "b" | "B" => true,
        _ => return None,
    };
    let begins = near.len() - rest.len();
    let (data, ends) = match rest.find("?=") {
        Some(end) => (&rest[..end], begins + end + 2),
        None if near.len() == text.len() && !charset.is_empty() => {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (rest[..end].trim_end_matches('?'), begins + end)
        }
        None => return None,
    };
    // RFC 2231 §5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or(charset);
    Some((Word { charset, base64, data: data.to_owned() }, &text[ends..]))
}
