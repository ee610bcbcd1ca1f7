//! Telling the members of rooms: full frames to the connections that have the room's window open, a dot to the others who
//! look at a page. Each frame is encoded once, and given to no more connections in a row than others can wait for.
//!
//! Owns which connections have which rooms open, as their docks say, and the heads of rooms as this node last told them.
//! Knows no store: whether somebody is in a room is looked up in the rosters when it is told. What is to be told waits in
//! a queue of `WAITING` frames; of more the frame is dropped, and the next one does not fit what a client holds, so that
//! it asks.

use std::{collections::HashMap, sync::Arc, time::Duration};

use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    conversation::{Changes, Head, Message},
    hub::{self, Connection, Frame, Kind},
    id::{CircleId, ConnectionId, ConversationId, Rev, Seq, SiteId},
    protocol::{ChangesFrame, ServerFrame},
    rights,
    roster::Rosters,
    sites::Sites,
};

/// Frames that wait to be told, of all rooms of this node.
const WAITING: usize = 4_096;

/// Connections that are written to in a row: about two milliseconds of a thread that others wait for.
const SLICE: usize = 128;

/// Of one room a dot is told at most once in this time.
const DOT_EVERY: Duration = Duration::from_secs(5);

/// How often it is looked whether a dot is due, while one waits.
const DOT_TICK: Duration = Duration::from_millis(250);

/// A room of one site.
type Room = (SiteId, ConversationId);

/// The connections that have a room open: shared, so that telling them copies nothing.
type Open = Arc<Vec<Arc<Connection>>>;

/// A window of a room, as a dock that is told has it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which.
    pub conversation: ConversationId,
    /// Not only its header.
    pub open: bool,
    /// The rev that the dock tells.
    pub rev: Rev,
}

/// What is told to rooms on this node.
pub struct FanOut {
    rosters: Arc<Rosters>,
    sites: Arc<Sites>,
    open: DashMap<Room, Open>,
    /// What each connection's dock has.
    shown: DashMap<ConnectionId, (Arc<Connection>, Vec<ConversationId>)>,
    /// As told last.
    heads: DashMap<Room, Head>,
    queue: mpsc::Sender<Told>,
    queued: Mutex<Option<mpsc::Receiver<Told>>>,
    dots: Mutex<HashMap<Room, Dot>>,
    dotted: Notify,
}

/// A frame for a room.
struct Told {
    room: Room,
    circle: CircleId,
    frame: Frame,
}

#[derive(Debug)]
struct Dot {
    /// When one was told last.
    told: Option<Instant>,
    /// One is to be told, of this head.
    waits: Option<(CircleId, Seq)>,
}

impl FanOut {
    /// Nobody has anything open.
    pub fn new(rosters: Arc<Rosters>, sites: Arc<Sites>) -> Self {
        let (queue, queued) = mpsc::channel(WAITING);
        Self {
            rosters,
            sites,
            open: DashMap::new(),
            shown: DashMap::new(),
            heads: DashMap::new(),
            queue,
            queued: Mutex::new(Some(queued)),
            dots: Mutex::default(),
            dotted: Notify::new(),
        }
    }

    /// This connection's dock has exactly these windows of rooms. Where a room has changed since the dock was read, the
    /// connection is told its head, and asks.
    pub fn show(&self, connection: &Arc<Connection>, windows: &[Shown]) {
        let all: Vec<ConversationId> = windows.iter().map(|window| window.conversation.clone()).collect();
        let before = if all.is_empty() {
            self.shown.remove(&connection.id).map(|(_, (_, before))| before)
        } else {
            self.shown.insert(connection.id, (connection.clone(), all)).map(|(_, before)| before)
        };
        for Shown { conversation, open, rev } in windows {
            let room = (connection.site, conversation.clone());
            if !open {
                self.no_longer(&room, connection.id);
                continue;
            }
            let mut seats = self.open.entry(room.clone()).or_default();
            if !seats.iter().any(|seat| seat.id == connection.id) {
                Arc::make_mut(&mut seats).push(connection.clone());
            }
            drop(seats);
            let head = self.heads.get(&room).map(|head| *head);
            if let Some(head) = head.filter(|head| head.rev > *rev) {
                let changes = Arc::new(Changes::head(conversation.clone(), head));
                let frame = ServerFrame::Changes(ChangesFrame { request: None, changes });
                connection.out.queue(hub::encode(&frame), Kind::Vital);
            }
        }
        let gone = before.into_iter().flatten();
        for conversation in gone.filter(|c| windows.iter().all(|window| window.conversation != *c)) {
            self.no_longer(&(connection.site, conversation), connection.id);
        }
        // It may have ended meanwhile, and then nobody else takes it out.
        if !self.rosters.is_here(connection) {
            self.forget(connection);
        }
    }

    /// A connection went.
    pub fn forget(&self, connection: &Connection) {
        let Some((_, (_, shown))) = self.shown.remove(&connection.id) else { return };
        shown.into_iter().for_each(|room| self.no_longer(&(connection.site, room), connection.id));
    }

    /// Those who have a window of a room of this course, each connection once.
    pub fn shows(&self, site: SiteId, course: &str) -> Vec<Arc<Connection>> {
        let of = |rooms: &[ConversationId]| {
            rooms.iter().any(|room| room.room().is_some_and(|circle| circle.course() == course))
        };
        let shown = self.shown.iter().filter(|shown| shown.value().0.site == site && of(&shown.value().1));
        shown.map(|shown| shown.value().0.clone()).collect()
    }

    /// Has changes of a room told. Waits for nothing.
    pub fn tell(&self, site: SiteId, circle: &CircleId, changes: Arc<Changes>) {
        let room = (site, changes.conversation.clone());
        let newest = changes.messages.iter().map(|message| message.seq).max();
        let (first_seq, rev) = (changes.first_seq, changes.rev);
        let mut head = self.heads.entry(room.clone()).or_insert(Head { first_seq, seq: Seq(0), rev });
        let is_news = newest.is_some_and(|newest| newest > head.seq && is_written(&changes));
        head.rev = head.rev.max(rev);
        head.seq = newest.map_or(head.seq, |newest| newest.max(head.seq));
        let seq = head.seq;
        drop(head);
        if is_news {
            self.want_dot(&room, circle, seq);
        }
        if !self.open.contains_key(&room) {
            return;
        }
        let frame = hub::encode(&ServerFrame::Changes(ChangesFrame { request: None, changes }));
        let told = Told { room, circle: circle.clone(), frame };
        if self.queue.try_send(told).is_err() {
            tracing::debug!("a frame for a room was dropped: {WAITING} wait already");
        }
    }

    /// Tells what waits, until cancelled. To be run once.
    pub async fn run(self: Arc<Self>, cancel: CancellationToken) {
        let Some(mut queued) = self.queued.lock().take() else { return };
        let frames = async {
            while let Some(told) = queued.recv().await {
                self.tell_open(told).await;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = frames => {}
            () = self.tell_dots() => {}
        }
    }

    async fn tell_open(&self, Told { room, circle, frame }: Told) {
        let Some(seats) = self.open.get(&room).map(|seats| seats.clone()) else { return };
        let site = room.0;
        for slice in seats.chunks(SLICE) {
            for connection in slice.iter().filter(|connection| self.is_in(connection, site, &circle)) {
                connection.out.push(frame.clone(), Kind::Vital);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Whether the connection's user is in the room of a circle now.
    fn is_in(&self, connection: &Connection, site: SiteId, circle: &CircleId) -> bool {
        let policy = self.sites.policy(site);
        let live = self.rosters.live(site, connection.user);
        live.is_some_and(|live| rights::in_room(policy, circle, &live.circles).is_some())
    }

    fn want_dot(&self, room: &Room, circle: &CircleId, seq: Seq) {
        let mut dots = self.dots.lock();
        let dot = dots.entry(room.clone()).or_insert(Dot { told: None, waits: None });
        dot.waits = Some((circle.clone(), seq));
        drop(dots);
        self.dotted.notify_one();
    }

    /// Those that are due; and whether others wait.
    fn due(&self) -> (Vec<(Room, CircleId, Seq)>, bool) {
        let now = Instant::now();
        let mut due = Vec::new();
        let mut dots = self.dots.lock();
        dots.retain(|room, dot| {
            let is_due = dot.told.is_none_or(|told| now - told >= DOT_EVERY);
            if is_due && let Some((circle, seq)) = dot.waits.take() {
                dot.told = Some(now);
                due.push((room.clone(), circle, seq));
                return true;
            }
            !is_due
        });
        (due, dots.values().any(|dot| dot.waits.is_some()))
    }

    async fn tell_dots(&self) {
        loop {
            self.dotted.notified().await;
            loop {
                let (due, others_wait) = self.due();
                for (room, circle, seq) in due {
                    self.tell_dot(&room, &circle, seq).await;
                }
                if !others_wait {
                    break;
                }
                tokio::time::sleep(DOT_TICK).await;
            }
        }
    }

    async fn tell_dot(&self, room: &Room, circle: &CircleId, seq: Seq) {
        let (site, conversation) = room;
        let frame = hub::encode(&ServerFrame::Dot { conversation: conversation.clone(), seq });
        let open = self.open.get(room).map(|seats| seats.clone()).unwrap_or_default();
        let mut has_it: Vec<ConnectionId> = open.iter().map(|connection| connection.id).collect();
        has_it.sort_unstable();
        let viewers = self.rosters.lookers(*site, circle);
        for slice in viewers.chunks(SLICE) {
            let others = slice.iter().filter(|connection| has_it.binary_search(&connection.id).is_err());
            for connection in others.filter(|connection| self.is_in(connection, *site, circle)) {
                connection.out.push(frame.clone(), Kind::Fleeting);
            }
            tokio::task::yield_now().await;
        }
    }

    fn no_longer(&self, room: &Room, connection: ConnectionId) {
        if let dashmap::Entry::Occupied(mut seats) = self.open.entry(room.clone()) {
            Arc::make_mut(seats.get_mut()).retain(|seat| seat.id != connection);
            if seats.get().is_empty() {
                seats.remove();
            }
        }
    }
}

/// Whether somebody has written: a change of what was there gives nobody a dot.
fn is_written(changes: &Changes) -> bool {
    let is_new = |m: &Message| m.text.is_some() && m.edited_at.is_none() && m.reactions.is_empty();
    changes.messages.iter().any(is_new)
}
