//! What Outlook puts into winmail.dat (application/ms-tnef, [MS-OXTNEF]): a message's subject, body and files. Numbers
//! are little endian. Sizes and counts that the stream claims are believed only as far as it has bytes for them, and
//! nothing is taken apart further: a message within comes as the file that it is.

use super::{charset, rtf};

const SIGNATURE: &[u8] = &0x223e_9f78_u32.to_le_bytes();
/// Files beyond these are left where they are.
const MAX_FILES: usize = 1000;

/// What a TNEF stream holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tnef<'a> {
    pub subject: Option<String>,
    pub body: Option<Body>,
    pub files: Vec<File<'a>>,
    /// Something in it was cut off or contradicts itself; what could be read is there.
    pub broken: bool,
}

/// HTML wins over plain text, which wins over the text of RTF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Plain(String),
    Html(String),
}

/// Words are as the sender wrote them: control characters and all.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct File<'a> {
    pub name: Option<String>,
    pub media_type: Option<String>,
    pub content_id: Option<String>,
    pub content: &'a [u8],
    /// The content is itself a TNEF stream: an embedded message.
    pub message: bool,
}

/// `None` when it does not begin as TNEF does.
pub fn read(bytes: &[u8]) -> Option<Tnef<'_>> {
    // A key follows, which tells one stream from another and nothing else.
    let mut reader = Reader { rest: bytes.strip_prefix(SIGNATURE)? };
    let mut found = Found { broken: reader.u16().is_none(), ..Found::default() };
    // Gateways append line ends.
    while !reader.rest.trim_ascii_start().is_empty() {
        if reader.attribute(&mut found).is_none() {
            found.broken = true;
            break;
        }
    }
    Some(found.finish())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// So many bytes, or what there is and false.
    fn bytes(&mut self, count: u32) -> (&'a [u8], bool) {
        let whole = usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count));
        let (taken, rest) = whole.unwrap_or((self.rest, &[]));
        self.rest = rest;
        (taken, whole.is_some())
    }

    /// So many bytes and what fills them up to a multiple of four.
    fn padded(&mut self, count: u32) -> (&'a [u8], bool) {
        let taken = self.bytes(count);
        self.bytes(count.wrapping_neg() % 4);
        taken
    }

    /// [MS-OXTNEF] §2.1.3: level, type and id, length, data, checksum. `None` when no other can be found after it.
    fn attribute(&mut self, found: &mut Found<'a>) -> Option<()> {
        let [level @ 1..=2] = self.array()? else { return None };
        let id = self.u16()?;
        let _type = self.u16()?;
        let length = self.u32()?;
        let (data, whole) = self.bytes(length);
        let ansi = Value { kind: kind::STRING8, bytes: data };
        match (level, id) {
            (1, 0x8004) => keep(&mut found.title, ansi),
            (1, 0x800c) => keep(&mut found.text, ansi),
            (1, 0x9007) => found.code_page = Reader { rest: data }.u32().unwrap_or_default(),
            (1, 0x9003) => found.broken |= !properties(data, |id, value| found.property(id, value)),
            (2, 0x9002) => found.begin_file(),
            (2, 0x8010) => keep(&mut found.file().title, ansi),
            (2, 0x800f) => {
                // A file has one content; another means that the beginning of the next file was lost.
                if found.file().data.is_some() {
                    found.broken = true;
                    found.begin_file();
                }
                keep(&mut found.file().data, Value { kind: kind::BINARY, bytes: data });
            }
            (2, 0x9005) => found.broken |= !properties(data, |id, value| found.file().property(id, value)),
            _ => {}
        }
        let sum = data.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(byte.into()));
        found.broken |= !whole || self.u16()? != sum;
        Some(())
    }

    /// [MS-OXTNEF] §2.1.3.4. `None` when no other can be found after it.
    fn property(&mut self, take: &mut impl FnMut(u16, Value<'a>)) -> Option<()> {
        let kind = self.u16()?;
        let id = self.u16()?;
        if id >= 0x8000 {
            let _guid: [u8; 16] = self.array()?;
            if self.u32()? == 0 {
                self.u32()?;
            } else {
                let length = self.u32()?;
                self.padded(length);
            }
        }
        let multiple = kind & kind::MULTIPLE != 0;
        let kind = kind & !kind::MULTIPLE;
        let fixed = match kind {
            kind::I2 | kind::BOOLEAN => Some(2),
            kind::LONG | kind::R4 | kind::ERROR => Some(4),
            kind::DOUBLE | kind::CURRENCY | kind::APPTIME | kind::I8 | kind::SYSTIME => Some(8),
            kind::CLSID => Some(16),
            kind::OBJECT | kind::STRING8 | kind::UNICODE | kind::BINARY => None,
            _ => return None,
        };
        let count = if multiple || fixed.is_none() { self.u32()? } else { 1 };
        for _ in 0..count {
            let length = match fixed {
                Some(length) => length,
                None => self.u32()?,
            };
            let (bytes, whole) = self.padded(length);
            if !multiple && id < 0x8000 {
                take(id, Value { kind, bytes });
            }
            if !whole {
                return None;
            }
        }
        Some(())
    }
}

/// Gives each property that has one value; whether the list was whole.
fn properties<'a>(list: &'a [u8], mut take: impl FnMut(u16, Value<'a>)) -> bool {
    let mut reader = Reader { rest: list };
    let Some(count) = reader.u32() else { return false };
    (0..count).all(|_| reader.property(&mut take).is_some())
}

/// Property types ([MS-OXCDATA] §2.11.1).
mod kind {
    pub const I2: u16 = 0x02;
    pub const LONG: u16 = 0x03;
    pub const R4: u16 = 0x04;
    pub const DOUBLE: u16 = 0x05;
    pub const CURRENCY: u16 = 0x06;
    pub const APPTIME: u16 = 0x07;
    pub const ERROR: u16 = 0x0a;
    pub const BOOLEAN: u16 = 0x0b;
    pub const OBJECT: u16 = 0x0d;
    pub const I8: u16 = 0x14;
    pub const STRING8: u16 = 0x1e;
    pub const UNICODE: u16 = 0x1f;
    pub const SYSTIME: u16 = 0x40;
    pub const CLSID: u16 = 0x48;
    pub const BINARY: u16 = 0x102;
    pub const MULTIPLE: u16 = 0x1000;
}

#[derive(Clone, Copy)]
struct Value<'a> {
    kind: u16,
    bytes: &'a [u8],
}

impl Value<'_> {
    fn number(self) -> u32 {
        Reader { rest: self.bytes }.u32().unwrap_or_default()
    }

    /// `None` when it says nothing.
    fn text(self, charset: Option<&str>) -> Option<String> {
        let text = if self.kind == kind::UNICODE {
            // Half a pair or an odd byte costs that character, not the text.
            let units = self.bytes.as_chunks().0.iter().map(|&unit| u16::from_le_bytes(unit));
            char::decode_utf16(units.take_while(|&unit| unit != 0))
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        } else {
            let end = memchr::memchr(0, self.bytes).unwrap_or(self.bytes.len());
            charset::decode(&self.bytes[..end], charset).0
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }
}

/// The first that holds something stays.
fn keep<'a>(slot: &mut Option<Value<'a>>, value: Value<'a>) {
    if slot.is_none() && !value.bytes.is_empty() {
        *slot = Some(value);
    }
}

/// What was found; it is decoded at the end, when the code pages are known.
#[derive(Default)]
struct Found<'a> {
    subject: Option<Value<'a>>,
    /// The subject as an attribute.
    title: Option<Value<'a>>,
    html: Option<Value<'a>>,
    rtf: Option<Value<'a>>,
    body: Option<Value<'a>>,
    /// The body as an attribute.
    text: Option<Value<'a>>,
    files: Vec<Parts<'a>>,
    code_page: u32,
    message_code_page: u32,
    internet_code_page: u32,
    broken: bool,
}

impl<'a> Found<'a> {
    /// Properties by their ids ([MS-OXPROPS]).
    fn property(&mut self, id: u16, value: Value<'a>) {
        match id {
            0x0037 => keep(&mut self.subject, value),
            0x1000 => keep(&mut self.body, value),
            0x1009 => keep(&mut self.rtf, value),
            0x1013 => keep(&mut self.html, value),
            0x3fde => self.internet_code_page = value.number(),
            0x3ffd => self.message_code_page = value.number(),
            _ => {}
        }
    }

    fn begin_file(&mut self) {
        // The one that is too many is dropped at the end.
        if self.files.len() > MAX_FILES {
            self.files.pop();
        }
        self.files.push(Parts::default());
    }

    fn file(&mut self) -> &mut Parts<'a> {
        if self.files.is_empty() {
            self.begin_file();
        }
        self.files.last_mut().expect("one was begun")
    }

    fn finish(mut self) -> Tnef<'a> {
        let charset = charset::of_code_page(self.code_page).or_else(|| charset::of_code_page(self.message_code_page));
        let charset = charset.as_deref();
        let text = |value: Option<Value<'a>>| value.and_then(|value| value.text(charset));
        let subject = text(self.subject).or_else(|| text(self.title));
        let body = self.html(charset).or_else(|| {
            let rich = self.rich();
            match (rich, text(self.body).or_else(|| text(self.text))) {
                (Some(rtf::Text::Html(html)), _) => Some(Body::Html(html)),
                (_, Some(plain)) | (Some(rtf::Text::Plain(plain)), None) => Some(Body::Plain(plain)),
                (None, None) => None,
            }
        });
        if self.files.len() > MAX_FILES {
            self.files.truncate(MAX_FILES);
            self.broken = true;
        }
        let files = self.files.iter().map(|parts| parts.finish(charset)).collect();
        Tnef { subject, body, files, broken: self.broken }
    }

    fn html(&self, charset: Option<&str>) -> Option<Body> {
        let html = self.html?;
        let text = if html.kind == kind::BINARY {
            // Its code page is its own and may be one with zeros in it.
            let own = charset::of_code_page(self.internet_code_page);
            charset::decode(html.bytes, own.as_deref().or(charset)).0
        } else {
            html.text(charset)?
        };
        says_something(&text).then_some(Body::Html(text))
    }

    fn rich(&mut self) -> Option<rtf::Text> {
        let Some(rtf) = rtf::decompress(self.rtf?.bytes) else {
            self.broken = true;
            return None;
        };
        let text = rtf::text(&rtf);
        let (rtf::Text::Html(shown) | rtf::Text::Plain(shown)) = &text;
        says_something(shown).then_some(text)
    }
}

fn says_something(text: &str) -> bool {
    !text.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty()
}

/// A file's attributes and properties.
#[derive(Default)]
struct Parts<'a> {
    /// The file's name as an attribute: eight characters and three, from those who know no other.
    title: Option<Value<'a>>,
    long_name: Option<Value<'a>>,
    short_name: Option<Value<'a>>,
    display_name: Option<Value<'a>>,
    media_type: Option<Value<'a>>,
    content_id: Option<Value<'a>>,
    /// The content as an attribute.
    data: Option<Value<'a>>,
    binary: Option<Value<'a>>,
    object: Option<Value<'a>>,
}

impl<'a> Parts<'a> {
    fn property(&mut self, id: u16, value: Value<'a>) {
        match id {
            0x3001 => keep(&mut self.display_name, value),
            0x3701 if value.kind == kind::OBJECT => keep(&mut self.object, value),
            0x3701 => keep(&mut self.binary, value),
            0x3704 => keep(&mut self.short_name, value),
            0x3707 => keep(&mut self.long_name, value),
            0x370e => keep(&mut self.media_type, value),
            0x3712 => keep(&mut self.content_id, value),
            _ => {}
        }
    }

    fn finish(&self, charset: Option<&str>) -> File<'a> {
        let text = |value: Option<Value<'a>>| value.and_then(|value| value.text(charset));
        // Some write the whole name as the title.
        let names = [self.long_name, self.title, self.short_name, self.display_name];
        // The id of the interface that reads the object stands before it. Data beside an object is a notice that says
        // it cannot be shown.
        let object = self.object.and_then(|object| object.bytes.get(16..)).filter(|object| !object.is_empty());
        // [MS-OXTNEF] §2.1.3: properties win over attributes.
        let data = self.binary.or(self.data).map(|value| value.bytes);
        File {
            name: names.into_iter().find_map(text),
            media_type: text(self.media_type),
            content_id: text(self.content_id),
            content: object.or(data).unwrap_or_default(),
            message: object.is_some_and(|object| object.starts_with(SIGNATURE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMESSAGE: [u8; 16] = [7, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

    fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE, &[0x34, 0x12], &attributes.concat()].concat()
    }

    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let sum = data.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(byte.into()));
        [&[level], &id.to_le_bytes()[..], &size(data), data, &sum.to_le_bytes()].concat()
    }

    fn size(data: &[u8]) -> [u8; 4] {
        u32::try_from(data.len()).unwrap().to_le_bytes()
    }

    fn code_page(number: u32) -> Vec<u8> {
        attribute(1, 0x0006_9007, &[number.to_le_bytes(), [0; 4]].concat())
    }

    fn subject(text: &[u8]) -> Vec<u8> {
        attribute(1, 0x0001_8004, text)
    }

    fn body(text: &[u8]) -> Vec<u8> {
        attribute(1, 0x0002_800c, text)
    }

    fn message(properties: &[Vec<u8>]) -> Vec<u8> {
        attribute(1, 0x0006_9003, &list(properties))
    }

    fn begin_file() -> Vec<u8> {
        attribute(2, 0x0006_9002, &[0; 14])
    }

    fn title(name: &[u8]) -> Vec<u8> {
        attribute(2, 0x0001_8010, name)
    }

    fn data(bytes: &[u8]) -> Vec<u8> {
        attribute(2, 0x0006_800f, bytes)
    }

    fn file(properties: &[Vec<u8>]) -> Vec<u8> {
        attribute(2, 0x0006_9005, &list(properties))
    }

    fn list(properties: &[Vec<u8>]) -> Vec<u8> {
        [&u32::try_from(properties.len()).unwrap().to_le_bytes()[..], &properties.concat()].concat()
    }

    fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes(), &id.to_le_bytes(), value].concat()
    }

    fn padded(bytes: &[u8]) -> Vec<u8> {
        [bytes, &[0, 0, 0][..bytes.len().wrapping_neg() % 4]].concat()
    }

    /// A value that tells its size.
    fn sized(kind: u16, id: u16, bytes: &[u8]) -> Vec<u8> {
        property(kind, id, &[&[1, 0, 0, 0][..], &size(bytes), &padded(bytes)].concat())
    }

    fn unicode(id: u16, text: &str) -> Vec<u8> {
        let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        sized(kind::UNICODE, id, &bytes)
    }

    fn number(id: u16, number: u32) -> Vec<u8> {
        property(kind::LONG, id, &number.to_le_bytes())
    }

    fn rtf(text: &str) -> Vec<u8> {
        sized(kind::BINARY, 0x1009, &[&[0; 8][..], b"MELA", &[0; 4], text.as_bytes()].concat())
    }

    fn html(text: &[u8]) -> Vec<u8> {
        sized(kind::BINARY, 0x1013, text)
    }

    fn plain(text: &str) -> Body {
        Body::Plain(text.to_owned())
    }

    fn marked(text: &str) -> Body {
        Body::Html(text.to_owned())
    }

    /// One of each kind.
    fn sample() -> Vec<u8> {
        let guid = [7; 16];
        let named = [&[0; 0][..], &guid, &[0, 0, 0, 0, 0x05, 0x85, 0, 0], &[1, 0, 0, 0]].concat();
        let name: Vec<u8> = "Namn\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let spelled = [&guid[..], &[1, 0, 0, 0], &size(&name), &padded(&name), &[2, 0, 0, 0]].concat();
        let two = [&spelled[..], &size(b"abc"), &padded(b"abc"), &size(b""), &[]].concat();
        stream(&[
            code_page(1252),
            subject(b"G\xe5 hem\0"),
            message(&[
                property(kind::I2, 0x0017, &[1, 0, 0, 0]),
                property(kind::BOOLEAN, 0x0023, &[1, 0, 0, 0]),
                property(kind::R4, 0x0001, &[0; 4]),
                property(kind::ERROR, 0x0001, &[0; 4]),
                property(kind::DOUBLE, 0x0001, &[0; 8]),
                property(kind::CURRENCY, 0x0001, &[0; 8]),
                property(kind::APPTIME, 0x0001, &[0; 8]),
                property(kind::I8, 0x0001, &[0; 8]),
                property(kind::SYSTIME, 0x0039, &[0; 8]),
                property(kind::CLSID, 0x0001, &[0; 16]),
                property(kind::LONG, 0x8001, &named),
                property(kind::UNICODE | kind::MULTIPLE, 0x8002, &two),
                property(kind::I2 | kind::MULTIPLE, 0x0001, &[2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]),
                property(kind::SYSTIME | kind::MULTIPLE, 0x0001, &[[1, 0, 0, 0], [0; 4], [0; 4]].concat()),
                number(0x3fde, 65001),
                html("<p>Gå hem</p>".as_bytes()),
                unicode(0x1000, "Gå hem"),
                rtf(r"{\rtf1\ansi G\'e5 hem}"),
            ]),
            begin_file(),
            title(b"LNGTNA~1.PDF\0"),
            data(b"%PDF"),
            file(&[
                unicode(0x3707, "Långt namn.pdf"),
                sized(kind::STRING8, 0x370e, b"application/pdf\0"),
                unicode(0x3712, "del1@klinik"),
            ]),
            begin_file(),
            data(b"This is not supported by this mail system.\0"),
            file(&[
                unicode(0x3001, "Vidare"),
                sized(kind::OBJECT, 0x3701, &[&IMESSAGE[..], &stream(&[subject(b"inre\0")])].concat()),
            ]),
        ])
    }

    #[test]
    fn what_a_message_holds_is_found() {
        let sample = sample();
        let tnef = read(&sample).unwrap();
        assert_eq!(tnef.subject.as_deref(), Some("Gå hem"));
        assert_eq!(tnef.body, Some(marked("<p>Gå hem</p>")));
        let [pdf, inner] = &tnef.files[..] else { panic!("{tnef:?}") };
        let expected = File {
            name: Some("Långt namn.pdf".to_owned()),
            media_type: Some("application/pdf".to_owned()),
            content_id: Some("del1@klinik".to_owned()),
            content: b"%PDF",
            message: false,
        };
        assert_eq!(*pdf, expected);
        assert_eq!((inner.name.as_deref(), inner.message), (Some("Vidare"), true));
        assert_eq!(read(inner.content).unwrap().subject.as_deref(), Some("inre"));
        assert!(!tnef.broken);
    }

    #[test]
    fn the_best_body_wins() {
        let wrapped = r"{\rtf1\fromhtml1{\*\htmltag64 <p>}r}";
        for (properties, attribute, expected) in [
            (vec![html(b"<p>h"), rtf(wrapped), unicode(0x1000, "p")], &b"a"[..], Some(marked("<p>h"))),
            (vec![unicode(0x1013, "<p>å"), rtf(wrapped)], b"a", Some(marked("<p>å"))),
            (vec![html(b"\0\r\n"), rtf(wrapped), unicode(0x1000, "p")], b"a", Some(marked("<p>r"))),
            (vec![rtf(r"{\rtf1 r}"), unicode(0x1000, "p")], b"a", Some(plain("p"))),
            (vec![rtf(r"{\rtf1 r}"), unicode(0x1000, " ")], b"a\0", Some(plain("a"))),
            (vec![rtf(r"{\rtf1 r}")], b"\0", Some(plain("r"))),
            (vec![rtf(r"{\rtf1\par}")], b" ", None),
            (vec![], b"", None),
        ] {
            let bytes = stream(&[message(&properties), body(attribute)]);
            let tnef = read(&bytes).unwrap();
            assert_eq!((tnef.body, tnef.broken), (expected, false), "{properties:?}");
        }
    }

    #[test]
    fn words_are_in_their_code_page() {
        for (attributes, expected) in [
            (vec![code_page(1252), subject(b"\xe5")], "å"),
            (vec![subject(b"\xef\xf0\xe8\xe2\xe5\xf2"), code_page(1251)], "привет"),
            (vec![code_page(932), subject(b"\x83\x5c")], "ソ"),
            (vec![subject(b"\xdf"), message(&[number(0x3ffd, 28595)])], "п"),
            (vec![code_page(1252), subject("å".as_bytes())], "å"),
            (vec![subject(b"t"), message(&[unicode(0x37, "u")])], "u"),
            (vec![code_page(1251), message(&[sized(kind::STRING8, 0x37, b"\xef")])], "п"),
            // Half a pair, and half a unit.
            (vec![message(&[sized(kind::UNICODE, 0x37, b"a\0\x3d\xd8b\0c")])], "a\u{fffd}b"),
        ] {
            let bytes = stream(&attributes);
            assert_eq!(read(&bytes).unwrap().subject.as_deref(), Some(expected), "{attributes:?}");
        }
    }

    #[test]
    fn files_are_told_apart() {
        /// Attributes, names and contents, whether it is broken.
        type Case = (Vec<Vec<u8>>, &'static [(Option<&'static str>, &'static [u8])], bool);
        let ole = [&[0x0b; 16][..], b"ole"].concat();
        let cases: [Case; 8] = [
            (
                vec![begin_file(), title(b"a"), data(b"1"), begin_file(), title(b"b"), data(b"2")],
                &[(Some("a"), b"1"), (Some("b"), b"2")],
                false,
            ),
            (vec![begin_file(), data(b"1"), title(b"a"), begin_file()], &[(Some("a"), b"1"), (None, b"")], false),
            // Where a file begins is missing.
            (vec![title(b"a"), data(b"1"), data(b"2")], &[(Some("a"), b"1"), (None, b"2")], true),
            (
                vec![begin_file(), file(&[sized(kind::BINARY, 0x3701, b"1"), unicode(0x3704, "A~1")])],
                &[(Some("A~1"), b"1")],
                false,
            ),
            (vec![begin_file(), file(&[sized(kind::OBJECT, 0x3701, &ole)])], &[(None, b"ole")], false),
            (vec![begin_file(), data(b"1"), file(&[sized(kind::OBJECT, 0x3701, b"short")])], &[(None, b"1")], false),
            (
                vec![begin_file(), title(b"t"), file(&[unicode(0x3001, "d"), unicode(0x3704, "s")])],
                &[(Some("t"), b"")],
                false,
            ),
            (vec![begin_file(), file(&[unicode(0x3001, "d"), unicode(0x3704, "s")])], &[(Some("s"), b"")], false),
        ];
        for (attributes, expected, broken) in cases {
            let bytes = stream(&attributes);
            let tnef = read(&bytes).unwrap();
            let found: Vec<_> = tnef.files.iter().map(|file| (file.name.as_deref(), file.content)).collect();
            assert_eq!((&found[..], tnef.broken), (expected, broken), "{attributes:?}");
            assert!(tnef.files.iter().all(|file| !file.message));
        }
    }

    #[test]
    fn what_is_broken_loses_only_itself() {
        let whole = stream(&[subject(b"s"), begin_file(), data(b"content")]);
        let (cut, checksum) = (whole.len() - 5, whole.len() - 1);
        let wrong_sum = [&whole[..checksum], &[0xff]].concat();
        let lying = |count: u32| {
            let list = [&count.to_le_bytes()[..], &unicode(0x37, "s")].concat();
            stream(&[attribute(1, 0x0006_9003, &list), data(b"content")])
        };
        let unknown = || property(0x00ee, 0x0001, b"xxxx");
        let before = stream(&[message(&[number(0x0001, 1), unknown(), unicode(0x37, "s")]), data(b"content")]);
        let after = stream(&[message(&[unicode(0x37, "s"), unknown()]), data(b"content")]);
        let packed = stream(&[subject(b"s"), message(&[sized(kind::BINARY, 0x1009, b"?")]), data(b"content")]);
        for (what, bytes, subject, content, broken) in [
            ("nothing", whole.clone(), Some("s"), Some(&b"content"[..]), false),
            ("line ends after it", [&whole[..], b"\r\n"].concat(), Some("s"), Some(b"content"), false),
            ("garbage after it", [&whole[..], b"garbage"].concat(), Some("s"), Some(b"content"), true),
            ("a checksum", wrong_sum, Some("s"), Some(b"content"), true),
            ("its end", whole[..cut].to_vec(), Some("s"), Some(b"cont"), true),
            ("a count too high", lying(u32::MAX), Some("s"), Some(b"content"), true),
            ("a count too low", lying(0), None, Some(b"content"), false),
            ("a type no one knows, before", before, None, Some(b"content"), true),
            ("a type no one knows, after", after, Some("s"), Some(b"content"), true),
            ("compressed RTF", packed, Some("s"), Some(b"content"), true),
            ("all but the signature", SIGNATURE.to_vec(), None, None, true),
        ] {
            let tnef = read(&bytes).unwrap();
            let found = tnef.files.first().map(|file| file.content);
            assert_eq!((tnef.subject.as_deref(), found, tnef.broken), (subject, content, broken), "{what}");
        }
        for bytes in [&b""[..], b"x\x9f\x3e", b"From: a@b\r\n\r\nhej"] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn numbers_are_bounded() {
        let bytes = stream(&vec![[begin_file(), title(b"a"), data(b"1")].concat(); MAX_FILES + 5]);
        let tnef = read(&bytes).unwrap();
        assert_eq!((tnef.files.len(), tnef.broken), (MAX_FILES, true));
        assert!(tnef.files.iter().all(|file| file.content == b"1" && file.name.as_deref() == Some("a")));
        let bytes = stream(&vec![begin_file(); MAX_FILES]);
        assert!(!read(&bytes).unwrap().broken);
    }

    #[test]
    fn nothing_broken_panics() {
        let sample = sample();
        let unnoticed = (0..sample.len()).filter(|&at| read(&sample[..at]).is_some_and(|tnef| !tnef.broken)).count();
        // Cut between two of its attributes it is whole, only shorter.
        assert_eq!(unnoticed, 10);
        for at in 0..sample.len() {
            for byte in [0, 1, 2, 0x0d, 0x1e, 0x1f, 0x7f, 0x80, 0xff, sample[at] ^ 1, sample[at].wrapping_add(1)] {
                let mut changed = sample.clone();
                changed[at] = byte;
                read(&changed);
            }
        }
    }
}
