//! Removing a user for good: their messages become stubs, their reactions go, and everything else of theirs.

use rusqlite::{Connection, params};

use super::{
    Result, conversations, erasures, index, react,
    rows::{conversation, head},
    sql::Statements as _,
    users,
    writer::Write,
};
use crate::{
    conversation::Head,
    id::{ConversationId, RightsVersion, SiteId, UserId},
    store::{Applied, UserRecord},
};

/// As `PeopleStore::remove_user`.
pub(super) struct RemoveUser {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) version: RightsVersion,
}

impl Write for RemoveUser {
    type Done = (Applied, Vec<(ConversationId, Head)>);

    fn run(&self, conn: &Connection) -> Result<Self::Done> {
        let stored = users::user(conn, self.site, self.user)?;
        let applied = Applied::of(UserRecord::of_nobody(self.version), stored);
        let erased = if applied.changed {
            erasures::note_user(conn, self.site, self.user, self.version)?;
            users::write(conn, self.site, self.user, &applied.record)?;
            self.erase(conn)?
        } else {
            Vec::new()
        };
        Ok((applied, erased))
    }
}

impl RemoveUser {
    /// Makes their messages stubs; drops their dock and marks. Returns the conversations that had messages of theirs.
    fn erase(&self, conn: &Connection) -> Result<Vec<(ConversationId, Head)>> {
        let rows: Vec<(i64, String, i64, i64, i64)> = conn.all(
            "SELECT c.conversation, c.name, c.first_seq, c.seq, c.rev FROM participants p \
             CROSS JOIN conversations c ON c.conversation = p.conversation \
             WHERE p.site = ?1 AND p.user = ?2 ORDER BY c.conversation",
            params![self.site.0, self.user.get()],
        )?;
        let mut erased = Vec::new();
        for (number, name, first_seq, seq, rev) in rows {
            let rev = self.erase_in(conn, number, rev)?;
            if let Some(rev) = rev {
                erased.push((conversation(&name)?, head(first_seq, seq, rev)));
            }
        }
        for sql in [
            "DELETE FROM participants WHERE site = ?1 AND user = ?2",
            "DELETE FROM mentions WHERE site = ?1 AND user = ?2",
            "DELETE FROM docks WHERE site = ?1 AND user = ?2",
        ] {
            conn.change(sql, params![self.site.0, self.user.get()])?;
        }
        Ok(erased)
    }

    /// Gives each of their messages in a conversation, by seq, the next rev, and then each that they had reacted to. The
    /// conversation's rev then; `None` if there was nothing of theirs.
    fn erase_in(&self, conn: &Connection, number: i64, before: i64) -> Result<Option<i64>> {
        let rev = before;
        index::forget_messages_of(conn, number, self.user)?;
        let gone = conn.change(
            "UPDATE messages SET rev = ?3 + k.n, text = NULL, client_message_id = NULL, reply_to = NULL, \
                    edited_at = NULL, deleted = NULL, verb_id = NULL, first_hash = NULL, system = NULL, \
                    mentions = NULL, reactions = NULL, changed = 1 \
             FROM (SELECT m.message, row_number() OVER (ORDER BY m.seq) AS n FROM messages m \
                   WHERE m.conversation = ?1 AND m.sender = ?2 AND m.client_message_id IS NOT NULL) k \
             WHERE messages.message = k.message",
            params![number, self.user.get(), rev],
        )?;
        let erased = rev + i64::try_from(gone).unwrap_or(i64::MAX);
        if gone > 0 {
            for sql in [
                "DELETE FROM reactions WHERE conversation = ?1 \
                    AND seq IN (SELECT seq FROM messages WHERE conversation = ?1 AND sender = ?2)",
                "DELETE FROM mentions WHERE conversation = ?1 \
                    AND seq IN (SELECT seq FROM messages WHERE conversation = ?1 AND sender = ?2)",
            ] {
                conn.change(sql, params![number, self.user.get()])?;
            }
            conversations::look_for_newest(conn, number)?;
        }
        let rev = react::without(conn, number, self.user, erased)?;
        if rev == before {
            return Ok(None);
        }
        conn.change("UPDATE conversations SET rev = ?2 WHERE conversation = ?1", params![number, rev])?;
        Ok(Some(rev))
    }
}
