//! Delivery: one order for everybody, each message once, and cursors of every kind repaired.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

async fn fast() -> (TestServer, Host) {
    TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (100_000, 100_000);
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_write_at_once_on_many_connections_see_one_order_without_gaps() {
    const EACH: usize = 40;
    let (server, host) = fast().await;
    let mut clients = Vec::new();
    for user in [2, 3, 2, 3, 2, 3] {
        clients.push((user, TestClient::person(&server, &host, user, "Somebody", &c7()).await));
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(n, (user, mut client))| {
            tokio::spawn(async move {
                let mut sent = BTreeMap::new();
                for m in 0..EACH {
                    let (id, text) = (Uuid::now_v7(), format!("{n}/{m} of {user}"));
                    client.send(json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": text})).await;
                    sent.insert(id.to_string(), text);
                }
                let mut acks = BTreeMap::new();
                let mut messages = Vec::new();
                while acks.len() < EACH || messages.len() < EACH * 6 {
                    let frame = client.wait(|f| matches!(f["type"].as_str(), Some("ack" | "changes"))).await;
                    if frame["type"] == "ack" {
                        acks.insert(frame["id"].as_str().unwrap().to_owned(), frame["seq"].clone());
                    } else {
                        messages.push(frame["messages"][0].clone());
                    }
                }
                for (id, text) in sent {
                    let mine = messages.iter().find(|m| m["client_message_id"] == *id).unwrap();
                    assert_eq!((&mine["seq"], &mine["text"], &mine["sender"]), (&acks[&id], &json!(text), &json!(user)));
                }
                messages
            })
        })
        .collect();
    let mut first: Option<Vec<Value>> = None;
    for task in tasks {
        let messages = task.await.unwrap();
        let seqs: Vec<_> = messages.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (1..=u64::try_from(EACH * 6).unwrap()).collect::<Vec<_>>());
        let expected = first.get_or_insert_with(|| messages.clone());
        assert_eq!(*expected, messages);
    }
}

#[tokio::test]
async fn an_id_is_answered_once_and_for_all() {
    let (server, host) = fast().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    drop(TestClient::person(&server, &host, 4, "Carla", &c7()).await);
    let id = Uuid::now_v7();
    let ack = ana.say_as(id, "2-3", " hi ").await;
    assert_eq!(ana.say_as(id, "2-3", "hi").await, ack, "trimmed alike");
    for (conversation, text) in [("2-3", "ho"), ("2-4", "hi"), ("3-4", "hi"), ("2-3", "")] {
        let refused = ana.say_as(id, conversation, text).await;
        assert_eq!(
            (&refused["code"], &refused["final"]),
            (&json!("conflict"), &json!(true)),
            "{conversation} {text}"
        );
    }
    assert_eq!(bruno.say_as(id, "2-3", "hi").await["seq"], 2, "another sender's id is another id");
    let mut blocking = host.person(2, "Bruno", &c7());
    merge(&mut blocking, json!({"blocked": [2]}));
    host.put(&server, 3, &blocking).await;
    assert_eq!(ana.say("2-3", "new").await["code"], "not_allowed");
    assert_eq!(ana.say_as(id, "2-3", "hi").await, ack, "whatever has changed since");
    let server = server.stop().await.start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    assert_eq!(ana.say_as(id, "2-3", "hi").await, ack, "also after a restart");
    assert!(!ana.all_until_now().await.iter().any(|f| f["type"] == "changes"), "nothing is delivered twice");
}

#[tokio::test]
async fn a_cursor_gets_what_it_misses_and_no_more() {
    let (server, host) = fast().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    for n in 1..=120 {
        ana.say("2-3", &format!("m{n}")).await;
    }
    let epoch = ana.welcome["epoch"].clone();
    let other = json!(Uuid::nil());
    for (epoch, rev, seq, expected) in [
        (&epoch, 120, 120, None),
        (&epoch, 119, 119, Some((false, 120, 120, false))),
        (&epoch, 70, 70, Some((false, 71, 120, false))),
        (&epoch, 69, 69, Some((false, 70, 119, true))),
        (&epoch, 0, 0, Some((false, 1, 50, true))),
        (&epoch, 121, 121, Some((true, 71, 120, false))),
        (&epoch, 121, 120, Some((true, 71, 120, false))),
        (&epoch, 120, 121, Some((true, 71, 120, false))),
        (&other, 120, 120, Some((true, 71, 120, false))),
        (&other, 3, 3, Some((true, 71, 120, false))),
    ] {
        let mut again = TestClient::open(&server, Some(&host.url)).await.unwrap();
        let cursor =
            json!({"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": rev, "seq": seq}]});
        again.hello(&host.token(3, "Bruno", &c7()), json!({"cursor": cursor})).await;
        let missed = again.next_of("welcome").await["changes"].clone();
        let found = missed.get(0).map(|missed| {
            let messages = missed["messages"].as_array().unwrap();
            let end = |m: Option<&Value>| m.unwrap()["seq"].as_i64().unwrap();
            let (reset, more) = (missed["reset"] == true, missed["more"] == true);
            let (from, to) = if reset { (0, 120) } else { (rev, end(messages.last())) };
            assert_eq!(
                (&missed["first_seq"], &missed["from"], &missed["rev"]),
                (&json!(1), &json!(from), &json!(to))
            );
            (reset, end(messages.first()), end(messages.last()), more)
        });
        assert_eq!(found, expected, "rev {rev}, seq {seq}");
        if let Some((false, _, last, true)) = found {
            let page = again
                .ask(
                    json!({"type": "changes", "conversation": "2-3", "rev": last, "seq": last, "limit": 100}),
                )
                .await;
            assert_eq!(
                (&page["from"], &page["rev"], &page["more"]),
                (&json!(last), &json!(120), &Value::Null)
            );
            let seqs: Vec<_> =
                page["messages"].as_array().unwrap().iter().map(|m| m["seq"].as_i64().unwrap()).collect();
            assert_eq!(seqs, (last + 1..=120).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn history_has_pages_in_both_directions() {
    let (server, host) = fast().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    for n in 1..=7 {
        ana.say("2-3", &format!("m{n}")).await;
    }
    for (page, expected) in [
        (json!({"limit": 3}), vec![5, 6, 7]),
        (json!({"limit": 100}), (1..=7).collect()),
        (json!({"limit": 3, "before": 5}), vec![2, 3, 4]),
        (json!({"limit": 3, "before": 1}), vec![]),
        (json!({"limit": 3, "before": 0}), vec![]),
        (json!({"limit": 3, "before": 1_000}), vec![5, 6, 7]),
        (json!({"limit": 3, "after": 2}), vec![3, 4, 5]),
        (json!({"limit": 3, "after": 7}), vec![]),
        (json!({"limit": 3, "after": 0, "before": null}), vec![1, 2, 3]),
    ] {
        let mut frame = json!({"type": "history", "conversation": "2-3"});
        merge(&mut frame, page.clone());
        let answer = ana.ask(frame).await;
        let seqs: Vec<_> =
            answer["messages"].as_array().unwrap().iter().map(|m| m["seq"].as_i64().unwrap()).collect();
        assert_eq!((seqs, &answer["seq"], &answer["first_seq"]), (expected, &json!(7), &json!(1)), "{page}");
    }
}

#[tokio::test]
async fn marks_only_rise_and_never_past_the_head() {
    let (server, host) = fast().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let mut phone = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    bruno.send(json!({"type": "read", "conversation": "2-3", "seq": 5})).await;
    bruno.all_until_now().await;
    for n in 1..=3 {
        ana.say("2-3", &format!("m{n}")).await;
    }
    bruno.all_until_now().await;
    for (seq, told) in [(0, None), (2, Some(2)), (2, None), (1, None), (9_000, Some(3)), (3, None)] {
        bruno.send(json!({"type": "read", "conversation": "2-3", "seq": seq})).await;
        let answers: Vec<_> =
            bruno.all_until_now().await.into_iter().filter(|f| f["type"] == "read").collect();
        assert_eq!(answers.first().map(|f| f["seq"].as_i64().unwrap()), told, "{seq}");
        if told.is_some() {
            let frame = ana.next_of("read").await;
            assert_eq!((frame, phone.next_of("read").await), (answers[0].clone(), answers[0].clone()));
        }
    }
    bruno.say("2-3", "mine").await;
    let dock = ana.open_window("2-3", 9).await;
    assert_eq!(
        (&dock["windows"][0]["other_read_seq"], &dock["windows"][0]["unread"]),
        (&json!(3), &json!(1)),
        "writing moves no mark"
    );
}

/// On many connections at once the store may take two in one order, and their tasks tell of them in the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_are_told_in_the_order_in_which_they_rose() {
    const MESSAGES: i64 = 400;
    const DEVICES: i64 = 8;
    let (server, host) = fast().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        devices.push(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    }
    for n in 0..MESSAGES {
        ana.send(json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "2-3", "text": n.to_string()}))
            .await;
    }
    ana.wait(|frame| frame["type"] == "ack" && frame["seq"] == MESSAGES).await;
    ana.all_until_now().await;
    let raised = devices.into_iter().zip(1..).map(async |(mut device, first)| {
        for seq in (first..=MESSAGES).step_by(DEVICES as usize) {
            device.send(json!({"type": "read", "conversation": "2-3", "seq": seq})).await;
        }
        device.all_until_now().await;
    });
    futures_util::future::join_all(raised).await;
    let told: Vec<i64> = (ana.all_until_now().await.iter())
        .filter(|frame| frame["type"] == "read")
        .map(|frame| frame["seq"].as_i64().unwrap())
        .collect();
    assert!(told.len() > 10, "hardly a mark rose: {told:?}");
    assert!(told.is_sorted(), "{told:?}");
}

/// The first try waits behind another message while the host takes the right to write; the second comes on another
/// connection when it is gone. Whatever the answer is, it is one answer, and the store agrees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_overtakes_its_first_try_gets_the_same_answer() {
    let (server, host) = fast().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut elsewhere = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let slowly = "CREATE VIEW slow AS \
                      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
                      SELECT max(i) AS i FROM n; \
                  CREATE TRIGGER slowly AFTER INSERT ON messages BEGIN SELECT i FROM slow; END";
    Connection::open(server.file("gchat.db")).unwrap().execute_batch(slowly).unwrap();

    let id = Uuid::now_v7();
    let send = |id: Uuid, text: &str| json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": text});
    bruno.send(send(Uuid::now_v7(), "this takes its time")).await;
    ana.send(send(id, "and this waits for it")).await;
    let mut blocked = host.person(2, "Bruno", &c7());
    merge(&mut blocked, json!({"blocked": [2]}));
    host.put(&server, 3, &blocked).await;
    let second = elsewhere.say_as(id, "2-3", "and this waits for it").await;
    let first =
        ana.wait(|f| matches!(f["type"].as_str(), Some("ack" | "error")) && f["id"] == *id.to_string()).await;
    let page = bruno.ask(json!({"type": "history", "conversation": "2-3", "limit": 10})).await;
    let stored =
        page["messages"].as_array().unwrap().iter().any(|m| m["client_message_id"] == *id.to_string());
    assert_eq!((first["type"] == "ack", second["type"] == "ack"), (stored, stored), "{first} {second}");
}

/// A client that was cut off while it signed in comes back at once: what it said on the first socket may be read after
/// what it says on the second.
#[tokio::test]
async fn a_socket_that_signs_in_after_its_successor_does_not_replace_it() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &c7());
    let mut first = TestClient::open(&server, Some(&host.url)).await.unwrap();
    let mut second = TestClient::open(&server, Some(&host.url)).await.unwrap();
    second.session = first.session;
    second.hello(&token, json!({})).await;
    second.next_of("welcome").await;
    first.hello(&token, json!({})).await;
    assert_eq!(first.closed().await, Some(4409));
    second.all_until_now().await;
}
