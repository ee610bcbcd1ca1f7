//! The courses with somebody online, and which connections look at them: gathers changes, tells them by ticks.
//!
//! Knows no presence and no rights but those it is handed: `Rosters` decides who is listed where and who looks.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use dashmap::DashMap;
use parking_lot::Mutex;
use rand::RngExt as _;

use super::{
    Person,
    apart::Apart,
    contact,
    course::{self, Bookmark, Course, Entry, View},
};
use crate::{
    fold::Words,
    hub::{Connection, Frame, Kind},
    id::{CircleId, ConnectionId, SiteId, UserId},
    protocol::RosterVersion,
    rights::Snapshot,
    sites::Sites,
};

/// A course of one site.
type CourseKey = (SiteId, Arc<str>);

/// How long changes gather, by how many are online.
const TICK_SMALL_MS: i64 = 250;
const TICK_LARGE_MS: i64 = 1_000;
const TOTALS_MS: i64 = 5_000;
const SMALL: usize = 200;
const LARGE: usize = 1_000;

/// All courses with somebody online or looked at.
pub(super) struct Rooms {
    sites: Arc<Sites>,
    courses: DashMap<CourseKey, Arc<Mutex<Room>>>,
    /// Courses with changes that no viewer has been told of.
    dirty: Mutex<HashSet<CourseKey>>,
    /// Courses that keep frames of snapshots: who looks within one tick shares them, and whoever idles pays for none.
    warm: Mutex<Vec<CourseKey>>,
    /// Contacts in a roster's slice.
    slice: usize,
}

/// A course and who looks at it.
#[derive(Default)]
struct Room {
    course: Course,
    viewers: HashMap<View, HashMap<ConnectionId, Arc<Connection>>>,
    flushed_at: i64,
    totals_at: i64,
    /// Noted as one that keeps frames.
    warm: bool,
    /// Taken out of the map: look again.
    dead: bool,
}

impl Room {
    /// A connection looks at a view no longer.
    fn no_longer(&mut self, view: &View, connection: ConnectionId) {
        if let Some(viewers) = self.viewers.get_mut(view) {
            viewers.remove(&connection);
            if viewers.is_empty() {
                self.viewers.remove(view);
            }
        }
    }
}

impl Rooms {
    /// Empty ones.
    pub(super) fn new(sites: Arc<Sites>, slice: usize) -> Self {
        Self { sites, courses: DashMap::new(), dirty: Mutex::default(), warm: Mutex::default(), slice }
    }

    /// Lists somebody with these rights wherever they are seen.
    pub(super) fn list(&self, (site, user): Person, rights: &Snapshot) {
        if rights.hidden || !rights.may_chat() {
            return;
        }
        let person = course::Person::new(contact(user, rights));
        for course in rights.courses() {
            self.put((site, Arc::from(course)), &person, rights);
        }
    }

    /// As `unlist` and then `list`, but nobody is told by a tick in between that somebody left who stays.
    pub(super) fn relist(&self, person: Person, old: &Snapshot, new: &Snapshot) {
        let stays = if new.hidden || !new.may_chat() { BTreeSet::new() } else { new.courses() };
        self.take_from(person, old.courses().difference(&stays).copied());
        self.list(person, new);
    }

    /// As `unlist` and then `list`, in one course.
    pub(super) fn relist_in(&self, (site, user): Person, course: &str, rights: &Snapshot) {
        // Those who are not seen were not listed. Whoever holds nothing of it is only taken out.
        if !rights.hidden && rights.may_chat() {
            self.put((site, Arc::from(course)), &course::Person::new(contact(user, rights)), rights);
        }
    }

    /// Takes somebody who had these rights from where they were listed.
    pub(super) fn unlist(&self, person: Person, rights: &Snapshot) {
        self.take_from(person, rights.courses().into_iter());
    }

    fn take_from<'a>(&self, (site, user): Person, courses: impl Iterator<Item = &'a str>) {
        for course in courses {
            let key = (site, Arc::from(course));
            self.in_room(&key, |room| room.course.remove(user));
            self.dirty.lock().insert(key);
        }
    }

    /// Shows these views to a connection from now on, except those whose version it holds. Returns them.
    pub(super) fn see(
        &self,
        connection: &Arc<Connection>,
        views: Vec<View>,
        held: &[RosterVersion],
    ) -> (Vec<View>, usize) {
        let mut told = 0;
        let policy = self.sites.policy(connection.site);
        for view in &views {
            let key = key(connection.site, &view.circle);
            self.in_room(&key, |room| {
                let viewers = room.viewers.entry(view.clone()).or_default();
                viewers.insert(connection.id, connection.clone());
                let version = room.course.version(view, policy, self.slice, next_version);
                if !held.iter().any(|h| h.circle == view.circle && h.version == version) {
                    let bytes = self.snapshot_of(&key, room, view);
                    told += bytes.as_str().len();
                    connection.out.queue(bytes, Kind::Roster(view.circle.clone()));
                }
            });
        }
        (views, told)
    }

    /// Shows these views to a connection no longer.
    pub(super) fn blind(&self, connection: &Connection, views: impl Iterator<Item = View>) {
        for view in views {
            self.in_room(&key(connection.site, &view.circle), |room| {
                room.no_longer(&view, connection.id);
                // A roster of one connection's own is of no use to anybody else.
                if view.apart.is_some() {
                    room.course.forget(&view);
                }
            });
        }
    }

    /// Shows a connection views of its own in place of these, which begin as what it has been told last.
    pub(super) fn part(&self, connection: &Arc<Connection>, views: &mut [View], apart: &Apart) {
        for view in views {
            let own = View { apart: Some(apart.clone()), ..view.clone() };
            self.in_room(&key(connection.site, &view.circle), |room| {
                room.course.part(view, &own);
                room.no_longer(view, connection.id);
                room.viewers.entry(own.clone()).or_default().insert(connection.id, connection.clone());
            });
            *view = own;
        }
    }

    /// The connections that look at a view of this circle, or of its whole course.
    pub(super) fn lookers(&self, site: SiteId, circle: &CircleId) -> Vec<Arc<Connection>> {
        let Some(room) = self.courses.get(&key(site, circle)).map(|room| room.clone()) else {
            return Vec::new();
        };
        let room = room.lock();
        let of = |view: &View| view.circle == *circle || view.circle.group().is_none();
        let views = room.viewers.iter().filter(|(view, _)| of(view));
        views.flat_map(|(_, connections)| connections.values().cloned()).collect()
    }

    /// What these views show may have changed though nobody came or went.
    pub(super) fn look_again<'a>(&self, site: SiteId, views: impl Iterator<Item = &'a View>) {
        let keys: Vec<CourseKey> = views.map(|view| key(site, &view.circle)).collect();
        self.dirty.lock().extend(keys);
    }

    /// The snapshot of a view, as its viewers know it.
    pub(super) fn snapshot(&self, site: SiteId, view: &View) -> Frame {
        let key = key(site, &view.circle);
        self.in_room(&key, |room| {
            let bytes = self.snapshot_of(&key, room, view);
            // One connection's own, at which it does not look: nobody would be told what changes in it.
            if view.apart.is_some() && !room.viewers.contains_key(view) {
                room.course.forget(view);
            }
            bytes
        })
    }

    fn snapshot_of(&self, key: &CourseKey, room: &mut Room, view: &View) -> Frame {
        if !room.warm {
            room.warm = true;
            self.warm.lock().push(key.clone());
        }
        room.course.snapshot(view, self.sites.policy(key.0), self.slice, next_version).1
    }

    /// As `Course::search`.
    pub(super) fn search(
        &self,
        site: SiteId,
        view: &View,
        text: &Words,
        after: Option<&Bookmark>,
        most: usize,
    ) -> (Vec<Entry>, bool) {
        let policy = self.sites.policy(site);
        self.in_room(&key(site, &view.circle), |room| room.course.search(view, policy, text, after, most))
    }

    /// Queues for viewers what has gathered and is due. Returns for whom: to write it is not done under a room's lock.
    pub(super) fn tick(&self, now: i64) -> Vec<Arc<Connection>> {
        let mut told = Vec::new();
        let dirty = std::mem::take(&mut *self.dirty.lock());
        let later: Vec<_> = dirty.into_iter().filter(|key| !self.flush(key, now, &mut told)).collect();
        if !later.is_empty() {
            self.dirty.lock().extend(later);
        }
        let warm = std::mem::take(&mut *self.warm.lock());
        for room in warm.iter().filter_map(|key| self.courses.get(key).map(|room| room.clone())) {
            let mut room = room.lock();
            room.warm = false;
            room.course.forget_snapshots();
        }
        told
    }

    /// Every roster of a site may differ now.
    pub(super) fn policy_changed(&self, site: SiteId) {
        let keys: Vec<CourseKey> =
            self.courses.iter().filter(|c| c.key().0 == site).map(|c| c.key().clone()).collect();
        self.dirty.lock().extend(keys);
    }

    /// True if the course was up to date or is now; false if it is not due yet.
    fn flush(&self, key: &CourseKey, now: i64, told: &mut Vec<Arc<Connection>>) -> bool {
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
            let diff = course.flush(view, policy, self.slice, totals, next_version);
            if let Some(bytes) = diff {
                for connection in connections.values() {
                    connection.out.add(bytes.clone(), Kind::Roster(view.circle.clone()));
                }
                told.extend(connections.values().cloned());
            }
        }
        course.forget_unless(|view| viewers.contains_key(view));
        if room.course.is_empty() && room.viewers.is_empty() {
            room.dead = true;
            self.courses.remove(key);
        }
        totals
    }

    fn put(&self, key: CourseKey, person: &Arc<course::Person>, rights: &Snapshot) {
        let circles = course::circles_of(&key.1, rights.circles.iter().map(|m| (&m.id, m.role)));
        self.in_room(&key, |room| room.course.put(person, &circles));
        self.dirty.lock().insert(key);
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
}

#[cfg(test)]
impl Rooms {
    /// How many rosters of one connection's own are kept.
    pub(super) fn apart(&self) -> usize {
        self.courses.iter().map(|room| room.lock().course.apart()).sum()
    }
}

fn key(site: SiteId, circle: &CircleId) -> CourseKey {
    (site, circle.course().into())
}

/// A version names one content. Drawn at random: a counter would tell viewers that somebody whom they do not see (a
/// hidden person, another course) has made a roster in between.
fn next_version() -> u64 {
    rand::rng().random_range(1..=UserId::MAX.unsigned_abs())
}
