//! The emergency brake: from now on, nothing that the host has said below a rights version keeps anybody connected.

use std::sync::Arc;

use axum::{Json, extract::State};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApiError, Outcome, shapes::Refusals, signed::Signed};
use crate::{
    app::App,
    error::{Close, Code, Refusal},
    hub::Connection,
    id::{RightsVersion, SiteId},
    protocol::ServerFrame,
    store::StoreError,
};

/// How many a second come back, of those who were closed.
const BACK_PER_SECOND: usize = 200;

/// The body of `PUT floor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorBody {
    /// The site's rights version with what has changed.
    pub rights_version: RightsVersion,
}

/// Raises the site's floor, and closes whoever is connected by rights below it.
#[utoipa::path(put, path = "/api/v1/floor", request_body = FloorBody, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = Outcome), Refusals))]
pub async fn put_floor(State(app): State<Arc<App>>, signed: Signed) -> Result<Json<Outcome>, ApiError> {
    let FloorBody { rights_version } = signed.json()?;
    let site = signed.site.site;
    // A task of its own: a host that loses patience does not leave it half done.
    let put = tokio::spawn(async move { brake(&app, site, rights_version).await });
    Ok(Json(put.await.map_err(|_| StoreError::Closed)??))
}

async fn brake(app: &App, site: SiteId, version: RightsVersion) -> Result<Outcome, StoreError> {
    let applied = app.store.raise_site_floor(site, version).await?;
    // In memory before anybody is closed: a connect that is not closed here looks at it after it has arrived.
    let known = app.sites.refresh().await;
    let floor = app.sites.floor(site);
    if applied {
        // Also where the sites cannot be read just now: the floor is stored.
        close_below(app, site, floor.max(version));
    }
    known?;
    Ok(Outcome { applied, rights_version: floor })
}

/// Everybody comes back with a new token: not all at once, or the host would have to sign for all of them in a second.
fn close_below(app: &App, site: SiteId, floor: RightsVersion) {
    let live = |user| app.rosters.rights(site, user).map(|rights| rights.snapshot.rights_version);
    let version = |c: &Connection| c.pause().map(|pause| pause.version).or_else(|| live(c.user));
    let mut below = app.hub.all();
    below.retain(|c| c.site == site && version(c).is_some_and(|version| version < floor));
    let spread_ms = (below.len() * 1_000 / BACK_PER_SECOND) as u64;
    for connection in below {
        let wait = rand::rng().random_range(0..=spread_ms);
        let refusal = Refusal { retry_after_ms: Some(wait), ..Code::TokenExpired.into() };
        connection.out.close_with(ServerFrame::Error(refusal.frame()).encode(), Close::TokenExpired);
    }
}
