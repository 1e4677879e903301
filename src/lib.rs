//! inkom takes in the e-mail that reaches a Swedish clinic: every message is registered in the diary, kept, rendered for
//! the medical record, answered with one prescribed text, and then taken out of the mail store. See README.md for what
//! it is for and docs/ for how it is run.
//!
//! The modules stand in layers, and a module uses only those below it:
//!
//! ```text
//! cli, daemon
//! web
//! intake, outbox, handover, export, health, verify, heads
//! mailbox, diary, smtp
//! reply, pdf, decision
//! triage
//! message
//! model, config, clock, pulse, faults, tls
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod decision;
pub mod diary;
pub mod export;
pub mod faults;
pub mod handover;
pub mod heads;
pub mod health;
pub mod intake;
pub mod mailbox;
pub mod message;
pub mod model;
pub mod outbox;
pub mod pdf;
pub mod pulse;
pub mod reply;
pub mod smtp;
pub mod tls;
pub mod triage;
pub mod verify;
pub mod web;
