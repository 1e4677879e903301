//! What an S/MIME message holds (RFC 8551, CMS RFC 5652): the signed content is taken out of its wrapping. No signature is
//! verified and nothing is deciphered; the whole stays an attachment.

/// Within each other; real ones need about eight.
const MAX_DEPTH: usize = 16;

/// Of a tag and its length.
const MAX_HEADER: usize = 10;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.9
const COMPRESSED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x09];
/// enveloped, encrypted and authenticated-enveloped data.
const SEALED_DATA: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17],
];

#[derive(Debug, PartialEq, Eq)]
pub enum Wrapped {
    Signed {
        /// Itself a MIME entity.
        content: Vec<u8>,
        /// Its end is missing.
        cut: bool,
    },
    /// Only the recipient's own key can open it.
    Sealed,
    Compressed,
    /// Certificates that nothing is signed with.
    Certificates,
    /// Not what it claims to be, or cut off before its content.
    Unknown,
}

/// Reads the outermost structures (BER, X.690 §8) as far as the content.
pub fn unwrap(bytes: &[u8]) -> Wrapped {
    let Some(info) = Value::first(bytes).filter(|value| value.tag == SEQUENCE) else { return Wrapped::Unknown };
    let mut parts = info.inner();
    match parts.next() {
        Some(kind) if kind.tag != OBJECT_IDENTIFIER => return Wrapped::Unknown,
        Some(kind) if kind.content == SIGNED_DATA => {}
        Some(kind) if kind.content == COMPRESSED_DATA => return Wrapped::Compressed,
        Some(kind) if SEALED_DATA.contains(&kind.content) => return Wrapped::Sealed,
        _ => return Wrapped::Unknown,
    }
    // [0] { SignedData { version, digestAlgorithms, encapContentInfo { type, [0] { OCTET STRING } } … } }
    let signed = parts.next().and_then(|explicit| explicit.inner().next());
    let Some(encapsulated) = signed.and_then(|signed| signed.inner().find(|value| value.tag == SEQUENCE)) else {
        return Wrapped::Unknown;
    };
    let content =
        encapsulated.inner().find(|value| value.tag == EXPLICIT_0).and_then(|explicit| explicit.inner().next());
    match content {
        Some(value) => {
            let mut content = Vec::new();
            value.octets(&mut content, 0);
            Wrapped::Signed { content, cut: info.cut }
        }
        None if info.cut => Wrapped::Unknown,
        None => Wrapped::Certificates,
    }
}

const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xa0;
const CONSTRUCTED: u8 = 0x20;

/// One tag with its content.
#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    /// With its tag and length.
    whole: usize,
    /// It ends before it says that it does.
    cut: bool,
}

impl<'a> Value<'a> {
    /// What is cut off reaches as far as there is something.
    fn first(bytes: &'a [u8]) -> Option<Self> {
        Self::at(bytes, 0)
    }

    fn at(bytes: &'a [u8], depth: usize) -> Option<Self> {
        let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
        // Tags of several bytes do not occur where this looks.
        if tag & 0x1f == 0x1f {
            return None;
        }
        if first == 0x80 {
            return Self::indefinite(bytes, tag, depth);
        }
        let (length, header) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + count).filter(|_| count <= 8)?;
            let length = digits.iter().fold(0_usize, |length, &digit| length.saturating_mul(256) + usize::from(digit));
            (length, 2 + count)
        };
        let rest = &bytes[header..];
        let content = &rest[..length.min(rest.len())];
        Some(Self { tag, content, whole: header + content.len(), cut: content.len() < length })
    }

    /// X.690 §8.1.3.6: ends with two zero bytes.
    fn indefinite(bytes: &'a [u8], tag: u8, depth: usize) -> Option<Self> {
        if depth >= MAX_DEPTH || tag & CONSTRUCTED == 0 {
            return None;
        }
        let (mut at, mut cut) = (2, false);
        while at < bytes.len() && !bytes[at..].starts_with(&[0, 0]) {
            // The rest of what is cut off is too short for a value.
            let Some(inner) = Self::at(&bytes[at..], depth + 1) else {
                if depth + 1 < MAX_DEPTH && bytes.len() - at < MAX_HEADER {
                    break;
                }
                return None;
            };
            at += inner.whole;
            cut |= inner.cut;
        }
        let whole = (at + 2).min(bytes.len());
        cut |= !bytes[at.min(bytes.len())..].starts_with(&[0, 0]);
        Some(Self { tag, content: &bytes[2..at.min(bytes.len())], whole, cut })
    }

    fn inner(self) -> impl Iterator<Item = Value<'a>> {
        let mut rest = if self.tag & CONSTRUCTED == 0 { &[][..] } else { self.content };
        std::iter::from_fn(move || {
            let value = Value::first(rest)?;
            rest = &rest[value.whole..];
            Some(value)
        })
    }

    /// X.690 §8.7: a string may come in pieces.
    fn octets(self, out: &mut Vec<u8>, depth: usize) {
        if self.tag == OCTET_STRING {
            out.extend_from_slice(self.content);
        } else if depth < MAX_DEPTH {
            self.inner().for_each(|piece| piece.octets(out, depth + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
        [&[tag], length.as_slice(), content].concat()
    }

    fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    fn message(wrap: impl Fn(u8, &[u8]) -> Vec<u8>, octets: &[u8]) -> Vec<u8> {
        let data = value(OBJECT_IDENTIFIER, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
        let content = wrap(SEQUENCE, &[data, wrap(EXPLICIT_0, octets)].concat());
        let signed = wrap(SEQUENCE, &[value(0x02, b"\x01"), wrap(0x31, b""), content].concat());
        wrap(SEQUENCE, &[value(OBJECT_IDENTIFIER, SIGNED_DATA), wrap(EXPLICIT_0, &signed)].concat())
    }

    fn signed(content: &[u8], cut: bool) -> Wrapped {
        Wrapped::Signed { content: content.to_vec(), cut }
    }

    #[test]
    fn signed_content_is_taken_out_of_both_encodings() {
        let octets = value(OCTET_STRING, b"Hej");
        assert_eq!(unwrap(&message(value, &octets)), signed(b"Hej", false));
        let pieces = indefinite(0x24, &[value(OCTET_STRING, b"He"), value(OCTET_STRING, b"j")].concat());
        assert_eq!(unwrap(&message(indefinite, &pieces)), signed(b"Hej", false));
    }

    #[test]
    fn what_is_cut_off_gives_what_there_is_and_says_so() {
        let octets = value(OCTET_STRING, b"svar");
        for whole in [message(value, &octets), message(indefinite, &octets)] {
            for end in 0..whole.len() {
                let (found, cut_off) = (unwrap(&whole[..end]), &whole[..end]);
                let text = (1..=4).rev().find(|&length| cut_off.ends_with(&b"svar"[..length]));
                match found {
                    Wrapped::Signed { content, cut } => assert!(cut && b"svar".starts_with(&content), "{end}"),
                    other => assert!(other == Wrapped::Unknown && text.is_none(), "{end}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn what_is_sealed_or_holds_no_text_is_told_apart_from_what_is_broken() {
        let holds = |kind: &[u8]| unwrap(&value(SEQUENCE, &value(OBJECT_IDENTIFIER, kind)));
        for kind in SEALED_DATA {
            assert_eq!(holds(kind), Wrapped::Sealed);
        }
        assert_eq!(holds(COMPRESSED_DATA), Wrapped::Compressed);
        assert_eq!(holds(b"\x2a\x03"), Wrapped::Unknown);
        assert_eq!(unwrap(&message(value, b"")), Wrapped::Certificates);
        for bytes in [&b""[..], b"\x30", b"\x30\x80", b"\x30\xff\xff\xff", b"hej", b"\x30\x84\xff\xff\xff\xff\x06"] {
            assert_eq!(unwrap(bytes), Wrapped::Unknown);
        }
        assert_eq!(unwrap(&[0x30, 0x80].repeat(100_000)), Wrapped::Unknown);
    }
}
