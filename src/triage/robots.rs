//! What an address or a name says about who is behind it.

/// Whether a program reads what is sent there, or no one does (RFC 3834 §2, RFC 5230 §4.6, and what is usual).
pub fn is_robot(address: &str) -> bool {
    const WHOLE: [&str; 13] = [
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
        "cron",
        "anonymous",
        "system",
    ];
    const RUN_TOGETHER: [&str; 8] =
        ["noreply", "donotreply", "doesnotreply", "nepasrepondre", "svarainte", "svaraej", "ejsvar", "ingetsvar"];
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let (local, domain) = (local.to_lowercase(), domain.to_lowercase());
    // no-reply, no_reply and noreply are one.
    let bare: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    WHOLE.contains(&bare.as_str())
        || local.starts_with("owner-")
        || local.ends_with("-owner")
        || local.ends_with("-request")
        || local.starts_with("bounce")
        || RUN_TOGETHER.iter().any(|sign| bare.contains(sign))
        || names_a_robot(&local)
        || names_a_robot(&domain)
}

/// Whether one of the words is what senders of many messages call themselves.
fn names_a_robot(words: &str) -> bool {
    const WORDS: [&str; 19] = [
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
    let is_digit = |c: char| c.is_ascii_digit();
    words.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word.trim_end_matches(is_digit)))
}

/// Whether the name beside an address is a machine's.
pub fn is_robot_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let starts = ["mail delivery", "mailer-daemon", "postmaster", "internet mail delivery"];
    starts.iter().any(|start| name.starts_with(start)) || name.contains("newsletter") || name.contains("nyhetsbrev")
}

/// Whether a reply would become a text message on a telephone (`46701740609@sms.…`).
pub fn is_sms_gateway(address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let number = local.trim_start_matches('+');
    (7..=15).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && domain.split('.').any(|label| {
            let label = label.to_ascii_lowercase();
            label.contains("sms") || label.contains("mms")
        })
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
