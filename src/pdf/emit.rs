//! Pages become PDF: printpdf writes them, and what it leaves to chance or writes large is put right afterwards.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId};
use printpdf::{
    Codepoint, Color, DictItem, FontId, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfParseErrorSeverity, PdfSaveOptions, Pt, Rect, Rgb, TextItem, TextMatrix,
};

use super::archive;
use super::embed::Subset;
use super::font::Face;
use super::layout::{Fill, Ink, Laid, PAGE_HEIGHT, PAGE_WIDTH, Page, Run, Tenths};
use super::structure::{ElementId, Structure};
use super::text::Glyph;
use super::{Cover, RenderError};

/// What printpdf need not do: the fonts are cut and compressed already, and there are no images.
const OPTIONS: PdfSaveOptions =
    PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };

/// Of zlib's nine levels.
const PAGE_COMPRESSION: u32 = 3;

pub(super) fn write(cover: &Cover<'_>, laid: Laid, raw: &[u8]) -> Result<Vec<u8>, RenderError> {
    let Laid { pages, structure } = laid;
    let fonts = Fonts::of(&pages)?;
    let mut pdf = PdfDocument::new("");
    for (face, subset) in fonts.iter() {
        pdf.resources.fonts.map.insert(font_id(face), PdfFont::new(subset.font.clone()));
    }
    // The layout is let go of page by page: a long text would otherwise be in memory twice.
    let mut marks = Vec::with_capacity(pages.len());
    for page in pages {
        let (page, on_page) = fonts.page(&page, &structure);
        pdf.pages.push(page);
        marks.push(on_page);
    }
    let mut warnings = Vec::new();
    let mut document = pdf.to_lopdf_document(&OPTIONS, &mut warnings);
    drop(pdf);
    if let Some(fault) = warnings.into_iter().find(|warning| warning.severity == PdfParseErrorSeverity::Error) {
        return Err(RenderError::Page(fault.msg));
    }
    fonts.embed(&mut document).map_err(RenderError::Document)?;
    archive::finish(&mut document, cover, &structure, &marks, raw).map_err(RenderError::Document)?;
    compress_pages(&mut document).map_err(RenderError::Write)?;
    let mut bytes = Vec::with_capacity(raw.len() + 64 * 1024);
    // Structure elements are many and small: together they are compressed.
    document.save_modern(&mut bytes).map_err(RenderError::Write)?;
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

    /// The page, and which element each of its marked pieces is of, by their numbers.
    fn page(&self, page: &Page, structure: &Structure) -> (PdfPage, Vec<ElementId>) {
        let mut ops = Vec::with_capacity(page.fills.len() * 2 + page.runs.len() * 6 + 4);
        let (mut ink, mut marks) = (None, Vec::new());
        if !page.fills.is_empty() {
            ops.push(begin_artifact());
            for fill in &page.fills {
                change_ink(&mut ops, &mut ink, fill.ink);
                ops.push(Op::DrawRectangle { rectangle: rectangle(fill) });
            }
            ops.push(Op::EndMarkedContent);
        }
        for piece in page.runs.chunk_by(|one, next| one.element == next.element) {
            match piece[0].element {
                Some(element) => {
                    ops.push(begin_marked(structure.element(element).role.name(), marks.len()));
                    marks.push(element);
                }
                None => ops.push(begin_artifact()),
            }
            ops.push(Op::StartTextSection);
            for run in piece {
                change_ink(&mut ops, &mut ink, run.ink);
                self.run(&mut ops, run);
            }
            ops.push(Op::EndTextSection);
            ops.push(Op::EndMarkedContent);
        }
        let (width, height) = (points(PAGE_WIDTH), points(PAGE_HEIGHT));
        (PdfPage::new(width.into(), height.into(), ops), marks)
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

/// ISO 32000-1 §14.8.2.2: what is on the page and no part of the document.
fn begin_artifact() -> Op {
    Op::BeginMarkedContent { tag: "Artifact".to_owned() }
}

/// ISO 32000-1 §14.7.4.2: a piece of the page with a number, by which an element finds it.
fn begin_marked(role: &str, number: usize) -> Op {
    let number = i64::try_from(number).expect("a page has fewer pieces");
    let map = BTreeMap::from([("MCID".to_owned(), DictItem::Int(number))]);
    Op::BeginMarkedContentWithProperties { tag: role.to_owned(), properties: DictItem::Dict { map } }
}

/// Fast rather than small: compression is most of the work, and the level that lopdf would choose saves two per cent.
fn compress_pages(document: &mut Document) -> std::io::Result<()> {
    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        // Metadata is for those too who look for it without reading PDF (ISO 19005-3 §6.6.2.1).
        if !stream.dict.has(b"Filter") && !stream.dict.has_type(b"Metadata") && stream.allows_compression {
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
