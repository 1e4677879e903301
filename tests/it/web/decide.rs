//! What people do with an entry, over HTTP: who may, what it takes, and what it leaves behind.

use inkom::diary::{EntryDetails, HandoverTrouble, ReplyState};
use inkom::model::{Access, AuditAction, Confidentiality, DiaryNumber, Right, Role, State, Trouble};
use jiff::{SignedDuration, Timestamp};

use super::mail;
use crate::support::pages::{Pages, SignedIn};
use crate::support::store;

const UNIT: &str = "Mottagningen";
const ENTRY: &str = "MM-2026-00001";
/// Skatteverket's test number, which no one has.
const ANNA: &str = "189001039800";

/// Every form of an entry's page with what it takes, and the right that it takes.
const FORMS: [(&str, &str, Right); 26] = [
    ("registrera", "typ=TID&avsandare=patient&sekretess=ej-provad", Right::Handle),
    ("koppla", "patient=189001039800&kontrollerat=ja", Right::Record),
    ("avsluta-koppling", "patient=189001039800&skal=fel", Right::Record),
    ("journalfor", "patient=189001039800&kontrollerat=ja&vag=skriv-ut", Right::Record),
    ("inlagd", "referens=J+1", Right::Record),
    ("felaktigt-journalford", "skal=fel", Right::Record),
    ("rattad", "referens=struken", Right::Record),
    ("ska-inte-journalforas", "skal=inte-patient", Right::Record),
    ("ringa-betydelse", "", Right::Handle),
    ("skrappost", "", Right::Handle),
    ("felskickad", "vem=v%C3%A5rdcentralen", Right::Handle),
    ("makulera", "skal=dubbel", Right::Refuse),
    ("oppna-igen", "skal=fel", Right::Handle),
    ("till-behandlare", "vem=Bo", Right::Record),
    ("bekrafta", "", Right::Acknowledge),
    ("vanta-pa-identifiering", "skal=namnet+saknas", Right::Record),
    ("ring-tillbaka", "", Right::Record),
    ("ringde", "dolt=ja&utfall=nadd", Right::Record),
    ("stryk-samtal", "skal=ringde+sj%C3%A4lv", Right::Record),
    ("begaran", "typ=allman-handling", Right::Handle),
    ("stryk-begaran", "skal=ingen", Right::Handle),
    ("besvara-begaran", "utfall=utlamnad", Right::Handle),
    ("mark", "skyddade=ja", Right::Record),
    ("anteckna", "text=hej", Right::Handle),
    ("svara", "", Right::Handle),
    ("svara-inte", "skal=fel+adress", Right::Handle),
];

/// What says something of what came is for those who have read it.
const RESTS_ON_CONTENT: [&str; 6] =
    ["registrera", "ringa-betydelse", "skrappost", "felskickad", "begaran", "besvara-begaran"];

async fn clinic(entries: usize) -> (Pages, SignedIn) {
    let pages = Pages::open().await;
    for n in 1..=entries {
        let at = Timestamp::now() - SignedDuration::from_mins(10);
        pages.entry(UNIT, &mail("a@example.org", &format!("Min sjukdom {n}"), "hej"), at).await;
    }
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    (pages, rut)
}

async fn details(pages: &Pages, entry: &str) -> EntryDetails {
    let number: DiaryNumber = entry.replacen('-', " ", 1).parse().unwrap();
    pages.diary.read().await.unwrap().entry(&number).await.unwrap().unwrap()
}

async fn actions(pages: &Pages, entry: &str) -> Vec<AuditAction> {
    let number: DiaryNumber = entry.replacen('-', " ", 1).parse().unwrap();
    let rows = pages.diary.read().await.unwrap().audit_of(&number).await.unwrap();
    let done = rows.into_iter().filter(|row| row.event.actor != "system" && !row.event.action.is_look());
    done.map(|row| row.event.action).collect()
}

#[tokio::test]
async fn each_form_is_for_those_whose_role_lets_them() {
    for role in Role::ALL {
        let (pages, _) = clinic(FORMS.len()).await;
        let who = pages.person("Siv", &[(UNIT, role)]).await;
        for (n, (what, fields, right)) in FORMS.iter().enumerate() {
            let entry = format!("MM-2026-{:05}", n + 1);
            let status = pages.decide(&entry, what, &who, fields).await.status;
            let unread = role.access(Right::ReadContent) != Access::Yes && RESTS_ON_CONTENT.contains(what);
            let may = role.access(*right) == Access::Yes && !unread;
            // Where it is theirs to do, the entry may still stand in its way.
            assert_eq!(status != 403, may, "{role} {what}: {status}");
            if !may {
                let refused = actions(&pages, &entry).await;
                assert_eq!(refused, [AuditAction::AccessRefused], "{role} {what}");
                assert_eq!(details(&pages, &entry).await.version, 0, "{role} {what}");
            }
        }
    }
}

#[tokio::test]
async fn another_units_entry_is_nobodys_to_decide_on() {
    let (pages, _) = clinic(0).await;
    pages.entry("En annan enhet", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let roles: Vec<(&str, Role)> = Role::ALL.into_iter().map(|role| (UNIT, role)).collect();
    let who = pages.person("Siv", &roles).await;
    for (what, fields, _) in FORMS {
        assert_eq!(pages.decide(ENTRY, what, &who, fields).await.status, 403, "{what}");
    }
    let closed = pages.post("/flera", &who, &format!("vad=skrappost&handling={ENTRY}.0")).await;
    let undone = pages.post("/flera/angra", &who, &format!("handling={ENTRY}.0")).await;
    assert_eq!([closed.status, undone.status], [403, 403]);
    assert_eq!(details(&pages, ENTRY).await.version, 0);
}

#[tokio::test]
async fn nothing_closes_without_a_decision_and_a_reason() {
    let (pages, rut) = clinic(1).await;
    let without = [
        ("ska-inte-journalforas", ""),
        ("ska-inte-journalforas", "skal="),
        ("ska-inte-journalforas", "skal=vet+inte"),
        ("journalfor", "vag=inlagd&referens=J+1"),
        ("journalfor", "vag=inlagd&patient=189001039800&kontrollerat=ja"),
        ("journalfor", "vag=mapp&patient=189001039800&kontrollerat=ja"),
        ("journalfor", "vag=post&patient=189001039800&kontrollerat=ja"),
        ("journalfor", "vag=inlagd&referens=J+1&patient=189001039801&kontrollerat=ja"),
        ("journalfor", "vag=inlagd&referens=J+1&patient=189001039800"),
        ("journalfor", "vag=inlagd&referens=J+1&patient=189001039800&kontrollerat=ja&tid=2199-01-01+10:00"),
        ("felskickad", "vem=+"),
        ("till-behandlare", ""),
        ("registrera", "typ=SAKNAS&avsandare=patient&sekretess=nej"),
        ("registrera", "typ=TID&avsandare=patient&sekretess=kanske"),
        ("registrera", "typ=TID&avsandare=patient&sekretess=ja&lagrum="),
        ("registrera", "typ=TID&avsandare=patient&sekretess=nej&beskrivning=om+MIN+SJUKDOM+1"),
        ("ring-tillbaka", "senast=2020-01-01"),
        ("ring-tillbaka", "senast=snart"),
        ("begaran", "typ=allt"),
        ("anteckna", "text=+"),
    ];
    for (what, fields) in without {
        let answer = pages.decide(ENTRY, what, &rut, fields).await;
        assert_eq!(answer.status, 400, "{what} {fields}");
        assert!(answer.body.contains("Ingenting är gjort"), "{}", answer.body);
    }
    // Nor what the entry, as it stands, does not let.
    for (what, fields) in [
        ("inlagd", "referens=J+1"),
        ("rattad", "referens=struken"),
        ("oppna-igen", "skal=fel"),
        ("ringde", "dolt=ja&utfall=nadd"),
        ("besvara-begaran", "utfall=utlamnad"),
    ] {
        assert_eq!(pages.decide(ENTRY, what, &rut, fields).await.status, 409, "{what}");
    }
    assert_eq!(pages.decide(ENTRY, "avsluta", &rut, "").await.status, 404);
    let entry = details(&pages, ENTRY).await;
    assert_eq!((entry.state, entry.version), (State::Registered, 0));
    assert_eq!(actions(&pages, ENTRY).await, []);
}

#[tokio::test]
async fn there_is_no_outcome_for_a_message_left_and_no_call_with_the_number_shown() {
    let (pages, rut) = clinic(1).await;
    pages.decide(ENTRY, "ring-tillbaka", &rut, "").await;
    assert_eq!(pages.decide(ENTRY, "ringde", &rut, "dolt=ja&utfall=lamnat-meddelande").await.status, 400);
    assert_eq!(pages.decide(ENTRY, "ringde", &rut, "utfall=nadd").await.status, 409);
    assert_eq!(pages.decide(ENTRY, "ringde", &rut, "dolt=ja&utfall=inget-svar").await.status, 303);
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("1 försök hittills"), "{page}");
    assert_eq!(details(&pages, ENTRY).await.state, State::ToCall);
}

#[tokio::test]
async fn into_the_record_by_hand_and_out_of_the_wrong_one() {
    let (pages, rut) = clinic(1).await;
    let patient = format!("patient={ANNA}&kontrollerat=ja");
    let printed = pages.decide(ENTRY, "journalfor", &rut, &format!("vag=skriv-ut&{patient}")).await;
    assert_eq!((printed.status, printed.header("location")), (303, Some(&*format!("/handling/{ENTRY}"))));
    assert_eq!(details(&pages, ENTRY).await.state, State::Printed);
    // A patient's message is closed in no other way.
    assert_eq!(pages.decide(ENTRY, "ska-inte-journalforas", &rut, "skal=dubblett").await.status, 409);
    assert_eq!(pages.decide(ENTRY, "skrappost", &rut, "").await.status, 409);
    let entered = pages.decide(ENTRY, "inlagd", &rut, "referens=J+17").await;
    assert_eq!(entered.header("location"), Some(&*format!("/?avslutad={ENTRY}")));
    assert_eq!(details(&pages, ENTRY).await.state, State::Closed);
    assert!(!pages.get("/", Some(&rut)).await.body.contains(ENTRY), "a closed entry is not in the queue");
    pages.decide(ENTRY, "felaktigt-journalford", &rut, "skal=tvilling").await;
    let link = pages.diary.read().await.unwrap().patient_of(details(&pages, ENTRY).await.entry.id).await.unwrap();
    assert!(link.is_none(), "the wrong patient's link has ended");
    assert_eq!(details(&pages, ENTRY).await.state, State::Correcting);
    pages.decide(ENTRY, "rattad", &rut, "referens=struken").await;
    pages.decide(ENTRY, "journalfor", &rut, &format!("vag=inlagd&referens=J+18&{patient}")).await;
    assert_eq!(details(&pages, ENTRY).await.state, State::Closed);
    assert_eq!(
        actions(&pages, ENTRY).await,
        [
            AuditAction::PatientLinked,
            AuditAction::SentToRecord,
            AuditAction::RecordEntered,
            AuditAction::WronglyEntered,
            AuditAction::Corrected,
            AuditAction::PatientLinked,
            AuditAction::RecordEntered,
        ]
    );
}

#[tokio::test]
async fn what_is_registered_stands_in_the_diary_and_the_public_sees_the_neutral_words() {
    let (pages, rut) = clinic(1).await;
    let fields = "typ=HANDLINGSBEGARAN&avsandare=foretag&sekretess=ja&lagrum=25+kap.+1+%C2%A7+OSL&arende=MM+2026-00100";
    assert_eq!(pages.decide(ENTRY, "registrera", &rut, fields).await.status, 303);
    let entry = details(&pages, ENTRY).await;
    assert_eq!(entry.public_description, "Begäran om allmän handling");
    assert_eq!(entry.confidentiality, Confidentiality::Secret);
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("Ja, 25 kap. 1 § OSL") && page.contains("MM 2026-00100"), "{page}");
}

#[tokio::test]
async fn a_request_is_due_counts_from_arrival_and_only_a_registrar_refuses() {
    let (pages, rut) = clinic(1).await;
    let siv = pages.person("Siv", &[(UNIT, Role::Registrar)]).await;
    pages.decide(ENTRY, "begaran", &rut, "typ=allman-handling").await;
    let entry = details(&pages, ENTRY).await;
    assert_eq!(entry.state, State::Requested);
    assert_eq!(entry.due_at, inkom::clock::end_of_next_working_day(entry.entry.arrival.arrived_at));
    assert_eq!(pages.decide(ENTRY, "besvara-begaran", &rut, "utfall=avslag&skal=sekretess").await.status, 403);
    let refusal = "utfall=avslag&skal=sekretess&vem=Chefen";
    assert_eq!(pages.decide(ENTRY, "besvara-begaran", &siv, refusal).await.status, 403, "unread");
    pages.post(&format!("/handling/{ENTRY}/las"), &siv, "reason=prövning").await;
    assert_eq!(pages.decide(ENTRY, "besvara-begaran", &siv, "utfall=avslag").await.status, 400, "without a reason");
    let answered = pages.decide(ENTRY, "besvara-begaran", &siv, refusal).await;
    assert_eq!(answered.status, 303);
    // Whether it goes into a record has still to be said.
    let entry = details(&pages, ENTRY).await;
    assert_eq!((entry.state, entry.due_at), (State::Registered, None));
    pages.decide(ENTRY, "ska-inte-journalforas", &rut, "skal=inte-patient").await;
    assert_eq!(details(&pages, ENTRY).await.state, State::Closed);
}

#[tokio::test]
async fn a_page_that_is_no_longer_true_and_an_entry_that_somebody_has_taken_are_refused() {
    let (pages, rut) = clinic(1).await;
    let bo = pages.person("Bo", &[(UNIT, Role::Clinician)]).await;
    let address = format!("/handling/{ENTRY}/beslut/anteckna");
    assert_eq!(pages.post(&address, &rut, "version=0&text=ett").await.status, 303);
    let stale = pages.post(&address, &bo, "version=0&text=tv%C3%A5").await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("Någon hann före"), "{}", stale.body);
    for (version, status) in [("", 400), ("version=&", 400), ("version=-1&", 409), ("version=7&", 409)] {
        assert_eq!(pages.post(&address, &bo, &format!("{version}text=tv%C3%A5")).await.status, status, "{version}");
    }
    pages.post(&format!("/handling/{ENTRY}/ta"), &bo, "version=1").await;
    let taken = pages.decide(ENTRY, "anteckna", &rut, "text=tre").await;
    assert!(taken.status == 409 && taken.body.contains("Bo har tagit den"), "{}", taken.body);
    assert_eq!(pages.decide(ENTRY, "anteckna", &bo, "text=fyra").await.status, 303);
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains(">ett<") && page.contains(">fyra<") && !page.contains(">tre<"), "{page}");
}

#[tokio::test]
async fn several_are_closed_at_once_and_opened_again_and_what_is_not_for_that_is_left() {
    let (pages, rut) = clinic(3).await;
    let danger = mail("a@example.org", "Hej", "jag vill inte leva längre");
    pages.entry(UNIT, &danger, Timestamp::now()).await;
    pages.decide("MM-2026-00002", "koppla", &rut, &format!("patient={ANNA}&kontrollerat=ja")).await;
    let chosen = "handling=MM-2026-00001.0&handling=MM-2026-00002.1&handling=MM-2026-00003.7&handling=MM-2026-00004.0";
    let closed = pages.post("/flera", &rut, &format!("vad=skrappost&{chosen}")).await;
    let told = closed.header("location").unwrap();
    assert_eq!(told, "/?klart=MM-2026-00001.1&kvar=MM-2026-00002,MM-2026-00003,MM-2026-00004");
    let entry = details(&pages, ENTRY).await;
    assert_eq!((entry.state, entry.confidentiality), (State::Closed, Confidentiality::Open));
    assert_eq!(entry.public_description, "Reklam");
    let page = pages.get(told, Some(&rut)).await.body;
    assert!(page.contains("MM 2026-00001</a> är avslutad") && page.contains("Inte ändrade: MM 2026-00002"), "{page}");
    let undone = pages.post("/flera/angra", &rut, "handling=MM-2026-00001.1").await;
    assert_eq!(undone.header("location"), Some("/?kvar="));
    let entry = details(&pages, ENTRY).await;
    assert_eq!((entry.state, entry.confidentiality), (State::Registered, Confidentiality::NotTried));
    assert_eq!((&*entry.public_description, &*entry.document_type), ("Inkommet e-postmeddelande", ""));
    assert_eq!(actions(&pages, ENTRY).await, [AuditAction::LowValue, AuditAction::Reopened]);
    for nothing in [
        "vad=skrappost",
        "vad=skrappost&handling=",
        "vad=skrappost&handling=MM-2026-00001",
        // As Enter in a box sends it.
        "vad=&handling=MM-2026-00001.2",
        "handling=MM-2026-00001.2",
        "vad=skrappost&vad=ringa-betydelse&handling=MM-2026-00001.2",
    ] {
        assert_eq!(pages.post("/flera", &rut, nothing).await.status, 400, "{nothing}");
    }
}

#[tokio::test]
async fn marks_are_seen_first_and_taken_back_by_another_act() {
    let (pages, rut) = clinic(1).await;
    pages.decide(ENTRY, "mark", &rut, "skyddade=ja&vardnadshavare=ja&informerad=ja&kanal=telefon").await;
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    let main = page.split("<main").nth(1).unwrap();
    assert!(main.find("<li>Skyddade personuppgifter</li>") < main.find("Avsändarens identitet"), "{page}");
    assert!(page.contains("Vill bli nådd genom telefon") && page.contains("Personen är informerad"));
    pages.decide(ENTRY, "mark", &rut, "skyddade=ja&kanal=telefon").await;
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("<li>Skyddade") && !page.contains("<li>Kontakta inte vårdnadshavare"), "{page}");
    let flagged = actions(&pages, ENTRY).await.iter().filter(|action| **action == AuditAction::Flagged).count();
    assert_eq!(flagged, 3);
}

#[tokio::test]
async fn a_registrar_without_a_reason_is_told_how_it_stands_and_not_what_was_said() {
    let (pages, rut) = clinic(1).await;
    let siv = pages.person("Siv", &[(UNIT, Role::Registrar)]).await;
    pages.decide(ENTRY, "anteckna", &rut, "text=hemlig+anteckning").await;
    pages.decide(ENTRY, "mark", &rut, "skyddade=ja").await;
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&siv)).await.body;
    assert!(!page.contains("hemlig anteckning") && !page.contains("<li>Skyddade"), "{page}");
    assert!(page.contains("Registrerad</h2>") || page.contains("Registrerad <"), "{page}");
}

#[tokio::test]
async fn whether_a_patient_knows_of_1177_is_told_on_all_their_entries_of_the_unit_and_no_other() {
    let (pages, rut) = clinic(2).await;
    pages.entry("En annan enhet", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let bo = pages.person("Bo", &[("En annan enhet", Role::Reception)]).await;
    for (entry, who) in [(ENTRY, &rut), ("MM-2026-00002", &rut), ("MM-2026-00003", &bo)] {
        pages.decide(entry, "koppla", who, &format!("patient={ANNA}&kontrollerat=ja")).await;
        let page = pages.get(&format!("/handling/{entry}"), Some(who)).await.body;
        assert!(page.contains("Inte noterad som informerad om 1177"), "{page}");
    }
    pages.decide(ENTRY, "mark", &rut, "informerad=ja&kanal=brev").await;
    let page = pages.get("/handling/MM-2026-00002", Some(&rut)).await.body;
    assert!(page.contains("Informerad om 1177. Vill bli nådd genom brev"), "{page}");
    let page = pages.get("/handling/MM-2026-00003", Some(&bo)).await.body;
    assert!(page.contains("Inte noterad"), "{page}");
}

#[tokio::test]
async fn the_queue_shows_what_has_come_so_far_as_one_asks_for() {
    let (pages, rut) = clinic(4).await;
    pages.decide("MM-2026-00002", "ring-tillbaka", &rut, "").await;
    pages.decide("MM-2026-00003", "ska-inte-journalforas", &rut, "skal=dubblett").await;
    for (asked, shown) in [
        ("", vec![1, 2, 4]),
        ("visa=alla", vec![1, 2, 3, 4]),
        ("visa=registrerad", vec![1, 4]),
        ("visa=ring-tillbaka", vec![2]),
        ("visa=avslutad", vec![3]),
        ("visa=avslutad&sok=hej", vec![3]),
        ("visa=ring-tillbaka&sok=hej", vec![2]),
        ("visa=makulerad", vec![]),
    ] {
        let page = pages.get(&format!("/?{asked}"), Some(&rut)).await.body;
        let listed: Vec<u32> = (1..=4).filter(|n| page.contains(&format!("/handling/MM-2026-{n:05}"))).collect();
        assert_eq!(listed, shown, "{asked}");
    }
}

#[tokio::test]
async fn through_the_folder_it_is_on_its_way_until_the_receipt_and_what_is_in_the_way_is_told() {
    let pages = Pages::with("[handover]\nfolder = \"import\"\n").await;
    pages.entry(UNIT, &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let rut = pages.person("Rut", &[(UNIT, Role::Reception)]).await;
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("Genom journalens mapp"), "{page}");
    pages.decide(ENTRY, "journalfor", &rut, &format!("vag=mapp&patient={ANNA}&kontrollerat=ja")).await;
    let entry = details(&pages, ENTRY).await;
    assert_eq!(entry.state, State::Importing);
    let mut tx = pages.diary.write().await.unwrap();
    let row = tx.handover_of(entry.entry.id).await.unwrap().unwrap();
    tx.handover_waits(row.id, HandoverTrouble::FolderFull, Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("Väntar på kvittens från journalsystemet") && page.contains("är full"), "{page}");
    // Where no receipt comes, a person looks in the record.
    assert_eq!(pages.decide(ENTRY, "inlagd", &rut, "referens=J+1").await.status, 303);
    assert_eq!(details(&pages, ENTRY).await.state, State::Closed);
}

#[tokio::test]
async fn a_stopped_reply_goes_out_or_goes_never_and_one_that_is_out_is_neither() {
    let (pages, rut) = clinic(3).await;
    let now = Timestamp::now();
    for n in 1..=3 {
        let id = details(&pages, &format!("MM-2026-0000{n}")).await.entry.id;
        let mut tx = pages.diary.write().await.unwrap();
        store::queue(&mut tx, id, &format!("{n}@example.org"), now).await;
        let reply = tx.claim_reply(now).await.unwrap().unwrap();
        let entry = tx.entry_by_id(id).await.unwrap().unwrap().entry;
        if n == 3 {
            tx.reply_sent(&reply, &entry, now).await.unwrap();
        } else {
            tx.reply_stops(reply.id, &entry, ReplyState::Held, Trouble::Rejected, now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let page = pages.get(&format!("/handling/{ENTRY}"), Some(&rut)).await.body;
    assert!(page.contains("Svara ändå") && page.contains("Svara inte"), "{page}");
    assert_eq!(pages.decide(ENTRY, "svara", &rut, "").await.status, 303);
    assert_eq!(pages.decide("MM-2026-00002", "svara-inte", &rut, "skal=fel+adress").await.status, 303);
    assert_eq!(pages.decide("MM-2026-00003", "svara", &rut, "").await.status, 409);
    let mut tx = pages.diary.read().await.unwrap();
    let mut states = Vec::new();
    for n in 1..=3 {
        let id = details(&pages, &format!("MM-2026-0000{n}")).await.entry.id;
        states.push(tx.reply_of(id).await.unwrap().unwrap().state);
    }
    assert_eq!(states, [ReplyState::Queued, ReplyState::Dropped, ReplyState::Sent]);
    drop(tx);
    let page = pages.get("/handling/MM-2026-00002", Some(&rut)).await.body;
    assert!(page.contains("Svaret stoppat för gott") && !page.contains("Svara ändå"), "{page}");
}

#[tokio::test]
async fn what_speaks_of_a_person_or_answers_us_is_opened_before_it_is_closed() {
    let (pages, rut) = clinic(1).await;
    let siv = pages.person("Siv", &[(UNIT, Role::Registrar)]).await;
    let number = mail("a@example.org", "Hej", "mitt nummer är 18900103-9800");
    pages.entry(UNIT, &number, Timestamp::now()).await;
    pages.entry(UNIT, &mail("b@example.org", "Tack", "tack"), Timestamp::now()).await;
    pages.sql("update entry set answers = 1 where id = 3").await;
    pages.entry(UNIT, &mail("b@example.org", "Hej", "inte läst"), Timestamp::now()).await;
    pages.sql("update entry set triage = '' where id = 4").await;
    let chosen = [1, 2, 3, 4].map(|n| format!("&handling=MM-2026-0000{n}.0")).concat();
    let by_one_who_cannot_read = pages.post("/flera", &siv, &format!("vad=skrappost{chosen}")).await;
    assert!(by_one_who_cannot_read.header("location").unwrap().starts_with("/?klart=&"), "nothing is closed unread");
    let closed = pages.post("/flera", &rut, &format!("vad=skrappost{chosen}")).await;
    let told = closed.header("location").unwrap();
    assert_eq!(told, "/?klart=MM-2026-00001.1&kvar=MM-2026-00002,MM-2026-00003,MM-2026-00004");
}

#[tokio::test]
async fn what_is_marked_secret_is_not_of_low_value_and_a_request_by_mistake_is_struck() {
    let (pages, rut) = clinic(1).await;
    let secret = "typ=TID&avsandare=narstaende&sekretess=ja&lagrum=25+kap.+1+%C2%A7+OSL";
    pages.decide(ENTRY, "registrera", &rut, secret).await;
    let refused = pages.decide(ENTRY, "skrappost", &rut, "").await;
    assert!(refused.status == 409 && refused.body.contains("sekretessmarkerad"), "{}", refused.body);
    pages.decide(ENTRY, "begaran", &rut, "typ=egna-uppgifter").await;
    assert_eq!(details(&pages, ENTRY).await.state, State::Requested);
    assert_eq!(pages.decide(ENTRY, "stryk-begaran", &rut, "skal=det+var+en+fr%C3%A5ga").await.status, 303);
    let entry = details(&pages, ENTRY).await;
    assert_eq!((entry.state, entry.due_at), (State::Registered, None));
}

#[tokio::test]
async fn what_was_written_is_given_back_with_a_refusal_and_what_changes_nothing_leaves_nothing() {
    let (pages, rut) = clinic(1).await;
    let stale =
        pages.post(&format!("/handling/{ENTRY}/beslut/anteckna"), &rut, "version=9&text=en+l%C3%A5ng+anteckning").await;
    assert!(stale.status == 409 && stale.body.contains(">en lång anteckning</textarea>"), "{}", stale.body);
    assert_eq!(pages.decide(ENTRY, "mark", &rut, "").await.status, 303);
    assert_eq!((details(&pages, ENTRY).await.version, actions(&pages, ENTRY).await), (0, vec![]));
    // One who may not decide learns nothing of the subject by what the form answers.
    let siv = pages.person("Siv", &[(UNIT, Role::Archivist)]).await;
    let guess = "typ=TID&avsandare=patient&sekretess=nej&beskrivning=Min+sjukdom+1";
    assert_eq!(pages.decide(ENTRY, "registrera", &siv, guess).await.status, 403);
}
