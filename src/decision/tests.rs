//! What may be done when, as one table that a person can read.

use jiff::Timestamp;

use super::*;
use crate::model::State;

fn classified(sender: SenderType) -> Act {
    Act::Classified {
        document_type: "A".into(),
        description: "Meddelande".into(),
        secrecy: Secrecy::NotTried,
        case: String::new(),
        sender,
    }
}

fn entered() -> Act {
    Act::Entered { reference: "J 1".into(), by: "Rut".into(), at: Timestamp::UNIX_EPOCH }
}

fn sent(way: Way) -> Act {
    Act::SentToRecord { way, with_reply: false }
}

fn reason() -> String {
    "skäl".into()
}

fn low_value() -> Act {
    Act::LowValue { junk: false, document_type: "B".into(), description: "Reklam".into() }
}

fn due() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// One of each, in the order of the table.
fn acts() -> Vec<(&'static str, Act)> {
    vec![
        ("registrera", classified(SenderType::Relative)),
        ("registrera patient", classified(SenderType::Patient)),
        ("koppla", Act::Linked),
        ("avsluta koppling", Act::Unlinked { reason: reason() }),
        ("till mappen", sent(Way::Folder)),
        ("skriv ut", sent(Way::Print)),
        ("inlagd", entered()),
        ("kvittens ja", Act::Accepted { reference: "J 1".into() }),
        ("kvittens nej", Act::Rejected { reason: reason() }),
        ("felaktigt journalförd", Act::WronglyEntered { reason: reason() }),
        ("rättad", Act::Corrected { reference: reason() }),
        ("ska inte journalföras", Act::NotForRecord { reason: Exempt::NotPatient }),
        ("ringa betydelse", low_value()),
        ("felskickad", Act::Misdirected { to: reason() }),
        ("makulera", Act::Voided { reason: reason() }),
        ("öppna igen", Act::Reopened { reason: reason() }),
        ("till behandlare", Act::HandedOver { to: "Bo".into() }),
        ("bekräfta", Act::Acknowledged),
        ("vänta på identifiering", Act::AwaitsIdentity { reason: reason() }),
        ("ring tillbaka", Act::CallBack { due: due() }),
        ("ringde", Act::Called { hidden: true, outcome: CallOutcome::Reached }),
        ("ringde med synligt nummer", Act::Called { hidden: false, outcome: CallOutcome::Reached }),
        ("stryk samtal", Act::CallDropped { reason: reason() }),
        ("begäran", Act::Requested { kind: RequestKind::PublicDocument }),
        ("stryk begäran", Act::RequestDropped { reason: reason() }),
        ("besvara", Act::Answered { outcome: Outcome::Released, decided_by: "Rut".into(), reason: String::new() }),
        ("märk", Act::Flagged { flag: Flag::ProtectedIdentity, on: true }),
        ("informerad", Act::Informed),
        ("kontaktsätt", Act::Prefers { channel: PreferredChannel::Phone }),
        ("anteckna", Act::Noted { text: "a".into() }),
        ("svara", Act::ReplyReleased),
        ("svara inte", Act::ReplyDropped { reason: reason() }),
    ]
}

/// Entries that have come so far, in the order of the table.
fn columns() -> Vec<(State, Vec<Act>)> {
    let in_record = vec![Act::Linked, entered()];
    vec![
        (State::Registered, vec![]),
        (State::Registered, vec![Act::Linked]),
        (State::AwaitsIdentity, vec![Act::AwaitsIdentity { reason: reason() }]),
        (State::HandedOver, vec![Act::HandedOver { to: "Bo".into() }]),
        (State::ToCall, vec![Act::CallBack { due: due() }]),
        (State::Requested, vec![Act::Requested { kind: RequestKind::PublicDocument }]),
        (State::Printed, vec![Act::Linked, sent(Way::Print)]),
        (State::Importing, vec![Act::Linked, sent(Way::Folder)]),
        (State::Rejected, vec![Act::Linked, sent(Way::Folder), Act::Rejected { reason: reason() }]),
        (State::Correcting, [in_record.clone(), vec![Act::WronglyEntered { reason: reason() }]].concat()),
        (State::Closed, in_record),
        (State::Closed, vec![Act::NotForRecord { reason: Exempt::Duplicate }]),
        (State::Voided, vec![Act::Voided { reason: reason() }]),
    ]
}

/// The columns: registered, with a patient, awaiting identity, handed over, to call, request, printed, on its way to the record,
/// rejected by it, being corrected, in the record, closed otherwise, void.
const TABLE: &str = "
                            reg pat vän hos rin beg utsk väg nek rät jour avsl mak
registrera                   x   x   x   x   x   x   x   x   x   x   x    x    .
registrera patient           x   x   x   x   x   x   x   x   x   x   x    .    .
koppla                       x   .   x   x   x   x   .   .   .   .   .    .    .
avsluta koppling             .   x   .   .   .   .   x   .   x   .   .    .    .
till mappen                  .   x   .   .   .   .   x   .   x   .   .    .    .
skriv ut                     .   x   .   .   .   .   x   .   x   .   .    .    .
inlagd                       .   x   .   .   .   .   x   x   x   .   .    .    .
kvittens ja                  .   .   .   .   .   .   .   x   .   .   .    .    .
kvittens nej                 .   .   .   .   .   .   .   x   .   .   .    .    .
felaktigt journalförd        .   .   .   .   .   .   .   .   .   .   x    .    .
rättad                       .   .   .   .   .   .   .   .   .   x   .    .    .
ska inte journalföras        x   .   x   x   x   x   .   .   .   .   .    .    .
ringa betydelse              x   .   x   x   x   .   .   .   .   .   .    .    .
felskickad                   x   .   x   x   x   .   .   .   .   .   .    .    .
makulera                     x   .   x   x   .   .   .   .   .   .   .    x    .
öppna igen                   .   .   .   .   .   .   .   .   .   .   .    x    .
till behandlare              x   x   x   x   x   x   x   x   x   x   x    .    .
bekräfta                     .   .   .   x   .   .   .   .   .   .   .    .    .
vänta på identifiering       x   .   .   x   x   x   .   .   .   .   .    .    .
ring tillbaka                x   x   x   x   .   x   x   x   x   x   x    .    .
ringde                       .   .   .   .   x   .   .   .   .   .   .    .    .
ringde med synligt nummer    .   .   .   .   .   .   .   .   .   .   .    .    .
stryk samtal                 .   .   .   .   x   .   .   .   .   .   .    .    .
begäran                      x   x   x   x   x   .   x   x   x   x   x    .    .
stryk begäran                .   .   .   .   .   x   .   .   .   .   .    .    .
besvara                      .   .   .   .   .   x   .   .   .   .   .    .    .
märk                         x   x   x   x   x   x   x   x   x   x   x    x    .
informerad                   x   x   x   x   x   x   x   x   x   x   x    x    .
kontaktsätt                  x   x   x   x   x   x   x   x   x   x   x    x    .
anteckna                     x   x   x   x   x   x   x   x   x   x   x    x    .
svara                        x   x   x   x   x   x   x   x   x   x   x    x    .
svara inte                   x   x   x   x   x   x   x   x   x   x   x    x    x
";

#[test]
fn what_may_be_done_when_is_the_table() {
    let columns: Vec<Standing> = columns()
        .into_iter()
        .map(|(state, acts)| {
            let mut standing = Standing::default();
            for act in &acts {
                assert_eq!(standing.refuses(act), None, "{act:?} on the way to {state}");
                standing.apply(act);
            }
            assert_eq!(standing.state(), state);
            standing
        })
        .collect();
    let expected: Vec<(String, String)> = TABLE
        .lines()
        .skip(2)
        .map(|line| {
            let marks = line.chars().skip(28).filter(|c| !c.is_whitespace()).collect();
            (line.chars().take(28).collect::<String>().trim().to_owned(), marks)
        })
        .collect();
    let acts = acts();
    assert_eq!(expected.len(), acts.len());
    for ((name, act), expected) in acts.into_iter().zip(expected) {
        let may = |standing: &Standing| if standing.refuses(&act).is_none() { 'x' } else { '.' };
        assert_eq!((name.to_owned(), columns.iter().map(may).collect::<String>()), expected);
    }
}

#[test]
fn every_state_has_a_column() {
    let columns = columns();
    for state in State::ALL {
        assert!(columns.iter().any(|(of, _)| *of == state), "{state}");
    }
}

#[test]
fn what_comes_from_a_patient_is_closed_only_in_the_record() {
    let patient = [classified(SenderType::Patient)];
    let standing = Standing::of(&patient);
    for act in [Act::NotForRecord { reason: Exempt::NotPatient }, low_value(), Act::Misdirected { to: reason() }] {
        assert_eq!(standing.refuses(&act), Some(Refused::FromPatient), "{act:?}");
    }
    let standing = Standing::of(&[classified(SenderType::Patient), Act::Linked, entered()]);
    assert_eq!(standing.state(), State::Closed);
}

#[test]
fn an_entry_with_something_left_to_do_is_open_whatever_has_been_decided() {
    let decided = Act::NotForRecord { reason: Exempt::NotPatient };
    let request = Act::Requested { kind: RequestKind::OwnRecord };
    let answer = Act::Answered { outcome: Outcome::Partly, decided_by: "Rut".into(), reason: reason() };
    let steps = [
        (vec![request, decided.clone()], State::Requested, answer),
        (
            vec![Act::CallBack { due: due() }, decided.clone()],
            State::ToCall,
            Act::Called { hidden: true, outcome: CallOutcome::Reached },
        ),
        (vec![Act::HandedOver { to: "Bo".into() }, decided], State::HandedOver, Act::Acknowledged),
    ];
    for (acts, state, last) in steps {
        let mut standing = Standing::of(&acts);
        assert_eq!(standing.state(), state);
        standing.apply(&last);
        assert_eq!(standing.state(), State::Closed, "after {last:?}");
    }
}

#[test]
fn a_call_without_an_answer_leaves_the_call_to_be_made() {
    let mut standing = Standing::of(&[Act::CallBack { due: due() }]);
    for outcome in [CallOutcome::NoAnswer, CallOutcome::Busy, CallOutcome::WrongNumber] {
        standing.apply(&Act::Called { hidden: true, outcome });
        assert_eq!(standing.state(), State::ToCall, "{outcome}");
    }
    standing.apply(&Act::Called { hidden: true, outcome: CallOutcome::Reached });
    assert_eq!(standing.state(), State::Registered);
}

#[test]
fn undoing_takes_back_what_was_said_together_with_the_decision_and_no_more() {
    for first in [vec![], vec![classified(SenderType::Relative)]] {
        let before = Standing::of(&first);
        let mut standing = before.clone();
        standing.apply(&low_value());
        assert_eq!(
            (standing.state(), &standing.secrecy, &*standing.description),
            (State::Closed, &Secrecy::Open, "Reklam")
        );
        standing.apply(&Act::Reopened { reason: reason() });
        assert_eq!(standing, before);
    }
    // What somebody wrote afterwards stays.
    let acts = [low_value(), classified(SenderType::Company), Act::Reopened { reason: reason() }];
    assert_eq!(Standing::of(&acts).document_type, "A");
}

#[test]
fn what_is_secret_is_never_of_low_value() {
    let secret = Act::Classified {
        document_type: "A".into(),
        description: "Meddelande".into(),
        secrecy: Secrecy::Secret("25 kap. 1 § OSL".into()),
        case: String::new(),
        sender: SenderType::Relative,
    };
    assert_eq!(Standing::of(&[secret]).refuses(&low_value()), Some(Refused::Secret));
}

#[test]
fn what_was_printed_for_the_wrong_patient_begins_anew() {
    let standing = Standing::of(&[Act::Linked, sent(Way::Print), Act::Unlinked { reason: reason() }]);
    assert_eq!((standing.state(), &standing.record), (State::Registered, &Record::Undecided));
}

#[test]
fn what_is_in_the_record_can_give_reason_to_call_and_closes_again() {
    let mut standing = Standing::of(&[Act::Linked, entered(), Act::CallBack { due: due() }]);
    assert_eq!(standing.state(), State::ToCall);
    standing.apply(&Act::Called { hidden: true, outcome: CallOutcome::Reached });
    assert_eq!(standing.state(), State::Closed);
}

#[test]
fn a_correction_ends_the_link_and_begins_anew() {
    let mut standing = Standing::of(&[Act::Linked, entered(), Act::WronglyEntered { reason: reason() }]);
    assert!(!standing.patient);
    standing.apply(&Act::Corrected { reference: "struken".into() });
    assert_eq!(standing.state(), State::Registered);
}

#[test]
fn acts_are_read_back_as_they_were_written() {
    for (name, act) in acts() {
        let written = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&written).unwrap(), act, "{name}");
    }
}

#[test]
fn a_public_document_is_due_the_next_working_day_and_own_data_in_a_month() {
    let friday: Timestamp = "2026-11-27T13:00:00Z".parse().unwrap();
    let due = |kind| crate::clock::minute(Request { kind, answered: false }.due(friday).unwrap());
    assert_eq!(due(RequestKind::PublicDocument), "2026-11-30 23:59");
    assert_eq!(due(RequestKind::OwnRecord), "2026-11-30 23:59");
    assert_eq!(due(RequestKind::OwnData), "2026-12-27 23:59");
}
