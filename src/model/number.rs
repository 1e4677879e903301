use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// A diary's prefix: one to six of A–Z, Å, Ä, Ö, such as `RHS`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series(String);

impl Series {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Series {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let letters = text.chars().count();
        let allowed = |c: char| c.is_ascii_uppercase() || matches!(c, 'Å' | 'Ä' | 'Ö');
        if (1..=6).contains(&letters) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NumberError::Series)
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in one diary's yearly series (diarienummer, OSL 5 kap. 2 § 2), written `RHS 2026-00417`.
/// The year is the year of registration in Europe/Stockholm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiaryNumber {
    pub series: Series,
    pub year: i16,
    pub serial: NonZeroU32,
}

/// What a diary number can fail to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    Series,
    Form,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Series => "a diary series is one to six capital letters (A–Z, Å, Ä, Ö), such as RHS",
            Self::Form => "a diary number is written SERIES YEAR-SERIAL, such as \"RHS 2026-00417\"",
        })
    }
}

impl std::error::Error for NumberError {}

impl fmt::Display for DiaryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:04}-{:05}", self.series, self.year, self.serial)
    }
}

impl FromStr for DiaryNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (series, rest) = text.split_once(' ').ok_or(NumberError::Form)?;
        let (year, serial) = rest.split_once('-').ok_or(NumberError::Form)?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || serial.len() < 5 || !digits(year) || !digits(serial) {
            return Err(NumberError::Form);
        }
        Ok(Self {
            series: series.parse()?,
            year: year.parse().map_err(|_| NumberError::Form)?,
            serial: serial.parse().map_err(|_| NumberError::Form)?,
        })
    }
}

/// One document under a diary number, written `RHS 2026-00417:1`: 1 is what came in, 2 the reply to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentNumber {
    pub entry: DiaryNumber,
    pub document: NonZeroU32,
}

impl DocumentNumber {
    pub const INCOMING: NonZeroU32 = NonZeroU32::MIN;
    pub const REPLY: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entry, self.document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diary_number_reads_back_what_it_writes() {
        for text in ["RHS 2026-00417", "F 2019-00032", "ÅÄÖ 2026-123456"] {
            assert_eq!(text.parse::<DiaryNumber>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_diary_number_is_refused() {
        for text in [
            "",
            "RHS",
            "RHS 2026",
            "RHS 2026-1",
            "rhs 2026-00001",
            "ABCDEFG 2026-00001",
            "RHS 26-00001",
            "RHS 2026-00000",
            "RHS 2026-+0001",
        ] {
            assert!(text.parse::<DiaryNumber>().is_err(), "{text}");
        }
    }
}
