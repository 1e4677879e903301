//! Words by which automatic mail that has no other mark makes itself known. They are read as people could write them too:
//! a subject counts when it is the program's own title, a text when it says of itself that nobody wrote it.

mod tables;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use tables::{LANGUAGES, OF_BOUNCES, OF_REPLIES};

/// Whether a subject is the title of an automatic reply or a bounce: the whole of it, with the original's subject after it,
/// or in brackets before it. After `Re:` it is a person's answer to one.
pub fn is_automatic_subject(subject: &str) -> bool {
    is_title(subject, &OF_REPLIES) || is_bounce_subject(subject)
}

pub fn is_bounce_subject(subject: &str) -> bool {
    is_title(subject, &OF_BOUNCES)
}

fn is_title(subject: &str, titles: &[&str]) -> bool {
    let subject = subject.trim().to_lowercase().replace('’', "'");
    let bracketed = subject.strip_prefix(['[', '(']).and_then(|rest| rest.split_once([']', ')']));
    if let Some((inside, _)) = bracketed {
        return titles.contains(&inside.trim());
    }
    let follows =
        |rest: &str| rest.is_empty() || [":", " :", "：", " -", " –", " ("].iter().any(|mark| rest.starts_with(mark));
    titles.iter().any(|title| subject.strip_prefix(title).is_some_and(follows))
}

/// The words, as far as it matters, in which a text says that nobody wrote it or that nobody reads what is answered. They
/// must begin a sentence or a line: who tells of such a message has other words or a quotation mark before them, or
/// a colon at the end of the line above.
pub fn says_automatic(text: &str) -> Option<String> {
    const MAX_WORDS: usize = 12;
    let text = text.to_lowercase().replace('’', "'");
    let (mut begins, mut last) = (true, '\n');
    for (at, c) in text.char_indices() {
        match c {
            '\n' => begins = last != ':',
            '.' | '!' | '?' | '*' | '-' | '–' | '—' | '(' | '[' | '|' | '#' | '_' | '=' => begins = true,
            c if c.is_whitespace() => {}
            c if begins && c.is_alphabetic() && is_sentence(&text[at..]) => {
                return Some(text[at..].split_whitespace().take(MAX_WORDS).collect::<Vec<_>>().join(" "));
            }
            _ => begins = false,
        }
        last = if c.is_whitespace() { last } else { c };
    }
    None
}

/// The places of each sentence, by the letters that it can begin with.
static SENTENCES: LazyLock<HashMap<char, Vec<Vec<&'static str>>>> = LazyLock::new(|| {
    let mut sentences: HashMap<char, Vec<Vec<&str>>> = HashMap::new();
    for language in &LANGUAGES {
        for sentence in language.sentences {
            let place = |place| if place == "@" { language.this_mail } else { place };
            let places: Vec<&str> = sentence.split(' ').map(place).collect();
            let first = places.iter().take(1).flat_map(|place| place.split('|'));
            let letters: BTreeSet<char> = first.filter_map(|words| words.chars().next()).collect();
            for letter in letters {
                sentences.entry(letter).or_default().push(places.clone());
            }
        }
    }
    sentences
});

fn is_sentence(text: &str) -> bool {
    let of_letter = text.chars().next().and_then(|letter| SENTENCES.get(&letter));
    of_letter.is_some_and(|sentences| sentences.iter().any(|places| stands(text, places)))
}

/// Whether the text begins with these words, in each place one of those that may stand there.
fn stands(text: &str, places: &[&str]) -> bool {
    let Some((place, others)) = places.split_first() else { return true };
    if *place == "." {
        let rest = text.trim_start_matches([' ', '\u{a0}']);
        return rest.is_empty() || rest.starts_with(['.', '!', ';', ')', ']', '*', '\r', '\n']);
    }
    place.split('|').any(|words| {
        let rest = words.split('_').try_fold(text, |rest, word| {
            let rest = rest.trim_start().strip_prefix(word)?;
            (!rest.starts_with(char::is_alphanumeric)).then_some(rest)
        });
        rest.is_some_and(|rest| stands(rest, others))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_programs_are_told_from_people_s() {
        for subject in [
            "Autosvar",
            "Automatiskt svar",
            "AUTOMATISKT SVAR: Tid",
            "Auto-svar - Re: tid",
            "[Auto-Reply] Automatiskt svar",
            "Frånvaromeddelande: Re: möte",
            "Out of Office AutoReply: tid",
            "Automatisk svar: Time",
            "Automaattinen vastaus: Aika",
            "Automatische Antwort: Termin",
            "Réponse automatique : Rendez-vous",
            "Respuesta automática: cita",
            "Risposta automatica: appuntamento",
            "Automatisch antwoord: afspraak",
            "Odpowiedź automatyczna: wizyta",
            "Resposta automática: consulta",
            "Автоматический ответ: запись",
            "رد تلقائي: موعد",
            "Otomatik yanıt: randevu",
            "Undeliverable: tid",
            "Det gick inte att leverera: tid",
            "Delivery Status Notification (Failure)",
        ] {
            assert!(is_automatic_subject(subject), "{subject}");
        }
        for subject in [
            "SV: Automatiskt svar",
            "Re: Out of office",
            "Re: [Auto-Reply] tid",
            "Automatiskt svar igen!!!",
            "Automatic reply?",
            "Är detta ett autosvar?",
            "Autosvarsfråga",
            "Automatisk dörr trasig",
            "Frånvaro",
            "Frånvaro: Elias 8B",
            "Semester",
            "Undeliverable mail from you",
            "Mail delivery failed when I wrote to you",
            "Failure notice from school",
            "Returned mail",
            "[SPAM?] hej",
        ] {
            assert!(!is_automatic_subject(subject), "{subject}");
        }
    }

    #[test]
    fn a_text_says_of_itself_that_it_is_automatic() {
        for text in [
            "Detta är ett automatiskt meddelande.",
            "Tack för din beställning! Detta är ett automatiskt\ngenererat meddelande, svara inte på detta mejl.",
            "Hej!\nDET HÄR ÄR ETT AUTOMATISKT UTSKICK som inte går att svara på.",
            "Kollinummer 1. Detta mejl går inte att svara på.",
            "*** Detta meddelande kan inte besvaras ***",
            "Din tid är bokad. Det går inte att svara på detta meddelande.",
            "Meddelandet är automatiskt skapat av systemet och kan ej besvaras.",
            "Tack. Detta är en automatisk bekräftelse på att vi har tagit emot ditt ärende.",
            "Hälsningar\nKundtjänst\n(Svara inte på detta mejl)",
            "Var vänlig svara inte på detta mail!",
            "This is an automated message, please do not reply to this email.",
            "Please do not reply to this e-mail.",
            "Please do not reply to this e-mail\n",
            "Please don’t reply directly to this email.",
            "This mailbox is not monitored.",
            "This email was automatically generated by a system.",
            "Dette er en automatisk melding.",
            "Denne mail kan ikke besvares.",
            "Tämä on automaattinen viesti.",
            "Dies ist eine automatisch generierte Nachricht.",
            "Bitte antworten Sie nicht auf diese E-Mail.",
            "Merci de ne pas répondre à ce message.",
            "Por favor, no responda a este correo.",
            "Не отвечайте на это письмо.",
        ] {
            assert!(says_automatic(text).is_some(), "{text}");
        }
        for text in [
            "Jag fick ett automatiskt meddelande.",
            "Jag fick ett automatiskt svar, kan någon ringa mig?",
            "Det stod \"Detta är ett automatiskt meddelande\", vad betyder det?",
            "Så här svarade ni:\nDetta är ett automatiskt meddelande.",
            "Är detta ett automatiskt meddelande?",
            "Kan man inte svara på detta mejl?",
            "Det går inte att svara på frågorna i formuläret.",
            "Det går inte att svara i telefon i dag.",
            "Detta är ett automatiskt dörrlås som krånglar.",
            "Do not reply before Monday.",
            "Svara inte på detta mejl, ring mig i stället.",
            "Please do not reply to this email, my mother reads it.",
            "I know this is an automated message but please call me.",
            "",
        ] {
            assert_eq!(says_automatic(text), None, "{text}");
        }
    }
}
