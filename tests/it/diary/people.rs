//! People, their links, passkeys and sessions.

use inkom::diary::{Diary, Passkey, PersonId, Purpose};
use inkom::model::{Digest, Role};

use super::on_both_engines;
use crate::support::store::{Store, minute};

on_both_engines!(
    a_link_is_used_by_one_of_eight_at_once,
    a_name_and_an_hsa_id_belong_to_one_person,
    a_passkey_belongs_to_one_person_and_remembers_its_use,
    one_who_has_ended_has_no_way_in,
);

async fn person(store: &Store, name: &str) -> PersonId {
    let mut tx = store.write().await;
    let person = tx.add_person(name, "", minute(0)).await.unwrap();
    tx.grant(person, "Mottagningen", Role::Reception).await.unwrap();
    tx.commit().await.unwrap();
    person
}

fn passkey(credential: u8) -> Passkey {
    let (label, data) = ("Telefonen".to_owned(), "{}".to_owned());
    Passkey { credential: vec![credential], label, data, added_at: minute(1), used_at: None }
}

async fn a_link_is_used_by_one_of_eight_at_once(store: Store) {
    let person = person(&store, "Kim Ek").await;
    let (token, old) = (Digest::of(b"secret"), Digest::of(b"old"));
    let mut tx = store.write().await;
    tx.invite(person, Purpose::Enrol, &old, minute(0), minute(50)).await.unwrap();
    tx.withdraw_invitations(person, Purpose::Enrol).await.unwrap();
    tx.invite(person, Purpose::Enrol, &token, minute(0), minute(60)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await;
    assert_eq!(tx.invitation(&old, Purpose::Enrol, minute(1)).await.unwrap(), None);
    assert_eq!(tx.invited_until(person, Purpose::Enrol, minute(59)).await.unwrap(), Some(minute(60)));
    assert_eq!(tx.invited_until(person, Purpose::Enrol, minute(60)).await.unwrap(), None);
    drop(tx);
    let try_it = |diary: Diary| async move {
        let mut tx = diary.write().await.unwrap();
        let used = tx.use_invitation(&token, Purpose::Enrol, minute(1)).await.unwrap();
        tx.commit().await.unwrap();
        used
    };
    let tries: Vec<_> = (0..8).map(|_| tokio::spawn(try_it(store.diary.clone()))).collect();
    let mut used = Vec::new();
    for tried in tries {
        used.extend(tried.await.unwrap());
    }
    assert_eq!(used, [person]);
}

async fn a_name_and_an_hsa_id_belong_to_one_person(store: Store) {
    let (kim, bo) = (person(&store, "Kim Ek").await, person(&store, "Bo Al").await);
    let id = "SE2321000131-P000000000001";
    let mut tx = store.write().await;
    tx.name_by_hsa_id(kim, id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.write().await.name_by_hsa_id(bo, id).await.is_err());
    assert!(store.write().await.add_person("Kim Ek", "", minute(0)).await.is_err());
    assert_eq!(store.read().await.person_with_hsa_id(id).await.unwrap().map(|person| person.id), Some(kim));
    let names: Vec<_> = store.read().await.people().await.unwrap().into_iter().map(|person| person.name).collect();
    assert_eq!(names, ["Bo Al", "Kim Ek"]);
}

async fn a_passkey_belongs_to_one_person_and_remembers_its_use(store: Store) {
    let (kim, bo) = (person(&store, "Kim Ek").await, person(&store, "Bo Al").await);
    let mut tx = store.write().await;
    tx.add_passkey(kim, &passkey(1)).await.unwrap();
    tx.add_passkey(kim, &passkey(2)).await.unwrap();
    tx.passkey_used(&[1], "{\"counter\":2}", minute(5)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.write().await.add_passkey(bo, &passkey(1)).await.is_err());
    let mut tx = store.write().await;
    let (owner, used) = tx.passkey(&[1]).await.unwrap().unwrap();
    assert_eq!((owner, used.data.as_str(), used.used_at), (kim, "{\"counter\":2}", Some(minute(5))));
    assert!(tx.passkey(&[3]).await.unwrap().is_none());
    assert!(!tx.remove_passkey(bo, &[1]).await.unwrap());
    assert!(tx.remove_passkey(kim, &[1]).await.unwrap());
    assert_eq!((tx.count_passkeys(kim).await.unwrap(), tx.count_passkeys(bo).await.unwrap()), (1, 0));
    assert!(tx.passkey_used(&[1], "{}", minute(6)).await.is_err(), "it is gone");
}

async fn one_who_has_ended_has_no_way_in(store: Store) {
    let person = person(&store, "Kim Ek").await;
    let (link, cookie) = (Digest::of(b"link"), Digest::of(b"cookie"));
    let mut tx = store.write().await;
    tx.add_passkey(person, &passkey(1)).await.unwrap();
    tx.invite(person, Purpose::Enrol, &link, minute(0), minute(60)).await.unwrap();
    tx.start_session(&cookie, person, "token", "passkey", minute(1)).await.unwrap();
    assert!(tx.session(&cookie, minute(0), minute(0)).await.unwrap().is_some());
    tx.end_person(person, minute(2)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write().await;
    assert!(tx.session(&cookie, minute(0), minute(0)).await.unwrap().is_none());
    assert!(tx.passkey(&[1]).await.unwrap().is_none());
    assert_eq!(tx.use_invitation(&link, Purpose::Enrol, minute(3)).await.unwrap(), None);
    assert!(tx.person_named("Kim Ek").await.unwrap().is_none());
    assert_eq!(tx.person(person).await.unwrap().unwrap().ended_at, Some(minute(2)));
    assert!(tx.end_person(person, minute(4)).await.is_err(), "once");
}
