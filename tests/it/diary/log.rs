//! The log in pages, links to patients and spot checks.

use inkom::diary::{LogFilter, LogPlace, LogSource, NewSpotCheck, PersonId, Verdict};
use inkom::model::AuditAction::{self, AccessRefused, EntryRead, ListRead, SignedIn, Verified};
use inkom::model::{AuditEvent, Entry, Role};
use inkom::triage::PatientNumber;
use jiff::civil::Date;

use super::on_both_engines;
use crate::support::store::{Store, minute, new_entry};

on_both_engines!(
    each_filter_gives_its_rows_newest_first_and_no_others,
    pages_go_on_where_they_ended,
    an_entry_is_linked_to_one_patient_at_a_time,
    looks_from_before_the_link_are_the_patients_too,
    spot_checks_are_added_and_never_changed,
);

/// Skatteverket's test numbers, which no one has.
fn patient(text: &str) -> PatientNumber {
    PatientNumber::read(text, Date::constant(2026, 5, 4)).unwrap()
}

async fn person(store: &Store, name: &str, unit: &str) -> PersonId {
    let mut tx = store.write().await;
    let person = tx.add_person(name, "", minute(0)).await.unwrap();
    tx.grant(person, unit, Role::Reception).await.unwrap();
    tx.commit().await.unwrap();
    person
}

struct Deed<'a> {
    actor: &'a str,
    action: AuditAction,
    unit: &'a str,
    entry: Option<&'a Entry>,
    shown: &'a [&'a Entry],
}

async fn deed(store: &Store, at: i64, deed: Deed<'_>) {
    let event = AuditEvent {
        at: minute(at),
        actor: deed.actor.into(),
        role: String::new(),
        action: deed.action,
        unit: deed.unit.into(),
        entry: deed.entry.map(|entry| entry.number.clone()),
        payload: String::new(),
    };
    let shown: Vec<_> = deed.shown.iter().map(|entry| entry.id).collect();
    let mut tx = store.write().await;
    tx.audit_looks(&event, &shown).await.unwrap();
    tx.commit().await.unwrap();
}

const A: &str = "Mottagningen";
const B: &str = "En annan enhet";

/// Two entries of the one unit, one of the other, and eight deeds, in minutes 1 to 8.
async fn fill(store: &Store) -> [Entry; 3] {
    let one = store.register(b"1").await;
    let two = store.register(b"2").await;
    let other = store.register_as(&inkom::diary::NewEntry { unit: B, ..new_entry(b"3") }, minute(0)).await;
    person(store, "Rut", A).await;
    person(store, "Bo", B).await;
    let none = None;
    for (at, actor, action, unit, entry, shown) in [
        (1, "Rut", SignedIn, "", none, vec![]),
        (2, "Bo", SignedIn, "", none, vec![]),
        (3, "Rut", ListRead, A, none, vec![&one, &two]),
        (4, "Rut", EntryRead, A, Some(&one), vec![&one]),
        (5, "Bo", EntryRead, B, Some(&other), vec![&other]),
        (6, "os:driften", Verified, "", none, vec![]),
        (7, "os:driften", ListRead, "", none, vec![&one, &two, &other]),
        (8, "Bo", AccessRefused, A, Some(&two), vec![]),
    ] {
        deed(store, at, Deed { actor, action, unit, entry, shown: &shown }).await;
    }
    [one, two, other]
}

fn of_unit(unit: &str, names: &[&str]) -> Vec<LogSource> {
    let people = names.iter().map(|name| LogSource::Person((*name).into()));
    people.chain([LogSource::Unit(unit.into())]).collect()
}

/// The minutes of the deeds that are found, without what the daemon did at minute 0.
async fn found(store: &Store, filter: LogFilter) -> Vec<i64> {
    let rows = store.read().await.log(&filter, None, 100).await.unwrap();
    let minutes = rows.iter().map(|row| (row.event.at.as_second() - minute(0).as_second()) / 60);
    minutes.filter(|minute| *minute > 0).collect()
}

async fn each_filter_gives_its_rows_newest_first_and_no_others(store: Store) {
    let [one, two, _] = fill(&store).await;
    let mut tx = store.read().await;
    assert_eq!(tx.names_in(A).await.unwrap(), ["Rut"]);
    assert_eq!(tx.names_at_command_line().await.unwrap(), ["os:driften"]);
    drop(tx);
    let all = LogFilter { sources: of_unit(A, &["Rut", "os:driften"]), ..LogFilter::default() };
    assert_eq!(found(&store, all.clone()).await, [8, 7, 6, 4, 3, 1]);
    let of = |actor: &str| LogFilter { actor: Some(actor.into()), ..all.clone() };
    assert_eq!(found(&store, of("Rut")).await, [4, 3, 1]);
    assert_eq!(found(&store, of("os:driften")).await, [7, 6]);
    assert_eq!(found(&store, of("Bo")).await, [8], "another unit's person, at this unit's entry");
    assert_eq!(found(&store, LogFilter { action: Some(AuditAction::ListRead), ..all.clone() }).await, [7, 3]);
    assert_eq!(found(&store, LogFilter { action: Some(AuditAction::ListRead), ..of("Rut") }).await, [3]);
    assert_eq!(found(&store, LogFilter { action: Some(AuditAction::ListRead), ..of("os:driften") }).await, [7]);
    let period = LogFilter { from: Some(minute(3)), before: Some(minute(7)), ..all.clone() };
    assert_eq!(found(&store, period).await, [6, 4, 3], "from and with, up to and without");
    let entry = |entry: &Entry| LogSource::Entry(entry.id, entry.number.clone());
    let of_entry = |sources| LogFilter { sources, ..LogFilter::default() };
    assert_eq!(found(&store, of_entry(vec![entry(&one)])).await, [7, 4, 3]);
    assert_eq!(found(&store, of_entry(vec![entry(&two)])).await, [8, 7, 3]);
    assert_eq!(found(&store, of_entry(vec![entry(&one), entry(&two)])).await, [8, 7, 4, 3], "each row once");
    let narrowed = LogFilter { actor: Some("Rut".into()), ..of_entry(vec![entry(&one)]) };
    assert_eq!(found(&store, narrowed).await, [4, 3]);
    assert_eq!(found(&store, LogFilter::default()).await, [0; 0]);
}

async fn pages_go_on_where_they_ended(store: Store) {
    fill(&store).await;
    // Several of one moment, as a batch writes them.
    for _ in 0..5 {
        deed(&store, 9, Deed { actor: "Rut", action: AuditAction::EntryRead, unit: A, entry: None, shown: &[] }).await;
    }
    let filter = LogFilter { sources: of_unit(A, &["Rut", "os:driften"]), ..LogFilter::default() };
    let mut tx = store.read().await;
    let all: Vec<i64> = tx.log(&filter, None, 100).await.unwrap().iter().map(|row| row.seq).collect();
    for size in 1..=4 {
        let (mut paged, mut after): (Vec<i64>, Option<LogPlace>) = (Vec::new(), None);
        loop {
            let page = tx.log(&filter, after, size).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place());
            paged.extend(page.iter().map(|row| row.seq));
        }
        assert_eq!(paged, all, "pages of {size}");
    }
}

async fn an_entry_is_linked_to_one_patient_at_a_time(store: Store) {
    let [one, two, _] = fill(&store).await;
    let rut = store.read().await.person_named("Rut").await.unwrap().unwrap().id;
    let (anna, bertil) = (patient("18900103-9800"), patient("19920518-9823"));
    let mut tx = store.write().await;
    assert!(tx.link_patient(one.id, &anna, rut, minute(1)).await.unwrap());
    assert!(!tx.link_patient(one.id, &bertil, rut, minute(2)).await.unwrap());
    assert!(tx.link_patient(two.id, &anna, rut, minute(2)).await.unwrap());
    let link = tx.patient_of(one.id).await.unwrap().unwrap();
    assert_eq!((link.patient, link.linked_by, link.linked_at), (anna.clone(), rut, minute(1)));
    assert_eq!(tx.patient_of_number(&two.number).await.unwrap(), Some(anna.clone()));
    assert!(!tx.end_link(one.id, &bertil, minute(3)).await.unwrap());
    assert!(tx.end_link(one.id, &anna, minute(3)).await.unwrap());
    assert!(!tx.end_link(one.id, &anna, minute(3)).await.unwrap(), "it has ended");
    assert!(tx.patient_of(one.id).await.unwrap().is_none());
    assert!(tx.link_patient(one.id, &bertil, rut, minute(4)).await.unwrap());
    let ids = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(tx.entries_of(&anna).await.unwrap()), [two.id]);
    assert_eq!(ids(tx.entries_of(&bertil).await.unwrap()), [one.id]);
    tx.commit().await.unwrap();
    assert_eq!(store.number("select count(*) from patient_link").await, 3, "every link there was is kept");
}

async fn looks_from_before_the_link_are_the_patients_too(store: Store) {
    let [one, ..] = fill(&store).await;
    let anna = patient("18900103-9800");
    let mut tx = store.write().await;
    tx.link_patient(one.id, &anna, PersonId(1), minute(60)).await.unwrap();
    let entries = tx.entries_of(&anna).await.unwrap();
    tx.commit().await.unwrap();
    let sources = entries.into_iter().map(|entry| LogSource::Entry(entry.id, entry.number)).collect();
    assert_eq!(found(&store, LogFilter { sources, ..LogFilter::default() }).await, [7, 4, 3]);
}

async fn spot_checks_are_added_and_never_changed(store: Store) {
    fill(&store).await;
    let rut = store.read().await.person_named("Rut").await.unwrap().unwrap().id;
    let of = NewSpotCheck { unit: A.into(), from: minute(0), before: minute(8), actor: None };
    let mut tx = store.write().await;
    let looks = tx.looks_within(&of).await.unwrap();
    assert_eq!(looks.len(), 2);
    let of_bo = NewSpotCheck { actor: Some("Bo".into()), ..of.clone() };
    assert_eq!(tx.looks_within(&of_bo).await.unwrap(), [0; 0]);
    let check = tx.add_spot_check(&of, 2, &looks, rut, minute(9)).await.unwrap();
    tx.add_spot_result(check, Verdict::Clean, "", rut, minute(10)).await.unwrap();
    tx.add_spot_result(check, Verdict::Remarked, "Frågad, ingen vårdrelation.", rut, minute(11)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await;
    let kept = tx.spot_check(check).await.unwrap().unwrap();
    assert_eq!((kept.looks, kept.sample, kept.drawn_by, kept.of.unit.as_str()), (2, looks, rut, A));
    let results = tx.spot_results(check).await.unwrap();
    let verdicts: Vec<_> = results.iter().map(|result| result.verdict).collect();
    assert_eq!(verdicts, [Verdict::Clean, Verdict::Remarked]);
    assert_eq!(tx.spot_checks(A, 10).await.unwrap().len(), 1);
    assert!(tx.spot_checks(B, 10).await.unwrap().is_empty());
    drop(tx);
    let mut statements = Vec::new();
    for (table, column) in [("spot_check", "sample"), ("spot_check_result", "remark")] {
        statements.push(format!("update {table} set {column} = 'x'"));
        statements.push(format!("delete from {table}"));
        if store.is_sqlite() {
            let columns = store.columns(table).await;
            statements.push(format!("insert or replace into {table} select {columns} from {table}"));
        } else {
            statements.push(format!("truncate {table} cascade"));
        }
    }
    for statement in statements {
        let error = store.sql(&statement).await.expect_err(&statement).to_string();
        assert!(error.contains("spot checks are never"), "{statement}: {error}");
    }
}
