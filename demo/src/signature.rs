//! What the campus signs with the site key: user tokens for browsers, and calls to the server's API.
//!
//! The shapes are those of `protocol/README.md` ("The user token", "The API for the host"). It knows no page and no
//! socket, and takes the time as an argument.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use uuid::Uuid;

use crate::people::Circle;
use crate::sha256_hex;

/// How long a user token lives: the longest that the contract allows.
pub(crate) const TOKEN_SECONDS: u64 = 600;

/// How long a signed call may travel.
const CALL_SECONDS: u64 = 60;

/// A person's rights: what a user token and a snapshot (`PUT users/{user}`) have in common.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rights {
    /// Read before everything below was looked up.
    pub(crate) rights_version: u64,
    pub(crate) name: String,
    pub(crate) picture: Option<String>,
    pub(crate) profile_url: Option<String>,
    pub(crate) lang: String,
    pub(crate) hidden: bool,
    pub(crate) rights: Vec<&'static str>,
    pub(crate) circles: Vec<Circle>,
    pub(crate) blocked: Vec<u64>,
    pub(crate) accepts: Option<Vec<u64>>,
    pub(crate) paused_until: Option<u64>,
}

/// A whole course: what `PUT circles/{course}` says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CourseCall {
    /// Read before everything below was looked up.
    pub(crate) rights_version: u64,
    pub(crate) title: &'static str,
    /// Left out where the server knows no rooms: it would refuse the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<&'static str>,
    /// The titles of the groups, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<BTreeMap<&'static str, &'static str>>,
    pub(crate) members: Vec<Member>,
}

/// Somebody who is in a course.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Member {
    pub(crate) user: u64,
    pub(crate) role: &'static str,
    /// None: the whole course.
    pub(crate) groups: Option<Vec<&'static str>>,
}

/// The site key, ready to sign.
pub(crate) struct SiteKey {
    site: String,
    header: Header,
    key: EncodingKey,
    wwwroot: String,
}

#[derive(Serialize)]
struct UserClaims<'a> {
    iss: &'a str,
    aud: &'static str,
    sub: String,
    sid: &'a str,
    jti: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    #[serde(flatten)]
    rights: &'a Rights,
}

#[derive(Serialize)]
struct CallClaims<'a> {
    iss: &'a str,
    aud: &'static str,
    jti: String,
    iat: u64,
    exp: u64,
    wwwroot: &'a str,
    method: &'a str,
    path: &'a str,
    body_sha256: String,
}

impl SiteKey {
    /// A key of the site `site` with the id `kid`.
    pub(crate) fn new(site: String, kid: String, key: &[u8], wwwroot: String) -> SiteKey {
        let header = Header { kid: Some(kid), ..Header::new(Algorithm::HS256) };
        SiteKey { site, header, key: EncodingKey::from_secret(key), wwwroot }
    }

    /// A user token for one login of `user`, from `now` (seconds since 1970) on.
    pub(crate) fn user_token(&self, user: u64, sid: &str, rights: &Rights, now: u64) -> String {
        self.sign(&UserClaims {
            iss: &self.site,
            aud: "gchat",
            sub: user.to_string(),
            sid,
            jti: Uuid::new_v4().to_string(),
            iat: now,
            nbf: now,
            exp: now + TOKEN_SECONDS,
            rights,
        })
    }

    /// The bearer token of one API call. `path` begins with `/api/v1/`.
    pub(crate) fn call_token(&self, method: &str, path: &str, body: &[u8], now: u64) -> String {
        self.sign(&CallClaims {
            iss: &self.site,
            aud: "gchat-api",
            jti: Uuid::new_v4().to_string(),
            iat: now,
            exp: now + CALL_SECONDS,
            wwwroot: &self.wwwroot,
            method,
            path,
            body_sha256: sha256_hex(body),
        })
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        encode(&self.header, claims, &self.key).expect("claims of plain types can always be signed with HMAC")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use serde_json::Value;

    use super::*;
    use crate::people::{Course, Person, RESIDENTS};

    const KEY: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

    fn key() -> SiteKey {
        SiteKey::new("m6qk2vxw4t7a".into(), "k1".into(), KEY, "https://campus.example".into())
    }

    fn fixture(path: &str) -> Value {
        let file = format!("{}/../protocol/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(file).expect("the fixture is there"))
            .expect("it is JSON")
    }

    /// Checks the signature as the server would, at any time, and gives the claims.
    fn opened(token: &str, audience: &str) -> Value {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[audience]);
        rules.set_issuer(&["m6qk2vxw4t7a"]);
        rules.validate_exp = false;
        decode::<Value>(token, &DecodingKey::from_secret(KEY), &rules).expect("a good signature").claims
    }

    /// The same fields, each of the same JSON type; an array's first entry stands for all.
    fn same_shape(at: &str, one: &Value, other: &Value) {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                let (mut mine, mut theirs): (Vec<_>, Vec<_>) = (one.keys().collect(), other.keys().collect());
                mine.sort();
                theirs.sort();
                assert_eq!(mine, theirs, "fields of {at}");
                one.iter().for_each(|(name, value)| same_shape(&format!("{at}.{name}"), value, &other[name]));
            }
            (Value::Array(one), Value::Array(other)) => {
                if let (Some(one), Some(other)) = (one.first(), other.first()) {
                    same_shape(&format!("{at}[]"), one, other);
                }
            }
            _ => assert_eq!(
                std::mem::discriminant(one),
                std::mem::discriminant(other),
                "the type of {at}: {one} and {other}"
            ),
        }
    }

    fn rights() -> Rights {
        let ana = Person::from(&RESIDENTS[0]);
        Rights {
            rights_version: 7,
            name: "Ana Sousa".into(),
            picture: Some("https://campus.example/demo/pictures/2".into()),
            profile_url: Some("https://campus.example/demo/people/2".into()),
            lang: "pt".into(),
            hidden: false,
            rights: vec!["chat"],
            circles: vec![Circle::of(Course::Algebra, &ana)],
            blocked: vec![],
            accepts: Some(vec![3]),
            paused_until: None,
        }
    }

    #[test]
    fn a_user_token_has_the_shape_of_the_contract() {
        let claims = opened(&key().user_token(2, "b7f0c5b1d2a94e64", &rights(), 1_795_376_400), "gchat");
        same_shape("token", &claims, &fixture("token/user.json"));
        assert_eq!(claims["exp"].as_u64(), Some(1_795_376_400 + 600));
        assert_eq!(claims["nbf"], claims["iat"]);
        assert_eq!(claims["sub"], "2");
    }

    #[test]
    fn the_header_names_the_key() {
        let token = key().user_token(2, "b7f0c5b1d2a94e64", &rights(), 1_795_376_400);
        let header = token.split('.').next().expect("a header");
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header, serde_json::json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}));
    }

    #[test]
    fn a_call_has_the_shape_of_the_contract() {
        let token = key().call_token("PUT", "/api/v1/users/2", b"{}", 1_795_376_400);
        let claims = opened(&token, "gchat-api");
        let example = fixture("token/api.json");
        same_shape("call", &claims, &example);
        for same in ["exp", "method", "path", "body_sha256"] {
            assert_eq!(claims[same], example[same], "{same}");
        }
    }

    #[test]
    fn a_course_has_the_shape_of_the_contract() {
        let member = |user, role, groups| Member { user, role, groups };
        let course = CourseCall {
            rights_version: 7,
            title: "History",
            room: Some("open"),
            groups: Some(BTreeMap::from([("g5", "Monday seminar"), ("g6", "Thursday seminar")])),
            members: vec![
                member(5, "teacher", None),
                member(4, "student", Some(vec!["g5"])),
                member(101, "student", Some(vec!["g5", "g6"])),
                member(103, "student", Some(vec![])),
            ],
        };
        let body = serde_json::to_value(&course).expect("JSON");
        same_shape("course", &body, &fixture("api/circles.put.json"));
        // Without rooms, a server of release 1 takes it.
        let body = serde_json::to_value(CourseCall { room: None, groups: None, ..course }).expect("JSON");
        let fields: Vec<_> = body.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["members", "rights_version", "title"]);
    }

    #[test]
    fn a_snapshot_has_the_shape_of_the_contract() {
        let body = serde_json::to_value(rights()).expect("JSON");
        same_shape("snapshot", &body, &fixture("api/user.put.json"));
    }
}
