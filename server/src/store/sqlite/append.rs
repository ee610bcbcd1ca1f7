//! Messages: appending one, and finding what was sent before.
//!
//! The seq and rev of a conversation come from its own row, read and written in the transaction of the insert, which
//! holds SQLite's one write lock. Knows no queue.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::{
    Result,
    rows::{CLOSED, broken},
    sql::{Statement, Statements as _},
};
use crate::{
    id::{ClientMessageId, Rev, Seq, SiteId},
    store::{Appended, Message, NewMessage},
};

/// lower, higher, seq, rev, text, sent_at
type Sent = (i64, i64, i64, i64, Option<Arc<str>>, i64);

/// conversation, seq, rev; of the sender: seq of their last message, and whether their mark is to be published; of the
/// recipient: whether their dock shows the window whatever is unread, and up to where they have read or closed it.
type Head = (i64, i64, i64, i64, bool, bool, i64);

/// Appends messages, in a transaction that others may share: the statements of every message at hand.
pub(super) struct Appender<'a> {
    conn: &'a Connection,
    head: Statement<'a>,
    insert: Statement<'a>,
    advance: Statement<'a>,
}

impl<'a> Appender<'a> {
    pub(super) fn of(conn: &'a Connection) -> Result<Self> {
        let head = Statement::of(
            conn,
            "SELECT c.conversation, c.seq, c.rev, CASE WHEN c.lower = ?4 THEN c.lower_sent ELSE c.higher_sent END, \
                    s.published_read_seq <> s.read_seq, coalesce(d.state, ?6) <> ?6, \
                    max(r.read_seq, coalesce(d.closed_seq, 0)) \
             FROM conversations c \
             CROSS JOIN participants s ON s.site = c.site AND s.user = ?4 AND s.conversation = c.conversation \
             CROSS JOIN participants r ON r.site = c.site AND r.user = ?5 AND r.conversation = c.conversation \
             LEFT JOIN docks d ON d.site = c.site AND d.user = ?5 AND d.other = ?4 \
             WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3",
        )?;
        let insert = Statement::of(
            conn,
            "INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (client_message_id, sender, site) DO NOTHING",
        )?;
        let advance = Statement::of(
            conn,
            "UPDATE conversations SET seq = ?2, rev = ?3, \
                    lower_sent = CASE WHEN ?4 THEN ?2 ELSE lower_sent END, \
                    higher_sent = CASE WHEN ?4 THEN higher_sent ELSE ?2 END \
             WHERE conversation = ?1",
        )?;
        Ok(Self { conn, head, insert, advance })
    }

    /// What becomes of this message: it is put at the end of its conversation unless its id was committed before.
    pub(super) fn append(&mut self, message: &NewMessage) -> Result<Appended> {
        let (conversation, seq, rev, sent, publish, shown, read) = match self.head(message)? {
            Some(head) => head,
            None => {
                // Only a new message begins a conversation.
                if let Some(earlier) = find_sent(self.conn, message)? {
                    return Ok(earlier);
                }
                start(self.conn, message)?;
                self.head(message)?.ok_or_else(|| broken("a head is missing"))?
            }
        };
        let (seq, rev) = (seq + 1, rev + 1);
        let NewMessage { site: SiteId(site), sender, client_message_id: ClientMessageId(id), text, .. } =
            message;
        let row = params![site, conversation, seq, rev, sender.get(), id.as_bytes(), text, message.sent_at];
        if self.insert.change(row)? == 0 {
            return find_sent(self.conn, message)?.ok_or_else(|| broken("a message is there and is not"));
        }
        let by_lower = *sender == message.conversation.lower();
        self.advance.change(params![conversation, seq, rev, by_lower])?;
        let mut published = None;
        if publish {
            let mark: (i64,) = self.conn.one(
                "UPDATE participants SET published_read_seq = read_seq \
                 WHERE site = ?1 AND user = ?2 AND conversation = ?3 RETURNING read_seq",
                params![site, sender.get(), conversation],
            )?;
            published = Some(Seq(mark.0));
        }
        let message = Message {
            seq: Seq(seq),
            rev: Rev(rev),
            sender: *sender,
            client_message_id: Some(message.client_message_id),
            text: Some(text.clone()),
            sent_at: message.sent_at,
        };
        Ok(Appended::New { window_came_back: !(shown || sent > read), published, message })
    }

    /// The end of the message's conversation and what is to be known of both; `None` if that has not begun.
    fn head(&mut self, message: &NewMessage) -> Result<Option<Head>> {
        let NewMessage { site: SiteId(site), conversation, sender, .. } = message;
        let recipient = conversation.other(*sender);
        let recipient = recipient.ok_or_else(|| broken("the sender is not in the conversation"))?;
        let (lower, higher) = (conversation.lower().get(), conversation.higher().get());
        Ok(self.head.maybe(params![site, lower, higher, sender.get(), recipient.get(), CLOSED])?)
    }
}

/// Makes the row of a conversation that has none, and of its participants: someone who was removed and is back has read
/// what there was before.
fn start(conn: &Connection, message: &NewMessage) -> Result<()> {
    let NewMessage { site: SiteId(site), conversation, .. } = message;
    let of_it = params![site, conversation.lower().get(), conversation.higher().get()];
    conn.change(
        "INSERT INTO conversations (site, lower, higher) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        of_it,
    )?;
    conn.change(
        "INSERT INTO participants (site, user, conversation, read_seq, published_read_seq) \
         SELECT c.site, u.value, c.conversation, c.seq, 0 \
         FROM conversations c CROSS JOIN json_each(json_array(c.lower, c.higher)) u \
         WHERE c.site = ?1 AND c.lower = ?2 AND c.higher = ?3 ON CONFLICT DO NOTHING",
        of_it,
    )?;
    Ok(())
}

/// What `append` would say of a message that was committed before, or earlier in this transaction; `None` if it is new.
pub(super) fn find_sent(conn: &Connection, message: &NewMessage) -> Result<Option<Appended>> {
    let ClientMessageId(id) = message.client_message_id;
    let sent: Option<Sent> = conn.maybe(
        "SELECT c.lower, c.higher, m.seq, m.rev, m.text, m.sent_at \
         FROM messages m CROSS JOIN conversations c ON c.conversation = m.conversation \
         WHERE m.client_message_id = ?1 AND m.sender = ?2 AND m.site = ?3",
        params![id.as_bytes(), message.sender.get(), message.site.0],
    )?;
    let Some((lower, higher, seq, rev, text, sent_at)) = sent else { return Ok(None) };
    let same = (lower, higher) == (message.conversation.lower().get(), message.conversation.higher().get())
        && text.as_deref() == Some(&*message.text);
    Ok(Some(if same {
        let (seq, rev, sender) = (Seq(seq), Rev(rev), message.sender);
        let client_message_id = Some(message.client_message_id);
        Appended::Repeated(Message { seq, rev, sender, client_message_id, text, sent_at })
    } else {
        Appended::Conflict
    }))
}
