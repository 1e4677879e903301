use jiff::civil::Date;

use super::identifiers::{self, IdentifierKind};

/// The number by which care knows a patient: a personnummer, a samordningsnummer or a reservnummer, in twelve characters
/// and with a check digit that is right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientNumber(String);

impl PatientNumber {
    /// As a person writes it: the century included, with or without a hyphen. No date of birth lies after `today`.
    #[must_use]
    pub fn read(text: &str, today: Date) -> Option<Self> {
        let written: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let written = written.to_uppercase();
        let (_, value, _) = identifiers::of_text(&written, today).into_iter().next()?;
        // Else the century was left out, or something stands beside the number.
        (value == written).then_some(Self(value))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn kind(&self) -> IdentifierKind {
        let read = identifiers::of_text(&self.0, Date::MAX).into_iter().next();
        read.expect("it was read as one of them").0
    }
}

impl std::fmt::Display for PatientNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Skatteverket's test numbers, which no one has, and VGR's examples.
    #[test]
    fn all_twelve_characters_are_written_and_checked() {
        let read = |text: &str| PatientNumber::read(text, Date::constant(2026, 11, 25)).map(|number| number.0);
        for (text, number) in [
            ("189001039800", "189001039800"),
            (" 18900103-9800 ", "189001039800"),
            ("18900103 9800", "189001039800"),
            ("197010632391", "197010632391"),
            ("19930829x802", "19930829X802"),
            ("19450829-K088", "19450829K088"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
        for text in [
            "",
            "900103-9800",
            "9001039800",
            "189001039801",
            "209912319800",
            "189001039800 189001039800",
            "189001039800x",
            "19930829Q802",
            "pnr 189001039800",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_kind_of_number_it_is_shows() {
        use IdentifierKind::{Personnummer, Reservnummer, Samordningsnummer};
        let today = Date::constant(2026, 11, 25);
        for (text, kind) in
            [("189001039800", Personnummer), ("197010632391", Samordningsnummer), ("19930829X802", Reservnummer)]
        {
            assert_eq!(PatientNumber::read(text, today).unwrap().kind(), kind, "{text}");
        }
    }
}
