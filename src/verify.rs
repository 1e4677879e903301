//! Proves the diary: numbers without gaps, kept bytes complete and unchanged, the audit chain intact.

use anyhow::Result;

use crate::diary::{Diary, EntryDetails, ReplyState, SeriesState, Tx};
use crate::model::{AuditAction, AuditEvent, ChainHash, DiaryNumber, Digest, EntryId, Resume, Stage};

const PAGE: u32 = 500;

/// What was looked at, and each fault in a line of its own.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub series: u64,
    pub entries: u64,
    pub kept: u64,
    pub audit_rows: u64,
    pub faults: Vec<String>,
}

/// Reads the whole diary. `progress` hears how many of how many entries have been read.
pub async fn verify(diary: &Diary, mut progress: impl FnMut(u64, u64)) -> Result<Report> {
    let mut report = Report::default();
    if let Err(said) = diary.integrity_check().await? {
        report.faults.push(format!("database: the integrity check says {said:?}"));
    }
    let mut tx = diary.read().await?;
    let numbers = report.numbers(&mut tx).await;
    report.unreadable("numbers", numbers);
    let kept = report.kept(&mut tx, &mut progress).await;
    report.unreadable("entries", kept);
    let chain = report.chain(&mut tx).await;
    report.unreadable("audit", chain);
    for digest in tx.strays().await? {
        report.faults.push(format!("kept bytes {digest}: no document refers to them"));
    }
    Ok(report)
}

impl Report {
    /// What cannot even be read is a fault like others, and hides none of another kind.
    fn unreadable(&mut self, what: &str, read: Result<()>) {
        if let Err(error) = read {
            self.faults.push(format!("{what}: cannot be read to the end: {error:#}"));
        }
    }

    async fn numbers(&mut self, tx: &mut Tx) -> Result<()> {
        for series in tx.series().await? {
            self.series += 1;
            let SeriesState { first_given, last_given, first, last, entries, .. } = series;
            let name = format!("series {} {}", series.series, series.year);
            if entries > 0 && entries != last - first + 1 {
                let missing = last - first + 1 - entries;
                self.faults.push(format!("{name}: {missing} of the numbers {first} to {last} missing"));
            }
            if (first_given, last_given) != (first, last) {
                self.faults.push(format!(
                    "{name}: the counter has given {first_given} to {last_given}, the entries have {first} to {last}"
                ));
            }
        }
        Ok(())
    }

    async fn kept(&mut self, tx: &mut Tx, progress: &mut impl FnMut(u64, u64)) -> Result<()> {
        let (total, mut after) = (tx.count_entries().await?, EntryId(0));
        loop {
            let page = tx.entries_after(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.entry.id;
            for details in page {
                self.entry(tx, &details).await?;
                self.entries += 1;
                if self.entries.is_multiple_of(100) {
                    progress(self.entries, total);
                }
            }
        }
    }

    async fn entry(&mut self, tx: &mut Tx, details: &EntryDetails) -> Result<()> {
        let number = &details.entry.number;
        self.bytes(tx, &format!("{number}:1"), &details.raw).await?;
        match (&details.entry.stage, &details.pdf) {
            (Stage::Registered { .. } | Stage::Held { resume: Resume::Render, .. }, None) => {}
            (_, Some(pdf)) => self.bytes(tx, &format!("{number} PDF"), pdf).await?,
            (_, None) => self.faults.push(format!("{number}: has no PDF")),
        }
        let documents = tx.documents(details.entry.id).await?;
        if documents.first().is_none_or(|(document, _, digest)| *document != 1 || *digest != details.raw) {
            self.faults.push(format!("{number}: document :1 is missing or another"));
        }
        for (document, _, digest) in documents.iter().filter(|(document, ..)| *document != 1) {
            self.bytes(tx, &format!("{number}:{document}"), digest).await?;
        }
        if let Some(reply) = tx.reply_of(details.entry.id).await?
            && !documents.iter().any(|(document, _, digest)| *document == 2 && *digest == reply.letter)
        {
            if reply.state == ReplyState::Sent {
                self.faults.push(format!("{number}: document :2 is missing or another"));
            }
            self.bytes(tx, &format!("{number} reply"), &reply.letter).await?;
        }
        Ok(())
    }

    async fn bytes(&mut self, tx: &mut Tx, what: &str, digest: &Digest) -> Result<()> {
        self.kept += 1;
        if !tx.is_kept(digest).await? {
            self.faults.push(format!("{what}: the kept bytes {digest} are missing or changed"));
        }
        Ok(())
    }

    async fn chain(&mut self, tx: &mut Tx) -> Result<()> {
        let (mut seq, mut link, mut registered) = (0, ChainHash::GENESIS, 0);
        loop {
            let page = tx.audit_after(seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                if row.seq != seq + 1 {
                    self.faults.push(format!("audit: rows {} to {} are missing", seq + 1, row.seq - 1));
                }
                // Disposal empties payload and salt together; their hash stays in the chain.
                let erased = row.salt.is_empty() && row.event.payload.is_empty();
                if !erased && ChainHash::payload_hash(&row.salt, &row.event.payload) != row.payload_hash {
                    self.faults.push(format!("audit row {}: its payload was changed", row.seq));
                }
                if link.next(row.seq, &row.event, &row.payload_hash) != row.hash {
                    self.faults.push(format!("audit row {}: it does not link to the row before it", row.seq));
                }
                if let Some(number) = &row.event.entry {
                    registered += u64::from(row.event.action == AuditAction::Registered);
                    self.as_audited(tx, number, &row.event).await?;
                }
                (seq, link) = (row.seq, row.hash);
                self.audit_rows += 1;
            }
        }
        let (last, head) = tx.chain_head().await?;
        if (last, head) != (seq, link) {
            self.faults.push(format!("audit: the chain should end at row {last}, and ends at row {seq}"));
        }
        let entries = tx.count_entries().await?;
        if registered != entries {
            self.faults.push(format!("audit: {registered} entries were registered, and there are {entries}"));
        }
        Ok(())
    }

    /// An entry still holds what it was registered and rendered with.
    async fn as_audited(&mut self, tx: &mut Tx, number: &DiaryNumber, event: &AuditEvent) -> Result<()> {
        if !matches!(event.action, AuditAction::Registered | AuditAction::Rendered) {
            return Ok(());
        }
        let Some(details) = tx.entry(number).await? else {
            self.faults.push(format!("{number}: was {}, and is missing", event.action));
            return Ok(());
        };
        let holds = if event.action == AuditAction::Registered { Some(details.raw) } else { details.pdf };
        let then: Option<Digest> = event.payload.strip_prefix("sha256=").and_then(|digest| digest.parse().ok());
        if then.is_some() && then != holds {
            self.faults.push(format!("{number}: was {} with other bytes than it holds", event.action));
        }
        Ok(())
    }
}
