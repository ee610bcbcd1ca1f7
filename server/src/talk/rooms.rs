//! The rooms of one person: those of the circles that they hold, where the host has switched them on.
//!
//! Which they are follows from rights and the host's word; what they are to the person is read for one page of them, and
//! only where somebody asks, so that a connect pays nothing for rooms.

use std::{collections::HashMap, sync::Arc};

use super::{Speaker, Talk};
use crate::{
    error::{Code, Refusal},
    id::{CircleId, ConversationId},
    protocol::Room,
    rights::{self, Role},
    store::{CourseRooms, RoomPart},
};

/// Rooms that one person may list.
const MOST: usize = 10_000;

/// One of them, before it is looked up.
struct Listed {
    conversation: ConversationId,
    circle: CircleId,
    title: Arc<str>,
    role: Role,
    closed: bool,
}

impl Talk {
    /// Up to `limit` of them after the one that the last page ended with, and what to ask for the next page.
    pub async fn rooms(
        &self,
        speaker: Speaker,
        next: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Room>, Option<String>), Refusal> {
        if !(1..=100).contains(&limit) {
            return Err(Refusal::with(Code::BadFrame, "limit must be 1 to 100"));
        }
        let all = self.listed(speaker).await?;
        let begin = next.and_then(|next| all.iter().position(|room| room.conversation.to_string() == next));
        let begin = begin.map_or(0, |at| at + 1);
        let page = &all[begin..all.len().min(begin + limit)];
        let ids: Vec<ConversationId> = page.iter().map(|room| room.conversation.clone()).collect();
        let parts = self.store.room_parts(speaker.site, speaker.user, &ids).await?;
        let room = |(room, part): (&Listed, _)| {
            let Listed { conversation, circle, title, role, closed } = room;
            let RoomPart { head: _, announcements, unread, mentions } = part;
            Room {
                conversation: conversation.clone(),
                circle: circle.clone(),
                title: title.clone(),
                writing: rights::room_writing(*role, *closed, announcements),
                announcements,
                unread,
                mentions,
            }
        };
        let more = begin + page.len() < all.len();
        let next = ids.last().filter(|_| more).map(ToString::to_string);
        Ok((page.iter().zip(parts).map(room).collect(), next))
    }

    /// What each of them is called.
    pub(super) async fn titles_of_rooms(
        &self,
        speaker: Speaker,
    ) -> Result<HashMap<ConversationId, Arc<str>>, Refusal> {
        let all = self.listed(speaker).await?;
        Ok(all.into_iter().map(|room| (room.conversation, room.title)).collect())
    }

    async fn listed(&self, speaker: Speaker) -> Result<Vec<Listed>, Refusal> {
        let me = self.access.live(speaker)?;
        let policy = self.access.policy(speaker.site);
        let mut courses: Vec<&str> = Vec::new();
        for membership in me.circles.iter() {
            if !courses.contains(&membership.id.course()) {
                courses.push(membership.id.course());
            }
        }
        let mut all = Vec::new();
        for course in courses {
            let Some(rooms) = self.store.course_rooms(speaker.site, course).await? else { continue };
            let names = rooms.groups.iter().map(|(name, _)| format!("{course}/{name}"));
            let circles = std::iter::once(course.to_owned()).chain(names);
            let mut listed: Vec<Listed> = circles
                .filter_map(|circle| {
                    let circle: CircleId = circle.parse().ok()?;
                    let role = rights::in_room(policy, &circle, &me.circles)?;
                    let (title, closed) = (room_title(&rooms, &circle), rooms.closed);
                    let conversation = ConversationId::room_of(circle.clone())?;
                    Some(Listed { conversation, circle, title, role, closed })
                })
                .collect();
            // The course's own comes first.
            listed.sort_by(|a, b| {
                (a.circle.group().is_some(), &a.title).cmp(&(b.circle.group().is_some(), &b.title))
            });
            all.extend(listed);
            if all.len() >= MOST {
                break;
            }
        }
        all.truncate(MOST);
        Ok(all)
    }
}

/// What a room is called: by its course, and its group where it is of one.
pub fn room_title(rooms: &CourseRooms, circle: &CircleId) -> Arc<str> {
    let Some(group) = circle.group() else { return rooms.title.clone() };
    let title = rooms.groups.iter().find(|(name, _)| **name == *group).map_or(group, |(_, title)| &**title);
    format!("{}: {title}", rooms.title).into()
}
