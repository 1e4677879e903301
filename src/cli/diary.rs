use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::table::{cut, labelled, table};
use super::{ConfigArg, Opened, facts, number};
use crate::clock;
use crate::diary::{EntryDetails, ReplyRow};
use crate::message::Summary;
use crate::model::{AuditAction, Digest, EntryId, Stage};
use crate::triage;

/// How many entries are read at a time: memory does not grow with the diary.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DiaryCommand {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The newest entries as a table, or all of them with --json (the same as `inkom diary`).
    List(List),
    /// One entry with all that is known of it.
    Show(Show),
}

#[derive(Debug, Args)]
struct List {
    /// All entries, oldest first, one JSON object per line. docs/diary-json.md explains the keys.
    #[arg(long)]
    json: bool,
    /// How many of the newest entries the table shows.
    #[arg(long, default_value_t = 40)]
    newest: u32,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, Args)]
struct Show {
    /// The diary number, such as MM 2026-00001.
    #[arg(required = true, num_args = 1..=2)]
    number: Vec<String>,
    #[arg(long)]
    json: bool,
    /// Write the PDF for the medical record to this file.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write the original message to this file, byte for byte.
    #[arg(long, value_name = "FILE")]
    original: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArg,
}

impl DiaryCommand {
    pub async fn run(&self) -> Result<ExitCode> {
        match &self.command {
            None => self.list.run().await,
            Some(Command::List(list)) => list.run().await,
            Some(Command::Show(show)) => show.run().await,
        }
    }
}

impl List {
    async fn run(&self) -> Result<ExitCode> {
        let opened = self.config.open().await?;
        if self.json {
            print_json(&opened).await?;
        } else {
            print_table(&opened, self.newest).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn print_table(opened: &Opened, newest: u32) -> Result<()> {
    let mut tx = opened.diary.read().await?;
    let (total, entries) = (tx.count_entries().await?, tx.newest(newest).await?);
    drop(tx);
    let shown: Vec<EntryId> = entries.iter().map(|details| details.entry.id).collect();
    opened.audit_list(format!("entries={}", entries.len()), &shown).await?;
    if entries.is_empty() {
        println!("The diary is empty.");
        return Ok(());
    }
    print!("{}", overview(&entries));
    if total > entries.len() as u64 {
        println!("\nThe {} newest of {total} entries. --newest N shows more, --json all.", entries.len());
    }
    Ok(())
}

/// Newest first, as a table for a terminal.
pub fn overview(entries: &[EntryDetails]) -> String {
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|details| {
            let from = details.summary.as_ref().and_then(|summary| summary.from.first());
            vec![
                details.entry.number.to_string(),
                clock::minute(details.entry.arrival.arrived_at),
                details.entry.stage.name().to_string(),
                reply_in_a_word(details),
                from.map(|from| from.address.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    table(&["NUMBER", "ARRIVED", "STAGE", "REPLY", "FROM (UNVERIFIED)"], &rows)
}

fn reply_in_a_word(details: &EntryDetails) -> String {
    match details.reply.as_str() {
        "" => "-".into(),
        "withheld" => details.reply_reason.clone(),
        state => state.into(),
    }
}

async fn print_json(opened: &Opened) -> Result<()> {
    let mut after = EntryId(0);
    let mut printed = 0;
    loop {
        let mut tx = opened.diary.read().await?;
        let page = tx.entries_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.entry.id;
        let mut lines = String::new();
        for details in &page {
            let reply = tx.reply_of(details.entry.id).await?;
            lines.push_str(&serde_json::to_string(&Json::of(details, reply.as_ref()))?);
            lines.push('\n');
        }
        drop(tx);
        // The look is in the log before anyone has seen it.
        let shown: Vec<EntryId> = page.iter().map(|details| details.entry.id).collect();
        opened.audit_list(format!("entries={} json", page.len()), &shown).await?;
        printed += page.len();
        print!("{lines}");
    }
    if printed == 0 {
        opened.audit_list("entries=0 json".into(), &[]).await?;
    }
    Ok(())
}

impl Show {
    async fn run(&self) -> Result<ExitCode> {
        let (opened, number) = (self.config.open().await?, number(&self.number)?);
        let mut tx = opened.diary.read().await?;
        let details = tx.entry(&number).await?.with_context(|| format!("there is no {number}"))?;
        let reply = tx.reply_of(details.entry.id).await?;
        let sightings = tx.sightings(details.entry.id).await?;
        let history = tx.audit_of(&number).await?;
        drop(tx);
        opened.audit(AuditAction::EntryRead, &details.entry.unit, Some(number.clone()), String::new()).await?;
        if let Some(path) = &self.pdf {
            let pdf = details.pdf.with_context(|| format!("{number} has no PDF yet"))?;
            write_kept(&opened, &details, &pdf, path).await?;
        }
        if let Some(path) = &self.original {
            write_kept(&opened, &details, &details.raw, path).await?;
        }
        if self.json {
            println!("{}", serde_json::to_string(&Json::of(&details, reply.as_ref()))?);
            return Ok(ExitCode::SUCCESS);
        }
        print_entry(&details, reply.as_ref());
        for (at, gone) in sightings {
            println!("  {:<14}{at}{}", "Seen at", gone.map(|gone| format!(" ({gone})")).unwrap_or_default());
        }
        println!("\nHistory");
        for row in history {
            println!("  {}  {:<18}  {}", clock::second(row.event.at), row.event.action.to_string(), row.event.actor);
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn write_kept(opened: &Opened, details: &EntryDetails, digest: &Digest, path: &Path) -> Result<()> {
    let (unit, number) = (&details.entry.unit, details.entry.number.clone());
    opened.audit(AuditAction::KeptBytesRead, unit, Some(number), format!("sha256={digest}")).await?;
    let bytes = opened.diary.read().await?.kept(digest).await?;
    let bytes = bytes.with_context(|| format!("{digest} cannot be read back; run inkom verify"))?;
    // For the one who asked alone, and over nothing that is there.
    let new_file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    new_file.and_then(|mut file| file.write_all(&bytes)).with_context(|| format!("write {}", path.display()))?;
    println!("Wrote {}", path.display());
    Ok(())
}

fn print_entry(details: &EntryDetails, reply: Option<&ReplyRow>) {
    let entry = &details.entry;
    let line = |name: &str, value: &str| {
        if !value.is_empty() {
            print!("{}", labelled(&format!("  {name:<14}"), &cut(value, 400)));
        }
    };
    println!("{}", entry.number);
    line("Unit", &entry.unit);
    line("Arrived", &format!("{} (by {})", clock::second(entry.arrival.arrived_at), entry.arrival.source));
    line("Registered", &clock::second(entry.registered_at));
    line("Description", &details.public_description);
    line("Type", &details.document_type);
    line("Case", &details.case_reference);
    line("Secrecy", [details.confidentiality.word(), &details.provision].join(" ").trim());
    line("State", [details.state.word(), &details.decision].join(" ").trim());
    line("Due", &details.due_at.map(clock::second).unwrap_or_default());
    let stage = match &entry.stage {
        Stage::Held { resume, reason } => format!("held at {resume}: {reason}"),
        stage => stage.name().to_string(),
    };
    line("Stage", &stage);
    if entry.backlog {
        line("", &format!("backlog: not answered and not removed before inkom adopt {}", entry.mailbox));
    }
    if let Some(summary) = &details.summary {
        let list = |addresses: &[crate::message::Address]| {
            addresses.iter().map(|one| one.address.as_str()).collect::<Vec<_>>().join(", ")
        };
        line("From", &format!("{} (unverified)", list(&summary.from)));
        line("To", &list(&summary.to));
        line("Cc", &list(&summary.cc));
        line("Subject", summary.subject.as_deref().unwrap_or_default());
        for attachment in &summary.attachments {
            let name = attachment.name.as_deref().unwrap_or("(no name)");
            line("Attachment", &format!("{name}, {}, {} bytes", attachment.media_type, attachment.size_bytes));
        }
        for defect in &summary.defects {
            line("Note", defect);
        }
    }
    for (label, text) in details.triage.iter().flat_map(facts::lines) {
        line(label, &text);
    }
    line("Original", &format!("{} bytes, SHA-256", entry.raw_size_bytes));
    line("", &details.raw.to_string());
    line("PDF", details.pdf.map_or("", |_| "SHA-256"));
    line("", &details.pdf.map(|pdf| pdf.to_string()).unwrap_or_default());
    line("Reply", &format!("{} ({})", details.reply, details.reply_reason));
    if let Some(reply) = reply {
        line(
            "",
            &format!(
                "{}:2 to {}, text {} version {}",
                entry.number, reply.recipient, reply.text_document, reply.text_version
            ),
        );
        line("", reply.trouble.map(crate::model::Trouble::advice).unwrap_or_default());
    }
    line("Gone", &details.original_gone_at.map(clock::second).unwrap_or_default());
}

/// One entry as a JSON object. The keys are a promise to those who read them: docs/diary-json.md.
#[derive(Serialize)]
struct Json<'a> {
    number: String,
    mailbox: &'a str,
    folder: &'a str,
    unit: &'a str,
    hsa_id: &'a str,
    channel: &'static str,
    public_description: &'a str,
    confidentiality: &'static str,
    provision: Option<&'a str>,
    document_type: Option<&'a str>,
    case_reference: Option<&'a str>,
    sender_type: &'a str,
    state: &'static str,
    decision: Option<&'a str>,
    due_at: Option<String>,
    arrived_on: String,
    arrived_at: String,
    arrival_source: &'static str,
    internal_date: String,
    fetched_at: String,
    date_header: Option<&'a str>,
    registered_at: String,
    registered_by: &'a str,
    stage: &'static str,
    held_reason: Option<&'static str>,
    backlog: bool,
    message_id: Option<&'a str>,
    duplicate: bool,
    summary: Option<&'a Summary>,
    triage: Option<&'a triage::Facts>,
    original_sha256: String,
    original_size_bytes: u64,
    pdf_sha256: Option<String>,
    reply: Option<&'a str>,
    reply_reason: Option<&'a str>,
    reply_message: Option<JsonReply<'a>>,
    original_gone_at: Option<String>,
}

#[derive(Serialize)]
struct JsonReply<'a> {
    recipient: &'a str,
    state: &'static str,
    trouble: Option<&'static str>,
    message_id: &'a str,
    text_document: &'a str,
    text_version: &'a str,
    text_sha256: String,
    letter_sha256: String,
    queued_at: String,
    sent_at: Option<String>,
}

impl<'a> Json<'a> {
    fn of(details: &'a EntryDetails, reply: Option<&'a ReplyRow>) -> Self {
        let entry = &details.entry;
        let filled = |text: &'a str| (!text.is_empty()).then_some(text);
        Self {
            number: entry.number.to_string(),
            mailbox: &entry.mailbox,
            folder: &entry.folder,
            unit: &entry.unit,
            hsa_id: &details.hsa_id,
            channel: details.channel.word(),
            public_description: &details.public_description,
            confidentiality: details.confidentiality.word(),
            provision: filled(&details.provision),
            document_type: filled(&details.document_type),
            case_reference: filled(&details.case_reference),
            sender_type: &details.sender_type,
            state: details.state.word(),
            decision: filled(&details.decision),
            due_at: details.due_at.map(|at| at.to_string()),
            arrived_on: clock::day(entry.arrival.arrived_at).to_string(),
            arrived_at: entry.arrival.arrived_at.to_string(),
            arrival_source: entry.arrival.source.word(),
            internal_date: entry.arrival.internal_date.to_string(),
            fetched_at: entry.arrival.fetched_at.to_string(),
            date_header: filled(&details.date_header),
            registered_at: entry.registered_at.to_string(),
            registered_by: &details.registered_by,
            stage: entry.stage.name().word(),
            held_reason: match &entry.stage {
                Stage::Held { reason, .. } => Some(reason.word()),
                _ => None,
            },
            backlog: entry.backlog,
            message_id: filled(&details.message_id),
            duplicate: details.duplicate_of.is_some(),
            summary: details.summary.as_ref(),
            triage: details.triage.as_ref(),
            original_sha256: details.raw.to_string(),
            original_size_bytes: entry.raw_size_bytes,
            pdf_sha256: details.pdf.map(|pdf| pdf.to_string()),
            reply: filled(&details.reply),
            reply_reason: filled(&details.reply_reason),
            reply_message: reply.map(|reply| JsonReply {
                recipient: &reply.recipient,
                state: reply.state.word(),
                trouble: reply.trouble.map(crate::model::Trouble::word),
                message_id: &reply.message_id,
                text_document: &reply.text_document,
                text_version: &reply.text_version,
                text_sha256: reply.text_digest.to_string(),
                letter_sha256: reply.letter.to_string(),
                queued_at: reply.queued_at.to_string(),
                sent_at: reply.sent_at.map(|at| at.to_string()),
            }),
            original_gone_at: details.original_gone_at.map(|at| at.to_string()),
        }
    }
}
