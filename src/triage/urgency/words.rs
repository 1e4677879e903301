//! The list of words of danger: reads `config/urgency.toml` and says what is wrong with it.

use crate::config::ConfigError;
use crate::triage::phrases::{Phrases, Text};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

const LIST: &str = include_str!("../../../config/urgency.toml");

/// How many words two dots in a phrase stand for.
const GAP: usize = 3;

/// The words of danger of all languages, ready to be looked for.
#[derive(Debug)]
pub struct UrgencyWords {
    pub(super) phrases: Phrases<Meaning>,
    pub(super) languages: Vec<Language>,
    /// In whole weights.
    pub(super) threshold: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub(super) language: usize,
    pub(super) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `entry` tells phrases apart, not their spellings.
    Danger {
        entry: usize,
        weight: u8,
    },
    Harmless,
    NegationBefore,
    NegationAfter,
    Past,
    Now,
}

/// Words that matter only by where they stand.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) code: String,
    /// What a negation reaches across.
    pub(super) between: HashSet<String>,
    /// What makes a phrase present that begins with it.
    pub(super) present: HashSet<String>,
    /// "But".
    pub(super) turns: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    threshold: u8,
    #[serde(rename = "language", default)]
    languages: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    code: String,
    // For people who read the file.
    #[serde(rename = "name")]
    _name: String,
    #[serde(default)]
    plain_letters: bool,
    #[serde(default)]
    negations: Vec<String>,
    #[serde(default)]
    negations_after: Vec<String>,
    #[serde(default)]
    between: Vec<String>,
    #[serde(default)]
    past: Vec<String>,
    #[serde(default)]
    now: Vec<String>,
    #[serde(default)]
    present: Vec<String>,
    #[serde(default)]
    turns: Vec<String>,
    #[serde(default)]
    harmless: Vec<String>,
    words: BTreeMap<String, Vec<String>>,
}

impl UrgencyWords {
    /// Reads a list such as `config/urgency.toml`. The error names the key and the fix.
    pub fn parse(toml: &str) -> Result<Self, String> {
        let file: File = toml::from_str(toml).map_err(|error| {
            let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.split('\n').count(), error.message())
        })?;
        if file.threshold == 0 {
            return Err("threshold = 0 would make every message urgent; write 10".to_owned());
        }
        let mut listed = Vec::new();
        let mut languages = Vec::new();
        let mut entries = 0..;
        for (language, section) in file.languages.into_iter().enumerate() {
            section.check().map_err(|problem| format!("language \"{}\": {problem}", section.code))?;
            let mut list = |phrase: &str, role| {
                let meaning = Meaning { language, role };
                if section.plain_letters {
                    listed.push((phrase.replace(['å', 'ä', 'Å', 'Ä'], "a").replace(['ö', 'Ö'], "o"), meaning));
                }
                listed.push((phrase.to_owned(), meaning));
            };
            for (weight, phrases) in &section.words {
                let weight = weight.parse().unwrap_or_default();
                for phrase in phrases {
                    let entry = entries.next().unwrap_or_default();
                    list(phrase, Role::Danger { entry, weight });
                }
            }
            for (phrases, role) in section.markers() {
                for phrase in phrases {
                    list(phrase, role);
                }
            }
            languages.push(Language {
                between: folded(&section.between, section.plain_letters),
                present: folded(&section.present, section.plain_letters),
                turns: folded(&section.turns, section.plain_letters),
                code: section.code,
            });
        }
        Ok(Self { phrases: Phrases::compile(listed, GAP)?, languages, threshold: file.threshold })
    }

    /// The list that comes with the program.
    pub fn supplied() -> Arc<Self> {
        static SUPPLIED: LazyLock<Arc<UrgencyWords>> =
            LazyLock::new(|| Arc::new(UrgencyWords::parse(LIST).expect("a test reads the supplied list")));
        Arc::clone(&SUPPLIED)
    }

    /// The list in a file of the clinic's own, or without one the list that comes with the program.
    ///
    /// # Errors
    /// The file cannot be read, or a key in it is wrong.
    pub fn load(file: Option<&Path>) -> Result<Arc<Self>, ConfigError> {
        let Some(file) = file else { return Ok(Self::supplied()) };
        let text = std::fs::read_to_string(file).map_err(|error| {
            ConfigError::in_file(file, format!("{error}; triage.urgency_file names the words of danger"))
        })?;
        Self::parse(&text).map(Arc::new).map_err(|error| ConfigError::in_file(file, error))
    }
}

impl Section {
    fn markers(&self) -> [(&[String], Role); 5] {
        [
            (&self.harmless, Role::Harmless),
            (&self.negations, Role::NegationBefore),
            (&self.negations_after, Role::NegationAfter),
            (&self.past, Role::Past),
            (&self.now, Role::Now),
        ]
    }

    fn check(&self) -> Result<(), String> {
        if let Some(weight) = self.words.keys().find(|weight| !matches!(weight.parse(), Ok(1..=10_u8))) {
            return Err(format!("words.{weight} is no weight; write a number from 1 to 10"));
        }
        let single = [("between", &self.between), ("present", &self.present), ("turns", &self.turns)];
        for (key, words) in single {
            if let Some(word) = words.iter().find(|word| Text::new(word).word_count() != 1) {
                return Err(format!("{key}: \"{word}\" must be a single word"));
            }
        }
        let marked = self.markers().into_iter().flat_map(|(phrases, _)| phrases);
        for phrase in self.words.values().flatten().chain(marked) {
            Phrases::compile([(phrase, ())], GAP)?;
        }
        Ok(())
    }
}

fn folded(words: &[String], plain_letters: bool) -> HashSet<String> {
    let plain = words.iter().filter(|_| plain_letters).map(|word| word.replace('ä', "a").replace('ö', "o"));
    words.iter().cloned().chain(plain).map(|word| Text::new(&word).word(0).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_core_and_no_phrase_stands_twice() {
        let file: File = toml::from_str(LIST).unwrap();
        assert_eq!(file.languages.len(), 22);
        let mut twice = Vec::new();
        for section in &file.languages {
            let count = section.words.values().flatten().count();
            let least = match section.code.as_str() {
                "sv" => 120,
                "en" => 60,
                _ => 12,
            };
            assert!(count >= least, "{}: {count}", section.code);
            let mut seen = HashSet::new();
            for phrase in section.words.values().flatten() {
                let text = Text::new(phrase);
                let words: Vec<_> = (0..text.word_count()).map(|at| (text.word(at), text.has_star(at))).collect();
                if !seen.insert(format!("{words:?} {}", phrase.contains(".."))) {
                    twice.push((section.code.as_str(), phrase));
                }
            }
        }
        assert!(twice.is_empty(), "{twice:#?}");
        UrgencyWords::supplied();
    }

    #[test]
    fn a_list_that_is_wrong_is_refused_with_the_fix() {
        let list = |rest: &str| format!("threshold = 10\n[[language]]\ncode = \"sv\"\nname = \"Swedish\"\n{rest}");
        for (toml, fix) in [
            (
                list("words = { 11 = [\"kniv\"] }"),
                "language \"sv\": words.11 is no weight; write a number from 1 to 10",
            ),
            (list("words = { 3 = [\"a .. b .. c\"] }"), "keep one"),
            (list("between = [\"inte alls\"]\nwords = {}"), "between: \"inte alls\" must be a single word"),
            (list("negation = []\nwords = {}"), "line 5: unknown field `negation`"),
            ("threshold = 0".to_owned(), "write 10"),
        ] {
            let error = UrgencyWords::parse(&toml).unwrap_err();
            assert!(error.contains(fix) && !error.contains('\n'), "{error}");
        }
    }
}
