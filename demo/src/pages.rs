//! The campus's web pages: what a visitor sees and does. Routes, requests and answers; the HTML is in `pages/html`.
//!
//! This is the part to read when embedding the chat in another site: `token` answers the client's call for a fresh
//! user token, `people::find` finds people who need not be online, `html::chat` is the element and the script tag that every
//! page carries, and `person` shows a button that opens the chat with somebody.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, EXPIRES, HOST, LOCATION, ORIGIN, PRAGMA,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use self::html::{Page, Part, View};
use crate::people::{Course, Person, by_slug};
use crate::register::{LOGIN_SECONDS, Login, RegisterError};
use crate::{Host, now_seconds};

mod html;
mod mark;
mod people;

const LOGIN_COOKIE: &str = "campus_login";
const LANG_COOKIE: &str = "campus_lang";
const DIR_COOKIE: &str = "campus_dir";

/// As Moodle sends its pages: a click asks again, but the browser's Back shows a page as it was without asking, also
/// after a logout. Nothing on a page may be worth keeping from the next person at the computer.
const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "private, pre-check=0, post-check=0, max-age=0, no-transform"),
    (PRAGMA, "no-cache"),
    (EXPIRES, ""),
];

/// All pages.
pub(crate) fn router(host: Arc<Host>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/demo/as/{slug}", get(sign_in))
        .route("/demo/logout", post(sign_out))
        .route("/demo/enrol", post(enrol))
        .route("/demo/token", post(token))
        .route("/demo/people", post(people::find))
        .route("/demo/people/{id}", get(person))
        .route("/demo/pictures/{id}", get(picture))
        .route("/demo/campus.css", get(style))
        .route("/demo/{course}", get(course))
        .route("/demo/{course}/forum", get(forum))
        .route("/demo/{course}/people", get(course_people))
        .route_layer(middleware::from_fn_with_state(host.clone(), guard))
        .with_state(host)
}

/// Who asks, and how they like their pages.
struct Visitor {
    cookie: Option<String>,
    login: Option<(String, Login)>,
    view: View,
    /// Cookies to remember a choice by.
    remember: Vec<String>,
}

/// The switches that any page's address may carry.
#[derive(Deserialize, Default)]
struct Switches {
    lang: Option<String>,
    dir: Option<String>,
}

impl Visitor {
    fn of(host: &Host, headers: &HeaderMap, switches: &Switches) -> Visitor {
        let cookie = read_cookie(headers, LOGIN_COOKIE);
        let login = cookie.as_deref().and_then(|cookie| host.register.login(cookie));
        let mut remember = Vec::new();
        let mut choose = |name, wanted: &Option<String>, known: &'static [&'static str]| {
            let pick = |text: &String| known.iter().copied().find(|one| one == text);
            if let Some(wanted) = wanted.as_ref().and_then(pick) {
                remember.push(set_cookie(host, name, wanted, LOGIN_SECONDS));
                return wanted;
            }
            read_cookie(headers, name).as_ref().and_then(pick).unwrap_or(known[0])
        };
        let view = View {
            lang: choose(LANG_COOKIE, &switches.lang, &["en", "pt"]),
            dir: choose(DIR_COOKIE, &switches.dir, &["ltr", "rtl"]),
        };
        Visitor { cookie, login, view, remember }
    }

    fn person(&self, host: &Host) -> Option<Person> {
        host.person(self.login.as_ref()?.1.person)
    }

    /// Answers with a page.
    fn show(&self, host: &Host, status: StatusCode, page: Page) -> Response {
        let html = html::document(host, self.view, self.login.as_ref(), &page);
        let headers = PAGE_HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let mut response = (status, headers, html).into_response();
        remember(&mut response, &self.remember);
        response
    }
}

async fn home(
    State(host): State<Arc<Host>>,
    Query(switches): Query<Switches>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&host, &headers, &switches);
    visitor.show(&host, StatusCode::OK, Page::home(&host, visitor.view))
}

/// A link that signs in is what a demo needs and a real host must not have.
async fn sign_in(State(host): State<Arc<Host>>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let visitor = Visitor::of(&host, &headers, &Switches::default());
    let Some(person) = by_slug(&slug) else {
        return visitor.show(&host, StatusCode::NOT_FOUND, Page::missing(visitor.view));
    };
    let to = match host.register.courses(&person).1.first() {
        Some(course) => format!("/demo/{}", course.slug()),
        None => format!("/demo/people/{}", person.id),
    };
    if visitor.login.as_ref().is_some_and(|(_, login)| login.person == person.id) {
        return see_other(&to);
    }
    let gone = visitor.login.map(|(sid, _)| sid);
    let old = visitor.cookie.filter(|_| gone.is_some());
    let signed_in = on_disk(&host, move |host| {
        if let Some(old) = old {
            host.register.sign_out(&old)?;
        }
        host.register.sign_in(person.id)
    });
    match signed_in.await {
        Ok(cookie) => {
            let mut response = see_other(&to);
            remember(&mut response, &[set_cookie(&host, LOGIN_COOKIE, &cookie, LOGIN_SECONDS)]);
            // Whoever was here before has gone, also where they did not sign out.
            match &gone {
                Some(sid) => remember(&mut response, &mark::over(&host, sid)),
                None => remember(&mut response, &mark::ended(&host)),
            }
            response
        }
        Err(error) => failed(&error),
    }
}

async fn sign_out(State(host): State<Arc<Host>>, headers: HeaderMap) -> Response {
    if !same_origin(&host, &headers) {
        return refuse(StatusCode::FORBIDDEN, "wrong_origin", "this form belongs to the campus's own pages");
    }
    let visitor = Visitor::of(&host, &headers, &Switches::default());
    if let Some(cookie) = visitor.cookie
        && let Err(error) = on_disk(&host, move |host| host.register.sign_out(&cookie)).await
    {
        return failed(&error);
    }
    let mut response = see_other("/");
    remember(&mut response, &[set_cookie(&host, LOGIN_COOKIE, "", 0)]);
    match visitor.login {
        Some((sid, _)) => remember(&mut response, &mark::over(&host, &sid)),
        None => remember(&mut response, &mark::ended(&host)),
    }
    response
}

#[derive(Deserialize)]
struct Enrolment {
    course: Course,
    member: bool,
}

async fn enrol(State(host): State<Arc<Host>>, Query(wish): Query<Enrolment>, headers: HeaderMap) -> Response {
    if !same_origin(&host, &headers) {
        return refuse(StatusCode::FORBIDDEN, "wrong_origin", "this form belongs to the campus's own pages");
    }
    let visitor = Visitor::of(&host, &headers, &Switches::default());
    let Some(person) = visitor.person(&host) else { return see_other("/") };
    let to = if wish.member {
        format!("/demo/{}", wish.course.slug())
    } else {
        format!("/demo/people/{}", person.id)
    };
    match on_disk(&host, move |host| host.register.enrol(&person, wish.course, wish.member)).await {
        Ok(()) => see_other(&to),
        Err(error) => failed(&error),
    }
}

/// A fresh user token for whoever is signed in. The client calls it before the last one ends; it must be a `POST` from
/// the campus's own pages, as any other page could otherwise read who its visitor is.
async fn token(State(host): State<Arc<Host>>, headers: HeaderMap) -> Response {
    if !same_origin(&host, &headers) {
        return refuse(StatusCode::FORBIDDEN, "wrong_origin", "tokens are for the campus's own pages");
    }
    let visitor = Visitor::of(&host, &headers, &Switches::default());
    let (Some((sid, login)), Some(person)) = (&visitor.login, visitor.person(&host)) else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "nobody is signed in: open / and pick a person",
        );
    };
    let rights = host.rights(&person, visitor.view.lang);
    let token = host.key.user_token(person.id, sid, &rights, now_seconds());
    let unsent_key = host.register.unsent_key(person.id);
    let mut response = axum::Json(json!({"token": token, "unsent_key": unsent_key})).into_response();
    remember(&mut response, &mark::of_login(&host, sid, login, now_seconds()));
    response
}

async fn course(
    State(host): State<Arc<Host>>,
    Path(slug): Path<String>,
    Query(switches): Query<Switches>,
    headers: HeaderMap,
) -> Response {
    course_page(&host, &slug, &switches, &headers, Part::Course)
}

async fn forum(
    State(host): State<Arc<Host>>,
    Path(slug): Path<String>,
    Query(switches): Query<Switches>,
    headers: HeaderMap,
) -> Response {
    course_page(&host, &slug, &switches, &headers, Part::Forum)
}

async fn course_people(
    State(host): State<Arc<Host>>,
    Path(slug): Path<String>,
    Query(switches): Query<Switches>,
    headers: HeaderMap,
) -> Response {
    course_page(&host, &slug, &switches, &headers, Part::People)
}

fn course_page(host: &Host, slug: &str, switches: &Switches, headers: &HeaderMap, part: Part) -> Response {
    let visitor = Visitor::of(host, headers, switches);
    let Some(course) = Course::from_slug(slug) else {
        return visitor.show(host, StatusCode::NOT_FOUND, Page::missing(visitor.view));
    };
    let Some(person) = visitor.person(host) else { return see_other("/") };
    if !host.register.courses(&person).1.contains(&course) {
        return visitor.show(host, StatusCode::FORBIDDEN, Page::closed(course, part, visitor.view));
    }
    let page = match part {
        Part::Course => Page::course(course, visitor.view),
        Part::Forum => Page::forum(course, visitor.view),
        Part::People => {
            let mut members = host.members(course);
            members.retain(|member| course.together(&person, member));
            Page::people(course, &members, visitor.view)
        }
    };
    visitor.show(host, StatusCode::OK, page)
}

/// Somebody's page: one's own, or that of a person in one of one's courses, with a button that opens the chat with
/// them. Others do not exist, for all one knows.
async fn person(
    State(host): State<Arc<Host>>,
    Path(id): Path<u64>,
    Query(switches): Query<Switches>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&host, &headers, &switches);
    let Some(viewer) = visitor.person(&host) else { return see_other("/") };
    let missing = || visitor.show(&host, StatusCode::NOT_FOUND, Page::missing(visitor.view));
    let Some(person) = host.person(id) else { return missing() };
    if person.id == viewer.id {
        let courses = host.register.courses(&person).1;
        return visitor.show(&host, StatusCode::OK, Page::own(&person, &courses, visitor.view));
    }
    let courses = host.shared(&viewer, &person);
    if courses.is_empty() {
        return missing();
    }
    let page = Page::person(&person, &courses, visitor.view);
    // The button needs a person whom the server knows. Nobody waits for the call: it is made before anybody has read
    // the page.
    if let Err(error) = on_disk(&host, move |host| host.register.introduce(&person)).await {
        tracing::error!(%error, "campus: cannot note that a person is to be introduced");
    }
    visitor.show(&host, StatusCode::OK, page)
}

async fn picture(State(host): State<Arc<Host>>, Path(id): Path<u64>) -> Response {
    match host.person(id) {
        Some(person) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
                (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
            ];
            (headers, html::picture(&person)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, include_str!("pages/campus.css")).into_response()
}

/// Sends visitors to the campus's own address, as the server takes sockets from that origin only, and puts the
/// headers on every answer.
async fn guard(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    let wwwroot = &host.config.wwwroot;
    let (_, authority) = wwwroot.split_once("://").unwrap_or(("http", wwwroot));
    let asked = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = if asked == authority {
        next.run(request).await
    } else if request.method() == Method::GET && is_same_machine(asked, authority) {
        moved(&format!("{wwwroot}{}", path_of(request.uri())))
    } else {
        html::elsewhere(wwwroot)
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self' ws://{authority} wss://{authority}; worker-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// `localhost` and the loopback addresses, with the same port, are the same campus by another name.
fn is_same_machine(asked: &str, authority: &str) -> bool {
    let split = |text: &str| match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name.to_owned(), port.to_owned())
        }
        _ => (text.to_owned(), String::new()),
    };
    let loopback = |name: &str| matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let ((asked, its_port), (own, own_port)) = (split(asked), split(authority));
    its_port == own_port && loopback(&asked) && loopback(&own)
}

/// True if a page of the campus itself asks. Browsers say so with every `POST`; whoever says nothing is no browser
/// page, and has no business here.
fn same_origin(host: &Host, headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match headers.get(ORIGIN) {
        Some(origin) => origin.as_bytes() == host.config.wwwroot.as_bytes(),
        None => site == Some(b"same-origin"),
    }
}

/// The register writes to the disk, which is nothing for the threads that serve.
async fn on_disk<T: Send + 'static>(
    host: &Arc<Host>,
    work: impl FnOnce(&Host) -> Result<T, RegisterError> + Send + 'static,
) -> Result<T, RegisterError> {
    let host = host.clone();
    tokio::task::spawn_blocking(move || work(&host)).await.expect("the register does not panic")
}

fn failed(error: &RegisterError) -> Response {
    tracing::error!(%error, "campus: cannot write the register");
    let text = "the campus cannot write its file just now; the reason is in its log";
    refuse(StatusCode::INTERNAL_SERVER_ERROR, "unavailable", text)
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, axum::Json(json!({"code": code, "message": message}))).into_response()
}

fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

fn moved(to: &str) -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)]).into_response()
}

fn remember(response: &mut Response, cookies: &[String]) {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

fn set_cookie(host: &Host, name: &str, value: &str, seconds: u64) -> String {
    let secure = if host.config.wwwroot.starts_with("https:") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, value)| *found == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests;
