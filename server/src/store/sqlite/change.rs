//! Changing a message that is there, under the conversation's next rev.

use rusqlite::{Connection, Row, params};

use super::{
    Result, conversations, first_text, index,
    rows::{MESSAGE_COLUMNS, as_json, deleted, message_columns},
    sql::Statements as _,
    writer::Write,
};
use crate::{
    conversation::Message,
    id::{Rev, VerbId},
    store::{Change, Changed},
};

/// As `TalkStore::change`.
pub(super) struct ChangeMessage(pub(super) Change);

/// A message as it is stored.
struct Stored {
    message: Message,
    first_hash: Option<[u8; 32]>,
}

impl<'a> TryFrom<&'a Row<'a>> for Stored {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        let first_hash = row.get(MESSAGE_COLUMNS)?;
        Ok(Self { message: row.try_into()?, first_hash })
    }
}

impl Write for ChangeMessage {
    type Done = Option<Changed>;

    fn run(&self, conn: &Connection) -> Result<Self::Done> {
        let Change { site, conversation, message } = &self.0;
        let Some((number, head)) = conversations::find(conn, *site, conversation)? else { return Ok(None) };
        let stored: Option<Stored> = conn.maybe(
            concat!(
                "SELECT ",
                message_columns!(),
                ", first_hash FROM messages WHERE conversation = ?1 AND seq = ?2"
            ),
            params![number, message.seq.0],
        )?;
        let Some(Stored { message: before, first_hash }) = stored else { return Ok(None) };
        if before.rev != message.rev || before.seq < head.first_seq {
            return Ok(None);
        }
        let first_hash = match (first_hash, before.client_message_id, &before.text) {
            (None, Some(id), Some(text)) => Some(first_text::hash(conn, id, text)?),
            (kept, ..) => kept,
        };
        let Message { seq, sender, client_message_id, sent_at, .. } = before;
        let rev = Rev(head.rev.0 + 1);
        let mine = Vec::new(); // of nobody: everybody is told
        let after = Message { seq, rev, sender, client_message_id, sent_at, mine, ..message.clone() };
        put(conn, number, &after, first_hash.as_ref())?;
        index::change(conn, (number, after.seq.0), before.text.as_deref(), after.text.as_deref())?;
        if before.text.is_some() && after.text.is_none() {
            conversations::look_for_newest(conn, number)?;
            for sql in [
                "DELETE FROM reactions WHERE conversation = ?1 AND seq = ?2",
                "DELETE FROM mentions WHERE conversation = ?1 AND seq = ?2",
            ] {
                conn.change(sql, params![number, after.seq.0])?;
            }
        }
        Ok(Some(Changed { message: after, first_seq: head.first_seq }))
    }
}

fn put(conn: &Connection, number: i64, message: &Message, first_hash: Option<&[u8; 32]>) -> Result<()> {
    conn.change(
        "UPDATE messages SET rev = ?3, text = ?4, reply_to = ?5, edited_at = ?6, deleted = ?7, verb_id = ?8, \
                first_hash = ?9, mentions = ?10, reactions = ?11, changed = 1 \
         WHERE conversation = ?1 AND seq = ?2",
        params![
            number,
            message.seq.0,
            message.rev.0,
            &message.text,
            message.reply_to.map(|seq| seq.0),
            message.edited_at,
            message.deleted.map(deleted),
            message.verb_id.map(|VerbId(id)| *id.as_bytes()),
            first_hash,
            as_json(&message.mentions),
            as_json(&message.reactions)
        ],
    )?;
    conn.change("UPDATE conversations SET rev = ?2 WHERE conversation = ?1", params![number, message.rev.0])?;
    Ok(())
}
