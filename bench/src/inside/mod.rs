//! What sockets cannot reach: the real connection code over wires in memory, the store alone, and instruction counts.
//!
//! Client and server share the process, so the server has threads of its own, and their processor time is what counts.
//! No kernel sends anything here: what writes cost is counted, not timed.

use anyhow::{Result, bail};

use crate::{figure::Figure, plan::Plan};

mod callgrind;
pub mod campus;
pub mod client;
pub mod fanout;
pub mod hot;
pub mod idle;
pub mod list;
pub mod meter;
pub mod presence;
pub mod reconnect;
pub mod resume;
pub mod rooms;
pub mod statements;
pub mod store;
pub mod tally;
mod whole;
pub mod wire;

/// What there is, in the order in which it runs. Memory comes first, while the process is young.
pub const SCENARIOS: &[&str] = &[
    "inside-idle",
    "inside-reconnect",
    "inside-resume",
    "inside-joining",
    "inside-course",
    "inside-store",
    "inside-list",
    "inside-hot",
    "inside-fanout",
];

/// Runs one of them.
pub async fn run(plan: &Plan, scenario: &str) -> Result<Vec<Figure>> {
    match scenario {
        "inside-idle" => idle::run(plan).await,
        "inside-reconnect" => reconnect::run(plan).await,
        "inside-resume" => resume::run(plan).await,
        "inside-joining" => presence::joining(plan).await,
        "inside-course" => presence::one_course(plan).await,
        "inside-store" => store::run(plan).await,
        "inside-list" => list::run(plan).await,
        "inside-hot" => hot::run(plan).await,
        "inside-fanout" => fanout::run(plan),
        other => bail!("there is no scenario {other:?}: there are {}", SCENARIOS.join(", ")),
    }
}
