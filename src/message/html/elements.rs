//! What elements mean: which hold others, which begin a line, what closes which, what a field says.

use super::frames::Kind;
use super::style::declared;
use super::tokens::Tag;
use crate::message::block::Origin;

/// The container that an element opens.
pub fn container(tag: &Tag<'_>) -> Option<Kind> {
    Some(match &*tag.name {
        "blockquote" => Kind::Quote(quote_origin(tag)),
        "ul" | "menu" | "dir" => Kind::List { first: None, items: Vec::new() },
        "ol" => {
            let first = tag.attribute("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
            Kind::List { first: Some(first), items: Vec::new() }
        }
        "li" => Kind::Item,
        "table" => {
            let arranges = tag.attribute("role").is_some_and(|role| matches!(role.trim(), "presentation" | "none"));
            Kind::Table { rows: Vec::new(), arranges }
        }
        "tr" => Kind::Row(Vec::new()),
        "td" => Kind::Cell { header: false },
        "th" => Kind::Cell { header: true },
        _ => return None,
    })
}

fn quote_origin(tag: &Tag<'_>) -> Origin {
    let says = |name, value: &str| tag.attribute(name).is_some_and(|text| text.to_lowercase().contains(value));
    if says("type", "cite") || says("class", "quote") || tag.attribute("cite").is_some() {
        Origin::History
    } else {
        Origin::SetOff
    }
}

pub fn heading(name: &str) -> Option<u8> {
    name.strip_prefix('h').and_then(|level| level.parse().ok()).filter(|level| (1..=6).contains(level))
}

/// Elements without content (HTML §13.1.2).
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "base"
            | "col"
            | "area"
            | "wbr"
            | "embed"
            | "source"
            | "track"
            | "param"
    )
}

/// Elements that begin and end a paragraph.
pub fn is_paragraph(name: &str) -> bool {
    matches!(name, "p" | "pre" | "dl" | "caption" | "figure")
}

/// Elements that begin and end a line.
#[rustfmt::skip]
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div" | "tr" | "li" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main" | "address" | "center"
            | "form" | "fieldset" | "legend" | "body" | "html" | "p" | "dl" | "ul" | "ol" | "table" | "blockquote" | "pre"
            | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "aside" | "nav" | "figure" | "figcaption" | "details" | "summary"
            | "menu" | "dir" | "caption" | "hr"
    )
}

/// Elements whose text stands apart from the words beside it: cells, fields, and what drawings say (SVG 2 §5.8, §11).
pub fn stands_apart(name: &str) -> bool {
    matches!(name, "td" | "th" | "option" | "select" | "button" | "textarea" | "svg" | "title" | "desc" | "text")
}

/// Outlook makes a paragraph of every line and sets the space between them to nothing.
pub fn is_line(tag: &Tag<'_>) -> bool {
    tag.name == "p"
        && (tag.attribute("class").is_some_and(|class| class.contains("Mso"))
            || ["margin", "margin-bottom"]
                .iter()
                .any(|margin| declared(tag, margin).is_some_and(|size| size.starts_with('0'))))
}

/// Which open elements HTML closes by itself before this one starts, and within which (HTML §13.1.2.4).
pub fn closes(name: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match name {
        "li" => (&["li"], &["ul", "ol", "menu", "dir", "td", "th", "blockquote"]),
        "dt" | "dd" => (&["dt", "dd"], &["dl", "td", "th"]),
        "td" | "th" => (&["td", "th"], &["tr", "table"]),
        "tr" => (&["tr"], &["table"]),
        "tbody" | "thead" | "tfoot" => (&["tr", "thead", "tbody", "tfoot"], &["table"]),
        "option" => (&["option"], &["select"]),
        _ if is_block(name) => (&["p"], &["td", "th", "li", "blockquote", "div", "table", "ul", "ol"]),
        _ => return None,
    })
}

/// What a field shows that has been filled in (HTML §4.10.5).
pub fn filled_in<'t>(tag: &'t Tag<'_>) -> &'t str {
    let kind = tag.attribute("type").unwrap_or_default().trim().to_lowercase();
    match &*kind {
        "hidden" | "password" | "file" => "",
        "image" => tag.attribute("alt").unwrap_or_default(),
        "checkbox" | "radio" if tag.attribute("checked").is_some() => "[x]",
        "checkbox" | "radio" => "[ ]",
        _ => tag.attribute("value").unwrap_or_default(),
    }
}
