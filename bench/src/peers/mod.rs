//! gchat beside its peers: the same people, the same load, one run, and the ratios.
//!
//! `peer` is what each must be able to do, `lineup` starts them (`bench/peers/` has their set-ups), the others speak
//! their protocols. `talk`, `fanout` and `idle` are what they are asked to do. A message that is lost, doubled or out of
//! order, or is not in the archive at the end, ends the run: there is no figure of a peer that did not do the work.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::{figure::Figure, plan::Plan};

mod crowd;
mod echo;
mod fanout;
mod gchat;
mod host;
mod idle;
mod lineup;
mod node;
mod peer;
mod process;
mod report;
mod socket;
mod talk;
mod tally;
mod xmpp;

use fanout::Course;
use lineup::{Kind, Running};
use peer::{Durability, Person};
use talk::{Talked, Times};

/// Everybody, the quick ones first.
const LINEUP: [Kind; 7] =
    [Kind::Gchat, Kind::Ws, Kind::SocketIo, Kind::UWebSockets, Kind::Prosody, Kind::Ejabberd, Kind::Echo];

/// What the scenarios are made with.
struct Sizes {
    idle: Vec<Person>,
    /// So many of them on XMPP: ejabberd looks at all groups whenever somebody signs in.
    idle_of_xmpp: usize,
    warm: usize,
    /// At 5 messages a second each.
    calm: Vec<Person>,
    busy: Vec<Person>,
    /// More than any of them can take.
    pressed: Vec<Person>,
    times: Times,
    /// Of as many connections as a person may have.
    course: Course,
    /// The same of one connection each, for XMPP: there, everyone is told of each of everyone's connections, which makes
    /// a crowd of presences before the first joiner.
    course_of_xmpp: Course,
}

impl Sizes {
    fn of(plan: &Plan) -> Self {
        Self {
            idle: host::people("idle", 1, plan.pick(700, 5_200)),
            idle_of_xmpp: plan.pick(700, 2_000),
            warm: 200,
            calm: host::people("calm", 100_000, 80),
            busy: host::people("busy", 200_000, 400),
            pressed: host::people("pressed", 400_000, 3_200),
            times: Times {
                warm: Duration::from_secs(plan.pick(2, 5)),
                measured: Duration::from_secs(plan.pick(3, 20)),
            },
            course: Course::new(300_000, 60, 10, plan.pick(12, 60)),
            course_of_xmpp: Course::new(300_000, 60, 1, plan.pick(12, 60)),
        }
    }

    /// Who is there and does nothing.
    fn idle(&self, kind: Kind) -> &[Person] {
        if kind.is_xmpp() { &self.idle[..self.idle_of_xmpp] } else { &self.idle }
    }

    fn everybody(&self, kind: Kind) -> Vec<Person> {
        let pressed = if kind.is_xmpp() { &[] } else { &self.pressed[..] };
        [self.idle(kind), &self.calm, &self.busy, pressed, &self.course.viewers, &self.course.joiners]
            .concat()
    }
}

/// What one peer did, as far as it was asked.
#[derive(Default)]
struct Results {
    /// Bytes a connection.
    idle: Option<f64>,
    /// Deliveries a CPU second.
    fan_out: Option<f64>,
    calm: Option<Talked>,
    busy: Option<Talked>,
    pressed: Option<Talked>,
}

/// One row of the comparison.
struct Row {
    kind: Kind,
    durability: Durability,
    results: Results,
}

/// Measures everybody who is installed. Those who are not are named on standard error.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let sizes = Sizes::of(plan);
    let mut rows = Vec::new();
    for kind in LINEUP {
        if let Some(why) = kind.missing()? {
            say(&format!("peers: {} is skipped: {why}", kind.name()));
            continue;
        }
        for durability in durabilities(kind) {
            let since = Instant::now();
            let results = measure(kind, *durability, plan, &sizes)
                .await
                .with_context(|| format!("{}, durability {}", kind.name(), durability.word()))?;
            let seconds = since.elapsed().as_secs();
            say(&format!("peers: {}, durability {}: {seconds} s", kind.name(), durability.word()));
            rows.push(Row { kind, durability: *durability, results });
        }
    }
    Ok(report::figures(&rows))
}

/// What is there to be compared with.
fn durabilities(kind: Kind) -> &'static [Durability] {
    match kind {
        Kind::Gchat => &[Durability::Full],
        Kind::UWebSockets => &[Durability::Off],
        Kind::Echo => &[Durability::Off, Durability::Full],
        _ => &[Durability::Full, Durability::Off],
    }
}

/// Lets one peer do all that it can do; what does not depend on the durability is done once. Talk has a process of its
/// own: what follows from people who leave must not be counted as its cost.
async fn measure(kind: Kind, durability: Durability, plan: &Plan, sizes: &Sizes) -> Result<Results> {
    let mut results = Results::default();
    if durabilities(kind)[0] == durability {
        let running = Running::start(kind, durability, plan, &sizes.everybody(kind)).await?;
        results.idle = Some(idle::idle(&running, sizes.idle(kind), sizes.warm).await.context("idle")?);
        if kind != Kind::Echo {
            let course = if kind.is_xmpp() { &sizes.course_of_xmpp } else { &sizes.course };
            results.fan_out = Some(fanout::fan_out(&running, course).await.context("fan-out")?);
        }
        running.end(0).await?;
    }
    if kind == Kind::UWebSockets {
        return Ok(results);
    }
    let running = Running::start(kind, durability, plan, &sizes.everybody(kind)).await?;
    let calm = talk::talk(&running, &sizes.calm, sizes.times).await.context("calm talk")?;
    let mut delivered = calm.messages;
    results.calm = Some(calm);
    // Who flushes each message by itself is only asked for as many as one disk can take.
    let one_by_one = kind.is_xmpp() || (kind, durability) == (Kind::Echo, Durability::Full);
    if !one_by_one {
        let busy = talk::talk(&running, &sizes.busy, sizes.times).await.context("busy talk")?;
        let pressed = talk::talk(&running, &sizes.pressed, sizes.times).await.context("pressed talk")?;
        delivered += busy.messages + pressed.messages;
        (results.busy, results.pressed) = (Some(busy), Some(pressed));
    }
    running.end(delivered).await?;
    Ok(results)
}

#[expect(clippy::print_stderr, reason = "who waits wants to know for what; figures go to standard output")]
fn say(what: &str) {
    eprintln!("{what}");
}
