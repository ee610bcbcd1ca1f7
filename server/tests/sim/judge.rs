//! What was promised to whom, and whether it was kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use gchat::{
    conversation::{DeletedBy, Message, System},
    id::{ConversationId, UserId},
    store::{Group, OwnReaction},
};
use serde_json::Value;
use uuid::Uuid;

use crate::world::Faults;

/// What somebody has asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) device: usize,
    pub(crate) conversation: ConversationId,
    pub(crate) deed: Deed,
    pub(crate) text: String,
    /// The seq of every ack that came.
    pub(crate) acks: Vec<i64>,
    /// For good: the message was there no more, or it was not theirs to do any more.
    pub(crate) refused: bool,
    /// How often it was tried.
    pub(crate) tries: usize,
    /// Once it went out twice: one may be refused and the other not.
    pub(crate) doubled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Sent {
        reply_to: Option<i64>,
    },
    Edited {
        seq: i64,
    },
    Deleted {
        seq: i64,
    },
    Reacted {
        seq: i64,
        user: UserId,
        emoji: &'static [&'static str],
    },
    /// Something happens in a group or room.
    Noted,
}

/// What one device shows of a conversation in the end, by seq.
pub(crate) type Shown = BTreeMap<i64, Value>;

/// Everything that devices were told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) asked: HashMap<Uuid, Asked>,
    /// Made so far.
    pub(crate) ids: u64,
    /// By device.
    pub(crate) shown: Vec<BTreeMap<ConversationId, Shown>>,
    /// By device: every message that it was ever told, by seq.
    pub(crate) told: Vec<BTreeMap<ConversationId, BTreeSet<i64>>>,
    /// Those who were put out of the course for good, and the end of the room when they must have been out of that.
    pub(crate) out: BTreeMap<UserId, i64>,
    /// By device: nothing more to send.
    pub(crate) idle: Vec<bool>,
    /// By device: what it does not hold as it is, once it is idle.
    pub(crate) waits_for: Vec<Vec<ConversationId>>,
    /// By device: all entries of its person's list in the end, archived or not.
    pub(crate) lists: Vec<Vec<Value>>,
    /// What people have set of a conversation last, as they were answered; nothing where an answer was lost for good.
    pub(crate) flags: BTreeMap<(UserId, ConversationId), Option<Value>>,
    /// What must not have happened.
    pub(crate) complaints: Vec<String>,
    pub(crate) totals: Totals,
}

/// How much has happened: a simulation in which nothing went wrong proves nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) worlds: u64,
    pub(crate) messages: u64,
    pub(crate) connects: u64,
    pub(crate) repeats: u64,
    pub(crate) verbs: u64,
    pub(crate) reactions: u64,
    /// Of groups and rooms.
    pub(crate) notes: u64,
    /// That were answered.
    pub(crate) flags: u64,
    pub(crate) refusals: u64,
    pub(crate) missed: u64,
    pub(crate) questions: u64,
    /// That came late, twice or never.
    pub(crate) events: u64,
    pub(crate) failures: u64,
    pub(crate) crashes: u64,
    pub(crate) cuts: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.worlds += 1;
        self.messages += other.messages;
        self.connects += other.connects;
        self.repeats += other.repeats;
        self.verbs += other.verbs;
        self.reactions += other.reactions;
        self.notes += other.notes;
        self.flags += other.flags;
        self.refusals += other.refusals;
        self.missed += other.missed;
        self.questions += other.questions;
        self.events += other.events;
        self.failures += other.failures;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
    }

    /// What these worlds are there for has really happened in them.
    pub(crate) fn must_have_met(&self, faults: Faults) {
        assert!(self.messages > 3 * self.worlds, "hardly anybody wrote: {self}");
        assert!(self.verbs > self.worlds, "hardly anybody edited or deleted: {self}");
        if self.worlds < 100 {
            return; // one world may be a quiet one
        }
        assert!(self.reactions > self.worlds / 2, "hardly anybody reacted: {self}");
        assert!(self.notes > self.worlds / 2, "hardly anything happened in groups and rooms: {self}");
        assert!(self.flags > self.worlds / 4, "hardly anybody pinned, archived or muted: {self}");
        assert!(!faults.network || self.cuts > self.worlds / 2, "hardly a cut: {self}");
        assert!(!faults.crashes || self.crashes > self.worlds / 2, "hardly a crash: {self}");
        assert!(!faults.store || self.failures > self.worlds / 2, "hardly a failure: {self}");
        assert!(!faults.bus || self.events > self.worlds, "a bus without faults: {self}");
        let rough = faults.network || faults.crashes;
        assert!(
            !rough || (self.repeats > self.worlds / 4 && self.missed > self.worlds / 4),
            "too smooth: {self}"
        );
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages, {} verbs, {} reactions and {} notes acknowledged, {} flags set, {} refused, {} connects, {} tries repeated, {} conversations resumed, \
             {} questions, {} events late, twice or never, {} failures told, {} crashes and restarts, {} cuts",
            self.messages,
            self.verbs,
            self.reactions,
            self.notes,
            self.flags,
            self.refusals,
            self.connects,
            self.repeats,
            self.missed,
            self.questions,
            self.events,
            self.failures,
            self.crashes,
            self.cuts
        )
    }
}

/// One conversation as the store has it, against what was asked.
pub(crate) fn conversation(ledger: &Ledger, id: &ConversationId, stored: &[Message]) -> Result<(), String> {
    let mut of_device: HashMap<usize, Vec<Uuid>> = HashMap::new();
    for (index, message) in stored.iter().enumerate() {
        let seq = index as i64 + 1;
        if message.seq.0 != seq {
            return Err(format!("{id}: seq {} stands in the place of {seq}", message.seq.0));
        }
        let uuid = message.client_message_id.ok_or("a message without its id")?.0;
        let sent = ledger.asked.get(&uuid).ok_or_else(|| format!("{id}: {uuid} was never sent"))?;
        let reply_to = message.reply_to.map(|seq| seq.0);
        let deed = if message.system.is_some() { Deed::Noted } else { Deed::Sent { reply_to } };
        if sent.conversation != *id || sent.deed != deed {
            return Err(format!("{id}: seq {seq} is not what was sent: {message:?}, {sent:?}"));
        }
        // What was so already is answered with the head, and nothing is said of it: its copy may find it otherwise.
        let was_so = |ack: i64| deed == Deed::Noted && sent.doubled && ack < seq;
        if let Some(other) = sent.acks.iter().find(|ack| **ack != seq && !was_so(**ack)) {
            return Err(format!("{id}: {uuid} is seq {seq}, but was acknowledged as {other}"));
        }
        if sent.refused && !sent.doubled {
            return Err(format!("{id}: {uuid} was refused for good, and is seq {seq}"));
        }
        if deed != Deed::Noted {
            text(ledger, id, message, sent)?;
        }
        of_device.entry(sent.device).or_default().push(uuid);
    }
    let mut revs: Vec<i64> = stored.iter().map(|message| message.rev.0).collect();
    revs.sort_unstable();
    revs.dedup();
    if revs.len() != stored.len() {
        return Err(format!("{id}: two messages have one rev"));
    }
    for (device, uuids) in of_device {
        // Ids are made in the order of writing, and a conversation's messages go out one after another.
        if !uuids.is_sorted() {
            return Err(format!("{id}: the messages of device {device} are not in their order"));
        }
    }
    Ok(())
}

/// A message says what was sent, or what the highest edit said, or nothing where it was deleted.
fn text(ledger: &Ledger, id: &ConversationId, message: &Message, sent: &Asked) -> Result<(), String> {
    let seq = message.seq.0;
    let wrong = |why: &str| Err(format!("{id}: seq {seq} {why}: {message:?}"));
    let verbs = ledger.asked.iter().filter(|(_, asked)| asked.conversation == *id);
    let deletes: Vec<_> = verbs.clone().filter(|(_, asked)| asked.deed == Deed::Deleted { seq }).collect();
    let edits: Vec<_> = verbs.filter(|(_, asked)| asked.deed == Deed::Edited { seq }).collect();
    if message.text.is_none() != message.deleted.is_some() {
        return wrong("is half a stub");
    }
    if message.deleted == Some(DeletedBy::Moderator) && id.room().is_none() {
        return wrong("was deleted by somebody else");
    }
    if message.deleted.is_some() {
        return if deletes.is_empty() { wrong("was deleted by nobody") } else { Ok(()) };
    }
    if deletes.iter().any(|(_, asked)| !asked.acks.is_empty()) {
        return wrong("was acknowledged as deleted");
    }
    let applied = message.verb_id.map(|verb| verb.0);
    if edits.iter().any(|(verb, asked)| !asked.acks.is_empty() && Some(**verb) > applied) {
        return wrong("was acknowledged as edited later");
    }
    let says = match applied {
        None => Some(&sent.text),
        Some(verb) => edits.iter().find(|(id, _)| **id == verb).map(|(_, asked)| &asked.text),
    };
    if says.map(|text| &**text) == message.text.as_deref() { Ok(()) } else { wrong("says something else") }
}

/// Everything acknowledged is in the store, once.
pub(crate) fn acknowledged(
    ledger: &Ledger,
    stored: &BTreeMap<ConversationId, Vec<Message>>,
) -> Result<(), String> {
    let mut times: HashMap<Uuid, usize> = HashMap::new();
    for message in stored.values().flatten() {
        *times.entry(message.client_message_id.ok_or("a message without its id")?.0).or_default() += 1;
    }
    for (uuid, asked) in &ledger.asked {
        match (asked.deed, times.get(uuid)) {
            (Deed::Sent { .. }, Some(1)) => {}
            (Deed::Sent { .. }, None) if asked.refused && asked.acks.is_empty() => {}
            (Deed::Noted, None | Some(1)) if asked.refused || !asked.acks.is_empty() => {}
            (Deed::Sent { .. }, Some(n)) => return Err(format!("{uuid} is stored {n} times")),
            (_, None) if asked.acks.is_empty() && !asked.refused => {
                return Err(format!("{uuid} was never answered"));
            }
            (Deed::Sent { .. }, None) => {
                return Err(format!("{uuid} was acknowledged as {:?} and is lost", asked.acks));
            }
            (Deed::Edited { seq } | Deed::Deleted { seq } | Deed::Reacted { seq, .. }, _)
                if asked.acks.iter().any(|ack| *ack != seq) =>
            {
                return Err(format!("{uuid} was about {seq}, and acknowledged as {:?}", asked.acks));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Of each person's reactions to a message those with the highest id count that was acknowledged, or a higher one; and the
/// message shows all of them.
pub(crate) fn reactions(
    ledger: &Ledger,
    stored: &BTreeMap<ConversationId, Vec<Message>>,
    kept: &[(ConversationId, i64, UserId, OwnReaction)],
) -> Result<(), String> {
    let mut counts: BTreeMap<(&ConversationId, i64, &str), BTreeSet<UserId>> = BTreeMap::new();
    for (id, seq, user, own) in kept {
        let asked = ledger.asked.get(&own.id.0).filter(|asked| asked.conversation == *id);
        let emoji: Vec<&str> = own.emoji.iter().map(|emoji| &**emoji).collect();
        match asked.map(|asked| asked.deed) {
            Some(Deed::Reacted { seq: at, user: who, emoji: wanted })
                if (at, who, wanted) == (*seq, *user, &emoji[..]) => {}
            _ => return Err(format!("{id}: {user} has not reacted so to {seq}: {own:?}, {asked:?}")),
        }
        for emoji in emoji {
            counts.entry((id, *seq, emoji)).or_default().insert(*user);
        }
    }
    for (uuid, asked) in ledger.asked.iter().filter(|(_, asked)| !asked.acks.is_empty()) {
        let Deed::Reacted { seq, user, .. } = asked.deed else { continue };
        let message = stored.get(&asked.conversation).and_then(|messages| messages.get(seq as usize - 1));
        let is_there = message.is_some_and(|message| !message.is_stub());
        let found = kept.iter().find(|(id, at, who, _)| (id, *at, *who) == (&asked.conversation, seq, user));
        if is_there && found.is_none_or(|(.., own)| own.id.0 < *uuid) {
            return Err(format!("{uuid} was acknowledged, and is not so: {asked:?}, {found:?}"));
        }
    }
    for (id, message) in stored.iter().flat_map(|(id, all)| all.iter().map(move |message| (id, message))) {
        let shown = message.reactions.iter().map(|r| ((id, message.seq.0, &*r.emoji), r));
        for (key, reaction) in shown {
            let users: BTreeSet<UserId> = reaction.users.iter().copied().collect();
            if counts.remove(&key).as_ref() != Some(&users) || reaction.count as usize != users.len() {
                return Err(format!("{id}: {} shows what nobody has done: {reaction:?}", message.seq.0));
            }
        }
    }
    match counts.into_iter().next() {
        Some(lost) => Err(format!("a reaction is not shown: {lost:?}")),
        None => Ok(()),
    }
}

/// What somebody may have been told of a group: between their coming and their going, each time, and not after they lost
/// its course for good.
fn may_have_read(user: UserId, stored: &[Message], group: &Group) -> BTreeSet<i64> {
    let (mut may, mut is_in) = (BTreeSet::new(), false);
    for message in stored {
        let is_one = |users: &[UserId]| users.contains(&user);
        let mut leaves = false;
        match &message.system {
            Some(System::Made { users, .. }) => is_in = message.sender == user || is_one(users),
            Some(System::Added { users }) => is_in |= is_one(users),
            Some(System::Removed { users }) => leaves = is_one(users),
            Some(System::Left) => leaves = message.sender == user,
            _ => {}
        }
        let lost = group.part(user).and_then(|part| part.lost);
        let has_lost = lost.is_some_and(|lost| message.seq > lost);
        // Whoever leaves when they have lost the course is told that they have.
        if is_in && (!has_lost || message.sender == user) {
            may.insert(message.seq.0);
        }
        is_in &= !leaves;
    }
    may
}

/// Nobody was ever told a message that they may not read.
pub(crate) fn told(
    device: usize,
    user: UserId,
    (ledger, id): (&Ledger, &ConversationId),
    told: &BTreeSet<i64>,
    (stored, group): (&[Message], Option<&Group>),
) -> Result<(), String> {
    let beyond: Vec<i64> = match (id, group) {
        (ConversationId::Direct(two), _) if two.other(user).is_some() => return Ok(()),
        (ConversationId::Group(_), Some(group)) => {
            let may = may_have_read(user, stored, group);
            told.difference(&may).copied().collect()
        }
        (ConversationId::Room(_), _) => {
            let end = ledger.out.get(&user).copied().unwrap_or(i64::MAX);
            told.iter().copied().filter(|seq| *seq > end).collect()
        }
        _ => told.iter().copied().collect(),
    };
    if beyond.is_empty() {
        return Ok(());
    }
    let part = group.and_then(|group| group.part(user));
    Err(format!(
        "device {device} of {user} was told {beyond:?} of {id}, which is not theirs: {part:?}, {stored:?}"
    ))
}

/// What a device shows of a conversation is what the store has, as far as this person reads, and so what a new client would
/// be shown.
pub(crate) fn shown(
    device: usize,
    user: UserId,
    id: &ConversationId,
    shown: &Shown,
    (stored, group): (&[Message], Option<&Group>),
) -> Result<(), String> {
    let part = group.and_then(|group| group.part(user));
    let reads = |seq: i64| part.is_none_or(|part| (part.first.0..=part.last().0).contains(&seq));
    let plain = |message: &Message| (message.seq.0, serde_json::to_value(message).unwrap_or_default());
    let wanted: Shown = stored.iter().map(plain).filter(|(seq, _)| reads(*seq)).collect();
    let (mut rows, mut own) = (Shown::new(), Vec::new());
    for (seq, row) in shown.iter().filter(|(seq, _)| reads(**seq)) {
        let mut row = row.clone();
        let fields = row.as_object_mut().ok_or("a message is an object")?;
        let (mine, personal) = (fields.remove("mine"), fields.remove("personal"));
        if personal == Some(Value::Bool(true)) {
            own.push((*seq, mine.unwrap_or_else(|| Value::Array(Vec::new()))));
        } else if mine.is_some() {
            return Err(format!("device {device} was told of others what is theirs alone: {id} {seq}"));
        }
        rows.insert(*seq, row);
    }
    if rows != wanted {
        let all: BTreeSet<i64> = rows.keys().chain(wanted.keys()).copied().collect();
        let other = all.iter().filter(|seq| rows.get(*seq) != wanted.get(*seq));
        let other: Vec<_> = other.map(|seq| (seq, rows.get(seq), wanted.get(seq))).collect();
        return Err(format!(
            "device {device} of {user} shows something else of {id} than is stored: {other:?}, {part:?}"
        ));
    }
    for (seq, mine) in own {
        let mine: BTreeSet<&str> = mine.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let all = stored.iter().filter(|message| message.seq.0 == seq).flat_map(|message| &message.reactions);
        let theirs: BTreeSet<&str> = all.filter(|r| r.users.contains(&user)).map(|r| &*r.emoji).collect();
        if mine != theirs {
            return Err(format!(
                "device {device} takes {mine:?} for its own at {id} {seq}: it is {theirs:?}"
            ));
        }
    }
    Ok(())
}
