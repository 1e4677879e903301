//! What can be wrong with an SMTP exchange, stripped of everything the server wrote but its codes.

use std::error::Error as _;
use std::fmt;
use std::io;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;
use rustls::CertificateError;

/// A reply code (RFC 5321 §4.2) and the enhanced code beside it (RFC 3463). Words are dropped: servers repeat addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    pub enhanced: Option<[u16; 3]>,
}

/// Why an exchange brought no positive answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Refused(Reply),
    /// The certificate, in words that follow "its".
    Untrusted(&'static str),
    NoTls,
    NoStarttls,
    NoConnection(io::ErrorKind),
    /// The connection ended.
    Ended,
    /// No answer within the time limit.
    Silent,
    /// An answer that is not SMTP, or not one to what was said.
    Unclear,
}

impl Reply {
    pub(super) fn of(code: u16, words: &str) -> Self {
        Self { code, enhanced: enhanced(words) }
    }

    pub(super) fn from_response(response: &Response) -> Self {
        Self::of(response.code().into(), response.first_line().unwrap_or_default())
    }

    pub(super) fn is_transient(self) -> bool {
        (400..500).contains(&self.code)
    }

    /// Says that we must sign in, or have done it wrongly (RFC 4954 §6).
    pub(super) fn asks_for_sign_in(self) -> bool {
        matches!(self.code, 530 | 534 | 535 | 538)
    }

    /// Says at a later command that it was the sender that is not taken: a bad sender (5.1.7, 5.1.8, RFC 3463 §3.2),
    /// one without a mailbox (5.7.27, RFC 7505 §4.2), or one we may not use (5.7.60, Exchange's `SendAsDenied`).
    pub(super) fn blames_sender(self) -> bool {
        matches!(self.enhanced, Some([5, 1, 7 | 8] | [5, 7, 27 | 60]))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.enhanced {
            Some([class, subject, detail]) => write!(f, " {class}.{subject}.{detail}"),
            None => Ok(()),
        }
    }
}

fn enhanced(words: &str) -> Option<[u16; 3]> {
    let mut parts = words.split_ascii_whitespace().next()?.split('.').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    });
    let code = [parts.next()??, parts.next()??, parts.next()??];
    (parts.next().is_none() && matches!(code[0], 2 | 4 | 5)).then_some(code)
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if let Some(code) = error.status() {
            let words = error.source().map(ToString::to_string).unwrap_or_default();
            return Self::Refused(Reply::of(code.into(), &words));
        }
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                return Self::from_io(io);
            }
            cause = inner.source();
        }
        Self::Unclear
    }
}

impl Fault {
    pub(super) fn from_io(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(wrong)) => Self::Untrusted(match wrong {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate has expired",
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "certificate is not valid yet"
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "certificate is for another name"
                }
                CertificateError::UnknownIssuer => "certificate is from an authority that is not trusted (see ca_file)",
                CertificateError::Revoked => "certificate is revoked",
                _ => "certificate is not valid",
            }),
            Some(_) => Self::NoTls,
            None => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => Self::Ended,
                kind => Self::NoConnection(kind),
            },
        }
    }
}

/// Reads on from "the server".
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reply) => write!(f, "answered {reply}"),
            Self::Untrusted(reason) => write!(f, "is not trusted: its {reason}"),
            Self::NoStarttls => f.write_str("offers no STARTTLS, so no password and no letter was sent"),
            Self::NoTls => f.write_str("could not agree with us on TLS 1.2 or newer"),
            Self::NoConnection(kind) => write!(f, "could not be connected to ({kind})"),
            Self::Ended => f.write_str("ended the connection"),
            Self::Silent => f.write_str("did not answer within timeout_secs"),
            Self::Unclear => f.write_str("gave an answer that is not SMTP"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_reply_only_its_codes_are_kept() {
        for (words, shown) in [
            ("5.7.1 <anna@example.se> no", "550 5.7.1"),
            ("5.7.1", "550 5.7.1"),
            ("anna@example.se 5.7.1", "550"),
            ("5.7", "550"),
            ("5.7.1.2", "550"),
            ("5.7.anna", "550"),
            ("5.7.1985", "550"),
            ("3.7.1", "550"),
            ("5.+7.1", "550"),
            ("", "550"),
        ] {
            assert_eq!(Reply::of(550, words).to_string(), shown, "{words}");
        }
    }

    #[test]
    fn the_sender_can_be_blamed_at_a_later_command() {
        for (words, blames) in [("5.7.60 SendAsDenied", true), ("5.1.8", true), ("5.1.1", false), ("5.7.1", false)] {
            assert_eq!(Reply::of(550, words).blames_sender(), blames, "{words}");
        }
    }
}
