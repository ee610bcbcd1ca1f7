//! Messages by what was written, over a socket: what may be asked, what is shown, and that it follows what becomes of them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

async fn person(server: &TestServer, host: &Host, id: i64, name: &str) -> TestClient {
    TestClient::person(server, host, id, name, &[circle("c7", "student")]).await
}

fn asked(text: &str, more: Value) -> Value {
    let mut frame = json!({"type": "find", "text": text, "limit": 20});
    merge(&mut frame, more);
    frame
}

async fn found(client: &mut TestClient, text: &str) -> Vec<Value> {
    let answer = client.ask_until(asked(text, json!({}))).await;
    assert_eq!(answer["type"], "found", "{answer}");
    answer["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_message_is_found_with_who_where_and_when_and_what_stands_around() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let mut bruno = person(&server, &host, 3, "Bruno").await;
    let long = format!("{}a Matemática começa às 9h30 {}", "antes ".repeat(60), "depois ".repeat(60));
    let ack = bruno.say("2-3", &long).await;
    let all = found(&mut ana, "MATEMATICA 9h3").await;
    let mut expected = json!([{
        "conversation": "2-3", "title": "Bruno", "seq": 1, "sender": 3, "name": "Bruno", "sent_at": ack["sent_at"],
    }]);
    let text = all[0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("…antes antes") && text.contains("antes a Matemática começa") && text.ends_with('…')
    );
    merge(&mut expected[0], json!({"text": text}));
    assert_eq!(json!(all), expected);
    // It is what it is now, at once: in the index and before.
    let edit = json!({"type": "edit", "id": Uuid::now_v7(), "conversation": "2-3", "seq": 1, "client_message_id": ack["id"], "text": "Física"});
    assert_eq!(bruno.verb(edit).await["type"], "ack");
    assert_eq!((found(&mut ana, "matematica").await.len(), found(&mut ana, "fisica").await.len()), (0, 1));
    let delete = json!({"type": "delete", "id": Uuid::now_v7(), "conversation": "2-3", "seq": 1, "client_message_id": ack["id"]});
    assert_eq!(bruno.verb(delete).await["type"], "ack");
    assert_eq!(found(&mut ana, "fisica").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_may_be_asked_and_in_pages() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    drop(person(&server, &host, 3, "Bruno").await);
    for n in 0..5 {
        ana.say("2-3", &format!("page {n}")).await;
    }
    let (mut texts, mut next) = (Vec::new(), Value::Null);
    loop {
        let answer =
            ana.ask_until(asked("page", json!({"limit": 2, "next": next, "conversation": "2-3"}))).await;
        let all = answer["messages"].as_array().unwrap();
        texts.extend(all.iter().map(|found| found["text"].as_str().unwrap().to_owned()));
        next = answer["next"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!(texts, ["page 4", "page 3", "page 2", "page 1", "page 0"]);
    for (more, code) in [
        (json!({"limit": 0}), "bad_frame"),
        (json!({"limit": 51}), "bad_frame"),
        (json!({"text": "é".repeat(101)}), "bad_frame"),
        (json!({"conversation": "3-4"}), "not_found"),
        (json!({"conversation": "r-c8"}), "not_found"),
    ] {
        assert_eq!(ana.ask_until(asked("page", more.clone())).await["code"], code, "{more}");
    }
    for nothing in ["", " ", "👋 …"] {
        assert_eq!(found(&mut ana, nothing).await, Vec::<Value>::new(), "{nothing:?}");
    }
    assert_eq!(found(&mut ana, &"é".repeat(100)).await, Vec::<Value>::new());
}

#[tokio::test]
async fn questions_are_as_few_as_searches() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(ana.ask(asked("x", json!({}))).await["code"].clone());
    }
    assert!(codes.contains(&json!("rate_limited")), "{codes:?}");
}

#[tokio::test]
async fn whom_somebody_has_blocked_is_found_in_no_group() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let mut bruno = person(&server, &host, 3, "Bruno").await;
    let mut carla = person(&server, &host, 4, "Carla").await;
    let group = format!("g-{}", Uuid::now_v7());
    let make = json!({"type": "make", "id": Uuid::now_v7(), "conversation": group, "circle": "c7", "title": "Cells", "users": [3, 4]});
    assert_eq!(ana.verb(make).await["type"], "ack");
    bruno.say(&group, "a needle by Bruno").await;
    carla.say(&group, "a needle by Carla").await;
    assert_eq!(found(&mut ana, "needle").await.len(), 2);
    let mut blocks = host.person(9, "Ana", &[circle("c7", "student")]);
    merge(&mut blocks, json!({"blocked": [3]}));
    host.put(&server, 2, &blocks).await;
    ana.next_of("blocked").await;
    let all = found(&mut ana, "needle").await;
    assert_eq!((all.len(), &all[0]["name"], &all[0]["title"]), (1, &json!("Carla"), &json!("Cells")));
    assert_eq!(found(&mut bruno, "needle").await.len(), 2, "only for her");
}
