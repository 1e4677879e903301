//! What would happen to this mail? Reads messages on disk as the daemon would, and says what it found and what it would do.
//! Nothing is kept, sent or removed.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::table::{counted, cut, labelled};
use super::{facts, input, progress_done};
use crate::clock::{self, Clock};
use crate::config::{Authority, Config, GovernedText, Limits, Reply};
use crate::message::{self, Address, Attachment, Defect, Message, Part};
use crate::reply::{self, Context, Decision};
use crate::triage::{self, Facts, FoundMatter, Identifier, Known, Sign, UrgencyWords};

/// So many lines of a text are shown on the page; the JSON has all.
const MAX_LINES: usize = 200;
/// Of one line, in characters.
const MAX_LINE: usize = 2_000;

/// Say what would happen to messages on disk: what they are, and whether they would be answered. Changes nothing.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Messages, mbox files, or folders of them; `-` reads one from standard input.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Judge by this configuration. Without one the defaults serve, and no address is known as our own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object per line and message. docs/inspect-json.md explains it.
    #[arg(long)]
    json: bool,
    /// With --json: every part of each message too.
    #[arg(long, requires = "json")]
    parts: bool,
    /// Judge as if our address stood in To or Cc.
    #[arg(long)]
    any_recipient: bool,
}

impl Inspect {
    pub fn run(&self) -> Result<ExitCode> {
        let judge = Judge::new(self)?;
        let files = input::files(&self.paths)?;
        let (mut counts, mut failed) = (Counts::default(), 0_usize);
        for (at, path) in files.iter().enumerate() {
            if std::io::stderr().is_terminal() && !std::io::stdout().is_terminal() {
                super::progress("Inspecting file", at as u64 + 1, files.len() as u64);
            }
            match input::read(path) {
                Ok(raw) => self.messages(path, &raw, &judge, &mut counts)?,
                Err(error) => {
                    failed += 1;
                    progress_done();
                    eprintln!("inkom: {}: {error:#}", path.display());
                }
            }
        }
        progress_done();
        let summary = counts.summary(failed);
        if self.json {
            eprint!("{summary}");
        } else {
            print!("{summary}");
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn messages(&self, path: &Path, raw: &[u8], judge: &Judge, counts: &mut Counts) -> Result<()> {
        let messages = message::messages(raw);
        let is_mbox = messages.len() > 1;
        let mut out = std::io::stdout().lock();
        for (index, raw) in (1..).zip(messages) {
            let seen = judge.see(raw);
            counts.add(&seen);
            let index = is_mbox.then_some(index);
            if self.json {
                let parts = self.parts.then(|| message::parts(raw, judge.limits.read_max_bytes));
                serde_json::to_writer(&mut out, &Json::of(path, index, &seen, parts.as_deref()))?;
                writeln!(out)?;
            } else {
                write!(out, "{}", page(path, index, &seen))?;
            }
        }
        Ok(())
    }
}

/// By what messages are judged.
struct Judge {
    authority: Authority,
    reply: Reply,
    limits: Limits,
    own_addresses: Vec<String>,
    received_for: Vec<String>,
    reply_text: String,
    urgency_words: Arc<UrgencyWords>,
    now: Timestamp,
}

/// One message as it was read and judged.
struct Seen {
    message: Message,
    facts: Facts,
    decision: Decision,
}

impl Judge {
    fn new(inspect: &Inspect) -> Result<Self> {
        let config = inspect.config.as_deref().map(Config::load).transpose()?;
        let urgency_file = config.as_ref().and_then(|config| config.triage.urgency_file.as_deref());
        let urgency_words = UrgencyWords::load(urgency_file)?;
        let now = Clock::default().now();
        let mut judge = match config {
            Some(config) => Self {
                reply_text: GovernedText::load(&config.reply.text_file)?.text,
                own_addresses: config.own_addresses().map(str::to_owned).collect(),
                received_for: config.mailboxes.iter().flat_map(|mailbox| mailbox.addresses.clone()).collect(),
                authority: config.authority,
                reply: config.reply,
                limits: config.limits,
                urgency_words,
                now,
            },
            None => Self {
                authority: Authority::default(),
                // Which addresses would be ours is not known.
                reply: Reply { only_when_addressed: false, ..Reply::default() },
                limits: Limits::default(),
                own_addresses: Vec::new(),
                received_for: Vec::new(),
                reply_text: String::new(),
                urgency_words,
                now,
            },
        };
        judge.reply.only_when_addressed &= !inspect.any_recipient;
        Ok(judge)
    }

    /// As if it had just arrived, and nobody had been answered before.
    fn see(&self, raw: &[u8]) -> Seen {
        let message = message::read(raw, self.limits.read_max_bytes);
        let own_addresses: Vec<&str> = self.own_addresses.iter().map(String::as_str).collect();
        let known = Known {
            authority: &self.authority,
            own_addresses: &own_addresses,
            reply_text: &self.reply_text,
            in_junk_folder: false,
            today: clock::day(self.now),
            urgency_words: &self.urgency_words,
        };
        let facts = triage::facts(&message, &known);
        let context = Context {
            authority: &self.authority,
            reply: &self.reply,
            own_addresses: &own_addresses,
            received_for: &self.received_for,
            probable_duplicate: false,
            arrived_at: self.now,
            now: self.now,
            answered_recently: false,
            answers_this_week: 0,
        };
        let decision = reply::decide(&message, &facts, &context);
        Seen { message, facts, decision }
    }
}

#[derive(Default)]
struct Counts {
    messages: usize,
    answers: usize,
    urgent: usize,
    with_identifiers: usize,
    with_defects: usize,
    kinds: std::collections::BTreeMap<&'static str, usize>,
}

impl Counts {
    fn add(&mut self, seen: &Seen) {
        self.messages += 1;
        self.answers += usize::from(matches!(seen.decision, Decision::Answer(_)));
        self.urgent += usize::from(seen.facts.urgency.urgent);
        self.with_identifiers += usize::from(!seen.facts.identifiers.is_empty());
        self.with_defects += usize::from(!seen.message.defects.is_empty());
        *self.kinds.entry(seen.facts.kind.word()).or_default() += 1;
    }

    fn summary(&self, failed: usize) -> String {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let mut text = labelled(
            "",
            &format!(
                "{}: {} would be answered, {} not.",
                counted(self.messages, "message", "messages"),
                self.answers,
                self.messages - self.answers
            ),
        );
        if self.messages > 0 {
            text += &labelled("Kinds: ", &format!("{}.", kinds.join(", ")));
            text += &labelled(
                "",
                &format!(
                    "{} urgent, {} with numbers of persons, {} with something repaired or not shown.",
                    self.urgent, self.with_identifiers, self.with_defects
                ),
            );
        }
        if failed > 0 {
            text += &labelled("", &format!("{} could not be read.", counted(failed, "file", "files")));
        }
        text
    }
}

/// A message as a page for a terminal.
fn page(path: &Path, index: Option<usize>, seen: &Seen) -> String {
    let Seen { message, facts, decision } = seen;
    let mut page = cut(&path.display().to_string(), usize::MAX);
    page += &index.map(|index| format!(", message {index}")).unwrap_or_default();
    page.push('\n');
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            page += &labelled(&format!("  {label:<13} "), &cut(text, 600));
        }
    };
    let list = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    line("From", &list(&message.from));
    line("To", &list(&message.to));
    line("Cc", &list(&message.cc));
    line("Date", &message.date.map(clock::minute).unwrap_or_default());
    line("Subject", message.subject.as_deref().unwrap_or_default());
    for (label, text) in facts::lines(facts) {
        line(label, &text);
    }
    line(
        "Reply",
        &match decision {
            Decision::Answer(recipient) => format!("besvaras. {}", recipient.chosen_by.text()),
            Decision::Silent(silence) => format!("besvaras inte. {}", silence.text()),
        },
    );
    for attachment in &message.attachments {
        let name = attachment.name.as_deref().unwrap_or("(no name)");
        line("Attachment", &format!("{name}, {}, {} bytes", attachment.media_type, attachment.size_bytes));
    }
    for defect in &message.defects {
        line("Note", &defect.text());
    }
    page.push('\n');
    let mut lines = message.text.lines();
    for text in lines.by_ref().take(MAX_LINES) {
        page += &labelled("    ", &cut(text, MAX_LINE));
    }
    match lines.count() {
        0 => {}
        more => page += &labelled("    … ", &format!("{}; --json has all", counted(more, "more line", "more lines"))),
    }
    page.push('\n');
    page
}

/// One message as a JSON object. The keys are a promise to those who read them: docs/inspect-json.md.
#[derive(Serialize)]
struct Json<'a> {
    path: std::borrow::Cow<'a, str>,
    index: Option<usize>,
    from: &'a [Address],
    to: &'a [Address],
    cc: &'a [Address],
    subject: Option<&'a str>,
    date: Option<String>,
    message_id: Option<&'a str>,
    text: &'a str,
    attachments: Vec<JsonAttachment<'a>>,
    defects: Vec<std::borrow::Cow<'static, str>>,
    kind: triage::Kind,
    signs: &'a [Sign],
    matter: Option<triage::Matter>,
    matters: &'a [FoundMatter],
    reply: JsonReply<'a>,
    identifiers: &'a [Identifier],
    urgency: &'a triage::Urgency,
    language: Option<&'a str>,
    authentication: triage::Authentication,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<JsonPart<'a>>>,
}

#[derive(Serialize)]
struct JsonAttachment<'a> {
    name: Option<&'a str>,
    #[serde(rename = "type")]
    media_type: &'a str,
    size_bytes: u64,
    sha256: String,
    within: Option<usize>,
}

#[derive(Serialize)]
struct JsonReply<'a> {
    decision: &'static str,
    reason: &'static str,
    rule: &'static str,
    recipient: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPart<'a> {
    number: &'a str,
    #[serde(rename = "type")]
    media_type: &'a str,
    name: Option<&'a str>,
    encoding: &'a str,
    charset: Option<&'a str>,
    size_bytes: u64,
    sha256: String,
    text: Option<&'a str>,
}

impl<'a> Json<'a> {
    fn of(path: &'a Path, index: Option<usize>, seen: &'a Seen, parts: Option<&'a [Part]>) -> Self {
        let Seen { message, facts, decision } = seen;
        Self {
            path: path.to_string_lossy(),
            index,
            from: &message.from,
            to: &message.to,
            cc: &message.cc,
            subject: message.subject.as_deref(),
            date: message.date.map(|date| date.to_string()),
            message_id: message.message_id.as_deref(),
            text: &message.text,
            attachments: message.attachments.iter().map(JsonAttachment::of).collect(),
            defects: message.defects.iter().map(Defect::text).collect(),
            kind: facts.kind,
            signs: &facts.signs,
            matter: facts.matters.first().map(|found| found.matter),
            matters: &facts.matters,
            reply: match decision {
                Decision::Answer(recipient) => JsonReply {
                    decision: "answer",
                    reason: recipient.chosen_by.text(),
                    rule: recipient.chosen_by.word(),
                    recipient: Some(&recipient.address),
                },
                Decision::Silent(silence) => {
                    JsonReply { decision: "silent", reason: silence.text(), rule: silence.word(), recipient: None }
                }
            },
            identifiers: &facts.identifiers,
            urgency: &facts.urgency,
            language: facts.language.as_deref(),
            authentication: facts.authentication,
            parts: parts.map(|parts| parts.iter().map(JsonPart::of).collect()),
        }
    }
}

impl<'a> JsonAttachment<'a> {
    fn of(attachment: &'a Attachment) -> Self {
        Self {
            name: attachment.name.as_deref(),
            media_type: &attachment.media_type,
            size_bytes: attachment.size_bytes,
            sha256: attachment.digest.to_string(),
            within: attachment.within,
        }
    }
}

impl<'a> JsonPart<'a> {
    fn of(part: &'a Part) -> Self {
        Self {
            number: &part.number,
            media_type: &part.media_type,
            name: part.name.as_deref(),
            encoding: &part.encoding,
            charset: part.charset.as_deref(),
            size_bytes: part.size_bytes,
            sha256: part.digest.to_string(),
            text: part.text.as_deref(),
        }
    }
}
