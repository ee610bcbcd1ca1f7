//! A write that ended with an error and is committed all the same: whoever repeats it gets the ack, and everybody else is
//! told then, whichever verb it was.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use gchat::{
    app::App,
    clock::now_ms,
    config::Config,
    event::Event,
    hub::{Outbound, Registration},
    id::{ClientMessageId, ConnectionId, ConversationId, Seq, SessionId, UserId},
    protocol::ServerFrame,
    store::{NewMark, Origin, Result, StoreError, UserRecord, WindowChange, WindowState},
    talk::{Speaker, Target, Try},
};
use parking_lot::Mutex;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    memory::{Disk, MemoryStore, Weather},
    world::{SITE, person, site},
};

/// The next write is done, and its caller is told that it failed; or nothing can be read.
#[derive(Clone, Default)]
struct NextFails {
    write: Arc<AtomicBool>,
    reads: Arc<AtomicBool>,
}

fn failure(what: &str) -> StoreError {
    StoreError::Database(Box::new(std::io::Error::other(what.to_owned())))
}

#[async_trait]
impl Weather for NextFails {
    async fn before(&self) -> Result<()> {
        Ok(())
    }

    async fn after(&self) -> Result<()> {
        if self.write.swap(false, Ordering::SeqCst) { Err(failure("after the commit")) } else { Ok(()) }
    }

    async fn read(&self) -> Result<()> {
        if self.reads.load(Ordering::SeqCst) { Err(failure("no read")) } else { Ok(()) }
    }
}

struct Scene {
    app: Arc<App>,
    fails: NextFails,
    ana: Registration,
    bruno: Registration,
}

impl Scene {
    async fn set() -> Self {
        let disk = Arc::new(Mutex::new(Disk::default()));
        disk.lock().add_site(site()).unwrap();
        let fails = NextFails::default();
        let users = [1, 2].map(|id| UserId::new(id).unwrap());
        users.iter().for_each(|user| disk.lock().put_user(SITE, *user, &person(*user)));
        let app =
            App::build(Config::default(), Arc::new(MemoryStore::open(disk, fails.clone()))).await.unwrap();
        let connect = |user: UserId| {
            let session = SessionId(Uuid::new_v4());
            let (id, out) = (ConnectionId(user.get() as u64), Outbound::new(100, 1_000_000));
            let connection = app.hub.register(id, (SITE, user), "login".into(), session, false, out);
            let snapshot = Arc::new(person(user));
            app.rosters.arrive(&connection, &UserRecord { snapshot, origin: Origin::Call, removed: false });
            connection
        };
        let [ana, bruno] = users.map(connect);
        Self { app, fails, ana, bruno }
    }

    fn of(&self, id: Uuid) -> Try<'_> {
        Try { speaker: Speaker { site: SITE, user: self.ana.user }, connection: &self.ana, id }
    }

    /// All that Bruno has been told since he was asked last.
    fn heard(&self) -> Vec<Value> {
        let frames = self.bruno.out.take().frames;
        frames.iter().map(|frame| serde_json::from_str(frame.as_str()).unwrap()).collect()
    }

    /// The changes that he has been told of, by their revs.
    fn told(&self) -> Vec<i64> {
        let changes = self.heard().into_iter().filter(|f| f["type"] == "changes");
        changes.map(|f| f["rev"].as_i64().unwrap()).collect()
    }

    /// Tries twice, the first time with a store that fails after the commit: what is told by each, and a third time.
    async fn twice<E>(&self, deed: impl AsyncFn() -> std::result::Result<ServerFrame, E>) -> [Vec<i64>; 3] {
        self.fails.write.store(true, Ordering::SeqCst);
        assert!(deed().await.is_err(), "the store failed");
        let first = self.told();
        assert!(matches!(deed().await, Ok(ServerFrame::Ack { .. })));
        let second = self.told();
        assert!(matches!(deed().await, Ok(ServerFrame::Ack { .. })));
        [first, second, self.told()]
    }
}

#[tokio::test]
async fn a_try_that_failed_after_its_commit_is_told_to_all_when_it_is_repeated_and_once() {
    let scene = Scene::set().await;
    let talk = &scene.app.talk;
    let conversation: ConversationId = "1-2".parse().unwrap();
    let [send, edit, delete] = [(); 3].map(|()| Uuid::now_v7());
    let sent =
        async || talk.send(scene.of(send), conversation.clone(), "hi", (None, Vec::new()), now_ms()).await;
    assert_eq!(scene.twice(sent).await, [vec![], vec![1], vec![]]);
    let target =
        Target { conversation: conversation.clone(), seq: Seq(1), client_message_id: ClientMessageId(send) };
    let edited = async || talk.edit(scene.of(edit), &target, "hello", now_ms()).await;
    assert_eq!(scene.twice(edited).await, [vec![], vec![2], vec![]]);
    let deleted = async || talk.delete(scene.of(delete), &target).await;
    assert_eq!(scene.twice(deleted).await, [vec![], vec![3], vec![]]);
}

/// A mark that others may see only from a message on comes with that message, however late.
#[tokio::test]
async fn with_a_message_that_is_told_late_its_senders_read_mark_is() {
    let scene = Scene::set().await;
    let (talk, conversation) = (&scene.app.talk, "1-2".parse::<ConversationId>().unwrap());
    let speaker = Speaker { site: SITE, user: scene.bruno.user };
    let hers = Try { speaker, connection: &scene.bruno, id: Uuid::now_v7() };
    assert!(talk.send(hers, conversation.clone(), "read me", (None, Vec::new()), now_ms()).await.is_ok());
    let mark = NewMark { seq: Seq(1), publish: false, at: now_ms() };
    let hidden = scene.app.store.read(SITE, &conversation, scene.ana.user, mark).await.unwrap();
    assert_eq!(hidden, Some(Seq(1)));
    scene.heard();

    let (id, answer) = (Uuid::now_v7(), "an answer");
    let send =
        async || talk.send(scene.of(id), conversation.clone(), answer, (None, Vec::new()), now_ms()).await;
    scene.fails.write.store(true, Ordering::SeqCst);
    assert!(send().await.is_err(), "the store failed");
    assert_eq!(scene.heard(), [] as [Value; 0]);
    assert!(matches!(send().await, Ok(ServerFrame::Ack { .. })));
    let told = scene.heard();
    let types: Vec<_> = told.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["read", "dock", "changes"], "{told:?}");
    assert_eq!((&told[0]["user"], &told[0]["seq"]), (&Value::from(1), &Value::from(1)));
}

#[tokio::test]
async fn a_dock_that_could_not_be_read_is_told_once_it_can_be() {
    let scene = Scene::set().await;
    let (site, user) = (SITE, scene.bruno.user);
    let published = async || scene.app.bus.publish(Event::Dock { site, user, given: None }).await;
    scene.fails.reads.store(true, Ordering::SeqCst);
    assert!(published().await.is_err());
    scene.app.docks.tell_owed().await;
    assert_eq!(scene.heard(), [] as [Value; 0], "it still cannot be read");
    scene.fails.reads.store(false, Ordering::SeqCst);
    scene.app.docks.tell_owed().await;
    let told = scene.heard();
    assert!(told.len() == 1 && told[0]["type"] == "dock", "{told:?}");
    scene.app.docks.tell_owed().await;
    assert_eq!(scene.heard(), [] as [Value; 0], "it is owed no more");
}

#[tokio::test]
async fn a_window_whose_change_failed_after_its_commit_is_shown_on_all_devices() {
    let scene = Scene::set().await;
    let (windows, conversation) = (&scene.app.windows, "1-2".parse::<ConversationId>().unwrap());
    let session = Some(SessionId(Uuid::new_v4()));
    let open = WindowChange { state: WindowState::Open, base: 0, seen: None, session };
    // Of the same person; it asks from another device.
    let out = Outbound::new(100, 1_000_000);
    let key = (SITE, scene.bruno.user);
    let other =
        scene.app.hub.register(ConnectionId(3), key, "login".into(), SessionId(Uuid::new_v4()), false, out);
    scene.fails.write.store(true, Ordering::SeqCst);
    assert!(windows.set(&other, &conversation, open).await.is_err(), "the store failed");
    let told = scene.heard();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["windows"][0]["state"], "open");
    assert!(windows.set(&other, &conversation, open).await.is_ok());
    assert_eq!(scene.heard(), [] as [Value; 0], "to repeat it changes nothing");
}
