//! Reading messages, and read marks.

use rusqlite::{Connection, params};

use super::{
    Result,
    conversations::{self, newest_by_others},
    rows::message_columns,
    sql::Statements as _,
    writer::Write,
};
use crate::{
    conversation::{Head, Message},
    id::{ConversationId, Seq, SiteId, UserId},
    store::{NewMark, Page, day_of},
};

macro_rules! page {
    ($order:literal) => {
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE conversation = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq ",
            $order,
            " LIMIT ?4"
        )
    };
}

/// As `TalkStore::history`: head and messages from one moment.
pub(super) fn history(
    conn: &mut Connection,
    site: SiteId,
    conversation: &ConversationId,
    page: Page,
    limit: i64,
) -> Result<(Head, Vec<Message>)> {
    let tx = conn.transaction()?;
    let Some((number, head)) = conversations::find(&tx, site, conversation)? else {
        return Ok(Default::default());
    };
    let (sql, above, below) = match page {
        Page::Newest => (page!("DESC"), 0, i64::MAX),
        Page::Before(Seq(seq)) => (page!("DESC"), 0, seq),
        Page::After(Seq(seq)) => (page!("ASC"), seq, i64::MAX),
    };
    let above = above.max(head.first_seq.0 - 1);
    let limit = limit.max(0); // SQLite takes a negative one for none
    let mut messages: Vec<Message> = tx.all(sql, params![number, above, below, limit])?;
    if !matches!(page, Page::After(_)) {
        messages.reverse();
    }
    Ok((head, messages))
}

/// As `TalkStore::message`.
pub(super) fn message(
    conn: &Connection,
    SiteId(site): SiteId,
    conversation: &ConversationId,
    Seq(seq): Seq,
) -> Result<Option<Message>> {
    Ok(conn.maybe(
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE seq = ?3 AND conversation = (SELECT c.conversation FROM conversations c \
                                                               WHERE c.site = ?1 AND c.name = ?2 AND c.first_seq <= ?3)"
        ),
        params![site, conversation.to_string(), seq],
    )?)
}

/// As `TalkStore::written_by`.
pub(super) fn written_by(
    conn: &Connection,
    site: SiteId,
    conversation: &ConversationId,
    user: UserId,
    Seq(after): Seq,
    limit: i64,
) -> Result<Vec<Message>> {
    Ok(conn.all(
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE sender = ?3 AND seq > ?4 AND conversation = \
                (SELECT c.conversation FROM conversations c WHERE c.site = ?1 AND c.name = ?2 AND c.first_seq <= seq) \
              ORDER BY seq LIMIT ?5"
        ),
        params![site.0, conversation.to_string(), user.get(), after, limit.max(0)],
    )?)
}

/// As `TalkStore::read`.
pub(super) struct Read {
    pub(super) site: SiteId,
    pub(super) conversation: ConversationId,
    pub(super) user: UserId,
    pub(super) mark: NewMark,
}

impl Write for Read {
    type Done = Option<Seq>;

    fn run(&self, conn: &Connection) -> Result<Option<Seq>> {
        let kind = conversations::kind(&self.conversation);
        let NewMark { seq: Seq(seq), publish, at } = self.mark;
        let day = day_of(at);
        if kind == conversations::ROOM
            && seq > 0
            && let Some((number, _)) = conversations::find(conn, self.site, &self.conversation)?
        {
            let joins = conversations::Joins { read: 0, seen: false, day };
            conversations::join_room(conn, self.site, number, self.user, joins)?;
        }
        let mark: Option<(i64, i64, i64, bool)> = conn.maybe(
            "UPDATE participants SET read_seq = min(?4, c.seq), \
                    published_read_seq = CASE WHEN ?5 THEN min(?4, c.seq) ELSE published_read_seq END \
             FROM conversations c \
             WHERE c.site = ?1 AND c.name = ?2 \
               AND participants.site = c.site AND user = ?3 AND participants.kind = ?6 \
               AND participants.conversation = c.conversation AND read_seq < min(?4, c.seq) \
             RETURNING read_seq, conversation, day, waits",
            params![self.site.0, self.conversation.to_string(), self.user.get(), seq, publish, kind],
        )?;
        let Some((seq, number, last_day, waits)) = mark else { return Ok(None) };
        // Once a day at most: a statement that names an indexed column writes the index again, also where nothing changes. What
        // a lively conversation writes with each message anyway need not say each time that it is read.
        if last_day.abs() < day && (waits || kind == conversations::ROOM) {
            self.rest(conn, (kind, number), day, seq)?;
        }
        if kind >= conversations::GROUP {
            conn.change(
                "DELETE FROM mentions WHERE site = ?1 AND user = ?2 AND conversation = ?3 AND seq <= ?4",
                params![self.site.0, self.user.get(), number, seq],
            )?;
        }
        Ok(Some(Seq(seq)))
    }
}

impl Read {
    /// Notes that the reader was there today, in a room, and that it waits no more, where all of it is read.
    fn rest(&self, conn: &Connection, (kind, number): (i64, i64), day: i64, seq: i64) -> Result<()> {
        conn.change(
            concat!(
                "UPDATE participants SET \
                        day = CASE WHEN kind = 3 THEN iif(day < 0, -?5, ?5) ELSE day END, \
                        waits = CASE WHEN CASE WHEN kind = 3 \
                                     THEN NOT EXISTS (SELECT 1 FROM mentions n WHERE n.site = ?1 AND n.user = ?2 \
                                                         AND n.conversation = ?4 AND n.seq > ?6) \
                                     ELSE (SELECT ",
                newest_by_others!("?2"),
                " <= ?6 FROM conversations c WHERE c.conversation = ?4) END THEN 0 ELSE waits END \
                 WHERE site = ?1 AND user = ?2 AND kind = ?3 AND conversation = ?4"
            ),
            params![self.site.0, self.user.get(), kind, number, day, seq],
        )?;
        Ok(())
    }
}
