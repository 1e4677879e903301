use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;

use super::ConfigError;

/// `[handover]`: the folder that the record system imports from. Without the section there is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Made by whoever runs the record system; inkom makes none, since a folder that is missing may be a share that is gone.
    pub folder: PathBuf,
    /// After so long without a receipt an entry is shown as waiting too long.
    #[serde(default = "a_day")]
    pub receipt_wait_hours: u32,
}

impl Handover {
    /// How long the record system may take to answer.
    pub fn receipt_wait(&self) -> SignedDuration {
        SignedDuration::from_hours(self.receipt_wait_hours.into())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=24 * 365).contains(&self.receipt_wait_hours) {
            return Err(ConfigError::new(
                "handover.receipt_wait_hours",
                self.receipt_wait_hours,
                "give 1 to 8760 hours",
            ));
        }
        Ok(())
    }

    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.folder = folder.join(&self.folder);
    }
}

const fn a_day() -> u32 {
    24
}
