//! Many sockets on one machine: 98,000 over several independent servers, as one process may open 20,000 files here.
//! The quick form is only to show that the full one would run.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::{
    campus::Kind,
    ground::{Ground, pairs},
    memory,
    orders::{Habits, Order},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

const GIB: f64 = 1_073_741_824.0;

/// What must be free before this begins: four times what it may take.
const ROOM: f64 = 6.0 * GIB;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let (servers, people) = plan.pick((2, 500), (7, 14_000));
    ensure!(memory::available()? > ROOM, "98,000 sockets want 6 GiB of free memory, to be sure");
    let kernel = memory::kernel()?;
    let names: Vec<String> = (0..servers).map(|n| format!("fleet-{n}")).collect();
    let mut parts = Vec::new();
    for name in &names {
        let ground = Ground::of_people(plan, name, Kind::University, people).await?;
        let server = ground.serve().await?;
        let crew = ground.hire(&server, &pairs(people), 1).await?;
        parts.push((ground, server, crew));
    }
    for (.., crew) in &mut parts {
        crew.order(Order::Come { over_ms: 0 }).await?;
    }
    sleep(plan.pick(Duration::from_secs(3), Duration::from_secs(20))).await;
    let (mut of_servers, mut of_clients) = (0.0, 0.0);
    for (_, server, crew) in &parts {
        of_servers += memory::share(server.id())?;
        for id in crew.ids() {
            of_clients += memory::share(id)?;
        }
    }
    let kernel = memory::kernel()? - kernel;
    let habits = Habits { says_per_s: plan.pick(0.5, 0.02), ..Habits::default() };
    try_join_all(parts.iter_mut().map(|(.., crew)| crew.order(Order::Live { ms: 3_000, habits }))).await?;
    for (ground, server, crew) in parts {
        crew.prove().await?;
        server.stop().await?;
        ground.clear()?;
    }
    let connections = (servers * people) as f64;
    let all = of_servers + of_clients + kernel;
    let goals = plan.pick([Goal::None; 2], [Goal::AtLeast(98_000.0), Goal::AtMost(1.5)]);
    Ok(vec![
        Figure::new("fleet.connections", connections, "1", goals[0]),
        Figure::new("fleet.all_memory", all / GIB, "GiB", goals[1]),
        Figure::new("fleet.servers", of_servers / GIB, "GiB", Goal::None),
        Figure::new("fleet.clients", of_clients / GIB, "GiB", Goal::None),
        Figure::new("fleet.kernel", kernel / GIB, "GiB", Goal::None),
    ])
}
