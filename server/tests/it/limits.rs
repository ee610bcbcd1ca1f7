//! Every limit, at it and over it; and that who overruns one harms nobody else.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle};

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

async fn two(server: &TestServer, host: &Host) -> (TestClient, TestClient) {
    let ana = TestClient::person(server, host, 2, "Ana", &c7()).await;
    (ana, TestClient::person(server, host, 3, "Bruno", &c7()).await)
}

#[tokio::test]
async fn a_message_has_1_to_4096_code_points_after_trimming() {
    let (server, host) = TestServer::start().await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    let white = "\u{3000}\u{2003}\t\r\n \u{a0}\u{85}";
    for text in [
        "x".repeat(4_096),
        "😀".repeat(4_096),
        "e\u{301}".repeat(2_048),
        "한".repeat(4_096),
        "x".into(),
        "a\u{200b}".into(),
        "a\u{202e}b".into(),
    ] {
        assert_eq!(ana.say("2-3", &format!("{white}{text}{white}")).await["type"], "ack");
        assert_eq!(bruno.next_message().await["text"], text, "whole, and trimmed");
    }
    for (text, code) in [
        ("x".repeat(4_097), "message_too_long"),
        ("😀".repeat(4_097), "message_too_long"),
        ("e\u{301}".repeat(2_049), "message_too_long"),
        ("".into(), "empty_message"),
        (white.repeat(100), "empty_message"),
        ("\u{200b}\u{2800} \u{feff}".into(), "empty_message"),
        ("a\0b".into(), "bad_text"),
        ("\0".into(), "bad_text"),
    ] {
        let refused = ana.say("2-3", &text).await;
        assert_eq!((&refused["code"], &refused["final"]), (&json!(code), &json!(true)));
    }
    assert_eq!(ana.say("2-3", "next").await["seq"], 8, "no refusal took a number");
}

#[tokio::test]
async fn a_burst_of_20_messages_passes_and_the_21st_may_come_again_later() {
    let (server, host) = TestServer::start_with(|config| {
        // The wait below is for the server's clock, by asking.
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
    })
    .await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    let mut second = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let start = Instant::now();
    let mut acked = 0;
    let (id, wait) = loop {
        let id = Uuid::now_v7();
        // Of a user, not of a connection.
        let client = if acked % 2 == 0 { &mut ana } else { &mut second };
        let answer = client.say_as(id, "2-3", "again").await;
        if answer["type"] == "ack" {
            acked += 1;
            continue;
        }
        assert_eq!((&answer["code"], &answer["final"]), (&json!("rate_limited"), &json!(false)));
        break (id, answer["retry_after_ms"].as_u64().unwrap());
    };
    let refilled = i64::try_from(start.elapsed().as_millis() / 100).unwrap() + 1;
    assert!((20..=20 + refilled).contains(&acked), "{acked} in {:?}", start.elapsed());
    assert!((1..=200).contains(&wait), "{wait}");
    assert_eq!(bruno.say("2-3", "others are not held back").await["type"], "ack");
    // The same id later; the server's clock decides when.
    let answer = loop {
        let answer = ana.say_as(id, "2-3", "again").await;
        if answer["type"] == "ack" {
            break answer;
        }
    };
    assert_eq!(answer["seq"], acked + 2);
    // A try whose id is known counts like any other, and is acknowledged once there is room.
    let mut waited = false;
    while !waited {
        let answer = ana.say_as(id, "2-3", "again").await;
        waited = answer["type"] == "error";
        assert!(answer["seq"] == acked + 2 || answer["code"] == "rate_limited", "{answer}");
    }
}

#[tokio::test]
async fn a_flood_of_frames_of_any_kind_ends_the_connection_and_no_other() {
    let (server, host) = TestServer::start().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    for frame in [
        Message::text(r#"{"type":"ping"}"#),
        Message::text("x"),
        Message::binary(vec![1]),
        Message::Ping(vec![].into()),
        Message::Pong(vec![].into()),
        Message::text(r#"{"type":"search","request":1,"text":"","limit":1}"#),
    ] {
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
        for _ in 0..400 {
            ana.send_raw(frame.clone()).await;
        }
        assert_eq!(ana.closed().await, Some(4429), "{frame:?}");
    }
    bruno.all_until_now().await;
}

#[tokio::test]
async fn an_eleventh_connection_closes_the_oldest_and_a_session_replaces_its_own() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &c7());
    let mut all = Vec::new();
    for _ in 0..10 {
        all.push(TestClient::connect(&server, &host, &token).await);
    }
    let mut same = TestClient::open(&server, Some(&host.url)).await.unwrap();
    same.session = all[4].session;
    same.hello(&token, json!({})).await;
    same.next_of("welcome").await;
    assert_eq!(all[4].closed().await, Some(4409));
    all[4] = same;
    for client in &mut all {
        client.all_until_now().await;
    }
    let mut stranger = TestClient::open(&server, Some(&host.url)).await.unwrap();
    stranger.session = all[5].session;
    stranger.hello(&host.token(3, "Bruno", &c7()), json!({})).await;
    stranger.next_of("welcome").await;
    all[5].all_until_now().await;
    for oldest in 0..2 {
        all.push(TestClient::connect(&server, &host, &token).await);
        assert_eq!(all[oldest].closed().await, Some(4408));
    }
    for client in &mut all[2..] {
        client.all_until_now().await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_stops_nobody() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
        (config.limits.messages_per_second, config.limits.message_burst) = (100_000, 100_000);
        config.limits.answer_burst_bytes = 1 << 40;
        config.limits.user_bytes_per_day = 1 << 40;
    })
    .await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    let token = host.token(2, "Ana", &c7());
    let mut slow = TestClient::connect(&server, &host, &token).await;
    let text = "😀".repeat(4_096);
    ana.say("2-3", &text).await;
    // It asks and never reads the answers: a quarter of a MiB of messages each time.
    for n in 0..99 {
        ana.say("2-3", &text).await;
        bruno.next_message().await;
        slow.send(json!({"type": "history", "request": n + 1, "conversation": "2-3", "limit": 100})).await;
    }
    let (mut status, mut rounds) = (json!(null), 0);
    while status["connections"] != 2 {
        // Others write, and what they write fills the bounded queue of the one that does not read.
        ana.say("2-3", &text).await;
        bruno.next_message().await;
        status = host.call(&server, "GET", "/api/v1/status", &json!(null)).await.1;
        rounds += 1;
        assert!(rounds < 1_000, "{status}");
    }
    ana.all_until_now().await;
    assert_ne!(slow.closed().await, Some(1000));
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_outstay_its_silence() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.heartbeat_ms, config.limits.silence_ms) = (500, 1_000);
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
        (config.limits.messages_per_second, config.limits.message_burst) = (1_000, 1_000);
        config.limits.answer_burst_bytes = 1 << 40;
    })
    .await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    let text = "😀".repeat(4_096);
    for _ in 0..100 {
        ana.say("2-3", &text).await;
        bruno.next_message().await;
        bruno.all_until_now().await;
    }
    // 90 answers of a quarter of a MiB: the socket is full, the queue is not.
    for n in 0..90 {
        bruno.send(json!({"type": "history", "request": n + 1, "conversation": "2-3", "limit": 100})).await;
    }
    let mut status = json!(null);
    while status["connections"] != 1 {
        ana.send(json!({"type": "ping"})).await;
        ana.next_of("pong").await;
        status = host.call(&server, "GET", "/api/v1/status", &json!(null)).await.1;
    }
}

#[tokio::test]
async fn slow_headers_and_slow_bodies_are_cut_at_the_deadline() {
    let (server, host) = TestServer::start_with(|config| config.limits.header_timeout_ms = 150).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let mut body = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /api/v1/logouts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 1000\r\n\r\n{";
    body.write_all(head.as_bytes()).await.unwrap();
    let start = Instant::now();
    for socket in [&mut silent, &mut slow, &mut body] {
        let mut answer = Vec::new();
        tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer))
            .await
            .expect("cut")
            .ok();
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    }
    assert!(start.elapsed() >= Duration::from_millis(100), "not before");
    TestClient::person(&server, &host, 2, "Ana", &c7()).await;
}

#[tokio::test]
async fn more_than_five_searches_a_second_are_put_off() {
    let (server, host) = TestServer::start().await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(ana.ask(json!({"type": "search", "text": "", "limit": 10})).await);
    }
    assert_eq!(answers[4]["contacts"][0]["name"], "Bruno", "without oneself");
    let late = answers.iter().find(|a| a["type"] == "error").unwrap();
    assert_eq!((&late["code"], &late["final"]), (&json!("rate_limited"), &json!(false)));
    assert!((1..=201).contains(&late["retry_after_ms"].as_i64().unwrap()), "{late}");
    assert_eq!(bruno.ask(json!({"type": "search", "text": "", "limit": 10})).await["type"], "contacts");
}

#[tokio::test]
async fn idle_connections_are_asked_and_the_silent_are_closed() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.heartbeat_ms, config.limits.silence_ms) = (200, 600);
    })
    .await;
    let (mut ana, mut bruno) = two(&server, &host).await;
    for _ in 0..5 {
        ana.next_of("ping").await;
        ana.send(json!({"type": "pong"})).await;
    }
    ana.all_until_now().await;
    assert_eq!(bruno.closed().await, Some(4003));
}

#[tokio::test]
async fn a_host_may_send_many_circles_and_they_all_come() {
    let (server, host) = TestServer::start().await;
    let many: Vec<Value> =
        (0..300).map(|n| json!({"id": format!("c{n}"), "role": "student", "title": ""})).collect();
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &many).await;
    for n in 0..300 {
        ana.roster_becomes(&format!("c{n}"), &[2]).await;
    }
}
