//! Read marks and typing: what others hear of somebody who reads or writes, and is stored with no message.

use super::{Speaker, Talk, access::Marks};
use crate::{
    allowances::Kind,
    error::Refusal,
    event::Event,
    id::{ConversationId, Seq},
    store::NewMark,
};

impl Talk {
    /// Raises the speaker's read mark and tells those who may know.
    pub async fn read(
        &self,
        speaker: Speaker,
        conversation: ConversationId,
        seq: Seq,
        now: i64,
    ) -> Result<(), Refusal> {
        // Nobody has read beyond the end of what they read.
        let seq = seq.min(self.access.reader(speaker, &conversation).await?.last());
        self.allowances.of(speaker.site, speaker.user).take(Kind::Reads).map_err(Refusal::rate_limited)?;
        let Marks { to, publish, shared } = self.access.hears_marks(speaker, &conversation).await?;
        // Two of the speaker's connections may raise it at once: it is told in the order in which it rose. Where only the
        // speaker is told, nobody else waits for that: hundreds read a message of a room at once.
        let _order = if shared {
            self.order.lock((speaker.site, &conversation)).await
        } else {
            self.order.lock((speaker.site, &conversation, speaker.user)).await
        };
        let Speaker { site, user } = speaker;
        if let Some(seq) =
            self.store.read(site, &conversation, user, NewMark { seq, publish, at: now }).await?
        {
            self.publish(Event::Read { site, conversation, user, seq, to }).await;
        }
        Ok(())
    }

    /// Tells that the speaker is writing.
    pub async fn typing(&self, speaker: Speaker, conversation: ConversationId) {
        let Speaker { site, user } = speaker;
        if let Some(to) = self.access.hears_typing(speaker, &conversation).await {
            self.publish(Event::Typing { site, conversation, user, to }).await;
        }
    }
}
