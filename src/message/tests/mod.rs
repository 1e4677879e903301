use super::*;

mod bounds;
mod header;
mod parts;
mod trace;

pub(crate) use bounds::mail;

const MAX_BYTES: u64 = 50_000_000;

/// Without the guard, so that a panic fails the test.
fn read(raw: impl AsRef<[u8]>) -> Message {
    read_bounded(raw.as_ref(), MAX_BYTES, &mut Rest::new(false))
}

fn fixture(name: &str) -> Message {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail").join(name);
    read(std::fs::read(path).unwrap())
}

/// A message of one text part.
fn text(header: &str, body: &[u8]) -> Message {
    read([b"From: a@b.example\r\n", header.as_bytes(), b"\r\n\r\n", body].concat())
}

#[test]
fn a_plain_message_is_read_as_it_was_written() {
    let message = fixture("plain-swedish.eml");
    assert_eq!(message.subject.as_deref(), Some("Ändra tid på torsdag"));
    assert_eq!(message.from[0].name.as_deref(), Some("Astrid Provsson"));
    assert_eq!(message.to[0].address, "mottagningen@example.se");
    assert_eq!(message.message_id.as_deref(), Some("20261116081229.4711@mejl.example"));
    assert_eq!(message.date, Some("2026-11-16T07:12:29Z".parse().unwrap()));
    assert_eq!(message.return_path.as_deref(), Some("astrid.provsson@mejl.example"));
    assert!(message.text.starts_with("Hej!\n\nJag har en tid på torsdag"), "{}", message.text);
    assert_eq!(message.headers[2].name, "Received");
    assert_eq!(
        message.headers[2].value,
        "from ut.mejl.example (ut.mejl.example [192.0.2.10]) by mx.example.se (Postfix) with ESMTPS id 4QaAA1 \
         for <mottagningen@example.se>; Mon, 16 Nov 2026 08:12:31 +0100"
    );
    assert_eq!(message.defects, []);
}

#[test]
fn all_made_up_mail_is_read_without_anything_to_repair() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mail")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let message = read(std::fs::read(&path).unwrap());
            let expected = if path.ends_with("outlook-html.eml") { vec![Defect::Trackers(1)] } else { vec![] };
            assert_eq!(message.defects, expected, "{path:?}");
            assert!(message.subject.is_some_and(|subject| !subject.contains(['?', '\u{fffd}'])), "{path:?}");
        }
    }
}

#[test]
fn html_alone_becomes_readable_text() {
    insta::assert_snapshot!(fixture("outlook-html.eml").text, @r"
    Hej igen,

    Tack för samtalet i går. Vår dotter vill gärna komma tillbaka – går det att få en tid efter skolan?
    Hon heter Lova och går i sjuan.

    Med vänlig hälsning
    Märta & Sixten Övning
    Kontoret AB <https://kontor.example/>

    > Från: Mottagningen <mottagningen@example.se>
    > Skickat: den 12 november 2026 09:14
    > Till: Märta Övning
    > Ämne: Kallelse
    > Hej Märta, ni är välkomna torsdag 3 december kl. 08.20.
    ");
}

#[test]
fn the_plain_alternative_is_preferred_when_it_says_as_much() {
    let alternative = |plain: &str| {
        let mail = format!(
            "Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\n{plain}\n--x\n\
             Content-Type: text/html\n\n<p>Jag kan inte komma på <b>torsdag</b>.</p><p>Anna</p>\n--x--\n"
        );
        let message = read(mail);
        (message.text, message.defects)
    };
    let html = "Jag kan inte komma på torsdag.\n\nAnna";
    for (plain, text, defects) in [
        ("Jag kan inte komma\npå *torsdag*.\nAnna", "Jag kan inte komma\npå *torsdag*.\nAnna", vec![]),
        (" \n", html, vec![]),
        ("Anna", html, vec![]),
        ("Jag kan", html, vec![]),
        (
            "Öppna brevet i en webbläsare",
            "Öppna brevet i en webbläsare\n\nJag kan inte komma på torsdag.\n\nAnna",
            vec![Defect::Alternatives],
        ),
    ] {
        assert_eq!(alternative(plain), (text.to_owned(), defects), "{plain}");
    }
}

#[test]
fn swedish_letters_survive_any_label() {
    let utf8 = "för Åsa, välkommen på måndag".as_bytes();
    let latin = b"f\xf6r \xc5sa, v\xe4lkommen p\xe5 m\xe5ndag";
    for (body, charset, guessed) in [
        (utf8, "; charset=utf-8", false),
        (utf8, "; charset=\"iso-8859-1\"", true),
        (utf8, "; charset=us-ascii", true),
        (utf8, "; charset=nonsense", false),
        (utf8, "", false),
        (latin, "; charset=iso-8859-1", false),
        (latin, "; charset=windows-1252", false),
        (latin, "; charset=utf-8", true),
        (latin, "; charset=nonsense", true),
        (latin, "", true),
    ] {
        let message = text(&format!("Content-Type: text/plain{charset}"), body);
        assert_eq!(message.text, "för Åsa, välkommen på måndag", "{charset}");
        assert_eq!(message.defects.contains(&Defect::Charset), guessed, "{charset}");
    }
}

#[test]
fn labels_that_the_web_does_not_know_and_labels_that_are_wrong_are_seen_through() {
    let utf_16 = |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let (swedish, russian) = ("Hej, en tid på måndag?", "Привет, когда время приёма?");
    for (charset, body, shown, guessed) in [
        ("utf-16", swedish.as_bytes().to_vec(), swedish, true),
        ("utf-16le", b"Hej!".to_vec(), "Hej!", true),
        ("utf-16be", b"Hej p\xe5 dig, du och ni".to_vec(), "Hej på dig, du och ni", true),
        ("utf-16", utf_16(swedish, u16::to_le_bytes), swedish, false),
        ("utf-16", utf_16(russian, u16::to_be_bytes), russian, false),
        ("utf-8", utf_16(swedish, u16::to_le_bytes), swedish, true),
        ("us-ascii", utf_16(swedish, u16::to_be_bytes), swedish, true),
        ("utf-8", b"Hej\0 och h\0ej".to_vec(), "Hej och hej", false),
        ("cp850", b"f\x86r \x8ft p\x86 \x99n".to_vec(), "får Åt på Ön", false),
        ("utf-7", b"f+AOU-r p+AOU v+AOQ-g, 1 +- 1 = +-".to_vec(), "får på väg, 1 + 1 = +", false),
        ("unicode-1-1-utf-7", b"+2D3eAA-".to_vec(), "\u{1f600}", false),
    ] {
        let message = text(&format!("Content-Type: text/plain; charset={charset}"), &body);
        assert_eq!(message.text, shown, "{charset}: {body:?}");
        assert_eq!(message.defects.contains(&Defect::Charset), guessed, "{charset}: {body:?}");
    }
}

#[test]
fn broken_encodings_lose_nothing() {
    for (encoding, body, shown, broken) in [
        ("quoted-printable", "f=C3=B6r 100 = allt\n=XY slut=\n.", "för 100 = allt\n=XY slut.", true),
        ("quoted-printable", "rad  \n-- \nrad=20", "rad  \n-- \nrad", false),
        ("quoted-printable", "=====\n\nmer", "=====\n\nmer", true),
        ("quoted-printable", "klippt =C3=B6=C", "klippt ö=C", true),
        ("quoted-printable", "mjuk = \nbrytning", "mjuk brytning", false),
        ("base64", "SGVqIGTDpQ==", "Hej då", false),
        ("base64", "SGVqIGTD\npQ==\n-- \nAvslutat i klartext!", "Hej då\n-- \nAvslutat i klartext!", true),
        ("base64", "SGVqIGTDpQ== i klartext", "Hej då\n i klartext", true),
        ("base64", "SGVqIGTDpQ== ignored", "Hej då\n ignored", true),
        ("base64", "Hej, detta var aldrig base64.", "Hej, detta var aldrig base64.", true),
        ("base64", "Hej", "Hej", true),
        ("base64", "SGVqIGTD \n!pSBvY2ggdsOkbGtvbW1lbiE=", "Hej då och välkommen!", true),
        (
            "base64",
            "Extern avs.\nSGVqIGTDpSwgb2NoIHbDpGxrb21tZW4gdGlsbCBtb3R0YWduaW5nZW4gcMOl\nIG3DpW5kYWch\nHej!",
            "Extern avs.\nHej då, och välkommen till mottagningen på måndag!\nHej!",
            true,
        ),
        ("x-unknown", "som det står", "som det står", false),
    ] {
        let message = text(&format!("Content-Transfer-Encoding: {encoding}"), body.as_bytes());
        assert_eq!(message.text, shown, "{encoding}: {body}");
        assert_eq!(message.defects.contains(&Defect::Encoding), broken, "{encoding}: {body}");
    }
}

#[test]
fn parts_are_found_though_their_delimiters_are_broken() {
    let part = "Content-Type: text/plain\n\nHej\n";
    for (mail, defects) in [
        (format!("Content-Type: multipart/mixed; boundary=x\n\n--x\n{part}--x--\n"), vec![]),
        (format!("Content-Type: multipart/mixed; boundary=x\n\n--x\n{part}"), vec![Defect::Structure]),
        (
            format!("Content-Type: multipart/mixed; boundary=wrong\n\n--right\n{part}--right--\n"),
            vec![Defect::Structure],
        ),
        (format!("Content-Type: multipart/mixed\n\n--right\n{part}--right--\n"), vec![Defect::Structure]),
        ("Content-Type: multipart/mixed; boundary=x\n\nHej\n".into(), vec![Defect::Structure]),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nHej\n--x--".into(), vec![]),
        ("Content-Type: multipart/mixed; boundary=x\n--x\nContent-Type: text/plain\n \nHej\n--x--".into(), vec![]),
    ] {
        let message = read(&mail);
        assert_eq!(message.text, "Hej", "{mail}");
        assert_eq!(message.defects, defects, "{mail}");
    }
}

#[test]
fn attachments_have_name_type_size_and_digest() {
    let message = fixture("attachments.eml");
    let [pdf, jpeg] = message.attachments.as_slice() else { panic!("{:?}", message.attachments) };
    assert_eq!(pdf.name.as_deref(), Some("Remiss företagshälsovård.pdf"));
    assert_eq!((pdf.media_type.as_str(), pdf.size_bytes), ("application/pdf", 670));
    assert_eq!((jpeg.name.as_deref(), jpeg.media_type.as_str()), (Some("IMG 4711.jpg"), "image/jpeg"));
    assert_eq!(message.text, "Hej! Här kommer remissen från företagshälsovården och en bild på utslagen.\n\n/Björn");
    let message = text("Content-Type: image/png\nContent-Transfer-Encoding: base64", b"aGVq\naGVq\n");
    assert_eq!(message.attachments[0].digest, Digest::of(b"hejhej"));
    assert_eq!((message.attachments[0].size_bytes, message.text.as_str()), (6, ""));
}

#[test]
fn attachment_names_are_read_in_broken_forms_too() {
    for (header, name) in [
        ("Content-Disposition: attachment; filename=\"a b.pdf\"", Some("a b.pdf")),
        ("Content-Disposition: attachment; filename=a b.pdf; size=3", Some("a b.pdf")),
        ("Content-Disposition: attachment; filename*=iso-8859-1'sv'r%E4kning.pdf", Some("räkning.pdf")),
        ("Content-Disposition: attachment; filename=\"=?utf-8?Q?r=C3=A4kning.pdf?=\"", Some("räkning.pdf")),
        ("Content-Disposition: attachment; filename=\"räkning.pdf\"", Some("räkning.pdf")),
        ("Content-Disposition: attachment; filename*1=\"ing.pdf\"; filename*0=\"räkn\"", Some("räkning.pdf")),
        // One character cut in two by the pieces.
        ("Content-Disposition: attachment; filename*0*=utf-8''r%C3; filename*1*=%A4kning.pdf", Some("räkning.pdf")),
        ("Content-Disposition: attachment; filename=plain.pdf; filename*=utf-8''%C3%A5.pdf", Some("å.pdf")),
        ("Content-Disposition: attachment; filename=\"C:\\brev\\a.doc\"", Some("a.doc")),
        ("Content-Disposition: attachment; filename=\"../../etc/passwd\"", Some("passwd")),
        ("Content-Disposition: attachment; filename=\"citat \\\"x\\\".pdf", Some("citat \"x\".pdf")),
        ("Content-Disposition: attachment; filename=\"\u{202e}fdp.exe\"", Some("fdp.exe")),
        ("Content-Disposition: attachment; filename=", None),
        ("Content-Disposition: attachment", None),
    ] {
        let header = header.replace("; filename", ";\r\n\tfilename");
        let message = read(format!("Content-Type: application/octet-stream\r\n{header}\r\n\r\nx").as_bytes());
        assert_eq!(message.attachments[0].name.as_deref(), name, "{header}");
    }
    let message = read("Content-Type: application/pdf; name=a.pdf\n\nx");
    assert_eq!(message.attachments[0].name.as_deref(), Some("a.pdf"));
}

#[test]
fn an_enclosed_message_is_an_attachment_and_its_text_is_shown() {
    let mail = "Subject: VB\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nSe nedan.\n--x\nContent-Type: \
                message/rfc822\n\nFrom: Anna <a@b.example>\nDate: Mon, 16 Nov 2026 08:12:29 +0100\nSubject: \
                =?utf-8?Q?R=C3=B6ntgen?=\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\nrad ett\n\nrad två\n--y\n\
                Content-Type: application/pdf; name=svar.pdf\n\nx\n--y--\n--x--\n";
    let message = read(mail);
    insta::assert_snapshot!(message.text, @r"
    Se nedan.

        Från: Anna <a@b.example>
        Datum: 2026-11-16 08:12
        Ämne: Röntgen
        Bilagor: svar.pdf

        rad ett

        rad två
    ");
    let [enclosed, pdf] = message.attachments.as_slice() else { panic!("{:?}", message.attachments) };
    assert_eq!((enclosed.media_type.as_str(), enclosed.within), ("message/rfc822", None));
    assert_eq!((pdf.name.as_deref(), pdf.within), (Some("svar.pdf"), Some(0)));
    assert_eq!(message.media_types, ["multipart/mixed", "text/plain", "message/rfc822"]);
}

#[test]
fn named_texts_are_attachments_and_shown_unless_they_are_said_to_be_attached() {
    for (disposition, shown, attached) in
        [("", "x", 1), ("inline; ", "x", 1), ("attachment; ", "", 1), ("inline", "x", 0), ("attachment", "", 1)]
    {
        let name = if disposition.ends_with("; ") || disposition.is_empty() { "; name=a.txt" } else { "" };
        let part = format!("Content-Type: text/plain{name}\nContent-Disposition: {disposition}\n\nx");
        let message = read(format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHej\n--b\n{part}\n--b--\n"));
        let text = message.text.strip_prefix("Hej").unwrap().trim_start();
        assert_eq!((text, message.attachments.len()), (shown, attached), "{disposition:?}");
    }
}

#[test]
fn control_characters_do_not_come_through() {
    let message = text("Content-Type: text/plain", b"a\0b\x1b[2Jc\x7f\td\r\ne\rf\x0cg\xc2\x85h\x0bi\xe2\x80\xa8j");
    assert_eq!(message.text, "ab[2Jc\td\ne\nf\ng\nh\ni\nj");
}
