//! What clients have counted and timed, added up over clients and processes.

use std::{collections::BTreeMap, ops::AddAssign, time::Duration};

use serde::{Deserialize, Serialize};

/// Binary digits of a time that are kept: it is told to a thousandth of its value.
const DIGITS: u32 = 10;

/// Times in microseconds and how often each was seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Times(BTreeMap<u64, u64>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let shift = (u64::BITS - us.leading_zeros()).saturating_sub(DIGITS);
        *self.0.entry(us >> shift << shift).or_default() += 1;
    }

    /// Between two readings of `campus::now_us`. Zero, should the second be the earlier.
    pub fn add_us(&mut self, from: u64, to: u64) {
        self.add(Duration::from_micros(to.saturating_sub(from)));
    }

    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The time that this share of all (0 to 1) did not exceed, in ms; not a number where nothing was timed.
    pub fn ms(&self, share: f64) -> f64 {
        self.us(share) / 1_000.0
    }

    /// The same in µs.
    pub fn us(&self, share: f64) -> f64 {
        let rank = (self.count() as f64 * share).ceil();
        let mut seen = 0.0;
        let time = self.0.iter().find(|(_, times)| {
            seen += **times as f64;
            seen >= rank
        });
        time.map_or(f64::NAN, |(us, _)| *us as f64)
    }
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        other.0.into_iter().for_each(|(us, times)| *self.0.entry(us).or_default() += times);
    }
}

/// What a crew did between two orders, and what came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Messages that were acknowledged.
    pub acked: u64,
    /// Messages that reached the other person's browser, once each.
    pub delivered: u64,
    /// Of these, those that came with a welcome or a page, after the browser had been away.
    pub fetched: u64,
    pub typed: u64,
    pub read: u64,
    pub pages: u64,
    /// Sockets that were opened and welcomed.
    pub welcomed: u64,
    /// Sockets that ended otherwise than by their client's own doing, by close code (0: without one).
    pub ended: BTreeMap<u16, u64>,
    /// Errors of the server, by code.
    pub refused: BTreeMap<String, u64>,
    /// Tries to connect that failed.
    pub unconnected: u64,
    /// Frames that came, and their bytes with headers.
    pub frames: u64,
    pub bytes: u64,
    /// Of these, diffs of rosters.
    pub diffs: u64,
    pub diff_bytes: u64,
    /// From the time at which a message was meant to be sent (also where its sender was late) until the other's
    /// browser had it.
    pub delivery: Times,
    /// From the same time to the ack.
    pub ack: Times,
    /// From the sending itself to the ack.
    pub round_trip: Times,
    /// From the time at which a browser was meant to connect until it was welcomed.
    pub welcome: Times,
    /// From the same time to the first roster, where none was held before.
    pub roster: Times,
    /// From the time at which a page of history was meant to be asked for until it came.
    pub page: Times,
    /// Of the room.
    pub room: RoomTally,
    /// When who sent `hello`, where joins are watched (`Habits::watch`), in µs since 1970.
    pub joins: Vec<(u64, u64)>,
    /// What the watching saw of a roster.
    pub sightings: Vec<Sighting>,
    /// What must not happen, in words.
    pub troubles: Vec<String>,
}

/// What was done in a room, and what was heard of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RoomTally {
    /// Messages that were acknowledged.
    pub acked: u64,
    /// How often one reached somebody who has the room open, its sender among them.
    pub delivered: u64,
    /// Read marks that were sent.
    pub read: u64,
    /// Dots, but for the first of each client.
    pub dots: u64,
    /// From each client's first dot to its last one, in µs, added up.
    pub between_dots_us: u64,
    /// As those of the tally.
    pub ack: Times,
    pub delivery: Times,
}

/// A roster or a diff as it came to somebody who watches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sighting {
    pub viewer: u64,
    /// In µs since 1970.
    pub at: u64,
    pub total: u64,
    pub joined: Vec<u64>,
    /// The first roster of a connection, which tells of those who came long before.
    pub first: bool,
}

impl Tally {
    /// Deliveries that were typed, read, sent: what the server was asked to do for people who are there.
    pub fn events(&self) -> u64 {
        self.acked + self.typed + self.read + self.pages + self.welcomed
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (mine, its) in [
            (&mut self.acked, other.acked),
            (&mut self.delivered, other.delivered),
            (&mut self.fetched, other.fetched),
            (&mut self.typed, other.typed),
            (&mut self.read, other.read),
            (&mut self.pages, other.pages),
            (&mut self.welcomed, other.welcomed),
            (&mut self.unconnected, other.unconnected),
            (&mut self.frames, other.frames),
            (&mut self.bytes, other.bytes),
            (&mut self.diffs, other.diffs),
            (&mut self.diff_bytes, other.diff_bytes),
        ] {
            *mine += its;
        }
        for (mine, its) in [
            (&mut self.delivery, other.delivery),
            (&mut self.ack, other.ack),
            (&mut self.round_trip, other.round_trip),
            (&mut self.welcome, other.welcome),
            (&mut self.roster, other.roster),
            (&mut self.page, other.page),
        ] {
            *mine += its;
        }
        other.ended.into_iter().for_each(|(code, times)| *self.ended.entry(code).or_default() += times);
        other.refused.into_iter().for_each(|(code, times)| *self.refused.entry(code).or_default() += times);
        self.room += other.room;
        self.joins.extend(other.joins);
        self.sightings.extend(other.sightings);
        self.troubles.extend(other.troubles);
    }
}

impl AddAssign for RoomTally {
    fn add_assign(&mut self, other: Self) {
        self.acked += other.acked;
        self.delivered += other.delivered;
        self.read += other.read;
        self.dots += other.dots;
        self.between_dots_us += other.between_dots_us;
        self.ack += other.ack;
        self.delivery += other.delivery;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_found_to_a_thousandth() {
        let mut times = Times::default();
        (1..=100_000).for_each(|us| times.add(Duration::from_micros(us)));
        for (share, us) in [(0.5, 50_000.0), (0.99, 99_000.0), (0.999, 99_900.0), (1.0, 100_000.0)] {
            assert!((times.us(share) / us - 1.0).abs() < 0.002, "{share}: {}", times.us(share));
        }
        assert!(Times::default().us(0.5).is_nan());
    }
}
