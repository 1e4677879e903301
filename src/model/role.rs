use super::words;

/// How long leave to read one entry's content lasts, once its reason is written down.
pub const READING_HOURS: i64 = 2;

/// What a person may be to a unit. One person may be several, of several units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Receptionen: handles what comes in.
    Reception,
    /// Behandlare: care staff of the unit.
    Clinician,
    /// Registrator: decides on secrecy and disclosure.
    Registrar,
    /// Arkivarie: takes care of the diary as a series of records.
    Archivist,
    /// Administratör: keeps the service going, and sees no content.
    Administrator,
    /// Loggranskare: checks who has looked (PDL 4 kap. 3 §).
    Auditor,
}

words!(Role {
    Reception = "reception",
    Clinician = "behandlare",
    Registrar = "registrator",
    Archivist = "arkivarie",
    Administrator = "administrator",
    Auditor = "loggranskare",
});

/// What can be done on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Numbers, times, kinds and states of entries: what the diary tells without sender, subject or text.
    SeeEntries,
    /// Everything that came: sender, subject, text, files, the PDF and the original.
    ReadContent,
    /// Say "jag tar den", register, find of little value, note.
    Handle,
    /// Decide whether it goes into a patient's record, and what else concerns the patient.
    Record,
    /// Say that one has what was handed over.
    Acknowledge,
    /// Refuse to give out a document, in whole or in part, and void an entry.
    Refuse,
    /// Read and check the audit log.
    ReadLog,
    /// See how the service is.
    SeeHealth,
    /// Let an archivist read one entry.
    GrantReading,
    /// Take lists and packages out of the diary, after a fresh sign-in.
    Export,
}

/// How far a right goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    No,
    /// One entry at a time, when a registrar has let them, and for so long as [`READING_HOURS`].
    WhenGranted,
    /// One entry at a time, after writing down why, and for so long as [`READING_HOURS`].
    WithReason,
    Yes,
}

impl Role {
    /// The table of who may do what with the entries of a unit (R50, PDL 4 kap. 2 §). docs/queue.md shows the same.
    #[must_use]
    pub const fn access(self, right: Right) -> Access {
        use Access::{No, WhenGranted, WithReason, Yes};
        let [entries, content, handle, record, acknowledge, refuse, log, health, grant, export] = match self {
            Self::Reception => [Yes, Yes, Yes, Yes, No, No, No, No, No, No],
            Self::Clinician => [Yes, Yes, Yes, Yes, Yes, No, No, No, No, No],
            Self::Registrar => [Yes, WithReason, Yes, No, No, Yes, No, No, Yes, No],
            Self::Archivist => [Yes, WhenGranted, No, No, No, No, No, No, No, Yes],
            Self::Administrator => [No, No, No, No, No, No, No, Yes, No, No],
            Self::Auditor => [No, No, No, No, No, No, Yes, No, No, No],
        };
        match right {
            Right::SeeEntries => entries,
            Right::ReadContent => content,
            Right::Handle => handle,
            Right::Record => record,
            Right::Acknowledge => acknowledge,
            Right::Refuse => refuse,
            Right::ReadLog => log,
            Right::SeeHealth => health,
            Right::GrantReading => grant,
            Right::Export => export,
        }
    }

    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Reception => "Reception",
            Self::Clinician => "Behandlare",
            Self::Registrar => "Registrator",
            Self::Archivist => "Arkivarie",
            Self::Administrator => "Administratör",
            Self::Auditor => "Loggranskare",
        }
    }
}
