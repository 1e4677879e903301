//! Typefaces: which font shows a character, and how wide its glyphs are.
//!
//! One family is part of the program, so that a bare machine loses nothing of Latin, Greek, Cyrillic and Arabic text. What
//! it lacks comes from the fonts of the machine ([`system`]).

mod system;

use std::path::PathBuf;
use std::sync::{LazyLock, OnceLock};

use rustybuzz::ttf_parser;
use ttf_parser::GlyphId;

use system::Found;

/// Thousandths of the font size, the unit PDF gives glyph widths in.
pub(super) type Millis = i32;

/// What some text is set in, as far as the fonts allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Face {
    Regular,
    Bold,
    /// All characters equally wide.
    Mono,
}

/// A font by its place among them all: first those of the program, then those of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FontId(pub(super) u16);

/// The fonts that documents are set in. Those of the machine are looked for when a character is first met that the
/// program's own lack, and stay in memory once used.
#[derive(Debug, Default)]
pub struct Fonts {
    folders: Vec<PathBuf>,
    found: OnceLock<Vec<Found>>,
}

/// How the outlines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlines {
    TrueType,
    /// Compact Font Format, of Adobe.
    Cff,
}

/// A parsed font program.
pub(super) struct Program {
    pub(super) bytes: &'static [u8],
    /// Its place in a collection of fonts in one file.
    pub(super) index: u32,
    pub(super) face: rustybuzz::Face<'static>,
    pub(super) name: String,
    pub(super) outlines: Outlines,
    /// Glyphs of the first characters of Unicode, which nearly all text consists of. Zero is none.
    common: [u16; 0x250],
}

static REGULAR: LazyLock<Program> = LazyLock::new(|| bundled(dejavu::sans_condensed::regular()));
static BOLD: LazyLock<Program> = LazyLock::new(|| bundled(dejavu::sans_condensed::bold()));
static MONO: LazyLock<Program> = LazyLock::new(|| bundled(dejavu::sans_mono::regular()));

fn bundled(bytes: &'static [u8]) -> Program {
    Program::parse(bytes, 0).expect("the font is part of the program")
}

impl Face {
    pub(super) const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Mono];

    pub(super) const fn font(self) -> FontId {
        FontId(self as u16)
    }

    pub(super) fn program(self) -> &'static Program {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
            Self::Mono => &MONO,
        }
    }
}

impl Fonts {
    /// The program's own, and those that lie in these folders and below them. A folder that is not there is no error.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, found: OnceLock::new() }
    }

    fn found(&self) -> &[Found] {
        self.found.get_or_init(|| system::look(&self.folders))
    }

    /// Panics for an id that is not from these fonts.
    pub(super) fn program(&self, id: FontId) -> &'static Program {
        match Face::ALL.get(usize::from(id.0)) {
            Some(face) => face.program(),
            None => {
                self.found()[usize::from(id.0) - Face::ALL.len()].program().expect("it was read when it was chosen")
            }
        }
    }

    /// The first font that has all of these characters: the one asked for, its family, then the machine's.
    pub(super) fn with_all(&self, chars: &[char], face: Face) -> Option<FontId> {
        let has = |face: Face| chars.iter().all(|&c| face.program().glyph(c).is_some());
        if has(face) {
            return Some(face.font());
        }
        if face != Face::Regular && has(Face::Regular) {
            return Some(Face::Regular.font());
        }
        let at = self
            .found()
            .iter()
            .position(|found| chars.iter().all(|&c| found.covers(c)) && found.program().is_some())?;
        u16::try_from(at + Face::ALL.len()).ok().map(FontId)
    }

    pub(super) fn has(&self, c: char) -> bool {
        self.with_all(&[c], Face::Regular).is_some()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Program {
    /// `None` for what cannot stand in a document: bitmaps, and fonts whose makers forbid it.
    fn parse(bytes: &'static [u8], index: u32) -> Option<Self> {
        let face = rustybuzz::Face::from_slice(bytes, index)?;
        let outlines = outlines(&face)?;
        let mut names = face.names().into_iter().filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME);
        let name = names.find_map(|name| name.to_string()).unwrap_or_default();
        let name = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let mut common = [0; 0x250];
        for (slot, code) in common.iter_mut().zip(0_u32..) {
            *slot = char::from_u32(code).and_then(|c| face.glyph_index(c)).map_or(0, |id| id.0);
        }
        Some(Self { bytes, index, face, name, outlines, common })
    }

    pub(super) fn glyph(&self, c: char) -> Option<u16> {
        match self.common.get(c as usize) {
            Some(&id) => (id != 0).then_some(id),
            None => self.face.glyph_index(c).map(|id| id.0).filter(|&id| id != 0),
        }
    }

    /// How far a glyph goes by itself.
    pub(super) fn advance(&self, glyph: u16) -> Millis {
        self.millis(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0).into())
    }

    pub(super) fn millis(&self, units: i32) -> Millis {
        // Bounded far from where it could overflow: a font may say anything.
        units.clamp(-100_000, 100_000) * 1000 / self.face.units_per_em().max(1)
    }
}

/// How a font's outlines are written, if it may and can stand in a document.
fn outlines(face: &ttf_parser::Face<'_>) -> Option<Outlines> {
    let allowed = face.is_subsetting_allowed() && face.permissions() != Some(ttf_parser::Permissions::Restricted);
    if !allowed || face.is_variable() {
        return None;
    }
    match (face.tables().glyf.is_some(), face.tables().cff.is_some()) {
        (true, _) => Some(Outlines::TrueType),
        (_, true) => Some(Outlines::Cff),
        _ => None,
    }
}
