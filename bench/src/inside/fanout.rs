//! What it allocates and costs to tell many people one thing: nothing is to be allocated for each of them, as the bytes
//! are shared.
//!
//! The real rosters, hub, queues and sockets, over streams that take everything. Callgrind counts the allocator's calls
//! exactly: with twice as many turns what comes before and after them falls out, with twice as many viewers what is
//! done once for all of them. What is left is a few thousandths, either way, as tables grow at another turn: told to
//! hundredths.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use gchat::{
    config::Config,
    hub::{Hub, Outbound, Registration},
    id::{ConnectionId, SessionId, SiteId, UserId},
    roster::Rosters,
    sites::Sites,
    store::{Origin, SiteStore as _, UserRecord, sqlite::SqliteStore},
    ws::socket::Socket,
};
use tokio::io::{empty, join, sink};
use uuid::Uuid;

use super::{
    callgrind::{instructions, once_and_twice},
    campus::{Courses, rights, site},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Paths of `hot`.
pub(super) const FEW: &str = "tell_few";
pub(super) const MANY: &str = "tell_many";

pub(super) const FEW_VIEWERS: u32 = 150;
const TURNS: u32 = 20;
/// Between two turns, milliseconds of the rosters' clock: more than a tick, and than a total's time.
const TICK_MS: i64 = 10_000;

/// What was counted of so many tellings.
#[derive(Clone, Copy)]
struct Counted {
    allocations: f64,
    instructions: f64,
}

pub fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let (few, many) = (turns(FEW, plan)?, turns(MANY, plan)?);
    let of = |count: fn(&Counted) -> f64| {
        let each = (count(&many) - count(&few)) / f64::from(TURNS * FEW_VIEWERS);
        let shared = count(&few) / f64::from(TURNS) - each * f64::from(FEW_VIEWERS);
        (each, shared)
    };
    let (allocations, for_all) = of(|counted| counted.allocations);
    let (instructions, _) = of(|counted| counted.instructions);
    let name = |what: &str| format!("inside.fanout.{what}");
    let allocations = (allocations * 1e2).round() / 1e2;
    Ok(vec![
        Figure::new(name("allocations_per_recipient"), allocations, "1", Goal::AtMost(0.0)),
        Figure::new(name("allocations_for_all"), for_all, "1", Goal::None),
        Figure::new(name("instructions_per_recipient"), instructions, "1", Goal::None),
    ])
}

/// What the turns alone cost.
fn turns(path: &str, plan: &Plan) -> Result<Counted> {
    let (once, twice) = once_and_twice(path, TURNS, &plan.folder)?;
    let before = allocations(&once);
    ensure!(before > 0, "callgrind saw no call of the allocator: this program has lost its symbols");
    Ok(Counted {
        allocations: allocations(&twice) as f64 - before as f64,
        instructions: instructions(&twice)? - instructions(&once)?,
    })
}

/// How the allocator is asked for memory; what it calls itself within has other names.
const ASKS: [&str; 5] = ["_rjem_malloc", "_rjem_mallocx", "_rjem_calloc", "_rjem_realloc", "_rjem_rallocx"];

/// Calls of the allocator in what callgrind wrote: `cfn=` names a function that is called, and `calls=` how often.
fn allocations(counted: &str) -> u64 {
    let (mut asks, mut sum) = (false, 0);
    for line in counted.lines() {
        if let Some(name) = line.strip_prefix("cfn=") {
            asks = ASKS.contains(&name);
        } else if let Some(calls) = line.strip_prefix("calls=") {
            let calls = calls.split(' ').next().and_then(|calls| calls.parse().ok()).unwrap_or(0);
            sum += if asks { calls } else { 0 };
        }
    }
    sum
}

/// Somebody joins a course, and this many viewers are told; so many times.
pub(super) async fn tell(viewers: u32, times: u32, folder: &Path) -> Result<()> {
    let store = SqliteStore::make(folder.join("tell.db")).await?;
    store.add_site(site()).await?;
    let sites = Arc::new(Sites::load(Arc::new(store)).await?);
    let rosters = Rosters::new(sites, &Config::default().limits);
    let hub = Arc::new(Hub::default());
    let mut audience = Vec::new();
    for user in 1..=viewers {
        let seat = arrive(&hub, &rosters, user)?;
        rosters.look(&seat, &[]);
        seat.out.open(Socket::new(join(empty(), sink()), 65_536).pipe());
        drop(seat.out.take()); // the snapshot
        ensure!(seat.out.written(), "a viewer was told of more than the course");
        audience.push(seat);
    }
    let mut joined = Vec::new();
    let mut now = 0;
    for turn in 0..=times {
        // The first turn tells of those who were there before.
        if turn > 0 {
            joined.push(arrive(&hub, &rosters, viewers + turn)?);
        }
        now += TICK_MS;
        let told = rosters.tick(now);
        ensure!(told.len() == audience.len(), "{} viewers were told of something in turn {turn}", told.len());
        told.iter().for_each(|connection| connection.out.flush());
        for viewer in &audience {
            ensure!(
                viewer.out.take().frames.is_empty(),
                "a stream that takes everything left something in turn {turn}"
            );
            ensure!(viewer.out.written(), "a viewer was told twice in turn {turn}");
        }
    }
    Ok(())
}

fn arrive(hub: &Arc<Hub>, rosters: &Rosters, user: u32) -> Result<Registration> {
    let snapshot = Arc::new(serde_json::from_value(rights(user, Courses::One))?);
    let record = UserRecord { snapshot, origin: Origin::Token, removed: false };
    let id = UserId::new(i64::from(user)).context("a user")?;
    let session = SessionId(Uuid::from_u128(u128::from(user)));
    let out = Outbound::new(256, 1 << 20);
    let seat =
        hub.register(ConnectionId(u64::from(user)), (SiteId(1), id), "login".into(), session, true, out);
    rosters.arrive(&seat, &record);
    Ok(seat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_of_the_allocator_count() {
        let counted = "fn=tell\ncfn=_rjem_malloc\ncalls=3 0\n1 9\ncfn=_rjem_sdallocx\ncalls=9 0\n1 9\n\
                       fn=_rjem_malloc\ncfn=_rjem_je_malloc_default\ncalls=2 0\n\
                       fn=grow\ncfn=_rjem_realloc\ncalls=4 0\n";
        assert_eq!(allocations(counted), 7);
    }

    #[tokio::test]
    async fn everyone_is_told_in_each_turn() {
        let folder = tempfile::tempdir().unwrap();
        tell(5, 3, folder.path()).await.unwrap();
    }
}
