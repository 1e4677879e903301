use super::*;

pub(super) fn authority() -> Authority {
    Authority {
        name: "Region Exempel".into(),
        own_hosts: vec!["mx.example.se".into()],
        authserv_ids: vec!["mx.example.se".into()],
        silent_domains: vec!["region.example".into()],
    }
}

pub(super) fn reply(more: &str) -> Reply {
    toml::from_str(&format!("text_file = \"reply.toml\"\n{more}")).unwrap()
}

pub(super) fn context<'a>(authority: &'a Authority, reply: &'a Reply) -> Context<'a> {
    static RECEIVED_FOR: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| vec!["mottagningen@example.se".into()]);
    Context {
        authority,
        reply,
        own_addresses: &["mottagningen@example.se", "svar@example.se"],
        received_for: &RECEIVED_FOR,
        in_junk_folder: false,
        probable_duplicate: false,
        arrived_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        now: "2026-11-20T09:05:00Z".parse().unwrap(),
        answered_recently: false,
        answers_this_week: 0,
    }
}

const HEAD: &str = "Return-Path: <anna@b.example>\r\nReceived: from ut.b.example (ut.b.example [192.0.2.1])\r\n\tby \
                    mx.example.se (Postfix) with ESMTPS id 4Q; Fri, 20 Nov 2026 09:00:00 +0000\r\n";
const PERSON: &str = "From: Anna <anna@b.example>\r\nTo: mottagningen@example.se\r\nSubject: Tid\r\n";

fn read(text: &str) -> Message {
    crate::message::read(text.as_bytes(), 50_000_000)
}

/// What is decided about a person's message with these header lines and this body added.
fn decided(more: &str) -> Decision {
    decide(&read(&format!("{HEAD}{PERSON}{more}")), &context(&authority(), &reply("")))
}

fn silent(silence: Silence) -> Decision {
    Decision::Silent(silence)
}

fn answer(address: &str, chosen_by: ChosenBy) -> Decision {
    Decision::Answer(Recipient { address: address.to_owned(), chosen_by })
}

#[test]
fn a_person_is_answered() {
    for more in [
        "\r\nHej",
        "Auto-Submitted: no\r\n\r\nHej",
        "Auto-Submitted: No (really)\r\n\r\n",
        "Precedence: first-class\r\n\r\n",
        "X-Auto-Response-Suppress: RN, NRN\r\n\r\n",
        "X-Autoreply: no\r\n\r\n",
        "X-Loop: other@b.example\r\n\r\n",
        "X-MS-Exchange-Organization-SCL: 1\r\n\r\n",
        "Reply-To: list@lists.example\r\nCc: other@b.example\r\n\r\n",
        // An own filter would have written above the border line; this came with the message.
        "X-Spam-Flag: YES\r\n\r\n",
        "Authentication-Results: mx.example.se; dmarc=fail header.from=b.example\r\n\r\n",
    ] {
        assert_eq!(decided(more), answer("anna@b.example", ChosenBy::ReturnPath), "{more}");
    }
}

#[test]
fn what_a_machine_sent_is_not_answered() {
    for (more, silence) in [
        ("Return-Path: <>\r\n\r\n", Silence::NullReturnPath),
        ("Auto-Submitted: auto-replied\r\n\r\n", Silence::AutoSubmitted),
        ("Auto-Submitted: no\r\nAuto-Submitted: auto-generated; x=y\r\n\r\n", Silence::AutoSubmitted),
        ("List-Id: <x.y>\r\n\r\n", Silence::List),
        ("List-Unsubscribe: <mailto:x@y>\r\n\r\n", Silence::List),
        ("X-BeenThere: x@y\r\n\r\n", Silence::List),
        ("Precedence: bulk\r\n\r\n", Silence::Bulk),
        ("Precedence: JUNK\r\n\r\n", Silence::Bulk),
        ("Precedence: list\r\n\r\n", Silence::Bulk),
        ("Feedback-ID: 1:x\r\n\r\n", Silence::Bulk),
        ("X-Auto-Response-Suppress: DR, RN\r\n\r\n", Silence::Suppressed),
        ("X-Auto-Response-Suppress: oof\r\n\r\n", Silence::Suppressed),
        ("X-Auto-Response-Suppress: AutoReply\r\n\r\n", Silence::Suppressed),
        ("X-Auto-Response-Suppress: All\r\n\r\n", Silence::Suppressed),
        ("X-Autoreply: yes\r\n\r\n", Silence::AutomaticHeader),
        ("X-Autorespond: Re\r\n\r\n", Silence::AutomaticHeader),
        ("X-Loop: MOTTAGNINGEN@example.se\r\n\r\n", Silence::OwnLoop),
        ("X-Loop: svar@example.se\r\nAuto-Submitted: auto-replied\r\n\r\n", Silence::OwnLoop),
        ("Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nx\r\n--x--", Silence::Report),
        (
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/disposition-notification\r\n\r\nx\r\n--x--",
            Silence::Report,
        ),
        ("X-Failed-Recipients: x@y.example\r\n\r\n", Silence::Report),
        (
            "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nx\r\n--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nx\r\n--x--",
            Silence::Calendar,
        ),
        ("X-MS-Exchange-Organization-SCL: 5\r\n\r\n", Silence::MarkedSpam),
        ("Sender: owner-lista@b.example\r\n\r\n", Silence::RobotAddress),
        ("From: other@b.example\r\n\r\n", Silence::SeveralFrom),
        ("From:\r\n\r\n", Silence::SeveralFrom),
    ] {
        assert_eq!(decided(more), silent(silence), "{more}");
    }
}

#[test]
fn a_report_or_reply_that_a_person_forwards_is_answered() {
    let mail = format!(
        "{HEAD}{PERSON}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSe nedan\r\n--x\r\nContent-Type: \
         message/rfc822\r\n\r\nAuto-Submitted: auto-replied\r\nContent-Type: multipart/report; boundary=y\r\n\r\n--y\r\n\r\n\
         x\r\n--y--\r\n--x--"
    );
    let decision = decide(&read(&mail), &context(&authority(), &reply("")));
    assert_eq!(decision, answer("anna@b.example", ChosenBy::ReturnPath));
}

#[test]
fn addresses_of_machines_are_not_answered() {
    for (from, silence) in [
        ("MAILER-DAEMON@b.example", Silence::RobotAddress),
        ("postmaster@b.example", Silence::RobotAddress),
        ("owner-lista@b.example", Silence::RobotAddress),
        ("lista-request@b.example", Silence::RobotAddress),
        ("noreply@b.example", Silence::RobotAddress),
        ("no-reply@b.example", Silence::RobotAddress),
        ("No_Reply+x@b.example", Silence::RobotAddress),
        ("donotreply@b.example", Silence::RobotAddress),
        ("svara-inte@b.example", Silence::RobotAddress),
        ("bounces+anna=b.example@b.example", Silence::RobotAddress),
        ("anna@bounce.b.example", Silence::RobotAddress),
        ("46701740609@sms.b.example", Silence::SmsGateway),
        ("svar@example.se", Silence::OwnAddress),
        ("Mottagningen@Example.se", Silence::OwnAddress),
        ("chef@region.example", Silence::SilentDomain),
        ("chef@mail.REGION.example", Silence::SilentDomain),
        ("a b@b.example", Silence::UnusableAddress),
        ("anna@localhost", Silence::UnusableAddress),
        ("anna@[192.0.2.1]", Silence::UnusableAddress),
        ("anna!b@c.example", Silence::UnusableAddress),
        ("anna@b.example@c.example", Silence::UnusableAddress),
        ("åsa@b.example", Silence::UnusableAddress),
        ("", Silence::NoFrom),
        ("Anna", Silence::NoFrom),
        ("anna@b.example, bo@b.example", Silence::SeveralFrom),
        ("\"Mail Delivery Subsystem\" <x@b.example>", Silence::RobotAddress),
    ] {
        let mail = format!("From: {from}\r\nTo: mottagningen@example.se\r\n\r\nHej");
        assert_eq!(decide(&read(&mail), &context(&authority(), &reply(""))), silent(silence), "{from}");
    }
    for from in
        ["anna.noren@b.example", "info@b.example", "rootsi@b.example", "chef@minregion.example", "0701740609@b.example"]
    {
        let mail = format!("From: {from}\r\nTo: mottagningen@example.se\r\n\r\nHej");
        assert_eq!(decide(&read(&mail), &context(&authority(), &reply(""))), answer(from, ChosenBy::From), "{from}");
    }
}

#[test]
fn the_recipient_is_chosen_by_the_envelope_unless_from_is_vouched_for() {
    let pass = "Authentication-Results: mx.example.se (x); spf=pass; dmarc=pass (p=none) header.from=b.example\r\n";
    let received = HEAD.split_once("\r\n").unwrap().1;
    for (above, expected) in [
        ("Return-Path: <anna@b.example>\r\n".to_owned(), answer("anna@b.example", ChosenBy::ReturnPath)),
        ("Return-Path: <prvs=1=anna@ut.b.example>\r\n".to_owned(), answer("prvs=1=anna@ut.b.example", ChosenBy::ReturnPath)),
        ("Return-Path: <SRS0=x=y=b.example=anna@fwd.example>\r\n".to_owned(), answer("SRS0=x=y=b.example=anna@fwd.example", ChosenBy::ReturnPath)),
        (format!("Return-Path: <SRS0=x=y=b.example=anna@fwd.example>\r\n{pass}"), answer("anna@b.example", ChosenBy::FromByDmarc)),
        (pass.to_owned(), answer("anna@b.example", ChosenBy::From)),
        (format!("Return-Path: <x@ut.b.example>\r\n{pass}"), answer("x@ut.b.example", ChosenBy::ReturnPath)),
        (String::new(), answer("anna@b.example", ChosenBy::From)),
        ("Return-Path: <x@fwd.example>\r\nAuthentication-Results: other.example; dmarc=pass header.from=b.example\r\n".to_owned(), answer("x@fwd.example", ChosenBy::ReturnPath)),
        ("Return-Path: <x@fwd.example>\r\nAuthentication-Results: mx.example.se; dmarc=pass header.from=evil.example\r\n".to_owned(), answer("x@fwd.example", ChosenBy::ReturnPath)),
        ("Return-Path: <x@fwd.example>\r\nAuthentication-Results: mx.example.se; spf=pass (dmarc=pass)\r\n".to_owned(), answer("x@fwd.example", ChosenBy::ReturnPath)),
        ("Authentication-Results: mx.example.se; dmarc=fail header.from=b.example\r\n".to_owned(), silent(Silence::DmarcFailed)),
        (format!("{pass}Authentication-Results: mx.example.se; dmarc=fail\r\n"), silent(Silence::DmarcFailed)),
        ("X-Spam-Flag: YES\r\n".to_owned(), silent(Silence::MarkedSpam)),
        ("X-Spam-Status: Yes, score=9\r\n".to_owned(), silent(Silence::MarkedSpam)),
        ("Return-Path: <MAILER-DAEMON>\r\n".to_owned(), silent(Silence::UnusableAddress)),
        ("Return-Path: <bounce-7@fwd.example>\r\n".to_owned(), silent(Silence::RobotAddress)),
    ] {
        let mail = format!("{above}{received}{PERSON}\r\nHej");
        assert_eq!(decide(&read(&mail), &context(&authority(), &reply(""))), expected, "{above}");
    }
}

#[test]
fn a_stranger_cannot_choose_where_a_reply_goes() {
    // All of this came with the message, beneath our own line.
    let mail = format!(
        "{}{PERSON}Return-Path: <victim@c.example>\r\nAuthentication-Results: mx.example.se; dmarc=pass\r\nReply-To: \
         victim@c.example\r\nErrors-To: victim@c.example\r\nDisposition-Notification-To: victim@c.example\r\n\r\nHej",
        HEAD.split_once("\r\n").unwrap().1
    );
    let decision = decide(&read(&mail), &context(&authority(), &reply("")));
    assert_eq!(decision, answer("anna@b.example", ChosenBy::From));
}

#[test]
fn organisations_are_told_by_their_registered_domain() {
    for (one, other, same) in [
        ("a@b.example.se", "c@example.se", true),
        ("a@EXAMPLE.se", "c@example.se", true),
        ("a@example.se", "c@other.se", false),
        ("a@one.co.uk", "c@two.co.uk", false),
        ("a@x.one.co.uk", "c@one.co.uk", true),
        ("a@one.github.io", "c@two.github.io", false),
        ("a@se", "c@se", true),
        ("a", "c", false),
    ] {
        assert_eq!(address::share_organisation(one, other), same, "{one} {other}");
    }
}

#[test]
fn what_the_diary_knows_silences_too() {
    let (authority, settings) = (authority(), reply(""));
    let known = context(&authority, &settings);
    let message = read(&format!("{HEAD}{PERSON}\r\nHej"));
    for (context, silence) in [
        (Context { probable_duplicate: true, ..known.clone() }, Silence::ProbableDuplicate),
        (Context { in_junk_folder: true, ..known.clone() }, Silence::JunkFolder),
        (Context { now: "2026-11-23T09:00:01Z".parse().unwrap(), ..known.clone() }, Silence::TooOld),
        (Context { answered_recently: true, ..known.clone() }, Silence::AnsweredRecently),
        (Context { answers_this_week: 3, ..known.clone() }, Silence::TooManyThisWeek),
        (Context { received_for: &["annan@example.se".to_owned()], ..known.clone() }, Silence::NotAddressed),
    ] {
        assert_eq!(decide(&message, &context), silent(silence));
    }
    let anyone = reply("only_when_addressed = false");
    let context = Context { reply: &anyone, received_for: &[], answers_this_week: 2, ..known };
    assert_eq!(decide(&message, &context), answer("anna@b.example", ChosenBy::ReturnPath));
}

#[test]
fn what_could_not_be_read_is_not_answered() {
    let long = format!("{HEAD}{PERSON}X: {}\r\nAuto-Submitted: auto-replied\r\n\r\nHej", "x".repeat(300_000));
    for raw in ["", "bara text", &long] {
        assert_eq!(decide(&read(raw), &context(&authority(), &reply(""))), silent(Silence::Unreadable));
    }
}

#[test]
fn each_reason_has_a_word_that_reads_back_and_a_sentence() {
    for word in ["junk-folder", "null-return-path", "too-many-this-week"] {
        let silence: Silence = word.parse().unwrap();
        assert_eq!(silence.word(), word);
        assert!(silence.text().ends_with('.'));
    }
    assert!("because".parse::<Silence>().is_err());
    assert_eq!("from-by-dmarc".parse(), Ok(ChosenBy::FromByDmarc));
}
