//! Users: what the host last said of them, the floors of courses, and logins that have ended.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Dock, Flags, Result, WindowState};
pub use crate::rights::Origin;
use crate::{
    conversation::Head,
    id::{ConversationId, RightsVersion, Seq, SiteId, UserId},
    rights::{Floors, Membership, Precedence, Snapshot},
};

/// A floor is kept for this long. The tokens that it refuses have ended after ten minutes, and calls are computed when
/// they are sent; the rest is for clocks and patience.
pub const FLOOR_MS: i64 = 24 * 60 * 60 * 1_000;

/// A login that has ended is refused for this long. Its tokens end after ten minutes; the rest is for clocks that are set
/// back.
pub const REVOKED_MS: i64 = FLOOR_MS;

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

impl UserRecord {
    /// What it has against another one.
    pub fn precedence(&self) -> Precedence {
        Precedence { removal: self.removed, ..Precedence::new(self.snapshot.rights_version, self.origin) }
    }

    /// Of somebody who is removed: nothing but the version below which tokens are refused.
    pub fn of_nobody(version: RightsVersion) -> Self {
        let nobody = Snapshot { rights_version: version, ..Snapshot::default() };
        Self { snapshot: Arc::new(nobody), origin: Origin::Call, removed: true }
    }

    /// What a circles call makes of the snapshot; `None` if that stays as it is.
    pub fn with_course(
        &self,
        course: &str,
        version: RightsVersion,
        circles: &[Membership],
    ) -> Option<Snapshot> {
        if self.removed || !Precedence::call(version).wins(self.precedence()) {
            return None;
        }
        Some(self.snapshot.with_course(course, circles)).filter(|new| *new != *self.snapshot)
    }
}

/// What others see of a user as last known; of one who was removed, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default)]
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

impl Applied {
    /// What becomes of a record, given what is stored: the rule of rights versions, for every database.
    pub fn of(new: UserRecord, stored: Option<UserRecord>) -> Self {
        match stored {
            Some(stored) if !new.precedence().wins(stored.precedence()) => {
                Self { applied: false, changed: false, record: stored }
            }
            stored => Self { applied: true, changed: stored.as_ref() != Some(&new), record: new },
        }
    }
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
    /// What becomes of a snapshot, given what is stored and the floors above it, for every database.
    pub fn of(snapshot: &Arc<Snapshot>, origin: Origin, stored: Option<UserRecord>, floors: &Floors) -> Self {
        if let Some(floor) = floors.refusing(snapshot) {
            return Self::Outdated(floor);
        }
        let snapshot = floors.complete(snapshot, stored.as_ref().map(|stored| &*stored.snapshot));
        Self::Done(Applied::of(UserRecord { snapshot, origin, removed: false }, stored))
    }

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

impl Floor {
    /// What becomes of a floor, given the stored one, for every database.
    pub fn of(new: RightsVersion, stored: Option<RightsVersion>) -> Self {
        match stored {
            Some(stored) if !Precedence::call(new).wins(Precedence::call(stored)) => {
                Self { applied: false, version: stored }
            }
            _ => Self { applied: true, version: new },
        }
    }
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

/// A conversation that has begun, as one participant has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConversation {
    /// Which.
    pub conversation: ConversationId,
    /// Of a direct one: the other person's name; empty if they are not on record (any more).
    pub name: String,
    /// Its head.
    pub head: Head,
    /// The user's own read mark.
    pub read_seq: Seq,
    /// What the user has set of it.
    pub flags: Flags,
}

/// Users, in a store.
#[async_trait]
pub trait PeopleStore: Send + Sync + 'static {
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
    /// become stubs, each under the next rev of its conversation. A record that refuses tokens stays.
    /// Returns the conversations that changed, with their heads now.
    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<(ConversationId, Head)>)>;
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
    /// Forgets what `now` has made moot: revoked logins, floors after a day (`FLOOR_MS`). Returns how many
    /// rows went.
    async fn expire(&self, now: i64) -> Result<u64>;
}
