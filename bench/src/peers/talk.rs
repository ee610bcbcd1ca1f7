//! Pairs who talk, at a rate that does not wait for the peer: what a delivered message costs it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    crowd,
    lineup::Running,
    peer::{Connection, Person, Told},
    tally::{Schedule, Tally, text},
};

/// Between two messages of one person: below gchat's shipped rates.
const EVERY: Duration = Duration::from_millis(200);

/// For what is still under way at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long people talk, first to get warm, then to be measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) warm: Duration,
    pub(super) measured: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talked {
    /// Messages in all, each delivered once.
    pub(super) messages: u64,
    /// CPU seconds of the peer a message, while measured.
    pub(super) cpu: f64,
    /// Seconds from when a message was due to be written until it was delivered.
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// Lets the first of these people talk with the second, the third with the fourth, and so on, both ways.
pub(super) async fn talk(running: &Running, people: &[Person], times: Times) -> Result<Talked> {
    let connections = crowd::connect(running, people).await?;
    let schedule = Schedule {
        start: Instant::now() + EVERY,
        every: EVERY,
        messages: u32::try_from((times.warm + times.measured).as_millis() / EVERY.as_millis())?,
        writers: u32::try_from(people.len())?,
    };
    let tally = Tally::new(schedule, people.iter().map(|person| person.user));
    let (end, ended) = watch::channel(());
    let mut tasks = JoinSet::new();
    for (number, connection) in connections.into_iter().enumerate() {
        let partner = people.get(number ^ 1).context("people talk in pairs")?.user;
        let writer = u32::try_from(number)?;
        tasks.spawn(person(connection, writer, partner, schedule, tally.clone(), ended.clone()));
    }
    drop(ended);
    let measured = tokio::select! {
        measured = measure(running, schedule, &tally, times) => measured?,
        Some(failed) = tasks.join_next() => {
            failed??;
            bail!("a connection ended by itself");
        }
    };
    end.send(()).context("everybody has gone")?;
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(measured)
}

async fn measure(running: &Running, schedule: Schedule, tally: &Tally, times: Times) -> Result<Talked> {
    sleep_until(schedule.start + times.warm).await;
    let (before, clock) = (tally.count(), running.process.clock()?);
    sleep_until(schedule.start + times.warm + times.measured).await;
    let (after, ran) = (tally.count(), running.process.ran_since(&clock)?);
    timeout(PATIENCE, tally.all()).await.with_context(|| {
        format!("{} of {} messages were delivered in time", tally.count(), schedule.total())
    })?;
    let late = tally.late(before);
    let part = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_secs_f64();
    ensure!(after > before, "nothing was delivered while it was measured");
    Ok(Talked {
        messages: schedule.total(),
        cpu: ran.as_secs_f64() / (after - before) as f64,
        p50: part(0.5),
        p99: part(0.99),
    })
}

/// One person: writes when it is time, and notes what is heard, until the end.
async fn person(
    mut connection: Box<dyn Connection>,
    writer: u32,
    partner: u64,
    schedule: Schedule,
    tally: Arc<Tally>,
    mut end: watch::Receiver<()>,
) -> Result<()> {
    let mut number = 0;
    loop {
        tokio::select! {
            () = sleep_until(schedule.due(writer, number)), if number < schedule.messages => {
                connection.say(partner, &text(number)).await?;
                number += 1;
            }
            told = connection.next() => {
                if let Told::Message { from, text } = told? {
                    tally.delivered(from, &text)?;
                }
            }
            _ = end.changed() => return Ok(()),
        }
    }
}
