//! Signed heads outside the database show what the chain alone cannot: rows rewritten together with all that follows them.

use std::fs;
use std::path::PathBuf;

use inkom::diary::AuditRow;
use inkom::heads::{self, Checked, Heads, KEY_FILE, PUBLIC_FILE};
use inkom::model::{AuditAction, AuditEvent, ChainHash};

use super::on_both_engines;
use crate::support::store::{Store, minute};

on_both_engines!(
    heads_are_signed_when_the_chain_has_moved,
    an_edit_with_a_rewritten_chain_is_found,
    a_deletion_with_a_rewritten_chain_is_found,
    a_truncation_with_a_rewritten_end_is_found,
    a_swap_with_a_rewritten_chain_is_found,
    a_forged_or_changed_line_is_found,
    missing_heads_are_found,
    a_key_kept_elsewhere_shows_that_everything_was_made_anew,
);

async fn start(store: &Store) {
    add(store, AuditAction::Started, "").await;
}

async fn add(store: &Store, action: AuditAction, payload: &str) {
    let event = AuditEvent { action, ..super::audit::event(payload) };
    let mut tx = store.write().await;
    tx.audit(&event).await.unwrap();
    tx.commit().await.unwrap();
}

/// Eight rows, with a head after the fourth and after the last.
async fn fill(store: &Store) -> Heads {
    let mut heads = Heads::open(&store.config).unwrap();
    start(store).await;
    for row in 2..=8 {
        add(store, AuditAction::EntryRead, &format!("row {row}")).await;
        if row % 4 == 0 {
            heads.sign(&store.diary, minute(row)).await.unwrap();
        }
    }
    heads
}

fn file(store: &Store) -> PathBuf {
    store.config.heads_file()
}

fn lines(store: &Store) -> usize {
    fs::read_to_string(file(store)).unwrap().lines().count()
}

async fn check(store: &Store) -> Checked {
    heads::check(&store.diary, &store.config, None).await.unwrap()
}

async fn heads_are_signed_when_the_chain_has_moved(store: Store) {
    assert_eq!(check(&store).await.faults, [""; 0], "nothing is missed before the first start");
    let mut heads = fill(&store).await;
    heads.sign(&store.diary, minute(9)).await.unwrap();
    assert_eq!(lines(&store), 2, "the chain has not moved");
    assert!(!heads.is_due(minute(9 + 59)) && heads.is_due(minute(9 + 60)));
    add(&store, AuditAction::EntryRead, "").await;
    heads.sign(&store.diary, minute(70)).await.unwrap();
    let checked = check(&store).await;
    assert_eq!((checked.heads, checked.faults), (3, Vec::new()));
    // The same key goes on after a restart.
    add(&store, AuditAction::EntryRead, "").await;
    Heads::open(&store.config).unwrap().sign(&store.diary, minute(80)).await.unwrap();
    let checked = check(&store).await;
    assert_eq!((checked.heads, checked.faults), (4, Vec::new()));
}

/// Makes the rows what `change` makes of them, numbers and links them anew, and puts the end where they end: what one who
/// holds the database can do without the key. The chain by itself is whole then.
async fn rewrite(store: &Store, change: impl FnOnce(&mut Vec<AuditRow>)) {
    let mut tx = store.read().await;
    let mut rows = tx.audit_after(0, 100).await.unwrap();
    drop(tx);
    change(&mut rows);
    super::proof::without_triggers(store).await;
    store.sql("delete from audit").await.unwrap();
    let bytes = |bytes: &[u8]| {
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        if store.is_sqlite() { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    };
    let (mut link, mut seq) = (ChainHash::GENESIS, 0);
    for row in &rows {
        seq += 1;
        let hash = ChainHash::payload_hash(&row.salt, &row.event.payload);
        link = link.next(seq, &row.event, &hash);
        let AuditEvent { at, actor, action, unit, payload, .. } = &row.event;
        let (at, salt, hash, end) =
            (at.as_millisecond(), bytes(&row.salt), bytes(hash.as_bytes()), bytes(link.0.as_bytes()));
        store
            .sql(&format!(
                "insert into audit (seq, at, actor, role, action, unit, entry, salt, payload, payload_hash, hash)
                 values ({seq}, {at}, '{actor}', '', '{action}', '{unit}', '', {salt}, '{payload}', {hash}, {end})"
            ))
            .await
            .unwrap();
    }
    store.sql(&format!("update audit_head set seq = {seq}, hash = {}", bytes(link.0.as_bytes()))).await.unwrap();
    assert_eq!(store.faults().await, [""; 0], "the chain alone shows nothing");
}

async fn assert_found(store: &Store, expected: &[&str]) {
    let faults = check(store).await.faults;
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.contains(expected), "{expected:?} is not in {faults:#?}");
    }
}

const OTHER_ROWS: [&str; 2] =
    ["audit row 4: it is another than was signed", "audit row 8: it is another than was signed"];

async fn an_edit_with_a_rewritten_chain_is_found(store: Store) {
    fill(&store).await;
    rewrite(&store, |rows| rows[1].event.actor = "os:bo".into()).await;
    assert_found(&store, &OTHER_ROWS).await;
}

async fn a_deletion_with_a_rewritten_chain_is_found(store: Store) {
    fill(&store).await;
    rewrite(&store, |rows| drop(rows.remove(2))).await;
    assert_found(&store, &[OTHER_ROWS[0], "audit: the chain ends at row 7, and row 8 was there"]).await;
}

async fn a_truncation_with_a_rewritten_end_is_found(store: Store) {
    fill(&store).await;
    rewrite(&store, |rows| rows.truncate(6)).await;
    assert_found(&store, &["audit: the chain ends at row 6, and row 8 was there and signed 2026-05-04 10:08:00"]).await;
}

async fn a_swap_with_a_rewritten_chain_is_found(store: Store) {
    fill(&store).await;
    rewrite(&store, |rows| rows.swap(5, 6)).await;
    assert_found(&store, &[OTHER_ROWS[1]]).await;
}

async fn a_forged_or_changed_line_is_found(store: Store) {
    fill(&store).await;
    let text = fs::read_to_string(file(&store)).unwrap();
    // The rows were changed, and the lines with them, but for the signatures.
    rewrite(&store, |rows| rows[1].event.actor = "os:bo".into()).await;
    let mut tx = store.read().await;
    let mut forged = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let hash = tx.chain_hash(words[0].parse().unwrap()).await.unwrap().unwrap().0;
        let [seq, time, signature] = [words[0], words[2], words[3]];
        forged = format!("{forged}{seq} {hash} {time} {signature}\n");
    }
    drop(tx);
    fs::write(file(&store), &forged).unwrap();
    let not_ours = ["line 1: it was not signed with this key", "line 2: it was not signed with this key"];
    assert_found(&store, &not_ours).await;
    // Signed with another key.
    let other = if store.is_sqlite() { Store::sqlite().await } else { Store::postgres().await };
    fs::write(file(&store), "").unwrap();
    fs::rename(store.config.state_dir.join(KEY_FILE), store.config.state_dir.join("kept.key")).unwrap();
    Heads::open(&other.config).unwrap();
    let mut another = Heads::open(&inkom::config::Config {
        audit: inkom::config::Audit { heads_file: Some(file(&store)) },
        ..other.config.clone()
    })
    .unwrap();
    another.sign(&store.diary, minute(8)).await.unwrap();
    assert_found(&store, &not_ours[..1]).await;
    // Cut short, or no line at all.
    fs::write(file(&store), format!("{}\nx\n", &text[..40])).unwrap();
    assert_found(&store, &["line 1: it is cut short or was changed", "line 2: it is cut short or was changed"]).await;
}

async fn missing_heads_are_found(store: Store) {
    fill(&store).await;
    fs::write(file(&store), "").unwrap();
    assert_found(&store, &["signed heads: the file is empty"]).await;
    fs::remove_file(file(&store)).unwrap();
    assert_found(&store, &["heads.log is missing or cannot be read"]).await;
    fs::remove_file(store.config.state_dir.join(PUBLIC_FILE)).unwrap();
    fs::remove_file(store.config.state_dir.join(KEY_FILE)).unwrap();
    assert_found(&store, &["read the public key"]).await;
}

async fn a_key_kept_elsewhere_shows_that_everything_was_made_anew(store: Store) {
    fill(&store).await;
    let elsewhere = store.config.state_dir.join("elsewhere.pub");
    fs::copy(store.config.state_dir.join(PUBLIC_FILE), &elsewhere).unwrap();
    rewrite(&store, |rows| rows[1].event.actor = "os:bo".into()).await;
    for name in [KEY_FILE, PUBLIC_FILE, "heads.log"] {
        fs::remove_file(store.config.state_dir.join(name)).unwrap();
    }
    Heads::open(&store.config).unwrap().sign(&store.diary, minute(9)).await.unwrap();
    assert_eq!(check(&store).await.faults, [""; 0], "by the key that lies beside, all is well");
    let by = |path: PathBuf| async move { heads::check(&store.diary, &store.config, Some(&path)).await };
    let faults = by(elsewhere).await.unwrap().faults;
    assert!(faults[0].contains("it was not signed with this key"), "{faults:?}");
}
