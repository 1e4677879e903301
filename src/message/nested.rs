//! A message within a message (message/rfc822): an attachment whose text is shown too.

use super::header::Block;
use super::parts::Walk;
use super::{Address, Defect, Message, charset};
use crate::clock;

const INDENT: &str = "    ";

/// The text of an enclosed message, indented under its own From, Date and Subject.
pub fn show(outer: &mut Walk<'_>, raw: &[u8], depth: usize) -> String {
    let block = Block::of(raw);
    let mut message = Message::default();
    message.read_header(&block);
    let mut walk = Walk { message: &mut message, parts_left: outer.parts_left, text_left: outer.text_left };
    let body = walk.part(&block, depth, "text/plain").text;
    let (parts_left, text_left) = (walk.parts_left, walk.text_left);
    outer.parts_left = parts_left;
    outer.text_left = text_left;
    // What its header lacks is its own matter; what could not be read concerns the whole.
    for defect in message.defects.drain(..).filter(|defect| !matches!(defect, Defect::SeveralFrom | Defect::NoHeader)) {
        outer.message.note(defect);
    }
    let names = |list: &[Address]| {
        list.iter()
            .map(|one| one.name.as_ref().map_or(one.address.clone(), |name| format!("{name} <{}>", one.address)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let attachments: Vec<&str> =
        message.attachments.iter().map(|one| one.name.as_deref().unwrap_or(&one.media_type)).collect();
    let facts = [
        ("Från", names(&message.from)),
        ("Datum", message.date.map(clock::minute).unwrap_or_default()),
        ("Ämne", message.subject.unwrap_or_default()),
        ("Bilagor", attachments.join(", ")),
    ];
    let mut text = String::new();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        text.extend([INDENT, name, ": ", value, "\n"]);
    }
    for line in charset::lines(&body).trim_matches('\n').lines() {
        text.push('\n');
        if !line.is_empty() {
            text.push_str(INDENT);
            text.push_str(line);
        }
    }
    outer.bound(text)
}
