//! Bytes to Unicode: as declared when that holds, else UTF-8 when it is that, else guessed.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::transfer;

/// So much of a text is looked at to guess its encoding.
const GUESS_BYTES: usize = 64 * 1024;

/// A text is in its declared encoding when fewer than one in so many of its characters are not.
const MANY: usize = 20;

/// The text, and whether its encoding was not the declared one. `None` declares nothing.
pub fn decode(bytes: &[u8], label: Option<&str>) -> (String, bool) {
    let label = label.map(|label| label.trim_matches(['"', '\'', ' ']));
    // The web calls encodings that it will not decode "replacement"; here they are as good as unknown.
    let mut declared =
        label.and_then(|label| Encoding::for_label(label.as_bytes())).filter(|found| *found != REPLACEMENT);
    let mark = Encoding::for_bom(bytes).map(|(marked, _)| marked).filter(|marked| *marked != UTF_8);
    if let Some(found) = mark.or_else(|| utf_16_by_zeros(bytes, declared)) {
        return (found.decode(bytes).0.into_owned(), !declared.is_some_and(is_utf_16));
    }
    // Put into another encoding on the way, without the label being changed.
    let mislabelled = declared.is_some_and(is_utf_16)
        && memchr::memchr(0, bytes).is_none()
        && (std::str::from_utf8(bytes).is_ok() || bytes.iter().filter(|b| b.is_ascii()).count() * 5 > bytes.len() * 4);
    if mislabelled {
        declared = None;
    }
    if bytes.is_ascii() && declared.is_none_or(Encoding::is_ascii_compatible) {
        if label.is_some_and(is_utf_7) {
            return (utf_7(&String::from_utf8_lossy(bytes)), false);
        }
        return undeclared_escapes(bytes)
            .map_or_else(|| (String::from_utf8_lossy(bytes).into_owned(), mislabelled), |text| (text, true));
    }
    // UTF-8 under a wrong label is common ("fÃ¶r"); text in another encoding is practically never valid UTF-8.
    if declared.is_none_or(|declared| declared == UTF_8 || declared.is_single_byte())
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        return match encoded_twice(text) {
            Some(text) => (text, true),
            None => (text.to_owned(), mislabelled || declared.is_some_and(|declared| declared != UTF_8)),
        };
    }
    // DOS in Europe, which the web does not know.
    let dos = label.filter(|label| label.ends_with("850")).and_then(|label| charset_decoder(label.as_bytes()));
    if let Some(decoder) = dos {
        return (decoder(bytes), false);
    }
    if let Some(declared) = declared {
        let (text, malformed) = if declared == ISO_2022_JP { japanese(bytes) } else { whole(declared, bytes) };
        if !malformed {
            return (text, false);
        }
        // Some characters of many went wrong on the way; a guess may go wrong about all.
        let lost = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
        if declared != UTF_8 && lost * MANY < text.chars().count() {
            return (text, true);
        }
    }
    if declared.is_none_or(|declared| declared == UTF_8)
        && let Some(text) = mixed(bytes)
    {
        return (text, true);
    }
    (guess(bytes), true)
}

fn is_utf_16(encoding: &'static Encoding) -> bool {
    encoding.name().starts_with("UTF-16")
}

/// UTF-16 without a mark shows by its zeros: every second byte of Latin letters, and of any text's spaces and line ends.
/// Where it is declared a few tell the order of the bytes, elsewhere it takes many.
fn utf_16_by_zeros(bytes: &[u8], declared: Option<&'static Encoding>) -> Option<&'static Encoding> {
    let bytes = &bytes[..bytes.len().min(GUESS_BYTES)];
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let (most, least, found) = if first > second { (first, second, UTF_16BE) } else { (second, first, UTF_16LE) };
    let shows = if declared.is_some_and(is_utf_16) {
        most > least
    } else {
        most > 3 && most * 5 > bytes.len() && least * 10 < most
    };
    shows.then_some(found)
}

fn is_utf_7(label: &str) -> bool {
    ["utf-7", "unicode-1-1-utf-7", "csunicode11utf7"].iter().any(|known| label.eq_ignore_ascii_case(known))
}

/// RFC 2152: what stands between `+` and what is not base64 is UTF-16; a `-` there only ends it, and `+-` is a plus.
fn utf_7(text: &str) -> String {
    let (mut all, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('+') {
        all.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '/').unwrap_or(after.len());
        let units = transfer::base64(&after.as_bytes()[..end]);
        if units.is_empty() {
            all.push('+');
        }
        all.push_str(&UTF_16BE.decode_without_bom_handling(&units[..units.len() / 2 * 2]).0);
        rest = after[end..].strip_prefix('-').unwrap_or(&after[end..]);
    }
    all + rest
}

/// The text, and whether something in it was not of this encoding.
fn whole(encoding: &'static Encoding, bytes: &[u8]) -> (String, bool) {
    let (text, _, malformed) = encoding.decode(bytes);
    (text.into_owned(), malformed)
}

/// ISO-2022-JP line by line: each begins in ASCII, also where the one before forgot to return to it (RFC 1468).
fn japanese(bytes: &[u8]) -> (String, bool) {
    let (mut all, mut malformed) = (String::with_capacity(bytes.len()), false);
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let content = line.trim_ascii_end();
        let (text, broken) = whole(ISO_2022_JP, content);
        all.push_str(&text);
        all.push_str(std::str::from_utf8(&line[content.len()..]).expect("white space is ASCII"));
        malformed |= broken;
    }
    (all, malformed)
}

fn guess(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS_BYTES)], true);
    let (text, _, malformed) = detector.guess(Some(b"se"), Utf8Detection::Allow).decode(bytes);
    if !malformed {
        return text.into_owned();
    }
    // Every byte means something in Windows-1252, so nothing is lost.
    WINDOWS_1252.decode(bytes).0.into_owned()
}

/// Japanese in seven bits (ISO-2022-JP, RFC 1468) needs no declaration to be known.
fn undeclared_escapes(bytes: &[u8]) -> Option<String> {
    memchr::memmem::find(bytes, b"\x1b$")?;
    let (text, malformed) = japanese(bytes);
    (!malformed).then_some(text)
}

/// UTF-8 that was taken for Windows-1252 and put into UTF-8 once more. A text that only quotes such letters has others
/// beside them, which do not read back.
fn encoded_twice(text: &str) -> Option<String> {
    if !text.contains(['Ã', 'Â']) {
        return None;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    if unmappable { None } else { String::from_utf8(bytes.into_owned()).ok() }
}

/// UTF-8 with some other bytes among it, as when a gateway adds its own lines: each is read as what it is. `None` when
/// there is much more of the other than of UTF-8.
fn mixed(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let (mut valid, mut other) = (0_usize, 0_usize);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        other += chunk.invalid().len();
        text.push_str(chunk.valid());
        if chunks.peek().is_none() && chunk.invalid().len() < 4 && chunk.invalid().first().is_some_and(|&b| b >= 0xc2) {
            // Cut off in the middle of a character.
            text.push(char::REPLACEMENT_CHARACTER);
        } else {
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
        }
    }
    // Text of other encodings holds such sequences by chance, but few.
    (valid > 0 && valid * 3 >= other).then_some(text)
}

/// Unicode §5.8: line feed, vertical tab, form feed, next line, and the separators of lines and paragraphs. A carriage
/// return is one where it stands alone.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
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
            '\t' => clean.push(c),
            c if is_line_end(c) => clean.push('\n'),
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
            c if is_line_end(c) => {
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

/// A Windows code page as a charset label.
pub fn of_code_page(code_page: u32) -> Option<String> {
    let label = match code_page {
        874 | 1250..=1258 => return Some(format!("windows-{code_page}")),
        28591..=28606 => return Some(format!("iso-8859-{}", code_page - 28590)),
        850 => "cp850",
        866 => "ibm866",
        932 => "shift_jis",
        936 | 51936 => "gbk",
        949 | 51949 => "euc-kr",
        950 => "big5",
        1200 => "utf-16le",
        10000 => "macintosh",
        10007 => "x-mac-cyrillic",
        20127 => "us-ascii",
        20866 => "koi8-r",
        20932 | 51932 => "euc-jp",
        21866 => "koi8-u",
        38598 => "iso-8859-8-i",
        50220..=50222 => "iso-2022-jp",
        54936 => "gb18030",
        65000 => "utf-7",
        65001 => "utf-8",
        _ => return None,
    };
    Some(label.to_owned())
}
