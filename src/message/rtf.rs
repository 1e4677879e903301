//! Rich Text as mail carries it: unpacks it ([MS-OXRTFCP]) and takes the text out, which is HTML or plain text where
//! Outlook wrapped that in RTF ([MS-OXRTFEX]). Any bytes give some text; sizes that the bytes claim are not believed.

use std::collections::BTreeMap;
use std::mem;

use super::charset;

/// No more than this is unpacked, and about as much text taken out.
const MAX_SIZE: usize = 4 * 1024 * 1024;
/// So much text in one code page is decoded at once.
const MAX_PENDING: usize = 1024 * 1024;
/// Deeper groups share the state of the deepest one that has its own.
const MAX_DEPTH: usize = 500;
/// Fonts beyond these are written in the document's code page.
const MAX_FONTS: usize = 4096;

/// What stands in the dictionary before anything is unpacked ([MS-OXRTFCP]).
const PREBUFFER: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \
    \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
    \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4096;

/// Unpacked RTF, as far as it goes; `None` when the bytes are not compressed RTF.
pub fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, packed) = bytes.split_at_checked(16)?;
    match header.get(8..12)? {
        b"LZFu" => Some(unpack(packed)),
        b"MELA" => Some(packed.get(..MAX_SIZE).unwrap_or(packed).to_vec()),
        _ => None,
    }
}

/// Runs of eight, each a byte or a place and length in the last 4096 bytes, after a byte that
/// tells which. A place where the next byte would be written ends it.
fn unpack(packed: &[u8]) -> Vec<u8> {
    // The dictionary stands at the beginning of the output, which makes a place in it one in the output.
    let mut out = PREBUFFER.to_vec();
    let mut bytes = packed.iter().copied();
    'all: while let Some(mut control) = bytes.next() {
        for _ in 0..8 {
            if control & 1 == 0 {
                let Some(literal) = bytes.next() else { break 'all };
                out.push(literal);
            } else {
                let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else { break 'all };
                let reference = usize::from(u16::from_be_bytes([high, low]));
                let back = (out.len() + WINDOW - reference / 16) % WINDOW;
                if back == 0 {
                    break 'all;
                }
                for _ in 0..reference % 16 + 2 {
                    // Before the dictionary's beginning there is nothing.
                    out.push(out.len().checked_sub(back).and_then(|at| out.get(at).copied()).unwrap_or_default());
                }
            }
            control >>= 1;
        }
        if out.len() >= MAX_SIZE {
            break;
        }
    }
    out.drain(..PREBUFFER.len());
    out
}

/// What an RTF document holds. Lines end with `\n`; some characters may be control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Html(String),
    Plain(String),
}

pub fn text(rtf: &[u8]) -> Text {
    let mut reader = Reader::default();
    for token in (Tokens { rest: rtf }) {
        reader.read(token);
    }
    reader.flush();
    match reader.wraps {
        Wraps::Html => Text::Html(reader.out),
        Wraps::Nothing | Wraps::Plain => Text::Plain(reader.out),
    }
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Open,
    Close,
    Word(&'a [u8], Option<i32>),
    Symbol(u8),
    /// `\'e5`
    Hex(u8),
    Run(&'a [u8]),
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next_byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, holds: impl Fn(&u8) -> bool) -> &'a [u8] {
        self.take(self.rest.iter().take_while(|&byte| holds(byte)).count())
    }

    fn word(&mut self) -> Token<'a> {
        let name = self.take_while(u8::is_ascii_alphabetic);
        let negative = self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(u8::is_ascii_digit);
        if negative {
            self.take(1);
        }
        let digits = self.take_while(u8::is_ascii_digit);
        let number =
            digits.iter().fold(0_i32, |sum, &digit| sum.saturating_mul(10).saturating_add((digit - b'0').into()));
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        let number = (!digits.is_empty()).then_some(if negative { -number } else { number });
        if name == b"bin" {
            self.take(number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0));
        }
        Token::Word(name, number)
    }

    fn hex(&mut self) -> Option<u8> {
        let digit = |at: usize| self.rest.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        let byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        self.take(2);
        Some(byte)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let plain = memchr::memchr3(b'{', b'}', b'\\', self.rest).unwrap_or(self.rest.len());
        if plain > 0 {
            return Some(Token::Run(self.take(plain)));
        }
        Some(match self.next_byte()? {
            b'{' => Token::Open,
            b'}' => Token::Close,
            _ if self.rest.first().is_some_and(u8::is_ascii_alphabetic) => self.word(),
            _ => match self.next_byte()? {
                b'\'' => self.hex().map_or(Token::Symbol(b'\''), Token::Hex),
                symbol => Token::Symbol(symbol),
            },
        })
    }
}

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Destination {
    Body,
    /// A piece of the wrapped HTML that is not text (`\htmltag`).
    Markup,
    Fonts,
    Nowhere,
}

/// What a group may change and its end restores.
#[derive(Clone, Copy)]
struct State {
    destination: Destination,
    /// The font's; `None` is the document's.
    code_page: Option<u32>,
    /// For readers that do not know the wrapped text (`\htmlrtf`).
    hidden: bool,
    /// So many characters after a `\u` stand for it where Unicode is not known.
    fallback: i32,
}

impl Default for State {
    fn default() -> Self {
        Self { destination: Destination::Body, code_page: None, hidden: false, fallback: 1 }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wraps {
    #[default]
    Nothing,
    Html,
    Plain,
}

#[derive(Default)]
struct Reader {
    wraps: Wraps,
    state: State,
    outer: Vec<State>,
    /// Groups open beyond [`MAX_DEPTH`].
    too_deep: usize,
    /// `\*` came: readers skip the group unless they know its word.
    optional: bool,
    /// So many characters are still to pass over after a `\u`.
    passing: i32,
    /// The first half of a character beyond U+FFFF.
    surrogate: Option<u16>,
    /// The document's.
    code_page: Option<u32>,
    fonts: BTreeMap<i32, u32>,
    /// The font that the font table is describing.
    described: i32,
    default_font: i32,
    /// Text in `pending_code_page`: a character may span tokens.
    pending: Vec<u8>,
    pending_code_page: u32,
    out: String,
}

impl Reader {
    fn read(&mut self, token: Token<'_>) {
        match token {
            Token::Open => self.open(),
            Token::Close => self.close(),
            _ if self.state.destination == Destination::Nowhere => {}
            Token::Word(name, number) => self.word(name, number),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Hex(byte) => self.byte(byte),
            Token::Run(bytes) => {
                bytes.iter().filter(|byte| !b"\r\n\0".contains(byte)).for_each(|&byte| self.byte(byte));
            }
        }
    }

    fn open(&mut self) {
        (self.optional, self.passing) = (false, 0);
        if self.outer.len() < MAX_DEPTH {
            self.outer.push(self.state);
        } else {
            self.too_deep += 1;
        }
    }

    fn close(&mut self) {
        (self.optional, self.passing) = (false, 0);
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if let Some(outer) = self.outer.pop() {
            let fonts_end = self.state.destination == Destination::Fonts && outer.destination == Destination::Body;
            self.state = outer;
            if fonts_end {
                self.font(self.default_font);
            }
        }
    }

    fn word(&mut self, name: &[u8], number: Option<i32>) {
        let optional = mem::take(&mut self.optional);
        // Zero stands for the system's own.
        let page = number.and_then(|number| u32::try_from(number).ok()).filter(|&page| page > 0);
        let unwrapping = self.wraps != Wraps::Nothing;
        match (name, self.state.destination) {
            (b"u", _) => number.into_iter().for_each(|number| self.unicode(number)),
            (b"uc", _) => self.state.fallback = number.unwrap_or(1),
            (b"htmlrtf", _) if unwrapping => self.state.hidden = number != Some(0),
            (b"htmltag", _) if self.wraps == Wraps::Html => self.state.destination = Destination::Markup,
            (b"par" | b"line" | b"sect" | b"page" | b"row" | b"nestrow", _) => self.space(b'\n'),
            (b"tab" | b"cell" | b"nestcell", _) => self.space(b'\t'),
            (b"lquote", _) => self.character('\u{2018}'),
            (b"rquote", _) => self.character('\u{2019}'),
            (b"ldblquote", _) => self.character('\u{201c}'),
            (b"rdblquote", _) => self.character('\u{201d}'),
            (b"bullet", _) => self.character('\u{2022}'),
            (b"endash", _) => self.character('\u{2013}'),
            (b"emdash", _) => self.character('\u{2014}'),
            (b"enspace" | b"emspace" | b"qmspace", _) => self.byte(b' '),
            (b"fonttbl", _) => self.state.destination = Destination::Fonts,
            (b"f", Destination::Fonts) => self.described = number.unwrap_or_default(),
            (b"fcharset", Destination::Fonts) => self.describe(number.and_then(code_page_of)),
            (b"cpg", Destination::Fonts) => self.describe(page),
            (b"f", Destination::Body) => self.font(number.unwrap_or_default()),
            (b"plain", Destination::Body) => self.font(self.default_font),
            (b"deff", _) => self.default_font = number.unwrap_or_default(),
            (b"ansicpg", _) => self.code_page = page,
            (b"mac", _) => self.code_page = Some(10000),
            // [MS-OXRTFEX] §2.2.3.1: it stands in the header; a text may mention it.
            (b"fromhtml", _) if self.has_no_text() && number != Some(0) => self.wraps = Wraps::Html,
            (b"fromtext", _) if self.has_no_text() => self.wraps = Wraps::Plain,
            (b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"objdata" | b"filetbl" | b"fldinst", _) => {
                self.state.destination = Destination::Nowhere;
            }
            _ if optional => self.state.destination = Destination::Nowhere,
            // How it looks.
            _ => {}
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.optional = true,
            b'~' => self.character('\u{a0}'),
            b'_' => self.character('\u{2011}'),
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'\r' | b'\n' => self.space(b'\n'),
            b'\t' => self.space(b'\t'),
            // Where a word may be divided, entries of an index, and what never was RTF.
            _ => {}
        }
    }

    fn describe(&mut self, code_page: Option<u32>) {
        if let Some(code_page) = code_page
            && (self.fonts.len() < MAX_FONTS || self.fonts.contains_key(&self.described))
        {
            self.fonts.insert(self.described, code_page);
        }
    }

    fn font(&mut self, font: i32) {
        self.state.code_page = self.fonts.get(&font).copied();
    }

    fn has_no_text(&self) -> bool {
        self.out.is_empty() && self.pending.is_empty()
    }

    fn shows(&self) -> bool {
        let shown = matches!(self.state.destination, Destination::Body | Destination::Markup);
        shown && !self.state.hidden && self.out.len() <= MAX_SIZE
    }

    /// A byte of text.
    fn byte(&mut self, byte: u8) {
        self.optional = false;
        if self.passing > 0 {
            self.passing -= 1;
        } else if self.shows() {
            // Markup has no font.
            let font = self.state.code_page.filter(|_| self.state.destination == Destination::Body);
            let code_page = font.or(self.code_page).unwrap_or(1252);
            // No character has a space in it; where there is none, one character may be lost.
            let full = self.pending.len() >= if byte == b' ' { MAX_PENDING } else { 2 * MAX_PENDING };
            if full || self.surrogate.is_some() || self.pending_code_page != code_page {
                self.flush();
                self.pending_code_page = code_page;
            }
            self.pending.push(byte);
        }
    }

    /// A line's end or a tab, which never stands for a character.
    fn space(&mut self, byte: u8) {
        self.passing = 0;
        self.byte(byte);
    }

    fn character(&mut self, c: char) {
        if self.passing > 0 {
            self.passing -= 1;
        } else if self.shows() {
            self.flush();
            self.out.push(c);
        }
    }

    /// A UTF-16 unit, written as a signed number.
    fn unicode(&mut self, number: i32) {
        self.passing = 0;
        let number = if number < 0 { number.saturating_add(0x1_0000) } else { number };
        let unit = u16::try_from(number).ok();
        match (self.surrogate.take(), unit) {
            (None, Some(high @ 0xd800..=0xdbff)) if self.shows() => {
                self.flush();
                self.surrogate = Some(high);
            }
            (high, Some(unit)) => {
                for c in char::decode_utf16(high.into_iter().chain([unit])) {
                    self.character(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            (_, None) => {
                let c = u32::try_from(number).ok().and_then(char::from_u32);
                self.character(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.passing = self.state.fallback;
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let label = charset::of_code_page(self.pending_code_page);
            self.out.push_str(&charset::decode(&self.pending, label.as_deref()).0);
            self.pending.clear();
        }
        if self.surrogate.take().is_some() {
            self.out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// What `\fcharset` numbers mean (Rich Text Format 1.9.1, font table).
fn code_page_of(charset: i32) -> Option<u32> {
    Some(match charset {
        // Symbol's bullets and dashes are about those of Windows-1252.
        0 | 2 => 1252,
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 | 181 => 1255,
        178..=180 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(magic: &[u8], packed: &[u8]) -> Vec<u8> {
        // The sizes and the checksum are lies.
        [&[0xff; 8], magic, &[0; 4], packed].concat()
    }

    fn plain(rtf: &str) -> String {
        match text(rtf.as_bytes()) {
            Text::Plain(text) => text,
            Text::Html(html) => panic!("HTML: {html}"),
        }
    }

    fn html(rtf: &str) -> String {
        match text(rtf.as_bytes()) {
            Text::Html(html) => html,
            Text::Plain(text) => panic!("plain: {text}"),
        }
    }

    #[test]
    fn the_examples_of_the_specification_unpack() {
        // [MS-OXRTFCP], the simple one.
        let hello: &[u8] = &[
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72,
            0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62,
            0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        assert_eq!(decompress(hello).unwrap(), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        // [MS-OXRTFCP], the one that reads what it has just written.
        let crossing: &[u8] = &[
            0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20, 0x57,
            0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
        ];
        assert_eq!(decompress(crossing).unwrap(), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }

    #[test]
    fn unpacking_gives_what_there_is() {
        for (bytes, unpacked) in [
            (compressed(b"MELA", b"{\\rtf1 x}"), Some(&b"{\\rtf1 x}"[..])),
            (compressed(b"MELA", b""), Some(b"")),
            (compressed(b"LZFu", b"\0abc"), Some(b"abc")),
            // A reference cut in half.
            (compressed(b"LZFu", b"\x02a\x00"), Some(b"a")),
            // A place that nothing was written to.
            (compressed(b"LZFu", b"\x01\xff\x00"), Some(b"\0\0")),
            (compressed(b"LZFu", b""), Some(b"")),
            (compressed(b"zip!", b"abc"), None),
            (b"LZFu".to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(decompress(&bytes).as_deref(), unpacked, "{bytes:?}");
        }
    }

    #[test]
    fn what_unpacks_to_more_than_fits_is_cut() {
        let mut packed = Vec::new();
        let mut place = PREBUFFER.len();
        while place < 2 * MAX_SIZE {
            packed.push(0xff);
            for _ in 0..8 {
                // The seventeen bytes before.
                let reference = u16::try_from((place - 17) % WINDOW * 16 + 15).unwrap();
                packed.extend_from_slice(&reference.to_be_bytes());
                place += 17;
            }
        }
        let size = decompress(&compressed(b"LZFu", &packed)).unwrap().len();
        assert!((MAX_SIZE - 1024..MAX_SIZE + 1024).contains(&size), "{size}");
        assert_eq!(decompress(&compressed(b"MELA", &vec![b'x'; MAX_SIZE + 1])).unwrap().len(), MAX_SIZE);
    }

    #[test]
    fn text_comes_out_of_rtf() {
        for (rtf, expected) in [
            (r"{\rtf1\ansi Hej\par d\'e5\line\tab slut}", "Hej\nd\u{e5}\n\tslut"),
            ("{\\rtf1 en\r\n rad\\\nny}", "en rad\nny"),
            (r"{\rtf1 \{a\\b\}\~c\-d\_e}", "{a\\b}\u{a0}cd\u{2011}e"),
            (r"{\rtf1 \lquote a\rquote\ldblquote b\rdblquote\bullet\endash\emdash}", "‘a’“b”•–—"),
            (r"{\rtf1\trowd a\cell b\cell\row}", "a\tb\t\n"),
            // Unicode and what stands for it.
            (r"{\rtf1 \u8364?\u8364\'80\u8364 x}", "€€€"),
            (r"{\rtf1\uc2 \u8364??a{\uc0\u229b}\u-4051??c}", "€a\u{e5}b\u{f02d}c"),
            (r"{\rtf1\u8364{?}\u8364\par?}", "€?€\n?"),
            (r"{\rtf1\u-10179?\u-8704?\u128512?}", "😀😀"),
            (r"{\rtf1\u-10179?a\u-8704?\u-10179?}", "\u{fffd}a\u{fffd}\u{fffd}"),
            // Code pages: the document's, the default font's, a font's and the group's end.
            (r"{\rtf1\ansi\ansicpg1251 \'ef\'f0}", "пр"),
            (r"{\rtf1\mac \'8c}", "\u{e5}"),
            (r"{\rtf1\ansicpg65001 \'c3\'a5}", "\u{e5}"),
            (r"{\rtf1\ansicpg932 \'83\'5c\'83\'65}", "ソテ"),
            (r"{\rtf1\ansicpg1252\deff1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\'ef}", "п"),
            (r"{\rtf1\deff0{\fonttbl{\f0 A;}{\f9\fnil\cpg1253 B;}}\'e5{\f9\'e1}\'e5\f9\'e1\plain\'e5}", "åαåαå"),
            // What no reader shows.
            (r"{\rtf1{\fonttbl\f0 Arial;}{\colortbl;}{\stylesheet{\s0 Normal;}}{\info{\author A}}a}", "a"),
            (r"{\rtf1{\*\generator G {x};}a{\*\shppict{\pict 00ff}}{\pict\bin3 }}{}b}", "ab"),
            (r#"{\rtf1{\field{\*\fldinst{HYPERLINK "x"}}{\fldrslt{\ul länk}}}}"#, "länk"),
            // As it may be broken.
            ("hej", "hej"),
            ("", ""),
            (r"}}{\rtf1 a}}b", "ab"),
            (r"{\rtf1 a\'zzb\'", "azzb"),
            (r"{\rtf1 a\bin99999999999 b", "a"),
            (r"{\rtf1\u\u99999999999999?\u-99999999999999?\uc-5\f-1 a", "\u{fffd}\u{fffd}a"),
            (r"{\rtf1 a\", "a"),
            // A text about it is not it.
            (r"{\rtf1 a\fromhtml1 {\*\htmltag64 <p>}b}", "ab"),
        ] {
            assert_eq!(plain(rtf), expected, "{rtf}");
        }
    }

    #[test]
    fn wrapped_html_is_unwrapped() {
        for (rtf, expected) in [
            (
                r"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 a\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}",
                "<p>a</p>",
            ),
            (r"{\rtf1\fromhtml1{\*\htmltag148 <a>}{\*\mhtmltag148 <a href='y'>}b\par\tab c}", "<a>b\n\tc"),
            (r"{\rtf1\fromhtml1{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 {\*\htmltag241 p \{a:b\}\par}}", "&lt;p {a:b}\n"),
            // Markup is in the document's code page, text in its font's, and that is followed through what is hidden.
            (
                r"{\rtf1\ansicpg1252\fromhtml1{\fonttbl{\f1\fcharset204;}}\htmlrtf\f1\htmlrtf0 \'ef{\*\htmltag1 \'e5}}",
                "п\u{e5}",
            ),
            (r"{\rtf1\fromhtml1 a\htmlrtf\u229?\'e5\emdash\htmlrtf0 b}", "ab"),
        ] {
            assert_eq!(html(rtf), expected, "{rtf}");
        }
        assert_eq!(plain(r"{\rtf1\ansi\fromtext{\*\htmltag1 x}a\htmlrtf b\htmlrtf0\par}"), "a\n");
        assert_eq!(plain(r"{\rtf1\fromhtml0 a}"), "a");
    }

    #[test]
    fn depth_is_bounded_and_what_comes_after_is_read() {
        let deep = 100_000;
        assert_eq!(plain(&format!(r"{{\rtf1 {}a{}b}}", "{".repeat(deep), "}".repeat(deep))), "ab");
        let fonts: Vec<String> = (0..10_000).map(|font| format!(r"\f{font}\fcharset204")).collect();
        let fonts = fonts.concat();
        assert_eq!(plain(&format!(r"{{\rtf1{{\fonttbl{fonts}}}\f0\'ef\f9999\'ef}}")), "пï");
    }

    #[test]
    fn a_long_text_is_decoded_in_pieces() {
        let long = r"\'e5\'e4\'f6 ".repeat(MAX_PENDING / 2);
        assert_eq!(plain(&format!(r"{{\rtf1 {long}}}")), "åäö ".repeat(MAX_PENDING / 2));
        let endless = [&br"{\rtf1 "[..], &vec![0x80; MAX_SIZE]].concat();
        let Text::Plain(text) = text(&endless) else { panic!("HTML") };
        assert!((MAX_SIZE..2 * MAX_SIZE).contains(&text.len()), "{}", text.len());
    }

    #[test]
    fn nothing_broken_panics() {
        let sample = concat!(
            r"{\rtf1\ansi\ansicpg932\fromhtml1\deff0{\fonttbl{\f0\fcharset128 A;}{\f1\cpg1252 B;}}\uc1",
            r"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0\f1 d\'e5\u-10179?\u-8704?\bin2 }}\'83\'5c}\par}",
        );
        let packed: Vec<u8> = sample.as_bytes().chunks(8).flat_map(|run| [&[0], run].concat()).collect();
        let packed = compressed(b"LZFu", &[&packed, &b"\xff\x00\x5f\x0a\xff\x12\x34"[..]].concat());
        for at in 0..packed.len() {
            decompress(&packed[..at]);
            for byte in 0..=u8::MAX {
                let mut changed = packed.clone();
                changed[at] = byte;
                text(&decompress(&changed).unwrap_or_default());
            }
        }
        for at in 0..sample.len() {
            text(&sample.as_bytes()[..at]);
            for byte in 0..=u8::MAX {
                let mut changed = sample.as_bytes().to_vec();
                changed[at] = byte;
                text(&changed);
            }
        }
    }
}
