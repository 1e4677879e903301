//! The audit log, for those who check it: of their own units, and what people with a role there did outside all units.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::door::Visitor;
use super::entry::{refuse, who};
use super::forms::{Choice, choices, patient, period};
use super::page::{Frame, html};
use super::refusal::Refusal;
use super::{Room, Shared, words};
use crate::clock;
use crate::diary::{AuditRow, LogFilter, LogPlace, LogSource, Tx};
use crate::model::{AuditAction, AuditEvent, DiaryNumber, Right};

/// Lines on a page.
const LINES: u32 = 50;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    #[serde(rename = "person", skip_serializing_if = "String::is_empty")]
    person: String,
    #[serde(rename = "handling", skip_serializing_if = "String::is_empty")]
    number: String,
    #[serde(rename = "handelse", skip_serializing_if = "String::is_empty")]
    action: String,
    #[serde(rename = "enhet", skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(rename = "patient", skip_serializing_if = "String::is_empty")]
    patient: String,
    #[serde(rename = "fran", skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(rename = "till", skip_serializing_if = "String::is_empty")]
    to: String,
    #[serde(rename = "efter", skip_serializing_if = "String::is_empty")]
    after: String,
}

/// A row as those who check it read it.
pub struct Line {
    pub seq: i64,
    pub at: String,
    pub who: String,
    pub what: &'static str,
    pub detail: String,
    pub unit: String,
    pub number: String,
    pub patient: String,
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    asked: Asked,
    lines: Vec<Line>,
    units: Vec<String>,
    names: Vec<String>,
    actions: Vec<Choice>,
    next: Option<String>,
    is_filtered: bool,
    wrong: Option<String>,
}

/// The units whose log this person checks. Anyone else is refused, and that is logged.
pub async fn checked_units(room: &Room, visitor: &Visitor) -> Result<Vec<String>, Refusal> {
    let units = visitor.units(Right::ReadLog);
    if units.is_empty() {
        return Err(refuse(room, visitor, "", None).await);
    }
    Ok(units)
}

/// Writes into the log, for each of these units, that its log was read.
pub async fn audit_reading(
    room: &Room,
    visitor: &Visitor,
    units: &[String],
    action: AuditAction,
    payload: &str,
) -> anyhow::Result<()> {
    let mut tx = room.diary.write().await?;
    for unit in units {
        let (_, role) = visitor.access(Right::ReadLog, unit);
        tx.audit(&visitor.event(action, role, unit, None, payload)).await?;
    }
    tx.commit().await
}

pub async fn page(State(room): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let chosen: Vec<String> =
        units.iter().filter(|unit| asked.unit.is_empty() || **unit == asked.unit).cloned().collect();
    let mut tx = room.diary.read().await?;
    let names = names(&mut tx, &units).await?;
    let (filter, wrong) = match asked.filter(&mut tx, &chosen, &names, visitor.now).await? {
        Ok(filter) => (filter, None),
        Err(wrong) => (LogFilter::default(), Some(wrong)),
    };
    let rows = tx.log(&filter, asked.place(), LINES + 1).await?;
    let more = rows.len() > LINES as usize;
    let rows = &rows[..rows.len().min(LINES as usize)];
    let next = rows.last().filter(|_| more).map(|last| asked.next(last.place())).transpose()?;
    let lines = lines(&mut tx, rows).await?;
    drop(tx);
    let asked_for = serde_urlencoded::to_string(Asked { after: String::new(), ..asked.clone() })
        .map_err(|error| Refusal::Broken(error.into()))?;
    let payload = format!("rows={} filter={asked_for}", rows.len());
    audit_reading(&room, &visitor, &chosen, AuditAction::LogRead, &payload).await?;
    let all = AuditAction::ALL.iter().map(|action| (action.word(), words::action(*action)));
    let mut actions = choices(all, &asked.action);
    actions.sort_by_key(|choice| choice.text);
    Ok(html(&LogPage {
        frame: Frame::new(&visitor, "logg"),
        is_filtered: !serde_urlencoded::to_string(&asked).unwrap_or_default().is_empty(),
        asked,
        lines,
        units,
        names,
        actions,
        next,
        wrong,
    }))
}

/// Of those with a role in any of the units.
pub async fn names(tx: &mut Tx, units: &[String]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for unit in units {
        names.extend(tx.names_in(unit).await?);
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Rows with the patient that each one's entry is linked to now.
pub async fn lines(tx: &mut Tx, rows: &[AuditRow]) -> anyhow::Result<Vec<Line>> {
    let mut patients: HashMap<String, String> = HashMap::new();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let mut patient = String::new();
        if let Some(number) = &row.event.entry {
            let written = number.to_string();
            if !patients.contains_key(&written) {
                let found = tx.patient_of_number(number).await?.map(|patient| patient.to_string());
                patients.insert(written.clone(), found.unwrap_or_default());
            }
            patient = patients[&written].clone();
        }
        lines.push(Line {
            seq: row.seq,
            at: clock::second(row.event.at),
            who: who(&row.event.actor, &row.event.role),
            what: words::action(row.event.action),
            detail: words::detail(row),
            unit: row.event.unit.clone(),
            number: row.event.entry.as_ref().map(ToString::to_string).unwrap_or_default(),
            patient,
        });
    }
    Ok(lines)
}

impl Asked {
    /// What is to be shown of these units, or what is wrong with what was asked.
    async fn filter(
        &self,
        tx: &mut Tx,
        units: &[String],
        names: &[String],
        now: Timestamp,
    ) -> anyhow::Result<Result<LogFilter, String>> {
        let (from, before) = match period(&self.from, &self.to) {
            Ok(period) => period,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let sources = match self.sources(tx, units, names, now).await? {
            Ok(sources) => sources,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let person = self.person.trim();
        let actor = match person {
            "" => None,
            // As the page names it.
            "inkom" => Some("system".to_owned()),
            name => Some(name.to_owned()),
        };
        Ok(Ok(LogFilter { sources, actor, action: self.action.parse().ok(), from, before }))
    }

    async fn sources(
        &self,
        tx: &mut Tx,
        units: &[String],
        names: &[String],
        now: Timestamp,
    ) -> anyhow::Result<Result<Vec<LogSource>, String>> {
        let (number, written) = (self.number.trim(), self.patient.trim());
        if number.is_empty() && written.is_empty() {
            let mut sources: Vec<LogSource> = units.iter().cloned().map(LogSource::Unit).collect();
            // What no unit is named for, unless one unit was chosen.
            if self.unit.is_empty() {
                sources.extend(names.iter().cloned().map(LogSource::Person));
                sources.extend(tx.names_at_command_line().await?.into_iter().map(LogSource::Person));
                sources.push(LogSource::Person("system".into()));
            }
            return Ok(Ok(sources));
        }
        let mut entries = Vec::new();
        if !written.is_empty() {
            match patient(written, now) {
                Ok(patient) => entries.extend(tx.entries_of(&patient).await?),
                Err(wrong) => return Ok(Err(wrong)),
            }
        }
        if !number.is_empty() {
            let Ok(number) = number.to_uppercase().parse::<DiaryNumber>() else {
                return Ok(Err("Handlingens nummer skrivs som MM 2026-00001.".into()));
            };
            if written.is_empty() {
                entries.extend(tx.entry(&number).await?.map(|details| details.entry));
            } else {
                entries.retain(|entry| entry.number == number);
            }
        }
        let own = entries.into_iter().filter(|entry| units.contains(&entry.unit));
        Ok(Ok(own.map(|entry| LogSource::Entry(entry.id, entry.number)).collect()))
    }

    fn place(&self) -> Option<LogPlace> {
        let (at, seq) = self.after.split_once('.')?;
        Some(LogPlace { at: Timestamp::from_millisecond(at.parse().ok()?).ok()?, seq: seq.parse().ok()? })
    }

    /// The address of the page that goes on after this place.
    fn next(&self, place: LogPlace) -> anyhow::Result<String> {
        let after = format!("{}.{}", place.at.as_millisecond(), place.seq);
        Ok(format!("/logg?{}", serde_urlencoded::to_string(Self { after, ..self.clone() })?))
    }
}

#[derive(Template)]
#[template(path = "log_row.html")]
struct RowPage {
    frame: Frame,
    line: Line,
    payload: String,
    hash: String,
    shown: Vec<(String, String)>,
}

/// One row with all that it says, and the entries that a list or a search showed.
pub async fn row(State(room): Shared, visitor: Visitor, Path(seq): Path<i64>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let mut tx = room.diary.read().await?;
    let row = tx.audit_row(seq).await?.ok_or(Refusal::NotFound)?;
    if !is_checked(&mut tx, &row.event, &units).await? {
        return Err(Refusal::NotFound);
    }
    let line = lines(&mut tx, std::slice::from_ref(&row)).await?.remove(0);
    let mut shown = Vec::new();
    for entry in tx.shown_by(seq).await?.into_iter().filter(|entry| units.contains(&entry.unit)) {
        let patient = tx.patient_of(entry.id).await?.map(|link| link.patient.to_string());
        shown.push((entry.number.to_string(), patient.unwrap_or_default()));
    }
    drop(tx);
    let of: Vec<String> = if row.event.unit.is_empty() { units } else { vec![row.event.unit.clone()] };
    audit_reading(&room, &visitor, &of, AuditAction::LogRead, &format!("row={seq}")).await?;
    Ok(html(&RowPage {
        frame: Frame::new(&visitor, "logg"),
        line,
        payload: row.event.payload,
        hash: row.hash.0.to_string(),
        shown,
    }))
}

/// Whether a row is among those that the log of these units shows.
async fn is_checked(tx: &mut Tx, event: &AuditEvent, units: &[String]) -> anyhow::Result<bool> {
    if !event.unit.is_empty() {
        return Ok(units.contains(&event.unit));
    }
    let of_all = event.actor == "system" || event.actor.starts_with("os:");
    Ok(of_all || names(tx, units).await?.contains(&event.actor))
}
