//! The IMAP mailbox against servers that lie, stall, break off and babble. What it reports is true, it removes nothing
//! that it was not asked to, and its errors repeat nothing that the server said.

use std::time::{Duration, Instant};

use inkom::config::Tls;
use inkom::mailbox::MailboxErrorKind::{NoFolder, Refused, SignIn, Stalled, Unreachable, Untrusted, ValidityChanged};
use inkom::mailbox::{Mailbox as _, MailboxError, MailboxErrorKind, Sized, Woken};

use crate::support::scripted::{PATIENCE, Scripted};

const CAPABILITIES: &str = "IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE IDLE";

/// A script that begins with sign-in, and with what `$DATE` stands for.
fn signed_in_as(capabilities: &str, rest: &str) -> String {
    let rest = rest.replace("$DATE", "INTERNALDATE \"01-Jan-2026 00:00:00 +0000\"");
    format!(
        "-- tls
         S: * OK Waiting for authentication process to respond..
         S: * OK ready
         C: CAPABILITY
         S: * CAPABILITY {capabilities}
         S: $ OK
         C: AUTHENTICATE PLAIN
         S: +
         C+ AG1vdHRhZ25pbmcAaGVtbGlndC00NzEx
         S: $ OK Hej Sven
         C: CAPABILITY
         S: * CAPABILITY {capabilities}
         S: $ OK
         {rest}"
    )
}

fn signed_in(rest: &str) -> String {
    signed_in_as(CAPABILITIES, rest)
}

/// INBOX open with so many messages and UIDVALIDITY 7.
fn selected(exists: u32, rest: &str) -> String {
    signed_in(&select(exists, rest))
}

fn select(exists: u32, rest: &str) -> String {
    format!(
        "C: SELECT INBOX
         S: * FLAGS (\\Seen \\Deleted)
         S: * {exists} EXISTS
         S: * OK [UIDVALIDITY 7] Sven
         S: * OK [UNKNOWN-CODE {{400000000}}] Sven
         S: $ OK [READ-WRITE] Sven
         {rest}"
    )
}

/// The second connection that follows any error.
fn afterwards() -> String {
    selected(1, "C: UID SEARCH ALL\nS: * SEARCH 9\nS: $ OK")
}

fn uids(uids: &[u32]) -> Vec<String> {
    uids.iter().map(u32::to_string).collect()
}

fn sized(sizes: &[(u32, u64)]) -> Vec<Sized> {
    sizes.iter().map(|(uid, size_bytes)| Sized { uid: uid.to_string(), size_bytes: *size_bytes }).collect()
}

/// The server's words in these scripts have a patient's name in them.
fn kind(case: &str, error: &MailboxError) -> MailboxErrorKind {
    assert!(!error.text.contains("Sven"), "{case}: {}", error.text);
    error.kind
}

/// Whether the next call connects anew and works.
async fn recovers(imap: &mut inkom::mailbox::Imap, case: &str) {
    assert_eq!(imap.survey("INBOX").await.expect(case).uids, ["9"], "{case}");
}

#[tokio::test]
async fn a_survey_is_whole_or_an_error() {
    for (case, expected, script) in [
        ("SELECT cut off", Unreachable, signed_in("C: SELECT INBOX\nS: * 2 EXISTS\n-- cut")),
        ("SELECT and BYE", Unreachable, signed_in("C: SELECT INBOX\nS: * 2 EXISTS\nS: * BYE Sven")),
        ("SELECT and silence", Stalled, signed_in("C: SELECT INBOX\nS: * 2 EXISTS")),
        ("SELECT answered BAD", Refused, signed_in("C: SELECT INBOX\nS: $ BAD Sven")),
        (
            "SELECT answered NO, the folder is there",
            Refused,
            signed_in("C: SELECT INBOX\nS: $ NO Sven\nC: LIST \"\" INBOX\nS: * LIST () \"/\" INBOX\nS: $ OK"),
        ),
        (
            "SELECT answered NO, the folder is not there",
            NoFolder,
            signed_in("C: SELECT INBOX\nS: $ NO Sven\nC: LIST \"\" INBOX\nS: $ OK"),
        ),
        (
            "SELECT answered NO, the folder is a name only",
            NoFolder,
            signed_in("C: SELECT INBOX\nS: $ NO Sven\nC: LIST \"\" INBOX\nS: * LIST (\\Noselect) NIL INBOX\nS: $ OK"),
        ),
        (
            "SELECT answered NO, LIST too",
            Refused,
            signed_in("C: SELECT INBOX\nS: $ NO Sven\nC: LIST \"\" INBOX\nS: $ NO Sven"),
        ),
        ("no UIDVALIDITY", Refused, signed_in("C: SELECT INBOX\nS: * 0 EXISTS\nS: $ OK [READ-WRITE] Sven")),
        (
            "UIDVALIDITY zero",
            Refused,
            signed_in("C: SELECT INBOX\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 0]\nS: $ OK [READ-WRITE] Sven"),
        ),
        ("no EXISTS", Refused, signed_in("C: SELECT INBOX\nS: * OK [UIDVALIDITY 7]\nS: $ OK [READ-WRITE] Sven")),
        ("SEARCH answered NO", Refused, selected(2, "C: UID SEARCH ALL\nS: $ NO Sven")),
        ("SEARCH answered NO after its result", Refused, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 1\nS: $ NO Sven")),
        ("SEARCH answered BAD", Refused, selected(2, "C: UID SEARCH ALL\nS: $ BAD Sven")),
        ("SEARCH cut off", Unreachable, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 1\n-- cut")),
        ("SEARCH cut off in a line", Unreachable, selected(2, "C: UID SEARCH ALL\nS- * SEARCH 1\n-- cut")),
        ("SEARCH and BYE", Unreachable, selected(2, "C: UID SEARCH ALL\nS: * BYE Sven\n-- cut")),
        ("SEARCH and silence", Stalled, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 1")),
        ("SEARCH without a result", Refused, selected(2, "C: UID SEARCH ALL\nS: $ OK Sven")),
        ("SEARCH with fewer", Refused, selected(3, "C: UID SEARCH ALL\nS: * SEARCH 1 2\nS: $ OK Sven")),
        ("SEARCH with one twice", Refused, selected(3, "C: UID SEARCH ALL\nS: * SEARCH 1 2 2\nS: $ OK Sven")),
        ("SEARCH with UID 0", Refused, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 0\nS: $ OK Sven")),
        ("ESEARCH", Refused, selected(2, "C: UID SEARCH ALL\nS: * ESEARCH (TAG \"i5\") UID ALL 1:2\nS: $ OK Sven")),
        ("SEARCH with MODSEQ", Refused, selected(2, "C: UID SEARCH ALL\nS: * SEARCH 1 2 (MODSEQ 9)\nS: $ OK Sven")),
        ("an unknown line", Refused, selected(1, "C: UID SEARCH ALL\nS: * XYZZY Sven\nS: * SEARCH 1\nS: $ OK Sven")),
        ("another tag", Refused, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 1\nS: i1 OK Sven")),
        ("a continuation request", Refused, selected(1, "C: UID SEARCH ALL\nS: * SEARCH 1\nS: + Sven")),
        ("text where the parser cuts", Refused, selected(1, "C: UID SEARCH ALL\nS: * OK [ALERT]åSven")),
        (
            "another UIDVALIDITY meanwhile",
            ValidityChanged,
            selected(1, "C: UID SEARCH ALL\nS: * OK [UIDVALIDITY 8] Sven\nS: * SEARCH 1\nS: $ OK"),
        ),
    ] {
        let server = Scripted::start(&[&script, &afterwards()]).await;
        let mut imap = server.imap();
        let error = imap.survey("INBOX").await.expect_err(case);
        assert_eq!(kind(case, &error), expected, "{case}: {error}");
        recovers(&mut imap, case).await;
        server.said().await;
    }
}

#[tokio::test]
async fn a_survey_copes_with_what_servers_may_do() {
    for (case, exists, answer, expected) in [
        ("several lines, unsorted", 4, "S: * SEARCH 12 3\nS: * SEARCH\nS: * SEARCH 4 5\nS: $ OK", &[3, 4, 5, 12][..]),
        ("others remove meanwhile", 3, "S: * SEARCH 1\nS: * 2 EXPUNGE\nS: * 2 EXPUNGE\nS: $ OK", &[1]),
        ("others remove meanwhile, QRESYNC", 3, "S: * VANISHED 2:3\nS: * SEARCH 1\nS: $ OK", &[1]),
        ("mail comes meanwhile", 1, "S: * SEARCH 1\nS: * 2 EXISTS\nS: * 1 RECENT\nS: $ OK", &[1]),
        ("news about flags", 1, "S: * 1 FETCH (FLAGS (\\Seen))\nS: * SEARCH 1\nS: $ OK", &[1]),
        ("patience in between", 1, "S: * OK Hang in there..\n-- wait 300\nS: * SEARCH 1\n-- wait 300\nS: $ OK", &[1]),
    ] {
        let script = selected(exists, &format!("C: UID SEARCH ALL\n{answer}"));
        let server = Scripted::start(&[&script]).await;
        let survey = server.imap().survey("INBOX").await.expect(case);
        assert_eq!(survey.uids, uids(expected), "{case}");
        assert_eq!(survey.validity, 7);
        server.said().await;
    }
}

#[tokio::test]
async fn sizes_are_whole_or_an_error() {
    let ask = "C: UID FETCH 1:2 (UID RFC822.SIZE)\n";
    let one = "S: * 1 FETCH (UID 1 RFC822.SIZE 10)\n";
    let two = "S: * 2 FETCH (RFC822.SIZE 20 UID 2)\n";
    let search = "S: $ OK\nC: UID SEARCH UID 2\n";
    for (case, answer, expected) in [
        ("both", format!("{one}S: * 3 FETCH (FLAGS ())\n{two}S: $ OK"), Ok(&[(1, 10), (2, 20)][..])),
        ("twice the same", format!("{one}{two}{one}S: $ OK"), Ok(&[(1, 10), (2, 20)])),
        ("one is gone", format!("{one}{search}S: * SEARCH\nS: $ OK"), Ok(&[(1, 10)])),
        ("one is left out", format!("{one}{search}S: * SEARCH 2\nS: $ OK"), Err(Refused)),
        ("one is left out, SEARCH fails", format!("{one}{search}S: $ NO Sven"), Err(Refused)),
        ("NO after one", format!("{one}S: $ NO Sven"), Err(Refused)),
        ("BAD", "S: $ BAD Sven".into(), Err(Refused)),
        ("cut off after one", format!("{one}-- cut"), Err(Unreachable)),
        ("BYE after one", format!("{one}S: * BYE Sven\n-- cut"), Err(Unreachable)),
        ("silence after one", one.into(), Err(Stalled)),
        ("two sizes", format!("{one}{two}S: * 1 FETCH (UID 1 RFC822.SIZE 11)\nS: $ OK"), Err(Refused)),
        ("not asked for", format!("{one}{two}S: * 3 FETCH (UID 3 RFC822.SIZE 9)\nS: $ OK"), Err(Refused)),
        ("no UID", format!("{one}S: * 2 FETCH (RFC822.SIZE 9)\nS: $ OK"), Err(Refused)),
    ] {
        let script = selected(2, &format!("{ask}{answer}"));
        let server = Scripted::start(&[&script]).await;
        let sizes = server.imap().sizes("INBOX", 7, &uids(&[1, 2])).await;
        assert_eq!(sizes.map_err(|error| kind(case, &error)), expected.map(sized), "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn a_message_comes_whole_or_not_at_all() {
    let one = "S: * 1 FETCH (UID 1 $DATE BODY[] {3}\nS: abc)\n";
    let two = "S: * 2 FETCH (BODY[] \"def\" $DATE UID 2)\n";
    let gone = "S: $ OK\nC: UID SEARCH UID 2\nS: * SEARCH\nS: $ OK";
    for (case, answer, expected) in [
        ("both", format!("{one}{two}S: $ OK"), Ok(&["abc", "def"][..])),
        ("the other way round", format!("{two}{one}S: $ OK"), Ok(&["abc", "def"])),
        ("flags in between", format!("{one}S: * 2 FETCH (FLAGS (\\Seen))\n{two}S: $ OK"), Ok(&["abc", "def"])),
        ("flags with a UID", format!("{one}S: * 9 FETCH (UID 9 FLAGS ())\n{two}S: $ OK"), Ok(&["abc", "def"])),
        ("twice the same", format!("{one}{two}{one}S: $ OK"), Ok(&["abc", "def"])),
        (
            "in two responses",
            format!("{one}S: * 2 FETCH (UID 2 $DATE)\nS: * 2 FETCH (UID 2 BODY[] \"def\")\nS: $ OK"),
            Ok(&["abc", "def"]),
        ),
        ("one is gone", format!("{one}{gone}"), Ok(&["abc"])),
        ("an empty one", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] \"\")\nS: $ OK"), Ok(&["abc", ""])),
        ("one is left out", format!("{one}S: $ OK\nC: UID SEARCH UID 2\nS: * SEARCH 2\nS: $ OK"), Err(Refused)),
        ("NO after one", format!("{one}S: $ NO Sven"), Err(Refused)),
        ("NO after both", format!("{one}{two}S: $ NO Sven"), Err(Refused)),
        ("BAD", "S: $ BAD Sven".into(), Err(Refused)),
        ("cut off between the two", format!("{one}-- cut"), Err(Unreachable)),
        ("cut off after both", format!("{one}{two}-- cut"), Err(Unreachable)),
        (
            "cut off in a literal",
            format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] {{300}}\nS: Sven\n-- cut"),
            Err(Unreachable),
        ),
        ("BYE between the two", format!("{one}S: * BYE Sven\n-- cut"), Err(Unreachable)),
        ("silence in a literal", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] {{300}}\nS: Sven"), Err(Stalled)),
        ("two texts", format!("{one}{two}S: * 1 FETCH (UID 1 $DATE BODY[] \"abd\")\nS: $ OK"), Err(Refused)),
        ("not asked for", format!("{one}S: * 2 FETCH (UID 3 $DATE BODY[] \"Sven\")\nS: $ OK"), Err(Refused)),
        ("no UID", format!("{one}S: * 2 FETCH ($DATE BODY[] \"Sven\")\nS: $ OK"), Err(Refused)),
        ("no text", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] NIL)\nS: $ OK"), Err(Refused)),
        ("a part only", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[]<0> \"d\")\nS: $ OK"), Err(Refused)),
        ("the header only", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[HEADER] \"d\")\nS: $ OK"), Err(Refused)),
        ("the date only", format!("{one}S: * 2 FETCH (UID 2 $DATE)\nS: $ OK"), Err(Refused)),
        ("the text only", format!("{one}S: * 2 FETCH (UID 2 BODY[] \"Sven\")\nS: $ OK"), Err(Refused)),
        (
            "no such date",
            format!("{one}S: * 2 FETCH (UID 2 INTERNALDATE \"Sven\" BODY[] \"d\")\nS: $ OK"),
            Err(Refused),
        ),
        (
            "a date that panics",
            format!("{one}S: * 2 FETCH (UID 2 INTERNALDATE NIL BODY[] \"d\")\nS: $ OK"),
            Err(Refused),
        ),
        ("a binary literal", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] ~{{3}}\nS: def)\nS: $ OK"), Err(Refused)),
        ("a shorter literal", "S: * 1 FETCH (UID 1 $DATE BODY[] {2}\nS: abc)\nS: $ OK".into(), Err(Refused)),
        ("a longer literal", "S: * 1 FETCH (UID 1 $DATE BODY[] {5}\nS: abc)\nS: $ OK".into(), Err(Refused)),
        ("an unknown line", format!("{one}S: * XYZZY Sven\n{two}S: $ OK"), Err(Refused)),
        ("400 MB and three bytes", "S: * 1 FETCH (UID 1 $DATE BODY[] {400000000}\nS: abc".into(), Err(Refused)),
    ] {
        let script = selected(2, &format!("C: UID FETCH 1:2 (UID INTERNALDATE BODY.PEEK[])\n{answer}"));
        let server = Scripted::start(&[&script[..], &afterwards()][..1 + usize::from(expected.is_err())]).await;
        let mut imap = server.imap();
        let fetched = imap.fetch("INBOX", 7, &sized(&[(1, 3), (2, 3)])).await;
        let texts = fetched.map(|fetched| fetched.into_iter().map(|message| message.raw).collect::<Vec<_>>());
        let expected = expected.map(|texts| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>());
        let failed = texts.is_err();
        assert_eq!(texts.map_err(|error| kind(case, &error)), expected, "{case}");
        if failed {
            recovers(&mut imap, case).await;
        }
        server.said().await;
    }
}

#[tokio::test]
async fn a_dripping_server_does_not_hold_us_for_ever() {
    let text = "x".repeat(1000);
    let script = selected(
        1,
        &format!(
            "C: UID FETCH 1 (UID INTERNALDATE BODY.PEEK[])\nS: * 1 FETCH (UID 1 $DATE BODY[] {{1000}}\n-- drip 50 {text}"
        ),
    );
    let server = Scripted::start(&[&script]).await;
    let begun = Instant::now();
    let error = server.imap().fetch("INBOX", 7, &sized(&[(1, 1000)])).await.expect_err("50 s are too long");
    assert_eq!(error.kind, Stalled);
    assert!(begun.elapsed() < 10 * PATIENCE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_large_message_comes_in_parts_however_they_are_cut() {
    const PART: usize = 1 << 20;
    const SAID: u64 = 5 << 20;
    let ask = |from: usize| format!("C: UID FETCH 1 (UID INTERNALDATE BODY.PEEK[]<{from}.1048576>)\n");
    let answer = |from: usize, size: usize| {
        let letter = |at: usize| char::from(b'a' + u8::try_from(at / 1000 % 26).unwrap());
        let text: String = (from..from + size).map(letter).collect();
        format!("{}S: * 1 FETCH (UID 1 $DATE BODY[]<{from}> {{{size}}}\nS: {text})\nS: $ OK\n", ask(from))
    };
    let full = |to: usize| (0..to).map(|part| answer(part * PART, PART)).collect::<String>();
    for (case, script, expected) in [
        ("as said", full(5) + &answer(5 * PART, 0), Ok(5 * PART)),
        ("a little more than said", full(5) + &answer(5 * PART, 70), Ok(5 * PART + 70)),
        ("less than said, and surely so", full(4) + &answer(4 * PART, 9) + &answer(4 * PART + 9, 0), Ok(4 * PART + 9)),
        (
            "the server cuts parts short",
            full(4) + &answer(4 * PART, PART / 2) + &answer(4 * PART + PART / 2, PART / 2),
            Ok(5 * PART),
        ),
        ("NO in the middle", full(2) + &ask(2 * PART) + "S: $ NO Sven", Err(Refused)),
        ("cut off in the middle", full(2) + &ask(2 * PART) + "-- cut", Err(Unreachable)),
        ("another part", full(1) + &ask(PART) + "S: * 1 FETCH (UID 1 $DATE BODY[]<0> \"Sven\")\nS: $ OK", Err(Refused)),
        ("no text", full(1) + &ask(PART) + "S: * 1 FETCH (UID 1 $DATE BODY[]<1048576> NIL)\nS: $ OK", Err(Refused)),
        (
            "left out in the middle",
            full(1) + &ask(PART) + "S: $ OK\nC: UID SEARCH UID 1\nS: * SEARCH 1\nS: $ OK",
            Err(Refused),
        ),
        ("gone in the middle", full(1) + &ask(PART) + "S: $ OK\nC: UID SEARCH UID 1\nS: * SEARCH\nS: $ OK", Ok(0)),
    ] {
        let server = Scripted::start(&[&selected(1, &script)]).await;
        let fetched = server.imap().fetch("INBOX", 7, &sized(&[(1, SAID)])).await;
        let sizes = fetched.map(|fetched| {
            let letter = |(at, byte): (usize, &u8)| *byte == b'a' + u8::try_from(at / 1000 % 26).unwrap();
            assert!(fetched.iter().all(|message| message.raw.iter().enumerate().all(letter)), "{case}");
            fetched.iter().map(|message| message.raw.len()).sum::<usize>()
        });
        assert_eq!(sizes.map_err(|error| kind(case, &error)), expected, "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn nothing_is_removed_unasked_and_nothing_called_gone_that_is_there() {
    let there = "C: UID SEARCH UID 1:2\nS: * SEARCH 1 2\nS: $ OK\n";
    let store = "C: UID STORE 1:2 +FLAGS.SILENT (\\Deleted)\n";
    let expunge = "C: UID EXPUNGE 1:2\n";
    let ok = "S: $ OK Sven\n";
    for (case, rest, expected) in [
        (
            "both",
            format!(
                "{there}{store}{ok}{expunge}S: * 1 EXPUNGE\nS: * 1 EXPUNGE\n{ok}C: UID SEARCH UID 1:2\nS: * SEARCH\n{ok}"
            ),
            Ok((&[1, 2][..], &[][..])),
        ),
        (
            "one stays whatever the server says",
            format!("{there}{store}{ok}{expunge}{ok}C: UID SEARCH UID 1:2\nS: * SEARCH 2\n{ok}"),
            Ok((&[1], &[2])),
        ),
        (
            "one is gone before",
            format!(
                "C: UID SEARCH UID 1:2\nS: * SEARCH 2\n{ok}C: UID STORE 2 +FLAGS.SILENT (\\Deleted)\n{ok}C: UID EXPUNGE 2\n{ok}C: UID SEARCH UID 2\nS: * SEARCH\n{ok}"
            ),
            Ok((&[1, 2], &[])),
        ),
        ("both are gone before", format!("C: UID SEARCH UID 1:2\nS: * SEARCH\n{ok}"), Ok((&[1, 2], &[]))),
        ("the first SEARCH fails", "C: UID SEARCH UID 1:2\nS: $ NO Sven".into(), Err(Refused)),
        ("the first SEARCH says nothing", format!("C: UID SEARCH UID 1:2\n{ok}"), Err(Refused)),
        ("the first SEARCH finds others", format!("C: UID SEARCH UID 1:2\nS: * SEARCH 1 2 3\n{ok}"), Err(Refused)),
        ("STORE answered NO", format!("{there}{store}S: $ NO Sven"), Err(Refused)),
        ("STORE answered BAD", format!("{there}{store}S: $ BAD Sven"), Err(Refused)),
        ("cut off in STORE", format!("{there}{store}-- cut"), Err(Unreachable)),
        ("EXPUNGE answered NO", format!("{there}{store}{ok}{expunge}S: $ NO Sven"), Err(Refused)),
        ("EXPUNGE answered BAD", format!("{there}{store}{ok}{expunge}S: $ BAD Sven"), Err(Refused)),
        ("cut off in EXPUNGE", format!("{there}{store}{ok}{expunge}S: * 1 EXPUNGE\n-- cut"), Err(Unreachable)),
        ("BYE in EXPUNGE", format!("{there}{store}{ok}{expunge}S: * BYE Sven\n-- cut"), Err(Unreachable)),
        ("silence in EXPUNGE", format!("{there}{store}{ok}{expunge}"), Err(Stalled)),
        (
            "the last SEARCH fails",
            format!("{there}{store}{ok}{expunge}{ok}C: UID SEARCH UID 1:2\nS: $ NO Sven"),
            Err(Refused),
        ),
        (
            "the last SEARCH is cut off",
            format!("{there}{store}{ok}{expunge}{ok}C: UID SEARCH UID 1:2\n-- cut"),
            Err(Unreachable),
        ),
        ("another UIDVALIDITY meanwhile", format!("{there}{store}S: * OK [UIDVALIDITY 8]\n{ok}"), Err(ValidityChanged)),
    ] {
        let (script, afterwards) = (selected(2, &rest), afterwards());
        let server = Scripted::start(&[&script[..], &afterwards][..1 + usize::from(expected.is_err())]).await;
        let mut imap = server.imap();
        let removal = imap.remove("INBOX", 7, &uids(&[1, 2])).await;
        let failed = removal.is_err();
        let removal = removal.map(|removal| (removal.gone, removal.left)).map_err(|error| kind(case, &error));
        assert_eq!(removal, expected.map(|(gone, left)| (uids(gone), uids(left))), "{case}");
        if failed {
            recovers(&mut imap, case).await;
        }
        server.said().await;
    }
}

#[tokio::test]
async fn nothing_is_done_in_another_folder_than_was_listed() {
    let script = selected(2, "").replace("UIDVALIDITY 7", "UIDVALIDITY 8");
    {
        let server = Scripted::start(&[&script, &script, &script]).await;
        let mut imap = server.imap();
        let messages = uids(&[1]);
        assert_eq!(imap.remove("INBOX", 7, &messages).await.unwrap_err().kind, ValidityChanged);
        assert_eq!(imap.sizes("INBOX", 7, &messages).await.unwrap_err().kind, ValidityChanged);
        assert_eq!(imap.fetch("INBOX", 7, &sized(&[(1, 3)])).await.unwrap_err().kind, ValidityChanged);
        server.said().await;
    }
    let script = selected(2, "").replace("READ-WRITE", "READ-ONLY");
    let server = Scripted::start(&[&script]).await;
    assert_eq!(server.imap().remove("INBOX", 7, &uids(&[1])).await.unwrap_err().kind, Refused);
    server.said().await;
}

#[tokio::test]
async fn without_uidplus_expunge_waits_until_nothing_else_is_marked() {
    let capabilities = "IMAP4rev1 AUTH=PLAIN MOVE";
    let there = "C: UID SEARCH UID 1:2\nS: * SEARCH 1 2\nS: $ OK\n";
    let deleted = |uids: &str| format!("C: UID SEARCH DELETED\nS: * SEARCH{uids}\nS: $ OK\n");
    let store = "C: UID STORE 1:2 +FLAGS.SILENT (\\Deleted)\nS: $ OK\n";
    let restore = "C: UID STORE 1:2 -FLAGS.SILENT (\\Deleted)\nS: $ OK\n";
    let expunge = "C: EXPUNGE\nS: * 1 EXPUNGE\nS: * 1 EXPUNGE\nS: $ OK\n";
    for (case, rest, expected) in [
        (
            "only ours",
            format!(
                "{there}{}{store}{}{expunge}C: UID SEARCH UID 1:2\nS: * SEARCH\nS: $ OK",
                deleted(""),
                deleted(" 1 2")
            ),
            (&[1, 2][..], &[][..]),
        ),
        ("another's before", format!("{there}{}{there}", deleted(" 5")), (&[], &[1, 2])),
        (
            "another's meanwhile",
            format!("{there}{}{store}{}{restore}{there}", deleted(" 1"), deleted(" 1 2 5")),
            (&[], &[1, 2]),
        ),
    ] {
        let script = signed_in_as(capabilities, &select(3, &rest));
        let server = Scripted::start(&[&script]).await;
        let removal = server.imap().remove("INBOX", 7, &uids(&[1, 2])).await.expect(case);
        assert_eq!((removal.gone, removal.left), (uids(expected.0), uids(expected.1)), "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn originals_are_moved_or_copied_before_they_go() {
    let there = "C: UID SEARCH UID 1:2\nS: * SEARCH 1 2\nS: $ OK\n";
    let gone = "C: UID SEARCH UID 1:2\nS: * SEARCH\nS: $ OK";
    let store = "C: UID STORE 1:2 +FLAGS.SILENT (\\Deleted)\nS: $ OK\nC: UID EXPUNGE 1:2\nS: $ OK\n";
    let copy = "C: UID COPY 1:2 \"Klart &AOU-r\"\n";
    let moved = "C: UID MOVE 1:2 \"Klart &AOU-r\"\n";
    for (case, capabilities, rest, expected) in [
        ("MOVE", "UIDPLUS MOVE", format!("{there}{moved}S: * OK [COPYUID 9 1:2 7:8]\nS: $ OK\n{gone}"), Ok(())),
        ("no MOVE", "UIDPLUS", format!("{there}{copy}S: $ OK [COPYUID 9 1:2 7:8] Sven\n{store}{gone}"), Ok(())),
        ("MOVE refused", "UIDPLUS MOVE", format!("{there}{moved}S: $ NO Sven"), Err(Refused)),
        ("no folder", "UIDPLUS MOVE", format!("{there}{moved}S: $ NO [TRYCREATE] Sven"), Err(NoFolder)),
        ("COPY refused", "UIDPLUS", format!("{there}{copy}S: $ NO Sven"), Err(Refused)),
        ("COPY cut off", "UIDPLUS", format!("{there}{copy}-- cut"), Err(Unreachable)),
    ] {
        let script = signed_in_as(&format!("IMAP4rev1 AUTH=PLAIN {capabilities}"), &select(2, &rest));
        let server = Scripted::start(&[&script]).await;
        let removal = server.imap_with(Tls::Implicit, Some("Klart år")).remove("INBOX", 7, &uids(&[1, 2])).await;
        let removal = removal.map(|removal| assert_eq!(removal.gone, uids(&[1, 2]), "{case}"));
        assert_eq!(removal.map_err(|error| kind(case, &error)), expected, "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn waiting_ends_with_news_with_time_or_with_an_error() {
    let done = "C+ DONE\nS: $ OK";
    for (case, rest, expected) in [
        ("news", format!("C: IDLE\nS: + idling\n-- wait 50\nS: * 3 EXISTS\n{done}"), Ok(Woken::ByMailbox)),
        ("news before the server agrees", format!("C: IDLE\nS: * 3 EXISTS\nS: + idling\n{done}"), Ok(Woken::ByMailbox)),
        ("news with the end", "C: IDLE\nS: + idling\nC+ DONE\nS: * 3 EXISTS\nS: $ OK".into(), Ok(Woken::ByMailbox)),
        ("recent news", format!("C: IDLE\nS: + idling\nS: * 1 RECENT\n{done}"), Ok(Woken::ByMailbox)),
        (
            "no news",
            format!("C: IDLE\nS: + idling\nS: * OK Still here\nS: * 2 EXPUNGE\nS: * 0 RECENT\n{done}"),
            Ok(Woken::ByTime),
        ),
        ("refused", "C: IDLE\nS: $ NO Sven".into(), Ok(Woken::ByTime)),
        ("not understood", "C: IDLE\nS: $ BAD Sven".into(), Ok(Woken::ByTime)),
        ("never agreed", "C: IDLE".into(), Err(Stalled)),
        ("ended at once", "C: IDLE\nS: $ OK".into(), Err(Refused)),
        ("ended by itself", "C: IDLE\nS: + idling\nS: $ OK".into(), Err(Refused)),
        ("cut off", "C: IDLE\nS: + idling\n-- wait 50\n-- cut".into(), Err(Unreachable)),
        ("cut off before the server agrees", "C: IDLE\n-- cut".into(), Err(Unreachable)),
        ("BYE", "C: IDLE\nS: + idling\nS: * BYE Sven\n-- cut".into(), Err(Unreachable)),
        ("dead at the end", "C: IDLE\nS: + idling\nC+ DONE".into(), Err(Stalled)),
        ("an unknown line", "C: IDLE\nS: + idling\nS: * XYZZY Sven".into(), Err(Refused)),
        ("400 MB", "C: IDLE\nS: + idling\nS: * 1 FETCH (BODY[] {400000000}".into(), Err(Refused)),
    ] {
        let server = Scripted::start(&[&selected(2, &rest)]).await;
        let begun = Instant::now();
        let at_most = PATIENCE;
        let woken = server.imap().wait("INBOX", at_most).await;
        assert_eq!(woken.map_err(|error| kind(case, &error)), expected, "{case}");
        if expected == Ok(Woken::ByTime) {
            assert!(begun.elapsed() >= at_most, "{case}");
        }
        assert!(begun.elapsed() < at_most + 2 * PATIENCE, "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn mail_that_came_since_the_survey_ends_the_wait_at_once() {
    let survey = "C: UID SEARCH ALL\nS: * SEARCH 4\n";
    for (case, rest) in [
        (
            "in the survey's own answer",
            format!("{survey}S: * 2 EXISTS\nS: $ OK\nC: UID SEARCH UID 5:*\nS: * SEARCH 4\nS: $ OK"),
        ),
        ("found by searching", format!("{survey}S: $ OK\nC: UID SEARCH UID 5:*\nS: * SEARCH 6\nS: $ OK")),
        (
            "in the search's own answer",
            format!("{survey}S: $ OK\nC: UID SEARCH UID 5:*\nS: * SEARCH 4\nS: * 2 EXISTS\nS: $ OK"),
        ),
    ] {
        let server = Scripted::start(&[&selected(1, &rest)]).await;
        let mut imap = server.imap();
        imap.survey("INBOX").await.expect(case);
        let begun = Instant::now();
        assert_eq!(imap.wait("INBOX", Duration::from_secs(60)).await.expect(case), Woken::ByMailbox, "{case}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn a_cancelled_call_leaves_no_connection_behind() {
    let script = selected(
        1,
        "C: UID FETCH 1 (UID INTERNALDATE BODY.PEEK[])\nS: * 1 FETCH (UID 1 $DATE BODY[] {300}\nS- abc\n-- wait 300\nS- abc",
    );
    let server = Scripted::start(&[&script, &afterwards()]).await;
    let mut imap = server.imap();
    let sizes = sized(&[(1, 300)]);
    assert!(tokio::time::timeout(PATIENCE / 2, imap.fetch("INBOX", 7, &sizes)).await.is_err());
    recovers(&mut imap, "after cancelling").await;
    server.said().await;
}

#[tokio::test]
async fn credentials_go_to_nobody_who_may_not_have_them() {
    let plain = "S: * CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\nS: $ OK\n";
    for (case, tls, script, expected) in [
        ("signed in already, implicit", Tls::Implicit, "-- tls\nS: * PREAUTH Sven".to_owned(), SignIn),
        ("signed in already, STARTTLS", Tls::Starttls, "S: * PREAUTH Sven".into(), Untrusted),
        ("BYE for a greeting", Tls::Implicit, "-- tls\nS: * BYE Sven".into(), Unreachable),
        ("no greeting", Tls::Implicit, "-- tls".into(), Stalled),
        ("no TLS", Tls::Implicit, "S: * OK Sven\n-- silence".into(), Untrusted),
        ("no handshake", Tls::Implicit, "-- silence".into(), Stalled),
        ("cut off in the handshake", Tls::Implicit, "-- cut".into(), Unreachable),
        (
            "no STARTTLS",
            Tls::Starttls,
            "S: * OK Sven\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: $ OK".into(),
            Untrusted,
        ),
        (
            "STARTTLS refused",
            Tls::Starttls,
            format!("S: * OK\nC: CAPABILITY\n{plain}C: STARTTLS\nS: $ NO Sven"),
            Untrusted,
        ),
        (
            "STARTTLS and plain words",
            Tls::Starttls,
            format!("S: * OK\nC: CAPABILITY\n{plain}C: STARTTLS\nS: $ OK\n-- wait 50\nS: * OK Sven\n-- silence"),
            Untrusted,
        ),
        (
            "nobody may sign in",
            Tls::Implicit,
            "-- tls\nS: * OK\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: $ OK".into(),
            SignIn,
        ),
        (
            "capabilities put in before TLS began",
            Tls::Starttls,
            format!(
                "S: * OK\nC: CAPABILITY\n{plain}C: STARTTLS\nS- $ OK\\r\\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\\r\\ni1 OK\\r\\n\n-- tls\n\
                 C: CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: $ OK"
            ),
            SignIn,
        ),
    ] {
        let server = Scripted::start(&[&script]).await;
        let error = server.imap_with(tls, None).survey("INBOX").await.expect_err(case);
        assert_eq!(kind(case, &error), expected, "{case}: {error}");
        let said = server.said().await;
        assert!(said.iter().all(|line| line == "CAPABILITY" || line == "STARTTLS"), "{case}: {said:?}");
    }
}

#[tokio::test]
async fn signing_in_takes_any_password_and_tells_a_wrong_one_from_a_busy_server() {
    let greeting =
        |offered: &str| format!("-- tls\nS: * OK\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1{offered}\nS: $ OK\n");
    let end = "C: CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: $ OK\nC: SELECT INBOX\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: $ OK";
    for (case, password, script, expected) in [
        (
            "PLAIN",
            "lösen\"\\ ",
            greeting(" AUTH=PLAIN")
                + "C: AUTHENTICATE PLAIN\nS: + go ahead\nC+ AG1vdHRhZ25pbmcAbMO2c2VuIlwg\nS: $ OK\n"
                + end,
            Ok(()),
        ),
        (
            "PLAIN refused",
            "x",
            greeting(" AUTH=PLAIN") + "C: AUTHENTICATE PLAIN\nS: +\nC+ *\nS: $ NO [AUTHENTICATIONFAILED] Sven",
            Err(SignIn),
        ),
        ("PLAIN refused at once", "x", greeting(" AUTH=PLAIN") + "C: AUTHENTICATE PLAIN\nS: $ NO Sven", Err(SignIn)),
        (
            "PLAIN and busy",
            "x",
            greeting(" AUTH=PLAIN") + "C: AUTHENTICATE PLAIN\nS: +\nC+ *\nS: $ NO [UNAVAILABLE] Sven",
            Err(Refused),
        ),
        ("PLAIN cut off", "x", greeting(" AUTH=PLAIN") + "C: AUTHENTICATE PLAIN\nS: +\nC+ *\n-- cut", Err(Unreachable)),
        (
            "LOGIN",
            "a\"b\\c d",
            greeting("") + "C: LOGIN \"mottagning\" \"a\\\"b\\\\c d\"\nS: $ OK [CAPABILITY IMAP4rev1] Sven\n" + end,
            Ok(()),
        ),
        (
            "LOGIN with literals",
            "lösen",
            greeting("") + "C: LOGIN {10}\nS: + ok\nC+ mottagning {6}\nS: + ok\nC+ lösen\nS: $ OK\n" + end,
            Ok(()),
        ),
        ("LOGIN refused", "x", greeting("") + "C: LOGIN \"mottagning\" \"x\"\nS: $ NO Sven", Err(SignIn)),
    ] {
        let server = Scripted::start(&[&script]).await;
        std::fs::write(server.password_file(), password).unwrap();
        let survey = server.imap().survey("INBOX").await.map(|survey| assert_eq!(survey.uids, [""; 0]));
        assert_eq!(survey.map_err(|error| kind(case, &error)), expected, "{case}");
        server.said().await;
    }
}

#[tokio::test]
async fn a_connection_that_died_while_unused_is_made_anew() {
    let first = selected(0, "-- cut");
    let server = Scripted::start(&[&first, &afterwards()]).await;
    let mut imap = server.imap();
    imap.survey("INBOX").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Just used, it is relied on and fails; the next call succeeds.
    assert_eq!(imap.survey("INBOX").await.unwrap_err().kind, Unreachable);
    recovers(&mut imap, "after the connection died").await;
}
