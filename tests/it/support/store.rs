//! A diary in an empty database of its own, on either engine, and a way past it with plain SQL.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::LazyLock;

use inkom::config::{Config, Database};
use inkom::diary::{Diary, Facts, NewEntry, NewReply, Queued, SQLITE_FILE, Tx};
use inkom::message::Summary;
use inkom::model::{ArrivalSource, Digest, Entry, EntryId, Kept, Series, Sighting, Stage};
use inkom::verify;
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Decode, PgConnection, Postgres, Sqlite, SqliteConnection, Type};
use tempfile::TempDir;

use super::postgres;
use super::write_secret;

pub struct Store {
    pub config: Config,
    pub diary: Diary,
    /// Of the database on PostgreSQL.
    url: Option<String>,
    folder: TempDir,
}

static SERIES: LazyLock<Series> = LazyLock::new(|| "MM".parse().unwrap());

/// A moment on 2026-05-04; the greater `minutes`, the later.
pub fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T08:00:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_mins(minutes)
}

/// What the daemon would pass for a message of these bytes.
pub fn new_entry(raw: &[u8]) -> NewEntry<'_> {
    NewEntry {
        mailbox: "mottagningen",
        folder: "INBOX",
        unit: "Mottagningen",
        hsa_id: "SE2321000131-E000000000001",
        series: &SERIES,
        first_serial: 1,
        internal_date: minute(-5),
        fetched_at: minute(0),
        raw,
        backlog: false,
        held: None,
        by_hand: None,
    }
}

pub fn facts(message_id: &str) -> Facts {
    Facts {
        triage: inkom::triage::Facts::default(),
        arrived_at: minute(-10),
        arrival_source: ArrivalSource::OwnHost,
        message_id: message_id.into(),
        date_header: String::new(),
        summary: Summary { subject: Some("Fråga".into()), ..Summary::default() },
        duplicate_of: None,
        answers: None,
        text: String::new(),
        cancels_today: false,
    }
}

pub fn place(uid: u32) -> Sighting {
    Sighting { mailbox: "mottagningen".into(), folder: "INBOX".into(), validity: 7, uid: uid.to_string() }
}

pub async fn queue(tx: &mut Tx, entry: EntryId, recipient: &str, now: Timestamp) {
    try_queue(tx, entry, recipient, now).await.unwrap();
}

pub async fn try_queue(tx: &mut Tx, entry: EntryId, recipient: &str, now: Timestamp) -> anyhow::Result<()> {
    let (message_id, letter) = (format!("svar-{}@example.se", entry.0), format!("Svar på {}", entry.0));
    let reply = NewReply {
        recipient,
        sender: recipient,
        message_id: &message_id,
        letter: letter.as_bytes(),
        text_document: "RIK-1",
        text_version: "1.0",
        text_digest: &Digest::of(b"text"),
    };
    tx.queue_reply(entry, &reply, now).await
}

impl Store {
    pub async fn sqlite() -> Self {
        Self::prepared(Self::config_in(TempDir::with_prefix("inkom-diary-").unwrap(), None)).await
    }

    pub async fn postgres() -> Self {
        let url = postgres::Postgres::start().database().await;
        Self::prepared(Self::config_in(TempDir::with_prefix("inkom-diary-").unwrap(), Some(url))).await
    }

    /// As `inkom.toml` would say it. Nothing is made yet.
    pub fn config_in(folder: TempDir, url: Option<String>) -> (Config, Option<String>, TempDir) {
        let text = include_str!("../../../config/inkom.toml");
        let mut config = Config::parse(text).unwrap();
        config.state_dir = folder.path().into();
        if let Some(url) = &url {
            let file = folder.path().join("database-url");
            write_secret(&file, url);
            let url_file = serde_json::from_value(file.to_str().unwrap().into()).unwrap();
            config.database = Database::Postgres { url_file };
        }
        (config, url, folder)
    }

    async fn prepared((config, url, folder): (Config, Option<String>, TempDir)) -> Self {
        let diary = Diary::prepare(&config).await.unwrap();
        Self { config, diary, url, folder }
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.is_none()
    }

    pub fn sqlite_file(&self) -> PathBuf {
        self.folder.path().join(SQLITE_FILE)
    }

    /// The same diary through connections of its own, as another process has it.
    pub async fn another(&self) -> Diary {
        Diary::open(&self.config).await.unwrap()
    }

    pub async fn write(&self) -> Tx {
        self.diary.write().await.unwrap()
    }

    pub async fn read(&self) -> Tx {
        self.diary.read().await.unwrap()
    }

    /// Past the diary. Gives how many rows it touched.
    pub async fn sql(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let query = AssertSqlSafe(statement);
        Ok(if let Some(url) = &self.url {
            let mut connection = PgConnection::connect(url).await?;
            sqlx::query(query).execute(&mut connection).await?.rows_affected()
        } else {
            let mut connection = self.sqlite_connection().await?;
            sqlx::query(query).execute(&mut connection).await?.rows_affected()
        })
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        self.one(query).await
    }

    /// The columns of a table, with commas between.
    pub async fn columns(&self, table: &str) -> String {
        let query = if self.is_sqlite() {
            format!("select group_concat(name, ',') from pragma_table_info('{table}')")
        } else {
            format!(
                "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns
                 where table_name = '{table}'"
            )
        };
        self.one(&query).await
    }

    async fn one<T>(&self, query: &str) -> T
    where
        T: Send + Unpin + Type<Sqlite> + Type<Postgres>,
        T: for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>,
    {
        let query = AssertSqlSafe(query);
        if let Some(url) = &self.url {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = self.sqlite_connection().await.unwrap();
            sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
        }
    }

    /// Puts other bytes where a part of kept bytes lies.
    pub async fn overwrite(&self, digest: &Digest, part: i64, bytes: &[u8]) {
        let statement =
            "update blob_part set bytes = $1 where part = $2 and blob_id = (select id from blob where digest = $3)";
        let digest = &digest.as_bytes()[..];
        let rows = if let Some(url) = &self.url {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let query = sqlx::query(statement).bind(bytes).bind(part).bind(digest);
            query.execute(&mut connection).await.unwrap().rows_affected()
        } else {
            let mut connection = self.sqlite_connection().await.unwrap();
            let query = sqlx::query(statement).bind(bytes).bind(part).bind(digest);
            query.execute(&mut connection).await.unwrap().rows_affected()
        };
        assert_eq!(rows, 1);
    }

    async fn sqlite_connection(&self) -> Result<SqliteConnection, sqlx::Error> {
        let url = format!("sqlite://{}", self.sqlite_file().display());
        SqliteConnection::connect_with(&SqliteConnectOptions::from_str(&url)?.foreign_keys(false)).await
    }

    /// What `inkom verify` finds.
    pub async fn faults(&self) -> Vec<String> {
        verify::verify(&self.diary, |_, _| ()).await.unwrap().faults
    }

    pub async fn register(&self, raw: &[u8]) -> Entry {
        self.register_as(&new_entry(raw), minute(0)).await
    }

    pub async fn register_as(&self, new: &NewEntry<'_>, now: Timestamp) -> Entry {
        let mut tx = self.write().await;
        let entry = tx.register(new, now).await.unwrap();
        tx.commit().await.unwrap();
        entry
    }

    /// Registered, lying at a place, and rendered.
    pub async fn rendered(&self, raw: &[u8], uid: u32) -> (Entry, Kept) {
        let mut tx = self.write().await;
        let entry = tx.register(&new_entry(raw), minute(0)).await.unwrap();
        tx.sight(&place(uid), entry.id, minute(0)).await.unwrap();
        let kept = render(&mut tx, &entry).await;
        tx.commit().await.unwrap();
        (self.again(&entry).await, kept)
    }

    /// Rendered, with a reply queued to an address.
    pub async fn answered(&self, raw: &[u8], uid: u32, recipient: &str, now: Timestamp) -> Entry {
        let (entry, _) = self.rendered(raw, uid).await;
        let mut tx = self.write().await;
        queue(&mut tx, entry.id, recipient, now).await;
        tx.answered(&entry, true, "return-path", now).await.unwrap();
        tx.commit().await.unwrap();
        self.again(&entry).await
    }

    /// As the diary has it now.
    pub async fn again(&self, entry: &Entry) -> Entry {
        self.read().await.entry_by_id(entry.id).await.unwrap().unwrap().entry
    }

    pub async fn claim(&self, now: Timestamp) -> Option<Queued> {
        let mut tx = self.write().await;
        let reply = tx.claim_reply(now).await.unwrap();
        tx.commit().await.unwrap();
        reply
    }
}

/// A registered entry becomes rendered; its PDF is made up.
pub async fn render(tx: &mut Tx, entry: &Entry) -> Kept {
    let Stage::Registered { raw } = entry.stage else { panic!("{:?} is not registered", entry.stage) };
    let pdf = format!("%PDF {}", entry.number);
    let facts = facts(&format!("{}@example.org", entry.number.serial));
    tx.rendered(entry, raw, pdf.as_bytes(), &facts, minute(1)).await.unwrap()
}
