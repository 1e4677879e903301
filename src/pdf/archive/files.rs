//! The message as it came and its attachments, bit by bit (ISO 19005-3 §6.8: any file, with its relation to the document).
//! They are stored, and nothing here opens them.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use md5::{Digest as _, Md5};

use super::{Facts, integer, pdf_date, text_string};
use crate::message::{Attachment, Message};
use crate::model::Digest;
use crate::pdf::Cover;

/// Larger files are embedded as they are: most of them are compressed already.
const MAX_COMPRESSED: usize = 2_000_000;

/// What goes into the document.
pub struct Files<'a> {
    /// The message as it came.
    pub raw: &'a [u8],
    /// What its attachments hold.
    pub contents: &'a HashMap<Digest, Vec<u8>>,
}

/// A file in the document.
pub(super) struct Embedded {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) size_bytes: usize,
    /// MD5 in hexadecimal, which is what PDF compares.
    pub(super) checksum: String,
    pub(super) specification: ObjectId,
}

/// What is to be said of a file.
struct About<'a> {
    name: String,
    media_type: String,
    description: String,
    relationship: &'static str,
    date: &'a str,
}

/// The original first, then the attachments in their order.
pub(super) fn embed(
    document: &mut Document,
    facts: &Facts,
    cover: &Cover<'_>,
    message: &Message,
    files: &Files<'_>,
) -> Vec<Embedded> {
    let original = About {
        name: facts.file_name.clone(),
        media_type: "message/rfc822".to_owned(),
        description: format!("Meddelandet som det kom in, SHA-256 {}", cover.raw),
        relationship: "Source",
        date: &facts.pdf_date,
    };
    let mut streams = HashMap::new();
    let stream = stream(document, &original, files.raw);
    let mut embedded = vec![one(document, 0, original, stream)];
    let sent = message.date.map_or_else(|| facts.pdf_date.clone(), pdf_date);
    for (number, attachment) in (1..).zip(&message.attachments) {
        let Some(content) = files.contents.get(&attachment.digest) else { continue };
        let about = About {
            name: file_name(attachment, number),
            media_type: media_type(&attachment.media_type),
            description: format!("Bilaga {number}, SHA-256 {}", attachment.digest),
            relationship: "Mail_Attachment",
            date: &sent,
        };
        // What came twice is stored once.
        let stream =
            streams.entry(attachment.digest).or_insert_with(|| self::stream(document, &about, content)).clone();
        embedded.push(one(document, number, about, stream));
    }
    embedded
}

#[derive(Clone)]
struct Stored {
    id: ObjectId,
    size_bytes: usize,
    checksum: String,
}

fn stream(document: &mut Document, about: &About<'_>, content: &[u8]) -> Stored {
    let checksum: [u8; 16] = Md5::digest(content).into();
    let parameters = Dictionary::from_iter([
        ("Size", integer(content.len())),
        ("CheckSum", Object::String(checksum.to_vec(), StringFormat::Hexadecimal)),
        ("ModDate", Object::string_literal(about.date)),
    ]);
    let dictionary = Dictionary::from_iter([
        ("Type", "EmbeddedFile".into()),
        ("Subtype", Object::Name(about.media_type.clone().into_bytes())),
        ("Params", parameters.into()),
    ]);
    let stream = Stream::new(dictionary, content.to_vec()).with_compression(content.len() <= MAX_COMPRESSED);
    Stored {
        id: document.add_object(stream),
        size_bytes: content.len(),
        checksum: format!("{:032x}", u128::from_be_bytes(checksum)),
    }
}

fn one(document: &mut Document, number: usize, about: About<'_>, stored: Stored) -> Embedded {
    let Stored { id, size_bytes, checksum } = stored;
    let specification = document.add_object(Dictionary::from_iter([
        ("Type", "Filespec".into()),
        ("F", text_string(&about.name)),
        ("UF", text_string(&about.name)),
        ("Desc", text_string(&about.description)),
        ("AFRelationship", about.relationship.into()),
        ("EF", Dictionary::from_iter([("F", Object::Reference(id)), ("UF", Object::Reference(id))]).into()),
    ]));
    Embedded {
        // Of equal length, so that they stand in order.
        key: format!("{number:05}"),
        name: about.name,
        media_type: about.media_type,
        size_bytes,
        checksum,
        specification,
    }
}

/// As it was sent, but for characters that make one name read as another.
fn file_name(attachment: &Attachment, number: usize) -> String {
    let misleading = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name = attachment.name.as_deref().unwrap_or_default().replace(misleading, "_");
    if name.trim().is_empty() { format!("bilaga-{number}") } else { name }
}

/// RFC 2045 §5.1: a type and a subtype of plain characters, or that it is not known.
fn media_type(declared: &str) -> String {
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c));
    match declared.split_once('/') {
        Some((kind, subkind)) if plain(kind) && plain(subkind) => declared.to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}
