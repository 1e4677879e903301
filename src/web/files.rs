//! What lies in the diary, handed out: the PDF, the original, the reply, a file that came with it.

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::door::Visitor;
use super::entry::{Seen, open_content};
use super::refusal::Refusal;
use super::{Room, Shared};
use crate::message;
use crate::model::{AuditAction, Digest};

/// For what is downloaded: should a browser show it after all, it is without an origin.
const FILE_CSP: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

pub async fn pdf(State(room): Shared, visitor: Visitor, Path(number): Path<String>) -> Result<Response, Refusal> {
    let seen = open_content(&room, &visitor, &number).await?;
    let digest = seen.details.pdf.ok_or(Refusal::NotFound)?;
    let bytes = kept(&room, &visitor, &seen, &digest, "pdf").await?;
    // Our own work, so it may be shown at once.
    Ok(file(bytes, "application/pdf", &format!("{}.pdf", file_name(&seen)), "inline"))
}

pub async fn original(State(room): Shared, visitor: Visitor, Path(number): Path<String>) -> Result<Response, Refusal> {
    let seen = open_content(&room, &visitor, &number).await?;
    let bytes = kept(&room, &visitor, &seen, &seen.details.raw, "original").await?;
    Ok(file(bytes, "application/octet-stream", &format!("{}.eml", file_name(&seen)), "attachment"))
}

/// The reply as it was sent, or waits to be: document `:2`.
pub async fn reply(State(room): Shared, visitor: Visitor, Path(number): Path<String>) -> Result<Response, Refusal> {
    let seen = open_content(&room, &visitor, &number).await?;
    let reply = room.diary.read().await?.reply_of(seen.details.entry.id).await?.ok_or(Refusal::NotFound)?;
    let bytes = kept(&room, &visitor, &seen, &reply.letter, "reply").await?;
    Ok(file(bytes, "application/octet-stream", &format!("{}-2.eml", file_name(&seen)), "attachment"))
}

/// A file that came with it: downloaded, never shown, whatever it says of itself.
pub async fn attachment(
    State(room): Shared,
    visitor: Visitor,
    Path((number, digest)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let seen = open_content(&room, &visitor, &number).await?;
    let digest: Digest = digest.parse().map_err(|_| Refusal::NotFound)?;
    let summary = seen.details.summary.as_ref().ok_or(Refusal::NotFound)?;
    let listed = summary.attachments.iter().find(|file| file.digest == digest).ok_or(Refusal::NotFound)?;
    let raw = kept(&room, &visitor, &seen, &seen.details.raw, &format!("file {digest}")).await?;
    let most = room.config.limits.read_max_bytes;
    let mut contents =
        tokio::task::spawn_blocking(move || message::contents(&raw, most)).await.context("read the files")?;
    let bytes = contents.remove(&digest).ok_or(Refusal::NotFound)?;
    Ok(file(bytes, "application/octet-stream", listed.name.as_deref().unwrap_or("bilaga"), "attachment"))
}

fn file_name(seen: &Seen) -> String {
    seen.details.entry.number.to_string().replace(' ', "-")
}

/// Kept bytes, once the look is in the log.
async fn kept(room: &Room, visitor: &Visitor, seen: &Seen, digest: &Digest, what: &str) -> Result<Vec<u8>, Refusal> {
    let entry = &seen.details.entry;
    let mut tx = room.diary.write().await?;
    let event = visitor.event(AuditAction::KeptBytesRead, seen.role, &entry.unit, Some(&entry.number), what);
    tx.audit_looks(&event, &[entry.id]).await?;
    tx.commit().await?;
    let bytes = room.diary.read().await?.kept(digest).await?;
    Ok(bytes.with_context(|| format!("kept bytes of {} cannot be read back; run inkom verify", entry.number))?)
}

fn file(bytes: Vec<u8>, kind: &'static str, name: &str, disposition: &str) -> Response {
    let disposition =
        format!("{disposition}; filename=\"{}\"; filename*=UTF-8''{}", plain_name(name), encoded_name(name));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if kind != "application/pdf" {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILE_CSP));
        // Internet Explorer's word, which some download scanners still heed.
        headers.insert(HeaderName::from_static("x-download-options"), HeaderValue::from_static("noopen"));
    }
    response
}

/// For old browsers: letters, digits and a few signs (RFC 6266 §4.3).
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' };
    name.chars().take(100).map(plain).collect()
}

/// What may stand as it is (RFC 8187 §3.2.1).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Controls, paths and marks that turn the writing direction do not survive.
fn encoded_name(name: &str) -> String {
    let safe = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns || "/\\:*?\"<>|".contains(c) { '_' } else { c }
    };
    let name: String = name.chars().take(100).map(safe).collect();
    utf8_percent_encode(&name, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_name_breaks_out_of_its_header() {
        assert_eq!(plain_name("intyg \"\r\nX: y.pdf"), "intyg ___X_ y.pdf");
        assert_eq!(encoded_name("läkar intyg.pdf"), "l%C3%A4kar%20intyg.pdf");
        assert_eq!(encoded_name("../../etc/\u{202e}fdp.exe"), ".._.._etc__fdp.exe");
    }
}
