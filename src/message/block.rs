//! What a message says, as the blocks that a page is set from: paragraphs, headings, lists, tables, quotes. No markup,
//! no links that lead anywhere, nothing that is fetched.

use super::{Address, Attachment};
use jiff::Timestamp;

/// One piece of a message's content. Text is Unicode without control characters other than newline and tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines end where the sender ended them.
    Paragraph(String),
    Heading {
        /// 1 is the highest, 6 the lowest (HTML §4.3.6).
        level: u8,
        text: String,
    },
    List {
        /// The first item's number; `None` is a list without numbers.
        first: Option<u32>,
        items: Vec<Vec<Block>>,
    },
    /// Rows of cells. A table that only arranges a page has been taken apart.
    Table(Vec<Vec<Cell>>),
    /// What another wrote and the sender repeats.
    Quote {
        origin: Origin,
        blocks: Vec<Block>,
    },
    /// Columns made with spaces, or text that came as such: set in a face whose characters are equally wide.
    Preformatted(String),
    /// An image among the attachments, by its Content-ID without angle brackets (RFC 2392).
    Image {
        content_id: String,
        /// What stands for it where it is not seen.
        alternative: String,
    },
    Rule,
    /// A meeting (RFC 5545).
    Meeting(Meeting),
    /// A message within the message (message/rfc822).
    Enclosed(Box<Enclosed>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// It names a row or a column.
    pub header: bool,
    pub blocks: Vec<Block>,
}

/// Why something is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Earlier messages of the same exchange.
    History,
    /// Passed on by the sender, who may have received it from anyone.
    Forwarded,
    /// Set off from the rest; whose words they are does not show.
    SetOff,
}

/// What an invitation says, each as it was written; empty when it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meeting {
    /// `REQUEST`, `REPLY`, `CANCEL` … (RFC 5546 §1.4).
    pub method: String,
    pub what: String,
    pub begins: String,
    pub ends: String,
    pub place: String,
    pub organizer: String,
    pub description: String,
    /// It came as a file beside the text, not as an invitation does: as one of the message's own forms (RFC 6047 §2.4).
    pub is_file: bool,
    /// What the one who answers an invitation adds, among others.
    pub comment: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosed {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub date: Option<Timestamp>,
    pub subject: Option<String>,
    pub attachments: Vec<Attachment>,
    pub body: Vec<Block>,
}

impl Meeting {
    /// What is said, each with its Swedish name, in the order in which it is read.
    pub fn facts(&self) -> Vec<(&'static str, &str)> {
        let kind = match self.method.as_str() {
            "REQUEST" | "PUBLISH" | "ADD" => "Mötesinbjudan",
            "REPLY" | "COUNTER" => "Svar på mötesinbjudan",
            "CANCEL" => "Inställt möte",
            _ => "Kalenderpost",
        };
        [
            (kind, &self.what),
            ("Börjar", &self.begins),
            ("Slutar", &self.ends),
            ("Plats", &self.place),
            ("Från", &self.organizer),
            ("Beskrivning", &self.description),
            ("Kommentar", &self.comment),
        ]
        .into_iter()
        .map(|(name, value)| (name, value.as_str()))
        .filter(|(name, value)| !value.is_empty() || *name == kind)
        .collect()
    }
}

impl Enclosed {
    /// What its header says, each with its Swedish name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let attachments: Vec<&str> =
            self.attachments.iter().map(|one| one.name.as_deref().unwrap_or(&one.media_type)).collect();
        [
            ("Från", written(&self.from)),
            ("Till", written(&self.to)),
            ("Kopia", written(&self.cc)),
            ("Datum", self.date.map(crate::clock::minute).unwrap_or_default()),
            ("Ämne", self.subject.clone().unwrap_or_default()),
            ("Bilagor", attachments.join(", ")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// Its header above its text, both indented.
    pub fn text(&self, body: &str) -> String {
        let facts: Vec<String> = self.facts().iter().map(|(name, value)| format!("{INDENT}{name}: {value}")).collect();
        facts.join("\n") + "\n\n" + &prefixed(body, INDENT, INDENT)
    }
}

fn written(addresses: &[Address]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The blocks as plain text.
pub fn text(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        let piece = one(block);
        let piece = piece.trim_matches('\n');
        if !piece.trim().is_empty() {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(piece);
        }
    }
    text
}

fn one(block: &Block) -> String {
    match block {
        Block::Paragraph(text) | Block::Heading { text, .. } | Block::Preformatted(text) => text.clone(),
        Block::List { first, items } => {
            let lines = items.iter().zip(0_u32..).map(|(item, at)| {
                let mark = first.map_or_else(|| "• ".to_owned(), |first| format!("{}. ", first.saturating_add(at)));
                prefixed(&text(item), &mark, "  ")
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Table(rows) => {
            let cells = |row: &Vec<Cell>| {
                row.iter().map(|cell| text(&cell.blocks).replace('\n', " ")).collect::<Vec<_>>().join("\t")
            };
            rows.iter().map(cells).collect::<Vec<_>>().join("\n")
        }
        Block::Quote { origin: Origin::History, blocks } => prefixed(&text(blocks), "> ", "> "),
        Block::Quote { origin: Origin::Forwarded, blocks } => text(blocks),
        Block::Quote { origin: Origin::SetOff, blocks } => prefixed(&text(blocks), "  ", "  "),
        Block::Image { alternative, .. } if alternative.trim().is_empty() => String::new(),
        Block::Image { alternative, .. } => format!("[{}]", alternative.trim()),
        Block::Rule => String::new(),
        Block::Meeting(meeting) => {
            meeting.facts().iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
        }
        Block::Enclosed(enclosed) => enclosed.text(&text(&enclosed.body)),
    }
}

/// Before what is indented, as an enclosed message is.
const INDENT: &str = "    ";

/// Each line with something before it; blank lines stay blank.
fn prefixed(text: &str, first: &str, others: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let prefix = if at == 0 { first } else { others };
        out.push_str(if line.is_empty() { prefix.trim_end() } else { prefix });
        out.push_str(line);
    }
    out
}
