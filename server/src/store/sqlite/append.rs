//! Messages: appending a batch with a handful of statements, and finding what was sent before.
//!
//! The seq and rev of a conversation come from its own row, read and written in the transaction of the insert, which
//! holds SQLite's one write lock. Knows no queue.

use std::collections::{HashMap, hash_map::Entry};

use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{
    Result,
    rows::{CLOSED, broken, message},
};
use crate::{
    id::{Rev, Seq, SiteId, UserId},
    store::{Appended, Message, NewMessage},
};

/// (site, lower, higher)
type Key = (i64, i64, i64);
/// (client_message_id, sender, site)
type SentKey = (Uuid, i64, i64);

/// Appends all of these, in this order, inside the caller's transaction. The answers are in the same order.
pub(super) async fn append(conn: &mut SqliteConnection, batch: &[NewMessage]) -> Result<Vec<Appended>> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let mut sent = sent_before(conn, batch).await?;
    let mut keys: Vec<Key> = batch.iter().filter(|m| !sent.contains_key(&sent_key(m))).map(key).collect();
    keys.sort_unstable(); // the order in which every backend locks rows
    keys.dedup();
    let mut heads = heads(conn, &keys).await?;

    let mut answers = Vec::with_capacity(batch.len());
    let mut rows = Vec::new();
    for message in batch {
        answers.push(match sent.entry(sent_key(message)) {
            Entry::Occupied(earlier) => earlier.get().answer(message),
            Entry::Vacant(place) => {
                let head = heads.get_mut(&key(message)).ok_or_else(|| broken("a head is missing"))?;
                let stored = head.take(message)?;
                rows.push((head.conversation, message, stored.seq, stored.rev));
                place.insert(Sent { key: key(message), message: stored.clone() });
                Appended::New { window_came_back: head.show(message, stored.seq)?, message: stored }
            }
        });
    }
    if !rows.is_empty() {
        write_heads(conn, &heads).await?;
        write_messages(conn, &rows).await?;
    }
    Ok(answers)
}

/// What `append` would say of a message that was committed before; `None` if it is new.
pub(super) async fn find_sent(conn: &mut SqliteConnection, message: &NewMessage) -> Result<Option<Appended>> {
    let sent = sent_before(conn, std::slice::from_ref(message)).await?;
    Ok(sent.get(&sent_key(message)).map(|earlier| earlier.answer(message)))
}

fn key(message: &NewMessage) -> Key {
    let SiteId(site) = message.site;
    (site, message.conversation.lower().get(), message.conversation.higher().get())
}

fn sent_key(message: &NewMessage) -> SentKey {
    let SiteId(site) = message.site;
    (message.client_message_id.0, message.sender.get(), site)
}

/// A message that has this id, committed before or earlier in this batch.
struct Sent {
    key: Key,
    message: Message,
}

impl Sent {
    fn answer(&self, again: &NewMessage) -> Appended {
        if self.key == key(again) && self.message.text.as_deref() == Some(&*again.text) {
            Appended::Repeated(self.message.clone())
        } else {
            Appended::Conflict
        }
    }
}

async fn sent_before(conn: &mut SqliteConnection, batch: &[NewMessage]) -> Result<HashMap<SentKey, Sent>> {
    let ids: Vec<_> = batch
        .iter()
        .map(|m| {
            let (id, sender, site) = sent_key(m);
            (id.simple().to_string(), sender, site)
        })
        .collect();
    let rows = sqlx::query(
        "SELECT m.seq, m.rev, m.sender, m.client_message_id, m.text, m.sent_at, c.site, c.lower, c.higher \
         FROM json_each(?1) k \
         CROSS JOIN messages m ON m.client_message_id = unhex(k.value ->> 0) \
              AND m.sender = k.value ->> 1 AND m.site = k.value ->> 2 \
         CROSS JOIN conversations c ON c.conversation = m.conversation",
    )
    .bind(json(&ids))
    .fetch_all(conn)
    .await?;
    let sent = rows.iter().map(|row| {
        let message = message(row)?;
        let id =
            message.client_message_id.ok_or_else(|| broken("a message was found by an id it has not"))?;
        let key: Key = (row.try_get("site")?, row.try_get("lower")?, row.try_get("higher")?);
        Ok(((id.0, message.sender.get(), key.0), Sent { key, message }))
    });
    sent.collect()
}

/// A conversation's row while a batch is put together.
struct Head {
    conversation: i64,
    seq: i64,
    rev: i64,
    lower: Side,
    higher: Side,
}

/// What a batch needs to know of one of the two.
struct Side {
    user: i64,
    /// Seq of their last message that is not erased.
    sent: i64,
    read_seq: i64,
    published_read_seq: i64,
    /// Their dock shows the window whatever is unread.
    shown: bool,
    closed_seq: i64,
    /// Their mark is to be published, as they have written.
    publish: bool,
}

impl Head {
    fn sides(&mut self, sender: UserId) -> Result<(&mut Side, &mut Side)> {
        if self.lower.user == sender.get() {
            Ok((&mut self.lower, &mut self.higher))
        } else if self.higher.user == sender.get() {
            Ok((&mut self.higher, &mut self.lower))
        } else {
            Err(broken("the sender is not in the conversation"))
        }
    }

    /// Gives a new message its numbers.
    fn take(&mut self, message: &NewMessage) -> Result<Message> {
        self.sides(message.sender)?;
        self.seq += 1;
        self.rev += 1;
        Ok(Message {
            seq: Seq(self.seq),
            rev: Rev(self.rev),
            sender: message.sender,
            client_message_id: Some(message.client_message_id),
            text: Some(message.text.clone()),
            sent_at: message.sent_at,
        })
    }

    /// Notes that the sender has written up to `seq`. Whether that brings the recipient's window back.
    fn show(&mut self, message: &NewMessage, Seq(seq): Seq) -> Result<bool> {
        let (sender, recipient) = self.sides(message.sender)?;
        let was_shown = recipient.shown || sender.sent > recipient.read_seq.max(recipient.closed_seq);
        sender.sent = seq;
        sender.publish = true;
        Ok(!was_shown)
    }
}

/// The rows of these conversations and of their participants, made where they are missing.
async fn heads(conn: &mut SqliteConnection, keys: &[Key]) -> Result<HashMap<Key, Head>> {
    let mut found = find_heads(conn, keys).await?;
    let missing: Vec<_> = keys.iter().copied().filter(|key| !found.contains_key(key)).collect();
    if !missing.is_empty() {
        let missing_json = json(&missing);
        sqlx::query(
            "INSERT INTO conversations (site, lower, higher) \
             SELECT k.value ->> 0, k.value ->> 1, k.value ->> 2 FROM json_each(?1) k WHERE true \
             ON CONFLICT DO NOTHING",
        )
        .bind(&missing_json)
        .execute(&mut *conn)
        .await?;
        // Someone who was removed and is back has read what there was before.
        sqlx::query(
            "INSERT INTO participants (site, user, conversation, read_seq, published_read_seq) \
             SELECT c.site, u.value, c.conversation, c.seq, 0 \
             FROM json_each(?1) k \
             CROSS JOIN conversations c \
                  ON c.site = k.value ->> 0 AND c.lower = k.value ->> 1 AND c.higher = k.value ->> 2 \
             CROSS JOIN json_each(json_array(c.lower, c.higher)) u \
             WHERE true ON CONFLICT DO NOTHING",
        )
        .bind(&missing_json)
        .execute(&mut *conn)
        .await?;
        found.extend(find_heads(conn, &missing).await?);
    }
    Ok(found)
}

async fn find_heads(conn: &mut SqliteConnection, keys: &[Key]) -> Result<HashMap<Key, Head>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(
        "SELECT c.site, c.lower, c.higher, c.conversation, c.seq, c.rev, c.lower_sent, c.higher_sent, \
                lp.read_seq AS lower_read, lp.published_read_seq AS lower_published, \
                hp.read_seq AS higher_read, hp.published_read_seq AS higher_published, \
                ld.state AS lower_state, ld.closed_seq AS lower_closed, \
                hd.state AS higher_state, hd.closed_seq AS higher_closed \
         FROM json_each(?1) k \
         CROSS JOIN conversations c \
              ON c.site = k.value ->> 0 AND c.lower = k.value ->> 1 AND c.higher = k.value ->> 2 \
         CROSS JOIN participants lp \
              ON lp.site = c.site AND lp.user = c.lower AND lp.conversation = c.conversation \
         CROSS JOIN participants hp \
              ON hp.site = c.site AND hp.user = c.higher AND hp.conversation = c.conversation \
         LEFT JOIN docks ld ON ld.site = c.site AND ld.user = c.lower AND ld.other = c.higher \
         LEFT JOIN docks hd ON hd.site = c.site AND hd.user = c.higher AND hd.other = c.lower",
    )
    .bind(json(keys))
    .fetch_all(conn)
    .await?;
    let heads = rows.iter().map(|row| {
        let number = |column: &str| row.try_get::<i64, _>(column);
        let or =
            |column: &str, default: i64| row.try_get::<Option<i64>, _>(column).map(|n| n.unwrap_or(default));
        let lower = Side {
            user: number("lower")?,
            sent: number("lower_sent")?,
            read_seq: number("lower_read")?,
            published_read_seq: number("lower_published")?,
            shown: or("lower_state", CLOSED)? != CLOSED,
            closed_seq: or("lower_closed", 0)?,
            publish: false,
        };
        let higher = Side {
            user: number("higher")?,
            sent: number("higher_sent")?,
            read_seq: number("higher_read")?,
            published_read_seq: number("higher_published")?,
            shown: or("higher_state", CLOSED)? != CLOSED,
            closed_seq: or("higher_closed", 0)?,
            publish: false,
        };
        let key = (number("site")?, lower.user, higher.user);
        let (conversation, seq, rev) = (number("conversation")?, number("seq")?, number("rev")?);
        Ok((key, Head { conversation, seq, rev, lower, higher }))
    });
    heads.collect()
}

async fn write_heads(conn: &mut SqliteConnection, heads: &HashMap<Key, Head>) -> Result<()> {
    let mut rows = Vec::new();
    let mut marks = Vec::new();
    for ((site, ..), head) in heads {
        rows.push((head.conversation, head.seq, head.rev, head.lower.sent, head.higher.sent));
        for side in [&head.lower, &head.higher] {
            if side.publish && side.published_read_seq != side.read_seq {
                marks.push((site, side.user, head.conversation));
            }
        }
    }
    sqlx::query(
        "UPDATE conversations SET seq = k.value ->> 1, rev = k.value ->> 2, \
                lower_sent = k.value ->> 3, higher_sent = k.value ->> 4 \
         FROM json_each(?1) k WHERE conversation = k.value ->> 0",
    )
    .bind(json(&rows))
    .execute(&mut *conn)
    .await?;
    if !marks.is_empty() {
        sqlx::query(
            "UPDATE participants SET published_read_seq = read_seq \
             FROM json_each(?1) k \
             WHERE site = k.value ->> 0 AND user = k.value ->> 1 AND conversation = k.value ->> 2",
        )
        .bind(json(&marks))
        .execute(conn)
        .await?;
    }
    Ok(())
}

async fn write_messages(conn: &mut SqliteConnection, rows: &[(i64, &NewMessage, Seq, Rev)]) -> Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(conversation, m, seq, rev)| {
            let (id, sender, site) = sent_key(m);
            (site, conversation, seq, rev, sender, id.simple().to_string(), &*m.text, m.sent_at)
        })
        .collect();
    sqlx::query(
        "INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, unhex(value ->> 5), \
                value ->> 6, value ->> 7 \
         FROM json_each(?1)",
    )
    .bind(json(&rows))
    .execute(conn)
    .await?;
    Ok(())
}

fn json<T: serde::Serialize + ?Sized>(rows: &T) -> String {
    serde_json::to_string(rows).expect("numbers and strings have a JSON form")
}
