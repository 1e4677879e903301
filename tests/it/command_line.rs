//! What administrators type, and what they get.

use std::process::Output;

use serde_json::Value;

use crate::support::certificates::Flaw;
use crate::support::clinic::{Clinic, Options, mail};
use crate::support::dovecot;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn the_diary_is_printed_as_a_table_of_80_columns_and_as_json_whose_keys_are_documented() {
    let mut clinic = Clinic::open().await;
    for n in 0..3 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.settle(3).await;
    let table = stdout(&clinic.command(&["diary"]));
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");

    let documented = include_str!("../../docs/diary-json.md");
    let printed = stdout(&clinic.command(&["diary", "--json"]));
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for key in keys(&lines[0]) {
        assert!(documented.contains(&format!("`{key}`")), "{key} is not in docs/diary-json.md");
    }
    let number = lines[0]["number"].as_str().unwrap();
    let shown = stdout(&clinic.command(&["diary", "show", number]));
    assert!(shown.contains("registered") && shown.contains("original-removed"), "{shown}");

    // Every look is in the log, with the one who looked.
    let diary = clinic.diary().await;
    let rows = diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let looks: Vec<_> = rows.iter().filter(|row| row.event.action.word().ends_with("-read")).collect();
    assert_eq!(looks.len(), 3);
    assert!(looks.iter().all(|row| row.event.actor.starts_with("os:")));
}

/// All keys, those of objects within as `outer.inner`.
fn keys(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in value.as_object().unwrap() {
        found.push(key.clone());
        let inner = match value {
            Value::Array(list) => list.first().filter(|first| first.is_object()),
            other => Some(other).filter(|other| other.is_object()),
        };
        found.extend(inner.iter().flat_map(|inner| keys(inner)).map(|inner| format!("{key}.{inner}")));
    }
    found
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_fault() {
    let mut clinic = Clinic::open().await;
    for n in 0..40 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.settle(40).await;
    let shell =
        format!("{} diary --json --config {} | head -c 10", env!("CARGO_BIN_EXE_inkom"), clinic.config().display());
    let output = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert_eq!((output.stdout.len(), stderr(&output)), (10, String::new()));
}

#[tokio::test]
async fn check_says_what_waits_and_what_would_be_answered_and_changes_nothing() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    clinic.deliver(&mail(1));
    let list =
        String::from_utf8(mail(2)).unwrap().replace("MIME-Version", "List-Id: <nyheter.example.org>\r\nMIME-Version");
    clinic.deliver(list.as_bytes());
    let checked = clinic.command(&["check"]);
    let said = stdout(&checked);
    assert!(checked.status.success(), "{said}{}", stderr(&checked));
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(said.contains("INBOX: 2 messages wait; 1 by themselves would be answered"), "{said}");
    assert!(said.contains("UIDPLUS") && said.contains("Dovecot") && said.contains("expired 2025-03-05"), "{said}");
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (2, 0));
    assert!(
        clinic.dovecot.left("INBOX").iter().all(|name| !clinic.dovecot.flags("INBOX", name).contains('S')),
        "nothing is marked read"
    );
    assert!(clinic.entries().await.is_empty());
}

/// R1: over a connection that cannot be trusted no credential is sent, the mail stays, and the error is clear.
#[tokio::test]
async fn a_certificate_that_is_not_trusted_ends_everything_before_the_password() {
    let flaws = [Flaw::Expired, Flaw::OtherName, Flaw::OtherIssuer];
    for flaw in flaws {
        let options =
            Options { dovecot: dovecot::Options { flaw, ..dovecot::Options::default() }, ..Options::default() };
        let mut clinic = Clinic::with(options).await;
        clinic.deliver(&mail(1));
        clinic.start();
        clinic.until("an alarm", async |clinic| clinic.log().contains("Polling mottagningen failed")).await;
        let checked = clinic.command(&["check"]);
        assert!(!checked.status.success());
        assert!(stdout(&checked).contains("FAULT  mottagningen"), "{}", stdout(&checked));
        assert_eq!(clinic.left(), 1);
        assert!(!clinic.dovecot.log().contains("Login:"), "{flaw:?}");
        assert!(clinic.entries().await.is_empty());
    }
}

#[tokio::test]
async fn without_uidplus_and_move_exactly_ours_is_removed() {
    let capability = Some("IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+");
    let options =
        Options { dovecot: dovecot::Options { capability, ..dovecot::Options::default() }, ..Options::default() };
    let mut clinic = Clinic::with(options).await;
    for n in 0..5 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.settle(5).await;
    clinic.until("empty", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_reply_text_other_than_the_approved_one_stops_the_start() {
    let mut clinic = Clinic::open().await;
    let changed = include_str!("../../config/reply.toml").replace("telefon.", "telefon!");
    let path = clinic.state_dir().join("../reply.toml");
    std::fs::write(&path, changed).unwrap();
    let approved = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml");
    clinic.edit_config(approved.to_str().unwrap(), path.to_str().unwrap());
    clinic.deliver(&mail(1));
    clinic.start();
    assert_eq!(clinic.ends().await.code(), Some(2));
    assert!(clinic.log().contains("have the changed text approved"), "{}", clinic.log());
    assert_eq!(clinic.left(), 1);
}

#[tokio::test]
async fn commands_name_what_is_wrong_and_end_with_the_documented_status() {
    let clinic = Clinic::open().await;
    for (args, status, says) in [
        (&["adopt", "okänd"][..], 1, "the configuration has mottagningen"),
        (&["diary", "show", "MM 2026-00001"], 1, "there is no MM 2026-00001"),
        (&["diary", "show", "struntprat"], 1, "RHS 2026-00417"),
        (&["outbox", "retry"], 2, "<NUMBER>"),
        (&["outbox", "retry", "--all"], 1, ""),
        (&["outbox", "resume"], 0, ""),
        (&["held", "list"], 0, ""),
        (&["verify"], 0, ""),
        (&["run", "--nonsense"], 2, "--nonsense"),
    ] {
        let output = clinic.command(args);
        assert_eq!(output.status.code(), Some(status), "{args:?} {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{args:?}: {}", stderr(&output));
    }
    clinic.write_config("state_dir = 7");
    assert_eq!(clinic.command(&["verify"]).status.code(), Some(2));
}
