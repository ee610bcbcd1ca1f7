//! Docks: listing a user's windows, and changing one.
//!
//! A window that came back with a message has no open row: the listing finds it, so that a send writes no dock. Which
//! windows those are is the rule of `dock::Facts`, which the listing decides by itself, in one statement. Knows nothing of
//! who may see whom.

use rusqlite::{Connection, Row, params};

use super::{
    Result,
    conversations::{self, counted, newest_by_others},
    places,
    rows::{CLOSED, MINIMISED, OPEN, conversation, head, read},
    sql::Statements as _,
    users,
    writer::Write,
};
use crate::{
    dock::Facts,
    id::{ConversationId, Kind, Seq, SessionId, SiteId, UserId},
    rights::Snapshot,
    store::{Dock, DockWindow, Place, WAITING_MOST, WindowChange, WindowState},
};

/// Closed windows that a user's dock remembers, so that an older change of them is recognised as stale.
const REMEMBERED: i64 = 64;

/// Windows that came back which a dock shows at most: those that have waited longest.
const CAME_BACK: usize = 100;

/// The column that says what a row is, after those that a window needs.
pub(super) const PART: usize = 13;

/// `store::WAITING_MOST` in a statement.
macro_rules! waiting_most {
    () => {
        1000
    };
}
pub(super) use waiting_most;

const _: () = assert!(WAITING_MOST == waiting_most!());

/// Messages that the user in $user has not read, at most 100, of `conversations c` and their `participants p`.
macro_rules! unread {
    ($user:literal) => {
        concat!(
            "CASE WHEN p.read_seq < ",
            newest_by_others!($user),
            " THEN (SELECT count(*) FROM (SELECT 1 FROM messages m \
                      WHERE m.conversation = c.conversation AND m.seq > max(p.read_seq, c.seq - ",
            counted!(),
            ") AND m.seq <= ",
            newest_by_others!($user),
            " AND m.sender <> ",
            $user,
            " AND m.text IS NOT NULL LIMIT 100)) ELSE 0 END"
        )
    };
}
pub(super) use unread;

/// Rows for `Part`, of site ?1 and user ?2: the dock's version, the windows in it, and those that came back. Those are
/// looked for among the newest conversations in which something may be unread, and there first by what costs least; and
/// what is unread is only counted where somebody else has written since, among the messages that count (`dock::COUNTED`).
/// So what it costs depends neither on how many conversations somebody has nor on how long they are.
macro_rules! dock_rows {
    () => {
        concat!(
            "SELECT (SELECT coalesce(max(version), 0) FROM docks WHERE site = ?1 AND user = ?2), \
                    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 \
             UNION ALL \
             SELECT 0, d.opened, d.name, d.state, u.snapshot, \
                    coalesce(c.first_seq, 1), coalesce(c.seq, 0), coalesce(c.rev, 0), \
                    coalesce(p.read_seq, c.seq, 0), coalesce(o.published_read_seq, 0), ",
            unread!("d.user"),
            ", coalesce(p.pinned, 0), coalesce(p.muted_until, 0), 1 \
             FROM docks d INDEXED BY docks_shown \
             LEFT JOIN conversations c ON c.site = d.site AND c.name = d.name \
             LEFT JOIN participants p \
                    ON p.site = d.site AND p.user = d.user AND p.kind = c.kind AND p.conversation = c.conversation \
             LEFT JOIN participants o \
                    ON o.site = d.site AND o.user = d.other AND o.kind = 1 AND o.conversation = c.conversation \
             LEFT JOIN users u ON u.site = d.site AND u.user = d.other \
             WHERE d.site = ?1 AND d.user = ?2 AND d.state > 0 \
             UNION ALL \
             SELECT 1, w.first_unread, w.name, 1, u.snapshot, \
                    w.first_seq, w.seq, w.rev, w.read_seq, coalesce(o.published_read_seq, 0), \
                    (SELECT count(*) FROM (SELECT 1 FROM messages m \
                     WHERE m.conversation = w.conversation AND m.seq > max(w.read_seq, w.seq - ",
            counted!(),
            ") AND m.seq <= w.newest \
                       AND m.sender <> ?2 AND m.text IS NOT NULL LIMIT 100)), \
                    w.pinned, w.muted_until, 1 \
             FROM (SELECT CASE WHEN p.kind = 3 OR p.muted_until > 0 THEN \
                              (SELECT m.message FROM messages m WHERE m.conversation = c.conversation AND m.seq = \
                                  (SELECT min(n.seq) FROM mentions n WHERE n.site = ?1 AND n.user = ?2 \
                                      AND n.conversation = c.conversation AND n.seq > coalesce(d.closed_seq, 0))) \
                          ELSE (SELECT m.message FROM messages m WHERE m.conversation = c.conversation \
                              AND m.seq > max(p.read_seq, coalesce(d.closed_seq, 0), c.seq - ",
            counted!(),
            ") \
                              AND m.sender <> ?2 AND m.text IS NOT NULL ORDER BY m.seq LIMIT 1) END AS first_unread, \
                          c.conversation, c.name, c.first_seq, c.seq, c.rev, p.other, p.read_seq, \
                          p.pinned, p.muted_until, ",
            newest_by_others!("?2"),
            " AS newest \
                   FROM (SELECT kind, conversation, other, read_seq, left_seq, lost_seq, pinned, muted_until \
                         FROM participants INDEXED BY participants_waits \
                         WHERE site = ?1 AND user = ?2 AND waits = 1 ORDER BY day DESC LIMIT ",
            waiting_most!(),
            ") p \
                   CROSS JOIN conversations c ON c.conversation = p.conversation \
                   LEFT JOIN docks d ON d.site = ?1 AND d.user = ?2 AND d.name = c.name \
                   WHERE p.left_seq IS NULL AND p.lost_seq IS NULL AND coalesce(d.state, 0) = 0 \
                     AND (p.kind = 3 OR p.muted_until > 0 OR ",
            newest_by_others!("?2"),
            " > max(p.read_seq, coalesce(d.closed_seq, 0))) \
                   LIMIT ",
            waiting_most!(),
            ") w \
             LEFT JOIN participants o \
                    ON o.site = ?1 AND o.user = w.other AND o.kind = 1 AND o.conversation = w.conversation \
             LEFT JOIN users u ON u.site = ?1 AND u.user = w.other \
             WHERE w.first_unread IS NOT NULL"
        )
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

/// Whether it came back, and its number among those like it; the conversation's name, state, the other person's snapshot,
/// the head's three, the two marks, unread, and whether it is pinned and until when it is muted.
///
/// They come in no order: sorting them in the statement would cost a table of its own for each person who arrives, so a
/// thousand are taken of those that wait, and of those that came back the longest kept here.
pub(super) type Window = (bool, i64, String, i64, Option<String>, i64, i64, i64, i64, i64, i64, bool, i64);

/// As `Store::dock`.
pub(super) fn dock(conn: &Connection, site: SiteId, user: UserId) -> Result<Dock> {
    let parts: Vec<Part> = conn.all(dock_rows!(), params![site.0, user.get()])?;
    let mut rows = Rows::default();
    parts.into_iter().for_each(|part| rows.take(part));
    rows.dock(conn, site, user)
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
    pub(super) fn dock(mut self, conn: &Connection, site: SiteId, owner: UserId) -> Result<Dock> {
        self.windows.sort_unstable_by_key(|(late, number, ..)| (*late, *number));
        let own = self.windows.partition_point(|(late, ..)| !late);
        self.windows.truncate(own + CAME_BACK);
        let windows = self.windows.into_iter().map(|window| self::window(conn, (site, owner), window));
        Ok(Dock { version: self.version, windows: windows.collect::<Result<_>>()? })
    }
}

/// A window, from its row.
pub(super) fn window(
    conn: &Connection,
    (site, owner): (SiteId, UserId),
    window: Window,
) -> Result<DockWindow> {
    let (_, _, name, state, snapshot, first_seq, seq, rev, read_seq, published, unread, pinned, muted_until) =
        window;
    let other: Option<Snapshot> = snapshot.as_deref().map(read).transpose()?;
    let conversation = conversation(&name)?;
    let (place, mentions) = match conversation.kind() {
        Kind::Direct => (Place::Direct, 0),
        Kind::Group | Kind::Room => places::place(conn, site, owner, &conversation)?,
    };
    let is_out = matches!(&place, Place::Group { part, .. } if !part.is_member());
    let (unread, mentions) = if is_out { (0, 0) } else { (unread, mentions) };
    Ok(DockWindow {
        conversation,
        mentions,
        place,
        state: self::state(state),
        toward: other.as_ref().map(|other| other.toward(owner)).unwrap_or_default(),
        other: other.as_ref().map(Into::into),
        head: head(first_seq, seq, rev),
        read_seq: Seq(read_seq),
        other_read_seq: Seq(published),
        unread,
        pinned,
        muted_until,
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

/// The inverse.
pub(super) fn column(state: WindowState) -> i64 {
    match state {
        WindowState::Open => OPEN,
        WindowState::Minimised => MINIMISED,
        WindowState::Closed => CLOSED,
    }
}

/// As `Store::set_window`.
pub(super) struct SetWindow {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) conversation: ConversationId,
    pub(super) change: WindowChange,
    pub(super) most: usize,
}

/// A window and its dock before a change.
struct Before {
    dock_version: i64,
    version: Option<i64>,
    opened: Option<i64>,
    session: Option<Vec<u8>>,
    head_seq: i64,
    facts: Facts,
}

impl Write for SetWindow {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        if users::is_removed(conn, self.site, self.user)? {
            return Ok(false);
        }
        let name = self.conversation.to_string();
        let before = self.before(conn, &name)?;
        let session = self.change.session.map(|SessionId(session)| session.as_bytes().to_vec());
        let own = session.is_some() && before.session == session;
        if !own && before.version.is_some_and(|version| version > self.change.base) {
            return Ok(false);
        }
        if self.change.state == before.facts.shown() {
            return Ok(false);
        }
        let state = column(self.change.state);
        let is_wanted = before.facts.is_wanted();
        let version = before.dock_version + 1;
        let opened = before.opened.filter(|_| is_wanted).unwrap_or(version);
        let seen = self.change.seen.map_or(before.head_seq, |Seq(seen)| seen.min(before.head_seq));
        let closed_seq = if state == CLOSED { seen } else { 0 };
        conn.change(
            "INSERT INTO docks (site, user, name, state, version, opened, closed_seq, session, other) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT DO UPDATE SET state = ?4, version = ?5, opened = ?6, closed_seq = ?7, session = ?8",
            params![
                self.site.0,
                self.user.get(),
                name,
                state,
                version,
                opened,
                closed_seq,
                &session,
                conversations::other(&self.conversation, self.user)?.map(UserId::get)
            ],
        )?;
        if !is_wanted {
            self.close_oldest(conn, version, session.as_deref())?;
        }
        self.forget(conn)?;
        Ok(true)
    }
}

impl SetWindow {
    fn before(&self, conn: &Connection, name: &str) -> Result<Before> {
        type Row =
            (i64, Option<i64>, Option<i64>, Option<i64>, Option<Vec<u8>>, i64, i64, Option<i64>, i64, i64);
        let row: Row = conn.one(
            concat!(
                "SELECT (SELECT coalesce(max(version), 0) FROM docks WHERE site = ?1 AND user = ?2), \
                        d.state, d.version, d.opened, d.session, coalesce(c.seq, 0), \
                        coalesce(d.closed_seq, 0), p.read_seq, coalesce(",
                newest_by_others!("?2"),
                ", 0), coalesce(p.muted_until, 0) \
                 FROM (SELECT 1) \
                 LEFT JOIN docks d ON d.site = ?1 AND d.user = ?2 AND d.name = ?3 \
                 LEFT JOIN conversations c ON c.site = ?1 AND c.name = ?3 \
                 LEFT JOIN participants p \
                        ON p.site = ?1 AND p.user = ?2 AND p.kind = c.kind AND p.conversation = c.conversation"
            ),
            params![self.site.0, self.user.get(), name],
        )?;
        let (dock_version, state, version, opened, session, head_seq, closed_seq, read_seq, newest, muted) =
            row;
        let facts = Facts {
            state: state.map(self::state),
            closed_seq: Seq(closed_seq),
            read_seq: read_seq.map(Seq),
            newest_by_others: Seq(newest),
            quiet: muted > 0,
            newest_mention: Seq(0),
        };
        let facts = places::facts(conn, (self.site, self.user), &self.conversation, facts)?;
        Ok(Before { dock_version, version, opened, session, head_seq, facts })
    }

    /// Of more than `most` windows the oldest opened go. Nothing unread is hidden by that: `closed_seq` stays 0.
    fn close_oldest(&self, conn: &Connection, version: i64, session: Option<&[u8]>) -> Result<()> {
        conn.change(
            "UPDATE docks SET state = 0, version = ?3, closed_seq = 0, session = ?5 \
             WHERE site = ?1 AND user = ?2 AND name IN (SELECT name FROM docks \
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
            concat!(
                "DELETE FROM docks WHERE site = ?1 AND user = ?2 AND state = 0 \
                   AND version < (SELECT version FROM docks WHERE site = ?1 AND user = ?2 AND state = 0 \
                                  ORDER BY version DESC LIMIT 1 OFFSET ?3) \
                   AND NOT EXISTS (SELECT 1 FROM conversations c \
                         CROSS JOIN participants p \
                              ON p.site = ?1 AND p.user = ?2 AND p.kind = c.kind AND p.conversation = c.conversation \
                         WHERE c.site = ?1 AND c.name = docks.name AND p.left_seq IS NULL AND p.lost_seq IS NULL \
                           AND CASE WHEN c.kind = 3 \
                                    THEN (SELECT max(n.seq) FROM mentions n WHERE n.site = ?1 AND n.user = ?2 \
                                             AND n.conversation = c.conversation) <= docks.closed_seq \
                                    ELSE (",
                newest_by_others!("?2"),
                " > p.read_seq AND ",
                newest_by_others!("?2"),
                " <= docks.closed_seq) OR (p.muted_until > 0 AND \
                                         (SELECT max(n.seq) FROM mentions n WHERE n.site = ?1 AND n.user = ?2 \
                                             AND n.conversation = c.conversation) <= docks.closed_seq) END)"
            ),
            params![self.site.0, self.user.get(), REMEMBERED - 1],
        )?;
        Ok(())
    }
}
