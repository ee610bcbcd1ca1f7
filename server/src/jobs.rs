//! What happens by the clock: roster ticks, the sites' copy, and forgetting what has ended. Nothing here that waits for
//! the store delays what does not.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    clock::{self, steady_ms},
    event::Event,
    hub::Connection,
    pauses,
    store::{SitesMark, Waiting},
    systemd,
};

/// Connections that are written to in a row: about a millisecond of a thread that others wait for.
const ROW: usize = 64;

/// How often changes of rosters are looked at.
const ROSTER_TICK: Duration = Duration::from_millis(250);

/// How soon it is noticed that the machine's clock was set.
const CLOCK_TICK: Duration = Duration::from_secs(1);

/// How soon a site that was added, changed or removed beside the running server counts.
const SITES_TICK: Duration = Duration::from_secs(5);

/// How soon it is noticed that the database is not in its place any more.
const STORE_TICK: Duration = Duration::from_secs(1);

/// How often the store forgets: twice that is how long it remembers what it told whom (docs/adr/0004-arrivals-told-again.md).
const EXPIRY_TICK: Duration = Duration::from_secs(30);

/// How often a batch of the conversations is looked at in which nothing may be unread any more, and how long it rests when
/// all were.
const TIDY_TICK: Duration = Duration::from_secs(1);
const TIDY_REST: Duration = Duration::from_secs(3_600);

/// How often new messages come into the index of words, and how many times in a row where there are many: then a machine
/// that is busy with messages has the index behind them, and not the other way round.
const INDEX_TICK: Duration = Duration::from_secs(1);
const INDEX_ROW: usize = 4;

/// Runs until cancelled. What waits for the store is a task of its own, so that a slow one delays nobody's presence.
pub async fn run(app: Arc<App>, cancel: CancellationToken) {
    let wait = Arc::new(StoreWait::default());
    let store = tokio::spawn(watch_store(app.clone(), wait.clone(), cancel.clone()));
    let (mut rosters, mut clocks, mut expiry) = (every(ROSTER_TICK), every(CLOCK_TICK), every(EXPIRY_TICK));
    let period = systemd::watchdog();
    let mut watchdog = period.map(every);
    let mut set = false;
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = rosters.tick() => flush(app.rosters.tick(steady_ms())),
            _ = clocks.tick() => {
                // Once more at the next tick: somebody may have looked at the old time, and arrived after the first.
                let before = std::mem::replace(&mut set, clock::look());
                if set || before {
                    pauses::clock_was_set((&app.hub, &app.rosters), clock::settled_ms());
                }
            }
            _ = expiry.tick() => {
                app.seen_calls.expire();
                app.allowances.forget();
            }
            // Told by this loop and no other: it stands still when the runtime does and when the rosters are locked for
            // good. When the store does not answer it is not told either: in all three cases a restart helps. A store
            // that answers with an error (a full disk) is none of the watchdog's business: a restart would not mend it,
            // and would cut off those who can still read; `/ready` tells of it.
            () = next(&mut watchdog) => {
                if period.is_some_and(|period| wait.is_within(period)) {
                    systemd::alive();
                }
            }
        }
    }
    let _ = store.await; // what it has begun is finished before the store closes
}

/// What has to ask the store, one after the other: however slow it is, one question is under way. Until cancelled.
async fn watch_store(app: Arc<App>, wait: Arc<StoreWait>, cancel: CancellationToken) {
    let (mut store, mut sites, mut expiry) = (every(STORE_TICK), every(SITES_TICK), every(EXPIRY_TICK));
    let (mut tidied, mut indexed) = (every(TIDY_TICK), every(INDEX_TICK));
    let (mut mark, mut after) = (None, None);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = store.tick() => {
                if wait.over(app.look_at_store()).await.is_ok() {
                    wait.over(watch_sites(&app, &mut mark)).await;
                    wait.over(app.docks.tell_owed()).await;
                }
            }
            _ = sites.tick() => drop(wait.over(refresh_sites(&app)).await),
            _ = expiry.tick() => {
                wait.over(expire(&app)).await;
                wait.over(unmute(&app)).await;
            }
            _ = indexed.tick() => wait.over(index(&app)).await,
            _ = tidied.tick() => {
                after = wait.over(tidy(&app, after)).await;
                if after.is_none() {
                    tidied.reset_after(TIDY_REST);
                }
            }
        }
    }
}

/// What is muted no more may be in the docks of those who had muted it.
async fn unmute(app: &App) {
    match app.store.unmute(clock::settled_ms()).await {
        Ok(of) => {
            for (site, user) in of.into_iter().collect::<HashSet<_>>() {
                let _ = app.bus.publish(Event::Dock { site, user, given: None }).await; // it is owed to them
            }
        }
        Err(error) => error.log(),
    }
}

/// Where it is to go on; `None`: after a rest.
async fn tidy(app: &App, after: Option<Waiting>) -> Option<Waiting> {
    app.store.tidy(after, clock::settled_ms()).await.unwrap_or_else(|error| {
        error.log();
        None
    })
}

async fn index(app: &App) {
    for _ in 0..INDEX_ROW {
        match app.store.index().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return error.log(),
        }
    }
}

/// Since when the store owes an answer, for the watchdog.
#[derive(Debug, Default)]
struct StoreWait(Mutex<Option<Instant>>);

impl StoreWait {
    /// Asks, and notes that meanwhile an answer is owed.
    async fn over<T>(&self, ask: impl Future<Output = T>) -> T {
        *self.0.lock() = Some(Instant::now());
        let answer = ask.await;
        *self.0.lock() = None;
        answer
    }

    /// Whether no answer is owed for longer than this.
    fn is_within(&self, patience: Duration) -> bool {
        self.0.lock().is_none_or(|since| since.elapsed() <= patience)
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Never, if there is no such tick.
async fn next(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

/// Writes what was queued for these: to a few at once, to more by tasks among which others have their turn.
fn flush(mut told: Vec<Arc<Connection>>) {
    while told.len() > ROW {
        let row = told.split_off(told.len() - ROW);
        tokio::spawn(async move { row.iter().for_each(|connection| connection.out.flush()) });
    }
    told.iter().for_each(|connection| connection.out.flush());
}

/// Takes what another process has changed of the sites, and tells it so. `known`: the mark of the last such change.
async fn watch_sites(app: &App, known: &mut Option<SitesMark>) {
    let Ok(mark) = app.store.sites_mark().await else { return };
    if let Some(changed) = mark.filter(|_| mark != *known)
        && refresh_sites(app).await
    {
        app.store.sites_count(changed);
        *known = mark;
    }
}

/// Whether that worked.
async fn refresh_sites(app: &App) -> bool {
    match app.sites.refresh().await {
        Ok(()) => {
            // Each node acts on its own reading, whatever it was told or not; others hear of a removal sooner.
            for site in app.node.sites_were_read() {
                let _ = app.bus.publish(Event::SiteRemoved { site }).await;
            }
            true
        }
        Err(error) => {
            error.log();
            false
        }
    }
}

async fn expire(app: &App) {
    // It is always asked: it counts what it remembers for itself by that.
    match app.store.expire(clock::forget_ms().unwrap_or(0)).await {
        Ok(rows) => tracing::debug!(rows, "what has ended was forgotten"),
        Err(error) => error.log(),
    }
}
