//! From tokens to blocks: keeps the open elements and what holds within them.

use super::dropped::{Dropped, fetches};
use super::elements::{closes, container, filled_in, heading, is_block, is_line, is_paragraph, is_void, stands_apart};
use super::frames::{Frames, Kind};
use super::images::{self, Inline, Source};
use super::lines::{Lines, Space, is_blank, tidy};
use super::style::{Sheets, declared};
use super::tokens::{Tag, Token};
use super::{Page, links};
use crate::message::block::Block;
use crate::message::charset;

/// Elements within elements that are kept track of.
const MAX_OPEN: usize = 300;

struct Open {
    name: String,
    /// It opened a container.
    frame: bool,
    hides: bool,
    /// A `<p>` that is one line of a paragraph.
    line: bool,
    /// What held before it, and holds again once it is closed.
    before: Style,
}

/// How text is taken where it stands.
#[derive(Clone, Copy)]
struct Style {
    space: Space,
    heading: Option<u8>,
    /// The font is too small to be seen.
    tiny: bool,
    /// Text is laid out but not painted.
    invisible: bool,
    /// Within a drawing, whose title is text.
    drawing: bool,
}

pub struct Builder {
    frames: Frames,
    open: Vec<Open>,
    /// What is being written: lines, the last of which may be open.
    lines: Lines,
    style: Style,
    /// So many open elements hide what is in them.
    hidden: usize,
    /// Hidden text that has been counted, until something is shown again.
    counted: bool,
    sheets: Sheets,
    /// Whether anything is to be hidden at all.
    obeys: bool,
    /// Where the open link leads. Its words are marked.
    link: Option<String>,
    dropped: Dropped,
    images: Vec<Inline>,
}

impl Builder {
    pub fn new(obeys: bool) -> Self {
        let style = Style { space: Space::Folded, heading: None, tiny: false, invisible: false, drawing: false };
        Self {
            frames: Frames::new(),
            open: Vec::new(),
            lines: Lines::default(),
            style,
            hidden: 0,
            counted: false,
            sheets: Sheets::default(),
            obeys,
            link: None,
            dropped: Dropped::default(),
            images: Vec::new(),
        }
    }

    pub fn finish(mut self) -> Page {
        self.close_link();
        self.paragraph();
        Page { blocks: self.frames.finish(), dropped: self.dropped, images: self.images, bounded: false }
    }

    pub fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Start(tag) => self.start(&tag),
            Token::End(name) => self.end(&name),
            Token::Text(text) => self.characters(&text),
            Token::Raw(tag, content) => self.raw(&tag, &content),
            Token::Cut(text) if self.obeys => self.hide(text),
            Token::Cut(text) => self.characters(text),
        }
    }

    /// An element whose content is no markup.
    fn raw(&mut self, tag: &Tag<'_>, content: &str) {
        self.dropped.count(tag);
        match &*tag.name {
            "script" => self.dropped.scripts += 1,
            "style" => {
                self.sheets.add(content);
                self.dropped.remote += u32::from(fetches(content));
            }
            "title" if !self.style.drawing => {}
            // A text of its own, with the lines it was written in.
            _ => {
                let (open, before) = (self.open.len(), self.style);
                self.enter(tag);
                self.style.space = Space::Lines;
                self.characters(content);
                self.close_from(open);
                self.style = before;
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let name = &*tag.name;
        self.dropped.count(tag);
        self.close_implied(name);
        match name {
            "br" => self.line_break(),
            "img" => self.image(tag),
            "input" => self.field(tag),
            "hr" => {
                self.paragraph();
                if self.hidden == 0 {
                    self.frames.push(Block::Rule);
                }
            }
            _ if is_void(name) => {}
            _ => self.enter(tag),
        }
    }

    /// An element that can hold others.
    fn enter(&mut self, tag: &Tag<'_>) {
        let name = &*tag.name;
        let kind = container(tag).filter(|kind| self.frames.takes(kind));
        let heading = heading(name);
        let look = self.sheets.look(tag);
        let unchosen = name == "option" && tag.attribute("selected").is_none();
        let hides = self.obeys && (look.hides() || name == "template") || unchosen;
        let line = is_line(tag);
        match name {
            _ if hides => {}
            _ if kind.is_some() || heading.is_some() => self.paragraph(),
            _ if is_paragraph(name) && !line => self.paragraph(),
            _ if stands_apart(name) => self.lines.space(),
            _ if is_block(name) => self.new_line(),
            _ => {}
        }
        if name == "a" {
            self.close_link();
            self.lines.set_mark();
            self.link = tag.attribute("href").and_then(links::target);
        }
        if self.open.len() >= MAX_OPEN {
            return;
        }
        self.hidden += usize::from(hides);
        // What could have been chosen has been counted as the field.
        self.counted |= unchosen;
        let frame = self.hidden == 0 && kind.is_some_and(|kind| self.open_frame(kind));
        self.open.push(Open { frame, hides, line, ..self.opened(name) });
        self.style.heading = heading.or(self.style.heading);
        self.style.drawing |= name == "svg";
        let own_size = name == "font" && tag.attribute("size").is_some();
        self.style.tiny = look.tiny().unwrap_or(self.style.tiny && !own_size);
        self.style.invisible = look.invisible().unwrap_or(self.style.invisible);
        self.style.space = match declared(tag, "white-space").as_deref() {
            _ if name == "pre" => Space::Kept,
            Some("pre" | "pre-wrap" | "pre-line" | "break-spaces") => Space::Lines,
            Some("normal" | "nowrap") => Space::Folded,
            _ => self.style.space,
        };
    }

    /// A cell that stands in a table without a row is put into one, and what stands in a list without an item too.
    fn open_frame(&mut self, kind: Kind) -> bool {
        let around = match (self.frames.innermost(), &kind) {
            (Kind::Table { .. }, Kind::Cell { .. }) => Some(("tr", Kind::Row(Vec::new()))),
            (Kind::List { .. }, Kind::Quote(_) | Kind::List { .. } | Kind::Table { .. }) => Some(("li", Kind::Item)),
            _ => None,
        };
        if let Some((name, around)) = around {
            let frame = self.frames.open(around);
            self.open.push(Open { frame, ..self.opened(name) });
        }
        self.frames.open(kind)
    }

    fn opened(&self, name: &str) -> Open {
        Open { name: name.to_owned(), frame: false, hides: false, line: false, before: self.style }
    }

    fn close_implied(&mut self, name: &str) {
        let Some((closed, within)) = closes(name) else { return };
        let from = self.open.iter().rposition(|open| within.contains(&open.name.as_str())).map_or(0, |at| at + 1);
        if let Some(at) = self.open[from..].iter().position(|open| closed.contains(&open.name.as_str())) {
            self.close_from(from + at);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "br" => return self.line_break(),
            "a" => self.close_link(),
            _ => {}
        }
        let is_cell = |open: &Open| open.frame && matches!(open.name.as_str(), "td" | "th");
        let of_tables = matches!(name, "table" | "tr" | "td" | "th" | "tbody" | "thead" | "tfoot");
        // What is closed in a cell was opened in it.
        let from = if of_tables { None } else { self.open.iter().rposition(is_cell) }.map_or(0, |at| at + 1);
        match self.open[from..].iter().rposition(|open| open.name == name) {
            Some(at) => self.close_from(from + at),
            // Deeper than is kept track of, or never opened.
            None if name == "p" => self.paragraph(),
            None if is_block(name) => self.new_line(),
            None => {}
        }
    }

    fn close_from(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(open) = self.open.pop() else { return };
            match open.name.as_str() {
                // One that said nothing was a blank line.
                _ if open.line => self.line_break(),
                name if open.frame || is_paragraph(name) || heading(name).is_some() => self.paragraph(),
                name if stands_apart(name) => self.lines.space(),
                name if is_block(name) => self.new_line(),
                _ => {}
            }
            if open.frame {
                self.frames.close();
            }
            self.hidden -= usize::from(open.hides);
            self.style = open.before;
        }
    }

    fn characters(&mut self, text: &str) {
        if self.hidden > 0 || self.obeys && (self.style.tiny || self.style.invisible) {
            self.hide(text);
        } else {
            self.show(text);
        }
    }

    /// Counts a text that is not shown.
    fn hide(&mut self, text: &str) {
        if !self.counted && text.contains(|c: char| c.is_alphanumeric()) {
            self.dropped.hidden += 1;
            self.counted = true;
        }
    }

    fn show(&mut self, text: &str) {
        self.counted = false;
        if self.style.space != Space::Lines {
            return self.lines.write(text, self.style.space);
        }
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.line_break();
            }
            self.lines.write(line, Space::Lines);
        }
    }

    /// Ends the line that is open, if any.
    fn new_line(&mut self) {
        if self.hidden == 0 {
            self.lines.end();
        }
    }

    /// `<br>`: ends a line, and a paragraph where the line is blank.
    fn line_break(&mut self) {
        if self.hidden > 0 {
            return;
        }
        if self.style.space == Space::Kept {
            self.lines.break_kept();
        } else if !self.lines.end() {
            self.paragraph();
        }
    }

    /// Ends the paragraph that is open, if any.
    fn paragraph(&mut self) {
        if self.hidden > 0 {
            return;
        }
        if !self.lines.marked().is_empty() {
            self.close_link();
        }
        let text = charset::lines(&self.lines.take());
        if is_blank(&text) {
            return;
        }
        let block = match (self.style.space, self.style.heading) {
            (Space::Kept, _) => Block::Preformatted(text.trim_end().trim_start_matches('\n').to_owned()),
            (_, Some(level)) => Block::Heading { level, text: tidy(&text).replace('\n', " ") },
            (_, None) => Block::Paragraph(tidy(&text)),
        };
        self.frames.push(block);
    }

    /// Writes where a link leads unless its words say so already.
    fn close_link(&mut self) {
        let Some(target) = self.link.take() else { return };
        let words = self.lines.marked();
        if !words.is_empty() && !links::says(words, &target) {
            self.lines.add(&[" <", &target, ">"]);
        }
    }

    fn image(&mut self, tag: &Tag<'_>) {
        let alternative = tag.attribute("alt").unwrap_or_default().trim();
        let source = Source::of(tag.attribute("src").unwrap_or_default());
        if self.hidden > 0 {
            let came_along = !matches!(source, Source::Elsewhere);
            return self.hide(if came_along { "image" } else { alternative });
        }
        let content_id = match source {
            Source::Attached(id) => Some(id.to_owned()),
            Source::Inline(data) => {
                let taken = images::take(data, &mut self.images);
                self.dropped.remote += u32::from(taken.is_none());
                taken
            }
            Source::Elsewhere => None,
        };
        if let Some(content_id) = content_id {
            self.paragraph();
            self.frames.push(Block::Image { content_id, alternative: charset::one_line(alternative).into_owned() });
        } else if !alternative.is_empty() {
            self.show(&format!("[{alternative}]"));
        }
    }

    fn field(&mut self, tag: &Tag<'_>) {
        let text = filled_in(tag);
        if self.obeys && self.sheets.look(tag).hides() {
            return self.hide(text);
        }
        self.lines.space();
        self.characters(text);
        self.lines.space();
    }
}
