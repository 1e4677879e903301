//! What the sender wrote, block by block.

use std::collections::{HashMap, HashSet};

use super::document::{TEXT, VALUE, addresses, facts_table, shortened};
use super::font::Face;
use super::layout::{Column, Flow, Ink, Style, Tenths};
use super::lines::{Line, lines};
use super::structure::Role;
use super::table;
use super::typeset::paragraphs;
use crate::clock;
use crate::message::Block;
use crate::message::block::{Enclosed, Meeting, Origin};
use crate::pdf::picture::Picture;

/// Between one block and the next.
const GAP: Tenths = 80;
const INDENT: Tenths = 170;
const BAR: Tenths = 16;
/// Blocks lie in each other no deeper than this; what does is set as text.
const MAX_DEPTH: usize = 24;
/// Columns that are made with characters become small before their lines are broken.
const SMALLEST: Tenths = 65;

/// The height of an image among text.
const MOST_OF_A_PAGE: Tenths = 4_800;

/// Where blocks are set, and what pictures they may show.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) column: Column,
    pub(super) style: Style,
    /// Content-ID to a picture and its place among the document's.
    pub(super) pictures: &'a HashMap<&'a str, (usize, &'a Picture)>,
    pub(super) depth: usize,
}

impl Setting<'_> {
    fn indented(self, by: Tenths) -> Self {
        Self { column: self.column.indent(by), depth: self.depth + 1, ..self }
    }
}

/// The Content-IDs of the images that the text shows.
pub(super) fn pictures<'b>(blocks: &'b [Block], into: &mut HashSet<&'b str>) {
    for block in blocks {
        match block {
            Block::Image { content_id, .. } => {
                into.insert(content_id);
            }
            Block::List { items, .. } => items.iter().for_each(|item| pictures(item, into)),
            Block::Table(rows) => rows.iter().flatten().for_each(|cell| pictures(&cell.blocks, into)),
            Block::Quote { blocks, .. } => pictures(blocks, into),
            Block::Enclosed(message) => pictures(&message.body, into),
            Block::Paragraph(_) | Block::Heading { .. } | Block::Preformatted(_) | Block::Rule | Block::Meeting(_) => {}
        }
    }
}

pub(super) fn blocks(flow: &mut Flow<'_>, blocks: &[Block], setting: Setting<'_>) {
    for (at, block) in blocks.iter().enumerate() {
        if flow.is_full() {
            return;
        }
        if at > 0 {
            flow.skip(GAP);
        }
        one(flow, block, setting);
    }
}

fn one(flow: &mut Flow<'_>, block: &Block, setting: Setting<'_>) {
    let Setting { column, style, depth, .. } = setting;
    if depth > MAX_DEPTH {
        let text = crate::message::block::text(std::slice::from_ref(block));
        return paragraph(flow, &text, Role::Paragraph, style, column);
    }
    match block {
        Block::Paragraph(text) => paragraph(flow, text, Role::Paragraph, style, column),
        Block::Heading { level, text } => heading(flow, *level, text, setting),
        Block::List { first, items } => list(flow, *first, items, setting),
        Block::Table(rows) => table::set(flow, rows, setting),
        Block::Quote { origin, blocks } => quote(flow, *origin, blocks, setting),
        Block::Preformatted(text) => preformatted(flow, text, style, column),
        Block::Image { content_id, alternative } => image(flow, content_id, alternative, setting),
        Block::Rule => {
            flow.rule(Ink::Rule, column);
            flow.skip(5);
        }
        Block::Meeting(meeting) => self::meeting(flow, meeting, setting),
        Block::Enclosed(message) => enclosed(flow, message, setting),
    }
}

/// Lines end where the sender ended them.
fn paragraph(flow: &mut Flow<'_>, text: &str, role: Role, style: Style, column: Column) {
    flow.within(role, |flow| {
        for line in paragraphs(text) {
            if flow.is_full() {
                return;
            }
            if line.trim().is_empty() {
                // A page is turned for text alone, not for any number of blank lines.
                flow.skip(style.leading);
            } else {
                let lines = flow.broken(line, style, column.width);
                flow.lines(lines, style, column);
            }
        }
    });
}

/// Below the document's own headings.
fn heading(flow: &mut Flow<'_>, level: u8, text: &str, setting: Setting<'_>) {
    let larger = [140, 126, 115].get(usize::from(level.clamp(1, 6)) - 1).copied().unwrap_or(setting.style.size);
    let size = larger.max(setting.style.size);
    let style = Style { face: Face::Bold, size, leading: size * 13 / 10, ..setting.style };
    flow.skip(40);
    flow.need(style.leading + 2 * setting.style.leading);
    let role = Role::Heading(flow.heading_level(level.saturating_add(2)));
    paragraph(flow, text, role, style, setting.column);
}

fn list(flow: &mut Flow<'_>, first: Option<u32>, items: &[Vec<Block>], setting: Setting<'_>) {
    let style = setting.style;
    let mark = |at: u32| first.map_or_else(|| "•".to_owned(), |first| format!("{}.", first.saturating_add(at)));
    let last = u32::try_from(items.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let widest = flow.broken(&mark(last), style, setting.column.width).iter().map(|line| style.width(line)).max();
    let by = widest.unwrap_or(0).max(80) + 70;
    let inner = setting.indented(by);
    let marks = setting.column.narrow(by);
    flow.within(Role::List, |flow| {
        for (item, at) in items.iter().zip(0..) {
            if flow.is_full() {
                return;
            }
            if at > 0 {
                flow.skip(GAP / 3);
            }
            flow.within(Role::Item, |flow| {
                flow.need(style.leading);
                if inner.column.x > setting.column.x {
                    flow.within(Role::Mark, |flow| flow.label(&mark(at), style, marks, style));
                }
                flow.within(Role::ItemBody, |flow| {
                    if item.is_empty() {
                        flow.skip(style.leading);
                    }
                    blocks(flow, item, inner);
                });
            });
        }
    });
}

fn quote(flow: &mut Flow<'_>, origin: Origin, quoted: &[Block], setting: Setting<'_>) {
    let ink = match origin {
        Origin::History => Ink::Grey,
        Origin::Forwarded | Origin::SetOff => setting.style.ink,
    };
    let inner = Setting { style: setting.style.inked(ink), ..setting.indented(INDENT) };
    flow.need(setting.style.leading);
    flow.within(Role::Quote, |flow| {
        flow.barred(Ink::Rule, setting.column, BAR, |flow| blocks(flow, quoted, inner));
    });
}

fn preformatted(flow: &mut Flow<'_>, text: &str, style: Style, column: Column) {
    let own = Style { face: Face::Mono, size: style.size * 9 / 10, leading: style.leading * 9 / 10, ..style };
    let sets: Vec<_> = paragraphs(text).map(|line| flow.set(line, own)).collect();
    let widest = sets.iter().filter_map(|set| lines(set, i32::MAX).next()).map(|line| line.width).max().unwrap_or(0);
    // As large as lets every line stand whole, if that can be read.
    let fitting = i64::from(column.width) * 1000 / i64::from(widest.max(1));
    let size = Tenths::try_from(fitting).unwrap_or(own.size).clamp(SMALLEST, own.size);
    let own = Style { size, leading: size * 14 / 10, ..own };
    flow.within(Role::Paragraph, |flow| {
        for set in &sets {
            let lines: Vec<Line> = lines(set, own.measure(column.width)).collect();
            flow.lines(lines, own, column);
        }
    });
}

fn image(flow: &mut Flow<'_>, content_id: &str, alternative: &str, setting: Setting<'_>) {
    let alternative = alternative.trim();
    let Some((at, picture)) = setting.pictures.get(content_id) else {
        let text = if alternative.is_empty() { "[bild]".to_owned() } else { format!("[{alternative}]") };
        return paragraph(flow, &text, Role::Paragraph, setting.style.inked(Ink::Grey), setting.column);
    };
    let size = picture.fitted((setting.column.width, MOST_OF_A_PAGE));
    let described = if alternative.is_empty() { "Bild i meddelandet" } else { alternative };
    flow.within(Role::Figure, |flow| {
        flow.describe(&shortened(described));
        flow.picture(*at, size, setting.column);
    });
    if !alternative.is_empty() {
        paragraph(flow, alternative, Role::Paragraph, setting.style.inked(Ink::Grey), setting.column);
    }
}

fn meeting(flow: &mut Flow<'_>, meeting: &Meeting, setting: Setting<'_>) {
    let facts: Vec<_> = meeting.facts().into_iter().map(|(name, value)| (name, vec![value.to_owned()])).collect();
    flow.need(setting.style.leading * 2);
    flow.barred(Ink::Blue, setting.column, BAR, |flow| facts_table(flow, &facts, VALUE, setting.column.indent(INDENT)));
}

fn enclosed(flow: &mut Flow<'_>, message: &Enclosed, setting: Setting<'_>) {
    let date = message.date.map(clock::minute);
    let facts: Vec<(&str, Vec<String>)> = [("Från", &message.from), ("Till", &message.to), ("Kopia", &message.cc)]
        .into_iter()
        .filter(|(_, all)| !all.is_empty())
        .map(|(name, all)| (name, addresses(all)))
        .chain(date.map(|date| ("Datum", vec![date])))
        .chain(message.subject.as_ref().map(|subject| ("Ämne", vec![shortened(subject)])))
        .collect();
    let inner = Setting { style: TEXT, ..setting.indented(INDENT) };
    flow.need(setting.style.leading * 4);
    flow.within(Role::Article, |flow| {
        flow.barred(Ink::Blue, setting.column, BAR, |flow| {
            let style = Style { face: Face::Bold, ..VALUE }.inked(Ink::Blue);
            flow.within(Role::Paragraph, |flow| flow.value("Bifogat meddelande", style, inner.column));
            facts_table(flow, &facts, VALUE, inner.column);
            flow.skip(GAP);
            blocks(flow, &message.body, inner);
        });
    });
}
