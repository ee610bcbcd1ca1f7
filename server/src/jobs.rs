//! What happens by the clock: roster ticks, the sites' copy, and forgetting what has ended.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    clock::{self, steady_ms},
    event::Event,
    hub::Connection,
    store::SitesMark,
    systemd,
};

/// Connections that are written to in a row: about a millisecond of a thread that others wait for.
const ROW: usize = 64;

/// How often changes of rosters are looked at.
const ROSTER_TICK: Duration = Duration::from_millis(250);

/// How soon a site that was added, changed or removed beside the running server counts.
const SITES_TICK: Duration = Duration::from_secs(5);

/// How soon it is noticed that the database is not in its place any more.
const STORE_TICK: Duration = Duration::from_secs(1);

/// How often the store forgets: twice that is how long it remembers what it told whom (docs/adr/0004-arrivals-told-again.md).
const EXPIRY_TICK: Duration = Duration::from_secs(30);

/// Runs until cancelled.
pub async fn run(app: Arc<App>, cancel: CancellationToken) {
    let every = |period| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let (mut rosters, mut sites, mut expiry) = (every(ROSTER_TICK), every(SITES_TICK), every(EXPIRY_TICK));
    let (mut store, mut mark) = (every(STORE_TICK), None);
    // Told by this loop and no other: it stands still when the runtime does, when the rosters are locked for good, and
    // when the store never answers, and then a restart helps. A store that answers with an error (a full disk) is none
    // of the watchdog's business: a restart would not mend it, and would cut off those who can still read; `/ready`
    // tells of it.
    let mut watchdog = systemd::watchdog().map(every);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = rosters.tick() => flush(app.rosters.tick(steady_ms())),
            _ = store.tick() => {
                clock::look();
                if app.look_at_store().await.is_ok() {
                    watch_sites(&app, &mut mark).await;
                }
            }
            _ = sites.tick() => drop(refresh_sites(&app).await),
            _ = expiry.tick() => expire(&app).await,
            () = next(&mut watchdog) => systemd::alive(),
        }
    }
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
            for site in app.sites.take_gone() {
                // It is not read from the store, and does not fail with it.
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
    app.seen_calls.expire();
    app.allowances.forget();
    // It is always asked: it counts what it remembers for itself by that.
    match app.store.expire(clock::forget_ms().unwrap_or(0)).await {
        Ok(rows) => tracing::debug!(rows, "what has ended was forgotten"),
        Err(error) => error.log(),
    }
}
