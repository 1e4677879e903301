use std::fmt::Write as _;

/// Rows under a header, columns aligned by characters. The last column takes what is left of the width.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    const WIDTH: usize = 80;
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    if let Some((last, others)) = widths.split_last_mut() {
        let taken: usize = others.iter().map(|width| width + 2).sum();
        *last = (*last).min(WIDTH.saturating_sub(taken).max(12));
    }
    let mut text = String::new();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{:<width$}  ", cut(cell, *width));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// At most so many characters, with an ellipsis when something is cut. Control characters do not reach a terminal.
pub fn cut(text: &str, width: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if text.chars().count() <= width {
        return text.chars().map(clean).collect();
    }
    text.chars().map(clean).take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters_and_the_last_is_cut_at_the_edge() {
        let rows = [
            vec!["MM 2026-00001".into(), "å".into(), "x".repeat(100)],
            vec!["MM".into(), "abc".into(), "\u{1b}[2J".into()],
        ];
        let text = table(&["NUMBER", "B", "LAST"], &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "NUMBER         B    LAST");
        assert_eq!(lines[1].chars().count(), 80);
        assert!(lines[1].ends_with('…'));
        assert_eq!(lines[2], "MM             abc   [2J");
    }
}
