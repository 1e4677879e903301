//! Requests to an identity provider, each over a connection of its own: the certificate is verified, no redirect is
//! followed, and neither time nor size is without bounds.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderValue, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::tls;

/// A provider answers at once or not at all: someone waits for the page.
const PATIENCE: Duration = Duration::from_secs(10);
/// Keys and claims take some kilobytes.
const MOST_BYTES: usize = 1_000_000;

pub struct Https {
    tls: TlsConnector,
    /// Whether `http://localhost` will do: for a provider on this machine.
    on_this_machine: bool,
}

impl std::fmt::Debug for Https {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Https").field("on_this_machine", &self.on_this_machine).finish_non_exhaustive()
    }
}

impl Https {
    /// Trusts the certificates in `ca_file`, or without one the system's.
    pub fn new(ca_file: Option<&Path>, on_this_machine: bool) -> Result<Self> {
        Ok(Self { tls: tls::connector(ca_file)?, on_this_machine })
    }

    /// Whether requests can go there at all.
    pub fn may_reach(&self, url: &str) -> bool {
        url.starts_with("https://") || (self.on_this_machine && url.starts_with("http://localhost:"))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let uri = request.uri().clone();
        if !self.may_reach(&uri.to_string()) {
            bail!("the provider names an address that is not https://");
        }
        let authority = uri.authority().context("the address has no host")?.clone();
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let exchange = async {
            let stream = TcpStream::connect((host.as_str(), port)).await.context("connect")?;
            let request = from_origin(request, &uri, authority.as_str())?;
            if is_tls {
                let name = ServerName::try_from(host.clone()).context("its name can stand in no certificate")?;
                let stream = self.tls.connect(name, stream).await.map_err(|error| match tls::distrust(&error) {
                    Some(why) => anyhow::anyhow!(why),
                    None => anyhow::Error::from(error).context("set up TLS"),
                })?;
                exchange(stream, request).await
            } else {
                exchange(stream, request).await
            }
        };
        let answered = tokio::time::timeout(PATIENCE, exchange).await;
        answered
            .unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", PATIENCE.as_secs())))
            .with_context(|| format!("{host}:{port}"))
    }
}

/// The request as it goes over a connection to its own server (RFC 9112 §3.2.1).
fn from_origin(request: HttpRequest, uri: &Uri, authority: &str) -> Result<hyper::Request<Full<Bytes>>> {
    let (mut parts, body) = request.into_parts();
    parts.uri = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")).into();
    parts.headers.insert(header::HOST, HeaderValue::from_str(authority).context("name the host")?);
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(hyper::Request::from_parts(parts, Full::new(Bytes::from(body))))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: hyper::Request<Full<Bytes>>,
) -> Result<HttpResponse> {
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await.context("begin HTTP")?;
    // It ends with the answer, or when the answer is no longer waited for.
    tokio::spawn(connection);
    let response = requests.send_request(request).await.context("ask")?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| anyhow::anyhow!("read: {error}"))?;
    Ok(HttpResponse::from_parts(parts, body.to_bytes().into()))
}

/// Why there is no answer, from the place to the cause.
#[derive(Debug)]
pub struct NoAnswer(anyhow::Error);

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for NoAnswer {}

impl<'c> AsyncHttpClient<'c> for Https {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.send(request).await.map_err(NoAnswer) })
    }
}
