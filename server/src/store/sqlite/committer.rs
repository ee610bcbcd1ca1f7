//! Group commit: everything at hand in one transaction, and its callers' answers.
//!
//! If a transaction fails, each of its writes is tried alone, so that one bad write does not fail the others; unless it
//! failed for what would fail the next one too (`write_connection`). Knows no write but the append, which it gathers.

use std::time::Instant;

use rusqlite::Connection;

use super::{
    Result, StoreError,
    append::Appender,
    pace::Pace,
    sql::Statements as _,
    write_connection::{WriteConnection, blocks},
    writer::{Queued, Reply},
};
use crate::store::{Appended, NewMessage};

/// What commits: the writer's thread or, where nobody else writes, the caller's.
pub(super) struct Committer {
    pub(super) connection: WriteConnection,
    pub(super) pace: Pace,
}

impl Committer {
    /// `company`: somebody waited for this while the commit before ran.
    pub(super) fn commit(&mut self, batch: Batch, company: bool) {
        let writes = batch.len();
        self.pace.begin(company || writes > 1, Instant::now());
        match self.connection.conn() {
            Ok(conn) => {
                if let Err(error) = batch.commit(conn) {
                    self.connection.blocked(&error);
                }
                self.connection.written(writes);
            }
            Err(error) => refuse(batch.replies, batch.others, &error),
        }
        self.pace.end(Instant::now());
    }
}

/// Writes that wait at the same time. Nobody sees the order between appends and others, as none of them was answered.
#[derive(Default)]
pub(super) struct Batch {
    messages: Vec<NewMessage>,
    /// To those who wait for these messages, in the same order.
    replies: Vec<Reply>,
    pub(super) others: Vec<Box<dyn Queued>>,
}

impl Batch {
    pub(super) fn append(&mut self, message: NewMessage, reply: Reply) {
        self.messages.push(message);
        self.replies.push(reply);
    }

    fn len(&self) -> usize {
        self.messages.len() + self.others.len()
    }

    /// Commits all of these together, or, if that fails, each alone. An error: writing has become impossible, and
    /// everybody whose write was not committed has been refused.
    fn commit(mut self, conn: &Connection) -> Result<()> {
        if self.len() == 0 {
            return Ok(());
        }
        let error = match together(conn, &self.messages, &mut self.others) {
            Ok(appended) => {
                for (reply, appended) in self.replies.into_iter().zip(appended) {
                    let _ = reply.send(Ok(appended)); // the caller may have gone
                }
                self.others.into_iter().for_each(|job| job.answer(Ok(())));
                return Ok(());
            }
            Err(error) => error,
        };
        if blocks(&error) {
            refuse(self.replies, self.others, &error);
            return Err(error);
        }
        if self.len() > 1 {
            tracing::warn!(%error, writes = self.len(), "a commit failed; its writes are tried one by one");
        }
        self.one_by_one(conn)
    }

    fn one_by_one(self, conn: &Connection) -> Result<()> {
        let mut replies = self.replies.into_iter();
        for message in self.messages {
            let Some(reply) = replies.next() else { break };
            match together(conn, std::slice::from_ref(&message), &mut []) {
                Err(error) if blocks(&error) => {
                    refuse(std::iter::once(reply).chain(replies), self.others, &error);
                    return Err(error);
                }
                appended => {
                    let alone = appended.and_then(|mut one| one.pop().ok_or(StoreError::Closed));
                    let _ = reply.send(alone); // the caller may have gone
                }
            }
        }
        let mut others = self.others.into_iter();
        while let Some(job) = others.next() {
            let mut alone = [job];
            let committed = together(conn, &[], &mut alone).map(drop);
            let [job] = alone;
            match committed {
                Err(error) if blocks(&error) => {
                    refuse([], std::iter::once(job).chain(others), &error);
                    return Err(error);
                }
                committed => job.answer(committed),
            }
        }
        Ok(())
    }
}

/// Tells everybody that nothing can be written just now.
fn refuse(
    replies: impl IntoIterator<Item = Reply>,
    others: impl IntoIterator<Item = Box<dyn Queued>>,
    why: &StoreError,
) {
    let text = match why {
        StoreError::Blocked(text) => text.clone(),
        error => error.to_string(),
    };
    let blocked = || StoreError::Blocked(text.clone());
    for reply in replies {
        let _ = reply.send(Err(blocked())); // the caller may have gone
    }
    for job in others {
        job.answer(Err(blocked()));
    }
}

/// All of these in one transaction.
fn together(
    conn: &Connection,
    messages: &[NewMessage],
    others: &mut [Box<dyn Queued>],
) -> Result<Vec<Appended>> {
    let appended = transact(conn, messages, others);
    if appended.is_err() {
        let _ = conn.change("ROLLBACK", []); // an error: SQLite has ended it by itself
    }
    appended
}

fn transact(
    conn: &Connection,
    messages: &[NewMessage],
    others: &mut [Box<dyn Queued>],
) -> Result<Vec<Appended>> {
    conn.change("BEGIN IMMEDIATE", [])?;
    let appended = if messages.is_empty() {
        Vec::new()
    } else {
        let mut appender = Appender::of(conn)?;
        messages.iter().map(|message| appender.append(message)).collect::<Result<_>>()?
    };
    for job in others {
        job.run(conn)?;
    }
    conn.change("COMMIT", [])?;
    Ok(appended)
}
