//! The part of a font that goes into a document: the glyphs that are used, and what they mean.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use lopdf::{Dictionary, Stream};
use printpdf::{FontMetrics, FontType, ParsedFont, PdfFontMetricsStub};
use subsetter::GlyphRemapper;
use ttf_parser::GlyphId;

use super::RenderError;
use super::font::Face;
use crate::model::Digest;

/// A font program cut down to some glyphs, ready to be embedded.
pub(super) struct Subset {
    /// For printpdf, which numbers glyphs as the cut-down program does.
    pub(super) font: ParsedFont,
    /// The program, compressed.
    pub(super) program: Stream,
    /// From a glyph's number in the program to its text, compressed.
    pub(super) to_unicode: Stream,
    /// From a glyph's number in the whole font to its number in the program.
    numbers: Vec<u16>,
}

/// Enough for nearly all mail. Cut once: taking glyphs out and compressing them costs more than the rest of a small document.
static COMMON: LazyLock<[Arc<Subset>; 2]> = LazyLock::new(|| {
    Face::ALL.map(|face| {
        let letters =
            (' '..='~').chain("\u{a0}£§©«°±²³´µ·»¼½¾ÄÅÆÉÖØÜàáäåæèéêíïñóôöøúüŁłŚśŞşŠšŻżŽžćęąğıń–—‘’“”„•…€→".chars());
        let glyphs = letters.filter_map(|c| face.glyph(c));
        Arc::new(Subset::cut(face, glyphs).expect("the font is part of the program"))
    })
});

impl Subset {
    /// A program with at least these glyphs.
    pub(super) fn of(face: Face, used: &[bool]) -> Result<Arc<Self>, RenderError> {
        let common = &COMMON[face as usize];
        let mut glyphs = (0..).zip(used).filter(|(_, used)| **used).map(|(id, _)| id);
        if glyphs.clone().all(|id| common.number(id) != 0) {
            return Ok(Arc::clone(common));
        }
        Self::cut(face, &mut glyphs).map(Arc::new)
    }

    pub(super) fn number(&self, glyph: u16) -> u16 {
        self.numbers.get(usize::from(glyph)).copied().unwrap_or(0)
    }

    fn cut(face: Face, glyphs: impl Iterator<Item = u16>) -> Result<Self, RenderError> {
        let whole = face.program();
        let mut remapper = GlyphRemapper::new();
        let mut numbers = vec![0; usize::from(whole.ttf.number_of_glyphs())];
        let mut widths = BTreeMap::new();
        let mut meanings = BTreeMap::new();
        for id in glyphs {
            let number = remapper.remap(id);
            numbers[usize::from(id)] = number;
            widths.insert(number, whole.ttf.glyph_hor_advance(GlyphId(id)).unwrap_or(0));
            meanings.insert(number, face.meaning(id).unwrap_or('\u{fffd}'));
        }
        let program = subsetter::subset(whole.bytes, 0, &remapper).map_err(RenderError::Font)?;
        let bounds = whole.ttf.global_bounding_box();
        let font = ParsedFont {
            font_index: 0,
            font_name: Some(format!("{}+{}", tag(&program), face.name())),
            codepoint_to_glyph: BTreeMap::new(),
            glyph_widths: widths,
            units_per_em: whole.ttf.units_per_em(),
            font_metrics: FontMetrics { ascent: whole.ttf.ascender(), descent: whole.ttf.descender() },
            font_type: FontType::TrueType,
            pdf_font_metrics: PdfFontMetricsStub {
                units_per_em: whole.ttf.units_per_em(),
                x_min: bounds.x_min,
                y_min: bounds.y_min,
                x_max: bounds.x_max,
                y_max: bounds.y_max,
                caret_slope_rise: 1,
                caret_slope_run: 0,
                us_weight_class: whole.ttf.weight().to_number(),
            },
            original_bytes: program.clone(),
        };
        let length = i64::try_from(program.len()).unwrap_or(i64::MAX);
        let program = compressed(Dictionary::from_iter([("Length1", length.into())]), program)?;
        let to_unicode = compressed(Dictionary::new(), to_unicode(&meanings).into_bytes())?;
        Ok(Self { font, program, to_unicode, numbers })
    }
}

fn compressed(dictionary: Dictionary, content: Vec<u8>) -> Result<Stream, RenderError> {
    let mut stream = Stream::new(dictionary, content);
    stream.compress().map_err(RenderError::Document)?;
    Ok(stream)
}

/// ISO 32000-1 §9.6.4: six capitals before the name tell subsets of one font apart.
fn tag(program: &[u8]) -> String {
    Digest::of(program).as_bytes().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// ISO 32000-1 §9.10.3. Written here and not by printpdf, which would keep a string with every glyph on every page.
fn to_unicode(meanings: &BTreeMap<u16, char>) -> String {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    let entries: Vec<_> = meanings.iter().collect();
    let mut write = || -> std::fmt::Result {
        for block in entries.chunks(100) {
            writeln!(map, "{} beginbfchar", block.len())?;
            for (number, meaning) in block {
                write!(map, "<{number:04X}> <")?;
                meaning.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(map, "{unit:04X}"))?;
                writeln!(map, ">")?;
            }
            writeln!(map, "endbfchar")?;
        }
        write!(map, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
    };
    write().expect("a string takes whatever is written to it");
    map
}
