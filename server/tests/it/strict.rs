//! What the contract does not name is a mistake: refused in every frame, body and query, and passed over only in
//! `hello`, and beside the claims of a token, where RFC 7519 says so. And a UUID has one form.

use std::fs;

use serde_json::{Value, json};

use crate::util::{
    TestClient, TestServer, circle,
    host::{merge, send_call},
};

fn fixtures(folder: &str) -> Vec<(String, Value)> {
    let folder = format!("{}/../protocol/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

/// The value with a field too many, once for each object in it.
fn with_more(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert("canary".into(), json!(1));
            all.push(Value::Object(more));
            for (name, inner) in fields {
                for changed in with_more(inner) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), changed);
                    all.push(Value::Object(fields));
                }
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                for changed in with_more(inner) {
                    let mut items = items.clone();
                    items[at] = changed;
                    all.push(Value::Array(items));
                }
            }
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_in_every_frame_but_hello() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let mut tried = 0;
    for (name, frame) in fixtures("client") {
        for frame in with_more(&frame) {
            if frame["type"] == "hello" {
                let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
                client.send(frame.clone()).await;
                // A client says hello before it knows what this server takes. It is read, and fails by its token.
                assert_eq!(client.refusal().await.0, "bad_token", "{name}: {frame}");
            } else {
                ana.send(frame.clone()).await;
                let error = ana.next_of("error").await;
                assert_eq!(error["code"], "bad_frame", "{name}: {frame}");
                assert!(error["message"].as_str().unwrap().contains("canary"), "it is named: {error}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[tokio::test]
async fn and_in_the_body_and_the_query_of_every_call() {
    let (server, host) = TestServer::start().await;
    TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let calls = [
        ("user.put", "PUT", "/api/v1/users/2"),
        ("circles.put", "PUT", "/api/v1/circles/c7"),
        ("policy.put", "PUT", "/api/v1/policy"),
        ("floor.put", "PUT", "/api/v1/floor"),
        ("logout.post", "POST", "/api/v1/logouts"),
        ("user.delete", "DELETE", "/api/v1/users/2"),
    ];
    let bodies = fixtures("api");
    let is_body = |name: &str| !name.ends_with(".answer") && name != "error";
    assert_eq!(bodies.iter().filter(|(name, _)| is_body(name)).count(), calls.len(), "every body is tried");
    for (name, method, path) in calls {
        let body = &bodies.iter().find(|(other, _)| other == name).unwrap().1;
        for body in with_more(body) {
            let (status, answer) = host.call(&server, method, path, &body).await;
            assert_eq!((status, &answer["code"]), (400, &json!("bad_request")), "{name}: {body}");
            // What is a table of names has no fields.
            let is_named = answer["message"].as_str().unwrap().contains("canary");
            assert!(is_named || body["groups"]["canary"].is_number(), "it is named: {answer}");
        }
        let (status, answer) = host.call(&server, method, &format!("{path}?canary=1"), body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("bad_request")), "{name}");
    }
    for path in [
        "/api/v1/status?canary=1",
        "/api/v1/logins?canary=1",
        "/api/v1/users/2?canary=1",
        "/api/v1/users/2/conversations/2-3?canary=1",
    ] {
        let (status, answer) = host.call(&server, "GET", path, &Value::Null).await;
        assert_eq!((status, &answer["code"]), (400, &json!("bad_request")), "{path}");
    }
}

#[tokio::test]
async fn claims_that_nobody_knows_are_passed_over_but_not_fields_within_those_that_are() {
    let (server, host) = TestServer::start().await;
    let more = json!({"canary": 1, "https://moodle.example/claim": {"x": []}});
    TestClient::connect(&server, &host, &host.token_with(2, "Ana", &[circle("c7", "student")], more)).await;
    let mut odd = circle("c7", "student");
    merge(&mut odd, json!({"canary": 1}));
    let token = host.token(2, "Ana", &[odd]);
    assert_eq!(TestClient::refused(&server, &host, &token).await, ("bad_token".into(), true, 4401));
    let mut claims = host.call_claims("GET", "/api/v1/status", "");
    merge(&mut claims, json!({"canary": 1}));
    let bearer = host.sign(&claims);
    assert_eq!(send_call(&server, "GET", "/api/v1/status", "", &bearer).await.0, 200);
}

#[tokio::test]
async fn a_uuid_in_any_other_form_than_that_of_the_contract_is_refused() {
    let (server, host) = TestServer::start().await;
    let c7 = [circle("c7", "student")];
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7).await);
    let id = "0199f1c8-7d3a-7c21-9b60-2f5a1d0e4c11";
    let others = [
        id.to_uppercase(),
        id.replace('-', ""),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        format!(" {id}"),
        id.replace("7c21", "7C21"),
        "0199f1c8".into(),
    ];
    let epoch = ana.welcome["epoch"].clone();
    let token = host.token(2, "Ana", &c7);
    for other in &others {
        ana.send(json!({"type": "send", "client_message_id": other, "conversation": "2-3", "text": "x"}))
            .await;
        let error = ana.next_of("error").await;
        assert_eq!((&error["code"], &error["final"]), (&json!("bad_frame"), &json!(true)), "{other}");
        for more in [
            json!({"session": other}),
            json!({"cursor": {"epoch": other, "conversations": []}}),
            json!({"rosters": {"boot": other, "versions": []}}),
        ] {
            let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
            client.hello(&token, more.clone()).await;
            assert_eq!(client.refusal().await.0, "bad_frame", "{more}");
        }
    }
    let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
    let held = json!({"session": id, "cursor": {"epoch": epoch, "conversations": []}});
    client.hello(&token, held).await;
    client.next_of("welcome").await;
    client.send(json!({"type": "send", "client_message_id": id, "conversation": "2-3", "text": "x"})).await;
    assert_eq!(client.next_of("ack").await["id"], id);
}
