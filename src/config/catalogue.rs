use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, read};

const SUPPLIED: &str = include_str!("../../config/handlingstyper.toml");

/// `[diary]`: what the diary's fields are filled from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiarySection {
    /// The catalogue of handlingstyper, in place of the sample that inkom brings.
    #[serde(default)]
    pub catalogue_file: Option<PathBuf>,
}

impl DiarySection {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.catalogue_file = self.catalogue_file.take().map(|file| folder.join(file));
    }
}

/// The kinds of documents (handlingstyper) that an authority's plan names: versioned, since entries refer to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Not the authority's own.
    #[serde(default)]
    pub sample: bool,
    pub name: String,
    pub version: String,
    /// Diary number of the decision, or empty.
    #[serde(default)]
    pub decision: String,
    #[serde(rename = "type")]
    pub types: Vec<DocumentType>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    pub code: String,
    pub name: String,
    pub class: String,
    /// What the public diary says of one.
    pub description: String,
    /// Uppenbart av ringa betydelse (OSL 5 kap. 1 § fjärde stycket).
    #[serde(default)]
    pub low_value: bool,
    #[serde(default)]
    pub junk: bool,
}

impl Catalogue {
    /// # Errors
    /// The file cannot be read, or a key in it is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(file) = file else { return Self::parse(SUPPLIED) };
        let text = std::fs::read_to_string(file).map_err(|error| {
            ConfigError::in_file(file, format!("{error}; diary.catalogue_file names the catalogue of handlingstyper"))
        })?;
        Self::parse(&text).map_err(|error| ConfigError::in_file(file, error))
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        let catalogue: Self = read::from_toml(text)?;
        let mut codes: Vec<&str> = catalogue.types.iter().map(|kind| kind.code.as_str()).collect();
        codes.sort_unstable();
        if let Some(twice) = codes.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ConfigError::new("type.code", twice[0], "stands twice; give each handlingstyp its own"));
        }
        for kind in &catalogue.types {
            for (key, value) in [("code", &kind.code), ("name", &kind.name), ("description", &kind.description)] {
                if value.trim().is_empty() {
                    return Err(ConfigError::new(format!("type.{key}"), value, "must not be empty"));
                }
            }
            if kind.junk && !kind.low_value {
                return Err(ConfigError::new(
                    "type.junk",
                    &kind.code,
                    "what is junk is of low value: add low_value = true",
                ));
            }
        }
        Ok(catalogue)
    }

    #[must_use]
    pub fn find(&self, code: &str) -> Option<&DocumentType> {
        self.types.iter().find(|kind| kind.code == code)
    }

    /// What the plan lets be sorted out at once: as junk, or as something else of low value.
    #[must_use]
    pub fn of_low_value(&self, junk: bool) -> Option<&DocumentType> {
        self.types.iter().find(|kind| kind.low_value && kind.junk == junk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_says_that_it_is_one_and_has_what_is_sorted_out_at_once() {
        let sample = Catalogue::load(None).unwrap();
        assert!(sample.sample);
        assert_eq!(sample.of_low_value(true).unwrap().code, "SKRAPPOST");
        assert_eq!(sample.of_low_value(false).unwrap().code, "NYHETSBREV");
        assert!(sample.find("SAKNAS").is_none());
    }

    #[test]
    fn what_is_wrong_in_a_catalogue_is_named() {
        let of = |types: &str| Catalogue::parse(&format!("name = \"A\"\nversion = \"1\"\n{types}")).map(drop);
        let kind = "[[type]]\ncode = \"A\"\nname = \"A\"\nclass = \"1\"\ndescription = \"A\"\n";
        assert_eq!(of(kind), Ok(()));
        let told = |types: &str| of(types).unwrap_err().to_string();
        assert!(told(&format!("{kind}{kind}")).contains("stands twice"));
        assert!(told(&kind.replace("name = \"A\"\nclass", "name = \" \"\nclass")).contains("type.name"));
        assert!(told(&format!("{kind}junk = true\n")).contains("low_value"));
        assert!(told(&format!("{kind}colour = 1\n")).contains("colour"));
    }
}
