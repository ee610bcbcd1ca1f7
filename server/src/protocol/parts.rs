//! What frames are made of: people and windows (protocol/README.md, "Common types").

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::WindowState,
    id::{ConversationId, Kind, Rev, Seq, UserId},
    rights::{Role, Writing},
};

/// A person. `role` in rosters, `status` in windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The user's id.
    pub id: UserId,
    /// Plain text.
    pub name: Arc<str>,
    /// http(s) URL.
    pub picture: Option<Arc<str>>,
    /// http(s) URL.
    pub profile_url: Option<Arc<str>>,
    /// In this circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// As this viewer may know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// What others see of somebody's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Some connection lives, or did until a moment ago, and the person is not hidden.
    Online,
    /// Everything else.
    Offline,
}

/// The dock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dock {
    /// Rises with every change.
    pub version: i64,
    /// Oldest opened first.
    pub windows: Vec<Window>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Whose.
    pub conversation: ConversationId,
    /// Its kind.
    pub kind: Kind,
    /// Open or minimised.
    pub state: WindowState,
    /// Of a direct one: the other person.
    pub contact: Contact,
    /// Whether the user may write there.
    pub writing: Writing,
    /// Lowest kept.
    pub first_seq: Seq,
    /// Head.
    pub seq: Seq,
    /// Head.
    pub rev: Rev,
    /// The user's mark.
    pub read_seq: Seq,
    /// Of a direct one: the other's, as far as it is shown.
    pub other_read_seq: Seq,
    /// 0 … 100.
    pub unread: i64,
}
