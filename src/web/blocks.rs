//! A message's blocks as markup. All text is escaped, and no address of any kind is written: what comes out can neither run
//! nor fetch anything.

use std::fmt::Write as _;

use askama::filters::{Escaper as _, Html};

use crate::clock;
use crate::message::Block;
use crate::message::block::{Enclosed, Meeting, Origin};

/// Blocks lie in each other no deeper than this; what does is written as text.
const MAX_DEPTH: usize = 24;

pub fn markup(blocks: &[Block]) -> String {
    let mut out = String::new();
    all(&mut out, blocks, 0);
    out
}

fn all(out: &mut String, blocks: &[Block], depth: usize) {
    for block in blocks {
        if depth > MAX_DEPTH {
            element(out, "p", &crate::message::block::text(std::slice::from_ref(block)));
        } else {
            one(out, block, depth);
        }
    }
}

fn one(out: &mut String, block: &Block, depth: usize) {
    match block {
        Block::Paragraph(text) => element(out, "p", text),
        // Below the page's own headings.
        Block::Heading { level, text } => element(out, if *level <= 2 { "h3" } else { "h4" }, text),
        Block::List { first, items } => {
            match first {
                Some(first) => put(out, format_args!("<ol start=\"{first}\">")),
                None => out.push_str("<ul>"),
            }
            for item in items {
                out.push_str("<li>");
                all(out, item, depth + 1);
                out.push_str("</li>");
            }
            out.push_str(if first.is_some() { "</ol>" } else { "</ul>" });
        }
        Block::Table(rows) => {
            out.push_str("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Tabell\"><table>");
            for row in rows {
                out.push_str("<tr>");
                for cell in row {
                    out.push_str(if cell.header { "<th>" } else { "<td>" });
                    all(out, &cell.blocks, depth + 1);
                    out.push_str(if cell.header { "</th>" } else { "</td>" });
                }
                out.push_str("</tr>");
            }
            out.push_str("</table></div>");
        }
        Block::Quote { origin, blocks } => {
            out.push_str("<blockquote>");
            match origin {
                Origin::History => element(out, "p class=\"label\"", "Tidigare i samma brevväxling"),
                Origin::Forwarded => element(out, "p class=\"label\"", "Vidarebefordrat"),
                Origin::SetOff => {}
            }
            all(out, blocks, depth + 1);
            out.push_str("</blockquote>");
        }
        Block::Preformatted(text) => {
            out.push_str("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Text med fasta kolumner\">");
            element(out, "pre", text);
            out.push_str("</div>");
        }
        Block::Image { alternative, .. } => {
            let text = if alternative.is_empty() {
                "Bild (se PDF:en)".to_owned()
            } else {
                format!("Bild: {alternative} (se PDF:en)")
            };
            element(out, "p class=\"label\"", &text);
        }
        Block::Rule => out.push_str("<hr>"),
        Block::Meeting(meeting) => self::meeting(out, meeting),
        Block::Enclosed(message) => enclosed(out, message, depth),
    }
}

fn meeting(out: &mut String, meeting: &Meeting) {
    let Meeting { what, begins, ends, place, organizer, description, comment, .. } = meeting;
    let lines = [
        ("Möte", what),
        ("Börjar", begins),
        ("Slutar", ends),
        ("Plats", place),
        ("Kallar", organizer),
        ("Beskrivning", description),
        ("Kommentar", comment),
    ];
    facts(out, lines.iter().map(|(label, text)| (*label, text.as_str())));
}

fn enclosed(out: &mut String, message: &Enclosed, depth: usize) {
    let people =
        |people: &[crate::message::Address]| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    out.push_str("<section class=\"enclosed\">");
    element(out, "p class=\"label\"", "Bifogat meddelande");
    let (from, to, cc) = (people(&message.from), people(&message.to), people(&message.cc));
    let date = message.date.map(clock::minute).unwrap_or_default();
    let subject = message.subject.clone().unwrap_or_default();
    facts(
        out,
        [("Från", from.as_str()), ("Till", &to), ("Kopia", &cc), ("Datum", &date), ("Ämne", &subject)].into_iter(),
    );
    all(out, &message.body, depth + 1);
    out.push_str("</section>");
}

fn facts<'a>(out: &mut String, lines: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push_str("<dl>");
    for (label, text) in lines.filter(|(_, text)| !text.is_empty()) {
        element(out, "dt", label);
        element(out, "dd", text);
    }
    out.push_str("</dl>");
}

/// Lines end where the sender ended them: the style sheet keeps them.
fn element(out: &mut String, tag: &str, text: &str) {
    put(out, format_args!("<{tag} dir=\"auto\">"));
    Html.write_escaped_str(&mut *out, text).expect("a string takes all that is written");
    let name = tag.split(' ').next().unwrap_or(tag);
    put(out, format_args!("</{name}>"));
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sender_wrote_is_never_markup() {
        let evil = "<script>alert(1)</script><img src=\"http://x.example/\" onerror='x'>&amp;";
        let blocks = [
            Block::Paragraph(evil.into()),
            Block::Heading { level: 1, text: evil.into() },
            Block::Preformatted(evil.into()),
            Block::Image { content_id: evil.into(), alternative: evil.into() },
            Block::List { first: Some(3), items: vec![vec![Block::Paragraph(evil.into())]] },
            Block::Quote { origin: Origin::History, blocks: vec![Block::Paragraph(evil.into())] },
        ];
        let out = markup(&blocks);
        assert!(!out.contains("<script") && !out.contains("<img") && !out.contains("src=\""), "{out}");
        assert_eq!(out.matches("&#60;script&#62;").count(), 6, "{out}");
    }
}
