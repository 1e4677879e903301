//! A part that holds no parts: its name, its decoded content, its text.

use std::borrow::Cow;

use super::header::Entity;
use super::media::Media;
use super::{charset, html, plain, transfer};

/// So much of one encoded text part is decoded: base64, or a third in quoted-printable, still fills the text.
const MAX_ENCODED: usize = 12_000_000;

/// RFC 2046 §4.5.1: of files that do not say what they are.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

pub struct Leaf<'a> {
    pub media: Media,
    pub disposition: Media,
    pub encoding: String,
    /// Without angle brackets.
    pub content_id: Option<String>,
    pub body: &'a [u8],
}

/// The text of a part as it came, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Decoded {
    /// With `\n` alone ending a line, and without other control characters than tab.
    pub text: String,
    pub guessed: bool,
    pub broken: bool,
    pub bounded: bool,
}

impl<'a> Leaf<'a> {
    /// `default` is its media type when it declares none.
    pub fn of(entity: &Entity<'a>, default: &str) -> Self {
        let value = |name: &str| entity.first(name).map(|field| field.text().0).unwrap_or_default();
        let mut media = Media::parse(&value("Content-Type"));
        if !media.kind.contains('/') && media.kind != "text" {
            default.clone_into(&mut media.kind);
        }
        Self {
            media,
            disposition: Media::parse(&value("Content-Disposition")),
            encoding: value("Content-Transfer-Encoding")
                .split([';', '('])
                .next()
                .unwrap_or_default()
                .trim()
                .to_lowercase(),
            content_id: entity.first("Content-ID").and_then(|field| field.ids().into_iter().next()),
            body: entity.body,
        }
    }

    /// The file name without its folders.
    pub fn name(&self) -> Option<String> {
        let name = self.disposition.parameter("filename").or_else(|| self.media.parameter("name"))?;
        file_name(name)
    }

    /// Whether a person can read it as it stands.
    pub fn is_text(&self) -> bool {
        const NOT_READABLE: [&str; 12] = [
            "text/calendar",
            "text/css",
            "text/csv",
            "text/javascript",
            "text/ecmascript",
            "text/rtf",
            "text/richtext+xml",
            "text/vcard",
            "text/x-vcard",
            "text/directory",
            "text/x-amp-html",
            "text/watch-html",
        ];
        let kind = self.media.kind.as_str();
        self.media.group() == "text" && !NOT_READABLE.contains(&kind)
            // What reports say of a delivery, and where what lies elsewhere can be had.
            || matches!(
                kind,
                "message/delivery-status"
                    | "message/global-delivery-status"
                    | "message/disposition-notification"
                    | "message/feedback-report"
                    | "message/external-body"
            )
            // What claims to have parts and has none is shown as it stands.
            || self.media.group() == "multipart"
    }

    pub fn is_html(&self) -> bool {
        const KINDS: [&str; 6] = [
            "text/html",
            "text/enriched",
            "text/richtext",
            "application/xhtml+xml",
            "text/x-amp-html",
            "text/watch-html",
        ];
        KINDS.contains(&self.media.kind.as_str())
    }

    pub fn is_rtf(&self) -> bool {
        matches!(self.media.kind.as_str(), "text/rtf" | "application/rtf" | "application/x-rtf")
    }

    /// A form of the message's text, and not a file sent with it.
    pub fn is_form(&self) -> bool {
        (self.is_html() || self.is_rtf()) && self.disposition.kind != "attachment"
    }

    pub fn is_calendar(&self) -> bool {
        matches!(self.media.kind.as_str(), "text/calendar" | "application/ics")
    }

    pub fn is_tnef(&self) -> bool {
        matches!(self.media.kind.as_str(), "application/ms-tnef" | "application/vnd.ms-tnef")
            || self.media.kind == UNKNOWN_TYPE
                && self.name().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
    }

    pub fn is_smime(&self) -> bool {
        matches!(self.media.kind.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
            || self.media.kind == UNKNOWN_TYPE
                && self.name().is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m"))
    }

    /// The content, bit by bit as it was attached.
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        match self.encoding.as_str() {
            "quoted-printable" => transfer::quoted_printable(self.body).0.into(),
            "base64" => transfer::base64(self.body).into(),
            // What is cut off or garbled stays as it came.
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => plain::take_files(&String::from_utf8_lossy(self.body))
                .filter(|(_, _, cut)| !cut)
                .and_then(|(_, files, _)| files.into_iter().next())
                .map_or(self.body.into(), |file| file.content.into()),
            _ => self.body.into(),
        }
    }

    pub fn text(&self) -> Decoded {
        let body = &self.body[..self.body.len().min(MAX_ENCODED)];
        let (bytes, mut broken): (Cow<'_, [u8]>, bool) = match self.encoding.as_str() {
            "quoted-printable" => {
                let (bytes, broken) = transfer::quoted_printable(body);
                (bytes.into(), broken)
            }
            "base64" => {
                let (bytes, broken) = transfer::base64_text(body);
                (bytes.into(), broken)
            }
            _ => (self.decoded(), false),
        };
        let label = self.media.parameter("charset");
        let label = label.or_else(|| self.is_html().then(|| html::declared_charset(&bytes)).flatten());
        let (mut text, mut guessed) = charset::decode(&bytes, label);
        // Words in the clear can be base64 too, without meaning.
        if self.encoding == "base64" && is_noise(&text) {
            (text, guessed) = charset::decode(body, label);
            broken = true;
        }
        Decoded { text: charset::lines(&text), guessed, broken, bounded: body.len() < self.body.len() }
    }

    /// Whether there is something to read in it that is not shown beside other text.
    pub fn is_readable(&self) -> bool {
        const CODE: [&str; 3] = ["text/css", "text/javascript", "text/ecmascript"];
        let kind = self.media.kind.as_str();
        self.media.group() == "text" && !CODE.contains(&kind)
            || self.is_html()
            || kind == UNKNOWN_TYPE && is_text_file(&self.decoded())
    }

    pub fn flow(&self) -> plain::Flow {
        let says = |name, value| self.media.parameter(name).is_some_and(|text| text.trim().eq_ignore_ascii_case(value));
        plain::Flow { flowed: says("format", "flowed"), delete_space: says("delsp", "yes") }
    }
}

/// A file's name without its folders, or none.
pub fn file_name(name: &str) -> Option<String> {
    let name = charset::one_line(name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or(&name).trim();
    Some(name[..name.floor_char_boundary(255)].to_owned()).filter(|name| !name.is_empty())
}

/// Whether bytes that nobody says what they are, are text: no control characters, and not much beyond ASCII unless it is
/// UTF-8. Keys and what is enciphered are letters too, but nothing to read.
fn is_text_file(bytes: &[u8]) -> bool {
    let is_control = |b: &u8| b.is_ascii_control() && !b.is_ascii_whitespace();
    let others = bytes.iter().filter(|b| !b.is_ascii()).count();
    !bytes.iter().any(is_control)
        && !bytes.trim_ascii_start().starts_with(b"-----BEGIN ")
        && (others * 5 < bytes.len() || std::str::from_utf8(bytes).is_ok())
}

/// More than a tenth of it is no text.
pub fn is_noise(text: &str) -> bool {
    let (mut noise, mut all) = (0, 0);
    for c in text.chars() {
        all += 1;
        noise += usize::from(c == char::REPLACEMENT_CHARACTER || c.is_control() && !c.is_whitespace());
    }
    noise * 10 > all
}
