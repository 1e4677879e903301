//! Reception's room: sign-in, the queue, an entry with all that belongs to it, the log.
//!
//! Promises: nothing is shown to one who has not signed in strongly, nor of a unit that is not theirs; every look is in the
//! audit log before it is seen; what a sender wrote is text, never markup, and nothing on a page comes from elsewhere.
//! Every page works without scripts, but for the passkeys themselves, which browsers give to scripts alone. Texts stand in
//! `pages/` and in `words`.

// A page shows a thing or does not: its yes and no are many and small.
#![allow(clippy::struct_excessive_bools)]

mod account;
mod assets;
mod begun;
mod blocks;
mod bulk;
mod checks;
mod decide;
mod door;
mod entry;
mod export;
mod extract;
mod files;
mod forms;
mod health;
mod https;
mod link;
mod log;
mod manual;
mod metrics;
mod offers;
mod oidc;
mod page;
mod passkey;
mod patient;
mod provider;
mod queue;
mod reading;
mod refusal;
mod refused;
mod serve;
mod words;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tracing::info;

use crate::clock::Clock;
use crate::config::{self, Catalogue, Config, SignIn};
use crate::diary::Diary;
use crate::health::Watch;
use crate::pdf::Fonts;
use crate::pulse::Heart;

pub use export::use_export_approval;
pub use link::{Link, demo_link, enrolment_link};
pub use metrics::Metrics;
use passkey::Passkeys;
pub use provider::Provider;
pub use serve::Certificate;

/// A form is no larger than this.
const FORM_BYTES: usize = 64 * 1024;
/// What every page needs.
#[derive(Debug)]
pub struct Room {
    config: Arc<Config>,
    web: config::Web,
    diary: Diary,
    /// The kinds of documents that entries are registered as.
    catalogue: Catalogue,
    clock: Clock,
    fonts: Fonts,
    watch: Arc<Watch>,
    /// Where staff prove who they are, if not here.
    provider: Option<Provider>,
    under_way: oidc::UnderWay,
    refused: refused::Refused,
    /// Where one signs in by them.
    passkeys: Option<Passkeys>,
}

type Shared = axum::extract::State<Arc<Room>>;

/// The pages, at their address and ready to be served.
#[derive(Debug)]
pub struct Web {
    listener: TcpListener,
    certificate: Option<serve::Certificate>,
    room: Arc<Room>,
}

impl Web {
    /// Takes the address. Port 0 takes any, and names it in `web.origin`.
    ///
    /// # Errors
    /// When the address is taken or not this machine's.
    pub fn bind(
        config: &Arc<Config>,
        web: &config::Web,
        diary: Diary,
        clock: Clock,
        watch: Arc<Watch>,
    ) -> Result<Self> {
        let mut web = web.clone();
        let listener = serve::listen("web.listen", web.listen)?;
        let bound: SocketAddr = listener.local_addr().context("read the address")?;
        if web.listen.port() == 0 {
            let scheme = if web.tls.is_some() { "https" } else { "http" };
            web.origin = format!("{scheme}://localhost:{}", bound.port());
        }
        let fonts = Fonts::new(config.pdf.font_folders.clone());
        let certificate = web.tls.as_ref().map(serve::Certificate::read).transpose()?;
        let (mut provider, mut passkeys) = (None, None);
        match &web.sign_in {
            SignIn::Oidc(oidc) => provider = Some(Provider::new(oidc, &web.origin)?),
            SignIn::Passkey => passkeys = Some(Passkeys::at(&web.origin, &config.authority.name)?),
            SignIn::Demo => {}
        }
        let under_way = oidc::under_way();
        let catalogue = Catalogue::load(config.diary.catalogue_file.as_deref())?;
        let (config, refused) = (Arc::clone(config), refused::Refused::default());
        let room = Room { config, web, diary, catalogue, clock, fonts, watch, provider, under_way, refused, passkeys };
        Ok(Self { listener, certificate, room: Arc::new(room) })
    }

    pub fn origin(&self) -> &str {
        &self.room.web.origin
    }

    /// Serves until the loop is asked to stop.
    pub async fn run(self, heart: Heart) {
        info!("The pages are at {}", self.origin());
        serve::serve(self.listener, self.certificate, app(self.room), &heart).await;
    }
}

fn app(room: Arc<Room>) -> Router {
    let for_staff = Router::new()
        .route("/", get(queue::page))
        .route("/ny", get(manual::page).post(manual::register).layer(DefaultBodyLimit::max(manual::UPLOAD_BYTES)))
        .route("/uppehall", get(queue::held))
        .route("/flera", post(bulk::close))
        .route("/flera/angra", post(bulk::undo))
        .route("/handling/{number}", get(entry::page))
        .route("/handling/{number}/pdf", get(files::pdf))
        .route("/handling/{number}/original", get(files::original))
        .route("/handling/{number}/svar", get(files::reply))
        .route("/handling/{number}/bilaga/{digest}", get(files::attachment))
        .route("/handling/{number}/ta", post(entry::claim))
        .route("/handling/{number}/lamna", post(entry::release))
        .route("/handling/{number}/las", post(reading::open_reading))
        .route("/handling/{number}/ge-las", post(reading::grant_reading))
        .route("/handling/{number}/beslut/{what}", post(decide::decide))
        .route("/logg", get(log::page))
        .route("/logg/rad/{seq}", get(log::row))
        .route("/logg/utdrag", get(extract::page))
        .route("/logg/utdrag.pdf", get(extract::pdf))
        .route("/logg/utdrag.csv", get(extract::csv))
        .route("/logg/stickprov", get(checks::page).post(checks::draw))
        .route("/logg/stickprov/{id}", get(checks::check).post(checks::finish))
        .route("/uttag", get(export::page).post(export::approve))
        .route("/halsa", get(health::page))
        .route("/konto", get(account::page))
        .route("/konto/session/{id}/avsluta", post(account::end_session))
        .route("/konto/passnyckel/borja", post(passkey::begin_another))
        .route("/konto/passnyckel/klar", post(passkey::finish_another))
        .route("/konto/passnyckel/{credential}/ta-bort", post(account::remove_passkey))
        .route("/logga-ut", post(account::sign_out))
        .route("/tangenter", get(account::keys));
    let for_all = Router::new()
        .route("/logga-in", get(link::sign_in))
        .route("/logga-in/e-legitimation", get(oidc::set_out))
        .route(provider::CALLBACK, get(oidc::come_back))
        .route("/logga-in/passnyckel/borja", post(passkey::begin_sign_in))
        .route("/logga-in/passnyckel/klar", post(passkey::finish_sign_in))
        .route("/inbjudan/{secret}", get(passkey::invitation))
        .route("/inbjudan/{secret}/borja", post(passkey::begin_invited))
        .route("/inbjudan/{secret}/klar", post(passkey::finish_invited))
        .route("/lank/{secret}", get(link::show).post(link::consume))
        .route("/tillganglighet", get(account::accessibility))
        .route("/stil.css", get(assets::style))
        .route("/ikon.svg", get(assets::icon))
        .route("/inkom.js", get(assets::script))
        .route("/passnyckel.js", get(assets::passkey));
    Router::new()
        .merge(for_staff)
        .merge(for_all)
        .fallback(refusal::no_such_page)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&room), door::guard))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .with_state(room)
}
