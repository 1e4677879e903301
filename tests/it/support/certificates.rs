//! A certificate authority of our own, and what may be wrong with a server's certificate.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flaw {
    #[default]
    None,
    Expired,
    /// For another host.
    OtherName,
    /// Signed by an authority that the client does not know.
    OtherIssuer,
}

/// PEM texts.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority that the client is told to trust.
    pub ca: String,
    pub certificate: String,
    pub key: String,
}

impl Certificates {
    pub fn new(flaw: Flaw) -> Self {
        let (trusted, ca) = authority("trusted");
        let issuer = if flaw == Flaw::OtherIssuer { authority("other").0 } else { trusted };
        let name = if flaw == Flaw::OtherName { "mail.example.se" } else { "localhost" };
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if flaw == Flaw::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        Self { ca, certificate, key: key.serialize_pem() }
    }
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), certificate)
}
