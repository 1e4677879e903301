//! One command and everything that answers it.
//!
//! async-imap frames and parses the answers. Its own calls are not used: they take NO, BAD and a lost connection for
//! success, and log what they send, the password too. Here the tagged status is what decides, and nothing that the
//! server said finds its way into an error.

use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{Response, Status};
use futures::FutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use super::guard::{Guarded, Refusal};
use crate::mailbox::{MailboxError, MailboxErrorKind};

/// The slowest line that is still worth waiting for, beyond the time that any exchange has.
const BYTES_PER_SEC_MIN: u64 = 8 << 10;
/// An exchange may take so many times as long as the server may be silent.
const SILENCES_PER_EXCHANGE: u32 = 4;

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: MailboxErrorKind,
    pub(super) what: &'static str,
}

impl Fault {
    pub(super) const fn refused(what: &'static str) -> Self {
        Self { kind: MailboxErrorKind::Refused, what }
    }
}

/// The tagged status (RFC 3501 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    No,
    Bad,
}

/// Who is spoken to, as errors name it.
#[derive(Clone, Debug)]
pub(super) struct Peer(Arc<str>);

impl Peer {
    pub(super) fn new(host: &str, port: u16) -> Self {
        Self(format!("{host}:{port}").into())
    }

    pub(super) fn error(&self, kind: MailboxErrorKind, what: impl fmt::Display) -> MailboxError {
        MailboxError::new(kind, format!("{}: {what}", self.0))
    }

    /// Fixed words for what went wrong: the error's own may hold raw mail.
    pub(super) fn io_error(&self, error: &io::Error) -> MailboxError {
        if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<Refusal>()) {
            return self.error(MailboxErrorKind::Refused, format_args!("the server {refusal}"));
        }
        match error.kind() {
            io::ErrorKind::TimedOut => self.stalled(),
            // What async-imap makes of an answer that it cannot parse.
            io::ErrorKind::Other => {
                self.error(MailboxErrorKind::Refused, "the server sent an answer that cannot be understood")
            }
            _ => self.ended(),
        }
    }

    pub(super) fn stalled(&self) -> MailboxError {
        self.error(MailboxErrorKind::Stalled, "the server did not answer in time")
    }

    pub(super) fn ended(&self) -> MailboxError {
        self.error(MailboxErrorKind::Unreachable, "the connection ended")
    }
}

pub(super) struct Wire<S: AsyncRead + AsyncWrite + Unpin + fmt::Debug> {
    client: Client<Guarded<S>>,
    pub(super) peer: Peer,
    pub(super) patience: Duration,
    tags: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin + fmt::Debug + Send> Wire<S> {
    pub(super) fn new(stream: S, peer: Peer, patience: Duration) -> Self {
        Self { client: Client::new(Guarded::new(stream, patience)), peer, patience, tags: 0 }
    }

    /// The stream, without anything that was read ahead.
    pub(super) fn into_stream(self) -> S {
        self.client.into_inner().into_inner()
    }

    /// Sends a command and reads until its tagged status is OK. `on` sees every response, the tagged one too.
    pub(super) async fn ask(
        &mut self,
        verb: &'static str,
        arguments: &str,
        size_bytes: u64,
        on: impl FnMut(&Response<'_>) -> Result<(), Fault> + Send,
    ) -> Result<(), MailboxError> {
        match self.exchange(verb, arguments, &[], size_bytes, on).await? {
            Verdict::Ok => Ok(()),
            Verdict::No | Verdict::Bad => Err(self.refused(verb)),
        }
    }

    pub(super) fn refused(&self, verb: &'static str) -> MailboxError {
        self.peer.error(MailboxErrorKind::Refused, format_args!("the server refused {verb}"))
    }

    /// Sends a command, and one of `more` each time the server asks for it, until the tagged status comes.
    pub(super) async fn exchange(
        &mut self,
        verb: &'static str,
        arguments: &str,
        more: &[Vec<u8>],
        size_bytes: u64,
        mut on: impl FnMut(&Response<'_>) -> Result<(), Fault> + Send,
    ) -> Result<Verdict, MailboxError> {
        let allowed = self.patience * SILENCES_PER_EXCHANGE + Duration::from_secs(size_bytes / BYTES_PER_SEC_MIN);
        let exchange = async {
            let tag = self.send(verb, arguments).await?;
            let mut more = more.iter();
            loop {
                // An answer holds all that was read with it, so none outlives its own step.
                let step = self.read(|response| {
                    on(response)?;
                    Ok(match response {
                        Response::Done { tag: answered, status, .. } => Step::Done(verdict(&answered.0, &tag, status)?),
                        Response::Continue(_) => Step::More,
                        _ => Step::Next,
                    })
                });
                match step.await? {
                    Step::Done(verdict) => return Ok(verdict),
                    Step::Next => {}
                    Step::More => {
                        let Some(part) = more.next() else {
                            return Err(self
                                .peer
                                .error(MailboxErrorKind::Refused, "the server asked for more than there is"));
                        };
                        self.send_raw(part).await?;
                    }
                }
            }
        };
        match timeout(allowed, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.peer.stalled()),
        }
    }

    /// Sends a command and gives its tag.
    pub(super) async fn send(&mut self, verb: &'static str, arguments: &str) -> Result<String, MailboxError> {
        self.tags += 1;
        let tag = format!("i{}", self.tags);
        let space = if arguments.is_empty() { "" } else { " " };
        self.send_raw(format!("{tag} {verb}{space}{arguments}").as_bytes()).await?;
        Ok(tag)
    }

    /// Sends a line.
    pub(super) async fn send_raw(&mut self, line: &[u8]) -> Result<(), MailboxError> {
        let sending = async {
            let stream = self.client.get_mut();
            stream.write_all(&[line, b"\r\n"].concat()).await?;
            stream.flush().await
        };
        sending.await.map_err(|error| self.peer.io_error(&error))
    }

    /// Reads one response. BYE and the connection's end are errors.
    pub(super) async fn read<T>(
        &mut self,
        look: impl FnOnce(&Response<'_>) -> Result<T, Fault>,
    ) -> Result<T, MailboxError> {
        // imap-proto panics on INTERNALDATE NIL. The connection is dropped after any error, so nothing broken is used.
        let read = match AssertUnwindSafe(self.client.read_response()).catch_unwind().await {
            Ok(read) => read.map_err(|error| self.peer.io_error(&error))?,
            Err(_) => {
                return Err(self
                    .peer
                    .error(MailboxErrorKind::Refused, "the server sent an answer that cannot be read"));
            }
        };
        let Some(response) = read else { return Err(self.peer.ended()) };
        if let Response::Data { status: Status::Bye, .. } = response.parsed() {
            return Err(self.peer.error(MailboxErrorKind::Unreachable, "the server ended the connection"));
        }
        look(response.parsed()).map_err(|fault| self.peer.error(fault.kind, fault.what))
    }

    /// As [`Wire::read`], or `None` when nothing came until then. Nothing is lost by waiting again.
    pub(super) async fn read_until<T>(
        &mut self,
        until: Instant,
        look: impl FnOnce(&Response<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, MailboxError> {
        let beyond = until.saturating_duration_since(Instant::now()) + self.patience;
        self.client.get_mut().set_patience(beyond);
        // The future only borrows what was read so far: async-imap keeps half a response in its own buffer.
        let read = timeout_at(until, self.read(look)).await.ok().transpose();
        let patience = self.patience;
        self.client.get_mut().set_patience(patience);
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + fmt::Debug> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("peer", &self.peer).finish_non_exhaustive()
    }
}

enum Step {
    Next,
    More,
    Done(Verdict),
}

/// A tag that is not the one command's under way answers something that was never asked.
pub(super) fn verdict(answered: &str, asked: &str, status: &Status) -> Result<Verdict, Fault> {
    if answered != asked {
        return Err(Fault::refused("the server answered another command"));
    }
    match status {
        Status::Ok => Ok(Verdict::Ok),
        Status::No => Ok(Verdict::No),
        Status::Bad => Ok(Verdict::Bad),
        Status::PreAuth | Status::Bye => Err(Fault::refused("the server answered with a status that is none")),
    }
}
