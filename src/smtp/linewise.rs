//! A connection before STARTTLS that cannot be read ahead of.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, Result};
use tokio::net::TcpStream;

/// The first byte of every TLS handshake (RFC 8446 §5.1), and of no SMTP command.
const HANDSHAKE: u8 = 22;

/// Gives out plaintext byte by byte, so that nothing is read past the answer to STARTTLS. What somebody on the line put
/// behind that answer then meets the TLS handshake and breaks it, where a buffer would have kept it and taken it for
/// the first answers inside TLS (RFC 3207 §4.2 has it thrown away).
#[derive(Debug)]
pub(super) struct LineWise {
    stream: TcpStream,
    handshaken: bool,
}

impl LineWise {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, handshaken: false }
    }
}

impl AsyncRead for LineWise {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if self.handshaken || into.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, into);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut one))?;
        into.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineWise {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.handshaken |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for LineWise {
    fn peer_addr(&self) -> Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
