//! The queue and its search are the same on either engine.

use inkom::diary::{Filter, Order, Place, QueueRow, States};
use inkom::model::{Digest, EntryId};
use inkom::triage::{Kind, Matter};

use super::on_both_engines;
use crate::support::store::{Store, facts, minute, new_entry};

on_both_engines!(both_engines_give_the_same_queue,);

async fn both_engines_give_the_same_queue(store: Store) {
    let mut tx = store.write().await;
    for n in 0..30_i64 {
        let entry = tx.register(&new_entry(format!("{n}").as_bytes()), minute(n)).await.unwrap();
        let mut facts = facts(&n.to_string());
        facts.arrived_at = minute(n / 3);
        facts.triage.urgency.urgent = n % 10 == 0;
        facts.triage.kind = if n % 2 == 0 { Kind::Person } else { Kind::Bulk };
        facts.text = format!("läkarintyg nummer{n}");
        tx.rendered(&entry, Digest::of(format!("{n}").as_bytes()), format!("pdf{n}").as_bytes(), &facts, minute(n))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = store.read().await;
    let ids = |rows: Vec<QueueRow>| rows.iter().map(|row| row.details.entry.id.0).collect::<Vec<_>>();
    let filter = Filter { units: vec!["Mottagningen".into()], ..Filter::default() };
    let first = tx.queue(&filter, Order::Oldest, None, 5).await.unwrap();
    let place: Place = first.last().unwrap().place();
    assert_eq!(ids(first), [1, 11, 21, 2, 3]);
    assert_eq!(ids(tx.queue(&filter, Order::Oldest, Some(place), 3).await.unwrap()), [4, 5, 6]);
    assert_eq!(ids(tx.queue(&filter, Order::Newest, None, 5).await.unwrap()), [21, 11, 1, 30, 29]);
    let all = Filter { states: States::All, kind: Some(Kind::Bulk), ..filter.clone() };
    assert_eq!(ids(tx.queue(&all, Order::Oldest, None, 3).await.unwrap()), [2, 4, 6]);
    assert_eq!(ids(tx.search("LÄKAR", &filter, None, 3).await.unwrap()), [30, 29, 28]);
    assert_eq!(
        ids(tx.search("läkarintyg nummer2", &filter, Some(EntryId(29)), 9).await.unwrap()),
        [28, 27, 26, 25, 24, 23, 22, 21, 3]
    );
    assert_eq!(ids(tx.search("lakarintyg", &filter, None, 3).await.unwrap()), [0_i64; 0]);
    let elsewhere = Filter { units: vec!["En annan".into()], ..Filter::default() };
    assert_eq!(ids(tx.search("läkarintyg", &elsewhere, None, 3).await.unwrap()), [0_i64; 0]);
    let none = Filter { matter: Some(Matter::Invoice), ..filter.clone() };
    assert_eq!(ids(tx.queue(&none, Order::Oldest, None, 3).await.unwrap()), [0_i64; 0]);
}
