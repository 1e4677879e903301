//! What reached the authority by other ways than the mailbox: an sms, a call, a letter, an e-mail to one of the staff. It has come in
//! when it came, whoever got it (TF 2 kap. 9 §), and is registered in the same series.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::extract::State;
use axum::extract::multipart::Multipart;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;

use super::door::{Visitor, constant_time_eq};
use super::entry::refuse;
use super::forms::{self, Choice, choices};
use super::page::{Frame, html};
use super::queue::path;
use super::refusal::Refusal;
use super::{Room, Shared};
use crate::clock;
use crate::decision::Act;
use crate::diary::{Acted, Actor, ByHand, NewEntry};
use crate::message::by_hand::{self, File};
use crate::model::{Access, AuditAction, Channel, DiaryNumber, Digest, EntryId, Right, Role};

/// A form with its files is no larger than this, and has no more of them.
pub const UPLOAD_BYTES: usize = 25 * 1024 * 1024;
const FILES: usize = 20;
const SHORT: usize = 200;

const BACK: &str = "/ny";

#[derive(Template)]
#[template(path = "manual.html")]
struct ManualPage {
    frame: Frame,
    units: Vec<String>,
    form: Form,
    channels: Vec<Choice>,
    wrong: String,
}

/// The form, as it was filled in.
#[derive(Default)]
struct Form {
    unit: String,
    channel: String,
    at: String,
    from: String,
    subject: String,
    text: String,
    answers: String,
    /// The prescribed sms went back, which promises a call.
    replied: bool,
    files: Vec<File>,
}

pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    let units = units(&room, &visitor);
    if units.is_empty() {
        return Err(refuse(&room, &visitor, "", None).await);
    }
    let form = Form { at: clock::minute(visitor.now), ..Form::default() };
    Ok(html(&ManualPage::of(&visitor, units, form, String::new())))
}

impl ManualPage {
    fn of(visitor: &Visitor, units: Vec<String>, form: Form, wrong: String) -> Self {
        let ways = [Channel::Sms, Channel::Phone, Channel::Letter, Channel::Email];
        let channels = choices(ways.iter().map(|way| (way.word(), way.text())), &form.channel);
        Self { frame: Frame::new(visitor, "ny"), units, form, channels, wrong }
    }
}

/// Where this person can register, and there is a series to do it in.
fn units(room: &Room, visitor: &Visitor) -> Vec<String> {
    let units = visitor.units(Right::Handle);
    units.into_iter().filter(|unit| room.config.mailboxes.iter().any(|mailbox| mailbox.unit == *unit)).collect()
}

pub async fn register(State(room): Shared, visitor: Visitor, multipart: Multipart) -> Result<Response, Refusal> {
    let form = read(&visitor, multipart).await?;
    let (access, role) = visitor.access(Right::Handle, &form.unit);
    if access != Access::Yes {
        return Err(refuse(&room, &visitor, &form.unit, None).await);
    }
    match keep_what_came(&room, &visitor, role, &form).await {
        Ok(number) => Ok(Redirect::to(&path(&number)).into_response()),
        // What was written stays in the form; files have to be chosen again.
        Err(Refusal::Wrong { text, .. }) => {
            let page = ManualPage::of(&visitor, units(&room, &visitor), form, text);
            Ok((StatusCode::BAD_REQUEST, html(&page)).into_response())
        }
        Err(refusal) => Err(refusal),
    }
}

async fn keep_what_came(
    room: &Arc<Room>,
    visitor: &Visitor,
    role: Option<Role>,
    form: &Form,
) -> Result<DiaryNumber, Refusal> {
    let channel: Channel = form.channel.parse().map_err(|_| wrong("Välj hur det kom in."))?;
    let arrived_at = forms::moment(&form.at).map_err(|text| wrong(&text))?;
    if arrived_at > visitor.now {
        return Err(wrong("Tiden då det kom in ligger i framtiden."));
    }
    let answers = answered(room, visitor, form).await?;
    let replied = form.replied && channel == Channel::Sms;
    let raw = raw(form, channel, arrived_at)?;
    let by_hand = ByHand { channel, person: &visitor.person.name, arrived_at, answers };
    keep(room, visitor, (role, &form.unit), by_hand, replied, &raw).await
}

/// The number, the entry, its bytes and what was promised, in one transaction.
async fn keep(
    room: &Arc<Room>,
    visitor: &Visitor,
    (role, unit): (Option<Role>, &str),
    by_hand: ByHand<'_>,
    replied: bool,
    raw: &[u8],
) -> Result<DiaryNumber, Refusal> {
    let mailbox = room.config.mailboxes.iter().find(|mailbox| mailbox.unit == unit);
    let mailbox = mailbox.ok_or_else(|| wrong("Enheten har ingen brevlåda i inkom, och därmed ingen nummerserie."))?;
    let new = NewEntry {
        mailbox: &mailbox.name,
        folder: by_hand.channel.word(),
        unit,
        hsa_id: &mailbox.hsa_id,
        series: &mailbox.series,
        first_serial: mailbox.first_serial.get(),
        internal_date: visitor.now,
        fetched_at: visitor.now,
        raw,
        backlog: false,
        held: None,
        by_hand: Some(by_hand),
    };
    let mut tx = room.diary.write().await?;
    let entry = tx.register(&new, visitor.now).await?;
    let payload = format!("channel={} sha256={}", by_hand.channel, Digest::of(raw));
    let event = visitor.event(AuditAction::Registered, role, unit, Some(&entry.number), payload);
    tx.audit(&event).await?;
    if replied {
        // "Du kommer att bli kontaktad per telefon" has been written to them.
        let due = clock::end_of_next_working_day(visitor.now).context("the clock is out of range")?;
        let actor = Actor::Person { id: visitor.person.id, saw: 0 };
        let acted = tx.act(&entry, actor, &[Act::CallBack { due }], &event).await?;
        if !matches!(acted, Acted::Done(_)) {
            return Err(anyhow::anyhow!("a new entry did not take the call to be made").into());
        }
    }
    tx.commit().await?;
    Ok(entry.number)
}

/// An e-mail as it is, or what a person has written as a message.
fn raw(form: &Form, channel: Channel, at: Timestamp) -> Result<Vec<u8>, Refusal> {
    let Form { from, subject, text, files, .. } = form;
    if channel == Channel::Email {
        let [file] = files.as_slice() else {
            return Err(wrong("Välj e-postmeddelandet som en enda fil, sparad ur e-postprogrammet som .eml."));
        };
        if [from, subject, text].iter().any(|written| !written.trim().is_empty()) {
            return Err(wrong("Lämna avsändare, ämne och text tomma: de läses ur filen."));
        }
        if !begins_as_mail(&file.bytes) {
            return Err(wrong(
                "Filen är inget e-postmeddelande i formatet .eml. Spara om det ur e-postprogrammet, eller registrera det som \
                 brev med filen som bilaga.",
            ));
        }
        return Ok(file.bytes.clone());
    }
    if text.trim().is_empty() && files.is_empty() {
        return Err(wrong("Skriv vad som kom in, eller välj en fil med det."));
    }
    Ok(by_hand::write(&by_hand::ByHand { from, subject, text, at, files })?)
}

/// With a header field (RFC 5322 §2.2), or the line that mailbox files set before one.
fn begins_as_mail(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    line.starts_with(b"From ")
        || (name.len() < line.len() && !name.is_empty() && name.iter().all(|byte| (33..=126).contains(byte)))
}

/// The entry that it answers, of the same unit.
async fn answered(room: &Room, visitor: &Visitor, form: &Form) -> Result<Option<EntryId>, Refusal> {
    let text = form.answers.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let found = match text.to_uppercase().parse::<DiaryNumber>() {
        Ok(number) => room.diary.read().await?.entry(&number).await?,
        Err(_) => None,
    };
    // Which numbers other units have is not told.
    let own = found.filter(|details| details.entry.unit == form.unit);
    let own = own.filter(|details| visitor.access(Right::SeeEntries, &details.entry.unit).0 > Access::No);
    own.map(|details| Some(details.entry.id)).ok_or_else(|| wrong("Enheten har ingen handling med det numret."))
}

/// The token comes first: nothing else is read of what is not our own page's.
async fn read(visitor: &Visitor, mut multipart: Multipart) -> Result<Form, Refusal> {
    let unread = |error: axum::extract::multipart::MultipartError| {
        if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            wrong("Filerna är för stora tillsammans. Högst 25 MB går att registrera åt gången.")
        } else {
            Refusal::BadForm
        }
    };
    let mut form = Form::default();
    let mut ours = false;
    while let Some(field) = multipart.next_field().await.map_err(unread)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "fil" {
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let media_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.map_err(unread)?.to_vec();
            // A browser sends an empty one where none was chosen.
            if ours && !(bytes.is_empty() && file_name.is_empty()) {
                form.files.push(File { name: base_name(&file_name), media_type, bytes });
            }
        } else {
            let text = field.text().await.map_err(unread)?;
            match name.as_str() {
                "csrf" => ours = constant_time_eq(text.as_bytes(), visitor.session.csrf.as_bytes()),
                "enhet" => form.unit = text,
                "kanal" => form.channel = text,
                "inkom" => form.at = text,
                "fran" => form.from = text,
                "amne" => form.subject = text,
                "text" => form.text = text,
                "svar-pa" => form.answers = text,
                "sms-svar" => form.replied = text == "ja",
                _ => {}
            }
        }
        if !ours {
            return Err(Refusal::FromElsewhere);
        }
        if form.files.len() > FILES {
            return Err(wrong("Det är för många filer. Högst 20 går att registrera åt gången."));
        }
    }
    if !ours {
        return Err(Refusal::FromElsewhere);
    }
    if form.from.chars().count() > SHORT || form.subject.chars().count() > SHORT {
        return Err(wrong("Avsändare och ämne får ha högst 200 tecken var."));
    }
    Ok(form)
}

/// Without the folders that it lay in.
fn base_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base: String = base.chars().filter(|c| !c.is_control()).take(SHORT).collect();
    if base.trim().is_empty() { "fil".into() } else { base }
}

fn wrong(text: &str) -> Refusal {
    Refusal::Wrong { title: "Ingenting är registrerat", text: text.into(), back: BACK.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_name_and_loses_its_folders() {
        for (name, base) in [
            ("skärm.jpg", "skärm.jpg"),
            ("C:\\Users\\rut\\skärm.jpg", "skärm.jpg"),
            ("../../etc/passwd", "passwd"),
            ("a/", "fil"),
            ("a\r\nb.txt", "ab.txt"),
        ] {
            assert_eq!(base_name(name), base);
        }
    }
}
