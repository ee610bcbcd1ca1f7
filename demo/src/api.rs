//! The campus's calls to the server's API, each signed, as `protocol/README.md` has them.
//!
//! Pages only note in the register that a call is owed; the one task here makes them. That is how a host should do
//! it: nobody waits for the chat, and nothing is lost while the server is away.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::people::Course;
use crate::register::Call;
use crate::signature::{Rights, SiteKey};
use crate::{Host, now_seconds};

/// The longest pause between two tries of a call.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long a call may take for which somebody waits.
const SOMEBODY_WAITS: Duration = Duration::from_secs(4);

/// The server, as a host sees it.
pub(crate) struct Api {
    http: reqwest::Client,
    server_url: String,
    key: Arc<SiteKey>,
}

/// Why a call was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// No answer: try again.
    #[error("the server does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The server is not ready: try again.
    #[error("the server cannot take calls just now: {status} {code}")]
    Unavailable { status: u16, code: String },
    /// The server says that the call is wrong; saying it again changes nothing.
    #[error("the server refused the call: {status} {code}: {message}")]
    Refused { status: u16, code: String, message: String },
}

impl Api {
    /// Calls go to the server at this address.
    pub(crate) fn new(server_url: String, key: Arc<SiteKey>) -> Api {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()
            .expect("a client without TLS and proxies can always be built");
        Api { http, server_url, key }
    }

    /// One signed call. `path` is what follows `api/v1/`.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let signed_path = format!("/api/v1/{path}");
        let token = self.key.call_token(method.as_str(), &signed_path, &body, now_seconds());
        let answer = self
            .http
            .request(method, format!("{}api/v1/{path}", self.server_url))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?;
        let status = answer.status();
        let content: Value = answer.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(content);
        }
        let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        let (status, code) = (status.as_u16(), text("code"));
        // Clocks on one machine agree, so `token_early` and the like are mistakes and not worth a second try. A server that
        // has just started cannot tell this call from one of before.
        match (status, &*code) {
            (429 | 500.., _) | (_, "issued_before_start") => Err(ApiError::Unavailable { status, code }),
            _ => Err(ApiError::Refused { status, code, message: text("message") }),
        }
    }

    /// Tells of a person.
    async fn put_user(&self, user: u64, rights: Rights) -> Result<Value, ApiError> {
        let body = serde_json::to_value(rights).expect("rights are plain JSON");
        self.call(Method::PUT, &format!("users/{user}"), Some(&body)).await
    }

    /// Tells of a person for somebody who waits. A host whose clock went back is answered that the server has a newer
    /// word; then it knows them, too.
    pub(crate) async fn introduce(&self, user: u64, rights: Rights) -> Result<(), ApiError> {
        let told = timeout(SOMEBODY_WAITS, self.put_user(user, rights)).await;
        told.map_err(|_| ApiError::Unavailable { status: 504, code: "too_slow".to_owned() })?.map(drop)
    }

    /// Asks how the server is.
    async fn status(&self) -> Result<Value, ApiError> {
        self.call(Method::GET, "status", None).await
    }
}

/// Makes the calls that the register owes, one after another, forever.
pub(crate) async fn make_calls(host: Arc<Host>) {
    let status = persist(|| host.api.status()).await;
    match status {
        Ok(status) => {
            tracing::debug!(version = %status["version"], "campus: the server answers");
            tell_courses(&host, &status).await;
        }
        Err(error) => tracing::warn!(%error, "campus: the server refuses this site's key"),
    }
    loop {
        let call = host.register.next_call().await;
        let mut version = 0;
        let made = match &call {
            Call::User { user } => match host.person(*user) {
                Some(person) => {
                    persist(|| {
                        let rights = host.told(&person);
                        version = rights.rights_version;
                        let host = &host;
                        async move { host.api.put_user(*user, rights).await }
                    })
                    .await
                }
                None => Ok(Value::Null),
            },
            Call::Logout { user, sid, .. } => {
                let body = json!({"user": user, "sid": sid});
                persist(|| host.api.call(Method::POST, "logouts", Some(&body))).await
            }
        };
        if let Err(error) = made {
            tracing::warn!(%error, "campus: a call was refused and is dropped");
            version = host.register.version();
        }
        let register = host.register.clone();
        let noted = tokio::task::spawn_blocking(move || register.made_call(&call, version)).await;
        if !matches!(noted, Ok(Ok(()))) {
            // The call will be made again after a restart; it changes nothing the second time.
            tracing::warn!("campus: cannot note that a call was made");
            sleep(LONGEST_PAUSE).await;
        }
    }
}

/// Tells the server of all courses, once after each start, as its database may be another one: who is in them, and that
/// each has a room. Later changes are those of single people.
async fn tell_courses(host: &Arc<Host>, status: &Value) {
    let features = status["features"].as_array();
    let rooms = features.is_some_and(|features| features.iter().any(|feature| feature == "rooms"));
    for course in Course::ALL {
        let told = persist(|| {
            let body = serde_json::to_value(host.course(course, rooms)).expect("a course is plain JSON");
            let path = format!("circles/{}", course.slug());
            async move { host.api.call(Method::PUT, &path, Some(&body)).await }
        });
        if let Err(error) = told.await {
            tracing::warn!(%error, course = course.slug(), "campus: a course was refused");
        }
    }
}

/// Tries until the server answers yes or a plain no, with longer pauses each time.
async fn persist<F, Fut>(mut call: F) -> Result<Value, ApiError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Value, ApiError>>,
{
    let mut pause = Duration::from_millis(200);
    loop {
        match call().await {
            Err(error @ (ApiError::Unreachable(_) | ApiError::Unavailable { .. })) => {
                tracing::debug!(%error, "campus: trying again");
            }
            done => return done,
        }
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
