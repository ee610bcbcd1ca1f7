//! How ids look in the description, and the answers that every call may get.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, KnownFormat},
    },
};

use super::UserBody;
use crate::id::{CircleId, ConversationId, Epoch, RightsVersion, Seq, UserId};

/// The refusals that every signed call may get (protocol/README.md, "Errors of the API").
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let all = [
            ("400", "the path, the query or the body is not as described"),
            (
                "401",
                "the bearer token is missing or wrong, has ended, is early, may be older than the server's start, or was seen before",
            ),
            ("404", "nothing is kept of this"),
            ("409", "the call comes from a copy of the site"),
            ("413", "the body is too large"),
            ("503", "the store cannot answer just now: repeat the call with a new jti"),
        ];
        let answer = |why: &str| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ApiError"))).build();
            ResponseBuilder::new().description(why).content("application/json", content).build()
        };
        all.into_iter().map(|(status, why)| (status.into(), answer(why).into())).collect()
    }
}

fn number(least: i64, what: &str) -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(Type::Integer).description(Some(what));
    number.minimum(Some(least)).maximum(Some(UserId::MAX)).into()
}

fn text_of(pattern: &str, most: usize, what: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(what));
    text.pattern(Some(pattern)).max_length(Some(most)).into()
}

macro_rules! described {
    ($($name:ty => $schema:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }
        impl ToSchema for $name {}
    )*};
}

described! {
    UserId => number(1, "A user's id in the host.");
    RightsVersion => number(0, "A number of the site that rises with every change of anyone's rights.");
    Seq => number(0, "A message's number in its conversation; 0: none yet.");
    CircleId => text_of(
        r"^(?!\.\.?(/|$))[A-Za-z0-9._:-]{1,64}(/(?!\.\.?$)[A-Za-z0-9._:-]{1,64})?$", 129, "COURSE, or COURSE/GROUP.");
    Course => text_of(r"^(?!\.\.?$)[A-Za-z0-9._:-]{1,64}$", 64, "A circle without a group.");
    Group => text_of(
        r"^(?!\.\.?$)([A-Za-z0-9._:]|[A-Za-z0-9._:-]{2,64})$", 64, "The name of a group in its course; not `-`.");
    ConversationId => text_of(
        "^[1-9][0-9]{0,15}-[1-9][0-9]{0,15}$", 33, "The ids of its two users, the lower first.");
    UserBody => {
        // What `Snapshot` is, closed: in a token it stands among other claims.
        let mut body = crate::rights::Snapshot::schema();
        if let RefOr::T(Schema::Object(object)) = &mut body {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        body
    };
    Epoch => ObjectBuilder::new().schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .description(Some("The store's; another one after a backup was restored.")).into();
}

/// The course in a path.
pub(crate) struct Course;

/// A group's name, as circles calls have it.
pub(crate) struct Group;
