//! What stands in a path, refused as every other mistake is: axum's own refusal is no JSON.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::{ApiError, bad_request};

/// The parts of the path that the route names.
pub struct InPath<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        let Path(parts) =
            path.map_err(|error| bad_request(&format!("the path is not as described: {error}")))?;
        Ok(Self(parts))
    }
}
