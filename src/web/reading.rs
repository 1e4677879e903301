//! Leave to read one entry's content: a registrar takes it by saying why, and gives it to an archivist.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Shared;
use super::door::Posted;
use super::entry::{open, refuse};
use super::forms::reason;
use super::queue::path;
use super::refusal::Refusal;
use crate::diary::{Person, PersonId};
use crate::model::{Access, AuditAction, Right, Role};

#[derive(Debug, Deserialize)]
pub struct Reason {
    reason: String,
}

/// Opens the content of one entry to a registrar who says why.
pub async fn open_reading(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Reason>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    if visitor.access(Right::ReadContent, &entry.unit).0 < Access::WithReason {
        return Err(refuse(&room, &visitor, &entry.unit, Some(&entry.number)).await);
    }
    let reason = reason(&form.reason)?;
    let mut tx = room.diary.write().await?;
    tx.open_reading(entry.id, visitor.person.id, reason, visitor.now).await?;
    tx.audit(&visitor.event(
        AuditAction::ReadingOpened,
        seen.role,
        &entry.unit,
        Some(&entry.number),
        format!("reason={reason}"),
    ))
    .await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Grant {
    person: i64,
    reason: String,
}

/// Opens the content of one entry to an archivist, by a registrar who says why.
pub async fn grant_reading(
    State(room): Shared,
    Path(number): Path<String>,
    posted: Posted<Grant>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open(&room, &visitor, &number).await?;
    let entry = &seen.details.entry;
    if visitor.access(Right::GrantReading, &entry.unit).0 != Access::Yes {
        return Err(refuse(&room, &visitor, &entry.unit, Some(&entry.number)).await);
    }
    let reason = reason(&form.reason)?;
    let mut tx = room.diary.write().await?;
    let people = tx.people().await?;
    let (person, name) =
        archivists(&people, &entry.unit).into_iter().find(|(id, _)| *id == form.person).ok_or(Refusal::BadForm)?;
    tx.open_reading(entry.id, PersonId(person), reason, visitor.now).await?;
    let payload = format!("to={name} reason={reason}");
    tx.audit(&visitor.event(AuditAction::ReadingOpened, seen.role, &entry.unit, Some(&entry.number), payload)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&path(&entry.number)).into_response())
}

/// The archivists of a unit.
pub fn archivists(people: &[Person], unit: &str) -> Vec<(i64, String)> {
    let of_unit = |person: &&Person| {
        person.ended_at.is_none() && person.roles.iter().any(|(of, role)| of == unit && *role == Role::Archivist)
    };
    people.iter().filter(of_unit).map(|person| (person.id.0, person.name.clone())).collect()
}
