//! Character references (`&aring;`, `&#229;`) as the characters they stand for (HTML §13.2.5.72 and on).

use std::borrow::Cow;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// In an attribute a name without its `;` that goes on is no reference: the `&copy=1` of a link stays as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Text,
    Attribute,
}

pub fn decode(text: &str, within: Within) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let length = match after.strip_prefix('#') {
            Some(digits) => numbered(digits, &mut decoded).map(|length| length + 1),
            None => named(after, within, &mut decoded),
        };
        if length.is_none() {
            decoded.push('&');
        }
        rest = &after[length.unwrap_or(0)..];
        let next = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        decoded.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(decoded)
}

/// Writes what `229;` or `xE5;` stands for, and says how long it was.
fn numbered(text: &str, decoded: &mut String) -> Option<usize> {
    let (marked, base) = text.strip_prefix(['x', 'X']).map_or((text, 10), |hex| (hex, 16));
    let digits = marked.find(|c: char| !c.is_digit(base)).unwrap_or(marked.len());
    if digits == 0 {
        return None;
    }
    let number = u32::from_str_radix(&marked[..digits], base).unwrap_or(u32::MAX);
    let windows = number.checked_sub(0x80).and_then(|at| C1_REPLACEMENTS.get(at as usize).copied().flatten());
    let c = windows.or(char::from_u32(number)).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER);
    decoded.push(c);
    let ended = usize::from(marked[digits..].starts_with(';'));
    Some(text.len() - marked.len() + digits + ended)
}

/// Writes what the longest name that begins here stands for, and says how long it was.
fn named(text: &str, within: Within, decoded: &mut String) -> Option<usize> {
    // The table holds the beginnings of names too, which stand for nothing.
    let known = |length: usize| NAMED_ENTITIES.get(text.get(..length)?);
    let (length, &(first, second)) = (1..=text.len())
        .map_while(|length| Some((length, known(length)?)))
        .filter(|(_, (first, _))| *first != 0)
        .last()?;
    let goes_on = || text[length..].starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric());
    if within == Within::Attribute && !text[..length].ends_with(';') && goes_on() {
        return None;
    }
    let second = Some(second).filter(|second| *second != 0);
    decoded.extend(Some(first).into_iter().chain(second).filter_map(char::from_u32));
    Some(length)
}
