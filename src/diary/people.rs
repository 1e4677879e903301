//! People: who may do what for which unit, how they sign in, and their sessions. Secrets are kept as their SHA-256 only.

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};

use super::Tx;
use super::cells::Cells;
use super::tx::{exactly_one, execute, row, rows};
use crate::model::{Digest, EntryId, READING_HOURS, Role, words};

/// The diary's own key of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

/// One who may sign in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// By which an identity provider names them (`employeeHsaId`), or empty.
    pub hsa_id: String,
    /// Unit and role, in the order of units.
    pub roles: Vec<(String, Role)>,
    pub ended_at: Option<Timestamp>,
}

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To enrol a passkey.
    Enrol,
    /// To sign in to the demonstration.
    Demo,
    /// To take a list out of the diary at the command line, once.
    Export,
}

words!(Purpose { Enrol = "enrol", Demo = "demo", Export = "export" });

/// A passkey's public half (Web Authentication §4), as the library keeps it.
#[derive(Clone, Debug)]
pub struct Passkey {
    pub credential: Vec<u8>,
    /// What its owner calls it.
    pub label: String,
    /// JSON.
    pub data: String,
    pub added_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// A sign-in that has not ended.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: i64,
    pub person: PersonId,
    pub csrf: String,
    pub how: String,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

impl Tx {
    /// # Errors
    /// When the name, or the HSA-id, is taken.
    pub async fn add_person(&mut self, name: &str, hsa_id: &str, now: Timestamp) -> Result<PersonId> {
        let id = row!(self,
            "insert into person (name, hsa_id, created_at, ended_at) values ($1, $2, $3, 0) returning id",
            name, hsa_id, now.as_millisecond(); |row| row.int("id"))?;
        Ok(PersonId(id.context("the database gave no id")?))
    }

    pub async fn grant(&mut self, person: PersonId, unit: &str, role: Role) -> Result<()> {
        execute!(
            self,
            "insert into person_role (person_id, unit, role) values ($1, $2, $3) on conflict do nothing",
            person.0,
            unit,
            role.word()
        );
        Ok(())
    }

    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        let found = row!(self, "select * from person where id = $1", id.0; person)?;
        self.with_roles(found).await
    }

    /// One who has not ended.
    pub async fn person_named(&mut self, name: &str) -> Result<Option<Person>> {
        let found = row!(self, "select * from person where name = $1 and ended_at = 0", name; person)?;
        self.with_roles(found).await
    }

    /// One who has not ended.
    pub async fn person_with_hsa_id(&mut self, hsa_id: &str) -> Result<Option<Person>> {
        let found =
            row!(self, "select * from person where hsa_id = $1 and hsa_id <> '' and ended_at = 0", hsa_id; person)?;
        self.with_roles(found).await
    }

    /// Everyone, those who have ended too, by name.
    pub async fn people(&mut self) -> Result<Vec<Person>> {
        let mut people = rows!(self, "select * from person order by name"; person)?;
        for person in &mut people {
            person.roles = self.roles(person.id).await?;
        }
        Ok(people)
    }

    async fn with_roles(&mut self, person: Option<Person>) -> Result<Option<Person>> {
        let Some(mut person) = person else { return Ok(None) };
        person.roles = self.roles(person.id).await?;
        Ok(Some(person))
    }

    async fn roles(&mut self, id: PersonId) -> Result<Vec<(String, Role)>> {
        rows!(self, "select unit, role from person_role where person_id = $1 order by unit, role", id.0;
            |row| Ok((row.text("unit")?, row.word("role")?)))
    }

    /// By which an identity provider names them from now on.
    ///
    /// # Errors
    /// When another has it.
    pub async fn name_by_hsa_id(&mut self, id: PersonId, hsa_id: &str) -> Result<()> {
        exactly_one(execute!(self, "update person set hsa_id = $2 where id = $1", id.0, hsa_id), "writing an HSA-id")
    }

    /// They sign in no more: sessions end, passkeys and links are gone. The name stays, for the log tells of it.
    pub async fn end_person(&mut self, id: PersonId, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "update person set ended_at = $2 where id = $1 and ended_at = 0",
            id.0,
            now.as_millisecond()
        );
        exactly_one(rows, "ending a person")?;
        execute!(
            self,
            "update session set ended_at = $2 where person_id = $1 and ended_at = 0",
            id.0,
            now.as_millisecond()
        );
        execute!(self, "delete from passkey where person_id = $1", id.0);
        execute!(self, "delete from invitation where person_id = $1", id.0);
        Ok(())
    }

    /// A one-time link. `token` is the digest of its secret.
    pub async fn invite(
        &mut self,
        person: PersonId,
        purpose: Purpose,
        token: &Digest,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<()> {
        let rows = execute!(
            self,
            "insert into invitation (token, person_id, purpose, created_at, expires_at, used_at) values ($1, $2, $3, $4, $5, 0)",
            &token.as_bytes()[..],
            person.0,
            purpose.word(),
            now.as_millisecond(),
            until.as_millisecond(),
        );
        exactly_one(rows, "writing an invitation")
    }

    /// Until when the latest of their links can be used, if one can.
    pub async fn invited_until(
        &mut self,
        person: PersonId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        row!(self,
            "select expires_at from invitation where person_id = $1 and purpose = $2 and used_at = 0 and expires_at > $3
             order by expires_at desc limit 1",
            person.0, purpose.word(), now.as_millisecond(); |row| row.time("expires_at"))
    }

    /// Links that have not been used can no longer be.
    pub async fn withdraw_invitations(&mut self, person: PersonId, purpose: Purpose) -> Result<()> {
        execute!(
            self,
            "delete from invitation where person_id = $1 and purpose = $2 and used_at = 0",
            person.0,
            purpose.word()
        );
        Ok(())
    }

    /// Whose link it is, while it can still be used.
    pub async fn invitation(&mut self, token: &Digest, purpose: Purpose, now: Timestamp) -> Result<Option<PersonId>> {
        row!(self,
            "select person_id from invitation where token = $1 and purpose = $2 and used_at = 0 and expires_at > $3",
            &token.as_bytes()[..], purpose.word(), now.as_millisecond(); |row| Ok(PersonId(row.int("person_id")?)))
    }

    /// Uses the link up. Of two who try at once, one gets `None`.
    pub async fn use_invitation(
        &mut self,
        token: &Digest,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<PersonId>> {
        row!(self,
            "update invitation set used_at = $3 where token = $1 and purpose = $2 and used_at = 0 and expires_at > $3
             returning person_id",
            &token.as_bytes()[..], purpose.word(), now.as_millisecond(); |row| Ok(PersonId(row.int("person_id")?)))
    }

    pub async fn passkeys(&mut self, person: PersonId) -> Result<Vec<Passkey>> {
        rows!(self, "select * from passkey where person_id = $1 order by added_at, credential", person.0; passkey)
    }

    pub async fn count_passkeys(&mut self, person: PersonId) -> Result<u64> {
        row!(self, "select count(*) as passkeys from passkey where person_id = $1", person.0; |row| row.count("passkeys"))?
            .context("a count gives a row")
    }

    /// A passkey and whose it is.
    pub async fn passkey(&mut self, credential: &[u8]) -> Result<Option<(PersonId, Passkey)>> {
        row!(self, "select * from passkey where credential = $1", credential;
            |row| Ok((PersonId(row.int("person_id")?), passkey(row)?)))
    }

    pub async fn add_passkey(&mut self, person: PersonId, passkey: &Passkey) -> Result<()> {
        let rows = execute!(
            self,
            "insert into passkey (credential, person_id, label, data, added_at, used_at) values ($1, $2, $3, $4, $5, 0)",
            passkey.credential.as_slice(),
            person.0,
            passkey.label.as_str(),
            passkey.data.as_str(),
            passkey.added_at.as_millisecond(),
        );
        exactly_one(rows, "adding a passkey")
    }

    /// Its counter has moved on.
    pub async fn passkey_used(&mut self, credential: &[u8], data: &str, now: Timestamp) -> Result<()> {
        let rows = execute!(
            self,
            "update passkey set data = $2, used_at = $3 where credential = $1",
            credential,
            data,
            now.as_millisecond()
        );
        exactly_one(rows, "recording a passkey's use")
    }

    pub async fn remove_passkey(&mut self, person: PersonId, credential: &[u8]) -> Result<bool> {
        Ok(execute!(self, "delete from passkey where credential = $1 and person_id = $2", credential, person.0) == 1)
    }

    /// `token` is the digest of the cookie.
    pub async fn start_session(
        &mut self,
        token: &Digest,
        person: PersonId,
        csrf: &str,
        how: &str,
        now: Timestamp,
    ) -> Result<()> {
        // Who has signed in, and when, is in the audit log; what is long over is of no more use here.
        let long_ago = now.checked_sub(SignedDuration::from_hours(24 * 30)).context("the clock is out of range")?;
        execute!(self, "delete from session where seen_at < $1", long_ago.as_millisecond());
        execute!(self, "delete from invitation where expires_at < $1", long_ago.as_millisecond());
        execute!(self, "delete from reading where until < $1", long_ago.as_millisecond());
        let rows = execute!(
            self,
            "insert into session (token, person_id, csrf, how, started_at, seen_at, ended_at) values ($1, $2, $3, $4, $5, $5, 0)",
            &token.as_bytes()[..],
            person.0,
            csrf,
            how,
            now.as_millisecond(),
        );
        exactly_one(rows, "starting a session")
    }

    /// The session of a cookie, if it was seen after `idle_since` and started after `started_since`.
    pub async fn session(
        &mut self,
        token: &Digest,
        idle_since: Timestamp,
        started_since: Timestamp,
    ) -> Result<Option<Session>> {
        row!(self,
            "select * from session where token = $1 and ended_at = 0 and seen_at > $2 and started_at > $3",
            &token.as_bytes()[..], idle_since.as_millisecond(), started_since.as_millisecond(); session)
    }

    pub async fn session_seen(&mut self, id: i64, now: Timestamp) -> Result<()> {
        execute!(self, "update session set seen_at = $2 where id = $1 and ended_at = 0", id, now.as_millisecond());
        Ok(())
    }

    /// Those that go on, newest first.
    pub async fn sessions_of(
        &mut self,
        person: PersonId,
        idle_since: Timestamp,
        started_since: Timestamp,
    ) -> Result<Vec<Session>> {
        rows!(self,
            "select * from session where person_id = $1 and ended_at = 0 and seen_at > $2 and started_at > $3 order by id desc",
            person.0, idle_since.as_millisecond(), started_since.as_millisecond(); session)
    }

    /// Says whether there was such a session of this person's.
    pub async fn end_session(&mut self, id: i64, person: PersonId, now: Timestamp) -> Result<bool> {
        Ok(execute!(
            self,
            "update session set ended_at = $3 where id = $1 and person_id = $2 and ended_at = 0",
            id,
            person.0,
            now.as_millisecond()
        ) == 1)
    }

    /// All of this person's but one.
    pub async fn end_other_sessions(&mut self, id: i64, person: PersonId, now: Timestamp) -> Result<()> {
        execute!(
            self,
            "update session set ended_at = $3 where id <> $1 and person_id = $2 and ended_at = 0",
            id,
            person.0,
            now.as_millisecond()
        );
        Ok(())
    }

    /// Leave to read one entry, from now on.
    pub async fn open_reading(&mut self, entry: EntryId, person: PersonId, reason: &str, now: Timestamp) -> Result<()> {
        let until = now.checked_add(SignedDuration::from_hours(READING_HOURS)).context("the clock is out of range")?;
        execute!(
            self,
            "insert into reading (entry_id, person_id, reason, until) values ($1, $2, $3, $4)
             on conflict (entry_id, person_id) do update set reason = excluded.reason, until = excluded.until",
            entry.0,
            person.0,
            reason,
            until.as_millisecond(),
        );
        Ok(())
    }

    /// Until when this person may read this entry for the reason they gave.
    pub async fn reading(&mut self, entry: EntryId, person: PersonId, now: Timestamp) -> Result<Option<Timestamp>> {
        row!(self, "select until from reading where entry_id = $1 and person_id = $2 and until > $3",
            entry.0, person.0, now.as_millisecond(); |row| row.time("until"))
    }
}

fn person(row: &impl Cells) -> Result<Person> {
    Ok(Person {
        id: PersonId(row.int("id")?),
        name: row.text("name")?,
        hsa_id: row.text("hsa_id")?,
        roles: Vec::new(),
        ended_at: row.maybe_time("ended_at")?,
    })
}

fn passkey(row: &impl Cells) -> Result<Passkey> {
    Ok(Passkey {
        credential: row.bytes("credential")?,
        label: row.text("label")?,
        data: row.text("data")?,
        added_at: row.time("added_at")?,
        used_at: row.maybe_time("used_at")?,
    })
}

fn session(row: &impl Cells) -> Result<Session> {
    Ok(Session {
        id: row.int("id")?,
        person: PersonId(row.int("person_id")?),
        csrf: row.text("csrf")?,
        how: row.text("how")?,
        started_at: row.time("started_at")?,
        seen_at: row.time("seen_at")?,
    })
}
