//! What states and reasons are called on the pages.

use jiff::Timestamp;

use crate::config;
use crate::decision::{CallOutcome, Exempt, Flag, Outcome};
use crate::diary::{AuditRow, EntryDetails, HandoverRow};
use crate::model::{ArrivalSource, AuditAction, Stage};
use crate::reply::Silence;

/// How it went with the reply, in a few words.
pub fn reply_in_short(details: &EntryDetails) -> &'static str {
    match details.reply.as_str() {
        "queued" => "Svar på väg",
        "sent" => "Besvarat",
        "withheld" => "Inte besvarat",
        "held" | "unsure" => "Svaret stoppat",
        "expired" => "Svaret för gammalt",
        "dropped" => "Svaret stoppat för gott",
        _ if details.entry.backlog => "Väntar på övertagande",
        _ => "Svar inte avgjort",
    }
}

/// Why a message was or was not answered.
pub fn reply_reason(word: &str) -> &'static str {
    Silence::from_word(word).map_or("", Silence::text)
}

pub fn stage(details: &EntryDetails) -> &'static str {
    let by_hand = details.entry.arrival.source == ArrivalSource::Person;
    if by_hand && details.pdf.is_some() {
        return "Registrerad för hand, PDF gjord";
    }
    match details.entry.stage {
        Stage::Registered { .. } => "Registrerad, läses",
        Stage::Rendered(_) => "Registrerad, PDF gjord",
        Stage::Answered(_) => "Registrerad, originalet kvar i brevlådan",
        Stage::Done(_) => "Registrerad, originalet borttaget ur brevlådan",
        Stage::Held { .. } => "Väntar på att en människa tittar",
    }
}

/// What is in the way of one on its way to the record system, and what to do about it.
pub fn handover(row: &HandoverRow, config: Option<&config::Handover>, now: Timestamp) -> &'static str {
    let is_late = config.is_some_and(|config| row.is_late(now, config.receipt_wait()));
    match row.trouble {
        Some(trouble) => trouble.advice(),
        None if is_late => {
            "Journalsystemet har inte kvitterat i tid. Se efter i journalen om handlingen är där. Är den det, skriv in referensen. \
             Annars säger du till den som sköter journalsystemet."
        }
        None => "",
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

/// Bytes as people read them: 512 byte, 39 kB, 1,2 MB, 26,1 GB.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} byte"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{},{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        _ => format!("{},{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000),
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
        A::LogChecked => "Gjorde stickprov i loggen",
        A::PatientLinked => "Kopplade handlingen till en patient",
        A::PatientUnlinked => "Avslutade kopplingen till en patient",
        A::Classified => "Skrev uppgifter i diariet",
        A::SentToRecord => "Valde att journalföra",
        A::WrittenForRecord => "Lade PDF:en i journalens mapp",
        A::RecordEntered => "Noterade att den är i journalen",
        A::RecordAccepted => "Fick kvittens från journalen",
        A::RecordRejected => "Fick nej från journalen",
        A::WronglyEntered => "Noterade att den är felaktigt journalförd",
        A::Corrected => "Noterade att journalen är rättad",
        A::NotForRecord => "Bestämde att den inte ska journalföras",
        A::LowValue => "Bestämde att den är av ringa betydelse",
        A::Misdirected => "Noterade att den är felskickad",
        A::Voided => "Makulerade numret",
        A::Reopened => "Öppnade den igen",
        A::HandedOver => "Lämnade den till behandlare",
        A::Acknowledged => "Bekräftade att behandlaren har den",
        A::AwaitsIdentity => "Lät den vänta på identifiering",
        A::CallBack => "Noterade att någon ska ringa",
        A::Called => "Ringde",
        A::CallDropped => "Strök samtalet",
        A::Requested => "Noterade en begäran",
        A::RequestAnswered => "Besvarade en begäran",
        A::RequestDropped => "Strök en begäran",
        A::Flagged => "Ändrade märkningen",
        A::Informed => "Noterade information om 1177",
        A::Prefers => "Noterade önskat kontaktsätt",
        A::Noted => "Skrev en anteckning",
        A::ReplyReleased => "Släppte svaret",
        A::ReplyDropped => "Bestämde att inte svara",
        A::Exported => "Tog ut den ur diariet",
        A::ExportApproved => "Godkände ett uttag ur diariet",
    }
}

/// What a row of the audit log tells besides, as far as it helps one who checks it.
pub fn detail(row: &AuditRow) -> String {
    use AuditAction as A;
    let payload = row.event.payload.as_str();
    let (key, value) = payload.split_once('=').unwrap_or(("", payload));
    match (row.event.action, key) {
        (A::EntryRead, _) if is_on_pages(row) => {
            if payload == "content" { "Med innehållet" } else { "Utan innehållet" }.into()
        }
        (A::KeptBytesRead, _) => kept_bytes(payload).into(),
        (A::ReplyQueued | A::ReplyWithheld, "reason") => reply_reason(value).into(),
        (A::NotForRecord, "reason") => value.parse().map_or("", Exempt::text).into(),
        (A::Called, "reason") => value.parse().map_or("", CallOutcome::text).into(),
        (A::RequestAnswered, "reason") => value.parse().map_or("", Outcome::text).into(),
        (A::Flagged, "reason") => value.parse().map_or("", Flag::text).into(),
        (A::PatientLinked, "patient")
        | (
            A::ReadingOpened
            | A::PatientUnlinked
            | A::RecordRejected
            | A::WronglyEntered
            | A::Voided
            | A::Reopened
            | A::AwaitsIdentity
            | A::CallDropped
            | A::RequestDropped
            | A::ReplyDropped,
            "reason",
        ) => value.into(),
        (A::ListRead | A::SearchRead, "entries") => {
            let count = value.split(' ').next().unwrap_or_default();
            if count == "1" { "En handling".into() } else { format!("{count} handlingar") }
        }
        (A::SignedIn, "by") => match value {
            "passkey" => "Med passnyckel",
            "oidc" => "Med e-legitimation",
            _ => "Med demonstrationens länk",
        }
        .into(),
        _ => String::new(),
    }
}

/// The command line says nothing of content, and what disposal has emptied says nothing at all.
fn is_on_pages(row: &AuditRow) -> bool {
    !row.event.actor.starts_with("os:") && !row.salt.is_empty()
}

fn kept_bytes(payload: &str) -> &'static str {
    match payload.split(' ').next().unwrap_or_default() {
        "pdf" => "PDF:en",
        "original" => "Originalet",
        "reply" => "Svaret",
        "file" => "En bilaga",
        _ => "",
    }
}

/// How a patient reads of a look at what concerns them, and whether it was more than a line in a list.
pub fn look(row: &AuditRow) -> (&'static str, &'static str) {
    match row.event.action {
        AuditAction::SearchRead => ("Lista", "Visades som sökträff"),
        AuditAction::Exported => ("Uttag", "Togs ut ur diariet i en lista"),
        AuditAction::KeptBytesRead => match kept_bytes(&row.event.payload) {
            "PDF:en" => ("Läsning", "Hämtade handlingen som PDF"),
            "Svaret" => ("Läsning", "Hämtade svaret"),
            "En bilaga" => ("Läsning", "Hämtade en bilaga"),
            _ => ("Läsning", "Hämtade handlingen i original eller som PDF"),
        },
        AuditAction::EntryRead if is_on_pages(row) && row.event.payload != "content" => {
            ("Läsning", "Såg uppgifter om handlingen, inte innehållet")
        }
        AuditAction::EntryRead => ("Läsning", "Öppnade handlingen"),
        _ => ("Lista", "Visades i en lista"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuditEvent, ChainHash, Digest};

    #[test]
    fn looks_at_content_are_told_from_lines_in_lists() {
        let row = |action, actor: &str, payload: &str, salt: &[u8]| AuditRow {
            seq: 1,
            event: AuditEvent::new(Timestamp::UNIX_EPOCH, actor, action, payload),
            salt: salt.into(),
            payload_hash: Digest::of(b""),
            hash: ChainHash::GENESIS,
        };
        for (action, actor, payload, kind, what) in [
            (AuditAction::EntryRead, "Rut", "content", "Läsning", "Öppnade handlingen"),
            (AuditAction::EntryRead, "Rut", "", "Läsning", "Såg uppgifter om handlingen, inte innehållet"),
            (AuditAction::EntryRead, "os:rut", "", "Läsning", "Öppnade handlingen"),
            (AuditAction::KeptBytesRead, "Rut", "pdf", "Läsning", "Hämtade handlingen som PDF"),
            (AuditAction::KeptBytesRead, "Rut", "file 0a", "Läsning", "Hämtade en bilaga"),
            (
                AuditAction::KeptBytesRead,
                "os:rut",
                "sha256=0a",
                "Läsning",
                "Hämtade handlingen i original eller som PDF",
            ),
            (AuditAction::ListRead, "Rut", "entries=2", "Lista", "Visades i en lista"),
            (AuditAction::SearchRead, "Rut", "entries=2", "Lista", "Visades som sökträff"),
        ] {
            assert_eq!(look(&row(action, actor, payload, b"salt")), (kind, what), "{action} {actor} {payload}");
        }
        // Emptied by disposal: what it showed is not known any more.
        assert_eq!(look(&row(AuditAction::EntryRead, "Rut", "", b"")), ("Läsning", "Öppnade handlingen"));
        assert_eq!(detail(&row(AuditAction::SearchRead, "Rut", "entries=1", b"salt")), "En handling");
        assert_eq!(detail(&row(AuditAction::Called, "Rut", "reason=inget-svar", b"salt")), "Inget svar");
        assert_eq!(detail(&row(AuditAction::Voided, "Rut", "reason=fel diarium", b"salt")), "fel diarium");
        assert_eq!(detail(&row(AuditAction::ReadingOpened, "Rut", "reason=a=b", b"salt")), "a=b");
    }
}
