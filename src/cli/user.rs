use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::table::{counted, cut, table};
use super::{ConfigArg, Opened};
use crate::clock;
use crate::config::{Config, SignIn, Web, is_hsa_id};
use crate::diary::{Person, PersonId, Purpose, Tx};
use crate::model::{AuditAction, AuditEvent, Role};
use crate::web;

/// A name is shown on one line of a page, and stands in every row of the audit log.
const NAME_CHARS: usize = 80;
/// What a table has room for beside roles and units.
const NAME_SHOWN: usize = 24;

#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let someone in, or give them another role. With passkeys this prints a one-time link to enrol them by.
    Invite(Invite),
    /// Everyone, those who have ended too.
    List(ConfigArg),
    /// Let someone in no more: sessions end, passkeys and links are gone. The log goes on naming them.
    End {
        /// The name as `inkom user list` shows it.
        name: String,
        #[command(flatten)]
        config: ConfigArg,
    },
}

#[derive(Debug, Args)]
struct Invite {
    /// First and last name, as the pages and the log are to show it.
    name: String,
    /// The unit, as a [[mailbox]] of the configuration names it.
    #[arg(long)]
    unit: String,
    /// What they are to the unit. Can be given several times.
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = roles())]
    roles: Vec<Role>,
    /// By which the identity provider names them; needed where they sign in with e-legitimation.
    #[arg(long, value_name = "ID")]
    hsa_id: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

fn roles() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::word)).try_map(|word| word.parse::<Role>())
}

impl User {
    pub async fn run(&self) -> Result<ExitCode> {
        match &self.command {
            Command::Invite(invite) => invite.run().await,
            Command::List(config) => list(config).await,
            Command::End { name, config } => end(name, config).await,
        }
    }
}

impl Invite {
    async fn run(&self) -> Result<ExitCode> {
        let config = self.config.load()?;
        let name = self.check(&config)?;
        let web = web(&config)?;
        let opened = self.config.open().await?;
        let now = opened.clock.now();
        let mut tx = opened.diary.write().await?;
        let person = self.person(&mut tx, &name, now).await?;
        for role in &self.roles {
            tx.grant(person, &self.unit, *role).await?;
        }
        let link = match web.sign_in {
            SignIn::Passkey => Some(web::enrolment_link(&mut tx, person, now).await?),
            SignIn::Oidc(_) | SignIn::Demo => None,
        };
        let roles: Vec<&str> = self.roles.iter().map(|role| role.word()).collect();
        let roles = roles.join(",");
        tx.audit(&event(&opened, now, AuditAction::PersonInvited, &self.unit, format!("person={name} roles={roles}")))
            .await?;
        tx.commit().await?;
        match link {
            Some(link) => {
                let until = clock::minute(link.until);
                println!(
                    "{name} enrols passkeys by this link, once, until {until}:\n\n  {}{}\n",
                    web.origin, link.path
                );
                println!("Hand it over so that nobody else gets it: whoever opens it first becomes {name}.");
            }
            None => println!("{name} signs in at {} with e-legitimation; no link is needed.", web.origin),
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What can be judged without the diary. Gives the name, its spaces put in order.
    fn check(&self, config: &Config) -> Result<String> {
        let web = web(config)?;
        let units: BTreeSet<&str> = config.mailboxes.iter().map(|mailbox| mailbox.unit.as_str()).collect();
        if !units.contains(self.unit.as_str()) {
            let units: Vec<&str> = units.into_iter().collect();
            bail!("--unit {:?}: no [[mailbox]] has it; the units are {}", self.unit, units.join(", "));
        }
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(
            !name.is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control),
            "NAME: give a first and a last name, of {NAME_CHARS} characters at most"
        );
        // The log tells people at the pages from the program itself and from those at the command line by these words.
        ensure!(
            name != "system" && !name.starts_with("os:"),
            "NAME: \"system\" and \"os:…\" mean others in the log; give a first and a last name"
        );
        if let Some(id) = &self.hsa_id {
            ensure!(
                is_hsa_id(id),
                "--hsa-id {id:?}: an HSA-id is SE, ten digits, - and 1–18 letters or digits, such as SE2321000131-P000000000001"
            );
        }
        match web.sign_in {
            SignIn::Passkey => ensure!(
                web.listen.port() != 0,
                "web.listen = {}: links need an address that stays; give a port other than 0",
                web.listen
            ),
            SignIn::Oidc(_) => ensure!(
                self.hsa_id.is_some(),
                "--hsa-id is needed: by it the identity provider tells who has signed in"
            ),
            SignIn::Demo => bail!(
                "web.sign_in.kind = \"demo\": the demonstration has one guest; to invite people, give \"passkey\" or \"oidc\""
            ),
        }
        Ok(name)
    }

    /// The person of this name, made if there is none.
    async fn person(&self, tx: &mut Tx, name: &str, now: Timestamp) -> Result<PersonId> {
        let hsa_id = self.hsa_id.as_deref().unwrap_or_default();
        if let Some(other) = tx.person_with_hsa_id(hsa_id).await?.filter(|other| other.name != name) {
            bail!(
                "--hsa-id {hsa_id}: it is {}'s; give that name, or inkom user end {:?} first",
                other.name,
                other.name
            );
        }
        let Some(person) = tx.people().await?.into_iter().find(|person| person.name == name) else {
            return tx.add_person(name, hsa_id, now).await;
        };
        ensure!(
            person.ended_at.is_none(),
            "{name} has ended, and the log must not take one for another: give a name that tells them apart"
        );
        if !hsa_id.is_empty() && person.hsa_id != hsa_id {
            ensure!(
                person.hsa_id.is_empty(),
                "--hsa-id {hsa_id}: {name} has {}; if this is someone else, give a name that tells them apart",
                person.hsa_id
            );
            tx.name_by_hsa_id(person.id, hsa_id).await?;
        }
        Ok(person.id)
    }
}

fn web(config: &Config) -> Result<&Web> {
    config.web.as_ref().context(
        "the configuration has no [web] section, so there are no pages to invite anyone to: add it with listen, origin \
         and sign_in = { kind = \"passkey\" }, and restart inkom",
    )
}

fn event(opened: &Opened, at: Timestamp, action: AuditAction, unit: &str, payload: String) -> AuditEvent {
    let (actor, unit) = (opened.actor.clone(), unit.to_owned());
    AuditEvent { unit, ..AuditEvent::new(at, actor, action, payload) }
}

async fn list(config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let now = opened.clock.now();
    let mut tx = opened.diary.read().await?;
    let people = tx.people().await?;
    let mut rows = Vec::new();
    for person in &people {
        let sign_in = sign_in(&mut tx, person, now).await?;
        let row = |role: &str, unit: &str| {
            vec![cut(&person.name, NAME_SHOWN), sign_in.clone(), role.to_owned(), unit.to_owned()]
        };
        rows.extend(person.roles.iter().map(|(unit, role)| row(role.word(), unit)));
        if person.roles.is_empty() {
            rows.push(row("", ""));
        }
    }
    drop(tx);
    opened.audit(AuditAction::ListRead, "", None, format!("people={}", people.len())).await?;
    if rows.is_empty() {
        println!("There is nobody yet; inkom user invite lets someone in.");
    } else {
        print!("{}", table(&["NAME", "SIGNS IN BY", "ROLE", "UNIT"], &rows));
    }
    Ok(ExitCode::SUCCESS)
}

/// How far someone has come with signing in.
async fn sign_in(tx: &mut Tx, person: &Person, now: Timestamp) -> Result<String> {
    if let Some(ended) = person.ended_at {
        return Ok(format!("ended {}", clock::day(ended)));
    }
    let passkeys = usize::try_from(tx.count_passkeys(person.id).await?)?;
    if passkeys > 0 {
        return Ok(counted(passkeys, "passkey", "passkeys"));
    }
    if let Some(until) = tx.invited_until(person.id, Purpose::Enrol, now).await? {
        return Ok(format!("link to {}", clock::minute(until)));
    }
    Ok(if person.hsa_id.is_empty() { "nothing".into() } else { "HSA-id".into() })
}

async fn end(name: &str, config: &ConfigArg) -> Result<ExitCode> {
    let opened = config.open().await?;
    let now = opened.clock.now();
    let mut tx = opened.diary.write().await?;
    let person = tx
        .person_named(name)
        .await?
        .with_context(|| format!("{name:?}: nobody of that name is let in; inkom user list names everyone"))?;
    tx.end_person(person.id, now).await?;
    tx.audit(&event(&opened, now, AuditAction::PersonEnded, "", format!("person={name}"))).await?;
    tx.commit().await?;
    println!("{name} is let in no more.");
    Ok(ExitCode::SUCCESS)
}
