//! Messages on disk, as they are named on the command line.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// A larger file is not read into memory.
const MAX_FILE: u64 = 2_000_000_000;

/// Every regular file, those of a folder in the order of their names.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            in_folder(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    ensure!(!files.is_empty(), "there is no file in the folders named");
    Ok(files)
}

fn in_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let named = || format!("read the folder {}", folder.display());
    let mut entries =
        std::fs::read_dir(folder).with_context(named)?.collect::<Result<Vec<_>, _>>().with_context(named)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().with_context(named)?;
        if kind.is_dir() {
            in_folder(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// The bytes of one; `-` is standard input.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut raw = Vec::new();
    let size = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut raw)
    } else {
        let file = std::fs::File::open(path)?;
        ensure!(file.metadata()?.is_file(), "is no regular file");
        file.take(MAX_FILE + 1).read_to_end(&mut raw)
    }?;
    ensure!(size as u64 <= MAX_FILE, "is larger than {MAX_FILE} bytes; split it");
    Ok(raw)
}
