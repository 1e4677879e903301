//! What taking in mail costs, measured on the real program against Dovecot over TLS, and printed as a table.
//!
//! Everything is done and durable when the clock stops: number, kept bytes, PDF, reply decision and outbox row, and the
//! original seen to be gone from the server. Nothing is asserted; the figures are for people.

// Test support is made for tests.
#![allow(dead_code, clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use inkom::clock;
use inkom::config::Config;
use inkom::diary::{Diary, Facts, NewEntry};
use inkom::mailbox::Mailbox as _;
use inkom::message::Summary;
use inkom::model::{ArrivalSource, Digest, Series, Stage};
use jiff::Timestamp;
use support::clinic::{Clinic, Options};

const MESSAGES: usize = 2_000;
/// One in so many carries an attachment of 750 kB, about 1 MB on the wire.
const BIG_EVERY: usize = 200;

#[tokio::main]
async fn main() {
    // `cargo test --benches` and the like pass flags; there is nothing to choose.
    println!("{:<44} {:>10} {:>12} {:>10}", "", "seconds", "per second", "peak MB");
    drain().await;
    one_large().await;
    for entries in [1_000, 100_000] {
        after(entries).await;
    }
    idle().await;
}

/// A line of `/proc/PID/status`, such as `VmHWM`.
fn memory_kb(clinic: &Clinic, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", clinic.pid().as_raw_nonzero())).unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    value.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

fn row(what: &str, took: Option<(Duration, usize)>, memory_kb: u64) {
    let mut line = format!("{what:<44}");
    match took {
        Some((took, messages)) => {
            let seconds = took.as_secs_f64();
            let _ = write!(line, " {seconds:>10.2} {:>12.0}", messages as f64 / seconds);
        }
        None => line.push_str(&" ".repeat(24)),
    }
    println!("{line} {:>10.1}", memory_kb as f64 / 1000.0);
}

/// The usual options, with the usual breaker: replies are queued, and sixty of them go out.
fn options() -> Options {
    Options { reply: "", authority: "own_hosts = [\"mx.example.se\"]", ..Options::default() }
}

/// Takes in what was delivered, and gives the time from the start of the process to an empty mailbox.
async fn take_in(clinic: &mut Clinic) -> Duration {
    // The server has indexed what was delivered, as it would have long before.
    clinic.dovecot.imap().survey("INBOX").await.unwrap();
    // Nor is the disk still busy with what was laid there.
    rustix::fs::sync();
    let begun = Instant::now();
    clinic.start_as("warn", &[]);
    while clinic.left() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

async fn drain() {
    let mut clinic = Clinic::with(options()).await;
    let mut random = Random(7);
    let mut bytes = 0;
    for n in 0..MESSAGES {
        let raw = bench_mail(n, &mut random);
        bytes += raw.len();
        clinic.deliver(&raw);
    }
    let took = take_in(&mut clinic).await;
    row(
        &format!("{MESSAGES} messages, {:.1} MB", bytes as f64 / 1e6),
        Some((took, MESSAGES)),
        memory_kb(&clinic, "VmHWM"),
    );
    clinic.stop();
    let entries = clinic.entries().await;
    let done = entries.iter().filter(|details| matches!(details.entry.stage, Stage::Done(_))).count();
    let report = clinic.verify().await;
    println!("    {done} done, {} faults, {} audit rows", report.faults.len(), report.audit_rows);
}

async fn one_large() {
    let mut clinic = Clinic::with(options()).await;
    clinic.deliver(&mail_with_attachment(1, 36_500_000, &mut Random(3)));
    let took = take_in(&mut clinic).await;
    row("one message of 50 MB", Some((took, 1)), memory_kb(&clinic, "VmHWM"));
    clinic.stop();
}

/// Whether a message costs more in a large diary.
async fn after(entries: usize) {
    const NEW: usize = 500;
    let mut clinic = Clinic::with(options()).await;
    fill(&clinic, entries).await;
    let mut random = Random(11);
    for n in 0..NEW {
        clinic.deliver(&bench_mail(n * BIG_EVERY, &mut random));
    }
    let took = take_in(&mut clinic).await;
    row(&format!("{NEW} messages into a diary of {entries}"), Some((took, NEW)), memory_kb(&clinic, "VmHWM"));
    clinic.stop();
}

async fn idle() {
    let mut clinic = Clinic::with(options()).await;
    clinic.start_as("warn", &[]);
    tokio::time::sleep(Duration::from_secs(8)).await;
    row("waiting for mail", None, memory_kb(&clinic, "VmRSS"));
    clinic.stop();
}

/// Entries as the daemon leaves them, written through the diary itself.
async fn fill(clinic: &Clinic, entries: usize) {
    let diary = Diary::prepare(&Config::load(&clinic.config()).unwrap()).await.unwrap();
    let series: Series = "MM".parse().unwrap();
    let (now, pdf) = (Timestamp::now(), vec![7; 3000]);
    for batch in 0..entries.div_ceil(500) {
        let mut tx = diary.write().await.unwrap();
        for n in 0..500 {
            let raw = format!("From: a@example.org\r\nMessage-ID: <{batch}.{n}@example.org>\r\n\r\nHej\r\n");
            let new = NewEntry {
                mailbox: "mottagningen",
                folder: "INBOX",
                unit: "Mottagningen",
                hsa_id: "SE2321000131-E000000000001",
                series: &series,
                first_serial: 1,
                internal_date: now,
                fetched_at: now,
                raw: raw.as_bytes(),
                backlog: false,
                held: None,
                by_hand: None,
            };
            let entry = tx.register(&new, now).await.unwrap();
            let facts = Facts {
                triage: inkom::triage::Facts::default(),
                arrived_at: now,
                arrival_source: ArrivalSource::OwnHost,
                message_id: format!("{batch}.{n}@example.org"),
                date_header: String::new(),
                summary: Summary::default(),
                duplicate_of: None,
                answers: None,
                text: String::new(),
                cancels_today: false,
            };
            let pdf = [pdf.as_slice(), &entry.id.0.to_be_bytes()].concat();
            tx.rendered(&entry, Digest::of(raw.as_bytes()), &pdf, &facts, now).await.unwrap();
            tx.answered(&entry, false, "list", now).await.unwrap();
            tx.done_if_gone(entry.id, now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    diary.close().await;
}

/// About 13 kB on average: text of a few kB, and an attachment in every other.
fn bench_mail(n: usize, random: &mut Random) -> Vec<u8> {
    match n % BIG_EVERY {
        last if last == BIG_EVERY - 1 => mail_with_attachment(n, 750_000, random),
        odd if odd % 2 == 1 => mail_with_attachment(n, 4_000 + (random.next() % 18_000) as usize, random),
        _ => mail_with_attachment(n, 0, random),
    }
}

fn mail_with_attachment(n: usize, attached_bytes: usize, random: &mut Random) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "hej",
        "tack",
        "för",
        "mötet",
        "jag",
        "vill",
        "boka",
        "tid",
        "på",
        "mottagningen",
        "återbesök",
        "smärta",
        "svar",
        "provtagning",
        "måndag",
        "försäkring",
    ];
    let date = clock::stockholm(Timestamp::now()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    let mut mail = format!(
        "Return-Path: <avsandare{n}@example.org>\r\n\
         Received: from relay.example.org (relay.example.org [192.0.2.1]) by mx.example.se with ESMTPS id {n:x}; {date}\r\n\
         Received: from home.example.org by relay.example.org with ESMTPS id {:x}; {date}\r\n\
         From: \"Exempel {n}\" <avsandare{n}@example.org>\r\nTo: mottagningen@example.se\r\nSubject: =?utf-8?Q?=C3=84rende_{n}?=\r\n\
         Date: {date}\r\nMessage-ID: <{:x}.{n}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"grans\"\r\n\r\n--grans\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
        random.next(),
        random.next()
    );
    for _ in 0..5 + random.next() % 60 {
        for _ in 0..10 {
            mail.push_str(WORDS[(random.next() % 16) as usize]);
            mail.push(' ');
        }
        mail.push_str("\r\n");
    }
    if attached_bytes > 0 {
        mail.push_str(
            "--grans\r\nContent-Type: image/jpeg; name=bild.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        );
        let digits: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for _ in 0..attached_bytes / 57 {
            for _ in 0..76 {
                mail.push(digits[(random.next() % 64) as usize].into());
            }
            mail.push_str("\r\n");
        }
    }
    mail.push_str("--grans--\r\n");
    mail.into_bytes()
}

/// `SplitMix64`: the same mail every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
