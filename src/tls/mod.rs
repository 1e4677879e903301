//! TLS for every server that is spoken to: rustls with ring, TLS 1.2 or later, and a certificate that is always verified.
//! And for those who come to us.

pub mod server;

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_rustls::TlsConnector;

/// A connector that trusts the certificates in `ca_file` (PEM), or without one the system's.
///
/// # Errors
/// Names the file when there is nothing to trust.
pub fn connector(ca_file: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let roots = match ca_file {
        Some(file) => roots_in(file)?,
        None => system_roots()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .context("set up TLS 1.2 and 1.3")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots_in(file: &Path) -> anyhow::Result<RootCertStore> {
    let shown = file.display();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).with_context(|| format!("read the CA file {shown}"))? {
        let certificate = certificate.with_context(|| format!("read a certificate in {shown}"))?;
        roots.add(certificate).with_context(|| format!("trust a certificate in {shown}"))?;
    }
    if roots.is_empty() {
        bail!("{shown} holds no certificate; give the CA's certificates as PEM");
    }
    Ok(roots)
}

fn system_roots() -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // Single certificates of the system's may be unreadable; what matters is that there are any.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        bail!("the system trusts no certificates; install ca-certificates or name a ca_file");
    }
    Ok(roots)
}

/// Why a handshake failed, in fixed words, when it did so because the server cannot be trusted rather than because the
/// connection ended.
#[must_use]
pub fn distrust(error: &io::Error) -> Option<&'static str> {
    use rustls::Error as Tls;
    let tls = error.get_ref()?.downcast_ref::<Tls>()?;
    Some(match tls {
        Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired"
        }
        Tls::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "its certificate is not valid yet"
        }
        Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another name",
        Tls::InvalidCertificate(CertificateError::UnknownIssuer) => "its certificate has an issuer that is not trusted",
        Tls::InvalidCertificate(CertificateError::Revoked) => "its certificate is revoked",
        Tls::InvalidCertificate(_) => "its certificate cannot be verified",
        Tls::InvalidMessage(_) => "it does not answer with TLS",
        _ => "TLS could not be set up",
    })
}
