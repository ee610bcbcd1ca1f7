//! Hazard: somebody reads what was written before they joined or after they left, or misses what lies between.

use gchat::{
    conversation::{Held, Message},
    id::{Rev, Seq},
    store::Page,
    talk::{Reach, Reader, Speaker},
};

use crate::util::{AnyStore, between, change, send, site, user};

fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq.0).collect()
}

pub(crate) async fn pages_hold_what_lies_within(store: AnyStore) {
    let (site, two) = (site(&store).await, between(2, 3));
    let speaker = Speaker { site, user: user(3) };
    for n in 1..=7 {
        send(&store, site, 2, 3, &format!("no. {n}")).await;
    }
    let read = async |reach: Reach, page: Page, limit: i64| {
        let (head, messages) = Reader::new(&*store, speaker, &two, reach).history(page, limit).await.unwrap();
        (head.first_seq.0, head.seq.0, seqs(&messages))
    };
    let some = Reach::between(Seq(3), Seq(5));
    for (page, limit, expected) in [
        (Page::Newest, 9, vec![3, 4, 5]),
        (Page::Newest, 2, vec![4, 5]),
        (Page::Before(Seq(5)), 9, vec![3, 4]),
        (Page::Before(Seq(99)), 1, vec![5]),
        (Page::Before(Seq(3)), 9, vec![]),
        (Page::After(Seq(0)), 2, vec![3, 4]),
        (Page::After(Seq(4)), 9, vec![5]),
        (Page::After(Seq(5)), 9, vec![]),
    ] {
        assert_eq!(read(some, page, limit).await, (3, 5, expected), "{page:?} {limit}");
    }
    assert_eq!(read(Reach::ALL, Page::Newest, 9).await, (1, 7, (1..=7).collect()));
    let later = Reach::between(Seq(6), Seq(i64::MAX));
    assert_eq!(read(later, Page::Newest, 9).await, (6, 7, vec![6, 7]));
}

pub(crate) async fn changes_beyond_it_are_empty_spans(store: AnyStore) {
    let (site, two) = (site(&store).await, between(2, 3));
    let speaker = Speaker { site, user: user(3) };
    for n in 1..=7 {
        send(&store, site, 2, 3, &format!("no. {n}")).await;
    }
    let some = Reader::new(&*store, speaker, &two, Reach::between(Seq(3), Seq(5)));
    let since = async |rev, seq, limit| {
        let held = Held { rev: Rev(rev), seq: Seq(seq) };
        let (head, changes) = some.changes(held, limit).await.unwrap();
        assert!(held.is_part_of(head), "{held:?} {head:?}");
        let span = (changes.from.0, changes.rev.0, changes.first_seq.0, changes.more);
        (span, seqs(&changes.messages))
    };
    assert_eq!(since(0, 0, 9).await, ((0, 7, 3, false), vec![3, 4, 5]));
    assert_eq!(since(0, 0, 2).await, ((0, 2, 3, true), vec![]), "nothing of it, and there is more");
    assert_eq!(since(2, 0, 2).await, ((2, 4, 3, true), vec![3, 4]));
    change(&store, site, 2, 3, 1, |message| message.text = None).await;
    change(&store, site, 2, 3, 6, |message| message.text = None).await;
    assert_eq!(since(7, 5, 9).await, ((7, 9, 3, false), vec![]));
    change(&store, site, 2, 3, 4, |message| message.text = None).await;
    assert_eq!(since(7, 5, 9).await, ((7, 10, 3, false), vec![4]));
}
