//! Edits, deletions and replies: what they do, who hears of it, and what a repeated one finds.

use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{TestClient, TestServer, c7, host::merge, two};

const ALL: [&str; 10] =
    ["edit", "delete", "reply", "react", "mentions", "groups", "rooms", "list", "flags", "find"];

/// A verb on an acknowledged message.
fn verb(what: &str, ack: &Value, more: Value) -> Value {
    let mut frame = json!({
        "type": what, "id": Uuid::now_v7(), "conversation": ack["conversation"], "seq": ack["seq"],
        "client_message_id": ack["id"],
    });
    merge(&mut frame, more);
    frame
}

fn edit(ack: &Value, text: &str) -> Value {
    verb("edit", ack, json!({"text": text}))
}

fn delete(ack: &Value) -> Value {
    verb("delete", ack, json!({}))
}

#[tokio::test]
async fn an_edit_a_reply_and_a_deletion_are_told_to_every_device_with_one_change_each() {
    let (server, host, mut ana, mut bruno) = two().await;
    assert_eq!(ana.welcome["features"], json!(ALL));
    let mut phone = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let ack = ana.say("2-3", "Olá").await;
    for client in [&mut ana, &mut phone, &mut bruno] {
        client.next_message().await;
    }
    let edit = edit(&ack, "  Olá, Bruno \n");
    let edited = ana.verb(edit.clone()).await;
    assert_eq!((&edited["seq"], &edited["rev"], &edited["sent_at"]), (&json!(1), &json!(2), &ack["sent_at"]));
    for client in [&mut ana, &mut phone, &mut bruno] {
        let mut message = client.next_message().await;
        assert!(message["edited_at"].take().as_i64() >= ack["sent_at"].as_i64());
        assert_eq!(
            message,
            json!({"seq": 1, "rev": 2, "sender": 2, "client_message_id": ack["id"], "text": "Olá, Bruno",
                "sent_at": ack["sent_at"], "edited_at": null, "verb_id": edit["id"]})
        );
    }
    let reply = json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "2-3", "text": "Olá!", "reply_to": 1});
    let replied = bruno.verb_as(reply["client_message_id"].clone(), reply.clone()).await;
    assert_eq!((&replied["seq"], &replied["rev"]), (&json!(2), &json!(3)));
    assert_eq!(phone.next_message().await["reply_to"], 1);
    let deleted = ana.verb(delete(&ack)).await;
    assert_eq!((&deleted["type"], &deleted["seq"], &deleted["rev"]), (&json!("ack"), &json!(1), &json!(4)));
    for client in [&mut phone, &mut bruno] {
        let stub = client.wait(|f| f["type"] == "changes" && f["rev"] == 4).await["messages"][0].clone();
        assert_eq!(
            (&stub["text"], &stub["deleted"], &stub["edited_at"]),
            (&json!(null), &json!("author"), &json!(null))
        );
        assert_eq!(stub["client_message_id"], ack["id"]);
    }
    // A stub may be answered, what is not there may not; and nothing is kept of what it said.
    let again = json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "2-3", "text": "?", "reply_to": 1});
    assert_eq!(bruno.verb_as(again["client_message_id"].clone(), again).await["type"], "ack");
    for nothing in [0, 4, 9] {
        let reply = json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "2-3", "text": "?", "reply_to": nothing});
        let refused = bruno.verb_as(reply["client_message_id"].clone(), reply).await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!("no_such_message"), &json!(true)));
    }
    let database = server.file("gchat.db");
    let _stopped = server.stop().await;
    let conn = Connection::open(database).unwrap();
    let text: Option<String> =
        conn.query_row("SELECT text FROM messages WHERE seq = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(text, None);
}

#[tokio::test]
async fn a_repeated_try_is_acknowledged_and_told_to_nobody_whatever_has_changed_since() {
    let (server, host, mut ana, mut bruno) = two().await;
    let send = Uuid::now_v7();
    let ack = ana.say_as(send, "2-3", "first").await;
    let (first, second) = (edit(&ack, "one"), edit(&ack, "two"));
    assert_eq!(ana.verb(second.clone()).await["rev"], 2);
    bruno.all_until_now().await;
    for same in [&first, &second] {
        let again = ana.verb(same.clone()).await;
        assert_eq!((&again["type"], &again["rev"]), (&json!("ack"), &json!(2)), "lower and equal: no effect");
    }
    // The message is known by its first text, also now.
    let again = ana.say_as(send, "2-3", "first").await;
    assert_eq!((&again["seq"], &again["rev"]), (&json!(1), &json!(2)));
    assert_eq!(ana.say_as(send, "2-3", "two").await["code"], "conflict");
    let gone = delete(&ack);
    assert_eq!(ana.verb(gone.clone()).await["rev"], 3);
    assert_eq!(ana.verb(gone).await["rev"], 3);
    assert_eq!(ana.verb(delete(&ack)).await["rev"], 3, "another device's");
    assert_eq!(ana.verb(second).await["type"], "ack", "what was applied before");
    assert_eq!(ana.verb(edit(&ack, "three")).await["code"], "no_such_message", "nothing follows a deletion");
    assert_eq!(ana.say_as(send, "2-3", "first").await["rev"], 3);
    let told = bruno.all_until_now().await;
    assert_eq!(told.iter().filter(|f| f["type"] == "changes").count(), 1, "{told:?}");
    // Also after a restart.
    let server = server.stop().await.start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    assert_eq!(ana.say_as(send, "2-3", "first").await["rev"], 3);
}

#[tokio::test]
async fn only_ones_own_message_by_number_and_name_and_only_while_one_may() {
    let (server, host, mut ana, mut bruno) = two().await;
    let ack = ana.say("2-3", "hers").await;
    bruno.next_message().await;
    bruno.all_until_now().await;
    let other_name = json!({"client_message_id": Uuid::now_v7()});
    for (frame, code) in [
        (edit(&ack, "x"), "not_allowed"),
        (delete(&ack), "not_allowed"),
        (verb("delete", &ack, other_name.clone()), "no_such_message"),
    ] {
        assert_eq!(bruno.verb(frame).await["code"], code);
    }
    for (more, code) in [
        (other_name, "no_such_message"),
        (json!({"seq": 2}), "no_such_message"),
        (json!({"seq": 0}), "no_such_message"),
        (json!({"conversation": "3-4"}), "not_found"),
        (json!({"text": " "}), "empty_message"),
        (json!({"text": "x".repeat(4_097)}), "message_too_long"),
        (json!({"text": "a\u{0}"}), "bad_text"),
    ] {
        let mut frame = edit(&ack, "x");
        merge(&mut frame, more);
        let refused = ana.verb(frame.clone()).await;
        assert_eq!((&refused["code"], &refused["conversation"]), (&json!(code), &frame["conversation"]));
    }
    let told = bruno.all_until_now().await;
    assert!(!told.iter().any(|frame| frame["type"] == "changes"), "{told:?}");
    // Who may not write any more may not edit, and may delete.
    let mut blocking = host.person(2, "Bruno", &c7());
    merge(&mut blocking, json!({"blocked": [2]}));
    host.put(&server, 3, &blocking).await;
    assert_eq!(ana.verb(edit(&ack, "x")).await["code"], "not_allowed");
    assert_eq!(ana.verb(delete(&ack)).await["type"], "ack");
    assert_eq!(bruno.next_message().await["deleted"], "author");
}

#[tokio::test]
async fn the_site_says_for_how_long_a_message_may_be_edited() {
    let (server, host, mut ana, _bruno) = two().await;
    let put = async |body: Value| host.call(&server, "PUT", "/api/v1/policy", &body).await;
    let ack = ana.say("2-3", "young").await;
    assert_eq!(ana.welcome["limits"]["edit_seconds"], 900);
    for wrong in [json!(-1), json!(31_536_001), json!("9"), json!(null)] {
        let body = json!({"rights_version": 2, "students_see_students": true, "edit_seconds": wrong});
        assert_eq!(put(body).await.0, 400, "{wrong}");
    }
    let never = json!({"rights_version": 2, "students_see_students": true, "edit_seconds": 0});
    assert_eq!(put(never).await.1["applied"], true);
    assert_eq!(ana.next_of("limits").await["limits"]["edit_seconds"], 0, "told at once");
    let late = ana.verb(edit(&ack, "x")).await;
    assert_eq!((&late["code"], &late["final"]), (&json!("too_late"), &json!(true)));
    assert_eq!(ana.verb(delete(&ack)).await["type"], "ack", "at any time");
    let again = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    assert_eq!(again.welcome["limits"]["edit_seconds"], 0);
    assert_eq!(put(json!({"rights_version": 3, "students_see_students": true})).await.1["applied"], true);
    let again = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    assert_eq!(again.welcome["limits"]["edit_seconds"], 900, "unless it says something");
    assert_eq!(ana.next_of("limits").await["limits"], again.welcome["limits"]);
    assert_eq!(put(json!({"rights_version": 4, "students_see_students": false})).await.1["applied"], true);
    let told = ana.all_until_now().await;
    assert!(!told.iter().any(|frame| frame["type"] == "limits"), "nothing that has not changed: {told:?}");
}

#[tokio::test]
async fn verbs_count_as_messages_and_edits_take_room() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (1, 5);
        config.limits.user_bytes_per_day = 600;
    })
    .await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let _bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let ack = ana.say("2-3", "x").await;
    let first = edit(&ack, &"y".repeat(300));
    assert_eq!(ana.verb(first.clone()).await["type"], "ack");
    let full = ana.verb(edit(&ack, "no room")).await;
    assert_eq!((&full["code"], &full["final"]), (&json!("rate_limited"), &json!(false)));
    assert!(full["retry_after_ms"].as_i64().unwrap() > 60_000, "{full}");
    // Whatever comes of a try counts.
    let mut tries = 0;
    let fast = loop {
        let refused = ana.verb(verb("delete", &ack, json!({"seq": 9}))).await;
        if refused["code"] == "rate_limited" {
            break refused;
        }
        tries += 1;
        assert!(refused["code"] == "no_such_message" && tries < 200, "{refused}");
    };
    assert!(fast["retry_after_ms"].as_i64().unwrap() < 2_000, "{fast}");
}

/// The rate with which one person makes the server look things up: not even repeated tries are answered beyond it, and
/// all of them are answered in the end as they were before.
#[tokio::test]
async fn repeated_tries_count_and_are_acknowledged_later() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (10, 5);
        // The waits below are for the server's clock, by asking.
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
    })
    .await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let _bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let id = Uuid::now_v7();
    let send = json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": "x"});
    let ack = ana.verb_as(json!(id), send.clone()).await;
    let edit = edit(&ack, "y");
    assert_eq!(ana.verb(edit.clone()).await["rev"], 2);
    let delete = delete(&ack);
    assert_eq!(ana.verb(delete.clone()).await["rev"], 3);
    for (id, frame) in [(json!(id), send), (edit["id"].clone(), edit), (delete["id"].clone(), delete)] {
        let mut answers = [0, 0];
        while answers[1] == 0 || answers[0] == 0 {
            let answer = ana.verb_as(id.clone(), frame.clone()).await;
            if answer["type"] == "ack" {
                assert_eq!(answer["rev"], 3, "{answer}");
                answers[0] += 1;
            } else {
                assert_eq!((&answer["code"], &answer["final"]), (&json!("rate_limited"), &json!(false)));
                answers[1] += 1;
            }
            assert!(answers[0] < 200, "{} is never refused", frame["type"]);
        }
    }
}

/// Where a try could be answered in two ways, the first of the contract's order is the answer: the rate, what was done
/// before, shape, permission, the room of a day.
#[tokio::test]
async fn each_verb_is_checked_in_one_order() {
    let (server, host) = TestServer::start_with(|config| config.limits.user_bytes_per_day = 1_000).await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let _bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let id = Uuid::now_v7();
    let ack = ana.say_as(id, "2-3", "x").await;
    let done = edit(&ack, "y");
    assert_eq!(ana.verb(done.clone()).await["type"], "ack");
    assert_eq!(ana.verb(edit(&ack, &"z".repeat(600))).await["type"], "ack");
    for text in ["x", "y"] {
        assert_eq!(ana.say("2-3", text).await["code"], "rate_limited", "no room is left");
        assert_eq!(ana.verb(edit(&ack, text)).await["code"], "rate_limited");
    }
    let mut blocking = host.person(2, "Bruno", &c7());
    merge(&mut blocking, json!({"blocked": [2]}));
    host.put(&server, 3, &blocking).await;
    for (text, code) in [("x", "not_allowed"), (" ", "empty_message")] {
        assert_eq!(ana.say("2-3", text).await["code"], code);
        assert_eq!(ana.verb(edit(&ack, text)).await["code"], code);
    }
    let nothing_there = verb("edit", &ack, json!({"seq": 9, "text": " "}));
    assert_eq!(ana.verb(nothing_there).await["code"], "empty_message");

    assert_eq!(ana.say_as(id, "2-3", " ").await["code"], "conflict");
    assert_eq!(ana.say_as(id, "2-3", "x").await["type"], "ack");
    let mut done = done;
    merge(&mut done, json!({"text": " "}));
    assert_eq!(ana.verb(done).await["type"], "ack");

    let id = Uuid::now_v7();
    let send = json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": " "});
    let edit = edit(&ack, " ");
    for (id, frame) in [(json!(id), send), (edit["id"].clone(), edit)] {
        let mut tries = 0;
        while ana.verb_as(id.clone(), frame.clone()).await["code"] != "rate_limited" {
            tries += 1;
            assert!(tries < 200, "{} without a shape is never too much", frame["type"]);
        }
    }
}

#[tokio::test]
async fn what_has_changed_is_asked_for_and_resumed_once_and_in_its_order() {
    let (server, host, mut ana, mut bruno) = two().await;
    let first = ana.say("2-3", "one").await;
    let second = bruno.say("2-3", "two").await;
    ana.verb(edit(&first, "ONE")).await;
    bruno.verb(delete(&second)).await;
    ana.verb(edit(&first, "One")).await;
    ana.say("2-3", "three").await;
    let ask = |rev: i64, seq: i64, limit: i64| json!({"type": "changes", "conversation": "2-3", "rev": rev, "seq": seq, "limit": limit});
    let gist = |changes: &Value| {
        let all = changes["messages"].as_array().unwrap().iter();
        let rows: Vec<_> =
            all.map(|m| (m["rev"].as_i64().unwrap(), m["text"].as_str().map(str::to_owned))).collect();
        (changes["from"].as_i64().unwrap(), changes["rev"].as_i64().unwrap(), rows, changes["more"] == true)
    };
    let row = |rev: i64, text: Option<&str>| (rev, text.map(str::to_owned));
    let all = vec![row(4, None), row(5, Some("One")), row(6, Some("three"))];
    assert_eq!(gist(&bruno.ask(ask(0, 0, 9)).await), (0, 6, all.clone(), false));
    assert_eq!(gist(&bruno.ask(ask(2, 2, 9)).await), (2, 6, all.clone(), false));
    assert_eq!(gist(&bruno.ask(ask(2, 2, 2)).await), (2, 5, all[..2].to_vec(), true));
    assert_eq!(gist(&bruno.ask(ask(4, 2, 9)).await), (4, 6, all[1..].to_vec(), false));
    assert_eq!(gist(&bruno.ask(ask(5, 2, 9)).await), (5, 6, all[2..].to_vec(), false));
    assert_eq!(gist(&bruno.ask(ask(6, 3, 9)).await), (6, 6, vec![], false));
    let ahead = bruno.ask(ask(7, 3, 9)).await;
    assert_eq!((&ahead["reset"], &ahead["from"], &ahead["rev"]), (&json!(true), &json!(0), &json!(6)));
    let seqs: Vec<_> = ahead["messages"].as_array().unwrap().iter().map(|m| m["seq"].clone()).collect();
    assert_eq!(seqs, [1, 2, 3]);
    for (limit, conversation) in [(0, "2-3"), (101, "2-3"), (9, "2-4")] {
        let mut wrong = ask(0, 0, limit);
        wrong["conversation"] = json!(conversation);
        let code = if conversation == "2-3" { "bad_frame" } else { "not_found" };
        assert_eq!(bruno.ask(wrong).await["code"], code);
    }
    let cursor = json!({"epoch": bruno.welcome["epoch"], "conversations": [{"conversation": "2-3", "rev": 3, "seq": 2}]});
    let mut again = TestClient::open(&server, Some(&host.url)).await.unwrap();
    again
        .hello(&host.token(3, "Bruno", &c7()), json!({"cursor": cursor, "features": ALL, "new": {"x": 1}}))
        .await;
    assert_eq!(gist(&again.next_of("welcome").await["changes"][0]), (3, 6, all, false));
}

#[tokio::test]
async fn who_is_a_thousand_changes_behind_gets_the_newest_messages() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (1_000_000, 1_000_000);
        (config.limits.frames_per_second, config.limits.frame_burst) = (1_000_000, 1_000_000);
    })
    .await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let acks = [ana.say("2-3", "a").await, ana.say("2-3", "b").await];
    for n in 0..1_000 {
        ana.send(edit(&acks[n % 2], &n.to_string())).await;
    }
    ana.wait(|f| f["type"] == "ack" && f["rev"] == 1_002).await;
    let ask = |rev: i64| json!({"type": "changes", "conversation": "2-3", "rev": rev, "seq": 1, "limit": 9});
    let near = bruno.ask(ask(2)).await;
    assert_eq!((&near["from"], &near["rev"], &near["reset"]), (&json!(2), &json!(1_002), &json!(null)));
    let far = bruno.ask(ask(1)).await;
    assert_eq!((&far["from"], &far["rev"], &far["reset"]), (&json!(0), &json!(1_002), &json!(true)));
    let texts = |answer: &Value| {
        let mut all: Vec<_> =
            answer["messages"].as_array().unwrap().iter().map(|m| m["text"].to_string()).collect();
        all.sort();
        all
    };
    assert_eq!((texts(&near).len(), texts(&near)), (2, texts(&far)));
}

/// While this lives, nothing is committed.
fn hold_the_disk(server: &TestServer) -> Connection {
    let disk = Connection::open(server.file("gchat.db")).unwrap();
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    disk
}

#[tokio::test]
async fn whoever_takes_no_part_does_not_wait_for_those_who_write_there() {
    let (server, host, mut ana, _bruno) = two().await;
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &c7()).await;
    let send =
        |id: Uuid| json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": "x"});
    let disk = hold_the_disk(&server);
    let id = Uuid::now_v7();
    ana.send(send(id)).await;
    for _ in 0..10 {
        let id = Uuid::now_v7();
        let refused = carla.verb_as(json!(id), send(id)).await;
        assert_eq!(refused["code"], "not_found");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await; // or she may come before Ana
    }
    drop(disk);
    // Had they waited for each other, Ana would be told by now that nothing can be stored.
    assert_eq!(ana.wait(|f| f["id"] == json!(id)).await["type"], "ack");
}

#[tokio::test]
async fn an_erasure_is_told_also_where_the_host_has_lost_its_patience() {
    let (server, host, mut ana, mut bruno) = two().await;
    ana.say("2-3", "text").await;
    bruno.all_until_now().await;
    let disk = hold_the_disk(&server);
    let removal = json!({"rights_version": 9});
    let call = host.call(&server, "DELETE", "/api/v1/users/2", &removal);
    let lost = tokio::time::timeout(std::time::Duration::from_millis(500), call).await;
    assert!(lost.is_err(), "it waits for the disk");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await; // the server sees that its caller has gone
    drop(disk);
    let told = bruno.wait(|f| f["type"] == "changes").await;
    assert_eq!((&told["from"], &told["rev"], &told["messages"]), (&json!(2), &json!(2), &json!([])));
    let (_, again) = host.call(&server, "DELETE", "/api/v1/users/2", &removal).await;
    assert_eq!(again, json!({"applied": true, "rights_version": 9}));
}
