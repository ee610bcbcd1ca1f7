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

mod asked;
mod groups;
mod lists;
mod reactions;
mod shown;
mod store;
#[cfg(test)]
mod tests;
pub use asked::unkept;
use asked::{Act, Asked};
use groups::Groups;
use lists::Lists;
use reactions::Reactions;
use shown::Shown;
use store::Store;

/// Of more changes a client is not told one by one.
const BEHIND: u64 = 1_000;

/// Faults that are told in full; the rest are only counted.
const TOLD: usize = 50;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// A message that was acknowledged, delivered or displayed is in the store.
    Lost,
    /// An edit or a deletion that was acknowledged is in the store, or a later one of the same message is. What was
    /// delivered or displayed of one is in the store, or something later is. What was acknowledged of a group has
    /// happened, or was so already.
    Undone,
    /// A message is in the store once, whether it was acknowledged or timed out; and is displayed once.
    Doubled,
    /// Each client's messages of one conversation are stored in the order in which they were written, and their revs have
    /// the order of their numbers until they are changed.
    Reordered,
    /// The store's seq are 1, 2, 3 … without gaps.
    StoreGap,
    /// A display has no gaps.
    DisplayGap,
    /// A conversation's rev rises by exactly one with each row that changes, and is told so: no connection is told of one
    /// change and of a later one without those between.
    SkippedRev,
    /// A client that holds a rev shows every change up to it.
    Missed,
    /// A client's row, and the rev that it holds, never go back.
    WentBack,
    /// Acks, deliveries, displays and the store say the same of a message at a rev.
    Differs,
    /// Nothing is stored that nobody wrote, and nothing is answered that was not asked.
    Stranger,
    /// What was refused for good is not stored, nor acknowledged.
    Contradiction,
    /// Read marks rise, and never pass the head.
    ReadMark,
    /// Nothing that was written after a revocation was answered reaches the revoked.
    Revoked,
    /// A client that says it holds everything does, row by row.
    Incomplete,
    /// No copy is dropped without a reason.
    Reset,
    /// What happens in a group happens once, to those whom it can happen to, and only its members write there. In a room
    /// only the teacher writes while announcements last, and only the teacher begins and ends them.
    Membership,
    /// Nobody is told of a message of a group from before they joined it or after they left it.
    Reach,
    /// A person's reactions to a message are those of their highest acknowledged id, or of a higher one.
    Reaction,
    /// Reactions are counted as there are people who have them.
    Count,
    /// A message mentions whom its sender named, but those who do not read it.
    Mentions,
    /// Somebody's list has every conversation of theirs that has begun, once and no other, with the newest message that
    /// says something to them.
    Listed,
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
    /// Edits and deletions that were.
    pub verbs: u64,
    /// Reactions that were.
    pub reactions: u64,
    /// What was asked for in groups, and was.
    pub wishes: u64,
    /// How often a message was acknowledged again after it had been edited or deleted.
    pub repeated: u64,
    /// Messages in the store.
    pub stored: u64,
    /// Displays, over all clients.
    pub displayed: u64,
    /// Conversations in lists, over all clients.
    pub listed: u64,
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
        let [lost, undone, doubled, reordered] =
            [Rule::Lost, Rule::Undone, Rule::Doubled, Rule::Reordered].map(|rule| self.count(rule));
        let lost = lost + undone;
        let (acked, kills) = (self.acked, self.kills);
        write!(f, "acked {acked}, lost {lost}, doubled {doubled}, reordered {reordered}, kills {kills}")
    }
}

/// Judges a history.
pub fn check(history: &[Event]) -> Verdict {
    let mut verdict = Verdict::default();
    let store = Store::of(history, &mut verdict);
    let groups = Groups::of(&store, &mut verdict);
    let revoked = history.iter().filter_map(|event| match event.what {
        What::Revoked { user } => Some(user),
        _ => None,
    });
    let ever_revoked = revoked.collect();
    let mut judge = Judge { verdict, store, groups, ever_revoked, ..Judge::default() };
    for (n, event) in history.iter().enumerate() {
        judge.see(n + 1, event);
    }
    judge.end()
}

#[derive(Default)]
struct Judge {
    verdict: Verdict,
    store: Store,
    groups: Groups,
    reactions: Reactions,
    ever_revoked: HashSet<u64>,
    users: HashMap<ClientId, u64>,
    /// Messages and verbs, by their ids.
    asked: HashMap<Uuid, Asked>,
    /// The verbs of each message.
    verbs: HashMap<Uuid, Vec<Uuid>>,
    /// How many verbs were asked for.
    changes: HashMap<Conversation, u64>,
    /// Invokes so far.
    count: HashMap<Conversation, u64>,
    /// The highest stored seq among a client's messages so far.
    sent: HashMap<(ClientId, Conversation), u64>,
    /// What was told first of a rev.
    revs: HashMap<(Conversation, u64), Said>,
    shown: HashMap<(ClientId, Conversation), Shown>,
    /// How often a client was welcomed.
    connections: HashMap<ClientId, u64>,
    marks: HashMap<(ClientId, Conversation, u64), u64>,
    /// Since which line.
    revoked: HashMap<u64, usize>,
    voided: bool,
    drained: HashSet<ClientId>,
    lists: Lists,
}

impl Judge {
    fn see(&mut self, line: usize, event: &Event) {
        let client = event.client;
        match &event.what {
            What::Client { user } => drop(self.users.insert(client, *user)),
            What::Invoke { id, conversation, text, reply_to, mentions } => {
                self.invoke(line, client, *id, *conversation, (*text, *reply_to, mentions));
            }
            What::Verb { id, conversation, message, text } => {
                self.verb(line, client, *id, *conversation, *message, *text);
            }
            What::React { id, conversation, message, emoji } => {
                self.ask(line, client, *id, Act::React { message: *message });
                self.react(client, *id, *conversation, *message, emoji);
            }
            What::Wish { id, conversation, wish } => self.wish(line, client, *id, *conversation, wish),
            What::Ack { id, conversation, seq, mine } => {
                self.ack(line, client, *id, *conversation, *seq, mine.as_deref());
            }
            What::Refusal { id, code } => self.refusal(line, client, *id, code),
            // It may be in the store once or not at all: `Store::of` has seen to "once".
            What::Timeout { .. } | What::Head { .. } => {}
            What::Stored { conversation, message, reader, mine } => {
                self.mine(line, *conversation, message, (*reader, mine));
            }
            What::Welcomed => *self.connections.entry(client).or_default() += 1,
            What::Told { conversation, from, rev, more, live } => {
                self.told(line, client, *conversation, (*from, *rev), *more, *live);
            }
            What::Deliver { conversation, message } => self.deliver(line, client, *conversation, message),
            What::Display { conversation, message } => self.display(line, client, *conversation, message),
            What::Holds { conversation, rev, whole } => {
                self.holds(line, client, *conversation, *rev, *whole);
            }
            What::Read { conversation, user, seq } => self.read(line, client, *conversation, *user, *seq),
            What::Reset { conversation } => {
                let held = self.shown.remove(&(client, *conversation)).map_or(0, |shown| shown.held());
                if !self.voided && !self.may_be_far_behind(client, *conversation, held) {
                    let what = format!("client {client} had to drop its copy of {conversation}");
                    self.verdict.fault(Rule::Reset, line, what);
                }
            }
            What::Reloaded { conversation } => drop(self.shown.remove(&(client, *conversation))),
            What::Drained => drop(self.drained.insert(client)),
            What::Entry { conversation, last } => self.lists.add(client, *conversation, *last),
            What::Listed => self.lists.end(client),
            What::Revoked { user } => drop(self.revoked.insert(*user, line)),
            What::Restored { user } => drop(self.revoked.remove(user)),
            What::Voided => self.voided = true,
            What::Killed => self.verdict.kills += 1,
        }
    }

    /// Whoever has left a group hears nothing of it until they ask.
    fn may_be_far_behind(&self, client: ClientId, conversation: Conversation, held: u64) -> bool {
        let user = self.users.get(&client).copied().unwrap_or(0);
        let has_left = self.groups.stays(conversation, user).iter().any(|stay| stay.last < u64::MAX);
        has_left && self.store.rev(conversation) > held + BEHIND
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
        self.end_of_asked();
        self.end_of_reactions();
        self.end_of_shown();
        self.end_of_lists();
        self.verdict
    }
}
