//! Each sentence of "Changes" that a client has to do something about.

use super::*;

const TALK: Conversation = Conversation::Direct { lower: 2, higher: 3 };

fn row(seq: u64, rev: u64) -> Message {
    Message { seq, rev, sender: 2, text: Some(format!("{seq} at {rev}")), ..Message::default() }
}

/// The changes after `from`, of these messages and revs.
fn changes(from: u64, rows: &[(u64, u64)]) -> Changes {
    let messages: Vec<Message> = rows.iter().map(|(seq, rev)| row(*seq, *rev)).collect();
    let rev = messages.last().map_or(from, |last| last.rev);
    let (request, more, reset) = (None, false, false);
    Changes { request, conversation: TALK, from, rev, first_seq: 1, messages, more, reset }
}

fn page(seqs: std::ops::RangeInclusive<u64>, rev: u64, more: bool) -> History {
    let messages: Vec<Message> = seqs.clone().map(|seq| row(seq, seq)).collect();
    History { request: 1, conversation: TALK, first_seq: 1, seq: *seqs.end(), rev, messages, more }
}

fn shown(applied: &Applied) -> Vec<(u64, u64)> {
    applied.shows.iter().map(|message| (message.seq, message.rev)).collect()
}

#[test]
fn the_next_span_is_applied_an_old_one_dropped_and_a_gap_asked_for() {
    let mut copies = Copies::new(false);
    assert_eq!(copies.changed(changes(0, &[(1, 1)])).holds, Some((1, true)));
    assert_eq!(copies.changed(changes(0, &[(1, 1)])), Applied::default(), "shown twice");
    assert_eq!(copies.next_ask(), None);
    assert_eq!(copies.changed(changes(3, &[(2, 4)])), Applied::default(), "applied over a gap");
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Changes { rev: 1, seq: 1 })));
    assert_eq!(copies.next_ask(), None, "asked twice");
    let answer = Changes { request: Some(1), ..changes(1, &[(2, 2), (1, 3)]) };
    assert_eq!(copies.changed(answer).holds, Some((3, false)));
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Changes { rev: 3, seq: 2 })));
    let answer = copies.changed(Changes { request: Some(2), ..changes(3, &[(2, 4)]) });
    assert_eq!((shown(&answer), answer.holds), (vec![(2, 4)], Some((4, true))));
    assert!(copies.next_ask().is_none() && copies.is_sure(&[TALK]));
}

#[test]
fn a_row_replaces_only_lower_revs_of_itself() {
    let mut copies = Copies::new(false);
    copies.changed(changes(0, &[(1, 1), (2, 2)]));
    let overlapping = copies.changed(changes(1, &[(2, 2), (1, 3)]));
    assert_eq!((shown(&overlapping), overlapping.holds), (vec![(1, 3)], Some((3, true))));
}

#[test]
fn an_empty_span_tells_of_the_head() {
    let mut copies = Copies::new(false);
    copies.changed(changes(0, &[(1, 1)]));
    assert_eq!(copies.changed(changes(5, &[])), Applied::default());
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Changes { rev: 1, seq: 1 })));
    copies.connection_lost();
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Changes { rev: 1, seq: 1 })), "the answer was lost");
}

#[test]
fn what_comes_before_the_first_page_is_applied_after_it() {
    let mut copies = Copies::new(false);
    copies.changed(changes(0, &[(1, 1)]));
    assert!(copies.reload(TALK));
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Newest)));
    assert!(!copies.reload(TALK), "while an answer is on its way");
    assert_eq!(copies.changed(changes(8, &[(3, 9)])), Applied::default());
    let applied = copies.paged(Ask::Newest, page(3..=8, 8, true));
    assert_eq!(
        (shown(&applied).len(), applied.shows.last(), applied.holds),
        (7, Some(&row(3, 9)), Some((9, true)))
    );
    // Changes of what is older are passed over, until it is fetched.
    assert_eq!(shown(&copies.changed(changes(9, &[(1, 10), (8, 11)]))), [(8, 11)]);
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Changes { rev: 11, seq: 8 })));
    copies.changed(Changes { request: Some(2), ..changes(11, &[]) });
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Before(3))));
    assert_eq!(
        copies.paged(Ask::Before(3), page(1..=2, 10, false)).shows,
        [],
        "read before what was passed over"
    );
    copies.changed(Changes { request: Some(3), ..changes(11, &[]) });
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Before(3))));
    assert_eq!(shown(&copies.paged(Ask::Before(3), page(1..=2, 11, false))), [(1, 1), (2, 2)]);
    copies.changed(Changes { request: Some(4), ..changes(11, &[]) });
    assert!(copies.is_sure(&[TALK]));
}

#[test]
fn a_reset_begins_anew() {
    let mut copies = Copies::new(false);
    copies.changed(changes(0, &[(1, 1)]));
    copies.reset(TALK);
    let reset = Changes { reset: true, rev: 9, ..changes(0, &[(4, 4), (5, 5)]) };
    assert_eq!(copies.changed(reset).holds, Some((9, true)));
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Before(4))));
    copies.reset(TALK);
    copies.changed(Changes { reset: true, more: true, rev: 9, ..changes(0, &[]) });
    assert_eq!(copies.next_ask(), Some((TALK, Ask::Newest)), "nothing had room");
}

#[test]
fn a_cursor_has_what_is_held_and_its_epoch() {
    let mut copies = Copies::new(false);
    let epoch = Uuid::now_v7();
    assert!(copies.enter(epoch).is_empty());
    copies.told(Conversation::between(2, 9), 7);
    copies.changed(changes(0, &[(2, 2), (1, 3)]));
    let conversations = vec![Position { conversation: TALK, rev: 3, seq: 2 }];
    assert_eq!(copies.cursor(), Some(Cursor { epoch, conversations }));
    assert_eq!(copies.enter(Uuid::now_v7()), [TALK]);
    copies.reset(TALK);
    assert_eq!(copies.cursor().unwrap().conversations, []);
}

#[test]
fn the_careless_mutant_shows_over_a_gap() {
    let mut copies = Copies::new(true);
    assert_eq!(copies.changed(changes(0, &[(1, 1)])).shows.len(), 1);
    assert_eq!(copies.changed(changes(2, &[(3, 3)])).shows.len(), 1);
    assert_eq!(copies.next_ask(), None);
}
