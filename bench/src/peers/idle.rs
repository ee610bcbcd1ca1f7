//! People who are online and do nothing: what each costs in memory.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{
    crowd::{self, Listeners},
    lineup::Running,
    peer::Person,
};

/// Looks at the memory, this far apart; the least counts, as what is garbage now is no cost of a connection.
const LOOKS: u32 = 3;
const APART: Duration = Duration::from_millis(300);

/// Resident bytes a connection: the slope from the first `warm` of these people to all of them.
pub(super) async fn idle(running: &Running, people: &[Person], warm: usize) -> Result<f64> {
    let (first, rest) = people.split_at(warm);
    let mut listeners = Listeners::new();
    listeners.add(crowd::connect(running, first).await?, |_, _| {});
    listeners.quiet().await?;
    let before = least(running).await?;
    listeners.add(crowd::connect(running, rest).await?, |_, _| {});
    listeners.quiet().await?;
    let after = least(running).await?;
    listeners.check()?;
    Ok((after as f64 - before as f64) / rest.len() as f64)
}

async fn least(running: &Running) -> Result<u64> {
    let mut least = running.process.memory()?;
    for _ in 1..LOOKS {
        sleep(APART).await;
        least = least.min(running.process.memory()?);
    }
    Ok(least)
}
