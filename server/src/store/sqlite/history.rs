//! Reading messages, and read marks.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{
    Result,
    rows::{broken, client_message_id, user},
    writer::Write,
};
use crate::{
    id::{ConversationId, Rev, Seq, SiteId, UserId},
    store::{Head, Message, Page},
};

/// (seq, rev, sender, hex of client_message_id, text, sent_at)
type Row = (i64, i64, i64, Option<String>, Option<Arc<str>>, i64);

macro_rules! page {
    ($order:literal) => {
        concat!(
            "SELECT c.first_seq, c.seq, c.rev, c.reset_rev, \
                    (SELECT json_group_array(json_array(seq, rev, sender, hex(client_message_id), text, sent_at) \
                                ORDER BY seq) \
                     FROM (SELECT * FROM messages \
                           WHERE conversation = c.conversation AND seq > max(?4, c.first_seq - 1) AND seq < ?5 \
                           ORDER BY seq ",
            $order,
            " LIMIT ?6)) \
             FROM conversations c WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3"
        )
    };
}

/// As `Store::history`: head and messages from one statement, so from one moment.
pub(super) async fn history(
    conn: &mut SqliteConnection,
    SiteId(site): SiteId,
    conversation: ConversationId,
    page: Page,
    limit: i64,
) -> Result<(Head, Vec<Message>)> {
    let (sql, above, below) = match page {
        Page::Newest => (page!("DESC"), 0, i64::MAX),
        Page::Before(Seq(seq)) => (page!("DESC"), 0, seq),
        Page::After(Seq(seq)) => (page!("ASC"), seq, i64::MAX),
    };
    let row: Option<(i64, i64, i64, i64, String)> = sqlx::query_as(sql)
        .bind(site)
        .bind(conversation.lower().get())
        .bind(conversation.higher().get())
        .bind(above)
        .bind(below)
        .bind(limit.max(0)) // SQLite takes a negative one for none
        .fetch_optional(conn)
        .await?;
    let Some((first_seq, seq, rev, reset_rev, messages)) = row else { return Ok(Default::default()) };
    let head = Head { first_seq: Seq(first_seq), seq: Seq(seq), rev: Rev(rev), reset_rev: Rev(reset_rev) };
    let messages: Vec<Row> =
        serde_json::from_str(&messages).map_err(|_| broken("a page is not as it should be"))?;
    let messages = messages.into_iter().map(|(seq, rev, sender, id, text, sent_at)| {
        let (seq, rev, sender) = (Seq(seq), Rev(rev), user(sender)?);
        let client_message_id =
            id.filter(|id| !id.is_empty()).as_deref().map(client_message_id).transpose()?;
        Ok(Message { seq, rev, sender, client_message_id, text, sent_at })
    });
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

#[async_trait]
impl Write for Read {
    type Done = Option<Seq>;

    async fn run(&self, conn: &mut SqliteConnection) -> Result<Option<Seq>> {
        let mark = sqlx::query_scalar(
            "UPDATE participants SET read_seq = min(?5, c.seq), \
                    published_read_seq = CASE WHEN ?6 THEN min(?5, c.seq) ELSE published_read_seq END \
             FROM conversations c \
             WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3 \
               AND participants.site = c.site AND user = ?4 AND participants.conversation = c.conversation \
               AND read_seq < min(?5, c.seq) \
             RETURNING read_seq",
        )
        .bind(self.site.0)
        .bind(self.conversation.lower().get())
        .bind(self.conversation.higher().get())
        .bind(self.user.get())
        .bind(self.seq.0)
        .bind(self.publish)
        .fetch_optional(conn)
        .await?;
        Ok(mark.map(Seq))
    }
}
