//! Where messages lie and lay, what lay there before inkom came, and the account of each poll.

use std::collections::HashMap;

use inkom::diary::{FolderPoll, Gone, NewEntry};
use inkom::model::{EntryId, Sighting, Stage};

use super::on_both_engines;
use crate::support::store::{Store, minute, new_entry, place, render};

on_both_engines!(
    a_place_is_there_until_it_is_gone,
    a_message_that_returns_is_noticed,
    a_new_validity_voids_the_old_names,
    only_what_is_answered_and_adopted_may_be_removed,
    what_lay_there_at_first_contact_waits_until_it_is_adopted,
    what_lay_there_at_first_contact_is_met_once,
    each_poll_is_accounted_for,
);

async fn a_place_is_there_until_it_is_gone(store: Store) {
    let (entry, _) = store.rendered(b"one", 1).await;
    let mut tx = store.write().await;
    assert!(!tx.sight(&place(2), entry.id, minute(1)).await.unwrap());
    assert_eq!(there(&store, 7).await.len(), 1, "it is not committed yet");
    tx.commit().await.unwrap();
    let both = HashMap::from([("1".to_owned(), entry.id), ("2".to_owned(), entry.id)]);
    assert_eq!(there(&store, 7).await, both);
    assert_eq!(there(&store, 8).await.len(), 0);

    let mut tx = store.write().await;
    tx.gone(&place(1), Gone::Removed, minute(2)).await.unwrap();
    assert!(tx.gone(&place(1), Gone::Removed, minute(2)).await.is_err(), "it was gone before");
    assert!(tx.gone(&place(3), Gone::Removed, minute(2)).await.is_err(), "it never was there");
    drop(tx);
    let mut tx = store.write().await;
    tx.gone(&place(1), Gone::Vanished, minute(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(there(&store, 7).await.into_keys().collect::<Vec<_>>(), ["2"]);
    let mut tx = store.read().await;
    assert_eq!(tx.sightings(entry.id).await.unwrap(), [(place(1), Some(Gone::Vanished)), (place(2), None)]);
    assert!(tx.is_sighted(&place(1)).await.unwrap() && !tx.is_sighted(&place(3)).await.unwrap());
}

async fn there(store: &Store, validity: u32) -> HashMap<String, inkom::model::EntryId> {
    store.read().await.there("mottagningen", "INBOX", validity).await.unwrap()
}

async fn a_message_that_returns_is_noticed(store: Store) {
    let entry = store.answered(b"one", 1, "a@example.org", minute(0)).await;
    let mut tx = store.write().await;
    tx.gone(&place(1), Gone::Removed, minute(1)).await.unwrap();
    assert!(tx.done_if_gone(entry.id, minute(1)).await.unwrap());
    assert!(tx.removable("mottagningen", "INBOX", 7, EntryId(0), 10).await.unwrap().is_empty());
    assert!(tx.sight(&place(1), entry.id, minute(2)).await.unwrap(), "it has returned");
    let removable = tx.removable("mottagningen", "INBOX", 7, EntryId(0), 10).await.unwrap();
    assert_eq!(removable.len(), 1);
    assert_eq!(tx.removals_since(entry.id, minute(0)).await.unwrap(), 2, "seen twice, removed once");
    assert!(matches!(removable[0].entry.stage, Stage::Done(_)));
    tx.gone(&place(1), Gone::Removed, minute(3)).await.unwrap();
    assert_eq!(tx.sightings(entry.id).await.unwrap(), [(place(1), Some(Gone::Removed))]);
}

async fn a_new_validity_voids_the_old_names(store: Store) {
    let entry = store.answered(b"one", 1, "a@example.org", minute(0)).await;
    let (other, _) = store.rendered(b"two", 2).await;
    let mut tx = store.write().await;
    let now = Sighting { validity: 8, ..place(1) };
    let in_junk = Sighting { folder: "Junk".into(), ..place(1) };
    tx.sight(&in_junk, other.id, minute(1)).await.unwrap();
    assert_eq!(tx.void_other_validities("mottagningen", "INBOX", 8, minute(1)).await.unwrap(), 2);
    assert_eq!(tx.void_other_validities("mottagningen", "INBOX", 8, minute(1)).await.unwrap(), 0);
    assert!(
        tx.removable("mottagningen", "INBOX", 7, EntryId(0), 10).await.unwrap().is_empty(),
        "the old name means nothing"
    );
    assert!(!tx.lies_somewhere(entry.id).await.unwrap() && tx.lies_somewhere(other.id).await.unwrap());
    assert!(!tx.sight(&now, entry.id, minute(2)).await.unwrap(), "a new place, though the name is the same");
    let removable = tx.removable("mottagningen", "INBOX", 8, EntryId(0), 10).await.unwrap();
    assert_eq!((removable.len(), removable[0].uid.as_str()), (1, "1"));
    assert_eq!(tx.sightings(entry.id).await.unwrap(), [(place(1), Some(Gone::Void)), (now, None)]);
    assert_eq!(tx.there("mottagningen", "Junk", 7).await.unwrap().len(), 1);
}

async fn only_what_is_answered_and_adopted_may_be_removed(store: Store) {
    store.rendered(b"rendered", 1).await;
    let backlog = store.register_as(&NewEntry { backlog: true, ..new_entry(b"backlog") }, minute(0)).await;
    let mut tx = store.write().await;
    tx.sight(&place(2), backlog.id, minute(0)).await.unwrap();
    render(&mut tx, &backlog).await;
    tx.answered(&backlog, false, "backlog", minute(0)).await.unwrap();
    tx.commit().await.unwrap();
    for n in 3..6 {
        store.answered(&[n], n.into(), "a@example.org", minute(0)).await;
    }
    let mut tx = store.read().await;
    let uids = |removable: Vec<inkom::diary::Removable>| removable.into_iter().map(|it| it.uid).collect::<Vec<_>>();
    assert_eq!(uids(tx.removable("mottagningen", "INBOX", 7, EntryId(0), 10).await.unwrap()), ["3", "4", "5"]);
    assert_eq!(uids(tx.removable("mottagningen", "INBOX", 7, EntryId(0), 2).await.unwrap()), ["3", "4"]);
    let first = tx.removable("mottagningen", "INBOX", 7, EntryId(0), 1).await.unwrap().remove(0).entry.id;
    assert_eq!(uids(tx.removable("mottagningen", "INBOX", 7, first, 10).await.unwrap()), ["4", "5"]);
    assert_eq!(uids(tx.removable("mottagningen", "INBOX", 8, EntryId(0), 10).await.unwrap()), [""; 0]);
    assert_eq!(uids(tx.removable("mottagningen", "Junk", 7, EntryId(0), 10).await.unwrap()), [""; 0]);
    assert_eq!(uids(tx.removable("annan", "INBOX", 7, EntryId(0), 10).await.unwrap()), [""; 0]);
    drop(tx);
    let mut tx = store.write().await;
    assert_eq!(tx.removal_failed(&place(3)).await.unwrap(), 1);
    assert_eq!(tx.removal_failed(&place(3)).await.unwrap(), 2);
}

async fn what_lay_there_at_first_contact_waits_until_it_is_adopted(store: Store) {
    for n in 0..3_u8 {
        store.register_as(&NewEntry { backlog: true, ..new_entry(&[n]) }, minute(0)).await;
    }
    store.register_as(&NewEntry { backlog: true, mailbox: "annan", ..new_entry(b"other") }, minute(0)).await;
    let mut tx = store.write().await;
    tx.note_first_contact("mottagningen", "INBOX", 7, &["9".to_owned()]).await.unwrap();
    assert_eq!(tx.backlog("mottagningen").await.unwrap(), 3);
    let inbox = ["INBOX".to_owned()];
    assert!(!tx.is_adopted("mottagningen", "INBOX").await.unwrap());
    assert_eq!(tx.adopt("mottagningen", &inbox, minute(1)).await.unwrap(), 3);
    assert!(tx.is_adopted("mottagningen", "INBOX").await.unwrap());
    assert!(!tx.is_adopted("mottagningen", "Junk").await.unwrap(), "a folder that comes later has a first contact too");
    assert_eq!(tx.backlog("mottagningen").await.unwrap(), 0);
    assert!(!tx.first_contact_met(&place(9)).await.unwrap(), "adopted, it is no backlog any more");
    assert_eq!(tx.adopt("mottagningen", &inbox, minute(2)).await.unwrap(), 0, "again is no matter");
    assert!(!tx.is_adopted("annan", "INBOX").await.unwrap());
    assert_eq!(tx.backlog("annan").await.unwrap(), 1);
}

async fn what_lay_there_at_first_contact_is_met_once(store: Store) {
    let uids = ["1".to_owned(), "2".to_owned()];
    let mut tx = store.write().await;
    tx.note_first_contact("mottagningen", "INBOX", 7, &uids).await.unwrap();
    tx.note_first_contact("mottagningen", "INBOX", 7, &uids).await.unwrap();
    assert!(!tx.first_contact_met(&Sighting { validity: 8, ..place(1) }).await.unwrap());
    assert!(!tx.first_contact_met(&Sighting { mailbox: "annan".into(), ..place(1) }).await.unwrap());
    assert!(tx.first_contact_met(&place(1)).await.unwrap());
    assert!(!tx.first_contact_met(&place(1)).await.unwrap());
    assert!(tx.first_contact_met(&place(2)).await.unwrap());
}

async fn each_poll_is_accounted_for(store: Store) {
    let mut tx = store.write().await;
    assert_eq!(tx.folder("mottagningen", "INBOX").await.unwrap(), None);
    tx.meet_folder("mottagningen", "INBOX", 7, minute(0)).await.unwrap();
    let poll = FolderPoll { seen: 15, registered: 1, again: 2, known: 3, vanished: 4, held: 5 };
    assert!(poll.balances());
    assert!(!FolderPoll { seen: 16, ..poll }.balances());
    tx.polled("mottagningen", "INBOX", &poll, minute(1)).await.unwrap();
    tx.meet_folder("mottagningen", "INBOX", 8, minute(2)).await.unwrap();
    tx.meet_folder("mottagningen", "Junk", 3, minute(2)).await.unwrap();
    let folder = tx.folder("mottagningen", "INBOX").await.unwrap().unwrap();
    assert_eq!((folder.first_seen_at, folder.polled_at, folder.validity), (minute(0), minute(1), 8));
    assert_eq!(folder.poll, poll);
    let folders = tx.folders().await.unwrap();
    assert_eq!(folders.iter().map(|folder| folder.folder.as_str()).collect::<Vec<_>>(), ["INBOX", "Junk"]);
    assert!(tx.polled("mottagningen", "Sent", &poll, minute(1)).await.is_err(), "a folder that was never met");
}
