//! Which writes share a commit, and which need not look at the others (docs/adr/0006-pace-of-commits.md). Knows no write.

use std::time::{Duration, Instant};

/// From the beginning of a commit to that of the next, while more than one caller writes.
const PACE: Duration = Duration::from_millis(2);
/// Commits in a row of a single write for which nobody waited, until it is believed that whoever writes does so alone.
const LONELY: u32 = 8;

/// When the next commit may begin. Where several write, a commit for each costs a flush, and several changes of threads,
/// a message; where one pair writes and each waits for the other, nothing comes by waiting, and nobody waits for it.
#[derive(Default)]
pub(super) struct Pace {
    /// When the last commit began, and when it ended.
    began: Option<Instant>,
    ended: Option<Instant>,
    /// How many more commits are believed to have company.
    company: u32,
}

impl Pace {
    /// A commit begins. `company`: somebody has waited for it while the one before ran, or it is of several writes.
    pub(super) fn begin(&mut self, company: bool, now: Instant) {
        self.company = if company { LONELY } else { self.company.saturating_sub(1) };
        self.began = Some(now);
    }

    /// It has ended.
    pub(super) fn end(&mut self, now: Instant) {
        self.ended = Some(now);
    }

    /// How long it pays to wait for more to come. `waited`: somebody did while the last commit ran.
    pub(super) fn pause(&self, waited: bool, now: Instant) -> Option<Duration> {
        let began = self.began.filter(|_| waited || self.company > 0)?;
        PACE.checked_sub(now.saturating_duration_since(began)).filter(|pause| !pause.is_zero())
    }

    /// Whether a message may be committed at once and alone: it is believed to have no company, or the last commit is long
    /// over, so that nobody comes back from that just now.
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.company == 0 || self.ended.is_none_or(|ended| now.saturating_duration_since(ended) > PACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_writes_alone_waits_for_nobody_and_company_is_waited_for_no_longer_than_the_pace() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.pause(true, now), None, "before the first commit");
        for _ in 0..3 {
            pace.begin(false, now);
            assert_eq!(pace.pause(false, now), None, "a pair that answers each other at once");
        }
        assert_eq!(pace.pause(true, now), Some(PACE), "somebody waited while a commit ran");
        assert_eq!(pace.pause(true, now + PACE / 4), Some(PACE * 3 / 4));
        assert_eq!(pace.pause(true, now + PACE), None, "the commit took as long");
        pace.begin(true, now);
        for _ in 0..LONELY {
            assert_eq!(pace.pause(false, now), Some(PACE), "there was company a moment ago");
            pace.begin(false, now);
        }
        assert_eq!(pace.pause(false, now), None, "everybody else has gone");
    }

    #[test]
    fn a_message_is_committed_where_it_comes_if_nobody_else_is_about() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert!(pace.is_quiet(now), "before the first commit");
        pace.begin(false, now);
        pace.end(now);
        assert!(pace.is_quiet(now), "a pair that answers each other at once");
        pace.begin(true, now);
        pace.end(now + PACE * 3);
        assert!(!pace.is_quiet(now + PACE * 4), "a long commit has just let everybody go on");
        assert!(pace.is_quiet(now + PACE * 5), "nobody came");
    }
}
