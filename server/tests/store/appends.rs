//! Hazard: messages lost, doubled, out of order, or told of before they are kept.

use std::{collections::HashSet, sync::Arc};

use gchat::{
    conversation::{Head, Message},
    id::{Seq, SiteId},
    store::{Appended, NewMessage, Page},
};

use crate::util::{AnyStore, between, mark, message, read, send, site, user};

async fn all(store: &AnyStore, site: SiteId, a: i64, b: i64) -> (Head, Vec<Message>) {
    store.history(site, &between(a, b), Page::Newest, 10_000).await.unwrap()
}

fn new(appended: Appended) -> Message {
    match appended {
        Appended::New { message, .. } => message,
        other => panic!("not new: {other:?}"),
    }
}

/// Queues all of these in their order before any is answered.
async fn at_once(store: &AnyStore, messages: &[NewMessage]) -> Vec<gchat::store::Result<Appended>> {
    futures_util::future::join_all(messages.iter().map(|m| store.append(m.clone()))).await
}

pub(crate) async fn messages_get_numbers_without_gaps(store: AnyStore) {
    let site = site(&store).await;
    assert_eq!(all(&store, site, 2, 3).await, (Head::default(), vec![]));
    for (n, from) in [2, 3, 3, 2].into_iter().enumerate() {
        let (message, _) = send(&store, site, from, 5 - from, &format!("{n}")).await;
        assert_eq!((message.seq.0, message.rev.0, message.sender), (n as i64 + 1, n as i64 + 1, user(from)));
    }
    let (head, messages) = all(&store, site, 2, 3).await;
    assert_eq!((head.first_seq.0, head.seq.0, head.rev.0), (1, 4, 4));
    assert_eq!(messages.iter().map(|m| m.text.as_deref().unwrap()).collect::<String>(), "0123");
}

pub(crate) async fn a_thousand_at_once_keep_their_order_and_their_numbers(store: AnyStore) {
    let site = site(&store).await;
    // 50 conversations, two callers in each; a caller awaits nothing between its ten messages.
    let callers = (0..100).map(|caller| {
        let store = store.clone();
        let (low, high) = (1_000 + caller / 2, 2_000 + caller / 2);
        let (from, to) = if caller % 2 == 0 { (low, high) } else { (high, low) };
        let messages: Vec<_> = (0..10).map(|n| message(site, from, to, &n.to_string())).collect();
        tokio::spawn(async move {
            at_once(&store, &messages).await.into_iter().map(|a| new(a.unwrap())).collect::<Vec<_>>()
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut acked: Vec<Vec<Message>> = Vec::new();
    for caller in callers {
        acked.push(caller.await.unwrap());
    }
    for (caller, acks) in acked.iter().enumerate() {
        assert!(acks.is_sorted_by(|a, b| a.seq < b.seq), "caller {caller} was reordered");
        let texts: Vec<_> =
            acks.iter().map(|m| m.text.as_deref().unwrap().parse::<usize>().unwrap()).collect();
        assert_eq!(texts, (0..10).collect::<Vec<_>>());
    }
    for pair in 0..50 {
        let (head, rows) = all(&store, site, 1_000 + pair, 2_000 + pair).await;
        assert_eq!((head.seq.0, head.rev.0), (20, 20));
        assert_eq!(rows.iter().map(|m| m.seq.0).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
        let mut acks = [&acked[2 * pair as usize][..], &acked[2 * pair as usize + 1][..]].concat();
        acks.sort_by_key(|m| m.seq);
        assert_eq!(rows, acks);
    }
}

pub(crate) async fn the_same_id_again_gives_the_first_answer(store: AnyStore) {
    let site = site(&store).await;
    let first = message(site, 2, 3, "once");
    assert_eq!(store.find_sent(&first).await.unwrap(), None);
    let stored = new(store.append(first.clone()).await.unwrap());
    let again = NewMessage { sent_at: first.sent_at + 5_000, ..first };
    let repeated = Appended::Repeated { message: stored, published: Seq(0) };
    assert_eq!(store.append(again.clone()).await.unwrap(), repeated);
    assert_eq!(store.find_sent(&again).await.unwrap(), Some(repeated));
    assert_eq!(all(&store, site, 2, 3).await.1.len(), 1);
    // The id is the sender's own: another sender may happen to use it.
    let others = NewMessage { sender: user(3), ..again };
    assert_eq!(new(store.append(others).await.unwrap()).seq, Seq(2));
}

pub(crate) async fn the_same_id_twice_in_one_batch_is_recognised(store: AnyStore) {
    let site = site(&store).await;
    let first = message(site, 2, 3, "once");
    let other_text = NewMessage { text: "twice".into(), ..first.clone() };
    let other_place = NewMessage { conversation: between(2, 4), ..first.clone() };
    for _ in 0..20 {
        // Some of these share a transaction, some do not; the answers are the same.
        let batch = [first.clone(), first.clone(), other_text.clone(), other_place.clone(), first.clone()];
        let answers: Vec<_> = at_once(&store, &batch).await.into_iter().map(Result::unwrap).collect();
        let stored = match &answers[0] {
            Appended::New { message, .. } | Appended::Repeated { message, .. } => message.clone(),
            other => panic!("not new or repeated: {other:?}"),
        };
        assert_eq!(stored.seq, Seq(1));
        let repeated = Appended::Repeated { message: stored, published: Seq(0) };
        assert_eq!(answers[1], repeated);
        assert_eq!(answers[2..4], [Appended::Conflict, Appended::Conflict]);
        assert_eq!(answers[4], repeated);
    }
    assert_eq!(all(&store, site, 2, 3).await.1.len(), 1);
    assert_eq!(all(&store, site, 2, 4).await, (Head::default(), vec![]));
}

pub(crate) async fn the_same_id_for_something_else_is_a_conflict(store: AnyStore) {
    let site = site(&store).await;
    let first = message(site, 2, 3, "one thing");
    new(store.append(first.clone()).await.unwrap());
    for other in [
        NewMessage { text: "another thing".into(), ..first.clone() },
        NewMessage { conversation: between(2, 4), ..first.clone() },
    ] {
        assert_eq!(store.find_sent(&other).await.unwrap(), Some(Appended::Conflict));
        assert_eq!(store.append(other).await.unwrap(), Appended::Conflict);
    }
    let (head, messages) = all(&store, site, 2, 3).await;
    assert_eq!((head.seq, messages.len()), (Seq(1), 1));
    assert_eq!(all(&store, site, 2, 4).await.0, Head::default());
}

pub(crate) async fn one_bad_message_does_not_fail_the_others(store: AnyStore) {
    let site = site(&store).await;
    let mut batch: Vec<_> = (0..40).map(|n| message(site, 2, 3, &n.to_string())).collect();
    batch[7].site = SiteId(999_999); // no such site
    batch[23].sender = user(4); // not in the conversation
    for round in 0..5 {
        let answers = at_once(&store, &batch).await;
        let failed: Vec<_> = (0..40).filter(|n| answers[*n].is_err()).collect();
        assert_eq!(failed, [7, 23]);
        let (head, messages) = all(&store, site, 2, 3).await;
        assert_eq!((head.seq.0, messages.len()), (38 * (round + 1), 38 * (round as usize + 1)));
        let texts: Vec<_> = messages.iter().map(|m| m.text.as_deref().unwrap()).collect();
        let sent: Vec<_> = batch.iter().map(|m| &*m.text).filter(|t| !["7", "23"].contains(t)).collect();
        assert_eq!(&texts[38 * round as usize..], sent);
        for message in &mut batch {
            message.client_message_id.0 = uuid::Uuid::now_v7();
        }
    }
}

pub(crate) async fn history_comes_in_pages(store: AnyStore) {
    let site = site(&store).await;
    for n in 1..=25 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    let page = async |page, limit| {
        let (head, messages) = store.history(site, &between(2, 3), page, limit).await.unwrap();
        assert_eq!(head.seq, Seq(25));
        messages.iter().map(|m| m.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(page(Page::Newest, 3).await, [23, 24, 25]);
    assert_eq!(page(Page::Before(Seq(23)), 3).await, [20, 21, 22]);
    assert_eq!(page(Page::Before(Seq(3)), 10).await, [1, 2]);
    assert_eq!(page(Page::Before(Seq(1)), 10).await, [0i64; 0]);
    assert_eq!(page(Page::After(Seq(0)), 2).await, [1, 2]);
    assert_eq!(page(Page::After(Seq(23)), 10).await, [24, 25]);
    assert_eq!(page(Page::After(Seq(25)), 10).await, [0i64; 0]);
    assert_eq!(page(Page::Newest, 100).await.len(), 25);
}

pub(crate) async fn any_text_comes_back_as_it_was(store: AnyStore) {
    let site = site(&store).await;
    let texts: Vec<Arc<str>> = vec![
        "Olá, Ana! 👋🏽".into(),
        "<img src=x onerror=alert(1)>".into(),
        "\"quotes\" 'and' \\backslashes\\ \n\t\r\u{1}\u{7f}\u{2028}".into(),
        "'); DROP TABLE messages; --".into(),
        "مرحبا \u{202e}abc\u{fffd}\u{10ffff}".into(),
        "1".into(),
        "null".into(),
        "{\"a\":[1]}".into(),
        "𝕏".repeat(4_096).into(),
    ];
    let batch: Vec<_> =
        texts.iter().map(|text| NewMessage { text: text.clone(), ..message(site, 2, 3, "") }).collect();
    let acked: Vec<_> = at_once(&store, &batch).await.into_iter().map(|a| new(a.unwrap())).collect();
    let (_, rows) = all(&store, site, 2, 3).await;
    assert_eq!(rows, acked);
    let ids: HashSet<_> = rows.iter().map(|m| m.client_message_id.unwrap()).collect();
    assert_eq!(ids.len(), texts.len());
    for (row, text) in rows.iter().zip(&texts) {
        assert_eq!(row.text.as_ref(), Some(text));
    }
}

pub(crate) async fn read_marks_only_rise_and_stop_at_the_head(store: AnyStore) {
    let site = site(&store).await;
    assert_eq!(read(&store, site, 3, 2, 1).await, None, "the conversation has not begun");
    for _ in 0..5 {
        send(&store, site, 2, 3, "x").await;
    }
    assert_eq!(read(&store, site, 3, 2, 2).await, Some(2));
    assert_eq!(read(&store, site, 3, 2, 2).await, None);
    assert_eq!(read(&store, site, 3, 2, 1).await, None);
    assert_eq!(read(&store, site, 3, 2, 99).await, Some(5));
    assert_eq!(store.read(site, &between(2, 3), user(4), mark(1, true)).await.unwrap(), None);
}

pub(crate) async fn a_mark_is_seen_by_the_other_when_published_or_with_the_next_message(store: AnyStore) {
    let site = site(&store).await;
    let seen = async || {
        let dock = store.dock(site, user(2)).await.unwrap();
        dock.windows.first().map(|w| w.other_read_seq.0)
    };
    crate::util::set(&store, site, 2, 3, gchat::store::WindowState::Open).await;
    for _ in 0..4 {
        send(&store, site, 2, 3, "x").await;
    }
    assert_eq!(seen().await, Some(0));
    assert_eq!(read(&store, site, 3, 2, 1).await, Some(1));
    assert_eq!(seen().await, Some(1));
    // Hidden: the mark rises for the reader alone.
    assert_eq!(store.read(site, &between(2, 3), user(3), mark(3, false)).await.unwrap(), Some(Seq(3)));
    assert_eq!(seen().await, Some(1));
    let answer = message(site, 3, 2, "answer");
    store.append(answer.clone()).await.unwrap();
    assert_eq!(seen().await, Some(3));
    // Whoever was not told of it then learns it from the repeated send.
    let again = store.append(answer).await.unwrap();
    assert!(matches!(again, Appended::Repeated { published: Seq(3), .. }), "{again:?}");
}
