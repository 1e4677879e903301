use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::read::{missing, refuse};
use super::{ConfigError, SecretFile};

/// `[web]`: the pages for staff. Without the section there are none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// Address and port that the pages are served at.
    pub listen: SocketAddr,
    /// How browsers name them: `https://inkom.example.se`, without a path.
    pub origin: String,
    /// Without it, TLS ends at a proxy on the same machine.
    pub tls: Option<WebTls>,
    pub sign_in: SignIn,
    /// Where `/healthz` and `/metrics` are served, on loopback.
    pub metrics_listen: Option<SocketAddr>,
}

/// `[web.tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebTls {
    /// The certificate and those between it and the authority, as PEM.
    pub certificate_file: PathBuf,
    pub key_file: SecretFile,
}

/// `[web.sign_in]`: how staff prove who they are. There are no passwords (R10).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SignInTable")]
pub enum SignIn {
    Passkey,
    Oidc(Oidc),
    /// One-time links that `inkom demo` prints; none are made elsewhere.
    Demo,
}

/// An identity provider (`OpenID` Connect Core 1.0).
#[derive(Clone, Debug)]
pub struct Oidc {
    /// `https://idp.example.se`, as the provider writes it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<SecretFile>,
    /// Levels of assurance of which one must have been reached.
    pub acr: Vec<String>,
    /// How long ago they may have proved who they are.
    pub max_age_minutes: u64,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInTable {
    kind: SignInKind,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<SecretFile>,
    acr: Option<Vec<String>>,
    max_age_minutes: Option<u64>,
    ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignInKind {
    Passkey,
    Oidc,
    Demo,
    Password,
}

/// Level of assurance 3 as Sambi and Sweden Connect write it.
const LOA3: [&str; 2] = ["http://id.sambi.se/loa/loa3", "http://id.elegnamnden.se/loa/1.0/loa3"];

impl TryFrom<SignInTable> for SignIn {
    type Error = String;

    fn try_from(table: SignInTable) -> Result<Self, String> {
        let of_oidc = [
            ("issuer", table.issuer.is_some()),
            ("client_id", table.client_id.is_some()),
            ("client_secret_file", table.client_secret_file.is_some()),
            ("acr", table.acr.is_some()),
            ("max_age_minutes", table.max_age_minutes.is_some()),
            ("ca_file", table.ca_file.is_some()),
        ];
        match table.kind {
            SignInKind::Passkey => {
                refuse("oidc", &of_oidc)?;
                Ok(Self::Passkey)
            }
            SignInKind::Demo => {
                refuse("oidc", &of_oidc)?;
                Ok(Self::Demo)
            }
            SignInKind::Oidc => Ok(Self::Oidc(Oidc {
                issuer: table.issuer.ok_or_else(|| missing("issuer"))?,
                client_id: table.client_id.ok_or_else(|| missing("client_id"))?,
                client_secret: table.client_secret_file,
                acr: table.acr.unwrap_or_else(|| LOA3.map(str::to_owned).to_vec()),
                max_age_minutes: table.max_age_minutes.unwrap_or(60),
                ca_file: table.ca_file,
            })),
            SignInKind::Password => {
                Err("patient data is read after strong authentication only (R10): give \"passkey\" or \"oidc\"".into())
            }
        }
    }
}

impl SignIn {
    /// As the diary and the log call it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Oidc(_) => "oidc",
            Self::Demo => "demo",
        }
    }
}

impl Web {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_local = self.listen.ip().is_loopback();
        if self.tls.is_none() && !is_local {
            let fix = "without [web.tls] the pages are served on this machine alone; give 127.0.0.1:PORT behind a proxy, or add [web.tls]";
            return Err(ConfigError::new("web.listen", self.listen, fix));
        }
        let host = self.origin.strip_prefix("https://").or_else(|| {
            self.origin.strip_prefix("http://").filter(|host| is_local && host.split(':').next() == Some("localhost"))
        });
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', '@'])) {
            return Err(ConfigError(
                "web.origin: give the address that browsers show, https:// and a host without a path, such as \
                 \"https://inkom.example.se\" (http://localhost:PORT is for this machine alone)"
                    .into(),
            ));
        }
        // Web Authentication §5.1.3 step 7: the relying party is a domain.
        let name = host.and_then(|host| host.split(':').next()).unwrap_or_default();
        if matches!(self.sign_in, SignIn::Passkey) && (name.parse::<IpAddr>().is_ok() || name.starts_with('[')) {
            return Err(ConfigError(
                "web.origin: passkeys belong to a name; give a host such as \"https://inkom.example.se\" instead of an IP \
                 address"
                    .into(),
            ));
        }
        if matches!(self.sign_in, SignIn::Demo) && !is_local {
            return Err(ConfigError::new("web.sign_in.kind", "demo", "give \"passkey\" or \"oidc\""));
        }
        if let Some(metrics) = self.metrics_listen.filter(|metrics| !metrics.ip().is_loopback()) {
            return Err(ConfigError::new(
                "web.metrics_listen",
                metrics,
                "give an address of this machine alone, such as 127.0.0.1:9187",
            ));
        }
        if let SignIn::Oidc(oidc) = &self.sign_in {
            let is_local_issuer =
                oidc.issuer.starts_with("http://localhost:") && self.origin.starts_with("http://localhost");
            if !oidc.issuer.starts_with("https://") && !is_local_issuer {
                return Err(ConfigError("web.sign_in.issuer: give the provider's https:// address".into()));
            }
            if oidc.acr.is_empty() {
                return Err(ConfigError("web.sign_in.acr: name at least one level of assurance, such as LoA 3".into()));
            }
        }
        Ok(())
    }

    pub(super) fn relative_to(&mut self, folder: &Path) {
        if let Some(tls) = &mut self.tls {
            tls.certificate_file = folder.join(&tls.certificate_file);
        }
        if let SignIn::Oidc(Oidc { ca_file: Some(file), .. }) = &mut self.sign_in {
            *file = folder.join(&*file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(origin: &str) -> Result<(), ConfigError> {
        let text = format!("listen = '127.0.0.1:8443'\norigin = '{origin}'\nsign_in.kind = 'passkey'");
        toml::from_str::<Web>(&text).unwrap().check()
    }

    #[test]
    fn passkeys_belong_to_a_name() {
        for name in ["https://inkom.example.se", "https://inkom.example.se:8443", "http://localhost:8443"] {
            assert_eq!(checked(name), Ok(()), "{name}");
        }
        for number in ["https://192.0.2.1", "https://192.0.2.1:8443", "https://[2001:db8::1]", "https://[::1]:8443"] {
            assert!(checked(number).unwrap_err().0.contains("passkeys belong to a name"), "{number}");
        }
    }
}
