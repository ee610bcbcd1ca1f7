//! What somebody reads of a conversation: all of it, or only what was written between their joining and their leaving.
//! Pages and changes for a client come from the store through a `Reader` and no other way.
//!
//! A change beyond somebody's reach is an empty span to them: they hold its rev, and nothing of the message.

use crate::{
    conversation::{Changes, Head, Held, Message},
    id::{ConversationId, Seq, SiteId},
    store::{Page, Result, Store},
};

/// The messages from one seq up to another, both among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    first: Seq,
    last: Seq,
}

impl Reach {
    /// Whatever is there and will be.
    pub const ALL: Self = Self { first: Seq(1), last: Seq(i64::MAX) };

    /// From this message on, up to that one.
    pub fn between(first: Seq, last: Seq) -> Self {
        Self { first, last }
    }

    fn holds(self, message: &Message) -> bool {
        (self.first..=self.last).contains(&message.seq)
    }

    /// The head as it is for them.
    pub fn head(self, head: Head) -> Head {
        Head { first_seq: head.first_seq.max(self.first), seq: head.seq.min(self.last), ..head }
    }

    fn page(self, page: Page) -> Page {
        let beyond = Seq(self.last.0.saturating_add(1));
        match page {
            Page::Newest if self.last == Self::ALL.last => Page::Newest,
            Page::Newest => Page::Before(beyond),
            Page::Before(seq) => Page::Before(seq.min(beyond)),
            Page::After(seq) => Page::After(seq.max(Seq(self.first.0 - 1))),
        }
    }
}

/// One conversation, as somebody reads it.
pub struct Reader<'a> {
    store: &'a dyn Store,
    site: SiteId,
    conversation: &'a ConversationId,
    reach: Reach,
}

impl<'a> Reader<'a> {
    /// Of somebody with this reach.
    pub fn new(store: &'a dyn Store, site: SiteId, conversation: &'a ConversationId, reach: Reach) -> Self {
        Self { store, site, conversation, reach }
    }

    /// Which conversation.
    pub fn conversation(&self) -> ConversationId {
        self.conversation.clone()
    }

    /// The head as it is for them.
    pub fn head(&self, head: Head) -> Head {
        self.reach.head(head)
    }

    /// `Store::history`, as far as they read.
    pub async fn history(&self, page: Page, limit: i64) -> Result<(Head, Vec<Message>)> {
        let page = self.reach.page(page);
        let (head, mut messages) = self.store.history(self.site, self.conversation, page, limit).await?;
        messages.retain(|message| self.reach.holds(message));
        Ok((self.head(head), messages))
    }

    /// `Store::changes`, as far as they read.
    pub async fn changes(&self, held: Held, limit: i64) -> Result<(Head, Changes)> {
        let (head, mut changes) = self.store.changes(self.site, self.conversation, held, limit).await?;
        changes.messages.retain(|message| self.reach.holds(message));
        let head = self.head(head);
        changes.first_seq = changes.first_seq.max(head.first_seq);
        Ok((head, changes))
    }
}
