//! What states and reasons are called on the pages.

use jiff::Timestamp;

use crate::diary::EntryDetails;
use crate::model::{AuditAction, Stage};
use crate::reply::Silence;

/// How it went with the reply, in a few words.
pub fn reply_in_short(details: &EntryDetails) -> &'static str {
    match details.reply.as_str() {
        "queued" => "Svar på väg",
        "sent" => "Besvarat",
        "withheld" => "Inte besvarat",
        "held" | "unsure" => "Svaret stoppat",
        "expired" => "Svaret för gammalt",
        _ if details.entry.backlog => "Väntar på övertagande",
        _ => "Svar inte avgjort",
    }
}

/// Why a message was or was not answered.
pub fn reply_reason(word: &str) -> &'static str {
    Silence::from_word(word).map_or("", Silence::text)
}

pub fn stage(details: &EntryDetails) -> &'static str {
    match details.entry.stage {
        Stage::Registered { .. } => "Registrerad, läses",
        Stage::Rendered(_) => "Registrerad, PDF gjord",
        Stage::Answered(_) => "Registrerad, originalet kvar i brevlådan",
        Stage::Done(_) => "Registrerad, originalet borttaget ur brevlådan",
        Stage::Held { .. } => "Väntar på att en människa tittar",
    }
}

/// How long ago, roughly: for people who scan a list.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins().max(0);
    match minutes {
        0 => "nyss".into(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{} tim", minutes / 60),
        _ => match minutes / 1_440 {
            1 => "1 dygn".into(),
            days => format!("{days} dygn"),
        },
    }
}

/// Bytes as people read them: 512 byte, 39 kB, 1,2 MB.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} byte"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{},{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// The name of a language by its code (ISO 639), or the code.
pub fn language(code: &str) -> String {
    match code {
        "sv" => "svenska",
        "en" => "engelska",
        "no" | "nb" | "nn" => "norska",
        "da" => "danska",
        "fi" => "finska",
        "de" => "tyska",
        "fr" => "franska",
        "es" => "spanska",
        "it" => "italienska",
        "pt" => "portugisiska",
        "pl" => "polska",
        "ru" => "ryska",
        "uk" => "ukrainska",
        "ro" => "rumänska",
        "tr" => "turkiska",
        "ar" => "arabiska",
        "fa" => "persiska",
        "ps" => "pashto",
        "ckb" => "sorani",
        "ku" | "kmr" => "kurmanji",
        "so" => "somaliska",
        "ti" => "tigrinja",
        "am" => "amhariska",
        "th" => "thai",
        "zh" => "kinesiska",
        "hr" | "sr" | "bs" => "bosniska, kroatiska eller serbiska",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// What a row of the audit log tells, in plain words.
pub fn action(action: AuditAction) -> &'static str {
    use AuditAction as A;
    match action {
        A::Started => "inkom startade",
        A::Registered => "Registrerade handlingen",
        A::SeenAgain => "Såg meddelandet i brevlådan igen",
        A::Rendered => "Gjorde PDF:en",
        A::ReplyQueued => "Lade svaret på kö",
        A::ReplyWithheld => "Lät bli att svara",
        A::ReplySent => "Lämnade svaret till e-postservern",
        A::ReplyHeld => "Stoppade svaret",
        A::OriginalRemoved => "Tog bort originalet ur brevlådan",
        A::OriginalGone => "Såg att originalet var borta",
        A::OriginalReturned => "Såg att originalet hade kommit tillbaka",
        A::Held => "Lade undan för en människa",
        A::Retried => "Försökte igen",
        A::Adopted => "Lät inkom ta över brevlådan",
        A::BreakerOpened => "Stoppade alla svar",
        A::OutboxResumed => "Släppte på svaren igen",
        A::LedgerMismatch => "Brevlådan och diariet stämde inte",
        A::ListRead => "Såg handlingen i en lista",
        A::SearchRead => "Fick handlingen som sökträff",
        A::EntryRead => "Öppnade handlingen",
        A::KeptBytesRead => "Hämtade fil, PDF eller original",
        A::Verified => "Kontrollerade diariet",
        A::SignedIn => "Loggade in",
        A::SignInRefused => "Nekades inloggning",
        A::SignedOut => "Loggade ut",
        A::AccessRefused => "Nekades åtkomst",
        A::Claimed => "Tog handlingen",
        A::Released => "Lämnade handlingen ifrån sig",
        A::ReadingOpened => "Angav skäl för att läsa innehållet",
        A::PersonInvited => "Gav en person behörighet",
        A::PersonEnded => "Avslutade en persons behörighet",
        A::PasskeyAdded => "Lade till en passnyckel",
        A::PasskeyRemoved => "Tog bort en passnyckel",
        A::LogRead => "Läste loggen",
        A::LogChecked => "Kontrollerade loggen",
    }
}
