//! What is handed over to the record system through its folder, one row for each time.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::{AuditAction, Digest, Entry, EntryId, words};

/// How far one handing over has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoverState {
    /// For its PDF, or for the folder.
    Waiting,
    /// Its files are being written. The record system does not look at them yet.
    Writing,
    /// Decided that the record system is told. Whether it has been, the folder says.
    Releasing,
    /// The record system has been told.
    HandedOver,
    /// By its receipt.
    Accepted,
    Rejected,
    /// A person has put it into the record by hand while it was on its way: its files are to be taken back.
    Recalling,
    Recalled,
}

words!(HandoverState {
    Waiting = "waiting",
    Writing = "writing",
    Releasing = "releasing",
    HandedOver = "handed-over",
    Accepted = "accepted",
    Rejected = "rejected",
    Recalling = "recalling",
    Recalled = "recalled",
});

/// What is in the way of one. Words that begin with `folder-` are of the folder, and thereby of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoverTrouble {
    NoFolder,
    FolderMissing,
    FolderFull,
    FolderNotWritable,
    FolderFails,
    /// The folder holds nothing of one that was about to be released there.
    OtherFolder,
    /// Files of this name lie there that inkom has not written.
    NameTaken,
    NotKept,
    ReceiptUnreadable,
    /// Recalled when the record system had been told.
    AlreadyReleased,
}

words!(HandoverTrouble {
    NoFolder = "folder-none",
    FolderMissing = "folder-missing",
    FolderFull = "folder-full",
    FolderNotWritable = "folder-not-writable",
    FolderFails = "folder-fails",
    OtherFolder = "other-folder",
    NameTaken = "name-taken",
    NotKept = "not-kept",
    ReceiptUnreadable = "receipt-unreadable",
    AlreadyReleased = "already-released",
});

impl HandoverTrouble {
    #[must_use]
    pub const fn is_of_the_folder(self) -> bool {
        match self {
            Self::NoFolder | Self::FolderMissing | Self::FolderFull | Self::FolderNotWritable | Self::FolderFails => {
                true
            }
            Self::OtherFolder | Self::NameTaken | Self::NotKept | Self::ReceiptUnreadable | Self::AlreadyReleased => {
                false
            }
        }
    }

    /// What has happened and what to do about it, in the language of staff.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoFolder => {
                "Ingen mapp är angiven för journalsystemet (handover.folder). När den är det lämnas handlingen av sig själv."
            }
            Self::FolderMissing => {
                "Mappen som journalsystemet hämtar ur finns inte eller är inte ansluten. inkom försöker igen av sig själv."
            }
            Self::FolderFull => "Mappen som journalsystemet hämtar ur är full. inkom försöker igen av sig själv.",
            Self::FolderNotWritable => {
                "inkom får inte läsa eller skriva i mappen som journalsystemet hämtar ur. Den som sköter servern kör inkom \
                 check. inkom försöker igen av sig själv."
            }
            Self::FolderFails => {
                "Mappen som journalsystemet hämtar ur går inte att använda. Den som sköter servern ser orsaken i loggen. \
                 inkom försöker igen av sig själv."
            }
            Self::OtherFolder => {
                "inkom stoppades just när handlingen skulle lämnas, och i mappen finns nu inget spår av den. Är det fel mapp \
                 så går det vidare när rätt mapp är ansluten. Annars: se efter i journalen om den är där. Är den inte det, \
                 för in den för hand och notera att den är i journalen."
            }
            Self::NameTaken => {
                "I journalsystemets mapp ligger redan filer med samma namn, som inkom inte har lämnat. Den som sköter servern \
                 tar reda på varifrån de kommer och flyttar undan dem. Sedan lämnas handlingen av sig själv."
            }
            Self::NotKept => {
                "Den sparade PDF:en eller det sparade svaret kan inte läsas tillbaka. Den som sköter servern kör inkom verify \
                 och återställer vid behov från säkerhetskopia. Sedan lämnas handlingen av sig själv."
            }
            Self::ReceiptUnreadable => {
                "Journalsystemet har lämnat en kvittens som inte går att förstå. Se efter i journalen om handlingen är där, \
                 och låt den som sköter servern rätta kvittensen."
            }
            Self::AlreadyReleased => {
                "Handlingen var redan lämnad till journalsystemet när den fördes in för hand. Se efter i journalen att den \
                 inte finns där två gånger."
            }
        }
    }
}

/// One handing over.
#[derive(Clone, Debug)]
pub struct HandoverRow {
    pub id: i64,
    pub entry: EntryId,
    pub state: HandoverState,
    pub with_reply: bool,
    pub queued_at: Timestamp,
    /// When it was decided that the record system is told.
    pub handed_over_at: Option<Timestamp>,
    pub trouble: Option<HandoverTrouble>,
}

impl HandoverRow {
    /// Since when it waits: for the record system once that has been told, before that for inkom.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.handed_over_at.unwrap_or(self.queued_at)
    }

    /// Whether the record system has been silent for longer than it may.
    #[must_use]
    pub fn is_late(&self, now: Timestamp, wait: SignedDuration) -> bool {
        self.state == HandoverState::HandedOver && now.duration_since(self.since()) > wait
    }
}

impl Tx {
    pub(super) async fn queue_handover(&mut self, entry: EntryId, with_reply: bool, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "insert into handover (entry_id, state, with_reply, queued_at, due_at, handed_over_at, trouble)
             values ($1, 'waiting', $2, $3, 0, 0, '')",
            entry.0,
            i64::from(with_reply),
            now.as_millisecond(),
        );
        exactly_one(rows, "queueing a handover")
    }

    /// A person has put it into the record by hand. What the record system has not been told of it is not told; what it has
    /// been told cannot be taken back, and the row says so.
    pub(super) async fn recall_handover(&mut self, entry: EntryId) -> Result<()> {
        execute!(
            self,
            "update handover set due_at = 0, trouble = case when state = 'handed-over' then 'already-released' else '' end,
                 state = case when state in ('writing', 'releasing') then 'recalling' else 'recalled' end
             where entry_id = $1 and state in ('waiting', 'writing', 'releasing', 'handed-over')",
            entry.0
        );
        Ok(())
    }

    /// The latest of an entry.
    pub async fn handover_of(&mut self, entry: EntryId) -> Result<Option<HandoverRow>> {
        row!(self, "select * from handover where entry_id = $1 order by id desc limit 1", entry.0; handover)
    }

    pub async fn handover(&mut self, id: i64) -> Result<Option<HandoverRow>> {
        row!(self, "select * from handover where id = $1", id; handover)
    }

    /// The oldest that there is something to do for. One that waits needs its PDF.
    pub async fn due_handover(&mut self, now: Timestamp) -> Result<Option<HandoverRow>> {
        row!(self,
            "select handover.* from handover join entry on entry.id = handover.entry_id
             where handover.state in ('waiting', 'writing', 'releasing', 'recalling') and handover.due_at <= $1
             and (handover.state <> 'waiting' or length(entry.pdf) > 0) order by handover.id limit 1",
            now.as_millisecond(); handover)
    }

    /// Waiting → writing. Says whether it still waited.
    pub async fn claim_handover(&mut self, id: i64) -> Result<bool> {
        Ok(execute!(self, "update handover set state = 'writing' where id = $1 and state = 'waiting'", id) == 1)
    }

    /// Writing → releasing: all its files lie there. Says whether nobody has recalled it.
    pub async fn begin_release(&mut self, id: i64, now: Timestamp) -> Result<bool> {
        Ok(execute!(
            self,
            "update handover set state = 'releasing', handed_over_at = $2 where id = $1 and state = 'writing'",
            id,
            now.as_millisecond(),
        ) == 1)
    }

    /// Releasing → handed over: the record system has been told. Says whether nobody has recalled it.
    pub async fn handed_over(&mut self, id: i64, entry: &Entry, pdf: &Digest, now: Timestamp) -> Result<bool> {
        let rows = execute!(
            self,
            "update handover set state = 'handed-over', trouble = '' where id = $1 and state = 'releasing'",
            id
        );
        if rows == 1 {
            self.audit_handed_over(id, entry, pdf, now).await?;
        }
        Ok(rows == 1)
    }

    /// The record system's receipt has been taken.
    pub async fn handover_answered(&mut self, id: i64, accepted: bool) -> Result<()> {
        let state = if accepted { HandoverState::Accepted } else { HandoverState::Rejected };
        let rows = execute!(
            self,
            "update handover set state = $2, trouble = '' where id = $1 and state = 'handed-over'",
            id,
            state.word()
        );
        exactly_one(rows, "taking a receipt")
    }

    /// Nobody was told of what is being recalled, and nobody will be: from now on its files may go in any order.
    pub async fn never_released(&mut self, id: i64) -> Result<()> {
        let rows = execute!(
            self,
            "update handover set handed_over_at = 0, trouble = '' where id = $1 and state = 'recalling'",
            id
        );
        exactly_one(rows, "recalling a handover")
    }

    /// Recalling → recalled, with nothing of it left in the folder.
    pub async fn taken_back(&mut self, id: i64) -> Result<()> {
        let rows = execute!(
            self,
            "update handover set state = 'recalled', trouble = '' where id = $1 and state = 'recalling'",
            id
        );
        exactly_one(rows, "recalling a handover")
    }

    /// Recalling → recalled, when the record system has been told, or may have been.
    pub async fn recalled_too_late(&mut self, id: i64) -> Result<()> {
        let rows = execute!(
            self,
            "update handover set state = 'recalled', trouble = 'already-released' where id = $1 and state = 'recalling'",
            id
        );
        exactly_one(rows, "recalling a handover")
    }

    /// That the record system has been told: once for each that it is told of.
    pub async fn audit_handed_over(&mut self, id: i64, entry: &Entry, pdf: &Digest, now: Timestamp) -> Result<()> {
        self.audit_entry(now, AuditAction::WrittenForRecord, entry, format!("handover={id} sha256={pdf}")).await
    }

    /// What is in the way of this one, which is looked at again then.
    pub async fn handover_waits(&mut self, id: i64, trouble: HandoverTrouble, due_at: Timestamp) -> Result<()> {
        execute!(
            self,
            "update handover set trouble = $2, due_at = $3
             where id = $1 and state in ('waiting', 'writing', 'releasing', 'handed-over', 'recalling')",
            id,
            trouble.word(),
            due_at.as_millisecond(),
        );
        Ok(())
    }

    /// The folder is in the way of all that have no trouble of their own.
    pub async fn hinder_handovers(&mut self, trouble: HandoverTrouble) -> Result<u64> {
        Ok(execute!(
            self,
            "update handover set trouble = $1 where trouble <> $1 and (trouble = '' or trouble like 'folder-%')
             and state in ('waiting', 'writing', 'releasing', 'handed-over', 'recalling')",
            trouble.word(),
        ))
    }

    /// This is not in the way of this one any more.
    pub async fn unhinder_handover(&mut self, id: i64, trouble: HandoverTrouble) -> Result<()> {
        execute!(self, "update handover set trouble = '' where id = $1 and trouble = $2", id, trouble.word());
        Ok(())
    }

    /// Those under way that something is in the way of.
    pub async fn hindered_handovers(&mut self) -> Result<Vec<HandoverRow>> {
        rows!(self,
            "select * from handover where trouble <> ''
             and state in ('waiting', 'writing', 'releasing', 'handed-over', 'recalling') order by id"; handover)
    }

    /// How many the record system has not answered since then.
    pub async fn count_unanswered(&mut self, since: Timestamp) -> Result<u64> {
        Ok(row!(self,
            "select count(*) as n from handover where state = 'handed-over' and handed_over_at < $1",
            since.as_millisecond(); |row| row.count("n"))?
        .unwrap_or_default())
    }
}

fn handover(row: &impl Cells) -> Result<HandoverRow> {
    let trouble = row.text("trouble")?;
    Ok(HandoverRow {
        id: row.int("id")?,
        entry: EntryId(row.int("entry_id")?),
        state: row.word("state")?,
        with_reply: row.yes("with_reply")?,
        queued_at: row.time("queued_at")?,
        handed_over_at: row.maybe_time("handed_over_at")?,
        trouble: if trouble.is_empty() { None } else { Some(trouble.parse()?) },
    })
}
