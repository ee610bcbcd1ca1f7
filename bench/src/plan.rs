//! What a run is to do: how much of everything, from which seed, with which server.

use std::path::PathBuf;

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// `make bench-quick`: all of it in ten minutes on two cores.
    Quick,
    /// `make bench`: the sizes of the goals.
    Full,
}

/// One run's sizes. Every scenario takes it and nothing else from outside.
#[derive(Clone, Debug)]
pub struct Plan {
    pub size: Size,
    /// Draws everything that is drawn: names, pairs, times. The same seed is the same work.
    pub seed: u64,
    /// The release binary of the server.
    pub gchat: PathBuf,
    /// Where databases and logs of the run lie: a folder of its own on a real disk, removed at the end.
    pub folder: PathBuf,
    /// Where the first part that is measured leaves what perf saw of the server; for runs that are made for that alone.
    pub samples: Option<PathBuf>,
}

impl Plan {
    /// One of two sizes.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        match self.size {
            Size::Quick => quick,
            Size::Full => full,
        }
    }

    pub fn quick(&self) -> bool {
        self.size == Size::Quick
    }
}
