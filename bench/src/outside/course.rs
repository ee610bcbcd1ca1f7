//! One course that fills: everyone joins within a minute and sees the others come.
//!
//! Measured against one frame a join and viewer: what a server would write that tells everyone of everyone at once.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    campus::Kind,
    ground::{Ground, measure, pairs},
    orders::{Habits, Order},
    tally::{Sighting, Tally, Times},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Clients that write down what they see.
const WATCHERS: usize = 60;

/// A tick of a large course, seconds.
const TICK: f64 = 1.0;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(4_000, 10_000);
    let over_ms = plan.pick(24_000, 60_000);
    let ground = Ground::of_people(plan, "course", Kind::OneCourse, people).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire_watching(&server, &pairs(people), 1, WATCHERS).await?;
    // A last tick of totals comes while they are there.
    let come = measure(&server, &mut crew, Order::Come { over_ms }).await?;
    let habits = Habits { says_per_s: 0.05, ..Habits::default() };
    let after = crew.order(Order::Live { ms: 7_000, habits }).await?;
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;

    let (cpu, wall) = (come.cpu, come.wall);
    let mut tally = come.tally;
    tally += after;
    let seen = Seen::of(&tally);
    let ticks = seen.viewer_seconds / TICK;
    Ok(vec![
        Figure::new("course.people", people as f64, "1", Goal::None),
        Figure::new(
            "course.writes_by_join_and_viewer",
            tally.diffs as f64 / seen.pairs,
            "x",
            Goal::AtMost(0.02),
        ),
        Figure::new(
            "course.bytes_per_viewer_and_tick",
            tally.diff_bytes as f64 / ticks,
            "B",
            Goal::AtMost(200.0),
        ),
        Figure::new("course.window_staleness_p99", seen.window.ms(0.99), "ms", Goal::AtMost(1_500.0)),
        Figure::new("course.total_staleness_p99", seen.totals.ms(0.99), "ms", Goal::AtMost(6_000.0)),
        Figure::new("course.cpu_per_join", cpu * 1e6 / people as f64, "us", Goal::None),
        Figure::new("course.server_cores", cpu / wall, "cores", Goal::None),
    ])
}

/// What the watchers' notes say.
struct Seen {
    /// One for each join and each viewer who was there.
    pairs: f64,
    /// Seconds that viewers spent there until the last diff.
    viewer_seconds: f64,
    /// From somebody's `hello` until a viewer whose window they are in was told.
    window: Times,
    /// For how long a viewer's total had been false when the next one came.
    totals: Times,
}

impl Seen {
    fn of(tally: &Tally) -> Self {
        let mut joins = tally.joins.clone();
        joins.sort_unstable();
        let end = tally.sightings.iter().map(|sighting| sighting.at).max().unwrap_or(0);
        let stays = joins.iter().map(|(at, _)| end.saturating_sub(*at) as f64 / 1e6);
        let joined: HashMap<u64, u64> = joins.iter().map(|(at, user)| (*user, *at)).collect();
        let mut window = Times::default();
        for sighting in tally.sightings.iter().filter(|sighting| !sighting.first) {
            let times = sighting.joined.iter().filter_map(|user| joined.get(user));
            // Whoever was there before the viewer is in a window because others have left, which nobody does here.
            times.for_each(|at| window.add_us(*at, sighting.at));
        }
        Self {
            pairs: (joins.len() * joins.len().saturating_sub(1) / 2) as f64,
            viewer_seconds: stays.sum(),
            window,
            totals: totals(&joins, &tally.sightings),
        }
    }
}

fn totals(joins: &[(u64, u64)], sightings: &[Sighting]) -> Times {
    let mut sightings: Vec<&Sighting> = sightings.iter().collect();
    sightings.sort_by_key(|sighting| (sighting.viewer, sighting.at));
    let mut times = Times::default();
    for two in
        sightings.windows(2).filter(|two| two[0].viewer == two[1].viewer && two[1].total > two[0].total)
    {
        // The first total was false from the join on that it did not count.
        let false_since = usize::try_from(two[0].total).ok().and_then(|total| joins.get(total));
        if let Some((at, _)) = false_since {
            times.add_us((*at).max(two[0].at), two[1].at);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staleness_counts_from_the_join_that_made_a_total_false() {
        let see = |at, total, joined: &[u64], first| Sighting {
            viewer: 1,
            at,
            total,
            joined: joined.to_vec(),
            first,
        };
        let tally = Tally {
            joins: vec![(0, 1), (1_000_000, 2), (2_000_000, 3)],
            sightings: vec![see(100_000, 1, &[], true), see(2_500_000, 3, &[2, 3], false)],
            ..Tally::default()
        };
        let seen = Seen::of(&tally);
        assert!((seen.pairs - 3.0).abs() < 1e-9);
        assert!((seen.viewer_seconds - 4.5).abs() < 1e-9);
        assert!((seen.totals.ms(1.0) / 1_500.0 - 1.0).abs() < 0.01);
        assert!((seen.window.ms(1.0) / 1_500.0 - 1.0).abs() < 0.01);
        assert!((seen.window.ms(0.5) / 500.0 - 1.0).abs() < 0.01);
    }
}
