//! The bus of a server that is one node: what is published is applied before `publish` returns.

use std::sync::Arc;

use async_trait::async_trait;

use super::Bus;
use crate::{event::Event, node::Node, store::Result};

/// Applies at once.
pub struct Local(Arc<Node>);

impl Local {
    /// To the connections of this node.
    pub fn new(node: Arc<Node>) -> Self {
        Self(node)
    }
}

#[async_trait]
impl Bus for Local {
    async fn publish(&self, event: Event) -> Result<()> {
        self.0.apply(event).await
    }
}
