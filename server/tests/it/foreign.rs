//! Others' talk: every frame that names a conversation or a circle, against every relation of the two people, by an
//! oracle; and nothing of it reaches a bystander.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

const ME: i64 = 10;

/// How somebody stands to `ME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// Shares a course, online.
    Classmate,
    /// Shares a course, not online.
    Away,
    /// Shares a course, hidden, online.
    Hidden,
    /// Shared a course and talked; no longer.
    Former,
    /// Shares nothing, online.
    Stranger,
    /// No user of this site.
    Nobody,
    /// A user of another site only.
    OfAnotherSite,
    /// Was removed by the host; had talked.
    Removed,
    /// Blocked by `ME`.
    BlockedByMe,
    /// Has blocked `ME`.
    HasBlockedMe,
    /// In the same course, in another separate group.
    OtherGroup,
    /// In the same course, without a group, as `ME` is in one.
    NoGroup,
    /// May not use the chat.
    NoChat,
}

use Relation::*;

const ALL: [(i64, Relation); 13] = [
    (21, Classmate),
    (22, Away),
    (3, Hidden),
    (24, Former),
    (25, Stranger),
    (26, Nobody),
    (27, OfAnotherSite),
    (28, Removed),
    (29, BlockedByMe),
    (30, HasBlockedMe),
    (31, OtherGroup),
    (32, NoGroup),
    (33, NoChat),
];

impl Relation {
    fn sees(self) -> bool {
        matches!(self, Classmate | Away | Hidden | BlockedByMe | HasBlockedMe | NoChat)
    }

    fn has_talked(self) -> bool {
        matches!(self, Former | Removed)
    }

    /// The answer to `send`.
    fn send(self) -> &'static str {
        match self {
            Classmate | Away | Hidden => "ack",
            _ if self.sees() || self.has_talked() => "not_allowed",
            _ => "unknown_recipient",
        }
    }

    /// The answer to opening a window.
    fn open(self) -> &'static str {
        if self.sees() || self.has_talked() { "dock" } else { "not_found" }
    }

    fn status(self) -> &'static str {
        if matches!(self, Classmate) { "online" } else { "offline" }
    }
}

fn my_circles() -> Vec<Value> {
    vec![circle("c7", "student"), circle("c8/g1", "student")]
}

fn me(host: &Host) -> String {
    host.token_with(ME, "Me", &my_circles(), json!({"blocked": [29]}))
}

struct Scene {
    server: TestServer,
    host: Host,
    me: TestClient,
    /// Everyone who is online, by id.
    others: Vec<(i64, TestClient)>,
}

async fn scene() -> Scene {
    // More is asked in a moment than any client does.
    let (server, host) = TestServer::start_with(|config| {
        (config.limits.frames_per_second, config.limits.frame_burst) = (100_000, 100_000);
        (config.limits.messages_per_second, config.limits.message_burst) = (100_000, 100_000);
    })
    .await;
    let elsewhere = server.add_site("https://elsewhere.example").await;
    let c7 = vec![circle("c7", "student")];
    let mut me = TestClient::connect(&server, &host, &me(&host)).await;
    let mut others = Vec::new();
    for (user, relation) in ALL {
        let mut extra = json!({});
        let circles = match relation {
            Stranger => vec![circle("c99", "student")],
            OtherGroup => vec![circle("c8/g2", "teacher")],
            NoGroup => vec![circle("c8/-", "student")],
            _ => c7.clone(),
        };
        match relation {
            Hidden => extra = json!({"hidden": true}),
            HasBlockedMe => extra = json!({"blocked": [ME]}),
            _ => {}
        }
        match relation {
            Nobody => continue,
            NoChat => {
                let mut person = host.person(1, "No Chat", &circles);
                merge(&mut person, json!({"rights": []}));
                host.put(&server, user, &person).await;
                continue;
            }
            OfAnotherSite => {
                let mut theirs = TestClient::person(&server, &elsewhere, user, "Canary Elsewhere", &c7).await;
                let mut peer =
                    TestClient::person(&server, &elsewhere, ME, "Me Elsewhere", &my_circles()).await;
                theirs.say(&name(user), "canary-elsewhere").await;
                peer.next_message().await;
                others.extend([(user, theirs), (ME, peer)]);
                continue;
            }
            _ => {}
        }
        let token = host.token_with(user, &format!("{relation:?}"), &circles, extra);
        let mut client = TestClient::connect(&server, &host, &token).await;
        if relation.has_talked() {
            client.say(&name(user), "talked before").await;
            me.next_message().await;
        }
        match relation {
            Away => continue,
            Former => {
                drop(host.put(&server, user, &host.person(2, "Former", &[circle("c99", "student")])).await)
            }
            Removed => {
                host.remove(&server, user, 2).await;
                continue;
            }
            _ => {}
        }
        others.push((user, client));
    }
    // Strangers talk among themselves.
    let mut eve = TestClient::person(&server, &host, 41, "Canary Eve", &[circle("c99", "student")]).await;
    eve.say("25-41", "canary-25-41").await;
    others.push((41, eve));
    me.all_until_now().await;
    me.roster_becomes("c7", &[21, ME]).await;
    me.all_until_now().await;
    Scene { server, host, me, others }
}

fn name(user: i64) -> String {
    format!("{}-{}", user.min(ME), user.max(ME))
}

fn answer(frame: &Value) -> String {
    let kind = if frame["type"] == "error" { &frame["code"] } else { &frame["type"] };
    kind.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_one_may_do_with_a_conversation_follows_from_who_the_other_is() {
    let Scene { server: _server, mut me, others: _others, .. } = scene().await;
    for (user, relation) in ALL {
        let conversation = name(user);
        let sent = me.say(&conversation, "hello").await;
        assert_eq!(answer(&sent), relation.send(), "send to {relation:?}");
        let page = me.ask(json!({"type": "history", "conversation": conversation, "limit": 10})).await;
        assert_eq!(answer(&page), "history", "one's own conversation, begun or not: {relation:?}");
        let talked = relation.has_talked() || relation.send() == "ack";
        assert_eq!(page["messages"].as_array().unwrap().len(), usize::from(talked), "{relation:?}");
        me.all_until_now().await;
        me.send(json!({"type": "dock", "conversation": conversation, "state": "open", "base": 999})).await;
        let shown = me.all_until_now().await;
        let shown = shown.iter().find(|f| matches!(f["type"].as_str(), Some("dock" | "error"))).unwrap();
        assert_eq!(answer(shown), relation.open(), "a window with {relation:?}");
        if relation.open() == "dock" {
            let windows = shown["windows"].as_array().unwrap();
            let contact = &windows.iter().find(|w| w["conversation"] == *conversation).unwrap()["contact"];
            assert_eq!(contact["status"], relation.status(), "{relation:?}");
            assert_eq!(contact["name"] == "", relation == Removed);
        }
        me.send(json!({"type": "read", "conversation": conversation, "seq": 1})).await;
        me.send(json!({"type": "typing", "conversation": conversation})).await;
        let quiet = me.all_until_now().await;
        assert!(quiet.iter().all(|f| f["type"] != "error"), "{relation:?}: {quiet:?}");
    }
}

/// The answers to everything that can be said of a conversation or circle, without what the asker chose itself.
async fn answers(me: &mut TestClient, conversation: &str, circle: &str) -> Vec<String> {
    let id = Uuid::now_v7();
    let mut all = Vec::new();
    for frame in [
        json!({"type": "send", "client_message_id": id, "conversation": conversation, "text": "hello"}),
        json!({"type": "history", "request": 7, "conversation": conversation, "limit": 10}),
        json!({"type": "history", "request": 7, "conversation": conversation, "limit": 10, "after": 0}),
        json!({"type": "history", "request": 7, "conversation": conversation, "limit": 10, "before": 5}),
        json!({"type": "read", "conversation": conversation, "seq": 1}),
        json!({"type": "typing", "conversation": conversation}),
        json!({"type": "dock", "conversation": conversation, "state": "open", "base": 999}),
        json!({"type": "dock", "conversation": conversation, "state": "minimised", "base": 999}),
        json!({"type": "dock", "conversation": conversation, "state": "closed", "base": 999}),
        json!({"type": "roster", "circle": circle}),
    ] {
        me.bytes.clear();
        me.send(frame).await;
        me.all_until_now().await;
        let chosen = [(&*id.to_string(), "ID"), (conversation, "CONVERSATION"), (circle, "CIRCLE")];
        all.push(chosen.iter().fold(me.bytes.clone(), |bytes, (from, to)| bytes.replace(from, to)));
    }
    all
}

#[tokio::test]
async fn what_is_not_mine_cannot_be_told_from_what_does_not_exist() {
    let Scene { server: _server, mut me, others: _others, .. } = scene().await;
    let nothing = answers(&mut me, "4001-4002", "no-such-circle").await;
    assert!(nothing[0].contains("not_found") && nothing[9].contains("not_found"), "{nothing:?}");
    for (conversation, circle) in [("25-41", "c99"), ("24-25", "c8/g2"), ("21-30", "c8"), ("28-41", "c8/-")] {
        assert_eq!(answers(&mut me, conversation, circle).await, nothing, "{conversation} {circle}");
    }
    // Mine, but with someone out of sight: who exists cannot be told from who does not.
    let nobody = answers(&mut me, &name(26), "c99").await;
    for (user, relation) in ALL {
        if !relation.sees() && !relation.has_talked() {
            let told = answers(&mut me, &name(user), "c99").await;
            for (told, nobody) in told.iter().zip(&nobody) {
                assert_eq!(told, nobody, "{relation:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_in_a_foreign_circle_finds_no_such_circle() {
    let Scene { server: _server, mut me, others: _others, .. } = scene().await;
    for circle in ["no-such-circle", "c99", "c8", "c8/g2", "c8/-"] {
        let answer = me.ask(json!({"type": "search", "text": "", "circle": circle, "limit": 10})).await;
        assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!("not_found")), "{circle}");
    }
}

#[tokio::test]
async fn a_cursor_over_foreign_conversations_gets_nothing() {
    let Scene { server, host, me: first, others: _others } = scene().await;
    let mut again = TestClient::open(&server, Some(&host.url)).await.unwrap();
    let entry = |c: &str| json!({"conversation": c, "rev": 0, "seq": 0});
    let cursor = json!({"epoch": first.welcome["epoch"], "conversations": [entry("25-41"), entry("4001-4002"), entry("10-27"), entry("10-26")]});
    again.hello(&me(&host), json!({"cursor": cursor})).await;
    assert_eq!(again.next_of("welcome").await["changes"], json!([]));
    assert!(!again.bytes.contains("anary"));
}

#[tokio::test]
async fn nothing_reaches_those_whom_it_does_not_concern() {
    let Scene { server, host, mut me, mut others } = scene().await;
    for (_, client) in &mut others {
        client.bytes.clear();
        client.all_until_now().await;
    }
    for (user, _) in ALL {
        me.say(&name(user), &format!("canary-to-{user}-")).await;
        me.send(json!({"type": "typing", "conversation": name(user)})).await;
        me.send(json!({"type": "dock", "conversation": name(user), "state": "open", "base": 999})).await;
        me.send(json!({"type": "read", "conversation": name(user), "seq": 1})).await;
        me.all_until_now().await;
    }
    let new =
        TestClient::person(&server, &host, 50, "Canary-new-classmate", &[circle("c7", "student")]).await;
    me.roster_becomes("c7", &[ME, 21, 50]).await;
    for (user, client) in &mut others {
        let relation = ALL.iter().find(|(u, _)| u == user && *user != ME).map(|(_, r)| *r);
        client.all_until_now().await;
        let writes = relation.is_some_and(|r| r.send() == "ack");
        let mine = format!("canary-to-{user}-");
        let got = client.bytes.matches("canary-to-").count();
        assert_eq!(
            (got, client.bytes.contains(&mine)),
            (usize::from(writes), writes),
            "{user} {relation:?}: {}",
            client.bytes
        );
        assert_eq!(client.bytes.contains("\"typing\""), writes, "{user} {relation:?}");
        if relation.is_none_or(|r| !r.sees()) {
            assert!(!client.bytes.contains("Canary-new"), "{user}: {}", client.bytes);
            assert!(!client.bytes.contains("\"read\""), "{user}: {}", client.bytes);
        }
    }
    drop(new);
    assert!(
        !me.bytes.contains("canary-25-41")
            && !me.bytes.contains("lsewhere")
            && !me.bytes.contains("Canary Eve")
    );
}
