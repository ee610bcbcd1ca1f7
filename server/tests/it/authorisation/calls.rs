//! Every route of the host's API against every key that may come with it: who calls wrongly learns nothing, changes
//! nothing, and nobody on the server receives a byte of it.

use gchat::clock::now_ms;
use serde_json::{Value, json};

use super::{
    beyond,
    oracle::{Deed, ME},
    relations::Relation,
    scene::{CARLA, Scene, plain},
};
use crate::util::{
    Host, TestServer,
    host::{merge, send_call, signed_as},
};

/// With what a call comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    NoBearer,
    EmptyBearer,
    AUserToken,
    AnUnknownKey,
    /// Signed by the other site's key, in this site's name.
    AnothersKeyInOurName,
    /// The other site's key and name, with this site's address.
    AnothersKeyAndOurAddress,
    /// Our key, in the name of the other site.
    OurKeyInAnothersName,
    Stale,
    /// Signed before the server has started.
    OfBefore,
    Early,
    TooLong,
    /// Its header says that something in it must be understood.
    ACriticalHeader,
    AnotherMethod,
    AnotherPath,
    AnotherBody,
    /// A copy of our site.
    AnotherAddress,
    Replayed,
}

use With::*;

const ALL: [With; 17] = [
    NoBearer,
    EmptyBearer,
    AUserToken,
    AnUnknownKey,
    AnothersKeyInOurName,
    AnothersKeyAndOurAddress,
    OurKeyInAnothersName,
    Stale,
    OfBefore,
    Early,
    TooLong,
    ACriticalHeader,
    AnotherMethod,
    AnotherPath,
    AnotherBody,
    AnotherAddress,
    Replayed,
];

impl With {
    fn expected(self) -> (u16, &'static str) {
        match self {
            Stale => (401, "token_expired"),
            OfBefore => (401, "issued_before_start"),
            Early => (401, "token_early"),
            Replayed => (401, "replayed"),
            AnotherAddress | AnothersKeyAndOurAddress => (409, "wrong_wwwroot"),
            _ => (401, "bad_token"),
        }
    }

    fn bearer(self, host: &Host, other: &Host, method: &str, path: &str, body: &str) -> String {
        let now = now_ms() / 1_000;
        let mut claims = host.call_claims(method, path, body);
        let change = match self {
            Stale => json!({"iat": now - 100, "exp": now - 60}),
            OfBefore => json!({"iat": now - 80, "exp": now - 20}),
            Early => json!({"iat": now + 60, "exp": now + 100}),
            TooLong => json!({"exp": now + 63}),
            AnotherMethod => json!({"method": if method == "GET" { "PUT" } else { "GET" }}),
            AnotherPath => json!({"path": format!("{path}1")}),
            AnotherBody => json!({"body_sha256": "0".repeat(64)}),
            AnotherAddress => json!({"wwwroot": "https://copy.example"}),
            OurKeyInAnothersName => json!({"iss": other.issuer}),
            AnothersKeyAndOurAddress => json!({"iss": other.issuer}),
            _ => json!({}),
        };
        merge(&mut claims, change);
        match self {
            NoBearer | EmptyBearer => String::new(),
            AUserToken => host.token(ME, "Me", &[]),
            AnothersKeyInOurName | AnothersKeyAndOurAddress => other.sign(&claims),
            ACriticalHeader => {
                let header =
                    json!({"alg": "HS256", "typ": "JWT", "kid": host.key.kid, "crit": ["b64"], "b64": true});
                signed_as(host, &header, &claims)
            }
            AnUnknownKey => Host::new("https://unknown.example").sign(&claims),
            _ => host.sign(&claims),
        }
    }

    async fn call(self, scene: &Scene, (method, path, body): (&str, &str, &Value)) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = self.bearer(&scene.host, &scene.other_host, method, path, &body);
        match self {
            NoBearer => {
                let url = scene.server.http(path);
                let call = reqwest::Client::new().request(method.parse().unwrap(), url).body(body);
                let answer = call.send().await.unwrap();
                (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
            }
            _ => send_call(&scene.server, method, path, &body, &bearer).await,
        }
    }
}

/// Each route with a body that would show, if it were taken.
fn routes(host: &Host, them: i64) -> Vec<(&'static str, String, Value)> {
    let mut gone = host.person(50, "Nobody any more", &[]);
    merge(&mut gone, json!({"rights": []}));
    vec![
        ("PUT", format!("/api/v1/users/{them}"), gone),
        ("GET", format!("/api/v1/users/{them}"), Value::Null),
        ("GET", "/api/v1/users/11/conversations/11-13?after=0".into(), Value::Null),
        ("DELETE", format!("/api/v1/users/{them}"), json!({"rights_version": 50})),
        ("PUT", "/api/v1/circles/c7".into(), json!({"rights_version": 50, "title": "", "members": []})),
        ("POST", "/api/v1/logouts".into(), json!({"user": them, "sid": format!("login-of-{them}")})),
        ("PUT", "/api/v1/policy".into(), json!({"rights_version": 50, "students_see_students": false})),
        ("GET", "/api/v1/status".into(), Value::Null),
    ]
}

/// What the server keeps of those whom the calls are about, times aside.
async fn kept(host: &Host, server: &TestServer, them: i64) -> Vec<String> {
    let mut all = Vec::new();
    for path in [format!("/api/v1/users/{them}"), format!("/api/v1/users/{CARLA}"), "/api/v1/status".into()] {
        let (status, mut answer) = host.call(server, "GET", &path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        // Others write to this disk, too.
        answer.as_object_mut().unwrap().remove("storage");
        all.push(plain(&answer));
    }
    all
}

/// Nobody receives anything but the change of Zoe's name.
async fn quiet(scene: &mut Scene, cell: &str, usual: &super::Received) -> Vec<String> {
    let (got, _) = scene.after(Deed::Nothing).await;
    let differ = |(party, frames): (&super::Party, &Vec<String>)| {
        let (more, missing) = beyond(frames, &usual[party]);
        let same = more.is_empty() && missing.is_empty();
        (!same).then(|| format!("{cell}: {party:?} received {more:?}, and not {missing:?}"))
    };
    got.iter().filter_map(differ).collect()
}

#[tokio::test]
async fn a_call_that_is_not_the_hosts_is_refused_on_every_route_and_reaches_nobody() {
    let mut scene = Scene::of(Relation::Classmate).await;
    let them = scene.world.them;
    let (usual, _) = scene.after(Deed::Nothing).await;
    let before = kept(&scene.host, &scene.server, them).await;
    let routes = routes(&scene.host, them);
    let mut wrong = Vec::new();
    for with in ALL {
        for (method, path, body) in &routes {
            if with == Replayed && *method != "GET" {
                continue;
            }
            let cell = format!("{with:?} × {method} {path}");
            let call = (*method, path.as_str(), body);
            let (status, answer) =
                if with == Replayed { replayed(&scene, call).await } else { with.call(&scene, call).await };
            if (status, answer["code"].as_str()) != (with.expected().0, Some(with.expected().1)) {
                wrong.push(format!("{cell}: {status} {answer}"));
            }
            let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["code", "message"], "{cell}");
        }
        wrong.extend(quiet(&mut scene, &format!("{with:?}"), &usual).await);
    }
    assert_eq!(kept(&scene.host, &scene.server, them).await, before, "something was changed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same call a second time.
async fn replayed(scene: &Scene, (method, path, body): (&str, &str, &Value)) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let bearer = scene.host.sign(&scene.host.call_claims(method, path, &body));
    let first = send_call(&scene.server, method, path, &body, &bearer).await;
    assert_eq!(first.0, 200, "{first:?}");
    send_call(&scene.server, method, path, &body, &bearer).await
}

#[tokio::test]
async fn a_good_call_of_one_site_touches_nobody_of_another_with_the_same_ids() {
    let mut scene = Scene::of(Relation::Classmate).await;
    let them = scene.world.them;
    let (usual, _) = scene.after(Deed::Nothing).await;
    let before = kept(&scene.host, &scene.server, them).await;
    let (ours, theirs) = (scene.host.clone(), scene.other_host.clone());
    // Asked of the other site: what this one alone has does not exist.
    let nothing = theirs.call(&scene.server, "GET", "/api/v1/users/999999", &Value::Null).await;
    assert_eq!(nothing.0, 404);
    for path in [format!("/api/v1/users/{CARLA}"), "/api/v1/users/11/conversations/11-13".into()] {
        assert_eq!(theirs.call(&scene.server, "GET", &path, &Value::Null).await, nothing, "{path}");
    }
    // The deeds of the other site's host, each of which ends something there.
    scene.clients.retain(|party, _| !matches!(party, super::Party::Elsewhere(_)));
    let mut wrong = Vec::new();
    for (method, path, body) in routes(&theirs, them) {
        if method == "GET" {
            continue;
        }
        let (status, answer) = theirs.call(&scene.server, method, &path, &body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        wrong.extend(quiet(&mut scene, &format!("{method} {path}"), &usual).await);
    }
    assert_eq!(kept(&ours, &scene.server, them).await, before, "this site's people were touched");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_changing_call_that_is_replayed_does_nothing_a_second_time() {
    let scene = Scene::of(Relation::Classmate).await;
    let them = scene.world.them;
    for (method, path, body) in routes(&scene.host, them) {
        let answer = replayed(&scene, (method, &path, &body)).await;
        assert_eq!((answer.0, answer.1["code"].as_str()), (401, Some("replayed")), "{method} {path}");
        if method == "GET" {
            continue;
        }
        // What was set back in between stays so: the replay is not taken.
        let (bearer, text) = (scene.host.call_claims(method, &path, &body.to_string()), body.to_string());
        let bearer = scene.host.sign(&bearer);
        send_call(&scene.server, method, &path, &text, &bearer).await;
        let policy = json!({"rights_version": 60, "students_see_students": true});
        scene.host.call(&scene.server, "PUT", "/api/v1/policy", &policy).await;
        assert_eq!(send_call(&scene.server, method, &path, &text, &bearer).await.1["code"], "replayed");
    }
}
