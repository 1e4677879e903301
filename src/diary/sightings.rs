//! Where messages lie: what was seen, what is still there, what may go.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::{Entry, EntryId, Sighting, words};

/// How a message left the place where it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// inkom removed it and saw it gone.
    Removed,
    /// Another hand took it away.
    Vanished,
    /// The folder's UIDVALIDITY changed: the name means nothing any more.
    Void,
}

words!(Gone { Removed = "removed", Vanished = "vanished", Void = "void" });

/// An original whose entry has come so far that it may be removed.
#[derive(Clone, Debug)]
pub struct Removable {
    pub entry: Entry,
    pub uid: String,
}

impl Tx {
    /// Binds a place to an entry. Says whether the place was known as gone: then the message has returned.
    pub async fn sight(&mut self, at: &Sighting, entry: EntryId, now: Timestamp) -> Result<bool> {
        let gone = row!(self,
            "select gone_at from sighting where mailbox = $1 and folder = $2 and validity = $3 and uid = $4",
            at.mailbox.as_str(), at.folder.as_str(), i64::from(at.validity), at.uid.as_str(); |row| row.yes("gone_at"))?;
        execute!(
            self,
            "insert into sighting (mailbox, folder, validity, uid, entry_id, seen_at, gone_at, gone_how, attempts)
             values ($1, $2, $3, $4, $5, $6, 0, '', 0)
             on conflict (mailbox, folder, validity, uid)
             do update set entry_id = $5, seen_at = $6, gone_at = 0, gone_how = '', attempts = sighting.attempts + 1",
            at.mailbox.as_str(),
            at.folder.as_str(),
            i64::from(at.validity),
            at.uid.as_str(),
            entry.0,
            now.as_millisecond(),
        );
        Ok(gone == Some(true))
    }

    /// What is known to lie in a folder, with the entry it belongs to.
    pub async fn there(&mut self, mailbox: &str, folder: &str, validity: u32) -> Result<HashMap<String, EntryId>> {
        Ok(rows!(self,
            "select uid, entry_id from sighting where mailbox = $1 and folder = $2 and validity = $3 and gone_at = 0",
            mailbox, folder, i64::from(validity); |row| Ok((row.text("uid")?, EntryId(row.int("entry_id")?))))?
        .into_iter()
        .collect())
    }

    /// Whether a place was ever bound to an entry.
    pub async fn is_sighted(&mut self, at: &Sighting) -> Result<bool> {
        Ok(row!(self,
            "select entry_id from sighting where mailbox = $1 and folder = $2 and validity = $3 and uid = $4",
            at.mailbox.as_str(), at.folder.as_str(), i64::from(at.validity), at.uid.as_str(); |row| row.int("entry_id"))?
        .is_some())
    }

    /// Whether the entry's original is known to lie anywhere.
    pub async fn lies_somewhere(&mut self, entry: EntryId) -> Result<bool> {
        Ok(row!(self, "select uid from sighting where entry_id = $1 and gone_at = 0 limit 1", entry.0; |row| row.text("uid"))?.is_some())
    }

    /// How often the entry's original was removed since then, wherever it came back.
    pub async fn removals_since(&mut self, entry: EntryId, since: Timestamp) -> Result<i64> {
        Ok(row!(self,
            "select cast(count(*) + coalesce(sum(attempts), 0) as bigint) as n from sighting
             where entry_id = $1 and (gone_how = 'removed' or attempts > 0) and seen_at > $2",
            entry.0, since.as_millisecond(); |row| row.int("n"))?
        .unwrap_or_default())
    }

    /// The places of an entry mean nothing any more: what lies there is fetched anew.
    pub async fn forget_places(&mut self, entry: EntryId, now: Timestamp) -> Result<()> {
        execute!(
            self,
            "update sighting set gone_at = $2, gone_how = 'void' where entry_id = $1 and gone_at = 0",
            entry.0,
            now.as_millisecond()
        );
        Ok(())
    }

    /// Names of an old UIDVALIDITY mean nothing any more. Gives how many there were.
    pub async fn void_other_validities(
        &mut self,
        mailbox: &str,
        folder: &str,
        validity: u32,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(execute!(
            self,
            "update sighting set gone_at = $4, gone_how = 'void'
             where mailbox = $1 and folder = $2 and validity <> $3 and gone_at = 0",
            mailbox,
            folder,
            i64::from(validity),
            now.as_millisecond(),
        ))
    }

    pub async fn gone(&mut self, at: &Sighting, how: Gone, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "update sighting set gone_at = $5, gone_how = $6
             where mailbox = $1 and folder = $2 and validity = $3 and uid = $4 and gone_at = 0",
            at.mailbox.as_str(),
            at.folder.as_str(),
            i64::from(at.validity),
            at.uid.as_str(),
            now.as_millisecond(),
            how.word(),
        );
        exactly_one(rows, "noting that a message is gone")
    }

    /// A removal did not take. Gives how often it was tried by now.
    pub async fn removal_failed(&mut self, at: &Sighting) -> Result<i64> {
        row!(self,
            "update sighting set attempts = attempts + 1
             where mailbox = $1 and folder = $2 and validity = $3 and uid = $4 returning attempts",
            at.mailbox.as_str(), at.folder.as_str(), i64::from(at.validity), at.uid.as_str(); |row| row.int("attempts"))?
        .with_context(|| format!("the removal of {at} failed, which was never seen"))
    }

    /// Originals in a folder whose entries are answered (or were done before the message was met again), by entry.
    pub async fn removable(
        &mut self,
        mailbox: &str,
        folder: &str,
        validity: u32,
        after: EntryId,
        limit: u32,
    ) -> Result<Vec<Removable>> {
        rows!(self,
            "select e.*, s.uid from sighting s join entry e on e.id = s.entry_id
             where s.mailbox = $1 and s.folder = $2 and s.validity = $3 and s.gone_at = 0
             and e.stage in ('answered', 'done') and e.backlog = 0 and e.id > $4
             order by e.id limit $5",
            mailbox, folder, i64::from(validity), after.0, i64::from(limit);
            |row| Ok(Removable { entry: super::entries::entry(row)?, uid: row.text("uid")? }))
    }

    /// All places of an entry: where, and how it left, if it did.
    pub async fn sightings(&mut self, entry: EntryId) -> Result<Vec<(Sighting, Option<Gone>)>> {
        rows!(self, "select * from sighting where entry_id = $1 order by seen_at, uid", entry.0; |row| {
            let at = Sighting {
                mailbox: row.text("mailbox")?,
                folder: row.text("folder")?,
                validity: u32::try_from(row.int("validity")?)?,
                uid: row.text("uid")?,
            };
            let gone = if row.yes("gone_at")? { Some(row.word::<Gone>("gone_how")?) } else { None };
            Ok((at, gone))
        })
    }
}
