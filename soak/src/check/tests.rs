//! Each rule is seen to hold, and seen to fail.

use super::*;

mod groups;
use crate::history::HARNESS;

const TALK: Conversation = Conversation::Direct { lower: 2, higher: 3 };

/// A history by hand. Client n is of user n.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Message n as user `sender` wrote it, before any change.
fn said(seq: u64, sender: u64, n: u128) -> Said {
    let text = Some(u64::try_from(n).unwrap() * 100);
    Said { seq, rev: seq, sender, id: Some(id(n)), text, reply_to: None, verb: None, more: None }
}

/// As edit `verb` has it.
fn edited(row: Said, rev: u64, verb: u128) -> Said {
    Said { rev, text: said(0, 0, verb).text, verb: Some(id(verb)), ..row }
}

fn deleted(row: Said, rev: u64) -> Said {
    Said { rev, text: None, ..row }
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
        let text = said(0, 0, n).text.unwrap();
        self.and(
            client,
            What::Invoke { id: id(n), conversation: TALK, text, reply_to: None, mentions: vec![] },
        )
    }

    fn edit(self, client: ClientId, verb: u128, of: u128) -> Self {
        let text = said(0, 0, verb).text;
        self.and(client, What::Verb { id: id(verb), conversation: TALK, message: id(of), text })
    }

    fn delete(self, client: ClientId, verb: u128, of: u128) -> Self {
        self.and(client, What::Verb { id: id(verb), conversation: TALK, message: id(of), text: None })
    }

    fn head(self, rev: u64) -> Self {
        self.and(HARNESS, What::Head { conversation: TALK, rev })
    }

    fn told(self, client: ClientId, from: u64, rev: u64, more: bool, live: bool) -> Self {
        self.and(client, What::Told { conversation: TALK, from, rev, more, live })
    }

    fn holds(self, client: ClientId, rev: u64) -> Self {
        self.and(client, What::Holds { conversation: TALK, rev, whole: true })
    }

    fn ack(self, client: ClientId, n: u128, seq: u64) -> Self {
        self.and(client, What::Ack { id: id(n), conversation: TALK, seq, mine: None })
    }

    fn refuse(self, client: ClientId, n: u128) -> Self {
        self.and(client, What::Refusal { id: id(n), code: "not_allowed".into() })
    }

    fn store(self, message: Said) -> Self {
        self.and(HARNESS, What::Stored { conversation: TALK, message, reader: 0, mine: vec![] })
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

    fn passes(self) -> Verdict {
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
    let verdict = killed.passes();
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
    timed_out().passes();
    timed_out().store(said(1, 2, 1)).passes();
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
    two().store(said(1, 2, 1)).store(said(2, 2, 2)).passes();
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
    story().show(3, said(3, 2, 3)).passes();
    story().show(3, said(3, 2, 3)).holds(3, 3).breaks_with(&[(Rule::DisplayGap, 1), (Rule::Missed, 1)]);
    story().show(3, said(3, 2, 3)).show(3, said(2, 2, 2)).holds(3, 3).passes();
    story().show(3, said(1, 2, 1)).breaks(Rule::Doubled, 1);
}

#[test]
fn a_display_equals_the_store() {
    let other = Said { text: Some(1), ..said(1, 2, 1) };
    Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(3, other.clone()).breaks(Rule::Differs, 1);
    Story::of_two().invoke(2, 1).store(said(1, 2, 1)).tell(3, other).breaks(Rule::Differs, 1);
}

#[test]
fn the_store_equals_what_was_written() {
    let other = Said { text: Some(1), ..said(1, 2, 1) };
    Story::of_two().invoke(2, 1).store(other).breaks(Rule::Differs, 1);
    Story::of_two().invoke(2, 1).store(said(1, 3, 1)).breaks(Rule::Differs, 1);
}

#[test]
fn an_ack_names_the_place_and_stays_the_same() {
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1));
    story().ack(2, 1, 1).ack(2, 1, 1).passes();
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
    Story::of_two().invoke(2, 1).refuse(2, 1).passes();
    Story::of_two().invoke(2, 1).refuse(2, 1).store(said(1, 2, 1)).breaks(Rule::Contradiction, 1);
    Story::of_two()
        .invoke(2, 1)
        .refuse(2, 1)
        .ack(2, 1, 1)
        .breaks_with(&[(Rule::Contradiction, 1), (Rule::Lost, 1)]);
}

#[test]
fn read_marks_rise() {
    stored_talk().mark(2, 3, 1).mark(2, 3, 1).mark(2, 3, 2).mark(2, 2, 1).mark(3, 3, 1).passes();
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
    story(&[2]).passes();
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
        .passes();
}

#[test]
fn a_client_that_says_it_is_drained_holds_everything() {
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(2, said(1, 2, 1));
    story().drained(2).passes();
    story().drained(2).drained(3).breaks(Rule::Incomplete, 1);
}

#[test]
fn a_copy_is_dropped_only_for_a_reason() {
    let reset = What::Reset { conversation: TALK };
    let story = || Story::of_two().invoke(2, 1).store(said(1, 2, 1)).show(3, said(1, 2, 1));
    story().and(HARNESS, What::Voided).and(3, reset.clone()).show(3, said(1, 2, 1)).passes();
    story().and(3, reset).show(3, said(1, 2, 1)).breaks(Rule::Reset, 1);
}

impl Story {
    /// Nothing but these rules is broken, this often.
    fn breaks_with(self, rules: &[(Rule, u64)]) {
        let verdict = check(&self.events);
        assert_eq!(verdict.broken, rules.iter().copied().collect(), "{:#?}", verdict.faults);
    }
}

/// Two messages, the first edited (verb 11) at rev 3 and everything as it should be.
fn edited_talk() -> Story {
    Story::of_two()
        .invoke(2, 1)
        .invoke(3, 2)
        .show(3, said(1, 2, 1))
        .show(3, said(2, 3, 2))
        .holds(3, 2)
        .edit(2, 11, 1)
        .and(2, What::Ack { id: id(11), conversation: TALK, seq: 1, mine: None })
}

fn first_edited() -> Said {
    edited(said(1, 2, 1), 3, 11)
}

fn stored_edited_talk() -> Story {
    edited_talk().store(first_edited()).store(said(2, 3, 2)).head(3)
}

#[test]
fn an_edit_that_was_acked_is_stored_or_a_later_one_is() {
    let verdict = stored_edited_talk().show(3, first_edited()).holds(3, 3).drained(3).passes();
    assert_eq!((verdict.verbs, verdict.acked), (1, 0));
    edited_talk().store(said(1, 2, 1)).store(said(2, 3, 2)).head(2).breaks(Rule::Undone, 1);
    let later = || edited_talk().edit(2, 12, 1);
    later().store(edited(said(1, 2, 1), 4, 12)).store(said(2, 3, 2)).head(4).passes();
    let gone = edited_talk().delete(2, 13, 1).store(deleted(first_edited(), 4)).store(said(2, 3, 2));
    gone.head(4).passes();
}

#[test]
fn a_deletion_that_was_acked_is_stored() {
    let story = || Story::of_two().invoke(2, 1).delete(2, 11, 1).ack(2, 11, 1);
    story().store(deleted(said(1, 2, 1), 2)).head(2).passes();
    story().store(said(1, 2, 1)).head(1).breaks(Rule::Undone, 1);
    story().breaks(Rule::Undone, 1);
}

#[test]
fn what_power_cuts_leave_is_asked_of_verbs_too() {
    let story = || Story::of_two().invoke(2, 1).ack(2, 1, 1).edit(2, 11, 1).ack(2, 11, 1).delete(2, 12, 1);
    let left = |story: Story, row: Said| unkept(&story.events, story.events.len(), [row].iter()).len();
    assert_eq!(left(story(), edited(said(1, 2, 1), 2, 11)), 0);
    assert_eq!(left(story(), said(1, 2, 1)), 1);
    assert_eq!(left(story().ack(2, 12, 1), edited(said(1, 2, 1), 2, 11)), 1);
    assert_eq!(left(story().ack(2, 12, 1), deleted(said(1, 2, 1), 3)), 0);
    assert_eq!(left(story(), said(9, 2, 9)), 2);
}

#[test]
fn nothing_is_changed_that_nobody_asked_for() {
    let story = || Story::of_two().invoke(2, 1);
    story().store(edited(said(1, 2, 1), 2, 11)).breaks(Rule::Stranger, 1);
    story().store(deleted(said(1, 2, 1), 2)).breaks(Rule::Stranger, 1);
    story()
        .edit(2, 11, 1)
        .store(Said { text: Some(7), ..edited(said(1, 2, 1), 2, 11) })
        .breaks(Rule::Stranger, 1);
    let refused = story().edit(2, 11, 1).refuse(2, 11).store(edited(said(1, 2, 1), 2, 11));
    refused.breaks_with(&[(Rule::Contradiction, 1), (Rule::Stranger, 1)]);
}

#[test]
fn what_was_refused_is_not_told_before_a_later_edit_either() {
    let later = |story: Story| story.edit(2, 12, 1).store(edited(said(1, 2, 1), 3, 12)).head(3);
    let first = || Story::of_two().invoke(2, 1).edit(2, 11, 1);
    later(first().tell(3, edited(said(1, 2, 1), 2, 11))).passes();
    later(first().refuse(2, 11).tell(3, edited(said(1, 2, 1), 2, 11))).breaks(Rule::Differs, 1);
}

#[test]
fn a_message_that_was_changed_since_is_acked_again_and_there_once() {
    let verdict = stored_edited_talk().ack(2, 1, 1).ack(2, 1, 1).passes();
    assert_eq!(verdict.repeated, 1);
    stored_edited_talk().ack(2, 1, 1).ack(2, 1, 3).breaks(Rule::Differs, 1);
}

#[test]
fn a_row_is_told_as_it_was_or_as_it_is() {
    stored_edited_talk().tell(2, said(1, 2, 1)).tell(2, first_edited()).passes();
    stored_edited_talk().tell(2, Said { text: Some(5), ..said(1, 2, 1) }).breaks(Rule::Differs, 1);
    stored_edited_talk().tell(2, Said { rev: 4, ..first_edited() }).breaks(Rule::Undone, 1);
    stored_edited_talk().tell(2, Said { text: Some(5), ..first_edited() }).breaks(Rule::Differs, 1);
}

#[test]
fn a_row_and_what_is_held_never_go_back() {
    let told = || stored_edited_talk().show(3, first_edited()).holds(3, 3);
    told().show(3, said(1, 2, 1)).breaks(Rule::WentBack, 1);
    told().show(3, first_edited()).breaks(Rule::Doubled, 1);
    told().holds(3, 2).breaks(Rule::WentBack, 1);
    let reloaded = told().and(3, What::Reloaded { conversation: TALK });
    reloaded.show(3, said(2, 3, 2)).holds(3, 3).show(3, first_edited()).drained(3).passes();
}

#[test]
fn who_holds_a_rev_shows_every_change_up_to_it() {
    stored_edited_talk().holds(3, 3).breaks(Rule::Missed, 1);
    stored_edited_talk().drained(3).breaks(Rule::Incomplete, 1);
}

#[test]
fn changes_are_told_without_a_gap() {
    let story = || stored_edited_talk().and(2, What::Welcomed);
    story().told(2, 0, 1, false, true).told(2, 1, 3, false, true).passes();
    story().told(2, 0, 1, false, true).told(2, 2, 3, false, true).breaks(Rule::SkippedRev, 1);
    story().told(2, 0, 1, false, true).told(2, 1, 2, false, false).told(2, 2, 3, false, true).passes();
    // The first of a connection goes on from what its client came with.
    let held = || stored_edited_talk().and(3, What::Welcomed);
    held().told(3, 2, 3, false, true).passes();
    held().told(3, 3, 4, false, true).breaks(Rule::SkippedRev, 1);
    held().told(3, 2, 2, true, false).told(3, 7, 8, false, true).passes();
    let again = story().told(2, 0, 1, false, true).and(2, What::Welcomed);
    again.told(2, 2, 3, false, true).passes();
}

#[test]
fn a_rev_is_that_of_one_row_and_rises_by_one() {
    edited_talk()
        .store(Said { rev: 4, ..first_edited() })
        .store(said(2, 3, 2))
        .head(4)
        .breaks(Rule::SkippedRev, 1);
    edited_talk().store(first_edited()).store(said(2, 3, 2)).head(4).breaks_with(&[(Rule::SkippedRev, 2)]);
    let twice = Said { rev: 2, ..first_edited() };
    edited_talk().store(twice).store(said(2, 3, 2)).head(2).breaks(Rule::SkippedRev, 1);
}

#[test]
fn a_list_has_each_conversation_once_with_the_last_message_that_says_something() {
    let entry = |conversation, last| What::Entry { conversation, last };
    let story = || stored_talk().and(2, What::Drained).drained(3);
    let told = |last| story().and(2, entry(TALK, last)).and(2, What::Listed);
    assert_eq!(told(Some((2, 3))).passes().listed, 1);
    told(Some((1, 2))).breaks(Rule::Listed, 1);
    told(None).breaks(Rule::Listed, 1);
    story().and(2, What::Listed).breaks(Rule::Listed, 1);
    // Of a connection that was lost before the last page nothing follows.
    story().and(2, entry(TALK, None)).passes();
    told(Some((2, 3))).and(2, entry(TALK, Some((2, 3)))).breaks(Rule::Listed, 1);
    let others = Conversation::Direct { lower: 3, higher: 4 };
    told(Some((2, 3))).and(2, entry(others, None)).breaks(Rule::Listed, 1);
}
