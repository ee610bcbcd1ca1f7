//! Everyone walks: with every page that is loaded a socket ends and another comes, with the same token and a cursor.

use anyhow::Result;

use super::{
    campus::Kind,
    ground::{Ground, measure, pairs_at_end, talked},
    orders::{Habits, Order},
    prefill::Amount,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Reconnects of 20,000 people in a second, each of whom loads a page every 20 s: what one costs depends on how many
/// there are beside it.
const GOAL_PER_S: f64 = 1_000.0;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(4_000, 15_000);
    let every_ms = (people as f64 / GOAL_PER_S * 1e3) as u64;
    let conversations = talked(people) - 1;
    let amount = Amount { users: people, conversations, messages: conversations * 10 };
    let ground = Ground::new(plan, "walk", Kind::University, amount).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs_at_end(people), 1).await?;
    crew.order(Order::Come { over_ms: plan.pick(5_000, 20_000) }).await?;
    // A little is said, so that some have missed something.
    let habits = Habits { says_per_s: 0.01, walks_every_ms: every_ms, ..Habits::default() };
    let ms = plan.pick(12_000, 60_000);
    let walk = measure(&server, &mut crew, Order::Live { ms, habits }).await?;
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;

    let reconnects = walk.tally.welcomed as f64;
    let each = walk.cpu / reconnects;
    Ok(vec![
        Figure::new("walk.cpu_per_reconnect", each * 1e6, "us", Goal::AtMost(500.0)).aim(Goal::AtMost(250.0)),
        Figure::new("walk.cores_for_20000_people", each * GOAL_PER_S, "cores", Goal::AtMost(0.5)),
        Figure::new("walk.reconnects_per_s", reconnects * 1e3 / ms as f64, "1/s", Goal::None),
        Figure::new("walk.welcome_p50", walk.tally.welcome.ms(0.5), "ms", Goal::None),
        Figure::new("walk.welcome_p99", walk.tally.welcome.ms(0.99), "ms", Goal::None),
        Figure::new("walk.welcome_p99.9", walk.tally.welcome.ms(0.999), "ms", Goal::None),
        Figure::new("walk.bytes_per_reconnect", walk.tally.bytes as f64 / reconnects, "B", Goal::None),
        Figure::new("walk.resident_per_person", walk.resident / people as f64, "B", Goal::None),
    ])
}
