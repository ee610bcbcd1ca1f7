//! The dock: the same windows everywhere, one order of changes, and nobody else the wiser.

use serde_json::{Value, json};

use crate::util::{TestClient, TestServer, circle};

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

async fn change(client: &mut TestClient, conversation: &str, state: &str, base: &Value) -> Value {
    client.send(json!({"type": "dock", "conversation": conversation, "state": state, "base": base})).await;
    client.next_of("dock").await
}

fn windows(dock: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    dock["windows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| (text(&w["conversation"]), text(&w["state"])))
        .collect()
}

fn of(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(c, s)| ((*c).to_owned(), (*s).to_owned())).collect()
}

#[tokio::test]
async fn every_connection_shows_the_same_windows_and_the_other_person_hears_nothing() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &c7());
    let mut ana = TestClient::connect(&server, &host, &token).await;
    let mut phone = TestClient::connect(&server, &host, &token).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    drop(TestClient::person(&server, &host, 4, "Carla", &c7()).await);
    bruno.roster_becomes("c7", &[2, 3, 4]).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    bruno.all_until_now().await;

    let mut version = json!(0);
    for (conversation, state, expected) in [
        ("2-3", "open", of(&[("2-3", "open")])),
        ("2-4", "open", of(&[("2-3", "open"), ("2-4", "open")])),
        ("2-3", "minimised", of(&[("2-3", "minimised"), ("2-4", "open")])),
        ("2-3", "open", of(&[("2-3", "open"), ("2-4", "open")])),
        ("2-4", "closed", of(&[("2-3", "open")])),
        ("2-4", "minimised", of(&[("2-3", "open"), ("2-4", "minimised")])),
    ] {
        let dock = change(&mut ana, conversation, state, &version).await;
        assert_eq!(windows(&dock), expected);
        assert_eq!(phone.next_of("dock").await, dock);
        let third = TestClient::connect(&server, &host, &token).await;
        let shown = &third.welcome["dock"];
        let same = (&shown["version"], &shown["windows"]) == (&dock["version"], &dock["windows"]);
        assert!(same, "a new page shows the same: {shown} {dock}");
        assert!(dock["version"].as_i64() > version.as_i64());
        version = dock["version"].clone();
    }
    assert_eq!(bruno.all_until_now().await, [] as [Value; 0], "opening a window tells nobody");
    let server = server.stop().await.start().await;
    let again = TestClient::connect(&server, &host, &token).await;
    assert_eq!(
        windows(&again.welcome["dock"]),
        of(&[("2-3", "open"), ("2-4", "minimised")]),
        "after a restart too"
    );
}

#[tokio::test]
async fn a_change_from_before_somebody_elses_is_dropped() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &c7());
    let mut ana = TestClient::connect(&server, &host, &token).await;
    let mut phone = TestClient::connect(&server, &host, &token).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    drop(TestClient::person(&server, &host, 4, "Carla", &c7()).await);
    let first = change(&mut ana, "2-3", "open", &json!(0)).await;
    phone.next_of("dock").await;
    let second = change(&mut phone, "2-3", "closed", &first["version"]).await;
    ana.next_of("dock").await;
    for base in [json!(0), json!(-1), first["version"].clone()] {
        let stale = change(&mut ana, "2-3", "open", &base).await;
        assert_eq!(
            (windows(&stale), &stale["version"]),
            (of(&[]), &second["version"]),
            "who is late learns how it stands"
        );
    }
    assert!(phone.all_until_now().await.iter().all(|f| f["type"] != "dock"), "others hear nothing of it");
    assert_eq!(
        windows(&change(&mut ana, "2-4", "open", &json!(0)).await),
        of(&[("2-4", "open")]),
        "another window is not stale"
    );
    assert_eq!(windows(&change(&mut ana, "2-3", "open", &second["version"]).await).len(), 2);
}

#[tokio::test]
async fn a_closed_window_stays_closed_until_the_other_writes() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &c7());
    let mut ana = TestClient::connect(&server, &host, &token).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    bruno.say("2-3", "one").await;
    let dock = ana.next_of("dock").await;
    assert_eq!((windows(&dock), &dock["windows"][0]["unread"]), (of(&[("2-3", "minimised")]), &json!(1)));
    let kinds: Vec<_> = ana
        .bytes
        .lines()
        .filter(|l| l.contains(r#""type":"dock""#) || l.contains(r#""type":"changes""#))
        .collect();
    assert!(kinds[0].contains(r#""type":"dock""#), "the dock comes before the message: {kinds:?}");
    let closed = change(&mut ana, "2-3", "closed", &dock["version"]).await;
    assert_eq!(windows(&closed), of(&[]));
    let again = TestClient::connect(&server, &host, &token).await;
    assert_eq!(windows(&again.welcome["dock"]), of(&[]), "unread, and closed all the same");
    drop(again);
    ana.say("2-3", "mine").await;
    ana.all_until_now().await;
    let mine = TestClient::connect(&server, &host, &token).await;
    assert_eq!(windows(&mine.welcome["dock"]), of(&[]), "one's own message brings nothing back");
    drop(mine);
    bruno.say("2-3", "two").await;
    assert_eq!(windows(&ana.next_of("dock").await), of(&[("2-3", "minimised")]));
    bruno.say("2-3", "three").await;
    ana.wait(|f| f["messages"][0]["text"] == "three").await;
    assert!(!ana.all_until_now().await.iter().any(|f| f["type"] == "dock"), "once is enough");
    let away = TestClient::connect(&server, &host, &token).await;
    assert_eq!(windows(&away.welcome["dock"]), of(&[("2-3", "minimised")]));
}

#[tokio::test]
async fn the_twenty_first_window_closes_the_oldest() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut dock = json!({"version": 0});
    for user in 3..=23 {
        host.put(&server, user, &host.person(1, "Somebody", &c7())).await;
        dock = change(&mut ana, &format!("2-{user}"), "open", &dock["version"]).await;
    }
    let open: Vec<_> = windows(&dock).into_iter().map(|(c, _)| c).collect();
    assert_eq!(open, (4..=23).map(|user| format!("2-{user}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_changes_from_everywhere_at_once_all_connections_agree() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (100_000, 100_000);
    })
    .await;
    let token = host.token(2, "Ana", &c7());
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(TestClient::connect(&server, &host, &token).await);
    }
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let users = 4..10;
    for user in users.clone() {
        host.put(&server, user, &host.person(1, "Somebody", &c7())).await;
    }
    let writer = tokio::spawn(async move {
        for n in 0..20 {
            bruno.say("2-3", &format!("m{n}")).await;
        }
        bruno
    });
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(n, mut client)| {
            let users = users.clone();
            tokio::spawn(async move {
                for (m, user) in users.cycle().take(20).enumerate() {
                    let state = ["open", "minimised", "closed"][(n + m) % 3];
                    let conversation = if m % 5 == 0 { "2-3".to_owned() } else { format!("2-{user}") };
                    client.send(json!({"type": "dock", "conversation": conversation, "state": state, "base": 1_i64 << 40})).await;
                }
                client.all_until_now().await;
                client
            })
        })
        .collect();
    let mut docks = Vec::new();
    let mut clients = Vec::new();
    for task in tasks {
        clients.push(task.await.unwrap());
    }
    let _bruno = writer.await.unwrap();
    let mut fresh = TestClient::connect(&server, &host, &token).await;
    let truth = fresh.welcome["dock"].clone();
    for mut client in clients {
        client.all_until_now().await;
        let last = client.bytes.lines().rfind(|l| l.starts_with(r#"{"type":"dock""#)).unwrap();
        docks.push(windows(&serde_json::from_str(last).unwrap()));
    }
    fresh.all_until_now().await;
    for dock in docks {
        assert_eq!(dock, windows(&truth));
    }
}
