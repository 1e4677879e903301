//! The folder itself: files appear whole or not at all, and the one that tells the record system appears once.
//!
//! Names that begin with a dot are inkom's own: `.FILE.tmp` while a file is written, `.NAME.done.tmp` until the record system
//! is told by its getting the name `NAME.done`, and `.NAME.begun` beside it, by which the folder is known again after a stop.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::index::Name;
use super::receipt::Receipt;
use crate::diary::HandoverTrouble;

/// For inkom and for the folder's group. Set on each file, since the service's own mask lets nobody else in.
const MODE: u32 = 0o640;
/// A receipt is a line. What is larger is none.
const RECEIPT_MAX_BYTES: u64 = 64 * 1024;

const RECEIPT: &str = ".receipt.json";

#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// Whether the record system has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Yes,
    No,
    /// Nothing that was there is there: another folder, or somebody has tidied up.
    Unknown,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Whole and on the disk under its name, or not there.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.0.join(format!(".{name}.tmp"));
        write(&unfinished, bytes)?;
        fs::rename(&unfinished, self.0.join(name))?;
        self.sync()
    }

    /// All that [`Self::release`] needs. The record system does not look at these.
    pub(super) fn prepare(&self, name: &Name, sums: &[u8]) -> io::Result<()> {
        write(&self.begun(name), b"")?;
        write(&self.unreleased(name), sums)?;
        self.sync()
    }

    /// Tells the record system, unless it has been told.
    pub(super) fn release(&self, name: &Name) -> io::Result<Told> {
        let told = self.is_told(name)?;
        if told == Told::No {
            fs::rename(self.unreleased(name), self.done(name))?;
        }
        if told != Told::Unknown {
            self.sync()?;
        }
        Ok(if told == Told::No { Told::Yes } else { told })
    }

    /// After [`Self::prepare`], and until [`Self::forget`].
    pub(super) fn is_told(&self, name: &Name) -> io::Result<Told> {
        Ok(if !is_there(&self.begun(name))? {
            Told::Unknown
        } else if is_there(&self.unreleased(name))? {
            Told::No
        } else {
            Told::Yes
        })
    }

    /// Once the diary knows that the record system has been told.
    pub(super) fn forget(&self, name: &Name) -> io::Result<()> {
        remove(&self.begun(name))
    }

    /// Whether something lies there that only a record system could have left that has been told.
    pub(super) fn is_taken(&self, name: &Name) -> io::Result<bool> {
        Ok(is_there(&self.done(name))? || is_there(&self.receipt(name))?)
    }

    /// Takes away all of it, what it is told by first and the receipt last.
    pub(super) fn clear(&self, name: &Name) -> io::Result<()> {
        remove(&self.unreleased(name))?;
        remove(&self.done(name))?;
        for ending in [".json", "-svar.eml", ".pdf"] {
            remove(&self.0.join(format!("{name}{ending}")))?;
            remove(&self.0.join(format!(".{name}{ending}.tmp")))?;
        }
        remove(&self.begun(name))?;
        remove(&self.receipt(name))?;
        self.sync()
    }

    /// What stands before `.receipt.json` in the names of files, whosever they are.
    pub(super) fn receipts(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        for file in fs::read_dir(&self.0)? {
            let file = file?;
            let name = file.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_suffix(RECEIPT)) else { continue };
            // It may just have been renamed.
            if file.file_type().is_ok_and(|kind| kind.is_file()) {
                found.push(name.to_owned());
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// None for what is no receipt, or not yet.
    pub(super) fn read_receipt(&self, name: &Name) -> io::Result<Option<Receipt>> {
        // Neither a link to elsewhere is followed nor a pipe waited for.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).expect("flags fit");
        let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(self.receipt(name)) else {
            return Ok(None);
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > RECEIPT_MAX_BYTES {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.take(RECEIPT_MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(Receipt::read(&bytes))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    fn begun(&self, name: &Name) -> PathBuf {
        self.0.join(format!(".{name}.begun"))
    }

    fn unreleased(&self, name: &Name) -> PathBuf {
        self.0.join(format!(".{name}.done.tmp"))
    }

    fn done(&self, name: &Name) -> PathBuf {
        self.0.join(format!("{name}.done"))
    }

    fn receipt(&self, name: &Name) -> PathBuf {
        self.0.join(format!("{name}{RECEIPT}"))
    }
}

/// Tries whether files can be made there, and leaves nothing behind.
///
/// # Errors
/// What is in the way.
pub fn probe(folder: &Path) -> Result<(), String> {
    let tried = fs::read_dir(folder).and_then(|_| tempfile::tempfile_in(folder));
    tried.map(drop).map_err(|error| format!("{}: {}", folder.display(), said(&error)))
}

/// What the error is of.
pub(super) fn trouble(error: &io::Error) -> HandoverTrouble {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => HandoverTrouble::FolderMissing,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => HandoverTrouble::FolderFull,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => HandoverTrouble::FolderNotWritable,
        _ => HandoverTrouble::FolderFails,
    }
}

/// Without the path that some errors have in them.
pub(super) fn said(error: &io::Error) -> String {
    error.kind().to_string()
}

/// On the disk. The folder is others' too: whatever lies under the name is taken away, not written into.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    remove(path)?;
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    if written.is_err() {
        // It may be the last room there is.
        let _ = remove(path);
    }
    written
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn is_there(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder, Name) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        (dir, folder, Name::of(&"MM 2026-00012".parse().unwrap(), 7))
    }

    #[test]
    fn the_record_system_is_told_once_and_another_folder_is_not_taken_for_told() {
        let (dir, folder, name) = folder();
        assert_eq!(folder.release(&name).unwrap(), Told::Unknown);
        folder.prepare(&name, b"sums").unwrap();
        assert_eq!(folder.is_told(&name).unwrap(), Told::No);
        assert_eq!(folder.release(&name).unwrap(), Told::Yes);
        let done = dir.path().join("MM-2026-00012-7.done");
        assert_eq!(fs::read(&done).unwrap(), b"sums");
        fs::remove_file(&done).unwrap();
        assert_eq!(folder.release(&name).unwrap(), Told::Yes);
        assert!(!done.exists(), "it was told again");
        folder.clear(&name).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_others_have_laid_in_the_way_is_neither_followed_nor_written_into() {
        let (dir, folder, name) = folder();
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, r#"{"result":"accepted","reference":"J-17"}"#).unwrap();
        for trap in [".MM-2026-00012-7.pdf.tmp", ".MM-2026-00012-7.done.tmp", "MM-2026-00012-7.receipt.json"] {
            std::os::unix::fs::symlink(&elsewhere, dir.path().join(trap)).unwrap();
        }
        folder.put("MM-2026-00012-7.pdf", b"%PDF").unwrap();
        folder.prepare(&name, b"sums").unwrap();
        assert_eq!(folder.read_receipt(&name).unwrap(), None);
        assert!(fs::read_to_string(&elsewhere).unwrap().contains("J-17"));
        let pdf = dir.path().join("MM-2026-00012-7.pdf");
        let metadata = fs::symlink_metadata(&pdf).unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_receipt_that_is_a_folder_a_pipe_or_too_large_is_none() {
        let (dir, folder, name) = folder();
        let receipt = dir.path().join("MM-2026-00012-7.receipt.json");
        fs::create_dir(&receipt).unwrap();
        assert_eq!(folder.read_receipt(&name).unwrap(), None);
        fs::remove_dir(&receipt).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&receipt).status().unwrap().success());
        assert_eq!(folder.read_receipt(&name).unwrap(), None);
        fs::remove_file(&receipt).unwrap();
        let large = format!("{}{{\"result\":\"accepted\",\"reference\":\"\"}}", " ".repeat(70_000));
        fs::write(&receipt, large).unwrap();
        assert_eq!(folder.read_receipt(&name).unwrap(), None);
        assert_eq!(folder.receipts().unwrap(), ["MM-2026-00012-7"]);
    }
}
