use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

/// Where real mail from public test sets lies: `$INKOM_SHARED/mail`, else `../shared/mail` beside the project. It holds
/// real people's names, so it is never copied here.
pub(crate) fn mail() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("INKOM_SHARED").map_or_else(beside, PathBuf::from).join("mail");
    if folder.join("labels.tsv").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no mail in {} (name the folder that holds it with INKOM_SHARED)", folder.display());
    None
}

#[test]
fn of_what_is_too_large_only_the_header_is_read() {
    let mail = format!("From: a@b.example\nSubject: s\nContent-Type: multipart/report\n\n{}", "x".repeat(1000));
    let message = crate::message::read(mail.as_bytes(), 500);
    assert_eq!(message.subject.as_deref(), Some("s"));
    assert_eq!(
        (message.text.as_str(), message.media_types.as_slice()),
        ("", ["multipart/report".to_owned()].as_slice())
    );
    assert_eq!(message.defects, [Defect::Bounded]);
}

#[test]
fn hostile_messages_stay_within_bounds() {
    let begun = std::time::Instant::now();
    let many = |part: &str, times: usize| part.repeat(times);
    let nested = |times: usize| {
        let level = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        (0..times).map(level).collect::<Vec<_>>().concat()
    };
    for (what, mail) in [
        ("many parts", format!("Content-Type: multipart/mixed; boundary=b\n\n{}", many("--b\n\nx\n", 500_000))),
        ("deep parts", nested(50_000)),
        ("deep messages", many("Content-Type: message/rfc822\n\n", 100_000)),
        ("long header line", format!("Subject: {}\n\nx", many("å ", 2_000_000))),
        ("many header lines", format!("{}\nx", many("a:\n", 1_000_000))),
        ("many encoded words", format!("Subject: {}\n\nx", many("=?a?q? ", 30_000))),
        ("many addresses", format!("From: {}\n\nx", many("a@b.example, ", 15_000))),
        ("open brackets", format!("From: {}\n\nx", many("(<\"", 60_000))),
        ("many parameters", format!("Content-Type: text/plain{}\n\nx", many("; a*1*=b", 20_000))),
        ("long text", format!("Subject: s\n\n{}", many("långt ", 3_000_000))),
        ("deep html", format!("Content-Type: text/html\n\n{}x", many("<div><b>", 500_000))),
        ("html comments", format!("Content-Type: text/html\n\n{}x", many("<!--", 1_000_000))),
        ("one line", many("x", 10_000_000)),
    ] {
        let message = read(&mail);
        assert!(message.text.len() <= 4_000_100, "{what}");
        assert!(message.attachments.len() + message.media_types.len() < 3_000, "{what}");
        let bounded = [Defect::Bounded, Defect::LongHeader];
        let small =
            ["many encoded words", "many addresses", "open brackets", "many parameters", "deep html", "html comments"];
        assert_eq!(message.defects.iter().any(|defect| bounded.contains(defect)), !small.contains(&what), "{what}");
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// One part, encoded in one of the ways there are.
fn encoded(kind: &str, content: &[u8], how: u8) -> String {
    use base64::Engine as _;
    use std::fmt::Write as _;
    let head = format!("Content-Type: {kind}\nContent-Transfer-Encoding: ");
    match how % 3 {
        0 => {
            let coded = base64::engine::general_purpose::STANDARD.encode(content);
            let lines: Vec<&str> = coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("{head}base64\n\n{}\n", lines.join("\n"))
        }
        1 => {
            let mut coded = String::new();
            for (at, byte) in content.iter().enumerate() {
                write!(coded, "={byte:02X}{}", if at % 20 == 19 { "=\n" } else { "" }).unwrap();
            }
            format!("{head}quoted-printable\n\n{coded}\n")
        }
        _ => format!("{head}8bit\n\n{}\n", String::from_utf8_lossy(content)),
    }
}

const SHEET: &str = "/* x */ .n{display:none} .m{display:none} .m{display:block} @media print{.p{display:none}}";

/// Each shows its word (`@`), after whatever stands before it.
const SHOWN: [&str; 33] = [
    "<p>@</p>",
    "<b>@</b> ",
    "<div><i>@</i></div>",
    "<ul><li>@</ul>",
    "<table><tr><td>@</table>",
    "<blockquote>@</blockquote>",
    "<pre> @ </pre>",
    "<h2>@</h2>",
    " @ <br>",
    " @ <hr>",
    "<a href='https://x.example/y'>@</a> ",
    "<input value='@'>",
    "<textarea> @</textarea>",
    "<select><option>val<option selected>@</select>",
    "<button>@</button>",
    "<svg><text>@</text></svg>",
    "<svg><title>@</title></svg>",
    "<noscript> @</noscript>",
    "<noframes> @</noframes>",
    "<xmp> @ <b></xmp>",
    "<![CDATA[ @ ]]>",
    "<title/> @ ",
    "<script src=x /> @ ",
    "<style/> @ ",
    "<p class=\"a> @ </p>",
    "<a href='x> @ </a>",
    "<img alt='a > b' src='data:image/png;base64,aGVq'> @ ",
    " < @ ",
    "<i style='font-size:0'><b style='font:12px a'>@</b></i> ",
    "<i style='visibility:hidden'><b style='visibility:visible'>@</b></i> ",
    "<i class=m>@</i> ",
    "<i class=p>@</i> ",
    "<i style='display:none;display:inline'>@</i> ",
];

/// None shows its word.
const HIDDEN: [&str; 9] = [
    "<!-- @ -->",
    "<title>@</title>",
    "<style>.@{}</style>",
    "<script>@()</script>",
    "<i class=n>@</i>",
    "<i style='display:none'>@<br><p>x</p></i>",
    "<i style='font-size:0'>@</i>",
    "<input type=hidden value='@'>",
    "<template>@</template>",
];

proptest! {
    /// Nothing readable is lost: a text in any encoding, at any depth, is in what is shown, and a file is bit by bit itself.
    #[test]
    fn texts_and_files_come_through_whole(
        text in "[a-zåäöÅÄÖ0-9 .,?!\\u{430}-\\u{44f}\\u{627}-\\u{64a}\u{1f600}]{1,300}",
        file in proptest::collection::vec(any::<u8>(), 0..300),
        how in any::<u8>(),
        depth in 0..8_usize,
    ) {
        let (text, kind) = (text.trim(), "text/plain; charset=utf-8");
        let part = encoded(kind, text.as_bytes(), how);
        let attached = encoded("application/octet-stream", &file, how % 2);
        let mut mail = format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{part}--b\n{attached}--b--\n");
        for level in 0..depth {
            mail = format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{mail}\n--b{level}--\n");
        }
        let message = read(&mail);
        prop_assert_eq!(message.text.trim(), text);
        prop_assert_eq!(message.attachments[0].digest, Digest::of(&file));
        prop_assert_eq!(message.defects, vec![]);
        let set = block::text(&message.body);
        prop_assert!(set.split_whitespace().eq(text.split_whitespace()), "{}", set);
    }

    /// Words in HTML come through in their order, whatever elements stand around them.
    #[test]
    fn words_in_html_come_through_in_their_order(
        pieces in proptest::collection::vec(
            ("(p|div|b|li|ul|table|tr|td|th|blockquote|h1|pre|span|font|a|br|hr|ol|center)", any::<bool>(), "[a-zåäö]{1,8}"), 1..60),
    ) {
        let mut markup = String::new();
        for (tag, closes, word) in &pieces {
            markup.extend(["<", if *closes { "/" } else { "" }, tag, "> ", word, " "]);
        }
        let message = read(format!("Content-Type: text/html; charset=utf-8\n\n{markup}"));
        let marks = |word: &&str| word.chars().any(char::is_alphabetic);
        let shown: Vec<&str> = message.text.split_whitespace().filter(marks).collect();
        prop_assert_eq!(shown.len(), pieces.len(), "{}", markup);
        let mut words: Vec<&str> = pieces.iter().map(|piece| piece.2.as_str()).collect();
        // Text between the rows of a table stands before it, as in a browser.
        if !markup.contains("<table") {
            prop_assert_eq!(&shown, &words, "{}", markup);
        }
        let mut shown = shown;
        shown.sort_unstable();
        words.sort_unstable();
        prop_assert_eq!(shown, words);
    }

    /// Every word that is not hidden comes through once and in its order, whatever is broken, unended or hidden beside it.
    #[test]
    fn words_beside_anything_come_through_once_and_in_their_order(
        pieces in proptest::collection::vec((0..SHOWN.len() + HIDDEN.len(), "[a-zåäö]{1,8}"), 1..40),
    ) {
        let (mut markup, mut words) = (String::new(), Vec::new());
        for (number, (at, word)) in pieces.iter().enumerate() {
            let word = format!("{word}{number}");
            let (piece, shown) = SHOWN.get(*at).map_or_else(|| (HIDDEN[at - SHOWN.len()], false), |piece| (*piece, true));
            markup.extend([" ", &piece.replace('@', &word)]);
            if shown {
                words.push(word);
            }
        }
        let mail = format!("Content-Type: text/html; charset=utf-8\n\n<style>{SHEET}</style>först {markup}");
        let text = read(mail).text;
        let is_word = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
        let shown: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(is_word).collect();
        prop_assert_eq!(shown, words, "{}", markup);
    }

    #[test]
    fn any_bytes_give_a_message(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read(raw);
    }

    #[test]
    fn any_header_lines_give_a_message(
        lines in proptest::collection::vec(
            ("(From|To|Received|Date|Content-Type|Content-Disposition|References|Subject|X)", "[ -~å\\t\"<>()@,;:\\\\=?*']{0,80}"), 0..12),
        body in "[ -~\n=<>&-]{0,400}",
    ) {
        let header: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mail = [header.concat(), body].join("\r\n");
        read(mail);
    }
}

/// Real mail, when it is at hand: whole, and cut off or damaged anywhere.
#[test]
fn real_mail_never_breaks_the_reader() {
    let Some(folder) = mail() else { return };
    let (mut files, mut random) = (0, 0x2545_f491_4f6c_dd1d_u64);
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut raw = std::fs::read(&path).unwrap();
            files += 1;
            read(&raw);
            for _ in 0..3 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = usize::try_from(random % (raw.len() as u64 + 1)).unwrap();
                if let Some(byte) = raw.get_mut(at) {
                    *byte = random.to_be_bytes()[0];
                }
                read(&raw);
                read(&raw[..at]);
            }
        }
    }
    println!("{files} files read, each whole and in six damaged forms");
    assert!(files > 1_000, "{files}");
}
