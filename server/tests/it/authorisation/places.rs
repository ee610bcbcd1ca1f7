//! Groups and rooms: every deed by everybody who may stand to one in some way, by a table of answers; and whoever is not
//! in it receives no byte that names it.
//!
//! The table is the contract's ("Groups", "Rooms") once more; it calls nothing of the server.

use gchat::config::Config;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

const ME: i64 = 10;
const TEACHER: i64 = 20;
const OTHER: i64 = 21;
const CLASSMATE: i64 = 22;
const STRANGER: i64 = 23;

/// How I stand to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Of its course, and never in it.
    Never,
    Member,
    Maker,
    /// A teacher of its course who is a member.
    Teacher,
    Left,
    TakenOut,
    /// A member who holds nothing of its course any more, as a token says or a call.
    Lost,
    LostByTheOther,
    /// Was in it and is again.
    Back,
}
use Standing::*;

/// What I try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    History,
    Changes,
    Members,
    Window,
    List,
    Find,
    Flag,
    Read,
    Typing,
    Send,
    EditOwn,
    DeleteOwn,
    DeleteTheirs,
    React,
    TakeBack,
    Rename,
    Add,
    RemoveOther,
    Leave,
    MakeAgain,
    Announce,
}
use Deed::*;

/// In an order in which none takes away what the next is about.
const DEEDS: [Deed; 21] = [
    History,
    Changes,
    Members,
    Window,
    List,
    Find,
    Flag,
    Read,
    Typing,
    Send,
    EditOwn,
    React,
    TakeBack,
    DeleteTheirs,
    Rename,
    Add,
    MakeAgain,
    Announce,
    DeleteOwn,
    RemoveOther,
    Leave,
];

/// What the contract says: the error's code, or "" where it is done. Nothing of a group by who was never in it can be told
/// from a group that is not there; but that its id is taken.
fn answer(standing: Standing, deed: Deed) -> &'static str {
    let writes = matches!(standing, Member | Maker | Teacher | Back);
    match deed {
        MakeAgain => "conflict",
        Announce => "not_found",
        // Nobody hears of it, whoever says it.
        Typing => "",
        _ if standing == Never => "not_found",
        History | Changes | Members | Window | List | Find | Flag | Read | DeleteOwn | TakeBack | Leave => "",
        DeleteTheirs => "not_allowed",
        RemoveOther => {
            if matches!(standing, Maker | Teacher) {
                ""
            } else {
                "not_allowed"
            }
        }
        Send | EditOwn | React | Rename | Add => {
            if writes {
                ""
            } else {
                "not_allowed"
            }
        }
    }
}

struct Scene {
    server: TestServer,
    host: Host,
    me: TestClient,
    teacher: TestClient,
    other: TestClient,
    bystanders: [TestClient; 3],
    version: i64,
    /// What I hold is said by a call, and the next time by a token alone: the call was lost.
    delivered: bool,
}

impl Scene {
    async fn set() -> Self {
        let quick = |config: &mut Config| {
            (config.limits.messages_per_second, config.limits.message_burst) = (10_000, 10_000);
            (config.limits.frames_per_second, config.limits.frame_burst) = (10_000, 10_000);
        };
        let (server, host) = TestServer::start_with(quick).await;
        let c7 = |role| vec![circle("c7", role)];
        let (me, teacher) = (
            TestClient::person(&server, &host, ME, "Me", &c7("student")).await,
            TestClient::person(&server, &host, TEACHER, "Teacher", &c7("teacher")).await,
        );
        let other = TestClient::person(&server, &host, OTHER, "Other", &c7("student")).await;
        let classmate = TestClient::person(&server, &host, CLASSMATE, "Classmate", &c7("student")).await;
        let stranger =
            TestClient::person(&server, &host, STRANGER, "Stranger", &[circle("c8", "student")]).await;
        let elsewhere = server.add_site("https://other.example").await;
        // The server looks every few seconds whether there are other sites.
        let (path, person) = ("/api/v1/users/21", elsewhere.person(1, "Namesake", &c7("student")));
        while elsewhere.call(&server, "PUT", path, &person).await.0 != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let namesake = TestClient::person(&server, &elsewhere, OTHER, "Namesake", &c7("student")).await;
        Self {
            server,
            host,
            me,
            teacher,
            other,
            bystanders: [classmate, stranger, namesake],
            version: 1,
            delivered: true,
        }
    }

    /// Says what I hold from now on.
    async fn hold(&mut self, held: Value) {
        self.version += 1;
        self.delivered = !self.delivered;
        if !self.delivered {
            let claims = json!({"rights_version": self.version, "circles": held});
            let token = self.host.token_with(ME, "Me", &[], claims);
            self.me.send(json!({"type": "renew", "token": token})).await;
            self.me.next_of("renewed").await;
            return;
        }
        let mut person = self.host.person(self.version, "Me", &[]);
        person["circles"] = held;
        self.host.put(&self.server, ME, &person).await;
    }

    /// A group to which I stand so, with a message of mine (but where I was never in it) and one of another.
    async fn group(&mut self, standing: Standing) -> (String, Value, Value) {
        let role = if standing == Teacher { "teacher" } else { "student" };
        self.hold(json!([circle("c7", role)])).await;
        let group = format!("g-{}", Uuid::now_v7());
        let with_me = standing != Never;
        let users = if with_me { json!([ME, OTHER]) } else { json!([OTHER, CLASSMATE + 1_000]) };
        let make = |users: Value| verb("make", &group, json!({"circle": "c7", "title": "T", "users": users}));
        if standing == Maker {
            done(self.me.verb(make(json!([TEACHER, OTHER]))).await);
        } else if with_me {
            done(self.teacher.verb(make(users)).await);
        } else {
            // Three people, and I am not among them.
            self.host
                .put(
                    &self.server,
                    CLASSMATE + 1_000,
                    &self.host.person(1, "Third", &[circle("c7", "student")]),
                )
                .await;
            done(self.teacher.verb(make(users)).await);
        }
        let theirs = self.other.say(&group, "theirs").await;
        let mine = if with_me { self.me.say(&group, "mine").await } else { theirs.clone() };
        if with_me {
            let react = verb("react", &group, of(&theirs, json!({"emoji": ["👍"]})));
            done(self.me.verb(react).await);
        }
        match standing {
            Never | Member | Maker | Teacher => {}
            Left => done(self.me.verb(verb("remove", &group, json!({"user": ME}))).await),
            TakenOut => done(self.teacher.verb(verb("remove", &group, json!({"user": ME}))).await),
            // What is held was said once before, for each.
            Lost => self.hold(json!([circle("c9", "student")])).await,
            LostByTheOther => {
                self.hold(json!([circle("c7", "student")])).await;
                self.hold(json!([circle("c9", "student")])).await;
            }
            Back => {
                self.hold(json!([])).await;
                self.hold(json!([circle("c7", "student")])).await;
            }
        }
        (group, mine, theirs)
    }

    /// The answer's code; "" where it was done.
    async fn tries(&mut self, deed: Deed, place: &str, mine: &Value, theirs: &Value) -> String {
        let me = &mut self.me;
        let answer = match deed {
            History => me.ask(json!({"type": "history", "conversation": place, "limit": 9})).await,
            Changes => {
                me.ask(json!({"type": "changes", "conversation": place, "rev": 0, "seq": 0, "limit": 9}))
                    .await
            }
            Members => {
                me.ask_until(json!({"type": "members", "conversation": place, "users": [OTHER]})).await
            }
            List => {
                // What is not theirs is left out.
                let asked = json!({"type": "list", "limit": 1, "conversations": [place]});
                let listed = me.ask_until(asked).await;
                let none = listed["conversations"] == json!([]);
                json!({"code": if none { "not_found" } else { listed["code"].as_str().unwrap_or_default() }})
            }
            Find => {
                // In all that they read, as in this one alone.
                let all = me.ask_until(json!({"type": "find", "text": "theirs", "limit": 50})).await;
                let is_there = all["messages"].as_array().unwrap().iter().any(|m| m["conversation"] == place);
                let here = json!({"type": "find", "conversation": place, "text": "theirs", "limit": 50});
                let here = me.ask_until(here).await;
                assert_eq!(
                    is_there,
                    here["messages"].as_array().is_some_and(|all| !all.is_empty()),
                    "{here}"
                );
                here
            }
            Flag => me.ask_until(json!({"type": "flag", "conversation": place, "archived": true})).await,
            Window | Read | Typing => {
                let frame = match deed {
                    Window => {
                        json!({"type": "dock", "conversation": place, "state": "open", "base": 1_000_000})
                    }
                    Read => json!({"type": "read", "conversation": place, "seq": 1}),
                    _ => json!({"type": "typing", "conversation": place}),
                };
                me.all_until_now().await;
                me.send(frame).await;
                let told = me.all_until_now().await;
                told.into_iter().find(|f| f["type"] == "error").unwrap_or_default()
            }
            Send => me.say(place, "more").await,
            EditOwn => me.verb(verb("edit", place, of(mine, json!({"text": "edited"})))).await,
            DeleteOwn => me.verb(verb("delete", place, of(mine, json!({})))).await,
            DeleteTheirs => me.verb(verb("delete", place, of(theirs, json!({})))).await,
            React => me.verb(verb("react", place, of(theirs, json!({"emoji": ["🎉"]})))).await,
            TakeBack => me.verb(verb("react", place, of(theirs, json!({"emoji": []})))).await,
            Rename => me.verb(verb("rename", place, json!({"title": "New"}))).await,
            Add => me.verb(verb("add", place, json!({"users": [CLASSMATE + 1_001]}))).await,
            RemoveOther => me.verb(verb("remove", place, json!({"user": OTHER}))).await,
            Leave => me.verb(verb("remove", place, json!({"user": ME}))).await,
            MakeAgain => {
                let make = json!({"circle": "c7", "title": "T", "users": [TEACHER, OTHER]});
                me.verb(verb("make", place, make)).await
            }
            Announce => me.verb(verb("announce", place, json!({"on": true}))).await,
        };
        answer["code"].as_str().unwrap_or_default().to_owned()
    }

    /// What the bystanders have received that names this.
    async fn leaks(&mut self, place: &str) -> Vec<String> {
        let mut leaks = Vec::new();
        for client in &mut self.bystanders {
            client.all_until_now().await;
            leaks.extend(client.bytes.lines().filter(|line| line.contains(place)).map(str::to_owned));
        }
        leaks
    }
}

fn verb(what: &str, place: &str, more: Value) -> Value {
    let mut frame = json!({"type": what, "id": Uuid::now_v7(), "conversation": place});
    merge(&mut frame, more);
    frame
}

/// Of the message of this ack.
fn of(ack: &Value, more: Value) -> Value {
    let mut fields = json!({"seq": ack["seq"], "client_message_id": ack["id"]});
    merge(&mut fields, more);
    fields
}

fn done(answer: Value) {
    assert_eq!(answer["type"], "ack", "{answer}");
}

#[tokio::test]
async fn every_deed_in_a_group_by_everybody_who_may_stand_to_it_is_answered_as_the_contract_says() {
    let mut scene = Scene::set().await;
    let eve = scene.host.person(1, "Eve", &[circle("c7", "student")]);
    scene.host.put(&scene.server, CLASSMATE + 1_001, &eve).await;
    let mut wrong = Vec::new();
    for standing in [Never, Member, Maker, Teacher, Left, TakenOut, Lost, LostByTheOther, Back] {
        let (group, mine, theirs) = scene.group(standing).await;
        for deed in DEEDS {
            let got = scene.tries(deed, &group, &mine, &theirs).await;
            if got != answer(standing, deed) {
                wrong.push(format!("{standing:?} × {deed:?}: {got:?}, not {:?}", answer(standing, deed)));
            }
        }
        wrong.extend(scene.leaks(&group).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How a room is when I come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Announcements,
    Closed,
    Off,
}

/// The room of c7/g1: what the contract says of who holds this.
fn in_room(held: Option<(&str, &str)>, state: State, deed: Deed) -> &'static str {
    let is_in = state != State::Off && matches!(held, Some(("c7" | "c7/g1", _)));
    let teaches = matches!(held, Some((_, "teacher")));
    let writes = match state {
        State::Open => true,
        State::Announcements => teaches,
        State::Closed | State::Off => false,
    };
    match deed {
        Typing => "",
        MakeAgain | Rename | Add | RemoveOther | Leave => "not_found",
        _ if !is_in => "not_found",
        History | Changes | Members | Window | List | Find | Flag | Read => "",
        DeleteOwn | TakeBack => "",
        Send | EditOwn | React => {
            if writes {
                ""
            } else {
                "not_allowed"
            }
        }
        Announce | DeleteTheirs => {
            if teaches {
                ""
            } else {
                "not_allowed"
            }
        }
    }
}

#[tokio::test]
async fn every_deed_in_a_room_by_whoever_holds_what_is_answered_as_the_contract_says() {
    let mut scene = Scene::set().await;
    let holders = [
        Some(("c7", "student")),
        Some(("c7", "teacher")),
        Some(("c7/g1", "student")),
        Some(("c7/g1", "teacher")),
        Some(("c7/g2", "teacher")),
        Some(("c7/-", "student")),
        Some(("c8", "teacher")),
        None,
    ];
    let (mut wrong, mut version) = (Vec::new(), 100);
    for state in [State::Open, State::Announcements, State::Closed, State::Off] {
        for held in holders {
            let room = "r-c7~g1";
            version += 10;
            let put = |version: i64, room: Value| {
                json!({"rights_version": version, "title": "C", "room": room, "groups": {"g1": "One", "g2": "Two"}, "members": [
                    {"user": TEACHER, "role": "teacher", "groups": null}, {"user": OTHER, "role": "student", "groups": ["g1"]}]})
            };
            let call = async |scene: &Scene, body: Value| {
                let path = "/api/v1/circles/c7";
                assert_eq!(scene.host.call(&scene.server, "PUT", path, &body).await.0, 200);
            };
            call(&scene, put(version, json!("open"))).await;
            done(scene.teacher.verb(verb("announce", room, json!({"on": false}))).await);
            let theirs = scene.other.say(room, "theirs").await;
            assert_eq!(theirs["type"], "ack", "{theirs}");
            // Whoever I am then, I was in it before.
            scene.version = version + 1;
            scene.hold(json!([circle("c7", "student")])).await;
            let mine = scene.me.say(room, "mine").await;
            assert_eq!(mine["type"], "ack", "{mine}");
            let on = json!({"on": state == State::Announcements});
            done(scene.teacher.verb(verb("announce", room, on)).await);
            match state {
                State::Open | State::Announcements => {}
                State::Closed => call(&scene, put(version + 1, json!("closed"))).await,
                State::Off => call(&scene, put(version + 1, Value::Null)).await,
            }
            scene.version = version + 5;
            scene.hold(held.map_or(json!([]), |(id, role)| json!([circle(id, role)]))).await;
            for deed in DEEDS {
                let wanted = in_room(held, state, deed);
                let got = scene.tries(deed, room, &mine, &theirs).await;
                if got != wanted {
                    wrong.push(format!("{held:?} in {state:?} × {deed:?}: {got:?}, not {wanted:?}"));
                }
                if deed == Announce && got.is_empty() {
                    done(
                        scene
                            .teacher
                            .verb(verb("announce", room, json!({"on": state == State::Announcements})))
                            .await,
                    );
                }
            }
        }
    }
    wrong.extend(scene.leaks("r-c7").await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
