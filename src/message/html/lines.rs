//! The text that is being written: words, the spaces between them, and where lines end.

/// How white space in text is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Folded,
    /// Line ends count (`white-space: pre-wrap`).
    Lines,
    /// As it stands (`<pre>`).
    Kept,
}

#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    space_due: bool,
    /// Where the words begin that are asked for.
    mark: usize,
}

impl Lines {
    /// Writes text that holds no line breaks but those that `space` keeps.
    pub fn write(&mut self, text: &str, space: Space) {
        match space {
            Space::Kept => self.text.push_str(text),
            Space::Folded | Space::Lines => self.words(text),
        }
    }

    fn words(&mut self, text: &str) {
        let is_space = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{c}');
        for (at, word) in text.split(is_space).enumerate() {
            self.space_due |= at > 0;
            if !word.is_empty() {
                if self.space_due && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
                    self.text.push(' ');
                }
                self.space_due = false;
                // Text is laid out anew, so a no-break space is a space.
                self.text.extend(word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
            }
        }
    }

    /// The next word stands apart.
    pub fn space(&mut self) {
        self.space_due = true;
    }

    /// Ends the line that is open, if any, and says whether there was one.
    pub fn end(&mut self) -> bool {
        self.space_due = false;
        self.trim();
        let open = !self.text.is_empty() && !self.text.ends_with('\n');
        if open {
            self.text.push('\n');
        }
        open
    }

    /// Ends a line as it stands.
    pub fn break_kept(&mut self) {
        self.text.push('\n');
    }

    /// Spaces at the end go away for good: looking past them again and again would take hours.
    fn trim(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.mark = self.mark.min(self.text.len());
    }

    /// From here on the words are asked for.
    pub fn set_mark(&mut self) {
        self.mark = self.text.len();
    }

    pub fn marked(&self) -> &str {
        self.text[self.mark..].trim()
    }

    /// Writes something right after the last word.
    pub fn add(&mut self, pieces: &[&str]) {
        self.text.truncate(self.text.trim_end().len());
        self.text.extend(pieces.iter().copied());
        self.mark = self.mark.min(self.text.len());
    }

    pub fn take(&mut self) -> String {
        self.space_due = false;
        self.mark = 0;
        std::mem::take(&mut self.text)
    }
}

/// Only white space and marks without width, with which newsletters fill up what a list of messages shows.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_filler(c))
}

fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2007}' | '\u{2060}' | '\u{feff}')
}

/// Without blank lines, spaces at the ends of lines, and filling.
pub fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_matches(|c: char| c == ' ' || c == '\u{feff}' || c == '\u{34f}'));
    lines.filter(|line| !is_blank(line)).collect::<Vec<_>>().join("\n")
}
