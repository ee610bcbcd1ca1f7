//! The clocks of the server: which one is right for what.
//!
//! The machine's clock (`app::now_ms`) may be wrong, and is then set right, by hours or days. So it is asked only where
//! a time means a time: whether a token is good now, when a message was sent. Whatever lasts (leases, grace, what is
//! remembered for a while) is counted by a clock that only goes forward, `steady_ms`. What is stored with a time, and
//! must be neither forgotten nor ended by a clock that is wrong for some minutes, goes by `settled_ms`. A step of the
//! clock is logged once.

use std::sync::LazyLock;

use parking_lot::Mutex;

use crate::app::now_ms;

/// A difference below this is a clock that is kept right; above, one that was set (ms).
const STEP_MS: i64 = 2_000;

/// A step is believed when it has lasted for so long (ms).
const SETTLED_MS: i64 = 20 * 60 * 1_000;

/// What was stored for some minutes before this process began may be forgotten when it has run for so long (ms). By then
/// every token has ended that was signed before, whatever the clock said when it was stored, or says now.
const REMEMBER_MS: i64 = SETTLED_MS;

static WATCH: LazyLock<Mutex<Watch>> = LazyLock::new(|| Mutex::new(Watch::begin(steady_ms(), now_ms())));

/// Milliseconds on a clock that only goes forward, also while the machine sleeps (`CLOCK_BOOTTIME`). It begins anywhere.
pub fn steady_ms() -> i64 {
    #[cfg(target_os = "linux")]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(CLOCK);
    now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}

/// Milliseconds since 1970 UTC by a clock that follows the machine's only where that has been set for good: for twenty
/// minutes. `look` keeps it so.
pub fn settled_ms() -> i64 {
    steady_ms() + WATCH.lock().offset
}

/// The time up to which what is stored may be forgotten; `None` in the first minutes of the process.
pub fn forget_ms() -> Option<i64> {
    let watch = WATCH.lock();
    let now = steady_ms();
    (now - watch.began >= REMEMBER_MS).then_some(now + watch.offset)
}

/// Compares the clocks, and tells when the machine's was set. To be called every few seconds, first at the start.
pub fn look() {
    let news = WATCH.lock().look(steady_ms(), now_ms());
    match news {
        None => {}
        Some(News::Set(ms)) => {
            let (seconds, where_to) = (ms.abs() / 1_000, if ms > 0 { "forward" } else { "back" });
            tracing::warn!(
                seconds,
                "the clock of this machine was set {where_to}: tokens are judged by it, nothing else; \
                 see that it is kept right (timedatectl)"
            );
        }
        Some(News::Back) => tracing::info!("the clock of this machine is as it was before"),
        Some(News::Settled) => tracing::info!("the new time of this machine's clock is taken for right"),
    }
}

/// How the machine's clock stands to the steady one.
#[derive(Debug)]
struct Watch {
    /// The steady time at which this began.
    began: i64,
    /// The settled time less the steady one.
    offset: i64,
    /// Since when (steady) the machine's clock differs from the settled one, and by how much.
    stepped: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// By so many ms.
    Set(i64),
    Back,
    Settled,
}

impl Watch {
    fn begin(steady: i64, wall: i64) -> Self {
        Self { began: steady, offset: wall - steady, stepped: None }
    }

    fn look(&mut self, steady: i64, wall: i64) -> Option<News> {
        let ahead = wall - steady - self.offset;
        let (since, was) = self.stepped.unwrap_or((steady, 0));
        if ahead.abs() < STEP_MS {
            self.offset += ahead;
            self.stepped.take().map(|_| News::Back)
        } else if (ahead - was).abs() >= STEP_MS {
            self.stepped = Some((steady, ahead));
            Some(News::Set(ahead - was))
        } else if steady - since >= SETTLED_MS {
            self.offset += ahead;
            self.stepped = None;
            Some(News::Settled)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    #[test]
    fn a_clock_that_was_set_is_told_once_and_believed_when_it_stays_so() {
        let mut watch = Watch::begin(1_000, 5_000_000);
        let settled = |watch: &Watch, steady: i64| steady + watch.offset;
        // Kept right by small corrections: followed without a word.
        assert_eq!(watch.look(2_000, 5_001_400), None);
        assert_eq!(settled(&watch, 2_000), 5_001_400);
        // Two days ahead for a minute.
        let right = |steady: i64| steady + 4_999_400;
        assert_eq!(watch.look(3_000, right(3_000) + 48 * HOUR), Some(News::Set(48 * HOUR)));
        assert_eq!(watch.look(60_000, right(60_000) + 48 * HOUR), None, "told once");
        assert_eq!(settled(&watch, 60_000), right(60_000));
        assert_eq!(watch.look(63_000, right(63_000)), Some(News::Back));
        // An hour back, then another, which stays.
        assert_eq!(watch.look(64_000, right(64_000) - HOUR), Some(News::Set(-HOUR)));
        assert_eq!(watch.look(65_000, right(65_000) - 2 * HOUR), Some(News::Set(-HOUR)));
        let later = 65_000 + SETTLED_MS;
        assert_eq!(watch.look(later - 1, right(later - 1) - 2 * HOUR), None);
        assert_eq!(watch.look(later, right(later) - 2 * HOUR), Some(News::Settled));
        assert_eq!(settled(&watch, later), right(later) - 2 * HOUR);
        assert_eq!(watch.look(later + 1, right(later + 1) - 2 * HOUR), None);
    }

    #[test]
    fn nothing_is_forgotten_in_the_first_minutes() {
        look();
        assert_eq!(forget_ms(), None);
        assert!((settled_ms() - now_ms()).abs() < STEP_MS);
    }
}
