//! Numbers have no gaps and are never given twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use inkom::diary::NewEntry;
use inkom::model::Series;
use jiff::Timestamp;

use super::on_both_engines;
use crate::support::store::{Store, minute, new_entry};

on_both_engines!(
    numbers_follow_each_other_from_the_first_serial,
    a_dropped_transaction_leaves_no_gap,
    a_dropped_transaction_leaves_nothing_at_all,
    one_transaction_brings_number_entry_bytes_document_and_audit_row,
    the_year_turns_in_stockholm_and_begins_at_the_first_serial,
    each_series_counts_for_itself,
    how_many_were_given_is_counted_over_all_years,
    eight_at_once_get_numbers_without_gaps_or_doubles,
    two_processes_at_once_get_numbers_without_gaps_or_doubles,
);

fn numbered(raw: &[u8], first_serial: u32) -> NewEntry<'_> {
    NewEntry { first_serial, ..new_entry(raw) }
}

async fn numbers_follow_each_other_from_the_first_serial(store: Store) {
    let mut numbers = Vec::new();
    for n in 0..3_u8 {
        numbers.push(store.register_as(&numbered(&[n], 417), minute(0)).await.number.to_string());
    }
    assert_eq!(numbers, ["MM 2026-00417", "MM 2026-00418", "MM 2026-00419"]);
    // Once the series has begun, another first serial means nothing.
    assert_eq!(store.register_as(&numbered(b"x", 900), minute(0)).await.number.to_string(), "MM 2026-00420");
    assert_eq!(store.faults().await, [""; 0]);
}

async fn how_many_were_given_is_counted_over_all_years(store: Store) {
    for (n, at) in [(0, "2026-12-31T12:00:00Z"), (1, "2026-12-31T13:00:00Z"), (2, "2027-01-01T12:00:00Z")] {
        store.register_as(&numbered(&[n], 417), at.parse().unwrap()).await;
    }
    assert_eq!(store.read().await.count_numbers().await.unwrap(), [("MM".to_owned(), 3)]);
    assert!(store.diary.size_bytes().await.unwrap() > 50_000);
}

async fn a_dropped_transaction_leaves_no_gap(store: Store) {
    store.register(b"first").await;
    let mut tx = store.write().await;
    assert_eq!(tx.register(&new_entry(b"dropped"), minute(0)).await.unwrap().number.serial.get(), 2);
    drop(tx);
    assert_eq!(store.register(b"second").await.number.serial.get(), 2);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn a_dropped_transaction_leaves_nothing_at_all(store: Store) {
    let mut tx = store.write().await;
    tx.register(&new_entry(b"dropped"), minute(0)).await.unwrap();
    drop(tx);
    for table in ["counter", "entry", "document", "blob", "blob_part", "audit"] {
        assert_eq!(store.number(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    assert_eq!(store.read().await.chain_head().await.unwrap().0, 0);
}

async fn one_transaction_brings_number_entry_bytes_document_and_audit_row(store: Store) {
    let mut tx = store.write().await;
    let entry = tx.register(&new_entry(b"whole"), minute(3)).await.unwrap();
    assert!(store.read().await.entry(&entry.number).await.unwrap().is_none(), "it is seen before it is committed");
    tx.commit().await.unwrap();

    let mut tx = store.read().await;
    let details = tx.entry(&entry.number).await.unwrap().unwrap();
    assert_eq!(details.entry.stage, entry.stage);
    assert_eq!(details.entry.arrival, entry.arrival);
    assert_eq!((details.entry.registered_at, details.entry.raw_size_bytes), (minute(3), 5));
    assert_eq!(details.public_description, "Inkommet e-postmeddelande");
    assert_eq!((details.pdf, details.summary, details.original_gone_at), (None, None, None));
    assert_eq!(tx.kept(&details.raw).await.unwrap().unwrap(), b"whole");
    assert_eq!(tx.documents(entry.id).await.unwrap(), [(1, "inkommen".to_owned(), details.raw)]);
    let audit = tx.audit_of(&entry.number).await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0].event.action.word(), "registered");
    assert_eq!(audit[0].event.payload, format!("sha256={}", details.raw));
}

async fn the_year_turns_in_stockholm_and_begins_at_the_first_serial(store: Store) {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut numbers = Vec::new();
    for (n, now) in [(0, at("2026-12-31T22:59:59Z")), (1, at("2026-12-31T23:30:00Z")), (2, at("2027-01-01T00:30:00Z"))]
    {
        numbers.push(store.register_as(&numbered(&[n], 40), now).await.number.to_string());
    }
    assert_eq!(numbers, ["MM 2026-00040", "MM 2027-00040", "MM 2027-00041"]);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn each_series_counts_for_itself(store: Store) {
    let other: Series = "ÅÄÖ".parse().unwrap();
    store.register(b"1").await;
    let entry = store.register_as(&NewEntry { series: &other, ..new_entry(b"2") }, minute(0)).await;
    assert_eq!(entry.number.to_string(), "ÅÄÖ 2026-00001");
    assert_eq!(store.read().await.entry(&entry.number).await.unwrap().unwrap().entry.id, entry.id);
    assert_eq!(store.register(b"3").await.number.to_string(), "MM 2026-00002");
    assert_eq!(store.faults().await, [""; 0]);
}

const TASKS: u32 = 8;
const EACH: u32 = 6;

async fn eight_at_once_get_numbers_without_gaps_or_doubles(store: Store) {
    let store = Arc::new(store);
    let diary = store.diary.clone();
    register_at_once(&store, |_| diary.clone()).await;
}

async fn two_processes_at_once_get_numbers_without_gaps_or_doubles(store: Store) {
    let store = Arc::new(store);
    let diaries = [store.diary.clone(), store.another().await];
    register_at_once(&store, |task| diaries[task as usize % 2].clone()).await;
    diaries[1].close().await;
}

/// Each task registers a few messages, two to a transaction, and drops every third transaction.
async fn register_at_once(store: &Arc<Store>, diary: impl Fn(u32) -> inkom::diary::Diary) {
    let tasks = (0..TASKS).map(|task| {
        let diary = diary(task);
        tokio::spawn(async move {
            let mut given = Vec::new();
            for n in 0..EACH {
                let mut tx = diary.write().await.unwrap();
                // Some bytes are the same in all tasks.
                let one = tx.register(&new_entry(format!("{task} {n}").as_bytes()), minute(0)).await.unwrap();
                let two = tx.register(&new_entry(format!("same {n}").as_bytes()), minute(0)).await.unwrap();
                if n % 3 == 2 {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                    given.extend([one.number.serial.get(), two.number.serial.get()]);
                }
            }
            given
        })
    });
    let mut given = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        given.extend(task.await.unwrap());
    }
    let expected = TASKS * EACH * 2 * 2 / 3;
    assert_eq!(given.len(), expected as usize);
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>(), (1..=expected).collect());
    assert_eq!(store.faults().await, [""; 0]);
}
