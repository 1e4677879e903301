use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `[pdf]`: what documents are set with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pdf {
    /// Where fonts lie for the writing systems that inkom's own typeface lacks.
    #[serde(default = "font_folders")]
    pub font_folders: Vec<PathBuf>,
}

impl Default for Pdf {
    fn default() -> Self {
        Self { font_folders: font_folders() }
    }
}

fn font_folders() -> Vec<PathBuf> {
    ["/usr/share/fonts", "/usr/local/share/fonts"].map(PathBuf::from).to_vec()
}

impl Pdf {
    pub(super) fn relative_to(&mut self, folder: &Path) {
        for fonts in &mut self.font_folders {
            *fonts = folder.join(&*fonts);
        }
    }
}
