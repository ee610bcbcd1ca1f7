//! Durable sends with much stored before: how many, how soon, and what a start and a page of history cost then.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{
    campus::Kind,
    crew::Crew,
    floor,
    ground::{Ground, measure},
    orders::{Habits, Order, Pair},
    prefill::Amount,
    server::Server,
    tally::Times,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Messages a second at which the time to delivery has a goal.
const STEADY_PER_S: f64 = 5_000.0;

/// People in the steady part, and pages that they read a second.
const PEOPLE: u64 = 1_000;
const PAGES_PER_S: f64 = 500.0;

/// Pairs that press, each with one message under way.
const PRESSING: u64 = 512;

/// Pairs of each part that are sampled.
const SAMPLED: u64 = 10;

/// Floors are taken so often.
const FLOORS: u32 = 400;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let amount = plan.pick(
        Amount { users: 20_000, conversations: 19_000, messages: 1_000_000 },
        Amount { users: 200_000, conversations: 199_000, messages: 10_000_000 },
    );
    let began = Instant::now();
    let ground = Ground::new(plan, "durable", Kind::University, amount).await?;
    let mut figures = vec![Figure::new("durable.stored_before", amount.messages as f64, "1", Goal::None)];
    figures.push(Figure::new("durable.prefill", began.elapsed().as_secs_f64(), "s", Goal::None));

    figures.push(start(&ground).await?);
    let server = ground.serve_unlimited().await?;
    figures.extend(capacity(&ground, &server, amount).await?);
    figures.extend(steady(&ground, &server, amount).await?);
    figures.extend(serial(&ground, &server, amount).await?);
    server.stop().await?;
    ground.clear()?;
    Ok(figures)
}

/// The least of three starts, from the process's beginning until it takes connections.
async fn start(ground: &Ground<'_>) -> Result<Figure> {
    let mut least = Duration::MAX;
    for _ in 0..3 {
        let server = ground.serve_unlimited().await?;
        least = least.min(server.started_in);
        server.stop().await?;
    }
    Ok(Figure::new("durable.start", least.as_secs_f64(), "s", Goal::AtMost(2.0)))
}

/// Pairs of people spread over everyone who has talked before. Each part of the scenario samples people of its own, who
/// have not.
fn pairs(number: u64, amount: Amount, part: u64) -> Vec<Pair> {
    let old = (0..number).map(|n| {
        // Odd numbers: neighbours of an odd number share a course.
        let a = n * (amount.conversations / number) / 2 * 2 + 1;
        Pair { a, b: a + 1, sampled: false }
    });
    old.chain(new_pairs(amount, part, SAMPLED)).collect()
}

/// Pairs of people who have not talked before; the sampled ones.
fn new_pairs(amount: Amount, part: u64, number: u64) -> impl Iterator<Item = Pair> {
    (0..number).map(move |n| {
        let a = amount.users - 2 * (part * SAMPLED + n) - 1;
        Pair { a, b: a + 1, sampled: true }
    })
}

/// As fast as it goes: everyone has one message under way.
async fn capacity(ground: &Ground<'_>, server: &Server, amount: Amount) -> Result<Vec<Figure>> {
    let mut crew = ground.hire(server, &pairs(PRESSING, amount, 0), 1).await?;
    crew.order(Order::Come { over_ms: 1_000 }).await?;
    let habits = Habits { presses: true, ..Habits::default() };
    crew.order(Order::Live { ms: ground.plan.pick(2_000, 5_000), habits }).await?;
    let ms = ground.plan.pick(8_000, 30_000);
    let press = measure(server, &mut crew, Order::Live { ms, habits }).await?;
    crew.prove().await?;
    let delivered = press.tally.delivered as f64;
    Ok(vec![
        Figure::new("durable.delivered_per_s", delivered / press.wall, "1/s", Goal::AtLeast(10_000.0))
            .aim(Goal::AtLeast(20_000.0)),
        Figure::new("durable.cpu_per_message", press.cpu * 1e6 / delivered, "us", Goal::None),
        Figure::new("durable.server_cores", press.cpu / press.wall, "cores", Goal::None),
    ])
}

/// At a rate that leaves room, on the intended times; then pages of history.
async fn steady(ground: &Ground<'_>, server: &Server, amount: Amount) -> Result<Vec<Figure>> {
    let pairs = pairs(PEOPLE / 2, amount, 1);
    let people = pairs.len() as f64 * 2.0;
    let mut crew = ground.hire(server, &pairs, 1).await?;
    crew.order(Order::Come { over_ms: 1_000 }).await?;
    let habits = Habits { says_per_s: STEADY_PER_S / people, ..Habits::default() };
    crew.order(Order::Live { ms: 2_000, habits }).await?;
    let ms = ground.plan.pick(8_000, 30_000);
    let steady = measure(server, &mut crew, Order::Live { ms, habits }).await?;
    let pages = read(ground, &mut crew, people).await?;
    crew.prove().await?;
    let delivery = &steady.tally.delivery;
    let cpu = steady.cpu * 1e6 / steady.tally.delivered as f64;
    Ok(vec![
        Figure::new("durable.at_5000_delivery_p50", delivery.ms(0.5), "ms", Goal::None),
        Figure::new("durable.at_5000_delivery_p99", delivery.ms(0.99), "ms", Goal::AtMost(15.0))
            .aim(Goal::AtMost(10.0)),
        Figure::new("durable.at_5000_delivery_p99.9", delivery.ms(0.999), "ms", Goal::None),
        Figure::new("durable.at_5000_cpu_per_message", cpu, "us", Goal::None),
        Figure::new("durable.history_page_p50", pages.ms(0.5), "ms", Goal::None),
        Figure::new("durable.history_page_p99", pages.ms(0.99), "ms", Goal::AtMost(5.0)),
    ])
}

async fn read(ground: &Ground<'_>, crew: &mut Crew, people: f64) -> Result<Times> {
    let habits = Habits { pages_per_s: PAGES_PER_S / people, ..Habits::default() };
    let ms = ground.plan.pick(5_000, 30_000);
    Ok(crew.order(Order::Live { ms, habits }).await?.page)
}

/// One pair alone: from the sending to the ack, beside a flush and an echo of the same minute.
async fn serial(ground: &Ground<'_>, server: &Server, amount: Amount) -> Result<Vec<Figure>> {
    let mut crew = ground.hire(server, &new_pairs(amount, 2, 1).collect::<Vec<_>>(), 1).await?;
    crew.order(Order::Come { over_ms: 0 }).await?;
    let habits = Habits { presses: true, ..Habits::default() };
    let folder = ground.plan.folder.clone();
    let before = floor::flushes(&folder, FLOORS)?;
    let echo = floor::echoes(FLOORS * 5)?;
    let trips = crew.order(Order::Live { ms: 3_000, habits }).await?.round_trip;
    let after = floor::flushes(&folder, FLOORS)?;
    crew.prove().await?;
    let flush = f64::midpoint(before.us(0.5), after.us(0.5));
    let ratio = trips.us(0.5) / (flush + echo.us(0.5));
    Ok(vec![
        Figure::new("durable.flush_floor", flush, "us", Goal::None),
        Figure::new("durable.echo_floor", echo.us(0.5), "us", Goal::None),
        Figure::new("durable.serial_round_trip", trips.us(0.5), "us", Goal::None),
        Figure::new("durable.serial_by_floors", ratio, "x", Goal::AtMost(1.5)),
    ])
}
