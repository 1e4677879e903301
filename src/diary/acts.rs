//! What people did with entries, one row each, and what has become of the entries by it.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::Tx;
use super::cells::Cells as _;
use super::people::PersonId;
use super::tx::{exactly_one, execute, rows};
use crate::decision::{Act, PreferredChannel, Record, Refused, Secrecy, Standing, Way};
use crate::model::{AuditEvent, Confidentiality, Entry, EntryId};
use crate::triage::PatientNumber;

/// An act that was done.
#[derive(Clone, Debug)]
pub struct DoneAct {
    pub at: Timestamp,
    pub actor: String,
    pub role: String,
    /// None when disposal has emptied it.
    pub act: Option<Act>,
}

/// Who acts: a person, who saw the entry in this version, or inkom itself.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    Person { id: PersonId, saw: i64 },
    System,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Acted {
    Done(Box<Standing>),
    /// Somebody else has changed the entry since, or has taken it.
    Changed,
    /// It is not for this entry as it stands. Nothing is done.
    Refused(Refused),
}

impl Tx {
    /// Does these acts in order, with a row in the audit log for each, or none of them. `event` tells who, when and where; an
    /// act gives it its action, and its reason if it has one. Unless it is [`Acted::Done`], the transaction is to be dropped.
    pub async fn act(&mut self, entry: &Entry, actor: Actor, acts: &[Act], event: &AuditEvent) -> Result<Acted> {
        let done = self.acts_of(entry.id).await?;
        let mut standing = Standing::of(done.iter().filter_map(|done| done.act.as_ref()));
        for act in acts {
            if let Some(refused) = standing.refuses(act) {
                return Ok(Acted::Refused(refused));
            }
            standing.apply(act);
            self.insert_act(entry.id, actor, act, event).await?;
            let payload = act.reason().map_or_else(|| event.payload.clone(), |reason| format!("reason={reason}"));
            self.audit(&AuditEvent { action: act.audited(), payload, ..event.clone() }).await?;
            self.follow(entry.id, act, event.at).await?;
        }
        anyhow::ensure!(
            standing.patient == self.patient_of(entry.id).await?.is_some(),
            "the acts and the link of {} do not agree on whether it has a patient",
            entry.number
        );
        Ok(if self.stands(entry.id, actor, &standing, event.at).await? {
            Acted::Done(Box::new(standing))
        } else {
            Acted::Changed
        })
    }

    async fn insert_act(&mut self, entry: EntryId, actor: Actor, act: &Act, event: &AuditEvent) -> Result<()> {
        let person = match actor {
            Actor::Person { id, .. } => id.0,
            Actor::System => 0,
        };
        let rows = execute!(
            self,
            "insert into act (entry_id, at, person_id, actor, role, act, data) values ($1, $2, $3, $4, $5, $6, $7)",
            entry.0,
            event.at.as_millisecond(),
            person,
            event.actor.as_str(),
            event.role.as_str(),
            act.audited().word(),
            serde_json::to_string(act)?,
        );
        exactly_one(rows, "writing an act")
    }

    /// What an act brings with it in other tables.
    async fn follow(&mut self, entry: EntryId, act: &Act, now: Timestamp) -> Result<()> {
        match act {
            Act::SentToRecord { way: Way::Folder, with_reply } => self.queue_handover(entry, *with_reply, now).await,
            Act::Entered { .. } => self.recall_handover(entry).await,
            Act::WronglyEntered { .. } => {
                let link = self.patient_of(entry).await?.context("what is in a record has a patient")?;
                self.end_link(entry, &link.patient, now).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Writes what has become of it where lists find it. A closed entry is nobody's to take care of.
    async fn stands(&mut self, entry: EntryId, actor: Actor, standing: &Standing, now: Timestamp) -> Result<bool> {
        let (is_system, person, saw) = match actor {
            Actor::Person { id, saw } => (0_i64, id.0, saw),
            Actor::System => (1, 0, 0),
        };
        let (confidentiality, provision) = match &standing.secrecy {
            Secrecy::NotTried => (Confidentiality::NotTried, ""),
            Secrecy::Secret(provision) => (Confidentiality::Secret, provision.as_str()),
            Secrecy::Open => (Confidentiality::Open, ""),
        };
        let decision = match &standing.record {
            Record::Decided(decision) => decision.word(),
            _ => "",
        };
        let state = standing.state();
        let due = if state.is_open() { self.due(entry, standing).await? } else { None };
        let rows = execute!(
            self,
            "update entry set version = version + 1, state = $2, is_open = $3, decision = $4, due_at = $5, document_type = $6,
                 public_description = case when $7 = '' then neutral_description else $7 end, confidentiality = $8,
                 provision = $9, case_reference = $10, sender_type = $11, claimed_by = case when $3 = 1 then claimed_by else 0 end,
                 claimed_until = case when $3 = 1 then claimed_until else 0 end
             where id = $1 and ($12 = 1 or (version = $13 and (claimed_by = $14 or claimed_until <= $15)))",
            entry.0,
            state.word(),
            i64::from(state.is_open()),
            decision,
            due.map_or(0, Timestamp::as_millisecond),
            standing.document_type.as_str(),
            standing.description.as_str(),
            confidentiality.word(),
            provision,
            standing.case.as_str(),
            standing.sender.word(),
            is_system,
            saw,
            person,
            now.as_millisecond(),
        );
        Ok(rows == 1)
    }

    /// When it is to be done at the latest: the call, or the request, which counts from arrival.
    async fn due(&mut self, entry: EntryId, standing: &Standing) -> Result<Option<Timestamp>> {
        let details = self.entry_by_id(entry).await?.context("the entry is there")?;
        let request = standing.request.as_ref().filter(|request| !request.answered);
        let request = request.and_then(|request| request.due(details.entry.arrival.arrived_at));
        Ok([standing.call, request].into_iter().flatten().min())
    }

    /// What was done with an entry, oldest first.
    pub async fn acts_of(&mut self, entry: EntryId) -> Result<Vec<DoneAct>> {
        rows!(self, "select * from act where entry_id = $1 order by id", entry.0; |row| {
            let data = row.text("data")?;
            Ok(DoneAct {
                at: row.time("at")?,
                actor: row.text("actor")?,
                role: row.text("role")?,
                act: if data.is_empty() { None } else { Some(serde_json::from_str(&data).context("read an act")?) },
            })
        })
    }

    /// How it stands by its acts.
    pub async fn standing(&mut self, entry: EntryId) -> Result<Standing> {
        let done = self.acts_of(entry).await?;
        Ok(Standing::of(done.iter().filter_map(|done| done.act.as_ref())))
    }

    /// Whether the patient has been told of 1177, and how they want to be reached, as entries of this unit say (R25).
    pub async fn contact_of(
        &mut self,
        patient: &PatientNumber,
        unit: &str,
    ) -> Result<(bool, Option<PreferredChannel>)> {
        let acts = rows!(self,
            "select act.data from act join patient_link on patient_link.entry_id = act.entry_id
             join entry on entry.id = act.entry_id
             where patient_link.patient = $1 and patient_link.ended_at = 0 and entry.unit = $2
             and act.act in ('informed', 'prefers') and act.data <> '' order by act.id",
            patient.as_str(), unit; |row| serde_json::from_str::<Act>(&row.text("data")?).context("read an act"))?;
        let standing = Standing::of(&acts);
        Ok((standing.informed, standing.prefers))
    }
}
