//! Tries everything the service needs, and changes nothing: no message is sent, none is removed, none is marked read.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jiff::Timestamp;

use super::table::{counted, labelled};
use super::{ConfigArg, progress, progress_done};
use crate::clock::{self, Clock};
use crate::config::{self, Catalogue, Config, ConfigError, GovernedText, SignIn, Source, Validity};
use crate::diary::{Diary, SQLITE_FILE};
use crate::handover;
use crate::health::{self, Disk, Problem};
use crate::mailbox::{Imap, ImapReport, Mailbox, MailboxError, Maildir, ServerKind};
use crate::message;
use crate::reply::{self, Context, Decision};
use crate::smtp::{Probe, SendError, Transport};
use crate::triage::{self, Known, UrgencyWords};
use crate::web::{Certificate, Provider};

/// How many messages are read at a time.
const BATCH: usize = 32;

/// What was found, line by line.
#[derive(Default)]
struct Findings {
    faults: usize,
    warnings: usize,
}

impl Findings {
    fn warn(&mut self, what: &str, text: impl AsRef<str>) {
        self.warnings += 1;
        say("WARN", what, text.as_ref());
    }

    fn fault(&mut self, what: &str, text: impl AsRef<str>) {
        self.faults += 1;
        say("FAULT", what, text.as_ref());
    }
}

fn say(how: &str, what: &str, text: &str) {
    print!("{}", labelled(&format!("{how:<7}{what:<14} "), text));
}

fn ok(what: &str, text: impl AsRef<str>) {
    say("ok", what, text.as_ref());
}

pub async fn check(arg: &ConfigArg) -> Result<ExitCode> {
    let config = arg.load()?;
    let mut findings = Findings::default();
    ok("config", counted(config.mailboxes.len(), "mailbox", "mailboxes"));
    let now = Clock::default().now();
    text(&config, now, &mut findings);
    list("words", config.triage.urgency_file.as_deref(), UrgencyWords::load, &mut findings);
    list("types", config.diary.catalogue_file.as_deref(), Catalogue::load, &mut findings);
    let newest = database(&config, &mut findings).await;
    the_clock(now, newest, &mut findings);
    disk(&config, &mut findings);
    submission(&config, &mut findings).await;
    if let Some(of) = &config.handover {
        match handover::probe(&of.folder) {
            Ok(()) => ok("handover", format!("{}: can be written to", of.folder.display())),
            Err(error) => {
                findings.fault("handover", format!("handover.folder = {error}: make it, or let inkom write in it"));
            }
        }
    }
    if let Some(web) = &config.web {
        pages(web, now, &mut findings).await;
    }
    for mailbox in &config.mailboxes {
        match &mailbox.source {
            Source::Imap(source) => imap(&config, mailbox, source, now, &mut findings).await,
            Source::Maildir(source) => {
                let mut maildir = Maildir::new(source, mailbox.keep_in.as_deref());
                waiting(&config, mailbox, &mut maildir, now, &mut findings).await;
            }
        }
    }
    if findings.faults == 0 {
        let warnings = if findings.warnings == 0 {
            String::new()
        } else {
            format!(", {}", counted(findings.warnings, "warning", "warnings"))
        };
        println!("\nNothing stands in the way{warnings}. Nothing was sent and nothing was removed.");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("\n{}. Nothing was sent and nothing was removed.", counted(findings.faults, "fault", "faults"));
        Ok(ExitCode::FAILURE)
    }
}

fn text(config: &Config, now: Timestamp, findings: &mut Findings) {
    match GovernedText::load(&config.reply.text_file) {
        Ok(text) => {
            let name = format!("{} version {}", text.document_id, text.version);
            let until = text.stands_until();
            match text.validity(clock::day(now)) {
                Validity::Valid => ok("text", format!("{name}, valid until {until}")),
                Validity::NearExpiry => findings.warn("text", format!("{name} is valid until {until}: have it renewed")),
                Validity::Expired => findings.warn(
                    "text",
                    format!("{name} expired {until}; replies go on. Fill in confirmed_by and review_by when a named person has confirmed it"),
                ),
            }
        }
        Err(error) => findings.fault("text", error.to_string()),
    }
}

/// The words of danger, when the clinic has its own.
/// A list of the clinic's own, in place of one that comes with the program.
fn list<T>(
    what: &'static str,
    file: Option<&Path>,
    load: impl FnOnce(Option<&Path>) -> Result<T, ConfigError>,
    findings: &mut Findings,
) {
    let Some(file) = file else { return };
    match load(Some(file)) {
        Ok(_) => ok(what, format!("{} can be read", file.display())),
        Err(error) => findings.fault(what, error.to_string()),
    }
}

/// Gives when the newest entry was registered.
async fn database(config: &Config, findings: &mut Findings) -> Option<Timestamp> {
    if matches!(config.database, config::Database::Sqlite) && !config.state_dir.join(SQLITE_FILE).exists() {
        ok("database", format!("none yet in {}; inkom run makes it", config.state_dir.display()));
        return None;
    }
    match newest(config).await {
        Ok((entries, newest)) => {
            ok("database", counted(usize::try_from(entries).unwrap_or(usize::MAX), "entry", "entries"));
            newest
        }
        Err(error) => {
            findings.fault("database", format!("{error:#}"));
            None
        }
    }
}

async fn newest(config: &Config) -> Result<(u64, Option<Timestamp>)> {
    let diary = Diary::open(config).await?;
    let mut tx = diary.read().await?;
    let entries = tx.count_entries().await?;
    Ok((entries, tx.newest(1).await?.first().map(|details| details.entry.registered_at)))
}

/// Arrival and year of registration rest on the clock.
fn the_clock(now: Timestamp, newest: Option<Timestamp>, findings: &mut Findings) {
    let shown = clock::second(now);
    if newest.is_some_and(|newest| newest > now) {
        findings.fault("clock", format!("{shown} is before the newest entry: the clock was set back"));
    } else if Path::new("/run/systemd/timesync/synchronized").exists() {
        ok("clock", format!("{shown}, synchronised"));
    } else {
        findings.warn(
            "clock",
            format!("{shown}; systemd-timesyncd does not say that it is synchronised: see to it that something does"),
        );
    }
}

fn disk(config: &Config, findings: &mut Findings) {
    let Some(disk) = Disk::of(&config.state_dir) else {
        return findings.fault("disk", format!("state_dir = {}: cannot be looked at", config.state_dir.display()));
    };
    let text = format!("{} GB free for {}", disk.free_bytes / 1_000_000_000, config.state_dir.display());
    if disk.is_low() { findings.fault("disk", text) } else { ok("disk", text) }
}

async fn submission(config: &Config, findings: &mut Findings) {
    let probed = match Transport::new(&config.smtp) {
        Ok(transport) => transport.probe().await,
        Err(error) => return findings.fault("smtp", format!("{error:#}")),
    };
    match probed {
        Ok(Probe { place, signed_in, null_sender, .. }) => {
            let signed_in = if signed_in { "signed in" } else { "no sign-in" };
            let sender = if null_sender { "the null sender is taken" } else { "smtp.envelope_from is taken" };
            ok("smtp", format!("{place}: {signed_in}, {sender}"));
        }
        Err(SendError::NullSenderRefused(text)) => {
            findings.fault(
                "smtp",
                format!("{text}. Set smtp.envelope_from to an unattended address; until then replies are held"),
            );
        }
        Err(error) => findings.fault("smtp", error.to_string()),
    }
}

/// The pages for staff: what they are served with, and how one signs in.
async fn pages(web: &config::Web, now: Timestamp, findings: &mut Findings) {
    match web.tls.as_ref().map(Certificate::read).transpose() {
        Ok(None) => ok("web", format!("TLS is for the proxy that serves {}", web.origin)),
        Ok(Some(certificate)) => {
            let text = format!("certificate until {}", clock::minute(certificate.ends_at));
            match health::certificate_problem(certificate.ends_at, now) {
                Some(Problem::CertificateExpired { .. }) => {
                    findings.fault("web", format!("{text}: it has expired; renew it"));
                }
                Some(_) => findings.warn("web", format!("{text}: renew it")),
                None => ok("web", text),
            }
        }
        Err(error) => findings.fault("web", format!("{error:#}")),
    }
    match &web.sign_in {
        SignIn::Passkey => ok("web", format!("{}: passkeys", web.origin)),
        SignIn::Demo => ok("web", format!("{}: links of the demonstration", web.origin)),
        SignIn::Oidc(oidc) => {
            let probed = match Provider::new(oidc, &web.origin) {
                Ok(provider) => provider.probe().await,
                Err(error) => Err(error),
            };
            match probed {
                Ok(text) => ok("web", format!("sign-in: {text}")),
                Err(error) => findings.fault("web", format!("sign-in at {}: {error:#}", oidc.issuer)),
            }
        }
    }
}

async fn imap(
    config: &Config,
    mailbox: &config::Mailbox,
    source: &config::ImapSource,
    now: Timestamp,
    findings: &mut Findings,
) {
    let name = &mailbox.name;
    let mut imap = match Imap::new(source, mailbox.keep_in.as_deref()) {
        Ok(imap) => imap,
        Err(error) => return findings.fault(name, format!("{error:#}")),
    };
    let report = match imap.report(&mailbox.folders).await {
        Ok(report) => report,
        Err(error) => return findings.fault(name, error.to_string()),
    };
    ok(name, format!("{}:{}: certificate verified, signed in", source.server.host, source.server.port));
    removal(name, mailbox, &report, findings);
    if !report.idle {
        findings.warn(name, format!("no IDLE: new mail is noticed within {} s", mailbox.poll_interval_secs));
    }
    waiting(config, mailbox, &mut imap, now, findings).await;
}

/// How originals leave this server, and where they really go.
fn removal(name: &str, mailbox: &config::Mailbox, report: &ImapReport, findings: &mut Findings) {
    match (report.uidplus, report.moves) {
        (true, _) => ok(name, "UIDPLUS: exactly the kept messages are removed"),
        (false, true) => ok(name, "no UIDPLUS, but MOVE"),
        (false, false) => findings.warn(
            name,
            "neither UIDPLUS nor MOVE: an original is removed only while no one else has marked another for deletion",
        ),
    }
    if let Some(keep_in) = &mailbox.keep_in {
        return ok(name, format!("originals are moved to the folder {keep_in:?}"));
    }
    match report.server {
        ServerKind::Dovecot => ok(name, "Dovecot: what is removed is gone, but for backups"),
        ServerKind::ExchangeOnline => findings.warn(
            name,
            "Exchange Online: removed messages lie in Recoverable Items for 14 days, or as long as retention and holds say",
        ),
        ServerKind::Exchange => {
            findings.warn(name, "Exchange: removed messages lie in Recoverable Items as long as the database's settings say");
        }
        ServerKind::Gmail => findings.warn(
            name,
            "Gmail: removed messages stay in All Mail unless the account's IMAP settings say to delete them for good",
        ),
        ServerKind::Unknown => findings.warn(name, "unknown server: ask its administrator where removed messages go"),
    }
}

async fn waiting<M: Mailbox>(
    config: &Config,
    mailbox: &config::Mailbox,
    source: &mut M,
    now: Timestamp,
    findings: &mut Findings,
) {
    for folder in &mailbox.folders {
        match count(config, mailbox, source, folder, now).await {
            Ok((0, _)) => ok(&mailbox.name, format!("{folder}: empty")),
            Ok((messages, answers)) => ok(
                &mailbox.name,
                format!(
                    "{folder}: {}; {answers} by themselves would be answered",
                    counted(messages, "message waits", "messages wait")
                ),
            ),
            Err(error) => findings.fault(&mailbox.name, format!("{folder}: {error}")),
        }
    }
}

/// How many messages lie in a folder, and how many of them would be answered if nothing had been answered before.
async fn count<M: Mailbox>(
    config: &Config,
    mailbox: &config::Mailbox,
    source: &mut M,
    folder: &str,
    now: Timestamp,
) -> Result<(usize, usize), MailboxError> {
    let survey = source.survey(folder).await?;
    let sizes = source.sizes(folder, survey.validity, &survey.uids).await?;
    let own_addresses: Vec<&str> = config.own_addresses().collect();
    // What is wrong with the text has been told above.
    let reply_text = GovernedText::load(&config.reply.text_file).map(|text| text.text).unwrap_or_default();
    let (mut read, mut answers) = (0_u64, 0_usize);
    for batch in sizes.chunks(BATCH) {
        for fetched in source.fetch(folder, survey.validity, batch).await? {
            let message = message::read(&fetched.raw, config.limits.read_max_bytes);
            let arrived = message::arrival(&message, &config.authority.own_hosts, fetched.internal_date);
            let known = Known {
                authority: &config.authority,
                own_addresses: &own_addresses,
                reply_text: &reply_text,
                in_junk_folder: folder == mailbox.junk_folder,
                today: clock::day(now),
                // No reply depends on them.
                urgency_words: &UrgencyWords::supplied(),
            };
            let context = Context {
                authority: &config.authority,
                reply: &config.reply,
                own_addresses: &own_addresses,
                received_for: &mailbox.addresses,
                probable_duplicate: false,
                arrived_at: arrived.unwrap_or(fetched.internal_date),
                now,
                answered_recently: false,
                answers_this_week: 0,
            };
            answers += usize::from(matches!(
                reply::decide(&message, &triage::facts_of_origin(&message, &known), &context),
                Decision::Answer(_)
            ));
            read += 1;
        }
        progress("Reading message", read, sizes.len() as u64);
    }
    progress_done();
    Ok((survey.uids.len(), answers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_cannot_be_used_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("list.toml");
        let own = "name = \"Egen\"\nversion = \"1\"\ntype = []";
        for (text, words, types) in
            [(None, 1, 1), (Some("threshold = 0"), 1, 1), (Some("threshold = 10"), 0, 1), (Some(own), 1, 0)]
        {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let (mut of_words, mut of_types) = (Findings::default(), Findings::default());
            list("words", Some(&file), UrgencyWords::load, &mut of_words);
            list("types", Some(&file), Catalogue::load, &mut of_types);
            assert_eq!((of_words.faults, of_types.faults), (words, types), "{text:?}");
        }
    }
}
