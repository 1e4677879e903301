//! Who did what, chained: each row's hash covers the row before it.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, on, row, rows};
use crate::model::{AuditAction, AuditEvent, ChainHash, DiaryNumber, Digest, Entry, EntryId};

/// An audit row as it is stored.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub seq: i64,
    pub event: AuditEvent,
    pub salt: Vec<u8>,
    pub payload_hash: Digest,
    pub hash: ChainHash,
}

impl Tx {
    /// Adds an event to the chain; it becomes durable with this transaction.
    pub async fn audit(&mut self, event: &AuditEvent) -> Result<()> {
        let (last, before) = match self.chain {
            Some(end) => end,
            None => self.chain_head().await?,
        };
        let seq = last + 1;
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).context("draw a salt")?;
        let payload_hash = ChainHash::payload_hash(&salt, &event.payload);
        let hash = before.next(seq, event, &payload_hash);
        execute!(
            self,
            "insert into audit (seq, at, actor, role, action, unit, entry, salt, payload, payload_hash, hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            seq,
            event.at.as_millisecond(),
            event.actor.as_str(),
            event.role.as_str(),
            event.action.word(),
            event.unit.as_str(),
            event.entry.as_ref().map(ToString::to_string).unwrap_or_default(),
            &salt[..],
            event.payload.as_str(),
            &payload_hash.as_bytes()[..],
            &hash.0.as_bytes()[..],
        );
        self.chain = Some((seq, hash));
        Ok(())
    }

    /// A look at entries, several at once: one row in the chain, and each entry remembers it.
    pub async fn audit_looks(&mut self, event: &AuditEvent, entries: &[EntryId]) -> Result<()> {
        self.audit(event).await?;
        let (seq, _) = self.chain.context("the look was just added")?;
        if entries.is_empty() {
            return Ok(());
        }
        on!(self, connection => {
            let mut insert = QueryBuilder::new("insert into audit_look (entry_id, seq) ");
            insert.push_values(entries, |mut row, entry| {
                row.push_bind(entry.0).push_bind(seq);
            });
            insert.build().execute(connection).await?;
        });
        Ok(())
    }

    /// What the daemon itself did with an entry.
    pub async fn audit_entry(
        &mut self,
        now: Timestamp,
        action: AuditAction,
        entry: &Entry,
        payload: impl Into<String>,
    ) -> Result<()> {
        let (unit, number) = (entry.unit.clone(), Some(entry.number.clone()));
        self.audit(&AuditEvent { unit, entry: number, ..AuditEvent::new(now, "system", action, payload) }).await
    }

    /// The end of the chain as committed.
    pub async fn chain_head(&mut self) -> Result<(i64, ChainHash)> {
        row!(self, "select seq, hash from audit_head where id = 1"; |row| Ok((row.int("seq")?, ChainHash(row.digest("hash")?))))?
            .context("the audit chain has no end: the database was changed by hand")
    }

    /// The link of one row as it stands.
    pub async fn chain_hash(&mut self, seq: i64) -> Result<Option<ChainHash>> {
        row!(self, "select hash from audit where seq = $1", seq; |row| Ok(ChainHash(row.digest("hash")?)))
    }

    /// Whether the daemon has ever run on this diary.
    pub async fn has_started(&mut self) -> Result<bool> {
        let started = AuditAction::Started.word();
        Ok(row!(self, "select seq from audit where action = $1 limit 1", started; |row| row.int("seq"))?.is_some())
    }

    pub(super) async fn write_chain_head(&mut self) -> Result<()> {
        let Some((seq, hash)) = self.chain else { return Ok(()) };
        let rows =
            execute!(self, "update audit_head set seq = $1, hash = $2 where id = 1", seq, &hash.0.as_bytes()[..]);
        exactly_one(rows, "writing the end of the audit chain")
    }

    /// Rows after `seq`, in order.
    pub async fn audit_after(&mut self, seq: i64, limit: u32) -> Result<Vec<AuditRow>> {
        rows!(self, "select * from audit where seq > $1 order by seq limit $2", seq, i64::from(limit); audit_row)
    }

    /// Looks at one entry, in lists and searches too, newest first.
    pub async fn looks_at(&mut self, entry: EntryId, limit: u32) -> Result<Vec<AuditRow>> {
        rows!(self,
            "select audit.* from audit_look join audit on audit.seq = audit_look.seq where audit_look.entry_id = $1
             order by audit_look.seq desc limit $2",
            entry.0, i64::from(limit); audit_row)
    }

    /// Everything that was done with one entry, in order.
    pub async fn audit_of(&mut self, number: &DiaryNumber) -> Result<Vec<AuditRow>> {
        rows!(self, "select * from audit where entry = $1 and entry <> '' order by seq", number.to_string(); audit_row)
    }
}

pub(super) fn audit_row(row: &impl Cells) -> Result<AuditRow> {
    let seq = row.int("seq")?;
    read_audit_row(row, seq).with_context(|| format!("read audit row {seq}"))
}

fn read_audit_row(row: &impl Cells, seq: i64) -> Result<AuditRow> {
    let entry = row.text("entry")?;
    Ok(AuditRow {
        seq,
        event: AuditEvent {
            at: row.time("at")?,
            actor: row.text("actor")?,
            role: row.text("role")?,
            action: row.word::<AuditAction>("action")?,
            unit: row.text("unit")?,
            entry: if entry.is_empty() { None } else { Some(entry.parse()?) },
            payload: row.text("payload")?,
        },
        salt: row.bytes("salt")?,
        payload_hash: row.digest("payload_hash")?,
        hash: ChainHash(row.digest("hash")?),
    })
}
