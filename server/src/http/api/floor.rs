//! The emergency brake: from now on, nothing that the host has said below a rights version keeps anybody connected.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApiError, Outcome, shapes::Refusals, signed::Signed};
use crate::{
    app::App,
    event::Event,
    id::{RightsVersion, SiteId},
    store::StoreError,
};

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
    if applied {
        app.bus.publish(Event::Floor { site, version }).await?;
    } else {
        app.sites.refresh().await?;
    }
    Ok(Outcome { applied, rights_version: app.sites.floor(site) })
}
