//! Audit rows are added one after the other, and never changed.

use std::sync::Arc;

use inkom::model::{AuditAction, AuditEvent, ChainHash};

use super::on_both_engines;
use crate::support::store::{Store, minute};

on_both_engines!(
    rows_are_chained_over_transactions,
    plain_sql_cannot_change_or_delete_a_row,
    disposal_may_empty_a_payload_and_nothing_else,
    writers_that_touch_the_same_things_wait_for_each_other,
);

pub fn event(payload: &str) -> AuditEvent {
    AuditEvent {
        at: minute(0),
        actor: "os:anna".into(),
        role: String::new(),
        action: AuditAction::ListRead,
        unit: "Mottagningen".into(),
        entry: None,
        payload: payload.into(),
    }
}

async fn rows_are_chained_over_transactions(store: Store) {
    let mut tx = store.write().await;
    tx.audit(&event("first")).await.unwrap();
    tx.audit(&event("second")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write().await;
    tx.audit(&event("dropped")).await.unwrap();
    drop(tx);
    let mut tx = store.write().await;
    tx.audit(&event("third")).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await;
    let rows = tx.audit_after(0, 10).await.unwrap();
    let payloads: Vec<_> = rows.iter().map(|row| (row.seq, row.event.payload.as_str())).collect();
    assert_eq!(payloads, [(1, "first"), (2, "second"), (3, "third")]);
    assert_ne!(rows[0].salt, rows[1].salt);
    let mut link = ChainHash::GENESIS;
    for row in &rows {
        link = link.next(row.seq, &row.event, &row.payload_hash);
        assert_eq!(row.hash, link);
    }
    assert_eq!(tx.chain_head().await.unwrap(), (3, link));
    assert_eq!(tx.audit_after(2, 10).await.unwrap().len(), 1);
    assert_eq!(tx.audit_after(0, 2).await.unwrap().len(), 2);
}

async fn plain_sql_cannot_change_or_delete_a_row(store: Store) {
    store.register(b"raw").await;
    store.register(b"raw").await;
    let mut statements: Vec<String> =
        ["seq = 9", "at = 0", "actor = 'x'", "action = 'held'", "unit = 'x'", "entry = ''"]
            .into_iter()
            .chain(["payload_hash = hash", "hash = payload_hash", "payload = 'x'", "salt = hash", "payload = ''"])
            .map(|change| format!("update audit set {change} where seq = 1"))
            .collect();
    statements.push("delete from audit where seq = 2".into());
    statements.push("delete from audit".into());
    let copy =
        "select 2, at, 'x', action, unit, entry, salt, payload, payload_hash, hash, role from audit where seq = 1";
    if store.is_sqlite() {
        statements.push(format!("insert or replace into audit {copy}"));
    } else {
        statements.push(format!("insert into audit {copy} on conflict (seq) do update set actor = 'x'"));
        statements.push("truncate audit".into());
    }
    for statement in statements {
        let error = store.sql(&statement).await.expect_err(&statement).to_string();
        assert!(error.contains("audit rows are never"), "{statement}: {error}");
    }
    assert_eq!(store.faults().await, [""; 0]);
}

async fn disposal_may_empty_a_payload_and_nothing_else(store: Store) {
    store.register(b"raw").await;
    let empty = if store.is_sqlite() { "x''" } else { "''" };
    store.sql(&format!("update audit set payload = '', salt = {empty} where seq = 1")).await.unwrap();
    assert_eq!(store.number("select count(*) from audit where payload = ''").await, 1);
    assert_eq!(store.faults().await, [""; 0]);
}

/// Each changes two entries and the chain, in an order of its own. Two that lock row by row would wait for each other
/// for ever, and the database would break one of them off.
async fn writers_that_touch_the_same_things_wait_for_each_other(store: Store) {
    let (one, two) = (store.register(b"1").await, store.register(b"2").await);
    let store = Arc::new(store);
    let diaries = [store.diary.clone(), store.another().await];
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let diary = diaries[task % 2].clone();
            let entries = if task % 4 < 2 { [one.clone(), two.clone()] } else { [two.clone(), one.clone()] };
            tokio::spawn(async move {
                for n in 0..8 {
                    let mut tx = diary.write().await?;
                    for entry in &entries {
                        tx.keep(format!("{n} {}", entry.id.0).as_bytes()).await?;
                        tx.audit_entry(minute(n), AuditAction::EntryRead, entry, "").await?;
                    }
                    tx.commit().await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(store.read().await.chain_head().await.unwrap().0, 2 + 8 * 8 * 2);
    let faults = store.faults().await;
    assert!(faults.iter().all(|fault| fault.contains("no document refers")), "{faults:?}");
}
