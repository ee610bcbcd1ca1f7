//! What has happened, as plain values that travel between nodes: everything that others must hear.
//!
//! An event tells of what is committed already, or of what lasts a moment. One that is late, lost, told twice or
//! overtaken delays somebody and loses nothing: changes carry their span, marks only rise, rights carry their version,
//! and of docks, flags, sites and policies it is only told that the store has others. Knows no connection, store and rule.
//!
//! Each says what makes it good where it is lost and nobody notices (`tests/it/lost.rs` loses each of them). A bus that
//! notices needs none of that: it has those concerned come back (`Node::resume`), and a connect is told all that is so.
//! "A new token" is at most a lease away: the client renews it, and whatever the store knows of its bearer is applied.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::Changes,
    hub::Frame,
    id::{CircleId, ConnectionId, ConversationId, RightsVersion, Seq, SiteId, UserId},
    rights::Membership,
    store::UserRecord,
};

/// Something that others must hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// Messages of a conversation have changed. Lost: the next change of it does not fit what is held, so the client asks;
    /// where it is open, the client asks once a minute.
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
    /// A read mark has risen. Lost: the next mark is higher, and a dock has both.
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
    /// Somebody is writing. Lost: it would have been shown for 5 s, and the next one is told within 2 s.
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
    /// Somebody's dock is another. Lost: the next one is all of it. Where the store could not be read it is told as soon as
    /// that is possible (`Docks::tell_owed`).
    Dock {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// On the node where it was asked for: the connection that asked, which is shown it as its answer.
        #[serde(skip)]
        given: Option<ConnectionId>,
    },
    /// Somebody has set another thing of a conversation for themselves. Lost: the next such frame has all that they have set
    /// of it, and so have their list and, of what is open, each dock.
    Flags {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// Of which.
        conversation: ConversationId,
        /// On the node where it was asked for: the connection that asked, which is told with its answer.
        #[serde(skip)]
        given: Option<ConnectionId>,
    },
    /// Somebody's rights are now these. With them a pause may begin or end, and the right to chat. Lost: a new token.
    Rights {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// As stored.
        record: Arc<UserRecord>,
    },
    /// A token has changed what is stored of somebody's rights. Lost: who has a window with them is told whether they may
    /// write with their next dock, and whoever writes is judged by what is stored.
    Moved {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
    },
    /// A token has come that pauses nobody any more. Lost: a new token, or the time until which the pause was said to last.
    PauseEnded {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
    },
    /// A circles call has set what these hold of a course. Lost: a new token.
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
    /// Whether there are rooms in a course, or who may write in them, has changed. Lost: whoever has a window there is
    /// told with their next dock, and who writes is judged by what is stored.
    Rooms {
        /// Of the course.
        site: SiteId,
        /// Which.
        course: Arc<str>,
    },
    /// A login has ended. Lost: its tokens are refused, so no lease is renewed.
    LoggedOut {
        /// Of the user.
        site: SiteId,
        /// Whose.
        user: UserId,
        /// Which.
        sid: Arc<str>,
    },
    /// Rights below this version keep nobody connected any more. Lost: each node reads the sites every few seconds, and acts
    /// on what it finds (`Node::sites_were_read`).
    Floor {
        /// Of which site.
        site: SiteId,
        /// As stored, or higher.
        version: RightsVersion,
    },
    /// A site allows something else than before. Lost: as `Floor`.
    Policy {
        /// Which.
        site: SiteId,
    },
    /// A site is there no more. Lost: as `Floor`.
    SiteRemoved {
        /// Which.
        site: SiteId,
    },
}

/// Users of one site who hear of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// These.
    People(Vec<UserId>),
    /// Whoever holds this circle when it is told: the members of its room.
    Holders(CircleId),
}

impl Default for Audience {
    /// Nobody.
    fn default() -> Self {
        Self::People(Vec::new())
    }
}

impl Audience {
    /// These.
    pub fn of(users: impl IntoIterator<Item = UserId>) -> Self {
        Self::People(users.into_iter().collect())
    }

    /// Without one of them, where they are named.
    pub fn but(mut self, user: UserId) -> Self {
        if let Self::People(people) = &mut self {
            people.retain(|each| *each != user);
        }
        self
    }

    /// Nobody.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::People(people) if people.is_empty())
    }

    /// Each of them who is named.
    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        let people = match self {
            Self::People(people) => &people[..],
            Self::Holders(_) => &[],
        };
        people.iter().copied()
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
