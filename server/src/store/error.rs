//! Why a store cannot answer, and how that is logged.
//!
//! Knows no database: each says its own refusals in these terms.

use crate::logs::Seldom;

/// Why the store cannot answer. Details go to the log, never to a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the store failed: {0}")]
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// Migrations cannot run: newer schema, or a file that is no database.
    #[error("{0}")]
    Unusable(String),
    /// A site cannot be added or moved: its issuer, key id or address belongs to another one.
    #[error("{0} is in use by another site of this server: choose another, or remove that site first")]
    InUse(&'static str),
    /// The site was removed, or never was.
    #[error("this server has no such site: `gchat site list` shows those it has")]
    NoSite,
    /// Nothing can be written just now: the disk is full, fails, or another process holds the database. It is tried
    /// again by itself, and was logged when it began.
    #[error("nothing can be written: {0}")]
    Blocked(String),
    /// A backup cannot be made or brought back, or a check has found damage: what is wrong and what to do.
    #[error("{0}")]
    Backup(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Notes it where a client is refused because of it.
    pub fn log(&self) {
        match self {
            // Told once when it began: a full disk must not fill the log as well.
            Self::Blocked(_) => tracing::debug!(error = %self, "the store refused"),
            error => {
                static REFUSED: Seldom = Seldom::new();
                if let Some(before) = REFUSED.again() {
                    tracing::error!(%error, before, "the store refused: told once a minute");
                }
            }
        }
    }
}
