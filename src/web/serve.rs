//! How the pages are served: over TLS or to a proxy on this machine, and how much of the house one client may take up.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tracing::{error, info};

use crate::config::WebTls;
use crate::model::Digest;
use crate::pulse::Heart;
use crate::tls::server::Identity;

/// How long a stop waits for answers under way.
const GRACE: Duration = Duration::from_secs(5);
/// A clinic has some tens of browsers, with a few connections each.
const MOST_CONNECTIONS: usize = 500;
/// A client that has come says what it wants within this, and again after each answer.
const SPEAK_UP: Duration = Duration::from_secs(15);
/// Its form has come, and its answer is made, within this.
const ANSWER: Duration = Duration::from_mins(1);
/// Of one HTTP/2 connection.
const MOST_STREAMS: u32 = 64;
const MOST_HEADER_BYTES: u32 = 32 * 1024;
/// How often the certificate's files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The certificate of the pages, as its files were when they were last read.
#[derive(Debug)]
pub struct Certificate {
    of: WebTls,
    seen: Digest,
    served: RustlsConfig,
    /// When the first of the certificates in the file runs out.
    pub ends_at: Timestamp,
    /// What was last told to be wrong with the files.
    told: String,
}

impl Certificate {
    /// # Errors
    /// Names the key of the configuration, the file and the fix.
    pub fn read(of: &WebTls) -> Result<Self> {
        let (seen, texts) = texts(of)?;
        let Identity { config, ends_at } = identity(of, &texts)?;
        let served = RustlsConfig::from_config(config);
        Ok(Self { of: of.clone(), seen, served, ends_at, told: String::new() })
    }

    /// Takes up a certificate that has been renewed. One that cannot be used leaves the old one in its place.
    fn renew(&mut self) {
        let renewed = texts(&self.of).and_then(|(seen, texts)| {
            if seen == self.seen {
                return Ok(None);
            }
            Ok(Some((seen, identity(&self.of, &texts)?)))
        });
        match renewed {
            Ok(None) => self.told.clear(),
            Ok(Some((seen, identity))) => {
                self.served.reload_from_config(identity.config);
                (self.seen, self.ends_at) = (seen, identity.ends_at);
                self.told.clear();
                info!("The pages have a new certificate, until {}", crate::clock::minute(identity.ends_at));
            }
            Err(error) => {
                let said = format!("{error:#}");
                // The two files are seldom written at the same moment: what is wrong now may be right at the next look.
                if said != self.told {
                    error!("The pages keep their certificate, for the new one cannot be used: {said}");
                    self.told = said;
                }
            }
        }
    }
}

fn texts(of: &WebTls) -> Result<(Digest, (Vec<u8>, String))> {
    let file = of.certificate_file.display();
    let certificates = std::fs::read(&of.certificate_file)
        .with_context(|| format!("web.tls.certificate_file = {file}: put the certificate there, readable for inkom"))?;
    let key = of.key_file.read_whole().context("web.tls.key_file")?;
    let seen = Digest::of(&[Digest::of(&certificates).as_bytes().as_slice(), key.as_bytes()].concat());
    Ok((seen, (certificates, key)))
}

fn identity(of: &WebTls, (certificates, key): &(Vec<u8>, String)) -> Result<Identity> {
    Identity::new(certificates, key.as_bytes())
        .with_context(|| format!("web.tls.certificate_file = {}", of.certificate_file.display()))
}

/// Takes an address. `key` is where the configuration gives it.
///
/// # Errors
/// When it is taken, not this machine's, or not allowed.
pub fn listen(key: &str, at: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(at).map_err(|error| {
        let fix = match error.kind() {
            io::ErrorKind::AddrInUse => "another program has it; give another",
            io::ErrorKind::AddrNotAvailable => "it is not this machine's; give one that is",
            io::ErrorKind::PermissionDenied if at.port() < 1024 => "only root may; give a port from 1024 on",
            io::ErrorKind::PermissionDenied => "not allowed; under systemd, allow the port with SocketBindAllow=",
            _ => "give another",
        };
        anyhow::Error::from(error).context(format!("{key} = {at}: {fix}"))
    })?;
    listener.set_nonblocking(true).context("set up the address")?;
    Ok(listener)
}

/// Until the loop is asked to stop.
pub async fn serve(listener: TcpListener, certificate: Option<Certificate>, app: Router, heart: &Heart) {
    let handle = axum_server::Handle::new();
    let (stop, stopping) = (handle.clone(), heart.clone());
    tokio::spawn(async move {
        stopping.stopping().await;
        stop.graceful_shutdown(Some(GRACE));
    });
    let app = app.layer(from_fn(in_time)).into_make_service();
    let served = async {
        let server = axum_server::from_tcp(listener)?.handle(handle);
        match certificate {
            Some(certificate) => {
                let acceptor = RustlsAcceptor::new(certificate.served.clone()).handshake_timeout(SPEAK_UP);
                tokio::spawn(renewals(certificate, heart.clone()));
                bounded(server.acceptor(Doorkeeper::new(acceptor))).serve(app).await
            }
            None => bounded(server.acceptor(Doorkeeper::new(DefaultAcceptor::new()))).serve(app).await,
        }
    };
    // It waits for browsers, so it is its own sign of life.
    if let Err(error) = heart.patient(Duration::MAX, served).await {
        error!("The pages cannot be served: {error}");
    }
}

async fn renewals(mut certificate: Certificate, heart: Heart) {
    while !heart.is_stopping() {
        heart.sleep(LOOK).await;
        let looked = tokio::task::spawn_blocking(move || {
            certificate.renew();
            certificate
        });
        match looked.await {
            Ok(looked) => certificate = looked,
            Err(_) => return error!("The certificate's files are not looked at any more; restart inkom to renew it"),
        }
    }
}

fn bounded<A>(mut server: axum_server::Server<SocketAddr, A>) -> axum_server::Server<SocketAddr, A> {
    let mut http = server.http_builder().http1();
    http.timer(TokioTimer::new()).header_read_timeout(SPEAK_UP).max_buf_size(MOST_HEADER_BYTES as usize);
    let mut http = http.http2();
    http.timer(TokioTimer::new())
        .keep_alive_interval(Some(SPEAK_UP))
        .keep_alive_timeout(SPEAK_UP)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES);
    server
}

/// A form that comes a letter at a time is not waited for.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Lets in so many at a time, and asks each to speak up.
#[derive(Clone, Debug)]
struct Doorkeeper<A> {
    then: A,
    places: Arc<Semaphore>,
}

impl<A> Doorkeeper<A> {
    fn new(then: A) -> Self {
        Self { then, places: Arc::new(Semaphore::new(MOST_CONNECTIONS)) }
    }
}

impl<A, S> Accept<TcpStream, S> for Doorkeeper<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Admitted<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Box::pin(async { Err(io::ErrorKind::ResourceBusy.into()) });
        };
        let then = self.then.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = then.await?;
            let speak_up = Some(Box::pin(tokio::time::sleep(SPEAK_UP)));
            Ok((Admitted { stream, speak_up, _place: place }, service))
        })
    }
}

/// A connection that has a place. hyper waits without end for its first bytes, which tell HTTP/1 from HTTP/2; this does not.
struct Admitted<S> {
    stream: S,
    /// Until the first byte.
    speak_up: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl<S: AsyncRead + Unpin> AsyncRead for Admitted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_pending() {
            if let Some(speak_up) = &mut self.speak_up {
                ready!(speak_up.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        } else {
            self.speak_up = None;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Admitted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn connections(count: usize) -> Vec<(TcpStream, TcpStream)> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut pairs = Vec::new();
        for _ in 0..count {
            let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            pairs.push((ours, listener.accept().await.unwrap().0));
        }
        pairs
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_says_nothing_is_not_waited_for_and_one_who_spoke_may_pause() {
        let doorkeeper = Doorkeeper::new(DefaultAcceptor::new());
        let mut pairs = connections(2).await;
        let (_silent, theirs) = pairs.pop().unwrap();
        let (mut admitted, ()) = doorkeeper.accept(theirs, ()).await.unwrap();
        assert_eq!(admitted.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (mut speaks, theirs) = pairs.pop().unwrap();
        let (mut admitted, ()) = doorkeeper.accept(theirs, ()).await.unwrap();
        speaks.write_all(b"G").await.unwrap();
        assert_eq!(admitted.read_u8().await.unwrap(), b'G');
        let pause = tokio::time::timeout(2 * SPEAK_UP, admitted.read_u8());
        assert!(pause.await.is_err(), "hyper's own limits go on from here");
    }

    #[tokio::test]
    async fn when_all_places_are_taken_the_next_is_turned_away_until_one_leaves() {
        let doorkeeper = Doorkeeper { then: DefaultAcceptor::new(), places: Arc::new(Semaphore::new(2)) };
        let mut theirs = connections(4).await.into_iter().map(|(_, theirs)| theirs);
        let mut come = || doorkeeper.accept(theirs.next().unwrap(), ());
        let (first, _second) = (come().await.unwrap(), come().await.unwrap());
        assert!(come().await.is_err());
        drop(first);
        assert!(come().await.is_ok());
    }
}
