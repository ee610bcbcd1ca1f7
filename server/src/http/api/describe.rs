//! This API in OpenAPI 3.1: the document.
//!
//! The handlers describe themselves; `protocol/openapi.json` is what `gchat openapi` prints, and a test compares them.

use utoipa::{
    Modify, OpenApi, PartialSchema,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{ApiError, circles, export, floor, logins, shapes::Course};

#[derive(OpenApi)]
#[openapi(
    info(title = "Global Chat: the API for the host", description = "See protocol/README.md for the signature."),
    paths(
        super::put_user,
        super::remove_user,
        export::user,
        export::conversation,
        circles::put_circles,
        logins::logins,
        super::log_out,
        floor::put_floor,
        super::put_policy,
        super::status,
        super::openapi,
        crate::http::health,
        crate::http::ready,
    ),
    modifiers(&Shared)
)]
struct Description;

/// What the handlers refer to by name.
struct Shared;

impl Modify for Shared {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("call", SecurityScheme::Http(scheme));
        // Named only in answers and in paths, where the derived description does not look for their shape.
        components.schemas.insert("ApiError".into(), ApiError::schema());
        components.schemas.insert("Course".into(), Course::schema());
    }
}

/// This API in OpenAPI 3.1.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The description as it is committed and served to people: indented, with a final newline.
pub fn text() -> String {
    let json = description().to_pretty_json().expect("a description has string keys and no failing field");
    json + "\n"
}
