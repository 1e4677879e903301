//! What is kept comes back as it was, or not at all.

use inkom::diary::PART_BYTES;
use inkom::model::Digest;

use super::on_both_engines;
use crate::support::store::Store;

on_both_engines!(
    bytes_of_every_size_come_back_as_they_were,
    the_same_bytes_are_stored_once,
    changed_bytes_are_refused,
    missing_bytes_are_refused,
);

fn bytes(size: usize) -> Vec<u8> {
    (0..251).cycle().take(size).collect()
}

async fn keep(store: &Store, bytes: &[u8]) -> Digest {
    let mut tx = store.write().await;
    let digest = tx.keep(bytes).await.unwrap();
    tx.commit().await.unwrap();
    digest
}

async fn bytes_of_every_size_come_back_as_they_were(store: Store) {
    for (size, parts) in [(0, 0), (1, 1), (PART_BYTES, 1), (PART_BYTES + 1, 2), (PART_BYTES * 7 / 2, 4)] {
        let bytes = bytes(size);
        let digest = keep(&store, &bytes).await;
        assert_eq!(digest, Digest::of(&bytes));
        let mut tx = store.read().await;
        assert!(tx.is_kept(&digest).await.unwrap(), "{size}");
        assert!(tx.kept(&digest).await.unwrap().unwrap() == bytes, "{size}");
        let stored = "select count(*) from blob_part where blob_id = (select max(id) from blob)";
        assert_eq!(store.number(stored).await, parts, "{size}");
    }
    assert!(!store.read().await.is_kept(&Digest::of(b"never kept")).await.unwrap());
}

async fn the_same_bytes_are_stored_once(store: Store) {
    let bytes = bytes(PART_BYTES + 5);
    let first = keep(&store, &bytes).await;
    let mut tx = store.write().await;
    assert_eq!(tx.keep(&bytes).await.unwrap(), first);
    assert_eq!(tx.keep(&bytes).await.unwrap(), first);
    tx.commit().await.unwrap();
    assert_eq!(store.number("select count(*) from blob").await, 1);
    assert_eq!(store.number("select count(*) from blob_part").await, 2);
}

async fn changed_bytes_are_refused(store: Store) {
    let mut bytes = bytes(PART_BYTES * 2);
    let digest = keep(&store, &bytes).await;
    bytes[PART_BYTES] ^= 1;
    store.overwrite(&digest, 1, &bytes[PART_BYTES..]).await;
    let mut tx = store.read().await;
    assert!(!tx.is_kept(&digest).await.unwrap());
    assert_eq!(tx.kept(&digest).await.unwrap(), None);
}

async fn missing_bytes_are_refused(store: Store) {
    let bytes = bytes(PART_BYTES * 2);
    let (whole, shorter) = (keep(&store, &bytes).await, keep(&store, &bytes[..PART_BYTES + 9]).await);
    store.overwrite(&shorter, 1, b"short").await;
    assert!(!store.read().await.is_kept(&shorter).await.unwrap());
    for part in [1, 0] {
        store.sql(&format!("delete from blob_part where part = {part}")).await.unwrap();
        let mut tx = store.read().await;
        assert!(!tx.is_kept(&whole).await.unwrap());
        assert_eq!(tx.kept(&whole).await.unwrap(), None);
    }
}
