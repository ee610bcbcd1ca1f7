//! The list of somebody's conversations over a socket, and what they set: on all of their devices, and on nobody else's.

use gchat::config::Config;
use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

async fn person(server: &TestServer, host: &Host, id: i64, name: &str) -> TestClient {
    TestClient::person(server, host, id, name, &c7()).await
}

fn asked(more: Value) -> Value {
    let mut frame = json!({"type": "list", "limit": 100});
    merge(&mut frame, more);
    frame
}

fn flag(conversation: &str, more: Value) -> Value {
    let mut frame = json!({"type": "flag", "conversation": conversation});
    merge(&mut frame, more);
    frame
}

async fn list(client: &mut TestClient, more: Value) -> Vec<Value> {
    let answer = client.ask_until(asked(more)).await;
    assert_eq!(answer["type"], "list", "{answer}");
    answer["conversations"].as_array().unwrap().clone()
}

async fn ids(client: &mut TestClient, more: Value) -> Vec<String> {
    let listed = list(client, more).await;
    listed.iter().map(|one| one["conversation"].as_str().unwrap().to_owned()).collect()
}

async fn code(client: &mut TestClient, frame: Value) -> (String, bool) {
    let answer = client.ask_until(frame).await;
    assert_eq!(answer["type"], "error", "{answer}");
    (answer["code"].as_str().unwrap().to_owned(), answer["final"] == true)
}

#[tokio::test]
async fn a_conversation_that_began_while_a_device_was_away_is_in_its_list() {
    let (server, host) = TestServer::start().await;
    let mut bruno = person(&server, &host, 3, "Bruno").await;
    drop(person(&server, &host, 2, "Ana").await); // she has been there once
    let long = format!("{}!", "é".repeat(250));
    let ack = bruno.say("2-3", &long).await;
    bruno.send(json!({"type": "dock", "conversation": "2-3", "state": "closed", "base": 0})).await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let listed = list(&mut ana, json!({})).await;
    let last = json!({"seq": 1, "sender": 3, "sent_at": ack["sent_at"], "text": "é".repeat(200)});
    assert_eq!((listed.len(), &listed[0]["last"]), (1, &last), "{listed:?}");
    assert_eq!((&listed[0]["state"], &listed[0]["unread"]), (&json!("minimised"), &json!(1)), "it waits");
    let contact = &listed[0]["contact"];
    assert_eq!((&contact["name"], &contact["status"]), (&json!("Bruno"), &json!("online")));
    assert_eq!(listed[0].get("archived").or(listed[0].get("pinned")).or(listed[0].get("muted_until")), None);
    // A dock is a part of it: also where it shows nothing.
    let mine = list(&mut bruno, json!({})).await;
    assert_eq!(
        (&mine[0]["state"], &mine[0]["unread"], &mine[0]["last"]),
        (&json!("closed"), &json!(0), &last)
    );
    assert_eq!(bruno.welcome["dock"]["windows"], json!([]));
    // Of who is away nothing is known but the name.
    drop(bruno);
    ana.roster_becomes("c7", &[2]).await;
    assert_eq!(list(&mut ana, json!({})).await[0]["contact"]["status"], "offline");
}

#[tokio::test]
async fn what_is_set_is_told_to_every_device_and_to_nobody_else() {
    let (server, host) = TestServer::start().await;
    let mut desk = person(&server, &host, 2, "Ana").await;
    let mut phone = person(&server, &host, 2, "Ana").await;
    let mut bruno = person(&server, &host, 3, "Bruno").await;
    bruno.say("2-3", "hello").await;
    desk.next_message().await;
    phone.wait(|f| f["type"] == "dock" && f["windows"][0]["conversation"] == "2-3").await;
    bruno.all_until_now().await;

    let answer = desk.ask(flag("2-3", json!({"pinned": true, "archived": true}))).await;
    let (request, told) = (answer["request"].clone(), phone.next_of("flags").await);
    assert_eq!(told, json!({"type": "flags", "conversation": "2-3", "pinned": true, "archived": true}));
    let mut as_answered = told.clone();
    merge(&mut as_answered, json!({"request": request}));
    assert_eq!(answer, as_answered);
    // A message takes the archive away, and says nothing of it.
    bruno.say("2-3", "again").await;
    desk.next_message().await;
    assert!(desk.all_until_now().await.iter().all(|f| f["type"] != "flags"));
    assert_eq!(list(&mut desk, json!({})).await[0]["pinned"], true);
    // Who archived it without having seen that message finds it where it was; the rest is set.
    let late = desk.ask(flag("2-3", json!({"archived": true, "pinned": false, "seq": 1}))).await;
    assert_eq!((late.get("archived"), late.get("pinned")), (None, None), "{late}");
    let answer = desk.ask(flag("2-3", json!({"archived": true, "seq": 2}))).await;
    assert_eq!(answer["archived"], true, "{answer}");
    desk.ask(flag("2-3", json!({"archived": false, "pinned": true, "seq": 1}))).await;

    // Muted, its window goes and does not come back.
    let forever = 253_402_300_799_999_i64;
    phone.all_until_now().await;
    let answer = desk.ask(flag("2-3", json!({"muted_until": forever}))).await;
    assert_eq!((&answer["pinned"], &answer["muted_until"]), (&json!(true), &json!(forever)));
    phone.wait(|f| f["type"] == "dock" && f["windows"] == json!([])).await;
    bruno.say("2-3", "quietly").await;
    assert_eq!(phone.next_message().await["text"], "quietly", "it is told");
    assert!(phone.all_until_now().await.iter().all(|f| f["type"] != "dock"), "and brings nothing");
    let listed = list(&mut phone, json!({"unread": true})).await;
    assert_eq!((&listed[0]["state"], &listed[0]["unread"]), (&json!("closed"), &json!(3)));
    let dock = phone.open_window("2-3", 0).await;
    let window = &dock["windows"][0];
    assert_eq!((&window["pinned"], &window["muted_until"]), (&json!(true), &json!(forever)));
    for muted_until in [json!(0), json!(1)] {
        let answer = desk.ask(flag("2-3", json!({"muted_until": muted_until}))).await;
        assert_eq!(answer.get("muted_until"), None, "{answer}");
    }

    assert!(bruno.all_until_now().await.iter().all(|f| f["type"] != "flags"));
    let of_bruno = list(&mut bruno, json!({})).await;
    assert_eq!(of_bruno[0].get("pinned"), None, "{of_bruno:?}");
    let (_, kept) = host.call(&server, "GET", "/api/v1/users/2", &Value::Null).await;
    assert_eq!(kept["conversations"][0]["pinned"], true, "{kept}");
    let (_, kept) = host.call(&server, "GET", "/api/v1/users/3", &Value::Null).await;
    assert_eq!(kept["conversations"][0].get("pinned"), None, "{kept}");
}

#[tokio::test]
async fn what_is_no_question_or_not_theirs_is_refused() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let mut bruno = person(&server, &host, 3, "Bruno").await;
    let _carla = person(&server, &host, 4, "Carla").await;
    bruno.say("3-4", "not for Ana").await;
    ana.say("2-3", "begun").await;
    for wrong in [
        json!({"limit": 0}),
        json!({"limit": 101}),
        json!({"text": "x".repeat(101)}),
        json!({"conversations": []}),
        json!({"conversations": ["2-3"], "unread": true}),
        json!({"conversations": ["2-3"], "next": "x"}),
    ] {
        assert_eq!(code(&mut ana, asked(wrong)).await, ("bad_frame".into(), true));
    }
    for nothing in [json!({}), json!({"muted_until": -1}), json!({"muted_until": 253_402_300_800_000_i64})] {
        assert_eq!(code(&mut ana, flag("2-3", nothing)).await, ("bad_frame".into(), true));
    }
    for other in ["3-4", "2-4", "2-99", "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01", "r-c7", "r-c8"] {
        let refused = code(&mut ana, flag(other, json!({"pinned": true}))).await;
        assert_eq!(refused, ("not_found".into(), true), "{other}");
    }
    let all = json!({"conversations": ["3-4", "2-4", "2-3", "r-c7", "2-3"]});
    assert_eq!(ids(&mut ana, all).await, ["2-3", "2-3"]);
    // A `next` that no answer gave begins anew.
    assert_eq!(ids(&mut ana, json!({"next": "99.x"})).await, ["2-3"]);
    assert_eq!(
        ids(&mut ana, json!({"next": null, "unread": null, "archived": null, "text": null})).await,
        ["2-3"]
    );
}

#[tokio::test]
async fn the_twenty_first_pin_is_refused() {
    let quick = |config: &mut Config| config.limits.message_burst = 100;
    let (server, host) = TestServer::start_with(quick).await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    for other in 3..24 {
        drop(person(&server, &host, other, "Somebody").await);
        assert_eq!(ana.say(&format!("2-{other}"), "hello").await["type"], "ack");
    }
    for other in 3..23 {
        assert_eq!(ana.ask(flag(&format!("2-{other}"), json!({"pinned": true}))).await["pinned"], true);
    }
    let refused = code(&mut ana, flag("2-23", json!({"pinned": true}))).await;
    assert_eq!(refused, ("too_many_pins".into(), true));
    assert_eq!(ana.ask(flag("2-3", json!({"pinned": false}))).await.get("pinned"), None);
    assert_eq!(ana.ask(flag("2-23", json!({"pinned": true}))).await["pinned"], true);
    // In pages, which are one list.
    let (mut all, mut next, whole) = (Vec::new(), Value::Null, ids(&mut ana, json!({})).await);
    loop {
        let page = ana.ask_until(asked(json!({"limit": 8, "next": next}))).await;
        let page_ids = page["conversations"].as_array().unwrap().iter();
        all.extend(page_ids.map(|one| one["conversation"].as_str().unwrap().to_owned()));
        next = page["next"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!((all.len(), &all), (21, &whole));
    assert_eq!(all[20], "2-3", "the only one that is not pinned");
}

#[tokio::test]
async fn groups_and_rooms_are_listed_with_who_wrote_last_as_long_as_they_are_read() {
    let (server, host) = TestServer::start().await;
    let both = [circle("c7", "student"), circle("c8", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &both).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &both).await;
    let _carla = TestClient::person(&server, &host, 4, "Carla", &both).await;
    let group = "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01";
    let made = json!({"type": "make", "conversation": group, "circle": "c7", "title": "Trabalho à parte", "users": [2, 4]});
    assert_eq!(bruno.verb(made).await["type"], "ack");
    let put = async |version: i64, room: &str, members: &[i64]| {
        let member = |user: &i64| json!({"user": user, "role": "student", "groups": null});
        let members: Vec<_> = members.iter().map(member).collect();
        let body = json!({"rights_version": version, "title": "Algebra", "room": room, "members": members});
        host.call(&server, "PUT", "/api/v1/circles/c8", &body).await;
    };
    put(10, "open", &[2, 3, 4]).await;
    let listed = list(&mut ana, json!({})).await;
    assert_eq!((listed.len(), listed[0].get("last"), &listed[0]["members"]), (1, None, &json!(3)));
    bruno.say(group, "in the group").await;
    let id = uuid::Uuid::now_v7();
    let mention = json!({"type": "send", "client_message_id": id, "conversation": "r-c8", "text": "@Ana", "mentions": [2]});
    bruno.verb_as(json!(id), mention).await;
    let listed = list(&mut ana, json!({})).await;
    let told: Vec<_> =
        listed.iter().map(|one| (&one["conversation"], &one["last"]["name"], &one["last"]["text"])).collect();
    let (bruno_s, room, in_group) = (json!("Bruno"), json!("r-c8"), json!(group));
    let texts = [json!("@Ana"), json!("in the group")];
    assert_eq!(told, [(&room, &bruno_s, &texts[0]), (&in_group, &bruno_s, &texts[1])]);
    assert_eq!(ids(&mut ana, json!({"text": "a trabalho"})).await, [group]);
    assert_eq!(ids(&mut ana, json!({"text": "ALGE"})).await, ["r-c8"]);
    assert_eq!(ids(&mut ana, json!({"unread": true})).await, ["r-c8", group]);
    ana.ask(flag("r-c8", json!({"pinned": true}))).await;
    // A room that is not theirs any more is not listed, and is there again with the right to it; a group stays.
    put(11, "open", &[3, 4]).await;
    ana.next_of("circles").await;
    assert_eq!(ids(&mut ana, json!({"limit": 1})).await, [group], "a page is filled up");
    assert_eq!(code(&mut ana, flag("r-c8", json!({"pinned": false}))).await.0, "not_found");
    put(12, "open", &[2, 3, 4]).await;
    ana.next_of("circles").await;
    assert_eq!(ids(&mut ana, json!({})).await, ["r-c8", group]);
    let left = json!({"type": "remove", "conversation": group, "user": 2});
    ana.verb(left).await;
    bruno.say(group, "not for Ana").await;
    let listed = list(&mut ana, json!({"conversations": [group]})).await;
    assert_eq!((&listed[0]["last"]["text"], &listed[0]["writing"]), (&json!("in the group"), &json!("no")));
    assert_eq!(
        ana.ask(flag(group, json!({"archived": true}))).await["archived"],
        true,
        "also of one that was left"
    );
    assert_eq!(ids(&mut ana, json!({"archived": true})).await, [group]);
}

#[tokio::test]
async fn questions_for_the_list_are_as_few_as_searches() {
    let (server, host) = TestServer::start().await;
    let mut ana = person(&server, &host, 2, "Ana").await;
    let mut refused = None;
    for _ in 0..60 {
        let answer = ana.ask(asked(json!({}))).await;
        if answer["type"] == "error" {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("too many at once");
    assert_eq!((&refused["code"], &refused["final"]), (&json!("rate_limited"), &json!(false)));
    assert!(refused["retry_after_ms"].as_i64() > Some(0));
}
