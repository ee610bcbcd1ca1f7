//! The HTTP API: any method, path, bearer and body get an answer that the contract has, and never a 5xx.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use gchat::{auth::sha256_hex, clock::now_ms};
use serde_json::{Value, json};

use crate::stage::{ISSUER, STAGE, WWWROOT, sign};

/// Calls that the server may remember before it is told that their time is over.
const REMEMBERED: u64 = 1_000;

static CALLS: AtomicU64 = AtomicU64::new(0);

/// The first line is `METHOD PATH BEARER`, the rest the body. The bearer `signed` becomes a token that is right for
/// this call, `-` none; any other goes as it is.
pub fn api(data: &[u8]) {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, body) = (&data[..line], data.get(line + 1..).unwrap_or_default());
    let Some(request) = std::str::from_utf8(line).ok().and_then(|line| request(line, body)) else { return };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (head, answer) = STAGE.request(request);
    let status = head.status();
    assert!(!status.is_server_error(), "{method} {path}: {status}");
    let inside = path.starts_with("/api/v1/");
    if inside && method != "HEAD" {
        let told = serde_json::from_slice::<Value>(&answer);
        let told = told.unwrap_or_else(|error| panic!("{method} {path}: {status} without JSON: {error}"));
        assert_eq!(head.headers()[header::CONTENT_TYPE], "application/json");
        if status != StatusCode::OK {
            let word = |name: &str| told[name].as_str().is_some_and(|word| !word.is_empty());
            assert!(
                status.is_client_error() && word("code") && word("message"),
                "{method} {path}: {status} {told}"
            );
        }
    }
}

fn request(line: &str, body: &[u8]) -> Option<Request<Body>> {
    let mut words = line.splitn(3, ' ');
    let (method, path) = (words.next()?, words.next()?);
    let mut request = Request::builder().method(method).uri(path).body(Body::from(body.to_vec())).ok()?;
    let bearer = match words.next() {
        None | Some("-") => return Some(request),
        Some("signed") => sign(&claims(&request, body)),
        Some(bearer) => bearer.to_owned(),
    };
    let bearer = format!("Bearer {bearer}").try_into().ok()?;
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    Some(request)
}

fn claims(request: &Request<Body>, body: &[u8]) -> Value {
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    if call.is_multiple_of(REMEMBERED) {
        STAGE.app.seen_calls.expire();
    }
    let now = now_ms() / 1_000;
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    json!({
        "iss": ISSUER, "aud": "gchat-api", "jti": format!("call-{call:08}"), "iat": now + 1, "exp": now + 61,
        "wwwroot": WWWROOT, "method": request.method().as_str(), "path": path, "body_sha256": sha256_hex(body),
    })
}
