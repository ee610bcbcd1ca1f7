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
    /// the head is, and asks for what they miss; and the name goes from their docks.
    pub async fn erased(&self, site: SiteId, gone: UserId, conversations: Vec<(ConversationId, Head)>) {
        for (conversation, head) in conversations {
            let to = self.access.hears(site, &conversation).await.but(gone);
            let changes = Arc::new(Changes::head(conversation, head));
            self.publish(Event::Changed { site, to: to.clone(), changes, given: None }).await;
            for user in to.users() {
                self.publish(Event::Dock { site, user, given: None }).await;
            }
        }
    }
}
