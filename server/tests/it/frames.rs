//! Frames of every wrong shape: each is refused in words, harms nobody, and the connection goes on.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::util::{TestClient, TestServer, circle};

const ID: &str = "0199f1c8-7d3a-7c21-9b60-2f5a1d0e4c11";
/// The name of the message that a verb is about.
const OTHER: &str = "0199f1c8-8a10-7e02-8c51-77aa31b0c9d2";

async fn two() -> (TestServer, TestClient, TestClient) {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
    })
    .await;
    let c7 = [circle("c7", "student")];
    let ana = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    let bruno = TestClient::person(&server, &host, 3, "Bruno", &c7).await;
    (server, ana, bruno)
}

/// The frame is refused as such, and a ping behind it is answered.
async fn refused(ana: &mut TestClient, text: &str) -> Value {
    ana.send_text(text).await;
    let shown: String = text.chars().take(200).collect();
    let answers: Vec<_> = ana
        .all_until_now()
        .await
        .into_iter()
        .filter(|f| !f["type"].as_str().unwrap().starts_with("roster"))
        .collect();
    assert_eq!(answers.len(), 1, "{shown}: {answers:?}");
    assert_eq!((&answers[0]["code"], &answers[0]["final"]), (&json!("bad_frame"), &json!(true)), "{shown}");
    answers[0].clone()
}

#[tokio::test]
async fn what_is_no_frame_is_refused_and_the_connection_lives() {
    let (_server, mut ana, mut bruno) = two().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(12_000), close.repeat(12_000));
    for text in [
        "",
        " ",
        "\0",
        "{",
        "}",
        "[]",
        "null",
        "true",
        "7",
        "\"ping\"",
        "{}",
        "[{\"type\":\"ping\"}]",
        r#"{"type":"ping"}{"type":"ping"}"#,
        r#"{"type":"ping"},"#,
        r#"{"type":"ping",}"#,
        "{'type':'ping'}",
        r#"{type:"ping"}"#,
        r#"{"type":"PING"}"#,
        r#"{"type":"ping "}"#,
        r#"{"Type":"ping"}"#,
        r#"{"type":null}"#,
        r#"{"type":["ping"]}"#,
        r#"{"type":{"ping":{}}}"#,
        r#"{"type":7}"#,
        r#"{"type":"welcome"}"#,
        r#"{"type":"ack"}"#,
        r#"{"type":"ping","type":"ping"}"#,
        r#"{"type":"ping","more":1}"#,
        r#"{"type":"pong","request":1}"#,
        r#"{"type":"ping","x":"\ud800"}"#,
        r#"{"type":"\udfff"}"#,
        r#"{"type":"ping","x":"\u{41}"}"#,
        "{\"type\":\"ping\",\"x\":\"\u{1}\"}",
        r#"{"type":"ping"}garbage"#,
        "\u{feff}{\"type\":\"ping\"}",
        r#"{"type":"pi\u0000ng"}"#,
        r#"{"type":"ping","__proto__":{}}"#,
        r#"{"type":"ping","n":1e99999}"#,
        r#"{"type":"ping","n":NaN}"#,
        r#"{"type":"ping","n":-}"#,
    ] {
        refused(&mut ana, text).await;
    }
    refused(&mut ana, &deep("[", "]")).await;
    refused(&mut ana, &format!(r#"{{"type":"ping","x":{}}}"#, deep("[", "]"))).await;
    refused(&mut ana, &deep(r#"{"a":"#, "")).await;
    refused(&mut ana, &"x".repeat(65_536)).await;
    refused(&mut ana, &format!(r#"{{"type":"{}"}}"#, "é".repeat(32_000))).await;
    for bytes in [&b""[..], &[0], &[0xff; 1_000], br#"{"type":"ping"}"#] {
        ana.send_raw(Message::binary(bytes.to_vec())).await;
        assert_eq!(ana.next_of("error").await["code"], "bad_frame");
    }
    assert_eq!(ana.say("2-3", "and still they talk").await["seq"], 1);
    assert_eq!(bruno.next_message().await["text"], "and still they talk");
}

/// Good frames, and values that each field must not have.
fn wrong() -> Vec<(Value, &'static str, Vec<Value>)> {
    let not_string = || vec![json!(null), json!(7), json!(true), json!([]), json!({}), json!(["x"])];
    let conversation = || {
        let texts = [
            "",
            "-",
            "2",
            "3-2",
            "2-2",
            "02-3",
            "2-03",
            "2-3-4",
            " 2-3",
            "2-3 ",
            "+2-3",
            "-2-3",
            "2--3",
            "a-b",
            "0-3",
            "2-9007199254740992",
            "2-99999999999999999999",
            "2–3",
            "２-3",
            "2-3\0",
        ];
        [not_string(), texts.map(Value::from).to_vec()].concat()
    };
    let request = || {
        vec![
            json!(null),
            json!("1"),
            json!(-1),
            json!(1.5),
            json!(0),
            json!(2_147_483_648_u64),
            json!(4_294_967_296_u64),
            json!([1]),
        ]
    };
    let whole = |null: bool| {
        let mut all = vec![
            json!("1"),
            json!(-1),
            json!(0.5),
            json!(1_i64 << 53),
            json!(u64::MAX),
            json!([]),
            json!({}),
            json!(true),
            json!(1e300),
        ];
        if null {
            all.push(json!(null));
        }
        all
    };
    let flag = || vec![json!(null), json!(0), json!(1), json!("true"), json!([])];
    let limit = || {
        vec![
            json!(null),
            json!("1"),
            json!(-1),
            json!(0),
            json!(101),
            json!(1e9),
            json!(2.5),
            json!(u64::MAX),
        ]
    };
    let circle = |null: bool| {
        let texts = ["", "/", "c7/", "/g", "c7/g/h", "c 7", "c\0", "ç7", "c7\n"];
        let mut all = [
            vec![json!(7), json!([]), json!({})],
            texts.map(Value::from).to_vec(),
            vec![json!("c".repeat(65))],
        ]
        .concat();
        if null {
            all.push(json!(null));
        }
        all
    };
    let held = || {
        vec![
            json!("x"),
            json!([{}]),
            json!([{"circle": "c7"}]),
            json!([{"circle": "c7", "version": -1}]),
            json!([{"circle": "c7", "version": 1, "more": 1}]),
            json!({}),
        ]
    };
    let send = json!({"type": "send", "client_message_id": ID, "conversation": "2-3", "text": "hi"});
    let edit = json!({"type": "edit", "id": ID, "conversation": "2-3", "seq": 1, "client_message_id": OTHER, "text": "hi"});
    let delete =
        json!({"type": "delete", "id": ID, "conversation": "2-3", "seq": 1, "client_message_id": OTHER});
    let changes =
        json!({"type": "changes", "request": 5, "conversation": "2-3", "rev": 1, "seq": 1, "limit": 5});
    let ids = || {
        [
            not_string(),
            ["", "x", "0199f1c8", "zzzzzzzz-7d3a-7c21-9b60-2f5a1d0e4c11"].map(Value::from).to_vec(),
        ]
        .concat()
    };
    let history = json!({"type": "history", "request": 5, "conversation": "2-3", "limit": 5});
    let dock = json!({"type": "dock", "conversation": "2-3", "state": "open", "base": 0});
    let search = json!({"type": "search", "request": 5, "text": "a", "limit": 5});
    let read = json!({"type": "read", "conversation": "2-3", "seq": 1});
    vec![
        (send.clone(), "client_message_id", ids()),
        (send.clone(), "conversation", conversation()),
        (send.clone(), "text", not_string()),
        (send, "reply_to", whole(false)),
        (edit.clone(), "id", ids()),
        (edit.clone(), "conversation", conversation()),
        (edit.clone(), "seq", whole(true)),
        (edit.clone(), "client_message_id", ids()),
        (edit, "text", not_string()),
        (delete.clone(), "id", ids()),
        (delete.clone(), "conversation", conversation()),
        (delete.clone(), "seq", whole(true)),
        (delete, "client_message_id", ids()),
        (changes.clone(), "request", request()),
        (changes.clone(), "conversation", conversation()),
        (changes.clone(), "rev", whole(true)),
        (changes.clone(), "seq", whole(true)),
        (changes, "limit", limit()),
        (history.clone(), "request", request()),
        (history.clone(), "conversation", conversation()),
        (history.clone(), "before", whole(false)),
        (history.clone(), "after", whole(false)),
        (history, "limit", limit()),
        (read.clone(), "conversation", conversation()),
        (read, "seq", whole(true)),
        (json!({"type": "typing", "conversation": "2-3"}), "conversation", conversation()),
        (dock.clone(), "conversation", conversation()),
        (dock.clone(), "state", [not_string(), vec![json!("OPEN"), json!("shut"), json!("")]].concat()),
        (dock, "base", vec![json!(null), json!("0"), json!(0.5), json!([]), json!(u64::MAX)]),
        (json!({"type": "visibility", "visible": true}), "visible", flag()),
        (json!({"type": "visibility", "visible": true}), "rosters", held()),
        (json!({"type": "roster", "circle": "c7"}), "circle", circle(true)),
        (search.clone(), "request", request()),
        (search.clone(), "text", [not_string(), vec![json!("x".repeat(101))]].concat()),
        (search.clone(), "circle", circle(false)),
        (search.clone(), "next", vec![json!(7), json!([]), json!({})]),
        (search, "limit", limit()),
        (json!({"type": "renew", "token": "x"}), "token", not_string()),
    ]
}

#[tokio::test]
async fn every_field_with_a_wrong_value_missing_or_unknown_is_refused() {
    let (_server, mut ana, _bruno) = two().await;
    for (good, field, values) in wrong() {
        for value in values {
            let mut frame = good.clone();
            frame[field] = value;
            let error = refused(&mut ana, &frame.to_string()).await;
            // What the frame names stays the answer's address, where it can be read.
            if field != "request" && good["request"] == 5 {
                assert_eq!(error["request"], 5, "{frame}");
            }
            let named = good["id"] == ID || (good["type"] == "send" && field != "client_message_id");
            if field != "id" && named {
                assert_eq!(error["id"], ID, "{frame}");
            }
        }
        let mut more = good.clone();
        more["sender"] = 3.into();
        refused(&mut ana, &more.to_string()).await;
        if good.get(field).is_some() {
            let mut less = good.clone();
            less.as_object_mut().unwrap().remove(field);
            refused(&mut ana, &less.to_string()).await;
            let twice = good.to_string().replacen('{', &format!("{{{:?}:{},", field, good[field]), 1);
            refused(&mut ana, &twice).await;
        }
    }
    let both =
        json!({"type": "history", "request": 5, "conversation": "2-3", "limit": 5, "before": 3, "after": 1});
    refused(&mut ana, &both.to_string()).await;
    assert_eq!(ana.say("2-3", "nothing of all that was kept").await["seq"], 1);
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection() {
    let (server, host) = TestServer::start().await;
    for bytes in [65_537, 100_000, 5_000_000] {
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &[]).await;
        ana.send_text(&"x".repeat(bytes)).await;
        assert_eq!(ana.closed().await, Some(4413), "{bytes}");
        let mut before_hello = TestClient::open(&server, Some(&host.url)).await.unwrap();
        before_hello.send_text(&"x".repeat(bytes)).await;
        assert_eq!(before_hello.closed().await, Some(4413), "{bytes}, as the first frame");
    }
}

#[tokio::test]
async fn the_first_frame_must_be_hello_and_hello_is_said_once() {
    let (server, host) = TestServer::start().await;
    let token = host.token(2, "Ana", &[]);
    let open = async || TestClient::open(&server, Some(&host.url)).await.unwrap();
    for frame in [
        json!({"type": "ping"}),
        json!({"type": "renew", "token": token}),
        json!({"type": "typing", "conversation": "2-3"}),
    ] {
        let mut client = open().await;
        client.send(frame).await;
        assert_eq!(client.refusal().await, ("hello_expected".into(), true, 4400));
    }
    let mut binary = open().await;
    binary.send_raw(Message::binary(b"hello".to_vec())).await;
    assert_eq!(binary.refusal().await, ("hello_expected".into(), true, 4400));
    for text in ["", "hello", "{\"type\":\"hello\"}", "[]"] {
        let mut client = open().await;
        client.send_text(text).await;
        assert_eq!(client.refusal().await, ("bad_frame".into(), true, 4400), "{text}");
    }
    let entries: Vec<_> =
        (0..101).map(|n| json!({"conversation": format!("2-{}", n + 3), "rev": 0, "seq": 0})).collect();
    let epoch = uuid::Uuid::nil();
    let held = |most: u32| {
        let versions: Vec<_> = (0..most).map(|n| json!({"circle": format!("c{n}"), "version": 1})).collect();
        json!({"rosters": {"boot": epoch, "versions": versions}})
    };
    for wrong in [
        json!({"session": 7}),
        json!({"visible": null}),
        json!({"features": "edit"}),
        json!({"features": ["x".repeat(33)]}),
        json!({"features": vec!["x"; 101]}),
        json!({"protocol": "1"}),
        json!({"token": null}),
        json!({"cursor": {"epoch": "x", "conversations": []}}),
        json!({"cursor": {"epoch": epoch, "conversations": entries}}),
        json!({"cursor": {"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": -1, "seq": 0}]}}),
        held(1_001),
    ] {
        let mut client = open().await;
        client.hello(&token, wrong.clone()).await;
        assert_eq!(client.refusal().await, ("bad_frame".into(), true, 4400), "{wrong}");
    }
    let mut many = open().await;
    many.hello(&token, held(1_000)).await;
    many.next_of("welcome").await;
    for protocol in [0, 2, 4_294_967_295_u32] {
        let mut client = open().await;
        client.hello(&token, json!({"protocol": protocol})).await;
        assert_eq!(client.refusal().await, ("unsupported_protocol".into(), true, 4406));
    }
    let mut ana = TestClient::connect(&server, &host, &token).await;
    ana.hello(&token, json!({})).await;
    assert_eq!(ana.next_of("error").await["code"], "hello_repeated");
    ana.all_until_now().await;
}

#[tokio::test]
async fn who_says_no_hello_is_closed_at_the_deadline_whatever_else_they_send() {
    let (server, host) = TestServer::start_with(|config| config.limits.hello_timeout_ms = 100).await;
    let mut silent = TestClient::open(&server, Some(&host.url)).await.unwrap();
    let mut pinging = TestClient::open(&server, Some(&host.url)).await.unwrap();
    pinging.send_raw(Message::Ping(vec![1].into())).await;
    assert_eq!((silent.closed().await, pinging.closed().await), (Some(4004), Some(4004)));
}

#[test]
fn no_json_and_no_bytes_kill_the_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (_server, ana, mut bruno) = runtime.block_on(two());
    let ana = tokio::sync::Mutex::new(ana);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["2-3", "c7", "open", "student", ID]).prop_map(Value::from),
    ];
    let fields = vec![
        "type",
        "token",
        "id",
        "client_message_id",
        "reply_to",
        "rev",
        "features",
        "conversation",
        "text",
        "request",
        "before",
        "after",
        "limit",
        "seq",
        "state",
        "base",
        "visible",
        "rosters",
        "circle",
        "next",
        "version",
        "session",
        "protocol",
    ];
    let any_json = leaf.clone().prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(prop::sample::select(fields.clone()), inner, 0..8).prop_map(|map| map
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    });
    let types = prop::sample::select(vec![
        "send",
        "edit",
        "delete",
        "changes",
        "history",
        "read",
        "typing",
        "dock",
        "visibility",
        "roster",
        "search",
        "ping",
        "pong",
        "hello",
    ]);
    let frame = (types, any_json).prop_map(|(kind, mut value)| {
        if let Value::Object(fields) = &mut value {
            fields.insert("type".into(), kind.into());
        }
        Message::text(value.to_string())
    });
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let any_message = prop_oneof![
        3 => frame,
        1 => any::<String>().prop_map(Message::text),
        1 => bytes.prop_map(Message::binary),
    ];
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_message, |message| {
            runtime.block_on(async {
                let mut ana = ana.lock().await;
                ana.send_raw(message).await;
                ana.all_until_now().await;
            });
            Ok(())
        })
        .unwrap();
    runtime.block_on(async {
        bruno.all_until_now().await;
        assert_eq!(ana.lock().await.say("2-3", "alive").await["type"], "ack");
    });
}
