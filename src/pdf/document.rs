//! What stands in the document and in which order: the clinic's own words around the sender's.

use super::Cover;
use super::font::Face;
use super::layout::{Column, Flow, Ink, Laid, MARGIN, Room, Style, Tenths};
use super::structure::Role;
use super::text::paragraphs;
use crate::clock;
use crate::message::{Address, Attachment, Defect, Message};
use crate::model::{ArrivalSource, DocumentNumber};

/// The text stops here; what else the document says follows, so its pages are a few more.
pub(super) const MAX_TEXT_PAGES: usize = 400;
/// As many as a megabyte of plain text has.
const MAX_TEXT_GLYPHS: usize = 1_100_000;
const MAX_ADDRESSES: usize = 50;
const MAX_ATTACHMENTS: usize = 200;
/// Of a header value or a file name.
const MAX_VALUE_CHARS: usize = 1000;

const TEXT_STOPS: &str = "Texten är längre än så här, men resten visas inte i denna handling. \
                          Hela meddelandet finns i det sparade originalet.";

const fn style(face: Face, size: Tenths, leading: Tenths, ink: Ink) -> Style {
    Style { face, size, leading, ink }
}

const TEXT: Style = style(Face::Regular, 105, 150, Ink::Black);
const VALUE: Style = style(Face::Regular, 95, 136, Ink::Black);
const VALUE_BOLD: Style = style(Face::Bold, 95, 136, Ink::Black);
const LABEL: Style = style(Face::Regular, 85, 120, Ink::Grey);
const FACT: Style = style(Face::Regular, 85, 136, Ink::Black);
const UNVERIFIED: Style = style(Face::Regular, 85, 128, Ink::Warning);
const SMALL: Style = style(Face::Regular, 80, 118, Ink::Grey);
const HEADING: Style = style(Face::Bold, 105, 150, Ink::Blue);
const UNIT: Style = style(Face::Bold, 170, 220, Ink::Black);
const AUTHORITY: Style = style(Face::Regular, 100, 140, Ink::Grey);
const NUMBER: Style = style(Face::Bold, 120, 180, Ink::Blue);
const TIME: Style = style(Face::Regular, 110, 180, Ink::Black);

const LABELS: Column = MARGIN.narrow(800);
const VALUES: Column = MARGIN.indent(820);

/// The pages of one incoming message.
pub(super) fn compose(cover: &Cover<'_>, message: &Message) -> Laid {
    let number = document_number(cover).to_string();
    let mut flow = Flow::new();
    letterhead(&mut flow, cover, &number);
    header_table(&mut flow, message);
    defects(&mut flow, &message.defects);
    heading(&mut flow, "Meddelande", TEXT.leading * 2);
    text(&mut flow, &message.text);
    attachments(&mut flow, &message.attachments);
    original(&mut flow, cover);
    let left = format!("{} · {}", cover.authority, cover.unit);
    flow.finish("Inkommen handling · e-post", &left, &number, SMALL)
}

pub(super) fn document_number(cover: &Cover<'_>) -> DocumentNumber {
    DocumentNumber { entry: cover.number.clone(), document: DocumentNumber::INCOMING }
}

fn letterhead(flow: &mut Flow, cover: &Cover<'_>, number: &str) {
    flow.within(Role::Paragraph, |flow| flow.value(&shortened(cover.authority), AUTHORITY, MARGIN));
    flow.within(Role::Heading(1), |flow| flow.value(&shortened(cover.unit), UNIT, MARGIN));
    flow.skip(80);
    let facts = [
        ("Handlingsnummer", number.to_owned(), NUMBER, Column { x: MARGIN.x + 120, width: 1900 }),
        ("Inkommen", clock::minute(cover.arrival.arrived_at), TIME, Column { x: MARGIN.x + 2100, width: 1200 }),
        ("Registrerad", clock::minute(cover.registered_at), TIME, Column { x: MARGIN.x + 3380, width: 1200 }),
    ];
    flow.facts(&facts, LABEL, 90);
    flow.skip(90);
}

fn header_table(flow: &mut Flow, message: &Message) {
    let one = |value: Option<&str>| {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        vec![value.map_or_else(|| "saknas".to_owned(), shortened)]
    };
    let date = message.date.map(|date| format!("{} (enligt avsändaren)", clock::minute(date)));
    flow.within(Role::Table, |flow| {
        row(flow, "Från", &addresses(&message.from), VALUE, Some("Avsändarens identitet är inte verifierad."));
        row(flow, "Till", &addresses(&message.to), VALUE, None);
        if !message.cc.is_empty() {
            row(flow, "Kopia", &addresses(&message.cc), VALUE, None);
        }
        row(flow, "Datum", &one(date.as_deref()), VALUE, None);
        row(flow, "Ämne", &one(message.subject.as_deref()), VALUE_BOLD, None);
        row(flow, "Meddelande-id", &one(message.message_id.as_deref()), VALUE, None);
    });
    flow.skip(120);
}

/// A label with its values under each other, and what is to be known about them.
fn row(flow: &mut Flow, label: &str, values: &[String], style: Style, note: Option<&str>) {
    flow.skip(36);
    flow.within(Role::Row, |flow| {
        flow.within(Role::RowHeader, |flow| flow.label(label, LABEL, LABELS, style));
        flow.within(Role::Cell, |flow| {
            for value in values {
                flow.value(value, style, VALUES);
            }
            if let Some(note) = note {
                flow.value(note, UNVERIFIED, VALUES);
            }
        });
    });
}

fn addresses(addresses: &[Address]) -> Vec<String> {
    let mut shown: Vec<_> =
        addresses.iter().take(MAX_ADDRESSES).map(|address| shortened(&address.to_string())).collect();
    match addresses.len().saturating_sub(MAX_ADDRESSES) {
        0 if shown.is_empty() => shown.push("saknas".to_owned()),
        0 => {}
        more => shown.push(format!("och {more} till, som står i originalet")),
    }
    shown
}

fn defects(flow: &mut Flow, defects: &[Defect]) {
    let mut texts = vec![("Att veta om meddelandet", Style { ink: Ink::Warning, ..VALUE_BOLD })];
    let said: Vec<_> = defects.iter().map(Defect::text).collect();
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

/// A heading with a rule above it, on the same page as the first `company` of what follows.
fn heading(flow: &mut Flow, text: &str, company: Tenths) {
    flow.need(HEADING.leading + 100 + company);
    flow.rule(Ink::Rule);
    flow.skip(100);
    flow.within(Role::Heading(2), |flow| flow.value(text, HEADING, MARGIN));
    flow.skip(45);
}

fn text(flow: &mut Flow, text: &str) {
    let text = text.trim_end();
    if text.is_empty() {
        let style = Style { ink: Ink::Grey, ..TEXT };
        flow.within(Role::Paragraph, |flow| flow.value("Meddelandet har ingen text.", style, MARGIN));
    } else if !whole_text(flow, text) {
        flow.skip(100);
        flow.panel(&[(TEXT_STOPS, VALUE_BOLD)], Ink::Warning, Ink::WarningPanel, 80);
    }
    flow.skip(200);
}

/// Whether all of it found room.
fn whole_text(flow: &mut Flow, text: &str) -> bool {
    let mut room = Room { glyphs: MAX_TEXT_GLYPHS, last_page: flow.page_number() + MAX_TEXT_PAGES };
    paragraphs(text).all(|paragraph| {
        if paragraph.trim().is_empty() {
            // A page is turned for text alone, not for any number of blank lines.
            flow.skip(TEXT.leading);
            true
        } else {
            flow.within(Role::Paragraph, |flow| flow.paragraph(paragraph, TEXT, MARGIN, &mut room))
        }
    })
}

fn attachments(flow: &mut Flow, attachments: &[Attachment]) {
    if attachments.is_empty() {
        return;
    }
    heading(flow, &format!("Bilagor ({})", attachments.len()), 420);
    flow.within(Role::List, |flow| {
        for (at, attachment) in (1..).zip(attachments.iter().take(MAX_ATTACHMENTS)) {
            flow.within(Role::Item, |flow| item(flow, at, attachment));
            flow.skip(60);
        }
    });
    match attachments.len().saturating_sub(MAX_ATTACHMENTS) {
        0 => {}
        more => {
            let text = format!("och {more} till, som finns i originalet");
            flow.within(Role::Paragraph, |flow| flow.value(&text, VALUE, MARGIN));
        }
    }
    flow.skip(140);
}

fn item(flow: &mut Flow, at: usize, attachment: &Attachment) {
    let name = attachment.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let lines = VALUE.lines(&name.map_or_else(|| "utan namn".to_owned(), shortened), MARGIN.width - 220);
    flow.need(VALUE.leading + 2 * SMALL.leading);
    flow.within(Role::Mark, |flow| flow.label(&format!("{at}."), LABEL, MARGIN.narrow(200), VALUE));
    flow.within(Role::ItemBody, |flow| {
        flow.lines(lines, VALUE, MARGIN.indent(220));
        let kind = format!("{} · {}", shortened(&attachment.media_type), size(attachment.size_bytes));
        flow.value(&kind, SMALL, MARGIN.indent(220));
        flow.value(&format!("SHA-256 {}", attachment.digest), SMALL, MARGIN.indent(220));
    });
}

fn original(flow: &mut Flow, cover: &Cover<'_>) {
    heading(flow, "Originalet", 5 * VALUE.leading);
    let clock = match cover.arrival.source {
        ArrivalSource::OwnHost => "den egna e-postserverns stämpel",
        ArrivalSource::MailStore => "brevlådans tidsstämpel",
    };
    let facts = [
        ("Inkommen enligt", clock.to_owned()),
        ("Mapp", shortened(cover.folder)),
        ("Storlek", size(cover.raw_size_bytes)),
        ("SHA-256", cover.raw.to_string()),
    ];
    flow.within(Role::Table, |flow| {
        for (label, value) in facts {
            flow.within(Role::Row, |flow| {
                flow.within(Role::RowHeader, |flow| flow.label(label, LABEL, LABELS, FACT));
                flow.within(Role::Cell, |flow| flow.value(&value, FACT, VALUES));
            });
        }
    });
}

/// `512 byte`, `12,4 kB (12 431 byte)`.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_u64, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        None => format!("{bytes} byte"),
        Some((unit, name)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{},{} {name} ({} byte)", tenths / 10, tenths % 10, grouped(bytes))
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
fn shortened(value: &str) -> String {
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
