//! Load over real sockets on the shipped server: many addresses, several processes, one scenario after the other.
//!
//! A scenario makes its `ground` (a database with people, a server on it), hires a `crew` (processes of clients that
//! follow `orders`), measures, and has the history of those who are sampled judged before it tells a figure.

use anyhow::{Result, bail};

use crate::{figure::Figure, plan::Plan};

mod attack;
pub mod campus;
mod client;
mod course;
pub mod crew;
mod durable;
mod fleet;
pub mod floor;
pub mod frames;
pub mod ground;
mod idle;
pub mod memory;
mod mixed;
pub mod orders;
pub mod prefill;
mod restart;
mod room;
pub mod server;
mod smoke;
pub mod socket;
mod storm;
mod talk;
pub mod tally;
mod walk;
pub mod worker;

/// What there is, in the order in which it runs.
pub const SCENARIOS: &[&str] =
    &["idle", "talk", "storm", "walk", "course", "room", "restart", "attack", "durable", "mixed", "fleet"];

/// Runs only where it is named: it measures nothing.
pub const SMOKE: &str = "smoke";

/// Runs one of them.
pub async fn run(plan: &Plan, scenario: &str) -> Result<Vec<Figure>> {
    match scenario {
        "idle" => idle::run(plan).await,
        "talk" => talk::run(plan).await,
        "storm" => storm::run(plan).await,
        "walk" => walk::run(plan).await,
        "course" => course::run(plan).await,
        "room" => room::run(plan).await,
        "restart" => restart::run(plan).await,
        "attack" => attack::run(plan).await,
        "durable" => durable::run(plan).await,
        "mixed" => mixed::run(plan).await,
        "fleet" => fleet::run(plan).await,
        SMOKE => smoke::run(plan).await,
        other => bail!("there is no scenario {other:?}: there are {}", SCENARIOS.join(", ")),
    }
}
