#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use serde_json::{Value, json};

use super::*;

fn fixtures(folder: &str) -> Vec<(String, String)> {
    let folder = format!("{}/../protocol/fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
    let paths = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    paths.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../protocol/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

#[test]
fn every_frame_of_the_server_is_understood_or_ignored() {
    let mut understood = 0;
    for (path, text) in fixtures("server") {
        let frame = Incoming::decode(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        understood += u32::from(frame != Incoming::Other);
    }
    assert!(understood >= 20, "only {understood} frames were understood");
}

#[test]
fn what_is_sent_has_only_fields_of_the_contract() {
    let id = Uuid::now_v7();
    let text = String::new;
    let conversation = Conversation::between(2, 3);
    let position = Position { conversation, rev: 1, seq: 1 };
    let cursor = Some(Cursor { epoch: id, conversations: vec![position] });
    let history = |before, after| Outgoing::History { request: 1, conversation, before, after, limit: 1 };
    let send = |reply_to, mentions| Outgoing::Send {
        client_message_id: id,
        conversation,
        text: text(),
        reply_to,
        mentions,
    };
    let react = |emoji| Outgoing::React { id, conversation, seq: 1, client_message_id: id, emoji };
    let members = |users| Outgoing::Members { request: 1, conversation, users };
    let list = |text: Option<&str>, archived, unread, conversations| Outgoing::List {
        request: 1,
        limit: 1,
        next: None,
        unread,
        archived,
        text: text.map(str::to_owned),
        conversations,
    };
    let flag = |pinned, archived, muted_until, seq| Outgoing::Flag {
        request: 1,
        conversation,
        pinned,
        archived,
        muted_until,
        seq,
    };
    let circle = "c7".parse().unwrap();
    let frames = [
        Outgoing::Hello {
            protocol: 1,
            token: text(),
            session: id,
            visible: true,
            features: FEATURES,
            cursor,
        },
        Outgoing::Renew { token: text() },
        send(None, vec![]),
        send(Some(1), vec![]),
        send(None, vec![1]),
        react(vec!["👍".into()]),
        react(vec![]),
        Outgoing::Make { id, conversation, circle, title: text(), users: vec![3] },
        Outgoing::Add { id, conversation, users: vec![3] },
        Outgoing::Remove { id, conversation, user: 3 },
        Outgoing::Rename { id, conversation, title: text() },
        Outgoing::Announce { id, conversation, on: true },
        members(None),
        members(Some(vec![3])),
        Outgoing::Rooms { request: 1, next: None, limit: 1 },
        Outgoing::Find {
            request: 1,
            text: text(),
            conversation: Some(conversation),
            next: Some(text()),
            limit: 1,
        },
        list(Some("a"), None, Some(true), None),
        list(None, Some(true), None, None),
        list(None, None, None, Some(vec![conversation])),
        flag(Some(true), Some(true), Some(1), Some(1)),
        Outgoing::Edit { id, conversation, seq: 1, client_message_id: id, text: text() },
        Outgoing::Delete { id, conversation, seq: 1, client_message_id: id },
        Outgoing::Changes { request: 1, conversation, rev: 1, seq: 1, limit: 1 },
        history(Some(1), None),
        history(None, Some(1)),
        Outgoing::Read { conversation, seq: 1 },
        Outgoing::Typing { conversation },
        Outgoing::Dock { conversation, state: State::Minimised, base: 1 },
        Outgoing::Ping,
        Outgoing::Pong,
    ];
    let examples: Vec<Value> =
        fixtures("client").iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    for frame in frames {
        let frame: Value = serde_json::from_str(&frame.encode()).unwrap();
        let known = examples.iter().any(|example| {
            example["type"] == frame["type"]
                && frame.as_object().unwrap().iter().all(|(name, value)| {
                    example.get(name).map(std::mem::discriminant) == Some(std::mem::discriminant(value))
                })
        });
        assert!(known, "no fixture has the fields of {frame}");
    }
    let of_server: Value = serde_json::from_str(&fixture("server/welcome")).unwrap();
    assert_eq!(of_server["features"], json!(FEATURES));
}

#[test]
fn verbs_are_remade_as_the_contract_has_them() {
    let names = [
        "edit",
        "delete",
        "react",
        "react.none",
        "changes",
        "send.reply",
        "send.mentions",
        "make",
        "add",
        "remove",
        "rename",
        "announce",
        "members",
        "members.users",
        "rooms",
        "list",
        "list.archived",
        "list.named",
        "find",
        "find.one",
        "flag",
    ];
    for name in names.map(|name| format!("client/{name}")) {
        let mut example: Value = serde_json::from_str(&fixture(&name)).unwrap();
        if example["type"] == "list" {
            // An optional field may be absent or null.
            example.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        let example = example;
        let id = |field: &str| example[field].as_str().unwrap().parse().unwrap();
        let number = |field: &str| example[field].as_u64().unwrap();
        let word = |field: &str| example[field].as_str().unwrap().to_owned();
        let text = || word("text");
        let users = |field: &str| serde_json::from_value::<Vec<u64>>(example[field].clone()).unwrap();
        let conversation: Conversation = example["conversation"].as_str().unwrap_or("2-3").parse().unwrap();
        let frame = match example["type"].as_str().unwrap() {
            "edit" => Outgoing::Edit {
                id: id("id"),
                conversation,
                seq: number("seq"),
                client_message_id: id("client_message_id"),
                text: text(),
            },
            "delete" => Outgoing::Delete {
                id: id("id"),
                conversation,
                seq: number("seq"),
                client_message_id: id("client_message_id"),
            },
            "react" => Outgoing::React {
                id: id("id"),
                conversation,
                seq: number("seq"),
                client_message_id: id("client_message_id"),
                emoji: serde_json::from_value(example["emoji"].clone()).unwrap(),
            },
            "make" => Outgoing::Make {
                id: id("id"),
                conversation,
                circle: word("circle").parse().unwrap(),
                title: word("title"),
                users: users("users"),
            },
            "add" => Outgoing::Add { id: id("id"), conversation, users: users("users") },
            "remove" => Outgoing::Remove { id: id("id"), conversation, user: number("user") },
            "rename" => Outgoing::Rename { id: id("id"), conversation, title: word("title") },
            "announce" => {
                Outgoing::Announce { id: id("id"), conversation, on: example["on"].as_bool().unwrap() }
            }
            "members" => Outgoing::Members {
                request: u32::try_from(number("request")).unwrap(),
                conversation,
                users: example.get("users").map(|_| users("users")),
            },
            "rooms" => Outgoing::Rooms { request: 9, next: None, limit: 50 },
            "list" => Outgoing::List {
                request: u32::try_from(number("request")).unwrap(),
                limit: u32::try_from(number("limit")).unwrap(),
                next: example["next"].as_str().map(str::to_owned),
                unread: example["unread"].as_bool(),
                archived: example["archived"].as_bool(),
                text: example["text"].as_str().map(str::to_owned),
                conversations: serde_json::from_value(example["conversations"].clone()).unwrap(),
            },
            "find" => Outgoing::Find {
                request: u32::try_from(number("request")).unwrap(),
                text: text(),
                conversation: example.get("conversation").map(|_| conversation),
                next: example["next"].as_str().map(str::to_owned),
                limit: u32::try_from(number("limit")).unwrap(),
            },
            "flag" => Outgoing::Flag {
                request: u32::try_from(number("request")).unwrap(),
                conversation,
                pinned: example["pinned"].as_bool(),
                archived: example["archived"].as_bool(),
                muted_until: example["muted_until"].as_u64(),
                seq: example["seq"].as_u64(),
            },
            "changes" => Outgoing::Changes {
                request: 9,
                conversation,
                rev: number("rev"),
                seq: number("seq"),
                limit: 100,
            },
            _ => Outgoing::Send {
                client_message_id: id("client_message_id"),
                conversation,
                text: text(),
                reply_to: example["reply_to"].as_u64(),
                mentions: example.get("mentions").map_or(vec![], |_| users("mentions")),
            },
        };
        assert_eq!(serde_json::from_str::<Value>(&frame.encode()).unwrap(), example, "{name}");
    }
}

#[test]
fn changes_say_what_was_edited_deleted_and_answered() {
    let Incoming::Changes(asked) = Incoming::decode(&fixture("server/changes.answer")).unwrap() else {
        panic!()
    };
    assert_eq!((asked.request, asked.from, asked.rev, asked.more, asked.reset), (Some(9), 3, 5, true, false));
    assert_eq!(
        (asked.messages[1].text.as_deref(), asked.messages[1].deleted.as_deref()),
        (None, Some("author"))
    );
    let Incoming::Changes(live) = Incoming::decode(&fixture("server/changes")).unwrap() else { panic!() };
    assert_eq!((live.request, live.from, live.rev, live.more), (None, 0, 1, false));
    let Incoming::History(page) = Incoming::decode(&fixture("server/history")).unwrap() else { panic!() };
    assert!(page.messages[0].edited_at.is_some() && page.messages[0].verb_id.is_some());
    assert_eq!(page.messages[1].reply_to, Some(1));
    let Incoming::Ack(ack) = Incoming::decode(&fixture("server/ack")).unwrap() else { panic!() };
    assert_eq!((ack.seq, ack.rev), (1, 1));
    let Incoming::Error(refusal) = Incoming::decode(&fixture("server/error")).unwrap() else { panic!() };
    assert_eq!(refusal.id, Some(ack.id));
}

#[test]
fn conversations_of_unknown_kinds_are_passed_over() {
    let mut dock: Value = serde_json::from_str(&fixture("server/dock")).unwrap();
    let direct = dock["windows"][0].clone();
    let with = |field: &str, value: &str| {
        let mut window = direct.clone();
        window[field] = json!(value);
        window
    };
    dock["windows"] =
        json!([with("kind", "forum"), direct, with("conversation", "f7"), {"kind": "broadcast"}]);
    let Incoming::Dock(read) = Incoming::decode(&dock.to_string()).unwrap() else { panic!() };
    assert_eq!(
        read.windows.iter().map(|w| w.conversation).collect::<Vec<_>>(),
        [Conversation::between(2, 3)]
    );

    let mut changes: Value = serde_json::from_str(&fixture("server/changes")).unwrap();
    changes["conversation"] = json!("x12");
    assert_eq!(Incoming::decode(&changes.to_string()).unwrap(), Incoming::Other);
    let mut welcome: Value = serde_json::from_str(&fixture("server/welcome")).unwrap();
    let told = welcome["changes"].as_array().unwrap().len();
    welcome["changes"].as_array_mut().unwrap().push(changes.clone());
    let Incoming::Welcome(read) = Incoming::decode(&welcome.to_string()).unwrap() else { panic!() };
    assert_eq!((read.changes.len(), read.features.len()), (told, FEATURES.len()));

    for misspelt in ["3-2", "2-2", "g-7", "r-c7/g3", "r-", "r-c7~-", "r-..", "r-c 7"] {
        changes["conversation"] = json!(misspelt);
        assert!(Incoming::decode(&changes.to_string()).is_err(), "{misspelt} is a mistake");
    }
    changes["conversation"] =
        json!(format!("g-{}", Uuid::from_u128(u128::MAX)).to_uppercase().replacen('G', "g", 1));
    assert!(Incoming::decode(&changes.to_string()).is_err(), "a group has one name");
}

#[test]
fn a_conversation_is_written_as_it_is_read() {
    for id in ["2-3", "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01", "r-c7", "r-c7~g3"] {
        let conversation: Conversation = id.parse().unwrap();
        assert_eq!(conversation.to_string(), id);
        assert_eq!(conversation, id.parse().unwrap());
    }
    assert_eq!(Conversation::room("c7/g3").unwrap(), "r-c7~g3".parse().unwrap());
    let Conversation::Room(circle) = "r-c7~g3".parse().unwrap() else { panic!() };
    assert_eq!(circle.as_str(), "c7/g3");
    assert_eq!((Conversation::between(3, 2).pair(), Conversation::Room(circle).pair()), (Some((2, 3)), None));
    for circle in ["", "c7/", "/g3", "c7/g/3", "c7 ", "..", "c7/.", &"c".repeat(65)] {
        assert!(circle.parse::<Circle>().is_err(), "{circle:?}");
    }
}

#[test]
fn groups_and_rooms_say_what_has_happened_and_who_has_reacted() {
    let changes = |name: &str| {
        let Incoming::Changes(changes) = Incoming::decode(&fixture(name)).unwrap() else { panic!() };
        changes
    };
    let made = changes("server/changes.group");
    assert_eq!(made.messages[0].system, Some(System::Made { title: "Project 3".into(), users: vec![3, 4] }));
    let said = &made.messages[1];
    assert_eq!((&said.mentions[..], &said.mine[..]), (&[2][..], &["👍".to_owned()][..]));
    assert_eq!(said.reactions, [Reaction { emoji: "👍".into(), count: 2, users: vec![2, 4] }]);
    let happened: Vec<_> =
        changes("server/changes.system").messages.into_iter().filter_map(|message| message.system).collect();
    assert_eq!(
        happened,
        [
            System::Added { users: vec![5] },
            System::Removed { users: vec![4] },
            System::Left,
            System::Renamed { title: "Project 3, second half".into() },
            System::Announcements { on: true },
        ]
    );
    let Incoming::Ack(ack) = Incoming::decode(&fixture("server/ack.react")).unwrap() else { panic!() };
    assert_eq!(ack.mine, Some(vec!["👍".into(), "❤️".into()]));
}

#[test]
fn windows_members_and_rooms_are_told_whole() {
    let Incoming::Dock(dock) = Incoming::decode(&fixture("server/dock.group")).unwrap() else { panic!() };
    let [group, room] = &dock.windows[..] else { panic!("{dock:?}") };
    assert_eq!(
        (group.kind, group.writing, group.members, group.mentions),
        (Kind::Group, Writing::Yes, Some(3), 1)
    );
    assert_eq!((room.kind, room.writing, room.announcements), (Kind::Room, Writing::No, true));
    assert_eq!(room.circle.map(Circle::as_str), Some("c7/g3"));
    let Incoming::Members(members) = Incoming::decode(&fixture("server/members")).unwrap() else { panic!() };
    let told: Vec<_> = members.members.iter().map(|m| (m.id, m.maker, m.gone, m.read_seq)).collect();
    assert_eq!(told, [(2, true, false, Some(2)), (3, false, false, Some(0)), (4, false, true, Some(1))]);
    let Incoming::Rooms(page) = Incoming::decode(&fixture("server/rooms")).unwrap() else { panic!() };
    let told: Vec<_> =
        page.rooms.iter().map(|r| (r.unread, r.mentions, r.announcements, r.writing)).collect();
    assert_eq!(told, [(true, 2, false, Writing::Yes), (false, 0, true, Writing::No)]);
    assert_eq!(page.next, None);
    let Incoming::Dot { conversation, seq } = Incoming::decode(&fixture("server/dot")).unwrap() else {
        panic!()
    };
    assert_eq!((conversation.to_string().as_str(), seq), ("r-c7", 41));
}
