//! Each habit of a classmate, as frames and times.

use gchat_wire::Window;

use super::*;

const EPOCH: Uuid = Uuid::from_u128(7);
const MINUTE: Duration = Duration::from_secs(60);
const TALK: Conversation = Conversation::Direct { lower: 2, higher: 100 };

/// A classmate who draws this number wherever it is possible.
fn talks(draw: fn(usize) -> usize) -> Talks {
    let mut talks = Talks { draw, ..Talks::new(100) };
    assert_eq!(talks.receive(welcome(vec![]), Instant::now()), []);
    talks
}

fn plain() -> Talks {
    talks(|below| below - 1)
}

fn row(seq: u64, rev: u64, sender: u64, text: &str) -> Message {
    Message { seq, rev, sender, text: Some(text.to_owned()), ..Message::default() }
}

fn changes(from: u64, messages: Vec<Message>) -> Changes {
    let rev = messages.last().map_or(from, |last| last.rev);
    let (request, more, reset) = (None, false, false);
    Changes { request, conversation: TALK, from, rev, first_seq: 1, messages, more, reset }
}

/// A message that has just been written.
fn message(seq: u64, sender: u64, text: &str) -> Incoming {
    Incoming::Changes(changes(seq - 1, vec![row(seq, seq, sender, text)]))
}

fn welcome(windows: Vec<Window>) -> Incoming {
    Incoming::Welcome(Welcome {
        epoch: EPOCH,
        server_time: 0,
        lease_ends: 600_000,
        features: gchat_wire::FEATURES.iter().map(ToString::to_string).collect(),
        dock: Dock { version: 4, windows },
        changes: vec![],
    })
}

fn ack(id: Uuid, seq: u64) -> Incoming {
    Incoming::Ack(Ack { id, conversation: TALK, seq, rev: seq, mine: None })
}

/// Lets the time pass until nothing is due, or something waits for its ack.
fn until_sent(talks: &mut Talks, mut now: Instant) -> (Vec<Outgoing>, Instant) {
    let mut frames = Vec::new();
    while let Some(due) = talks.next_due() {
        now = due;
        frames.extend(talks.act(now));
        if matches!(
            frames.last(),
            Some(Outgoing::Send { .. } | Outgoing::Edit { .. } | Outgoing::Delete { .. })
        ) {
            break;
        }
    }
    (frames, now)
}

#[test]
fn a_message_is_read_then_answered_once() {
    let (mut talks, now) = (plain(), Instant::now());
    assert_eq!(talks.receive(message(1, 2, "Hi"), now), []);
    assert!(talks.busy());
    let (frames, now) = until_sent(&mut talks, now);
    let [
        Outgoing::Dock { state: State::Open, base: 4, .. },
        Outgoing::Read { seq: 1, .. },
        Outgoing::Typing { .. },
        Outgoing::Send { client_message_id, reply_to: None, .. },
    ] = &frames[..]
    else {
        panic!("{frames:?}")
    };
    talks.receive(message(2, 100, "Hello"), now);
    talks.receive(ack(*client_message_id, 2), now);
    assert!(!talks.busy());
    assert_eq!(talks.next_due(), None);
    assert_eq!(talks.receive(message(1, 2, "Hi"), now), [], "a repeated message is dropped");
    assert!(!talks.busy());
}

#[test]
fn a_slip_is_corrected_in_a_message_that_quotes() {
    let (mut talks, now) = (talks(|_| 0), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    let Some(Outgoing::Send { client_message_id, text: wrong, reply_to: Some(1), .. }) = frames.last() else {
        panic!("{frames:?}")
    };
    talks.receive(ack(*client_message_id, 2), now);
    let (frames, now) = until_sent(&mut talks, now);
    let [Outgoing::Edit { id, seq: 2, client_message_id: edited, text, .. }] = &frames[..] else {
        panic!("{frames:?}")
    };
    assert_eq!(edited, client_message_id);
    assert_ne!(text, wrong);
    assert_eq!(talks.act(now + MINUTE), frames, "again until it is answered");
    talks.receive(ack(*id, 2), now);
    assert!(!talks.busy());
}

#[test]
fn what_was_for_somebody_else_is_taken_back_before_the_answer() {
    let (mut talks, now) = (talks(|_| 1), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    let Some(Outgoing::Send { client_message_id, .. }) = frames.last() else { panic!("{frames:?}") };
    talks.receive(ack(*client_message_id, 2), now);
    let (frames, now) = until_sent(&mut talks, now);
    let [Outgoing::Delete { id, seq: 2, .. }] = &frames[..] else { panic!("{frames:?}") };
    talks.draw = |below| below - 1;
    talks.receive(ack(*id, 2), now);
    let (frames, _) = until_sent(&mut talks, now);
    assert!(matches!(frames.last(), Some(Outgoing::Send { .. })), "{frames:?}");
}

#[test]
fn a_server_that_knows_no_verbs_gets_none() {
    let (mut talks, now) = (talks(|_| 0), Instant::now());
    let Incoming::Welcome(welcome) = welcome(vec![]) else { unreachable!() };
    talks.receive(Incoming::Welcome(Welcome { features: vec![], ..welcome }), now);
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    let Some(Outgoing::Send { client_message_id, reply_to: None, .. }) = frames.last() else {
        panic!("{frames:?}")
    };
    talks.receive(ack(*client_message_id, 2), now);
    assert!(!talks.busy());
}

#[test]
fn what_was_asked_is_edited_or_deleted_before_the_answer() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    talks.receive(Incoming::Changes(changes(1, vec![row(1, 2, 2, "thanks")])), now);
    assert_eq!(talks.talks[&TALK].unanswered, Some((1, "thanks".to_owned())));
    let stub = Message { text: None, ..row(1, 3, 2, "") };
    talks.receive(Incoming::Changes(changes(2, vec![stub])), now);
    assert!(!talks.busy());
}

#[test]
fn an_unanswered_send_is_repeated_with_the_same_id_after_coming_back() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    let sent = frames.last().cloned().expect("a send");
    talks.receive(welcome(vec![]), now);
    assert_eq!(talks.act(now), [sent]);
    assert_eq!(talks.act(now), [], "and then only after some time");
}

#[test]
fn a_missing_change_is_asked_for_once() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 2, "a"), now);
    let frames = talks.receive(message(3, 2, "c"), now);
    assert!(matches!(&frames[..], [Outgoing::Changes { rev: 1, seq: 1, .. }]), "{frames:?}");
    assert_eq!(talks.receive(message(4, 2, "d"), now), []);
    let cursor = talks.cursor().expect("a cursor");
    assert_eq!((cursor.conversations[0].seq, cursor.conversations[0].rev, cursor.epoch), (1, 1, EPOCH));
    let answer =
        Changes { request: Some(1), more: true, ..changes(1, vec![row(2, 2, 2, "b"), row(3, 3, 2, "c")]) };
    let frames = talks.receive(Incoming::Changes(answer), now);
    assert!(matches!(&frames[..], [Outgoing::Changes { rev: 3, seq: 3, .. }]), "{frames:?}");
}

#[test]
fn what_was_written_in_the_absence_is_fetched_and_answered() {
    let (mut talks, now) = (plain(), Instant::now());
    let window = Window {
        conversation: TALK,
        kind: gchat_wire::Kind::Direct,
        state: State::Minimised,
        seq: 5,
        rev: 9,
        read_seq: 4,
        unread: 1,
        writing: gchat_wire::Writing::Yes,
        title: None,
        circle: None,
        members: None,
        announcements: false,
        mentions: 0,
        pinned: false,
        muted_until: None,
    };
    let frames = talks.receive(welcome(vec![window]), now);
    assert!(matches!(&frames[..], [Outgoing::History { before: None, after: None, .. }]), "{frames:?}");
    let messages = vec![row(4, 4, 100, "Bye"), row(5, 5, 2, "Are you there?")];
    let page = History { request: 1, conversation: TALK, first_seq: 1, seq: 5, rev: 9, messages, more: true };
    assert_eq!(talks.receive(Incoming::History(page), now), []);
    assert!(talks.busy());
    assert_eq!(talks.cursor().expect("a cursor").conversations[0].rev, 9);
}

#[test]
fn what_was_answered_before_a_restart_is_not_answered_again() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(2, 100, "Hello"), now);
    let messages = vec![row(1, 1, 2, "Hi"), row(2, 2, 100, "Hello")];
    let page =
        History { request: 1, conversation: TALK, first_seq: 1, seq: 2, rev: 2, messages, more: false };
    talks.receive(Incoming::History(page), now);
    assert!(!talks.busy());
}

#[test]
fn a_refused_answer_is_given_up() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    let Some(Outgoing::Send { client_message_id, .. }) = frames.last() else { panic!("{frames:?}") };
    let refusal = Refusal {
        code: "not_allowed".to_owned(),
        is_final: true,
        request: None,
        id: Some(*client_message_id),
        retry_after_ms: None,
    };
    talks.receive(Incoming::Error(refusal), now);
    assert_eq!(talks.act(now + MINUTE), []);
}

#[test]
fn a_refused_question_is_put_again_later() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 2, "a"), now);
    let refused = |frames: &[Outgoing]| {
        let [Outgoing::Changes { request, rev: 1, .. }] = frames else { panic!("{frames:?}") };
        let (code, retry_after_ms) = ("rate_limited".to_owned(), Some(3_600_000));
        Incoming::Error(Refusal { code, is_final: false, request: Some(*request), id: None, retry_after_ms })
    };
    let first = refused(&talks.receive(message(3, 2, "c"), now));
    talks.receive(first.clone(), now);
    let later = now + 60 * MINUTE;
    assert!(talks.act(later - MINUTE).iter().all(|frame| !matches!(frame, Outgoing::Changes { .. })));
    // What was asked is answered meanwhile.
    talks.talks.get_mut(&TALK).expect("a talk").rest();
    assert_eq!(talks.next_due(), Some(later));
    let again = refused(&talks.act(later));
    assert_ne!(again, first, "under a number of its own");
    assert_eq!(talks.act(later), [], "once");
}

#[test]
fn an_answer_to_a_message_of_another_store_quotes_nothing() {
    let restored = || {
        let Incoming::Welcome(welcome) = welcome(vec![]) else { unreachable!() };
        Incoming::Welcome(Welcome { epoch: Uuid::from_u128(8), ..welcome })
    };
    let quotes_nothing = |frame: &Outgoing| matches!(frame, Outgoing::Send { reply_to: None, .. });
    let (mut talks, now) = (talks(|_| 0), Instant::now());
    talks.receive(message(1, 2, "Hi"), now);
    let (frames, now) = until_sent(&mut talks, now);
    assert!(matches!(frames.last(), Some(Outgoing::Send { reply_to: Some(1), .. })), "{frames:?}");
    talks.receive(restored(), now);
    assert!(talks.act(now).iter().all(quotes_nothing));

    let mut talks = self::talks(|_| 0);
    talks.receive(message(1, 2, "Hi"), now);
    talks.receive(restored(), now);
    let (frames, _) = until_sent(&mut talks, now);
    assert!(frames.last().is_some_and(quotes_nothing), "{frames:?}");
}

#[test]
fn classmates_do_not_answer_each_other() {
    let (mut talks, now) = (plain(), Instant::now());
    talks.receive(message(1, 101, "Hi"), now);
    assert!(!talks.busy());
}
