//! What the PDF of a message costs, on one core and in one process, and printed as a table; and that memory does not grow
//! with the number of documents. Asserts nothing.

// A bench is read by people.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use inkom::config;
use inkom::message::{self, Message};
use inkom::model::{Arrival, ArrivalSource, DiaryNumber, Digest};
use inkom::pdf::{self, Cover, Fonts};
use jiff::Timestamp;

const ROUNDS: usize = 200;
const IN_A_ROW: usize = 1_000;

fn main() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = |name: &str| std::fs::read(project.join("fixtures").join(name)).unwrap();
    let paragraph = "Jag har en tid hos er på torsdag och undrar om jag kan komma en halvtimme senare, för bussen går inte \
                     som den brukar den här veckan. Om det inte går tar jag gärna en annan dag, helst på förmiddagen.\r\n\r\n";
    let long = ["From: a@example.se\r\nSubject: Lång\r\n\r\n", &paragraph.repeat(40)].concat();
    let fonts = Fonts::new(config::Pdf::default().font_folders);

    println!("{ROUNDS} times over, one core, one process; bytes without the embedded original and attachments");
    println!("{:<28} {:>8} {:>10} {:>10} {:>10} {:>8}", "", "pages", "median, ms", "p95, ms", "first, ms", "kB");
    for (name, raw) in [
        ("plain Swedish", fixture("mail/plain-swedish.eml")),
        ("all scripts", fixture("pdf/scripts.eml")),
        ("40 paragraphs", long.into_bytes()),
        ("tables, images, enclosed", fixture("pdf/rich.eml")),
    ] {
        let message = message::read(&raw, u64::MAX);
        let mut took = Vec::new();
        let mut bytes = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            bytes = render(&fonts, &message, &raw);
            took.push(begun.elapsed());
        }
        let (first, pages) = (took[0], lopdf::Document::load_mem(&bytes).unwrap().get_pages().len());
        took.sort();
        println!(
            "{name:<28} {pages:>8} {:>10.2} {:>10.2} {:>10.2} {:>8.1}",
            millis(took[ROUNDS / 2]),
            millis(took[ROUNDS * 95 / 100]),
            millis(first),
            (bytes.len() - embedded(&bytes)) as f64 / 1e3
        );
    }
    real_mail(&fonts);
    in_a_row(&fonts, &fixture("pdf/scripts.eml"));
}

/// Of public test sets, where they are at hand.
fn real_mail(fonts: &Fonts) {
    let mut took = Vec::new();
    for raw in support::messages() {
        let message = message::read(&raw, u64::MAX);
        let begun = Instant::now();
        render(fonts, &message, &raw);
        took.push(begun.elapsed());
    }
    took.sort();
    let total: Duration = took.iter().sum();
    println!(
        "{} messages: mean {:.2} ms, median {:.2} ms, p95 {:.2} ms, slowest {:.0} ms",
        took.len(),
        millis(total) / took.len() as f64,
        millis(took[took.len() / 2]),
        millis(took[took.len() * 95 / 100]),
        millis(took[took.len() - 1])
    );
}

fn in_a_row(fonts: &Fonts, raw: &[u8]) {
    let message = message::read(raw, u64::MAX);
    let mut rss = Vec::new();
    for _ in 0..4 {
        for _ in 0..IN_A_ROW / 4 {
            render(fonts, &message, raw);
        }
        rss.push(format!("{:.1}", support::memory_kb("VmRSS") as f64 / 1e3));
    }
    println!("resident memory after each quarter of {IN_A_ROW} in a row, MB: {}", rss.join(", "));
}

fn render(fonts: &Fonts, message: &Message, raw: &[u8]) -> Vec<u8> {
    let at: Timestamp = "2026-11-25T08:00:00Z".parse().unwrap();
    let number: DiaryNumber = "MM 2026-00001".parse().unwrap();
    let arrival = Arrival { arrived_at: at, source: ArrivalSource::OwnHost, internal_date: at, fetched_at: at };
    let cover = Cover {
        authority: "Region Provlandet",
        unit: "Mini-Maria Exempelstad",
        number: &number,
        arrival: &arrival,
        registered_at: at,
        raw: &Digest::of(raw),
        raw_size_bytes: raw.len() as u64,
        folder: "INBOX",
    };
    pdf::render(fonts, &cover, message, raw).unwrap()
}

/// The size of the files in a document, as they are stored there.
fn embedded(pdf: &[u8]) -> usize {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    streams.filter(|stream| stream.dict.has_type(b"EmbeddedFile")).map(|stream| stream.content.len()).sum()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
