//! Registered → rendered: the message is read, and its PDF is kept. What cannot be read gets a cover page.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures::{StreamExt as _, stream};
use tracing::{debug, error, warn};

use super::{Read, Registered, Rendered, Steps};
use crate::clock;
use crate::diary::{Facts, Tx};
use crate::faults::{Boundary, reached};
use crate::message::{self, Defect, Message, Summary};
use crate::model::{Arrival, ArrivalSource, Digest, Entry, HoldReason, Resume, Stage};
use crate::pdf::{self, Cover};
use crate::triage::{self, Known};

/// What reading and rendering one message gave.
struct Page {
    read: Read,
    pdf: Option<Vec<u8>>,
}

impl Steps {
    pub(super) async fn render(&self, batch: Vec<Registered>) -> Result<Vec<Rendered>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let cores = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        let pages: Vec<(Registered, Page)> = stream::iter(batch)
            .map(|registered| async {
                let page = self.page(&registered).await;
                self.heart.beat();
                (registered, page)
            })
            .buffered(cores)
            .collect()
            .await;
        let mut rendered = Vec::with_capacity(pages.len());
        let mut unrendered = Vec::new();
        let now = self.clock.now();
        let mut tx = self.diary.write().await?;
        for (registered, page) in pages {
            let Registered { mut entry, uid, .. } = registered;
            let (Stage::Registered { raw }, Some(pdf)) = (&entry.stage, page.pdf) else {
                unrendered.push(entry);
                continue;
            };
            let facts = self.facts(&mut tx, &entry, &page.read).await?;
            let kept = tx.rendered(&entry, *raw, &pdf, &facts, now).await?;
            entry.arrival.arrived_at = facts.arrived_at;
            entry.arrival.source = facts.arrival_source;
            entry.stage = Stage::Rendered(kept);
            debug!(entry.number = %entry.number, pdf.size_bytes = pdf.len(), "Rendered {}", entry.number);
            rendered.push(Rendered { entry, kept, read: page.read, uid });
        }
        reached(Boundary::RenderWritten);
        tx.commit().await?;
        reached(Boundary::Rendered);
        for entry in unrendered {
            self.hold(&entry, Resume::Render, HoldReason::CannotRender).await?;
        }
        Ok(rendered)
    }

    /// Reads and renders off the async threads, bounded in time. A message that reading or rendering breaks on gets a
    /// cover page that says so.
    async fn page(&self, registered: &Registered) -> Page {
        let (entry, raw) = (registered.entry.clone(), Arc::clone(&registered.raw));
        let Stage::Registered { raw: digest } = entry.stage else {
            return Page { read: Read::unreadable(), pdf: None };
        };
        let config = Arc::clone(&self.config);
        let (reader, fonts) = (self.reader(&entry), Arc::clone(&self.fonts));
        let work = {
            let (mut entry, config, raw, fonts) =
                (entry.clone(), Arc::clone(&config), Arc::clone(&raw), Arc::clone(&fonts));
            move || {
                let read = reader(&raw);
                let own_hosts = &config.authority.own_hosts;
                entry.arrival = arrival(&entry, &read.message, own_hosts);
                let pdf = pdf::render(&fonts, &cover(&entry, &config.authority.name, &digest), &read.message, &raw);
                (read, pdf)
            }
        };
        match self.bounded(work).await {
            Some((read, Ok(pdf))) => return Page { read, pdf: Some(pdf) },
            Some((_, Err(error))) => error!(entry.number = %entry.number, "Rendering {} failed: {error}", entry.number),
            None => warn!(entry.number = %entry.number, "Reading {} took too long or broke off", entry.number),
        }
        let cover_page = move || {
            let cover = cover(&entry, &config.authority.name, &digest);
            pdf::render(&fonts, &cover, &Read::unreadable().message, &raw).ok()
        };
        Page { read: Read::unreadable(), pdf: self.bounded(cover_page).await.flatten() }
    }

    /// The message again, for a step after rendering.
    pub(super) async fn read(&self, entry: &Entry, raw: Arc<Vec<u8>>) -> Read {
        let reader = self.reader(entry);
        self.bounded(move || reader(&raw)).await.unwrap_or_else(Read::unreadable)
    }

    /// What reads a message of this entry and finds out what it is.
    fn reader(&self, entry: &Entry) -> impl FnOnce(&[u8]) -> Read + Send + 'static {
        let (config, text, urgency_words) =
            (Arc::clone(&self.config), Arc::clone(&self.text), Arc::clone(&self.urgency_words));
        let in_junk_folder = entry.folder == self.of.junk_folder;
        let today = clock::day(entry.registered_at);
        move |raw| {
            let message = message::read(raw, config.limits.read_max_bytes);
            let own_addresses: Vec<&str> = config.own_addresses().collect();
            let known = Known {
                authority: &config.authority,
                own_addresses: &own_addresses,
                reply_text: &text.text,
                in_junk_folder,
                today,
                urgency_words: &urgency_words,
            };
            Read { facts: triage::facts(&message, &known), message }
        }
    }

    /// Runs work that may panic or never end; `None` when it does. What never ends keeps its thread.
    async fn bounded<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let limit = Duration::from_secs(self.config.limits.render_timeout_secs);
        let done = tokio::time::timeout(limit, tokio::task::spawn_blocking(work));
        self.heart.patient(limit + Duration::from_mins(1), done).await.ok()?.ok()
    }

    async fn facts(&self, tx: &mut Tx, entry: &Entry, read: &Read) -> Result<Facts> {
        let message = &read.message;
        let arrival = arrival(entry, message, &self.config.authority.own_hosts);
        let message_id = message.message_id.clone().unwrap_or_default();
        let original = tx.with_message_id(&self.of.name, &message_id, entry.id).await?;
        Ok(Facts {
            arrived_at: arrival.arrived_at,
            arrival_source: arrival.source,
            message_id,
            date_header: message.date.map(|date| date.to_string()).unwrap_or_default(),
            summary: Summary::from(message),
            triage: read.facts.clone(),
            duplicate_of: original.map(|original| original.id),
            answers: tx.referred_to(&entry.unit, &message.references, entry.id).await?,
            text: message.searchable(),
            cancels_today: triage::cancels_on(&read.facts, message, clock::day(arrival.arrived_at)),
        })
    }
}

/// When it reached the authority: as the person says who registered it, or as one of the authority's own hosts has written, or
/// as the mail store has it.
fn arrival(entry: &Entry, message: &Message, own_hosts: &[String]) -> Arrival {
    let known = entry.arrival;
    if known.source == ArrivalSource::Person {
        return known;
    }
    match message::arrival(message, own_hosts, known.internal_date) {
        Some(arrived_at) => Arrival { arrived_at, source: ArrivalSource::OwnHost, ..known },
        None => Arrival { arrived_at: known.internal_date, source: ArrivalSource::MailStore, ..known },
    }
}

impl Read {
    /// Of a message that reading broke on.
    fn unreadable() -> Self {
        let message = Message { defects: vec![Defect::Unreadable], ..Message::default() };
        Self { message, facts: triage::Facts::default() }
    }
}

fn cover<'a>(entry: &'a Entry, authority: &'a str, raw: &'a Digest) -> Cover<'a> {
    Cover {
        authority,
        unit: &entry.unit,
        number: &entry.number,
        arrival: &entry.arrival,
        registered_at: entry.registered_at,
        raw,
        raw_size_bytes: entry.raw_size_bytes,
        folder: &entry.folder,
    }
}
