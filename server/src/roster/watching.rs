//! Whose windows show whom: what each connection was told last of the people in its dock, and telling it what is so now.
//!
//! Presence is told at once. Whether one may write also follows from the rights of people who are not online, which the
//! store has: who is in doubt is noted here, and `crate::writing` looks them up. In groups and rooms it follows from one's
//! own rights: of each connection is noted whether its dock has windows of these (`has_places`).

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use super::{Online, Person, Rosters};
use crate::{
    hub::{self, Connection, Kind},
    id::{ConnectionId, ConversationId, SiteId, UserId},
    protocol::{ServerFrame, Status},
    rights::{self, Side, Snapshot, Writing},
    store::UserRecord,
};

/// What a connection was told last of somebody in its dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of whom.
    pub user: UserId,
    /// Whether they are there.
    pub status: Status,
    /// Whether one may write to them.
    pub writing: Writing,
}

/// Who wants to know.
pub(super) struct Watcher {
    connection: Arc<Connection>,
    told: Told,
}

impl Rosters {
    /// Exactly these partners are of interest to this connection, which has just been told this of them. What has
    /// changed since it was looked up is told: presence at once, whether one may write if anybody's rights have changed
    /// since `as_of`.
    pub fn watch(&self, connection: &Arc<Connection>, partners: &[Told], has_places: bool, as_of: u64) {
        let (site, me) = (connection.site, (connection.site, connection.user));
        let Some(mut online) = self.users.get_mut(&me) else { return };
        let Some(seat) = online.seat(connection.id) else { return };
        let wanted: Vec<UserId> = partners.iter().map(|told| told.user).collect();
        let old = std::mem::replace(&mut seat.watches, wanted.clone());
        (seat.has_places, seat.may_have_places) = (has_places, false);
        drop(online);
        for told in partners {
            let mut watchers = self.watchers.entry((site, told.user)).or_default();
            watchers.insert(connection.id, Watcher { connection: connection.clone(), told: *told });
            drop(watchers);
            self.tell_watchers((site, told.user), Some(connection.id));
        }
        for partner in old.into_iter().filter(|partner| !wanted.contains(partner)) {
            self.unwatch((site, partner), connection.id);
        }
        // It may have left meanwhile, and then nobody else takes these out.
        let stays = self.users.get(&me).is_some_and(|online| online.has(connection.id));
        if !stays {
            wanted.into_iter().for_each(|partner| self.unwatch((site, partner), connection.id));
        } else if self.moves() != as_of && (has_places || !partners.is_empty()) {
            self.doubt([me]);
        }
    }

    pub(super) fn unwatch(&self, person: Person, id: ConnectionId) {
        if let dashmap::Entry::Occupied(mut watchers) = self.watchers.entry(person) {
            watchers.get_mut().remove(&id);
            if watchers.get().is_empty() {
                watchers.remove();
            }
        }
    }

    /// Somebody has come, gone, or other rights: their watchers are told, and they themselves of those they watch.
    pub(super) fn tell(&self, (site, user): Person) {
        self.tell_watchers((site, user), None);
        let own: Vec<(ConnectionId, Vec<UserId>)> = self
            .users
            .get(&(site, user))
            .map(|o| o.seats.iter().map(|seat| (seat.connection.id, seat.watches.clone())).collect())
            .unwrap_or_default();
        for (id, partners) in own {
            partners.into_iter().for_each(|partner| self.tell_watchers((site, partner), Some(id)));
        }
    }

    /// A site's policy has changed: everybody who is watched may be seen by others now.
    pub(super) fn tell_all(&self, site: SiteId) {
        let watched: Vec<Person> =
            self.watchers.iter().filter(|w| w.key().0 == site).map(|w| *w.key()).collect();
        watched.iter().for_each(|person| self.tell_watchers(*person, None));
        self.moves.fetch_add(1, Ordering::SeqCst);
        let has_places = |online: &Online| online.seats.iter().any(|seat| seat.has_places);
        let places = self.users.iter().filter(|online| online.key().0 == site && has_places(online));
        let placed: Vec<Person> = places.map(|online| *online.key()).collect();
        self.doubt(watched.into_iter().chain(placed));
    }

    /// Tells those who have a window with somebody (or one of them) what they may know now of their presence, if it is
    /// not what they were told last. The entry is held meanwhile, so that the last one told is the last that was true.
    fn tell_watchers(&self, (site, user): Person, only: Option<ConnectionId>) {
        let Some(mut watchers) = self.watchers.get_mut(&(site, user)) else { return };
        let wanted = watchers.iter_mut().filter(|(id, _)| only.is_none_or(|only| only == **id));
        for Watcher { connection, told } in wanted.map(|(_, watcher)| watcher) {
            let Some(viewer) = self.live(site, connection.user) else { continue };
            let status = self.status(site, (connection.user, &viewer), user);
            if told.status != status {
                told.status = status;
                let frame = hub::encode(&ServerFrame::Presence { user, status });
                connection.out.queue(frame, Kind::Vital);
            }
        }
    }

    /// Rises whenever the rights of somebody or a policy change.
    pub fn moves(&self) -> u64 {
        self.moves.load(Ordering::SeqCst)
    }

    /// Somebody's rights have changed, here or in the store: whether others may write to them, or they to others, is to
    /// be looked up.
    pub fn moved(&self, person: Person) {
        self.moves.fetch_add(1, Ordering::SeqCst);
        if self.watchers.contains_key(&person)
            || self.has_places(person)
            || self.may_have_places(person)
            || !self.partners(person).is_empty()
        {
            self.doubt([person]);
        }
    }

    /// These are to be looked at (again): one entry for each person, however often.
    pub fn doubt(&self, people: impl IntoIterator<Item = Person>) {
        self.doubts.lock().extend(people);
        self.doubted.notify_one();
    }

    /// Waits for people in doubt, and takes them all.
    pub async fn doubts(&self) -> HashSet<Person> {
        loop {
            let doubts = std::mem::take(&mut *self.doubts.lock());
            if !doubts.is_empty() {
                return doubts;
            }
            self.doubted.notified().await;
        }
    }

    /// Whether some window shows this person.
    pub fn is_watched(&self, person: Person) -> bool {
        self.watchers.contains_key(&person)
    }

    /// Whether the dock of somebody online has windows of groups or rooms.
    pub fn has_places(&self, person: Person) -> bool {
        self.users.get(&person).is_some_and(|online| online.seats.iter().any(|seat| seat.has_places))
    }

    /// Whether it may have some now that it had not when it was told.
    pub fn may_have_places(&self, person: Person) -> bool {
        self.users.get(&person).is_some_and(|online| online.seats.iter().any(|seat| seat.may_have_places))
    }

    /// Everybody in the dock of somebody online.
    pub fn partners(&self, person: Person) -> HashSet<UserId> {
        let online = self.users.get(&person);
        online.iter().flat_map(|o| o.seats.iter()).flat_map(|seat| seat.watches.iter().copied()).collect()
    }

    /// Tells those who have a window with somebody (or one user of them) whether they may write, if it is not what they
    /// were told last. `stored`: what the store knows of that person, for when they are not online. Gives those who were
    /// told that the person is removed: the dock that they have still has the name.
    pub fn tell_writing(
        &self,
        (site, user): Person,
        stored: Option<&UserRecord>,
        only: Option<UserId>,
    ) -> HashSet<UserId> {
        let mut bereft = HashSet::new();
        let Some(mut watchers) = self.watchers.get_mut(&(site, user)) else { return bereft };
        let wanted = watchers.values_mut().filter(|w| only.is_none_or(|only| only == w.connection.user));
        for Watcher { connection, told } in wanted {
            let Some(viewer) = self.live(site, connection.user) else { continue };
            let side = stored.filter(|stored| !stored.removed).map(|s| s.snapshot.side(connection.user));
            let writing = self.writing(site, (connection.user, &viewer), user, side);
            let conversation = ConversationId::between(connection.user, user);
            if let Some(conversation) = conversation.filter(|_| told.writing != writing) {
                told.writing = writing;
                let frame = ServerFrame::Writing { conversation, writing };
                connection.out.queue(hub::encode(&frame), Kind::Vital);
                if writing == Writing::Gone {
                    bereft.insert(connection.user);
                }
            }
        }
        bereft
    }

    /// Whether a viewer may write to somebody: by their live rights where they are online, else by what is stored of
    /// them (`None`: they were removed).
    pub fn writing(
        &self,
        site: SiteId,
        (viewer_id, viewer): (UserId, &Snapshot),
        to: UserId,
        stored: Option<Side<'_>>,
    ) -> Writing {
        let live = self.live(site, to);
        let them = match &live {
            // Everybody has a name but the removed.
            Some(live) => (!live.name.is_empty()).then(|| live.side(viewer_id)),
            None => stored,
        };
        rights::writing(self.sites.policy(site), viewer.side(to), them)
    }
}
