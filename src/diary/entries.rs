//! Registered documents: their numbers, their stages, what they say of themselves.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::cells::Cells;
use super::people::PersonId;
use super::tx::{exactly_one, execute, row, rows};
use super::{Tx, queue};
use crate::clock;
use crate::message::Summary;
use crate::model::{
    Arrival, ArrivalSource, AuditAction, Channel, Confidentiality, DiaryNumber, Digest, DocumentNumber, Entry, EntryId,
    HoldReason, Kept, Resume, Series, Stage, StageName, State,
};
use crate::triage;

/// Of what a message refers to, no more is looked up.
const REFERENCES: usize = 20;

/// What is known of a message before anything in it is read.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    pub mailbox: &'a str,
    pub folder: &'a str,
    pub unit: &'a str,
    pub hsa_id: &'a str,
    pub series: &'a Series,
    pub first_serial: u32,
    pub internal_date: Timestamp,
    pub fetched_at: Timestamp,
    pub raw: &'a [u8],
    pub backlog: bool,
    pub held: Option<(Resume, HoldReason)>,
    /// When a person registers it by hand.
    pub by_hand: Option<ByHand<'a>>,
}

/// What the person says who registers something by hand that reached the authority by other ways than the mailbox.
#[derive(Clone, Copy, Debug)]
pub struct ByHand<'a> {
    pub channel: Channel,
    pub person: &'a str,
    /// When it reached the authority, which is no other time than that (FL 22 §).
    pub arrived_at: Timestamp,
    /// The entry that it answers.
    pub answers: Option<EntryId>,
}

/// What is known once it has been read.
#[derive(Clone, Debug)]
pub struct Facts {
    pub arrived_at: Timestamp,
    pub arrival_source: ArrivalSource,
    pub message_id: String,
    pub date_header: String,
    pub summary: Summary,
    pub triage: triage::Facts,
    pub duplicate_of: Option<EntryId>,
    /// The entry that it answers, by what it refers to.
    pub answers: Option<EntryId>,
    /// What the entry is searched by: everything that is said in it.
    pub text: String,
    /// It cancels a visit of the day on which it came.
    pub cancels_today: bool,
}

/// An entry with all that the diary holds of it.
#[derive(Clone, Debug)]
pub struct EntryDetails {
    pub entry: Entry,
    pub hsa_id: String,
    pub channel: Channel,
    pub public_description: String,
    pub confidentiality: Confidentiality,
    pub registered_by: String,
    pub raw: Digest,
    pub pdf: Option<Digest>,
    pub message_id: String,
    pub date_header: String,
    pub summary: Option<Summary>,
    pub triage: Option<triage::Facts>,
    pub duplicate_of: Option<EntryId>,
    pub reply: String,
    pub reply_reason: String,
    pub original_gone_at: Option<Timestamp>,
    /// How far people have come with it.
    pub state: State,
    /// What closed it: `journalford`, `ska-inte-journalforas`, `ringa-betydelse`, `skrappost`, `felskickad`; empty as yet.
    pub decision: String,
    /// Code of its handlingstyp, or empty.
    pub document_type: String,
    /// By which it is secret, or empty.
    pub provision: String,
    /// The case (ärende) that it belongs to, or empty.
    pub case_reference: String,
    pub sender_type: String,
    /// When something is to be done with it at the latest: a call, an answer.
    pub due_at: Option<Timestamp>,
    /// The entry that it is an answer to.
    pub answers: Option<EntryId>,
    /// Counted up by every change that a person makes.
    pub version: i64,
    /// Who takes care of it, and until when that holds.
    pub claimed: Option<(PersonId, Timestamp)>,
}

/// One year of one series: what its counter has given, and what its entries have. All 0 where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesState {
    pub series: String,
    pub year: i64,
    pub first_given: i64,
    pub last_given: i64,
    pub first: i64,
    pub last: i64,
    pub entries: i64,
}

impl Tx {
    /// Gives the next number and writes the entry with its kept bytes, its document `:1` and its audit row; where a person does it by
    /// hand, they write the row.
    pub async fn register(&mut self, new: &NewEntry<'_>, now: Timestamp) -> Result<Entry> {
        let number = self.next_number(new.series, clock::day(now).year(), new.first_serial).await?;
        let raw = self.keep(new.raw).await?;
        let stage = match new.held {
            None => Stage::Registered { raw },
            Some((resume, reason)) => Stage::Held { resume, reason },
        };
        let by_hand = new.by_hand;
        let arrived_at = by_hand.map_or(new.internal_date, |by| by.arrived_at);
        let source = by_hand.map_or(ArrivalSource::MailStore, |_| ArrivalSource::Person);
        let channel = by_hand.map_or(Channel::Email, |by| by.channel);
        let id = row!(self,
            "insert into entry (series, year, serial, mailbox, folder, unit, hsa_id, channel, direction, public_description,
                 neutral_description, confidentiality, registered_at, registered_by, arrived_at, arrival_source, internal_date,
                 fetched_at, raw, raw_size_bytes, pdf, backlog, stage, held_resume, held_reason, message_id, date_header, summary,
                 duplicate_of, reply, reply_reason, original_gone_at, answers)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'inkommen', $9, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                 $21, $22, $23, '', '', '', 0, '', '', 0, $24) returning id",
            number.series.as_str(), i64::from(number.year), i64::from(number.serial.get()), new.mailbox, new.folder, new.unit,
            new.hsa_id, channel.word(), channel.description(), Confidentiality::NotTried.word(), now.as_millisecond(),
            by_hand.map_or("system", |by| by.person), arrived_at.as_millisecond(), source.word(),
            new.internal_date.as_millisecond(), new.fetched_at.as_millisecond(), &raw.as_bytes()[..],
            i64::try_from(new.raw.len())?, &b""[..], i64::from(new.backlog), stage.name().word(),
            new.held.map_or("", |(resume, _)| resume.word()), new.held.map_or("", |(_, reason)| reason.word()),
            by_hand.and_then(|by| by.answers).map_or(0, |id| id.0);
            |row| row.int("id"))?
        .context("the database gave no id")?;
        let entry = Entry {
            id: EntryId(id),
            number,
            mailbox: new.mailbox.into(),
            folder: new.folder.into(),
            unit: new.unit.into(),
            arrival: Arrival { arrived_at, source, internal_date: new.internal_date, fetched_at: new.fetched_at },
            registered_at: now,
            raw_size_bytes: new.raw.len() as u64,
            stage,
            backlog: new.backlog,
        };
        self.add_document(entry.id, DocumentNumber::INCOMING.get(), "inkommen", &raw, "", now).await?;
        if by_hand.is_none() {
            self.audit_entry(now, AuditAction::Registered, &entry, format!("sha256={raw}")).await?;
        }
        Ok(entry)
    }

    /// The next serial of a year, in this transaction: a number that is not used after all was never given.
    async fn next_number(&mut self, series: &Series, year: i16, first_serial: u32) -> Result<DiaryNumber> {
        let serial = row!(self,
            "insert into counter (series, year, first, last) values ($1, $2, $3, $3)
             on conflict (series, year) do update set last = counter.last + 1 returning last",
            series.as_str(), i64::from(year), i64::from(first_serial); |row| row.int("last"))?
        .context("the counter gave no serial")?;
        let serial =
            u32::try_from(serial).ok().and_then(|serial| serial.try_into().ok()).context("the series is full")?;
        Ok(DiaryNumber { series: series.clone(), year, serial })
    }

    pub(super) async fn add_document(
        &mut self,
        entry: EntryId,
        document: u32,
        direction: &str,
        digest: &Digest,
        message_id: &str,
        now: Timestamp,
    ) -> Result<()> {
        let rows = execute!(
            self,
            "insert into document (entry_id, document, direction, digest, message_id, created_at) values ($1, $2, $3, $4, $5, $6)",
            entry.0,
            i64::from(document),
            direction,
            &digest.as_bytes()[..],
            message_id,
            now.as_millisecond(),
        );
        exactly_one(rows, "adding a document")
    }

    /// Registered → rendered: the PDF is kept, and what the message says of itself.
    pub async fn rendered(
        &mut self,
        entry: &Entry,
        raw: Digest,
        pdf: &[u8],
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Kept> {
        let pdf = self.keep(pdf).await?;
        let rows = execute!(
            self,
            "update entry set stage = 'rendered', pdf = $2, arrived_at = $3, arrival_source = $4, message_id = $5,
                 date_header = $6, summary = $7, duplicate_of = $8, triage = $9, kind = $10, urgent = $11, rank = $12,
                 matters = $13, has_identifier = $14, answers = case when answers <> 0 then answers else $15 end
             where id = $1 and stage = 'registered'",
            entry.id.0,
            &pdf.as_bytes()[..],
            facts.arrived_at.as_millisecond(),
            facts.arrival_source.word(),
            facts.message_id.as_str(),
            facts.date_header.as_str(),
            serde_json::to_string(&facts.summary)?,
            facts.duplicate_of.map_or(0, |id| id.0),
            serde_json::to_string(&facts.triage)?,
            facts.triage.kind.word(),
            i64::from(facts.triage.urgency.urgent),
            queue::rank(facts),
            queue::matters(&facts.triage),
            i64::from(!facts.triage.identifiers.is_empty()),
            facts.answers.map_or(0, |id| id.0),
        );
        exactly_one(rows, "rendered")?;
        self.index_words(entry, facts).await?;
        self.audit_entry(now, AuditAction::Rendered, entry, format!("sha256={pdf}")).await?;
        Ok(Kept { raw, pdf })
    }

    /// Rendered → answered: whether it is answered, and why or why not.
    pub async fn answered(&mut self, entry: &Entry, queued: bool, reason: &str, now: Timestamp) -> Result<()> {
        let (reply, action) =
            if queued { ("queued", AuditAction::ReplyQueued) } else { ("withheld", AuditAction::ReplyWithheld) };
        let rows = execute!(
            self,
            "update entry set stage = 'answered', reply = $2, reply_reason = $3 where id = $1 and stage = 'rendered'",
            entry.id.0,
            reply,
            reason,
        );
        exactly_one(rows, "answered")?;
        self.audit_entry(now, action, entry, format!("reason={reason}")).await
    }

    /// Answered → done, if nothing of it is left in any folder. Says whether it was.
    pub async fn done_if_gone(&mut self, entry: EntryId, now: Timestamp) -> Result<bool> {
        let rows = execute!(
            self,
            "update entry set stage = 'done', original_gone_at = case when arrival_source = 'person' then 0 else $2 end where id = $1
             and (stage = 'answered' or (stage = 'held' and held_reason = 'cannot-remove'))
             and not exists (select 1 from sighting where entry_id = $1 and gone_at = 0)",
            entry.0,
            now.as_millisecond(),
        );
        Ok(rows == 1)
    }

    /// Out of the stage in which the step `resume` works. One that is held there already may be held for another reason,
    /// and an original may fail to go again after its entry was done.
    pub async fn hold(&mut self, entry: &Entry, resume: Resume, reason: HoldReason, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "update entry set stage = 'held', held_resume = $2, held_reason = $3 where id = $1
             and (stage = $4 or (stage = 'held' and held_resume = $2) or (stage = 'done' and $2 = 'remove'))",
            entry.id.0,
            resume.word(),
            reason.word(),
            resume.stage().word(),
        );
        exactly_one(rows, "holding an entry")?;
        self.audit_entry(now, AuditAction::Held, entry, format!("reason={reason}")).await
    }

    /// Held → the stage it was held from. Says whether it was held. A placeholder never goes on, for its original is the
    /// only copy of the message: its place is forgotten, so that the message is fetched anew.
    pub async fn retry(&mut self, entry: &Entry, actor: &str, now: Timestamp) -> Result<bool> {
        let Stage::Held { resume, reason } = entry.stage else { return Ok(false) };
        if reason == HoldReason::Placeholder {
            self.forget_places(entry.id, now).await?;
        } else {
            let rows = execute!(
                self,
                "update entry set stage = $2, held_resume = '', held_reason = '' where id = $1 and stage = 'held'",
                entry.id.0,
                resume.stage().word(),
            );
            exactly_one(rows, "retrying an entry")?;
        }
        execute!(self, "update sighting set attempts = 0 where entry_id = $1", entry.id.0);
        self.audit(&crate::model::AuditEvent {
            unit: entry.unit.clone(),
            entry: Some(entry.number.clone()),
            ..crate::model::AuditEvent::new(now, actor, AuditAction::Retried, "")
        })
        .await?;
        Ok(true)
    }

    /// Work that a stop left behind, in every stage, oldest first.
    pub async fn unfinished(&mut self, mailbox: &str, limit: u32) -> Result<Vec<Entry>> {
        let mut entries = rows!(self,
            "select * from entry where mailbox = $1 and stage = 'registered' order by id limit $2",
            mailbox, i64::from(limit); entry)?;
        entries.extend(rows!(self,
            "select * from entry where mailbox = $1 and stage in ('rendered', 'answered') and backlog = 0
             and (stage = 'rendered' or not exists (select 1 from sighting where entry_id = entry.id and gone_at = 0))
             order by id limit $2",
            mailbox, i64::from(limit); entry)?);
        Ok(entries)
    }

    pub async fn entry(&mut self, number: &DiaryNumber) -> Result<Option<EntryDetails>> {
        row!(self, "select * from entry where series = $1 and year = $2 and serial = $3",
            number.series.as_str(), i64::from(number.year), i64::from(number.serial.get()); details)
    }

    pub async fn entry_by_id(&mut self, id: EntryId) -> Result<Option<EntryDetails>> {
        row!(self, "select * from entry where id = $1", id.0; details)
    }

    /// Entries after an id, oldest first: the diary page by page.
    pub async fn entries_after(&mut self, id: EntryId, limit: u32) -> Result<Vec<EntryDetails>> {
        rows!(self, "select * from entry where id > $1 order by id limit $2", id.0, i64::from(limit); details)
    }

    /// The newest entries, newest first.
    pub async fn newest(&mut self, limit: u32) -> Result<Vec<EntryDetails>> {
        rows!(self, "select * from entry order by id desc limit $1", i64::from(limit); details)
    }

    pub async fn held(&mut self) -> Result<Vec<Entry>> {
        rows!(self, "select * from entry where stage = 'held' order by id"; entry)
    }

    pub async fn count_entries(&mut self) -> Result<u64> {
        Ok(row!(self, "select count(*) as n from entry"; |row| row.count("n"))?.unwrap_or_default())
    }

    /// Entries of this mailbox that hold the same bytes, oldest first.
    pub async fn with_bytes(&mut self, mailbox: &str, raw: &Digest) -> Result<Vec<Entry>> {
        rows!(self, "select * from entry where raw = $1 and mailbox = $2 order by id limit 100", &raw.as_bytes()[..], mailbox; entry)
    }

    /// An earlier entry of this mailbox that gives the same Message-ID.
    pub async fn with_message_id(&mut self, mailbox: &str, message_id: &str, before: EntryId) -> Result<Option<Entry>> {
        row!(self,
            "select * from entry where message_id = $1 and message_id <> '' and mailbox = $2 and id < $3 order by id limit 1",
            message_id, mailbox, before.0; entry)
    }

    /// The newest entry of this unit that one of these Message-IDs is of, or our reply to it: what a message answers that
    /// refers to them (RFC 5322 §3.6.4).
    pub async fn referred_to(&mut self, unit: &str, message_ids: &[String], by: EntryId) -> Result<Option<EntryId>> {
        let mut newest = None;
        // In-Reply-To comes first, and the last of References are the nearest.
        let (first, rest) = message_ids.split_at(message_ids.len().min(3));
        let last = &rest[rest.len().saturating_sub(REFERENCES)..];
        for id in first.iter().chain(last).filter(|id| !id.is_empty()) {
            let found = row!(self,
                "select max(id) as id from (
                     select entry.id from outbox join entry on entry.id = outbox.entry_id
                     where outbox.message_id = $1 and entry.unit = $2
                     union all select id from entry where message_id = $1 and message_id <> '' and unit = $2
                 ) referred where id <> $3 having max(id) is not null",
                id.as_str(), unit, by.0; |row| row.int("id"))?;
            newest = newest.max(found);
        }
        Ok(newest.map(EntryId))
    }

    /// Entries that answer this one, oldest first.
    pub async fn answers_to(&mut self, entry: EntryId) -> Result<Vec<Entry>> {
        rows!(self, "select * from entry where answers = $1 and answers <> 0 order by id limit 100", entry.0; self::entry)
    }

    /// Whether an earlier entry of this mailbox gives the same Message-ID and was received in the same second.
    pub async fn has_twin(
        &mut self,
        mailbox: &str,
        message_id: &str,
        received: Timestamp,
        before: EntryId,
    ) -> Result<bool> {
        Ok(row!(self,
            "select id from entry where message_id = $1 and message_id <> '' and mailbox = $2 and internal_date = $3 and id < $4 limit 1",
            message_id, mailbox, received.as_millisecond(), before.0; |row| row.int("id"))?
        .is_some())
    }

    /// Every year of every series that has a counter or an entry.
    pub async fn series(&mut self) -> Result<Vec<SeriesState>> {
        rows!(self,
            "select s.series, s.year, coalesce(c.first, 0) as first_given, coalesce(c.last, 0) as last_given,
                 coalesce(e.first, 0) as first, coalesce(e.last, 0) as last, coalesce(e.entries, 0) as entries
             from (select series, year from counter union select series, year from entry) s
             left join counter c on c.series = s.series and c.year = s.year
             left join (select series, year, min(serial) as first, max(serial) as last, count(*) as entries
                        from entry group by series, year) e on e.series = s.series and e.year = s.year
             order by s.series, s.year"; |row| {
            Ok(SeriesState {
                series: row.text("series")?,
                year: row.int("year")?,
                first_given: row.int("first_given")?,
                last_given: row.int("last_given")?,
                first: row.int("first")?,
                last: row.int("last")?,
                entries: row.int("entries")?,
            })
        })
    }

    /// How many numbers each series has given, of all years: what [`Tx::series`] proves, for those who look often.
    pub async fn count_numbers(&mut self) -> Result<Vec<(String, u64)>> {
        rows!(self, "select series, cast(sum(last - first + 1) as bigint) as n from counter group by series order by series";
            |row| Ok((row.text("series")?, row.count("n")?)))
    }

    /// Documents under an entry: number, direction, digest of the kept bytes.
    pub async fn documents(&mut self, entry: EntryId) -> Result<Vec<(i64, String, Digest)>> {
        rows!(self, "select document, direction, digest from document where entry_id = $1 order by document", entry.0;
            |row| Ok((row.int("document")?, row.text("direction")?, row.digest("digest")?)))
    }
}

pub(super) fn entry(row: &impl Cells) -> Result<Entry> {
    let raw = row.digest("raw")?;
    let kept = || -> Result<Kept> { Ok(Kept { raw, pdf: row.digest("pdf").context("the entry has no PDF")? }) };
    let stage = match row.word::<StageName>("stage")? {
        StageName::Registered => Stage::Registered { raw },
        StageName::Rendered => Stage::Rendered(kept()?),
        StageName::Answered => Stage::Answered(kept()?),
        StageName::Done => Stage::Done(kept()?),
        StageName::Held => Stage::Held { resume: row.word("held_resume")?, reason: row.word("held_reason")? },
    };
    let serial = u32::try_from(row.int("serial")?).ok().and_then(|serial| serial.try_into().ok());
    Ok(Entry {
        id: EntryId(row.int("id")?),
        number: DiaryNumber {
            series: row.text("series")?.parse()?,
            year: i16::try_from(row.int("year")?)?,
            serial: serial.context("serial is out of range")?,
        },
        mailbox: row.text("mailbox")?,
        folder: row.text("folder")?,
        unit: row.text("unit")?,
        arrival: Arrival {
            arrived_at: row.time("arrived_at")?,
            source: row.word("arrival_source")?,
            internal_date: row.time("internal_date")?,
            fetched_at: row.time("fetched_at")?,
        },
        registered_at: row.time("registered_at")?,
        raw_size_bytes: row.count("raw_size_bytes")?,
        stage,
        backlog: row.yes("backlog")?,
    })
}

pub(super) fn details(row: &impl Cells) -> Result<EntryDetails> {
    let id = row.int("id")?;
    read_details(row).with_context(|| format!("read entry {id}"))
}

fn read_details(row: &impl Cells) -> Result<EntryDetails> {
    let pdf = if row.bytes("pdf")?.is_empty() { None } else { Some(row.digest("pdf")?) };
    let summary = row.text("summary")?;
    let triage = row.text("triage")?;
    let duplicate_of = row.int("duplicate_of")?;
    Ok(EntryDetails {
        entry: entry(row)?,
        hsa_id: row.text("hsa_id")?,
        channel: row.word("channel")?,
        public_description: row.text("public_description")?,
        confidentiality: row.word("confidentiality")?,
        registered_by: row.text("registered_by")?,
        raw: row.digest("raw")?,
        pdf,
        message_id: row.text("message_id")?,
        date_header: row.text("date_header")?,
        summary: if summary.is_empty() {
            None
        } else {
            Some(serde_json::from_str(&summary).map_err(|_| anyhow::anyhow!("the summary cannot be read"))?)
        },
        triage: if triage.is_empty() {
            None
        } else {
            Some(serde_json::from_str(&triage).map_err(|_| anyhow::anyhow!("the facts of triage cannot be read"))?)
        },
        duplicate_of: (duplicate_of != 0).then_some(EntryId(duplicate_of)),
        reply: row.text("reply")?,
        reply_reason: row.text("reply_reason")?,
        original_gone_at: row.maybe_time("original_gone_at")?,
        state: row.word("state")?,
        decision: row.text("decision")?,
        document_type: row.text("document_type")?,
        provision: row.text("provision")?,
        case_reference: row.text("case_reference")?,
        sender_type: row.text("sender_type")?,
        due_at: row.maybe_time("due_at")?,
        answers: Some(row.int("answers")?).filter(|id| *id != 0).map(EntryId),
        version: row.int("version")?,
        claimed: row
            .maybe_time("claimed_until")?
            .zip(row.int("claimed_by").ok())
            .map(|(until, by)| (PersonId(by), until)),
    })
}
