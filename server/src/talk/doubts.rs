//! Tries whose write ended with an error: they may be committed all the same, and then nobody was told.

use std::collections::HashSet;

use super::Key;

/// When one of them is tried again, everybody is told. At the bound all earlier ones are forgotten, and those concerned
/// see such a change when they next ask for changes.
#[derive(Default)]
pub(super) struct Doubts(HashSet<Key>);

impl Doubts {
    const MOST: usize = 10_000;

    pub(super) fn add(&mut self, key: Key) {
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(key);
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{SiteId, UserId};

    #[test]
    fn they_are_bounded() {
        let mut doubts = Doubts::default();
        let key = |n: u128| (SiteId(1), UserId::new(2).expect("a user"), Uuid::from_u128(n));
        (0..=Doubts::MOST as u128).for_each(|n| doubts.add(key(n)));
        assert!(!doubts.has(&key(0)) && doubts.has(&key(Doubts::MOST as u128)));
        doubts.remove(&key(Doubts::MOST as u128));
        assert!(!doubts.has(&key(Doubts::MOST as u128)));
    }
}
