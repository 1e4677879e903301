//! A message written by a person at reception: what came by other ways than e-mail, in the one form that everything else is kept
//! in (RFC 5322), with files as they were, byte for byte.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, Date, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Body, MultiPart, SinglePart};

/// A file that belongs to it.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// What came, as a person tells it.
#[derive(Clone, Debug)]
pub struct ByHand<'a> {
    /// Name, telephone number or both; empty when nobody knows.
    pub from: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub at: Timestamp,
    pub files: &'a [File],
}

/// Writes it out. There is no address in From, for there was none.
pub fn write(by_hand: &ByHand<'_>) -> Result<Vec<u8>> {
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(Body::new_with_encoding(by_hand.text.to_owned(), ContentTransferEncoding::Base64).map_err(drop_body)?);
    let mut all = MultiPart::mixed().singlepart(text);
    for file in by_hand.files {
        let kind = file.media_type.parse().unwrap_or_else(|_| octets());
        let body = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64).map_err(drop_body)?;
        let part = SinglePart::builder().header(kind).header(ContentDisposition::attachment(&file.name));
        all = all.singlepart(part.body(body));
    }
    let headers = all.headers_mut();
    if !by_hand.subject.is_empty() {
        headers.insert_raw(raw("Subject", by_hand.subject.replace(char::is_control, " ")));
    }
    headers.set(Date::new(by_hand.at.into()));
    headers.set(MIME_VERSION_1_0);
    let mut message = Vec::new();
    let from = encoded(by_hand.from);
    if !from.is_empty() {
        message.extend(format!("From: {from} <>\r\n").into_bytes());
    }
    message.extend(all.formatted());
    Ok(message)
}

/// A name of any letters and signs, as encoded words (RFC 2047 §2), each at most 75 characters long.
fn encoded(name: &str) -> String {
    let name: String = name.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut words = vec![String::new()];
    for c in name.chars() {
        let word = words.last_mut().expect("there is one");
        if word.len() + c.len_utf8() > 45 {
            words.push(c.to_string());
        } else {
            word.push(c);
        }
    }
    let words = words.iter().filter(|word| !word.is_empty());
    words.map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect::<Vec<_>>().join("\r\n ")
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn octets() -> ContentType {
    ContentType::parse("application/octet-stream").expect("a media type")
}

/// The error holds the body.
fn drop_body<T>(_: T) -> anyhow::Error {
    anyhow::anyhow!("a part cannot be written")
}
