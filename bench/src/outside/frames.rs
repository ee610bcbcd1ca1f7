//! The frames that the generator sends and understands, besides those of `gchat_wire`: borrowed where thousands are sent,
//! and read by their type first, so that most rosters are not read at all.

pub use gchat_wire::{Ack, Changes, Conversation, FEATURES, History, Message, Position, Refusal, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a client sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outgoing<'a> {
    Hello {
        protocol: u32,
        token: &'a str,
        session: Uuid,
        visible: bool,
        features: &'static [&'static str],
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<Cursor<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rosters: Option<HeldRosters<'a>>,
    },
    Renew {
        token: &'a str,
    },
    Send {
        client_message_id: Uuid,
        conversation: Conversation,
        text: &'a str,
    },
    Changes {
        request: u32,
        conversation: Conversation,
        rev: u64,
        seq: u64,
        limit: u32,
    },
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
        base: u64,
    },
    Pong,
}

/// Where a client left off.
#[derive(Debug, Serialize)]
pub struct Cursor<'a> {
    pub epoch: Uuid,
    pub conversations: &'a [Position],
}

/// The rosters that a client holds from a run of the server.
#[derive(Debug, Serialize)]
pub struct HeldRosters<'a> {
    pub boot: Uuid,
    pub versions: &'a [RosterVersion],
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub struct RosterVersion {
    pub circle: Box<str>,
    pub version: u64,
}

impl Outgoing<'_> {
    /// As sent.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames have string keys and no failing field")
    }
}

/// The server's answer to `hello`.
#[derive(Debug, Deserialize)]
pub struct Welcome {
    pub epoch: Uuid,
    pub boot: Uuid,
    pub circles: Vec<serde::de::IgnoredAny>,
    pub dock: Dock,
    pub changes: Vec<Changes>,
}

/// A person's windows.
#[derive(Debug, Deserialize)]
pub struct Dock {
    pub version: u64,
    pub windows: Vec<Window>,
}

/// One window: its conversation and head.
#[derive(Debug, Deserialize)]
pub struct Window {
    pub conversation: Conversation,
    pub state: State,
    pub seq: u64,
    pub rev: u64,
}

#[derive(Debug, Deserialize)]
pub struct Mark {
    pub conversation: Conversation,
    pub user: u64,
    pub seq: u64,
}

/// Somebody has written in a room that is not open here.
#[derive(Debug, Deserialize)]
pub struct Dot {
    pub conversation: Conversation,
}

#[derive(Debug, Deserialize)]
pub struct Drain {
    pub retry_after_ms: u64,
}

/// A roster or a diff: which, and in full only for those who watch.
#[derive(Debug, Deserialize)]
pub struct RosterHead<'a> {
    #[serde(borrow)]
    pub circle: std::borrow::Cow<'a, str>,
    pub version: u64,
    pub total: u64,
}

/// The people whom a diff adds.
#[derive(Debug, Deserialize)]
pub struct Joined {
    pub joined: Vec<Contact>,
}

#[derive(Debug, Deserialize)]
pub struct Contact {
    pub id: u64,
}

/// The frame's type, without a look at the rest where it comes first, as this server writes it.
pub fn kind(text: &str) -> &str {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow, rename = "type")]
        kind: &'a str,
    }
    let first = text.strip_prefix("{\"type\":\"").and_then(|rest| rest.split_once('"'));
    first.map_or_else(|| serde_json::from_str::<Head>(text).map_or("", |head| head.kind), |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn fixtures(folder: &str) -> Vec<String> {
        let folder = format!("{}/../protocol/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
        let paths = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        paths.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn the_server_s_frames_are_understood() {
        fn reads<T: for<'a> Deserialize<'a>>(text: &str) {
            serde_json::from_str::<T>(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        for text in fixtures("server") {
            let kind = kind(&text).to_owned();
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["type"], *kind);
            match &*kind {
                "welcome" => reads::<Welcome>(&text),
                "history" => reads::<History>(&text),
                "changes" => reads::<Changes>(&text),
                "ack" => reads::<Ack>(&text),
                "read" => reads::<Mark>(&text),
                "dock" => reads::<Dock>(&text),
                "dot" => reads::<Dot>(&text),
                "error" => reads::<Refusal>(&text),
                "drain" => reads::<Drain>(&text),
                "roster_diff" => reads::<Joined>(&text),
                _ => {}
            }
            if kind.starts_with("roster") {
                serde_json::from_str::<RosterHead>(&text).unwrap();
            }
        }
    }

    #[test]
    fn what_is_sent_has_only_fields_of_the_contract() {
        let id = Uuid::now_v7();
        let conversation = Conversation::between(2, 3);
        let cursor = Cursor { epoch: id, conversations: &[Position { conversation, rev: 1, seq: 1 }] };
        let versions = [RosterVersion { circle: "c1".into(), version: 1 }];
        let rosters = Some(HeldRosters { boot: id, versions: &versions });
        let hello = Outgoing::Hello {
            protocol: 1,
            token: "",
            session: id,
            visible: true,
            features: FEATURES,
            cursor: Some(cursor),
            rosters,
        };
        let frames = [
            hello,
            Outgoing::Renew { token: "" },
            Outgoing::Send { client_message_id: id, conversation, text: "" },
            Outgoing::Changes { request: 1, conversation, rev: 1, seq: 1, limit: 1 },
            Outgoing::History { request: 1, conversation, before: None, after: Some(1), limit: 1 },
            Outgoing::Read { conversation, seq: 1 },
            Outgoing::Typing { conversation },
            Outgoing::Dock { conversation, state: State::Open, base: 0 },
            Outgoing::Pong,
        ];
        let examples: Vec<Value> =
            fixtures("client").iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        for frame in frames {
            let frame: Value = serde_json::from_str(&frame.encode()).unwrap();
            let known = examples.iter().any(|example| {
                example["type"] == frame["type"]
                    && frame.as_object().unwrap().keys().all(|name| example.get(name).is_some())
            });
            assert!(known, "no fixture has the fields of {frame}");
        }
    }
}
