//! An identity provider: the npm package oidc-provider, run by tests/browser/provider.mjs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::site::Browser;

pub struct IdentityProvider {
    pub issuer: String,
    process: Child,
}

impl IdentityProvider {
    pub fn start() -> Self {
        Self::start_at("0")
    }

    /// The same issuer with other keys.
    pub fn restart(self) -> Self {
        let port = self.issuer.rsplit(':').next().unwrap().to_owned();
        drop(self);
        Self::start_at(&port)
    }

    fn start_at(port: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "run .ci/install: the identity provider is missing"
        );
        let mut process = Command::new("node")
            .args(["provider.mjs", port])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("run .ci/install: node is missing");
        let mut issuer = String::new();
        // Warnings of the package come on the same way, before.
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        if let Some(line) = said.find(|line| line.starts_with("http://localhost:")) {
            issuer = line;
        }
        assert!(!issuer.is_empty(), "the identity provider did not start; try node tests/browser/provider.mjs");
        // A closed pipe would end it at its next word.
        std::thread::spawn(move || said.for_each(drop));
        Self { issuer, process }
    }

    /// `[web]` for one that signs in here.
    pub fn web(&self, secret_file: &Path) -> String {
        format!(
            "listen = '127.0.0.1:0'\norigin = 'http://localhost'\n\
             sign_in = {{ kind = 'oidc', issuer = '{}', client_id = 'inkom', client_secret_file = '{}' }}",
            self.issuer,
            secret_file.display()
        )
    }

    /// Who signs in next, as provider.mjs explains it.
    pub async fn next(&self, next: &str) {
        let put = Browser::default().ask("PUT", &format!("{}/next", self.issuer), next).await;
        assert_eq!(put.status, 204);
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
