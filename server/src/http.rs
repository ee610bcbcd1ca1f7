//! Every route of the server in one function, and the small handlers; the host's API is in `http/api.rs`.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{OriginalUri, Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post, put},
};
use include_dir::{Dir, include_dir};

use crate::{app::App, ws};

pub mod api;

/// The built browser client: the very files that the plugin ships.
static CLIENT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../moodle/block_gchat/js");

/// All routes, at the root and below the base path (a proxy may take it off or leave it on).
pub fn routes(app: Arc<App>) -> Router {
    let base = app.config.base_path.trim_end_matches('/').to_owned();
    let routes = Router::new()
        .route("/ws", get(ws::upgrade))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/client/{*file}", get(client))
        .merge(api())
        .with_state(app);
    if base.is_empty() { routes } else { Router::new().nest(&base, routes.clone()).merge(routes) }
}

/// The API for the host, where every refusal is JSON.
fn api() -> Router<Arc<App>> {
    Router::new()
        .route("/api/{*path}", any(api::no_such_path))
        .route("/api/v1/openapi.json", get(api::openapi))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/policy", put(api::put_policy))
        .route("/api/v1/floor", put(api::floor::put_floor))
        .route("/api/v1/logins", get(api::logins::logins))
        .route("/api/v1/logouts", post(api::log_out))
        .route("/api/v1/users/{user}", put(api::put_user).delete(api::remove_user).get(api::export::user))
        .route("/api/v1/users/{user}/conversations/{conversation}", get(api::export::conversation))
        .route("/api/v1/circles/{course}", put(api::circles::put_circles))
        .method_not_allowed_fallback(api::no_such_method)
}

/// Tells that the process runs.
#[utoipa::path(get, path = "/health", security(()),
    responses((status = 200, description = "the process runs", body = String, content_type = "text/plain")))]
async fn health() -> &'static str {
    "ok\n"
}

/// Tells whether a load balancer should send people here.
#[utoipa::path(get, path = "/ready", security(()),
    responses((status = 200, description = "it takes connections", body = String, content_type = "text/plain"),
        (status = 503, description = "it starts, stops, or its store is out of order", body = String,
            content_type = "text/plain")))]
async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    match app.look_at_store().await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the store is out of order: see the log\n").into_response()
        }
    }
}

/// `GET /client/FILE`: with a version in the URL it may be kept for ever.
async fn client(Path(file): Path<String>, OriginalUri(uri): OriginalUri) -> Response {
    let Some(found) = CLIENT.get_file(&file) else {
        return (StatusCode::NOT_FOUND, "no such file of the client\n").into_response();
    };
    let kind = match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("map" | "json") => "application/json",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    // Chunks carry a hash in their name, the entry a version in its query.
    let kept = uri.query().is_some() || file.contains('-');
    let kept = if kept { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // A module of another origin is only loaded with this; the files are public.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, found.contents()).into_response()
}

/// A request of hyper through the routes.
pub(crate) async fn serve(
    router: Router,
    peer: SocketAddr,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<Response, Infallible> {
    use tower::ServiceExt as _;
    let mut request: Request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    router.oneshot(request).await
}
