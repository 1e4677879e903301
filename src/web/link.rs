//! One-time links: GET shows a button, POST uses the link up, so that nothing that looks a link over in passing does.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};

use super::door::{begin_session, digest, secret};
use super::page::html;
use super::refusal::Refusal;
use super::{Room, Shared};
use crate::config::SignIn;
use crate::diary::{PersonId, Purpose, Tx};

/// How long a link can be used.
const HOURS: i64 = 72;

/// A link for one person, once. `path` is below the pages' origin.
#[derive(Debug)]
pub struct Link {
    pub path: String,
    pub until: Timestamp,
}

/// Writes a link that signs this person in to the demonstration.
pub async fn demo_link(tx: &mut Tx, person: PersonId, now: Timestamp) -> Result<Link> {
    link(tx, person, Purpose::Demo, now, "lank").await
}

/// Writes a link by which this person enrols a passkey. Those they had before can no longer be used.
pub async fn enrolment_link(tx: &mut Tx, person: PersonId, now: Timestamp) -> Result<Link> {
    tx.withdraw_invitations(person, Purpose::Enrol).await?;
    link(tx, person, Purpose::Enrol, now, "inbjudan").await
}

async fn link(tx: &mut Tx, person: PersonId, purpose: Purpose, now: Timestamp, folder: &str) -> Result<Link> {
    let secret = secret()?;
    let until = now.checked_add(SignedDuration::from_hours(HOURS)).context("the clock is out of range")?;
    tx.invite(person, purpose, &digest(&secret), now, until).await?;
    Ok(Link { path: format!("/{folder}/{secret}"), until })
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    authority: &'a str,
    by: &'a SignIn,
}

/// How to sign in here.
pub async fn sign_in(State(room): Shared) -> Response {
    html(&SignInPage { authority: &room.config.authority.name, by: &room.web.sign_in })
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    authority: &'a str,
    person: &'a str,
}

pub async fn show(State(room): Shared, Path(secret): Path<String>) -> Result<Response, Refusal> {
    only_in_the_demo(&room)?;
    let mut tx = room.diary.read().await?;
    let person = tx.invitation(&digest(&secret), Purpose::Demo, room.clock.now()).await?.ok_or(Refusal::UsedLink)?;
    let person = tx.person(person).await?.ok_or(Refusal::UsedLink)?;
    Ok(html(&LinkPage { authority: &room.config.authority.name, person: &person.name }))
}

pub async fn consume(State(room): Shared, Path(secret): Path<String>) -> Result<Response, Refusal> {
    only_in_the_demo(&room)?;
    let now = room.clock.now();
    let mut tx = room.diary.write().await?;
    let person = tx.use_invitation(&digest(&secret), Purpose::Demo, now).await?.ok_or(Refusal::UsedLink)?;
    let person = tx.person(person).await?.filter(|person| person.ended_at.is_none()).ok_or(Refusal::UsedLink)?;
    let cookie = begin_session(&mut tx, &person, "demo", now).await?;
    tx.commit().await?;
    Ok(([cookie], Redirect::to("/")).into_response())
}

/// A link is no strong authentication: it opens made-up mail, and nothing else.
fn only_in_the_demo(room: &Arc<Room>) -> Result<(), Refusal> {
    if matches!(room.web.sign_in, SignIn::Demo) { Ok(()) } else { Err(Refusal::NotFound) }
}
