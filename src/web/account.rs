//! One's own sign-ins, and pages that help.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Shared;
use super::door::{Posted, Visitor, forget_cookie, sessions};
use super::page::{Frame, html};
use super::passkey::PASSKEYS_NEEDED;
use super::refusal::Refusal;
use crate::clock;
use crate::diary::Passkey;
use crate::model::{AuditAction, Role};

struct SessionRow {
    id: i64,
    how: &'static str,
    started: String,
    seen: String,
    is_this: bool,
}

struct PasskeyRow {
    credential: String,
    label: String,
    added: String,
    used: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    /// None where one signs in otherwise.
    passkeys: Option<Vec<PasskeyRow>>,
    /// How many everyone must have.
    needed: usize,
    roles: Vec<(String, &'static str)>,
    sessions: Vec<SessionRow>,
}

pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let mut tx = room.diary.read().await?;
    let rows = sessions(&mut tx, visitor.person.id, visitor.now).await?;
    let passkeys = match &room.passkeys {
        Some(_) => Some(tx.passkeys(visitor.person.id).await?.into_iter().map(passkey_row).collect()),
        None => None,
    };
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
        passkeys,
        needed: usize::try_from(PASSKEYS_NEEDED).expect("it is two"),
        roles: visitor.person.roles.iter().map(|(unit, role)| (unit.clone(), Role::text(*role))).collect(),
        sessions: rows.into_iter().map(row).collect(),
    }))
}

fn passkey_row(passkey: Passkey) -> PasskeyRow {
    PasskeyRow {
        credential: URL_SAFE_NO_PAD.encode(&passkey.credential),
        label: passkey.label,
        added: clock::minute(passkey.added_at),
        used: passkey.used_at.map_or_else(|| "inte än".into(), clock::minute),
    }
}

#[derive(Debug, Deserialize)]
pub struct Nothing {}

pub async fn remove_passkey(
    State(room): Shared,
    Path(credential): Path<String>,
    posted: Posted<Nothing>,
) -> Result<Response, Refusal> {
    room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let visitor = posted.visitor;
    let credential = URL_SAFE_NO_PAD.decode(credential).map_err(|_| Refusal::NotFound)?;
    let mut tx = room.diary.write().await?;
    // One writer at a time: of two who remove at once, the later counts what the earlier left.
    if !tx.remove_passkey(visitor.person.id, &credential).await? {
        return Err(Refusal::NotFound);
    }
    let left = tx.count_passkeys(visitor.person.id).await?;
    if left < PASSKEYS_NEEDED {
        return Err(Refusal::LastPasskeys);
    }
    // Whoever has the device that was lost may have signed in with it.
    tx.end_other_sessions(visitor.session.id, visitor.person.id, visitor.now).await?;
    tx.audit(&visitor.event(AuditAction::PasskeyRemoved, None, "", None, format!("passkeys={left}"))).await?;
    tx.commit().await?;
    Ok(Redirect::to("/konto").into_response())
}

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
