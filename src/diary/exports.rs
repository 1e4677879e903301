//! The diary row by row, for lists that leave it: every field as it is stored, read page by page.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::Tx;
use super::cells::Cells;
use super::tx::rows;
use crate::model::{ArrivalSource, Channel, Confidentiality, DiaryNumber, Digest, EntryId, State};

/// Which entries leave the diary. Days are of registration, as the diary number's year is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// One at least.
    pub units: Vec<String>,
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// One entry with every field of it but its text.
#[derive(Clone, Debug)]
pub struct ExportRow {
    pub id: EntryId,
    pub number: DiaryNumber,
    pub unit: String,
    pub hsa_id: String,
    pub channel: Channel,
    pub direction: String,
    pub public_description: String,
    pub confidentiality: Confidentiality,
    pub provision: String,
    pub document_type: String,
    pub case_reference: String,
    pub sender_type: String,
    pub state: State,
    pub decision: String,
    pub due_at: Option<Timestamp>,
    pub registered_at: Timestamp,
    pub registered_by: String,
    pub arrived_at: Timestamp,
    pub arrival_source: ArrivalSource,
    pub raw: Digest,
    pub raw_size_bytes: u64,
    pub pdf: Option<Digest>,
    pub is_duplicate: bool,
    pub reply: String,
    pub reply_reason: String,
    pub message_id: String,
    pub original_gone_at: Option<Timestamp>,
    pub said: Said,
}

/// What the message says of itself: nothing where it could not be read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Said {
    #[serde(default)]
    pub from: Vec<SaidPerson>,
    #[serde(default)]
    pub to: Vec<SaidPerson>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub attachments: Vec<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SaidPerson {
    pub name: Option<String>,
    pub address: String,
}

/// What a row is made of.
macro_rules! columns {
    () => {
        "id, series, year, serial, unit, hsa_id, channel, direction, public_description, confidentiality, provision,
         document_type, case_reference, sender_type, state, decision, due_at, registered_at, registered_by, arrived_at,
         arrival_source, raw, raw_size_bytes, pdf, duplicate_of, reply, reply_reason, message_id, original_gone_at, summary"
    };
}

impl Tx {
    /// Open entries of a unit, by arrival, after this place.
    pub async fn open_after(
        &mut self,
        unit: &str,
        after: Option<(Timestamp, EntryId)>,
        limit: u32,
    ) -> Result<Vec<ExportRow>> {
        let (at, id) = after.map_or((i64::MIN, 0), |(at, id)| (at.as_millisecond(), id.0));
        rows!(self,
            concat!("select ", columns!(), " from entry where unit = $1 and is_open = 1 and (arrived_at, id) > ($2, $3)
             order by arrived_at, id limit $4"),
            unit, at, id, i64::from(limit); |row| export_row(row, EntryId(row.int("id")?), row.text("unit")?))
    }

    /// Voided entries of a unit, by number.
    pub async fn voided(&mut self, unit: &str) -> Result<Vec<ExportRow>> {
        rows!(self,
            concat!("select ", columns!(), " from entry where unit = $1 and state = 'makulerad' order by id"),
            unit; |row| export_row(row, EntryId(row.int("id")?), row.text("unit")?))
    }

    /// Entries after this one, in the order in which they were registered. Of several units, a page may hold fewer than `limit`
    /// and still not be the last: [`None`] says that there are no more.
    pub async fn export_after(
        &mut self,
        selection: &Selection,
        after: EntryId,
        limit: u32,
    ) -> Result<Option<(EntryId, Vec<ExportRow>)>> {
        let (from, before) = (
            selection.from.map_or(i64::MIN, Timestamp::as_millisecond),
            selection.before.map_or(i64::MAX, Timestamp::as_millisecond),
        );
        let page = rows!(self,
            concat!("select ", columns!(), " from entry where id > $1 and registered_at >= $2 and registered_at < $3
             order by id limit $4"),
            after.0, from, before, i64::from(limit); |row| {
            let unit = row.text("unit")?;
            let id = EntryId(row.int("id")?);
            let row = if selection.units.contains(&unit) { Some(export_row(row, id, unit)?) } else { None };
            Ok((id, row))
        })?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        Ok(Some((*last, page.into_iter().filter_map(|(_, row)| row).collect())))
    }
}

fn export_row(row: &impl Cells, id: EntryId, unit: String) -> Result<ExportRow> {
    let serial = u32::try_from(row.int("serial")?).ok().and_then(|serial| serial.try_into().ok());
    let summary = row.text("summary")?;
    let pdf = row.bytes("pdf")?;
    Ok(ExportRow {
        id,
        number: DiaryNumber {
            series: row.text("series")?.parse()?,
            year: i16::try_from(row.int("year")?)?,
            serial: serial.context("serial is out of range")?,
        },
        unit,
        hsa_id: row.text("hsa_id")?,
        channel: row.word("channel")?,
        direction: row.text("direction")?,
        public_description: row.text("public_description")?,
        confidentiality: row.word("confidentiality")?,
        provision: row.text("provision")?,
        document_type: row.text("document_type")?,
        case_reference: row.text("case_reference")?,
        sender_type: row.text("sender_type")?,
        state: row.word("state")?,
        decision: row.text("decision")?,
        due_at: row.maybe_time("due_at")?,
        registered_at: row.time("registered_at")?,
        registered_by: row.text("registered_by")?,
        arrived_at: row.time("arrived_at")?,
        arrival_source: row.word("arrival_source")?,
        raw: row.digest("raw")?,
        raw_size_bytes: row.count("raw_size_bytes")?,
        pdf: if pdf.is_empty() { None } else { Some(row.digest("pdf")?) },
        is_duplicate: row.yes("duplicate_of")?,
        reply: row.text("reply")?,
        reply_reason: row.text("reply_reason")?,
        message_id: row.text("message_id")?,
        original_gone_at: row.maybe_time("original_gone_at")?,
        said: if summary.is_empty() {
            Said::default()
        } else {
            serde_json::from_str(&summary)
                .map_err(|_| anyhow::anyhow!("the summary of entry {} cannot be read", id.0))?
        },
    })
}
