//! What is rendered is what it claims to be.

use std::path::Path;
use std::process::Command;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// R36, R53: PDF/A-3a and PDF/UA-1, by veraPDF.
#[test]
fn every_rendered_message_is_valid_for_archives_and_for_screen_readers() {
    let folder = tempfile::tempdir().unwrap();
    let rendered = Command::new(env!("CARGO_BIN_EXE_inkom"))
        .args(["render", "fixtures/mail", "fixtures/reading", "-o"])
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
