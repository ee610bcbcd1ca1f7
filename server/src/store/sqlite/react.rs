//! Reactions: each person's to a message, and what the message shows of all of them.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    Result, conversations,
    rows::{as_json, broken, message_columns, read, user as user_id},
    sql::Statements as _,
    users,
    writer::Write,
};
use crate::{
    conversation::{Message, Reaction},
    id::{ConversationId, Kind, Seq, SiteId, UserId, VerbId},
    store::{NewReaction, OwnReaction, Reacted, day_of},
    talk::rules,
};

/// As `TalkStore::react`.
pub(super) struct React {
    pub(super) site: SiteId,
    pub(super) conversation: ConversationId,
    pub(super) reactions: Vec<NewReaction>,
}

impl Write for React {
    type Done = (Vec<Reacted>, Vec<Message>, Seq);

    fn run(&self, conn: &Connection) -> Result<Self::Done> {
        let Some((number, head)) = conversations::find(conn, self.site, &self.conversation)? else {
            return Ok((vec![Reacted::NoSuchMessage; self.reactions.len()], Vec::new(), Seq(1)));
        };
        let mut outcomes = Vec::with_capacity(self.reactions.len());
        let (mut counts, mut changed) = (Counts::new(), Vec::new());
        for new in &self.reactions {
            // Nothing of the removed is stored after their removal.
            let outcome = if new.seq < head.first_seq || users::is_removed(conn, self.site, new.user)? {
                Reacted::NoSuchMessage
            } else {
                take(conn, number, new, head.rev.0 + 1, (&mut counts, &mut changed))?
            };
            outcomes.push(outcome);
            if self.conversation.kind() == Kind::Room && outcome == Reacted::Done {
                let joins = conversations::Joins { read: head.seq.0, seen: true, day: day_of(new.at) };
                conversations::join_room(conn, self.site, number, new.user, joins)?;
            }
        }
        let mut messages = Vec::with_capacity(changed.len());
        for (seq, rev) in changed.iter().zip(head.rev.0 + 1..) {
            let all = all(conn, number, *seq)?;
            put(conn, number, *seq, rev, &all)?;
            messages
                .push(message(conn, number, *seq)?.ok_or_else(|| broken("a message is there and is not"))?);
        }
        if let Some(last) = messages.last() {
            conn.change(
                "UPDATE conversations SET rev = ?2 WHERE conversation = ?1",
                params![number, last.rev.0],
            )?;
        }
        Ok((outcomes, messages, head.first_seq))
    }
}

/// Of the messages at hand: how many have reacted with each emoji. Read once, however many react at the same time.
type Counts = HashMap<i64, HashMap<Arc<str>, i64>>;

/// One of them: puts it in the place of what its person had there, unless the message would have too many.
fn take(
    conn: &Connection,
    number: i64,
    new: &NewReaction,
    rev: i64,
    (counts, changed): (&mut Counts, &mut Vec<i64>),
) -> Result<Reacted> {
    let row = message(conn, number, new.seq.0)?;
    let own = own(conn, number, new.seq.0, new.user)?;
    match rules::react(row.as_ref(), own.as_ref(), new) {
        rules::Reacts::NoSuchMessage => return Ok(Reacted::NoSuchMessage),
        rules::Reacts::Before => return Ok(Reacted::Done),
        rules::Reacts::Becomes => {}
    }
    let had = own.map(|own| own.emoji).unwrap_or_default();
    let of_message = match counts.entry(new.seq.0) {
        Entry::Occupied(counted) => counted.into_mut(),
        Entry::Vacant(place) => {
            let all = all(conn, number, new.seq.0)?;
            place.insert(all.into_iter().map(|reaction| (reaction.emoji, reaction.count)).collect())
        }
    };
    let mut after = of_message.clone();
    had.iter().for_each(|emoji| *after.entry(emoji.clone()).or_insert(0) -= 1);
    new.emoji.iter().for_each(|emoji| *after.entry(emoji.clone()).or_insert(0) += 1);
    after.retain(|_, count| *count > 0);
    if !rules::fits(after.len()) {
        return Ok(Reacted::TooMany);
    }
    *of_message = after;
    write(conn, number, new.seq.0, new.user, (new.id, &new.emoji), rev)?;
    if had != new.emoji && !changed.contains(&new.seq.0) {
        changed.push(new.seq.0);
    }
    Ok(Reacted::Done)
}

fn write(
    conn: &Connection,
    number: i64,
    seq: i64,
    user: UserId,
    (VerbId(id), emoji): (VerbId, &[Arc<str>]),
    rev: i64,
) -> Result<()> {
    let emoji = serde_json::to_string(emoji).expect("strings have a JSON form");
    conn.change(
        "INSERT INTO reactions (conversation, seq, user, verb_id, emoji, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET verb_id = ?4, emoji = ?5, \
                                   since = CASE WHEN emoji = '[]' THEN ?6 ELSE since END",
        params![number, seq, user.get(), id.as_bytes(), emoji, rev],
    )?;
    Ok(())
}

/// What the message shows of the reactions to it.
fn all(conn: &Connection, number: i64, seq: i64) -> Result<Vec<Reaction>> {
    let rows: Vec<(i64, String)> = conn.all(
        "SELECT user, emoji FROM reactions WHERE conversation = ?1 AND seq = ?2 AND emoji <> '[]' \
         ORDER BY since, user",
        params![number, seq],
    )?;
    let mut people: Vec<(UserId, Vec<Arc<str>>)> = Vec::with_capacity(rows.len());
    for (user, emoji) in rows {
        people.push((user_id(user)?, read(&emoji)?));
    }
    Ok(rules::fold(people.iter().map(|(user, emoji)| (*user, &emoji[..]))))
}

fn put(conn: &Connection, number: i64, seq: i64, rev: i64, all: &[Reaction]) -> Result<()> {
    conn.change(
        "UPDATE messages SET rev = ?3, reactions = ?4, changed = 1 WHERE conversation = ?1 AND seq = ?2",
        params![number, seq, rev, as_json(all)],
    )?;
    Ok(())
}

fn message(conn: &Connection, number: i64, seq: i64) -> Result<Option<Message>> {
    Ok(conn.maybe(
        concat!("SELECT ", message_columns!(), " FROM messages WHERE conversation = ?1 AND seq = ?2"),
        params![number, seq],
    )?)
}

fn own(conn: &Connection, number: i64, seq: i64, user: UserId) -> Result<Option<OwnReaction>> {
    let found: Option<([u8; 16], String)> = conn.maybe(
        "SELECT verb_id, emoji FROM reactions WHERE conversation = ?1 AND seq = ?2 AND user = ?3",
        params![number, seq, user.get()],
    )?;
    let own = |(id, emoji): ([u8; 16], String)| {
        Ok(OwnReaction { id: VerbId(Uuid::from_bytes(id)), emoji: read(&emoji)? })
    };
    found.map(own).transpose()
}

/// As `TalkStore::own_reaction`.
pub(super) fn own_reaction(
    conn: &Connection,
    site: SiteId,
    conversation: &ConversationId,
    Seq(seq): Seq,
    user: UserId,
) -> Result<Option<OwnReaction>> {
    let Some((number, _)) = conversations::find(conn, site, conversation)? else { return Ok(None) };
    own(conn, number, seq, user)
}

/// As `TalkStore::own_reactions`.
pub(super) fn own_reactions(
    conn: &Connection,
    site: SiteId,
    conversation: &ConversationId,
    user: UserId,
    seqs: &[Seq],
) -> Result<Vec<(Seq, Vec<Arc<str>>)>> {
    let Some((number, _)) = conversations::find(conn, site, conversation)? else { return Ok(Vec::new()) };
    let rows: Vec<(i64, String)> = conn.all(
        "SELECT r.seq, r.emoji FROM json_each(?3) k \
         CROSS JOIN reactions r ON r.conversation = ?1 AND r.seq = k.value AND r.user = ?2 \
         WHERE r.emoji <> '[]'",
        params![number, user.get(), serde_json::to_string(seqs).expect("numbers have a JSON form")],
    )?;
    rows.into_iter().map(|(seq, emoji)| Ok((Seq(seq), read(&emoji)?))).collect()
}

/// Takes all reactions of one person in a conversation whose rev is this; each message that they had reacted to gets the
/// next. The rev then.
pub(super) fn without(conn: &Connection, number: i64, user: UserId, mut rev: i64) -> Result<i64> {
    let seqs: Vec<(i64, bool)> = conn.all(
        "SELECT seq, emoji <> '[]' FROM reactions INDEXED BY reactions_user WHERE conversation = ?1 AND user = ?2 ORDER BY seq",
        params![number, user.get()],
    )?;
    if seqs.is_empty() {
        return Ok(rev);
    }
    conn.change(
        "DELETE FROM reactions INDEXED BY reactions_user WHERE conversation = ?1 AND user = ?2",
        params![number, user.get()],
    )?;
    for (seq, _) in seqs.into_iter().filter(|(_, shown)| *shown) {
        rev += 1;
        let all = all(conn, number, seq)?;
        put(conn, number, seq, rev, &all)?;
    }
    Ok(rev)
}
