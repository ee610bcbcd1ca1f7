//! The row of a conversation: finding it by its id, and who wrote last.

use rusqlite::{Connection, params};

use super::{
    Result,
    rows::{broken, head},
    sql::Statements as _,
};
use crate::{
    conversation::Head,
    dock::COUNTED,
    id::{ConversationId, Kind, SiteId, UserId},
};

/// `dock::COUNTED` in a statement.
macro_rules! counted {
    () => {
        1000
    };
}
pub(super) use counted;

const _: () = assert!(COUNTED == counted!());

/// The seq of the newest message that counts (`dock::COUNTED`), stubs aside, and is by anybody but the user in $user, of
/// `conversations c`.
macro_rules! newest_by_others {
    ($user:literal) => {
        concat!("CASE WHEN c.last_sender = ", $user, " THEN c.other_seq ELSE c.last_seq END")
    };
}
pub(super) use newest_by_others;

/// Its number and its head; `None` if it has not begun.
pub(super) fn find(
    conn: &Connection,
    SiteId(site): SiteId,
    conversation: &ConversationId,
) -> Result<Option<(i64, Head)>> {
    let found: Option<(i64, i64, i64, i64)> = conn.maybe(
        "SELECT conversation, first_seq, seq, rev FROM conversations WHERE site = ?1 AND name = ?2",
        params![site, conversation.to_string()],
    )?;
    Ok(found.map(|(number, first_seq, seq, rev)| (number, head(first_seq, seq, rev))))
}

/// `conversations.kind`.
pub(super) fn kind(conversation: &ConversationId) -> i64 {
    match conversation.kind() {
        Kind::Direct => 1,
        Kind::Group => GROUP,
        Kind::Room => ROOM,
    }
}

/// `conversations.kind`; direct ones have a lower one.
pub(super) const GROUP: i64 = 2;
/// See `GROUP`.
pub(super) const ROOM: i64 = 3;

/// How somebody comes into a room.
pub(super) struct Joins {
    /// Up to which message they have read what there was before.
    pub(super) read: i64,
    /// Others see them there.
    pub(super) seen: bool,
    /// Today.
    pub(super) day: i64,
}

/// Makes the row of who has none, in a room.
pub(super) fn join_room(
    conn: &Connection,
    SiteId(site): SiteId,
    number: i64,
    user: UserId,
    Joins { read, seen, day }: Joins,
) -> Result<()> {
    conn.change(
        "INSERT INTO participants (site, user, kind, conversation, read_seq, published_read_seq, first_seq, day) \
         SELECT ?1, ?2, 3, ?3, ?4, 0, iif(?5, ?4 + 1, NULL), ?6 \
         WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.site = ?1 AND u.user = ?2 AND u.removed <> 0) \
         ON CONFLICT DO UPDATE SET first_seq = excluded.first_seq \
                     WHERE first_seq IS NULL AND excluded.first_seq IS NOT NULL",
        params![site, user.get(), number, read, seen, day],
    )?;
    Ok(())
}

/// A message has come today, for somebody who takes part: it is not archived any more. `waits`: it is unread.
pub(super) fn touch(
    conn: &Connection,
    SiteId(site): SiteId,
    (kind, number): (i64, i64),
    user: UserId,
    day: i64,
    waits: bool,
) -> Result<()> {
    conn.change(
        "UPDATE participants SET day = max(abs(day), ?5), waits = max(waits, ?6) \
         WHERE site = ?1 AND user = ?2 AND kind = ?3 AND conversation = ?4 AND (day < ?5 OR waits < ?6) \
           AND left_seq IS NULL AND lost_seq IS NULL",
        params![site, user.get(), kind, number, day, waits],
    )?;
    Ok(())
}

/// The columns `other` for this user: of a direct conversation the other person. An error if the user is not in it.
pub(super) fn other(conversation: &ConversationId, user: UserId) -> Result<Option<UserId>> {
    let Some(two) = conversation.direct() else { return Ok(None) };
    two.other(user).map(Some).ok_or_else(|| broken("the user is not in the conversation"))
}

/// What `other_seq` or `last_seq` is where the conversation ends at `head`: nothing that does not count any more.
pub(super) fn counts(seq: i64, head: i64) -> i64 {
    if seq > head - COUNTED { seq } else { 0 }
}

/// After messages became stubs: looks for who wrote last now, among the messages that count. It goes down from where that
/// was, so that it costs something only where the newest messages became stubs.
pub(super) fn look_for_newest(conn: &Connection, conversation: i64) -> Result<()> {
    let (seq, other, head): (i64, i64, i64) = conn.one(
        "SELECT last_seq, other_seq, seq FROM conversations WHERE conversation = ?1",
        params![conversation],
    )?;
    let newest = |at_most: i64, not_by: i64| -> Result<(i64, i64)> {
        let found = conn.maybe(
            "SELECT seq, sender FROM messages WHERE conversation = ?1 AND seq <= ?2 AND seq > ?4 \
                AND sender <> ?3 AND text IS NOT NULL ORDER BY seq DESC LIMIT 1",
            params![conversation, at_most, not_by, head - COUNTED],
        )?;
        Ok(found.unwrap_or((0, 0)))
    };
    let (last_seq, last_sender) = newest(seq, 0)?; // nobody has the number 0
    // Where it is somebody else now, that message was the newest by others: what is by others than them is below it.
    let (other_seq, _) = newest(other, last_sender)?;
    conn.change(
        "UPDATE conversations SET last_seq = ?2, last_sender = ?3, other_seq = ?4 WHERE conversation = ?1",
        params![conversation, last_seq, last_sender, other_seq],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::{docks, sql::steps};

    const SITE: SiteId = SiteId(1);

    fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    /// The user 3 has written once, 2 then so many times, and 3 again; nobody has read anything. Those of 2 say this.
    fn talk(run: i64, said: Option<&str>) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../../migrations/sqlite/0001_first.sql")).unwrap();
        conn.execute_batch(
            "INSERT INTO sites VALUES (1, 'i', 'u', '[]', 1, 900, 0, 0); \
             INSERT INTO conversations (conversation, site, kind, name) VALUES (1, 1, 1, '2-3'); \
             INSERT INTO participants \
                (site, user, kind, conversation, other, read_seq, published_read_seq, day, waits) \
                VALUES (1, 2, 1, 1, 3, 0, 0, 1, 1), (1, 3, 1, 1, 2, 0, 0, 1, 1)",
        )
        .unwrap();
        conn.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1) \
             INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
             SELECT 1, 1, n, n, iif(n IN (1, ?1), 3, 2), CAST(n AS BLOB), iif(n IN (1, ?1), 'x', ?2), 1 FROM n",
            params![run + 2, said],
        )
        .unwrap();
        let head = run + 2;
        let other = counts(if said.is_some() { head - 1 } else { 0 }, head);
        conn.execute(
            "UPDATE conversations SET seq = ?1, rev = ?1, last_seq = ?1, last_sender = 3, other_seq = ?2",
            params![head, other],
        )
        .unwrap();
        conn
    }

    /// How much it is to take the newest message away, and to list a dock before and after.
    fn cost(run: i64, said: Option<&str>) -> [usize; 3] {
        let mut conn = talk(run, said);
        let dock = |conn: &mut Connection| docks::dock(conn, SITE, user(2)).unwrap();
        let (before, listing) = steps(&mut conn, dock);
        assert_eq!(before.windows.iter().map(|w| w.unread).collect::<Vec<_>>(), [1]);
        conn.execute("UPDATE messages SET text = NULL WHERE seq = ?1", [run + 2]).unwrap();
        let ((), looking) = steps(&mut conn, |conn| look_for_newest(conn, 1).unwrap());
        let (after, again) = steps(&mut conn, dock);
        assert_eq!(after.windows, []);
        [listing, looking, again]
    }

    #[test]
    fn however_long_one_person_writes_no_more_messages_are_looked_at() {
        for said in [Some("x"), None] {
            let (short, long) = (cost(2_000, said), cost(40_000, said));
            assert!(short[1] > 100, "it looks at messages: {short:?}");
            for (short, long) in short.into_iter().zip(long) {
                assert!(long <= short + 5, "{said:?}: {short} and {long}");
            }
        }
    }
}
