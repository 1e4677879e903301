//! Any bytes as HTML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|html: &[u8]| {
    let raw = [b"Content-Type: text/html; charset=utf-8\n\n", html].concat();
    let message = inkom::message::read(&raw, 50_000_000);
    assert!(!message.defects.contains(&inkom::message::Defect::Unreadable));
    assert!(message.text.len() <= 8_000_000);
});
