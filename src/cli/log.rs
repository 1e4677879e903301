//! Logs: readable on a terminal, JSON for the journal. Only inkom's own records: other crates' hold mail.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clock;

pub fn start(level: tracing::Level) {
    let ours = FilterFn::new(|metadata| metadata.target().split("::").next() == Some(env!("CARGO_PKG_NAME")));
    let under_systemd = std::env::var_os("JOURNAL_STREAM").is_some();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer = if under_systemd {
        layer.json().flatten_event(true).boxed()
    } else {
        layer.with_ansi(std::io::stderr().is_terminal()).with_timer(Stockholm).event_format(Line).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(ours).with_filter(LevelFilter::from_level(level))).init();
}

struct Stockholm;

impl FormatTime for Stockholm {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        w.write_str(&clock::second(clock::Clock::default().now()))
    }
}

/// One line per event: time, level unless it is the usual one, message. The fields are for machines.
struct Line;

impl<S, N> tracing_subscriber::fmt::FormatEvent<S, N> for Line
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    N: for<'a> tracing_subscriber::fmt::FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &tracing_subscriber::fmt::FmtContext<'_, S, N>,
        mut w: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let (bold, plain) = if w.has_ansi_escapes() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        Stockholm.format_time(&mut w)?;
        let level = *event.metadata().level();
        if level != tracing::Level::INFO {
            write!(w, " {bold}{level}{plain}")?;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        writeln!(w, "  {}", message.0)
    }
}

struct Message(String);

impl tracing::field::Visit for Message {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
