use std::path::Path;

use super::*;
use crate::config::{GovernedText, Validity};
use crate::message;
use crate::reply::{self, tests};

/// R35: the digest of the text as the region's routine prescribes it.
const PRESCRIBED: &str = "2ac2c73e1562bf2cd0f6ee1a0ffe13577902d8c382f70679f3d8e153d473d872";

fn prescribed() -> GovernedText {
    GovernedText::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml")).unwrap()
}

fn draft<'a>(text: &'a str, message_id: &'a str) -> Draft<'a> {
    Draft {
        from: "svar@example.se",
        from_name: "Region Exempel",
        to: "anna@b.example",
        in_reply_to: Some("1@b.example"),
        text,
        date: "2026-11-20T10:00:00Z".parse().unwrap(),
        message_id,
    }
}

fn written(draft: &Draft<'_>) -> String {
    String::from_utf8(compose(draft).unwrap().bytes).unwrap()
}

#[test]
fn the_text_is_the_prescribed_one_and_its_validity_is_told_as_it_is() {
    let text = prescribed();
    assert_eq!(text.digest().to_string(), PRESCRIBED);
    assert_eq!((text.document_id.as_str(), text.version.as_str()), ("RHS10714-711104153-2", "3.0"));
    assert_eq!(text.validity("2025-03-05".parse().unwrap()), Validity::NearExpiry);
    assert_eq!(text.validity("2025-03-06".parse().unwrap()), Validity::Expired);
}

#[test]
fn the_letter_is_what_a_reviewer_has_read() {
    let text = prescribed().text;
    insta::assert_snapshot!(written(&draft(&text, "0@example.se")).replace('\r', ""));
}

#[test]
fn the_text_decodes_to_exactly_itself() {
    let long = "Å".repeat(100) + &"x".repeat(76);
    for text in [
        prescribed().text.as_str(),
        "kort",
        "slutar med blank ",
        "rad\r\nrad",
        "=",
        ".",
        "Å",
        &long,
        &"x".repeat(75),
        &"x".repeat(76),
        &"x".repeat(77),
    ] {
        let letter = written(&draft(text, "0@example.se"));
        let (_, body) = letter.split_once("\r\n\r\n").unwrap();
        assert!(letter.lines().all(|line| line.len() <= 78), "{letter}");
        assert!(body.lines().all(|line| line.len() <= 76), "{body}");
        assert!(letter.is_ascii() && letter.ends_with("\r\n"));
        let decoded = mail_parser::decoders::quoted_printable::quoted_printable_decode(body.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), text);
    }
}

#[test]
fn only_a_proper_message_id_is_repeated() {
    let long = format!("{}@b.example", "x".repeat(239));
    for (id, repeated) in [
        (Some("1@b.example"), true),
        (Some("a$b+c=d/e@b.example"), true),
        (Some("1@[192.0.2.1]"), true),
        (Some(&long[1..]), true),
        (Some(&long), false),
        (Some("1"), false),
        (Some("1@"), false),
        (Some("1@2@3"), false),
        (Some("a b@c"), false),
        (Some("a@b>\r\nBcc: x@y"), false),
        (Some("<a@b"), false),
        (Some("å@b"), false),
        (Some("\"a\"@b"), false),
        (None, false),
    ] {
        let letter = written(&Draft { in_reply_to: id, ..draft("text", "0@example.se") });
        let message = message::read(letter.as_bytes(), 1_000_000);
        let expected = if repeated { vec![id.unwrap(); 2] } else { vec![] };
        assert_eq!(message.references, expected, "{id:?}\n{letter}");
        assert_eq!(letter.contains("In-Reply-To:"), repeated, "{id:?}");
    }
}

#[test]
fn nothing_can_be_slipped_into_the_header() {
    for to in ["a@b.example\r\nBcc: x@y.example", "a@b.example, c@d.example", "a@b.example> <c@d.example", "", "a"] {
        assert!(compose(&Draft { to, ..draft("text", "0@example.se") }).is_err(), "{to}");
    }
    let letter = written(&Draft { from_name: "Region\r\nBcc: x@y.example\0", ..draft("text", "0@example.se") });
    assert_eq!(letter.lines().filter(|line| line.starts_with("Bcc")).count(), 0, "{letter}");
    let nameless = written(&Draft { from_name: " ", ..draft("text", "0@example.se") });
    assert!(nameless.contains("From: svar@example.se\r\n"), "{nameless}");
}

#[test]
fn a_reply_s_message_id_is_fixed_and_tells_nothing() {
    let id = reply_id(EntryId(417), &[7; 16], "svar@example.se");
    assert_eq!(id, reply_id(EntryId(417), &[7; 16], "svar@example.se"));
    assert_ne!(id, reply_id(EntryId(418), &[7; 16], "svar@example.se"));
    assert_ne!(id, reply_id(EntryId(417), &[8; 16], "svar@example.se"));
    let (left, right) = id.split_once('@').unwrap();
    assert!(left.len() == 32 && left.bytes().all(|b| b.is_ascii_hexdigit()) && right == "example.se", "{id}");
}

#[test]
fn our_own_letter_is_never_answered() {
    use crate::reply::tests::{authority, context, decide, reply};
    use crate::reply::{Decision, Silence};
    use crate::triage::Rule;
    let letter = message::read(written(&draft("text", "0@example.se")).as_bytes(), 1_000_000);
    assert_eq!(decide(&letter, &context(&authority(), &reply(""))), Decision::Silent(Silence::Sign(Rule::OwnLoop)));
}

/// R34, R58, R59: nothing of what came in goes out, and the letter is the same for whoever wrote.
#[test]
fn the_letter_holds_nothing_of_the_message_and_is_the_same_for_everyone() {
    let text = prescribed().text;
    let letters: Vec<String> =
        [("patient", "anna@b.example"), ("relative", "mor@c.example"), ("stranger", "x@d.example")]
            .into_iter()
            .map(|(who, from)| {
                let mail = format!(
                    "From: SENTINEL-NAME {who} <{from}>\r\nTo: SENTINEL-TO <mottagningen@example.se>\r\nCc: \
                 sentinel-cc@e.example\r\nReply-To: sentinel-replyto@e.example\r\nSubject: SENTINEL-SUBJECT {who}\r\n\
                 References: <SENTINEL-REF@e.example>\r\nMessage-ID: <1@b.example>\r\nContent-Type: multipart/mixed; \
                 boundary=x\r\n\r\n--x\r\n\r\nSENTINEL-BODY 18900103-9800\r\n--x\r\nContent-Type: application/pdf; \
                 name=SENTINEL-FILE.pdf\r\n\r\nx\r\n--x--\r\n"
                );
                let message = message::read(mail.as_bytes(), 1_000_000);
                let (authority, settings) = (tests::authority(), tests::reply(""));
                let facts = tests::facts(&message, &tests::context(&authority, &settings), false);
                let recipient = reply::recipient(&message, &facts).unwrap();
                assert_eq!(recipient.address, from);
                let in_reply_to = message.message_id.as_deref();
                let letter = written(&Draft { to: &recipient.address, in_reply_to, ..draft(&text, "0@example.se") });
                for sentinel in ["sentinel", "9800", "e.example", who] {
                    assert!(!letter.to_lowercase().contains(sentinel), "{sentinel} in {letter}");
                }
                letter.replace(from, "")
            })
            .collect();
    assert!(letters.windows(2).all(|pair| pair[0] == pair[1]), "{letters:#?}");
}
