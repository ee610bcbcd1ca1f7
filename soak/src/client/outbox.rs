//! What a client has written and nobody has answered: first in, first out per conversation, one at a time.
//!
//! Pure: the contract's sending side ("Sending" of protocol/README.md). Knows no socket; times are what it is given.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use gchat_wire::Conversation;
use tokio::time::Instant;
use uuid::Uuid;

/// A connection on which a send is not answered within this is given up: the send is repeated on the next one. Never
/// on the same: there, the first may be refused and the second, a moment later, be right.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    pub(crate) id: Uuid,
    pub(crate) text: String,
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

    /// Whether a send has waited for its answer too long.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.queues.values().any(|queue| matches!(queue.first, First::Sent(at) if now - at > PATIENCE))
    }

    /// An answer for good: whether the letter was still waiting for it.
    pub(crate) fn answered(&mut self, id: Uuid) -> bool {
        let Some(conversation) = self.places.remove(&id) else { return false };
        if let Some(queue) = self.queues.get_mut(&conversation) {
            queue.letters.retain(|letter| letter.id != id);
            queue.first = First::Ready;
        }
        true
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

    /// The ids of all letters.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.places.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: Conversation = Conversation { lower: 2, higher: 3 };
    const OTHER: Conversation = Conversation { lower: 2, higher: 4 };

    fn letter(n: u128) -> Letter {
        Letter { id: Uuid::from_u128(n), text: n.to_string() }
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
        assert!(outbox.answered(letter(1).id));
        assert!(!outbox.answered(letter(1).id), "answered twice");
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
}
