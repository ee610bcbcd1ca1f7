//! Who may open a socket at all: exact origins, one token's site, and the cap on those who have not signed in.

use gchat::config::Config;
use serde_json::json;

use crate::util::{TestClient, TestServer, circle};

#[tokio::test]
async fn any_origin_but_an_exact_one_is_forbidden() {
    let (server, host) = TestServer::start().await;
    let ported = server.add_site("https://other.example:8443").await;
    for origin in [
        "null",
        "",
        "*",
        "https://moodle.example.evil",
        "https://evil.example",
        "https://xmoodle.example",
        "https://moodle.exampl",
        "https://sub.moodle.example",
        "https://moodle.example:8443",
        "https://moodle.example:443",
        "http://moodle.example",
        "https://MOODLE.example",
        "HTTPS://moodle.example",
        "https://moodle.example/",
        "https://moodle.example/course",
        "https://moodle.example, https://moodle.example",
        "https://user@moodle.example",
        " https://moodle.example.",
        "https://moodle.example\u{e9}",
        "moodle.example",
        "//moodle.example",
        "https://other.example",
        "https://other.example:8444",
        "file://",
        "chrome-extension://abc",
        "https://moodle.example%00.evil",
    ] {
        assert_eq!(TestClient::open(&server, Some(origin)).await.err(), Some(403), "{origin}");
    }
    assert_eq!(TestClient::open(&server, None).await.err(), Some(403), "none");
    let twice = [("origin", &*host.url), ("origin", "https://evil.example")];
    assert_eq!(TestClient::open_with(&server, "/ws", &twice).await.err(), Some(403), "two");
    let twice = [("origin", &*host.url), ("origin", &*host.url)];
    assert_eq!(TestClient::open_with(&server, "/ws", &twice).await.err(), Some(403), "two alike");
    let elsewhere =
        [("sec-websocket-origin", &*host.url), ("referer", &*host.url), ("x-forwarded-origin", &*host.url)];
    assert_eq!(
        TestClient::open_with(&server, "/ws", &elsewhere).await.err(),
        Some(403),
        "only Origin counts"
    );
    for url in [&host.url, &ported.url] {
        TestClient::open(&server, Some(url)).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_is_taken_on_its_own_sites_pages_only() {
    let (server, host) = TestServer::start().await;
    let other = server.add_site("https://other.example").await;
    let mut client = TestClient::open(&server, Some(&other.url)).await.unwrap();
    client.hello(&host.token(2, "Ana", &[]), json!({})).await;
    assert_eq!(client.refusal().await, ("wrong_origin".into(), true, 4401));
}

#[tokio::test]
async fn the_socket_is_there_with_and_without_the_base_path() {
    let (server, host) = TestServer::start_with(|c: &mut Config| c.base_path = "/gchat/".into()).await;
    for path in ["/ws", "/gchat/ws"] {
        let mut client = TestClient::open_path(&server, Some(&host.url), path).await.unwrap();
        client.hello(&host.token(2, "Ana", &[circle("c7", "student")]), json!({})).await;
        client.next_of("welcome").await;
    }
    for path in ["/", "/gchat", "/gchat/", "/gchat/gchat/ws", "/elsewhere/ws", "/ws/", "/client/../ws"] {
        assert_eq!(TestClient::open_path(&server, Some(&host.url), path).await.err(), Some(404), "{path}");
    }
}

async fn open_from(server: &TestServer, url: &str, forwarded: &[&str]) -> Result<TestClient, u16> {
    let mut headers = vec![("origin", url)];
    headers.extend(forwarded.iter().map(|f| ("x-forwarded-for", *f)));
    TestClient::open_with(server, "/ws", &headers).await
}

#[tokio::test]
async fn sockets_that_have_not_signed_in_are_counted_and_the_others_are_not() {
    let (server, host) =
        TestServer::start_with(|c: &mut Config| c.limits.unauthenticated_per_address = 3).await;
    let mut signed_in = Vec::new();
    for user in 2..12 {
        signed_in.push(TestClient::person(&server, &host, user, "Somebody", &[]).await);
    }
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(TestClient::open(&server, Some(&host.url)).await.unwrap());
    }
    assert_eq!(TestClient::open(&server, Some(&host.url)).await.err(), Some(429));
    // No proxy is trusted: what the header says is nothing.
    assert_eq!(open_from(&server, &host.url, &["198.51.100.7"]).await.err(), Some(429));
    let mut one = waiting.pop().unwrap();
    one.hello(&host.token(20, "Zoe", &[]), json!({})).await;
    one.next_of("welcome").await;
    waiting.push(TestClient::open(&server, Some(&host.url)).await.unwrap());
    assert_eq!(TestClient::open(&server, Some(&host.url)).await.err(), Some(429));
    let mut refused = waiting.pop().unwrap();
    refused.hello("no token", json!({})).await;
    refused.closed().await;
    TestClient::open(&server, Some(&host.url)).await.unwrap();
    for client in &mut signed_in {
        client.all_until_now().await;
    }
}

#[tokio::test]
async fn addresses_behind_trusted_proxies_are_told_apart_and_cannot_be_made_up() {
    let (server, host) = TestServer::start_with(|c: &mut Config| {
        c.limits.unauthenticated_per_address = 1;
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let from = async |forwarded: &[&str]| open_from(&server, &host.url, forwarded).await;
    let _a = from(&["198.51.100.7"]).await.unwrap();
    let _b = from(&["198.51.100.8, 10.0.0.1"]).await.unwrap();
    for again in [
        &["198.51.100.7"][..],
        &["1.2.3.4, 198.51.100.7"],
        &["1.2.3.4", "198.51.100.7"],
        &["1.2.3.4, 198.51.100.7, 10.2.3.4"],
        &["10.9.9.9, 198.51.100.7, 10.2.3.4, 127.0.0.1"],
        &["::ffff:198.51.100.7"],
        &["198.51.100.7:51234"],
        &["[::ffff:198.51.100.7]:443"],
        &["198.51.100.7, 10.2.3.4:80"],
        &["198.51.100.8"],
    ] {
        assert_eq!(from(again).await.err(), Some(429), "{again:?}");
    }
    let _c = from(&["garbage"]).await.unwrap();
    assert_eq!(
        from(&["more garbage, and more"]).await.err(),
        Some(429),
        "what is no address is the proxy's own"
    );
    let _d = from(&["2001:db8::1"]).await.unwrap();
}
