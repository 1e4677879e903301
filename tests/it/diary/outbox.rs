//! Replies: a durable intent, given out once at a time, and a record of what became of it.

use inkom::diary::{AlarmName, Diary, ReplyState, Requeue, backoff};
use inkom::model::{Digest, EntryId, Trouble};
use jiff::SignedDuration;

use super::on_both_engines;
use crate::support::store::{Store, minute, queue};

on_both_engines!(
    a_sent_reply_is_the_second_document_of_its_entry,
    replies_are_given_out_oldest_first_when_they_are_due,
    no_reply_is_given_out_twice_to_eight_at_once,
    a_reply_goes_back_into_the_queue_only_while_it_is_being_sent,
    an_attempt_that_was_interrupted_is_told_from_one_in_doubt,
    staff_put_back_what_they_choose,
    the_window_counts_an_address_in_any_case_and_not_what_expired,
    sent_replies_are_counted_by_the_hour,
    an_entry_has_one_reply,
    an_alarm_is_raised_once_until_it_is_silenced,
);

async fn state(store: &Store, entry: EntryId) -> (ReplyState, Option<Trouble>, i64) {
    let reply = store.read().await.reply_of(entry).await.unwrap().unwrap();
    (reply.state, reply.trouble, reply.attempts)
}

async fn a_sent_reply_is_the_second_document_of_its_entry(store: Store) {
    let entry = store.answered(b"raw", 1, "Anna@Example.org", minute(0)).await;
    assert_eq!(store.read().await.documents(entry.id).await.unwrap().len(), 1);
    let reply = store.claim(minute(1)).await.unwrap();
    assert_eq!((reply.entry, reply.recipient.as_str(), reply.attempts), (entry.id, "Anna@Example.org", 1));
    assert_eq!((reply.unsure, reply.queued_at), (0, minute(0)));
    let mut tx = store.write().await;
    assert_eq!(tx.kept(&reply.letter).await.unwrap().unwrap(), format!("Svar på {}", entry.id.0).as_bytes());
    tx.data_begins(reply.id).await.unwrap();
    tx.reply_sent(&reply, &entry, minute(2)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await;
    let documents = tx.documents(entry.id).await.unwrap();
    assert_eq!(documents[1], (2, "utgående".to_owned(), reply.letter));
    assert_eq!(tx.entry_by_id(entry.id).await.unwrap().unwrap().reply, "sent");
    let row = tx.reply_of(entry.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.sent_at, row.trouble), (ReplyState::Sent, Some(minute(2)), None));
    assert_eq!((row.text_version.as_str(), row.text_digest), ("1.0", Digest::of(b"text")));
    assert_eq!(tx.audit_of(&entry.number).await.unwrap().last().unwrap().event.action.word(), "reply-sent");
    assert!(tx.replies(false, 10).await.unwrap().is_empty());
    assert_eq!(tx.replies(true, 10).await.unwrap().len(), 1);
    assert_eq!(tx.count_replies().await.unwrap(), [(ReplyState::Sent, 1)]);
    drop(tx);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn replies_are_given_out_oldest_first_when_they_are_due(store: Store) {
    let first = store.answered(b"1", 1, "a@example.org", minute(0)).await;
    let second = store.answered(b"2", 2, "b@example.org", minute(1)).await;
    let later = store.answered(b"3", 3, "c@example.org", minute(9)).await;
    assert_eq!(store.read().await.next_due().await.unwrap(), Some(minute(0)));
    let reply = store.claim(minute(2)).await.unwrap();
    assert_eq!(reply.entry, first.id);
    let mut tx = store.write().await;
    tx.reply_later(reply.id, backoff(minute(2), reply.attempts).unwrap(), false, Trouble::Deferred).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(&store, first.id).await, (ReplyState::Queued, Some(Trouble::Deferred), 1));
    assert_eq!(store.claim(minute(2)).await.unwrap().entry, second.id);
    assert!(store.claim(minute(2)).await.is_none(), "the first waits a minute");
    let again = store.claim(minute(3)).await.unwrap();
    assert_eq!((again.entry, again.attempts, again.unsure), (first.id, 2, 0));
    assert_eq!(store.read().await.next_due().await.unwrap(), Some(minute(9)));
    assert_eq!(store.claim(minute(9)).await.unwrap().entry, later.id);
    assert_eq!(store.read().await.next_due().await.unwrap(), None);
    for (attempts, minutes) in [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60)] {
        assert_eq!(backoff(minute(0), attempts).unwrap(), minute(minutes), "{attempts}");
    }
}

async fn no_reply_is_given_out_twice_to_eight_at_once(store: Store) {
    const REPLIES: usize = 40;
    let mut tx = store.write().await;
    for n in 0..REPLIES {
        let raw = n.to_be_bytes();
        let entry = tx.register(&crate::support::store::new_entry(&raw), minute(0)).await.unwrap();
        queue(&mut tx, entry.id, "a@example.org", minute(0)).await;
    }
    tx.commit().await.unwrap();
    let diaries = [store.diary.clone(), store.another().await];
    let tasks: Vec<_> = (0..8).map(|task| tokio::spawn(claim_all(diaries[task % 2].clone()))).collect();
    let mut claimed = Vec::new();
    for task in tasks {
        claimed.extend(task.await.unwrap());
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=i64::try_from(REPLIES).unwrap()).collect::<Vec<_>>());
    assert_eq!(store.number("select max(attempts) from outbox").await, 1);
}

async fn claim_all(diary: Diary) -> Vec<i64> {
    let mut claimed = Vec::new();
    loop {
        let mut tx = diary.write().await.unwrap();
        let reply = tx.claim_reply(minute(1)).await.unwrap();
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
        let Some(reply) = reply else { return claimed };
        claimed.push(reply.id);
    }
}

async fn a_reply_goes_back_into_the_queue_only_while_it_is_being_sent(store: Store) {
    let entry = store.answered(b"raw", 1, "a@example.org", minute(0)).await;
    let mut tx = store.write().await;
    assert!(tx.data_begins(1).await.is_err());
    assert!(tx.reply_later(1, minute(5), true, Trouble::Unsure).await.is_err());
    assert!(tx.reply_stops(1, &entry, ReplyState::Held, Trouble::Rejected, minute(1)).await.is_err());
    drop(tx);
    let reply = store.claim(minute(1)).await.unwrap();
    let mut tx = store.write().await;
    tx.reply_sent(&reply, &entry, minute(2)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.write().await;
    assert!(tx.data_begins(reply.id).await.is_err());
    drop(tx);
    let mut tx = store.write().await;
    assert!(tx.reply_sent(&reply, &entry, minute(3)).await.is_err());
    drop(tx);
    let mut tx = store.write().await;
    assert!(tx.reply_later(reply.id, minute(5), true, Trouble::Unsure).await.is_err());
    drop(tx);
    let mut tx = store.write().await;
    assert!(tx.reply_stops(reply.id, &entry, ReplyState::Expired, Trouble::TooOld, minute(3)).await.is_err());
    drop(tx);
    assert_eq!(store.claim(minute(99)).await.map(|reply| reply.id), None, "a sent reply is sent again");
}

async fn an_attempt_that_was_interrupted_is_told_from_one_in_doubt(store: Store) {
    let before_data = store.answered(b"1", 1, "a@example.org", minute(0)).await;
    let in_data = store.answered(b"2", 2, "b@example.org", minute(0)).await;
    let waiting = store.answered(b"3", 3, "c@example.org", minute(0)).await;
    store.claim(minute(1)).await.unwrap();
    let reply = store.claim(minute(1)).await.unwrap();
    let mut tx = store.write().await;
    tx.data_begins(reply.id).await.unwrap();
    assert_eq!(tx.interrupted_replies().await.unwrap(), [(reply.id, in_data.id, 0)]);
    tx.reply_later(reply.id, minute(2), true, Trouble::Unsure).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(&store, before_data.id).await, (ReplyState::Queued, Some(Trouble::Interrupted), 1));
    assert_eq!(state(&store, in_data.id).await, (ReplyState::Queued, Some(Trouble::Unsure), 1));
    assert_eq!(state(&store, waiting.id).await, (ReplyState::Queued, None, 0));

    assert_eq!(store.claim(minute(2)).await.unwrap().entry, before_data.id);
    assert_eq!(store.claim(minute(2)).await.unwrap().entry, waiting.id);
    let again = store.claim(minute(2)).await.unwrap();
    assert_eq!((again.entry, again.unsure), (in_data.id, 1));
    // A new attempt has not begun DATA, whatever the one before it did.
    let mut tx = store.write().await;
    assert_eq!(tx.interrupted_replies().await.unwrap(), []);
    drop(tx);
    let mut tx = store.write().await;
    tx.data_begins(again.id).await.unwrap();
    assert_eq!(tx.interrupted_replies().await.unwrap(), [(again.id, in_data.id, 1)]);
    tx.reply_stops(again.id, &in_data, ReplyState::Unsure, Trouble::Unsure, minute(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(&store, in_data.id).await.0, ReplyState::Unsure);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn staff_put_back_what_they_choose(store: Store) {
    use ReplyState::{Expired, Held, Queued, Unsure};
    let stopped = [
        (ReplyState::Held, Trouble::Rejected),
        (ReplyState::Held, Trouble::NullSenderRefused),
        (ReplyState::Unsure, Trouble::Unsure),
        (ReplyState::Expired, Trouble::TooOld),
    ];
    let mut entries = Vec::new();
    for (n, (state, trouble)) in (1..).zip(stopped) {
        let entry = store.answered(&[n], n.into(), "a@example.org", minute(0)).await;
        let reply = store.claim(minute(1)).await.unwrap();
        let mut tx = store.write().await;
        tx.reply_stops(reply.id, &entry, state, trouble, minute(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.read().await.entry_by_id(entry.id).await.unwrap().unwrap().reply, state.word());
        entries.push(entry.id);
    }
    let states = async |tx: &mut inkom::diary::Tx| {
        let mut states = Vec::new();
        for entry in &entries {
            let (reply, details) = (tx.reply_of(*entry).await.unwrap(), tx.entry_by_id(*entry).await.unwrap());
            assert_eq!(details.unwrap().reply, reply.as_ref().unwrap().state.word());
            states.push(reply.unwrap().state);
        }
        states
    };
    let mut tx = store.write().await;
    assert_eq!(tx.requeue(Requeue::Because(Trouble::NullSenderRefused), minute(2)).await.unwrap(), 1);
    assert_eq!(states(&mut tx).await, [Held, Queued, Unsure, Expired]);
    assert_eq!(tx.next_due().await.unwrap(), Some(minute(2)));
    assert_eq!(tx.requeue(Requeue::Entry(entries[2]), minute(3)).await.unwrap(), 1);
    assert_eq!(states(&mut tx).await, [Held, Queued, Queued, Expired]);
    assert_eq!(tx.requeue(Requeue::Entry(entries[3]), minute(3)).await.unwrap(), 0, "what is too old stays unsent");
    assert_eq!(tx.requeue(Requeue::All, minute(4)).await.unwrap(), 1);
    assert_eq!(states(&mut tx).await, [Queued, Queued, Queued, Expired]);
    assert_eq!(tx.count_replies().await.unwrap(), [(Expired, 1), (Queued, 3)]);
}

async fn the_window_counts_an_address_in_any_case_and_not_what_expired(store: Store) {
    for n in 1..4 {
        store.answered(&[n], n.into(), "Åsa@Example.org", minute(i64::from(n))).await;
    }
    let count =
        async |recipient: &str, since| store.read().await.replies_to(recipient, "", minute(since)).await.unwrap();
    assert_eq!(count("åsa@EXAMPLE.org", 0).await, 3);
    assert_eq!(count("asa@example.org", 0).await, 0);
    assert_eq!(count("ÅSA@example.org", 2).await, 1, "since then, not from then on");
    let reply = store.claim(minute(9)).await.unwrap();
    let entry = store.read().await.entry_by_id(reply.entry).await.unwrap().unwrap().entry;
    let mut tx = store.write().await;
    tx.reply_stops(reply.id, &entry, ReplyState::Expired, Trouble::TooOld, minute(9)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count("åsa@example.org", 0).await, 2);
    // An envelope made anew for each message does not get around the limits.
    let by_sender =
        store.read().await.replies_to("prvs=1=asa@example.org", "Åsa@example.org", minute(0)).await.unwrap();
    assert_eq!(by_sender, 2);
}

async fn sent_replies_are_counted_by_the_hour(store: Store) {
    for n in 1..5 {
        store.answered(&[n], n.into(), "a@example.org", minute(0)).await;
        let reply = store.claim(minute(1)).await.unwrap();
        let mut tx = store.write().await;
        let entry = tx.entry_by_id(reply.entry).await.unwrap().unwrap().entry;
        if n < 4 {
            tx.reply_sent(&reply, &entry, minute(i64::from(n))).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut tx = store.read().await;
    assert_eq!(tx.sent_since(minute(0)).await.unwrap(), 3);
    assert_eq!(tx.sent_since(minute(1)).await.unwrap(), 2);
    assert_eq!(tx.sent_since(minute(1) - SignedDuration::from_hours(500_000)).await.unwrap(), 3, "never is no time");
}

async fn an_entry_has_one_reply(store: Store) {
    let entry = store.answered(b"raw", 1, "a@example.org", minute(0)).await;
    let mut tx = store.write().await;
    let reply = inkom::diary::NewReply {
        recipient: "b@example.org",
        sender: "b@example.org",
        message_id: "2@example.se",
        letter: b"Svar",
        text_document: "",
        text_version: "",
        text_digest: &Digest::of(b""),
    };
    assert!(tx.queue_reply(entry.id, &reply, minute(0)).await.is_err());
    drop(tx);
    assert_eq!(store.faults().await, [""; 0]);
}

async fn an_alarm_is_raised_once_until_it_is_silenced(store: Store) {
    let mut tx = store.write().await;
    assert!(!tx.silence(AlarmName::Breaker, minute(0)).await.unwrap());
    assert_eq!(tx.silenced_at(AlarmName::Breaker).await.unwrap(), None);
    assert!(tx.raise(AlarmName::Breaker, minute(1), "61 replies").await.unwrap());
    assert!(!tx.raise(AlarmName::Breaker, minute(2), "62 replies").await.unwrap());
    let alarms = tx.alarms().await.unwrap();
    assert_eq!((alarms.len(), alarms[0].since, alarms[0].text.as_str()), (1, minute(1), "61 replies"));
    assert!(tx.silence(AlarmName::Breaker, minute(3)).await.unwrap());
    assert!(!tx.silence(AlarmName::Breaker, minute(4)).await.unwrap());
    assert_eq!(tx.silenced_at(AlarmName::Breaker).await.unwrap(), Some(minute(3)));
    assert!(tx.alarms().await.unwrap().is_empty());
    assert!(tx.raise(AlarmName::Breaker, minute(5), "again").await.unwrap());
    assert_eq!(tx.alarms().await.unwrap()[0].since, minute(5));
    assert_eq!(tx.silenced_at(AlarmName::Breaker).await.unwrap(), None);
}
