//! Docks: listing a user's windows, and changing one.
//!
//! A window that came back with a message has no open row: the listing finds it, so that a send writes no dock. Knows
//! nothing of who may see whom.

use rusqlite::{Connection, Row, params};

use super::{
    Result,
    recent::Touch,
    rows::{CLOSED, MINIMISED, OPEN, broken, read, user},
    sql::Statements as _,
    writer::Write,
};
use crate::{
    id::{ConversationId, Rev, Seq, SessionId, SiteId, UserId},
    rights::Snapshot,
    store::{Dock, DockWindow, Head, WindowChange, WindowState},
};

/// Closed windows that a user's dock remembers, so that an older change of them is recognised as stale.
const REMEMBERED: i64 = 64;

/// Windows that came back which a dock shows at most: those that have waited longest.
const CAME_BACK: usize = 100;

/// The column that says what a row is, after those that a window needs.
pub(super) const PART: usize = 12;

/// Rows for `Part`, of site ?1 and user ?2: the dock's version, the windows in it, and those that came back. Those are
/// looked for among all conversations, so first by what costs least; and what is unread is only counted where the other
/// person has written since.
macro_rules! dock_rows {
    () => {
        "SELECT coalesce(max(version), 0), \
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 \
         FROM docks WHERE site = ?1 AND user = ?2 \
         UNION ALL \
         SELECT 0, d.opened, d.other, d.state, u.snapshot, \
                coalesce(c.first_seq, 1), coalesce(c.seq, 0), coalesce(c.rev, 0), coalesce(c.reset_rev, 0), \
                coalesce(p.read_seq, c.seq, 0), coalesce(o.published_read_seq, 0), \
                CASE WHEN p.read_seq < CASE WHEN d.user = c.lower THEN c.higher_sent ELSE c.lower_sent END THEN \
                     (SELECT count(*) FROM (SELECT 1 FROM messages m \
                      WHERE m.conversation = c.conversation AND m.seq > p.read_seq \
                        AND m.seq <= CASE WHEN d.user = c.lower THEN c.higher_sent ELSE c.lower_sent END \
                        AND m.sender = d.other AND m.text IS NOT NULL LIMIT 100)) \
                ELSE 0 END, \
                1 \
         FROM docks d \
         LEFT JOIN conversations c ON c.site = d.site \
              AND c.lower = min(d.user, d.other) AND c.higher = max(d.user, d.other) \
         LEFT JOIN participants p ON p.site = d.site AND p.user = d.user AND p.conversation = c.conversation \
         LEFT JOIN participants o ON o.site = d.site AND o.user = d.other AND o.conversation = c.conversation \
         LEFT JOIN users u ON u.site = d.site AND u.user = d.other \
         WHERE d.site = ?1 AND d.user = ?2 AND d.state > 0 \
         UNION ALL \
         SELECT 1, w.place, w.other, 1, u.snapshot, \
                w.first_seq, w.seq, w.rev, w.reset_rev, w.read_seq, coalesce(o.published_read_seq, 0), \
                (SELECT count(*) FROM (SELECT 1 FROM messages m \
                 WHERE m.conversation = w.conversation AND m.seq > w.read_seq AND m.seq <= w.other_sent \
                   AND m.sender = w.other AND m.text IS NOT NULL LIMIT 100)), \
                1 \
         FROM (SELECT (SELECT m.message FROM messages m WHERE m.conversation = c.conversation \
                          AND m.seq > max(p.read_seq, coalesce(d.closed_seq, 0)) \
                          AND m.sender <> p.user AND m.text IS NOT NULL ORDER BY m.seq LIMIT 1) AS place, \
                      CASE WHEN p.user = c.lower THEN c.higher ELSE c.lower END AS other, \
                      c.conversation, c.first_seq, c.seq, c.rev, c.reset_rev, p.read_seq, \
                      CASE WHEN p.user = c.lower THEN c.higher_sent ELSE c.lower_sent END AS other_sent \
               FROM participants p \
               CROSS JOIN conversations c ON c.conversation = p.conversation \
               LEFT JOIN docks d ON d.site = p.site AND d.user = p.user \
                    AND d.other = CASE WHEN p.user = c.lower THEN c.higher ELSE c.lower END \
               WHERE p.site = ?1 AND p.user = ?2 \
                 AND CASE WHEN p.user = c.lower THEN c.higher_sent ELSE c.lower_sent END > p.read_seq \
                 AND CASE WHEN p.user = c.lower THEN c.higher_sent ELSE c.lower_sent END \
                     > coalesce(d.closed_seq, 0) \
                 AND coalesce(d.state, 0) = 0 \
               LIMIT 1000) w \
         LEFT JOIN participants o ON o.site = ?1 AND o.user = w.other AND o.conversation = w.conversation \
         LEFT JOIN users u ON u.site = ?1 AND u.user = w.other"
    };
}
pub(super) use dock_rows;

/// What a row says of a dock, by its last column.
pub(super) enum Part {
    /// Of the dock.
    Version(i64),
    /// One of its windows.
    Window(Window),
}

impl<'a> TryFrom<&'a Row<'a>> for Part {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(match row.get(PART)? {
            0 => Self::Version(row.get(0)?),
            _ => Self::Window(row.try_into()?),
        })
    }
}

/// Whether it came back, and its place among those like it; other, state, their snapshot, the head's four, the two marks,
/// unread.
///
/// They come in no order: sorting them in the statement would cost a table of its own for each person who arrives, so a
/// thousand are taken of those that came back, and the longest of them kept here.
type Window = (bool, i64, i64, i64, Option<String>, i64, i64, i64, i64, i64, i64, i64);

/// As `Store::dock`.
pub(super) fn dock(conn: &Connection, site: SiteId, user: UserId) -> Result<Dock> {
    let parts: Vec<Part> = conn.all(dock_rows!(), params![site.0, user.get()])?;
    let mut rows = Rows::default();
    parts.into_iter().for_each(|part| rows.take(part));
    rows.dock(user)
}

/// The rows of a dock.
#[derive(Default)]
pub(super) struct Rows {
    version: i64,
    windows: Vec<Window>,
}

impl Rows {
    /// Takes one; in any order.
    pub(super) fn take(&mut self, part: Part) {
        match part {
            Part::Version(version) => self.version = version,
            Part::Window(window) => self.windows.push(window),
        }
    }

    /// The dock of its owner, once all were taken.
    pub(super) fn dock(mut self, owner: UserId) -> Result<Dock> {
        self.windows.sort_unstable_by_key(|(late, place, ..)| (*late, *place));
        let own = self.windows.partition_point(|(late, ..)| !late);
        self.windows.truncate(own + CAME_BACK);
        let windows = self.windows.into_iter().map(|window| self::window(window, owner));
        Ok(Dock { version: self.version, windows: windows.collect::<Result<_>>()? })
    }
}

fn window(window: Window, owner: UserId) -> Result<DockWindow> {
    let (_, _, other, state, snapshot, first_seq, seq, rev, reset_rev, read_seq, published, unread) = window;
    let conversation = ConversationId::between(owner, user(other)?);
    let other: Option<Snapshot> = snapshot.as_deref().map(read).transpose()?;
    Ok(DockWindow {
        conversation: conversation.ok_or_else(|| broken("a window on oneself"))?,
        state: self::state(state),
        toward: other.as_ref().map(|other| other.toward(owner)).unwrap_or_default(),
        other: other.as_ref().map(Into::into),
        head: Head { first_seq: Seq(first_seq), seq: Seq(seq), rev: Rev(rev), reset_rev: Rev(reset_rev) },
        read_seq: Seq(read_seq),
        other_read_seq: Seq(published),
        unread,
    })
}

/// A window's state from its column.
pub(super) fn state(column: i64) -> WindowState {
    match column {
        OPEN => WindowState::Open,
        MINIMISED => WindowState::Minimised,
        _ => WindowState::Closed,
    }
}

/// As `Store::set_window`.
pub(super) struct SetWindow {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) other: UserId,
    pub(super) change: WindowChange,
    pub(super) most: usize,
}

/// A window and its dock before a change.
struct Before {
    dock_version: i64,
    state: Option<i64>,
    version: Option<i64>,
    opened: Option<i64>,
    session: Option<Vec<u8>>,
    head_seq: i64,
    came_back: bool,
}

impl Write for SetWindow {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        let before = self.before(conn)?;
        let session = self.change.session.map(|SessionId(session)| session.as_bytes().to_vec());
        let own = session.is_some() && before.session == session;
        if !own && before.version.is_some_and(|version| version > self.change.base) {
            return Ok(false);
        }
        let has_row = before.state.unwrap_or(CLOSED) != CLOSED;
        let shown = match before.state {
            Some(state) if has_row => state,
            _ if before.came_back => MINIMISED,
            _ => CLOSED,
        };
        let state = match self.change.state {
            WindowState::Open => OPEN,
            WindowState::Minimised => MINIMISED,
            WindowState::Closed => CLOSED,
        };
        if state == shown {
            return Ok(false);
        }
        let version = before.dock_version + 1;
        let opened = before.opened.filter(|_| has_row).unwrap_or(version);
        let seen = self.change.seen.map_or(before.head_seq, |Seq(seen)| seen.min(before.head_seq));
        let closed_seq = if state == CLOSED { seen } else { 0 };
        conn.change(
            "INSERT INTO docks (site, user, other, state, version, opened, closed_seq, session) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT DO UPDATE SET state = ?4, version = ?5, opened = ?6, closed_seq = ?7, session = ?8",
            params![
                self.site.0,
                self.user.get(),
                self.other.get(),
                state,
                version,
                opened,
                closed_seq,
                &session
            ],
        )?;
        if !has_row {
            self.close_oldest(conn, version, session.as_deref())?;
        }
        self.forget(conn)?;
        Ok(true)
    }

    fn touch(&self, done: &bool, touch: &Touch<'_>) {
        if *done {
            touch.talk(self.site, self.user);
        }
    }
}

impl SetWindow {
    fn before(&self, conn: &Connection) -> Result<Before> {
        let (lower, higher) = (self.user.min(self.other), self.user.max(self.other));
        type Row = (i64, Option<i64>, Option<i64>, Option<i64>, Option<Vec<u8>>, i64, bool);
        let row: Row = conn.one(
            "SELECT (SELECT coalesce(max(version), 0) FROM docks WHERE site = ?1 AND user = ?2), \
                    d.state, d.version, d.opened, d.session, coalesce(c.seq, 0), \
                    coalesce(CASE WHEN c.lower = ?2 THEN c.higher_sent ELSE c.lower_sent END \
                             > max(p.read_seq, coalesce(d.closed_seq, 0)), 0) \
             FROM (SELECT 1) \
             LEFT JOIN docks d ON d.site = ?1 AND d.user = ?2 AND d.other = ?3 \
             LEFT JOIN conversations c ON c.site = ?1 AND c.lower = ?4 AND c.higher = ?5 \
             LEFT JOIN participants p ON p.site = ?1 AND p.user = ?2 AND p.conversation = c.conversation",
            params![self.site.0, self.user.get(), self.other.get(), lower.get(), higher.get()],
        )?;
        let (dock_version, state, version, opened, session, head_seq, came_back) = row;
        Ok(Before { dock_version, state, version, opened, session, head_seq, came_back })
    }

    /// Of more than `most` windows the oldest opened go. Nothing unread is hidden by that: `closed_seq` stays 0.
    fn close_oldest(&self, conn: &Connection, version: i64, session: Option<&[u8]>) -> Result<()> {
        conn.change(
            "UPDATE docks SET state = 0, version = ?3, closed_seq = 0, session = ?5 \
             WHERE site = ?1 AND user = ?2 AND other IN (SELECT other FROM docks \
                   WHERE site = ?1 AND user = ?2 AND state > 0 ORDER BY opened DESC LIMIT -1 OFFSET ?4)",
            params![
                self.site.0,
                self.user.get(),
                version,
                i64::try_from(self.most.max(1)).unwrap_or(i64::MAX),
                session
            ],
        )?;
        Ok(())
    }

    /// Drops rows of windows closed long ago, unless they hide unread messages.
    fn forget(&self, conn: &Connection) -> Result<()> {
        conn.change(
            "DELETE FROM docks WHERE site = ?1 AND user = ?2 AND state = 0 \
               AND version < (SELECT version FROM docks WHERE site = ?1 AND user = ?2 AND state = 0 \
                              ORDER BY version DESC LIMIT 1 OFFSET ?3) \
               AND NOT EXISTS (SELECT 1 FROM conversations c \
                     CROSS JOIN participants p \
                          ON p.site = ?1 AND p.user = ?2 AND p.conversation = c.conversation \
                     WHERE c.site = ?1 AND c.lower = min(docks.user, docks.other) \
                       AND c.higher = max(docks.user, docks.other) \
                       AND CASE WHEN c.lower = ?2 THEN c.higher_sent ELSE c.lower_sent END > p.read_seq \
                       AND CASE WHEN c.lower = ?2 THEN c.higher_sent ELSE c.lower_sent END \
                           <= docks.closed_seq)",
            params![self.site.0, self.user.get(), REMEMBERED - 1],
        )?;
        Ok(())
    }
}
