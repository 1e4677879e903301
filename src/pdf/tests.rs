use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::Command;

use lopdf::Object;
use proptest::prelude::*;
use rustybuzz::ttf_parser::GlyphId;

use super::document::{Composed, MAX_TEXT_PAGES, compose};
use super::font::Fonts;
use super::layout::{Laid, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Page};
use super::lines::width_of;
use super::structure::ElementId;
use super::typeset::Glyph;
use super::{Cover, RenderError, render as render_with};
use crate::message::block::{Cell, Origin};
use crate::message::{Address, Attachment, Block, Defect, Header, Message};
use crate::model::{Arrival, ArrivalSource, DiaryNumber, Digest};

fn with_cover<T>(test: impl FnOnce(&Cover<'_>) -> T) -> T {
    let at = |text: &str| text.parse().unwrap();
    let number: DiaryNumber = "RHS 2026-00417".parse().unwrap();
    let arrival = Arrival {
        arrived_at: at("2026-11-21T13:05:09Z"),
        source: ArrivalSource::OwnHost,
        internal_date: at("2026-11-21T13:05:11Z"),
        fetched_at: at("2026-11-21T13:06:00Z"),
    };
    test(&Cover {
        authority: "Region Exempel",
        unit: "Vårdcentralen Solrosen",
        number: &number,
        arrival: &arrival,
        registered_at: at("2026-11-21T13:06:02Z"),
        raw: &Digest::of(RAW),
        raw_size_bytes: 4711,
        folder: "INBOX",
    })
}

const RAW: &[u8] = b"raw";

/// On a bare machine.
fn render(cover: &Cover<'_>, message: &Message, raw: &[u8]) -> Result<Vec<u8>, RenderError> {
    render_with(&Fonts::default(), cover, message, raw)
}

fn pdf(message: &Message) -> Vec<u8> {
    with_cover(|cover| render(cover, message, RAW).unwrap())
}

fn laid(message: &Message) -> Laid {
    let Composed { laid, .. } = with_cover(|cover| compose(&Fonts::default(), cover, message, &HashMap::new()));
    laid
}

fn pages(message: &Message) -> Vec<Page> {
    laid(message).pages
}

fn text(text: &str) -> Message {
    blocks(vec![Block::Paragraph(text.to_owned())])
}

fn blocks(body: Vec<Block>) -> Message {
    Message { text: crate::message::block::text(&body), body, ..Message::default() }
}

fn address(name: &str, address: &str) -> Address {
    Address { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() }
}

fn attachment(name: &str, size_bytes: u64) -> Attachment {
    let digest = Digest::of(name.as_bytes());
    Attachment {
        name: Some(name.to_owned()),
        media_type: "application/pdf".to_owned(),
        size_bytes,
        digest,
        content_id: None,
        within: None,
    }
}

fn plain_swedish() -> Message {
    Message {
        from: vec![address("Åsa Exempelsson", "asa@example.se")],
        to: vec![address("Vårdcentralen Solrosen", "solrosen@region.example.se")],
        cc: vec![address("", "kopia@example.se"), address("Örjan Ä", "orjan@example.se")],
        subject: Some("Förfrågan om läkartid".to_owned()),
        date: Some("2026-11-21T13:04:55Z".parse().unwrap()),
        message_id: Some("abc.123@mail.example.se".to_owned()),
        body: vec![
            Block::Paragraph("Hej!".to_owned()),
            Block::Paragraph("Jag söker en tid på måndag.\nSe https://example.se/tid?a=1.".to_owned()),
            Block::Paragraph("\tNamn:\tÅsa".to_owned()),
        ],
        headers: vec![Header { name: "Subject".to_owned(), value: "Förfrågan om läkartid".to_owned() }],
        attachments: vec![attachment("Intyg från skolan.pdf", 123_456)],
        defects: vec![Defect::Charset, Defect::Charset],
        ..Message::default()
    }
}

/// What poppler's pdftotext (Debian: poppler-utils) finds.
fn pdftotext(pdf: &[u8], option: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let output = Command::new("pdftotext").arg(option).arg(file.path()).arg("-").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text of one page per string, without regard to spaces and line ends.
pub(super) fn extracted(pdf: &[u8]) -> Vec<String> {
    let text = pdftotext(pdf, "-layout");
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// A number in a line of `pdftotext -bbox`, in points.
fn value(line: &str, name: &str) -> f64 {
    let start = line.find(name).unwrap() + name.len() + 2;
    line[start..].split('"').next().unwrap().parse().unwrap()
}

/// One line per baseline: how far down it stands, and its runs from left to right.
fn readable(laid: &Laid) -> String {
    let mut lines = String::new();
    for page in &laid.pages {
        for runs in page.runs.chunk_by(|one, next| one.baseline == next.baseline) {
            let text = |glyphs: &[Glyph]| -> String { glyphs.iter().map(|glyph| laid.texts.of(glyph.text)).collect() };
            let texts: Vec<_> = runs.iter().map(|run| text(&run.glyphs)).collect();
            writeln!(lines, "{:04}  {}", runs[0].baseline, texts.join(" | ")).unwrap();
        }
    }
    lines
}

/// Every glyph's box lies on the page, and every line ends where its column does.
fn check_ink(pages: &[Page]) {
    let fonts = Fonts::default();
    let within = |what: &str, [left, top, right, bottom]: [f64; 4]| {
        let (width, height) = (f64::from(PAGE_WIDTH), f64::from(PAGE_HEIGHT));
        assert!(
            left >= 0.0 && right <= width && top >= 0.0 && bottom <= height,
            "{what}: {left} {top} {right} {bottom}"
        );
    };
    for run in pages.iter().flat_map(|page| &page.runs) {
        let scale = f64::from(run.size) / 1000.0;
        let end = f64::from(run.x) + f64::from(width_of(&run.glyphs)) * scale;
        assert!(end <= f64::from(MARGIN.x + MARGIN.width) + 0.001, "a line ends at {end}");
        let mut x = f64::from(run.x);
        for glyph in &run.glyphs {
            let face = &fonts.program(glyph.font).face;
            let units = f64::from(run.size) / f64::from(face.units_per_em());
            if let Some(shape) = face.glyph_bounding_box(GlyphId(glyph.id)) {
                let (x, y) = (x + f64::from(glyph.dx) * scale, f64::from(run.baseline) - f64::from(glyph.dy) * scale);
                let [left, right] = [shape.x_min, shape.x_max].map(|side| x + f64::from(side) * units);
                let [top, bottom] = [shape.y_max, shape.y_min].map(|side| y - f64::from(side) * units);
                within(&format!("{glyph:?}"), [left, top, right, bottom]);
            }
            x += f64::from(glyph.advance) * scale;
        }
    }
    let fills = pages.iter().flat_map(|page| &page.fills).map(|fill| [fill.x, fill.top, fill.width, fill.height]);
    let pictures = pages.iter().flat_map(|page| &page.pictures).map(|one| [one.x, one.top, one.width, one.height]);
    for [x, top, width, height] in fills.chain(pictures) {
        within("an area", [x, top, x + width, top + height].map(f64::from));
    }
}

#[test]
fn the_first_page_says_what_came_in_and_from_whom() {
    insta::assert_snapshot!(readable(&laid(&plain_swedish())), @r"
    0460  Inkommen handling · e-post | RHS 2026-00417:1
    0866  Region Exempel
    1072  Vårdcentralen Solrosen
    1381  Handlingsnummer
    1543  RHS 2026-00417:1
    1381  Inkommen
    1543  2026-11-21 14:05
    1381  Registrerad
    1543  2026-11-21 14:06
    1908  Från | Åsa Exempelsson <asa@example.se>
    2037  Avsändarens identitet är inte verifierad.
    2208  Till | Vårdcentralen Solrosen <solrosen@region.example.se>
    2380  Kopia | kopia@example.se
    2516  Örjan Ä <orjan@example.se>
    2688  Datum | 2026-11-21 14:04 (enligt avsändaren)
    2860  Ämne | Förfrågan om läkartid
    3032  Meddelande-id | abc.123@mail.example.se
    3368  Att veta om meddelandet
    3504  Textens teckenkodning var felaktigt angiven och har gissats.
    3991  Meddelande
    4186  Hej!
    4416  Jag söker en tid på måndag.
    4566  Se https://example.se/tid?a=1.
    4796   Namn: Åsa
    5246  Bilagor (1)
    5457  Nr | Namn och SHA-256 | Typ | Storlek
    5653  1
    5656  Intyg från skolan.pdf
    5763  929fb82bbf69f32aa6b2ba203a06fecc3725bbbaa437519ad5aaf0fb59f55df9
    5653  application/pdf | 123,4 kB
    5763  123 456 byte
    6233  Originalet
    6450  Inkommen enligt | den egna e-postserverns stämpel
    6622  Mapp | INBOX
    6794  Storlek | 4,7 kB (4 711 byte)
    6966  SHA-256 | d7439bee24773bcbfa2d0a97947ee36227b10d1022b1a55847e928965bb6bfde
    8019  sida 1 av 2
    0460  Region Exempel · Vårdcentralen Solrosen | RHS 2026-00417:1
    0873  Brevhuvudet i sin helhet
    1034  Subject | Förfrågan om läkartid
    8019  sida 2 av 2
    ");
}

#[test]
fn swedish_text_can_be_taken_out_of_the_pdf_in_order() {
    let found = extracted(&pdf(&plain_swedish()));
    let expected = [
        "Region Exempel Vårdcentralen Solrosen Handlingsnummer Inkommen Registrerad RHS 2026-00417:1",
        "2026-11-21 14:05 2026-11-21 14:06",
        "Från Åsa Exempelsson <asa@example.se> Avsändarens identitet är inte verifierad. Till",
        "Ämne Förfrågan om läkartid",
        "Meddelande Hej! Jag söker en tid på måndag. Se https://example.se/tid?a=1. Namn: Åsa",
        "Bilagor (1) Nr Namn och SHA-256 Typ Storlek 1 Intyg från skolan.pdf application/pdf 123,4 kB",
        "123 456 byte",
        "sida 1 av 2",
    ];
    for part in expected {
        assert!(found[0].contains(part), "{part:?} is not in {:?}", found[0]);
    }
}

#[test]
fn other_alphabets_can_be_taken_out_too() {
    let message = text("zażółć gęślą jaźń · Русский текст · ελληνικά · ŝ · 25 °C · µg · 100 Ω");
    let found = extracted(&pdf(&message));
    assert!(found[0].contains("zażółć gęślą jaźń · Русский текст · ελληνικά · ŝ · 25 °C · µg · 100 Ω"), "{found:?}");
}

#[test]
fn scripts_that_run_both_ways_come_out_as_they_were_written() {
    // The program's own typeface is enough for these. A page of mostly Swedish makes pdftotext put the stretches of one line
    // from left to right, so each is looked for by itself.
    for (written, stretches) in [
        ("العربية: السلام عليكم (أهلا) لا بأس، الآن 12:30", &["السلام عليكم (أهلا) لا بأس", "الآن", "12:30"][..]),
        ("فارسی: می‌خواهم یک وقت بگیرم، کتاب‌ها گچ پژ.", &["می‌خواهم یک وقت بگیرم", "کتاب‌ها گچ پژ"]),
        ("کوردی: من دەمەوێت کاتێک وەربگرم ڕۆژ ڵێ.", &["من دەمەوێت کاتێک وەربگرم ڕۆژ ڵێ"]),
        ("پښتو: زه غواړم ډاکټر ووینم ځای ښه.", &["زه غواړم ډاکټر ووینم ځای ښه"]),
        ("עברית: שלום (עולם) אני רוצה תור ABC 123.", &["שלום (עולם) אני רוצה תור", "ABC 123"]),
        ("Namn ألف، och (بيت) i samma rad", &["Namn", "ألف", "بيت", "i samma rad"]),
        ("Mun háliidan diŋgot áiggi čakčat đ ŋ š ŧ ž", &["Mun háliidan diŋgot áiggi čakčat đ ŋ š ŧ ž"]),
        ("Waxaan rabaa ballan, fi ffl office", &["Waxaan rabaa ballan, fi ffl office"]),
    ] {
        let found = pdftotext(&pdf(&text(written)), "-layout");
        for stretch in stretches {
            assert!(found.contains(stretch), "{stretch} is not in {found}");
        }
    }
}

#[test]
fn blocks_stand_as_what_they_are() {
    let cell = |text: &str, header| Cell { header, blocks: vec![Block::Paragraph(text.to_owned())] };
    let quoted = Block::Quote { origin: Origin::History, blocks: vec![Block::Paragraph("Citat".to_owned())] };
    let message = blocks(vec![
        Block::Heading { level: 4, text: "Rubrik".to_owned() },
        Block::List { first: Some(9), items: vec![vec![Block::Paragraph("nio".to_owned())], vec![quoted]] },
        Block::Table(vec![
            vec![cell("Dag", true), cell("Tid", true)],
            vec![cell("måndag", false), cell("08:30", false)],
            vec![cell("tisdag", false)],
        ]),
        Block::Preformatted("a   b\n  c".to_owned()),
        Block::Rule,
        Block::Image { content_id: "x@y".to_owned(), alternative: "en logotyp".to_owned() },
    ]);
    let laid = laid(&message);
    let structure = &laid.structure;
    let roles: Vec<&str> = (0..structure.len()).map(|at| structure.element(ElementId(at)).role.name()).collect();
    let from = roles.iter().rposition(|role| *role == "H3").unwrap();
    let expected = "H3 L LI Lbl LBody P LI Lbl LBody BlockQuote P Table TR TH P TH P TR TD P TD P TR TD P TD P P";
    assert_eq!(roles[from..].join(" ").split(" H2").next().unwrap(), expected);
    insta::assert_snapshot!(readable(&laid).split("Meddelande\n").nth(1).unwrap(), @r"
    3319  Rubrik
    3542  9. | nio
    3718  10. | Citat
    3959  Dag | Tid
    4144  måndag | 08:30
    4329  tisdag
    4569  a   b
    4700    c
    5010  [en logotyp]
    5460  Originalet
    5677  Inkommen enligt | den egna e-postserverns stämpel
    5849  Mapp | INBOX
    6021  Storlek | 4,7 kB (4 711 byte)
    6193  SHA-256 | d7439bee24773bcbfa2d0a97947ee36227b10d1022b1a55847e928965bb6bfde
    8019  sida 1 av 1
    ");
}

#[test]
fn what_cannot_be_shown_is_named() {
    let image = |name: &str, media_type: &str| Attachment { media_type: media_type.to_owned(), ..attachment(name, 9) };
    let message = Message {
        headers: vec![Header { name: "From".to_owned(), value: "小林 <k@example.se>".to_owned() }],
        attachments: vec![
            attachment("intyg.pdf", 1),
            image("IMG_1.HEIC", "image/heic"),
            image("bruten.png", "image/png"),
            image("绘.doc", "application/msword"),
        ],
        ..text("Hej 🦩")
    };
    let page = readable(&laid(&message));
    assert!(page.contains("Bilder som inte kan visas här, men finns i handlingen: bilaga 2, 3."), "{page}");
    assert!(page.contains("står som sina kodpunkter: U+5C0F, U+6797, U+1F9A9, U+7ED8."), "{page}");
}

#[test]
fn a_row_stays_on_one_page_and_one_that_is_taller_is_cut() {
    let cell = |lines: usize| Cell { header: false, blocks: vec![Block::Paragraph(vec!["rad"; lines].join("\n"))] };
    for (lines, rows) in [(20, 12), (200, 2)] {
        let pages = pages(&blocks(vec![Block::Table((0..rows).map(|_| vec![cell(lines), cell(1)]).collect())]));
        check_ink(&pages);
        let words = pages.iter().flat_map(|page| &page.runs).filter(|run| run.glyphs.len() == 3 && run.size == 90);
        assert_eq!(words.count(), rows * (lines + 1), "{lines} lines in {rows} rows");
        for page in &pages {
            let on_page = page.runs.iter().filter(|run| run.glyphs.len() == 3 && run.size == 90).count();
            assert!(lines > 50 || on_page % (lines + 1) == 0, "{on_page} words on a page");
        }
    }
}

#[test]
fn every_page_has_its_number_and_the_diarys() {
    let lines: Vec<_> = (1..=100).map(|n| format!("Rad {n}")).collect();
    let found = extracted(&pdf(&text(&lines.join("\n"))));
    assert_eq!(found.len(), 3);
    for (at, page) in (1..).zip(&found) {
        assert!(page.contains("RHS 2026-00417:1"), "{page}");
        assert!(page.ends_with(&format!("sida {at} av 3")), "{page}");
    }
    assert!(found[1].starts_with("Region Exempel · Vårdcentralen Solrosen"), "{}", found[1]);
    let all = found.join(" ");
    assert!((1..=100).all(|n| all.contains(&format!("Rad {n} "))));
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_came_between() {
    let first = pdf(&plain_swedish());
    let other = pdf(&text("ж ﷺ 😀"));
    assert_eq!(pdf(&plain_swedish()), first);
    assert_eq!(pdf(&text("ж ﷺ 😀")), other);
    let later = with_cover(|cover| {
        let registered_at = "2026-11-22T13:06:02Z".parse().unwrap();
        render(&Cover { registered_at, ..*cover }, &plain_swedish(), RAW).unwrap()
    });
    assert_ne!(later, first);
}

#[test]
fn a_small_message_is_a_small_file_with_its_fonts_inside() {
    let pdf = pdf(&plain_swedish());
    assert!(pdf.len() <= 40_000, "{} bytes", pdf.len());
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let programs: Vec<_> =
        document.objects.values().filter_map(|object| object.as_dict().ok()?.get(b"FontFile2").ok()).collect();
    assert_eq!(programs.len(), 2);
    for program in programs {
        let (_, program) = document.dereference(program).unwrap();
        let program = program.as_stream().unwrap();
        let length = program.dict.get(b"Length1").unwrap().as_i64().unwrap();
        let content = program.decompressed_content().unwrap();
        assert_eq!(i64::try_from(content.len()), Ok(length));
        assert!(rustybuzz::ttf_parser::RawFace::parse(&content, 0).is_ok());
    }
}

#[test]
fn the_dates_are_the_registrations_and_links_are_text_alone() {
    let pdf = pdf(&plain_swedish());
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let info = document.trailer.get(b"Info").and_then(|info| document.dereference(info)).unwrap().1.as_dict().unwrap();
    assert_eq!(info.get(b"CreationDate").unwrap().as_str().unwrap(), b"D:20261121130602Z");
    for object in document.objects.values() {
        let keys = |object: &Object| object.as_dict().map(|found| found.has(b"URI") || found.has(b"Annots"));
        assert!(!keys(object).unwrap_or(false), "{object:?}");
    }
}

#[test]
fn what_no_font_has_stands_as_its_code_point() {
    for (written, shown) in [
        ("你好", "[U+4F60][U+597D]"),
        ("a\u{1f9a9}b", "a[U+1F9A9]b"),
        ("a\0b", "a[U+0000]b"),
        ("a\u{1b}[31mb", "a[U+001B][31mb"),
        ("faktura\u{202e}fdp.exe", "faktura[U+202E]fdp.exe"),
        ("\u{e000}", "[U+E000]"),
        ("a\u{feff}b\u{200b}c\u{ad}d", "abcd"),
    ] {
        let found = extracted(&pdf(&text(written)));
        assert!(found[0].contains(&format!("Meddelande {shown} ")), "{shown} is not in {}", found[0]);
    }
}

#[test]
fn a_long_word_is_broken_and_whole() {
    let address = format!("https://example.se/{}?q={}", "en/lang/sokvag/".repeat(40), "x".repeat(900));
    let message = text(&address);
    check_ink(&pages(&message));
    let all: String = extracted(&pdf(&message)).concat().split(' ').collect();
    assert!(all.contains(&address), "{all}");
}

#[test]
fn an_empty_message_has_one_page_that_says_so() {
    let found = extracted(&pdf(&Message::default()));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("Från saknas Avsändarens identitet är inte verifierad. Till saknas"), "{}", found[0]);
    assert!(found[0].contains("Meddelandet har ingen text."), "{}", found[0]);
}

#[test]
fn long_lists_and_values_end_with_a_note() {
    let message = Message {
        to: (0..1000).map(|n| address("", &format!("nr{n}@example.se"))).collect(),
        subject: Some("mycket ".repeat(10_000)),
        attachments: (0..5000).map(|n| attachment(&format!("{n}.pdf"), n)).collect(),
        ..Message::default()
    };
    let pages = pages(&message);
    check_ink(&pages);
    assert!(pages.len() < 30, "{} pages", pages.len());
    let all = extracted(&pdf(&message)).join(" ");
    for note in [
        "nr49@example.se och 950 till, som står i originalet",
        "… (förkortat, hela finns i originalet)",
        "och 4800 till, som finns i originalet",
    ] {
        assert!(all.contains(note), "{note}");
    }
}

#[test]
fn whatever_comes_the_pages_are_bounded_and_the_end_is_told() {
    // How many pages at most, and whether all of the text is there.
    for (name, written, most, whole) in [
        ("ten thousand lines", "Rad\n".repeat(10_000), 220, true),
        ("a hundred thousand lines", "Rad\n".repeat(100_000), MAX_TEXT_PAGES + 3, false),
        ("a megabyte of words", "blåbär ".repeat(130_000), 250, true),
        ("one word of a megabyte", "x".repeat(1 << 20), 300, true),
        ("one word of four megabytes", "x".repeat(4 << 20), 350, false),
        ("a million narrow letters", "i".repeat(1 << 20), 150, true),
        ("many lines of narrow letters", ("i".repeat(150) + "\n").repeat(10_000), 200, false),
        ("a megabyte of NUL", "\0".repeat(1 << 20), MAX_TEXT_PAGES + 3, false),
        ("a megabyte of combining marks", format!("e{}", "\u{301}".repeat(1 << 19)), 100, true),
        ("a megabyte of tabs", "\t".repeat(1 << 20) + "x", 150, true),
        ("a megabyte of spaces", " ".repeat(1 << 20) + "x", 150, true),
        ("a megabyte of blank lines", "x\n".to_owned() + &"\n".repeat(1 << 20) + "x", 3, true),
        ("emoji", "👩‍⚕️".repeat(80_000), 300, true),
    ] {
        let mut laid = laid(&text(&written));
        let pages = &mut laid.pages;
        assert!(pages.len() <= most, "{name}: {} pages", pages.len());
        check_ink(&pages[..pages.len().min(10)]);
        check_ink(&pages[pages.len().saturating_sub(10)..]);
        pages.drain(..pages.len().saturating_sub(3));
        let last = readable(&laid);
        assert_eq!(!last.contains("Texten är längre än så här"), whole, "{name}: {last}");
    }
}

#[test]
fn a_bounded_text_is_still_a_pdf() {
    let pdf = pdf(&text(&"\0x\u{301}\t".repeat(1 << 18)));
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    assert!(document.get_pages().len() <= MAX_TEXT_PAGES + 3);
    let found = extracted(&pdf);
    assert!(found.last().unwrap().contains("Hela meddelandet finns i det sparade originalet."), "{:?}", found.last());
}

#[test]
fn poppler_too_finds_every_word_on_the_page() {
    let written = "Ett ord \u{301}\u{301} ﷺ ".repeat(500) + &"W".repeat(5000);
    let message = Message { body: text(&written).body, ..plain_swedish() };
    let boxes = pdftotext(&pdf(&message), "-bbox");
    let words: Vec<_> = boxes.lines().filter(|line| line.contains("<word ")).collect();
    assert!(words.len() > 1500, "{}", words.len());
    let right = f64::from(MARGIN.x + MARGIN.width) / 10.0;
    for word in words {
        // 25 mm are left for the holes of a binder.
        assert!(value(word, "xMin") >= 70.8 && value(word, "xMax") <= right + 0.1, "{word}");
        assert!(value(word, "yMin") >= 0.0 && value(word, "yMax") <= f64::from(PAGE_HEIGHT) / 10.0, "{word}");
    }
}

#[test]
fn words_stand_under_each_other_after_a_tab() {
    let boxes = pdftotext(&pdf(&text("Avdelning\tett\nNamn\t\ttvå\n\ttre")), "-bbox");
    let at = |word: &str| value(boxes.lines().find(|line| line.contains(&format!(">{word}<"))).unwrap(), "xMin");
    assert!((at("ett") - at("två")).abs() < 0.01, "{} {}", at("ett"), at("två"));
    assert!(at("tre") < at("två") && at("tre") > at("Namn") + 20.0, "{}", at("tre"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_anywhere_stays_on_the_page(
        body in "(?s).{0,3000}",
        parts in prop::collection::vec("(?s).{0,300}", 6),
    ) {
        let message = Message {
            from: vec![address(&parts[0], &parts[1])],
            cc: vec![address(&parts[1], &parts[2])],
            subject: Some(parts[2].clone()),
            message_id: Some(parts[3].clone()),
            body: text(&body).body,
            text: body,
            attachments: vec![Attachment { media_type: parts[4].clone(), ..attachment(&parts[3], 1) }],
            ..Message::default()
        };
        with_cover(|cover| {
            let cover = Cover { authority: &parts[4], unit: &parts[5], folder: &parts[0], ..*cover };
            let composed = compose(&Fonts::default(), &cover, &message, &HashMap::new());
            check_ink(&composed.laid.pages);
            let pdf = render(&cover, &message, RAW).unwrap();
            assert!(lopdf::Document::load_mem(&pdf).is_ok());
        });
    }
}

#[test]
fn the_original_lies_in_the_document_bit_by_bit() {
    let raw: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let pdf = with_cover(|cover| render(cover, &plain_swedish(), &raw).unwrap());
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let embedded = |object: &&Object| object.as_stream().is_ok_and(|stream| stream.dict.has_type(b"EmbeddedFile"));
    let [file] = document.objects.values().filter(embedded).collect::<Vec<_>>()[..] else { panic!("one file") };
    assert_eq!(file.as_stream().unwrap().decompressed_content().unwrap(), raw);
    let catalog = document.catalog().unwrap();
    let files = catalog.get(b"AF").unwrap().as_array().unwrap();
    let file = document.get_dictionary(files[0].as_reference().unwrap()).unwrap();
    assert_eq!(file.get(b"AFRelationship").unwrap().as_name().unwrap(), b"Source");
}

#[test]
fn every_word_of_the_document_is_part_of_its_structure() {
    for page in pages(&plain_swedish()) {
        let outside: Vec<_> = page.runs.iter().filter(|run| run.element.is_none()).map(|run| run.baseline).collect();
        // The header's two and the page's number.
        assert_eq!(outside.len(), 3, "{outside:?}");
    }
}
