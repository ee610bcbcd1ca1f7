//! What a client holds of its conversations: apply `last + 1`, drop what is lower, fetch on a gap.
//!
//! Pure: the contract's receiving side ("Applying messages" and "Resuming" of protocol/README.md). Knows no socket.

use std::collections::BTreeMap;

use gchat_wire::{Conversation, Cursor, Position};
use uuid::Uuid;

/// Conversations that a cursor may name.
const CURSOR_MOST: usize = 100;

/// Everything that one client holds.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    held: BTreeMap<Conversation, Copy>,
    epoch: Option<Uuid>,
    /// The planted mutant: shows what comes and fetches nothing.
    careless: bool,
}

#[derive(Debug, Default)]
struct Copy {
    last: u64,
    rev: u64,
    /// The highest seq that the client was told of.
    known: u64,
    asked: Asked,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Asked {
    #[default]
    No,
    /// A page is on its way.
    Yes,
    /// Whatever is known, a page is to be fetched: this client wants to be sure.
    Wanted,
    /// It is: a page came that began after `last` and had nothing more.
    Sure,
}

impl Copies {
    pub(crate) fn new(careless: bool) -> Self {
        Self { careless, ..Self::default() }
    }

    /// A message: whether it is to be shown now.
    pub(crate) fn take(&mut self, conversation: Conversation, seq: u64, rev: u64) -> bool {
        let copy = self.held.entry(conversation).or_default();
        copy.known = copy.known.max(seq);
        let shows = seq == copy.last + 1 || (self.careless && seq > copy.last);
        if shows {
            (copy.last, copy.rev) = (seq, rev);
        }
        shows
    }

    /// The client was told of a head.
    pub(crate) fn told(&mut self, conversation: Conversation, seq: u64) {
        let copy = self.held.entry(conversation).or_default();
        copy.known = copy.known.max(seq);
    }

    /// An answer of `history` is complete, with this head.
    pub(crate) fn answered(&mut self, conversation: Conversation, head: u64) {
        let copy = self.held.entry(conversation).or_default();
        copy.known = copy.known.max(head);
        copy.asked = if copy.last >= copy.known { Asked::Sure } else { Asked::No };
    }

    /// A fetch was refused for now, or has to begin anew.
    pub(crate) fn ask_again(&mut self, conversation: Conversation) {
        self.held.entry(conversation).or_default().asked = Asked::Wanted;
    }

    /// The next page to fetch: its conversation, and the seq after which it begins.
    pub(crate) fn next_fetch(&mut self) -> Option<(Conversation, u64)> {
        if self.careless {
            return None;
        }
        let missing = |copy: &Copy| match copy.asked {
            Asked::No | Asked::Sure => copy.known > copy.last,
            Asked::Wanted => true,
            Asked::Yes => false,
        };
        let (conversation, copy) = self.held.iter_mut().find(|(_, copy)| missing(copy))?;
        copy.asked = Asked::Yes;
        Some((*conversation, copy.last))
    }

    /// The copy is void; everything is fetched again.
    pub(crate) fn reset(&mut self, conversation: Conversation) {
        self.held.insert(conversation, Copy { asked: Asked::Wanted, ..Copy::default() });
    }

    /// The store's epoch; the conversations whose copies it voids.
    pub(crate) fn enter(&mut self, epoch: Uuid) -> Vec<Conversation> {
        let before = self.epoch.replace(epoch);
        if before.is_none_or(|before| before == epoch) {
            return Vec::new();
        }
        self.held.iter().filter(|(_, copy)| copy.last > 0).map(|(conversation, _)| *conversation).collect()
    }

    /// For the next `hello`. `None` while nothing is held.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        let held = self.held.iter().filter(|(_, copy)| copy.last > 0).take(CURSOR_MOST);
        let position = |(conversation, copy): (&Conversation, &Copy)| Position {
            conversation: *conversation,
            rev: copy.rev,
            seq: copy.last,
        };
        Some(Cursor { epoch: self.epoch?, conversations: held.map(position).collect() })
    }

    /// What was asked on the old connection is not answered any more.
    pub(crate) fn connection_lost(&mut self) {
        for copy in self.held.values_mut() {
            // The next connection tells the heads anew.
            copy.known = copy.last;
            if copy.asked == Asked::Yes {
                copy.asked = Asked::Wanted;
            }
        }
    }

    /// Asks for the end of these, unless the client is careless, so that `is_sure` becomes true.
    pub(crate) fn make_sure(&mut self, conversations: &[Conversation]) {
        conversations.iter().for_each(|conversation| self.ask_again(*conversation));
    }

    /// Whether all of these end where the server said that they end.
    pub(crate) fn is_sure(&self, conversations: &[Conversation]) -> bool {
        self.careless
            || conversations.iter().all(|conversation| {
                self.held.get(conversation).is_some_and(|c| c.asked == Asked::Sure && c.last >= c.known)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: Conversation = Conversation { lower: 2, higher: 3 };

    #[test]
    fn the_next_is_shown_the_lower_dropped_and_a_gap_fetched() {
        let mut copies = Copies::new(false);
        assert!(copies.take(TALK, 1, 1));
        assert!(!copies.take(TALK, 1, 1), "shown twice");
        assert_eq!(copies.next_fetch(), None);
        assert!(!copies.take(TALK, 4, 4), "shown over a gap");
        assert_eq!(copies.next_fetch(), Some((TALK, 1)));
        assert_eq!(copies.next_fetch(), None, "asked twice");
        assert!(copies.take(TALK, 2, 2) && copies.take(TALK, 3, 3));
        copies.answered(TALK, 4);
        assert_eq!(copies.next_fetch(), Some((TALK, 3)));
        assert!(copies.take(TALK, 4, 4));
        copies.answered(TALK, 4);
        assert_eq!(copies.next_fetch(), None);
        assert!(copies.is_sure(&[TALK]));
    }

    #[test]
    fn a_fetch_that_a_lost_connection_swallowed_is_made_again() {
        let mut copies = Copies::new(false);
        copies.told(TALK, 5);
        assert_eq!(copies.next_fetch(), Some((TALK, 0)));
        copies.connection_lost();
        assert_eq!(copies.next_fetch(), Some((TALK, 0)));
    }

    #[test]
    fn a_cursor_has_what_is_held_and_its_epoch() {
        let mut copies = Copies::new(false);
        let epoch = Uuid::now_v7();
        assert!(copies.enter(epoch).is_empty());
        copies.told(Conversation::between(2, 9), 7);
        copies.take(TALK, 1, 3);
        let conversations = vec![Position { conversation: TALK, rev: 3, seq: 1 }];
        assert_eq!(copies.cursor(), Some(Cursor { epoch, conversations }));
        assert_eq!(copies.enter(Uuid::now_v7()), [TALK]);
        copies.reset(TALK);
        assert_eq!(copies.cursor().unwrap().conversations, []);
        assert_eq!(copies.next_fetch(), Some((TALK, 0)));
    }

    #[test]
    fn the_careless_mutant_shows_over_a_gap() {
        let mut copies = Copies::new(true);
        assert!(copies.take(TALK, 1, 1) && copies.take(TALK, 3, 3));
        assert_eq!(copies.next_fetch(), None);
    }
}
