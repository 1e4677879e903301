/// As far as is looked: the placeholder is short, and says what it is in its Subject.
const LOOK_BYTES: usize = 16 << 10;
/// What Exchange's IMAP service puts in the Subject when it cannot convert a stored message.
const SUBJECT: &[u8] = b"Retrieval using the IMAP4 protocol failed for the following message";

/// Whether the server delivered its own text in place of a message it could not hand out. The message itself is still in
/// the mailbox, and nothing else holds it.
pub fn is_placeholder(raw: &[u8]) -> bool {
    let head = &raw[..raw.len().min(LOOK_BYTES)];
    memchr::memmem::find_iter(head, SUBJECT).any(|at| {
        let line = head[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        head[line..at].trim_ascii().eq_ignore_ascii_case(b"subject:")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_known_by_its_subject_and_not_by_a_message_that_quotes_it() {
        let placeholder =
            b"From: x\r\nSubject: Retrieval using the IMAP4 protocol failed for the following message: 12\r\n\r\n";
        assert!(is_placeholder(placeholder));
        let quoted = b"Subject: Hej\r\n\r\n> Subject: Retrieval using the IMAP4 protocol failed for the following message: 12\r\n";
        assert!(!is_placeholder(quoted));
        assert!(!is_placeholder(b""));
    }
}
