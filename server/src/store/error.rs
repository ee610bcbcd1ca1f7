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
        match self.seldom() {
            // Told once when it began: a full disk must not fill the log as well.
            None => tracing::debug!(error = %self, "the store refused"),
            Some(seldom) => {
                if let Some(before) = seldom.again() {
                    tracing::error!(error = %self, before, "the store refused: told once a minute");
                }
            }
        }
    }

    /// How often this kind is told: each by itself, or one that comes often would hide another. `None`: not here.
    fn seldom(&self) -> Option<&'static Seldom> {
        static TOLD: [Seldom; 6] = [const { Seldom::new() }; 6];
        let kind = match self {
            Self::Blocked(_) => return None,
            Self::Database(_) => 0,
            Self::Unusable(_) => 1,
            Self::InUse(_) => 2,
            Self::NoSite => 3,
            Self::Backup(_) => 4,
            Self::Closed => 5,
        };
        Some(&TOLD[kind])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_kind_that_comes_often_hides_no_other() {
        let told = |error: StoreError| error.seldom().map(Seldom::again);
        assert_eq!(told(StoreError::Closed), Some(Some(0)));
        for _ in 0..600 {
            assert_eq!(told(StoreError::Closed), Some(None));
        }
        for other in [
            StoreError::Database("database disk image is malformed".into()),
            StoreError::Unusable("a newer schema".into()),
            StoreError::InUse("the issuer"),
            StoreError::NoSite,
            StoreError::Backup("damage".into()),
        ] {
            let said = other.to_string();
            assert_eq!(told(other), Some(Some(0)), "{said}: told at once");
        }
        assert_eq!(told(StoreError::Blocked("full".into())), None, "told where it began");
    }
}
