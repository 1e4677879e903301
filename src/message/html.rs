//! HTML as readable text. Nothing is fetched or run; scripts and styles are dropped, and links are written out.
//!
//! Only the tokenizer of a browser's parser is used and no tree is built, so that nesting costs nothing.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// More HTML than this is not read.
const MAX_BYTES: usize = 8_000_000;
/// Longer links are cut: trackers write whole letters into theirs.
const MAX_LINK: usize = 300;

pub fn to_text(html: &str) -> String {
    let tokenizer = Tokenizer::new(Writer::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&html[..html.floor_char_boundary(MAX_BYTES)]));
    // The sink never asks for a script to be run, so the whole input is taken at once.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().out
}

/// The charset that the document's own head declares (`<meta charset=…>`).
pub fn declared_charset(html: &[u8]) -> Option<&str> {
    let head = &html[..html.len().min(1024)];
    let at = head.windows(8).position(|window| window.eq_ignore_ascii_case(b"charset="))?;
    let value = &head[at + 8..];
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b))).unwrap_or(value.len());
    std::str::from_utf8(&value[..end]).ok().filter(|label| !label.is_empty())
}

#[derive(Default)]
struct Writer(RefCell<State>);

#[derive(Default)]
struct State {
    out: String,
    /// A space is due before the next word.
    space: bool,
    /// Within elements whose text is not shown.
    hidden: Option<String>,
    preformatted: usize,
    /// Where the open link's text begins, and where it leads.
    link: Option<(usize, String)>,
}

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return state.tag(&tag),
            Token::CharacterTokens(text) if state.hidden.is_none() => state.text(&text),
            Token::CharacterTokens(_)
            | Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let opens = tag.kind == TagKind::StartTag;
        if let Some(hidden) = &self.hidden {
            if !opens && hidden == name {
                self.hidden = None;
            }
            return TokenSinkResult::Continue;
        }
        match name {
            "script" | "style" | "title" | "template" | "xmp" | "iframe" | "noembed" | "noframes" if opens => {
                self.hidden = Some(name.to_owned());
                return match name {
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    "title" => TokenSinkResult::RawData(RawKind::Rcdata),
                    "template" => TokenSinkResult::Continue,
                    _ => TokenSinkResult::RawData(RawKind::Rawtext),
                };
            }
            "br" => self.line(1),
            // Outlook makes a paragraph of every line and sets the space between them to nothing.
            "p" if opens && attribute(tag, "class").is_some_and(|class| class.contains("Mso")) => self.new_line(),
            "p" if !opens => self.line(1),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "dl" | "table" | "hr" => {
                self.paragraph();
            }
            "pre" => {
                self.paragraph();
                self.preformatted = if opens { self.preformatted + 1 } else { self.preformatted.saturating_sub(1) };
            }
            "li" if opens => {
                self.new_line();
                self.out.push_str("• ");
            }
            "td" | "th" if opens => self.space = true,
            "div" | "tr" | "li" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main" | "address"
            | "center" | "form" | "fieldset" | "body" | "html" => self.new_line(),
            "img" if opens => {
                if let Some(alt) = attribute(tag, "alt").filter(|alt| !alt.trim().is_empty()) {
                    self.text(&format!("[{}]", alt.trim()));
                }
            }
            "a" if opens => {
                let target = attribute(tag, "href").unwrap_or_default().trim();
                self.link = Some((self.out.len(), target[..target.floor_char_boundary(MAX_LINK)].to_owned()));
            }
            "a" => self.close_link(),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            self.out.push_str(text);
            return;
        }
        let is_space = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}');
        for (at, word) in text.split(is_space).enumerate() {
            self.space |= at > 0;
            if !word.is_empty() {
                if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
                    self.out.push(' ');
                }
                self.space = false;
                // Text is laid out anew, so a no-break space is a space.
                self.out.extend(word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
            }
        }
    }

    /// Ends the line that is open, if any.
    fn new_line(&mut self) {
        self.space = false;
        self.out.truncate(self.out.trim_end_matches(' ').len());
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Ends a line as often as asked; never more than two blank lines in a row.
    fn line(&mut self, times: usize) {
        self.space = false;
        self.out.truncate(self.out.trim_end_matches(' ').len());
        for _ in 0..times {
            if !self.out.is_empty() && !self.out.ends_with("\n\n\n") {
                self.out.push('\n');
            }
        }
    }

    fn paragraph(&mut self) {
        self.new_line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Writes where a link leads unless its text says so already.
    fn close_link(&mut self) {
        let Some((from, target)) = self.link.take() else { return };
        let shown = self.out.get(from..).unwrap_or_default().trim();
        let bare = target.trim_start_matches("mailto:").trim_start_matches("tel:");
        let leads_out = ["http:", "https:", "mailto:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
        if leads_out && !shown.is_empty() && !shown.contains(bare.trim_end_matches('/')) {
            self.out.extend([" <", bare, ">"]);
        }
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}
