//! Whether one may write: windows say so, and say so anew whenever it changes, whoever is there.

use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn but(host: &Host, version: i64, name: &str, change: Value) -> Value {
    let mut person = host.person(version, name, &pupil());
    merge(&mut person, change);
    person
}

async fn told(client: &mut TestClient, conversation: &str) -> Value {
    let frame = client.wait(|f| f["type"] == "writing" && f["conversation"] == *conversation).await;
    frame["writing"].clone()
}

/// What a dock says of its windows.
fn written(dock: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let windows = dock["windows"].as_array().unwrap().iter();
    windows.map(|w| (text(&w["conversation"]), text(&w["writing"]))).collect()
}

/// The other person is `3`: here, here and hidden, or away.
async fn other(server: &TestServer, host: &Host, how: &str) -> Option<TestClient> {
    let hidden = json!({"hidden": how == "hidden"});
    let mut client = TestClient::connect(server, host, &host.token_with(3, "Bruno", &pupil(), hidden)).await;
    client.all_until_now().await;
    if how == "away" {
        drop(client);
        loop {
            let (_, logins) = host.call(server, "GET", "/api/v1/logins", &Value::Null).await;
            if logins["logins"].as_array().unwrap().iter().all(|l| l["user"] != 3) {
                return None;
            }
        }
    }
    Some(client)
}

#[tokio::test]
async fn every_change_of_either_side_is_told_live_whether_the_other_is_there_hidden_or_away() {
    for how in ["here", "hidden", "away"] {
        let (server, host) = TestServer::start().await;
        let _bruno = other(&server, &host, how).await;
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
        let dock = ana.open_window("2-3", 0).await;
        assert_eq!(written(&dock), [("2-3".into(), "yes".into())], "{how}");

        let mut version = 1;
        let mut next = || {
            version += 1;
            version
        };
        let elsewhere = json!({"circles": [circle("c9", "student")]});
        for (user, name, change, expected) in [
            (2, "Ana", json!({"blocked": [3]}), "blocked"),
            (2, "Ana", json!({}), "yes"),
            (3, "Bruno", json!({"blocked": [2]}), "no"),
            (3, "Bruno", json!({"blocked": [9]}), "yes"),
            (3, "Bruno", json!({"accepts": [9]}), "no"),
            (3, "Bruno", json!({"accepts": [9, 2]}), "yes"),
            (3, "Bruno", elsewhere.clone(), "no"),
            (3, "Bruno", json!({}), "yes"),
            (2, "Ana", elsewhere, "no"),
            (2, "Ana", json!({}), "yes"),
            (3, "Bruno", json!({"rights": []}), "no"),
            (3, "Bruno", json!({}), "yes"),
        ] {
            let hidden = json!({"hidden": how == "hidden"});
            let mut person = but(&host, next(), name, if user == 3 { hidden } else { json!({}) });
            merge(&mut person, change.clone());
            host.put(&server, user, &person).await;
            assert_eq!(told(&mut ana, "2-3").await, expected, "{how}: {user} {change}");
        }
        // Of the whole course at once, and of the site.
        for (members, expected) in [(json!([]), "no"), (json!([3]), "yes")] {
            let members: Vec<Value> = members.as_array().unwrap().iter().cloned().chain([json!(2)]).collect();
            let members: Vec<Value> =
                members.iter().map(|u| json!({"user": u, "role": "student", "groups": null})).collect();
            let body = json!({"rights_version": next(), "title": "Algebra", "members": members});
            assert_eq!(host.call(&server, "PUT", "/api/v1/circles/c7", &body).await.0, 200);
            assert_eq!(told(&mut ana, "2-3").await, expected, "{how}: circles");
        }
        for (policy, expected) in [(false, "no"), (true, "yes")] {
            let body = json!({"rights_version": next(), "students_see_students": policy});
            assert_eq!(host.call(&server, "PUT", "/api/v1/policy", &body).await.0, 200);
            assert_eq!(told(&mut ana, "2-3").await, expected, "{how}: policy");
        }
        let sent = ana.say("2-3", "as it says").await["type"].clone();
        assert_eq!(sent, "ack", "{how}");
        host.remove(&server, 3, next()).await;
        assert_eq!(told(&mut ana, "2-3").await, "gone", "{how}");
        let token = host.token_with(2, "Ana", &pupil(), json!({"rights_version": next()}));
        let again = TestClient::connect(&server, &host, &token).await;
        assert_eq!(written(&again.welcome["dock"]), [("2-3".into(), "gone".into())], "{how}");
    }
}

#[tokio::test]
async fn what_changes_nothing_of_it_is_not_told_and_a_pause_is_nothing_of_it() {
    let (server, host) = TestServer::start().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    ana.open_window("2-3", 0).await;
    let later = gchat::clock::now_ms() + 3_600_000;
    host.put(&server, 3, &but(&host, 2, "Bruno", json!({"paused_until": later}))).await;
    assert_eq!(bruno.closed().await, Some(4011));
    host.put(&server, 3, &but(&host, 3, "Bruno S", json!({"lang": "pt", "blocked": [9]}))).await;
    host.put(&server, 3, &but(&host, 4, "Bruno S", json!({"blocked": [2]}))).await;
    let mut frames = vec![ana.wait(|f| f["type"] == "writing").await];
    frames.extend(ana.all_until_now().await.into_iter().filter(|f| f["type"] == "writing"));
    assert_eq!(frames, [json!({"type": "writing", "conversation": "2-3", "writing": "no"})]);
}

/// Each round, the change comes at some point of the opening of a window, whose other person is away: whatever the
/// order, the last that is told is what is so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_middle_of_a_look_at_the_dock_is_not_lost() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil()).await;
    for round in 0..40_i64 {
        let other = 100 + round;
        host.put(&server, other, &but(&host, 1, "Bruno", json!({}))).await;
        let conversation = format!("2-{other}");
        let hold = usize::try_from(round % 10).unwrap();
        let call = async {
            for _ in 0..hold * 20 {
                tokio::task::yield_now().await;
            }
            host.put(&server, other, &but(&host, 2, "Bruno", json!({"blocked": [2]}))).await
        };
        let open = json!({"type": "dock", "conversation": conversation, "state": "open", "base": 999});
        let (_, ()) = tokio::join!(call, ana.send(open));
        let dock =
            ana.wait(|f| f["type"] == "dock" && written(f).iter().any(|(c, _)| *c == conversation)).await;
        let shown = written(&dock).into_iter().find(|(c, _)| *c == conversation).unwrap().1;
        if shown == "yes" {
            assert_eq!(told(&mut ana, &conversation).await, "no", "round {round}");
        }
    }
}
