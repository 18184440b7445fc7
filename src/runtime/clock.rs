//! What time it is: the wall's time when the engine began, and from there on the time that really passed, so that a
//! wait lasts as long as it should even if somebody sets the wall clock meanwhile. Sleep of the machine counts.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::value::At;

/// The engine's clock.
#[derive(Debug)]
pub struct Clock {
    /// The instant at which the machine was switched on, as this clock sees it.
    origin_ms: AtomicI64,
}

/// Timers of the runtime stand still while the machine sleeps, so none is trusted for longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

impl Clock {
    /// Begins with the wall's time.
    pub fn start() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { origin_ms: AtomicI64::new(wall.as_millis() as i64 - since_boot_ms()) }
    }

    pub fn now(&self) -> At {
        At(self.origin_ms.load(Ordering::Relaxed) + since_boot_ms())
    }

    /// Moves on to an instant that is known to have been: the past life's clock may have been ahead of the wall.
    pub fn not_before(&self, at: At) {
        let origin = at.0 - since_boot_ms();
        self.origin_ms.fetch_max(origin, Ordering::Relaxed);
    }

    /// Sleeps until an instant, or a while if it is far away; for ever without one.
    pub async fn sleep_towards(&self, at: Option<At>) {
        match at {
            None => std::future::pending().await,
            Some(at) => {
                let ms = at.since_ms(self.now()).max(0) as u64;
                tokio::time::sleep(Duration::from_millis(ms).min(LONGEST_SLEEP)).await;
            }
        }
    }
}

fn since_boot_ms() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_where_the_last_life_was() {
        let clock = Clock::start();
        let ahead = clock.now().plus_ms(3_600_000);
        clock.not_before(ahead);
        assert!(clock.now() >= ahead);
        clock.not_before(At(0));
        assert!(clock.now() >= ahead);
    }
}
