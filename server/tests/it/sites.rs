//! Two sites of one server with the same user ids, circles and conversations share nothing.

use serde_json::{Value, json};

use crate::util::{TestClient, TestServer, circle, host::merge};

#[tokio::test]
async fn two_sites_with_the_same_ids_share_nothing() {
    let (server, one) = TestServer::start().await;
    let two = server.add_site("https://two.example").await;
    let c7 = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &one, 2, "Ana of one", &c7).await;
    let mut bruno = TestClient::person(&server, &one, 3, "Bruno of one", &c7).await;
    let mut anna = TestClient::person(&server, &two, 2, "Anna of two", &c7).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    anna.roster_becomes("c7", &[2]).await;
    assert_eq!(anna.say("2-3", "hi").await["code"], "unknown_recipient");
    let id = uuid::Uuid::now_v7();
    assert_eq!(ana.say_as(id, "2-3", "secret of one").await["seq"], 1);
    bruno.next_message().await;
    let mut bruna = TestClient::person(&server, &two, 3, "Bruna of two", &c7).await;
    anna.roster_becomes("c7", &[2, 3]).await;
    let ack = anna.say_as(id, "2-3", "secret of two").await;
    assert_eq!(
        (&ack["type"], &ack["seq"]),
        (&json!("ack"), &json!(1)),
        "the same id in another site is another one"
    );
    assert_eq!(bruna.next_message().await["text"], "secret of two");
    bruna.open_window("2-3", 0).await;
    bruna.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    bruna.send(json!({"type": "typing", "conversation": "2-3"})).await;
    anna.next_of("read").await;
    let found = bruna.ask(json!({"type": "search", "text": "", "limit": 9})).await;
    assert_eq!(found["contacts"].as_array().unwrap().len(), 1);

    // What the host of two says concerns two alone.
    let mut person = two.person(9, "Bruno", &[]);
    merge(&mut person, json!({"blocked": [2]}));
    two.put(&server, 3, &person).await;
    assert_eq!(two.log_out(&server, 2, "login-of-2").await, 1);
    two.remove(&server, 2, 20).await;
    let body = json!({"rights_version": 5, "students_see_students": false});
    assert_eq!(two.call(&server, "PUT", "/api/v1/policy", &body).await.0, 200);
    assert_eq!(anna.closed().await, Some(4410));
    assert_eq!(ana.say("2-3", "still").await["seq"], 2);
    let again = TestClient::person(&server, &one, 2, "Ana of one", &c7).await;
    assert_eq!(again.welcome["user"]["name"], "Ana of one");
    let page = bruno.ask(json!({"type": "history", "conversation": "2-3", "limit": 9})).await;
    let texts: Vec<_> = page["messages"].as_array().unwrap().iter().map(|m| &m["text"]).collect();
    assert_eq!(texts, ["secret of one", "still"]);
    ana.roster_becomes("c7", &[2, 3]).await;
    let status = |answer: (u16, Value)| (answer.1["users_online"].clone(), answer.1["connections"].clone());
    assert_eq!(status(one.call(&server, "GET", "/api/v1/status", &json!(null)).await), (json!(2), json!(3)));
    for client in [&mut ana, &mut bruno] {
        client.all_until_now().await;
        assert!(
            !client.bytes.contains("of two") && !client.bytes.contains(r#""messages":[]}"#),
            "{}",
            client.bytes
        );
    }
    for client in [&mut anna, &mut bruna] {
        assert!(!client.bytes.contains("of one"), "{}", client.bytes);
    }
}
