//! Columns in, records out: what several of the statements beside this file read.
//!
//! Runs no statement.

use serde::Deserialize;

use super::{Result, StoreError};
use crate::{
    id::UserId,
    store::{Origin, UserRecord},
};

/// `docks.state`; a window that is shown has a higher one.
pub(super) const CLOSED: i64 = 0;
/// Only its header.
pub(super) const MINIMISED: i64 = 1;
/// Open.
pub(super) const OPEN: i64 = 2;

/// A user's id from a column.
pub(super) fn user(id: i64) -> Result<UserId> {
    UserId::new(id).ok_or_else(|| broken("a user id is out of range"))
}

/// What this store wrote cannot be read back, or a caller broke a rule of the trait.
pub(super) fn broken(what: &str) -> StoreError {
    StoreError::Database(what.into())
}

/// A record from the columns of `users`.
pub(super) fn record(snapshot: &str, by_call: bool, removed: bool) -> Result<UserRecord> {
    let origin = if by_call { Origin::Call } else { Origin::Token };
    Ok(UserRecord { snapshot: read(snapshot)?, origin, removed })
}

/// `users.snapshot`, or of it what is asked for.
pub(super) fn read<'a, T: Deserialize<'a>>(snapshot: &'a str) -> Result<T> {
    serde_json::from_str(snapshot).map_err(|_| broken("a user's snapshot is not as it should be"))
}
