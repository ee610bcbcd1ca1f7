//! After a block the two are hidden from each other, by bytes, and nobody else notices.

use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student"), circle("c8", "student")]
}

fn bruno(host: &Host, version: i64, change: Value) -> Value {
    let mut person = host.person(version, "Bruno", &pupil());
    merge(&mut person, change);
    person
}

/// What differs from run to run for everybody: clocks, and what is drawn at random.
fn plain(frame: &Value) -> Value {
    fn scrub(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let dock = fields.contains_key("windows");
                for (name, value) in fields.iter_mut() {
                    match name.as_str() {
                        "epoch" | "boot" | "server_time" | "lease_ends" | "sent_at" | "client_message_id"
                        | "from" => *value = Value::Null,
                        "version" if !dock => *value = Value::Null,
                        "id" if value.is_string() => *value = Value::Null, // of a send
                        _ => scrub(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(scrub),
            _ => {}
        }
    }
    let mut frame = frame.clone();
    scrub(&mut frame);
    frame
}

fn frames(bytes: &str) -> Vec<Value> {
    bytes.lines().map(|line| plain(&serde_json::from_str(line).unwrap())).collect()
}

/// Joins both courses and waits until the observer has heard of it in both: by then, all that came before has had its
/// time.
async fn joins(
    server: &TestServer,
    host: &Host,
    user: i64,
    observer: &mut TestClient,
    seen: &[i64],
) -> TestClient {
    let client = TestClient::person(server, host, user, "Zoe", &pupil()).await;
    for course in ["c7", "c8"] {
        observer.roster_becomes(course, seen).await;
    }
    client
}

/// Everything that Ana receives while Bruno, who has blocked her, comes, does all that he can, and goes; or is away.
async fn story(here: bool) -> Vec<Value> {
    let (server, host) = TestServer::start().await;
    let token = |blocked: Value| host.token_with(3, "Bruno", &pupil(), blocked);
    {
        let mut before = TestClient::connect(&server, &host, &token(json!({}))).await;
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
        ana.say("2-3", "one").await;
        before.next_message().await;
        before.say("2-3", "two").await;
        ana.say("2-3", "three").await;
    }
    host.put(&server, 3, &bruno(&host, 2, json!({"blocked": [2]}))).await;
    let server = server.stop().await.start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    ana.open_window("2-3", 0).await;
    let _carla = joins(&server, &host, 4, &mut ana, &[2, 4]).await;

    let mut his = None;
    if here {
        let mut client = TestClient::connect(&server, &host, &token(json!({}))).await;
        client.roster_becomes("c7", &[3, 4]).await;
        client.open_window("2-3", 0).await;
        client.send(json!({"type": "typing", "conversation": "2-3"})).await;
        client.send(json!({"type": "read", "conversation": "2-3", "seq": 3})).await;
        client.next_of("read").await;
        let found = client.ask(json!({"type": "search", "text": "", "limit": 10})).await;
        assert_eq!(found["contacts"].as_array().unwrap().len(), 1, "he does not find her either: {found}");
        his = Some(client);
    }
    let dora = joins(&server, &host, 5, &mut ana, &[2, 4, 5]).await;
    // Changes of his that leave the block are as silent, in one course and in the other.
    host.put(&server, 3, &bruno(&host, 3, json!({"blocked": [2], "name": "Bruno S"}))).await;
    let elsewhere = json!({"blocked": [2, 9], "circles": [circle("c8", "student")]});
    host.put(&server, 3, &bruno(&host, 4, elsewhere)).await;
    host.put(&server, 3, &bruno(&host, 5, json!({"blocked": [2]}))).await;
    let _eva = joins(&server, &host, 6, &mut ana, &[2, 4, 5, 6]).await;
    drop(dora);
    for course in ["c7", "c8"] {
        ana.roster_becomes(course, &[2, 4, 6]).await;
    }
    for text in ["", "bruno", "z"] {
        ana.ask(json!({"type": "search", "text": text, "limit": 10})).await;
    }
    for frame in [
        json!({"type": "roster", "circle": "c7"}),
        json!({"type": "typing", "conversation": "2-3"}),
        json!({"type": "read", "conversation": "2-3", "seq": 2}),
        json!({"type": "dock", "conversation": "2-3", "state": "minimised", "base": 9}),
        json!({"type": "dock", "conversation": "2-3", "state": "closed", "base": 9}),
        json!({"type": "dock", "conversation": "2-3", "state": "open", "base": 9}),
        json!({"type": "history", "request": 90, "conversation": "2-3", "limit": 10}),
        json!({"type": "visibility", "visible": false}),
        json!({"type": "visibility", "visible": true}),
    ] {
        ana.send(frame).await;
        ana.all_until_now().await;
    }
    assert_eq!(ana.say("2-3", "?").await["code"], "not_allowed");
    if let Some(mut client) = his.take() {
        client.all_until_now().await;
        assert!(!client.bytes.contains("\"name\":\"Ana\",\"picture\":null,\"profile_url\":null,\"role\""));
    }
    // His last connection is gone; 300 ms later so is he. A new page of hers sees the same.
    let last = joins(&server, &host, 7, &mut ana, &[2, 4, 6, 7]).await;
    let mut again = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    for course in ["c7", "c8"] {
        again.roster_becomes(course, &[2, 4, 6, 7]).await;
    }
    drop(last);
    for course in ["c7", "c8"] {
        again.roster_becomes(course, &[2, 4, 6]).await;
    }
    again.all_until_now().await;
    ana.all_until_now().await;
    // Two courses' changes of one tick may come in either order.
    let mut all = [frames(&ana.bytes), frames(&again.bytes)].concat();
    all.sort_by_key(ToString::to_string);
    all
}

#[tokio::test]
async fn who_has_blocked_one_and_is_here_cannot_be_told_from_who_is_away() {
    let (here, away) = tokio::join!(story(true), story(false));
    for (a, b) in here.iter().zip(&away) {
        assert_eq!(a, b);
    }
    assert_eq!(here.len(), away.len());
    assert!(here.len() > 30, "the story was told");
}

/// What Carla, whom none of it concerns, receives while Ana blocks Bruno and takes it back, and people come and go.
async fn bystander(blocked: Value) -> Vec<Value> {
    let (server, host) = TestServer::start().await;
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &pupil()).await;
    let ana = |version: i64, blocked: &Value| {
        let mut person = host.person(version, "Ana", &pupil());
        merge(&mut person, json!({"blocked": blocked}));
        person
    };
    let mut hers = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let _his = joins(&server, &host, 3, &mut carla, &[2, 3, 4]).await;
    host.put(&server, 2, &ana(2, &blocked)).await;
    let _dora = joins(&server, &host, 5, &mut carla, &[2, 3, 4, 5]).await;
    host.put(&server, 2, &ana(3, &json!([]))).await;
    let eva = joins(&server, &host, 6, &mut carla, &[2, 3, 4, 5, 6]).await;
    host.put(&server, 2, &ana(4, &blocked)).await;
    hers.all_until_now().await;
    drop((hers, eva));
    for course in ["c7", "c8"] {
        carla.wait_roster(course, |r| r.contacts.len() == 3).await;
    }
    carla.ask(json!({"type": "search", "text": "", "limit": 10})).await;
    carla.all_until_now().await;
    let mut all = frames(&carla.bytes);
    all.retain(|f| f["type"] != "pong");
    all
}

/// What each roster became, step by step: two who leave within one tick may be told of in one frame or in two.
fn steps(frames: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = frames.iter().map(ToString::to_string).collect();
    all.sort();
    all
}

#[tokio::test]
async fn nobody_else_hears_another_byte_because_of_a_block() {
    let (with, without) = tokio::join!(bystander(json!([3])), bystander(json!([])));
    let joined = |frames: &[Value]| -> Vec<Value> {
        frames.iter().filter(|f| f["left"].as_array().is_none_or(Vec::is_empty)).cloned().collect()
    };
    assert_eq!(steps(&joined(&with)), steps(&joined(&without)));
    assert!(with.len() > 8, "the story was told: {with:?}");
}

#[tokio::test]
async fn a_block_while_connected_acts_at_once_and_its_end_too() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let mut phone = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &pupil()).await;
    for client in [&mut ana, &mut phone, &mut bruno, &mut carla] {
        client.roster_becomes("c7", &[2, 3, 4]).await;
        client.roster_becomes("c8", &[2, 3, 4]).await;
    }
    bruno.open_window("2-3", 0).await;
    ana.open_window("2-3", 0).await;
    ana.say("2-3", "before").await;
    let mut blocks = host.person(2, "Ana", &pupil());
    merge(&mut blocks, json!({"blocked": [3]}));
    host.put(&server, 2, &blocks).await;
    for course in ["c7", "c8"] {
        ana.roster_becomes(course, &[2, 4]).await;
        phone.roster_becomes(course, &[2, 4]).await;
        bruno.roster_becomes(course, &[3, 4]).await;
    }
    for client in [&mut ana, &mut bruno] {
        assert_eq!(client.next_of("presence").await["status"], "offline");
    }
    let found = bruno.ask(json!({"type": "search", "text": "", "limit": 10})).await;
    assert_eq!(found["contacts"].as_array().unwrap().len(), 1, "{found}");
    bruno.send(json!({"type": "typing", "conversation": "2-3"})).await;
    bruno.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    assert_eq!(bruno.next_of("read").await["seq"], 1);
    bruno.send(json!({"type": "roster", "circle": "c7"})).await;
    let fresh = bruno.next_of("roster").await;
    assert_eq!((&fresh["total"], fresh["contacts"].as_array().unwrap().len()), (&json!(2), 2));
    let quiet = ana.all_until_now().await;
    assert!(quiet.iter().all(|f| !matches!(f["type"].as_str(), Some("read" | "typing"))), "{quiet:?}");
    // Others come and go for both as ever, and a page that is loaded now sees the same.
    let dora = TestClient::person(&server, &host, 5, "Dora", &pupil()).await;
    let mut again = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    for client in [&mut bruno, &mut again] {
        client.roster_becomes("c7", &[3, 4, 5]).await;
    }
    ana.roster_becomes("c7", &[2, 4, 5]).await;
    drop(dora);
    host.put(&server, 2, &host.person(3, "Ana", &pupil())).await;
    for client in [&mut ana, &mut phone, &mut bruno, &mut again, &mut carla] {
        client.roster_becomes("c7", &[2, 3, 4]).await;
        client.roster_becomes("c8", &[2, 3, 4]).await;
        assert_eq!(client.misfits, 0, "every change fitted what was held");
    }
    assert_eq!(bruno.next_of("presence").await["status"], "online");
}
