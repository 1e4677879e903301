//! Plain text as blocks: paragraphs, quotes by their `>`, columns made with spaces. format=flowed (RFC 3676) is put together
//! again, and files that stand in the text (uuencode, POSIX) are taken out of it.

use super::block::{Block, Origin};

/// Quotes within quotes; deeper marks stay as text.
const MAX_QUOTES: usize = 10;
/// Files taken out of one text.
const MAX_FILES: usize = 100;

/// How the text is wrapped (RFC 3676 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub flowed: bool,
    /// The space at the end of a line that goes on is not part of the text.
    pub delete_space: bool,
}

struct Line<'a> {
    depth: usize,
    text: &'a str,
}

/// The text's blocks. Nothing of it is left out but `>` marks and line ends that wrapped it.
pub fn blocks(text: &str, flow: Flow) -> Vec<Block> {
    let mut levels: Vec<Vec<Block>> = vec![Vec::new()];
    let mut paragraph: Vec<Line<'_>> = Vec::new();
    for line in text.split('\n') {
        let line = line_of(line, flow.flowed);
        let breaks = line.text.trim().is_empty() || paragraph.last().is_some_and(|last| last.depth != line.depth);
        if breaks && !paragraph.is_empty() {
            let block = paragraph_of(&std::mem::take(&mut paragraph), flow);
            levels.last_mut().expect("there is always one").push(block);
        }
        if !line.text.trim().is_empty() {
            to_depth(&mut levels, line.depth);
            paragraph.push(line);
        }
    }
    if !paragraph.is_empty() {
        let block = paragraph_of(&paragraph, flow);
        levels.last_mut().expect("there is always one").push(block);
    }
    to_depth(&mut levels, 0);
    levels.pop().unwrap_or_default()
}

/// Closes quotes, or opens them, until so many are open.
fn to_depth(levels: &mut Vec<Vec<Block>>, depth: usize) {
    while levels.len() > depth + 1 {
        let blocks = levels.pop().unwrap_or_default();
        if let (false, Some(outer)) = (blocks.is_empty(), levels.last_mut()) {
            outer.push(Block::Quote { origin: Origin::History, blocks });
        }
    }
    while levels.len() < depth + 1 {
        levels.push(Vec::new());
    }
}

/// How deep a line is quoted, and what it says.
fn line_of(line: &str, flowed: bool) -> Line<'_> {
    let (mut depth, mut rest) = (0, line);
    while depth < MAX_QUOTES {
        let inner = if depth == 0 { rest } else { rest.strip_prefix(' ').unwrap_or(rest) };
        let Some(after) = inner.strip_prefix('>').filter(|after| !is_arrow(after)) else { break };
        (depth, rest) = (depth + 1, after);
    }
    // RFC 3676 §4.4: a space before what would look like a quote; others put one after their marks.
    let text = if depth > 0 || flowed { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    Line { depth, text }
}

/// `>_<` and `>:(` are faces, not quotes.
fn is_arrow(after: &str) -> bool {
    let mut marks = after.chars();
    marks.next().is_some_and(|c| "_:.<-".contains(c)) && marks.next().is_some_and(|c| "<>()_.:-|/'".contains(c))
}

fn paragraph_of(lines: &[Line<'_>], flow: Flow) -> Block {
    if !flow.flowed {
        let text = lines.iter().map(|line| line.text.trim_end()).collect::<Vec<_>>().join("\n");
        return if has_columns(&text) { Block::Preformatted(text) } else { Block::Paragraph(text) };
    }
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let goes_on = line.text.ends_with(' ') && line.text != "-- " && at + 1 < lines.len();
        let shown = if goes_on && flow.delete_space { &line.text[..line.text.len() - 1] } else { line.text };
        text.push_str(if goes_on { shown } else { shown.trim_end() });
        if !goes_on && at + 1 < lines.len() {
            text.push('\n');
        }
    }
    Block::Paragraph(text)
}

/// Whether at least two lines are set in columns.
fn has_columns(text: &str) -> bool {
    let is_column = |line: &str| {
        let line = line.trim();
        line.contains("   ") || line.contains('\t')
    };
    text.lines().filter(|line| is_column(line)).take(2).count() == 2
}

/// A file that stood in the text.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content: Vec<u8>,
}

/// The text without the files in it, where each left its name in brackets; and whether one of them is cut off.
pub fn take_files(text: &str) -> Option<(String, Vec<File>, bool)> {
    if !text.contains("begin ") {
        return None;
    }
    let (mut rest, mut files, mut cut) = (String::with_capacity(text.len()), Vec::new(), false);
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let Some(name) = begins(line).filter(|_| files.len() < MAX_FILES) else {
            rest.push_str(line);
            continue;
        };
        // What is not encoded lines to its end is text that only begins alike.
        let mut ahead = lines.clone();
        match decode(&mut ahead) {
            Some((content, ended)) => {
                cut |= !ended;
                rest.extend(["[", name, "]\n"]);
                files.push(File { name: name.to_owned(), content });
                lines = ahead;
            }
            None => rest.push_str(line),
        }
    }
    (!files.is_empty()).then_some((rest, files, cut))
}

/// The name in `begin 644 name`.
fn begins(line: &str) -> Option<&str> {
    let (mode, name) = line.strip_prefix("begin ")?.trim_end().split_once(' ')?;
    let is_mode = (3..=4).contains(&mode.len()) && mode.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    Some(name.trim()).filter(|name| is_mode && !name.is_empty())
}

/// The content, and whether its end was there. At a line that is none of it the iterator stays.
fn decode<'a>(lines: &mut (impl Iterator<Item = &'a str> + Clone)) -> Option<(Vec<u8>, bool)> {
    let mut content = Vec::new();
    loop {
        let before = lines.clone();
        let Some(line) = lines.next() else { return (!content.is_empty()).then_some((content, false)) };
        let line = line.trim_end_matches(['\r', '\n']);
        if line == "end" {
            return Some((content, true));
        }
        if !decode_line(line, &mut content) {
            *lines = before;
            return (!content.is_empty()).then_some((content, false));
        }
    }
}

/// One line: its length in bytes, then six bits a character.
fn decode_line(line: &str, content: &mut Vec<u8>) -> bool {
    let value = |byte: u8| byte.wrapping_sub(b' ') & 0x3f;
    let bytes = line.as_bytes();
    let Some((&first, data)) = bytes.split_first() else { return true };
    let length = usize::from(value(first));
    // Spaces at the end of a line are lost on the way; some encoders add a checksum.
    let is_encoded = (b' '..=b'`').contains(&first)
        && data.iter().all(|byte| (b' '..=b'`').contains(byte))
        && data.len() <= length.div_ceil(3) * 4 + 2
        && data.len() + 4 >= length.div_ceil(3) * 4;
    if !is_encoded {
        return false;
    }
    let mut taken = 0;
    for group in data.chunks(4) {
        let at = |i: usize| u32::from(value(*group.get(i).unwrap_or(&b' ')));
        let bits = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
        let count = (length - taken).min(3);
        content.extend_from_slice(&bits.to_be_bytes()[1..=count]);
        taken += count;
        if taken == length {
            break;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(text.to_owned())
    }

    fn quote(blocks: Vec<Block>) -> Block {
        Block::Quote { origin: Origin::History, blocks }
    }

    #[test]
    fn plain_text_is_paragraphs_quotes_and_columns() {
        for (text, expected) in [
            ("Hej\nigen\n\n\nslut", vec![paragraph("Hej\nigen"), paragraph("slut")]),
            ("> a\n> b\n\n> c\nd", vec![quote(vec![paragraph("a\nb"), paragraph("c")]), paragraph("d")]),
            (">> a\n> b", vec![quote(vec![quote(vec![paragraph("a")]), paragraph("b")])]),
            ("> > a", vec![quote(vec![quote(vec![paragraph("a")])])]),
            (">_< och >:(", vec![paragraph(">_< och >:(")]),
            ("tid      08.20\nplats    rum 2", vec![Block::Preformatted("tid      08.20\nplats    rum 2".to_owned())]),
            ("a      b", vec![paragraph("a      b")]),
            (" \n\t\n", vec![]),
        ] {
            assert_eq!(blocks(text, Flow::default()), expected, "{text}");
        }
    }

    #[test]
    fn flowed_lines_are_put_together_as_rfc_3676_says() {
        let flow = |delete_space| Flow { flowed: true, delete_space };
        for (text, delete_space, expected) in [
            ("en lång \nrad\nny", false, vec![paragraph("en lång rad\nny")]),
            ("delat o \nrd", true, vec![paragraph("delat ord")]),
            ("> a \n> b\nc", false, vec![quote(vec![paragraph("a b")]), paragraph("c")]),
            (" >inte citat", false, vec![paragraph(">inte citat")]),
            ("Hej\n-- \nAnna", false, vec![paragraph("Hej\n--\nAnna")]),
        ] {
            assert_eq!(blocks(text, flow(delete_space)), expected, "{text}");
        }
    }

    #[test]
    fn files_are_taken_out_of_the_text_and_what_only_looks_like_one_stays() {
        let cat = "begin 644 katt.txt\n#0V%T\n`\nend\n";
        let (rest, files, cut) = take_files(&format!("Hej\n{cat}slut\n")).unwrap();
        assert_eq!((rest.as_str(), cut), ("Hej\n[katt.txt]\nslut\n", false));
        assert_eq!(files, [File { name: "katt.txt".to_owned(), content: b"Cat".to_vec() }]);
        let (rest, _, cut) = take_files("begin 644 katt.txt\n#0V%T\nMvh Anna, igen").unwrap();
        assert_eq!((rest.as_str(), cut), ("[katt.txt]\nMvh Anna, igen", true));
        for text in [
            "begin 644 med detta\nHej hej",
            "begin om morgonen\n#0V%T\nend",
            "vi begin 644 a\n#0V%T\nend",
            "begin 644 a",
        ] {
            assert_eq!(take_files(text), None, "{text}");
        }
    }

    #[test]
    fn any_depth_of_quotes_is_read() {
        let text = format!("{}slut", ">".repeat(100_000));
        assert!(crate::message::block::text(&blocks(&text, Flow::default())).ends_with("slut"));
        assert!(!blocks(&"> \n>> a\n".repeat(10_000), Flow::default()).is_empty());
    }
}
