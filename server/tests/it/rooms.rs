//! Rooms: who is in one by right, live; what those hear who have it open, and those who have not.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use gchat::{
    config::Config,
    conversation::Changes,
    fan_out::{FanOut, Shown},
    hub::{Hub, Outbound},
    id::{CircleId, ConnectionId, ConversationId, Rev, RightsVersion, Seq, SessionId, SiteId, UserId},
    rights::{Membership, Policy, Role, Snapshot},
    roster::Rosters,
    sites::Sites,
    store::{Origin, SiteRecord, SiteStore as _, UserRecord, sqlite::SqliteStore},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle};

/// Says who is in c7: teacher 2 and all groups' students, with rooms or without.
async fn put(
    server: &TestServer,
    host: &Host,
    version: i64,
    room: Value,
    members: &[(i64, Option<&[&str]>)],
) {
    let member = |(user, groups): &(i64, Option<&[&str]>)| json!({"user": user, "role": if *user == 2 { "teacher" } else { "student" }, "groups": groups});
    let body = json!({
        "rights_version": version, "title": "Algebra", "room": room, "groups": {"g1": "Group A", "g2": "Group B"},
        "members": members.iter().map(member).collect::<Vec<_>>(),
    });
    let (status, answer) = host.call(server, "PUT", "/api/v1/circles/c7", &body).await;
    assert_eq!((status, &answer["applied"]), (200, &json!(true)), "{answer}");
}

async fn rooms(client: &mut TestClient) -> Vec<Value> {
    let answer = client.ask(json!({"type": "rooms", "limit": 100})).await;
    answer["rooms"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

async fn names(client: &mut TestClient) -> Vec<String> {
    let named = |room: &Value| {
        format!("{} {}", room["conversation"].as_str().unwrap(), room["title"].as_str().unwrap())
    };
    rooms(client).await.iter().map(named).collect()
}

fn verb(what: &str, room: &str, more: Value) -> Value {
    let mut frame = json!({"type": what, "id": Uuid::now_v7(), "conversation": room});
    crate::util::host::merge(&mut frame, more);
    frame
}

/// Somebody who comes after the host has spoken.
async fn late(server: &TestServer, host: &Host, user: i64, name: &str, held: &str) -> TestClient {
    let claims = json!({"rights_version": 50});
    let token = host.token_with(user, name, &[circle(held, "student")], claims);
    TestClient::connect(server, host, &token).await
}

/// Ana teaches all of c7; Bruno and Carla are in it as a whole.
async fn three() -> (TestServer, Host, [TestClient; 3]) {
    let (server, host) = TestServer::start().await;
    let ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "teacher")]).await;
    let bruno = TestClient::person(&server, &host, 3, "Bruno", &[circle("c7", "student")]).await;
    let carla = TestClient::person(&server, &host, 4, "Carla", &[circle("c7", "student")]).await;
    put(&server, &host, 10, json!("open"), &[(2, None), (3, None), (4, None)]).await;
    (server, host, [ana, bruno, carla])
}

#[tokio::test]
async fn each_group_has_its_room_and_the_teacher_all_of_them_as_the_host_says_live() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "teacher")]).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &[circle("c7/g1", "student")]).await;
    assert_eq!(rooms(&mut bruno).await, [Value::Null; 0], "the host has said nothing of rooms");
    assert_eq!(bruno.say("r-c7~g1", "?").await["code"], "not_found");
    let (g1, g2): (&[&str], &[&str]) = (&["g1"], &["g2"]);
    put(&server, &host, 10, json!("open"), &[(2, None), (3, Some(g1)), (4, Some(g2)), (5, Some(&[]))]).await;
    assert_eq!(
        names(&mut ana).await,
        ["r-c7 Algebra", "r-c7~g1 Algebra: Group A", "r-c7~g2 Algebra: Group B"]
    );
    assert_eq!(names(&mut bruno).await, ["r-c7~g1 Algebra: Group A"]);
    let mut eva = late(&server, &host, 5, "Eva", "c7/-").await;
    assert_eq!(rooms(&mut eva).await, [Value::Null; 0]);
    for other in ["r-c7", "r-c7~g2", "r-c8"] {
        assert_eq!(bruno.say(other, "?").await["code"], "not_found");
        let history = json!({"type": "history", "conversation": other, "limit": 9});
        assert_eq!(bruno.ask(history).await["code"], "not_found");
    }
    // Regrouped, he is in the other's room at once, and out of the first with his window.
    bruno.open_window("r-c7~g1", 0).await;
    ana.say("r-c7~g1", "for A").await;
    assert_eq!(bruno.next_message().await["text"], "for A");
    put(&server, &host, 11, json!("open"), &[(2, None), (3, Some(g2)), (4, Some(g2))]).await;
    bruno.wait(|f| f["type"] == "dock" && f["windows"] == json!([])).await;
    ana.say("r-c7~g1", "not for Bruno").await;
    assert_eq!(bruno.say("r-c7~g1", "?").await["code"], "not_found");
    assert_eq!(bruno.say("r-c7~g2", "here").await["type"], "ack");
    let told = bruno.all_until_now().await;
    assert!(told.iter().all(|f| f["conversation"] != "r-c7~g1" || f["type"] == "error"), "{told:?}");
    assert_eq!(names(&mut bruno).await, ["r-c7~g2 Algebra: Group B"]);
    // Where students do not see each other there is none.
    let policy = json!({"rights_version": 12, "students_see_students": false});
    host.call(&server, "PUT", "/api/v1/policy", &policy).await;
    assert_eq!(rooms(&mut ana).await, [Value::Null; 0]);
    assert_eq!(ana.say("r-c7", "?").await["code"], "not_found");
}

#[tokio::test]
async fn who_has_it_open_hears_all_and_the_others_get_a_dot() {
    let (server, host, [mut ana, mut bruno, mut carla]) = three().await;
    bruno.open_window("r-c7", 0).await;
    ana.say("r-c7", "one").await;
    assert_eq!(bruno.next_message().await["text"], "one");
    let dot = carla.next_of("dot").await;
    assert_eq!((&dot["conversation"], &dot["seq"]), (&json!("r-c7"), &json!(1)));
    for text in ["two", "three", "four"] {
        ana.say("r-c7", text).await;
        assert_eq!(bruno.next_message().await["text"], text);
    }
    let more = carla.all_until_now().await;
    assert!(
        more.iter().all(|f| f["type"] != "dot" && f["type"] != "changes"),
        "one in five seconds: {more:?}"
    );
    let more = bruno.all_until_now().await;
    assert!(more.iter().all(|f| f["type"] != "dot"), "who has it open needs none: {more:?}");
    // What came meanwhile is told by one more, of the newest.
    assert_eq!(carla.next_of("dot").await["seq"], 4);
    // Somebody who has never been there has nothing unread; who has been there has a dot and no number.
    assert_eq!(rooms(&mut carla).await[0]["unread"], Value::Null);
    let opened = carla.open_window("r-c7", 0).await;
    assert_eq!((&opened["windows"][0]["unread"], &opened["windows"][0]["seq"]), (&json!(0), &json!(4)));
    carla.send(json!({"type": "read", "conversation": "r-c7", "seq": 4})).await;
    assert_eq!(carla.next_of("read").await["seq"], 4);
    bruno.say("r-c7", "five").await;
    assert_eq!(carla.next_message().await["text"], "five");
    assert_eq!(rooms(&mut carla).await[0]["unread"], true);
    // Nobody hears of marks and typing.
    bruno.send(json!({"type": "typing", "conversation": "r-c7"})).await;
    bruno.send(json!({"type": "read", "conversation": "r-c7", "seq": 5})).await;
    bruno.next_of("read").await;
    let told = carla.all_until_now().await;
    assert!(told.iter().all(|f| f["type"] != "typing" && f["type"] != "read"), "{told:?}");
    // Closed, nothing comes any more; and nothing brings the window back but a mention.
    let version = carla.open_window("r-c7", 1).await["version"].as_i64().unwrap();
    carla.send(json!({"type": "dock", "conversation": "r-c7", "state": "closed", "base": version})).await;
    carla.wait(|f| f["type"] == "dock" && f["windows"] == json!([])).await;
    ana.say("r-c7", "six").await;
    let mention = json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "r-c7", "text": "@Carla", "mentions": [4, 99]});
    ana.verb_as(mention["client_message_id"].clone(), mention).await;
    let back = carla.wait(|f| f["type"] == "dock" && f["windows"][0]["conversation"] == "r-c7").await;
    assert_eq!(
        (&back["windows"][0]["state"], &back["windows"][0]["mentions"]),
        (&json!("minimised"), &json!(1))
    );
    let said = bruno.wait(|f| f["type"] == "changes" && f["messages"][0]["text"] == "@Carla").await;
    assert_eq!(said["messages"][0]["mentions"], json!([4]), "who does not read it is left out");
    let phone = late(&server, &host, 4, "Carla", "c7").await;
    assert_eq!(phone.welcome["dock"]["windows"], back["windows"]);
}

#[tokio::test]
async fn a_teacher_deletes_and_makes_announcements_and_the_host_closes_it() {
    let (server, host, [mut ana, mut bruno, mut carla]) = three().await;
    bruno.open_window("r-c7", 0).await;
    carla.open_window("r-c7", 0).await;
    let said = carla.say("r-c7", "rude").await;
    let delete = json!({"type": "delete", "conversation": "r-c7", "seq": 1, "client_message_id": said["id"]});
    assert_eq!(bruno.verb(delete.clone()).await["code"], "not_allowed");
    assert_eq!(ana.verb(delete).await["type"], "ack");
    let stub = bruno.wait(|f| f["type"] == "changes" && f["rev"] == 2).await["messages"][0].take();
    assert_eq!((&stub["deleted"], &stub["text"]), (&json!("moderator"), &Value::Null));
    let on = verb("announce", "r-c7", json!({"on": true}));
    assert_eq!(bruno.verb(on.clone()).await["code"], "not_allowed");
    assert_eq!(ana.verb(on.clone()).await["seq"], 2);
    assert_eq!(ana.verb(on).await["seq"], 2, "a repeated one");
    let again = ana.verb(verb("announce", "r-c7", json!({"on": true}))).await;
    assert_eq!(
        (&again["type"], &again["seq"]),
        (&json!("ack"), &json!(2)),
        "it is so already: nothing is said of it"
    );
    let shown = carla.wait(|f| f["type"] == "dock" && f["windows"][0]["announcements"] == true).await;
    assert_eq!(shown["windows"][0]["writing"], "no");
    assert_eq!(carla.say("r-c7", "?").await["code"], "not_allowed");
    let told = ana.say("r-c7", "News").await;
    let react =
        verb("react", "r-c7", json!({"seq": told["seq"], "client_message_id": told["id"], "emoji": ["👍"]}));
    assert_eq!(carla.verb(react).await["code"], "not_allowed");
    assert_eq!(ana.verb(verb("announce", "r-c7", json!({"on": false}))).await["type"], "ack");
    carla.wait(|f| f["type"] == "dock" && f["windows"][0]["writing"] == "yes").await;
    assert_eq!(carla.say("r-c7", "!").await["type"], "ack");
    put(&server, &host, 11, json!("closed"), &[(2, None), (3, None), (4, None)]).await;
    carla.wait(|f| f["type"] == "dock" && f["windows"][0]["writing"] == "no").await;
    for client in [&mut ana, &mut carla] {
        assert_eq!(client.say("r-c7", "?").await["code"], "not_allowed");
        let history = json!({"type": "history", "conversation": "r-c7", "limit": 9});
        assert_eq!(client.ask(history).await["messages"].as_array().unwrap().len(), 5);
    }
    put(&server, &host, 12, Value::Null, &[(2, None), (3, None), (4, None)]).await;
    carla.wait(|f| f["type"] == "dock" && f["windows"] == json!([])).await;
    assert_eq!(carla.say("r-c7", "?").await["code"], "not_found");
    put(&server, &host, 13, json!("open"), &[(2, None), (3, None), (4, None)]).await;
    let history = json!({"type": "history", "conversation": "r-c7", "limit": 9});
    assert_eq!(carla.ask(history).await["seq"], 5, "nothing was deleted");
}

#[tokio::test]
async fn reactions_in_a_room_change_it_at_most_once_a_second_and_each_is_acknowledged() {
    let (_server, _host, [mut ana, mut bruno, mut carla]) = three().await;
    bruno.open_window("r-c7", 0).await;
    let one = ana.say("r-c7", "one").await;
    let two = ana.say("r-c7", "two").await;
    let react = |ack: &Value, emoji: &str| {
        verb("react", "r-c7", json!({"seq": ack["seq"], "client_message_id": ack["id"], "emoji": [emoji]}))
    };
    assert_eq!(bruno.verb(react(&one, "👍")).await["mine"], json!(["👍"]));
    let (first, second, third) = (react(&one, "👍"), react(&two, "❤️"), react(&one, "🎉"));
    ana.send(first.clone()).await;
    carla.send(second.clone()).await;
    carla.send(third.clone()).await;
    async fn acked(client: &mut TestClient, frame: &Value) {
        let id = frame["id"].clone();
        let ack = client.wait(move |f| f["type"] == "ack" && f["id"] == id).await;
        assert_eq!(ack["mine"], frame["emoji"]);
    }
    acked(&mut ana, &first).await;
    acked(&mut carla, &second).await;
    acked(&mut carla, &third).await;
    let alone = bruno.wait(|f| f["type"] == "changes" && f["rev"] == 3).await;
    assert_eq!(alone["messages"].as_array().unwrap().len(), 1);
    let gathered = bruno.wait(|f| f["type"] == "changes" && f["from"] == 3).await;
    assert_eq!(
        (&gathered["rev"], gathered["messages"].as_array().unwrap().len()),
        (&json!(5), 2),
        "{gathered}"
    );
    let shown = gathered["messages"].as_array().unwrap().iter().find(|m| m["seq"] == 1).unwrap();
    assert_eq!(
        shown["reactions"],
        json!([{"emoji": "👍", "count": 2, "users": [3, 2]}, {"emoji": "🎉", "count": 1, "users": [4]}])
    );
}

#[tokio::test]
async fn a_reaction_that_waits_for_the_rooms_next_change_is_acknowledged_to_each_try_of_it() {
    let (server, host, [mut ana, mut bruno, mut carla]) = three().await;
    let mut phone = late(&server, &host, 4, "Carla", "c7").await;
    let said = ana.say("r-c7", "one").await;
    let react = |emoji: &str| {
        verb("react", "r-c7", json!({"seq": 1, "client_message_id": said["id"], "emoji": [emoji]}))
    };
    let (lower, waits) = (react("🎉"), react("👍"));
    assert_eq!(bruno.verb(react("❤️")).await["type"], "ack", "what comes within the next second gathers");
    carla.send(waits.clone()).await;
    carla.all_until_now().await;
    assert_eq!(ana.verb(verb("announce", "r-c7", json!({"on": true}))).await["type"], "ack");
    // Judged by itself it would be refused now, and the first try be committed all the same.
    let again = phone.verb(waits.clone()).await;
    assert_eq!((&again["type"], &again["mine"]), (&json!("ack"), &json!(["👍"])), "{again}");
    let id = waits["id"].clone();
    let ack = carla.wait(move |f| f["id"] == id).await;
    assert_eq!((&ack["type"], &ack["mine"]), (&json!("ack"), &json!(["👍"])), "{ack}");
    let lower = phone.verb(lower).await;
    assert_eq!((&lower["type"], &lower["mine"]), (&json!("ack"), &json!(["👍"])), "{lower}");
    assert_eq!(phone.verb(react("🎉")).await["code"], "not_allowed", "a new one");
}

#[tokio::test]
async fn an_author_who_is_in_another_group_now_is_gone_from_the_room() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "teacher")]).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &[circle("c7/g1", "student")]).await;
    let (g1, g2): (&[&str], &[&str]) = (&["g1"], &["g2"]);
    put(&server, &host, 10, json!("open"), &[(2, None), (3, Some(g1))]).await;
    bruno.say("r-c7~g1", "hello").await;
    let ask = json!({"type": "members", "conversation": "r-c7~g1", "users": [3]});
    let here = ana.ask(ask.clone()).await["members"][0].take();
    assert_eq!((&here["role"], &here["gone"]), (&json!("student"), &Value::Null));
    put(&server, &host, 11, json!("open"), &[(2, None), (3, Some(g2))]).await;
    let gone = ana.ask(ask).await["members"][0].take();
    assert_eq!((&gone["name"], &gone["role"], &gone["gone"]), (&json!("Bruno"), &Value::Null, &json!(true)));
}

#[tokio::test]
async fn an_author_is_known_by_name_to_who_asks_and_nobody_else_is() {
    let (server, host, [mut ana, mut bruno, mut carla]) = three().await;
    bruno.say("r-c7", "hello").await;
    let ask = |users: Value| json!({"type": "members", "conversation": "r-c7", "users": users});
    // Who has only read there has left no trace.
    carla.send(json!({"type": "read", "conversation": "r-c7", "seq": 1})).await;
    carla.next_of("read").await;
    let found = ana.ask(ask(json!([3, 4, 99]))).await;
    let names: Vec<_> =
        found["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(
        (names, &found["total"]),
        (vec!["Bruno"], &json!(0)),
        "who has done nothing there is not told of"
    );
    put(&server, &host, 11, json!("open"), &[(2, None), (4, None)]).await;
    let gone = ana.ask(ask(json!([3]))).await["members"][0].take();
    assert_eq!((&gone["name"], &gone["gone"]), (&json!("Bruno"), &json!(true)));
    assert_eq!(bruno.ask(ask(json!([3]))).await["code"], "not_found");
    for bad in [json!({"type": "members", "conversation": "r-c7"}), ask(json!([]))] {
        assert_eq!(ana.ask(bad).await["code"], "bad_frame");
    }
    assert_eq!(ana.ask(json!({"type": "members", "conversation": "2-3"})).await["code"], "not_found");
}

/// A message of a room, as it is told.
fn written(room: &ConversationId, seq: i64) -> Arc<Changes> {
    let message = json!({"seq": seq, "rev": seq, "sender": 1, "client_message_id": Uuid::now_v7(), "text": "x", "sent_at": 1});
    let message = serde_json::from_value(message).unwrap();
    Arc::new(Changes::of(room.clone(), Seq(1), vec![message]))
}

#[tokio::test]
async fn who_writes_waits_for_nobody_who_is_told_and_they_are_told_slice_by_slice_the_same_bytes() {
    const MEMBERS: i64 = 300;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::make(folder.path().join("gchat.db")).await.unwrap();
    let site = SiteRecord {
        site: SiteId(0),
        issuer: "x".into(),
        url: "https://x.example".into(),
        origins: vec!["https://x.example".into()],
        keys: Vec::new(),
        policy: Policy::default(),
        policy_version: RightsVersion(0),
        floor: RightsVersion(0),
    };
    let site = store.add_site(site).await.unwrap();
    let sites = Arc::new(Sites::load(Arc::new(store)).await.unwrap());
    let rosters = Arc::new(Rosters::new(sites.clone(), &Config::default().limits));
    let (hub, fan_out) = (Arc::new(Hub::default()), Arc::new(FanOut::new(rosters.clone(), sites)));
    let circle: CircleId = "c1".parse().unwrap();
    let room = ConversationId::Room(circle.clone());
    let come = |id: i64, held: &str, open: bool| {
        let held = Membership { id: held.parse().unwrap(), role: Role::Student, title: "C".into() };
        let (rights, circles) = (["chat".into()].into(), [held].into());
        let snapshot = Arc::new(Snapshot { rights, circles, ..Snapshot::default() });
        let (out, session) =
            (Outbound::new(256, 1 << 20), SessionId(Uuid::from_u128(id.unsigned_abs().into())));
        let user = UserId::new(id).unwrap();
        let here =
            hub.register(ConnectionId(id.unsigned_abs()), (site, user), "x".into(), session, true, out);
        rosters.arrive(&here, &UserRecord { snapshot, origin: Origin::Token, removed: false });
        if open {
            fan_out.show(&here, &[Shown { conversation: room.clone(), open, rev: Rev(0) }]);
        }
        drop(here.out.take());
        here
    };
    let members: Vec<_> = (1..=MEMBERS).map(|id| come(id, "c1", true)).collect();
    // Somebody whose window is still open, and who has lost the circle a moment ago.
    let out = come(MEMBERS + 1, "c2", true);
    let mut frames = Vec::new();
    // Whoever writes is done before anybody is told.
    fan_out.tell(site, &circle, written(&room, 1));
    assert!(members.iter().all(|member| member.out.take().frames.is_empty()));
    let mut telling = pin!(fan_out.clone().run(CancellationToken::new()));
    let mut told_so_far = Vec::new();
    while frames.len() < members.len() && told_so_far.len() < 9 {
        poll_fn(|cx| {
            assert!(telling.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
        frames.extend(members.iter().flat_map(|member| member.out.take().frames));
        told_so_far.push(frames.len());
    }
    assert_eq!(told_so_far, [128, 256, 300], "others run between two slices");
    assert!(out.out.take().frames.is_empty(), "who is not in it any more is not told");
    // Whoever opens it with what was read before hears where the head is, and asks.
    let [late, in_time] = [(MEMBERS + 2, 0), (MEMBERS + 3, 1)].map(|(id, rev)| {
        let here = come(id, "c1", false);
        fan_out.show(&here, &[Shown { conversation: room.clone(), open: true, rev: Rev(rev) }]);
        here.out.take().frames
    });
    assert!(late.len() == 1 && late[0].contains(r#""rev":1"#) && in_time.is_empty(), "{late:?} {in_time:?}");
    assert!(frames.iter().all(|frame| frame.as_ptr() == frames[0].as_ptr()), "it is encoded once");
}
