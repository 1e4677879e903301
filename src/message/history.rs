//! Which blocks are not the sender's own words: what is repeated of earlier messages, and what is passed on.
//!
//! `>` and HTML's quotes are known already; here are those that mail programs mark with a header in the text only
//! (Outlook and its kin), or with a line above.

use super::block::{Block, Origin};

/// Marks what follows a header of an earlier message as quoted. `subject` tells whether the message passes another on.
pub fn mark(blocks: Vec<Block>, subject: Option<&str>) -> Vec<Block> {
    let Some(at) = blocks.iter().position(begins_history) else { return blocks };
    let mut own = blocks;
    let mut rest = own.split_off(at);
    let is_forward = is_forward(subject) || rest.first().and_then(first_lines).is_some_and(says_forwarded);
    let origin = if is_forward { Origin::Forwarded } else { Origin::History };
    // The line above belongs to what it introduces; what the sender wrote before it does not.
    if let Some((before, from)) = rest.first().and_then(split) {
        rest[0] = Block::Paragraph(from);
        own.extend(before.map(Block::Paragraph));
    }
    own.push(Block::Quote { origin, blocks: rest });
    own
}

/// A longer word before a colon is no header's name.
const MAX_LABEL: usize = 40;

fn first_lines(block: &Block) -> Option<&str> {
    match block {
        Block::Paragraph(text) | Block::Preformatted(text) => Some(text),
        _ => None,
    }
}

fn begins_history(block: &Block) -> bool {
    match block {
        Block::Paragraph(text) | Block::Preformatted(text) => history_line(text).is_some(),
        // Outlook's newer header is a table of labels and values.
        Block::Table(rows) => {
            let labels = rows.iter().filter_map(|row| row.first()).filter_map(|cell| match cell.blocks.as_slice() {
                [Block::Paragraph(text)] => label(text),
                _ => None,
            });
            distinct(labels) >= 3
        }
        _ => false,
    }
}

/// The paragraph in two, when the header of the earlier message does not begin it.
fn split(block: &Block) -> Option<(Option<String>, String)> {
    let text = first_lines(block)?;
    let at = history_line(text)?;
    let before = text[..at].trim_end();
    Some(((!before.is_empty()).then(|| before.to_owned()), text[at..].to_owned()))
}

/// Where in the text a line begins that stands above an earlier message.
fn history_line(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_separator(line) || label(line) == Some(Label::From) && begins_header(&text[at..]) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// `-----Ursprungligt meddelande-----` and kin.
fn is_separator(line: &str) -> bool {
    const WORDS: [&str; 16] = [
        "original message",
        "original appointment",
        "ursprungligt meddelande",
        "ursprungligt brev",
        "forwarded message",
        "begin forwarded message:",
        "vidarebefordrat meddelande",
        "vidarebefordrat brev",
        "vidarebefordrat meddelande börjar:",
        "påbörjat vidarebefordrat brev:",
        "start på vidarebefordrat brev:",
        "reply message",
        "opprinnelig melding",
        "alkuperäinen viesti",
        "ursprüngliche nachricht",
        "message d'origine",
    ];
    let line = line.trim();
    let bare = line.trim_matches(|c: char| c == '-' || c == '_' || c == ' ' || c == '>').to_lowercase();
    let is_ruled = line.starts_with("--") || bare.ends_with(':');
    is_ruled && WORDS.contains(&bare.as_str())
}

fn says_forwarded(text: &str) -> bool {
    let text = text.to_lowercase();
    let first: String = text.lines().take(1).collect();
    first.contains("forwarded") || first.contains("vidarebefordrat")
}

/// Whether the subject says that the message passes another on.
pub fn is_forward(subject: Option<&str>) -> bool {
    let subject = subject.unwrap_or_default().trim_start().to_lowercase();
    ["vb:", "vb :", "fwd:", "fw:", "vbf:", "[fwd:", "wg:", "tr:", "vs: fwd"]
        .iter()
        .any(|start| subject.starts_with(start))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    From,
    To,
    Date,
    Subject,
    Copy,
}

/// Which header a line of an earlier message stands for: `Från: …`, `*From:* …`.
fn label(line: &str) -> Option<Label> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '*' || c == '>');
    let (name, _) = line.split_once(':').filter(|(name, _)| name.len() <= MAX_LABEL)?;
    let name = name.trim_end_matches(['*', ' ', '\u{a0}']).to_lowercase();
    Some(match name.as_str() {
        "från" | "fran" | "from" | "fra" | "von" | "de" | "lähettäjä" | "от" | "من" => Label::From,
        "till" | "to" | "til" | "an" | "à" | "vastaanottaja" | "кому" | "إلى" => Label::To,
        "skickat" | "sent" | "datum" | "date" | "dato" | "sendt" | "gesendet" | "envoyé" | "lähetetty" | "дата"
        | "تاريخ" => Label::Date,
        "ämne" | "amne" | "subject" | "emne" | "betreff" | "objet" | "aihe" | "тема" | "الموضوع" => {
            Label::Subject
        }
        "kopia" | "cc" | "kopi" | "kopio" => Label::Copy,
        _ => return None,
    })
}

/// At least three headers in the lines that come first.
fn begins_header(text: &str) -> bool {
    distinct(text.lines().take(6).filter_map(label)) >= 3
}

fn distinct(labels: impl Iterator<Item = Label>) -> usize {
    let mut seen: Vec<Label> = Vec::new();
    for label in labels.take(12) {
        if !seen.contains(&label) {
            seen.push(label);
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The own words, then why the rest is quoted.
    fn marked(subject: &str, paragraphs: &[&str]) -> (Vec<String>, Option<Origin>) {
        let blocks = paragraphs.iter().map(|text| Block::Paragraph((*text).to_owned())).collect();
        let (mut own, mut origin) = (Vec::new(), None);
        for block in mark(blocks, Some(subject)) {
            match block {
                Block::Paragraph(text) => own.push(text),
                Block::Quote { origin: found, .. } => origin = Some(found),
                other => panic!("{other:?}"),
            }
        }
        (own, origin)
    }

    #[test]
    fn what_follows_the_header_of_an_earlier_message_is_not_the_senders_own() {
        let header = "Från: Bo\nSkickat: den 12 november 2026 09:14\nTill: Anna\nÄmne: Tid";
        for (subject, paragraphs, own, origin) in [
            ("SV: Tid", &["Hej", header, "gammalt"][..], &["Hej"][..], Some(Origin::History)),
            ("VB: Tid", &["Hej", header, "gammalt"], &["Hej"], Some(Origin::Forwarded)),
            ("Re: x", &["Hej", "From: Bo\nSent: today\nTo: Anna\nSubject: x\nold"], &["Hej"], Some(Origin::History)),
            ("x", &["Mvh Anna\nFrån: Bo\nSkickat: i dag\nTill: Anna"], &["Mvh Anna"], Some(Origin::History)),
            ("x", &["-----Ursprungligt meddelande-----", "gammalt"], &[], Some(Origin::History)),
            ("x", &["---------- Forwarded message ---------", "gammalt"], &[], Some(Origin::Forwarded)),
            (
                "x",
                &["Från: Västerås\ntill Stockholm", "Tid: måndag"],
                &["Från: Västerås\ntill Stockholm", "Tid: måndag"],
                None,
            ),
            ("x", &["Ursprungligt meddelande"], &["Ursprungligt meddelande"], None),
        ] {
            let own: Vec<String> = own.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(marked(subject, paragraphs), (own, origin), "{paragraphs:?}");
        }
    }
}
