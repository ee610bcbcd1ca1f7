//! Circles calls: one call sets who is in a course, at once and for good; no older token or call brings back what it
//! took, and none loses what it gave.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use gchat::{id::SiteId, rights::Snapshot, store::Origin};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::util::{
    Host, TestClient, TestServer, circle,
    host::{merge, send_call},
};

const EXPIRED: (&str, bool, u16) = ("token_expired", false, 4010);

/// A circles call; who holds what: `None` for the whole course, else the groups.
async fn put(
    host: &Host,
    server: &TestServer,
    course: &str,
    version: i64,
    members: &[(i64, Option<&[&str]>)],
) -> Value {
    let (status, answer) = host.call(server, "PUT", &path(course), &body(version, members)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn path(course: &str) -> String {
    format!("/api/v1/circles/{course}")
}

fn body(version: i64, members: &[(i64, Option<&[&str]>)]) -> Value {
    let members: Vec<_> = members
        .iter()
        .map(|(user, groups)| json!({"user": user, "role": "student", "groups": groups}))
        .collect();
    json!({"rights_version": version, "title": "A new title", "members": members})
}

fn applied(version: i64) -> Value {
    json!({"applied": true, "rights_version": version})
}

fn pupil(circles: &[&str]) -> Vec<Value> {
    circles.iter().map(|id| circle(id, "student")).collect()
}

fn token(host: &Host, user: i64, version: i64, circles: &[&str]) -> String {
    host.token_with(user, "Somebody", &pupil(circles), json!({"rights_version": version}))
}

fn ids(circles: &Value) -> Vec<&str> {
    circles.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect()
}

async fn refused(server: &TestServer, host: &Host, token: &str) {
    let (code, is_final, close) = TestClient::refused(server, host, token).await;
    assert_eq!((&*code, is_final, close), EXPIRED);
}

const WHOLE: Option<&[&str]> = None;

#[tokio::test]
async fn those_online_learn_of_it_within_two_seconds_on_both_sides() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::connect(&server, &host, &token(&host, 2, 1, &["c6", "c7", "c8"])).await;
    let mut bruno = TestClient::connect(&server, &host, &token(&host, 3, 1, &["c7"])).await;
    let mut carla = TestClient::connect(&server, &host, &token(&host, 4, 1, &["c8"])).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    bruno.say("2-3", "before").await;
    bruno.open_window("2-3", 0).await;
    let start = Instant::now();
    assert_eq!(put(&host, &server, "c7", 5, &[(3, WHOLE), (4, Some(&["g1"]))]).await, applied(5));
    assert_eq!(ids(&ana.next_of("circles").await["circles"]), ["c6", "c8"]);
    assert_eq!(bruno.next_of("presence").await, json!({"type": "presence", "user": 2, "status": "offline"}));
    bruno.roster_becomes("c7", &[3, 4]).await;
    let circles = bruno.next_of("circles").await["circles"].clone();
    assert_eq!(circles, json!([{"id": "c7", "role": "student", "title": "A new title"}]), "the title is new");
    assert_eq!(ids(&carla.next_of("circles").await["circles"]), ["c8", "c7/g1"]);
    carla.roster_becomes("c7/g1", &[3, 4]).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(bruno.say("2-3", "after").await["code"], "not_allowed");
    assert_eq!(carla.say("3-4", "hello").await["type"], "ack");
    // Applied twice, nothing changes.
    assert_eq!(put(&host, &server, "c7", 5, &[(3, WHOLE), (4, Some(&["g1"]))]).await, applied(5));
    for client in [&mut ana, &mut bruno, &mut carla] {
        assert!(!client.all_until_now().await.iter().any(|f| f["type"] == "circles"));
        assert_eq!(client.misfits, 0);
    }
}

#[tokio::test]
async fn an_older_token_that_names_the_course_is_sent_back_for_a_new_one() {
    let (server, host) = TestServer::start().await;
    let old = token(&host, 2, 4, &["c7", "c8"]);
    let mut ana = TestClient::connect(&server, &host, &old).await;
    put(&host, &server, "c7", 5, &[(2, WHOLE)]).await;
    refused(&server, &host, &old).await;
    refused(&server, &host, &token(&host, 99, 4, &["c7/g1"])).await;
    ana.send(json!({"type": "renew", "token": old})).await;
    let (code, is_final, close) = ana.refusal().await;
    assert_eq!((&*code, is_final, close), EXPIRED, "renewed");
    for (user, version, circles) in [(2, 5, "c7"), (99, 6, "c7/g1"), (98, 4, "c70"), (97, 4, "c8")] {
        let token = token(&host, user, version, &[circles]);
        let client = TestClient::connect(&server, &host, &token).await;
        assert_eq!(ids(&client.welcome["circles"]), [circles], "{version}");
    }
    let server = server.stop().await.start().await;
    refused(&server, &host, &token(&host, 99, 4, &["c7/g1"])).await;
}

#[tokio::test]
async fn who_was_enrolled_after_their_token_was_signed_keeps_the_course_from_page_to_page() {
    let (server, host) = TestServer::start().await;
    let kept = token(&host, 2, 4, &["c8"]);
    let mut ana = TestClient::connect(&server, &host, &kept).await;
    put(&host, &server, "c7", 5, &[(2, Some(&["g2"]))]).await;
    assert_eq!(ids(&ana.next_of("circles").await["circles"]), ["c8", "c7/g2"]);
    ana.renew(&kept).await;
    let mut next_page = TestClient::connect(&server, &host, &kept).await;
    assert_eq!(ids(&next_page.welcome["circles"]), ["c8", "c7/g2"]);
    assert!(!ana.all_until_now().await.iter().any(|f| f["type"] == "circles"), "no change, no frame");
    next_page.roster_becomes("c7/g2", &[2]).await;
    let server = server.stop().await.start().await;
    let again = TestClient::connect(&server, &host, &kept).await;
    assert_eq!(ids(&again.welcome["circles"]), ["c8", "c7/g2"]);
    let newer = TestClient::connect(&server, &host, &token(&host, 2, 6, &["c8"])).await;
    assert_eq!(ids(&newer.welcome["circles"]), ["c8"], "a newer token decides");
}

#[tokio::test]
async fn a_floor_only_rises_and_counts_for_calls_too() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let mut ana = TestClient::connect(&server, &host, &token(&host, 2, 1, &["c7"])).await;
    let mut newer = TestClient::connect(&server, &host, &token(&host, 3, 9, &["c7"])).await;
    assert_eq!(put(&host, &server, "c7", 8, &[(2, WHOLE)]).await, applied(8));
    let late = json!({"applied": false, "rights_version": 8});
    assert_eq!(put(&host, &server, "c7", 7, &[]).await, late);
    assert_eq!(host.put(&server, 2, &host.person(7, "Ana", &pupil(&["c7"]))).await, late);
    assert_eq!(host.put(&server, 99, &host.person(7, "Eva", &pupil(&["c7/g1"]))).await, late);
    assert_eq!(put(&other, &server, "c7", 1, &[]).await, applied(1), "another site");
    // A call that does not name the course says nothing of it.
    assert_eq!(host.put(&server, 2, &host.person(7, "Ana Sousa", &pupil(&["c9"]))).await, applied(7));
    ana.wait(|f| f["type"] == "circles" && ids(&f["circles"]) == ["c9", "c7"]).await;
    newer.roster_becomes("c7", &[2, 3]).await;
    assert!(newer.all_until_now().await.iter().all(|f| f["type"] != "circles"), "their rights are newer");
    assert_eq!(put(&host, &server, "c7", 8, &[(3, WHOLE)]).await, applied(8), "a tie");
    ana.wait(|f| f["type"] == "circles" && ids(&f["circles"]) == ["c9"]).await;
    newer.roster_becomes("c7", &[3]).await;
}

#[tokio::test]
async fn what_no_host_should_say_is_refused_in_words() {
    let (server, host) = TestServer::start().await;
    let member = |user: i64, groups: Value| json!({"user": user, "role": "student", "groups": groups});
    let ok = json!({"rights_version": 3, "title": "", "members": []});
    let members = |members: Value| json!({"members": members});
    for change in [
        json!({"rights_version": -1}),
        json!({"title": "t".repeat(256)}),
        json!({"title": null}),
        json!({"more": 1}),
        members(json!([member(2, json!(null)), member(2, json!([]))])),
        members(json!([{"user": 2, "role": "student"}])),
        members(json!([{"user": 2, "role": "admin", "groups": null}])),
        members(json!([{"user": 2, "groups": null}])),
        members(json!([member(0, json!(null))])),
        members(json!([member(2, json!(["-"]))])),
        members(json!([member(2, json!(["g 5"]))])),
        members(json!([member(2, json!(["g5/x"]))])),
        members(json!([member(2, json!([""]))])),
        members(json!([member(2, json!([5]))])),
        members(json!([member(2, json!("g5"))])),
        members(json!([member(2, (0..1_001).map(|n| format!("g{n}")).collect())])),
    ] {
        let mut wrong = ok.clone();
        merge(&mut wrong, change);
        let (status, answer) = host.call(&server, "PUT", &path("c7"), &wrong).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("bad_request")), "{wrong}");
    }
    for wrong in ["c7%2Fg1", "c%207", &"c".repeat(65)] {
        let (status, answer) = host.call(&server, "PUT", &path(wrong), &ok).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("bad_request")), "{wrong}");
    }
    let fits = format!("{ok}{}", " ".repeat((8 << 20) - ok.to_string().len()));
    for (text, status) in [(&format!("{fits} "), 413), (&fits, 200)] {
        let bearer = host.sign(&host.call_claims("PUT", &path("c7"), text));
        assert_eq!(send_call(&server, "PUT", &path("c7"), text, &bearer).await.0, status);
    }
}

#[tokio::test]
async fn no_body_is_read_before_the_bearer_is_found_good() {
    let (server, host) = TestServer::start().await;
    let mut claims = host.call_claims("PUT", &path("c7"), "");
    merge(&mut claims, json!({"path": path("c8")}));
    for bearer in ["", "x.y.z", &host.sign(&claims)] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "PUT {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\nContent-Length: 8000000\r\n\r\n",
            path("c7")
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401", "without one byte of the body");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_members_of_whom_few_are_known_are_soon_dealt_with() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::connect(&server, &host, &token(&host, 2, 1, &["c7"])).await;
    let mut bruno = TestClient::connect(&server, &host, &token(&host, 3, 1, &["c7", "c8"])).await;
    let all: Vec<_> = (3..20_003).map(|user| (user, Some(&["g1", "g2"][..]))).collect();
    let start = Instant::now();
    let call = put(&host, &server, "c7", 5, &all);
    let (answer, told) = tokio::join!(call, ana.next_of("circles"));
    assert_eq!((answer, &told["circles"]), (applied(5), &json!([])));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(ids(&bruno.next_of("circles").await["circles"]), ["c7/g1", "c7/g2", "c8"]);
    bruno.roster_becomes("c7/g1", &[3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_course_of_many_ends_who_is_online_learns_of_it_at_once_and_messages_go_on() {
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.messages_per_second, config.limits.message_burst) = (10_000, 10_000);
        (config.limits.frames_per_second, config.limits.frame_burst) = (10_000, 10_000);
    })
    .await;
    let site = server.store.sites().await.unwrap()[0].site;
    let snapshot: Snapshot = serde_json::from_value(host.person(1, "Known", &pupil(&["c7", "c8"]))).unwrap();
    let snapshot = std::sync::Arc::new(snapshot);
    let known = (1_000..6_000).map(|user| {
        server.store.put_user(site, gchat::id::UserId::new(user).unwrap(), snapshot.clone(), Origin::Token)
    });
    futures_util::future::join_all(known).await.into_iter().for_each(|put| drop(put.unwrap()));
    let mut ana = TestClient::connect(&server, &host, &token(&host, 9_002, 1, &["c7", "c8"])).await;
    let mut bruno = TestClient::connect(&server, &host, &token(&host, 9_003, 1, &["c7", "c8"])).await;
    bruno.roster_becomes("c7", &[9_002, 9_003]).await;
    let start = Instant::now();
    let told = async {
        let told = ana.next_of("circles").await;
        (told, start.elapsed())
    };
    let done = std::cell::Cell::new(false);
    let call = async {
        let answer = put(&host, &server, "c7", 5, &[]).await;
        done.set(true);
        answer
    };
    let written = async {
        let mut slowest = Duration::ZERO;
        while !done.get() {
            let start = Instant::now();
            assert_eq!(bruno.say("9002-9003", "meanwhile").await["type"], "ack");
            slowest = slowest.max(start.elapsed());
        }
        slowest
    };
    let (answer, (told, after), slowest) = tokio::join!(call, told, written);
    assert_eq!(answer, applied(5));
    assert_eq!(ids(&told["circles"]), ["c8"]);
    assert!(after < Duration::from_secs(2), "told after {after:?}");
    assert!(slowest < Duration::from_secs(2), "a message waited {slowest:?}");
    assert_eq!(server.store.members(site, "c7").await.unwrap(), []);
    assert_eq!(server.store.members(site, "c8").await.unwrap().len(), 5_002);
}

/// The site as it really is, and everything the host has ever signed.
struct Truth {
    version: i64,
    held: HashMap<(i64, usize), Option<&'static str>>,
    tokens: Vec<(i64, String)>,
}

const USERS: std::ops::RangeInclusive<i64> = 1..=6;
const COURSES: [&str; 3] = ["c1", "c2", "c3"];
const GROUPS: [Option<&str>; 4] = [None, Some(""), Some("/g1"), Some("/-")];

impl Truth {
    fn circles(&self, user: i64) -> Vec<String> {
        let held = |(at, course): (usize, &&str)| Some(format!("{course}{}", self.held[&(user, at)]?));
        COURSES.iter().enumerate().filter_map(held).collect()
    }

    fn token(&mut self, host: &Host, user: i64) -> String {
        let circles = self.circles(user);
        let circles: Vec<&str> = circles.iter().map(String::as_str).collect();
        let token = token(host, user, self.version, &circles);
        self.tokens.push((user, token.clone()));
        token
    }

    fn course(&self, at: usize) -> Value {
        let members = USERS.filter_map(|user| {
            let groups = match self.held[&(user, at)]? {
                "" => json!(null),
                "/-" => json!([]),
                group => json!([&group[1..]]),
            };
            Some(json!({"user": user, "role": "student", "groups": groups}))
        });
        json!({"rights_version": self.version, "title": format!("Title of {}", COURSES[at]), "members": members.collect::<Vec<_>>()})
    }
}

/// What a connection holds, by its last frame that says so.
fn held(client: &TestClient) -> Vec<String> {
    let frames = client.bytes.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut said = frames.filter(|f| matches!(f["type"].as_str(), Some("welcome" | "circles")));
    ids(&said.next_back().unwrap()["circles"]).into_iter().map(str::to_owned).collect()
}

/// Signs in; `None` if the token is out of date. Nothing else may refuse it.
async fn connect(server: &TestServer, host: &Host, token: &str) -> Option<TestClient> {
    let mut client = TestClient::open(server, Some(&host.url)).await.unwrap();
    client.hello(token, json!({})).await;
    let answer = client.wait(|f| matches!(f["type"].as_str(), Some("welcome" | "error"))).await;
    assert!(answer["type"] == "welcome" || answer["code"] == "token_expired", "{answer}");
    (answer["type"] == "welcome").then_some(client)
}

/// Old and new tokens, renewals, user calls and circles calls in whatever order they come. Each change of the site is
/// followed by one call, computed when it is sent; when all have been answered, nobody holds what the site denies them,
/// in the store, on a connection, or by any token that was ever signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_races_nobody_keeps_what_the_newest_snapshot_denies_them() {
    use rand::RngExt as _;
    let (server, host) = TestServer::start_with(|config| {
        config.limits.sign_in_burst = 100_000;
        (config.limits.frames_per_second, config.limits.frame_burst) = (10_000, 10_000);
    })
    .await;
    let held_at_first = USERS.flat_map(|user| (0..COURSES.len()).map(move |at| ((user, at), Some(""))));
    let truth = Truth { version: 1, held: held_at_first.collect(), tokens: Vec::new() };
    let (server, truth) = (std::sync::Arc::new(server), std::sync::Arc::new(std::sync::Mutex::new(truth)));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let dice = |most: usize| rand::rng().random_range(0..most);

    let mut people = Vec::new();
    for user in USERS {
        let (server, host, truth, stopped) = (server.clone(), host.clone(), truth.clone(), stopped.clone());
        people.push(tokio::spawn(async move {
            let mut kept = truth.lock().unwrap().token(&host, user);
            loop {
                let ended = *stopped.borrow();
                match connect(&server, &host, &kept).await {
                    None => kept = truth.lock().unwrap().token(&host, user),
                    Some(client) if ended => return client,
                    Some(mut client) => {
                        // Some tokens are kept for further pages, some renewed by an older one.
                        let next = match dice(3) {
                            0 => kept.clone(),
                            1 => {
                                let truth = truth.lock().unwrap();
                                let mine = truth.tokens.iter().rev().filter(|(u, _)| *u == user);
                                mine.map(|(_, t)| t.clone()).nth(1).unwrap_or_else(|| kept.clone())
                            }
                            _ => truth.lock().unwrap().token(&host, user),
                        };
                        client.send(json!({"type": "renew", "token": next})).await;
                        let answer =
                            client.wait(|f| matches!(f["type"].as_str(), Some("renewed" | "error"))).await;
                        let fine = answer["type"] == "renewed" || answer["code"] == "token_expired";
                        assert!(fine, "{answer}");
                        kept = if dice(2) == 0 { next } else { kept };
                    }
                }
            }
        }));
    }
    let mut hosts = Vec::new();
    for _ in 0..4 {
        let (server, host, truth) = (server.clone(), host.clone(), truth.clone());
        hosts.push(tokio::spawn(async move {
            for _ in 0..40 {
                let (user, at, group) = (dice(6) as i64 + 1, dice(COURSES.len()), GROUPS[dice(GROUPS.len())]);
                {
                    let mut truth = truth.lock().unwrap();
                    truth.version += 1;
                    truth.held.insert((user, at), group);
                }
                let (path, body) = {
                    let truth = truth.lock().unwrap();
                    if dice(3) > 0 {
                        (path(COURSES[at]), truth.course(at))
                    } else {
                        let circles: Vec<_> =
                            truth.circles(user).iter().map(|id| circle(id, "student")).collect();
                        let person = host.person(truth.version, "Somebody", &circles);
                        (format!("/api/v1/users/{user}"), person)
                    }
                };
                for _ in 0..dice(200) {
                    tokio::task::yield_now().await;
                }
                let (status, answer) = host.call(&server, "PUT", &path, &body).await;
                assert_eq!(status, 200, "{answer}");
            }
        }));
    }
    for host in hosts {
        host.await.unwrap();
    }
    let settled = |what: String, held: &[String], user: i64| {
        let allowed = truth.lock().unwrap().circles(user);
        assert!(held.iter().all(|circle| allowed.contains(circle)), "{what}: {held:?}, not {allowed:?}");
    };
    for user in USERS {
        let stored = server.store.user(SiteId(1), gchat::id::UserId::new(user).unwrap()).await.unwrap();
        let stored: Vec<_> = stored.unwrap().snapshot.circles.iter().map(|c| c.id.to_string()).collect();
        settled(format!("the record of {user}"), &stored, user);
    }
    stop.send_replace(true);
    for (person, user) in people.into_iter().zip(USERS) {
        let mut client = person.await.unwrap();
        client.all_until_now().await;
        settled(format!("the connection of {user}"), &held(&client), user);
    }
    let tokens = truth.lock().unwrap().tokens.clone();
    let mut taken = 0;
    let some = tokens.len() / 200 + 1;
    for (user, token) in tokens.iter().step_by(some) {
        if let Some(client) = connect(&server, &host, token).await {
            taken += 1;
            settled(format!("an old token of {user}"), &held(&client), *user);
        }
    }
    let tried = tokens.len().div_ceil(some);
    assert!(tried > 20 && taken < tried, "{taken} of {tried}");
    for user in USERS {
        let token = truth.lock().unwrap().token(&host, user);
        let fresh = connect(&server, &host, &token).await.expect("a fresh token is taken");
        let (mut held, mut allowed) = (held(&fresh), truth.lock().unwrap().circles(user));
        held.sort();
        allowed.sort();
        assert_eq!(held, allowed, "and gives exactly what is");
    }
}
