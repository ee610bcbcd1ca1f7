//! A served store tells an arrival again without reading it: never another one than a read would tell.

use std::{path::Path, sync::Arc};

use gchat::{
    id::{RightsVersion, Seq, SiteId},
    rights::{Membership, Role, Snapshot},
    store::{Arrival, NewMessage, Origin, Page, Store as _, WindowChange, WindowState, sqlite::SqliteStore},
};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::util::{AnyStore, between, change, message, send, set, site, snapshot, user};

const PEOPLE: std::ops::RangeInclusive<i64> = 1..=4;

async fn served() -> (TempDir, AnyStore) {
    let dir = TempDir::new().unwrap();
    SqliteStore::make(dir.path().join("gchat.db")).await.unwrap().close().await;
    let store = SqliteStore::serve(dir.path().join("gchat.db")).await.unwrap();
    (dir, Arc::new(store))
}

/// What a login is told whose token says this.
async fn told(store: &AnyStore, site: SiteId, id: i64, token: &Snapshot) -> String {
    format!("{:?}", arrival(store, site, id, token).await)
}

/// With the heads of the conversations with all others, in their order.
async fn arrival(store: &AnyStore, site: SiteId, id: i64, token: &Snapshot) -> Arrival {
    let heads: Vec<_> = PEOPLE.filter(|other| *other != id).map(|other| between(id, other)).collect();
    store.arrival(site, user(id), &format!("login-{id}"), token, &heads).await.unwrap()
}

#[derive(Clone, Debug)]
enum Step {
    Send(i64, i64),
    Again(i64, i64),
    Conflict(i64, i64),
    Read(i64, i64, i64, bool),
    /// The newest message of the two becomes a stub, or is edited.
    Change(i64, i64, bool),
    /// The last two: how old the base is, and whether the first message was the last seen.
    Window(i64, i64, WindowState, i64, bool),
    /// Says something new of somebody.
    Put(i64, u8, Origin),
    Floor(i64),
    /// Takes somebody into the course, or out of it.
    Course(i64, bool),
    Revoke(i64),
    Remove(i64),
    Expire(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let pair = || (PEOPLE, PEOPLE).prop_filter("two people", |(a, b)| a != b);
    let state = prop_oneof![Just(WindowState::Open), Just(WindowState::Minimised), Just(WindowState::Closed)];
    prop_oneof![
        4 => pair().prop_map(|(a, b)| Step::Send(a, b)),
        1 => pair().prop_map(|(a, b)| Step::Again(a, b)),
        1 => pair().prop_map(|(a, b)| Step::Conflict(a, b)),
        3 => (pair(), 0..8i64, any::<bool>()).prop_map(|((a, b), seq, p)| Step::Read(a, b, seq, p)),
        3 => (pair(), any::<bool>()).prop_map(|((a, b), gone)| Step::Change(a, b, gone)),
        4 => (pair(), state, 0..3i64, any::<bool>())
            .prop_map(|((a, b), state, old, first)| Step::Window(a, b, state, old, first)),
        3 => (PEOPLE, 0..3u8, prop_oneof![Just(Origin::Token), Just(Origin::Call)])
            .prop_map(|(id, name, origin)| Step::Put(id, name, origin)),
        1 => (0..3i64).prop_map(Step::Floor),
        2 => (PEOPLE, any::<bool>()).prop_map(|(id, is_in)| Step::Course(id, is_in)),
        1 => PEOPLE.prop_map(Step::Revoke),
        1 => PEOPLE.prop_map(Step::Remove),
        1 => (0..3i64).prop_map(Step::Expire),
    ]
}

/// Does it at this version, which is higher than all before.
async fn walk(store: &AnyStore, site: SiteId, version: i64, step: Step) {
    match step {
        Step::Send(from, to) => drop(send(store, site, from, to, "x").await),
        Step::Again(from, to) => {
            let twice = message(site, from, to, "x");
            store.append(twice.clone()).await.unwrap();
            store.append(twice).await.unwrap();
        }
        Step::Conflict(from, to) => {
            let one = message(site, from, to, "x");
            store.append(one.clone()).await.unwrap();
            store.append(NewMessage { text: "y".into(), ..one }).await.unwrap();
        }
        Step::Read(reader, other, seq, publish) => {
            store.read(site, &between(reader, other), user(reader), Seq(seq), publish).await.unwrap();
        }
        Step::Change(a, b, gone) => {
            let (head, _) = store.history(site, &between(a, b), Page::Newest, 0).await.unwrap();
            if head.seq > Seq(0) {
                let change = change(store, site, a, b, head.seq.0, |message| match gone {
                    true => message.text = None,
                    false => message.edited_at = Some(version),
                });
                change.await;
            }
        }
        Step::Window(owner, other, state, old, first) => {
            let base = store.dock(site, user(owner)).await.unwrap().version - old;
            let change = WindowChange { state, base, seen: first.then_some(Seq(1)), session: None };
            store.set_window(site, user(owner), &between(owner, other), change, 2).await.unwrap();
        }
        Step::Put(id, name, origin) => {
            let new = snapshot(version, &format!("name {name}"));
            store.put_user(site, user(id), new, origin).await.unwrap();
        }
        Step::Floor(ahead) => {
            store.raise_floor(site, "c7", RightsVersion(version + ahead), version).await.unwrap();
        }
        Step::Course(id, is_in) => {
            let floor = store.raise_floor(site, "c8", RightsVersion(version), version).await.unwrap();
            let held = Membership { id: "c8".parse().unwrap(), role: Role::Student, title: "".into() };
            let circles = vec![(user(id), if is_in { vec![held] } else { Vec::new() })];
            store.put_course(site, "c8", floor.version, circles).await.unwrap();
        }
        Step::Revoke(id) => store.revoke_login(site, &format!("login-{id}"), version).await.unwrap(),
        Step::Remove(id) => drop(store.remove_user(site, user(id), RightsVersion(version)).await.unwrap()),
        Step::Expire(behind) => drop(store.expire(version - behind).await.unwrap()),
    }
}

async fn run(path: &Path, store: &AnyStore, steps: Vec<Step>) {
    let site = site(store).await;
    let reads: AnyStore = Arc::new(SqliteStore::open(path).await.unwrap()); // a tool keeps no arrivals
    let token = snapshot(1, "token");
    for (version, step) in (1..).zip(steps) {
        walk(store, site, version, step.clone()).await;
        for id in PEOPLE {
            let read = told(&reads, site, id, &token).await;
            for time in ["first", "second", "third"] {
                assert_eq!(told(store, site, id, &token).await, read, "{time} of {id} after {step:?}");
            }
        }
    }
    reads.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_arrival_that_is_told_again_is_what_a_read_tells() {
    let (dir, store) = served().await;
    let path = dir.path().join("gchat.db");
    let runtime = tokio::runtime::Handle::current();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let ran = tokio::task::spawn_blocking(move || {
        proptest!(config, |(steps in prop::collection::vec(step(), 1..40))| {
            runtime.block_on(run(&path, &store, steps));
        });
    });
    ran.await.unwrap();
}

/// Everybody asks all the time, so that what was told is always at hand; and who writes asks when that was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_answered_is_told_from_then_on() {
    let (_dir, store) = served().await;
    let site = site(&store).await;
    let token = snapshot(1, "token");
    let asks = PEOPLE.map(|id| {
        let (store, token) = (store.clone(), token.clone());
        tokio::spawn(async move {
            loop {
                told(&store, site, id, &token).await;
                tokio::task::yield_now().await;
            }
        })
    });
    let asks: Vec<_> = asks.collect();
    set(&store, site, 1, 2, WindowState::Open).await;
    for round in 1..=500 {
        let name = format!("round {round}");
        let sent = send(&store, site, 1, 2, "x").await.0.seq;
        store.read(site, &between(1, 2), user(2), sent, true).await.unwrap();
        store.put_user(site, user(2), snapshot(round, &name), Origin::Token).await.unwrap();
        let (one, two) = (arrival(&store, site, 1, &token).await, arrival(&store, site, 2, &token).await);
        assert_eq!([one.heads[0], two.heads[0]].map(|head| head.unwrap().seq), [sent, sent]);
        assert_eq!(*two.user.unwrap().snapshot.name, *name);
        assert_eq!(one.dock.windows[0].other_read_seq, sent);
    }
    asks.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Behind the store's back, where nobody stamps what was written: only so one sees who reads and who does not.
fn rename(path: &Path, name: &str) {
    let conn = Connection::open(path).unwrap();
    conn.execute("UPDATE users SET snapshot = json_set(snapshot, '$.name', ?1)", [name]).unwrap();
}

#[tokio::test]
async fn who_comes_again_is_told_without_a_read_for_a_while() {
    let (dir, store) = served().await;
    let path = dir.path().join("gchat.db");
    let site = site(&store).await;
    let token = snapshot(1, "as put");
    store.put_user(site, user(1), token.clone(), Origin::Token).await.unwrap();
    send(&store, site, 2, 1, "x").await;
    set(&store, site, 1, 2, WindowState::Open).await;
    store.raise_floor(site, "c7", RightsVersion(9), 1).await.unwrap();
    for name in ["came once", "came twice"] {
        rename(&path, name);
        assert!(told(&store, site, 1, &token).await.contains(name), "it is read");
    }
    rename(&path, "behind its back");
    let again = arrival(&store, site, 1, &token).await;
    assert_eq!(*again.user.unwrap().snapshot.name, *"came twice", "it is not read");
    let all = !again.dock.windows.is_empty() && !again.floors.0.is_empty() && again.heads[0].is_some();
    assert!(all, "with whatever there is to tell");
    let newer = snapshot(2, "as put");
    assert!(
        told(&store, site, 1, &newer).await.contains("behind its back"),
        "another token asks something else"
    );

    rename(&path, "a while ago");
    store.expire(0).await.unwrap();
    assert!(told(&store, site, 1, &newer).await.contains("behind its back"), "it was asked for since");
    store.expire(0).await.unwrap();
    store.expire(0).await.unwrap();
    assert!(told(&store, site, 1, &newer).await.contains("a while ago"), "it was forgotten");

    told(&store, site, 1, &newer).await;
    store.close().await;
    assert!(
        store.arrival(site, user(1), "login-1", &newer, &[]).await.is_err(),
        "a closed store tells nothing"
    );
}

#[tokio::test]
async fn a_tool_beside_the_server_reads_each_time() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    let store: AnyStore = Arc::new(SqliteStore::make(&path).await.unwrap());
    let site = site(&store).await;
    let token = snapshot(1, "as put");
    store.put_user(site, user(1), token.clone(), Origin::Token).await.unwrap();
    for name in ["once", "twice", "a third time"] {
        rename(&path, name);
        assert!(told(&store, site, 1, &token).await.contains(name));
    }
}
