//! The way of a message through the real program: mailbox → diary → PDF → reply → empty mailbox.

use std::time::Duration;

use inkom::config::GovernedText;
use inkom::diary::{AuditRow, ReplyState};
use inkom::model::{ArrivalSource, AuditAction, Digest, HoldReason, Stage, Trouble};
use jiff::Timestamp;
use mail_parser::MessageParser;

use crate::support::clinic::{Clinic, Options, mail, mail_from};
use crate::support::dovecot;
use crate::support::smtp::Mode;

/// R33–R36: number, PDF, byte-exact reply with null sender and no history, mailbox empty, diary proven.
#[tokio::test]
async fn a_swedish_mail_is_registered_kept_answered_and_taken_out_of_the_mailbox() {
    let mut clinic = Clinic::open().await;
    let raw = mail_from("anna@example.org", "fraga-1@example.org", "Hej! Jag undrar över min medicin. Räksmörgås.");
    clinic.deliver(&raw);
    clinic.start();
    clinic.settle(1).await;

    let details = clinic.entry().await;
    assert_eq!(details.raw, Digest::of(&raw));
    assert!(matches!(details.entry.stage, Stage::Done(_)));
    assert_eq!(details.public_description, "Inkommet e-postmeddelande");
    assert_eq!(details.confidentiality.word(), "ej-provad");
    assert_eq!(details.entry.arrival.source, ArrivalSource::OwnHost);
    assert_eq!(details.summary.as_ref().unwrap().subject.as_deref(), Some("Fråga"));
    assert_eq!(clinic.left(), 0);

    let replies = clinic.smtp.messages();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].mail_from, "", "the null sender");
    assert_eq!(replies[0].rcpt_tos, ["anna@example.org"]);
    let reply = MessageParser::default().parse(&replies[0].bytes).unwrap();
    let text = GovernedText::load(std::path::Path::new("config/reply.toml")).unwrap();
    assert_eq!(reply.body_text(0).unwrap(), text.text);
    assert_eq!(reply.subject(), Some("Automatiskt svar"));
    assert_eq!(reply.header_raw("Auto-Submitted").map(str::trim), Some("auto-replied"));
    let whole = String::from_utf8_lossy(&replies[0].bytes);
    assert!(!whole.contains("medicin") && !whole.contains("Fr=C3=A5ga"), "no history");
    clinic.stop();
    clinic.assert_whole().await;

    // The reply is the second document of the entry (R52), and the PDF shows the message.
    let diary = clinic.diary().await;
    let mut tx = diary.read().await.unwrap();
    let documents = tx.documents(details.entry.id).await.unwrap();
    assert_eq!(
        documents.iter().map(|(n, direction, _)| (*n, direction.as_str())).collect::<Vec<_>>(),
        [(1, "inkommen"), (2, "utgående")]
    );
    assert_eq!(tx.kept(&documents[1].2).await.unwrap().unwrap(), replies[0].bytes);
    drop(tx);
    let pdf = clinic.state_dir().join("../page.pdf");
    let number = details.entry.number.to_string();
    assert!(clinic.command(&["diary", "show", &number, "--pdf", pdf.to_str().unwrap()]).status.success());
    let text = std::process::Command::new("pdftotext").args(["-layout", pdf.to_str().unwrap(), "-"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    for shown in [number.as_str(), "Mottagningen", "anna@example.org", "Fråga", "Räksmörgås"] {
        assert!(text.contains(shown), "{shown} is not in the PDF:\n{text}");
    }
}

#[tokio::test]
async fn two_messages_with_one_message_id_are_two_entries_and_one_without_is_no_matter() {
    let mut clinic = Clinic::open().await;
    clinic.deliver(&mail_from("a@example.org", "samma@example.org", "Första."));
    clinic.deliver(&mail_from("a@example.org", "samma@example.org", "Andra."));
    let without = String::from_utf8(mail(3)).unwrap().replace("Message-ID: <nummer-3@example.org>\r\n", "");
    clinic.deliver(without.as_bytes());
    clinic.start();
    clinic.settle(3).await;
    clinic.stop();
    clinic.assert_whole().await;
    let entries = clinic.entries().await;
    let duplicates: Vec<bool> = entries.iter().map(|details| details.duplicate_of.is_some()).collect();
    assert_eq!(duplicates.iter().filter(|duplicate| **duplicate).count(), 1, "{duplicates:?}");
    assert_eq!(clinic.smtp.messages().len(), 2, "one answer per address within the window");
}

#[tokio::test]
async fn a_second_mail_within_the_window_is_registered_and_not_answered() {
    let mut clinic = Clinic::open().await;
    clinic.deliver(&mail_from("a@example.org", "1@example.org", "Hej"));
    clinic.start();
    clinic.settle(1).await;
    clinic.deliver(&mail_from("A@Example.org", "2@example.org", "Hej igen"));
    clinic.settle(2).await;
    assert_eq!(clinic.entries().await[1].reply_reason, "answered-recently");
    assert_eq!(clinic.smtp.messages().len(), 1);
}

#[tokio::test]
async fn mail_in_the_junk_folder_is_registered_removed_and_never_answered() {
    let mut clinic = Clinic::open().await;
    let raw = mail(1);
    clinic.dovecot.deliver_to("Junk", &raw, None);
    clinic.start();
    clinic.settle(1).await;
    let details = clinic.entry().await;
    assert_eq!((details.entry.folder.as_str(), details.reply_reason.as_str()), ("Junk", "junk-folder"));
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (0, 0));
}

#[tokio::test]
async fn what_lay_there_at_first_contact_waits_for_adoption_and_what_comes_later_does_not() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    for n in 0..3 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.settle(3).await;
    clinic.deliver(&mail(9));
    clinic.settle(4).await;
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (3, 1), "the later one is done");
    assert!(clinic.entries().await[..3].iter().all(|details| details.entry.backlog && details.reply.is_empty()));
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.until("the backlog is done", async |clinic| clinic.left() == 0 && clinic.smtp.messages().len() == 4).await;
    clinic.settle(4).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_backlog_that_is_adopted_late_is_not_answered() {
    let mut clinic = Clinic::with(Options { adopted: false, authority: "", ..Options::default() }).await;
    let long_ago = std::time::SystemTime::now() - Duration::from_hours(4 * 24);
    clinic.dovecot.deliver_to("INBOX", &mail(1), Some(long_ago));
    clinic.start();
    clinic.settle(1).await;
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.until("removed", async |clinic| clinic.left() == 0).await;
    clinic.settle(1).await;
    assert_eq!(clinic.entry().await.reply_reason, "too-old");
    assert!(clinic.smtp.messages().is_empty());
}

#[tokio::test]
async fn a_new_uidvalidity_renumbers_nothing_and_answers_nothing_again() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    for n in 0..4 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.settle(4).await;
    clinic.stop();
    clinic.dovecot.change_validity("INBOX");
    clinic.start();
    clinic.until("met again", async |clinic| clinic.log().contains("new UIDVALIDITY")).await;
    clinic.settle(4).await;
    assert_eq!(clinic.left(), 4, "still the backlog");
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.until("removed", async |clinic| clinic.left() == 0).await;
    clinic.settle(4).await;
    clinic.stop();
    clinic.assert_whole().await;
    assert_eq!(clinic.copies().len(), 4);
}

/// The folder is made anew while removals are pending, and their UIDs are now those of messages never seen.
#[tokio::test]
async fn a_new_uidvalidity_voids_pending_removals() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    let first: Vec<String> = (1..=2).map(|n| clinic.deliver(&mail(n))).collect();
    clinic.start();
    clinic.settle(2).await;
    clinic.stop();
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.start_to_be_killed_at("answered", 1);
    assert!(clinic.was_killed_within(Duration::from_secs(30)).await, "{}", clinic.log());
    assert_eq!(clinic.left(), 2, "both removals are pending");

    for name in first {
        clinic.dovecot.take_away("INBOX", &name);
    }
    clinic.dovecot.renew("INBOX");
    for n in 3..=4 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.until("all are removed", async |clinic| clinic.left() == 0).await;
    clinic.assert_nothing_lost().await;
    clinic.settle(4).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_message_that_another_hand_takes_away_is_still_registered_and_done() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    let name = clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(1).await;
    clinic.dovecot.take_away("INBOX", &name);
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.until("done", async |clinic| matches!(clinic.entry().await.entry.stage, Stage::Done(_))).await;
    clinic.assert_nothing_lost().await;
}

#[tokio::test]
async fn a_copy_restored_from_backup_is_recognised_and_removed_again() {
    let mut clinic = Clinic::open().await;
    let raw = mail(1);
    clinic.deliver(&raw);
    clinic.start();
    clinic.settle(1).await;
    clinic.until("removed", async |clinic| clinic.left() == 0).await;
    clinic.dovecot.deliver(&raw);
    clinic.until("removed again", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    assert_eq!(clinic.entries().await.len(), 1);
    assert!(clinic.log().contains("Met MM"));
    assert_eq!(clinic.smtp.messages().len(), 1);
    clinic.assert_whole().await;
}

#[tokio::test]
async fn originals_can_be_kept_in_a_folder() {
    let mut clinic = Clinic::with(Options { mailbox: "keep_in = \"Arkiv\"", ..Options::default() }).await;
    clinic.dovecot.create("Arkiv");
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(1).await;
    assert_eq!((clinic.left(), clinic.dovecot.left("Arkiv").len()), (0, 1));
}

#[tokio::test]
async fn another_clients_deleted_message_survives_our_removal() {
    let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
    let theirs = clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(1).await;
    clinic.dovecot.mark_deleted("INBOX", &theirs);
    clinic.deliver(&mail(2));
    clinic.until("ours is removed", async |clinic| clinic.left() == 1 && clinic.entries().await.len() == 2).await;
    assert_eq!(clinic.dovecot.left("INBOX"), [theirs]);
}

#[tokio::test]
async fn unreadable_empty_and_hostile_messages_get_numbers_and_stop_no_one() {
    let mut clinic = Clinic::open().await;
    let deep = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(3000)
    );
    let hostile: [&[u8]; 6] = [
        b"\r\n",
        b"\xff\xfe\x00\x01 inte ett brev",
        b"From\r\n\r\n",
        deep.as_bytes(),
        "A".repeat(300_000).leak().as_bytes(),
        b"Subject: =?utf-8?B?////?=\r\n\r\n\x80\x81",
    ];
    for raw in hostile {
        clinic.dovecot.deliver(raw);
    }
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(7).await;
    clinic.until("all removed", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    assert_eq!(clinic.verify().await.faults, Vec::<String>::new());
    assert_eq!(clinic.smtp.messages().len(), 1, "only the person is answered");
}

#[tokio::test]
async fn a_message_over_the_reading_limit_is_kept_whole_and_gets_its_page() {
    let mut clinic = Clinic::with(Options { limits: "read_max_bytes = 100000", ..Options::default() }).await;
    let mut raw = mail(1);
    raw.extend("En lång rad med text.\r\n".repeat(200_000).bytes());
    clinic.deliver(&raw);
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
    let summary = clinic.entry().await.summary.unwrap();
    assert!(!summary.defects.is_empty());
    assert_eq!(summary.subject.as_deref(), Some("Fråga"));
}

#[tokio::test]
async fn the_servers_placeholder_is_held_and_never_removed() {
    let mut clinic = Clinic::open().await;
    clinic.deliver(b"From: Microsoft Exchange <x@example.se>\r\nSubject: Retrieval using the IMAP4 protocol failed for the following message: 7\r\n\r\nThe server could not retrieve it.\r\n");
    clinic.start();
    clinic.settle(1).await;
    let entry = clinic.entry().await.entry;
    assert!(matches!(entry.stage, Stage::Held { reason: HoldReason::Placeholder, .. }));
    assert_eq!(clinic.left(), 1);
    let number = entry.number.to_string();
    let shown = String::from_utf8(clinic.command(&["held", "show", &number]).stdout).unwrap();
    let words: Vec<&str> = shown.split_whitespace().collect();
    assert!(words.join(" ").contains("Originalet ligger kvar"), "{shown}");

    // A retry fetches anew, and never lets the placeholder go on to removal.
    assert!(clinic.command(&["held", "retry", &number]).status.success());
    clinic.until("fetched anew", async |clinic| clinic.log().contains("Met MM")).await;
    assert!(matches!(clinic.entry().await.entry.stage, Stage::Held { reason: HoldReason::Placeholder, .. }));
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (1, 0));
}

/// R57: a server that takes no null sender holds the replies, names the fix, and loses nothing.
#[tokio::test]
async fn a_server_that_refuses_the_null_sender_holds_the_replies_until_the_fix_is_made() {
    let mut clinic = Clinic::open().await;
    clinic.smtp.set(Mode::REFUSE_NULL_SENDER);
    clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(1).await;
    assert_eq!(clinic.entry().await.reply, ReplyState::Held.word());
    assert_eq!(clinic.left(), 0, "intake goes on");
    let listed = String::from_utf8(clinic.command(&["outbox", "list"]).stdout).unwrap();
    assert!(listed.contains(Trouble::NullSenderRefused.word()) && listed.contains("smtp.envelope_from"), "{listed}");
    let checked = clinic.command(&["check"]);
    assert!(String::from_utf8(checked.stdout).unwrap().contains("smtp.envelope_from"));
    clinic.stop();
    clinic.edit_config("[smtp]\n", "[smtp]\nenvelope_from = \"obevakad@example.se\"\n");
    clinic.start();
    clinic.until("sent", async |clinic| clinic.smtp.messages().len() == 1).await;
    clinic.settle(1).await;
    assert_eq!(clinic.smtp.messages()[0].mail_from, "obevakad@example.se");
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn the_breaker_stops_sending_until_a_person_resumes_it() {
    let mut clinic = Clinic::with(Options { reply: "max_per_hour = 2", ..Options::default() }).await;
    for n in 0..3 {
        clinic.deliver(&mail(n));
    }
    clinic.start();
    clinic.until("stopped", async |clinic| clinic.log().contains("Sending has stopped")).await;
    assert_eq!(clinic.smtp.messages().len(), 2);
    assert_eq!(clinic.left(), 0, "intake goes on");
    let listed = String::from_utf8(clinic.command(&["outbox", "list"]).stdout).unwrap();
    assert!(listed.contains("SENDING HAS STOPPED"), "{listed}");
    assert!(clinic.command(&["outbox", "resume"]).status.success());
    clinic.settle(3).await;
    assert_eq!(clinic.smtp.messages().len(), 3);
}

/// R2: none of a patient's data in logs at any level, in the reply, in error texts or in names of files.
#[tokio::test]
async fn no_personal_datum_reaches_the_log_the_reply_or_a_file_name() {
    const SENTINELS: [&str; 6] = [
        "Sentinella Namnsson",
        "18900103-9800",
        "Sentinelgatan 7",
        "070-174 06 09",
        "sentinelorsak",
        "sentineldiagnos",
    ];
    let mut clinic = Clinic::open().await;
    let text = SENTINELS.join("\r\n");
    let raw = String::from_utf8(mail_from("sentinelavsandare@example.org", "sentinel-id@example.org", &text)).unwrap();
    let raw = raw
        .replace("From: <", &format!("From: {} <", SENTINELS[0]))
        .replace("=?utf-8?Q?Fr=C3=A5ga?=", "sentinelorsak sentineldiagnos");
    clinic.deliver(raw.as_bytes());
    // One that is sent into errors: refused by the mail server.
    clinic.start();
    clinic.settle(1).await;
    clinic.smtp.set(Mode::Answer(crate::support::smtp::At::Rcpt, "550 5.1.1 <sentinelmottagare@example.org> unknown"));
    clinic.deliver(&mail_from("sentinelmottagare@example.org", "sentinel-2@example.org", &text));
    clinic.settle(2).await;
    clinic.stop();
    let log = clinic.log();
    assert!(log.contains("Registered MM"), "the log is there");
    for sentinel in
        SENTINELS.iter().copied().chain(["sentinelavsandare", "sentinelmottagare", "sentinel-id", "sentinelorsak"])
    {
        assert!(!log.contains(sentinel), "{sentinel} is in the log:\n{log}");
    }
    for message in clinic.smtp.messages() {
        let reply = String::from_utf8_lossy(&message.bytes).into_owned();
        for sentinel in SENTINELS {
            assert!(!reply.contains(sentinel), "{sentinel} is in the reply");
        }
    }
}

#[tokio::test]
async fn kept_bytes_that_changed_hold_the_entry_and_only_its_original_stays() {
    for form in ["raw", "pdf"] {
        let mut clinic = Clinic::with(Options { adopted: false, ..Options::default() }).await;
        for n in 1..=3 {
            clinic.deliver(&mail(n));
        }
        clinic.start();
        clinic.settle(3).await;
        clinic.stop();
        // Answered, with the removal still to come, when the bytes change.
        assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
        clinic.start_to_be_killed_at("answered", 1);
        assert!(clinic.was_killed_within(Duration::from_secs(30)).await, "{}", clinic.log());
        let sql = format!(
            "update blob_part set bytes = zeroblob(length(bytes)) where blob_id =
             (select id from blob where digest = (select {form} from entry where serial = 2))"
        );
        clinic.tamper(sql.leak()).await;
        clinic.start();
        clinic.settle(3).await;
        let entries = clinic.entries().await;
        let stages: Vec<_> = entries.iter().map(|details| &details.entry.stage).collect();
        assert!(
            matches!(
                stages[..],
                [Stage::Done(_), Stage::Held { reason: HoldReason::KeptBytesDiffer, .. }, Stage::Done(_)]
            ),
            "{form}: {stages:?}"
        );
        let left: Vec<Digest> = clinic.dovecot.bytes("INBOX").iter().map(|raw| Digest::of(raw)).collect();
        assert_eq!(left, [entries[1].raw], "{form}");
        clinic.stop();
        let verified = clinic.command(&["verify"]);
        assert!(!verified.status.success());
        assert!(String::from_utf8(verified.stdout).unwrap().contains("FAULT"));
    }
}

/// Without UIDPLUS, EXPUNGE would take another client's message too; so nothing is removed, and a person has to look.
#[tokio::test]
async fn an_original_that_cannot_be_removed_is_held_and_never_called_gone() {
    let dovecot = dovecot::Options { capability: Some("IMAP4rev1"), ..dovecot::Options::default() };
    let mut clinic = Clinic::with(Options { dovecot, adopted: false, ..Options::default() }).await;
    let theirs = clinic.deliver(&mail(1));
    clinic.start();
    clinic.settle(1).await;
    clinic.dovecot.mark_deleted("INBOX", &theirs);
    clinic.deliver(&mail(2));
    clinic
        .until("held or done", async |clinic| {
            let entries = clinic.entries().await;
            entries.len() == 2 && matches!(entries[1].entry.stage, Stage::Held { .. } | Stage::Done(_))
        })
        .await;
    let entry = clinic.entries().await.remove(1).entry;
    assert!(matches!(entry.stage, Stage::Held { reason: HoldReason::CannotRemove, .. }), "{:?}", entry.stage);
    assert_eq!(clinic.left(), 2);
    let diary = clinic.diary().await;
    let mut tx = diary.read().await.unwrap();
    let sightings = tx.sightings(entry.id).await.unwrap();
    assert!(sightings.iter().all(|(_, gone)| gone.is_none()), "{sightings:?}");
    let audit = tx.audit_of(&entry.number).await.unwrap();
    let called_gone =
        |row: &&AuditRow| matches!(row.event.action, AuditAction::OriginalRemoved | AuditAction::OriginalReturned);
    assert_eq!(audit.iter().filter(called_gone).count(), 0, "{audit:?}");
    drop(tx);
    diary.close().await;
    // Once the other client has expunged its own, a person's word is enough.
    clinic.dovecot.take_away("INBOX", &theirs);
    assert!(clinic.command(&["held", "retry", &entry.number.to_string()]).status.success());
    clinic.until("removed", async |clinic| clinic.left() == 0).await;
    clinic.settle(2).await;
    clinic.stop();
    clinic.assert_nothing_lost().await;
}

#[tokio::test]
async fn a_second_instance_on_one_state_folder_is_refused() {
    let mut clinic = Clinic::open().await;
    clinic.start();
    clinic.until("started", async |clinic| clinic.log().contains("has started")).await;
    let second = clinic.command(&["run"]);
    assert!(!second.status.success());
    assert!(String::from_utf8(second.stderr).unwrap().contains("another inkom is running there"));
}

#[tokio::test]
async fn the_time_of_arrival_is_that_of_our_own_host_and_not_of_the_date_header_or_of_polling() {
    let mut clinic = Clinic::open().await;
    let raw = "Received: from x by mx.example.se; Fri, 20 Nov 2026 23:30:00 +0100\r\nFrom: a@example.org\r\n\
               To: mottagningen@example.se\r\nDate: Mon, 2 Jan 2017 10:00:00 +0100\r\nSubject: Hej\r\n\r\nHej\r\n";
    clinic.deliver(raw.as_bytes());
    clinic.start();
    clinic.settle(1).await;
    let arrived: Timestamp = "2026-11-20T22:30:00Z".parse().unwrap();
    assert_eq!(clinic.entry().await.entry.arrival.arrived_at, arrived);
}

#[tokio::test]
async fn what_answers_our_reply_is_linked_to_what_the_reply_was_to() {
    let mut clinic = Clinic::open().await;
    clinic.deliver(&mail_from("a@example.org", "1@example.org", "Hej"));
    clinic.start();
    clinic.settle(1).await;
    clinic.until("the reply is out", async |clinic| clinic.smtp.messages().len() == 1).await;
    let first = clinic.entries().await.remove(0).entry.id;
    let reply = clinic.diary().await.read().await.unwrap().reply_of(first).await.unwrap().unwrap();
    let answer = |id: &str, refers: &str| {
        let mail = String::from_utf8(mail_from("b@example.org", id, "Tack")).unwrap();
        mail.replacen("From:", &format!("{refers}\r\nFrom:"), 1).into_bytes()
    };
    clinic.deliver(&answer("2@example.org", &format!("In-Reply-To: <{}>", reply.message_id)));
    clinic.deliver(&answer("3@example.org", "References: <nowhere@example.org> <1@example.org>"));
    clinic.deliver(&answer("4@example.org", "In-Reply-To: <nowhere@example.org>"));
    clinic.settle(4).await;
    let mut linked: Vec<(String, bool)> = clinic
        .entries()
        .await
        .into_iter()
        .map(|details| (details.message_id.clone(), details.answers == Some(first)))
        .collect();
    linked.sort();
    let expected = [("1", false), ("2", true), ("3", true), ("4", false)];
    assert_eq!(linked, expected.map(|(id, linked)| (format!("{id}@example.org"), linked)));
}
