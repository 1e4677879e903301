//! Any bytes as the HTML of a message, through blocks to a PDF that can be read.
#![no_main]

use std::sync::LazyLock;

use inkom::message::read;
use inkom::model::{Arrival, ArrivalSource, DiaryNumber, Digest};
use inkom::pdf::{Cover, Fonts, render};
use libfuzzer_sys::fuzz_target;

static FONTS: LazyLock<Fonts> = LazyLock::new(Fonts::default);

fuzz_target!(|html: &[u8]| {
    let raw = [b"From: anna@b.example\nContent-Type: text/html; charset=utf-8\n\n", html].concat();
    let message = read(&raw, 50_000_000);
    let at = jiff::Timestamp::UNIX_EPOCH;
    let number: DiaryNumber = "MM 2026-00001".parse().expect("a number");
    let cover = Cover {
        authority: "Region Provlandet",
        unit: "Mini-Maria",
        number: &number,
        arrival: &Arrival { arrived_at: at, source: ArrivalSource::MailStore, internal_date: at, fetched_at: at },
        registered_at: at,
        raw: &Digest::of(&raw),
        raw_size_bytes: raw.len() as u64,
        folder: "INBOX",
    };
    let pdf = render(&FONTS, &cover, &message, &raw).expect("every message has a PDF");
    assert!(pdf.starts_with(b"%PDF-1.7"));
});
