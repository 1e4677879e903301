use super::*;
use crate::triage::Rule;

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
        probable_duplicate: false,
        arrived_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        now: "2026-11-20T09:05:00Z".parse().unwrap(),
        answered_recently: false,
        answers_this_week: 0,
    }
}

const PRESCRIBED: &str = "OBS! Sekretess kan inte garanteras. Kontakta oss via telefon.";
const HEAD: &str = "Return-Path: <anna@b.example>\r\nReceived: from ut.b.example (ut.b.example [192.0.2.1])\r\n\tby \
                    mx.example.se (Postfix) with ESMTPS id 4Q; Fri, 20 Nov 2026 09:00:00 +0000\r\n";
const PERSON: &str = "From: Anna <anna@b.example>\r\nTo: mottagningen@example.se\r\nSubject: Tid\r\n";

fn read(text: &str) -> Message {
    crate::message::read(text.as_bytes(), 50_000_000)
}

/// The facts of a message found in the inbox, or in the folder for spam.
pub(super) fn facts(message: &Message, context: &Context<'_>, in_junk_folder: bool) -> Facts {
    let known = triage::Known {
        authority: context.authority,
        own_addresses: context.own_addresses,
        reply_text: PRESCRIBED,
        in_junk_folder,
        today: crate::clock::day(context.now),
        urgency_words: &triage::UrgencyWords::supplied(),
    };
    triage::facts(message, &known)
}

/// What is decided about a message in the inbox.
pub(super) fn decide(message: &Message, context: &Context<'_>) -> Decision {
    super::decide(message, &facts(message, context, false), context)
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
        // Proton and Fastmail write it on everyone's mail.
        "Feedback-ID: 12345678:user:proton\r\nX-Pm-Message-ID: 0a1b\r\n\r\n",
        "From: ANNA@b.example\r\n\r\n",
        "From:\r\n\r\n",
        "X-MS-Exchange-Organization-SCL: 1\r\n\r\n",
        "Reply-To: list@lists.example\r\nCc: other@b.example\r\n\r\n",
        "\r\nJag förstår inte.\r\n\r\nOBS! Sekretess kan inte garanteras. Kontakta oss via telefon.",
        "\r\n> OBS! Sekretess kan inte garanteras. Kontakta oss via telefon.",
        "\r\nJag fick ett automatiskt meddelande.",
        "\r\nVad betyder det?\r\n\r\n> Detta är ett automatiskt meddelande.",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHej\r\n--x\r\nContent-Type: text/calendar; name=tid.ics\r\n\
         Content-Disposition: attachment; filename=tid.ics\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nSUMMARY:Tid\r\nEND:VEVENT\r\n--x--",
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
        ("Return-Path: <>\r\n\r\n", Silence::Sign(Rule::NullReturnPath)),
        ("Auto-Submitted: auto-replied\r\n\r\n", Silence::Sign(Rule::AutoSubmitted)),
        ("Auto-Submitted: no\r\nAuto-Submitted: auto-generated; x=y\r\n\r\n", Silence::Sign(Rule::AutoSubmitted)),
        ("List-Id: <x.y>\r\n\r\n", Silence::Sign(Rule::List)),
        ("List-Unsubscribe: <mailto:x@y>\r\n\r\n", Silence::Sign(Rule::List)),
        ("X-BeenThere: x@y\r\n\r\n", Silence::Sign(Rule::List)),
        ("Precedence: bulk\r\n\r\n", Silence::Sign(Rule::Bulk)),
        ("Precedence: JUNK\r\n\r\n", Silence::Sign(Rule::Bulk)),
        ("Precedence: list\r\n\r\n", Silence::Sign(Rule::Bulk)),
        ("X-Auto-Response-Suppress: DR, RN\r\n\r\n", Silence::Sign(Rule::Suppressed)),
        ("X-Auto-Response-Suppress: oof\r\n\r\n", Silence::Sign(Rule::Suppressed)),
        ("X-Auto-Response-Suppress: AutoReply\r\n\r\n", Silence::Sign(Rule::Suppressed)),
        ("X-Auto-Response-Suppress: All\r\n\r\n", Silence::Sign(Rule::Suppressed)),
        ("X-Autoreply: yes\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-Autorespond: Re\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-Loop: MOTTAGNINGEN@example.se\r\n\r\n", Silence::Sign(Rule::OwnLoop)),
        ("X-Loop: svar@example.se\r\nAuto-Submitted: auto-replied\r\n\r\n", Silence::Sign(Rule::OwnLoop)),
        ("Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nx\r\n--x--", Silence::Sign(Rule::Report)),
        (
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/disposition-notification\r\n\r\nx\r\n--x--",
            Silence::Sign(Rule::Report),
        ),
        (
            "\r\nOBS! Sekretess kan inte\r\ngaranteras.\r\nKontakta oss via telefon.\r\n\r\nMini-Maria",
            Silence::Sign(Rule::OwnLoop),
        ),
        ("\r\nDetta är ett automatiskt meddelande.", Silence::Sign(Rule::AutomaticText)),
        ("Precedence: auto_reply\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-Vacation: Yes\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-WPCF7-Content-Type: text/plain\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-Asterisk-CallerID: 1\r\n\r\n", Silence::Sign(Rule::AutomaticHeader)),
        ("X-MJ-Mid: 1\r\n\r\n", Silence::Sign(Rule::Bulk)),
        ("X-SES-Outgoing: 1\r\n\r\n", Silence::Sign(Rule::Bulk)),
        ("X-SMS-Sender: +46701740609\r\n\r\n", Silence::Sign(Rule::SmsGateway)),
        (
            "Content-Type: text/calendar\r\nContent-Disposition: attachment; filename=tid.ics\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT",
            Silence::Sign(Rule::Calendar),
        ),
        ("X-Failed-Recipients: x@y.example\r\n\r\n", Silence::Sign(Rule::Report)),
        (
            "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nx\r\n--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nx\r\n--x--",
            Silence::Sign(Rule::Calendar),
        ),
        ("X-MS-Exchange-Organization-SCL: 5\r\n\r\n", Silence::Sign(Rule::MarkedSpam)),
        ("Sender: owner-lista@b.example\r\n\r\n", Silence::Sign(Rule::RobotAddress)),
        ("From: other@b.example\r\n\r\n", Silence::SeveralFrom),
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
        ("MAILER-DAEMON@b.example", Silence::Sign(Rule::RobotAddress)),
        ("postmaster@b.example", Silence::Sign(Rule::RobotAddress)),
        ("owner-lista@b.example", Silence::Sign(Rule::RobotAddress)),
        ("lista-request@b.example", Silence::Sign(Rule::RobotAddress)),
        ("noreply@b.example", Silence::Sign(Rule::RobotAddress)),
        ("no-reply@b.example", Silence::Sign(Rule::RobotAddress)),
        ("No_Reply+x@b.example", Silence::Sign(Rule::RobotAddress)),
        ("donotreply@b.example", Silence::Sign(Rule::RobotAddress)),
        ("svara-inte@b.example", Silence::Sign(Rule::RobotAddress)),
        ("2.20290.44-t9bs.1@b.example", Silence::Sign(Rule::MadeAddress)),
        ("body_21986283-1597827694@b.example", Silence::Sign(Rule::MadeAddress)),
        ("bounces+anna=b.example@b.example", Silence::Sign(Rule::RobotAddress)),
        ("anna@bounce.b.example", Silence::Sign(Rule::RobotAddress)),
        ("46701740609@sms.b.example", Silence::Sign(Rule::SmsGateway)),
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
        ("\"Mail Delivery Subsystem\" <x@b.example>", Silence::Sign(Rule::RobotAddress)),
    ] {
        let mail = format!("From: {from}\r\nTo: mottagningen@example.se\r\n\r\nHej");
        assert_eq!(decide(&read(&mail), &context(&authority(), &reply(""))), silent(silence), "{from}");
    }
    for from in [
        "anna.noren@b.example",
        "info@b.example",
        "rootsi@b.example",
        "chef@minregion.example",
        "0701740609@b.example",
        "anna-1990-12-31@b.example",
        "070-174.06.09@b.example",
        "anna_b.199012319802@b.example",
    ] {
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
        ("X-Spam-Flag: YES\r\n".to_owned(), silent(Silence::Sign(Rule::MarkedSpam))),
        ("X-Proofpoint-Spam-Details: rule=inbound_spam_definite policy=inbound score=100\r\n".to_owned(), silent(Silence::Sign(Rule::MarkedSpam))),
        ("X-Spam-Status: Yes, score=9\r\n".to_owned(), silent(Silence::Sign(Rule::MarkedSpam))),
        ("Return-Path: <b.example!anna@b.example>\r\n".to_owned(), answer("anna@b.example", ChosenBy::From)),
        ("Return-Path: <c.example!anna@c.example>\r\n".to_owned(), silent(Silence::UnusableAddress)),
        ("Return-Path: <bounces+SRS=kX3aB=XY@fwd.example>\r\n".to_owned(), answer("bounces+SRS=kX3aB=XY@fwd.example", ChosenBy::ReturnPath)),
        ("Return-Path: <prvs=1=noreply@ut.b.example>\r\n".to_owned(), silent(Silence::Sign(Rule::RobotAddress))),
        ("Return-Path: <MAILER-DAEMON>\r\n".to_owned(), silent(Silence::Sign(Rule::RobotAddress))),
        ("Return-Path: <bounce-7@fwd.example>\r\n".to_owned(), silent(Silence::Sign(Rule::RobotAddress))),
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
fn what_the_diary_knows_silences_too() {
    let (authority, settings) = (authority(), reply(""));
    let known = context(&authority, &settings);
    let message = read(&format!("{HEAD}{PERSON}\r\nHej"));
    for (context, silence) in [
        (Context { probable_duplicate: true, ..known.clone() }, Silence::ProbableDuplicate),
        (Context { now: "2026-11-23T09:00:01Z".parse().unwrap(), ..known.clone() }, Silence::TooOld),
        (Context { answered_recently: true, ..known.clone() }, Silence::AnsweredRecently),
        (Context { answers_this_week: 3, ..known.clone() }, Silence::TooManyThisWeek),
        (Context { received_for: &["annan@example.se".to_owned()], ..known.clone() }, Silence::NotAddressed),
    ] {
        assert_eq!(decide(&message, &context), silent(silence));
    }
    let in_junk = super::decide(&message, &facts(&message, &known, true), &known);
    assert_eq!(in_junk, silent(Silence::Sign(Rule::JunkFolder)));
    let anyone = reply("only_when_addressed = false");
    let context = Context { reply: &anyone, received_for: &[], answers_this_week: 2, ..known };
    assert_eq!(decide(&message, &context), answer("anna@b.example", ChosenBy::ReturnPath));
}

#[test]
fn what_could_not_be_read_is_not_answered() {
    let long = format!("{HEAD}{PERSON}X: {}\r\nAuto-Submitted: auto-replied\r\n\r\nHej", "x".repeat(300_000));
    for raw in ["", "bara text", &long] {
        let message = read(raw);
        let (authority, reply) = (authority(), reply(""));
        let context = context(&authority, &reply);
        assert_eq!(decide(&message, &context), silent(Silence::Unreadable));
        assert_ne!(facts(&message, &context, false).kind, triage::Kind::Person);
    }
}

#[test]
fn each_reason_has_a_word_and_a_sentence() {
    for (silence, word) in [
        (Silence::Sign(Rule::JunkFolder), "junk-folder"),
        (Silence::NotAddressed, "not-addressed"),
        (Silence::TooManyThisWeek, "too-many-this-week"),
    ] {
        assert_eq!(silence.word(), word);
        assert!(silence.text().ends_with('.'));
    }
    assert_eq!("from-by-dmarc".parse(), Ok(ChosenBy::FromByDmarc));
}
