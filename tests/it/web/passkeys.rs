//! What holds without a browser; tests/browser/passkey.mjs has the ceremonies themselves.

use inkom::diary::{Passkey, PersonId, Purpose};
use inkom::model::{AuditAction, Digest, Role};
use inkom::web::enrolment_link;
use jiff::{SignedDuration, Timestamp};

use crate::support::people::Pages;
use crate::support::store::minute;

/// What proves nothing, for the enrolment `ID`.
const MADE: &str = r#"{"id":"ID","credential":{"id":"AQ","rawId":"AQ","type":"public-key","response":{"attestationObject":"oA","clientDataJSON":"e30"}}}"#;

async fn person(pages: &Pages) -> PersonId {
    let mut tx = pages.diary.write().await.unwrap();
    let person = tx.add_person("Kim Ek", "", minute(0)).await.unwrap();
    tx.grant(person, "Mottagningen", Role::Reception).await.unwrap();
    tx.commit().await.unwrap();
    person
}

async fn link(pages: &Pages, person: PersonId, now: Timestamp) -> String {
    let mut tx = pages.diary.write().await.unwrap();
    let link = enrolment_link(&mut tx, person, now).await.unwrap();
    tx.commit().await.unwrap();
    link.path
}

/// A row as an enrolment leaves it. What it holds is not looked at here.
async fn add_passkey(pages: &Pages, person: PersonId, credential: &[u8]) {
    let mut tx = pages.diary.write().await.unwrap();
    let (label, data) = (format!("Nyckel {}", credential[0]), "{}".to_owned());
    let passkey = Passkey { credential: credential.to_vec(), label, data, added_at: minute(0), used_at: None };
    tx.add_passkey(person, &passkey).await.unwrap();
    tx.commit().await.unwrap();
}

async fn count(pages: &Pages, person: PersonId) -> u64 {
    pages.diary.read().await.unwrap().count_passkeys(person).await.unwrap()
}

#[tokio::test]
async fn a_link_shows_whose_it_is_as_often_as_it_is_looked_at_and_is_used_once() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let link = link(&pages, person, minute(0)).await;
    let served = pages.serve_at(minute(1));
    for _ in 0..3 {
        let shown = served.get(&link, "").await;
        assert_eq!(shown.status, 200);
        assert!(shown.body.contains("Inbjudan gäller <strong>Kim Ek</strong>"), "{}", shown.body);
        let begun = served.send(&format!("{link}/borja"), "", "", "{}").await;
        assert_eq!(begun.status, 200, "{}", begun.body);
        let options: serde_json::Value = serde_json::from_str(&begun.body).unwrap();
        let selection = &options["publicKey"]["authenticatorSelection"];
        assert_eq!(
            (&selection["userVerification"], &selection["residentKey"]),
            (&"required".into(), &"required".into())
        );
        assert_eq!(options["publicKey"]["rp"]["id"], "localhost");
    }

    let token = Digest::of(link.strip_prefix("/inbjudan/").unwrap().as_bytes());
    let mut tx = pages.diary.write().await.unwrap();
    assert_eq!(tx.use_invitation(&token, Purpose::Enrol, minute(1)).await.unwrap(), Some(person));
    assert_eq!(tx.use_invitation(&token, Purpose::Enrol, minute(1)).await.unwrap(), None);
    tx.commit().await.unwrap();
    let used = served.get(&link, "").await;
    assert_eq!(used.status, 410);
    assert!(used.body.contains("gäller inte längre") && !used.body.contains("Kim Ek"), "{}", used.body);
    let begun = served.send(&format!("{link}/borja"), "", "", "{}").await;
    assert_eq!(begun.status, 410);
    assert_eq!(begun.body, r#"{"text":"Den är redan använd eller för gammal. Be om en ny."}"#);
    assert_eq!(served.get("/inbjudan/gissad", "").await.status, 410);
}

#[tokio::test]
async fn a_link_is_good_for_72_hours() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let link = link(&pages, person, minute(0)).await;
    for (minutes, status) in [(72 * 60 - 1, 200), (72 * 60, 410), (100 * 60, 410)] {
        let served = pages.serve_at(minute(minutes));
        assert_eq!(served.get(&link, "").await.status, status, "after {minutes} minutes");
        assert_eq!(served.send(&format!("{link}/borja"), "", "", "{}").await.status, status, "after {minutes} minutes");
    }
}

#[tokio::test]
async fn what_is_no_passkey_leaves_the_link_and_gives_no_session() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let link = link(&pages, person, minute(0)).await;
    let served = pages.serve_at(minute(1));
    let begun = served.send(&format!("{link}/borja"), "", "", "{}").await;
    let begun: serde_json::Value = serde_json::from_str(&begun.body).unwrap();
    for (id, status) in [(begun["id"].as_str().unwrap(), 403), ("gissat", 403)] {
        let answer = served.send(&format!("{link}/klar"), "", "", &MADE.replace("ID", id)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(!answer.head.contains("set-cookie"));
    }
    assert_eq!(served.send(&format!("{link}/klar"), "", "", "{}").await.status, 400);
    assert_eq!(served.get(&link, "").await.status, 200);
    assert_eq!(count(&pages, person).await, 0);
}

#[tokio::test]
async fn what_was_begun_by_one_is_not_finished_by_another() {
    let pages = Pages::open().await;
    let now = minute(0);
    let (kim, other) = (person(&pages).await, {
        let mut tx = pages.diary.write().await.unwrap();
        let other = tx.add_person("Siv", "", now).await.unwrap();
        tx.commit().await.unwrap();
        other
    });
    let (of_kim, of_other) = (link(&pages, kim, now).await, link(&pages, other, now).await);
    let cookie = pages.signed_in(other, "passkey", now).await;
    let served = pages.serve_at(now);
    // An enrolment that is not theirs was never begun, for all that they learn; their own only proves nothing.
    for (path, says) in [
        (format!("{of_other}/klar"), "tog för lång tid"),
        ("/konto/passnyckel/klar".to_owned(), "tog för lång tid"),
        (format!("{of_kim}/klar"), "gick inte att kontrollera"),
    ] {
        let begun = served.send(&format!("{of_kim}/borja"), "", "", "").await;
        let begun: serde_json::Value = serde_json::from_str(&begun.body).unwrap();
        let made = MADE.replace("ID", begun["id"].as_str().unwrap());
        let answer = served.send(&path, &cookie, "token", &made).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains(says), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn with_fewer_than_two_passkeys_every_page_leads_to_one_s_own() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let cookie = pages.signed_in(person, "passkey", minute(0)).await;
    let served = pages.serve_at(minute(1));
    let others = ["/", "/uppehall", "/handling/MM-2026-00001", "/handling/MM-2026-00001/pdf", "/tangenter"];
    for passkeys in [0, 1] {
        for other in others {
            let answer = served.get(other, &cookie).await;
            assert_eq!((answer.status, answer.location()), (303, Some("/konto")), "{other} with {passkeys}");
        }
        let claim = served.post("/handling/MM-2026-00001/ta", &cookie, "csrf=token&version=0").await;
        assert_eq!(claim.location(), Some("/konto"));
        let own = served.get("/konto", &cookie).await;
        assert!(own.status == 200 && own.body.contains("Du har bara en passnyckel. Lägg till en till"), "{}", own.body);
        assert_eq!(served.send("/konto/passnyckel/borja", &cookie, "token", "{}").await.status, 200);
        add_passkey(&pages, person, &[passkeys]).await;
    }
    let own = served.get("/konto", &cookie).await;
    assert!(!own.body.contains("Du har bara en passnyckel") && own.body.contains("Nyckel 1"), "{}", own.body);
    assert_eq!(served.get("/", &cookie).await.status, 200);
    assert_eq!(served.post("/logga-ut", &cookie, "csrf=token").await.location(), Some("/logga-in"));
    assert_eq!(served.get("/konto", &cookie).await.location(), Some("/logga-in"));
}

#[tokio::test]
async fn two_passkeys_always_remain() {
    let pages = Pages::open().await;
    let kim = person(&pages).await;
    for credential in [[1], [2], [3]] {
        add_passkey(&pages, kim, &credential).await;
    }
    let mut tx = pages.diary.write().await.unwrap();
    let other = tx.add_person("Bo Al", "", minute(0)).await.unwrap();
    tx.commit().await.unwrap();
    for credential in [[7], [8], [9]] {
        add_passkey(&pages, other, &credential).await;
    }
    let cookie = pages.signed_in(kim, "passkey", minute(0)).await;
    let lost = pages.signed_in(kim, "passkey", minute(1)).await;
    let of_other = pages.signed_in(other, "passkey", minute(1)).await;
    let served = pages.serve_at(minute(1));
    assert_eq!(served.get("/konto", &lost).await.status, 200);
    // "AQ" is the byte 1 in base64url, "Bw" the 7 of somebody else.
    for (credential, form, status, left) in [
        ("AQ", "csrf=guessed", 403, 3),
        ("Bw", "csrf=token", 404, 3),
        ("AQ", "csrf=token", 303, 2),
        ("AQ", "csrf=token", 404, 2),
        ("Ag", "csrf=token", 409, 2),
    ] {
        let answer = served.post(&format!("/konto/passnyckel/{credential}/ta-bort"), &cookie, form).await;
        assert_eq!((answer.status, count(&pages, kim).await), (status, left), "{credential} {form}");
    }
    assert_eq!(count(&pages, other).await, 3);
    assert_eq!(served.get("/konto", &lost).await.location(), Some("/logga-in"), "the lost one is signed out");
    assert_eq!((served.get("/konto", &cookie).await.status, served.get("/konto", &of_other).await.status), (200, 200));
    let rows = pages.diary.read().await.unwrap().audit_after(0, 100).await.unwrap();
    let removed: Vec<_> = rows.iter().filter(|row| row.event.action == AuditAction::PasskeyRemoved).collect();
    assert_eq!(removed.len(), 1);
    assert_eq!((removed[0].event.actor.as_str(), removed[0].event.payload.as_str()), ("Kim Ek", "passkeys=2"));
}

#[tokio::test]
async fn a_refused_sign_in_tells_nobody_why_and_the_log_without_a_name() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    add_passkey(&pages, person, &[1]).await;
    let served = pages.serve_at(minute(1));
    let mut told = Vec::new();
    // A passkey that is known, one that is not, and one that says nothing of its owner.
    for (raw_id, handle) in [("AQ", "AAAAAAAAAAAAAAAAAAAAAA"), ("BQ", "AAAAAAAAAAAAAAAAAAAAAA"), ("AQ", "")] {
        let begun = served.send("/logga-in/passnyckel/borja", "", "", "{}").await;
        let begun: serde_json::Value = serde_json::from_str(&begun.body).unwrap();
        assert_eq!(begun["publicKey"]["userVerification"], "required");
        assert!(begun["publicKey"]["allowCredentials"].as_array().is_none_or(Vec::is_empty), "it names no passkeys");
        let proof = serde_json::json!({ "id": begun["id"], "credential": {
            "id": raw_id, "rawId": raw_id, "type": "public-key",
            "response": { "authenticatorData": "AA", "clientDataJSON": "e30", "signature": "AA", "userHandle": handle },
        } });
        told.push(served.send("/logga-in/passnyckel/klar", "", "", &proof.to_string()).await);
        told.push(served.send("/logga-in/passnyckel/klar", "", "", &proof.to_string()).await);
    }
    for answer in &told {
        assert_eq!((answer.status, &answer.body), (403, &told[0].body));
        assert!(!answer.head.contains("set-cookie"));
    }
    let rows = pages.diary.read().await.unwrap().audit_after(0, 100).await.unwrap();
    let refused: Vec<_> = rows.iter().filter(|row| row.event.action == AuditAction::SignInRefused).collect();
    let reasons: Vec<_> = refused.iter().map(|row| row.event.payload.as_str()).collect();
    let [theirs, again, unknown] =
        ["not-theirs", "not-begun", "unknown-passkey"].map(|r| format!("by=passkey reason={r}"));
    assert_eq!(reasons, [&theirs, &again, &unknown, &again, &unknown, &again]);
    assert!(refused.iter().all(|row| row.event.actor == "system"));
}

#[tokio::test]
async fn scripts_of_other_pages_begin_nothing() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let link = link(&pages, person, minute(0)).await;
    let cookie = pages.signed_in(person, "passkey", minute(0)).await;
    let served = pages.serve_at(minute(1));
    for path in ["/logga-in/passnyckel/borja", &format!("{link}/borja"), "/konto/passnyckel/borja"] {
        let elsewhere = served.send_from("https://elsewhere.example", path, &cookie, "token", "{}").await;
        assert_eq!(elsewhere.status, 403, "{path}");
    }
    assert_eq!(served.send("/konto/passnyckel/borja", &cookie, "guessed", "{}").await.status, 403);
    assert_eq!(served.send("/konto/passnyckel/borja", "", "token", "{}").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_idle_after_ten_hours_and_when_the_way_of_signing_in_is_changed() {
    let pages = Pages::open().await;
    let person = person(&pages).await;
    let served = pages.serve_at(minute(14));
    let cookie = pages.signed_in(person, "passkey", minute(0)).await;
    assert_eq!(served.get("/konto", &cookie).await.status, 200);
    assert_eq!(pages.serve_at(minute(28)).get("/konto", &cookie).await.status, 200, "it was seen at 14");
    assert_eq!(pages.serve_at(minute(43)).get("/konto", &cookie).await.location(), Some("/logga-in"));
    let long = pages.signed_in(person, "passkey", minute(1)).await;
    for minutes in (10..601).step_by(10) {
        assert_eq!(pages.serve_at(minute(minutes)).get("/konto", &long).await.status, 200, "{minutes}");
    }
    assert_eq!(pages.serve_at(minute(601)).get("/konto", &long).await.location(), Some("/logga-in"));
    for how in ["demo", "oidc"] {
        let other = pages.signed_in(person, how, minute(0)).await;
        assert_eq!(served.get("/konto", &other).await.location(), Some("/logga-in"), "{how}");
    }
}

#[tokio::test]
async fn without_passkeys_their_addresses_lead_nowhere() {
    let pages =
        Pages::with("[web]\nlisten = '127.0.0.1:0'\norigin = 'http://localhost'\nsign_in.kind = 'demo'\n").await;
    let person = person(&pages).await;
    let link = link(&pages, person, minute(0)).await;
    let cookie = pages.signed_in(person, "demo", minute(0)).await;
    let served = pages.serve_at(minute(0) + SignedDuration::from_secs(1));
    assert_eq!(served.get(&link, "").await.status, 404);
    for path in ["/logga-in/passnyckel/borja", &format!("{link}/borja"), "/konto/passnyckel/borja"] {
        assert_eq!(served.send(path, &cookie, "token", "{}").await.status, 404, "{path}");
    }
    let own = served.get("/konto", &cookie).await;
    assert!(own.status == 200 && !own.body.contains("passnyckel"), "{}", own.body);
    assert_eq!(served.get("/", &cookie).await.status, 200, "nobody is held for want of passkeys");
}
