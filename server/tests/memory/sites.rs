//! Sites and their keys.

use std::collections::{BTreeMap, HashMap};

use gchat::{
    id::{RightsVersion, SiteId},
    rights::{Policy, Precedence},
    store::{Result, SiteKey, SiteRecord, StoreError},
};

use super::{Disk, Site};

impl Disk {
    pub(crate) fn add_site(&mut self, record: SiteRecord) -> Result<SiteId> {
        let others = || self.sites.values().map(|site| &site.record);
        if others().any(|other| other.issuer == record.issuer) {
            return Err(StoreError::InUse("this site id"));
        }
        if others().any(|other| other.url == record.url) {
            return Err(StoreError::InUse("this address"));
        }
        record.keys.iter().try_for_each(|key| self.free(key))?;
        let site = SiteId(self.next_site);
        self.next_site += 1;
        let record = SiteRecord { site, ..record };
        self.sites.insert(site, Site::new(record));
        Ok(site)
    }

    pub(super) fn add_key(&mut self, site: SiteId, key: SiteKey) -> Result<()> {
        if !self.sites.contains_key(&site) {
            return Err(StoreError::NoSite);
        }
        self.free(&key)?;
        let site = self.sites.get_mut(&site).ok_or(StoreError::NoSite)?;
        site.record.keys.insert(0, key);
        site.keep_keys(2);
        Ok(())
    }

    pub(super) fn move_site(&mut self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        if !self.sites.contains_key(&site) {
            return Err(StoreError::NoSite);
        }
        if self.sites.iter().any(|(id, other)| *id != site && other.record.url == url) {
            return Err(StoreError::InUse("this address"));
        }
        let site = self.sites.get_mut(&site).ok_or(StoreError::NoSite)?;
        (site.record.url, site.record.origins) = (url.to_owned(), origins.to_vec());
        Ok(())
    }

    fn free(&self, key: &SiteKey) -> Result<()> {
        let taken = self.sites.values().any(|site| site.record.keys.iter().any(|other| other.kid == key.kid));
        if taken { Err(StoreError::InUse("this key id")) } else { Ok(()) }
    }
}

impl Site {
    fn new(record: SiteRecord) -> Self {
        Self {
            record,
            users: BTreeMap::new(),
            floors: BTreeMap::new(),
            logins: BTreeMap::new(),
            conversations: BTreeMap::new(),
            sent: HashMap::new(),
            docks: BTreeMap::new(),
            rooms: BTreeMap::new(),
            committed: 0,
        }
    }

    /// Drops all keys but the newest ones; how many went.
    pub(super) fn keep_keys(&mut self, newest: usize) -> u64 {
        let before = self.record.keys.len();
        self.record.keys.truncate(newest);
        (before - self.record.keys.len()) as u64
    }

    pub(super) fn put_policy(&mut self, policy: Policy, version: RightsVersion) -> bool {
        let applied = Precedence::call(version).wins(Precedence::call(self.record.policy_version));
        if applied {
            (self.record.policy, self.record.policy_version) = (policy, version);
        }
        applied
    }
}
