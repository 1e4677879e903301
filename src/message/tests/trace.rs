use super::*;

fn own() -> Vec<String> {
    vec!["mx.example.se".into(), "filter.example.se".into(), ".mail.example.se".into()]
}

fn at(minute: &str) -> Timestamp {
    format!("2026-11-20T10:{minute}:00Z").parse().unwrap()
}

/// `Received` from and by, at a minute past ten.
fn line(from: &str, by: &str, minute: &str) -> String {
    let from = if from.is_empty() { String::new() } else { format!("from {from} ") };
    format!("Received: {from}by {by} (Postfix) with ESMTPS id 4Q;\r\n\tFri, 20 Nov 2026 10:{minute}:00 +0000\r\n")
}

fn arrived(lines: &[String]) -> Option<Timestamp> {
    arrival(&read(lines.concat() + "Subject: s\r\n\r\n"), &own(), at("30"))
}

#[test]
fn a_message_arrives_where_it_first_meets_one_of_our_hosts() {
    let outside = line("x.other.example (x.other.example [192.0.2.1])", "mx.other.example", "01");
    let border = line("mx.other.example (mx.other.example [192.0.2.2])", "filter.example.se", "05");
    let inner = line("filter.example.se (filter.example.se [198.51.100.7])", "mx.example.se", "20");
    let local = line("mx.example.se", "mx.example.se", "21").replace("ESMTPS", "LMTP");
    assert_eq!(arrived(&[local.clone(), inner.clone(), border.clone(), outside.clone()]), Some(at("05")));
    assert_eq!(arrived(&[border, outside.clone()]), Some(at("05")));
    assert_eq!(arrived(&[outside]), None);
    assert_eq!(arrived(&[]), None);
}

#[test]
fn a_line_that_the_sender_wrote_in_our_name_is_not_believed() {
    let forged = line("filter.example.se (filter.example.se [198.51.100.7])", "mx.example.se", "01");
    for border in [
        // The sender calls itself one of ours; its address says otherwise.
        line("filter.example.se (evil.example [203.0.113.9])", "mx.example.se", "05"),
        line("filter.example.se (unknown [203.0.113.9])", "mx.example.se", "05"),
        line("[203.0.113.9]", "mx.example.se", "05"),
    ] {
        assert_eq!(arrived(&[border.clone(), forged.clone()]), Some(at("05")), "{border}");
    }
    let foreign = line("evil.example (evil.example [203.0.113.9])", "mx.other.example", "04");
    assert_eq!(arrived(&[foreign, forged]), None);
}

#[test]
fn the_chain_goes_on_within_the_house() {
    let border = line("x.other.example (x.other.example [192.0.2.1])", "a.mail.example.se", "05");
    for inner in [
        line("a.mail.example.se (unknown [10.1.2.3])", "mx.example.se", "06"),
        line("localhost (localhost [127.0.0.1])", "mx.example.se", "06"),
        line("A.MAIL.EXAMPLE.SE (fd00:1::2)", "MX.example.se.", "06"),
        line("", "mx.example.se", "06"),
        // A filter on the host itself, as amavis writes it.
        line("localhost (localhost [127.0.0.1])", "mx.example.se", "07")
            + &line("mx.example.se ([127.0.0.1])", "localhost", "06"),
    ] {
        assert_eq!(arrived(&[inner.clone(), border.clone()]), Some(at("05")), "{inner}");
    }
}

#[test]
fn times_that_cannot_be_are_passed_over() {
    let inner = line("", "mx.example.se", "20");
    for (minute, expected) in [("05", "05"), ("31", "20"), ("45", "20"), ("99", "20")] {
        let border = line("x.other.example (x.other.example [192.0.2.1])", "mx.example.se", minute);
        assert_eq!(arrived(&[inner.clone(), border]), Some(at(expected)), "{minute}");
    }
    let border = line("x.other.example (x [192.0.2.1])", "mx.example.se", "05");
    for year in ["1970", "1999", "2025", "9999", ""] {
        assert_eq!(arrived(&[inner.clone(), border.replace("2026", year)]), Some(at("20")), "{year}");
    }
}

#[test]
fn a_return_path_counts_when_it_stands_above_the_first_trace_line() {
    let received = line("", "mx.example.se", "05");
    for (header, return_path) in [
        (format!("Return-Path: <a@b.example>\r\n{received}"), Some("a@b.example")),
        (format!("Return-Path: a@b.example\r\nX: 1\r\n{received}"), Some("a@b.example")),
        (format!("Return-Path: <>\r\n{received}"), Some("")),
        (format!("Return-Path: <a@b.example>\r\nReturn-Path: <c@d.example>\r\n{received}"), Some("a@b.example")),
        (format!("{received}Return-Path: <a@b.example>\r\n"), None),
        ("Return-Path: <a@b.example>\r\n".into(), Some("a@b.example")),
        (received, None),
    ] {
        assert_eq!(read(format!("{header}\r\n")).return_path.as_deref(), return_path, "{header}");
    }
}

#[test]
fn traces_are_found_without_reading_the_rest() {
    for (raw, trace) in [
        ("Received: x\r\nMessage-ID: <a@b>\r\n\r\n", true),
        ("received : x\nMESSAGE-ID:\n <a@b>\n\n", true),
        ("X-Received: x\nMessage-ID: utan\n\n", false),
        ("Subject: s\n\nReceived: x\n", false),
        ("", false),
    ] {
        assert_eq!(has_trace(raw.as_bytes()), trace, "{raw}");
    }
}
