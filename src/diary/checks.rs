//! Spot checks of the log: what was drawn and what the check showed. Rows are added, and never changed.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::Tx;
use super::cells::Cells;
use super::people::PersonId;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::{AuditAction, words};

/// What is to be drawn from.
#[derive(Clone, Debug)]
pub struct NewSpotCheck {
    pub unit: String,
    pub from: Timestamp,
    pub before: Timestamp,
    /// Of one person only.
    pub actor: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SpotCheck {
    pub id: i64,
    pub drawn_at: Timestamp,
    pub drawn_by: PersonId,
    pub of: NewSpotCheck,
    /// Among how many they were drawn.
    pub looks: u64,
    /// Rows of the audit log.
    pub sample: Vec<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Utan anmärkning.
    Clean,
    /// Med anmärkning.
    Remarked,
}

words!(Verdict { Clean = "clean", Remarked = "remarked" });

#[derive(Clone, Debug)]
pub struct SpotResult {
    pub checked_at: Timestamp,
    pub checked_by: PersonId,
    pub verdict: Verdict,
    pub remark: String,
}

impl Tx {
    /// The numbers of all rows by which persons saw entries of a unit.
    pub async fn looks_within(&mut self, of: &NewSpotCheck) -> Result<Vec<i64>> {
        let (from, before) = (of.from.as_millisecond(), of.before.as_millisecond());
        let mut all = Vec::new();
        for action in AuditAction::LOOKS {
            let action = action.word();
            all.extend(match &of.actor {
                None => rows!(self,
                    "select seq from audit where unit = $1 and action = $2 and at >= $3 and at < $4",
                    of.unit.as_str(), action, from, before; |row| row.int("seq"))?,
                Some(actor) => rows!(self,
                    "select seq from audit where unit = $1 and actor = $5 and action || '' = $2 and at >= $3 and at < $4",
                    of.unit.as_str(), action, from, before, actor.as_str(); |row| row.int("seq"))?,
            });
        }
        Ok(all)
    }

    /// Keeps what was drawn, before anyone has seen it: a draw that did not please cannot be made undone.
    pub async fn add_spot_check(
        &mut self,
        of: &NewSpotCheck,
        looks: usize,
        sample: &[i64],
        by: PersonId,
        now: Timestamp,
    ) -> Result<i64> {
        let sample: Vec<String> = sample.iter().map(ToString::to_string).collect();
        let id = row!(self,
            "insert into spot_check (drawn_at, drawn_by, unit, from_at, before_at, actor, looks, sample)
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            now.as_millisecond(), by.0, of.unit.as_str(), of.from.as_millisecond(), of.before.as_millisecond(),
            of.actor.as_deref().unwrap_or_default(), i64::try_from(looks)?, sample.join(","); |row| row.int("id"))?;
        id.context("the database gave no id")
    }

    pub async fn spot_check(&mut self, id: i64) -> Result<Option<SpotCheck>> {
        row!(self, "select * from spot_check where id = $1", id; spot_check)
    }

    /// Of one unit, newest first.
    pub async fn spot_checks(&mut self, unit: &str, limit: u32) -> Result<Vec<SpotCheck>> {
        rows!(self, "select * from spot_check where unit = $1 order by id desc limit $2", unit, i64::from(limit); spot_check)
    }

    pub async fn add_spot_result(
        &mut self,
        check: i64,
        verdict: Verdict,
        remark: &str,
        by: PersonId,
        now: Timestamp,
    ) -> Result<()> {
        let rows = execute!(
            self,
            "insert into spot_check_result (check_id, checked_at, checked_by, verdict, remark) values ($1, $2, $3, $4, $5)",
            check,
            now.as_millisecond(),
            by.0,
            verdict.word(),
            remark,
        );
        exactly_one(rows, "writing the result of a spot check")
    }

    /// In order.
    pub async fn spot_results(&mut self, check: i64) -> Result<Vec<SpotResult>> {
        rows!(self, "select * from spot_check_result where check_id = $1 order by id", check; |row| Ok(SpotResult {
            checked_at: row.time("checked_at")?,
            checked_by: PersonId(row.int("checked_by")?),
            verdict: row.word("verdict")?,
            remark: row.text("remark")?,
        }))
    }
}

fn spot_check(row: &impl Cells) -> Result<SpotCheck> {
    let actor = row.text("actor")?;
    let sample = row.text("sample")?;
    Ok(SpotCheck {
        id: row.int("id")?,
        drawn_at: row.time("drawn_at")?,
        drawn_by: PersonId(row.int("drawn_by")?),
        of: NewSpotCheck {
            unit: row.text("unit")?,
            from: row.time("from_at")?,
            before: row.time("before_at")?,
            actor: (!actor.is_empty()).then_some(actor),
        },
        looks: row.count("looks")?,
        sample: sample
            .split(',')
            .filter(|seq| !seq.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .context("the sample of a spot check cannot be read")?,
    })
}
