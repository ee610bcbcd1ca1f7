//! Short names for what every story needs.

use std::sync::Arc;

use gchat::{
    conversation::{Message, System},
    id::{ClientMessageId, ConversationId, RightsVersion, Seq, SiteId, UserId, VerbId},
    rights::{Membership, Policy, Role, Snapshot},
    store::{
        Appended, Change, Changed, DockWindow, NewMark, NewMessage, NewReaction, NewSystem, Noted, Origin,
        Page, Put, Reacted, SiteKey, SiteRecord, Store, WindowChange, WindowState,
    },
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
        sent_at: THEN,
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

/// When what these stories tell has happened.
pub(crate) const THEN: i64 = 1_795_376_400_000;

/// A read mark of then.
pub(crate) fn mark(seq: i64, publish: bool) -> NewMark {
    NewMark { seq: Seq(seq), publish, at: THEN }
}

pub(crate) async fn read(store: &AnyStore, site: SiteId, reader: i64, other: i64, seq: i64) -> Option<i64> {
    store
        .read(site, &between(reader, other), user(reader), mark(seq, true))
        .await
        .unwrap()
        .map(|Seq(seq)| seq)
}

/// Changes a window as a client does that knows the present dock.
pub(crate) async fn set(store: &AnyStore, site: SiteId, owner: i64, other: i64, state: WindowState) -> bool {
    set_of(store, site, owner, &between(owner, other), state).await
}

/// The same of any conversation.
pub(crate) async fn set_of(
    store: &AnyStore,
    site: SiteId,
    owner: i64,
    conversation: &ConversationId,
    state: WindowState,
) -> bool {
    let base = store.dock(site, user(owner)).await.unwrap().version;
    let change = WindowChange { state, base, seen: None, session: None };
    store.set_window(site, user(owner), conversation, change, MOST).await.unwrap()
}

/// The window of a conversation, if the dock has it.
pub(crate) async fn window_of(
    store: &AnyStore,
    site: SiteId,
    owner: i64,
    conversation: &ConversationId,
) -> Option<DockWindow> {
    let dock = store.dock(site, user(owner)).await.unwrap();
    dock.windows.into_iter().find(|window| window.conversation == *conversation)
}

/// A group that nobody has made yet.
pub(crate) fn new_group() -> ConversationId {
    ConversationId::Group(Uuid::now_v7())
}

/// The room of a circle.
pub(crate) fn room(circle: &str) -> ConversationId {
    ConversationId::room_of(circle.parse().unwrap()).unwrap()
}

/// Users by number.
pub(crate) fn users(ids: &[i64]) -> Vec<UserId> {
    ids.iter().map(|id| user(*id)).collect()
}

/// Puts somebody on record who holds something of these courses.
pub(crate) async fn hold(store: &AnyStore, site: SiteId, id: i64, version: i64, courses: &[&str]) {
    let held = |course: &&str| Membership {
        id: course.parse().unwrap(),
        role: Role::Student,
        title: "A course".into(),
    };
    let circles = courses.iter().map(held).collect();
    let snapshot = Snapshot { circles, ..(*snapshot(version, &format!("No. {id}"))).clone() };
    let put = store.put_user(site, user(id), Arc::new(snapshot), Origin::Call).await.unwrap();
    assert!(matches!(put, Put::Done(done) if done.applied));
}

/// What is to happen in a group or room, at its head.
pub(crate) async fn deed(
    store: &AnyStore,
    site: SiteId,
    conversation: &ConversationId,
    sender: i64,
    system: System,
) -> NewSystem {
    let (head, _) = store.history(site, conversation, Page::Newest, 0).await.unwrap();
    let course = matches!(system, System::Made { .. }).then(|| "c7".parse().unwrap());
    let (conversation, id) = (conversation.clone(), VerbId(Uuid::now_v7()));
    let at = THEN;
    NewSystem { site, conversation, sender: user(sender), id, system, course, judged_at: head.rev, at }
}

/// Does it, which must be new.
pub(crate) async fn does(
    store: &AnyStore,
    site: SiteId,
    conversation: &ConversationId,
    sender: i64,
    system: System,
) -> Message {
    match store.note(deed(store, site, conversation, sender, system).await).await.unwrap() {
        Noted::New { message, .. } => message,
        other => panic!("not new: {other:?}"),
    }
}

/// A group of the course `c7` that the first of these has made; all of them hold it.
pub(crate) async fn group(store: &AnyStore, site: SiteId, people: &[i64]) -> ConversationId {
    for id in people {
        hold(store, site, *id, 1, &["c7"]).await;
    }
    let group = new_group();
    let made = System::Made { title: "Cell biology".into(), users: users(&people[1..]) };
    does(store, site, &group, people[0], made).await;
    group
}

/// A message in a group or room, or a direct one.
pub(crate) fn message_in(
    site: SiteId,
    conversation: &ConversationId,
    from: i64,
    mentions: &[i64],
) -> NewMessage {
    let conversation = conversation.clone();
    NewMessage { conversation, mentions: users(mentions), ..message(site, from, from + 1, "x") }
}

/// Sends it, which must be new. With it, whose windows came back.
pub(crate) async fn say(
    store: &AnyStore,
    site: SiteId,
    conversation: &ConversationId,
    from: i64,
    mentions: &[i64],
) -> (Message, Vec<i64>) {
    appended(store, message_in(site, conversation, from, mentions)).await
}

/// The same of one that is at hand.
pub(crate) async fn appended(store: &AnyStore, new: NewMessage) -> (Message, Vec<i64>) {
    match store.append(new).await.unwrap() {
        Appended::New { message, mut came_back, .. } => {
            came_back.sort();
            (message, came_back.into_iter().map(UserId::get).collect())
        }
        other => panic!("not new: {other:?}"),
    }
}

/// All of somebody's reactions to a message, by an id of this rank.
pub(crate) fn reaction(message: &Message, who: i64, rank: u128, emoji: &[&str]) -> NewReaction {
    NewReaction {
        seq: message.seq,
        client_message_id: message.client_message_id.unwrap(),
        user: user(who),
        id: VerbId(Uuid::from_u128(rank)),
        emoji: emoji.iter().map(|emoji| (*emoji).into()).collect(),
        at: THEN,
    }
}

/// Takes them, and says what became of each; with it, seq, rev and reactions of the messages that have changed: of each
/// reaction its emoji, how many, and who.
pub(crate) async fn react(
    store: &AnyStore,
    site: SiteId,
    conversation: &ConversationId,
    reactions: &[NewReaction],
) -> (Vec<Reacted>, Vec<(i64, i64, Vec<Summary>)>) {
    let (outcomes, messages, first_seq) = store.react(site, conversation, reactions).await.unwrap();
    assert_eq!(first_seq, Seq(1));
    (outcomes, messages.iter().map(|m| (m.seq.0, m.rev.0, summary(m))).collect())
}

/// Emoji, how many, and who.
pub(crate) type Summary = (String, i64, Vec<i64>);

pub(crate) fn summary(message: &Message) -> Vec<Summary> {
    let reactions = message.reactions.iter();
    let users = |users: &[UserId]| users.iter().map(|user| user.get()).collect();
    reactions.map(|r| (r.emoji.to_string(), r.count, users(&r.users))).collect()
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
