//! Glyphs into lines: as many as go into a width, then in the order in which they stand beside each other.

use super::font::Millis;
use super::typeset::{Before, Glyph, Role, Set};

/// Glyphs from left to right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) width: Millis,
    /// It stands at the right of its column.
    pub(super) from_right: bool,
}

/// Glyphs without width, such as combining marks, could go on for ever.
const MAX_GLYPHS_IN_LINE: usize = 400;

/// As in a terminal: eight columns, of the width of a space.
const TAB_COLUMNS: Millis = 8;

/// Breaks a paragraph into lines of at most `measure` thousandths of the font size. An empty one is one empty line.
pub(super) fn lines(set: &Set, measure: Millis) -> Lines<'_> {
    Lines { rest: Some(&set.glyphs), from_right: set.from_right, measure }
}

/// The lines of one paragraph within a width.
pub(super) struct Lines<'a> {
    rest: Option<&'a [Glyph]>,
    from_right: bool,
    measure: Millis,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = self.rest?;
        let mut line: Vec<Glyph> = Vec::new();
        let mut width = 0;
        let mut end = rest.len();
        // The last place of each kind where the line could end.
        let (mut allowed, mut after_sign, mut in_word) = (None, None, None);
        for (at, glyph) in rest.iter().enumerate() {
            let mut glyph = *glyph;
            if glyph.role == Role::Tab {
                glyph.advance = to_tab_stop(width, glyph.advance);
            }
            match glyph.before {
                Before::Allowed => allowed = Some(at),
                Before::AfterSign => after_sign = Some(at),
                Before::InWord => in_word = Some(at),
                Before::Never => {}
            }
            width += glyph.advance;
            let full = width > self.measure && glyph.role == Role::Ink || at == MAX_GLYPHS_IN_LINE;
            if full && at > 0 {
                let ends = [allowed, after_sign.filter(|&sign| sign > at / 2), in_word, after_sign];
                end = ends.into_iter().flatten().find(|&end| end > 0).unwrap_or(at);
                break;
            }
            line.push(glyph);
        }
        line.truncate(end);
        line.truncate(line.iter().rposition(is_ink).map_or(0, |last| last + 1));
        let next = rest.get(end..).unwrap_or_default();
        let next = &next[next.iter().position(is_ink).unwrap_or(next.len())..];
        self.rest = (!next.is_empty()).then_some(next);
        let width = width_of(&line);
        reorder(&mut line);
        Some(Line { glyphs: line, width, from_right: self.from_right })
    }
}

fn is_ink(glyph: &Glyph) -> bool {
    glyph.role == Role::Ink
}

/// In thousandths of the font size.
pub(super) fn width_of(glyphs: &[Glyph]) -> Millis {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

/// UAX 9, rule L2: from reading order to the order from left to right.
fn reorder(line: &mut [Glyph]) {
    let highest = line.iter().map(|glyph| glyph.level).max().unwrap_or(0);
    for level in (1..=highest).rev() {
        for run in line.chunk_by_mut(|one, next| (one.level >= level) == (next.level >= level)) {
            if run[0].level >= level {
                run.reverse();
            }
        }
    }
}

/// How far it is from `width` to the next tab stop, at least a space.
fn to_tab_stop(width: Millis, space: Millis) -> Millis {
    let stop = (space * TAB_COLUMNS).max(1);
    let distance = stop - width.rem_euclid(stop);
    if distance < space { distance + stop } else { distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::font::{Face, Fonts};
    use crate::pdf::typeset::{Typesetter, paragraphs};

    fn broken(text: &str, measure: Millis) -> Vec<String> {
        let fonts = Fonts::default();
        let mut typesetter = Typesetter::new(&fonts);
        let set = typesetter.set(text, Face::Regular, usize::MAX);
        let lines: Vec<Line> = lines(&set, measure).collect();
        let texts = typesetter.into_texts();
        lines.iter().map(|line| line.glyphs.iter().map(|glyph| texts.of(glyph.text)).collect()).collect()
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
    fn glyphs_stand_in_the_order_that_the_scripts_of_a_line_ask_for() {
        for (text, shown) in [
            ("אבג", "גבא"),
            ("abc אבג def", "abc גבא def"),
            ("אבג abc", "abc גבא"),
            // Numbers run from the left, also within a script that does not.
            ("אבג 123", "123 גבא"),
        ] {
            assert_eq!(broken(text, 100_000), [shown], "{text}");
        }
    }

    #[test]
    fn a_tab_reaches_the_next_stop() {
        let fonts = Fonts::default();
        let mut typesetter = Typesetter::new(&fonts);
        let program = Face::Regular.program();
        let stop = program.advance(program.glyph(' ').unwrap()) * 8;
        for (text, stops) in [("\tx", 1), ("1\tx", 1), ("111\tx", 1), ("1111\tx", 2), ("\t\tx", 2)] {
            let set = typesetter.set(text, Face::Regular, usize::MAX);
            let line = lines(&set, 100_000).next().unwrap();
            assert_eq!(width_of(&line.glyphs[..line.glyphs.len() - 1]), stop * stops, "{text:?}");
        }
    }

    #[test]
    fn every_way_to_end_a_line_ends_one() {
        let text = "a\nb\r\nc\rd\u{2028}e\u{b}f\u{c}g\u{85}h\n\ni";
        assert_eq!(paragraphs(text).collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f", "g", "h", "", "i"]);
    }
}
