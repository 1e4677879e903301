//! Passkeys (Web Authentication Level 3): the only way in where `web.sign_in` names them.
//!
//! Promises: every ceremony asks for user verification, a PIN or a finger; it is finished once, within five minutes, by the
//! process that began it. A refused sign-in tells nobody what was wrong. A link enrols one passkey, and with fewer than two
//! no more than one's own page is open.

mod enrolment;
mod sign_in;

use anyhow::{Context as _, Result};
use jiff::SignedDuration;
use webauthn_rs::prelude::{DiscoverableAuthentication, Url, Uuid, Webauthn, WebauthnBuilder};

pub use enrolment::{begin_another, begin_invited, finish_another, finish_invited, invitation};
pub use sign_in::{begin_sign_in, finish_sign_in};

use self::enrolment::Enrolment;
use crate::diary::PersonId;
use crate::model::Digest;
use crate::web::begun::Begun;

/// Whoever loses one still gets in (DESIGN: two per person).
pub const PASSKEYS_NEEDED: u64 = 2;

/// Anyone can begin a sign-in, so the oldest give way to new ones; only those who are let in can begin an enrolment.
const SIGN_INS: usize = 10_000;
const ENROLMENTS: usize = 1_000;
/// As long as browsers wait for an authenticator (Web Authentication §15.1).
const HOLDS: SignedDuration = SignedDuration::from_mins(5);

/// What these pages are to passkeys, and the ceremonies that have begun.
#[derive(Debug)]
pub struct Passkeys {
    party: Webauthn,
    origin: String,
    sign_ins: Begun<DiscoverableAuthentication>,
    enrolments: Begun<Enrolment>,
}

impl Passkeys {
    /// `name` is what an authenticator may show beside the address.
    pub fn at(origin: &str, name: &str) -> Result<Self> {
        let fix = "web.origin: passkeys need https:// and the name of a host";
        let url = Url::parse(origin).context(fix)?;
        let party = WebauthnBuilder::new(url.domain().context(fix)?, &url)
            .and_then(|builder| builder.rp_name(name).build())
            .context(fix)?;
        Ok(Self {
            party,
            origin: origin.to_owned(),
            sign_ins: Begun::new(SIGN_INS, HOLDS),
            enrolments: Begun::new(ENROLMENTS, HOLDS),
        })
    }

    /// By which a passkey knows whose it is. It tells nothing about them (Web Authentication §14.6.1), and is another for
    /// the same person of another inkom.
    fn handle(&self, person: PersonId) -> Uuid {
        let digest = Digest::of(format!("{} {}", self.origin, person.0).as_bytes());
        let mut handle = [0; 16];
        handle.copy_from_slice(&digest.as_bytes()[..16]);
        Uuid::from_bytes(handle)
    }
}
