//! Lists: the conversations of a user by day.
//!
//! An index gives the rows of a list by day, the newest first, without a look at any of them. So it is walked until the
//! page is full and its last day is at an end; only within a day is sorted, by the time of the last message. What does not
//! pass a filter costs as little as its filter needs.

use std::{collections::HashMap, ops::RangeInclusive};

use rusqlite::{Connection, Row, params};

use super::{
    Result,
    conversations::{self, counted, newest_by_others},
    docks::{self, unread},
    places,
    rows::{conversation, user as user_id},
    sql::Statements as _,
};
use crate::{
    dock::COUNTED,
    dock::Facts,
    fold::fold,
    id::{ConversationId, Kind, Seq, SiteId, UserId},
    store::{Bookmark, CourseRooms, LISTED_MOST, Last, ListAsk, ListPage, Listed, WAITING_MOST},
    talk::rules,
};

/// A row of `participants`, as an index has it: day, kind and conversation; and where a name is looked for, the
/// conversation's own, and its title or the other person's name.
type Place = (i64, i64, i64, Option<String>, Option<String>);

/// Places by the index that this begins with, and nothing but what is in it.
macro_rules! plain {
    ($where:expr) => {
        concat!("SELECT p.day, p.kind, p.conversation, NULL, NULL FROM participants p INDEXED BY ", $where)
    };
}

/// The same with the names: one statement, as it may be of ten thousand.
macro_rules! named {
    ($index:literal, $where:expr) => {
        concat!(
            "SELECT p.day, p.kind, p.conversation, c.name, coalesce(c.title, u.name) \
             FROM participants p INDEXED BY ",
            $index,
            " CROSS JOIN conversations c ON c.conversation = p.conversation \
             LEFT JOIN users u ON u.site = p.site AND u.user = p.other ",
            $where
        )
    };
}

/// Rows of site ?1 and user ?2 of the days ?3 to ?4, the newest first, ?5 at most: of those that are not archived, or
/// the other way round.
macro_rules! places {
    ($index:literal, $which:literal, $order:literal) => {
        [plain!(concat!($index, " ", places!($which, $order))), named!($index, places!($which, $order))]
    };
    ($which:literal, $order:literal) => {
        concat!(
            "WHERE p.site = ?1 AND p.user = ?2 AND p.pinned = 0",
            $which,
            " AND p.day BETWEEN ?3 AND ?4 ORDER BY p.day ",
            $order,
            " LIMIT ?5"
        )
    };
}

/// The pinned ones of site ?1 and user ?2.
macro_rules! pinned {
    () => {
        "WHERE p.site = ?1 AND p.user = ?2 AND p.pinned = 1"
    };
}

/// As `ListStore::list`: from one moment.
pub(super) fn list(conn: &mut Connection, site: SiteId, user: UserId, ask: &ListAsk) -> Result<ListPage> {
    let tx = conn.transaction()?;
    let mut page = Page { conn: &tx, site, user, ask, found: Vec::new(), rooms: HashMap::new() };
    page.pinned()?;
    if !page.is_full() {
        page.others()?;
    }
    page.end()
}

/// What was found of a page.
struct Page<'a> {
    conn: &'a Connection,
    site: SiteId,
    user: UserId,
    ask: &'a ListAsk,
    /// In order.
    found: Vec<Found>,
    /// What the host says of rooms, by course, where that was looked up.
    rooms: HashMap<String, Option<CourseRooms>>,
}

struct Found {
    at: Bookmark,
    kind: i64,
    number: i64,
    last: Option<Seq>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.found.len() > self.ask.limit
    }

    /// Pinned ones are few: they are sorted at once.
    fn pinned(&mut self) -> Result<()> {
        if self.ask.after.as_ref().is_some_and(|after| !after.pinned) {
            return Ok(());
        }
        let sql = if self.ask.words.is_empty() {
            plain!(concat!("participants_pinned ", pinned!()))
        } else {
            named!("participants_pinned", pinned!())
        };
        let all: Vec<Place> = self.conn.all(sql, params![self.site.0, self.user.get()])?;
        let mut found = Vec::new();
        for place in all {
            if (place.0 < 0) == self.ask.archived && self.is_called(&place)? {
                found.push(place);
            }
        }
        self.take(found.into_iter(), true)
    }

    fn others(&mut self) -> Result<()> {
        let after = self.ask.after.as_ref().filter(|after| !after.pinned);
        let newest = after.map_or(i64::MAX, |after| after.day.max(1));
        let is_filtered = self.ask.unread || !self.ask.words.is_empty();
        // What is looked at is counted from the top, so that all pages together look at no more.
        let from = if is_filtered { i64::MAX } else { newest };
        let most = match (self.ask.unread, is_filtered) {
            (true, _) => WAITING_MOST,
            (false, true) => LISTED_MOST,
            (false, false) => usize::MAX,
        };
        let (sql, days): ([&str; 2], RangeInclusive<i64>) = match (self.ask.unread, self.ask.archived) {
            (false, false) => (places!("participants_day", "", "DESC"), 1..=from),
            (false, true) => (places!("participants_day", "", "ASC"), -from..=-1),
            (true, false) => (places!("participants_waits", " AND p.waits = 1", "DESC"), 1..=from),
            (true, true) => (places!("participants_waits", " AND p.waits = 1", "ASC"), -from..=-1),
        };
        let [plain, named] = sql;
        let sql = if self.ask.words.is_empty() { plain } else { named };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut of_day: Vec<Place> = Vec::new();
        let (conn, site) = (self.conn, self.site.0);
        let bound = params![site, self.user.get(), days.start(), days.end(), most];
        conn.walk(sql, bound, |place: Place| {
            if place.0.abs() > newest || !self.is_called(&place)? {
                return Ok(true);
            }
            if of_day.last().is_some_and(|(day, ..)| *day != place.0) {
                self.take(of_day.drain(..), false)?;
            }
            of_day.push(place);
            Ok(!self.is_full())
        })?;
        if !self.is_full() {
            self.take(of_day.into_iter(), false)?;
        }
        Ok(())
    }

    /// Takes those of one day, or those that are pinned.
    fn take(&mut self, places: impl Iterator<Item = Place>, pinned: bool) -> Result<()> {
        let mut found = Vec::new();
        for place in places {
            found.extend(self.candidate(place, pinned)?);
        }
        let after = self.ask.after.as_ref();
        found.retain(|found| after.is_none_or(|after| found.at.is_after(after)));
        found.sort_unstable_by(|a, b| a.at.cmp(&b.at));
        self.found.append(&mut found);
        Ok(())
    }

    /// One of them, if it passes the filters.
    fn candidate(&self, (day, kind, number, ..): Place, pinned: bool) -> Result<Option<Found>> {
        let of: Of = self.conn.one(
            concat!(
                "SELECT c.name, c.seq, c.last_seq, ",
                newest_by_others!("?2"),
                " > p.read_seq, p.first_seq, p.left_seq, p.lost_seq \
                 FROM participants p CROSS JOIN conversations c ON c.conversation = p.conversation \
                 WHERE p.site = ?1 AND p.user = ?2 AND p.kind = ?3 AND p.conversation = ?4"
            ),
            params![self.site.0, self.user.get(), kind, number],
        )?;
        let id = conversation(&of.name)?;
        if self.ask.unread && !self.is_unread(&of, &id, number)? {
            return Ok(None);
        }
        let last = of.last(self.conn, kind, number)?;
        let sent_at = match last {
            None => 0,
            Some(Seq(seq)) => {
                let (sent_at,): (i64,) = self.conn.one(
                    "SELECT sent_at FROM messages WHERE conversation = ?1 AND seq = ?2",
                    params![number, seq],
                )?;
                sent_at
            }
        };
        let at = Bookmark { pinned, day: day.abs(), sent_at, conversation: id };
        Ok(Some(Found { at, kind, number, last }))
    }

    fn is_unread(&self, of: &Of, id: &ConversationId, number: i64) -> Result<bool> {
        match id.kind() {
            Kind::Direct | Kind::Group => Ok(of.is_unread && of.left.is_none() && of.lost.is_none()),
            Kind::Room => {
                let mentioned: Option<(i64,)> = self.conn.maybe(
                    "SELECT 1 FROM mentions WHERE site = ?1 AND user = ?2 AND conversation = ?3 LIMIT 1",
                    params![self.site.0, self.user.get(), number],
                )?;
                Ok(mentioned.is_some())
            }
        }
    }

    /// Whether its name has all of the words that are looked for, where any are.
    fn is_called(&mut self, (_, kind, _, id, name): &Place) -> Result<bool> {
        let Some(id) = id else { return Ok(true) };
        if *kind != conversations::ROOM {
            return Ok(name.as_ref().is_some_and(|name| self.ask.words.are_in(&fold(name))));
        }
        let id = conversation(id)?;
        let Some(circle) = id.room() else { return Ok(false) };
        if !self.rooms.contains_key(circle.course()) {
            let rooms = places::course_rooms(self.conn, self.site, circle.course())?;
            self.rooms.insert(circle.course().to_owned(), rooms);
        }
        let rooms = self.rooms.get(circle.course()).and_then(Option::as_ref);
        Ok(rooms.is_some_and(|rooms| self.ask.words.are_in(&fold(&rules::room_title(rooms, circle)))))
    }

    /// The page, with all that it tells.
    fn end(mut self) -> Result<ListPage> {
        let is_more = self.is_full();
        self.found.truncate(self.ask.limit);
        let next = self.found.last().filter(|_| is_more).map(|found| found.at.clone());
        let whole =
            |found: &Found| entry(self.conn, (self.site, self.user), (found.kind, found.number), found.last);
        Ok(ListPage { listed: self.found.iter().map(whole).collect::<Result<_>>()?, next })
    }
}

/// What decides about a conversation in a list.
struct Of {
    name: String,
    head: i64,
    last_seq: i64,
    is_unread: bool,
    /// Of a group: from where on its reader reads, and up to where.
    first: Option<i64>,
    left: Option<i64>,
    lost: Option<i64>,
}

impl<'a> TryFrom<&'a Row<'a>> for Of {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            head: row.get(1)?,
            last_seq: row.get(2)?,
            is_unread: row.get(3)?,
            first: row.get(4)?,
            left: row.get(5)?,
            lost: row.get(6)?,
        })
    }
}

impl Of {
    /// The newest message that says something to its reader, of those that count.
    fn last(&self, conn: &Connection, kind: i64, number: i64) -> Result<Option<Seq>> {
        let (first, end) = if kind == conversations::GROUP {
            let end = self.left.into_iter().chain(self.lost).min().unwrap_or(self.head);
            (self.first.unwrap_or(1), end.min(self.head))
        } else {
            (1, self.head)
        };
        if self.last_seq <= end {
            return Ok(Some(self.last_seq).filter(|last| *last >= first && *last > 0).map(Seq));
        }
        let found: Option<(i64,)> = conn.maybe(
            "SELECT seq FROM messages WHERE conversation = ?1 AND seq >= ?2 AND seq > ?3 AND seq <= ?4 \
                AND text IS NOT NULL ORDER BY seq DESC LIMIT 1",
            params![number, first, end - COUNTED, end],
        )?;
        Ok(found.map(|(seq,)| Seq(seq)))
    }
}

/// As `ListStore::listed`: from one moment.
pub(super) fn listed(
    conn: &mut Connection,
    site: SiteId,
    user: UserId,
    conversations: &[ConversationId],
) -> Result<Vec<Listed>> {
    let tx = conn.transaction()?;
    let mut listed = Vec::with_capacity(conversations.len());
    for id in conversations {
        let Some((number, _)) = conversations::find(&tx, site, id)? else { continue };
        let kind = conversations::kind(id);
        let of: Option<Of> = tx.maybe(
            "SELECT c.name, c.seq, c.last_seq, 0, p.first_seq, p.left_seq, p.lost_seq \
             FROM participants p CROSS JOIN conversations c ON c.conversation = p.conversation \
             WHERE p.site = ?1 AND p.user = ?2 AND p.kind = ?3 AND p.conversation = ?4",
            params![site.0, user.get(), kind, number],
        )?;
        let Some(of) = of else { continue };
        let last = of.last(&tx, kind, number)?;
        listed.push(entry(&tx, (site, user), (kind, number), last)?);
    }
    Ok(listed)
}

/// What is stored of a conversation and its window.
struct Whole {
    window: docks::Window,
    closed_seq: i64,
    newest: i64,
    state: Option<i64>,
    archived: bool,
}

impl<'a> TryFrom<&'a Row<'a>> for Whole {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(Self {
            window: row.try_into()?,
            closed_seq: row.get(docks::PART)?,
            newest: row.get(docks::PART + 1)?,
            state: row.get(3)?,
            archived: row.get(docks::PART + 2)?,
        })
    }
}

/// A conversation as the list tells it.
fn entry(
    conn: &Connection,
    (site, user): (SiteId, UserId),
    (kind, number): (i64, i64),
    last: Option<Seq>,
) -> Result<Listed> {
    let Whole { mut window, closed_seq, newest, state, archived } = conn.one(
        concat!(
            "SELECT 0, 0, c.name, coalesce(d.state, 0), u.snapshot, c.first_seq, c.seq, c.rev, \
                    p.read_seq, coalesce(o.published_read_seq, 0), ",
            unread!("?2"),
            ", p.pinned, p.muted_until, coalesce(d.closed_seq, 0), ",
            newest_by_others!("?2"),
            ", p.day < 0 \
             FROM participants p CROSS JOIN conversations c ON c.conversation = p.conversation \
             LEFT JOIN docks d ON d.site = p.site AND d.user = p.user AND d.name = c.name \
             LEFT JOIN participants o \
                    ON o.site = p.site AND o.user = p.other AND o.kind = 1 AND o.conversation = p.conversation \
             LEFT JOIN users u ON u.site = p.site AND u.user = p.other \
             WHERE p.site = ?1 AND p.user = ?2 AND p.kind = ?3 AND p.conversation = ?4"
        ),
        params![site.0, user.get(), kind, number],
    )?;
    let (id, read_seq, muted_until) = (conversation(&window.2)?, window.8, window.12);
    let facts = Facts {
        state: state.map(docks::state),
        closed_seq: Seq(closed_seq),
        read_seq: Some(Seq(read_seq)),
        newest_by_others: Seq(newest),
        quiet: muted_until > 0,
        newest_mention: Seq(0),
    };
    let shown = places::facts(conn, (site, user), &id, facts)?.shown();
    window.3 = docks::column(shown);
    let last = last.map(|seq| told(conn, number, seq)).transpose()?;
    Ok(Listed { window: docks::window(conn, (site, user), window)?, last, archived })
}

/// A message as the list tells it.
fn told(conn: &Connection, number: i64, Seq(seq): Seq) -> Result<Last> {
    let (sender, sent_at, text, name): (i64, i64, Option<String>, Option<String>) = conn.one(
        "SELECT m.sender, m.sent_at, m.text, u.name FROM messages m \
         LEFT JOIN users u ON u.site = m.site AND u.user = m.sender \
         WHERE m.conversation = ?1 AND m.seq = ?2",
        params![number, seq],
    )?;
    Ok(Last {
        seq: Seq(seq),
        sender: user_id(sender)?,
        name: name.unwrap_or_default().into(),
        sent_at,
        text: text.unwrap_or_default().into(),
    })
}

#[cfg(test)]
mod tests;
