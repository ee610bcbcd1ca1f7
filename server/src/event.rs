//! What has happened, as plain values that travel between nodes: everything that others must hear.
//!
//! An event tells of what is committed already, or of what lasts a moment. One that is late, lost, told twice or
//! overtaken delays somebody and loses nothing: changes carry their span, marks only rise, rights carry their version,
//! and of docks, sites and policies it is only told that the store has others. Knows no connection, store and rule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::Changes,
    hub::Frame,
    id::{ConnectionId, ConversationId, RightsVersion, Seq, SiteId, UserId},
    rights::Membership,
    store::UserRecord,
};

/// Something that others must hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// Messages of a conversation have changed.
    Changed {
        /// Of the conversation.
        site: SiteId,
        /// Who hears of it.
        to: Audience,
        /// What.
        changes: Arc<Changes>,
        /// On the node where it was asked for: what the connection that asked has been given already.
        #[serde(skip)]
        given: Option<Given>,
    },
    /// A read mark has risen.
    Read {
        /// Of the conversation.
        site: SiteId,
        /// Which.
        conversation: ConversationId,
        /// Whose mark.
        user: UserId,
        /// To what.
        seq: Seq,
        /// Who may know.
        to: Audience,
    },
    /// Somebody is writing.
    Typing {
        /// Of the conversation.
        site: SiteId,
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// Who may know.
        to: Audience,
    },
    /// Somebody's dock is another.
    Dock {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// On the node where it was asked for: the connection that asked, which is shown it as its answer.
        #[serde(skip)]
        given: Option<ConnectionId>,
    },
    /// Somebody's rights are now these. With them a pause may begin or end, and the right to chat.
    Rights {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// As stored.
        record: Arc<UserRecord>,
    },
    /// A token has changed what is stored of somebody's rights.
    Moved {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
    },
    /// A token has come that pauses nobody any more.
    PauseEnded {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
    },
    /// A circles call has set what these hold of a course.
    Course {
        /// Of the course.
        site: SiteId,
        /// Which.
        course: Arc<str>,
        /// Of the call.
        version: RightsVersion,
        /// All that each holds of it.
        members: Vec<(UserId, Vec<Membership>)>,
    },
    /// A login has ended.
    LoggedOut {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// Which.
        sid: Arc<str>,
    },
    /// Rights below this version keep nobody connected any more.
    Floor {
        /// Of which site.
        site: SiteId,
        /// As stored, or higher.
        version: RightsVersion,
    },
    /// A site allows something else than before.
    Policy {
        /// Which.
        site: SiteId,
    },
    /// A site is there no more.
    SiteRemoved {
        /// Which.
        site: SiteId,
    },
}

/// Users of one site who hear of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience(Vec<UserId>);

impl Audience {
    /// These.
    pub fn of(users: impl IntoIterator<Item = UserId>) -> Self {
        Self(users.into_iter().collect())
    }

    /// Without one of them.
    pub fn but(mut self, user: UserId) -> Self {
        self.0.retain(|each| *each != user);
        self
    }

    /// Each of them.
    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.0.iter().copied()
    }
}

/// What one connection of this node has been given with its answer: a frame that the others here share.
#[derive(Clone, Debug)]
pub struct Given {
    /// Which connection.
    pub to: ConnectionId,
    /// The bytes.
    pub frame: Frame,
}
