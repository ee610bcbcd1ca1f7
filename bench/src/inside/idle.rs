//! What somebody costs who has the page open and says nothing, up to a million of them.
//!
//! They were here before: the database knows them, as it knows the people of `outside`, who they are. All are cut off
//! at once and come back, three times at each step but the million, where there is one: it is a million sign-ins, and
//! what more of them leave behind, the steps before show. By then the first have been through seven, others four.
//!
//! A person costs what was added since the step before, without the wire. At the end of each step everything has been
//! read that was sent, and every connection must still be open; leases that run out meanwhile are renewed, as browsers
//! do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::{
    campus::Campus,
    client::{Client, text_frame},
    meter, statements, tally,
    wire::{End, Traffic, wire},
};
use crate::{
    figure::{Figure, Goal},
    outside::campus::{COURSES, Campus as People, Kind},
    plan::Plan,
};

/// How many there are at the end of a step, and how often all of them are cut off there.
type Step = (u32, u32);

const QUICK: &[Step] = &[(5_000, 3), (10_000, 3)];
const FULL: &[Step] = &[(100_000, 3), (300_000, 3), (1_000_000, 1)];

/// The first bring what there is once: buffers, threads, the store's pages. As at each step, all of some faculties.
const FIRST: u32 = 1_000;

/// Who sign in at the same time.
const AT_ONCE: usize = 64;

/// Everybody has read what came after so many turns: to look at a million takes a while.
const TURN: Duration = Duration::from_millis(250);
const TURNS: usize = 8;

/// When a lease of ten minutes is renewed: 60 % of it, as the contract has it for a browser in a hurry.
const RENEW_AFTER: Duration = Duration::from_secs(360);

/// Between two looks at the memory, the share by which it may differ when it counts as quiet; and how many looks.
const QUIET: f64 = 0.001;
const LOOKS: u32 = 30;

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let steps = plan.pick(QUICK, FULL);
    let most = steps.last().map_or(0, |(people, _)| *people);
    let floor = floor(10_000);
    let mut crowd = Crowd::gather(plan, most).await?;
    let mut figures = vec![Figure::new("inside.idle.wire", floor, "B", Goal::None)];
    let mut before = crowd.quiet().await?;
    let cpu = crowd.campus.cpu()?;
    let mut slopes = Vec::new();
    for (people, stampedes) in steps {
        crowd.come(*people).await?;
        if slopes.is_empty() {
            let fresh = before.to(&crowd.quiet().await?) - floor;
            figures.push(Figure::new("inside.idle.bytes_fresh", fresh, "B", Goal::None));
        }
        for _ in 0..*stampedes {
            crowd.stampede().await?;
        }
        let after = crowd.quiet().await?;
        let (bytes, resident) = (before.to(&after) - floor, before.resident_to(&after) - floor);
        say(&format!("inside-idle: {people} people at {bytes:.0} B"));
        let name = |what: &str| format!("inside.idle.{what}_at_{people}");
        figures
            .push(Figure::new(name("bytes"), bytes, "B", Goal::AtMost(6_144.0)).aim(Goal::AtMost(2_048.0)));
        figures.push(Figure::new(name("resident"), resident, "B", Goal::None));
        slopes.push(bytes);
        before = after;
    }
    if let (Some(first), Some(last)) = (slopes.first(), slopes.last()) {
        figures.push(Figure::new("inside.idle.growth", last / first, "x", Goal::AtMost(1.1)));
    }
    let each = (crowd.campus.cpu()? - cpu) / (crowd.sign_ins - f64::from(FIRST)) * 1e6;
    figures.push(Figure::new("inside.idle.cpu_per_sign_in", each, "us", Goal::None));
    crowd.campus.close().await?;
    Ok(figures)
}

#[expect(clippy::print_stderr, reason = "who waits wants to know for what; figures go to standard output")]
fn say(what: &str) {
    eprintln!("{what}");
}

/// Bytes of a wire with nothing behind it.
fn floor(wires: usize) -> f64 {
    let traffic = Arc::<Traffic>::default();
    let mut ends: Vec<(End, End)> = Vec::with_capacity(wires);
    let before = tally::bytes();
    ends.extend((0..wires).map(|_| wire(&traffic)));
    (tally::bytes() - before) / wires as f64
}

struct Crowd {
    campus: Campus,
    people: People,
    idlers: Vec<Idler>,
    /// Whose turn it is to read.
    next: usize,
    sign_ins: f64,
}

/// Somebody who only reads, and renews the lease.
struct Idler {
    end: End,
    user: u32,
    renewed: Instant,
}

struct Weight {
    people: usize,
    bytes: f64,
    resident: f64,
}

impl Weight {
    fn to(&self, later: &Self) -> f64 {
        (later.bytes - self.bytes) / (later.people - self.people) as f64
    }

    fn resident_to(&self, later: &Self) -> f64 {
        (later.resident - self.resident) / (later.people - self.people) as f64
    }
}

impl Crowd {
    /// The first of so many, at a server that knows all of them.
    async fn gather(plan: &Plan, most: u32) -> Result<Self> {
        let database = plan.folder.join("idle.db");
        let (campus, people) = Campus::with_people(&database, Kind::Faculties, u64::from(most)).await?;
        let mut crowd =
            Self { campus, people, idlers: Vec::with_capacity(most as usize), next: 0, sign_ins: 0.0 };
        let statements = statements::during(crowd.come(FIRST)).await? / f64::from(FIRST);
        ensure!(
            (0.9..1.1).contains(&statements),
            "{statements} SQL statements a sign-in: the server does not know whom it should know"
        );
        Ok(crowd)
    }

    /// More people come, up to this many, and load their rosters.
    async fn come(&mut self, most: u32) -> Result<()> {
        let from = u32::try_from(self.idlers.len())? + 1;
        self.sign_ins += f64::from(most + 1 - from);
        let Self { campus, people, idlers, next, .. } = self;
        let (campus, people) = (&*campus, &*people);
        let mut coming = stream::iter(from..=most).map(|user| enter(campus, people, user)).buffered(AT_ONCE);
        let mut turns = tokio::time::interval(TURN);
        loop {
            tokio::select! {
                came = coming.try_next() => match came? {
                    Some(idler) => idlers.push(idler),
                    None => return Ok(()),
                },
                _ = turns.tick() => {
                    let turn = idlers.len().div_ceil(TURNS);
                    *next = if *next < idlers.len() { *next } else { 0 };
                    let to = idlers.len().min(*next + turn);
                    read(people, &mut idlers[*next..to]).await?;
                    *next = to;
                }
            }
        }
    }

    /// Everybody is cut off and comes back at once.
    async fn stampede(&mut self) -> Result<()> {
        let people = u32::try_from(self.idlers.len())?;
        self.idlers.clear();
        self.come(people).await
    }

    /// What there is once all has been told and read, with everybody still there.
    async fn quiet(&mut self) -> Result<Weight> {
        let mut last = f64::INFINITY;
        for _ in 0..LOOKS {
            tokio::time::sleep(TURN * 4).await;
            read(&self.people, &mut self.idlers).await?;
            let bytes = tally::bytes();
            if (bytes / last - 1.0).abs() < QUIET {
                break;
            }
            last = bytes;
        }
        // What was renewed just now has been answered.
        tokio::time::sleep(TURN).await;
        read(&self.people, &mut self.idlers).await?;
        let resident = meter::resident().unwrap_or(f64::NAN);
        Ok(Weight { people: self.idlers.len(), bytes: tally::bytes(), resident })
    }
}

/// Somebody comes, and has all rosters.
async fn enter(campus: &Campus, people: &People, user: u32) -> Result<Idler> {
    let renewed = Instant::now();
    let hello = json!({
        "type": "hello", "protocol": 1, "token": people.token(u64::from(user)), "visible": true,
        "session": Uuid::from_u128(u128::from(user) | (4 << 76) | (2 << 62)),
    });
    let (client, _) = Client::enter(&campus.exchange, &hello.to_string(), COURSES as usize).await?;
    Ok(Idler { end: client.into_end(), user, renewed })
}

/// These read what has come, and throw it away; whoever's lease runs out renews it. Nobody may have been cut off.
async fn read(people: &People, idlers: &mut [Idler]) -> Result<()> {
    for idler in idlers {
        idler.end.discard();
        ensure!(idler.end.is_open(), "the server has closed the connection of user {}", idler.user);
        if idler.renewed.elapsed() > RENEW_AFTER {
            let token = people.token(u64::from(idler.user));
            let frame = json!({"type": "renew", "token": token}).to_string();
            idler.end.write_all(&text_frame(&frame)?).await?;
            idler.renewed = Instant::now();
        }
    }
    Ok(())
}
