//! The clocks of the server: which one is right for what.
//!
//! The machine's clock (`now_ms`) may be wrong, and is then set right, by hours or days. So it is asked only where
//! a time means a time: whether a token is good now, when a message was sent. Whatever lasts (leases, grace, what is
//! remembered for a while) is counted by a clock that only goes forward, `steady_ms`. What is stored with a time, and
//! must be neither forgotten nor ended by a clock that is wrong for some minutes, goes by `settled_ms`. A step of the
//! clock is logged once.
//!
//! A machine may also begin with a wrong clock, which is set right some seconds or minutes later. So until the clock has
//! stayed right for twenty minutes, there is no time to hold on to, and each step is followed at once; and for twenty
//! minutes after anything that sets the settled time, nothing is forgotten by it.

use std::sync::LazyLock;

use parking_lot::Mutex;

/// A difference below this is a clock that is kept right; above, one that was set (ms).
const STEP_MS: i64 = 2_000;

/// A clock is settled when it has stayed right for so long, and from then on a step is believed when it has lasted for
/// so long (ms).
const SETTLED_MS: i64 = 20 * 60 * 1_000;

/// What was stored for some minutes may be forgotten when the settled time has gone on without a step for so long (ms).
/// By then every token has ended that was signed before, whatever the clock said when it was stored, or says now.
const REMEMBER_MS: i64 = SETTLED_MS;

static WATCH: LazyLock<Mutex<Watch>> = LazyLock::new(|| Mutex::new(Watch::begin(steady_ms(), now_ms())));

/// Milliseconds since 1970 UTC, by this machine's clock.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Milliseconds on a clock that only goes forward, also while the machine sleeps (`CLOCK_BOOTTIME`). It begins anywhere.
pub fn steady_ms() -> i64 {
    #[cfg(target_os = "linux")]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(CLOCK);
    now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}

/// Milliseconds since 1970 UTC by a clock that follows a step of the machine's only where that was for good: once it has
/// lasted for twenty minutes, or at once before the clock has settled. `look` keeps it so.
pub fn settled_ms() -> i64 {
    steady_ms() + WATCH.lock().offset
}

/// The time up to which what is stored may be forgotten; `None` in the first minutes of the process, and after the
/// settled time was set.
pub fn forget_ms() -> Option<i64> {
    WATCH.lock().forget(steady_ms())
}

/// Compares the clocks, and logs when the machine's was set. True if the settled time was set by that: what has been
/// decided by it is to be decided anew. To be called every few seconds, first at the start.
pub fn look() -> bool {
    let news = WATCH.lock().look(steady_ms(), now_ms());
    match news {
        None => {}
        Some(News::Followed(ms)) => {
            let (seconds, where_to) = amount(ms);
            tracing::warn!(
                seconds,
                "the clock of this machine was set {where_to}: it has not been right for twenty minutes since the \
                 server began, so all goes by the new time at once"
            );
        }
        Some(News::Set(ms)) => {
            let (seconds, where_to) = amount(ms);
            tracing::warn!(
                seconds,
                "the clock of this machine was set {where_to}: tokens are judged by it, nothing else; \
                 see that it is kept right (timedatectl)"
            );
        }
        Some(News::Back) => tracing::info!("the clock of this machine is as it was before"),
        Some(News::Settled) => tracing::info!("the new time of this machine's clock is taken for right"),
    }
    matches!(news, Some(News::Followed(_) | News::Settled))
}

/// Seconds of a step, and its direction.
fn amount(ms: i64) -> (i64, &'static str) {
    (ms.abs() / 1_000, if ms > 0 { "forward" } else { "back" })
}

/// How the machine's clock stands to the steady one.
#[derive(Debug)]
struct Watch {
    /// The settled time less the steady one.
    offset: i64,
    /// The steady time at which the settled one began, or was set last.
    set: i64,
    /// The machine's clock has stayed right for `SETTLED_MS` once.
    settled: bool,
    /// Since when (steady) the machine's clock differs from the settled one, and by how much.
    stepped: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// By so many ms, and the settled time with it.
    Followed(i64),
    /// By so many ms.
    Set(i64),
    Back,
    Settled,
}

impl Watch {
    fn begin(steady: i64, wall: i64) -> Self {
        Self { offset: wall - steady, set: steady, settled: false, stepped: None }
    }

    fn look(&mut self, steady: i64, wall: i64) -> Option<News> {
        let ahead = wall - steady - self.offset;
        self.settled |= steady - self.set >= SETTLED_MS;
        let (since, was) = self.stepped.unwrap_or((steady, 0));
        if ahead.abs() < STEP_MS {
            self.offset += ahead;
            self.stepped.take().map(|_| News::Back)
        } else if !self.settled {
            self.follow(steady, ahead);
            Some(News::Followed(ahead))
        } else if (ahead - was).abs() >= STEP_MS {
            self.stepped = Some((steady, ahead));
            Some(News::Set(ahead - was))
        } else if steady - since >= SETTLED_MS {
            self.follow(steady, ahead);
            Some(News::Settled)
        } else {
            None
        }
    }

    /// Sets the settled time.
    fn follow(&mut self, steady: i64, ahead: i64) {
        self.offset += ahead;
        (self.set, self.stepped) = (steady, None);
    }

    fn forget(&self, steady: i64) -> Option<i64> {
        (steady - self.set >= REMEMBER_MS).then_some(steady + self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    /// The settled time.
    fn settled(watch: &Watch, steady: i64) -> i64 {
        steady + watch.offset
    }

    #[test]
    fn a_clock_that_was_set_is_told_once_and_believed_when_it_stays_so() {
        let mut watch = Watch::begin(1_000 - SETTLED_MS, 5_000_000 - SETTLED_MS);
        // Kept right by small corrections: followed without a word.
        assert_eq!(watch.look(2_000, 5_001_400), None);
        assert_eq!(settled(&watch, 2_000), 5_001_400);
        // Two days ahead for 65 seconds.
        let right = |steady: i64| steady + 4_999_400;
        assert_eq!(watch.look(3_000, right(3_000) + 48 * HOUR), Some(News::Set(48 * HOUR)));
        assert_eq!(watch.look(67_000, right(67_000) + 48 * HOUR), None, "told once");
        assert_eq!(settled(&watch, 67_000), right(67_000));
        assert_eq!(watch.forget(67_000), Some(right(67_000)));
        assert_eq!(watch.look(68_000, right(68_000)), Some(News::Back));
        // An hour back, then another, which stays.
        assert_eq!(watch.look(69_000, right(69_000) - HOUR), Some(News::Set(-HOUR)));
        assert_eq!(watch.look(70_000, right(70_000) - 2 * HOUR), Some(News::Set(-HOUR)));
        let later = 70_000 + SETTLED_MS;
        assert_eq!(watch.look(later - 1, right(later - 1) - 2 * HOUR), None);
        assert_eq!(watch.look(later, right(later) - 2 * HOUR), Some(News::Settled));
        assert_eq!(settled(&watch, later), right(later) - 2 * HOUR);
        assert_eq!(watch.look(later + 1, right(later + 1) - 2 * HOUR), None);
        // What was stored just before has another time.
        assert_eq!(watch.forget(later + 1), None);
        let long = later + SETTLED_MS;
        assert_eq!(watch.forget(long), Some(right(long) - 2 * HOUR));
        // It has stayed right before: the next step is not followed at once.
        assert_eq!(watch.look(later + 2, right(later + 2)), Some(News::Set(2 * HOUR)));
    }

    #[test]
    fn a_clock_that_was_wrong_at_the_start_is_followed_as_soon_as_it_is_set_right() {
        // A machine without a battery begins in 1970.
        let mut watch = Watch::begin(1_000, 5_000);
        let right = |steady: i64| steady + 400_000 * HOUR;
        let stepped = right(61_000) - (61_000 + 4_000);
        assert_eq!(watch.look(61_000, right(61_000)), Some(News::Followed(stepped)));
        assert_eq!(settled(&watch, 61_000), right(61_000));
        assert_eq!(watch.look(62_000, right(62_000)), None, "told once");
        // What it kept in the first minute has times of 1970, and is not forgotten before those tokens have ended.
        assert_eq!(watch.forget(61_000 + REMEMBER_MS - 1), None);
        // A fault that begins before the twenty minutes are over, and ends after them, leaves nothing behind.
        let late = 61_000 + SETTLED_MS - 10_000;
        assert_eq!(watch.look(late, right(late) + 48 * HOUR), Some(News::Followed(48 * HOUR)));
        assert_eq!(watch.look(late + 65_000, right(late + 65_000)), Some(News::Followed(-48 * HOUR)));
        let long = late + 65_000 + SETTLED_MS;
        assert_eq!(watch.forget(long - 1), None);
        assert_eq!(watch.look(long, right(long)), None);
        assert_eq!(watch.forget(long), Some(right(long)));
        assert_eq!(watch.look(long + 1, right(long + 1) + HOUR), Some(News::Set(HOUR)), "settled");
    }

    #[test]
    fn nothing_is_forgotten_in_the_first_minutes() {
        look();
        assert_eq!(forget_ms(), None);
        assert!((settled_ms() - now_ms()).abs() < STEP_MS);
    }
}
