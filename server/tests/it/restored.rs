//! After a restore, and after messages have gone: copies and tokens of then are worth nothing any more.

use gchat::{
    clock::now_ms,
    store::sqlite::{backup::backup, restore::restore},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle, host::merge};

fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn token_of(host: &Host, user: i64, seconds: i64) -> String {
    let mut claims = host.claims(user, "Somebody", &c7());
    let at = |name: &str| json!(claims[name].as_i64().unwrap() + seconds);
    let times = json!({"iat": at("iat"), "nbf": at("nbf"), "exp": at("exp")});
    merge(&mut claims, times);
    host.sign(&claims)
}

async fn missed(server: &TestServer, host: &Host, token: &str, cursor: Value) -> (Value, Value) {
    let mut client = TestClient::open(server, Some(&host.url)).await.unwrap();
    client.hello(token, json!({"cursor": cursor})).await;
    let welcome = client.next_of("welcome").await;
    (welcome["epoch"].clone(), welcome["changes"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_has_another_epoch_and_believes_no_older_token() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    ana.say("2-3", "before the backup").await;
    let (database, copy) = (server.file("gchat.db"), server.file("backup.db"));
    backup(&database, &copy, now_ms()).await.unwrap();
    ana.say("2-3", "after the backup").await;
    let epoch = ana.welcome["epoch"].clone();
    let older = token_of(&host, 3, -5);
    let stopped = server.stop().await;
    restore(&copy, &database, now_ms()).await.unwrap();
    let server = stopped.start().await;

    assert_eq!(
        TestClient::refused(&server, &host, &older).await,
        ("token_expired".into(), false, 4010),
        "it may rest on rights that ended after the backup"
    );
    // Another message is written with the seq of the one that is gone: a copy of then would pass it over.
    let newer = |user| token_of(&host, user, 2);
    let mut ana = TestClient::connect(&server, &host, &newer(2)).await;
    assert_eq!(ana.say("2-3", "after the restore").await["seq"], 2);
    let cursor = json!({"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": 2, "seq": 2}]});
    let (now, changes) = missed(&server, &host, &newer(3), cursor).await;
    assert_ne!(now, epoch);
    assert_eq!(
        (&changes[0]["reset"], &changes[0]["messages"][1]["text"]),
        (&json!(true), &json!("after the restore"))
    );
    // Nor does an older token renew a newer one's lease.
    ana.send(json!({"type": "renew", "token": token_of(&host, 2, -5)})).await;
    assert_eq!(ana.next_of("error").await["code"], "token_expired");
    assert_eq!(ana.closed().await, Some(4010));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_from_before_the_first_message_that_is_kept_gets_those_that_are() {
    let (server, host) = TestServer::start().await;
    let mut ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    drop(TestClient::person(&server, &host, 3, "Bruno", &c7()).await);
    for n in 1..=6 {
        ana.say("2-3", &format!("m{n}")).await;
    }
    let epoch = ana.welcome["epoch"].clone();
    let database = server.file("gchat.db");
    let stopped = server.stop().await;
    // Old messages are gone, as by a rule of how long they are kept.
    let conn = Connection::open(&database).unwrap();
    for sql in ["DELETE FROM messages WHERE seq < 4", "UPDATE conversations SET first_seq = 4"] {
        conn.execute(sql, []).unwrap();
    }
    conn.close().unwrap();
    let server = stopped.start().await;
    for (seq, first) in [(6, None), (5, Some(6)), (3, Some(4)), (2, Some(4)), (0, Some(4))] {
        let cursor =
            json!({"epoch": epoch, "conversations": [{"conversation": "2-3", "rev": seq, "seq": seq}]});
        let (_, changes) = missed(&server, &host, &host.token(3, "Bruno", &c7()), cursor).await;
        let found = changes.get(0).map(|changes| {
            assert_eq!(
                (&changes["first_seq"], &changes["from"], &changes["rev"], &changes["reset"]),
                (&json!(4), &json!(seq), &json!(6), &Value::Null)
            );
            changes["messages"][0]["seq"].as_i64().unwrap()
        });
        assert_eq!(found, first, "{seq}");
    }
    gchat::store::sqlite::backup::check(&database).await.unwrap();
}
