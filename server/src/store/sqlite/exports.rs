//! Everything kept of one user, for them to have. The messages themselves come through the history.

use rusqlite::{Connection, params};

use super::{
    Result, docks,
    rows::{broken, user as user_id},
    sql::Statements as _,
    users,
};
use crate::{
    id::{ConversationId, Rev, Seq, SiteId, UserId},
    store::{Head, Kept, KeptConversation},
};

/// The other person and their name, the head's four, the read mark.
type Row = (i64, Option<String>, i64, i64, i64, i64, i64);

/// As `Store::kept`: from one moment.
pub(super) fn kept(conn: &mut Connection, site: SiteId, user: UserId) -> Result<Option<Kept>> {
    let tx = conn.transaction()?;
    let Some(stored) = users::user(&tx, site, user)?.filter(|stored| !stored.removed) else {
        return Ok(None);
    };
    let windows: Vec<(i64, i64)> = tx.all(
        "SELECT other, state FROM docks WHERE site = ?1 AND user = ?2 ORDER BY other",
        params![site.0, user.get()],
    )?;
    let conversations: Vec<Row> = tx.all(
        "SELECT CASE WHEN c.lower = p.user THEN c.higher ELSE c.lower END AS other, u.snapshot ->> 'name', \
                c.first_seq, c.seq, c.rev, c.reset_rev, p.read_seq \
         FROM participants p \
         CROSS JOIN conversations c ON c.conversation = p.conversation \
         LEFT JOIN users u ON u.site = p.site \
              AND u.user = CASE WHEN c.lower = p.user THEN c.higher ELSE c.lower END \
         WHERE p.site = ?1 AND p.user = ?2 ORDER BY other",
        params![site.0, user.get()],
    )?;
    let with = |other: i64| {
        ConversationId::between(user, user_id(other)?).ok_or_else(|| broken("a conversation with oneself"))
    };
    Ok(Some(Kept {
        snapshot: stored.snapshot,
        windows: windows
            .into_iter()
            .map(|(other, state)| Ok((with(other)?, docks::state(state))))
            .collect::<Result<_>>()?,
        conversations: conversations
            .into_iter()
            .map(|(other, name, first_seq, seq, rev, reset_rev, read)| {
                let (first_seq, seq, rev, reset_rev) = (Seq(first_seq), Seq(seq), Rev(rev), Rev(reset_rev));
                Ok(KeptConversation {
                    conversation: with(other)?,
                    name: name.unwrap_or_default(),
                    head: Head { first_seq, seq, rev, reset_rev },
                    read_seq: Seq(read),
                })
            })
            .collect::<Result<_>>()?,
    }))
}
