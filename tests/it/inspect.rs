//! What would happen to mail on disk: what an administrator asks, and what reading is measured by.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

fn inkom(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inkom")).arg("inspect").args(args).current_dir(PROJECT).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What is said of each message.
fn json(args: &[&str]) -> Vec<Value> {
    let output = inkom(&[&["--json"], args].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The letters of the demonstration.
fn made_up() -> Vec<String> {
    let folder = std::fs::read_dir(Path::new(PROJECT).join("fixtures/mail")).unwrap();
    let names = folder.map(|entry| format!("fixtures/mail/{}", entry.unwrap().file_name().to_str().unwrap()));
    names.filter(|name| is_mail(name)).collect()
}

fn is_mail(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "eml")
}

/// Where real mail from public test sets lies, if it is at hand; it holds real people's names and is never copied here.
fn real_mail() -> Option<PathBuf> {
    let shared = std::env::var_os("INKOM_SHARED").map_or_else(|| Path::new(PROJECT).join("../shared"), PathBuf::from);
    let folder = shared.join("mail");
    if folder.join("labels.tsv").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no mail in {} (name the folder that holds it with INKOM_SHARED)", folder.display());
    None
}

/// R22, R35, R45, R53, R59: fixtures/reading holds a message for each way in which mail is broken, and for each fact that is
/// looked for; its manifest says what is to be read in it.
#[test]
fn the_made_up_messages_are_read_as_their_manifest_says() {
    let manifest = std::fs::read_to_string(Path::new(PROJECT).join("fixtures/reading/manifest.json")).unwrap();
    let manifest: Vec<Value> = serde_json::from_str(&manifest).unwrap();
    let files: Vec<String> =
        manifest.iter().map(|mail| format!("fixtures/reading/{}", mail["file"].as_str().unwrap())).collect();
    let read = json(&files.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(read.len(), manifest.len());
    let listed: HashSet<&str> = manifest.iter().map(|mail| mail["file"].as_str().unwrap()).collect();
    let there = std::fs::read_dir(Path::new(PROJECT).join("fixtures/reading")).unwrap();
    let there: Vec<String> = there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(there.iter().filter(|name| is_mail(name)).all(|name| listed.contains(name.as_str())));
    for (mail, read) in manifest.iter().zip(&read) {
        let (file, about) = (&mail["file"], &mail["about"]);
        let same = |key: &str, found: &Value| assert_eq!(found, &mail[key], "{file}, {about}: {key}");
        same("kind", &read["kind"]);
        same("decision", &read["reply"]["decision"]);
        same("matter", &read["matter"]);
        assert_eq!(read["urgency"]["urgent"], mail["urgent"].as_bool().unwrap_or(false), "{file}, {about}");
        for (key, found) in
            [("rule", &read["reply"]["rule"]), ("subject_read", &read["subject"]), ("language", &read["language"])]
        {
            if !mail[key].is_null() {
                same(key, found);
            }
        }
        let shown = read["text"].as_str().unwrap();
        assert!(shown.contains(mail["text"].as_str().unwrap()), "{file}, {about}: {shown}");
        let (said, expected) = (read["defects"].as_array().unwrap(), list(&mail["defects"]));
        let says = |words: &&Value| said.iter().any(|said| said.as_str().unwrap().contains(words.as_str().unwrap()));
        assert!(said.len() == expected.len() && expected.iter().all(|words| says(&words)), "{file}, {about}: {said:?}");
        let names: Vec<&Value> = read["attachments"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, list(&mail["attachments"]).iter().collect::<Vec<_>>(), "{file}, {about}");
        let numbers: Vec<Value> = read["identifiers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| Value::from(vec![one["type"].clone(), one["value"].clone(), one["where"].clone()]))
            .collect();
        assert_eq!(numbers, list(&mail["identifiers"]), "{file}, {about}");
    }
}

/// R22, R45: what the made-up clinic's manifest says of each of its messages, where it is at hand.
#[test]
fn clinic_mail_is_judged_as_its_manifest_says() {
    let Some(mail) = real_mail() else { return };
    let manifest = std::fs::read_to_string(mail.join("clinic/manifest.json")).unwrap();
    let manifest: Vec<Value> = serde_json::from_str(&manifest).unwrap();
    let files: Vec<String> =
        manifest.iter().map(|one| mail.join(one["path"].as_str().unwrap()).display().to_string()).collect();
    let read = json(&files.iter().map(String::as_str).collect::<Vec<_>>());
    // The last ten digits are a number's own; manifests write them with and without century.
    let own = |number: &Value| {
        let digits: String = number.as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
        digits[digits.len() - 10..].to_owned()
    };
    for (mail, read) in manifest.iter().zip(&read) {
        let path = &mail["path"];
        let expected = if mail["autoreply"] == true { "answer" } else { "silent" };
        assert_eq!(read["reply"]["decision"], expected, "{path}");
        assert_eq!(read["urgency"]["urgent"], mail["urgent"], "{path}");
        // One holds a picture and nothing else: there is no language to tell.
        if !read["subject"].is_null() || read["text"] != "" {
            assert_eq!(read["language"], mail["language"], "{path}");
        }
        let found: HashSet<String> = list(&read["identifiers"]).iter().map(|one| own(&one["value"])).collect();
        let expected: HashSet<String> = list(&mail["personnummer"]).iter().map(own).collect();
        assert_eq!(found, expected, "{path}");
        let names: Vec<Value> = list(&read["attachments"]).iter().map(|one| one["name"].clone()).collect();
        assert_eq!(
            names,
            list(&mail["attachments"]).iter().map(|one| one["name"].clone()).collect::<Vec<_>>(),
            "{path}"
        );
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[test]
fn every_key_of_the_json_is_documented() {
    let documented = include_str!("../../docs/inspect-json.md");
    let letters = made_up();
    let mut args = vec!["--parts", "fixtures/reading/record-request.eml"];
    args.extend(letters.iter().map(String::as_str));
    let read = json(&args);
    assert_eq!(read.len(), 13);
    let mut keys = HashSet::new();
    for value in &read {
        all_keys(value, &mut keys);
    }
    assert!(keys.len() > 40, "{keys:?}");
    for key in keys {
        assert!(documented.contains(&format!("`{key}`")) || documented.contains(&format!("\"{key}\"")), "{key}");
    }
}

fn all_keys(value: &Value, keys: &mut HashSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                keys.insert(key.clone());
                all_keys(value, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| all_keys(value, keys)),
        _ => {}
    }
}

#[test]
fn a_page_fits_on_80_columns_and_ends_with_a_summary() {
    let letters = made_up();
    let output = inkom(&letters.iter().map(String::as_str).collect::<Vec<_>>());
    let page = text(&output.stdout);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(page.contains("fixtures/mail/urgent.eml\n") && page.contains("  Urgent        JA\n"), "{page}");
    assert!(page.contains("12 messages: 9 would be answered, 3 not.\n"), "{page}");
}

#[test]
fn folders_mboxes_and_standard_input_are_read_and_named_as_given() {
    let folder = tempfile::tempdir().unwrap();
    let plain = std::fs::read(Path::new(PROJECT).join("fixtures/mail/plain-swedish.eml")).unwrap();
    let line = b"From astrid@mejl.example Mon Nov 16 08:12:29 2026\n";
    let write = |name: &str, parts: &[&[u8]]| std::fs::write(folder.path().join(name), parts.concat()).unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    write("b/one", &[line, &plain]);
    write("a-mbox", &[line, &plain, b"\n", line, &plain]);
    let named = format!("{}/", folder.path().display());
    let read = json(&[&named]);
    let found: Vec<_> = read.iter().map(|one| (one["path"].as_str().unwrap(), one["index"].as_u64())).collect();
    let (mbox, one) = (format!("{named}a-mbox"), format!("{named}b/one"));
    assert_eq!(found, [(mbox.as_str(), Some(1)), (mbox.as_str(), Some(2)), (one.as_str(), None)]);
    assert!(read.iter().all(|one| one["subject"] == "Ändra tid på torsdag"));

    let mut child = Command::new(env!("CARGO_BIN_EXE_inkom"))
        .args(["inspect", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&plain).unwrap();
    let output = child.wait_with_output().unwrap();
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((read["path"].as_str(), output.status.code()), (Some("-"), Some(0)));
}

#[test]
fn a_file_that_cannot_be_read_fails_alone_and_in_the_exit_status() {
    let output = inkom(&["--json", "fixtures/mail/bounce.eml", "fixtures/finns-inte.eml", "fixtures/mail/english.eml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let said = text(&output.stderr);
    assert!(
        said.contains("fixtures/finns-inte.eml: No such file") && said.contains("1 file could not be read"),
        "{said}"
    );
    assert_eq!(inkom(&[]).status.code(), Some(2));
    assert_eq!(inkom(&["--config", "finns-inte.toml", "fixtures/mail"]).status.code(), Some(2));
}

#[test]
fn a_configuration_is_judged_by_but_for_the_recipient_when_that_is_left_out() {
    let decide = |args: &[&str]| {
        let read = json(&[args, &["fixtures/mail/plain-swedish.eml"]].concat());
        read[0]["reply"]["rule"].as_str().unwrap().to_owned()
    };
    // The sample is about other addresses than the made-up mail.
    assert_eq!(decide(&[]), "return-path");
    assert_eq!(decide(&["--config", "config/inkom.toml"]), "not-addressed");
    assert_eq!(decide(&["--config", "config/inkom.toml", "--any-recipient"]), "return-path");
}

/// Nothing is lost: each part that Python's reader decodes without a defect has the same text, or the same bytes.
/// tests/compare/compare.py tells the causes it knows and explains each.
#[test]
fn what_python_reads_is_read_the_same() {
    let mut folders = vec!["fixtures/mail".into(), "fixtures/reading".into()];
    if let Some(mail) = real_mail() {
        folders.push(mail.join("corpus").into_os_string());
        folders.push(mail.join("clinic").into_os_string());
    }
    let compared = Command::new("python3")
        .args(["tests/compare/compare.py", "--quiet", env!("CARGO_BIN_EXE_inkom")])
        .args(folders)
        .current_dir(PROJECT)
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&compared.stdout));
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stderr));
}

/// fixtures/hostile/make.py says what each message is made to break.
#[test]
fn hostile_messages_are_all_read_within_the_memory_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("python3").arg("fixtures/hostile/make.py").arg(folder.path()).current_dir(PROJECT).status();
    assert!(made.unwrap().success());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 300, "{}", files.len());
    // Two at a time, each within 600 MB of addresses: what takes more is ended.
    let inspect = |files: &[PathBuf]| {
        let script = format!("ulimit -v 600000; exec {} inspect --json \"$@\"", env!("CARGO_BIN_EXE_inkom"));
        Command::new("bash").args(["-c", &script, "inspect"]).args(files).output().unwrap()
    };
    let (first, second) = files.split_at(files.len() / 2);
    let outputs = std::thread::scope(|scope| {
        let other = scope.spawn(|| inspect(second));
        [inspect(first), other.join().unwrap()]
    });
    let mut told = HashSet::new();
    for output in outputs {
        let said = text(&output.stderr);
        // A message that breaks the reader is told of as one that could not be read, and in the log.
        assert!(output.status.success() && !said.contains("Something broke"), "{said}");
        for line in text(&output.stdout).lines() {
            let read: Value = serde_json::from_str(line).unwrap();
            told.insert(read["path"].as_str().unwrap().to_owned());
        }
    }
    for file in files {
        assert!(told.contains(file.to_str().unwrap()), "{}", file.display());
    }
}
