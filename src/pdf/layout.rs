//! Lines, fills and pictures placed on pages, whatever writes them. Lengths are tenths of a point, down from the top left
//! corner.

use super::font::{Face, Fonts};
use super::lines::{Line, lines};
use super::structure::{ElementId, Role, Structure};
use super::typeset::{Glyph, Set, Texts, Typesetter};

/// A tenth of a point.
pub(super) type Tenths = i32;

/// A4, ISO 216: 210 by 297 mm.
pub(super) const PAGE_WIDTH: Tenths = 5953;
pub(super) const PAGE_HEIGHT: Tenths = 8419;

/// 28 mm to the left, where the holes are punched; 20 mm to the right.
pub(super) const MARGIN: Column = Column { x: 794, width: 4592 };
pub(super) const TOP: Tenths = 760;
pub(super) const BOTTOM: Tenths = PAGE_HEIGHT - 680;
const HEADER_BASELINE: Tenths = 460;
const FOOTER_BASELINE: Tenths = PAGE_HEIGHT - 400;
/// Nothing is indented further than to a column of this width.
const NARROWEST: Tenths = 1400;

/// Part of the page's width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) x: Tenths,
    pub(super) width: Tenths,
}

impl Column {
    /// Without this much to the left, as long as there is room.
    pub(super) const fn indent(self, by: Tenths) -> Self {
        if self.width - by < NARROWEST { self } else { Self { x: self.x + by, width: self.width - by } }
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

/// A picture, by its place among the document's pictures.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) element: ElementId,
    pub(super) picture: usize,
    pub(super) x: Tenths,
    pub(super) top: Tenths,
    pub(super) width: Tenths,
    pub(super) height: Tenths,
}

/// Fills lie beneath the rest; runs stand in reading order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) fills: Vec<Fill>,
    pub(super) pictures: Vec<Placed>,
    pub(super) runs: Vec<Run>,
}

/// What has been set beside the pages, from zero down, to be placed on them later.
#[derive(Debug)]
pub(super) struct Galley {
    page: Page,
    pub(super) height: Tenths,
    /// Where it may be cut.
    joints: Vec<Tenths>,
}

impl Galley {
    /// Seen on the page, and no part of what the document says.
    pub(super) fn into_artifact(mut self) -> Self {
        self.page.runs.iter_mut().for_each(|run| run.element = None);
        self
    }
}

/// A place that a reader can jump to.
#[derive(Clone, Debug)]
pub(super) struct Bookmark {
    pub(super) title: String,
    /// From zero.
    pub(super) page: usize,
    pub(super) top: Tenths,
}

impl Style {
    /// How many thousandths of the font size go into a width.
    pub(super) const fn measure(self, width: Tenths) -> i32 {
        width * 1000 / self.size
    }

    pub(super) fn width(self, line: &Line) -> Tenths {
        self.tenths(line.width)
    }

    /// Rounded up.
    pub(super) fn tenths(self, millis: i32) -> Tenths {
        Tenths::try_from((i64::from(millis) * i64::from(self.size) + 999) / 1000).unwrap_or(Tenths::MAX)
    }

    /// From the top of a line to its baseline, with the letters in the middle of the leading.
    pub(super) const fn ascent(self) -> Tenths {
        // 0.73 is the height of a capital in this typeface.
        self.leading / 2 + self.size * 73 / 200
    }

    pub(super) const fn inked(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// How much more text there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) glyphs: usize,
    pub(super) pages: usize,
}

impl Room {
    /// For what is bounded in other ways.
    const UNBOUNDED: Self = Self { glyphs: usize::MAX, pages: usize::MAX };
}

/// Fills pages from the top down.
pub(super) struct Flow<'f> {
    typesetter: Typesetter<'f>,
    pages: Vec<Page>,
    /// How far down the earlier pages are filled.
    ends: Vec<Tenths>,
    y: Tenths,
    bottom: Tenths,
    joints: Vec<Tenths>,
    structure: Structure,
    bookmarks: Vec<Bookmark>,
    room: Room,
}

/// Pages with what they are made of.
pub(super) struct Laid {
    pub(super) pages: Vec<Page>,
    pub(super) structure: Structure,
    pub(super) texts: Texts,
    pub(super) bookmarks: Vec<Bookmark>,
}

impl<'f> Flow<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self {
            typesetter: Typesetter::new(fonts),
            pages: vec![Page::default()],
            ends: Vec::new(),
            y: TOP,
            bottom: BOTTOM,
            joints: Vec::new(),
            structure: Structure::new(),
            bookmarks: Vec::new(),
            room: Room::UNBOUNDED,
        }
    }

    /// What is placed meanwhile is part of an element of this role.
    pub(super) fn within<T>(&mut self, role: Role, place: impl FnOnce(&mut Self) -> T) -> T {
        self.structure.open(role);
        let placed = place(self);
        self.structure.close();
        placed
    }

    /// Bounds what is placed meanwhile; whether there was room for all of it.
    pub(super) fn bounded(&mut self, glyphs: usize, pages: usize, place: impl FnOnce(&mut Self)) -> bool {
        self.room = Room { glyphs, pages: self.pages.len() + pages };
        place(self);
        let whole = !self.is_full();
        self.room = Room::UNBOUNDED;
        whole
    }

    /// Nothing more of what is bounded should be placed.
    pub(super) fn is_full(&self) -> bool {
        self.room.glyphs == 0 || self.pages.len() > self.room.pages
    }

    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("a flow starts with a page")
    }

    fn top(&self) -> Tenths {
        if self.bottom == BOTTOM { TOP } else { 0 }
    }

    pub(super) fn turn(&mut self) {
        self.ends.push(self.y);
        self.pages.push(Page::default());
        self.y = self.top();
    }

    /// What follows begins a page.
    pub(super) fn fresh_page(&mut self) {
        if self.y > self.top() {
            self.turn();
        }
    }

    /// How much of the page is left.
    pub(super) fn left(&self) -> Tenths {
        self.bottom - self.y
    }

    /// Leaves a gap, except at the top of a page, where there is nothing to keep apart.
    pub(super) fn skip(&mut self, height: Tenths) {
        if self.y > self.top() {
            self.y = (self.y + height).min(self.bottom);
            self.joints.push(self.y);
        }
    }

    /// Leaves a gap, at the top of a page too.
    pub(super) fn advance(&mut self, height: Tenths) {
        self.y = (self.y + height).min(self.bottom);
    }

    /// Turns the page unless this much still fits, so that what belongs together stays together.
    pub(super) fn need(&mut self, height: Tenths) {
        if self.left() < height && self.y > self.top() {
            self.turn();
        }
    }

    /// The paragraph's glyphs, as many as there is room for.
    pub(super) fn set(&mut self, text: &str, style: Style) -> Set {
        let set = self.typesetter.set(text, style.face, self.room.glyphs);
        self.room.glyphs = if set.cut { 0 } else { self.room.glyphs.saturating_sub(set.glyphs.len()) };
        set
    }

    /// The glyphs of a text that is measured and not placed.
    pub(super) fn measured(&mut self, text: &str, style: Style) -> Set {
        self.typesetter.set(text, style.face, usize::MAX)
    }

    pub(super) fn line(&mut self, line: Line, style: Style, column: Column) {
        self.need(style.leading);
        let shift = if line.from_right { column.width - style.width(&line) } else { 0 };
        self.place(line.glyphs, style, column.x + shift.max(0), self.y + style.ascent());
        self.y += style.leading;
        self.joints.push(self.y);
    }

    /// Lines of which the first two and the last two stand on the same page.
    pub(super) fn lines(&mut self, lines: Vec<Line>, style: Style, column: Column) {
        let count = lines.len();
        for (at, line) in lines.into_iter().enumerate() {
            if self.is_full() {
                return;
            }
            let together = match count - at {
                _ if at == 0 && count <= 3 => count,
                2 => 2,
                _ if at == 0 => 2,
                _ => 1,
            };
            self.need(style.leading * Tenths::try_from(together).unwrap_or(1));
            self.line(line, style, column);
        }
    }

    /// A text of one paragraph, whose line breaks count as spaces.
    pub(super) fn value(&mut self, text: &str, style: Style, column: Column) {
        let lines = self.broken(text, style, column.width);
        self.lines(lines, style, column);
    }

    pub(super) fn broken(&mut self, text: &str, style: Style, width: Tenths) -> Vec<Line> {
        let set = self.set(text, style);
        lines(&set, style.measure(width)).collect()
    }

    /// The first line of a text, with an ellipsis when there is more.
    fn first_line(&mut self, text: &str, style: Style, width: Tenths) -> Line {
        let set = self.set(text, style);
        let mut all = lines(&set, style.measure(width));
        let first = all.next().unwrap_or_default();
        if all.next().is_none() {
            return first;
        }
        let ellipsis = self.set(" …", style);
        let ellipsis = lines(&ellipsis, i32::MAX).next().unwrap_or_default();
        let mut first = lines(&set, style.measure(width - style.width(&ellipsis))).next().unwrap_or_default();
        first.width += ellipsis.width;
        let at = if first.from_right { 0 } else { first.glyphs.len() };
        first.glyphs.splice(at..at, ellipsis.glyphs);
        first
    }

    fn place(&mut self, glyphs: Vec<Glyph>, style: Style, x: Tenths, baseline: Tenths) {
        if !glyphs.is_empty() {
            let element = Some(self.structure.current());
            self.page().runs.push(Run { element, x, baseline, size: style.size, ink: style.ink, glyphs });
        }
    }

    /// A label on the baseline of the line that comes next, beside it.
    pub(super) fn label(&mut self, text: &str, label: Style, column: Column, beside: Style) {
        self.need(beside.leading);
        let line = self.first_line(text, label, column.width);
        self.place(line.glyphs, label, column.x, self.y + beside.ascent());
    }

    pub(super) fn picture(&mut self, picture: usize, (width, height): (Tenths, Tenths), column: Column) {
        self.need(height);
        let (element, top) = (self.structure.current(), self.y);
        self.page().pictures.push(Placed { element, picture, x: column.x, top, width, height });
        self.y += height;
        self.joints.push(self.y);
    }

    pub(super) fn describe(&mut self, alternative: &str) {
        self.structure.describe(alternative);
    }

    pub(super) fn bookmark(&mut self, title: &str) {
        let (page, top) = (self.pages.len() - 1, self.y);
        self.bookmarks.push(Bookmark { title: title.to_owned(), page, top });
    }

    /// The level that a heading gets: as wanted, but never more than one below the heading before it.
    pub(super) fn heading_level(&mut self, wanted: u8) -> u8 {
        self.structure.heading_level(wanted)
    }

    /// A hairline, except at the top of a page, where there is one already.
    pub(super) fn rule(&mut self, ink: Ink, column: Column) {
        let top = self.y;
        if top > self.top() {
            self.page().fills.push(Fill { x: column.x, top, width: column.width, height: 5, ink });
        }
    }

    pub(super) fn ground(&mut self, ink: Ink, column: Column, height: Tenths) {
        let top = self.y;
        self.page().fills.push(Fill { x: column.x, top, width: column.width, height, ink });
    }

    /// A bar to the left of what is placed meanwhile, on all the pages that it comes to stand on.
    pub(super) fn barred(&mut self, ink: Ink, column: Column, width: Tenths, place: impl FnOnce(&mut Self)) {
        let (first, from) = (self.pages.len() - 1, self.y);
        place(self);
        for at in first..self.pages.len() {
            let top = if at == first { from } else { self.top() };
            let end = self.ends.get(at).copied().unwrap_or(self.y);
            if end > top {
                self.pages[at].fills.push(Fill { x: column.x, top, width, height: end - top, ink });
            }
        }
    }

    /// Labels with a value each, side by side on a panel.
    pub(super) fn facts(&mut self, facts: &[(&str, String, Style, Column)], label: Style, padding: Tenths) {
        let tallest = facts.iter().map(|fact| fact.2.leading).max().unwrap_or(0);
        let height = label.leading + tallest + 2 * padding;
        self.need(height);
        let top = self.y;
        self.ground(Ink::Panel, MARGIN, height);
        self.y += padding;
        let of_labels = self.y + label.ascent();
        let of_values = self.y + label.leading + facts.iter().map(|fact| fact.2.ascent()).max().unwrap_or(0);
        for (name, value, style, column) in facts {
            self.within(Role::Paragraph, |flow| {
                let name = flow.first_line(name, label, column.width);
                flow.place(name.glyphs, label, column.x, of_labels);
                let value = flow.first_line(value, *style, column.width);
                flow.place(value.glyphs, *style, column.x, of_values);
            });
        }
        self.y = top + height;
    }

    /// Texts on a coloured ground with a bar at the left edge, kept on one page when they fit on one.
    pub(super) fn panel(&mut self, texts: &[(&str, Style)], bar: Ink, ground: Ink, padding: Tenths) {
        let column = Column { x: MARGIN.x + 120, width: MARGIN.width - 240 };
        let galley = self.aside(|flow| {
            for (text, style) in texts {
                flow.within(Role::Paragraph, |flow| flow.value(text, *style, column));
            }
        });
        let height = galley.height + 2 * padding;
        if height <= BOTTOM - TOP {
            self.need(height);
            self.ground(ground, MARGIN, height);
        }
        self.barred(bar, MARGIN, 25, |flow| {
            flow.y += padding;
            flow.side_by_side(vec![galley]);
            flow.y += padding;
        });
    }

    /// Sets something without placing it on a page.
    pub(super) fn aside(&mut self, place: impl FnOnce(&mut Self)) -> Galley {
        let pages = std::mem::replace(&mut self.pages, vec![Page::default()]);
        let ends = std::mem::take(&mut self.ends);
        let joints = std::mem::take(&mut self.joints);
        let (y, bottom) = (std::mem::replace(&mut self.y, 0), std::mem::replace(&mut self.bottom, Tenths::MAX / 4));
        place(self);
        let page = std::mem::replace(&mut self.pages, pages).pop().unwrap_or_default();
        let height = std::mem::replace(&mut self.y, y);
        let joints = std::mem::replace(&mut self.joints, joints);
        (self.ends, self.bottom) = (ends, bottom);
        Galley { page, height, joints }
    }

    /// Galleys beside each other, on one page if they fit on one, else cut where they may be.
    pub(super) fn side_by_side(&mut self, galleys: Vec<Galley>) {
        let mut rest: Vec<(Galley, Tenths)> = galleys.into_iter().map(|galley| (galley, 0)).collect();
        let tallest = rest.iter().map(|(galley, _)| galley.height).max().unwrap_or(0);
        if tallest <= self.bottom - self.top() {
            self.need(tallest);
        }
        loop {
            let left = rest.iter().map(|(galley, done)| galley.height - done).max().unwrap_or(0);
            if left <= self.left() {
                self.cut(&mut rest, Tenths::MAX / 2);
                self.y += left;
                self.joints.push(self.y);
                return;
            }
            let room = self.left().max(0);
            let fresh = self.y <= self.top();
            let placed = self.cut(&mut rest, room);
            self.y += placed;
            if placed == 0 && fresh {
                // Taller than a page and not to be cut: what stands below the edge could never be placed.
                return;
            }
            if self.is_full() {
                return;
            }
            self.turn();
        }
    }

    /// Places as much of each as goes into a height; how much of it was used.
    fn cut(&mut self, rest: &mut [(Galley, Tenths)], room: Tenths) -> Tenths {
        let y = self.y;
        let mut used = 0;
        for (galley, done) in rest {
            let from = *done;
            let limit = from.saturating_add(room);
            let to = if galley.height <= limit {
                galley.height
            } else {
                galley.joints.iter().copied().filter(|&joint| joint <= limit).max().unwrap_or(from).max(from)
            };
            *done = to;
            used = used.max(to - from);
            let whole = room > PAGE_HEIGHT;
            let inside = |at: Tenths| at >= from && (at < to || whole);
            let page = self.pages.last_mut().expect("a flow starts with a page");
            for run in galley.page.runs.extract_if(.., |run| inside(run.baseline)) {
                page.runs.push(Run { baseline: run.baseline - from + y, ..run });
            }
            for placed in galley.page.pictures.extract_if(.., |placed| inside(placed.top)) {
                page.pictures.push(Placed { top: placed.top - from + y, ..placed });
            }
            for fill in &galley.page.fills {
                let (top, end) = (fill.top.max(from), (fill.top + fill.height).min(to));
                if end > top {
                    page.fills.push(Fill { top: top - from + y, height: end - top, ..*fill });
                }
            }
        }
        used
    }

    /// The pages, each with its header and its number. The left of the first page's header is its own.
    pub(super) fn finish(mut self, first: &str, left: &str, right: &str, style: Style) -> Laid {
        let mut pages = std::mem::take(&mut self.pages);
        let total = pages.len();
        let number = self.first_line(right, style, MARGIN.width / 2);
        let number_width = style.width(&number);
        let left_width = MARGIN.width - number_width - 200;
        let [first, left] = [first, left].map(|text| self.first_line(text, style, left_width));
        let (x, width) = (MARGIN.x, MARGIN.width);
        for (at, page) in (1..).zip(&mut pages) {
            let run = |line: Line, x, baseline| Run {
                element: None,
                x,
                baseline,
                size: style.size,
                ink: style.ink,
                glyphs: line.glyphs,
            };
            let end = x + width;
            let header = [
                run(if at == 1 { first.clone() } else { left.clone() }, x, HEADER_BASELINE),
                run(number.clone(), end - number_width, HEADER_BASELINE),
            ];
            page.runs.splice(0..0, header);
            page.fills.push(Fill { x, top: HEADER_BASELINE + 70, width, height: 5, ink: Ink::Rule });
            let place = self.first_line(&format!("sida {at} av {total}"), style, width);
            let x = end - style.width(&place);
            page.runs.push(run(place, x, FOOTER_BASELINE));
        }
        Laid { pages, structure: self.structure, texts: self.typesetter.into_texts(), bookmarks: self.bookmarks }
    }
}
