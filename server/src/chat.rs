//! The rules of talking: who may write, what a message must be, history, read marks, the dock.
//!
//! Knows no socket and no SQL: the store commits, the bus tells. Everything takes a `Speaker`: the connection decides
//! who that is, never a frame.

mod blank;
mod known;
mod pages;
pub use pages::{Found, PAGE_BYTES};

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use parking_lot::Mutex;

use crate::{
    allowances::{Allowance, Allowances, Kind},
    bus::Bus,
    config::Limits,
    error::{Code, Refusal},
    hub::{self, Connection, Hub},
    id::{ClientMessageId, ConversationId, Seq, SiteId, UserId},
    protocol::{self, Contact, ServerFrame, Status, Window},
    rights::{self, Snapshot},
    roster::{self, Rights, Rosters, Told},
    sites::Sites,
    store::{self, Appended, NewMessage, Store, WindowChange, WindowState},
};

/// Code points of a message after trimming (protocol/README.md, "Limits"; the limit of Moodle's own messages).
pub const MESSAGE_CHARS: usize = 4_096;

/// Bytes that a message takes in the database besides its text: its row, its id and their places in the indices.
const MESSAGE_BYTES: usize = 128;

/// Locks that keep one conversation's commits and deliveries in one order. Two people share one; the number only
/// bounds how often strangers wait for each other's commit.
const STRIPES: usize = 4_096;

/// Who acts: a connection's site and user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The token's site.
    pub site: SiteId,
    /// The token's user.
    pub user: UserId,
}

/// The rules, over a store.
pub struct Chat {
    store: Arc<dyn Store>,
    sites: Arc<Sites>,
    rosters: Arc<Rosters>,
    hub: Arc<Hub>,
    bus: Bus,
    allowances: Arc<Allowances>,
    order: Box<[tokio::sync::Mutex<()>]>,
    /// Keep one user's docks in order; taken after `order`.
    dock_order: Box<[tokio::sync::Mutex<()>]>,
    doubts: Mutex<Doubts>,
    history_page: i64,
    dock_windows: usize,
}

/// Messages whose append ended with an error: they may be committed all the same, and then nobody was told. When the
/// sender tries again, everyone is. At the bound all earlier ones are forgotten, and those concerned see such a message
/// when they next resume.
#[derive(Default)]
struct Doubts(HashSet<(SiteId, UserId, ClientMessageId)>);

impl Doubts {
    const MOST: usize = 10_000;

    fn add(&mut self, key: (SiteId, UserId, ClientMessageId)) {
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(key);
    }

    fn remove(&mut self, key: &(SiteId, UserId, ClientMessageId)) -> bool {
        self.0.remove(key)
    }
}

impl Chat {
    /// The rules over these parts.
    pub fn new(
        store: Arc<dyn Store>,
        sites: Arc<Sites>,
        rosters: Arc<Rosters>,
        hub: Arc<Hub>,
        allowances: Arc<Allowances>,
        limits: &Limits,
    ) -> Self {
        let bus = Bus::new(hub.clone());
        Self {
            store,
            sites,
            rosters,
            hub,
            bus,
            allowances,
            order: (0..STRIPES).map(|_| tokio::sync::Mutex::default()).collect(),
            dock_order: (0..STRIPES).map(|_| tokio::sync::Mutex::default()).collect(),
            doubts: Mutex::default(),
            history_page: limits.history_page,
            dock_windows: limits.dock_windows,
        }
    }

    /// Commits a message that came by this connection of the speaker's. The ack is to be sent over it now, with which the
    /// message itself goes out there; everyone else concerned has that already.
    pub async fn send(
        &self,
        speaker: Speaker,
        connection: &Connection,
        client_message_id: ClientMessageId,
        conversation: ConversationId,
        text: &str,
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        let message = NewMessage {
            site: speaker.site,
            conversation,
            sender: speaker.user,
            client_message_id,
            text: text.trim().into(),
            sent_at: now,
        };
        let key = (speaker.site, speaker.user, client_message_id);
        // Judged where its order is decided: were it judged before, a retry on another connection could be refused, and
        // find nothing committed, while the first try waits here with the rights of a moment ago.
        let _order = self.order(speaker.site, conversation).lock().await;
        let appended = match self.may_send(&message).await {
            Ok(()) => self.append(message).await.inspect_err(|_| self.doubts.lock().add(key))?,
            // An id that was committed is answered as before, whatever has changed since.
            Err(refusal) => self.store.find_sent(&message).await?.ok_or(refusal)?,
        };
        let doubted = self.doubts.lock().remove(&key);
        let message = match appended {
            Appended::New { message, published, window_came_back } => {
                if let (Some(seq), Some(other)) = (published, conversation.other(speaker.user)) {
                    // A mark that was not to be seen before: that of somebody hidden, for one.
                    self.bus.read(speaker.site, conversation, speaker.user, seq, &[other]);
                }
                self.deliver(speaker, connection, conversation, &message, window_came_back).await;
                message
            }
            Appended::Repeated(message) => {
                if doubted {
                    self.deliver(speaker, connection, conversation, &message, true).await;
                }
                message
            }
            Appended::Conflict => return Err(Code::Conflict.into()),
        };
        Ok(ServerFrame::Ack {
            client_message_id,
            conversation,
            seq: message.seq,
            rev: message.rev,
            sent_at: message.sent_at,
        })
    }

    /// Raises the speaker's read mark and tells those who may know.
    pub async fn read(
        &self,
        speaker: Speaker,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<(), Refusal> {
        let other = conversation.other(speaker.user).ok_or(Code::NotFound)?;
        self.take(speaker, Kind::Reads)?;
        let me = self.live(speaker)?.snapshot;
        // A mark tells that somebody is here: only to those who may know that.
        let shown = !me.hidden
            && self.last_known(speaker, &me, other).await?.is_some_and(|them| {
                let policy = self.sites.policy(speaker.site);
                rights::may_know(policy, me.side(other), them.side(speaker.user))
            });
        // Two of the speaker's connections may raise it at once: it is told in the order in which it rose.
        let _order = self.order(speaker.site, conversation).lock().await;
        let mark = self.store.read(speaker.site, conversation, speaker.user, seq, shown).await?;
        if let Some(seq) = mark {
            let both = [speaker.user, other];
            let to = if shown { &both } else { &both[..1] };
            self.bus.read(speaker.site, conversation, speaker.user, seq, to);
        }
        Ok(())
    }

    /// Tells the other person, if they are online and both see each other, that the speaker is writing.
    pub fn typing(&self, speaker: Speaker, conversation: ConversationId) {
        let Some(other) = conversation.other(speaker.user) else { return };
        let (Some(me), Some(them)) =
            (self.rosters.rights(speaker.site, speaker.user), self.rosters.rights(speaker.site, other))
        else {
            return;
        };
        let policy = self.sites.policy(speaker.site);
        let (me, them) = (me.snapshot, them.snapshot);
        if !me.hidden && rights::may_write(policy, (speaker.user, &me), (other, &them)) {
            self.bus.typing(speaker.site, conversation, speaker.user, other);
        }
    }

    /// Changes one window and tells all of the speaker's connections; `Ok(false)` if nothing changed.
    pub async fn set_window(
        &self,
        speaker: Speaker,
        connection: &Connection,
        conversation: ConversationId,
        change: WindowChange,
    ) -> Result<bool, Refusal> {
        let other = conversation.other(speaker.user).ok_or(Code::NotFound)?;
        self.take(speaker, Kind::Windows)?;
        let me = self.live(speaker)?.snapshot;
        // Of an older socket of the same stay that is still being read, the changes are old ones.
        let newer = |c: &Arc<Connection>| Some(c.session) == change.session && c.id > connection.id;
        let superseded = self.hub.connections(speaker.site, speaker.user).iter().any(newer);
        let change = WindowChange { session: change.session.filter(|_| !superseded), ..change };
        if change.state != WindowState::Closed && !self.knows(speaker, &me, conversation, other).await? {
            return Err(Code::NotFound.into());
        }
        let Speaker { site, user } = speaker;
        let changed = self.store.set_window(site, user, conversation, change, self.dock_windows).await?;
        if changed {
            self.tell_dock(speaker).await?;
        }
        Ok(changed)
    }

    /// Shows the dock as it is to one of the speaker's connections.
    pub async fn show_dock(&self, speaker: Speaker, connection: &Arc<Connection>) -> Result<(), Refusal> {
        let _order = stripe(&self.dock_order, (speaker.site, speaker.user)).lock().await;
        let as_of = self.rosters.moves();
        let dock = self.dock(speaker).await?;
        let partners = partners(&dock);
        connection.out.push(ServerFrame::Dock(dock).encode(), hub::Kind::Vital);
        self.rosters.watch(connection, &partners, as_of);
        Ok(())
    }

    /// The speaker's dock, as frames carry it.
    async fn dock(&self, speaker: Speaker) -> Result<protocol::Dock, Refusal> {
        let me = self.live(speaker)?.snapshot;
        let dock = self.store.dock(speaker.site, speaker.user).await?;
        Ok(self.dock_frame(speaker, &me, dock))
    }

    /// A stored dock as frames carry it: with what this user may know of the others.
    pub fn dock_frame(&self, speaker: Speaker, me: &Snapshot, dock: store::Dock) -> protocol::Dock {
        let window = |w: store::DockWindow| {
            let other = w.conversation.other(speaker.user)?;
            Some(Window {
                conversation: w.conversation,
                state: w.state,
                // Everybody on record has a name but the removed.
                writing: self.rosters.writing(
                    speaker.site,
                    (speaker.user, me),
                    other,
                    w.other.as_ref().filter(|face| !face.name.is_empty()).map(|_| w.toward.side()),
                ),
                contact: self.contact(speaker, me, other, w.other),
                first_seq: w.head.first_seq,
                seq: w.head.seq,
                rev: w.head.rev,
                read_seq: w.read_seq,
                other_read_seq: w.other_read_seq,
                unread: w.unread,
            })
        };
        protocol::Dock {
            version: dock.version,
            windows: dock.windows.into_iter().filter_map(window).collect(),
        }
    }

    /// Somebody was removed, which changed these conversations: copies of them are to be dropped, and the name goes
    /// from the docks of those who are connected.
    pub async fn erased(&self, site: SiteId, gone: UserId, conversations: &[ConversationId]) {
        for conversation in conversations {
            self.bus.reset(site, *conversation);
            if let Some(other) = conversation.other(gone) {
                // A dock that cannot be read now is read on the next connect.
                let _ = self.tell_dock(Speaker { site, user: other }).await;
            }
        }
    }

    /// Commits a message that may be sent. What was not stored does not count.
    async fn append(&self, message: NewMessage) -> store::Result<Appended> {
        let (site, sender, bytes) = (message.site, message.sender, stored_bytes(&message.text));
        let appended = self.store.append(message).await;
        if !matches!(appended, Ok(Appended::New { .. })) {
            self.allowances.of(site, sender).give_back(Kind::StoredBytes, bytes);
            self.allowances.give_back(site, bytes);
        }
        appended
    }

    /// Why this message may not be sent now, if it may not: what it is, the rate (also of those that are refused), the
    /// permission, the room of a day.
    async fn may_send(&self, message: &NewMessage) -> Result<(), Refusal> {
        let speaker = Speaker { site: message.site, user: message.sender };
        let other = message.conversation.other(message.sender).ok_or(Code::NotFound)?;
        if message.text.chars().nth(MESSAGE_CHARS).is_some() {
            return Err(Code::MessageTooLong.into());
        }
        if message.text.contains('\0') {
            return Err(Code::BadText.into());
        }
        if blank::shows_nothing(&message.text) {
            return Err(Code::EmptyMessage.into());
        }
        let allowance = self.allowances.of(speaker.site, speaker.user);
        allowance.take(Kind::Messages).map_err(Refusal::rate_limited)?;
        let me = self.live(speaker)?.snapshot;
        let policy = self.sites.policy(speaker.site);
        let them = self.last_known(speaker, &me, other).await?;
        let writes =
            them.as_ref().is_some_and(|them| rights::may_write(policy, (speaker.user, &me), (other, them)));
        if !writes {
            let sees = them.as_ref().is_some_and(|them| rights::may_see(policy, &me.circles, &them.circles));
            // Someone out of sight cannot be told from someone who does not exist, unless they have talked before.
            let known = sees || self.has_talked(speaker.site, message.conversation).await?;
            return Err(if known { Code::NotAllowed } else { Code::UnknownRecipient }.into());
        }
        self.has_room(&allowance, message)
    }

    /// Takes what a message needs from the budgets of a day.
    fn has_room(&self, allowance: &Allowance, message: &NewMessage) -> Result<(), Refusal> {
        let bytes = stored_bytes(&message.text);
        let full = |wait, why: &str| Refusal { detail: Some(why.into()), ..Refusal::rate_limited(wait) };
        allowance.take_many(Kind::StoredBytes, bytes).map_err(|wait| {
            full(
                wait,
                "you have written as much as one person may in a day: this is sent when there is room again",
            )
        })?;
        self.allowances.store(message.site, bytes).map_err(|wait| {
            allowance.give_back(Kind::StoredBytes, bytes);
            full(
                wait,
                "this site has written as much as it may in a day: this is sent when there is room again",
            )
        })
    }

    async fn deliver(
        &self,
        speaker: Speaker,
        connection: &Connection,
        conversation: ConversationId,
        message: &store::Message,
        window_came_back: bool,
    ) {
        let other = conversation.other(speaker.user);
        if let Some(other) = other.filter(|_| window_came_back) {
            let other = Speaker { site: speaker.site, user: other };
            // The message itself comes all the same: a dock that cannot be read now is read on the next connect.
            let _ = self.tell_dock(other).await;
        }
        self.bus.message(speaker.site, conversation, message.clone().into(), connection);
    }

    /// Sends the dock to all of a user's connections, and lets them follow the presence of those in it.
    async fn tell_dock(&self, speaker: Speaker) -> Result<(), Refusal> {
        let connections = self.hub.connections(speaker.site, speaker.user);
        if connections.is_empty() {
            return Ok(());
        }
        if self.live(speaker).is_err() {
            connections.iter().for_each(|c| c.dock_is_stale.store(true, Ordering::Release));
        }
        // One after the other, or an older dock could be the last that is told.
        let _order = stripe(&self.dock_order, (speaker.site, speaker.user)).lock().await;
        // Asked again: whoever has become live since then has looked at the mark before, or is told here.
        let as_of = self.rosters.moves();
        let dock = self.dock(speaker).await?;
        let partners = partners(&dock);
        self.bus.user(speaker.site, speaker.user, &ServerFrame::Dock(dock));
        connections.iter().for_each(|connection| self.rosters.watch(connection, &partners, as_of));
        Ok(())
    }

    fn contact(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        other: UserId,
        stored: Option<store::Face>,
    ) -> Contact {
        let Speaker { site, user } = speaker;
        let online = self.rosters.rights(site, other).map(|online| (&*online.snapshot).into());
        let contact = roster::contact(other, online.or(stored).unwrap_or_default());
        Contact { status: Some(self.rosters.status(site, (user, me), other)), ..contact }
    }

    fn take(&self, speaker: Speaker, kind: Kind) -> Result<(), Refusal> {
        self.allowances.of(speaker.site, speaker.user).take(kind).map_err(Refusal::rate_limited)
    }

    fn live(&self, speaker: Speaker) -> Result<Rights, Refusal> {
        self.rosters.rights(speaker.site, speaker.user).ok_or_else(|| Code::ChatNotAllowed.into())
    }

    fn order(&self, site: SiteId, conversation: ConversationId) -> &tokio::sync::Mutex<()> {
        stripe(&self.order, (site, conversation))
    }
}

/// What a message with this text takes from the budgets of a day.
fn stored_bytes(text: &str) -> u64 {
    u64::try_from(text.len() + MESSAGE_BYTES).unwrap_or(u64::MAX)
}

/// Whom a dock shows, and as what: what a connection that is sent it has been told.
pub fn partners(dock: &protocol::Dock) -> Vec<Told> {
    let told = |window: &Window| Told {
        user: window.contact.id,
        status: window.contact.status.unwrap_or(Status::Offline),
        writing: window.writing,
    };
    dock.windows.iter().map(told).collect()
}

fn stripe(locks: &[tokio::sync::Mutex<()>], key: impl std::hash::Hash) -> &tokio::sync::Mutex<()> {
    use std::hash::BuildHasher as _;
    static HASHER: std::sync::LazyLock<std::hash::RandomState> =
        std::sync::LazyLock::new(std::hash::RandomState::new);
    let stripe = HASHER.hash_one(key) % STRIPES as u64;
    &locks[usize::try_from(stripe).unwrap_or(0)]
}
