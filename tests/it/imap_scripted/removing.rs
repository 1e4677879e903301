//! Nothing is removed that was not asked for, and nothing is called gone that is there.

use super::*;

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
        let server = Scripted::start(&[&script[..], &afterwards][..=usize::from(expected.is_err())]).await;
        let mut imap = client(&server, expected == Err(Stalled));
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
        let removal = Imap::new(&server.source(Tls::Implicit), Some("Klart år"))
            .unwrap()
            .remove("INBOX", 7, &uids(&[1, 2]))
            .await;
        let removal = removal.map(|removal| assert_eq!(removal.gone, uids(&[1, 2]), "{case}"));
        assert_eq!(removal.map_err(|error| kind(case, &error)), expected, "{case}");
        server.said().await;
    }
}
