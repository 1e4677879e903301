//! What the clinic's own mail hosts found out about the sender (Authentication-Results, RFC 8601).

use super::address;
use crate::config::Authority;
use crate::message::{Message, own_lines};

/// The DMARC verdict (RFC 7489) on the address in From.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dmarc {
    Pass,
    Fail,
    /// No verdict by anyone who is believed.
    Unknown,
}

/// Only lines that our own hosts wrote count, and only those with one of the configured authserv-ids: anyone can put
/// such a line into what they send (RFC 8601 §5). One failure outweighs any pass.
pub fn dmarc(message: &Message, authority: &Authority) -> Dmarc {
    let mut verdict = Dmarc::Unknown;
    for header in own_lines(message, &authority.own_hosts) {
        if !header.name.eq_ignore_ascii_case("Authentication-Results") {
            continue;
        }
        let value = without_comments(&header.value);
        let mut clauses = value.split(';').map(str::trim);
        let server = clauses.next().and_then(|clause| clause.split_whitespace().next()).unwrap_or_default();
        if !authority.authserv_ids.iter().any(|id| id.eq_ignore_ascii_case(server)) {
            continue;
        }
        for clause in clauses {
            match result(clause, message) {
                Dmarc::Fail => return Dmarc::Fail,
                Dmarc::Pass => verdict = Dmarc::Pass,
                Dmarc::Unknown => {}
            }
        }
    }
    verdict
}

/// `dmarc=pass header.from=example.se`. A pass for another domain than From's vouches for nothing here.
fn result(clause: &str, message: &Message) -> Dmarc {
    let clause = clause.to_lowercase();
    let mut words = clause.split_whitespace();
    let Some(verdict) = words.next().and_then(|word| word.strip_prefix("dmarc=")) else { return Dmarc::Unknown };
    let is_about_from = words.filter_map(|word| word.strip_prefix("header.from=")).all(|domain| {
        let domain = format!("x@{}", domain.rsplit('@').next().unwrap_or(domain));
        message.from.first().is_some_and(|from| address::share_organisation(&domain, &from.address))
    });
    match verdict {
        "fail" => Dmarc::Fail,
        "pass" if is_about_from => Dmarc::Pass,
        _ => Dmarc::Unknown,
    }
}

fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    value
        .chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}
