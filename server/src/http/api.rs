//! The API for the host: signed calls that set what is, never what changed (protocol/README.md).
//!
//! Each handler takes a call whose signature was checked (`signed`), lets the store decide by rights versions, and tells
//! those who are connected. `circles` has the calls for whole courses, `export` those for what is kept of one user.
//! Knows no SQL and no frame but through them.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use crate::{
    app::App,
    auth,
    clock::now_ms,
    clock::settled_ms,
    event::Event,
    id::{Epoch, RightsVersion, SiteId, UserId},
    protocol::{FEATURES, PROTOCOL},
    rights::{EDIT_SECONDS, EDIT_SECONDS_MOST, Policy, Snapshot},
    store::{Origin, Put, REVOKED_MS, StoreError},
};

pub mod circles;
pub mod describe;
pub mod export;
pub mod floor;
pub mod logins;
mod path;
mod shapes;
mod signed;
use path::InPath;
use shapes::Refusals;
use signed::Signed;

/// The body of `PUT users/{user}`: a snapshot and nothing else. (In a token it stands among other claims.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UserBody(pub Snapshot);

impl<'de> Deserialize<'de> for UserBody {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let fields = serde_json::Map::deserialize(d)?;
        if let Some(unknown) = fields.keys().find(|name| !Snapshot::FIELDS.contains(&name.as_str())) {
            return Err(D::Error::custom(format!("unknown field `{unknown}`")));
        }
        serde_json::from_value(fields.into()).map(Self).map_err(D::Error::custom)
    }
}

/// The body of `DELETE users/{user}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// The site's rights version after the removal.
    pub rights_version: RightsVersion,
}

/// The body of `POST logouts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// Whose login.
    pub user: UserId,
    /// `sid` of its tokens.
    #[schema(min_length = 8, max_length = 128)]
    pub sid: String,
}

/// The body of `PUT policy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    /// The site's rights version with it.
    pub rights_version: RightsVersion,
    /// Off: of two who see each other, one is a teacher in the circle they share.
    pub students_see_students: bool,
    /// For how long after a message its author may edit it; 0: never. 900 where it is absent.
    #[serde(default = "edit_seconds")]
    #[schema(minimum = 0, maximum = 31536000)]
    pub edit_seconds: i64,
}

fn edit_seconds() -> i64 {
    EDIT_SECONDS
}

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// False: a higher version is stored, of the thing itself or of a course that it names.
    pub applied: bool,
    /// The stored version: if not applied, the one that was in the way.
    pub rights_version: RightsVersion,
}

/// What became of a logout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoggedOut {
    /// How many connections were closed.
    pub closed: usize,
}

/// How the server is, for a host's status check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Of the server.
    pub version: String,
    /// Of the contract.
    pub protocol: u32,
    /// What this server takes beside what version 1 requires.
    pub features: Vec<String>,
    /// ms.
    pub server_time: i64,
    /// The store's.
    pub epoch: Epoch,
    /// Of this site, the hidden included.
    pub users_online: usize,
    /// Of this site.
    pub connections: usize,
    /// How much room there is for messages.
    pub storage: Storage,
    /// The last address in the last hour that came with `X-Forwarded-For` and is not in `trusted_proxies`: if it is the
    /// proxy's, the server takes all people behind it for one.
    pub untrusted_proxy: Option<String>,
}

/// Room for messages, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// Free for the server on the disk of its database; null where that is not known.
    pub free_bytes: Option<u64>,
    /// Of that disk; null where that is not known.
    pub total_bytes: Option<u64>,
    /// Of the budget, used by this site in the last day and not refilled yet.
    pub written_today_bytes: u64,
    /// What this site may write in a day.
    pub budget_bytes: u64,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// From the table in protocol/README.md.
    pub code: String,
    /// Names the thing and the fix.
    pub message: String,
    #[serde(skip)]
    status: u16,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { code: code.into(), message: message.into(), status: status.as_u16(), retry_after_s: None }
    }

    /// With the header `Retry-After`, seconds.
    fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = self.retry_after_s.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (status, wait, Json(self)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        error.log();
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "the store cannot answer just now: repeat the call with a new jti",
        )
    }
}

/// A path below `/api/` that is there, but not for this method; the header `Allow` has those that it is there for.
pub async fn no_such_method() -> ApiError {
    let why = "this path of the api is there for other methods: see the header Allow";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", why)
}

/// Any other path below `/api/`.
pub async fn no_such_path() -> ApiError {
    not_found("the api has no such path: see api/v1/openapi.json")
}

fn not_found(why: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", why)
}

fn bad_request(why: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request", why)
}

fn user_of(path: &str) -> Result<UserId, ApiError> {
    path.parse().map_err(|_| bad_request("the user in the path must be a user id in decimal"))
}

/// Gives this description.
#[utoipa::path(get, path = "/api/v1/openapi.json", security(()),
    responses((status = 200, description = "this API in OpenAPI 3.1", body = serde_json::Value)))]
pub async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(describe::description())
}

/// Sets a user's rights and contact.
#[utoipa::path(put, path = "/api/v1/users/{user}", params(("user" = UserId, Path, description = "the user's id")),
    request_body = UserBody, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = Outcome), Refusals))]
pub async fn put_user(
    State(app): State<Arc<App>>,
    InPath(user): InPath<String>,
    signed: Signed,
) -> Result<Json<Outcome>, ApiError> {
    let (site, user) = (signed.site.site, user_of(&user)?);
    let UserBody(snapshot) = signed.json()?;
    snapshot.check().map_err(bad_request)?;
    let applied = match app.store.put_user(site, user, Arc::new(snapshot), Origin::Call).await? {
        Put::Done(applied) => applied,
        Put::Outdated(rights_version) => return Ok(Json(Outcome { applied: false, rights_version })),
    };
    let rights_version = applied.record.snapshot.rights_version;
    if applied.applied {
        app.bus.publish(Event::Rights { site, user, record: Arc::new(applied.record) }).await?;
    }
    Ok(Json(Outcome { applied: applied.applied, rights_version }))
}

/// Removes a user for good.
#[utoipa::path(delete, path = "/api/v1/users/{user}", params(("user" = UserId, Path, description = "the user's id")),
    request_body = Removal, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = Outcome), Refusals))]
pub async fn remove_user(
    State(app): State<Arc<App>>,
    InPath(user): InPath<String>,
    signed: Signed,
) -> Result<Json<Outcome>, ApiError> {
    let (site, user) = (signed.site.site, user_of(&user)?);
    let removal: Removal = signed.json()?;
    // A task of its own: a repeated call tells nobody of what was erased before, so a host that loses patience must not
    // leave it untold.
    let removed = tokio::spawn(async move { remove(&app, site, user, removal.rights_version).await });
    Ok(Json(removed.await.map_err(|_| StoreError::Closed)??))
}

async fn remove(
    app: &App,
    site: SiteId,
    user: UserId,
    version: RightsVersion,
) -> Result<Outcome, StoreError> {
    let (applied, conversations) = app.store.remove_user(site, user, version).await?;
    let rights_version = applied.record.snapshot.rights_version;
    if applied.applied {
        app.bus.publish(Event::Rights { site, user, record: Arc::new(applied.record) }).await?;
        app.talk.erased(site, user, conversations).await;
    }
    Ok(Outcome { applied: applied.applied, rights_version })
}

/// Ends a login.
#[utoipa::path(post, path = "/api/v1/logouts", request_body = Logout, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = LoggedOut), Refusals))]
pub async fn log_out(State(app): State<Arc<App>>, signed: Signed) -> Result<Json<LoggedOut>, ApiError> {
    let Logout { user, sid } = signed.json()?;
    if !auth::is_sid(&sid) {
        return Err(bad_request("sid must have 8 to 128 characters"));
    }
    // Every token of this login ends within minutes. A clock that is set back by hours could make it good again.
    let until = settled_ms() + REVOKED_MS;
    let site = signed.site.site;
    app.store.revoke_login(site, &sid, until).await?;
    let closed = app.hub.connections(site, user).iter().filter(|c| *c.sid == *sid).count();
    app.bus.publish(Event::LoggedOut { site, user, sid: sid.into() }).await?;
    Ok(Json(LoggedOut { closed }))
}

/// Sets what the site allows.
#[utoipa::path(put, path = "/api/v1/policy", request_body = PolicyBody, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = Outcome), Refusals))]
pub async fn put_policy(State(app): State<Arc<App>>, signed: Signed) -> Result<Json<Outcome>, ApiError> {
    let PolicyBody { rights_version, students_see_students, edit_seconds } = signed.json()?;
    if !(0..=EDIT_SECONDS_MOST).contains(&edit_seconds) {
        return Err(bad_request("edit_seconds must be 0 to 31536000"));
    }
    let site = signed.site.site;
    let policy = Policy { students_see_students, edit_seconds };
    let applied = app.store.put_policy(site, policy, rights_version).await?;
    if applied {
        app.bus.publish(Event::Policy { site }).await?;
    }
    Ok(Json(Outcome { applied, rights_version: stored_policy_version(&app, site).await? }))
}

async fn stored_policy_version(app: &App, site: SiteId) -> Result<RightsVersion, ApiError> {
    let sites = app.store.sites().await?;
    Ok(sites.iter().find(|s| s.site == site).map(|s| s.policy_version).unwrap_or_default())
}

/// Tells how the server is.
#[utoipa::path(get, path = "/api/v1/status", security(("call" = [])),
    responses((status = 200, description = "how it is", body = Status), Refusals))]
pub async fn status(State(app): State<Arc<App>>, signed: Signed) -> Result<Json<Status>, ApiError> {
    signed.nothing_asked()?;
    let store = app.store.clone();
    let space = tokio::task::spawn_blocking(move || store.space()).await.ok().flatten();
    let (written_today_bytes, budget_bytes) = app.allowances.stored(signed.site.site);
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").into(),
        protocol: PROTOCOL,
        features: FEATURES.map(Into::into).into(),
        server_time: now_ms(),
        epoch: app.store.epoch(),
        users_online: app.rosters.online(signed.site.site),
        connections: app.hub.count_of(signed.site.site),
        storage: Storage {
            free_bytes: space.map(|(free, _)| free),
            total_bytes: space.map(|(_, total)| total),
            written_today_bytes,
            budget_bytes,
        },
        untrusted_proxy: app.untrusted_proxy.lately().map(|address| address.to_string()),
    }))
}
