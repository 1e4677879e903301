//! Bytes to Unicode: as declared when that holds, else UTF-8 when it is that, else guessed.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// So much of a text is looked at to guess its encoding.
const GUESS_BYTES: usize = 64 * 1024;

/// The text, and whether its encoding was not the declared one. `None` declares nothing.
pub fn decode(bytes: &[u8], label: Option<&str>) -> (String, bool) {
    let label = label.map(|label| label.trim_matches(['"', '\'', ' ']));
    let declared = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    if bytes.is_ascii() && declared.is_none_or(Encoding::is_ascii_compatible) {
        if let Some(utf7) = label.filter(|_| declared.is_none()).and_then(|label| charset_decoder(label.as_bytes())) {
            return (utf7(bytes), false);
        }
        return (String::from_utf8_lossy(bytes).into_owned(), false);
    }
    // UTF-8 under a wrong label is common ("fÃ¶r"); text in another encoding is practically never valid UTF-8.
    if declared.is_none_or(|declared| declared == UTF_8 || declared.is_single_byte())
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        return (text.to_owned(), declared.is_some_and(|declared| declared != UTF_8));
    }
    if let Some(declared) = declared {
        let (text, _, malformed) = declared.decode(bytes);
        if !malformed {
            return (text.into_owned(), false);
        }
    }
    (guess(bytes), true)
}

fn guess(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS_BYTES)], true);
    let (text, _, malformed) = detector.guess(Some(b"se"), Utf8Detection::Allow).decode(bytes);
    // Every byte means something in Windows-1252, so nothing is lost.
    if malformed { WINDOWS_1252.decode(bytes).0.into_owned() } else { text.into_owned() }
}

/// Without control characters other than newline and tab, and with `\n` alone ending a line.
pub fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\t' => clean.push(c),
            '\u{c}' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

/// One line without control characters, line ends and tabs as spaces. Marks that turn the direction of writing go too:
/// they make a name look like another (`fdp.exe`).
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text.trim());
    }
    let mut clean = String::with_capacity(text.len());
    let mut folded = false;
    for c in text.chars() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => {
                if !folded {
                    clean.push(' ');
                }
                folded = true;
                continue;
            }
            ' ' | '\t' if folded => continue,
            '\t' => clean.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => continue,
            c => clean.push(c),
        }
        folded = false;
    }
    Cow::Owned(clean.trim().to_owned())
}
