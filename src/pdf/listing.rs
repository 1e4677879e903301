use jiff::Timestamp;

use super::document::{AUTHORITY, Composed, FACT, FACT_BOLD, SMALL, TEXT, UNIT, facts_table};
use super::font::Fonts;
use super::layout::{Flow, MARGIN, Style, Tenths};
use super::structure::Role;
use super::table;
use crate::clock;

/// A list on paper, for someone who has a right to it.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// Who gives it (myndighet).
    pub authority: &'a str,
    pub title: &'a str,
    /// Names with their values, under the title.
    pub facts: &'a [(&'a str, String)],
    /// What is to be known to read the table: paragraphs.
    pub notes: &'a [&'a str],
    /// The names of the columns, each with its share of the width.
    pub columns: &'a [(&'a str, Tenths)],
    pub rows: &'a [Vec<String>],
    pub made_at: Timestamp,
}

pub(super) fn compose(fonts: &Fonts, listing: &Listing<'_>) -> Composed {
    let mut flow = Flow::new(fonts);
    flow.within(Role::Paragraph, |flow| flow.value(listing.authority, AUTHORITY, MARGIN));
    let role = Role::Heading(flow.heading_level(1));
    flow.bookmark(listing.title);
    flow.within(role, |flow| flow.value(listing.title, UNIT, MARGIN));
    flow.skip(80);
    let facts: Vec<(&str, Vec<String>)> =
        listing.facts.iter().map(|(name, value)| (*name, vec![value.clone()])).collect();
    facts_table(&mut flow, &facts, FACT, MARGIN);
    flow.skip(120);
    for note in listing.notes {
        flow.within(Role::Paragraph, |flow| flow.value(note, TEXT, MARGIN));
        flow.skip(60);
    }
    flow.skip(80);
    let shares: Tenths = listing.columns.iter().map(|(_, share)| share).sum::<Tenths>().max(1);
    let widths: Vec<Tenths> = listing.columns.iter().map(|(_, share)| MARGIN.width * share / shares).collect();
    let cell = |text: &str, style: Style| vec![(text.to_owned(), style)];
    let mut rows = vec![listing.columns.iter().map(|(name, _)| cell(name, FACT_BOLD)).collect::<Vec<_>>()];
    rows.extend(listing.rows.iter().map(|row| row.iter().map(|text| cell(text, FACT)).collect()));
    table::plain(&mut flow, &rows, &widths);
    let left = format!("{} · {}", listing.authority, listing.title);
    let laid = flow.finish(listing.authority, &left, &clock::minute(listing.made_at), SMALL);
    Composed { laid, pictures: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::listing;

    fn made(rows: &[Vec<String>]) -> Vec<u8> {
        let list = Listing {
            authority: "Region Exempel",
            title: "Loggutdrag",
            facts: &[("Patient", "189001039800".into()), ("Enheter", "Mottagningen".into())],
            notes: &["Varje rad är en gång då någon har sett uppgifter om patienten."],
            columns: &[("Tid", 3), ("Enhet", 4), ("Vad", 6)],
            rows,
            made_at: "2026-11-25T13:05:09Z".parse().unwrap(),
        };
        listing(&Fonts::default(), &list).unwrap()
    }

    #[test]
    fn every_page_of_a_long_list_names_its_columns_and_its_place() {
        let row = |at: usize| vec![format!("rad {at}"), "Mottagningen".into(), "Öppnade handlingen".into()];
        let rows: Vec<Vec<String>> = (1..=200).map(row).collect();
        let pdf = made(&rows);
        assert_eq!(pdf, made(&rows), "the same list gives the same bytes");
        // A folder of lists for the validator: tests/validate/run FOLDER.
        if let Some(folder) = std::env::var_os("INKOM_LISTINGS") {
            std::fs::write(std::path::Path::new(&folder).join("long.pdf"), &pdf).unwrap();
            std::fs::write(std::path::Path::new(&folder).join("empty.pdf"), made(&[])).unwrap();
        }
        let pages = crate::pdf::tests::extracted(&pdf);
        let count = pages.len();
        assert!(count > 3, "{count}");
        for (at, page) in (1..).zip(&pages) {
            assert!(page.contains(&format!("sida {at} av {count}")), "{page}");
            assert!(page.contains("Tid") && page.contains("Enhet") && page.contains("Vad"), "{page}");
        }
        let all = pages.concat();
        for at in 1..=200 {
            assert!(all.contains(&format!("rad {at} ")), "row {at}");
        }
    }
}
