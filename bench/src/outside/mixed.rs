//! A mixed day in a minute: people walk, write, type, read what comes and look at old pages, all at once.

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

/// Everyone loads a page a minute, writes one message in that time, and looks at one old page in three minutes.
const DAY: Habits = Habits {
    says_per_s: 1.0 / 60.0,
    says_in_room_per_s: 0.0,
    presses: false,
    types: 0.5,
    reads: 0.7,
    walks_every_ms: 60_000,
    pages_per_s: 1.0 / 180.0,
};

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(4_000, 15_000);
    let conversations = talked(people) - 1;
    let amount = Amount { users: people, conversations, messages: conversations * 20 };
    let ground = Ground::new(plan, "mixed", Kind::University, amount).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs_at_end(people), 1).await?;
    crew.order(Order::Come { over_ms: plan.pick(4_000, 20_000) }).await?;
    let ms = plan.pick(14_000, 120_000);
    let day = measure(&server, &mut crew, Order::Live { ms, habits: DAY }).await?;
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;

    let (tally, events) = (&day.tally, day.tally.events() as f64);
    let ended: u64 = tally.ended.values().sum();
    Ok(vec![
        Figure::new("mixed.events_per_s", events * 1e3 / ms as f64, "1/s", Goal::None),
        Figure::new("mixed.cpu_per_1000_events", day.cpu * 1e3 / events, "s", Goal::None),
        Figure::new(
            "mixed.cores_for_15000_people",
            day.cpu / day.wall * 15_000.0 / people as f64,
            "cores",
            Goal::None,
        ),
        Figure::new("mixed.delivery_p50", tally.delivery.ms(0.5), "ms", Goal::None),
        Figure::new("mixed.delivery_p99", tally.delivery.ms(0.99), "ms", Goal::None),
        Figure::new("mixed.delivery_p99.9", tally.delivery.ms(0.999), "ms", Goal::None),
        Figure::new("mixed.welcome_p99", tally.welcome.ms(0.99), "ms", Goal::None),
        Figure::new("mixed.page_p99", tally.page.ms(0.99), "ms", Goal::None),
        Figure::new("mixed.resident_per_person", day.resident / people as f64, "B", Goal::None),
        Figure::new("mixed.sockets_lost", ended as f64, "1", Goal::AtMost(0.0)),
    ])
}
