//! Whether a call is the host's: the bearer token before the body is read, the body's hash after.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;

use super::{ApiError, bad_request};
use crate::{
    app::App,
    auth::{self, CallRefusal},
    clock::now_ms,
    store::SiteRecord,
};

/// Bytes of a body, where nothing else is said.
const BODY_BYTES: usize = 1 << 20;

/// The site that signed a call, and the call's body of at most `MOST` bytes.
pub struct Signed<const MOST: usize = BODY_BYTES> {
    pub(super) site: Arc<SiteRecord>,
    body: Bytes,
    has_query: bool,
}

impl<const MOST: usize> Signed<MOST> {
    /// What the body of a call that has no query says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.nothing_asked()?;
        serde_json::from_slice(&self.body)
            .map_err(|error| bad_request(&format!("the body is not as described: {error}")))
    }
}

impl<const MOST: usize> Signed<MOST> {
    /// Refuses a query where the path takes none: a field that nobody knows is a mistake, there as anywhere.
    pub(super) fn nothing_asked(&self) -> Result<(), ApiError> {
        if self.has_query {
            Err(bad_request("this path takes no query: leave out what follows `?`"))
        } else {
            Ok(())
        }
    }
}

impl<const MOST: usize> FromRequest<Arc<App>> for Signed<MOST> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let method = request.method().as_str().to_owned();
        let uri = request.extensions().get::<OriginalUri>();
        let uri = uri.map_or_else(|| request.uri().clone(), |original| original.0.clone());
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let path = path.find("/api/v1/").map_or(path, |at| &path[at..]).to_owned();
        let has_query = uri.query().is_some_and(|query| !query.is_empty());
        let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let bearer = bearer.and_then(|v| v.strip_prefix("Bearer ")).map(str::to_owned);
        let bearer = bearer.ok_or(CallRefusal::BadToken("there is none: send Authorization: Bearer"))?;
        let head = auth::call(&app.sites, &app.seen_calls, &bearer, (&method, &path), now_ms()).await?;
        let patience = Duration::from_millis(app.config.limits.header_timeout_ms);
        let body = tokio::time::timeout(patience, axum::body::to_bytes(request.into_body(), MOST)).await;
        let body =
            body.map_err(|_| bad_request("the body did not come in time"))?.map_err(|_| too_large(MOST))?;
        let site = head.with_body(&app.seen_calls, &body)?;
        Ok(Self { site, body, has_query })
    }
}

fn too_large(most: usize) -> ApiError {
    let why = format!("the body is larger than {} MiB, or was cut off", most >> 20);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &why)
}

impl From<CallRefusal> for ApiError {
    fn from(refusal: CallRefusal) -> Self {
        let unauthorized = |code, message: &str| Self::new(StatusCode::UNAUTHORIZED, code, message);
        match refusal {
            CallRefusal::BadToken(why) => {
                unauthorized("bad_token", &format!("the call's token is not valid here: {why}"))
            }
            CallRefusal::TokenExpired => {
                unauthorized("token_expired", "the call's token has ended: compare the two clocks")
            }
            CallRefusal::TokenEarly => {
                unauthorized("token_early", "the call's token is not valid yet: compare the two clocks")
            }
            CallRefusal::IssuedBeforeStart(wait) => {
                let why = "this call may be older than the server's start, before which it remembers no call: \
                           sign it again after the time in Retry-After";
                unauthorized("issued_before_start", why).retry_after(wait)
            }
            CallRefusal::Replayed => {
                unauthorized("replayed", "this call was already made: sign each call with a new jti")
            }
            CallRefusal::WrongWwwroot => Self::new(
                StatusCode::CONFLICT,
                "wrong_wwwroot",
                "this call comes from a copy of the site: a copy needs a site of its own (gchat site add)",
            ),
        }
    }
}
