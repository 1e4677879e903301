//! What stands before every page: the headers that keep a browser strict, requests that come from elsewhere, sign-in.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::Room;
use super::passkey::PASSKEYS_NEEDED;
use super::refusal::{Refusal, ToScript};
use crate::diary::{Person, PersonId, Session, Tx};
use crate::model::{Access, AuditAction, AuditEvent, DiaryNumber, Digest, Right, Role};

/// A session ends after so long without a look, and after so long in any case (DESIGN: 15 minutes, ten hours).
const IDLE: SignedDuration = SignedDuration::from_mins(15);
const ABSOLUTE: SignedDuration = SignedDuration::from_hours(10);
/// That it was seen is written no more often than this.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// `__Host-`: this host alone, over TLS (or loopback), for all paths (RFC 6265bis §4.1.3.2).
const COOKIE: &str = "__Host-inkom";

/// Nothing from elsewhere, no script or style within a page, no frame around it.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                   frame-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// For all pages of all people.
pub async fn guard(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    let refused = !is_safe(request.method()) && !is_from_here(request.headers(), &room.web.origin);
    let mut response = if refused { Refusal::FromElsewhere.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // To our own pages only. With "no-referrer" a form would be sent with the origin "null".
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-embedder-policy"), "require-corp");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    if room.web.origin.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    response
}

fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

/// Whether a page of our own sent it. A browser says so by Sec-Fetch-Site, an older one by Origin; one that says neither is
/// refused.
fn is_from_here(headers: &HeaderMap, origin: &str) -> bool {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (value("sec-fetch-site"), value("origin")) {
        (Some("same-origin"), None) => true,
        (Some("same-origin") | None, Some(from)) => from == origin,
        _ => false,
    }
}

/// One who has signed in, in a session that goes on.
#[derive(Debug)]
pub struct Visitor {
    pub person: Person,
    pub session: Session,
    pub now: Timestamp,
}

impl Visitor {
    /// Units that the right goes for, with or without a reason.
    pub fn units(&self, right: Right) -> Vec<String> {
        let mut units: Vec<String> = self
            .person
            .roles
            .iter()
            .filter(|(_, role)| role.access(right) > Access::No)
            .map(|(unit, _)| unit.clone())
            .collect();
        units.dedup();
        units
    }

    pub fn may_anywhere(&self, right: Right) -> bool {
        self.person.roles.iter().any(|(_, role)| role.access(right) > Access::No)
    }

    /// How far the right goes for a unit, and by which role.
    pub fn access(&self, right: Right, unit: &str) -> (Access, Option<Role>) {
        let of_unit = self.person.roles.iter().filter(|(of, _)| of == unit);
        let best = of_unit.map(|(_, role)| (role.access(right), *role)).max_by_key(|(access, _)| *access);
        best.map_or((Access::No, None), |(access, role)| (access, Some(role)))
    }

    /// A row for the audit log: this person, in the role by which they could.
    pub fn event(
        &self,
        action: AuditAction,
        role: Option<Role>,
        unit: &str,
        entry: Option<&DiaryNumber>,
        payload: impl Into<String>,
    ) -> AuditEvent {
        AuditEvent {
            at: self.now,
            actor: self.person.name.clone(),
            role: role.map_or("", Role::word).into(),
            action,
            unit: unit.into(),
            entry: entry.cloned(),
            payload: payload.into(),
        }
    }
}

impl FromRequestParts<Arc<Room>> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, room: &Arc<Room>) -> Result<Self, Refusal> {
        let now = room.clock.now();
        let Some(token) = cookie(&parts.headers, COOKIE) else { return Err(Refusal::SignIn) };
        let mut tx = room.diary.read().await?;
        let Some(session) = tx.session(&digest(&token), ago(now, IDLE)?, ago(now, ABSOLUTE)?).await? else {
            return Err(Refusal::SignIn);
        };
        // The configuration may have been made stricter since.
        if session.how != room.web.sign_in.word() {
            return Err(Refusal::SignIn);
        }
        let person =
            tx.person(session.person).await?.filter(|person| person.ended_at.is_none()).ok_or(Refusal::SignIn)?;
        let is_held = room.passkeys.is_some() && !is_own_page(parts.uri.path());
        if is_held && tx.count_passkeys(person.id).await? < PASSKEYS_NEEDED {
            return Err(Refusal::TooFewPasskeys);
        }
        drop(tx);
        if now.duration_since(session.seen_at) >= SEEN_EVERY {
            let mut tx = room.diary.write().await?;
            tx.session_seen(session.id, now).await?;
            tx.commit().await?;
        }
        Ok(Self { person, session, now })
    }
}

/// What is open to one who has yet to add a second passkey: their own page, and the way out.
fn is_own_page(path: &str) -> bool {
    path == "/konto" || path.starts_with("/konto/") || path == "/logga-ut"
}

/// A form of one of the session's own pages: its token has been checked.
#[derive(Debug)]
pub struct Posted<T> {
    pub visitor: Visitor,
    pub form: T,
}

#[derive(serde::Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned> FromRequest<Arc<Room>> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, room: &Arc<Room>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, room).await?;
        let read = Bytes::from_request(Request::from_parts(parts, body), room).await;
        let body = read.map_err(|_| Refusal::BadForm)?;
        let token: Token = serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::BadForm)?;
        if !constant_time_eq(token.csrf.as_bytes(), visitor.session.csrf.as_bytes()) {
            return Err(Refusal::FromElsewhere);
        }
        let form = serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::BadForm)?;
        Ok(Self { visitor, form })
    }
}

/// JSON from a script of the session's own pages: the token, which stands in a header, has been checked.
#[derive(Debug)]
pub struct Sent<T> {
    pub visitor: Visitor,
    pub body: T,
}

impl<T: DeserializeOwned> FromRequest<Arc<Room>> for Sent<T> {
    type Rejection = ToScript;

    async fn from_request(request: Request, room: &Arc<Room>) -> Result<Self, ToScript> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, room).await?;
        let token = parts.headers.get("x-csrf").map(HeaderValue::as_bytes).unwrap_or_default();
        if !constant_time_eq(token, visitor.session.csrf.as_bytes()) {
            return Err(Refusal::FromElsewhere.into());
        }
        let read = Json::from_request(Request::from_parts(parts, body), room).await;
        let Json(body) = read.map_err(|_| Refusal::BadForm)?;
        Ok(Self { visitor, body })
    }
}

/// Compares digests, so that the time it takes tells nothing of the token.
pub fn constant_time_eq(one: &[u8], other: &[u8]) -> bool {
    Digest::of(one) == Digest::of(other)
}

/// Begins a session, audited, and gives the header that hands the browser its cookie.
pub async fn begin_session(
    tx: &mut Tx,
    person: &Person,
    how: &'static str,
    now: Timestamp,
) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (token, csrf) = (secret()?, secret()?);
    tx.start_session(&digest(&token), person.id, &csrf, how, now).await?;
    tx.audit(&AuditEvent::new(now, person.name.clone(), AuditAction::SignedIn, format!("by={how}"))).await?;
    let cookie = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict");
    Ok((header::SET_COOKIE, HeaderValue::from_str(&cookie).context("write the cookie")?))
}

/// What makes the browser forget its cookie.
pub fn forget_cookie() -> (HeaderName, HeaderValue) {
    (
        header::SET_COOKIE,
        HeaderValue::from_static("__Host-inkom=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"),
    )
}

/// Sessions of a person that go on.
pub async fn sessions(tx: &mut Tx, person: PersonId, now: Timestamp) -> anyhow::Result<Vec<Session>> {
    tx.sessions_of(person, ago(now, IDLE)?, ago(now, ABSOLUTE)?).await
}

/// 256 bits, as a word for links and cookies.
pub fn secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("draw a secret")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// By which the diary knows a secret that it does not hold.
pub fn digest(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

/// What the browser sends of this name.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut ours = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(of, _)| *of == name);
    ours.next().map(|(_, value)| value.to_owned())
}

fn ago(now: Timestamp, span: SignedDuration) -> anyhow::Result<Timestamp> {
    now.checked_sub(span).context("the clock is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_forms_of_our_own_pages_are_taken() {
        let ours = "https://inkom.example.se";
        let taken: &[&[(&str, &str)]] = &[
            &[("sec-fetch-site", "same-origin"), ("origin", "https://inkom.example.se")],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", "https://inkom.example.se")],
        ];
        let refused: &[&[(&str, &str)]] = &[
            &[],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://elsewhere.example")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://inkom.example.se")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "https://inkom.example.se.elsewhere.example")],
            &[("origin", "http://inkom.example.se")],
        ];
        for pairs in taken {
            assert!(is_from_here(&self::headers(pairs), ours), "{pairs:?}");
        }
        for pairs in refused {
            assert!(!is_from_here(&self::headers(pairs), ours), "{pairs:?}");
        }
    }

    #[test]
    fn one_s_own_page_is_no_way_to_the_others() {
        for own in ["/konto", "/konto/passnyckel/borja", "/konto/session/1/avsluta", "/logga-ut"] {
            assert!(is_own_page(own), "{own}");
        }
        for other in ["/", "/kontox", "/handling/MM-2026-00001", "/logga-utx", "/uppehall", "//konto"] {
            assert!(!is_own_page(other), "{other}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = cookie(&headers(&[("cookie", "a=b; __Host-inkom=secret; inkom=other")]), COOKIE);
        assert_eq!(found.as_deref(), Some("secret"));
        assert_eq!(cookie(&headers(&[("cookie", "inkom=secret; x__Host-inkom=no")]), COOKIE), None);
    }
}
