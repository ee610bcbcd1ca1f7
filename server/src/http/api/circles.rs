//! `PUT circles/{course}`: who is in one course.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};

use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    ApiError, Outcome, bad_request,
    path::InPath,
    shapes::{Course, Group, Refusals},
    signed::Signed,
};
use crate::{
    app::App,
    circles::Roll,
    clock::settled_ms,
    id::{CircleId, NO_GROUP, RightsVersion, UserId},
    rights::{CIRCLES_MOST, Membership, Role, TITLE_CHARS},
    store::{CourseRooms, StoreError},
};

/// Groups of one course that have a title.
const GROUPS_MOST: usize = 10_000;

/// Bytes of the body: some 130,000 people.
const BODY_BYTES: usize = 8 << 20;

/// The body of `PUT circles/{course}`: a snapshot of one course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseBody {
    /// Read before the rest was computed.
    pub rights_version: RightsVersion,
    /// What people call the course; up to 255 characters.
    #[schema(max_length = 255)]
    pub title: String,
    /// Whether the course and its groups have rooms; null or absent: they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomState>,
    /// The titles of groups by name, for their rooms.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub groups: BTreeMap<String, String>,
    /// Everyone in it, each once.
    pub members: Vec<CourseMember>,
}

/// What rooms are to their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomState {
    /// They write there.
    Open,
    /// They read there, and nobody writes.
    Closed,
}

/// Somebody in a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseMember {
    /// Who.
    pub user: UserId,
    /// In all that they hold of it.
    pub role: Role,
    /// Null: the whole course. Else the names of the groups; none: in no group.
    #[serde(deserialize_with = "required")]
    #[schema(required = true, value_type = Option<Vec<Group>>, max_items = 1000)]
    pub groups: Option<Vec<String>>,
}

/// Without this, `groups` that is missing would be null, and that is the whole course.
fn required<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<String>>, D::Error> {
    Option::deserialize(d)
}

impl CourseBody {
    /// With circles in place of groups. Refuses what no host should say.
    fn roll(self, whole: &CircleId) -> Result<Roll, ApiError> {
        if self.title.chars().nth(TITLE_CHARS).is_some() {
            return Err(bad_request("title must have up to 255 characters"));
        }
        let rooms = rooms(whole, &self.title, self.room, self.groups)?;
        let mut members = HashMap::with_capacity(self.members.len());
        for CourseMember { user, role, groups } in self.members {
            let Entry::Vacant(seat) = members.entry(user) else {
                return Err(bad_request(&format!("user {user} is named twice: name everybody once")));
            };
            let circles = circles(whole, groups)?;
            let membership = |id| Membership { id, role, title: (*self.title).into() };
            seat.insert(circles.into_iter().map(membership).collect());
        }
        Ok(Roll { course: whole.course().into(), version: self.rights_version, rooms, members })
    }
}

/// What the call says of the course's rooms.
fn rooms(
    whole: &CircleId,
    title: &str,
    room: Option<RoomState>,
    groups: BTreeMap<String, String>,
) -> Result<Option<CourseRooms>, ApiError> {
    if groups.len() > GROUPS_MOST || groups.values().any(|title| title.chars().nth(TITLE_CHARS).is_some()) {
        return Err(bad_request("groups must be at most 10000, and their titles have up to 255 characters"));
    }
    let is_group = |name: &String| format!("{whole}/{name}").parse::<CircleId>().is_ok() && name != NO_GROUP;
    if !groups.keys().all(is_group) {
        return Err(bad_request("a group's name must have 1 to 64 of the characters A-Z a-z 0-9 . _ : -"));
    }
    let groups = groups.into_iter().map(|(name, title)| (name.into(), title.into())).collect();
    Ok(room.map(|room| CourseRooms { closed: room == RoomState::Closed, title: title.into(), groups }))
}

/// What the members of these groups hold.
fn circles(whole: &CircleId, groups: Option<Vec<String>>) -> Result<Vec<CircleId>, ApiError> {
    let Some(mut groups) = groups else { return Ok(vec![whole.clone()]) };
    if groups.len() > CIRCLES_MOST || groups.iter().any(|group| group == NO_GROUP) {
        return Err(bad_request("groups must be at most 1000, and of who is in no group an empty list"));
    }
    groups.sort_unstable();
    groups.dedup();
    if groups.is_empty() {
        groups.push(NO_GROUP.into());
    }
    let named = groups.iter().map(|group| format!("{whole}/{group}").parse());
    named
        .collect::<Result<_, _>>()
        .map_err(|_| bad_request("a group's name must have 1 to 64 of the characters A-Z a-z 0-9 . _ : -"))
}

/// Sets who is in a course.
#[utoipa::path(put, path = "/api/v1/circles/{course}",
    params(("course" = Course, Path, description = "a circle without a group")),
    request_body = CourseBody, security(("call" = [])),
    responses((status = 200, description = "what became of it", body = Outcome), Refusals))]
pub async fn put_circles(
    State(app): State<Arc<App>>,
    InPath(course): InPath<String>,
    signed: Signed<BODY_BYTES>,
) -> Result<Json<Outcome>, ApiError> {
    let whole = course.parse().ok().filter(|circle: &CircleId| circle.group().is_none());
    let whole =
        whole.ok_or_else(|| bad_request("the course in the path must be a circle without a group"))?;
    let body: CourseBody = signed.json()?;
    let (site, roll) = (signed.site.site, body.roll(&whole)?);
    // A task of its own: a host that loses patience does not leave it half done.
    let put = tokio::spawn(async move { app.circles.put(site, roll, settled_ms()).await });
    let floor = put.await.map_err(|_| StoreError::Closed)??;
    Ok(Json(Outcome { applied: floor.applied, rights_version: floor.version }))
}
