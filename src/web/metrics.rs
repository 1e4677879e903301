//! For what watches machines: `/healthz` and `/metrics`, on an address of this machine alone, without signing in. Nothing here
//! is of a person.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tracing::{error, info};

use super::serve;
use crate::clock;
use crate::health::{CertificateFacts, Facts, Problem, ProblemName, Watch};
use crate::pulse::Heart;

/// Prometheus' text format. Scrapers ask for this version by name.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bound, and ready to be served.
#[derive(Debug)]
pub struct Metrics {
    pub address: SocketAddr,
    listener: TcpListener,
    watch: Arc<Watch>,
}

impl Metrics {
    /// # Errors
    /// When the address is taken or not this machine's.
    pub fn bind(at: SocketAddr, watch: Arc<Watch>) -> Result<Self> {
        let listener = serve::listen("web.metrics_listen", at)?;
        Ok(Self { address: listener.local_addr().context("read the address")?, listener, watch })
    }

    pub async fn run(self, heart: Heart) {
        info!("Metrics are at http://{}/metrics", self.address);
        let app = Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics)).with_state(self.watch);
        serve::serve(self.listener, None, app, &heart).await;
    }
}

async fn healthz(State(watch): State<Arc<Watch>>) -> Response {
    let facts = match watch.facts().await {
        Ok(facts) => facts,
        Err(error) => return unreadable(&error),
    };
    match facts.problems().iter().find(|problem| problem.is_outage()) {
        None => "ok\n".into_response(),
        Some(problem) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reason(problem))).into_response(),
    }
}

fn unreadable(error: &anyhow::Error) -> Response {
    error!("The diary cannot be read: {error:#}");
    (StatusCode::SERVICE_UNAVAILABLE, "the diary cannot be read; the log says why\n").into_response()
}

fn reason(problem: &Problem) -> String {
    match problem {
        Problem::Stuck { task } => format!("{task} stands still"),
        Problem::DiskLow { free_bytes } => format!("disk low: {} MB free", free_bytes / 1_000_000),
        Problem::Quiet { mailbox, since: Some(at) } => format!("no poll of {mailbox} since {}", clock::minute(*at)),
        Problem::Quiet { mailbox, since: None } => format!("no poll of {mailbox} yet"),
        Problem::Breaker { since } => format!("sending stopped since {}", clock::minute(*since)),
        other => other.name().word().replace('-', " "),
    }
}

async fn metrics(State(watch): State<Arc<Watch>>) -> Response {
    match watch.facts().await {
        Ok(facts) => ([(header::CONTENT_TYPE, FORMAT)], text(&facts)).into_response(),
        Err(error) => unreadable(&error),
    }
}

/// The exposition format: a family's lines stand together, under what it means.
struct Exposition(String);

type Labels<'a> = &'a [(&'a str, &'a str)];

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.put(format_args!("# HELP inkom_{name} {help}\n# TYPE inkom_{name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl std::fmt::Display) {
        self.put(format_args!("inkom_{name}"));
        for (place, (label, text)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            self.put(format_args!("{before}{label}=\"{}\"", escaped(text)));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        self.put(format_args!("{after} {value}\n"));
    }

    /// A family of one.
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("a string takes all that is written");
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

fn text(facts: &Facts) -> String {
    let mut out = Exposition(String::new());
    out.family("build_info", "gauge", "The version that runs.");
    out.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    out.gauge("start_time_seconds", "When it started.", seconds(facts.started));

    out.family("problem", "gauge", "Whether someone has to do something about it; docs/operation.md says what.");
    let problems = facts.problems();
    for name in ProblemName::ALL {
        let is_there = problems.iter().any(|problem| problem.name() == name);
        out.sample("problem", &[("problem", name.word())], u8::from(is_there));
    }

    mailboxes(&mut out, facts);

    out.family("registered_entries_total", "counter", "Entries registered, by the diary's series.");
    for (series, count) in &facts.registered {
        out.sample("registered_entries_total", &[("series", series)], count);
    }
    out.family("held_entries", "gauge", "Entries that wait for a person, by unit.");
    let mut units: Vec<&str> = facts.mailboxes.iter().map(|mailbox| mailbox.unit.as_str()).collect();
    units.extend(facts.held.iter().map(|(unit, _)| unit.as_str()));
    units.sort_unstable();
    units.dedup();
    for unit in units {
        let held = facts.held.iter().find(|(of, _)| of == unit).map_or(0, |(_, count)| *count);
        out.sample("held_entries", &[("unit", unit)], held);
    }
    out.family("replies", "gauge", "Replies, by where they are.");
    for state in crate::diary::ReplyState::ALL {
        let count = facts.replies.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
        out.sample("replies", &[("state", state.word())], count);
    }

    if let Some(disk) = facts.disk {
        out.gauge("disk_free_bytes", "Room that is left where the diary lies.", disk.free_bytes);
        out.gauge("disk_size_bytes", "All room where the diary lies.", disk.size_bytes);
    }
    out.gauge("database_size_bytes", "The database's size.", facts.database_bytes);
    if let Some(end) = facts.text.until.tomorrow().ok().and_then(clock::begin_of) {
        out.gauge("reply_text_end_seconds", "When the prescribed text's validity ends.", seconds(end));
    }
    if let Some(CertificateFacts::Until(end)) = facts.certificate {
        out.gauge("certificate_end_seconds", "When the certificate of the pages ends.", seconds(end));
    }
    out.0
}

fn mailboxes(out: &mut Exposition, facts: &Facts) {
    let folders = || {
        let of = |mailbox| move |folder| (mailbox, folder);
        facts.mailboxes.iter().flat_map(move |mailbox| mailbox.folders.iter().map(of(mailbox)))
    };
    out.family("last_poll_seconds", "gauge", "When a folder was last polled with success.");
    for (mailbox, folder) in folders() {
        if let Some(state) = &folder.state {
            let labels = [("mailbox", mailbox.name.as_str()), ("folder", &folder.name)];
            out.sample("last_poll_seconds", &labels, seconds(state.polled_at));
        }
    }
    out.family("poll_messages", "gauge", "What the last poll saw in a folder, and what became of it.");
    for (mailbox, folder) in folders() {
        let Some(poll) = folder.state.as_ref().map(|state| state.poll) else { continue };
        for (outcome, count) in [
            ("seen", poll.seen),
            ("registered", poll.registered),
            ("again", poll.again),
            ("known", poll.known),
            ("vanished", poll.vanished),
            ("held", poll.held),
        ] {
            let labels = [("mailbox", mailbox.name.as_str()), ("folder", &folder.name), ("outcome", outcome)];
            out.sample("poll_messages", &labels, count);
        }
    }
    out.family("ledger_balanced", "gauge", "Whether all that the last poll saw is accounted for.");
    for (mailbox, folder) in folders() {
        let labels = [("mailbox", mailbox.name.as_str()), ("folder", &folder.name)];
        out.sample("ledger_balanced", &labels, u8::from(folder.is_accounted_for()));
    }
    out.family("mailbox_quiet", "gauge", "Whether a mailbox has gone without a successful poll for too long.");
    for mailbox in &facts.mailboxes {
        out.sample("mailbox_quiet", &[("mailbox", &mailbox.name)], u8::from(mailbox.is_quiet));
    }
    out.family("backlog_entries", "gauge", "Entries that wait for inkom adopt.");
    for mailbox in &facts.mailboxes {
        out.sample("backlog_entries", &[("mailbox", &mailbox.name)], mailbox.backlog);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_breaks_out_of_its_quotes() {
        let mut out = Exposition(String::new());
        out.sample("held_entries", &[("unit", "Mini \"Maria\" \\ Syd\nlinje 2"), ("folder", "INBOX")], 3);
        assert_eq!(out.0, "inkom_held_entries{unit=\"Mini \\\"Maria\\\" \\\\ Syd\\nlinje 2\",folder=\"INBOX\"} 3\n");
    }
}
