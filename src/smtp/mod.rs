//! The one way out: hands a finished letter to a submission server (RFC 6409) over verified TLS, or lays it in a folder.
//!
//! Promises: one letter goes to exactly one recipient (R32); no credential and no letter leaves before the server has
//! shown a certificate that is trusted and holds its name (R1); and an error says for certain whether the letter may
//! have gone out. No address, no password and none of the server's words are in an error, for it is logged and shown.

mod fault;
mod files;
mod linewise;
mod server;

use std::fmt;
use std::future::Future;

use lettre::Address;

use crate::config;
use files::Folder;
use server::Server;

/// RFC 5321 §4.5.3.1.6, without the CRLF.
const LINE_MAX_BYTES: usize = 998;

/// Built once from `[smtp]`; every letter makes its own connection, as replies are few and far between.
#[derive(Debug)]
pub struct Transport(Way);

#[derive(Debug)]
enum Way {
    Server(Box<Server>),
    Files(Folder),
}

/// One finished letter. Nothing is added to it: trace and signature are the server's business.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// One address, `local@domain`, without brackets.
    pub recipient: &'a str,
    /// The letter's own, the same in every attempt.
    pub message_id: &'a str,
    /// Header and body (RFC 5322), 7-bit, lines ended by CRLF and at most 998 bytes long.
    pub bytes: &'a [u8],
}

/// The letter was handed over; that it arrives is not known (*överlämnad till e-postservern*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Who took it: `host:port` and the reply code, or the file's name.
    pub by: String,
}

/// What a server that would take letters was found to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `host:port`, or the folder.
    pub place: String,
    pub signed_in: bool,
    /// The sender that was taken is the null sender, `MAIL FROM:<>`, and not `smtp.envelope_from`.
    pub null_sender: bool,
    /// Letters can go to addresses with letters beyond ASCII before the @ (RFC 6531).
    pub smtputf8: bool,
}

/// Why a letter was not accepted, by what the caller does next. Each holds a text for the administrator.
#[derive(Debug)]
pub enum SendError {
    /// Nothing was sent: the server does not take `MAIL FROM:<>`. Replies wait until `smtp.envelope_from` is set.
    NullSenderRefused(String),
    /// Not taken now, for certain: the letter is tried again later.
    Deferred(String),
    /// Not taken ever, for certain: a person looks at the letter.
    Rejected(String),
    /// The content was under way and no answer came: the server may have taken the letter.
    Ambiguous(String),
    /// Nothing was sent: no connection, no TLS, no trusted certificate, or the connection ended before the content.
    Unreachable(String),
    /// Nothing was sent: the server did not let us sign in, or not send as `smtp.envelope_from`. Replies wait.
    SignIn(String),
    /// Nothing was sent: the attempt could not be recorded first.
    NotRecorded(anyhow::Error),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NullSenderRefused(text)
            | Self::Deferred(text)
            | Self::Rejected(text)
            | Self::Ambiguous(text)
            | Self::Unreachable(text)
            | Self::SignIn(text) => f.write_str(text),
            Self::NotRecorded(_) => f.write_str("the attempt could not be recorded, so nothing was sent"),
        }
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotRecorded(error) => Some(&**error),
            Self::NullSenderRefused(_)
            | Self::Deferred(_)
            | Self::Rejected(_)
            | Self::Ambiguous(_)
            | Self::Unreachable(_)
            | Self::SignIn(_) => None,
        }
    }
}

impl Transport {
    /// # Errors
    /// The password, the certificates or the folder cannot be read. Nothing is connected to yet.
    pub fn new(config: &config::Smtp) -> anyhow::Result<Self> {
        Ok(Self(match config {
            config::Smtp::Server(submission) => Way::Server(Box::new(Server::new(submission)?)),
            config::Smtp::Files { folder } => Way::Files(Folder::new(folder)?),
        }))
    }

    /// Sends one letter. `before_data` is awaited once the recipient is accepted and right before DATA: there the caller
    /// commits that the attempt may from now on become ambiguous. It is not called when nothing can be sent.
    ///
    /// # Errors
    /// See [`SendError`]. Only [`SendError::Ambiguous`] leaves open whether the letter went out.
    pub async fn send<F, Fut>(&self, letter: &Outgoing<'_>, before_data: F) -> Result<Accepted, SendError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        let recipient = one_address(letter.recipient).map_err(rejected)?;
        fit_for_smtp(letter.bytes).map_err(rejected)?;
        match &self.0 {
            Way::Server(server) => server.send(recipient, letter.bytes, before_data).await,
            Way::Files(folder) => folder.send(letter, before_data).await,
        }
    }

    /// Connects, signs in, has the sender accepted and takes it back (RSET). Nothing is sent. A server that judges the
    /// sender only at RCPT, as Postfix does by default, cannot be seen through this way.
    pub async fn probe(&self) -> Result<Probe, SendError> {
        match &self.0 {
            Way::Server(server) => server.probe().await,
            Way::Files(folder) => folder.probe().await,
        }
    }
}

fn rejected(reason: &str) -> SendError {
    SendError::Rejected(format!("{reason}; nothing was sent"))
}

/// Reads exactly one address, its domain as A-labels (RFC 5891) so that only the local part can need SMTPUTF8.
fn one_address(text: &str) -> Result<Address, &'static str> {
    const NOT_ONE: &str = "the recipient is not one address (RFC 5321 §4.1.2)";
    // A quoted local part may hold spaces and brackets, but nothing that ends a command line.
    if text.chars().any(char::is_control) {
        return Err(NOT_ONE);
    }
    let address: Address = text.parse().map_err(|_| NOT_ONE)?;
    let domain = idna::domain_to_ascii(address.domain()).map_err(|_| NOT_ONE)?;
    Address::new(address.user(), domain).map_err(|_| NOT_ONE)
}

/// What every server takes, and no two servers read differently: bare CR and LF are how mail is smuggled.
fn fit_for_smtp(letter: &[u8]) -> Result<(), &'static str> {
    if !letter.is_ascii() || letter.contains(&0) {
        return Err("the letter is not 7-bit text (RFC 5321 §2.4)");
    }
    let mut lines = letter.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        // Only the last may go without its end, which the transport adds.
        let is_last = lines.peek().is_none();
        let text = if is_last { Some(line) } else { line.strip_suffix(b"\r") };
        let Some(text) = text.filter(|text| !text.contains(&b'\r')) else {
            return Err("the letter holds a bare CR or LF (RFC 5321 §2.3.8)");
        };
        if text.len() > LINE_MAX_BYTES {
            return Err("the letter holds a line of more than 998 bytes (RFC 5321 §4.5.3.1.6)");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_exactly_one_address() {
        for (text, read) in [
            ("anna@example.se", "anna@example.se"),
            ("a.b+c@example.se", "a.b+c@example.se"),
            ("\"a b\"@example.se", "\"a b\"@example.se"),
            ("anna@räksmörgås.se", "anna@xn--rksmrgs-5wao1o.se"),
            ("åsa@example.se", "åsa@example.se"),
        ] {
            assert_eq!(one_address(text).unwrap().to_string(), read);
        }
        for text in [
            "",
            "<>",
            "anna",
            "@example.se",
            "anna@",
            "<anna@example.se>",
            "Anna <anna@example.se>",
            "anna@example.se, bo@example.se",
            "anna@example.se,bo@example.se",
            "anna@example.se> RCPT TO:<bo@example.se",
            "anna@example.se\r\nRCPT TO:<bo@example.se>",
            "\"anna\r\n\"@example.se",
            "anna@example.se\n",
            "anna @example.se",
            " anna@example.se",
            "@relay.example:anna@example.se",
        ] {
            assert!(one_address(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_letter_is_what_every_server_reads_alike() {
        let long = |bytes: usize| [vec![b'x'; bytes], b"\r\n".to_vec()].concat();
        for letter in [&b""[..], b"A: b\r\n\r\nc\r\n", b"A: b\r\n\r\nno end", b"\r\n.\r\n..\r\n", &long(998)] {
            assert_eq!(fit_for_smtp(letter), Ok(()));
        }
        for letter in [&b"a\nb\r\n"[..], b"a\rb\r\n", b"a\r", b"a\r\r\n", b"\n", b"\xc3\xa5\r\n", b"\0\r\n", &long(999)]
        {
            assert!(fit_for_smtp(letter).is_err(), "{}", letter.escape_ascii());
        }
    }
}
