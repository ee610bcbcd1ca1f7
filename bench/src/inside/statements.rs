//! How many SQL statements the store runs: it tells of each (`gchat::sql`), and never of what is bound to it.
//!
//! The only listener of this process. It is deaf but while it counts, so that nothing else pays for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use tracing::{
    Event, Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::{Interest, set_global_default},
};

static COUNTS: AtomicBool = AtomicBool::new(false);
static COUNTED: AtomicU64 = AtomicU64::new(0);

/// Counts what the whole process runs while this is done.
pub async fn during(work: impl Future<Output = Result<()>>) -> Result<f64> {
    static LISTENS: AtomicBool = AtomicBool::new(false);
    if !LISTENS.swap(true, Ordering::SeqCst) {
        set_global_default(Listener).context("somebody else listens to this process")?;
    }
    let before = COUNTED.load(Ordering::SeqCst);
    COUNTS.store(true, Ordering::SeqCst);
    let done = work.await;
    COUNTS.store(false, Ordering::SeqCst);
    done?;
    Ok((COUNTED.load(Ordering::SeqCst) - before) as f64)
}

struct Listener;

fn is_statement(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "gchat::sql" && *metadata.level() == Level::TRACE
}

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_statement(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_statement(metadata) && COUNTS.load(Ordering::Relaxed)
    }

    fn event(&self, _: &Event<'_>) {
        COUNTED.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
