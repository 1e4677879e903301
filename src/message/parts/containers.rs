//! What holds a message of its own, or text and files of this one: enclosed messages, S/MIME, winmail.dat.

use super::{File, MAX_DEPTH, MAX_TEXT, Place, Walk};
use crate::message::block::{Block, Enclosed};
use crate::message::header::Entity;
use crate::message::leaf::{Leaf, UNKNOWN_TYPE, file_name};
use crate::message::shown::{Form, Shown};
use crate::message::smime::{self, Wrapped};
use crate::message::tnef::{self, Tnef};
use crate::message::{Attachment, Defect, Message, charset, plain};

impl Walk<'_> {
    /// A message within the message: an attachment whose content is shown too.
    pub(super) fn enclosed(&mut self, leaf: &Leaf<'_>, number: &str, depth: usize) -> Shown {
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
        if text.len() > MAX_TEXT {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            self.message.note(Defect::Bounded);
        }
        Shown { blocks: vec![Block::Enclosed(Box::new(enclosed))], text, ..Shown::default() }
    }

    pub(super) fn smime(&mut self, leaf: &Leaf<'_>, at: Option<usize>, number: &str, depth: usize) -> Shown {
        match smime::unwrap(&leaf.decoded()) {
            Wrapped::Signed { content, cut } => {
                if cut {
                    self.message.note(Defect::Container);
                }
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
            Wrapped::Compressed => self.message.note(Defect::Compressed),
            Wrapped::Certificates => self.message.note(Defect::Certificates),
            Wrapped::Unknown => self.message.note(Defect::Container),
        }
        Shown::default()
    }

    /// Takes text and files out of a winmail.dat.
    pub(super) fn tnef(&mut self, bytes: &[u8], at: Option<usize>, depth: usize) {
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
                self.contained.push(Shown { form: Form::Beside, ..shown });
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
        self.finish(Shown::default());
    }
}
