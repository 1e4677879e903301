//! A real PostgreSQL, unprivileged, on a socket in a temporary folder; one for all tests of the process, each with a
//! database and a role of its own.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::dovecot::{User, is_root, own};

const PASSWORD: &str = "hemligt-4712";

/// Waits beside the server until the tests have ended, however they ended: then their end of its standard input closes.
const KEEPER: &str = r#"
folder=$1; shift
"$@" & server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$folder"
"#;

/// Nothing here outlives a crash of the machine, so nothing waits for the disk.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=400",
    "shared_buffers=32MB",
    "deadlock_timeout=100ms",
];

pub struct Postgres {
    folder: PathBuf,
    databases: AtomicU32,
    /// Holds the keeper's standard input open.
    _keeper: Child,
}

impl Postgres {
    /// The server of this process.
    pub fn start() -> &'static Self {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        SERVER.get_or_init(Self::start_another)
    }

    fn start_another() -> Self {
        let programs = programs().expect("there is no initdb; is postgresql installed?");
        let user = User::to_run_as();
        let folder = tempfile::Builder::new().prefix("inkom-postgres-").tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("password"), PASSWORD).unwrap();
        own(path, user);
        own(&path.join("password"), user);
        let run = |program: &Path| {
            let mut command = Command::new(program);
            command.env("LC_ALL", "C").current_dir(path);
            if is_root() {
                command.uid(user.uid).gid(user.gid);
            }
            command
        };
        let made = run(&programs.join("initdb"))
            .args(["--username", "postgres", "--auth", "scram-sha-256", "--pwfile", "password"])
            .args(["--encoding", "UTF8", "--no-sync", "--no-instructions", "--pgdata", "data"])
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));

        let mut keeper = run(Path::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "sh"]).arg(path);
        keeper.arg(programs.join("postgres")).arg("-D").arg(path.join("data")).arg("-k").arg(path);
        keeper.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let log = fs::File::create(path.join("log")).unwrap();
        keeper.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let keeper = keeper.spawn().unwrap();
        let folder = folder.keep();
        let began = Instant::now();
        loop {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            if log.contains("ready to accept connections") {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {log}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { folder, databases: AtomicU32::new(0), _keeper: keeper }
    }

    /// The connection string of a new, empty database, which belongs to a role that may do nothing else.
    pub async fn database(&self) -> String {
        let name = format!("diary_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres", "postgres")).await.unwrap();
        for statement in [
            format!("create role {name} login password '{PASSWORD}'"),
            format!("create database {name} owner {name} template template0"),
        ] {
            connection.execute(AssertSqlSafe(statement)).await.unwrap();
        }
        connection.close().await.unwrap();
        self.url(&name, &name)
    }

    fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}:{PASSWORD}@localhost/{database}?host={}", self.folder.display())
    }
}

/// Debian keeps several versions side by side, outside everyone's path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    folders.pop()
}
