//! Starts what a clinic has: a mailbox, a database, an SMTP receiver, all on loopback and in temporary folders.

// All of this is test code, helpers included.
#![allow(clippy::unwrap_used)]

mod command_line;
mod crash;
mod custody;
mod demo;
mod diary;
mod disk;
mod export;
mod first_contact;
mod handover;
mod imap;
mod imap_scripted;
mod inspect;
mod layers;
mod pdf;
mod replies;
mod smtp;
mod support;
mod systemd;
mod way;
mod web;
