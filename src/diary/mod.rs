//! The diary: all SQL, one file per subject, one statement text for SQLite and PostgreSQL.
//!
//! Promises: a number, its entry, its kept bytes and its audit row are committed together or not at all; numbers have no
//! gaps; what is committed is on disk (`synchronous = FULL`); audit rows are chained and never change.

mod acts;
mod alarms;
mod audit;
mod cells;
mod checks;
mod entries;
mod exports;
mod handovers;
mod ledger;
mod log;
mod outbox;
mod patients;
mod people;
mod queue;
mod sightings;
mod tx;
mod vault;
mod words;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqlSafeStr as _};

use crate::config;

pub use acts::{Acted, Actor, DoneAct};
pub use alarms::{Alarm, AlarmName};
pub use audit::AuditRow;
pub use checks::{NewSpotCheck, SpotCheck, SpotResult, Verdict};
pub use entries::{ByHand, EntryDetails, Facts, NewEntry, SeriesState};
pub use exports::{ExportRow, Said, SaidPerson, Selection};
pub use handovers::{HandoverRow, HandoverState, HandoverTrouble};
pub use ledger::{FolderPoll, FolderState};
pub use log::{LogFilter, LogPlace, LogSource};
pub use outbox::{NewReply, Queued, ReplyRow, ReplyState, Requeue, backoff};
pub use patients::PatientLink;
pub use people::{Passkey, Person, PersonId, Purpose, Session};
pub use queue::{Filter, Order, Place, QueueRow, States};
pub use sightings::{Gone, Removable};
pub use tx::Tx;
pub use vault::PART_BYTES;

/// The file in the state folder.
pub const SQLITE_FILE: &str = "inkom.db";

/// One writer at a time, as on SQLite: writers that locked row by row would wait for each other in a circle, since each
/// ends at the audit chain's end. Readers go on.
const ONE_WRITER: &str = "lock table audit_head in exclusive mode";

/// Hosts that need no TLS, since nothing leaves the machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// All statements of a reading transaction see one moment, as they do on SQLite.
const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

const NOT_READY: &str = "the diary is not ready for this version of inkom; start inkom run first";
const MADE_BY_A_NEWER: &str = "the diary was made by a newer inkom; use that one";

/// A connected, migrated diary. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Diary(Db);

/// See [`Diary::alone`].
#[derive(Debug)]
pub struct Alone {
    _connection: Option<PgConnection>,
}

/// Any number, the same in every version: "inkom" in ASCII.
const ADVISORY_LOCK: i64 = 0x69_6e_6b_6f_6d;

/// SQLite has one writer, so writing has a pool of one; reading never waits for it (WAL), and neither waits for the log to
/// be folded.
#[derive(Clone, Debug)]
enum Db {
    Sqlite { write: SqlitePool, read: SqlitePool, fold: SqlitePool },
    Postgres(PgPool),
}

impl Diary {
    /// Opens the database that the configuration names. It must have been made by this version of inkom.
    pub async fn open(config: &config::Config) -> Result<Self> {
        if matches!(config.database, config::Database::Sqlite) && !config.state_dir.join(SQLITE_FILE).exists() {
            bail!(NOT_READY);
        }
        let diary = Self::connect(config).await?;
        diary.check_version().await?;
        Ok(diary)
    }

    /// Opens it, creating and migrating it as needed: for the one process that holds the state folder's lock.
    pub async fn prepare(config: &config::Config) -> Result<Self> {
        if matches!(config.database, config::Database::Sqlite) {
            let path = config.state_dir.join(SQLITE_FILE);
            create_private(&path).with_context(|| format!("create the database {}", path.display()))?;
        }
        let diary = Self::connect(config).await?;
        diary.migrate().await?;
        Ok(diary)
    }

    async fn connect(config: &config::Config) -> Result<Self> {
        match &config.database {
            config::Database::Sqlite => Self::connect_sqlite(&config.state_dir.join(SQLITE_FILE)).await,
            config::Database::Postgres { url_file } => Self::connect_postgres(&url_file.read()?).await,
        }
    }

    async fn connect_sqlite(path: &Path) -> Result<Self> {
        // In a large diary each folding writes pages all over the file. It has a connection of its own ([`Self::fold`]), so
        // that nobody waits for it; the writer itself folds only a log of 160 MB, which bounds it.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(20))
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", "40000")
            .pragma("trusted_schema", "OFF");
        // A full disk makes SQLite roll back by itself. sqlx then rolls back once more, which fails, and goes on counting
        // the transaction as open: such a connection would refuse every transaction to come.
        let pool = |size| {
            let pool = SqlitePoolOptions::new().max_connections(size).acquire_timeout(ACQUIRE_TIMEOUT);
            pool.before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        };
        let shown = path.display();
        let write =
            pool(1).connect_with(options.clone()).await.with_context(|| format!("open the database {shown}"))?;
        let fold = pool(1).connect_lazy_with(options.clone());
        let read = pool(4)
            .connect_with(options.read_only(true))
            .await
            .with_context(|| format!("open the database {shown} for reading"))?;
        Ok(Self(Db::Sqlite { write, read, fold }))
    }

    /// The error never holds the connection string.
    async fn connect_postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|_| anyhow::anyhow!("the file of database.url_file holds no postgres:// connection string"))?;
        // sqlx would fall back to an unverified connection, or to none at all (R1).
        let is_local = options.get_socket().is_some()
            || LOOPBACK.contains(&options.get_host())
            || options.get_host().starts_with('/');
        ensure!(
            is_local || matches!(options.get_ssl_mode(), PgSslMode::VerifyFull),
            "the connection string of database.url_file must say sslmode=verify-full: patient data goes over this connection"
        );
        // A pool would try for as long as it may wait, and then not tell why.
        let probe = async { PgConnection::connect_with(&options).await?.close().await };
        tokio::time::timeout(ACQUIRE_TIMEOUT, probe)
            .await
            .context("PostgreSQL does not answer")?
            .context("connect to PostgreSQL")?;
        let pool = PgPoolOptions::new()
            .max_connections(6)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .context("connect to PostgreSQL")?;
        Ok(Self(Db::Postgres(pool)))
    }

    async fn migrate(&self) -> Result<()> {
        let migrated = match &self.0 {
            Db::Sqlite { write, .. } => migrator(SQLITE_MIGRATIONS).run(write).await,
            Db::Postgres(pool) => migrator(POSTGRES_MIGRATIONS).run(pool).await,
        };
        match migrated {
            Err(MigrateError::VersionMissing(_)) => bail!(MADE_BY_A_NEWER),
            migrated => migrated.context("migrate the database"),
        }
    }

    async fn check_version(&self) -> Result<()> {
        let sql = "select max(version) from _sqlx_migrations where success";
        let version: Result<Option<i64>, sqlx::Error> = match &self.0 {
            Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await,
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        };
        let expected = i64::try_from(SQLITE_MIGRATIONS.len())?;
        match version {
            Ok(Some(version)) if version == expected => Ok(()),
            Ok(Some(version)) if version > expected => bail!(MADE_BY_A_NEWER),
            _ => bail!(NOT_READY),
        }
    }

    /// A transaction that writes. Dropped without [`Tx::commit`], it leaves nothing behind.
    pub async fn write(&self) -> Result<Tx> {
        let inner = match &self.0 {
            Db::Sqlite { write, .. } => {
                tx::Inner::Sqlite(write.begin_with("begin immediate").await.context("begin writing")?)
            }
            Db::Postgres(pool) => {
                let mut tx = pool.begin().await.context("begin writing")?;
                sqlx::query(ONE_WRITER).execute(&mut *tx).await.context("begin writing")?;
                tx::Inner::Postgres(tx)
            }
        };
        Ok(Tx::new(inner))
    }

    /// A transaction that reads, on another connection than the writer's: it sees what is committed and nothing else.
    pub async fn read(&self) -> Result<Tx> {
        let inner = match &self.0 {
            Db::Sqlite { read, .. } => tx::Inner::Sqlite(read.begin().await.context("begin reading")?),
            Db::Postgres(pool) => tx::Inner::Postgres(pool.begin_with(SNAPSHOT).await.context("begin reading")?),
        };
        Ok(Tx::new(inner))
    }

    /// Keeps every other process from taking in mail into the same PostgreSQL database, for as long as the value lives and
    /// its connection holds. (SQLite's file lies in the state folder, which has a lock of its own.)
    pub async fn alone(&self) -> Result<Alone> {
        let Db::Postgres(pool) = &self.0 else { return Ok(Alone { _connection: None }) };
        let mut connection = pool.acquire().await.context("connect to PostgreSQL")?.detach();
        let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(ADVISORY_LOCK)
            .fetch_one(&mut connection)
            .await
            .context("lock the PostgreSQL database")?;
        ensure!(locked, "another inkom takes in mail into this PostgreSQL database; stop it, or give this one another");
        Ok(Alone { _connection: Some(connection) })
    }

    /// Moves what SQLite's log holds into the file, beside those who read and write. (PostgreSQL does so by itself.)
    pub async fn fold(&self) -> Result<()> {
        let Db::Sqlite { fold, .. } = &self.0 else { return Ok(()) };
        sqlx::query("pragma wal_checkpoint(passive)").fetch_one(fold).await.context("fold the database's log")?;
        Ok(())
    }

    /// Waits until all connections are closed; SQLite then folds its log into the file.
    pub async fn close(&self) {
        match &self.0 {
            Db::Sqlite { write, read, fold } => {
                fold.close().await;
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    /// How much room the database takes.
    pub async fn size_bytes(&self) -> Result<u64> {
        let size: i64 = match &self.0 {
            Db::Sqlite { read, .. } => {
                let sql = "select page_count * page_size from pragma_page_count(), pragma_page_size()";
                sqlx::query_scalar(sql).fetch_one(read).await
            }
            Db::Postgres(pool) => {
                sqlx::query_scalar("select pg_database_size(current_database())").fetch_one(pool).await
            }
        }
        .context("measure the database")?;
        Ok(u64::try_from(size).unwrap_or_default())
    }

    /// The database's own check of itself: `Ok` or what it says.
    pub async fn integrity_check(&self) -> Result<Result<(), String>> {
        let Db::Sqlite { read, .. } = &self.0 else { return Ok(Ok(())) };
        let said: String =
            sqlx::query_scalar("pragma integrity_check").fetch_one(read).await.context("check the database")?;
        Ok(if said == "ok" { Ok(()) } else { Err(said) })
    }
}

/// SQLite's side files take the permissions of the file itself.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// In order; added to, never edited.
const SQLITE_MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_sqlite.sql"),
    include_str!("migrations/0002_sqlite.sql"),
    include_str!("migrations/0003_sqlite.sql"),
    include_str!("migrations/0004_sqlite.sql"),
    include_str!("migrations/0005_sqlite.sql"),
];
const POSTGRES_MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_postgres.sql"),
    include_str!("migrations/0002_postgres.sql"),
    include_str!("migrations/0003_postgres.sql"),
    include_str!("migrations/0004_postgres.sql"),
    include_str!("migrations/0005_postgres.sql"),
];

fn migrator(statements: &[&'static str]) -> Migrator {
    let migration = |(version, sql): (i64, &&'static str)| {
        Migration::new(version, "diary".into(), MigrationType::Simple, (*sql).into_sql_str(), false)
    };
    Migrator::with_migrations((1..).zip(statements).map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_to_sqlite_waits_for_the_disk_and_checks_what_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SQLITE_FILE);
        create_private(&path).unwrap();
        let Db::Sqlite { write, read, .. } = Diary::connect_sqlite(&path).await.unwrap().0 else { panic!() };
        for (pool, read_only) in [(&write, 0), (&read, 1)] {
            let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(mode, "wal");
            for (pragma, expected) in [
                ("pragma synchronous", 2),
                ("pragma foreign_keys", 1),
                ("pragma secure_delete", 1),
                ("pragma trusted_schema", 0),
                ("pragma busy_timeout", 20_000),
            ] {
                let set: i64 = sqlx::query_scalar(pragma).fetch_one(pool).await.unwrap();
                assert_eq!(set, expected, "{pragma}");
            }
            let wrote = sqlx::query("create table written (id integer)").execute(pool).await;
            assert_eq!(i32::from(wrote.is_err()), read_only);
        }
        assert_eq!(write.options().get_max_connections(), 1);
    }

    #[tokio::test]
    async fn folding_moves_what_is_written_into_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SQLITE_FILE);
        create_private(&path).unwrap();
        let diary = Diary::connect_sqlite(&path).await.unwrap();
        diary.migrate().await.unwrap();
        let length = || std::fs::metadata(&path).unwrap().len();
        let before = length();
        diary.fold().await.unwrap();
        assert!(length() > before, "{before} bytes before and after");
    }
}
