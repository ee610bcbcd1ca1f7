//! What a conversation is made of: plain records that the store keeps, the rules judge and frames carry
//! (protocol/README.md, "Conversations" and "Changes").
//!
//! Knows no store, no rule and no socket.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{ClientMessageId, ConversationId, Rev, Seq, UserId, VerbId};

/// How a conversation stands in a dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// Open.
    Open,
    /// Only its header.
    Minimised,
    /// Not in the dock.
    Closed,
}

/// Who made a message a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeletedBy {
    /// Who wrote it.
    Author,
    /// Somebody whose right it is.
    Moderator,
}

/// What has happened in a group or room, as one of its messages tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum System {
    /// The group was made.
    Made {
        /// What it is called.
        #[schema(value_type = String)]
        title: Arc<str>,
        /// Those in it beside its maker.
        users: Vec<UserId>,
    },
    /// Members have come.
    Added {
        /// Who.
        users: Vec<UserId>,
    },
    /// A member was taken out.
    Removed {
        /// One.
        users: Vec<UserId>,
    },
    /// The sender has left.
    Left,
    /// The group has another title.
    Renamed {
        /// That.
        #[schema(value_type = String)]
        title: Arc<str>,
    },
    /// Who may write in the room has changed.
    Announcements {
        /// Only teachers.
        on: bool,
    },
}

/// Who has reacted to a message with one emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reaction {
    /// One grapheme cluster.
    #[schema(value_type = String)]
    pub emoji: Arc<str>,
    /// How many.
    pub count: i64,
    /// The first of them, at most `ACTORS`.
    pub users: Vec<UserId>,
}

/// So many of those who have reacted are named.
pub const ACTORS: usize = 20;

/// One row of a conversation, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number.
    pub seq: Seq,
    /// The conversation's rev at its last change; no other message of the conversation has it.
    pub rev: Rev,
    /// Who wrote it.
    pub sender: UserId,
    /// Its name from its first try on; `None` once it was erased.
    pub client_message_id: Option<ClientMessageId>,
    /// `None`: a stub, deleted or erased; or a system message.
    pub text: Option<Arc<str>>,
    /// When it was committed, ms.
    pub sent_at: i64,
    /// What has happened: then it is no stub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// Whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// Who has reacted, the emoji that was used first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// The reader's own reactions, in what is given to one reader alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<Arc<str>>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When it was edited last, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<i64>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DeletedBy>,
    /// The highest id of an edit that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb_id: Option<VerbId>,
}

impl Message {
    /// Deleted or erased.
    pub fn is_stub(&self) -> bool {
        self.text.is_none() && self.system.is_none()
    }

    /// The same row when it is deleted or erased: nothing of what was in it.
    pub fn stub(&self) -> Self {
        Self {
            text: None,
            system: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: Vec::new(),
            edited_at: None,
            ..self.clone()
        }
    }
}

/// Where a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Lowest seq still kept; 1 for a conversation that has not begun.
    pub first_seq: Seq,
    /// Highest seq; 0 before the first message.
    pub seq: Seq,
    /// Rises by one with each message that changes.
    pub rev: Rev,
}

impl Default for Head {
    /// Of a conversation that has not begun.
    fn default() -> Self {
        Self { first_seq: Seq(1), seq: Seq(0), rev: Rev(0) }
    }
}

/// What somebody holds of a conversation: every change up to `rev`, and no message above `seq`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// 0: nothing.
    pub rev: Rev,
    /// 0: nothing.
    pub seq: Seq,
}

/// Whoever is farther behind gets the newest messages in place of the changes.
const BEHIND_MOST: i64 = 1_000;

impl Held {
    /// Whether changes can bring it up to date: it is neither ahead of the head, nor more messages than there were
    /// changes, nor too far behind.
    pub fn is_part_of(self, head: Head) -> bool {
        let ahead = self.rev > head.rev || self.seq > head.seq || self.seq.0 > self.rev.0;
        !ahead && head.rev.0 - self.rev.0 <= BEHIND_MOST
    }
}

/// Changes of one conversation, complete for a span of revs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Which.
    pub conversation: ConversationId,
    /// Every change after this …
    pub from: Rev,
    /// … up to this is told.
    pub rev: Rev,
    /// Lowest seq still kept.
    pub first_seq: Seq,
    /// Every message whose rev lies in the span, by rev; after a reset the newest, by seq.
    pub messages: Vec<Message>,
    /// There are changes after `rev`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// The copy is no part of the truth.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reset: bool,
}

fn is_false(yes: &bool) -> bool {
    !yes
}

impl Changes {
    /// Of messages that have just changed, each at a rev of its own, by rev; at least one.
    pub fn of(conversation: ConversationId, first_seq: Seq, messages: Vec<Message>) -> Self {
        let rev = |message: Option<&Message>| message.map_or(Rev(0), |message| message.rev);
        let (from, rev) = (Rev(rev(messages.first()).0 - 1), rev(messages.last()));
        Self { conversation, from, rev, first_seq, messages, more: false, reset: false }
    }

    /// The same span for whom nothing of it is: they hold its rev, and no message.
    pub fn empty(&self) -> Self {
        Self { messages: Vec::new(), ..self.clone() }
    }

    /// Tells where the head is and nothing else: whoever holds less asks.
    pub fn head(conversation: ConversationId, Head { first_seq, rev, .. }: Head) -> Self {
        Self { conversation, from: rev, rev, first_seq, messages: Vec::new(), more: false, reset: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_ahead_or_far_behind_is_no_part() {
        let head = Head { first_seq: Seq(1), seq: Seq(40), rev: Rev(2_000) };
        let is = |rev, seq| Held { rev: Rev(rev), seq: Seq(seq) }.is_part_of(head);
        assert!(is(2_000, 40) && is(1_000, 1) && is(1_000, 0));
        assert!(!is(999, 1), "too far behind");
        assert!(!is(2_001, 40) && !is(2_000, 41), "ahead");
        assert!(!is(1_500, 1_501), "there are never more messages than changes");
        assert!(!Held { rev: Rev(1), seq: Seq(0) }.is_part_of(Head::default()));
        assert!(Held::default().is_part_of(Head::default()));
    }
}
