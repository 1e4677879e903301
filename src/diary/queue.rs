//! The queue that reception works through: what is read first, filters, pages, and who takes care of what.

use anyhow::Result;
use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::Tx;
use super::cells::Cells;
use super::entries::{EntryDetails, Facts, details};
use super::people::PersonId;
use super::tx::{execute, on, rows};
use super::words::tag;
use crate::model::{EntryId, State};
use crate::triage::{self, Kind, Matter};

/// What is read first.
const RANKS: std::ops::RangeInclusive<i64> = 0..=2;

/// Which entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum States {
    /// Those that something remains to be done with.
    #[default]
    Open,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Oldest,
    Newest,
}

/// What a page of the queue is to hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One at least: nothing is shown of units that are not named.
    pub units: Vec<String>,
    pub states: States,
    /// Only those that people have come so far with.
    pub state: Option<State>,
    /// By time of arrival alone, for those who may not know what is urgent.
    pub without_rank: bool,
    pub kind: Option<Kind>,
    pub matter: Option<Matter>,
    /// Only what holds, or does not hold, the number of a person.
    pub has_identifier: Option<bool>,
    pub arrived_from: Option<Timestamp>,
    pub arrived_before: Option<Timestamp>,
}

/// Where a page ended: the next begins after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub rank: i64,
    pub arrived_at: Timestamp,
    pub id: EntryId,
}

/// A line of the queue.
#[derive(Clone, Debug)]
pub struct QueueRow {
    pub details: EntryDetails,
    pub rank: i64,
}

impl QueueRow {
    pub fn place(&self) -> Place {
        let entry = &self.details.entry;
        Place { rank: self.rank, arrived_at: entry.arrival.arrived_at, id: entry.id }
    }
}

/// 0 speaks of danger, 1 cancels a visit of the day it came, 2 is all else.
pub(super) fn rank(facts: &Facts) -> i64 {
    match (facts.triage.urgency.urgent, facts.cancels_today) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// Each between spaces, so that one is found by ` word `.
pub(super) fn matters(facts: &triage::Facts) -> String {
    facts.matters.iter().fold(String::new(), |all, found| format!("{all} {} ", found.matter))
}

impl Filter {
    /// Tags that an entry must have all of, and tags of which it must have one.
    pub(super) fn tags(&self) -> (Vec<String>, Vec<String>) {
        let mut all = Vec::new();
        all.extend(self.kind.map(|kind| tag("kind", kind.word())));
        all.extend(self.matter.map(|matter| tag("matter", matter.word())));
        all.extend((self.has_identifier == Some(true)).then(|| tag("identifier", "")));
        (all, self.units.iter().map(|unit| tag("unit", unit)).collect())
    }

    pub(super) fn bounds(&self) -> (i64, i64) {
        (
            self.arrived_from.map_or(i64::MIN, Timestamp::as_millisecond),
            self.arrived_before.map_or(i64::MAX, Timestamp::as_millisecond),
        )
    }
}

/// The statement of one unit and one rank, or of a unit with all its ranks; parameters as in [`Tx::queue`].
macro_rules! page_of {
    ($which:literal, $after:literal, $order:literal) => {
        concat!(
            "select id, arrived_at, rank from entry where unit = $1 and ",
            $which,
            " and (arrived_at, id) ",
            $after,
            " ($3, $4) and arrived_at >= $5 and arrived_at < $6
             and ($7 = '' or kind = $7) and ($8 = '' or matters like $8) and ($9 < 0 or has_identifier = $9)
             and ($11 = 0 or is_open = 1) and ($12 = '' or state = $12) order by arrived_at ",
            $order,
            ", id ",
            $order,
            " limit $10"
        )
    };
}

impl Tx {
    /// A page of the queue: what is urgent first, then by time of arrival; of all entries, the newest or oldest first.
    pub async fn queue(
        &mut self,
        filter: &Filter,
        order: Order,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<QueueRow>> {
        let places = self.places(filter, order, after, limit).await?;
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = on!(self, connection => {
            let mut select = QueryBuilder::new("select * from entry where id in (");
            let mut ids = select.separated(", ");
            for place in &places {
                ids.push_bind(place.id.0);
            }
            select.push(")");
            select.build().fetch_all(connection).await?.iter().map(queue_row).collect::<Result<Vec<_>>>()?
        });
        found.sort_by_key(|row| places.iter().position(|place| place.id == row.details.entry.id));
        Ok(found)
    }

    /// Where the rows of a page are. Most of what the units have is left out of it, and need not be read.
    async fn places(&mut self, filter: &Filter, order: Order, after: Option<Place>, limit: u32) -> Result<Vec<Place>> {
        let mut found: Vec<Place> = Vec::new();
        if filter.states == States::All || filter.without_rank {
            for unit in &filter.units {
                found.extend(self.page_of(unit, None, filter, order, after, limit).await?);
            }
            return Ok(merged(found, order, limit));
        }
        for rank in RANKS {
            if after.is_some_and(|after| rank < after.rank) || found.len() >= limit as usize {
                continue;
            }
            let mut of_rank = Vec::new();
            for unit in &filter.units {
                let after = after.filter(|after| after.rank == rank);
                of_rank.extend(self.page_of(unit, Some(rank), filter, order, after, limit).await?);
            }
            found.extend(merged(of_rank, order, limit - u32::try_from(found.len())?));
        }
        Ok(found)
    }

    async fn page_of(
        &mut self,
        unit: &str,
        rank: Option<i64>,
        filter: &Filter,
        order: Order,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Place>> {
        let sql = match (rank.is_some(), order) {
            (true, Order::Oldest) => page_of!("is_open = 1 and rank = $2", ">", "asc"),
            (true, Order::Newest) => page_of!("is_open = 1 and rank = $2", "<", "desc"),
            (false, Order::Oldest) => page_of!("rank > $2", ">", "asc"),
            (false, Order::Newest) => page_of!("rank > $2", "<", "desc"),
        };
        let (from, before) = filter.bounds();
        let start = match order {
            Order::Oldest => (i64::MIN, i64::MIN),
            Order::Newest => (i64::MAX, i64::MAX),
        };
        let (at, id) = after.map_or(start, |after| (after.arrived_at.as_millisecond(), after.id.0));
        let matter = filter.matter.map(|matter| format!("% {matter} %")).unwrap_or_default();
        let identifier = filter.has_identifier.map_or(-1, i64::from);
        rows!(self, sql, unit, rank.unwrap_or(-1), at, id, from, before, filter.kind.map_or("", Kind::word), matter.as_str(),
            identifier, i64::from(limit), i64::from(filter.states == States::Open),
            filter.state.map_or("", State::word); place)
    }

    /// How many are open in each of these units: all, or those that speak of danger. Counted up to `limit`.
    pub async fn count_open(&mut self, units: &[String], urgent_only: bool, limit: u32) -> Result<u64> {
        let mut all = 0;
        for unit in units {
            let counted = rows!(self,
                "select count(*) as n from (select id from entry where unit = $1 and is_open = 1 and rank <= $2 limit $3) open",
                unit.as_str(), if urgent_only { 0 } else { 2 }, i64::from(limit); |row| row.count("n"))?;
            all += counted.first().copied().unwrap_or_default();
        }
        Ok(all)
    }

    /// "Jag tar den", until then. Says whether it was still so that nobody else had it and nothing had changed since `version`.
    pub async fn claim(
        &mut self,
        entry: EntryId,
        person: PersonId,
        version: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        Ok(execute!(
            self,
            "update entry set claimed_by = $2, claimed_until = $5, version = version + 1
             where id = $1 and version = $3 and (claimed_by = $2 or claimed_until <= $4)",
            entry.0,
            person.0,
            version,
            now.as_millisecond(),
            until.as_millisecond(),
        ) == 1)
    }

    /// Gives it back. Says whether this person had it and nothing had changed since `version`.
    pub async fn release(&mut self, entry: EntryId, person: PersonId, version: i64) -> Result<bool> {
        Ok(execute!(
            self,
            "update entry set claimed_by = 0, claimed_until = 0, version = version + 1
             where id = $1 and version = $3 and claimed_by = $2",
            entry.0,
            person.0,
            version,
        ) == 1)
    }
}

/// The first of several units' pages.
fn merged(mut found: Vec<Place>, order: Order, limit: u32) -> Vec<Place> {
    let key = |place: &Place| (place.arrived_at, place.id);
    match order {
        Order::Oldest => found.sort_by_key(key),
        Order::Newest => found.sort_by_key(|place| std::cmp::Reverse(key(place))),
    }
    found.truncate(limit as usize);
    found
}

fn place(row: &impl Cells) -> Result<Place> {
    Ok(Place { rank: row.int("rank")?, arrived_at: row.time("arrived_at")?, id: EntryId(row.int("id")?) })
}

pub(super) fn queue_row(row: &impl Cells) -> Result<QueueRow> {
    Ok(QueueRow { details: details(row)?, rank: row.int("rank")? })
}
