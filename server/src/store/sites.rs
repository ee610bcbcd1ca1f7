//! Sites and their keys.

use async_trait::async_trait;

use super::Result;
use crate::{
    id::{RightsVersion, SiteId},
    rights::Policy,
};

/// Drawn by a process that changes the sites beside a serving one (`gchat site`).
pub type SitesMark = [u8; 16];

/// One site and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRecord {
    /// Its number in this store.
    pub site: SiteId,
    /// Its public id: `iss` in tokens. Unique.
    pub issuer: String,
    /// The host's address without a final slash: `wwwroot` in signed calls.
    pub url: String,
    /// Exact origins (`scheme://host[:port]`) whose pages may connect. Never empty.
    pub origins: Vec<String>,
    /// One, or two during a rotation; newest first.
    pub keys: Vec<SiteKey>,
    /// What it allows.
    pub policy: Policy,
    /// The version that `policy` came with.
    pub policy_version: RightsVersion,
    /// Tokens with a lower rights version do not count any more. It only rises.
    pub floor: RightsVersion,
}

/// A secret shared by a site and the server.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteKey {
    /// `kid` in token headers. Unique over all sites of the server.
    pub kid: String,
    /// At least 32 random bytes.
    pub secret: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
}

impl std::fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Sites and their keys, in a store.
#[async_trait]
pub trait SiteStore: Send + Sync + 'static {
    /// All sites with their keys.
    async fn sites(&self) -> Result<Vec<SiteRecord>>;
    /// Adds a site (its `site` number is ignored) and returns its number. An issuer, kid or URL in use is an
    /// error (`InUse`).
    async fn add_site(&self, site: SiteRecord) -> Result<SiteId>;
    /// Adds a key as the newest; of more than two the oldest goes. Without the site, here and below: `NoSite`.
    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()>;
    /// Drops all keys of a site but the newest; returns how many went.
    async fn drop_old_keys(&self, site: SiteId) -> Result<u64>;
    /// Removes a site and everything of it.
    async fn remove_site(&self, site: SiteId) -> Result<()>;
    /// Gives a site another address and other origins (the host moved, or the demo listens elsewhere).
    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()>;
    /// Sets the policy unless the stored `policy_version` is higher. True if applied.
    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool>;
    /// Raises the site's floor unless the stored one is higher. True if applied.
    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool>;

    /// A mark that changes when another process has changed the sites; `None` where none has, or no other process can.
    async fn sites_mark(&self) -> Result<Option<SitesMark>> {
        Ok(None)
    }
    /// What the sites were under this mark counts in this process from now on: tells the process that waits for it.
    fn sites_count(&self, mark: SitesMark) {
        let _ = mark;
    }
}
