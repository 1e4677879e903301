//! HTML as blocks. Nothing is fetched or run: scripts, forms and hidden text are dropped and counted, remote images are
//! counted, and links are written out as text.
//!
//! Only the tokenizer of a browser's parser is used and no tree is built, so that nesting costs nothing; [`builder`]
//! keeps the open elements, and closes what HTML lets authors leave open.

mod builder;
mod frames;
mod hiding;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use super::block::Block;
use builder::Builder;

/// More HTML than this is not read.
const MAX_BYTES: usize = 8_000_000;
/// A tag that is longer is looked at before it is read.
const LONG_TAG: usize = 8_000;
/// No letter gives an element more attributes; the tokenizer compares each with all before it.
const MAX_WORDS: usize = 2_000;

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

/// How often something was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Texts that a reader of the original would not see.
    pub hidden: u32,
    /// Images and other things that a browser would have fetched.
    pub remote: u32,
    /// Images too small to be seen, that would have been fetched.
    pub trackers: u32,
    pub scripts: u32,
    pub forms: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Inline {
    pub content_id: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

pub fn read(html: &str) -> Page {
    let first = &html[..html.floor_char_boundary(MAX_BYTES)];
    let shown = &*without_endless_tags(first);
    let mut page = build(shown, true);
    if page.blocks.is_empty() && page.dropped.hidden > 0 {
        // Whatever hid all of it: the message said something.
        page = Page { dropped: page.dropped, ..build(shown, false) };
    }
    page.bounded |= shown.len() < html.len();
    page
}

/// Tags with more attributes than any letter has end where these become too many.
fn without_endless_tags(html: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut from = 0;
    for (start, _) in
        html.match_indices('<').filter(|(at, _)| html[*at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))
    {
        if start < from {
            continue;
        }
        let end = memchr::memchr(b'>', &html.as_bytes()[start..]).map_or(html.len(), |at| start + at);
        let words = || html[start..end].match_indices([' ', '\n', '\t', '/', '"', '\'']).nth(MAX_WORDS);
        if end - start > LONG_TAG
            && let Some((cut, _)) = words()
        {
            kept.push_str(&html[from..start + cut]);
            from = end;
        }
    }
    if kept.is_empty() {
        return Cow::Borrowed(html);
    }
    kept.push_str(&html[from..]);
    Cow::Owned(kept)
}

fn build(html: &str, hides: bool) -> Page {
    let tokenizer = Tokenizer::new(Builder::new(hides), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // The sink never asks for a script to be run, so the whole input is taken at once.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.finish()
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
