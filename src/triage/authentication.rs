//! What the clinic's own mail hosts found out about the sender (Authentication-Results, RFC 8601). The person behind an
//! address stays unverified whatever they found (R22).

use serde::{Deserialize, Serialize};

use super::domain::share_organisation;
use crate::config::Authority;
use crate::message::{Message, own_lines};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Pass,
    Fail,
    /// No verdict by anyone who is believed.
    #[default]
    Unknown,
}

/// What was found out, by method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// Whether the host that sent it may send for the envelope's domain (RFC 7208).
    pub spf: Verdict,
    /// Whether a domain has signed it (RFC 6376), whichever that is.
    pub dkim: Verdict,
    /// Whether one of these vouches for the address in From (RFC 7489).
    pub dmarc: Verdict,
}

/// Only lines that our own hosts wrote count, and only those with one of the configured authserv-ids: anyone can put
/// such a line into what they send (RFC 8601 §5). Of DMARC one failure outweighs any pass; of signatures one that holds
/// outweighs any that does not.
pub fn authentication(message: &Message, authority: &Authority) -> Authentication {
    let mut found = Authentication::default();
    for header in own_lines(message, &authority.own_hosts) {
        if !header.name.eq_ignore_ascii_case("Authentication-Results") {
            continue;
        }
        let value = without_comments(&header.value).to_lowercase();
        let mut clauses = value.split(';').map(str::trim);
        let server = clauses.next().and_then(|clause| clause.split_whitespace().next()).unwrap_or_default();
        if !authority.authserv_ids.iter().any(|id| id.eq_ignore_ascii_case(server)) {
            continue;
        }
        for clause in clauses {
            let verdict = |method: &str| match clause.strip_prefix(method)?.split_whitespace().next()? {
                "=pass" => Some(Verdict::Pass),
                "=fail" => Some(Verdict::Fail),
                _ => None,
            };
            if let Some(spf) = verdict("spf") {
                found.spf = spf;
            } else if let Some(dkim) = verdict("dkim") {
                found.dkim = if found.dkim == Verdict::Pass { Verdict::Pass } else { dkim };
            } else if let Some(dmarc) = verdict("dmarc")
                && found.dmarc != Verdict::Fail
                && (dmarc == Verdict::Fail || is_about_from(clause, message))
            {
                found.dmarc = dmarc;
            }
        }
    }
    found
}

/// `dmarc=pass header.from=example.se`. A pass for another domain than From's vouches for nothing here.
fn is_about_from(clause: &str, message: &Message) -> bool {
    clause.split_whitespace().filter_map(|word| word.strip_prefix("header.from=")).all(|domain| {
        let domain = format!("x@{}", domain.rsplit('@').next().unwrap_or(domain));
        message.from.first().is_some_and(|from| share_organisation(&domain, &from.address))
    })
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
