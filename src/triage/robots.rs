//! What an address or a name says about who is behind it.

use super::domain::{domain, subdomains};

/// A local part that is this and nothing else is a program's, a device's or nobody's.
const WHOLE: [&str; 26] = [
    "mailerdaemon",
    "postmaster",
    "listserv",
    "majordomo",
    "mailman",
    "daemon",
    "nobody",
    "root",
    "wwwdata",
    "apache",
    "asterisk",
    "cron",
    "nagios",
    "zabbix",
    "anonymous",
    "system",
    "robot",
    "wordpress",
    "voicemail",
    "fax",
    "printer",
    "skrivare",
    "scanner",
    "skanner",
    "copier",
    "kopiator",
];

/// What senders of many messages call themselves: as the whole local part, perhaps with a number or the recipient after
/// it, or as a part of the host's name. Within other words they are people's (`alert_emma`).
const OF_MANY: [&str; 19] = [
    "bounce",
    "bounces",
    "newsletter",
    "newsletters",
    "nyhetsbrev",
    "utskick",
    "notification",
    "notifications",
    "notifiering",
    "notify",
    "alert",
    "alerts",
    "autoreply",
    "autosvar",
    "autoresponder",
    "automailer",
    "mailer",
    "unsubscribe",
    "offers",
];

/// Words that, run together, say that nobody reads what is answered. Nobody is called that.
const NO_ANSWER: [&str; 26] = [
    "noreply",
    "noreplies",
    "noresponse",
    "donotreply",
    "donotrespond",
    "dontreply",
    "doesnotreply",
    "neverreply",
    "svarainte",
    "svaraej",
    "svarej",
    "inteattsvara",
    "ingetsvar",
    "ingensvar",
    "ingasvar",
    "ejsvar",
    "ejsvara",
    "ikkesvar",
    "ikkesvara",
    "svarikke",
    "eivastausta",
    "alavastaa",
    "keineantwort",
    "nichtantworten",
    "nepasrepondre",
    "noresponder",
];

/// Whether a program reads what is sent there, or no one does (RFC 3834 §2, RFC 5230 §4.6, and what is usual).
pub fn is_robot(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase();
    match behind_envelope(&local) {
        Some(local) => is_robot_local(local),
        None => is_robot_local(&local) || is_robot_host(&domain(address)),
    }
}

/// The sender behind an envelope's address that a host on the way made of it: a forwarder (SRS), or one that marks its own
/// people's mail so that it knows false bounces (BATV). Exchange's tells nothing of whom it forwards for.
fn behind_envelope(local: &str) -> Option<&str> {
    const STARTS: [&str; 8] = ["srs0=", "srs0+", "srs0-", "srs1", "bounces+srs=", "prvs=", "msprvs1=", "btv1=="];
    STARTS.iter().find_map(|start| local.strip_prefix(start)).map(|rest| rest.rsplit('=').next().unwrap_or(rest))
}

fn is_robot_local(local: &str) -> bool {
    // no-reply, no_reply and noreply are one.
    let bare = |words: &str| words.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let name = &local[..local.find(|c: char| c == '+' || c == '=' || c.is_ascii_digit()).unwrap_or(local.len())];
    WHOLE.contains(&bare(local).as_str())
        || OF_MANY.contains(&bare(name).as_str())
        || is_bounce(local)
        || is_list(local)
        || says_no_answer(local)
}

/// `bounce-md_1.v2`, `bounces-anna=b.example`: one for each message; `lista-bounces`, `pm_bounces`: one for a whole service.
fn is_bounce(local: &str) -> bool {
    let rest = local.strip_prefix("bounces").or_else(|| local.strip_prefix("bounce")).unwrap_or_default();
    let is_made = rest.starts_with(['-', '_']) && rest.contains(|c: char| c == '=' || c.is_ascii_digit());
    is_made || local.ends_with("-bounces") || local.ends_with("_bounces")
}

/// Whether a local part is one of those that a mailing list has beside its own (RFC 2142 §6).
fn is_list(local: &str) -> bool {
    local.starts_with("owner-") || local.ends_with("-owner") || local.ends_with("-request")
}

fn says_no_answer(local: &str) -> bool {
    let words: Vec<&str> = words(local).collect();
    let from = |start: usize| (start + 1..=words.len()).map(move |end| start..end);
    (0..words.len()).flat_map(from).any(|run| NO_ANSWER.contains(&words[run].concat().as_str()))
}

/// The organisation itself may be called anything; only the host's name beneath it says what it is for.
fn is_robot_host(domain: &str) -> bool {
    words(subdomains(domain)).any(|word| OF_MANY.contains(&word))
}

/// Without the numbers that several of one kind have.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// Whether the name beside an address is a machine's.
pub fn is_robot_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let starts = ["mail delivery", "postmaster", "internet mail delivery"];
    let holds = ["mailer-daemon", "newsletter", "nyhetsbrev"];
    starts.iter().any(|start| name.starts_with(start)) || holds.iter().any(|word| name.contains(word))
}

/// Whether a reply would become a text message on a telephone: `46701740609@sms.…`, `+46701740609/TYPE=PLMN@…` (RFC 3191).
pub fn is_sms_gateway(address: &str) -> bool {
    let address = address.to_lowercase();
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let (number, route) = local.split_once('/').unwrap_or((local, ""));
    let number = number.trim_start_matches('+');
    let is_number = (7..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let is_of_messages = |word: &str| word.starts_with("sms") || word.starts_with("mms") || word.ends_with("sms");
    let is_gateway = || domain.split(['.', '-']).any(is_of_messages);
    matches!(local, "sms" | "mms") || is_number && (route.contains("type=plmn") || is_gateway())
}

/// Whether the address was made for one message or mailing: `2.20290.44-t9bs.1@…`, numbers upon numbers. Telephone numbers,
/// years of birth and personnummer are what people have in theirs.
pub fn is_made_for_one_message(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let pieces: Vec<&str> = local.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()).collect();
    let numbered = pieces.iter().filter(|piece| piece.bytes().any(|b| b.is_ascii_digit())).count();
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    let has_digit = |piece: &str| piece.bytes().any(|b| b.is_ascii_digit());
    let has_letter = |piece: &str| piece.bytes().any(|b| b.is_ascii_alphabetic());
    // A telephone number has no letters, and a name comes before its numbers.
    let mixed = pieces.iter().any(|piece| has_digit(piece) && has_letter(piece));
    let is_made = mixed || has_letter(local) && pieces.first().is_some_and(|piece| has_digit(piece));
    digits >= 16 || digits >= 8 && numbered >= 4 && numbered * 2 > pieces.len() && is_made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_are_told_by_whole_words_and_people_keep_their_names() {
        for local in [
            "noreply",
            "No-Reply",
            "no_reply.se",
            "kundtjanst-noreply2",
            "do-not-reply",
            "dontreply",
            "inte-att-svara",
            "svar.ej",
            "svara-ej",
            "ingen-svar",
            "ingasvar",
            "ikke-svar",
            "mailer-daemon",
            "robot",
            "voicemail",
            "scanner",
            "skanner",
            "fax",
            "wordpress",
            "alert",
            "alerts+anna=b.example",
            "notification-7",
            "newsletter2",
            "bounce-md_1.v2",
            "bounces-anna=b.example",
            "lista-bounces",
            "prvs=0123ab=noreply",
            "SRS0=ab=cd=b.example=no-reply",
            "owner-lista",
            "lista-request",
        ] {
            assert!(is_robot(&format!("{local}@b.example")), "{local}");
        }
        for local in [
            "alert_emma",
            "alert.anna",
            "bounces.bella",
            "bouncer.anna",
            "notify.me",
            "ejsvard",
            "anna.ejsvarande",
            "robot.anna",
            "faxe",
            "scannergirl",
            "anonymous99",
            "offerson",
            "bounces+SRS=kX3aB=XY",
            "SRS0=ab=cd=c.example=anna",
            "SRS1=ab=c.example==cd=ef=d.example=anna",
            "prvs=0123ab=anna",
            "btv1==0123ab==anna",
        ] {
            assert!(!is_robot(&format!("{local}@b.example")), "{local}");
        }
        for (domain, robot) in [
            ("alert.example", false),
            ("alert-bolaget.example", false),
            ("mail.alert.example", false),
            ("alert.b.example", true),
            ("mailer1.b.example", true),
            ("eu.news-bounces.b.example", true),
            ("alerta.b.example", false),
        ] {
            assert_eq!(is_robot(&format!("anna@{domain}")), robot, "{domain}");
        }
    }

    #[test]
    fn a_text_message_s_address_has_a_number_and_a_gateway() {
        for (address, sms) in [
            ("46701740609@sms.b.example", true),
            ("+46701740609@sms2.b.example", true),
            ("46701740609@mobil-sms.example", true),
            ("46701740609@mms.b.example", true),
            ("+46701740609/TYPE=PLMN@gw.b.example", true),
            ("sms@b.example", true),
            ("anna@sms.b.example", false),
            ("19701063@kommsmart.example", false),
            ("46701740609@commshop.example", false),
            ("46701740609@comms.example", false),
            ("0701740609@b.example", false),
        ] {
            assert_eq!(is_sms_gateway(address), sms, "{address}");
        }
    }
}
