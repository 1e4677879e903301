//! Starts what a clinic has: a mailbox, a database, an SMTP receiver, all on loopback and in temporary folders.

// All of this is test code, helpers included.
#![allow(clippy::unwrap_used)]

mod crash;
mod imap;
mod imap_scripted;
mod smtp;
mod support;
mod systemd;
mod way;
