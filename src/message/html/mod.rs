//! HTML as blocks. Nothing is fetched or run: scripts, forms and hidden text are dropped and counted, remote images are
//! counted, and links are written out as text.
//!
//! No tree is built, so that nesting costs nothing: [`tokens`] tells tags from text, and [`builder`] keeps the open
//! elements and closes what HTML lets authors leave open.

mod builder;
mod dropped;
mod elements;
mod frames;
mod images;
mod lines;
mod links;
mod references;
mod style;
#[cfg(test)]
mod tests;
mod tokens;

use super::block::Block;
use builder::Builder;
pub use dropped::Dropped;
pub use images::Inline;
use tokens::Tokens;

/// More HTML than this is not read.
const MAX_BYTES: usize = 8_000_000;

/// What a document shows, and what of it is not shown.
#[derive(Debug, Default)]
pub struct Page {
    pub blocks: Vec<Block>,
    pub dropped: Dropped,
    /// Images that stand in the document itself (`data:` URLs, RFC 2397).
    pub images: Vec<Inline>,
    /// There was more than is read.
    pub bounded: bool,
}

pub fn read(html: &str) -> Page {
    let shown = &html[..html.floor_char_boundary(MAX_BYTES)];
    let mut page = build(shown, true);
    if page.blocks.is_empty() && page.dropped.hidden > 0 {
        // Whatever hid all of it: the message said something.
        page = Page { dropped: page.dropped, ..build(shown, false) };
    }
    page.bounded = shown.len() < html.len();
    page
}

fn build(html: &str, hides: bool) -> Page {
    let mut builder = Builder::new(hides);
    Tokens::of(html).for_each(|token| builder.take(token));
    builder.finish()
}

/// The charset that the document's own head declares (`<meta charset=…>`).
pub fn declared_charset(html: &[u8]) -> Option<&str> {
    let head = &html[..html.len().min(1024)];
    let at = head.windows(8).position(|window| window.eq_ignore_ascii_case(b"charset="))?;
    let value = &head[at + 8..];
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b))).unwrap_or(value.len());
    std::str::from_utf8(&value[..end]).ok().filter(|label| !label.is_empty())
}
