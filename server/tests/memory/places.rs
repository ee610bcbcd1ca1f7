//! Groups, rooms and system messages.

use gchat::{
    conversation::System,
    id::{ClientMessageId, ConversationId, Kind, RightsVersion, Seq, UserId},
    store::{CourseRooms, Flags, Group, NewSystem, Noted, Part, Place, Result, RoomPart, StoreError, day_of},
};

use super::{About, Mark, Sent, Site};

impl Mark {
    /// In a group, and holding its course.
    pub(super) fn is_in(&self) -> bool {
        self.left.is_none() && self.lost.is_none()
    }

    fn part(&self, user: UserId) -> Part {
        let Self { published, first, left, lost, .. } = *self;
        Part { user, first: Seq(first), left: left.map(Seq), lost: lost.map(Seq), published: Seq(published) }
    }
}

impl Site {
    /// Makes the mark of who has none and is not removed: they have read so far. `seen`: in a room others see them.
    pub(super) fn join(&mut self, id: &ConversationId, user: UserId, Seq(read): Seq, seen: bool, day: i64) {
        if !self.is_removed(user) {
            let conversation = self.conversations.entry(id.clone()).or_default();
            let mark = conversation.marks.entry(user).or_insert(Mark { read, day, ..Mark::default() });
            if seen && id.room().is_some() && mark.first == 0 {
                mark.first = read + 1;
            }
        }
    }

    pub(super) fn find_noted(&self, new: &NewSystem) -> Option<Noted> {
        let id = ClientMessageId(new.id.0);
        let sent = self.sent.get(&(id, new.sender))?;
        let message = &self.conversations.get(&sent.conversation)?.messages[sent.index].0;
        let same = sent.conversation == new.conversation && message.system.is_some();
        Some(if same { Noted::Repeated(message.clone()) } else { Noted::Conflict })
    }

    pub(super) fn note(&mut self, new: &NewSystem) -> Result<Noted> {
        if let Some(earlier) = self.find_noted(new) {
            return Ok(earlier);
        }
        if self.is_removed(new.sender) {
            return Ok(Noted::SenderRemoved);
        }
        let head = self.conversations.get(&new.conversation).map(|c| c.head);
        match (&new.system, head) {
            (System::Made { .. }, Some(_)) => return Ok(Noted::Conflict),
            (_, Some(head)) if head.rev != new.judged_at => return Ok(Noted::Moved),
            (System::Made { .. }, None) | (_, Some(_)) => {}
            (_, None) if new.conversation.kind() == Kind::Room => {}
            (_, None) => return Err(StoreError::Database("a group is not there".into())),
        }
        self.committed += 1;
        let conversation = self.conversations.entry(new.conversation.clone()).or_default();
        conversation.head.seq.0 += 1;
        let message = new.row(conversation.head.seq, conversation.next_rev());
        let id = ClientMessageId(new.id.0);
        let sent =
            Sent { conversation: new.conversation.clone(), index: conversation.messages.len(), text: None };
        self.sent.insert((id, new.sender), sent);
        conversation.messages.push((message.clone(), self.committed));
        let first_seq = conversation.head.first_seq;
        self.apply(new, message.seq.0);
        Ok(Noted::New { message, first_seq })
    }

    /// What the message tells becomes so.
    fn apply(&mut self, new: &NewSystem, seq: i64) {
        let Some(conversation) = self.conversations.get_mut(&new.conversation) else { return };
        let day = day_of(new.at);
        match &new.system {
            System::Made { title, users } => {
                let (maker, title) = (new.sender, title.clone());
                conversation.about = new.course.clone().map(|course| About { course, title, maker });
                self.add(&new.conversation, &[&[maker], &users[..]].concat(), seq, day);
            }
            System::Added { users } => self.add(&new.conversation, users, seq, day),
            System::Removed { users } => conversation.leave(users, seq),
            System::Left => conversation.leave(&[new.sender], seq),
            System::Renamed { title } => {
                if let Some(about) = &mut conversation.about {
                    about.title = title.clone();
                }
            }
            System::Announcements { on } => {
                conversation.announcing = *on;
                self.join(&new.conversation, new.sender, Seq(seq), true, day);
            }
        }
    }

    /// Nobody who was removed meanwhile; and whoever has lost the course meanwhile is in it as such.
    fn add(&mut self, id: &ConversationId, users: &[UserId], seq: i64, day: i64) {
        for user in users.iter().filter(|user| !self.is_removed(**user)).copied().collect::<Vec<_>>() {
            let holds = self.holds_course_of(id, user);
            let Some(conversation) = self.conversations.get_mut(id) else { return };
            let mark = conversation.marks.entry(user).or_default();
            let lost = if holds { None } else { Some(seq) };
            let flags = Flags { archived: false, ..mark.flags };
            let (published, day) = (mark.published, mark.day.max(day));
            *mark = Mark { read: seq, first: seq, left: None, lost, published, day, flags };
        }
    }

    fn holds_course_of(&self, id: &ConversationId, user: UserId) -> bool {
        let about = self.conversations.get(id).and_then(|c| c.about.as_ref());
        let course = about.map_or("", |about| about.course.as_str());
        self.users.get(&user).is_some_and(|record| record.snapshot.courses().contains(course))
    }

    /// Somebody's rights have been written: of groups of a course of which they hold nothing any more they read nothing
    /// new.
    pub(super) fn follow(&mut self, user: UserId) {
        let groups = self.conversations.iter().filter(|(_, c)| c.about.is_some()).map(|(id, _)| id.clone());
        for id in groups.collect::<Vec<_>>() {
            let holds = self.holds_course_of(&id, user);
            let Some(conversation) = self.conversations.get_mut(&id) else { continue };
            let (head, last) = (conversation.head.seq.0, conversation.last());
            let Some(mark) = conversation.marks.get_mut(&user) else { continue };
            match holds {
                true => {
                    let lost = mark.lost.take().unwrap_or(i64::MAX);
                    // What was written while they were out is news.
                    if let Some((_, sent_at)) = last.filter(|(seq, _)| *seq > lost && mark.left.is_none()) {
                        mark.day = mark.day.max(day_of(sent_at));
                        mark.flags.archived = false;
                    }
                }
                false if mark.is_in() => mark.lost = Some(head),
                false => {}
            }
        }
    }

    pub(super) fn group(&self, id: &ConversationId) -> Option<Group> {
        let conversation = self.conversations.get(id)?;
        let About { course, title, maker } = conversation.about.as_ref()?;
        Some(Group {
            course: course.clone(),
            title: title.clone(),
            maker: *maker,
            head: conversation.head,
            people: conversation.marks.iter().map(|(user, mark)| mark.part(*user)).collect(),
        })
    }

    pub(super) fn known(&self, id: &ConversationId, users: &[UserId]) -> Vec<UserId> {
        let Some(conversation) = self.conversations.get(id) else { return Vec::new() };
        let is_seen = |user: &UserId| conversation.marks.get(user).is_some_and(|mark| mark.first > 0);
        users.iter().copied().filter(is_seen).collect()
    }

    pub(super) fn put_course_rooms(
        &mut self,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> bool {
        let is_newest = self.floors.get(course).map(|(floor, _)| *floor) == Some(version);
        if !is_newest || self.rooms.get(course) == rooms.as_ref() {
            return false;
        }
        match rooms {
            Some(rooms) => drop(self.rooms.insert(course.to_owned(), rooms)),
            None => drop(self.rooms.remove(course)),
        }
        true
    }

    pub(super) fn room_part(&self, user: UserId, room: &ConversationId) -> RoomPart {
        let Some(conversation) = self.conversations.get(room) else { return RoomPart::default() };
        let mark = conversation.marks.get(&user);
        RoomPart {
            head: conversation.head,
            announcements: conversation.announcing,
            unread: mark.is_some_and(|mark| mark.read < conversation.newest_by_others(user)),
            mentions: conversation.mentions_of(user),
        }
    }

    /// What a window is of.
    pub(super) fn place(&self, owner: UserId, id: &ConversationId) -> Place {
        if let Some(circle) = id.room() {
            let rooms = self.rooms.get(circle.course()).cloned();
            return Place::Room { rooms, announcements: self.room_part(owner, id).announcements };
        }
        let found = self.group(id).and_then(|group| group.part(owner).copied().map(|part| (group, part)));
        let Some((Group { course, title, people, .. }, part)) = found else { return Place::Direct };
        let members = people.iter().filter(|part| part.left.is_none()).count() as i64;
        Place::Group { course, title, members, part }
    }
}
