//! Stands between the connection and async-imap, which reserves whatever size a server announces and waits for ever.
//!
//! Reading and writing fail when nothing moves for a while, and the server's words are watched as they come: the size
//! of literals, lines and whole responses is bounded before the parser sees them.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// The largest literal, and the largest response, that is let through. Messages above
/// [`super::fetch::WHOLE_MAX_BYTES`] come in parts.
pub(super) const RESPONSE_MAX_BYTES: usize = 16 << 20;
/// The longest line outside a literal: a SEARCH response for some 500,000 messages.
const LINE_MAX_BYTES: usize = 4 << 20;
/// What is asked for nests three deep. The parser recurses, and a thread's stack is small.
const DEPTH_MAX: usize = 16;

/// What the server sent breaks a bound. Says nothing of what it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refusal {}

pub(super) struct Guarded<S> {
    stream: S,
    patience: Duration,
    alarm: Pin<Box<Sleep>>,
    waiting: bool,
    watch: Watch,
}

impl<S> Guarded<S> {
    /// Must be called within a tokio runtime, for its timer.
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            alarm: Box::pin(tokio::time::sleep(patience)),
            waiting: false,
            watch: Watch::default(),
        }
    }

    /// How long nothing may move. Takes effect at the next wait.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
        self.waiting = false;
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn moved<T>(&mut self, polled: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = false;
            return polled;
        }
        if !self.waiting {
            self.alarm.as_mut().reset(Instant::now() + self.patience);
            self.waiting = true;
        }
        ready!(self.alarm.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        ready!(this.moved(polled, cx))?;
        this.watch.see(&buf.filled()[before..]).map_err(io::Error::other)?;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.moved(polled, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(cx);
        this.moved(polled, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.moved(polled, cx)
    }
}

impl<S> fmt::Debug for Guarded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// Follows the server's words as far as knowing lines from literals (RFC 3501 §4.3). Literals pass without being looked
/// at, so it costs nothing where the bytes are.
#[derive(Debug, Default)]
struct Watch {
    /// The line so far, since the last line's or literal's end.
    line: Vec<u8>,
    /// The line goes on after a literal.
    continued: bool,
    depth: usize,
    /// Of the present literal, still to come.
    literal: usize,
    /// Of the present response, lines and literals together.
    response: usize,
}

impl Watch {
    fn see(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.literal > 0 {
                let passed = self.literal.min(bytes.len());
                self.literal -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            let (piece, rest) = match memchr::memchr(b'\n', bytes) {
                Some(end) => bytes.split_at(end + 1),
                None => (bytes, &[][..]),
            };
            self.look_at(piece)?;
            if piece.ends_with(b"\n") {
                self.end_line()?;
            }
            bytes = rest;
        }
        Ok(())
    }

    fn look_at(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let mut last = self.line.last().copied();
        for &byte in piece {
            match byte {
                b'(' => self.depth += 1,
                b')' => self.depth = self.depth.saturating_sub(1),
                // The parser cuts one byte off the text after a response code, wherever that falls, and panics.
                0x80.. if last == Some(b']') => return Err(Refusal("sent a line that cannot be read")),
                _ => {}
            }
            if self.depth > DEPTH_MAX {
                return Err(Refusal("sent lists within lists without end"));
            }
            last = Some(byte);
        }
        self.line.extend_from_slice(piece);
        self.response += piece.len();
        if self.line.len() > LINE_MAX_BYTES {
            return Err(Refusal("sent a line without end"));
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Refusal> {
        let announced = if !self.continued && is_text(&self.line) { None } else { announced(&self.line)? };
        self.line.clear();
        let Some(literal) = announced else {
            *self = Self { line: std::mem::take(&mut self.line), ..Self::default() };
            return Ok(());
        };
        self.response = self.response.saturating_add(literal);
        if self.response > RESPONSE_MAX_BYTES {
            return Err(Refusal("announced more than was asked for"));
        }
        self.literal = literal;
        self.continued = true;
        Ok(())
    }
}

/// A continuation request, a tagged or an untagged status: words for people to the end of the line, which may look like
/// a literal's announcement but are none (RFC 3501 §7.1, §7.5).
fn is_text(line: &[u8]) -> bool {
    let Some(untagged) = line.strip_prefix(b"* ") else { return true };
    let word = untagged.split(|&byte| byte == b' ' || byte == b'\r').next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

/// The size in `{n}` at the line's end.
fn announced(line: &[u8]) -> Result<Option<usize>, Refusal> {
    let Some(line) = line.strip_suffix(b"}\r\n") else { return Ok(None) };
    let Some(open) = memchr::memrchr(b'{', line) else { return Ok(None) };
    let digits = &line[open + 1..];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let size = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    size.map(Some).ok_or(Refusal("announced more than was asked for"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_ways(text: &[u8]) -> Result<(), Refusal> {
        let whole = Watch::default().see(text);
        let mut watch = Watch::default();
        let bytewise = text.chunks(1).try_for_each(|byte| watch.see(byte));
        assert_eq!(whole, bytewise, "cut into bytes");
        whole
    }

    #[test]
    fn ordinary_answers_pass() {
        for text in [
            &b"* 1 FETCH (UID 7 BODY[] {5}\r\n{99})\n INTERNALDATE \"x\")\r\ni1 OK done\r\n"[..],
            b"* 1 FETCH (BODY[] {0}\r\n)\r\n* 2 FETCH (BODY[] \"{99999999999}\")\r\n",
            b"* 1 FETCH (BODY[] {31}\r\n* 2 FETCH (BODY[] {99999999}\r\n\r\n)\r\n",
            b"* OK [ALERT] we bill by {99999999999}\r\ni2 NO {99999999999}\r\n+ {99999999999}\r\n",
            b"* OK :( :( :( \r\n* SEARCH 1 2 3\r\n",
        ] {
            assert_eq!(all_ways(text), Ok(()), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_would_swell_or_break_the_parser_is_refused() {
        let nested = format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(17));
        let two = format!("* 1 FETCH (BODY[1] {{9000000}}\r\n{} BODY[2] {{9000000}}\r\n", "x".repeat(9_000_000));
        let line = vec![b'x'; LINE_MAX_BYTES + 1];
        for text in [
            &b"* 1 FETCH (UID 7 BODY[] {400000000}\r\nabc"[..],
            b"* 1 FETCH (UID 7 BODY[] {99999999999999999999999}\r\n",
            b"* LIST () \"/\" {400000000}\r\n",
            // Hiding an announcement behind words that look like one does not help.
            b"* OK {30}\r\n* 1 FETCH (BODY[] {400000000}\r\n",
            "* OK [ALERT]å\r\n".as_bytes(),
            nested.as_bytes(),
            two.as_bytes(),
            &line,
        ] {
            assert!(Watch::default().see(text).is_err(), "{}", String::from_utf8_lossy(&text[..text.len().min(60)]));
        }
    }

    #[tokio::test]
    async fn silence_ends_and_each_byte_begins_it_anew() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut server, client) = tokio::io::duplex(8);
        let mut guarded = Guarded::new(client, Duration::from_millis(300));
        let reading = tokio::spawn(async move {
            let mut bytes = [0; 3];
            let got = guarded.read_exact(&mut bytes).await.map_err(|error| error.kind());
            (got, guarded.read_u8().await.map_err(|error| error.kind()))
        });
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            server.write_all(b"x").await.unwrap();
        }
        assert_eq!(reading.await.unwrap(), (Ok(3), Err(io::ErrorKind::TimedOut)));
    }
}
