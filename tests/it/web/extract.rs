//! Loggutdrag: what a patient is given, on the page, as PDF and as CSV.

use inkom::model::{AuditAction, AuditEvent, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::{Pages, SignedIn};

const UNIT: &str = "Mottagningen";
/// Skatteverket's test numbers, which no one has.
const ANNA: &str = "189001039800";
const BERTIL: &str = "199205189823";

/// Three entries: the first Anna's, seen in a list and read before it was linked, the second Bertil's, the third another unit's
/// but Anna's too.
async fn clinic() -> (Pages, SignedIn) {
    let pages = Pages::open().await;
    for unit in [UNIT, UNIT, "En annan enhet"] {
        pages.entry(unit, &mail("a@example.org", "Hemligt ämne", "hemlig text"), Timestamp::now()).await;
    }
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    let bo = pages.person("=Bo", &[("En annan enhet", Role::Reception), (UNIT, Role::Archivist)]).await;
    pages.get("/?visa=alla", Some(&rut)).await;
    for (who, serial, patient) in [(&rut, 1, ANNA), (&rut, 2, BERTIL), (&bo, 3, ANNA)] {
        let path = format!("/handling/MM-2026-0000{serial}");
        pages.get(&path, Some(who)).await;
        let fields = format!("patient={patient}&kontrollerat=ja");
        assert_eq!(pages.decide(&path["/handling/".len()..], "koppla", who, &fields).await.status, 303);
    }
    pages.get("/handling/MM-2026-00001/pdf", Some(&rut)).await;
    pages.get("/handling/MM-2026-00001", Some(&bo)).await;
    let event = AuditEvent {
        at: Timestamp::now(),
        actor: "os:driften".into(),
        role: String::new(),
        action: AuditAction::EntryRead,
        unit: UNIT.into(),
        entry: Some("MM 2026-00001".parse().unwrap()),
        payload: String::new(),
    };
    let mut tx = pages.diary.write().await.unwrap();
    tx.audit(&event).await.unwrap();
    tx.commit().await.unwrap();
    let auditor = pages.person("Agda", &[(UNIT, Role::Auditor)]).await;
    (pages, auditor)
}

/// The rows without the time.
async fn csv(pages: &Pages, who: &SignedIn, query: &str) -> Vec<String> {
    let answer = pages.get(&format!("/logg/utdrag.csv?{query}"), Some(who)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(!answer.header("content-disposition").unwrap().contains(ANNA));
    let text = answer.body.strip_prefix("\u{feff}Tid;Vårdenhet;Slag;Vad;Vem;Handling\n").unwrap();
    text.lines().map(|line| line.split_once(';').unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn the_patient_is_given_unit_time_and_kind_of_each_look_and_no_names_unless_it_is_decided() {
    let (pages, auditor) = clinic().await;
    let mut expected = [
        "Lista;Visades i en lista;Reception",
        "Läsning;Öppnade handlingen;Reception",
        "Läsning;Hämtade handlingen som PDF;Reception",
        "Läsning;Såg uppgifter om handlingen, inte innehållet;Arkivarie",
        "Läsning;Öppnade handlingen;Driftpersonal",
    ]
    .map(|line| format!("{UNIT};{line};MM 2026-00001"));
    assert_eq!(csv(&pages, &auditor, &format!("patient={ANNA}")).await, expected);
    for (line, name) in expected.iter_mut().zip([
        "Rut, reception",
        "Rut, reception",
        "Rut, reception",
        "=Bo, arkivarie",
        "driften, driftpersonal",
    ]) {
        let mut cells: Vec<String> = line.split(';').map(ToOwned::to_owned).collect();
        cells[3] = if name.starts_with('=') { format!("'{name}") } else { name.to_owned() };
        *line = cells.join(";");
    }
    assert_eq!(csv(&pages, &auditor, &format!("patient={ANNA}&namn=ja")).await, expected);
    assert_eq!(csv(&pages, &auditor, &format!("patient={ANNA}&till=2020-01-01")).await, [""; 0]);
    assert_eq!(csv(&pages, &auditor, &format!("patient={BERTIL}")).await.len(), 2, "a list and a reading");

    let page = pages.get(&format!("/logg/utdrag?patient={ANNA}"), Some(&auditor)).await.body;
    assert!(page.contains("5 rader") && page.contains("<td>Reception</td>"), "{page}");
    for hidden in ["Rut", "Bo", "MM 2026-00002", "MM 2026-00003", "emligt", "hemlig"] {
        assert!(!page.contains(hidden), "{hidden}\n{page}");
    }
    let pdf = pages.get(&format!("/logg/utdrag.pdf?patient={ANNA}"), Some(&auditor)).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
    assert!(pdf.body.starts_with("%PDF-1.7"));
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let made: Vec<_> = rows.iter().filter(|row| row.event.payload.starts_with("extract ")).collect();
    assert!(made.iter().all(|row| row.event.action == AuditAction::LogRead && row.event.unit == UNIT));
    assert_eq!(made[0].event.payload, format!("extract patient={ANNA} as=csv names=no rows=5"));
}

#[tokio::test]
async fn a_link_that_was_ended_gives_nothing_and_wrong_numbers_are_told() {
    let (pages, auditor) = clinic().await;
    let siv = pages.person("Siv", &[(UNIT, Role::Reception)]).await;
    let end = format!("patient={ANNA}&skal=fel+syskon");
    assert_eq!(pages.decide("MM-2026-00001", "avsluta-koppling", &siv, &end).await.status, 303);
    assert_eq!(csv(&pages, &auditor, &format!("patient={ANNA}")).await, [""; 0]);
    for end in ["", ".csv", ".pdf"] {
        let answer = pages.get(&format!("/logg/utdrag{end}?patient=900103-9800"), Some(&auditor)).await;
        assert!(answer.body.contains("Skriv alla tolv tecken"), "{end} {}", answer.body);
        assert_eq!(pages.get(&format!("/logg/utdrag{end}?patient={ANNA}"), Some(&siv)).await.status, 403, "{end}");
    }
    assert_eq!(pages.get("/logg/utdrag", Some(&auditor)).await.status, 200);
}
