use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;

use super::ConfigArg;
use crate::config;
use crate::diary::{Diary, FolderState};
use crate::model::{AuditAction, AuditEvent};

/// Adopts a mailbox's backlog: from now on it is treated like all other mail.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The mailbox's name in the configuration.
    name: String,
    /// Also before inkom has looked into the mailbox: whatever lies there then is answered and removed like new mail.
    #[arg(long)]
    unseen: bool,
    #[command(flatten)]
    config: ConfigArg,
}

impl Adopt {
    pub async fn run(&self) -> Result<ExitCode> {
        let config = self.config.load()?;
        let Some(mailbox) = config.mailboxes.iter().find(|mailbox| mailbox.name == self.name) else {
            let names: Vec<_> = config.mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
            bail!("{:?} is no mailbox; the configuration has {}", self.name, names.join(", "));
        };
        let opened = self.config.open().await?;
        let folders = if self.unseen { mailbox.folders.clone() } else { met(&opened.diary, mailbox).await? };
        if folders.is_empty() {
            bail!("inkom has not looked into {} yet: start it first, or say --unseen", self.name);
        }
        let adopted = adopt(&opened.diary, mailbox, &folders, &opened.actor, opened.clock.now()).await?;
        println!("Adopted {}: {adopted} messages of its backlog go their way now.", self.name);
        println!(
            "What is older than {} h is registered and removed, and not answered (reply.max_age_hours).",
            config.reply.max_age_hours
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// The folders that have had their first contact.
async fn met(diary: &Diary, mailbox: &config::Mailbox) -> Result<Vec<String>> {
    let folders = diary.read().await?.folders().await?;
    let is_ours = |folder: &FolderState| folder.mailbox == mailbox.name && mailbox.folders.contains(&folder.folder);
    Ok(folders.into_iter().filter(is_ours).map(|folder| folder.folder).collect())
}

/// Gives how many entries were adopted.
pub async fn adopt(
    diary: &Diary,
    mailbox: &config::Mailbox,
    folders: &[String],
    actor: &str,
    now: Timestamp,
) -> Result<u64> {
    let mut tx = diary.write().await?;
    let adopted = tx.adopt(&mailbox.name, folders, now).await?;
    let payload = format!("mailbox={} folders={} entries={adopted}", mailbox.name, folders.join(","));
    let (actor, unit) = (actor.to_owned(), mailbox.unit.clone());
    tx.audit(&AuditEvent { unit, ..AuditEvent::new(now, actor, AuditAction::Adopted, payload) }).await?;
    tx.commit().await?;
    Ok(adopted)
}
