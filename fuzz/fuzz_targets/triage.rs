//! Any text as a person's mail, through all that triage looks for, and to a decision.
#![no_main]

use inkom::config::{Authority, Reply};
use inkom::message::read;
use inkom::reply::{Context, decide};
use inkom::triage::{Known, UrgencyWords, facts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let raw = [b"From: anna@b.example\nTo: m@example.se\n", raw].concat();
    let message = read(&raw, 50_000_000);
    let (authority, reply) = (Authority::default(), Reply::default());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let known = Known {
        authority: &authority,
        own_addresses: &["m@example.se"],
        reply_text: "OBS! Svara inte.",
        in_junk_folder: false,
        today: jiff::civil::date(2026, 11, 25),
        urgency_words: &UrgencyWords::supplied(),
    };
    let facts = facts(&message, &known);
    for identifier in &facts.identifiers {
        assert_eq!(identifier.value.len(), 12, "{identifier:?}");
    }
    let context = Context {
        authority: &authority,
        reply: &reply,
        own_addresses: &["m@example.se"],
        received_for: &[],
        probable_duplicate: false,
        arrived_at: now,
        now,
        answered_recently: false,
        answers_this_week: 0,
    };
    decide(&message, &facts, &context);
});
