//! Load, and what it costs.

#![expect(missing_docs, reason = "a library for its own binary: what a name does not tell is documented")]

use anyhow::Result;

use crate::{figure::Figure, plan::Plan};

mod aside;
pub mod figure;
pub mod inside;
pub mod outside;
pub mod peers;
pub mod plan;
mod plot;
mod profile;
pub mod report;

/// Where a run leaves its figures, from the root of the repository.
pub const RESULTS: &str = "bench/results";

/// What there is, in the order in which it runs.
pub fn scenarios() -> Vec<&'static str> {
    [inside::SCENARIOS, outside::SCENARIOS, &["peers"]].concat()
}

/// Runs one of them.
pub async fn run(plan: &Plan, scenario: &str) -> Result<Vec<Figure>> {
    match scenario {
        "peers" => peers::run(plan).await,
        scenario if inside::SCENARIOS.contains(&scenario) => inside::run(plan, scenario).await,
        scenario => outside::run(plan, scenario).await,
    }
}
