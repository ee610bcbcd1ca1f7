//! Idle: what a connection costs that does nothing, after three stampedes, and how that grows with their number.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{
    campus::Kind,
    crew::Crew,
    ground::{Ground, pairs},
    memory,
    orders::{Habits, Order},
    server::Server,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

const STAMPEDES: u32 = 3;

/// Who has not come for so long is idle: until then the server remembers what it told those who came again
/// (docs/adr/0004-arrivals-told-again.md).
const FORGOTTEN: Duration = Duration::from_secs(61);

/// What is measured at one number of connections, in bytes.
struct Point {
    connections: f64,
    /// Allocated by the server, beyond what it has before the first connection.
    user: f64,
    /// Held by the kernel for both ends.
    kernel: f64,
}

/// Of the server's memory, between two looks, when it counts as quiet; and how often it is looked at.
const QUIET: f64 = 0.003;
const LOOKS: u32 = 30;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let sizes: &[u64] = plan.pick(&[1_200, 2_400, 4_800], &[1_875, 3_750, 7_500, 15_000]);
    let names: Vec<String> = sizes.iter().map(|size| format!("idle-{size}")).collect();
    let mut parties = Vec::new();
    for (size, name) in sizes.iter().zip(&names) {
        parties.push(Party::gather(plan, name, *size).await?);
    }
    sleep(FORGOTTEN).await;
    let mut points = Vec::new();
    for party in parties {
        points.push(party.point().await?);
    }
    let slope = |of: fn(&Point) -> f64, one: &Point, next: &Point| {
        (of(next) - of(one)) / (next.connections - one.connections)
    };
    let (first, last) = (&points[0], &points[points.len() - 1]);
    // The last doubling by all that came before: what a server needs once falls into a longer stretch.
    let half = &points[points.len() - 2];
    let growth = slope(|p| p.user, half, last) / slope(|p| p.user, first, half);
    let mut figures = vec![
        Figure::new("idle.user_per_connection", slope(|p| p.user, first, last), "B", Goal::AtMost(6_144.0))
            .aim(Goal::AtMost(2_048.0)),
        Figure::new(
            "idle.kernel_per_connection_both_ends",
            slope(|p| p.kernel, first, last),
            "B",
            Goal::None,
        ),
        Figure::new("idle.growth_of_slope", growth, "x", Goal::AtMost(1.15)),
    ];
    for point in &points {
        let name = format!("idle.user_per_connection_at_{}", point.connections);
        figures.push(Figure::new(name, point.user / point.connections, "B", Goal::None));
    }
    Ok(figures)
}

/// People who have come and been cut off three times, with their server.
struct Party<'a> {
    ground: Ground<'a>,
    server: Server,
    crew: Crew,
    people: u64,
    /// The server's memory before the first came.
    before: f64,
    kernel: f64,
}

impl<'a> Party<'a> {
    async fn gather(plan: &'a Plan, name: &'a str, people: u64) -> Result<Self> {
        let ground = Ground::of_people(plan, name, Kind::University, people).await?;
        let server = ground.serve().await?;
        let mut crew = ground.hire(&server, &pairs(people), 1).await?;
        let (before, kernel) = (memory::anonymous(server.id())?, kernel());
        crew.order(Order::Come { over_ms: 0 }).await?;
        for _ in 0..STAMPEDES {
            crew.order(Order::Stampede).await?;
        }
        quiet(server.id()).await?;
        let kernel = self::kernel() - kernel;
        Ok(Self { ground, server, crew, people, before, kernel })
    }

    async fn point(self) -> Result<Point> {
        let Self { ground, server, mut crew, people, before, kernel } = self;
        let point = Point { connections: people as f64, user: quiet(server.id()).await? - before, kernel };
        // All of them are alive: everyone's next word arrives.
        let habits = Habits { says_per_s: 0.5, ..Habits::default() };
        crew.order(Order::Live { ms: 1_000, habits }).await?;
        crew.prove().await?;
        server.stop().await?;
        ground.clear()?;
        Ok(point)
    }
}

/// What the kernel holds; not a number where it does not tell (to anybody but root).
fn kernel() -> f64 {
    memory::kernel().unwrap_or(f64::NAN)
}

/// The server's memory once it has stopped changing: rosters have been told, graces are over, pages given back.
async fn quiet(id: u32) -> Result<f64> {
    let mut last = memory::anonymous(id)?;
    for _ in 0..LOOKS {
        sleep(Duration::from_secs(2)).await;
        let now = memory::anonymous(id)?;
        if (now / last - 1.0).abs() < QUIET {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}
