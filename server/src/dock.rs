//! Docks: which windows somebody has, and telling their connections. What a window is made of is in `view`, pure.
//!
//! The store orders the changes and says which windows are listed. Knows no SQL and no socket.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, atomic::Ordering},
};

use parking_lot::Mutex;

use crate::{
    allowances::{Allowances, Kind},
    bus::Bus,
    config::Limits,
    error::Refusal,
    event::Event,
    fan_out::FanOut,
    hub::{self, Connection, Hub},
    id::{ConnectionId, ConversationId, SiteId, UserId},
    protocol::{self, ServerFrame},
    rights::Snapshot,
    roster::Rosters,
    sites::Sites,
    store::{self, Place, Store, WindowChange, WindowState},
    stripes::Stripes,
    talk::{Access, Speaker},
};

mod listed;
mod view;

pub use listed::{COUNTED, Facts};
use view::places;

/// What is shown of docks on this node.
pub struct Docks {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    rosters: Arc<Rosters>,
    sites: Arc<Sites>,
    fan_out: Arc<FanOut>,
    /// Keep what one user is told of their dock in order; taken after a conversation's.
    order: Stripes,
    /// Who is connected and was to be told of their dock when it could not be read. No more than are connected.
    owed: Mutex<HashSet<(SiteId, UserId)>>,
}

impl Docks {
    /// Over these parts.
    pub fn new(
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        rosters: Arc<Rosters>,
        sites: Arc<Sites>,
        fan_out: Arc<FanOut>,
    ) -> Self {
        Self { store, hub, rosters, sites, fan_out, order: Stripes::default(), owed: Mutex::default() }
    }

    /// Sends somebody's dock to all of their connections but one, and lets them follow the presence of those in it. Where
    /// it cannot be read it is owed to them.
    pub async fn tell(&self, site: SiteId, user: UserId, but: Option<ConnectionId>) -> store::Result<()> {
        let told = self.tell_now(site, user, but).await;
        if told.is_err() {
            self.owed.lock().insert((site, user));
        }
        told
    }

    /// Tells those who are owed it, as long as the store answers.
    pub async fn tell_owed(&self) {
        let owed = mem::take(&mut *self.owed.lock());
        let mut left = owed.into_iter();
        while let Some((site, user)) = left.next() {
            if self.tell(site, user, None).await.is_err() {
                self.owed.lock().extend(left);
                return;
            }
        }
    }

    async fn tell_now(&self, site: SiteId, user: UserId, but: Option<ConnectionId>) -> store::Result<()> {
        let mut connections = self.hub.connections(site, user);
        connections.retain(|connection| Some(connection.id) != but);
        if connections.is_empty() {
            return Ok(());
        }
        // Those who are just connecting have read an older one, and are told it (`begin`) before this or read again.
        connections.iter().for_each(|c| c.dock_is_stale.store(true, Ordering::Release));
        // One after the other, or an older dock could be the last that is told.
        let _order = self.order.lock((site, user)).await;
        // Asked again: whoever has become live since then has looked at the mark before, or is told here.
        let as_of = self.rosters.moves();
        let Some((dock, places)) = self.dock(Speaker { site, user }).await? else { return Ok(()) };
        let frame = hub::encode(&ServerFrame::Dock(dock.clone()));
        for connection in &connections {
            connection.out.push(frame.clone(), hub::Kind::Vital);
            self.watch(connection, &dock, places.clone(), as_of);
        }
        Ok(())
    }

    /// The dock that a connection is welcomed with, and follows from then on. `arrived`: as it was read when they came; where
    /// it has changed since, it is read again: they may have followed a newer one meanwhile.
    pub async fn begin(
        &self,
        connection: &Arc<Connection>,
        me: &Snapshot,
        arrived: store::Dock,
        as_of: u64,
    ) -> store::Result<protocol::Dock> {
        let speaker = Speaker { site: connection.site, user: connection.user };
        let _order = self.order.lock((speaker.site, speaker.user)).await;
        let stored = if connection.dock_is_stale.load(Ordering::Acquire) {
            self.store.dock(speaker.site, speaker.user).await?
        } else {
            arrived
        };
        let places = places(&stored);
        let dock = self.frame(speaker, me, stored);
        self.watch(connection, &dock, places, as_of);
        Ok(dock)
    }

    /// Shows the dock as it is to one of a user's connections.
    pub async fn show(&self, connection: &Arc<Connection>) -> store::Result<()> {
        let speaker = Speaker { site: connection.site, user: connection.user };
        let _order = self.order.lock((speaker.site, speaker.user)).await;
        let as_of = self.rosters.moves();
        let Some((dock, places)) = self.dock(speaker).await? else { return Ok(()) };
        connection.out.push(hub::encode(&ServerFrame::Dock(dock.clone())), hub::Kind::Vital);
        self.watch(connection, &dock, places, as_of);
        Ok(())
    }

    /// Tells all connections of a user but one what they have set of a conversation.
    pub async fn tell_flags(
        &self,
        (site, user): (SiteId, UserId),
        conversation: &ConversationId,
        but: Option<ConnectionId>,
    ) -> store::Result<()> {
        let mut connections = self.hub.connections(site, user);
        connections.retain(|connection| Some(connection.id) != but);
        if connections.is_empty() {
            return Ok(());
        }
        let _order = self.order.lock((site, user)).await;
        let Some(frame) = self.flags((site, user), conversation, None).await? else { return Ok(()) };
        let frame = hub::encode(&frame);
        connections.iter().for_each(|connection| connection.out.push(frame.clone(), hub::Kind::Vital));
        Ok(())
    }

    /// Answers one of a user's connections with the same.
    pub async fn show_flags(
        &self,
        connection: &Connection,
        conversation: &ConversationId,
        request: u32,
    ) -> store::Result<()> {
        let person = (connection.site, connection.user);
        let _order = self.order.lock(person).await;
        if let Some(frame) = self.flags(person, conversation, Some(request)).await? {
            connection.out.push(hub::encode(&frame), hub::Kind::Vital);
        }
        Ok(())
    }

    async fn flags(
        &self,
        (site, user): (SiteId, UserId),
        conversation: &ConversationId,
        request: Option<u32>,
    ) -> store::Result<Option<ServerFrame>> {
        let flags = self.store.flags(site, user, conversation).await?;
        let conversation = conversation.clone();
        Ok(flags.map(|flags| ServerFrame::Flags { request, conversation, flags: view::flags(flags) }))
    }

    /// Lets a connection follow what concerns the windows of the dock that it has just been told, and the places that this
    /// was made from.
    fn watch(
        &self,
        connection: &Arc<Connection>,
        dock: &protocol::Dock,
        places: Vec<ConversationId>,
        as_of: u64,
    ) {
        let has_places = !places.is_empty();
        self.fan_out.show(connection, &view::rooms(dock, places));
        self.rosters.watch(connection, &view::partners(dock), has_places, as_of);
    }

    /// Whether somebody's stored dock has windows of groups or rooms.
    pub async fn has_places(&self, site: SiteId, user: UserId) -> store::Result<bool> {
        Ok(!places(&self.store.dock(site, user).await?).is_empty())
    }

    /// Of somebody who is live, with its places.
    async fn dock(&self, speaker: Speaker) -> store::Result<Option<(protocol::Dock, Vec<ConversationId>)>> {
        let Some(me) = self.rosters.live(speaker.site, speaker.user) else { return Ok(None) };
        let dock = self.store.dock(speaker.site, speaker.user).await?;
        let places = places(&dock);
        Ok(Some((self.frame(speaker, &me, dock), places)))
    }

    /// A stored dock as frames carry it: with what this user may know of the others.
    fn frame(&self, speaker: Speaker, me: &Snapshot, dock: store::Dock) -> protocol::Dock {
        let windows = dock.windows.into_iter();
        protocol::Dock {
            version: dock.version,
            windows: windows.filter_map(|row| self.window(speaker, me, row)).collect(),
        }
    }

    /// A stored window as its owner is shown it; `None` where they may not read that any more.
    pub fn window(
        &self,
        Speaker { site, user }: Speaker,
        me: &Snapshot,
        row: store::DockWindow,
    ) -> Option<protocol::Window> {
        if row.place != Place::Direct {
            return view::place(row, self.sites.policy(site), me);
        }
        let (other, stored) = view::other(&row, user)?;
        let online = self.rosters.live(site, other);
        let known = view::Known {
            face: online.map(|online| (&*online).into()),
            status: self.rosters.status(site, (user, me), other),
            writing: self.rosters.writing(site, (user, me), other, stored),
        };
        Some(view::window(row, other, known))
    }
}

/// What people do to their windows.
pub struct Windows {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    access: Arc<Access>,
    bus: Arc<dyn Bus>,
    allowances: Arc<Allowances>,
    most: usize,
}

impl Windows {
    /// Over these parts.
    pub fn new(
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        access: Arc<Access>,
        bus: Arc<dyn Bus>,
        allowances: Arc<Allowances>,
        limits: &Limits,
    ) -> Self {
        Self { store, hub, access, bus, allowances, most: limits.dock_windows }
    }

    /// Changes one window, if that is not stale, and tells the speaker's other connections. This one is to be shown the
    /// dock, whatever became of it.
    pub async fn set(
        &self,
        connection: &Connection,
        conversation: &ConversationId,
        change: WindowChange,
    ) -> Result<(), Refusal> {
        let (site, user) = (connection.site, connection.user);
        let speaker = Speaker { site, user };
        self.access.may_read(speaker, conversation).await?;
        self.allowances.of(site, user).take(Kind::Windows).map_err(Refusal::rate_limited)?;
        self.access.live(speaker)?;
        // Of an older socket of the same stay that is still being read, the changes are old ones.
        let newer = |c: &Arc<Connection>| Some(c.session) == change.session && c.id > connection.id;
        let superseded = self.hub.connections(site, user).iter().any(newer);
        let change = WindowChange { session: change.session.filter(|_| !superseded), ..change };
        if change.state != WindowState::Closed {
            self.access.may_open(speaker, conversation).await?;
        }
        let set = self.store.set_window(site, user, conversation, change, self.most).await;
        // A write that ended with an error may be committed all the same, and to repeat it changes nothing then.
        let given = set.as_ref().ok().map(|_| connection.id);
        if !matches!(set, Ok(false)) {
            let told = self.bus.publish(Event::Dock { site, user, given }).await;
            set?;
            told?;
        }
        Ok(())
    }
}
