//! Messages as they lie on the server, in batches, or in parts where one is large.

use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, Response};
use jiff::Timestamp;

use super::commands::asked_for;
use super::connection::Connection;
use super::date;
use super::guard::RESPONSE_MAX_BYTES;
use super::set::{UidSet, sets};
use super::wire::Fault;
use crate::mailbox::{Fetched, MailboxError, MailboxErrorKind};

/// A message up to this size is fetched whole, together with others.
pub(super) const WHOLE_MAX_BYTES: u64 = 4 << 20;
/// A larger one is fetched in parts of this size, so that it lies in memory once and not thrice.
const PART_BYTES: u32 = 1 << 20;
/// Memory is not set aside for more than this before the bytes are there.
const RESERVE_MAX_BYTES: u64 = 64 << 20;

struct Body {
    at: Option<Timestamp>,
    raw: Option<Vec<u8>>,
}

impl Connection {
    /// Whole messages; `sizes` are bounds, not equalities.
    pub(super) async fn fetch(&mut self, sizes: &BTreeMap<u32, u64>) -> Result<BTreeMap<u32, Fetched>, MailboxError> {
        let mut fetched = BTreeMap::new();
        let small = sizes.iter().filter(|(_, size)| **size <= WHOLE_MAX_BYTES).map(|(uid, _)| *uid);
        for set in sets(small) {
            let size = set.uids.iter().map(|uid| sizes[uid]).sum();
            fetched.extend(self.fetch_whole(&set, size).await?);
        }
        for (&uid, &size) in sizes.iter().filter(|(_, size)| **size > WHOLE_MAX_BYTES) {
            if let Some(message) = self.fetch_in_parts(uid, size).await? {
                fetched.insert(uid, message);
            }
        }
        self.confirm_gone(&sizes.keys().filter(|uid| !fetched.contains_key(uid)).copied().collect()).await?;
        Ok(fetched)
    }

    async fn fetch_whole(&mut self, set: &UidSet, size_bytes: u64) -> Result<BTreeMap<u32, Fetched>, MailboxError> {
        let mut bodies: BTreeMap<u32, Body> = BTreeMap::new();
        let mut left = bound(size_bytes);
        let arguments = format!("{} (UID INTERNALDATE BODY.PEEK[])", set.text);
        self.ask("UID FETCH", &arguments, size_bytes, |response| take(response, set, None, &mut left, &mut bodies))
            .await?;
        bodies.into_iter().map(|(uid, body)| Ok((uid, self.whole(uid, body)?))).collect()
    }

    /// Until a part is empty, or short where the size says so too: a server may send less than was asked for, and the
    /// size may be wrong, but not both at once. `None` when the message was not there.
    async fn fetch_in_parts(&mut self, uid: u32, size_bytes: u64) -> Result<Option<Fetched>, MailboxError> {
        let set = UidSet { uids: BTreeSet::from([uid]), text: uid.to_string() };
        let bound = bound(size_bytes);
        let mut at = None;
        let mut raw: Vec<u8> = Vec::with_capacity(usize::try_from(size_bytes.min(RESERVE_MAX_BYTES)).unwrap_or(0));
        loop {
            let too_large =
                || self.wire.peer.error(MailboxErrorKind::Refused, "a message is larger than the server said");
            let origin = u32::try_from(raw.len()).map_err(|_| too_large())?;
            if u64::from(origin) > bound {
                return Err(too_large());
            }
            let arguments = format!("{uid} (UID INTERNALDATE BODY.PEEK[]<{origin}.{PART_BYTES}>)");
            let mut bodies = BTreeMap::new();
            let mut left = PART_BYTES.into();
            self.ask("UID FETCH", &arguments, PART_BYTES.into(), |response| {
                take(response, &set, Some(origin), &mut left, &mut bodies)
            })
            .await?;
            // Vanished, even half-way: whoever asked confirms it.
            let Some(body) = bodies.remove(&uid) else { return Ok(None) };
            let part = self.whole(uid, body)?;
            at = at.or(Some(part.internal_date));
            raw.extend_from_slice(&part.raw);
            let is_short = part.raw.len() < PART_BYTES as usize;
            if part.raw.is_empty() || is_short && raw.len() as u64 >= size_bytes {
                break;
            }
        }
        Ok(at.map(|internal_date| Fetched { uid: uid.to_string(), internal_date, raw }))
    }

    fn whole(&self, uid: u32, body: Body) -> Result<Fetched, MailboxError> {
        match body {
            Body { at: Some(internal_date), raw: Some(raw) } => {
                Ok(Fetched { uid: uid.to_string(), internal_date, raw })
            }
            _ => Err(self.wire.peer.error(MailboxErrorKind::Refused, "the server sent half a message")),
        }
    }
}

/// How much is taken where so much was announced: Exchange may re-encode what it delivers.
fn bound(size_bytes: u64) -> u64 {
    size_bytes.saturating_mul(2).saturating_add(RESPONSE_MAX_BYTES as u64)
}

/// Reads one FETCH response (RFC 3501 §7.4.2).
fn take(
    response: &Response<'_>,
    set: &UidSet,
    origin: Option<u32>,
    left: &mut u64,
    bodies: &mut BTreeMap<u32, Body>,
) -> Result<(), Fault> {
    let Response::Fetch(_, attributes) = response else { return Ok(()) };
    let mut at = None;
    let mut raw = None;
    for attribute in attributes {
        match attribute {
            AttributeValue::InternalDate(text) => {
                at = Some(date::read(text).ok_or(Fault::refused("the server sent a date that is none"))?);
            }
            // What Dovecot says of a message that another client has just removed: as if it had been left out.
            AttributeValue::BodySection { data: None, .. } => return Ok(()),
            AttributeValue::BodySection { section: None, index, data } if *index == origin => raw = data.as_deref(),
            AttributeValue::BodySection { .. } | AttributeValue::Rfc822(_) => {
                return Err(Fault::refused("the server sent another part of a message than was asked for"));
            }
            // Flags and whatever else a server likes to tell.
            _ => {}
        }
    }
    if at.is_none() && raw.is_none() {
        return Ok(());
    }
    let uid = asked_for(attributes, set)?;
    let size = raw.map_or(0, |raw| raw.len() as u64);
    *left = left.checked_sub(size).ok_or(Fault::refused("the server sent more than was asked for"))?;
    let body = bodies.entry(uid).or_insert(Body { at: None, raw: None });
    body.at = body.at.or(at);
    match (&body.raw, raw) {
        (Some(before), Some(now)) if before != now => Err(Fault::refused("the server sent one message in two ways")),
        (None, Some(now)) => {
            body.raw = Some(now.to_vec());
            Ok(())
        }
        _ => Ok(()),
    }
}
