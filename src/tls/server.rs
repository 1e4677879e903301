//! TLS for those who come to us: the certificate of the pages.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// How connections to the pages are secured, until when.
#[derive(Clone, Debug)]
pub struct Identity {
    pub config: Arc<ServerConfig>,
    /// When the first of the certificates runs out.
    pub ends_at: Timestamp,
}

impl Identity {
    /// From the texts of both files, PEM. HTTP/2 is offered, and HTTP/1.1.
    ///
    /// # Errors
    /// Says what is wrong with which of the two.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self> {
        let chain = chain(certificates)?;
        let ends_at = first_end(&chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| anyhow::anyhow!("the key file holds no private key; give it as PEM, without a passphrase"))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .context("set up TLS 1.2 and 1.3")?
            .with_no_client_auth();
        let mut config = match builder.with_single_cert(chain, key) {
            Ok(config) => config,
            Err(rustls::Error::InconsistentKeys(_)) => {
                bail!("the key does not belong to the certificate, which must be the first in its file")
            }
            Err(error) => return Err(error).context("the certificate and its key cannot be used"),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), ends_at })
    }
}

/// When the first of the certificates in a file runs out.
pub fn ends_at(file: &Path) -> Result<Timestamp> {
    let text = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    first_end(&chain(&text)?).with_context(|| file.display().to_string())
}

fn chain(text: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let chain = chain.map_err(|_| anyhow::anyhow!("the certificate file is not PEM"))?;
    ensure!(
        !chain.is_empty(),
        "the certificate file holds no certificate; give it as PEM, with those it rests on after it"
    );
    Ok(chain)
}

fn first_end(chain: &[CertificateDer<'_>]) -> Result<Timestamp> {
    let mut first = Timestamp::MAX;
    for certificate in chain {
        let (_, certificate) = X509Certificate::from_der(certificate)
            .map_err(|_| anyhow::anyhow!("a certificate in the file cannot be read"))?;
        let end = certificate.validity().not_after.timestamp();
        first = first.min(Timestamp::from_second(end).unwrap_or(Timestamp::MAX));
    }
    Ok(first)
}
