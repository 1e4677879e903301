//! What came by other ways than the mailbox is registered by a person, as it was and when it came.

use inkom::clock;
use inkom::diary::EntryDetails;
use inkom::message;
use inkom::model::{ArrivalSource, AuditAction, Channel, Digest, Role, State};
use jiff::{SignedDuration, Timestamp};

use super::mail;
use crate::support::pages::{Pages, SignedIn};

const UNIT: &str = "Mottagningen";
/// With what is no address, and letters of two lengths, past the length of one encoded word.
const FROM: &str = "O'Brien \"Å\" <x>, anna.ek@example.se, ☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺☺";
const EML: &[u8] = b"From: a@example.org\nSubject: =?x?=\r\n\r\nHej \xe5\xe4\xf6\x00\r\n";

type Field<'a> = (&'a str, Option<&'a str>, &'a [u8]);

async fn clinic() -> (Pages, SignedIn) {
    let pages = Pages::open().await;
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    (pages, rut)
}

fn form<'a>(channel: &'a str, at: &'a str, more: &[Field<'a>]) -> Vec<Field<'a>> {
    let mut fields: Vec<Field<'a>> =
        vec![("enhet", None, UNIT.as_bytes()), ("kanal", None, channel.as_bytes()), ("inkom", None, at.as_bytes())];
    fields.extend_from_slice(more);
    fields
}

async fn all(pages: &Pages) -> Vec<EntryDetails> {
    pages.diary.read().await.unwrap().entries_after(inkom::model::EntryId(0), 100).await.unwrap()
}

async fn raw(pages: &Pages, details: &EntryDetails) -> Vec<u8> {
    pages.diary.read().await.unwrap().kept(&details.raw).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_sms_with_a_photo_of_the_screen_is_kept_byte_for_byte_under_its_true_time() {
    let (pages, rut) = clinic().await;
    let photo: Vec<u8> = (0..=255).cycle().take(70_001).collect();
    let fields = form(
        "sms",
        "2026-03-01 23:59",
        &[
            ("fran", None, "Åsa, 070-174 06 12".as_bytes()),
            ("text", None, "Jag kommer inte i morgon. ☺\r\n.\r\nFrån tåget".as_bytes()),
            ("fil", Some("C:\\bilder\\skärm.jpg"), &photo),
        ],
    );
    let answer = pages.upload("/ny", &rut, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/handling/MM-2026-00001")), "{}", answer.body);
    let details = &all(&pages).await[0];
    assert_eq!((details.channel, details.entry.arrival.source), (Channel::Sms, ArrivalSource::Person));
    assert_eq!(clock::minute(details.entry.arrival.arrived_at), "2026-03-01 23:59");
    assert_eq!((&*details.public_description, &*details.registered_by), ("Inkommet sms", "Rut"));
    let message = message::read(&raw(&pages, details).await, 1_000_000);
    assert_eq!(message.attachments[0].digest, Digest::of(&photo));
    assert_eq!(message.attachments[0].name.as_deref(), Some("skärm.jpg"));
    assert!(message.text.contains("Jag kommer inte i morgon. ☺") && message.text.contains("Från tåget"));
    assert_eq!((message.from[0].to_string(), &*message.from[0].address), ("Åsa, 070-174 06 12".into(), ""));
    let rows = pages.diary.read().await.unwrap().audit_of(&details.entry.number).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].event.action, &*rows[0].event.actor), (AuditAction::Registered, "Rut"));
    assert!(!rows[0].event.payload.contains("070"), "{}", rows[0].event.payload);
}

#[tokio::test]
async fn an_email_that_reached_one_of_the_staff_is_kept_as_it_is() {
    let (pages, rut) = clinic().await;
    let fields = form("e-post", "2026-03-01 08:00", &[("fil", Some("brev.eml"), EML)]);
    assert_eq!(pages.upload("/ny", &rut, &fields).await.status, 303);
    assert_eq!(raw(&pages, &all(&pages).await[0]).await, EML);
}

#[tokio::test]
async fn calls_and_letters_have_numbers_of_the_same_series_and_tell_the_public_no_more_than_what_they_are() {
    let (pages, rut) = clinic().await;
    pages.entry(UNIT, &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    for (channel, description) in [("telefon", "Inkommet telefonsamtal"), ("brev", "Inkommet brev")] {
        let fields = form(channel, "2026-03-01 08:00", &[("amne", None, b"Hemligt"), ("text", None, b"hej")]);
        assert_eq!(pages.upload("/ny", &rut, &fields).await.status, 303);
        let details = all(&pages).await.pop().unwrap();
        assert_eq!(details.public_description, description);
    }
    let numbers: Vec<String> = all(&pages).await.iter().map(|details| details.entry.number.to_string()).collect();
    assert_eq!(numbers, ["MM 2026-00001", "MM 2026-00002", "MM 2026-00003"]);
}

#[tokio::test]
async fn an_answered_sms_is_to_be_called_and_an_answer_is_linked_to_what_it_answers() {
    let (pages, rut) = clinic().await;
    pages.entry(UNIT, &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let fields = form(
        "sms",
        "2026-03-01 08:00",
        &[("text", None, b"ok"), ("svar-pa", None, b"mm 2026-00001"), ("sms-svar", None, b"ja")],
    );
    assert_eq!(pages.upload("/ny", &rut, &fields).await.status, 303);
    let details = all(&pages).await.pop().unwrap();
    assert_eq!(details.state, State::ToCall);
    assert_eq!(details.due_at, clock::end_of_next_working_day(details.entry.registered_at));
    let page = pages.get("/handling/MM-2026-00002", Some(&rut)).await.body;
    assert!(page.contains("Svar på</dt><dd><a href=\"/handling/MM-2026-00001\">"), "{page}");
    let page = pages.get("/handling/MM-2026-00001", Some(&rut)).await.body;
    assert!(page.contains("Följdes av</dt><dd><a href=\"/handling/MM-2026-00002\">"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_right_is_told_and_nothing_is_registered() {
    let (pages, rut) = clinic().await;
    pages.entry("En annan enhet", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let soon = clock::minute(Timestamp::now() + SignedDuration::from_hours(1));
    let at = "2026-03-01 08:00";
    let text: Field<'_> = ("text", None, b"hej");
    let large = vec![0; 26 * 1024 * 1024];
    let many: Vec<Field<'_>> = vec![("fil", Some("a"), b"a"); 21];
    for (fields, status, told) in [
        (form("fax", at, &[text]), 400, "Välj hur det kom in"),
        (form("sms", "", &[text]), 400, "är ingen tid"),
        (form("sms", &soon, &[text]), 400, "ligger i framtiden"),
        (form("sms", at, &[]), 400, "Skriv vad som kom in"),
        (form("sms", at, &[("fil", Some(""), b"")]), 400, "Skriv vad som kom in"),
        (form("e-post", at, &[text]), 400, "som en enda fil"),
        (form("e-post", at, &[text, ("fil", Some("a.eml"), EML)]), 400, "de läses ur filen"),
        (form("e-post", at, &[("fil", Some("a.msg"), b"\xd0\xcf\x11\xe0: a")]), 400, "inget e-postmeddelande"),
        (form("e-post", at, &[("fil", Some("a.eml"), b"")]), 400, "inget e-postmeddelande"),
        (form("e-post", at, &[("fil", Some("a"), b"a"), ("fil", Some("b"), b"b")]), 400, "som en enda fil"),
        (form("sms", at, &[text, ("svar-pa", None, b"MM 2026-00001")]), 400, "ingen handling med det numret"),
        (form("sms", at, &[text, ("svar-pa", None, b"MM 2026-00099")]), 400, "ingen handling med det numret"),
        (form("brev", at, &[("fil", Some("stor"), &large)]), 400, "för stora"),
        (form("brev", at, &many), 400, "för många filer"),
        (form("sms", at, &[text, ("enhet", None, "En annan enhet".as_bytes())]), 403, "inte behörighet"),
    ] {
        let answer = pages.upload("/ny", &rut, &fields).await;
        assert_eq!(answer.status, status, "{told}");
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        // What was written is still there to be put right.
        if fields.contains(&text) && status == 400 {
            assert!(answer.body.contains(">hej</textarea>"), "{told}: {}", answer.body);
        }
    }
    let elsewhere = SignedIn { csrf: "another".into(), ..rut.clone() };
    assert_eq!(pages.upload("/ny", &elsewhere, &form("sms", at, &[text])).await.status, 403);
    assert_eq!(all(&pages).await.len(), 1);
}

#[tokio::test]
async fn it_is_for_those_who_handle_entries() {
    for role in Role::ALL {
        let (pages, _) = clinic().await;
        let who = pages.person("Siv", &[(UNIT, role)]).await;
        let may = matches!(role, Role::Reception | Role::Clinician | Role::Registrar);
        let page = pages.get("/ny", Some(&who)).await;
        let posted = pages.upload("/ny", &who, &form("sms", "2026-03-01 08:00", &[("text", None, b"hej")])).await;
        assert_eq!((page.status, posted.status), if may { (200, 303) } else { (403, 403) }, "{role}");
        let menu = pages.get("/konto", Some(&who)).await.body.contains("href=\"/ny\"");
        assert_eq!(menu, may, "{role}");
    }
}

#[tokio::test]
async fn who_it_is_from_is_kept_as_it_was_written() {
    let (pages, rut) = clinic().await;
    let fields = form("brev", "2026-03-01 08:00", &[("fran", None, FROM.as_bytes()), ("text", None, b"hej")]);
    assert_eq!(pages.upload("/ny", &rut, &fields).await.status, 303);
    let message = message::read(&raw(&pages, &all(&pages).await[0]).await, 1_000_000);
    assert_eq!((message.from.len(), message.from[0].to_string().as_str()), (1, FROM));
}
