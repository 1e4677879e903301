//! Any bytes as a message: nothing panics, and what is shown stays within its bounds.
#![no_main]

use inkom::message::{parts, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let message = read(raw, 50_000_000);
    assert!(!message.defects.contains(&inkom::message::Defect::Unreadable) || message.headers.is_empty());
    let shown = |c: char| c == '\n' || c == '\t' || !c.is_control();
    assert!(message.text.chars().all(shown));
    assert!(message.text.len() <= 8_100_000);
    assert!(message.attachments.len() <= 2_100);
    for (at, attachment) in message.attachments.iter().enumerate() {
        assert!(attachment.within.is_none_or(|within| within < at));
    }
    parts(raw, 50_000_000);
});
