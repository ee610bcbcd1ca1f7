//! What arrivals were told a moment ago: whoever walks from page to page is told the same again, without a read.
//!
//! An arrival is good as long as nothing was written that it tells of. The writer stamps what it touches before it
//! commits, and lets the clock go on when it has: whoever has seen a commit, by whatever way, finds its stamps, and what
//! was read before it is not told any more. Kept of those who came twice, for half a minute to a minute; only in the
//! process that serves the database, as no other writes what an arrival tells of but for removing a site, whose keys go
//! too.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    mem,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::arrive::Arrive;
use crate::{
    id::{ConversationId, SiteId, UserId},
    store::Arrival,
};

/// Two that share a stamp only cost each other a read now and then. 256 KiB.
const STAMPS: usize = 1 << 15;
/// People of half a minute at most, so twice as many in all.
const MOST: usize = 20_000;
/// Bytes of a block, and blocks of half a minute at most: room for as many people who take 1.6 KiB each.
const BLOCK: usize = 1 << 20;
const BLOCKS: usize = 32;

/// What a stamp is of.
#[derive(Hash)]
enum Subject<'a> {
    /// A user's record, and their memberships.
    Person(SiteId, UserId),
    /// A user's conversations, marks and windows.
    Talk(SiteId, UserId),
    /// Whether it is revoked.
    Login(SiteId, &'a str),
}

/// The arrivals, and what was written since.
pub(super) struct Recent {
    /// Rises with each transaction, once it has ended.
    clock: AtomicU64,
    /// The clock after the transaction that wrote a subject last, by its hash.
    stamps: Box<[AtomicU64]>,
    hasher: RandomState,
    /// The same of what concerns everybody.
    everything: AtomicU64,
    /// People between two turns at most.
    most: usize,
    kept: Mutex<Generations>,
}

/// What was told in half a minute. It lies, encoded, in a few blocks: had each its own place among what stays, the memory
/// would be full of holes when it is forgotten.
#[derive(Default)]
struct Generation {
    /// `None`: they came once, or there was no room.
    people: HashMap<Person, Option<Place>>,
    blocks: Vec<Vec<u8>>,
}

type Person = (SiteId, UserId);

/// A piece of a block.
#[derive(Clone, Copy)]
struct Place {
    block: u32,
    at: u32,
    length: u32,
}

#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

/// What was told, of when, and to which question.
#[derive(Serialize, Deserialize)]
struct Told<Q, A> {
    asked: Q,
    arrival: A,
    read_at: u64,
}

impl Generation {
    fn piece(&self, place: Place) -> &[u8] {
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
        let place = Place { block: block as u32, at: bytes.len() as u32, length: piece.len() as u32 };
        bytes.extend_from_slice(piece);
        self.people.insert(person, Some(place));
    }
}

impl Recent {
    /// Without `serving` nothing is kept.
    pub(super) fn new(serving: bool) -> Self {
        Self {
            clock: AtomicU64::new(0),
            stamps: (0..STAMPS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            everything: AtomicU64::new(0),
            most: if serving { MOST } else { 0 },
            kept: Mutex::default(),
        }
    }

    /// To be taken before what is to be kept is read.
    pub(super) fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// What was told to the same question, if it is still so.
    pub(super) fn again(&self, asked: &Arrive) -> Option<Arrival> {
        let key = (asked.site, asked.user);
        let piece = {
            let mut kept = self.kept.lock();
            let Generations { young, old } = &mut *kept;
            if let Some(place) = young.people.get(&key) {
                young.piece((*place)?).to_vec()
            } else {
                let piece = old.people.get(&key)?.map(|place| old.piece(place));
                if young.people.len() < self.most {
                    match piece {
                        None => _ = young.people.insert(key, None),
                        Some(piece) => young.put(key, piece),
                    }
                }
                piece?.to_vec()
            }
        };
        let told: Told<Arrive, Arrival> = postcard::from_bytes(&piece).ok()?;
        (told.asked == *asked && self.holds(&told)).then_some(told.arrival)
    }

    /// Keeps what was told if this person came before.
    pub(super) fn keep(&self, asked: &Arrive, arrival: &Arrival, read_at: u64) {
        let key = (asked.site, asked.user);
        let came_before = {
            let mut kept = self.kept.lock();
            let young = &mut kept.young.people;
            let came_before = young.contains_key(&key);
            if !came_before && young.len() < self.most {
                young.insert(key, None);
            }
            came_before
        };
        if !came_before {
            return;
        }
        let Ok(piece) = postcard::to_allocvec(&Told { asked, arrival, read_at }) else { return };
        let young = &mut self.kept.lock().young;
        if since(&self.everything, read_at) {
            return; // somebody may have been erased
        }
        young.put(key, &piece);
    }

    /// Forgets all, and keeps nothing any more, also of what was read before.
    pub(super) fn close(&self) {
        self.everything.store(u64::MAX, Ordering::SeqCst);
        self.forget();
    }

    /// Forgets all at once.
    fn forget(&self) {
        let all = mem::take(&mut *self.kept.lock());
        drop(all); // not under the lock
    }

    /// Forgets what nobody has asked for since the last time.
    pub(super) fn turn(&self) {
        let mut kept = self.kept.lock();
        let young = mem::take(&mut kept.young);
        let old = mem::replace(&mut kept.old, young);
        drop(kept);
        drop(old); // not under the lock
    }

    fn holds(&self, told: &Told<Arrive, Arrival>) -> bool {
        let Arrive { site, user, ref sid, .. } = told.asked;
        let written = |subject| since(self.stamp(&subject), told.read_at);
        let direct = told.arrival.dock.windows.iter().filter_map(|window| window.conversation.direct());
        let others = direct.filter_map(|two| two.other(user));
        !(since(&self.everything, told.read_at)
            || written(Subject::Person(site, user))
            || written(Subject::Talk(site, user))
            || written(Subject::Login(site, sid))
            || others.map(|other| Subject::Person(site, other)).any(written))
    }

    fn stamp(&self, subject: &Subject<'_>) -> &AtomicU64 {
        let hash = self.hasher.hash_one(subject);
        &self.stamps[hash as usize % STAMPS]
    }

    /// For the writer, in a transaction: to stamp what it touches.
    pub(super) fn touch(&self) -> Touch<'_> {
        Touch { recent: self, now: self.now() + 1 }
    }
}

/// Whether the transaction of a stamp had not ended at a time of the clock.
fn since(stamp: &AtomicU64, read_at: u64) -> bool {
    stamp.load(Ordering::SeqCst) > read_at
}

/// Stamps what a transaction touches. Until it has ended nothing is kept of what is read of that.
pub(super) struct Touch<'a> {
    recent: &'a Recent,
    now: u64,
}

impl Touch<'_> {
    /// A user's record, or their memberships.
    pub(super) fn person(&self, site: SiteId, user: UserId) {
        self.subject(&Subject::Person(site, user));
    }

    /// A user's conversations, marks or windows.
    pub(super) fn talk(&self, site: SiteId, user: UserId) {
        self.subject(&Subject::Talk(site, user));
    }

    /// The same of everybody in a conversation.
    pub(super) fn conversation(&self, site: SiteId, conversation: &ConversationId) {
        match conversation {
            ConversationId::Direct(two) => two.both().map(|user| self.talk(site, user)),
        };
    }

    /// That a login is revoked.
    pub(super) fn login(&self, site: SiteId, sid: &str) {
        self.subject(&Subject::Login(site, sid));
    }

    /// What may concern anybody.
    pub(super) fn everything(&self) {
        self.recent.everything.fetch_max(self.now, Ordering::SeqCst); // it only rises, to the end of `close`
    }

    /// That somebody is erased: nothing stays in memory.
    pub(super) fn erased(&self) {
        self.everything();
        self.recent.forget();
    }

    /// The transaction has ended: what is read from now on is of after it.
    pub(super) fn end(self) {
        self.recent.clock.store(self.now, Ordering::SeqCst);
    }

    fn subject(&self, subject: &Subject<'_>) {
        self.recent.stamp(subject).store(self.now, Ordering::SeqCst);
    }
}
