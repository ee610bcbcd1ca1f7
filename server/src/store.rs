//! What the server keeps: the trait that every database implements, and its records.
//!
//! Knows no frame, no connection and no SQL: the databases are in `store/`. Every key begins with the site. All times
//! are milliseconds since 1970 UTC. A method that changes something returns only after a durable commit.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ClientMessageId, ConversationId, Epoch, Rev, RightsVersion, Seq, SessionId, SiteId, UserId},
    rights::{Floors, Membership, Policy, Snapshot, Toward},
};

mod error;
pub mod sqlite;
pub use error::StoreError;

/// A floor is kept for this long. The tokens that it refuses have ended after ten minutes, and calls are computed when
/// they are sent; the rest is for clocks and patience.
pub const FLOOR_MS: i64 = 24 * 60 * 60 * 1_000;

/// A login that has ended is refused for this long. Its tokens end after ten minutes; the rest is for clocks that are set
/// back.
pub const REVOKED_MS: i64 = FLOOR_MS;

/// Drawn by a process that changes the sites beside a serving one (`gchat site`).
pub type SitesMark = [u8; 16];

/// One site and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRecord {
    /// Its number in this store.
    pub site: SiteId,
    /// Its public id: `iss` in tokens. Unique.
    pub issuer: String,
    /// The host's address without a final slash: `wwwroot` in signed calls.
    pub url: String,
    /// Exact origins (`scheme://host[:port]`) whose pages may connect. Never empty.
    pub origins: Vec<String>,
    /// One, or two during a rotation; newest first.
    pub keys: Vec<SiteKey>,
    /// What it allows.
    pub policy: Policy,
    /// The version that `policy` came with.
    pub policy_version: RightsVersion,
    /// Tokens with a lower rights version do not count any more. It only rises.
    pub floor: RightsVersion,
}

/// A secret shared by a site and the server.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteKey {
    /// `kid` in token headers. Unique over all sites of the server.
    pub kid: String,
    /// At least 32 random bytes.
    pub secret: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
}

impl std::fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Where a user's stored rights came from: on a tie of versions a call wins over a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// A user token.
    Token,
    /// A signed call of the host.
    Call,
}

/// A user as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// Contact and rights.
    pub snapshot: Arc<Snapshot>,
    /// What the snapshot came from.
    pub origin: Origin,
    /// Removed by the host: the snapshot has no name, circles or rights.
    pub removed: bool,
}

/// What others see of a user as last known; of one who was removed, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// As the host writes it.
    pub name: Arc<str>,
    /// The address of a picture.
    pub picture: Option<Arc<str>>,
    /// The address of their page.
    pub profile_url: Option<Arc<str>>,
}

impl From<&Snapshot> for Face {
    fn from(snapshot: &Snapshot) -> Self {
        let Snapshot { name, picture, profile_url, .. } = snapshot;
        Self { name: name.clone(), picture: picture.clone(), profile_url: profile_url.clone() }
    }
}

/// What a connect needs to know, of one moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Arrival {
    /// As last known, if ever.
    pub user: Option<UserRecord>,
    /// Whether this login was revoked (and not yet forgotten).
    pub revoked: bool,
    /// Those above the token's version, of courses that it names or that are on record; one may be there twice.
    pub floors: Floors,
    /// The dock, as `Store::dock` gives it.
    pub dock: Dock,
    /// The heads of the conversations asked for, in the order asked; `None` where there is none, or not of the user.
    pub heads: Vec<Option<Head>>,
}

/// A conversation's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Lowest seq still kept; 1 for a conversation that has not begun.
    pub first_seq: Seq,
    /// Highest seq; 0 before the first message.
    pub seq: Seq,
    /// Rises with every committed change.
    pub rev: Rev,
    /// The rev of the last change that was not simply a further message (an erasure): a copy with a lower rev than
    /// this cannot be brought up to date by further messages. 0 if there was none.
    pub reset_rev: Rev,
}

impl Default for Head {
    /// Of a conversation that has not begun.
    fn default() -> Self {
        Self { first_seq: Seq(1), seq: Seq(0), rev: Rev(0), reset_rev: Rev(0) }
    }
}

/// A user's windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dock {
    /// Rises by 1 with every change of the user's dock rows.
    pub version: i64,
    /// Open and minimised ones, oldest opened first; after them (as minimised) conversations with unread messages
    /// that came after their window was closed or that never had one, in the order of those messages, at most 100.
    pub windows: Vec<DockWindow>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockWindow {
    /// Whose.
    pub conversation: ConversationId,
    /// Never `Closed` in a `Dock`.
    pub state: WindowState,
    /// The other person as last known; `None` if they never were on record.
    pub other: Option<Face>,
    /// What of their rights concerns the user.
    pub toward: Toward,
    /// The conversation's head.
    pub head: Head,
    /// The user's own read mark.
    pub read_seq: Seq,
    /// The other's mark, as far as it is shown.
    pub other_read_seq: Seq,
    /// The other's messages above `read_seq`, at most 100.
    pub unread: i64,
}

/// How a conversation stands in a dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// Open.
    Open,
    /// Only its header.
    Minimised,
    /// Not in the dock.
    Closed,
}

/// What becomes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowChange {
    /// How it shall stand.
    pub state: WindowState,
    /// The dock version on which the person acted.
    pub base: i64,
    /// For `Closed`: the last message that the person could have seen; what came above it brings the window back.
    /// `None`: the head.
    pub seen: Option<Seq>,
    /// Whose it is: a change by the session that changed the window last is never stale. `None`: nobody's.
    pub session: Option<SessionId>,
}

/// A message to be appended. Text is trimmed and checked.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Site.
    pub site: SiteId,
    /// Must contain the sender.
    pub conversation: ConversationId,
    /// Sender.
    pub sender: UserId,
    /// Unique per sender.
    pub client_message_id: ClientMessageId,
    /// What was written.
    pub text: Arc<str>,
    /// The server's clock.
    pub sent_at: i64,
}

/// A message as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub seq: Seq,
    /// The conversation's rev at its last change.
    pub rev: Rev,
    /// Who wrote it.
    pub sender: UserId,
    /// `None` once erased.
    pub client_message_id: Option<ClientMessageId>,
    /// `None` once erased.
    pub text: Option<Arc<str>>,
    /// When.
    pub sent_at: i64,
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Committed now.
    New {
        /// As stored.
        message: Message,
        /// The sender's read mark, which the other person may see from now on, and had not before.
        published: Option<Seq>,
        /// The recipient had no open or minimised window (so the dock now shows one).
        window_came_back: bool,
    },
    /// The same id, conversation and text were committed before: this is that message.
    Repeated(Message),
    /// The id was used by this sender for something else.
    Conflict,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest.
    Newest,
    /// The newest below.
    Before(Seq),
    /// The oldest above.
    After(Seq),
}

/// What became of a snapshot or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// False: the stored version is higher (or, on a tie, stays).
    pub applied: bool,
    /// Whether anything that is stored differs from before.
    pub changed: bool,
    /// As stored now.
    pub record: UserRecord,
}

/// What became of `put_user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Decided by the rule of rights versions.
    Done(Applied),
    /// It names a course of which a circles call of this higher version has spoken: nothing was done.
    Outdated(RightsVersion),
}

impl Put {
    /// What became of it, unless a floor refused it.
    pub fn done(self) -> Option<Applied> {
        match self {
            Self::Done(applied) => Some(applied),
            Self::Outdated(_) => None,
        }
    }
}

/// What became of `raise_floor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// False: the stored one is higher.
    pub applied: bool,
    /// As stored now.
    pub version: RightsVersion,
}

/// Everything kept of a user but the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Contact and rights.
    pub snapshot: Arc<Snapshot>,
    /// Every window on record, closed ones too, by the other person's id.
    pub windows: Vec<(ConversationId, WindowState)>,
    /// By the other person's id.
    pub conversations: Vec<KeptConversation>,
}

/// A conversation that has begun, as one of the two has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConversation {
    /// Which.
    pub conversation: ConversationId,
    /// The other person's name; empty if they are not on record (any more).
    pub name: String,
    /// Its head.
    pub head: Head,
    /// The user's own read mark.
    pub read_seq: Seq,
}

/// Result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The store: the truth about everything but presence.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Changes when a backup is restored.
    fn epoch(&self) -> Epoch;
    /// Bytes of the disk with the data, if that is known: free for this process, and in all. May wait for the disk.
    fn space(&self) -> Option<(u64, u64)> {
        None
    }
    /// When the epoch began, ms: what was signed before then may rest on what the store has forgotten. 0 for a store
    /// that was never restored.
    fn epoch_began(&self) -> i64 {
        0
    }

    /// All sites with their keys.
    async fn sites(&self) -> Result<Vec<SiteRecord>>;
    /// Adds a site (its `site` number is ignored) and returns its number. An issuer, kid or URL in use is an
    /// error (`InUse`).
    async fn add_site(&self, site: SiteRecord) -> Result<SiteId>;
    /// Adds a key as the newest; of more than two the oldest goes. Without the site, here and below: `NoSite`.
    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()>;
    /// Drops all keys of a site but the newest; returns how many went.
    async fn drop_old_keys(&self, site: SiteId) -> Result<u64>;
    /// Removes a site and everything of it.
    async fn remove_site(&self, site: SiteId) -> Result<()>;
    /// Gives a site another address and other origins (the host moved, or the demo listens elsewhere).
    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()>;
    /// Sets the policy unless the stored `policy_version` is higher. True if applied.
    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool>;
    /// Raises the site's floor unless the stored one is higher. True if applied.
    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool>;

    /// Everything a connect with this token needs, in one read at most and without a write: what was committed and
    /// answered before is in it.
    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival>;
    /// A user as last known.
    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>>;
    /// Stores a snapshot by the rule of rights versions (protocol/README.md): a lower version never replaces a
    /// higher; on a tie a call replaces a token or a call, a token replaces only a token. Equal content writes nothing
    /// but what the rule needs (a higher version of equal content is still stored). A snapshot that names a course whose
    /// floor is higher is refused; what is stored of courses with a higher floor that it does not name stays.
    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put>;
    /// Removes a user for good unless the stored version is higher: contact, rights, dock and marks go, messages
    /// become stubs (each such conversation gets a new `rev` and `reset_rev`). A record that refuses tokens stays.
    /// Returns the conversations that changed.
    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<ConversationId>)>;
    /// Everything kept of a user but the messages; `None` for the unknown and the removed.
    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>>;

    /// Sets a course's floor unless the stored one is higher.
    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor>;
    /// Those on record with a circle of this course.
    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>>;
    /// Gives these users these memberships of the course in place of those they have, in one transaction: not the
    /// unknown, the removed, and those whose rights have a higher version. Their rights versions stay: what is older
    /// than the call and names the course is refused by its floor, and what is older and does not name it leaves these
    /// memberships as they are; a raised version would refuse besides what such a token or call rightly says of other
    /// courses. False, and nothing done, if the floor is another one by now.
    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool>;

    /// Refuses a login until `until`.
    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()>;
    /// Forgets what `now` has made moot: revoked logins, and floors after a day (`FLOOR_MS`). Returns how many rows went.
    async fn expire(&self, now: i64) -> Result<u64>;

    /// Finds an earlier commit of this id: `Repeated` or `Conflict` as `append` would say; `None` if it is new.
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>>;
    /// Appends one message, and with it lets the other person see the sender's read mark. Appends that wait at the
    /// same time are committed together. Makes the conversation if need be. After an error the message may be committed
    /// all the same: the same id tells.
    async fn append(&self, message: NewMessage) -> Result<Appended>;
    /// Up to `limit` messages, ascending, and the head. An empty list and `Head::default()` where there is
    /// none.
    async fn history(
        &self,
        site: SiteId,
        conversation: ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)>;
    /// Raises a read mark, at most to the head. The new mark if it rose. With `publish`, the other person may see it.
    async fn read(
        &self,
        site: SiteId,
        conversation: ConversationId,
        user: UserId,
        seq: Seq,
        publish: bool,
    ) -> Result<Option<Seq>>;

    /// The user's dock.
    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock>;
    /// Sets a window's state unless another session changed it after the change's `base`. Of more than `most` windows that the user
    /// opened the oldest are closed; what is unread in them is then listed as if it had just come. False if it was
    /// stale, nothing changed, or the conversation is not the user's.
    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool>;

    /// A mark that changes when another process has changed the sites; `None` where none has, or no other process can.
    async fn sites_mark(&self) -> Result<Option<SitesMark>> {
        Ok(None)
    }
    /// What the sites were under this mark counts in this process from now on: tells the process that waits for it.
    fn sites_count(&self, mark: SitesMark) {
        let _ = mark;
    }

    /// Whether the database answers and, as far as is known, can be written.
    async fn ready(&self) -> Result<()>;
    /// Commits what is under way and closes. Later calls fail with `Closed`.
    async fn close(&self);
}
