//! The pages in this process, for those who are signed in to them.

use std::fmt::Write as _;
use std::sync::Arc;

use inkom::clock::{self, Clock};
use inkom::config::Config;
use inkom::diary::{Diary, Facts, NewEntry, PersonId};
use inkom::health::Watch;
use inkom::message::{self, Summary};
use inkom::model::{DiaryNumber, Digest, Role};
use inkom::pulse::Pulse;
use inkom::triage::{self, Known, UrgencyWords};
use inkom::web::Web;
use jiff::Timestamp;

use super::http::{Answer, ask};
use super::store::{facts, new_entry};
use super::watch;

/// A diary with its pages, in a folder of their own.
pub struct Pages {
    pub diary: Diary,
    pub config: Arc<Config>,
    pub watch: Arc<Watch>,
    pub origin: String,
    pulse: Pulse,
    dir: tempfile::TempDir,
}

/// One who has signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub person: PersonId,
    pub cookie: String,
    pub csrf: String,
}

impl Pages {
    pub async fn open() -> Self {
        Self::with("").await
    }

    /// With more in the configuration.
    pub async fn with(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("mail/new")).unwrap();
        std::fs::write(dir.path().join("reply.toml"), include_str!("../../../config/reply.toml")).unwrap();
        let text = include_str!("../../../src/cli/demo.toml").replace("STATE_DIR", dir.path().to_str().unwrap());
        std::fs::write(dir.path().join("inkom.toml"), text.replacen("[reply]", &format!("{more}\n[reply]"), 1))
            .unwrap();
        let config = Arc::new(Config::load(&dir.path().join("inkom.toml")).unwrap());
        let diary = Diary::prepare(&config).await.unwrap();
        let clock = Clock::default();
        let watch = watch(&config, &diary, clock);
        let bound = Web::bind(&config, config.web.as_ref().unwrap(), diary.clone(), clock, Arc::clone(&watch));
        let web = bound.unwrap();
        let (origin, pulse) = (web.origin().to_owned(), Pulse::default());
        tokio::spawn(web.run(pulse.heart("web")));
        Self { diary, config, watch, origin, pulse, dir }
    }

    /// Where its configuration and its diary lie.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// As somebody with the database's file could.
    pub async fn sql(&self, statement: &'static str) {
        let path = self.dir.path().join(inkom::diary::SQLITE_FILE);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// A person with these roles, in a session that began now.
    pub async fn person(&self, name: &str, roles: &[(&str, Role)]) -> SignedIn {
        let now = Timestamp::now();
        let mut tx = self.diary.write().await.unwrap();
        let person = tx.add_person(name, "", now).await.unwrap();
        for (unit, role) in roles {
            tx.grant(person, unit, *role).await.unwrap();
        }
        let signed_in = SignedIn { person, cookie: format!("cookie of {name}"), csrf: format!("csrf-of-{}", person.0) };
        tx.start_session(&Digest::of(signed_in.cookie.as_bytes()), person, &signed_in.csrf, "demo", now).await.unwrap();
        tx.commit().await.unwrap();
        signed_in
    }

    /// Sends a form of an entry's page, with the version as it is now; `entry` as in addresses: `MM-2026-00001`.
    pub async fn decide(&self, entry: &str, what: &str, who: &SignedIn, fields: &str) -> Answer {
        let number = entry.replacen('-', " ", 1).parse().unwrap();
        let version = self.diary.read().await.unwrap().entry(&number).await.unwrap().unwrap().version;
        self.post(&format!("/handling/{entry}/beslut/{what}"), who, &format!("version={version}&{fields}")).await
    }

    /// A registered and rendered entry of this unit, read as the daemon reads it.
    pub async fn entry(&self, unit: &str, raw: &str, arrived_at: Timestamp) -> DiaryNumber {
        let message = message::read(raw.as_bytes(), 1_000_000);
        let known = Known {
            authority: &self.config.authority,
            own_addresses: &["mottagningen@example.se"],
            reply_text: "",
            in_junk_folder: false,
            today: clock::day(arrived_at),
            urgency_words: &UrgencyWords::load(None).unwrap(),
        };
        let triage = triage::facts(&message, &known);
        let mut tx = self.diary.write().await.unwrap();
        let new = NewEntry { unit, internal_date: arrived_at, fetched_at: arrived_at, ..new_entry(raw.as_bytes()) };
        let entry = tx.register(&new, arrived_at).await.unwrap();
        let facts = Facts {
            cancels_today: triage::cancels_on(&triage, &message, clock::day(arrived_at)),
            triage,
            arrived_at,
            summary: Summary::from(&message),
            text: message.searchable(),
            ..facts(&entry.number.to_string())
        };
        let pdf = format!("%PDF-1.7 of {}", entry.number);
        tx.rendered(&entry, Digest::of(raw.as_bytes()), pdf.as_bytes(), &facts, arrived_at).await.unwrap();
        tx.answered(&entry, false, "list", arrived_at).await.unwrap();
        tx.commit().await.unwrap();
        entry.number
    }

    pub async fn get(&self, path: &str, who: Option<&SignedIn>) -> Answer {
        self.send("GET", path, who, &[], "").await
    }

    /// A form of our own page, with the session's token.
    pub async fn post(&self, path: &str, who: &SignedIn, form: &str) -> Answer {
        let form = format!("csrf={}&{form}", who.csrf);
        let headers = [("Sec-Fetch-Site", "same-origin"), ("Origin", self.origin.as_str())];
        self.send("POST", path, Some(who), &headers, &form).await
    }

    /// The same with files: a name, a file's name or none, and what is in it.
    pub async fn upload(&self, path: &str, who: &SignedIn, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, file, bytes) in [("csrf", None, who.csrf.as_bytes())].iter().chain(fields) {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            body.extend(format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
            body.extend_from_slice(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--limit--\r\n");
        let head = format!(
            "POST {path} HTTP/1.1\r\nCookie: __Host-inkom={}\r\nSec-Fetch-Site: same-origin\r\nOrigin: {}\r\n\
             Content-Type: multipart/form-data; boundary=limit\r\n",
            who.cookie, self.origin
        );
        ask(&self.origin, &head, body).await
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        who: Option<&SignedIn>,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if let Some(who) = who {
            let _ = write!(request, "Cookie: __Host-inkom={}\r\n", who.cookie);
        }
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if method == "POST" {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        ask(&self.origin, &request, body).await
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.pulse.stop();
    }
}
