//! What frames are made of: people, messages, windows, gaps (protocol/README.md, "Common types").

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    id::{ClientMessageId, ConversationId, Rev, Seq, UserId},
    rights::{Role, Writing},
    store::{self, WindowState},
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

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number.
    pub seq: Seq,
    /// The rev of its last change.
    pub rev: Rev,
    /// Who wrote it.
    pub sender: UserId,
    /// Null once erased.
    pub client_message_id: Option<ClientMessageId>,
    /// Null once erased.
    pub text: Option<Arc<str>>,
    /// ms.
    pub sent_at: i64,
}

impl From<store::Message> for Message {
    fn from(m: store::Message) -> Self {
        let store::Message { seq, rev, sender, client_message_id, text, sent_at } = m;
        Self { seq, rev, sender, client_message_id, text, sent_at }
    }
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
    /// Open or minimised.
    pub state: WindowState,
    /// The other person.
    pub contact: Contact,
    /// Whether the user may write to them.
    pub writing: Writing,
    /// Lowest kept.
    pub first_seq: Seq,
    /// Head.
    pub seq: Seq,
    /// Head.
    pub rev: Rev,
    /// The user's mark.
    pub read_seq: Seq,
    /// The other's, as far as it is shown.
    pub other_read_seq: Seq,
    /// 0 … 100.
    pub unread: i64,
}

/// What a returning client missed of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which.
    pub conversation: ConversationId,
    /// Drop the copy.
    pub reset: bool,
    /// Lowest kept.
    pub first_seq: Seq,
    /// Head.
    pub seq: Seq,
    /// Head.
    pub rev: Rev,
    /// The next ones, or after a reset the newest.
    pub messages: Vec<Message>,
    /// There are more than these.
    pub more: bool,
}
