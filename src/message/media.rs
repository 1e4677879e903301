//! Content-Type and Content-Disposition: a word and its parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

use super::{charset, words};

/// No more of a parameter list is read.
const MAX_BYTES: usize = 8 * 1024;

#[derive(Clone, Debug, Default)]
pub struct Media {
    /// Lower case: `text/plain`, `attachment`.
    pub kind: String,
    parameters: Vec<(String, String)>,
}

/// `name*1*=utf-8''value`: the name's parts and the value as written.
struct Piece<'a> {
    name: String,
    index: Option<u32>,
    extended: bool,
    value: std::borrow::Cow<'a, str>,
}

impl Media {
    pub fn parse(value: &str) -> Self {
        let value = &value[..value.floor_char_boundary(MAX_BYTES)];
        let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
        let kind = kind.split('(').next().unwrap_or(kind);
        let kind = kind.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        Self { kind, parameters: join(pieces(rest)) }
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `text` of `text/plain`.
    pub fn group(&self) -> &str {
        self.kind.split('/').next().unwrap_or_default()
    }
}

fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        // A parameter without a value is passed over, and so are semicolons too many.
        let name = name.rsplit(';').next().unwrap_or(name).trim().to_lowercase();
        let (value, after) = value(after.trim_start());
        rest = after;
        let (name, extended) = name.strip_suffix('*').map_or((name.as_str(), false), |name| (name, true));
        let (name, index) = match name.split_once('*') {
            Some((name, index)) => (name, index.parse().ok()),
            None => (name, None),
        };
        pieces.push(Piece { name: name.to_owned(), index, extended, value });
    }
    pieces
}

/// A value, quoted or not, and what follows its semicolon.
fn value(text: &str) -> (std::borrow::Cow<'_, str>, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // Spaces in a value without quotes are wrong and common.
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().into(), after);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    let mut end = quoted.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                end = at + 1;
                break;
            }
            // Only what must be escaped is: C:\brev.doc is written by those who do not know.
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value.into(), quoted[end..].split_once(';').map_or("", |(_, after)| after))
}

/// RFC 2231 §3: pieces in the order of their numbers, decoded as a whole.
fn join(pieces: Vec<Piece<'_>>) -> Vec<(String, String)> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut continued: Vec<(String, Vec<Piece<'_>>)> = Vec::new();
    for piece in pieces {
        if piece.index.is_none() && !piece.extended {
            let value = charset::one_line(&words::decode(&piece.value)).into_owned();
            parameters.push((piece.name, value));
        } else if let Some((_, list)) = continued.iter_mut().find(|(name, _)| *name == piece.name) {
            list.push(piece);
        } else {
            continued.push((piece.name.clone(), vec![piece]));
        }
    }
    for (name, mut list) in continued {
        list.sort_by_key(|piece| piece.index);
        let mut charset = None;
        let mut bytes = Vec::new();
        for (at, piece) in list.iter().enumerate() {
            let mut value: &str = &piece.value;
            if piece.extended {
                let mut marked = value.splitn(3, '\'');
                if let (true, Some(label), Some(_), Some(text)) = (at == 0, marked.next(), marked.next(), marked.next())
                {
                    (charset, value) = (Some(label), text);
                }
                bytes.extend(percent(value));
            } else {
                bytes.extend(value.bytes());
            }
        }
        let value = charset::decode(&bytes, charset.filter(|label| !label.is_empty())).0;
        // The extended form is the better one where both are given.
        parameters.insert(0, (name, charset::one_line(&value).into_owned()));
    }
    parameters
}

pub fn percent(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |i: usize| bytes.get(at + i).and_then(|&b| (b as char).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (bytes[at], digit(1), digit(2)) {
            out.push(u8::try_from(high * 16 + low).expect("two hex digits are a byte"));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
