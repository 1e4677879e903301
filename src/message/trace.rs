//! Trace lines (RFC 5321 §4.4): which way a message came, as far as the authority's own hosts say so.
//!
//! Every host writes its lines above those that were there, so the topmost lines are the authority's own, and all
//! beneath the line with which the message came in was written by others and may say anything. The chain is walked from the top
//! while a line is written `by` one of our hosts; it goes on to the next line only when the handover was within the
//! house: from one of our hosts by its looked-up name, from a private or loopback address, or from a program on the
//! host itself. The first line that took the message from anywhere else is the border, and the chain ends there.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderValue, Host, Received};

use super::header::{Entity, timestamp};
use super::{Header, Message, with_line_feeds};

/// A message waits no longer between two of our hosts, quarantine included.
const MAX_HOP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So far our hosts' clocks may disagree.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(10);
const NO_MAIL_BEFORE: Timestamp = Timestamp::constant(946_684_800, 0);
/// Nobody's chain is longer.
const MAX_LINES: usize = 50;

/// When the message reached the authority (FL 22 §): the time of the earliest trace line in the chain of our own
/// hosts. A host name that begins with a dot stands for all hosts under it. Times after the mail store received it, and
/// times that do not fit those above, are passed over. `None` when no line of ours gives a time.
pub fn arrival(message: &Message, own_hosts: &[String], internal_date: Timestamp) -> Option<Timestamp> {
    let mut earliest: Option<Timestamp> = None;
    for (_, line) in own_chain(&message.headers, own_hosts) {
        let Some(at) = line.date.as_ref().and_then(timestamp) else { continue };
        let latest = earliest.unwrap_or(internal_date);
        // The mail store may have received it long after, by a move from an older one; from there on hops are short.
        let too_early = earliest.is_some_and(|above| above.duration_since(at) > MAX_HOP) || at < NO_MAIL_BEFORE;
        if at <= internal_date && at.duration_since(latest) <= MAX_SKEW && !too_early {
            earliest = Some(earliest.map_or(at, |above| above.min(at)));
        }
    }
    earliest
}

/// The header lines that the authority's own hosts wrote: all above the border line. Without own hosts configured,
/// those above the first trace line, which whoever delivered the message last wrote.
pub fn own_lines<'m>(message: &'m Message, own_hosts: &[String]) -> &'m [Header] {
    let border = own_chain(&message.headers, own_hosts).last().map(|(at, _)| *at);
    let first = || message.headers.iter().position(is_received);
    &message.headers[..border.or_else(first).unwrap_or(0)]
}

/// The trace lines of our own hosts, topmost first, with their places among the header lines.
fn own_chain(headers: &[Header], own_hosts: &[String]) -> Vec<(usize, Received<'static>)> {
    let mut chain = Vec::new();
    for (at, header) in headers.iter().enumerate().filter(|(_, header)| is_received(header)).take(MAX_LINES) {
        let Some(line) = received(&header.value) else { break };
        let Some(Host::Name(by)) = &line.by else { break };
        let written_here = is_own(by, own_hosts);
        // A filter on the host itself calls it localhost (amavis does).
        let local = is_local_name(by) && !chain.is_empty();
        if !written_here && !local {
            break;
        }
        let goes_on = came_from_within(&line, own_hosts);
        chain.push((at, line));
        if !goes_on {
            break;
        }
    }
    // A local name proves nothing by itself.
    while chain.last().is_some_and(|(_, line)| !matches!(&line.by, Some(Host::Name(by)) if is_own(by, own_hosts))) {
        chain.pop();
    }
    chain
}

fn came_from_within(line: &Received<'_>, own_hosts: &[String]) -> bool {
    match (&line.from_iprev, line.from_ip, &line.from) {
        (Some(looked_up), _, _) if is_own(looked_up, own_hosts) => true,
        (_, Some(ip), _) => is_internal(ip),
        // No address: a program on the host itself, or LMTP over a socket. Where there is one, what the sender calls
        // itself is not looked at.
        (_, None, Some(Host::IpAddr(ip))) => is_internal(*ip),
        (_, None, Some(Host::Name(name))) => is_local_name(name) || is_own(name, own_hosts),
        (_, None, None) => true,
    }
}

fn is_internal(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

fn is_own(host: &str, own_hosts: &[String]) -> bool {
    let host = host.trim_end_matches('.');
    own_hosts.iter().any(|own| match own.strip_prefix('.') {
        Some(domain) => host
            .len()
            .checked_sub(domain.len() + 1)
            .and_then(|at| host.get(at..))
            .is_some_and(|tail| tail.starts_with('.') && tail[1..].eq_ignore_ascii_case(domain)),
        None => host.eq_ignore_ascii_case(own),
    })
}

fn is_local_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.eq_ignore_ascii_case("localhost.localdomain")
}

fn is_received(header: &Header) -> bool {
    header.name.eq_ignore_ascii_case("Received")
}

fn received(value: &str) -> Option<Received<'static>> {
    let line = format!("{value}\n");
    match MessageStream::new(line.as_bytes()).parse_received() {
        HeaderValue::Received(received) => Some(received.into_owned()),
        _ => None,
    }
}

/// Whether the message has trace lines at all: without them two equal messages need not be one delivery.
pub fn has_trace(raw: &[u8]) -> bool {
    Entity::of(&with_line_feeds(raw)).first("Received").is_some()
}

/// The envelope's sender as the host that delivered the message wrote it (RFC 5321 §4.4): the topmost Return-Path, and
/// only if it stands above the first trace line; one beneath came with the message. Empty for the null one, `<>`.
pub fn return_path(headers: &[Header]) -> Option<String> {
    let header = headers.iter().take_while(|header| !is_received(header)).find(|h| is_return_path(h))?;
    Some(path(&header.value))
}

/// Whether any Return-Path, wherever it stands, is the null one.
pub fn has_null_return_path(headers: &[Header]) -> bool {
    headers.iter().any(|header| is_return_path(header) && path(&header.value).is_empty())
}

fn is_return_path(header: &Header) -> bool {
    header.name.eq_ignore_ascii_case("Return-Path")
}

fn path(value: &str) -> String {
    let value = value.split_once('<').map_or(value, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    value.trim().to_owned()
}
