//! The real process is killed at every boundary of a handing over, and at random moments, while the record system imports all
//! the time. In the end each entry has one record: never none, never two (R36).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use inkom::clock::Clock;
use inkom::decision::Act;
use inkom::diary::{HandoverState, HandoverTrouble, PersonId};
use inkom::faults::Boundary;
use inkom::model::{AuditAction, Entry};

use super::{enter, send};
use crate::crash::{Random, number_from_env, say};
use crate::support::clinic::{Clinic, mail};
use crate::support::importer::{Importer, Record, names};

/// Those that a handing over passes, in order; all others are of a message's way.
pub const BOUNDARIES: [Boundary; 10] = [
    Boundary::HandoverClaimed,
    Boundary::PdfWritten,
    Boundary::IndexWritten,
    Boundary::DoneWritten,
    Boundary::HandoverCommitted,
    Boundary::HandedOver,
    Boundary::HandoverRecorded,
    Boundary::ReceiptRead,
    Boundary::ReceiptWritten,
    Boundary::ReceiptTaken,
];
const ROUNDS: usize = 4;
const RANDOM_KILLS: u64 = 40;
const TO_BOUNDARY: Duration = Duration::from_secs(30);

/// A clinic whose entries have come to rest, and nothing is sent to the record yet.
struct Ward {
    clinic: Clinic,
    person: PersonId,
    entries: Vec<Entry>,
}

impl Ward {
    async fn open(entries: usize) -> Self {
        let mut clinic = Clinic::open().await;
        let folder = folder(&clinic);
        clinic.edit_config("[limits]", &format!("[handover]\nfolder = '{}'\n\n[limits]", folder.display()));
        std::fs::create_dir(folder).unwrap();
        (1..=entries).for_each(|n| drop(clinic.deliver(&mail(n))));
        clinic.start();
        clinic.settle(entries).await;
        clinic.stop();
        let diary = clinic.diary().await;
        let mut tx = diary.write().await.unwrap();
        let person = tx.add_person("Rut", "", Clock::default().now()).await.unwrap();
        tx.commit().await.unwrap();
        diary.close().await;
        let entries = clinic.entries().await.into_iter().map(|details| details.entry).collect();
        Self { clinic, person, entries }
    }

    /// As a person does, while the program runs or not.
    async fn send(&self, entry: &Entry) {
        let diary = self.clinic.diary().await;
        let mut tx = diary.write().await.unwrap();
        send(&mut tx, entry, self.person, true, Clock::default().now()).await;
        tx.commit().await.unwrap();
        diary.close().await;
    }

    /// Into the record by hand, unless the record system has answered already. Says whether it was.
    async fn enter(&self, entry: &Entry) -> bool {
        let diary = self.clinic.diary().await;
        let mut tx = diary.write().await.unwrap();
        let may = tx.handover_of(entry.id).await.unwrap().unwrap().state != HandoverState::Accepted;
        if may {
            enter(&mut tx, entry, Clock::default().now()).await;
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        diary.close().await;
        may
    }

    async fn state(&self, entry: &Entry) -> Option<(HandoverState, Option<HandoverTrouble>)> {
        let diary = self.clinic.diary().await;
        let row = diary.read().await.unwrap().handover_of(entry.id).await.unwrap();
        diary.close().await;
        row.map(|row| (row.state, row.trouble))
    }

    /// Lets it run undisturbed until nothing is under way, and stops it.
    async fn settle(&mut self) {
        let before = self.clinic.log().len();
        self.clinic.start();
        // It can be asked to stop from then on.
        self.clinic.until("it runs", async |clinic| clinic.log()[before..].contains("has started")).await;
        let entries = self.entries.clone();
        let is_settled = async |clinic: &Clinic| {
            let Some(diary) = clinic.maybe_diary().await else { return false };
            let mut tx = diary.read().await.unwrap();
            let mut settled = true;
            for entry in &entries {
                let row = tx.handover_of(entry.id).await.unwrap();
                settled &= row.is_none_or(|row| matches!(row.state, HandoverState::Accepted | HandoverState::Recalled));
            }
            drop(tx);
            diary.close().await;
            settled && names(&folder(clinic)).is_empty()
        };
        self.clinic.until("every handing over has ended, and the folder is empty", is_settled).await;
        self.clinic.stop();
    }

    /// What must hold in the end of each entry that was sent.
    async fn assert_once(&self, records: &[Record]) {
        let diary = self.clinic.diary().await;
        let mut tx = diary.read().await.unwrap();
        let audit = tx.audit_after(0, 1_000_000).await.unwrap();
        for entry in &self.entries {
            let number = entry.number.to_string();
            let imported = records.iter().filter(|record| record.number() == number).count();
            let written = audit
                .iter()
                .filter(|row| {
                    row.event.action == AuditAction::WrittenForRecord && row.event.entry.as_ref() == Some(&entry.number)
                })
                .count();
            let acts = tx.acts_of(entry.id).await.unwrap();
            let accepted = acts.iter().filter(|done| matches!(done.act, Some(Act::Accepted { .. }))).count();
            let row = tx.handover_of(entry.id).await.unwrap();
            let expected = match row.as_ref().map(|row| (row.state, row.trouble)) {
                None | Some((HandoverState::Recalled, None)) => (0, 0, 0),
                Some((HandoverState::Recalled, Some(HandoverTrouble::AlreadyReleased))) => (1, 1, 0),
                Some((HandoverState::Accepted, None)) => (1, 1, 1),
                other => panic!("{number} has not ended: {other:?}"),
            };
            assert_eq!((imported, written, accepted), expected, "{number}: {row:?}\n{}", self.clinic.log());
        }
        drop(tx);
        diary.close().await;
        assert_eq!(self.clinic.verify().await.faults, Vec::<String>::new());
    }
}

fn folder(clinic: &Clinic) -> PathBuf {
    clinic.config().with_file_name("import")
}

#[tokio::test]
async fn killed_at_every_boundary_each_entry_has_one_record() {
    let mut ward = Ward::open(ROUNDS * BOUNDARIES.len()).await;
    let importer = Importer::start(folder(&ward.clinic));
    let mut kills: BTreeMap<&str, u32> = BTreeMap::new();
    for round in 0..ROUNDS {
        for (place, boundary) in BOUNDARIES.iter().enumerate() {
            ward.send(&ward.entries[round * BOUNDARIES.len() + place]).await;
            ward.clinic.start_to_be_killed_at(boundary.word(), 1);
            let killed = ward.clinic.was_killed_within(TO_BOUNDARY).await;
            assert!(killed, "{boundary} was not reached\n{}", ward.clinic.log());
            *kills.entry(boundary.word()).or_default() += 1;
        }
    }
    ward.settle().await;
    let records = importer.stop();
    ward.assert_once(&records).await;
    assert_eq!(records.len(), ward.entries.len());
    say(&format!("{} kills while handing over: {kills:?}", kills.values().sum::<u32>()));
}

#[tokio::test]
async fn killed_at_random_moments_each_entry_has_one_record_and_a_recall_says_whether_it_came_too_late() {
    let seed = number_from_env("INKOM_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 16 | 1);
    let kills = number_from_env("INKOM_KILLS").unwrap_or(RANDOM_KILLS).min(200);
    say(&format!("INKOM_SEED={seed} replays this schedule of handing over"));
    let mut random = Random(seed);
    let mut ward = Ward::open(usize::try_from(kills).unwrap()).await;
    let importer = Importer::start(folder(&ward.clinic));
    let mut recalled = 0;
    for entry in ward.entries.clone() {
        ward.send(&entry).await;
        ward.clinic.start();
        tokio::time::sleep(Duration::from_millis(random.below(350))).await;
        let while_it_runs = random.below(3);
        if while_it_runs == 0 {
            recalled += u32::from(ward.enter(&entry).await);
            tokio::time::sleep(Duration::from_millis(random.below(20))).await;
        }
        ward.clinic.kill();
        if while_it_runs == 1 {
            recalled += u32::from(ward.enter(&entry).await);
        }
    }
    ward.settle().await;
    let records = importer.stop();
    ward.assert_once(&records).await;
    say(&format!("{kills} random kills while handing over, {recalled} recalled, {} records", records.len()));
}

#[tokio::test]
async fn a_recall_while_it_is_down_reaches_whatever_the_record_system_has_not_been_told_of() {
    let mut ward = Ward::open(BOUNDARIES.len()).await;
    let importer = Importer::start(folder(&ward.clinic));
    for (place, boundary) in BOUNDARIES.iter().enumerate() {
        let entry = ward.entries[place].clone();
        ward.send(&entry).await;
        ward.clinic.start_to_be_killed_at(boundary.word(), 1);
        assert!(ward.clinic.was_killed_within(TO_BOUNDARY).await, "{boundary} was not reached\n{}", ward.clinic.log());
        let is_accepted = !ward.enter(&entry).await;
        ward.settle().await;
        let (state, trouble) = ward.state(&entry).await.unwrap();
        let expected = match boundary {
            Boundary::ReceiptTaken => (HandoverState::Accepted, None),
            Boundary::HandedOver | Boundary::HandoverRecorded | Boundary::ReceiptRead | Boundary::ReceiptWritten => {
                (HandoverState::Recalled, Some(HandoverTrouble::AlreadyReleased))
            }
            _ => (HandoverState::Recalled, None),
        };
        assert_eq!((state, trouble), expected, "at {boundary}");
        assert_eq!(is_accepted, *boundary == Boundary::ReceiptTaken);
    }
    ward.assert_once(&importer.stop()).await;
}

#[tokio::test]
async fn the_service_starts_without_its_folder_says_so_once_and_hands_over_when_it_has_come() {
    let mut ward = Ward::open(1).await;
    let entry = ward.entries[0].clone();
    let checked = || String::from_utf8(ward.clinic.command(&["check"]).stdout).unwrap();
    let line = |said: String| said.lines().find(|line| line.contains("handover ")).unwrap().to_owned();
    assert!(line(checked()).starts_with("ok "), "{}", checked());
    std::fs::remove_dir(folder(&ward.clinic)).unwrap();
    assert!(line(checked()).starts_with("FAULT "), "{}", checked());
    ward.send(&entry).await;
    ward.clinic.start();
    let trouble = Some(HandoverTrouble::FolderMissing);
    ward.clinic
        .until("the row tells of it", async |_| ward.state(&entry).await.is_some_and(|(_, is)| is == trouble))
        .await;
    // Tried again after two seconds and after four.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let said = ward.clinic.log().matches("cannot be used").count();
    assert_eq!(said, 1, "{}", ward.clinic.log());
    std::fs::create_dir(folder(&ward.clinic)).unwrap();
    let importer = Importer::start(folder(&ward.clinic));
    let over = (HandoverState::Accepted, None);
    ward.clinic.until("it is in the record", async |_| ward.state(&entry).await == Some(over)).await;
    ward.clinic.stop();
    ward.assert_once(&importer.stop()).await;
}
