//! The body (RFC 2045–2046): a tree of parts, walked within bounds, into what is shown and the attachments.

use std::collections::HashMap;

use super::block::{Block, Meeting};
use super::header::Entity;
use super::leaf::{Decoded, Leaf};
use super::multipart::{split, split_by_guess};
use super::shown::{Form, Shown, best, merge};
use super::{Attachment, Defect, Message, Part, calendar};
use crate::model::Digest;
use texts::Text;

mod containers;
mod texts;

pub const MAX_DEPTH: usize = 20;
const MAX_PARTS: usize = 1_000;
const MAX_ATTACHMENTS: usize = 2_000;
/// Of shown text, in bytes of UTF-8.
const MAX_TEXT: usize = 4_000_000;
/// Of HTML that it is read from.
const MAX_MARKUP: usize = 16_000_000;
/// Of texts that are not shown, kept for when nothing else is.
const MAX_SPARE: usize = 4;

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
    /// What containers show; their text most often repeats the text beside them.
    contained: Vec<Shown>,
    /// Texts that are not shown beside others.
    spare: Vec<Text>,
}

impl<'m> Walk<'m> {
    pub fn new(message: &'m mut Message, rest: &'m mut Rest) -> Self {
        Self { message, rest, within: None, contained: Vec::new(), spare: Vec::new() }
    }

    /// Reads the whole of a message's body. `number` is that of the part that encloses it, if any.
    pub fn body(mut self, entity: &Entity<'_>, number: &str, depth: usize) {
        let shown = self.part(entity, &Place { number, outermost: true, default: "text/plain" }, depth);
        self.finish(shown);
    }

    /// Puts what containers show with what the parts show, and all of it into the message.
    fn finish(mut self, mut shown: Shown) {
        for contained in std::mem::take(&mut self.contained) {
            if contained.form == Form::Beside {
                shown.add(contained);
            } else if !merge(&mut shown, contained, self.message.subject.as_deref()) {
                self.message.note(Defect::Alternatives);
            }
        }
        if shown.is_blank() {
            shown.add(self.spare_text());
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
            found = split_by_guess(leaf.body, MAX_PARTS);
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
        let mut all = self.outside(found.before);
        if leaf.media.kind == "multipart/alternative" {
            let (shown, same) = best(shown, self.message.subject.as_deref());
            if !same {
                self.message.note(Defect::Alternatives);
            }
            all.add(shown);
        } else {
            all.add(Shown::together(shown));
        }
        for after in found.after {
            all.add(self.outside(after));
        }
        Some(all)
    }

    /// `alone`: it is no part of a multipart, and so its text is shown though it calls itself an attachment.
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
            return self.text(Text::of(leaf, text));
        }
        if leaf.is_calendar() {
            let method = leaf.media.parameter("method");
            let is_file = leaf.disposition.kind == "attachment" && method.is_none();
            let (meetings, bounded) = calendar::read(&leaf.text().text, method);
            if bounded {
                self.message.note(Defect::Bounded);
            }
            let meetings = meetings.into_iter().map(|meeting| Block::Meeting(Meeting { is_file, ..meeting }));
            return Shown::of(meetings.collect(), Form::Beside);
        }
        if leaf.is_smime() {
            return self.smime(leaf, at, number, depth);
        }
        if leaf.is_tnef() {
            self.tnef(&leaf.decoded(), at, depth);
        } else if self.spare.len() < MAX_SPARE {
            self.spare.extend(Text::unshown(leaf));
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
