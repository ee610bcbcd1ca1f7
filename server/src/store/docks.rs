//! Docks: the windows of a user.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{CourseRooms, Face, Part, Result};
pub use crate::conversation::WindowState;
use crate::{
    conversation::Head,
    id::{CircleId, ConversationId, Seq, SessionId, SiteId, UserId},
    rights::Toward,
};

/// A user's windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dock {
    /// Rises by 1 with every change of the user's dock rows.
    pub version: i64,
    /// Open and minimised ones, oldest opened first; after them (as minimised) conversations with unread messages
    /// that came after their window was closed or that never had one, in the order of those messages, at most 100 of the
    /// newest `WAITING_MOST`. Of rooms and muted ones only messages count that mention the user.
    pub windows: Vec<DockWindow>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockWindow {
    /// Whose.
    pub conversation: ConversationId,
    /// Never `Closed` in a `Dock`; in a list where there is no window.
    pub state: WindowState,
    /// Of a direct conversation: the other person as last known; `None` if they never were on record.
    pub other: Option<Face>,
    /// Of a direct conversation: what of the other's rights concerns the user.
    pub toward: Toward,
    /// The conversation's head.
    pub head: Head,
    /// The user's own read mark.
    pub read_seq: Seq,
    /// Of a direct conversation: the other's mark, as far as it is shown.
    pub other_read_seq: Seq,
    /// Messages above `read_seq` that mention the user, at most 100.
    pub mentions: i64,
    /// Of a group or room: what it is.
    pub place: Place,
    /// Others' messages above `read_seq` that are not stubs, at most 100.
    pub unread: i64,
    /// At the top of the user's list.
    pub pinned: bool,
    /// Until when the user has muted it; 0: it is not muted.
    pub muted_until: i64,
}

/// What a window of a group or room is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Of neither.
    #[default]
    Direct,
    /// A group.
    Group {
        /// Its course.
        course: CircleId,
        /// What it is called.
        title: Arc<str>,
        /// How many are in it now.
        members: i64,
        /// What its owner has of it.
        part: Part,
    },
    /// A room.
    Room {
        /// What the host says of the rooms of its course; `None`: there are none.
        rooms: Option<CourseRooms>,
        /// Only teachers write there.
        announcements: bool,
    },
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

/// Docks, in a store.
#[async_trait]
pub trait DockStore: Send + Sync + 'static {
    /// The user's dock.
    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock>;
    /// Sets a window's state unless another session changed it after the change's `base`. Of more than `most` windows that the user
    /// opened the oldest are closed; what is unread in them is then listed as if it had just come. False if it was
    /// stale, nothing changed, the user was removed, or it is the direct conversation of two others: whether somebody may
    /// have a window of a group or room is the caller's to know.
    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool>;
}
