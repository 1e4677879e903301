//! The body (RFC 2045–2046): a tree of parts, walked within bounds, into the text to show and the attachments.

use memchr::memmem;

use super::header::Block;
use super::media::Media;
use super::{Attachment, Defect, Message, charset, html, nested, transfer};
use crate::model::Digest;

pub const MAX_DEPTH: usize = 20;
const MAX_PARTS: usize = 1_000;
/// Of shown text, in bytes of UTF-8.
const MAX_TEXT: usize = 4_000_000;
/// So much of one encoded text part is decoded: base64, or a third in quoted-printable, still fills the text.
const MAX_ENCODED: usize = 3 * MAX_TEXT;
/// RFC 2046 §5.1.1 allows 70.
const MAX_BOUNDARY: usize = 250;

/// The text of a part and whether it was HTML.
#[derive(Debug, Default)]
pub struct Shown {
    pub text: String,
    pub html: bool,
}

impl Shown {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Gathers what a message holds. A nested message gets its own.
#[derive(Debug)]
pub struct Walk<'m> {
    pub message: &'m mut Message,
    pub parts_left: usize,
    pub text_left: usize,
}

impl<'m> Walk<'m> {
    pub fn new(message: &'m mut Message) -> Self {
        Self { message, parts_left: MAX_PARTS, text_left: MAX_TEXT }
    }

    /// Reads one part. `default` is its media type when it declares none.
    pub fn part(&mut self, block: &Block<'_>, depth: usize, default: &str) -> Shown {
        if self.parts_left == 0 || depth > MAX_DEPTH {
            self.message.note(Defect::Bounded);
            return Shown::default();
        }
        self.parts_left -= 1;
        if block.bounded && depth > 0 {
            self.message.note(Defect::Bounded);
        }
        let value = |name: &str| block.first(name).map(|field| field.text().0).unwrap_or_default();
        let mut media = Media::parse(&value("Content-Type"));
        if media.kind.is_empty() {
            default.clone_into(&mut media.kind);
        }
        self.message.media_types.push(media.kind.clone());
        if media.kind == "multipart/encrypted"
            || media.kind.contains("pkcs7-mime")
                && media.parameter("smime-type").is_none_or(|kind| kind.contains("enveloped"))
        {
            self.message.note(Defect::Encrypted);
        }
        if media.group() == "multipart"
            && let Some(shown) = self.multipart(&media, block.body, depth)
        {
            return shown;
        }
        let disposition = Media::parse(&value("Content-Disposition"));
        let encoding = value("Content-Transfer-Encoding").to_lowercase();
        self.leaf(&Leaf { media, disposition, encoding, body: block.body }, depth)
    }

    fn multipart(&mut self, media: &Media, body: &[u8], depth: usize) -> Option<Shown> {
        let declared = media.parameter("boundary").filter(|boundary| !boundary.is_empty());
        let mut split = declared.and_then(|boundary| split(body, boundary.as_bytes()));
        if split.is_none() {
            self.message.note(Defect::Structure);
            split = guessed_boundary(body).and_then(|boundary| self::split(body, boundary));
        }
        let split = split?;
        if !split.closed {
            self.message.note(Defect::Structure);
        }
        let default = if media.kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let mut shown = Vec::new();
        for part in split.parts {
            if self.parts_left == 0 {
                self.message.note(Defect::Bounded);
                break;
            }
            shown.push(self.part(&Block::of(part), depth + 1, default));
        }
        Some(if media.kind == "multipart/alternative" { best(shown) } else { together(shown) })
    }

    fn leaf(&mut self, leaf: &Leaf<'_>, depth: usize) -> Shown {
        if matches!(leaf.media.kind.as_str(), "message/rfc822" | "message/global") {
            let bytes = leaf.decoded();
            self.attach(leaf, &bytes);
            return Shown { text: nested::show(self, &bytes, depth + 1), html: false };
        }
        let name = leaf.name();
        let shows = leaf.is_text() && leaf.disposition.kind != "attachment";
        if !shows || name.is_some() {
            self.attach(leaf, &leaf.decoded());
        }
        // A named text that is not called inline was chosen from a folder, not written in the message.
        if !shows || name.is_some() && leaf.disposition.kind != "inline" { Shown::default() } else { self.text(leaf) }
    }

    fn attach(&mut self, leaf: &Leaf<'_>, bytes: &[u8]) {
        self.message.attachments.push(Attachment {
            name: leaf.name(),
            media_type: leaf.media.kind.clone(),
            size_bytes: bytes.len() as u64,
            digest: Digest::of(bytes),
        });
    }

    fn text(&mut self, leaf: &Leaf<'_>) -> Shown {
        let body = &leaf.body[..leaf.body.len().min(MAX_ENCODED)];
        if body.len() < leaf.body.len() {
            self.message.note(Defect::Bounded);
        }
        let (bytes, broken) = match leaf.encoding.as_str() {
            "quoted-printable" => transfer::quoted_printable(body),
            "base64" => transfer::base64_text(body),
            _ => (body.to_vec(), false),
        };
        let is_html = leaf.media.kind == "text/html";
        let label =
            leaf.media.parameter("charset").or_else(|| is_html.then(|| html::declared_charset(&bytes)).flatten());
        let (mut text, mut guessed) = charset::decode(&bytes, label);
        // Words in the clear can be base64 too, without meaning.
        let in_the_clear = leaf.encoding == "base64" && is_noise(&text);
        if in_the_clear {
            (text, guessed) = charset::decode(body, label);
        }
        if broken || in_the_clear {
            self.message.note(Defect::Encoding);
        }
        if guessed {
            self.message.note(Defect::Charset);
        }
        let text = if is_html { html::to_text(&text) } else { text };
        Shown { text: self.bound(charset::lines(&text)), html: is_html }
    }

    /// Takes from what may still be shown.
    pub fn bound(&mut self, mut text: String) -> String {
        if text.len() > self.text_left {
            text.truncate(text.floor_char_boundary(self.text_left));
            self.message.note(Defect::Bounded);
        }
        self.text_left -= text.len();
        text
    }
}

/// A part that holds no parts.
struct Leaf<'a> {
    media: Media,
    disposition: Media,
    encoding: String,
    body: &'a [u8],
}

impl Leaf<'_> {
    /// The file name without its folders.
    fn name(&self) -> Option<String> {
        let name = self.disposition.parameter("filename").or_else(|| self.media.parameter("name"))?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
        Some(name[..name.floor_char_boundary(255)].to_owned()).filter(|name| !name.is_empty())
    }

    fn is_text(&self) -> bool {
        matches!(self.media.kind.as_str(), "text/plain" | "text/html" | "text" | "text/enriched" | "text/richtext")
            // What claims to have parts and has none is shown as it stands.
            || self.media.group() == "multipart"
    }

    fn decoded(&self) -> std::borrow::Cow<'_, [u8]> {
        match self.encoding.as_str() {
            "quoted-printable" => transfer::quoted_printable(self.body).0.into(),
            "base64" => transfer::base64(self.body).into(),
            _ => self.body.into(),
        }
    }
}

/// More than a tenth of it is no text.
fn is_noise(text: &str) -> bool {
    let (mut noise, mut all) = (0, 0);
    for c in text.chars() {
        all += 1;
        noise += usize::from(c == char::REPLACEMENT_CHARACTER || c.is_control() && !c.is_whitespace());
    }
    noise * 10 > all
}

/// RFC 2046 §5.1.4 puts the best form last; a plain one that says something is preferred here, as it hides nothing.
fn best(shown: Vec<Shown>) -> Shown {
    let mut last = Shown::default();
    for one in shown {
        if one.is_blank() {
            continue;
        }
        if !one.html {
            return one;
        }
        last = one;
    }
    last
}

fn together(shown: Vec<Shown>) -> Shown {
    let mut all = Shown { text: String::new(), html: true };
    for one in shown.into_iter().filter(|one| !one.is_blank()) {
        if all.text.is_empty() {
            all = one;
        } else {
            all.html &= one.html;
            all.text.truncate(all.text.trim_end().len());
            all.text.push_str("\n\n");
            all.text.push_str(&one.text);
        }
    }
    all
}

#[derive(Debug)]
struct Split<'a> {
    parts: Vec<&'a [u8]>,
    /// The closing delimiter was there.
    closed: bool,
}

/// Cuts a multipart body at its delimiters. `None` when there is not one.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Option<Split<'a>> {
    let delimiter = [b"--", &boundary[..boundary.len().min(MAX_BOUNDARY)]].concat();
    let mut parts = Vec::new();
    let mut start = None;
    for at in memmem::find_iter(body, &delimiter) {
        let after = &body[at + delimiter.len()..];
        let (close, after) = after.strip_prefix(b"--").map_or((false, after), |after| (true, after));
        let line = memchr::memchr(b'\n', after).map_or(after, |newline| &after[..=newline]);
        if at > 0 && body[at - 1] != b'\n' || !close && !line.trim_ascii().is_empty() {
            continue;
        }
        if let Some(start) = start {
            // The line end before a delimiter belongs to the delimiter.
            let end = if body[..at].ends_with(b"\r\n") { at - 2 } else { at.saturating_sub(1) };
            parts.push(body.get(start..end).unwrap_or_default());
        }
        if close {
            return Some(Split { parts, closed: true });
        }
        if parts.len() > MAX_PARTS {
            return Some(Split { parts, closed: false });
        }
        start = Some(body.len() - after.len() + line.len());
    }
    parts.push(&body[start?..]);
    Some(Split { parts, closed: false })
}

/// The boundary that the body itself shows, when the declared one is missing or another.
fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = body.split(|&b| b == b'\n').take(50).map(<[u8]>::trim_ascii_end);
    lines
        .find_map(|line| line.strip_prefix(b"--").filter(|boundary| boundary.len() >= 4))
        .filter(|boundary| boundary.iter().all(u8::is_ascii_graphic) && !boundary.iter().all(|&b| b == b'-'))
}
