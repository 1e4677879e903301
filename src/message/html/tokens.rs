//! HTML as a row of tokens: tags, and the text between them (HTML §13.2.5).
//!
//! A browser's tokenizer lets what never ends take the rest of the document with it, and compares each attribute with all
//! before it. This one reads what is well formed as a browser does, goes forward only, and loses nothing: what has no end
//! is text, or ends where a writer must have meant it to.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};

use super::references::{Within, decode};

/// No letter gives an element more attributes; what follows in the tag is passed over.
const MAX_ATTRIBUTES: usize = 1_000;

#[derive(Debug, PartialEq, Eq)]
pub enum Token<'h> {
    Start(Tag<'h>),
    /// The element's name.
    End(Cow<'h, str>),
    Text(Cow<'h, str>),
    /// An element whose content is no markup, and its content. Its end follows.
    Raw(Tag<'h>, Cow<'h, str>),
    /// What was cut away with something that never ends.
    Cut(&'h str),
}

/// A start tag. Names are in lower case.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag<'h> {
    pub name: Cow<'h, str>,
    pub attributes: Vec<(Cow<'h, str>, Cow<'h, str>)>,
    pub self_closing: bool,
}

impl Tag<'_> {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

pub struct Tokens<'h> {
    html: &'h str,
    at: usize,
    tag_end: Ahead,
    comment_end: Ahead,
    cdata_end: Ahead,
    double_quote: Ahead,
    single_quote: Ahead,
    raw_ends: [(&'static str, Ahead); 5],
}

impl<'h> Tokens<'h> {
    pub fn of(html: &'h str) -> Self {
        Self {
            html,
            at: 0,
            tag_end: Ahead::of(|html, from| memchr(b'>', &html.as_bytes()[from..])),
            comment_end: Ahead::of(|html, from| comment_end(&html[from..])),
            cdata_end: Ahead::of(|html, from| memmem::find(&html.as_bytes()[from..], b"]]>")),
            double_quote: Ahead::of(|html, from| memchr(b'"', &html.as_bytes()[from..])),
            single_quote: Ahead::of(|html, from| memchr(b'\'', &html.as_bytes()[from..])),
            raw_ends: [
                ("script", Ahead::of(|html, from| raw_end(&html[from..], "script"))),
                ("style", Ahead::of(|html, from| raw_end(&html[from..], "style"))),
                ("title", Ahead::of(|html, from| raw_end(&html[from..], "title"))),
                ("textarea", Ahead::of(|html, from| raw_end(&html[from..], "textarea"))),
                ("xmp", Ahead::of(|html, from| raw_end(&html[from..], "xmp"))),
            ],
        }
    }

    /// Takes everything up to a place.
    fn to(&mut self, end: usize) -> &'h str {
        let taken = &self.html[self.at..end];
        self.at = end;
        taken
    }

    fn text_to(&mut self, end: usize) -> Token<'h> {
        Token::Text(decode(self.to(end), Within::Text))
    }

    /// What begins with the `<` that is next. `None` passed over something that says nothing.
    fn markup(&mut self) -> Option<Token<'h>> {
        let rest = &self.html[self.at..];
        let begins = |start: &str| rest.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        if begins("<!--") {
            self.comment()
        } else if begins("<![CDATA[") {
            self.at += "<![CDATA[".len();
            // Without its end it is only a mark that says nothing.
            let end = self.cdata_end.find(self.html, self.at)?;
            let text = self.to(end);
            self.at += "]]>".len();
            Some(Token::Text(Cow::Borrowed(text)))
        } else if begins("<!") || begins("<?") || begins("</>") {
            self.declaration()
        } else if opens_tag(rest) {
            Some(self.tag())
        } else {
            Some(self.until_next(1))
        }
    }

    /// Text up to the next `<`, the first of which is looked for after so many bytes.
    fn until_next(&mut self, skipped: usize) -> Token<'h> {
        let from = self.at + skipped;
        let end = memchr(b'<', &self.html.as_bytes()[from..]).map_or(self.html.len(), |at| from + at);
        self.text_to(end)
    }

    fn comment(&mut self) -> Option<Token<'h>> {
        let rest = &self.html[self.at + "<!--".len()..];
        if let Some(empty) = ["->", ">"].into_iter().find(|end| rest.starts_with(end)) {
            self.at += "<!--".len() + empty.len();
            return None;
        }
        self.at += "<!--".len();
        if let Some(dashes) = self.comment_end.find(self.html, self.at) {
            self.at = memchr(b'>', &self.html.as_bytes()[dashes..]).map_or(self.html.len(), |at| dashes + at + 1);
            return None;
        }
        let end = memchr3(b'<', b'>', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let cut = self.to(self.at + end);
        self.at += usize::from(self.html[self.at..].starts_with('>'));
        Some(Token::Cut(cut))
    }

    /// `<!doctype …>`, `<![if …]>`, `<?xml …?>`, and the rest that browsers take for a comment.
    fn declaration(&mut self) -> Option<Token<'h>> {
        let from = self.at + 1;
        match memchr2(b'<', b'>', &self.html.as_bytes()[from..]) {
            Some(end) if self.html.as_bytes()[from + end] == b'>' => {
                self.at = from + end + 1;
                None
            }
            // It does not end before something else begins.
            _ => Some(self.until_next(1)),
        }
    }

    fn tag(&mut self) -> Token<'h> {
        let ends = self.html[self.at..].starts_with("</");
        let (tag, end) = match self.read_tag(self.at + 1 + usize::from(ends)) {
            Ok(read) => read,
            Err(end) => return self.text_to(end),
        };
        self.at = end;
        if ends {
            return Token::End(tag.name);
        }
        let Some((name, raw_end)) = self.raw_ends.iter_mut().find(|(name, _)| *name == tag.name) else {
            return Token::Start(tag);
        };
        if tag.self_closing {
            // XHTML: it is empty. A browser waits for its end.
            return Token::Raw(tag, Cow::Borrowed(""));
        }
        let Some(end) = raw_end.find(self.html, self.at) else { return self.endless(tag) };
        let decoded = matches!(*name, "title" | "textarea");
        let content = self.to(end);
        Token::Raw(tag, if decoded { decode(content, Within::Text) } else { Cow::Borrowed(content) })
    }

    /// An element without its end tag, whose content is no markup: it ends before the next tag, or with its first line.
    fn endless(&mut self, tag: Tag<'h>) -> Token<'h> {
        if matches!(&*tag.name, "textarea" | "xmp") {
            return Token::Start(tag);
        }
        let rest = &self.html[self.at..];
        let next = memchr_iter(b'<', rest.as_bytes()).find(|&at| opens_tag(&rest[at..]));
        let blank = rest.len() - rest.trim_start().len();
        let line = memchr(b'\n', &rest.as_bytes()[blank..]).map_or(rest.len(), |at| blank + at);
        let end = if tag.name == "title" { next.unwrap_or(line).min(line) } else { next.unwrap_or(line) };
        Token::Cut(self.to(self.at + end))
    }

    /// The tag whose name begins here and where it ends, or else where the text goes on that only looks like one.
    fn read_tag(&mut self, name_at: usize) -> Result<(Tag<'h>, usize), usize> {
        let (html, bytes) = (self.html, self.html.as_bytes());
        if self.tag_end.find(html, name_at).is_none() {
            return Err(html.len());
        }
        // Up to one of these, all of which are ASCII.
        let until = |from: usize, stops: &[u8]| {
            bytes[from..]
                .iter()
                .position(|b| b.is_ascii_whitespace() || stops.contains(b))
                .map_or(html.len(), |at| from + at)
        };
        let after_space = |from: usize| {
            bytes[from..].iter().position(|b| !b.is_ascii_whitespace()).map_or(html.len(), |at| from + at)
        };
        let mut at = until(name_at, b"/><");
        let mut tag = Tag { name: lower(&html[name_at..at]), attributes: Vec::new(), self_closing: false };
        loop {
            at = after_space(at);
            match bytes.get(at) {
                None | Some(b'<') => return Err(at),
                Some(b'>') => return Ok((tag, at + 1)),
                Some(b'/') => {
                    at += 1;
                    tag.self_closing = bytes.get(at) == Some(&b'>');
                    continue;
                }
                Some(_) => {}
            }
            let key = at;
            at = until(at + 1, b"/>=<");
            let key = &html[key..at];
            let equals = after_space(at);
            let mut value = "";
            if bytes.get(equals) == Some(&b'=') {
                let from = after_space(equals + 1);
                (value, at) = if matches!(bytes.get(from), Some(b'"' | b'\'')) {
                    self.quoted(from).ok_or(html.len())?
                } else {
                    let end = until(from, b">");
                    (&html[from..end], end)
                };
            }
            if tag.attributes.len() < MAX_ATTRIBUTES {
                tag.attributes.push((lower(key), decode(value, Within::Attribute)));
            }
        }
    }

    /// What stands in the quotes that open here, and where they are closed. Where the closing one is missing, the next one
    /// opens something else, and the tag ends with its `>`.
    fn quoted(&mut self, open: usize) -> Option<(&'h str, usize)> {
        let (html, from) = (self.html, open + 1);
        let quotes = if html[open..].starts_with('"') { &mut self.double_quote } else { &mut self.single_quote };
        let close = quotes.find(html, from);
        let inside = close.map_or(&html[from..], |close| &html[from..close]);
        let closes = close.is_some_and(|close| {
            let goes_on = html[close + 1..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
            goes_on && !inside.trim_end().ends_with('=')
        });
        match (close, memchr(b'>', inside.as_bytes())) {
            (_, Some(end)) if !closes => Some((&inside[..end], from + end)),
            (Some(close), _) => Some((inside, close + 1)),
            (None, _) => None,
        }
    }
}

impl<'h> Iterator for Tokens<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Token<'h>> {
        while self.at < self.html.len() {
            if !self.html[self.at..].starts_with('<') {
                return Some(self.until_next(0));
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
        None
    }
}

/// Where something stands next. What has been looked through is not looked through again.
struct Ahead {
    look: fn(&str, usize) -> Option<usize>,
    from: usize,
    found: Option<usize>,
}

impl Ahead {
    /// `look` says how far from a place it is.
    fn of(look: fn(&str, usize) -> Option<usize>) -> Self {
        Self { look, from: usize::MAX, found: None }
    }

    fn find(&mut self, html: &str, from: usize) -> Option<usize> {
        if from < self.from || self.found.is_some_and(|found| found < from) {
            self.found = (self.look)(html, from).map(|at| from + at);
            self.from = from;
        }
        self.found
    }
}

/// Where the `--` of `-->` or `--!>` stands.
fn comment_end(html: &str) -> Option<usize> {
    memchr_iter(b'>', html.as_bytes())
        .find_map(|end| ["--!", "--"].into_iter().find(|dashes| html[..end].ends_with(dashes)).map(|it| end - it.len()))
}

fn raw_end(html: &str, name: &str) -> Option<usize> {
    memmem::find_iter(html.as_bytes(), "</").find(|at| {
        let after = &html.as_bytes()[at + 2..];
        after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && after.get(name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
    })
}

/// Whether it begins as a start tag or an end tag does.
fn opens_tag(html: &str) -> bool {
    let name = html.strip_prefix("</").or(html.strip_prefix('<'));
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
