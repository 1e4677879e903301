//! The marks that machines leave in what they send (RFC 3834 §2, RFC 5230 §4, and practice).

use super::kind::{Rule, Sign};
use super::passage::{Passage, Place, own_text};
use super::{Known, reports, robots, wording};
use crate::message::{Block, Message, has_null_return_path, is_forward, own_lines};

/// Every rule that says something else than a person sent the message, the surest first. A sender may be told by
/// name and by address.
pub fn signs(message: &Message, known: &Known<'_>, passages: &[Passage<'_>]) -> Vec<Sign> {
    let mail = Mail { message, known, own_text: own_text(passages) };
    let finders: [fn(&Mail<'_>) -> Option<Sign>; 17] = [
        null_return_path,
        own_loop,
        report,
        auto_submitted,
        suppressed,
        list,
        bulk,
        automatic_header,
        calendar,
        automatic_subject,
        automatic_text,
        marked_spam,
        junk_folder,
        robot_name,
        robot_address,
        made_address,
        sms_gateway,
    ];
    finders.iter().filter_map(|find| find(&mail)).collect()
}

/// What the rules look at.
struct Mail<'m> {
    message: &'m Message,
    known: &'m Known<'m>,
    /// What the sender wrote in the body.
    own_text: String,
}

pub(super) fn sign(rule: Rule, place: &str, found: &str) -> Sign {
    const MAX_FOUND: usize = 120;
    Sign { rule, place: place.to_owned(), found: found[..found.floor_char_boundary(MAX_FOUND)].to_owned() }
}

/// The first header line of these names whose value, in lower case, is such.
pub(super) fn header(
    message: &Message,
    names: &[&'static str],
    rule: Rule,
    is_such: impl Fn(&str) -> bool,
) -> Option<Sign> {
    message.headers.iter().find_map(|header| {
        let is_named = names.iter().any(|name| header.name.eq_ignore_ascii_case(name));
        (is_named && is_such(&header.value.to_lowercase())).then(|| sign(rule, &header.name, &header.value))
    })
}

fn null_return_path(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    has_null_return_path(&message.headers).then(|| sign(Rule::NullReturnPath, "Return-Path", "<>"))
}

/// Our own reply come back, before anything else it may be: it is the loop itself.
fn own_loop(mail: &Mail<'_>) -> Option<Sign> {
    let Mail { message, known, .. } = mail;
    let own: Vec<String> = known.own_addresses.iter().map(|own| own.to_lowercase()).collect();
    header(message, &["X-Loop"], Rule::OwnLoop, |value| own.iter().any(|own| value.contains(own.as_str())))
        .or_else(|| own_reply(mail))
}

/// The prescribed text with nothing above it. A person who answers it has words of their own there.
fn own_reply(Mail { known, own_text, .. }: &Mail<'_>) -> Option<Sign> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (reply, text) = (words(known.reply_text), words(own_text));
    (!reply.is_empty() && text.starts_with(&reply)).then(|| sign(Rule::OwnLoop, Place::Body.word(), &text))
}

fn report(Mail { message, own_text, .. }: &Mail<'_>) -> Option<Sign> {
    reports::report(message, own_text)
}

fn auto_submitted(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    // RFC 3834 §5: `no` may be followed by parameters.
    header(message, &["Auto-Submitted"], Rule::AutoSubmitted, |value| value.split([';', ' ', '(']).next() != Some("no"))
}

fn suppressed(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let asks = |word: &str| matches!(word.trim(), "dr" | "oof" | "autoreply" | "all");
    header(message, &["X-Auto-Response-Suppress"], Rule::Suppressed, |value| value.split([',', ';', ' ']).any(asks))
}

/// RFC 2369 and RFC 2919 lists, and those from before.
fn list(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let is_list = |name: &str| {
        name.starts_with("list-")
            || name.starts_with("x-ml")
            || matches!(name, "mailing-list" | "x-mailing-list" | "x-beenthere" | "x-list")
    };
    let found = message.headers.iter().find(|header| is_list(&header.name.to_lowercase()));
    found.map(|header| sign(Rule::List, &header.name, &header.value))
}

fn bulk(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let is_bulk = |value: &str| ["bulk", "junk", "list"].iter().any(|word| value.contains(word));
    header(message, &["Precedence"], Rule::Bulk, is_bulk).or_else(|| named(message, Rule::Bulk, is_of_mass_mail))
}

fn automatic_header(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    header(message, &["Precedence"], Rule::AutomaticHeader, |value| value.trim_start().starts_with("auto"))
        .or_else(|| named(message, Rule::AutomaticHeader, is_of_program))
}

/// The first header line whose name, in lower case, is such, and which does not say no.
fn named(message: &Message, rule: Rule, is_such: fn(&str) -> bool) -> Option<Sign> {
    let says_no = |value: &str| matches!(value.trim().to_lowercase().as_str(), "no" | "false" | "0");
    let mut headers = message.headers.iter();
    let found = headers.find(|header| is_such(&header.name.to_lowercase()) && !says_no(&header.value))?;
    Some(sign(rule, &found.name, &found.value))
}

/// Services that send for many write these.
fn is_of_mass_mail(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "x-mailjet-",
        "x-mj-",
        "x-csa-complaints",
        "x-sg-eid",
        "x-mailgun-",
        "x-mandrill-",
        // Not X-PM-Message-Id: Proton writes that on everyone's mail.
        "x-pm-tag",
        "x-ses-outgoing",
    ];
    NAMES.iter().any(|start| name.starts_with(start))
}

/// Answering machines, case systems, exchanges, faxes and the forms of websites write these.
fn is_of_program(name: &str) -> bool {
    const NAMES: [&str; 6] = ["x-asterisk-", "x-fax-", "x-vacation", "x-otrs-loop", "x-rt-loop-prevention", "x-wpcf7-"];
    const WITHIN: [&str; 4] = ["autoreply", "autorespon", "autogenerated", "machinegenerated"];
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    NAMES.iter().any(|start| name.starts_with(start))
        || WITHIN.iter().any(|word| bare.contains(word)) && !bare.contains("suppress")
}

/// An invitation or an answer to one (RFC 6047). A calendar file that a person attaches to words of their own is none.
fn calendar(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let kind = message.media_types.iter().find(|kind| *kind == "text/calendar" || *kind == "application/ics");
    let mut meetings = message.body.iter().filter_map(|block| match block {
        Block::Meeting(meeting) => Some(meeting),
        _ => None,
    });
    let is_file = meetings.next().is_some_and(|first| first.is_file) && meetings.all(|meeting| meeting.is_file);
    let has_words = || message.body.iter().any(|block| !matches!(block, Block::Meeting(_) | Block::Rule));
    kind.filter(|_| !(is_file && has_words()))
        .map(|kind| sign(Rule::Calendar, "Content-Type", kind))
        .or_else(|| header(message, &["Content-Class"], Rule::Calendar, |value| value.contains("calendar")))
}

fn automatic_subject(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let subject = message.subject.as_deref().filter(|subject| wording::is_automatic_subject(subject))?;
    Some(sign(Rule::AutomaticSubject, "Subject", subject))
}

/// Its own words only, and no forward's, in which they may be another's without a mark.
fn automatic_text(Mail { message, own_text, .. }: &Mail<'_>) -> Option<Sign> {
    if is_forward(message.subject.as_deref()) {
        return None;
    }
    let found = wording::says_automatic(own_text)?;
    Some(sign(Rule::AutomaticText, Place::Body.word(), &found))
}

/// Whether the clinic's own filter calls it spam. Marks that the sender's side could have written do not count, but
/// Exchange's: it strips others' at its border and writes its own beneath the rest.
fn marked_spam(Mail { message, known, .. }: &Mail<'_>) -> Option<Sign> {
    let says_yes = |value: &str| value.trim_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("yes"));
    let by_own_filter = own_lines(message, &known.authority.own_hosts).iter().find(|header| {
        let is_named = |name: &str| header.name.eq_ignore_ascii_case(name);
        ["X-Spam-Flag", "X-Spam-Status", "X-Spam"].iter().any(|name| is_named(name)) && says_yes(&header.value)
            || is_named("X-Proofpoint-Spam-Details") && header.value.contains("spam_definite")
    });
    let is_high = |level: &str| level.trim().parse::<i32>().is_ok_and(|level| level >= 5);
    let is_spam =
        |report: &str| report.split(';').any(|verdict| matches!(verdict.trim(), "sfv:spm" | "sfv:skb" | "sfv:sks"));
    by_own_filter
        .map(|header| sign(Rule::MarkedSpam, &header.name, &header.value))
        .or_else(|| header(message, &["X-MS-Exchange-Organization-SCL"], Rule::MarkedSpam, is_high))
        .or_else(|| header(message, &["X-Forefront-Antispam-Report"], Rule::MarkedSpam, is_spam))
}

fn junk_folder(Mail { known, .. }: &Mail<'_>) -> Option<Sign> {
    known.in_junk_folder.then(|| sign(Rule::JunkFolder, "", ""))
}

fn robot_name(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let mut names = message.from.iter().filter_map(|from| from.name.as_deref());
    names.find(|name| robots::is_robot_name(name)).map(|name| sign(Rule::RobotAddress, "From", name))
}

fn robot_address(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    of_sender(message, Rule::RobotAddress, robots::is_robot)
}

fn made_address(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    let mut from = message.from.iter().map(|from| from.address.as_str());
    from.find(|address| robots::is_made_for_one_message(address)).map(|found| sign(Rule::MadeAddress, "From", found))
}

fn sms_gateway(Mail { message, .. }: &Mail<'_>) -> Option<Sign> {
    of_sender(message, Rule::SmsGateway, robots::is_sms_gateway)
        .or_else(|| named(message, Rule::SmsGateway, |name| name.starts_with("x-sms-")))
}

/// Every address that calls itself the sender, the envelope's included.
fn of_sender(message: &Message, rule: Rule, is_such: impl Fn(&str) -> bool) -> Option<Sign> {
    let named = |place: &'static str, list: &'_ [crate::message::Address]| {
        list.iter()
            .find(|one| !one.address.is_empty() && is_such(&one.address))
            .map(|one| sign(rule, place, &one.address))
    };
    named("From", &message.from).or_else(|| named("Sender", &message.sender)).or_else(|| {
        let path = message.return_path.as_deref().filter(|path| !path.is_empty() && is_such(path))?;
        Some(sign(rule, "Return-Path", path))
    })
}
