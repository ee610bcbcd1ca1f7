//! The store in one SQLite file: the default, for a site on one machine.
//!
//! One task writes (`writer`), a few connections read. The submodules hold the statements, one file per subject; a
//! change is a value that can be run again. Nothing outside this directory knows that there is SQL.

use std::{collections::HashSet, fs::File, path::Path, sync::Arc};

use async_trait::async_trait;
use parking_lot::Mutex;
use sqlx::{ConnectOptions as _, SqliteConnection};

use self::{meta::Since, pen::Pen, readers::Readers, schema::Purpose, writer::Writer};
use super::{
    Appended, Applied, Arrival, Dock, Floor, Head, Kept, Message, NewMessage, Origin, Page, Put, Result,
    SiteKey, SiteRecord, Store, StoreError, UserRecord, WindowChange,
};
use crate::{
    id::{ConversationId, Epoch, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
};

mod append;
pub mod backup;
mod check;
mod checkpoint;
mod circles;
mod docks;
mod erasures;
mod exports;
mod history;
mod link;
mod log;
mod meta;
mod pen;
mod place;
mod readers;
mod refusal;
pub mod restore;
mod rows;
mod schema;
mod sites;
mod users;
mod writer;

/// The store in one SQLite file.
pub struct SqliteStore {
    epoch: Epoch,
    epoch_began: i64,
    writer: Writer,
    readers: Readers,
    /// Held until all connections are closed (`place::hold`).
    _file: Arc<File>,
    /// The lock of a serving process, until the store is closed.
    served: Mutex<Option<File>>,
}

impl SqliteStore {
    /// Opens the database for a tool, also while another process serves it; makes or migrates it if need be.
    /// `Unusable` says what to do about a file that is not ours, damaged, or from a newer release.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_for(path.as_ref(), Purpose::Tool, None).await
    }

    /// Opens the database for the one process that serves it, and looks first, for half a second at most, whether it is
    /// sound. `Unusable` as above, and for a file that another process serves, or beside which lies another's log.
    pub async fn serve(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let lock = place::lock(path)?;
        Self::open_for(path, Purpose::Serving, Some(lock)).await
    }

    /// As `open`, but an acknowledged commit is not on the disk yet. For the control of the power cuts (`soak/`), which
    /// shows that they would find such a store out, and for nothing else.
    #[doc(hidden)]
    pub async fn open_unsynced(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (mut conn, since) = schema::open(path, Purpose::Tool).await?;
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut conn).await?;
        Self::start(path, conn, since, None).await
    }

    async fn open_for(path: &Path, purpose: Purpose, lock: Option<File>) -> Result<Self> {
        let (conn, since) = schema::open(path, purpose).await?;
        Self::start(path, conn, since, lock).await
    }

    async fn start(
        path: &Path,
        conn: SqliteConnection,
        (epoch, epoch_began): Since,
        lock: Option<File>,
    ) -> Result<Self> {
        let readers = Readers::open(path).await?;
        let copier = link::writing(path).connect().await?;
        let file = Arc::new(place::hold(path).map_err(sqlx::Error::Io)?);
        let pen = Pen::new(path.to_owned(), file.clone(), conn, copier);
        let writer = Writer::start(pen).map_err(sqlx::Error::Io)?;
        Ok(Self { epoch, epoch_began, writer, readers, _file: file, served: Mutex::new(lock) })
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn epoch_began(&self) -> i64 {
        self.epoch_began
    }

    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        sites::sites(&mut *self.readers.lend().await?).await
    }

    async fn add_site(&self, site: SiteRecord) -> Result<SiteId> {
        self.writer.run(sites::AddSite(site)).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()> {
        self.writer.run(sites::AddKey(site, key)).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> Result<u64> {
        self.writer.run(sites::DropOldKeys(site)).await
    }

    async fn remove_site(&self, site: SiteId) -> Result<()> {
        self.writer.run(sites::RemoveSite(site)).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        self.writer.run(sites::MoveSite { site, url: url.to_owned(), origins: origins.to_vec() }).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool> {
        self.writer.run(sites::PutPolicy(site, policy, version)).await
    }

    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        users::arrival(&mut *self.readers.lend().await?, site, user, sid, token, heads).await
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        users::user(&mut *self.readers.lend().await?, site, user).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        let put = users::PutUser { site, user, snapshot, origin };
        let outcome = put.look(&mut *self.readers.lend().await?).await?;
        // What a read cannot change is not queued for the writer, which decides anew.
        let writes = matches!(outcome, Put::Done(Applied { changed: true, .. }));
        if writes { self.writer.run(put).await } else { Ok(outcome) }
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<ConversationId>)> {
        self.writer.run(users::RemoveUser { site, user, version }).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>> {
        exports::kept(&mut *self.readers.lend().await?, site, user).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor> {
        self.writer.run(circles::RaiseFloor { site, course: course.to_owned(), version, now }).await
    }

    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>> {
        circles::members(&mut *self.readers.lend().await?, site, course).await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool> {
        let mut put = circles::PutCourse { site, course: course.to_owned(), version, circles };
        // Most people of a course stay as they are: only the others are a matter for the writer, which decides anew.
        let changes = put.changes(&mut *self.readers.lend().await?).await?;
        let changed: HashSet<UserId> = changes.into_iter().map(|(user, _)| user).collect();
        put.circles.retain(|(user, _)| changed.contains(user));
        if put.circles.is_empty() { Ok(true) } else { self.writer.run(put).await }
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        self.writer.run(users::RevokeLogin { site, sid: sid.to_owned(), until }).await
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        self.writer.run(users::Expire { now }).await
    }

    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        append::find_sent(&mut *self.readers.lend().await?, message).await
    }

    async fn append(&self, message: NewMessage) -> Result<Appended> {
        self.writer.append(message).await
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)> {
        history::history(&mut *self.readers.lend().await?, site, conversation, page, limit).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: ConversationId,
        user: UserId,
        seq: Seq,
        publish: bool,
    ) -> Result<Option<Seq>> {
        self.writer.run(history::Read { site, conversation, user, seq, publish }).await
    }

    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock> {
        docks::dock(&mut *self.readers.lend().await?, site, user).await
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
        self.writer.run(docks::SetWindow { site, user, other, change, most }).await
    }

    async fn ready(&self) -> Result<()> {
        self.writer.ready()?;
        sqlx::query("SELECT 1 FROM meta").execute(&mut *self.readers.lend().await?).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await; // a reader would keep the log from being emptied
        self.writer.close().await;
        self.served.lock().take();
    }
}
