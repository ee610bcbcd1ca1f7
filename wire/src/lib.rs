//! The frames that a client sends and understands, for all programs here that are one: the demo's classmates, the
//! soak's model, the bench.
//!
//! Written from `protocol/README.md` and not shared with the server, so that a mistake in one is no mistake in both.
//! Fields and frames that none of them has a use for are left out; a client must ignore them anyway.
#![allow(missing_docs, reason = "frames and fields are those of protocol/README.md, which says what each is")]

use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod conversation;
mod foreign;
mod list;
#[cfg(test)]
mod tests;
pub use conversation::{Circle, Conversation};
pub use list::{Entry, Flags, Found, FoundMessage, Last, List};

/// What these programs know beside what version 1 requires.
pub const FEATURES: &[&str] =
    &["edit", "delete", "reply", "react", "mentions", "groups", "rooms", "list", "flags", "find"];

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outgoing {
    Hello {
        protocol: u32,
        token: String,
        session: Uuid,
        visible: bool,
        features: &'static [&'static str],
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<Cursor>,
    },
    Renew {
        token: String,
    },
    Send {
        client_message_id: Uuid,
        conversation: Conversation,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<u64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<u64>,
    },
    Edit {
        id: Uuid,
        conversation: Conversation,
        seq: u64,
        client_message_id: Uuid,
        text: String,
    },
    Delete {
        id: Uuid,
        conversation: Conversation,
        seq: u64,
        client_message_id: Uuid,
    },
    /// All of the user's reactions to a message.
    React {
        id: Uuid,
        conversation: Conversation,
        seq: u64,
        client_message_id: Uuid,
        emoji: Vec<String>,
    },
    /// Makes a group.
    Make {
        id: Uuid,
        conversation: Conversation,
        /// A course.
        circle: Circle,
        title: String,
        /// Those beside its maker.
        users: Vec<u64>,
    },
    Add {
        id: Uuid,
        conversation: Conversation,
        users: Vec<u64>,
    },
    /// Takes somebody out; oneself: leaves.
    Remove {
        id: Uuid,
        conversation: Conversation,
        user: u64,
    },
    Rename {
        id: Uuid,
        conversation: Conversation,
        title: String,
    },
    /// Whether only teachers write in a room.
    Announce {
        id: Uuid,
        conversation: Conversation,
        on: bool,
    },
    Members {
        request: u32,
        conversation: Conversation,
        /// None: who is in a group now.
        #[serde(skip_serializing_if = "Option::is_none")]
        users: Option<Vec<u64>>,
    },
    Rooms {
        request: u32,
        next: Option<String>,
        limit: u32,
    },
    /// The user's conversations, in the order of their list; `conversations`: these alone.
    List {
        request: u32,
        limit: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unread: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        conversations: Option<Vec<Conversation>>,
    },
    /// Messages by what was written, in all that the user reads or in one conversation.
    Find {
        request: u32,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        conversation: Option<Conversation>,
        next: Option<String>,
        limit: u32,
    },
    /// What the user wants of a conversation for themselves.
    Flag {
        request: u32,
        conversation: Conversation,
        #[serde(skip_serializing_if = "Option::is_none")]
        pinned: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        muted_until: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
    Changes {
        request: u32,
        conversation: Conversation,
        /// What is held; 0: nothing.
        rev: u64,
        /// What is held; 0: nothing.
        seq: u64,
        limit: u32,
    },
    /// The newest messages, or those beside one: at most one of `before` and `after`.
    History {
        request: u32,
        conversation: Conversation,
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        limit: u32,
    },
    Read {
        conversation: Conversation,
        seq: u64,
    },
    Typing {
        conversation: Conversation,
    },
    Dock {
        conversation: Conversation,
        state: State,
        /// The dock's version on which the person acted.
        base: u64,
    },
    Ping,
    Pong,
}

/// Where a client left off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cursor {
    pub epoch: Uuid,
    pub conversations: Vec<Position>,
}

/// What a client holds of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Position {
    pub conversation: Conversation,
    pub rev: u64,
    pub seq: u64,
}

/// What a client understands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Incoming {
    Welcome(Welcome),
    Renewed {
        lease_ends: u64,
    },
    Dock(Dock),
    Changes(Changes),
    History(History),
    Members(Members),
    Rooms(Rooms),
    List(List),
    Found(Found),
    Flags(Flags),
    /// Somebody has written in a room that is not open here.
    Dot {
        conversation: Conversation,
        seq: u64,
    },
    Ack(Ack),
    Read {
        conversation: Conversation,
        user: u64,
        seq: u64,
    },
    Error(Refusal),
    Drain {
        retry_after_ms: u64,
    },
    Ping,
    Pong,
    #[serde(other)]
    Other,
}

/// The server's answer to `hello`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Welcome {
    pub epoch: Uuid,
    pub server_time: u64,
    pub lease_ends: u64,
    pub features: Vec<String>,
    pub dock: Dock,
    #[serde(deserialize_with = "foreign::passed_over")]
    pub changes: Vec<Changes>,
}

/// A person's windows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Dock {
    pub version: u64,
    #[serde(deserialize_with = "foreign::passed_over")]
    pub windows: Vec<Window>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Window {
    pub conversation: Conversation,
    pub kind: Kind,
    pub state: State,
    pub seq: u64,
    pub rev: u64,
    pub read_seq: u64,
    pub unread: u32,
    pub writing: Writing,
    /// What a group or room is called.
    #[serde(default)]
    pub title: Option<String>,
    /// A group's course, a room's circle.
    #[serde(default)]
    pub circle: Option<Circle>,
    /// How many are in a group.
    #[serde(default)]
    pub members: Option<u32>,
    /// Only teachers write in this room.
    #[serde(default)]
    pub announcements: bool,
    /// Messages that are not read yet and mention the user.
    #[serde(default)]
    pub mentions: u32,
    #[serde(default)]
    pub pinned: bool,
    #[serde(default)]
    pub muted_until: Option<u64>,
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Direct,
    Group,
    Room,
}

/// Whether a user may write in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    Yes,
    No,
    Blocked,
    Gone,
}

/// How a window stands in the dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Minimised,
    Closed,
}

/// What has changed in a conversation, complete for a span of revs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Changes {
    /// None: told live, or by a welcome.
    #[serde(default)]
    pub request: Option<u32>,
    pub conversation: Conversation,
    pub from: u64,
    pub rev: u64,
    pub first_seq: u64,
    pub messages: Vec<Message>,
    #[serde(default)]
    pub more: bool,
    #[serde(default)]
    pub reset: bool,
}

/// What was asked is committed, or has no effect any more.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ack {
    /// Of a `send` its `client_message_id`, of a verb its own.
    pub id: Uuid,
    pub conversation: Conversation,
    pub seq: u64,
    pub rev: u64,
    /// Of a `react`: all of the user's reactions to the message, as they are now.
    #[serde(default)]
    pub mine: Option<Vec<String>>,
}

/// Who is in a group, or those of a group or room who were asked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Members {
    pub request: u32,
    pub conversation: Conversation,
    pub total: u32,
    pub members: Vec<Member>,
}

/// Somebody who is in a group or room, or was.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Member {
    pub id: u64,
    #[serde(default)]
    pub maker: bool,
    /// Is not in it any more.
    #[serde(default)]
    pub gone: bool,
    #[serde(default)]
    pub read_seq: Option<u64>,
}

/// A page of the user's rooms.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rooms {
    pub request: u32,
    pub rooms: Vec<Room>,
    pub next: Option<String>,
}

/// A room, for somebody who is in it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Room {
    pub conversation: Conversation,
    pub circle: Circle,
    pub title: String,
    pub writing: Writing,
    #[serde(default)]
    pub announcements: bool,
    #[serde(default)]
    pub unread: bool,
    #[serde(default)]
    pub mentions: u32,
}

/// A page of messages, and the head.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct History {
    pub request: u32,
    pub conversation: Conversation,
    pub first_seq: u64,
    pub seq: u64,
    pub rev: u64,
    pub messages: Vec<Message>,
    pub more: bool,
}

/// One message, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Message {
    pub seq: u64,
    pub rev: u64,
    pub sender: u64,
    pub client_message_id: Option<Uuid>,
    /// None: a stub, deleted or erased; or the message has `system`.
    pub text: Option<String>,
    #[serde(default)]
    pub mentions: Vec<u64>,
    /// What has happened in the conversation.
    #[serde(default)]
    pub system: Option<System>,
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// The reader's own reactions; told in personal answers only, and only where there are any.
    #[serde(default)]
    pub mine: Vec<String>,
    #[serde(default)]
    pub reply_to: Option<u64>,
    #[serde(default)]
    pub edited_at: Option<u64>,
    #[serde(default)]
    pub deleted: Option<String>,
    /// The highest id of an edit that was applied.
    #[serde(default)]
    pub verb_id: Option<Uuid>,
}

/// What has happened in a group or room, by whom its message names as the sender.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum System {
    Made {
        title: String,
        /// Those beside its maker.
        users: Vec<u64>,
    },
    Added {
        users: Vec<u64>,
    },
    Removed {
        users: Vec<u64>,
    },
    Left,
    Renamed {
        title: String,
    },
    Announcements {
        on: bool,
    },
}

/// Who has reacted with one emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: String,
    pub count: u32,
    /// The first of them, at most 20.
    pub users: Vec<u64>,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Refusal {
    pub code: String,
    #[serde(rename = "final")]
    pub is_final: bool,
    pub request: Option<u32>,
    /// As in `Ack`.
    pub id: Option<Uuid>,
    pub retry_after_ms: Option<u64>,
}

impl Outgoing {
    /// As sent.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames have string keys and no failing field")
    }
}

impl Incoming {
    /// As received. Of conversations of kinds that are not known here: `Other`. An error: it is not of the contract.
    pub fn decode(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text).or_else(|error| match foreign::names_one(text) {
            true => Ok(Self::Other),
            false => Err(error),
        })
    }
}
