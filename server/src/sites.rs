//! The sites of this server in memory: whose key signs, whose page may connect, what each allows.
//!
//! A copy of the store's rows, replaced as a whole: by `refresh` every few seconds, and at once when something asks
//! for a key or an origin that the copy does not have (`gchat site add` writes into the store while a server runs).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jsonwebtoken::DecodingKey;
use parking_lot::{Mutex, RwLock};
use tokio::time::{Duration, Instant};

use crate::{
    id::{RightsVersion, SiteId},
    rights::Policy,
    store::{Result, SiteRecord, Store},
};

/// A question for something unknown reads the store at most once in this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// All sites.
pub struct Sites {
    store: Arc<dyn Store>,
    table: RwLock<Arc<Table>>,
    /// What refreshes have found, whoever asked for them.
    news: Mutex<News>,
    /// One refresh at a time, or what was read earlier could replace what was read later.
    reading: tokio::sync::Mutex<()>,
    /// When the last read for something unknown was.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

/// What is another than before: for this node's connections to be told (`Node::sites_were_read`).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Sites that allow something else, and what it was before.
    pub policies: HashMap<SiteId, Policy>,
    /// Sites whose floor has risen.
    pub floors: HashSet<SiteId>,
    /// Sites that are there no more. Their numbers are never used again.
    pub gone: HashSet<SiteId>,
}

#[derive(Default)]
struct Table {
    keys: HashMap<String, (Arc<SiteRecord>, Arc<DecodingKey>)>,
    origins: HashMap<String, HashSet<SiteId>>,
    policies: HashMap<SiteId, Policy>,
    floors: HashMap<SiteId, RightsVersion>,
}

impl News {
    /// Adds what differs. Of a site that is new nobody has been told anything.
    fn compare(&mut self, old: &Table, new: &Table) {
        for (site, policy) in &old.policies {
            match new.policies.get(site) {
                None => drop(self.gone.insert(*site)),
                Some(now) if now != policy => drop(self.policies.entry(*site).or_insert(*policy)),
                Some(_) => {}
            }
        }
        let rose = |(site, floor): &(&SiteId, &RightsVersion)| new.floors.get(site) > Some(floor);
        self.floors.extend(old.floors.iter().filter(rose).map(|(site, _)| *site));
    }
}

impl Sites {
    /// Reads all sites.
    pub async fn load(store: Arc<dyn Store>) -> Result<Self> {
        let (table, news, reading, asked) = Default::default();
        let sites = Self { store, table, news, reading, asked };
        sites.refresh().await?;
        Ok(sites)
    }

    /// Reads all sites again.
    pub async fn refresh(&self) -> Result<()> {
        let _one = self.reading.lock().await;
        let mut table = Table::default();
        for site in self.store.sites().await? {
            let site = Arc::new(site);
            table.policies.insert(site.site, site.policy);
            table.floors.insert(site.site, site.floor);
            for origin in &site.origins {
                table.origins.entry(origin.clone()).or_default().insert(site.site);
            }
            for key in &site.keys {
                let decoding = Arc::new(DecodingKey::from_secret(&key.secret));
                table.keys.insert(key.kid.clone(), (site.clone(), decoding));
            }
        }
        let mut held = self.table.write();
        self.news.lock().compare(&held, &table);
        *held = Arc::new(table);
        Ok(())
    }

    /// What has been found since this was asked last. Whoever takes it sees to it that the connections are told.
    pub fn take_news(&self) -> News {
        std::mem::take(&mut *self.news.lock())
    }

    /// The site and key of a `kid`.
    pub async fn key(&self, kid: &str) -> Option<(Arc<SiteRecord>, Arc<DecodingKey>)> {
        self.find(|table| table.keys.get(kid).cloned()).await
    }

    /// Whether pages of this origin may connect to some site.
    pub async fn knows_origin(&self, origin: &str) -> bool {
        self.find(|table| table.origins.get(origin).map(|_| ())).await.is_some()
    }

    /// Whether pages of this origin may connect to this site.
    pub fn origin_is_of(&self, origin: &str, site: SiteId) -> bool {
        self.table.read().origins.get(origin).is_some_and(|sites| sites.contains(&site))
    }

    /// What a site allows; of a site that is gone, the least.
    pub fn policy(&self, site: SiteId) -> Policy {
        self.table.read().policies.get(&site).copied().unwrap_or(Policy::LEAST)
    }

    /// The rights version below which nobody of a site is connected.
    pub fn floor(&self, site: SiteId) -> RightsVersion {
        self.table.read().floors.get(&site).copied().unwrap_or_default()
    }

    async fn find<T>(&self, look: impl Fn(&Table) -> Option<T>) -> Option<T> {
        let held = self.table.read().clone();
        if let Some(found) = look(&held) {
            return Some(found);
        }
        let mut asked = self.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() >= PATIENCE) {
            *asked = Some(Instant::now());
            if let Err(error) = self.refresh().await {
                error.log();
            }
        }
        drop(asked);
        let held = self.table.read().clone();
        look(&held)
    }
}
