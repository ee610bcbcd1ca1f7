//! Where the client asks for people: `POST /demo/people`, as `client/README.md` has it ("People, online or not").

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Switches, Visitor, refuse, same_origin};
use crate::Host;
use crate::find::{self, Answer};

/// What is looked for: people by a part of their name, or one by their id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    #[serde(default)]
    text: String,
    #[serde(default)]
    next: String,
    user: Option<u64>,
}

/// Finds people. Whoever is asked for by id is made known to the chat server, so that one can write to somebody who has
/// never been there.
pub(super) async fn find(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    question: Result<Json<Question>, axum::extract::rejection::JsonRejection>,
) -> Response {
    if !same_origin(&host, &headers) {
        return refuse(StatusCode::FORBIDDEN, "wrong_origin", "people are for the campus's own pages");
    }
    let visitor = Visitor::of(&host, &headers, &Switches::default());
    let Some(me) = visitor.person(&host) else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "nobody is signed in: open / and pick a person",
        );
    };
    let Ok(Json(question)) = question else {
        return refuse(StatusCode::BAD_REQUEST, "bad_request", "ask with text and next, or with user");
    };
    if host.asked.too_often(me.id) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, "toomany", "too many questions: try again in a minute");
    }
    let Some(id) = question.user else {
        return Json(find::search(&host, &me, &question.text, &question.next)).into_response();
    };
    let mut people = Vec::new();
    if let Some((person, found)) = find::one(&host, &me, id) {
        if let Err(error) = host.api.introduce(id, host.told(&person)).await {
            tracing::warn!(%error, "campus: somebody could not be introduced");
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "chataway", "the chat server does not answer");
        }
        people.push(found);
    }
    Json(Answer { people, next: String::new() }).into_response()
}
