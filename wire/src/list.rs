//! The list of a user's conversations, what they have set of each, and messages that they look for.

use serde::Deserialize;

use crate::{Conversation, Window, foreign};

/// A page of the user's conversations.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct List {
    pub request: u32,
    #[serde(deserialize_with = "foreign::passed_over")]
    pub conversations: Vec<Entry>,
    pub next: Option<String>,
}

/// A conversation in the list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// Its state may be closed.
    #[serde(flatten)]
    pub window: Window,
    #[serde(default)]
    pub last: Option<Last>,
    #[serde(default)]
    pub archived: bool,
}

/// The newest message that says something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Last {
    pub seq: u64,
    pub sender: u64,
    /// In groups and rooms: what the sender is called.
    #[serde(default)]
    pub name: Option<String>,
    pub sent_at: u64,
    /// Its beginning.
    pub text: String,
}

/// Some of the messages that were found, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    pub request: u32,
    #[serde(deserialize_with = "foreign::passed_over")]
    pub messages: Vec<FoundMessage>,
    pub next: Option<String>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundMessage {
    pub conversation: Conversation,
    /// What the conversation is called.
    pub title: String,
    pub seq: u64,
    pub sender: u64,
    /// What the sender is called.
    pub name: String,
    pub sent_at: u64,
    /// What stands around the first of what was found.
    pub text: String,
}

/// What the user has set of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Flags {
    #[serde(default)]
    pub request: Option<u32>,
    pub conversation: Conversation,
    #[serde(default)]
    pub pinned: bool,
    #[serde(default)]
    pub archived: bool,
    #[serde(default)]
    pub muted_until: Option<u64>,
}
