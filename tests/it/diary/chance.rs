//! Whatever the order of its verbs, and whatever is dropped or refused in between, the diary stays whole.

use inkom::diary::{Gone, NewEntry, Queued, ReplyState, Requeue, Tx, backoff};
use inkom::model::{EntryId, HoldReason, Resume, Stage, Trouble};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::on_both_engines;
use crate::support::store::{Store, facts, minute, new_entry, place, try_queue};

on_both_engines!(any_sequence_of_verbs_leaves_the_diary_whole);

/// What a turn does; numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Register { bytes: u8, backlog: bool },
    Render(usize),
    Answer { which: usize, queued: bool },
    Gone { uid: u32, how: Gone },
    Sight { uid: u32, which: usize },
    Void,
    Done(usize),
    Hold { which: usize, resume: Resume },
    Retry(usize),
    Adopt,
    Claim,
    DataBegins,
    Sent,
    Later { unsure: bool },
    Stop(ReplyState),
    Recover,
    Requeue,
}

fn verb() -> impl Strategy<Value = Verb> {
    let which = 0..50_usize;
    let how = prop_oneof![Just(Gone::Removed), Just(Gone::Vanished)];
    let resume = prop_oneof![Just(Resume::Render), Just(Resume::Answer), Just(Resume::Remove)];
    let stopped = prop_oneof![Just(ReplyState::Held), Just(ReplyState::Unsure), Just(ReplyState::Expired)];
    prop_oneof![
        4 => (0..12_u8, any::<bool>()).prop_map(|(bytes, backlog)| Verb::Register { bytes, backlog }),
        4 => which.clone().prop_map(Verb::Render),
        4 => (which.clone(), any::<bool>()).prop_map(|(which, queued)| Verb::Answer { which, queued }),
        2 => (0..20_u32, how).prop_map(|(uid, how)| Verb::Gone { uid, how }),
        2 => (0..20_u32, which.clone()).prop_map(|(uid, which)| Verb::Sight { uid, which }),
        1 => Just(Verb::Void),
        2 => which.clone().prop_map(Verb::Done),
        1 => (which.clone(), resume).prop_map(|(which, resume)| Verb::Hold { which, resume }),
        1 => which.prop_map(Verb::Retry),
        1 => Just(Verb::Adopt),
        3 => Just(Verb::Claim),
        2 => Just(Verb::DataBegins),
        2 => Just(Verb::Sent),
        1 => any::<bool>().prop_map(|unsure| Verb::Later { unsure }),
        1 => stopped.prop_map(Verb::Stop),
        1 => Just(Verb::Recover),
        1 => Just(Verb::Requeue),
    ]
}

/// A transaction: verbs, and whether it is committed.
fn turns() -> impl Strategy<Value = Vec<(Vec<Verb>, bool)>> {
    prop::collection::vec((prop::collection::vec(verb(), 1..4), prop::bool::weighted(0.8)), 150)
}

/// Seeded: what fails once fails always.
async fn any_sequence_of_verbs_leaves_the_diary_whole(store: Store) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..2 {
        let (mut claimed, mut committed) = (None, 0);
        for (n, (verbs, commit)) in (0..).zip(turns().new_tree(&mut runner).unwrap().current()) {
            let mut tx = store.write().await;
            let mut claims: Option<Queued> = claimed.clone();
            let mut went_well = true;
            for verb in &verbs {
                went_well &= take(&mut tx, *verb, &mut claims, n).await.is_ok();
                if !went_well {
                    break;
                }
            }
            // Whoever is refused drops what was begun, as every caller does.
            if went_well && commit {
                tx.commit().await.unwrap();
                (claimed, committed) = (claims, committed + 1);
            }
            if n % 50 == 49 {
                assert_eq!(store.faults().await, [""; 0], "after {n} turns");
            }
        }
        assert!(committed > 50, "only {committed} turns were taken");
    }
    for stage in ["registered", "rendered", "answered", "done"] {
        let found = store.number(&format!("select count(*) from entry where stage = '{stage}'")).await;
        assert!(found > 0, "no entry came to be {stage}");
    }
    assert!(store.number("select count(*) from outbox where state = 'sent'").await > 0);
    let doubles = "select count(*) from (select entry_id from document where document = 2 group by entry_id
                   having count(*) > 1) d";
    assert_eq!(store.number(doubles).await, 0);
}

async fn take(tx: &mut Tx, verb: Verb, claimed: &mut Option<Queued>, now: i64) -> anyhow::Result<()> {
    let now = minute(now);
    let entries = tx.entries_after(EntryId(0), 1000).await?;
    let nth = |which: usize| entries.get(which % entries.len().max(1)).map(|details| details.entry.clone());
    let of_claimed = entries.iter().find(|details| claimed.as_ref().is_some_and(|it| it.entry == details.entry.id));
    match verb {
        Verb::Register { bytes, backlog } => {
            let raw = vec![bytes; usize::from(bytes) * 150_000];
            let entry = tx.register(&NewEntry { backlog, ..new_entry(&raw) }, now).await?;
            tx.sight(&place(u32::try_from(entry.id.0)?), entry.id, now).await?;
        }
        Verb::Render(which) => {
            if let Some(entry) = nth(which)
                && let Stage::Registered { raw } = entry.stage
            {
                let pdf = format!("%PDF {}", entry.number);
                tx.rendered(&entry, raw, pdf.as_bytes(), &facts(&format!("{which}@example.org")), now).await?;
            }
        }
        Verb::Answer { which, queued } => {
            if let Some(entry) = nth(which) {
                let queued = queued && !entry.backlog;
                if queued {
                    try_queue(tx, entry.id, "a@example.org", now).await?;
                }
                tx.answered(&entry, queued, "", now).await?;
            }
        }
        Verb::Gone { uid, how } => tx.gone(&place(uid), how, now).await?,
        Verb::Sight { uid, which } => {
            if let Some(entry) = nth(which) {
                tx.sight(&place(uid), entry.id, now).await?;
            }
        }
        Verb::Void => drop(tx.void_other_validities("mottagningen", "INBOX", 8, now).await?),
        Verb::Done(which) => {
            if let Some(entry) = nth(which) {
                tx.done_if_gone(entry.id, now).await?;
            }
        }
        Verb::Hold { which, resume } => {
            if let Some(entry) = nth(which) {
                tx.hold(&entry, resume, HoldReason::KeptBytesDiffer, now).await?;
            }
        }
        Verb::Retry(which) => {
            if let Some(entry) = nth(which) {
                tx.retry(&entry, "os:anna", now).await?;
            }
        }
        Verb::Adopt => drop(tx.adopt("mottagningen", &["INBOX".to_owned()], now).await?),
        Verb::Claim => {
            if let Some(reply) = tx.claim_reply(now).await? {
                *claimed = Some(reply);
            }
        }
        Verb::DataBegins | Verb::Sent | Verb::Later { .. } | Verb::Stop(_) => {
            let (Some(reply), Some(of)) = (claimed.clone(), of_claimed) else { return Ok(()) };
            match verb {
                Verb::Sent => tx.reply_sent(&reply, &of.entry, now).await?,
                Verb::Later { unsure } => {
                    tx.reply_later(reply.id, backoff(now, reply.attempts)?, unsure, Trouble::Deferred).await?;
                }
                Verb::Stop(state) => tx.reply_stops(reply.id, &of.entry, state, Trouble::Rejected, now).await?,
                _ => tx.data_begins(reply.id).await?,
            }
        }
        Verb::Recover => {
            for (reply, _, _) in tx.interrupted_replies().await? {
                tx.reply_later(reply, now, true, Trouble::Unsure).await?;
            }
        }
        Verb::Requeue => drop(tx.requeue(Requeue::All, now).await?),
    }
    Ok(())
}
