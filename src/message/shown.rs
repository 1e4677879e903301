//! What parts of a message show, and how several become one.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::block::{self, Block};
use super::html::Dropped;

/// What one part shows.
#[derive(Debug, Default)]
pub struct Shown {
    pub blocks: Vec<Block>,
    /// The same as text; what came as plain text stands as it was sent.
    pub text: String,
    pub form: Form,
    pub dropped: Dropped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Plain,
    Html,
    /// Something beside the text, such as a meeting: no form of the same.
    Beside,
}

/// Of two forms of a text one says as much as the other when it has so many percent of the other's words.
const AS_MUCH: usize = 90;
/// Below this they are two texts.
const RELATED: usize = 50;

impl Shown {
    pub fn of(blocks: Vec<Block>, form: Form) -> Self {
        Self { text: block::text(&blocks), blocks, form, dropped: Dropped::default() }
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.blocks.is_empty()
    }

    pub fn add(&mut self, more: Self) {
        if more.is_blank() {
            return;
        }
        if self.is_blank() {
            *self = more;
            return;
        }
        if !more.text.trim().is_empty() {
            self.text.truncate(self.text.trim_end().len());
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(&more.text);
        }
        self.blocks.extend(more.blocks);
        if self.form != more.form {
            self.form = Form::Html;
        }
        self.dropped.hidden += more.dropped.hidden;
        self.dropped.remote += more.dropped.remote;
        self.dropped.trackers += more.dropped.trackers;
        self.dropped.scripts += more.dropped.scripts;
        self.dropped.forms += more.dropped.forms;
    }

    /// All parts after another (multipart/mixed and kin).
    pub fn together(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.add(part);
        }
        all
    }
}

/// The form to show of several (multipart/alternative), and whether they say the same. RFC 2046 §5.1.4 puts the best
/// last; the plain one is preferred where it says as much, as it hides nothing. Forms that say different things are all shown.
pub fn best(parts: Vec<Shown>) -> (Shown, bool) {
    let (mut plain, mut html, mut beside) = (Shown::default(), Shown::default(), Shown::default());
    let mut said = HashSet::new();
    for part in parts.into_iter().filter(|part| !part.is_blank()) {
        match part.form {
            // Two plain forms are one text, unless they say different things.
            Form::Plain => {
                let says = digests(&part.text);
                if plain.is_blank() || percent(&says, &said) < AS_MUCH {
                    plain.add(part);
                    said.extend(says);
                }
            }
            Form::Html => html = part,
            Form::Beside => beside.add(part),
        }
    }
    let (plain_has, html_has) = (share(&html.text, &plain.text), share(&plain.text, &html.text));
    let same = html.is_blank() || plain.is_blank() || plain_has >= RELATED || html_has >= RELATED;
    let as_long = plain_has >= RELATED && words(&plain.text).count() * 100 >= words(&html.text).count() * AS_MUCH;
    let mut shown = if html.is_blank() || !plain.is_blank() && (plain_has >= AS_MUCH || as_long) {
        plain
    } else if plain.is_blank() || same {
        html
    } else {
        html.add(plain);
        html
    };
    let form = shown.form;
    shown.add(beside);
    shown.form = form;
    (shown, same)
}

/// How many percent of one text's words are in the other.
pub fn share(of: &str, within: &str) -> usize {
    percent(&digests(of), &digests(within))
}

fn percent(of: &HashSet<u64>, within: &HashSet<u64>) -> usize {
    if of.is_empty() { 100 } else { of.intersection(within).count() * 100 / of.len() }
}

/// A text's words, each by its digest.
fn digests(text: &str) -> HashSet<u64> {
    let digest = |word: &str| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    };
    words(text).map(digest).collect()
}

/// Links are left out: a form writes them or hides them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace().filter(|word| !word.contains("://"));
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Form, Shown, best};

    #[test]
    fn many_forms_that_say_different_things_are_compared_in_one_pass() {
        let form = |n: usize| {
            let text: String = (0..500).map(|word| format!("w{n}x{word} ")).collect();
            Shown { text, form: Form::Plain, ..Shown::default() }
        };
        let started = Instant::now();
        let (shown, _) = best((0..900).chain(0..900).map(form).collect());
        assert_eq!(shown.text.split("\n\n").count(), 900);
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
}
