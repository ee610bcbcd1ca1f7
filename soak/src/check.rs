//! The checker: judges a history by the rules of delivery.
//!
//! Pure: events in, verdict out. The store is what the last honest reader found (`What::Stored`). Each fault names the
//! rule that it breaks and the line of the log at which that shows.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use gchat_wire::Conversation;
use uuid::Uuid;

use crate::history::{ClientId, Event, Said, What};

mod store;
#[cfg(test)]
mod tests;
use store::Store;

/// Faults that are told in full; the rest are only counted.
const TOLD: usize = 50;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// What was acknowledged, delivered or displayed is in the store.
    Lost,
    /// A message is in the store once, whether it was acknowledged or timed out; and is displayed once.
    Doubled,
    /// Each client's messages of one conversation are stored in the order in which they were written, and displayed in
    /// the order of the store.
    Reordered,
    /// The store's seq are 1, 2, 3 … without gaps.
    StoreGap,
    /// A display has no gaps.
    DisplayGap,
    /// Acks, deliveries, displays and the store say the same of a message.
    Differs,
    /// Nothing is stored that nobody wrote, and nothing is answered that was not asked.
    Stranger,
    /// What was refused for good is not stored, nor acknowledged.
    Contradiction,
    /// Read marks rise, and never pass the head.
    ReadMark,
    /// Nothing that was written after a revocation was answered reaches the revoked.
    Revoked,
    /// A client that says it holds everything does.
    Incomplete,
    /// No copy is dropped without a reason.
    Reset,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which.
    pub rule: Rule,
    /// The line of the log, from 1; 0: seen at the end.
    pub line: usize,
    /// In words.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, line {}: {}", self.rule, self.line, self.what)
    }
}

/// What the checker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages that were acknowledged.
    pub acked: u64,
    /// Messages in the store.
    pub stored: u64,
    /// Displays, over all clients.
    pub displayed: u64,
    /// Final refusals.
    pub refused: u64,
    /// How often the server was killed.
    pub kills: u64,
    /// How often each rule was broken.
    pub broken: BTreeMap<Rule, u64>,
    /// The first of the faults.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Whether every rule held.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// How often a rule was broken.
    pub fn count(&self, rule: Rule) -> u64 {
        self.broken.get(&rule).copied().unwrap_or(0)
    }

    fn fault(&mut self, rule: Rule, line: usize, what: String) {
        *self.broken.entry(rule).or_default() += 1;
        if self.faults.len() < TOLD {
            self.faults.push(Fault { rule, line, what });
        }
    }
}

impl fmt::Display for Verdict {
    /// The last line of `make soak`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, doubled, reordered] =
            [Rule::Lost, Rule::Doubled, Rule::Reordered].map(|rule| self.count(rule));
        let (acked, kills) = (self.acked, self.kills);
        write!(f, "acked {acked}, lost {lost}, doubled {doubled}, reordered {reordered}, kills {kills}")
    }
}

/// Judges a history.
pub fn check(history: &[Event]) -> Verdict {
    let mut verdict = Verdict::default();
    let store = Store::of(history, &mut verdict);
    let mut judge = Judge { verdict, store, ..Judge::default() };
    for (n, event) in history.iter().enumerate() {
        judge.see(n + 1, event);
    }
    judge.end()
}

/// A message from its invoke on.
struct Written {
    client: ClientId,
    line: usize,
    acked: Option<u64>,
    refused: bool,
}

/// What one client shows of one conversation.
#[derive(Default)]
struct Shown {
    last: u64,
    /// Passed over by a gap.
    skipped: HashSet<u64>,
}

#[derive(Default)]
struct Judge {
    verdict: Verdict,
    store: Store,
    users: HashMap<ClientId, u64>,
    written: HashMap<Uuid, Written>,
    /// Invokes so far.
    count: HashMap<Conversation, u64>,
    /// The highest stored seq among a client's messages so far.
    sent: HashMap<(ClientId, Conversation), u64>,
    shown: HashMap<(ClientId, Conversation), Shown>,
    marks: HashMap<(ClientId, Conversation, u64), u64>,
    /// Since which line.
    revoked: HashMap<u64, usize>,
    voided: bool,
    drained: HashSet<ClientId>,
}

impl Judge {
    fn see(&mut self, line: usize, event: &Event) {
        let client = event.client;
        match &event.what {
            What::Client { user } => drop(self.users.insert(client, *user)),
            What::Invoke { id, conversation, text } => self.invoke(line, client, *id, *conversation, *text),
            What::Ack { id, conversation, seq } => self.ack(line, client, *id, *conversation, *seq),
            What::Refusal { id, code } => self.refusal(line, client, *id, code),
            // It may be in the store once or not at all: `Store::of` has seen to "once".
            What::Timeout { .. } | What::Stored { .. } => {}
            What::Deliver { conversation, message } => self.deliver(line, client, *conversation, message),
            What::Display { conversation, message } => self.display(line, client, *conversation, message),
            What::Read { conversation, user, seq } => self.read(line, client, *conversation, *user, *seq),
            What::Reset { conversation } => {
                self.shown.remove(&(client, *conversation));
                if !self.voided {
                    let what = format!("client {client} had to drop its copy of {conversation}");
                    self.verdict.fault(Rule::Reset, line, what);
                }
            }
            What::Drained => drop(self.drained.insert(client)),
            What::Revoked { user } => drop(self.revoked.insert(*user, line)),
            What::Restored { user } => drop(self.revoked.remove(user)),
            What::Voided => self.voided = true,
            What::Killed => self.verdict.kills += 1,
        }
    }

    fn invoke(&mut self, line: usize, client: ClientId, id: Uuid, conversation: Conversation, text: u64) {
        *self.count.entry(conversation).or_default() += 1;
        let written = Written { client, line, acked: None, refused: false };
        self.written.insert(id, written);
        let Some(place) = self.store.place(id) else { return };
        let stored = place.message;
        let user = self.users.get(&client).copied();
        if (place.conversation, stored.text) != (conversation, text) || Some(stored.sender) != user {
            let what = format!("{id} of client {client} is stored as another message: {place}");
            self.verdict.fault(Rule::Differs, line, what);
        }
        let sent = self.sent.entry((client, conversation)).or_default();
        if stored.seq <= *sent {
            let what =
                format!("{id} was written after the message that is {sent} of {conversation}: {place}");
            self.verdict.fault(Rule::Reordered, line, what);
        }
        *sent = stored.seq.max(*sent);
    }

    fn ack(&mut self, line: usize, client: ClientId, id: Uuid, conversation: Conversation, seq: u64) {
        let Some(written) = self.written.get_mut(&id).filter(|written| written.client == client) else {
            let what = format!("an ack for {id}, which client {client} has not written");
            return self.verdict.fault(Rule::Stranger, line, what);
        };
        if written.refused {
            self.verdict.fault(Rule::Contradiction, line, format!("{id} was refused before it was acked"));
        }
        let first = *written.acked.get_or_insert_with(|| {
            self.verdict.acked += 1;
            seq
        });
        let place = self.store.place(id);
        if first != seq {
            let what = format!("{id} was acked as {first} and then as {seq}");
            self.verdict.fault(Rule::Differs, line, what);
        } else if let Some(place) = place {
            if (place.conversation, place.message.seq) != (conversation, seq) {
                let what = format!("{id} was acked as {seq} of {conversation}, and is {place}");
                self.verdict.fault(Rule::Differs, line, what);
            }
        } else {
            let what = format!("{id} was acked as {seq} of {conversation}, and is not in the store");
            self.verdict.fault(Rule::Lost, line, what);
        }
    }

    fn refusal(&mut self, line: usize, client: ClientId, id: Uuid, code: &str) {
        let Some(written) = self.written.get_mut(&id).filter(|written| written.client == client) else {
            let what = format!("a refusal of {id}, which client {client} has not written");
            return self.verdict.fault(Rule::Stranger, line, what);
        };
        self.verdict.refused += u64::from(!written.refused);
        written.refused = true;
        let stored = self.store.place(id);
        if stored.is_some() || written.acked.is_some() {
            let what = format!("{id} was refused ({code}), and was committed all the same");
            self.verdict.fault(Rule::Contradiction, line, what);
        }
    }

    fn deliver(&mut self, line: usize, client: ClientId, conversation: Conversation, message: &Said) {
        self.compare(line, client, conversation, message, "was told");
        let since = self.users.get(&client).and_then(|user| self.revoked.get(user));
        let written = message.id.and_then(|id| self.written.get(&id)).map(|written| written.line);
        if let (Some(since), Some(written)) = (since, written)
            && written > *since
        {
            let what = format!(
                "client {client} was told {} of {conversation}, written at line {written}, though its user lost \
                 the chat at line {since}",
                message.seq
            );
            self.verdict.fault(Rule::Revoked, line, what);
        }
    }

    fn display(&mut self, line: usize, client: ClientId, conversation: Conversation, message: &Said) {
        self.verdict.displayed += 1;
        self.compare(line, client, conversation, message, "shows");
        let shown = self.shown.entry((client, conversation)).or_default();
        let (seq, last) = (message.seq, shown.last);
        if seq > last {
            if seq > last + 1 {
                shown.skipped.extend(last + 1..seq);
                let what = format!("client {client} shows {seq} of {conversation} after {last}");
                self.verdict.fault(Rule::DisplayGap, line, what);
            }
            shown.last = seq;
        } else if shown.skipped.remove(&seq) {
            let what = format!("client {client} shows {seq} of {conversation} below {last}");
            self.verdict.fault(Rule::Reordered, line, what);
        } else {
            let what = format!("client {client} shows {seq} of {conversation} again, after {last}");
            self.verdict.fault(Rule::Doubled, line, what);
        }
    }

    fn compare(
        &mut self,
        line: usize,
        client: ClientId,
        conversation: Conversation,
        message: &Said,
        verb: &str,
    ) {
        let stored = self.store.at(conversation, message.seq);
        if stored == Some(message) {
            return;
        }
        let what = format!("client {client} {verb} {message:?} of {conversation}; the store has {stored:?}");
        let rule = if stored.is_none() { Rule::Lost } else { Rule::Differs };
        self.verdict.fault(rule, line, what);
    }

    fn read(&mut self, line: usize, client: ClientId, conversation: Conversation, user: u64, seq: u64) {
        let mark = self.marks.entry((client, conversation, user)).or_default();
        if seq < *mark {
            let what = format!("{user}'s mark in {conversation} fell from {mark} to {seq} (client {client})");
            self.verdict.fault(Rule::ReadMark, line, what);
        }
        *mark = seq.max(*mark);
        let head = self.store.head(conversation);
        let written = self.count.get(&conversation).copied().unwrap_or(0);
        if seq > head.min(written) {
            let what = format!(
                "{user}'s mark in {conversation} is {seq}; {written} were written by then, and the head became {head}"
            );
            self.verdict.fault(Rule::ReadMark, line, what);
        }
    }

    fn end(mut self) -> Verdict {
        for place in self.store.messages() {
            let Some(id) = place.message.id else { continue };
            if !self.written.contains_key(&id) {
                let what = format!("nobody has written what is {place}");
                self.verdict.fault(Rule::Stranger, 0, what);
            }
        }
        let mut drained: Vec<_> = self.drained.iter().copied().collect();
        drained.sort_unstable();
        for client in drained {
            let Some(user) = self.users.get(&client) else { continue };
            for (conversation, head) in self.store.heads().filter(|(c, _)| c.has(*user)) {
                let last = self.shown.get(&(client, conversation)).map_or(0, |shown| shown.last);
                if last < head {
                    let what = format!("client {client} shows {conversation} up to {last} of {head}");
                    self.verdict.fault(Rule::Incomplete, 0, what);
                }
            }
        }
        self.verdict
    }
}
