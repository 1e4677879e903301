use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::table::{counted, labelled, table};
use super::{ConfigArg, number};
use crate::clock;
use crate::diary::{AlarmName, Requeue};
use crate::model::{AuditAction, AuditEvent, EntryId};

#[derive(Debug, Args)]
pub struct Outbox {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replies that have not gone out, and why.
    List {
        /// The ones handed over to the mail server too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        config: ConfigArg,
    },
    /// Send again after the breaker has stopped everything.
    Resume(ConfigArg),
    /// Put replies back into the queue: one entry's, also if it may have gone out already, or all that were held.
    Retry {
        /// The diary number, such as MM 2026-00001.
        #[arg(num_args = 1..=2, required_unless_present = "all")]
        number: Vec<String>,
        /// All that the mail server refused, and none that may have gone out.
        #[arg(long, conflicts_with = "number")]
        all: bool,
        #[command(flatten)]
        config: ConfigArg,
    },
}

impl Outbox {
    pub async fn run(&self) -> Result<ExitCode> {
        match &self.command {
            Command::List { all, config } => list(*all, config).await,
            Command::Resume(config) => resume(config).await,
            Command::Retry { number, config, .. } => retry(number, config).await,
        }
    }
}

async fn list(all: bool, config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let mut tx = opened.diary.read().await?;
    let (alarms, replies) = (tx.alarms().await?, tx.replies(all, 10_000).await?);
    let shown: Vec<EntryId> = replies.iter().map(|reply| reply.entry).collect();
    let mut rows = Vec::new();
    let mut advice = Vec::new();
    for reply in replies {
        let entry = tx.entry_by_id(reply.entry).await?.context("a reply without an entry")?.entry;
        if let Some(trouble) = reply.trouble.filter(|trouble| !advice.contains(trouble)) {
            advice.push(trouble);
        }
        rows.push(vec![
            format!("{}:2", entry.number),
            reply.state.to_string(),
            reply.sent_at.map_or_else(|| clock::minute(reply.due_at), clock::minute),
            reply.attempts.to_string(),
            reply.trouble.map(|trouble| trouble.to_string()).unwrap_or_default(),
        ]);
    }
    drop(tx);
    opened.audit_list(format!("outbox={}", rows.len()), &shown).await?;
    for alarm in alarms {
        match alarm.name {
            AlarmName::Breaker => println!(
                "SENDING HAS STOPPED since {}: {}.\nLook at the replies below, then run inkom outbox resume.\n",
                clock::minute(alarm.since),
                alarm.text
            ),
        }
    }
    if rows.is_empty() {
        println!("No reply waits.");
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", table(&["REPLY", "STATE", "WHEN", "TRIES", "TROUBLE"], &rows));
    for trouble in advice {
        print!("\n{}", labelled("", &format!("{trouble}: {}", trouble.advice())));
    }
    Ok(ExitCode::SUCCESS)
}

async fn resume(config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let now = opened.clock.now();
    let mut tx = opened.diary.write().await?;
    let stopped = tx.silence(AlarmName::Breaker, now).await?;
    let (actor, action) = (opened.actor.clone(), AuditAction::OutboxResumed);
    tx.audit(&AuditEvent::new(now, actor, action, String::new())).await?;
    tx.commit().await?;
    println!("{}", if stopped { "Replies go out again." } else { "Nothing had stopped." });
    Ok(ExitCode::SUCCESS)
}

async fn retry(words: &[String], config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let now = opened.clock.now();
    let mut tx = opened.diary.write().await?;
    let (which, entry) = if words.is_empty() {
        (Requeue::All, None)
    } else {
        let number = number(words)?;
        let details = tx.entry(&number).await?.with_context(|| format!("there is no {number}"))?;
        (Requeue::Entry(details.entry.id), Some(number))
    };
    let requeued = tx.requeue(which, now).await?;
    let (actor, action, payload) = (opened.actor.clone(), AuditAction::OutboxResumed, format!("requeued={requeued}"));
    tx.audit(&AuditEvent { entry, ..AuditEvent::new(now, actor, action, payload) }).await?;
    tx.commit().await?;
    println!("{} back in the queue.", counted(usize::try_from(requeued)?, "reply is", "replies are"));
    Ok(if requeued > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
