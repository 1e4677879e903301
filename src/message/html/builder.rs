//! From a browser's tokens to blocks.

use super::frames::{Frames, Kind};
use super::hiding::{Hidden, compact, too_small};
use super::tokens::{Tag, Token};
use super::{Dropped, Inline, Page};
use crate::message::block::{Block, Origin};
use crate::message::{charset, transfer};

/// Longer links are cut: trackers write whole letters into theirs.
const MAX_LINK: usize = 300;
/// Elements within elements that are kept track of.
const MAX_OPEN: usize = 300;
/// Images in the document itself.
const MAX_IMAGES: usize = 50;

/// How white space in text is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Folded,
    /// Line ends count (`white-space: pre-wrap`).
    Lines,
    /// As it stands (`<pre>`).
    Kept,
}

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
}

pub struct Builder {
    frames: Frames,
    open: Vec<Open>,
    /// What is being written: lines, the last of which may be open.
    text: String,
    /// A space is due before the next word.
    space_due: bool,
    style: Style,
    /// So many open elements hide what is in them.
    hidden: usize,
    /// Hidden text that has been counted, until something is shown again.
    counted: bool,
    hides: Hidden,
    /// Whether anything is to be hidden at all.
    obeys: bool,
    /// Where the open link's text begins, and where it leads.
    link: Option<(usize, String)>,
    dropped: Dropped,
    images: Vec<Inline>,
}

impl Builder {
    pub fn new(obeys: bool) -> Self {
        Self {
            frames: Frames::new(),
            open: Vec::new(),
            text: String::new(),
            space_due: false,
            style: Style { space: Space::Folded, heading: None, tiny: false },
            hidden: 0,
            counted: false,
            hides: Hidden::default(),
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
            Token::Start(tag) => self.start(&tag.name, &tag),
            Token::End(name) => self.end(&name),
            Token::Text(text) => self.characters(&text),
            Token::Raw(tag, content) => self.raw(&tag, &content),
            Token::Cut(text) if self.obeys => self.hide(text),
            Token::Cut(text) => self.characters(text),
        }
    }

    /// An element whose content is no markup.
    fn raw(&mut self, tag: &Tag<'_>, content: &str) {
        self.count(&tag.name, tag);
        match &*tag.name {
            "script" => self.dropped.scripts += 1,
            "style" => {
                self.hides.add_sheet(content);
                self.dropped.remote += u32::from(content.contains("url(http"));
            }
            "textarea" | "xmp" => {
                let before = std::mem::replace(&mut self.style.space, Space::Lines);
                self.characters(content);
                self.style.space = before;
            }
            // The title.
            _ => {}
        }
    }

    fn start(&mut self, name: &str, tag: &Tag<'_>) {
        self.count(name, tag);
        self.close_implied(name);
        match name {
            "br" => self.line_break(),
            "img" => self.image(tag),
            "hr" => {
                self.paragraph();
                if self.hidden == 0 {
                    self.frames.push(Block::Rule);
                }
            }
            "input" | "meta" | "link" | "base" | "col" | "area" | "wbr" | "embed" | "source" | "track" | "param" => {}
            _ => self.enter(name, tag),
        }
    }

    /// An element that can hold others.
    fn enter(&mut self, name: &str, tag: &Tag<'_>) {
        let style = tag.attribute("style").map(compact).unwrap_or_default();
        let kind = match name {
            "blockquote" => Some(Kind::Quote(quote_origin(tag))),
            "ul" | "menu" | "dir" => Some(Kind::List { first: None, items: Vec::new() }),
            "ol" => {
                let first = tag.attribute("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
                Some(Kind::List { first: Some(first), items: Vec::new() })
            }
            "li" => Some(Kind::Item),
            "table" => {
                let arranges =
                    tag.attribute("role").is_some_and(|role| matches!(role.trim(), "presentation" | "none"));
                Some(Kind::Table { rows: Vec::new(), arranges })
            }
            "tr" => Some(Kind::Row(Vec::new())),
            "td" | "th" => Some(Kind::Cell { header: name == "th" }),
            _ => None,
        };
        let kind = kind.filter(|kind| self.frames.takes(kind));
        let heading =
            name.strip_prefix('h').and_then(|level| level.parse().ok()).filter(|level| (1..=6).contains(level));
        let hides = self.obeys && (self.hides.hides(tag) || matches!(name, "svg" | "template"))
            || name == "select";
        match name {
            _ if hides => {}
            _ if kind.is_some() || heading.is_some() => self.paragraph(),
            "p" if is_line(tag, &style) => self.new_line(),
            "p" | "pre" | "dl" | "caption" | "figure" => self.paragraph(),
            "td" | "th" => self.space_due = true,
            _ if is_block(name) => self.new_line(),
            _ => {}
        }
        if name == "a" {
            self.close_link();
            let target = tag.attribute("href").unwrap_or_default().trim();
            self.link = Some((self.text.len(), target[..target.floor_char_boundary(MAX_LINK)].to_owned()));
        }
        if self.open.len() >= MAX_OPEN {
            return;
        }
        self.hidden += usize::from(hides);
        // What stands in a field has been counted as the field.
        self.counted |= name == "select";
        let frame = self.hidden == 0 && kind.is_some_and(|kind| self.open_frame(kind));
        let line = name == "p" && is_line(tag, &style);
        self.open.push(Open { frame, hides, line, ..self.opened(name) });
        self.style.heading = heading.or(self.style.heading);
        if name == "pre" {
            self.style.space = Space::Kept;
        } else if style.contains("white-space:pre") {
            self.style.space = Space::Lines;
        } else if style.contains("white-space:n") {
            self.style.space = Space::Folded;
        }
        if let Some(tiny) = too_small(&style) {
            self.style.tiny = tiny;
        }
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

    /// What HTML closes by itself before this element starts (HTML §13.1.2.4).
    fn close_implied(&mut self, name: &str) {
        let (closed, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu", "dir", "td", "th", "blockquote"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "td", "th"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "tbody" | "thead" | "tfoot" => (&["tr", "thead", "tbody", "tfoot"], &["table"]),
            "option" => (&["option"], &["select"]),
            _ if name == "p" || is_block(name) => {
                (&["p"], &["td", "th", "li", "blockquote", "div", "table", "ul", "ol"])
            }
            _ => return,
        };
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
                "p" if open.line => self.line_break(),
                "p" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "caption" | "figure" => self.paragraph(),
                _ if open.frame => self.paragraph(),
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
        if self.hidden > 0 || self.style.tiny && self.obeys {
            self.hide(text);
        } else {
            self.text(text);
        }
    }

    fn hide(&mut self, text: &str) {
        if !self.counted && text.contains(|c: char| c.is_alphanumeric()) {
            self.dropped.hidden += 1;
            self.counted = true;
        }
    }

    fn text(&mut self, text: &str) {
        self.counted = false;
        match self.style.space {
            Space::Kept => self.text.push_str(text),
            Space::Folded => self.words(text),
            Space::Lines => {
                for (at, line) in text.split('\n').enumerate() {
                    if at > 0 {
                        self.line_break();
                    }
                    self.words(line);
                }
            }
        }
    }

    fn words(&mut self, text: &str) {
        let is_space = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}');
        for (at, word) in text.split(is_space).enumerate() {
            self.space_due |= at > 0;
            if !word.is_empty() {
                if self.space_due && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
                    self.text.push(' ');
                }
                self.space_due = false;
                // Text is laid out anew, so a no-break space is a space.
                self.text.extend(word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
            }
        }
    }

    /// Ends the line that is open, if any.
    fn new_line(&mut self) {
        if self.hidden > 0 {
            return;
        }
        self.space_due = false;
        if !self.text.is_empty() && !self.text.trim_end_matches(' ').ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// `<br>`: ends a line, and a paragraph where the line is blank.
    fn line_break(&mut self) {
        if self.hidden > 0 {
            return;
        }
        if self.style.space == Space::Kept {
            self.text.push('\n');
            return;
        }
        if self.text.trim_end_matches(' ').ends_with('\n') {
            self.paragraph();
        } else {
            self.new_line();
        }
    }

    /// Ends the paragraph that is open, if any.
    fn paragraph(&mut self) {
        if self.hidden > 0 {
            return;
        }
        self.space_due = false;
        if self.link.as_ref().is_some_and(|(from, _)| *from < self.text.len()) {
            self.close_link();
        } else if let Some((from, _)) = &mut self.link {
            *from = 0;
        }
        let text = charset::lines(&std::mem::take(&mut self.text));
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

    /// Writes where a link leads unless its text says so already.
    fn close_link(&mut self) {
        let Some((from, target)) = self.link.take() else { return };
        let shown = self.text.get(from..).unwrap_or_default().trim();
        let bare = target.trim_start_matches("mailto:").trim_start_matches("tel:");
        let leads_out = ["http:", "https:", "mailto:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
        if leads_out && self.hidden == 0 && !shown.is_empty() && !shown.contains(bare.trim_end_matches('/')) {
            self.text.truncate(self.text.trim_end().len());
            self.text.extend([" <", bare, ">"]);
        }
    }

    fn image(&mut self, tag: &Tag<'_>) {
        let source = tag.attribute("src").unwrap_or_default().trim();
        let alternative = tag.attribute("alt").unwrap_or_default().trim();
        if self.hidden > 0 {
            return;
        }
        let content_id = if let Some(id) = source.strip_prefix("cid:") {
            Some(id.trim_matches(['<', '>']).to_owned())
        } else {
            self.inline_image(source)
        };
        if let Some(content_id) = content_id {
            self.paragraph();
            self.frames.push(Block::Image { content_id, alternative: charset::one_line(alternative).into_owned() });
        } else if !alternative.is_empty() {
            self.text(&format!("[{alternative}]"));
        }
    }

    /// `data:image/png;base64,…` (RFC 2397): an image that came along in the text.
    fn inline_image(&mut self, source: &str) -> Option<String> {
        let (head, data) = source.strip_prefix("data:")?.split_once(',')?;
        let media_type = head.strip_suffix(";base64")?.to_lowercase();
        let content = transfer::base64(data.as_bytes());
        if self.images.len() >= MAX_IMAGES || !media_type.starts_with("image/") || content.is_empty() {
            return None;
        }
        let content_id = format!("data-{}", self.images.len() + 1);
        self.images.push(Inline { content_id: content_id.clone(), media_type, content });
        Some(content_id)
    }

    /// Counts what is not shown of an element.
    fn count(&mut self, name: &str, tag: &Tag<'_>) {
        let mut fetched = false;
        for (key, value) in &tag.attributes {
            match &**key {
                "src" | "background" | "poster" | "data" => fetched |= is_remote(value),
                "href" if name == "link" => fetched |= is_remote(value),
                "style" => {
                    fetched |= ["url(http", "url('http", "url(\"http"].iter().any(|start| value.contains(start));
                }
                "href" | "action" if value.trim_start().to_lowercase().starts_with("javascript:") => {
                    self.dropped.scripts += 1;
                }
                key if key.starts_with("on") => self.dropped.scripts += 1,
                _ => {}
            }
        }
        if fetched && name == "img" && is_unseen(tag) {
            self.dropped.trackers += 1;
        } else if fetched {
            self.dropped.remote += 1;
        }
        let is_hidden_field = || tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
        let is_control = matches!(name, "select" | "textarea" | "button") || name == "input" && !is_hidden_field();
        self.dropped.forms += u32::from(is_control);
    }
}

fn is_remote(url: &str) -> bool {
    let url = url.trim_start();
    ["http:", "https:", "ftp:", "//"]
        .iter()
        .any(|start| url.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// An image that only its owner sees, when it is fetched.
fn is_unseen(tag: &Tag<'_>) -> bool {
    let is_small =
        |key| tag.attribute(key).and_then(|size| size.trim().parse::<u32>().ok()).is_some_and(|size| size <= 3);
    is_small("width") && is_small("height")
        || tag.attribute("style").map(compact).is_some_and(|style| style.contains("display:none"))
}

/// Elements that begin and end a line.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "tr"
            | "li"
            | "dt"
            | "dd"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "address"
            | "center"
            | "form"
            | "fieldset"
            | "legend"
            | "body"
            | "html"
            | "p"
            | "dl"
            | "ul"
            | "ol"
            | "table"
            | "blockquote"
            | "pre"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "aside"
            | "nav"
            | "figure"
            | "figcaption"
            | "details"
            | "summary"
            | "menu"
            | "dir"
            | "caption"
            | "hr"
            | "option"
    )
}

/// Outlook makes a paragraph of every line and sets the space between them to nothing.
fn is_line(tag: &Tag<'_>, style: &str) -> bool {
    tag.attribute("class").is_some_and(|class| class.contains("Mso"))
        || ["margin:0", "margin-bottom:0"].iter().any(|margin| style.contains(margin))
}

fn quote_origin(tag: &Tag<'_>) -> Origin {
    let says = |name, value: &str| tag.attribute(name).is_some_and(|text| text.to_lowercase().contains(value));
    if says("type", "cite") || says("class", "quote") || tag.attribute("cite").is_some() {
        Origin::History
    } else {
        Origin::SetOff
    }
}

/// Only white space and marks without width, with which newsletters fill up what a list of messages shows.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_filler(c))
}

fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2007}' | '\u{2060}' | '\u{feff}')
}

/// Without blank lines, spaces at the ends of lines, and filling.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_matches(|c: char| c == ' ' || c == '\u{feff}' || c == '\u{34f}'));
    lines.filter(|line| !is_blank(line)).collect::<Vec<_>>().join("\n")
}
