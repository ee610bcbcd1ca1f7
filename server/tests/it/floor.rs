//! The emergency brake: one call, and nobody stays by rights from before it, connected or on their way in.

use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn token(host: &Host, user: i64, version: i64) -> String {
    host.token_with(user, "Ana", &pupil(), json!({"rights_version": version}))
}

async fn raise(server: &TestServer, host: &Host, version: i64) -> Value {
    let body = json!({"rights_version": version});
    let (status, answer) = host.call(server, "PUT", "/api/v1/floor", &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn expired() -> (String, bool, u16) {
    ("token_expired".into(), false, 4010)
}

#[tokio::test]
async fn one_call_closes_whoever_is_connected_by_rights_below_it_and_refuses_their_tokens() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let mut stranger = TestClient::person(&server, &other, 2, "Ana", &pupil()).await;
    let mut old = TestClient::connect(&server, &host, &token(&host, 2, 4)).await;
    let mut new = TestClient::connect(&server, &host, &token(&host, 3, 5)).await;
    // By a call, the live rights are newer than the token.
    let mut told = TestClient::connect(&server, &host, &token(&host, 4, 1)).await;
    host.put(&server, 4, &host.person(6, "Carla", &pupil())).await;

    assert_eq!(raise(&server, &host, 5).await, json!({"applied": true, "rights_version": 5}));
    assert_eq!(old.refusal().await, expired());
    new.all_until_now().await;
    told.all_until_now().await;
    stranger.all_until_now().await;
    assert_eq!(TestClient::refused(&server, &host, &token(&host, 2, 4)).await, expired());
    told.send(json!({"type": "renew", "token": token(&host, 4, 4)})).await;
    assert_eq!(told.refusal().await, expired(), "nor does a renewal count, whatever is stored");
    TestClient::connect(&server, &host, &token(&host, 2, 5)).await;

    assert_eq!(raise(&server, &host, 4).await, json!({"applied": false, "rights_version": 5}));
    assert_eq!(raise(&server, &host, 5).await, json!({"applied": true, "rights_version": 5}), "twice");
    new.all_until_now().await;
    let server = server.stop().await.start().await;
    assert_eq!(
        TestClient::refused(&server, &host, &token(&host, 2, 4)).await,
        expired(),
        "also after a restart"
    );
    TestClient::connect(&server, &host, &token(&host, 2, 5)).await;
}

#[tokio::test]
async fn those_who_are_closed_are_told_to_come_back_one_after_the_other() {
    let (server, host) = TestServer::start().await;
    let mut all = Vec::new();
    for user in 1..=40 {
        all.push(TestClient::connect(&server, &host, &token(&host, user, 1)).await);
    }
    raise(&server, &host, 2).await;
    let mut waits = Vec::new();
    for client in &mut all {
        waits.push(client.next_of("error").await["retry_after_ms"].as_u64().unwrap());
        assert_eq!(client.closed().await, Some(4010));
    }
    assert!(waits.iter().all(|wait| *wait <= 40 * 1_000 / 200), "200 a second: {waits:?}");
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 5, "drawn at random: {waits:?}");
}

/// Each round, the call arrives at some point of a connect; whatever the order, nobody stays by the old rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_floor_in_the_middle_of_a_connect_is_not_lost() {
    let (server, host) = TestServer::start().await;
    for round in 0..40_i64 {
        let hold = usize::try_from(round % 10).unwrap();
        let call = async {
            for _ in 0..hold * 20 {
                tokio::task::yield_now().await;
            }
            raise(&server, &host, round + 2).await
        };
        let connect = async {
            let mut client = TestClient::open(&server, Some(&host.url)).await.unwrap();
            client.hello(&token(&host, 100 + round, round + 1), json!({})).await;
            client
        };
        let (_, mut client) = tokio::join!(call, connect);
        assert_eq!(client.closed().await, Some(4010), "round {round}");
    }
}
