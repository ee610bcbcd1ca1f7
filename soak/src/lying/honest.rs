//! What the lying stores pass on to the real one as it is; and lists, of which one leaves something out.

use std::sync::Arc;

use async_trait::async_trait;
use gchat::{
    conversation::Head,
    id::{ConversationId, Epoch, RightsVersion, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
    store::{
        Applied, Arrival, Dock, DockStore, FindAsk, FindPage, FindStore, FlagChange, Flagged, Flags, Floor,
        Kept, ListAsk, ListPage, ListStore, Listed, Origin, PeopleStore, Put, Result as StoreResult, SiteKey,
        SiteRecord, SiteStore, Store, UserRecord, Waiting, WindowChange,
    },
};

use super::Lying;

#[async_trait]
impl Store for Lying {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    fn epoch_began(&self) -> i64 {
        self.inner.epoch_began()
    }

    fn space(&self) -> Option<(u64, u64)> {
        self.inner.space()
    }

    async fn ready(&self) -> StoreResult<()> {
        self.inner.ready().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl SiteStore for Lying {
    async fn sites(&self) -> StoreResult<Vec<SiteRecord>> {
        self.inner.sites().await
    }

    async fn add_site(&self, site: SiteRecord) -> StoreResult<SiteId> {
        self.inner.add_site(site).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> StoreResult<()> {
        self.inner.add_key(site, key).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> StoreResult<u64> {
        self.inner.drop_old_keys(site).await
    }

    async fn remove_site(&self, site: SiteId) -> StoreResult<()> {
        self.inner.remove_site(site).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> StoreResult<()> {
        self.inner.move_site(site, url, origins).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> StoreResult<bool> {
        self.inner.put_policy(site, policy, version).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> StoreResult<bool> {
        self.inner.raise_site_floor(site, version).await
    }
}

#[async_trait]
impl PeopleStore for Lying {
    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> StoreResult<Arrival> {
        self.inner.arrival(site, user, sid, token, heads).await
    }

    async fn user(&self, site: SiteId, user: UserId) -> StoreResult<Option<UserRecord>> {
        self.inner.user(site, user).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> StoreResult<Put> {
        self.inner.put_user(site, user, snapshot, origin).await
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> StoreResult<(Applied, Vec<(ConversationId, Head)>)> {
        self.inner.remove_user(site, user, version).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> StoreResult<Option<Kept>> {
        self.inner.kept(site, user).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> StoreResult<Floor> {
        self.inner.raise_floor(site, course, version, now).await
    }

    async fn members(&self, site: SiteId, course: &str) -> StoreResult<Vec<UserId>> {
        self.inner.members(site, course).await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> StoreResult<bool> {
        self.inner.put_course(site, course, version, circles).await
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> StoreResult<()> {
        self.inner.revoke_login(site, sid, until).await
    }

    async fn expire(&self, now: i64) -> StoreResult<u64> {
        self.inner.expire(now).await
    }
}

#[async_trait]
impl DockStore for Lying {
    async fn dock(&self, site: SiteId, user: UserId) -> StoreResult<Dock> {
        self.inner.dock(site, user).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: WindowChange,
        most: usize,
    ) -> StoreResult<bool> {
        self.inner.set_window(site, user, conversation, change, most).await
    }
}

#[async_trait]
impl ListStore for Lying {
    async fn list(&self, site: SiteId, user: UserId, ask: &ListAsk) -> StoreResult<ListPage> {
        let mut page = self.inner.list(site, user, ask).await?;
        if let (super::Lie::Omitting, None) = (&self.lie, &ask.after) {
            page.listed.drain(..1.min(page.listed.len()));
        }
        Ok(page)
    }

    async fn listed(
        &self,
        site: SiteId,
        user: UserId,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<Listed>> {
        self.inner.listed(site, user, conversations).await
    }

    async fn flags(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
    ) -> StoreResult<Option<Flags>> {
        self.inner.flags(site, user, conversation).await
    }

    async fn flag(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> StoreResult<Flagged> {
        self.inner.flag(site, user, conversation, change).await
    }

    async fn unmute(&self, now: i64) -> StoreResult<Vec<(SiteId, UserId)>> {
        self.inner.unmute(now).await
    }

    async fn tidy(&self, after: Option<Waiting>, now: i64) -> StoreResult<Option<Waiting>> {
        self.inner.tidy(after, now).await
    }
}

#[async_trait]
impl FindStore for Lying {
    async fn find(&self, site: SiteId, user: UserId, ask: &FindAsk) -> StoreResult<FindPage> {
        self.inner.find(site, user, ask).await
    }

    async fn index(&self) -> StoreResult<bool> {
        self.inner.index().await
    }
}
