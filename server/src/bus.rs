//! How those who have something to tell reach the connections of every node.
//!
//! What is published has happened already: the bus carries it, and each node applies it (`node.rs`). Knows no rule and no
//! socket. `local` is the bus of a server that is one node; `tests/sim/bus.rs` is one that delays, drops and reorders.

use async_trait::async_trait;

use crate::{event::Event, store::Result};

mod local;
pub use local::Local;

/// The way from the rules to the connections.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Tells every node. An error says that an event which is read from the store could not be: a dock is told once it
    /// can be, and of a site each node finds out by itself. When this returns, the connections of this node have been
    /// told, as far as the bus is able to promise that. A bus that finds out that it has lost something of somebody calls
    /// `Node::resume`; what nobody finds out is made good as each `Event` says.
    async fn publish(&self, event: Event) -> Result<()>;
}
