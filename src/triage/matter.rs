//! What a message is about, as far as its wording or its sender's domain shows it. Owns the words in
//! `config/matters.toml`.
//!
//! Promises a hint with its evidence, not a decision: the sender is unverified, so a domain is only another sign.

use super::passage::{is_bare, own_word_count};
use super::phrases::{Hit, Phrases, Text};
use super::{Passage, Place};
use crate::model::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How many words two dots in a phrase stand for.
const GAP: usize = 3;
/// A forward with no more own words than these, signature included, is about what it forwards.
const BARE_FORWARD_WORDS: usize = 25;
/// Found words are shown up to so many characters.
const SHOWN_CHARS: usize = 80;

/// What a message may be about, most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// Begäran om allmän handling: to be answered at once (tryckfrihetsförordningen 2 kap.).
    DocumentRequest,
    /// Somebody's own record or data: journalkopia, registerutdrag (GDPR art. 15), loggutdrag.
    RecordRequest,
    Invoice,
    Journalist,
    /// Another authority writes: Försäkringskassan, socialtjänst, polis, domstol, IVO.
    Authority,
    /// Avbokning.
    Cancellation,
    /// Tidsbokning and ombokning.
    Booking,
}

words!(Matter {
    DocumentRequest = "document-request",
    RecordRequest = "record-request",
    Invoice = "invoice",
    Journalist = "journalist",
    Authority = "authority",
    Cancellation = "cancellation",
    Booking = "booking",
});

impl Matter {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::DocumentRequest => "Begäran om allmän handling (ska besvaras skyndsamt)",
            Self::RecordRequest => "Begäran om egna journal- eller personuppgifter",
            Self::Invoice => "Faktura",
            Self::Journalist => "Från en journalist",
            Self::Authority => "Från en myndighet",
            Self::Cancellation => "Avbokning",
            Self::Booking => "Tidsbokning eller ombokning",
        }
    }
}

/// A matter with its best evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMatter {
    pub matter: Matter,
    /// Where the words stand; none when the sender's domain is the evidence.
    #[serde(rename = "where")]
    pub place: Option<Place>,
    /// As they stand in the text, or the domain.
    pub words: String,
}

#[derive(Debug)]
struct MatterWords {
    /// None: what takes away the words it covers.
    phrases: Phrases<Option<Matter>>,
    domains: Vec<(String, Matter)>,
    forwards: Phrases<()>,
}

#[derive(Deserialize)]
struct File {
    forwards: Vec<String>,
    harmless: Vec<String>,
    #[serde(flatten)]
    matters: BTreeMap<Matter, Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    words: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
}

impl MatterWords {
    fn parse(toml: &str) -> Result<Self, String> {
        let file: File = toml::from_str(toml).map_err(|error| error.to_string())?;
        let harmless = file.harmless.iter().map(|phrase| (phrase, None));
        let phrases = file
            .matters
            .iter()
            .flat_map(|(matter, section)| section.words.iter().map(|phrase| (phrase, Some(*matter))));
        let domains = file
            .matters
            .iter()
            .flat_map(|(matter, section)| section.domains.iter().map(|domain| (domain.clone(), *matter)));
        Ok(Self {
            phrases: Phrases::compile(harmless.chain(phrases), GAP)?,
            domains: domains.collect(),
            forwards: Phrases::compile(file.forwards.iter().map(|phrase| (phrase, ())), GAP)?,
        })
    }

    fn supplied() -> &'static Self {
        static SUPPLIED: LazyLock<MatterWords> = LazyLock::new(|| {
            MatterWords::parse(include_str!("../../config/matters.toml")).expect("a test reads the supplied list")
        });
        &SUPPLIED
    }

    /// What a passage shows, the first words of each matter.
    fn shown(&self, passage: &Passage<'_>) -> BTreeMap<Matter, String> {
        let text = Text::new(&passage.text);
        let hits = self.phrases.find(&text);
        let mut harmless = vec![false; text.word_count()];
        for hit in hits.iter().filter(|hit| hit.meaning.is_none()) {
            hit.own_words().for_each(|at| harmless[at] = true);
        }
        // "Begär ut min journal" is about a record, though "begär ut" alone is about a document: more words know better.
        let mut longest = vec![0; text.word_count()];
        for hit in &hits {
            hit.own_words().for_each(|at| longest[at] = longest[at].max(hit.words.len()));
        }
        let says_most = |hit: &Hit<'_, _>| hit.own_words().any(|at| longest[at] == hit.words.len());
        let mut shown = BTreeMap::new();
        for hit in hits.iter().filter(|hit| !harmless[hit.words.end - 1] && says_most(hit)) {
            if let Some(matter) = hit.meaning {
                shown.entry(*matter).or_insert_with(|| text.excerpt(&hit.words, SHOWN_CHARS));
            }
        }
        shown
    }

    /// Whether the message says next to nothing of its own.
    fn is_bare(&self, passages: &[Passage<'_>]) -> bool {
        let begins_as_forward = |passage: &Passage<'_>| {
            let found = self.forwards.find(&Text::new(&passage.text));
            passage.place == Place::Subject && found.iter().any(|hit| hit.words.start == 0)
        };
        is_bare(passages) || passages.iter().any(begins_as_forward) && own_word_count(passages) <= BARE_FORWARD_WORDS
    }
}

/// What a message is about, most pressing first, each matter once. The subject is better evidence than the body, that
/// better than a file's name, and words better than the sender's domain (`from_domains`, lower case). What is quoted or
/// enclosed counts only where the message has next to no words of its own.
pub fn matters(passages: &[Passage<'_>], from_domains: &[&str]) -> Vec<FoundMatter> {
    let words = MatterWords::supplied();
    let is_bare = words.is_bare(passages);
    let mut found = BTreeMap::<Matter, FoundMatter>::new();
    for place in [Place::Subject, Place::Body, Place::FileName, Place::Enclosed, Place::Quoted] {
        if !is_bare && matches!(place, Place::Enclosed | Place::Quoted) {
            continue;
        }
        for passage in passages.iter().filter(|passage| passage.place == place) {
            for (matter, words) in words.shown(passage) {
                found.entry(matter).or_insert(FoundMatter { matter, place: Some(place), words });
            }
        }
    }
    for domain in from_domains {
        let listed = words.domains.iter().filter(|(listed, _)| {
            domain.strip_suffix(listed.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        for (_, matter) in listed {
            let evidence = || FoundMatter { matter: *matter, place: None, words: (*domain).to_owned() };
            found.entry(*matter).or_insert_with(evidence);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::Matter::*;
    use super::*;
    use std::borrow::Cow;

    type Case<'a> = (&'a [(Place, &'a str)], &'a [Matter]);

    fn read(passages: &[(Place, &str)], domains: &[&str]) -> Vec<FoundMatter> {
        let passages: Vec<_> =
            passages.iter().map(|(place, text)| Passage { place: *place, text: Cow::Borrowed(*text) }).collect();
        matters(&passages, domains)
    }

    fn kinds(passages: &[(Place, &str)], domains: &[&str]) -> Vec<Matter> {
        read(passages, domains).into_iter().map(|found| found.matter).collect()
    }

    #[test]
    fn the_wording_shows_the_matter() {
        let cases: &[(&str, &[Matter])] = &[
            ("Jag begär ut mottagningens avvikelserapporter enligt offentlighetsprincipen.", &[DocumentRequest]),
            ("Begäran om allmän handling", &[DocumentRequest]),
            ("Vi vill ta del av samtliga handlingar i ärendet", &[DocumentRequest]),
            ("Kan jag få ett utdrag ur diariet?", &[DocumentRequest]),
            ("I request a copy of the following public documents", &[DocumentRequest]),
            ("Hej! Jag är reporter på radion och begär ut er postlista.", &[DocumentRequest, Journalist]),
            ("Jag vill ha en kopia på min journal", &[RecordRequest]),
            ("hur gör jag för att få ut mina journaler?", &[RecordRequest]),
            ("Jag begär ut min journal", &[RecordRequest]),
            ("Beställning av journalkopior", &[RecordRequest]),
            ("Enligt artikel 15 GDPR vill jag ha ett registerutdrag", &[RecordRequest]),
            ("vill ha loggutdrag, vem som har läst min journal", &[RecordRequest]),
            ("Could I get a copy of my medical records?", &[RecordRequest]),
            ("ni ser i min journal att jag är allergisk", &[]),
            ("Står det i journalen?", &[]),
            ("Jag förstår inte min faktura från er", &[Invoice]),
            ("OCR 1234, bankgiro 000-0000", &[Invoice]),
            ("Betalningspåminnelse", &[Invoice]),
            ("Jag är journalist och arbetar med ett reportage om vårdköer", &[Journalist]),
            ("jag läste i tidningen om er mottagning", &[]),
            ("Försäkringskassan har inte fått mitt intyg", &[]),
            ("Jag är handläggare på Försäkringskassan och önskar komplettering", &[Authority]),
            ("Föreläggande i mål nr T 123-26 vid tingsrätten", &[Authority]),
            ("måste avboka min tid imorgon", &[Cancellation]),
            ("Jag kan inte komma på min tid på torsdag", &[Cancellation]),
            ("I need to cancel my appointment", &[Cancellation]),
            ("Jag behöver avboka och vill ha en ny tid", &[Cancellation, Booking]),
            ("Kan jag boka om till en annan dag?", &[Booking]),
            ("vill boka tid för p-piller", &[Booking]),
            ("Kan jag ändra tid?", &[Booking]),
            ("Läs vår nya tidning, ny tidning varje månad", &[]),
            ("Tack för senast!", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(&kinds(&[(Place::Body, text)], &[]), expected, "{text}");
        }
    }

    #[test]
    fn own_words_decide_unless_there_are_none() {
        let quoted = (Place::Quoted, "Begäran om allmän handling: jag begär ut avtalet");
        let booking = (Place::Quoted, "Ring om du vill avboka eller boka om din tid");
        let cases: &[Case<'_>] = &[
            (&[(Place::Subject, "SV: tid"), (Place::Body, "Ja tack, den passar. Hälsningar Gun"), booking], &[]),
            (
                &[(Place::Subject, "VB: till er"), (Place::Body, "Hör till er. Mvh Anna, registrator"), quoted],
                &[DocumentRequest],
            ),
            (&[(Place::Subject, "Fwd: brev"), (Place::Enclosed, "journalkopia")], &[RecordRequest]),
            (&[(Place::Body, "FYI"), quoted], &[DocumentRequest]),
            (&[(Place::FileName, "Faktura_2026-10447.pdf")], &[Invoice]),
            (&[], &[]),
        ];
        for (passages, expected) in cases {
            assert_eq!(&kinds(passages, &[]), expected, "{passages:?}");
        }
    }

    #[test]
    fn a_domain_is_evidence_where_words_are_not() {
        let cases: &[(&str, &[Matter])] = &[
            ("polisen.se", &[Authority]),
            ("gbg.tr.domstol.se", &[Authority]),
            ("reporter.svt.se", &[Journalist]),
            ("minpolisen.se", &[]),
            ("polisen.se.example.com", &[]),
            ("", &[]),
        ];
        for (domain, expected) in cases {
            assert_eq!(&kinds(&[(Place::Body, "Se bilagan.")], &[domain]), expected, "{domain}");
        }
        let found = read(&[(Place::Body, "Ring mig")], &["ivo.se"]);
        assert_eq!(found, [FoundMatter { matter: Authority, place: None, words: "ivo.se".to_owned() }]);
    }

    #[test]
    fn the_subject_is_the_best_evidence() {
        let found = read(&[(Place::Body, "min faktura"), (Place::Subject, "Fråga om  fakturan")], &[]);
        let expected = FoundMatter { matter: Invoice, place: Some(Place::Subject), words: "fakturan".to_owned() };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_list_that_is_wrong_is_refused_with_the_fix() {
        let list = |rest: &str| format!("forwards = [\"vb\"]\nharmless = []\n{rest}");
        for (toml, fix) in [
            (list("[invoices]\nwords = []"), "invoices"),
            (list("[invoice]\nwords = [\"a .. b .. c\"]"), "keep one"),
            (list("[invoice]\nword = []"), "unknown field `word`"),
        ] {
            let error = MatterWords::parse(&toml).unwrap_err();
            assert!(error.contains(fix), "{error}");
        }
    }

    #[test]
    fn hostile_texts_are_read_too() {
        for text in ["vb ", "ta del av ", "\u{308}", "journal ", "\0"] {
            read(&[(Place::Subject, text), (Place::Body, &text.repeat(100_000))], &["", ".", "å"]);
        }
    }
}
