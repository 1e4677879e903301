use std::fmt::Write as _;

/// What fits on any terminal.
const WIDTH: usize = 80;

/// `count` of something, in the singular where it is one.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Text behind a label, broken at spaces before the edge, its further lines under its first.
pub fn labelled(label: &str, text: &str) -> String {
    let indent = label.chars().count();
    let mut lines = vec![String::new()];
    for word in cut(text, usize::MAX).split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(word);
        } else if indent + line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    format!("{label}{}\n", lines.join(&format!("\n{}", " ".repeat(indent))))
}

/// Rows under a header, columns aligned by characters. The last column takes what is left of the width.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
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
    fn a_long_text_goes_on_under_its_beginning() {
        let text = labelled("ok     disk       ", &"ord ".repeat(20));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
        assert!(lines[1].starts_with("                  ord"));
    }

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
