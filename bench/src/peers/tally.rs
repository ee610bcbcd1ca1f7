//! Every message once, in order, and how late.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::{sync::Notify, time::Instant};

use std::sync::Mutex;

/// Bytes of a message's text.
const TEXT: usize = 120;

/// When who is to write: everybody in turn, evenly, whatever has become of earlier messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) start: Instant,
    /// Between two messages of one writer.
    pub(super) every: Duration,
    /// Of each writer.
    pub(super) messages: u32,
    pub(super) writers: u32,
}

impl Schedule {
    /// When the writer with this number is to write their message with that number.
    pub(super) fn due(&self, writer: u32, message: u32) -> Instant {
        self.start + self.every * message + self.every * writer / self.writers
    }

    /// All messages of all.
    pub(super) fn total(&self) -> u64 {
        u64::from(self.messages) * u64::from(self.writers)
    }
}

/// The text of a writer's message with this number.
pub(super) fn text(message: u32) -> String {
    format!("{message:<TEXT$}.")
}

/// What was delivered.
pub(super) struct Tally {
    schedule: Schedule,
    /// By user: their number as a writer.
    writers: HashMap<u64, u32>,
    state: Mutex<State>,
    all: Notify,
}

#[derive(Default)]
struct State {
    /// By writer: the number that is due next.
    next: Vec<u32>,
    delivered: u64,
    /// From when a message was due to be written until it was delivered.
    late: Vec<Duration>,
}

impl Tally {
    pub(super) fn new(schedule: Schedule, writers: impl Iterator<Item = u64>) -> Arc<Self> {
        let writers: HashMap<u64, u32> = writers.zip(0..).collect();
        let state = State { next: vec![0; writers.len()], ..State::default() };
        Arc::new(Self { schedule, writers, state: Mutex::new(state), all: Notify::new() })
    }

    /// Notes a message of `from`. An error unless it is the next one of theirs.
    pub(super) fn delivered(&self, from: u64, text: &str) -> Result<()> {
        let now = Instant::now();
        let writer = *self.writers.get(&from).with_context(|| format!("user {from} writes nothing"))?;
        let number: u32 = text.trim_end_matches('.').trim().parse().context("not a text of ours")?;
        let mut state = self.state.lock().expect("no holder of this lock panics");
        let next = &mut state.next[writer as usize];
        ensure!(*next == number, "message {number} of user {from} was delivered where {next} was due");
        *next += 1;
        state.delivered += 1;
        state.late.push(now.saturating_duration_since(self.schedule.due(writer, number)));
        if state.delivered == self.schedule.total() {
            self.all.notify_one();
        }
        Ok(())
    }

    /// How many so far.
    pub(super) fn count(&self) -> u64 {
        self.state.lock().expect("no holder of this lock panics").delivered
    }

    /// Waits until all are there.
    pub(super) async fn all(&self) {
        self.all.notified().await;
    }

    /// Sorted: how late each of those after the first `passed` was.
    pub(super) fn late(&self, passed: u64) -> Vec<Duration> {
        let state = self.state.lock().expect("no holder of this lock panics");
        let passed = usize::try_from(passed).unwrap_or(usize::MAX);
        let mut late = state.late.get(passed..).unwrap_or_default().to_vec();
        late.sort_unstable();
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_that_is_lost_doubled_or_early_is_an_error() {
        let schedule =
            Schedule { start: Instant::now(), every: Duration::from_millis(10), messages: 2, writers: 2 };
        let tally = Tally::new(schedule, [7, 8].into_iter());
        tally.delivered(7, &text(0)).unwrap();
        assert!(tally.delivered(7, &text(0)).is_err(), "doubled");
        assert!(tally.delivered(8, &text(1)).is_err(), "the first was lost");
        assert!(tally.delivered(9, &text(0)).is_err(), "nobody wrote this");
        tally.delivered(8, &text(0)).unwrap();
        tally.delivered(8, &text(1)).unwrap();
        tally.delivered(7, &text(1)).unwrap();
        tally.all().await;
        assert_eq!((tally.count(), tally.late(1).len()), (4, 3));
    }
}
