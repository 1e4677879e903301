//! `/healthz` and `/metrics`, as a scraper reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use inkom::model::{HoldReason, Resume};
use inkom::pulse::Pulse;
use inkom::web::Metrics;
use jiff::{SignedDuration, Timestamp};

use super::mail;
use crate::support::pages::Pages;
use crate::support::site::{Browser, Page, Site};
use crate::support::store::queue;

/// Every sample by its name with labels, as the format has it: no line that is neither a comment nor a sample, every family
/// announced before its first sample and in one place.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families, mut family) = (BTreeMap::new(), Vec::new(), "");
    for line in text.lines() {
        if let Some(announced) = line.strip_prefix("# TYPE ") {
            let (name, kind) = announced.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert!(!families.contains(&name), "{name} stands in two places");
            families.push(name);
            family = name;
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            assert_eq!(name, family, "{line}");
            assert!(name.starts_with("inkom_") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
            assert!(samples.insert(sample.to_owned(), value.parse().unwrap()).is_none(), "{line} twice");
        }
    }
    samples
}

struct Scraper {
    base: String,
    _pulse: Pulse,
}

impl Scraper {
    fn of(pages: &Pages) -> Self {
        let metrics = Metrics::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&pages.watch)).unwrap();
        let (base, pulse) = (format!("http://{}", metrics.address), Pulse::default());
        tokio::spawn(metrics.run(pulse.heart("metrics")));
        Self { base, _pulse: pulse }
    }

    async fn get(&self, path: &str) -> Page {
        Browser::default().get(&format!("{}{path}", self.base)).await
    }

    async fn samples(&self) -> BTreeMap<String, f64> {
        let page = self.get("/metrics").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        parse(&page.text)
    }
}

#[tokio::test]
async fn the_values_follow_what_happens_and_tell_of_no_one() {
    let pages = Pages::open().await;
    let scraper = Scraper::of(&pages);
    let before = scraper.samples().await;
    for (sample, value) in [
        ("inkom_held_entries{unit=\"Mottagningen\"}", 0.0),
        ("inkom_replies{state=\"queued\"}", 0.0),
        ("inkom_problem{problem=\"entries-held\"}", 0.0),
        ("inkom_mailbox_quiet{mailbox=\"mottagningen\"}", 0.0),
        ("inkom_ledger_balanced{mailbox=\"mottagningen\",folder=\"INBOX\"}", 1.0),
    ] {
        assert_eq!(before.get(sample), Some(&value), "{sample} {before:#?}");
    }
    assert!(before["inkom_disk_free_bytes"] > 0.0 && before["inkom_database_size_bytes"] > 0.0);

    let now = Timestamp::now();
    for at in [now - SignedDuration::from_mins(2), now] {
        let raw = mail("Hemlig Person <hemlig@example.org>", &format!("Hemligt ämne {at}"), "hemlig text");
        pages.entry("Mottagningen", &raw, at).await;
    }
    let mut tx = pages.diary.write().await.unwrap();
    let entries = tx.newest(2).await.unwrap();
    let at = Resume::Remove;
    tx.hold(&entries[0].entry, at, HoldReason::CannotRemove, now).await.unwrap();
    queue(&mut tx, entries[1].entry.id, "hemlig@example.org", now).await;
    tx.meet_folder("mottagningen", "INBOX", 1, now).await.unwrap();
    tx.commit().await.unwrap();

    let page = scraper.get("/metrics").await;
    let after = parse(&page.text);
    for (sample, value) in [
        ("inkom_held_entries{unit=\"Mottagningen\"}", 1.0),
        ("inkom_replies{state=\"queued\"}", 1.0),
        ("inkom_problem{problem=\"entries-held\"}", 1.0),
        ("inkom_registered_entries_total{series=\"MM\"}", 2.0),
        ("inkom_last_poll_seconds{mailbox=\"mottagningen\",folder=\"INBOX\"}", 1.0 * seconds(now)),
        ("inkom_poll_messages{mailbox=\"mottagningen\",folder=\"INBOX\",outcome=\"seen\"}", 0.0),
    ] {
        assert_eq!(after.get(sample), Some(&value), "{sample} {after:#?}");
    }
    for told in ["hemlig", "Hemlig", "@", "MM 2"] {
        assert!(!page.text.contains(told), "{told} in {}", page.text);
    }
    // A held entry waits for a person, which is no fault of the service.
    let healthz = scraper.get("/healthz").await;
    assert_eq!((healthz.status, healthz.text.as_str()), (200, "ok\n"));
}

#[allow(clippy::cast_precision_loss)]
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

#[tokio::test]
async fn what_stops_the_service_is_told_in_a_line_until_it_is_over() {
    use inkom::diary::AlarmName;
    let pages = Pages::open().await;
    let scraper = Scraper::of(&pages);
    let now = Timestamp::now();
    let mut tx = pages.diary.write().await.unwrap();
    tx.raise(AlarmName::Breaker, now, "61 replies in an hour").await.unwrap();
    tx.commit().await.unwrap();
    let page = scraper.get("/healthz").await;
    assert_eq!(page.status, 503);
    assert_eq!(page.text, format!("sending stopped since {}\n", inkom::clock::minute(now)));
    let mut tx = pages.diary.write().await.unwrap();
    tx.silence(AlarmName::Breaker, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(scraper.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_serves_them_on_an_address_of_their_own_and_nothing_else_there() {
    let web =
        "listen = '127.0.0.1:0'\norigin = 'http://localhost'\nsign_in.kind = 'demo'\nmetrics_listen = '127.0.0.1:0'";
    let site = Site::open(web).await;
    let base = format!("http://{}", site.metrics.unwrap());
    let mut scraper = Browser::default();
    assert_eq!(scraper.get(&format!("{base}/healthz")).await.status, 200);
    assert_eq!(scraper.get(&format!("{base}/metrics")).await.status, 200);
    for (method, path, status) in
        [("POST", "/metrics", 405), ("PUT", "/healthz", 405), ("GET", "/", 404), ("GET", "/logga-in", 404)]
    {
        assert_eq!(scraper.ask(method, &format!("{base}{path}"), "").await.status, status, "{method} {path}");
    }
    for path in ["/metrics", "/healthz"] {
        assert_eq!(scraper.get(&format!("{}{path}", site.origin)).await.status, 404, "{path}");
    }
    site.close().await;
}
