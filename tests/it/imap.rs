//! The IMAP mailbox against a real Dovecot, whatever it says that it can do.

use std::time::{Duration, Instant, SystemTime};

use inkom::config::Tls;
use inkom::mailbox::MailboxErrorKind::{NoFolder, SignIn, Unreachable, Untrusted, ValidityChanged};
use inkom::mailbox::{FolderReport, FolderState, Imap, ImapReport, Mailbox as _, ServerKind, Survey, Woken};

use crate::support::certificates::Flaw;
use crate::support::dovecot::{Dovecot, Options};
use crate::support::write_secret;

/// With and without UIDPLUS, MOVE and IDLE.
const CAPABILITIES: [Option<&str>; 4] =
    [None, Some("IMAP4rev1 UIDPLUS IDLE"), Some("IMAP4rev1 MOVE"), Some("IMAP4rev1")];

/// Text that looks like the protocol, bytes in no charset, and no line end at the end.
fn mail(number: usize) -> Vec<u8> {
    let mut raw = format!("From: a@example.se\r\nSubject: {number}\r\n\r\nHej\r\n{{400000000}}\r\n").into_bytes();
    raw.extend_from_slice(b"r\xe4ksm\xf6rg\xe5s \xff) )\r\n* BYE\r\ni3 OK\r\nslut");
    raw
}

/// A large message, of lines that each say where they stand.
fn large(size_bytes: usize) -> Vec<u8> {
    let mut raw = b"From: a@example.se\r\nSubject: stor\r\n\r\n".to_vec();
    while raw.len() + 80 < size_bytes {
        raw.extend_from_slice(format!("{:078}\r\n", raw.len()).as_bytes());
    }
    raw.resize(size_bytes, b'x');
    raw
}

async fn texts(imap: &mut Imap, folder: &str, survey: &Survey) -> Vec<Vec<u8>> {
    let sizes = imap.sizes(folder, survey.validity, &survey.uids).await.unwrap();
    assert_eq!(sizes.len(), survey.uids.len());
    let fetched = imap.fetch(folder, survey.validity, &sizes).await.unwrap();
    assert!(fetched.iter().map(|message| &message.uid).eq(&survey.uids));
    fetched.into_iter().map(|message| message.raw).collect()
}

#[tokio::test]
async fn messages_are_listed_and_come_bit_for_bit_and_stay_unread() {
    let dovecot = Dovecot::start(Options::default());
    let mut imap = dovecot.imap();
    assert!(imap.survey("INBOX").await.unwrap().uids.is_empty());
    let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let sent: Vec<Vec<u8>> = (0..40).map(mail).chain([vec![], b"\r\n".to_vec(), b"x".to_vec()]).collect();
    for raw in &sent {
        dovecot.deliver_to("INBOX", raw, Some(received));
    }
    let survey = imap.survey("INBOX").await.unwrap();
    assert_eq!(texts(&mut imap, "INBOX", &survey).await, sent);
    let sizes = imap.sizes("INBOX", survey.validity, &survey.uids).await.unwrap();
    assert!(sizes.iter().map(|sized| sized.size_bytes).eq(sent.iter().map(|raw| raw.len() as u64)));
    let fetched = imap.fetch("INBOX", survey.validity, &sizes[..1]).await.unwrap();
    assert_eq!(fetched[0].internal_date.as_second(), 1_795_000_000);
    assert!(dovecot.left("INBOX").iter().all(|name| dovecot.flags("INBOX", name).is_empty()));
}

#[tokio::test]
async fn large_messages_come_bit_for_bit() {
    const WHOLE_MAX: usize = 4 << 20;
    const PART: usize = 1 << 20;
    let dovecot = Dovecot::start(Options::default());
    let sent = [WHOLE_MAX, WHOLE_MAX + 1, 5 * PART, 5 * PART - 1, 50_000_000].map(large);
    for raw in &sent {
        dovecot.deliver(raw);
    }
    let mut imap = dovecot.imap();
    let survey = imap.survey("INBOX").await.unwrap();
    let fetched = texts(&mut imap, "INBOX", &survey).await;
    assert!(fetched == sent, "{:?}", fetched.iter().map(Vec::len).collect::<Vec<_>>());
}

#[tokio::test]
async fn exactly_ours_is_removed_and_what_others_marked_survives() {
    for capability in CAPABILITIES {
        let exact = capability.is_none_or(|said| said.contains("UIDPLUS"));
        let dovecot = Dovecot::start(Options { capability, ..Options::default() });
        let names: Vec<String> = (0..4).map(|number| dovecot.deliver(&mail(number))).collect();
        let mut imap = dovecot.imap();
        let survey = imap.survey("INBOX").await.unwrap();
        let ours = &survey.uids[1..3];

        dovecot.mark_deleted("INBOX", &names[3]);
        let removal = imap.remove("INBOX", survey.validity, ours).await.unwrap();
        if exact {
            assert_eq!((&removal.gone[..], &removal.left[..]), (ours, &[][..]), "{capability:?}");
            assert_eq!(dovecot.left("INBOX"), [&names[0][..], &names[3]], "{capability:?}");
        } else {
            assert_eq!((&removal.gone[..], &removal.left[..]), (&[][..], ours), "{capability:?}");
            assert_eq!(dovecot.left("INBOX"), names[..], "{capability:?}");
            assert_eq!(dovecot.flags("INBOX", &names[1]), "", "unmarked again, {capability:?}");
        }
        assert_eq!(dovecot.flags("INBOX", &names[3]), "T", "{capability:?}");

        dovecot.take_away("INBOX", &names[3]);
        let removal = imap.remove("INBOX", survey.validity, ours).await.unwrap();
        assert_eq!((&removal.gone[..], &removal.left[..]), (ours, &[][..]), "{capability:?}");
        assert_eq!(dovecot.left("INBOX"), [&names[0][..]], "{capability:?}");
    }
}

#[tokio::test]
async fn originals_are_kept_in_another_folder_where_one_is_named() {
    for capability in CAPABILITIES {
        let dovecot = Dovecot::start(Options { capability, ..Options::default() });
        dovecot.create("Klart &AOU-r");
        let names: Vec<String> = (0..3).map(|number| dovecot.deliver(&mail(number))).collect();
        let mut imap = dovecot.imap_keeping_in("Klart år");
        let survey = imap.survey("INBOX").await.unwrap();
        let removal = imap.remove("INBOX", survey.validity, &survey.uids[..2]).await.unwrap();
        assert_eq!((&removal.gone[..], &removal.left[..]), (&survey.uids[..2], &[][..]), "{capability:?}");
        assert_eq!(dovecot.left("INBOX"), [&names[2][..]], "{capability:?}");
        let mut kept = dovecot.bytes("Klart &AOU-r");
        kept.sort();
        assert_eq!(kept, [mail(0), mail(1)], "{capability:?}");

        let mut imap = dovecot.imap_keeping_in("Finns inte");
        let error = imap.remove("INBOX", survey.validity, &survey.uids[2..]).await.unwrap_err();
        assert_eq!(error.kind, NoFolder, "{error}, {capability:?}");
        assert_eq!(dovecot.left("INBOX"), [&names[2][..]], "{capability:?}");
        assert_eq!(dovecot.flags("INBOX", &names[2]), "", "{capability:?}");
    }
}

#[tokio::test]
async fn what_vanishes_meanwhile_is_left_out_or_gone() {
    let dovecot = Dovecot::start(Options::default());
    let names: Vec<String> = (0..3).map(|number| dovecot.deliver(&mail(number))).collect();
    let mut imap = dovecot.imap();
    let survey = imap.survey("INBOX").await.unwrap();
    let sizes = imap.sizes("INBOX", survey.validity, &survey.uids).await.unwrap();
    // Another client removes it; ours notices with its next command.
    let mut other = dovecot.imap();
    other.remove("INBOX", survey.validity, &survey.uids[1..2]).await.unwrap();
    let fetched = imap.fetch("INBOX", survey.validity, &sizes).await.unwrap();
    assert!(fetched.iter().map(|message| &message.uid).eq([&survey.uids[0], &survey.uids[2]]));
    assert_eq!(imap.sizes("INBOX", survey.validity, &survey.uids).await.unwrap().len(), 2);
    let removal = imap.remove("INBOX", survey.validity, &survey.uids[..2]).await.unwrap();
    assert_eq!(removal.gone, survey.uids[..2]);
    assert_eq!(dovecot.left("INBOX"), [&names[2][..]]);
}

#[tokio::test]
async fn folders_are_apart_and_may_have_swedish_names() {
    let dovecot = Dovecot::start(Options::default());
    dovecot.create("Skr&AOQ-ppost");
    let spam = dovecot.deliver_to("Skr&AOQ-ppost", &mail(7), None);
    let name = dovecot.deliver(&mail(1));
    let mut imap = dovecot.imap();
    let inbox = imap.survey("INBOX").await.unwrap();
    let junk = imap.survey("Skräppost").await.unwrap();
    assert_eq!((inbox.uids.len(), junk.uids.len()), (1, 1));
    assert_eq!(texts(&mut imap, "INBOX", &inbox).await, [mail(1)]);
    assert_eq!(texts(&mut imap, "Skräppost", &junk).await, [mail(7)]);
    imap.remove("Skräppost", junk.validity, &junk.uids).await.unwrap();
    assert_eq!(dovecot.left("INBOX"), [name]);
    assert_eq!(dovecot.left("Skr&AOQ-ppost"), [""; 0], "{spam} is gone");
    assert_eq!(imap.survey("Finns inte").await.unwrap_err().kind, NoFolder);
    assert_eq!(imap.survey("INBOX").await.unwrap(), inbox);
}

#[tokio::test]
async fn another_uidvalidity_voids_what_was_listed() {
    let dovecot = Dovecot::start(Options::default());
    let name = dovecot.deliver(&mail(1));
    let mut imap = dovecot.imap();
    let before = imap.survey("INBOX").await.unwrap();
    let sizes = imap.sizes("INBOX", before.validity, &before.uids).await.unwrap();
    drop(imap);
    dovecot.change_validity("INBOX");
    let mut imap = dovecot.imap();
    assert_eq!(imap.remove("INBOX", before.validity, &before.uids).await.unwrap_err().kind, ValidityChanged);
    assert_eq!(imap.fetch("INBOX", before.validity, &sizes).await.unwrap_err().kind, ValidityChanged);
    assert_eq!(imap.sizes("INBOX", before.validity, &before.uids).await.unwrap_err().kind, ValidityChanged);
    assert_eq!(dovecot.flags("INBOX", &name), "");
    let after = imap.survey("INBOX").await.unwrap();
    assert_ne!(after.validity, before.validity);
    assert_eq!(texts(&mut imap, "INBOX", &after).await, [mail(1)]);
}

#[tokio::test]
async fn a_delivery_ends_the_wait() {
    let dovecot = Dovecot::start(Options::default());
    dovecot.create("Junk");
    let mut imap = dovecot.imap();
    imap.survey("INBOX").await.unwrap();
    assert_eq!(imap.wait("INBOX", Duration::from_millis(300)).await.unwrap(), Woken::ByTime);

    let begun = Instant::now();
    let deliver = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        dovecot.deliver(&mail(1));
    };
    let (woken, ()) = tokio::join!(imap.wait("INBOX", Duration::from_secs(30)), deliver);
    assert_eq!(woken.unwrap(), Woken::ByMailbox);
    assert!(begun.elapsed() < Duration::from_secs(10));

    // What came while another folder was open counts too.
    imap.survey("INBOX").await.unwrap();
    dovecot.deliver(&mail(2));
    imap.survey("Junk").await.unwrap();
    assert_eq!(imap.wait("INBOX", Duration::from_secs(30)).await.unwrap(), Woken::ByMailbox);
    let survey = imap.survey("INBOX").await.unwrap();
    assert_eq!(texts(&mut imap, "INBOX", &survey).await, [mail(1), mail(2)]);

    // Our own removals are no news.
    imap.remove("INBOX", survey.validity, &survey.uids).await.unwrap();
    assert_eq!(imap.wait("INBOX", Duration::from_millis(300)).await.unwrap(), Woken::ByTime);
}

#[tokio::test]
async fn without_idle_waiting_is_sleeping() {
    let dovecot = Dovecot::start(Options { capability: Some("IMAP4rev1"), ..Options::default() });
    dovecot.deliver(&mail(1));
    let begun = Instant::now();
    assert_eq!(dovecot.imap().wait("INBOX", Duration::from_millis(300)).await.unwrap(), Woken::ByTime);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_server_that_ends_and_comes_back_is_found_again() {
    let mut dovecot = Dovecot::start(Options::default());
    dovecot.deliver(&mail(1));
    let mut imap = dovecot.imap();
    imap.survey("INBOX").await.unwrap();
    dovecot.disconnect_all();
    assert_eq!(imap.survey("INBOX").await.unwrap_err().kind, Unreachable);
    assert_eq!(imap.survey("INBOX").await.unwrap().uids.len(), 1);
    dovecot.stop();
    for _ in 0..2 {
        assert_eq!(imap.survey("INBOX").await.unwrap_err().kind, Unreachable);
    }
    assert_eq!(imap.survey("INBOX").await.unwrap_err().kind, Unreachable);
}

#[tokio::test]
async fn starttls_is_as_good_as_implicit_tls() {
    let dovecot = Dovecot::start(Options::default());
    dovecot.deliver(&mail(1));
    let mut imap = Imap::new(&dovecot.source(Tls::Starttls), None).unwrap();
    let survey = imap.survey("INBOX").await.unwrap();
    assert_eq!(texts(&mut imap, "INBOX", &survey).await, [mail(1)]);
    assert!(dovecot.log().contains("mottagning"), "the log shows who signs in");
}

#[tokio::test]
async fn no_credential_goes_to_a_server_that_cannot_be_trusted() {
    for (flaw, tls, port) in [
        (Flaw::Expired, true, Tls::Implicit),
        (Flaw::OtherName, true, Tls::Implicit),
        (Flaw::OtherIssuer, true, Tls::Implicit),
        (Flaw::Expired, true, Tls::Starttls),
        (Flaw::OtherName, true, Tls::Starttls),
        (Flaw::OtherIssuer, true, Tls::Starttls),
        (Flaw::None, false, Tls::Starttls),
    ] {
        let case = format!("{flaw:?}, {port:?}, TLS {tls}");
        let dovecot = Dovecot::start(Options { flaw, tls, ..Options::default() });
        let mut imap = Imap::new(&dovecot.source(port), None).unwrap();
        let error = imap.survey("INBOX").await.expect_err(&case);
        assert_eq!(error.kind, Untrusted, "{case}: {error}");
        let log = dovecot.log();
        assert!(!log.contains("hemligt-4711") && !log.contains("mottagning"), "{case}: {log}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_dead_server() {
    let password = "lösen med \"citat\" och \\ å";
    let dovecot = Dovecot::start(Options { password, ..Options::default() });
    dovecot.deliver(&mail(1));
    assert_eq!(dovecot.imap().survey("INBOX").await.unwrap().uids.len(), 1);
    write_secret(&dovecot.password_file(), "fel-4712");
    let error = dovecot.imap().survey("INBOX").await.unwrap_err();
    assert_eq!(error.kind, SignIn);
    assert!(!error.text.contains("mottagning") && !error.text.contains("4712"), "{error}");
    assert!(dovecot.log().contains("fel-4712"), "the log shows what was signed in with");
}

#[tokio::test]
async fn the_report_tells_what_the_server_is_and_changes_nothing() {
    let dovecot = Dovecot::start(Options::default());
    let name = dovecot.deliver(&mail(1));
    let folders = ["INBOX".to_owned(), "Finns inte".to_owned()];
    let mut imap = dovecot.imap();
    let report = imap.report(&folders).await.unwrap();
    let survey = imap.survey("INBOX").await.unwrap();
    let [inbox, missing] = folders;
    let expected = ImapReport {
        server: ServerKind::Dovecot,
        uidplus: true,
        moves: true,
        idle: true,
        folders: vec![
            FolderReport { folder: inbox, state: FolderState::There { messages: 1, validity: survey.validity } },
            FolderReport { folder: missing, state: FolderState::Missing },
        ],
    };
    assert_eq!(report, expected);
    // It may be removed after an EXAMINE too: the folder is opened anew.
    imap.report(&["INBOX".to_owned()]).await.unwrap();
    imap.remove("INBOX", survey.validity, &survey.uids).await.unwrap();
    assert_eq!(dovecot.left("INBOX"), [""; 0], "{name} is gone");

    let dovecot = Dovecot::start(Options { capability: Some("IMAP4rev1 ID"), ..Options::default() });
    let report = dovecot.imap().report(&[]).await.unwrap();
    assert!(!report.uidplus && !report.moves && !report.idle);
}
