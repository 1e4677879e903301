//! A whole clinic in a temporary folder: a real mailbox, a real SMTP receiver, and the real program beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use inkom::clock;
use inkom::config::{Config, Tls};
use inkom::diary::{Diary, EntryDetails, SQLITE_FILE};
use inkom::model::{Digest, EntryId, Stage};
use inkom::verify::{self, Report};
use tempfile::TempDir;

use super::dovecot::{self, Dovecot};
use super::smtp::{self, SmtpServer};

/// Long enough for a loaded machine; a test that waits this long has failed. `INKOM_PATIENCE_SECS` makes it another time.
static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
    let secs = std::env::var("INKOM_PATIENCE_SECS").ok().and_then(|secs| secs.parse().ok());
    Duration::from_secs(secs.unwrap_or(60))
});

pub struct Clinic {
    pub dovecot: Dovecot,
    pub smtp: SmtpServer,
    folder: TempDir,
    state_dir: PathBuf,
    process: Option<Child>,
    runs: u32,
    delivered: Vec<Digest>,
}

/// What differs from the usual clinic.
pub struct Options {
    pub dovecot: dovecot::Options,
    pub smtp: smtp::Options,
    /// Lines for `[reply]`.
    pub reply: &'static str,
    /// Lines for `[[mailbox]]`.
    pub mailbox: &'static str,
    /// Lines for `[smtp]`.
    pub submission: &'static str,
    /// Lines for `[authority]`.
    pub authority: &'static str,
    /// Lines for `[limits]`.
    pub limits: &'static str,
    pub adopted: bool,
    /// A folder of its own, to be made; none for one inside the clinic's.
    pub state_dir: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dovecot: dovecot::Options::default(),
            smtp: smtp::Options::default(),
            reply: "max_per_hour = 100000",
            mailbox: "",
            submission: "",
            authority: "own_hosts = [\"mx.example.se\"]\nauthserv_ids = [\"mx.example.se\"]",
            limits: "",
            adopted: true,
            state_dir: None,
        }
    }
}

impl Clinic {
    pub async fn open() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(mut options: Options) -> Self {
        let folder = TempDir::with_prefix("inkom-clinic-").unwrap();
        let dovecot = Dovecot::start(std::mem::take(&mut options.dovecot));
        dovecot.create("Junk");
        let smtp = SmtpServer::start(std::mem::take(&mut options.smtp));
        let state_dir = options.state_dir.take().unwrap_or_else(|| folder.path().join("state"));
        let clinic = Self { dovecot, smtp, folder, state_dir, process: None, runs: 0, delivered: Vec::new() };
        fs::create_dir(clinic.state_dir()).unwrap();
        clinic.write_config(&clinic.toml(&options));
        if options.adopted {
            Diary::prepare(&Config::load(&clinic.config()).unwrap()).await.unwrap().close().await;
            assert!(clinic.command(&["adopt", "--unseen", "mottagningen"]).status.success());
        }
        clinic
    }

    fn toml(&self, options: &Options) -> String {
        let source = self.dovecot.source(Tls::Implicit);
        let mut text = format!(
            "state_dir = '{}'\n\n[authority]\nname = \"Region Exempel\"\n{}\n\n",
            self.state_dir().display(),
            options.authority
        );
        let reply = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml");
        let _ = write!(
            text,
            "[reply]\ntext_file = '{}'\n{}\n\n[limits]\n{}\n\n",
            reply.display(),
            options.reply,
            options.limits
        );
        let _ = write!(text, "{}\n\n", self.smtp.toml(options.submission));
        let _ = write!(
            text,
            "[[mailbox]]\nname = \"mottagningen\"\nunit = \"Mottagningen\"\nhsa_id = \"SE2321000131-E000000000001\"\n\
             series = \"MM\"\naddresses = [\"mottagningen@example.se\"]\nreply_from = \"mottagningen@example.se\"\n\
             poll_interval_secs = 5\n{}\n\n[mailbox.source]\nkind = \"imap\"\nusername = {:?}\nauth = {{ kind = \"password\", file = '{}' }}\n\n\
             [mailbox.source.server]\nhost = \"localhost\"\nport = {}\nca_file = '{}'\ntimeout_secs = 5\n",
            options.mailbox,
            source.username,
            self.dovecot.password_file().display(),
            source.server.port,
            source.server.ca_file.unwrap().display(),
        );
        text
    }

    pub fn state_dir(&self) -> PathBuf {
        self.state_dir.clone()
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("inkom.toml")
    }

    pub fn write_config(&self, text: &str) {
        fs::write(self.config(), text).unwrap();
    }

    pub fn edit_config(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(from), "{from} is not in the configuration");
        self.write_config(&text.replace(from, to));
    }

    /// Lays a message into INBOX.
    pub fn deliver(&mut self, raw: &[u8]) -> String {
        self.deliver_at(raw, None)
    }

    /// As if it had been received then.
    pub fn deliver_at(&mut self, raw: &[u8], received: Option<SystemTime>) -> String {
        self.delivered.push(Digest::of(raw));
        self.dovecot.deliver_to("INBOX", raw, received)
    }

    /// Starts the program, at its most talkative.
    pub fn start(&mut self) {
        self.start_as("trace", &[]);
    }

    /// Starts it so that it is killed when it comes to a boundary the `times`th time.
    pub fn start_to_be_killed_at(&mut self, boundary: &str, times: u32) {
        self.start_as("trace", &[("INKOM_STOP_AT", &format!("{boundary}:{times}"))]);
    }

    pub fn start_as(&mut self, log_level: &str, env: &[(&str, &str)]) {
        self.start_through(&[], log_level, env);
    }

    /// Starts it through another program, one that limits what it may do; with none, by itself.
    pub fn start_through(&mut self, launcher: &[&str], log_level: &str, env: &[(&str, &str)]) {
        assert!(self.process.is_none(), "it runs already");
        self.runs += 1;
        let log = fs::OpenOptions::new().append(true).create(true).open(self.log_path()).unwrap();
        let words = [launcher, &[env!("CARGO_BIN_EXE_inkom")]].concat();
        let process = Command::new(words[0])
            .args(&words[1..])
            .args(["--log-level", log_level, "run", "--config"])
            .arg(self.config())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.process.as_ref().expect("it runs"))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// All that every run so far has written.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// SIGKILL, now.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// SIGTERM; it must end well.
    pub fn stop(&mut self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::TERM).unwrap();
        let mut process = self.process.take().expect("it runs");
        let status = process.wait().unwrap();
        assert!(status.success(), "{status}\n{}", self.log());
    }

    /// Whether it was killed within the time given. If not, it still runs.
    pub async fn was_killed_within(&mut self, within: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if let Some(status) = self.process.as_mut().expect("it runs").try_wait().unwrap() {
                assert_eq!(status.signal(), Some(9), "it ended by itself: {status}\n{}", self.log());
                self.process = None;
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }

    /// How it ended, when it was to end by itself.
    pub async fn ends(&mut self) -> std::process::ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.as_mut().expect("it runs").try_wait().unwrap() {
                self.process = None;
                return status;
            }
            assert!(begun.elapsed() < *PATIENCE, "it does not end\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs another command of the program against this clinic.
    pub fn command(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_inkom")).args(args).arg("--config").arg(self.config()).output().unwrap()
    }

    /// None before the program has made it.
    pub async fn maybe_diary(&self) -> Option<Diary> {
        if !self.state_dir().join(SQLITE_FILE).exists() {
            return None;
        }
        Diary::open(&Config::load(&self.config()).unwrap()).await.ok()
    }

    pub async fn diary(&self) -> Diary {
        self.maybe_diary().await.expect("a diary")
    }

    pub async fn entries(&self) -> Vec<EntryDetails> {
        let Some(diary) = self.maybe_diary().await else { return Vec::new() };
        let entries = diary.read().await.unwrap().entries_after(EntryId(0), 1_000_000).await.unwrap();
        diary.close().await;
        entries
    }

    /// Changes the database behind the program's back.
    pub async fn tamper(&self, sql: &'static str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.state_dir().join(SQLITE_FILE));
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// The one entry that was registered.
    pub async fn entry(&self) -> EntryDetails {
        let mut entries = self.entries().await;
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    }

    /// Waits until this holds, and fails with the log when it does not come to.
    pub async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self).await {
            if begun.elapsed() > *PATIENCE {
                let entries: Vec<String> = self
                    .entries()
                    .await
                    .iter()
                    .map(|details| format!("{} {} {}", details.entry.number, details.entry.stage.name(), details.reply))
                    .collect();
                panic!("not reached: {what}\n{}\n{}", entries.join("\n"), self.log());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until `count` entries are registered, none is between two steps, and no reply is on its way.
    pub async fn settle(&self, count: usize) {
        self.until(&format!("{count} entries, all settled"), async |clinic| {
            let entries = clinic.entries().await;
            entries.len() >= count && entries.iter().all(is_settled)
        })
        .await;
    }

    /// What lies in INBOX and Junk.
    pub fn left(&self) -> usize {
        self.dovecot.left("INBOX").len() + self.dovecot.left("Junk").len()
    }

    pub async fn verify(&self) -> Report {
        let diary = self.diary().await;
        let report = verify::verify(&diary, |_, _| ()).await.unwrap();
        diary.close().await;
        report
    }

    /// Copies of each reply that reached the server, by Message-ID.
    pub fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for message in self.smtp.messages() {
            let text = String::from_utf8_lossy(&message.bytes).into_owned();
            let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a Message-ID").to_owned();
            *copies.entry(id).or_default() += 1;
        }
        copies
    }

    /// What must hold at every moment, however the process has ended: what is not in the mailbox is kept.
    pub async fn assert_nothing_lost(&self) {
        let in_mailbox: Vec<Digest> = ["INBOX", "Junk"]
            .iter()
            .flat_map(|folder| self.dovecot.bytes(folder))
            .map(|raw| Digest::of(&raw))
            .collect();
        let entries = self.entries().await;
        let diary = self.diary().await;
        let mut tx = diary.read().await.unwrap();
        for digest in self.delivered.iter().filter(|digest| !in_mailbox.contains(digest)) {
            let entry = entries.iter().find(|details| details.raw == *digest);
            let entry = entry.unwrap_or_else(|| panic!("{digest} is lost\n{}", self.log()));
            assert!(tx.is_kept(digest).await.unwrap(), "the raw bytes of {} are lost", entry.entry.number);
            let pdf = entry.pdf.unwrap_or_else(|| panic!("{} was removed before its PDF was kept", entry.entry.number));
            assert!(tx.is_kept(&pdf).await.unwrap(), "the PDF of {} is lost", entry.entry.number);
        }
        drop(tx);
        diary.close().await;
    }

    /// What must hold once everything has settled.
    pub async fn assert_whole(&self) {
        self.assert_nothing_lost().await;
        let entries = self.entries().await;
        for digest in &self.delivered {
            let of_it: Vec<_> = entries.iter().filter(|details| details.raw == *digest).collect();
            assert_eq!(of_it.len(), 1, "one entry for each message");
        }
        assert_eq!(entries.len(), self.delivered.len());
        let copies = self.copies();
        assert!(copies.values().all(|copies| (1..=2).contains(copies)), "one or two copies of each reply: {copies:?}");
        self.assert_accounted_for(&entries, &copies).await;
        let report = self.verify().await;
        assert_eq!(report.faults, Vec::<String>::new());
        let year = clock::day(clock::Clock::default().now()).year();
        let numbers: Vec<String> = entries.iter().map(|details| details.entry.number.to_string()).collect();
        let expected: Vec<String> = (1..=entries.len()).map(|serial| format!("MM {year}-{serial:05}")).collect();
        assert_eq!(numbers, expected);
        let mut files: Vec<String> = fs::read_dir(self.state_dir())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.retain(|file| !EXPECTED_FILES.contains(&file.as_str()));
        assert_eq!(files, Vec::<String>::new(), "stray files");
    }
}

/// What lies in the state folder.
const EXPECTED_FILES: [&str; 7] =
    ["inkom.db", "inkom.db-wal", "inkom.db-shm", "lock", "heads.key", "heads.pub", "heads.log"];

fn is_settled(details: &EntryDetails) -> bool {
    let at_rest = matches!(details.entry.stage, Stage::Done(_) | Stage::Held { .. })
        || (details.entry.backlog && details.pdf.is_some());
    let on_its_way =
        details.reply == "queued" || (details.reply.is_empty() && matches!(details.entry.stage, Stage::Done(_)));
    at_rest && !on_its_way
}

impl Drop for Clinic {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A made-up mail from a sender of its own.
pub fn mail(n: usize) -> Vec<u8> {
    mail_from(
        &format!("avsandare{n}@example.org"),
        &format!("nummer-{n}@example.org"),
        "Hej! Jag behöver ändra min tid på torsdag.",
    )
}

pub fn mail_from(from: &str, message_id: &str, text: &str) -> Vec<u8> {
    let now = clock::stockholm(clock::Clock::default().now()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    format!(
        "Return-Path: <{from}>\r\n\
         Received: from relay.example.org (relay.example.org [192.0.2.1]) by mx.example.se with ESMTPS id {message_id}; {now}\r\n\
         From: <{from}>\r\nTo: mottagningen@example.se\r\nSubject: =?utf-8?Q?Fr=C3=A5ga?=\r\nDate: {now}\r\n\
         Message-ID: <{message_id}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
    .into_bytes()
}
