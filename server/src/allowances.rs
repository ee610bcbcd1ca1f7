//! What one person may take in a time: messages, searches, sign-ins, bytes. Belongs to the user of a site and outlives
//! their connections, so that coming back gives nobody a second one.
//!
//! Each is a bucket that refills evenly (the generic cell rate algorithm, as in ATM Forum TM 4.1, section 4.4.2). A user
//! whose buckets are full again is forgotten, which changes nothing for them; so there are at most as many entries as
//! people who have done something lately, and each of those was signed in by the host. Kept in memory: a restart fills
//! everything, and nobody but the administrator can restart the server. Knows no frame and no store.

use std::{sync::Arc, time::Duration};

use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    config::Limits,
    id::{ConversationId, SiteId, UserId},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Messages, also those that are refused.
    Messages,
    /// Read marks, also those that change nothing.
    Reads,
    /// Changes of windows, also those that change nothing.
    Windows,
    /// Searches, and questions for members and rooms.
    Searches,
    /// Frames of all connections together.
    Frames,
    /// Connections that have shown a good token.
    SignIns,
    /// Bytes of answers that grow with what others wrote, or who is there.
    AnswerBytes,
    /// Bytes that stay in the database.
    StoredBytes,
    /// People who are added to groups.
    Invitations,
}

/// How many there are.
const KINDS: usize = 9;

/// Read marks and changes of windows in a second, and at once: a person who clicks, or a page that catches up, is far
/// below.
const READS: (u32, u32) = (20, 200);
const WINDOWS: (u32, u32) = (10, 100);

/// Searches in a second, and at once (protocol/README.md, "Limits").
const SEARCHES: (u32, u32) = (5, 5);

/// People added to groups at once, and in how long there is room for one more (protocol/README.md, "Limits").
const INVITATIONS: u64 = 200;
const INVITATION: Duration = Duration::from_secs(30);

/// How long typing in one conversation is not passed on again.
const TYPING: Duration = Duration::from_secs(2);

const DAY: Duration = Duration::from_secs(86_400);

/// How fast a bucket refills, and how much it holds.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Nanoseconds for one.
    each: u64,
    /// Nanoseconds for all.
    whole: u64,
}

impl Rate {
    /// So many in a time, and so many at once.
    fn new(count: u64, time: Duration, burst: u64) -> Self {
        let each = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / count.max(1);
        Self { each, whole: each.saturating_mul(burst.max(1)) }
    }

    fn per_second((count, burst): (u32, u32)) -> Self {
        Self::new(count.into(), Duration::from_secs(1), burst.into())
    }

    fn cost(&self, count: u64) -> u64 {
        self.each.saturating_mul(count)
    }
}

/// When a bucket will be full, in nanoseconds since the allowances began; in the past: it is.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket(u64);

impl Bucket {
    /// Takes so many, or says how long to wait for them. From a full bucket more may be taken than it holds, or what is
    /// larger than that could never be taken.
    fn take(&mut self, rate: Rate, count: u64, now: u64) -> Result<(), Duration> {
        let full_at = self.0.max(now).saturating_add(rate.cost(count));
        let over = full_at.saturating_sub(now.saturating_add(rate.whole));
        if over > 0 && self.0 > now {
            return Err(Duration::from_nanos(over.min(self.0 - now)));
        }
        self.0 = full_at;
        Ok(())
    }

    /// Whether there is anything left, or how long to wait until there is.
    fn is_open(self, rate: Rate, now: u64) -> Result<(), Duration> {
        match self.0.saturating_sub(now.saturating_add(rate.whole)) {
            0 => Ok(()),
            over => Err(Duration::from_nanos(over)),
        }
    }

    /// Takes so many, whether they are there or not: what comes next has to wait for it.
    fn owe(&mut self, rate: Rate, count: u64, now: u64) {
        self.0 = self.0.max(now).saturating_add(rate.cost(count));
    }

    fn give_back(&mut self, rate: Rate, count: u64) {
        self.0 = self.0.saturating_sub(rate.cost(count));
    }

    /// How many are missing.
    fn taken(self, rate: Rate, now: u64) -> u64 {
        self.0.saturating_sub(now) / rate.each.max(1)
    }
}

/// The frames of one connection: a bucket of its own, beside the one of all of its user's.
#[derive(Debug)]
pub struct FrameRate {
    began: Instant,
    rate: Rate,
    bucket: Bucket,
}

impl FrameRate {
    /// Nothing has come.
    pub fn new(limits: &Limits) -> Self {
        let rate = Rate::per_second((limits.frames_per_second, limits.frame_burst));
        Self { began: Instant::now(), rate, bucket: Bucket::default() }
    }

    /// Counts one that comes now. False: it is one too many.
    pub fn take(&mut self, now: Instant) -> bool {
        let now = u64::try_from((now - self.began).as_nanos()).unwrap_or(u64::MAX);
        self.bucket.take(self.rate, 1, now).is_ok()
    }
}

/// The allowances of all users and sites of this node.
#[derive(Debug)]
pub struct Allowances {
    users: DashMap<(SiteId, UserId), Arc<Allowance>>,
    sites: DashMap<SiteId, Bucket>,
    rates: Arc<Rates>,
    site_bytes: u64,
}

#[derive(Debug)]
struct Rates {
    began: Instant,
    user: [Rate; KINDS],
    site: Rate,
}

impl Rates {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What one user may take.
#[derive(Debug)]
pub struct Allowance {
    rates: Arc<Rates>,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    buckets: [Bucket; KINDS],
    /// Where typing was passed on a moment ago, and when.
    typed: Vec<(ConversationId, Instant)>,
}

impl Allowances {
    /// Nobody has taken anything.
    pub fn new(limits: &Limits) -> Self {
        let connections = u64::try_from(limits.connections_per_user).unwrap_or(u64::MAX);
        let second = Duration::from_secs(1);
        let mut user = [Rate::per_second((1, 1)); KINDS];
        user[Kind::Messages as usize] = Rate::per_second((limits.messages_per_second, limits.message_burst));
        user[Kind::Reads as usize] = Rate::per_second(READS);
        user[Kind::Windows as usize] = Rate::per_second(WINDOWS);
        user[Kind::Searches as usize] = Rate::per_second(SEARCHES);
        user[Kind::Frames as usize] = Rate::new(
            u64::from(limits.frames_per_second).saturating_mul(connections),
            second,
            u64::from(limits.frame_burst).saturating_mul(connections),
        );
        user[Kind::SignIns as usize] = Rate::per_second((limits.sign_ins_per_second, limits.sign_in_burst));
        user[Kind::AnswerBytes as usize] =
            Rate::new(limits.answer_bytes_per_second, second, limits.answer_burst_bytes);
        user[Kind::StoredBytes as usize] =
            Rate::new(limits.user_bytes_per_day, DAY, limits.user_bytes_per_day);
        user[Kind::Invitations as usize] = Rate::new(1, INVITATION, INVITATIONS);
        let site = Rate::new(limits.site_bytes_per_day, DAY, limits.site_bytes_per_day);
        Self {
            users: DashMap::new(),
            sites: DashMap::new(),
            rates: Arc::new(Rates { began: Instant::now(), user, site }),
            site_bytes: limits.site_bytes_per_day,
        }
    }

    /// Somebody's.
    pub fn of(&self, site: SiteId, user: UserId) -> Arc<Allowance> {
        if let Some(known) = self.users.get(&(site, user)) {
            return known.clone();
        }
        let fresh = || Arc::new(Allowance { rates: self.rates.clone(), spent: Mutex::default() });
        self.users.entry((site, user)).or_insert_with(fresh).clone()
    }

    /// Takes bytes from the site's budget of a day, or says how long to wait for them.
    pub fn store(&self, site: SiteId, bytes: u64) -> Result<(), Duration> {
        self.sites.entry(site).or_default().take(self.rates.site, bytes, self.rates.now())
    }

    /// They were not stored after all.
    pub fn give_back(&self, site: SiteId, bytes: u64) {
        self.sites.entry(site).or_default().give_back(self.rates.site, bytes);
    }

    /// Bytes of the site's budget of a day that are taken and not refilled yet, and the whole budget.
    pub fn stored(&self, site: SiteId) -> (u64, u64) {
        let taken = self.sites.get(&site).map_or(0, |bucket| bucket.taken(self.rates.site, self.rates.now()));
        (taken, self.site_bytes)
    }

    /// Forgets those whose buckets are full again and whom no connection holds.
    pub fn forget(&self) {
        self.users.retain(|_, allowance| Arc::strong_count(allowance) > 1 || !allowance.is_whole());
    }

    /// How many users are remembered.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

impl Allowance {
    /// Takes one, or says how long to wait for it.
    pub fn take(&self, kind: Kind) -> Result<(), Duration> {
        self.take_many(kind, 1)
    }

    /// Takes so many at once, or none and says how long to wait for them.
    pub fn take_many(&self, kind: Kind, count: u64) -> Result<(), Duration> {
        let now = self.rates.now();
        self.spent.lock().buckets[kind as usize].take(self.rates.user[kind as usize], count, now)
    }

    /// Whether there is anything left, or how long to wait until there is.
    pub fn is_open(&self, kind: Kind) -> Result<(), Duration> {
        let bucket = self.spent.lock().buckets[kind as usize];
        bucket.is_open(self.rates.user[kind as usize], self.rates.now())
    }

    /// Takes what was used, whether it was there or not.
    pub fn owe(&self, kind: Kind, count: u64) {
        let now = self.rates.now();
        self.spent.lock().buckets[kind as usize].owe(self.rates.user[kind as usize], count, now);
    }

    /// It was not used after all.
    pub fn give_back(&self, kind: Kind, count: u64) {
        self.spent.lock().buckets[kind as usize].give_back(self.rates.user[kind as usize], count);
    }

    /// Whether typing is passed on: at most once in two seconds for a conversation.
    pub fn may_type(&self, conversation: &ConversationId) -> bool {
        let mut spent = self.spent.lock();
        spent.typed.retain(|(_, at)| at.elapsed() < TYPING);
        let lately = spent.typed.iter().any(|(typed, _)| typed == conversation);
        if !lately {
            spent.typed.push((conversation.clone(), Instant::now()));
        }
        !lately
    }

    fn is_whole(&self) -> bool {
        let (now, spent) = (self.rates.now(), self.spent.lock());
        spent.buckets.iter().all(|bucket| bucket.0 <= now)
            && spent.typed.iter().all(|(_, at)| at.elapsed() >= TYPING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: SiteId = SiteId(1);

    fn ana() -> UserId {
        "2".parse().expect("a user")
    }

    fn allowances() -> Allowances {
        Allowances::new(&Limits {
            user_bytes_per_day: 86_400,
            site_bytes_per_day: 172_800,
            ..Limits::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_and_the_wait_that_is_named_is_enough() {
        let ana = allowances().of(SITE, ana());
        (0..20).for_each(|n| assert_eq!(ana.take(Kind::Messages), Ok(()), "{n}"));
        let wait = ana.take(Kind::Messages).expect_err("the 21st");
        tokio::time::advance(wait).await;
        assert_eq!(ana.take(Kind::Messages), Ok(()));
        assert!(ana.take(Kind::Messages).is_err());
        assert_eq!(ana.take(Kind::Searches), Ok(()), "another bucket");
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_refills_what_was_written_and_nothing_is_too_large_for_ever() {
        let all = allowances();
        let ana = all.of(SITE, ana());
        assert_eq!(ana.take_many(Kind::StoredBytes, 86_400), Ok(()));
        assert_eq!(ana.take_many(Kind::StoredBytes, 100), Err(Duration::from_secs(100)));
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(ana.take_many(Kind::StoredBytes, 100), Ok(()));
        assert!(ana.take_many(Kind::StoredBytes, 200_000).is_err(), "more than there ever is");
        tokio::time::advance(DAY).await;
        assert_eq!(ana.take_many(Kind::StoredBytes, 200_000), Ok(()), "from a full one");
        assert_eq!((all.store(SITE, 100_000), all.stored(SITE)), (Ok(()), (100_000, 172_800)));
        all.give_back(SITE, 40_000);
        assert_eq!(all.stored(SITE).0, 60_000);
        tokio::time::advance(DAY).await;
        assert_eq!(all.stored(SITE).0, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_taken_something_is_remembered_until_it_is_back() {
        let all = allowances();
        drop(all.of(SITE, ana()));
        all.forget();
        assert_eq!(all.len(), 0);
        all.of(SITE, ana()).owe(Kind::AnswerBytes, 1_000_000);
        assert!(all.of(SITE, ana()).may_type(&"2-3".parse().expect("a conversation")));
        all.forget();
        assert_eq!(all.len(), 1, "a new connection finds what was taken");
        assert!(!all.of(SITE, ana()).may_type(&"2-3".parse().expect("a conversation")));
        tokio::time::advance(Duration::from_secs(60)).await;
        all.forget();
        assert_eq!(all.len(), 0);
    }
}
