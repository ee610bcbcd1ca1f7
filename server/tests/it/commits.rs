//! Hazard: what is committed in a group or a room is not told, because the store said that it failed, or is committed after
//! what forbids it.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join;
use gchat::{
    app::App,
    circles::Roll,
    clock::now_ms,
    config::Config,
    error::{Code, Refusal},
    hub::{Outbound, Registration},
    id::{CircleId, ClientMessageId, ConnectionId, ConversationId, RightsVersion, SessionId, SiteId, UserId},
    protocol::ServerFrame,
    rights::{Membership, Role, Snapshot},
    store::{CourseRooms, Origin, Result, StoreError, UserRecord, WindowChange, WindowState},
    talk::{Speaker, Target, Try, Wish},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::yield_now};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    memory::{Disk, MemoryStore, Weather},
    util::{Host, TestServer},
};

const SITE: SiteId = SiteId(1);
const ANA: usize = 0;
const BRUNO: usize = 1;
const CARLA: usize = 2;

/// The store in memory, of which a test decides what fails and what waits.
#[derive(Clone)]
struct Store {
    /// After so many writes one is done, and its caller is told that it failed.
    fails: Arc<Mutex<Option<u32>>>,
    /// A write waits until it can have it.
    turn: Arc<Semaphore>,
}

#[async_trait]
impl Weather for Store {
    async fn before(&self) -> Result<()> {
        drop(self.turn.acquire().await.unwrap());
        Ok(())
    }

    async fn after(&self) -> Result<()> {
        let mut fails = self.fails.lock();
        let left = fails.take();
        *fails = left.and_then(|left| left.checked_sub(1));
        if left == Some(0) { Err(StoreError::Database("after the commit".into())) } else { Ok(()) }
    }

    async fn read(&self) -> Result<()> {
        Ok(())
    }
}

/// Ana teaches c7; Bruno and Carla learn there. The course has a room.
struct Scene {
    app: Arc<App>,
    store: Store,
    people: [Registration; 3],
}

fn holds(who: usize) -> Vec<Membership> {
    let role = if who == ANA { Role::Teacher } else { Role::Student };
    vec![Membership { id: "c7".parse().unwrap(), role, title: "Algebra".into() }]
}

fn rooms(closed: bool) -> CourseRooms {
    CourseRooms { closed, title: "Algebra".into(), groups: Vec::new() }
}

impl Scene {
    async fn set() -> Self {
        let disk = Arc::new(Mutex::new(Disk::default()));
        disk.lock().add_site(TestServer::record(&Host::new("https://moodle.example"))).unwrap();
        let store = Store { fails: Arc::default(), turn: Arc::new(Semaphore::new(1)) };
        let person = |who: usize| Snapshot {
            rights_version: RightsVersion(1),
            name: ["Ana", "Bruno", "Carla"][who].into(),
            rights: ["chat".into()].into(),
            circles: holds(who).into(),
            ..Snapshot::default()
        };
        let user = |who: usize| UserId::new(who as i64 + 2).unwrap();
        [ANA, BRUNO, CARLA].iter().for_each(|who| disk.lock().put_user(SITE, user(*who), &person(*who)));
        disk.lock().put_rooms(SITE, "c7", rooms(false));
        let memory = MemoryStore::open(disk, store.clone());
        let app = App::build(Config::default(), Arc::new(memory)).await.unwrap();
        let people = [ANA, BRUNO, CARLA].map(|who| {
            let connection = register(&app, user(who));
            let record = UserRecord { snapshot: Arc::new(person(who)), origin: Origin::Call, removed: false };
            app.rosters.arrive(&connection, &record);
            connection
        });
        Self { app, store, people }
    }

    fn by(&self, who: usize) -> Try<'_> {
        let connection = &self.people[who];
        Try { speaker: Speaker { site: SITE, user: connection.user }, connection, id: Uuid::now_v7() }
    }

    fn user(&self, who: usize) -> UserId {
        self.people[who].user
    }

    /// Made by Ana, of all three.
    async fn group(&self) -> ConversationId {
        let group = ConversationId::Group(Uuid::now_v7());
        let course: CircleId = "c7".parse().unwrap();
        let users = vec![self.user(BRUNO), self.user(CARLA)];
        let wish = Wish::Make { course, title: "Project".into(), users };
        self.app.talk.group(self.by(ANA), &group, wish, now_ms()).await.unwrap();
        group
    }

    async fn open(&self, who: usize, conversation: &ConversationId) {
        let change = WindowChange { state: WindowState::Open, base: 0, seen: None, session: None };
        self.app.windows.set(&self.people[who], conversation, change).await.unwrap();
        self.app.docks.show(&self.people[who]).await.unwrap();
    }

    /// All that somebody has been told since they were asked last.
    fn heard(&self, who: usize) -> Vec<Value> {
        let frames = self.people[who].out.take().frames;
        frames.iter().map(|frame| serde_json::from_str(frame.as_str()).unwrap()).collect()
    }

    /// What somebody has been told since of whether they may write, by their dock.
    fn writing(&self, who: usize) -> Vec<Value> {
        let docks = self.heard(who).into_iter().filter(|frame| frame["type"] == "dock");
        docks.map(|dock| dock["windows"][0]["writing"].clone()).collect()
    }
}

fn register(app: &App, user: UserId) -> Registration {
    let (session, out) = (SessionId(Uuid::new_v4()), Outbound::new(100, 1_000_000));
    let id = ConnectionId(session.0.as_u128() as u64);
    app.hub.register(id, (SITE, user), "login".into(), session, false, out)
}

/// Others get their turn.
async fn meanwhile() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn who_was_taken_out_by_a_try_that_failed_sees_so_when_it_is_repeated() {
    let scene = Scene::set().await;
    let (group, by_ana) = (scene.group().await, scene.by(ANA));
    scene.heard(CARLA);
    scene.open(CARLA, &group).await;
    assert_eq!(scene.writing(CARLA), ["yes"]);
    let remove =
        async || scene.app.talk.group(by_ana, &group, Wish::Remove(scene.user(CARLA)), now_ms()).await;
    *scene.store.fails.lock() = Some(0);
    assert!(remove().await.is_err(), "the store failed");
    assert_eq!(scene.heard(CARLA), [] as [Value; 0]);
    assert!(matches!(remove().await, Ok(ServerFrame::Ack { .. })));
    assert_eq!(scene.writing(CARLA), ["no"]);
    assert!(matches!(remove().await, Ok(ServerFrame::Ack { .. })));
    assert_eq!(scene.heard(CARLA), [] as [Value; 0], "told once");
}

#[tokio::test]
async fn announcements_by_a_try_that_failed_are_shown_when_it_is_repeated() {
    let scene = Scene::set().await;
    let (room, by_ana): (ConversationId, _) = ("r-c7".parse().unwrap(), scene.by(ANA));
    scene.open(BRUNO, &room).await;
    assert_eq!(scene.writing(BRUNO), ["yes"]);
    let announce = async || scene.app.talk.announce(by_ana, &room, true, now_ms()).await;
    *scene.store.fails.lock() = Some(0);
    assert!(announce().await.is_err(), "the store failed");
    assert!(matches!(announce().await, Ok(ServerFrame::Ack { .. })));
    meanwhile().await;
    assert_eq!(scene.writing(BRUNO), ["no"]);
}

#[tokio::test]
async fn a_room_that_was_closed_by_a_call_that_failed_is_shown_closed_when_it_is_repeated() {
    let scene = Scene::set().await;
    let room: ConversationId = "r-c7".parse().unwrap();
    scene.open(BRUNO, &room).await;
    assert_eq!(scene.writing(BRUNO), ["yes"]);
    let call = async || {
        let members = [ANA, BRUNO, CARLA].map(|who| (scene.user(who), holds(who))).into();
        let (course, version) = ("c7".into(), RightsVersion(9));
        let roll = Roll { course, version, rooms: Some(rooms(true)), members };
        scene.app.circles.put(SITE, roll, now_ms()).await
    };
    *scene.store.fails.lock() = Some(1); // the floor is written before
    assert!(call().await.is_err(), "the store failed");
    assert!(call().await.is_ok());
    meanwhile().await;
    assert_eq!(scene.writing(BRUNO), ["no"]);
    assert!(call().await.is_ok());
    meanwhile().await;
    assert_eq!(scene.heard(BRUNO), [] as [Value; 0], "told once");
}

#[tokio::test]
async fn a_reaction_is_judged_after_what_was_asked_before_it() {
    let scene = Scene::set().await;
    let (talk, group) = (&scene.app.talk, scene.group().await);
    let said = talk.send(scene.by(ANA), group.clone(), "hi", (None, Vec::new()), now_ms()).await.unwrap();
    let ServerFrame::Ack { id, seq, .. } = said else { panic!("{said:?}") };
    let target = Target { conversation: group.clone(), seq, client_message_id: ClientMessageId(id) };
    let turn = scene.store.turn.acquire().await.unwrap();
    let removed = talk.group(scene.by(ANA), &group, Wish::Remove(scene.user(CARLA)), now_ms());
    let reacted = async {
        meanwhile().await; // he is being taken out, and that waits for the store
        talk.react(scene.by(CARLA), &target, vec!["👍".into()], now_ms()).await
    };
    let open = async {
        meanwhile().await;
        meanwhile().await;
        drop(turn);
    };
    let (removed, (reacted, ())) = join(removed, join(reacted, open)).await;
    assert!(removed.is_ok());
    assert_eq!(reacted.map_err(|Refusal { code, .. }| code), Err(Code::NotAllowed));
    let json = json!({"told": scene.heard(ANA)}).to_string();
    assert!(!json.contains("👍"), "{json}");
}

#[tokio::test]
async fn a_room_that_is_opened_while_another_device_connects_is_followed_there() {
    let scene = Scene::set().await;
    let (app, room): (_, ConversationId) = (&scene.app, "r-c7".parse().unwrap());
    let user = scene.user(BRUNO);
    let token = app.rosters.live(SITE, user).unwrap();
    let phone = register(app, user);
    let arrival = app.store.arrival(SITE, user, "login", &token, &[]).await.unwrap();
    let record = UserRecord { snapshot: token.clone(), origin: Origin::Call, removed: false };
    app.rosters.arrive(&phone, &record);
    scene.open(BRUNO, &room).await;
    let welcomed = app.docks.begin(&phone, &token, arrival.dock, app.rosters.moves()).await.unwrap();
    assert_eq!(welcomed.windows.len(), 1, "{welcomed:?}");
    let told = tokio::spawn(app.fan_out.clone().run(CancellationToken::new()));
    app.talk.send(scene.by(ANA), room, "hi", (None, Vec::new()), now_ms()).await.unwrap();
    meanwhile().await;
    told.abort();
    let frames = phone.out.take().frames;
    assert!(frames.iter().any(|frame| frame.as_str().contains("\"text\":\"hi\"")), "{frames:?}");
}
