//! Not a measurement: whether generator, checker and server still understand each other. For the tests.

use anyhow::{Result, ensure};

use super::{
    campus::{COURSE, Kind},
    ground::{Ground, pairs_at_end, talked},
    orders::{Habits, Order},
    prefill::Amount,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

const EVERYTHING: Habits = Habits {
    says_per_s: 2.0,
    says_in_room_per_s: 0.0,
    presses: false,
    types: 0.3,
    reads: 0.5,
    walks_every_ms: 700,
    pages_per_s: 1.0,
};

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = COURSE * 2;
    let conversations = talked(people) - 1;
    let amount = Amount { users: people, conversations, messages: conversations * 60 };
    let ground = Ground::new(plan, "smoke", Kind::University, amount).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire_watching(&server, &pairs_at_end(people), 2, 2).await?;
    let come = crew.order(Order::Come { over_ms: 100 }).await?;
    crew.order(Order::Stampede).await?;
    let live = crew.order(Order::Live { ms: 1_500, habits: EVERYTHING }).await?;
    let verdict = crew.prove().await?;
    server.stop().await?;
    ground.clear()?;
    ensure!(come.roster.count() == people, "{} of {people} have seen a roster", come.roster.count());
    ensure!(live.welcomed >= people, "{} of {people} have walked", live.welcomed);
    ensure!(live.pages > 0 && live.read > 0 && live.typed > 0, "nobody has read or typed");
    let judged = verdict.acked as f64;
    Ok(vec![
        Figure::new("smoke.delivered", live.delivered as f64, "1", Goal::AtLeast(1.0)),
        Figure::new("smoke.judged", judged, "1", Goal::AtLeast(1.0)),
    ])
}
