//! From "Journalför" to the record system's receipt, through a real folder and an importer that does what docs/handover.md says.

pub mod crash;
mod trouble;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use inkom::clock::Clock;
use inkom::config;
use inkom::decision::{Act, Decision, Flag, Record, SenderType, Standing, Way};
use inkom::diary::{Acted, Actor, HandoverRow, HandoverState, HandoverTrouble, PersonId, Tx};
use inkom::handover::Handover;
use inkom::health::Problem;
use inkom::model::{AuditAction, AuditEvent, Entry, State};
use inkom::pulse::{Progress, Pulse};
use inkom::triage::PatientNumber;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use crate::support::importer::{accepted, answer, import, names, rejected};
use crate::support::store::{Store, minute, new_entry};
use crate::support::watch;

/// Skatteverket's test number, which no one has.
const PATIENT: &str = "189001039800";

/// A diary, the folder, and somebody who sends things to the record.
struct Desk {
    store: Store,
    folder: PathBuf,
    person: PersonId,
    _inside: TempDir,
}

/// By whom: this is about what comes of it.
fn event(entry: &Entry, now: Timestamp) -> AuditEvent {
    let (unit, entry) = (entry.unit.clone(), Some(entry.number.clone()));
    AuditEvent { unit, entry, ..AuditEvent::new(now, "Rut", AuditAction::Started, "") }
}

async fn act(tx: &mut Tx, entry: &Entry, acts: &[Act], now: Timestamp) {
    let acted = tx.act(entry, Actor::System, acts, &event(entry, now)).await.unwrap();
    assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
}

/// Linked to the patient and on its way into the record.
async fn send(tx: &mut Tx, entry: &Entry, person: PersonId, with_reply: bool, now: Timestamp) {
    let patient = PatientNumber::read(PATIENT, Date::constant(2026, 5, 4)).unwrap();
    assert!(tx.link_patient(entry.id, &patient, person, now).await.unwrap());
    act(tx, entry, &[Act::Linked, Act::SentToRecord { way: Way::Folder, with_reply }], now).await;
}

/// By hand, past the folder.
async fn enter(tx: &mut Tx, entry: &Entry, now: Timestamp) {
    let entered = Act::Entered { reference: "för hand".into(), by: "Rut".into(), at: now };
    act(tx, entry, &[entered], now).await;
}

impl Desk {
    async fn open() -> Self {
        Self::with(Store::sqlite().await).await
    }

    async fn with(store: Store) -> Self {
        let inside = TempDir::with_prefix("inkom-import-").unwrap();
        let folder = inside.path().join("import");
        std::fs::create_dir(&folder).unwrap();
        let mut tx = store.write().await;
        let person = tx.add_person("Rut", "", minute(0)).await.unwrap();
        tx.commit().await.unwrap();
        Self { store, folder, person, _inside: inside }
    }

    /// As after a start, at this moment, on this folder.
    fn worker_on(&self, folder: &Path, at: Timestamp) -> Handover {
        let config = config::Handover { folder: folder.into(), receipt_wait_hours: 24 };
        Handover::new(&config, self.store.diary.clone(), Clock::fixed(at), Pulse::default().heart("handover"))
    }

    /// Turns until there is nothing to do.
    async fn run(&self, at: Timestamp) {
        let mut worker = self.worker_on(&self.folder, at);
        while worker.turn().await.unwrap() == Progress::Worked {}
    }

    /// An entry whose PDF is there, on its way into the record.
    async fn sent(&self, uid: u32) -> Entry {
        let (entry, _) = self.store.rendered(format!("message {uid}").as_bytes(), uid).await;
        self.send(&entry).await;
        entry
    }

    async fn send(&self, entry: &Entry) {
        let mut tx = self.store.write().await;
        send(&mut tx, entry, self.person, false, minute(2)).await;
        tx.commit().await.unwrap();
    }

    async fn enter(&self, entry: &Entry) {
        let mut tx = self.store.write().await;
        enter(&mut tx, entry, minute(3)).await;
        tx.commit().await.unwrap();
    }

    async fn row(&self, entry: &Entry) -> HandoverRow {
        self.store.read().await.handover_of(entry.id).await.unwrap().unwrap()
    }

    async fn state(&self, entry: &Entry) -> (HandoverState, Option<HandoverTrouble>) {
        let row = self.row(entry).await;
        (row.state, row.trouble)
    }

    async fn standing(&self, entry: &Entry) -> Standing {
        self.store.read().await.standing(entry.id).await.unwrap()
    }

    async fn audited(&self, action: AuditAction) -> usize {
        let rows = self.store.read().await.audit_after(0, 1000).await.unwrap();
        rows.iter().filter(|row| row.event.action == action).count()
    }

    /// What the page about the service says of handing over.
    async fn problems(&self, at: Timestamp) -> Vec<Problem> {
        let mut config = self.store.config.clone();
        config.reply.text_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml");
        config.handover = Some(config::Handover { folder: self.folder.clone(), receipt_wait_hours: 24 });
        let facts = watch(&Arc::new(config), &self.store.diary, Clock::fixed(at)).facts().await.unwrap();
        let is_ours =
            |problem: &Problem| matches!(problem, Problem::HandoversStopped { .. } | Problem::ReceiptsLate { .. });
        facts.problems().into_iter().filter(is_ours).collect()
    }
}

#[tokio::test]
async fn what_is_sent_lies_there_whole_and_the_receipt_closes_the_entry() {
    for store in [Store::sqlite().await, Store::postgres().await] {
        let desk = Desk::with(store).await;
        let (entry, kept) = desk.store.rendered(b"a message", 1).await;
        let mut tx = desk.store.write().await;
        let classified = Act::Classified {
            document_type: "fraga".into(),
            description: "Fråga om tid".into(),
            secrecy: inkom::decision::Secrecy::NotTried,
            case: String::new(),
            sender: SenderType::Patient,
        };
        let flagged = Act::Flagged { flag: Flag::ProtectedIdentity, on: true };
        act(&mut tx, &entry, &[classified, flagged], minute(2)).await;
        send(&mut tx, &entry, desk.person, true, minute(2)).await;
        tx.commit().await.unwrap();
        assert_eq!(desk.state(&entry).await, (HandoverState::Waiting, None));
        desk.run(minute(3)).await;

        assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
        assert_eq!(desk.row(&entry).await.since(), minute(3));
        let name = "MM-2026-00001-1";
        assert_eq!(names(&desk.folder), ["done", "json", "pdf"].map(|ending| format!("{name}.{ending}")));
        for file in names(&desk.folder) {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(desk.folder.join(&file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o640, "{file}");
        }
        let records = import(&desk.folder);
        let (pdf, bytes) = &records[0].files[0];
        assert_eq!((pdf.as_str(), &bytes[..]), ("MM-2026-00001-1.pdf", &b"%PDF MM 2026-00001"[..]));
        assert_eq!(
            records[0].index,
            json!({
                "format": "inkom-handover-1",
                "name": name,
                "number": "MM 2026-00001",
                "unit": "Mottagningen",
                "hsa_id": "SE2321000131-E000000000001",
                "arrived_at": "2026-05-04T09:50:00+02:00",
                "arrived_at_utc": "2026-05-04T07:50:00Z",
                "patient": {"number": PATIENT, "type": "personnummer"},
                "document_type": "fraga",
                "sender_type": "patient",
                "flags": ["skyddade-personuppgifter"],
                "files": [{"name": pdf, "what": "incoming", "media_type": "application/pdf", "size_bytes": 18, "sha256": kept.pdf.to_string()}],
                "inkom": env!("CARGO_PKG_VERSION"),
            })
        );

        answer(&desk.folder, name, &accepted("J-17"));
        desk.run(minute(4)).await;
        assert_eq!(desk.state(&entry).await, (HandoverState::Accepted, None));
        let reference = "J-17".into();
        assert_eq!(desk.standing(&entry).await.record, Record::Decided(Decision::Recorded { reference }));
        let details = desk.store.read().await.entry_by_id(entry.id).await.unwrap().unwrap();
        assert_eq!(details.state, State::Closed);
        assert_eq!(
            desk.store.number("select count(*) from entry where decision = 'journalford' and is_open = 0").await,
            1
        );
        assert_eq!(names(&desk.folder), Vec::<String>::new());
        assert_eq!(desk.audited(AuditAction::WrittenForRecord).await, 1);
        assert_eq!(desk.audited(AuditAction::RecordAccepted).await, 1);
        assert_eq!(desk.store.faults().await, Vec::<String>::new());
    }
}

/// The example in docs/handover.md, for whoever writes the import.
#[tokio::test]
async fn the_import_that_is_shown_works_as_it_stands() {
    let docs = include_str!("../../../docs/handover.md");
    let script = docs.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let desk = Desk::open().await;
    let record = TempDir::new().unwrap();
    let run = || {
        let words = ["-c", script, "import", desk.folder.to_str().unwrap(), record.path().to_str().unwrap()];
        let output = std::process::Command::new("sh").args(words).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    };
    run();
    let entries = [desk.sent(1).await, desk.sent(2).await];
    desk.run(minute(3)).await;
    // Run again before inkom has looked, it finds them imported.
    run();
    run();
    desk.run(minute(4)).await;
    run();
    assert_eq!(names(record.path()), ["MM-2026-00001-1", "MM-2026-00002-2"]);
    assert_eq!(names(&record.path().join("MM-2026-00001-1")).len(), 2);
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    for entry in entries {
        assert_eq!(desk.standing(&entry).await.state(), State::Closed);
    }
}

#[tokio::test]
async fn the_reply_goes_with_it_when_that_was_chosen_and_it_has_been_sent() {
    let desk = Desk::open().await;
    for (uid, is_sent, with_reply) in [(1, true, true), (2, true, false), (3, false, true)] {
        let to = format!("avsandare{uid}@example.org");
        let entry = desk.store.answered(format!("message {uid}").as_bytes(), uid, &to, minute(2)).await;
        if is_sent {
            let reply = desk.store.claim(minute(2)).await.unwrap();
            let mut tx = desk.store.write().await;
            tx.reply_sent(&reply, &entry, minute(2)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = desk.store.write().await;
        send(&mut tx, &entry, desk.person, with_reply, minute(3)).await;
        tx.commit().await.unwrap();
    }
    desk.run(minute(4)).await;
    let records = import(&desk.folder);
    let replies: Vec<_> = records.iter().map(|record| record.index["files"].as_array().unwrap().len()).collect();
    assert_eq!(replies, [2, 1, 1]);
    let (name, letter) = &records[0].files[1];
    assert_eq!((name.as_str(), &letter[..]), ("MM-2026-00001-1-svar.eml", "Svar på 1".as_bytes()));
}

#[tokio::test]
async fn what_was_rejected_is_sent_again_under_a_name_of_its_own() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    assert_eq!(import(&desk.folder).len(), 1);
    answer(&desk.folder, "MM-2026-00001-1", &rejected("Okänd patient"));
    desk.run(minute(4)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Rejected, None));
    let standing = desk.standing(&entry).await;
    assert_eq!(standing.record, Record::Rejected { reason: "Okänd patient".into() });
    assert_eq!(standing.state().word(), "nekad-av-journalen");

    let mut tx = desk.store.write().await;
    act(&mut tx, &entry, &[Act::SentToRecord { way: Way::Folder, with_reply: false }], minute(5)).await;
    tx.commit().await.unwrap();
    desk.run(minute(6)).await;
    assert_eq!(import(&desk.folder)[0].index["name"], "MM-2026-00001-2");
    answer(&desk.folder, "MM-2026-00001-2", &accepted("J-18"));
    // The first time has been answered: saying it again changes nothing.
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    desk.run(minute(7)).await;
    let reference = "J-18".into();
    assert_eq!(desk.standing(&entry).await.record, Record::Decided(Decision::Recorded { reference }));
    assert_eq!(names(&desk.folder), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_handed_over_before_there_is_a_pdf() {
    let desk = Desk::open().await;
    let entry = desk.store.register_as(&new_entry(b"raw"), minute(0)).await;
    desk.send(&entry).await;
    desk.run(minute(3)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Waiting, None));
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    let mut tx = desk.store.write().await;
    crate::support::store::render(&mut tx, &entry).await;
    tx.commit().await.unwrap();
    desk.run(minute(4)).await;
    assert_eq!(import(&desk.folder).len(), 1);
}

#[tokio::test]
async fn without_a_receipt_it_is_late_after_the_wait_and_is_not_handed_over_again() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    import(&desk.folder);
    let (wait, hour) = (SignedDuration::from_hours(24), SignedDuration::from_hours(1));
    for (at, is_late) in [(minute(3) + wait, false), (minute(3) + wait + hour, true)] {
        assert_eq!(desk.row(&entry).await.is_late(at, wait), is_late);
        let problems = if is_late { vec![Problem::ReceiptsLate { entries: 1 }] } else { vec![] };
        assert_eq!(desk.problems(at).await, problems);
        desk.run(at).await;
        assert_eq!(names(&desk.folder), Vec::<String>::new());
    }
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    let late = minute(3) + wait + hour;
    desk.run(late).await;
    assert_eq!(desk.standing(&entry).await.state(), State::Closed);
    assert_eq!(desk.problems(late).await, []);
}

#[tokio::test]
async fn what_is_recalled_before_it_is_begun_never_lies_there() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.enter(&entry).await;
    desk.run(minute(4)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Recalled, None));
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    assert_eq!(desk.audited(AuditAction::WrittenForRecord).await, 0);
}

#[tokio::test]
async fn what_is_recalled_while_its_files_are_written_is_not_released_and_is_taken_back() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.store.sql("update handover set state = 'writing'").await.unwrap();
    let mut tx = desk.store.write().await;
    enter(&mut tx, &entry, minute(3)).await;
    let mut worker = desk.worker_on(&desk.folder, minute(4));
    let turn = tokio::spawn(async move { worker.turn().await.unwrap() });
    let prepared = ".MM-2026-00001-1.done.tmp".to_owned();
    while !names(&desk.folder).contains(&prepared) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tx.commit().await.unwrap();
    turn.await.unwrap();
    assert!(names(&desk.folder).contains(&prepared));
    assert_eq!(desk.state(&entry).await, (HandoverState::Recalling, None));
    desk.run(minute(5)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Recalled, None));
    assert_eq!(names(&desk.folder), Vec::<String>::new());
}

#[tokio::test]
async fn a_recall_after_the_release_says_that_it_came_too_late_and_a_receipt_then_changes_nothing() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    desk.enter(&entry).await;
    let too_late = (HandoverState::Recalled, Some(HandoverTrouble::AlreadyReleased));
    assert_eq!(desk.state(&entry).await, too_late);
    desk.run(minute(4)).await;
    let record = desk.standing(&entry).await.record;
    assert_eq!(import(&desk.folder).len(), 1, "what the record system has been told of is left to it");
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    desk.run(minute(5)).await;
    assert_eq!(desk.state(&entry).await, too_late);
    assert_eq!(desk.standing(&entry).await.record, record);
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    assert_eq!(desk.audited(AuditAction::RecordAccepted).await, 0);
}
