use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::words;
use super::{DiaryNumber, Digest};

/// What was done, in the past tense. One word each in the database and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    Started,
    Registered,
    SeenAgain,
    Rendered,
    ReplyQueued,
    ReplyWithheld,
    ReplySent,
    ReplyHeld,
    OriginalRemoved,
    OriginalGone,
    OriginalReturned,
    Held,
    Retried,
    Adopted,
    BreakerOpened,
    OutboxResumed,
    LedgerMismatch,
    ListRead,
    EntryRead,
    KeptBytesRead,
    Verified,
    SearchRead,
    SignedIn,
    SignInRefused,
    SignedOut,
    AccessRefused,
    Claimed,
    Released,
    ReadingOpened,
    PersonInvited,
    PersonEnded,
    PasskeyAdded,
    PasskeyRemoved,
    LogRead,
    LogChecked,
    PatientLinked,
    PatientUnlinked,
    Classified,
    SentToRecord,
    RecordEntered,
    RecordAccepted,
    RecordRejected,
    WronglyEntered,
    Corrected,
    NotForRecord,
    LowValue,
    Misdirected,
    Voided,
    Reopened,
    HandedOver,
    Acknowledged,
    AwaitsIdentity,
    CallBack,
    Called,
    CallDropped,
    Requested,
    RequestAnswered,
    RequestDropped,
    Flagged,
    Informed,
    Prefers,
    Noted,
    ReplyReleased,
    ReplyDropped,
    WrittenForRecord,
    Exported,
    ExportApproved,
}

impl AuditAction {
    /// Those by which a person saw an entry or something of it.
    pub const LOOKS: [Self; 5] =
        [Self::EntryRead, Self::KeptBytesRead, Self::ListRead, Self::SearchRead, Self::Exported];

    pub fn is_look(self) -> bool {
        Self::LOOKS.contains(&self)
    }
}

words!(AuditAction {
    Started = "started",
    Registered = "registered",
    SeenAgain = "seen-again",
    Rendered = "rendered",
    ReplyQueued = "reply-queued",
    ReplyWithheld = "reply-withheld",
    ReplySent = "reply-sent",
    ReplyHeld = "reply-held",
    OriginalRemoved = "original-removed",
    OriginalGone = "original-gone",
    OriginalReturned = "original-returned",
    Held = "held",
    Retried = "retried",
    Adopted = "adopted",
    BreakerOpened = "breaker-opened",
    OutboxResumed = "outbox-resumed",
    LedgerMismatch = "ledger-mismatch",
    ListRead = "list-read",
    EntryRead = "entry-read",
    KeptBytesRead = "kept-bytes-read",
    Verified = "verified",
    SearchRead = "search-read",
    SignedIn = "signed-in",
    SignInRefused = "sign-in-refused",
    SignedOut = "signed-out",
    AccessRefused = "access-refused",
    Claimed = "claimed",
    Released = "released",
    ReadingOpened = "reading-opened",
    PersonInvited = "person-invited",
    PersonEnded = "person-ended",
    PasskeyAdded = "passkey-added",
    PasskeyRemoved = "passkey-removed",
    LogRead = "log-read",
    LogChecked = "log-checked",
    PatientLinked = "patient-linked",
    PatientUnlinked = "patient-unlinked",
    Classified = "classified",
    SentToRecord = "sent-to-record",
    RecordEntered = "record-entered",
    RecordAccepted = "record-accepted",
    RecordRejected = "record-rejected",
    WronglyEntered = "wrongly-entered",
    Corrected = "corrected",
    NotForRecord = "not-for-record",
    LowValue = "low-value",
    Misdirected = "misdirected",
    Voided = "voided",
    Reopened = "reopened",
    HandedOver = "handed-over",
    Acknowledged = "acknowledged",
    AwaitsIdentity = "awaits-identity",
    CallBack = "call-back",
    Called = "called",
    CallDropped = "call-dropped",
    Requested = "requested",
    RequestAnswered = "request-answered",
    RequestDropped = "request-dropped",
    Flagged = "flagged",
    Informed = "informed",
    Prefers = "prefers",
    Noted = "noted",
    ReplyReleased = "reply-released",
    ReplyDropped = "reply-dropped",
    WrittenForRecord = "written-for-record",
    Exported = "exported",
    ExportApproved = "export-approved",
});

/// One row of the audit log (HSLF-FS 2016:40 4 kap. 9 §): who did what, when, where and to which entry.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    pub at: Timestamp,
    /// `system`, `os:NAME` for a person at the command line, or the name of one who has signed in.
    pub actor: String,
    /// The role by which they could, on the pages; empty elsewhere.
    pub role: String,
    pub action: AuditAction,
    /// The unit whose entry it was, or empty.
    pub unit: String,
    pub entry: Option<DiaryNumber>,
    /// What disposal may erase later without breaking the chain: only its salted hash is chained.
    pub payload: String,
}

impl AuditEvent {
    /// Of no role, no unit and no entry: what is of one says so.
    pub fn new(at: Timestamp, actor: impl Into<String>, action: AuditAction, payload: impl Into<String>) -> Self {
        Self {
            at,
            actor: actor.into(),
            role: String::new(),
            action,
            unit: String::new(),
            entry: None,
            payload: payload.into(),
        }
    }
}

/// The link of an audit row: SHA-256 over the link before it and this row's fields, each with its length in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHash(pub Digest);

impl ChainHash {
    /// What the first row links to.
    pub const GENESIS: Self = Self(Digest::from_bytes([0; 32]));

    /// `H(salt ‖ payload)`: the only form in which a payload enters the chain.
    #[must_use]
    pub fn payload_hash(salt: &[u8], payload: &str) -> Digest {
        let mut hash = Sha256::new();
        hash.update(salt);
        hash.update(payload.as_bytes());
        Digest::from_bytes(hash.finalize().into())
    }

    #[must_use]
    pub fn next(self, seq: i64, event: &AuditEvent, payload_hash: &Digest) -> Self {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(self.0.as_bytes());
        field(&seq.to_be_bytes());
        field(&event.at.as_millisecond().to_be_bytes());
        field(event.actor.as_bytes());
        field(event.action.word().as_bytes());
        field(event.unit.as_bytes());
        field(event.entry.as_ref().map(ToString::to_string).unwrap_or_default().as_bytes());
        field(payload_hash.as_bytes());
        // Rows from before there were roles have links without one.
        if !event.role.is_empty() {
            field(event.role.as_bytes());
        }
        Self(Digest::from_bytes(hash.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(actor: &str, unit: &str) -> AuditEvent {
        AuditEvent { unit: unit.into(), ..AuditEvent::new(Timestamp::UNIX_EPOCH, actor, AuditAction::Started, "") }
    }

    #[test]
    fn a_byte_moved_from_one_field_to_the_next_changes_the_link() {
        let hash = ChainHash::payload_hash(b"salt", "");
        let one = ChainHash::GENESIS.next(1, &event("ab", "c"), &hash);
        let other = ChainHash::GENESIS.next(1, &event("a", "bc"), &hash);
        assert_ne!(one, other);
        assert_ne!(one, ChainHash::GENESIS.next(2, &event("ab", "c"), &hash));
    }
}
