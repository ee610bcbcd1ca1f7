//! Docks, marks and unread counts against a model that is too simple to be wrong: it keeps every message and row in
//! vectors and works everything out anew. The rule of which windows are listed (`Facts`) is held equal to it too, and so
//! to the statement by which a database decides.

use std::collections::BTreeMap;

use gchat::{
    dock::Facts,
    id::{RightsVersion, Seq, SiteId},
    store::{Origin, Page, WindowChange, WindowState},
};
use proptest::prelude::*;

use crate::util::{AnyStore, between, change, other, send, site, snapshot, user};

const PEOPLE: std::ops::RangeInclusive<i64> = 1..=4;

#[derive(Clone, Debug)]
enum Step {
    Send(i64, i64),
    Read(i64, i64, i64, bool),
    /// The last two: how old the base is, and the most windows.
    Window(i64, i64, WindowState, i64, usize),
    /// A message of the two, by its place in their conversation, is edited or becomes a stub.
    Edit(i64, i64, usize),
    Delete(i64, i64, usize),
    Remove(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let pair = || (PEOPLE, PEOPLE).prop_filter("two people", |(a, b)| a != b);
    let state = prop_oneof![Just(WindowState::Open), Just(WindowState::Minimised), Just(WindowState::Closed)];
    prop_oneof![
        6 => pair().prop_map(|(a, b)| Step::Send(a, b)),
        3 => (pair(), 0..8i64, any::<bool>()).prop_map(|((a, b), seq, p)| Step::Read(a, b, seq, p)),
        6 => (pair(), state, 0..3i64, 1..4usize).prop_map(|((a, b), s, old, most)| Step::Window(a, b, s, old, most)),
        1 => (pair(), 0..8usize).prop_map(|((a, b), n)| Step::Edit(a, b, n)),
        4 => (pair(), 0..8usize).prop_map(|((a, b), n)| Step::Delete(a, b, n)),
        1 => PEOPLE.prop_map(Step::Remove),
    ]
}

/// A message: its sender (none once it is a stub) and its place in the order of commits.
type Sent = (Option<i64>, usize);
/// A window as listed: other, state, unread, read, other's read.
type Listed = (i64, WindowState, i64, i64, i64);

#[derive(Default)]
struct Model {
    /// By (lower, higher).
    messages: BTreeMap<(i64, i64), Vec<Sent>>,
    committed: usize,
    /// By (owner, other): read and published, once the conversation has begun.
    marks: BTreeMap<(i64, i64), (i64, i64)>,
    rows: BTreeMap<(i64, i64), Row>,
    removals: i64,
}

struct Row {
    state: WindowState,
    version: i64,
    opened: i64,
    closed_seq: i64,
}

impl Model {
    fn talk(&self, a: i64, b: i64) -> &[Sent] {
        self.messages.get(&(a.min(b), a.max(b))).map_or(&[], Vec::as_slice)
    }

    /// Order of commit of the other's messages above a seq.
    fn above(&self, owner: i64, other: i64, seq: i64) -> Vec<usize> {
        let above = self.talk(owner, other).iter().skip(seq as usize);
        above.filter(|(sender, _)| *sender == Some(other)).map(|(_, order)| *order).collect()
    }

    /// Version and windows.
    fn dock(&self, owner: i64) -> (i64, Vec<Listed>) {
        let mut windows = Vec::new();
        for other in PEOPLE.filter(|other| *other != owner) {
            let mark = self.marks.get(&(owner, other));
            let row = self.rows.get(&(owner, other));
            let place = match row {
                Some(row) if row.state != WindowState::Closed => Some((0, row.opened as usize, row.state)),
                row => mark.and_then(|(read, _)| {
                    let from = (*read).max(row.map_or(0, |r| r.closed_seq));
                    let first = self.above(owner, other, from).first().copied();
                    first.map(|order| (1, order, WindowState::Minimised))
                }),
            };
            if let Some((late, order, state)) = place {
                // Without a mark they were removed: what there was before counts as read.
                let read = mark.map_or(self.talk(owner, other).len() as i64, |(read, _)| *read);
                let unread = self.above(owner, other, read).len() as i64;
                let others = self.marks.get(&(other, owner)).map_or(0, |(_, published)| *published);
                windows.push(((late, order), (other, state, unread, read, others)));
            }
        }
        windows.sort_by_key(|(place, _)| *place);
        (self.version(owner), windows.into_iter().map(|(_, window)| window).collect())
    }

    /// What the rule of listed windows is asked.
    fn facts(&self, owner: i64, other: i64) -> Facts {
        let row = self.rows.get(&(owner, other));
        let by_other = |(sender, _): &Sent| *sender == Some(other);
        Facts {
            state: row.map(|row| row.state),
            closed_seq: Seq(row.map_or(0, |row| row.closed_seq)),
            read_seq: self.marks.get(&(owner, other)).map(|(read, _)| Seq(*read)),
            newest_by_others: Seq(self
                .talk(owner, other)
                .iter()
                .rposition(by_other)
                .map_or(0, |n| n as i64 + 1)),
        }
    }

    fn version(&self, owner: i64) -> i64 {
        let rows = self.rows.iter().filter(|((o, _), _)| *o == owner);
        rows.map(|(_, row)| row.version).max().unwrap_or(0)
    }

    fn shown(&self, owner: i64, other: i64) -> WindowState {
        let listed = self.dock(owner).1.into_iter().find(|window| window.0 == other);
        listed.map_or(WindowState::Closed, |window| window.1)
    }

    /// Whether the recipient's window came back.
    fn send(&mut self, from: i64, to: i64) -> bool {
        let before = self.shown(to, from);
        let head = self.talk(from, to).len() as i64;
        for pair in [(from, to), (to, from)] {
            self.marks.entry(pair).or_insert((head, 0));
        }
        self.committed += 1;
        let talk = self.messages.entry((from.min(to), from.max(to))).or_default();
        talk.push((Some(from), self.committed));
        let mark = self.marks.get_mut(&(from, to)).unwrap();
        mark.1 = mark.0;
        before == WindowState::Closed
    }

    fn read(&mut self, reader: i64, other: i64, seq: i64, publish: bool) -> Option<i64> {
        let seq = seq.min(self.talk(reader, other).len() as i64);
        let mark = self.marks.get_mut(&(reader, other)).filter(|mark| mark.0 < seq)?;
        mark.0 = seq;
        if publish {
            mark.1 = seq;
        }
        Some(seq)
    }

    fn window(&mut self, owner: i64, other: i64, state: WindowState, base: i64, most: usize) -> bool {
        let row = self.rows.get(&(owner, other));
        if row.is_some_and(|row| row.version > base) || self.shown(owner, other) == state {
            return false;
        }
        let version = self.version(owner) + 1;
        let kept = row.filter(|row| row.state != WindowState::Closed).map(|row| row.opened);
        let closed = state == WindowState::Closed;
        let closed_seq = if closed { self.talk(owner, other).len() as i64 } else { 0 };
        self.rows.insert((owner, other), Row { state, version, opened: kept.unwrap_or(version), closed_seq });
        let open = |row: &Row| row.state != WindowState::Closed;
        let mut order: Vec<_> = self
            .rows
            .iter()
            .filter(|((o, _), row)| *o == owner && open(row))
            .map(|(pair, row)| (row.opened, *pair))
            .collect();
        order.sort();
        let excess = if kept.is_some() { 0 } else { order.len().saturating_sub(most) };
        for (_, pair) in &order[..excess] {
            let row = self.rows.get_mut(pair).unwrap();
            *row = Row { state: WindowState::Closed, version, opened: row.opened, closed_seq: 0 };
        }
        true
    }

    /// The seq of one of their messages that is no stub.
    fn pick(&self, a: i64, b: i64, n: usize) -> Option<i64> {
        self.talk(a, b).get(n).filter(|(sender, _)| sender.is_some()).map(|_| n as i64 + 1)
    }

    fn delete(&mut self, a: i64, b: i64, seq: i64) {
        self.messages.get_mut(&(a.min(b), a.max(b))).unwrap()[seq as usize - 1].0 = None;
    }

    fn remove(&mut self, gone: i64) {
        self.removals += 1;
        for (sender, _) in self.messages.values_mut().flatten() {
            if *sender == Some(gone) {
                *sender = None;
            }
        }
        self.marks.retain(|(owner, _), _| *owner != gone);
        self.rows.retain(|(owner, _), _| *owner != gone);
    }
}

async fn dock(store: &AnyStore, site: SiteId, owner: i64) -> (i64, Vec<Listed>) {
    let dock = store.dock(site, user(owner)).await.unwrap();
    let windows = dock
        .windows
        .iter()
        .map(|w| (other(&w.conversation, owner), w.state, w.unread, w.read_seq.0, w.other_read_seq.0));
    (dock.version, windows.collect())
}

async fn run(store: &AnyStore, steps: Vec<Step>) {
    let (site, mut model) = (site(store).await, Model::default());
    for step in steps {
        match step.clone() {
            Step::Send(from, to) => {
                let (message, came_back) = send(store, site, from, to, "x").await;
                assert_eq!(came_back, model.send(from, to), "{step:?}");
                assert_eq!(message.seq.0 as usize, model.talk(from, to).len());
            }
            Step::Read(reader, other, seq, publish) => {
                let conversation = between(reader, other);
                let rose = store.read(site, &conversation, user(reader), Seq(seq), publish);
                let rose = rose.await.unwrap().map(|Seq(seq)| seq);
                assert_eq!(rose, model.read(reader, other, seq, publish), "{step:?}");
            }
            Step::Window(owner, other, state, old, most) => {
                let base = model.version(owner) - old;
                let conversation = between(owner, other);
                let done = store
                    .set_window(
                        site,
                        user(owner),
                        &conversation,
                        WindowChange { state, base, seen: None, session: None },
                        most,
                    )
                    .await
                    .unwrap();
                assert_eq!(done, model.window(owner, other, state, base, most), "{step:?}");
            }
            Step::Edit(a, b, n) => {
                let Some(seq) = model.pick(a, b, n) else { continue };
                change(store, site, a, b, seq, |message| message.edited_at = Some(1)).await;
            }
            Step::Delete(a, b, n) => {
                let Some(seq) = model.pick(a, b, n) else { continue };
                change(store, site, a, b, seq, |message| message.text = None).await;
                model.delete(a, b, seq);
            }
            Step::Remove(gone) => {
                model.remove(gone);
                let version = 2 * model.removals;
                store.remove_user(site, user(gone), RightsVersion(version)).await.unwrap();
                let back = snapshot(version + 1, "back");
                store.put_user(site, user(gone), back, Origin::Call).await.unwrap();
            }
        }
        for owner in PEOPLE {
            assert_eq!(dock(store, site, owner).await, model.dock(owner), "of {owner} after {step:?}");
            for other in PEOPLE.filter(|other| *other != owner) {
                let facts = model.facts(owner, other);
                assert_eq!(facts.shown(), model.shown(owner, other), "{facts:?} after {step:?}");
            }
        }
    }
    for ((lower, higher), talk) in &model.messages {
        let (head, kept) = store.history(site, &between(*lower, *higher), Page::Newest, 999).await.unwrap();
        assert_eq!(head.seq.0 as usize, talk.len());
        assert!(head.rev.0 >= head.seq.0);
        let text = |erased: bool| if erased { None } else { Some("x") };
        let expected: Vec<_> = talk.iter().map(|(sender, _)| text(sender.is_none())).collect();
        assert_eq!(kept.iter().map(|m| m.text.as_deref()).collect::<Vec<_>>(), expected);
        assert!(kept.iter().all(|m| m.rev <= head.rev));
    }
}

pub(crate) async fn docks_are_what_a_naive_model_says(store: AnyStore) {
    let runtime = tokio::runtime::Handle::current();
    let told = tokio::task::spawn_blocking(move || {
        proptest!(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() },
        |(steps in prop::collection::vec(step(), 1..40))| {
            runtime.block_on(run(&store, steps));
        });
    });
    told.await.unwrap();
}
