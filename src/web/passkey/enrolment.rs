use anyhow::{Context as _, Result};
use askama::Template;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;
use webauthn_rs::prelude::{CredentialID, PasskeyRegistration, RegisterPublicKeyCredential, WebauthnError};

use super::Passkeys;
use crate::diary::{Passkey, Person, Purpose, Tx};
use crate::model::{AuditAction, AuditEvent, Digest};
use crate::web::door::{Sent, begin_session, digest};
use crate::web::page::html;
use crate::web::refusal::{Refusal, ToScript};
use crate::web::{Room, Shared};

/// What fits in a list.
const LABEL_CHARS: usize = 60;

const NOT_BEGUN: &str = "Det tog för lång tid, eller så har inkom startats om. Försök igen.";
const UNPROVEN: &str = "Den gick inte att kontrollera. Försök igen, eller välj en annan enhet eller säkerhetsnyckel.";
const NOT_VERIFIED: &str = "Den måste låsas upp med PIN-kod, fingeravtryck eller ansikte. Försök igen, eller välj en annan enhet \
                        eller säkerhetsnyckel.";
const NOT_DISCOVERABLE: &str =
    "Säkerhetsnyckeln kan inte själv hålla reda på vem du är, eller så är den full. Välj en annan.";
const TAKEN: &str = "Den finns redan. Välj en annan enhet eller säkerhetsnyckel.";

/// An enrolment that has begun, and what lets its person in.
#[derive(Debug)]
pub struct Enrolment {
    registration: PasskeyRegistration,
    by: By,
}

#[derive(Debug, PartialEq, Eq)]
enum By {
    /// Of this digest.
    Link(Digest),
    Session(i64),
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'a> {
    authority: &'a str,
    person: &'a str,
    path: String,
}

/// Shows whose link it is. It is used up when the passkey is there, not before.
pub async fn invitation(State(room): Shared, Path(secret): Path<String>) -> Result<Response, Refusal> {
    room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let mut tx = room.diary.read().await?;
    let person = invited(&mut tx, &digest(&secret), room.clock.now()).await?;
    let path = format!("/inbjudan/{secret}");
    Ok(html(&InvitationPage { authority: &room.config.authority.name, person: &person.name, path }))
}

async fn invited(tx: &mut Tx, token: &Digest, now: Timestamp) -> Result<Person, Refusal> {
    let person = tx.invitation(token, Purpose::Enrol, now).await?.ok_or(Refusal::UsedLink)?;
    tx.person(person).await?.filter(|person| person.ended_at.is_none()).ok_or(Refusal::UsedLink)
}

pub async fn begin_invited(State(room): Shared, Path(secret): Path<String>) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let (token, now) = (digest(&secret), room.clock.now());
    let mut tx = room.diary.read().await?;
    let person = invited(&mut tx, &token, now).await?;
    Ok(begin(passkeys, &mut tx, &person, By::Link(token), now).await?)
}

pub async fn begin_another(State(room): Shared, sent: Sent<Value>) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let visitor = sent.visitor;
    let mut tx = room.diary.read().await?;
    Ok(begin(passkeys, &mut tx, &visitor.person, By::Session(visitor.session.id), visitor.now).await?)
}

async fn begin(passkeys: &Passkeys, tx: &mut Tx, person: &Person, by: By, now: Timestamp) -> Result<Response> {
    // Two on one device would be lost together.
    let known: Vec<CredentialID> =
        tx.passkeys(person.id).await?.into_iter().map(|passkey| passkey.credential).collect();
    let (options, registration) = passkeys
        .party
        .start_passkey_registration(passkeys.handle(person.id), &person.name, &person.name, Some(known))
        .context("begin an enrolment")?;
    let id = passkeys.enrolments.put(Enrolment { registration, by }, now)?;
    let mut options = serde_json::to_value(options).context("write the options of an enrolment")?;
    // One signs in without giving a name, so the passkey has to know it (Web Authentication §6.2.2, client-side discoverable).
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    Ok(Json(json!({ "id": id, "publicKey": options["publicKey"] })).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Made {
    id: String,
    /// What its owner calls it; may be empty.
    #[serde(default)]
    label: String,
    credential: RegisterPublicKeyCredential,
}

pub async fn finish_invited(
    State(room): Shared,
    Path(secret): Path<String>,
    made: Result<Json<Made>, JsonRejection>,
) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let Json(made) = made.map_err(|_| Refusal::BadForm)?;
    let cookie = use_link(&room, passkeys, &digest(&secret), &made).await?;
    Ok(([cookie], Json(json!({ "to": "/konto" }))).into_response())
}

/// The link is used up, the passkey is there and its owner signed in: all of it, or nothing.
async fn use_link(
    room: &Room,
    passkeys: &Passkeys,
    token: &Digest,
    made: &Made,
) -> Result<(HeaderName, HeaderValue), Refusal> {
    let now = room.clock.now();
    let passkey = finish(passkeys, made, &By::Link(*token), now)?;
    let mut tx = room.diary.write().await?;
    let person = invited(&mut tx, token, now).await?;
    tx.use_invitation(token, Purpose::Enrol, now).await?.ok_or(Refusal::UsedLink)?;
    add(&mut tx, &person, passkey, "link", now).await?;
    let cookie = begin_session(&mut tx, &person, room.web.sign_in.word(), now).await?;
    tx.commit().await?;
    Ok(cookie)
}

pub async fn finish_another(State(room): Shared, sent: Sent<Made>) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let visitor = sent.visitor;
    let passkey = finish(passkeys, &sent.body, &By::Session(visitor.session.id), visitor.now)?;
    let mut tx = room.diary.write().await?;
    add(&mut tx, &visitor.person, passkey, "session", visitor.now).await?;
    tx.commit().await?;
    Ok(Json(json!({ "to": "/konto" })).into_response())
}

/// What the authenticator made, once the library has found it whole: challenge, address, and that its user was verified.
fn finish(passkeys: &Passkeys, made: &Made, by: &By, now: Timestamp) -> Result<Passkey, Refusal> {
    let begun = passkeys.enrolments.take(&made.id, now).filter(|begun| begun.by == *by);
    let begun = begun.ok_or(Refusal::Passkey(NOT_BEGUN))?;
    let known = passkeys.party.finish_passkey_registration(&made.credential, &begun.registration).map_err(|error| {
        warn!("A new passkey was refused: {error}");
        Refusal::Passkey(if matches!(error, WebauthnError::UserNotVerified) { NOT_VERIFIED } else { UNPROVEN })
    })?;
    if made.credential.extensions.cred_props.as_ref().is_some_and(|props| props.rk == Some(false)) {
        return Err(Refusal::Passkey(NOT_DISCOVERABLE));
    }
    Ok(Passkey {
        credential: known.cred_id().clone(),
        label: made.label.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LABEL_CHARS).collect(),
        data: serde_json::to_string(&known).context("write a passkey")?,
        added_at: now,
        used_at: None,
    })
}

async fn add(tx: &mut Tx, person: &Person, passkey: Passkey, by: &str, now: Timestamp) -> Result<(), Refusal> {
    // Web Authentication §7.1 step 26: never anyone else's.
    if tx.passkey(&passkey.credential).await?.is_some() {
        return Err(Refusal::Passkey(TAKEN));
    }
    let count = tx.count_passkeys(person.id).await? + 1;
    let label = if passkey.label.is_empty() { format!("Passnyckel {count}") } else { passkey.label };
    tx.add_passkey(person.id, &Passkey { label, ..passkey }).await?;
    tx.audit(&AuditEvent::new(
        now,
        person.name.clone(),
        AuditAction::PasskeyAdded,
        format!("by={by} passkeys={count}"),
    ))
    .await?;
    Ok(())
}
