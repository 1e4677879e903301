//! What the diary says was done, set against what was done.

use std::collections::BTreeMap;

use inkom::diary::{EntryDetails, Gone, ReplyState};
use inkom::model::{AuditAction, Digest, Stage};

use super::clinic::Clinic;

impl Clinic {
    /// Every step of every entry stands in the audit log, every reply recorded as sent has come, and no original of an
    /// entry that is done lies in the mailbox.
    pub(super) async fn assert_accounted_for(&self, entries: &[EntryDetails], copies: &BTreeMap<String, usize>) {
        let in_mailbox: Vec<Digest> = ["INBOX", "Junk"]
            .iter()
            .flat_map(|folder| self.dovecot.bytes(folder))
            .map(|raw| Digest::of(&raw))
            .collect();
        let diary = self.diary().await;
        let mut tx = diary.read().await.unwrap();
        for details in entries {
            let number = &details.entry.number;
            let done: Vec<AuditAction> =
                tx.audit_of(number).await.unwrap().into_iter().map(|row| row.event.action).collect();
            let count = |actions: &[AuditAction]| done.iter().filter(|action| actions.contains(action)).count();
            assert_eq!(count(&[AuditAction::Registered]), 1, "{number}: {done:?}");
            if let Stage::Done(_) = details.entry.stage {
                assert_eq!(count(&[AuditAction::Rendered]), 1, "{number}: {done:?}");
                assert_eq!(count(&[AuditAction::ReplyQueued, AuditAction::ReplyWithheld]), 1, "{number}: {done:?}");
                let gone = count(&[AuditAction::OriginalRemoved, AuditAction::OriginalGone]);
                // A new UIDVALIDITY makes the old places void, which is written at those places.
                let places = tx.sightings(details.entry.id).await.unwrap();
                let void = places.iter().all(|(_, gone)| *gone == Some(Gone::Void));
                assert!(gone > 0 || void, "{number} is done, and nothing says how its original went: {done:?}");
                assert!(!in_mailbox.contains(&details.raw), "{number} is done, and its original lies in the mailbox");
            }
            let reply = tx.reply_of(details.entry.id).await.unwrap();
            let sent = reply.as_ref().is_some_and(|reply| reply.state == ReplyState::Sent);
            assert_eq!(sent, details.reply == ReplyState::Sent.word(), "{number}: entry and outbox disagree");
            assert_eq!(count(&[AuditAction::ReplySent]), usize::from(sent), "{number}: {done:?}");
            if let Some(reply) = reply.filter(|_| sent) {
                assert!(
                    copies.contains_key(&format!("<{}>", reply.message_id)),
                    "{number}: its reply was recorded as sent and never came"
                );
            }
        }
        drop(tx);
        diary.close().await;
    }
}
