//! Where a scenario happens: a database with its people, a server on it, and what is asked of both in every scenario.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context as _, Result};

use super::{
    campus::{Campus, Kind},
    crew::{Crew, Hire},
    memory,
    orders::{Order, Pair},
    prefill::{self, Amount},
    server::{Server, Settings},
    tally::Tally,
};
use crate::{plan::Plan, profile::Recording};

/// One in so many pairs is sampled: all that happens to them is judged by the checker.
pub const SAMPLE: u64 = 50;

/// A database and its people.
pub struct Ground<'a> {
    pub plan: &'a Plan,
    pub name: &'a str,
    pub campus: Campus,
    pub database: PathBuf,
}

/// What happened between two looks at the server's clock of processor time.
pub struct Measured {
    pub tally: Tally,
    /// Seconds of processor time of the server.
    pub cpu: f64,
    /// Seconds.
    pub wall: f64,
    /// Bytes of the server that are resident at the end.
    pub resident: f64,
}

impl<'a> Ground<'a> {
    /// Makes a folder, and in it a database that knows this much.
    pub async fn new(plan: &'a Plan, name: &'a str, kind: Kind, amount: Amount) -> Result<Self> {
        let folder = plan.folder.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let database = folder.join("gchat.db");
        let campus = Campus::new(kind, amount.users);
        campus.found(&database).await?;
        prefill::fill(&database, &campus, amount).await?;
        Ok(Self { plan, name, campus, database })
    }

    /// A database of people who have been here before, and have not talked yet.
    pub async fn of_people(plan: &'a Plan, name: &'a str, kind: Kind, users: u64) -> Result<Self> {
        Self::new(plan, name, kind, Amount { users, conversations: 0, messages: 0 }).await
    }

    /// A server with the shipped settings.
    pub async fn serve(&self) -> Result<Server> {
        Server::start(self.plan, &self.database, Settings::default()).await
    }

    /// A server without limits on messages and frames.
    pub async fn serve_unlimited(&self) -> Result<Server> {
        Server::start(self.plan, &self.database, Settings { unlimited: true }).await
    }

    /// So many processes of clients, with these pairs.
    pub async fn hire(&self, server: &Server, pairs: &[Pair], processes: usize) -> Result<Crew> {
        self.hire_watching(server, pairs, processes, 0).await
    }

    /// The same; so many of each process watch rosters.
    pub async fn hire_watching(
        &self,
        server: &Server,
        pairs: &[Pair],
        processes: usize,
        watchers: usize,
    ) -> Result<Crew> {
        let (plan, name, campus, server) = (self.plan, self.name, &self.campus, server.address);
        Hire { plan, name, server, campus, pairs, processes, watchers, room: None }.start().await
    }

    /// Removes it: a run's databases do not lie beside each other.
    pub fn clear(self) -> Result<()> {
        let folder = self.database.parent().context("a database lies in a folder")?;
        Ok(std::fs::remove_dir_all(folder)?)
    }
}

/// All of 1 … `people`, in pairs of neighbours; one pair in fifty is sampled, and no fewer than one.
pub fn pairs(people: u64) -> Vec<Pair> {
    let pair = |n: u64| Pair { a: 2 * n + 1, b: 2 * n + 2, sampled: n.is_multiple_of(SAMPLE) };
    (0..people / 2).map(pair).collect()
}

/// How much of 1 … `people` may have talked before, so that those sampled by `pairs_at_end` have not.
pub fn talked(people: u64) -> u64 {
    people - people / SAMPLE / 2 * 2 - 2
}

/// The same pairs, but the last of them are sampled: beyond `talked`.
pub fn pairs_at_end(people: u64) -> Vec<Pair> {
    let old = talked(people);
    let pair = |n: u64| Pair { a: 2 * n + 1, b: 2 * n + 2, sampled: 2 * n + 1 > old };
    (0..people / 2).map(pair).collect()
}

/// Gives an order, and looks at the server's clock of processor time before and after.
pub async fn measure(server: &Server, crew: &mut Crew, order: Order) -> Result<Measured> {
    let recording = Recording::start(server.id(), server.samples.as_ref())?;
    let (cpu, began) = (server.cpu()?, Instant::now());
    let tally = crew.order(order).await?;
    let (cpu, wall) = (server.cpu()? - cpu, began.elapsed().as_secs_f64());
    recording.map_or(Ok(()), Recording::end)?;
    Ok(Measured { tally, cpu, wall, resident: memory::resident(server.id())? })
}
