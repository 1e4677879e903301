//! What is listed and fetched is whole, or an error.

use super::*;

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
        let mut imap = client(&server, expected == Stalled);
        let begun = Instant::now();
        let error = imap.survey("INBOX").await.expect_err(case);
        assert_eq!(kind(case, &error), expected, "{case}: {error}");
        // Silence ends sooner than the time that a whole exchange has.
        assert!(expected != Stalled || begun.elapsed() < 3 * PATIENCE, "{case}: {:?}", begun.elapsed());
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
        (
            "patience in between",
            1,
            "S: * OK Hang in there..\n-- wait 200\nS: * SEARCH 1\n-- wait 200\nS: * OK\n-- wait 200\nS: $ OK",
            &[1],
        ),
    ] {
        let script = selected(exists, &format!("C: UID SEARCH ALL\n{answer}"));
        let server = Scripted::start(&[&script]).await;
        let survey = server.impatient_imap().survey("INBOX").await.expect(case);
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
        let sizes = client(&server, expected == Err(Stalled)).sizes("INBOX", 7, &uids(&[1, 2])).await;
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
        (
            "no text",
            format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] NIL)\nS: $ OK\nC: UID SEARCH UID 2\nS: * SEARCH 2\nS: $ OK"),
            Err(Refused),
        ),
        ("no text because it is gone", format!("{one}S: * 2 FETCH (UID 2 $DATE BODY[] NIL)\n{gone}"), Ok(&["abc"])),
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
        let server = Scripted::start(&[&script[..], &afterwards()][..=usize::from(expected.is_err())]).await;
        let mut imap = client(&server, expected == Err(Stalled));
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
    let error = server.impatient_imap().fetch("INBOX", 7, &sized(&[(1, 1000)])).await.expect_err("50 s are too long");
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
        (
            "no text",
            full(1)
                + &ask(PART)
                + "S: * 1 FETCH (UID 1 $DATE BODY[]<1048576> NIL)\nS: $ OK\nC: UID SEARCH UID 1\nS: * SEARCH 1\nS: $ OK",
            Err(Refused),
        ),
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
