//! Numbers of persons in a message: personnummer and samordningsnummer (folkbokföringslagen 18 §), and VGR's reservnummer
//! (OID 1.2.752.113.11.0.2.1.1.1). They are suggestions to staff: whose a number is, a person decides (R22).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Passage, Place};
use crate::model::words;

/// Of one message.
const MAX_FOUND: usize = 100;
/// Longer runs of digits and separators are no number of a person.
const MAX_GROUPS: usize = 6;
/// What may be written right before a number of a person, even without a space.
const LABELS: [&str; 9] =
    ["pnr", "persnr", "personnr", "personnummer", "samordningsnr", "samordningsnummer", "nr", "nummer", "id"];
/// What is told by these is another number, unless a hyphen in its right place says otherwise. As they stand before "nr".
const OTHER_LABELS: [&str; 16] = [
    "ocr",
    "order",
    "faktura",
    "best",
    "beställnings",
    "ref",
    "referens",
    "tel",
    "telefon",
    "mobil",
    "phone",
    "invoice",
    "bankgiro",
    "plusgiro",
    "artikel",
    "kolli",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierKind {
    Personnummer,
    /// For those who are not registered as residents: the day of birth plus 60.
    Samordningsnummer,
    /// A number of care's own, for someone whose number is not known.
    Reservnummer,
}

words!(IdentifierKind {
    Personnummer = "personnummer",
    Samordningsnummer = "samordningsnummer",
    Reservnummer = "reservnummer",
});

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    #[serde(rename = "type")]
    pub kind: IdentifierKind,
    /// Twelve characters, the century included and without a separator: `189001039800`.
    pub value: String,
    /// As it stands in the message.
    pub written: String,
    #[serde(rename = "where")]
    pub place: Place,
}

/// Every number whose date exists, and is not after `today`, and whose check digit is right. A number without a century is
/// taken to be the youngest possible, with `+` a hundred years more.
pub fn identifiers(passages: &[Passage<'_>], today: Date) -> Vec<Identifier> {
    let mut found: Vec<Identifier> = Vec::new();
    for passage in passages {
        let text = passage.text.as_ref();
        if text.chars().filter(|c| digit(*c).is_some()).take(10).count() < 10 {
            continue;
        }
        for (kind, value, written) in of_text(text, today) {
            let known = found.iter().any(|one| one.value == value && one.place == passage.place);
            if !known && found.len() < MAX_FOUND {
                found.push(Identifier { kind, value, written, place: passage.place });
            }
        }
    }
    found
}

/// A digit in whichever script the sender's keyboard writes it.
fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_separator(c: char) -> bool {
    is_dash(c) || c.is_whitespace() || matches!(c, '+' | '.' | '/')
}

/// Whether digits go on after it: a line may end only at the hyphen.
fn joins(between: &str) -> bool {
    let lines = between.matches('\n').count();
    !between.is_empty()
        && between.len() <= 8
        && between.chars().all(is_separator)
        && (lines == 0 || lines == 1 && between.contains(is_dash))
}

/// Marks of direction stand in right-to-left text without being seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{ad}')
}

/// Digits that stand together, and what stands before the next ones.
#[derive(Debug)]
struct Group {
    from: usize,
    to: usize,
    digits: Vec<u8>,
    /// Between this group and the next, when only separators are.
    joined_by: Option<char>,
    /// A letter stands against it.
    touched_before: bool,
    touched_after: bool,
}

pub(super) fn of_text(text: &str, today: Date) -> Vec<(IdentifierKind, String, String)> {
    let groups = groups(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        let run = &groups[at..(at + MAX_GROUPS).min(groups.len())];
        let hit = reserve_number(text, run, today).or_else(|| personal_number(text, run, today));
        match hit {
            Some((kind, value, taken)) => {
                let written = &text[run[0].from..run[taken - 1].to];
                found.push((kind, value, written.chars().filter(|c| *c != '\n' && !is_invisible(*c)).collect()));
                at += taken;
            }
            None => at += 1,
        }
    }
    found
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut between = String::new();
    let touches = |between: &str| between.chars().next().is_some_and(char::is_alphanumeric);
    for (at, c) in text.char_indices().filter(|(_, c)| !is_invisible(*c)) {
        let Some(value) = digit(c) else {
            between.push(c);
            continue;
        };
        let to = at + c.len_utf8();
        match groups.last_mut() {
            Some(last) if between.is_empty() => {
                last.digits.push(value);
                last.to = to;
                continue;
            }
            Some(last) => {
                last.touched_after = touches(&between);
                last.joined_by = joins(&between).then(|| between.trim().chars().next().unwrap_or(' '));
            }
            None => {}
        }
        let touched_before = is_part_of_more(&between);
        groups.push(Group { from: at, to, digits: vec![value], joined_by: None, touched_before, touched_after: false });
        between.clear();
    }
    if let Some(last) = groups.last_mut() {
        last.touched_after = touches(&between);
    }
    groups
}

/// Whether a word runs into a number, and is not what the number is called.
fn is_part_of_more(before: &str) -> bool {
    let word = before.strip_suffix('.').unwrap_or(before);
    word.ends_with(char::is_alphanumeric) && !LABELS.contains(&last_word(word).as_str())
}

/// In lower case.
fn last_word(text: &str) -> String {
    let start =
        text.char_indices().rev().take_while(|(_, c)| c.is_alphabetic()).last().map_or(text.len(), |(at, _)| at);
    text[start..].to_lowercase()
}

type Hit = (IdentifierKind, String, usize);

/// `yyyymmddnnnn`, `yymmdd-nnnn`, `yyyy-mm-dd nnnn` and what is between.
fn personal_number(text: &str, run: &[Group], today: Date) -> Option<Hit> {
    let shapes: [&[usize]; 12] = [
        &[2, 2, 2, 2, 2, 2],
        &[2, 2, 2, 2, 4],
        &[4, 2, 2, 2, 2],
        &[2, 2, 2, 2, 2],
        &[4, 2, 2, 4],
        &[2, 2, 2, 4],
        &[2, 6, 4],
        &[8, 4],
        &[6, 4],
        &[12],
        &[10],
        &[4, 4, 4],
    ];
    for shape in shapes {
        let Some(groups) = run.get(..shape.len()) else { continue };
        let fits = groups.iter().zip(shape).all(|(group, length)| group.digits.len() == *length)
            && groups[..shape.len() - 1].iter().all(|group| group.joined_by.is_some());
        if !fits || !is_apart(text, groups) || is_in_doubtful_pairs(text, groups) {
            continue;
        }
        let digits: Vec<u8> = groups.iter().flat_map(|group| group.digits.iter().copied()).collect();
        let joined_by = groups.len().checked_sub(2).and_then(|at| groups[at].joined_by);
        let is_marked = joined_by.is_some_and(|mark| mark == '+' || is_dash(mark));
        if digits.len() == 10 && !is_marked && is_another_number(text, &groups[0]) {
            continue;
        }
        if let Some((kind, value)) = check(&digits, joined_by == Some('+'), today) {
            return Some((kind, value, shape.len()));
        }
    }
    None
}

/// Whether nothing else runs into a number. Letters may follow it when it is labelled or written in full.
fn is_apart(text: &str, groups: &[Group]) -> bool {
    let (first, last) = (&groups[0], &groups[groups.len() - 1]);
    let is_full = [first, last].map(|group| group.digits.len()) == [8, 4];
    let is_open = last.touched_after && !is_full && !is_labelled(text, first);
    // Digits alone within an address on the web or a Message-ID: `20261113.9205189823.x@hem.example`.
    let before = text[..first.from].strip_suffix('.').unwrap_or(&text[..first.from]);
    let is_serial = groups.len() == 1 && before.ends_with(|c| digit(c).is_some() || matches!(c, '/' | '=' | '@'));
    !first.touched_before && !is_open && !is_serial && groups[1..].iter().all(|group| !group.touched_before)
}

fn check(digits: &[u8], past_hundred: bool, today: Date) -> Option<(IdentifierKind, String)> {
    let short = &digits[digits.len() - 10..];
    if !has_check_digit(short) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0_i16, |number, digit| number * 10 + i16::from(*digit));
    let (month, day) = (i8::try_from(number(&short[2..4])).ok()?, number(&short[4..6]));
    let (kind, day) =
        if day > 60 { (IdentifierKind::Samordningsnummer, day - 60) } else { (IdentifierKind::Personnummer, day) };
    let day = i8::try_from(day).ok()?;
    let born = if digits.len() == 12 {
        Date::new(number(&digits[..4]), month, day).ok()?
    } else {
        let century = today.year() / 100 * 100;
        let youngest = [century, century - 100]
            .into_iter()
            .filter_map(|century| Date::new(century + number(&short[..2]), month, day).ok())
            .find(|born| *born <= today)?;
        if past_hundred { Date::new(youngest.year() - 100, month, day).ok()? } else { youngest }
    };
    let plausible = born <= today && born.year() >= 1840;
    let tail: String = short[2..].iter().map(ToString::to_string).collect();
    plausible.then(|| (kind, format!("{:04}{tail}", born.year())))
}

/// `yyyymmddGggC`: K, M or X stands for an unknown, a man's or a woman's number by VGR's table; C is the check digit.
fn reserve_number(line: &str, run: &[Group], today: Date) -> Option<Hit> {
    let [date, tail] = run.get(..2)? else { return None };
    let between: String = line[date.to..tail.from].chars().filter(|c| !is_invisible(*c)).collect();
    let letter = between.trim_start_matches(['-', ' ']).to_ascii_uppercase();
    let value = match letter.as_str() {
        "K" => 5,
        "M" => 7,
        "X" => 8,
        _ => return None,
    };
    let ends = line[tail.to..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    let begins = line[..date.from].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    if date.digits.len() != 8 || tail.digits.len() != 3 || !ends || !begins {
        return None;
    }
    let digits: Vec<u8> = date.digits[2..].iter().copied().chain([value]).chain(tail.digits.iter().copied()).collect();
    let number = |digits: &[u8]| digits.iter().fold(0_i16, |number, digit| number * 10 + i16::from(*digit));
    let [month, day] = [&date.digits[4..6], &date.digits[6..8]].map(|digits| i8::try_from(number(digits)).ok());
    let born = Date::new(number(&date.digits[..4]), month?, day?).ok()?;
    let text = |digits: &[u8]| digits.iter().map(ToString::to_string).collect::<String>();
    let is_right = has_check_digit(&digits) && born <= today && (6..=89).contains(&number(&tail.digits[..2]));
    is_right.then(|| (IdentifierKind::Reservnummer, format!("{}{letter}{}", text(&date.digits), text(&tail.digits)), 2))
}

/// The Luhn sum of ten digits (SKV 704).
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(at, digit)| {
            let product = u32::from(*digit) * if at % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_labelled(text: &str, group: &Group) -> bool {
    LABELS.contains(&last_word(text[..group.from].trim_end_matches([' ', ':', '.', '\u{a0}', '\t'])).as_str())
}

/// Ten digits that are called something else, or that begin as mobile numbers do behind a word that says so.
fn is_another_number(text: &str, group: &Group) -> bool {
    let before = &text[..group.from];
    let near = before[before.floor_char_boundary(before.len().saturating_sub(24))..].to_lowercase();
    let label = near.trim_end_matches(|c: char| !c.is_alphanumeric());
    let label = ["nummer", "nr", "no"].iter().find_map(|end| label.strip_suffix(end)).unwrap_or(label);
    let is_mobile = group.digits.starts_with(&[0, 7])
        && ["tel", "mob", "ring", "nås", "sms", "phone", "call", "swish"].iter().any(|word| near.contains(word));
    is_mobile || OTHER_LABELS.contains(&last_word(label.trim_end_matches(['-', '.', ' '])).as_str())
}

/// In pairs to the end a telephone number and a time look the same.
fn is_in_doubtful_pairs(text: &str, groups: &[Group]) -> bool {
    let is_spaced = groups.len() == MAX_GROUPS && groups[..5].iter().all(|group| group.joined_by == Some(' '));
    groups[groups.len() - 1].digits.len() == 2 && !is_spaced && !is_labelled(text, &groups[0])
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn found(text: &str) -> Vec<(IdentifierKind, String)> {
        let passages = [Passage { place: Place::Body, text: Cow::Borrowed(text) }];
        let today = Date::constant(2026, 11, 25);
        identifiers(&passages, today).into_iter().map(|one| (one.kind, one.value)).collect()
    }

    // The numbers are Skatteverket's test numbers, which no one has (born in the 1890s, serial 980 and up), and VGR's examples.
    #[test]
    fn numbers_are_found_however_they_are_written() {
        use IdentifierKind::{Personnummer, Reservnummer, Samordningsnummer};
        for (text, kind, value) in [
            ("18900103-9800", Personnummer, "189001039800"),
            ("189001039800", Personnummer, "189001039800"),
            ("pnr:18900103-9800.", Personnummer, "189001039800"),
            ("1890-01-03-9800", Personnummer, "189001039800"),
            ("1890 01 03 9800", Personnummer, "189001039800"),
            ("18900103 9800", Personnummer, "189001039800"),
            ("18900103 – 9800", Personnummer, "189001039800"),
            ("18900103\u{2011}9800", Personnummer, "189001039800"),
            ("900103-9800", Personnummer, "199001039800"),
            ("900103+9800", Personnummer, "189001039800"),
            ("9001039800", Personnummer, "199001039800"),
            ("(900103-9800)", Personnummer, "199001039800"),
            ("Pnr18900103-9800", Personnummer, "189001039800"),
            ("personnummer:189001039800", Personnummer, "189001039800"),
            ("Pnr.18900103-9800", Personnummer, "189001039800"),
            ("18900103-9800kvinna", Personnummer, "189001039800"),
            ("pnr 189001039800M", Personnummer, "189001039800"),
            ("mitt pnr 18900103-\n9800 tack", Personnummer, "189001039800"),
            ("remiss_18900103-9800.pdf", Personnummer, "189001039800"),
            ("https://x.example/?id=18900103-9800", Personnummer, "189001039800"),
            ("18900103\n-9800", Personnummer, "189001039800"),
            ("18900103\t9800", Personnummer, "189001039800"),
            ("18900103\u{a0}9800", Personnummer, "189001039800"),
            ("18 900103-9800", Personnummer, "189001039800"),
            ("18 90 01 03 98 00", Personnummer, "189001039800"),
            ("personnr 1890 01 03 98 00", Personnummer, "189001039800"),
            ("pnr 92 05 18 98 23", Personnummer, "199205189823"),
            ("Kundnummer: 920518-9823", Personnummer, "199205189823"),
            ("ordernr 920518-9823", Personnummer, "199205189823"),
            ("920518+9823", Personnummer, "189205189823"),
            ("٩٠٠١٠٣-٩٨٠٠", Personnummer, "199001039800"),
            ("رقمي \u{200f}18930711-9835\u{200f} شكرا", Personnummer, "189307119835"),
            ("19701063-2391", Samordningsnummer, "197010632391"),
            ("701063-2391", Samordningsnummer, "197010632391"),
            ("19810829M071", Reservnummer, "19810829M071"),
            ("19450829-K088", Reservnummer, "19450829K088"),
            ("19930829x802", Reservnummer, "19930829X802"),
        ] {
            assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
        }
        assert_eq!(found("900103-9800 och 920518-9823").len(), 2);
        assert_eq!(found("900103-9800, igen 19900103-9800").len(), 1);
    }

    #[test]
    fn other_numbers_are_no_numbers_of_persons() {
        for text in [
            "900103-9801",
            "901303-9800",
            "900132-9800",
            "20991231-9800",
            "556036-0793",
            "0701234567",
            "+46701234567",
            "Mobil 0701149800",
            "OCR 1234567890123456",
            "kl 08.20 den 2026-11-25, rum 1234",
            "19810829M072",
            "19810829Q071",
            "x18900103-9800x",
            "x18900103-9800",
            "900103-9800x",
            "189001039800x",
            "18900103\n9800",
            "18900103-\n\n9800",
            "Ordernummer 9205189823",
            "OCR-nummer: 9205189823",
            "Best.nr: 9205189823",
            "Fakturanr 9205189823",
            "Ref: 9205189823",
            "Telefon: 920518 9823",
            "92 05 18 98 23",
            "1892.05.18.98.23",
            "1892-05-18 98:23",
            "https://x.example/9205189823",
            "https://x.example/?id=9205189823",
            "<20261113.9205189823.x@hem.example>",
            "118900103-9800",
            "900103-98001",
            "2026-11-25 14:05:09.123456",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn any_number_of_digits_is_looked_through() {
        assert_eq!(found(&"1".repeat(1_000_000)), []);
        assert_eq!(found(&"900103-9800 ".repeat(100_000)).len(), 1);
        found(&"90 01 03 ".repeat(100_000));
    }
}
