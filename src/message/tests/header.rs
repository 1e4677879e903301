use super::*;

#[test]
fn what_is_no_header_line_ends_no_header_unless_it_is_the_body() {
    for (mail, subject, text) in [
        ("From a@b Mon Nov 16\nSubject: s\n\nHej", Some("s"), "Hej"),
        ("\r\n\r\nSubject: s\r\n\r\nHej", Some("s"), "Hej"),
        ("X-One: 1\nskräp\nSubject: s\n\nHej", Some("s"), "Hej"),
        ("Subject: s\nHej utan tomrad\nTid: måndag\n\nslut", Some("s"), "Hej utan tomrad\nTid: måndag\n\nslut"),
        ("Subject: s\n \nHej\n\nX-Tid: nu", Some("s"), "Hej\n\nX-Tid: nu"),
        ("Subject: s\rX-One: 1\r\rHej\rd\u{e5}", Some("s"), "Hej\nd\u{e5}"),
        ("bara text", None, "bara text"),
        ("Subject: s", Some("s"), ""),
    ] {
        let message = read(mail);
        assert_eq!(message.subject.as_deref(), subject, "{mail}");
        assert_eq!(message.text, text, "{mail}");
    }
    assert_eq!(read("bara text").defects, [Defect::NoHeader]);
    assert_eq!(read(" \r\n").defects, [Defect::Empty]);
    assert_eq!(read(b"\xd0\xcf\x11\xe0\0\0\0").defects, [Defect::NoHeader, Defect::Unreadable]);
}

#[test]
fn header_text_is_decoded_however_it_is_written() {
    for (value, subject) in [
        (b"=?utf-8?Q?F=C3=B6rnya_recept?=".as_slice(), "Förnya recept"),
        (b"=?iso-8859-1?q?F=F6rnya?= =?iso-8859-1?q?_recept?=", "Förnya recept"),
        (b"=?utf-8?B?RsO?=\r\n =?utf-8?B?tnJueWE=?=", "F\u{f6}rnya"),
        (b"=?utf-8?Q?F=C3?= =?utf-8?Q?=B6rnya?= nu", "Förnya nu"),
        (b"=?utf-8?Q?ett?= mellan =?utf-8?Q?tv=C3=A5?=", "ett mellan två"),
        (b"=?iso-8859-1?Q?f=C3=B6r?=", "för"),
        (b"=?nonsense?Q?f=F6r?=", "för"),
        (b"=?utf-8?X?vad?= =? ?= =?", "=?utf-8?X?vad?= =? ?= =?"),
        (b"F\xf6rnya recept p\xe5 m\xe5ndag", "Förnya recept på måndag"),
        ("Förnya".as_bytes(), "Förnya"),
        (b"vikt\r\n\trad", "vikt rad"),
        (b"=?utf-8?Q?rad=0D=0ABcc:_x?=", "rad Bcc: x"),
        (b"tyst\x07 \x1b[31mklocka", "tyst [31mklocka"),
    ] {
        let message = read([b"Subject: ", value, b"\r\n\r\n"].concat());
        assert_eq!(message.subject.as_deref(), Some(subject));
    }
}

#[test]
fn addresses_are_read_with_their_names() {
    for (line, name, address) in [
        ("Anna Prov <anna@b.example>", Some("Anna Prov"), "anna@b.example"),
        ("anna@b.example", None, "anna@b.example"),
        ("anna@b.example (Anna)", Some("Anna"), "anna@b.example"),
        ("anna@b.example <anna@b.example>", Some("anna@b.example"), "anna@b.example"),
        ("\"Prov, Anna\" <anna@b.example>", Some("Prov, Anna"), "anna@b.example"),
        ("Prov, Anna <anna@b.example>", Some("Prov, Anna"), "anna@b.example"),
        ("=?utf-8?Q?=C3=85sa?= <asa@b.example>", Some("Åsa"), "asa@b.example"),
        // What a name says once decoded is a name, not an address.
        ("=?utf-8?Q?x=40y.example=3E=2C?= <a@b.example>", Some("x@y.example>,"), "a@b.example"),
        ("\"boss@bank.example\" <a@b.example>", Some("boss@bank.example"), "a@b.example"),
        ("Namn utan adress", Some("Namn utan adress"), ""),
    ] {
        let from = read(format!("From: {line}\n\n")).from;
        assert_eq!(from, [Address { name: name.map(str::to_owned), address: address.to_owned() }], "{line}");
    }
    assert_eq!(read("To: undisclosed-recipients:;\n\n").to, []);
    assert_eq!(read("To: Grupp: a@b.example, c@d.example;\nCc: e@f.example\n\n").to.len(), 2);
}

#[test]
fn of_several_from_lines_the_first_counts_and_all_are_kept() {
    let message = read("From: a@b.example\nSubject: s\nFrom: c@d.example\n\nHej");
    let from: Vec<_> = message.from.iter().map(|from| from.address.as_str()).collect();
    assert_eq!(from, ["a@b.example", "c@d.example"]);
    assert_eq!(message.defects, [Defect::SeveralFrom]);
}
