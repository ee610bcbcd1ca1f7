//! A host: signs user tokens and API calls with a site key, rightly or wrongly.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gchat::{auth::sha256_hex, clock::now_ms, store::SiteKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::TestServer;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A membership as tokens and calls carry it.
pub(crate) fn circle(id: &str, role: &str) -> Value {
    json!({"id": id, "role": role, "title": format!("Title of {id}")})
}

/// A site seen from its own side.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) issuer: String,
    pub(crate) url: String,
    pub(crate) key: SiteKey,
}

impl Host {
    pub(crate) fn new(url: &str) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let secret = std::iter::repeat_n(u8::try_from(n % 251).unwrap(), 32).collect();
        let key = SiteKey { kid: format!("k{n}"), secret, created_at: 0 };
        Self { issuer: format!("site{n}"), url: url.into(), key }
    }

    /// The claims of a good token: change them to make a bad one.
    pub(crate) fn claims(&self, user: i64, name: &str, circles: &[Value]) -> Value {
        let now = now_ms() / 1_000;
        let mut claims = json!({
            "iss": self.issuer, "aud": "gchat", "sub": user.to_string(), "sid": format!("login-of-{user}"),
            "jti": NEXT.fetch_add(1, Ordering::Relaxed).to_string(), "iat": now, "nbf": now, "exp": now + 600,
        });
        merge(&mut claims, self.person(1, name, circles));
        claims
    }

    /// What a host says of a user.
    pub(crate) fn person(&self, rights_version: i64, name: &str, circles: &[Value]) -> Value {
        json!({
            "rights_version": rights_version, "name": name, "picture": null, "profile_url": null, "lang": "en",
            "hidden": false, "rights": ["chat"], "circles": circles, "blocked": [],
        })
    }

    /// Signs with this host's key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        sign(Algorithm::HS256, Some(&self.key.kid), &self.key.secret, claims)
    }

    /// A good token.
    pub(crate) fn token(&self, user: i64, name: &str, circles: &[Value]) -> String {
        self.sign(&self.claims(user, name, circles))
    }

    /// Sets a user's rights by a call: what became of it.
    pub(crate) async fn put(&self, server: &TestServer, user: i64, person: &Value) -> Value {
        let (status, answer) = self.call(server, "PUT", &format!("/api/v1/users/{user}"), person).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Ends a login by a call: how many connections were closed.
    pub(crate) async fn log_out(&self, server: &TestServer, user: i64, sid: &str) -> i64 {
        let body = json!({"user": user, "sid": sid});
        let (status, answer) = self.call(server, "POST", "/api/v1/logouts", &body).await;
        assert_eq!(status, 200, "{answer}");
        answer["closed"].as_i64().unwrap()
    }

    /// Removes a user by a call: what became of it.
    pub(crate) async fn remove(&self, server: &TestServer, user: i64, rights_version: i64) -> Value {
        let body = json!({"rights_version": rights_version});
        let (status, answer) = self.call(server, "DELETE", &format!("/api/v1/users/{user}"), &body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A token with some claims changed.
    pub(crate) fn token_with(&self, user: i64, name: &str, circles: &[Value], change: Value) -> String {
        let mut claims = self.claims(user, name, circles);
        merge(&mut claims, change);
        self.sign(&claims)
    }

    /// The claims of a good call, by a clock that is a second ahead: what is signed in the second in which a server starts
    /// it refuses.
    pub(crate) fn call_claims(&self, method: &str, path: &str, body: &str) -> Value {
        let now = now_ms() / 1_000;
        json!({
            "iss": self.issuer, "aud": "gchat-api", "jti": format!("call-{:08}", NEXT.fetch_add(1, Ordering::Relaxed)),
            "iat": now + 1, "exp": now + 61, "wwwroot": self.url, "method": method, "path": path,
            "body_sha256": sha256_hex(body.as_bytes()),
        })
    }

    /// A good call; the status and the answer.
    pub(crate) async fn call(
        &self,
        server: &TestServer,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = self.sign(&self.call_claims(method, path, &body));
        send_call(server, method, path, &body, &bearer).await
    }
}

/// Any call, with any bearer.
pub(crate) async fn send_call(
    server: &TestServer,
    method: &str,
    path: &str,
    body: &str,
    bearer: &str,
) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .request(method.parse().unwrap(), server.http(path))
        .bearer_auth(bearer)
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// Signs anything with anything.
pub(crate) fn sign(algorithm: Algorithm, kid: Option<&str>, secret: &[u8], claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Any header over any claims, with a signature of the site's key that is right for these bytes.
pub(crate) fn signed_as(host: &Host, header: &Value, claims: &Value) -> String {
    signed_as_text(host, &header.to_string(), claims)
}

/// The same with a header that need not be JSON.
pub(crate) fn signed_as_text(host: &Host, header: &str, claims: &Value) -> String {
    let good = host.sign(claims);
    let (_, body) = good.split_once('.').unwrap();
    let (body, _) = body.split_once('.').unwrap();
    let message = format!("{}.{body}", URL_SAFE_NO_PAD.encode(header));
    let key = EncodingKey::from_secret(&host.key.secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// Puts the second object's fields into the first.
pub(crate) fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { panic!("two objects") };
    into.extend(from);
}
