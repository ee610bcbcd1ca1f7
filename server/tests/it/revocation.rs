//! Rights that ended: neither an old token nor a late call undoes a revocation, and those concerned learn of it.

use std::time::{Duration, Instant};

use gchat::{clock::now_ms, config::Config};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn pupil(circles: &[&str]) -> Vec<Value> {
    circles.iter().map(|id| circle(id, "student")).collect()
}

fn but(mut person: Value, change: Value) -> Value {
    merge(&mut person, change);
    person
}

async fn circles_of(server: &TestServer, host: &Host, token: &str) -> Vec<String> {
    let client = TestClient::connect(server, host, token).await;
    let circles = client.welcome["circles"].as_array().unwrap().iter();
    circles.map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_older_token_signs_in_with_the_stored_rights_and_on_a_tie_the_call_wins() {
    let (server, host) = TestServer::start().await;
    let token = |version: i64, circles: &[&str]| {
        host.token_with(2, "Ana", &pupil(circles), json!({"rights_version": version}))
    };
    assert_eq!(circles_of(&server, &host, &token(5, &["c7"])).await, ["c7"]);
    let answer = host.put(&server, 2, &host.person(7, "Ana", &pupil(&["c8"]))).await;
    assert_eq!(answer, json!({"applied": true, "rights_version": 7}));
    assert_eq!(circles_of(&server, &host, &token(5, &["c7"])).await, ["c8"], "older");
    assert_eq!(circles_of(&server, &host, &token(7, &["c7"])).await, ["c8"], "a tie: the call wins");
    assert_eq!(circles_of(&server, &host, &token(8, &["c9"])).await, ["c9"], "newer");
    assert_eq!(circles_of(&server, &host, &token(7, &["c7"])).await, ["c9"], "older again");
    let late = host.put(&server, 2, &host.person(6, "Ana", &pupil(&["c7"]))).await;
    assert_eq!(late, json!({"applied": false, "rights_version": 8}));
    assert_eq!(circles_of(&server, &host, &token(8, &["c9"])).await, ["c9"], "a late call changed nothing");
    let tie = host.put(&server, 2, &host.person(8, "Ana", &pupil(&["c10"]))).await;
    assert_eq!(tie, json!({"applied": true, "rights_version": 8}));
    assert_eq!(circles_of(&server, &host, &token(8, &["c9"])).await, ["c10"]);
    assert_eq!(
        host.put(&server, 2, &host.person(8, "Ana", &pupil(&["c10"]))).await["applied"],
        true,
        "twice"
    );
}

#[tokio::test]
async fn an_old_token_cannot_renew_itself_back_into_a_course() {
    let (server, host) = TestServer::start().await;
    let old = host.token(2, "Ana", &pupil(&["c7"]));
    let mut ana = TestClient::connect(&server, &host, &old).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil(&["c7"])).await;
    host.put(&server, 2, &host.person(2, "Ana", &[])).await;
    assert_eq!(ana.next_of("circles").await["circles"], json!([]));
    ana.renew(&old).await;
    assert_eq!(ana.say("2-3", "hi").await["type"], "error");
    bruno.roster_becomes("c7", &[3]).await;
    assert!(!ana.all_until_now().await.iter().any(|f| f["type"] == "circles"), "no change, no frame");
}

#[tokio::test]
async fn leaving_a_course_while_connected_shows_within_two_seconds_on_both_sides() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &pupil(&["c7", "c8"])).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil(&["c7"])).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    bruno.say("2-3", "before").await;
    bruno.next_message().await;
    assert_eq!(bruno.open_window("2-3", 0).await["windows"][0]["contact"]["status"], "online");
    assert_eq!(ana.open_window("2-3", 0).await["windows"][0]["contact"]["status"], "online");
    let start = Instant::now();
    host.put(&server, 2, &host.person(2, "Ana", &pupil(&["c8", "c9"]))).await;
    assert_eq!(bruno.next_of("presence").await, json!({"type": "presence", "user": 2, "status": "offline"}));
    bruno.roster_becomes("c7", &[3]).await;
    assert_eq!(ana.next_of("presence").await, json!({"type": "presence", "user": 3, "status": "offline"}));
    let ids: Vec<_> =
        ana.next_of("circles").await["circles"].as_array().unwrap().iter().map(|c| c["id"].clone()).collect();
    assert_eq!(ids, ["c8", "c9"]);
    ana.roster_becomes("c9", &[2]).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());

    for (client, what) in [(&mut ana, "who left"), (&mut bruno, "who stayed")] {
        let refused = client.say("2-3", "after").await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!("not_allowed"), &json!(true)), "{what}");
        let page = client.ask(json!({"type": "history", "conversation": "2-3", "limit": 9})).await;
        assert_eq!(page["messages"][0]["text"], "before", "{what} keeps what was said");
    }
    ana.send(json!({"type": "roster", "circle": "c7"})).await;
    assert_eq!(ana.next_of("error").await["code"], "not_found");
    let found = ana.ask(json!({"type": "search", "text": "", "circle": "c7", "limit": 9})).await;
    assert_eq!(found["code"], "not_found");
    ana.send(json!({"type": "typing", "conversation": "2-3"})).await;
    ana.send(json!({"type": "read", "conversation": "2-3", "seq": 1})).await;
    assert_eq!(ana.next_of("read").await["seq"], 1, "one's own mark");
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &pupil(&["c7"])).await;
    carla.roster_becomes("c7", &[3, 4]).await;
    bruno.roster_becomes("c7", &[3, 4]).await;
    let heard = bruno.all_until_now().await;
    let no = json!({"type": "writing", "conversation": "2-3", "writing": "no"});
    assert_eq!(heard, [no], "nothing of someone out of sight, but that one may not write to them");
    host.put(&server, 2, &host.person(3, "Ana", &pupil(&["c7"]))).await;
    bruno.roster_becomes("c7", &[2, 3, 4]).await;
    assert_eq!(bruno.next_of("presence").await["status"], "online");
    assert_eq!(ana.say("2-3", "back").await["seq"], 2);
    carla.all_until_now().await;
}

#[tokio::test]
async fn a_block_ends_writing_both_ways_and_hides_each_from_the_other() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    for client in [&mut ana, &mut bruno] {
        client.roster_becomes("c7", &[2, 3]).await;
        client.all_until_now().await;
    }
    host.put(&server, 2, &but(host.person(2, "Ana", &c7), json!({"blocked": [3]}))).await;
    assert_eq!(bruno.say("2-3", "hello?").await["code"], "not_allowed");
    assert_eq!(ana.say("2-3", "hello?").await["code"], "not_allowed");
    bruno.send(json!({"type": "typing", "conversation": "2-3"})).await;
    bruno.all_until_now().await;
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &c7).await;
    carla.roster_becomes("c7", &[2, 3, 4]).await;
    assert_eq!(ana.next_of("blocked").await["users"], json!([3]));
    for (client, left) in [(&mut ana, [2, 4]), (&mut bruno, [3, 4])] {
        client.roster_becomes("c7", &left).await;
        assert_eq!(client.all_until_now().await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn suspension_closes_every_connection_and_refuses_the_next() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    let mut phone = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let mut desk = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    host.put(&server, 2, &but(host.person(2, "Ana", &c7), json!({"rights": []}))).await;
    assert_eq!((phone.closed().await, desk.closed().await), (Some(4403), Some(4403)));
    bruno.roster_becomes("c7", &[3]).await;
    assert_eq!(bruno.say("2-3", "?").await["code"], "not_allowed");
    let refused = TestClient::refused(&server, &host, &host.token(2, "Ana", &c7)).await;
    assert_eq!(refused, ("chat_not_allowed".into(), true, 4403));
    let fresh = host.token_with(2, "Ana", &c7, json!({"rights_version": 3}));
    TestClient::connect(&server, &host, &fresh).await;
    let without = host.token_with(5, "Eva", &c7, json!({"rights": ["view"]}));
    assert_eq!(TestClient::refused(&server, &host, &without).await.0, "chat_not_allowed");
}

/// Windows are opened by whoever likes: that somebody has written nothing there keeps their name in no dock.
#[tokio::test]
async fn a_removed_persons_name_goes_from_every_dock_also_where_they_wrote_nothing() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    let ana = TestClient::person(&server, &host, 2, "Ana Canary", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    let mut phone = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &c7).await;
    carla.roster_becomes("c7", &[2, 3, 4]).await;
    bruno.open_window("2-3", 0).await; // nobody has written in it
    carla.open_window("2-4", 0).await;
    assert_eq!(carla.say("2-4", "only I have").await["seq"], 1);
    drop(ana);
    carla.roster_becomes("c7", &[3, 4]).await; // also of whoever is away
    for client in [&mut bruno, &mut phone, &mut carla] {
        client.all_until_now().await;
        client.bytes.clear();
    }
    host.remove(&server, 2, 9).await;
    for client in [&mut bruno, &mut phone, &mut carla] {
        assert_eq!(client.next_of("writing").await["writing"], "gone");
        let dock = client.next_of("dock").await;
        assert_eq!(dock["windows"][0]["contact"]["name"], "", "{dock}");
        assert!(!client.bytes.contains("anary"), "{}", client.bytes);
    }
    let mut told = carla.all_until_now().await;
    told.retain(|frame| frame["type"] == "dock");
    assert_eq!(told, [] as [Value; 0], "once");
}

#[tokio::test]
async fn a_removed_person_leaves_stubs_and_no_name_and_no_older_token_brings_them_back() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    let mut ana = TestClient::person(&server, &host, 2, "Ana Canary", &c7).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    let id = Uuid::now_v7();
    assert_eq!(ana.say_as(id, "2-3", "a canary").await["seq"], 1);
    assert_eq!(bruno.say("2-3", "kept").await["seq"], 2);
    bruno.open_window("2-3", 0).await;
    bruno.all_until_now().await;
    bruno.bytes.clear();
    assert_eq!(host.remove(&server, 2, 9).await, json!({"applied": true, "rights_version": 9}));
    assert_eq!(ana.closed().await, Some(4403));
    let changes = bruno.wait(|f| f["type"] == "changes" && f["rev"] == 3).await;
    assert_eq!(
        changes,
        json!({"type": "changes", "conversation": "2-3", "from": 3, "rev": 3, "first_seq": 1, "messages": []})
    );
    let since = json!({"type": "changes", "conversation": "2-3", "rev": 2, "seq": 2, "limit": 9});
    let since = bruno.ask(since).await;
    assert_eq!((&since["from"], &since["rev"]), (&json!(2), &json!(3)));
    assert_eq!(since["messages"].as_array().map(Vec::len), Some(1), "{since}");
    assert!(since["messages"][0]["text"].is_null() && since["messages"][0]["deleted"].is_null(), "{since}");
    assert_eq!(bruno.next_of("presence").await["status"], "offline");
    bruno.roster_becomes("c7", &[3]).await;
    let page = bruno.ask(json!({"type": "history", "conversation": "2-3", "limit": 9})).await;
    let stub = &page["messages"][0];
    assert_eq!(
        (&stub["seq"], &stub["sender"], &stub["text"], &stub["client_message_id"]),
        (&json!(1), &json!(2), &json!(null), &json!(null))
    );
    assert_eq!(page["messages"][1]["text"], "kept");
    assert!(page["rev"].as_i64() > page["seq"].as_i64());
    assert_eq!(bruno.say("2-3", "?").await["code"], "not_allowed");
    let dock = bruno.next_of("dock").await;
    assert_eq!(
        dock["windows"][0]["contact"],
        json!({"id": 2, "name": "", "picture": null, "profile_url": null, "status": "offline"})
    );
    assert!(!bruno.bytes.contains("anary"), "{}", bruno.bytes);
    let cursor = json!({"epoch": bruno.welcome["epoch"], "conversations": [{"conversation": "2-3", "rev": 2, "seq": 2}]});
    let mut again = TestClient::open(&server, Some(&host.url)).await.unwrap();
    again.hello(&host.token(3, "Bruno", &c7), json!({"cursor": cursor})).await;
    let welcome = again.next_of("welcome").await;
    assert_eq!(
        (&welcome["changes"][0]["rev"], &welcome["changes"][0]["messages"][0]["text"]),
        (&json!(3), &json!(null))
    );
    assert!(!again.bytes.contains("anary"));

    for version in [1, 9] {
        let token = host.token_with(2, "Ana", &c7, json!({"rights_version": version}));
        assert_eq!(
            TestClient::refused(&server, &host, &token).await,
            ("chat_not_allowed".into(), true, 4403)
        );
    }
    assert_eq!(host.put(&server, 2, &host.person(8, "Ana", &c7)).await["applied"], false);
    let server = server.stop().await.start().await;
    let token = host.token_with(2, "Ana", &c7, json!({"rights_version": 9}));
    assert_eq!(TestClient::refused(&server, &host, &token).await.2, 4403, "also after a restart");
}

#[tokio::test]
async fn a_logout_ends_that_login_alone() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    let login = |sid: &str| host.token_with(2, "Ana", &c7, json!({"sid": sid}));
    let mut phone = TestClient::connect(&server, &host, &login("the-phones")).await;
    let mut tab = TestClient::connect(&server, &host, &login("the-desks-login")).await;
    let mut second = TestClient::connect(&server, &host, &login("the-desks-login")).await;
    assert_eq!(host.log_out(&server, 2, "the-desks-login").await, 2);
    assert_eq!((tab.closed().await, second.closed().await), (Some(4410), Some(4410)));
    phone.all_until_now().await;
    let gone = ("logged_out".to_owned(), true, 4410);
    assert_eq!(TestClient::refused(&server, &host, &login("the-desks-login")).await, gone);
    assert_eq!(host.log_out(&server, 2, "never-seen").await, 0);
    phone.renew(&login("the-phones")).await;
    let server = server.stop().await.start().await;
    assert_eq!(
        TestClient::refused(&server, &host, &login("the-desks-login")).await,
        gone,
        "also after a restart"
    );
    TestClient::connect(&server, &host, &login("the-phones")).await;
}

/// Each round, a call arrives at some point of a connect; whatever the order, it must not leave the old rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_in_the_middle_of_a_connect_is_not_lost() {
    let (server, host) = TestServer::start().await;
    for round in 0..40_i64 {
        let user = 100 + round;
        let token = host.token(user, "Ana", &pupil(&["c7"]));
        let person = host.person(2, "Ana", &pupil(&["c8"]));
        let suspended = but(person.clone(), json!({"rights": []}));
        let put = if round % 2 == 0 { &person } else { &suspended };
        let hold = usize::try_from(round % 10).unwrap();
        let call = async {
            for _ in 0..hold * 20 {
                tokio::task::yield_now().await;
            }
            host.put(&server, user, put).await
        };
        let connect = async {
            let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
            client.hello(&token, json!({})).await;
            client
        };
        let (_, mut client) = tokio::join!(call, connect);
        if round % 2 == 0 {
            let welcome = client.next_of("welcome").await;
            if welcome["circles"][0]["id"] != "c8" {
                assert_eq!(client.next_of("circles").await["circles"][0]["id"], "c8");
            }
        } else {
            assert_eq!(client.closed().await, Some(4403));
        }
    }
    let mut other = TestClient::person(&server, &host, 2, "Bruno", &pupil(&["c7"])).await;
    other.roster_becomes("c7", &[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_in_the_middle_of_a_connect_is_not_lost() {
    let (server, host) = TestServer::start().await;
    for round in 0..40_i64 {
        let (user, sid) = (100 + round, format!("login-number-{round}"));
        let token = host.token_with(user, "Ana", &[], json!({"sid": sid}));
        let connect = async {
            let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
            client.hello(&token, json!({})).await;
            client
        };
        let (_, mut client) = tokio::join!(host.log_out(&server, user, &sid), connect);
        assert_eq!(client.closed().await, Some(4410));
    }
}

#[tokio::test]
async fn a_lease_that_ends_ends_the_connection() {
    let (server, host) = TestServer::start().await;
    let now = now_ms() / 1_000;
    // Ended already, and within the 30 s that clocks may differ by: about a second is left.
    let claims = json!({"iat": now - 100, "nbf": now - 100, "exp": now - 28});
    let mut ana = TestClient::connect(&server, &host, &host.token_with(2, "Ana", &[], claims.clone())).await;
    let mut bruno = TestClient::connect(&server, &host, &host.token_with(3, "Bruno", &[], claims)).await;
    bruno.renew(&host.token(3, "Bruno", &[])).await;
    assert_eq!(ana.closed().await, Some(4001));
    bruno.all_until_now().await;
}

#[tokio::test]
async fn the_host_is_told_of_a_connection_that_outlives_its_course_until_the_lease_ends_and_no_longer() {
    // The call is lost: what was unenrolled stays only until the token's end.
    let (server, host) = TestServer::start_with(|c: &mut Config| c.limits.grace_ms = 0).await;
    let now = now_ms() / 1_000;
    let claims = json!({"iat": now - 100, "nbf": now - 100, "exp": now - 28});
    let mut ana =
        TestClient::connect(&server, &host, &host.token_with(2, "Ana", &pupil(&["c7"]), claims)).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil(&["c7"])).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    assert_eq!(ana.closed().await, Some(4001));
    bruno.roster_becomes("c7", &[3]).await;
}

#[tokio::test]
async fn a_connect_that_brings_nothing_new_writes_nothing() {
    let (server, host) = TestServer::start().await;
    let c7 = pupil(&["c7"]);
    drop(TestClient::person(&server, &host, 2, "Ana", &c7).await);
    let log = server.file("gchat.db-wal");
    let size = || (std::fs::metadata(&log).unwrap().len(), std::fs::read(&log).unwrap());
    let before = size();
    for version in [1, 1, 2, 40] {
        let token = host.token_with(2, "Ana", &c7, json!({"rights_version": version}));
        let mut ana = TestClient::connect(&server, &host, &token).await;
        ana.renew(&token).await;
        ana.roster_becomes("c7", &[2]).await;
    }
    assert!(before == size(), "something was written");
    let token = host.token_with(2, "Ana Sousa", &c7, json!({"rights_version": 41}));
    TestClient::connect(&server, &host, &token).await;
    assert!(before != size(), "a new name is kept");
}
