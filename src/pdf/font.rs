//! The one typeface: which glyph shows a character, how wide it is, and which character a glyph means.

use std::sync::LazyLock;

use ttf_parser::GlyphId;

/// Thousandths of the font size, the unit PDF gives glyph widths in.
pub(super) type Millis = u16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Face {
    Regular,
    Bold,
}

/// A parsed font program with its tables turned into lookups.
pub(super) struct Program {
    pub(super) bytes: &'static [u8],
    pub(super) ttf: ttf_parser::Face<'static>,
    /// By glyph.
    advances: Vec<Millis>,
    /// By glyph: the first character that shows as it, so a space and not a no-break space.
    meanings: Vec<Option<char>>,
    /// Glyphs of the first characters of Unicode, which nearly all text consists of. Zero is none.
    common: [u16; 0x250],
}

static REGULAR: LazyLock<Program> = LazyLock::new(|| Program::parse(dejavu::sans_condensed::regular()));
static BOLD: LazyLock<Program> = LazyLock::new(|| Program::parse(dejavu::sans_condensed::bold()));

impl Face {
    pub(super) const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    pub(super) fn program(self) -> &'static Program {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Regular => "DejaVuSansCondensed",
            Self::Bold => "DejaVuSansCondensed-Bold",
        }
    }

    pub(super) fn glyph(self, c: char) -> Option<u16> {
        let program = self.program();
        match program.common.get(c as usize) {
            Some(&id) => (id != 0).then_some(id),
            None => program.ttf.glyph_index(c).map(|id| id.0).filter(|&id| id != 0),
        }
    }

    pub(super) fn advance(self, glyph: u16) -> Millis {
        self.program().advances.get(usize::from(glyph)).copied().unwrap_or(0)
    }

    pub(super) fn meaning(self, glyph: u16) -> Option<char> {
        self.program().meanings.get(usize::from(glyph)).copied().flatten()
    }
}

impl Program {
    fn parse(bytes: &'static [u8]) -> Self {
        let ttf = ttf_parser::Face::parse(bytes, 0).expect("the font is part of the program");
        let glyphs = ttf.number_of_glyphs();
        // Rounded down as printpdf rounds the widths it writes, so that lines end where the layout says they do.
        let millis = |id| {
            let units = u32::from(ttf.glyph_hor_advance(GlyphId(id)).unwrap_or(0));
            Millis::try_from(units * 1000 / u32::from(ttf.units_per_em())).unwrap_or(Millis::MAX)
        };
        let advances = (0..glyphs).map(millis).collect();
        let mut meanings = vec![None; usize::from(glyphs)];
        let mut common = [0; 0x250];
        let tables = ttf.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables);
        for table in tables.filter(ttf_parser::cmap::Subtable::is_unicode) {
            table.codepoints(|code| {
                let Some((c, id)) = char::from_u32(code).zip(table.glyph_index(code)) else { return };
                let Some(meaning) = meanings.get_mut(usize::from(id.0)) else { return };
                *meaning = Some(meaning.map_or(c, |known: char| known.min(c)));
                if let Some(slot) = common.get_mut(c as usize) {
                    *slot = id.0;
                }
            });
        }
        Self { bytes, ttf, advances, meanings, common }
    }
}
