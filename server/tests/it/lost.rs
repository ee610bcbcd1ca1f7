//! Hazard: what was to be told is lost on the bus, nobody notices, and somebody never hears of it. Each kind of event is
//! lost here once, and made good as its comment in `server/src/event.rs` says.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use gchat::{bus::Bus, clock::now_ms, event::Event, node::Node, store::Result};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

/// What a bus does, and what it has lost.
#[derive(Clone, Default)]
struct Leak {
    open: Arc<AtomicBool>,
    lost: Arc<Mutex<BTreeSet<&'static str>>>,
}

struct Leaking {
    node: Arc<Node>,
    leak: Leak,
}

#[async_trait]
impl Bus for Leaking {
    async fn publish(&self, event: Event) -> Result<()> {
        if self.leak.open.load(Ordering::SeqCst) {
            self.leak.lost.lock().insert(name(&event));
            return Ok(());
        }
        self.node.apply(event).await
    }
}

/// A kind that is new is to be lost below too.
fn name(event: &Event) -> &'static str {
    match event {
        Event::Changed { .. } => "changed",
        Event::Read { .. } => "read",
        Event::Typing { .. } => "typing",
        Event::Dock { .. } => "dock",
        Event::Flags { .. } => "flags",
        Event::Rights { .. } => "rights",
        Event::Moved { .. } => "moved",
        Event::PauseEnded { .. } => "pause ended",
        Event::Course { .. } => "course",
        Event::Rooms { .. } => "rooms",
        Event::LoggedOut { .. } => "logged out",
        Event::Floor { .. } => "floor",
        Event::Policy { .. } => "policy",
        Event::SiteRemoved { .. } => "site removed",
    }
}

struct Scene {
    server: TestServer,
    host: Host,
    leak: Leak,
}

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

impl Scene {
    async fn set() -> Self {
        let leak = Leak::default();
        let on_bus = leak.clone();
        let (server, host) = TestServer::start_on(|node| Arc::new(Leaking { node, leak: on_bus })).await;
        Self { server, host, leak }
    }

    async fn ana(&self) -> TestClient {
        self.person(2, "Ana").await
    }

    async fn person(&self, id: i64, name: &str) -> TestClient {
        TestClient::person(&self.server, &self.host, id, name, &c7()).await
    }

    async fn bruno(&self) -> TestClient {
        self.person(3, "Bruno").await
    }

    /// Whatever is published meanwhile is lost.
    async fn losing<T>(&self, deed: impl Future<Output = T>) -> T {
        self.leak.open.store(true, Ordering::SeqCst);
        let done = deed.await;
        self.leak.open.store(false, Ordering::SeqCst);
        done
    }

    async fn put(&self, path: &str, body: Value) {
        let (status, answer) = self.host.call(&self.server, "PUT", path, &body).await;
        assert_eq!((status, &answer["applied"]), (200, &json!(true)), "{path}: {answer}");
    }

    fn lost(self) -> BTreeSet<&'static str> {
        self.leak.lost.lock().clone()
    }
}

/// Frames of these types, of all that has come.
async fn heard(client: &mut TestClient, types: &[&str]) -> Vec<Value> {
    let all = client.all_until_now().await;
    all.into_iter().filter(|frame| types.iter().any(|wanted| frame["type"] == *wanted)).collect()
}

/// `Changed`, `Read` and `Typing`.
async fn talk() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let (mut ana, mut bruno) = (scene.ana().await, scene.bruno().await);
    ana.say("2-3", "heard").await;
    bruno.next_message().await;
    let typing = json!({"type": "typing", "conversation": "2-3"});
    let read = |seq: i64| json!({"type": "read", "conversation": "2-3", "seq": seq});
    scene
        .losing(async {
            assert_eq!(ana.say("2-3", "lost").await["type"], "ack");
            bruno.send(read(1)).await;
            bruno.send(typing.clone()).await;
            bruno.all_until_now().await;
        })
        .await;
    assert_eq!(heard(&mut bruno, &["changes"]).await, [] as [Value; 0]);
    assert_eq!(heard(&mut ana, &["read", "typing"]).await, [] as [Value; 0]);

    let asked = json!({"type": "changes", "conversation": "2-3", "rev": 1, "seq": 1, "limit": 9});
    assert_eq!(bruno.ask(asked).await["messages"][0]["text"], "lost");
    ana.say("2-3", "next").await;
    let next = bruno.next_of("changes").await;
    assert_eq!((&next["from"], &next["rev"]), (&json!(2), &json!(3)), "above what was heard");
    bruno.send(read(2)).await;
    assert_eq!(ana.next_of("read").await["seq"], 2);
    scene.lost()
}

async fn dock() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let (mut desk, mut phone) = (scene.ana().await, scene.ana().await);
    let _others = (scene.bruno().await, scene.person(4, "Carla").await);
    let dock = scene.losing(desk.open_window("2-3", 0)).await;
    assert_eq!(heard(&mut phone, &["dock"]).await, [] as [Value; 0]);
    desk.open_window("2-4", dock["version"].as_i64().unwrap()).await;
    let told = phone.next_of("dock").await;
    assert_eq!(told["windows"].as_array().map(Vec::len), Some(2), "{told}");
    scene.lost()
}

async fn flags() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let (mut desk, mut phone) = (scene.ana().await, scene.ana().await);
    let _bruno = scene.bruno().await;
    desk.say("2-3", "begun").await;
    let set = |more: Value| {
        let mut frame = json!({"type": "flag", "conversation": "2-3"});
        merge(&mut frame, more);
        frame
    };
    let told = scene.losing(desk.ask(set(json!({"pinned": true})))).await;
    assert_eq!(told["pinned"], true, "{told}");
    assert_eq!(heard(&mut phone, &["flags"]).await, [] as [Value; 0]);
    let listed = phone.ask(json!({"type": "list", "limit": 9})).await;
    assert_eq!(listed["conversations"][0]["pinned"], true, "the list has it: {listed}");
    desk.ask(set(json!({"archived": true}))).await;
    let told = phone.next_of("flags").await;
    assert_eq!((&told["pinned"], &told["archived"]), (&json!(true), &json!(true)), "all of it: {told}");
    scene.lost()
}

/// What a new token brings: `Rights`, `Course`, `LoggedOut`.
async fn tokens() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let mut ana = scene.ana().await;
    let token = scene.host.token(2, "Ana", &c7());
    let both = [circle("c7", "student"), circle("c8", "student")];
    let renewed = async |ana: &mut TestClient| {
        assert_eq!(heard(ana, &["circles"]).await, [] as [Value; 0]);
        ana.send(json!({"type": "renew", "token": token})).await;
        let circles = ana.next_of("circles").await["circles"].clone();
        circles.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    scene.losing(scene.put("/api/v1/users/2", scene.host.person(5, "Ana", &both))).await;
    assert_eq!(renewed(&mut ana).await, ["c7", "c8"]);
    let members = json!([{"user": 2, "role": "teacher", "groups": null}]);
    let course = json!({"rights_version": 6, "title": "A course", "members": members});
    scene.losing(scene.put("/api/v1/circles/c9", course)).await;
    assert_eq!(renewed(&mut ana).await, ["c7", "c8", "c9"]);
    scene.losing(scene.host.log_out(&scene.server, 2, "login-of-2")).await;
    ana.all_until_now().await;
    ana.send(json!({"type": "renew", "token": token})).await;
    assert_eq!(ana.refusal().await, ("logged_out".into(), true, 4410));
    scene.lost()
}

/// Of a course whose host has closed its rooms: `Rooms`.
async fn rooms() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let mut ana = scene.ana().await;
    let _bruno = scene.bruno().await;
    let said = |version: i64, room: &str| {
        let member = |user: i64| json!({"user": user, "role": "student", "groups": null});
        json!({"rights_version": version, "title": "A course", "room": room, "members": [member(2), member(3)]})
    };
    scene.put("/api/v1/circles/c7", said(5, "open")).await;
    let dock = ana.open_window("r-c7", 0).await;
    assert_eq!(dock["windows"][0]["writing"], "yes");
    scene.losing(scene.put("/api/v1/circles/c7", said(6, "closed"))).await;
    assert_eq!(heard(&mut ana, &["dock"]).await, [] as [Value; 0]);
    assert_eq!(ana.say("r-c7", "?").await["code"], "not_allowed", "judged by what is stored");
    let dock = ana.open_window("2-3", dock["version"].as_i64().unwrap()).await;
    assert_eq!(dock["windows"][0]["writing"], "no");
    scene.lost()
}

/// What another connection's token has said: `Moved` and `PauseEnded`.
async fn others_tokens() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let says = |more: Value| scene.host.token_with(2, "Ana", &c7(), more);
    let connect = async |token: String| TestClient::connect(&scene.server, &scene.host, &token).await;
    let (mut bruno, _carla) = (scene.bruno().await, scene.person(4, "Carla").await);
    let ana = scene.ana().await;
    bruno.roster_becomes("c7", &[2, 3, 4]).await;
    let dock = bruno.open_window("2-3", 0).await;
    assert_eq!(dock["windows"][0]["writing"], "yes");
    drop(ana);
    bruno.roster_becomes("c7", &[3, 4]).await;

    let ana = scene.losing(connect(says(json!({"rights_version": 2, "blocked": [3]})))).await;
    assert_eq!(heard(&mut bruno, &["writing"]).await, [] as [Value; 0]);
    let dock = bruno.open_window("3-4", dock["version"].as_i64().unwrap()).await;
    assert_eq!(dock["windows"][0]["writing"], "no");

    let until = now_ms() + 3_600_000;
    drop(ana);
    let mut waiting = TestClient::open(&scene.server, Some(&scene.host.url)).await.unwrap();
    waiting.hello(&says(json!({"rights_version": 3, "paused_until": until})), json!({})).await;
    assert_eq!(waiting.next_of("paused").await["until"], until);
    let again = says(json!({"rights_version": 4}));
    let _ana = scene.losing(connect(again.clone())).await;
    waiting.all_until_now().await;
    waiting.send(json!({"type": "renew", "token": again})).await;
    assert_eq!(waiting.closed().await, Some(4012));
    scene.lost()
}

/// What each node finds out by itself: `Policy`, `Floor`, `SiteRemoved`.
async fn site() -> BTreeSet<&'static str> {
    let scene = Scene::set().await;
    let (mut ana, _bruno) = (scene.ana().await, scene.bruno().await);
    ana.roster_becomes("c7", &[2, 3]).await;
    let apart = json!({"rights_version": 2, "students_see_students": false, "edit_seconds": 60});
    scene.losing(scene.put("/api/v1/policy", apart)).await;
    ana.roster_becomes("c7", &[]).await;
    assert_eq!(ana.next_of("limits").await["limits"]["edit_seconds"], 60);

    scene.losing(scene.put("/api/v1/floor", json!({"rights_version": 9}))).await;
    assert_eq!(ana.refusal().await, ("token_expired".into(), false, 4010));

    let token = scene.host.token_with(2, "Ana", &c7(), json!({"rights_version": 9}));
    let mut ana = TestClient::connect(&scene.server, &scene.host, &token).await;
    let site = scene.server.store.sites().await.unwrap()[0].site;
    let closed = scene.losing(async {
        scene.server.store.remove_site(site).await.unwrap();
        ana.closed().await
    });
    assert_eq!(closed.await, Some(4401));
    scene.lost()
}

#[tokio::test]
async fn whatever_is_lost_on_the_bus_is_made_good() {
    let (a, b, c, d, e, f, g) =
        tokio::join!(talk(), dock(), tokens(), others_tokens(), site(), rooms(), flags());
    let lost: BTreeSet<_> = [a, b, c, d, e, f, g].into_iter().flatten().collect();
    assert_eq!(lost.len(), 14, "{lost:?}");
}
