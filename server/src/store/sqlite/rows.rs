//! Columns in, records out: what several of the statements beside this file read.
//!
//! Runs no statement.

use std::fmt::{self, Write as _};

use rusqlite::{
    Error, Row, ToSql,
    types::{ToSqlOutput, Type, ValueRef},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use smallvec::SmallVec;
use uuid::Uuid;

use super::{Result, StoreError};
use crate::{
    conversation::{DeletedBy, Head, Message},
    id::{ClientMessageId, ConversationId, Rev, Seq, UserId, VerbId},
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

/// A conversation's head from its columns.
pub(super) fn head(first_seq: i64, seq: i64, rev: i64) -> Head {
    Head { first_seq: Seq(first_seq), seq: Seq(seq), rev: Rev(rev) }
}

/// A conversation's column `name`; of a direct one without an allocation, as each send has one.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Name(SmallVec<[u8; 40]>);

impl Name {
    pub(super) fn of(conversation: &ConversationId) -> Self {
        let mut name = Self::default();
        let _ = write!(name, "{conversation}"); // memory does not fail
        name
    }
}

impl fmt::Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl ToSql for Name {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

/// A conversation's id from a column `name`.
pub(super) fn conversation(name: &str) -> Result<ConversationId> {
    name.parse().map_err(|_| broken("a conversation's name is not as it should be"))
}

/// The columns of `messages` that make a `Message`; they come first in a row.
macro_rules! message_columns {
    () => {
        "seq, rev, sender, client_message_id, text, sent_at, reply_to, edited_at, deleted, verb_id, system, mentions, \
         reactions"
    };
}
pub(super) use message_columns;

/// How many those are: the first column after them.
pub(super) const MESSAGE_COLUMNS: usize = 13;

impl<'a> TryFrom<&'a Row<'a>> for Message {
    type Error = Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        let sender: i64 = row.get(2)?;
        let id: Option<[u8; 16]> = row.get(3)?;
        let verb_id: Option<[u8; 16]> = row.get(9)?;
        Ok(Self {
            seq: Seq(row.get(0)?),
            rev: Rev(row.get(1)?),
            sender: UserId::new(sender).ok_or(Error::IntegralValueOutOfRange(2, sender))?,
            client_message_id: id.map(|id| ClientMessageId(Uuid::from_bytes(id))),
            text: row.get(4)?,
            sent_at: row.get(5)?,
            reply_to: row.get::<_, Option<i64>>(6)?.map(Seq),
            edited_at: row.get(7)?,
            deleted: match row.get(8)? {
                None => None,
                Some(1_i64) => Some(DeletedBy::Author),
                Some(2) => Some(DeletedBy::Moderator),
                Some(other) => return Err(Error::IntegralValueOutOfRange(8, other)),
            },
            verb_id: verb_id.map(|id| VerbId(Uuid::from_bytes(id))),
            system: json(row, 10)?,
            mentions: json(row, 11)?.unwrap_or_default(),
            reactions: json(row, 12)?.unwrap_or_default(),
            mine: Vec::new(),
        })
    }
}

/// A column with JSON, if there is any.
fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let ValueRef::Text(text) = row.get_ref(column)? else { return Ok(None) };
    let read = serde_json::from_slice(text);
    read.map(Some).map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

/// What goes into such a column: nothing where there is nothing.
pub(super) fn as_json<T: Serialize>(all: &[T]) -> Option<String> {
    (!all.is_empty()).then(|| serde_json::to_string(all).expect("it has a JSON form"))
}

/// `messages.deleted`.
pub(super) fn deleted(by: DeletedBy) -> i64 {
    match by {
        DeletedBy::Author => 1,
        DeletedBy::Moderator => 2,
    }
}
