//! Messages: appending one, changing one, and reading them.

use std::sync::Arc;

use async_trait::async_trait;

use super::Result;
use crate::{
    conversation::{Changes, Head, Held, Message},
    id::{ClientMessageId, ConversationId, Rev, Seq, SiteId, UserId},
};

/// A message to be appended. Text is trimmed and checked.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Site.
    pub site: SiteId,
    /// The sender takes part in it.
    pub conversation: ConversationId,
    /// Sender.
    pub sender: UserId,
    /// Unique per sender.
    pub client_message_id: ClientMessageId,
    /// What was written.
    pub text: Arc<str>,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// The server's clock.
    pub sent_at: i64,
}

impl NewMessage {
    /// The row that a store has of it, before anything is done to it.
    pub fn row(&self, seq: Seq, rev: Rev) -> Message {
        Message {
            seq,
            rev,
            sender: self.sender,
            client_message_id: Some(self.client_message_id),
            text: Some(self.text.clone()),
            sent_at: self.sent_at,
            reply_to: self.reply_to,
            edited_at: None,
            deleted: None,
            verb_id: None,
        }
    }
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Committed now.
    New {
        /// As stored.
        message: Message,
        /// Lowest seq still kept.
        first_seq: Seq,
        /// The sender's read mark, which others may see from now on, and had not before.
        published: Option<Seq>,
        /// Somebody else who takes part had no open or minimised window, and their dock shows one now.
        window_came_back: bool,
    },
    /// The same id, conversation and first text were committed before.
    Repeated {
        /// That message, as it is now.
        message: Message,
        /// The sender's read mark, as far as others may see it now: at least what that message has published.
        published: Seq,
    },
    /// The id was used by this sender for something else.
    Conflict,
    /// `reply_to` names no message of the conversation. Nothing was stored.
    NoSuchMessage,
    /// The sender was removed meanwhile, and is not back. Nothing was stored.
    SenderRemoved,
}

/// A message that is there, to be put in place of what it is.
#[derive(Clone, Debug)]
pub struct Change {
    /// Site.
    pub site: SiteId,
    /// Which conversation.
    pub conversation: ConversationId,
    /// As it shall be, but for its rev: that is the one at which it was read. Its seq, sender, `client_message_id` and
    /// `sent_at` are those that it has.
    pub message: Message,
}

/// A change that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As stored, with its new rev.
    pub message: Message,
    /// Lowest seq still kept.
    pub first_seq: Seq,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest.
    Newest,
    /// The newest below.
    Before(Seq),
    /// The oldest above.
    After(Seq),
}

/// Messages, in a store.
#[async_trait]
pub trait TalkStore: Send + Sync + 'static {
    /// Finds an earlier commit of this id: `Repeated` or `Conflict` as `append` would say; `None` if it is new. A message
    /// is known by its first text also after it was edited or deleted, by a keyed hash that is kept from then on.
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>>;
    /// Appends one message, and with it lets others see the sender's read mark. Appends that wait at the same time are
    /// committed together. Makes the conversation if need be. After an error the message may be committed all the same:
    /// the same id tells.
    async fn append(&self, message: NewMessage) -> Result<Appended>;
    /// One message, as it is now.
    async fn message(&self, site: SiteId, conversation: &ConversationId, seq: Seq)
    -> Result<Option<Message>>;
    /// Puts a changed message in the place of the one that was read, under the conversation's next rev. `None`, and
    /// nothing done, where the stored one has another rev by now: read it again. Committed together with appends. After
    /// an error it may be committed all the same.
    async fn change(&self, change: Change) -> Result<Option<Changed>>;
    /// Up to `limit` messages, ascending, and the head. An empty list and `Head::default()` where there is none.
    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)>;
    /// The next changes after what somebody holds, up to `limit` messages, by rev, from one moment. `from` is what they
    /// hold; `rev` is the head's, or with `more` that of the last message. Never a reset: that is the
    /// caller's to give. What is at the head already, or is no part of it (`Held::is_part_of`), is answered by an empty span
    /// at the head, and not looked for: so nobody makes the store look at more messages than `Held` lets them be behind.
    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<(Head, Changes)>;
    /// Raises a read mark, at most to the head. The new mark if it rose. With `publish`, others may see it.
    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seq: Seq,
        publish: bool,
    ) -> Result<Option<Seq>>;
}
