//! When a window stands in somebody's dock. Pure: what is stored of it in, how it is shown out.
//!
//! The one place of that rule. The engines of the store call it; where a statement decides for speed, as the listing of a
//! dock does, the stories of `tests/store/model.rs` hold it equal to this.

use crate::{conversation::WindowState, id::Seq};

/// Of a conversation's messages so many, the newest, count as unread and bring a window back. Whoever has written so much
/// since has seen what was there before; and whoever lists a dock or takes a message away looks at no more of them.
pub const COUNTED: i64 = 1_000;

/// What is stored of a window and its conversation, as far as it decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// As its owner left it; `None` if they never had it, or it was forgotten.
    pub state: Option<WindowState>,
    /// Of a closed one: the last message that its owner could have seen.
    pub closed_seq: Seq,
    /// The owner's read mark; `None` without a part in the conversation.
    pub read_seq: Option<Seq>,
    /// The newest message by somebody else that is not a stub, of those that count; 0: none, and 0 of a room.
    pub newest_by_others: Seq,
    /// A room, or muted: only messages that mention its owner bring it back.
    pub quiet: bool,
    /// The newest message that mentions its owner and that they have not read; 0: none.
    pub newest_mention: Seq,
}

impl Facts {
    /// Whether its owner wants it there, open or minimised.
    pub fn is_wanted(&self) -> bool {
        self.state.is_some_and(|state| state != WindowState::Closed)
    }

    /// How the dock shows it: as its owner left it or, where somebody else has written since, minimised.
    pub fn shown(&self) -> WindowState {
        match self.state {
            Some(state) if self.is_wanted() => state,
            _ if self.came_back() => WindowState::Minimised,
            _ => WindowState::Closed,
        }
    }

    /// Whether the dock has it.
    pub fn listed(&self) -> bool {
        self.shown() != WindowState::Closed
    }

    /// Whether it is closed over messages that were not read: they would bring it back if that were forgotten, now or
    /// once it is not muted any more.
    pub fn hides(&self) -> bool {
        let hidden = |read| {
            let was_closed = |newest: Seq| newest > read && newest <= self.closed_seq;
            was_closed(self.newest_by_others) || was_closed(self.newest_mention)
        };
        !self.is_wanted() && !self.came_back() && self.read_seq.is_some_and(hidden)
    }

    fn came_back(&self) -> bool {
        let newest = if self.quiet { self.newest_mention } else { self.newest_by_others };
        self.read_seq.is_some_and(|read| newest > read.max(self.closed_seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(state: Option<WindowState>, closed: i64, read: Option<i64>, newest: i64) -> Facts {
        let (closed_seq, newest_by_others) = (Seq(closed), Seq(newest));
        Facts { state, closed_seq, read_seq: read.map(Seq), newest_by_others, ..Facts::default() }
    }

    #[test]
    fn of_what_is_quiet_only_a_mention_brings_the_window() {
        use WindowState::{Closed, Minimised, Open};
        let quiet = |mention, facts| Facts { quiet: true, newest_mention: Seq(mention), ..facts };
        for (facts, shown, hides) in [
            (quiet(0, facts(None, 0, Some(4), 5)), Closed, false),
            (quiet(5, facts(None, 0, Some(4), 6)), Minimised, false),
            (quiet(0, facts(Some(Open), 0, Some(4), 5)), Open, false),
            (quiet(5, facts(Some(Closed), 5, Some(0), 5)), Closed, true),
            (quiet(6, facts(Some(Closed), 5, Some(0), 6)), Minimised, false),
            (quiet(5, facts(Some(Closed), 5, Some(0), 7)), Closed, true),
            (quiet(0, facts(Some(Closed), 5, Some(4), 5)), Closed, true),
            (quiet(5, facts(None, 0, None, 5)), Closed, false),
        ] {
            assert_eq!((facts.shown(), facts.hides()), (shown, hides), "{facts:?}");
        }
    }

    #[test]
    fn a_window_is_listed_if_it_is_wanted_or_something_came_that_was_not_seen() {
        use WindowState::{Closed, Minimised, Open};
        for (facts, shown) in [
            (facts(Some(Open), 0, Some(9), 9), Open),
            (facts(Some(Minimised), 0, None, 0), Minimised),
            (facts(None, 0, None, 5), Closed),
            (facts(None, 0, Some(0), 0), Closed),
            (facts(None, 0, Some(4), 5), Minimised),
            (facts(None, 0, Some(5), 5), Closed),
            (facts(Some(Closed), 5, Some(0), 5), Closed),
            (facts(Some(Closed), 5, Some(0), 6), Minimised),
            (facts(Some(Closed), 5, Some(6), 6), Closed),
        ] {
            assert_eq!((facts.shown(), facts.listed()), (shown, shown != Closed), "{facts:?}");
        }
    }

    #[test]
    fn only_a_closed_window_over_something_unread_hides_something() {
        assert!(facts(Some(WindowState::Closed), 5, Some(4), 5).hides());
        assert!(!facts(Some(WindowState::Closed), 5, Some(5), 5).hides(), "it was read");
        assert!(!facts(Some(WindowState::Closed), 5, Some(4), 6).hides(), "it is listed");
        assert!(!facts(Some(WindowState::Open), 0, Some(4), 5).hides());
    }
}
