//! What arrivals were told a moment ago: whoever walks from page to page is told the same again, without a read.
//!
//! An arrival is good as long as nothing was written that it tells of. The writer stamps what a commit has touched,
//! before it answers anybody; what was read before the stamp is not told any more. So an arrival that is told misses at
//! most what nobody was told of yet, as a read a moment earlier would. Kept of those who came twice, for one to two
//! minutes; only in the process that serves the database, as no other may write what an arrival tells of.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use super::users::Arrive;
use crate::{
    id::{SiteId, UserId},
    store::Arrival,
};

/// Two that share a stamp only cost each other a read now and then. 256 KiB.
const STAMPS: usize = 1 << 15;
/// People of one minute at most; an arrival takes about 4 KiB.
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
    /// Rises with each commit.
    clock: AtomicU64,
    /// The clock when a subject was written last, by its hash.
    stamps: Box<[AtomicU64]>,
    hasher: RandomState,
    /// The clock when something was written that concerns everybody.
    everything: AtomicU64,
    /// People a minute at most.
    most: usize,
    kept: Mutex<Generations>,
}

type Generation = HashMap<(SiteId, UserId), Option<Arc<Told>>>;

/// `None`: they came once.
#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

/// What was told, of when, and to which question.
struct Told {
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
        let key = asked.person();
        let told = {
            let mut kept = self.kept.lock();
            let Generations { young, old } = &mut *kept;
            if let Some(told) = old.remove(&key) {
                young.entry(key).or_insert(told);
            }
            young.get(&key)?.clone()?
        };
        (told.asked == *asked && self.holds(&told)).then(|| told.arrival.clone())
    }

    /// Keeps what was told if this person came before.
    pub(super) fn keep(&self, asked: Arrive, arrival: &Arrival, read_at: u64) {
        let key = asked.person();
        let mut kept = self.kept.lock();
        let full = kept.young.len() >= self.most;
        match kept.young.get_mut(&key) {
            Some(place) => *place = Some(Arc::new(Told { asked, arrival: arrival.clone(), read_at })),
            None if full => {}
            None => drop(kept.young.insert(key, None)),
        }
    }

    /// Forgets all at once.
    pub(super) fn forget(&self) {
        let all = mem::take(&mut *self.kept.lock());
        drop(all); // not under the lock
    }

    /// Forgets what nobody has asked for since the last time.
    pub(super) fn turn(&self) {
        let mut kept = self.kept.lock();
        let young = mem::take(&mut kept.young);
        let old = mem::replace(&mut kept.old, young);
        drop(kept);
        drop(old);
    }

    fn holds(&self, told: &Told) -> bool {
        let (site, user) = told.asked.person();
        let since = |stamp: &AtomicU64| stamp.load(Ordering::SeqCst) > told.read_at;
        let written = |subject| since(self.stamp(&subject));
        let others = told.arrival.dock.windows.iter().filter_map(|window| window.conversation.other(user));
        !(since(&self.everything)
            || written(Subject::Person(site, user))
            || written(Subject::Talk(site, user))
            || written(Subject::Login(site, told.asked.sid()))
            || others.map(|other| Subject::Person(site, other)).any(written))
    }

    fn stamp(&self, subject: &Subject<'_>) -> &AtomicU64 {
        let hash = self.hasher.hash_one(subject);
        &self.stamps[hash as usize % STAMPS]
    }

    /// For the writer, after a commit: to stamp what it has touched.
    pub(super) fn touch(&self) -> Touch<'_> {
        // What is read from now on sees the commit.
        Touch { recent: self, now: self.clock.fetch_add(1, Ordering::SeqCst) + 1 }
    }
}

/// Stamps what a commit has touched.
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
        self.recent.everything.store(self.now, Ordering::SeqCst);
    }

    fn subject(&self, subject: &Subject<'_>) {
        self.recent.stamp(subject).store(self.now, Ordering::SeqCst);
    }
}
