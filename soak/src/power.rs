//! Power cuts: the server's file lies on a disk whose bytes are copied in the middle of the load, and only the copy
//! goes on living.
//!
//! `disk` is the disk. A cut stops the server, copies what has reached the disk (not what the kernel still holds in its
//! page cache), kills the server, and opens the copy with a fresh one, whose store is compared with what the clients
//! were told. Then everyone goes on with that one, until its power is cut.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    check::{Verdict, check, unkept},
    client::Habits,
    history::{Event, HARNESS, Log, What},
    process::{Program, Running, Troubles},
    site::{self, Site},
    stage::Stage,
};

mod disk;
mod room;
use disk::Disk;
pub use disk::NoDisk;
pub use room::{enter, watch_parent};

/// Messages between two cuts, at least and at most. The lower bound leaves `synchronous=NORMAL` something to lose.
const MESSAGES: std::ops::Range<u64> = 150..500;

/// A series of cuts.
#[derive(Clone, Debug)]
pub struct Cuts {
    /// How many.
    pub count: u64,
    /// Of everything random.
    pub seed: u64,
    /// The server under test.
    pub server: Program,
    /// Where images and mount points may be made.
    pub folder: PathBuf,
}

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// Cuts that were made.
    pub cuts: u64,
    /// Messages that were acknowledged.
    pub acked: u64,
    /// Of these, those that were not there after the next cut.
    pub lost: u64,
    /// What the checker says of everything, for a server that is expected to lose nothing.
    pub verdict: Option<Verdict>,
    /// What else was not as it should be.
    pub troubles: Vec<String>,
    /// What happened.
    pub history: Vec<Event>,
}

impl Cuts {
    /// Runs them; at the end, all clients drain and everything is checked.
    pub async fn run(&self) -> Result<Outcome> {
        self.make(true).await
    }

    /// Runs them with a server that is expected to lose something: only the losses are counted.
    pub async fn control(&self) -> Result<Outcome> {
        self.make(false).await
    }

    async fn make(&self, drains: bool) -> Result<Outcome> {
        let mut disk = Disk::new(&self.folder).await?;
        let site = Arc::new(Site::found(&disk.file("gchat.db")).await?);
        let troubles = Troubles::default();
        let log = Arc::new(Log::new(None)?);
        let settings = site::settings(&self.folder, &disk.file("gchat.db"))?;
        let mut server = self.server.start(&settings, &troubles).await?;
        let habits = Habits {
            letters: 6,
            cut_every: Some(Duration::from_secs(5)),
            naps: 0.1,
            verbs: 0.3,
            reactions: 0.1,
            groups: 0.2,
            careless: false,
        };
        let address = server.address;
        let mut stage =
            Stage::open(site, log.clone(), troubles.clone(), address, 24, habits, self.seed).await?;
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut lost = HashSet::new();
        for _ in 0..self.count {
            let so_far = *stage.acks.borrow();
            stage.until_acked(so_far + rng.random_range(MESSAGES)).await?;
            sleep(Duration::from_micros(rng.random_range(0..20_000))).await;
            server = self.cut(server, &mut disk, &settings, &mut stage).await?;
            lost.extend(missing(&stage, &log).await?);
        }
        if drains {
            stage.drain().await?;
            stage.read_into_log().await?;
        } else {
            stage.stop().await;
        }
        server.kill().await?;
        disk.remove().await?;
        let acked = *stage.acks.borrow();
        let (history, troubles) = (log.take()?, troubles.lock().clone());
        let verdict = drains.then(|| check(&history));
        let lost = lost.len() as u64;
        Ok(Outcome { cuts: self.count, acked, lost, verdict, troubles, history })
    }

    /// One cut: from the moment at which the server stands still until a fresh one serves what was left.
    async fn cut(
        &self,
        server: Running,
        disk: &mut Disk,
        settings: &Path,
        stage: &mut Stage,
    ) -> Result<Running> {
        server.freeze().await?;
        disk.copy().await?;
        server.kill().await?;
        stage.log.add(HARNESS, What::Killed);
        disk.swap().await?;
        let server = self.server.start(settings, &stage.troubles).await.context("after a power cut")?;
        stage.moved(server.address);
        Ok(server)
    }
}

/// Messages, edits and deletions that were acknowledged, and that the fresh server does not have.
async fn missing(stage: &Stage, log: &Log) -> Result<Vec<Uuid>> {
    let before = log.look(<[Event]>::len);
    let found = stage.read().await?;
    Ok(log.look(|events| {
        unkept(events, before, found.iter().flat_map(|found| found.rows.iter().map(|(row, _)| row)))
    }))
}
