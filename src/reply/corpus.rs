//! Over real mail from public test sets, when it is at hand. It holds real people's names, so it is never copied here.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::Decision;
use super::tests::{authority, context, decide, reply};
use crate::message::tests::mail;
use crate::message::{self, Message};

const MAX_BYTES: u64 = 50_000_000;

fn read(path: &Path) -> Message {
    message::read(&std::fs::read(path).unwrap(), MAX_BYTES)
}

/// Paths and kinds of one list, decided by nothing but the message.
fn decisions(folder: &Path, list: &str) -> Vec<(String, String, Decision)> {
    let (authority, reply) = (authority(), reply("only_when_addressed = false"));
    let context = context(&authority, &reply);
    let labels = std::fs::read_to_string(folder.join(list)).unwrap();
    labels
        .lines()
        .map(|line| {
            let mut columns = line.split('\t');
            let (path, kind) = (columns.next().unwrap(), columns.next().unwrap());
            (path.to_owned(), kind.to_owned(), decide(&read(&folder.join(path)), &context))
        })
        .collect()
}

fn print(list: &str, decisions: &[(String, String, Decision)]) {
    let mut counts: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for (_, kind, decision) in decisions {
        let reason = match decision {
            Decision::Answer(_) => None,
            Decision::Silent(silence) => Some(silence.word()),
        };
        *counts.entry((kind, reason)).or_default() += 1;
    }
    println!("{list}:");
    for ((kind, reason), count) in counts {
        println!("  {count:4} {kind:13} {}", reason.unwrap_or("ANSWERED"));
    }
}

#[test]
fn nothing_that_a_machine_sent_is_answered() {
    let Some(folder) = mail() else { return };
    let hard = std::fs::read_to_string(folder.join("labels.hard.tsv")).unwrap();
    let hard: HashSet<&str> = hard.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let mut decisions = decisions(&folder, "labels.tsv");
    decisions.retain(|(path, _, _)| !hard.contains(path.as_str()));
    print("labels.tsv", &decisions);
    let is_answer = |decision: &Decision| matches!(decision, Decision::Answer(_));
    let wrong: Vec<_> =
        decisions.iter().filter(|(_, kind, decision)| kind != "normal" && is_answer(decision)).collect();
    assert!(wrong.is_empty(), "{} answered: {wrong:#?}", wrong.len());
    let normal: Vec<_> = decisions.iter().filter(|(_, kind, _)| kind == "normal").collect();
    let answered = normal.iter().filter(|(_, _, decision)| is_answer(decision)).count();
    println!("{answered} of {} from people are answered", normal.len());
    for (path, _, decision) in normal.iter().filter(|(_, _, decision)| !is_answer(decision)) {
        println!("  {path} {decision:?}");
    }
    assert!(answered * 100 >= normal.len() * 99, "{answered} of {}", normal.len());
}

#[test]
fn of_machines_without_the_usual_signs_only_a_forward_is_answered() {
    let Some(folder) = mail() else { return };
    let decisions = decisions(&folder, "labels.hard.tsv");
    print("labels.hard.tsv", &decisions);
    let answered: Vec<_> =
        decisions.iter().filter(|(_, _, decision)| matches!(decision, Decision::Answer(_))).collect();
    assert!(answered.len() <= 1, "{answered:#?}");
}

#[test]
fn clinic_mail_is_answered_as_its_manifest_says() {
    let Some(folder) = mail() else { return };
    let manifest = std::fs::read_to_string(folder.join("clinic/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let (authority, reply) = (authority(), reply("only_when_addressed = false"));
    let context = context(&authority, &reply);
    for mail in manifest.as_array().unwrap() {
        let path = mail["path"].as_str().unwrap();
        let message = read(&folder.join(path));
        let decision = decide(&message, &context);
        assert_eq!(
            matches!(decision, Decision::Answer(_)),
            mail["autoreply"].as_bool().unwrap(),
            "{path} {decision:?}"
        );
        assert_eq!(message.subject.as_deref(), mail["subject"].as_str(), "{path}");
        assert_eq!(message.from[0].address, mail["from_address"].as_str().unwrap(), "{path}");
        let attachments: Vec<_> =
            message.attachments.iter().map(|one| (one.name.as_deref().unwrap(), one.media_type.as_str())).collect();
        let expected: Vec<_> = mail["attachments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["name"].as_str().unwrap(), one["type"].as_str().unwrap()))
            .collect();
        assert_eq!(attachments, expected, "{path}");
        assert!(message.defects.is_empty(), "{path} {:?}", message.defects);
    }
}
