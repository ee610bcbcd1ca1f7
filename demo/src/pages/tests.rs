//! The campus over HTTP, as a browser asks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
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
        TestCampus::with_classmates(5).await
    }

    async fn with_classmates(classmates: usize) -> TestCampus {
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
            classmates,
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

    /// Asks for people, as the client does.
    async fn find(&self, question: &Value, cookie: &str) -> Response {
        let request = self.client.post(self.url("/demo/people")).header(COOKIE, cookie).json(question);
        request.header(ORIGIN, &self.host.config.wwwroot).send().await.expect("an answer")
    }

    /// The names on all pages of an answer.
    async fn names(&self, text: &str, cookie: &str) -> Vec<String> {
        let (mut names, mut next) = (Vec::new(), String::new());
        loop {
            let answer: Value =
                self.find(&json!({"text": text, "next": next}), cookie).await.json().await.expect("JSON");
            let people = answer["people"].as_array().expect("people");
            assert!(people.len() <= 20);
            names.extend(people.iter().map(|person| person["name"].as_str().expect("a name").to_owned()));
            next = answer["next"].as_str().expect("next").to_owned();
            if next.is_empty() {
                return names;
            }
        }
    }

    /// What the campus has still to tell the server, as its file has it.
    fn owed(&self) -> Vec<Value> {
        let file = std::fs::read(self.folder.join("campus.json")).expect("a file");
        let record: Value = serde_json::from_slice(&file).expect("JSON");
        record["calls"].as_array().expect("calls").clone()
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
        "data-people-url=\"/demo/people\"",
        "data-container=\"body\"",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    let attribute = |page: &str, name: &str| {
        let start = page.find(name).expect("the attribute") + name.len() + 2;
        page[start..].split('"').next().expect("a value").to_owned()
    };
    let other = campus.page("/demo/algebra/forum", &cookie).await;
    for name in ["data-sid", "data-salt"] {
        assert_eq!(attribute(&first, name), attribute(&other, name), "{name} is of the login");
        let again = campus.page("/demo/algebra", &campus.sign_in("ana").await).await;
        assert_ne!(attribute(&first, name), attribute(&again, name), "{name} ends with the login");
    }
}

/// The cookies that an answer sets, by name: what they hold, and all that is said of them.
fn cookies_of(response: &Response) -> BTreeMap<String, (String, String)> {
    let lines = response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().expect("text"));
    lines
        .map(|line| {
            let (pair, rest) = line.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            (name.to_owned(), (value.to_owned(), rest.to_owned()))
        })
        .collect()
}

const HALVES: [&str; 2] = ["gchat_m6qk2vxw4t7a_life", "gchat_m6qk2vxw4t7a_browser"];

#[tokio::test]
async fn a_token_sets_the_mark_of_its_login_and_no_page_holds_it() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    let page = campus.page("/demo/algebra", &ana).await;
    assert!(page.contains("data-mark=\"gchat_m6qk2vxw4t7a\""), "{page}");
    let first = cookies_of(&campus.post("/demo/token", &ana).await);
    let again = cookies_of(&campus.post("/demo/token", &ana).await);
    let other = cookies_of(&campus.post("/demo/token", &campus.sign_in("ana").await).await);
    for half in HALVES {
        let (value, rest) = &first[half];
        let (sid, secret) = value.split_once('.').expect("the login and a secret");
        assert!(page.contains(&format!("data-sid=\"{sid}\"")), "{sid}");
        assert!(secret.len() >= 22 && !page.contains(secret), "16 random bytes that stand on no page");
        assert!(
            rest.contains("Path=/") && rest.contains("SameSite=Lax") && !rest.contains("HttpOnly"),
            "{rest}"
        );
        assert_eq!(again[half].0, *value, "the same in all tokens of a login");
        assert!(!other[half].0.contains(secret), "another login has another");
    }
    assert_ne!(first[HALVES[0]].0, first[HALVES[1]].0);
    assert!(!first[HALVES[1]].1.contains("Max-Age"), "it ends with the browser");
    let (_, life) = first[HALVES[0]].1.split_once("Max-Age=").expect("a life");
    let life: u64 = life.split(';').next().expect("a number").parse().expect("seconds");
    assert!(life > 0 && life <= crate::register::LOGIN_SECONDS, "{life}");
}

#[tokio::test]
async fn a_logout_and_anothers_login_take_the_mark_out_of_the_browser() {
    let campus = TestCampus::open().await;
    let [one, other] = [campus.sign_in("ana").await, campus.sign_in("ana").await];
    for answer in [campus.get("/demo/as/bruno", &one).await, campus.post("/demo/logout", &other).await] {
        let cookies = cookies_of(&answer);
        for half in HALVES {
            let (value, rest) = &cookies[half];
            assert!(
                value.is_empty() && rest.contains("Max-Age=0") && rest.contains("Path=/"),
                "{value}; {rest}"
            );
        }
        let (over, rest) = &cookies["gchat_m6qk2vxw4t7a_over"];
        assert!(over.len() >= 8 && !rest.contains("Max-Age"), "{over}; {rest}");
    }
}

#[tokio::test]
async fn the_key_of_unsent_texts_is_the_persons_over_all_logins() {
    let campus = TestCampus::open().await;
    let mut keys = Vec::new();
    for slug in ["ana", "ana", "bruno"] {
        let cookie = campus.sign_in(slug).await;
        let answer: Value = campus.post("/demo/token", &cookie).await.json().await.expect("JSON");
        keys.push(answer["unsent_key"].as_str().expect("a key").to_owned());
        assert!(!campus.page("/demo/algebra", &cookie).await.contains(&keys[keys.len() - 1]), "on no page");
    }
    assert!(keys[0] == keys[1] && keys[0] != keys[2] && keys[0].len() == 43, "{keys:?}");
}

#[tokio::test]
async fn pages_are_cached_as_moodles_are_and_tokens_are_not() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    let said = |answer: &Response| answer.headers()[CACHE_CONTROL].to_str().expect("text").to_owned();
    for path in ["/demo/algebra", "/demo/algebra/people", "/demo/people/3"] {
        let page = said(&campus.get(path, &ana).await);
        assert_eq!(page, "private, pre-check=0, post-check=0, max-age=0, no-transform", "{path}");
    }
    assert_eq!(said(&campus.post("/demo/token", &ana).await), "no-store");
    assert_eq!(said(&campus.get("/demo/as/ana", "").await), "no-store");
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
async fn a_persons_page_offers_a_message_and_the_server_is_told_of_them_once() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    for _ in 0..2 {
        let page = campus.page("/demo/people/3", &ana).await;
        let button = "<button type=\"button\" class=\"message\" data-gchat-message=\"3\">Message</button>";
        assert!(page.contains(button), "{page}");
    }
    assert!(!campus.page("/demo/people/2", &ana).await.contains("data-gchat-message"), "not to oneself");
    assert!(!campus.page("/demo/people/5", &ana).await.contains("data-gchat-message"), "not to strangers");
    assert!(campus.page("/demo/people/102?lang=pt", &ana).await.contains(">Mensagem</button>"));
    assert_eq!(campus.owed(), [json!({"call": "user", "user": 3}), json!({"call": "user", "user": 102})]);
}

#[tokio::test]
async fn people_are_found_whether_or_not_they_have_ever_been_there() {
    let campus = TestCampus::open().await;
    let [ana, daniel] = [campus.sign_in("ana").await, campus.sign_in("daniel").await];
    assert_eq!(campus.names("alvares joao", &ana).await, ["João Álvares"]);
    assert_eq!(campus.names("nunez", &ana).await, ["Zoe\u{308} Nu\u{301}n\u{303}ez"], "stored decomposed");
    assert_eq!(campus.names("nunes", &ana).await, ["Carla Nunes"]);
    for apostrophe in ["o'brien", "o’brien"] {
        assert_eq!(campus.names(apostrophe, &ana).await, ["Liam O’Brien", "Seán O'Brien"]);
    }
    assert_eq!(campus.names("joao", &daniel).await, [""; 0], "they share no course");
    assert_eq!(campus.names("ana sousa", &ana).await, [""; 0], "never oneself");
    assert!(campus.owed().is_empty(), "a search leaves nothing behind");
    campus.post("/demo/enrol?course=algebra&member=false", &campus.sign_in("joao").await).await;
    assert_eq!(campus.names("joao", &ana).await, [""; 0], "whoever leaves is gone at once");
}

#[tokio::test]
async fn a_person_who_is_found_is_told_as_the_contract_has_it() {
    let campus = TestCampus::open().await;
    let carla = campus.sign_in("carla").await;
    let answer: Value = campus.find(&json!({"text": "costa"}), &carla).await.json().await.expect("JSON");
    assert_eq!(
        answer,
        json!({"people": [{
            "id": 5, "name": "Daniel Costa", "picture": campus.url("/demo/pictures/5"),
            "profile_url": campus.url("/demo/people/5"), "role": "teacher", "circles": ["History"],
        }], "next": ""})
    );
}

#[tokio::test]
async fn everybody_comes_once_over_all_pages_by_name() {
    let campus = TestCampus::with_classmates(90).await;
    let ana = campus.sign_in("ana").await;
    let names = campus.names("", &ana).await;
    let members = campus.host.members(crate::people::Course::Algebra).len() - 1;
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), members);
    assert_eq!(names.len(), members);
}

#[tokio::test]
async fn nobody_is_introduced_who_may_not_be_found_and_a_dead_server_is_said() {
    let campus = TestCampus::open().await;
    let ana = campus.sign_in("ana").await;
    for user in [2, 5, 14, 99_999] {
        let answer = campus.find(&json!({"user": user}), &ana).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json::<Value>().await.expect("JSON"), json!({"people": [], "next": ""}), "{user}");
    }
    // There is no server behind this campus.
    assert_eq!(campus.find(&json!({"user": 10}), &ana).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(campus.find(&json!({"text": "x", "name": "y"}), &ana).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(campus.find(&json!({"user": 10}), "").await.status(), StatusCode::UNAUTHORIZED);
    let silent = campus.client.post(campus.url("/demo/people")).header(COOKIE, &ana).json(&json!({}));
    assert_eq!(silent.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn of_somebody_who_has_never_come_the_server_gets_a_name_and_rights_only() {
    let campus = TestCampus::open().await;
    let joao = campus.host.person(10).expect("a person");
    let told = campus.host.told(&joao);
    assert_eq!((told.picture, told.profile_url, &*told.lang), (None, None, ""));
    assert_eq!((&*told.name, told.rights, told.circles.len()), ("João Álvares", vec!["chat"], 1));
    campus.sign_in("joao").await;
    let come = campus.host.told(&joao);
    assert!(
        come.picture.is_some() && come.rights_version > told.rights_version,
        "no token ties with the call"
    );
    campus.sign_in("joao").await;
    assert_eq!(campus.host.told(&joao).rights_version, come.rights_version, "they have come once");
}

#[tokio::test]
async fn a_course_lists_its_people_for_those_who_are_in_it() {
    let campus = TestCampus::open().await;
    let [ana, daniel] = [campus.sign_in("ana").await, campus.sign_in("daniel").await];
    let page = campus.page("/demo/algebra", &ana).await;
    assert!(page.contains("<a href=\"/demo/algebra/people\">People of this course</a>"), "{page}");
    let page = campus.page("/demo/algebra/people", &ana).await;
    for id in [2, 3, 4, 100, 104] {
        assert!(page.contains(&format!("href=\"/demo/people/{id}\"")), "{id} in {page}");
    }
    for id in [5, 103, 105] {
        assert!(!page.contains(&format!("href=\"/demo/people/{id}\"")), "{id} in {page}");
    }
    assert_eq!(campus.get("/demo/algebra/people", &daniel).await.status(), StatusCode::FORBIDDEN);
    campus.post("/demo/enrol?course=algebra&member=true", &daniel).await;
    assert!(campus.page("/demo/algebra/people", &ana).await.contains("Daniel Costa"), "whoever joins");
}

#[tokio::test]
async fn separate_seminars_list_only_their_own_people() {
    let campus = TestCampus::open().await;
    let [carla, daniel] = [campus.sign_in("carla").await, campus.sign_in("daniel").await];
    let lists = |page: &str, id: u64| page.contains(&format!("href=\"/demo/people/{id}\""));
    let page = campus.page("/demo/history/people", &carla).await;
    assert!(lists(&page, 4) && lists(&page, 5) && !lists(&page, 103), "{page}");
    let page = campus.page("/demo/history/people", &daniel).await;
    assert!(lists(&page, 4) && lists(&page, 103), "whoever teaches it sees everybody: {page}");
    assert_eq!(campus.get("/demo/people/103", &carla).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(campus.get("/demo/people/103", &daniel).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_name_is_never_markup() {
    let campus = TestCampus::open().await;
    let cookie = campus.sign_in("ana").await;
    for path in ["/demo/people/104", "/demo/algebra/people"] {
        let page = campus.page(path, &cookie).await;
        assert!(
            page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img src=x"),
            "{page}"
        );
    }
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
    for path in [
        "/",
        "/demo/algebra",
        "/demo/algebra/people",
        "/demo/history/forum",
        "/demo/people/2",
        "/demo/people/3",
        "/demo/nowhere",
    ] {
        let answer = campus.get(path, &cookie).await;
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        let page = answer.text().await.expect("text");
        assert!(!page.contains("style=\"") && !page.contains(" onclick"), "{path}");
    }
}
