//! Who may not come in: with each thing that is wrong with a hello, and every operation right behind it. The socket
//! hears one refusal and a close, the people of the site hear nothing.

use gchat::clock::now_ms;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::{
    beyond,
    oracle::{Deed, ME},
    relations::Relation,
    scene::{Scene, token},
};
use crate::util::{
    Host, TestClient,
    host::{merge, sign},
};

/// What comes instead of a good hello, and how it is answered: the error's code (none before a hello was read), the
/// close code.
async fn bad_hellos(scene: &Scene) -> Vec<(&'static str, Value, &'static str, u16)> {
    let now = now_ms() / 1_000;
    let (host, other) = (&scene.host, &scene.other_host);
    let me = scene.world.person(ME).unwrap();
    let good = |more: Value| token(host, 1, me, more);
    let by = |host: &Host, more: Value| {
        let mut claims = scene.host.claims(ME, "Me", &[crate::util::circle("c7", "student")]);
        merge(&mut claims, more);
        host.sign(&claims)
    };
    let claims = host.claims(ME, "Me", &[]);
    let mut suspended = host.person(5, "Suspended", &[crate::util::circle("c7", "student")]);
    merge(&mut suspended, json!({"rights": []}));
    host.put(&scene.server, 71, &suspended).await;
    host.put(&scene.server, 72, &host.person(5, "Removed", &[])).await;
    host.remove(&scene.server, 72, 6).await;
    host.log_out(&scene.server, 73, "the-login-that-ended").await;
    let of = |user: i64, more: Value| {
        let mut claims = host.claims(user, "Me", &[crate::util::circle("c7", "student")]);
        merge(&mut claims, more);
        host.sign(&claims)
    };
    let long_ago = json!({"iat": now - 200, "nbf": now - 200, "exp": now - 31});
    let cases = [
        ("ended", good(long_ago), "token_expired", 4010),
        ("early", good(json!({"iat": now + 60, "nbf": now + 60, "exp": now + 90})), "token_early", 4010),
        ("lives too long", good(json!({"iat": now, "nbf": now, "exp": now + 601})), "bad_token", 4401),
        ("no right to chat", good(json!({"rights": []})), "chat_not_allowed", 4403),
        ("suspended since", of(71, json!({"rights_version": 4})), "chat_not_allowed", 4403),
        ("removed since", of(72, json!({"rights_version": 6})), "chat_not_allowed", 4403),
        ("logged out", of(73, json!({"sid": "the-login-that-ended"})), "logged_out", 4410),
        ("another site's key in this site's name", by(other, json!({})), "bad_token", 4401),
        ("this site's key in another's name", by(host, json!({"iss": other.issuer})), "bad_token", 4401),
        (
            "another site's person on this origin",
            by(other, json!({"iss": other.issuer})),
            "wrong_origin",
            4401,
        ),
        ("an unknown key", by(&Host::new("https://unknown.example"), json!({})), "bad_token", 4401),
        ("a call's token", good(json!({"aud": "gchat-api"})), "bad_token", 4401),
        (
            "another algorithm",
            sign(Algorithm::HS384, Some(&host.key.kid), &host.key.secret, &claims),
            "bad_token",
            4401,
        ),
        ("another secret", sign(Algorithm::HS256, Some(&host.key.kid), &[7; 32], &claims), "bad_token", 4401),
        ("no token", String::new(), "bad_token", 4401),
    ];
    let hello = |token: String| json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(), "visible": true});
    let mut all: Vec<_> =
        cases.into_iter().map(|(name, token, code, close)| (name, hello(token), code, close)).collect();
    let mut another = hello(good(json!({})));
    another["protocol"] = 2.into();
    all.push(("another protocol", another, "unsupported_protocol", 4406));
    all.push(("no hello", json!({"type": "ping"}), "hello_expected", 4400));
    all.push(("a renewal first", json!({"type": "renew", "token": good(json!({}))}), "hello_expected", 4400));
    all
}

/// Every operation, as a signed-in client would ask it.
fn operations(scene: &Scene) -> Vec<Value> {
    let ours = scene.world.conversation();
    vec![
        json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": ours, "text": "from outside"}),
        json!({"type": "edit", "id": Uuid::now_v7(), "conversation": ours, "seq": 1, "client_message_id": Uuid::now_v7(), "text": "x"}),
        json!({"type": "delete", "id": Uuid::now_v7(), "conversation": ours, "seq": 1, "client_message_id": Uuid::now_v7()}),
        json!({"type": "react", "id": Uuid::now_v7(), "conversation": ours, "seq": 1, "client_message_id": Uuid::now_v7(), "emoji": ["👍"]}),
        json!({"type": "make", "id": Uuid::now_v7(), "conversation": format!("g-{}", Uuid::now_v7()), "circle": "c7", "title": "T", "users": [11, 13]}),
        json!({"type": "add", "id": Uuid::now_v7(), "conversation": format!("g-{}", Uuid::now_v7()), "users": [11]}),
        json!({"type": "remove", "id": Uuid::now_v7(), "conversation": format!("g-{}", Uuid::now_v7()), "user": 11}),
        json!({"type": "rename", "id": Uuid::now_v7(), "conversation": format!("g-{}", Uuid::now_v7()), "title": "T"}),
        json!({"type": "announce", "id": Uuid::now_v7(), "conversation": "r-c7", "on": true}),
        json!({"type": "send", "client_message_id": Uuid::now_v7(), "conversation": "r-c7", "text": "from outside", "mentions": [11]}),
        json!({"type": "members", "request": 5, "conversation": "r-c7", "users": [11]}),
        json!({"type": "rooms", "request": 6, "limit": 100}),
        json!({"type": "list", "request": 9, "limit": 100}),
        json!({"type": "list", "request": 10, "limit": 100, "conversations": [ours, "11-13"]}),
        json!({"type": "find", "request": 12, "text": "hello", "limit": 50}),
        json!({"type": "flag", "request": 11, "conversation": ours, "pinned": true, "muted_until": 253_402_300_799_999_i64}),
        json!({"type": "changes", "request": 4, "conversation": ours, "rev": 0, "seq": 0, "limit": 50}),
        json!({"type": "history", "request": 1, "conversation": ours, "limit": 50}),
        json!({"type": "history", "request": 2, "conversation": "11-13", "limit": 50}),
        json!({"type": "read", "conversation": ours, "seq": 1}),
        json!({"type": "typing", "conversation": ours}),
        json!({"type": "dock", "conversation": ours, "state": "open", "base": 999}),
        json!({"type": "visibility", "visible": true, "rosters": []}),
        json!({"type": "roster", "circle": "c7"}),
        json!({"type": "search", "request": 3, "text": "", "limit": 100}),
        json!({"type": "ping"}),
    ]
}

#[tokio::test]
async fn who_may_not_come_in_hears_one_refusal_and_nobody_hears_of_them() {
    let mut scene = Scene::of(Relation::Classmate).await;
    let conversation = scene.world.conversation();
    let (usual, _) = scene.after(Deed::Nothing).await;
    let mut wrong = Vec::new();
    for (name, hello, code, close) in bad_hellos(&scene).await {
        let mut client = TestClient::open(&scene.server, Some(&scene.host.url)).await.unwrap();
        client.send(hello).await;
        for frame in operations(&scene) {
            client.send(frame).await;
        }
        client.send_raw(Message::Ping(vec![].into())).await;
        let closed = client.closed().await;
        let lines: Vec<Value> =
            client.bytes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let codes: Vec<&Value> = lines.iter().map(|frame| &frame["code"]).collect();
        if codes != [&json!(code)] || closed.is_some_and(|closed| closed != close) {
            wrong.push(format!("{name}: {lines:?}, closed with {closed:?}"));
        }
        let (got, _) = scene.after(Deed::Nothing).await;
        for (party, frames) in &got {
            let (more, missing) = beyond(frames, &usual[party]);
            if !more.is_empty() || !missing.is_empty() {
                wrong.push(format!("{name}: {party:?} received {more:?}, and not {missing:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let kept = scene.client(super::Party::Acting);
    let page = kept.ask(json!({"type": "history", "conversation": conversation, "limit": 9})).await;
    assert_eq!(page["messages"], json!([]), "nothing was said from outside");
}
