//! What parts of a message show, and how several become one.

use std::collections::HashSet;

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
    /// Something beside the text, such as a meeting or a message within: no form of the same.
    Beside,
}

/// A text says all that another does when it has so many percent of the other's words.
const AS_MUCH: usize = 90;
/// A text that is shorter, in percent of the other's words, is only a beginning or a notice.
const PART: usize = 50;
/// Words that turn what is said into its opposite; `t` is what is left of `don't`.
const NEGATIONS: [&str; 20] = [
    "aldrig", "cannot", "ei", "ej", "icke", "ikke", "inga", "ingen", "inget", "inte", "kein", "keine", "knappast",
    "neither", "never", "nicht", "no", "none", "not", "t",
];

impl Shown {
    pub fn of(blocks: Vec<Block>, form: Form) -> Self {
        Self { text: block::text(&blocks), blocks, form, dropped: Dropped::default() }
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.blocks.is_empty()
    }

    pub fn add(&mut self, more: Self) {
        let dropped = sum(self.dropped, more.dropped);
        if self.is_blank() && !more.is_blank() {
            *self = more;
        } else if !more.is_blank() {
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
        }
        self.dropped = dropped;
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
/// last; the plain one is preferred where it says as much, as it hides nothing.
pub fn best(parts: Vec<Shown>, subject: Option<&str>) -> (Shown, bool) {
    let subject = Words::of(subject.unwrap_or_default());
    let (mut plain, mut html, mut beside) = (Compared::default(), Compared::default(), Shown::default());
    let mut same = true;
    for part in parts {
        match part.form {
            Form::Plain => same &= plain.merge(Compared::of(part, &subject)),
            Form::Html => same &= html.merge(Compared::of(part, &subject)),
            Form::Beside => beside.add(part),
        }
    }
    same &= plain.merge(html);
    let mut shown = plain.shown;
    let form = shown.form;
    shown.add(beside);
    shown.form = form;
    (shown, same)
}

/// Keeps of two forms of a text the one that says all, the first where both do, or both; and whether they say the same.
pub fn merge(first: &mut Shown, second: Shown, subject: Option<&str>) -> bool {
    let subject = Words::of(subject.unwrap_or_default());
    let mut both = Compared::of(std::mem::take(first), &subject);
    let same = both.merge(Compared::of(second, &subject));
    *first = both.shown;
    same
}

/// A form with the words that it is compared by.
#[derive(Default)]
struct Compared {
    shown: Shown,
    words: Words,
}

impl Compared {
    /// A heading that repeats the subject, as newsletters have it, says nothing that is not shown already.
    fn of(shown: Shown, subject: &Words) -> Self {
        let words = match shown.blocks.split_first() {
            Some((Block::Heading { text, .. }, rest)) if Words::of(text).all.is_subset(&subject.all) => {
                Words::of(&block::text(rest))
            }
            _ => Words::of(&shown.text),
        };
        Self { shown, words }
    }

    fn merge(&mut self, second: Self) -> bool {
        let either_blank = self.shown.is_blank() || second.shown.is_blank();
        if !either_blank && self.words.say(&second.words) {
            return true;
        }
        if !either_blank && second.words.say(&self.words) {
            *self = second;
            return true;
        }
        self.shown.add(second.shown);
        self.words.add(second.words);
        either_blank
    }
}

fn sum(one: Dropped, other: Dropped) -> Dropped {
    Dropped {
        hidden: one.hidden + other.hidden,
        remote: one.remote + other.remote,
        trackers: one.trackers + other.trackers,
        scripts: one.scripts + other.scripts,
        forms: one.forms + other.forms,
    }
}

/// A text's words as far as they are compared.
#[derive(Default)]
struct Words {
    all: HashSet<String>,
    count: usize,
    negations: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self { all: HashSet::new(), count: 0, negations: 0 };
        let pieces = text.split(|c: char| c.is_whitespace() || "<>[]()\"".contains(c));
        // Links are left out: a form writes them or hides them.
        let is_link = |piece: &&str| ["://", "cid:", "mailto:", "www."].iter().any(|mark| piece.contains(mark));
        for word in pieces.filter(|piece| !is_link(piece)).flat_map(|piece| piece.split(|c: char| !c.is_alphanumeric()))
        {
            if !word.is_empty() {
                let word = word.to_lowercase();
                words.count += 1;
                words.negations += usize::from(NEGATIONS.contains(&word.as_str()));
                words.all.insert(word);
            }
        }
        words
    }

    fn add(&mut self, more: Self) {
        self.all.extend(more.all);
        self.count += more.count;
        self.negations += more.negations;
    }

    /// Whether they say all that others do: nearly all the words, every number, and as many negations unless the others
    /// are only a part.
    fn say(&self, others: &Self) -> bool {
        // Told without a look at each of very many.
        if self.all.len() * 100 < others.all.len() * AS_MUCH {
            return false;
        }
        let missing = || others.all.iter().filter(|word| !self.all.contains(*word));
        missing().count() * 100 <= others.all.len() * (100 - AS_MUCH)
            && missing().all(|word| !word.contains(|c: char| c.is_numeric()))
            && (others.negations == self.negations || others.count * 100 < self.count * PART)
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Shown, best};

    /// In one pass: compared with each other, these would take minutes.
    #[test]
    fn many_forms_that_say_different_things_are_all_shown() {
        let form = |n: usize| {
            let text = (0..500).map(|word| format!("w{n}x{word}")).collect::<Vec<_>>().join(" ");
            Shown { text, form: Form::Plain, ..Shown::default() }
        };
        let (shown, same) = best((0..900).chain(0..900).map(form).collect(), None);
        assert!(!same);
        assert_eq!(shown.text.split("\n\n").count(), 900);
    }
}
