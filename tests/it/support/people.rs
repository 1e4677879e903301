//! The pages by themselves, on a diary of their own, and one who reads them as a browser would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use inkom::clock::Clock;
use inkom::config::Config;
use inkom::diary::{Diary, PersonId};
use inkom::model::Digest;
use inkom::pulse::Pulse;
use inkom::web::Web;
use jiff::Timestamp;
use tempfile::TempDir;

use super::http::{Answer, ask};

use super::watch;

/// Passkeys, at any port that is free.
pub const PASSKEY: &str =
    "[web]\nlisten = '127.0.0.1:0'\norigin = 'https://inkom.example.se'\nsign_in.kind = 'passkey'\n";

pub struct Pages {
    pub diary: Diary,
    folder: TempDir,
}

impl Pages {
    /// With passkeys.
    pub async fn open() -> Self {
        Self::with(PASSKEY).await
    }

    /// `web` is the section, or nothing.
    pub async fn with(web: &str) -> Self {
        let folder = TempDir::with_prefix("inkom-pages-").unwrap();
        std::fs::write(folder.path().join("inkom.toml"), toml(folder.path(), web)).unwrap();
        let diary = Diary::prepare(&Config::load(&folder.path().join("inkom.toml")).unwrap()).await.unwrap();
        Self { diary, folder }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("inkom.toml")
    }

    /// Changes `[web]`.
    pub fn configure(&self, web: &str) {
        std::fs::write(self.config(), toml(self.folder.path(), web)).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_inkom")).args(args).arg("--config").arg(self.config()).output().unwrap()
    }

    /// Serves them from now on, at a time that stands still.
    pub fn serve_at(&self, now: Timestamp) -> Served {
        let config = Arc::new(Config::load(&self.config()).unwrap());
        let (diary, clock) = (self.diary.clone(), Clock::fixed(now));
        let watch = watch(&config, &diary, clock);
        let web = Web::bind(&config, config.web.as_ref().unwrap(), diary, clock, watch).unwrap();
        let origin = web.origin().to_owned();
        let pulse = Pulse::default();
        tokio::spawn(web.run(pulse.heart("web")));
        Served { origin, pulse }
    }

    /// A session as a sign-in would have begun it. Gives its cookie; its token for forms is `token`.
    pub async fn signed_in(&self, person: PersonId, how: &str, now: Timestamp) -> String {
        let secret = format!("{}-{how}-{now}", person.0);
        let mut tx = self.diary.write().await.unwrap();
        tx.start_session(&Digest::of(secret.as_bytes()), person, "token", how, now).await.unwrap();
        tx.commit().await.unwrap();
        format!("__Host-inkom={secret}")
    }
}

fn toml(folder: &Path, web: &str) -> String {
    let reply = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/reply.toml");
    let (state, reply) = (folder.join("state"), reply.display());
    std::fs::create_dir_all(&state).unwrap();
    let mailbox = |name: &str, unit: &str, series: &str| {
        format!(
            "[[mailbox]]\nname = '{name}'\nunit = '{unit}'\nhsa_id = 'SE2321000131-E000000000001'\nseries = '{series}'\n\
             addresses = ['{name}@example.se']\nreply_from = '{name}@example.se'\n\
             source = {{ kind = 'maildir', path = '{name}' }}\n\n"
        )
    };
    format!(
        "state_dir = '{}'\nauthority.name = 'Region Exempel'\nreply.text_file = '{reply}'\n\
         smtp = {{ kind = 'files', folder = 'replies' }}\n\n{web}\n{}{}",
        state.display(),
        mailbox("mottagningen", "Mottagningen", "MM"),
        mailbox("rehab", "Rehab", "RH"),
    )
}

/// Pages that are served until this is dropped.
pub struct Served {
    pub origin: String,
    pulse: Pulse,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.pulse.stop();
    }
}

impl Served {
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        ask(&self.origin, &format!("GET {path} HTTP/1.1\r\nCookie: {cookie}\r\n"), "").await
    }

    /// A form of one of its own pages.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let origin = &self.origin;
        let head = format!("POST {path} HTTP/1.1\r\nOrigin: {origin}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n");
        ask(&self.origin, &head, form).await
    }

    /// JSON from a script of its own pages.
    pub async fn send(&self, path: &str, cookie: &str, csrf: &str, json: &str) -> Answer {
        self.send_from(&self.origin, path, cookie, csrf, json).await
    }

    pub async fn send_from(&self, origin: &str, path: &str, cookie: &str, csrf: &str, json: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nOrigin: {origin}\r\nCookie: {cookie}\r\nX-Csrf: {csrf}\r\n\
             Content-Type: application/json\r\n"
        );
        ask(&self.origin, &head, json).await
    }
}
