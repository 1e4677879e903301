use inkom::model::AuditAction::{EntryRead, KeptBytesRead, ListRead, SearchRead};
use inkom::model::Role;
use jiff::{SignedDuration, Timestamp};

use super::mail;
use crate::support::pages::Pages;

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

/// Numbers in the order in which a page shows them.
fn numbers(page: &str) -> Vec<u32> {
    let links = page.split("<td class=\"number\">").skip(1);
    links.map(|rest| rest.split("-2026-").nth(1).unwrap()[..5].parse().unwrap()).collect()
}

#[tokio::test]
async fn danger_comes_first_then_what_is_cancelled_today_then_the_oldest() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    let day = minutes_ago(0);
    for (subject, text, ago) in [
        ("Fråga", "när öppnar ni?", 50),
        ("Hej", "jag orkar inte mer. jag vill inte leva längre", 10),
        ("Fråga", "var ligger ni?", 90),
        ("Avbokning", "jag måste avboka min tid idag", 5),
    ] {
        pages.entry("Mottagningen", &mail("a@example.org", subject, text), day - SignedDuration::from_mins(ago)).await;
    }
    let page = pages.get("/", Some(&who)).await.body;
    assert_eq!(numbers(&page), [2, 4, 3, 1]);
    assert!(
        page.contains("Kan gälla fara för liv") && page.contains("vill inte leva") && page.contains("Avbokar i dag")
    );
    assert_eq!(numbers(&pages.get("/?ordning=nyast", Some(&who)).await.body), [2, 4, 1, 3]);
    assert_eq!(numbers(&pages.get("/?galler=cancellation", Some(&who)).await.body), [4]);
    assert_eq!(numbers(&pages.get("/?visa=alla&ordning=nyast", Some(&who)).await.body), [4, 2, 1, 3]);
}

#[tokio::test]
async fn search_tells_o_from_ö_and_finds_beginnings_of_words() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    for (from, text) in [
        ("=?utf-8?q?=C3=85sa_=C3=96hman?= <asa@example.org>", "jag behöver läkarintyget"),
        ("Asa Ohman <ohman@example.org>", "jag behöver ett recept"),
        ("rör@example.org", "ÅÄÖ i stora bokstäver"),
    ] {
        pages.entry("Mottagningen", &mail(from, "Hej", text), minutes_ago(5)).await;
    }
    for (sought, found) in [
        ("öhman", vec![1]),
        ("ohman", vec![2]),
        ("Åsa", vec![1]),
        ("läkarintyg", vec![1]),
        ("intyget", vec![]),
        ("åäö", vec![3]),
        ("behöver", vec![2, 1]),
        ("jag recept", vec![2]),
        ("asa@example.org", vec![2, 1]),
        ("00002", vec![2]),
        ("\" OR 1", vec![]),
        ("NEAR(jag)", vec![]),
        ("*", vec![3, 2, 1]),
    ] {
        let path = format!("/?{}", serde_urlencoded::to_string([("sok", sought)]).unwrap());
        let answer = pages.get(&path, Some(&who)).await;
        assert_eq!((answer.status, numbers(&answer.body)), (200, found), "{sought}");
    }
    let to_entry = pages.get("/?sok=mm+2026-00002", Some(&who)).await;
    assert_eq!(to_entry.header("location"), Some("/handling/MM-2026-00002"));
}

#[tokio::test]
async fn page_after_page_every_entry_comes_once() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("A", Role::Reception), ("B", Role::Reception)]).await;
    let now = minutes_ago(0);
    for n in 0..130 {
        let unit = ["A", "B", "C"][n % 3];
        let text = if n % 40 == 0 { "jag vill dö" } else { "hej" };
        // Several come in the same second.
        let at = now - SignedDuration::from_secs(i64::try_from(n / 4).unwrap());
        pages.entry(unit, &mail("a@example.org", "Hej", text), at).await;
    }
    for start in ["/", "/?ordning=nyast", "/?visa=alla", "/?visa=alla&ordning=nyast", "/?sok=example"] {
        let (mut all, mut path) = (Vec::new(), start.to_owned());
        loop {
            let page = pages.get(&path, Some(&who)).await.body;
            all.extend(numbers(&page));
            let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
            path = next.split('"').next().unwrap().replace("&#38;", "&");
        }
        all.sort_unstable();
        let expected: Vec<u32> = (1..=130).filter(|n| (n - 1) % 3 != 2).collect();
        assert_eq!(all, expected, "{start}");
    }
}

#[tokio::test]
async fn what_was_shown_is_in_the_log_before_it_is_seen() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    let number = pages.entry("Mottagningen", &mail("a@example.org", "Hej", "läkarintyg"), minutes_ago(1)).await;
    let other = pages.entry("Mottagningen", &mail("b@example.org", "Hej", "recept"), minutes_ago(2)).await;
    pages.get("/", Some(&who)).await;
    pages.get("/?sok=l%C3%A4karintyg", Some(&who)).await;
    pages.get("/handling/MM-2026-00001", Some(&who)).await;
    pages.get("/handling/MM-2026-00001/pdf", Some(&who)).await;
    let mut tx = pages.diary.read().await.unwrap();
    let looks = async |tx: &mut inkom::diary::Tx, number: &inkom::model::DiaryNumber| {
        let id = tx.entry(number).await.unwrap().unwrap().entry.id;
        let rows = tx.looks_at(id, 100).await.unwrap();
        rows.iter().rev().map(|row| row.event.action).collect::<Vec<_>>()
    };
    assert_eq!(looks(&mut tx, &number).await, [ListRead, SearchRead, EntryRead, KeptBytesRead]);
    assert_eq!(looks(&mut tx, &other).await, [ListRead]);
    let rows = tx.audit_after(0, 1000).await.unwrap();
    let row = rows.iter().find(|row| row.event.action == EntryRead).unwrap();
    assert_eq!(
        (row.event.actor.as_str(), row.event.role.as_str(), row.event.unit.as_str()),
        ("Rut", "reception", "Mottagningen")
    );
    drop(tx);
    assert_eq!(inkom::verify::verify(&pages.diary, |_, _| ()).await.unwrap().faults, Vec::<String>::new());
}
