//! The store in one SQLite file: the default, for a site on one machine.
//!
//! One thread writes (`writer`), a few read (`readers`). The submodules hold the statements, one file per subject; a
//! change is a value that can be run again. Nothing outside this directory knows that there is SQL.

use std::{
    collections::HashSet,
    fs::File,
    panic::resume_unwind,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use self::{
    arrive::Arrive, meta::Since, pen::Pen, place::Home, readers::Readers, recent::Recent, schema::Purpose,
    sql::Statements as _, writer::Writer,
};
use super::{
    Appended, Applied, Arrival, Dock, Floor, Head, Kept, Message, NewMessage, Origin, Page, Put, Result,
    SiteKey, SiteRecord, SitesMark, Store, StoreError, UserRecord, WindowChange,
};
use crate::{
    id::{ConversationId, Epoch, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
};

mod append;
mod arrive;
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
mod pace;
mod pen;
mod place;
mod readers;
mod recent;
mod refusal;
pub mod restore;
mod rows;
mod schema;
mod sites;
mod sql;
mod users;
mod writer;

/// The store in one SQLite file.
pub struct SqliteStore {
    epoch: Epoch,
    epoch_began: i64,
    writer: Writer,
    readers: Readers,
    recent: Arc<Recent>,
    home: Arc<Home>,
    /// The lock of a serving process, until the store is closed.
    served: Mutex<Option<File>>,
}

/// How long a serving process may take to read the sites again.
const TAKEN: Duration = Duration::from_secs(10);

/// Whether a change of the sites counts by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// In the process that serves the database.
    Yes,
    /// There is none: it counts from its start.
    NobodyServes,
    /// That process has not answered within ten seconds.
    NotYet,
}

impl SqliteStore {
    /// Opens the database for a tool, also while another process serves it; makes it if there is none. For those alone
    /// who were asked for a new one: elsewhere it would hide that a path is wrong or a disk is not mounted.
    pub async fn make(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || Self::open_for(&path, Purpose::Making, None)).await
    }

    /// Opens a database that is there for a tool, also while another process serves it; migrates it if need be.
    /// `Unusable` says what to do about a file that is missing, not ours, damaged, or from a newer release.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || Self::open_for(&path, Purpose::Tool, None)).await
    }

    /// Opens the database for the one process that serves it, and looks first, for half a second at most, whether it is
    /// sound. `Unusable` as above, and for a file that another process serves, or beside which lies another's log.
    pub async fn serve(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || {
            schema::there_is_one(&path)?;
            let lock = place::lock(&path)?;
            // A restore was ended before it was done: who holds the lock knows that none is under way.
            let _ = place::remove(&place::beside(&path, place::PART));
            Self::open_for(&path, Purpose::Serving, Some(lock))
        })
        .await
    }

    /// As `open`, but an acknowledged commit is not on the disk yet. For the control of the power cuts (`soak/`), which
    /// shows that they would find such a store out, and for nothing else.
    #[doc(hidden)]
    pub async fn open_unsynced(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        aside(move || {
            let (conn, since) = schema::open(&path, Purpose::Tool)?;
            conn.execute_batch("PRAGMA synchronous = NORMAL")?;
            Self::start(&path, conn, since, None)
        })
        .await
    }

    /// Has a process that serves this database take what was just changed of its sites, and waits for its word.
    pub async fn sites_changed(&self) -> Result<Taken> {
        let mark = Uuid::from_bytes(self.writer.run(meta::MarkSites).await?).to_string();
        let home = self.home.clone();
        aside(move || {
            let until = Instant::now() + TAKEN;
            loop {
                match place::told(home.path()).map_err(StoreError::io)? {
                    None => return Ok(Taken::NobodyServes),
                    Some(word) if word == mark => return Ok(Taken::Yes),
                    Some(_) if Instant::now() >= until => return Ok(Taken::NotYet),
                    Some(_) => thread::sleep(Duration::from_millis(20)),
                }
            }
        })
        .await
    }

    fn open_for(path: &Path, purpose: Purpose, lock: Option<File>) -> Result<Self> {
        let (conn, since) = schema::open(path, purpose)?;
        Self::start(path, conn, since, lock)
    }

    fn start(path: &Path, conn: Connection, (epoch, epoch_began): Since, lock: Option<File>) -> Result<Self> {
        // Each thread holds it until its connection is closed.
        let file = Arc::new(place::hold(path).map_err(StoreError::io)?);
        let readers = Readers::open(path, &file)?;
        // The log is there by now: something was written, or at least the schema looked at by who writes.
        let home = Arc::new(Home::of(path).map_err(StoreError::io)?);
        let pen = Pen::new(home.clone(), file, conn, link::writing(path)?, readers.shutter())?;
        let recent = Arc::new(Recent::new(lock.is_some()));
        let writer = Writer::start(pen, recent.clone()).map_err(StoreError::io)?;
        Ok(Self { epoch, epoch_began, writer, readers, recent, home, served: Mutex::new(lock) })
    }
}

/// Work that waits for the disk: on a thread that ends with it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (reply, answer) = oneshot::channel();
    let work = move || drop(reply.send(work())); // the caller may have gone
    let thread = thread::Builder::new().name("store".into()).spawn(work).map_err(StoreError::io)?;
    match answer.await {
        Ok(done) => done,
        Err(_) => thread.join().map_or_else(|panic| resume_unwind(panic), |()| Err(StoreError::Closed)),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Box::new(sql::Failure(error)))
    }
}

impl StoreError {
    /// What the system refused.
    fn io(error: std::io::Error) -> Self {
        Self::Database(Box::new(error))
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

    fn space(&self) -> Option<(u64, u64)> {
        self.home.space()
    }

    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        self.readers.run(|conn| sites::sites(conn)).await
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

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool> {
        self.writer.run(sites::RaiseSiteFloor(site, version)).await
    }

    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        let arrive = Arrive::new((site, user), sid, token.rights_version, circles::courses(token), heads);
        if let Some(arrival) = self.recent.again(&arrive) {
            return Ok(arrival);
        }
        let recent = self.recent.clone();
        let look = move |conn: &mut Connection| {
            let read_at = recent.now();
            Ok((arrive.look(conn)?, arrive, read_at))
        };
        let (arrival, arrive, read_at) = self.readers.run(look).await?;
        self.recent.keep(&arrive, &arrival, read_at);
        Ok(arrival)
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        self.readers.run(move |conn| users::user(conn, site, user)).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        let put = users::PutUser { site, user, snapshot, origin };
        let look = move |conn: &mut Connection| Ok((put.look(conn)?, put));
        let (outcome, put) = self.readers.run(look).await?;
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
        self.readers.run(move |conn| exports::kept(conn, site, user)).await
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
        let course = course.to_owned();
        self.readers.run(move |conn| circles::members(conn, site, &course)).await
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
        let look = move |conn: &mut Connection| {
            let changes = put.changes(conn)?;
            let changed: HashSet<UserId> = changes.into_iter().map(|(user, _)| user).collect();
            put.circles.retain(|(user, _)| changed.contains(user));
            Ok(put)
        };
        let put = self.readers.run(look).await?;
        if put.circles.is_empty() { Ok(true) } else { self.writer.run(put).await }
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        self.writer.run(users::RevokeLogin { site, sid: sid.to_owned(), until }).await
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        self.recent.turn();
        Ok(self.writer.run(users::Expire { now }).await?.rows())
    }

    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        let message = message.clone();
        self.readers.run(move |conn| append::find_sent(conn, &message)).await
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
        self.readers.run(move |conn| history::history(conn, site, conversation, page, limit)).await
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
        self.readers.run(move |conn| docks::dock(conn, site, user)).await
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

    async fn sites_mark(&self) -> Result<Option<SitesMark>> {
        self.readers.run(|conn| Ok(meta::sites_mark(conn)?)).await
    }

    fn sites_count(&self, mark: SitesMark) {
        if let Some(lock) = &*self.served.lock()
            && let Err(error) = place::tell(lock, &Uuid::from_bytes(mark).to_string())
        {
            tracing::warn!(%error, "the command that has changed the sites cannot be told that it counts");
        }
    }

    async fn ready(&self) -> Result<()> {
        let home = self.home.clone();
        let answers = move |conn: &mut Connection| {
            home.check().map_err(StoreError::Blocked)?;
            Ok(conn.maybe::<(i64,)>("SELECT 1 FROM meta", [])?)
        };
        self.readers.run(answers).await?;
        self.writer.ready()
    }

    async fn close(&self) {
        self.readers.close().await; // a reader would keep the log from being emptied
        self.recent.close(); // a closed store tells nothing
        self.writer.close().await;
        self.served.lock().take();
    }
}
