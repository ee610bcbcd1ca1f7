//! What arrivals were told a moment ago, as bytes, of those who came twice within half a minute. What nobody has asked
//! for in half a minute to a minute is forgotten.
//!
//! Knows nothing of whether it is still so: that is told by the stamps.

use std::{collections::HashMap, mem};

use parking_lot::Mutex;

use crate::id::{SiteId, UserId};

/// People of half a minute at most, so twice as many in all.
const MOST: usize = 20_000;
/// Bytes of a block, and blocks of half a minute at most: room for as many people who take 1.6 KiB each.
const BLOCK: usize = 1 << 20;
const BLOCKS: usize = 32;

/// The pieces of everybody.
#[derive(Default)]
pub(super) struct Recent(Mutex<Generations>);

/// Whose piece it is.
pub(super) type Person = (SiteId, UserId);

#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

/// What was told in half a minute. It lies in a few blocks: had each piece its own place among what stays, the memory
/// would be full of holes when it is forgotten.
#[derive(Default)]
struct Generation {
    /// `None`: they came once, or there was no room.
    people: HashMap<Person, Option<Location>>,
    blocks: Vec<Vec<u8>>,
}

/// A piece of a block.
#[derive(Clone, Copy)]
struct Location {
    block: u32,
    at: u32,
    length: u32,
}

impl Generation {
    fn piece(&self, place: Location) -> &[u8] {
        let at = place.at as usize;
        &self.blocks[place.block as usize][at..at + place.length as usize]
    }

    /// Lays this down for somebody, over what was there if it is no longer, if there is room.
    fn put(&mut self, person: Person, piece: &[u8]) {
        if let Some(place) = self.people.get_mut(&person).and_then(Option::as_mut)
            && piece.len() <= place.length as usize
        {
            place.length = piece.len() as u32;
            let at = place.at as usize;
            self.blocks[place.block as usize][at..at + piece.len()].copy_from_slice(piece);
            return;
        }
        let has_room = |block: &Vec<u8>| block.len() + piece.len() <= BLOCK;
        if !self.blocks.last().is_some_and(has_room) {
            if self.blocks.len() == BLOCKS || piece.len() > BLOCK {
                return;
            }
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let block = self.blocks.len() - 1;
        let bytes = &mut self.blocks[block];
        let place = Location { block: block as u32, at: bytes.len() as u32, length: piece.len() as u32 };
        bytes.extend_from_slice(piece);
        self.people.insert(person, Some(place));
    }
}

impl Recent {
    /// Somebody's piece, if there is one.
    pub(super) fn again(&self, person: Person) -> Option<Vec<u8>> {
        let mut kept = self.0.lock();
        let Generations { young, old } = &mut *kept;
        if let Some(place) = young.people.get(&person) {
            return place.map(|place| young.piece(place).to_vec());
        }
        let piece = old.people.get(&person)?.map(|place| old.piece(place));
        if young.people.len() < MOST {
            match piece {
                None => _ = young.people.insert(person, None),
                Some(piece) => young.put(person, piece),
            }
        }
        piece.map(<[u8]>::to_vec)
    }

    /// Notes that somebody has come; whether they came before.
    pub(super) fn came_before(&self, person: Person) -> bool {
        let young = &mut self.0.lock().young.people;
        let came_before = young.contains_key(&person);
        if !came_before && young.len() < MOST {
            young.insert(person, None);
        }
        came_before
    }

    /// Keeps somebody's piece unless, by now, nothing is to be kept: whoever forgets all says so first.
    pub(super) fn keep(&self, person: Person, piece: &[u8], still: impl FnOnce() -> bool) {
        let young = &mut self.0.lock().young;
        if still() {
            young.put(person, piece);
        }
    }

    /// Forgets all at once.
    pub(super) fn forget(&self) {
        let all = mem::take(&mut *self.0.lock());
        drop(all); // not under the lock
    }

    /// Forgets what nobody has asked for since the last time.
    pub(super) fn turn(&self) {
        let mut kept = self.0.lock();
        let young = mem::take(&mut kept.young);
        let old = mem::replace(&mut kept.old, young);
        drop(kept);
        drop(old); // not under the lock
    }
}
