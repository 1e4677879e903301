use super::*;

/// A message of parts, each with its header.
fn of_parts(kind: &str, parts: &[&str]) -> String {
    format!("Content-Type: multipart/{kind}; boundary=b\n\n--b\n{}\n--b--\n", parts.join("\n--b\n"))
}

fn shown(mail: &str) -> (String, Vec<Defect>) {
    let message = read(mail);
    (message.text, message.defects)
}

#[test]
fn forms_that_differ_in_what_matters_are_all_shown() {
    let differ = vec![Defect::Alternatives];
    for (first, second, text, defects) in [
        ("Jag kan komma på torsdag", "Jag kan inte komma på torsdag", None, &differ),
        ("Jag kan inte komma på torsdag", "Jag kan komma på torsdag", None, &differ),
        ("Tiden är kl. 8.30 på torsdag i huset", "Tiden är kl. 9.30 på torsdag i huset", None, &differ),
        // Half of the words are the same, and half of them would be lost.
        ("ett två tre fyra fem sex", "ett två tre sju åtta nio", None, &differ),
        ("Se https://a.example/1 nu", "Se nu", Some("Se https://a.example/1 nu"), &vec![]),
        ("Se bilden [cid:bild001.png@01] nu", "Se bilden nu", Some("Se bilden [cid:bild001.png@01] nu"), &vec![]),
        (
            "Tack! Jag kommer.",
            "Tack! Jag kommer. Det är inte långt, bara två hållplatser härifrån",
            Some("Tack! Jag kommer. Det är inte långt, bara två hållplatser härifrån"),
            &vec![],
        ),
    ] {
        let both = format!("{first}\n\n{second}");
        let text = text.unwrap_or(&both);
        let html = format!("Content-Type: text/html\n\n<p>{second}</p>");
        let mail = of_parts("alternative", &[&format!("\n{first}"), &html]);
        assert_eq!(shown(&mail), (text.to_owned(), defects.clone()), "{first} / {second}");
    }
    let html = |text: &str| format!("Content-Type: text/html\n\n<p>{text}</p>");
    let mail = of_parts("alternative", &[&html("Kom på måndag"), &html("Ring oss först"), &html("Ring oss")]);
    assert_eq!(shown(&mail), ("Kom på måndag\n\nRing oss först".into(), differ.clone()));
}

#[test]
fn a_heading_that_repeats_the_subject_makes_no_form_of_its_own() {
    for (subject, differ) in [("Nytt i vården v. 47", false), ("Ett brev", true)] {
        let html = "Content-Type: text/html\n\n<h1>Nytt i vården</h1><p>Kom på måndag!</p>";
        let mail = of_parts("alternative", &["\nKom på måndag! Välkommen!", html]);
        let (text, defects) = shown(&format!("Subject: {subject}\n{mail}"));
        assert_eq!(defects.contains(&Defect::Alternatives), differ, "{subject}: {text}");
    }
}

#[test]
fn text_outside_the_parts_is_shown_but_for_customary_words() {
    let body = |before: &str, after: &str| {
        format!("Content-Type: multipart/mixed; boundary=b\n\n{before}--b\n\nHej\n--b--{after}")
    };
    let customary = "This is a multi-part message in MIME format.\n";
    for (before, after, text, defects) in [
        (customary, "  \n\n", "Hej", vec![]),
        ("--------------\n", "\n-- \n", "Hej", vec![]),
        ("Ring mig!\n", "\n", "Ring mig!\n\nHej", vec![Defect::Outside]),
        (&format!("{customary}Ring mig!\n"), "\n", "Ring mig!\n\nHej", vec![Defect::Outside]),
        ("", "\n\nRing mig!\n", "Hej\n\nRing mig!", vec![Defect::Outside]),
        ("", "\n--b\n\nRing mig!\n--b--\n", "Hej\n\nRing mig!", vec![Defect::Structure]),
        ("", "1\n\nx\n--b--\n", "Hej\n--b--1\n\nx", vec![]),
    ] {
        assert_eq!(shown(&body(before, after)), (text.to_owned(), defects), "{before:?} {after:?}");
    }
}

#[test]
fn a_boundary_is_guessed_only_where_parts_follow() {
    let part = "Content-Type: text/plain\n\nHej";
    for (body, text) in [
        (format!("--b\n{part}\n--b--\n"), "Hej"),
        ("--b\n\nHej\n--b--\n".to_owned(), "Hej"),
        ("--hej--\nAnna kommer\n".to_owned(), "--hej--\nAnna kommer"),
        ("--viktigt\nAnna kommer\n".to_owned(), "--viktigt\nAnna kommer"),
        ("--viktigt\nTid: måndag\n\nAnna\n".to_owned(), "--viktigt\nTid: måndag\n\nAnna"),
    ] {
        let (found, defects) = shown(&format!("Content-Type: multipart/mixed\n\n{body}"));
        assert_eq!((found.as_str(), defects.as_slice()), (text, [Defect::Structure].as_slice()), "{body}");
    }
}

#[test]
fn what_is_not_shown_beside_text_is_shown_where_there_is_none() {
    let (blank, word) = ("\n \n", "\nHej");
    for (part, text) in [
        ("Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nFrån filen", "Från filen"),
        ("Content-Type: application/octet-stream; name=a\n\nFrån filen", "Från filen"),
        ("Content-Type: text/rtf; name=a.rtf\n\n{\\rtf1\\ansi Fr\\'e5n filen\\par}", "Från filen"),
        ("Content-Type: application/xhtml+xml\n\n<p>Från <b>sidan</b></p>", "Från sidan"),
        ("Content-Type: text/x-amp-html\n\n<p>Från sidan</p>", "Från sidan"),
        ("Content-Type: text/csv\nContent-Disposition: attachment\n\na;b", "a;b"),
        ("Content-Type: application/octet-stream; name=a\n\n-----BEGIN PGP MESSAGE-----\n\nxyz", ""),
        ("Content-Type: application/octet-stream; name=a\n\na\u{1}b", ""),
        ("Content-Type: text/css\n\np { }", ""),
    ] {
        let message = |first| read(of_parts("mixed", &[first, part])).text;
        assert_eq!((message(blank).as_str(), message(word).as_str()), (text, "Hej"), "{part}");
        assert_eq!(read(part).text, text, "{part}");
    }
    let file = "Content-Type: text/plain\nContent-Disposition: attachment\n\nFrån filen";
    assert_eq!(read(of_parts("mixed", &[file, file])).text, "");
}

#[test]
fn what_was_left_out_is_counted_in_all_parts_and_in_messages_within() {
    let script = "Content-Type: text/html\n\n<script>x</script>";
    let both = "Content-Type: text/html\n\n<p>Hej</p><script>x</script>";
    let within = format!("Content-Type: message/rfc822\n\n{both}");
    for (parts, count) in [(&[script][..], 1), (&[script, both], 2), (&[both, &within, &within], 3)] {
        assert_eq!(shown(&of_parts("mixed", parts)).1, [Defect::Scripts(count)], "{parts:?}");
    }
}

#[test]
fn smime_says_what_it_is() {
    // What an object identifier in a sequence says of the content.
    let holds = |kind: &[u8]| {
        [&[0x30, u8::try_from(kind.len()).unwrap() + 2, 6, u8::try_from(kind.len()).unwrap()], kind].concat()
    };
    let pkcs = |end: &[u8]| [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01], end].concat();
    for (content, defect) in [
        (holds(&pkcs(&[7, 3])), Defect::Encrypted),
        (holds(&pkcs(&[9, 16, 1, 9])), Defect::Compressed),
        (holds(&pkcs(&[7, 2])), Defect::Container),
        (b"x".to_vec(), Defect::Container),
    ] {
        for kind in ["application/pkcs7-mime", "application/octet-stream; name=SMIME.P7M"] {
            let message = read([format!("Content-Type: {kind}\n\n").as_bytes(), &content].concat());
            assert_eq!((message.defects, message.attachments.len()), (vec![defect.clone()], 1), "{kind}");
        }
    }
}

#[test]
fn only_a_whole_text_of_its_own_counts_as_enciphered() {
    let (begin, end) = ("-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----");
    for (text, enciphered) in [
        (format!("Hej\n{begin}\n\nhQEM\n{end}\n"), true),
        (format!("> {begin}\n> hQEM\n> {end}\n"), false),
        (format!("Vad betyder {begin} och {end}?"), false),
        (format!("{begin}\n\nhQEM\n"), false),
    ] {
        assert_eq!(shown(&format!("Subject: x\n\n{text}")).1.contains(&Defect::Encrypted), enciphered, "{text}");
    }
}

#[test]
fn more_of_an_enclosed_message_than_is_shown_is_noted() {
    let lines = "x\n".repeat(1_500_000);
    let message = read(format!("Content-Type: message/rfc822\n\nSubject: s\n\n{lines}"));
    assert!(message.defects.contains(&Defect::Bounded) && message.text.len() < 4_000_100, "{:?}", message.defects);
}
