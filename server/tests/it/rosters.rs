//! Rosters: who sees whom, by an oracle over the rights; and diffs that always end where a fresh snapshot would be.

use std::collections::{BTreeMap, BTreeSet};

use gchat::{
    id::{CircleId, UserId},
    protocol::Contact,
    rights::{Membership, Policy, Role, may_see, roles_allow, share},
    roster::course::{Course, Person, View},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

async fn policy(server: &TestServer, host: &Host, version: i64, students_see_students: bool) {
    let body = json!({"rights_version": version, "students_see_students": students_see_students});
    let (status, answer) = host.call(server, "PUT", "/api/v1/policy", &body).await;
    assert_eq!((status, &answer["applied"]), (200, &json!(true)));
}

#[tokio::test]
async fn separate_groups_see_their_own_group_and_those_who_hold_the_course() {
    let (server, host) = TestServer::start().await;
    let mut all = Vec::new();
    for (user, id, role, sees) in [
        (2, "c7", "teacher", vec![2, 3, 4, 5, 6, 7]),
        (3, "c7/g1", "student", vec![2, 3, 4]),
        (4, "c7/g1", "teacher", vec![2, 3, 4]),
        (5, "c7/g2", "student", vec![2, 5]),
        (6, "c7/-", "student", vec![2]),
        (7, "c7/-", "student", vec![2]),
    ] {
        all.push((id, sees, TestClient::person(&server, &host, user, "Somebody", &[circle(id, role)]).await));
    }
    for (id, sees, client) in &mut all {
        client.roster_becomes(id, sees).await;
    }
    // In two groups: each group's roster has its own.
    let both = [circle("c7/g1", "student"), circle("c7/g2", "student")];
    let mut eight = TestClient::person(&server, &host, 8, "Eight", &both).await;
    eight.roster_becomes("c7/g1", &[2, 3, 4, 8]).await;
    eight.roster_becomes("c7/g2", &[2, 5, 8]).await;
    all[0].2.roster_becomes("c7", &[2, 3, 4, 5, 6, 7, 8]).await;
    all[4].2.roster_becomes("c7/-", &[2]).await;
    assert_eq!(eight.say("6-8", "hi").await["code"], "unknown_recipient");
    assert_eq!(all[4].2.say("6-7", "hi").await["code"], "unknown_recipient", "no group is no common group");
    assert_eq!(all[4].2.say("2-6", "hi").await["type"], "ack");
}

#[tokio::test]
async fn students_who_may_not_see_each_other_see_teachers_only_at_once_and_until_it_is_allowed_again() {
    let (server, host) = TestServer::start().await;
    let mut teacher = TestClient::person(&server, &host, 2, "Teacher", &[circle("c7", "teacher")]).await;
    let mut three = TestClient::person(&server, &host, 3, "Three", &[circle("c7", "student")]).await;
    let mut four = TestClient::person(&server, &host, 4, "Four", &[circle("c7", "student")]).await;
    three.roster_becomes("c7", &[2, 3, 4]).await;
    four.say("3-4", "hi").await;
    three.open_window("3-4", 0).await;
    policy(&server, &host, 2, false).await;
    assert_eq!(three.next_of("presence").await, json!({"type": "presence", "user": 4, "status": "offline"}));
    for client in [&mut three, &mut four] {
        client.roster_becomes("c7", &[2]).await;
        let found = client.ask(json!({"type": "search", "text": "", "limit": 10})).await;
        assert_eq!(found["contacts"].as_array().unwrap().len(), 1, "{found}");
    }
    teacher.roster_becomes("c7", &[2, 3, 4]).await;
    assert_eq!(three.say("3-4", "hi").await["code"], "not_allowed");
    assert_eq!(three.say("2-3", "hi").await["type"], "ack");
    let body = json!({"rights_version": 1, "students_see_students": true});
    let late = host.call(&server, "PUT", "/api/v1/policy", &body).await;
    assert_eq!(late, (200, json!({"applied": false, "rights_version": 2})));
    let server = server.stop().await.start().await;
    let mut three = TestClient::person(&server, &host, 3, "Three", &[circle("c7", "student")]).await;
    let _four = TestClient::person(&server, &host, 4, "Four", &[circle("c7", "student")]).await;
    let mut teacher = TestClient::person(&server, &host, 2, "Teacher", &[circle("c7", "teacher")]).await;
    teacher.roster_becomes("c7", &[2, 3, 4]).await;
    three.roster_becomes("c7", &[2]).await;
    policy(&server, &host, 3, true).await;
    three.roster_becomes("c7", &[2, 3, 4]).await;
}

#[tokio::test]
async fn a_walk_from_page_to_page_does_not_flicker() {
    let (server, host) = TestServer::start_with(|config| config.limits.grace_ms = 60_000).await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let token = host.token(3, "Bruno", &[circle("c7", "student")]);
    let mut bruno = TestClient::connect(&server, &host, &token).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    ana.open_window("2-3", 0).await;
    for _ in 0..5 {
        drop(bruno);
        bruno = TestClient::connect(&server, &host, &token).await;
    }
    let _carla = TestClient::person(&server, &host, 4, "Carla", &[circle("c7", "student")]).await;
    ana.bytes.clear();
    ana.roster_becomes("c7", &[2, 3, 4]).await;
    assert!(
        !ana.bytes.contains("presence")
            && !ana.bytes.contains(r#""left":[3]"#)
            && !ana.bytes.contains("Bruno"),
        "{}",
        ana.bytes
    );
}

#[tokio::test]
async fn who_holds_a_version_is_not_sent_it_again_and_hidden_pages_get_none() {
    let (server, host) = TestServer::start().await;
    let circles = [circle("c7", "student"), circle("c8", "student")];
    let token = host.token(2, "Ana", &circles);
    let mut ana = TestClient::connect(&server, &host, &token).await;
    ana.roster_becomes("c7", &[2]).await;
    ana.roster_becomes("c8", &[2]).await;
    let held = |client: &TestClient| -> Vec<Value> {
        client.rosters.iter().map(|(circle, r)| json!({"circle": circle, "version": r.version})).collect()
    };
    let mut tab = TestClient::open(&server, Some(&host.url)).await.unwrap();
    tab.hello(&token, json!({"rosters": {"boot": ana.welcome["boot"], "versions": held(&ana)}})).await;
    assert!(!tab.all_until_now().await.iter().any(|f| f["type"] == "roster"));
    let mut other_boot = TestClient::open(&server, Some(&host.url)).await.unwrap();
    other_boot.hello(&token, json!({"rosters": {"boot": uuid::Uuid::nil(), "versions": held(&ana)}})).await;
    other_boot.roster_becomes("c7", &[2]).await;
    other_boot.roster_becomes("c8", &[2]).await;

    let mut hidden = TestClient::open(&server, Some(&host.url)).await.unwrap();
    hidden.hello(&token, json!({"visible": false})).await;
    ana.all_until_now().await;
    let old = held(&ana);
    let _bruno = TestClient::person(&server, &host, 3, "Bruno", &[circle("c7", "student")]).await;
    ana.roster_becomes("c7", &[2, 3]).await;
    assert!(hidden.all_until_now().await.iter().all(|f| f["type"] == "welcome"));
    hidden.send(json!({"type": "visibility", "visible": true, "rosters": old})).await;
    hidden.roster_becomes("c7", &[2, 3]).await;
    assert!(hidden.all_until_now().await.iter().all(|f| f["circle"] != "c8"), "what it held of c8 is true");
    hidden.send(json!({"type": "visibility", "visible": false})).await;
    hidden.all_until_now().await;
    let _carla = TestClient::person(&server, &host, 4, "Carla", &[circle("c7", "student")]).await;
    ana.roster_becomes("c7", &[2, 3, 4]).await;
    assert_eq!(hidden.all_until_now().await, [] as [Value; 0]);
    // A page that nobody sees may still ask.
    hidden.send(json!({"type": "roster", "circle": "c7"})).await;
    hidden.roster_becomes("c7", &[2, 3, 4]).await;
}

/// Random lives of a few people over real sockets: whoever looked on from the start has what a newcomer is given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_random_day_those_who_watched_hold_what_a_newcomer_gets() {
    let (server, host) = TestServer::start_with(|config| {
        config.limits.grace_ms = 0;
        config.limits.roster_slice = 4;
    })
    .await;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = move |n: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % n
    };
    let watchers =
        [(2, "c7", "teacher"), (3, "c7", "student"), (4, "c7/g1", "student"), (5, "c7/-", "student")];
    let mut watching = Vec::new();
    for (user, id, role) in watchers {
        watching.push(TestClient::person(&server, &host, user, "Watcher", &[circle(id, role)]).await);
    }
    let mut online: BTreeMap<i64, TestClient> = BTreeMap::new();
    let mut allowed = true;
    for version in 2..150_i64 {
        let user = 10 + i64::try_from(draw(10)).unwrap();
        let id = ["c7", "c7/g1", "c7/g2", "c7/-", "c9"][usize::try_from(draw(5)).unwrap()];
        let role = ["teacher", "student", "student"][usize::try_from(draw(3)).unwrap()];
        let name = format!("{}{user}", ["Ann", "bob", "Éva"][usize::try_from(draw(3)).unwrap()]);
        let mut person = host.person(version, &name, &[circle(id, role)]);
        merge(&mut person, json!({"hidden": draw(5) == 0}));
        match draw(8) {
            0..=2 => {
                let mut claims = host.claims(user, &name, &[]);
                merge(&mut claims, person);
                let client = TestClient::connect(&server, &host, &host.sign(&claims)).await;
                online.insert(user, client);
            }
            3 => drop(online.remove(&user)),
            4 => {
                allowed = !allowed;
                policy(&server, &host, version, allowed).await;
            }
            _ => drop(host.put(&server, user, &person).await),
        }
    }
    policy(&server, &host, 1_000, true).await;
    let marker = TestClient::person(&server, &host, 6, "!", &[circle("c7", "teacher")]).await;
    for ((user, id, role), mut client) in watchers.into_iter().zip(watching) {
        client.wait_roster(id, |r| r.contacts.contains_key(&6)).await;
        let mut fresh = TestClient::person(&server, &host, user, "Watcher", &[circle(id, role)]).await;
        fresh.wait_roster(id, |_| true).await;
        client.wait_roster(id, |r| r == &fresh.rosters[id]).await;
        assert_eq!(client.misfits, 0);
        // And the newcomer's is right: by the search, which reaches those beyond the window.
        let found = fresh.ask(json!({"type": "search", "text": "", "limit": 100})).await;
        let found: BTreeSet<_> =
            found["contacts"].as_array().unwrap().iter().map(|c| c["id"].as_i64().unwrap()).collect();
        let itself = usize::from(id != "c7/-");
        assert_eq!(fresh.rosters[id].total, found.len() + itself, "{id}");
        assert_eq!(fresh.rosters[id].contacts.len(), (found.len() + itself).min(4));
    }
    drop(marker);
}

/// Many come, go and change at once: nothing hangs, and in the end everyone agrees.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_comes_and_goes_at_once_hangs_nothing() {
    let (server, host) = TestServer::start_with(|config| config.limits.grace_ms = 0).await;
    let server = std::sync::Arc::new(server);
    let tasks: Vec<_> = (0..24_i64)
        .map(|n| {
            let (server, host) = (server.clone(), host.clone());
            tokio::spawn(async move {
                let user = 10 + n % 8;
                let conversation = format!("{}-{}", 10 + n % 7, 20);
                for round in 0..6 {
                    let circles: Vec<_> = (0..3).map(|c| circle(&format!("c{}", (n + round + c) % 5), "student")).collect();
                    let version = json!({"rights_version": 1 + n + round * 30});
                    let mut client = TestClient::connect(&server, &host, &host.token_with(user, "P", &circles, version)).await;
                    client.send(json!({"type": "dock", "conversation": format!("{user}-{}", 20 + n), "state": "open", "base": 9_999})).await;
                    client.send(json!({"type": "typing", "conversation": conversation})).await;
                    client.send(json!({"type": "visibility", "visible": round % 2 == 0})).await;
                    let mut person = host.person(2 + n + round * 30, "P", &circles);
                    merge(&mut person, json!({"hidden": n % 3 == 0}));
                    host.put(&server, user, &person).await;
                    client.all_until_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut last =
        TestClient::person(&server, &host, 2, "Last", &[circle("c1", "student"), circle("c2", "student")])
            .await;
    last.roster_becomes("c1", &[2]).await;
    last.roster_becomes("c2", &[2]).await;
}

#[derive(Clone, Debug)]
enum Event {
    Put(i64, u8, Vec<(usize, Role)>),
    Remove(i64),
    Policy(bool),
    Flush,
    /// Nobody looks any more; then somebody does again.
    Forget,
}

const CIRCLES: [&str; 5] = ["c", "c/g1", "c/g2", "c/g3", "c/-"];

fn events() -> impl Strategy<Value = Vec<Event>> {
    let role = prop_oneof![Just(Role::Teacher), Just(Role::Student)];
    let held = prop::collection::btree_map(0_usize..5, role, 1..4).prop_map(|held| {
        // A host names nothing beside the whole course, and no group beside "no group".
        let alone = held.iter().find(|(c, _)| matches!(**c, 0 | 4)).map(|(c, r)| vec![(*c, *r)]);
        alone.unwrap_or_else(|| held.into_iter().collect())
    });
    let event = prop_oneof![
        4 => (1_i64..9, 0_u8..4, held).prop_map(|(user, name, held)| Event::Put(user, name, held)),
        2 => (1_i64..9).prop_map(Event::Remove),
        1 => any::<bool>().prop_map(Event::Policy),
        3 => Just(Event::Flush),
        1 => Just(Event::Forget),
    ];
    prop::collection::vec(event, 0..60)
}

fn memberships(held: &[(usize, Role)]) -> Vec<Membership> {
    held.iter()
        .map(|(c, role)| Membership { id: CIRCLES[*c].parse().unwrap(), role: *role, title: "".into() })
        .collect()
}

const NAMES: [&str; 4] = ["ann", "Bob", "Éva", "Zoë"];

/// Everyone online: the name, and what they hold.
type Everyone = BTreeMap<i64, (u8, Vec<Membership>)>;

/// Whom a view sees, in the order of rosters, by the rights alone.
fn seen(view: &View, policy: Policy, people: &Everyone) -> BTreeMap<(Role, String, i64), i64> {
    let role = |theirs: &[Membership]| {
        let shared = theirs.iter().filter(|m| share(&m.id, &view.circle));
        shared.filter(|m| roles_allow(policy, view.role, m.role)).map(|m| m.role).min()
    };
    let place = |(user, (name, theirs)): (&i64, &(u8, Vec<Membership>))| {
        Some(((role(theirs)?, gchat::fold::fold(NAMES[usize::from(*name)]), *user), *user))
    };
    people.iter().filter_map(place).collect()
}

fn shown(roster: &Value) -> BTreeSet<i64> {
    roster["contacts"].as_array().unwrap().iter().map(|c| c["id"].as_i64().unwrap()).collect()
}

/// What a window promises: it is full if there are enough people, whoever was shown stays, the first get what is free,
/// and only teachers push out, and only students, the last ones first.
fn is_right(
    before: &BTreeSet<i64>,
    after: &BTreeSet<i64>,
    seen: &BTreeMap<(Role, String, i64), i64>,
    most: usize,
) -> bool {
    let all: BTreeSet<i64> = seen.values().copied().collect();
    let (mut came, mut waits, mut stayed, mut pushed) = (vec![], vec![], vec![], vec![]);
    for (place, user) in seen {
        match (before.contains(user), after.contains(user)) {
            (false, true) => came.push(place),
            (false, false) => waits.push(place),
            (true, true) => stayed.push(place),
            (true, false) => pushed.push(place),
        }
    }
    let is_teacher = |place: &&(Role, String, i64)| place.0 == Role::Teacher;
    let last_stayed = stayed.iter().rev().find(|place| place.0 == Role::Student);
    after.is_subset(&all)
        && after.len() == all.len().min(most)
        && (came.is_empty() || waits.first().is_none_or(|first| came.iter().all(|place| place < first)))
        && (pushed.is_empty() || came.iter().all(is_teacher))
        && !pushed.iter().any(is_teacher)
        && last_stayed.is_none_or(|last| pushed.iter().all(|place| place > last))
        && (!waits.iter().any(is_teacher) || stayed.iter().chain(&came).all(is_teacher))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The pure part, against the rights themselves.
    #[test]
    fn a_course_shows_each_view_whom_the_rights_let_it_see(events in events(), most in 1_usize..5) {
        let mut course = Course::default();
        let mut people = Everyone::new();
        let mut policy = Policy::default();
        let mut version = 0_u64;
        let mut next = || { version += 1; version };
        let views: Vec<View> = CIRCLES.iter().flat_map(|c| {
            [Role::Teacher, Role::Student].map(|role| View::shared(c.parse::<CircleId>().unwrap(), role))
        }).collect();
        let mut held: Vec<Value> = views.iter().map(|view| {
            serde_json::from_str(&course.snapshot(view, policy, most, &mut next).1).unwrap()
        }).collect();
        for event in events.into_iter().chain([Event::Flush]) {
            match event {
                Event::Put(user, name, circles) => {
                    let circles = memberships(&circles);
                    let contact = Contact {
                        id: UserId::new(user).unwrap(), name: NAMES[usize::from(name)].into(),
                        picture: None, profile_url: None, role: None, status: None,
                    };
                    let given: Vec<_> = circles.iter().map(|m| (&m.id, m.role)).collect();
                    course.put(&Person::new(contact), &given);
                    people.insert(user, (name, circles));
                }
                Event::Remove(user) => {
                    course.remove(UserId::new(user).unwrap());
                    people.remove(&user);
                }
                Event::Policy(on) => policy = Policy { students_see_students: on, ..policy },
                Event::Forget => {
                    course.forget_unless(|_| false);
                    for (view, held) in views.iter().zip(&mut held) {
                        *held = serde_json::from_str(&course.snapshot(view, policy, most, &mut next).1).unwrap();
                        let first: BTreeSet<i64> = seen(view, policy, &people).values().take(most).copied().collect();
                        prop_assert_eq!(shown(held), first);
                    }
                }
                Event::Flush => {
                    for (view, held) in views.iter().zip(&mut held) {
                        let before = shown(held);
                        if let Some(diff) = course.flush(view, policy, most, true, &mut next) {
                            apply(held, &serde_json::from_str(&diff).unwrap());
                        }
                        course.forget_snapshots();
                        let mut fresh: Value = serde_json::from_str(&course.snapshot(view, policy, most, &mut next).1).unwrap();
                        sorted(held);
                        sorted(&mut fresh);
                        prop_assert_eq!(&*held, &fresh);
                        // Whom a holder of this circle and role sees in this circle.
                        let viewer = [Membership { id: view.circle.clone(), role: view.role, title: "".into() }];
                        let visible: BTreeSet<i64> = people.iter().filter(|(_, (_, theirs))| may_see(policy, &viewer, theirs)).map(|(u, _)| *u).collect();
                        let by_hand = seen(view, policy, &people);
                        prop_assert_eq!(&visible, &by_hand.values().copied().collect());
                        prop_assert_eq!(fresh["total"].as_u64().unwrap(), visible.len() as u64);
                        prop_assert!(is_right(&before, &shown(&fresh), &by_hand, most), "{:?} → {:?} of {:?}", before, shown(&fresh), by_hand);
                        for contact in fresh["contacts"].as_array().unwrap() {
                            let user = contact["id"].as_i64().unwrap();
                            let ((role, _, _), _) = by_hand.iter().find(|(_, of)| **of == user).unwrap();
                            prop_assert_eq!(&contact["role"], &json!(role));
                            prop_assert_eq!(&contact["name"], NAMES[usize::from(people[&user].0)]);
                        }
                    }
                }
            }
        }
    }
}

/// Who is in the window of a course's students, five of whom fit, after each step.
#[test]
fn whoever_is_shown_stays_and_only_a_teacher_pushes_a_student_out() {
    let whole: CircleId = "c".parse().unwrap();
    let view = View::shared(whole.clone(), Role::Student);
    let mut course = Course::default();
    let mut version = 0_u64;
    let mut held: Value = Value::Null;
    // By name: the first are those with low numbers.
    let put = |course: &mut Course, users: &[i64], role| {
        for user in users {
            let name = format!("{user:03}").as_str().into();
            let id = UserId::new(*user).unwrap();
            let contact = Contact { id, name, picture: None, profile_url: None, role: None, status: None };
            course.put(&Person::new(contact), &[(&whole, role)]);
        }
    };
    let mut look = |course: &mut Course| {
        let mut next = || {
            version += 1;
            version
        };
        if held.is_null() {
            let first = course.snapshot(&view, Policy::default(), 5, &mut next).1;
            held = serde_json::from_str(&first).unwrap();
        }
        let diff = course.flush(&view, Policy::default(), 5, false, &mut next);
        if let Some(diff) = &diff {
            apply(&mut held, &serde_json::from_str(diff).unwrap());
        }
        (shown(&held).into_iter().collect::<Vec<_>>(), diff.is_some())
    };
    put(&mut course, &[20, 21, 22, 23], Role::Student);
    assert_eq!(look(&mut course), (vec![20, 21, 22, 23], false));
    put(&mut course, &[24], Role::Student);
    assert_eq!(look(&mut course), (vec![20, 21, 22, 23, 24], true), "there is room");
    put(&mut course, &[1, 2, 3, 4, 5], Role::Student);
    assert_eq!(look(&mut course), (vec![20, 21, 22, 23, 24], false), "nobody makes room for students");
    put(&mut course, &[90], Role::Teacher);
    assert_eq!(look(&mut course), (vec![20, 21, 22, 23, 90], true), "the last student makes room");
    course.remove(UserId::new(21).unwrap());
    assert_eq!(look(&mut course), (vec![1, 20, 22, 23, 90], true), "the first who waits comes");
    put(&mut course, &[90], Role::Student);
    assert_eq!(look(&mut course), (vec![1, 20, 22, 23, 90], true), "a teacher no more, but shown");
    put(&mut course, &[91, 92, 93, 94, 95, 96], Role::Teacher);
    assert_eq!(look(&mut course), (vec![91, 92, 93, 94, 95], true), "all make room for teachers");
    put(&mut course, &[70], Role::Teacher);
    assert_eq!(look(&mut course), (vec![91, 92, 93, 94, 95], false), "nobody makes room for the sixth");
    for user in [91, 92, 93] {
        course.remove(UserId::new(user).unwrap());
    }
    assert_eq!(look(&mut course), (vec![1, 70, 94, 95, 96], true), "teachers first, then the first student");
}

fn apply(roster: &mut Value, diff: &Value) {
    assert_eq!(roster["version"], diff["from"]);
    let joined = diff["joined"].as_array().unwrap();
    let out: BTreeSet<i64> = diff["left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u.as_i64().unwrap())
        .chain(joined.iter().map(|c| c["id"].as_i64().unwrap()))
        .collect();
    let contacts = roster["contacts"].as_array_mut().unwrap();
    contacts.retain(|c| !out.contains(&c["id"].as_i64().unwrap()));
    contacts.extend(joined.iter().cloned());
    roster["version"] = diff["version"].clone();
    roster["total"] = diff["total"].clone();
}

fn sorted(roster: &mut Value) {
    roster["contacts"].as_array_mut().unwrap().sort_by_key(|c| c["id"].as_i64());
}
