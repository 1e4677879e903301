//! `verify` finds nothing in a diary that is whole, and whatever was done to it past the diary.

use inkom::diary::Gone;
use inkom::model::{Digest, Entry, HoldReason, Resume, Stage};

use super::on_both_engines;
use crate::support::store::{Store, minute, place};

on_both_engines!(
    a_full_diary_is_whole,
    a_removed_entry_is_found,
    a_removed_entry_is_found_though_the_counter_was_put_back,
    an_added_entry_is_found,
    a_counter_that_is_off_is_found,
    a_missing_counter_is_found,
    a_changed_byte_of_a_message_is_found,
    a_changed_byte_of_a_pdf_is_found,
    a_changed_byte_of_a_letter_is_found_sent_or_not,
    a_missing_part_is_found,
    an_edited_audit_row_is_found,
    an_audit_payload_that_was_changed_is_found,
    a_deleted_audit_row_is_found,
    a_truncated_audit_log_is_found,
    two_audit_rows_that_changed_places_are_found,
    an_audit_log_without_its_end_is_found,
    stray_bytes_are_found,
    a_document_that_points_elsewhere_is_found,
    an_entry_that_was_given_other_bytes_is_found,
    an_entry_that_lost_its_pdf_is_found,
    a_row_that_cannot_be_read_hides_no_other_fault,
);

/// One entry in each stage, one with a sent reply, with the numbers 1 to 6. Gives the one that is done.
async fn fill(store: &Store) -> Entry {
    store.register(b"registered").await;
    store.rendered(b"rendered", 1).await;
    store.answered(b"answered", 2, "a@example.org", minute(5)).await;
    let done = store.answered(&vec![b'x'; 2_000_000], 3, "b@example.org", minute(0)).await;
    let reply = store.claim(minute(1)).await.unwrap();
    let held = store.register(b"").await;
    let withheld = store.rendered(b"withheld", 4).await.0;
    let mut tx = store.write().await;
    tx.reply_sent(&reply, &done, minute(1)).await.unwrap();
    tx.gone(&place(3), Gone::Removed, minute(1)).await.unwrap();
    assert!(tx.done_if_gone(done.id, minute(1)).await.unwrap());
    tx.hold(&held, Resume::Render, HoldReason::CannotRender, minute(1)).await.unwrap();
    tx.answered(&withheld, false, "junk-folder", minute(1)).await.unwrap();
    tx.commit().await.unwrap();
    store.again(&done).await
}

/// What stands in the way of changing audit rows, as someone who may change tables would take it away.
pub async fn without_triggers(store: &Store) {
    let statements: &[&str] = if store.is_sqlite() {
        &["drop trigger audit_no_update", "drop trigger audit_no_delete", "drop trigger audit_no_other_payload"]
    } else {
        &["alter table audit disable trigger user"]
    };
    for statement in statements {
        store.sql(statement).await.unwrap();
    }
}

async fn sql(store: &Store, statement: &str) {
    assert_eq!(store.sql(statement).await.expect(statement), 1, "{statement}");
}

async fn delete_entry(store: &Store, serial: u32) {
    for table in ["document", "sighting", "outbox"] {
        let rows = format!("entry_id in (select id from entry where serial = {serial})");
        store.sql(&format!("delete from {table} where {rows}")).await.unwrap();
    }
    sql(store, &format!("delete from entry where serial = {serial}")).await;
}

/// Each of these faults is found, in words that hold these.
async fn assert_found(store: &Store, expected: &[&str]) {
    let faults = store.faults().await;
    for expected in expected {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected:?} is not in {faults:#?}");
    }
}

/// And no others.
async fn assert_found_only(store: &Store, expected: &[&str]) {
    assert_found(store, expected).await;
    let faults = store.faults().await;
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
}

async fn a_full_diary_is_whole(store: Store) {
    fill(&store).await;
    let mut heard = Vec::new();
    let report = inkom::verify::verify(&store.diary, |read, of| heard.push((read, of))).await.unwrap();
    assert_eq!(report.faults, [""; 0]);
    assert_eq!((report.series, report.entries, report.audit_rows), (1, 6, 15));
    // Six messages, four PDFs and two letters, one of them sent.
    assert_eq!(report.kept, 6 + 4 + 2);
    // A copy of the diary is as good.
    store.diary.close().await;
    let again = store.another().await;
    assert_eq!(inkom::verify::verify(&again, |_, _| ()).await.unwrap().faults, [""; 0]);
    again.close().await;
}

async fn a_removed_entry_is_found(store: Store) {
    fill(&store).await;
    delete_entry(&store, 3).await;
    assert_found(&store, &["1 of the numbers 1 to 6 missing", "MM 2026-00003: was registered, and is missing"]).await;
    delete_entry(&store, 1).await;
    assert_found(&store, &["the counter has given 1 to 6, the entries have 2 to 6"]).await;
    delete_entry(&store, 6).await;
    assert_found(&store, &["the counter has given 1 to 6, the entries have 2 to 5"]).await;
    for serial in [2, 4, 5] {
        delete_entry(&store, serial).await;
    }
    assert_found(&store, &["the counter has given 1 to 6, the entries have 0 to 0"]).await;
}

async fn a_removed_entry_is_found_though_the_counter_was_put_back(store: Store) {
    fill(&store).await;
    delete_entry(&store, 6).await;
    sql(&store, "update counter set last = 5").await;
    assert_found(
        &store,
        &["MM 2026-00006: was registered, and is missing", "6 entries were registered, and there are 5"],
    )
    .await;
}

async fn an_added_entry_is_found(store: Store) {
    fill(&store).await;
    let columns = store.columns("entry").await;
    let values = columns.replace("serial", "7").replacen("id,", "99,", 1);
    sql(&store, &format!("insert into entry ({columns}) select {values} from entry where serial = 1")).await;
    sql(&store, "insert into document select 99, document, direction, digest, message_id, created_at from document where entry_id = 1").await;
    sql(&store, "update counter set last = 7").await;
    assert_found_only(&store, &["6 entries were registered, and there are 7"]).await;
}

async fn a_counter_that_is_off_is_found(store: Store) {
    fill(&store).await;
    sql(&store, "update counter set last = 7").await;
    assert_found_only(&store, &["series MM 2026: the counter has given 1 to 7, the entries have 1 to 6"]).await;
    sql(&store, "update counter set last = 5").await;
    assert_found_only(&store, &["series MM 2026: the counter has given 1 to 5, the entries have 1 to 6"]).await;
    sql(&store, "update counter set last = 6, first = 2").await;
    assert_found_only(&store, &["series MM 2026: the counter has given 2 to 6, the entries have 1 to 6"]).await;
}

async fn a_missing_counter_is_found(store: Store) {
    fill(&store).await;
    sql(&store, "delete from counter").await;
    assert_found_only(&store, &["series MM 2026: the counter has given 0 to 0, the entries have 1 to 6"]).await;
}

async fn a_changed_byte_of_a_message_is_found(store: Store) {
    fill(&store).await;
    store.overwrite(&Digest::of(b"answered"), 0, b"Answered").await;
    assert_found_only(&store, &["MM 2026-00003:1: the kept bytes"]).await;
}

async fn a_changed_byte_of_a_pdf_is_found(store: Store) {
    let Stage::Done(kept) = fill(&store).await.stage else { panic!() };
    store.overwrite(&kept.pdf, 0, b"%PDF MM 2026-00005").await;
    assert_found_only(&store, &["MM 2026-00004 PDF: the kept bytes"]).await;
}

async fn a_changed_byte_of_a_letter_is_found_sent_or_not(store: Store) {
    let done = fill(&store).await;
    store.overwrite(&Digest::of(format!("Svar på {}", done.id.0).as_bytes()), 0, "Svar på 9".as_bytes()).await;
    assert_found_only(&store, &["MM 2026-00004:2: the kept bytes"]).await;
    store.overwrite(&Digest::of("Svar på 3".as_bytes()), 0, "Svar på 9".as_bytes()).await;
    assert_found(&store, &["MM 2026-00003 reply: the kept bytes"]).await;
}

async fn a_missing_part_is_found(store: Store) {
    fill(&store).await;
    sql(&store, "delete from blob_part where part = 1").await;
    assert_found_only(&store, &["MM 2026-00004:1: the kept bytes"]).await;
    store.sql("delete from blob_part").await.unwrap();
    store.sql("delete from blob").await.unwrap();
    assert_eq!(store.faults().await.len(), 12, "each of those that are kept");
}

async fn an_edited_audit_row_is_found(store: Store) {
    for change in ["at = at + 1", "actor = 'os:bo'", "action = 'held'", "unit = 'Annan'", "entry = 'MM 2026-00003'"] {
        let store = if store.is_sqlite() { Store::sqlite().await } else { Store::postgres().await };
        fill(&store).await;
        without_triggers(&store).await;
        sql(&store, &format!("update audit set {change} where seq = 2")).await;
        assert_found(&store, &["audit row 2: it does not link to the row before it"]).await;
    }
}

async fn an_audit_payload_that_was_changed_is_found(store: Store) {
    fill(&store).await;
    without_triggers(&store).await;
    sql(&store, "update audit set payload = 'reason=x' where seq = 2").await;
    assert_found_only(&store, &["audit row 2: its payload was changed"]).await;
}

async fn a_deleted_audit_row_is_found(store: Store) {
    fill(&store).await;
    without_triggers(&store).await;
    sql(&store, "delete from audit where seq = 6").await;
    assert_found(&store, &["audit: rows 6 to 6 are missing", "audit row 7: it does not link to the row before it"])
        .await;
    sql(&store, "delete from audit where seq = 1").await;
    assert_found(&store, &["audit: rows 1 to 1 are missing", "5 entries were registered"]).await;
}

async fn a_truncated_audit_log_is_found(store: Store) {
    fill(&store).await;
    without_triggers(&store).await;
    sql(&store, "delete from audit where seq = 15").await;
    assert_found_only(&store, &["audit: the chain should end at row 15, and ends at row 14"]).await;
    store.sql("delete from audit").await.unwrap();
    assert_found(&store, &["audit: the chain should end at row 15, and ends at row 0", "0 entries were registered"])
        .await;
}

async fn two_audit_rows_that_changed_places_are_found(store: Store) {
    fill(&store).await;
    without_triggers(&store).await;
    for (from, to) in [(3, 99), (4, 3), (99, 4)] {
        sql(&store, &format!("update audit set seq = {to} where seq = {from}")).await;
    }
    assert_found_only(
        &store,
        &["audit row 3: it does not link", "audit row 4: it does not link", "audit row 5: it does not link"],
    )
    .await;
}

async fn an_audit_log_without_its_end_is_found(store: Store) {
    fill(&store).await;
    sql(&store, "delete from audit_head").await;
    assert_found_only(&store, &["the audit chain has no end"]).await;
    assert!(store.write().await.audit(&super::audit::event("")).await.is_err(), "and nothing is added to it");
}

async fn stray_bytes_are_found(store: Store) {
    fill(&store).await;
    let mut tx = store.write().await;
    let digest = tx.keep(b"stray").await.unwrap();
    tx.commit().await.unwrap();
    assert_found_only(&store, &[&format!("kept bytes {digest}: no document refers to them")]).await;
}

async fn a_document_that_points_elsewhere_is_found(store: Store) {
    fill(&store).await;
    let other = "(select raw from entry where serial = 2)";
    sql(&store, &format!("update document set digest = {other} where entry_id = 1 and document = 1")).await;
    assert_found_only(&store, &["MM 2026-00001: document :1 is missing or another", "no document refers"]).await;
    sql(&store, "delete from document where entry_id = 2").await;
    assert_found(&store, &["MM 2026-00002: document :1 is missing or another"]).await;
    sql(&store, "delete from document where document = 2").await;
    assert_found(&store, &["MM 2026-00004: document :2 is missing or another"]).await;
}

async fn an_entry_that_was_given_other_bytes_is_found(store: Store) {
    fill(&store).await;
    // All but the audit log says that entry 1 came in with the bytes of entry 2.
    let other = "(select raw from entry where serial = 2)";
    sql(&store, &format!("update document set digest = {other} where entry_id = 1 and document = 1")).await;
    sql(&store, &format!("update entry set raw = {other} where serial = 1")).await;
    assert_found(&store, &["MM 2026-00001: was registered with other bytes than it holds"]).await;
    sql(&store, "update entry set pdf = (select pdf from entry where serial = 4) where serial = 3").await;
    assert_found(&store, &["MM 2026-00003: was rendered with other bytes than it holds"]).await;
}

async fn an_entry_that_lost_its_pdf_is_found(store: Store) {
    fill(&store).await;
    let none = if store.is_sqlite() { "x''" } else { "''" };
    sql(&store, &format!("update entry set pdf = {none} where serial = 4")).await;
    assert_found(&store, &["read entry 4: the entry has no PDF"]).await;
    sql(
        &store,
        "update entry set stage = 'held', held_resume = 'remove', held_reason = 'cannot-remove' where serial = 4",
    )
    .await;
    assert_found(&store, &["MM 2026-00004: has no PDF"]).await;
}

async fn a_row_that_cannot_be_read_hides_no_other_fault(store: Store) {
    fill(&store).await;
    without_triggers(&store).await;
    sql(&store, "update entry set stage = 'lost' where serial = 2").await;
    sql(&store, "update audit set action = 'forgot' where seq = 5").await;
    sql(&store, "update counter set last = 9").await;
    assert_found(
        &store,
        &["read entry 2: stage holds an unknown word", "read audit row 5", "the counter has given 1 to 9"],
    )
    .await;
}
