use std::collections::BTreeSet;

use jiff::Timestamp;

use super::act::{Act, CallOutcome, Exempt, Flag, PreferredChannel, RequestKind, Secrecy, SenderType, Way};
use crate::clock;
use crate::model::State;

/// How far it has come on its way into the record, or why it does not go there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Record {
    #[default]
    Undecided,
    /// In the record system's folder, without a receipt yet.
    Importing {
        with_reply: bool,
    },
    Printed,
    /// The record system would not have it.
    Rejected {
        reason: String,
    },
    /// In a record that is not the right one.
    Correcting,
    Decided(Decision),
}

/// What closes an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Recorded { reference: String },
    NotForRecord(Exempt),
    LowValue { junk: bool },
    Misdirected,
}

impl Decision {
    /// In the database and in exports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Recorded { .. } => "journalford",
            Self::NotForRecord(_) => "ska-inte-journalforas",
            Self::LowValue { junk: false } => "ringa-betydelse",
            Self::LowValue { junk: true } => "skrappost",
            Self::Misdirected => "felskickad",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub kind: RequestKind,
    pub answered: bool,
}

impl Request {
    /// When it is to be answered at the latest, if it arrived then. A public document is to be given out at once or as soon as
    /// can be (TF 2 kap. 15 §): within the next working day; and a patient's record at a public clinic is one. One's own data: within a
    /// month (GDPR art. 12.3).
    #[must_use]
    pub fn due(&self, arrived_at: Timestamp) -> Option<Timestamp> {
        match self.kind {
            RequestKind::PublicDocument | RequestKind::OwnRecord => clock::end_of_next_working_day(arrived_at),
            RequestKind::OwnData => clock::end_of_day_a_month_after(arrived_at),
        }
    }
}

/// What has become of an entry: its acts, one after another.
// Each yes or no is a question of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub document_type: String,
    /// Empty until somebody has written one.
    pub description: String,
    pub secrecy: Secrecy,
    pub case: String,
    pub sender: SenderType,
    /// Whether it is linked to a patient.
    pub patient: bool,
    pub record: Record,
    pub request: Option<Request>,
    /// To whom it was handed over, and whether they have said that they have it.
    pub with: Option<(String, bool)>,
    pub awaits_identity: bool,
    /// When somebody is to be called, at the latest.
    pub call: Option<Timestamp>,
    pub flags: BTreeSet<Flag>,
    pub informed: bool,
    pub prefers: Option<PreferredChannel>,
    pub voided: bool,
    /// What was said of it before it was found to be of low value.
    before: Option<Box<(String, String, Secrecy)>>,
}

/// Why an act is not for an entry as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Voided,
    Closed,
    NotClosed,
    Decided,
    InRecord,
    NotInRecord,
    Correcting,
    NotCorrecting,
    NotImporting,
    FromPatient,
    NoPatient,
    HasPatient,
    OpenRequest,
    NoRequest,
    HasRequest,
    NotHandedOver,
    AwaitsAlready,
    HasCall,
    NoCall,
    NumberShown,
    Secret,
    OpenCall,
}

impl Refused {
    /// What stands in the way and what to do instead, in the language of staff.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Voided => "Handlingen är makulerad. Ingenting mer kan göras med den.",
            Self::Closed => "Handlingen är avslutad. Öppna den igen först.",
            Self::NotClosed => "Det finns inget beslut att ångra.",
            Self::Decided => "Det är redan bestämt vad som ska hända med handlingen. Öppna den igen först.",
            Self::InRecord => "Handlingen är i journalen. Välj Felaktigt journalförd om den inte hör dit.",
            Self::NotInRecord => "Handlingen är inte journalförd.",
            Self::Correcting => "En rättelse av journalen pågår. Gör klart den först.",
            Self::NotCorrecting => "Ingen rättelse pågår.",
            Self::NotImporting => "Handlingen är inte på väg till journalen.",
            Self::FromPatient => {
                "Handlingen kommer från en patient eller gäller en. Den ska journalföras. Avsluta kopplingen eller ändra \
                 avsändaren först, om det är fel."
            }
            Self::NoPatient => "Skriv först vilken patient handlingen gäller.",
            Self::HasPatient => "Handlingen är redan kopplad till en patient. Avsluta den kopplingen först.",
            Self::OpenRequest => "En begäran om att få ut handlingar är inte besvarad.",
            Self::NoRequest => "Det finns ingen obesvarad begäran.",
            Self::HasRequest => "En begäran är redan noterad.",
            Self::NotHandedOver => "Handlingen är inte lämnad till någon som ska bekräfta.",
            Self::AwaitsAlready => "Handlingen väntar redan på att patienten identifieras.",
            Self::HasCall => "Det finns redan ett samtal att ringa.",
            Self::NoCall => "Det finns inget samtal att ringa.",
            Self::Secret => {
                "Handlingen är sekretessmarkerad, och sekretess prövas för sig. Ändra det först, om det är fel."
            }
            Self::OpenCall => "Ett samtal är inte ringt. Ring det, eller stryk det, först.",
            Self::NumberShown => "Dölj telefonnumret innan du ringer, och kryssa i att du har gjort det.",
        }
    }
}

impl Standing {
    /// After these acts, oldest first.
    pub fn of<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Self {
        let mut standing = Self::default();
        for act in acts {
            standing.apply(act);
        }
        standing
    }

    #[must_use]
    pub fn state(&self) -> State {
        let with = self.with.as_ref().is_some_and(|(_, has_it)| !has_it);
        match &self.record {
            _ if self.voided => State::Voided,
            Record::Correcting => State::Correcting,
            Record::Importing { .. } => State::Importing,
            Record::Printed => State::Printed,
            _ if self.request.as_ref().is_some_and(|request| !request.answered) => State::Requested,
            _ if self.call.is_some() => State::ToCall,
            _ if with => State::HandedOver,
            Record::Decided(_) => State::Closed,
            Record::Rejected { .. } => State::Rejected,
            // Whoever has acknowledged it has yet to say what becomes of it.
            Record::Undecided if self.with.is_some() => State::HandedOver,
            Record::Undecided if self.awaits_identity => State::AwaitsIdentity,
            Record::Undecided => State::Registered,
        }
    }

    /// Why this cannot be done as things stand; `None` when it can.
    #[must_use]
    pub fn refuses(&self, act: &Act) -> Option<Refused> {
        let is_patients = self.patient || self.sender == SenderType::Patient;
        let open_request = self.request.as_ref().is_some_and(|request| !request.answered);
        // What is in the record can still give reason to call or to hand over; it is not opened again for that.
        let closed =
            self.state() == State::Closed && !matches!(self.record, Record::Decided(Decision::Recorded { .. }));
        let decided = match &self.record {
            Record::Correcting => Some(Refused::Correcting),
            Record::Decided(Decision::Recorded { .. }) => Some(Refused::InRecord),
            Record::Importing { .. } | Record::Decided(_) => Some(Refused::Decided),
            Record::Undecided | Record::Printed | Record::Rejected { .. } => None,
        };
        let when = |refused: bool, why: Refused| refused.then_some(why);
        if self.voided {
            return when(!matches!(act, Act::ReplyDropped { .. }), Refused::Voided);
        }
        match act {
            Act::Classified { sender, .. } => when(
                *sender == SenderType::Patient
                    && matches!(&self.record, Record::Decided(decision) if !matches!(decision, Decision::Recorded { .. })),
                Refused::Decided,
            ),
            Act::Linked => decided.or(when(self.patient, Refused::HasPatient)),
            Act::Unlinked { .. } | Act::SentToRecord { .. } => decided.or(when(!self.patient, Refused::NoPatient)),
            // Where no receipt comes, a person looks in the record.
            Act::Entered { .. } => decided
                .filter(|_| !matches!(self.record, Record::Importing { .. }))
                .or(when(!self.patient, Refused::NoPatient)),
            Act::Accepted { .. } | Act::Rejected { .. } => {
                when(!matches!(self.record, Record::Importing { .. }), Refused::NotImporting)
            }
            Act::WronglyEntered { .. } => {
                when(!matches!(self.record, Record::Decided(Decision::Recorded { .. })), Refused::NotInRecord)
            }
            Act::Corrected { .. } => when(self.record != Record::Correcting, Refused::NotCorrecting),
            Act::NotForRecord { .. } => decided.or(when(is_patients, Refused::FromPatient)),
            Act::LowValue { .. } if matches!(self.secrecy, Secrecy::Secret(_)) => {
                Some(decided.unwrap_or(Refused::Secret))
            }
            Act::LowValue { .. } | Act::Misdirected { .. } => {
                decided.or(when(is_patients, Refused::FromPatient)).or(when(open_request, Refused::OpenRequest))
            }
            Act::Voided { .. } => match &self.record {
                Record::Correcting => Some(Refused::Correcting),
                Record::Decided(Decision::Recorded { .. }) | Record::Importing { .. } => Some(Refused::InRecord),
                _ => when(is_patients, Refused::FromPatient)
                    .or(when(open_request, Refused::OpenRequest))
                    .or(when(self.call.is_some(), Refused::OpenCall)),
            },
            Act::Reopened { .. } => match &self.record {
                Record::Decided(Decision::Recorded { .. }) => Some(Refused::InRecord),
                Record::Decided(_) => None,
                _ => Some(Refused::NotClosed),
            },
            Act::HandedOver { .. } => when(closed, Refused::Closed),
            Act::Acknowledged => when(self.with.as_ref().is_none_or(|(_, has_it)| *has_it), Refused::NotHandedOver),
            Act::AwaitsIdentity { .. } => decided
                .or(when(self.patient, Refused::HasPatient))
                .or(when(self.awaits_identity, Refused::AwaitsAlready)),
            Act::CallBack { .. } => when(closed, Refused::Closed).or(when(self.call.is_some(), Refused::HasCall)),
            Act::Called { hidden, .. } => {
                when(self.call.is_none(), Refused::NoCall).or(when(!hidden, Refused::NumberShown))
            }
            Act::CallDropped { .. } => when(self.call.is_none(), Refused::NoCall),
            Act::Requested { .. } => {
                when(closed, Refused::Closed).or(when(self.request.is_some(), Refused::HasRequest))
            }
            Act::Answered { .. } | Act::RequestDropped { .. } => when(!open_request, Refused::NoRequest),
            Act::Flagged { .. }
            | Act::Informed
            | Act::Prefers { .. }
            | Act::Noted { .. }
            | Act::ReplyReleased
            | Act::ReplyDropped { .. } => None,
        }
    }

    /// The same, after an act that was not refused.
    pub fn apply(&mut self, act: &Act) {
        match act {
            Act::Classified { document_type, description, secrecy, case, sender } => {
                self.document_type.clone_from(document_type);
                self.description.clone_from(description);
                self.secrecy.clone_from(secrecy);
                self.case.clone_from(case);
                self.sender = *sender;
                self.before = None;
            }
            Act::Linked => {
                self.patient = true;
                self.awaits_identity = false;
            }
            Act::Unlinked { .. } => {
                self.patient = false;
                // What was printed for somebody else goes nowhere.
                if matches!(self.record, Record::Printed | Record::Rejected { .. }) {
                    self.record = Record::Undecided;
                }
            }
            Act::SentToRecord { way: Way::Folder, with_reply } => {
                self.record = Record::Importing { with_reply: *with_reply };
            }
            Act::SentToRecord { way: Way::Print, .. } => self.record = Record::Printed,
            Act::Entered { reference, .. } | Act::Accepted { reference } => {
                self.record = Record::Decided(Decision::Recorded { reference: reference.clone() });
            }
            Act::Rejected { reason } => self.record = Record::Rejected { reason: reason.clone() },
            Act::WronglyEntered { .. } => {
                self.record = Record::Correcting;
                self.patient = false;
            }
            Act::Corrected { .. } => self.record = Record::Undecided,
            Act::NotForRecord { reason } => self.record = Record::Decided(Decision::NotForRecord(*reason)),
            Act::LowValue { junk, document_type, description } => {
                let document_type = std::mem::replace(&mut self.document_type, document_type.clone());
                let description = std::mem::replace(&mut self.description, description.clone());
                let secrecy = std::mem::replace(&mut self.secrecy, Secrecy::Open);
                self.before = Some(Box::new((document_type, description, secrecy)));
                self.record = Record::Decided(Decision::LowValue { junk: *junk });
            }
            Act::Misdirected { .. } => self.record = Record::Decided(Decision::Misdirected),
            Act::Voided { .. } => self.voided = true,
            Act::Reopened { .. } => {
                // What was said together with the decision goes with it.
                if let Some(before) = self.before.take() {
                    (self.document_type, self.description, self.secrecy) = *before;
                }
                self.record = Record::Undecided;
            }
            Act::HandedOver { to } => self.with = Some((to.clone(), false)),
            Act::Acknowledged => self.with = self.with.take().map(|(to, _)| (to, true)),
            Act::AwaitsIdentity { .. } => self.awaits_identity = true,
            Act::CallBack { due } => self.call = Some(*due),
            Act::Called { outcome: CallOutcome::Reached, .. } | Act::CallDropped { .. } => self.call = None,
            Act::Requested { kind } => self.request = Some(Request { kind: *kind, answered: false }),
            Act::RequestDropped { .. } => self.request = None,
            Act::Answered { .. } => {
                self.request = self.request.take().map(|request| Request { answered: true, ..request });
            }
            Act::Flagged { flag, on: true } => {
                self.flags.insert(*flag);
            }
            Act::Flagged { flag, on: false } => {
                self.flags.remove(flag);
            }
            Act::Informed => self.informed = true,
            Act::Prefers { channel } => self.prefers = Some(*channel),
            Act::Called { .. } | Act::Noted { .. } | Act::ReplyReleased | Act::ReplyDropped { .. } => {}
        }
    }
}
