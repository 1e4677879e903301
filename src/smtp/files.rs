//! Letters as files, for the demonstration.

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{Accepted, Outgoing, Probe, SendError};
use crate::model::Digest;

#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("make the folder for replies, {}", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// The same letter gets the same name, so that a second attempt does not double it.
    pub(super) async fn send<F, Fut>(&self, letter: &Outgoing<'_>, before_data: F) -> Result<Accepted, SendError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        before_data().await.map_err(SendError::NotRecorded)?;
        let (folder, bytes) = (self.0.clone(), letter.bytes.to_owned());
        let name = Digest::of(letter.message_id.as_bytes()).to_string();
        let written = blocking({
            let name = name.clone();
            move || write(&folder, &name, &bytes)
        });
        written.await.map_err(|error| self.unreachable(&error))?;

        let folder = self.0.clone();
        // The file has its name; only whether that survives a power cut is open.
        blocking(move || File::open(folder)?.sync_all())
            .await
            .map_err(|error| SendError::Ambiguous(format!("{}: {}", self.0.display(), error.kind())))?;
        Ok(Accepted { by: format!("{name}.eml") })
    }

    pub(super) async fn probe(&self) -> Result<Probe, SendError> {
        let folder = self.0.clone();
        blocking(move || tempfile::tempfile_in(folder)).await.map_err(|error| self.unreachable(&error))?;
        Ok(Probe { place: self.0.display().to_string(), signed_in: false, null_sender: true, smtputf8: true })
    }

    fn unreachable(&self, error: &io::Error) -> SendError {
        SendError::Unreachable(format!("{}: cannot be written to ({})", self.0.display(), error.kind()))
    }
}

/// All or nothing under the final name. What a crash leaves has the same name next time, and is written over.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}.tmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml")))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
