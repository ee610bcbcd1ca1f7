//! What a client has written and nobody has answered: first in, first out per conversation, one at a time.
//!
//! Pure: the contract's sending side ("Sending" and "Verbs" of protocol/README.md). Knows no socket; times are what it is
//! given.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use gchat_wire::{Circle, Conversation, Outgoing};
use tokio::time::Instant;
use uuid::Uuid;

/// A connection on which a letter is not answered within this is given up: it is repeated on the next one. Never on the
/// same: there, the first may be refused and the second, a moment later, be right.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message or a verb on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    pub(crate) id: Uuid,
    pub(crate) act: Act,
}

/// What a letter asks for. `message`: the client_message_id of the message that a verb is for; its `seq` is known once
/// the message was acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Send { text: String, reply_to: Option<u64>, mentions: Vec<u64> },
    Edit { message: Uuid, seq: Option<u64>, text: String },
    Delete { message: Uuid, seq: Option<u64> },
    React { message: Uuid, seq: Option<u64>, emoji: Vec<String> },
    Make { circle: Circle, title: String, users: Vec<u64> },
    Add { users: Vec<u64> },
    Remove { user: u64 },
    Rename { title: String },
    Announce { on: bool },
}

impl Act {
    /// Of a verb for a message: which, and its number where that is known.
    fn target(&mut self) -> Option<(Uuid, &mut Option<u64>)> {
        match self {
            Self::Edit { message, seq, .. }
            | Self::Delete { message, seq }
            | Self::React { message, seq, .. } => Some((*message, seq)),
            _ => None,
        }
    }
}

impl Letter {
    /// As sent. `None`: a verb whose message has no number yet.
    pub(crate) fn frame(&self, conversation: Conversation) -> Option<Outgoing> {
        let id = self.id;
        Some(match self.act.clone() {
            Act::Send { text, reply_to, mentions } => {
                Outgoing::Send { client_message_id: id, conversation, text, reply_to, mentions }
            }
            Act::Edit { message, seq, text } => {
                Outgoing::Edit { id, conversation, seq: seq?, client_message_id: message, text }
            }
            Act::Delete { message, seq } => {
                Outgoing::Delete { id, conversation, seq: seq?, client_message_id: message }
            }
            Act::React { message, seq, emoji } => {
                Outgoing::React { id, conversation, seq: seq?, client_message_id: message, emoji }
            }
            Act::Make { circle, title, users } => Outgoing::Make { id, conversation, circle, title, users },
            Act::Add { users } => Outgoing::Add { id, conversation, users },
            Act::Remove { user } => Outgoing::Remove { id, conversation, user },
            Act::Rename { title } => Outgoing::Rename { id, conversation, title },
            Act::Announce { on } => Outgoing::Announce { id, conversation, on },
        })
    }

    fn is_for(&self, other: Uuid) -> bool {
        let of = match &self.act {
            Act::Edit { message, .. } | Act::Delete { message, .. } | Act::React { message, .. } => {
                Some(*message)
            }
            _ => None,
        };
        of == Some(other)
    }
}

/// An answer for good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// As this number.
    Acked(u64),
    Refused,
}

/// What was waiting for an answer, and the verbs that fell with it.
#[derive(Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) letter: Letter,
    pub(crate) fell: Vec<Uuid>,
}

/// All of one client's letters.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queues: BTreeMap<Conversation, Queue>,
    places: BTreeMap<Uuid, Conversation>,
}

#[derive(Debug, Default)]
struct Queue {
    letters: VecDeque<Letter>,
    first: First,
}

/// How it stands with the first letter of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum First {
    /// To be sent.
    #[default]
    Ready,
    /// To be sent again from then on.
    Later(Instant),
    /// Sent then, not answered.
    Sent(Instant),
}

impl Outbox {
    /// Adds a letter behind the others.
    pub(crate) fn write(&mut self, conversation: Conversation, letter: Letter) {
        self.places.insert(letter.id, conversation);
        self.queues.entry(conversation).or_default().letters.push_back(letter);
    }

    /// The first letters of all conversations that are to be sent now. They count as sent.
    pub(crate) fn send(&mut self, now: Instant) -> Vec<(Conversation, Letter)> {
        let mut due = Vec::new();
        for (conversation, queue) in &mut self.queues {
            let Some(first) = queue.letters.front() else { continue };
            let ready = match queue.first {
                First::Ready => true,
                First::Later(at) => at <= now,
                First::Sent(_) => false,
            };
            if ready {
                queue.first = First::Sent(now);
                due.push((*conversation, first.clone()));
            }
        }
        due
    }

    /// Whether a letter has waited for its answer too long.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.queues.values().any(|queue| matches!(queue.first, First::Sent(at) if now - at > PATIENCE))
    }

    /// Takes the letter out, if it still waited for its answer. Verbs for a message that is acknowledged learn its number;
    /// those for one that is refused fall with it.
    pub(crate) fn answered(&mut self, id: Uuid, answer: Answer) -> Option<Answered> {
        let queue = self.queues.get_mut(&self.places.remove(&id)?)?;
        let at = queue.letters.iter().position(|letter| letter.id == id)?;
        let letter = queue.letters.remove(at)?;
        queue.first = First::Ready;
        let mut fell = Vec::new();
        match answer {
            Answer::Acked(number) => {
                for verb in &mut queue.letters {
                    if let Some((_, seq)) = verb.act.target().filter(|(message, _)| *message == id) {
                        *seq = Some(number);
                    }
                }
            }
            Answer::Refused => {
                fell.extend(queue.letters.iter().filter(|other| other.is_for(id)).map(|verb| verb.id));
                queue.letters.retain(|other| !other.is_for(id));
                self.places.retain(|id, _| !fell.contains(id));
            }
        }
        Some(Answered { letter, fell })
    }

    /// The server cannot take it just now: again at this time.
    pub(crate) fn again(&mut self, id: Uuid, at: Instant) {
        let queue = self.places.get(&id).and_then(|conversation| self.queues.get_mut(conversation));
        if let Some(queue) = queue {
            queue.first = First::Later(at);
        }
    }

    /// Whatever was on its way is sent again on the next connection.
    pub(crate) fn connection_lost(&mut self) {
        self.queues.values_mut().for_each(|queue| queue.first = First::Ready);
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether anything waits there.
    pub(crate) fn has_letters(&self, conversation: Conversation) -> bool {
        self.queues.get(&conversation).is_some_and(|queue| !queue.letters.is_empty())
    }

    /// A letter that waits.
    pub(crate) fn find(&self, id: Uuid) -> Option<&Letter> {
        let queue = self.queues.get(self.places.get(&id)?)?;
        queue.letters.iter().find(|letter| letter.id == id)
    }

    /// The last message that waits in a conversation.
    pub(crate) fn last_message(&self, conversation: Conversation) -> Option<Uuid> {
        let mut letters = self.queues.get(&conversation)?.letters.iter().rev();
        letters.find(|letter| matches!(letter.act, Act::Send { .. })).map(|letter| letter.id)
    }

    /// The ids of all letters.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.places.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: Conversation = Conversation::Direct { lower: 2, higher: 3 };
    const OTHER: Conversation = Conversation::Direct { lower: 2, higher: 4 };

    fn letter(n: u128) -> Letter {
        Letter {
            id: Uuid::from_u128(n),
            act: Act::Send { text: n.to_string(), reply_to: None, mentions: vec![] },
        }
    }

    fn deletion(n: u128, of: u128) -> Letter {
        Letter { id: Uuid::from_u128(n), act: Act::Delete { message: Uuid::from_u128(of), seq: None } }
    }

    fn ids(due: &[(Conversation, Letter)]) -> Vec<u128> {
        due.iter().map(|(_, letter)| letter.id.as_u128()).collect()
    }

    #[test]
    fn one_letter_of_a_conversation_at_a_time_in_their_order() {
        let mut outbox = Outbox::default();
        outbox.write(TALK, letter(1));
        outbox.write(TALK, letter(2));
        outbox.write(OTHER, letter(3));
        let now = Instant::now();
        assert_eq!(ids(&outbox.send(now)), [1, 3]);
        assert_eq!(ids(&outbox.send(now)), []);
        assert!(outbox.answered(letter(1).id, Answer::Acked(1)).is_some());
        assert!(outbox.answered(letter(1).id, Answer::Acked(1)).is_none(), "answered twice");
        assert_eq!(ids(&outbox.send(now)), [2]);
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn what_is_not_answered_is_sent_again_on_another_connection() {
        let mut outbox = Outbox::default();
        outbox.write(TALK, letter(1));
        let now = Instant::now();
        assert_eq!(ids(&outbox.send(now)), [1]);
        assert_eq!(ids(&outbox.send(now + PATIENCE * 2)), [], "twice on one connection");
        assert!(!outbox.is_overdue(now + PATIENCE) && outbox.is_overdue(now + PATIENCE * 2));
        outbox.connection_lost();
        assert_eq!(ids(&outbox.send(now)), [1]);
        outbox.again(letter(1).id, now + Duration::from_millis(5));
        assert_eq!(ids(&outbox.send(now)), []);
        assert_eq!(ids(&outbox.send(now + Duration::from_millis(5))), [1]);
    }

    #[test]
    fn a_verb_waits_for_its_message_and_falls_with_it() {
        let now = Instant::now();
        let with_verb = || {
            let mut outbox = Outbox::default();
            outbox.write(TALK, letter(1));
            outbox.write(TALK, deletion(2, 1));
            outbox.write(TALK, letter(3));
            assert_eq!((ids(&outbox.send(now)), outbox.last_message(TALK)), (vec![1], Some(letter(3).id)));
            outbox
        };
        let mut acked = with_verb();
        acked.answered(letter(1).id, Answer::Acked(7));
        let due = acked.send(now);
        let Some(Outgoing::Delete { seq: 7, .. }) = due[0].1.frame(TALK) else { panic!("{due:?}") };
        let mut refused = with_verb();
        let fell = refused.answered(letter(1).id, Answer::Refused).unwrap().fell;
        assert_eq!((fell, ids(&refused.send(now)), refused.len()), (vec![Uuid::from_u128(2)], vec![3], 1));
    }
}
