//! Steady talk: pairs who write as people do, at times of their own, and one frame in five is typing.

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
    let people = plan.pick(1_000, 8_000);
    let says_per_s = plan.pick(1.0, 0.25);
    let ground = Ground::of_people(plan, "talk", Kind::University, people).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs(people), 1).await?;
    crew.order(Order::Come { over_ms: plan.pick(1_000, 10_000) }).await?;
    // Before a quarter of the messages: one in five of the frames.
    let habits = Habits { says_per_s, types: 0.25, ..Habits::default() };
    crew.order(Order::Live { ms: 3_000, habits }).await?;
    let ms = plan.pick(10_000, 60_000);
    let talk = measure(&server, &mut crew, Order::Live { ms, habits }).await?;
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;

    let tally = &talk.tally;
    let per_s = tally.delivered as f64 / (ms as f64 / 1_000.0);
    Ok(vec![
        Figure::new("talk.delivered_per_s", per_s, "1/s", Goal::None),
        Figure::new("talk.delivery_p50", tally.delivery.ms(0.5), "ms", Goal::None),
        Figure::new("talk.delivery_p99", tally.delivery.ms(0.99), "ms", Goal::None),
        Figure::new("talk.delivery_p99.9", tally.delivery.ms(0.999), "ms", Goal::None),
        Figure::new("talk.cpu_per_1000_messages", talk.cpu * 1e3 / tally.delivered as f64, "s", Goal::None),
        Figure::new("talk.resident_per_person", talk.resident / people as f64, "B", Goal::None),
    ])
}
