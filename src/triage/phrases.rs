//! Finds phrases in a text. Promises one pass in time proportional to the text, whatever stands in it, and never panics.
//!
//! A phrase is words with spaces between. A word that ends in `*` may go on: `självmord*` finds *självmordstankar*. A
//! slash stands between words of which any will do: `slår mig/oss`. `#` is a number, ten or more: `tagit # tabletter`.
//! Two dots between words let a few other words stand there, but no end of sentence: `vill .. dö` finds *vill bara dö*.
//! Words that follow each other directly are found across punctuation, since some write *Jag. Vill. Dö.*

mod text;

use std::collections::BTreeMap;
use std::ops::Range;

pub use text::{Pause, Text};

/// Stands in a phrase for any number of two digits or more.
const NUMBER: &str = "#";

/// Phrases ready to be looked for, each with what it stands for.
#[derive(Debug)]
pub struct Phrases<T> {
    list: Vec<Phrase<T>>,
    /// The first words of all phrases, sorted, so that the words a text word begins with lie on one chain.
    firsts: Vec<First>,
    /// How many of them begin with a lower byte, by byte: where to look before comparing words.
    below: Vec<usize>,
    gap: usize,
}

#[derive(Debug)]
struct Phrase<T> {
    parts: Vec<Part>,
    /// The part before which other words may stand.
    gap_before: Option<usize>,
    meaning: T,
}

/// The words of which one must stand in this place.
#[derive(Debug)]
struct Part(Vec<Alternative>);

#[derive(Debug)]
enum Alternative {
    Word(String),
    /// What a word begins with.
    Stem(String),
    /// Ten or more, in digits.
    Number,
}

#[derive(Debug)]
struct First {
    word: String,
    phrases: Vec<usize>,
    /// The longest other first word that this one begins with.
    shorter: Option<usize>,
}

/// A phrase found.
#[derive(Debug)]
pub struct Hit<'p, T> {
    pub meaning: &'p T,
    /// Which words of the text, the gap included.
    pub words: Range<usize>,
    /// How many bytes of the phrase were compared: of two phrases in one place, more says more.
    pub weighed: usize,
    /// The words that stand in the phrase's gap; empty when none do.
    pub gap: Range<usize>,
}

impl<T> Hit<'_, T> {
    /// The words that are the phrase's own.
    pub fn own_words(&self) -> impl Iterator<Item = usize> + use<T> {
        let gap = self.gap.clone();
        self.words.clone().filter(move |at| !gap.contains(at))
    }
}

impl<T> Phrases<T> {
    /// `gap`: how many words two dots stand for at most. The error says what is wrong with which phrase.
    pub fn compile<S: AsRef<str>>(list: impl IntoIterator<Item = (S, T)>, gap: usize) -> Result<Self, String> {
        let list = list
            .into_iter()
            .map(|(phrase, meaning)| Phrase::parse(phrase.as_ref(), meaning))
            .collect::<Result<Vec<_>, _>>()?;
        let mut by_first = BTreeMap::<String, Vec<usize>>::new();
        for (at, phrase) in list.iter().enumerate() {
            for first in &phrase.parts[0].0 {
                if let Alternative::Word(word) | Alternative::Stem(word) = first {
                    by_first.entry(word.clone()).or_default().push(at);
                }
            }
        }
        let mut firsts: Vec<First> = Vec::with_capacity(by_first.len());
        for (word, phrases) in by_first {
            let mut shorter = firsts.len().checked_sub(1);
            while let Some(at) = shorter.filter(|at| !word.starts_with(&firsts[*at].word)) {
                shorter = firsts[at].shorter;
            }
            firsts.push(First { word, phrases, shorter });
        }
        let begins_below =
            |first: &First, byte| first.word.bytes().next().is_some_and(|begin| usize::from(begin) < byte);
        let below = (0..=256).map(|byte| firsts.partition_point(|first| begins_below(first, byte))).collect();
        Ok(Self { list, firsts, below, gap })
    }

    /// Every phrase that stands in the text, by where it begins.
    pub fn find(&self, text: &Text<'_>) -> Vec<Hit<'_, T>> {
        let mut hits = Vec::new();
        for at in 0..text.word_count() {
            let word = text.word(at);
            let Some(byte) = word.bytes().next().map(usize::from) else { continue };
            let alike = &self.firsts[..self.below[byte + 1]][self.below[byte]..];
            let not_after = alike.partition_point(|first| first.word.as_str() <= word);
            let mut first = not_after.checked_sub(1).map(|last| self.below[byte] + last);
            while let Some(here) = first.map(|first| &self.firsts[first]) {
                if word.starts_with(&here.word) {
                    hits.extend(here.phrases.iter().filter_map(|phrase| self.match_at(&self.list[*phrase], text, at)));
                }
                first = here.shorter;
            }
        }
        hits
    }

    fn match_at<'p>(&self, phrase: &'p Phrase<T>, text: &Text<'_>, at: usize) -> Option<Hit<'p, T>> {
        let head_len = phrase.gap_before.unwrap_or(phrase.parts.len());
        let (head, tail) = phrase.parts.split_at(head_len);
        let weighed = reads(text, at, head)?;
        let head_end = at + head.len();
        let hit = |gap: Range<usize>, weighed| Hit {
            meaning: &phrase.meaning,
            words: at..gap.end + tail.len(),
            weighed,
            gap,
        };
        if tail.is_empty() {
            return Some(hit(head_end..head_end, weighed));
        }
        let is_same_sentence = |at: usize| text.pause_after(at - 1) < Pause::Sentence;
        (head_end..=head_end + self.gap)
            .take_while(|start| *start == head_end || (is_same_sentence(head_end) && is_same_sentence(*start)))
            .find_map(|start| reads(text, start, tail).map(|more| hit(head_end..start, weighed + more)))
    }
}

/// How many bytes of the parts stand there, if all do.
fn reads(text: &Text<'_>, at: usize, parts: &[Part]) -> Option<usize> {
    let mut weighed = 0;
    for (offset, Part(alternatives)) in parts.iter().enumerate() {
        let word = text.word(at + offset);
        weighed += alternatives.iter().find_map(|one| one.weigh(word))?;
    }
    Some(weighed)
}

impl Alternative {
    /// How many bytes of a word it accounts for, if it is that word.
    fn weigh(&self, word: &str) -> Option<usize> {
        let (stands, len) = match self {
            Self::Word(whole) => (word == whole, whole.len()),
            Self::Stem(stem) => (word.starts_with(stem.as_str()), stem.len()),
            Self::Number => (word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_digit()), 1),
        };
        stands.then_some(len)
    }
}

impl<T> Phrase<T> {
    fn parse(written: &str, meaning: T) -> Result<Self, String> {
        let dotted = written.replace('…', "..");
        let sides = dotted.split("..").map(parts).collect::<Result<Vec<_>, _>>();
        let sides = sides.map_err(|problem| format!("\"{written}\": {problem}"))?;
        if sides.iter().any(Vec::is_empty) {
            return Err(format!("\"{written}\" has no words on one side; words stand before and after the two dots"));
        }
        if sides.len() > 2 {
            return Err(format!("\"{written}\" has more than one gap; keep one \"..\" and write two phrases instead"));
        }
        let gap_before = (sides.len() == 2).then(|| sides[0].len());
        let parts: Vec<Part> = sides.into_iter().flatten().collect();
        if parts[0].0.iter().any(|first| matches!(first, Alternative::Number)) {
            return Err(format!("\"{written}\" begins with a number; begin with a word"));
        }
        Ok(Self { parts, gap_before, meaning })
    }
}

/// The parts of one side of the gap. What stands between slashes and numbers is read as a whole, since one piece may be
/// two words (`e-post`) and two pieces one (a Persian verb).
fn parts(side: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for piece in side.split_whitespace() {
        if piece == NUMBER || piece.contains('/') {
            parts.extend(words(&plain)?.into_iter().map(|word| Part(vec![word])));
            plain.clear();
            parts.push(Part(piece.split('/').map(choice).collect::<Result<_, _>>()?));
        } else {
            plain.push_str(piece);
            plain.push(' ');
        }
    }
    parts.extend(words(&plain)?.into_iter().map(|word| Part(vec![word])));
    Ok(parts)
}

fn choice(written: &str) -> Result<Alternative, String> {
    if written == NUMBER {
        return Ok(Alternative::Number);
    }
    let mut words = words(written)?.into_iter();
    let (Some(word), None) = (words.next(), words.next()) else {
        return Err(format!("\"{written}\" beside a slash must be one word; write a phrase for each"));
    };
    Ok(word)
}

fn words(written: &str) -> Result<Vec<Alternative>, String> {
    let text = Text::new(written);
    let alternative = |at| {
        let word = text.word(at).to_owned();
        match text.has_star(at) {
            false => Ok(Alternative::Word(word)),
            true if word.chars().count() < 3 => {
                Err(format!("\"{word}*\" would find too much; write three letters or more"))
            }
            true => Ok(Alternative::Stem(word)),
        }
    };
    (0..text.word_count()).map(alternative).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn found(phrase: &str, text: &str) -> Vec<String> {
        let text = Text::new(text);
        let phrases = Phrases::compile([(phrase, ())], 3).unwrap();
        phrases.find(&text).iter().map(|hit| text.excerpt(&hit.words, 80)).collect()
    }

    #[test]
    fn phrases_are_found_as_they_stand() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("vill dö", "Jag VILL\n dö!", &["VILL dö"]),
            ("vill dö", "vill döda", &[]),
            ("vill dö", "Vill. Dö.", &["Vill. Dö"]),
            ("vill dö", "vill dööööö", &["vill dööööö"]),
            ("vill dö", "vill do\u{308}", &["vill do\u{308}"]),
            ("vill dö", "vill do", &[]),
            ("självmord*", "självmordstankar, självmord", &["självmordstankar", "självmord"]),
            ("självmord*", "sjä\u{AD}lv\u{200B}mord", &["sjä\u{AD}lv\u{200B}mord"]),
            ("slår/slog mig/oss", "slår oss, slog mig, slår dig", &["slår oss", "slog mig"]),
            ("hör .. röster/röst*", "hör arga röster", &["hör arga röster"]),
            ("tagit # alvedon/ipren", "tagit 30 ipren, tagit 2 ipren", &["tagit 30 ipren"]),
            ("vill .. dö", "vill dö", &["vill dö"]),
            ("vill .. dö", "vill bara så gärna dö", &["vill bara så gärna dö"]),
            ("vill .. dö", "vill att vi alla ska dö", &[]),
            ("vill … dö", "vill bara dö", &["vill bara dö"]),
            ("vill .. dö", "vill ha tid. Kan dö", &[]),
            ("self harm*", "self-harming", &["self-harming"]),
            ("don't want", "I don’t want, i dont want", &["don’t want", "dont want"]),
            ("envie", "j'ai l'envie", &["envie"]),
            ("chcę żyć", "chce zyc", &["chce zyc"]),
            ("ölmek", "ÖLMEK", &["ÖLMEK"]),
            ("intihar", "İNTİHAR", &["İNTİHAR"]),
            ("انتحار", "بالانتحار", &["بالانتحار"]),
            ("أموت", "أَمُــوت", &["أَمُــوت"]),
            ("می‌خواهم بمیرم", "مي خواهم بمیرم", &["مي خواهم بمیرم"]),
            ("ሀሳብ", "ሐሣብ", &["ሐሣብ"]),
            ("อยากตาย", "หนูอยาก ตายมาก", &["อยาก ตาย"]),
            ("хочу жить", "не ХОЧУ\u{A0}жить", &["ХОЧУ жить"]),
        ];
        for (phrase, text, expected) in cases {
            assert_eq!(&found(phrase, text), expected, "{phrase} in {text}");
        }
    }

    #[test]
    fn one_first_word_may_begin_another() {
        let phrases = Phrases::compile([("sui*", 1), ("suicid*", 2), ("suicide note", 3), ("suit", 4)], 3).unwrap();
        let meanings = |text| phrases.find(&Text::new(text)).iter().map(|hit| *hit.meaning).collect::<Vec<_>>();
        assert_eq!(meanings("suicide note"), [3, 2, 1]);
        assert_eq!(meanings("suit"), [4, 1]);
        assert_eq!(meanings("su"), Vec::<i32>::new());
    }

    #[test]
    fn what_cannot_be_a_phrase_is_refused_with_the_fix() {
        for (phrase, fix) in [
            ("", "no words"),
            ("?!", "no words"),
            ("vill ..", "before and after"),
            ("a .. b .. c", "keep one"),
            ("dö*", "three letters"),
            ("slår mig/dig-själv", "one word"),
            ("slår mig/", "one word"),
            ("# tabletter", "begin with a word"),
        ] {
            let error = Phrases::compile([(phrase, ())], 3).unwrap_err();
            assert!(error.contains(fix), "{error}");
        }
    }

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        let text = Text::new("första\n\n  raden och resten");
        assert_eq!(text.excerpt(&(0..2), 80), "första raden");
        assert_eq!(text.excerpt(&(0..2), 3), "för…");
        assert_eq!(text.excerpt(&(7..9), 3), "");
    }

    #[test]
    fn hostile_texts_neither_stop_nor_slow_it() {
        let phrases = Phrases::compile((0..200).map(|n| (format!("vill .. dö{n}"), n)), 3).unwrap();
        for text in ["vill ", "\u{308}", "a", "*", "\u{200D}", "ಠ_ಠ", "'l'", "می ", "ต", "\u{FFFD}\0", "ẞİœ", "\n\n."]
        {
            let started = Instant::now();
            phrases.find(&Text::new(&text.repeat(20_000)));
            assert!(started.elapsed() < Duration::from_secs(10), "{text:?} took {:?}", started.elapsed());
        }
    }
}
