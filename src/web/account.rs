//! One's own sign-ins, and pages that help.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Shared;
use super::door::{Posted, Visitor, forget_cookie, sessions};
use super::page::{Frame, html};
use super::refusal::Refusal;
use crate::clock;
use crate::model::{AuditAction, Role};

struct SessionRow {
    id: i64,
    how: &'static str,
    started: String,
    seen: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    roles: Vec<(String, &'static str)>,
    sessions: Vec<SessionRow>,
}

pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let mut tx = room.diary.read().await?;
    let rows = sessions(&mut tx, visitor.person.id, visitor.now).await?;
    let row = |session: crate::diary::Session| SessionRow {
        id: session.id,
        how: match session.how.as_str() {
            "passkey" => "Passnyckel",
            "oidc" => "E-legitimation",
            _ => "Demonstrationens länk",
        },
        started: clock::minute(session.started_at),
        seen: clock::minute(session.seen_at),
        is_this: session.id == visitor.session.id,
    };
    Ok(html(&Account {
        frame: Frame::new(&visitor, "konto"),
        roles: visitor.person.roles.iter().map(|(unit, role)| (unit.clone(), Role::text(*role))).collect(),
        sessions: rows.into_iter().map(row).collect(),
    }))
}

#[derive(Debug, Deserialize)]
pub struct Nothing {}

pub async fn end_session(
    State(room): Shared,
    Path(id): Path<i64>,
    posted: Posted<Nothing>,
) -> Result<Response, Refusal> {
    let visitor = posted.visitor;
    let mut tx = room.diary.write().await?;
    if !tx.end_session(id, visitor.person.id, visitor.now).await? {
        return Err(Refusal::NotFound);
    }
    tx.audit(&visitor.event(AuditAction::SignedOut, None, "", None, "")).await?;
    tx.commit().await?;
    Ok(Redirect::to("/konto").into_response())
}

pub async fn sign_out(State(room): Shared, posted: Posted<Nothing>) -> Result<Response, Refusal> {
    let visitor = posted.visitor;
    let mut tx = room.diary.write().await?;
    tx.end_session(visitor.session.id, visitor.person.id, visitor.now).await?;
    tx.audit(&visitor.event(AuditAction::SignedOut, None, "", None, "")).await?;
    tx.commit().await?;
    Ok(([forget_cookie()], Redirect::to("/logga-in")).into_response())
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    frame: Frame,
}

pub async fn keys(visitor: Visitor) -> Response {
    html(&Keys { frame: Frame::new(&visitor, "tangenter") })
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility;

pub async fn accessibility() -> Response {
    html(&Accessibility)
}
