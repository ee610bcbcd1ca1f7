//! Calls in the host's name: tampered, stale, replayed, misdirected; and what the API says of itself.

use std::time::Duration;

use gchat::clock::now_ms;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::util::{
    Host, TestClient, TestServer, circle,
    host::{merge, send_call, sign},
};

const PATH: &str = "/api/v1/users/2";

fn body(host: &Host, version: i64) -> String {
    host.person(version, "Ana", &[circle("c7", "student")]).to_string()
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    assert!(answer.1["message"].as_str().is_some_and(|m| m.len() > 10), "{answer:?}");
    (answer.0, answer.1["code"].as_str().unwrap())
}

#[tokio::test]
async fn a_call_is_bound_to_its_method_path_body_time_and_site() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let now = now_ms() / 1_000;
    let text = body(&host, 5);
    for (change, expected) in [
        (json!({"method": "DELETE"}), (401, "bad_token")),
        (json!({"method": "put"}), (401, "bad_token")),
        (json!({"path": "/api/v1/users/3"}), (401, "bad_token")),
        (json!({"path": "/api/v1/users/2?x"}), (401, "bad_token")),
        (json!({"path": "/gchat/api/v1/users/2"}), (401, "bad_token")),
        (json!({"body_sha256": gchat::auth::sha256_hex(b"{}")}), (401, "bad_token")),
        (json!({"body_sha256": gchat::auth::sha256_hex(text.as_bytes()).to_uppercase()}), (401, "bad_token")),
        (json!({"aud": "gchat"}), (401, "bad_token")),
        (json!({"aud": ["gchat-api"]}), (401, "bad_token")),
        (json!({"iss": other.issuer}), (401, "bad_token")),
        (json!({"jti": "short"}), (401, "bad_token")),
        (json!({"jti": "x".repeat(65)}), (401, "bad_token")),
        (json!({"exp": now + 63}), (401, "bad_token")),
        (json!({"exp": now}), (401, "bad_token")),
        (json!({"exp": (now + 60).to_string()}), (401, "bad_token")),
        (json!({"iat": now - 95, "exp": now - 36}), (401, "token_expired")),
        (json!({"iat": now + 35, "exp": now + 90}), (401, "token_early")),
        (json!({"wwwroot": "https://clone.example"}), (409, "wrong_wwwroot")),
        (json!({"wwwroot": "https://other.example"}), (409, "wrong_wwwroot")),
        (json!({"wwwroot": "http://moodle.example"}), (409, "wrong_wwwroot")),
    ] {
        let mut claims = host.call_claims("PUT", PATH, &text);
        merge(&mut claims, change.clone());
        let answer = send_call(&server, "PUT", PATH, &text, &host.sign(&claims)).await;
        assert_eq!(code(&answer), expected, "{change}");
    }
    for spelling in ["https://Moodle.Example", "HTTPS://moodle.example/", "https://moodle.example:443"] {
        let mut claims = host.call_claims("PUT", PATH, &text);
        merge(&mut claims, json!({"wwwroot": spelling}));
        let answer = send_call(&server, "PUT", PATH, &text, &host.sign(&claims)).await;
        assert_eq!(answer.0, 200, "{spelling}: {answer:?}");
    }
    let claims = host.call_claims("PUT", PATH, &text);
    for claim in claims.as_object().unwrap().keys() {
        let mut less = claims.clone();
        less.as_object_mut().unwrap().remove(claim);
        assert_eq!(
            code(&send_call(&server, "PUT", PATH, &text, &host.sign(&less)).await),
            (401, "bad_token"),
            "{claim}"
        );
    }
    let forged = sign(Algorithm::HS256, Some(&host.key.kid), &[9; 32], &claims);
    let others = sign(Algorithm::HS256, Some(&other.key.kid), &other.key.secret, &claims);
    let other_algorithm = sign(Algorithm::HS512, Some(&host.key.kid), &host.key.secret, &claims);
    for bearer in [&*forged, &others, &other_algorithm, "", "x", &host.token(2, "Ana", &[])] {
        assert_eq!(code(&send_call(&server, "PUT", PATH, &text, bearer).await), (401, "bad_token"));
    }
    let good = host.sign(&claims);
    assert_eq!(code(&send_call(&server, "PUT", PATH, &format!("{text} "), &good).await), (401, "bad_token"));
    assert_eq!(code(&send_call(&server, "PUT", "/api/v1/users/3", &text, &good).await), (401, "bad_token"));
    assert_eq!(
        code(&send_call(&server, "PUT", "/api/v1/users/2?x=1", &text, &good).await),
        (401, "bad_token")
    );
    assert_eq!(
        send_call(&server, "PUT", PATH, &text, &good).await,
        (200, json!({"applied": true, "rights_version": 5}))
    );
    assert_eq!(code(&send_call(&server, "PUT", PATH, &text, &good).await), (401, "replayed"));
    assert_eq!(
        server.store.user(gchat::id::SiteId(1), "3".parse().unwrap()).await.unwrap(),
        None,
        "nothing else was done"
    );
}

#[tokio::test]
async fn a_call_from_before_a_restart_does_not_count_again_and_one_signed_afterwards_does() {
    let (server, host) = TestServer::start().await;
    host.put(&server, 2, &host.person(5, "Ana", &[])).await;
    let claims = host.call_claims("GET", PATH, "");
    let bearer = host.sign(&claims);
    assert_eq!(send_call(&server, "GET", PATH, "", &bearer).await.0, 200);
    assert_eq!(code(&send_call(&server, "GET", PATH, "", &bearer).await), (401, "replayed"));
    let stopped = server.stop().await;
    // The test's host is a second ahead.
    while now_ms() <= claims["iat"].as_i64().unwrap() * 1_000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let server = stopped.start().await;
    assert_eq!(code(&send_call(&server, "GET", PATH, "", &bearer).await), (401, "issued_before_start"));
    // A host whose clock is behind is told how long it has to wait.
    let signed_at = now_ms() / 1_000 - 20;
    let slow = |late: i64| {
        let mut claims = host.call_claims("GET", PATH, "");
        merge(&mut claims, json!({"iat": signed_at + late, "exp": signed_at + late + 60}));
        host.sign(&claims)
    };
    let get = reqwest::Client::new().get(server.http(PATH)).bearer_auth(slow(0)).send();
    let wait: i64 = get.await.unwrap().headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let sooner = send_call(&server, "GET", PATH, "", &slow(wait - 1)).await;
    assert_eq!(code(&sooner), (401, "issued_before_start"), "{wait}");
    assert_eq!(send_call(&server, "GET", PATH, "", &slow(wait)).await.0, 200, "{wait}");
}

#[tokio::test]
async fn a_call_token_is_no_user_token() {
    let (server, host) = TestServer::start().await;
    let token = host.sign(&host.call_claims("PUT", PATH, ""));
    assert_eq!(TestClient::refused(&server, &host, &token).await.0, "bad_token");
}

#[tokio::test]
async fn a_call_without_a_bearer_or_with_a_body_that_is_none_is_refused_in_words() {
    let (server, host) = TestServer::start().await;
    let client = reqwest::Client::new();
    for authorization in [None, Some("Basic eDp5"), Some("Bearer"), Some("bearer x"), Some("Bearer ")] {
        let mut request = client.put(server.http(PATH)).body("{}");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        let answer = (answer.status().as_u16(), answer.json().await.unwrap());
        assert_eq!(code(&answer), (401, "bad_token"), "{authorization:?}");
    }
    let mut wrong = vec![String::new(), "{".into(), "[]".into(), "null".into(), "\u{0}".into(), "{}".into()];
    for change in [
        json!({"rights_version": -1}),
        json!({"name": ""}),
        json!({"rights": null}),
        json!({"circles": [circle("c 7", "student")]}),
        json!({"circles": [circle("c7", "student"), circle("c7", "student")]}),
        json!({"picture": "javascript:1"}),
        json!({"blocked": [-1]}),
    ] {
        let mut person = host.person(5, "Ana", &[]);
        merge(&mut person, change);
        wrong.push(person.to_string());
    }
    for text in wrong {
        let bearer = host.sign(&host.call_claims("PUT", PATH, &text));
        assert_eq!(
            code(&send_call(&server, "PUT", PATH, &text, &bearer).await),
            (400, "bad_request"),
            "{text}"
        );
    }
    for path in [
        "/api/v1/users/0",
        "/api/v1/users/02",
        "/api/v1/users/-1",
        "/api/v1/users/ana",
        "/api/v1/users/9007199254740992",
    ] {
        let person = host.person(5, "Ana", &[]);
        assert_eq!(code(&host.call(&server, "PUT", path, &person).await), (400, "bad_request"), "{path}");
    }
    for (method, path, sent) in [
        ("POST", "/api/v1/logouts", json!({"user": 2, "sid": "short"})),
        ("POST", "/api/v1/logouts", json!({"user": 2})),
        ("POST", "/api/v1/logouts", json!({"user": 2, "sid": "long enough", "more": 1})),
        ("PUT", "/api/v1/policy", json!({"rights_version": 1})),
        ("DELETE", "/api/v1/users/2", json!({})),
    ] {
        assert_eq!(
            code(&host.call(&server, method, path, &sent).await),
            (400, "bad_request"),
            "{method} {path} {sent}"
        );
    }
    let large = " ".repeat((1 << 20) + 1);
    let bearer = host.sign(&host.call_claims("PUT", PATH, &large));
    assert_eq!(code(&send_call(&server, "PUT", PATH, &large, &bearer).await), (413, "too_large"));
    let fits = format!("{}{}", body(&host, 6), " ".repeat(1_000_000));
    let bearer = host.sign(&host.call_claims("PUT", PATH, &fits));
    assert_eq!(send_call(&server, "PUT", PATH, &fits, &bearer).await.0, 200);
}

#[tokio::test]
async fn a_proxied_sub_path_is_not_part_of_what_is_signed() {
    let (server, host) = TestServer::start_with(|config| config.base_path = "/gchat/".into()).await;
    let text = body(&host, 5);
    let bearer = host.sign(&host.call_claims("PUT", PATH, &text));
    assert_eq!(send_call(&server, "PUT", "/gchat/api/v1/users/2", &text, &bearer).await.0, 200);
    assert_eq!(host.call(&server, "GET", "/api/v1/status", &json!(null)).await.0, 200);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_told_as_json() {
    let (server, host) = TestServer::start().await;
    let answer = host.call(&server, "PUT", "/api/v1/courses/7", &json!({})).await;
    assert_eq!((answer.0, &answer.1["code"]), (404, &json!("not_found")));
    let answer = host.call(&server, "PATCH", PATH, &json!({})).await;
    assert_eq!(code(&answer), (405, "method_not_allowed"));
    let answer = host.call(&server, "GET", "/api/v1/users/%ff", &json!(null)).await;
    assert_eq!(code(&answer), (400, "bad_request"), "no UTF-8");
}

#[tokio::test]
async fn while_draining_the_server_is_healthy_but_not_ready() {
    let (server, host) = TestServer::start().await;
    assert_eq!(reqwest::get(server.http("/health")).await.unwrap().text().await.unwrap(), "ok\n");
    assert_eq!(reqwest::get(server.http("/ready")).await.unwrap().status().as_u16(), 200);
    let mut balancer = TcpStream::connect(server.address).await.unwrap();
    let mut ask = async |path: &str| {
        balancer.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let n = balancer.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..n]).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(ask("/ready").await, "HTTP/1.1 200 OK");
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[]).await;
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    // Ana does not answer the close yet, so the stop waits for her.
    ana.next_of("drain").await;
    assert_eq!(ask("/ready").await, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(ask("/health").await, "HTTP/1.1 200 OK");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is taken");
    assert_eq!(ana.closed().await, Some(1012));
    stopping.await.unwrap();
}
