//! The frames that a classmate sends and understands: the part of `protocol/README.md` that a simple client needs.
//!
//! Fields and frames that a classmate has no use for are left out; a client must ignore them anyway.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a classmate sends.
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
    Dock {
        conversation: String,
        state: &'static str,
        base: u64,
    },
    History {
        request: u32,
        conversation: String,
        after: u64,
        limit: u32,
    },
    Read {
        conversation: String,
        seq: u64,
    },
    Typing {
        conversation: String,
    },
    Send {
        client_message_id: Uuid,
        conversation: String,
        text: String,
    },
    Pong,
}

/// Where a classmate left off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Cursor {
    pub(crate) epoch: String,
    pub(crate) conversations: Vec<Position>,
}

/// What a classmate holds of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Position {
    pub(crate) conversation: String,
    pub(crate) rev: u64,
    pub(crate) seq: u64,
}

/// What a classmate understands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Incoming {
    Welcome(Welcome),
    Renewed {
        lease_ends: u64,
    },
    Dock(Dock),
    Message {
        conversation: String,
        message: Message,
    },
    History {
        conversation: String,
        first_seq: u64,
        seq: u64,
        rev: u64,
        messages: Vec<Message>,
    },
    Ack {
        client_message_id: Uuid,
    },
    Reset {
        conversation: String,
    },
    Error {
        code: String,
        #[serde(rename = "final")]
        is_final: bool,
        client_message_id: Option<Uuid>,
        retry_after_ms: Option<u64>,
    },
    Drain {
        retry_after_ms: u64,
    },
    Ping,
    #[serde(other)]
    Other,
}

/// The server's answer to `hello`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) epoch: String,
    pub(crate) server_time: u64,
    pub(crate) lease_ends: u64,
    pub(crate) dock: Dock,
    pub(crate) gaps: Vec<Gap>,
}

/// The windows of the classmate's dock.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Dock {
    pub(crate) version: u64,
    pub(crate) windows: Vec<Window>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Window {
    pub(crate) conversation: String,
    pub(crate) state: String,
    pub(crate) seq: u64,
    pub(crate) read_seq: u64,
    pub(crate) unread: u32,
}

/// What happened in a conversation since the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Gap {
    pub(crate) conversation: String,
    pub(crate) reset: bool,
    pub(crate) first_seq: u64,
    pub(crate) rev: u64,
    pub(crate) messages: Vec<Message>,
    pub(crate) more: bool,
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn fixtures(folder: &str) -> Vec<(String, String)> {
        let folder = format!("{}/../protocol/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).expect("the fixtures are there");
        let paths = files.map(|file| file.expect("a file").path());
        paths
            .map(|path| (path.display().to_string(), std::fs::read_to_string(path).expect("readable")))
            .collect()
    }

    #[test]
    fn every_frame_of_the_server_is_understood_or_ignored() {
        let mut understood = 0;
        for (path, text) in fixtures("server") {
            let frame: Incoming =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            understood += u32::from(frame != Incoming::Other);
        }
        assert!(understood >= 10, "only {understood} frames were understood");
    }

    #[test]
    fn what_is_sent_has_only_fields_of_the_contract() {
        let id = Uuid::now_v7();
        let text = String::new;
        let position = Position { conversation: text(), rev: 1, seq: 1 };
        let cursor = Some(Cursor { epoch: text(), conversations: vec![position] });
        let frames = [
            Outgoing::Hello { protocol: 1, token: text(), session: id, visible: true, cursor },
            Outgoing::Renew { token: text() },
            Outgoing::Dock { conversation: text(), state: "open", base: 1 },
            Outgoing::History { request: 1, conversation: text(), after: 0, limit: 1 },
            Outgoing::Read { conversation: text(), seq: 1 },
            Outgoing::Typing { conversation: text() },
            Outgoing::Send { client_message_id: id, conversation: text(), text: text() },
            Outgoing::Pong,
        ];
        let examples: Vec<Value> =
            fixtures("client").iter().map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect();
        for frame in frames {
            let frame = serde_json::to_value(&frame).expect("JSON");
            let known = examples.iter().any(|example| {
                let fields = frame.as_object().expect("an object");
                example["type"] == frame["type"]
                    && fields.iter().all(|(name, value)| {
                        let same = example.get(name).map(std::mem::discriminant);
                        same == Some(std::mem::discriminant(value))
                    })
            });
            assert!(known, "no fixture has the fields of {frame}");
        }
    }
}
