use inkom::diary::Purpose;
use inkom::model::{AuditAction, Digest, Role};
use jiff::{SignedDuration, Timestamp};

use super::mail;
use crate::support::pages::{Pages, SignedIn};

/// Every page that shows something of the diary.
const PAGES: [&str; 6] = [
    "/",
    "/uppehall",
    "/konto",
    "/handling/MM-2026-00001",
    "/handling/MM-2026-00001/pdf",
    "/handling/MM-2026-00001/original",
];

#[tokio::test]
async fn nothing_is_shown_before_sign_in() {
    let pages = Pages::open().await;
    pages.entry("Mottagningen", &mail("a@example.org", "Hemligt", "hemligt"), Timestamp::now()).await;
    for path in PAGES {
        let answer = pages.get(path, None).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/logga-in")), "{path}");
        assert!(!answer.body.contains("emligt"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_keeps_the_browser_strict() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    let number = pages.entry("Mottagningen", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    assert_eq!(number.to_string(), "MM 2026-00001");
    for path in PAGES.into_iter().chain(["/logga-in", "/stil.css", "/finns-inte"]) {
        let answer = pages.get(path, Some(&who)).await;
        let csp = answer.header("content-security-policy").unwrap();
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("x-frame-options").is_some(), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert!(!answer.body.contains("<script>") && !answer.body.contains("style="), "{path}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_or_ended() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    assert_eq!(pages.get("/", Some(&who)).await.status, 200);
    let now = Timestamp::now();
    for (name, started, seen) in [("idle", 1, 16), ("old", 601, 1)] {
        let mut tx = pages.diary.write().await.unwrap();
        let token = Digest::of(name.as_bytes());
        tx.start_session(&token, who.person, "x", "demo", now - SignedDuration::from_mins(started)).await.unwrap();
        let session = tx.session(&token, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
        tx.session_seen(session.id, now - SignedDuration::from_mins(seen)).await.unwrap();
        tx.commit().await.unwrap();
        let late = SignedIn { cookie: name.into(), ..who.clone() };
        assert_eq!(pages.get("/", Some(&late)).await.status, 303, "{name}");
    }
    assert_eq!(pages.post("/logga-ut", &who, "").await.status, 303);
    assert_eq!(pages.get("/", Some(&who)).await.header("location"), Some("/logga-in"));
}

#[tokio::test]
async fn a_form_that_is_not_our_own_does_nothing() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    pages.entry("Mottagningen", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let path = "/handling/MM-2026-00001/ta";
    let form = format!("csrf={}&version=0", who.csrf);
    let origin = pages.origin.clone();
    let same = ("Sec-Fetch-Site", "same-origin");
    let refused: &[(&[(&str, &str)], &str)] = &[
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://elsewhere.example")], &form),
        (&[], &form),
        (&[same, ("Origin", &origin)], "csrf=wrong&version=0"),
        (&[same, ("Origin", &origin)], "version=0"),
    ];
    for (headers, form) in refused {
        assert_eq!(pages.send("POST", path, Some(&who), headers, form).await.status, 403, "{headers:?} {form}");
    }
    assert!(pages.diary.read().await.unwrap().newest(1).await.unwrap()[0].claimed.is_none());
    assert_eq!(pages.post(path, &who, "version=0").await.status, 303);
    assert!(pages.diary.read().await.unwrap().newest(1).await.unwrap()[0].claimed.is_some());
}

#[tokio::test]
async fn a_link_works_once_and_only_by_its_button() {
    let pages = Pages::open().await;
    let now = Timestamp::now();
    let mut tx = pages.diary.write().await.unwrap();
    let person = tx.add_person("Rut", "", now).await.unwrap();
    let link = inkom::web::demo_link(&mut tx, person, now).await.unwrap();
    let old = Digest::of(b"old");
    tx.invite(person, Purpose::Demo, &old, now, now - SignedDuration::from_secs(1)).await.unwrap();
    tx.commit().await.unwrap();
    let here = [("Origin", pages.origin.as_str())];
    for _ in 0..3 {
        let shown = pages.get(&link.path, None).await;
        assert_eq!((shown.status, shown.header("set-cookie")), (200, None));
    }
    let used = pages.send("POST", &link.path, None, &here, "").await;
    assert_eq!(used.status, 303);
    let cookie = used.header("set-cookie").unwrap();
    for part in ["__Host-inkom=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(pages.send("POST", &link.path, None, &here, "").await.status, 410);
    assert_eq!(pages.get(&link.path, None).await.status, 410);
    assert_eq!(pages.send("POST", "/lank/old", None, &here, "").await.status, 410);
    let signed_in = pages.diary.read().await.unwrap().audit_after(0, 100).await.unwrap();
    assert_eq!(signed_in.iter().filter(|row| row.event.action == AuditAction::SignedIn).count(), 1);
}

#[tokio::test]
async fn a_cookie_that_somebody_planted_is_never_a_session() {
    let pages = Pages::open().await;
    let now = Timestamp::now();
    let mut tx = pages.diary.write().await.unwrap();
    let person = tx.add_person("Rut", "", now).await.unwrap();
    tx.grant(person, "Mottagningen", Role::Reception).await.unwrap();
    let link = inkom::web::demo_link(&mut tx, person, now).await.unwrap();
    tx.commit().await.unwrap();
    let planted = SignedIn { person, cookie: "planted".into(), csrf: String::new() };
    let here = [("Origin", pages.origin.as_str())];
    let signed_in = pages.send("POST", &link.path, Some(&planted), &here, "").await;
    assert!(!signed_in.header("set-cookie").unwrap().contains("planted"));
    assert_eq!(pages.get("/", Some(&planted)).await.header("location"), Some("/logga-in"));
}

#[tokio::test]
async fn tricks_with_paths_and_headers_lead_nowhere() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    pages.entry("Mottagningen", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    for path in [
        "/handling/..%2f..%2f..%2fetc%2fpasswd",
        "/handling/MM-2026-00001/../MM-2026-00001",
        "/handling/MM-2026-00001%00",
        "/handling/%ff%fe",
        "/handling/MM-2026-00001/bilaga/..%2foriginal",
        "/handling/MM-2026-00001'%20or%201=1--",
        "//elsewhere.example/",
        "/handling//MM-2026-00001",
        "/HANDLING/MM-2026-00001",
        "/lank/..%2f",
    ] {
        let answer = pages.get(path, Some(&who)).await;
        assert!([400, 404, 410].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.body.contains("root:"), "{path}");
    }
    // No header of a request changes who asks, or where an answer leads.
    let tricks = [
        ("X-Forwarded-Host", "elsewhere.example"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Original-URL", "/konto"),
        ("X-HTTP-Method-Override", "POST"),
        ("X-Remote-User", "Rut"),
        ("Authorization", "Basic UnV0OnB3"),
    ];
    for trick in tricks {
        let answer = pages.send("GET", "/", None, &[trick], "").await;
        assert_eq!(answer.header("location"), Some("/logga-in"), "{trick:?}");
    }
    let two_cookies = [("Cookie", "__Host-inkom=nobody")];
    assert_eq!(pages.send("GET", "/", None, &two_cookies, "").await.status, 303);
    let long = "x".repeat(200_000);
    assert_eq!(pages.post("/handling/MM-2026-00001/las", &who, &format!("reason={long}")).await.status, 400);
    for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
        let answer = pages.send(method, "/handling/MM-2026-00001", Some(&who), &[], "").await;
        assert!([403, 405].contains(&answer.status), "{method}: {}", answer.status);
    }
    assert!(pages.diary.read().await.unwrap().newest(1).await.unwrap()[0].claimed.is_none());
}
