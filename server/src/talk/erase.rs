//! Somebody was removed, and all that they wrote is stubs now: telling those who hold it.

use std::sync::Arc;

use super::Talk;
use crate::{
    conversation::{Changes, Head},
    event::Event,
    id::{ConversationId, SiteId, UserId},
};

impl Talk {
    /// Tells those who talked with somebody who is gone. How many rows have changed is not said: everybody hears where
    /// the head is, and asks for what they miss. (The name goes from every dock that has it: `writing`.)
    pub async fn erased(&self, site: SiteId, gone: UserId, conversations: Vec<(ConversationId, Head)>) {
        for (conversation, head) in conversations {
            let to = self.access.hears(site, &conversation).await.but(gone);
            let changes = Arc::new(Changes::head(conversation, head));
            self.publish(Event::Changed { site, to, changes, given: None }).await;
        }
    }
}
