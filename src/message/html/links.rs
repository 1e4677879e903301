//! Where a link leads, as far as it has to be written beside its words.

use super::dropped::strip_scheme;

/// What these lead to is nothing that came: a script, the document itself, what a telephone made of a date.
const NOWHERE: [&str; 6] = ["javascript:", "vbscript:", "data:", "about:", "blob:", "x-apple-data-detectors:"];

/// The target of a link as it is written: whole, without the scheme of what plainly is an address or a number. `None`
/// leads nowhere.
pub fn target(href: &str) -> Option<String> {
    let href = href.trim();
    let is_nowhere =
        href.is_empty() || href.starts_with('#') || NOWHERE.iter().any(|it| strip_scheme(href, it).is_some());
    let bare = ["mailto:", "tel:"].iter().find_map(|scheme| strip_scheme(href, scheme)).unwrap_or(href);
    // A line end within a link is left out, as browsers do (URL §4.4).
    (!is_nowhere && !bare.is_empty()).then(|| bare.replace(['\n', '\r', '\t'], ""))
}

/// Whether words say where a link leads: one of them, or all together, is its target.
pub fn says(words: &str, target: &str) -> bool {
    let known = bare(target);
    let is_target = |word: &str| bare(word) == known;
    let is_mark =
        |c: char| matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | ',' | '.' | ';' | ':' | '!' | '?');
    is_target(words)
        || digits(words).is_some_and(|number| digits(target) == Some(number))
        || words.split_whitespace().any(|word| is_target(word) || is_target(word.trim_matches(is_mark)))
}

/// Without what people leave out of an address of a page.
fn bare(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let page = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme)).unwrap_or(&address);
    page.strip_prefix("www.").unwrap_or(page).trim_end_matches('/').to_owned()
}

/// A telephone number without what people write between its digits.
fn digits(number: &str) -> Option<String> {
    let is_number =
        number.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '–'));
    let digits: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    (is_number && !digits.is_empty()).then_some(digits)
}
