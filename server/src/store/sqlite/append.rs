//! Messages: appending one, and finding what was sent before.
//!
//! The seq and rev of a conversation come from its own row, read and written in the transaction of the insert, which
//! holds SQLite's one write lock. Knows no queue.

use rusqlite::{Connection, Row, params};

use super::{
    Result, conversations, docks, first_text,
    rows::{MESSAGE_COLUMNS, Name, as_json, broken, message_columns, user},
    sql::{Statement, Statements as _},
    users,
};
use crate::{
    conversation::Message,
    dock::COUNTED,
    dock::Facts,
    id::{ClientMessageId, Kind, Rev, Seq, SiteId, UserId},
    store::{Appended, NewMessage, day_of},
    talk::rules,
};

/// Appends messages, in a transaction that others may share: the statements of every message at hand.
pub(super) struct Appender<'a> {
    conn: &'a Connection,
    end: Statement<'a>,
    insert: Statement<'a>,
    advance: Statement<'a>,
}

/// The end of a conversation, and what is to be known of its sender and of the recipient of a direct one.
struct End {
    conversation: i64,
    first_seq: i64,
    seq: i64,
    rev: i64,
    last_seq: i64,
    last_sender: i64,
    other_seq: i64,
    /// The sender's: read, and what of it others may see. `None`: they have no row.
    mark: Option<(i64, i64)>,
    /// The sender's: `participants.day`.
    day: Option<i64>,
    /// The recipient's read mark, if they have a row; their day, whether it waits, and until when it is muted.
    recipient_read: Option<i64>,
    recipient_day: Option<i64>,
    recipient_waits: Option<bool>,
    recipient_muted: Option<i64>,
    /// Of the recipient's window, if it is on record.
    state: Option<i64>,
    closed_seq: Option<i64>,
}

impl<'a> TryFrom<&'a Row<'a>> for End {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        let (read, published): (Option<i64>, Option<i64>) = (row.get(7)?, row.get(8)?);
        Ok(Self {
            conversation: row.get(0)?,
            first_seq: row.get(1)?,
            seq: row.get(2)?,
            rev: row.get(3)?,
            last_seq: row.get(4)?,
            last_sender: row.get(5)?,
            other_seq: row.get(6)?,
            mark: read.zip(published),
            day: row.get(9)?,
            recipient_read: row.get(10)?,
            recipient_day: row.get(11)?,
            recipient_waits: row.get(12)?,
            recipient_muted: row.get(13)?,
            state: row.get(14)?,
            closed_seq: row.get(15)?,
        })
    }
}

impl End {
    /// The newest message that counts, stubs aside, and is not by this user.
    fn newest_by_others(&self, user: UserId) -> i64 {
        if self.last_sender == user.get() { self.other_seq } else { self.last_seq }
    }

    /// Whether the recipient has muted it. Nobody is mentioned in a direct one.
    fn is_muted(&self) -> bool {
        self.recipient_muted.is_some_and(|until| until > 0)
    }

    /// Whether the recipient's dock shows the window already.
    fn is_shown_to(&self, recipient: UserId) -> bool {
        let facts = Facts {
            state: self.state.map(docks::state),
            closed_seq: Seq(self.closed_seq.unwrap_or(0)),
            read_seq: self.recipient_read.map(Seq),
            newest_by_others: Seq(self.newest_by_others(recipient)),
            quiet: self.is_muted(),
            newest_mention: Seq(0),
        };
        facts.listed()
    }
}

impl<'a> Appender<'a> {
    pub(super) fn of(conn: &'a Connection) -> Result<Self> {
        let end = Statement::of(
            conn,
            "SELECT c.conversation, c.first_seq, c.seq, c.rev, c.last_seq, c.last_sender, c.other_seq, \
                    s.read_seq, s.published_read_seq, s.day, r.read_seq, r.day, r.waits, r.muted_until, \
                    d.state, d.closed_seq \
             FROM conversations c \
             LEFT JOIN participants s \
                    ON s.site = c.site AND s.user = ?3 AND s.kind = c.kind AND s.conversation = c.conversation \
             LEFT JOIN participants r \
                    ON r.site = c.site AND r.user = ?4 AND r.kind = c.kind AND r.conversation = c.conversation \
             LEFT JOIN docks d ON d.site = c.site AND d.user = ?4 AND d.name = c.name \
             WHERE c.site = ?1 AND c.name = ?2",
        )?;
        let insert = Statement::of(
            conn,
            "INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at, reply_to, \
                                   mentions) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
             ON CONFLICT (client_message_id, sender, site) DO NOTHING",
        )?;
        let advance = Statement::of(
            conn,
            "UPDATE conversations SET seq = ?2, rev = ?3, last_seq = ?2, last_sender = ?4, other_seq = ?5 \
             WHERE conversation = ?1",
        )?;
        Ok(Self { conn, end, insert, advance })
    }

    /// What becomes of this message: it is put at the end of its conversation unless its id was committed before, or it
    /// answers a message that is not there.
    pub(super) fn append(&mut self, new: &NewMessage) -> Result<Appended> {
        let name = Name::of(&new.conversation);
        let recipient = conversations::other(&new.conversation, new.sender)?;
        let before = self.end(new, &name, recipient)?;
        let last = Seq(before.as_ref().map_or(0, |end| end.seq));
        if new.reply_to.is_some_and(|to| !rules::may_answer(to, last)) {
            return Ok(find_sent(self.conn, new)?.unwrap_or(Appended::NoSuchMessage));
        }
        let has_rows =
            |end: &End| end.mark.is_some() && (recipient.is_none() || end.recipient_read.is_some());
        let end = match before.filter(has_rows) {
            Some(end) => end,
            None => {
                // Only a new message begins a conversation.
                if let Some(earlier) = find_sent(self.conn, new)? {
                    return Ok(earlier);
                }
                // Their rows went with their removal: this message was on its way then.
                if users::is_removed(self.conn, new.site, new.sender)? {
                    return Ok(Appended::SenderRemoved);
                }
                if new.conversation.kind() == Kind::Group {
                    return Err(broken("the sender is not in the group"));
                }
                start(self.conn, new, &name)?;
                self.end(new, &name, recipient)?.ok_or_else(|| broken("a head is missing"))?
            }
        };
        self.append_after(&end, new, recipient)
    }

    fn append_after(&mut self, end: &End, new: &NewMessage, recipient: Option<UserId>) -> Result<Appended> {
        let (conversation, seq, rev) = (end.conversation, end.seq + 1, end.rev + 1);
        let NewMessage { site: SiteId(site), sender, client_message_id: ClientMessageId(id), text, .. } = new;
        let reply_to = new.reply_to.map(|Seq(seq)| seq);
        let mentions = as_json(&new.mentions);
        let row = params![
            site,
            conversation,
            seq,
            rev,
            sender.get(),
            id.as_bytes(),
            text,
            new.sent_at,
            reply_to,
            mentions
        ];
        if self.insert.change(row)? == 0 {
            return find_sent(self.conn, new)?.ok_or_else(|| broken("a message is there and is not"));
        }
        let other_seq = conversations::counts(end.newest_by_others(*sender), seq);
        self.advance.change(params![conversation, seq, rev, sender.get(), other_seq])?;
        let mut published = None;
        if end.mark.is_some_and(|(read, published)| read != published) {
            let mark: (i64,) = self.conn.one(
                "UPDATE participants SET published_read_seq = read_seq \
                 WHERE site = ?1 AND user = ?2 AND kind = ?4 AND conversation = ?3 RETURNING read_seq",
                params![site, sender.get(), conversation, conversations::kind(&new.conversation)],
            )?;
            published = Some(Seq(mark.0));
        }
        let message = new.row(Seq(seq), Rev(rev));
        if end.day.is_none_or(|day| day < day_of(new.sent_at)) {
            self.touch(end, new, *sender, false)?;
        }
        let came_back = match new.conversation.kind() {
            Kind::Direct => self.came_to(end, new, recipient)?,
            Kind::Group => self.came_back(end, new)?,
            Kind::Room => {
                self.join_room(end, new, *sender)?;
                Vec::new()
            }
        };
        for user in &new.mentions {
            self.mention(end, new, *user, seq)?;
        }
        Ok(Appended::New { message, first_seq: Seq(end.first_seq), published, came_back })
    }

    /// The recipient of a direct message, if their dock did not show it. It is written that it waits, and since when:
    /// about once a day.
    fn came_to(&self, end: &End, new: &NewMessage, recipient: Option<UserId>) -> Result<Vec<UserId>> {
        let Some(recipient) = recipient else { return Ok(Vec::new()) };
        let is_old = end.recipient_day.is_none_or(|day| day < day_of(new.sent_at));
        if is_old || end.recipient_waits != Some(true) {
            self.touch(end, new, recipient, true)?;
        }
        let came_back = !end.is_muted() && !end.is_shown_to(recipient);
        Ok(came_back.then_some(recipient).into_iter().collect())
    }

    /// The other members of a group whose docks did not show it; and the same is written of all of them.
    fn came_back(&self, end: &End, new: &NewMessage) -> Result<Vec<UserId>> {
        type Member = (i64, i64, i64, bool, bool, i64, Option<i64>, Option<i64>);
        let others: Vec<Member> = self.conn.all(
            "SELECT p.user, p.read_seq, p.day, p.waits, p.muted_until > 0, \
                    CASE WHEN p.muted_until > 0 THEN (SELECT coalesce(max(n.seq), 0) FROM mentions n \
                          WHERE n.site = p.site AND n.user = p.user AND n.conversation = p.conversation) ELSE 0 END, \
                    d.state, d.closed_seq \
             FROM participants p \
             LEFT JOIN docks d ON d.site = p.site AND d.user = p.user AND d.name = ?2 \
             WHERE p.conversation = ?1 AND p.user <> ?3 AND p.left_seq IS NULL AND p.lost_seq IS NULL",
            params![end.conversation, Name::of(&new.conversation), new.sender.get()],
        )?;
        let mut came_back = Vec::new();
        for (user, read, day, waits, muted, mention, state, closed) in others {
            let user = self::user(user)?;
            if day < day_of(new.sent_at) || !waits {
                self.touch(end, new, user, true)?;
            }
            let facts = Facts {
                state: state.map(docks::state),
                closed_seq: Seq(closed.unwrap_or(0)),
                read_seq: Some(Seq(read)),
                newest_by_others: Seq(end.newest_by_others(user)),
                quiet: muted,
                newest_mention: Seq(mention),
            };
            if !facts.listed() && (!muted || new.mentions.contains(&user)) {
                came_back.push(user);
            }
        }
        Ok(came_back)
    }

    fn touch(&self, end: &End, new: &NewMessage, user: UserId, waits: bool) -> Result<()> {
        let number = (conversations::kind(&new.conversation), end.conversation);
        conversations::touch(self.conn, new.site, number, user, day_of(new.sent_at), waits)
    }

    fn join_room(&self, end: &End, new: &NewMessage, user: UserId) -> Result<()> {
        let joins = conversations::Joins { read: end.seq, seen: true, day: day_of(new.sent_at) };
        conversations::join_room(self.conn, new.site, end.conversation, user, joins)
    }

    /// Notes that somebody is mentioned who has not read that; in a room by this they take part.
    fn mention(&self, end: &End, new: &NewMessage, user: UserId, seq: i64) -> Result<()> {
        if new.conversation.kind() == Kind::Room {
            self.join_room(end, new, user)?;
            self.touch(end, new, user, true)?;
        }
        // The list of somebody who never reads stays bounded: what does not count any more (`dock::COUNTED`) goes.
        self.conn.change(
            "DELETE FROM mentions WHERE site = ?1 AND user = ?2 AND conversation = ?3 AND seq <= ?4",
            params![new.site.0, user.get(), end.conversation, seq - COUNTED],
        )?;
        self.conn.change(
            "INSERT INTO mentions (site, user, conversation, seq) \
             SELECT ?1, ?2, ?3, ?4 \
             WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.site = ?1 AND u.user = ?2 AND u.removed <> 0)",
            params![new.site.0, user.get(), end.conversation, seq],
        )?;
        Ok(())
    }

    /// `None` if the conversation has not begun.
    fn end(&mut self, new: &NewMessage, name: &Name, recipient: Option<UserId>) -> Result<Option<End>> {
        let NewMessage { site: SiteId(site), sender, .. } = new;
        Ok(self.end.maybe(params![site, name, sender.get(), recipient.map(UserId::get)])?)
    }
}

/// Makes the row of a conversation that has none, and the rows of the sender and, in a direct one, of the other person
/// unless they are removed: someone who was and is back has read what there was before.
fn start(conn: &Connection, new: &NewMessage, name: &Name) -> Result<()> {
    let NewMessage { site: SiteId(site), conversation, sender, sent_at, .. } = new;
    conn.change(
        "INSERT INTO conversations (site, kind, name) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![site, conversations::kind(conversation), name],
    )?;
    let recipient = conversations::other(conversation, *sender)?;
    let rows = [Some((*sender, recipient)), recipient.map(|recipient| (recipient, Some(*sender)))];
    for (user, other) in rows.into_iter().flatten() {
        conn.change(
            "INSERT INTO participants \
                (site, user, kind, conversation, other, read_seq, published_read_seq, day, waits) \
             SELECT site, ?3, kind, conversation, ?4, seq, 0, ?5, ?6 FROM conversations \
             WHERE site = ?1 AND name = ?2 \
                AND NOT EXISTS (SELECT 1 FROM users u WHERE u.site = ?1 AND u.user = ?3 AND u.removed <> 0) \
             ON CONFLICT DO NOTHING",
            params![site, name, user.get(), other.map(UserId::get), day_of(*sent_at), user != *sender],
        )?;
    }
    Ok(())
}

/// A message as it is now, and by what its first try is known.
struct Sent {
    message: Message,
    name: String,
    first_hash: Option<[u8; 32]>,
    published: i64,
}

impl<'a> TryFrom<&'a Row<'a>> for Sent {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        let (name, first_hash) = (row.get(MESSAGE_COLUMNS)?, row.get(MESSAGE_COLUMNS + 1)?);
        Ok(Self { message: row.try_into()?, name, first_hash, published: row.get(MESSAGE_COLUMNS + 2)? })
    }
}

/// What `append` would say of a message that was committed before, or earlier in this transaction; `None` if it is new.
pub(super) fn find_sent(conn: &Connection, new: &NewMessage) -> Result<Option<Appended>> {
    let ClientMessageId(id) = new.client_message_id;
    let sent: Option<Sent> = conn.maybe(
        concat!(
            "SELECT ",
            message_columns!(),
            ", (SELECT name FROM conversations c WHERE c.conversation = messages.conversation), first_hash, \
             coalesce((SELECT published_read_seq FROM participants p \
                       WHERE p.site = messages.site AND p.user = messages.sender AND p.kind = ?4 \
                         AND p.conversation = messages.conversation), 0) \
             FROM messages WHERE client_message_id = ?1 AND sender = ?2 AND site = ?3"
        ),
        params![id.as_bytes(), new.sender.get(), new.site.0, conversations::kind(&new.conversation)],
    )?;
    let Some(Sent { message, name, first_hash, published }) = sent else { return Ok(None) };
    let same_text = match first_hash {
        Some(hash) => hash == first_text::hash(conn, new.client_message_id, &new.text)?,
        None => message.text.as_ref() == Some(&new.text),
    };
    let same = same_text && name == new.conversation.to_string();
    let published = Seq(published);
    Ok(Some(if same { Appended::Repeated { message, published } } else { Appended::Conflict }))
}
