//! Each rule is seen to hold, and seen to fail.

use super::*;
use crate::history::HARNESS;

const TALK: Conversation = Conversation { lower: 2, higher: 3 };

/// A history by hand. Client n is of user n.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Message n as user `sender` wrote it.
fn said(seq: u64, sender: u64, n: u128) -> Said {
    Said { seq, sender, id: Some(id(n)), text: u64::try_from(n).unwrap() * 100 }
}

impl Story {
    fn of_two() -> Self {
        Self::default().and(2, What::Client { user: 2 }).and(3, What::Client { user: 3 })
    }

    fn and(mut self, client: ClientId, what: What) -> Self {
        self.events.push(Event { at_us: self.events.len() as u64, client, what });
        self
    }

    fn invoke(self, client: ClientId, n: u128) -> Self {
        self.and(client, What::Invoke { id: id(n), conversation: TALK, text: said(0, 0, n).text })
    }

    fn ack(self, client: ClientId, n: u128, seq: u64) -> Self {
        self.and(client, What::Ack { id: id(n), conversation: TALK, seq })
    }

    fn refuse(self, client: ClientId, n: u128) -> Self {
        self.and(client, What::Refusal { id: id(n), code: "not_allowed".into() })
    }

    fn store(self, message: Said) -> Self {
        self.and(HARNESS, What::Stored { conversation: TALK, message })
    }

    fn tell(self, client: ClientId, message: Said) -> Self {
        self.and(client, What::Deliver { conversation: TALK, message })
    }

    fn show(self, client: ClientId, message: Said) -> Self {
        self.and(client, What::Display { conversation: TALK, message })
    }

    fn mark(self, client: ClientId, user: u64, seq: u64) -> Self {
        self.and(client, What::Read { conversation: TALK, user, seq })
    }

    fn drained(self, client: ClientId) -> Self {
        self.and(client, What::Drained)
    }

    /// Nothing but this rule is broken, this often.
    fn breaks(self, rule: Rule, times: u64) {
        let verdict = check(&self.events);
        assert_eq!(verdict.broken, BTreeMap::from([(rule, times)]), "{:#?}", verdict.faults);
    }

    fn holds(self) -> Verdict {
        let verdict = check(&self.events);
        assert!(verdict.holds(), "{:#?}", verdict.faults);
        verdict
    }
}

/// Two messages of two people, told, shown and acknowledged; not yet stored.
fn talk() -> Story {
    Story::of_two()
        .invoke(2, 1)
        .ack(2, 1, 1)
        .tell(3, said(1, 2, 1))
        .show(3, said(1, 2, 1))
        .show(2, said(1, 2, 1))
        .invoke(3, 2)
        .ack(3, 2, 2)
        .show(2, said(2, 3, 2))
        .show(3, said(2, 3, 2))
}

fn stored_talk() -> Story {
    talk().store(said(1, 2, 1)).store(said(2, 3, 2))
}

#[test]
fn a_good_history_holds_and_is_counted() {
    let killed = stored_talk().drained(2).drained(3).and(HARNESS, What::Killed);
    let verdict = killed.holds();
    assert_eq!((verdict.acked, verdict.stored, verdict.displayed, verdict.kills), (2, 2, 4, 1));
    assert_eq!(verdict.to_string(), "acked 2, lost 0, doubled 0, reordered 0, kills 1");
}

#[test]
fn the_acked_is_stored() {
    Story::of_two().invoke(2, 1).ack(2, 1, 1).breaks(Rule::Lost, 1);
}

#[test]
fn the_displayed_and_the_delivered_are_stored() {
    Story::of_two().invoke(2, 1).show(3, said(1, 2, 1)).breaks(Rule::Lost, 1);
    Story::of_two().invoke(2, 1).tell(3, said(1, 2, 1)).breaks(Rule::Lost, 1);
}

#[test]
fn the_acked_is_stored_once() {
    stored_talk().store(said(3, 2, 1)).breaks_with(&[(Rule::Doubled, 1), (Rule::Differs, 1)]);
}

#[test]
fn the_same_text_under_another_id_is_a_double() {
    let again = Said { id: Some(id(9)), ..said(3, 2, 1) };
    stored_talk().store(again).breaks_with(&[(Rule::Doubled, 1), (Rule::Stranger, 1)]);
}

#[test]
fn what_timed_out_is_stored_once_or_not_at_all() {
    let timed_out = || Story::of_two().invoke(2, 1).and(2, What::Timeout { id: id(1) });
    timed_out().holds();
    timed_out().store(said(1, 2, 1)).holds();
    timed_out().store(said(1, 2, 1)).store(said(2, 2, 1)).breaks(Rule::Doubled, 1);
}

#[test]
fn seqs_begin_with_one_and_have_no_gaps() {
    Story::of_two().invoke(2, 1).store(said(2, 2, 1)).breaks(Rule::StoreGap, 1);
    Story::of_two()
        .invoke(2, 1)
        .invoke(3, 2)
        .store(said(1, 2, 1))
        .store(said(3, 3, 2))
        .breaks(Rule::StoreGap, 1);
}

#[test]
fn a_senders_order_is_kept() {
    let two = || Story::of_two().invoke(2, 1).invoke(2, 2);
    two().store(said(1, 2, 1)).store(said(2, 2, 2)).holds();
    two().store(said(1, 2, 2)).store(said(2, 2, 1)).breaks(Rule::Reordered, 1);
}

#[test]
fn a_display_has_no_gap() {
    let story = || {
        Story::of_two()
            .invoke(2, 1)
            .invoke(2, 2)
            .invoke(2, 3)
            .store(said(1, 2, 1))
            .store(said(2, 2, 2))
            .store(said(3, 2, 3))
            .show(3, said(1, 2, 1))
    };
    story().show(3, said(3, 2, 3)).breaks(Rule::DisplayGap, 1);
    story()
        .show(3, said(3, 2, 3))
        .show(3, said(2, 2, 2))
        .breaks_with(&[(Rule::DisplayGap, 1), (Rule::Reordered, 1)]);
    story().show(3, said(1, 2, 1)).breaks(Rule::Doubled, 1);
}

#[test]
fn a_display_equals_the_store() {
    let other = Said { text: 1, ..said(1, 2, 1) };
    Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(3, other).breaks(Rule::Differs, 1);
    Story::of_two().invoke(2, 1).store(said(1, 2, 1)).tell(3, other).breaks(Rule::Differs, 1);
}

#[test]
fn the_store_equals_what_was_written() {
    let other = Said { text: 1, ..said(1, 2, 1) };
    Story::of_two().invoke(2, 1).store(other).breaks(Rule::Differs, 1);
    Story::of_two().invoke(2, 1).store(said(1, 3, 1)).breaks(Rule::Differs, 1);
}

#[test]
fn an_ack_names_the_place_and_stays_the_same() {
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1));
    story().ack(2, 1, 1).ack(2, 1, 1).holds();
    story().ack(2, 1, 2).breaks(Rule::Differs, 1);
    story().ack(2, 1, 1).ack(2, 1, 2).breaks(Rule::Differs, 1);
}

#[test]
fn answers_and_messages_come_from_somebodys_asking() {
    Story::of_two().ack(2, 1, 1).breaks(Rule::Stranger, 1);
    Story::of_two().invoke(2, 1).store(said(1, 2, 1)).ack(3, 1, 1).breaks(Rule::Stranger, 1);
    Story::of_two().refuse(2, 1).breaks(Rule::Stranger, 1);
    Story::of_two().store(said(1, 2, 1)).breaks(Rule::Stranger, 1);
}

#[test]
fn the_refused_is_neither_stored_nor_acked() {
    Story::of_two().invoke(2, 1).refuse(2, 1).holds();
    Story::of_two().invoke(2, 1).refuse(2, 1).store(said(1, 2, 1)).breaks(Rule::Contradiction, 1);
    Story::of_two()
        .invoke(2, 1)
        .refuse(2, 1)
        .ack(2, 1, 1)
        .breaks_with(&[(Rule::Contradiction, 1), (Rule::Lost, 1)]);
}

#[test]
fn read_marks_rise() {
    stored_talk().mark(2, 3, 1).mark(2, 3, 1).mark(2, 3, 2).mark(2, 2, 1).mark(3, 3, 1).holds();
    stored_talk().mark(2, 3, 2).mark(2, 3, 1).breaks(Rule::ReadMark, 1);
}

#[test]
fn read_marks_never_pass_the_head() {
    stored_talk().mark(2, 3, 3).breaks(Rule::ReadMark, 1);
    let early = Story::of_two().invoke(2, 1).mark(2, 3, 2).invoke(3, 2);
    early.store(said(1, 2, 1)).store(said(2, 3, 2)).breaks(Rule::ReadMark, 1);
}

#[test]
fn nothing_written_after_a_revocation_reaches_the_revoked() {
    let story = |told: &[ClientId]| {
        let story = Story::of_two().and(HARNESS, What::Revoked { user: 3 }).invoke(2, 1);
        let story = told.iter().fold(story, |story, client| story.tell(*client, said(1, 2, 1)));
        story.store(said(1, 2, 1))
    };
    story(&[2]).holds();
    story(&[3]).breaks(Rule::Revoked, 1);
    // What was under way, and what comes after the right was given back, is no fault.
    Story::of_two()
        .invoke(2, 1)
        .and(HARNESS, What::Revoked { user: 3 })
        .tell(3, said(1, 2, 1))
        .invoke(2, 2)
        .and(HARNESS, What::Restored { user: 3 })
        .tell(3, said(2, 2, 2))
        .store(said(1, 2, 1))
        .store(said(2, 2, 2))
        .holds();
}

#[test]
fn a_client_that_says_it_is_drained_holds_everything() {
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(2, said(1, 2, 1));
    story().drained(2).holds();
    story().drained(2).drained(3).breaks(Rule::Incomplete, 1);
}

#[test]
fn a_copy_is_dropped_only_for_a_reason() {
    let reset = What::Reset { conversation: TALK };
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(3, said(1, 2, 1));
    story().and(HARNESS, What::Voided).and(3, reset.clone()).show(3, said(1, 2, 1)).holds();
    story().and(3, reset).show(3, said(1, 2, 1)).breaks(Rule::Reset, 1);
}

impl Story {
    /// Nothing but these rules is broken, this often.
    fn breaks_with(self, rules: &[(Rule, u64)]) {
        let verdict = check(&self.events);
        assert_eq!(verdict.broken, rules.iter().copied().collect(), "{:#?}", verdict.faults);
    }
}
