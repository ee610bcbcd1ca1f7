//! The morning: everyone signs in within a minute, and waits for the first list of people.

use anyhow::Result;

use super::{
    campus::Kind,
    ground::{Ground, measure, pairs},
    orders::{Habits, Order},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(3_000, 15_000);
    let over_ms = plan.pick(12_000, 60_000);
    let ground = Ground::of_people(plan, "storm", Kind::University, people).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs(people), 2).await?;
    let storm = measure(&server, &mut crew, Order::Come { over_ms }).await?;
    // Everyone says something, and it arrives.
    let habits = Habits { says_per_s: 0.2, ..Habits::default() };
    crew.order(Order::Live { ms: 2_000, habits }).await?;
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;

    let logins = storm.tally.welcomed as f64;
    Ok(vec![
        Figure::new("storm.logins_per_s", logins * 1e3 / over_ms as f64, "1/s", Goal::None),
        Figure::new("storm.first_roster_p50", storm.tally.roster.ms(0.5), "ms", Goal::None),
        Figure::new("storm.first_roster_p99", storm.tally.roster.ms(0.99), "ms", Goal::AtMost(1_000.0)),
        Figure::new("storm.first_roster_p99.9", storm.tally.roster.ms(0.999), "ms", Goal::None),
        Figure::new("storm.cpu_per_login", storm.cpu * 1e6 / logins, "us", Goal::None),
        Figure::new("storm.bytes_per_login", storm.tally.bytes as f64 / logins, "B", Goal::None),
        Figure::new("storm.resident_per_person", storm.resident / people as f64, "B", Goal::None),
    ])
}
