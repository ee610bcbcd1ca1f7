//! What a crowd in one course costs: people who join under the eyes of thousands, and a login storm.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use parking_lot::Mutex;
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep_until;
use uuid::Uuid;

use super::{
    campus::Campus,
    client::Client,
    wire::{End, Exchange},
};
use crate::{
    figure::{Figure, Goal},
    outside::campus::{Campus as People, Kind},
    plan::Plan,
};

/// Viewers who note what they are told, and when.
const PROBES: u32 = 10;
/// Between two times at which everybody reads what has come.
const READ: Duration = Duration::from_millis(250);
/// A total is told at least so often, and a tick.
const SETTLE: Duration = Duration::from_secs(7);

/// People join one course, evenly over a time, in an order that says nothing of their names.
pub async fn joining(plan: &Plan) -> Result<Vec<Figure>> {
    let (people, within) = plan.pick((2_000, Duration::from_secs(12)), (10_000, Duration::from_secs(60)));
    let database = plan.folder.join("joining.db");
    let (campus, host) = Campus::with_people(&database, Kind::OneCourse, u64::from(people)).await?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let probes: Vec<_> = stream::iter(1..=PROBES)
        .map(|user| enter(&campus.exchange, &host, user))
        .buffered(10)
        .try_collect()
        .await?;
    let probes: Vec<_> = probes.into_iter().map(|client| tokio::spawn(watch(client, seen.clone()))).collect();
    let mut order: Vec<u32> = (PROBES + 1..=people).collect();
    order.shuffle(&mut StdRng::seed_from_u64(plan.seed));
    let (writes, _) = campus.exchange.traffic.read();
    let cpu = campus.cpu()?;
    let started = tokio::time::Instant::now();
    let crowd = Crowd::default();
    let mut joins = 0.0;
    let mut coming = stream::iter(order.iter().enumerate())
        .map(|(n, user)| {
            let at = started + within.mul_f64(n as f64 / f64::from(people));
            let (exchange, host, crowd) = (&campus.exchange, &host, &crowd);
            async move {
                sleep_until(at).await;
                let client = enter(exchange, host, *user).await?;
                crowd.join(client.into_end());
                Ok::<_, anyhow::Error>((*user, Instant::now()))
            }
        })
        .buffered(256);
    let mut joined = Vec::new();
    let mut reading = tokio::time::interval(READ);
    loop {
        tokio::select! {
            came = coming.try_next() => match came? {
                Some(came) => {
                    joins += joined.len() as f64 + f64::from(PROBES);
                    joined.push(came);
                }
                None => break,
            },
            _ = reading.tick() => crowd.read(),
        }
    }
    drop(coming);
    let settled = Instant::now() + SETTLE;
    while Instant::now() < settled {
        tokio::time::sleep(READ).await;
        crowd.read();
    }
    let spent = campus.cpu()? - cpu;
    let (after, _) = campus.exchange.traffic.read();
    let (bytes, seconds) = crowd.bytes();
    crowd.nobody_was_cut_off()?;
    probes.iter().for_each(tokio::task::JoinHandle::abort);
    let (shown, totals) = seen.lock().staleness(&joined);
    campus.close().await?;
    let name = |what: &str| format!("inside.joining.{what}");
    Ok(vec![
        Figure::new(name("people"), f64::from(people), "1", Goal::None),
        Figure::new(name("writes"), (after - writes) as f64 / joins, "x", Goal::AtMost(0.02)),
        Figure::new(name("bytes_per_viewer_and_second"), bytes / seconds, "B", Goal::AtMost(200.0)),
        Figure::new(name("stale_window_p99"), shown, "s", Goal::AtMost(1.5)),
        Figure::new(name("stale_total_p99"), totals, "s", Goal::AtMost(6.0)),
        Figure::new(name("cpu_per_join"), spent / f64::from(people) * 1e6, "us", Goal::None),
    ])
}

/// Very many are online in one course, and a thousand join in a second.
pub async fn one_course(plan: &Plan) -> Result<Vec<Figure>> {
    let (online, seconds, joining): (u32, u32, u32) = plan.pick((10_000, 15, 3_000), (100_000, 60, 10_000));
    let (database, people) = (plan.folder.join("course.db"), u64::from(online + joining));
    let (campus, host) = Campus::with_people(&database, Kind::OneCourse, people).await?;
    let crowd = Crowd::default();
    let (login, first) = storm((&campus, &host), &crowd, 1..=online, (online / seconds) as usize).await?;
    let started = Instant::now();
    let (join, _) = storm((&campus, &host), &crowd, online + 1..=online + joining, 1_000).await?;
    let took = started.elapsed().as_secs_f64();
    crowd.nobody_was_cut_off()?;
    campus.close().await?;
    Ok(vec![
        Figure::new("inside.storm.people", f64::from(online), "1", Goal::None),
        Figure::new("inside.storm.first_roster_p99", first, "s", Goal::AtMost(1.0)),
        Figure::new("inside.storm.cpu_per_login", login * 1e6, "us", Goal::None),
        // Processor seconds for a thousand joins: cores, at a thousand a second.
        Figure::new("inside.course.cores", join * 1e3, "cores", Goal::AtMost(1.0)),
        Figure::new("inside.course.joins", f64::from(joining) / took, "1/s", Goal::None),
    ])
}

/// These people come at a rate. Processor seconds of one, and the 99th of a hundred waits for the first roster.
async fn storm(
    (campus, host): (&Campus, &People),
    crowd: &Crowd,
    people: std::ops::RangeInclusive<u32>,
    per_second: usize,
) -> Result<(f64, f64)> {
    let (started, cpu) = (tokio::time::Instant::now(), campus.cpu()?);
    let exchange = &campus.exchange;
    let mut coming = stream::iter(people.enumerate())
        .map(|(n, user)| async move {
            let due = started + Duration::from_secs_f64(n as f64 / per_second.max(1) as f64);
            sleep_until(due).await;
            crowd.join(enter(exchange, host, user).await?.into_end());
            // From when it was due: whoever had to wait for a place in line has waited too.
            Ok::<_, anyhow::Error>(due.elapsed().as_secs_f64())
        })
        .buffer_unordered(1_000);
    let mut waits = Vec::new();
    let mut reading = tokio::time::interval(READ);
    loop {
        tokio::select! {
            came = coming.try_next() => match came? {
                Some(wait) => waits.push(wait),
                None => break,
            },
            _ = reading.tick() => crowd.read(),
        }
    }
    drop(coming);
    waits.sort_unstable_by(f64::total_cmp);
    Ok(((campus.cpu()? - cpu) / waits.len() as f64, waits[waits.len() * 99 / 100]))
}

async fn enter(exchange: &Exchange, host: &People, user: u32) -> Result<Client> {
    let token = host.token(u64::from(user));
    let hello =
        json!({"type": "hello", "protocol": 1, "token": token, "visible": true, "session": Uuid::new_v4()});
    Ok(Client::enter(exchange, &hello.to_string(), 1).await?.0)
}

/// Those who only look: what they are told is counted and thrown away.
#[derive(Default)]
struct Crowd(Mutex<Vec<Viewer>>);

struct Viewer {
    end: End,
    since: Instant,
    bytes: usize,
}

impl Crowd {
    fn join(&self, end: End) {
        self.0.lock().push(Viewer { end, since: Instant::now(), bytes: 0 });
    }

    fn read(&self) {
        for viewer in &mut *self.0.lock() {
            viewer.bytes += viewer.end.discard();
        }
    }

    /// An error if the server has closed a connection: those who are told nothing cost nothing.
    fn nobody_was_cut_off(&self) -> Result<()> {
        let viewers = self.0.lock();
        let gone = viewers.iter().filter(|viewer| !viewer.end.is_open()).count();
        ensure!(gone == 0, "the server has closed {gone} of {} connections", viewers.len());
        Ok(())
    }

    /// Bytes of all of them, and seconds of all of them.
    fn bytes(&self) -> (f64, f64) {
        let viewers = self.0.lock();
        let seconds = |viewer: &Viewer| viewer.since.elapsed().as_secs_f64();
        (viewers.iter().map(|v| v.bytes as f64).sum(), viewers.iter().map(seconds).sum())
    }
}

/// What the probes were told.
#[derive(Default)]
struct Seen {
    /// When each of them saw whom first.
    people: HashMap<u32, Vec<Instant>>,
    /// When which total was told.
    totals: Vec<(Instant, usize)>,
}

#[derive(Deserialize)]
struct Diff {
    total: usize,
    joined: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    id: u32,
}

async fn watch(mut client: Client, seen: Arc<Mutex<Seen>>) -> Result<()> {
    loop {
        let diff: Diff = client.read("roster_diff").await?;
        let now = Instant::now();
        let mut seen = seen.lock();
        seen.totals.push((now, diff.total));
        for person in diff.joined {
            seen.people.entry(person.id).or_default().push(now);
        }
    }
}

impl Seen {
    /// Seconds, the 99th of a hundred: until those who were shown at all were shown, and until a total had everyone.
    fn staleness(&self, joined: &[(u32, Instant)]) -> (f64, f64) {
        let mut shown = Vec::new();
        let mut counted = Vec::new();
        let mut totals = self.totals.clone();
        totals.sort_unstable();
        for (before, (user, at)) in joined.iter().enumerate() {
            let seen = self.people.get(user).into_iter().flatten().filter(|seen| *seen >= at);
            shown.extend(seen.map(|seen| seen.duration_since(*at).as_secs_f64()));
            let online = before + PROBES as usize + 1;
            let told = totals.iter().find(|(when, total)| when >= at && *total >= online);
            counted.push(told.map_or(f64::INFINITY, |(when, _)| when.duration_since(*at).as_secs_f64()));
        }
        (p99(&mut shown), p99(&mut counted))
    }
}

fn p99(seconds: &mut [f64]) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds.get(seconds.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}
