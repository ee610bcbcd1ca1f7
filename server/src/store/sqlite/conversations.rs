//! The row of a conversation: finding it by its id, and who wrote last.

use rusqlite::{Connection, params};

use super::{
    Result,
    rows::{broken, head},
    sql::Statements as _,
};
use crate::{
    conversation::Head,
    id::{ConversationId, Kind, SiteId, UserId},
};

/// The seq of the newest message, stubs aside, that is by anybody but the user in $user, of `conversations c`.
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
    }
}

/// The columns `other` for this user: of a direct conversation the other person. An error if the user is not in it.
pub(super) fn other(conversation: &ConversationId, user: UserId) -> Result<Option<UserId>> {
    let Some(two) = conversation.direct() else { return Ok(None) };
    two.other(user).map(Some).ok_or_else(|| broken("the user is not in the conversation"))
}

/// After messages became stubs: looks for who wrote last now. It goes down from where that was, so that it costs
/// something only where the newest messages became stubs.
pub(super) fn look_for_newest(conn: &Connection, conversation: i64) -> Result<()> {
    let (seq, other): (i64, i64) = conn.one(
        "SELECT last_seq, other_seq FROM conversations WHERE conversation = ?1",
        params![conversation],
    )?;
    let newest = |at_most: i64, not_by: i64| -> Result<(i64, i64)> {
        let found = conn.maybe(
            "SELECT seq, sender FROM messages \
             WHERE conversation = ?1 AND seq <= ?2 AND sender <> ?3 AND text IS NOT NULL ORDER BY seq DESC LIMIT 1",
            params![conversation, at_most, not_by],
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
