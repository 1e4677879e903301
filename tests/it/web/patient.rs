//! An entry is linked to a patient by a person who has read it.

use inkom::model::{AuditAction, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::Pages;

const ENTRY: &str = "/handling/MM-2026-00001";
const NUMBER: &str = "MM-2026-00001";
const UNIT: &str = "Mottagningen";
/// Skatteverket's test number, which no one has.
const ANNA: &str = "18900103-9800";

async fn clinic() -> Pages {
    let pages = Pages::open().await;
    pages.entry(UNIT, &mail("a@example.org", "Hej", "Mitt nummer är 19920518-9823"), Timestamp::now()).await;
    pages
}

async fn payloads(pages: &Pages, action: AuditAction) -> Vec<String> {
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    rows.into_iter().filter(|row| row.event.action == action).map(|row| row.event.payload).collect()
}

#[tokio::test]
async fn the_number_is_written_out_by_the_one_who_links_and_ending_a_link_needs_a_reason() {
    let pages = clinic().await;
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    let page = pages.get(ENTRY, Some(&rut)).await.body;
    let form = page.split("name=\"patient\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(!form.contains("value"), "what the message says is no suggestion: {form}");
    for wrong in ["", "900103-9800", "189001039801", "anna"] {
        let answer = pages.decide(NUMBER, "koppla", &rut, &format!("patient={wrong}&kontrollerat=ja")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.body.contains("Skriv alla tolv tecken"), "{}", answer.body);
    }
    let unchecked = pages.decide(NUMBER, "koppla", &rut, &format!("patient={ANNA}")).await;
    assert_eq!(unchecked.status, 400);
    assert!(unchecked.body.contains("Kontrollera mot journalen"), "{}", unchecked.body);
    assert_eq!(pages.decide(NUMBER, "koppla", &rut, &format!("patient={ANNA}&kontrollerat=ja")).await.status, 303);
    assert_eq!(pages.decide(NUMBER, "koppla", &rut, "patient=199205189823&kontrollerat=ja").await.status, 409);
    let page = pages.get(ENTRY, Some(&rut)).await.body;
    assert!(page.contains("189001039800</strong>") && page.contains("av Rut"), "{page}");
    let end = "avsluta-koppling";
    assert_eq!(pages.decide(NUMBER, end, &rut, &format!("patient={ANNA}&skal=+")).await.status, 400);
    assert_eq!(pages.decide(NUMBER, end, &rut, "patient=199205189823&skal=fel").await.status, 409);
    assert_eq!(pages.decide(NUMBER, end, &rut, &format!("patient={ANNA}&skal=fel+syskon")).await.status, 303);
    assert_eq!(payloads(&pages, AuditAction::PatientLinked).await, ["patient=189001039800"]);
    assert_eq!(payloads(&pages, AuditAction::PatientUnlinked).await, ["reason=fel syskon"]);
    assert!(!pages.get(ENTRY, Some(&rut)).await.body.contains("189001039800"));
}

#[tokio::test]
async fn only_those_who_handle_and_read_the_entry_link_it() {
    let table = [
        (Role::Reception, 303),
        (Role::Clinician, 303),
        (Role::Registrar, 403),
        (Role::Archivist, 403),
        (Role::Administrator, 403),
        (Role::Auditor, 403),
    ];
    assert_eq!(table.map(|(role, _)| role), Role::ALL);
    for (role, expected) in table {
        let pages = clinic().await;
        let who = pages.person("Siv", &[(UNIT, role)]).await;
        let answer = pages.decide(NUMBER, "koppla", &who, &format!("patient={ANNA}&kontrollerat=ja")).await;
        assert_eq!(answer.status, expected, "{role}");
        let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
        pages.decide(NUMBER, "koppla", &rut, &format!("patient={ANNA}&kontrollerat=ja")).await;
        let end = "avsluta-koppling";
        assert_eq!(
            pages.decide(NUMBER, end, &who, &format!("patient={ANNA}&skal=fel")).await.status,
            expected,
            "{role}"
        );
        let shown = pages.get(ENTRY, Some(&who)).await.body.contains("189001039800");
        assert!(!shown, "{role}: it has ended, or is not for them");
    }
    // Nor does one who has given a reason to read.
    let pages = clinic().await;
    let who = pages.person("Siv", &[(UNIT, Role::Registrar)]).await;
    pages.post(&format!("{ENTRY}/las"), &who, "reason=prövning").await;
    let answer = pages.decide(NUMBER, "koppla", &who, &format!("patient={ANNA}&kontrollerat=ja")).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn the_log_shows_the_patient_and_is_found_by_it() {
    let pages = clinic().await;
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    let auditor = pages.person("Agda", &[(UNIT, Role::Auditor)]).await;
    pages.get("/", Some(&rut)).await;
    pages.decide(NUMBER, "koppla", &rut, &format!("patient={ANNA}&kontrollerat=ja")).await;
    let page = pages.get(&format!("/logg?patient={ANNA}"), Some(&auditor)).await.body;
    assert!(page.contains("Kopplade handlingen till en patient") && page.contains("Registrerade handlingen"), "{page}");
    assert!(page.contains("Såg handlingen i en lista <span"), "a look from before the link\n{page}");
}
