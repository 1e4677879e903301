//! Which patient an entry is about. A person says so, with the number written out; the diary keeps every link there was.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Tx;
use super::cells::Cells as _;
use super::people::PersonId;
use super::tx::{execute, row, rows};
use crate::model::{DiaryNumber, Entry, EntryId};
use crate::triage::PatientNumber;

/// A link that holds.
#[derive(Clone, Debug)]
pub struct PatientLink {
    pub patient: PatientNumber,
    pub linked_at: Timestamp,
    pub linked_by: PersonId,
}

impl Tx {
    /// Says whether the entry was linked to nobody.
    pub async fn link_patient(
        &mut self,
        entry: EntryId,
        patient: &PatientNumber,
        by: PersonId,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(execute!(
            self,
            "insert into patient_link (entry_id, patient, linked_at, linked_by, ended_at) values ($1, $2, $3, $4, 0)
             on conflict do nothing",
            entry.0,
            patient.as_str(),
            now.as_millisecond(),
            by.0,
        ) == 1)
    }

    /// Says whether the entry was linked to this patient.
    pub async fn end_link(&mut self, entry: EntryId, patient: &PatientNumber, now: Timestamp) -> Result<bool> {
        Ok(execute!(
            self,
            "update patient_link set ended_at = $3 where entry_id = $1 and patient = $2 and ended_at = 0",
            entry.0,
            patient.as_str(),
            now.as_millisecond(),
        ) == 1)
    }

    pub async fn patient_of(&mut self, entry: EntryId) -> Result<Option<PatientLink>> {
        row!(self, "select * from patient_link where entry_id = $1 and ended_at = 0", entry.0; |row| Ok(PatientLink {
            patient: number(&row.text("patient")?)?,
            linked_at: row.time("linked_at")?,
            linked_by: PersonId(row.int("linked_by")?),
        }))
    }

    /// Oldest first.
    pub async fn entries_of(&mut self, patient: &PatientNumber) -> Result<Vec<Entry>> {
        rows!(self,
            "select entry.* from patient_link join entry on entry.id = patient_link.entry_id
             where patient_link.patient = $1 and patient_link.ended_at = 0 order by entry.id",
            patient.as_str(); super::entries::entry)
    }

    /// The patient of the entry of this number, if it is linked to one.
    pub async fn patient_of_number(&mut self, number: &DiaryNumber) -> Result<Option<PatientNumber>> {
        let found = row!(self,
            "select patient_link.patient from entry join patient_link on patient_link.entry_id = entry.id
             where entry.series = $1 and entry.year = $2 and entry.serial = $3 and patient_link.ended_at = 0",
            number.series.as_str(), i64::from(number.year), i64::from(number.serial.get()); |row| row.text("patient"))?;
        found.as_deref().map(self::number).transpose()
    }
}

/// The number was checked when it was written.
fn number(text: &str) -> Result<PatientNumber> {
    PatientNumber::read(text, Date::MAX).context("a patient's number in the database is none")
}
