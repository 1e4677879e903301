//! The IMAP mailbox against a real Dovecot.

use std::time::{Duration, SystemTime};

use inkom::mailbox::{Fetched, Mailbox as _, Sized};

use crate::support::dovecot::{Dovecot, Options};

/// Mail with what IMAP servers like to change: bare line ends, NULs excepted, 8-bit bytes, no line end at the end.
fn mail(number: usize) -> Vec<u8> {
    let mut raw = format!("From: a@example.se\r\nSubject: {number}\r\n\r\nHej\r\n{{400000000}}\r\n").into_bytes();
    raw.extend_from_slice(b"r\xe4ksm\xf6rg\xe5s \xff) )\r\n* BYE\r\ni3 OK\r\nslut");
    raw
}

#[tokio::test]
async fn messages_are_listed_and_come_bit_for_bit() {
    let dovecot = Dovecot::start(Options::default());
    let mut imap = dovecot.imap();
    assert!(imap.survey("INBOX").await.unwrap().uids.is_empty());
    let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let sent: Vec<Vec<u8>> = (0..40).map(mail).chain([vec![], b"\r\n".to_vec()]).collect();
    for raw in &sent {
        dovecot.deliver_to("INBOX", raw, Some(received));
    }
    let survey = imap.survey("INBOX").await.unwrap();
    assert_eq!(survey.uids.len(), 42);
    let sizes = imap.sizes("INBOX", survey.validity, &survey.uids).await.unwrap();
    let fetched = imap.fetch("INBOX", survey.validity, &sizes).await.unwrap();
    let raw: Vec<&[u8]> = fetched.iter().map(|message| &message.raw[..]).collect();
    assert_eq!(raw, sent);
    assert!(fetched.iter().all(|message| message.internal_date.as_second() == 1_795_000_000));
    assert!(dovecot.left("INBOX").iter().all(|name| dovecot.flags("INBOX", name).is_empty()), "unread still");
    let _: Vec<(Sized, Fetched)> = sizes.into_iter().zip(fetched).collect();
}

#[tokio::test]
async fn exactly_ours_is_removed() {
    let dovecot = Dovecot::start(Options::default());
    let names: Vec<String> = (0..3).map(|number| dovecot.deliver(&mail(number))).collect();
    let mut imap = dovecot.imap();
    let survey = imap.survey("INBOX").await.unwrap();
    let removal = imap.remove("INBOX", survey.validity, &survey.uids[1..2]).await.unwrap();
    assert_eq!((removal.gone, removal.left), (survey.uids[1..2].to_vec(), vec![]));
    assert_eq!(dovecot.left("INBOX"), [&names[0][..], &names[2]]);
}
