//! The role table, over HTTP: what each role may see of its own unit and of another's, and that a refusal is logged.

use inkom::model::{AuditAction, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::{Pages, SignedIn};

const ENTRY: &str = "/handling/MM-2026-00001";
const OF_ANOTHER_UNIT: &str = "/handling/MM-2026-00002";

async fn clinic() -> Pages {
    let pages = Pages::open().await;
    for unit in ["Mottagningen", "En annan enhet"] {
        pages.entry(unit, &mail("hemlig@example.org", "Hemligt ämne", "hemlig text"), Timestamp::now()).await;
    }
    pages
}

async fn refusals(pages: &Pages) -> usize {
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    rows.iter().filter(|row| row.event.action == AuditAction::AccessRefused).count()
}

#[tokio::test]
async fn each_role_sees_what_the_table_gives_it() {
    // The queue, an entry, its content, its files, "jag tar den".
    let table = [
        (Role::Reception, [200, 200, 1, 200, 303]),
        (Role::Clinician, [200, 200, 1, 200, 303]),
        (Role::Registrar, [200, 200, 0, 403, 303]),
        (Role::Archivist, [200, 200, 0, 403, 403]),
        (Role::Administrator, [303, 403, 0, 403, 403]),
        (Role::Auditor, [303, 403, 0, 403, 403]),
    ];
    assert_eq!(table.map(|(role, _)| role), Role::ALL);
    for (role, expected) in table {
        let pages = clinic().await;
        let who = pages.person("Rut", &[("Mottagningen", role)]).await;
        let queue = pages.get("/", Some(&who)).await;
        let entry = pages.get(ENTRY, Some(&who)).await;
        let shows = u16::from(entry.body.contains("hemlig text"));
        let files = pages.get(&format!("{ENTRY}/original"), Some(&who)).await;
        let taken = pages.post(&format!("{ENTRY}/ta"), &who, "version=0").await;
        assert_eq!([queue.status, entry.status, shows, files.status, taken.status], expected, "{role}");
        let reads = expected[2] == 1;
        assert_eq!(queue.body.contains("Hemligt ämne"), reads, "{role}");
        let found = pages.get("/?sok=hemlig", Some(&who)).await;
        assert_eq!(found.body.contains(ENTRY), reads, "{role} finds by what the text says");
        assert!(!queue.body.contains(OF_ANOTHER_UNIT) && !found.body.contains(OF_ANOTHER_UNIT), "{role}");
    }
}

#[tokio::test]
async fn another_units_entry_is_refused_to_every_role_and_logged() {
    for role in Role::ALL {
        let pages = clinic().await;
        let who = pages.person("Rut", &[("Mottagningen", role)]).await;
        let before = refusals(&pages).await;
        let paths =
            ["", "/text", "/pdf", "/original", "/svar", "/bilaga/00"].map(|end| format!("{OF_ANOTHER_UNIT}{end}"));
        for path in &paths {
            let answer = pages.get(path, Some(&who)).await;
            assert_eq!(answer.status, 403, "{role} {path}");
            assert!(!answer.body.contains("emlig"), "{role} {path}");
        }
        for action in ["ta", "lamna", "las"] {
            let answer = pages.post(&format!("{OF_ANOTHER_UNIT}/{action}"), &who, "version=0&reason=nyfiken").await;
            assert_eq!(answer.status, 403, "{role} {action}");
        }
        assert_eq!(refusals(&pages).await - before, paths.len() + 3, "{role}");
    }
}

#[tokio::test]
async fn one_who_must_give_a_reason_reads_one_entry_after_giving_it() {
    for role in [Role::Registrar, Role::Archivist] {
        let pages = clinic().await;
        pages.entry("Mottagningen", &mail("a@example.org", "En till", "också hemlig text"), Timestamp::now()).await;
        let who = pages.person("Rut", &[("Mottagningen", role)]).await;
        assert_eq!(pages.post(&format!("{ENTRY}/las"), &who, "reason=+").await.status, 400, "{role}");
        assert_eq!(
            pages.post(&format!("{ENTRY}/las"), &who, "reason=begäran+om+utlämnande").await.status,
            303,
            "{role}"
        );
        assert!(pages.get(ENTRY, Some(&who)).await.body.contains("hemlig text"), "{role}");
        assert_eq!(pages.get(&format!("{ENTRY}/original"), Some(&who)).await.status, 200, "{role}");
        assert_eq!(
            pages.get("/handling/MM-2026-00003/original", Some(&who)).await.status,
            403,
            "{role}: one entry only"
        );
        let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
        let opened = rows.iter().find(|row| row.event.action == AuditAction::ReadingOpened).unwrap();
        assert_eq!(opened.event.payload, "reason=begäran om utlämnande");
    }
}

#[tokio::test]
async fn one_without_roles_sees_nothing() {
    let pages = clinic().await;
    let who: SignedIn = pages.person("Rut", &[]).await;
    assert_eq!(pages.get("/", Some(&who)).await.header("location"), Some("/konto"));
    assert_eq!(pages.get("/konto", Some(&who)).await.status, 200);
    for path in [ENTRY, "/uppehall", "/handling/MM-2026-09999"] {
        assert_eq!(pages.get(path, Some(&who)).await.status, 403, "{path}");
    }
}
