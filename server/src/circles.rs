//! What a host says of a whole course at once: the floor first, then the records of those concerned, then those online.
//!
//! Knows no route and no SQL. The floor is committed before anything else, so that from then on no older token or
//! snapshot can bring back what the call takes away; the records follow in short transactions, between which messages
//! are appended. What a crash leaves undone in the middle, the host's repeat does: applied twice, a call changes nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    bus::Bus,
    event::Event,
    hub::Hub,
    id::{RightsVersion, SiteId, UserId},
    rights::Membership,
    store::{CourseRooms, Floor, Result, Store},
    stripes::Stripes,
};

/// Users whose records are written in one transaction: some tens of milliseconds, for which a message may have to wait.
const CHUNK: usize = 500;

/// A snapshot of one course.
#[derive(Clone, Debug)]
pub struct Roll {
    /// The part of its circles before the slash.
    pub course: Arc<str>,
    /// Read before the rest was computed.
    pub version: RightsVersion,
    /// Whether there are rooms in it.
    pub rooms: Option<CourseRooms>,
    /// Everyone in it, with all that they hold of it: at least one circle each.
    pub members: HashMap<UserId, Vec<Membership>>,
}

/// Applies snapshots of courses.
pub struct Circles {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    bus: Arc<dyn Bus>,
    /// Keeps one course's calls in one order. Held over a whole call. Otherwise an older one could be the last to tell the
    /// rosters of somebody who has just come, and whose record the newer one had set.
    order: Stripes,
    /// By course those whose record was to be written when the store gave an error: it may be written all the same, and
    /// then nobody finds them among the members any more, and they have not been told.
    doubts: Mutex<HashMap<Course, HashSet<UserId>>>,
    /// Courses whose rooms were to be written when the store gave an error, or of which nobody could be told: the repeated
    /// call may find them written, and tells.
    rooms_in_doubt: Mutex<HashSet<Course>>,
}

/// A course of one site.
type Course = (SiteId, Arc<str>);

impl Circles {
    /// Over these parts.
    pub fn new(store: Arc<dyn Store>, hub: Arc<Hub>, bus: Arc<dyn Bus>) -> Self {
        let (order, doubts, rooms_in_doubt) = Default::default();
        Self { store, hub, bus, order, doubts, rooms_in_doubt }
    }

    /// Sets who is in a course, unless a newer call has. Returns the floor after it; when this returns, everyone
    /// concerned has the memberships that the roll gives them.
    pub async fn put(&self, site: SiteId, mut roll: Roll, now: i64) -> Result<Floor> {
        let _order = self.order.lock((site, &roll.course)).await;
        let floor = self.store.raise_floor(site, &roll.course, roll.version, now).await?;
        if !floor.applied {
            return Ok(floor);
        }
        let (key, rooms) = ((site, roll.course.clone()), roll.rooms.take());
        self.put_rooms(&key, roll.version, rooms).await?;
        // Read after the floor: whoever gets the course by an older token after this is refused by it.
        for user in self.store.members(site, &roll.course).await? {
            roll.members.entry(user).or_default();
        }
        for user in self.doubts.lock().get(&key).into_iter().flatten() {
            roll.members.entry(*user).or_default();
        }
        let mut all: Vec<_> = roll.members.into_iter().collect();
        // What somebody can see this very moment is set right first, and of that what they may see no longer.
        all.sort_by_cached_key(|(user, circles)| {
            (self.hub.connections(site, *user).is_empty(), !circles.is_empty())
        });
        let mut all = all.into_iter().peekable();
        while all.peek().is_some() {
            let chunk: Vec<_> = all.by_ref().take(CHUNK).collect();
            let users: Vec<UserId> = chunk.iter().map(|(user, _)| *user).collect();
            let doubt = |_: &_| self.doubts.lock().entry(key.clone()).or_default().extend(&users);
            let written = self.store.put_course(site, &roll.course, roll.version, chunk.clone()).await;
            if !written.inspect_err(doubt)? {
                // Another process has taken a newer call, and does what is to be done.
                return self.store.raise_floor(site, &roll.course, roll.version, now).await;
            }
            let (course, version) = (roll.course.clone(), roll.version);
            let told = self.bus.publish(Event::Course { site, course, version, members: chunk }).await;
            told.inspect_err(doubt)?;
        }
        self.doubts.lock().remove(&key);
        Ok(floor)
    }

    /// Says what rooms a course has, and tells those who have a window of one if that has changed.
    async fn put_rooms(
        &self,
        key: &Course,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> Result<()> {
        let (site, course) = key.clone();
        let in_doubt = self.rooms_in_doubt.lock().contains(key);
        let told = match self.store.put_course_rooms(site, &course, version, rooms).await {
            Ok(false) if !in_doubt => return Ok(()),
            Ok(_) => self.bus.publish(Event::Rooms { site, course }).await,
            Err(error) => Err(error),
        };
        match &told {
            Ok(()) => self.rooms_in_doubt.lock().remove(key),
            Err(_) => self.rooms_in_doubt.lock().insert(key.clone()),
        };
        told
    }
}
