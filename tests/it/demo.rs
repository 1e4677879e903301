//! `inkom demo`: the whole daemon on a Maildir, with replies as files, as a newcomer runs it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::clinic::mail;

/// Made-up mail in `fixtures/mail/` and `fixtures/morning/`.
const MAIL: usize = 19;

fn inkom(args: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inkom")).args(args).arg("--config").arg(dir.join("inkom.toml")).output().unwrap()
}

fn files(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn once_it_registers_answers_and_clears_everything_and_can_be_looked_at_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let demo = Command::new(env!("CARGO_BIN_EXE_inkom")).args(["demo", "--once", "--dir"]).arg(&dir).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    assert!(said(&demo).contains("19 registered, 14 answered, 0 left in the mailbox."), "{}", said(&demo));
    assert!(said(&demo).lines().all(|line| line.chars().count() <= 80 || line.contains(dir.to_str().unwrap())));
    assert_eq!((files(&dir.join("pdf")), files(&dir.join("replies"))), (MAIL, 14));
    assert_eq!(files(&dir.join("mail/new")) + files(&dir.join("mail/cur")), 0);
    assert_eq!(said(&inkom(&["diary", "--json"], &dir)).lines().count(), MAIL);
    assert!(inkom(&["verify"], &dir).status.success());
    assert!(inkom(&["check"], &dir).status.success());

    let again = Command::new(env!("CARGO_BIN_EXE_inkom")).args(["demo", "--once", "--dir"]).arg(&dir).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("the folder is not empty; name a new one"));
}

#[test]
fn what_is_dropped_into_its_maildir_is_taken_in_and_ctrl_c_ends_it_with_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_inkom"));
    let mut demo = demo.args(["demo", "--dir"]).arg(&dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&mut demo, || dir.join("pdf").exists() && files(&dir.join("pdf")) == MAIL);
    fs::write(dir.join("mail/new/en-till.eml"), mail(1)).unwrap();
    wait_for(&mut demo, || files(&dir.join("pdf")) == MAIL + 1 && files(&dir.join("mail/new")) == 0);
    let pid = rustix::process::Pid::from_child(&demo);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = demo.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(said(&output).contains("20 registered"), "{}", said(&output));
    assert!(inkom(&["verify"], &dir).status.success());
}

fn wait_for(demo: &mut Child, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(demo.try_wait().unwrap().is_none(), "it has ended");
        assert!(begun.elapsed() < Duration::from_mins(1), "not reached");
        std::thread::sleep(Duration::from_millis(50));
    }
}
