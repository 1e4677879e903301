//! Acts are kept on either engine as they were done, and never changed.

use inkom::decision::{Act, Exempt, Refused};
use inkom::diary::{Acted, Actor};
use inkom::model::{AuditAction, AuditEvent, State};

use super::on_both_engines;
use crate::support::store::{Store, minute, new_entry};

on_both_engines!(acts_are_kept_in_order_and_never_changed, what_is_refused_or_stale_leaves_nothing_behind,);

fn event(n: i64) -> AuditEvent {
    AuditEvent { unit: "Mottagningen".into(), ..AuditEvent::new(minute(n), "Rut", AuditAction::Noted, "") }
}

async fn acts_are_kept_in_order_and_never_changed(store: Store) {
    let mut tx = store.write().await;
    let person = tx.add_person("Rut", "", minute(0)).await.unwrap();
    let entry = tx.register(&new_entry(b"a"), minute(0)).await.unwrap();
    let closing = Act::NotForRecord { reason: Exempt::Duplicate };
    for (n, act) in [(1, Act::Noted { text: "å ä ö".into() }), (2, closing), (3, Act::Noted { text: "b".into() })] {
        let actor = Actor::Person { id: person, saw: n - 1 };
        let acted = tx.act(&entry, actor, &[act], &event(n)).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }
    tx.commit().await.unwrap();
    let mut tx = store.read().await;
    let done = tx.acts_of(entry.id).await.unwrap();
    assert_eq!(done.iter().map(|done| done.at).collect::<Vec<_>>(), [minute(1), minute(2), minute(3)]);
    assert_eq!(done[0].act, Some(Act::Noted { text: "å ä ö".into() }));
    assert_eq!(tx.entry_by_id(entry.id).await.unwrap().unwrap().state, State::Closed);
    drop(tx);
    for change in [
        "delete from act",
        "update act set actor = 'Bo'",
        "update act set data = '{}'",
        "update act set act = 'noted' where id = 2",
    ] {
        assert!(store.sql(change).await.is_err(), "{change}");
    }
    store.sql("update act set data = '' where id = 1").await.expect("disposal empties what it says");
}

async fn what_is_refused_or_stale_leaves_nothing_behind(store: Store) {
    let mut tx = store.write().await;
    let entry = tx.register(&new_entry(b"a"), minute(0)).await.unwrap();
    tx.commit().await.unwrap();
    let note = || Act::Noted { text: "a".into() };
    let reopen = Act::Reopened { reason: "a".into() };
    let mut tx = store.write().await;
    let refused = tx.act(&entry, Actor::System, &[note(), reopen], &event(1)).await.unwrap();
    assert!(matches!(refused, Acted::Refused(Refused::NotClosed)), "{refused:?}");
    drop(tx);
    let mut tx = store.write().await;
    let person = tx.add_person("Rut", "", minute(0)).await.unwrap();
    let stale = tx.act(&entry, Actor::Person { id: person, saw: 1 }, &[note()], &event(1)).await.unwrap();
    assert!(matches!(stale, Acted::Changed), "{stale:?}");
    drop(tx);
    assert!(store.read().await.acts_of(entry.id).await.unwrap().is_empty());
}
