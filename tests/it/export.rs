//! Lists out of the diary, as an archivist takes them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use inkom::clock;
use inkom::config::Config;
use inkom::diary::{Diary, EntryDetails};
use inkom::model::{AuditAction, DiaryNumber, EntryId, Role};
use jiff::{SignedDuration, Timestamp};

use crate::support::pages::Pages;

const HEAD: &str = "\u{feff}Diarienummer;Enhet;HSA-id;Inkom;Inkom enligt;Registrerad;Registrerad av;Riktning;Kanal;Avsändare;\
                    Avsändartyp;Mottagare;Ämne;Offentlig beskrivning;Handlingstyp;Ärende;Sekretess;Lagrum;Läge;Beslut;Senast;\
                    Bilagor;Dubblett;Svar;Skäl för svar eller inte;Message-ID;Byte;SHA-256;SHA-256 för PDF;Ur brevlådan";

fn export(dir: &Path, args: &[&str]) -> Output {
    of("diary", dir, args)
}

fn of(what: &str, dir: &Path, args: &[&str]) -> Output {
    let config = dir.join("inkom.toml");
    Command::new(env!("CARGO_BIN_EXE_inkom"))
        .args(["export", what])
        .args(args)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn diary(dir: &Path) -> Diary {
    Diary::open(&Config::load(&dir.join("inkom.toml")).unwrap()).await.unwrap()
}

async fn all(dir: &Path) -> Vec<EntryDetails> {
    diary(dir).await.read().await.unwrap().entries_after(EntryId(0), 1000).await.unwrap()
}

/// The demonstration's diary, which needs no leave.
fn demo() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let made = Command::new(env!("CARGO_BIN_EXE_inkom")).args(["demo", "--once", "--dir"]).arg(&dir).output().unwrap();
    assert!(made.status.success());
    (folder, dir)
}

#[tokio::test]
async fn every_entry_is_in_every_form_of_the_list_with_its_fields() {
    let (_folder, dir) = demo();
    let entries = all(&dir).await;
    let text = said(&export(&dir, &[]));
    assert_eq!(text.lines().next().unwrap(), HEAD);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), entries.len());
    for (row, details) in rows.iter().zip(&entries) {
        assert_eq!(&row[0], details.entry.number.to_string());
        assert_eq!(&row[3], clock::second(details.entry.arrival.arrived_at));
        assert_eq!(&row[27], details.raw.to_string());
        let subject = details.summary.as_ref().and_then(|summary| summary.subject.clone()).unwrap_or_default();
        assert_eq!(row[12].trim_start_matches('\''), subject);
    }
    for (line, details) in said(&export(&dir, &["--format", "json"])).lines().zip(&entries) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["number"], details.entry.number.to_string());
        assert_eq!(object["arrived_at"], details.entry.arrival.arrived_at.to_string());
        assert_eq!(object["attachments"], details.summary.as_ref().unwrap().attachments.len());
        assert_eq!(object.as_object().unwrap().len(), 30);
    }
    let sheet = dir.join("diarium.xlsx");
    said(&export(&dir, &["--format", "xlsx", "-o", sheet.to_str().unwrap()]));
    assert_eq!(&fs::read(&sheet).unwrap()[..2], b"PK");
    assert!(!dir.join("diarium.xlsx.part").exists());
    // Each of the three was seen by the one who took it.
    let diary = diary(&dir).await;
    let mut tx = diary.read().await.unwrap();
    let rows = tx.audit_after(0, 10_000).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.event.action == AuditAction::Exported).count(), 3);
    for details in &entries {
        let looks = tx.looks_at(details.entry.id, 100).await.unwrap();
        assert_eq!(looks.iter().filter(|row| row.event.action == AuditAction::Exported).count(), 3);
    }
}

#[tokio::test]
async fn a_cell_that_a_sender_wrote_is_never_a_formula() {
    let pages = Pages::open().await;
    for subject in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "a;b\"c\" =1"] {
        pages.entry("Mottagningen", &super::web::mail("a@example.org", subject, "hej"), Timestamp::now()).await;
    }
    let text = said(&export(pages.dir(), &[]));
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let subjects: Vec<String> = reader.records().map(|row| row.unwrap()[12].to_owned()).collect();
    assert_eq!(subjects, ["'=cmd|' /C calc'!A0", "'+1", "'-1", "'@SUM(1)", "a;b\"c\" =1"]);
}

#[tokio::test]
async fn days_and_unit_choose_what_is_in_it() {
    let pages = Pages::open().await;
    let at = |text: &str| format!("{text}+01:00").parse::<Timestamp>().unwrap();
    for (unit, day) in [
        ("Mottagningen", "2026-01-31T23:59:59"),
        ("Mottagningen", "2026-02-01T00:00:00"),
        ("En annan enhet", "2026-02-01T12:00:00"),
        ("Mottagningen", "2026-02-28T23:59:59"),
        ("Mottagningen", "2026-03-01T00:00:00"),
    ] {
        pages.entry(unit, &super::web::mail("a@example.org", "Hej", "hej"), at(day)).await;
    }
    let numbers = |args: &[&str]| -> Vec<String> {
        let text = said(&export(pages.dir(), args));
        text.lines().skip(1).map(|line| line.split(';').next().unwrap()[8..].to_owned()).collect()
    };
    assert_eq!(numbers(&["--from", "2026-02-01", "--to", "2026-02-28"]), ["00002", "00004"]);
    assert_eq!(numbers(&["--to", "2026-01-31"]), ["00001"]);
    assert_eq!(numbers(&["--unit", "Mottagningen", "--from", "2026-03-01"]), ["00005"]);
    for (args, told) in [
        (vec!["--from", "2026-03-01", "--to", "2026-02-01"], "is after --to"),
        (vec!["--from", "i går"], "invalid value"),
        (vec!["--unit", "En annan enhet"], "there is no such unit"),
        (vec!["--format", "pdf"], "possible values: csv, xlsx, json"),
    ] {
        let refused = export(pages.dir(), &args);
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{args:?}");
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(stderr.contains(told), "{args:?}: {stderr}");
    }
}

#[tokio::test]
async fn outside_the_demonstration_it_takes_an_archivists_fresh_approval_and_that_works_once() {
    let pages = Pages::open().await;
    pages.entry("Mottagningen", &super::web::mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let siv = pages.person("Siv", &[("Mottagningen", Role::Archivist)]).await;
    let rut = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    // The same diary, no longer the demonstration's.
    let config = pages.dir().join("inkom.toml");
    let text = fs::read_to_string(&config).unwrap().replace("kind = \"demo\"", "kind = \"passkey\"");
    fs::write(&config, &text).unwrap();
    let refused = export(pages.dir(), &[]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--approval"));
    assert_eq!(pages.post("/uttag", &rut, "").await.status, 403);
    assert_eq!(pages.get("/uttag", Some(&rut)).await.status, 403);
    let page = pages.post("/uttag", &siv, "").await.body;
    let code = page.split("code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let listed = said(&export(pages.dir(), &["--approval", &code]));
    assert_eq!(listed.lines().count(), 2);
    assert!(!export(pages.dir(), &["--approval", &code]).status.success(), "used");
    assert!(!export(pages.dir(), &["--approval", "gissning"]).status.success());
    let mut tx = pages.diary.read().await.unwrap();
    let number: DiaryNumber = "MM 2026-00001".parse().unwrap();
    let entry = tx.entry(&number).await.unwrap().unwrap().entry;
    let looks = tx.looks_at(entry.id, 10).await.unwrap();
    assert_eq!((looks[0].event.action, &*looks[0].event.actor), (AuditAction::Exported, "Siv"));
    drop(tx);
    // Root only where the configuration says so, and then by the name of who it is.
    if rustix::process::geteuid().is_root() {
        fs::write(&config, format!("{text}\n[export]\nroot = true\n")).unwrap();
        assert_eq!(said(&export(pages.dir(), &[])).lines().count(), 2);
    }
}

#[tokio::test]
async fn one_who_signed_in_a_while_ago_signs_in_anew_first() {
    let pages = Pages::open().await;
    let siv = pages.person("Siv", &[("Mottagningen", Role::Archivist)]).await;
    pages.sql("update session set started_at = started_at - 11 * 60 * 1000").await;
    assert!(pages.get("/uttag", Some(&siv)).await.body.contains("Logga ut och in igen"));
    let refused = pages.post("/uttag", &siv, "").await;
    assert!(refused.status == 400 && !refused.body.contains("Ditt godkännande"), "{}", refused.body);
}

#[tokio::test]
async fn the_balanslista_tells_what_stands_open_by_age_and_which_numbers_are_voided() {
    let pages = Pages::open().await;
    let now = Timestamp::now();
    for (n, days) in [(1, 3), (2, 40), (3, 0), (4, 1)] {
        let at = now - SignedDuration::from_hours(24 * days);
        pages.entry("Mottagningen", &super::web::mail("hemlig@example.org", &format!("Hemligt {n}"), "hej"), at).await;
    }
    let siv = pages.person("Siv", &[("Mottagningen", Role::Registrar), ("Mottagningen", Role::Reception)]).await;
    pages.decide("MM-2026-00003", "makulera", &siv, "skal=provtryck").await;
    pages.decide("MM-2026-00004", "ska-inte-journalforas", &siv, "skal=dubblett").await;
    pages.decide("MM-2026-00001", "ring-tillbaka", &siv, "senast=2099-01-04").await;
    let text = said(&of("balans", pages.dir(), &[]));
    let today = clock::day(now);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    let day = |days: i32| today.checked_sub(jiff::Span::new().days(days)).unwrap();
    assert_eq!(
        lines,
        [
            "Mottagningen".to_owned(),
            format!("  MM 2026-00002    {}    40 dygn  Registrerad", day(40)),
            format!("  MM 2026-00001    {}     3 dygn  Ring tillbaka, senast 2099-01-04 23:59", day(3)),
            String::new(),
            "Öppna".into(),
            "  Mottagningen: 2, den äldsta 40 dygn".into(),
            String::new(),
            "Nummer".into(),
            "  MM 2026: 1–4, 4 handlingar, inga luckor".into(),
            String::new(),
            "Makulerade".into(),
            format!("  MM 2026-00003    provtryck (Siv {today})"),
        ]
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let csv = said(&of("balans", pages.dir(), &["--format", "csv"]));
    assert_eq!(csv.lines().count(), 3);
    assert!(!text.contains("emlig") && !csv.contains("emlig"), "nothing that a sender said");
}
