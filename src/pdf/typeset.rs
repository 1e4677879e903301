//! Turns text into glyphs: which way it runs (UAX 9), which font shows it, which shapes its letters take beside each other,
//! and where a line may end (UAX 14). Nothing is dropped in silence: what no font has stands as its code point, `[U+1F600]`.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use icu_segmenter::options::LineBreakOptions;
use icu_segmenter::{GraphemeClusterSegmenter, LineSegmenter, LineSegmenterBorrowed};
use rustybuzz::ttf_parser::Tag;
use rustybuzz::{BufferClusterLevel, BufferFlags, Direction, Feature, ShapePlan, UnicodeBuffer};
use unicode_bidi::ParagraphBidiInfo;
use unicode_script::{Script, UnicodeScript as _};

use super::font::{Face, FontId, Fonts, Millis};

/// A shape on the line, in the order in which its text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) font: FontId,
    pub(super) id: u16,
    /// To the next glyph.
    pub(super) advance: Millis,
    /// Where it is drawn, away from its place: to the right, and up.
    pub(super) dx: Millis,
    pub(super) dy: Millis,
    pub(super) text: TextId,
    /// Odd from right to left (UAX 9).
    pub(super) level: u8,
    pub(super) role: Role,
    pub(super) before: Before,
}

/// What a glyph is to the line it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ink,
    /// May hang over the edge.
    Space,
    Tab,
}

/// Whether a line may end before a glyph, from hardly to readily.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Before {
    /// It is drawn together with the glyph before it.
    Never,
    /// When a word is longer than a line.
    InWord,
    /// The same, and better here: after a sign in a web address.
    AfterSign,
    Allowed,
}

/// What a glyph stands for: a character, or a text in [`Typesetter::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TextId(u32);

impl TextId {
    /// The glyph before it has its text too.
    pub(super) const NONE: Self = Self(u32::MAX);
    const FIRST: u32 = 0x11_0000;

    pub(super) fn of(c: char) -> Self {
        Self(c.into())
    }
}

/// One paragraph's glyphs in reading order.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) glyphs: Vec<Glyph>,
    /// It begins at the right.
    pub(super) from_right: bool,
    /// The text was longer.
    pub(super) cut: bool,
}

static LINES: LazyLock<LineSegmenterBorrowed<'static>> =
    LazyLock::new(|| LineSegmenter::new_lstm(LineBreakOptions::default()));

/// Marks can be piled on a letter without end; they do not leave its line by more than its height.
const MAX_SHIFT: Millis = 1_000;

/// Sets texts of one document, and remembers what their glyphs mean.
pub(super) struct Typesetter<'f> {
    fonts: &'f Fonts,
    plans: HashMap<(FontId, Script, bool), ShapePlan>,
    buffer: Option<UnicodeBuffer>,
    texts: Texts,
}

/// Texts of glyphs that stand for more or less than a character.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: Vec<String>,
    known: HashMap<String, TextId>,
}

impl Texts {
    fn id(&mut self, text: &str) -> TextId {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return TextId::of(c);
        }
        if let Some(&id) = self.known.get(text) {
            return id;
        }
        let id = TextId(TextId::FIRST + u32::try_from(self.all.len()).expect("a document has fewer glyphs"));
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), id);
        id
    }

    /// Empty for [`TextId::NONE`].
    pub(super) fn of(&self, id: TextId) -> String {
        if let Some(c) = char::from_u32(id.0) {
            return c.into();
        }
        let at = usize::try_from(id.0.wrapping_sub(TextId::FIRST)).ok();
        at.and_then(|at| self.all.get(at)).cloned().unwrap_or_default()
    }
}

/// A stretch of one direction, one script and one font.
#[derive(Debug)]
struct Stretch {
    range: Range<usize>,
    level: u8,
    script: Script,
    font: FontId,
}

/// The lines of a text as its author broke it, whatever was used to break it.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split(is_line_break))
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

impl<'f> Typesetter<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, plans: HashMap::new(), buffer: None, texts: Texts::default() }
    }

    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }

    /// The first `most` characters of a paragraph. A line break in it counts as a space.
    pub(super) fn set(&mut self, text: &str, face: Face, most: usize) -> Set {
        let (shown, cut) = self.shown(text, face, most);
        let (stretches, from_right) = self.stretches(&shown, face);
        let breaks = Breaks::of(&shown);
        let mut glyphs = Vec::with_capacity(shown.len());
        for stretch in &stretches {
            self.shape(&shown, stretch, &breaks, &mut glyphs);
        }
        Set { glyphs, from_right, cut }
    }

    /// The text with code points in the place of what cannot be seen, and of what no font has; and whether it was cut.
    fn shown(&self, text: &str, face: Face, most: usize) -> (String, bool) {
        let mut shown = String::new();
        for (at, c) in text.chars().enumerate() {
            // Code points are longer than characters.
            if at >= most || shown.len() / 4 >= most {
                return (shown, true);
            }
            match c {
                '\n' => shown.push(' '),
                c if is_line_break(c) => shown.push(' '),
                '\t' => shown.push('\t'),
                c if must_be_seen(c) => code_point(&mut shown, c),
                c if is_invisible(c) || face.program().glyph(c).is_some() || self.fonts.has(c) => shown.push(c),
                c => code_point(&mut shown, c),
            }
        }
        (shown, false)
    }

    fn stretches(&self, text: &str, face: Face) -> (Vec<Stretch>, bool) {
        if text.chars().all(|c| c < '\u{300}' && face.program().glyph(c).is_some()) {
            let whole = Stretch { range: 0..text.len(), level: 0, script: Script::Latin, font: face.font() };
            return (vec![whole], false);
        }
        let bidi = ParagraphBidiInfo::new(text, None);
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut script = text.chars().map(|c| c.script()).find(|script| is_script(*script)).unwrap_or(Script::Latin);
        let mut word = 0..0;
        let mut open = (bidi.paragraph_level.number(), script);
        let mut close = |word: Range<usize>, (level, script): (u8, Script)| {
            for (range, font) in self.in_fonts(text, word, face) {
                match stretches.last_mut() {
                    Some(last) if last.level == level && last.script == script && last.font == font => {
                        last.range.end = range.end;
                    }
                    _ => stretches.push(Stretch { range, level, script, font }),
                }
            }
        };
        for (at, c) in text.char_indices() {
            if is_script(c.script()) {
                script = c.script();
            }
            let here = (bidi.levels[at].number(), script);
            // A word with the space before it: one font for all of it, so that its letters join.
            if here != open || c.is_whitespace() {
                close(std::mem::replace(&mut word, at..at), open);
                open = here;
            }
            word.end = at + c.len_utf8();
        }
        close(word, open);
        (stretches, bidi.paragraph_level.is_rtl())
    }

    /// A word in one font when there is one, else each character with its marks in its own.
    fn in_fonts(&self, text: &str, word: Range<usize>, face: Face) -> Vec<(Range<usize>, FontId)> {
        let seen = |text: &str| -> Vec<char> { text.chars().filter(|c| !is_invisible(*c) && *c != '\t').collect() };
        if word.is_empty() {
            return Vec::new();
        }
        let whole = &text[word.clone()];
        if let Some(font) = self.fonts.with_all(&seen(whole), face) {
            return vec![(word, font)];
        }
        let mut last = face.font();
        let ends: Vec<usize> = GraphemeClusterSegmenter::new().segment_str(whole).collect();
        let mut found: Vec<(Range<usize>, FontId)> = Vec::new();
        for piece in ends.windows(2) {
            let range = word.start + piece[0]..word.start + piece[1];
            for (at, c) in text[range.clone()].char_indices() {
                let chars = seen(&text[range.clone()]);
                let font = self
                    .fonts
                    .with_all(&chars, face)
                    .or_else(|| self.fonts.with_all(&seen(c.encode_utf8(&mut [0; 4])), face));
                last = font.unwrap_or(last);
                let start = range.start + at;
                found.push((start..start + c.len_utf8(), last));
            }
        }
        found
    }

    /// Appends the glyphs of a stretch, in reading order.
    fn shape(&mut self, text: &str, stretch: &Stretch, breaks: &Breaks, glyphs: &mut Vec<Glyph>) {
        let program = self.fonts.program(stretch.font);
        let from_right = stretch.level % 2 == 1;
        let direction = if from_right { Direction::RightToLeft } else { Direction::LeftToRight };
        let script = tag(stretch.script);
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.set_direction(direction);
        if let Some(script) = script {
            buffer.set_script(script);
        }
        buffer.set_cluster_level(BufferClusterLevel::MonotoneCharacters);
        buffer.set_flags(BufferFlags::DO_NOT_INSERT_DOTTED_CIRCLE);
        for (at, c) in text[stretch.range.clone()].char_indices() {
            let at = u32::try_from(stretch.range.start + at).expect("a paragraph is bounded");
            buffer.add(if c == '\t' { ' ' } else { c }, at);
        }
        let plan = self.plans.entry((stretch.font, stretch.script, from_right)).or_insert_with(|| {
            let features = plain_features(stretch.script);
            ShapePlan::new(
                &program.face,
                direction,
                Some(script.unwrap_or(rustybuzz::script::UNKNOWN)),
                None,
                &features,
            )
        });
        let shaped = rustybuzz::shape_with_plan(&program.face, plan, buffer);
        let first = glyphs.len();
        for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            glyphs.push(Glyph {
                font: stretch.font,
                id: u16::try_from(info.glyph_id).unwrap_or(0),
                advance: program.millis(place.x_advance),
                dx: program.millis(place.x_offset).clamp(-MAX_SHIFT, MAX_SHIFT),
                dy: program.millis(place.y_offset).clamp(-MAX_SHIFT, MAX_SHIFT),
                // For now: where its text begins.
                text: TextId(info.cluster),
                level: stretch.level,
                role: Role::Ink,
                before: Before::Never,
            });
        }
        self.buffer = Some(shaped.clear());
        let new = &mut glyphs[first..];
        if from_right {
            new.reverse();
        }
        let blank = program.glyph(' ').unwrap_or(0);
        let shaped = glyphs.split_off(first);
        self.explain(text, stretch.range.end, breaks, &shaped, blank, glyphs);
    }

    /// Gives glyphs their text and their part in a line. `text` of each still tells where in the text it begins. Without
    /// width and ink, `blank` says what is not drawn.
    fn explain(
        &mut self,
        text: &str,
        end: usize,
        breaks: &Breaks,
        shaped: &[Glyph],
        blank: u16,
        glyphs: &mut Vec<Glyph>,
    ) {
        let begins = |glyph: &Glyph| usize::try_from(glyph.text.0).expect("it came from one");
        let mut rest = shaped;
        while let Some(first) = rest.first() {
            let start = begins(first);
            let length = rest.iter().take_while(|glyph| begins(glyph) == start).count();
            let (cluster, after) = rest.split_at(length);
            rest = after;
            let stop = after.first().map_or(end, begins).max(start);
            let chars: Vec<char> = text[start..stop].chars().filter(|c| !is_meaningless(*c)).collect();
            if chars.is_empty() {
                continue;
            }
            let at = glyphs.len();
            glyphs.extend(cluster);
            let cluster = &mut glyphs[at..];
            cluster[0].before = breaks.before(start);
            cluster[0].role = role(chars[0]);
            if chars.len() == cluster.len() {
                for (glyph, c) in cluster.iter_mut().zip(chars) {
                    glyph.text = TextId::of(if c == '\t' { ' ' } else { c });
                }
            } else if cluster.len() == 1 && cluster[0].level % 2 == 1 {
                // Those who take text out turn it around glyph by glyph: each has one character.
                cluster[0].text = TextId::of(chars[0]);
                let unseen = Glyph { id: blank, advance: 0, dx: 0, dy: 0, before: Before::Never, ..cluster[0] };
                glyphs.extend(chars[1..].iter().map(|&c| Glyph { text: TextId::of(c), ..unseen }));
            } else {
                for glyph in &mut *cluster {
                    glyph.text = TextId::NONE;
                }
                cluster[0].text = self.texts.id(&chars.into_iter().collect::<String>());
            }
        }
    }
}

fn role(c: char) -> Role {
    match c {
        '\t' => Role::Tab,
        '\u{a0}' | '\u{2007}' | '\u{202f}' => Role::Ink,
        c if c.is_whitespace() => Role::Space,
        _ => Role::Ink,
    }
}

/// Where a line may end, by places in the text.
struct Breaks {
    allowed: Vec<usize>,
    signs: BTreeSet<usize>,
    /// Where characters with their marks begin; `None` when every character is one.
    clusters: Option<Vec<usize>>,
}

impl Breaks {
    fn of(text: &str) -> Self {
        let sign = |c| {
            matches!(c, '/' | '?' | '&' | '=' | '.' | '_' | '@' | ',' | ':' | ';' | '-' | '+' | '%' | '#' | '>' | ']')
        };
        let simple = text.chars().all(|c| c < '\u{300}');
        Self {
            allowed: LINES.segment_str(text).collect(),
            signs: text.char_indices().filter(|(_, c)| sign(*c)).map(|(at, _)| at + 1).collect(),
            clusters: (!simple).then(|| GraphemeClusterSegmenter::new().segment_str(text).collect()),
        }
    }

    fn before(&self, at: usize) -> Before {
        let in_word = self.clusters.as_ref().is_none_or(|clusters| clusters.binary_search(&at).is_ok());
        if self.allowed.binary_search(&at).is_ok() {
            Before::Allowed
        } else if !in_word {
            Before::Never
        } else if self.signs.contains(&at) {
            Before::AfterSign
        } else {
            Before::InWord
        }
    }
}

/// Whether it says how text is shaped; punctuation and marks go by what they stand beside.
fn is_script(script: Script) -> bool {
    !matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}

fn tag(script: Script) -> Option<rustybuzz::Script> {
    let name: [u8; 4] = script.short_name().as_bytes().try_into().ok()?;
    rustybuzz::Script::from_iso15924_tag(Tag::from_bytes(&name))
}

/// Without the ligatures that are an ornament: a letter stays a letter when the text is taken out again.
fn plain_features(script: Script) -> Vec<Feature> {
    match script {
        Script::Latin | Script::Greek | Script::Cyrillic => {
            [b"liga", b"clig", b"kern"].map(|name| Feature::new(Tag::from_bytes(name), 0, ..)).to_vec()
        }
        _ => Vec::new(),
    }
}

fn code_point(shown: &mut String, c: char) {
    use std::fmt::Write as _;
    write!(shown, "[U+{:04X}]", u32::from(c)).expect("a string takes whatever is written to it");
}

/// Whether a character would be dropped from the page although it says something, so that its code point is shown.
pub(super) fn is_missing(fonts: &Fonts, c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c) && (must_be_seen(c) || !fonts.has(c))
}

/// Control characters, the overrides of direction, which make one file name read as another, what each program shows
/// as it likes, and invisible copies of the alphabet.
fn must_be_seen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202d}' | '\u{202e}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..='\u{10ffff}')
}

/// Characters without a shape of their own, which say how others join, run or break.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202c}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Invisible, and no part of how a word is written; a joiner is (ZWNJ in Persian).
const fn is_meaningless(c: char) -> bool {
    is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}
