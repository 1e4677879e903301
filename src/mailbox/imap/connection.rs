//! From nothing to a signed-in connection, and the selected folder's state while it lasts.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_imap::imap_proto::{Capability, MailboxDatum, Response, ResponseCode, Status};
use base64::Engine as _;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::ServerKind;
use super::names;
use super::wire::{Fault, Peer, Verdict, Wire};
use crate::config::{Auth, ImapSource, Tls};
use crate::mailbox::{MailboxError, MailboxErrorKind};
use crate::tls;

/// What the server can do, of what matters here (RFC 3501 §6.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities(Vec<String>);

impl Capabilities {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|offered| offered.eq_ignore_ascii_case(name))
    }

    fn read(&mut self, offered: &[Capability<'_>]) {
        let name = |capability: &Capability<'_>| match capability {
            Capability::Imap4rev1 => "IMAP4rev1".to_owned(),
            Capability::Auth(mechanism) => format!("AUTH={mechanism}"),
            Capability::Atom(name) => name.to_string(),
        };
        self.0 = offered.iter().map(name).collect();
    }
}

/// The folder that commands are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) folder: String,
    pub(super) validity: u32,
    /// When it was selected.
    pub(super) exists: u32,
    pub(super) read_only: bool,
}

/// A signed-in connection. Whoever gets an error from it drops it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) wire: Wire<TlsStream<TcpStream>>,
    pub(super) capabilities: Capabilities,
    pub(super) kind: ServerKind,
    pub(super) selected: Option<Selected>,
    /// Messages that the server said were expunged, since the folder was selected.
    pub(super) expunged: u64,
    /// The server said since the last look that something came.
    pub(super) news: bool,
    pub(super) used_at: Instant,
}

impl Connection {
    pub(super) async fn open(
        source: &ImapSource,
        connector: &TlsConnector,
        patience: Duration,
    ) -> Result<Self, MailboxError> {
        let server = &source.server;
        let peer = Peer::new(&server.host, server.port);
        let Auth::Password { file } = &source.auth;
        let password =
            file.read().map_err(|error| MailboxError::new(MailboxErrorKind::SignIn, format!("{error:#}")))?;
        let stream = connect(&server.host, server.port, patience, &peer).await?;
        let stream = match server.tls {
            Tls::Implicit => stream,
            Tls::Starttls => start_tls(stream, &peer, patience).await?,
        };
        let stream = handshake(&server.host, connector, stream, patience, &peer).await?;
        let mut wire = Wire::new(stream, peer, patience);
        let mut kind = ServerKind::Unknown;
        if server.tls == Tls::Implicit {
            let greeting = greet(&mut wire).await?;
            if greeting.preauth {
                // Signed in as whom? Somebody else's mail could be taken in, and removed.
                let what = "the server takes us for signed in before we are";
                return Err(wire.peer.error(MailboxErrorKind::SignIn, what));
            }
            kind = greeting.kind;
        }
        let capabilities = capabilities(&mut wire).await?;
        sign_in(&mut wire, &capabilities, &source.username, &password).await?;
        // They may be others once signed in (RFC 3501 §6.2.3).
        let capabilities = self::capabilities(&mut wire).await?;
        let kind = ServerKind::known(kind, &server.host, &capabilities);
        Ok(Self { wire, capabilities, kind, selected: None, expunged: 0, news: false, used_at: Instant::now() })
    }

    /// [`Wire::ask`], noticing what happens to the selected folder meanwhile.
    pub(super) async fn ask(
        &mut self,
        verb: &'static str,
        arguments: &str,
        size_bytes: u64,
        on: impl FnMut(&Response<'_>) -> Result<(), Fault> + Send,
    ) -> Result<(), MailboxError> {
        match self.exchange(verb, arguments, size_bytes, on).await? {
            Verdict::Ok => Ok(()),
            Verdict::No | Verdict::Bad => Err(self.wire.refused(verb)),
        }
    }

    pub(super) async fn exchange(
        &mut self,
        verb: &'static str,
        arguments: &str,
        size_bytes: u64,
        mut on: impl FnMut(&Response<'_>) -> Result<(), Fault> + Send,
    ) -> Result<Verdict, MailboxError> {
        let Self { wire, selected, expunged, news, .. } = self;
        let validity = selected.as_ref().map(|selected| selected.validity);
        let verdict = wire
            .exchange(verb, arguments, &[], size_bytes, |response| {
                match response {
                    Response::Expunge(_) => *expunged += 1,
                    Response::Vanished { uids, .. } => {
                        // Either end may be the greater one (RFC 3501 §9).
                        let count = |range: &RangeInclusive<u32>| u64::from(range.end().abs_diff(*range.start())) + 1;
                        *expunged += uids.iter().map(count).sum::<u64>();
                    }
                    Response::MailboxData(MailboxDatum::Exists(_)) => *news = true,
                    Response::Data { outcome, .. } => {
                        if let (Some(ResponseCode::UidValidity(now)), Some(then)) = (&outcome.code, validity)
                            && *now != then
                        {
                            let what = "the folder's UIDVALIDITY changed while it was open";
                            return Err(Fault { kind: MailboxErrorKind::ValidityChanged, what });
                        }
                    }
                    _ => {}
                }
                on(response)
            })
            .await;
        self.used_at = Instant::now();
        verdict
    }
}

/// Tries the host's addresses in turn, so that one that leads nowhere does not hide another.
async fn connect(host: &str, port: u16, patience: Duration, peer: &Peer) -> Result<TcpStream, MailboxError> {
    let unreachable = |what: &str| peer.error(MailboxErrorKind::Unreachable, what);
    let addresses: Vec<SocketAddr> = match timeout(patience, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) => return Err(unreachable("the name has no address")),
        Err(_) => return Err(unreachable("the name could not be looked up in time")),
    };
    let mut last = unreachable("the name has no address");
    for address in addresses {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands are small and waited for; without it each may be held back. Failing changes only the speed.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                last = unreachable("the connection was refused");
            }
            Ok(Err(_)) => last = unreachable("no connection could be made"),
            Err(_) => last = unreachable("no connection could be made in time"),
        }
    }
    Err(last)
}

async fn handshake(
    host: &str,
    connector: &TlsConnector,
    stream: TcpStream,
    patience: Duration,
    peer: &Peer,
) -> Result<TlsStream<TcpStream>, MailboxError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| peer.error(MailboxErrorKind::Untrusted, "no certificate can be for such a name"))?;
    match timeout(patience, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(match tls::distrust(&error) {
            Some(reason) => peer.error(MailboxErrorKind::Untrusted, reason),
            None => peer.ended(),
        }),
        Err(_) => Err(peer.stalled()),
    }
}

/// Asks for TLS (RFC 3501 §6.2.1) and gives back the bare stream: whatever else was sent in the clear is thrown away.
async fn start_tls(stream: TcpStream, peer: &Peer, patience: Duration) -> Result<TcpStream, MailboxError> {
    let untrusted = |what: &str| peer.error(MailboxErrorKind::Untrusted, what);
    let mut wire = Wire::new(stream, peer.clone(), patience);
    // RFC 3501 §6.2.1: STARTTLS is no longer possible once signed in, so this is how it would be prevented.
    if greet(&mut wire).await?.preauth {
        return Err(untrusted("the server takes us for signed in before TLS has begun"));
    }
    if !capabilities(&mut wire).await?.has("STARTTLS") {
        return Err(untrusted("the server offers no STARTTLS"));
    }
    match wire.exchange("STARTTLS", "", &[], 0, |_| Ok(())).await? {
        Verdict::Ok => Ok(wire.into_stream()),
        Verdict::No | Verdict::Bad => Err(untrusted("the server refused STARTTLS")),
    }
}

struct Greeting {
    preauth: bool,
    kind: ServerKind,
}

async fn greet<S>(wire: &mut Wire<S>) -> Result<Greeting, MailboxError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + std::fmt::Debug + Send,
{
    let patience = wire.patience;
    let greeting = wire.read(|response| match response {
        Response::Data { status, outcome } if matches!(status, Status::Ok | Status::PreAuth) => Ok(Greeting {
            preauth: *status == Status::PreAuth,
            kind: ServerKind::greeted(outcome.information.as_deref().unwrap_or_default()),
        }),
        _ => Err(Fault::refused("the server did not greet")),
    });
    let greeting = timeout(patience, greeting).await;
    greeting.unwrap_or_else(|_| Err(wire.peer.stalled()))
}

async fn capabilities<S>(wire: &mut Wire<S>) -> Result<Capabilities, MailboxError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + std::fmt::Debug + Send,
{
    let mut capabilities = Capabilities::default();
    wire.ask("CAPABILITY", "", 0, |response| {
        if let Response::Capabilities(offered) = response {
            capabilities.read(offered);
        }
        Ok(())
    })
    .await?;
    Ok(capabilities)
}

/// SASL PLAIN (RFC 4616) where it is offered, since it takes any password; else LOGIN (RFC 3501 §6.2.3).
async fn sign_in(
    wire: &mut Wire<TlsStream<TcpStream>>,
    capabilities: &Capabilities,
    username: &str,
    password: &str,
) -> Result<(), MailboxError> {
    let sign_in = |wire: &Wire<_>, what: &str| wire.peer.error(MailboxErrorKind::SignIn, what);
    if [username, password].iter().any(|text| text.contains(['\0', '\r', '\n'])) {
        return Err(sign_in(wire, "the user name or the password holds a control character"));
    }
    let (verb, arguments, more) = if capabilities.has("AUTH=PLAIN") {
        let message = base64::engine::general_purpose::STANDARD.encode(format!("\0{username}\0{password}"));
        ("AUTHENTICATE", "PLAIN".to_owned(), vec![message.into_bytes()])
    } else if capabilities.has("LOGINDISABLED") {
        return Err(sign_in(wire, "the server lets nobody sign in with a password"));
    } else {
        match (names::quoted(username), names::quoted(password)) {
            (Some(username), Some(password)) => ("LOGIN", format!("{username} {password}"), vec![]),
            // Other characters go in literals (RFC 3501 §4.3).
            _ => (
                "LOGIN",
                format!("{{{}}}", username.len()),
                vec![format!("{username} {{{}}}", password.len()).into_bytes(), password.as_bytes().to_vec()],
            ),
        }
    };
    let mut for_now = false;
    let verdict = wire
        .exchange(verb, &arguments, &more, 0, |response| {
            if let Response::Done { outcome, .. } = response {
                // RFC 5530 §3: the password may be right all the same.
                let said = outcome.information.as_deref().unwrap_or_default().to_ascii_uppercase();
                for_now =
                    ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"].iter().any(|code| said.starts_with(code));
            }
            Ok(())
        })
        .await?;
    match verdict {
        Verdict::Ok => Ok(()),
        Verdict::No if for_now => {
            Err(wire.peer.error(MailboxErrorKind::Refused, "the server lets nobody sign in for now"))
        }
        Verdict::No | Verdict::Bad => Err(sign_in(wire, "the server refused the user name or the password")),
    }
}
