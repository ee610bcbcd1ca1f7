//! The frames that a client sends and understands, for all programs here that are one: the demo's classmates, the
//! soak's model, the bench.
//!
//! Written from `protocol/README.md` and not shared with the server, so that a mistake in one is no mistake in both.
//! Fields and frames that none of them has a use for are left out; a client must ignore them anyway.
#![allow(missing_docs, reason = "frames and fields are those of protocol/README.md, which says what each is")]

use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod conversation;
pub use conversation::Conversation;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outgoing {
    Hello {
        protocol: u32,
        token: String,
        session: Uuid,
        visible: bool,
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
    },
    History {
        request: u32,
        conversation: Conversation,
        after: u64,
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
    Message {
        conversation: Conversation,
        message: Message,
    },
    History(History),
    Ack {
        client_message_id: Uuid,
        conversation: Conversation,
        seq: u64,
    },
    Read {
        conversation: Conversation,
        user: u64,
        seq: u64,
    },
    Reset {
        conversation: Conversation,
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
    pub dock: Dock,
    pub gaps: Vec<Gap>,
}

/// A person's windows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Dock {
    pub version: u64,
    pub windows: Vec<Window>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Window {
    pub conversation: Conversation,
    pub state: State,
    pub seq: u64,
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

/// What happened in a conversation since the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Gap {
    pub conversation: Conversation,
    pub reset: bool,
    pub first_seq: u64,
    pub seq: u64,
    pub rev: u64,
    pub messages: Vec<Message>,
    pub more: bool,
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

/// One message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Message {
    pub seq: u64,
    pub rev: u64,
    pub sender: u64,
    pub client_message_id: Option<Uuid>,
    /// None: erased.
    pub text: Option<String>,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Refusal {
    pub code: String,
    #[serde(rename = "final")]
    pub is_final: bool,
    pub request: Option<u32>,
    pub client_message_id: Option<Uuid>,
    pub retry_after_ms: Option<u64>,
}

impl Outgoing {
    /// As sent.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames have string keys and no failing field")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use serde_json::Value;

    use super::*;

    fn fixtures(folder: &str) -> Vec<(String, String)> {
        let folder = format!("{}/../protocol/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
        let paths = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        paths.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
    }

    #[test]
    fn every_frame_of_the_server_is_understood_or_ignored() {
        let mut understood = 0;
        for (path, text) in fixtures("server") {
            let frame: Incoming =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            understood += u32::from(frame != Incoming::Other);
        }
        assert!(understood >= 12, "only {understood} frames were understood");
    }

    #[test]
    fn what_is_sent_has_only_fields_of_the_contract() {
        let id = Uuid::now_v7();
        let text = String::new;
        let conversation = Conversation::between(2, 3);
        let position = Position { conversation, rev: 1, seq: 1 };
        let cursor = Some(Cursor { epoch: id, conversations: vec![position] });
        let frames = [
            Outgoing::Hello { protocol: 1, token: text(), session: id, visible: true, cursor },
            Outgoing::Renew { token: text() },
            Outgoing::Send { client_message_id: id, conversation, text: text() },
            Outgoing::History { request: 1, conversation, after: 0, limit: 1 },
            Outgoing::Read { conversation, seq: 1 },
            Outgoing::Typing { conversation },
            Outgoing::Dock { conversation, state: State::Minimised, base: 1 },
            Outgoing::Ping,
            Outgoing::Pong,
        ];
        let examples: Vec<Value> =
            fixtures("client").iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
        for frame in frames {
            let frame: Value = serde_json::from_str(&frame.encode()).unwrap();
            let known = examples.iter().any(|example| {
                example["type"] == frame["type"]
                    && frame.as_object().unwrap().iter().all(|(name, value)| {
                        example.get(name).map(std::mem::discriminant) == Some(std::mem::discriminant(value))
                    })
            });
            assert!(known, "no fixture has the fields of {frame}");
        }
    }
}
