//! A restart under load: the server tells everyone when to come back, ends, begins again, and they all come.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::{time::sleep, try_join};

use super::{
    campus::Kind,
    ground::{Ground, pairs},
    orders::{Habits, Order},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// They live on for so long before the server is stopped.
const BEFORE: Duration = Duration::from_secs(1);

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(4_000, 15_000);
    let ground = Ground::of_people(plan, "restart", Kind::University, people).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs(people), 1).await?;
    crew.order(Order::Come { over_ms: 0 }).await?;
    // Letters that are under way when the server ends are repeated.
    let habits = Habits { says_per_s: 0.02, ..Habits::default() };
    let live = crew.order(Order::Live { ms: plan.pick(15_000, 30_000), habits });
    let restart = async {
        sleep(BEFORE).await;
        server.restart().await
    };
    let (tally, server) = try_join!(live, restart)?;
    let cpu = server.cpu()?;
    let back = crew.order(Order::Live { ms: 1_000, habits: Habits::default() }).await?;
    crew.prove().await?;
    let started_in = server.started_in;
    server.stop().await?;
    ground.clear()?;

    let returned = tally.welcomed + back.welcomed;
    let told = tally.ended.get(&1012).copied().unwrap_or(0);
    (returned >= people)
        .then_some(())
        .with_context(|| format!("only {returned} of {people} have come back"))?;
    Ok(vec![
        Figure::new("restart.start", started_in.as_secs_f64(), "s", Goal::AtMost(2.0)),
        Figure::new("restart.told_to_come_back", told as f64 / people as f64, "x", Goal::AtLeast(1.0)),
        Figure::new(
            "restart.tries_per_person",
            1.0 + tally.unconnected as f64 / people as f64,
            "x",
            Goal::None,
        ),
        Figure::new("restart.first_roster_p50", tally.roster.ms(0.5), "ms", Goal::None),
        Figure::new("restart.first_roster_p99", tally.roster.ms(0.99), "ms", Goal::None),
        Figure::new("restart.cpu_per_return", cpu * 1e6 / returned as f64, "us", Goal::None),
    ])
}
