//! What a style hides: as far as letters use it, which is inline styles and rules for one class or id. What shows
//! something is taken from any rule that may be meant, for in doubt it is shown.

use std::borrow::Cow;
use std::collections::HashMap;

use super::tokens::Tag;

/// So much of a style sheet is looked at.
const MAX_SHEET: usize = 200_000;

/// How an element is seen: by each property whether it is not, where a style says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look([Option<Said>; 7]);

#[derive(Clone, Copy, Debug)]
struct Said {
    unseen: bool,
    important: bool,
}

#[derive(Clone, Copy)]
enum Property {
    Display,
    Visibility,
    Opacity,
    MaxHeight,
    Overflow,
    Indent,
    Size,
}

impl Look {
    fn of(style: &str) -> Self {
        let mut look = Self::default();
        for (name, value, important) in declarations(style) {
            if let Some((property, unseen)) = means(&name, &value) {
                let mut said = Self::default();
                said.0[property as usize] = Some(Said { unseen, important });
                look = said.over(look);
            }
        }
        look
    }

    /// Both, where this one comes later or is nearer to the element (CSS Cascading §6.4).
    fn over(self, under: Self) -> Self {
        self.with(under, |this, under| if under.important && !this.important { under } else { this })
    }

    /// Both, of which neither stands above the other: one that shows it is enough.
    fn beside(self, other: Self) -> Self {
        self.with(other, |this, other| match (this.important, other.important) {
            (true, false) => this,
            (false, true) => other,
            (important, _) => Said { unseen: this.unseen && other.unseen, important },
        })
    }

    fn with(self, other: Self, choose: impl Fn(Said, Said) -> Said) -> Self {
        let mut both = self.0;
        for (one, other) in both.iter_mut().zip(other.0) {
            *one = match (*one, other) {
                (Some(this), Some(other)) => Some(choose(this, other)),
                (this, other) => this.or(other),
            };
        }
        Self(both)
    }

    fn only_what_shows(self) -> Self {
        Self(self.0.map(|said| said.filter(|said| !said.unseen)))
    }

    fn unseen(&self, property: Property) -> Option<bool> {
        self.0[property as usize].map(|said| said.unseen)
    }

    /// Whether all that stands in the element is hidden.
    pub fn hides(&self) -> bool {
        let has = |property| self.unseen(property) == Some(true);
        has(Property::Display)
            || has(Property::Opacity)
            || has(Property::Indent)
            || has(Property::MaxHeight) && has(Property::Overflow)
    }

    /// Whether text is not painted here, until an element within says otherwise.
    pub fn invisible(&self) -> Option<bool> {
        self.unseen(Property::Visibility)
    }

    /// Whether text is too small to be seen here, until an element within says otherwise.
    pub fn tiny(&self) -> Option<bool> {
        self.unseen(Property::Size)
    }
}

/// What the document's own style sheets say of classes (`.a`), ids (`#a`) and elements (`a`).
#[derive(Debug, Default)]
pub struct Sheets(HashMap<String, Look>);

impl Sheets {
    pub fn add(&mut self, sheet: &str) {
        let sheet = without_comments(&sheet[..sheet.floor_char_boundary(MAX_SHEET)]);
        self.rules(&sheet.replace("<!--", " ").replace("-->", " "), Media::All, true);
    }

    fn rules(&mut self, sheet: &str, media: Media, outermost: bool) {
        let mut rest = sheet;
        while let Some((before, after)) = rest.split_once('{') {
            // `@import …;` and what else stands alone ends before the rule.
            let selectors = before.rsplit([';', '}']).next().unwrap_or(before).trim();
            if selectors.starts_with('@') {
                let (group, after) = group(after);
                if let Some(media) = Media::of(selectors).filter(|_| outermost) {
                    self.rules(group, media, false);
                }
                rest = after;
                continue;
            }
            let (style, after) = after.split_once('}').unwrap_or((after, ""));
            rest = after;
            let look = Look::of(style);
            for selector in selectors.split(',') {
                self.rule(selector.trim(), look, media);
            }
        }
    }

    fn rule(&mut self, selector: &str, look: Look, media: Media) {
        let last = selector.rsplit([' ', '\n', '\t', '>', '+', '~']).next().unwrap_or(selector);
        let key = &last[last.rfind(['.', '#']).unwrap_or(0)..];
        let name = key.trim_start_matches(['.', '#']);
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            return;
        }
        let hides = media == Media::All && key == selector && key != name;
        let look = if hides { look } else { look.only_what_shows() };
        let (key, earlier) = (if key == name { key.to_lowercase() } else { key.to_owned() }, &mut self.0);
        let earlier = earlier.entry(key).or_default();
        *earlier = look.over(*earlier);
    }

    pub fn look(&self, tag: &Tag<'_>) -> Look {
        let inline = tag.attribute("style").map(Look::of).unwrap_or_default();
        let own = if tag.attribute("hidden").is_some() { Look::of("display:none") } else { Look::default() };
        if self.0.is_empty() {
            return inline.over(own);
        }
        let found = |key: &str| self.0.get(key).copied().unwrap_or_default();
        let classes = tag.attribute("class").unwrap_or_default().split_ascii_whitespace();
        let classes = classes.fold(Look::default(), |look, class| look.beside(found(&format!(".{class}"))));
        let id = tag.attribute("id").map(|id| found(&format!("#{}", id.trim()))).unwrap_or_default();
        inline.over(id.over(classes.over(found(&tag.name).over(own))))
    }
}

/// The media that rules are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    All,
    /// What only screens hide is there on paper.
    Screen,
}

impl Media {
    /// Rules for other media are passed over, and those for some screens only: a letter hides its wide form on telephones
    /// and its narrow form elsewhere.
    fn of(rule: &str) -> Option<Self> {
        let query = rule.to_lowercase();
        let kinds = || query.strip_prefix("@media").into_iter().flat_map(|kinds| kinds.split(',')).map(str::trim);
        if kinds().any(|kind| kind == "all") {
            return Some(Self::All);
        }
        kinds().any(|kind| matches!(kind, "screen" | "only screen")).then_some(Self::Screen)
    }
}

/// What stands in the block that an at-rule opened, and what follows it.
fn group(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

fn without_comments(style: &str) -> Cow<'_, str> {
    let Some((mut kept, mut rest)) = style.split_once("/*").map(|(head, rest)| (head.to_owned(), rest)) else {
        return Cow::Borrowed(style);
    };
    while let Some((_, after)) = rest.split_once("*/") {
        let (piece, comment) = after.split_once("/*").unwrap_or((after, ""));
        kept.push(' ');
        kept.push_str(piece);
        rest = comment;
    }
    Cow::Owned(kept)
}

/// Each property with its value, in lower case, and whether it is `!important`.
fn declarations(style: &str) -> impl Iterator<Item = (String, String, bool)> {
    let style = without_comments(style);
    let read = |one: &str| {
        let (name, value) = one.split_once(':')?;
        let value = value.to_lowercase();
        let (value, important) = match value.split_once('!') {
            Some((value, mark)) => (value.trim(), mark.trim() == "important"),
            None => (value.trim(), false),
        };
        Some((name.trim().to_lowercase(), value.to_owned(), important))
    };
    style.split(';').filter_map(read).collect::<Vec<_>>().into_iter()
}

/// What an element's own style says of a property.
pub fn declared(tag: &Tag<'_>, property: &str) -> Option<String> {
    declarations(tag.attribute("style")?).filter(|(name, ..)| name == property).last().map(|(_, value, _)| value)
}

/// What a declaration says of being seen.
fn means(name: &str, value: &str) -> Option<(Property, bool)> {
    let number = || number(value).map(|(number, _)| number);
    Some(match name {
        "display" => (Property::Display, value == "none"),
        "visibility" => (Property::Visibility, matches!(value, "hidden" | "collapse")),
        "opacity" => (Property::Opacity, number() == Some(0.0)),
        "max-height" => (Property::MaxHeight, number() == Some(0.0)),
        "overflow" => (Property::Overflow, matches!(value, "hidden" | "clip")),
        "text-indent" => (Property::Indent, number().is_some_and(|indent| indent <= -900.0)),
        "font-size" => (Property::Size, too_small(value)?),
        "font" => (Property::Size, too_small(font_size(value)?)?),
        _ => return None,
    })
}

/// A number and its unit.
fn number(value: &str) -> Option<(f32, &str)> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(value.len());
    Some((value[..end].parse().ok()?, &value[end..]))
}

/// Whether text of a size cannot be seen. `None` is the size of the element around.
fn too_small(size: &str) -> Option<bool> {
    match number(size) {
        Some((size, unit)) => Some(size == 0.0 || size <= 1.0 && matches!(unit, "px" | "pt")),
        None => (!matches!(size, "" | "inherit" | "unset")).then_some(false),
    }
}

/// The size in the shorthand: `bold 700 12px/14px Arial`.
fn font_size(font: &str) -> Option<&str> {
    let is_size = |word: &&str| match number(word) {
        Some((size, unit)) => size == 0.0 || !unit.is_empty(),
        None => {
            matches!(*word, "smaller" | "larger" | "medium") || ["small", "large"].iter().any(|end| word.ends_with(end))
        }
    };
    font.split_whitespace().filter_map(|word| word.split('/').next()).find(is_size)
}
