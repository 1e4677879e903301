//! What people do with an entry: forms in, acts out. What may be done is not decided here but in [`crate::decision`].

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::door::{Posted, Visitor};
use super::entry::{Seen, changed, open, refuse};
use super::forms;
use super::offers::sample;
use super::queue::path;
use super::refusal::Refusal;
use super::{Room, Shared};
use crate::clock;
use crate::config::Catalogue;
use crate::decision::{Act, Flag, Outcome, Secrecy, Standing, Way};
use crate::diary::{Acted, Actor, EntryDetails, Requeue};
use crate::model::{Access, AuditAction, words};
use crate::triage::PatientNumber;

const SHORT: usize = 120;
const LONG: usize = 2_000;

/// The last part of a form's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Classify,
    Link,
    Unlink,
    Record,
    Enter,
    WronglyEntered,
    Correct,
    NotForRecord,
    LowValue,
    Junk,
    Misdirected,
    Void,
    Reopen,
    HandOver,
    Acknowledge,
    AwaitIdentity,
    CallBack,
    Called,
    DropCall,
    Request,
    DropRequest,
    Answer,
    Mark,
    Note,
    Reply,
    NoReply,
}

words!(What {
    Classify = "registrera",
    Link = "koppla",
    Unlink = "avsluta-koppling",
    Record = "journalfor",
    Enter = "inlagd",
    WronglyEntered = "felaktigt-journalford",
    Correct = "rattad",
    NotForRecord = "ska-inte-journalforas",
    LowValue = "ringa-betydelse",
    Junk = "skrappost",
    Misdirected = "felskickad",
    Void = "makulera",
    Reopen = "oppna-igen",
    HandOver = "till-behandlare",
    Acknowledge = "bekrafta",
    AwaitIdentity = "vanta-pa-identifiering",
    CallBack = "ring-tillbaka",
    Called = "ringde",
    DropCall = "stryk-samtal",
    Request = "begaran",
    DropRequest = "stryk-begaran",
    Answer = "besvara-begaran",
    Mark = "mark",
    Note = "anteckna",
    Reply = "svara",
    NoReply = "svara-inte",
});

impl What {
    /// Whether it says something of what came, so that it has to be read first.
    pub const fn rests_on_content(self) -> bool {
        matches!(self, Self::Classify | Self::LowValue | Self::Junk | Self::Misdirected | Self::Request | Self::Answer)
    }
}

/// All fields of all forms; each form has its own few.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Of the entry, as the page showed it.
    version: Option<i64>,
    #[serde(rename = "skal")]
    reason: String,
    #[serde(rename = "text")]
    text: String,
    patient: String,
    #[serde(rename = "kontrollerat")]
    confirmed: String,
    #[serde(rename = "vag")]
    way: String,
    #[serde(rename = "med-svar")]
    with_reply: String,
    #[serde(rename = "referens")]
    reference: String,
    #[serde(rename = "vem")]
    who: String,
    #[serde(rename = "tid")]
    at: String,
    #[serde(rename = "senast")]
    due: String,
    #[serde(rename = "utfall")]
    outcome: String,
    #[serde(rename = "dolt")]
    hidden: String,
    #[serde(rename = "typ")]
    kind: String,
    #[serde(rename = "beskrivning")]
    description: String,
    #[serde(rename = "sekretess")]
    secrecy: String,
    #[serde(rename = "lagrum")]
    provision: String,
    #[serde(rename = "arende")]
    case: String,
    #[serde(rename = "avsandare")]
    sender: String,
    #[serde(rename = "skyddade")]
    protected: String,
    #[serde(rename = "vardnadshavare")]
    no_guardian: String,
    #[serde(rename = "oro")]
    concern: String,
    #[serde(rename = "informerad")]
    informed: String,
    #[serde(rename = "kanal")]
    channel: String,
}

/// What a form asks for, read.
struct Asked {
    acts: Vec<Act>,
    patient: Option<PatientNumber>,
}

pub async fn decide(
    State(room): Shared,
    Path((number, what)): Path<(String, String)>,
    posted: Posted<Form>,
) -> Result<Response, Refusal> {
    let Posted { visitor, form } = posted;
    let seen = open(&room, &visitor, &number).await?;
    let what: What = what.parse().map_err(|_| Refusal::NotFound)?;
    let saw = form.version.ok_or(Refusal::BadForm)?;
    // Before anything is read against the entry: an answer could tell what it says.
    let unit = &seen.details.entry.unit;
    let may = visitor.access(sample(what, visitor.now).right(), unit).0 == Access::Yes;
    if !may || (what.rests_on_content() && !seen.may_read) {
        return Err(refuse(&room, &visitor, unit, Some(&seen.details.entry.number)).await);
    }
    let here = path(&seen.details.entry.number);
    let standing = room.diary.read().await?.standing(seen.details.entry.id).await?;
    let context = Context {
        details: &seen.details,
        standing: &standing,
        catalogue: &room.catalogue,
        visitor: &visitor,
        may_read: seen.may_read,
        has_folder: room.config.handover.is_some(),
    };
    let wrong = |text| Refusal::Wrong { title: "Ingenting är gjort", text, back: here.clone() };
    let asked = form.asked(what, &context).map_err(wrong).map_err(|refusal| form.kept(refusal))?;
    if asked.acts.is_empty() {
        return Ok(Redirect::to(&here).into_response());
    }
    let done = perform(&room, &visitor, &seen, saw, &asked.acts, asked.patient.as_ref()).await;
    let standing = done.map_err(|refusal| form.kept(refusal))?;
    Ok(Redirect::to(&after(&seen.details, &standing, saw + 1)).into_response())
}

/// What is closed leads on to the queue, which offers to undo what can be undone; what is open stays.
fn after(details: &EntryDetails, standing: &Standing, version: i64) -> String {
    let number = details.entry.number.to_string().replace(' ', "-");
    let reopening = Act::Reopened { reason: String::new() };
    match standing.refuses(&reopening) {
        _ if standing.state().is_open() => path(&details.entry.number),
        None => format!("/?klart={number}.{version}"),
        Some(_) => format!("/?avslutad={number}"),
    }
}

/// Does it, in the role that lets them, or tells why not.
pub async fn perform(
    room: &Arc<Room>,
    visitor: &Visitor,
    seen: &Seen,
    saw: i64,
    acts: &[Act],
    patient: Option<&PatientNumber>,
) -> Result<Standing, Refusal> {
    let entry = &seen.details.entry;
    let mut role = None;
    for act in acts {
        let (access, by) = visitor.access(act.right(), &entry.unit);
        if access != Access::Yes {
            return Err(refuse(room, visitor, &entry.unit, Some(&entry.number)).await);
        }
        role = by;
    }
    let back = path(&entry.number);
    let mut tx = room.diary.write().await?;
    let mut unchanged = true;
    for act in acts {
        unchanged &= match (act, patient) {
            (Act::Linked, Some(patient)) => tx.link_patient(entry.id, patient, visitor.person.id, visitor.now).await?,
            (Act::Unlinked { .. }, Some(patient)) => tx.end_link(entry.id, patient, visitor.now).await?,
            (Act::ReplyReleased, _) => tx.requeue(Requeue::Entry(entry.id), visitor.now).await? == 1,
            (Act::ReplyDropped { .. }, _) => tx.drop_reply(entry.id).await?,
            _ => true,
        };
    }
    let payload = patient.map(|patient| format!("patient={patient}")).unwrap_or_default();
    let event = visitor.event(AuditAction::Noted, role, &entry.unit, Some(&entry.number), payload);
    let actor = Actor::Person { id: visitor.person.id, saw };
    let acted = if unchanged { tx.act(entry, actor, acts, &event).await? } else { Acted::Changed };
    match acted {
        Acted::Done(standing) => {
            tx.commit().await?;
            Ok(*standing)
        }
        Acted::Changed => {
            drop(tx);
            Err(changed(room, entry.id, &entry.number, visitor).await?)
        }
        Acted::Refused(refused) => Err(Refusal::NotNow { text: refused.text(), back }),
    }
}

/// What a form is read against.
struct Context<'a> {
    details: &'a EntryDetails,
    standing: &'a Standing,
    catalogue: &'a Catalogue,
    visitor: &'a Visitor,
    may_read: bool,
    /// Whether there is one that the record system imports from.
    has_folder: bool,
}

impl Form {
    /// A refusal with the longest thing that was written.
    fn kept(&self, refusal: Refusal) -> Refusal {
        let written = [&self.text, &self.reason].into_iter().max_by_key(|text| text.len());
        match written.filter(|text| !text.trim().is_empty()) {
            Some(text) => Refusal::Typed(Box::new(refusal), text.clone()),
            None => refusal,
        }
    }

    /// The acts that the form asks for, or what is wrong in it.
    fn asked(&self, what: What, of: &Context<'_>) -> Result<Asked, String> {
        let mut patient = None;
        let act = match what {
            What::Classify => self.classified(of)?,
            What::Link => {
                patient = Some(self.patient(of)?);
                Act::Linked
            }
            What::Unlink => {
                patient = Some(forms::patient(&self.patient, of.visitor.now)?);
                Act::Unlinked { reason: self.reason()? }
            }
            What::Record => return self.recorded(of),
            What::Enter => self.entered(of)?,
            What::WronglyEntered => Act::WronglyEntered { reason: self.reason()? },
            What::Correct => {
                Act::Corrected { reference: text(&self.reference, "Skriv hur journalen är rättad.", SHORT)? }
            }
            What::NotForRecord => {
                Act::NotForRecord { reason: chosen(&self.reason, "Välj varför den inte ska journalföras.")? }
            }
            What::LowValue => low_value(of.catalogue, false)?,
            What::Junk => low_value(of.catalogue, true)?,
            What::Misdirected => Act::Misdirected {
                to: text(&self.who, "Skriv vem den var till, och hur den lämnades vidare.", SHORT)?,
            },
            What::Void => Act::Voided { reason: self.reason()? },
            What::Reopen => Act::Reopened { reason: self.reason()? },
            What::HandOver => Act::HandedOver { to: text(&self.who, "Skriv vem som får den.", SHORT)? },
            What::Acknowledge => Act::Acknowledged,
            What::AwaitIdentity => Act::AwaitsIdentity { reason: self.reason()? },
            What::CallBack => Act::CallBack { due: self.due(of.visitor.now)? },
            What::Called => {
                let outcome = chosen(&self.outcome, "Välj hur samtalet gick.")?;
                Act::Called { hidden: self.hidden == "ja", outcome }
            }
            What::DropCall => Act::CallDropped { reason: self.reason()? },
            What::Request => Act::Requested { kind: chosen(&self.kind, "Välj vad som begärs.")? },
            What::DropRequest => Act::RequestDropped { reason: self.reason()? },
            What::Answer => self.answered(of)?,
            What::Mark => return Ok(Asked { acts: self.marks(of.standing), patient: None }),
            What::Note => Act::Noted { text: text(&self.text, "Skriv anteckningen.", LONG)? },
            What::Reply => Act::ReplyReleased,
            What::NoReply => Act::ReplyDropped { reason: self.reason()? },
        };
        Ok(Asked { acts: vec![act], patient })
    }

    fn reason(&self) -> Result<String, String> {
        forms::reason(&self.reason).map(str::to_owned).map_err(|_| "Skriv ett skäl, högst 500 tecken.".to_owned())
    }

    /// Written out by a person who has looked in the record, never guessed (R22).
    fn patient(&self, of: &Context<'_>) -> Result<PatientNumber, String> {
        let patient = forms::patient(&self.patient, of.visitor.now)?;
        if self.confirmed != "ja" {
            return Err("Kontrollera mot journalen att det är rätt patient, och kryssa i att du har gjort det.".into());
        }
        Ok(patient)
    }

    fn classified(&self, of: &Context<'_>) -> Result<Act, String> {
        let kind = of.catalogue.find(&self.kind).ok_or("Välj en handlingstyp.")?;
        let description = self.description.trim();
        let description = if description.is_empty() { &kind.description } else { description };
        if description.chars().count() > SHORT {
            return Err("Beskrivningen får ha högst 120 tecken.".into());
        }
        // OSL 5 kap. 2 §: what the public sees must not tell what is secret.
        let subject = of.details.summary.as_ref().and_then(|summary| summary.subject.as_deref()).unwrap_or_default();
        let subject = subject.trim().to_lowercase();
        if of.may_read
            && !subject.is_empty()
            && description != kind.description
            && description.to_lowercase().contains(&subject)
        {
            return Err("Beskrivningen är offentlig och får inte innehålla meddelandets ämne. Skriv neutralt.".into());
        }
        let secrecy = match self.secrecy.as_str() {
            "ja" => Secrecy::Secret(text(&self.provision, "Skriv vilken bestämmelse som gäller.", SHORT)?),
            "nej" => Secrecy::Open,
            "ej-provad" => Secrecy::NotTried,
            _ => return Err("Välj sekretess.".into()),
        };
        Ok(Act::Classified {
            document_type: kind.code.clone(),
            description: description.to_owned(),
            secrecy,
            case: short(&self.case, 40)?,
            sender: chosen(&self.sender, "Välj vem som är avsändare.")?,
        })
    }

    /// Into the record, by one of three ways; the patient is linked with it, if that has not been done.
    fn recorded(&self, of: &Context<'_>) -> Result<Asked, String> {
        let patient = if of.standing.patient { None } else { Some(self.patient(of)?) };
        let with_reply = self.with_reply == "ja" && of.details.reply == "sent";
        let last = match self.way.as_str() {
            "inlagd" => self.entered(of)?,
            "mapp" if !of.has_folder => {
                return Err("Mottagningen har ingen mapp till journalen. Välj ett annat sätt.".into());
            }
            "mapp" => Act::SentToRecord { way: Way::Folder, with_reply },
            "skriv-ut" => Act::SentToRecord { way: Way::Print, with_reply },
            _ => return Err("Välj hur den ska in i journalen.".into()),
        };
        let acts = patient.iter().map(|_| Act::Linked).chain([last]).collect();
        Ok(Asked { acts, patient })
    }

    fn entered(&self, of: &Context<'_>) -> Result<Act, String> {
        let who = self.who.trim();
        let at = if self.at.trim().is_empty() { of.visitor.now } else { forms::moment(&self.at)? };
        if at > of.visitor.now {
            return Err("Tiden ligger i framtiden.".into());
        }
        Ok(Act::Entered {
            reference: text(&self.reference, "Skriv referensen i journalen.", SHORT)?,
            by: if who.is_empty() { of.visitor.person.name.clone() } else { short(who, SHORT)? },
            at,
        })
    }

    fn due(&self, now: Timestamp) -> Result<Timestamp, String> {
        let day = forms::day(&self.due)?;
        let due = match day {
            Some(day) => clock::end_of(day),
            None => clock::end_of_next_working_day(now),
        };
        due.filter(|due| *due > now).ok_or_else(|| "Dagen har redan varit.".to_owned())
    }

    fn answered(&self, of: &Context<'_>) -> Result<Act, String> {
        let outcome: Outcome = chosen(&self.outcome, "Välj hur begäran besvarades.")?;
        let who = self.who.trim();
        Ok(Act::Answered {
            outcome,
            decided_by: if who.is_empty() { of.visitor.person.name.clone() } else { short(who, SHORT)? },
            // A refusal can be appealed, and says why (TF 2 kap. 19 §, FL 32 §).
            reason: if outcome == Outcome::Released { short(&self.reason, LONG)? } else { self.reason()? },
        })
    }

    /// What is ticked now and was not, and the other way round.
    fn marks(&self, standing: &Standing) -> Vec<Act> {
        let flags = [
            (Flag::ProtectedIdentity, &self.protected),
            (Flag::NoGuardianContact, &self.no_guardian),
            (Flag::ConcernConsidered, &self.concern),
        ];
        let mut acts: Vec<Act> = flags
            .into_iter()
            .map(|(flag, ticked)| (flag, ticked == "ja"))
            .filter(|(flag, on)| standing.flags.contains(flag) != *on)
            .map(|(flag, on)| Act::Flagged { flag, on })
            .collect();
        acts.extend((self.informed == "ja" && !standing.informed).then_some(Act::Informed));
        let channel = self.channel.parse().ok().filter(|channel| standing.prefers != Some(*channel));
        acts.extend(channel.map(|channel| Act::Prefers { channel }));
        acts
    }
}

/// What the plan says is of little value.
pub fn low_value(catalogue: &Catalogue, junk: bool) -> Result<Act, String> {
    let kind = catalogue.of_low_value(junk).ok_or(
        "Katalogen över handlingstyper har ingen av ringa betydelse. Registrera handlingen och välj vad som ska hända med den.",
    )?;
    Ok(Act::LowValue { junk, document_type: kind.code.clone(), description: kind.description.clone() })
}

fn chosen<T: std::str::FromStr>(word: &str, or: &str) -> Result<T, String> {
    word.parse().map_err(|_| or.to_owned())
}

fn short(written: &str, most: usize) -> Result<String, String> {
    let written = written.trim();
    if written.chars().count() > most {
        return Err(format!("Det är för långt. Skriv högst {most} tecken."));
    }
    Ok(written.to_owned())
}

fn text(written: &str, or: &str, most: usize) -> Result<String, String> {
    let written = short(written, most)?;
    if written.is_empty() { Err(or.to_owned()) } else { Ok(written) }
}
