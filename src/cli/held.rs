use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::table::{labelled, table};
use super::{ConfigArg, number};
use crate::clock;
use crate::model::{AuditAction, EntryId, Stage};

#[derive(Debug, Args)]
pub struct Held {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All held entries and why.
    List(ConfigArg),
    /// One held entry: what happened and what to do.
    Show(OneEntry),
    /// Let held entries go on from the step they were held in.
    Retry(Retry),
}

#[derive(Debug, Args)]
struct OneEntry {
    /// The diary number, such as MM 2026-00001.
    #[arg(required = true, num_args = 1..=2)]
    number: Vec<String>,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, Args)]
struct Retry {
    /// The diary number, such as MM 2026-00001.
    #[arg(num_args = 1..=2, required_unless_present = "all")]
    number: Vec<String>,
    /// All held entries.
    #[arg(long, conflicts_with = "number")]
    all: bool,
    #[command(flatten)]
    config: ConfigArg,
}

impl Held {
    pub async fn run(&self) -> Result<ExitCode> {
        match &self.command {
            Command::List(config) => list(config).await,
            Command::Show(one) => show(one).await,
            Command::Retry(one) => retry(one).await,
        }
    }
}

async fn list(config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let held = opened.diary.read().await?.held().await?;
    let shown: Vec<EntryId> = held.iter().map(|entry| entry.id).collect();
    opened.audit_list(format!("held={}", held.len()), &shown).await?;
    if held.is_empty() {
        println!("Nothing is held.");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = held
        .iter()
        .filter_map(|entry| match &entry.stage {
            Stage::Held { resume, reason } => Some(vec![
                entry.number.to_string(),
                clock::minute(entry.arrival.arrived_at),
                entry.mailbox.clone(),
                resume.to_string(),
                reason.to_string(),
            ]),
            _ => None,
        })
        .collect();
    print!("{}", table(&["NUMBER", "ARRIVED", "MAILBOX", "STEP", "REASON"], &rows));
    println!("\ninkom held show NUMBER says what to do about one.");
    Ok(ExitCode::SUCCESS)
}

async fn show(one: &OneEntry) -> Result<ExitCode> {
    let (opened, number) = (one.config.open().await?, number(&one.number)?);
    let details = opened.diary.read().await?.entry(&number).await?.with_context(|| format!("there is no {number}"))?;
    opened.audit(AuditAction::EntryRead, &details.entry.unit, Some(number.clone()), "held".into()).await?;
    match details.entry.stage {
        Stage::Held { resume, reason } => {
            println!("{number} is held at the step {resume}: {reason}\n");
            print!("{}", labelled("", reason.advice()));
        }
        stage => println!("{number} is not held; it is {}.", stage.name()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn retry(which: &Retry) -> Result<ExitCode> {
    let opened = which.config.open().await?;
    let mut tx = opened.diary.write().await?;
    let entries = if which.all {
        tx.held().await?
    } else {
        let number = number(&which.number)?;
        vec![tx.entry(&number).await?.with_context(|| format!("there is no {number}"))?.entry]
    };
    let mut retried = 0;
    for entry in &entries {
        if tx.retry(entry, &opened.actor, opened.clock.now()).await? {
            retried += 1;
            println!("{} goes on at the next poll.", entry.number);
        } else {
            println!("{} is not held; it is {}.", entry.number, entry.stage.name());
        }
    }
    tx.commit().await?;
    Ok(if retried == entries.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
