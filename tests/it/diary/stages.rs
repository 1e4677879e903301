//! An entry goes forward one stage at a time, or is held and goes on from where it was.

use inkom::diary::{Gone, NewEntry};
use inkom::model::{ArrivalSource, Digest, EntryId, HoldReason, Kept, Resume, Stage, StageName};

use super::on_both_engines;
use crate::support::store::{Store, facts, minute, new_entry, place, render};

on_both_engines!(
    an_entry_goes_through_its_stages_in_order,
    a_step_out_of_turn_is_refused_and_changes_nothing,
    an_entry_is_done_only_when_nothing_of_it_is_left,
    a_held_entry_goes_on_from_where_it_was,
    what_is_not_in_the_stage_of_a_step_is_not_held_for_it,
    work_left_behind_is_found_in_every_stage,
    a_message_is_found_again_by_its_bytes_and_by_its_message_id,
    what_mail_says_of_itself_is_kept_however_odd,
);

async fn an_entry_goes_through_its_stages_in_order(store: Store) {
    let entry = store.register(b"raw").await;
    let raw = Digest::of(b"raw");
    assert_eq!(entry.stage, Stage::Registered { raw });

    let mut tx = store.write().await;
    tx.sight(&place(1), entry.id, minute(0)).await.unwrap();
    let kept = tx.rendered(&entry, raw, b"pdf", &facts("1@example.org"), minute(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kept, Kept { raw, pdf: Digest::of(b"pdf") });
    let details = store.read().await.entry(&entry.number).await.unwrap().unwrap();
    assert_eq!(details.entry.stage, Stage::Rendered(kept));
    assert_eq!((details.entry.arrival.arrived_at, details.entry.arrival.source), (minute(-10), ArrivalSource::OwnHost));
    assert_eq!(details.entry.arrival.internal_date, minute(-5));
    assert_eq!(details.message_id, "1@example.org");
    assert_eq!(details.summary.unwrap().subject.as_deref(), Some("Fråga"));

    let mut tx = store.write().await;
    tx.answered(&entry, false, "junk-folder", minute(2)).await.unwrap();
    tx.commit().await.unwrap();
    let details = store.read().await.entry(&entry.number).await.unwrap().unwrap();
    assert_eq!(details.entry.stage, Stage::Answered(kept));
    assert_eq!((details.reply.as_str(), details.reply_reason.as_str()), ("withheld", "junk-folder"));

    let mut tx = store.write().await;
    tx.gone(&place(1), Gone::Removed, minute(3)).await.unwrap();
    assert!(tx.done_if_gone(entry.id, minute(3)).await.unwrap());
    tx.commit().await.unwrap();
    let details = store.read().await.entry(&entry.number).await.unwrap().unwrap();
    assert_eq!((details.entry.stage, details.original_gone_at), (Stage::Done(kept), Some(minute(3))));
    let audit = store.read().await.audit_of(&entry.number).await.unwrap();
    let actions: Vec<_> = audit.iter().map(|row| row.event.action.word()).collect();
    assert_eq!(actions, ["registered", "rendered", "reply-withheld"]);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn a_step_out_of_turn_is_refused_and_changes_nothing(store: Store) {
    let registered = store.register(b"registered").await;
    let (rendered, kept) = store.rendered(b"rendered", 1).await;
    let answered = store.answered(b"answered", 2, "a@example.org", minute(0)).await;
    let facts = facts("");

    let mut tx = store.write().await;
    assert!(tx.answered(&registered, true, "", minute(5)).await.is_err());
    assert!(tx.answered(&answered, true, "", minute(5)).await.is_err());
    assert!(tx.rendered(&rendered, kept.raw, b"other", &facts, minute(5)).await.is_err());
    assert!(tx.rendered(&answered, kept.raw, b"other", &facts, minute(5)).await.is_err());
    assert!(!tx.done_if_gone(registered.id, minute(5)).await.unwrap());
    assert!(!tx.done_if_gone(rendered.id, minute(5)).await.unwrap());
    assert!(!tx.done_if_gone(answered.id, minute(5)).await.unwrap());
    assert!(!tx.done_if_gone(EntryId(99), minute(5)).await.unwrap());
    assert!(!tx.retry(&answered, "os:anna", minute(5)).await.unwrap());
    drop(tx);
    for entry in [registered, rendered, answered] {
        assert_eq!(store.again(&entry).await.stage, entry.stage);
    }
}

async fn an_entry_is_done_only_when_nothing_of_it_is_left(store: Store) {
    let entry = store.answered(b"raw", 1, "a@example.org", minute(0)).await;
    let mut tx = store.write().await;
    tx.sight(&place(2), entry.id, minute(1)).await.unwrap();
    tx.gone(&place(1), Gone::Removed, minute(2)).await.unwrap();
    assert!(!tx.done_if_gone(entry.id, minute(2)).await.unwrap());
    tx.gone(&place(2), Gone::Vanished, minute(3)).await.unwrap();
    assert!(tx.done_if_gone(entry.id, minute(3)).await.unwrap());
    assert!(!tx.done_if_gone(entry.id, minute(4)).await.unwrap(), "it was done before");
}

async fn a_held_entry_goes_on_from_where_it_was(store: Store) {
    for (n, resume, stage) in [
        (1_u8, Resume::Render, StageName::Registered),
        (2, Resume::Answer, StageName::Rendered),
        (3, Resume::Remove, StageName::Answered),
    ] {
        let uid = u32::from(n);
        let entry = match resume {
            Resume::Render => store.register(&[n]).await,
            Resume::Answer => store.rendered(&[n], uid).await.0,
            Resume::Remove => store.answered(&[n], uid, "a@example.org", minute(0)).await,
        };
        let mut tx = store.write().await;
        tx.sight(&place(uid), entry.id, minute(1)).await.unwrap();
        assert!(tx.removal_failed(&place(uid)).await.unwrap() > 0);
        tx.hold(&entry, resume, HoldReason::KeptBytesDiffer, minute(1)).await.unwrap();
        tx.commit().await.unwrap();
        let held = store.again(&entry).await;
        assert_eq!(held.stage, Stage::Held { resume, reason: HoldReason::KeptBytesDiffer });
        assert_eq!(store.read().await.held().await.unwrap().len(), 1);

        let mut tx = store.write().await;
        assert!(tx.retry(&held, "os:anna", minute(2)).await.unwrap());
        assert_eq!(tx.removal_failed(&place(uid)).await.unwrap(), 1, "attempts are counted anew");
        tx.commit().await.unwrap();
        let retried = store.again(&entry).await;
        assert_eq!((retried.stage.name(), retried.stage), (stage, entry.stage));
        let audit = store.read().await.audit_of(&entry.number).await.unwrap();
        assert_eq!(audit.last().unwrap().event.actor, "os:anna");
        // Another retry, by someone who has not seen the first.
        assert!(store.write().await.retry(&held, "os:bo", minute(3)).await.is_err());
    }
    assert_eq!(store.read().await.held().await.unwrap().len(), 0);
    assert_eq!(store.faults().await, [""; 0]);
}

/// Otherwise it would go back, or past a step that it has not taken.
async fn what_is_not_in_the_stage_of_a_step_is_not_held_for_it(store: Store) {
    let registered = store.register(b"registered").await;
    let (rendered, _) = store.rendered(b"rendered", 1).await;
    let answered = store.answered(b"answered", 2, "a@example.org", minute(0)).await;
    for (entry, resume) in [
        (&registered, Resume::Answer),
        (&registered, Resume::Remove),
        (&rendered, Resume::Render),
        (&rendered, Resume::Remove),
        (&answered, Resume::Render),
        (&answered, Resume::Answer),
    ] {
        let mut tx = store.write().await;
        assert!(
            tx.hold(entry, resume, HoldReason::CannotRender, minute(1)).await.is_err(),
            "{:?} {resume}",
            entry.stage
        );
    }

    // One message in two places fails to go from both; one met again when it was done may fail to go too.
    let mut tx = store.write().await;
    tx.hold(&answered, Resume::Remove, HoldReason::CannotRemove, minute(1)).await.unwrap();
    tx.hold(&answered, Resume::Remove, HoldReason::CannotRemove, minute(1)).await.unwrap();
    let done = store.again(&answered).await;
    tx.retry(&store_stage(done, Resume::Remove), "os:anna", minute(2)).await.unwrap();
    tx.gone(&place(2), Gone::Removed, minute(3)).await.unwrap();
    assert!(tx.done_if_gone(answered.id, minute(3)).await.unwrap());
    tx.hold(&answered, Resume::Remove, HoldReason::CannotRemove, minute(4)).await.unwrap();
    assert!(tx.done_if_gone(answered.id, minute(5)).await.unwrap(), "a person has taken it away");
}

fn store_stage(mut entry: inkom::model::Entry, resume: Resume) -> inkom::model::Entry {
    entry.stage = Stage::Held { resume, reason: HoldReason::CannotRemove };
    entry
}

async fn work_left_behind_is_found_in_every_stage(store: Store) {
    let registered = store.register(b"registered").await;
    let (rendered, _) = store.rendered(b"rendered", 1).await;
    // Another hand took it while it was answered: nothing will ask to remove it.
    let gone = store.answered(b"gone", 2, "a@example.org", minute(0)).await;
    let lying = store.answered(b"lying", 3, "b@example.org", minute(0)).await;
    let held = store.register(b"held").await;
    let done = store.answered(b"done", 4, "c@example.org", minute(0)).await;
    let backlog = store.register_as(&NewEntry { backlog: true, ..new_entry(b"backlog") }, minute(0)).await;
    let elsewhere = store.register_as(&NewEntry { mailbox: "annan", ..new_entry(b"other") }, minute(0)).await;
    let mut tx = store.write().await;
    tx.gone(&place(2), Gone::Vanished, minute(1)).await.unwrap();
    tx.gone(&place(4), Gone::Removed, minute(1)).await.unwrap();
    assert!(tx.done_if_gone(done.id, minute(1)).await.unwrap());
    tx.hold(&held, Resume::Render, HoldReason::CannotRender, minute(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await;
    let found = |entries: Vec<inkom::model::Entry>| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    // A backlog is rendered too, but neither answered nor removed.
    let expected = [registered.id, backlog.id, rendered.id, gone.id];
    assert_eq!(found(tx.unfinished("mottagningen", 100).await.unwrap()), expected);
    assert_eq!(found(tx.unfinished("mottagningen", 1).await.unwrap()), [registered.id, rendered.id]);
    assert_eq!(found(tx.unfinished("annan", 100).await.unwrap()), [elsewhere.id]);
    drop(tx);
    let mut tx = store.write().await;
    render(&mut tx, &backlog).await;
    tx.commit().await.unwrap();
    assert_eq!(
        found(store.read().await.unfinished("mottagningen", 100).await.unwrap()),
        [registered.id, rendered.id, gone.id]
    );
    let removable = store.read().await.removable("mottagningen", "INBOX", 7, EntryId(0), 10).await.unwrap();
    assert_eq!(removable.iter().map(|removable| removable.entry.id).collect::<Vec<_>>(), [lying.id]);
}

async fn a_message_is_found_again_by_its_bytes_and_by_its_message_id(store: Store) {
    let (first, _) = store.rendered(b"same", 1).await;
    let second = store.register(b"same").await;
    let mut tx = store.write().await;
    tx.rendered(&second, Digest::of(b"same"), b"pdf", &facts("1@example.org"), minute(1)).await.unwrap();
    assert_eq!(tx.with_bytes("mottagningen", &Digest::of(b"same")).await.unwrap()[0].id, first.id);
    assert!(tx.with_bytes("annan", &Digest::of(b"same")).await.unwrap().is_empty());
    assert!(tx.with_bytes("mottagningen", &Digest::of(b"else")).await.unwrap().is_empty());
    let found = tx.with_message_id("mottagningen", "1@example.org", second.id).await.unwrap();
    assert_eq!(found.unwrap().id, first.id);
    assert!(
        tx.with_message_id("mottagningen", "1@example.org", first.id).await.unwrap().is_none(),
        "only earlier ones"
    );
    assert!(tx.with_message_id("annan", "1@example.org", second.id).await.unwrap().is_none());
    assert!(
        tx.with_message_id("mottagningen", "", EntryId(i64::MAX)).await.unwrap().is_none(),
        "none is no Message-ID"
    );
    drop(tx);
    assert_eq!(store.faults().await, [""; 0]);
}

/// PostgreSQL's indexes refuse values of more than 2,704 bytes that do not compress.
async fn what_mail_says_of_itself_is_kept_however_odd(store: Store) {
    let digests: Vec<String> = (0..500_u32).map(|n| Digest::of(&n.to_be_bytes()).to_string()).collect();
    let long = format!("{}å@example.org", digests.concat());
    for (n, message_id) in [long.as_str(), "åäö 🦊 \u{202e}@example.org", "\u{1}\u{7f}'\"\\@"].into_iter().enumerate()
    {
        let raw = format!("{n}");
        let entry = store.register(raw.as_bytes()).await;
        let again = store.register(raw.as_bytes()).await;
        let mut tx = store.write().await;
        let mut facts = facts(message_id);
        facts.summary.subject = Some("NUL \0 och mer".into());
        tx.rendered(&entry, Digest::of(raw.as_bytes()), b"pdf", &facts, minute(1)).await.unwrap();
        let found = tx.with_message_id("mottagningen", message_id, again.id).await.unwrap();
        assert_eq!(found.unwrap().id, entry.id);
        tx.commit().await.unwrap();
        let details = store.read().await.entry_by_id(entry.id).await.unwrap().unwrap();
        assert_eq!(details.message_id, message_id);
        assert_eq!(details.summary, Some(facts.summary));
    }
}
