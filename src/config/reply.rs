use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use super::ConfigError;
use super::read::from_toml;
use crate::model::Digest;

/// `[reply]`: which text goes out, and when it does not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The governed record that holds the text, relative to the configuration file.
    pub text_file: PathBuf,
    /// The name beside the sender's address: the region's, never the unit's. Empty for none.
    #[serde(default)]
    pub from_name: String,
    /// What is older than this when it could be answered is not answered.
    #[serde(default = "three_days")]
    pub max_age_hours: u32,
    /// One answer per address within so many hours.
    #[serde(default = "a_day")]
    pub window_hours: u32,
    /// The breaker: at most so many answers to one address in seven days.
    #[serde(default = "three")]
    pub max_per_address_per_week: u32,
    /// The breaker: at most so many answers in all in one hour; then sending stops until `inkom outbox resume`.
    #[serde(default = "sixty")]
    pub max_per_hour: u32,
    /// Answer only what names one of our addresses in To or Cc.
    #[serde(default = "yes")]
    pub only_when_addressed: bool,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            text_file: PathBuf::new(),
            from_name: String::new(),
            max_age_hours: three_days(),
            window_hours: a_day(),
            max_per_address_per_week: three(),
            max_per_hour: sixty(),
            only_when_addressed: yes(),
        }
    }
}

impl Reply {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("max_age_hours", self.max_age_hours),
            ("max_per_address_per_week", self.max_per_address_per_week),
            ("max_per_hour", self.max_per_hour),
        ];
        for (key, value) in positive {
            if value == 0 {
                return Err(ConfigError::new(format!("reply.{key}"), value, "give at least 1"));
            }
        }
        if self.window_hours < 1 || self.window_hours > 24 * 7 {
            return Err(ConfigError::new("reply.window_hours", self.window_hours, "give 1 to 168 hours"));
        }
        if self.from_name.chars().any(char::is_control) {
            return Err(ConfigError::new("reply.from_name", &self.from_name, "give one line of text, or none"));
        }
        Ok(())
    }
}

/// The prescribed text as a governed record: what it is, who approved it, how long it holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernedText {
    pub document_id: String,
    pub version: String,
    pub valid_from: Date,
    pub valid_to: Date,
    pub approver: String,
    /// Who has confirmed the text after its validity ran out, and until when that holds.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    #[serde(default)]
    pub review_by: Option<Date>,
    pub text: String,
    /// SHA-256 of the text's UTF-8 bytes. A changed text with the old digest is refused.
    pub sha256: String,
}

/// How the text stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Valid,
    /// Ends within thirty days.
    NearExpiry,
    /// Past its end (or its review date): replies go on, and a named person must confirm it.
    Expired,
}

impl GovernedText {
    /// # Errors
    /// The file cannot be read, or the text is not the one that was approved or holds what no reply may hold.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display();
        let file = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(format!("{name}: {error}; reply.text_file names the record of the prescribed text"))
        })?;
        let named = |ConfigError(error)| ConfigError(format!("{name}: {error}"));
        let text: Self = from_toml(&file).map_err(named)?;
        text.check().map_err(named)?;
        Ok(text)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let digest = Digest::of(self.text.as_bytes()).to_string();
        if digest != self.sha256 {
            return Err(ConfigError::new(
                "sha256",
                &self.sha256,
                format!("the text hashes to {digest}; have the changed text approved, then give this digest"),
            ));
        }
        if self.text.trim().is_empty() || self.text.contains(['\r', '\0']) {
            return Err(ConfigError::new("text", &self.text, "give the prescribed text"));
        }
        // SKR 2024: links are used for fraud, so no reply may hold one, not even by accident (R17).
        if ["http:", "https:", "www.", "://"].iter().any(|link| self.text.to_lowercase().contains(link)) {
            return Err(ConfigError::new("text", &self.text, "take the link out; replies never hold one"));
        }
        if self.valid_to < self.valid_from {
            return Err(ConfigError::new("valid_to", self.valid_to, "lies before valid_from"));
        }
        if self.confirmed_by.is_some() != self.review_by.is_some() {
            return Err(ConfigError::new("confirmed_by", &self.confirmed_by, "confirmed_by and review_by go together"));
        }
        Ok(())
    }

    /// The last day on which the text stands without a new decision.
    #[must_use]
    pub fn stands_until(&self) -> Date {
        self.review_by.map_or(self.valid_to, |review| review.max(self.valid_to))
    }

    #[must_use]
    pub fn validity(&self, today: Date) -> Validity {
        let until = self.stands_until();
        if today > until {
            Validity::Expired
        } else if today.checked_add(jiff::Span::new().days(30)).is_ok_and(|soon| soon > until) {
            Validity::NearExpiry
        } else {
            Validity::Valid
        }
    }

    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

const fn three_days() -> u32 {
    72
}

const fn a_day() -> u32 {
    24
}

const fn three() -> u32 {
    3
}

const fn sixty() -> u32 {
    60
}

const fn yes() -> bool {
    true
}
