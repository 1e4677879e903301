//! What makes the document one for archives and for everyone: PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), aligned
//! with EA-PDF, the profile of the PDF Association for archived e-mail. Its identity, its metadata, its colours, its
//! logical structure, and the original message with its attachments inside it.

mod files;
mod tree;
mod xmp;

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};

pub(super) use files::Files;

use super::document::document_number;
use super::layout::{Bookmark, PAGE_HEIGHT};
use super::structure::{ElementId, Structure};
use super::{Cover, Listing};
use crate::message::Message;
use crate::model::Digest;

/// sRGB (IEC 61966-2-1), in which all colours are told.
static SRGB: LazyLock<Vec<u8>> =
    LazyLock::new(|| moxcms::ColorProfile::new_srgb().encode().expect("the profile is made from constants"));

/// What the document is of.
pub(super) enum Subject<'a> {
    Message { cover: &'a Cover<'a>, message: &'a Message, files: &'a Files<'a> },
    Listing(&'a Listing<'a>),
}

impl Subject<'_> {
    /// At least, and before they are compressed.
    pub(super) fn embedded_bytes(&self) -> usize {
        match self {
            Self::Message { files, .. } => files.raw.len(),
            Self::Listing(_) => 0,
        }
    }
}

/// The logical structure and the places on the pages that belong to it.
pub(super) struct Tagged<'a> {
    pub(super) structure: &'a Structure,
    /// For each page, which element each of its marked pieces is of.
    pub(super) marks: &'a [Vec<ElementId>],
    pub(super) bookmarks: &'a [Bookmark],
}

pub(super) fn finish(document: &mut Document, subject: &Subject<'_>, tagged: &Tagged<'_>) -> lopdf::Result<()> {
    "1.7".clone_into(&mut document.version);
    let facts = match subject {
        Subject::Message { cover, .. } => Facts::of(cover),
        Subject::Listing(listing) => Facts::of_listing(listing),
    };
    identify(document, &facts)?;
    let (embedded, message) = match subject {
        Subject::Message { cover, message, files } => {
            (files::embed(document, &facts, cover, message, files), Some(*message))
        }
        Subject::Listing(_) => (Vec::new(), None),
    };
    let metadata = document.add_object(xmp::metadata(&facts, message, &embedded));
    let intent = output_intent(document);
    let tree = tree::write(document, tagged)?;
    let outline = outline(document, tagged.bookmarks);
    let has_attachments = embedded.len() > 1;
    let names = embedded.iter().flat_map(|file| [text_string(&file.key), file.specification.into()]).collect();
    let names = Object::Array(names);
    let associated: Vec<Object> = embedded.iter().map(|file| file.specification.into()).collect();
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("sv-SE"));
    catalog.set("ViewerPreferences", Dictionary::from_iter([("DisplayDocTitle", true.into())]));
    catalog.set("MarkInfo", Dictionary::from_iter([("Marked", true.into())]));
    catalog.set("Metadata", metadata);
    catalog.set("OutputIntents", vec![intent.into()]);
    catalog.set("StructTreeRoot", tree);
    if !embedded.is_empty() {
        let files = Dictionary::from_iter([("Names", names)]);
        catalog.set("Names", Dictionary::from_iter([("EmbeddedFiles", Object::Dictionary(files))]));
        catalog.set("AF", associated);
    }
    catalog.set("PageMode", if has_attachments { "UseAttachments" } else { "UseOutlines" });
    if let Some(outline) = outline {
        catalog.set("Outlines", outline);
    }
    Ok(())
}

/// What stands in the metadata, the same in each of its forms.
struct Facts {
    title: String,
    authority: String,
    file_name: String,
    /// `D:20261121130602Z`
    pdf_date: String,
    /// `2026-11-21T13:06:02Z`
    iso_date: String,
    identity: Digest,
}

impl Facts {
    fn of(cover: &Cover<'_>) -> Self {
        let number = document_number(cover).to_string();
        let pdf_date = pdf_date(cover.registered_at);
        Self {
            identity: Digest::of(format!("{number}\n{}\n{pdf_date}", cover.raw).as_bytes()),
            title: format!("{number} – {}", cover.unit),
            authority: cover.authority.to_owned(),
            file_name: format!("{}.eml", number.replace([' ', ':'], "-")),
            iso_date: iso_date(cover.registered_at),
            pdf_date,
        }
    }

    fn of_listing(listing: &Listing<'_>) -> Self {
        let pdf_date = pdf_date(listing.made_at);
        // Its words, each ended by what stands in none.
        let words = [listing.title, &pdf_date].into_iter().chain(listing.rows.iter().flatten().map(String::as_str));
        let words: Vec<&str> = words.collect();
        Self {
            identity: Digest::of(words.join("\0").as_bytes()),
            title: listing.title.to_owned(),
            authority: listing.authority.to_owned(),
            file_name: String::new(),
            iso_date: iso_date(listing.made_at),
            pdf_date,
        }
    }
}

fn pdf_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("D:%Y%m%d%H%M%SZ").to_string()
}

fn iso_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

const PRODUCER: &str = concat!("inkom ", env!("CARGO_PKG_VERSION"));

/// Title, dates and identity. printpdf would make up an identity, and it writes empty lists that readers need not look at.
fn identify(document: &mut Document, facts: &Facts) -> lopdf::Result<()> {
    let literal = |text: &str| Object::string_literal(text);
    let info = Dictionary::from_iter([
        ("Title", text_string(&facts.title)),
        ("Author", text_string(&facts.authority)),
        ("Creator", literal("inkom")),
        ("Producer", literal(PRODUCER)),
        ("CreationDate", literal(&facts.pdf_date)),
        ("ModDate", literal(&facts.pdf_date)),
    ]);
    let info_id = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(info_id, info);
    let permanent = Object::String(facts.identity.as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![permanent.clone(), permanent]);
    let pages: Vec<_> = document.page_iter().collect();
    for page in pages {
        document.get_object_mut(page)?.as_dict_mut()?.remove(b"Annots");
    }
    Ok(())
}

fn output_intent(document: &mut Document) -> ObjectId {
    let profile = Stream::new(Dictionary::from_iter([("N", 3.into())]), SRGB.clone());
    let profile = document.add_object(profile);
    let name = || Object::string_literal("sRGB IEC61966-2.1");
    document.add_object(Dictionary::from_iter([
        ("Type", "OutputIntent".into()),
        ("S", "GTS_PDFA1".into()),
        ("OutputConditionIdentifier", name()),
        ("Info", name()),
        ("DestOutputProfile", profile.into()),
    ]))
}

/// ISO 32000-1 §12.3.3.
fn outline(document: &mut Document, bookmarks: &[Bookmark]) -> Option<ObjectId> {
    let pages: Vec<ObjectId> = document.page_iter().collect();
    let root = document.new_object_id();
    let ids: Vec<ObjectId> = bookmarks.iter().map(|_| document.new_object_id()).collect();
    for (at, bookmark) in bookmarks.iter().enumerate() {
        // In points from below.
        let top = f64::from(PAGE_HEIGHT - bookmark.top) / 10.0;
        #[expect(clippy::cast_possible_truncation)]
        let top = Object::Real(top as f32);
        let place = vec![(*pages.get(bookmark.page)?).into(), "XYZ".into(), Object::Null, top, Object::Null];
        let mut item = Dictionary::from_iter([
            ("Title", text_string(&bookmark.title)),
            ("Parent", root.into()),
            ("Dest", place.into()),
        ]);
        if let Some(before) = at.checked_sub(1) {
            item.set("Prev", ids[before]);
        }
        if let Some(next) = ids.get(at + 1) {
            item.set("Next", *next);
        }
        document.set_object(ids[at], item);
    }
    let entries = Dictionary::from_iter([
        ("Type", "Outlines".into()),
        ("First", Object::from(*ids.first()?)),
        ("Last", Object::from(*ids.last()?)),
        ("Count", integer(ids.len())),
    ]);
    document.set_object(root, entries);
    Some(root)
}

fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).expect("a document has fewer parts"))
}

fn text_string(text: &str) -> Object {
    Object::String(utf16(text), StringFormat::Hexadecimal)
}

/// ISO 32000-1 §7.9.2.2: with a byte order mark.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_be_bytes).collect()
}
