//! Custody when the mailbox misbehaves: nothing unregistered is removed, and nothing that cannot be removed stands in the
//! way of what is new.

use inkom::model::{Digest, HoldReason, Stage};

use crate::support::clinic::{Clinic, Options, mail, mail_from};
use crate::support::smtp::{At, Mode};

#[tokio::test]
async fn originals_that_have_nowhere_to_go_keep_no_new_mail_waiting() {
    // The folder to keep originals in is not there.
    let mut clinic = Clinic::with(Options { mailbox: "keep_in = \"Arkiv\"", ..Options::default() }).await;
    for n in 0..40 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.until("all registered", async |clinic| clinic.entries().await.len() == 40).await;
    clinic.deliver(&mail(99));
    clinic.until("the new one too", async |clinic| clinic.entries().await.len() == 41).await;
    assert!(clinic.log().contains("the folder Arkiv for originals is not there; create it"));
    assert_eq!(clinic.left(), 41);
    clinic.dovecot.create("Arkiv");
    clinic.settle(41).await;
    assert_eq!((clinic.left(), clinic.dovecot.left("Arkiv").len()), (0, 41));
}

#[tokio::test]
async fn what_cannot_be_removed_is_held_until_a_person_lets_it_go_on() {
    let mut clinic = Clinic::open().await;
    clinic.deliver(&mail(1));
    clinic.dovecot.lock("INBOX", true);
    clinic.start();
    clinic
        .until("held", async |clinic| {
            let held = HoldReason::CannotRemove;
            clinic
                .entries()
                .await
                .iter()
                .any(|it| matches!(it.entry.stage, Stage::Held { reason, .. } if reason == held))
        })
        .await;
    assert_eq!(clinic.left(), 1);
    clinic.dovecot.lock("INBOX", false);
    assert!(clinic.command(&["held", "retry", "--all"]).status.success());
    clinic.until("removed", async |clinic| clinic.left() == 0).await;
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
}

/// A mailbox restored from backup gives UIDs out again under the same UIDVALIDITY.
#[tokio::test]
async fn another_message_under_a_known_uid_is_registered_and_not_removed_for_the_first() {
    let mut clinic = Clinic::with(Options { adopted: false, authority: "", ..Options::default() }).await;
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    let name = clinic.deliver_at(&mail(1), Some(an_hour_ago));
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    let other = mail(2);
    clinic.dovecot.replace("INBOX", &name, &other);
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.start();
    clinic.until("both registered", async |clinic| clinic.entries().await.len() == 2).await;
    clinic.settle(2).await;
    clinic.until("removed once kept", async |clinic| clinic.left() == 0).await;
    assert_eq!(clinic.entries().await[1].raw, Digest::of(&other));
    assert!(clinic.log().contains("Another message lies where"));
}

#[tokio::test]
async fn a_message_that_keeps_coming_back_is_held() {
    let mut clinic = Clinic::open().await;
    let raw = mail(1);
    clinic.deliver(&raw);
    clinic.start();
    for _ in 0..3 {
        clinic.until("removed", async |clinic| clinic.left() == 0 && !clinic.entries().await.is_empty()).await;
        clinic.dovecot.deliver(&raw);
        let seen = clinic.log().matches("Met MM").count() + clinic.log().matches("keep coming back").count();
        clinic
            .until("met", async |clinic| {
                clinic.log().matches("Met MM").count() + clinic.log().matches("keep coming back").count() > seen
            })
            .await;
    }
    clinic.until("held", async |clinic| matches!(clinic.entry().await.entry.stage, Stage::Held { .. })).await;
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (1, 1));
}

#[tokio::test]
async fn replies_that_waited_together_do_not_go_to_one_person_together() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Drop(At::Connect));
    clinic.deliver(&mail_from("a@example.org", "1@example.org", "Hej"));
    clinic.start();
    clinic.until("waiting", async |clinic| clinic.log().contains("Replies wait")).await;
    // The window has passed, and the mail server is still away.
    clinic.tamper("update outbox set queued_at = queued_at - 2 * 86400000").await;
    clinic.deliver(&mail_from("a@example.org", "2@example.org", "Hej igen"));
    clinic.until("both queued", async |clinic| clinic.entries().await.len() == 2 && clinic.left() == 0).await;
    clinic.smtp.set(Mode::Accept);
    clinic.tamper("update outbox set due_at = 1 where state = 'queued'").await;
    clinic.settle(2).await;
    assert_eq!(clinic.smtp.messages().len(), 1);
    let states: Vec<String> = clinic.entries().await.into_iter().map(|details| details.reply).collect();
    assert_eq!(states, ["sent", "expired"]);
}

#[tokio::test]
async fn an_attempt_whose_end_could_not_be_recorded_is_settled_without_a_restart() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::Drop(At::Connect));
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.until("waiting", async |clinic| clinic.log().contains("Replies wait")).await;
    clinic.tamper("update outbox set state = 'sending', data_begun = 0, due_at = 1").await;
    clinic.smtp.set(Mode::Accept);
    clinic.settle(1).await;
    assert_eq!(clinic.smtp.messages().len(), 1);
}
