//! System messages, and with each what it tells: a group and its members, a title, who writes in a room.

use rusqlite::{Connection, params};

use super::{
    Result, conversations,
    rows::{Name, broken, message_columns},
    sql::Statements as _,
    users,
    writer::Write,
};
use crate::{
    conversation::{Head, Message, System},
    id::{Kind, Rev, Seq, SiteId, UserId},
    store::{NewSystem, Noted, day_of},
};

/// As `TalkStore::note`.
pub(super) struct NoteSystem(pub(super) NewSystem);

impl Write for NoteSystem {
    type Done = Noted;

    fn run(&self, conn: &Connection) -> Result<Noted> {
        let new = &self.0;
        if let Some(earlier) = find_noted(conn, new)? {
            return Ok(earlier);
        }
        if users::is_removed(conn, new.site, new.sender)? {
            return Ok(Noted::SenderRemoved);
        }
        let found = conversations::find(conn, new.site, &new.conversation)?;
        let made = matches!(new.system, System::Made { .. });
        let (number, head) = match found {
            Some(_) if made => return Ok(Noted::Conflict),
            Some((_, head)) if head.rev != new.judged_at => return Ok(Noted::Moved),
            Some(found) => found,
            None if made || new.conversation.kind() == Kind::Room => begin(conn, new)?,
            None => return Err(broken("a group is not there")),
        };
        let message = new.row(Seq(head.seq.0 + 1), Rev(head.rev.0 + 1));
        insert(conn, new.site, number, &message)?;
        apply(conn, new, number, message.seq.0)?;
        Ok(Noted::New { message, first_seq: head.first_seq })
    }
}

/// As `TalkStore::find_noted`.
pub(super) fn find_noted(conn: &Connection, new: &NewSystem) -> Result<Option<Noted>> {
    let found: Option<Message> = conn.maybe(
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE client_message_id = ?1 AND sender = ?2 AND site = ?3 \
                AND conversation = (SELECT conversation FROM conversations WHERE site = ?3 AND name = ?4)"
        ),
        params![new.id.0.as_bytes(), new.sender.get(), new.site.0, Name::of(&new.conversation)],
    )?;
    if let Some(message) = found {
        let noted = message.system.is_some();
        return Ok(Some(if noted { Noted::Repeated(message) } else { Noted::Conflict }));
    }
    let elsewhere: Option<(i64,)> = conn.maybe(
        "SELECT 1 FROM messages WHERE client_message_id = ?1 AND sender = ?2 AND site = ?3",
        params![new.id.0.as_bytes(), new.sender.get(), new.site.0],
    )?;
    Ok(elsewhere.map(|_| Noted::Conflict))
}

/// Makes the conversation's row.
fn begin(conn: &Connection, new: &NewSystem) -> Result<(i64, Head)> {
    let NewSystem { site: SiteId(site), conversation, sender, system, course, .. } = new;
    let title = match system {
        System::Made { title, .. } => Some(&**title),
        _ => None,
    };
    let maker = title.map(|_| sender.get());
    let course = course.as_ref().map(|course| course.as_str().to_owned());
    conn.change(
        "INSERT INTO conversations (site, kind, name, course, title, maker) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![site, conversations::kind(conversation), Name::of(conversation), course, title, maker],
    )?;
    conversations::find(conn, new.site, conversation)?.ok_or_else(|| broken("a head is missing"))
}

fn insert(conn: &Connection, SiteId(site): SiteId, number: i64, message: &Message) -> Result<()> {
    let system = serde_json::to_string(&message.system).expect("it has a JSON form");
    let id = message.client_message_id.map(|id| *id.0.as_bytes());
    conn.change(
        "INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, sent_at, system) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            site,
            number,
            message.seq.0,
            message.rev.0,
            message.sender.get(),
            id,
            message.sent_at,
            system
        ],
    )?;
    conn.change(
        "UPDATE conversations SET seq = ?2, rev = ?3 WHERE conversation = ?1",
        params![number, message.seq.0, message.rev.0],
    )?;
    // What is too old to count makes room for it.
    conversations::look_for_newest(conn, number)
}

/// What the message tells becomes so.
fn apply(conn: &Connection, new: &NewSystem, number: i64, seq: i64) -> Result<()> {
    let site = new.site;
    let add = |user: &UserId| add(conn, site, number, *user, seq, day_of(new.at));
    match &new.system {
        System::Made { users, .. } => {
            add(&new.sender)?;
            users.iter().try_for_each(add)
        }
        System::Added { users } => users.iter().try_for_each(add),
        System::Removed { users } => users.iter().try_for_each(|user| leave(conn, site, number, *user, seq)),
        System::Left => leave(conn, site, number, new.sender, seq),
        System::Renamed { title } => {
            conn.change(
                "UPDATE conversations SET title = ?2 WHERE conversation = ?1",
                params![number, &**title],
            )?;
            Ok(())
        }
        System::Announcements { on } => {
            conn.change(
                "UPDATE conversations SET announcing = ?2 WHERE conversation = ?1",
                params![number, i64::from(*on)],
            )?;
            let joins = conversations::Joins { read: seq, seen: true, day: day_of(new.at) };
            conversations::join_room(conn, site, number, new.sender, joins)
        }
    }
}

/// Puts somebody into a group, unless they were removed meanwhile. Whoever has lost the course meanwhile is in it as those
/// are who lose it later: they read nothing after this message until they hold the course again. In their list it is of
/// today.
fn add(conn: &Connection, SiteId(site): SiteId, number: i64, user: UserId, seq: i64, day: i64) -> Result<()> {
    conn.change(
        "INSERT INTO participants \
            (site, user, kind, conversation, read_seq, published_read_seq, first_seq, lost_seq, day) \
         SELECT ?1, ?2, 2, ?3, ?4, 0, ?4, \
                CASE WHEN EXISTS (SELECT 1 FROM members m WHERE m.site = ?1 AND m.user = ?2 AND m.course = \
                        (SELECT c.course FROM conversations c WHERE c.conversation = ?3)) \
                     THEN NULL ELSE ?4 END, ?5 \
         WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.site = ?1 AND u.user = ?2 AND u.removed <> 0) \
         ON CONFLICT DO UPDATE SET read_seq = ?4, first_seq = ?4, left_seq = NULL, \
                                   lost_seq = excluded.lost_seq, day = max(abs(day), ?5)",
        params![site, user.get(), number, seq, day],
    )?;
    Ok(())
}

fn leave(conn: &Connection, SiteId(site): SiteId, number: i64, user: UserId, seq: i64) -> Result<()> {
    for sql in [
        "UPDATE participants SET left_seq = ?4 WHERE site = ?1 AND user = ?2 AND kind = 2 AND conversation = ?3",
        "DELETE FROM mentions WHERE site = ?1 AND user = ?2 AND conversation = ?3 AND seq <= ?4",
    ] {
        conn.change(sql, params![site, user.get(), number, seq])?;
    }
    Ok(())
}
