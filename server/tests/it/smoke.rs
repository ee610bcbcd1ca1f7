//! The main thing: two people see each other and talk; a stranger does not.

use serde_json::json;

use crate::util::{TestClient, TestServer, circle};

#[tokio::test]
async fn two_people_of_a_course_see_each_other_and_talk_and_a_stranger_does_not() {
    let (server, host) = TestServer::start().await;
    let algebra = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana Sousa", &[circle("c7", "teacher")]).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno O'Silva", &algebra).await;
    let mut daniel = TestClient::person(&server, &host, 5, "Daniel", &[circle("c9", "student")]).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    daniel.roster_becomes("c9", &[5]).await;

    let ack = bruno.say("2-3", "  Olá, Ana! 👋 <b>\n").await;
    assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &json!(1)));
    let dock = ana.next_of("dock").await;
    assert_eq!(dock["windows"][0]["state"], "minimised");
    assert_eq!(dock["windows"][0]["contact"]["name"], "Bruno O'Silva");
    assert_eq!(dock["windows"][0]["contact"]["status"], "online");
    let message = ana.next_message().await;
    assert_eq!(message["text"], "Olá, Ana! 👋 <b>");
    assert_eq!(bruno.next_message().await["seq"], 1);
    ana.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    assert_eq!(
        bruno.next_of("read").await,
        json!({"type": "read", "conversation": "2-3", "user": 2, "seq": 1})
    );
    let page = bruno.ask(json!({"type": "history", "conversation": "2-3", "limit": 50})).await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);

    let leaked = daniel.all_until_now().await;
    assert!(
        leaked.iter().all(|frame| frame["type"] == "roster_diff" && frame["circle"] == "c9"),
        "{leaked:?}"
    );
}

#[tokio::test]
async fn a_message_sent_while_the_server_restarts_is_there_once() {
    let (server, host) = TestServer::start().await;
    let algebra = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &algebra).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &algebra).await;
    bruno.say("2-3", "one").await;
    ana.next_message().await;
    let stopping = tokio::spawn(server.stop());
    assert!(ana.next_of("drain").await["retry_after_ms"].as_u64().unwrap() >= 500);
    assert_eq!(ana.closed().await, Some(1012));
    assert_eq!(bruno.closed().await, Some(1012));
    drop((bruno, ana));
    let server = stopping.await.unwrap().start().await;

    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &algebra).await;
    let id = uuid::Uuid::now_v7();
    let first = bruno.say_as(id, "2-3", "two").await;
    assert_eq!(bruno.say_as(id, "2-3", "two").await, first, "the same ack again");
    let epoch = bruno.welcome["epoch"].clone();
    let mut ana = TestClient::open(&server, Some(&host.url)).await.unwrap();
    let cursor = json!({"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": 1, "seq": 1}]});
    ana.hello(&host.token(2, "Ana", &algebra), json!({"cursor": cursor})).await;
    let missed = ana.next_of("welcome").await["changes"].clone();
    assert_eq!((&missed[0]["reset"], &missed[0]["more"]), (&json!(null), &json!(null)));
    let texts: Vec<_> = missed[0]["messages"].as_array().unwrap().iter().map(|m| &m["text"]).collect();
    assert_eq!(texts, ["two"]);
}
