//! What arrivals were told a moment ago: whoever walks from page to page is told the same again, without a read.
//!
//! An arrival is good as long as nothing was written that it tells of. The writer stamps what it touches before it
//! commits, and lets the clock go on when it has: whoever has seen a commit, by whatever way, finds its stamps, and what
//! was read before it is not told any more. Kept of those who came twice, for half a minute to a minute; only in the
//! process that serves the database, as no other writes what an arrival tells of but for removing a site, whose keys go
//! too.

use std::{
    collections::{HashMap, hash_map},
    hash::{BuildHasher, Hash, RandomState},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use parking_lot::Mutex;

use super::arrive::Arrive;
use crate::{
    id::{SiteId, UserId},
    store::Arrival,
};

/// Two that share a stamp only cost each other a read now and then. 256 KiB.
const STAMPS: usize = 1 << 15;
/// People of half a minute at most, so twice as many in all; an arrival takes some 3 KiB.
const MOST: usize = 20_000;

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

type Generation = HashMap<(SiteId, UserId), Option<Arc<Told>>>;

/// What is to be dropped, one by one.
pub(super) type Forgotten = hash_map::IntoIter<(SiteId, UserId), Option<Arc<Told>>>;

/// `None`: they came once.
#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

/// What was told, of when, and to which question.
pub(super) struct Told {
    asked: Arrive,
    arrival: Arrival,
    read_at: u64,
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
        let told = {
            let mut kept = self.kept.lock();
            let Generations { young, old } = &mut *kept;
            if young.len() < self.most
                && let Some(told) = old.remove(&key)
            {
                young.entry(key).or_insert(told);
            }
            young.get(&key).or_else(|| old.get(&key))?.clone()?
        };
        (told.asked == *asked && self.holds(&told)).then(|| told.arrival.clone())
    }

    /// Keeps what was told if this person came before.
    pub(super) fn keep(&self, asked: Arrive, arrival: &Arrival, read_at: u64) {
        let key = (asked.site, asked.user);
        let told = Arc::new(Told { asked, arrival: arrival.clone(), read_at });
        let mut kept = self.kept.lock();
        if since(&self.everything, read_at) {
            return; // somebody may have been erased
        }
        let full = kept.young.len() >= self.most;
        let before = match kept.young.get_mut(&key) {
            Some(place) => place.replace(told),
            None if full => None,
            None => kept.young.insert(key, None).flatten(),
        };
        drop(kept);
        drop(before); // not under the lock
    }

    /// Forgets all, and keeps nothing any more, also of what was read before.
    pub(super) fn close(&self) {
        self.everything.store(u64::MAX, Ordering::SeqCst);
        self.forget();
    }

    /// Forgets all at once.
    fn forget(&self) {
        let Generations { young, old } = mem::take(&mut *self.kept.lock());
        drop_aside(young);
        drop_aside(old);
    }

    /// Forgets what nobody has asked for since the last time. It is the caller's to drop.
    pub(super) fn turn(&self) -> Forgotten {
        let mut kept = self.kept.lock();
        let young = mem::take(&mut kept.young);
        mem::replace(&mut kept.old, young).into_iter()
    }

    fn holds(&self, told: &Told) -> bool {
        let Arrive { site, user, ref sid, .. } = told.asked;
        let written = |subject| since(self.stamp(&subject), told.read_at);
        let others = told.arrival.dock.windows.iter().filter_map(|window| window.conversation.other(user));
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

/// Thousands of arrivals take their time, which nobody shall wait for.
fn drop_aside(generation: Generation) {
    if !generation.is_empty() {
        // An error: it has been dropped here.
        let _ = thread::Builder::new().name("store".into()).spawn(|| drop(generation));
    }
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
