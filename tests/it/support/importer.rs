//! The record system's side of the import folder, as docs/handover.md asks it to behave.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use inkom::model::Digest;
use serde_json::{Value, json};

/// What it has put into the record, with its files.
#[derive(Clone, Debug)]
pub struct Record {
    pub index: Value,
    pub files: Vec<(String, Vec<u8>)>,
}

impl Record {
    pub fn number(&self) -> &str {
        self.index["number"].as_str().unwrap()
    }
}

pub fn accepted(reference: &str) -> Value {
    json!({"result": "accepted", "reference": reference})
}

pub fn rejected(reason: &str) -> Value {
    json!({"result": "rejected", "reason": reason})
}

/// Takes all that it has been told of, and forgets at once what it has taken: told twice, it would record twice.
pub fn import(folder: &Path) -> Vec<Record> {
    let mut names: Vec<String> =
        names(folder).iter().filter_map(|name| Some(name.strip_suffix(".done")?.into())).collect();
    names.sort_unstable();
    names.iter().map(|name| import_one(folder, name)).collect()
}

fn import_one(folder: &Path, name: &str) -> Record {
    let done = folder.join(format!("{name}.done"));
    let mut files = Vec::new();
    for line in fs::read_to_string(&done).unwrap().lines() {
        let (sum, file) = line.split_once("  ").unwrap();
        let bytes =
            fs::read(folder.join(file)).unwrap_or_else(|error| panic!("told of {file}, which is not there: {error}"));
        assert_eq!(Digest::of(&bytes).to_string(), sum, "told of {file}, which is not whole");
        files.push((file.to_owned(), bytes));
    }
    let index = format!("{name}.json");
    let (_, index) = files.iter().find(|(file, _)| *file == index).expect("an index");
    let index: Value = serde_json::from_slice(index).unwrap();
    for line in index["files"].as_array().unwrap() {
        let (_, bytes) = files.iter().find(|(file, _)| *file == line["name"]).expect("what the index names");
        assert_eq!(
            (&line["sha256"], &line["size_bytes"]),
            (&json!(Digest::of(bytes).to_string()), &json!(bytes.len()))
        );
    }
    for (file, _) in &files {
        fs::remove_file(folder.join(file)).unwrap();
    }
    fs::remove_file(done).unwrap();
    Record { index, files }
}

/// Whole under its name, or not there.
pub fn answer(folder: &Path, name: &str, receipt: &Value) {
    let unfinished = folder.join(format!("{name}.receipt.json.part"));
    fs::write(&unfinished, receipt.to_string()).unwrap();
    fs::rename(unfinished, folder.join(format!("{name}.receipt.json"))).unwrap();
}

/// What lies there, hidden files too.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Imports and accepts all the time, whatever happens to inkom.
pub struct Importer {
    records: Arc<Mutex<Vec<Record>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Importer {
    pub fn start(folder: PathBuf) -> Self {
        let (records, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (to, until) = (Arc::clone(&records), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut to_answer: Vec<(Instant, String)> = Vec::new();
            while !until.load(Ordering::SeqCst) {
                for record in import(&folder) {
                    let name = record.index["name"].as_str().unwrap().to_owned();
                    let mut records = to.lock().unwrap();
                    records.push(record);
                    // Sometimes nothing of it is there for so long that inkom has started again.
                    let pause = if records.len() % 2 == 0 { 10 } else { 400 };
                    to_answer.push((Instant::now() + Duration::from_millis(pause), name));
                }
                to_answer.retain(|(at, name)| {
                    let waits = Instant::now() < *at;
                    if !waits {
                        answer(&folder, name, &accepted(&format!("J-{name}")));
                    }
                    waits
                });
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { records, stop, thread: Some(thread) }
    }

    /// Whatever it has been told of until now.
    pub fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap().clone()
    }

    /// Fails when it met something that was not whole.
    pub fn stop(mut self) -> Vec<Record> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        self.records()
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}
