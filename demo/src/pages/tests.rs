//! The campus over HTTP, as a browser asks.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{Campus, CampusConfig, Host};

/// A campus on a free port, without a server behind it.
struct TestCampus {
    host: Arc<Host>,
    client: Client,
    folder: PathBuf,
}

impl TestCampus {
    async fn open() -> TestCampus {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let wwwroot = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = std::env::temp_dir().join(format!("gchat-demo-{}", uuid::Uuid::new_v4()));
        let campus = Campus::new(CampusConfig {
            server_url: format!("{wwwroot}/gchat/"),
            site: "m6qk2vxw4t7a".into(),
            kid: "k1".into(),
            key: vec![7; 32],
            wwwroot,
            data_dir: folder.clone(),
            classmates: 5,
            client_version: "0.1.0".into(),
        })
        .expect("a campus");
        let router = campus.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        TestCampus { host: campus.0, client, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host.config.wwwroot)
    }

    async fn get(&self, path: &str, cookie: &str) -> Response {
        self.client.get(self.url(path)).header(COOKIE, cookie).send().await.expect("an answer")
    }

    async fn post(&self, path: &str, cookie: &str) -> Response {
        let request = self.client.post(self.url(path)).header(COOKIE, cookie);
        request.header(ORIGIN, &self.host.config.wwwroot).send().await.expect("an answer")
    }

    /// Signs in and gives the cookie as a browser sends it back.
    async fn sign_in(&self, slug: &str) -> String {
        cookie_of(&self.get(&format!("/demo/as/{slug}"), "").await)
    }

    async fn page(&self, path: &str, cookie: &str) -> String {
        self.get(path, cookie).await.text().await.expect("text")
    }
}

impl Drop for TestCampus {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn cookie_of(response: &Response) -> String {
    let cookie = response.headers()[SET_COOKIE].to_str().expect("text");
    cookie.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn a_link_signs_in_with_a_cookie_that_scripts_cannot_read() {
    let campus = TestCampus::open().await;
    let answer = campus.get("/demo/as/daniel", "").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[LOCATION], "/demo/history");
    let cookie = answer.headers()[SET_COOKIE].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let page = campus.page("/demo/history", &cookie_of(&answer)).await;
    assert!(page.contains("Daniel Costa") && page.contains("<gchat-roster>"), "{page}");
}

#[tokio::test]
async fn a_page_carries_the_chat_of_its_login() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("ana").await;
    let first = campus.page("/demo/algebra", &cookie).await;
    for part in [
        "data-gchat",
        "src=\"/gchat/client/gchat.js?v=0.1.0\"",
        "data-server=\"/gchat/\"",
        "data-site=\"m6qk2vxw4t7a\"",
        "data-user=\"2\"",
        "data-token-url=\"/demo/token\"",
        "data-container=\"body\"",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    let attribute = |page: &str, name: &str| {
        let start = page.find(name).expect("the attribute") + name.len() + 2;
        page[start..].split('"').next().expect("a value").to_owned()
    };
    let other = campus.page("/demo/algebra/forum", &cookie).await;
    for name in ["data-sid", "data-key"] {
        assert_eq!(attribute(&first, name), attribute(&other, name), "{name} is of the login");
        let again = campus.page("/demo/algebra", &campus.sign_in("ana").await).await;
        assert_ne!(attribute(&first, name), attribute(&again, name), "{name} ends with the login");
    }
}

#[tokio::test]
async fn a_token_is_for_the_signed_in_and_for_own_pages_only() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("bruno").await;
    let answer: Value = campus.post("/demo/token", &cookie).await.json().await.expect("JSON");
    assert_eq!(answer["token"].as_str().expect("a token").split('.').count(), 3);
    assert_eq!(campus.post("/demo/token", "").await.status(), StatusCode::UNAUTHORIZED);
    let url = campus.url("/demo/token");
    let foreign = campus.client.post(&url).header(COOKIE, &cookie).header(ORIGIN, "http://evil.example");
    assert_eq!(foreign.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    let silent = campus.client.post(&url).header(COOKIE, &cookie).send().await.expect("an answer");
    assert_eq!(silent.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn leaving_a_course_closes_its_pages_and_raises_the_rights_version() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("bruno").await;
    let before = campus.host.register.version();
    assert_eq!(campus.get("/demo/algebra", &cookie).await.status(), StatusCode::OK);
    let left = campus.post("/demo/enrol?course=algebra&member=false", &cookie).await;
    assert_eq!(left.headers()[LOCATION], "/demo/people/3");
    assert_eq!(campus.host.register.version(), before + 1);
    let closed = campus.get("/demo/algebra", &cookie).await;
    assert_eq!(closed.status(), StatusCode::FORBIDDEN);
    assert!(closed.text().await.expect("text").contains("You are not enrolled in Algebra"));
}

#[tokio::test]
async fn strangers_have_no_page() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    assert_eq!(campus.get("/demo/people/5", &ana).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(campus.get("/demo/people/4", &ana).await.status(), StatusCode::OK);
    assert_eq!(campus.get("/demo/people/4", "").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_name_is_never_markup() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("ana").await;
    let page = campus.page("/demo/people/104", &cookie).await;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img src=x"), "{page}");
}

#[tokio::test]
async fn signing_out_ends_the_login() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("carla").await;
    assert_eq!(campus.post("/demo/logout", &cookie).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(campus.post("/demo/token", &cookie).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn becoming_somebody_else_ends_the_first_login() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    let bruno = cookie_of(&campus.get("/demo/as/bruno", &ana).await);
    assert_eq!(campus.post("/demo/token", &ana).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(campus.post("/demo/token", &bruno).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn language_and_direction_are_remembered() {
    let campus = TestCampus::open().await;
    let answer = campus.get("/?lang=pt", "").await;
    let cookie = cookie_of(&answer);
    assert!(answer.text().await.expect("text").contains("<html lang=\"pt\" dir=\"ltr\">"));
    assert!(campus.page("/?dir=rtl", &cookie).await.contains("<html lang=\"pt\" dir=\"rtl\">"));
    assert!(campus.page("/?lang=%22%3E", &cookie).await.contains("<html lang=\"pt\""));
}

#[tokio::test]
async fn only_the_own_address_serves_pages() {
    let campus = TestCampus::open().await;
    let port = campus.host.config.wwwroot.rsplit(':').next().expect("a port").to_owned();
    let local =
        campus.client.get(campus.url("/demo/algebra?x=1")).header("host", format!("localhost:{port}"));
    let answer = local.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers()[LOCATION].to_str().expect("text"), campus.url("/demo/algebra?x=1"));
    let foreign = campus.client.get(campus.url("/")).header("host", "evil.example").send().await;
    assert_eq!(foreign.expect("an answer").status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn every_page_has_a_policy_without_inline_scripts() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("ana").await;
    for path in ["/", "/demo/algebra", "/demo/history/forum", "/demo/people/2", "/demo/nowhere"] {
        let answer = campus.get(path, &cookie).await;
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        let page = answer.text().await.expect("text");
        assert!(!page.contains("style=\"") && !page.contains(" onclick"), "{path}");
    }
}
