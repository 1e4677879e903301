//! The IMAP mailbox against servers that lie, stall, break off and babble. What it reports is true, it removes nothing
//! that it was not asked to, and its errors repeat nothing that the server said.

mod connecting;
mod reading;
mod removing;

use std::time::{Duration, Instant};

use inkom::config::Tls;
use inkom::mailbox::MailboxErrorKind::{NoFolder, Refused, SignIn, Stalled, Unreachable, Untrusted, ValidityChanged};
use inkom::mailbox::{Imap, Mailbox as _, MailboxError, MailboxErrorKind, Sized, Woken};

use crate::support::scripted::{PATIENCE, Scripted};

const CAPABILITIES: &str = "IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE IDLE";

/// A script that begins with sign-in, and with what `$DATE` stands for.
fn signed_in_as(capabilities: &str, rest: &str) -> String {
    let rest = rest.replace("$DATE", "INTERNALDATE \"01-Jan-2026 00:00:00 +0000\"");
    format!(
        "-- tls
         S: * OK Waiting for authentication process to respond..
         S: * OK ready
         C: CAPABILITY
         S: * CAPABILITY {capabilities}
         S: $ OK
         C: AUTHENTICATE PLAIN
         S: +
         C+ AG1vdHRhZ25pbmcAaGVtbGlndC00NzEx
         S: $ OK Hej Sven
         C: CAPABILITY
         S: * CAPABILITY {capabilities}
         S: $ OK
         {rest}"
    )
}

fn signed_in(rest: &str) -> String {
    signed_in_as(CAPABILITIES, rest)
}

/// INBOX open with so many messages and UIDVALIDITY 7.
fn selected(exists: u32, rest: &str) -> String {
    signed_in(&select(exists, rest))
}

fn select(exists: u32, rest: &str) -> String {
    format!(
        "C: SELECT INBOX
         S: * FLAGS (\\Seen \\Deleted)
         S: * {exists} EXISTS
         S: * OK [UIDVALIDITY 7] Sven
         S: * OK [UNKNOWN-CODE {{400000000}}] Sven
         S: $ OK [READ-WRITE] Sven
         {rest}"
    )
}

/// The second connection that follows any error.
fn afterwards() -> String {
    selected(1, "C: UID SEARCH ALL\nS: * SEARCH 9\nS: $ OK")
}

fn uids(uids: &[u32]) -> Vec<String> {
    uids.iter().map(u32::to_string).collect()
}

fn sized(sizes: &[(u32, u64)]) -> Vec<Sized> {
    sizes.iter().map(|(uid, size_bytes)| Sized { uid: uid.to_string(), size_bytes: *size_bytes }).collect()
}

/// The server's words in these scripts have a patient's name in them.
fn kind(case: &str, error: &MailboxError) -> MailboxErrorKind {
    assert!(!error.text.contains("Sven"), "{case}: {}", error.text);
    error.kind
}

/// A client that has the patience for the case.
fn client(server: &Scripted, stalls: bool) -> Imap {
    if stalls { server.impatient_imap() } else { server.imap() }
}

/// Whether the next call connects anew and works.
async fn recovers(imap: &mut Imap, case: &str) {
    assert_eq!(imap.survey("INBOX").await.expect(case).uids, ["9"], "{case}");
}
