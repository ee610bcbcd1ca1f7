//! What was promised to whom, and whether it was kept.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use gchat::{id::ConversationId, store::Message};
use uuid::Uuid;

use crate::world::Faults;

/// One message as its sender has it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) device: usize,
    pub(crate) conversation: ConversationId,
    pub(crate) text: String,
    /// The seq of every ack that came.
    pub(crate) acks: Vec<i64>,
    /// Frames that carried it.
    pub(crate) tries: usize,
}

/// What one device has shown of a conversation, in the order in which it did.
pub(crate) type Shown = Vec<(i64, Uuid)>;

/// Everything that devices were told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) sent: HashMap<Uuid, Sent>,
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
    pub(crate) gaps: u64,
    pub(crate) fetches: u64,
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
        self.gaps += other.gaps;
        self.fetches += other.fetches;
        self.failures += other.failures;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
    }

    /// What these worlds are there for has really happened in them.
    pub(crate) fn must_have_met(&self, faults: Faults) {
        assert!(self.messages > 3 * self.worlds, "hardly anybody wrote: {self}");
        if self.worlds < 100 {
            return; // one world may be a quiet one
        }
        assert!(!faults.network || self.cuts > self.worlds / 2, "hardly a cut: {self}");
        assert!(!faults.crashes || self.crashes > self.worlds / 2, "hardly a crash: {self}");
        assert!(!faults.store || self.failures > self.worlds / 2, "hardly a failure: {self}");
        let rough = faults.network || faults.crashes;
        assert!(
            !rough || (self.repeats > self.worlds / 4 && self.gaps > self.worlds / 4),
            "too smooth: {self}"
        );
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages acknowledged, {} connects, {} sends repeated, {} gaps on resuming, {} histories, \
             {} failures told, {} crashes and restarts, {} cuts",
            self.messages,
            self.connects,
            self.repeats,
            self.gaps,
            self.fetches,
            self.failures,
            self.crashes,
            self.cuts
        )
    }
}

/// One conversation as the store has it, against what was promised.
pub(crate) fn conversation(ledger: &Ledger, id: ConversationId, stored: &[Message]) -> Result<(), String> {
    let mut of_device: HashMap<usize, Vec<Uuid>> = HashMap::new();
    for (index, message) in stored.iter().enumerate() {
        let seq = index as i64 + 1;
        if message.seq.0 != seq {
            return Err(format!("{id}: seq {} stands in the place of {seq}", message.seq.0));
        }
        let uuid = message.client_message_id.ok_or("a message without its id")?.0;
        let sent = ledger.sent.get(&uuid).ok_or_else(|| format!("{id}: {uuid} was never sent"))?;
        if sent.conversation != id || message.text.as_deref() != Some(&*sent.text) {
            return Err(format!("{id}: seq {seq} is not what was sent: {message:?}, {sent:?}"));
        }
        if let Some(other) = sent.acks.iter().find(|ack| **ack != seq) {
            return Err(format!("{id}: {uuid} is seq {seq}, but was acknowledged as {other}"));
        }
        of_device.entry(sent.device).or_default().push(uuid);
    }
    for (device, uuids) in of_device {
        // Ids are made in the order of writing, and a conversation's messages go out one after another.
        if !uuids.is_sorted() {
            return Err(format!("{id}: the messages of device {device} are not in their order"));
        }
    }
    Ok(())
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
    for (uuid, sent) in &ledger.sent {
        match times.get(uuid) {
            Some(1) => {}
            Some(n) => return Err(format!("{uuid} is stored {n} times")),
            None if sent.acks.is_empty() => return Err(format!("{uuid} was never acknowledged")),
            None => return Err(format!("{uuid} was acknowledged as {:?} and is lost", sent.acks)),
        }
    }
    Ok(())
}

/// What a device shows of a conversation is the store's end of it.
pub(crate) fn shown(
    device: usize,
    id: ConversationId,
    shown: &Shown,
    stored: &[Message],
) -> Result<(), String> {
    let wanted: Shown = stored.iter().filter_map(|m| Some((m.seq.0, m.client_message_id?.0))).collect();
    if *shown != wanted {
        return Err(format!("device {device} shows {shown:?} of {id}, the store has {wanted:?}"));
    }
    Ok(())
}
