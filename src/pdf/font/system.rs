//! The fonts that a machine has. The only place in the PDF that reads files, as time zones and certificates are read: what
//! is there is part of the machine, and the same on every machine with the same fonts.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustybuzz::ttf_parser;

use super::{Program, outlines};

/// A font file with more is none that people set text with.
const MAX_FONT_BYTES: u64 = 100_000_000;

/// A font that was found, read when it is first used.
#[derive(Debug)]
pub(super) struct Found {
    path: PathBuf,
    index: u32,
    /// First and last code points, in order.
    ranges: Vec<(u32, u32)>,
    program: OnceLock<Option<&'static Program>>,
}

/// Upright text fonts of regular weight in these folders and below them. In an order that goes by their names alone.
pub(super) fn look(folders: &[PathBuf]) -> Vec<Found> {
    let mut database = fontdb::Database::new();
    for folder in folders {
        database.load_fonts_dir(folder);
    }
    let mut found: Vec<_> = database
        .faces()
        .filter(|info| info.weight == fontdb::Weight::NORMAL && info.style == fontdb::Style::Normal)
        .filter_map(|info| {
            let fontdb::Source::File(path) = &info.source else { return None };
            let family = info.families.first().map(|(family, _)| family.clone()).unwrap_or_default();
            let ranges = database.with_face_data(info.id, ranges).flatten()?;
            let found = Found { path: path.clone(), index: info.index, ranges, program: OnceLock::new() };
            Some(((preference(&family), family, info.post_script_name.clone()), found))
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().map(|(_, found)| found).collect()
}

/// Lower comes first: Noto Sans looks like one family in all scripts.
fn preference(family: &str) -> u8 {
    let other_style =
        ["Serif", "Mono", "Display", "Nastaliq", "Rashi", "Looped"].iter().any(|style| family.contains(style));
    match family.strip_prefix("Noto Sans") {
        _ if other_style => 4,
        // Han characters have one code point and several shapes; these are what most readers of them write.
        Some(" CJK SC") => 1,
        Some(rest) if rest.starts_with(" CJK") => 2,
        Some(_) => 0,
        None => 3,
    }
}

fn ranges(bytes: &[u8], index: u32) -> Option<Vec<(u32, u32)>> {
    let face = ttf_parser::Face::parse(bytes, index).ok()?;
    outlines(&face)?;
    let mut codes = Vec::new();
    for table in face.tables().cmap?.subtables.into_iter().filter(ttf_parser::cmap::Subtable::is_unicode) {
        table.codepoints(|code| {
            if table.glyph_index(code).is_some_and(|glyph| glyph.0 != 0) {
                codes.push(code);
            }
        });
    }
    codes.sort_unstable();
    codes.dedup();
    let ranges = codes.chunk_by(|one, next| one + 1 == *next);
    Some(ranges.filter_map(|range| Some((*range.first()?, *range.last()?))).collect())
}

impl Found {
    pub(super) fn covers(&self, c: char) -> bool {
        let code = u32::from(c);
        let after = self.ranges.partition_point(|(first, _)| *first <= code);
        after > 0 && code <= self.ranges[after - 1].1
    }

    /// `None` when the file is no longer what it was.
    pub(super) fn program(&self) -> Option<&'static Program> {
        // A font that is used once is used again: it stays for as long as the process.
        self.program
            .get_or_init(|| {
                Program::parse(read(&self.path)?.leak(), self.index).map(|program| &*Box::leak(Box::new(program)))
            })
            .as_ref()
            .copied()
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = std::fs::metadata(path).ok()?.len();
    (size <= MAX_FONT_BYTES).then(|| std::fs::read(path).ok())?
}
