//! What the benches of this process share.

use std::path::{Path, PathBuf};

/// The mail of public test sets where it is at hand (`$INKOM_SHARED/mail`, else `../shared/mail`), else the made-up mail of
/// fixtures/.
pub fn messages() -> Vec<Vec<u8>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("INKOM_SHARED").map_or_else(|| project.join("../shared"), PathBuf::from).join("mail");
    let mut files = Vec::new();
    gather(&if shared.is_dir() { shared } else { project.join("fixtures") }, &mut files);
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(&path, files);
        } else if !path.extension().is_some_and(|ending| ["tsv", "json", "md", "py"].iter().any(|one| ending == *one)) {
            files.push(path);
        }
    }
}

/// A line of this process's status, such as `VmHWM`.
pub fn memory_kb(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    value.trim_start_matches(':').trim().trim_end_matches(" kB").trim().parse().unwrap()
}
