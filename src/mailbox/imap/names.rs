//! How folder names, user names and passwords are written in a command.

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// A folder's name in modified UTF-7 (RFC 3501 §5.1.3), quoted.
pub(super) fn folder(name: &str) -> String {
    // INBOX is the one name without regard to case (RFC 3501 §5.1).
    if name.eq_ignore_ascii_case("INBOX") {
        return "INBOX".into();
    }
    quoted(&modified_utf7(name)).expect("modified UTF-7 is printable ASCII")
}

/// A quoted string (RFC 3501 §4.3), where the text can be one.
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")))
}

fn modified_utf7(name: &str) -> String {
    let alphabet = Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,")
        .expect("64 different printable characters");
    let engine = GeneralPurpose::new(&alphabet, NO_PAD);
    let is_direct = |c: char| matches!(c, ' '..='~');
    let mut written = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_direct(c) != is_direct(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_direct(first) {
            written.push_str(&run.replace('&', "&-"));
        } else {
            let utf16: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            written.push('&');
            written.push_str(&engine.encode(utf16));
            written.push('-');
        }
        rest = after;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_written_in_modified_utf7() {
        for (name, written) in [
            ("INBOX", "INBOX"),
            ("inbox", "INBOX"),
            ("Junk", "\"Junk\""),
            ("Skräppost", "\"Skr&AOQ-ppost\""),
            ("Åtgärdat & klart", "\"&AMU-tg&AOQ-rdat &- klart\""),
            // RFC 3501 §5.1.3's own example.
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\r\nb", "\"a&AA0ACg-b\""),
            ("🙂", "\"&2D3eQg-\""),
        ] {
            assert_eq!(folder(name), written, "{name}");
        }
    }

    #[test]
    fn only_printable_ascii_is_quoted() {
        assert_eq!(quoted("pass\"word\\"), Some("\"pass\\\"word\\\\\"".into()));
        assert_eq!(quoted("lösen"), None);
        assert_eq!(quoted("a\nb"), None);
    }
}
