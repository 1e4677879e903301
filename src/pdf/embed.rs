//! The part of a font that goes into a document: the glyphs that are used, and what they mean. In the document a glyph has
//! a code for each text that it stands for, so that what is taken out again is what was written: one bracket has two
//! meanings where lines run both ways.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use subsetter::GlyphRemapper;

use super::RenderError;
use super::font::{Face, Outlines, Program};
use super::typeset::{TextId, Texts};
use crate::model::Digest;

/// A glyph with what it stands for.
pub(super) type Use = (u16, TextId);

/// A font program cut down to some glyphs, ready to be embedded.
pub(super) struct Subset {
    /// By code, in thousandths; the code of the first is zero.
    pub(super) widths: Vec<u16>,
    codes: HashMap<Use, Code>,
    name: String,
    outlines: Outlines,
    /// What the dictionaries of the font are made from, compressed.
    program: Stream,
    to_unicode: Stream,
    /// From codes to glyphs, where they are not the same.
    glyphs: Option<Stream>,
    metrics: Metrics,
}

/// Of all glyphs, in thousandths.
#[derive(Clone, Copy)]
struct Metrics {
    bounds: [i32; 4],
    ascent: i32,
    descent: i32,
    capitals: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) number: u16,
    /// Taken out again, it gives its text.
    pub(super) is_exact: bool,
}

/// Enough for nearly all mail, and for what stands in bold. Cut once: taking glyphs out and compressing them costs more
/// than the rest of a small document.
static COMMON: LazyLock<[Arc<Subset>; 2]> = LazyLock::new(|| {
    let regular = "\u{a0}§«°´·»ÄÅÆÉÖØÜàáäåæçèéêëíïñóôöøúü–—‘’“”„•…€→";
    let bold = "\u{a0}ÄÅÉÖÜäåæèéöøü–’”…";
    [(Face::Regular, regular), (Face::Bold, bold)].map(|(face, letters)| {
        let program = face.program();
        let letters = (' '..='~').chain(letters.chars());
        let uses = letters.filter_map(|c| Some((program.glyph(c)?, TextId::of(c)))).collect();
        Arc::new(Subset::cut(program, &uses, &Texts::default()).expect("the font is part of the program"))
    })
});

impl Subset {
    /// A program with at least these glyphs. `face` is the font's when it is one of the program's own.
    pub(super) fn of(
        face: Option<Face>,
        program: &Program,
        uses: &BTreeSet<Use>,
        texts: &Texts,
    ) -> Result<Arc<Self>, RenderError> {
        let common = match face {
            Some(Face::Regular) => Some(&COMMON[0]),
            Some(Face::Bold) => Some(&COMMON[1]),
            Some(Face::Mono) | None => None,
        };
        match common.filter(|common| uses.iter().all(|one| common.codes.contains_key(one))) {
            Some(common) => Ok(Arc::clone(common)),
            None => Self::cut(program, uses, texts).map(Arc::new),
        }
    }

    pub(super) fn code(&self, one: Use) -> Code {
        self.codes.get(&one).copied().unwrap_or(Code { number: 0, is_exact: false })
    }

    fn cut(program: &Program, uses: &BTreeSet<Use>, texts: &Texts) -> Result<Self, RenderError> {
        let mut remapper = GlyphRemapper::new();
        // Code zero is the glyph that stands for none.
        let (mut widths, mut glyphs, mut meanings) = (vec![width(program, 0)], vec![0], BTreeMap::new());
        let mut codes = HashMap::with_capacity(uses.len());
        for &(glyph, text) in uses {
            let kept = remapper.remap(glyph);
            let code = match program.outlines {
                Outlines::TrueType => u16::try_from(glyphs.len()).unwrap_or(0),
                // Compact fonts know no other numbers than their own, so the first meaning counts.
                Outlines::Cff => kept,
            };
            if usize::from(code) == glyphs.len() {
                widths.push(width(program, glyph));
                glyphs.push(kept);
            }
            let meaning = Some(texts.of(text)).filter(|text| !text.is_empty()).unwrap_or_else(|| "\u{200b}".to_owned());
            let said: &String = meanings.entry(code).or_insert_with(|| meaning.clone());
            codes.insert((glyph, text), Code { number: code, is_exact: *said == meaning });
        }
        let bytes = subsetter::subset(program.bytes, program.index, &remapper).map_err(RenderError::Font)?;
        let name = format!("{}+{}", tag(&bytes), program.name);
        let is_same = glyphs.iter().zip(0..).all(|(glyph, code)| *glyph == code);
        let map = glyphs.iter().flat_map(|glyph| glyph.to_be_bytes()).collect();
        Ok(Self {
            widths,
            codes,
            name,
            outlines: program.outlines,
            program: font_file(program.outlines, bytes)?,
            to_unicode: compressed(Dictionary::new(), to_unicode(&meanings).into_bytes())?,
            glyphs: (!is_same).then(|| compressed(Dictionary::new(), map)).transpose()?,
            metrics: Metrics::of(program),
        })
    }

    /// Puts the font into a document (ISO 32000-1 §9.7).
    pub(super) fn embed(&self, document: &mut Document) -> ObjectId {
        let file = document.add_object(self.program.clone());
        let to_unicode = document.add_object(self.to_unicode.clone());
        let name = || Object::Name(self.name.clone().into_bytes());
        let Metrics { bounds, ascent, descent, capitals } = self.metrics;
        let (file_key, kind) = match self.outlines {
            Outlines::TrueType => ("FontFile2", "CIDFontType2"),
            Outlines::Cff => ("FontFile3", "CIDFontType0"),
        };
        let number = |number: i32| Object::Integer(number.into());
        let descriptor = document.add_object(Dictionary::from_iter([
            ("Type", "FontDescriptor".into()),
            ("FontName", name()),
            // Symbolic: its codes are its own.
            ("Flags", 4.into()),
            ("FontBBox", bounds.map(number).to_vec().into()),
            ("ItalicAngle", 0.into()),
            ("Ascent", number(ascent)),
            ("Descent", number(descent)),
            ("CapHeight", number(capitals)),
            ("StemV", 80.into()),
            (file_key, file.into()),
        ]));
        let system = Dictionary::from_iter([
            ("Registry", Object::string_literal("Adobe")),
            ("Ordering", Object::string_literal("Identity")),
            ("Supplement", 0.into()),
        ]);
        let widths: Vec<Object> = self.widths.iter().map(|&width| width.into()).collect();
        let mut font = Dictionary::from_iter([
            ("Type", "Font".into()),
            ("Subtype", kind.into()),
            ("BaseFont", name()),
            ("CIDSystemInfo", system.into()),
            ("FontDescriptor", descriptor.into()),
            ("DW", 1000.into()),
            ("W", vec![0.into(), Object::Array(widths)].into()),
        ]);
        if self.outlines == Outlines::TrueType {
            let map = match &self.glyphs {
                Some(map) => Object::Reference(document.add_object(map.clone())),
                None => "Identity".into(),
            };
            font.set("CIDToGIDMap", map);
        }
        let font = document.add_object(font);
        document.add_object(Dictionary::from_iter([
            ("Type", "Font".into()),
            ("Subtype", "Type0".into()),
            ("BaseFont", name()),
            ("Encoding", "Identity-H".into()),
            ("DescendantFonts", vec![font.into()].into()),
            ("ToUnicode", to_unicode.into()),
        ]))
    }
}

impl Metrics {
    fn of(program: &Program) -> Self {
        let bounds = program.face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        let millis = |units: i16| program.millis(units.into());
        let ascent = millis(program.face.ascender());
        Self {
            bounds: bounds.map(millis),
            ascent,
            descent: millis(program.face.descender()),
            capitals: program.face.capital_height().map_or(ascent, millis),
        }
    }
}

fn width(program: &Program, glyph: u16) -> u16 {
    u16::try_from(program.advance(glyph)).unwrap_or(0)
}

fn font_file(outlines: Outlines, bytes: Vec<u8>) -> Result<Stream, RenderError> {
    match outlines {
        Outlines::TrueType => {
            let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            compressed(Dictionary::from_iter([("Length1", length.into())]), bytes)
        }
        // ISO 32000-1 §9.9: the table alone, without what surrounds it.
        Outlines::Cff => {
            let table = rustybuzz::ttf_parser::RawFace::parse(&bytes, 0)
                .ok()
                .and_then(|face| face.table(rustybuzz::ttf_parser::Tag::from_bytes(b"CFF ")))
                .map_or_else(|| bytes.clone(), <[u8]>::to_vec);
            compressed(Dictionary::from_iter([("Subtype", "CIDFontType0C".into())]), table)
        }
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

/// ISO 32000-1 §9.10.3.
fn to_unicode(meanings: &BTreeMap<u16, String>) -> String {
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
                // ISO 32000-1 §9.10.3 allows 512 bytes.
                meaning.encode_utf16().take(200).try_for_each(|unit| write!(map, "{unit:04X}"))?;
                writeln!(map, ">")?;
            }
            writeln!(map, "endbfchar")?;
        }
        write!(map, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
    };
    write().expect("a string takes whatever is written to it");
    map
}
