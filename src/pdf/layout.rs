//! Lines and fills placed on pages, whatever writes them. Lengths are tenths of a point, down from the top left corner.

use super::font::Face;
use super::structure::{ElementId, Role, Structure};
use super::text::{Glyph, lines, set, set_start, width};

/// A tenth of a point.
pub(super) type Tenths = u16;

/// A4, ISO 216: 210 by 297 mm.
pub(super) const PAGE_WIDTH: Tenths = 5953;
pub(super) const PAGE_HEIGHT: Tenths = 8419;

/// 28 mm to the left, where the holes are punched; 20 mm to the right.
pub(super) const MARGIN: Column = Column { x: 794, width: 4592 };
const TOP: Tenths = 760;
const BOTTOM: Tenths = PAGE_HEIGHT - 680;
const HEADER_BASELINE: Tenths = 460;
const FOOTER_BASELINE: Tenths = PAGE_HEIGHT - 400;

/// Part of the page's width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) x: Tenths,
    pub(super) width: Tenths,
}

impl Column {
    /// Without this much to the left.
    pub(super) const fn indent(self, by: Tenths) -> Self {
        Self { x: self.x + by, width: self.width - by }
    }

    pub(super) const fn narrow(self, width: Tenths) -> Self {
        Self { x: self.x, width }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Grey,
    /// The one colour of its own: numbers and headings.
    Blue,
    Rule,
    Panel,
    Warning,
    WarningPanel,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: Tenths,
    /// From one baseline to the next.
    pub(super) leading: Tenths,
    pub(super) ink: Ink,
}

/// Glyphs on one baseline.
#[derive(Debug)]
pub(super) struct Run {
    /// What it is part of; none for what stands on every page.
    pub(super) element: Option<ElementId>,
    pub(super) x: Tenths,
    pub(super) baseline: Tenths,
    pub(super) size: Tenths,
    pub(super) ink: Ink,
    pub(super) glyphs: Vec<Glyph>,
}

#[derive(Debug)]
pub(super) struct Fill {
    pub(super) x: Tenths,
    pub(super) top: Tenths,
    pub(super) width: Tenths,
    pub(super) height: Tenths,
    pub(super) ink: Ink,
}

/// Fills lie beneath the runs; runs stand in reading order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) fills: Vec<Fill>,
    pub(super) runs: Vec<Run>,
}

impl Style {
    /// How many thousandths of the font size go into a width.
    fn measure(self, width: Tenths) -> u32 {
        u32::from(width) * 1000 / u32::from(self.size)
    }

    pub(super) fn width(self, glyphs: &[Glyph]) -> Tenths {
        Tenths::try_from((width(glyphs) * u32::from(self.size)).div_ceil(1000)).unwrap_or(Tenths::MAX)
    }

    /// The lines of a value, whose own line breaks count as spaces.
    pub(super) fn lines(self, text: &str, width: Tenths) -> Vec<Vec<Glyph>> {
        lines(&set(text, self.face), self.measure(width)).collect()
    }

    /// The first line of a text, with an ellipsis when there is more.
    fn first_line(self, text: &str, width: Tenths) -> Vec<Glyph> {
        let ellipsis = set(" …", self.face);
        let mut all = self.lines(text, width.saturating_sub(self.width(&ellipsis))).into_iter();
        let mut first = all.next().unwrap_or_default();
        if all.next().is_some() {
            first.extend(ellipsis);
        }
        first
    }

    /// From the top of a line to its baseline, with the letters in the middle of the leading.
    const fn ascent(self) -> Tenths {
        // 0.73 is the height of a capital in this typeface.
        self.leading / 2 + self.size * 73 / 200
    }
}

/// How much more text there may be.
pub(super) struct Room {
    pub(super) glyphs: usize,
    pub(super) last_page: usize,
}

/// Fills pages from the top down.
pub(super) struct Flow {
    pages: Vec<Page>,
    y: Tenths,
    structure: Structure,
}

/// Pages with what they are made of.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) pages: Vec<Page>,
    pub(super) structure: Structure,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self { pages: vec![Page::default()], y: TOP, structure: Structure::new() }
    }

    /// What is placed meanwhile is part of an element of this role.
    pub(super) fn within<T>(&mut self, role: Role, place: impl FnOnce(&mut Self) -> T) -> T {
        self.structure.open(role);
        let placed = place(self);
        self.structure.close();
        placed
    }

    /// Which page is being filled, from 1.
    pub(super) fn page_number(&self) -> usize {
        self.pages.len()
    }

    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("a flow starts with a page")
    }

    /// Leaves a gap, except at the top of a page, where there is nothing to keep apart.
    pub(super) fn skip(&mut self, height: Tenths) {
        if self.y > TOP {
            self.y = self.y.saturating_add(height).min(BOTTOM);
        }
    }

    /// Turns the page unless this much still fits, so that what belongs together stays together.
    pub(super) fn need(&mut self, height: Tenths) {
        if BOTTOM.saturating_sub(self.y) < height && self.y > TOP {
            self.pages.push(Page::default());
            self.y = TOP;
        }
    }

    pub(super) fn line(&mut self, glyphs: Vec<Glyph>, style: Style, column: Column) {
        self.need(style.leading);
        self.place(glyphs, style, column.x, self.y + style.ascent());
        self.y += style.leading;
    }

    pub(super) fn lines(&mut self, lines: Vec<Vec<Glyph>>, style: Style, column: Column) {
        for line in lines {
            self.line(line, style, column);
        }
    }

    pub(super) fn value(&mut self, text: &str, style: Style, column: Column) {
        self.lines(style.lines(text, column.width), style, column);
    }

    fn place(&mut self, glyphs: Vec<Glyph>, style: Style, x: Tenths, baseline: Tenths) {
        if !glyphs.is_empty() {
            let element = Some(self.structure.current());
            self.page().runs.push(Run { element, x, baseline, size: style.size, ink: style.ink, glyphs });
        }
    }

    /// As much of a paragraph as there is room for; whether that was all of it.
    pub(super) fn paragraph(&mut self, text: &str, style: Style, column: Column, room: &mut Room) -> bool {
        let mut glyphs = set_start(text, style.face, room.glyphs);
        let whole = glyphs.len() <= room.glyphs;
        glyphs.truncate(room.glyphs);
        room.glyphs -= glyphs.len();
        for line in lines(&glyphs, style.measure(column.width)) {
            if self.pages.len() > room.last_page {
                return false;
            }
            self.line(line, style, column);
        }
        whole
    }

    /// A label on the baseline of the line that comes next, beside it.
    pub(super) fn label(&mut self, text: &str, label: Style, column: Column, beside: Style) {
        self.need(beside.leading);
        self.place(label.first_line(text, column.width), label, column.x, self.y + beside.ascent());
    }

    /// A hairline between sections, except at the top of a page, where there is one already.
    pub(super) fn rule(&mut self, ink: Ink) {
        let top = self.y;
        if top > TOP {
            self.page().fills.push(Fill { x: MARGIN.x, top, width: MARGIN.width, height: 5, ink });
        }
    }

    /// Labels with a value each, side by side on a panel.
    pub(super) fn facts(&mut self, facts: &[(&str, String, Style, Column)], label: Style, padding: Tenths) {
        let tallest = facts.iter().map(|fact| fact.2.leading).max().unwrap_or(0);
        let height = label.leading + tallest + 2 * padding;
        self.need(height);
        let top = self.y;
        self.page().fills.push(Fill { x: MARGIN.x, top, width: MARGIN.width, height, ink: Ink::Panel });
        self.y += padding;
        let of_labels = self.y + label.ascent();
        let of_values = self.y + label.leading + facts.iter().map(|fact| fact.2.ascent()).max().unwrap_or(0);
        for (name, value, style, column) in facts {
            self.within(Role::Paragraph, |flow| {
                flow.place(label.first_line(name, column.width), label, column.x, of_labels);
                flow.place(style.first_line(value, column.width), *style, column.x, of_values);
            });
        }
        self.y = top + height;
    }

    /// Lines on a coloured ground with a bar at the left edge, kept on one page.
    pub(super) fn panel(&mut self, texts: &[(&str, Style)], bar: Ink, ground: Ink, padding: Tenths) {
        let column = Column { x: MARGIN.x + 120, width: MARGIN.width - 240 };
        let set: Vec<_> = texts.iter().map(|(text, style)| (style.lines(text, column.width), *style)).collect();
        let text_height =
            set.iter().map(|(lines, style)| style.leading.saturating_mul(count(lines.len()))).sum::<Tenths>();
        let height = text_height + 2 * padding;
        self.need(height);
        let (x, top) = (MARGIN.x, self.y);
        self.page().fills.push(Fill { x, top, width: MARGIN.width, height, ink: ground });
        self.page().fills.push(Fill { x, top, width: 25, height, ink: bar });
        self.y += padding;
        for (lines, style) in set {
            self.within(Role::Paragraph, |flow| flow.lines(lines, style, column));
        }
        self.y += padding;
    }

    /// The pages, each with its header and its number. The left of the first page's header is its own.
    pub(super) fn finish(self, first: &str, left: &str, right: &str, style: Style) -> Laid {
        let mut pages = self.pages;
        let total = pages.len();
        let number = style.lines(right, MARGIN.width).into_iter().next().unwrap_or_default();
        let number_width = style.width(&number);
        let left_width = MARGIN.width.saturating_sub(number_width + 200);
        let [first, left] = [first, left].map(|text| style.first_line(text, left_width));
        for (at, page) in (1..).zip(&mut pages) {
            let run = |glyphs: Vec<Glyph>, x, baseline| Run {
                element: None,
                x,
                baseline,
                size: style.size,
                ink: style.ink,
                glyphs,
            };
            let end = MARGIN.x + MARGIN.width;
            let header = [
                run(if at == 1 { &first } else { &left }.clone(), MARGIN.x, HEADER_BASELINE),
                run(number.clone(), end - number_width, HEADER_BASELINE),
            ];
            page.runs.splice(0..0, header);
            let (x, width) = (MARGIN.x, MARGIN.width);
            page.fills.push(Fill { x, top: HEADER_BASELINE + 70, width, height: 5, ink: Ink::Rule });
            let place = set(&format!("sida {at} av {total}"), style.face);
            let x = end - style.width(&place);
            page.runs.push(run(place, x, FOOTER_BASELINE));
        }
        Laid { pages, structure: self.structure }
    }
}

fn count(lines: usize) -> Tenths {
    Tenths::try_from(lines).unwrap_or(Tenths::MAX)
}
