//! The frames that the client model sends and understands: the part of `protocol/README.md` that it needs.
//!
//! Written from the contract and not shared with the server, so that a mistake in one is no mistake in both. Fields
//! and frames that the model has no use for are left out; a client must ignore them anyway.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::history::{Conversation, Said, hash};

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Outgoing {
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
    Ping,
    Pong,
}

/// Where a client left off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Cursor {
    pub(crate) epoch: Uuid,
    pub(crate) conversations: Vec<Position>,
}

/// What a client holds of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Position {
    pub(crate) conversation: Conversation,
    pub(crate) rev: u64,
    pub(crate) seq: u64,
}

/// What a client understands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Incoming {
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
pub(crate) struct Welcome {
    pub(crate) epoch: Uuid,
    pub(crate) server_time: u64,
    pub(crate) lease_ends: u64,
    pub(crate) dock: Dock,
    pub(crate) gaps: Vec<Gap>,
}

/// A person's windows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Dock {
    pub(crate) windows: Vec<Window>,
}

/// One window: its conversation and head.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Window {
    pub(crate) conversation: Conversation,
    pub(crate) seq: u64,
}

/// What happened in a conversation since the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Gap {
    pub(crate) conversation: Conversation,
    pub(crate) reset: bool,
    pub(crate) seq: u64,
    pub(crate) messages: Vec<Message>,
}

/// A page of messages, and the head.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct History {
    pub(crate) request: u32,
    pub(crate) conversation: Conversation,
    pub(crate) seq: u64,
    pub(crate) messages: Vec<Message>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Message {
    pub(crate) seq: u64,
    pub(crate) rev: u64,
    pub(crate) sender: u64,
    pub(crate) client_message_id: Option<Uuid>,
    /// None: erased.
    pub(crate) text: Option<String>,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    #[serde(rename = "final")]
    pub(crate) is_final: bool,
    pub(crate) request: Option<u32>,
    pub(crate) client_message_id: Option<Uuid>,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Message {
    /// As the log has it.
    pub(crate) fn said(&self) -> Said {
        let text = self.text.as_deref().map_or(0, hash);
        Said { seq: self.seq, sender: self.sender, id: self.client_message_id, text }
    }
}

impl Outgoing {
    /// As sent.
    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames have string keys and no failing field")
    }
}

#[cfg(test)]
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
