//! A store that takes its time and sometimes fails, before the commit or after it; and one that lies.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gchat::store::{Result, StoreError};
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;

use crate::memory::Weather;

/// Bad weather, drawn from a seed, until it is told to calm down.
pub(crate) struct Storm {
    rng: Mutex<StdRng>,
    /// Of a thousand reads or writes so many fail.
    failures: u32,
    calm: Arc<Mutex<bool>>,
}

impl Storm {
    pub(crate) fn new(seed: u64, failures: u32, calm: Arc<Mutex<bool>>) -> Self {
        Self { rng: Mutex::new(StdRng::seed_from_u64(seed)), failures, calm }
    }

    async fn wait(&self, most_ms: u64) -> Result<()> {
        if *self.calm.lock() {
            return Ok(());
        }
        let (pause, fails) = {
            let mut rng = self.rng.lock();
            (rng.random_range(0..=most_ms), rng.random_range(0..1_000) < self.failures)
        };
        sleep(Duration::from_millis(pause)).await;
        if fails {
            return Err(StoreError::Database(Box::new(std::io::Error::other("a storm"))));
        }
        Ok(())
    }
}

#[async_trait]
impl Weather for Storm {
    async fn before(&self) -> Result<()> {
        self.wait(30).await
    }

    async fn after(&self) -> Result<()> {
        self.wait(30).await
    }

    async fn read(&self) -> Result<()> {
        self.wait(10).await
    }
}
