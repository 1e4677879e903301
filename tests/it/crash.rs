//! The real process is killed: at every boundary between two steps, and at random moments under load. However it ends,
//! nothing is lost; and once it may run on, everything settles.
//!
//! `INKOM_SEED` replays a schedule; `INKOM_KILLS` is how many random kills there are (`make crash-test` sets it).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use inkom::faults::Boundary;

use crate::handover;
use crate::support::clinic::{Clinic, mail};

/// How often each boundary is hit.
const ROUNDS: u32 = 4;
const RANDOM_KILLS: u32 = 44;
/// After each kill all that was ever taken in is read again, so a long schedule begins anew now and then.
const KILLS_PER_CLINIC: u64 = 50;
/// How long a boundary may take to be reached.
const TO_BOUNDARY: Duration = Duration::from_secs(30);

/// Those of a handing over have tests of their own.
fn of_mail() -> impl Iterator<Item = Boundary> {
    Boundary::ALL.into_iter().filter(|boundary| !handover::crash::BOUNDARIES.contains(boundary))
}

#[tokio::test]
async fn killed_at_every_boundary_nothing_is_lost_doubled_or_left_undone() {
    let mut clinic = Clinic::open().await;
    let mut kills: BTreeMap<&str, u32> = BTreeMap::new();
    let mut delivered = 0;
    for round in 0..ROUNDS {
        for boundary in of_mail() {
            // The second and later rounds leave the first of several messages behind the boundary before the kill.
            for _ in 0..=round {
                delivered += 1;
                clinic.deliver(&mail(delivered));
            }
            let at_reply = matches!(
                boundary.word(),
                "reply-claimed" | "data-begins" | "reply-handed-over" | "sent-written" | "sent"
            );
            clinic.start_to_be_killed_at(boundary.word(), if at_reply { 1 + round % 2 } else { 1 });
            assert!(clinic.was_killed_within(TO_BOUNDARY).await, "{boundary} was not reached\n{}", clinic.log());
            *kills.entry(boundary.word()).or_default() += 1;
            clinic.assert_nothing_lost().await;
        }
    }
    settle(&mut clinic, delivered).await;
    say(&format!("{} kills at boundaries, {delivered} messages: {kills:?}", kills.values().sum::<u32>()));
    assert_eq!(kills.len(), of_mail().count());
}

#[tokio::test]
async fn killed_at_random_moments_under_load_nothing_is_lost_doubled_or_left_undone() {
    let seed = number_from_env("INKOM_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 16 | 1);
    let wanted = number_from_env("INKOM_KILLS").unwrap_or(RANDOM_KILLS.into());
    say(&format!("INKOM_SEED={seed} replays this schedule"));
    let mut random = Random(seed);
    let (mut kills, mut messages) = (0, 0);
    while kills < wanted {
        let mut clinic = Clinic::open().await;
        let mut delivered = 0;
        for _ in 0..KILLS_PER_CLINIC.min(wanted - kills) {
            for _ in 0..random.below(8) {
                delivered += 1;
                clinic.deliver(&mail(delivered));
            }
            clinic.start();
            // From before the database is open to long after the last message has gone.
            tokio::time::sleep(Duration::from_millis(random.below(450))).await;
            if random.below(3) == 0 {
                delivered += 1;
                clinic.deliver(&mail(delivered));
            }
            clinic.kill();
            kills += 1;
            clinic.assert_nothing_lost().await;
        }
        settle(&mut clinic, delivered).await;
        messages += delivered;
    }
    say(&format!("{kills} random kills, {messages} messages"));
}

/// Lets it run undisturbed, and checks all that must hold then.
async fn settle(clinic: &mut Clinic, delivered: usize) {
    clinic.start();
    clinic.settle(delivered).await;
    clinic.until("the mailbox is empty", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    clinic.assert_whole().await;
}

/// Also when the test passes: the harness keeps back only what the macros print.
pub fn say(text: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "crash: {text}").unwrap();
}

pub fn number_from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `SplitMix64`: a schedule that a seed brings back.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
