//! Who is hidden from whom because one of the two has blocked the other, and whose rosters are therefore their own.
//!
//! Only of people who are online, as only they are in rosters. Everybody else shares the bytes of their view; who is
//! concerned has rosters of their own from then on, connection by connection (`View::apart`), which begin as what that
//! connection was told last: that somebody who has blocked them comes online sends them nothing.

use std::{
    collections::{HashMap, HashSet},
    hash::{Hash, Hasher},
    sync::Arc,
};

use dashmap::DashMap;
use parking_lot::Mutex;

use super::{Online, Person, Rosters, course::View, views};
use crate::{
    id::{ConnectionId, UserId},
    rights::Snapshot,
};

/// Whom one user does not see, and who does not see them, with what says so: a stay online (`Online::stay`) of the user,
/// and one of the other; 0: none. A stay that has ended takes away only what it brought itself.
#[derive(Debug, Default)]
pub struct Hidden(Mutex<HashMap<UserId, [u64; 2]>>);

const BY_ONESELF: usize = 0;
const BY_THE_OTHER: usize = 1;

impl Hidden {
    /// Those.
    pub(super) fn users(&self) -> HashSet<UserId> {
        self.0.lock().keys().copied().collect()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    fn set(&self, other: UserId, by: usize, stay: u64) {
        self.0.lock().entry(other).or_default()[by] = stay;
    }

    fn unset(&self, other: UserId, by: usize, stay: u64) {
        let mut all = self.0.lock();
        if let Some(said) = all.get_mut(&other)
            && said[by] == stay
        {
            said[by] = 0;
            if *said == [0, 0] {
                all.remove(&other);
            }
        }
    }
}

/// Makes a view one connection's own.
#[derive(Clone, Debug)]
pub struct Apart {
    connection: ConnectionId,
    /// As it is now, whenever that is looked at.
    pub(super) hidden: Arc<Hidden>,
}

impl PartialEq for Apart {
    fn eq(&self, other: &Self) -> bool {
        self.connection == other.connection
    }
}

impl Eq for Apart {}

impl Hash for Apart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.connection.hash(state);
    }
}

/// All blocks between people online.
#[derive(Debug, Default)]
pub(super) struct Blocks(DashMap<Person, Arc<Hidden>>);

impl Blocks {
    /// Somebody online has blocked these.
    fn add(&self, (site, user): Person, blocked: &[UserId], stay: u64) {
        for other in blocked {
            self.0.entry((site, user)).or_default().set(*other, BY_ONESELF, stay);
            self.0.entry((site, *other)).or_default().set(user, BY_THE_OTHER, stay);
        }
    }

    /// They have not any more, or are not online any more.
    fn take(&self, (site, user): Person, blocked: &[UserId], stay: u64) {
        for other in blocked {
            for (whose, whom, by) in [(user, *other, BY_ONESELF), (*other, user, BY_THE_OTHER)] {
                if let Some(hidden) = self.0.get(&(site, whose)) {
                    hidden.unset(whom, by, stay);
                }
                self.tidy((site, whose));
            }
        }
    }

    /// Forgets somebody of whom there is nothing to say, unless a connection's view looks at it.
    fn tidy(&self, person: Person) {
        self.0.remove_if(&person, |_, hidden| hidden.is_empty() && Arc::strong_count(hidden) == 1);
    }

    fn of(&self, person: Person) -> Option<Arc<Hidden>> {
        self.0.get(&person).filter(|hidden| !hidden.is_empty()).map(|hidden| hidden.clone())
    }
}

impl Rosters {
    /// Before somebody is listed: those whom they have blocked are set apart, so that no roster shows them.
    pub(super) fn comes(&self, person: Person, blocked: &[UserId], stay: u64) {
        self.blocks.add(person, blocked, stay);
        self.part_all(person, blocked);
    }

    /// The blocks of a stay that lasts, under its entry.
    pub(super) fn stays(&self, person: Person, online: &Online) {
        self.blocks.add(person, &online.rights.blocked, online.stay);
    }

    /// A stay has ended, or never began.
    pub(super) fn goes(&self, person: Person, blocked: &[UserId], stay: u64) {
        self.blocks.take(person, blocked, stay);
        // Views of theirs may have been the last to look at what others' blocks had left.
        self.blocks.tidy(person);
    }

    /// Under the entry of somebody whose blocks have changed. Returns those who are still to be set apart, or to be
    /// shown what they may see again, once the entry is free.
    pub(super) fn block(&self, person: Person, online: &mut Online, old: &Snapshot) -> Vec<UserId> {
        let new = online.rights.clone();
        let gone: Vec<UserId> = old.blocked.iter().filter(|u| !new.blocked.contains(u)).copied().collect();
        let mut changed: Vec<UserId> =
            new.blocked.iter().filter(|u| !old.blocked.contains(u)).copied().collect();
        self.blocks.add(person, &changed, online.stay);
        self.blocks.take(person, &gone, online.stay);
        changed.extend(gone);
        if !changed.is_empty() {
            self.part(person, online);
        }
        changed
    }

    /// Sets these apart where that is to be, and has their rosters looked at again.
    pub(super) fn part_all(&self, (site, _): Person, users: &[UserId]) {
        for user in users {
            if let Some(mut online) = self.users.get_mut(&(site, *user)) {
                self.part((site, *user), &mut online);
            }
        }
    }

    fn part(&self, person: Person, online: &mut Online) {
        if let Some(hidden) = self.blocks.of(person) {
            for seat in online.seats.iter_mut().filter(|seat| seat.apart.is_none()) {
                let apart = Apart { connection: seat.connection.id, hidden: hidden.clone() };
                self.rooms.part(&seat.connection, &mut seat.views, &apart);
                seat.apart = Some(apart);
            }
        }
        let looked_at = online.seats.iter().filter(|seat| seat.apart.is_some()).flat_map(|s| s.views.iter());
        self.rooms.look_again(person.0, looked_at);
    }

    /// The views of a connection that begins to look.
    pub(super) fn apart_for(&self, person: Person, connection: ConnectionId) -> Option<Apart> {
        self.blocks.of(person).map(|hidden| Apart { connection, hidden })
    }
}

/// One view for each circle that somebody holds, as one connection has them.
pub(super) fn views_apart(rights: &Snapshot, apart: Option<&Apart>) -> Vec<View> {
    views(rights).into_iter().map(|view| View { apart: apart.cloned(), ..view }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{
        config::Config,
        hub::{Hub, Outbound, Registration},
        id::{SessionId, SiteId},
        sites::Sites,
        store::{Origin, UserRecord, sqlite::SqliteStore},
    };

    const SITE: SiteId = SiteId(1);
    const CIRCLES: i64 = 3;

    /// Rosters on which people come and go, and what is kept there.
    struct World {
        hub: Arc<Hub>,
        rosters: Rosters,
        connections: u64,
        now: i64,
        _folder: tempfile::TempDir,
    }

    impl World {
        async fn begin() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::make(folder.path().join("gchat.db")).await.unwrap();
            let sites = Arc::new(Sites::load(Arc::new(store)).await.unwrap());
            let mut limits = Config::default().limits;
            limits.grace_ms = 0;
            let rosters = Rosters::new(sites, &limits);
            Self { hub: Arc::default(), rosters, connections: 0, now: 0, _folder: folder }
        }

        fn comes(&mut self, user: i64, blocked: &[i64]) -> Registration {
            let circles =
                (1..=CIRCLES).map(|n| json!({"id": format!("c{n}"), "role": "teacher", "title": "x"}));
            let snapshot: Snapshot = serde_json::from_value(json!({
                "rights_version": 1, "name": "Person", "picture": null, "profile_url": null, "lang": "en",
                "hidden": false, "rights": ["chat"], "blocked": blocked, "circles": circles.collect::<Vec<_>>(),
            }))
            .unwrap();
            self.connections += 1;
            let (id, session) = (ConnectionId(self.connections), SessionId(Uuid::now_v7()));
            let out = Outbound::new(1_024, 1 << 20);
            let seat =
                self.hub.register(id, (SITE, UserId::new(user).unwrap()), "login".into(), session, true, out);
            let record = UserRecord { snapshot: Arc::new(snapshot), origin: Origin::Token, removed: false };
            self.rosters.arrive(&seat, &record);
            self.rosters.look(&seat, &[]);
            seat
        }

        fn goes(&mut self, seat: Registration) {
            self.rosters.leave(&seat, self.now);
            drop(seat);
            // Nobody is told: a course in which nothing moves is not looked at by ticks either.
            self.rosters.take_out_due(self.now);
        }

        /// What has changed is told.
        fn ticks(&mut self) {
            self.now += 1_000;
            self.rosters.tick(self.now).iter().for_each(|connection| connection.out.flush());
        }

        /// The rosters of one connection's own, and the people with blocks.
        fn apart(&self) -> (usize, usize) {
            (self.rosters.rooms.apart(), self.rosters.blocks.0.len())
        }
    }

    #[tokio::test]
    async fn a_block_costs_its_two_people_frames_of_their_own_and_all_others_share_one() {
        let mut world = World::begin().await;
        for (blocked, of_their_own) in [(&[][..], 0), (&[3], 2)] {
            let seats: Vec<_> =
                (2..52).map(|user| world.comes(user, if user == 2 { blocked } else { &[] })).collect();
            world.ticks();
            seats.iter().for_each(|seat| drop(seat.out.take()));
            let late = world.comes(60, &[]);
            world.ticks();
            let told: Vec<_> = seats.iter().map(|seat| seat.out.take().frames).collect();
            assert!(told.iter().all(|frames| frames.len() == CIRCLES as usize));
            let pieces: HashSet<_> = told.iter().flatten().map(|frame| frame.as_str().as_ptr()).collect();
            assert_eq!(pieces.len(), (1 + of_their_own) * CIRCLES as usize);
            seats.into_iter().chain([late]).for_each(|seat| world.goes(seat));
        }
    }

    #[tokio::test]
    async fn rosters_of_ones_own_are_forgotten_with_their_viewer() {
        let mut world = World::begin().await;
        let blocked: Vec<i64> = (100..200).collect();
        // He has blocked them all, and is here all the time; she is only one of them, and is too.
        let his = world.comes(1, &blocked);
        let hers = world.comes(100, &[]);
        let before = world.apart();
        assert_eq!(before, (2 * CIRCLES as usize, 1 + blocked.len()));
        for round in 0..10 {
            for user in &blocked {
                let seat = world.comes(*user, &[]);
                let circle = "c2".parse().unwrap();
                match round % 3 {
                    0 => world.rosters.look_away(&seat),
                    1 => drop(world.rosters.look(&seat, &[])),
                    _ => {}
                }
                assert!(world.rosters.snapshot(&seat, &circle).is_some());
                world.goes(seat);
            }
        }
        assert_eq!(world.apart(), before);
        world.goes(his);
        world.goes(hers);
        assert_eq!(world.apart(), (0, 0));
    }

    #[tokio::test]
    async fn whoever_was_blocked_by_somebody_who_has_gone_is_forgotten_too() {
        let mut world = World::begin().await;
        for user in 100..200 {
            let hers = world.comes(user, &[]);
            let his = world.comes(1, &[user]);
            assert_eq!(world.apart(), (2 * CIRCLES as usize, 2));
            // Her rosters stay her own.
            world.goes(his);
            assert_eq!(world.apart(), (CIRCLES as usize, 1));
            world.goes(hers);
            assert_eq!(world.apart(), (0, 0));
        }
    }
}
