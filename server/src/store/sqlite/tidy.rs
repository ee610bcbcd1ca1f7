//! What is put right by the clock: conversations that wait for nobody any more, and what is muted no more.

use rusqlite::{Connection, Row, params};

use super::{Result, conversations::newest_by_others, rows::user, sql::Statements as _, writer::Write};
use crate::{
    id::{SiteId, UserId},
    store::{Waiting, day_of},
};

/// Rows that are looked at in one go, and written in one commit at most.
const BATCH: usize = 500;

/// Whether nothing is unread of `participants p`, in a room: no mention.
macro_rules! is_read {
    () => {
        concat!(
            "CASE WHEN p.kind = 3 \
                  THEN NOT EXISTS (SELECT 1 FROM mentions n WHERE n.site = p.site AND n.user = p.user \
                                                              AND n.conversation = p.conversation) \
                  ELSE p.left_seq IS NOT NULL OR p.lost_seq IS NOT NULL \
                       OR (SELECT ",
            newest_by_others!("p.user"),
            " <= p.read_seq FROM conversations c WHERE c.conversation = p.conversation) END"
        )
    };
}

/// A row of `participants` that waits.
pub(super) struct Waits {
    key: Waiting,
    is_read: bool,
}

impl<'a> TryFrom<&'a Row<'a>> for Waits {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        let conversation = (row.get(3)?, row.get(4)?);
        let key = Waiting { site: row.get(0)?, user: row.get(1)?, day: row.get(2)?, conversation };
        Ok(Self { key, is_read: row.get(5)? })
    }
}

/// The next that wait, of them those that are to be written, and where it is to go on.
pub(super) fn read(
    conn: &Connection,
    after: Option<Waiting>,
    now: i64,
) -> Result<(Vec<Waiting>, Option<Waiting>)> {
    let first = Waiting { site: 0, user: 0, day: i64::MIN, conversation: (0, 0) };
    let Waiting { site, user, day, conversation } = after.unwrap_or(first);
    let rows: Vec<Waits> = conn.all(
        concat!(
            "SELECT p.site, p.user, p.day, p.kind, p.conversation, ",
            is_read!(),
            " FROM participants p INDEXED BY participants_waits \
             WHERE p.waits = 1 AND (p.site, p.user, p.day, p.kind, p.conversation) > (?1, ?2, ?3, ?4, ?5) \
             ORDER BY p.site, p.user, p.day, p.kind, p.conversation LIMIT ?6"
        ),
        params![site, user, day, conversation.0, conversation.1, BATCH as i64],
    )?;
    let next = rows.last().filter(|_| rows.len() == BATCH).map(|row| row.key);
    let is_over = |row: &Waits| row.is_read && row.key.day.abs() < day_of(now);
    Ok((rows.into_iter().filter(is_over).map(|row| row.key).collect(), next))
}

/// The second half of `ListStore::tidy`: each of these, if it is still so.
pub(super) struct Tidy {
    pub(super) rows: Vec<Waiting>,
    pub(super) now: i64,
}

impl Write for Tidy {
    type Done = ();

    fn run(&self, conn: &Connection) -> Result<()> {
        for Waiting { site, user, conversation: (kind, number), .. } in &self.rows {
            conn.change(
                concat!(
                    "UPDATE participants AS p SET waits = 0 \
                     WHERE p.site = ?1 AND p.user = ?2 AND p.kind = ?3 AND p.conversation = ?4 \
                       AND abs(p.day) < ?5 AND ",
                    is_read!()
                ),
                params![site, user, kind, number, day_of(self.now)],
            )?;
        }
        Ok(())
    }
}

/// Whether anything is muted no more.
pub(super) fn ends(conn: &Connection, now: i64) -> Result<bool> {
    let ends: Option<(i64,)> = conn.maybe(
        "SELECT 1 FROM participants INDEXED BY participants_muted \
         WHERE muted_until > 0 AND muted_until <= ?1 LIMIT 1",
        params![now],
    )?;
    Ok(ends.is_some())
}

/// As `ListStore::unmute`.
pub(super) struct Unmute {
    pub(super) now: i64,
}

impl Write for Unmute {
    type Done = Vec<(SiteId, UserId)>;

    fn run(&self, conn: &Connection) -> Result<Self::Done> {
        let of: Vec<(i64, i64)> = conn.all(
            "UPDATE participants INDEXED BY participants_muted SET muted_until = 0 \
             WHERE muted_until > 0 AND muted_until <= ?1 RETURNING site, user",
            params![self.now],
        )?;
        of.into_iter().map(|(site, id)| Ok((SiteId(site), user(id)?))).collect()
    }
}
