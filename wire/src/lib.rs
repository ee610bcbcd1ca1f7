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
#[cfg(test)]
mod tests;
pub use conversation::Conversation;

/// What these programs know beside what version 1 requires.
pub const FEATURES: &[&str] = &["edit", "delete", "reply"];

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
    pub state: State,
    pub seq: u64,
    pub rev: u64,
    pub read_seq: u64,
    pub unread: u32,
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
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Message {
    pub seq: u64,
    pub rev: u64,
    pub sender: u64,
    pub client_message_id: Option<Uuid>,
    /// None: a stub, deleted or erased.
    pub text: Option<String>,
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
