//! Transfer encodings (RFC 2045 §6), read so that broken ones give what they hold instead of nothing.

/// Decoded, and whether something in it was not quoted-printable; that stays as it stands.
pub fn quoted_printable(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(bytes.len());
    let mut broken = false;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let hard_end = &line[line.len() - line.iter().rev().take_while(|&&b| b == b'\n' || b == b'\r').count()..];
        // A ruler made of equals signs is no soft line end.
        let soft = line.trim_ascii_end().strip_suffix(b"=").filter(|content| !content.ends_with(b"="));
        let (content, soft) = match soft {
            Some(content) => (content, true),
            // RFC 2045 §6.7 (3) takes white space at a line's end for something added on the way. Nothing adds it any more,
            // and senders leave it as it is in `-- `, which begins a signature.
            None => (&line[..line.len() - hard_end.len()], false),
        };
        let mut rest = content;
        while let Some(at) = memchr::memchr(b'=', rest) {
            out.extend_from_slice(&rest[..at]);
            let digit = |i: usize| rest.get(at + i).and_then(|&b| (b as char).to_digit(16));
            if let (Some(high), Some(low)) = (digit(1), digit(2)) {
                out.push(u8::try_from(high * 16 + low).expect("two hex digits are a byte"));
                rest = &rest[at + 3..];
            } else {
                out.push(b'=');
                broken = true;
                rest = &rest[at + 1..];
            }
        }
        out.extend_from_slice(rest);
        if !soft {
            out.extend_from_slice(hard_end);
        }
    }
    (out, broken)
}

/// Decoded; what is outside the alphabet is passed over (RFC 2045 §6.8).
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in bytes {
        let value = VALUES[byte as usize];
        if value < 64 {
            bits = bits << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                (bits, count) = (0, 0);
            }
        } else if byte == b'=' {
            // Padding ends a run; some senders put several runs after another.
            flush(bits, count, &mut out);
            (bits, count) = (0, 0);
        }
    }
    flush(bits, count, &mut out);
    out
}

fn flush(bits: u32, count: u32, out: &mut Vec<u8>) {
    let bytes = (bits << (6 * (4 - count))).to_be_bytes();
    match count {
        2 => out.push(bytes[1]),
        3 => out.extend_from_slice(&bytes[1..3]),
        _ => {}
    }
}

/// A text in base64: decoded, and whether something in it was not base64. Odd bytes are passed over. Lines in the clear, as
/// gateways put before and after it, stay as they are, and so does what follows them until a full line of base64.
pub fn base64_text(bytes: &[u8]) -> (Vec<u8>, bool) {
    let (mut out, mut run) = (Vec::new(), Vec::new());
    let (mut clear, mut broken) = (false, false);
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let was_clear = clear;
        clear = match kind(line) {
            Line::Full => false,
            Line::Blank | Line::Coded => clear,
            Line::Spaced => clear || run.trim_ascii_end().ends_with(b"="),
            Line::Odd => {
                broken = true;
                clear
            }
            Line::Clear => true,
        };
        if !clear {
            run.extend_from_slice(line);
            continue;
        }
        broken = true;
        // What ends in padding is base64, whatever follows on its line.
        let padding = memchr::memmem::find(line, b"= ").filter(|_| !was_clear);
        let padding = padding.filter(|&at| !line[..at].iter().any(u8::is_ascii_whitespace));
        let (coded, text) = line.split_at(padding.map_or(0, |at| at + 1));
        run.extend_from_slice(coded);
        out.extend(base64(&std::mem::take(&mut run)));
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        out.extend_from_slice(text);
    }
    out.extend(base64(&run));
    (out, broken)
}

/// What a line among base64 looks like.
enum Line {
    Blank,
    /// Base64 and nothing else, as long as encoders make it.
    Full,
    Coded,
    /// Base64 with white space in it, or words.
    Spaced,
    /// Base64 with a few other bytes.
    Odd,
    Clear,
}

fn kind(line: &[u8]) -> Line {
    let line = line.trim_ascii();
    let odd = line.iter().filter(|&&b| VALUES[b as usize] == 64 && b != b'=' && !b.is_ascii_whitespace()).count();
    let spaced = line.iter().any(u8::is_ascii_whitespace);
    match odd {
        _ if line.is_empty() => Line::Blank,
        // Words in the clear can be letters only; then they stand apart from the padding.
        0 if memchr::memmem::find(line, b"= ").is_some() => Line::Clear,
        0 if spaced => Line::Spaced,
        0 if line.len() >= 60 => Line::Full,
        0 => Line::Coded,
        odd if spaced || odd * 8 > line.len() => Line::Clear,
        _ => Line::Odd,
    }
}

/// 64 stands for a byte outside the alphabet.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        #[allow(clippy::cast_possible_truncation, reason = "there are 64 values")]
        {
            values[alphabet[value] as usize] = value as u8;
        }
        value += 1;
    }
    values
};
