//! What an address says about who is behind it.

/// RFC 5321 §4.5.3.1.3, without the angle brackets.
const MAX_BYTES: usize = 254;

/// The address, if a reply can be sent to it: `local@domain` in plain ASCII, at a name in the public DNS, without the
/// old ways of naming a route through other hosts.
pub fn usable(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!#$&'*+-/=?^_`{|}~.".contains(c);
    let routed = local.contains(['!', '|']) || local.starts_with('/');
    let is_usable = address.len() <= MAX_BYTES
        && local.len() <= 64
        && local.chars().all(is_plain)
        && !routed
        && domain.contains('.')
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && domain.rsplit('.').next().is_some_and(|top| top.chars().any(|c| c.is_ascii_alphabetic()))
        && address.parse::<lettre::Address>().is_ok();
    is_usable.then_some(address)
}

/// Whether two addresses belong to one organisation: the domain under its public suffix (RFC 7489 §3.2) is the same.
pub fn share_organisation(one: &str, other: &str) -> bool {
    match (organisation(one), organisation(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn organisation(address: &str) -> Option<String> {
    let domain = domain(address);
    // A name that is itself a public suffix stands for itself only.
    Some(psl::domain_str(&domain).map_or_else(|| domain.clone(), str::to_owned)).filter(|domain| !domain.is_empty())
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or("", |(_, domain)| domain).trim_end_matches('.').to_ascii_lowercase()
}

/// Whether the address is in one of the domains or under it.
pub fn is_in_domains(address: &str, domains: &[String]) -> bool {
    let domain = domain(address);
    domains.iter().any(|silent| {
        let silent = silent.to_ascii_lowercase();
        domain.strip_suffix(&silent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

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
