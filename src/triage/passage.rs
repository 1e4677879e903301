//! A message's text, piece by piece, each with where it stands.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::phrases::Text;
use crate::message::Message;
use crate::message::block::{Block, Origin};
use crate::model::words;

/// Where in a message something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Subject,
    /// The sender's own words.
    Body,
    /// Earlier messages that the sender repeats.
    Quoted,
    /// A message within the message, or one that is passed on.
    Enclosed,
    /// The name of an attachment.
    FileName,
}

words!(Place {
    Subject = "subject",
    Body = "body",
    Quoted = "quoted",
    Enclosed = "enclosed",
    FileName = "file-name",
});

impl Place {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Subject => "i ärenderaden",
            Self::Body => "i texten",
            Self::Quoted => "i citerad text",
            Self::Enclosed => "i vidarebefordrat meddelande",
            Self::FileName => "i filnamn",
        }
    }
}

/// A stretch of text and where it stands. Its lines end with `\n`.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    pub place: Place,
    pub text: Cow<'a, str>,
}

/// All of a message that a person could read, in reading order.
pub fn passages(message: &Message) -> Vec<Passage<'_>> {
    let mut found = Vec::new();
    if let Some(subject) = &message.subject {
        found.push(Passage { place: Place::Subject, text: Cow::Borrowed(subject.as_str()) });
    }
    of_blocks(&message.body, Place::Body, &mut found);
    for name in message.attachments.iter().filter_map(|attachment| attachment.name.as_deref()) {
        found.push(Passage { place: Place::FileName, text: Cow::Borrowed(name) });
    }
    found
}

fn of_blocks<'a>(blocks: &'a [Block], place: Place, found: &mut Vec<Passage<'a>>) {
    for block in blocks {
        match block {
            Block::Paragraph(text) | Block::Heading { text, .. } | Block::Preformatted(text) => {
                found.push(Passage { place, text: Cow::Borrowed(text) });
            }
            Block::List { items, .. } => items.iter().for_each(|item| of_blocks(item, place, found)),
            Block::Table(rows) => rows.iter().flatten().for_each(|cell| of_blocks(&cell.blocks, place, found)),
            Block::Quote { origin, blocks } => {
                let inner = match origin {
                    Origin::History => Place::Quoted,
                    Origin::Forwarded => Place::Enclosed,
                    Origin::SetOff => place,
                };
                // What is quoted within a quote is quoted; what is repeated in what is passed on is passed on with it.
                of_blocks(blocks, if place == Place::Body { inner } else { place }, found);
            }
            Block::Image { alternative, .. } => found.push(Passage { place, text: Cow::Borrowed(alternative) }),
            Block::Rule => {}
            Block::Meeting(meeting) => {
                for (_, value) in meeting.facts() {
                    found.push(Passage { place, text: Cow::Borrowed(value) });
                }
            }
            Block::Enclosed(enclosed) => {
                let subject = enclosed.subject.as_deref().unwrap_or_default();
                found.push(Passage { place: Place::Enclosed, text: Cow::Borrowed(subject) });
                of_blocks(&enclosed.body, Place::Enclosed, found);
            }
        }
    }
}

/// Up to so many words of one's own, such as "Se nedan. Mvh Anna", say nothing beside what is quoted.
const BARE_WORDS: usize = 5;

/// Whether the sender says next to nothing: then what is quoted is what the message says. Some mail programs quote all that
/// is pasted, and some people write within the quote.
pub fn is_bare(passages: &[Passage<'_>]) -> bool {
    own_word_count(passages) <= BARE_WORDS
}

/// How many words stand in the body, outside of what is quoted or passed on.
pub fn own_word_count(passages: &[Passage<'_>]) -> usize {
    let own = passages.iter().filter(|passage| passage.place == Place::Body);
    own.map(|passage| Text::new(&passage.text).word_count()).sum()
}

/// What the sender wrote in the message's body.
pub fn own_text(passages: &[Passage<'_>]) -> String {
    joined(passages, Place::Body)
}

/// The sender's own words, or what is passed on where there are none.
pub fn own_words(passages: &[Passage<'_>]) -> String {
    [Place::Body, Place::Subject, Place::Enclosed, Place::Quoted]
        .into_iter()
        .map(|place| joined(passages, place))
        .find(|text| text.chars().any(char::is_alphabetic))
        .unwrap_or_default()
}

fn joined(passages: &[Passage<'_>], place: Place) -> String {
    let texts = passages.iter().filter(|passage| passage.place == place);
    texts.map(|passage| passage.text.as_ref()).collect::<Vec<_>>().join("\n")
}
