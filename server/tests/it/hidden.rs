//! Hidden people cannot be told from absent ones: the same story is told twice, once with a hidden person who is here
//! and busy, once with the same person away, and the observer must have received the same bytes.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

const HUGO: i64 = 9;

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn hugo(host: &Host, version: i64) -> Value {
    let mut person = host.person(version, "Hugo", &[circle("c7", "teacher"), circle("c8", "teacher")]);
    merge(&mut person, json!({"hidden": true}));
    person
}

fn hugos_token(host: &Host, version: i64) -> String {
    let claims = json!({"hidden": true, "rights_version": version});
    host.token_with(HUGO, "Hugo", &[circle("c7", "teacher"), circle("c8", "teacher")], claims)
}

/// What differs from run to run for everybody: clocks, and what is drawn at random.
fn plain(frame: &Value) -> Value {
    let mut frame = frame.clone();
    scrub(&mut frame);
    frame
}

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

/// Joins the course and waits until the observer has heard of it: by then, all that came before has had its time.
async fn somebody_joins(
    server: &TestServer,
    host: &Host,
    user: i64,
    observer: &mut TestClient,
    seen: &[i64],
) -> TestClient {
    let client = TestClient::person(server, host, user, "Zoe", &pupil()).await;
    observer.roster_becomes("c7", seen).await;
    client
}

/// Everything that Ana receives while Hugo is here, hidden, and does all that he can; or is not here at all.
async fn story(here: bool) -> Vec<Value> {
    let (server, host) = TestServer::start().await;
    // They have talked before, and both runs know him from the same call.
    host.put(&server, HUGO, &hugo(&host, 1)).await;
    {
        let mut before = TestClient::connect(&server, &host, &hugos_token(&host, 1)).await;
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
        ana.say("2-9", "one").await;
        before.next_message().await;
        before.say("2-9", "two").await;
        ana.say("2-9", "three").await;
    }
    let server = server.stop().await.start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    ana.roster_becomes("c7", &[2]).await;
    ana.open_window("2-9", 0).await;

    let mut tab = None;
    if here {
        let mut client = TestClient::connect(&server, &host, &hugos_token(&host, 1)).await;
        client.open_window("2-9", 0).await;
        client.send(json!({"type": "typing", "conversation": "2-9"})).await;
        client.send(json!({"type": "read", "conversation": "2-9", "seq": 3})).await;
        client.next_of("read").await;
        client.ask(json!({"type": "search", "text": "", "limit": 10})).await;
        client.renew(&hugos_token(&host, 1)).await;
        tab = Some(client);
    }
    let _first = somebody_joins(&server, &host, 3, &mut ana, &[2, 3]).await;
    // Changes of his rights that leave him hidden are as silent.
    host.put(&server, HUGO, &hugo(&host, 2)).await;
    let mut elsewhere = hugo(&host, 3);
    elsewhere["circles"] = json!([circle("c7", "student")]);
    host.put(&server, HUGO, &elsewhere).await;
    host.put(&server, HUGO, &hugo(&host, 4)).await;
    let _second = somebody_joins(&server, &host, 4, &mut ana, &[2, 3, 4]).await;

    // Ana asks for all that she can ask.
    for text in ["", "hugo", "z"] {
        ana.ask(json!({"type": "search", "text": text, "limit": 10})).await;
    }
    for frame in [
        json!({"type": "roster", "circle": "c7"}),
        json!({"type": "roster", "circle": "c8"}),
        json!({"type": "typing", "conversation": "2-9"}),
        json!({"type": "read", "conversation": "2-9", "seq": 2}),
        json!({"type": "dock", "conversation": "2-9", "state": "minimised", "base": 9}),
        json!({"type": "dock", "conversation": "2-9", "state": "closed", "base": 9}),
        json!({"type": "dock", "conversation": "2-9", "state": "open", "base": 9}),
        json!({"type": "history", "request": 90, "conversation": "2-9", "limit": 10}),
        json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "2-9", "text": "are you there?"}),
        json!({"type": "visibility", "visible": false}),
        json!({"type": "visibility", "visible": true}),
    ] {
        ana.send(frame).await;
        // One after the other, or answers of the store could change places.
        ana.all_until_now().await;
    }
    if let Some(mut client) = tab.take() {
        client.next_message().await;
        client.send(json!({"type": "visibility", "visible": false})).await;
        client.all_until_now().await;
    }
    // His last connection is gone; 300 ms later so is he.
    let third = somebody_joins(&server, &host, 5, &mut ana, &[2, 3, 4, 5]).await;
    drop(third);
    ana.roster_becomes("c7", &[2, 3, 4]).await;
    let mut again = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    again.roster_becomes("c7", &[2, 3, 4]).await;
    again.all_until_now().await;
    ana.all_until_now().await;
    let bytes = ana.bytes + &again.bytes;
    bytes.lines().map(|line| plain(&serde_json::from_str(line).unwrap())).collect()
}

#[tokio::test]
async fn hidden_and_absent_are_the_same_bytes() {
    let (here, away) = tokio::join!(story(true), story(false));
    for (n, (a, b)) in here.iter().zip(&away).enumerate() {
        assert_eq!(a, b, "frame {n}");
    }
    assert_eq!(here.len(), away.len());
    assert!(here.len() > 25, "the story was told");
}

#[tokio::test]
async fn hiding_while_connected_is_leaving_and_showing_oneself_is_coming() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    ana.say("2-3", "hi").await;
    ana.open_window("2-3", 0).await;
    bruno.next_message().await;
    let bruno_is = |version: i64, hidden: bool| {
        let mut person = host.person(version, "Bruno", &pupil());
        merge(&mut person, json!({"hidden": hidden}));
        person
    };
    host.put(&server, 3, &bruno_is(2, true)).await;
    assert_eq!(ana.next_of("presence").await["status"], "offline");
    ana.roster_becomes("c7", &[2]).await;
    bruno.roster_becomes("c7", &[2]).await;
    bruno.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    assert_eq!(bruno.next_of("read").await["seq"], 1);
    bruno.send(json!({"type": "typing", "conversation": "2-3"})).await;
    bruno.all_until_now().await;
    ana.send(json!({"type": "dock", "conversation": "2-3", "state": "minimised", "base": 9})).await;
    assert_eq!(
        ana.next_of("dock").await["windows"][0]["other_read_seq"],
        0,
        "the mark waits for his next message"
    );
    let quiet = ana.all_until_now().await;
    assert!(
        quiet.iter().all(|f| !matches!(f["type"].as_str(), Some("read" | "typing" | "presence"))),
        "{quiet:?}"
    );
    assert_eq!(bruno.say("2-3", "still here").await["seq"], 2, "the hidden may write");
    let read = json!({"type": "read", "conversation": "2-3", "user": 3, "seq": 1});
    assert_eq!(ana.next_of("read").await, read, "and with that their mark is seen, live");
    let after = ana.next_message().await;
    assert_eq!(after["seq"], 2);
    ana.send(json!({"type": "dock", "conversation": "2-3", "state": "open", "base": 9})).await;
    assert_eq!(ana.next_of("dock").await["windows"][0]["other_read_seq"], 1);
    host.put(&server, 3, &bruno_is(3, false)).await;
    assert_eq!(ana.next_of("presence").await["status"], "online");
    ana.roster_becomes("c7", &[2, 3]).await;
}
