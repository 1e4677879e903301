//! The body (RFC 2045–2046): a tree of parts, walked within bounds, into what is shown and the attachments.

use std::collections::HashMap;

use super::block::{Block, Enclosed, Meeting};
use super::header::Entity;
use super::html::{self, Page};
use super::leaf::{Decoded, Leaf, file_name};
use super::multipart::{guessed_boundary, split};
use super::shown::{Form, Shown, best, share};
use super::smime::{self, Wrapped};
use super::tnef::{self, Tnef};
use super::{Attachment, Defect, Message, Part, calendar, charset, history, plain};
use crate::model::Digest;

pub const MAX_DEPTH: usize = 20;
const MAX_PARTS: usize = 1_000;
const MAX_ATTACHMENTS: usize = 2_000;
/// Of shown text, in bytes of UTF-8.
const MAX_TEXT: usize = 4_000_000;
/// Of HTML that it is read from.
const MAX_MARKUP: usize = 16_000_000;
/// RFC 2046 §4.5.1: of files that do not say what they are.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// What a container repeats of the text beside it is not shown again; in percent of its words.
const REPEATED: usize = 90;

/// What may still be read, by a message and all within it.
#[derive(Debug)]
pub struct Rest {
    parts: usize,
    text: usize,
    markup: usize,
    attachments: usize,
    /// Every part as it was found, where that is asked for.
    pub listing: Option<Vec<Part>>,
    /// What every attachment holds, where that is asked for.
    pub contents: Option<HashMap<Digest, Vec<u8>>>,
}

impl Rest {
    pub fn new(lists: bool) -> Self {
        Self {
            parts: MAX_PARTS,
            text: MAX_TEXT,
            markup: MAX_MARKUP,
            attachments: MAX_ATTACHMENTS,
            listing: lists.then(Vec::new),
            contents: None,
        }
    }
}

/// Gathers what a message holds. A message within it gets its own.
#[derive(Debug)]
pub struct Walk<'m> {
    message: &'m mut Message,
    rest: &'m mut Rest,
    /// The attachment that holds what is being read.
    within: Option<usize>,
    /// Texts out of containers, which most often repeat the text beside them.
    contained: Vec<Shown>,
}

impl<'m> Walk<'m> {
    pub fn new(message: &'m mut Message, rest: &'m mut Rest) -> Self {
        Self { message, rest, within: None, contained: Vec::new() }
    }

    /// Reads the whole of a message's body. `number` is that of the part that encloses it, if any.
    pub fn body(mut self, entity: &Entity<'_>, number: &str, depth: usize) {
        let mut shown = self.entity(entity, number, depth);
        for contained in std::mem::take(&mut self.contained) {
            if share(&contained.text, &shown.text) < REPEATED {
                shown.add(contained);
            }
        }
        let dropped = shown.dropped;
        for (count, defect) in [
            (dropped.hidden, Defect::Hidden(dropped.hidden)),
            (dropped.remote, Defect::Remote(dropped.remote)),
            (dropped.trackers, Defect::Trackers(dropped.trackers)),
            (dropped.scripts, Defect::Scripts(dropped.scripts)),
            (dropped.forms, Defect::Forms(dropped.forms)),
        ] {
            if count > 0 {
                self.message.note(defect);
            }
        }
        self.message.body = shown.blocks;
        shown.text.trim_end().trim_start_matches('\n').clone_into(&mut self.message.text);
    }

    /// A message's own body: one part, or the outermost of several.
    fn entity(&mut self, entity: &Entity<'_>, number: &str, depth: usize) -> Shown {
        self.part(entity, &Place { number, outermost: true, default: "text/plain" }, depth)
    }

    fn part(&mut self, entity: &Entity<'_>, place: &Place<'_>, depth: usize) -> Shown {
        if self.rest.parts == 0 || depth > MAX_DEPTH {
            self.message.note(Defect::Bounded);
            return Shown::default();
        }
        self.rest.parts -= 1;
        if entity.bounded && depth > 0 {
            self.message.note(Defect::Bounded);
        }
        let leaf = Leaf::of(entity, place.default);
        if self.within.is_none() {
            self.message.media_types.push(leaf.media.kind.clone());
        }
        if leaf.media.kind == "multipart/encrypted" {
            self.message.note(Defect::Encrypted);
        }
        if leaf.media.group() == "multipart"
            && let Some(shown) = self.multipart(&leaf, place.number, depth)
        {
            return shown;
        }
        let number = if place.outermost { joined(place.number, 1) } else { place.number.to_owned() };
        self.leaf(&leaf, &number, place.outermost, depth)
    }

    fn multipart(&mut self, leaf: &Leaf<'_>, number: &str, depth: usize) -> Option<Shown> {
        let declared = leaf.media.parameter("boundary").filter(|boundary| !boundary.is_empty());
        let mut found = declared.and_then(|boundary| split(leaf.body, boundary.as_bytes(), MAX_PARTS));
        if found.is_none() {
            self.message.note(Defect::Structure);
            found = guessed_boundary(leaf.body).and_then(|boundary| split(leaf.body, boundary, MAX_PARTS));
        }
        let found = found?;
        if !found.closed {
            self.message.note(Defect::Structure);
        }
        let default = if leaf.media.kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let mut shown = Vec::new();
        for (at, part) in (1..).zip(found.parts) {
            if self.rest.parts == 0 {
                self.message.note(Defect::Bounded);
                break;
            }
            let place = Place { number: &joined(number, at), outermost: false, default };
            shown.push(self.part(&Entity::of(part), &place, depth + 1));
        }
        if leaf.media.kind != "multipart/alternative" {
            return Some(Shown::together(shown));
        }
        let (shown, same) = best(shown);
        if !same {
            self.message.note(Defect::Alternatives);
        }
        Some(shown)
    }

    /// `alone`: it is all there is, and so it is shown if it can be, whatever it calls itself.
    fn leaf(&mut self, leaf: &Leaf<'_>, number: &str, alone: bool, depth: usize) -> Shown {
        match leaf.media.kind.as_str() {
            "message/rfc822" | "message/global" | "message/news" => return self.enclosed(leaf, number, depth),
            "message/external-body" => self.message.note(Defect::External),
            "message/partial" => {
                self.message.note(Defect::Partial);
                if leaf.media.parameter("number").is_none_or(|number| number.trim() == "1") {
                    return self.enclosed(leaf, number, depth);
                }
            }
            _ => {}
        }
        let shows = leaf.is_text() && (alone || leaf.disposition.kind != "attachment");
        let text = shows.then(|| leaf.text());
        self.list(leaf, number, text.as_ref());
        let at = if !shows || leaf.name().is_some() { self.attach(leaf) } else { None };
        if let Some(text) = text {
            return self.text(leaf, text);
        }
        if leaf.is_calendar() {
            let method = leaf.media.parameter("method");
            let is_file = leaf.disposition.kind == "attachment" && method.is_none();
            let meeting = calendar::read(&leaf.text().text, method).map(|meeting| Meeting { is_file, ..meeting });
            return meeting.map(|meeting| Shown::of(vec![Block::Meeting(meeting)], Form::Beside)).unwrap_or_default();
        }
        if leaf.is_smime() {
            return self.smime(leaf, at, number, depth);
        }
        if leaf.is_tnef() {
            self.tnef(&leaf.decoded(), at, depth);
        }
        Shown::default()
    }

    fn list(&mut self, leaf: &Leaf<'_>, number: &str, text: Option<&Decoded>) {
        if let Some(listing) = &mut self.rest.listing {
            let content = leaf.decoded();
            listing.push(Part {
                number: number.to_owned(),
                media_type: leaf.media.kind.clone(),
                name: leaf.name(),
                encoding: leaf.encoding.clone(),
                charset: leaf.media.parameter("charset").map(str::to_owned),
                size_bytes: content.len() as u64,
                digest: Digest::of(&content),
                text: text.map(|decoded| decoded.text.clone()),
            });
        }
    }

    fn attach(&mut self, leaf: &Leaf<'_>) -> Option<usize> {
        let file = File { name: leaf.name(), media_type: &leaf.media.kind, content_id: leaf.content_id.clone() };
        self.add(file, &leaf.decoded())
    }

    /// Adds a file; where it stands among the attachments.
    fn add(&mut self, file: File<'_>, content: &[u8]) -> Option<usize> {
        if self.rest.attachments == 0 {
            self.message.note(Defect::Bounded);
            return None;
        }
        self.rest.attachments -= 1;
        let digest = Digest::of(content);
        if let Some(contents) = &mut self.rest.contents {
            contents.entry(digest).or_insert_with(|| content.to_vec());
        }
        self.message.attachments.push(Attachment {
            name: file.name,
            media_type: file.media_type.to_lowercase(),
            size_bytes: content.len() as u64,
            digest,
            content_id: file.content_id,
            within: self.within,
        });
        Some(self.message.attachments.len() - 1)
    }

    fn text(&mut self, leaf: &Leaf<'_>, decoded: Decoded) -> Shown {
        for (holds, defect) in
            [(decoded.bounded, Defect::Bounded), (decoded.broken, Defect::Encoding), (decoded.guessed, Defect::Charset)]
        {
            if holds {
                self.message.note(defect);
            }
        }
        match leaf.media.kind.as_str() {
            "text/html" => self.html(&decoded.text),
            "text/enriched" | "text/richtext" => self.html(&from_enriched(&decoded.text)),
            _ => self.plain(decoded.text, leaf.flow()),
        }
    }

    fn plain(&mut self, mut text: String, flow: plain::Flow) -> Shown {
        if let Some((rest, files, cut)) = plain::take_files(&text) {
            for file in files {
                let name = file_name(&file.name);
                self.add(File { name, media_type: UNKNOWN_TYPE, content_id: None }, &file.content);
            }
            if cut {
                self.message.note(Defect::Container);
            }
            text = rest;
        }
        let text = self.bound(text);
        if text.contains("-----BEGIN PGP MESSAGE-----") {
            self.message.note(Defect::Encrypted);
        }
        let blocks = history::mark(plain::blocks(&text, flow), self.message.subject.as_deref());
        Shown { blocks, text, ..Shown::default() }
    }

    fn html(&mut self, markup: &str) -> Shown {
        let read = &markup[..markup.floor_char_boundary(self.rest.markup)];
        self.rest.markup -= read.len();
        let Page { blocks, dropped, images, bounded } = html::read(read);
        if bounded || read.len() < markup.len() {
            self.message.note(Defect::Bounded);
        }
        for image in images {
            let file = File { name: None, media_type: &image.media_type, content_id: Some(image.content_id) };
            self.add(file, &image.content);
        }
        let blocks = history::mark(blocks, self.message.subject.as_deref());
        let shown = Shown::of(blocks, Form::Html);
        Shown { dropped, text: self.bound(shown.text), ..shown }
    }

    /// A message within the message: an attachment whose content is shown too.
    fn enclosed(&mut self, leaf: &Leaf<'_>, number: &str, depth: usize) -> Shown {
        self.list(leaf, number, None);
        let bytes = leaf.decoded();
        let at = self.attach(leaf);
        let entity = Entity::of(&bytes);
        let mut message = Message::default();
        message.read_header(&entity);
        Walk::new(&mut message, self.rest).body(&entity, number, depth + 1);
        self.enclose(message, at)
    }

    /// Shows a message that has been read out of an attachment.
    fn enclose(&mut self, message: Message, at: Option<usize>) -> Shown {
        // What its header lacks is its own matter; what could not be read concerns the whole.
        for defect in message.defects {
            if !matches!(defect, Defect::SeveralFrom | Defect::NoHeader) {
                self.message.note(defect);
            }
        }
        let first = self.message.attachments.len();
        let moved = message
            .attachments
            .iter()
            .map(|one| Attachment { within: one.within.map(|within| first + within).or(at), ..one.clone() });
        self.message.attachments.extend(moved);
        let text = message.text;
        let enclosed = Enclosed {
            from: message.from,
            to: message.to,
            cc: message.cc,
            date: message.date,
            subject: message.subject,
            attachments: message.attachments,
            body: message.body,
        };
        let mut text = enclosed.text(&text);
        // It has been counted; what is added are marks, which must not grow without bounds.
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        Shown { blocks: vec![Block::Enclosed(Box::new(enclosed))], text, ..Shown::default() }
    }

    fn smime(&mut self, leaf: &Leaf<'_>, at: Option<usize>, number: &str, depth: usize) -> Shown {
        match smime::unwrap(&leaf.decoded()) {
            Wrapped::Signed(content) => {
                let outer = std::mem::replace(&mut self.within, at);
                let shown = self.part(
                    &Entity::of(&content),
                    &Place { number, outermost: true, default: "text/plain" },
                    depth + 1,
                );
                self.within = outer;
                return shown;
            }
            Wrapped::Sealed => self.message.note(Defect::Encrypted),
            Wrapped::Unknown => self.message.note(Defect::Container),
        }
        Shown::default()
    }

    /// Takes text and files out of a winmail.dat.
    fn tnef(&mut self, bytes: &[u8], at: Option<usize>, depth: usize) {
        let Some(Tnef { subject, body, files, broken }) = tnef::read(bytes).filter(|_| depth <= MAX_DEPTH) else {
            self.message.note(Defect::Container);
            return;
        };
        if broken {
            self.message.note(Defect::Container);
        }
        let outer = std::mem::replace(&mut self.within, at);
        for file in files {
            let name = file.name.as_deref().and_then(file_name);
            let media_type = file.media_type.as_deref().unwrap_or(UNKNOWN_TYPE);
            let at = self.add(File { name, media_type, content_id: file.content_id }, file.content);
            if file.message {
                let mut message = Message::default();
                Walk::new(&mut message, self.rest).contained_message(file.content, depth + 1);
                let shown = self.enclose(message, at);
                self.contained.push(shown);
            }
        }
        self.within = outer;
        let shown = match body {
            Some(tnef::Body::Html(markup)) => self.html(&markup),
            Some(tnef::Body::Plain(text)) => self.plain(charset::lines(&text), plain::Flow::default()),
            None => Shown::default(),
        };
        self.contained.push(shown);
        self.message.subject =
            self.message.subject.take().or(subject.map(|text| charset::one_line(&text).into_owned()));
    }

    /// A message that has no bytes of its own but a TNEF stream.
    fn contained_message(mut self, bytes: &[u8], depth: usize) {
        self.tnef(bytes, None, depth);
        let shown = Shown::together(std::mem::take(&mut self.contained));
        self.message.body = shown.blocks;
        self.message.text = shown.text;
    }

    /// Takes from what may still be shown.
    fn bound(&mut self, mut text: String) -> String {
        if text.len() > self.rest.text {
            text.truncate(text.floor_char_boundary(self.rest.text));
            self.message.note(Defect::Bounded);
        }
        self.rest.text -= text.len();
        text
    }
}

/// What a file is called.
struct File<'a> {
    name: Option<String>,
    media_type: &'a str,
    content_id: Option<String>,
}

/// Where a part stands.
struct Place<'a> {
    /// As IMAP numbers parts (RFC 9051 §6.4.5): `2.1`.
    number: &'a str,
    /// It is not one of several.
    outermost: bool,
    /// Its media type when it declares none.
    default: &'a str,
}

fn joined(number: &str, at: usize) -> String {
    if number.is_empty() { at.to_string() } else { format!("{number}.{at}") }
}

/// text/enriched (RFC 1896) as HTML: `<<` is a less-than sign, a line end alone is a space, and more of them are one less.
fn from_enriched(text: &str) -> String {
    text.replace("<<", "&lt;")
        .replace("\n\n", "<br>")
        .replace("<param>", "<template>")
        .replace("</param>", "</template>")
}
