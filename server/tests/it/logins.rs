//! Logins: which are connected, and that the end of one is no page change.

use serde_json::{Value, json};

use crate::util::{Host, TestClient, TestServer, circle};

fn pupil() -> Vec<Value> {
    vec![circle("c7", "student")]
}

fn login(host: &Host, user: i64, sid: &str) -> String {
    host.token_with(user, "Ana", &pupil(), json!({"sid": sid}))
}

async fn page(server: &TestServer, host: &Host, query: &str) -> Value {
    let (status, answer) = host.call(server, "GET", &format!("/api/v1/logins{query}"), &Value::Null).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn connected_logins_are_listed_by_user_in_pages() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    assert_eq!(page(&server, &host, "").await, json!({"logins": [], "next": null}));
    let mut open = vec![TestClient::connect(&server, &other, &login(&other, 3, "of-another-site")).await];
    for (user, sid) in
        [(9, "phone-of-9"), (2, "desk-of-2"), (9, "desk-of-9"), (9, "desk-of-9"), (5, "desk-of-5")]
    {
        open.push(TestClient::connect(&server, &host, &login(&host, user, sid)).await);
    }
    let of_2 = json!({"user": 2, "sids": ["desk-of-2"]});
    let of_5 = json!({"user": 5, "sids": ["desk-of-5"]});
    let of_9 = json!({"user": 9, "sids": ["desk-of-9", "phone-of-9"]});
    assert_eq!(page(&server, &host, "").await, json!({"logins": [of_2, of_5, of_9], "next": null}));
    assert_eq!(page(&server, &host, "?limit=2").await, json!({"logins": [of_2, of_5], "next": 5}));
    assert_eq!(page(&server, &host, "?limit=2&after=5").await, json!({"logins": [of_9], "next": null}));
    assert_eq!(page(&server, &host, "?after=9").await, json!({"logins": [], "next": null}));
    for query in ["?limit=0", "?limit=1001", "?after=-1", "?after=x", "?user=2"] {
        let (status, answer) =
            host.call(&server, "GET", &format!("/api/v1/logins{query}"), &Value::Null).await;
        assert_eq!((status, &answer["code"]), (400, &json!("bad_request")), "{query}");
    }
}

/// With a grace that no test could wait for.
async fn patient() -> (TestServer, Host) {
    TestServer::start_with(|config| config.limits.grace_ms = 3_600_000).await
}

#[tokio::test]
async fn a_logout_takes_the_person_offline_at_once() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let mut ana = TestClient::connect(&server, &host, &login(&host, 2, "desk-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    bruno.open_window("2-3", 0).await;
    host.log_out(&server, 2, "desk-of-2").await;
    assert_eq!(ana.closed().await, Some(4410));
    assert_eq!(bruno.next_of("presence").await["status"], "offline");
    bruno.roster_becomes("c7", &[3]).await;
}

#[tokio::test]
async fn so_does_one_of_a_page_that_was_left_before_the_host_told_of_it() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let ana = TestClient::connect(&server, &host, &login(&host, 2, "desk-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    drop(ana);
    while page(&server, &host, "").await["logins"].as_array().unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(host.log_out(&server, 2, "desk-of-2").await, 0);
    bruno.roster_becomes("c7", &[3]).await;
}

#[tokio::test]
async fn another_login_keeps_the_person_online() {
    let (server, host) = patient().await;
    let mut bruno = TestClient::person(&server, &host, 3, "Bruno", &pupil()).await;
    let desk = TestClient::connect(&server, &host, &login(&host, 2, "desk-of-2")).await;
    let phone = TestClient::connect(&server, &host, &login(&host, 2, "phone-of-2")).await;
    bruno.roster_becomes("c7", &[2, 3]).await;
    // The phone walks from page to page while the desk logs out.
    drop(phone);
    host.log_out(&server, 2, "desk-of-2").await;
    drop(desk);
    let carla = TestClient::person(&server, &host, 4, "Carla", &pupil()).await;
    bruno.roster_becomes("c7", &[2, 3, 4]).await;
    host.log_out(&server, 2, "phone-of-2").await;
    bruno.roster_becomes("c7", &[3, 4]).await;
    drop(carla);
}
