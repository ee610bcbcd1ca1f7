//! Reading messages, and read marks.

use std::sync::Arc;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Result, recent::Touch, rows::user, sql::Statements as _, writer::Write};
use crate::{
    id::{ClientMessageId, ConversationId, Rev, Seq, SiteId, UserId},
    store::{Head, Message, Page},
};

/// seq, rev, sender, client_message_id, text, sent_at
type Row = (i64, i64, i64, Option<[u8; 16]>, Option<Arc<str>>, i64);

macro_rules! page {
    ($order:literal) => {
        concat!(
            "SELECT seq, rev, sender, client_message_id, text, sent_at FROM messages \
             WHERE conversation = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq ",
            $order,
            " LIMIT ?4"
        )
    };
}

/// As `Store::history`: head and messages from one moment.
pub(super) fn history(
    conn: &mut Connection,
    SiteId(site): SiteId,
    conversation: ConversationId,
    page: Page,
    limit: i64,
) -> Result<(Head, Vec<Message>)> {
    let tx = conn.transaction()?;
    let head: Option<(i64, i64, i64, i64, i64)> = tx.maybe(
        "SELECT conversation, first_seq, seq, rev, reset_rev FROM conversations \
         WHERE site = ?1 AND lower = ?2 AND higher = ?3",
        params![site, conversation.lower().get(), conversation.higher().get()],
    )?;
    let Some((conversation, first_seq, seq, rev, reset_rev)) = head else { return Ok(Default::default()) };
    let (sql, above, below) = match page {
        Page::Newest => (page!("DESC"), 0, i64::MAX),
        Page::Before(Seq(seq)) => (page!("DESC"), 0, seq),
        Page::After(Seq(seq)) => (page!("ASC"), seq, i64::MAX),
    };
    let above = above.max(first_seq - 1);
    let limit = limit.max(0); // SQLite takes a negative one for none
    let mut rows: Vec<Row> = tx.all(sql, params![conversation, above, below, limit])?;
    if !matches!(page, Page::After(_)) {
        rows.reverse();
    }
    let messages = rows.into_iter().map(|(seq, rev, sender, id, text, sent_at)| {
        let (seq, rev, sender) = (Seq(seq), Rev(rev), user(sender)?);
        let client_message_id = id.map(|id| ClientMessageId(Uuid::from_bytes(id)));
        Ok(Message { seq, rev, sender, client_message_id, text, sent_at })
    });
    let head = Head { first_seq: Seq(first_seq), seq: Seq(seq), rev: Rev(rev), reset_rev: Rev(reset_rev) };
    Ok((head, messages.collect::<Result<_>>()?))
}

/// As `Store::read`.
pub(super) struct Read {
    pub(super) site: SiteId,
    pub(super) conversation: ConversationId,
    pub(super) user: UserId,
    pub(super) seq: Seq,
    pub(super) publish: bool,
}

impl Write for Read {
    type Done = Option<Seq>;

    fn run(&self, conn: &Connection) -> Result<Option<Seq>> {
        let mark: Option<(i64,)> = conn.maybe(
            "UPDATE participants SET read_seq = min(?5, c.seq), \
                    published_read_seq = CASE WHEN ?6 THEN min(?5, c.seq) ELSE published_read_seq END \
             FROM conversations c \
             WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3 \
               AND participants.site = c.site AND user = ?4 AND participants.conversation = c.conversation \
               AND read_seq < min(?5, c.seq) \
             RETURNING read_seq",
            params![
                self.site.0,
                self.conversation.lower().get(),
                self.conversation.higher().get(),
                self.user.get(),
                self.seq.0,
                self.publish
            ],
        )?;
        Ok(mark.map(|(seq,)| Seq(seq)))
    }

    fn touch(&self, done: &Option<Seq>, touch: &Touch<'_>) {
        if done.is_some() {
            touch.talk(self.site, self.conversation.lower());
            touch.talk(self.site, self.conversation.higher());
        }
    }
}
