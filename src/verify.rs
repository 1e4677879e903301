//! Proves the diary: numbers without gaps, kept bytes complete and unchanged, the audit chain intact.

use anyhow::Result;

use crate::diary::{Diary, EntryDetails, Tx};
use crate::model::{ChainHash, Digest, EntryId, Stage};

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
    report.numbers(&mut tx).await?;
    report.kept(&mut tx, &mut progress).await?;
    report.chain(&mut tx).await?;
    for digest in tx.strays().await? {
        report.faults.push(format!("kept bytes {digest}: no document refers to them"));
    }
    Ok(report)
}

impl Report {
    async fn numbers(&mut self, tx: &mut Tx) -> Result<()> {
        for series in tx.series().await? {
            self.series += 1;
            let name = format!("series {} {}", series.series, series.year);
            if series.entries != series.last - series.first + 1 {
                let missing = series.last - series.first + 1 - series.entries;
                self.faults
                    .push(format!("{name}: {missing} of the numbers {} to {} missing", series.first, series.last));
            }
            if series.counter != series.last {
                self.faults
                    .push(format!("{name}: the counter says {}, the last entry is {}", series.counter, series.last));
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
            (Stage::Registered { .. } | Stage::Held { .. }, None) => {}
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
        let (mut seq, mut link) = (0, ChainHash::GENESIS);
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
                (seq, link) = (row.seq, row.hash);
                self.audit_rows += 1;
            }
        }
        let (last, head) = tx.chain_head().await?;
        if (last, head) != (seq, link) {
            self.faults.push(format!("audit: the chain should end at row {last}, and ends at row {seq}"));
        }
        Ok(())
    }
}
