//! Everything kept of one user, for them to have. The messages themselves come through the history.

use rusqlite::{Connection, params};

use super::{
    Result, docks,
    rows::{conversation, head},
    sql::Statements as _,
    users,
};
use crate::{
    id::{Seq, SiteId, UserId},
    store::{Flags, Kept, KeptConversation},
};

/// The conversation's name and the other person's or its title, the head's three, the read mark, the three flags.
type Row = (String, Option<String>, i64, i64, i64, i64, bool, bool, i64);

/// As `Store::kept`: from one moment.
pub(super) fn kept(conn: &mut Connection, site: SiteId, user: UserId) -> Result<Option<Kept>> {
    let tx = conn.transaction()?;
    let Some(stored) = users::user(&tx, site, user)?.filter(|stored| !stored.removed) else {
        return Ok(None);
    };
    let windows: Vec<(String, i64)> = tx.all(
        "SELECT name, state FROM docks WHERE site = ?1 AND user = ?2 ORDER BY other, name",
        params![site.0, user.get()],
    )?;
    let conversations: Vec<Row> = tx.all(
        "SELECT c.name, coalesce(c.title, u.name), c.first_seq, c.seq, c.rev, p.read_seq, \
                p.pinned, p.day < 0, p.muted_until \
         FROM participants p \
         CROSS JOIN conversations c ON c.conversation = p.conversation \
         LEFT JOIN users u ON u.site = p.site AND u.user = p.other \
         WHERE p.site = ?1 AND p.user = ?2 ORDER BY p.other, c.name",
        params![site.0, user.get()],
    )?;
    Ok(Some(Kept {
        snapshot: stored.snapshot,
        windows: windows
            .into_iter()
            .map(|(id, state)| Ok((conversation(&id)?, docks::state(state))))
            .collect::<Result<_>>()?,
        conversations: conversations
            .into_iter()
            .map(|(id, name, first_seq, seq, rev, read, pinned, archived, muted_until)| {
                Ok(KeptConversation {
                    flags: Flags { pinned, archived, muted_until },
                    conversation: conversation(&id)?,
                    name: name.unwrap_or_default(),
                    head: head(first_seq, seq, rev),
                    read_seq: Seq(read),
                })
            })
            .collect::<Result<_>>()?,
    }))
}
