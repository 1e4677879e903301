//! The role table, over HTTP: what each role may see of its own unit and of another's, and that a refusal is logged.

use inkom::model::{Access, AuditAction, Right, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::{Pages, SignedIn};

const ENTRY: &str = "/handling/MM-2026-00001";
const OF_ANOTHER_UNIT: &str = "/handling/MM-2026-00002";

#[test]
fn the_table_in_the_docs_is_the_one_in_the_code() {
    let docs = include_str!("../../../docs/queue.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let heads = docs.lines().find(|line| line.starts_with("| | reception")).unwrap();
    assert_eq!(cells(heads)[1..], Role::ALL.map(Role::word));
    for (right, row) in [
        (Right::SeeEntries, "| entries:"),
        (Right::ReadContent, "| content:"),
        (Right::Handle, "| take an entry"),
        (Right::Record, "| decide on the record"),
        (Right::Acknowledge, "| acknowledge"),
        (Right::Refuse, "| refuse a request"),
        (Right::ReadLog, "| the audit log"),
        (Right::SeeHealth, "| how the service is"),
        (Right::GrantReading, "| let an archivist read"),
        (Right::Export, "| take lists out"),
    ] {
        let line = docs.lines().find(|line| line.starts_with(row)).unwrap();
        let written = |role: Role| match role.access(right) {
            Access::Yes => "yes",
            Access::WithReason => "reason",
            Access::WhenGranted => "granted",
            Access::No => "",
        };
        assert_eq!(cells(line)[1..], Role::ALL.map(written), "{row}");
    }
}

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
        let paths = ["", "/pdf", "/original", "/svar", "/bilaga/00"].map(|end| format!("{OF_ANOTHER_UNIT}{end}"));
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
async fn a_registrar_reads_one_entry_after_writing_down_why() {
    let pages = clinic().await;
    pages.entry("Mottagningen", &mail("a@example.org", "En till", "också hemlig text"), Timestamp::now()).await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Registrar)]).await;
    assert_eq!(pages.post(&format!("{ENTRY}/las"), &who, "reason=+").await.status, 400);
    assert_eq!(pages.post(&format!("{ENTRY}/las"), &who, "reason=begäran+om+utlämnande").await.status, 303);
    assert!(pages.get(ENTRY, Some(&who)).await.body.contains("hemlig text"));
    assert_eq!(pages.get(&format!("{ENTRY}/original"), Some(&who)).await.status, 200);
    assert_eq!(pages.get("/handling/MM-2026-00003/original", Some(&who)).await.status, 403, "one entry only");
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let opened = rows.iter().find(|row| row.event.action == AuditAction::ReadingOpened).unwrap();
    assert_eq!(opened.event.payload, "reason=begäran om utlämnande");
}

#[tokio::test]
async fn who_may_not_read_learns_nothing_of_what_was_found_in_the_text() {
    let unit = |role| [("Mottagningen", role)];
    for role in [Role::Registrar, Role::Archivist] {
        let pages = Pages::open().await;
        let now = Timestamp::now();
        let earlier = now - jiff::SignedDuration::from_mins(5);
        pages.entry("Mottagningen", &mail("a@example.org", "Hej", "en fråga"), earlier).await;
        let text = "jag vill inte leva längre, avbokar min tid idag. 189001039800";
        pages.entry("Mottagningen", &mail("b@example.org", "Hej", text), now).await;
        let (reader, other) =
            (pages.person("Siv", &unit(Role::Reception)).await, pages.person("Rut", &unit(role)).await);
        let found = ["Kan gälla fara för liv", "1 om fara", "Avbokning</li>", "Personnummer</li>"];
        let first = |page: &str| page.find("MM-2026-00001") < page.find("MM-2026-00002");
        let (seen, hidden) = (pages.get("/", Some(&reader)).await.body, pages.get("/", Some(&other)).await.body);
        assert!(found.iter().all(|found| seen.contains(found)) && !first(&seen), "{role}: {seen}");
        assert!(!found.iter().any(|found| hidden.contains(found)) && first(&hidden), "{role}: {hidden}");
        for chosen in ["/?galler=cancellation", "/?nummer=ja", "/?nummer=nej", "/?sok=hej"] {
            assert!(!pages.get(chosen, Some(&other)).await.body.contains("MM-2026-0000"), "{role} {chosen}");
        }
        let entry = pages.get("/handling/MM-2026-00002", Some(&other)).await.body;
        assert!(!entry.contains("fara för liv") && !entry.contains("189001039800"), "{role}: {entry}");
    }
}

#[tokio::test]
async fn an_archivist_reads_one_entry_when_a_registrar_has_let_them() {
    let pages = clinic().await;
    pages.entry("Mottagningen", &mail("a@example.org", "En till", "också hemlig text"), Timestamp::now()).await;
    let unit = |role| [("Mottagningen", role)];
    let archivist = pages.person("Siv", &unit(Role::Archivist)).await;
    let grant = format!("person={}&reason=leverans+till+arkivet", archivist.person.0);
    // Neither by themselves, nor by anyone but a registrar of the unit, nor to anyone but an archivist of it.
    assert_eq!(pages.post(&format!("{ENTRY}/las"), &archivist, "reason=nyfiken").await.status, 403);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Registrar) {
        let who = pages.person(&format!("En {role}"), &unit(role)).await;
        assert_eq!(pages.post(&format!("{ENTRY}/ge-las"), &who, &grant).await.status, 403, "{role}");
    }
    let registrar = pages.person("Rut", &unit(Role::Registrar)).await;
    let stranger = pages.person("Ove", &[("En annan enhet", Role::Archivist)]).await;
    let to_stranger = format!("person={}&reason=leverans", stranger.person.0);
    assert_eq!(pages.post(&format!("{ENTRY}/ge-las"), &registrar, &to_stranger).await.status, 400);
    assert_eq!(
        pages.post(&format!("{ENTRY}/ge-las"), &registrar, &grant.replace("leverans+till+arkivet", "+")).await.status,
        400
    );
    assert_eq!(pages.get(&format!("{ENTRY}/original"), Some(&archivist)).await.status, 403);
    assert!(pages.get(ENTRY, Some(&registrar)).await.body.contains("Ge arkivarie läsrätt"));
    assert_eq!(pages.post(&format!("{ENTRY}/ge-las"), &registrar, &grant).await.status, 303);
    assert!(pages.get(ENTRY, Some(&archivist)).await.body.contains("hemlig text"));
    assert_eq!(pages.get(&format!("{ENTRY}/original"), Some(&archivist)).await.status, 200);
    assert_eq!(pages.get("/handling/MM-2026-00003/original", Some(&archivist)).await.status, 403, "one entry only");
    let rows = pages.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let opened = rows.iter().find(|row| row.event.action == AuditAction::ReadingOpened).unwrap();
    assert_eq!(
        (opened.event.actor.as_str(), opened.event.payload.as_str()),
        ("Rut", "to=Siv reason=leverans till arkivet")
    );
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
