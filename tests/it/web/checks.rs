//! Spot checks: drawn once, seen by those who check the unit, with a result that stays.

use inkom::model::{AuditAction, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::Pages;

const UNIT: &str = "Mottagningen";

async fn clinic() -> Pages {
    let pages = Pages::open().await;
    for _ in 0..3 {
        pages.entry(UNIT, &mail("a@example.org", "Hemligt ämne", "hemlig text"), Timestamp::now()).await;
    }
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    pages.get("/", Some(&rut)).await;
    for serial in 1..=3 {
        pages.get(&format!("/handling/MM-2026-0000{serial}"), Some(&rut)).await;
    }
    pages.post("/handling/MM-2026-00001/ta", &rut, "version=0").await;
    pages
}

fn form(more: &str) -> String {
    format!("enhet={UNIT}&fran=2020-01-01&till=2099-12-31{more}")
}

#[tokio::test]
async fn looks_are_drawn_checked_and_the_result_is_written_down() {
    let pages = clinic().await;
    let auditor = pages.person("Agda", &[(UNIT, Role::Auditor)]).await;
    for wrong in ["&antal=0", "&antal=51", "&antal=3&fran=x"] {
        assert_eq!(pages.post("/logg/stickprov", &auditor, &form(wrong)).await.status, 400, "{wrong}");
    }
    let none = pages.post("/logg/stickprov", &auditor, &form("&antal=3&person=Bo")).await;
    assert!(none.status == 400 && none.body.contains("har ingen sett"), "{}", none.body);
    let drawn = pages.post("/logg/stickprov", &auditor, &form("&antal=10")).await;
    assert_eq!((drawn.status, drawn.header("location")), (303, Some("/logg/stickprov/1")), "{}", drawn.body);
    let page = pages.get("/logg/stickprov/1", Some(&auditor)).await.body;
    for said in ["4 av 4 läsningar", "Rut, reception", "MM 2026-00001", "Tog handlingen (", "3 i listan", "Ingenting"]
    {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert!(!page.contains("emlig"), "{page}");
    let answer = pages.post("/logg/stickprov/1", &auditor, "resultat=remarked&anmarkning=+").await;
    assert!(answer.status == 400 && answer.body.contains("Skriv anmärkningen"), "{}", answer.body);
    assert_eq!(pages.post("/logg/stickprov/1", &auditor, "resultat=x").await.status, 400);
    assert!(pages.get("/logg/stickprov", Some(&auditor)).await.body.contains("Inte avslutat"));
    let saved =
        pages.post("/logg/stickprov/1", &auditor, "resultat=remarked&anmarkning=Tredje+raden:+fr%C3%A5gad.").await;
    assert_eq!(saved.status, 303);
    let page = pages.get("/logg/stickprov/1", Some(&auditor)).await.body;
    assert!(page.contains("Med anmärkning</strong>") && page.contains("Tredje raden: frågad."), "{page}");
    assert!(pages.get("/logg/stickprov", Some(&auditor)).await.body.contains("<td>Med anmärkning</td>"));
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let checked: Vec<_> = rows.iter().filter(|row| row.event.action == AuditAction::LogChecked).collect();
    let payloads: Vec<_> = checked.iter().map(|row| row.event.payload.as_str()).collect();
    assert_eq!(payloads, ["drawn check=1 rows=4 of=4", "result check=1 verdict=remarked"]);
    assert!(checked.iter().all(|row| row.event.actor == "Agda" && row.event.role == "loggranskare"));
}

#[tokio::test]
async fn others_neither_draw_nor_see_nor_finish_a_check() {
    let pages = clinic().await;
    let auditor = pages.person("Agda", &[(UNIT, Role::Auditor)]).await;
    pages.post("/logg/stickprov", &auditor, &form("&antal=2")).await;
    let other = pages.person("Ada", &[("En annan enhet", Role::Auditor)]).await;
    assert_eq!(pages.post("/logg/stickprov", &other, &form("&antal=2")).await.status, 403);
    assert_eq!(pages.get("/logg/stickprov/1", Some(&other)).await.status, 404);
    assert_eq!(pages.post("/logg/stickprov/1", &other, "resultat=clean").await.status, 404);
    assert!(!pages.get("/logg/stickprov", Some(&other)).await.body.contains("/logg/stickprov/1"));
    let siv = pages.person("Siv", &[(UNIT, Role::Reception), (UNIT, Role::Administrator)]).await;
    for path in ["/logg/stickprov", "/logg/stickprov/1"] {
        assert_eq!(pages.get(path, Some(&siv)).await.status, 403, "{path}");
    }
    assert_eq!(pages.post("/logg/stickprov", &siv, &form("&antal=2")).await.status, 403);
    assert_eq!(pages.post("/logg/stickprov/1", &siv, "resultat=clean").await.status, 403);
}
