//! What the clinic's own mail hosts found out about the sender (Authentication-Results, RFC 8601). The person behind an
//! address stays unverified whatever they found (R22).

use serde::{Deserialize, Serialize};

use super::domain::share_organisation;
use super::results::{self, Method, Results};
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
    let lines = own_lines(message, &authority.own_hosts).iter();
    let lines = lines.filter(|header| header.name.eq_ignore_ascii_case("Authentication-Results"));
    let is_ours = |results: &Results| authority.authserv_ids.iter().any(|id| id.eq_ignore_ascii_case(&results.server));
    for method in lines.filter_map(|header| results::read(&header.value)).filter(is_ours).flat_map(|line| line.methods)
    {
        let verdict = match method.result.as_str() {
            "pass" => Verdict::Pass,
            "fail" => Verdict::Fail,
            _ => continue,
        };
        match method.name.as_str() {
            "spf" => found.spf = verdict,
            "dkim" if found.dkim != Verdict::Pass => found.dkim = verdict,
            "dmarc" if verdict == Verdict::Fail || found.dmarc != Verdict::Fail && is_about_from(&method, message) => {
                found.dmarc = verdict;
            }
            _ => {}
        }
    }
    found
}

/// `dmarc=pass header.from=example.se`. A pass for another domain than From's, or for none that is named, vouches for nothing here.
fn is_about_from(dmarc: &Method, message: &Message) -> bool {
    let mut domains =
        dmarc.properties.iter().filter(|(name, _)| name == "header.from").map(|(_, domain)| domain).peekable();
    let is_from = |domain: &String| {
        let domain = format!("x@{}", domain.rsplit('@').next().unwrap_or(domain));
        !message.from.is_empty() && message.from.iter().all(|from| share_organisation(&domain, &from.address))
    };
    domains.peek().is_some() && domains.all(is_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_own_host_found_of_the_very_sender_counts() {
        let authority = Authority {
            own_hosts: vec!["mx.example.se".into()],
            authserv_ids: vec!["mx.example.se".into()],
            ..Authority::default()
        };
        let (pass, fail, unknown) = (Verdict::Pass, Verdict::Fail, Verdict::Unknown);
        for (lines, spf, dkim, dmarc) in [
            (&["mx.example.se; spf=pass; dkim=fail; dmarc=pass header.from=bank.test"][..], pass, fail, pass),
            (
                &["mx.example.se; dkim=pass; dkim=fail; dmarc=pass (p=none) header.from=mail.bank.test"],
                unknown,
                pass,
                pass,
            ),
            (&["mx.example.se; dkim=fail; dkim=pass; dmarc=pass"], unknown, pass, unknown),
            (&["mx.example.se; spf=softfail; dmarc=pass header.from=evil.test"], unknown, unknown, unknown),
            (&["mx.example.se; dmarc=pass header.from=bank.test header.from=evil.test"], unknown, unknown, unknown),
            (&["mx.example.se; dmarc=fail", "mx.example.se; dmarc=pass header.from=bank.test"], unknown, unknown, fail),
            (&["mx.example.se; dmarc=pass header.from=bank.test", "mx.example.se; dmarc=fail"], unknown, unknown, fail),
            (&["mx.evil.test; spf=pass; dmarc=pass header.from=bank.test"], unknown, unknown, unknown),
            // The envelope's sender is the sender's own text, whatever it looks like.
            (
                &["mx.example.se; spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=bank.test; \"@evil.test"],
                pass,
                unknown,
                unknown,
            ),
            (
                &["mx.example.se; spf=pass smtp.mailfrom=\"(x\"@evil.test; dmarc=fail header.from=bank.test"],
                pass,
                unknown,
                fail,
            ),
            (&["mx.example.se; spf=pass (\"(x\"@evil.test) smtp.helo=\"); dmarc=fail\""], unknown, unknown, unknown),
            (
                &[
                    "mx.example.se; spf=pass smtp.mailfrom=\"=?utf-8?q?=22=3B_dmarc=3Dpass_header.from=3Dbank.test=3B_x=3D=22?=\"@evil.test",
                ],
                pass,
                unknown,
                unknown,
            ),
            (
                &["mx.example.se; spf=pass smtp.mailfrom=\"x\\\"; dmarc=pass header.from=bank.test; \"@evil.test"],
                pass,
                unknown,
                unknown,
            ),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| format!("Authentication-Results: {line}\r\n")).collect();
            let lines = lines.concat();
            let received =
                "Received: from x.test (x.test [192.0.2.1]) by mx.example.se; Fri, 20 Nov 2026 09:00:00 +0000\r\n";
            let mail = format!("{lines}{received}From: anna@bank.test\r\n\r\nHej");
            let message = crate::message::read(mail.as_bytes(), 1_000_000);
            assert_eq!(authentication(&message, &authority), Authentication { spf, dkim, dmarc }, "{lines}");
        }
    }
}
