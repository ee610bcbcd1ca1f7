//! What a user has set of a conversation: pinned, muted, archived. Archived is the sign of the day that the list walks.

use rusqlite::{Connection, params};

use super::{Result, conversations, sql::Statements as _, users, writer::Write};
use crate::{
    id::{ConversationId, Kind, SiteId, UserId},
    store::{FlagChange, Flagged, Flags, PINNED_MOST, day_of},
};

/// As `ListStore::flags`.
pub(super) fn flags(
    conn: &Connection,
    site: SiteId,
    user: UserId,
    conversation: &ConversationId,
) -> Result<Option<Flags>> {
    let found: Option<(bool, bool, i64)> = conn.maybe(
        "SELECT p.pinned, p.day < 0, p.muted_until FROM conversations c \
         CROSS JOIN participants p \
              ON p.site = c.site AND p.user = ?3 AND p.kind = c.kind AND p.conversation = c.conversation \
         WHERE c.site = ?1 AND c.name = ?2",
        params![site.0, conversation.to_string(), user.get()],
    )?;
    Ok(found.map(|(pinned, archived, muted_until)| Flags { pinned, archived, muted_until }))
}

/// As `ListStore::flag`.
pub(super) struct Flag {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) conversation: ConversationId,
    pub(super) change: FlagChange,
}

impl Write for Flag {
    type Done = Flagged;

    fn run(&self, conn: &Connection) -> Result<Flagged> {
        let Self { site, user, conversation, change } = self;
        if users::is_removed(conn, *site, *user)? {
            return Ok(Flagged::NotFound);
        }
        let Some((number, head)) = conversations::find(conn, *site, conversation)? else {
            return Ok(Flagged::NotFound);
        };
        let mut before = flags(conn, *site, *user, conversation)?;
        let joins = before.is_none() && conversation.kind() == Kind::Room;
        if joins {
            before = Some(Flags::default());
        }
        let Some(before) = before else { return Ok(Flagged::NotFound) };
        let now = change.by(conversation.kind(), head.seq).of(before);
        if now.pinned && !before.pinned && self.pinned(conn)? >= PINNED_MOST {
            return Ok(Flagged::TooManyPins);
        }
        if joins {
            let joins = conversations::Joins { read: head.seq.0, seen: false, day: day_of(change.at) };
            conversations::join_room(conn, *site, number, *user, joins)?;
        }
        if now != before {
            conn.change(
                "UPDATE participants SET pinned = ?5, muted_until = ?6, day = iif(?7, -abs(day), abs(day)) \
                 WHERE site = ?1 AND user = ?2 AND kind = ?3 AND conversation = ?4",
                params![
                    site.0,
                    user.get(),
                    conversations::kind(conversation),
                    number,
                    now.pinned,
                    now.muted_until,
                    now.archived
                ],
            )?;
        }
        Ok(Flagged::Done { before, now })
    }
}

impl Flag {
    /// How many are pinned. Rooms of a course that has none any more, or that the user has lost, do not count: nobody sees
    /// them, so nobody can take their pins away.
    fn pinned(&self, conn: &Connection) -> Result<usize> {
        let (count,): (i64,) = conn.one(
            "SELECT count(*) FROM participants p INDEXED BY participants_pinned \
             CROSS JOIN conversations c ON c.conversation = p.conversation \
             WHERE p.site = ?1 AND p.user = ?2 AND p.pinned = 1 \
               AND (p.kind <> 3 \
                    OR EXISTS (SELECT 1 FROM members m JOIN rooms r ON r.site = m.site AND r.course = m.course \
                               WHERE m.site = ?1 AND m.user = ?2 \
                                 AND m.course = substr(c.name, 3, instr(c.name || '~', '~') - 3)))",
            params![self.site.0, self.user.get()],
        )?;
        Ok(usize::try_from(count).unwrap_or(0))
    }
}
