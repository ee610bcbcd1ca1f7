//! The real server code over stores that lie: the planted mutants, and the control of the power cuts.
//!
//! None of this is in the shipped binary. Each decorator is the real SQLite store but for one broken promise.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use anyhow::Result;
use async_trait::async_trait;
use clap::ValueEnum;
use futures_util::future::join_all;
use gchat::{
    config::{Config, Flags},
    id::{ClientMessageId, ConversationId, Epoch, RightsVersion, Seq, SiteId, UserId},
    logs,
    rights::{Membership, Policy, Snapshot},
    server::Server,
    store::{
        Appended, Applied, Arrival, Dock, Floor, Head, Kept, Message, NewMessage, Origin, Page, Put,
        Result as StoreResult, SiteKey, SiteRecord, Store, WindowChange, sqlite::SqliteStore,
    },
};
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

/// How long the early mutant keeps what it has acknowledged: long enough that a kill finds some of it.
const LATE: Duration = Duration::from_millis(40);

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The real one.
    Honest,
    /// Acknowledges a message before it is committed.
    Early,
    /// Forgets the ids of what it has committed: a repeated send is a new message.
    Forgetful,
    /// Commits with `synchronous=NORMAL`: nothing is flushed when a message is acknowledged.
    Unsynced,
}

/// Serves until it is killed.
pub async fn serve(kind: Kind, settings: &Path) -> Result<()> {
    let config = Config::load(Some(settings), Flags::default())?;
    logs::init(&config);
    let open = match kind {
        Kind::Unsynced => SqliteStore::open_unsynced(&config.database).await,
        Kind::Honest | Kind::Early | Kind::Forgetful => SqliteStore::open(&config.database).await,
    };
    let inner = Arc::new(open?);
    let store: Arc<dyn Store> = match kind {
        Kind::Honest | Kind::Unsynced => inner,
        Kind::Early => Arc::new(Lying { lie: Lie::Early(Early::start(inner.clone())), inner }),
        Kind::Forgetful => Arc::new(Lying { lie: Lie::Forgetful, inner }),
    };
    let server = Server::bind(config, store, None).await?;
    // As `gchat serve` says it.
    tracing::info!(listen = %server.local_addr()?, "ready");
    server.run(std::future::pending()).await
}

struct Lying {
    inner: Arc<SqliteStore>,
    lie: Lie,
}

enum Lie {
    Early(Early),
    Forgetful,
}

/// Acknowledged, but not committed yet.
struct Early {
    promised: Arc<Mutex<Promised>>,
    queue: mpsc::UnboundedSender<NewMessage>,
}

#[derive(Default)]
struct Promised {
    messages: HashMap<(ClientMessageId, UserId), Message>,
    heads: HashMap<ConversationId, i64>,
}

impl Early {
    fn start(inner: Arc<SqliteStore>) -> Self {
        let (queue, mut jobs) = mpsc::unbounded_channel::<NewMessage>();
        let promised = Arc::new(Mutex::new(Promised::default()));
        let kept = promised.clone();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while jobs.recv_many(&mut batch, 10_000).await > 0 {
                tokio::time::sleep(LATE).await;
                let keys: Vec<_> = batch.iter().map(|m| (m.client_message_id, m.sender)).collect();
                // Polled in their order, so that they queue in it.
                join_all(batch.drain(..).map(|message| inner.append(message))).await;
                let mut kept = kept.lock().await;
                keys.iter().for_each(|key| drop(kept.messages.remove(key)));
            }
        });
        Self { promised, queue }
    }

    async fn append(&self, inner: &SqliteStore, new: NewMessage) -> StoreResult<Appended> {
        let mut promised = self.promised.lock().await;
        let key = (new.client_message_id, new.sender);
        if let Some(message) = promised.messages.get(&key) {
            return Ok(Appended::Repeated(message.clone()));
        }
        if let Some(earlier) = inner.find_sent(&new).await? {
            return Ok(earlier);
        }
        let seq = match promised.heads.get(&new.conversation) {
            Some(seq) => *seq,
            None => inner.history(new.site, new.conversation, Page::Newest, 1).await?.0.seq.0,
        } + 1;
        let message = Message {
            seq: Seq(seq),
            rev: gchat::id::Rev(seq),
            sender: new.sender,
            client_message_id: Some(new.client_message_id),
            text: Some(new.text.clone()),
            sent_at: new.sent_at,
        };
        promised.heads.insert(new.conversation, seq);
        promised.messages.insert(key, message.clone());
        let _ = self.queue.send(new); // the task lives as long as the process
        Ok(Appended::New { message, published: None, window_came_back: seq == 1 })
    }
}

/// Commits once more, under another id, what was committed before.
async fn forget(inner: &SqliteStore, message: NewMessage) -> StoreResult<Appended> {
    let id = message.client_message_id;
    match inner.append(message.clone()).await? {
        Appended::Repeated(_) => {
            let again = NewMessage { client_message_id: ClientMessageId(Uuid::now_v7()), ..message };
            Ok(match inner.append(again).await? {
                Appended::New { message, published, window_came_back } => Appended::New {
                    published,
                    message: Message { client_message_id: Some(id), ..message },
                    window_came_back,
                },
                other => other,
            })
        }
        other => Ok(other),
    }
}

#[async_trait]
impl Store for Lying {
    async fn find_sent(&self, message: &NewMessage) -> StoreResult<Option<Appended>> {
        match &self.lie {
            Lie::Early(_) => self.inner.find_sent(message).await,
            Lie::Forgetful => Ok(None),
        }
    }

    async fn append(&self, message: NewMessage) -> StoreResult<Appended> {
        match &self.lie {
            Lie::Early(early) => early.append(&self.inner, message).await,
            Lie::Forgetful => forget(&self.inner, message).await,
        }
    }

    // The rest is honest.

    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    fn space(&self) -> Option<(u64, u64)> {
        self.inner.space()
    }

    fn epoch_began(&self) -> i64 {
        self.inner.epoch_began()
    }

    async fn sites(&self) -> StoreResult<Vec<SiteRecord>> {
        self.inner.sites().await
    }

    async fn add_site(&self, site: SiteRecord) -> StoreResult<SiteId> {
        self.inner.add_site(site).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> StoreResult<()> {
        self.inner.add_key(site, key).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> StoreResult<u64> {
        self.inner.drop_old_keys(site).await
    }

    async fn remove_site(&self, site: SiteId) -> StoreResult<()> {
        self.inner.remove_site(site).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> StoreResult<()> {
        self.inner.move_site(site, url, origins).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> StoreResult<bool> {
        self.inner.put_policy(site, policy, version).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> StoreResult<bool> {
        self.inner.raise_site_floor(site, version).await
    }

    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> StoreResult<Arrival> {
        self.inner.arrival(site, user, sid, token, heads).await
    }

    async fn user(&self, site: SiteId, user: UserId) -> StoreResult<Option<gchat::store::UserRecord>> {
        self.inner.user(site, user).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> StoreResult<Put> {
        self.inner.put_user(site, user, snapshot, origin).await
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> StoreResult<(Applied, Vec<ConversationId>)> {
        self.inner.remove_user(site, user, version).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> StoreResult<Option<Kept>> {
        self.inner.kept(site, user).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> StoreResult<Floor> {
        self.inner.raise_floor(site, course, version, now).await
    }

    async fn members(&self, site: SiteId, course: &str) -> StoreResult<Vec<UserId>> {
        self.inner.members(site, course).await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> StoreResult<bool> {
        self.inner.put_course(site, course, version, circles).await
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> StoreResult<()> {
        self.inner.revoke_login(site, sid, until).await
    }

    async fn expire(&self, now: i64) -> StoreResult<u64> {
        self.inner.expire(now).await
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: ConversationId,
        page: Page,
        limit: i64,
    ) -> StoreResult<(Head, Vec<Message>)> {
        self.inner.history(site, conversation, page, limit).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: ConversationId,
        user: UserId,
        seq: Seq,
        publish: bool,
    ) -> StoreResult<Option<Seq>> {
        self.inner.read(site, conversation, user, seq, publish).await
    }

    async fn dock(&self, site: SiteId, user: UserId) -> StoreResult<Dock> {
        self.inner.dock(site, user).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: ConversationId,
        change: WindowChange,
        most: usize,
    ) -> StoreResult<bool> {
        self.inner.set_window(site, user, conversation, change, most).await
    }

    async fn ready(&self) -> StoreResult<()> {
        self.inner.ready().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
