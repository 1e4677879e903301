//! What reading a message costs, stage by stage, on one core, and printed as a table. Reads the mail of public test sets
//! where it is at hand (`$INKOM_SHARED/mail`, else `../shared/mail`), else the made-up mail of fixtures/. Asserts nothing.

// A bench is read by people.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

mod support;

use std::time::{Duration, Instant};

use inkom::config::{Authority, Limits, Reply};
use inkom::message::{self, Message};
use inkom::reply::{self, Context};
use inkom::triage::{self, Known, UrgencyWords};
use jiff::Timestamp;

/// Times over, so that the clock's own steps do not count.
const ROUNDS: usize = 3;

fn main() {
    let raws = support::messages();
    let bytes: usize = raws.iter().map(Vec::len).sum();
    let before = support::memory_kb("VmHWM");
    println!("{} messages, {:.1} MB, {ROUNDS} times over, one core", raws.len(), bytes as f64 / 1e6);
    println!("{:<10} {:>10} {:>12} {:>10} {:>14}", "", "seconds", "per second", "MB/s", "slowest, ms");

    let (authority, reply, limits) = (Authority::default(), Reply::default(), Limits::default());
    let now: Timestamp = "2026-11-25T08:00:00Z".parse().unwrap();
    let known = Known {
        authority: &authority,
        own_addresses: &[],
        reply_text: "",
        in_junk_folder: false,
        today: inkom::clock::day(now),
        urgency_words: &UrgencyWords::supplied(),
    };
    let context = Context {
        authority: &authority,
        reply: &reply,
        own_addresses: &[],
        received_for: &[],
        probable_duplicate: false,
        arrived_at: now,
        now,
        answered_recently: false,
        answers_this_week: 0,
    };
    let stages: [(&str, Stage<'_>); 3] = [
        ("read", &|raw, _| drop(message::read(raw, limits.read_max_bytes))),
        ("triage", &|_, message| drop(triage::facts(message, &known))),
        ("all", &|raw, _| {
            let message = message::read(raw, limits.read_max_bytes);
            let facts = triage::facts(&message, &known);
            drop(reply::decide(&message, &facts, &context));
        }),
    ];
    for (name, stage) in stages {
        let (mut total, mut slowest) = (Duration::ZERO, Duration::ZERO);
        for raw in &raws {
            let message = if name == "triage" { message::read(raw, limits.read_max_bytes) } else { Message::default() };
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                stage(raw, &message);
                let took = begun.elapsed();
                total += took;
                slowest = slowest.max(took);
            }
        }
        let seconds = total.as_secs_f64();
        let times = (raws.len() * ROUNDS) as f64;
        println!(
            "{name:<10} {seconds:>10.2} {:>12.0} {:>10.1} {:>14.1}",
            times / seconds,
            (bytes * ROUNDS) as f64 / 1e6 / seconds,
            slowest.as_secs_f64() * 1e3
        );
    }
    let peak = support::memory_kb("VmHWM");
    println!("peak memory {:.1} MB, {:.1} MB of it the messages themselves", peak as f64 / 1e3, before as f64 / 1e3);
}

/// What is timed: given the bytes of a message, and the message that they are where a stage begins with it.
type Stage<'a> = &'a dyn Fn(&[u8], &Message);
