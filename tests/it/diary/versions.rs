//! Who may open a diary, and how its file lies on the disk.

use std::os::unix::fs::PermissionsExt as _;

use inkom::config::Config;
use inkom::diary::Diary;
use inkom::model::EntryId;
use tempfile::TempDir;

use super::on_both_engines;
use crate::support::postgres::Postgres;
use crate::support::store::{Store, minute, new_entry, place};

on_both_engines!(
    a_diary_made_by_a_newer_version_is_refused,
    a_diary_made_by_an_older_version_is_refused_until_it_is_migrated,
    preparing_again_changes_nothing,
    a_reader_sees_one_moment_and_never_waits_for_a_writer,
    a_reader_cannot_write,
    nothing_refers_to_an_entry_that_is_not_there,
);

fn refused(opened: anyhow::Result<Diary>) -> String {
    format!("{:#}", opened.expect_err("it was opened"))
}

async fn a_diary_made_by_a_newer_version_is_refused(store: Store) {
    store.register(b"raw").await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 select 9, description, success, checksum, execution_time from _sqlx_migrations where version = 1";
    store.sql(newer).await.unwrap();
    assert!(refused(Diary::open(&store.config).await).contains("made by a newer inkom"));
    assert!(refused(Diary::prepare(&store.config).await).contains("made by a newer inkom"));
}

async fn a_diary_made_by_an_older_version_is_refused_until_it_is_migrated(store: Store) {
    store.sql("delete from _sqlx_migrations where version > 1").await.unwrap();
    let error = refused(Diary::open(&store.config).await);
    assert!(error.contains("is not ready for this version of inkom; start inkom run first"), "{error}");
}

/// Before `inkom run` has been started for the first time.
#[tokio::test]
async fn a_diary_that_was_never_made_is_refused_with_advice() {
    for url in [None, Some(Postgres::start().database().await)] {
        let (config, _, _folder) = Store::config_in(TempDir::new().unwrap(), url);
        let error = refused(Diary::open(&config).await);
        assert!(error.contains("start inkom run first"), "{error}");
        Diary::prepare(&config).await.unwrap().close().await;
        Diary::open(&config).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn an_error_says_why_there_is_no_connection_and_never_how_to_make_one() {
    let unreachable = "postgres://inkom:hemligt-4713@127.0.0.1:1/inkom";
    let malformed = "postgres://inkom:hemligt-4713@[::";
    let wrong = Postgres::start().database().await.replace("hemligt-4712", "hemligt-4713");
    for (url, expected) in [
        (unreachable, "Connection refused"),
        (malformed, "holds no postgres:// connection string"),
        (wrong.as_str(), "password authentication failed"),
    ] {
        let (config, _, _folder) = Store::config_in(TempDir::new().unwrap(), Some(url.into()));
        let began = std::time::Instant::now();
        let error = format!("{:?}", Diary::open(&config).await.expect_err("it was opened"));
        assert!(began.elapsed().as_secs() < 10, "nobody waits for what is not there");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hemligt-4713"), "{error}");
    }
}

async fn preparing_again_changes_nothing(store: Store) {
    let entry = store.register(b"raw").await;
    Diary::prepare(&store.config).await.unwrap().close().await;
    assert_eq!(store.again(&entry).await.number, entry.number);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn a_reader_sees_one_moment_and_never_waits_for_a_writer(store: Store) {
    store.register(b"1").await;
    let mut before = store.read().await;
    assert_eq!(before.count_entries().await.unwrap(), 1);
    let mut tx = store.write().await;
    tx.register(&new_entry(b"2"), minute(0)).await.unwrap();
    assert_eq!(store.read().await.count_entries().await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(store.read().await.count_entries().await.unwrap(), 2);
    assert_eq!(before.count_entries().await.unwrap(), 1, "it saw something change");
}

async fn a_reader_cannot_write(store: Store) {
    assert!(store.read().await.register(&new_entry(b"raw"), minute(0)).await.is_err());
    assert_eq!(store.number("select count(*) from counter").await, 0);
}

async fn nothing_refers_to_an_entry_that_is_not_there(store: Store) {
    assert!(store.write().await.sight(&place(1), EntryId(99), minute(0)).await.is_err());
}

#[tokio::test]
async fn the_database_file_is_for_its_owner_alone() {
    let store = Store::sqlite().await;
    store.register(b"raw").await;
    for side in ["", "-wal", "-shm"] {
        let file = format!("{}{side}", store.sqlite_file().display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn what_is_deleted_is_overwritten() {
    let store = Store::sqlite().await;
    let uid = "a-name-that-is-nowhere-else";
    let holds = || {
        let file = std::fs::read(store.sqlite_file()).unwrap();
        file.windows(uid.len()).any(|bytes| bytes == uid.as_bytes())
    };
    let mut tx = store.write().await;
    tx.note_first_contact("mottagningen", "INBOX", 7, &[uid.to_owned()]).await.unwrap();
    tx.commit().await.unwrap();
    store.diary.close().await;
    assert!(holds());
    let diary = store.another().await;
    let mut tx = diary.write().await.unwrap();
    let at =
        inkom::model::Sighting { mailbox: "mottagningen".into(), folder: "INBOX".into(), validity: 7, uid: uid.into() };
    tx.first_contact_met(&at).await.unwrap();
    tx.commit().await.unwrap();
    diary.close().await;
    assert!(!holds());
}

/// R1: a connection string that leaves TLS open is refused before anything is sent.
#[tokio::test]
async fn a_postgresql_server_elsewhere_is_only_spoken_to_with_a_verified_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    crate::support::write_secret(&secret, "postgres://inkom:hemligt@db.example.se/inkom?sslmode=require");
    let text = include_str!("../../../config/inkom.toml")
        .replace("kind = \"sqlite\"", &format!("kind = \"postgres\"\nurl_file = \"{}\"", secret.display()));
    let error = Diary::open(&Config::parse(&text).unwrap()).await.unwrap_err();
    let said = format!("{error:#}");
    assert!(said.contains("sslmode=verify-full") && !said.contains("hemligt"), "{said}");
}

#[tokio::test]
async fn only_one_process_takes_in_mail_into_a_postgresql_database() {
    let store = Store::postgres().await;
    let alone = store.diary.alone().await.unwrap();
    let refused = store.diary.alone().await.unwrap_err();
    assert!(refused.to_string().contains("another inkom takes in mail"), "{refused}");
    drop(alone);
    for _ in 0..100 {
        if store.diary.alone().await.is_ok() {
            return;
        }
        // The server notices a little later that the connection is gone.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the lock outlives its process");
}
