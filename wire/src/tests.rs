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
    assert!(understood >= 12, "only {understood} frames were understood");
}

#[test]
fn what_is_sent_has_only_fields_of_the_contract() {
    let id = Uuid::now_v7();
    let text = String::new;
    let conversation = Conversation::between(2, 3);
    let position = Position { conversation, rev: 1, seq: 1 };
    let cursor = Some(Cursor { epoch: id, conversations: vec![position] });
    let history = |before, after| Outgoing::History { request: 1, conversation, before, after, limit: 1 };
    let send = |reply_to| Outgoing::Send { client_message_id: id, conversation, text: text(), reply_to };
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
        send(None),
        send(Some(1)),
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
    assert_eq!(examples.iter().find_map(|frame| frame.get("features")), Some(&json!(FEATURES)));
}

#[test]
fn verbs_are_remade_as_the_contract_has_them() {
    for name in ["client/edit", "client/delete", "client/changes", "client/send.reply"] {
        let example: Value = serde_json::from_str(&fixture(name)).unwrap();
        let id = |field: &str| example[field].as_str().unwrap().parse().unwrap();
        let number = |field: &str| example[field].as_u64().unwrap();
        let text = || example["text"].as_str().unwrap().to_owned();
        let conversation = Conversation::between(2, 3);
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
                reply_to: Some(number("reply_to")),
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
    dock["windows"] = json!([with("kind", "group"), direct, with("conversation", "g7"), {"kind": "room"}]);
    let Incoming::Dock(read) = Incoming::decode(&dock.to_string()).unwrap() else { panic!() };
    assert_eq!(
        read.windows.iter().map(|w| w.conversation).collect::<Vec<_>>(),
        [Conversation::between(2, 3)]
    );

    let mut changes: Value = serde_json::from_str(&fixture("server/changes")).unwrap();
    changes["conversation"] = json!("r12");
    assert_eq!(Incoming::decode(&changes.to_string()).unwrap(), Incoming::Other);
    let mut welcome: Value = serde_json::from_str(&fixture("server/welcome")).unwrap();
    let told = welcome["changes"].as_array().unwrap().len();
    welcome["changes"].as_array_mut().unwrap().push(changes.clone());
    let Incoming::Welcome(read) = Incoming::decode(&welcome.to_string()).unwrap() else { panic!() };
    assert_eq!((read.changes.len(), read.features.len()), (told, 3));

    changes["conversation"] = json!("3-2");
    assert!(Incoming::decode(&changes.to_string()).is_err(), "a misspelt id is a mistake");
}
