//! One course, many viewers, and somebody who joins: how many are told of it in a CPU second of the peer.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

use super::{
    crowd::{self, Listeners},
    lineup::Running,
    peer::{Person, Told},
};

/// Between two joins: longer than the tick by which gchat gathers changes of a course of this size, so that gathering
/// saves it nothing, and what is compared is the telling itself.
const EVERY: Duration = Duration::from_millis(300);

/// For the last ones to be told.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who looks, and who joins.
pub(super) struct Course {
    /// One connection for each entry; a person may have several.
    pub(super) viewers: Vec<Person>,
    pub(super) joiners: Vec<Person>,
}

impl Course {
    /// A course with users from `first` on.
    pub(super) fn new(first: u64, viewers: u64, connections: usize, joiners: u64) -> Self {
        let person = |n: u64, teacher| Person { user: first + n, course: "crowded".into(), teacher };
        let viewers = (0..viewers).flat_map(|n| std::iter::repeat_n(person(n, false), connections)).collect();
        // Numbers far above: a viewer too many would not be taken for a joiner.
        let joiners = (0..joiners).map(|n| person(10_000 + n, true)).collect();
        Self { viewers, joiners }
    }
}

/// Deliveries a CPU second. Every viewer is told of every joiner, or it is an error.
pub(super) async fn fan_out(running: &Running, course: &Course) -> Result<f64> {
    let mut listeners = Listeners::new();
    let due = course.viewers.len() * course.joiners.len();
    let told = Arc::new(Mutex::new(HashSet::with_capacity(due)));
    let all = Arc::new(Notify::new());
    let joiners: HashSet<u64> = course.joiners.iter().map(|joiner| joiner.user).collect();
    let note = {
        let (told, all) = (told.clone(), all.clone());
        move |viewer: usize, news: Told| {
            let Told::Online(users) = news else { return };
            let mut told = told.lock().expect("no holder of this lock panics");
            for user in users.into_iter().filter(|user| joiners.contains(user)) {
                if told.insert((viewer, user)) && told.len() == due {
                    all.notify_one();
                }
            }
        }
    };
    listeners.add(crowd::connect(running, &course.viewers).await?, note);
    listeners.quiet().await?;

    let clock = running.process.clock()?;
    let mut joined = Listeners::new();
    let start = Instant::now();
    for (joiner, n) in course.joiners.iter().zip(0..) {
        sleep_until(start + EVERY * n).await;
        joined.add(vec![running.peer.connect(joiner).await?], |_, _| {});
    }
    timeout(PATIENCE, all.notified()).await.with_context(|| {
        let told = told.lock().map_or(0, |told| told.len());
        format!("{told} of {due} tellings of a joiner came in time")
    })?;
    let ran = running.process.ran_since(&clock)?;
    listeners.check()?;
    joined.check()?;
    Ok(due as f64 / ran.as_secs_f64())
}
