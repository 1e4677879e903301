use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{AuditAction, Right, words};

/// One thing that a person, or the record system by its receipt, did with an entry. Kept as it is, for as long as the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// What the diary tells of it (OSL 5 kap. 2 §): "Registrera".
    Classified {
        /// Code of a handlingstyp in the catalogue.
        document_type: String,
        /// Neutral, and never the Subject.
        description: String,
        secrecy: Secrecy,
        /// Of the case (ärende) that it belongs to, or empty.
        case: String,
        sender: SenderType,
    },
    /// A person has written out the number of the patient that it is about; `patient_link` holds the number.
    Linked,
    /// That was a mistake.
    Unlinked {
        reason: String,
    },
    /// On its way into the record: "Journalför".
    SentToRecord {
        way: Way,
        with_reply: bool,
    },
    /// It is in the record: a person has put it there or seen it there.
    Entered {
        reference: String,
        by: String,
        at: Timestamp,
    },
    /// The record system's receipt says that it is there.
    Accepted {
        reference: String,
    },
    /// The record system's receipt says that it is not.
    Rejected {
        reason: String,
    },
    /// In the wrong record: a correction begins (PDL 3 kap. 14 §).
    WronglyEntered {
        reason: String,
    },
    /// The record has been put right.
    Corrected {
        reference: String,
    },
    NotForRecord {
        reason: Exempt,
    },
    /// Uppenbart av ringa betydelse (OSL 5 kap. 1 § fjärde stycket), and thereby not secret.
    LowValue {
        junk: bool,
        /// Code of a handlingstyp that the plan says is of low value.
        document_type: String,
        description: String,
    },
    /// Meant for somebody else, who has been told by other means than open e-mail.
    Misdirected {
        to: String,
    },
    /// The number stays, and so does what came.
    Voided {
        reason: String,
    },
    /// Undoes the decision that closed it.
    Reopened {
        reason: String,
    },
    HandedOver {
        to: String,
    },
    Acknowledged,
    AwaitsIdentity {
        reason: String,
    },
    CallBack {
        due: Timestamp,
    },
    /// A call was made, with the number hidden (R30). There is no outcome for a message left.
    Called {
        hidden: bool,
        outcome: CallOutcome,
    },
    CallDropped {
        reason: String,
    },
    Requested {
        kind: RequestKind,
    },
    /// It was none, or of another kind.
    RequestDropped {
        reason: String,
    },
    Answered {
        outcome: Outcome,
        decided_by: String,
        reason: String,
    },
    Flagged {
        flag: Flag,
        on: bool,
    },
    /// Told of 1177 (R25).
    Informed,
    Prefers {
        channel: PreferredChannel,
    },
    Noted {
        text: String,
    },
    /// The reply that was stopped goes out, or goes never. Always the prescribed text.
    ReplyReleased,
    ReplyDropped {
        reason: String,
    },
}

/// Whether it is secret, as far as somebody has tried (OSL 5 kap. 5 §).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrecy {
    #[default]
    NotTried,
    /// By this provision, such as "25 kap. 1 § OSL".
    Secret(String),
    Open,
}

/// How it gets into the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Through the folder that the record system imports from.
    Folder,
    /// On paper, to be scanned.
    Print,
}

words!(Way { Folder = "folder", Print = "print" });

/// Why something does not go into the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exempt {
    NotPatient,
    Unidentifiable,
    Duplicate,
    Junk,
    Misdirected,
}

words!(Exempt {
    NotPatient = "inte-patient",
    Unidentifiable = "gar-inte-att-identifiera",
    Duplicate = "dubblett",
    Junk = "skrap",
    Misdirected = "felskickad",
});

impl Exempt {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotPatient => "Avsändaren är inte patient",
            Self::Unidentifiable => "Personen går inte att identifiera",
            Self::Duplicate => "Dubblett av en annan handling",
            Self::Junk => "Skräp",
            Self::Misdirected => "Felskickad",
        }
    }
}

/// What the sender says to be; nobody has proved it (R22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SenderType {
    Patient,
    Guardian,
    Relative,
    Authority,
    Company,
    #[default]
    Unknown,
}

words!(SenderType {
    Patient = "patient",
    Guardian = "vardnadshavare",
    Relative = "narstaende",
    Authority = "myndighet",
    Company = "foretag",
    Unknown = "okand",
});

impl SenderType {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Guardian => "Vårdnadshavare",
            Self::Relative => "Närstående",
            Self::Authority => "Myndighet",
            Self::Company => "Företag eller förening",
            Self::Unknown => "Okänd",
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    Reached,
    NoAnswer,
    Busy,
    WrongNumber,
}

words!(CallOutcome {
    Reached = "nadd",
    NoAnswer = "inget-svar",
    Busy = "upptaget",
    WrongNumber = "fel-nummer"
});

impl CallOutcome {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Reached => "Pratade med personen",
            Self::NoAnswer => "Inget svar",
            Self::Busy => "Upptaget",
            Self::WrongNumber => "Fel nummer",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// A public document (TF 2 kap. 15 §): of no one is asked who they are or why (18 §).
    PublicDocument,
    /// One's own record: at a public clinic a public document too, given to the one whose it is (OSL 12 kap. 1 §).
    OwnRecord,
    /// One's own data (GDPR art. 15).
    OwnData,
}

words!(RequestKind { PublicDocument = "allman-handling", OwnRecord = "egen-journal", OwnData = "egna-uppgifter" });

impl RequestKind {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::PublicDocument => "Allmän handling",
            Self::OwnRecord => "Egen journal",
            Self::OwnData => "Egna uppgifter enligt dataskyddsförordningen",
        }
    }
}

/// How a request was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Released,
    Partly,
    Refused,
}

words!(Outcome { Released = "utlamnad", Partly = "delvis", Refused = "avslag" });

impl Outcome {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Released => "Utlämnad",
            Self::Partly => "Delvis utlämnad",
            Self::Refused => "Avslag",
        }
    }
}

/// What everyone who opens the entry has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Skyddade personuppgifter.
    ProtectedIdentity,
    /// No contact with a guardian without trying whether it harms the young person (OSL 12 kap. 3 §).
    NoGuardianContact,
    /// Whether to report concern for a child has been considered (socialtjänstlagen 19 kap. 1 §).
    ConcernConsidered,
}

words!(Flag {
    ProtectedIdentity = "skyddade-personuppgifter",
    NoGuardianContact = "kontakta-inte-vardnadshavare",
    ConcernConsidered = "orosanmalan-overvagd",
});

impl Flag {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ProtectedIdentity => "Skyddade personuppgifter",
            Self::NoGuardianContact => "Kontakta inte vårdnadshavare utan prövning (OSL 12 kap. 3 §)",
            Self::ConcernConsidered => "Orosanmälan övervägd",
        }
    }
}

/// How the person wants to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreferredChannel {
    Care1177,
    Phone,
    Letter,
}

words!(PreferredChannel { Care1177 = "1177", Phone = "telefon", Letter = "brev" });

impl PreferredChannel {
    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Care1177 => "1177",
            Self::Phone => "Telefon",
            Self::Letter => "Brev",
        }
    }
}

impl Act {
    /// What the audit log tells besides, for those who check it.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unlinked { reason }
            | Self::Rejected { reason }
            | Self::WronglyEntered { reason }
            | Self::Voided { reason }
            | Self::Reopened { reason }
            | Self::AwaitsIdentity { reason }
            | Self::CallDropped { reason }
            | Self::RequestDropped { reason }
            | Self::ReplyDropped { reason } => Some(reason),
            Self::NotForRecord { reason } => Some(reason.word()),
            Self::Answered { outcome, .. } => Some(outcome.word()),
            Self::Called { outcome, .. } => Some(outcome.word()),
            Self::Flagged { flag, .. } => Some(flag.word()),
            _ => None,
        }
    }

    /// What a person must be allowed to, to do this.
    #[must_use]
    pub const fn right(&self) -> Right {
        match self {
            Self::Linked
            | Self::Unlinked { .. }
            | Self::SentToRecord { .. }
            | Self::Entered { .. }
            | Self::Accepted { .. }
            | Self::Rejected { .. }
            | Self::WronglyEntered { .. }
            | Self::Corrected { .. }
            | Self::NotForRecord { .. }
            | Self::HandedOver { .. }
            | Self::AwaitsIdentity { .. }
            | Self::CallBack { .. }
            | Self::Called { .. }
            | Self::CallDropped { .. }
            | Self::Flagged { .. }
            | Self::Informed
            | Self::Prefers { .. } => Right::Record,
            Self::Acknowledged => Right::Acknowledge,
            // Whoever has the document in their care may give it out; to refuse is the authority's (OSL 6 kap. 3 §).
            Self::Answered { outcome: Outcome::Partly | Outcome::Refused, .. } | Self::Voided { .. } => Right::Refuse,
            Self::Classified { .. }
            | Self::LowValue { .. }
            | Self::Misdirected { .. }
            | Self::Reopened { .. }
            | Self::Requested { .. }
            | Self::RequestDropped { .. }
            | Self::Answered { outcome: Outcome::Released, .. }
            | Self::Noted { .. }
            | Self::ReplyReleased
            | Self::ReplyDropped { .. } => Right::Handle,
        }
    }

    /// As the audit log calls it.
    #[must_use]
    pub const fn audited(&self) -> AuditAction {
        match self {
            Self::Classified { .. } => AuditAction::Classified,
            Self::Linked => AuditAction::PatientLinked,
            Self::Unlinked { .. } => AuditAction::PatientUnlinked,
            Self::SentToRecord { .. } => AuditAction::SentToRecord,
            Self::Entered { .. } => AuditAction::RecordEntered,
            Self::Accepted { .. } => AuditAction::RecordAccepted,
            Self::Rejected { .. } => AuditAction::RecordRejected,
            Self::WronglyEntered { .. } => AuditAction::WronglyEntered,
            Self::Corrected { .. } => AuditAction::Corrected,
            Self::NotForRecord { .. } => AuditAction::NotForRecord,
            Self::LowValue { .. } => AuditAction::LowValue,
            Self::Misdirected { .. } => AuditAction::Misdirected,
            Self::Voided { .. } => AuditAction::Voided,
            Self::Reopened { .. } => AuditAction::Reopened,
            Self::HandedOver { .. } => AuditAction::HandedOver,
            Self::Acknowledged => AuditAction::Acknowledged,
            Self::AwaitsIdentity { .. } => AuditAction::AwaitsIdentity,
            Self::CallBack { .. } => AuditAction::CallBack,
            Self::Called { .. } => AuditAction::Called,
            Self::CallDropped { .. } => AuditAction::CallDropped,
            Self::Requested { .. } => AuditAction::Requested,
            Self::RequestDropped { .. } => AuditAction::RequestDropped,
            Self::Answered { .. } => AuditAction::RequestAnswered,
            Self::Flagged { .. } => AuditAction::Flagged,
            Self::Informed => AuditAction::Informed,
            Self::Prefers { .. } => AuditAction::Prefers,
            Self::Noted { .. } => AuditAction::Noted,
            Self::ReplyReleased => AuditAction::ReplyReleased,
            Self::ReplyDropped { .. } => AuditAction::ReplyDropped,
        }
    }
}
