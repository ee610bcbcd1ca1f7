//! What one person does costs the same at every size of the store: no statement of it looks at all rows of a table, or
//! at all of a site's. By SQLite's plans, and in a database without statistics, as every served one is: nothing here
//! runs ANALYZE, and with statistics a plan may be better than without.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::{collections::BTreeSet, fmt, sync::Arc};

use gchat::{
    conversation::{Held, System},
    fold::Words,
    id::{ConversationId, Rev, RightsVersion, Seq, SiteId},
    rights::{Membership, Role},
    store::{
        Change, CourseRooms, FindAsk, FlagChange, Flagged, ListAsk, NewMessage, Origin, Page, WindowState,
        sqlite::SqliteStore,
    },
    terms::Sought,
};
use parking_lot::Mutex;
use rusqlite::Connection;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    subscriber::set_global_default,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry,
};

#[path = "../store/util.rs"]
#[allow(dead_code, reason = "the stories use more of it")]
mod util;

use util::{
    AnyStore, THEN, between, deed, does, group, hold, mark, message, new_group, react, reaction, room, say,
    send, set, set_of, site, snapshot, user, users,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_does_looks_at_no_whole_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gchat.db");
    let store: AnyStore = Arc::new(SqliteStore::make(&path).await.unwrap());
    let site = site(&store).await;
    let heard = Heard::default();
    set_global_default(registry().with(heard.clone())).unwrap();

    for n in [2, 3] {
        store.put_user(site, user(n), snapshot(1, "Ana"), Origin::Token).await.unwrap();
    }
    send(&store, site, 2, 3, "a").await;
    let again = message(site, 3, 2, "b");
    store.append(again.clone()).await.unwrap();
    store.append(again.clone()).await.unwrap();
    store.find_sent(&again).await.unwrap();
    store.arrival(site, user(2), "login-a", &snapshot(1, "Ana"), &[between(2, 3)]).await.unwrap();
    for state in [WindowState::Open, WindowState::Closed, WindowState::Minimised] {
        set(&store, site, 2, 3, state).await;
    }
    for page in [Page::Newest, Page::Before(Seq(2)), Page::After(Seq(1))] {
        store.history(site, &between(2, 3), page, 50).await.unwrap();
    }
    let change = async |seq: i64, text: Option<&str>| {
        let mut message = store.message(site, &between(2, 3), Seq(seq)).await.unwrap().unwrap();
        message.text = text.map(Into::into);
        store.change(Change { site, conversation: between(2, 3), message }).await.unwrap().unwrap();
    };
    change(1, Some("edited")).await;
    store.append(NewMessage { reply_to: Some(Seq(1)), ..message(site, 2, 3, "an answer") }).await.unwrap();
    store.append(again.clone()).await.unwrap();
    change(3, None).await;
    let held = Held { rev: Rev(1), seq: Seq(1) };
    assert_eq!(store.changes(site, &between(2, 3), held, 9).await.unwrap().1.messages.len(), 3);
    store.read(site, &between(2, 3), user(2), mark(2, false)).await.unwrap();
    send(&store, site, 2, 3, "publishes the mark").await;
    store.user(site, user(3)).await.unwrap();
    store.kept(site, user(2)).await.unwrap();
    store.raise_floor(site, "c1", RightsVersion(2), 1).await.unwrap();
    store.members(site, "c1").await.unwrap();
    let held = Membership { id: "c1".parse().unwrap(), role: Role::Student, title: "A course".into() };
    store.put_course(site, "c1", RightsVersion(2), vec![(user(2), vec![held])]).await.unwrap();
    store.revoke_login(site, "login-a", 1_000).await.unwrap();
    in_a_group(&store, site).await;
    in_the_list(&store, site).await;
    finds(&store, site).await;
    in_a_room(&store, site).await;
    let heads = [room("c7"), new_group()];
    store.arrival(site, user(2), "login-a", &snapshot(1, "Ana"), &heads).await.unwrap();
    store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    store.close().await;

    let conn = Connection::open(&path).unwrap();
    let statements = heard.0.lock().clone();
    for of_the_list in [
        "participants_day",
        "participants_pinned",
        "ORDER BY p.day ASC",
        "coalesce(c.title, u.name)",
        "SET waits = 0",
        "SET muted_until = 0",
    ] {
        assert!(statements.iter().any(|sql| sql.contains(of_the_list)), "{of_the_list} was not heard");
    }
    assert!(statements.len() >= 105, "only {} statements were heard", statements.len());
    let wrong: Vec<String> = statements.iter().flat_map(|sql| unbounded(&conn, sql)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn finds(store: &AnyStore, site: SiteId) {
    store.index().await.unwrap();
    send(store, site, 2, 3, "a needle").await;
    let found = async |text: &str, only: Option<ConversationId>, before| {
        let rooms = vec![room("c7")];
        let ask = FindAsk { sought: Sought::of(text), only, rooms, before, limit: 1, ..FindAsk::default() };
        store.find(site, user(2), &ask).await.unwrap().found.len()
    };
    assert_eq!(found("needle", None, None).await, 1);
    store.index().await.unwrap();
    assert_eq!(found("nee", Some(between(2, 3)), None).await, 1);
    found("a", None, Some((between(2, 3), Seq(2)))).await;
}

async fn in_the_list(store: &AnyStore, site: SiteId) {
    let (group, room) = (group(store, site, &[22, 23, 24]).await, room("c7"));
    say(store, site, &group, 23, &[22]).await;
    say(store, site, &room, 23, &[22]).await;
    let at = |day: i64| THEN + day * 86_400_000;
    let set = async |id: &ConversationId, pinned, archived, muted_until| {
        let change = FlagChange { pinned, archived, muted_until, known: None, at: THEN };
        assert!(matches!(store.flag(site, user(22), id, change).await.unwrap(), Flagged::Done { .. }));
    };
    set(&group, Some(true), None, Some(at(1))).await;
    set(&room, None, Some(true), Some(at(1))).await;
    say(store, site, &group, 23, &[22]).await;
    for other in [23, 24] {
        send(store, site, other, 22, "a").await;
    }
    let mut after = None;
    for n in 0..24 {
        let (unread, archived) = (n % 2 == 0, n % 4 > 1);
        let ask =
            ListAsk { after, limit: 1, unread, archived, words: Words::of(if n < 12 { "" } else { "o" }) };
        after = store.list(site, user(22), &ask).await.unwrap().next;
    }
    store.dock(site, user(22)).await.unwrap();
    store.listed(site, user(22), &[between(22, 23), group.clone(), room.clone()]).await.unwrap();
    does(store, site, &group, 22, System::Left).await;
    say(store, site, &group, 23, &[]).await;
    store.listed(site, user(22), &[group]).await.unwrap();
    store.flags(site, user(22), &room).await.unwrap();
    store.unmute(at(2)).await.unwrap();
    store.read(site, &room, user(22), mark(9, true)).await.unwrap();
    assert_eq!(store.tidy(None, at(3)).await.unwrap(), None);
}

async fn in_a_group(store: &AnyStore, site: SiteId) {
    let group = group(store, site, &[2, 3, 4]).await;
    hold(store, site, 5, 1, &["c7"]).await;
    let deeds = [
        (2, System::Added { users: users(&[5]) }),
        (2, System::Removed { users: users(&[5]) }),
        (2, System::Renamed { title: "Another".into() }),
        (4, System::Left),
    ];
    for (who, system) in deeds {
        let new = deed(store, site, &group, who, system).await;
        store.note(new.clone()).await.unwrap();
        store.note(new.clone()).await.unwrap();
        store.find_noted(&new).await.unwrap();
    }
    let (message, _) = say(store, site, &group, 2, &[3]).await;
    react(store, site, &group, &[reaction(&message, 3, 1, &["👍"])]).await;
    store.own_reaction(site, &group, message.seq, user(3)).await.unwrap();
    store.own_reactions(site, &group, user(3), &[message.seq]).await.unwrap();
    store.known(site, &group, &users(&[2, 5])).await.unwrap();
    for state in [WindowState::Closed, WindowState::Open] {
        set_of(store, site, 3, &group, state).await;
    }
    store.dock(site, user(3)).await.unwrap();
    store.read(site, &group, user(3), mark(9, true)).await.unwrap();
    hold(store, site, 2, 7, &[]).await;
}

async fn in_a_room(store: &AnyStore, site: SiteId) {
    let room = room("c7");
    does(store, site, &room, 2, System::Announcements { on: true }).await;
    let (message, _) = say(store, site, &room, 2, &[3]).await;
    let full: Vec<String> = (0..21).map(|n| char::from_u32(0x1f600 + n).unwrap().to_string()).collect();
    for (who, emoji) in (100..).zip(&full) {
        react(store, site, &room, &[reaction(&message, who, 1, &[emoji])]).await;
    }
    store.dock(site, user(3)).await.unwrap();
    store.room_parts(site, user(3), std::slice::from_ref(&room)).await.unwrap();
    for state in [WindowState::Closed, WindowState::Open] {
        set_of(store, site, 3, &room, state).await;
    }
    store.read(site, &room, user(3), mark(9, true)).await.unwrap();
    store.raise_floor(site, "c7", RightsVersion(9), 1).await.unwrap();
    for closed in [Some(false), None] {
        let rooms = closed.map(|closed| CourseRooms { closed, title: "A".into(), groups: Vec::new() });
        store.put_course_rooms(site, "c7", RightsVersion(9), rooms).await.unwrap();
    }
    store.written_by(site, &room, user(2), Seq(0), 9).await.unwrap();
}

/// Steps of a statement's plan (<https://www.sqlite.org/eqp.html>) that take all rows of a table or of a site.
fn unbounded(conn: &Connection, sql: &str) -> Vec<String> {
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
    let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
    let made = |name: &str| {
        steps
            .iter()
            .any(|step| ["CO-ROUTINE", "MATERIALIZE"].iter().any(|how| *step == format!("{how} {name}")))
    };
    let whole = |step: &&String| match step.split_once(' ') {
        Some(("SCAN", what)) => {
            let name = what.split(' ').next().unwrap_or_default();
            !what.contains("VIRTUAL TABLE") && what != "CONSTANT ROW" && !made(what) && !made(name)
        }
        Some(("SEARCH", how)) => how.ends_with("(site=?)"),
        _ => false,
    };
    steps.iter().filter(whole).map(|step| format!("{step}: {sql}")).collect()
}

/// Hears the text of every statement that the store runs (`gchat::sql`).
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "gchat::sql" {
            event.record(&mut Text(&self.0));
        }
    }
}

struct Text<'a>(&'a Mutex<BTreeSet<String>>);

impl Visit for Text<'_> {
    fn record_str(&mut self, _: &Field, sql: &str) {
        self.0.lock().insert(sql.to_owned());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
