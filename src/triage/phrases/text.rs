//! What counts as the same word: letter case, accents, the spelling variants of Arabic and Ethiopic script, letters
//! repeated for effect. Promises one pass in time proportional to the text, and never panics.

use std::ops::Range;

/// A text as words that can be compared. Å, ä and ö stay letters of their own; every other accent is dropped.
#[derive(Debug)]
pub struct Text<'a> {
    original: &'a str,
    folded: String,
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    folded: Range<usize>,
    original: Range<usize>,
    /// What separates it from the next word.
    after: Pause,
    /// A star follows it at once.
    star: bool,
}

/// How much of a stop separates two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pause {
    None,
    Clause,
    Sentence,
}

impl<'a> Text<'a> {
    pub fn new(original: &'a str) -> Self {
        let folded = String::with_capacity(original.len());
        let mut writer = Writer { text: Self { original, folded, words: Vec::new() }, word: None };
        let mut before = ' ';
        for (at, c) in original.char_indices() {
            let end = at + c.len_utf8();
            match kind(c) {
                Kind::Letter => writer.letter(c, at..end),
                Kind::WholeWord => {
                    writer.end_word();
                    writer.letter(c, at..end);
                    writer.end_word();
                }
                Kind::Mark => writer.mark(c, end),
                Kind::Nothing => {}
                Kind::Apostrophe => writer.apostrophe(),
                Kind::Separator => {
                    writer.end_word();
                    writer.pause(c, before, original[end..].chars().next());
                }
            }
            before = c;
        }
        writer.end_word();
        writer.text
    }

    /// How many words.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// A word in the form in which words are compared; empty past the end.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &self.folded[word.folded.clone()])
    }

    /// What separates a word from the next.
    pub fn pause_after(&self, at: usize) -> Pause {
        self.words.get(at).map_or(Pause::Sentence, |word| word.after)
    }

    /// The words as they stand, white space as single spaces, cut after so many characters.
    pub fn excerpt(&self, words: &Range<usize>, max_chars: usize) -> String {
        let (Some(first), Some(last)) = (self.words.get(words.start), self.words.get(words.end.saturating_sub(1)))
        else {
            return String::new();
        };
        let standing = self.original.get(first.original.start..last.original.end).unwrap_or_default();
        let mut excerpt = String::new();
        for (at, c) in standing.chars().enumerate() {
            match c {
                _ if at == max_chars => {
                    excerpt.push('…');
                    break;
                }
                _ if !c.is_whitespace() => excerpt.push(c),
                _ if !excerpt.ends_with(' ') => excerpt.push(' '),
                _ => {}
            }
        }
        excerpt
    }

    /// Whether the script there writes words without spaces, so that each character counts as a word.
    pub fn is_spaceless(&self, at: usize) -> bool {
        self.word(at).chars().next().is_some_and(is_whole_word)
    }

    /// Whether a star follows the word at once, by which a phrase lets it go on.
    pub fn has_star(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.star)
    }
}

/// Writes a text word by word.
struct Writer<'a> {
    text: Text<'a>,
    word: Option<Open>,
}

struct Open {
    folded_start: usize,
    original: Range<usize>,
    /// The letter of which more than two stood in a row and one is kept.
    repeated: Option<char>,
}

impl Writer<'_> {
    fn letter(&mut self, c: char, original: Range<usize>) {
        let folded_start = self.text.folded.len();
        self.word
            .get_or_insert_with(|| Open { folded_start, original: original.clone(), repeated: None })
            .original
            .end = original.end;
        if c.is_ascii() {
            return self.push(c.to_ascii_lowercase());
        }
        for c in c.to_lowercase().filter(|c| kind(*c) == Kind::Letter || is_whole_word(*c)) {
            match c {
                'ß' => "ss".chars().for_each(|c| self.push(c)),
                'œ' => "oe".chars().for_each(|c| self.push(c)),
                _ => self.push(plain(c)),
            }
        }
    }

    /// Letters repeated for effect (*döööö*) count once; no word of the lists has three in a row.
    fn push(&mut self, c: char) {
        let Some(word) = &mut self.word else { return };
        let folded = &mut self.text.folded;
        let mut back = folded[word.folded_start..].chars().rev();
        let is_same = c.is_alphabetic() && back.next() == Some(c);
        if is_same && word.repeated == Some(c) {
            return;
        }
        if is_same && back.next() == Some(c) {
            folded.pop();
            word.repeated = Some(c);
            return;
        }
        folded.push(c);
        word.repeated = None;
    }

    /// A combining mark: what macOS writes for å, ä and ö is put together, others are dropped.
    fn mark(&mut self, mark: char, end: usize) {
        let Some(word) = &mut self.word else { return };
        word.original.end = end;
        let folded = &mut self.text.folded;
        let whole = match (folded[word.folded_start..].chars().next_back(), mark) {
            (Some('a'), '\u{308}') => 'ä',
            (Some('a'), '\u{30A}') => 'å',
            (Some('o'), '\u{308}') => 'ö',
            _ => return,
        };
        folded.pop();
        folded.push(whole);
    }

    /// Joins what it stands between (don't), except after the short words that French elides (j'ai, qu'il).
    fn apostrophe(&mut self) {
        let Some(word) = &self.word else { return };
        let before = &self.text.folded[word.folded_start..];
        if matches!(before, "c" | "d" | "j" | "l" | "m" | "n" | "s" | "t" | "qu") {
            self.end_word();
        }
    }

    fn pause(&mut self, c: char, before: char, after: Option<char>) {
        let Some(word) = self.text.words.last_mut() else { return };
        let pause = match c {
            '*' if before.is_alphanumeric() => {
                word.star = true;
                Pause::None
            }
            '.' if before == '.' || after == Some('.') => Pause::Clause,
            '.' if after.is_none_or(|after| !after.is_alphanumeric()) => Pause::Sentence,
            '\n' if before == '\n' => Pause::Sentence,
            '!' | '?' | '؟' | '۔' | '።' | '。' => Pause::Sentence,
            ',' | ';' | ':' | '(' | ')' | '–' | '—' | '…' | '،' | '؛' | '፣' => Pause::Clause,
            _ => Pause::None,
        };
        word.after = word.after.max(pause);
    }

    fn end_word(&mut self) {
        let Some(Open { folded_start, original, .. }) = self.word.take() else { return };
        let folded_end = self.text.folded.len();
        // Persian writes this prefix of a verb joined to it, apart, or with an invisible joint.
        if let Some(previous) = self.text.words.last_mut().filter(|word| word.after == Pause::None)
            && matches!(&self.text.folded[previous.folded.clone()], "می" | "نمی")
        {
            previous.folded.end = folded_end;
            previous.original.end = original.end;
            return;
        }
        let skipped = article_len(&self.text.folded[folded_start..]);
        let folded = folded_start + skipped..folded_end;
        self.text.words.push(Word { folded, original, after: Pause::None, star: false });
    }
}

/// Bytes of what Arabic writes joined before a word: the article, with or without "and", "by", "to".
fn article_len(word: &str) -> usize {
    let leaves = |prefix: &str, letters| word.strip_prefix(prefix).is_some_and(|rest| rest.chars().count() >= letters);
    let article = ["وال", "بال", "فال", "کال", "لل", "ال"].into_iter().find(|prefix| leaves(prefix, 3));
    article.or(Some("و").filter(|and| leaves(and, 4))).map_or(0, str::len)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    /// A letter of a script without spaces: each counts as a word, so that phrases are found as substrings.
    WholeWord,
    Mark,
    /// Invisible, or written only for show: tatweel, harakat, joiners, directions, soft hyphen.
    Nothing,
    Apostrophe,
    Separator,
}

fn kind(c: char) -> Kind {
    match c {
        _ if c.is_ascii_alphanumeric() => Kind::Letter,
        '\'' | '’' | '‘' | 'ʼ' | '´' | '`' | '′' => Kind::Apostrophe,
        _ if c.is_ascii() => Kind::Separator,
        '\u{300}'..='\u{36F}' => Kind::Mark,
        _ if is_invisible(c) => Kind::Nothing,
        _ if is_whole_word(c) => Kind::WholeWord,
        _ if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Separator,
    }
}

fn is_invisible(c: char) -> bool {
    match c {
        '\u{AD}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FE0F}'
        | '\u{FEFF}' => true,
        // Arabic: tatweel, harakat, the signs of recitation.
        _ => matches!(c, '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E8}'),
    }
}

fn is_whole_word(c: char) -> bool {
    // Thai and Lao, Burmese, Khmer, Chinese and Japanese.
    matches!(c, '\u{E01}'..='\u{EDF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17D3}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

/// The letter under which the spellings of a lower-case letter meet.
fn plain(c: char) -> char {
    match c {
        'à'..='ã' | 'ā' | 'ă' | 'ą' => 'a',
        'æ' => 'ä',
        'ø' => 'ö',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ə' => 'e',
        'ğ' | 'ģ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' | 'į' => 'i',
        'ł' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ò'..='õ' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'й' => 'и',
        'ё' => 'е',
        'ї' => 'і',
        'ґ' => 'г',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ي' | 'ى' | 'ئ' | 'ێ' | 'ۍ' => 'ی',
        'ؤ' | 'ۆ' => 'و',
        'ك' | 'ڪ' => 'ک',
        'ګ' => 'گ',
        'ة' | 'ە' | 'ۀ' | 'ھ' | 'ہ' => 'ه',
        'ڵ' => 'ل',
        'ڕ' => 'ر',
        _ => ethiopic(c),
    }
}

/// Amharic has several letters for h, s, the glottal stop and ts, and writers choose freely; each row has eight vowels.
fn ethiopic(c: char) -> char {
    let row = match c {
        'ሐ'..='ሗ' | 'ኀ'..='ኇ' | 'ሀ'..='ሇ' => 'ሀ',
        'ሠ'..='ሧ' => 'ሰ',
        'ዐ'..='ዖ' | 'አ'..='ኧ' => 'አ',
        'ፀ'..='ፆ' => 'ጸ',
        _ => return c,
    };
    // The fourth vowel sounds as the first after h and the glottal stop.
    let vowel = match (u32::from(c) % 8, row) {
        (3, 'ሀ' | 'አ') => 0,
        (vowel, _) => vowel,
    };
    char::from_u32(u32::from(row) + vowel).unwrap_or(c)
}
