use super::table::cut;
use crate::triage::{Facts, FoundMatter, Place, Sign};

/// What was found out about a message, line by line: a label, or none where it goes on, and what to say.
pub fn lines(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Kind", facts.kind.text().to_owned())];
    for Sign { rule, place, found } in &facts.signs {
        let place = if place.is_empty() { String::new() } else { format!(": {place}: {}", cut(found, 100)) };
        lines.push(("", format!("{rule}{place}")));
    }
    for FoundMatter { matter, place, words } in &facts.matters {
        let place = place.map_or("i avsändarens domän", Place::text);
        lines.push(("Matter", format!("{}: \"{}\" {place}", matter.text(), cut(words, 80))));
    }
    if facts.urgency.urgent {
        lines.push(("Urgent", "JA".to_owned()));
    }
    for (at, word) in facts.urgency.words.iter().enumerate() {
        let label = if at == 0 && !facts.urgency.urgent { "Words" } else { "" };
        let denied = if word.denied { ", nekat eller förflutet" } else { "" };
        let (found, place) = (cut(&word.word, 80), word.place.text());
        lines.push((label, format!("\"{found}\" {place} ({}, {}{denied})", word.language, word.weight)));
    }
    for identifier in &facts.identifiers {
        let text = format!("{} {} {}", identifier.kind, identifier.value, identifier.place.text());
        lines.push(("Identifier", text));
    }
    if let Some(language) = &facts.language {
        lines.push(("Language", language.clone()));
    }
    lines
}
