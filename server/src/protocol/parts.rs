//! What frames are made of: people and windows (protocol/README.md, "Common types").

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::WindowState,
    id::{CircleId, ConversationId, Kind, Rev, Seq, UserId},
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

/// Somebody of a group or room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// With `status`, and with the role in the course of those who are in it now.
    #[serde(flatten)]
    pub contact: Contact,
    /// Has made the group.
    #[serde(default, skip_serializing_if = "is_false")]
    pub maker: bool,
    /// Is not in it any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gone: bool,
    /// Of a group: the read mark, as far as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_seq: Option<Seq>,
}

/// A room of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub conversation: ConversationId,
    /// Of whom.
    pub circle: CircleId,
    /// What it is called.
    pub title: Arc<str>,
    /// Whether the user may write there.
    pub writing: Writing,
    /// Only teachers write there now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub announcements: bool,
    /// Somebody else has written since the user has read there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unread: bool,
    /// Messages that are not read and mention the user, at most 100.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: i64,
}

fn is_false(yes: &bool) -> bool {
    !yes
}

fn is_zero(number: &i64) -> bool {
    *number == 0
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
    /// Open or minimised; in the list also closed.
    pub state: WindowState,
    /// Of a direct one: the other person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Of a group or room: what it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Arc<str>>,
    /// Of a group its course, of a room its circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<CircleId>,
    /// Of a group: how many are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<i64>,
    /// Of a room: only teachers write there now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub announcements: bool,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_read_seq: Option<Seq>,
    /// 0 … 100.
    pub unread: i64,
    /// 0 … 100: messages that are not read and mention the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: i64,
    /// At the top of the user's list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pinned: bool,
    /// ms; the user has muted it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<i64>,
}

/// A conversation in the user's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As its window has it; `Closed` where it has none.
    #[serde(flatten)]
    pub window: Window,
    /// The newest message that says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// Out of the list until a new message comes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub archived: bool,
}

/// A message as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub sender: UserId,
    /// In groups and rooms: what the sender is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// When it was committed, ms.
    pub sent_at: i64,
    /// Its beginning.
    pub text: Arc<str>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMessage {
    /// Where.
    pub conversation: ConversationId,
    /// What that is called: of a direct one its other person.
    pub title: Arc<str>,
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub sender: UserId,
    /// What the sender is called.
    pub name: Arc<str>,
    /// When it was committed, ms.
    pub sent_at: i64,
    /// What stands around the first word that was found.
    pub text: Arc<str>,
}

/// What somebody has set of a conversation for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// At the top of their list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pinned: bool,
    /// Out of their list until a new message comes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub archived: bool,
    /// ms; muted until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<i64>,
}
