//! That nobody can be found out by how long an answer takes: what the server looks up for it is the same whether
//! somebody who is hidden or out of sight is online or not. And that a message in a room asks and writes the same, however
//! many are in it. Counts statements, and measures no time.

use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};
use tracing::{Event, Subscriber, field::Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use crate::util::{TestClient, TestServer, circle, host::merge};

/// The statements that the store runs, in order.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

struct Sql(Option<String>);

impl Visit for Sql {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        if field.name() == "sql" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut sql = Sql(None);
        event.record(&mut sql);
        // The clock has the sites looked at, whether the store can be read, and what is new put into the index.
        let by_clock = ["site_keys", " sites", " meta", " words ", "message > ?1"];
        if let Some(sql) = sql.0.filter(|sql| !by_clock.iter().any(|what| sql.contains(what))) {
            self.0.lock().unwrap().push(sql);
        }
    }
}

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let all = Statements::default();
    let only = tracing_subscriber::filter::Targets::new().with_target("gchat::sql", tracing::Level::TRACE);
    tracing_subscriber::registry().with(all.clone().with_filter(only)).init();
    all
});

/// Where tests share a process, one of them counts at a time.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The statements since the last time, without transactions in which nothing of them is.
fn taken() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for sql in std::mem::take(&mut *STATEMENTS.0.lock().unwrap()) {
        if sql == "COMMIT" && all.last().is_some_and(|last| last.starts_with("BEGIN")) {
            all.pop();
        } else {
            all.push(sql);
        }
    }
    all
}

/// Does it; the statements that were run for it, and the answers.
async fn looked_up(ana: &mut TestClient, deed: &Value) -> (Vec<String>, Vec<String>) {
    ana.all_until_now().await;
    STATEMENTS.0.lock().unwrap().clear();
    ana.send(deed.clone()).await;
    let answers = ana.all_until_now().await;
    let answers = answers.iter().map(|answer| format!("{} {}", answer["type"], answer["code"])).collect();
    (taken(), answers)
}

fn deeds(other: i64) -> Vec<Value> {
    let conversation = format!("2-{other}");
    let send = |text: &str| {
        let id = uuid::Uuid::now_v7();
        json!({"type": "send", "client_message_id": id, "conversation": conversation, "text": text})
    };
    vec![
        send("Are you there?"),
        json!({"type": "read", "conversation": conversation, "seq": 1}),
        json!({"type": "typing", "conversation": conversation}),
        json!({"type": "dock", "conversation": conversation, "state": "open", "base": 0}),
        json!({"type": "history", "conversation": conversation, "request": 1, "limit": 5}),
        json!({"type": "changes", "conversation": conversation, "request": 1, "rev": 0, "seq": 0, "limit": 5}),
        json!({"type": "edit", "id": uuid::Uuid::now_v7(), "conversation": conversation, "seq": 1,
            "client_message_id": uuid::Uuid::now_v7(), "text": "Are you?"}),
        json!({"type": "delete", "id": uuid::Uuid::now_v7(), "conversation": conversation, "seq": 1,
            "client_message_id": uuid::Uuid::now_v7()}),
    ]
}

#[tokio::test]
async fn what_is_looked_up_does_not_tell_whether_somebody_out_of_sight_is_online() {
    let _counting = COUNTING.lock().await;
    let (server, host) = TestServer::start_with(|config| config.limits.grace_ms = 0).await;
    LazyLock::force(&STATEMENTS);
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let online =
        async || host.call(&server, "GET", "/api/v1/status", &Value::Null).await.1["users_online"].clone();
    // Foreign ones, and hidden ones of the own course. Of each two, one goes.
    for (what, course, hidden, there, gone) in [
        ("foreign", "c9", false, 5, 6),
        ("hidden", "c7", true, 7, 8),
        ("foreign and hidden", "c9", true, 9, 10),
    ] {
        let mut people = Vec::new();
        for user in [there, gone] {
            let mut claims = host.claims(user, "Somebody", &[circle(course, "student")]);
            merge(&mut claims, json!({"hidden": hidden}));
            people.push(TestClient::connect(&server, &host, &host.sign(&claims)).await);
        }
        people.pop();
        while online().await != 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        for (here, away) in deeds(there).iter().zip(deeds(gone)) {
            // A message to the hidden is stored, and they get it. The first brings their window back: that is no question
            // that somebody could ask twice.
            if what == "hidden" && here["type"] == "send" {
                for user in [there, gone] {
                    assert_eq!(ana.say(&format!("2-{user}"), "Hello").await["type"], "ack");
                }
            }
            let of_online = looked_up(&mut ana, here).await;
            let of_offline = looked_up(&mut ana, &away).await;
            assert_eq!(of_online, of_offline, "{what}: {}", here["type"]);
            let asks = here["type"] != "typing";
            assert_eq!(!of_online.0.is_empty(), asks, "{what}: {} {of_online:?}", here["type"]);
        }
        drop(people);
        while online().await != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_message_in_a_room_asks_and_writes_the_same_for_few_members_and_for_many() {
    let _counting = COUNTING.lock().await;
    let (server, host) = TestServer::start().await;
    LazyLock::force(&STATEMENTS);
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &[circle("c7", "student")]).await;
    let member = |user: i64| json!({"user": user, "role": "student", "groups": null});
    let members: Vec<Value> = (2..=40).map(member).collect();
    let course = json!({"rights_version": 1, "title": "Algebra", "room": "open", "members": members});
    assert_eq!(host.call(&server, "PUT", "/api/v1/circles/c7", &course).await.0, 200);
    let send = |text: &str| {
        let id = uuid::Uuid::now_v7();
        json!({"type": "send", "client_message_id": id, "conversation": "r-c7", "text": text})
    };
    // The first message begins the room.
    looked_up(&mut ana, &send("one")).await;
    let few = looked_up(&mut ana, &send("two")).await;
    assert!(few.0.iter().any(|sql| sql.starts_with("INSERT INTO messages")), "{few:?}");
    let mut people = Vec::new();
    for user in 3..=40 {
        let mut person = TestClient::person(&server, &host, user, "x", &[circle("c7", "student")]).await;
        if user % 2 == 0 {
            person.open_window("r-c7", 0).await;
        }
        person.all_until_now().await;
        people.push(person);
    }
    let many = looked_up(&mut ana, &send("three")).await;
    assert_eq!(few.0, many.0);
    for person in people.iter_mut().skip(1).step_by(2) {
        assert_eq!(person.next_message().await["text"], "three", "they were told all the same");
    }
}
