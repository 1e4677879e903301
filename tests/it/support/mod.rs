//! Real servers on loopback, one for each test.

mod accounts;
pub mod certificates;
pub mod clinic;
pub mod dovecot;
pub mod http;
pub mod importer;
pub mod pages;
pub mod people;
pub mod postgres;
pub mod provider;
pub mod scripted;
pub mod site;
pub mod smtp;
pub mod store;

use std::path::Path;
use std::sync::Arc;

use inkom::clock::Clock;
use inkom::config::{Auth, Config, GovernedText, ImapSource, Server, Tls};
use inkom::diary::Diary;
use inkom::health::Watch;
use inkom::pulse::Pulse;

/// How to reach a test server as `[mailbox.source]` would say it.
pub fn source(host: &str, port: u16, tls: Tls, ca_file: &Path, username: &str, password_file: &Path) -> ImapSource {
    let file = serde_json::from_value(password_file.to_str().unwrap().into()).unwrap();
    ImapSource {
        server: Server { host: host.into(), port, tls, ca_file: Some(ca_file.into()), timeout_secs: 10 },
        username: username.into(),
        auth: Auth::Password { file },
    }
}

/// Writes a secret as [`inkom::config::SecretFile`] wants it.
pub fn write_secret(path: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, secret).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// What the daemon would see of itself, from now on.
pub fn watch(config: &Arc<Config>, diary: &Diary, clock: Clock) -> Arc<Watch> {
    let text = Arc::new(GovernedText::load(&config.reply.text_file).unwrap());
    Arc::new(Watch::new(Arc::clone(config), text, diary.clone(), clock, Pulse::default()))
}
