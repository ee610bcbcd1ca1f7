//! What one person may take in a time belongs to them, whatever they do with their connections; answers have a size
//! whatever others have written; and how the server says what it has left.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use uuid::Uuid;

use crate::util::{
    Host, TestClient, TestServer, circle,
    process::Process,
    raw::{head, upgraded},
};

/// The bytes of a page of history, and of all changes of a welcome (protocol/README.md, "Limits"), and of what surrounds
/// them.
const PAGE: usize = 262_144 + 8_192;

fn c7() -> [Value; 1] {
    [circle("c7", "student")]
}

/// Ana and Bruno with so many messages of the largest size between them.
async fn long_talk(server: &TestServer, host: &Host, count: usize) -> (TestClient, TestClient) {
    let mut ana = TestClient::person(server, host, 2, "Ana", &c7()).await;
    let bruno = TestClient::person(server, host, 3, "Bruno", &c7()).await;
    let text = "\u{1F600}".repeat(4_096);
    for _ in 0..count {
        assert_eq!(ana.say("2-3", &text).await["type"], "ack");
    }
    (ana, bruno)
}

fn loud(config: &mut gchat::config::Config) {
    (config.limits.messages_per_second, config.limits.message_burst) = (1_000, 1_000);
}

#[tokio::test]
async fn a_page_of_history_is_cut_by_its_bytes_and_says_so_and_the_whole_is_there_page_by_page() {
    let (server, host) = TestServer::start_with(loud).await;
    let (mut ana, _bruno) = long_talk(&server, &host, 40).await;
    for back in [false, true] {
        let (mut seen, mut at, mut pages) = (BTreeSet::<i64>::new(), None, 0);
        loop {
            let mut ask = json!({"type": "history", "conversation": "2-3", "limit": 100});
            match at {
                Some(seq) if back => ask["before"] = json!(seq),
                Some(seq) => ask["after"] = json!(seq),
                None if back => {}
                None => ask["after"] = json!(0),
            }
            let page = ana.ask(ask).await;
            assert!(page.to_string().len() <= PAGE, "{} bytes", page.to_string().len());
            let seqs: Vec<i64> =
                page["messages"].as_array().unwrap().iter().map(|m| m["seq"].as_i64().unwrap()).collect();
            pages += 1;
            at = if back { seqs.first() } else { seqs.last() }.copied();
            seen.extend(&seqs);
            if page["more"] == false {
                break;
            }
        }
        assert!(seen.into_iter().eq(1..=40), "all of it");
        assert!(pages > 2, "in {pages} pages");
    }
}

#[tokio::test]
async fn a_welcome_has_changes_of_bounded_bytes_and_none_after_too_much_and_still_says_that_there_are_some() {
    let (server, host) = TestServer::start_with(|config| {
        loud(config);
        config.limits.answer_burst_bytes = 400_000;
        config.limits.answer_bytes_per_second = 1;
    })
    .await;
    let (ana, _bruno) = long_talk(&server, &host, 30).await;
    let cursor = |epoch: &Value| json!({"cursor": {"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": 0, "seq": 0}]}});
    let right = cursor(&ana.welcome["epoch"]);
    let wrong = cursor(&json!("0199f0aa-1111-7abc-8def-0123456789ab"));
    let mut sizes = Vec::new();
    for (cursor, reset) in [(&right, false), (&right, false), (&right, false), (&wrong, true)] {
        let mut back = TestClient::open(&server, Some(&host.url)).await.unwrap();
        back.hello(&host.token(3, "Bruno", &c7()), cursor.clone()).await;
        let welcome = back.next_of("welcome").await;
        let missed = &welcome["changes"][0];
        let messages = missed["messages"].as_array().unwrap();
        sizes.push(messages.len());
        // Of a reset the newest that fit are all there is to say, but if none does.
        assert_eq!((missed["more"] == true, missed["reset"] == true), (true, reset), "{missed}");
        let to = messages.last().map_or(0, |last| last["rev"].as_i64().unwrap());
        assert_eq!(missed["rev"], if reset { 30 } else { to });
        assert!(welcome.to_string().len() <= PAGE);
    }
    assert!((1..30).contains(&sizes[0]), "{sizes:?}");
    assert_eq!(sizes[2..], [0, 0], "what was sent was too much: later");
    // A page is refused for as long, and another person's is not.
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let ask = json!({"type": "history", "conversation": "2-3", "limit": 100});
    let refused = bruno.ask(ask.clone()).await;
    assert_eq!((&refused["code"], &refused["final"]), (&json!("rate_limited"), &json!(false)));
    assert!(refused["retry_after_ms"].as_i64().unwrap() > 0);
    let mut ana = ana;
    assert_eq!(ana.ask(ask).await["type"], "history");
}

#[tokio::test]
async fn a_new_connection_brings_no_new_searches_messages_or_typing() {
    let (server, host) = TestServer::start_with(|config| config.limits.messages_per_second = 1).await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    let (mut found, mut sent) = (0, 0);
    for _ in 0..20 {
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
        ana.send(json!({"type": "typing", "conversation": "2-3"})).await;
        for _ in 0..3 {
            let answer = ana.ask(json!({"type": "search", "text": "", "limit": 10})).await;
            found += usize::from(answer["type"] == "contacts");
            sent += usize::from(ana.say("2-3", "again").await["type"] == "ack");
        }
    }
    // Five at once and five a second, over however long this took: bounded by the clock, and far from the sixty asked for.
    let frames = bruno.all_until_now().await;
    let typing = frames.iter().filter(|frame| frame["type"] == "typing").count();
    assert!((5..60).contains(&found), "{found} searches");
    assert!((20..60).contains(&sent), "{sent} messages");
    assert!((1..20).contains(&typing), "{typing} times");
}

#[tokio::test]
async fn sign_ins_are_limited_by_person_and_told_when_to_come_back() {
    let (server, host) = TestServer::start_with(|config| config.limits.sign_in_burst = 10).await;
    let mut refused = 0;
    for _ in 0..12 {
        let mut ana = TestClient::open(&server, Some(&host.url)).await.unwrap();
        ana.hello(&host.token(2, "Ana", &c7()), json!({})).await;
        let answer = ana.wait(|f| matches!(f["type"].as_str(), Some("welcome" | "error"))).await;
        if answer["type"] == "error" {
            refused += 1;
            assert_eq!((&answer["code"], &answer["final"]), (&json!("rate_limited"), &json!(false)));
            assert!((1..=1_001).contains(&answer["retry_after_ms"].as_i64().unwrap()), "{answer}");
            assert_eq!(ana.closed().await, Some(4005), "come back");
        }
    }
    assert!((1..=2).contains(&refused), "{refused}");
    // A renewal is looked up as a sign-in is; the connection goes on.
    let mut carla = TestClient::person(&server, &host, 4, "Carla", &c7()).await;
    let mut told = Vec::new();
    for _ in 0..12 {
        carla.send(json!({"type": "renew", "token": host.token(4, "Carla", &c7())})).await;
        told.push(
            carla.wait(|f| matches!(f["type"].as_str(), Some("renewed" | "error"))).await["code"].clone(),
        );
    }
    assert!(told[..9].iter().all(Value::is_null) && told.contains(&json!("rate_limited")), "{told:?}");
    carla.all_until_now().await;
    TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
}

#[tokio::test]
async fn nobody_fills_the_disk_and_what_is_refused_keeps_its_text_and_says_when() {
    let (server, host) = TestServer::start_with(|config| {
        loud(config);
        config.limits.user_bytes_per_day = 50_000;
        config.limits.site_bytes_per_day = 70_000;
    })
    .await;
    let status =
        async || host.call(&server, "GET", "/api/v1/status", &Value::Null).await.1["storage"].clone();
    let before = status().await;
    assert_eq!((&before["written_today_bytes"], &before["budget_bytes"]), (&json!(0), &json!(70_000)));
    let (free, total) = (before["free_bytes"].as_u64().unwrap(), before["total_bytes"].as_u64().unwrap());
    assert!(0 < free && free < total, "{before}");
    let (mut ana, mut bruno) = long_talk(&server, &host, 3).await;
    let text = "\u{1F600}".repeat(4_096);
    let refused = ana.say("2-3", &text).await;
    assert_eq!((&refused["code"], &refused["final"]), (&json!("rate_limited"), &json!(false)));
    assert!(refused["message"].as_str().unwrap().contains("one person may in a day"), "{refused}");
    assert!(refused["retry_after_ms"].as_i64().unwrap() > 60_000, "not in a moment: {refused}");
    // Again, after coming back: the same.
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    assert_eq!(ana.say("2-3", &text).await["code"], "rate_limited");
    assert_eq!(bruno.say("2-3", &text).await["type"], "ack", "another person's is another budget");
    let refused = bruno.say("2-3", &text).await;
    assert!(refused["message"].as_str().unwrap().contains("this site has written"), "{refused}");
    let written = status().await["written_today_bytes"].as_u64().unwrap();
    assert!((60_000..=70_000).contains(&written), "what was refused does not count: {written}");
}

#[tokio::test]
async fn refused_sends_and_reads_count_as_others() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(ana.say("2-99", "is anybody there").await["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes[..20], ["unknown_recipient"; 20]);
    assert!(codes[20..].iter().any(|code| code == "rate_limited"), "{codes:?}");
}

#[tokio::test]
async fn reads_windows_and_looks_at_rosters_are_limited_too() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.frames_per_second, config.limits.frame_burst) = (10_000, 10_000);
        config.limits.answer_burst_bytes = 20_000;
        config.limits.answer_bytes_per_second = 1;
    })
    .await;
    let asks = [
        (json!({"type": "read", "conversation": "2-99", "seq": 1}), 300),
        (json!({"type": "dock", "conversation": "3-99", "state": "open", "base": 0}), 200),
        (json!({"type": "roster", "circle": "c7"}), 200),
        (json!({"type": "visibility", "visible": true}), 200),
    ];
    for (user, (ask, times)) in (2..).zip(asks) {
        let mut person = TestClient::person(&server, &host, user, "Ana", &c7()).await;
        for _ in 0..times {
            person.send(ask.clone()).await;
        }
        let told = person.all_until_now().await;
        assert!(told.iter().any(|frame| frame["code"] == "rate_limited"), "{ask}: {} frames", told.len());
    }
}

/// The attack: dozens of pages of history in a second, each of a quarter of a MiB.
#[tokio::test]
async fn pages_and_changes_are_counted_in_bytes_and_whoever_had_too_many_gets_nothing_large() {
    let all = [
        json!({"type": "history", "conversation": "2-3", "limit": 100}),
        json!({"type": "changes", "conversation": "2-3", "rev": 0, "seq": 0, "limit": 100}),
        json!({"type": "search", "text": "", "limit": 10}),
    ];
    for ask in &all[..2] {
        let (server, host) = TestServer::start_with(|config| {
            config.limits.answer_burst_bytes = 40_000;
            config.limits.answer_bytes_per_second = 1;
        })
        .await;
        // A page is one message of 16 KiB.
        let (mut ana, mut bruno) = long_talk(&server, &host, 1).await;
        for _ in 0..3 {
            assert_eq!(ana.ask(ask.clone()).await["type"], ask["type"]);
        }
        let too_much = |told: &Value| {
            assert_eq!((&told["code"], &told["final"]), (&json!("rate_limited"), &json!(false)), "{told}");
            assert!(told["retry_after_ms"].as_i64().unwrap() > 1_000, "not in a moment: {told}");
        };
        for other in &all {
            too_much(&ana.ask(other.clone()).await);
        }
        for other in
            [json!({"type": "roster", "circle": "c7"}), json!({"type": "visibility", "visible": true})]
        {
            ana.all_until_now().await;
            ana.send(other).await;
            too_much(&ana.next_of("error").await);
        }
        // Small things go on, and others are not concerned.
        assert_eq!(ana.say("2-3", "still here").await["type"], "ack");
        assert_eq!(bruno.ask(ask.clone()).await["type"], ask["type"]);
    }
}

#[tokio::test]
async fn an_address_that_speaks_for_others_and_is_not_trusted_is_told_of() {
    let (server, host) = TestServer::start().await;
    let told =
        async || host.call(&server, "GET", "/api/v1/status", &Value::Null).await.1["untrusted_proxy"].clone();
    TestClient::open(&server, Some(&host.url)).await.unwrap();
    assert_eq!(told().await, Value::Null);
    let headers = [("origin", &*host.url), ("x-forwarded-for", "203.0.113.9")];
    TestClient::open_with(&server, "/ws", &headers).await.unwrap();
    assert_eq!(told().await, "127.0.0.1");
    let (server, host) = TestServer::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let headers = [("origin", &*host.url), ("x-forwarded-for", "203.0.113.9")];
    TestClient::open_with(&server, "/ws", &headers).await.unwrap();
    let (_, status) = host.call(&server, "GET", "/api/v1/status", &Value::Null).await;
    assert_eq!(status["untrusted_proxy"], Value::Null);
}

#[tokio::test]
async fn addresses_of_one_ipv6_subscriber_are_one_place() {
    let (server, host) = TestServer::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.limits.unauthenticated_per_address = 2;
    })
    .await;
    let open = async |from: &str| {
        TestClient::open_with(&server, "/ws", &[("origin", &*host.url), ("x-forwarded-for", from)]).await
    };
    let _first = open("2001:db8:1:2::1").await.unwrap();
    let _second = open("2001:db8:1:2:ffff::2").await.unwrap();
    assert_eq!(open("2001:db8:1:2:8000::3").await.err(), Some(429), "the same /64");
    open("2001:db8:1:3::1").await.unwrap();
}

/// A server in a process of its own, Ana, whom ten people have written so much that her welcome has all it may, and the
/// `hello` that draws it.
async fn much_to_say() -> (Process, Host, Value) {
    let (server, host) = Process::start(&[
        ("GCHAT_LIMITS_MESSAGES_PER_SECOND", "1000"),
        ("GCHAT_LIMITS_MESSAGE_BURST", "1000"),
        ("GCHAT_LIMITS_FRAMES_PER_SECOND", "1000"),
        ("GCHAT_LIMITS_FRAME_BURST", "1000"),
        ("GCHAT_LIMITS_USER_BYTES_PER_DAY", "100000000"),
    ])
    .await;
    let token = host.token(2, "Ana", &c7());
    let mut ana = TestClient::connect_at(server.address, &host, &token).await;
    let text = "\u{1F600}".repeat(4_096);
    let partners = 3..13;
    for partner in partners.clone() {
        TestClient::connect_at(server.address, &host, &host.token(partner, "Partner", &c7())).await;
        for _ in 0..20 {
            assert_eq!(ana.say(&format!("2-{partner}"), &text).await["type"], "ack");
        }
    }
    let conversations: Vec<Value> =
        partners.map(|p| json!({"conversation": format!("2-{p}"), "rev": 0, "seq": 0})).collect();
    let cursor = json!({"epoch": ana.welcome["epoch"], "conversations": conversations});
    let hello = json!({"type": "hello", "protocol": 1, "token": token, "visible": false, "cursor": cursor});
    (server, host, hello)
}

/// A socket that has said this `hello`, and reads nothing.
async fn unread(server: &Process, host: &Host, round: usize, hello: &Value, session: Uuid) -> TcpStream {
    let mut hello = hello.clone();
    hello["session"] = json!(session);
    let hello = hello.to_string();
    let mut socket = upgraded(server, host, u8::try_from(round % 200 + 1).unwrap()).await.unwrap();
    let bytes = [head(0x81, u64::try_from(hello.len()).unwrap()), hello.into_bytes()].concat();
    let _ = socket.write_all(&bytes).await;
    socket
}

/// The attack: few bytes ask for many, over and over, and nothing is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_much_and_reads_nothing_takes_little_memory() {
    const ROUNDS: usize = 240;
    const MORE_KIB: u64 = 20 * 1_024;
    let (server, host, hello) = much_to_say().await;
    let before = server.memory_kib();
    let mut sockets = Vec::new();
    let mut most = before;
    for round in 0..ROUNDS {
        sockets.push(unread(&server, &host, round, &hello, Uuid::new_v4()).await);
        most = most.max(server.memory_kib());
    }
    // What came last may still be on its way.
    for _ in 0..20 {
        most = most.max(server.memory_kib());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(most <= before + MORE_KIB, "from {before} to {most} KiB");
}
