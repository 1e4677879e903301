use anyhow::Context as _;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{Passkey, PublicKeyCredential, WebauthnError};

use super::Passkeys;
use crate::model::words;
use crate::web::door::begin_session;
use crate::web::refusal::{Refusal, ToScript};
use crate::web::{Room, Shared};

/// All that anyone is told.
const REFUSED: &str = "Inloggningen godkändes inte. Försök igen, eller använd din andra passnyckel. Om ingen av dem går, be om \
                       en ny inbjudan.";

/// Why a sign-in is refused, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// Ended before, begun before a restart, or too late.
    NotBegun,
    UnknownPasskey,
    /// Another's handle, or somebody who has ended.
    NotTheirs,
    NotVerified,
    /// The counter went back: there may be a copy.
    Copied,
    Unproven,
}

words!(Reason {
    NotBegun = "not-begun",
    UnknownPasskey = "unknown-passkey",
    NotTheirs = "not-theirs",
    NotVerified = "user-not-verified",
    Copied = "counter-went-back",
    Unproven = "unproven",
});

enum Fault {
    Refused(Reason),
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

pub async fn begin_sign_in(State(room): Shared) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let (options, ceremony) =
        passkeys.party.start_discoverable_authentication().context("begin a sign-in by passkey")?;
    let id = passkeys.sign_ins.put(ceremony, room.clock.now())?;
    // The library would have the browser offer passkeys while one fills in a name; here a button asks for them.
    let mut options = serde_json::to_value(options).context("write the options of a sign-in")?;
    let public_key: Value = options["publicKey"].take();
    Ok(Json(json!({ "id": id, "publicKey": public_key })).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Proof {
    id: String,
    credential: PublicKeyCredential,
}

pub async fn finish_sign_in(
    State(room): Shared,
    proof: Result<Json<Proof>, JsonRejection>,
) -> Result<Response, ToScript> {
    let passkeys = room.passkeys.as_ref().ok_or(Refusal::NotFound)?;
    let Json(proof) = proof.map_err(|_| Refusal::BadForm)?;
    match sign_in(&room, passkeys, &proof).await {
        Ok(response) => Ok(response),
        Err(Fault::Broken(error)) => Err(error.into()),
        Err(Fault::Refused(reason)) => {
            room.refused.audit(&room, "passkey", reason.word()).await?;
            Err(Refusal::Passkey(REFUSED).into())
        }
    }
}

async fn sign_in(room: &Room, passkeys: &Passkeys, proof: &Proof) -> Result<Response, Fault> {
    let now = room.clock.now();
    let ceremony = passkeys.sign_ins.take(&proof.id, now).ok_or(Reason::NotBegun)?;
    let identified = passkeys.party.identify_discoverable_authentication(&proof.credential);
    let (handle, credential) = identified.map_err(|_| Reason::UnknownPasskey)?;
    // Looked for first where it holds nobody up: anyone can come this far.
    if room.diary.read().await?.passkey(credential).await?.is_none() {
        return Err(Reason::UnknownPasskey.into());
    }
    let mut tx = room.diary.write().await?;
    let (owner, kept) = tx.passkey(credential).await?.ok_or(Reason::UnknownPasskey)?;
    let person = tx.person(owner).await?.filter(|person| person.ended_at.is_none()).ok_or(Reason::NotTheirs)?;
    if handle != passkeys.handle(owner) {
        return Err(Reason::NotTheirs.into());
    }
    let mut passkey: Passkey = serde_json::from_str(&kept.data).context("read a passkey")?;
    let proven = passkeys.party.finish_discoverable_authentication_v2(&proof.credential, ceremony, &passkey).map_err(
        |error| match error {
            WebauthnError::UserNotVerified => Reason::NotVerified,
            WebauthnError::CredentialPossibleCompromise => Reason::Copied,
            _ => Reason::Unproven,
        },
    )?;
    // It was asked for, and the library has looked. Patient data stands behind this line.
    if !proven.user_verified() {
        return Err(Reason::NotVerified.into());
    }
    passkey.update_credential(&proven);
    let data = serde_json::to_string(&passkey).context("write a passkey")?;
    tx.passkey_used(credential, &data, now).await?;
    let cookie = begin_session(&mut tx, &person, room.web.sign_in.word(), now).await?;
    tx.commit().await?;
    Ok(([cookie], Json(json!({ "to": "/" }))).into_response())
}
