//! The pages, over HTTP, on a diary of their own.

mod checks;
mod decide;
mod door;
mod entry;
mod extract;
mod health;
mod log;
mod manual;
mod metrics;
mod oidc;
mod passkeys;
mod patient;
mod people;
mod queue;
mod roles;
mod tls;

/// A message as a person sends it.
pub fn mail(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: mottagningen@example.se\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}
