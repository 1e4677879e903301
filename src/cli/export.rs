use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::table::counted;
use super::{ConfigArg, Opened};
use crate::clock;
use crate::config::{Config, SignIn};
use crate::diary::Selection;
use crate::export::{self, Format};
use crate::model::{AuditAction, AuditEvent, Right, Role};
use crate::web;

#[derive(Debug, Args)]
pub struct Export {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The diary as a list, with every field: for those who may see it.
    Diary(DiaryList),
    /// What stands open, by unit and age; the numbers, and which are voided. Nothing in it is said by a sender.
    Balans(Balans),
}

#[derive(Debug, Args)]
struct DiaryList {
    /// Registered on this day or later, such as 2026-01-01.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Registered on this day or before.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Only this unit.
    #[arg(long)]
    unit: Option<String>,
    #[arg(long, default_value = "csv", value_parser = formats())]
    format: Format,
    /// Where to write it; without it, to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    leave: Leave,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, Args)]
struct Leave {
    /// The approval that an archivist has got on the page Uttag. It can be used once.
    #[arg(long, value_name = "CODE")]
    approval: Option<String>,
}

fn formats() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::word)).try_map(|word| word.parse::<Format>())
}

impl Export {
    pub async fn run(&self) -> Result<ExitCode> {
        match &self.command {
            Command::Diary(list) => list.run().await,
            Command::Balans(balans) => balans.run().await,
        }
    }
}

impl DiaryList {
    async fn run(&self) -> Result<ExitCode> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            ensure!(from <= to, "--from {from} is after --to {to}");
        }
        let config = self.config.load()?;
        let opened = self.config.open().await?;
        let (units, event) = self.leave.ask(&config, &opened, self.unit.as_deref(), "diary").await?;
        let before = self.to.map(Date::tomorrow).transpose().context("--to is out of range")?;
        let selection =
            Selection { units, from: self.from.and_then(clock::begin_of), before: before.and_then(clock::begin_of) };
        let to = To::open(self.output.as_deref())?;
        let written = export::write_diary_list(&opened.diary, &selection, self.format, &event, to.writer()?).await?;
        to.done(usize::try_from(written.rows)?)?;
        opened.diary.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
struct Balans {
    /// Only this unit.
    #[arg(long)]
    unit: Option<String>,
    #[arg(long, default_value = "text", value_parser = balans_formats())]
    format: export::balans::Format,
    /// Where to write it; without it, to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    leave: Leave,
    #[command(flatten)]
    config: ConfigArg,
}

fn balans_formats() -> impl clap::builder::TypedValueParser<Value = export::balans::Format> {
    PossibleValuesParser::new(export::balans::Format::ALL.map(export::balans::Format::word))
        .try_map(|word| word.parse::<export::balans::Format>())
}

impl Balans {
    async fn run(&self) -> Result<ExitCode> {
        let config = self.config.load()?;
        let opened = self.config.open().await?;
        let (units, event) = self.leave.ask(&config, &opened, self.unit.as_deref(), "balans").await?;
        let to = To::open(self.output.as_deref())?;
        let open = export::balans::write_balans(&opened.diary, &units, self.format, &event, to.writer()?).await?;
        to.done(usize::try_from(open)?)?;
        opened.diary.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// A file that gets its name when it is whole, or standard output.
struct To<'a> {
    file: Option<(&'a Path, std::fs::File)>,
}

impl<'a> To<'a> {
    fn open(path: Option<&'a Path>) -> Result<Self> {
        let open = |path: &'a Path| {
            let part = part(path);
            let file = create_private(&part).with_context(|| format!("create {}", part.display()))?;
            anyhow::Ok((path, file))
        };
        Ok(Self { file: path.map(open).transpose()? })
    }

    fn writer(&self) -> Result<Box<dyn Write + Send>> {
        Ok(match &self.file {
            Some((_, file)) => Box::new(std::io::BufWriter::new(file.try_clone().context("write the list")?)),
            None => Box::new(std::io::BufWriter::new(std::io::stdout())),
        })
    }

    /// Nobody takes half a list for a whole one.
    fn done(self, entries: usize) -> Result<()> {
        let mut place = String::new();
        if let Some((path, file)) = self.file {
            file.sync_all().with_context(|| format!("write {}", path.display()))?;
            std::fs::rename(part(path), path).with_context(|| format!("write {}", path.display()))?;
            place = format!(" in {}", path.display());
        }
        eprintln!("{}{place}.", counted(entries, "entry", "entries"));
        Ok(())
    }
}

impl Leave {
    /// Which units may be taken out, and the row that tells who does it. What leaves the diary holds what people have written, so
    /// it takes an archivist's approval, got after a fresh sign-in; or root, where the configuration lets root.
    async fn ask(
        &self,
        config: &Config,
        opened: &Opened,
        unit: Option<&str>,
        what: &str,
    ) -> Result<(Vec<String>, AuditEvent)> {
        let mut all: Vec<String> = config.mailboxes.iter().map(|mailbox| mailbox.unit.clone()).collect();
        all.sort_unstable();
        all.dedup();
        let now = opened.clock.now();
        let (may, actor, role) = if let Some(code) = &self.approval {
            let mut tx = opened.diary.write().await?;
            let person = web::use_export_approval(&mut tx, code, now).await?;
            let Some(person) = person else {
                bail!("the approval is used, too old or mistyped; get a new one on the page Uttag")
            };
            tx.commit().await?;
            let of = |role: &Role| role.access(Right::Export) == crate::model::Access::Yes;
            let may = person.roles.iter().filter(|(_, role)| of(role)).map(|(unit, _)| unit.clone()).collect();
            (may, person.name, Role::Archivist.word())
        } else if is_demo(config) || (config.export.root && rustix::process::geteuid().is_root()) {
            (all, opened.actor.clone(), "")
        } else {
            bail!(
                "an export needs leave: get an approval on the page Uttag and give it with --approval, or run as root where \
                 the configuration says export.root = true"
            )
        };
        let units: Vec<String> = match unit {
            Some(unit) if may.iter().any(|one| one == unit) => vec![unit.to_owned()],
            Some(unit) => bail!("--unit {unit:?}: there is no such unit, or the approval is not for it"),
            None => may,
        };
        ensure!(!units.is_empty(), "the approval is for no unit");
        let event = AuditEvent {
            role: role.into(),
            unit: if let [unit] = units.as_slice() { unit.clone() } else { String::new() },
            ..AuditEvent::new(now, actor, AuditAction::Exported, format!("what={what} units={}", units.len()))
        };
        Ok((units, event))
    }
}

/// Nothing in the demonstration is about anybody.
fn is_demo(config: &Config) -> bool {
    config.web.as_ref().is_some_and(|web| matches!(web.sign_in, SignIn::Demo))
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}
