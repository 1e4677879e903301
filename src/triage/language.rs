//! Which language a text is in, so that staff know whether they need an interpreter.

use std::cmp::Reverse;

use whatlang::{Detector, Lang};

/// So much of a text is looked at.
const MAX_CHARS: usize = 2_000;
/// Words of this share, in percent, tell a language by themselves.
const TELLING: usize = 12;

/// Small words that stand in nearly every sentence. For languages that the detector does not know, and for those whose short
/// texts it mixes up.
const WORDS: [(&str, &[&str]); 11] = [
    (
        "sv",
        &[
            "och",
            "jag",
            "att",
            "det",
            "är",
            "på",
            "för",
            "inte",
            "har",
            "en",
            "ett",
            "min",
            "mig",
            "till",
            "som",
            "med",
            "av",
            "vi",
            "ni",
            "kan",
            "tid",
            "hej",
            "när",
            "vill",
            "eller",
            "mvh",
            "tack",
            "hälsningar",
            "om",
            "kl",
            "skulle",
            "från",
        ],
    ),
    (
        "en",
        &[
            "the", "and", "is", "i", "to", "you", "my", "of", "have", "for", "it", "that", "with", "not", "can", "am",
            "please", "thanks", "hi", "hello", "are", "this", "your", "was", "me",
        ],
    ),
    (
        "so",
        &[
            "waa",
            "waxaan",
            "iyo",
            "ayaa",
            "in",
            "ku",
            "ka",
            "oo",
            "ma",
            "waxa",
            "inaan",
            "igu",
            "aan",
            "ee",
            "la",
            "mahadsanid",
            "fadlan",
            "salaan",
        ],
    ),
    (
        "ku",
        &[
            "ez", "min", "ji", "di", "li", "û", "ku", "heye", "nikarim", "dixwazim", "bi", "tu", "ne", "spas", "silav",
            "e", "de",
        ],
    ),
    (
        "sq",
        &[
            "dhe",
            "për",
            "është",
            "në",
            "një",
            "të",
            "unë",
            "jam",
            "nuk",
            "që",
            "me",
            "faleminderit",
            "përshëndetje",
            "kam",
        ],
    ),
    (
        "bs",
        &["i", "je", "da", "se", "na", "sam", "u", "ne", "mi", "za", "hvala", "molim", "imam", "što", "koji", "nije"],
    ),
    (
        "fi",
        &[
            "ja", "on", "en", "ei", "minä", "että", "minun", "olen", "kiitos", "hei", "voin", "mutta", "se", "ole",
            "kanssa",
        ],
    ),
    (
        "ru",
        &[
            "и",
            "я",
            "не",
            "на",
            "что",
            "мне",
            "меня",
            "это",
            "как",
            "вы",
            "пожалуйста",
            "здравствуйте",
            "спасибо",
            "могу",
            "нужно",
            "очень",
        ],
    ),
    ("da", &["og", "jeg", "ikke", "er", "det", "til", "mig", "af", "hvad", "kan", "tak", "på", "af", "nogle"]),
    ("nb", &["og", "jeg", "ikke", "er", "det", "til", "meg", "av", "hva", "kan", "takk", "på", "noen"]),
    ("ti", &["እዩ", "ኣነ", "ናይ", "ኣብ", "እየ", "ክሳብ", "ምስ", "ግን", "ኣይኮነን", "የቐንየለይ", "ሰላም", "ካብ", "ክመጽእ"]),
];

/// Its code (ISO 639-1, or 639-3 where that has none), if it can be told.
pub fn language(text: &str) -> Option<&'static str> {
    let text = &text[..text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at)];
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return None;
    }
    by_letters(text).or_else(|| by_words(&words)).or_else(|| detected(text, words.len()))
}

/// Some scripts have letters that only one of their languages uses.
fn by_letters(text: &str) -> Option<&'static str> {
    const MIN_LETTERS: usize = 8;
    let count = |letters: &[char]| text.chars().filter(|c| letters.contains(c)).count();
    let within = |from, to| text.chars().filter(|c| (from..=to).contains(c)).count();
    let arabic = within('\u{600}', '\u{6ff}');
    let cyrillic = within('\u{400}', '\u{4ff}');
    let telling: [(usize, usize, &'static str); 4] = [
        (arabic, count(&['ڕ', 'ڵ', 'ۆ', 'ێ', 'ە']) * 20, "ckb"),
        (arabic, count(&['ټ', 'ډ', 'ړ', 'ږ', 'ښ', 'ګ', 'ڼ', 'ې', 'ۍ']) * 40, "ps"),
        (cyrillic, count(&['ї', 'є', 'ґ', 'і']) * 50, "uk"),
        (cyrillic, count(&['ы', 'э', 'ё']) * 100, "ru"),
    ];
    telling.iter().find(|(letters, marks, _)| *letters >= MIN_LETTERS && marks > letters).map(|row| row.2)
}

fn by_words(words: &[String]) -> Option<&'static str> {
    let hits = |small: &[&str]| words.iter().filter(|word| small.contains(&word.as_str())).count();
    let mut found: Vec<(usize, &'static str)> =
        WORDS.iter().map(|(language, small)| (hits(small), *language)).collect();
    // In a Swedish clinic what could be Swedish as well as Danish is Swedish; between others there is no telling.
    found.sort_by_key(|(hits, language)| (Reverse(*hits), *language != "sv"));
    let [(best, language), (second, _), ..] = found[..] else { return None };
    let is_alone = best > second || language == "sv";
    let tells = is_alone && best * 100 >= words.len() * TELLING && (best >= 2 || best == 1 && words.len() < 6);
    tells.then_some(language)
}

fn detected(text: &str, words: usize) -> Option<&'static str> {
    let info = Detector::new().detect(text)?;
    let sure = info.is_reliable() || words >= 8 && info.confidence() > 0.5;
    sure.then(|| code(info.lang()))
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Ara => "ar",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Tur => "tr",
        Lang::Pol => "pl",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Fin => "fi",
        Lang::Spa => "es",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Hrv | Lang::Srp => "bs",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Swe => "sv",
        Lang::Eng => "en",
        Lang::Ell => "el",
        Lang::Heb => "he",
        Lang::Amh => "am",
        Lang::Tha => "th",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Vie => "vi",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Nld => "nl",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Bul => "bg",
        Lang::Mkd => "mk",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_a_sentence() {
        for (text, code) in [
            ("Hej! Jag behöver omboka min tid på torsdag, kan ni höra av er?", Some("sv")),
            ("Hej", Some("sv")),
            ("Tack 🙏", Some("sv")),
            ("Ring mig ang provsvar 070-174 06 10", Some("sv")),
            ("Jeg har ikke fået min medicin endnu, hvad gør jeg?", Some("da")),
            ("Hello, I need to change my appointment on Thursday please.", Some("en")),
            ("مرحبا، أحتاج إلى تغيير موعدي يوم الخميس من فضلكم", Some("ar")),
            ("سلام، من باید وقت خود را در روز پنجشنبه تغییر دهم، لطفاً با من تماس بگیرید", Some("fa")),
            ("سڵاو، پێویستە کاتەکەم بگۆڕم لە ڕۆژی پێنجشەممە، تکایە پەیوەندیم پێوە بکەن", Some("ckb")),
            ("Salaan, waxaan rabaa inaan beddelo ballantayda maalinta Khamiista iyo waqtiga", Some("so")),
            ("Merhaba, perşembe günkü randevumu değiştirmem gerekiyor, lütfen beni arayın", Some("tr")),
            ("Dzień dobry, chciałabym zmienić termin wizyty w czwartek, proszę o kontakt", Some("pl")),
            ("Здравствуйте, мне нужно перенести визит на четверг, пожалуйста перезвоните", Some("ru")),
            ("Hei, minun pitää siirtää aikani torstaina, voitteko soittaa minulle", Some("fi")),
            ("ሰላም፣ ቆጸራይ ንሓሙስ ክቕይሮ ኣለኒ፣ ናይ ስልኪ ቁጽረይ እዩ", Some("ti")),
            ("สวัสดีค่ะ ฉันต้องการเลื่อนนัดวันพฤหัสบดี", Some("th")),
            ("12345 !!", None),
            ("", None),
        ] {
            assert_eq!(language(text), code, "{text}");
        }
    }
}
