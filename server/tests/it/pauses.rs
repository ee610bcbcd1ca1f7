//! Pauses: whoever sits an exam neither hears nor says anything, on any device, and others see nobody there.

use gchat::clock::now_ms;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn in_an_hour() -> i64 {
    now_ms() + 3_600_000
}

fn ana(host: &Host, version: i64, until: Option<i64>) -> Value {
    let mut person = host.person(version, "Ana", &pupil());
    merge(&mut person, json!({"paused_until": until}));
    person
}

fn token(host: &Host, version: i64, until: Option<i64>, sid: &str) -> String {
    let claims = json!({"rights_version": version, "paused_until": until, "sid": sid});
    host.token_with(2, "Ana", &pupil(), claims)
}

/// Says hello and waits for `paused`.
async fn paused(server: &TestServer, host: &Host, token: &str, until: i64) -> TestClient {
    let mut client = TestClient::open(server, Some(&host.url)).await.unwrap();
    client.hello(token, json!({})).await;
    assert_eq!(client.next_of("paused").await["until"], until);
    client
}

/// With a grace that no test could wait for.
async fn patient() -> (TestServer, Host) {
    TestServer::start_with(|config| config.limits.grace_ms = 3_600_000).await
}

#[tokio::test]
async fn a_pause_by_a_call_closes_every_device_and_takes_the_person_offline_at_once() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let mut desk = TestClient::connect(&server, &host, &token(&host, 1, None, "desk-of-2")).await;
    let mut phone = TestClient::connect(&server, &host, &token(&host, 1, None, "phone-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    bruno.open_window("2-3", 0).await;
    let until = in_an_hour();
    assert_eq!(host.put(&server, 2, &ana(&host, 2, Some(until))).await["applied"], true);
    assert_eq!((desk.closed().await, phone.closed().await), (Some(4011), Some(4011)));
    assert_eq!(bruno.next_of("presence").await["status"], "offline");
    bruno.roster_becomes("c7", &[3]).await;
    // An old token knows nothing of it: the stored rights hold.
    let mut back = paused(&server, &host, &token(&host, 1, None, "desk-of-2"), until).await;

    assert_eq!(bruno.say("2-3", "canary").await["type"], "ack", "what is written waits");
    bruno.send(json!({"type": "typing", "conversation": "2-3"})).await;
    bruno.all_until_now().await;
    let heard = back.all_until_now().await;
    assert_eq!(heard, [] as [Value; 0], "nothing reaches who is paused");

    assert_eq!(host.put(&server, 2, &ana(&host, 3, None)).await["applied"], true);
    assert_eq!(back.closed().await, Some(4012));
    assert!(!back.bytes.contains("canary"));
    let mut again = TestClient::connect(&server, &host, &token(&host, 1, None, "desk-of-2")).await;
    assert_eq!(again.welcome["dock"]["windows"][0]["unread"], 1, "and is there afterwards");
    bruno.roster_becomes("c7", &[2, 3]).await;
    again.roster_becomes("c7", &[2, 3]).await;
}

#[tokio::test]
async fn nothing_can_be_asked_for_while_paused_but_a_renewal() {
    let (server, host) = TestServer::start().await;
    let until = in_an_hour();
    let mut ana = paused(&server, &host, &token(&host, 1, Some(until), "desk-of-2"), until).await;
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    let send = json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": "x"});
    assert_eq!(ana.verb_as(json!(id), send).await["code"], "paused");
    for (frame, answered) in [
        (
            json!({"type": "edit", "id": id, "conversation": "2-3", "seq": 1, "client_message_id": other, "text": "x"}),
            "id",
        ),
        (
            json!({"type": "delete", "id": id, "conversation": "2-3", "seq": 1, "client_message_id": other}),
            "id",
        ),
        (
            json!({"type": "changes", "request": 7, "conversation": "2-3", "rev": 0, "seq": 0, "limit": 5}),
            "request",
        ),
        (json!({"type": "history", "request": 7, "conversation": "2-3", "limit": 5}), "request"),
        (json!({"type": "search", "request": 7, "text": "", "limit": 5}), "request"),
        (json!({"type": "read", "conversation": "2-3", "seq": 1}), "conversation"),
        (json!({"type": "typing", "conversation": "2-3"}), "conversation"),
        (json!({"type": "dock", "conversation": "2-3", "state": "open", "base": 0}), "conversation"),
        (json!({"type": "roster", "circle": "c7"}), "type"),
        (json!({"type": "visibility", "visible": true}), "type"),
    ] {
        ana.send(frame.clone()).await;
        let error = ana.next_of("error").await;
        assert_eq!((&error["code"], &error["final"]), (&json!("paused"), &json!(false)), "{frame}");
        if answered != "type" {
            assert_eq!(error[answered], frame[answered], "{frame}");
        }
        let left = error["retry_after_ms"].as_i64().unwrap();
        assert!((3_000_000..=3_600_001).contains(&left), "{left}");
    }
    ana.renew(&token(&host, 1, Some(until), "desk-of-2")).await;
    ana.send(json!({"type": "send"})).await;
    assert_eq!(ana.next_of("error").await["code"], "bad_frame");
    ana.all_until_now().await;
}

#[tokio::test]
async fn a_pause_by_a_token_holds_the_other_devices_too_and_a_newer_token_ends_it() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let mut phone = TestClient::connect(&server, &host, &token(&host, 1, None, "phone-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    let until = in_an_hour();
    let mut desk = paused(&server, &host, &token(&host, 2, Some(until), "desk-of-2"), until).await;
    assert_eq!(phone.closed().await, Some(4011));
    bruno.roster_becomes("c7", &[3]).await;
    let mut phone = paused(&server, &host, &token(&host, 1, None, "phone-of-2"), until).await;
    // Renewed with what the host says after the exam.
    desk.send(json!({"type": "renew", "token": token(&host, 3, None, "desk-of-2")})).await;
    assert_eq!((desk.closed().await, phone.closed().await), (Some(4012), Some(4012)));
    let mut phone = TestClient::connect(&server, &host, &token(&host, 1, None, "phone-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    // A pause by a renewal closes the one that renews as well.
    phone.send(json!({"type": "renew", "token": token(&host, 4, Some(until), "phone-of-2")})).await;
    assert_eq!(phone.closed().await, Some(4011));
    bruno.roster_becomes("c7", &[3]).await;
    let mut desk = paused(&server, &host, &token(&host, 4, Some(until), "desk-of-2"), until).await;
    // And a new page with a newer token ends it for the others.
    let _page = TestClient::connect(&server, &host, &token(&host, 5, None, "phone-of-2")).await;
    assert_eq!(desk.closed().await, Some(4012));
    bruno.roster_becomes("c7", &[2, 3]).await;
}

#[tokio::test]
async fn a_pause_ends_with_its_time_and_one_of_the_past_is_none() {
    let (server, host) = TestServer::start().await;
    let until = now_ms() + 700;
    let mut ana = paused(&server, &host, &token(&host, 2, Some(until), "desk-of-2"), until).await;
    assert_eq!(ana.closed().await, Some(4012));
    assert!(now_ms() >= until, "not before its time");
    TestClient::connect(&server, &host, &token(&host, 2, Some(until), "desk-of-2")).await;
    TestClient::connect(&server, &host, &token(&host, 3, Some(0), "desk-of-2")).await;
}

#[tokio::test]
async fn a_pause_that_is_prolonged_or_shortened_is_told_anew() {
    let (server, host) = TestServer::start().await;
    let (until, later) = (in_an_hour(), in_an_hour() + 60_000);
    let mut first = paused(&server, &host, &token(&host, 2, Some(until), "desk-of-2"), until).await;
    host.put(&server, 2, &ana(&host, 3, Some(until))).await;
    first.all_until_now().await;
    host.put(&server, 2, &ana(&host, 4, Some(later))).await;
    assert_eq!(first.closed().await, Some(4012));
    paused(&server, &host, &token(&host, 2, Some(until), "desk-of-2"), later).await;
}

#[tokio::test]
async fn a_pause_outlives_a_restart_and_ends_with_the_persons_rights() {
    let (server, host) = TestServer::start().await;
    let until = in_an_hour();
    host.put(&server, 2, &ana(&host, 2, Some(until))).await;
    let server = server.stop().await.start().await;
    let mut desk = paused(&server, &host, &token(&host, 1, None, "desk-of-2"), until).await;
    let mut phone = paused(&server, &host, &token(&host, 1, None, "phone-of-2"), until).await;
    // It is a connection as any other: listed, logged out, and closed by the brake and with the right to chat.
    let (_, logins) = host.call(&server, "GET", "/api/v1/logins", &Value::Null).await;
    assert_eq!(logins["logins"], json!([{"user": 2, "sids": ["desk-of-2", "phone-of-2"]}]));
    assert_eq!(host.log_out(&server, 2, "phone-of-2").await, 1);
    assert_eq!(phone.closed().await, Some(4410));
    host.call(&server, "PUT", "/api/v1/floor", &json!({"rights_version": 2})).await;
    desk.all_until_now().await;
    host.call(&server, "PUT", "/api/v1/floor", &json!({"rights_version": 3})).await;
    assert_eq!(desk.refusal().await, ("token_expired".into(), false, 4010));
    let mut desk = paused(&server, &host, &token(&host, 3, Some(until), "desk-of-2"), until).await;
    let mut out = ana(&host, 4, Some(until));
    merge(&mut out, json!({"rights": []}));
    host.put(&server, 2, &out).await;
    assert_eq!(desk.closed().await, Some(4403));
}

/// Each round, a call arrives at some point of a connect; whatever the order, it must not leave the old state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_that_begins_or_ends_in_the_middle_of_a_connect_is_not_lost() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let until = in_an_hour();
    let mut held = Vec::new();
    for round in 0..40_i64 {
        let user = 100 + round;
        let begins = round % 2 == 0;
        let (before, after) = if begins { (None, Some(until)) } else { (Some(until), None) };
        let hold = usize::try_from(round % 10).unwrap();
        let call = async {
            for _ in 0..hold * 20 {
                tokio::task::yield_now().await;
            }
            host.put(&server, user, &ana(&host, 2, after)).await
        };
        let claims = json!({"paused_until": before});
        let token = host.token_with(user, "Ana", &pupil(), claims);
        let connect = async {
            let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
            client.hello(&token, json!({})).await;
            client
        };
        let (_, mut client) = tokio::join!(call, connect);
        if begins {
            match client.next_or_close().await {
                Ok(frame) if frame["type"] == "paused" => {}
                Ok(frame) => assert_eq!(client.closed().await, Some(4011), "round {round}: {frame}"),
                Err(code) => assert_eq!(code, Some(4011), "round {round}"),
            }
        } else {
            match client.next_or_close().await {
                Ok(frame) if frame["type"] == "welcome" => {}
                Ok(_) => assert_eq!(client.closed().await, Some(4012), "round {round}"),
                Err(code) => assert_eq!(code, Some(4012), "round {round}"),
            }
        }
        held.push(client);
    }
    // Whoever is paused is not there, whatever was in between.
    let mut again = Vec::new();
    for round in 0..40_i64 {
        let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
        client.hello(&host.token(100 + round, "Ana", &pupil()), json!({})).await;
        let wanted = if round % 2 == 0 { "paused" } else { "welcome" };
        client.next_of(wanted).await;
        again.push(client);
    }
    let there: Vec<i64> = std::iter::once(3).chain((0..40).filter(|n| n % 2 == 1).map(|n| 100 + n)).collect();
    bruno.roster_becomes("c7", &there).await;
}

/// Each round, two pages of one person sign in at once, by tokens of which one says that the chat is paused and the other
/// that it is not. Whichever comes first, the newer one holds for both. A page that is closed in between comes back with
/// its own token, as browsers do.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_tokens_that_come_at_once_the_newer_decides_for_both_pages_whether_they_are_paused() {
    let (server, host) = patient().await;
    let until = in_an_hour();
    let says_hello = async |token: &str| {
        let mut page = TestClient::open(&server, Some(&host.url)).await.unwrap();
        page.hello(token, json!({})).await;
        page
    };
    for round in 0..200_i64 {
        let token = |version: i64, until: Option<i64>, sid: &str| {
            let claims = json!({"rights_version": version, "paused_until": until, "sid": sid});
            host.token_with(100 + round, "Ana", &pupil(), claims)
        };
        let (pausing, talking, holds) = if round % 2 == 0 { (3, 2, "paused") } else { (2, 3, "welcome") };
        let tokens = [token(pausing, Some(until), "desk-of-2"), token(talking, None, "phone-of-2")];
        let pages = tokio::join!(says_hello(&tokens[0]), says_hello(&tokens[1]));
        for (mut page, token) in [pages.0, pages.1].into_iter().zip(&tokens) {
            loop {
                match page.next_or_close().await {
                    Ok(frame) if frame["type"] == holds => break,
                    Ok(_) => {}
                    Err(Some(4011 | 4012)) => page = says_hello(token).await,
                    Err(code) => panic!("round {round}: closed with {code:?}"),
                }
            }
        }
    }
}
