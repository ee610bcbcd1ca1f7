//! Which logins are connected, for a host that compares them with its sessions.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApiError, bad_request, shapes::Refusals, signed::Signed};
use crate::{app::App, id::UserId};

/// Users in one answer.
const PAGE_MOST: usize = 1_000;

/// Some of the logins that are connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Logins {
    /// By user id.
    pub logins: Vec<LoginsOfUser>,
    /// `after` for the next page; null at the end.
    pub next: Option<UserId>,
}

/// One user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoginsOfUser {
    /// Whose.
    pub user: UserId,
    /// `sid` of their tokens, each once, in order.
    pub sids: Vec<String>,
}

/// Which.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Those above this user; 0 if absent.
    #[serde(default)]
    after: i64,
    /// 1 to 1000; 1000 if absent.
    #[serde(default = "page_most")]
    limit: usize,
}

fn page_most() -> usize {
    PAGE_MOST
}

/// Gives the logins that are connected.
#[utoipa::path(get, path = "/api/v1/logins",
    params(("after" = Option<i64>, Query, minimum = 0, maximum = 9007199254740991_i64,
            description = "only users above this id"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, and 1000 if absent")),
    security(("call" = [])),
    responses((status = 200, description = "the next of them", body = Logins), Refusals))]
pub async fn logins(
    State(app): State<Arc<App>>,
    which: Result<Query<Which>, QueryRejection>,
    signed: Signed,
) -> Result<Json<Logins>, ApiError> {
    let Query(Which { after, limit }) = which
        .map_err(|error| bad_request(&format!("the query is not as described: {}", error.body_text())))?;
    if !(0..=UserId::MAX).contains(&after) || !(1..=PAGE_MOST).contains(&limit) {
        return Err(bad_request("after must be a user id or 0, and limit 1 to 1000"));
    }
    // One more than asked for tells whether there is a next page.
    let mut found = app.hub.logins(signed.site.site, after, limit + 1);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().map(|(user, _)| *user).filter(|_| more);
    let of = |(user, sids): (UserId, std::collections::BTreeSet<Arc<str>>)| LoginsOfUser {
        user,
        sids: sids.iter().map(|sid| sid.to_string()).collect(),
    };
    Ok(Json(Logins { logins: found.into_iter().map(of).collect(), next }))
}
