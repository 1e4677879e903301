//! What is rendered is what it claims to be.

use std::path::Path;
use std::process::Command;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// R36, R53: PDF/A-3a and PDF/UA-1, by veraPDF.
#[test]
fn every_rendered_message_is_valid_for_archives_and_for_screen_readers() {
    let folder = tempfile::tempdir().unwrap();
    let rendered = Command::new(env!("CARGO_BIN_EXE_inkom"))
        .args(["render", "fixtures/mail", "fixtures/reading", "fixtures/pdf", "-o"])
        .arg(folder.path())
        .current_dir(PROJECT)
        .output()
        .unwrap();
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let made = std::fs::read_dir(folder.path()).unwrap().count();
    let validated = Command::new(Path::new(PROJECT).join("tests/validate/run")).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&validated.stdout);
    assert!(validated.status.success(), "{said}{}", String::from_utf8_lossy(&validated.stderr));
    for profile in ["3a", "ua1"] {
        assert!(said.contains(&format!("{profile}: {made} of {made} files valid")), "{said}");
    }
}

#[test]
fn one_message_becomes_the_file_named_and_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let render = |name: &str| {
        let path = folder.path().join(name);
        let done = Command::new(env!("CARGO_BIN_EXE_inkom"))
            .args(["render", "fixtures/mail/attachments.eml", "-o"])
            .arg(&path)
            .current_dir(PROJECT)
            .status()
            .unwrap();
        assert!(done.success());
        std::fs::read(path).unwrap()
    };
    let first = render("a.pdf");
    assert!(first.starts_with(b"%PDF-1.7"));
    assert_eq!(first, render("b.pdf"));
}

fn rendered(arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pdf");
    let done = Command::new(env!("CARGO_BIN_EXE_inkom"))
        .arg("render")
        .args(arguments)
        .arg("-o")
        .arg(&path)
        .current_dir(PROJECT)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(path).unwrap()
}

/// What pdftotext finds, without its marks of direction and without what separates words.
fn words(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let found = Command::new("pdftotext").arg(file.path()).arg("-").output().unwrap();
    let text = String::from_utf8(found.stdout).unwrap();
    text.chars().filter(|c| !c.is_whitespace() && !('\u{202a}'..='\u{202e}').contains(c)).collect()
}

#[test]
fn every_script_that_the_machine_has_a_font_for_comes_out_as_it_was_written() {
    let found = words(&rendered(&["fixtures/pdf/scripts.eml"]));
    for written in [
        "ฉันต้องการนัดหมายแพทย์ในวันจันทร์เพราะว่าฉันปวดหัวมากและน้ำหนักลดลงตลอดเวลา",
        "我想预约星期一的时间。",
        "日本語:予約をお願いします。",
        "예약하고싶어요.",
        "ትግርኛ:ሰላምከመይኣለኻ።",
        "क्षेत्रमेंनमस्ते",
        "வணக்கம்",
        "می‌خواهمیکوقتبگیرم",
        "السلامعليكم(أهلا)لابأس",
        "שלום(עולם)אנירוצהתור",
    ] {
        assert!(found.contains(written), "{written} is not in {found}");
    }
}

#[test]
fn without_the_machines_fonts_what_is_lacking_stands_as_code_points() {
    let found = words(&rendered(&["fixtures/pdf/scripts.eml", "--fonts", "/nowhere"]));
    assert!(found.contains("السلامعليكم(أهلا)لابأس"), "{found}");
    assert!(found.contains("[U+4E2D][U+6587]"), "{found}");
    assert!(found.contains("Teckensomintekanvisasstårsomsinakodpunkter"), "{found}");
}

#[test]
fn every_attachment_lies_in_the_document_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("rich.pdf");
    std::fs::write(&pdf, rendered(&["fixtures/pdf/rich.eml"])).unwrap();
    let saved = Command::new("pdfdetach").args(["-saveall", "-o"]).arg(folder.path()).arg(&pdf).status().unwrap();
    assert!(saved.success());
    let original = std::fs::read(Path::new(PROJECT).join("fixtures/pdf/rich.eml")).unwrap();
    assert_eq!(std::fs::read(folder.path().join("PROV-2026-00001-1.eml")).unwrap(), original);
    assert_eq!(std::fs::read(folder.path().join("intyg.pdf")).unwrap(), b"%PDF-1.4\n");
    for name in ["logo.png", "Bild på armen.png", "bilaga-2"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}
