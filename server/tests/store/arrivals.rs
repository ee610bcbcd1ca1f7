//! The store of a serving process tells an arrival again without reading it: never another one than a read would tell.

use std::{
    future::{Future, poll_fn},
    path::Path,
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use gchat::{
    conversation::{Message, System},
    id::{ConversationId, RightsVersion, Seq, SiteId},
    rights::{Membership, Role, Snapshot},
    store::{
        Arrival, CachedStore, Change, CourseRooms, NewMessage, NewSystem, Origin, Page, Put, Result,
        Store as _, StoreError, WindowChange, WindowState, sqlite::SqliteStore,
    },
};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    memory::{Calm, Disk, MemoryStore, Weather},
    util::{
        AnyStore, between, change, deed, mark, message, message_in, reaction, room, send, set, set_of, site,
        snapshot, user, users,
    },
};

const PEOPLE: std::ops::RangeInclusive<i64> = 1..=4;

/// A store, and the same with arrivals at hand.
async fn served() -> (TempDir, AnyStore, AnyStore) {
    let dir = TempDir::new().unwrap();
    SqliteStore::make(dir.path().join("gchat.db")).await.unwrap().close().await;
    let store = Arc::new(SqliteStore::serve(dir.path().join("gchat.db")).await.unwrap());
    (dir, store.clone(), Arc::new(CachedStore::over(store)))
}

/// What a login is told whose token says this.
async fn told(store: &AnyStore, site: SiteId, id: i64, token: &Snapshot) -> String {
    format!("{:?}", arrival(store, site, id, token).await)
}

/// With the heads of the conversations with all others, in their order, and of the group and the room.
async fn arrival(store: &AnyStore, site: SiteId, id: i64, token: &Snapshot) -> Arrival {
    let mut heads: Vec<_> = PEOPLE.filter(|other| *other != id).map(|other| between(id, other)).collect();
    heads.extend([Where::Group.id(), Where::Room.id()]);
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
    /// In the group or the room: somebody writes, and mentions another or nobody.
    Say(Where, i64, Option<i64>),
    /// Something happens there by somebody's hand.
    Happens(i64, Happens),
    ReadIn(Where, i64, i64),
    WindowIn(Where, i64, WindowState),
    /// The newest message of them becomes a stub, or is edited.
    ChangeIn(Where, bool),
    /// To the newest message.
    React(Where, i64, bool),
    /// The course has rooms, which are open or closed, or has none.
    Rooms(Option<bool>),
}

#[derive(Clone, Copy, Debug)]
enum Where {
    Group,
    Room,
}

#[derive(Clone, Copy, Debug)]
enum Happens {
    Made,
    Added(i64),
    Removed(i64),
    Left,
    Renamed,
    Announced(bool),
}

impl Where {
    fn id(self) -> ConversationId {
        match self {
            Self::Group => ConversationId::Group(Uuid::from_u128(7)),
            Self::Room => room("c8"),
        }
    }
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
        20 => in_a_place(),
    ]
}

fn in_a_place() -> impl Strategy<Value = Step> {
    let place = || prop_oneof![Just(Where::Group), Just(Where::Room)];
    let state = prop_oneof![Just(WindowState::Open), Just(WindowState::Minimised), Just(WindowState::Closed)];
    let happens = prop_oneof![
        3 => Just(Happens::Made),
        3 => PEOPLE.prop_map(Happens::Added),
        1 => PEOPLE.prop_map(Happens::Removed),
        1 => Just(Happens::Left),
        1 => Just(Happens::Renamed),
        1 => any::<bool>().prop_map(Happens::Announced),
    ];
    prop_oneof![
        4 => (place(), PEOPLE, prop::option::of(PEOPLE)).prop_map(|(place, who, whom)| Step::Say(place, who, whom)),
        4 => (PEOPLE, happens).prop_map(|(who, what)| Step::Happens(who, what)),
        2 => (place(), PEOPLE, 0..8i64).prop_map(|(place, who, seq)| Step::ReadIn(place, who, seq)),
        3 => (place(), PEOPLE, state).prop_map(|(place, who, state)| Step::WindowIn(place, who, state)),
        2 => (place(), any::<bool>()).prop_map(|(place, gone)| Step::ChangeIn(place, gone)),
        2 => (place(), PEOPLE, any::<bool>()).prop_map(|(place, who, likes)| Step::React(place, who, likes)),
        1 => prop::option::of(any::<bool>()).prop_map(Step::Rooms),
    ]
}

/// Does it at this version, which is higher than all before.
async fn walk(store: &AnyStore, site: SiteId, version: i64, step: Step) {
    match step {
        // Whoever is removed just then cannot.
        Step::Send(from, to) => drop(store.append(message(site, from, to, "x")).await.unwrap()),
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
            store.read(site, &between(reader, other), user(reader), mark(seq, publish)).await.unwrap();
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
        // Whoever is not in the group cannot.
        Step::Say(place, who, whom) => {
            let mentions: Vec<i64> = whom.filter(|whom| *whom != who).into_iter().collect();
            let _ = store.append(message_in(site, &place.id(), who, &mentions)).await;
        }
        Step::Happens(who, what) => {
            let others: Vec<i64> = PEOPLE.filter(|id| *id != who).take(2).collect();
            let (place, system) = match what {
                Happens::Made => (Where::Group, System::Made { title: "A".into(), users: users(&others) }),
                Happens::Added(id) => (Where::Group, System::Added { users: users(&[id]) }),
                Happens::Removed(id) => (Where::Group, System::Removed { users: users(&[id]) }),
                Happens::Left => (Where::Group, System::Left),
                Happens::Renamed => (Where::Group, System::Renamed { title: format!("{version}").into() }),
                Happens::Announced(on) => (Where::Room, System::Announcements { on }),
            };
            let course = Some("c8".parse().unwrap());
            let new = NewSystem { course, ..deed(store, site, &place.id(), who, system).await };
            let _ = store.note(new).await; // nothing of a group that nobody has made
        }
        Step::ReadIn(place, who, seq) => {
            store.read(site, &place.id(), user(who), mark(seq, true)).await.unwrap();
        }
        Step::WindowIn(place, who, state) => drop(set_of(store, site, who, &place.id(), state).await),
        Step::ChangeIn(place, gone) => {
            let Some(mut message) = newest(store, site, place).await else { return };
            if gone {
                message = message.stub();
            } else {
                message.edited_at = Some(version);
            }
            store.change(Change { site, conversation: place.id(), message }).await.unwrap().unwrap();
        }
        Step::React(place, who, likes) => {
            let Some(message) = newest(store, site, place).await else { return };
            if message.client_message_id.is_some() {
                let emoji: &[&str] = if likes { &["👍"] } else { &[] };
                let new = reaction(&message, who, version as u128, emoji);
                store.react(site, &place.id(), &[new]).await.unwrap();
            }
        }
        Step::Rooms(closed) => {
            let floor = store.raise_floor(site, "c8", RightsVersion(version), version).await.unwrap();
            let rooms = closed.map(|closed| CourseRooms { closed, title: "B".into(), groups: Vec::new() });
            store.put_course_rooms(site, "c8", floor.version, rooms).await.unwrap();
        }
    }
}

/// Their newest message, if it is one.
async fn newest(store: &AnyStore, site: SiteId, place: Where) -> Option<Message> {
    let (_, messages) = store.history(site, &place.id(), Page::Newest, 1).await.unwrap();
    messages.into_iter().next().filter(|message| message.system.is_none())
}

/// `reads`: the store below.
async fn run(reads: &AnyStore, store: &AnyStore, steps: Vec<Step>) {
    let site = site(store).await;
    let token = snapshot(1, "token");
    for (version, step) in (1..).zip(steps) {
        walk(store, site, version, step.clone()).await;
        for id in PEOPLE {
            let read = told(reads, site, id, &token).await;
            for time in ["first", "second", "third"] {
                assert_eq!(told(store, site, id, &token).await, read, "{time} of {id} after {step:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_arrival_that_is_told_again_is_what_a_read_tells() {
    let (_dir, reads, store) = served().await;
    in_random_order(reads, store).await;
    let reads: AnyStore = Arc::new(MemoryStore::open(Arc::default(), Calm));
    in_random_order(reads.clone(), Arc::new(CachedStore::over(reads))).await;
}

async fn in_random_order(reads: AnyStore, store: AnyStore) {
    let runtime = tokio::runtime::Handle::current();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let ran = tokio::task::spawn_blocking(move || {
        proptest!(config, |(steps in prop::collection::vec(step(), 1..60))| {
            runtime.block_on(run(&reads, &store, steps));
        });
    });
    ran.await.unwrap();
}

/// Everybody asks all the time, so that what was told is always at hand; and who writes asks when that was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_answered_is_told_from_then_on() {
    let (_dir, _, store) = served().await;
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
        store.read(site, &between(1, 2), user(2), mark(sent.0, true)).await.unwrap();
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
    let (dir, _, store) = served().await;
    let path = dir.path().join("gchat.db");
    let site = site(&store).await;
    let token = snapshot(1, "as put");
    store.put_user(site, user(1), token.clone(), Origin::Token).await.unwrap();
    send(&store, site, 2, 1, "x").await;
    set(&store, site, 1, 2, WindowState::Open).await;
    for name in ["came once", "came twice"] {
        rename(&path, name);
        assert!(told(&store, site, 1, &token).await.contains(name), "it is read");
    }
    rename(&path, "behind its back");
    let again = arrival(&store, site, 1, &token).await;
    assert_eq!(*again.user.unwrap().snapshot.name, *"came twice", "it is not read");
    let all = !again.dock.windows.is_empty() && again.heads[0].is_some();
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
    rename(&path, "not told again");
    assert!(told(&store, site, 1, &newer).await.contains("a while ago"));
    // What the clock alone would change is not kept.
    store.raise_floor(site, "c7", RightsVersion(9), 1).await.unwrap();
    for name in ["below a floor", "read", "read again"] {
        rename(&path, name);
        let found = arrival(&store, site, 1, &newer).await;
        assert_eq!((&*found.user.unwrap().snapshot.name, found.floors.0.len()), (name, 2));
    }
    store.close().await;
    assert!(
        store.arrival(site, user(1), "login-1", &newer, &[]).await.is_err(),
        "a closed store tells nothing"
    );
}

/// A store on which each write stops where it is told to, and may fail after its commit.
#[derive(Clone, Default)]
struct Held(Arc<parking_lot::Mutex<Stage>>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Free,
    Before,
    After,
    /// Is told to have failed.
    Fails,
}

impl Held {
    fn at(&self, stage: Stage) {
        *self.0.lock() = stage;
    }

    async fn pass(&self, stage: Stage) {
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if *self.0.lock() == stage { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

#[async_trait::async_trait]
impl Weather for Held {
    async fn before(&self) -> Result<()> {
        self.pass(Stage::Before).await;
        Ok(())
    }
    async fn after(&self) -> Result<()> {
        self.pass(Stage::After).await;
        if *self.0.lock() == Stage::Fails { Err(StoreError::Blocked("a test".into())) } else { Ok(()) }
    }
    async fn read(&self) -> Result<()> {
        Ok(())
    }
}

type Write<'a> = Pin<Box<dyn Future<Output = Result<Put>> + Send + 'a>>;

/// As far as it gets.
async fn begin(write: &mut Write<'_>) {
    let done = poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_ready())).await;
    assert!(!done, "it is held");
}

fn called(store: &AnyStore, site: SiteId, version: i64) -> Write<'_> {
    store.put_user(site, user(1), snapshot(version, &format!("name {version}")), Origin::Token)
}

#[tokio::test]
async fn while_a_write_is_under_way_it_is_read() {
    let held = Held::default();
    let below: AnyStore = Arc::new(MemoryStore::open(Arc::default(), held.clone()));
    let store: AnyStore = Arc::new(CachedStore::over(below.clone()));
    let (site, token) = (site(&store).await, snapshot(1, "token"));
    for (version, stage) in (1..).zip([Stage::Before, Stage::After, Stage::Before, Stage::After]) {
        for _ in 0..3 {
            told(&store, site, 1, &token).await;
        }
        held.at(stage);
        let mut write = called(&store, site, version);
        begin(&mut write).await;
        for _ in 0..3 {
            assert_eq!(told(&store, site, 1, &token).await, told(&below, site, 1, &token).await, "{version}");
        }
        held.at(Stage::Free);
        write.await.unwrap();
        assert!(told(&store, site, 1, &token).await.contains(&format!("name {version}")));
    }
}

#[tokio::test]
async fn after_an_error_it_is_read_until_a_later_write_is_done() {
    let (held, disk) = (Held::default(), Arc::<parking_lot::Mutex<Disk>>::default());
    let store: AnyStore = Arc::new(MemoryStore::open(disk.clone(), held.clone()));
    let store: AnyStore = Arc::new(CachedStore::over(store));
    let (site, token) = (site(&store).await, snapshot(1, "token"));
    let behind = |name: &str| disk.lock().put_user(site, user(1), &snapshot(9, name));
    for _ in 0..3 {
        told(&store, site, 1, &token).await;
    }
    held.at(Stage::Fails);
    assert!(called(&store, site, 1).await.is_err());
    held.at(Stage::Free);
    // What failed may come to light when the store looks at its disk, whoever makes it do that.
    for name in ["one", "two", "three", "four"] {
        behind(name);
        assert!(told(&store, site, 1, &token).await.contains(name), "{name} is read");
    }
    store.put_user(site, user(2), snapshot(1, "somebody else"), Origin::Token).await.unwrap();
    behind("five");
    assert!(told(&store, site, 1, &token).await.contains("five"));
    behind("six");
    assert!(told(&store, site, 1, &token).await.contains("five"), "it is told again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_caller_has_gone_ends_when_the_store_has_done_it() {
    let (dir, below, store) = served().await;
    let (site, token) = (site(&store).await, snapshot(1, "token"));
    for _ in 0..3 {
        told(&store, site, 1, &token).await;
    }
    // Nobody can write meanwhile, so the write waits in the store.
    let blocks = Connection::open(dir.path().join("gchat.db")).unwrap();
    blocks.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut write: Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> =
        store.revoke_login(site, "login-1", i64::MAX);
    assert!(poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending())).await);
    drop(write);
    for _ in 0..3 {
        assert!(!arrival(&store, site, 1, &token).await.revoked);
    }
    blocks.execute_batch("COMMIT").unwrap();
    store.settled().await;
    assert!(arrival(&below, site, 1, &token).await.revoked, "it was done all the same");
    assert!(arrival(&store, site, 1, &token).await.revoked);
}
