//! The pages over TLS of their own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inkom::clock::Clock;
use inkom::config::Config;
use inkom::daemon::Daemon;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::support::certificates::{Certificates, Flaw};
use crate::support::site::{Browser, Site, write_config};
use crate::support::write_secret;

struct Files {
    folder: TempDir,
}

impl Files {
    fn new(of: &Certificates) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        files.put(of);
        files
    }

    fn put(&self, of: &Certificates) {
        std::fs::write(self.path().join("pages.pem"), &of.certificate).unwrap();
        write_secret(&self.path().join("pages.key"), &of.key);
    }

    /// For clients.
    fn ca(&self, name: &str, of: &Certificates) -> std::path::PathBuf {
        let file = self.path().join(name);
        std::fs::write(&file, &of.ca).unwrap();
        file
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn web(&self) -> String {
        let (certificate, key) = (self.path().join("pages.pem"), self.path().join("pages.key"));
        format!(
            "listen = '127.0.0.1:0'\norigin = 'https://localhost'\nsign_in.kind = 'passkey'\n\
             tls = {{ certificate_file = '{}', key_file = '{}' }}",
            certificate.display(),
            key.display()
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_who_trusts_the_certificate_gets_a_page_and_none_without_tls() {
    let (ours, other) = (Certificates::new(Flaw::None), Certificates::new(Flaw::None));
    let files = Files::new(&ours);
    let site = Site::open(&files.web()).await;
    assert!(site.origin.starts_with("https://localhost:"), "{}", site.origin);
    let url = format!("{}/logga-in", site.origin);

    let page = Browser::trusting(&files.ca("ours.pem", &ours)).get(&url).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["strict-transport-security"], "max-age=31536000; includeSubDomains");

    let refused = Browser::trusting(&files.ca("other.pem", &other)).try_to_ask("GET", &url, "").await;
    let error = refused.err().unwrap().downcast::<std::io::Error>().unwrap();
    assert!(inkom::tls::distrust(&error).is_some(), "{error}");

    let plain = Browser::default().try_to_ask("GET", &url.replace("https:", "http:"), "").await;
    assert!(plain.is_err());
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_and_tls_1_2_are_there_for_those_who_want_them() {
    let ours = Certificates::new(Flaw::None);
    let site = Site::open(&Files::new(&ours).web()).await;
    let port: u16 = site.origin.rsplit(':').next().unwrap().parse().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ours.ca.as_bytes()).unwrap()).unwrap();
    for (version, alpn, agreed) in [
        (&rustls::version::TLS13, vec!["h2", "http/1.1"], Some("h2")),
        (&rustls::version::TLS12, vec!["h2", "http/1.1"], Some("h2")),
        (&rustls::version::TLS12, vec!["http/1.1"], Some("http/1.1")),
        (&rustls::version::TLS13, vec![], None),
    ] {
        let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.into_iter().map(Into::into).collect();
        let stream = TcpStream::connect(("localhost", port)).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes));
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_needs_no_restart_and_a_broken_one_does_no_harm() {
    let (old, new) = (Certificates::new(Flaw::None), Certificates::new(Flaw::None));
    let files = Files::new(&old);
    let site = Site::open(&files.web()).await;
    let url = format!("{}/logga-in", site.origin);
    let (old_ca, new_ca) = (files.ca("old.pem", &old), files.ca("new.pem", &new));

    // Half of it has come: the certificate without its key.
    std::fs::write(files.path().join("pages.pem"), &new.certificate).unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(Browser::trusting(&old_ca).get(&url).await.status, 200);

    files.put(&new);
    let begun = Instant::now();
    while Browser::trusting(&new_ca).try_to_ask("GET", &url, "").await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not taken up");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(Browser::trusting(&old_ca).try_to_ask("GET", &url, "").await.is_err());
    site.close().await;
}

type Spoil = fn(&Path, &Certificates);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_files_stops_the_start_and_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let (ours, other) = (Certificates::new(Flaw::None), Certificates::new(Flaw::None));
    let cases: [(Spoil, &str); 6] = [
        (
            |folder, other| write_secret(&folder.join("pages.key"), &other.key),
            "the key does not belong to the certificate",
        ),
        (|folder, _| write_secret(&folder.join("pages.key"), "password"), "the key file holds no private key"),
        (
            |folder, _| std::fs::write(folder.join("pages.pem"), "?").unwrap(),
            "the certificate file holds no certificate",
        ),
        (|folder, _| std::fs::remove_file(folder.join("pages.pem")).unwrap(), "put the certificate there"),
        (|folder, _| std::fs::remove_file(folder.join("pages.key")).unwrap(), "put the key there"),
        (
            |folder, _| {
                let readable = std::fs::Permissions::from_mode(0o644);
                std::fs::set_permissions(folder.join("pages.key"), readable).unwrap();
            },
            "can be read by everyone; run chmod o= on it",
        ),
    ];
    for (spoil, says) in cases {
        let files = Files::new(&ours);
        spoil(files.path(), &other);
        let folder = write_config(&files.web());
        let config = Config::load(&folder.path().join("inkom.toml")).unwrap();
        let error = format!("{:#}", Daemon::start(config, Clock::default()).await.unwrap_err());
        assert!(error.contains(says) && error.contains("web.tls."), "{error}");
    }
}
