//! Reading messages, and read marks.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, SqlitePool};

use super::{Result, rows::message, writer::Write};
use crate::{
    id::{ConversationId, Rev, Seq, SiteId, UserId},
    store::{Head, Message, Page},
};

macro_rules! page {
    ($order:literal) => {
        concat!(
            "SELECT c.first_seq, c.seq AS head_seq, c.rev AS head_rev, c.reset_rev, \
                    m.seq, m.rev, m.sender, m.client_message_id, m.text, m.sent_at \
             FROM conversations c \
             LEFT JOIN messages m ON m.conversation = c.conversation AND m.seq > ?4 AND m.seq < ?5 \
             WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3 \
             ORDER BY m.seq ",
            $order,
            " LIMIT ?6"
        )
    };
}

/// As `Store::history`: head and messages from one statement, so from one moment.
pub(super) async fn history(
    pool: &SqlitePool,
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
    let rows = sqlx::query(sql)
        .bind(site)
        .bind(conversation.lower().get())
        .bind(conversation.higher().get())
        .bind(above)
        .bind(below)
        .bind(limit.max(1)) // the head comes with the first row
        .fetch_all(pool)
        .await?;
    let Some(first) = rows.first() else { return Ok((Head::default(), Vec::new())) };
    let head = Head {
        first_seq: Seq(first.try_get("first_seq")?),
        seq: Seq(first.try_get("head_seq")?),
        rev: Rev(first.try_get("head_rev")?),
        reset_rev: Rev(first.try_get("reset_rev")?),
    };
    let mut messages = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.try_get::<Option<i64>, _>("seq")?.is_some_and(|seq| seq >= head.first_seq.0) && limit > 0 {
            messages.push(message(row)?);
        }
    }
    if !matches!(page, Page::After(_)) {
        messages.reverse();
    }
    Ok((head, messages))
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
