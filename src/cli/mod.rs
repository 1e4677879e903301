//! One file per subcommand; the only code that prints. What a person asked for goes to stdout, all else to stderr.

mod adopt;
mod check;
mod demo;
mod diary;
mod export;
mod facts;
mod held;
mod input;
mod inspect;
mod log;
mod outbox;
mod render;
mod run;
mod table;
mod user;
mod verify;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{self, Config, ConfigError};
use crate::diary::Diary;
use crate::model::{AuditAction, AuditEvent, DiaryNumber, EntryId};

/// Takes in the e-mail that reaches a clinic: registers every message in the diary, keeps it, renders a PDF for the
/// medical record, answers with the prescribed text, and then takes the original out of the mailbox.
#[derive(Debug, Parser)]
#[command(name = "inkom", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How much to log: error, warn, info, debug or trace. No level logs names, addresses, subjects or texts.
    #[arg(long, global = true, default_value = "info", value_name = "LEVEL")]
    log_level: tracing::Level,
}

const AFTER_HELP: &str = "\
Exit status: 0 all is well; 1 something failed, or a fault was found; 2 the command line or the configuration is wrong.

Start with `inkom demo`: it needs no configuration, no server and no network. Then write /etc/inkom/inkom.toml, run \
`inkom check`, which sends and deletes nothing, and start the service.";

#[derive(Debug, Args)]
struct ConfigArg {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = config::DEFAULT_PATH)]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take in mail until stopped: what the service runs.
    Run(ConfigArg),
    /// Show the whole way on made-up mail: Maildir in, SQLite, replies as files. Needs no configuration.
    Demo(demo::Demo),
    /// Try the configuration: sign-in, certificates, what waits and what would be answered. Sends and deletes nothing.
    Check(ConfigArg),
    /// Let inkom answer and remove what lay in a mailbox when it first saw it.
    Adopt(adopt::Adopt),
    Inspect(inspect::Inspect),
    Render(render::Render),
    /// Entries that wait for a person.
    Held(held::Held),
    /// Replies that have not gone out.
    Outbox(outbox::Outbox),
    /// The diary's entries. Every look is written to the audit log with your user name.
    Diary(diary::DiaryCommand),
    /// Lists out of the diary, for those who may have them.
    Export(export::Export),
    /// People who use the pages: who may do what for which unit.
    User(user::User),
    /// Prove the diary: numbers without gaps, kept bytes unchanged, audit chain intact and as it was signed.
    Verify(verify::Verify),
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.log_level);
    // A panic's own words may quote a message: the place is enough to report it by.
    std::panic::set_hook(Box::new(|panic| {
        // Whoever was reading has gone (`inkom diary | head`), which Rust's print! takes for a fault.
        if panic.payload_as_str().is_some_and(|words| words.starts_with("failed printing to stdout")) {
            std::process::exit(1);
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "Something broke at {place}; please report it");
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Run(arg) => run::run(&arg).await,
            Command::Demo(demo) => demo.run().await,
            Command::Check(arg) => check::check(&arg).await,
            Command::Adopt(adopt) => adopt.run().await,
            Command::Inspect(inspect) => inspect.run(),
            Command::Render(render) => render.run(),
            Command::Held(held) => held.run().await,
            Command::Outbox(outbox) => outbox.run().await,
            Command::Diary(diary) => diary.run().await,
            Command::Export(export) => export.run().await,
            Command::User(user) => user.run().await,
            Command::Verify(verify) => verify.run().await,
        }
    });
    // A reading thread that never ends must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(outcome) => outcome,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("inkom: {error:#}");
    ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
}

/// What most commands begin with.
struct Opened {
    diary: Diary,
    clock: Clock,
    /// `os:NAME`, as the audit log names a person at the command line.
    actor: String,
}

impl ConfigArg {
    fn load(&self) -> Result<Config> {
        Ok(Config::load(&self.config)?)
    }

    async fn open(&self) -> Result<Opened> {
        let config = self.load()?;
        anyhow::ensure!(
            !matches!(config.database, config::Database::Sqlite)
                || config.state_dir.join(crate::diary::SQLITE_FILE).exists(),
            "state_dir = {}: there is no diary yet; start inkom first, and run this as its user",
            config.state_dir.display()
        );
        let diary = Diary::open(&config).await?;
        Ok(Opened { diary, clock: Clock::default(), actor: actor() })
    }
}

impl Opened {
    /// Writes a look, or a deed, into the audit log.
    async fn audit(&self, action: AuditAction, unit: &str, entry: Option<DiaryNumber>, payload: String) -> Result<()> {
        let (at, actor, unit) = (self.clock.now(), self.actor.clone(), unit.to_owned());
        let mut tx = self.diary.write().await.context("every look is audited, so the diary must be writable")?;
        tx.audit(&AuditEvent { unit, entry, ..AuditEvent::new(at, actor, action, payload) }).await?;
        tx.commit().await
    }

    /// Writes that a list of entries, of all units, is about to be shown.
    async fn audit_list(&self, payload: String, shown: &[EntryId]) -> Result<()> {
        let (at, actor) = (self.clock.now(), self.actor.clone());
        let action = AuditAction::ListRead;
        let mut tx = self.diary.write().await.context("every look is audited, so the diary must be writable")?;
        let event = AuditEvent::new(at, actor, action, payload);
        tx.audit_looks(&event, shown).await?;
        tx.commit().await
    }
}

/// The person behind `sudo` rather than root.
fn actor() -> String {
    let uid = rustix::process::getuid();
    let from_sudo = if uid.is_root() { std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok()) } else { None };
    let uid = from_sudo.unwrap_or(uid.as_raw());
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id == uid.to_string()).then(|| name.to_owned())
    });
    format!("os:{}", name.unwrap_or_else(|| uid.to_string()))
}

/// A number as people type it, with or without quotes: `MM 2026-00001`.
fn number(words: &[String]) -> Result<DiaryNumber> {
    let text = words.join(" ");
    text.parse().with_context(|| format!("{text:?}"))
}

/// Progress on a terminal only, on one line that is written over.
fn progress(what: &str, done: u64, total: u64) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{what} {done} of {total}\x1b[K");
    }
}

fn progress_done() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
