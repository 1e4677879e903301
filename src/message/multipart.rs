//! Cutting a multipart body at its delimiters (RFC 2046 §5.1.1), also where they are broken.

use memchr::memmem;

use super::header::{self, Entity};

/// RFC 2046 §5.1.1 allows 70.
const MAX_BOUNDARY: usize = 250;

#[derive(Debug, Default)]
pub struct Split<'a> {
    pub parts: Vec<&'a [u8]>,
    /// What stands before the first part.
    pub before: &'a [u8],
    /// What stands after closing delimiters.
    pub after: Vec<&'a [u8]>,
    /// A closing delimiter was there, and no part after it.
    pub closed: bool,
}

/// At most `most` parts and one more. `None` when there is no delimiter.
pub fn split<'a>(body: &'a [u8], boundary: &[u8], most: usize) -> Option<Split<'a>> {
    enum Piece {
        Before,
        Part,
        After,
    }
    let delimiter = [b"--", &boundary[..boundary.len().min(MAX_BOUNDARY)]].concat();
    let mut found = Split::default();
    let (mut piece, mut start) = (Piece::Before, 0);
    for at in memmem::find_iter(body, &delimiter) {
        let after = &body[at + delimiter.len()..];
        let (closes, after) = after.strip_prefix(b"--").map_or((false, after), |after| (true, after));
        let line = memchr::memchr(b'\n', after).map_or(after, |newline| &after[..=newline]);
        if at > 0 && body[at - 1] != b'\n' || !line.trim_ascii().is_empty() {
            continue;
        }
        // The line end before a delimiter belongs to the delimiter.
        let end = if body[..at].ends_with(b"\r\n") { at - 2 } else { at.saturating_sub(1) };
        let content = body.get(start..end).unwrap_or_default();
        match piece {
            Piece::Before => found.before = content,
            Piece::Part => found.parts.push(content),
            Piece::After => found.after.push(content),
        }
        if found.parts.len() > most {
            return Some(found);
        }
        found.closed = closes && found.after.is_empty();
        piece = if closes { Piece::After } else { Piece::Part };
        start = body.len() - after.len() + line.len();
    }
    let rest = &body[start..];
    match piece {
        Piece::Before => return None,
        // The last line end is taken as that of the delimiter that is missing.
        Piece::Part => found.parts.push(rest.strip_suffix(b"\r\n").or(rest.strip_suffix(b"\n")).unwrap_or(rest)),
        Piece::After => found.after.push(rest),
    }
    Some(found)
}

/// Split at the boundary that the body itself shows, when the declared one is missing or another. `None` when what
/// looked like parts is text: it would be taken for their headers, and lost.
pub fn split_by_guess(body: &[u8], most: usize) -> Option<Split<'_>> {
    let found = split(body, guessed_boundary(body)?, most)?;
    let is_part = |part: &&[u8]| {
        let fields = Entity::of(part).fields;
        fields.is_empty() || fields.iter().any(|field| field.name.to_ascii_lowercase().starts_with("content-"))
    };
    (!found.parts.is_empty() && found.parts.iter().all(is_part)).then_some(found)
}

/// What follows `--` on a line above a header line or a blank one.
fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = body.split(|&b| b == b'\n').take(50).map(<[u8]>::trim_ascii_end).peekable();
    while let Some(line) = lines.next() {
        let begins_part = lines.peek().is_none_or(|next| next.is_empty() || header::is_field(next));
        let Some(boundary) = line.strip_prefix(b"--").filter(|_| begins_part) else { continue };
        let boundary = boundary.strip_suffix(b"--").unwrap_or(boundary);
        if boundary.iter().all(u8::is_ascii_graphic) && boundary.iter().any(|&b| b != b'-') {
            return Some(boundary);
        }
    }
    None
}
