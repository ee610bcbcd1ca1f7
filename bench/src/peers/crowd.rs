//! Many connections at once, each with a task that hears what it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    lineup::Running,
    peer::{Connection, Person, Told},
};

/// Signing in at the same time; below gchat's limit of those who have not signed in yet.
const AT_ONCE: usize = 16;

/// For all of a crowd.
const PATIENCE: Duration = Duration::from_secs(120);

/// Nothing was heard for this long: what followed from the last event has been told.
const QUIET: Duration = Duration::from_millis(700);

/// Signs all of these in, a connection for each entry, in that order.
pub(super) async fn connect(running: &Running, people: &[Person]) -> Result<Vec<Box<dyn Connection>>> {
    let all = stream::iter(people).map(|person| running.peer.connect(person)).buffered(AT_ONCE);
    timeout(PATIENCE, all.try_collect()).await.context("not everybody could sign in in time")?
}

/// Connections that are only listened to.
pub(super) struct Listeners {
    tasks: JoinSet<Result<()>>,
    heard: Arc<AtomicU64>,
}

impl Listeners {
    pub(super) fn new() -> Self {
        Self { tasks: JoinSet::new(), heard: Arc::default() }
    }

    /// Listens on, handing everything to `told` with the connection's number among these.
    pub(super) fn add(
        &mut self,
        connections: Vec<Box<dyn Connection>>,
        told: impl Fn(usize, Told) + Clone + Send + Sync + 'static,
    ) {
        for (number, mut connection) in connections.into_iter().enumerate() {
            let (heard, told) = (self.heard.clone(), told.clone());
            self.tasks.spawn(async move {
                loop {
                    let news = connection.next().await?;
                    heard.fetch_add(1, Ordering::Relaxed);
                    told(number, news);
                }
            });
        }
    }

    /// Waits until nothing more comes.
    pub(super) async fn quiet(&mut self) -> Result<()> {
        let still = async {
            let mut before = None;
            while before != Some(self.heard.load(Ordering::Relaxed)) {
                before = Some(self.heard.load(Ordering::Relaxed));
                sleep(QUIET).await;
            }
        };
        timeout(PATIENCE, still).await.context("it never became quiet")?;
        self.check()
    }

    /// An error if any of the connections has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        match self.tasks.try_join_next() {
            None => Ok(()),
            Some(ended) => Err(match ended? {
                Ok(()) => anyhow!("a connection has ended"),
                Err(error) => error.context("a connection has ended"),
            }),
        }
    }
}
