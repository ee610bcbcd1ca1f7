//! Finding messages: by the index of words, and before it what is too new to be in it.
//!
//! The index is asked in some conversations at a time, those first in which something was said last: a page is full when
//! what is in it is newer than all that the others can have.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::{
    Result, conversations,
    index::{conversation_term, indexed},
    rows::{conversation, user as user_id},
    sql::Statements as _,
};
use crate::{
    id::{ConversationId, Seq, SiteId, UserId},
    store::{FIND_MOST, FindAsk, FindPage, FoundMessage, day_of},
};

/// Conversations that the index is asked of at once: for each step it looks at all of them.
const AT_ONCE: usize = 64;

/// Messages that are looked at for one page: in the index, and of those that are too new for it.
const LOOKED_MOST: usize = 2_000;
const NEW_MOST: i64 = 10_000;

/// A conversation, and what of it the user reads.
struct Theirs {
    number: i64,
    /// What was said last there was said on this day at the latest.
    day: i64,
    first: i64,
    last: i64,
    /// Of a direct one: the other person.
    other: Option<i64>,
}

/// A message that has what is sought.
struct Hit {
    message: i64,
    conversation: i64,
    seq: i64,
    sender: i64,
    sent_at: i64,
    text: String,
}

/// Of `messages`.
type Row = (i64, i64, i64, i64, i64, Option<String>);

/// As `FindStore::find`: from one moment.
pub(super) fn find(conn: &mut Connection, site: SiteId, user: UserId, ask: &FindAsk) -> Result<FindPage> {
    let tx = conn.transaction()?;
    if ask.sought.is_empty() || ask.limit == 0 {
        return Ok(FindPage::default());
    }
    let places = places(&tx, site, user, ask)?;
    let before = match &ask.before {
        Some((conversation, seq)) => number_of(&tx, site, conversation, *seq, &places)?,
        None => i64::MAX,
    };
    let by_number: HashMap<i64, &Theirs> = places.iter().map(|place| (place.number, place)).collect();
    let mut page = Page { conn: &tx, ask, places: by_number, before, hits: Vec::new(), end: None };
    page.newest()?;
    for some in places.chunks(AT_ONCE) {
        if page.is_newer_than(some[0].day) {
            break;
        }
        page.indexed(some)?;
    }
    page.told(site)
}

struct Page<'a> {
    conn: &'a Connection,
    ask: &'a FindAsk,
    places: HashMap<i64, &'a Theirs>,
    before: i64,
    /// Newest first.
    hits: Vec<Hit>,
    /// Of those that were looked at and that there were too many of, the oldest: what is before it is for the next page.
    end: Option<i64>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.hits.len() > self.ask.limit
    }

    /// Whether the page is full of what is newer than a day.
    fn is_newer_than(&self, day: i64) -> bool {
        self.hits.get(self.ask.limit).is_some_and(|hit| day_of(hit.sent_at) > day)
    }

    /// What is not in the index yet.
    fn newest(&mut self) -> Result<()> {
        let mut hits = Vec::new();
        self.conn.walk(
            "SELECT message, conversation, seq, sender, sent_at, text FROM messages \
             WHERE message > ?1 AND message < ?2 ORDER BY message DESC LIMIT ?3",
            params![indexed(self.conn)?, self.before, NEW_MOST],
            |row| {
                hits.extend(self.hit(row));
                Ok(hits.len() <= self.ask.limit)
            },
        )?;
        self.hits = hits;
        Ok(())
    }

    /// What the index has of these.
    fn indexed(&mut self, some: &[Theirs]) -> Result<()> {
        let (mut hits, mut looked, mut last) = (Vec::new(), 0, self.before);
        self.conn.walk(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC",
            params![query(some, self.ask), self.before],
            |(message,): (i64,)| {
                let row: Option<Row> = self.conn.maybe(
                    "SELECT message, conversation, seq, sender, sent_at, text FROM messages WHERE message = ?1",
                    params![message],
                )?;
                hits.extend(row.and_then(|row| self.hit(row)));
                (looked, last) = (looked + 1, message);
                Ok(hits.len() <= self.ask.limit && looked < LOOKED_MOST)
            },
        )?;
        if looked == LOOKED_MOST {
            self.end = self.end.max(Some(last));
        }
        self.hits.extend(hits);
        self.hits.sort_by_key(|hit| std::cmp::Reverse(hit.message));
        self.hits.truncate(self.ask.limit + 1);
        Ok(())
    }

    /// The message, where it is theirs to find.
    fn hit(&self, (message, conversation, seq, sender, sent_at, text): Row) -> Option<Hit> {
        let place = self.places.get(&conversation)?;
        let text = text.filter(|text| self.ask.sought.is_in(text))?;
        let is_read = (place.first..=place.last).contains(&seq);
        let is_without = place.other.is_none() && self.ask.without.iter().any(|user| user.get() == sender);
        (is_read && !is_without).then_some(Hit { message, conversation, seq, sender, sent_at, text })
    }

    fn told(mut self, site: SiteId) -> Result<FindPage> {
        if let Some(end) = self.end {
            self.hits.retain(|hit| hit.message >= end);
        }
        let is_full = self.is_full();
        self.hits.truncate(self.ask.limit);
        let found: Vec<FoundMessage> =
            self.hits.iter().map(|hit| self.one(site, hit)).collect::<Result<_>>()?;
        let last = found.last().map(|found| (found.conversation.clone(), found.seq));
        let next = if is_full {
            last
        } else if let Some(end) = self.end {
            let (name, seq): (String, i64) = self.conn.one(
                "SELECT c.name, m.seq FROM messages m JOIN conversations c ON c.conversation = m.conversation \
                 WHERE m.message = ?1",
                params![end],
            )?;
            Some((conversation(&name)?, Seq(seq)))
        } else {
            None
        };
        Ok(FindPage { found, next })
    }

    /// With what its author and its conversation are called.
    fn one(&self, site: SiteId, hit: &Hit) -> Result<FoundMessage> {
        let (id, title): (String, Option<String>) = self.conn.one(
            "SELECT name, title FROM conversations WHERE conversation = ?1",
            params![hit.conversation],
        )?;
        let name = |user: i64| -> Result<String> {
            let name: Option<(Option<String>,)> = self
                .conn
                .maybe("SELECT name FROM users WHERE site = ?1 AND user = ?2", params![site.0, user])?;
            Ok(name.and_then(|(name,)| name).unwrap_or_default())
        };
        let title = match self.places.get(&hit.conversation).and_then(|place| place.other) {
            Some(other) => Some(name(other)?).filter(|name| !name.is_empty()),
            None => title,
        };
        Ok(FoundMessage {
            conversation: conversation(&id)?,
            title: title.map(Into::into),
            seq: Seq(hit.seq),
            sender: user_id(hit.sender)?,
            name: name(hit.sender)?.into(),
            sent_at: hit.sent_at,
            text: hit.text.as_str().into(),
        })
    }
}

/// What the index is asked: one of the conversations, and all of the terms.
fn query(some: &[Theirs], ask: &FindAsk) -> String {
    let places: Vec<String> =
        some.iter().map(|place| format!("\"{}\"", conversation_term(place.number))).collect();
    let terms: Vec<String> = ask.sought.asked().iter().map(|term| format!("\"{term}\"")).collect();
    format!("({}) AND {}", places.join(" OR "), terms.join(" AND "))
}

/// Where the user may find something, those first in which something was said last.
fn places(conn: &Connection, site: SiteId, user: UserId, ask: &FindAsk) -> Result<Vec<Theirs>> {
    let only = match &ask.only {
        Some(only) => match conversations::find(conn, site, only)? {
            Some((number, _)) => Some(number),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    type Part = (i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let parts: Vec<Part> = conn.all(
        "SELECT conversation, abs(day), other, first_seq, left_seq, lost_seq FROM participants \
         WHERE site = ?1 AND user = ?2 AND kind IN (1, 2) AND (?3 IS NULL OR conversation = ?3)",
        params![site.0, user.get(), only],
    )?;
    let mut places: Vec<Theirs> = parts
        .into_iter()
        .map(|(number, day, other, first, left, lost)| Theirs {
            number,
            day,
            first: first.unwrap_or(1),
            last: left.into_iter().chain(lost).min().unwrap_or(i64::MAX),
            other,
        })
        .collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.day));
    places.truncate(FIND_MOST);
    let rooms: Vec<String> = ask.rooms.iter().map(ToString::to_string).collect();
    let rooms: Vec<(i64,)> = conn.all(
        "SELECT c.conversation FROM json_each(?2) k CROSS JOIN conversations c ON c.site = ?1 AND c.name = k.value \
         WHERE ?3 IS NULL OR c.conversation = ?3",
        params![site.0, serde_json::to_string(&rooms).expect("strings have a JSON form"), only],
    )?;
    // Whatever was said in a room may be of today.
    let rooms = rooms.into_iter();
    let rooms =
        rooms.map(|(number,)| Theirs { number, day: i64::MAX, first: 1, last: i64::MAX, other: None });
    Ok(rooms.chain(places).collect())
}

/// A message's number, where it is one of theirs; else all of them are before it.
fn number_of(
    conn: &Connection,
    site: SiteId,
    conversation: &ConversationId,
    Seq(seq): Seq,
    places: &[Theirs],
) -> Result<i64> {
    let Some((number, _)) = conversations::find(conn, site, conversation)? else { return Ok(i64::MAX) };
    if !places.iter().any(|place| place.number == number) {
        return Ok(i64::MAX);
    }
    let message: Option<(i64,)> = conn
        .maybe("SELECT message FROM messages WHERE conversation = ?1 AND seq = ?2", params![number, seq])?;
    Ok(message.map_or(i64::MAX, |(message,)| message))
}
