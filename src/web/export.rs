//! "Uttag": an archivist who has just signed in gets an approval for one export at the command line.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::Shared;
use super::door::{Posted, Visitor, digest, secret};
use super::entry::refuse;
use super::page::{Frame, html};
use super::refusal::Refusal;
use crate::clock;
use crate::diary::{Person, Purpose, Tx};
use crate::model::{AuditAction, Right, Role};

/// How long ago they may have signed in, and how long the approval holds.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
const HOLDS: SignedDuration = SignedDuration::from_mins(60);

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    frame: Frame,
    units: Vec<String>,
    is_fresh: bool,
    code: Option<String>,
    until: String,
}

#[derive(Debug, serde::Deserialize)]
pub struct Nothing {}

fn is_fresh(visitor: &Visitor) -> bool {
    visitor.now.duration_since(visitor.session.started_at) <= FRESH
}

pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let units = visitor.units(Right::Export);
    if units.is_empty() {
        return Err(refuse(&room, &visitor, "", None).await);
    }
    let is_fresh = is_fresh(&visitor);
    let frame = Frame::new(&visitor, "uttag");
    Ok(html(&ExportPage { frame, units, is_fresh, code: None, until: String::new() }))
}

pub async fn approve(State(room): Shared, posted: Posted<Nothing>) -> Result<Response, Refusal> {
    let visitor = posted.visitor;
    let units = visitor.units(Right::Export);
    if units.is_empty() {
        return Err(refuse(&room, &visitor, "", None).await);
    }
    if !is_fresh(&visitor) {
        return Err(Refusal::Wrong {
            title: "Logga in på nytt",
            text: "Du loggade in för mer än tio minuter sedan. Logga ut och in igen, och hämta sedan godkännandet."
                .into(),
            back: "/uttag".into(),
        });
    }
    let code = secret()?;
    let until = visitor.now.checked_add(HOLDS).map_err(anyhow::Error::from)?;
    let mut tx = room.diary.write().await?;
    tx.withdraw_invitations(visitor.person.id, Purpose::Export).await?;
    tx.invite(visitor.person.id, Purpose::Export, &digest(&code), visitor.now, until).await?;
    let row =
        visitor.event(AuditAction::ExportApproved, Some(Role::Archivist), "", None, format!("units={}", units.len()));
    tx.audit(&row).await?;
    tx.commit().await?;
    let frame = Frame::new(&visitor, "uttag");
    Ok(html(&ExportPage { frame, units, is_fresh: true, code: Some(code), until: clock::minute(until) }))
}

/// Uses an approval up. Says whose it was, if it holds and they are still let in.
pub async fn use_export_approval(tx: &mut Tx, code: &str, now: Timestamp) -> anyhow::Result<Option<Person>> {
    match tx.use_invitation(&digest(code.trim()), Purpose::Export, now).await? {
        Some(person) => Ok(tx.person(person).await?.filter(|person| person.ended_at.is_none())),
        None => Ok(None),
    }
}
