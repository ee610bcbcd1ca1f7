//! Who is online and who sees whom: rosters by circle and viewer's role, presence of dock partners, search.
//!
//! Owns the rights of everyone online (the last word of token, call and store) and all that follows from them. Knows
//! no SQL and no transport: frames are queued for the hub's connections. `rooms` has the courses and who looks at them,
//! `course` the pure part.
//!
//! Locks: a user's entry before a course's mutex, and a watched person's entry before users' entries, never the other
//! way round; no user's entry is held while another user's is read; nothing here waits.
//!
//! It is past 500 lines because whatever takes a user's entry stands here, where the order of these locks can be read.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dashmap::DashMap;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::{
    config::Limits,
    error::Close,
    fold::Words,
    hub::{self, Connection, Frame, Kind},
    id::{CircleId, ConnectionId, RightsVersion, SiteId, UserId},
    presence::Presence,
    protocol::{Contact, RosterVersion, ServerFrame, Status},
    rights::{self, CourseRights, Precedence, Role, Snapshot, Standing},
    sites::Sites,
    store::{Face, Origin, UserRecord},
};

pub mod apart;
pub mod course;
mod rooms;
mod watching;
use apart::{Apart, Blocks, views_apart};
use course::{Bookmark, Entry, View};
use rooms::Rooms;
pub use watching::Told;
use watching::Watcher;

/// A person of one site.
type Person = (SiteId, UserId);

/// Everyone online on this node.
pub struct Rosters {
    sites: Arc<Sites>,
    /// Each in a box: a table has room for twice as many as it holds.
    users: DashMap<Person, Box<Online>>,
    rooms: Rooms,
    blocks: Blocks,
    /// Counts stays online.
    stays: AtomicU64,
    /// When whose grace ends, soonest first; entries that a new connection made moot are skipped.
    leaving: Mutex<BinaryHeap<Reverse<(i64, Person)>>>,
    /// Whose presence which connections want, and what each has been told of it last: only what differs is sent, so
    /// that nothing is sent of those whose coming and going a viewer may not know.
    watchers: DashMap<Person, HashMap<ConnectionId, Watcher>>,
    /// Rises with every change of rights.
    moves: AtomicU64,
    /// Whose rights have changed, so that it is to be looked up who may write to whom.
    doubts: Mutex<HashSet<Person>>,
    doubted: Notify,
    grace_ms: i64,
}

/// Somebody online, or within the grace after the last connection.
struct Online {
    /// Which stay online this is.
    stay: u64,
    presence: Presence,
    rights: Arc<Snapshot>,
    origin: Origin,
    /// Courses of which a circles call has said something newer than `rights`, and its version: whatever rights come
    /// with a lower version, these memberships stay.
    said: HashMap<Arc<str>, RightsVersion>,
    /// What each connection looks at; mostly there is one.
    seats: SmallVec<[Seat; 1]>,
}

impl Online {
    fn precedence(&self) -> Precedence {
        Precedence::new(self.rights.rights_version, self.origin)
    }

    fn has(&self, id: ConnectionId) -> bool {
        self.seats.iter().any(|seat| seat.connection.id == id)
    }

    fn seat(&mut self, id: ConnectionId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.connection.id == id)
    }
}

/// One connection's subscriptions.
struct Seat {
    connection: Arc<Connection>,
    views: Vec<View>,
    /// Set once the views are this connection's own.
    apart: Option<Apart>,
    watches: Vec<UserId>,
    /// Its dock has windows of groups or rooms: what they are follows from its user's own rights.
    has_places: bool,
    /// Their circles have changed since it was told: a group that they were out of may be theirs again, and its window is
    /// there with what is unread.
    may_have_places: bool,
}

impl Rosters {
    /// Nobody is online.
    pub fn new(sites: Arc<Sites>, limits: &Limits) -> Self {
        Self {
            rooms: Rooms::new(sites.clone(), limits.roster_slice),
            blocks: Blocks::default(),
            stays: AtomicU64::new(1),
            sites,
            users: DashMap::new(),
            leaving: Mutex::default(),
            watchers: DashMap::new(),
            moves: AtomicU64::new(0),
            doubts: Mutex::default(),
            doubted: Notify::new(),
            grace_ms: i64::try_from(limits.grace_ms).unwrap_or(i64::MAX),
        }
    }

    /// A connection has come with these rights. Returns the rights that hold: the highest version known.
    pub fn arrive(&self, connection: &Arc<Connection>, record: &UserRecord) -> Arc<Snapshot> {
        let person = (connection.site, connection.user);
        let stay = self.stays.fetch_add(1, Ordering::Relaxed);
        let blocked = &record.snapshot.blocked;
        if !self.users.contains_key(&person) {
            self.comes(person, blocked, stay);
        }
        let mut online = self.users.entry(person).or_insert_with(|| {
            let online = Online {
                stay,
                presence: Presence::default(),
                rights: record.snapshot.clone(),
                origin: record.origin,
                said: HashMap::new(),
                seats: SmallVec::new(),
            };
            Box::new(online)
        });
        self.stays(person, &online);
        if online.stay != stay {
            self.goes(person, blocked, stay);
        }
        let came = online.presence.connect(&connection.sid);
        let (views, watches) = (Vec::new(), Vec::new());
        let seat = Seat {
            connection: connection.clone(),
            views,
            apart: None,
            watches,
            has_places: false,
            may_have_places: false,
        };
        online.seats.push(seat);
        let changed = self.replace(person, &mut online, record);
        if came && changed.is_none() {
            self.rooms.list(person, &online.rights);
        }
        let rights = online.rights.clone();
        drop(online);
        if let Some(blocks) = &changed {
            self.part_all(person, blocks);
        }
        if came || changed.is_some() {
            self.tell(person);
        }
        if changed.is_some() {
            self.moved(person);
        }
        rights
    }

    /// The user's rights are now these, unless higher ones are known. Connected ones are told.
    pub fn change(&self, person: Person, record: &UserRecord) {
        let Some(mut online) = self.users.get_mut(&person) else { return self.moved(person) };
        if let Some(blocks) = self.replace(person, &mut online, record) {
            drop(online);
            self.part_all(person, &blocks);
            self.tell(person);
            self.moved(person);
        }
    }

    /// The user's memberships of one course are now these, unless something newer is known of it. Connected ones are
    /// told.
    pub fn change_course(&self, person: Person, news: &CourseRights) {
        let Some(mut online) = self.users.get_mut(&person) else { return self.moved(person) };
        let said = online.said.get(&news.course).copied().unwrap_or_default();
        let newest = Precedence::call(said.max(online.rights.rights_version));
        if !Precedence::call(news.version).wins(newest) {
            return;
        }
        online.said.insert(news.course.clone(), news.version);
        if online.rights.of_course(&news.course) == news.circles {
            return;
        }
        let new = Arc::new(online.rights.with_course(&news.course, &news.circles));
        let old = std::mem::replace(&mut online.rights, new.clone());
        self.rooms.relist_in(person, &news.course, &new);
        self.show_circles(&mut online, &old);
        drop(online);
        self.tell(person);
        self.moved(person);
    }

    /// A connection went.
    pub fn leave(&self, connection: &Connection, now: i64) {
        let person = (connection.site, connection.user);
        let Some(mut online) = self.users.get_mut(&person) else { return };
        let Some(at) = online.seats.iter().position(|seat| seat.connection.id == connection.id) else {
            return;
        };
        let mut seat = online.seats.swap_remove(at);
        self.rooms.blind(&seat.connection, seat.views.drain(..));
        seat.apart = None; // before their stay can end
        // Neither a logout nor a pause is a page change, also where the connection arrived after it.
        let ended = matches!(connection.out.closes_with(), Some(Close::LoggedOut | Close::Paused));
        let grace = if ended { 0 } else { self.grace_ms };
        let leaves_at = online.presence.disconnect(&connection.sid, now, grace);
        drop(online);
        for partner in seat.watches {
            self.unwatch((person.0, partner), connection.id);
        }
        if let Some(at) = leaves_at {
            self.leaving.lock().push(Reverse((at, person)));
        }
    }

    /// A login has ended: without another one, the person is offline at once.
    pub fn log_out(&self, person: Person, login: &str, now: i64) {
        let Some(mut online) = self.users.get_mut(&person) else { return };
        let (gone, stay) = online.seats.drain(..).partition(|seat| *seat.connection.sid == *login);
        online.seats = stay;
        let mut gone: SmallVec<[Seat; 1]> = gone;
        online.presence.log_out(login, gone.len());
        gone.iter_mut().for_each(|seat| self.rooms.blind(&seat.connection, seat.views.drain(..)));
        drop(online);
        for seat in gone {
            seat.watches.iter().for_each(|partner| self.unwatch((person.0, *partner), seat.connection.id));
        }
        self.take_out(person, now);
    }

    /// Whether newer rights than these are known of somebody online.
    pub fn knows_newer(&self, person: Person, record: &UserRecord) -> bool {
        self.users.get(&person).is_some_and(|online| !record.precedence().wins(online.precedence()))
    }

    /// Somebody is paused by these rights: to others they are offline at once, and they look at nothing. False, and
    /// nothing done, if newer rights are known.
    pub fn dismiss(&self, person: Person, record: &UserRecord) -> bool {
        let older = |online: &Online| record.precedence().wins(online.precedence());
        let Some((_, mut online)) = self.users.remove_if(&person, |_, online| older(online)) else {
            return !self.users.contains_key(&person);
        };
        for mut seat in online.seats.drain(..) {
            self.rooms.blind(&seat.connection, seat.views.drain(..));
            seat.watches.iter().for_each(|partner| self.unwatch((person.0, *partner), seat.connection.id));
        }
        self.end_stay(person, &online);
        true
    }

    /// Those who are here, and by their rights would be paused at this time, ms.
    pub fn paused(&self, now: i64) -> Vec<(Person, UserRecord)> {
        let paused = self.users.iter().filter(|o| matches!(o.rights.standing(now), Standing::Paused(_)));
        let record = |o: &Online| UserRecord { snapshot: o.rights.clone(), origin: o.origin, removed: false };
        paused.map(|online| (*online.key(), record(&online))).collect()
    }

    /// Starts (or restarts) sending the user's rosters to a connection, except those whose version it holds.
    /// Returns the bytes of the snapshots that were queued.
    pub fn look(&self, connection: &Arc<Connection>, held: &[RosterVersion]) -> usize {
        let Some(mut online) = self.users.get_mut(&(connection.site, connection.user)) else { return 0 };
        let rights = online.rights.clone();
        if let Some(seat) = online.seat(connection.id) {
            self.rooms.blind(&seat.connection, seat.views.drain(..));
            if seat.apart.is_none() {
                seat.apart = self.apart_for((connection.site, connection.user), connection.id);
            }
            let views = views_apart(&rights, seat.apart.as_ref());
            let told;
            (seat.views, told) = self.rooms.see(&seat.connection, views, held);
            return told;
        }
        0
    }

    /// Stops sending rosters to a connection.
    pub fn look_away(&self, connection: &Connection) {
        if let Some(mut online) = self.users.get_mut(&(connection.site, connection.user))
            && let Some(seat) = online.seat(connection.id)
        {
            self.rooms.blind(&seat.connection, seat.views.drain(..));
        }
    }

    /// The snapshot of one of the user's circles, or `None` if it is not theirs.
    pub fn snapshot(&self, connection: &Arc<Connection>, circle: &CircleId) -> Option<Frame> {
        let person = (connection.site, connection.user);
        let mut online = self.users.get_mut(&person)?;
        let rights = online.rights.clone();
        let apart = online.seat(connection.id)?.apart.clone();
        drop(online);
        let apart = apart.or_else(|| self.apart_for(person, connection.id));
        let view = views_apart(&rights, apart.as_ref()).into_iter().find(|view| view.circle == *circle)?;
        Some(self.rooms.snapshot(connection.site, &view))
    }

    /// The rights of somebody who is online, hidden or not: the last word on them.
    pub fn live(&self, site: SiteId, user: UserId) -> Option<Arc<Snapshot>> {
        Some(self.users.get(&(site, user))?.rights.clone())
    }

    /// Whether a connection is of somebody who is here.
    pub fn is_here(&self, connection: &Connection) -> bool {
        self.users.get(&(connection.site, connection.user)).is_some_and(|online| online.has(connection.id))
    }

    /// The connections that look at the roster of a circle, or of its whole course.
    pub fn lookers(&self, site: SiteId, circle: &CircleId) -> Vec<Arc<Connection>> {
        self.rooms.lookers(site, circle)
    }

    /// What a viewer may know of somebody's presence.
    pub fn status(&self, site: SiteId, (viewer_id, viewer): (UserId, &Snapshot), of: UserId) -> Status {
        let Some(rights) = self.live(site, of) else { return Status::Offline };
        let seen = !rights.hidden
            && rights.may_chat()
            && rights::may_know(self.sites.policy(site), viewer.side(of), rights.side(viewer_id));
        if seen { Status::Online } else { Status::Offline }
    }

    /// People online whom the viewer sees, who take messages from them, and whose names have all words of the text; in one
    /// circle of theirs or in all.
    pub fn search(
        &self,
        site: SiteId,
        viewer: UserId,
        text: &str,
        circle: Option<&CircleId>,
        next: Option<&str>,
        most: usize,
    ) -> Option<(Vec<Contact>, Option<String>)> {
        let rights = self.live(site, viewer)?;
        let apart = self.apart_for((site, viewer), ConnectionId(u64::MAX));
        let views = views_apart(&rights, apart.as_ref()).into_iter();
        let views: Vec<View> = views.filter(|v| circle.is_none_or(|c| v.circle == *c)).collect();
        if circle.is_some() && views.is_empty() {
            return None;
        }
        let (text, after) = (Words::of(text), next.and_then(Bookmark::from_next));
        let mut more = false;
        let mut found: Vec<Entry> = Vec::new();
        let mut elsewhere = HashMap::new();
        for view in &views {
            let (mut from, mut taken) = (None, 0);
            loop {
                let from_here = from.as_ref().or(after.as_ref());
                // One more than asked for: the viewer is among them.
                let (hits, rest) = self.rooms.search(site, view, &text, from_here, most + 1);
                from = hits.last().map(Entry::bookmark);
                let takes = |hit: &Entry| {
                    let theirs = self.live(site, hit.user());
                    theirs.is_some_and(|theirs| rights::takes(rights.side(hit.user()), theirs.side(viewer)))
                };
                for hit in hits.into_iter().filter(takes) {
                    // They are listed as a teacher, which may be on a page before this.
                    let mut teaches = || {
                        let user = hit.user();
                        *elsewhere.entry(user).or_insert_with(|| self.teaches((site, user), &views))
                    };
                    if hit.is_teacher() || views.len() == 1 || !teaches() {
                        taken += 1;
                        found.push(hit);
                    }
                }
                more |= rest && taken > most;
                if !rest || taken > most {
                    break;
                }
            }
        }
        found.sort_unstable();
        let mut seen = HashSet::from([viewer]);
        found.retain(|entry| seen.insert(entry.user()));
        more |= found.len() > most;
        found.truncate(most);
        let next = if more { found.last().map(Entry::to_next) } else { None };
        Some((found.iter().map(Entry::contact).collect(), next))
    }

    /// Whether somebody online is seen as a teacher in one of these views.
    fn teaches(&self, (site, user): Person, views: &[View]) -> bool {
        self.live(site, user).is_some_and(|rights| {
            let mut taught = rights.circles.iter().filter(|m| m.role == Role::Teacher);
            taught.any(|m| views.iter().any(|view| rights::share(&m.id, &view.circle)))
        })
    }

    /// How many people of a site are online, the hidden included: for the host's status check only.
    pub fn online(&self, site: SiteId) -> usize {
        self.users.iter().filter(|entry| entry.key().0 == site).count()
    }

    /// The clock has moved: takes out whose grace is over, and tells viewers what has gathered. Returns whose queues
    /// are to be flushed; a connection may be among them twice.
    #[must_use = "nobody else flushes what these are told"]
    pub fn tick(&self, now: i64) -> Vec<Arc<Connection>> {
        self.take_out_due(now);
        self.rooms.tick(now)
    }

    /// A site's policy has changed: every roster of it is told anew.
    pub fn policy_changed(&self, site: SiteId) {
        self.rooms.policy_changed(site);
        self.tell_all(site);
    }

    /// Takes new rights for somebody online by the rule of rights versions. If anything of them but the version changed:
    /// those with whom there is a block now, or none any more (`part_all`).
    fn replace(&self, person: Person, online: &mut Online, record: &UserRecord) -> Option<Vec<UserId>> {
        let (new, old) = (&record.snapshot, online.rights.clone());
        if !record.precedence().wins(online.precedence()) {
            return None;
        }
        let newer = |version: RightsVersion| Precedence::call(version).wins(record.precedence());
        online.said.retain(|_, version| !record.removed && newer(*version));
        let new = online.said.keys().fold(new.clone(), |new, course| {
            let held = old.of_course(course);
            if new.of_course(course) == held { new } else { Arc::new(new.with_course(course, &held)) }
        });
        online.rights = new.clone();
        online.origin = record.origin;
        if new.says_the_same(&old) {
            return None;
        }
        if new.blocked != old.blocked {
            let frame = hub::encode(&ServerFrame::Blocked { users: new.blocked.to_vec() });
            online.seats.iter().for_each(|seat| seat.connection.out.queue(frame.clone(), Kind::Vital));
        }
        let blocks = self.block(person, online, &old);
        self.rooms.relist(person, &old, &new);
        if new.circles != old.circles {
            self.show_circles(online, &old);
        }
        Some(blocks)
    }

    #[expect(
        clippy::mutable_key_type,
        reason = "a view that is apart is told from others by its connection alone"
    )]
    /// Tells somebody's connections their circles, which were others, and shows them what they see now.
    fn show_circles(&self, online: &mut Online, old: &Snapshot) {
        let circles = hub::encode(&ServerFrame::Circles { circles: online.rights.circles.clone() });
        let rights = online.rights.clone();
        for seat in online.seats.iter_mut() {
            seat.may_have_places = true;
            // A seat that has looked at nothing yet has nothing of its own.
            if seat.apart.is_none() {
                seat.apart = self.apart_for((seat.connection.site, seat.connection.user), seat.connection.id);
            }
            let wanted: HashSet<View> = views_apart(&rights, seat.apart.as_ref()).into_iter().collect();
            seat.connection.out.queue(circles.clone(), Kind::Vital);
            let looking = !seat.views.is_empty() || old.circles.is_empty();
            let (stay, go): (HashSet<View>, HashSet<View>) =
                seat.views.drain(..).partition(|view| wanted.contains(view));
            self.rooms.blind(&seat.connection, go.into_iter());
            if looking && seat.connection.visible.load(Ordering::Relaxed) {
                let new = wanted.difference(&stay).cloned().collect();
                (seat.views, _) = self.rooms.see(&seat.connection, new, &[]);
            }
            seat.views.extend(stay);
        }
    }

    fn take_out_due(&self, now: i64) {
        loop {
            let person = {
                let mut leaving = self.leaving.lock();
                match leaving.peek() {
                    Some(Reverse((at, _))) if *at <= now => leaving.pop().map(|Reverse((_, person))| person),
                    _ => None,
                }
            };
            let Some(person) = person else { return };
            self.take_out(person, now);
        }
    }

    /// Takes somebody out, if they are gone.
    fn take_out(&self, person: Person, now: i64) {
        let gone = self.users.remove_if(&person, |_, online| online.presence.is_gone(now));
        if let Some((_, online)) = gone {
            self.end_stay(person, &online);
        }
    }

    /// Somebody's stay has ended.
    fn end_stay(&self, person: Person, online: &Online) {
        self.rooms.unlist(person, &online.rights);
        self.goes(person, &online.rights.blocked, online.stay);
        self.tell(person);
        // Who came back between the two lines above is listed again.
        if let Some(back) = self.users.get(&person) {
            self.rooms.list(person, &back.rights);
        }
    }
}

/// What others see of a person.
pub fn contact(id: UserId, face: impl Into<Face>) -> Contact {
    let Face { name, picture, profile_url } = face.into();
    Contact { id, name, picture, profile_url, role: None, status: None }
}

/// One view for each circle that somebody holds.
fn views(rights: &Snapshot) -> Vec<View> {
    rights.circles.iter().map(|m| View::shared(m.id.clone(), m.role)).collect()
}
