//! What somebody costs who has the page open and says nothing.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use uuid::Uuid;

use super::{
    campus::{Campus, Courses, token},
    client::Client,
    meter, tally,
    wire::{End, Traffic, wire},
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Who sign in at the same time.
const AT_ONCE: usize = 64;
const STAMPEDES: usize = 3;
/// Between two times at which everybody reads.
const READ: Duration = Duration::from_millis(250);
/// Circles, so rosters, of a person.
const ROSTERS: usize = 3;

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let steps = plan.pick([5_000, 10_000].as_slice(), [100_000, 200_000, 500_000, 1_000_000].as_slice());
    let most = *steps.last().unwrap_or(&0);
    let courses = Courses::Three { people: most };
    let floor = floor(10_000);
    let campus = Campus::open(&plan.folder.join("idle.db")).await?;
    let mut crowd = Crowd { campus, courses, ends: Vec::with_capacity(most as usize) };
    // The first thousand bring what there is once: buffers, threads, the store's pages.
    crowd.come(1_000).await?;
    let mut figures = vec![Figure::new("inside.idle.wire", floor, "B", Goal::None)];
    let mut before = crowd.weigh();
    for people in steps {
        crowd.come(*people).await?;
        if people == steps.first().unwrap_or(&0) {
            let fresh = crowd.weigh();
            figures.push(Figure::new("inside.idle.bytes_fresh", before.to(&fresh) - floor, "B", Goal::None));
        }
        for _ in 0..STAMPEDES {
            crowd.stampede().await?;
        }
        let after = crowd.weigh();
        let bytes = before.to(&after) - floor;
        figures.push(Figure::new(
            format!("inside.idle.bytes_at_{people}"),
            bytes,
            "B",
            Goal::AtMost(6_144.0),
        ));
        let resident = before.resident_to(&after) - floor;
        figures.push(Figure::new(format!("inside.idle.resident_at_{people}"), resident, "B", Goal::None));
        before = after;
    }
    let slopes: Vec<f64> = figures.iter().filter(|f| f.name.contains("bytes_at")).map(|f| f.value).collect();
    if let (Some(first), Some(last)) = (slopes.first(), slopes.last()) {
        figures.push(Figure::new("inside.idle.growth", last / first, "x", Goal::AtMost(1.1)));
    }
    crowd.campus.close().await?;
    Ok(figures)
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
    courses: Courses,
    ends: Vec<End>,
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
    fn weigh(&self) -> Weight {
        let resident = meter::resident().unwrap_or(f64::NAN);
        Weight { people: self.ends.len(), bytes: tally::bytes(), resident }
    }

    /// More people come, up to this many, and load their rosters.
    async fn come(&mut self, people: u32) -> Result<()> {
        let from = u32::try_from(self.ends.len())? + 1;
        let (exchange, courses) = (&self.campus.exchange, self.courses);
        let mut coming = stream::iter(from..=people)
            .map(|user| async move {
                let hello = json!({
                    "type": "hello", "protocol": 1, "token": token(user, courses), "visible": true,
                    "session": Uuid::from_u128(u128::from(user) | (4 << 76) | (2 << 62)),
                });
                let (client, _) = Client::enter(exchange, &hello.to_string(), ROSTERS).await?;
                Ok::<_, anyhow::Error>(client)
            })
            .buffered(AT_ONCE);
        let mut reading = tokio::time::interval(READ);
        loop {
            tokio::select! {
                came = coming.try_next() => match came? {
                    Some(client) => self.ends.push(client.into_end()),
                    None => break,
                },
                _ = reading.tick() => read(&mut self.ends),
            }
        }
        drop(coming);
        // Whoever came last is told to all within a tick of the rosters.
        for _ in 0..8 {
            reading.tick().await;
            read(&mut self.ends);
        }
        Ok(())
    }

    /// Everybody is cut off and comes back at once.
    async fn stampede(&mut self) -> Result<()> {
        let people = u32::try_from(self.ends.len())?;
        self.ends.clear();
        self.come(people).await
    }
}

/// Everybody reads what has come, and throws it away.
fn read(ends: &mut [End]) {
    for end in ends {
        end.discard();
    }
}
