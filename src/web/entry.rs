//! One entry: what came, what is known of it, what was done, and who takes care of it.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::door::{Posted, Visitor};
use super::offers::{Offers, secrecy};
use super::page::{Frame, html};
use super::patient::Linked;
use super::queue::{LEASE, name, path};
use super::refusal::Refusal;
use super::{Room, Shared, blocks, reading, words};
use crate::clock;
use crate::decision::Standing;
use crate::diary::{EntryDetails, Tx};
use crate::message::{self, Message};
use crate::model::{Access, ArrivalSource, AuditAction, DiaryNumber, Entry, EntryId, HoldReason, Right, Role, Stage};
use crate::triage;

/// A message is read again for its page; one that takes longer is shown by its PDF alone.
const READING: std::time::Duration = std::time::Duration::from_secs(5);

/// Evidence is cut at so many characters.
const EVIDENCE_CHARS: usize = 120;

/// An entry that this person may look at, and how far.
pub struct Seen {
    pub details: EntryDetails,
    pub may_read: bool,
    needs_reason: bool,
    needs_grant: bool,
    pub may_handle: bool,
    pub role: Option<Role>,
}

struct FileLine {
    path: String,
    name: String,
    kind: String,
    size: String,
}

struct HistoryLine {
    at: String,
    who: String,
    what: &'static str,
}

struct Fact {
    label: &'static str,
    text: String,
    evidence: String,
}

struct Content {
    from: Vec<String>,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    date: String,
    defects: Vec<String>,
    files: Vec<FileLine>,
    facts: Vec<Fact>,
    urgent: Vec<String>,
    /// Markup of the blocks, when it came as text.
    body: Option<String>,
    /// When it came as HTML.
    frame: Option<HtmlFrame>,
    unreadable: bool,
}

/// A document in a sandbox, of about the right height: what is sandboxed tells nobody its own.
struct HtmlFrame {
    height: &'static str,
    document: String,
}

struct ReplyFacts {
    state: &'static str,
    reason: &'static str,
    recipient: String,
    text: String,
    at: String,
    trouble: &'static str,
    has_letter: bool,
}

/// Other entries that it belongs with: address and number. Of its own unit: another's is not told.
struct Relations {
    duplicate_of: Option<String>,
    answers: Option<(String, String)>,
    answered_by: Vec<(String, String)>,
}

impl Relations {
    async fn of(tx: &mut Tx, details: &EntryDetails) -> anyhow::Result<Self> {
        let unit = &details.entry.unit;
        let linked = |other: Entry| (path(&other.number), other.number.to_string());
        let original = match details.duplicate_of {
            Some(original) => tx.entry_by_id(original).await?,
            None => None,
        };
        let answers = match details.answers {
            Some(id) => tx.entry_by_id(id).await?.map(|other| other.entry).filter(|other| other.unit == *unit),
            None => None,
        };
        let answered_by = tx.answers_to(details.entry.id).await?;
        Ok(Self {
            duplicate_of: original.map(|original| original.entry.number.to_string()),
            answers: answers.map(linked),
            answered_by: answered_by.into_iter().filter(|other| other.unit == *unit).map(linked).collect(),
        })
    }
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    frame: Frame,
    path: String,
    number: String,
    unit: String,
    arrived: String,
    registered: String,
    age: String,
    is_late: bool,
    is_urgent: bool,
    stage: &'static str,
    held: Option<&'static str>,
    secrecy: String,
    public_description: String,
    /// What can be done, for those who handle entries.
    offers: Option<Offers>,
    has_pdf: bool,
    size: String,
    digest: String,
    content: Option<Content>,
    needs_reason: bool,
    needs_grant: bool,
    /// Whom this person can let read it, by id and name.
    archivists: Vec<(i64, String)>,
    reply: ReplyFacts,
    may_handle: bool,
    version: i64,
    claimed_by: Option<String>,
    claimed_until: String,
    is_mine: bool,
    relations: Relations,
    /// How it came in, if not by e-mail to the mailbox, and who registered it.
    by_hand: Option<(&'static str, String)>,
    /// Shown with the content, for the number is of it.
    linked: Option<Linked>,
    history: Vec<HistoryLine>,
    looks: Vec<HistoryLine>,
}

pub async fn page(State(room): Shared, visitor: Visitor, Path(number): Path<String>) -> Result<Response, Refusal> {
    let seen = open(&room, &visitor, &number).await?;
    let details = &seen.details;
    let entry = &details.entry;
    let mut tx = room.diary.write().await?;
    tx.audit_looks(
        &visitor.event(
            AuditAction::EntryRead,
            seen.role,
            &entry.unit,
            Some(&entry.number),
            if seen.may_read { "content" } else { "" },
        ),
        &[entry.id],
    )
    .await?;
    tx.commit().await?;
    let mut tx = room.diary.read().await?;
    let raw = if seen.may_read { tx.kept(&details.raw).await? } else { None };
    let reply = tx.reply_of(entry.id).await?;
    let (done, looks) = (tx.audit_of(&entry.number).await?, tx.looks_at(entry.id, 200).await?);
    let people = tx.people().await?;
    let (acts, handover) = (tx.acts_of(entry.id).await?, tx.handover_of(entry.id).await?);
    let standing = Standing::of(acts.iter().filter_map(|done| done.act.as_ref()));
    let patient = if seen.may_read { tx.patient_of(entry.id).await? } else { None };
    let contact = match &patient {
        Some(link) => tx.contact_of(&link.patient, &entry.unit).await?,
        None => (false, None),
    };
    let relations = Relations::of(&mut tx, details).await?;
    drop(tx);
    let content = if seen.may_read { Some(content(&room, details, raw).await) } else { None };
    let claimed = details.claimed.filter(|(_, until)| *until > visitor.now);
    let line = |row: &crate::diary::AuditRow| HistoryLine {
        at: clock::minute(row.event.at),
        who: who(&row.event.actor, &row.event.role),
        what: words::action(row.event.action),
    };
    Ok(html(&EntryPage {
        frame: Frame::new(&visitor, "handling"),
        path: path(&entry.number),
        number: entry.number.to_string(),
        unit: entry.unit.clone(),
        arrived: clock::minute(entry.arrival.arrived_at),
        registered: clock::minute(entry.registered_at),
        age: words::age(entry.arrival.arrived_at, visitor.now),
        is_late: details.state == crate::model::State::Registered
            && clock::is_over_a_working_day(entry.arrival.arrived_at, visitor.now),
        is_urgent: seen.may_read && details.triage.as_ref().is_some_and(|facts| facts.urgency.urgent),
        stage: words::stage(details),
        held: match entry.stage {
            Stage::Held { reason, .. } => Some(HoldReason::advice(reason)),
            _ => None,
        },
        secrecy: secrecy(&standing),
        public_description: details.public_description.clone(),
        offers: seen
            .may_handle
            .then(|| Offers::of(&room, &visitor, details, &acts, standing, handover.as_ref(), seen.may_read)),
        has_pdf: details.pdf.is_some(),
        size: words::size(entry.raw_size_bytes),
        digest: details.raw.to_string(),
        content,
        needs_reason: seen.needs_reason,
        needs_grant: seen.needs_grant,
        archivists: if visitor.access(Right::GrantReading, &entry.unit).0 == Access::Yes {
            reading::archivists(&people, &entry.unit)
        } else {
            Vec::new()
        },
        reply: ReplyFacts {
            state: words::reply_in_short(details),
            reason: words::reply_reason(&details.reply_reason),
            recipient: reply
                .as_ref()
                .filter(|_| seen.may_read)
                .map(|reply| reply.recipient.clone())
                .unwrap_or_default(),
            text: reply
                .as_ref()
                .map(|reply| format!("{} version {}", reply.text_document, reply.text_version))
                .unwrap_or_default(),
            at: reply.as_ref().and_then(|reply| reply.sent_at).map(clock::minute).unwrap_or_default(),
            trouble: reply.as_ref().and_then(|reply| reply.trouble).map_or("", crate::model::Trouble::advice),
            has_letter: reply.is_some() && seen.may_read,
        },
        may_handle: seen.may_handle,
        version: details.version,
        is_mine: claimed.is_some_and(|(by, _)| by == visitor.person.id),
        claimed_by: claimed.map(|(by, _)| name(&people, by)),
        claimed_until: claimed.map(|(_, until)| clock::minute(until)).unwrap_or_default(),
        relations,
        by_hand: (entry.arrival.source == ArrivalSource::Person)
            .then(|| (details.channel.text(), details.registered_by.clone())),
        linked: patient.map(|link| Linked::of(&link, &people, contact)),
        history: done.iter().filter(|row| !row.event.action.is_look()).map(line).collect(),
        looks: looks.iter().map(line).collect(),
    }))
}

/// A person at the command line, a person on the pages, or inkom itself.
pub fn who(actor: &str, role: &str) -> String {
    let role = role.parse::<Role>().map(|role| format!(", {}", role.text().to_lowercase())).unwrap_or_default();
    match actor {
        "system" => "inkom".to_owned(),
        other => format!("{}{role}", other.strip_prefix("os:").unwrap_or(other)),
    }
}

/// Everything that came, read anew from the kept original.
async fn content(room: &Room, details: &EntryDetails, raw: Option<Vec<u8>>) -> Content {
    let summary = details.summary.clone();
    let message = match raw {
        Some(raw) => read(room, raw).await,
        None => None,
    };
    let people = |people: &[message::Address]| people.iter().map(ToString::to_string).collect();
    let own = path(&details.entry.number);
    let files = summary.iter().flat_map(|summary| &summary.attachments).map(|file| FileLine {
        path: format!("{own}/bilaga/{}", file.digest),
        name: file.name.clone().unwrap_or_else(|| "(utan namn)".into()),
        kind: file.media_type.clone(),
        size: words::size(file.size_bytes),
    });
    let is_html = message.as_ref().is_some_and(|message| message.media_types.iter().any(|kind| kind == "text/html"));
    Content {
        from: summary.as_ref().map(|summary| people(&summary.from)).unwrap_or_default(),
        to: summary.as_ref().map(|summary| people(&summary.to)).unwrap_or_default(),
        cc: summary.as_ref().map(|summary| people(&summary.cc)).unwrap_or_default(),
        subject: summary.as_ref().and_then(|summary| summary.subject.clone()).unwrap_or_default(),
        date: message.as_ref().and_then(|message| message.date).map(clock::minute).unwrap_or_default(),
        defects: summary.as_ref().map(|summary| summary.defects.clone()).unwrap_or_default(),
        files: files.collect(),
        facts: details.triage.as_ref().map(facts).unwrap_or_default(),
        urgent: details.triage.iter().filter(|facts| facts.urgency.urgent).flat_map(urgent_words).collect(),
        frame: message.as_ref().filter(|_| is_html).map(|message| framed(room, message)),
        unreadable: message.is_none(),
        body: message.filter(|_| !is_html).map(|message| blocks::markup(&message.body)),
    }
}

fn height(message: &Message) -> &'static str {
    let lines: usize = message.text.lines().map(|line| line.chars().count() / 80 + 1).sum();
    match lines {
        0..=6 => "short",
        7..=16 => "medium",
        _ => "long",
    }
}

/// Words with the place where they stand.
fn urgent_words(facts: &triage::Facts) -> Vec<String> {
    let said = facts.urgency.words.iter().filter(|word| !word.denied);
    said.map(|word| format!("”{}” {}", word.word, word.place.text())).collect()
}

fn facts(facts: &triage::Facts) -> Vec<Fact> {
    let kind = Fact { label: "Slag", text: facts.kind.text().to_owned(), evidence: String::new() };
    let mut all = vec![kind];
    all.extend(facts.signs.iter().map(|sign| Fact {
        label: "Tecken",
        text: sign.rule.text().to_owned(),
        evidence: [sign.place.as_str(), sign.found.as_str()].join(" ").trim().chars().take(EVIDENCE_CHARS).collect(),
    }));
    all.extend(facts.matters.iter().map(|found| Fact {
        label: "Gäller",
        text: found.matter.text().to_owned(),
        evidence: found.place.map_or_else(
            || format!("avsändarens domän {}", found.words),
            |place| format!("”{}” {}", found.words, place.text()),
        ),
    }));
    all.extend(facts.identifiers.iter().map(|found| Fact {
        label: "Personnummer",
        text: found.written.clone(),
        evidence: format!("{} {}", found.value, found.place.text()),
    }));
    all.extend(facts.language.iter().map(|code| Fact {
        label: "Språk",
        text: words::language(code),
        evidence: String::new(),
    }));
    all
}

async fn read(room: &Room, raw: Vec<u8>) -> Option<Message> {
    let most = room.config.limits.read_max_bytes;
    tokio::time::timeout(READING, tokio::task::spawn_blocking(move || message::read(&raw, most))).await.ok()?.ok()
}

/// The text of one that came as HTML: our own markup of its blocks, in a document of its own that can do nothing. It lies in
/// the entry's page and nowhere else, so that no look at it is without its row in the log.
#[derive(Template)]
#[template(path = "frame.html")]
struct Framed<'a> {
    origin: &'a str,
    body: String,
}

fn framed(room: &Room, message: &Message) -> HtmlFrame {
    let document = Framed { origin: &room.web.origin, body: blocks::markup(&message.body) };
    HtmlFrame { height: height(message), document: document.render().expect("a string takes all that is written") }
}

#[derive(Debug, Deserialize)]
pub struct Version {
    version: i64,
}

/// "Jag tar den".
pub async fn claim(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Version>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open_to_handle(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    let until = visitor.now.checked_add(LEASE).context("the clock is out of range")?;
    let mut tx = room.diary.write().await?;
    if !tx.claim(entry.id, visitor.person.id, form.version, visitor.now, until).await? {
        drop(tx);
        return Err(changed(&room, entry.id, &entry.number, &visitor).await?);
    }
    tx.audit(&visitor.event(AuditAction::Claimed, seen.role, &entry.unit, Some(&entry.number), "")).await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

/// "Lämna ifrån dig den".
pub async fn release(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Version>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open_to_handle(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    let mut tx = room.diary.write().await?;
    if !tx.release(entry.id, visitor.person.id, form.version).await? {
        drop(tx);
        return Err(changed(&room, entry.id, &entry.number, &visitor).await?);
    }
    tx.audit(&visitor.event(AuditAction::Released, seen.role, &entry.unit, Some(&entry.number), "")).await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

/// What has happened to it since the page was shown.
pub async fn changed(room: &Room, id: EntryId, number: &DiaryNumber, visitor: &Visitor) -> anyhow::Result<Refusal> {
    let mut tx = room.diary.read().await?;
    let details = tx.entry_by_id(id).await?.context("the entry was there a moment ago")?;
    let what = match details.claimed.filter(|(by, until)| *until > visitor.now && *by != visitor.person.id) {
        Some((by, until)) => {
            let person = tx.person(by).await?.map_or_else(|| "Någon".into(), |person| person.name);
            format!("{person} har tagit den, till {}.", clock::minute(until))
        }
        None => "någon har gjort något med den. Handlingens sida visar vad.".into(),
    };
    Ok(Refusal::Changed { number: number.to_string(), what })
}

/// The entry of an address, if this person may see that it exists.
pub async fn open(room: &Arc<Room>, visitor: &Visitor, number: &str) -> Result<Seen, Refusal> {
    let number: DiaryNumber = number.replacen('-', " ", 1).parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = room.diary.read().await?;
    let found = tx.entry(&number).await?;
    // One who sees no entries at all must not learn which there are.
    let Some(details) = found else {
        drop(tx);
        if visitor.may_anywhere(Right::SeeEntries) {
            return Err(Refusal::NotFound);
        }
        return Err(refuse(room, visitor, "", None).await);
    };
    let unit = details.entry.unit.clone();
    let reading = tx.reading(details.entry.id, visitor.person.id, visitor.now).await?;
    drop(tx);
    let (access, role) = visitor.access(Right::SeeEntries, &unit);
    if access == Access::No {
        return Err(refuse(room, visitor, &unit, Some(&number)).await);
    }
    let (content, reader) = visitor.access(Right::ReadContent, &unit);
    Ok(Seen {
        may_read: content == Access::Yes || (content > Access::No && reading.is_some()),
        needs_grant: content == Access::WhenGranted && reading.is_none(),
        needs_reason: content == Access::WithReason && reading.is_none(),
        may_handle: visitor.access(Right::Handle, &unit).0 == Access::Yes,
        role: if content > Access::No { reader } else { role },
        details,
    })
}

/// The same, where the content is asked for.
pub async fn open_content(room: &Arc<Room>, visitor: &Visitor, number: &str) -> Result<Seen, Refusal> {
    let seen = open(room, visitor, number).await?;
    if seen.may_read {
        return Ok(seen);
    }
    let entry = &seen.details.entry;
    Err(refuse(room, visitor, &entry.unit, Some(&entry.number)).await)
}

/// The same, where something is to be done with it.
async fn open_to_handle(room: &Arc<Room>, visitor: &Visitor, number: &str) -> Result<Seen, Refusal> {
    let seen = open(room, visitor, number).await?;
    if seen.may_handle {
        return Ok(seen);
    }
    let entry = &seen.details.entry;
    Err(refuse(room, visitor, &entry.unit, Some(&entry.number)).await)
}

/// 403, logged.
pub async fn refuse(room: &Room, visitor: &Visitor, unit: &str, entry: Option<&DiaryNumber>) -> Refusal {
    let logged = async {
        let mut tx = room.diary.write().await?;
        tx.audit(&visitor.event(AuditAction::AccessRefused, None, unit, entry, "")).await?;
        tx.commit().await
    };
    match logged.await {
        Ok(()) => Refusal::NotYours,
        Err(error) => Refusal::Broken(error),
    }
}
