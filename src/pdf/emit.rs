//! Pages become PDF: printpdf writes them, and what it leaves to chance or writes large is put right afterwards.

use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::tz::TimeZone;
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat};
use printpdf::{
    Codepoint, Color, FontId, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfParseErrorSeverity,
    PdfSaveOptions, Pt, Rect, Rgb, TextItem, TextMatrix,
};

use super::document::document_number;
use super::embed::Subset;
use super::font::Face;
use super::layout::{Fill, Ink, PAGE_HEIGHT, PAGE_WIDTH, Page, Run, Tenths};
use super::text::Glyph;
use super::{Cover, RenderError};
use crate::model::Digest;

/// What printpdf need not do: the fonts are cut and compressed already, and there are no images.
const OPTIONS: PdfSaveOptions =
    PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };

/// Of zlib's nine levels.
const PAGE_COMPRESSION: u32 = 3;

pub(super) fn write(cover: &Cover<'_>, pages: Vec<Page>) -> Result<Vec<u8>, RenderError> {
    let fonts = Fonts::of(&pages)?;
    let mut pdf = PdfDocument::new("");
    for (face, subset) in fonts.iter() {
        pdf.resources.fonts.map.insert(font_id(face), PdfFont::new(subset.font.clone()));
    }
    // The layout is let go of page by page: a long text would otherwise be in memory twice.
    pdf.pages = pages.into_iter().map(|page| fonts.page(&page)).collect();
    let mut warnings = Vec::new();
    let mut document = pdf.to_lopdf_document(&OPTIONS, &mut warnings);
    drop(pdf);
    if let Some(fault) = warnings.into_iter().find(|warning| warning.severity == PdfParseErrorSeverity::Error) {
        return Err(RenderError::Page(fault.msg));
    }
    fonts.embed(&mut document).map_err(RenderError::Document)?;
    describe(&mut document, cover).map_err(RenderError::Document)?;
    compress_pages(&mut document).map_err(RenderError::Write)?;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(RenderError::Write)?;
    Ok(bytes)
}

fn font_id(face: Face) -> FontId {
    FontId(match face {
        Face::Regular => "R".to_owned(),
        Face::Bold => "B".to_owned(),
    })
}

/// The subsets that the pages need, by [`Face`].
struct Fonts([Option<Arc<Subset>>; 2]);

impl Fonts {
    fn of(pages: &[Page]) -> Result<Self, RenderError> {
        let mut used = Face::ALL.map(|face| vec![false; usize::from(face.program().ttf.number_of_glyphs())]);
        for glyph in pages.iter().flat_map(|page| &page.runs).flat_map(|run| &run.glyphs) {
            used[glyph.face as usize][usize::from(glyph.id)] = true;
        }
        let mut subsets = [None, None];
        for face in Face::ALL {
            let used = &used[face as usize];
            if used.contains(&true) {
                subsets[face as usize] = Some(Subset::of(face, used)?);
            }
        }
        Ok(Self(subsets))
    }

    fn iter(&self) -> impl Iterator<Item = (Face, &Subset)> {
        Face::ALL.into_iter().filter_map(|face| Some((face, self.0[face as usize].as_deref()?)))
    }

    fn page(&self, page: &Page) -> PdfPage {
        let mut ops = Vec::with_capacity(page.fills.len() * 2 + page.runs.len() * 4 + 2);
        let mut ink = None;
        for fill in &page.fills {
            change_ink(&mut ops, &mut ink, fill.ink);
            ops.push(Op::DrawRectangle { rectangle: rectangle(fill) });
        }
        ops.push(Op::StartTextSection);
        for run in &page.runs {
            change_ink(&mut ops, &mut ink, run.ink);
            self.run(&mut ops, run);
        }
        ops.push(Op::EndTextSection);
        let (width, height) = (points(PAGE_WIDTH), points(PAGE_HEIGHT));
        PdfPage::new(width.into(), height.into(), ops)
    }

    /// One show operator per stretch of one face; the next continues where it ended.
    fn run(&self, ops: &mut Vec<Op>, run: &Run) {
        let matrix = TextMatrix::Translate(points(run.x), points(PAGE_HEIGHT.saturating_sub(run.baseline)));
        ops.push(Op::SetTextMatrix { matrix });
        for stretch in run.glyphs.chunk_by(|one, next| one.face == next.face) {
            let face = stretch[0].face;
            let Some(subset) = &self.0[face as usize] else { continue };
            ops.push(Op::SetFont { font: PdfFontHandle::External(font_id(face)), size: points(run.size) });
            let glyphs = stretch.iter().map(|glyph| codepoint(subset, *glyph)).collect();
            ops.push(Op::ShowText { items: vec![TextItem::GlyphIds(glyphs)] });
        }
    }

    /// Puts the compressed programs and their meanings in the place of printpdf's.
    fn embed(&self, document: &mut Document) -> lopdf::Result<()> {
        let Some(page) = document.page_iter().next() else { return Ok(()) };
        let dictionaries: Vec<_> =
            document.get_page_fonts(page)?.into_iter().map(|(name, font)| (name, font.clone())).collect();
        for (face, subset) in self.iter() {
            let name = font_id(face).0.into_bytes();
            let Some((_, font)) = dictionaries.iter().find(|(found, _)| *found == name) else { continue };
            let to_unicode = font.get(b"ToUnicode")?.as_reference()?;
            let program = font_program(document, font)?;
            document.set_object(to_unicode, subset.to_unicode.clone());
            document.set_object(program, subset.program.clone());
        }
        Ok(())
    }
}

/// Fast rather than small: compression is most of the work, and the level that lopdf would choose saves two per cent.
fn compress_pages(document: &mut Document) -> std::io::Result<()> {
    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if !stream.dict.has(b"Filter") {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(PAGE_COMPRESSION));
            encoder.write_all(&stream.content)?;
            stream.set_content(encoder.finish()?);
            stream.dict.set("Filter", "FlateDecode");
        }
    }
    Ok(())
}

fn font_program(document: &Document, font: &Dictionary) -> lopdf::Result<ObjectId> {
    let descendants = font.get(b"DescendantFonts")?.as_array()?;
    let descendant = descendants.first().ok_or(lopdf::Error::DictKey("DescendantFonts".into()))?.as_dict()?;
    let descriptor = document.get_dictionary(descendant.get(b"FontDescriptor")?.as_reference()?)?;
    descriptor.get(b"FontFile2")?.as_reference()
}

fn codepoint(subset: &Subset, glyph: Glyph) -> Codepoint {
    let natural = f32::from(glyph.face.advance(glyph.id));
    Codepoint::new(subset.number(glyph.id), natural - f32::from(glyph.advance))
}

fn change_ink(ops: &mut Vec<Op>, current: &mut Option<Ink>, ink: Ink) {
    if *current != Some(ink) {
        *current = Some(ink);
        let [r, g, b] = colour(ink).map(|part| f32::from(part) / 255.0);
        ops.push(Op::SetFillColor { col: Color::Rgb(Rgb { r, g, b, icc_profile: None }) });
    }
}

const fn colour(ink: Ink) -> [u8; 3] {
    match ink {
        Ink::Black => [0x1c, 0x1f, 0x23],
        Ink::Grey => [0x5d, 0x66, 0x70],
        Ink::Blue => [0x1d, 0x4e, 0x6b],
        Ink::Rule => [0xc9, 0xcf, 0xd6],
        Ink::Panel => [0xf1, 0xf4, 0xf7],
        Ink::Warning => [0x8a, 0x4b, 0x08],
        Ink::WarningPanel => [0xfb, 0xf4, 0xe6],
    }
}

fn rectangle(fill: &Fill) -> Rect {
    Rect {
        x: points(fill.x),
        y: points(PAGE_HEIGHT.saturating_sub(fill.top + fill.height)),
        width: points(fill.width),
        height: points(fill.height),
        mode: Some(PaintMode::Fill),
        winding_order: None,
    }
}

fn points(length: Tenths) -> Pt {
    Pt(f32::from(length) / 10.0)
}

/// Title, dates and identity. printpdf would make up an identity, and it writes empty lists that readers need not look at.
fn describe(document: &mut Document, cover: &Cover<'_>) -> lopdf::Result<()> {
    "1.7".clone_into(&mut document.version);
    let date = cover.registered_at.to_zoned(TimeZone::UTC).strftime("D:%Y%m%d%H%M%SZ").to_string();
    let number = document_number(cover).to_string();
    let identity = Digest::of(format!("{number}\n{}\n{date}", cover.raw).as_bytes());
    let literal = |text: &str| Object::string_literal(text);
    let info = Dictionary::from_iter([
        ("Title", text_string(&format!("{number} – {}", cover.unit))),
        ("Creator", literal("inkom")),
        ("Producer", literal(concat!("inkom ", env!("CARGO_PKG_VERSION")))),
        ("CreationDate", literal(&date)),
        ("ModDate", literal(&date)),
    ]);
    let info_id = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(info_id, info);
    let permanent = Object::String(identity.as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![permanent.clone(), permanent]);
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", literal("sv-SE"));
    catalog.set("ViewerPreferences", Dictionary::from_iter([("DisplayDocTitle", true.into())]));
    let pages: Vec<_> = document.page_iter().collect();
    for page in pages {
        document.get_object_mut(page)?.as_dict_mut()?.remove(b"Annots");
    }
    Ok(())
}

/// ISO 32000-1 §7.9.2.2: UTF-16 with a byte order mark.
fn text_string(text: &str) -> Object {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}
