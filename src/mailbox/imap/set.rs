//! UIDs as they are given to a server: a few short sets that hold exactly the messages meant.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::mailbox::{MailboxError, MailboxErrorKind};

/// RFC 2683 §3.2.1.5: a client keeps its lines to about 1,000 octets.
const TEXT_MAX: usize = 900;

/// UIDs and their sequence set (RFC 3501 §9). Ranges join neighbours only, so no other message can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UidSet {
    pub(super) uids: BTreeSet<u32>,
    pub(super) text: String,
}

/// As many sets as it takes, in order.
pub(super) fn sets(uids: impl IntoIterator<Item = u32>) -> Vec<UidSet> {
    let mut sets: Vec<UidSet> = Vec::new();
    for (first, last) in runs(uids.into_iter().collect()) {
        let mut text = first.to_string();
        if last > first {
            write!(text, ":{last}").expect("a String takes whatever is written");
        }
        match sets.last_mut() {
            Some(set) if set.text.len() + 1 + text.len() <= TEXT_MAX => {
                set.text.push(',');
                set.text.push_str(&text);
                set.uids.extend(first..=last);
            }
            _ => sets.push(UidSet { uids: (first..=last).collect(), text }),
        }
    }
    sets
}

fn runs(uids: BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    runs
}

/// A UID as the rest of the program carries it.
pub(super) fn uid(text: &str) -> Result<u32, MailboxError> {
    match text.parse() {
        // RFC 3501 §9: nz-number.
        Ok(uid) if uid > 0 => Ok(uid),
        _ => Err(MailboxError::new(MailboxErrorKind::Refused, "a name that is no UID was given for a message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_neighbours_only() {
        for (uids, text) in [
            (&[1, 2, 3, 7][..], "1:3,7"),
            (&[7, 3, 2, 1, 2], "1:3,7"),
            (&[1, 3, 5], "1,3,5"),
            (&[u32::MAX - 1, u32::MAX], "4294967294:4294967295"),
        ] {
            let sets = sets(uids.iter().copied());
            assert_eq!(sets.len(), 1);
            assert_eq!(sets[0].text, text);
            assert_eq!(sets[0].uids, uids.iter().copied().collect());
        }
        assert_eq!(sets([]), []);
    }

    #[test]
    fn long_sets_are_split_and_lose_nobody() {
        let all: BTreeSet<u32> = (0..2_000).map(|n| 1_000_000_000 + 2 * n).collect();
        let sets = sets(all.iter().copied());
        assert!(sets.iter().all(|set| set.text.len() <= TEXT_MAX));
        let together: Vec<u32> = sets.iter().flat_map(|set| &set.uids).copied().collect();
        assert_eq!(together, all.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_uid_is_refused() {
        for text in ["", "0", "-1", "1:*", "4294967296", "1700000000.M1P1.host"] {
            assert!(uid(text).is_err(), "{text}");
        }
    }
}
