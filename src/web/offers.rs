//! What an entry's page offers to do with it: what the rules let this person do now, and nothing else.

use jiff::Timestamp;

use super::decide::What;
use super::door::Visitor;
use super::forms::{Choice, choices};
use super::{Room, words};
use crate::clock;
use crate::config::DocumentType;
use crate::decision::{
    Act, CallOutcome, Decision, Exempt, Flag, Outcome, PreferredChannel, Record, RequestKind, Secrecy, SenderType,
    Standing, Way,
};
use crate::diary::{DoneAct, EntryDetails, HandoverRow};
use crate::model::{Access, State};

/// A note for colleagues.
pub struct Note {
    pub at: String,
    pub who: String,
    pub text: String,
}

/// How an entry stands, and what this person can do about it.
pub struct Offers {
    pub standing: Standing,
    pub state: &'static str,
    pub due: String,
    pub is_overdue: bool,
    pub told: Vec<(&'static str, String)>,
    pub warnings: Vec<&'static str>,
    pub notes: Vec<Note>,
    /// Numbers of persons that the text holds, without their last four.
    pub masked: Vec<String>,
    pub types: Vec<DocumentType>,
    /// How this person may answer a request.
    pub outcomes: Vec<Outcome>,
    pub is_sample: bool,
    pub reply_was_sent: bool,
    pub has_folder: bool,
    /// What is in the way of handing it over to the record system, and what to do about it.
    pub handover: &'static str,
    /// Of the one who is here.
    pub person: String,
    can: Vec<What>,
}

impl Offers {
    /// What was said of the message is content: those who may not read it are told how it stands and no more.
    pub fn of(
        room: &Room,
        visitor: &Visitor,
        details: &EntryDetails,
        done: &[DoneAct],
        standing: Standing,
        handover: Option<&HandoverRow>,
        may_read: bool,
    ) -> Self {
        let unit = &details.entry.unit;
        let may = |act: &Act| visitor.access(act.right(), unit).0 == Access::Yes && standing.refuses(act).is_none();
        let may_answer = |outcome| {
            let act = Act::Answered { outcome, decided_by: String::new(), reason: String::new() };
            visitor.access(act.right(), unit).0 == Access::Yes
        };
        let reply_is_stopped = matches!(details.reply.as_str(), "held" | "unsure");
        let can = What::ALL
            .into_iter()
            .filter(|what| may_read || !what.rests_on_content())
            .filter(|what| match what {
                What::Reply | What::NoReply => reply_is_stopped && may(&Act::ReplyReleased),
                // With the patient's number, which may come along with it.
                What::Record => may(&Act::Linked) || may(&sample(*what, visitor.now)),
                what => may(&sample(*what, visitor.now)),
            })
            .collect();
        let identifiers = details.triage.iter().filter(|_| may_read).flat_map(|facts| &facts.identifiers);
        let done = if may_read { done } else { &[] };
        let notes = done.iter().filter_map(|done| match &done.act {
            Some(Act::Noted { text }) => {
                Some(Note { at: clock::minute(done.at), who: done.actor.clone(), text: text.clone() })
            }
            _ => None,
        });
        Self {
            state: standing.state().text(),
            due: details.due_at.map(clock::minute).unwrap_or_default(),
            is_overdue: details.due_at.is_some_and(|due| due < visitor.now),
            told: if may_read { told(&standing, done, &room.catalogue.types) } else { Vec::new() },
            warnings: standing.flags.iter().filter(|_| may_read).map(|flag| flag.text()).collect(),
            notes: notes.collect(),
            masked: identifiers
                .map(|found| format!("{}-••••", found.value.chars().take(8).collect::<String>()))
                .collect(),
            types: room.catalogue.types.clone(),
            outcomes: Outcome::ALL.into_iter().filter(|outcome| may_answer(*outcome)).collect(),
            is_sample: room.catalogue.sample,
            reply_was_sent: details.reply == "sent",
            has_folder: room.config.handover.is_some(),
            handover: handover
                .map(|row| words::handover(row, room.config.handover.as_ref(), visitor.now))
                .unwrap_or_default(),
            person: visitor.person.name.clone(),
            can,
            standing,
        }
    }

    /// By the last part of the form's address.
    pub fn can(&self, what: &str) -> bool {
        what.parse().is_ok_and(|what| self.can.contains(&what))
    }

    /// What remains is to note that it is in the record.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.standing.record, Record::Printed | Record::Importing { .. })
    }

    pub fn is_printed(&self) -> bool {
        self.standing.record == Record::Printed
    }

    pub fn is_public_request(&self) -> bool {
        self.standing.request.as_ref().is_some_and(|request| request.kind == RequestKind::PublicDocument)
    }

    pub fn senders(&self) -> Vec<Choice> {
        choices(SenderType::ALL.iter().map(|one| (one.word(), one.text())), self.standing.sender.word())
    }

    pub fn channels(&self) -> Vec<Choice> {
        let prefers = self.standing.prefers.map_or("", PreferredChannel::word);
        choices(PreferredChannel::ALL.iter().map(|one| (one.word(), one.text())), prefers)
    }

    pub fn has_flag(&self, flag: &str) -> bool {
        flag.parse::<Flag>().is_ok_and(|flag| self.standing.flags.contains(&flag))
    }

    /// What the public diary says, where it is not what the handlingstyp says by itself.
    pub fn description(&self) -> &str {
        let of_type = self.types.iter().find(|kind| kind.code == self.standing.document_type);
        let own = of_type.is_none_or(|kind| kind.description != self.standing.description);
        if own { &self.standing.description } else { "" }
    }

    pub fn secrecy(&self) -> &'static str {
        match self.standing.secrecy {
            Secrecy::NotTried => "ej-provad",
            Secrecy::Secret(_) => "ja",
            Secrecy::Open => "nej",
        }
    }

    pub fn provision(&self) -> &str {
        match &self.standing.secrecy {
            Secrecy::Secret(provision) => provision,
            _ => "25 kap. 1 § OSL",
        }
    }
}

/// An act of the kind, by which to ask whether it can be done.
pub fn sample(what: What, now: Timestamp) -> Act {
    let nothing = String::new;
    match what {
        What::Classify => Act::Classified {
            document_type: nothing(),
            description: nothing(),
            secrecy: Secrecy::NotTried,
            case: nothing(),
            sender: SenderType::Unknown,
        },
        What::Link => Act::Linked,
        What::Unlink => Act::Unlinked { reason: nothing() },
        What::Record => Act::SentToRecord { way: Way::Print, with_reply: false },
        What::Enter => Act::Entered { reference: nothing(), by: nothing(), at: now },
        What::WronglyEntered => Act::WronglyEntered { reason: nothing() },
        What::Correct => Act::Corrected { reference: nothing() },
        What::NotForRecord => Act::NotForRecord { reason: Exempt::NotPatient },
        What::LowValue | What::Junk => {
            Act::LowValue { junk: what == What::Junk, document_type: nothing(), description: nothing() }
        }
        What::Misdirected => Act::Misdirected { to: nothing() },
        What::Void => Act::Voided { reason: nothing() },
        What::Reopen => Act::Reopened { reason: nothing() },
        What::HandOver => Act::HandedOver { to: nothing() },
        What::Acknowledge => Act::Acknowledged,
        What::AwaitIdentity => Act::AwaitsIdentity { reason: nothing() },
        What::CallBack => Act::CallBack { due: now },
        What::Called => Act::Called { hidden: true, outcome: CallOutcome::Reached },
        What::DropCall => Act::CallDropped { reason: nothing() },
        What::Request => Act::Requested { kind: RequestKind::PublicDocument },
        What::DropRequest => Act::RequestDropped { reason: nothing() },
        What::Answer => Act::Answered { outcome: Outcome::Released, decided_by: nothing(), reason: nothing() },
        What::Mark => Act::Informed,
        What::Note => Act::Noted { text: nothing() },
        What::Reply => Act::ReplyReleased,
        What::NoReply => Act::ReplyDropped { reason: nothing() },
    }
}

/// What has been decided so far, in the words of staff.
fn told(standing: &Standing, done: &[DoneAct], types: &[DocumentType]) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    match &standing.record {
        Record::Undecided => {}
        Record::Importing { .. } => told.push(("Journal", "Väntar på kvittens från journalsystemet".to_owned())),
        Record::Printed => told.push(("Journal", "Utskriven. Skriv in referensen när den är inlagd.".to_owned())),
        Record::Rejected { reason } => told.push(("Journal", format!("Journalsystemet tog inte emot den: {reason}"))),
        Record::Correcting => told.push(("Journal", "Hamnade i fel journal. Se till att den rättas.".to_owned())),
        Record::Decided(decision) => told.push(("Beslut", decided(decision))),
    }
    if let Some(Some(Act::Entered { by, at, .. })) =
        done.iter().rev().map(|done| &done.act).find(|act| matches!(act, Some(Act::Entered { .. })))
        && matches!(standing.record, Record::Decided(Decision::Recorded { .. }))
    {
        told.push(("Inlagd", format!("{} av {by}", clock::minute(*at))));
    }
    if let Some((to, has_it)) = &standing.with {
        told.push(("Hos", if *has_it { format!("{to}, bekräftat") } else { format!("{to}, inte bekräftat än") }));
    }
    let tries = done.iter().filter(|done| matches!(done.act, Some(Act::Called { .. }))).count();
    if standing.call.is_some() && tries > 0 {
        told.push(("Samtal", format!("{tries} försök hittills")));
    }
    if let Some(request) = &standing.request {
        let outcome = done.iter().rev().find_map(|done| match &done.act {
            Some(Act::Answered { outcome, decided_by, .. }) => Some(format!("{}, av {decided_by}", outcome.text())),
            _ => None,
        });
        told.push(("Begäran", request.kind.text().to_owned()));
        told.push(("Besvarad", outcome.unwrap_or_else(|| "nej".to_owned())));
    }
    if let Some(kind) = types.iter().find(|kind| kind.code == standing.document_type) {
        told.push(("Typ", kind.name.clone()));
    } else if !standing.document_type.is_empty() {
        told.push(("Typ", standing.document_type.clone()));
    }
    if standing.sender != SenderType::Unknown {
        told.push(("Avsändare", format!("{}, inte styrkt", standing.sender.text().to_lowercase())));
    }
    if !standing.case.is_empty() {
        told.push(("Ärende", standing.case.clone()));
    }
    if standing.informed {
        told.push(("1177", "Personen är informerad".to_owned()));
    }
    if let Some(channel) = standing.prefers {
        told.push(("Kontakt", format!("Vill bli nådd genom {}", channel.text().to_lowercase())));
    }
    told
}

fn decided(decision: &Decision) -> String {
    match decision {
        Decision::Recorded { reference } => format!("Journalförd, {reference}"),
        Decision::NotForRecord(reason) => format!("Ska inte journalföras: {}", reason.text().to_lowercase()),
        Decision::LowValue { junk: true } => "Skräppost, uppenbart av ringa betydelse".to_owned(),
        Decision::LowValue { junk: false } => "Uppenbart av ringa betydelse".to_owned(),
        Decision::Misdirected => "Felskickad".to_owned(),
    }
}

/// Whether it is secret, as the page tells.
pub fn secrecy(standing: &Standing) -> String {
    match &standing.secrecy {
        Secrecy::NotTried => "Ej prövad. Handlingen behandlas som sekretessbelagd.".to_owned(),
        Secrecy::Secret(provision) => format!("Ja, {provision}"),
        Secrecy::Open => "Nej".to_owned(),
    }
}

/// What a line of the queue says of it, when it has come further than being registered.
pub fn in_queue(state: State) -> &'static str {
    if state == State::Registered { "" } else { state.text() }
}
