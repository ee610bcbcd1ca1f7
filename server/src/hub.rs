//! The connections of this node, and delivery to them: bounded, without waiting, the bytes shared.
//!
//! Knows neither SQL nor what rights mean: whoever calls has decided who may get what.

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use dashmap::DashMap;
use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::{
    error::Close,
    id::{ConnectionId, RightsVersion, SessionId, SiteId, UserId},
    protocol::ServerFrame,
    rights::{CourseRights, Precedence},
};

pub mod outbound;
pub use outbound::{Frame, Kind, Outbound};

/// Circles calls that one connect may miss. Beyond, it is closed, and comes back to a store that has them all.
const MISSED_MOST: usize = 256;

/// A frame as it is sent.
pub fn encode(frame: &ServerFrame) -> Frame {
    frame.encode().into()
}

/// The connections of one user; two fit without an allocation of their own.
pub type Connections = SmallVec<[Arc<Connection>; 2]>;

/// One socket, as the rest of the server sees it.
#[derive(Debug)]
pub struct Connection {
    /// Unique in this process; rises with the sockets, so a lower one is older.
    pub id: ConnectionId,
    /// The token's site.
    pub site: SiteId,
    /// The token's user.
    pub user: UserId,
    /// The host's login.
    pub sid: Arc<str>,
    /// The browser's stay.
    pub session: SessionId,
    /// Frames on their way out.
    pub out: Outbound,
    /// Whether somebody can see the page: if not, rosters wait.
    pub visible: AtomicBool,
    /// The highest rights version that a call of the host brought for this user while this connection lives; −1: none.
    /// A connect that read the store before the call sees here that it must read again.
    rights_floor: AtomicI64,
    /// What circles calls have said of this user since the connect began; `None` once the rosters know the connection,
    /// as they are told then.
    missed: Mutex<Option<Vec<Arc<CourseRights>>>>,
    /// Set once the connection has been found to be of somebody who is paused.
    pause: Mutex<Option<Pause>>,
    /// The dock has changed since this connection began: a connect that has read it reads it again.
    pub dock_is_stale: AtomicBool,
}

/// What a connection waits for whose user's chat is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it ends, ms.
    pub until: i64,
    /// Of the rights that say so.
    pub version: RightsVersion,
}

impl Connection {
    /// From now on nothing of what is delivered to the user reaches this connection.
    pub fn set_pause(&self, pause: Pause) {
        *self.pause.lock() = Some(pause);
        self.out.discard();
    }

    /// What it waits for.
    pub fn pause(&self) -> Option<Pause> {
        *self.pause.lock()
    }

    /// Whether the host has spoken since these rights were read.
    pub fn rights_are_older(&self, rights: Precedence) -> bool {
        let said = RightsVersion(self.rights_floor.load(Ordering::Acquire));
        !rights.wins(Precedence::call(said))
    }

    /// What circles calls have said since the connect began; from now on nothing is kept for it.
    pub fn take_missed(&self) -> Vec<Arc<CourseRights>> {
        self.missed.lock().take().unwrap_or_default()
    }

    fn misses(&self, news: &Arc<CourseRights>) {
        if let Some(missed) = &mut *self.missed.lock() {
            if missed.len() < MISSED_MOST {
                missed.push(news.clone());
            } else {
                self.out.close(Close::Restart);
            }
        }
    }
}

/// All connections of this node.
#[derive(Debug, Default)]
pub struct Hub {
    users: DashMap<(SiteId, UserId), Connections>,
    count: AtomicUsize,
}

/// A connection's place in the hub; dropping it leaves.
#[derive(Debug)]
pub struct Registration {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
}

impl Deref for Registration {
    type Target = Arc<Connection>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let key = (self.connection.site, self.connection.user);
        if let dashmap::Entry::Occupied(mut seat) = self.hub.users.entry(key) {
            seat.get_mut().retain(|c| c.id != self.connection.id);
            if seat.get().is_empty() {
                seat.remove();
            }
        }
        self.hub.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hub {
    /// Takes a connection in. From now on it gets what is delivered to its user: its queue holds that back until the
    /// loop has sent `welcome`.
    pub fn register(
        self: &Arc<Self>,
        id: ConnectionId,
        (site, user): (SiteId, UserId),
        sid: Arc<str>,
        session: SessionId,
        visible: bool,
        out: Outbound,
    ) -> Registration {
        let connection = Arc::new(Connection {
            id,
            site,
            user,
            sid,
            session,
            out,
            visible: AtomicBool::new(visible),
            rights_floor: AtomicI64::new(-1),
            missed: Mutex::new(Some(Vec::new())),
            pause: Mutex::new(None),
            dock_is_stale: AtomicBool::new(false),
        });
        self.users.entry((site, user)).or_default().push(connection.clone());
        self.count.fetch_add(1, Ordering::Relaxed);
        Registration { hub: self.clone(), connection }
    }

    /// Makes room for a connection that is welcome: closes the older ones of the same session (the newcomer itself, if
    /// it signed in after its successor), and the user's oldest beyond `most`.
    pub fn make_room(&self, newcomer: &Connection, most: usize) {
        let mut all = self.connections(newcomer.site, newcomer.user);
        let newest = all.iter().filter(|c| c.session == newcomer.session).map(|c| c.id).max();
        all.retain(|c| {
            let replaced = c.session == newcomer.session && Some(c.id) < newest;
            if replaced {
                c.out.close(Close::Replaced);
            }
            !replaced
        });
        all.sort_by_key(|c| c.id);
        let beyond = all.len().saturating_sub(most);
        all.iter().take(beyond).for_each(|c| c.out.close(Close::TooMany));
    }

    /// The user's connections now.
    pub fn connections(&self, site: SiteId, user: UserId) -> Connections {
        self.users.get(&(site, user)).map(|c| c.clone()).unwrap_or_default()
    }

    /// Sends a frame to every connection of a user, or queues it.
    pub fn deliver(&self, site: SiteId, user: UserId, frame: &Frame, kind: &Kind) {
        for connection in self.connections(site, user) {
            connection.out.push(frame.clone(), kind.clone());
        }
    }

    /// Tells the user's connections that the host has set their rights to `version`.
    pub fn rights_set(&self, site: SiteId, user: UserId, version: RightsVersion) {
        for connection in self.connections(site, user) {
            connection.rights_floor.fetch_max(version.0, Ordering::AcqRel);
        }
    }

    /// Tells those of the user's connections that are just signing in what the host has said of a course.
    pub fn course_set(&self, site: SiteId, user: UserId, news: &Arc<CourseRights>) {
        for connection in self.connections(site, user) {
            connection.misses(news);
        }
    }

    /// Closes the user's connections, only those of one login if `sid` is given. Returns how many.
    pub fn close(&self, site: SiteId, user: UserId, sid: Option<&str>, code: Close) -> usize {
        let all = self.connections(site, user);
        all.iter().filter(|c| sid.is_none_or(|sid| *c.sid == *sid)).map(|c| c.out.close(code)).count()
    }

    /// The logins of a site that are connected, by user: of those whose id is above `after`, the first `most`.
    pub fn logins(&self, site: SiteId, after: i64, most: usize) -> Vec<(UserId, BTreeSet<Arc<str>>)> {
        let seats = self.users.iter().filter(|seat| seat.key().0 == site && seat.key().1.get() > after);
        let sids = |c: &Connections| c.iter().map(|connection| connection.sid.clone()).collect();
        let mut all: Vec<_> = seats.map(|seat| (seat.key().1, sids(seat.value()))).collect();
        all.sort_unstable_by_key(|(user, _)| *user);
        all.truncate(most);
        all
    }

    /// Every connection of this node, for draining and for a site's removal.
    pub fn all(&self) -> Vec<Arc<Connection>> {
        self.users.iter().flat_map(|seat| seat.value().clone()).collect()
    }

    /// How many connections a site has.
    pub fn count_of(&self, site: SiteId) -> usize {
        self.users.iter().filter(|seat| seat.key().0 == site).map(|seat| seat.value().len()).sum()
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}
