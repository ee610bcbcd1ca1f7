//! The campus of the comparison, and the tokens that its host signs.
//!
//! All peers get the same people. The Node servers take the same tokens as gchat; the XMPP servers take a password,
//! which is what theirs are made for.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use gchat::connection_code::ConnectionCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::peer::Person;

/// The address of the host's pages: the Origin of all its sockets.
pub(super) const URL: &str = "https://bench.example";

/// How many share a course where people talk or are idle.
const COURSE: u64 = 20;

/// `count` people from `first` on, in courses of twenty whose names begin with `name`.
pub(super) fn people(name: &str, first: u64, count: u64) -> Vec<Person> {
    (0..count)
        .map(|n| Person { user: first + n, course: format!("{name}{}", n / COURSE), teacher: false })
        .collect()
}

/// The password of somebody where there are passwords.
pub(super) fn password(user: u64) -> String {
    format!("open-sesame-{user}")
}

/// Who signs.
pub(super) struct Host {
    issuer: String,
    header: Header,
    key: EncodingKey,
}

impl Host {
    /// As the server's connection code says.
    pub(super) fn of(code: &ConnectionCode) -> Self {
        let header = Header { kid: Some(code.kid.clone()), ..Header::new(Algorithm::HS256) };
        Self { issuer: code.site.clone(), header, key: EncodingKey::from_secret(&code.key) }
    }

    /// A new key. Returns its bytes too.
    pub(super) fn new() -> (Self, Vec<u8>) {
        let key = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let host = Self {
            issuer: "bench".into(),
            header: Header::new(Algorithm::HS256),
            key: EncodingKey::from_secret(&key),
        };
        (host, key)
    }

    /// A token of ten minutes (protocol/README.md, "The user token").
    pub(super) fn token(&self, person: &Person) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut claims = rights(person);
        claims.extend(object(json!({
            "iss": self.issuer, "aud": "gchat", "sub": person.user.to_string(),
            "sid": format!("login-of-{}", person.user), "jti": Uuid::new_v4(),
            "iat": now, "nbf": now, "exp": now + 600,
        })));
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.key)?)
    }
}

/// What the host says of somebody.
pub(super) fn rights(person: &Person) -> Map<String, Value> {
    let role = if person.teacher { "teacher" } else { "student" };
    object(json!({
        "rights_version": 1, "name": format!("Person {}", person.user), "picture": null, "profile_url": null,
        "lang": "en", "hidden": false, "rights": ["chat"], "blocked": [],
        "circles": [{"id": person.course, "role": role, "title": "A course"}],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
