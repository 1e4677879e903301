//! Which patient an entry is about: said by a person who has read it and writes the number out, never guessed.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Shared;
use super::door::Posted;
use super::entry::{changed, open_to_handle_and_read};
use super::forms;
use super::queue::{name, path};
use super::refusal::Refusal;
use crate::clock;
use crate::diary::{PatientLink, Person};
use crate::model::AuditAction;

#[derive(Debug, Deserialize)]
pub struct Patient {
    patient: String,
}

/// "Koppla till patient".
pub async fn link(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Patient>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open_to_handle_and_read(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    let patient = forms::patient(&form.patient, visitor.now).map_err(|text| Refusal::Wrong {
        title: "Handlingen är inte kopplad",
        text,
        back: path(&entry.number),
    })?;
    let mut tx = room.diary.write().await?;
    if !tx.link_patient(entry.id, &patient, visitor.person.id, visitor.now).await? {
        drop(tx);
        return Err(changed(&room, entry.id, &entry.number, &visitor).await?);
    }
    let payload = format!("patient={patient}");
    tx.audit(&visitor.event(AuditAction::PatientLinked, seen.role, &entry.unit, Some(&entry.number), payload)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Ending {
    /// As the page showed it.
    patient: String,
    reason: String,
}

/// "Avsluta kopplingen", which was a mistake: the reason is written down.
pub async fn unlink(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Ending>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open_to_handle_and_read(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    let reason = forms::reason(&form.reason)?;
    let patient = forms::patient(&form.patient, visitor.now).map_err(|_| Refusal::BadForm)?;
    let mut tx = room.diary.write().await?;
    if !tx.end_link(entry.id, &patient, visitor.now).await? {
        drop(tx);
        return Err(changed(&room, entry.id, &entry.number, &visitor).await?);
    }
    let payload = format!("reason={reason}");
    tx.audit(&visitor.event(AuditAction::PatientUnlinked, seen.role, &entry.unit, Some(&entry.number), payload))
        .await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

/// The patient of an entry, for its page.
pub struct Linked {
    pub patient: String,
    pub at: String,
    pub by: String,
}

impl Linked {
    pub fn of(link: &PatientLink, people: &[Person]) -> Self {
        Self { patient: link.patient.to_string(), at: clock::minute(link.linked_at), by: name(people, link.linked_by) }
    }
}
