//! Turns text into glyphs and glyphs into lines. Nothing is dropped in silence: what the typeface cannot show stands as
//! its code point, `[U+1F600]`.

use super::font::{Face, Millis};

/// A character that has found its glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) face: Face,
    pub(super) id: u16,
    /// To the next glyph. For a tab this is more than the glyph's own width.
    pub(super) advance: Millis,
    role: Role,
}

/// What a glyph means to the line it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Ink,
    /// May hang over the edge; the line may end here.
    Space,
    Tab,
    /// The line may end after it.
    Hyphen,
    /// The line may end after it in a word that is longer than a line, such as a web address.
    Joint,
}

/// Glyphs without width, such as combining marks, could go on for ever.
const MAX_GLYPHS_IN_LINE: usize = 400;

/// As in a terminal: eight columns, of the width of a space.
const TAB_COLUMNS: Millis = 8;

/// The lines of a text as its author broke it, whatever was used to break it.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split(is_line_break))
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The glyphs of one paragraph. A line break in it counts as a space.
pub(super) fn set(text: &str, face: Face) -> Vec<Glyph> {
    set_start(text, face, usize::MAX)
}

/// The glyphs of a paragraph until there are more than `enough`, which a code point may exceed by some.
pub(super) fn set_start(text: &str, face: Face, enough: usize) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len().min(enough));
    let mut before = ' ';
    for c in text.chars() {
        if glyphs.len() > enough {
            break;
        }
        if is_soft_break(c) {
            if let Some(glyph @ Glyph { role: Role::Ink, .. }) = glyphs.last_mut() {
                glyph.role = Role::Hyphen;
            }
        } else if !is_invisible(c) {
            let shown = match c {
                '\t' | '\n' => ' ',
                c if is_line_break(c) => ' ',
                c => c,
            };
            let found = if must_be_seen(shown) { None } else { find(shown, face) };
            match found {
                Some((face, id)) => {
                    let role = if c == '\t' { Role::Tab } else { role(shown, before) };
                    glyphs.push(Glyph { face, id, advance: face.advance(id), role });
                }
                None => push_code_point(&mut glyphs, shown, face),
            }
        }
        before = c;
    }
    glyphs
}

fn find(c: char, face: Face) -> Option<(Face, u16)> {
    face.glyph(c).map(|id| (face, id)).or_else(|| Face::Regular.glyph(c).map(|id| (Face::Regular, id)))
}

fn push_code_point(glyphs: &mut Vec<Glyph>, c: char, face: Face) {
    for letter in format!("[U+{:04X}]", u32::from(c)).chars() {
        let id = face.glyph(letter).expect("both faces have ASCII");
        let role = if letter == ']' { Role::Joint } else { Role::Ink };
        glyphs.push(Glyph { face, id, advance: face.advance(id), role });
    }
}

fn role(c: char, before: char) -> Role {
    match c {
        ' ' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}' | '\u{3000}' => Role::Space,
        // Not in "08-123" and "-5": numbers stay whole.
        '-' if before.is_alphabetic() => Role::Hyphen,
        '\u{2010}' | '\u{2013}' | '\u{2014}' => Role::Hyphen,
        '/' | '?' | '&' | '=' | '.' | '_' | '@' | ',' | ':' | ';' | '-' | '+' | '%' | '#' | '>' => Role::Joint,
        _ => Role::Ink,
    }
}

/// Zero width space and soft hyphen: invisible permissions to end the line.
const fn is_soft_break(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{ad}')
}

/// Control characters, and the overrides of direction, which make one file name read as another. The typeface has shapes
/// for some of them, but not for people.
fn must_be_seen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202d}' | '\u{202e}')
}

/// Characters without a shape of their own, harmless where they have no effect.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202c}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The lines of one paragraph within a width.
pub(super) struct Lines<'a> {
    rest: Option<&'a [Glyph]>,
    measure: u32,
}

/// Breaks a paragraph into lines of at most `measure` thousandths of the font size. An empty one is one empty line.
pub(super) fn lines(glyphs: &[Glyph], measure: u32) -> Lines<'_> {
    Lines { rest: Some(glyphs), measure }
}

impl Iterator for Lines<'_> {
    type Item = Vec<Glyph>;

    fn next(&mut self) -> Option<Vec<Glyph>> {
        let rest = self.rest?;
        let mut line: Vec<Glyph> = Vec::new();
        let mut width = 0;
        let mut end = rest.len();
        let (mut after_word, mut after_joint) = (None, None);
        for (at, &glyph) in rest.iter().enumerate() {
            let mut glyph = glyph;
            if glyph.role == Role::Tab {
                glyph.advance = to_tab_stop(width, glyph.advance);
            }
            width += u32::from(glyph.advance);
            let full = width > self.measure && !glyph.is_blank() || at == MAX_GLYPHS_IN_LINE;
            if full && at > 0 {
                end = after_word.or(after_joint.filter(|&joint| joint > at / 2)).unwrap_or(at);
                break;
            }
            line.push(glyph);
            match glyph.role {
                Role::Space | Role::Tab | Role::Hyphen => after_word = Some(at + 1),
                Role::Joint => after_joint = Some(at + 1),
                Role::Ink => {}
            }
        }
        line.truncate(end);
        line.truncate(line.iter().rposition(|glyph| !glyph.is_blank()).map_or(0, |last| last + 1));
        let next = rest.get(end..).unwrap_or_default();
        let next = &next[next.iter().position(|glyph| !glyph.is_blank()).unwrap_or(next.len())..];
        self.rest = (!next.is_empty()).then_some(next);
        Some(line)
    }
}

impl Glyph {
    const fn is_blank(self) -> bool {
        matches!(self.role, Role::Space | Role::Tab)
    }
}

/// How far it is from `width` to the next tab stop, at least a space.
fn to_tab_stop(width: u32, space: Millis) -> Millis {
    let stop = space.saturating_mul(TAB_COLUMNS).max(1);
    let past = Millis::try_from(width % u32::from(stop)).expect("a remainder is less than its divisor");
    let distance = stop - past;
    if distance < space { distance + stop } else { distance }
}

/// In thousandths of the font size.
pub(super) fn width(glyphs: &[Glyph]) -> u32 {
    glyphs.iter().map(|glyph| u32::from(glyph.advance)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, measure: u32) -> Vec<String> {
        let meaning = |glyph: &Glyph| glyph.face.meaning(glyph.id);
        lines(&set(text, Face::Regular), measure).map(|line| line.iter().filter_map(meaning).collect()).collect()
    }

    #[test]
    fn lines_end_at_words_and_inside_a_word_only_when_it_must() {
        // A digit is 572 thousandths wide here, a space 286.
        for (text, measure, expected) in [
            ("", 6000, &[""] as &[&str]),
            ("111 222 333", 6000, &["111 222 333"]),
            ("111 222 333", 5000, &["111 222", "333"]),
            ("111 222   333", 4000, &["111 222", "333"]),
            ("  111 222", 2900, &["  111", "222"]),
            ("1111111111", 3000, &["11111", "11111"]),
            ("ab-cd-ef", 2200, &["ab-", "cd-", "ef"]),
            ("070-1740605", 5000, &["070-17406", "05"]),
            ("11/22/33/44", 3000, &["11/22/", "33/44"]),
            ("1\u{200b}2\u{ad}3", 600, &["1", "2", "3"]),
            ("111", 1, &["1", "1", "1"]),
        ] {
            assert_eq!(broken(text, measure), expected, "{text:?} within {measure}");
        }
    }

    #[test]
    fn a_tab_reaches_the_next_stop() {
        let ends = |text: &str| -> Vec<u32> {
            lines(&set(text, Face::Regular), 100_000).map(|line| width(&line[..line.len() - 1])).collect()
        };
        let stop = u32::from(Face::Regular.advance(Face::Regular.glyph(' ').unwrap())) * 8;
        for (text, stops) in [("\tx", 1), ("1\tx", 1), ("111\tx", 1), ("1111\tx", 2), ("\t\tx", 2)] {
            assert_eq!(ends(text), [stop * stops], "{text:?}");
        }
    }

    #[test]
    fn every_way_to_end_a_line_ends_one() {
        let text = "a\nb\r\nc\rd\u{2028}e\u{b}f\u{c}g\u{85}h\n\ni";
        assert_eq!(paragraphs(text).collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f", "g", "h", "", "i"]);
    }
}
