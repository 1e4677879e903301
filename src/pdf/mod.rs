//! Renders the PDF of an incoming message: the clinic's own facts first, then what the sender wrote, then what was
//! attached; and of lists for people outside, by the same typesetter. Pure: the same cover and message give the same bytes,
//! whatever else has been rendered before. Whatever the message holds, the pages are bounded and all ink lies on them.
//!
//! ```text
//! Cover + Message ─document→ Pages + Structure ─emit→ printpdf ─archive→ bytes
//! Listing          listing
//!              body, table, picture        embed
//!              layout, lines, typeset, font
//! ```
//!
//! Everything to the left of `emit` knows nothing of PDF.

mod archive;
mod body;
mod document;
mod embed;
mod emit;
mod font;
mod layout;
mod lines;
mod listing;
mod picture;
mod structure;
mod table;
#[cfg(test)]
mod tests;
mod typeset;

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;

use archive::{Files, Subject};
pub use font::Fonts;
pub use listing::Listing;

use crate::message::{self, Message};
use crate::model::{Arrival, DiaryNumber, Digest};

/// What stands on the first page beside the message itself.
#[derive(Clone, Copy, Debug)]
pub struct Cover<'a> {
    /// The authority that the message has come in to (myndighet).
    pub authority: &'a str,
    /// The part of it that keeps the diary.
    pub unit: &'a str,
    pub number: &'a DiaryNumber,
    pub arrival: &'a Arrival,
    /// Also the PDF's own date.
    pub registered_at: Timestamp,
    /// Of the kept original.
    pub raw: &'a Digest,
    pub raw_size_bytes: u64,
    /// The mail folder it was found in.
    pub folder: &'a str,
}

/// Why there is no PDF. Not the message's fault: the cause is a font or a library, and so another try gives the same.
#[derive(Debug)]
pub enum RenderError {
    /// The glyphs that are used could not be taken out of the font.
    Font(subsetter::Error),
    /// The writer of the pages warned of a fault in them.
    Page(String),
    /// The finished document could not be put together.
    Document(lopdf::Error),
    /// The finished document could not be written to memory.
    Write(std::io::Error),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Font(error) => write!(f, "take the used glyphs out of the font: {error}"),
            Self::Page(fault) => write!(f, "write the pages: {fault}"),
            Self::Document(error) => write!(f, "put the document together: {error}"),
            Self::Write(error) => write!(f, "write the document: {error}"),
        }
    }
}

impl std::error::Error for RenderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Font(error) => Some(error),
            Self::Page(_) => None,
            Self::Document(error) => Some(error),
            Self::Write(error) => Some(error),
        }
    }
}

/// The PDF of an incoming message. Its text never exceeds some hundred pages; the rest is in the kept original, and the
/// document says so.
pub fn render(fonts: &Fonts, cover: &Cover<'_>, message: &Message, raw: &[u8]) -> Result<Vec<u8>, RenderError> {
    // Read again rather than carried along: most messages have no attachments, and some have many megabytes.
    let contents = if message.attachments.is_empty() { HashMap::new() } else { message::contents(raw, u64::MAX) };
    let composed = document::compose(fonts, cover, message, &contents);
    emit::write(fonts, composed, &Subject::Message { cover, message, files: &Files { raw, contents: &contents } })
}

/// The PDF of a list that the program makes itself: a title, some facts, and a table over as many pages as it takes.
pub fn listing(fonts: &Fonts, listing: &Listing<'_>) -> Result<Vec<u8>, RenderError> {
    emit::write(fonts, listing::compose(fonts, listing), &Subject::Listing(listing))
}
