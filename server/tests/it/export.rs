//! Everything kept of a user, handed to the host and to nobody else's.

use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle};

async fn get(server: &TestServer, host: &Host, path: &str) -> (u16, Value) {
    host.call(server, "GET", &format!("/api/v1/users/{path}"), &Value::Null).await
}

async fn refusal(server: &TestServer, host: &Host, path: &str) -> (u16, String) {
    let (status, answer) = get(server, host, path).await;
    (status, answer["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_record_and_every_message_of_both_sides_come_by_pages() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let c7 = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    let _eva = TestClient::person(&server, &host, 4, "Eva", &c7).await;
    let mut acks = Vec::new();
    for n in 1..=3 {
        assert_eq!(ana.say("2-3", &format!("from Ana {n}")).await["type"], "ack");
        acks.push(bruno.say("2-3", &format!("from Bruno {n}")).await);
    }
    bruno.say("3-4", "not for Ana").await;
    ana.open_window("2-3", 0).await;
    ana.send(json!({"type": "read", "conversation": "2-3", "seq": 4})).await;
    ana.next_of("read").await;

    let (status, mut kept) = get(&server, &host, "2").await;
    assert_eq!(status, 200, "{kept}");
    assert_eq!(
        kept["conversations"].take(),
        json!([{
            "conversation": "2-3", "kind": "direct", "contact": {"id": 3, "name": "Bruno"}, "first_seq": 1, "seq": 6, "read_seq": 4,
        }])
    );
    assert_eq!(kept["windows"].take(), json!([{"conversation": "2-3", "state": "open"}]));
    let mut expected = host.person(1, "Ana", &c7);
    crate::util::host::merge(&mut expected, json!({"user": 2, "windows": null, "conversations": null}));
    crate::util::host::merge(&mut expected, json!({"accepts": null, "paused_until": null}));
    assert_eq!(kept, expected);

    let (mut texts, mut after, mut pages) = (Vec::new(), 0, 0);
    loop {
        let (status, page) = get(&server, &host, &format!("2/conversations/2-3?after={after}&limit=4")).await;
        assert_eq!(status, 200, "{page}");
        pages += 1;
        for message in page["messages"].as_array().unwrap() {
            after = message["seq"].as_i64().unwrap();
            texts.push((message["sender"].as_i64().unwrap(), message["text"].as_str().unwrap().to_owned()));
            assert!(message["sent_at"].as_i64().unwrap() > 0);
        }
        if page["more"] == json!(false) {
            break;
        }
    }
    assert_eq!((pages, after), (2, 6));
    assert_eq!((&texts[0], &texts[5]), (&(2, "from Ana 1".into()), &(3, "from Bruno 3".into())));
    let (_, all) = get(&server, &host, "2/conversations/2-3").await;
    assert_eq!((all["messages"].as_array().unwrap().len(), &all["more"]), (6, &json!(false)));
    // What was done to messages since.
    let verb = |what: &str, ack: &Value| json!({"type": what, "conversation": "2-3", "seq": ack["seq"], "client_message_id": ack["id"]});
    let mut edit = verb("edit", &acks[0]);
    edit["text"] = json!("edited");
    assert_eq!(bruno.verb(edit).await["type"], "ack");
    assert_eq!(bruno.verb(verb("delete", &acks[1])).await["type"], "ack");
    let reply = json!({"type": "send", "client_message_id": uuid::Uuid::now_v7(), "conversation": "2-3", "text": "re", "reply_to": 1});
    bruno.send(reply).await;
    bruno.next_message().await;
    bruno.wait(|f| f["type"] == "ack" && f["seq"] == 7).await;
    let (_, all) = get(&server, &host, "2/conversations/2-3").await;
    let message = |n: usize| &all["messages"][n];
    assert!(message(0).as_object().unwrap().len() == 4, "{all}");
    assert!(message(1)["edited_at"].is_i64() && message(1)["text"] == "edited", "{all}");
    assert!(message(3)["deleted"] == "author" && message(3)["text"].is_null(), "{all}");
    assert_eq!(message(6)["reply_to"], 1, "{all}");
    let (_, none) = get(&server, &host, "2/conversations/2-3?after=7").await;
    assert_eq!(none, json!({"messages": [], "more": false}));

    let nothing = (404, "not_found".to_owned());
    for path in ["99", "99/conversations/2-99", "2/conversations/3-4", "2/conversations/2-4"] {
        assert_eq!(refusal(&server, &host, path).await, nothing, "{path}");
    }
    for path in ["2", "2/conversations/2-3"] {
        assert_eq!(refusal(&server, &other, path).await, nothing, "another site's");
    }
    for wrong in ["after=-1", "limit=0", "limit=501", "limit=x", "before=2", "after=9007199254740992"] {
        let path = format!("2/conversations/2-3?{wrong}");
        assert_eq!(refusal(&server, &host, &path).await, (400, "bad_request".into()), "{wrong}");
    }
    for path in ["x", "2/conversations/3-2", "2/conversations/2"] {
        assert_eq!(refusal(&server, &host, path).await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn of_the_removed_nothing_is_kept_but_stubs_with_the_others() {
    let (server, host) = TestServer::start().await;
    let c7 = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    ana.say("2-3", "hers").await;
    bruno.say("2-3", "his").await;
    host.remove(&server, 2, 9).await;
    for path in ["2", "2/conversations/2-3"] {
        assert_eq!(refusal(&server, &host, path).await, (404, "not_found".into()));
    }
    let (_, kept) = get(&server, &host, "3").await;
    assert_eq!(kept["conversations"][0]["contact"], json!({"id": 2, "name": ""}));
    let (_, page) = get(&server, &host, "3/conversations/2-3").await;
    let texts: Vec<_> = page["messages"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, [json!(null), json!("his")]);
}

#[tokio::test]
async fn of_a_room_comes_what_they_wrote_with_their_reactions_also_where_they_are_out_of_it() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &[circle("c7", "student")]).await;
    let roll = |version: i64, users: &[i64]| {
        let member = |user: &i64| json!({"user": user, "role": "student", "groups": null});
        let members: Vec<_> = users.iter().map(member).collect();
        json!({"rights_version": version, "title": "Algebra", "room": "open", "members": members})
    };
    assert_eq!(host.call(&server, "PUT", "/api/v1/circles/c7", &roll(10, &[2, 3])).await.0, 200);
    for text in ["one", "two"] {
        bruno.say("r-c7", "of another").await;
        let said = ana.say("r-c7", text).await;
        let react = json!({"type": "react", "id": uuid::Uuid::now_v7(), "conversation": "r-c7", "seq": said["seq"],
            "client_message_id": said["id"], "emoji": [if text == "one" { "👍" } else { "🎉" }]});
        assert_eq!(ana.verb(react).await["type"], "ack");
    }
    assert_eq!(host.call(&server, "PUT", "/api/v1/circles/c7", &roll(11, &[3])).await.0, 200);
    let (status, page) = get(&server, &host, "2/conversations/r-c7?limit=1").await;
    assert_eq!((status, page["messages"].as_array().unwrap().len(), &page["more"]), (200, 1, &json!(true)));
    let (_, page) = get(&server, &host, "2/conversations/r-c7").await;
    let own: Vec<_> = page["messages"].as_array().unwrap().iter().map(|m| (&m["text"], &m["mine"])).collect();
    assert_eq!(own, [(&json!("one"), &json!(["👍"])), (&json!("two"), &json!(["🎉"]))]);
}

#[tokio::test]
async fn the_query_is_part_of_what_is_signed() {
    let (server, host) = TestServer::start().await;
    let bearer = host.sign(&host.call_claims("GET", "/api/v1/users/2/conversations/2-3?after=1", ""));
    let path = "/api/v1/users/2/conversations/2-3?after=0";
    let (status, answer) = crate::util::host::send_call(&server, "GET", path, "", &bearer).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("bad_token")));
}
