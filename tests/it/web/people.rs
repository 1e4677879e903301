//! Who is let in: `inkom user`.

use std::process::Output;

use inkom::clock::Clock;
use inkom::diary::Purpose;
use inkom::model::{AuditAction, Digest, Role};

use crate::support::people::{self, Pages};

const PASSKEY: &str =
    "[web]\nlisten = '127.0.0.1:8443'\norigin = 'https://inkom.example.se'\nsign_in.kind = 'passkey'\n";
const OIDC: &str = "[web]\nlisten = '127.0.0.1:8443'\norigin = 'https://inkom.example.se'\n\
                    sign_in = { kind = 'oidc', issuer = 'https://idp.example.se', client_id = 'inkom' }\n";
const DEMO: &str = "[web]\nlisten = '127.0.0.1:8443'\norigin = 'http://localhost:8443'\nsign_in.kind = 'demo'\n";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn invite<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["user", "invite", name, "--unit", "Mottagningen", "--role", "reception"], more].concat()
}

/// The secret of the link that was printed.
fn secret(output: &Output) -> String {
    let said = stdout(output);
    let link =
        said.lines().map(str::trim).find(|line| line.starts_with("https://")).unwrap_or_else(|| panic!("{said}"));
    link.strip_prefix("https://inkom.example.se/inbjudan/").unwrap().to_owned()
}

#[tokio::test]
async fn one_who_is_invited_gets_roles_and_a_link_and_one_who_has_ended_has_nothing_left() {
    let pages = Pages::with(PASSKEY).await;
    let now = Clock::default().now();
    let invited = pages.command(&invite(" Åsa  Öberg ", &["--role", "loggranskare"]));
    assert!(invited.status.success(), "{invited:?}");
    let token = Digest::of(secret(&invited).as_bytes());
    let mut tx = pages.diary.read().await.unwrap();
    let person = tx.person_named("Åsa Öberg").await.unwrap().unwrap();
    let unit = || "Mottagningen".to_owned();
    assert_eq!(person.roles, [(unit(), Role::Auditor), (unit(), Role::Reception)]);
    assert_eq!(tx.invitation(&token, Purpose::Enrol, now).await.unwrap(), Some(person.id));
    assert_eq!(tx.invitation(&token, Purpose::Demo, now).await.unwrap(), None);
    drop(tx);

    let list = stdout(&pages.command(&["user", "list"]));
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.contains("Åsa Öberg  link to 2"), "{list}");

    // Another invitation is for who lost the first: that one no longer works, and roles come to those there were.
    let again = secret(&pages.command(&["user", "invite", "Åsa Öberg", "--unit", "Rehab", "--role", "registrator"]));
    let again = Digest::of(again.as_bytes());
    let mut tx = pages.diary.read().await.unwrap();
    assert_eq!(tx.invitation(&token, Purpose::Enrol, now).await.unwrap(), None);
    assert_eq!(tx.invitation(&again, Purpose::Enrol, now).await.unwrap(), Some(person.id));
    assert_eq!(tx.person_named("Åsa Öberg").await.unwrap().unwrap().roles.len(), 3);
    drop(tx);

    pages.configure(people::PASSKEY);
    let cookie = pages.signed_in(person.id, "passkey", now).await;
    let served = pages.serve_at(now);
    assert_eq!(served.get("/konto", &cookie).await.status, 200);
    assert!(pages.command(&["user", "end", "Åsa Öberg"]).status.success());
    assert_eq!(served.get("/konto", &cookie).await.location(), Some("/logga-in"));
    let mut tx = pages.diary.read().await.unwrap();
    assert_eq!(tx.invitation(&again, Purpose::Enrol, now).await.unwrap(), None);
    let rows = tx.audit_after(0, 100).await.unwrap();
    let of = |action| rows.iter().filter(|row| row.event.action == action).collect::<Vec<_>>();
    assert_eq!((of(AuditAction::PersonInvited).len(), of(AuditAction::PersonEnded).len()), (2, 1));
    assert!(of(AuditAction::PersonInvited).iter().all(|row| row.event.actor.starts_with("os:")));
    assert_eq!(of(AuditAction::PersonInvited)[0].event.payload, "person=Åsa Öberg roles=reception,loggranskare");
    drop(tx);
    assert!(stdout(&pages.command(&["user", "list"])).contains("ended 2"));
}

#[tokio::test]
async fn the_list_fits_80_columns_whatever_people_and_units_are_called() {
    let pages = Pages::with(PASSKEY).await;
    let mut tx = pages.diary.write().await.unwrap();
    let person = tx.add_person(&"Långt Namn ".repeat(7), "", Clock::default().now()).await.unwrap();
    tx.grant(person, &"Enheten för långa namn ".repeat(5), Role::Administrator).await.unwrap();
    tx.commit().await.unwrap();
    let list = stdout(&pages.command(&["user", "list"]));
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[tokio::test]
async fn who_cannot_be_invited_is_told_why_and_what_to_do() {
    let pages = Pages::with(PASSKEY).await;
    pages.command(&invite("Kim Ek", &["--hsa-id", "SE2321000131-P000000000001"]));
    pages.command(&["user", "end", "Kim Ek"]);
    let elsewhere = ["user", "invite", "Bo Al", "--unit", "Kirurgen", "--role", "reception"];
    let cases: &[(&str, &[&str], &str)] = &[
        (PASSKEY, &elsewhere, "no [[mailbox]] has it; the units are Mottagningen, Rehab"),
        (PASSKEY, &invite("Bo Al", &["--role", "chef"]), "[possible values: reception, behandlare"),
        (PASSKEY, &invite("Bo Al", &["--hsa-id", "SE232-1"]), "an HSA-id is SE, ten digits"),
        (PASSKEY, &invite("os:root", &[]), "mean others in the log"),
        (PASSKEY, &invite("system", &[]), "mean others in the log"),
        (PASSKEY, &invite(" ", &[]), "give a first and a last name"),
        (PASSKEY, &invite("Kim Ek", &[]), "Kim Ek has ended"),
        (OIDC, &invite("Bo Al", &[]), "--hsa-id is needed"),
        (DEMO, &invite("Bo Al", &[]), "the demonstration has one guest"),
        ("", &invite("Bo Al", &[]), "no [web] section"),
        (PASSKEY, &["user", "end", "Bo Al"], "inkom user list names everyone"),
    ];
    for (web, args, says) in cases {
        pages.configure(web);
        let output = pages.command(args);
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(!output.status.success() && said.contains(says), "{args:?}: {said}");
    }
    assert_eq!(pages.diary.read().await.unwrap().people().await.unwrap().len(), 1, "nobody came in");
}

#[tokio::test]
async fn with_e_legitimation_an_hsa_id_is_all_that_is_needed_and_belongs_to_one() {
    let pages = Pages::with(OIDC).await;
    let (one, other) = ("SE2321000131-P000000000001", "SE2321000131-P000000000002");
    let invited = pages.command(&invite("Kim Ek", &["--hsa-id", one]));
    assert!(stdout(&invited).contains("no link is needed"), "{invited:?}");
    assert!(pages.command(&invite("Kim Ek", &["--hsa-id", one])).status.success());
    for (name, id, says) in
        [("Bo Al", one, "it is Kim Ek's"), ("Kim Ek", other, "Kim Ek has SE2321000131-P000000000001")]
    {
        let said = String::from_utf8(pages.command(&invite(name, &["--hsa-id", id])).stderr).unwrap();
        assert!(said.contains(says), "{said}");
    }
    let mut tx = pages.diary.read().await.unwrap();
    assert_eq!(tx.person_with_hsa_id(one).await.unwrap().unwrap().name, "Kim Ek");
    assert!(tx.person_with_hsa_id(other).await.unwrap().is_none());
    assert_eq!(
        tx.invited_until(inkom::diary::PersonId(1), Purpose::Enrol, Clock::default().now()).await.unwrap(),
        None
    );
}
