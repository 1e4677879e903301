//! "Driften": what the one who keeps the service going sees.

use inkom::diary::{AlarmName, FolderPoll};
use inkom::model::{AuditAction, HoldReason, Resume, Role};
use jiff::Timestamp;

use super::mail;
use crate::support::pages::Pages;

#[tokio::test]
async fn an_administrator_sees_how_it_goes_and_no_one_else_does() {
    for role in Role::ALL {
        let pages = Pages::open().await;
        let who = pages.person("Rut", &[("Mottagningen", role)]).await;
        let page = pages.get("/halsa", Some(&who)).await;
        let is_administrator = role == Role::Administrator;
        assert_eq!(page.status, if is_administrator { 200 } else { 403 }, "{role}");
        assert_eq!(page.body.contains("<h1>Driften</h1>"), is_administrator, "{role}");
        let rows = pages.diary.read().await.unwrap().audit_after(0, 100).await.unwrap();
        let refused = rows.iter().filter(|row| row.event.action == AuditAction::AccessRefused).count();
        assert_eq!(refused, usize::from(!is_administrator), "{role}");
    }
    let pages = Pages::open().await;
    assert_eq!(pages.get("/halsa", None).await.header("location"), Some("/logga-in"));
}

#[tokio::test]
async fn problems_come_first_with_what_to_do_and_nothing_of_what_came() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Administrator)]).await;
    let now = Timestamp::now();
    pages.entry("Mottagningen", &mail("hemlig@example.org", "Hemligt ämne", "hemlig text"), now).await;
    let mut tx = pages.diary.write().await.unwrap();
    let entry = tx.newest(1).await.unwrap().remove(0).entry;
    tx.hold(&entry, Resume::Remove, HoldReason::CannotRemove, now).await.unwrap();
    tx.raise(AlarmName::Breaker, now, "61 replies in an hour").await.unwrap();
    tx.meet_folder("mottagningen", "INBOX", 1, now).await.unwrap();
    let poll = FolderPoll { seen: 7, registered: 4, known: 2, ..FolderPoll::default() };
    tx.polled("mottagningen", "INBOX", &poll, now).await.unwrap();
    tx.commit().await.unwrap();
    let page = pages.get("/halsa", Some(&who)).await.body;
    let mut from = 0;
    for said in [
        "Alla svar är stoppade sedan",
        "inkom outbox resume",
        "mappen INBOX, gick inte att hämta",
        "En handling väntar på att en människa tittar.",
        "Brevlådorna",
        "<td>7</td><td>4</td><td>Stämmer inte</td>",
        "<dd>1 handling</dd>",
        "Svarstexten",
        "sköts av webbservern framför inkom",
        "version",
    ] {
        let place = page[from..].find(said).unwrap_or_else(|| panic!("{said} after {from} in {page}"));
        from += place;
    }
    assert!(!page.contains("emlig") && !page.contains('@') && !page.contains("MM 2"), "{page}");
}
