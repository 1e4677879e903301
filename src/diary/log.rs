//! The audit log in pages, newest first, as those who check it read it.

use anyhow::Result;
use jiff::Timestamp;

use super::Tx;
use super::audit::{AuditRow, audit_row};
use super::cells::Cells as _;
use super::tx::{row, rows};
use crate::model::{AuditAction, DiaryNumber, EntryId};

/// Where rows come from. No two have a row in common, but for two entries that one list showed.
#[derive(Clone, Debug)]
pub enum LogSource {
    /// Rows of this unit.
    Unit(String),
    /// Rows of no unit, such as sign-ins, of this person as the log names them.
    Person(String),
    /// What was done with one entry, and the lists and searches that showed it.
    Entry(EntryId, DiaryNumber),
}

#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Nothing is shown but of these.
    pub sources: Vec<LogSource>,
    /// As the log names them: `os:NAME` at the command line.
    pub actor: Option<String>,
    pub action: Option<AuditAction>,
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// Where a page ended: the next begins after it. Rows of units and persons are in the order of time, and of their numbers
/// within one moment; rows of entries in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPlace {
    pub at: Timestamp,
    pub seq: i64,
}

impl AuditRow {
    pub fn place(&self) -> LogPlace {
        LogPlace { at: self.event.at, seq: self.seq }
    }
}

/// $1 and $2 are the place after which it begins, $3 the time before which it ends, $4 its length.
macro_rules! log_page {
    ($from:literal, $which:literal) => {
        concat!(
            "select audit.* from ",
            $from,
            " where (audit.at, audit.seq) < ($1, $2) and audit.at >= $3 and ",
            $which,
            " order by audit.at desc, audit.seq desc limit $4"
        )
    };
}

/// $1 is the row before which it begins, $2 and $3 the times between which it lies, $4 its length.
macro_rules! entry_page {
    ($from:literal, $which:literal, $seq:literal) => {
        concat!(
            "select audit.* from ",
            $from,
            " where ",
            $which,
            " and ",
            $seq,
            " < $1 and audit.at < $2 and audit.at >= $3 and ($6 = '' or audit.actor = $6) and ($7 = '' or audit.action = $7)
              order by ",
            $seq,
            " desc limit $4"
        )
    };
}

impl Tx {
    /// A page of the log, newest first.
    pub async fn log(&mut self, filter: &LogFilter, after: Option<LogPlace>, limit: u32) -> Result<Vec<AuditRow>> {
        let mut found = Vec::new();
        for source in &filter.sources {
            found.extend(self.log_of(source, filter, after, limit).await?);
        }
        let of_entries = filter.sources.iter().all(|source| matches!(source, LogSource::Entry(..)));
        found.sort_by_key(|row| {
            let at = if of_entries { Timestamp::MIN } else { row.event.at };
            std::cmp::Reverse((at, row.seq))
        });
        found.dedup_by_key(|row| row.seq);
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn log_of(
        &mut self,
        source: &LogSource,
        filter: &LogFilter,
        place: Option<LogPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRow>> {
        let end = filter.before.map_or((i64::MAX, i64::MAX), |before| (before.as_millisecond(), i64::MIN));
        let after = place.map_or((i64::MAX, i64::MAX), |place| (place.at.as_millisecond(), place.seq));
        let (at, seq) = end.min(after);
        let from = filter.from.map_or(i64::MIN, Timestamp::as_millisecond);
        let limit = i64::from(limit);
        let (actor, action) = (filter.actor.as_deref(), filter.action.map(AuditAction::word));
        match source {
            LogSource::Unit(unit) => self.log_of_unit(unit, actor, action, (at, seq, from, limit)).await,
            LogSource::Person(name) if actor.is_none_or(|actor| actor == name) => {
                self.log_of_unit("", Some(name), action, (at, seq, from, limit)).await
            }
            LogSource::Person(_) => Ok(Vec::new()),
            LogSource::Entry(id, number) => {
                let number = number.to_string();
                let (actor, action) = (actor.unwrap_or_default(), action.unwrap_or_default());
                let (before, seq) = (end.0, place.map_or(i64::MAX, |place| place.seq));
                let mut found = rows!(self,
                    entry_page!("audit", "audit.entry = $5 and audit.entry <> ''", "audit.seq"),
                    seq, before, from, limit, number, actor, action; audit_row)?;
                // Its own rows that are looks stand in both.
                found.extend(rows!(self,
                    entry_page!("audit_look join audit on audit.seq = audit_look.seq",
                        "audit_look.entry_id = $5 and audit.entry = ''", "audit_look.seq"),
                    seq, before, from, limit, id.0, actor, action; audit_row)?);
                Ok(found)
            }
        }
    }

    async fn log_of_unit(
        &mut self,
        unit: &str,
        actor: Option<&str>,
        action: Option<&str>,
        (at, seq, from, limit): (i64, i64, i64, i64),
    ) -> Result<Vec<AuditRow>> {
        match (actor, action) {
            // As the index of a unit's rows has it.
            (None, None) => {
                rows!(self, log_page!("audit", "audit.unit || '' = $5"), at, seq, from, limit, unit; audit_row)
            }
            (None, Some(action)) => {
                rows!(self, log_page!("audit", "audit.unit = $5 and audit.action = $6"), at, seq, from, limit, unit, action;
                    audit_row)
            }
            (Some(actor), None) => {
                rows!(self, log_page!("audit", "audit.unit = $5 and audit.actor = $6"), at, seq, from, limit, unit, actor;
                    audit_row)
            }
            (Some(actor), Some(action)) => {
                rows!(self, log_page!("audit", "audit.unit = $5 and audit.actor = $6 and audit.action = $7"),
                    at, seq, from, limit, unit, actor, action; audit_row)
            }
        }
    }

    pub async fn audit_row(&mut self, seq: i64) -> Result<Option<AuditRow>> {
        row!(self, "select * from audit where seq = $1", seq; audit_row)
    }

    /// Entries that a list or a search showed.
    pub async fn shown_by(&mut self, seq: i64) -> Result<Vec<crate::model::Entry>> {
        rows!(self,
            "select entry.* from audit_look join entry on entry.id = audit_look.entry_id where audit_look.seq = $1
             order by entry.id", seq; super::entries::entry)
    }

    /// How many entries that were.
    pub async fn count_shown_by(&mut self, seq: i64) -> Result<u64> {
        let counted = rows!(self, "select count(*) as n from audit_look where seq = $1", seq; |row| row.count("n"))?;
        Ok(counted.first().copied().unwrap_or_default())
    }

    /// Those who have used the command line, as the log names them: `os:NAME`.
    pub async fn names_at_command_line(&mut self) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        loop {
            // From one to the next by the index, past all that each of them did.
            let next = row!(self,
                "select actor from audit where substr(actor, 1, 3) = 'os:' and actor > $1
                 order by actor limit 1",
                names.last().map_or("", String::as_str); |row| row.text("actor"))?;
            match next {
                Some(name) => names.push(name),
                None => return Ok(names),
            }
        }
    }

    /// The names of those who have a role in a unit, those who have ended too.
    pub async fn names_in(&mut self, unit: &str) -> Result<Vec<String>> {
        rows!(self,
            "select distinct person.name from person_role join person on person.id = person_role.person_id
             where person_role.unit = $1 order by person.name", unit; |row| row.text("name"))
    }
}
