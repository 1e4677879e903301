//! What a style hides: as far as letters use it, which is inline styles and rules for one class or id.

use std::collections::HashSet;

use super::tokens::Tag;

/// So much of a style sheet is looked at.
const MAX_SHEET: usize = 200_000;

/// The classes (`.a`) and ids (`#a`) that the document's own style sheets hide.
#[derive(Debug, Default)]
pub struct Hidden(HashSet<String>);

impl Hidden {
    /// Takes in the rules of a style sheet. Rules for some media only are passed over: a letter hides its wide form on
    /// telephones and its narrow form elsewhere.
    pub fn add_sheet(&mut self, sheet: &str) {
        let mut rest = &sheet[..sheet.floor_char_boundary(MAX_SHEET)];
        while let Some((selectors, after)) = rest.split_once('{') {
            if selectors.contains('@') {
                rest = after_group(after);
                continue;
            }
            let (declarations, after) = after.split_once('}').unwrap_or((after, ""));
            rest = after;
            if !declares_hidden(&compact(declarations)) {
                continue;
            }
            for selector in selectors.rsplit('}').next().unwrap_or(selectors).split(',') {
                let selector = selector.trim();
                let is_simple = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
                if selector.strip_prefix(['.', '#']).is_some_and(|name| !name.is_empty() && name.chars().all(is_simple))
                {
                    self.0.insert(selector.to_owned());
                }
            }
        }
    }

    pub fn hides(&self, tag: &Tag<'_>) -> bool {
        let attribute = |name| tag.attribute(name);
        attribute("hidden").is_some()
            || attribute("style").is_some_and(|style| declares_hidden(&compact(style)))
            || !self.0.is_empty()
                && (attribute("class")
                    .is_some_and(|classes| classes.split_ascii_whitespace().any(|one| self.has('.', one)))
                    || attribute("id").is_some_and(|id| self.has('#', id.trim())))
    }

    fn has(&self, mark: char, name: &str) -> bool {
        self.0.contains(format!("{mark}{name}").as_str())
    }
}

/// What follows the block that an `@media` opened.
fn after_group(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

/// Declarations in lower case without white space.
pub fn compact(style: &str) -> String {
    style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn declares_hidden(style: &str) -> bool {
    has(style, "display:none")
        || has(style, "visibility:hidden")
        || has(style, "opacity:0")
        || has(style, "max-height:0") && has(style, "overflow:hidden")
}

/// Whether a declaration has this value, and not one that only begins like it (`opacity:0.5`).
fn has(style: &str, declaration: &str) -> bool {
    style.match_indices(declaration).any(|(at, _)| {
        let begins = at == 0 || style[..at].ends_with(';');
        let rest = style[at + declaration.len()..].trim_start_matches("px").trim_start_matches("pt");
        begins && (rest.is_empty() || rest.starts_with([';', '!', '}']))
    })
}

/// Whether an inline style makes text too small to be seen, if it says how large it is.
pub fn too_small(style: &str) -> Option<bool> {
    let at = style.rfind("font-size:")?;
    let number: String =
        style[at + "font-size:".len()..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let rest = &style[at + "font-size:".len() + number.len()..];
    let size = number.parse::<f32>().ok()?;
    Some(size == 0.0 || size <= 1.0 && (rest.starts_with("px") || rest.starts_with("pt")))
}
