//! The list of what came in, and the page of what is held.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::bulk::Chosen;
use super::door::Visitor;
use super::forms::{Choice, choices, period};
use super::offers::in_queue;
use super::page::{Frame, html};
use super::refusal::Refusal;
use super::{Room, Shared, words};
use crate::clock;
use crate::diary::{Filter, Order, Person, PersonId, Place, QueueRow, States};
use crate::model::{self, Access, ArrivalSource, AuditAction, DiaryNumber, EntryId, HoldReason, Right, Stage};
use crate::triage::{Kind, Matter};

/// Lines on a page.
const LINES: u32 = 50;
/// Open entries are counted no further than this.
const COUNTED: u32 = 1_000;

/// What the address says: all of it can be kept as a bookmark.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    #[serde(rename = "sok", skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(rename = "enhet", skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(rename = "slag", skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(rename = "galler", skip_serializing_if = "String::is_empty")]
    matter: String,
    #[serde(rename = "nummer", skip_serializing_if = "String::is_empty")]
    identifier: String,
    #[serde(rename = "visa", skip_serializing_if = "String::is_empty")]
    states: String,
    #[serde(rename = "ordning", skip_serializing_if = "String::is_empty")]
    order: String,
    #[serde(rename = "fran", skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(rename = "till", skip_serializing_if = "String::is_empty")]
    to: String,
    #[serde(rename = "efter", skip_serializing_if = "String::is_empty")]
    after: String,
    /// What was just closed, and what was not, to be told once.
    #[serde(rename = "klart", skip_serializing)]
    done: String,
    #[serde(rename = "avslutad", skip_serializing)]
    closed: String,
    #[serde(rename = "kvar", skip_serializing)]
    left: String,
}

struct Line {
    path: String,
    number: String,
    unit: String,
    arrived: String,
    age: String,
    is_late: bool,
    urgent: Vec<String>,
    is_urgent: bool,
    cancels_today: bool,
    public_description: String,
    /// None where the content is not for this person.
    content: Option<LineContent>,
    kind: &'static str,
    /// How it came in, if not to the mailbox.
    channel: &'static str,
    is_person: bool,
    matters: Vec<&'static str>,
    has_identifier: bool,
    attachments: usize,
    reply: &'static str,
    claimed_by: Option<String>,
    is_mine: bool,
    is_held: bool,
    state: &'static str,
    due: String,
    is_overdue: bool,
    /// By which it is chosen among others: its number and version.
    chosen_as: String,
    may_handle: bool,
}

struct LineContent {
    from: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    asked: Asked,
    lines: Vec<Line>,
    units: Vec<String>,
    kinds: Vec<Choice>,
    matters: Vec<Choice>,
    states: Vec<Choice>,
    open: u64,
    urgent: u64,
    held: usize,
    next: Option<String>,
    is_filtered: bool,
    is_search: bool,
    wrong: Option<String>,
    may_handle: bool,
    done: Vec<Chosen>,
    closed: Vec<String>,
    left: Vec<String>,
}

pub async fn page(State(room): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let units = visitor.units(Right::SeeEntries);
    if units.is_empty() {
        return Ok(Redirect::to(elsewhere(&visitor)).into_response());
    }
    // A number is a way to its entry, not a search.
    if let Ok(number) = asked.text.trim().to_uppercase().parse::<DiaryNumber>() {
        return Ok(Redirect::to(&path(&number)).into_response());
    }
    let (filter, wrong) = asked.filter(&units);
    let order = if asked.order == "nyast" { Order::Newest } else { Order::Oldest };
    let is_search = !asked.text.trim().is_empty();
    let readable: Vec<String> = units.iter().filter(|unit| may_read(&visitor, unit)).cloned().collect();
    // What the text says is content, and what was found in it: those who may not read it can neither search, choose nor sort
    // by it.
    let by_content = is_search || filter.matter.is_some() || filter.has_identifier.is_some();
    let filter = Filter {
        units: filter.units.into_iter().filter(|unit| !by_content || readable.contains(unit)).collect(),
        without_rank: readable.len() < units.len(),
        ..filter
    };
    let mut tx = room.diary.read().await?;
    let rows = if filter.units.is_empty() {
        Vec::new()
    } else if is_search {
        let before = asked.after.parse().ok().map(EntryId);
        tx.search(&asked.text, &filter, before, LINES + 1).await?
    } else {
        tx.queue(&filter, order, asked.place(), LINES + 1).await?
    };
    let more = rows.len() > LINES as usize;
    let rows = &rows[..rows.len().min(LINES as usize)];
    let next = rows.last().filter(|_| more).map(|last| asked.next(last, is_search)).transpose()?;
    let (open, urgent) = (tx.count_open(&units, false, COUNTED).await?, tx.count_open(&readable, true, COUNTED).await?);
    let held = tx.held().await?.iter().filter(|entry| units.contains(&entry.unit)).count();
    let people = tx.people().await?;
    drop(tx);
    let action = if is_search { AuditAction::SearchRead } else { AuditAction::ListRead };
    audit_lines(&room, &visitor, action, rows).await?;
    let lines = rows.iter().map(|row| Line::of(row, &visitor, &people)).collect();
    let is_filtered = asked.is_filtered();
    Ok(html(&QueuePage {
        frame: Frame::new(&visitor, "ko"),
        lines,
        kinds: choices(Kind::ALL.iter().map(|kind| (kind.word(), kind.text())), &asked.kind),
        matters: choices(Matter::ALL.iter().map(|matter| (matter.word(), matter.text())), &asked.matter),
        states: choices(model::State::ALL.iter().map(|state| (state.word(), state.text())), &asked.states),
        done: Chosen::list(&asked.done),
        closed: numbers(&asked.closed),
        left: numbers(&asked.left),
        asked,
        units,
        open,
        urgent,
        held,
        next,
        is_filtered,
        is_search,
        wrong,
        may_handle: visitor.may_anywhere(Right::Handle),
    }))
}

/// Diary numbers of a list in an address, as people write them.
fn numbers(list: &str) -> Vec<String> {
    let numbers = list.split(',').filter_map(|number| number.replacen('-', " ", 1).parse::<DiaryNumber>().ok());
    numbers.map(|number| number.to_string()).collect()
}

/// Where one goes who sees no entries.
fn elsewhere(visitor: &Visitor) -> &'static str {
    if visitor.may_anywhere(Right::ReadLog) {
        "/logg"
    } else if visitor.may_anywhere(Right::SeeHealth) {
        "/halsa"
    } else {
        "/konto"
    }
}

/// One row in the log for each unit, with every entry that was shown; committed before anyone sees them.
async fn audit_lines(room: &Room, visitor: &Visitor, action: AuditAction, rows: &[QueueRow]) -> anyhow::Result<()> {
    let mut units: Vec<&str> = rows.iter().map(|row| row.details.entry.unit.as_str()).collect();
    units.sort_unstable();
    units.dedup();
    if units.is_empty() {
        return Ok(());
    }
    let mut tx = room.diary.write().await?;
    for unit in units {
        let shown = rows.iter().filter(|row| row.details.entry.unit == unit);
        let ids: Vec<EntryId> = shown.map(|row| row.details.entry.id).collect();
        let (_, role) = visitor.access(Right::SeeEntries, unit);
        tx.audit_looks(&visitor.event(action, role, unit, None, format!("entries={}", ids.len())), &ids).await?;
    }
    tx.commit().await
}

fn may_read(visitor: &Visitor, unit: &str) -> bool {
    visitor.access(Right::ReadContent, unit).0 == Access::Yes
}

impl Asked {
    /// Whether anything but the search is chosen.
    fn is_narrowed(&self) -> bool {
        let all =
            [&self.unit, &self.kind, &self.matter, &self.identifier, &self.states, &self.order, &self.from, &self.to];
        all.iter().any(|asked| !asked.is_empty())
    }

    fn is_filtered(&self) -> bool {
        !self.text.is_empty() || self.is_narrowed()
    }

    /// What cannot be a date is told, and left out.
    fn filter(&self, units: &[String]) -> (Filter, Option<String>) {
        let ((arrived_from, arrived_before), wrong) = match period(&self.from, &self.to) {
            Ok(period) => (period, None),
            Err(wrong) => ((None, None), Some(wrong)),
        };
        let state = self.states.parse::<model::State>().ok();
        let filter = Filter {
            units: units.iter().filter(|unit| self.unit.is_empty() || **unit == self.unit).cloned().collect(),
            states: if self.states == "alla" || state.is_some_and(|state| !state.is_open()) {
                States::All
            } else {
                States::Open
            },
            state,
            kind: self.kind.parse().ok(),
            matter: self.matter.parse().ok(),
            has_identifier: match self.identifier.as_str() {
                "ja" => Some(true),
                "nej" => Some(false),
                _ => None,
            },
            arrived_from,
            arrived_before,
            ..Filter::default()
        };
        (filter, wrong)
    }

    /// Where the page before ended: rank, time and id.
    fn place(&self) -> Option<Place> {
        let mut parts = self.after.split('.').map(str::parse::<i64>);
        let mut part = || parts.next()?.ok();
        Some(Place { rank: part()?, arrived_at: Timestamp::from_millisecond(part()?).ok()?, id: EntryId(part()?) })
    }

    /// The address of the page that goes on after this line.
    fn next(&self, last: &QueueRow, is_search: bool) -> anyhow::Result<String> {
        let Place { rank, arrived_at, id } = last.place();
        let after =
            if is_search { id.0.to_string() } else { format!("{rank}.{}.{}", arrived_at.as_millisecond(), id.0) };
        Ok(format!("/?{}", serde_urlencoded::to_string(Self { after, ..self.clone() })?))
    }
}

impl Line {
    fn of(row: &QueueRow, visitor: &Visitor, people: &[Person]) -> Self {
        let (details, entry) = (&row.details, &row.details.entry);
        let now = visitor.now;
        let may_read = may_read(visitor, &entry.unit);
        let facts = details.triage.as_ref();
        // What the text says is content, and so is what was found in it.
        let found = facts.filter(|_| may_read);
        let content = details.summary.as_ref().filter(|_| may_read).map(|summary| LineContent {
            from: summary
                .from
                .first()
                .map(|from| from.name.clone().unwrap_or_else(|| from.address.clone()))
                .unwrap_or_default(),
            subject: summary.subject.clone().unwrap_or_default(),
        });
        let claimed = details.claimed.filter(|(_, until)| *until > now);
        let words = found.filter(|facts| facts.urgency.urgent).map(|facts| {
            facts.urgency.words.iter().filter(|word| !word.denied).take(3).map(|word| word.word.clone()).collect()
        });
        Self {
            path: path(&entry.number),
            number: entry.number.to_string(),
            unit: entry.unit.clone(),
            arrived: clock::minute(entry.arrival.arrived_at),
            age: words::age(entry.arrival.arrived_at, now),
            is_late: details.state == model::State::Registered
                && clock::is_over_a_working_day(entry.arrival.arrived_at, now),
            is_urgent: may_read && row.rank == 0,
            urgent: words.unwrap_or_default(),
            cancels_today: may_read && row.rank == 1,
            public_description: details.public_description.clone(),
            content,
            kind: facts.map_or("Inte läst än", |facts| facts.kind.text()),
            channel: if entry.arrival.source == ArrivalSource::Person { details.channel.text() } else { "" },
            is_person: facts.is_some_and(|facts| facts.kind == Kind::Person),
            matters: found
                .map(|facts| facts.matters.iter().map(|found| found.matter.text()).collect())
                .unwrap_or_default(),
            has_identifier: found.is_some_and(|facts| !facts.identifiers.is_empty()),
            attachments: details.summary.as_ref().map_or(0, |summary| summary.attachments.len()),
            reply: words::reply_in_short(details),
            claimed_by: claimed.map(|(by, _)| name(people, by)),
            is_mine: claimed.is_some_and(|(by, _)| by == visitor.person.id),
            is_held: matches!(entry.stage, Stage::Held { .. }),
            state: in_queue(details.state),
            due: details.due_at.map(clock::minute).unwrap_or_default(),
            is_overdue: details.due_at.is_some_and(|due| due < now),
            chosen_as: format!("{}.{}", entry.number.to_string().replace(' ', "-"), details.version),
            may_handle: details.state.is_open() && visitor.access(Right::Handle, &entry.unit).0 == Access::Yes,
        }
    }
}

pub fn name(people: &[Person], id: PersonId) -> String {
    people.iter().find(|person| person.id == id).map_or_else(|| "någon".into(), |person| person.name.clone())
}

/// `/handling/MM-2026-00001`
pub fn path(number: &DiaryNumber) -> String {
    format!("/handling/{}", number.to_string().replace(' ', "-"))
}

struct HeldLine {
    path: String,
    number: String,
    unit: String,
    since: String,
    advice: &'static str,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    frame: Frame,
    lines: Vec<HeldLine>,
}

/// Entries that wait for a person, and what to do with each.
pub async fn held(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let units = visitor.units(Right::SeeEntries);
    if units.is_empty() {
        return Err(super::entry::refuse(&room, &visitor, "", None).await);
    }
    let entries = room.diary.read().await?.held().await?;
    let lines: Vec<HeldLine> = entries
        .iter()
        .filter(|entry| units.contains(&entry.unit))
        .map(|entry| HeldLine {
            path: path(&entry.number),
            number: entry.number.to_string(),
            unit: entry.unit.clone(),
            since: clock::minute(entry.registered_at),
            advice: match entry.stage {
                Stage::Held { reason, .. } => HoldReason::advice(reason),
                _ => "",
            },
        })
        .collect();
    let mut tx = room.diary.write().await?;
    for unit in &units {
        let ids: Vec<EntryId> = entries.iter().filter(|entry| entry.unit == *unit).map(|entry| entry.id).collect();
        if !ids.is_empty() {
            let (_, role) = visitor.access(Right::SeeEntries, unit);
            tx.audit_looks(&visitor.event(AuditAction::ListRead, role, unit, None, "held"), &ids).await?;
        }
    }
    tx.commit().await?;
    Ok(html(&HeldPage { frame: Frame::new(&visitor, "uppehall"), lines }))
}

/// How long "jag tar den" holds.
pub const LEASE: SignedDuration = SignedDuration::from_mins(60);
