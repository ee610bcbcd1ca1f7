//! Groups: who is in one, who reads what of it, who hears of it, and what ends it for somebody.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle};

fn c7(role: &str) -> Vec<Value> {
    vec![circle("c7", role)]
}

/// Ana teaches; Bruno, Carla and Dora learn.
async fn four() -> (TestServer, Host, [TestClient; 4]) {
    let (server, host) = TestServer::start().await;
    let ana = TestClient::person(&server, &host, 2, "Ana", &c7("teacher")).await;
    let bruno = TestClient::person(&server, &host, 3, "Bruno", &c7("student")).await;
    let carla = TestClient::person(&server, &host, 4, "Carla", &c7("student")).await;
    let dora = TestClient::person(&server, &host, 5, "Dora", &c7("student")).await;
    (server, host, [ana, bruno, carla, dora])
}

fn new_group() -> String {
    format!("g-{}", Uuid::now_v7())
}

async fn make(client: &mut TestClient, group: &str, users: &[i64]) -> Value {
    let make =
        json!({"type": "make", "conversation": group, "circle": "c7", "title": "Project", "users": users});
    client.verb(make).await
}

fn verb(what: &str, group: &str, more: Value) -> Value {
    let mut frame = json!({"type": what, "id": Uuid::now_v7(), "conversation": group});
    crate::util::host::merge(&mut frame, more);
    frame
}

/// The seqs and texts (or what has happened) that somebody reads of a group.
async fn reads(client: &mut TestClient, group: &str) -> Vec<(i64, String)> {
    let history = client.ask(json!({"type": "history", "conversation": group, "limit": 100})).await;
    let messages = history["messages"].as_array().unwrap_or_else(|| panic!("{history}")).iter();
    let said = |m: &Value| m["text"].as_str().or(m["system"]["kind"].as_str()).unwrap_or("-").to_owned();
    messages.map(|m| (m["seq"].as_i64().unwrap(), said(m))).collect()
}

async fn window(client: &mut TestClient, group: &str) -> Value {
    let is_it = |w: &&Value| w["conversation"] == *group;
    let has = |f: &Value| f["type"] == "dock" && f["windows"].as_array().unwrap().iter().any(|w| is_it(&w));
    let dock = client.wait(has).await;
    dock["windows"].as_array().unwrap().iter().find(is_it).unwrap().clone()
}

#[tokio::test]
async fn a_group_is_made_once_and_everybody_in_it_hears_of_it() {
    let (server, host, [_, mut bruno, mut carla, mut dora]) = four().await;
    let group = new_group();
    let frame = verb("make", &group, json!({"circle": "c7", "title": " Project \n", "users": [4, 2, 4]}));
    let ack = bruno.verb(frame.clone()).await;
    assert_eq!((&ack["type"], &ack["seq"], &ack["rev"]), (&json!("ack"), &json!(1), &json!(1)), "{ack}");
    let told = carla.next_message().await;
    assert_eq!(told["system"], json!({"kind": "made", "title": "Project", "users": [4, 2]}));
    assert_eq!(
        (&told["sender"], &told["client_message_id"], &told["text"]),
        (&json!(3), &frame["id"], &Value::Null)
    );
    // Made again it is there once; by another it is not made at all, and tells nothing.
    assert_eq!(bruno.verb(frame).await["rev"], 1);
    assert_eq!(make(&mut bruno, &group, &[2, 4]).await["code"], "conflict");
    assert_eq!(make(&mut dora, &group, &[2, 4]).await["code"], "conflict");
    assert_eq!(reads(&mut bruno, &group).await, [(1, "made".to_owned())]);
    // To who is not in it, it is not there.
    let history = json!({"type": "history", "conversation": group, "limit": 9});
    let nowhere = json!({"type": "history", "conversation": new_group(), "limit": 9});
    for ask in [history, nowhere, json!({"type": "members", "conversation": group})] {
        assert_eq!(dora.ask(ask).await["code"], "not_found");
    }
    for frame in [
        json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": group, "text": "?"}),
        verb("rename", &group, json!({"title": "x"})),
        verb("add", &group, json!({"users": [5]})),
        verb("remove", &group, json!({"user": 4})),
    ] {
        let id = if frame["id"].is_null() { frame["client_message_id"].clone() } else { frame["id"].clone() };
        assert_eq!(dora.verb_as(id, frame.clone()).await["code"], "not_found", "{frame}");
    }
    // Being in a group shows no window; what somebody writes there does, with what it is called.
    assert_eq!(bruno.say(&group, "Olá").await["seq"], 2);
    let shown = window(&mut carla, &group).await;
    assert_eq!(
        (&shown["kind"], &shown["title"], &shown["circle"], &shown["members"], &shown["unread"]),
        (&json!("group"), &json!("Project"), &json!("c7"), &json!(3), &json!(1))
    );
    assert_eq!(
        (&shown["state"], &shown["writing"], &shown["contact"]),
        (&json!("minimised"), &json!("yes"), &Value::Null)
    );
    let again = TestClient::person(&server, &host, 4, "Carla", &c7("student")).await;
    assert_eq!(again.welcome["dock"]["windows"][0], shown);
}

#[tokio::test]
async fn who_is_added_reads_from_there_on_and_who_leaves_reads_up_to_there() {
    let (_server, _host, [mut ana, mut bruno, mut carla, mut dora]) = four().await;
    let group = new_group();
    make(&mut bruno, &group, &[2, 4]).await;
    bruno.say(&group, "before").await;
    let add = verb("add", &group, json!({"users": [5, 4]}));
    assert_eq!(carla.verb(add.clone()).await["seq"], 3);
    assert_eq!(carla.verb(add).await["seq"], 3, "a repeated one");
    assert_eq!(dora.next_message().await["system"], json!({"kind": "added", "users": [5]}));
    let said = dora.say(&group, "between").await;
    assert_eq!(reads(&mut dora, &group).await, [(3, "added".into()), (4, "between".into())]);
    // A change of what she does not read is an empty span: she holds its rev.
    let edit = json!({"type": "edit", "conversation": group, "seq": 2, "text": "edited"});
    let first = bruno.ask(json!({"type": "history", "conversation": group, "before": 3, "limit": 1})).await;
    let mut edit = edit;
    edit["client_message_id"] = first["messages"][0]["client_message_id"].clone();
    assert_eq!(bruno.verb(edit).await["rev"], 5);
    let empty = dora.wait(|f| f["type"] == "changes" && f["rev"] == 5).await;
    assert_eq!((&empty["from"], &empty["messages"]), (&json!(4), &json!([])));
    // Only its maker and a teacher take people out; anybody leaves.
    assert_eq!(dora.verb(verb("remove", &group, json!({"user": 4}))).await["code"], "not_allowed");
    assert_eq!(carla.verb(verb("remove", &group, json!({"user": 4}))).await["type"], "ack");
    assert_eq!(ana.verb(verb("remove", &group, json!({"user": 5}))).await["seq"], 6);
    assert_eq!(ana.verb(verb("remove", &group, json!({"user": 5}))).await["seq"], 6, "she is out already");
    bruno.say(&group, "after").await;
    assert_eq!(reads(&mut carla, &group).await.last().unwrap(), &(5, "left".to_owned()));
    let dora_reads = reads(&mut dora, &group).await;
    assert_eq!(dora_reads.first().unwrap().0, 3);
    assert_eq!(dora_reads.last().unwrap(), &(6, "removed".to_owned()));
    let changes = json!({"type": "changes", "conversation": group, "rev": 7, "seq": 6, "limit": 9});
    let changes = dora.ask(changes).await;
    assert_eq!((&changes["rev"], &changes["messages"]), (&json!(8), &json!([])), "{changes}");
    dora.send(json!({"type": "read", "conversation": group, "seq": 99})).await;
    assert_eq!(dora.next_of("read").await["seq"], 6, "not what was written after that");
    for gone in [&mut carla, &mut dora] {
        let refused = gone.say(&group, "?").await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!("not_allowed"), &json!(true)));
        assert_eq!(gone.verb(verb("rename", &group, json!({"title": "x"}))).await["code"], "not_allowed");
    }
    // What they wrote is still theirs to delete, and the others hear of it.
    let delete = json!({"type": "delete", "conversation": group, "seq": 4, "client_message_id": said["id"]});
    assert_eq!(dora.verb(delete).await["type"], "ack");
    assert_eq!(
        ana.wait(|f| f["type"] == "changes" && f["rev"] == 9).await["messages"][0]["deleted"],
        "author"
    );
    // Back in, she reads from there on.
    bruno.verb(verb("add", &group, json!({"users": [5]}))).await;
    assert_eq!(reads(&mut dora, &group).await, [(8, "added".to_owned())]);
}

#[tokio::test]
async fn a_title_and_its_people_are_checked() {
    let (server, host, [_, mut bruno, mut carla, _]) = four().await;
    let _other = TestClient::person(&server, &host, 6, "Eva", &[circle("c8", "student")]).await;
    let refuse = |title: &str, users: Value| {
        verb("make", &new_group(), json!({"circle": "c7", "title": title, "users": users}))
    };
    for (frame, code) in [
        (refuse("", json!([2, 4])), "bad_title"),
        (refuse("\u{200b}", json!([2, 4])), "bad_title"),
        (refuse("a\u{0}b", json!([2, 4])), "bad_title"),
        (refuse(&"x".repeat(101), json!([2, 4])), "bad_title"),
        (refuse("ok", json!([4])), "bad_group"),
        (refuse("ok", json!([3, 4])), "bad_group"),
        (refuse("ok", json!((100..151).collect::<Vec<_>>())), "bad_group"),
        (refuse("ok", json!([4, 6])), "cannot_add"),
        (refuse("ok", json!([4, 99])), "cannot_add"),
    ] {
        let refused = bruno.verb(frame.clone()).await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!(code), &json!(true)), "{frame}");
    }
    let elsewhere = verb("make", &new_group(), json!({"circle": "c8", "title": "ok", "users": [2, 4]}));
    assert_eq!(bruno.verb(elsewhere).await["code"], "cannot_add", "a course of others");
    let part = verb("make", &new_group(), json!({"circle": "c7/g1", "title": "ok", "users": [2, 4]}));
    assert_eq!(bruno.verb(part).await["code"], "bad_group", "a group of a course is no course");
    // Whom somebody may not write to, they do not add.
    let mut blocks = host.person(2, "Carla", &c7("student"));
    blocks["blocked"] = json!([3]);
    host.put(&server, 4, &blocks).await;
    assert_eq!(make(&mut bruno, &new_group(), &[2, 4]).await["code"], "cannot_add");
    assert_eq!(carla.next_of("blocked").await["users"], json!([3]));
    assert_eq!(make(&mut bruno, "2-3", &[2, 4]).await["code"], "not_found");
    assert_eq!(make(&mut bruno, "r-c7", &[2, 4]).await["code"], "not_found");
}

#[tokio::test]
async fn people_who_may_not_see_each_other_are_in_no_group_together() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7("teacher")).await;
    for (user, group) in [(3, "c7/g1"), (4, "c7/g1"), (5, "c7/g2"), (6, "c7/-")] {
        TestClient::person(&server, &host, user, "x", &[circle(group, "student")]).await;
    }
    assert_eq!(make(&mut ana, &new_group(), &[3, 4]).await["type"], "ack");
    assert_eq!(make(&mut ana, &new_group(), &[3, 5]).await["code"], "cannot_add");
    assert_eq!(make(&mut ana, &new_group(), &[3, 6]).await["code"], "cannot_add");
    let group = new_group();
    make(&mut ana, &group, &[3, 4]).await;
    assert_eq!(ana.verb(verb("add", &group, json!({"users": [5]}))).await["code"], "cannot_add");
    let policy = json!({"rights_version": 5, "students_see_students": false});
    assert_eq!(host.call(&server, "PUT", "/api/v1/policy", &policy).await.0, 200);
    let mut student = TestClient::person(&server, &host, 3, "x", &[circle("c7/g1", "student")]).await;
    assert_eq!(student.say(&group, "?").await["code"], "not_allowed", "students are not to meet");
    assert_eq!(ana.say(&group, "!").await["type"], "ack");
    assert_eq!(make(&mut ana, &new_group(), &[3, 4]).await["code"], "cannot_add");
}

#[tokio::test]
async fn whoever_loses_the_course_reads_up_to_then_and_writes_again_when_it_is_back() {
    let (server, host, [mut ana, mut bruno, mut carla, _]) = four().await;
    let group = new_group();
    make(&mut bruno, &group, &[2, 4]).await;
    carla.open_window(&group, 0).await;
    carla.say(&group, "here").await;
    let roll = |version: i64, members: &[i64]| {
        let member = |user: &i64| json!({"user": user, "role": if *user == 2 { "teacher" } else { "student" }, "groups": null});
        json!({"rights_version": version, "title": "c7", "members": members.iter().map(member).collect::<Vec<_>>()})
    };
    host.call(&server, "PUT", "/api/v1/circles/c7", &roll(10, &[2, 3, 5])).await;
    // While she types: her window says so by itself.
    let closed = carla.wait(|f| f["type"] == "dock" && f["windows"][0]["writing"] == "no").await;
    assert_eq!(closed["windows"][0]["title"], "Project");
    assert_eq!(carla.say(&group, "?").await["code"], "not_allowed");
    carla.all_until_now().await;
    bruno.say(&group, "without her").await;
    ana.say(&group, "indeed").await;
    assert_eq!(reads(&mut carla, &group).await, [(1, "made".into()), (2, "here".into())]);
    let after = carla.all_until_now().await;
    assert_eq!(after.iter().filter(|f| f["type"] == "changes").count(), 0, "{after:?}");
    let members = bruno.ask(json!({"type": "members", "conversation": group})).await;
    assert_eq!((&members["total"], members["members"].as_array().unwrap().len()), (&json!(2), 2));
    host.call(&server, "PUT", "/api/v1/circles/c7", &roll(11, &[2, 3, 4, 5])).await;
    carla.wait(|f| f["type"] == "dock" && f["windows"][0]["writing"] == "yes").await;
    assert_eq!(carla.say(&group, "back").await["seq"], 5);
    assert_eq!(reads(&mut carla, &group).await.len(), 5);
}

#[tokio::test]
async fn who_is_in_it_and_who_has_seen_what_is_asked_for() {
    let (server, host, [mut ana, mut bruno, mut carla, _]) = four().await;
    let group = new_group();
    make(&mut bruno, &group, &[2, 4]).await;
    bruno.say(&group, "seen?").await;
    carla.send(json!({"type": "read", "conversation": group, "seq": 2})).await;
    assert_eq!(carla.next_of("read").await["seq"], 2);
    let frames = bruno.all_until_now().await;
    assert!(frames.iter().all(|f| f["type"] != "read"), "nobody is told live: {frames:?}");
    let members = bruno.ask(json!({"type": "members", "conversation": group})).await;
    let told: Vec<_> = members["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            (
                m["id"].as_i64().unwrap(),
                m["name"].as_str().unwrap(),
                m["role"].as_str().unwrap(),
                m["maker"] == true,
                m["read_seq"].as_i64().unwrap(),
                m["status"] == "online",
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, "Ana", "teacher", false, 0, true),
            (3, "Bruno", "student", true, 1, true),
            (4, "Carla", "student", false, 2, true)
        ]
    );
    // Somebody hidden leaves no trace: what they have read shows with what they write.
    let mut hidden = host.person(3, "Ana", &c7("teacher"));
    hidden["hidden"] = json!(true);
    host.put(&server, 2, &hidden).await;
    ana.send(json!({"type": "read", "conversation": group, "seq": 2})).await;
    ana.next_of("read").await;
    ana.send(json!({"type": "typing", "conversation": group})).await;
    ana.all_until_now().await;
    let ask = json!({"type": "members", "conversation": group, "users": [2]});
    let one = bruno.ask(ask.clone()).await["members"][0].take();
    assert_eq!((&one["read_seq"], &one["status"]), (&json!(0), &json!("offline")));
    ana.say(&group, "now").await;
    assert_eq!(bruno.ask(ask).await["members"][0]["read_seq"], 2);
    assert!(bruno.all_until_now().await.iter().all(|f| f["type"] != "typing"));
    // Typing is heard by the others, but by who has blocked the one who types.
    carla.send(json!({"type": "typing", "conversation": group})).await;
    assert_eq!(bruno.next_of("typing").await["user"], 4);
    assert_eq!(ana.next_of("typing").await["user"], 4);
    let mut blocks = host.person(4, "Bruno", &c7("student"));
    blocks["blocked"] = json!([4]);
    host.put(&server, 3, &blocks).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await; // it is passed on once in two seconds
    carla.send(json!({"type": "typing", "conversation": group})).await;
    assert_eq!(ana.next_of("typing").await["user"], 4);
    assert!(bruno.all_until_now().await.iter().all(|f| f["type"] != "typing"));
    // Of people who are not in it nothing is told.
    let ask = json!({"type": "members", "conversation": group, "users": [5, 99]});
    assert_eq!(bruno.ask(ask).await["members"], json!([]));
}

#[tokio::test]
async fn mentions_count_until_they_are_read() {
    let (_server, _host, [mut ana, mut bruno, _, _]) = four().await;
    let group = new_group();
    make(&mut bruno, &group, &[2, 4]).await;
    let mention = |users: Value| json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": group, "text": "@Ana", "mentions": users});
    let frame = mention(json!([2, 5, 99]));
    bruno.verb_as(frame["client_message_id"].clone(), frame).await;
    assert_eq!(
        ana.wait(|f| f["type"] == "changes" && f["rev"] == 2).await["messages"][0]["mentions"],
        json!([2]),
        "who does not read it is left out"
    );
    assert_eq!(window(&mut ana, &group).await["mentions"], 1);
    for bad in [json!([2, 2]), json!((1..22).collect::<Vec<_>>())] {
        let frame = mention(bad);
        assert_eq!(bruno.verb_as(frame["client_message_id"].clone(), frame).await["code"], "bad_frame");
    }
    ana.send(json!({"type": "read", "conversation": group, "seq": 2})).await;
    ana.next_of("read").await;
    ana.open_window(&group, 0).await;
    let shown = ana.open_window(&group, 1).await;
    assert_eq!(shown["windows"][0]["mentions"], Value::Null);
}

#[tokio::test]
async fn two_hundred_people_are_added_at_once_and_more_with_patience() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7("teacher")).await;
    let all: Vec<i64> = (3..=51).collect();
    for user in &all {
        host.put(&server, *user, &host.person(1, "x", &c7("student"))).await;
    }
    for _ in 0..4 {
        assert_eq!(make(&mut ana, &new_group(), &all).await["type"], "ack");
    }
    let refused = make(&mut ana, &new_group(), &all[..20]).await;
    assert_eq!((&refused["code"], &refused["final"]), (&json!("rate_limited"), &json!(false)));
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|wait| wait > 30_000), "{refused}");
    assert_eq!(make(&mut ana, &new_group(), &all[..3]).await["type"], "ack", "a few are left");
}
