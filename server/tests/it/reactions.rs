//! Reactions: state and no toggle, what everybody hears of them, and what only one person does.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{TestClient, c7, two};

fn react(ack: &Value, emoji: &[&str]) -> Value {
    json!({
        "type": "react", "id": Uuid::now_v7(), "conversation": ack["conversation"], "seq": ack["seq"],
        "client_message_id": ack["id"], "emoji": emoji,
    })
}

/// What a change shows of the reactions to its message.
async fn shown(client: &mut TestClient) -> Value {
    client.next_message().await["reactions"].take()
}

#[tokio::test]
async fn one_made_on_two_devices_is_one_and_is_taken_back_on_one() {
    let (server, host, mut ana, mut bruno) = two().await;
    let mut phone = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let ack = ana.say("2-3", "Olá").await;
    for client in [&mut ana, &mut bruno, &mut phone] {
        client.next_message().await;
    }
    let first = bruno.verb(react(&ack, &["👍"])).await;
    assert_eq!((&first["type"], &first["rev"], &first["mine"]), (&json!("ack"), &json!(2), &json!(["👍"])));
    assert_eq!(first["sent_at"], ack["sent_at"], "of the message");
    for client in [&mut ana, &mut bruno, &mut phone] {
        assert_eq!(shown(client).await, json!([{"emoji": "👍", "count": 1, "users": [3]}]));
    }
    // The other device says the same: it is so already, and nobody hears of it.
    let same = phone.verb(react(&ack, &["👍"])).await;
    assert_eq!((&same["rev"], &same["mine"]), (&json!(2), &json!(["👍"])));
    let none = react(&ack, &[]);
    assert_eq!(phone.verb(none.clone()).await["mine"], json!([]));
    assert_eq!(shown(&mut ana).await, Value::Null);
    // What was asked for before that has no effect any more, whenever it comes.
    let late = json!({"id": "0199f1c8-7d3a-7c21-9b60-2f5a1d0e4c11"});
    let mut old = react(&ack, &["🎉"]);
    old["id"] = late["id"].clone();
    let old = bruno.verb(old).await;
    assert_eq!((&old["type"], &old["rev"], &old["mine"]), (&json!("ack"), &json!(3), &json!([])));
    assert_eq!(bruno.verb(none).await["type"], "ack", "a repeated one");
    assert_eq!(ana.all_until_now().await.iter().filter(|f| f["type"] == "changes").count(), 0);
    // After a restart it is still known.
    let server = server.stop().await.start().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let again = bruno.verb(react(&ack, &["❤️", "😂"])).await;
    assert_eq!((&again["rev"], &again["mine"]), (&json!(4), &json!(["❤️", "😂"])));
}

#[tokio::test]
async fn what_is_one_s_own_is_told_in_personal_answers_only() {
    let (server, host, mut ana, mut bruno) = two().await;
    let ack = ana.say("2-3", "Olá").await;
    bruno.verb(react(&ack, &["👍"])).await;
    ana.verb(react(&ack, &["👍", "❤️"])).await;
    let told = ana.wait(|f| f["type"] == "changes" && f["rev"] == 3).await;
    assert_eq!(told["messages"][0]["mine"], Value::Null, "everybody gets these bytes");
    let history = json!({"type": "history", "conversation": "2-3", "limit": 10});
    for (client, mine) in [(&mut ana, json!(["👍", "❤️"])), (&mut bruno, json!(["👍"]))] {
        let message = client.ask(history.clone()).await["messages"][0].take();
        assert_eq!(message["mine"], mine);
        assert_eq!(
            message["reactions"],
            json!([{"emoji": "👍", "count": 2, "users": [3, 2]}, {"emoji": "❤️", "count": 1, "users": [2]}])
        );
        let changes = json!({"type": "changes", "conversation": "2-3", "rev": 1, "seq": 1, "limit": 10});
        assert_eq!(client.ask(changes).await["messages"][0]["mine"], mine);
    }
    let cursor = json!({"epoch": ana.welcome["epoch"], "conversations": [{"conversation": "2-3", "rev": 1, "seq": 1}]});
    let mut phone = TestClient::open(&server, Some(&host.url)).await.unwrap();
    phone.hello(&host.token(3, "Bruno", &c7()), json!({"cursor": cursor})).await;
    let welcome = phone.next_of("welcome").await;
    assert_eq!(welcome["changes"][0]["messages"][0]["mine"], json!(["👍"]));
}

#[tokio::test]
async fn what_is_no_reaction_is_refused_and_says_why() {
    let (server, host, mut ana, mut bruno) = two().await;
    let ack = ana.say("2-3", "Olá").await;
    for bad in [&["👍", "❤️", "😂", "🎉"][..], &["👍", "👍"], &["x"], &["👍👍"], &["1"], &[""], &["<b>"]]
    {
        let refused = bruno.verb(react(&ack, bad)).await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!("bad_emoji"), &json!(true)), "{bad:?}");
    }
    let other = json!({"conversation": "2-3", "seq": 2, "id": ack["id"]});
    assert_eq!(bruno.verb(react(&other, &["👍"])).await["code"], "no_such_message");
    let other = json!({"conversation": "2-3", "seq": 1, "id": Uuid::now_v7()});
    assert_eq!(bruno.verb(react(&other, &["👍"])).await["code"], "no_such_message");
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &c7()).await;
    assert_eq!(carla.verb(react(&ack, &["👍"])).await["code"], "not_found");
    // Who may not write may take back, and nothing else.
    bruno.verb(react(&ack, &["👍", "❤️"])).await;
    let mut blocked = host.person(2, "Ana", &c7());
    blocked["blocked"] = json!([3]);
    host.put(&server, 2, &blocked).await;
    assert_eq!(bruno.verb(react(&ack, &["👍", "🎉"])).await["code"], "not_allowed");
    assert_eq!(bruno.verb(react(&ack, &["👍"])).await["mine"], json!(["👍"]));
    // Nothing follows a deletion.
    let delete = json!({"type": "delete", "conversation": "2-3", "seq": 1, "client_message_id": ack["id"]});
    assert_eq!(ana.verb(delete).await["type"], "ack");
    assert_eq!(bruno.verb(react(&ack, &[])).await["code"], "no_such_message");
    let history = json!({"type": "history", "conversation": "2-3", "limit": 10});
    let stub = ana.ask(history).await["messages"][0].take();
    assert_eq!((&stub["reactions"], &stub["mine"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn an_erased_persons_reactions_go_and_copies_learn_of_it() {
    let (server, host, mut ana, mut bruno) = two().await;
    let ack = ana.say("2-3", "one").await;
    let mine = bruno.say("2-3", "two").await;
    bruno.verb(react(&ack, &["👍"])).await;
    ana.verb(react(&ack, &["👍"])).await;
    ana.verb(react(&mine, &["❤️"])).await;
    host.remove(&server, 3, 9).await;
    let changes = json!({"type": "changes", "conversation": "2-3", "rev": 5, "seq": 2, "limit": 10});
    let changes = ana.ask(changes).await;
    assert_eq!(changes["rev"], 7, "one for the message and one for the reaction");
    let stub = &changes["messages"][0];
    assert_eq!((&stub["seq"], &stub["text"], &stub["reactions"]), (&json!(2), &Value::Null, &Value::Null));
    let kept = &changes["messages"][1];
    assert_eq!(kept["reactions"], json!([{"emoji": "👍", "count": 1, "users": [2]}]));
}
