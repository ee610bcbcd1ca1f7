//! What is looked up of somebody else before the speaker may do something to them.
//!
//! How long that takes must not tell whether somebody is online whom the speaker may not see online: who is hidden, out
//! of sight, or has left costs the same look-ups in the store, whatever memory has of them.

use std::sync::Arc;

use super::{Chat, Speaker};
use crate::{
    error::Refusal,
    id::{ConversationId, Seq, SiteId, UserId},
    protocol::Status,
    rights::{self, Snapshot},
    store::Page,
};

impl Chat {
    /// The rights of somebody, online or not; none of who never came or was removed. Only for those whom the speaker is
    /// shown online, memory is enough.
    pub(super) async fn last_known(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        other: UserId,
    ) -> Result<Option<Arc<Snapshot>>, Refusal> {
        let online = self.rosters.rights(speaker.site, other).map(|online| online.snapshot);
        if self.rosters.status(speaker.site, (speaker.user, me), other) == Status::Online {
            return Ok(online);
        }
        let record = self.store.user(speaker.site, other).await?;
        let stored = record.filter(|record| !record.removed).map(|record| record.snapshot);
        // Memory has the last word, where it has one.
        Ok(online.or(stored))
    }

    /// Whether the speaker may have a window with somebody: they see each other, or have talked.
    pub(super) async fn knows(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        conversation: ConversationId,
        other: UserId,
    ) -> Result<bool, Refusal> {
        let them = self.last_known(speaker, me, other).await?;
        let policy = self.sites.policy(speaker.site);
        let sees = them.is_some_and(|them| rights::may_see(policy, &me.circles, &them.circles));
        Ok(sees || self.has_talked(speaker.site, conversation).await?)
    }

    pub(super) async fn has_talked(
        &self,
        site: SiteId,
        conversation: ConversationId,
    ) -> Result<bool, Refusal> {
        Ok(self.store.history(site, conversation, Page::Newest, 1).await?.0.seq > Seq(0))
    }
}
