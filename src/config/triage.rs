use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `[triage]`: by what messages are judged.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The words of danger, in place of those that inkom brings.
    #[serde(default)]
    pub urgency_file: Option<PathBuf>,
}

impl Triage {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.urgency_file = self.urgency_file.take().map(|file| folder.join(file));
    }
}
