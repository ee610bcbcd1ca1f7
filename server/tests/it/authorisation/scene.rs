//! A server with the people of a `World` on it, and everything that each of them received for one deed.
//!
//! Zoe teaches all courses. After each deed her name changes: the change reaches everybody through the same ticks as
//! anything else of rosters would, so that whatever the deed caused has come before it.

use std::collections::BTreeMap;

use gchat::clock::now_ms;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    oracle::{Deed, Heard, ME, Person, World, gist},
    relations::Relation,
};
use crate::util::{Host, TestClient, TestServer, host::merge};

pub(super) const CARLA: i64 = 11;
pub(super) const TOM: i64 = 12;
pub(super) const ZOE: i64 = 13;

/// When pauses end: in 2096.
const FAR_AWAY: i64 = 4_000_000_000_000;

/// Who receives something. The other site has people with the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Acting,
    Device,
    Them,
    Carla,
    Tom,
    Zoe,
    /// `ME` of the other site, and so on.
    Elsewhere(i64),
}

/// A running world.
pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) host: Host,
    pub(super) other_host: Host,
    pub(super) world: World,
    pub(super) clients: BTreeMap<Party, TestClient>,
    /// Whom my tokens name, where that is no longer what is so.
    pub(super) my_old_self: Option<Person>,
    /// The rights version of my tokens.
    pub(super) my_version: i64,
    sent: Uuid,
    /// The last edit, deletion or reaction, to be repeated.
    verb: Value,
    /// The id of the last frame that took a reaction back.
    back: Value,
    round: i64,
}

/// A frame as it is compared: without clocks, random versions, and the number in Zoe's name.
pub(super) fn plain(frame: &Value) -> String {
    fn scrub(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let dock = fields.contains_key("windows");
                for (name, value) in fields.iter_mut() {
                    match name.as_str() {
                        "server_time" | "lease_ends" | "sent_at" | "from" => *value = Value::Null,
                        "version" if !dock => *value = Value::Null,
                        _ => scrub(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(scrub),
            Value::String(text) if text.starts_with("Zoe ") => *text = "Zoe".into(),
            _ => {}
        }
    }
    let mut frame = frame.clone();
    scrub(&mut frame);
    frame.to_string()
}

/// What a host says of somebody.
pub(super) fn said_of(host: &Host, version: i64, person: &Person, more_rights: &[&str]) -> Value {
    let role = |teacher| if teacher { "teacher" } else { "student" };
    let circles: Vec<Value> =
        person.holds.iter().map(|h| crate::util::circle(h.circle, role(h.teacher))).collect();
    let mut said = host.person(version, &person.name, &circles);
    let rights: Vec<&str> =
        person.chat.then_some("chat").into_iter().chain(more_rights.iter().copied()).collect();
    let until = person.paused.then_some(FAR_AWAY);
    let more = json!({"hidden": person.hidden, "blocked": person.blocks, "rights": rights});
    merge(&mut said, more);
    merge(&mut said, json!({"accepts": person.accepts, "paused_until": until}));
    said
}

/// A token of somebody; `more` overrides claims.
pub(super) fn token(host: &Host, version: i64, person: &Person, more: Value) -> String {
    let mut claims = host.claims(person.id, &person.name, &[]);
    merge(&mut claims, said_of(host, version, person, &[]));
    merge(&mut claims, more);
    host.sign(&claims)
}

impl Scene {
    /// Everybody of the relation's world, signed in and settled.
    pub(super) async fn of(relation: Relation) -> Self {
        let (server, host) = TestServer::start_with(|config| {
            (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
            (config.limits.messages_per_second, config.limits.message_burst) = (100_000, 100_000);
        })
        .await;
        let other_host = server.add_site("https://elsewhere.example").await;
        let world = relation.before();
        let scene = Self {
            server,
            host,
            other_host,
            world,
            clients: BTreeMap::new(),
            my_old_self: None,
            my_version: 1,
            sent: Uuid::now_v7(),
            verb: Value::Null,
            back: Value::Null,
            round: 0,
        };
        let mut scene = scene.signed_in(relation).await;
        relation.happens(&mut scene).await;
        scene.settle().await;
        scene
    }

    async fn signed_in(mut self, relation: Relation) -> Self {
        let body = json!({"rights_version": 1, "students_see_students": self.world.students_see_students});
        assert_eq!(self.host.call(&self.server, "PUT", "/api/v1/policy", &body).await.0, 200);
        let people = self.world.people.clone();
        for person in people.iter().filter(|p| p.known) {
            if !person.online {
                let said = said_of(&self.host, 1, person, &[]);
                self.host.put(&self.server, person.id, &said).await;
                continue;
            }
            let extra = if person.id == ME { relation.my_more_rights() } else { &[] };
            let more = json!({"rights": said_of(&self.host, 1, person, extra)["rights"]});
            let token = token(&self.host, 1, person, more);
            for party in parties_of(&self.world, person.id) {
                let client = TestClient::connect(&self.server, &self.host, &token).await;
                self.clients.insert(party, client);
            }
        }
        let c7 = [crate::util::circle("c7", "student")];
        let mut ids = vec![ME, self.world.them, ZOE];
        ids.dedup();
        for id in ids {
            let name = format!("Canary elsewhere {id}");
            let client = TestClient::person(&self.server, &self.other_host, id, &name, &c7).await;
            self.clients.insert(Party::Elsewhere(id), client);
        }
        // A conversation that is neither mine nor theirs alone, with words that nobody else may read.
        let zoe = self.client(Party::Zoe);
        assert_eq!(zoe.say("11-13", "canary of Zoe and Carla").await["type"], "ack");
        let elsewhere = self.client(Party::Elsewhere(ME));
        elsewhere.say(&format!("{ME}-{ZOE}"), "canary elsewhere").await;
        self
    }

    pub(super) fn client(&mut self, party: Party) -> &mut TestClient {
        self.clients.get_mut(&party).unwrap_or_else(|| panic!("no {party:?} here"))
    }

    /// Waits until every roster is as the oracle says, and nothing is on its way.
    pub(super) async fn settle(&mut self) {
        let world = self.world.clone();
        for (party, client) in &mut self.clients {
            let Some(person) = owner(&world, *party).filter(|person| !person.paused) else { continue };
            for held in &person.holds {
                let there = world.roster(person, *held);
                client
                    .wait_roster(held.circle, |r| {
                        r.contacts.keys().eq(there.iter()) && r.total == there.len()
                    })
                    .await;
            }
        }
        self.after(Deed::Nothing).await;
    }

    /// Does a deed of mine. What each party received for it, the change of Zoe's name included.
    pub(super) async fn after(&mut self, deed: Deed) -> (BTreeMap<Party, Vec<String>>, Heard) {
        let fresh = self.act(deed).await;
        // Reactions are answered by a task of their own: a `pong` may come before.
        let waits = matches!(deed, Deed::React | Deed::ReactAgain | Deed::TakeBack) && self.world.them != ME;
        let id = if deed == Deed::TakeBack { self.back.clone() } else { self.verb["id"].clone() };
        let acting = self.client(Party::Acting);
        let answer = match waits {
            true => Some(
                acting.wait(|f| ["ack", "error"].iter().any(|of| f["type"] == *of) && f["id"] == id).await,
            ),
            false => None,
        };
        let mut told_me = acting.all_until_now().await;
        told_me.extend(answer);
        let mut received = BTreeMap::from([(Party::Acting, told_me)]);
        self.zoe_changes().await;
        let world = self.world.clone();
        let name = format!("Zoe {}", self.round);
        for (party, client) in &mut self.clients {
            let elsewhere = matches!(party, Party::Elsewhere(_));
            let circles = match owner(&world, *party) {
                Some(person) if person.paused => vec![],
                Some(person) => person.holds.iter().map(|h| h.circle).collect(),
                None => vec!["c7"],
            };
            for circle in circles {
                let zoe = world.person(ZOE).expect("Zoe");
                let held = owner(&world, *party).and_then(|p| p.holds.iter().find(|h| h.circle == circle));
                let shown = elsewhere
                    || held.is_some_and(|h| {
                        let viewer = owner(&world, *party).expect("who holds it");
                        world.roster(viewer, *h).contains(&zoe.id)
                    });
                if shown {
                    client
                        .wait_roster(circle, |r| r.contacts.get(&ZOE).is_some_and(|z| z["name"] == name))
                        .await;
                }
            }
            received.entry(*party).or_default().extend(client.all_until_now().await);
        }
        let plain = |frames: Vec<Value>| {
            let mut all: Vec<String> = frames.iter().map(told).collect();
            // Of two circles, either may be told first.
            all.sort();
            all
        };
        let received = received.into_iter().map(|(party, frames)| (party, plain(frames))).collect();
        (received, Heard { fresh: fresh.iter().map(gist).collect(), ..Heard::default() })
    }

    /// As the host signed it at the beginning.
    pub(super) fn my_token(&self) -> String {
        let me = self.my_old_self.as_ref().unwrap_or_else(|| self.world.person(ME).expect("me"));
        token(&self.host, self.my_version, me, json!({}))
    }

    /// From now on a party has a connection whose token ends in a moment.
    pub(super) async fn lease_ends_soon(&mut self, party: Party) {
        let person = owner(&self.world, party).expect("a person of this site").clone();
        let token = token(&self.host, 1, &person, ending(3_000));
        let client = TestClient::connect(&self.server, &self.host, &token).await;
        self.clients.insert(party, client);
    }

    async fn zoe_changes(&mut self) {
        self.round += 1;
        let name = format!("Zoe {}", self.round);
        let mut zoe = self.world.person(ZOE).expect("Zoe").clone();
        zoe.name = name.clone();
        let said = said_of(&self.host, 100 + self.round, &zoe, &[]);
        self.host.put(&self.server, ZOE, &said).await;
        let c7 = [crate::util::circle("c7", "student")];
        let said = self.other_host.person(100 + self.round, &name, &c7);
        self.other_host.put(&self.server, ZOE, &said).await;
    }

    /// The frames of a deed, sent by my first connection; the answers of a connection made for it.
    async fn act(&mut self, deed: Deed) -> Vec<Value> {
        let ours = self.world.conversation();
        let circle = self.world.their_circle();
        let circle = if self.world.them == ME { "c7" } else { circle };
        let history = |more: Value| {
            let mut frame = json!({"type": "history", "request": 7, "conversation": ours, "limit": 50});
            merge(&mut frame, more);
            frame
        };
        let send = |id: Uuid, text: &str| json!({"type": "send", "client_message_id": id, "conversation": ours, "text": text});
        let search =
            |more: Value| merged(json!({"type": "search", "request": 8, "text": "", "limit": 100}), more);
        let frames = match deed {
            Deed::Nothing => vec![],
            Deed::History => vec![history(json!({}))],
            Deed::HistoryBefore => vec![history(json!({"before": 2}))],
            Deed::HistoryAfter => vec![history(json!({"after": 1}))],
            Deed::Read => vec![json!({"type": "read", "conversation": ours, "seq": 99})],
            Deed::Typing => vec![json!({"type": "typing", "conversation": ours})],
            Deed::Window(state) => vec![window(&ours, state)],
            Deed::List => vec![on(&ours, "list")],
            Deed::Find => vec![json!({"type": "find", "request": 9, "text": "HELLO", "limit": 50})],
            Deed::FindTheirs => vec![json!({"type": "find", "request": 9, "text": "canary", "limit": 50})],
            Deed::Flag => vec![on(&ours, "flag")],
            Deed::SearchAll => vec![search(json!({}))],
            Deed::SearchTheirCircle => vec![search(json!({"circle": circle}))],
            Deed::SearchForgedNext => vec![search(json!({"circle": circle, "next": "t0|"}))],
            Deed::TheirRoster => vec![json!({"type": "roster", "circle": circle})],
            Deed::Send | Deed::SendAgain => vec![send(self.sent, "hello")],
            Deed::SendSameIdElsewhere => vec![send(self.sent, "something else")],
            Deed::Edit => self.on_message(ME, "edit").await,
            Deed::EditTheirs => self.on_message(self.world.them, "edit").await,
            Deed::Delete => self.on_message(ME, "delete").await,
            Deed::DeleteTheirs => self.on_message(self.world.them, "delete").await,
            Deed::EditAgain | Deed::DeleteAgain => vec![self.verb.clone()],
            Deed::EditDeleted => {
                let mut edit = self.verb.clone();
                merge(&mut edit, json!({"type": "edit", "id": Uuid::now_v7(), "text": "edited"}));
                vec![edit]
            }
            Deed::Reply => vec![merged(send(Uuid::now_v7(), "hello"), json!({"reply_to": 1}))],
            Deed::ReplyToNothing => vec![merged(send(Uuid::now_v7(), "hello"), json!({"reply_to": 99}))],
            Deed::React => self.on_last("react").await,
            Deed::ReactAgain => vec![self.verb.clone()],
            Deed::TakeBack => {
                let mut back = self.verb.clone();
                merge(&mut back, json!({"id": Uuid::now_v7(), "emoji": []}));
                self.back = back["id"].clone();
                vec![back]
            }
            Deed::Changes => {
                vec![
                    json!({"type": "changes", "request": 7, "conversation": ours, "rev": 0, "seq": 0, "limit": 50}),
                ]
            }
            Deed::Resume => return self.fresh(&[&ours]).await,
            Deed::ResumeForeign => return self.fresh(&["11-13", "4001-4002"]).await,
            Deed::Renew => vec![json!({"type": "renew", "token": self.my_token()})],
            Deed::LookAwayAndBack => vec![
                json!({"type": "visibility", "visible": false}),
                json!({"type": "visibility", "visible": true, "rosters": []}),
            ],
            Deed::HelloAgain => {
                let token = self.my_token();
                vec![
                    json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(), "visible": true}),
                ]
            }
            Deed::Foreign(what) => vec![on("11-13", what)],
            Deed::Nowhere(what) => vec![on("4001-4002", what)],
        };
        for frame in frames {
            self.client(Party::Acting).send(frame).await;
        }
        vec![]
    }

    /// An edit or a deletion of somebody's last message that is no stub, or of none.
    async fn on_message(&mut self, sender: i64, what: &str) -> Vec<Value> {
        self.on_the_last(what, |m| m["sender"] == sender).await
    }

    /// Something with the last message that is no stub, whoever wrote it.
    async fn on_last(&mut self, what: &str) -> Vec<Value> {
        self.on_the_last(what, |_| true).await
    }

    async fn on_the_last(&mut self, what: &str, counts: impl Fn(&Value) -> bool) -> Vec<Value> {
        let ours = self.world.conversation();
        let ask = json!({"type": "history", "conversation": ours, "limit": 50});
        let page = self.client(Party::Acting).ask(ask).await;
        let all = page["messages"].as_array().into_iter().flatten();
        let found = all.rev().find(|m| counts(m) && m["text"].is_string());
        let (seq, name) = found.map_or((json!(1), json!(Uuid::now_v7())), |m| {
            (m["seq"].clone(), m["client_message_id"].clone())
        });
        self.verb = on(&ours, what);
        merge(&mut self.verb, json!({"seq": seq, "client_message_id": name}));
        vec![self.verb.clone()]
    }

    /// A third connection of mine that has nothing of these conversations: all that it gets.
    async fn fresh(&mut self, conversations: &[&str]) -> Vec<Value> {
        let epoch = self.client(Party::Acting).welcome["epoch"].clone();
        let cursor: Vec<Value> =
            conversations.iter().map(|c| json!({"conversation": c, "rev": 0, "seq": 0})).collect();
        let token = self.my_token();
        let mut client = TestClient::open(&self.server, Some(&self.host.url)).await.unwrap();
        client.hello(&token, json!({"cursor": {"epoch": epoch, "conversations": cursor}})).await;
        if self.world.them == ME && conversations.len() == 1 {
            return vec![json!({"type": "error", "code": client.refusal().await.0})];
        }
        let mut all = vec![client.next_of("welcome").await];
        all.extend(client.all_until_now().await);
        all
    }
}

/// How a frame is compared: what I asked for by what the rules speak of, what comes unasked by all of it.
fn told(frame: &Value) -> String {
    match frame["type"].as_str() {
        Some("roster_diff" | "presence" | "circles" | "drain") | None => plain(frame),
        _ => gist(frame),
    }
}

fn merged(mut frame: Value, more: Value) -> Value {
    merge(&mut frame, more);
    frame
}

fn window(conversation: &str, state: &str) -> Value {
    json!({"type": "dock", "conversation": conversation, "state": state, "base": 999})
}

/// What is tried on conversations of others.
fn on(conversation: &str, what: &str) -> Value {
    match what {
        "send" => {
            json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": conversation, "text": "hello"})
        }
        "edit" => {
            json!({"type": "edit", "id": Uuid::now_v7(), "conversation": conversation, "seq": 1, "client_message_id": Uuid::now_v7(), "text": "edited"})
        }
        "delete" => {
            json!({"type": "delete", "id": Uuid::now_v7(), "conversation": conversation, "seq": 1, "client_message_id": Uuid::now_v7()})
        }
        "react" => {
            json!({"type": "react", "id": Uuid::now_v7(), "conversation": conversation, "seq": 1, "client_message_id": Uuid::now_v7(), "emoji": ["👍"]})
        }
        "changes" => {
            json!({"type": "changes", "request": 7, "conversation": conversation, "rev": 0, "seq": 0, "limit": 50})
        }
        "history" => json!({"type": "history", "request": 7, "conversation": conversation, "limit": 50}),
        "list" => json!({"type": "list", "request": 9, "conversations": [conversation], "limit": 50}),
        "find" => {
            json!({"type": "find", "request": 9, "conversation": conversation, "text": "canary", "limit": 50})
        }
        "flag" => json!({"type": "flag", "request": 9, "conversation": conversation, "pinned": true}),
        "read" => json!({"type": "read", "conversation": conversation, "seq": 1}),
        "typing" => json!({"type": "typing", "conversation": conversation}),
        state => window(conversation, state),
    }
}

pub(super) fn parties_of(world: &World, id: i64) -> Vec<Party> {
    match id {
        ME => vec![Party::Acting, Party::Device],
        CARLA => vec![Party::Carla],
        TOM => vec![Party::Tom],
        ZOE => vec![Party::Zoe],
        _ if id == world.them => vec![Party::Them],
        _ => panic!("nobody plays {id}"),
    }
}

/// The person of this site whom a party is.
pub(super) fn owner(world: &World, party: Party) -> Option<&Person> {
    let id = match party {
        Party::Acting | Party::Device => ME,
        Party::Them => world.them,
        Party::Carla => CARLA,
        Party::Tom => TOM,
        Party::Zoe => ZOE,
        Party::Elsewhere(_) => return None,
    };
    world.person(id)
}

/// A token that ends in about `left_ms`, within the forgiven skew.
fn ending(left_ms: i64) -> Value {
    let end = (now_ms() + left_ms) / 1_000 - 30;
    json!({"iat": end - 100, "nbf": end - 100, "exp": end})
}
