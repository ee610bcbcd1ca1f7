//! Messages: appending a batch with a handful of statements, and finding what was sent before.
//!
//! The seq and rev of a conversation come from its own row, read and written in the transaction of the insert, which
//! holds SQLite's one write lock. Knows no queue.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    Result,
    rows::{CLOSED, broken, client_message_id, user},
};
use crate::{
    id::{Rev, Seq, SiteId, UserId},
    store::{Appended, Message, NewMessage},
};

/// (site, lower, higher)
type Key = (i64, i64, i64);
/// (client_message_id, sender, site)
type SentKey = (Uuid, i64, i64);

/// (hex of client_message_id, sender, site, lower, higher, seq, rev, text, sent_at)
type SentRow = (String, i64, i64, i64, i64, i64, i64, Option<Arc<str>>, i64);
/// (site, lower, higher, conversation, seq, rev, lower_sent, higher_sent; of lower and of higher: read_seq,
/// published_read_seq, dock state, closed_seq)
type HeadRow = (i64, i64, i64, i64, i64, i64, i64, i64, Marks, Marks);
type Marks = (i64, i64, Option<i64>, Option<i64>);

/// A column of a SELECT, JSON of `SentRow`s: the messages that have the ids in the JSON array $ids.
macro_rules! sent_column {
    ($ids:literal) => {
        concat!(
            "(SELECT json_group_array(json_array(hex(m.client_message_id), m.sender, c.site, c.lower, c.higher, \
                    m.seq, m.rev, m.text, m.sent_at)) \
              FROM json_each(",
            $ids,
            ") k \
              CROSS JOIN messages m ON m.client_message_id = unhex(k.value ->> 0) \
                   AND m.sender = k.value ->> 1 AND m.site = k.value ->> 2 \
              CROSS JOIN conversations c ON c.conversation = m.conversation)"
        )
    };
}

/// A column of a SELECT, JSON of `HeadRow`s: the conversations in the JSON array $keys.
macro_rules! heads_column {
    ($keys:literal) => {
        concat!(
            "(SELECT json_group_array(json_array(c.site, c.lower, c.higher, c.conversation, c.seq, c.rev, \
                    c.lower_sent, c.higher_sent, \
                    json_array(lp.read_seq, lp.published_read_seq, ld.state, ld.closed_seq), \
                    json_array(hp.read_seq, hp.published_read_seq, hd.state, hd.closed_seq))) \
              FROM json_each(",
            $keys,
            ") k \
              CROSS JOIN conversations c \
                   ON c.site = k.value ->> 0 AND c.lower = k.value ->> 1 AND c.higher = k.value ->> 2 \
              CROSS JOIN participants lp \
                   ON lp.site = c.site AND lp.user = c.lower AND lp.conversation = c.conversation \
              CROSS JOIN participants hp \
                   ON hp.site = c.site AND hp.user = c.higher AND hp.conversation = c.conversation \
              LEFT JOIN docks ld ON ld.site = c.site AND ld.user = c.lower AND ld.other = c.higher \
              LEFT JOIN docks hd ON hd.site = c.site AND hd.user = c.higher AND hd.other = c.lower)"
        )
    };
}

/// Begins a transaction and puts these messages, in this order, at the ends of their conversations. The answers are in
/// the same order. What it changes is for the caller to write.
pub(super) async fn begin(
    conn: &mut SqliteConnection,
    batch: &[NewMessage],
) -> Result<(Vec<Appended>, Unwritten)> {
    let mut keys: Vec<Key> = batch.iter().map(key).collect();
    keys.sort_unstable(); // the order in which every backend locks rows
    keys.dedup();
    let (sent, heads): (String, String) =
        sqlx::query_as(concat!("BEGIN IMMEDIATE; SELECT ", sent_column!("?1"), ", ", heads_column!("?2")))
            .bind(ids(batch))
            .bind(json(&keys))
            .fetch_one(&mut *conn)
            .await?;
    let (mut sent, mut heads) = (read_sent(&sent)?, read_heads(&heads)?);
    let fresh = batch.iter().filter(|m| !sent.contains_key(&sent_key(m)));
    let missing: BTreeSet<Key> = fresh.map(key).filter(|key| !heads.contains_key(key)).collect();
    if !missing.is_empty() {
        heads.extend(start(conn, &missing).await?);
    }

    let mut answers = Vec::with_capacity(batch.len());
    let mut unwritten = Unwritten::default();
    for message in batch {
        answers.push(match sent.entry(sent_key(message)) {
            Entry::Occupied(earlier) => earlier.get().answer(message),
            Entry::Vacant(place) => {
                let head = heads.get_mut(&key(message)).ok_or_else(|| broken("a head is missing"))?;
                let stored = head.take(message)?;
                unwritten.add(head.conversation, message, &stored);
                place.insert(Sent { key: key(message), message: stored.clone() });
                Appended::New { window_came_back: head.show(message, stored.seq)?, message: stored }
            }
        });
    }
    unwritten.heads(&heads);
    Ok((answers, unwritten))
}

/// What `begin` and a commit would say of a message that was committed before; `None` if it is new.
pub(super) async fn find_sent(conn: &mut SqliteConnection, message: &NewMessage) -> Result<Option<Appended>> {
    let sent: String = sqlx::query_scalar(concat!("SELECT ", sent_column!("?1")))
        .bind(ids(std::slice::from_ref(message)))
        .fetch_one(conn)
        .await?;
    Ok(read_sent(&sent)?.get(&sent_key(message)).map(|earlier| earlier.answer(message)))
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

/// The ids of messages as a statement takes them.
fn ids(batch: &[NewMessage]) -> String {
    let ids = batch.iter().map(|m| {
        let (id, sender, site) = sent_key(m);
        (id.simple().to_string(), sender, site)
    });
    json(&ids.collect::<Vec<_>>())
}

fn read_sent(column: &str) -> Result<HashMap<SentKey, Sent>> {
    let rows: Vec<SentRow> =
        serde_json::from_str(column).map_err(|_| broken("sent messages are not as they should be"))?;
    let sent = rows.into_iter().map(|(id, sender, site, lower, higher, seq, rev, text, sent_at)| {
        let id = client_message_id(&id)?;
        let message = Message {
            seq: Seq(seq),
            rev: Rev(rev),
            sender: user(sender)?,
            client_message_id: Some(id),
            text,
            sent_at,
        };
        Ok(((id.0, sender, site), Sent { key: (site, lower, higher), message }))
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

impl Side {
    fn new(user: i64, sent: i64, (read_seq, published_read_seq, state, closed_seq): Marks) -> Self {
        let shown = state.unwrap_or(CLOSED) != CLOSED;
        Self {
            user,
            sent,
            read_seq,
            published_read_seq,
            shown,
            closed_seq: closed_seq.unwrap_or(0),
            publish: false,
        }
    }
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

fn read_heads(column: &str) -> Result<HashMap<Key, Head>> {
    let rows: Vec<HeadRow> =
        serde_json::from_str(column).map_err(|_| broken("heads are not as they should be"))?;
    let heads = rows.into_iter().map(
        |(site, lower, higher, conversation, seq, rev, lower_sent, higher_sent, of_lower, of_higher)| {
            let (lower, higher) =
                (Side::new(lower, lower_sent, of_lower), Side::new(higher, higher_sent, of_higher));
            ((site, lower.user, higher.user), Head { conversation, seq, rev, lower, higher })
        },
    );
    Ok(heads.collect())
}

/// Makes the rows of conversations that have none, and of their participants.
async fn start(conn: &mut SqliteConnection, missing: &BTreeSet<Key>) -> Result<HashMap<Key, Head>> {
    // Someone who was removed and is back has read what there was before.
    let heads: String = sqlx::query_scalar(concat!(
        "INSERT INTO conversations (site, lower, higher) \
         SELECT k.value ->> 0, k.value ->> 1, k.value ->> 2 FROM json_each(?1) k WHERE true \
         ON CONFLICT DO NOTHING; \
         INSERT INTO participants (site, user, conversation, read_seq, published_read_seq) \
         SELECT c.site, u.value, c.conversation, c.seq, 0 \
         FROM json_each(?1) k \
         CROSS JOIN conversations c \
              ON c.site = k.value ->> 0 AND c.lower = k.value ->> 1 AND c.higher = k.value ->> 2 \
         CROSS JOIN json_each(json_array(c.lower, c.higher)) u \
         WHERE true ON CONFLICT DO NOTHING; \
         SELECT ",
        heads_column!("?1")
    ))
    .bind(json(missing))
    .fetch_one(conn)
    .await?;
    read_heads(&heads)
}

/// Statements that write what `Unwritten` has: its three lists are ?1 to ?3. An error ends the transaction anyway: OR
/// ROLLBACK spares a copy of every page from before the statement.
macro_rules! writes {
    () => {
        "UPDATE OR ROLLBACK conversations SET seq = k.value ->> 1, rev = k.value ->> 2, \
                lower_sent = k.value ->> 3, higher_sent = k.value ->> 4 \
         FROM json_each(?1) k WHERE conversation = k.value ->> 0; \
         UPDATE OR ROLLBACK participants SET published_read_seq = read_seq \
         FROM json_each(?2) k \
         WHERE site = k.value ->> 0 AND user = k.value ->> 1 AND conversation = k.value ->> 2; \
         INSERT OR ROLLBACK INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, unhex(value ->> 5), \
                value ->> 6, value ->> 7 \
         FROM json_each(?3)"
    };
}

/// (site, conversation, seq, rev, sender, hex of client_message_id, text, sent_at)
type MessageRow = (i64, i64, Seq, Rev, i64, String, Arc<str>, i64);

/// What a batch changes, as the statements take it.
#[derive(Default)]
pub(super) struct Unwritten {
    /// (conversation, seq, rev, lower_sent, higher_sent)
    heads: Vec<(i64, i64, i64, i64, i64)>,
    /// (site, user, conversation) of marks to be published.
    marks: Vec<(i64, i64, i64)>,
    messages: Vec<MessageRow>,
}

impl Unwritten {
    fn add(&mut self, conversation: i64, message: &NewMessage, stored: &Message) {
        let (id, sender, site) = sent_key(message);
        let (text, id) = (message.text.clone(), id.simple().to_string());
        self.messages.push((site, conversation, stored.seq, stored.rev, sender, id, text, stored.sent_at));
    }

    /// The heads of conversations that have changed, and those that have not.
    fn heads(&mut self, heads: &HashMap<Key, Head>) {
        for ((site, ..), head) in heads {
            let sides = [&head.lower, &head.higher];
            if sides.iter().any(|side| side.publish) {
                self.heads.push((head.conversation, head.seq, head.rev, head.lower.sent, head.higher.sent));
            }
            let unpublished =
                sides.into_iter().filter(|side| side.publish && side.published_read_seq != side.read_seq);
            self.marks.extend(unpublished.map(|side| (*site, side.user, head.conversation)));
        }
    }

    /// Writes all of it, and, with `commit`, ends the transaction.
    pub(super) async fn write(&self, conn: &mut SqliteConnection, commit: bool) -> Result<()> {
        let sql = if commit { concat!(writes!(), "; COMMIT") } else { writes!() };
        sqlx::query(sql)
            .bind(json(&self.heads))
            .bind(json(&self.marks))
            .bind(json(&self.messages))
            .execute(conn)
            .await?;
        Ok(())
    }
}

fn json<T: serde::Serialize + ?Sized>(rows: &T) -> String {
    serde_json::to_string(rows).expect("numbers and strings have a JSON form")
}
