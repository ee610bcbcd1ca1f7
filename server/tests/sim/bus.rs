//! A bus that delays, drops and reorders what it carries, and carries it as bytes: what a bus between nodes may do.
//!
//! What is lost of a talk is repaired by those who ask; where a dock was lost, the bus finds the gap after a while and
//! sends those concerned to resume. What ends somebody's rights, or somebody, comes late and not never: between nodes that
//! is the store's to promise, not the bus's.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gchat::{
    bus::Bus,
    event::Event,
    id::{SiteId, UserId},
    node::Node,
    store::Result,
};
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;

use crate::world::Shared;

/// After this the bus knows what it has lost.
const NOTICED: Duration = Duration::from_millis(500);

pub(crate) struct Faulty {
    node: Arc<Node>,
    rng: Mutex<StdRng>,
    shared: Shared,
}

/// What becomes of an event.
enum Fate {
    AtOnce,
    Late(Duration),
    Twice(Duration),
    Never,
}

impl Faulty {
    pub(crate) fn new(node: Arc<Node>, seed: u64, shared: Shared) -> Self {
        Self { node, rng: Mutex::new(StdRng::seed_from_u64(seed)), shared }
    }

    fn fate(&self, event: &Event) -> Fate {
        if *self.shared.calm.lock() {
            return Fate::AtOnce;
        }
        let talk = matches!(
            event,
            Event::Changed { .. }
                | Event::Read { .. }
                | Event::Typing { .. }
                | Event::Flags { .. }
                | Event::Dock { .. }
        );
        let mut rng = self.rng.lock();
        let late = Duration::from_millis(rng.random_range(1..400));
        match rng.random_range(0..10) {
            0..2 if talk => Fate::Never,
            2..4 => Fate::Late(late),
            4 => Fate::Twice(late),
            _ => Fate::AtOnce,
        }
    }

    fn later(&self, event: Event, after: Duration) {
        let node = self.node.clone();
        tokio::spawn(async move {
            sleep(after).await;
            let _ = node.apply(event).await;
        });
    }
}

impl Faulty {
    fn resume(&self, site: SiteId, user: UserId) {
        let node = self.node.clone();
        tokio::spawn(async move {
            sleep(NOTICED).await;
            node.resume(site, user);
        });
    }
}

#[async_trait]
impl Bus for Faulty {
    async fn publish(&self, event: Event) -> Result<()> {
        let fate = self.fate(&event);
        if !matches!(fate, Fate::AtOnce) {
            self.shared.ledger.lock().totals.events += 1;
        }
        let sent = serde_json::to_string(&event).expect("an event is plain");
        let event: Event = serde_json::from_str(&sent).expect("and read as it was written");
        match fate {
            Fate::Never => {
                if let Event::Dock { site, user, .. } = event {
                    self.resume(site, user);
                }
                Ok(())
            }
            Fate::AtOnce => self.node.apply(event).await,
            Fate::Late(after) => {
                self.later(event, after);
                Ok(())
            }
            Fate::Twice(after) => {
                self.later(event.clone(), after);
                self.node.apply(event).await
            }
        }
    }
}
