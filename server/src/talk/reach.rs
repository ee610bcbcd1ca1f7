//! What somebody reads of a conversation: all of it, or only what was written between their joining and their leaving.
//! Pages and changes for a client come from the store through a `Reader` and no other way.
//!
//! A change beyond somebody's reach is an empty span to them: they hold its rev, and nothing of the message.

use crate::{
    conversation::{Changes, Head, Held, Message},
    id::{ConversationId, Seq},
    store::{Page, Result, Store},
};

use super::Speaker;

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
    speaker: Speaker,
    conversation: &'a ConversationId,
    reach: Reach,
}

impl<'a> Reader<'a> {
    /// Of somebody with this reach.
    pub fn new(
        store: &'a dyn Store,
        speaker: Speaker,
        conversation: &'a ConversationId,
        reach: Reach,
    ) -> Self {
        Self { store, speaker, conversation, reach }
    }

    /// Which conversation.
    pub fn conversation(&self) -> ConversationId {
        self.conversation.clone()
    }

    /// Who reads.
    pub fn speaker(&self) -> Speaker {
        self.speaker
    }

    /// From now on they read so far. Whether that is another reach.
    pub fn reach_becomes(&mut self, reach: Reach) -> bool {
        std::mem::replace(&mut self.reach, reach) != reach
    }

    /// The head as it is for them.
    pub fn head(&self, head: Head) -> Head {
        self.reach.head(head)
    }

    /// `Store::history`, as far as they read.
    pub async fn history(&self, page: Page, limit: i64) -> Result<(Head, Vec<Message>)> {
        let page = self.reach.page(page);
        let site = self.speaker.site;
        let (head, mut messages) = self.store.history(site, self.conversation, page, limit).await?;
        messages.retain(|message| self.reach.holds(message));
        self.with_own_reactions(&mut messages).await?;
        Ok((self.head(head), messages))
    }

    /// `Store::changes`, as far as they read.
    pub async fn changes(&self, held: Held, limit: i64) -> Result<(Head, Changes)> {
        let site = self.speaker.site;
        let (head, mut changes) = self.store.changes(site, self.conversation, held, limit).await?;
        changes.messages.retain(|message| self.reach.holds(message));
        self.with_own_reactions(&mut changes.messages).await?;
        let head = self.head(head);
        changes.first_seq = changes.first_seq.max(head.first_seq);
        Ok((head, changes))
    }

    /// `Store::written_by` of the reader, as far as they read.
    pub async fn written(&self, after: Seq, limit: i64) -> Result<Vec<Message>> {
        let Speaker { site, user } = self.speaker;
        let mut own = self.store.written_by(site, self.conversation, user, after, limit).await?;
        own.retain(|message| self.reach.holds(message));
        self.with_own_reactions(&mut own).await?;
        Ok(own)
    }

    /// The last message that they may read.
    pub fn last(&self) -> Seq {
        self.reach.last
    }

    /// Whether they read this message.
    pub fn reads(&self, message: &Message) -> bool {
        self.reach.holds(message)
    }

    /// What others share names only the first of those who have reacted: whether the reader is among them is told here.
    async fn with_own_reactions(&self, messages: &mut [Message]) -> Result<()> {
        let reacted = messages.iter().filter(|message| !message.reactions.is_empty());
        let seqs: Vec<Seq> = reacted.map(|message| message.seq).collect();
        if seqs.is_empty() {
            return Ok(());
        }
        let Speaker { site, user } = self.speaker;
        for (seq, emoji) in self.store.own_reactions(site, self.conversation, user, &seqs).await? {
            for message in messages.iter_mut().filter(|message| message.seq == seq) {
                message.mine.clone_from(&emoji);
            }
        }
        Ok(())
    }
}
