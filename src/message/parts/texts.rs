//! Texts of a message as what is shown of them.

use super::{File, MAX_TEXT, Walk};
use crate::message::html::{self, Page};
use crate::message::leaf::{Decoded, Leaf, UNKNOWN_TYPE, file_name, is_noise};
use crate::message::shown::{Form, Shown};
use crate::message::{Defect, charset, history, plain, rtf};

impl Walk<'_> {
    pub(super) fn text(&mut self, text: Text) -> Shown {
        let Decoded { text: content, guessed, broken, bounded } = text.decoded;
        for (holds, defect) in [(bounded, Defect::Bounded), (broken, Defect::Encoding), (guessed, Defect::Charset)] {
            if holds {
                self.message.note(defect);
            }
        }
        if text.is_html { self.html(&content) } else { self.plain(content, text.flow) }
    }

    /// What is shown where nothing else is: a form that few programs show, or the only file that is text.
    pub(super) fn spare_text(&mut self) -> Shown {
        let mut spare = std::mem::take(&mut self.spare);
        let at = spare.iter().position(|text| text.is_form).or((spare.len() == 1).then_some(0));
        at.map_or_else(Shown::default, |at| self.text(spare.swap_remove(at)))
    }

    /// What stands outside a multipart's parts, where only words for programs that know no parts are customary.
    pub(super) fn outside(&mut self, bytes: &[u8]) -> Shown {
        let read = &bytes[..bytes.len().min(MAX_TEXT)];
        let (text, _) = charset::decode(read, None);
        let text: Vec<&str> = text.lines().filter(|line| !is_customary(line)).collect();
        let text = charset::lines(&text.join("\n"));
        if is_noise(&text) || !text.contains(char::is_alphabetic) {
            return Shown::default();
        }
        self.message.note(Defect::Outside);
        if read.len() < bytes.len() {
            self.message.note(Defect::Bounded);
        }
        self.plain(text.trim_matches('\n').to_owned(), plain::Flow::default())
    }

    pub(super) fn plain(&mut self, mut text: String, flow: plain::Flow) -> Shown {
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
        if holds_pgp(&text) {
            self.message.note(Defect::Encrypted);
        }
        let blocks = history::mark(plain::blocks(&text, flow), self.message.subject.as_deref());
        Shown { blocks, text, ..Shown::default() }
    }

    pub(super) fn html(&mut self, markup: &str) -> Shown {
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

/// A text that may be shown.
#[derive(Debug)]
pub struct Text {
    decoded: Decoded,
    is_html: bool,
    flow: plain::Flow,
    /// A form of the message's text, and not a file sent with it.
    is_form: bool,
}

impl Text {
    pub fn of(leaf: &Leaf<'_>, mut decoded: Decoded) -> Self {
        if matches!(leaf.media.kind.as_str(), "text/enriched" | "text/richtext") {
            decoded.text = from_enriched(&decoded.text);
        }
        Self { decoded, is_html: leaf.is_html(), flow: leaf.flow(), is_form: leaf.is_form() }
    }

    /// Of a part that is not shown beside others.
    pub fn unshown(leaf: &Leaf<'_>) -> Option<Self> {
        if !leaf.is_rtf() {
            return leaf.is_readable().then(|| Self::of(leaf, leaf.text()));
        }
        let (text, is_html) = match rtf::text(&leaf.decoded()) {
            rtf::Text::Html(markup) => (markup, true),
            rtf::Text::Plain(text) => (charset::lines(&text), false),
        };
        let decoded = Decoded { text, ..Decoded::default() };
        Some(Self { decoded, is_html, flow: plain::Flow::default(), is_form: leaf.is_form() })
    }
}

/// What mail programs write for programs that know no parts, in lower case; it takes some of them several lines.
const CUSTOMARY: [&str; 17] = [
    "mime",
    "multi-part message",
    "multipart",
    "mail reader",
    "may not be legible",
    "likely unreadable",
    "plain text",
    "plain-text",
    "text-only version",
    "if you are reading this",
    "if you can read this",
    "your mail software",
    "your mail client",
    "cryptographically signed message",
    "openpgp",
    "flerdelat meddelande",
    "mehrteilige nachricht",
];

/// No line for a person to read: one of [`CUSTOMARY`], or a line of base64.
fn is_customary(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    let is_base64 = line.len() >= 60 && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    is_base64 || CUSTOMARY.iter().any(|words| line.contains(words))
}

/// Whether the text itself is enciphered (RFC 9580 §6.2), and not one that it quotes.
fn holds_pgp(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    lines.any(|line| line == "-----BEGIN PGP MESSAGE-----") && lines.any(|line| line == "-----END PGP MESSAGE-----")
}

/// text/enriched (RFC 1896) as HTML: `<<` is a less-than sign, a line end alone is a space, and more of them are one less.
/// text/richtext (RFC 1341 §7.1.3), which came before it, has names for both.
fn from_enriched(text: &str) -> String {
    [
        ("<<", "&lt;"),
        ("<lt>", "&lt;"),
        ("\n\n", "<br>"),
        ("<nl>", "<br>"),
        ("<param>", "<template>"),
        ("</param>", "</template>"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
