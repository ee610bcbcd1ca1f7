//! What it allocates and costs to tell many people one thing, a join or a message in a room: nothing is to be allocated
//! for each of them, as the bytes are shared.
//!
//! The real rosters, hub, queues and sockets, over streams that take everything. Callgrind counts the allocator's calls
//! exactly: with twice as many turns what comes before and after them falls out, with twice as many viewers what is
//! done once for all of them. What is left is a few thousandths, either way, as tables grow at another turn: told to
//! hundredths.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use gchat::{
    config::Config,
    conversation::Changes,
    fan_out::{FanOut, Shown},
    hub::{Hub, Outbound, Registration},
    id::{CircleId, ConnectionId, ConversationId, Rev, Seq, SessionId, SiteId, UserId},
    roster::Rosters,
    sites::Sites,
    store::{Origin, SiteStore as _, UserRecord, sqlite::SqliteStore},
    ws::socket::Socket,
};
use tokio::{
    io::{empty, join, sink},
    task::yield_now,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    callgrind::{instructions, once_and_twice},
    campus::{Courses, rights, site},
    hot,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Paths of `hot`.
pub(super) const FEW: &str = "tell_few";
pub(super) const MANY: &str = "tell_many";

pub(super) const ROOM_OF_FEW: &str = "tell_room_of_few";
pub(super) const ROOM_OF_MANY: &str = "tell_room_of_many";

pub(super) const FEW_VIEWERS: u32 = 150;
/// Who have a room open.
pub(super) const FEW_MEMBERS: u32 = 128;
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
    let join = each((turns(FEW, plan)?, turns(MANY, plan)?), FEW_VIEWERS);
    let send = each((turns(ROOM_OF_FEW, plan)?, turns(ROOM_OF_MANY, plan)?), FEW_MEMBERS);
    let figure = |what: &str, value, goal| Figure::new(format!("inside.fanout.{what}"), value, "1", goal);
    let none = Goal::AtMost(0.0);
    Ok(vec![
        figure("allocations_per_recipient", join.each.allocations, none),
        figure("allocations_for_all", join.for_all, Goal::None),
        figure("instructions_per_recipient", join.each.instructions, Goal::None),
        figure("room_allocations_per_member", send.each.allocations, none),
        figure("room_allocations_for_all", send.for_all, Goal::None),
        figure("room_instructions_per_member", send.each.instructions, Goal::None),
    ])
}

/// What one telling costs.
struct Cost {
    /// For each who is told: allocations to hundredths.
    each: Counted,
    /// Allocations, for all of them together.
    for_all: f64,
}

/// Of the turns with so many people, and with twice as many.
fn each((few, many): (Counted, Counted), people: u32) -> Cost {
    let more = f64::from(TURNS * people);
    let allocations = (many.allocations - few.allocations) / more;
    let for_all = few.allocations / f64::from(TURNS) - allocations * f64::from(people);
    let instructions = (many.instructions - few.instructions) / more;
    Cost { each: Counted { allocations: (allocations * 1e2).round() / 1e2, instructions }, for_all }
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

/// Somebody writes in a room that this many have open; so many times.
pub(super) async fn tell_room(members: u32, times: u32, folder: &Path) -> Result<()> {
    let store = SqliteStore::make(folder.join("room.db")).await?;
    store.add_site(site()).await?;
    let sites = Arc::new(Sites::load(Arc::new(store)).await?);
    let rosters = Arc::new(Rosters::new(sites.clone(), &Config::default().limits));
    let fan_out = Arc::new(FanOut::new(rosters.clone(), sites));
    let hub = Arc::new(Hub::default());
    let circle: CircleId = "c1".parse().ok().context("a circle")?;
    let conversation = ConversationId::Room(circle.clone());
    let mut audience = Vec::new();
    for user in 1..=members {
        let seat = arrive(&hub, &rosters, user)?;
        let window = Shown { conversation: conversation.clone(), open: true, rev: Rev(0) };
        fan_out.show(&seat, &[window]);
        seat.out.open(Socket::new(join(empty(), sink()), 65_536).pipe());
        drop(seat.out.take());
        ensure!(seat.out.written(), "a member was told something before anybody wrote");
        audience.push(seat);
    }
    // Those who opened it last are told last.
    let last = audience.last().context("a room has members")?;
    let cancel = CancellationToken::new();
    let telling = fan_out.clone().run(cancel);
    tokio::pin!(telling);
    for turn in 1..=times {
        let before = last.out.told();
        let changes = Changes::of(conversation.clone(), Seq(1), vec![hot::message(turn)?]);
        fan_out.tell(SiteId(1), &circle, Arc::new(changes));
        let told = async {
            while last.out.told() == before {
                yield_now().await;
            }
        };
        tokio::select! {
            () = &mut telling => bail!("nobody tells rooms any more"),
            () = told => {}
        }
        for member in &audience {
            ensure!(member.out.told() > before, "a member was not told in turn {turn}");
            ensure!(
                member.out.take().frames.is_empty(),
                "a stream that takes everything left something in turn {turn}"
            );
            ensure!(member.out.written(), "a member was told twice in turn {turn}");
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

    #[tokio::test]
    async fn everyone_who_has_the_room_open_is_told_of_each_message() {
        let folder = tempfile::tempdir().unwrap();
        tell_room(300, 3, folder.path()).await.unwrap();
    }
}
