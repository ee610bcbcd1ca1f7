//! Locks by key, of a fixed number: two keys may share one, and then wait for each other.

use std::hash::{BuildHasher as _, Hash, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// How many: it only bounds how often strangers wait for each other.
const STRIPES: usize = 4_096;

/// The locks. They may be held over a commit, which is what they are for.
pub struct Stripes {
    locks: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl Default for Stripes {
    fn default() -> Self {
        Self { locks: (0..STRIPES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl Stripes {
    /// Waits for the lock of a key.
    pub async fn lock(&self, key: impl Hash) -> MutexGuard<'_, ()> {
        let stripe = self.hasher.hash_one(key) % STRIPES as u64;
        self.locks[usize::try_from(stripe).unwrap_or(0)].lock().await
    }
}
