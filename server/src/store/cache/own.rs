//! What a user has for themselves alone: their dock, and their list with what they have set.

use async_trait::async_trait;

use super::{CachedStore, Stamps, Subject};
use crate::{
    id::{ConversationId, SiteId, UserId},
    store::{
        Dock, DockStore, FindAsk, FindPage, FindStore, FlagChange, Flagged, Flags, ListAsk, ListPage,
        ListStore, Listed, Result, Waiting, WindowChange,
    },
};

#[async_trait]
impl DockStore for CachedStore {
    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock> {
        self.store.dock(site, user).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool> {
        let writing = self.writing(Stamps::marks([Subject::Talk(site, user)]));
        writing.end(self.store.set_window(site, user, conversation, change, most).await, |done| *done)
    }
}

#[async_trait]
impl ListStore for CachedStore {
    async fn list(&self, site: SiteId, user: UserId, ask: &ListAsk) -> Result<ListPage> {
        self.store.list(site, user, ask).await
    }

    async fn listed(
        &self,
        site: SiteId,
        user: UserId,
        conversations: &[ConversationId],
    ) -> Result<Vec<Listed>> {
        self.store.listed(site, user, conversations).await
    }

    async fn flags(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
    ) -> Result<Option<Flags>> {
        self.store.flags(site, user, conversation).await
    }

    async fn flag(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> Result<Flagged> {
        let writing = self.writing(Stamps::marks([Subject::Talk(site, user)]));
        let done = self.store.flag(site, user, conversation, change).await;
        writing.end(done, |done| matches!(done, Flagged::Done { .. }))
    }

    async fn unmute(&self, now: i64) -> Result<Vec<(SiteId, UserId)>> {
        let writing = self.writing(Stamps::everything()); // whose it is, is not known before
        writing.end(self.store.unmute(now).await, |of| !of.is_empty())
    }

    /// Concerns nothing that is told.
    async fn tidy(&self, after: Option<Waiting>, now: i64) -> Result<Option<Waiting>> {
        self.store.tidy(after, now).await
    }
}

#[async_trait]
impl FindStore for CachedStore {
    async fn find(&self, site: SiteId, user: UserId, ask: &FindAsk) -> Result<FindPage> {
        self.store.find(site, user, ask).await
    }

    /// It changes nothing that is told on arrival.
    async fn index(&self) -> Result<bool> {
        self.store.index().await
    }
}
