//! Hazard: a change that is lost, done twice, or undoes another; a text that comes back.

use gchat::{
    conversation::{Changes, DeletedBy, Held, Message},
    id::{Rev, RightsVersion, Seq, SiteId, UserId, VerbId},
    store::{Appended, Change, NewMessage, Page, WindowState},
};
use uuid::Uuid;

use crate::util::{AnyStore, between, change, message, read, send, set, site, user, windows};

async fn get(store: &AnyStore, site: SiteId, seq: i64) -> Message {
    store.message(site, &between(2, 3), Seq(seq)).await.unwrap().unwrap()
}

/// Of the conversation between 2 and 3.
async fn since(store: &AnyStore, site: SiteId, rev: i64, seq: i64, limit: i64) -> Changes {
    let held = Held { rev: Rev(rev), seq: Seq(seq) };
    let (head, changes) = store.changes(site, &between(2, 3), held, limit).await.unwrap();
    assert_eq!(
        (&changes.conversation, changes.first_seq, changes.reset),
        (&between(2, 3), head.first_seq, false)
    );
    changes
}

/// from, rev, the revs and seqs of the messages, more.
fn outline(changes: &Changes) -> (i64, i64, Vec<(i64, i64)>, bool) {
    let messages = changes.messages.iter().map(|m| (m.rev.0, m.seq.0)).collect();
    (changes.from.0, changes.rev.0, messages, changes.more)
}

fn edit(message: &mut Message, text: &str) {
    message.text = Some(text.into());
    message.edited_at = Some(message.sent_at + 1);
    message.verb_id = Some(VerbId(Uuid::now_v7()));
}

fn delete(message: &mut Message) {
    (message.text, message.deleted) = (None, Some(DeletedBy::Author));
}

pub(crate) async fn a_change_takes_the_next_rev_and_keeps_who_wrote_what_when(store: AnyStore) {
    let site = site(&store).await;
    let (first, _) = send(&store, site, 2, 3, "first").await;
    let answer = NewMessage { reply_to: Some(Seq(1)), ..message(site, 3, 2, "second") };
    let Appended::New { message: second, first_seq, .. } = store.append(answer).await.unwrap() else {
        panic!("not new")
    };
    assert_eq!((second.reply_to, first_seq), (Some(Seq(1)), Seq(1)));

    let mut expected = first.clone();
    edit(&mut expected, "first, edited");
    let edited = change(&store, site, 2, 3, 1, |message| *message = expected.clone()).await;
    expected.rev = Rev(3);
    assert_eq!(edited, expected);
    assert_eq!(get(&store, site, 1).await, expected);

    let deleted = change(&store, site, 2, 3, 2, delete).await;
    let expected = Message { rev: Rev(4), text: None, deleted: Some(DeletedBy::Author), ..second };
    assert_eq!(deleted, expected);
    let moderated =
        change(&store, site, 2, 3, 1, |m| (m.text, m.deleted) = (None, Some(DeletedBy::Moderator)));
    assert_eq!(moderated.await.rev, Rev(5));

    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!((head.seq, head.rev), (Seq(2), Rev(5)));
    assert_eq!(messages, [get(&store, site, 1).await, expected]);
    assert_eq!((messages[0].deleted, messages[0].verb_id), (Some(DeletedBy::Moderator), edited.verb_id));
    let (next, _) = send(&store, site, 2, 3, "third").await;
    assert_eq!((next.seq, next.rev), (Seq(3), Rev(6)));
}

pub(crate) async fn a_change_of_what_is_another_by_now_does_nothing(store: AnyStore) {
    let site = site(&store).await;
    let (mut old, _) = send(&store, site, 2, 3, "x").await;
    let now = change(&store, site, 2, 3, 1, |m| edit(m, "y")).await;
    edit(&mut old, "z");
    let stale = async |message: Message| {
        store.change(Change { site, conversation: between(2, 3), message }).await.unwrap()
    };
    assert_eq!(stale(old.clone()).await, None);
    assert_eq!(stale(Message { rev: Rev(3), ..old.clone() }).await, None);
    assert_eq!(stale(Message { seq: Seq(2), ..old.clone() }).await, None, "there is no such message");
    let elsewhere = Change { site, conversation: between(2, 4), message: old };
    assert_eq!(store.change(elsewhere).await.unwrap(), None, "nor such a conversation");
    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!((head.rev, messages), (Rev(2), vec![now]));
}

pub(crate) async fn of_changes_at_once_one_is_done(store: AnyStore) {
    let site = site(&store).await;
    let (sent, _) = send(&store, site, 2, 3, "x").await;
    let changes: Vec<Change> = (0..20)
        .map(|n| {
            let mut message = sent.clone();
            edit(&mut message, &format!("edit {n}"));
            Change { site, conversation: between(2, 3), message }
        })
        .collect();
    // They share transactions with messages of the same conversation.
    let (changed, appended) = tokio::join!(
        futures_util::future::join_all(changes.into_iter().map(|change| store.change(change))),
        futures_util::future::join_all((0..20).map(|n| store.append(message(site, 3, 2, &n.to_string())))),
    );
    let done: Vec<_> = changed.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(done.len(), 1, "{done:?}");
    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 99).await.unwrap();
    assert_eq!((head.seq, head.rev), (Seq(21), Rev(22)));
    assert_eq!(messages[0], done[0].message);
    let mut acked: Vec<_> = appended
        .into_iter()
        .map(|a| match a.unwrap() {
            Appended::New { message, .. } => message,
            other => panic!("not new: {other:?}"),
        })
        .collect();
    acked.sort_by_key(|m| m.seq);
    assert_eq!(messages[1..], acked);
    let mut revs: Vec<_> = messages.iter().map(|m| m.rev.0).collect();
    revs.sort_unstable();
    assert_eq!(revs, (2..=22).collect::<Vec<_>>(), "each its own, and the first one's is gone");
}

pub(crate) async fn a_repeated_send_is_known_whatever_became_of_the_message(store: AnyStore) {
    let site = site(&store).await;
    let first = message(site, 2, 3, "first text");
    store.append(first.clone()).await.unwrap();
    let expect = async |expected: Message, when: &str| {
        let again = Appended::Repeated { message: expected, published: Seq(0) };
        assert_eq!(store.find_sent(&first).await.unwrap().as_ref(), Some(&again), "{when}");
        assert_eq!(store.append(first.clone()).await.unwrap(), again, "{when}");
        for other in [
            NewMessage { text: "edited text".into(), ..first.clone() },
            NewMessage { text: "".into(), ..first.clone() },
            NewMessage { conversation: between(2, 4), ..first.clone() },
        ] {
            assert_eq!(store.find_sent(&other).await.unwrap(), Some(Appended::Conflict), "{when}");
            assert_eq!(store.append(other).await.unwrap(), Appended::Conflict, "{when}");
        }
    };
    let edited = change(&store, site, 2, 3, 1, |m| edit(m, "edited text")).await;
    expect(edited, "edited").await;
    let twice = change(&store, site, 2, 3, 1, |m| edit(m, "another text")).await;
    expect(twice, "edited twice").await;
    let deleted = change(&store, site, 2, 3, 1, delete).await;
    expect(deleted, "deleted").await;
    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!((head.seq, head.rev, messages.len()), (Seq(1), Rev(4), 1), "nothing was inserted");
}

pub(crate) async fn an_answer_names_a_message_that_is_there(store: AnyStore) {
    let site = site(&store).await;
    let answer = |to: i64| NewMessage { reply_to: Some(Seq(to)), ..message(site, 2, 3, "an answer") };
    for to in [-1, 0, 1, 2] {
        assert_eq!(store.append(answer(to)).await.unwrap(), Appended::NoSuchMessage, "{to}");
    }
    let (head, _) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq, Seq(0), "the conversation has not begun");
    send(&store, site, 3, 2, "a question").await;
    change(&store, site, 2, 3, 1, delete).await;
    let first = answer(1);
    assert!(matches!(store.append(first.clone()).await.unwrap(), Appended::New { .. }), "also of a stub");
    for to in [0, 3, i64::MAX] {
        assert_eq!(store.append(answer(to)).await.unwrap(), Appended::NoSuchMessage, "{to}");
    }
    // What was sent is known before it is judged.
    let again = NewMessage { reply_to: Some(Seq(99)), ..first };
    assert!(matches!(store.append(again).await.unwrap(), Appended::Repeated { .. }));
    assert_eq!(get(&store, site, 2).await.reply_to, Some(Seq(1)));
    assert_eq!(store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap().0.seq, Seq(2));
}

pub(crate) async fn a_refused_answer_hurts_no_other_message(store: AnyStore) {
    let site = site(&store).await;
    let mut batch: Vec<_> = (0..40).map(|n| message(site, 2, 3, &n.to_string())).collect();
    for n in [0, 7, 23] {
        batch[n].reply_to = Some(Seq(1_000));
    }
    let answers = futures_util::future::join_all(batch.iter().map(|m| store.append(m.clone()))).await;
    let refused = |n: &usize| answers[*n].as_ref().unwrap() == &Appended::NoSuchMessage;
    assert_eq!((0..40).filter(refused).collect::<Vec<_>>(), [0, 7, 23]);
    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 99).await.unwrap();
    assert_eq!((head.seq, head.rev, messages.len()), (Seq(37), Rev(37), 37));
}

pub(crate) async fn one_message_is_read_by_its_seq(store: AnyStore) {
    let site = site(&store).await;
    let (sent, _) = send(&store, site, 2, 3, "x").await;
    assert_eq!(get(&store, site, 1).await, sent);
    for (conversation, seq) in [(between(2, 3), 0), (between(2, 3), 2), (between(2, 4), 1)] {
        assert_eq!(store.message(site, &conversation, Seq(seq)).await.unwrap(), None);
    }
}

pub(crate) async fn changes_come_by_rev_in_pages(store: AnyStore) {
    let site = site(&store).await;
    for n in 1..=6 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    change(&store, site, 2, 3, 2, |m| edit(m, "two")).await; // 7
    change(&store, site, 2, 3, 5, delete).await; // 8
    send(&store, site, 3, 2, "7").await; // 9
    change(&store, site, 2, 3, 2, |m| edit(m, "2")).await; // 10
    assert_eq!(outline(&since(&store, site, 6, 6, 9).await), (6, 10, vec![(8, 5), (9, 7), (10, 2)], false));
    assert_eq!(outline(&since(&store, site, 6, 6, 2).await), (6, 9, vec![(8, 5), (9, 7)], true));
    assert_eq!(outline(&since(&store, site, 9, 7, 2).await), (9, 10, vec![(10, 2)], false));
    assert_eq!(outline(&since(&store, site, 6, 6, 3).await), (6, 10, vec![(8, 5), (9, 7), (10, 2)], false));
    // What became another meanwhile comes as it is, at its last change.
    let all = vec![(1, 1), (3, 3), (4, 4), (6, 6), (8, 5), (9, 7), (10, 2)];
    assert_eq!(outline(&since(&store, site, 0, 0, 9).await), (0, 10, all.clone(), false));
    assert_eq!(outline(&since(&store, site, 0, 0, 4).await), (0, 6, all[..4].to_vec(), true));
    assert_eq!(outline(&since(&store, site, 6, 6, 0).await), (6, 6, vec![], true), "none is asked for");
    let told = since(&store, site, 9, 7, 9).await;
    assert_eq!(told.messages, [get(&store, site, 2).await]);
}

pub(crate) async fn what_is_held_at_the_head_or_above_is_told_where_that_is(store: AnyStore) {
    let site = site(&store).await;
    assert_eq!(outline(&since(&store, site, 0, 0, 9).await), (0, 0, vec![], false), "it has not begun");
    assert_eq!(outline(&since(&store, site, 5, 5, 9).await), (0, 0, vec![], false));
    send(&store, site, 2, 3, "x").await;
    for held in [1, 2, 99] {
        assert_eq!(outline(&since(&store, site, held, held, 9).await), (1, 1, vec![], false), "{held}");
    }
    assert_eq!(outline(&since(&store, site, 0, 99, 9).await).1, 1);
}

pub(crate) async fn what_is_no_part_of_a_conversation_is_told_the_head_alone(store: AnyStore) {
    let site = site(&store).await;
    let all = (0..1_001).map(|n| store.append(message(site, 2, 3, &n.to_string())));
    assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
    for (rev, seq) in [(0, 0), (1_000, 1_001), (1_000, 1_002), (1_002, 0)] {
        let told = outline(&since(&store, site, rev, seq, 9).await);
        assert_eq!(told, (1_001, 1_001, vec![], false), "{rev} {seq}");
    }
    assert_eq!(outline(&since(&store, site, 1, 0, 2).await), (1, 3, vec![(2, 2), (3, 3)], true));
}

pub(crate) async fn a_stub_is_not_unread_and_brings_no_window(store: AnyStore) {
    let site = site(&store).await;
    for n in 1..=3 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    change(&store, site, 2, 3, 2, delete).await;
    assert_eq!(windows(&store, site, 3).await, [(2, WindowState::Minimised, 2)]);
    change(&store, site, 2, 3, 3, delete).await;
    change(&store, site, 2, 3, 1, |m| edit(m, "one")).await;
    assert_eq!(windows(&store, site, 3).await, [(2, WindowState::Minimised, 1)], "an edited one is");
    change(&store, site, 2, 3, 1, delete).await;
    assert_eq!(windows(&store, site, 3).await, []);
    assert!(send(&store, site, 2, 3, "4").await.1, "so the next message brings the window");
    // Closed with something unread in it: that does not come back when a newer one is deleted.
    set(&store, site, 3, 2, WindowState::Closed).await;
    assert!(send(&store, site, 2, 3, "5").await.1);
    change(&store, site, 2, 3, 5, delete).await;
    assert_eq!(windows(&store, site, 3).await, []);
    assert!(send(&store, site, 2, 3, "6").await.1);
    // One's own stubs are nothing to the other either.
    send(&store, site, 3, 2, "7").await;
    read(&store, site, 3, 2, 7).await;
    change(&store, site, 2, 3, 7, delete).await;
    assert_eq!(windows(&store, site, 2).await, []);
    assert!(send(&store, site, 3, 2, "8").await.1);
}

pub(crate) async fn an_erased_person_leaves_nothing_of_what_was_changed(store: AnyStore) {
    let site = site(&store).await;
    let edited = message(site, 2, 3, "edited");
    let deleted = NewMessage { reply_to: Some(Seq(1)), ..message(site, 2, 3, "deleted") };
    store.append(edited.clone()).await.unwrap();
    store.append(deleted.clone()).await.unwrap();
    let (theirs, _) = send(&store, site, 3, 2, "theirs").await;
    change(&store, site, 2, 3, 1, |m| edit(m, "y")).await;
    change(&store, site, 2, 3, 2, delete).await; // rev 5
    let (_, told) = store.remove_user(site, user(2), RightsVersion(1)).await.unwrap();
    assert_eq!(told.iter().map(|(_, head)| (head.seq.0, head.rev.0)).collect::<Vec<_>>(), [(3, 7)]);
    let (head, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head, told[0].1);
    let stub = |seq: i64, rev: i64, sender: UserId| Message {
        seq: Seq(seq),
        rev: Rev(rev),
        sender,
        client_message_id: None,
        text: None,
        sent_at: theirs.sent_at,
        system: None,
        mentions: Vec::new(),
        reactions: Vec::new(),
        mine: Vec::new(),
        reply_to: None,
        edited_at: None,
        deleted: None,
        verb_id: None,
    };
    assert_eq!(messages, [stub(1, 6, user(2)), stub(2, 7, user(2)), theirs.clone()]);
    assert_eq!(since(&store, site, 5, 3, 9).await.messages, messages[..2]);
    assert_eq!(since(&store, site, 6, 3, 9).await.messages, messages[1..2]);
    for forgotten in [edited, deleted] {
        let again = store.find_sent(&forgotten).await.unwrap();
        assert_eq!(again, None, "its name and its hash are gone");
    }
}
