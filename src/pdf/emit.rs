//! Pages become PDF: printpdf writes them, and what it leaves to chance or writes large is put right afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use printpdf::{
    Codepoint, Color, DictItem, ExternalStream, ExternalXObject, FontId as PdfFontId, FontMetrics, FontType, Op,
    PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfFontMetricsStub, PdfPage, PdfParseErrorSeverity,
    PdfSaveOptions, Pt, Rect, Rgb, TextItem, TextMatrix, XObject, XObjectId, XObjectTransform,
};

use super::RenderError;
use super::archive::{self, Subject};
use super::document::Composed;
use super::embed::{Code, Subset, Use};
use super::font::{Face, FontId, Fonts, Millis};
use super::layout::{Fill, Ink, Laid, PAGE_HEIGHT, PAGE_WIDTH, Page, Placed, Run, Tenths};
use super::picture::{Data, Picture};
use super::structure::{ElementId, Structure};
use super::typeset::{Glyph, TextId, Texts};

/// What printpdf need not do: the fonts and pictures are made ready already.
const OPTIONS: PdfSaveOptions =
    PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };

/// Of zlib's nine levels.
const PAGE_COMPRESSION: u32 = 3;

pub(super) fn write(fonts: &Fonts, composed: Composed, subject: &Subject<'_>) -> Result<Vec<u8>, RenderError> {
    let Composed { laid: Laid { pages, structure, texts, bookmarks }, pictures } = composed;
    let subsets = Subsets::of(fonts, &pages, &texts)?;
    let mut pdf = PdfDocument::new("");
    for (id, subset) in &subsets.0 {
        pdf.resources.fonts.map.insert(name_of_font(*id), PdfFont::new(placeholder(subset)));
    }
    for at in 0..pictures.len() {
        let stream = ExternalStream { dict: BTreeMap::new(), content: Vec::new(), compress: false };
        let object = ExternalXObject { stream, width: None, height: None, dpi: None };
        pdf.resources.xobjects.map.insert(name_of_picture(at), XObject::External(object));
    }
    // The layout is let go of page by page: a long text would otherwise be in memory twice.
    let mut marks = Vec::with_capacity(pages.len());
    let writer = Writer { fonts, subsets: &subsets, texts: &texts, structure: &structure };
    for page in pages {
        let (page, on_page) = writer.page(&page);
        pdf.pages.push(page);
        marks.push(on_page);
    }
    let mut warnings = Vec::new();
    let mut document = pdf.to_lopdf_document(&OPTIONS, &mut warnings);
    drop(pdf);
    if let Some(fault) = warnings.into_iter().find(|warning| warning.severity == PdfParseErrorSeverity::Error) {
        return Err(RenderError::Page(fault.msg));
    }
    subsets.embed(&mut document).map_err(RenderError::Document)?;
    embed_pictures(&mut document, pictures).map_err(RenderError::Document)?;
    let tagged = archive::Tagged { structure: &structure, marks: &marks, bookmarks: &bookmarks };
    archive::finish(&mut document, subject, &tagged).map_err(RenderError::Document)?;
    compress_pages(&mut document).map_err(RenderError::Write)?;
    let mut bytes = Vec::with_capacity(subject.embedded_bytes() + 64 * 1024);
    // Structure elements are many and small: together they are compressed.
    document.save_modern(&mut bytes).map_err(RenderError::Write)?;
    Ok(bytes)
}

fn name_of_font(id: FontId) -> PdfFontId {
    PdfFontId(format!("F{}", id.0))
}

fn name_of_picture(at: usize) -> XObjectId {
    XObjectId(format!("P{at}"))
}

/// What printpdf wants to know of a font before it writes pages: how wide its glyphs are. The font itself takes its place.
fn placeholder(subset: &Subset) -> ParsedFont {
    ParsedFont {
        font_index: 0,
        font_name: None,
        codepoint_to_glyph: BTreeMap::new(),
        glyph_widths: (0..).zip(subset.widths.iter().copied()).collect(),
        units_per_em: 1000,
        font_metrics: FontMetrics { ascent: 0, descent: 0 },
        font_type: FontType::TrueType,
        pdf_font_metrics: PdfFontMetricsStub {
            units_per_em: 1000,
            x_min: 0,
            y_min: 0,
            x_max: 0,
            y_max: 0,
            caret_slope_rise: 1,
            caret_slope_run: 0,
            us_weight_class: 400,
        },
        original_bytes: vec![0],
    }
}

/// The parts of the fonts that the pages need.
struct Subsets(BTreeMap<FontId, Arc<Subset>>);

impl Subsets {
    fn of(fonts: &Fonts, pages: &[Page], texts: &Texts) -> Result<Self, RenderError> {
        let mut used: BTreeMap<FontId, BTreeSet<Use>> = BTreeMap::new();
        for glyph in pages.iter().flat_map(|page| &page.runs).flat_map(|run| &run.glyphs) {
            used.entry(glyph.font).or_default().insert((glyph.id, glyph.text));
        }
        let cut = |(id, uses): (FontId, BTreeSet<Use>)| {
            let face = Face::ALL.into_iter().find(|face| face.font() == id);
            Ok((id, Subset::of(face, fonts.program(id), &uses, texts)?))
        };
        used.into_iter().map(cut).collect::<Result<_, _>>().map(Self)
    }

    /// Puts the fonts in the place of what printpdf wrote for them.
    fn embed(&self, document: &mut Document) -> lopdf::Result<()> {
        for (id, subset) in &self.0 {
            let font = subset.embed(document);
            replace(document, b"Font", name_of_font(*id).0.as_bytes(), font)?;
        }
        Ok(())
    }
}

/// Lets a name on all pages mean another object, and takes away the old one with what only it refers to.
fn replace(document: &mut Document, kind: &[u8], name: &[u8], by: ObjectId) -> lopdf::Result<()> {
    let Some(page) = document.page_iter().next() else { return Ok(()) };
    let resources = document.get_dictionary(page)?.get(b"Resources")?.as_reference()?;
    let names = document.get_dictionary(resources)?.get(kind)?.as_reference()?;
    let names = document.get_object_mut(names)?.as_dict_mut()?;
    let old = names.get(name)?.clone();
    names.set(name, by);
    forget(document, &old, 4);
    Ok(())
}

fn forget(document: &mut Document, object: &Object, depth: usize) {
    let removed = match object {
        Object::Reference(id) => document.objects.remove(id),
        other => Some(other.clone()),
    };
    let inner: Vec<Object> = match removed {
        Some(Object::Dictionary(dictionary)) => dictionary.iter().map(|(_, value)| value.clone()).collect(),
        Some(Object::Stream(stream)) => stream.dict.iter().map(|(_, value)| value.clone()).collect(),
        Some(Object::Array(values)) => values,
        _ => Vec::new(),
    };
    if depth > 0 {
        for value in &inner {
            forget(document, value, depth - 1);
        }
    }
}

fn embed_pictures(document: &mut Document, pictures: Vec<Picture>) -> lopdf::Result<()> {
    for (at, picture) in pictures.into_iter().enumerate() {
        let mut dictionary = Dictionary::from_iter([
            ("Type", "XObject".into()),
            ("Subtype", "Image".into()),
            ("Width", picture.pixels.0.into()),
            ("Height", picture.pixels.1.into()),
            ("ColorSpace", "DeviceRGB".into()),
            ("BitsPerComponent", 8.into()),
        ]);
        let (filter, bytes) = match picture.data {
            Data::Rgb(bytes) => ("FlateDecode", bytes),
            Data::Jpeg(bytes) => ("DCTDecode", bytes),
        };
        dictionary.set("Filter", filter);
        let id = document.add_object(Stream::new(dictionary, bytes));
        replace(document, b"XObject", name_of_picture(at).0.as_bytes(), id)?;
    }
    Ok(())
}

/// Writes pages.
struct Writer<'a> {
    fonts: &'a Fonts,
    subsets: &'a Subsets,
    texts: &'a Texts,
    structure: &'a Structure,
}

impl Writer<'_> {
    /// The page, and which element each of its marked pieces is of, by their numbers.
    fn page(&self, page: &Page) -> (PdfPage, Vec<ElementId>) {
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
        for placed in &page.pictures {
            ops.push(begin_marked(self.structure.element(placed.element).role.name(), marks.len()));
            marks.push(placed.element);
            ops.push(Op::UseXobject { id: name_of_picture(placed.picture), transform: transform(placed) });
            ops.push(Op::EndMarkedContent);
        }
        for piece in page.runs.chunk_by(|one, next| one.element == next.element) {
            match piece[0].element {
                Some(element) => {
                    ops.push(begin_marked(self.structure.element(element).role.name(), marks.len()));
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
        (PdfPage::new(points(PAGE_WIDTH).into(), points(PAGE_HEIGHT).into(), ops), marks)
    }

    /// One show operator for each stretch of one font at one height; the next continues where it ended.
    fn run(&self, ops: &mut Vec<Op>, run: &Run) {
        let matrix = TextMatrix::Translate(points(run.x), points(PAGE_HEIGHT - run.baseline));
        ops.push(Op::SetTextMatrix { matrix });
        let mut pen = Pen::default();
        let mut rest = &run.glyphs[..];
        while !rest.is_empty() {
            let (length, is_explained) = self.span(rest);
            let (span, after) = rest.split_at(length);
            rest = after;
            if is_explained {
                let text: String = span.iter().map(|glyph| self.texts.of(glyph.text)).collect();
                ops.push(begin_span(&text));
            }
            for stretch in span.chunk_by(|one, next| one.font == next.font && one.dy == next.dy) {
                self.show(ops, stretch, run.size, &mut pen);
            }
            if is_explained {
                ops.push(Op::EndMarkedContent);
            }
        }
        if pen.raised != 0 {
            ops.push(Op::SetLineOffset { multiplier: 0.0 });
        }
    }

    /// How many of the first glyphs belong together, and whether their text has to be told because they do not tell it:
    /// several that stand for one character, or one that stands for another elsewhere.
    fn span(&self, glyphs: &[Glyph]) -> (usize, bool) {
        match self.told(glyphs) {
            0 => ((1..glyphs.len()).find(|&at| self.told(&glyphs[at..]) > 0).unwrap_or(glyphs.len()), false),
            told => (told, true),
        }
    }

    fn told(&self, glyphs: &[Glyph]) -> usize {
        let Some((first, others)) = glyphs.split_first() else { return 0 };
        let silent = |glyphs: &[Glyph]| glyphs.iter().take_while(|glyph| glyph.text == TextId::NONE).count();
        let from_right = first.level % 2 == 1;
        match (first.text == TextId::NONE, silent(others)) {
            // From right to left they stand before the glyph that has their text.
            (true, more) => (more + 2).min(glyphs.len()),
            (false, more) if more > 0 && !from_right => more + 1,
            (false, _) if !self.code(first).is_exact => 1,
            (false, _) => 0,
        }
    }

    fn code(&self, glyph: &Glyph) -> Code {
        let subset = self.subsets.0.get(&glyph.font);
        subset.map_or(Code { number: 0, is_exact: true }, |subset| subset.code((glyph.id, glyph.text)))
    }

    fn show(&self, ops: &mut Vec<Op>, glyphs: &[Glyph], size: Tenths, pen: &mut Pen) {
        let first = glyphs[0];
        if first.dy != pen.raised {
            pen.raised = first.dy;
            ops.push(Op::SetLineOffset { multiplier: exact(first.dy) * exact(size) / 10_000.0 });
        }
        if pen.font != Some(first.font) {
            pen.font = Some(first.font);
            ops.push(Op::SetFont { font: PdfFontHandle::External(name_of_font(first.font)), size: points(size) });
        }
        let program = self.fonts.program(first.font);
        let mut items = Vec::with_capacity(2);
        let mut codes: Vec<Codepoint> = Vec::with_capacity(glyphs.len());
        for glyph in glyphs {
            let back = exact(pen.ahead - glyph.dx);
            match codes.last_mut() {
                Some(last) => last.offset = back,
                None if back != 0.0 => items.push(TextItem::Offset(back)),
                None => {}
            }
            codes.push(Codepoint::new(self.code(glyph).number, 0.0));
            pen.ahead = glyph.dx + program.advance(glyph.id) - glyph.advance;
        }
        items.push(TextItem::GlyphIds(codes));
        ops.push(Op::ShowText { items });
    }
}

/// What the line so far has left behind it.
#[derive(Default)]
struct Pen {
    font: Option<FontId>,
    raised: Millis,
    /// How far it stands past where the next glyph belongs.
    ahead: Millis,
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

/// ISO 32000-1 §14.9.4: what glyphs stand for that do not say it themselves.
fn begin_span(text: &str) -> Op {
    let text = DictItem::String { data: archive::utf16(text), literal: false };
    let map = BTreeMap::from([("ActualText".to_owned(), text)]);
    Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties: DictItem::Dict { map } }
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
        y: points(PAGE_HEIGHT - fill.top - fill.height),
        width: points(fill.width),
        height: points(fill.height),
        mode: Some(PaintMode::Fill),
        winding_order: None,
    }
}

/// An image is one unit wide and high.
fn transform(placed: &Placed) -> XObjectTransform {
    XObjectTransform {
        translate_x: Some(points(placed.x)),
        translate_y: Some(points(PAGE_HEIGHT - placed.top - placed.height)),
        scale_x: Some(points(placed.width).0),
        scale_y: Some(points(placed.height).0),
        no_auto_scale: true,
        ..XObjectTransform::default()
    }
}

fn points(length: Tenths) -> Pt {
    Pt(exact(length) / 10.0)
}

/// Lengths on a page, which a float holds exactly; what is farther off is off the page anyway.
fn exact(length: i32) -> f32 {
    f32::from(i16::try_from(length).unwrap_or(if length < 0 { i16::MIN } else { i16::MAX }))
}
