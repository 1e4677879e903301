//! What stands in the document and in which order: the clinic's own words around the sender's.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::body::{self, Setting};
use super::font::{Face, Fonts};
use super::layout::{BOTTOM, Column, Flow, Ink, Laid, MARGIN, Style, TOP, Tenths};
use super::picture::{self, Picture};
use super::structure::Role;
use super::typeset::is_missing;
use super::{Cover, table};
use crate::clock;
use crate::message::{Address, Attachment, Block, Defect, Message};
use crate::model::{ArrivalSource, Digest, DocumentNumber};

/// The text stops here; what else the document says follows, so that its pages are 500 at most.
pub(super) const MAX_TEXT_PAGES: usize = 400;
/// As many as a megabyte of plain text has.
const MAX_TEXT_GLYPHS: usize = 1_100_000;
const MAX_ADDRESSES: usize = 50;
const MAX_ATTACHMENTS: usize = 200;
/// Pictures in the text and on pages of their own.
const MAX_PICTURES: usize = 60;
/// Of all of them, in bytes as they were attached.
const MAX_PICTURE_BYTES: usize = 60_000_000;
const MAX_HEADER_GLYPHS: usize = 60_000;
const MAX_HEADER_PAGES: usize = 15;
/// Of a header value or a file name.
const MAX_VALUE_CHARS: usize = 1000;
const MAX_MISSING: usize = 60;

const TEXT_STOPS: &str = "Texten är längre än så här, men resten visas inte i denna handling. \
                          Hela meddelandet finns i det sparade originalet.";

const fn style(face: Face, size: Tenths, leading: Tenths, ink: Ink) -> Style {
    Style { face, size, leading, ink }
}

pub(super) const TEXT: Style = style(Face::Regular, 105, 150, Ink::Black);
pub(super) const VALUE: Style = style(Face::Regular, 95, 136, Ink::Black);
const VALUE_BOLD: Style = style(Face::Bold, 95, 136, Ink::Black);
const LABEL: Style = style(Face::Regular, 85, 120, Ink::Grey);
pub(super) const FACT: Style = style(Face::Regular, 85, 136, Ink::Black);
pub(super) const FACT_BOLD: Style = style(Face::Bold, 85, 136, Ink::Black);
const TINY: Style = style(Face::Regular, 65, 100, Ink::Grey);
const UNVERIFIED: Style = style(Face::Regular, 85, 128, Ink::Warning);
pub(super) const SMALL: Style = style(Face::Regular, 80, 118, Ink::Grey);
const HEADER_LINE: Style = style(Face::Regular, 75, 105, Ink::Black);
const HEADING: Style = style(Face::Bold, 105, 150, Ink::Blue);
pub(super) const UNIT: Style = style(Face::Bold, 170, 220, Ink::Black);
pub(super) const AUTHORITY: Style = style(Face::Regular, 100, 140, Ink::Grey);
const NUMBER: Style = style(Face::Bold, 120, 180, Ink::Blue);
const TIME: Style = style(Face::Regular, 110, 180, Ink::Black);

/// Labels stand in a column of this width, before what they name.
const LABELS: Tenths = 820;
/// Above each row of facts.
const ROW_GAP: Tenths = 36;

/// Of the table of attachments: number, name, type, size.
const ATTACHMENT_COLUMNS: [Tenths; 4] = [240, 2500, 950, 902];

/// The pages of one incoming message, and the pictures on them.
pub(super) struct Composed {
    pub(super) laid: Laid,
    pub(super) pictures: Vec<Picture>,
}

pub(super) fn compose(
    fonts: &Fonts,
    cover: &Cover<'_>,
    message: &Message,
    contents: &HashMap<Digest, Vec<u8>>,
) -> Composed {
    let number = document_number(cover).to_string();
    let pictures = Pictures::of(&message.attachments, contents);
    let mut flow = Flow::new(fonts);
    letterhead(&mut flow, cover, &number);
    header_table(&mut flow, message);
    defects(&mut flow, message, fonts);
    heading(&mut flow, "Meddelande", TEXT.leading * 2);
    text(&mut flow, message, &pictures);
    attachments(&mut flow, &message.attachments, &pictures);
    original(&mut flow, cover);
    picture_pages(&mut flow, &message.attachments, &pictures, &message.body);
    header_lines(&mut flow, message);
    let left = format!("{} · {}", cover.authority, cover.unit);
    // What a person has registered by hand says how it came.
    let way = if cover.arrival.source == ArrivalSource::Person { cover.folder } else { "e-post" };
    let laid = flow.finish(&format!("Inkommen handling · {way}"), &left, &number, SMALL);
    Composed { laid, pictures: pictures.all }
}

pub(super) fn document_number(cover: &Cover<'_>) -> DocumentNumber {
    DocumentNumber { entry: cover.number.clone(), document: DocumentNumber::INCOMING }
}

/// Pictures of the attachments that are images.
struct Pictures {
    all: Vec<Picture>,
    /// Which picture an attachment is, by its place among the attachments.
    of: HashMap<usize, usize>,
    /// The numbers of images that are of another kind, broken or too large.
    unshown: Vec<usize>,
}

impl Pictures {
    fn of(attachments: &[Attachment], contents: &HashMap<Digest, Vec<u8>>) -> Self {
        let (mut all, mut of, mut unshown, mut known) = (Vec::new(), HashMap::new(), Vec::new(), HashMap::new());
        let mut bytes_left = MAX_PICTURE_BYTES;
        for (at, attachment) in attachments.iter().enumerate() {
            if !picture::is_image(&attachment.media_type, attachment.name.as_deref()) {
                continue;
            }
            let picture = *known.entry(attachment.digest).or_insert_with(|| {
                let content = contents.get(&attachment.digest).filter(|_| all.len() < MAX_PICTURES)?;
                bytes_left = bytes_left.checked_sub(content.len())?;
                all.push(picture::read(content)?);
                Some(all.len() - 1)
            });
            match picture {
                Some(picture) => _ = of.insert(at, picture),
                None => unshown.push(at + 1),
            }
        }
        Self { all, of, unshown }
    }

    /// By the name that the text calls them.
    fn inline<'a>(&'a self, attachments: &'a [Attachment]) -> HashMap<&'a str, (usize, &'a Picture)> {
        let named = attachments.iter().enumerate().filter_map(|(at, one)| Some((at, one.content_id.as_deref()?)));
        named.filter_map(|(at, id)| self.of.get(&at).map(|&picture| (id, (picture, &self.all[picture])))).collect()
    }
}

fn letterhead(flow: &mut Flow<'_>, cover: &Cover<'_>, number: &str) {
    flow.within(Role::Paragraph, |flow| flow.value(&shortened(cover.authority), AUTHORITY, MARGIN));
    let role = Role::Heading(flow.heading_level(1));
    flow.within(role, |flow| flow.value(&shortened(cover.unit), UNIT, MARGIN));
    flow.skip(80);
    let facts = [
        ("Handlingsnummer", number.to_owned(), NUMBER, Column { x: MARGIN.x + 120, width: 1900 }),
        ("Inkommen", clock::minute(cover.arrival.arrived_at), TIME, Column { x: MARGIN.x + 2100, width: 1200 }),
        ("Registrerad", clock::minute(cover.registered_at), TIME, Column { x: MARGIN.x + 3380, width: 1200 }),
    ];
    flow.facts(&facts, LABEL, 90);
    flow.skip(90);
}

fn header_table(flow: &mut Flow<'_>, message: &Message) {
    let one = |value: Option<&str>| {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        vec![value.map_or_else(|| "saknas".to_owned(), shortened)]
    };
    let date = message.date.map(|date| format!("{} (enligt avsändaren)", clock::minute(date)));
    flow.within(Role::Table, |flow| {
        row(flow, "Från", &addresses(&message.from), VALUE, Some("Avsändarens identitet är inte verifierad."), MARGIN);
        row(flow, "Till", &addresses(&message.to), VALUE, None, MARGIN);
        if !message.cc.is_empty() {
            row(flow, "Kopia", &addresses(&message.cc), VALUE, None, MARGIN);
        }
        row(flow, "Datum", &one(date.as_deref()), VALUE, None, MARGIN);
        row(flow, "Ämne", &one(message.subject.as_deref()), VALUE_BOLD, None, MARGIN);
        row(flow, "Meddelande-id", &one(message.message_id.as_deref()), VALUE, None, MARGIN);
    });
    flow.skip(120);
}

/// Names with their values.
pub(super) fn facts_table(flow: &mut Flow<'_>, facts: &[(&str, Vec<String>)], style: Style, within: Column) {
    if facts.is_empty() {
        return;
    }
    flow.within(Role::Table, |flow| {
        for (name, values) in facts {
            row(flow, name, values, style, None, within);
        }
    });
}

/// A label with its values under each other, and what is to be known about them.
fn row(flow: &mut Flow<'_>, label: &str, values: &[String], style: Style, note: Option<&str>, within: Column) {
    flow.skip(ROW_GAP);
    flow.within(Role::Row, |flow| {
        flow.within(Role::RowHeader, |flow| flow.label(label, LABEL, within.narrow(LABELS - 20), style));
        flow.within(Role::Cell, |flow| {
            for value in values {
                flow.value(value, style, within.indent(LABELS));
            }
            if let Some(note) = note {
                flow.value(note, UNVERIFIED, within.indent(LABELS));
            }
        });
    });
}

pub(super) fn addresses(addresses: &[Address]) -> Vec<String> {
    let mut shown: Vec<_> =
        addresses.iter().take(MAX_ADDRESSES).map(|address| shortened(&address.to_string())).collect();
    match addresses.len().saturating_sub(MAX_ADDRESSES) {
        0 if shown.is_empty() => shown.push("saknas".to_owned()),
        0 => {}
        more => shown.push(format!("och {more} till, som står i originalet")),
    }
    shown
}

fn defects(flow: &mut Flow<'_>, message: &Message, fonts: &Fonts) {
    let mut texts = vec![("Att veta om meddelandet", VALUE_BOLD.inked(Ink::Warning))];
    let mut said: Vec<_> = message.defects.iter().map(Defect::text).collect();
    said.extend(missing(message, fonts).map(Into::into));
    for (at, text) in said.iter().enumerate() {
        if !said[..at].contains(text) {
            texts.push((text, VALUE));
        }
    }
    if texts.len() > 1 {
        flow.panel(&texts, Ink::Warning, Ink::WarningPanel, 80);
        flow.skip(160);
    }
}

/// Says which characters stand as code points.
fn missing(message: &Message, fonts: &Fonts) -> Option<String> {
    // The lines of the header hold the names and the subject too.
    let texts = message.headers.iter().map(|header| &header.value).chain([&message.text]);
    let texts = texts.chain(message.attachments.iter().filter_map(|attachment| attachment.name.as_ref()));
    let mut seen = BTreeSet::new();
    let all = texts.flat_map(|text| text.chars()).filter(|c| *c > '~' && seen.insert(*c));
    let missing: Vec<String> =
        all.filter(|c| is_missing(fonts, *c)).take(MAX_MISSING).map(|c| format!("U+{:04X}", u32::from(c))).collect();
    (!missing.is_empty())
        .then(|| format!("Tecken som inte kan visas står som sina kodpunkter: {}.", missing.join(", ")))
}

/// A heading with a rule above it, on the same page as the first `company` of what follows.
fn heading(flow: &mut Flow<'_>, text: &str, company: Tenths) {
    flow.need(HEADING.leading + 100 + company);
    flow.bookmark(text);
    flow.rule(Ink::Rule, MARGIN);
    flow.skip(100);
    let role = Role::Heading(flow.heading_level(2));
    flow.within(role, |flow| flow.value(text, HEADING, MARGIN));
    flow.skip(45);
}

fn text(flow: &mut Flow<'_>, message: &Message, pictures: &Pictures) {
    if message.body.is_empty() {
        let style = TEXT.inked(Ink::Grey);
        flow.within(Role::Paragraph, |flow| flow.value("Meddelandet har ingen text.", style, MARGIN));
    }
    let inline = pictures.inline(&message.attachments);
    let setting = Setting { column: MARGIN, style: TEXT, pictures: &inline, depth: 0 };
    let whole = flow.bounded(MAX_TEXT_GLYPHS, MAX_TEXT_PAGES, |flow| body::blocks(flow, &message.body, setting));
    if !whole {
        flow.skip(100);
        flow.panel(&[(TEXT_STOPS, VALUE_BOLD)], Ink::Warning, Ink::WarningPanel, 80);
    }
    flow.skip(200);
}

fn attachments(flow: &mut Flow<'_>, attachments: &[Attachment], pictures: &Pictures) {
    if attachments.is_empty() {
        return;
    }
    heading(flow, &format!("Bilagor ({})", attachments.len()), 500);
    let shown = attachments.iter().take(MAX_ATTACHMENTS);
    let names = ["Nr", "Namn och SHA-256", "Typ", "Storlek"];
    let mut rows = vec![names.map(|name| vec![(name.to_owned(), FACT_BOLD)]).to_vec()];
    rows.extend((1..).zip(shown).map(|(at, attachment)| {
        vec![
            vec![(at.to_string(), FACT)],
            vec![(name(attachment), VALUE), (attachment.digest.to_string(), TINY)],
            vec![(shortened(&attachment.media_type), FACT)],
            size_lines(attachment.size_bytes),
        ]
    }));
    table::plain(flow, &rows, &ATTACHMENT_COLUMNS);
    match attachments.len().saturating_sub(MAX_ATTACHMENTS) {
        0 => {}
        more => {
            flow.skip(60);
            let text = format!("och {more} till, som finns i originalet");
            flow.within(Role::Paragraph, |flow| flow.value(&text, VALUE, MARGIN));
        }
    }
    if !pictures.unshown.is_empty() {
        flow.skip(60);
        let numbers: Vec<String> = pictures.unshown.iter().take(MAX_ATTACHMENTS).map(ToString::to_string).collect();
        let text = format!("Bilder som inte kan visas här, men finns i handlingen: bilaga {}.", numbers.join(", "));
        flow.within(Role::Paragraph, |flow| flow.value(&text, VALUE, MARGIN));
    }
    flow.skip(200);
}

fn size_lines(bytes: u64) -> Vec<(String, Style)> {
    let (short, exact) = short_size(bytes);
    let exact = exact.map(|exact| (exact, TINY));
    [(short, FACT)].into_iter().chain(exact).collect()
}

fn name(attachment: &Attachment) -> String {
    let name = attachment.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    name.map_or_else(|| "utan namn".to_owned(), shortened)
}

fn original(flow: &mut Flow<'_>, cover: &Cover<'_>) {
    // All of it on one page: four rows, of which a folder's name may take two lines.
    heading(flow, "Originalet", 5 * (FACT.leading + ROW_GAP));
    let clock = match cover.arrival.source {
        ArrivalSource::OwnHost => "den egna e-postserverns stämpel",
        ArrivalSource::MailStore => "brevlådans tidsstämpel",
        ArrivalSource::Person => "den som registrerade handlingen",
    };
    let facts = [
        ("Inkommen enligt", vec![clock.to_owned()]),
        (
            if cover.arrival.source == ArrivalSource::Person { "Registrerad som" } else { "Mapp" },
            vec![shortened(cover.folder)],
        ),
        ("Storlek", vec![size(cover.raw_size_bytes)]),
        ("SHA-256", vec![cover.raw.to_string()]),
    ];
    facts_table(flow, &facts, FACT, MARGIN);
    flow.skip(200);
}

/// The images that the text does not show, as large as they are and as the page allows.
fn picture_pages(flow: &mut Flow<'_>, attachments: &[Attachment], pictures: &Pictures, body: &[Block]) {
    let mut shown = HashSet::new();
    body::pictures(body, &mut shown);
    let mut is_first = true;
    for (at, attachment) in attachments.iter().enumerate() {
        let in_text = attachment.content_id.as_deref().is_some_and(|id| shown.contains(id));
        let Some(&picture) = pictures.of.get(&at).filter(|_| !in_text) else { continue };
        let title = format!("Bilaga {}: {}", at + 1, name(attachment));
        let above = HEADING.leading * 3 + 145;
        let size = pictures.all[picture].fitted((MARGIN.width, BOTTOM - TOP - above));
        if std::mem::take(&mut is_first) {
            flow.fresh_page();
        }
        heading(flow, &title, size.1 + 2 * HEADING.leading);
        flow.within(Role::Figure, |flow| {
            flow.describe(&title);
            flow.picture(picture, size, MARGIN);
        });
        flow.skip(200);
    }
}

/// Every line of the header, for those who want to know how the message came.
fn header_lines(flow: &mut Flow<'_>, message: &Message) {
    if message.headers.is_empty() {
        return;
    }
    flow.fresh_page();
    heading(flow, "Brevhuvudet i sin helhet", 3 * HEADER_LINE.leading);
    let whole = flow.bounded(MAX_HEADER_GLYPHS, MAX_HEADER_PAGES, |flow| {
        flow.within(Role::Table, |flow| {
            for header in &message.headers {
                if flow.is_full() {
                    return;
                }
                flow.within(Role::Row, |flow| {
                    let names = MARGIN.narrow(1_100);
                    flow.within(Role::RowHeader, |flow| {
                        let style = HEADER_LINE.inked(Ink::Grey);
                        flow.label(&shortened(&header.name), style, names, HEADER_LINE);
                    });
                    flow.within(Role::Cell, |flow| {
                        flow.value(&shortened(&header.value), HEADER_LINE, MARGIN.indent(1_150));
                        flow.skip(12);
                    });
                });
            }
        });
    });
    if !whole {
        flow.skip(100);
        flow.within(Role::Paragraph, |flow| {
            flow.value("Resten av brevhuvudet finns i originalet.", VALUE_BOLD, MARGIN);
        });
    }
}

/// `512 byte`, `12,4 kB (12 431 byte)`.
fn size(bytes: u64) -> String {
    match short_size(bytes) {
        (short, None) => short,
        (short, Some(exact)) => format!("{short} ({exact})"),
    }
}

/// `12,4 kB`, and `12 431 byte` where that says more.
fn short_size(bytes: u64) -> (String, Option<String>) {
    let units = [(1_000_000_000_u64, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        None => (format!("{bytes} byte"), None),
        Some((unit, name)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            (format!("{},{} {name}", tenths / 10, tenths % 10), Some(format!("{} byte", grouped(bytes))))
        }
    }
}

/// Digits in threes with no-break spaces between.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A value that could be of any length, with a note where it was cut.
pub(super) fn shortened(value: &str) -> String {
    let first = first_chars(value, MAX_VALUE_CHARS);
    if first.len() < value.len() {
        format!("{first} … (förkortat, hela finns i originalet)")
    } else {
        first.to_owned()
    }
}

fn first_chars(text: &str, count: usize) -> &str {
    match text.char_indices().nth(count) {
        Some((end, _)) if text.len() > count => &text[..end],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 byte"),
            (999, "999 byte"),
            (1000, "1,0 kB (1\u{a0}000 byte)"),
            (12_431, "12,4 kB (12\u{a0}431 byte)"),
            (1_234_567, "1,2 MB (1\u{a0}234\u{a0}567 byte)"),
            (u64::MAX, "18446744073,7 GB (18\u{a0}446\u{a0}744\u{a0}073\u{a0}709\u{a0}551\u{a0}615 byte)"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_value_is_cut_between_characters() {
        let long = "å".repeat(MAX_VALUE_CHARS + 1);
        assert_eq!(shortened(&long[2..]), long[2..]);
        assert!(shortened(&long).ends_with("å … (förkortat, hela finns i originalet)"));
    }
}
