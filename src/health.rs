//! How it goes: gathered once for systemd's status line, the page and the metrics. What has gone quiet is told to the log
//! once.
//!
//! Promises: nothing here is of a person, neither one who wrote nor one who signs in.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tracing::error;

use crate::clock::{self, Clock};
use crate::config::{self, Config, GovernedText, Validity};
use crate::diary::{AlarmName, Diary, FolderState, HandoverTrouble, ReplyState};
use crate::model::words;
use crate::pulse::Pulse;
use crate::tls;

/// Less than this and a large message may not fit.
const DISK_LOW_BYTES: u64 = 1_000_000_000;
/// Less than this, and whoever renews certificates has forgotten this one.
const CERTIFICATE_LOW: SignedDuration = SignedDuration::from_hours(14 * 24);
/// No step takes so long.
const STUCK: Duration = Duration::from_mins(4);

/// What it takes to look.
#[derive(Debug)]
pub struct Watch {
    config: Arc<Config>,
    text: Arc<GovernedText>,
    diary: Diary,
    clock: Clock,
    pulse: Pulse,
    started: Timestamp,
}

/// How it is at one moment.
#[derive(Debug)]
pub struct Facts {
    pub now: Timestamp,
    pub started: Timestamp,
    pub mailboxes: Vec<MailboxFacts>,
    /// Since when no reply is sent.
    pub breaker: Option<Timestamp>,
    /// Entries that wait for a person, by unit.
    pub held: Vec<(String, u64)>,
    pub replies: Vec<(ReplyState, u64)>,
    /// Entries that do not get on to the record, by what is in the way.
    pub hindered: Vec<(HandoverTrouble, u64)>,
    /// Entries that the record system has not answered for too long.
    pub unanswered: u64,
    /// Entries registered, by series, of all years.
    pub registered: Vec<(String, u64)>,
    pub text: TextFacts,
    /// None when it cannot be looked at.
    pub disk: Option<Disk>,
    pub database_bytes: u64,
    /// Of the pages, if they have one of their own.
    pub certificate: Option<CertificateFacts>,
    /// A loop that has stood still for too long.
    pub stuck: Option<String>,
}

#[derive(Debug)]
pub struct MailboxFacts {
    pub name: String,
    pub unit: String,
    pub folders: Vec<FolderFacts>,
    /// The last successful poll of the folder that has gone without one for longest.
    pub polled_at: Option<Timestamp>,
    pub is_quiet: bool,
    /// Entries that wait for `inkom adopt`.
    pub backlog: u64,
}

#[derive(Debug)]
pub struct FolderFacts {
    pub name: String,
    /// None before the first poll.
    pub state: Option<FolderState>,
}

/// The prescribed text.
#[derive(Debug)]
pub struct TextFacts {
    pub document_id: String,
    pub version: String,
    pub until: Date,
    pub validity: Validity,
}

/// Where the diary lies.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    pub free_bytes: u64,
    pub size_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFacts {
    Until(Timestamp),
    Unreadable,
}

/// What someone has to do something about, the most pressing first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    Stuck { task: String },
    DiskLow { free_bytes: u64 },
    Quiet { mailbox: String, since: Option<Timestamp> },
    Breaker { since: Timestamp },
    CertificateUnreadable,
    CertificateExpired { at: Timestamp },
    Ledger { mailbox: String, folder: String },
    Held { entries: u64 },
    RepliesStopped { replies: u64 },
    HandoversStopped { trouble: HandoverTrouble, entries: u64 },
    ReceiptsLate { entries: u64 },
    TextExpired { until: Date },
    CertificateNearExpiry { at: Timestamp },
    TextNearExpiry { until: Date },
    Backlog { mailbox: String, entries: u64 },
}

/// What a problem is called where alarms are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemName {
    Stuck,
    DiskLow,
    MailboxQuiet,
    SendingStopped,
    CertificateUnreadable,
    CertificateExpired,
    LedgerMismatch,
    EntriesHeld,
    RepliesStopped,
    HandoversStopped,
    ReceiptsLate,
    TextExpired,
    CertificateNearExpiry,
    TextNearExpiry,
    Backlog,
}

words!(ProblemName {
    Stuck = "stuck",
    DiskLow = "disk-low",
    MailboxQuiet = "mailbox-quiet",
    SendingStopped = "sending-stopped",
    CertificateUnreadable = "certificate-unreadable",
    CertificateExpired = "certificate-expired",
    LedgerMismatch = "ledger-mismatch",
    EntriesHeld = "entries-held",
    RepliesStopped = "replies-stopped",
    HandoversStopped = "handovers-stopped",
    ReceiptsLate = "receipts-late",
    TextExpired = "text-expired",
    CertificateNearExpiry = "certificate-near-expiry",
    TextNearExpiry = "text-near-expiry",
    Backlog = "backlog",
});

impl Watch {
    /// Looks from now on.
    pub fn new(config: Arc<Config>, text: Arc<GovernedText>, diary: Diary, clock: Clock, pulse: Pulse) -> Self {
        Self { config, text, diary, clock, pulse, started: clock.now() }
    }

    pub async fn facts(&self) -> Result<Facts> {
        let now = self.clock.now();
        let mut tx = self.diary.read().await?;
        let folders = tx.folders().await?;
        let mut mailboxes = Vec::new();
        for mailbox in &self.config.mailboxes {
            let backlog = tx.backlog(&mailbox.name).await?;
            mailboxes.push(self.mailbox(mailbox, &folders, backlog, now));
        }
        let mut held: Vec<(String, u64)> = Vec::new();
        for entry in tx.held().await? {
            match held.iter_mut().find(|(unit, _)| *unit == entry.unit) {
                Some((_, count)) => *count += 1,
                None => held.push((entry.unit, 1)),
            }
        }
        let mut hindered: Vec<(HandoverTrouble, u64)> = Vec::new();
        for trouble in tx.hindered_handovers().await?.iter().filter_map(|row| row.trouble) {
            match hindered.iter_mut().find(|(of, _)| *of == trouble) {
                Some((_, count)) => *count += 1,
                None => hindered.push((trouble, 1)),
            }
        }
        let unanswered = match &self.config.handover {
            Some(handover) => tx.count_unanswered(now - handover.receipt_wait()).await?,
            None => 0,
        };
        let alarms = tx.alarms().await?;
        let breaker = alarms.iter().find(|alarm| alarm.name == AlarmName::Breaker).map(|alarm| alarm.since);
        let (replies, registered) = (tx.count_replies().await?, tx.count_numbers().await?);
        drop(tx);
        let certificate = self.config.web.as_ref().and_then(|web| web.tls.as_ref()).map(|tls| {
            tls::server::ends_at(&tls.certificate_file).map_or(CertificateFacts::Unreadable, CertificateFacts::Until)
        });
        Ok(Facts {
            now,
            started: self.started,
            mailboxes,
            breaker,
            held,
            replies,
            hindered,
            unanswered,
            registered,
            text: TextFacts {
                document_id: self.text.document_id.clone(),
                version: self.text.version.clone(),
                until: self.text.stands_until(),
                validity: self.text.validity(clock::day(now)),
            },
            disk: Disk::of(&self.config.state_dir),
            database_bytes: self.diary.size_bytes().await?,
            certificate,
            stuck: self.pulse.stillest().filter(|(_, still)| *still >= STUCK).map(|(task, _)| task),
        })
    }

    fn mailbox(&self, of: &config::Mailbox, all: &[FolderState], backlog: u64, now: Timestamp) -> MailboxFacts {
        let folder = |name: &String| FolderFacts {
            name: name.clone(),
            state: all.iter().find(|state| state.mailbox == of.name && state.folder == *name).cloned(),
        };
        let folders: Vec<_> = of.folders.iter().map(folder).collect();
        // The folder that has gone without a successful poll for longest speaks for the mailbox.
        let polled_at = folders.iter().map(|folder| folder.state.as_ref().map(|state| state.polled_at)).min().flatten();
        let limit = i64::try_from(self.config.alarm.no_poll_minutes).unwrap_or(i64::MAX / 60);
        let since = polled_at.unwrap_or(self.started).max(self.started);
        MailboxFacts {
            name: of.name.clone(),
            unit: of.unit.clone(),
            folders,
            polled_at,
            is_quiet: now.duration_since(since) > SignedDuration::from_mins(limit),
            backlog,
        }
    }
}

impl Disk {
    /// Of the folder, or of the nearest above it that exists.
    pub fn of(folder: &Path) -> Option<Self> {
        let folder = folder.ancestors().find(|folder| folder.exists())?;
        let stat = rustix::fs::statvfs(folder).ok()?;
        Some(Self {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            size_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    pub const fn is_low(self) -> bool {
        self.free_bytes < DISK_LOW_BYTES
    }
}

/// How a certificate that ends then stands now.
pub fn certificate_problem(ends_at: Timestamp, now: Timestamp) -> Option<Problem> {
    match ends_at.duration_since(now) {
        left if left <= SignedDuration::ZERO => Some(Problem::CertificateExpired { at: ends_at }),
        left if left < CERTIFICATE_LOW => Some(Problem::CertificateNearExpiry { at: ends_at }),
        _ => None,
    }
}

impl FolderFacts {
    /// Whether all that the last poll saw is accounted for.
    pub fn is_accounted_for(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state.poll.held == 0 && state.poll.balances())
    }
}

impl Facts {
    /// The most pressing first.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.stuck.iter().map(|task| Problem::Stuck { task: task.clone() }));
        problems.extend(
            self.disk.filter(|disk| disk.is_low()).map(|disk| Problem::DiskLow { free_bytes: disk.free_bytes }),
        );
        let quiet = self.mailboxes.iter().filter(|mailbox| mailbox.is_quiet);
        problems
            .extend(quiet.map(|mailbox| Problem::Quiet { mailbox: mailbox.name.clone(), since: mailbox.polled_at }));
        problems.extend(self.breaker.map(|since| Problem::Breaker { since }));
        let certificate = match self.certificate {
            Some(CertificateFacts::Until(ends_at)) => certificate_problem(ends_at, self.now),
            Some(CertificateFacts::Unreadable) => Some(Problem::CertificateUnreadable),
            None => None,
        };
        let is_near = matches!(certificate, Some(Problem::CertificateNearExpiry { .. }));
        problems.extend(certificate.clone().filter(|_| !is_near));
        for mailbox in &self.mailboxes {
            let missing = mailbox.folders.iter().filter(|folder| !folder.is_accounted_for());
            problems.extend(
                missing.map(|folder| Problem::Ledger { mailbox: mailbox.name.clone(), folder: folder.name.clone() }),
            );
        }
        let held: u64 = self.held.iter().map(|(_, count)| count).sum();
        problems.extend((held > 0).then_some(Problem::Held { entries: held }));
        let is_stopped = |state| matches!(state, ReplyState::Held | ReplyState::Unsure);
        let stopped: u64 = self.replies.iter().filter(|(state, _)| is_stopped(*state)).map(|(_, count)| count).sum();
        problems.extend((stopped > 0).then_some(Problem::RepliesStopped { replies: stopped }));
        let hindered = self.hindered.iter();
        problems.extend(hindered.map(|&(trouble, entries)| Problem::HandoversStopped { trouble, entries }));
        problems.extend((self.unanswered > 0).then_some(Problem::ReceiptsLate { entries: self.unanswered }));
        let until = self.text.until;
        problems.extend((self.text.validity == Validity::Expired).then_some(Problem::TextExpired { until }));
        problems.extend(certificate.filter(|_| is_near));
        problems.extend((self.text.validity == Validity::NearExpiry).then_some(Problem::TextNearExpiry { until }));
        let backlog = self.mailboxes.iter().filter(|mailbox| mailbox.backlog > 0);
        problems.extend(
            backlog.map(|mailbox| Problem::Backlog { mailbox: mailbox.name.clone(), entries: mailbox.backlog }),
        );
        problems
    }

    /// In a line: each mailbox's last successful poll, then what waits for a person.
    pub fn line(&self) -> String {
        let mailbox = |mailbox: &MailboxFacts| {
            let said =
                mailbox.polled_at.map_or_else(|| "not polled yet".into(), |at| format!("polled {}", clock::minute(at)));
            let alarm = if mailbox.is_quiet { "NO SUCCESSFUL POLL, " } else { "" };
            let missing = mailbox.folders.iter().any(|folder| !folder.is_accounted_for());
            let ledger = if missing { ", LEDGER MISMATCH" } else { "" };
            format!("{}: {alarm}{said}{ledger}", mailbox.name)
        };
        let mut parts: Vec<String> = self.mailboxes.iter().map(mailbox).collect();
        parts.extend(self.problems().iter().filter_map(Problem::line));
        parts.join("; ")
    }
}

impl Problem {
    pub const fn name(&self) -> ProblemName {
        match self {
            Self::Stuck { .. } => ProblemName::Stuck,
            Self::DiskLow { .. } => ProblemName::DiskLow,
            Self::Quiet { .. } => ProblemName::MailboxQuiet,
            Self::Breaker { .. } => ProblemName::SendingStopped,
            Self::CertificateUnreadable => ProblemName::CertificateUnreadable,
            Self::CertificateExpired { .. } => ProblemName::CertificateExpired,
            Self::Ledger { .. } => ProblemName::LedgerMismatch,
            Self::Held { .. } => ProblemName::EntriesHeld,
            Self::RepliesStopped { .. } => ProblemName::RepliesStopped,
            Self::HandoversStopped { .. } => ProblemName::HandoversStopped,
            Self::ReceiptsLate { .. } => ProblemName::ReceiptsLate,
            Self::TextExpired { .. } => ProblemName::TextExpired,
            Self::CertificateNearExpiry { .. } => ProblemName::CertificateNearExpiry,
            Self::TextNearExpiry { .. } => ProblemName::TextNearExpiry,
            Self::Backlog { .. } => ProblemName::Backlog,
        }
    }

    /// Whether inkom itself does not do what it should, rather than leaves something to a person as it was built to.
    pub const fn is_outage(&self) -> bool {
        match self {
            Self::Stuck { .. }
            | Self::DiskLow { .. }
            | Self::Quiet { .. }
            | Self::Breaker { .. }
            | Self::CertificateUnreadable
            | Self::CertificateExpired { .. } => true,
            Self::HandoversStopped { trouble, .. } => trouble.is_of_the_folder(),
            Self::Ledger { .. }
            | Self::Held { .. }
            | Self::RepliesStopped { .. }
            | Self::ReceiptsLate { .. }
            | Self::TextExpired { .. }
            | Self::CertificateNearExpiry { .. }
            | Self::TextNearExpiry { .. }
            | Self::Backlog { .. } => false,
        }
    }

    /// For the status line, where the mailboxes speak for themselves and what is merely near does not stand.
    fn line(&self) -> Option<String> {
        match self {
            Self::Quiet { .. } | Self::Ledger { .. } | Self::TextNearExpiry { .. } => None,
            Self::Stuck { task } => Some(format!("{task} STANDS STILL")),
            Self::DiskLow { free_bytes } => Some(format!("DISK LOW, {} MB free", free_bytes / 1_000_000)),
            Self::Breaker { .. } => Some("SENDING STOPPED (inkom outbox resume)".into()),
            Self::CertificateUnreadable => Some("the certificate of the pages cannot be read (inkom check)".into()),
            Self::CertificateExpired { .. } => Some("THE CERTIFICATE OF THE PAGES HAS EXPIRED".into()),
            Self::Held { entries } => Some(format!("{entries} held (inkom held list)")),
            Self::RepliesStopped { replies } => Some(format!("{replies} replies not sent (inkom outbox list)")),
            Self::HandoversStopped { trouble, entries } => Some(format!("{entries} not handed over ({trouble})")),
            Self::ReceiptsLate { entries } => Some(format!("{entries} without a receipt for too long")),
            Self::TextExpired { .. } => Some("the reply text has expired".into()),
            Self::CertificateNearExpiry { at } => {
                Some(format!("the certificate of the pages ends {}", clock::minute(*at)))
            }
            Self::Backlog { mailbox, entries } => Some(format!("{entries} wait for inkom adopt {mailbox}")),
        }
    }
}

/// Looks again and again, and tells the log of mailboxes that have gone quiet.
#[derive(Debug)]
pub struct Health {
    watch: Arc<Watch>,
    /// Mailboxes whose silence has been told.
    quiet: Vec<String>,
}

impl Health {
    pub fn new(watch: Arc<Watch>) -> Self {
        Self { watch, quiet: Vec::new() }
    }

    /// How it goes, in a line.
    pub async fn look(&mut self) -> Result<String> {
        let facts = self.watch.facts().await?;
        for MailboxFacts { name, is_quiet, .. } in &facts.mailboxes {
            let told = self.quiet.contains(name);
            if *is_quiet && !told {
                let minutes = self.watch.config.alarm.no_poll_minutes;
                error!(mailbox = name, "No successful poll of {name} for {minutes} minutes");
                self.quiet.push(name.clone());
            } else if !is_quiet && told {
                self.quiet.retain(|other| other != name);
            }
        }
        Ok(facts.line())
    }
}
