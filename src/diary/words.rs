//! Full-text search: SQLite's FTS5, PostgreSQL's tsvector, fed with the same words, so that both find the same.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Tx;
use super::entries::Facts;
use super::queue::{Filter, QueueRow, States, queue_row};
use super::tx::{Inner, execute, rows};
use crate::model::{Digest, Entry, EntryId, State};

/// A word is cut at so many characters, and of one message so many different words are found.
const WORD_CHARS: usize = 40;
const WORDS: usize = 20_000;
/// No more words are sought at once.
const SOUGHT: usize = 12;

/// The words of a text: letters and digits, lower case. Å, ä and ö are letters of their own.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        word.chars().take(WORD_CHARS).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
    })
}

/// A word that nobody writes: what filters and units are found by, in the same index.
pub(super) fn tag(kind: &str, value: &str) -> String {
    format!("q{kind}{}", &Digest::of(value.as_bytes()).to_string()[..12])
}

impl Tx {
    pub(super) async fn index_words(&mut self, entry: &Entry, facts: &Facts) -> Result<()> {
        let number = entry.number.to_string();
        let mut all: BTreeSet<String> = words(&number).chain(words(&facts.text)).take(WORDS).collect();
        all.insert(tag("unit", &entry.unit));
        all.insert(tag("kind", facts.triage.kind.word()));
        all.extend(facts.triage.matters.iter().map(|found| tag("matter", found.matter.word())));
        if !facts.triage.identifiers.is_empty() {
            all.insert(tag("identifier", ""));
        }
        let all = all.into_iter().collect::<Vec<_>>().join(" ");
        match &mut self.inner {
            Inner::Sqlite(_) => {
                execute!(self, "insert into entry_word (rowid, words) values ($1, $2)", entry.id.0, all);
            }
            Inner::Postgres(_) => {
                execute!(
                    self,
                    "insert into entry_word (entry_id, words) values ($1, array_to_tsvector(string_to_array($2, ' ')))",
                    entry.id.0,
                    all
                );
            }
        }
        Ok(())
    }

    /// Entries that hold all the words, each as the beginning of one, so that "läkarintyg" finds "läkarintyget" too: the
    /// newest before `before`.
    pub async fn search(
        &mut self,
        text: &str,
        filter: &Filter,
        before: Option<EntryId>,
        limit: u32,
    ) -> Result<Vec<QueueRow>> {
        let (from, to) = filter.bounds();
        let before = before.map_or(i64::MAX, |before| before.0);
        let open_only = i64::from(filter.states == States::Open);
        let identifier = filter.has_identifier.map_or(-1, i64::from);
        let state = filter.state.map_or("", State::word);
        // The index gives what the units' tags name, the entry itself decides.
        let found = match &mut self.inner {
            Inner::Sqlite(_) => rows!(self,
                "select entry.* from entry_word join entry on entry.id = entry_word.rowid
                 where entry_word match $1 and entry_word.rowid < $2 and ($3 = 0 or entry.is_open = 1)
                 and entry.arrived_at >= $4 and entry.arrived_at < $5 and ($6 < 0 or entry.has_identifier = $6)
                 and ($8 = '' or entry.state = $8) order by entry_word.rowid desc limit $7",
                query(text, filter, [" OR ", " AND "], |word| format!("\"{word}\""), " *"), before, open_only, from, to,
                identifier, i64::from(limit), state; queue_row)?,
            Inner::Postgres(_) => rows!(self,
                "select entry.* from entry_word join entry on entry.id = entry_word.entry_id
                 where entry_word.words @@ $1::tsquery and entry.id < $2 and ($3 = 0 or entry.is_open = 1)
                 and entry.arrived_at >= $4 and entry.arrived_at < $5 and ($6 < 0 or entry.has_identifier = $6)
                 and ($8 = '' or entry.state = $8) order by entry.id desc limit $7",
                query(text, filter, [" | ", " & "], |word| format!("'{word}'"), ":*"), before, open_only, from, to,
                identifier, i64::from(limit), state; queue_row)?,
        };
        Ok(found.into_iter().filter(|row| filter.units.contains(&row.details.entry.unit)).collect())
    }
}

/// What is sought, in either engine's language. Words are letters and digits only, so that nothing needs escaping.
fn query(
    text: &str,
    filter: &Filter,
    [or, and]: [&str; 2],
    quoted: impl Fn(&str) -> String,
    beginning: &str,
) -> String {
    let (tags, units) = filter.tags();
    let units: Vec<String> = units.iter().map(|unit| quoted(unit)).collect();
    let mut all = vec![format!("({})", units.join(or))];
    all.extend(tags.iter().map(|tag| quoted(tag)));
    all.extend(words(text).take(SOUGHT).map(|word| quoted(&word) + beginning));
    all.join(and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let found: Vec<String> = words("Åsa Öhman <asa.ohman@example.se> — 19:30, läkarintyg!").collect();
        assert_eq!(found, ["åsa", "öhman", "asa", "ohman", "example", "se", "19", "30", "läkarintyg"]);
        assert_eq!(words("\"' OR 1=1 --").collect::<Vec<_>>(), ["or", "1", "1"]);
    }
}
