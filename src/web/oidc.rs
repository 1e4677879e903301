//! Signing in by a region's identity provider: there, and back again.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tracing::error;

use super::begun::Begun;
use super::door::{begin_session, constant_time_eq, cookie};
use super::page::{Bare, html};
use super::provider::{Denied, Expected, Failure, Provider};
use super::refusal::Refusal;
use super::{Room, Shared};
use crate::diary::Person;

/// Ties the way back to the browser that set out. Lax: the way back begins at the provider's.
const COOKIE: &str = "__Host-inkom-inloggning";
/// Signing in takes no longer than this.
const MINUTES: i64 = 10;
/// So many can be under way at once; then the oldest is forgotten.
const MOST: usize = 1_000;

/// Sign-ins that have set out. A restart forgets them, and they are begun again.
pub type UnderWay = Begun<Expected>;

pub fn under_way() -> UnderWay {
    Begun::new(MOST, SignedDuration::from_mins(MINUTES))
}

/// To the provider.
pub async fn set_out(State(room): Shared) -> Result<Response, Refusal> {
    let provider = provider(&room)?;
    let (url, expected) = match provider.begin().await {
        Ok(begun) => begun,
        Err(error) => return Ok(no_answer(&error)),
    };
    let secret = room.under_way.put(expected, room.clock.now())?;
    let cookie = format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", MINUTES * 60);
    let cookie = HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&url)).into_response())
}

/// What the provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Deserialize)]
pub struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedIn;

/// Back from the provider.
pub async fn come_back(
    State(room): Shared,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, Refusal> {
    let provider = provider(&room)?;
    let Query(answer) = answer.map_err(|_| Refusal::BadForm)?;
    let now = room.clock.now();
    let denied = match who(&room, provider, &headers, answer, now).await {
        Ok(hsa_id) => {
            let mut tx = room.diary.write().await?;
            match tx.person_with_hsa_id(&hsa_id).await?.filter(|person: &Person| !person.roles.is_empty()) {
                Some(person) => {
                    let session = begin_session(&mut tx, &person, "oidc", now).await?;
                    tx.commit().await?;
                    // A page, not a redirect: the session's cookie is Strict, so a browser that the provider has just sent
                    // here would leave it out of one.
                    let mut response = html(&SignedIn);
                    response.headers_mut().append(session.0, session.1);
                    response.headers_mut().append(header::SET_COOKIE, forgotten());
                    return Ok(response);
                }
                None => Denied::Unknown,
            }
        }
        Err(Failure::Denied(denied)) => denied,
        Err(Failure::NoAnswer(error)) => return Ok(no_answer(&error)),
    };
    // Anyone can ask for this address; what did not begin here has no place in the log of who did what.
    if denied != Denied::Stray {
        room.refused.audit(&room, "oidc", denied.word()).await?;
    }
    let page = Bare {
        title: "Du är inte inloggad",
        text: advice(denied).into(),
        back: "/logga-in".into(),
        typed: String::new(),
    };
    let cookie: (HeaderName, HeaderValue) = (header::SET_COOKIE, forgotten());
    Ok((StatusCode::FORBIDDEN, [cookie], html(&page)).into_response())
}

/// The HSA-id of the one who comes back.
async fn who(
    room: &Room,
    provider: &Provider,
    headers: &HeaderMap,
    answer: Answer,
    now: Timestamp,
) -> Result<String, Failure> {
    let expected = cookie(headers, COOKIE)
        .and_then(|secret| room.under_way.take(&secret, now))
        .filter(|expected| constant_time_eq(expected.state.secret().as_bytes(), answer.state.as_bytes()))
        .ok_or(Failure::Denied(Denied::Stray))?;
    if answer.iss.is_some_and(|iss| iss != provider.issuer()) {
        return Err(Failure::Denied(Denied::Untrusted));
    }
    let code = answer.code.ok_or(Failure::Denied(Denied::ByProvider))?;
    provider.finish(code, expected, now).await
}

fn provider(room: &Room) -> Result<&Provider, Refusal> {
    room.provider.as_ref().ok_or(Refusal::NotFound)
}

fn forgotten() -> HeaderValue {
    HeaderValue::from_static("__Host-inkom-inloggning=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn no_answer(error: &anyhow::Error) -> Response {
    error!("The identity provider cannot be used: {error:#}");
    let text = "Det är inget fel på din e-legitimation. Försök igen om en stund, och säg till den som sköter inkom om det \
                inte går över.";
    let page = Bare {
        title: "Legitimeringstjänsten svarar inte",
        text: text.into(),
        back: "/logga-in".into(),
        typed: String::new(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, html(&page)).into_response()
}

fn advice(denied: Denied) -> &'static str {
    match denied {
        Denied::Stray => {
            "Inloggningen är redan använd, tog för lång tid eller började i en annan webbläsare. Börja om från \
             inloggningssidan."
        }
        Denied::ByProvider => "Legitimeringen avbröts. Försök igen.",
        Denied::Untrusted => {
            "Svaret från legitimeringstjänsten gick inte att lita på. Försök igen, och säg till den som sköter inkom om det \
             inte går över."
        }
        Denied::LowLevel => {
            "Du legitimerade dig på en lägre nivå än den som krävs för att läsa det som kommer till mottagningen. Logga in \
             igen med den e-legitimation som du har i tjänsten, till exempel ditt SITHS-kort."
        }
        Denied::TooOld => "Det är för länge sedan du legitimerade dig. Logga in igen, och legitimera dig på nytt.",
        Denied::NoHsaId => {
            "Legitimeringstjänsten uppgav inget HSA-id för dig. Logga in med den e-legitimation som du har i tjänsten, inte \
             med en privat."
        }
        Denied::Unknown => {
            "Din e-legitimation godtogs, men du har ingen behörighet här. Vänd dig till enhetens administratör, som kan lägga \
             till dig med ditt HSA-id."
        }
    }
}
