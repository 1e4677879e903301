//! Replies when the mail server, or the process, fails in the middle: one or two copies, or a task in sight of staff.

use std::time::Duration;

use inkom::diary::ReplyState;
use inkom::model::Trouble;

use crate::support::clinic::{Clinic, mail};
use crate::support::smtp::{At, Mode};

const HANG: Duration = Duration::from_secs(20);

/// Makes a reply due at once that waits for its next try.
const DUE_NOW: &str = "update outbox set due_at = 1 where state = 'queued'";

#[tokio::test]
async fn killed_in_the_middle_of_data_the_reply_goes_out_after_the_restart() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Hang(At::InData, HANG));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic
        .until("in DATA", async |clinic| clinic.smtp.commands().iter().any(|line| line.text.starts_with("DATA")))
        .await;
    clinic.kill();
    clinic.smtp.set(Mode::Accept);
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
    assert_eq!(clinic.copies().into_values().collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn killed_after_data_and_before_the_answer_there_are_two_copies_with_one_message_id() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Hang(At::Answer, HANG));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.until("taken", async |clinic| clinic.smtp.messages().len() == 1).await;
    clinic.kill();
    clinic.smtp.set(Mode::Accept);
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
    assert_eq!(clinic.copies().into_values().collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn killed_before_data_the_attempt_counts_for_nothing() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Hang(At::Mail, HANG));
    clinic.deliver(&mail(1));
    for _ in 0..3 {
        let seen = clinic.smtp.commands().len();
        clinic.start();
        let asked =
            async |clinic: &Clinic| clinic.smtp.commands()[seen..].iter().any(|line| line.text.starts_with("MAIL"));
        clinic.until("in MAIL", asked).await;
        clinic.kill();
    }
    clinic.smtp.set(Mode::Accept);
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
    assert_eq!(clinic.copies().into_values().collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_server_that_twice_leaves_it_open_whether_it_took_the_reply_makes_a_task() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Drop(At::Answer));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.until("once", async |clinic| clinic.log().contains("trying once more")).await;
    clinic.tamper(DUE_NOW).await;
    clinic.until("twice", async |clinic| clinic.entry().await.reply == ReplyState::Unsure.word()).await;
    clinic.settle(1).await;
    clinic.stop();
    assert_eq!(clinic.copies().into_values().collect::<Vec<_>>(), [2]);
    let listed = String::from_utf8(clinic.command(&["outbox", "list"]).stdout).unwrap();
    assert!(listed.contains(Trouble::Unsure.word()), "{listed}");
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_definite_refusal_stops_and_a_temporary_one_waits() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Answer(At::Rcpt, "450 4.2.1 not now"));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.until("deferred", async |clinic| clinic.log().contains("waits")).await;
    assert_eq!(clinic.left(), 0, "intake goes on");
    clinic.smtp.set(Mode::Accept);
    clinic.tamper(DUE_NOW).await;
    clinic.settle(1).await;
    assert_eq!(clinic.smtp.messages().len(), 1);

    clinic.smtp.set(Mode::Answer(At::Rcpt, "550 5.1.1 no such user"));
    clinic.deliver(&mail(2));
    clinic.settle(2).await;
    assert_eq!(clinic.entries().await[1].reply, ReplyState::Held.word());
    clinic.smtp.set(Mode::Accept);
    assert!(clinic.command(&["outbox", "retry", "--all"]).status.success());
    clinic.until("sent after all", async |clinic| clinic.smtp.messages().len() == 2).await;
    clinic.settle(2).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_reply_that_grew_too_old_while_the_server_was_away_is_not_sent() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Drop(At::Connect));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.until("waiting", async |clinic| clinic.log().contains("Replies wait")).await;
    clinic.stop();
    clinic.tamper("update entry set arrived_at = arrived_at - 4 * 86400000").await;
    clinic.tamper(DUE_NOW).await;
    clinic.smtp.set(Mode::Accept);
    clinic.start();
    clinic.settle(1).await;
    assert_eq!(clinic.entry().await.reply, ReplyState::Expired.word());
    assert!(clinic.smtp.messages().is_empty());
}
