//! Signing in, waiting, and connections that end.

use super::*;

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
        let woken = client(&server, expected == Err(Stalled)).wait("INBOX", at_most).await;
        assert_eq!(woken.map_err(|error| kind(case, &error)), expected, "{case}");
        if expected == Ok(Woken::ByTime) {
            assert!(begun.elapsed() >= at_most, "{case}");
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{case}");
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
        assert_eq!(imap.wait("INBOX", Duration::from_mins(1)).await.expect(case), Woken::ByMailbox, "{case}");
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
        ("CAPABILITY refused", Tls::Implicit, "-- tls\nS: * OK\nC: CAPABILITY\nS: $ NO Sven".into(), Refused),
        ("CAPABILITY not understood", Tls::Starttls, "S: * OK\nC: CAPABILITY\nS: $ BAD Sven".into(), Refused),
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
        let imap = Imap::new(&server.source(tls), None).unwrap();
        let mut imap = if expected == Stalled { imap.with_patience(PATIENCE) } else { imap };
        let error = imap.survey("INBOX").await.expect_err(case);
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
    for (case, rest) in [
        ("cut off", "-- cut"),
        ("BYE", "C: NOOP\nS: * BYE Sven"),
        ("NOOP answered NO", "C: NOOP\nS: $ NO Sven"),
        ("silence", "C: NOOP"),
    ] {
        let server = Scripted::start(&[&selected(0, rest), &afterwards()]).await;
        let mut imap = server.impatient_imap();
        imap.survey("INBOX").await.expect(case);
        tokio::time::sleep(PATIENCE / 2).await;
        recovers(&mut imap, case).await;
        server.said().await;
    }
}
