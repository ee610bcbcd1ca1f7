//! Finding messages by what was written, in all that one person reads.

use std::sync::Arc;

use async_trait::async_trait;

use super::Result;
use crate::{
    id::{ConversationId, Seq, SiteId, UserId},
    terms::Sought,
};

/// Conversations of one user in which messages are found: the newest, and all rooms that are named.
pub const FIND_MOST: usize = 10_000;

/// What is looked for, and where.
#[derive(Clone, Debug, Default)]
pub struct FindAsk {
    /// What. Nothing finds nothing.
    pub sought: Sought,
    /// Only there.
    pub only: Option<ConversationId>,
    /// The rooms that the user reads: the store does not know.
    pub rooms: Vec<ConversationId>,
    /// In groups and rooms nothing that these have written.
    pub without: Vec<UserId>,
    /// What was committed before this message.
    pub before: Option<(ConversationId, Seq)>,
    /// So many at most.
    pub limit: usize,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMessage {
    /// Where.
    pub conversation: ConversationId,
    /// Of a direct one what the other person is called, of a group its title; nothing of a room, or of who was removed.
    pub title: Option<Arc<str>>,
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub sender: UserId,
    /// What they are called; empty of who was removed.
    pub name: Arc<str>,
    /// When it was committed, ms.
    pub sent_at: i64,
    /// What was written.
    pub text: Arc<str>,
}

/// Some of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindPage {
    /// In the order of commits, the newest first.
    pub found: Vec<FoundMessage>,
    /// There may be more before this message.
    pub next: Option<(ConversationId, Seq)>,
}

/// Finding messages, in a store.
#[async_trait]
pub trait FindStore: Send + Sync + 'static {
    /// Messages that the user reads and that have what is sought (`Sought::is_in`), as they are now: of direct
    /// conversations and groups what is theirs to read, of the rooms that are named all. Neither stubs nor system messages.
    /// A store with an index may lag behind by some seconds after so many messages that it cannot keep up; what was
    /// changed, deleted or erased is not found by what it was, from the commit of that on.
    async fn find(&self, site: SiteId, user: UserId, ask: &FindAsk) -> Result<FindPage>;
    /// Brings an index further, a part of a second's work at most. Whether there is more to do. For a store without one
    /// there is nothing to do.
    async fn index(&self) -> Result<bool> {
        Ok(false)
    }
}
