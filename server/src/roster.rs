//! Who is online and who sees whom: rosters by circle and viewer's role, presence of dock partners, search.
//!
//! Owns the rights of everyone online (the last word of token, call and store) and all that follows from them. Knows
//! no SQL and no transport: frames are pushed to the hub's connections. `course` holds the pure part.
//!
//! Locks: a user's entry before a course's mutex, and a watched person's entry before users' entries, never the other
//! way round; no user's entry is held while another user's is read; nothing here waits.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    num::NonZeroU32,
    sync::{Arc, atomic::Ordering},
};

use axum::extract::ws::Utf8Bytes;
use dashmap::DashMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use rand::RngExt as _;

use crate::{
    config::Limits,
    hub::{Connection, Kind},
    id::{CircleId, ConnectionId, SiteId, UserId},
    presence::Presence,
    protocol::{Contact, RosterVersion, ServerFrame, Status},
    rights::{self, Snapshot},
    sites::Sites,
    store::{Origin, UserRecord},
};

pub mod course;
use course::{Course, Order, View};

/// A course of one site.
type CourseKey = (SiteId, Arc<str>);

/// A person of one site.
type Person = (SiteId, UserId);

/// How long changes gather, by how many are online.
const TICK_SMALL_MS: i64 = 250;
const TICK_LARGE_MS: i64 = 1_000;
const TOTALS_MS: i64 = 5_000;
const SMALL: usize = 200;
const LARGE: usize = 1_000;

/// Everyone online on this node.
pub struct Rosters {
    sites: Arc<Sites>,
    users: DashMap<Person, Online>,
    courses: DashMap<CourseKey, Arc<Mutex<Room>>>,
    /// Courses with changes that no viewer has been told of.
    dirty: Mutex<HashSet<CourseKey>>,
    /// When whose grace ends, soonest first; entries that a new connection made moot are skipped.
    leaving: Mutex<BinaryHeap<Reverse<(i64, Person)>>>,
    /// Whose presence which connections want, and what each has been told of it last: only what differs is sent, so
    /// that nothing is sent of those whose coming and going a viewer may not know.
    watchers: DashMap<Person, HashMap<ConnectionId, (Arc<Connection>, Status)>>,
    window: usize,
    grace_ms: i64,
    messages: Quota,
}

/// Somebody online, or within the grace after the last connection.
struct Online {
    presence: Presence,
    rights: Arc<Snapshot>,
    origin: Origin,
    limiter: Arc<DefaultDirectRateLimiter>,
    /// What each connection looks at.
    seats: HashMap<ConnectionId, Seat>,
}

/// One connection's subscriptions.
struct Seat {
    connection: Arc<Connection>,
    views: Vec<View>,
    watches: Vec<UserId>,
}

/// A course and who looks at it.
#[derive(Default)]
struct Room {
    course: Course,
    viewers: HashMap<View, HashMap<ConnectionId, Arc<Connection>>>,
    flushed_at: i64,
    totals_at: i64,
    /// Taken out of the map: look again.
    dead: bool,
}

/// A person's rights as others' questions need them.
#[derive(Clone)]
pub struct Rights {
    /// The last word.
    pub snapshot: Arc<Snapshot>,
    /// Counts the user's messages.
    pub limiter: Arc<DefaultDirectRateLimiter>,
}

impl Rosters {
    /// Nobody is online.
    pub fn new(sites: Arc<Sites>, limits: &Limits) -> Self {
        let per_second = NonZeroU32::new(limits.messages_per_second).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(limits.message_burst).unwrap_or(NonZeroU32::MIN);
        Self {
            sites,
            users: DashMap::new(),
            courses: DashMap::new(),
            dirty: Mutex::default(),
            leaving: Mutex::default(),
            watchers: DashMap::new(),
            window: limits.roster_window,
            grace_ms: i64::try_from(limits.grace_ms).unwrap_or(i64::MAX),
            messages: Quota::per_second(per_second).allow_burst(burst),
        }
    }

    /// A connection has come with these rights. Returns the rights that hold: the highest version known.
    pub fn arrive(&self, connection: &Arc<Connection>, record: &UserRecord) -> Arc<Snapshot> {
        let person = (connection.site, connection.user);
        let mut online = self.users.entry(person).or_insert_with(|| Online {
            presence: Presence::default(),
            rights: record.snapshot.clone(),
            origin: record.origin,
            limiter: Arc::new(RateLimiter::direct(self.messages)),
            seats: HashMap::new(),
        });
        let came = online.presence.connect();
        let seat = Seat { connection: connection.clone(), views: Vec::new(), watches: Vec::new() };
        online.seats.insert(connection.id, seat);
        let changed = self.replace(person, &mut online, record);
        if came && !changed {
            self.place(person, &online.rights);
        }
        let rights = online.rights.clone();
        drop(online);
        if came || changed {
            self.tell(person);
        }
        rights
    }

    /// The user's rights are now these, unless higher ones are known. Connected ones are told.
    pub fn change(&self, person: Person, record: &UserRecord) {
        let Some(mut online) = self.users.get_mut(&person) else { return };
        if self.replace(person, &mut online, record) {
            drop(online);
            self.tell(person);
        }
    }

    /// A connection went.
    pub fn leave(&self, connection: &Connection, now: i64) {
        let person = (connection.site, connection.user);
        let Some(mut online) = self.users.get_mut(&person) else { return };
        let Some(mut seat) = online.seats.remove(&connection.id) else { return };
        self.blind(&mut seat);
        let leaves_at = online.presence.disconnect(now, self.grace_ms);
        drop(online);
        for partner in seat.watches {
            self.unwatch((person.0, partner), connection.id);
        }
        if let Some(at) = leaves_at {
            self.leaving.lock().push(Reverse((at, person)));
        }
    }

    /// Starts (or restarts) sending the user's rosters to a connection, except those whose version it holds.
    pub fn look(&self, connection: &Arc<Connection>, held: &[RosterVersion]) {
        let Some(mut online) = self.users.get_mut(&(connection.site, connection.user)) else { return };
        let rights = online.rights.clone();
        if let Some(seat) = online.seats.get_mut(&connection.id) {
            self.blind(seat);
            self.see(seat, &rights, held);
        }
    }

    /// Stops sending rosters to a connection.
    pub fn look_away(&self, connection: &Connection) {
        if let Some(mut online) = self.users.get_mut(&(connection.site, connection.user))
            && let Some(seat) = online.seats.get_mut(&connection.id)
        {
            self.blind(seat);
        }
    }

    /// The snapshot of one of the user's circles, or `None` if it is not theirs.
    pub fn snapshot(&self, connection: &Arc<Connection>, circle: &CircleId) -> Option<Utf8Bytes> {
        let rights = self.rights(connection.site, connection.user)?.snapshot;
        let view = views(&rights).into_iter().find(|view| view.circle == *circle)?;
        let policy = self.sites.policy(connection.site);
        Some(self.in_room(&self.key(connection.site, circle), |room| {
            room.course.snapshot(&view, policy, self.window, next_version).1
        }))
    }

    /// The presence of exactly these partners is wanted by this connection, which has just been told these statuses.
    /// What has changed since they were looked up is told at once.
    pub fn watch(&self, connection: &Arc<Connection>, partners: &[(UserId, Status)]) {
        let (site, me) = (connection.site, (connection.site, connection.user));
        let Some(mut online) = self.users.get_mut(&me) else { return };
        let Some(seat) = online.seats.get_mut(&connection.id) else { return };
        let wanted: Vec<UserId> = partners.iter().map(|(partner, _)| *partner).collect();
        let old = std::mem::replace(&mut seat.watches, wanted.clone());
        drop(online);
        for (partner, told) in partners {
            let mut watchers = self.watchers.entry((site, *partner)).or_default();
            watchers.insert(connection.id, (connection.clone(), *told));
            drop(watchers);
            self.tell_watchers((site, *partner), Some(connection.id));
        }
        for partner in old.into_iter().filter(|partner| !wanted.contains(partner)) {
            self.unwatch((site, partner), connection.id);
        }
        // It may have left meanwhile, and then nobody else takes these out.
        if !self.users.get(&me).is_some_and(|online| online.seats.contains_key(&connection.id)) {
            wanted.into_iter().for_each(|partner| self.unwatch((site, partner), connection.id));
        }
    }

    /// The rights of somebody who is online, hidden or not.
    pub fn rights(&self, site: SiteId, user: UserId) -> Option<Rights> {
        let online = self.users.get(&(site, user))?;
        Some(Rights { snapshot: online.rights.clone(), limiter: online.limiter.clone() })
    }

    /// What a viewer may know of somebody's presence.
    pub fn status(&self, site: SiteId, viewer: &Snapshot, of: UserId) -> Status {
        let Some(rights) = self.rights(site, of) else { return Status::Offline };
        let rights = rights.snapshot;
        let seen = !rights.hidden
            && rights.may_chat()
            && rights::may_see(self.sites.policy(site), &viewer.circles, &rights.circles);
        if seen { Status::Online } else { Status::Offline }
    }

    /// People online whom the viewer sees, by name; in one circle of theirs or in all.
    pub fn search(
        &self,
        site: SiteId,
        viewer: UserId,
        text: &str,
        circle: Option<&CircleId>,
        next: Option<&str>,
        most: usize,
    ) -> Option<(Vec<Contact>, Option<String>)> {
        let rights = self.rights(site, viewer)?.snapshot;
        let views: Vec<View> =
            views(&rights).into_iter().filter(|v| circle.is_none_or(|c| v.circle == *c)).collect();
        if circle.is_some() && views.is_empty() {
            return None;
        }
        let (policy, text, after) =
            (self.sites.policy(site), text.to_lowercase(), next.and_then(Order::from_next));
        let mut more = false;
        let mut found: Vec<(Order, Contact)> = Vec::new();
        for view in views {
            let (hits, rest) = self.in_room(&self.key(site, &view.circle), |room| {
                // One more than asked for: the viewer is among them.
                room.course.search(&view, policy, &text, after.as_ref(), most + 1)
            });
            more |= rest;
            found.extend(hits);
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let mut seen = HashSet::from([viewer]);
        found.retain(|(_, contact)| seen.insert(contact.id));
        more |= found.len() > most;
        found.truncate(most);
        let next = if more { found.last().map(|(order, _)| order.to_next()) } else { None };
        Some((found.into_iter().map(|(_, contact)| contact).collect(), next))
    }

    /// How many people of a site are online, the hidden included: for the host's status check only.
    pub fn online(&self, site: SiteId) -> usize {
        self.users.iter().filter(|entry| entry.key().0 == site).count()
    }

    /// The clock has moved: takes out whose grace is over, and tells viewers what has gathered.
    pub fn tick(&self, now: i64) {
        self.take_out(now);
        let dirty = std::mem::take(&mut *self.dirty.lock());
        let mut later = Vec::new();
        for key in dirty {
            if !self.flush(&key, now) {
                later.push(key);
            }
        }
        if !later.is_empty() {
            self.dirty.lock().extend(later);
        }
    }

    /// A site's policy has changed: every roster of it is told anew.
    pub fn policy_changed(&self, site: SiteId) {
        let keys: Vec<CourseKey> =
            self.courses.iter().filter(|c| c.key().0 == site).map(|c| c.key().clone()).collect();
        self.dirty.lock().extend(keys);
        let watched: Vec<Person> =
            self.watchers.iter().filter(|w| w.key().0 == site).map(|w| *w.key()).collect();
        watched.into_iter().for_each(|person| self.tell_watchers(person, None));
    }

    /// Takes new rights for somebody online by the rule of rights versions. True if anything others see, or the
    /// circles, changed.
    fn replace(&self, person: Person, online: &mut Online, record: &UserRecord) -> bool {
        let (new, old) = (&record.snapshot, online.rights.clone());
        let newer = (new.rights_version, record.origin) > (old.rights_version, online.origin)
            || (new.rights_version == old.rights_version && record.origin == online.origin && **new != *old);
        if !newer {
            return false;
        }
        online.rights = new.clone();
        online.origin = record.origin;
        if new.says_the_same(&old) {
            return false;
        }
        self.displace(person, &old);
        self.place(person, new);
        if new.circles != old.circles {
            let circles = ServerFrame::Circles { circles: new.circles.clone() }.encode();
            for seat in online.seats.values_mut() {
                seat.connection.out.push(circles.clone(), Kind::Vital);
                let looking = !seat.views.is_empty() || old.circles.is_empty();
                let held = self.versions_of(person.0, &seat.views);
                self.blind(seat);
                if looking && seat.connection.visible.load(Ordering::Relaxed) {
                    self.see(seat, new, &held);
                }
            }
        }
        true
    }

    /// What a connection that looks at these views has been told.
    fn versions_of(&self, site: SiteId, views: &[View]) -> Vec<RosterVersion> {
        let version = |view: &View| {
            let version = self.in_room(&self.key(site, &view.circle), |room| room.course.version(view))?;
            Some(RosterVersion { circle: view.circle.clone(), version })
        };
        views.iter().filter_map(version).collect()
    }

    fn place(&self, (site, user): Person, rights: &Snapshot) {
        if rights.hidden || !rights.may_chat() {
            return;
        }
        let contact = contact(user, rights);
        for course in courses(rights) {
            let circles = course::circles_of(course, rights.circles.iter().map(|m| (&m.id, m.role)));
            let key = (site, Arc::from(course));
            self.in_room(&key, |room| room.course.put(&contact, &circles));
            self.dirty.lock().insert(key);
        }
    }

    fn displace(&self, (site, user): Person, rights: &Snapshot) {
        for course in courses(rights) {
            let key = (site, Arc::from(course));
            self.in_room(&key, |room| room.course.remove(user));
            self.dirty.lock().insert(key);
        }
    }

    fn see(&self, seat: &mut Seat, rights: &Snapshot, held: &[RosterVersion]) {
        let site = seat.connection.site;
        let policy = self.sites.policy(site);
        for view in views(rights) {
            self.in_room(&self.key(site, &view.circle), |room| {
                let (version, bytes) = room.course.snapshot(&view, policy, self.window, next_version);
                let viewers = room.viewers.entry(view.clone()).or_default();
                viewers.insert(seat.connection.id, seat.connection.clone());
                if !held.iter().any(|h| h.circle == view.circle && h.version == version) {
                    seat.connection.out.push(bytes, Kind::Roster(view.circle.clone()));
                }
            });
            seat.views.push(view);
        }
    }

    fn blind(&self, seat: &mut Seat) {
        for view in seat.views.drain(..) {
            self.in_room(&self.key(seat.connection.site, &view.circle), |room| {
                if let Some(viewers) = room.viewers.get_mut(&view) {
                    viewers.remove(&seat.connection.id);
                    if viewers.is_empty() {
                        room.viewers.remove(&view);
                    }
                }
            });
        }
    }

    fn unwatch(&self, person: Person, id: ConnectionId) {
        if let dashmap::Entry::Occupied(mut watchers) = self.watchers.entry(person) {
            watchers.get_mut().remove(&id);
            if watchers.get().is_empty() {
                watchers.remove();
            }
        }
    }

    /// Somebody has come, gone, or other rights: their watchers are told, and they themselves of those they watch.
    fn tell(&self, (site, user): Person) {
        self.tell_watchers((site, user), None);
        let own: Vec<(ConnectionId, Vec<UserId>)> = self
            .users
            .get(&(site, user))
            .map(|o| o.seats.iter().map(|(id, seat)| (*id, seat.watches.clone())).collect())
            .unwrap_or_default();
        for (id, partners) in own {
            partners.into_iter().for_each(|partner| self.tell_watchers((site, partner), Some(id)));
        }
    }

    /// Tells those who have a window with somebody (or one of them) what they may know now, if it is not what they
    /// were told last. The entry is held meanwhile, so that the last one told is the last that was true.
    fn tell_watchers(&self, (site, user): Person, only: Option<ConnectionId>) {
        let Some(mut watchers) = self.watchers.get_mut(&(site, user)) else { return };
        for (watcher, told) in
            watchers.iter_mut().filter(|(id, _)| only.is_none_or(|only| only == **id)).map(|(_, w)| w)
        {
            let Some(viewer) = self.rights(site, watcher.user) else { continue };
            let status = self.status(site, &viewer.snapshot, user);
            if *told != status {
                *told = status;
                watcher.out.push(ServerFrame::Presence { user, status }.encode(), Kind::Vital);
            }
        }
    }

    fn take_out(&self, now: i64) {
        loop {
            let person = {
                let mut leaving = self.leaving.lock();
                match leaving.peek() {
                    Some(Reverse((at, _))) if *at <= now => leaving.pop().map(|Reverse((_, person))| person),
                    _ => None,
                }
            };
            let Some(person) = person else { return };
            let gone = self.users.remove_if(&person, |_, online| online.presence.is_gone(now));
            if let Some((_, online)) = gone {
                self.displace(person, &online.rights);
                self.tell(person);
                // Somebody who came back between the two lines above is placed again.
                if let Some(back) = self.users.get(&person) {
                    self.place(person, &back.rights);
                }
            }
        }
    }

    /// True if the course was up to date or is now; false if it is not due yet.
    fn flush(&self, key: &CourseKey, now: i64) -> bool {
        let policy = self.sites.policy(key.0);
        let Some(room) = self.courses.get(key).map(|room| room.clone()) else { return true };
        let mut room = room.lock();
        let online = room.course.len();
        let interval = if online <= SMALL { TICK_SMALL_MS } else { TICK_LARGE_MS };
        // A quarter of the tick of slack: the job's clock and this one are not in step.
        if (0..interval - TICK_SMALL_MS / 4).contains(&(now - room.flushed_at)) {
            return false;
        }
        let totals = online <= LARGE || now - room.totals_at >= TOTALS_MS;
        room.flushed_at = now;
        if totals {
            room.totals_at = now;
        }
        let Room { course, viewers, .. } = &mut *room;
        for (view, connections) in viewers.iter() {
            let diff = course.flush(view, policy, self.window, totals, next_version);
            if let Some(bytes) = diff {
                for connection in connections.values() {
                    connection.out.push(bytes.clone(), Kind::Roster(view.circle.clone()));
                }
            }
        }
        course.forget_unless(|view| viewers.contains_key(view));
        if room.course.is_empty() && room.viewers.is_empty() {
            room.dead = true;
            self.courses.remove(key);
        }
        totals
    }

    /// Runs `f` on a course's room, making it if need be.
    fn in_room<T>(&self, key: &CourseKey, f: impl FnOnce(&mut Room) -> T) -> T {
        loop {
            let room = self.courses.get(key).map(|room| room.clone());
            let room = room.unwrap_or_else(|| self.courses.entry(key.clone()).or_default().clone());
            let mut room = room.lock();
            if !room.dead {
                return f(&mut room);
            }
        }
    }

    fn key(&self, site: SiteId, circle: &CircleId) -> CourseKey {
        (site, circle.course().into())
    }
}

/// A version names one content. Drawn at random: a counter would tell viewers that somebody whom they do not see (a
/// hidden person, another course) has made a roster in between.
fn next_version() -> u64 {
    rand::rng().random_range(1..=UserId::MAX.unsigned_abs())
}

/// What others see of a person.
pub fn contact(id: UserId, rights: &Snapshot) -> Contact {
    Contact {
        id,
        name: rights.name.as_str().into(),
        picture: rights.picture.as_deref().map(Arc::from),
        profile_url: rights.profile_url.as_deref().map(Arc::from),
        role: None,
        status: None,
    }
}

/// One view for each circle that somebody holds.
fn views(rights: &Snapshot) -> Vec<View> {
    rights.circles.iter().map(|m| View { circle: m.id.clone(), role: m.role }).collect()
}

fn courses(rights: &Snapshot) -> HashSet<&str> {
    rights.circles.iter().map(|m| m.id.course()).collect()
}
