//! Columns in, records out: what several of the statements beside this file read.
//!
//! Runs no statement.

use std::sync::Arc;

use sqlx::{Row as _, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Result, StoreError};
use crate::{
    id::{ClientMessageId, Rev, Seq, UserId},
    store::{Message, Origin, UserRecord},
};

/// `docks.state`; a window that is shown has a higher one.
pub(super) const CLOSED: i64 = 0;
/// Only its header.
pub(super) const MINIMISED: i64 = 1;
/// Open.
pub(super) const OPEN: i64 = 2;

/// A message from the columns `seq, rev, sender, client_message_id, text, sent_at`.
pub(super) fn message(row: &SqliteRow) -> Result<Message> {
    let id: Option<Vec<u8>> = row.try_get("client_message_id")?;
    Ok(Message {
        seq: Seq(row.try_get("seq")?),
        rev: Rev(row.try_get("rev")?),
        sender: user(row.try_get("sender")?)?,
        client_message_id: id
            .map(|id| Uuid::from_slice(&id).map(ClientMessageId))
            .transpose()
            .map_err(|_| broken("a client_message_id is no UUID"))?,
        text: row.try_get::<Option<String>, _>("text")?.map(Arc::from),
        sent_at: row.try_get("sent_at")?,
    })
}

/// A user's id from a column.
pub(super) fn user(id: i64) -> Result<UserId> {
    UserId::new(id).ok_or_else(|| broken("a user id is out of range"))
}

/// What this store wrote cannot be read back, or a caller broke a rule of the trait.
pub(super) fn broken(what: &str) -> StoreError {
    StoreError::Database(sqlx::Error::Protocol(what.to_owned()))
}

/// A record from the columns of `users`.
pub(super) fn record(snapshot: &str, by_call: bool, removed: bool) -> Result<UserRecord> {
    let snapshot =
        serde_json::from_str(snapshot).map_err(|_| broken("a user's snapshot is not as it should be"))?;
    let origin = if by_call { Origin::Call } else { Origin::Token };
    Ok(UserRecord { snapshot: Arc::new(snapshot), origin, removed })
}
