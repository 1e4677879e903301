//! What each poll saw and what became of it; and what lay in a folder before inkom came.

use anyhow::Result;
use jiff::Timestamp;

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::Sighting;

/// What a folder was when it was last polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderState {
    pub mailbox: String,
    pub folder: String,
    pub validity: u32,
    pub first_seen_at: Timestamp,
    pub polled_at: Timestamp,
    pub poll: FolderPoll,
}

/// One poll's account: everything seen is one of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderPoll {
    pub seen: u64,
    /// Registered in this poll.
    pub registered: u64,
    /// Met again: the bytes of a registered delivery in a new place.
    pub again: u64,
    /// Known before this poll.
    pub known: u64,
    /// Taken away by another hand while inkom polled.
    pub vanished: u64,
    /// Seen, but not to be had yet.
    pub held: u64,
}

impl FolderPoll {
    pub const fn balances(&self) -> bool {
        self.seen == self.registered + self.again + self.known + self.vanished + self.held
    }
}

impl Tx {
    pub async fn folder(&mut self, mailbox: &str, folder: &str) -> Result<Option<FolderState>> {
        row!(self, "select * from folder where mailbox = $1 and folder = $2", mailbox, folder; folder_state)
    }

    pub async fn folders(&mut self) -> Result<Vec<FolderState>> {
        rows!(self, "select * from folder order by mailbox, folder"; folder_state)
    }

    /// A folder is seen for the first time, or with a new UIDVALIDITY.
    pub async fn meet_folder(&mut self, mailbox: &str, folder: &str, validity: u32, now: Timestamp) -> Result<()> {
        execute!(
            self,
            "insert into folder (mailbox, folder, validity, first_seen_at, polled_at, seen, registered, again, known, vanished, held)
             values ($1, $2, $3, $4, $4, 0, 0, 0, 0, 0, 0)
             on conflict (mailbox, folder) do update set validity = $3",
            mailbox,
            folder,
            i64::from(validity),
            now.as_millisecond(),
        );
        Ok(())
    }

    pub async fn polled(&mut self, mailbox: &str, folder: &str, poll: &FolderPoll, now: Timestamp) -> Result<()> {
        let n = |count: u64| i64::try_from(count);
        let rows = execute!(
            self,
            "update folder set polled_at = $3, seen = $4, registered = $5, again = $6, known = $7, vanished = $8, held = $9
             where mailbox = $1 and folder = $2",
            mailbox,
            folder,
            now.as_millisecond(),
            n(poll.seen)?,
            n(poll.registered)?,
            n(poll.again)?,
            n(poll.known)?,
            n(poll.vanished)?,
            n(poll.held)?,
        );
        exactly_one(rows, "accounting for a folder")
    }

    /// Notes what lies in a folder at first contact.
    pub async fn note_first_contact(
        &mut self,
        mailbox: &str,
        folder: &str,
        validity: u32,
        uids: &[String],
    ) -> Result<()> {
        for uid in uids {
            execute!(
                self,
                "insert into first_contact (mailbox, folder, validity, uid) values ($1, $2, $3, $4) on conflict do nothing",
                mailbox,
                folder,
                i64::from(validity),
                uid.as_str(),
            );
        }
        Ok(())
    }

    /// Whether this lay there at first contact; it is struck off the list. False once the folder is adopted.
    pub async fn first_contact_met(&mut self, at: &Sighting) -> Result<bool> {
        let rows = execute!(
            self,
            "delete from first_contact where mailbox = $1 and folder = $2 and validity = $3 and uid = $4",
            at.mailbox.as_str(),
            at.folder.as_str(),
            i64::from(at.validity),
            at.uid.as_str(),
        );
        Ok(rows == 1)
    }

    /// Adopts these folders of a mailbox: what lay there at first contact becomes like all other mail. Gives how many entries.
    pub async fn adopt(&mut self, mailbox: &str, folders: &[String], now: Timestamp) -> Result<u64> {
        let mut adopted = 0;
        for folder in folders {
            execute!(
                self,
                "insert into adoption (mailbox, folder, adopted_at) values ($1, $2, $3) on conflict (mailbox, folder) do nothing",
                mailbox,
                folder.as_str(),
                now.as_millisecond(),
            );
            execute!(self, "delete from first_contact where mailbox = $1 and folder = $2", mailbox, folder.as_str());
            adopted += execute!(
                self,
                "update entry set backlog = 0 where mailbox = $1 and folder = $2 and backlog = 1",
                mailbox,
                folder.as_str()
            );
        }
        Ok(adopted)
    }

    pub async fn is_adopted(&mut self, mailbox: &str, folder: &str) -> Result<bool> {
        Ok(row!(self, "select adopted_at from adoption where mailbox = $1 and folder = $2", mailbox, folder; |row| row.int("adopted_at"))?
            .is_some())
    }

    /// How many entries of a mailbox wait to be adopted.
    pub async fn backlog(&mut self, mailbox: &str) -> Result<u64> {
        Ok(row!(self, "select count(*) as n from entry where mailbox = $1 and backlog = 1", mailbox; |row| row.count("n"))?.unwrap_or_default())
    }
}

fn folder_state(row: &impl Cells) -> Result<FolderState> {
    Ok(FolderState {
        mailbox: row.text("mailbox")?,
        folder: row.text("folder")?,
        validity: u32::try_from(row.int("validity")?)?,
        first_seen_at: row.time("first_seen_at")?,
        polled_at: row.time("polled_at")?,
        poll: FolderPoll {
            seen: row.count("seen")?,
            registered: row.count("registered")?,
            again: row.count("again")?,
            known: row.count("known")?,
            vanished: row.count("vanished")?,
            held: row.count("held")?,
        },
    })
}
