//! The log's pages: whose they are, what they show, and that reading them is logged too.

use inkom::model::{AuditAction, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::{Pages, SignedIn};

const A: &str = "Mottagningen";
const B: &str = "En annan enhet";

async fn clinic() -> (Pages, SignedIn, SignedIn) {
    let pages = Pages::open().await;
    for unit in [A, B] {
        pages.entry(unit, &mail("hemlig@example.org", "Hemligt ämne", "hemlig text"), Timestamp::now()).await;
    }
    let rut = pages.person("Rut", &[(A, Role::Reception)]).await;
    let bo = pages.person("Bo", &[(B, Role::Reception)]).await;
    let auditor = pages.person("Agda", &[(A, Role::Auditor)]).await;
    pages.get("/", Some(&rut)).await;
    pages.get("/handling/MM-2026-00001", Some(&rut)).await;
    pages.get("/handling/MM-2026-00002", Some(&bo)).await;
    (pages, rut, auditor)
}

async fn rows(pages: &Pages, action: AuditAction) -> Vec<String> {
    let rows = pages.diary.read().await.unwrap().audit_after(0, 10_000).await.unwrap();
    rows.into_iter().filter(|row| row.event.action == action).map(|row| row.event.payload).collect()
}

#[tokio::test]
async fn only_an_auditor_reads_the_log_and_others_are_refused_and_logged() {
    for role in Role::ALL {
        let (pages, ..) = clinic().await;
        let who = pages.person("Siv", &[(A, role)]).await;
        let before = rows(&pages, AuditAction::AccessRefused).await.len();
        let paths = ["/logg", "/logg/rad/1"];
        for path in paths {
            let expected = if role == Role::Auditor { 200 } else { 403 };
            assert_eq!(pages.get(path, Some(&who)).await.status, expected, "{role} {path}");
        }
        let refused = rows(&pages, AuditAction::AccessRefused).await.len() - before;
        assert_eq!(refused, if role == Role::Auditor { 0 } else { paths.len() }, "{role}");
    }
}

#[tokio::test]
async fn an_auditor_sees_their_own_units_rows_and_no_content() {
    let (pages, _, auditor) = clinic().await;
    let page = pages.get("/logg", Some(&auditor)).await.body;
    for said in ["MM 2026-00001", "Rut, reception", "Öppnade handlingen", "Med innehållet", "Såg handlingen i en lista"]
    {
        assert!(page.contains(said), "{said}\n{page}");
    }
    for hidden in ["MM 2026-00002", "Bo", B, "Hemligt", "hemlig"] {
        assert!(!page.contains(hidden), "{hidden}\n{page}");
    }
    // Nor a row by its number.
    let all = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    for row in &all {
        let status = pages.get(&format!("/logg/rad/{}", row.seq), Some(&auditor)).await.status;
        assert_eq!(status, if row.event.unit == B { 404 } else { 200 }, "{row:?}");
    }
}

#[tokio::test]
async fn the_filters_narrow_and_what_is_wrong_with_them_is_told() {
    let (pages, _, auditor) = clinic().await;
    let get = async |query: &str| pages.get(&format!("/logg?{query}"), Some(&auditor)).await.body;
    let page = get("person=Rut&handelse=entry-read").await;
    assert!(page.contains("Öppnade handlingen <span") && !page.contains("<td>Såg handlingen"), "{page}");
    let page = get("handling=mm+2026-00001").await;
    assert!(
        page.contains("Såg handlingen i en lista</td>") || page.contains("Såg handlingen i en lista <span"),
        "{page}"
    );
    assert!(!page.contains("Läste loggen <span") && !page.contains("<td>Läste loggen"), "{page}");
    assert!(get("handling=MM+2026-00002").await.contains("Ingenting i loggen passar"));
    assert!(get("enhet=En+annan+enhet").await.contains("Ingenting i loggen passar"));
    assert!(get("fran=2020-01-01&till=2020-12-31").await.contains("Ingenting i loggen passar"));
    assert!(get("fran=igår").await.contains("”igår” är inget datum"));
    assert!(get("handling=12").await.contains("skrivs som MM 2026-00001"));
    assert!(get("patient=900103-9800").await.contains("Skriv alla tolv tecken"));
}

#[tokio::test]
async fn reading_the_log_is_logged_with_what_was_asked_for() {
    let (pages, _, auditor) = clinic().await;
    pages.get("/logg?person=Rut&patient=189001039800", Some(&auditor)).await;
    let read = rows(&pages, AuditAction::LogRead).await;
    assert_eq!(read, ["rows=0 filter=person=Rut&patient=189001039800"]);
    let page = pages.get("/logg", Some(&auditor)).await.body;
    assert!(page.contains("Läste loggen"), "{page}");
    assert!(!rows(&pages, AuditAction::LogRead).await[1].contains("patient"));
}

#[tokio::test]
async fn long_logs_are_paged_without_a_gap() {
    let (pages, rut, auditor) = clinic().await;
    for _ in 0..60 {
        pages.get("/handling/MM-2026-00001/pdf", Some(&rut)).await;
    }
    let first = pages.get("/logg?handelse=kept-bytes-read", Some(&auditor)).await.body;
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = pages.get(&next, Some(&auditor)).await.body;
    let lines = |page: &str| page.matches("/logg/rad/").count();
    assert_eq!((lines(&first), lines(&second)), (50, 10));
    assert!(!second.contains("rel=\"next\""));
}
