//! Spot checks (HSLF-FS 2016:40 4 kap. 9 §): looks drawn at random, checked by a person, with the result written down.

use std::collections::HashMap;

use anyhow::Context as _;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::door::{Posted, Visitor};
use super::forms::period;
use super::log::{Line, audit_reading, checked_units, lines, names};
use super::page::{Frame, html};
use super::queue::name;
use super::refusal::Refusal;
use super::{Shared, words};
use crate::clock;
use crate::diary::{AuditRow, NewSpotCheck, Person, SpotCheck, SpotResult, Tx, Verdict};
use crate::model::{AuditAction, Right};

/// As many as one can look into with care.
const MOST: usize = 50;
/// Of a remark.
const REMARK_CHARS: usize = 4_000;
/// Earlier checks on the page, of each unit.
const CHECKS: u32 = 50;

struct CheckLine {
    id: i64,
    drawn: String,
    by: String,
    unit: String,
    period: String,
    sample: usize,
    looks: u64,
    person: String,
    result: &'static str,
}

#[derive(Template)]
#[template(path = "checks.html")]
struct ChecksPage {
    frame: Frame,
    units: Vec<String>,
    names: Vec<String>,
    checks: Vec<CheckLine>,
}

/// Earlier checks, and a form to draw from.
pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let mut tx = room.diary.read().await?;
    let people = tx.people().await?;
    let names = names(&mut tx, &units).await?;
    let mut found = Vec::new();
    for unit in &units {
        found.extend(tx.spot_checks(unit, CHECKS).await?);
    }
    found.sort_by_key(|check| std::cmp::Reverse(check.id));
    let mut checks = Vec::with_capacity(found.len());
    for check in found {
        let results = tx.spot_results(check.id).await?;
        checks.push(CheckLine::of(&check, results.last(), &people));
    }
    drop(tx);
    audit_reading(&room, &visitor, &units, AuditAction::LogRead, "spot-checks").await?;
    Ok(html(&ChecksPage { frame: Frame::new(&visitor, "logg"), units, names, checks }))
}

impl CheckLine {
    fn of(check: &SpotCheck, result: Option<&SpotResult>, people: &[Person]) -> Self {
        Self {
            id: check.id,
            drawn: clock::minute(check.drawn_at),
            by: name(people, check.drawn_by),
            unit: check.of.unit.clone(),
            period: period_words(&check.of),
            sample: check.sample.len(),
            looks: check.looks,
            person: check.of.actor.clone().unwrap_or_default(),
            result: result.map_or("Inte avslutat", |result| verdict(result.verdict)),
        }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "Utan anmärkning",
        Verdict::Remarked => "Med anmärkning",
    }
}

/// From and with, up to and with.
fn period_words(of: &NewSpotCheck) -> String {
    let last = clock::day(of.before).yesterday().unwrap_or_else(|_| clock::day(of.before));
    format!("{} – {last}", clock::day(of.from))
}

#[derive(Debug, Deserialize)]
pub struct Draw {
    #[serde(rename = "enhet")]
    unit: String,
    #[serde(rename = "fran")]
    from: String,
    #[serde(rename = "till")]
    to: String,
    #[serde(rename = "antal")]
    count: usize,
    #[serde(default)]
    person: String,
}

/// Draws, keeps what was drawn, and goes to it.
pub async fn draw(State(room): Shared, posted: Posted<Draw>) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let units = checked_units(&room, &visitor).await?;
    if !units.contains(&form.unit) {
        return Err(super::entry::refuse(&room, &visitor, &form.unit, None).await);
    }
    let wrong =
        |text: String| Refusal::Wrong { title: "Inget stickprov är draget", text, back: "/logg/stickprov".into() };
    let (from, before) = period(&form.from, &form.to).map_err(wrong)?;
    let (Some(from), Some(before)) = (from, before) else {
        return Err(wrong("Ange första och sista dagen, som 2026-11-01 och 2026-11-30.".into()));
    };
    if !(1..=MOST).contains(&form.count) {
        return Err(wrong(format!("Dra 1 till {MOST} läsningar.")));
    }
    let actor = Some(form.person.trim().to_owned()).filter(|person| !person.is_empty());
    let of = NewSpotCheck { unit: form.unit, from, before, actor };
    let all = room.diary.read().await?.looks_within(&of).await?;
    let looks = all.len();
    if looks == 0 {
        return Err(wrong("Under den tiden har ingen sett någon av enhetens handlingar.".into()));
    }
    let sample = drawn(all, form.count)?;
    let mut tx = room.diary.write().await?;
    let id = tx.add_spot_check(&of, looks, &sample, visitor.person.id, visitor.now).await?;
    let (_, role) = visitor.access(Right::ReadLog, &of.unit);
    let payload = format!("drawn check={id} rows={} of={looks}", sample.len());
    tx.audit(&visitor.event(AuditAction::LogChecked, role, &of.unit, None, payload)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/logg/stickprov/{id}")).into_response())
}

/// So many of them, each as likely as any other (Fisher and Yates), in their order.
fn drawn(mut all: Vec<i64>, count: usize) -> anyhow::Result<Vec<i64>> {
    let count = count.min(all.len());
    for at in 0..count {
        let other = at + below(all.len() - at)?;
        all.swap(at, other);
    }
    all.truncate(count);
    all.sort_unstable();
    Ok(all)
}

/// A number below another, without a leaning towards the small ones.
fn below(bound: usize) -> anyhow::Result<usize> {
    let bound = u64::try_from(bound)?;
    loop {
        let number = getrandom::u64().context("draw a number")?;
        if number < u64::MAX - u64::MAX % bound {
            return Ok(usize::try_from(number % bound)?);
        }
    }
}

struct Drawn {
    line: Line,
    /// What the same person did with the same entry besides looking, with the reasons they gave.
    also: Vec<String>,
    shown: Vec<String>,
}

struct ResultLine {
    at: String,
    by: String,
    verdict: &'static str,
    remark: String,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    frame: Frame,
    check: CheckLine,
    drawn: Vec<Drawn>,
    results: Vec<ResultLine>,
}

/// What was drawn, with what a check needs, and the results so far.
pub async fn check(State(room): Shared, visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let mut tx = room.diary.read().await?;
    let check = tx.spot_check(id).await?.filter(|check| units.contains(&check.of.unit)).ok_or(Refusal::NotFound)?;
    let people = tx.people().await?;
    let results = tx.spot_results(id).await?;
    let mut rows = Vec::with_capacity(check.sample.len());
    for seq in &check.sample {
        rows.extend(tx.audit_row(*seq).await?);
    }
    let mut all = Vec::with_capacity(rows.len());
    let lines = lines(&mut tx, &rows).await?;
    for (row, line) in rows.iter().zip(lines) {
        let (also, shown) = (also(&mut tx, row).await?, shown(&mut tx, row).await?);
        all.push(Drawn { line, also, shown });
    }
    drop(tx);
    audit_reading(&room, &visitor, std::slice::from_ref(&check.of.unit), AuditAction::LogRead, &format!("check={id}"))
        .await?;
    let results_shown = results.iter().map(|result| ResultLine {
        at: clock::minute(result.checked_at),
        by: name(&people, result.checked_by),
        verdict: verdict(result.verdict),
        remark: result.remark.clone(),
    });
    Ok(html(&CheckPage {
        frame: Frame::new(&visitor, "logg"),
        check: CheckLine::of(&check, results.last(), &people),
        drawn: all,
        results: results_shown.collect(),
    }))
}

async fn also(tx: &mut Tx, row: &AuditRow) -> anyhow::Result<Vec<String>> {
    let Some(number) = &row.event.entry else { return Ok(Vec::new()) };
    let all = tx.audit_of(number).await?;
    let theirs = all.iter().filter(|other| other.event.actor == row.event.actor && !other.event.action.is_look());
    let said = theirs.map(|other| {
        let (what, detail) = (words::action(other.event.action), words::detail(other));
        let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
        format!("{what}{detail} ({})", clock::minute(other.event.at))
    });
    Ok(said.collect())
}

/// The entries of a list, where the row names none.
async fn shown(tx: &mut Tx, row: &AuditRow) -> anyhow::Result<Vec<String>> {
    if row.event.entry.is_some() {
        return Ok(Vec::new());
    }
    let mut patients: HashMap<String, String> = HashMap::new();
    let mut all = Vec::new();
    for entry in tx.shown_by(row.seq).await? {
        let patient = tx.patient_of(entry.id).await?.map(|link| link.patient.to_string());
        let number = entry.number.to_string();
        all.push(number.clone());
        patients.extend(patient.map(|patient| (number, patient)));
    }
    let with_patient = |number: String| match patients.get(&number) {
        Some(patient) => format!("{number}, patient {patient}"),
        None => number,
    };
    Ok(all.into_iter().map(with_patient).collect())
}

#[derive(Debug, Deserialize)]
pub struct Outcome {
    #[serde(rename = "resultat")]
    verdict: String,
    #[serde(rename = "anmarkning", default)]
    remark: String,
}

/// Writes down what the check showed.
pub async fn finish(State(room): Shared, Path(id): Path<i64>, posted: Posted<Outcome>) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let units = checked_units(&room, &visitor).await?;
    let mut tx = room.diary.read().await?;
    let check = tx.spot_check(id).await?.filter(|check| units.contains(&check.of.unit)).ok_or(Refusal::NotFound)?;
    drop(tx);
    let verdict: Verdict = form.verdict.parse().map_err(|_| Refusal::BadForm)?;
    let remark = form.remark.trim();
    if remark.chars().count() > REMARK_CHARS || (verdict == Verdict::Remarked && remark.is_empty()) {
        return Err(Refusal::Wrong {
            title: "Resultatet är inte sparat",
            text: format!("Skriv anmärkningen, med högst {REMARK_CHARS} tecken."),
            back: format!("/logg/stickprov/{id}"),
        });
    }
    let mut tx = room.diary.write().await?;
    tx.add_spot_result(id, verdict, remark, visitor.person.id, visitor.now).await?;
    let (_, role) = visitor.access(Right::ReadLog, &check.of.unit);
    let payload = format!("result check={id} verdict={verdict}");
    tx.audit(&visitor.event(AuditAction::LogChecked, role, &check.of.unit, None, payload)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/logg/stickprov/{id}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_no_row_twice_and_favours_none() {
        let mut times = [0_u32; 10];
        for _ in 0..2_000 {
            let sample = drawn((0..10).collect(), 3).unwrap();
            assert!(sample.len() == 3 && sample.windows(2).all(|pair| pair[0] < pair[1]), "{sample:?}");
            for row in sample {
                times[usize::try_from(row).unwrap()] += 1;
            }
        }
        // 600 each, give or take six standard deviations.
        assert!(times.iter().all(|times| (477..=723).contains(times)), "{times:?}");
        assert_eq!(drawn(vec![3, 1, 2], 50).unwrap(), [1, 2, 3]);
    }
}
