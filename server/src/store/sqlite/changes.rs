//! What has changed since somebody looked.
//!
//! Messages that were never changed have revs that rise with their seq, so those after what is held are found by seq;
//! those that were changed have an index of their own, by rev (`messages_changed`). The two are merged by rev.

use rusqlite::{Connection, params};

use super::{Result, conversations, rows::message_columns, sql::Statements as _};
use crate::{
    conversation::{Changes, Head, Held, Message},
    id::{ConversationId, SiteId},
};

/// As `TalkStore::changes`: all from one moment.
pub(super) fn changes(
    conn: &mut Connection,
    site: SiteId,
    conversation: &ConversationId,
    held: Held,
    limit: i64,
) -> Result<(Head, Changes)> {
    let tx = conn.transaction()?;
    let found = conversations::find(&tx, site, conversation)?;
    let (number, head) = found.unwrap_or((0, Head::default())); // no conversation has the number 0
    if held.rev >= head.rev || !held.is_part_of(head) {
        return Ok((head, Changes::head(conversation.clone(), head)));
    }
    let limit = limit.max(0);
    let (messages, more) = after(&tx, number, head, held, limit)?;
    let rev = match messages.last() {
        _ if !more => head.rev,
        Some(message) => message.rev,
        None => held.rev, // not even one was asked for
    };
    let changes = Changes {
        conversation: conversation.clone(),
        from: held.rev,
        rev,
        first_seq: head.first_seq,
        messages,
        more,
        reset: false,
    };
    Ok((head, changes))
}

/// The seq above which those messages lie that were never changed and are not held. Each of them took a rev above the one
/// that is held, so there are no more of them than such revs, and they are the newest. By this no more messages are looked
/// at than there are changes, whatever seq somebody says that they hold.
fn unchanged_above(head: Head, held: Held) -> i64 {
    let newer = head.rev.0 - held.rev.0;
    held.seq.0.max(head.first_seq.0 - 1).max(head.seq.0 - newer)
}

/// Up to `limit` messages by rev, and whether there are more.
fn after(conn: &Connection, number: i64, head: Head, held: Held, limit: i64) -> Result<(Vec<Message>, bool)> {
    let new: Vec<Message> = conn.all(
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE conversation = ?1 AND seq > ?2 AND rev > ?3 AND changed IS NULL \
             ORDER BY seq LIMIT ?4"
        ),
        params![number, unchanged_above(head, held), held.rev.0, limit.saturating_add(1)],
    )?;
    let changed: Vec<Message> = conn.all(
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages INDEXED BY messages_changed \
             WHERE conversation = ?1 AND rev > ?2 AND changed IS NOT NULL AND seq >= ?3 ORDER BY rev LIMIT ?4"
        ),
        params![number, held.rev.0, head.first_seq.0, limit.saturating_add(1)],
    )?;
    let mut messages = [new, changed].concat();
    messages.sort_unstable_by_key(|message| message.rev);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = messages.len() > limit;
    messages.truncate(limit);
    Ok((messages, more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Rev, Seq};

    #[test]
    fn no_more_messages_are_looked_at_than_there_are_changes() {
        let head = Head { first_seq: Seq(1), seq: Seq(200_000), rev: Rev(300_000) };
        let above = |rev, seq| unchanged_above(head, Held { rev: Rev(rev), seq: Seq(seq) });
        assert_eq!(above(299_999, 0), 199_999, "who says that they hold nothing and know nearly all");
        assert_eq!(above(299_990, 199_995), 199_995);
        assert_eq!(unchanged_above(Head { first_seq: Seq(199_998), ..head }, Held::default()), 199_997);
    }
}
