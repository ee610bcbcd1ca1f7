//! What a crew is told, one JSON line each: first its cast, then orders. Each is answered with a tally.

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{campus::Campus, frames::Conversation};

/// Who they are and where the server is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cast {
    pub server: SocketAddr,
    pub campus: Campus,
    /// Who talks to whom. Each of them is one client.
    pub pairs: Vec<Pair>,
    /// Number of the first client in the history.
    pub first: u32,
    pub seed: u64,
    /// Where the history of those who are sampled is written at the end.
    pub history: PathBuf,
    /// So many clients write down all that they see of rosters, and everybody when they joined.
    pub watchers: usize,
    /// Where there is one: the room that some of them have open.
    pub room: Option<Room>,
}

/// A room. Those who have it open write there, and not to each other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Room {
    pub conversation: Conversation,
    /// The users 1 … this have it open. All of them are clients of one process, which counts what reaches them.
    pub open: u64,
}

/// Two people who talk.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pair {
    pub a: u64,
    pub b: u64,
    /// Everything that happens to them goes into the history, for the checker. Their conversation must be new.
    pub sampled: bool,
}

/// What everybody does for a while.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Habits {
    /// Messages of one person, on average; they come as they like (a Poisson process), whether or not the last one
    /// was answered.
    pub says_per_s: f64,
    /// The same of somebody who has the room open.
    pub says_in_room_per_s: f64,
    /// The first of each pair writes as soon as the last message is acknowledged.
    pub presses: bool,
    /// The chance that typing is told before a message.
    pub types: f64,
    /// The chance that a message that comes is seen by its reader at once. In a room they tell that at most once in 5 s.
    pub reads: f64,
    /// Everyone leaves the page and comes back with the next one so often, in ms; 0: never.
    pub walks_every_ms: u64,
    /// Pages of history that one person asks for, on average, of conversations that began before.
    pub pages_per_s: f64,
}

/// Ends when all have done it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Connect, each at a time drawn from this many ms (0: as fast as it goes), and load the rosters. Who has the room
    /// open opens it.
    Come { over_ms: u64 },
    /// Drop every socket at once and come back, as after the cut of a network.
    Stampede,
    /// Live so, then send what is written. Whoever loses the socket comes back as the contract asks.
    Live { ms: u64, habits: Habits },
    /// Those who are sampled come back once more and fetch all there is; one of each pair reads what is stored.
    Prove,
    /// Leave. The history is written.
    End,
}
