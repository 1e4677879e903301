use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::ConfigArg;
use crate::diary::Diary;
use crate::model::{AuditAction, AuditEvent};

/// Adopts a mailbox's backlog: from now on it is treated like all other mail.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The mailbox's name in the configuration.
    name: String,
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
        let adopted = adopt(&opened.diary, &mailbox.name, &mailbox.unit, &opened.actor, opened.clock.now()).await?;
        println!("Adopted {}: {adopted} messages of its backlog go their way now.", self.name);
        println!(
            "What is older than {} h is registered and removed, and not answered (reply.max_age_hours).",
            config.reply.max_age_hours
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Gives how many entries were adopted.
pub async fn adopt(diary: &Diary, name: &str, unit: &str, actor: &str, now: jiff::Timestamp) -> Result<u64> {
    let mut tx = diary.write().await?;
    let adopted = tx.adopt(name, now).await?;
    let (actor, unit, payload) = (actor.to_owned(), unit.to_owned(), format!("mailbox={name} entries={adopted}"));
    tx.audit(&AuditEvent { at: now, actor, action: AuditAction::Adopted, unit, entry: None, payload }).await?;
    tx.commit().await?;
    Ok(adopted)
}
