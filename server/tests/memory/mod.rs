//! A store in memory for simulations: the same promises (every story of `tests/store` runs over it), no file, no thread
//! and no clock of its own, so that a simulated world can decide how long each commit takes, which one fails, and what
//! a crash leaves behind.
//!
//! What is committed is in a `Disk`, which outlives the store as a disk outlives a process. A write waits for the
//! `Weather`, is done in one step, and waits again before its caller is told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use gchat::{
    conversation::{Head, Message},
    id::{CircleId, ClientMessageId, ConversationId, Epoch, RightsVersion, SessionId, SiteId, UserId},
    rights::Snapshot,
    store::{
        CourseRooms, Flags, Group, Origin, OwnReaction, Result, SiteRecord, StoreError, UserRecord,
        WindowState,
    },
};
use parking_lot::Mutex;
use uuid::Uuid;

mod docks;
mod lists;
mod places;
mod react;
mod sites;
mod talk;
mod traits;
mod users;

/// When a write is done and when its caller is told; what fails.
#[async_trait]
pub(crate) trait Weather: Send + Sync + 'static {
    /// Before a write: an error means that nothing was written.
    async fn before(&self) -> Result<()>;
    /// After it: an error means that it was written all the same.
    async fn after(&self) -> Result<()>;
    /// Before a read.
    async fn read(&self) -> Result<()>;
}

/// Everything at once, and nothing fails.
#[derive(Debug)]
pub(crate) struct Calm;

#[async_trait]
impl Weather for Calm {
    async fn before(&self) -> Result<()> {
        Ok(())
    }
    async fn after(&self) -> Result<()> {
        Ok(())
    }
    async fn read(&self) -> Result<()> {
        Ok(())
    }
}

/// What is committed.
#[derive(Debug)]
pub(crate) struct Disk {
    epoch: Epoch,
    next_site: i64,
    sites: BTreeMap<SiteId, Site>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { epoch: Epoch(Uuid::now_v7()), next_site: 1, sites: BTreeMap::new() }
    }
}

impl Disk {
    /// All messages of a site.
    pub(crate) fn everything(&self, site: SiteId) -> BTreeMap<ConversationId, Vec<Message>> {
        let conversations = self.sites.get(&site).map(|site| &site.conversations).into_iter().flatten();
        conversations
            .map(|(id, c)| (id.clone(), c.messages.iter().map(|(m, _)| m.clone()).collect()))
            .collect()
    }

    /// Takes the newest message back, as if it had never been committed.
    pub(crate) fn lose_the_last_commit(&mut self) {
        for site in self.sites.values_mut() {
            let last = |c: &Conversation| c.messages.last().map_or(0, |(_, place)| *place);
            let Some(conversation) = site.conversations.values_mut().max_by_key(|c| last(c)) else {
                continue;
            };
            let Some((message, _)) = conversation.messages.pop() else { continue };
            conversation.forget_message(message.seq.0);
            let head = &mut conversation.head;
            (head.seq.0, head.rev.0) = (head.seq.0 - 1, head.rev.0 - i64::from(head.rev == message.rev));
            if let Some(id) = message.client_message_id {
                site.sent.remove(&(id, message.sender));
            }
        }
    }

    /// A group of a site.
    pub(crate) fn group(&self, site: SiteId, id: &ConversationId) -> Option<Group> {
        self.sites.get(&site)?.group(id)
    }

    /// All reactions of a site, by conversation, seq and person.
    pub(crate) fn reactions(&self, site: SiteId) -> Vec<(ConversationId, i64, UserId, OwnReaction)> {
        let conversations = self.sites.get(&site).map(|site| &site.conversations).into_iter().flatten();
        let of = |(id, c): (&ConversationId, &Conversation)| {
            let all =
                c.reactions.iter().map(|((seq, user), (own, _))| (id.clone(), *seq, *user, own.clone()));
            all.collect::<Vec<_>>()
        };
        conversations.flat_map(of).collect()
    }

    /// Whether somebody's dock shows this.
    pub(crate) fn shows(&self, site: SiteId, user: UserId, id: &ConversationId) -> bool {
        self.sites.get(&site).is_some_and(|site| site.facts(user, id).listed())
    }

    /// Whether somebody has muted this.
    pub(crate) fn is_muted(&self, site: SiteId, user: UserId, id: &ConversationId) -> bool {
        let flags = self.sites.get(&site).and_then(|site| site.flags(user, id));
        flags.is_some_and(|flags| flags.muted_until > 0)
    }

    /// Rooms of a course, as a call would set them.
    pub(crate) fn put_rooms(&mut self, site: SiteId, course: &str, rooms: CourseRooms) {
        if let Some(site) = self.sites.get_mut(&site) {
            site.rooms.insert(course.to_owned(), rooms);
        }
    }

    /// Puts a user on record.
    pub(crate) fn put_user(&mut self, site: SiteId, user: UserId, snapshot: &Snapshot) {
        if let Some(site) = self.sites.get_mut(&site) {
            site.put_user(user, &Arc::new(snapshot.clone()), Origin::Call);
        }
    }

    /// Knows no message by its id any more.
    pub(crate) fn forget_ids(&mut self) {
        self.sites.values_mut().for_each(|site| site.sent.clear());
    }
}

/// Everything of one site.
#[derive(Debug)]
struct Site {
    record: SiteRecord,
    users: BTreeMap<UserId, UserRecord>,
    floors: BTreeMap<String, (RightsVersion, i64)>,
    logins: BTreeMap<String, i64>,
    conversations: BTreeMap<ConversationId, Conversation>,
    sent: HashMap<(ClientMessageId, UserId), Sent>,
    /// By owner.
    docks: BTreeMap<UserId, BTreeMap<ConversationId, Row>>,
    /// What the host says of rooms, by course.
    rooms: BTreeMap<String, CourseRooms>,
    /// Messages so far: the order of commits.
    committed: usize,
}

/// The first try of a message.
#[derive(Debug)]
struct Sent {
    conversation: ConversationId,
    index: usize,
    /// None of a system message.
    text: Option<Arc<str>>,
}

#[derive(Debug, Default)]
struct Conversation {
    head: Head,
    /// With each its place in the order of commits; seq − 1 is the index.
    messages: Vec<(Message, usize)>,
    marks: BTreeMap<UserId, Mark>,
    about: Option<About>,
    /// Of a room: only teachers write there.
    announcing: bool,
    /// By seq and person, with the rev at which they first reacted.
    reactions: BTreeMap<(i64, UserId), (OwnReaction, i64)>,
    /// Those who are mentioned and have not read that.
    mentions: BTreeSet<(UserId, i64)>,
}

/// What a group is.
#[derive(Debug)]
struct About {
    course: CircleId,
    title: Arc<str>,
    maker: UserId,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    read: i64,
    published: i64,
    /// Of a group: by which message they were added and left, and the head when they lost its course.
    first: i64,
    left: Option<i64>,
    lost: Option<i64>,
    /// Of the last message, and what its owner has set.
    day: i64,
    flags: Flags,
}

/// A window on record.
#[derive(Clone, Copy, Debug)]
struct Row {
    state: WindowState,
    version: i64,
    opened: i64,
    closed_seq: i64,
    session: Option<SessionId>,
}

/// A store over a disk.
pub(crate) struct MemoryStore<W> {
    disk: Arc<Mutex<Disk>>,
    weather: W,
}

impl<W: Weather> MemoryStore<W> {
    pub(crate) fn open(disk: Arc<Mutex<Disk>>, weather: W) -> Self {
        Self { disk, weather }
    }

    async fn write<T>(&self, write: impl FnOnce(&mut Disk) -> Result<T> + Send) -> Result<T> {
        self.weather.before().await?;
        let done = write(&mut self.disk.lock())?;
        self.weather.after().await?;
        Ok(done)
    }

    async fn write_site<T>(
        &self,
        site: SiteId,
        write: impl FnOnce(&mut Site) -> Result<T> + Send,
    ) -> Result<T> {
        self.write(|disk| write(disk.sites.get_mut(&site).ok_or(StoreError::NoSite)?)).await
    }

    /// What `read` finds in a site; the default without the site.
    async fn look<T: Default>(&self, site: SiteId, read: impl FnOnce(&Site) -> T + Send) -> Result<T> {
        self.weather.read().await?;
        Ok(self.disk.lock().sites.get(&site).map(read).unwrap_or_default())
    }
}
