//! Cutting a multipart body at its delimiters (RFC 2046 §5.1.1), also where they are broken.

use memchr::memmem;

/// RFC 2046 §5.1.1 allows 70.
const MAX_BOUNDARY: usize = 250;

#[derive(Debug)]
pub struct Split<'a> {
    pub parts: Vec<&'a [u8]>,
    /// The closing delimiter was there.
    pub closed: bool,
}

/// At most `most` parts and one that holds the rest. `None` when there is not one.
pub fn split<'a>(body: &'a [u8], boundary: &[u8], most: usize) -> Option<Split<'a>> {
    let delimiter = [b"--", &boundary[..boundary.len().min(MAX_BOUNDARY)]].concat();
    let mut parts = Vec::new();
    let mut start = None;
    for at in memmem::find_iter(body, &delimiter) {
        let after = &body[at + delimiter.len()..];
        let (close, after) = after.strip_prefix(b"--").map_or((false, after), |after| (true, after));
        let line = memchr::memchr(b'\n', after).map_or(after, |newline| &after[..=newline]);
        if at > 0 && body[at - 1] != b'\n' || !close && !line.trim_ascii().is_empty() {
            continue;
        }
        if let Some(start) = start {
            // The line end before a delimiter belongs to the delimiter.
            let end = if body[..at].ends_with(b"\r\n") { at - 2 } else { at.saturating_sub(1) };
            parts.push(body.get(start..end).unwrap_or_default());
        }
        if close {
            return Some(Split { parts, closed: true });
        }
        if parts.len() > most {
            return Some(Split { parts, closed: false });
        }
        start = Some(body.len() - after.len() + line.len());
    }
    // Nothing follows; the last line end is taken as that of the delimiter that is missing.
    let rest = &body[start?..];
    parts.push(rest.strip_suffix(b"\r\n").or(rest.strip_suffix(b"\n")).unwrap_or(rest));
    Some(Split { parts, closed: false })
}

/// The boundary that the body itself shows, when the declared one is missing or another.
pub fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = body.split(|&b| b == b'\n').take(50).map(<[u8]>::trim_ascii_end);
    lines
        .find_map(|line| line.strip_prefix(b"--").filter(|boundary| boundary.len() >= 4))
        .filter(|boundary| boundary.iter().all(u8::is_ascii_graphic) && !boundary.iter().all(|&b| b == b'-'))
}
