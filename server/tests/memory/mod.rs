//! A store in memory for simulations: the same promises (every story of `tests/store` runs over it), no file, no thread
//! and no clock of its own, so that a simulated world can decide how long each commit takes, which one fails, and what
//! a crash leaves behind.
//!
//! What is committed is in a `Disk`, which outlives the store as a disk outlives a process. A write waits for the
//! `Weather`, is done in one step, and waits again before its caller is told.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use gchat::{
    id::{ClientMessageId, ConversationId, Epoch, RightsVersion, SessionId, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
    store::{
        Appended, Applied, Arrival, Dock, Floor, Head, Kept, Message, NewMessage, Origin, Page, Put, Result,
        SiteKey, SiteRecord, Store, StoreError, UserRecord, WindowChange, WindowState,
    },
};
use parking_lot::Mutex;
use uuid::Uuid;

mod sites;
mod talk;
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
        conversations.map(|(id, c)| (*id, c.messages.iter().map(|(m, _)| m.clone()).collect())).collect()
    }

    /// Takes the newest message back, as if it had never been committed.
    pub(crate) fn lose_the_last_commit(&mut self) {
        for site in self.sites.values_mut() {
            let last = |c: &Conversation| c.messages.last().map_or(0, |(_, place)| *place);
            let Some(conversation) = site.conversations.values_mut().max_by_key(|c| last(c)) else {
                continue;
            };
            let Some((message, _)) = conversation.messages.pop() else { continue };
            let head = &mut conversation.head;
            (head.seq.0, head.rev.0) = (head.seq.0 - 1, head.rev.0 - 1);
            if let Some(id) = message.client_message_id {
                site.sent.remove(&(id, message.sender));
            }
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
    sent: HashMap<(ClientMessageId, UserId), (ConversationId, usize)>,
    /// By owner and other.
    docks: BTreeMap<UserId, BTreeMap<UserId, Row>>,
    /// Messages so far: the order of commits.
    committed: usize,
}

#[derive(Debug, Default)]
struct Conversation {
    head: Head,
    /// With each its place in the order of commits; seq − 1 is the index.
    messages: Vec<(Message, usize)>,
    marks: BTreeMap<UserId, Mark>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    read: i64,
    published: i64,
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

#[async_trait]
impl<W: Weather> Store for MemoryStore<W> {
    fn epoch(&self) -> Epoch {
        self.disk.lock().epoch
    }

    fn epoch_began(&self) -> i64 {
        0
    }

    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        self.weather.read().await?;
        Ok(self.disk.lock().sites.values().map(|site| site.record.clone()).collect())
    }

    async fn add_site(&self, site: SiteRecord) -> Result<SiteId> {
        self.write(|disk| disk.add_site(site)).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()> {
        self.write(|disk| disk.add_key(site, key)).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> Result<u64> {
        self.write_site(site, |site| Ok(site.keep_keys(1))).await
    }

    async fn remove_site(&self, site: SiteId) -> Result<()> {
        self.write(|disk| disk.sites.remove(&site).map(drop).ok_or(StoreError::NoSite)).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        self.write(|disk| disk.move_site(site, url, origins)).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool> {
        self.write_site(site, |site| Ok(site.put_policy(policy, version))).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool> {
        self.write_site(site, |site| {
            let applied = version >= site.record.floor;
            site.record.floor = version.max(site.record.floor);
            Ok(applied)
        })
        .await
    }

    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        let found = self.look(site, |site| Arrival {
            user: site.users.get(&user).cloned(),
            revoked: site.logins.contains_key(sid),
            floors: site.floors_for(user, token),
            dock: site.dock(user),
            heads: heads
                .iter()
                .map(|c| site.conversations.get(c).filter(|_| c.other(user).is_some()).map(|c| c.head))
                .collect(),
        });
        let mut arrival = found.await?;
        arrival.heads.resize(heads.len(), None); // no site, no conversations
        Ok(arrival)
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        self.look(site, |site| site.users.get(&user).cloned()).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        self.write_site(site, |site| Ok(site.put_user(user, &snapshot, origin))).await
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<ConversationId>)> {
        self.write_site(site, |site| Ok(site.remove_user(user, version))).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>> {
        self.look(site, |site| site.kept(user)).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor> {
        self.write_site(site, |site| Ok(site.raise_floor(course, version, now))).await
    }

    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>> {
        self.look(site, |site| {
            let holds = |record: &UserRecord| record.snapshot.courses().contains(course);
            site.users.iter().filter(|(_, record)| holds(record)).map(|(user, _)| *user).collect()
        })
        .await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool> {
        self.write_site(site, |site| Ok(site.put_course(course, version, &circles))).await
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        self.write_site(site, |site| {
            let stored = site.logins.entry(sid.to_owned()).or_insert(until);
            *stored = until.max(*stored);
            Ok(())
        })
        .await
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        self.write(|disk| Ok(disk.sites.values_mut().map(|site| site.expire(now)).sum())).await
    }

    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        self.look(message.site, |site| site.find_sent(message)).await
    }

    async fn append(&self, message: NewMessage) -> Result<Appended> {
        self.write_site(message.site, |site| site.append(message)).await
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)> {
        self.look(site, |site| site.history(conversation, page, limit)).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: ConversationId,
        user: UserId,
        seq: gchat::id::Seq,
        publish: bool,
    ) -> Result<Option<gchat::id::Seq>> {
        self.write_site(site, |site| Ok(site.read(conversation, user, seq, publish))).await
    }

    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock> {
        self.look(site, |site| site.dock(user)).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool> {
        let Some(other) = conversation.other(user) else { return Ok(false) };
        self.write_site(site, |site| Ok(site.set_window(user, other, &change, most))).await
    }

    async fn ready(&self) -> Result<()> {
        self.weather.read().await
    }

    async fn close(&self) {}
}
