//! What protocol/README.md promises in sentences, and no table can: held here, so that the text stays true.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

async fn two() -> (TestServer, Host, TestClient, TestClient) {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    (server, host, ana, bruno)
}

fn windows(dock: &Value) -> Vec<(String, String, i64)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let windows = dock["windows"].as_array().unwrap().iter();
    windows.map(|w| (text(&w["conversation"]), text(&w["state"]), w["unread"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn on_the_sending_connection_the_message_comes_before_its_ack() {
    let (_server, _host, mut ana, _bruno) = two().await;
    ana.all_until_now().await;
    for n in 0..5 {
        let id = Uuid::now_v7();
        let send =
            json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": n.to_string()});
        ana.send(send).await;
        let first = ana.wait(|f| matches!(f["type"].as_str(), Some("ack" | "changes"))).await;
        assert_eq!(first["type"], "changes", "{first}");
        assert_eq!(ana.next_of("ack").await["id"], id.to_string());
    }
}

#[tokio::test]
async fn a_closed_window_stays_away_with_what_was_unread_in_it_and_comes_back_with_the_next_message() {
    let (server, host, mut ana, mut bruno) = two().await;
    bruno.say("2-3", "one").await;
    let dock = ana.next_of("dock").await;
    assert_eq!(windows(&dock), [("2-3".into(), "minimised".into(), 1)], "of one that was never opened");
    ana.next_message().await;
    let version = &dock["version"];
    ana.send(json!({"type": "dock", "conversation": "2-3", "state": "closed", "base": version, "seen": 1}))
        .await;
    assert_eq!(windows(&ana.next_of("dock").await), []);
    let again = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    assert_eq!(windows(&again.welcome["dock"]), [], "unread as it is");
    bruno.say("2-3", "two").await;
    let back = ana.next_of("dock").await;
    assert_eq!(windows(&back), [("2-3".into(), "minimised".into(), 2)]);
    // Nor does the version rise with that: it is for `base` alone.
    assert_eq!(back["version"], again.welcome["dock"]["version"]);
}

#[tokio::test]
async fn a_session_need_not_wait_for_the_answer_to_its_dock_changes_and_another_is_stale() {
    let (server, host, mut ana, _bruno) = two().await;
    let mut phone = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    let change = |state: &str| json!({"type": "dock", "conversation": "2-3", "state": state, "base": 0});
    for state in ["open", "minimised", "open", "closed", "minimised"] {
        ana.send(change(state)).await;
    }
    ana.wait(|f| f["type"] == "dock" && f["version"] == 5).await;
    phone.send(change("closed")).await;
    phone.wait(|f| f["type"] == "dock" && f["version"] == 5).await;
    phone.all_until_now().await;
    // The same stay on a new socket, which repeats what had no answer.
    let mut again = TestClient::open(&server, Some(&host.url)).await.unwrap();
    again.session = ana.session;
    again.hello(&host.token(2, "Ana", &pupil()), json!({})).await;
    assert_eq!(windows(&again.next_of("welcome").await["dock"]), [("2-3".into(), "minimised".into(), 0)]);
    again.send(change("closed")).await;
    assert_eq!(windows(&again.next_of("dock").await), []);
}

#[tokio::test]
async fn of_a_conversation_that_began_meanwhile_a_cursor_tells_nothing_but_a_window_may() {
    let (server, host, ana, mut bruno) = two().await;
    let epoch = ana.welcome["epoch"].clone();
    drop(ana);
    bruno.say("2-3", "while she was away").await;
    let cursor = json!({"epoch": epoch, "conversations": []});
    let mut back = TestClient::open(&server, Some(&host.url)).await.unwrap();
    back.hello(&host.token(2, "Ana", &pupil()), json!({"cursor": cursor})).await;
    let welcome = back.next_of("welcome").await;
    assert_eq!(welcome["changes"], json!([]));
    assert_eq!(windows(&welcome["dock"]), [("2-3".into(), "minimised".into(), 1)]);
    // Read and closed on another device, it leaves nothing.
    let mut phone = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    phone.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    phone.next_of("read").await;
    let mut back = TestClient::open(&server, Some(&host.url)).await.unwrap();
    back.hello(&host.token(2, "Ana", &pupil()), json!({"cursor": cursor})).await;
    let welcome = back.next_of("welcome").await;
    assert_eq!((&welcome["changes"], windows(&welcome["dock"])), (&json!([]), vec![]));
}

/// A window as a client counts it between docks: its facts, and which messages there are, by whom, and whether a stub.
struct Counted {
    window: Value,
    messages: BTreeMap<i64, (i64, bool)>,
}

impl Counted {
    fn has(&self, fact: &str) -> i64 {
        self.window[fact].as_i64().unwrap()
    }

    /// By "Between docks", word for word.
    fn hears(&mut self, frame: &Value) {
        let number = |value: &Value| value.as_i64().unwrap();
        if frame["type"] == "read" && frame["user"] == 2 {
            let read = number(&frame["seq"]);
            let above = self.messages.range(read + 1..).filter(|(_, (sender, stub))| *sender != 2 && !stub);
            self.window["unread"] = above.count().into();
            self.window["read_seq"] = read.into();
        }
        for message in frame["messages"].as_array().into_iter().flatten() {
            let (seq, sender) = (number(&message["seq"]), number(&message["sender"]));
            let stub = message["text"].is_null();
            let before = self.messages.insert(seq, (sender, stub));
            let theirs_unread = sender != 2 && seq > self.has("read_seq");
            let unread = self.has("unread");
            if seq > self.has("seq") {
                self.window["seq"] = seq.into();
                self.window["unread"] = (unread + i64::from(theirs_unread)).min(100).into();
            } else if stub && before == Some((sender, false)) && theirs_unread && unread < 100 {
                self.window["unread"] = (unread - 1).into();
            }
            self.window["rev"] = frame["rev"].clone();
        }
    }
}

#[tokio::test]
async fn between_docks_a_client_that_counts_as_is_written_counts_what_the_next_dock_has() {
    let (_server, _host, mut ana, mut bruno) = two().await;
    let dock = ana.open_window("2-3", 0).await;
    ana.all_until_now().await;
    let mut counted = Counted { window: dock["windows"][0].clone(), messages: BTreeMap::new() };
    let mut ids = BTreeMap::new();
    for (who, what, seq) in [
        ("bruno", "say", 1),
        ("bruno", "say", 2),
        ("bruno", "say", 3),
        ("bruno", "say", 4),
        ("ana", "read", 2),
        ("ana", "say", 5),
        ("bruno", "edit", 4),
        ("bruno", "edit", 1),
        ("bruno", "delete", 1),
        ("bruno", "delete", 4),
        ("bruno", "delete", 4),
        ("ana", "delete", 5),
        ("bruno", "say", 6),
        ("ana", "read", 3),
        ("bruno", "delete", 6),
        ("bruno", "say", 7),
        ("ana", "read", 7),
    ] {
        let client = if who == "ana" { &mut ana } else { &mut bruno };
        if what == "say" {
            let id = Uuid::now_v7();
            assert_eq!(client.say_as(id, "2-3", "x").await["seq"], seq);
            ids.insert(seq, id);
        } else if what == "read" {
            client.send(json!({"type": "read", "conversation": "2-3", "seq": seq})).await;
        } else {
            let mut frame =
                json!({"type": what, "conversation": "2-3", "seq": seq, "client_message_id": ids[&seq]});
            if what == "edit" {
                frame["text"] = "y".into();
            }
            client.verb(frame).await;
        }
        for frame in ana.all_until_now().await {
            counted.hears(&frame);
        }
        let state = if seq % 2 == 0 { "open" } else { "minimised" };
        let base = i64::from(u32::MAX);
        ana.send(json!({"type": "dock", "conversation": "2-3", "state": state, "base": base})).await;
        let told = ana.next_of("dock").await;
        for fact in ["seq", "rev", "read_seq", "unread"] {
            assert_eq!(counted.window[fact], told["windows"][0][fact], "{fact} after {who}: {what} {seq}");
        }
    }
}

#[test]
fn the_grace_of_the_contract_is_the_servers() {
    let text = include_str!("../../../protocol/README.md");
    let (_, rest) = text.split_once("Somebody is online while a connection of theirs is, and for ").unwrap();
    let seconds: u64 = rest.split_once(" s after the last one").unwrap().0.parse().unwrap();
    assert_eq!(gchat::config::Limits::default().grace_ms, seconds * 1_000);
}

#[tokio::test]
async fn another_name_comes_live_in_rosters_and_in_windows_with_the_next_dock() {
    let (server, host, mut ana, _bruno) = two().await;
    let dock = ana.open_window("2-3", 0).await;
    ana.all_until_now().await;
    host.put(&server, 3, &host.person(2, "Bruno Lopes", &pupil())).await;
    ana.wait_roster("c7", |r| r.contacts[&3]["name"] == "Bruno Lopes").await;
    let heard = ana.all_until_now().await;
    assert!(heard.iter().all(|f| f["type"] != "dock"), "{heard:?}");
    let version = &dock["version"];
    ana.send(json!({"type": "dock", "conversation": "2-3", "state": "minimised", "base": version})).await;
    assert_eq!(ana.next_of("dock").await["windows"][0]["contact"]["name"], "Bruno Lopes");
}

/// Ana, and those whom she may find, all of them there.
async fn campus() -> (TestServer, TestClient, Vec<TestClient>) {
    let (server, host) = TestServer::start().await;
    let circles = [circle("c7", "student"), circle("c8", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &circles).await;
    let mut others = Vec::new();
    for (user, name, role) in [
        (10, "zoé", "student"),
        (11, "ZOE\u{301}", "student"),
        (12, "Émile", "teacher"),
        (13, "emil", "student"),
        (14, "Emil", "student"),
    ] {
        others.push(TestClient::person(&server, &host, user, name, &[circle("c7", role)]).await);
    }
    // In two circles, a teacher in one of them.
    let both = [circle("c7", "student"), circle("c8", "teacher")];
    others.push(TestClient::person(&server, &host, 15, "Yara", &both).await);
    ana.roster_becomes("c7", &[2, 10, 11, 12, 13, 14, 15]).await;
    (server, ana, others)
}

async fn search(ana: &mut TestClient, text: &str, next: &Value, limit: i64) -> (Vec<i64>, Value) {
    let asked = json!({"type": "search", "text": text, "limit": limit, "next": next});
    let answer = ana.ask_until(asked).await;
    assert_eq!(answer["type"], "contacts", "{answer}");
    let contacts = answer["contacts"].as_array().unwrap();
    if text.is_empty() && next.is_null() {
        assert_eq!(contacts[0]["role"], "teacher", "once, as a teacher");
    }
    (contacts.iter().map(|c| c["id"].as_i64().unwrap()).collect(), answer["next"].clone())
}

/// Teachers first, then by name without case and accents, then by id.
const IN_ORDER: [i64; 6] = [12, 15, 13, 14, 10, 11];

#[tokio::test]
async fn a_search_finds_without_case_and_accents_and_teachers_first() {
    let (_server, mut ana, _others) = campus().await;
    for (text, expected, why) in [
        ("", &IN_ORDER[..], "all"),
        ("EMIL", &[12, 13, 14], "without case and accents"),
        ("ÉM", &[12, 13, 14], "of the text as well"),
        ("zoé", &[10, 11], "composed"),
        ("zoe\u{301}", &[10, 11], "and decomposed"),
        ("a Ya", &[15], "each word, in any order"),
        ("yara zoe", &[], "and all of them"),
    ] {
        let (found, next) = search(&mut ana, text, &Value::Null, 100).await;
        assert_eq!((found.as_slice(), next), (expected, Value::Null), "{text}: {why}");
    }
}

#[tokio::test]
async fn the_pages_of_a_search_neither_overlap_nor_skip() {
    let (_server, mut ana, _others) = campus().await;
    let (mut all, mut next) = (Vec::new(), Value::Null);
    for page in 1..=3 {
        let (found, then) = search(&mut ana, "", &next, 2).await;
        all.extend(found);
        assert_eq!(then.is_null(), page == 3, "{then}");
        next = then;
    }
    assert_eq!(all, IN_ORDER);
}
