//! The whole daemon on made-up mail: a fresh folder with a Maildir, SQLite and replies as files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use super::adopt::adopt;
use super::diary::overview;
use super::{actor, run};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::Daemon;
use crate::diary::{Diary, EntryDetails, ReplyState};
use crate::model::{Role, Stage};
use crate::web;

/// Shows the whole way of a message on made-up mail.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder to work in, which must be new or empty.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// End when all mail is handled, instead of waiting for more.
    #[arg(long)]
    once: bool,
}

macro_rules! mail {
    ($($name:literal),* $(,)?) => { &[$(($name, include_bytes!(concat!("../../fixtures/", $name)))),*] };
}

/// Made-up mail of every kind a clinic gets.
const MAIL: &[(&str, &[u8])] = mail![
    "mail/plain-swedish.eml",
    "mail/latin1.eml",
    "mail/outlook-html.eml",
    "mail/iphone-short.eml",
    "mail/attachments.eml",
    "mail/english.eml",
    "mail/urgent.eml",
    "mail/no-message-id.eml",
    "mail/empty-body.eml",
    "mail/out-of-office.eml",
    "mail/newsletter.eml",
    "mail/bounce.eml",
    "morning/relative.eml",
    "morning/journalist.eml",
    "morning/invoice.eml",
    "morning/misdirected.eml",
    "morning/again.eml",
    "morning/spam.eml",
    "morning/invitation.eml",
];

impl Demo {
    pub async fn run(&self) -> Result<ExitCode> {
        let dir = self.fresh_folder()?;
        let config = prepare(&dir)?;
        let diary = Diary::prepare(&config).await?;
        let mailbox = &config.mailboxes[0];
        let mailbox_unit = mailbox.unit.clone();
        adopt(&diary, mailbox, &mailbox.folders, &actor(), Clock::default().now()).await?;
        for (name, bytes) in MAIL {
            std::fs::write(dir.join("mail/new").join(name.replace('/', "-")), bytes)
                .with_context(|| format!("deliver {name}"))?;
        }
        let shown = dir.display();
        println!("inkom demo: {} made-up messages lie in {shown}/mail\n", MAIL.len());
        let daemon = Daemon::start(config, Clock::default()).await?;
        let diary_of_daemon = daemon.diary.clone();
        let stop = run::asked_to_stop()?;
        if let Some(origin) = &daemon.origin {
            let link = guest(&diary, &mailbox_unit).await?;
            println!("Reception's queue, signed in by this link, which works once:\n\n  {origin}{link}\n");
        }
        let once = self.once;
        let pdf_dir = dir.join("pdf");
        let watch = async move {
            let mut watcher = Watcher { diary: diary_of_daemon, pdf_dir, written: 0 };
            let handled = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    if watcher.write_pdfs().await.is_ok_and(|settled| settled >= MAIL.len()) && once {
                        return;
                    }
                }
            };
            tokio::select! {
                () = handled => {}
                () = stop => {}
            }
        };
        if !once {
            println!("Drop another .eml into {shown}/mail/new while it runs. Ctrl-C ends it.\n");
        }
        daemon.run(watch).await?;
        self.sum_up(&dir, &diary).await?;
        diary.close().await;
        Ok(ExitCode::SUCCESS)
    }

    fn fresh_folder(&self) -> Result<PathBuf> {
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None => tempfile::Builder::new().prefix("inkom-demo-").tempdir().context("make a folder")?.keep(),
        };
        std::fs::create_dir_all(&dir).with_context(|| format!("--dir {}: create the folder", dir.display()))?;
        let dir = dir.canonicalize().context("find the folder")?;
        let empty = std::fs::read_dir(&dir).with_context(|| format!("read {}", dir.display()))?.next().is_none();
        ensure!(empty, "--dir {}: the folder is not empty; name a new one", dir.display());
        Ok(dir)
    }

    async fn sum_up(&self, dir: &Path, diary: &Diary) -> Result<()> {
        let mut tx = diary.read().await?;
        let mut entries = tx.newest(1000).await?;
        entries.reverse();
        let replies = tx.count_replies().await?;
        let sent = replies.iter().find(|(state, _)| *state == ReplyState::Sent).map_or(0, |(_, count)| *count);
        let shown = dir.display();
        println!("\n{}", overview(&entries));
        println!("{} registered, {sent} answered, {} left in the mailbox.\n", entries.len(), left(dir)?);
        println!("The PDFs     {shown}/pdf");
        println!("The replies  {shown}/replies");
        println!("The diary    inkom diary --config {shown}/inkom.toml");
        println!("Its proof    inkom verify --config {shown}/inkom.toml");
        Ok(())
    }
}

fn left(dir: &Path) -> Result<usize> {
    let mut left = 0;
    for folder in ["mail/new", "mail/cur"] {
        left += std::fs::read_dir(dir.join(folder))?.count();
    }
    Ok(left)
}

/// Writes the configuration and the folders it names, and reads it back as any command would.
fn prepare(dir: &Path) -> Result<Config> {
    for folder in ["mail/new", "mail/cur", "mail/tmp", "replies", "pdf"] {
        std::fs::create_dir_all(dir.join(folder)).with_context(|| format!("create {folder}"))?;
    }
    std::fs::write(dir.join("reply.toml"), include_str!("../../config/reply.toml")).context("write reply.toml")?;
    let path = dir.join("inkom.toml");
    let state_dir = serde_json::to_string(dir.to_str().context("--dir: name a folder whose path is UTF-8")?)?;
    std::fs::write(&path, include_str!("demo.toml").replace("\"STATE_DIR\"", &state_dir))
        .context("write inkom.toml")?;
    Ok(Config::load(&path)?)
}

/// One who may do everything in the demonstration, and a link that signs them in.
async fn guest(diary: &Diary, unit: &str) -> Result<String> {
    let now = Clock::default().now();
    let mut tx = diary.write().await?;
    let person = tx.add_person("Gäst", "", now).await?;
    for role in Role::ALL {
        tx.grant(person, unit, role).await?;
    }
    let link = web::demo_link(&mut tx, person, now).await?;
    tx.commit().await?;
    Ok(link.path)
}

/// Lays each entry's PDF into a folder, for people to look at.
struct Watcher {
    diary: Diary,
    pdf_dir: PathBuf,
    written: usize,
}

impl Watcher {
    /// Gives how many entries nothing more is to be done for.
    async fn write_pdfs(&mut self) -> Result<usize> {
        let mut tx = self.diary.read().await?;
        let entries = tx.newest(1000).await?;
        let mut settled = 0;
        for details in &entries {
            let path = self.pdf_dir.join(format!("{}.pdf", details.entry.number.to_string().replace(' ', "-")));
            if let Some(pdf) = details.pdf.filter(|_| !path.exists()) {
                std::fs::write(&path, tx.kept(&pdf).await?.unwrap_or_default())?;
                self.written += 1;
            }
            settled += usize::from(is_settled(details));
        }
        Ok(settled)
    }
}

fn is_settled(details: &EntryDetails) -> bool {
    matches!(details.entry.stage, Stage::Done(_) | Stage::Held { .. }) && details.reply != "queued"
}
