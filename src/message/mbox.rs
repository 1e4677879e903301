//! Messages in one file, each behind a line that begins with `From ` (mbox, RFC 4155).

/// The messages of an mbox, without the lines between them; a file that is no mbox is one message. One such line alone is
/// the envelope of a single message.
pub fn messages(raw: &[u8]) -> Vec<&[u8]> {
    if !raw.starts_with(b"From ") {
        return vec![raw];
    }
    let mut found = Vec::new();
    let mut start = after_line(raw, 0);
    for at in memchr::memmem::find_iter(raw, b"\nFrom ").map(|newline| newline + 1) {
        if at < start {
            continue;
        }
        let after = after_line(raw, at);
        let follows_blank = raw[..at].ends_with(b"\n\n") || raw[..at].ends_with(b"\n\r\n");
        if follows_blank && ends_in_a_year(&raw[at..after]) {
            found.push(&raw[start..at]);
            start = after;
        }
    }
    found.push(&raw[start..]);
    found
}

/// Files from old Macintoshes end their lines with a carriage return alone.
fn after_line(raw: &[u8], from: usize) -> usize {
    let rest = &raw[from..];
    let end = memchr::memchr(b'\n', rest).or_else(|| memchr::memchr(b'\r', rest));
    end.map_or(raw.len(), |end| from + end + 1)
}

/// `From anna@b.example Mon Nov 16 08:12:29 2026`, perhaps with a zone behind: nothing that stands in a letter.
fn ends_in_a_year(line: &[u8]) -> bool {
    let is_year = |word: &&[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).rev();
    let last = words.next();
    let is_zone = |word: &&[u8]| matches!(word.first(), Some(b'+' | b'-')) || word.iter().all(u8::is_ascii_uppercase);
    last.is_some_and(|last| is_year(&last))
        || last.is_some_and(|last| is_zone(&last)) && words.next().is_some_and(|word| is_year(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_from_lines_make_an_mbox_and_one_is_an_envelope() {
        let from = "From anna@b.example Mon Nov 16 08:12:29 2026";
        for (raw, expected) in [
            ("Subject: a\n\nhej".to_owned(), vec!["Subject: a\n\nhej"]),
            (format!("{from}\nSubject: a\n\nhej"), vec!["Subject: a\n\nhej"]),
            (format!("{from}\nA: 1\n\na\n\n{from} +0100\nB: 2\n\nb\n"), vec!["A: 1\n\na\n\n", "B: 2\n\nb\n"]),
            (format!("{from}\r\nA: 1\r\n\r\na\r\n\r\n{from}\r\nB: 2\r\n"), vec!["A: 1\r\n\r\na\r\n\r\n", "B: 2\r\n"]),
            // What a letter says.
            (
                format!("{from}\nA: 1\n\na\n\nFrom here on it is 5 km\n\nb"),
                vec!["A: 1\n\na\n\nFrom here on it is 5 km\n\nb"],
            ),
            (format!("{from}\nA: 1\n\na\n{from}\nb"), vec![&*format!("A: 1\n\na\n{from}\nb")]),
            ("From x\rA: 1\r\rhej".to_owned(), vec!["A: 1\r\rhej"]),
            ("From x".to_owned(), vec![""]),
        ] {
            let found: Vec<&str> =
                messages(raw.as_bytes()).into_iter().map(|one| std::str::from_utf8(one).unwrap()).collect();
            assert_eq!(found, expected, "{raw}");
        }
    }
}
