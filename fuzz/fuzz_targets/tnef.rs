//! Any bytes as what a winmail.dat holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let head = b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: binary\n\n\x78\x9f\x3e\x22\0\0";
    let raw = [&head[..], stream].concat();
    let message = inkom::message::read(&raw, 50_000_000);
    assert!(!message.defects.contains(&inkom::message::Defect::Unreadable));
    assert!(message.attachments.len() <= 2_100);
});
