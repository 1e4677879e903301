//! The sign of life: each loop beats when it has come one step further, the watchdog asks whether all still do, and a
//! loop that is asked to stop does so between two steps.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// All loops of one process.
#[derive(Clone, Debug)]
pub struct Pulse {
    started: Instant,
    loops: Arc<Mutex<Vec<Heart>>>,
    stop: watch::Sender<bool>,
}

/// One loop's beat.
#[derive(Clone, Debug)]
pub struct Heart {
    name: String,
    started: Instant,
    beat_ms: Arc<AtomicU64>,
    stop: watch::Receiver<bool>,
}

/// What one turn of a loop did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Worked,
    Idle,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { started: Instant::now(), loops: Arc::default(), stop: watch::Sender::new(false) }
    }
}

impl Pulse {
    /// A new loop, alive from now.
    pub fn heart(&self, name: impl Into<String>) -> Heart {
        let stop = self.stop.subscribe();
        let heart = Heart { name: name.into(), started: self.started, beat_ms: Arc::default(), stop };
        heart.beat();
        self.loops.lock().expect("no one panics while holding it").push(heart.clone());
        heart
    }

    /// The loop that has not moved for longest, and for how long.
    pub fn stillest(&self) -> Option<(String, Duration)> {
        let loops = self.loops.lock().expect("no one panics while holding it");
        loops.iter().map(|heart| (heart.name.clone(), heart.still_for())).max_by_key(|(_, still)| *still)
    }

    /// Asks every loop to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Heart {
    /// The loop has come one step further.
    pub fn beat(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat_ms.store(now, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Returns when the loop is asked to stop.
    pub async fn stopping(&self) {
        // Without a sender there is no one left to stop for.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }

    /// Sleeps, but not past a stop.
    pub async fn sleep(&self, duration: Duration) {
        let _ = tokio::time::timeout(duration, self.stopping()).await;
    }

    /// Waits for work that cannot beat by itself and ends by its own limits: it counts as moving until `limit`.
    pub async fn patient<T>(&self, limit: Duration, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let begun = Instant::now();
        loop {
            match tokio::time::timeout(Duration::from_secs(5), &mut work).await {
                Ok(done) => return done,
                Err(_) if begun.elapsed() < limit => self.beat(),
                Err(_) => {}
            }
        }
    }

    fn still_for(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.beat_ms.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_that_stands_still_is_found() {
        let pulse = Pulse::default();
        let _stuck = pulse.heart("stuck");
        let busy = pulse.heart("busy");
        std::thread::sleep(Duration::from_millis(20));
        busy.beat();
        let (name, still) = pulse.stillest().unwrap();
        assert_eq!(name, "stuck");
        assert!(still >= Duration::from_millis(15));
    }

    #[tokio::test]
    async fn a_sleeping_loop_stops_when_asked() {
        let pulse = Pulse::default();
        let heart = pulse.heart("loop");
        let asleep = tokio::spawn(async move { heart.sleep(Duration::from_mins(1)).await });
        pulse.stop();
        tokio::time::timeout(Duration::from_secs(5), asleep).await.unwrap().unwrap();
    }
}
