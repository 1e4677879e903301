//! The modules stand in layers: one uses only those below it, and not its neighbours.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top. What stands in one row does not know of each other, but for the exceptions named.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["daemon"],
    &["web"],
    &["intake", "outbox", "handover", "export", "health", "verify", "heads"],
    &["mailbox", "diary", "smtp"],
    &["reply", "pdf", "decision"],
    &["triage"],
    &["message"],
    &["model", "config", "clock", "pulse", "faults", "tls"],
];

/// Neighbours that may be used: the vocabulary and the clock belong to everyone.
const COMMON: &[&str] = &["model", "config", "clock", "pulse", "faults", "tls"];

#[test]
fn every_module_uses_only_those_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 40, "the sources were found");
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if module == "main" || module == "lib" {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("{module} stands in no layer"));
        let text = fs::read_to_string(&file).unwrap();
        for used in used_modules(&text) {
            let below = layer(&used).is_some_and(|used| used > own);
            if used != module && !below && !COMMON.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The first segment after each `crate::`, lower case: modules, not macros or types.
fn used_modules(text: &str) -> Vec<String> {
    let mut used: Vec<String> = Vec::new();
    for after in text.split("crate::").skip(1) {
        // use crate::{a, b::c} names several.
        let list = after.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(after);
        let names = if after.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if !name.is_empty() && !used.contains(&name) {
                used.push(name);
            }
        }
    }
    used
}
