//! The transport against a real receiver.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use inkom::config;
use inkom::smtp::{Accepted, Outgoing, Probe, SendError, Transport};

use crate::support::smtp::{At, Certificate, Mode, Options, PASSWORD, Security, SmtpServer, USER, write_private};

const LETTER: &[u8] = b"Subject: Automatiskt svar\r\n\r\nOBS! Sekretess kan inte garanteras.\r\n";
const RECIPIENT: &str = "anna.sentinel@example.net";
const LONG: Duration = Duration::from_secs(20);

fn letter(bytes: &[u8]) -> Outgoing<'_> {
    Outgoing { recipient: RECIPIENT, message_id: "<1@example.se>", bytes }
}

/// What became of one letter, and how often `before_data` was called.
async fn send(transport: &Transport, letter: &Outgoing<'_>) -> (Result<Accepted, SendError>, u32) {
    let recorded = AtomicU32::new(0);
    let outcome = transport
        .send(letter, async || {
            recorded.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .await;
    if let Err(error) = &outcome {
        no_secrets(error);
    }
    (outcome, recorded.into_inner())
}

fn no_secrets(error: &SendError) {
    for text in [format!("{error}"), format!("{error:?}")] {
        for secret in [PASSWORD, USER, "sentinel", "example.net", "welcome", "server-words"] {
            assert!(!text.contains(secret), "{text} holds {secret}");
        }
    }
}

/// The variant's name, which is all that a caller acts on.
fn kind(outcome: &Result<Accepted, SendError>) -> &'static str {
    match outcome {
        Ok(_) => "accepted",
        Err(SendError::NullSenderRefused(_)) => "null sender refused",
        Err(SendError::Deferred(_)) => "deferred",
        Err(SendError::Rejected(_)) => "rejected",
        Err(SendError::Ambiguous(_)) => "ambiguous",
        Err(SendError::Unreachable(_)) => "unreachable",
        Err(SendError::SignIn(_)) => "sign-in",
        Err(SendError::NotRecorded(_)) => "not recorded",
    }
}

fn texts(server: &SmtpServer) -> Vec<String> {
    server.commands().into_iter().map(|line| line.text).collect()
}

#[tokio::test]
async fn a_letter_goes_out_with_the_null_sender_to_one_recipient() {
    for security in [Security::Implicit, Security::Starttls] {
        let server = SmtpServer::start(Options { security, ..Options::default() });
        let transport = Transport::new(&server.config()).unwrap();
        let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
        let by = format!("localhost:{} (250 2.0.0)", server.port());
        assert_eq!(outcome.unwrap(), Accepted { by }, "{security:?}");
        assert_eq!(recorded, 1);

        let messages = server.messages();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].mail_from, "");
        assert_eq!(messages[0].rcpt_tos, [RECIPIENT]);
        assert_eq!(messages[0].bytes, LETTER);

        let commands = server.commands();
        assert!(commands.iter().any(|line| line.text == "MAIL FROM:<>"), "{commands:?}");
        assert!(commands.iter().any(|line| line.text == "EHLO [127.0.0.1]"), "{commands:?}");
        assert!(commands.iter().filter(|line| line.text.starts_with("AUTH")).all(|line| line.tls));
        assert!(server.saw_auth());
    }
}

#[tokio::test]
async fn the_configured_sender_stands_in_the_envelope_alone() {
    let server = SmtpServer::start(Options::default());
    let config = server.config_with("envelope_from = \"studs@example.se\"");
    let (outcome, _) = send(&Transport::new(&config).unwrap(), &letter(LETTER)).await;
    assert_eq!(kind(&outcome), "accepted");
    assert_eq!(server.messages()[0].mail_from, "studs@example.se");
    assert_eq!(server.messages()[0].bytes, LETTER);
}

#[tokio::test]
async fn the_bytes_arrive_as_they_were() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config()).unwrap();
    let long = [&b"Subject: long\r\n\r\n"[..], &b"x".repeat(998), b"\r\n"].concat();
    let many = [&b"Subject: many\r\n\r\n"[..], &b".line\r\n".repeat(40_000)].concat();
    let letters: [&[u8]; 7] = [
        b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.text\r\n. \r\nend.\r\n.\r\n",
        b".Subject: odd\r\n\r\nbody\r\n",
        b"Subject: blank lines\r\n\r\n\r\n\r\n",
        b"Subject: header only\r\n",
        b"Subject: control\r\n\r\n\t\x07\x1b[0m\r\n",
        &long,
        &many,
    ];
    for bytes in letters {
        let (outcome, _) = send(&transport, &letter(bytes)).await;
        assert_eq!(kind(&outcome), "accepted", "{:?}", outcome.err());
        let received = server.messages().pop().unwrap().bytes;
        assert!(received == bytes, "{} became {}", bytes.escape_ascii(), received.escape_ascii());
    }
    assert_eq!(server.messages().len(), letters.len());
}

#[tokio::test]
async fn a_letter_that_servers_read_differently_does_not_leave() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config()).unwrap();
    for bytes in [&b"A: b\r\n\r\n\n.\r\nMAIL FROM:<x@y>\r\n"[..], b"A: \xc3\xa5\r\n\r\n", b"A: b\r\n\r\n\r.\r\n"] {
        assert_eq!(kind(&send(&transport, &letter(bytes)).await.0), "rejected");
    }
    for recipient in ["a@example.se, b@example.se", "a@example.se>\r\nRCPT TO:<b@example.se", "", "<>"] {
        let (outcome, recorded) = send(&transport, &Outgoing { recipient, ..letter(LETTER) }).await;
        assert_eq!((kind(&outcome), recorded), ("rejected", 0), "{recipient:?}");
    }
    assert_eq!(server.commands(), []);
}

#[tokio::test]
async fn letters_beyond_ascii_before_the_at_need_smtputf8() {
    let recipient = "åsa.sentinel@räksmörgås.se";
    let server = SmtpServer::start(Options::default());
    let to = Outgoing { recipient, ..letter(LETTER) };
    let (outcome, recorded) = send(&Transport::new(&server.config()).unwrap(), &to).await;
    assert_eq!((kind(&outcome), recorded), ("rejected", 0));
    assert!(!texts(&server).iter().any(|line| line.starts_with("MAIL")));

    let server = SmtpServer::start(Options { smtputf8: true, ..Options::default() });
    let (outcome, _) = send(&Transport::new(&server.config()).unwrap(), &to).await;
    assert_eq!(kind(&outcome), "accepted");
    assert!(texts(&server).iter().any(|line| line == "MAIL FROM:<> SMTPUTF8"));
    assert_eq!(server.messages()[0].rcpt_tos, ["åsa.sentinel@xn--rksmrgs-5wao1o.se"]);
}

#[tokio::test]
async fn without_a_trusted_certificate_no_password_and_no_letter_leaves() {
    for (certificate, says) in [
        (Certificate::Stranger, "authority that is not trusted"),
        (Certificate::Expired, "expired"),
        (Certificate::WrongName, "another name"),
    ] {
        for security in [Security::Implicit, Security::Starttls] {
            let server = SmtpServer::start(Options { security, certificate, ..Options::default() });
            let transport = Transport::new(&server.config()).unwrap();
            let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
            assert_eq!((kind(&outcome), recorded), ("unreachable", 0), "{certificate:?} {security:?}");
            let text = outcome.unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
            assert!(transport.probe().await.is_err());
            assert!(!server.saw_auth(), "{certificate:?} {security:?}");
            assert!(!texts(&server).iter().any(|line| line.starts_with("MAIL")));
        }
    }
}

#[tokio::test]
async fn the_file_of_certificates_replaces_the_systems_and_may_hold_several() {
    let server = SmtpServer::start(Options::default());
    let other = SmtpServer::start(Options::default());
    for (certificates, outcome_is) in
        [(other.ca_pem().to_owned(), "unreachable"), (format!("{}\n{}", other.ca_pem(), server.ca_pem()), "accepted")]
    {
        std::fs::write(server.ca_file(), certificates).unwrap();
        let (outcome, _) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
        assert_eq!(kind(&outcome), outcome_is);
    }
    std::fs::write(server.ca_file(), "no certificate").unwrap();
    let error = format!("{:#}", Transport::new(&server.config()).unwrap_err());
    assert!(error.contains("ca_file"), "{error}");
}

#[tokio::test]
async fn without_starttls_no_password_and_no_letter_leaves() {
    let server = SmtpServer::start(Options { security: Security::Plain, ..Options::default() });
    let transport = Transport::new(&server.config()).unwrap();
    let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
    assert_eq!((kind(&outcome), recorded), ("unreachable", 0));
    assert!(outcome.unwrap_err().to_string().contains("STARTTLS"));
    assert!(!server.saw_auth());

    let server = SmtpServer::start(Options { security: Security::Starttls, ..Options::default() });
    server.set(Mode::Answer(At::Starttls, "454 4.7.0 server-words"));
    let (outcome, _) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
    assert_eq!(kind(&outcome), "unreachable");
    assert!(!server.saw_auth());
}

#[tokio::test]
async fn replies_put_behind_the_answer_to_starttls_are_not_taken_for_the_servers() {
    let server = SmtpServer::start(Options { security: Security::StarttlsInjected, ..Options::default() });
    let (outcome, recorded) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
    assert_eq!((kind(&outcome), recorded), ("unreachable", 0));
    assert!(!server.saw_auth());
}

#[tokio::test]
async fn each_answer_says_what_happens_next() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config()).unwrap();
    for (mode, outcome_is, recorded_is) in [
        (Mode::Answer(At::Connect, "554 server-words"), "unreachable", 0),
        (Mode::Answer(At::Connect, "not SMTP server-words"), "unreachable", 0),
        (Mode::Answer(At::Auth, "535 5.7.8 server-words"), "sign-in", 0),
        (Mode::Answer(At::Auth, "454 4.7.0 server-words"), "deferred", 0),
        (Mode::REFUSE_NULL_SENDER, "null sender refused", 0),
        (Mode::Answer(At::Mail, "501 server-words"), "null sender refused", 0),
        (Mode::Answer(At::Mail, "530 5.7.0 server-words"), "sign-in", 0),
        (Mode::Answer(At::Mail, "451 4.3.0 server-words"), "deferred", 0),
        (Mode::Answer(At::Mail, "354 server-words"), "unreachable", 0),
        (Mode::Answer(At::Rcpt, "450 4.2.1 <anna.sentinel@example.net> server-words"), "deferred", 0),
        (Mode::Answer(At::Rcpt, "421 4.3.2 server-words"), "deferred", 0),
        (Mode::Answer(At::Rcpt, "550 5.1.1 <anna.sentinel@example.net> server-words"), "rejected", 0),
        (Mode::Answer(At::Rcpt, "550-5.1.1 server-words\r\n550 5.1.1 anna.sentinel"), "rejected", 0),
        (Mode::Answer(At::Rcpt, "550 5.1.8 server-words"), "null sender refused", 0),
        (Mode::Answer(At::Data, "451 4.3.0 server-words"), "deferred", 1),
        (Mode::Answer(At::Data, "554 5.5.1 server-words"), "rejected", 1),
        (Mode::Answer(At::Data, "250 server-words"), "unreachable", 1),
        (Mode::Answer(At::DataEnd, "452 4.3.1 server-words"), "deferred", 1),
        (Mode::Answer(At::DataEnd, "554 5.7.1 server-words"), "rejected", 1),
        (Mode::Answer(At::DataEnd, "550 5.7.60 server-words"), "null sender refused", 1),
        (Mode::Answer(At::DataEnd, "gibberish server-words"), "ambiguous", 1),
        (Mode::Answer(At::DataEnd, "354 server-words"), "ambiguous", 1),
        (Mode::Drop(At::Connect), "unreachable", 0),
        (Mode::Drop(At::Auth), "unreachable", 0),
        (Mode::Drop(At::Mail), "unreachable", 0),
        (Mode::Drop(At::Rcpt), "unreachable", 0),
        (Mode::Drop(At::Data), "unreachable", 1),
        (Mode::Drop(At::InData), "ambiguous", 1),
        (Mode::Drop(At::DataEnd), "ambiguous", 1),
    ] {
        server.set(mode);
        let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
        assert_eq!((kind(&outcome), recorded), (outcome_is, recorded_is), "{mode:?}: {outcome:?}");
    }
    assert_eq!(server.messages(), [], "nothing but an accepted letter is kept");
    server.set(Mode::Accept);
    assert_eq!(kind(&send(&transport, &letter(LETTER)).await.0), "accepted");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_within_the_time_limit() {
    let cases = [
        (At::Connect, "unreachable"),
        (At::Auth, "unreachable"),
        (At::Mail, "unreachable"),
        (At::Rcpt, "unreachable"),
        (At::Data, "unreachable"),
        (At::InData, "ambiguous"),
        (At::DataEnd, "ambiguous"),
        (At::Answer, "ambiguous"),
    ];
    let silences = cases.map(|(at, outcome_is)| async move {
        let server = SmtpServer::start(Options::default());
        server.set(Mode::Hang(at, LONG));
        let config::Smtp::Server(mut submission) = server.config() else { unreachable!() };
        submission.server.timeout_secs = 1;
        let begun = Instant::now();
        let transport = Transport::new(&config::Smtp::Server(submission)).unwrap();
        let (outcome, _) = send(&transport, &letter(LETTER)).await;
        assert_eq!(kind(&outcome), outcome_is, "{at:?}");
        assert!(outcome.unwrap_err().to_string().contains("timeout_secs"));
        assert!(begun.elapsed() < LONG / 2, "{at:?}");
    });
    futures::future::join_all(silences).await;
}

#[tokio::test]
async fn a_slow_server_within_the_limit_is_waited_for() {
    let server = SmtpServer::start(Options::default());
    server.set(Mode::Hang(At::Answer, Duration::from_millis(300)));
    let (outcome, recorded) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
    assert_eq!((kind(&outcome), recorded), ("accepted", 1));
}

#[tokio::test]
async fn an_answer_lost_after_the_letter_was_kept_is_ambiguous() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config()).unwrap();
    server.set(Mode::AnswerTimes(At::Rcpt, "451 4.7.1 server-words", 1));
    assert_eq!(kind(&send(&transport, &letter(LETTER)).await.0), "deferred");
    server.set(Mode::DropTimes(At::Answer, 1));
    assert_eq!(kind(&send(&transport, &letter(LETTER)).await.0), "ambiguous");
    assert_eq!(kind(&send(&transport, &letter(LETTER)).await.0), "accepted");
    let messages = server.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0], messages[1], "the second attempt is the same letter");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_sent() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config()).unwrap();
    let outcome = transport.send(&letter(LETTER), async || Err(anyhow::anyhow!("disk full"))).await;
    assert_eq!(kind(&outcome), "not recorded");
    assert!(!texts(&server).iter().any(|line| line == "DATA"));
    assert_eq!(server.messages(), []);
}

#[tokio::test]
async fn the_configured_sender_can_be_refused_too() {
    let server = SmtpServer::start(Options::default());
    let transport = Transport::new(&server.config_with("envelope_from = \"studs@example.se\"")).unwrap();
    server.set(Mode::Answer(At::Mail, "553 5.7.1 server-words"));
    let (outcome, _) = send(&transport, &letter(LETTER)).await;
    assert_eq!(kind(&outcome), "sign-in");
    assert!(outcome.unwrap_err().to_string().contains("smtp.envelope_from"));
}

#[tokio::test]
async fn a_server_is_signed_in_to_with_plain_or_login_and_nothing_else() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let mechanisms: &'static [&'static str] = if mechanism == "PLAIN" { &["PLAIN"] } else { &["LOGIN"] };
        let server = SmtpServer::start(Options { mechanisms, ..Options::default() });
        let (outcome, _) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
        assert_eq!(kind(&outcome), "accepted", "{mechanism}: {outcome:?}");
        assert!(texts(&server).contains(&format!("AUTH {mechanism}")));
    }
    let server = SmtpServer::start(Options { mechanisms: &[], ..Options::default() });
    let (outcome, _) = send(&Transport::new(&server.config()).unwrap(), &letter(LETTER)).await;
    assert_eq!(kind(&outcome), "sign-in");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let server = SmtpServer::start(Options::default());
    let file = server.ca_file().with_file_name("wrong");
    write_private(&file, "another-secret\n");
    let config::Smtp::Server(submission) = server.config() else { unreachable!() };
    let auth = toml::from_str(&format!("kind = \"password\"\nfile = {file:?}")).unwrap();
    let submission = config::Submission { auth: Some(auth), ..submission };
    let transport = Transport::new(&config::Smtp::Server(submission)).unwrap();
    let (outcome, _) = send(&transport, &letter(LETTER)).await;
    assert_eq!(kind(&outcome), "sign-in");
    let text = format!("{:?} {transport:?}", outcome.unwrap_err());
    assert!(text.contains("535") && !text.contains("another-secret"), "{text}");
}

#[tokio::test]
async fn a_probe_sends_nothing() {
    for security in [Security::Implicit, Security::Starttls] {
        let server = SmtpServer::start(Options { security, ..Options::default() });
        let transport = Transport::new(&server.config()).unwrap();
        let place = format!("localhost:{}", server.port());
        let found = transport.probe().await.unwrap();
        assert_eq!(found, Probe { place, signed_in: true, null_sender: true, smtputf8: false });
        let sent = texts(&server);
        let from = sent.iter().position(|line| line.starts_with("MAIL")).unwrap();
        assert_eq!(sent[from..], ["MAIL FROM:<>", "RSET", "QUIT"]);
        assert_eq!(server.messages(), []);

        server.set(Mode::REFUSE_NULL_SENDER);
        let refused = transport.probe().await.unwrap_err();
        no_secrets(&refused);
        assert!(matches!(&refused, SendError::NullSenderRefused(text) if text.contains("smtp.envelope_from")));
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let server = SmtpServer::start(Options::default());
    let config = server.config();
    let transport = Transport::new(&config).unwrap();
    drop(server);
    let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
    assert_eq!((kind(&outcome), recorded), ("unreachable", 0));
    assert!(Transport::new(&config).is_err(), "password and certificates are read at the start");
}

#[tokio::test]
async fn a_letter_laid_in_a_folder_twice_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/replies");
    let transport = Transport::new(&config::Smtp::Files { folder: path.clone() }).unwrap();
    transport.probe().await.unwrap();
    for _ in 0..2 {
        let (outcome, recorded) = send(&transport, &letter(LETTER)).await;
        assert_eq!((kind(&outcome), recorded), ("accepted", 1));
    }
    let other = Outgoing { message_id: "<2@example.se>", ..letter(LETTER) };
    assert_eq!(kind(&send(&transport, &other).await.0), "accepted");
    let names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        assert_eq!(name.extension().unwrap(), "eml");
        assert_eq!(std::fs::read(name).unwrap(), LETTER);
    }
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!(kind(&send(&transport, &letter(LETTER)).await.0), "unreachable");
}
