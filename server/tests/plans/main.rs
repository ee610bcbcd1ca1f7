//! What one person does costs the same at every size of the store: no statement of it looks at all rows of a table, or
//! at all of a site's. By SQLite's plans, and in a database without statistics, as every served one is: nothing here
//! runs ANALYZE, and with statistics a plan may be better than without.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::{collections::BTreeSet, fmt, sync::Arc};

use gchat::{
    conversation::Held,
    id::{Rev, RightsVersion, Seq},
    rights::{Membership, Role},
    store::{Change, NewMessage, Origin, Page, WindowState, sqlite::SqliteStore},
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

use util::{AnyStore, between, message, send, set, site, snapshot, user};

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
    store.read(site, &between(2, 3), user(2), Seq(2), false).await.unwrap();
    send(&store, site, 2, 3, "publishes the mark").await;
    store.user(site, user(3)).await.unwrap();
    store.kept(site, user(2)).await.unwrap();
    store.raise_floor(site, "c1", RightsVersion(2), 1).await.unwrap();
    store.members(site, "c1").await.unwrap();
    let held = Membership { id: "c1".parse().unwrap(), role: Role::Student, title: "A course".into() };
    store.put_course(site, "c1", RightsVersion(2), vec![(user(2), vec![held])]).await.unwrap();
    store.revoke_login(site, "login-a", 1_000).await.unwrap();
    store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    store.close().await;

    let conn = Connection::open(&path).unwrap();
    let statements = heard.0.lock().clone();
    assert!(statements.len() >= 40, "only {} statements were heard", statements.len());
    let wrong: Vec<String> = statements.iter().flat_map(|sql| unbounded(&conn, sql)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
