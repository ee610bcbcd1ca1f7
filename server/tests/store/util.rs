//! Short names for what every story needs.

use std::sync::Arc;

use gchat::{
    conversation::Message,
    id::{ClientMessageId, ConversationId, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Role, Snapshot},
    store::{Appended, Change, Changed, NewMessage, SiteKey, SiteRecord, Store, WindowChange, WindowState},
};
use uuid::Uuid;

pub(crate) type AnyStore = Arc<dyn Store>;

/// The dock's limit where a story is not about it.
pub(crate) const MOST: usize = 20;

pub(crate) fn user(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn between(a: i64, b: i64) -> ConversationId {
    ConversationId::between(user(a), user(b)).unwrap()
}

pub(crate) fn record(name: &str) -> SiteRecord {
    SiteRecord {
        site: SiteId(0),
        issuer: name.into(),
        url: format!("https://{name}.example"),
        origins: vec![format!("https://{name}.example")],
        keys: vec![key(&format!("{name}-k1"))],
        policy: Policy::default(),
        policy_version: RightsVersion(0),
        floor: RightsVersion(0),
    }
}

pub(crate) fn key(kid: &str) -> SiteKey {
    SiteKey { kid: kid.into(), secret: vec![7; 32], created_at: 1 }
}

pub(crate) async fn site(store: &AnyStore) -> SiteId {
    store.add_site(record(&Uuid::new_v4().simple().to_string())).await.unwrap()
}

pub(crate) fn message(site: SiteId, from: i64, to: i64, text: &str) -> NewMessage {
    NewMessage {
        site,
        conversation: between(from, to),
        sender: user(from),
        client_message_id: ClientMessageId(Uuid::now_v7()),
        text: text.into(),
        reply_to: None,
        mentions: Vec::new(),
        sent_at: 1_795_376_400_000,
    }
}

/// Sends a message that must be new. With it, whether the recipient's window came back.
pub(crate) async fn send(store: &AnyStore, site: SiteId, from: i64, to: i64, text: &str) -> (Message, bool) {
    match store.append(message(site, from, to, text)).await.unwrap() {
        Appended::New { message, came_back, .. } => (message, came_back == [user(to)]),
        other => panic!("not new: {other:?}"),
    }
}

/// Changes a message that is there.
pub(crate) async fn change(
    store: &AnyStore,
    site: SiteId,
    a: i64,
    b: i64,
    seq: i64,
    how: impl FnOnce(&mut Message),
) -> Message {
    let conversation = between(a, b);
    let mut message = store.message(site, &conversation, Seq(seq)).await.unwrap().unwrap();
    how(&mut message);
    let changed = store.change(Change { site, conversation, message }).await.unwrap();
    let Changed { message, first_seq } = changed.unwrap();
    assert_eq!(first_seq, Seq(1));
    message
}

pub(crate) async fn read(store: &AnyStore, site: SiteId, reader: i64, other: i64, seq: i64) -> Option<i64> {
    store.read(site, &between(reader, other), user(reader), Seq(seq), true).await.unwrap().map(|Seq(seq)| seq)
}

/// Changes a window as a client does that knows the present dock.
pub(crate) async fn set(store: &AnyStore, site: SiteId, owner: i64, other: i64, state: WindowState) -> bool {
    let base = store.dock(site, user(owner)).await.unwrap().version;
    store
        .set_window(
            site,
            user(owner),
            &between(owner, other),
            WindowChange { state, base, seen: None, session: None },
            MOST,
        )
        .await
        .unwrap()
}

/// The other person of a direct conversation.
pub(crate) fn other(conversation: &ConversationId, owner: i64) -> i64 {
    conversation.direct().unwrap().other(user(owner)).unwrap().get()
}

/// (other, state, unread) of every window.
pub(crate) async fn windows(store: &AnyStore, site: SiteId, owner: i64) -> Vec<(i64, WindowState, i64)> {
    let dock = store.dock(site, user(owner)).await.unwrap();
    dock.windows.iter().map(|w| (other(&w.conversation, owner), w.state, w.unread)).collect()
}

pub(crate) fn snapshot(version: i64, name: &str) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        rights_version: RightsVersion(version),
        name: name.into(),
        picture: None,
        profile_url: Some("https://moodle.example/user/profile.php?id=2".into()),
        lang: "pt_br".into(),
        hidden: false,
        rights: ["chat".into()].into(),
        circles: [Membership {
            id: "c7/-".parse().unwrap(),
            role: Role::Teacher,
            title: "Álgebra <b>".into(),
        }]
        .into(),
        blocked: [user(9)].into(),
        accepts: Some([user(3)].into()),
        paused_until: Some(1_795_380_000_000),
    })
}
