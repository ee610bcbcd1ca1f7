//! Hazard: somebody who was away, or was told only a part, ends with another conversation than everybody else.
//!
//! Any changes of a conversation, with copies of it from every moment: whoever applies what `changes` tells, by the
//! contract's rule, holds what a fresh read gives. What is there is besides what a model says that keeps every message.

use std::collections::BTreeMap;

use gchat::{
    conversation::{Changes, DeletedBy, Head, Held, Message},
    id::{ConversationId, Rev, RightsVersion, Seq, SiteId, VerbId},
    store::{Appended, Change, Changed, NewMessage, Origin, Page},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::util::{AnyStore, between, message, site, snapshot, user};

const PEOPLE: std::ops::RangeInclusive<i64> = 1..=3;

#[derive(Clone, Debug)]
enum Step {
    /// From, to, and the seq that is answered; 0: none.
    Send(i64, i64, i64),
    /// A message of the two, by its place.
    Edit(i64, i64, usize),
    Delete(i64, i64, usize, DeletedBy),
    Again(i64, i64, usize),
    Remove(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let pair = || (PEOPLE, PEOPLE).prop_filter("two people", |(a, b)| a != b);
    let by = prop_oneof![Just(DeletedBy::Author), Just(DeletedBy::Moderator)];
    prop_oneof![
        5 => (pair(), 0..4i64).prop_map(|((a, b), to)| Step::Send(a, b, to)),
        4 => (pair(), 0..8usize).prop_map(|((a, b), n)| Step::Edit(a, b, n)),
        3 => (pair(), 0..8usize, by).prop_map(|((a, b), n, by)| Step::Delete(a, b, n, by)),
        1 => (pair(), 0..8usize).prop_map(|((a, b), n)| Step::Again(a, b, n)),
        1 => PEOPLE.prop_map(Step::Remove),
    ]
}

/// What somebody holds of a conversation: everything above a seq.
#[derive(Clone, Debug, PartialEq)]
struct Copy {
    rev: Rev,
    above: Seq,
    messages: BTreeMap<i64, Message>,
}

impl Copy {
    /// As a fresh read has it, of the newest messages.
    fn of(head: Head, messages: &[Message]) -> Self {
        let above = messages.first().map_or(head.seq, |first| Seq(first.seq.0 - 1));
        Self { rev: head.rev, above, messages: messages.iter().map(|m| (m.seq.0, m.clone())).collect() }
    }

    fn held(&self) -> Held {
        let newest = self.messages.last_key_value().map_or(self.above, |(seq, _)| Seq(*seq));
        Held { rev: self.rev, seq: newest }
    }

    /// protocol/README.md, "Applying them".
    fn apply(&mut self, changes: &Changes) {
        assert!(changes.messages.is_sorted_by(|a, b| a.rev < b.rev), "{changes:?}");
        let lies_in = |m: &Message| changes.from < m.rev && m.rev <= changes.rev;
        assert!(changes.messages.iter().all(lies_in), "{changes:?}");
        if !(changes.from <= self.rev && self.rev < changes.rev) {
            return;
        }
        for message in changes.messages.iter().filter(|m| m.seq > self.above) {
            let there = self.messages.entry(message.seq.0).or_insert_with(|| message.clone());
            if there.rev < message.rev {
                *there = message.clone();
            }
        }
        self.rev = changes.rev;
    }
}

/// Every message with its first try.
#[derive(Default)]
struct Model {
    talks: BTreeMap<ConversationId, (i64, Vec<(NewMessage, Message)>)>,
    /// Rights versions so far.
    version: i64,
}

impl Model {
    fn talk(&mut self, id: &ConversationId) -> &mut (i64, Vec<(NewMessage, Message)>) {
        self.talks.entry(id.clone()).or_default()
    }

    fn append(&mut self, new: &NewMessage) -> Option<Message> {
        let (rev, rows) = self.talk(&new.conversation);
        let seq = Seq(rows.len() as i64 + 1);
        if new.reply_to.is_some_and(|to| to >= seq) {
            return None;
        }
        *rev += 1;
        let message = Message {
            seq,
            rev: Rev(*rev),
            sender: new.sender,
            client_message_id: Some(new.client_message_id),
            text: Some(new.text.clone()),
            sent_at: new.sent_at,
            system: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: Vec::new(),
            reply_to: new.reply_to,
            edited_at: None,
            deleted: None,
            verb_id: None,
        };
        rows.push((new.clone(), message.clone()));
        Some(message)
    }

    /// A message that is no stub.
    fn pick(&mut self, id: &ConversationId, n: usize) -> Option<Message> {
        let (_, rows) = self.talk(id);
        rows.get(n).map(|(_, message)| message.clone()).filter(|message| message.text.is_some())
    }

    fn change(&mut self, id: &ConversationId, message: &Message) -> Message {
        let (rev, rows) = self.talk(id);
        *rev += 1;
        let changed = Message { rev: Rev(*rev), ..message.clone() };
        rows[message.seq.0 as usize - 1].1 = changed.clone();
        changed
    }

    /// The conversations that changed.
    fn remove(&mut self, gone: i64) -> Vec<ConversationId> {
        let mut changed = Vec::new();
        for (id, (rev, rows)) in &mut self.talks {
            let before = *rev;
            for (_, message) in rows {
                if message.sender != user(gone) || message.client_message_id.is_none() {
                    continue;
                }
                *rev += 1;
                message.rev = Rev(*rev);
                (message.client_message_id, message.text, message.reply_to) = (None, None, None);
                (message.edited_at, message.deleted, message.verb_id) = (None, None, None);
            }
            if *rev > before {
                changed.push(id.clone());
            }
        }
        changed
    }
}

/// Does it to both. What whoever is connected is told live.
async fn walk(store: &AnyStore, site: SiteId, model: &mut Model, step: Step) -> Vec<Changes> {
    let conversation = |a, b| between(a, b);
    match step {
        Step::Send(from, to, answered) => {
            let reply_to = (answered > 0).then_some(Seq(answered));
            let new = NewMessage { reply_to, ..message(site, from, to, "first") };
            match (store.append(new.clone()).await.unwrap(), model.append(&new)) {
                (Appended::New { message, first_seq, .. }, Some(expected)) => {
                    assert_eq!(message, expected);
                    vec![Changes::of(new.conversation, first_seq, vec![message])]
                }
                (Appended::NoSuchMessage, None) => Vec::new(),
                other => panic!("{other:?}"),
            }
        }
        Step::Edit(a, b, n) => {
            let edit = |message: &mut Message| {
                (message.text, message.edited_at) = (Some("edited".into()), Some(1));
                message.verb_id = Some(VerbId(Uuid::now_v7()));
            };
            changed(store, site, model, conversation(a, b), n, edit).await
        }
        Step::Delete(a, b, n, by) => {
            let delete = |message: &mut Message| (message.text, message.deleted) = (None, Some(by));
            changed(store, site, model, conversation(a, b), n, delete).await
        }
        Step::Again(a, b, n) => {
            let (_, rows) = model.talk(&conversation(a, b));
            if let Some((first, now)) = rows.get(n).filter(|(_, now)| now.client_message_id.is_some()) {
                let again = store.append(first.clone()).await.unwrap();
                assert!(matches!(&again, Appended::Repeated { message, .. } if message == now), "{again:?}");
                let other = NewMessage { text: "edited".into(), ..first.clone() };
                assert_eq!(store.append(other).await.unwrap(), Appended::Conflict);
            }
            Vec::new()
        }
        Step::Remove(gone) => {
            let expected = model.remove(gone);
            model.version += 2;
            let version = RightsVersion(model.version);
            let (_, told) = store.remove_user(site, user(gone), version).await.unwrap();
            let late = message(site, gone, gone % 3 + 1, "it was on its way");
            assert_eq!(store.append(late).await.unwrap(), Appended::SenderRemoved);
            let back = snapshot(model.version + 1, "back");
            store.put_user(site, user(gone), back, Origin::Call).await.unwrap();
            let mut changed: Vec<_> = told.iter().map(|(id, _)| id.clone()).collect();
            changed.sort(); // no order is promised
            assert_eq!(changed, expected);
            told.into_iter().map(|(id, head)| Changes::head(id, head)).collect()
        }
    }
}

async fn changed(
    store: &AnyStore,
    site: SiteId,
    model: &mut Model,
    conversation: ConversationId,
    n: usize,
    how: impl Fn(&mut Message),
) -> Vec<Changes> {
    let Some(mut message) = model.pick(&conversation, n) else { return Vec::new() };
    how(&mut message);
    let stale = Message { rev: Rev(message.rev.0 - 1), ..message.clone() };
    let stale = Change { site, conversation: conversation.clone(), message: stale };
    assert_eq!(store.change(stale).await.unwrap(), None);
    let expected = model.change(&conversation, &message);
    let change = Change { site, conversation: conversation.clone(), message };
    let Changed { message, first_seq } = store.change(change).await.unwrap().unwrap();
    assert_eq!(message, expected);
    vec![Changes::of(conversation, first_seq, vec![message])]
}

async fn fresh(store: &AnyStore, site: SiteId, id: &ConversationId) -> (Head, Vec<Message>) {
    store.history(site, id, Page::Newest, 999).await.unwrap()
}

async fn run(store: &AnyStore, steps: Vec<Step>, limit: i64) {
    let (site, mut model) = (site(store).await, Model::default());
    let all = [between(1, 2), between(1, 3), between(2, 3)];
    // Whoever is connected all the time, and those who left at some moment with all or the newest two.
    let mut live: BTreeMap<_, _> =
        all.iter().map(|id| (id.clone(), Copy::of(Head::default(), &[]))).collect();
    let mut away: Vec<(ConversationId, Copy)> = live.clone().into_iter().collect();
    for step in steps {
        for changes in walk(store, site, &mut model, step.clone()).await {
            let copy = live.get_mut(&changes.conversation).unwrap();
            copy.apply(&changes);
            if copy.rev < changes.rev {
                catch_up(store, site, &changes.conversation, copy, limit).await;
            }
        }
        for id in &all {
            let (head, messages) = fresh(store, site, id).await;
            let (rev, rows) = model.talk(id);
            assert_eq!((head.seq.0, head.rev.0), (rows.len() as i64, *rev), "after {step:?}");
            assert_eq!(messages, rows.iter().map(|(_, now)| now.clone()).collect::<Vec<_>>());
            assert_eq!(live[id], Copy { above: Seq(0), ..Copy::of(head, &messages) }, "live, after {step:?}");
            let newest = &messages[messages.len().saturating_sub(2)..];
            away.extend([&messages[..], newest].map(|held| (id.clone(), Copy::of(head, held))));
        }
    }
    for (id, left) in away {
        let (head, messages) = fresh(store, site, &id).await;
        // What somebody says of the seq is theirs to say: it leaves nothing out that is above their rev.
        let low = store.changes(site, &id, Held { seq: Seq(0), ..left.held() }, 999).await.unwrap();
        let mut all: Vec<_> = messages.iter().filter(|m| m.rev > left.rev).cloned().collect();
        all.sort_by_key(|m| m.rev);
        assert_eq!((low.0, low.1.messages), (head, all), "who left with {left:?}");
        let mut copy = left.clone();
        catch_up(store, site, &id, &mut copy, limit).await;
        let expected: Vec<_> = messages.into_iter().filter(|m| m.seq > left.above).collect();
        let expected = Copy { above: left.above, ..Copy::of(head, &expected) };
        assert_eq!(copy, expected, "who left with {left:?}");
    }
}

/// Asks until there is no more.
async fn catch_up(store: &AnyStore, site: SiteId, id: &ConversationId, copy: &mut Copy, limit: i64) {
    loop {
        let held = copy.held();
        let (head, changes) = store.changes(site, id, held, limit).await.unwrap();
        assert!(changes.messages.len() as i64 <= limit && !changes.reset);
        assert_eq!((changes.from, changes.first_seq), (held.rev, head.first_seq));
        copy.apply(&changes);
        assert_eq!(copy.rev, changes.rev);
        if !changes.more {
            assert_eq!(changes.rev, head.rev);
            break;
        }
        assert!(copy.rev > held.rev && copy.rev < head.rev, "it goes on");
    }
}

pub(crate) async fn whoever_applies_the_changes_holds_what_a_fresh_read_gives(store: AnyStore) {
    let runtime = tokio::runtime::Handle::current();
    let told = tokio::task::spawn_blocking(move || {
        proptest!(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() },
        |(steps in prop::collection::vec(step(), 1..40), limit in 1..6i64)| {
            runtime.block_on(run(&store, steps, limit));
        });
    });
    told.await.unwrap();
}
