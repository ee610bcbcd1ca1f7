//! What was promised to whom, and whether it was kept.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use gchat::{
    conversation::{DeletedBy, Message},
    id::ConversationId,
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
    /// For good: the message was there no more.
    pub(crate) refused: bool,
    /// Frames that carried it.
    pub(crate) tries: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Sent { reply_to: Option<i64> },
    Edited { seq: i64 },
    Deleted { seq: i64 },
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
    /// By device: nothing more to send.
    pub(crate) idle: Vec<bool>,
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
            "{} messages and {} verbs acknowledged, {} connects, {} tries repeated, {} conversations resumed, \
             {} questions, {} events late, twice or never, {} failures told, {} crashes and restarts, {} cuts",
            self.messages,
            self.verbs,
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
        if sent.conversation != *id || sent.deed != (Deed::Sent { reply_to }) {
            return Err(format!("{id}: seq {seq} is not what was sent: {message:?}, {sent:?}"));
        }
        if let Some(other) = sent.acks.iter().find(|ack| **ack != seq) {
            return Err(format!("{id}: {uuid} is seq {seq}, but was acknowledged as {other}"));
        }
        text(ledger, id, message, sent)?;
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
    if message.text.is_none() != (message.deleted == Some(DeletedBy::Author)) {
        return wrong("is half a stub");
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
            (Deed::Sent { .. }, Some(n)) => return Err(format!("{uuid} is stored {n} times")),
            (_, None) if asked.acks.is_empty() && !asked.refused => {
                return Err(format!("{uuid} was never answered"));
            }
            (Deed::Sent { .. }, None) => {
                return Err(format!("{uuid} was acknowledged as {:?} and is lost", asked.acks));
            }
            (Deed::Edited { seq } | Deed::Deleted { seq }, _) if asked.acks.iter().any(|ack| *ack != seq) => {
                return Err(format!("{uuid} was about {seq}, and acknowledged as {:?}", asked.acks));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a device shows of a conversation is what the store has, and so what a new client would be shown.
pub(crate) fn shown(
    device: usize,
    id: &ConversationId,
    shown: &Shown,
    stored: &[Message],
) -> Result<(), String> {
    let plain = |message: &Message| (message.seq.0, serde_json::to_value(message).unwrap_or_default());
    let wanted: Shown = stored.iter().map(plain).collect();
    if *shown != wanted {
        return Err(format!("device {device} shows {shown:?} of {id}, the store has {wanted:?}"));
    }
    Ok(())
}
