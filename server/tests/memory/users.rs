//! Users, their removal, floors of courses, revoked logins.

use std::sync::Arc;

use gchat::{
    conversation::{Head, Message},
    id::{ConversationId, RightsVersion, Seq, UserId},
    rights::{Floors, Membership, Snapshot},
    store::{Applied, FLOOR_MS, Floor, Kept, KeptConversation, Origin, Put, UserRecord},
};

use super::Site;

impl Site {
    /// The floors above a snapshot, of courses that it names or that are on record.
    pub(super) fn floors_for(&self, user: UserId, snapshot: &Snapshot) -> Floors {
        let all = self.floors.iter().map(|(course, (version, _))| (&**course, *version));
        Floors::concerning(all, snapshot, self.users.get(&user).map(|record| &*record.snapshot))
    }

    pub(super) fn put_user(&mut self, user: UserId, snapshot: &Arc<Snapshot>, origin: Origin) -> Put {
        let floors = self.floors_for(user, snapshot);
        let put = Put::of(snapshot, origin, self.users.get(&user).cloned(), &floors);
        if let Put::Done(Applied { applied: true, record, .. }) = &put {
            self.users.insert(user, record.clone());
            self.follow(user);
        }
        put
    }

    pub(super) fn remove_user(
        &mut self,
        user: UserId,
        version: RightsVersion,
    ) -> (Applied, Vec<(ConversationId, Head)>) {
        let applied = Applied::of(UserRecord::of_nobody(version), self.users.get(&user).cloned());
        let erased = if applied.changed { self.erase(user) } else { Vec::new() };
        self.users.insert(user, applied.record.clone());
        (applied, erased)
    }

    /// Whether the user was removed, and is not back.
    pub(super) fn is_removed(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|stored| stored.removed)
    }

    /// Makes their messages stubs, each under the next rev, and then takes their reactions from others'; drops their dock
    /// and marks.
    fn erase(&mut self, user: UserId) -> Vec<(ConversationId, Head)> {
        let mut changed = Vec::new();
        for (id, conversation) in &mut self.conversations {
            conversation.marks.remove(&user);
            conversation.mentions.retain(|(who, _)| *who != user);
            let before = conversation.head.rev;
            for index in 0..conversation.messages.len() {
                let message = &conversation.messages[index].0;
                let Some(name) = message.client_message_id.filter(|_| message.sender == user) else {
                    continue;
                };
                self.sent.remove(&(name, user));
                let stub = message.stub();
                conversation.forget_message(stub.seq.0);
                conversation.messages[index].0 = Message {
                    rev: conversation.next_rev(),
                    client_message_id: None,
                    reply_to: None,
                    deleted: None,
                    verb_id: None,
                    ..stub
                };
            }
            conversation.without(user);
            if conversation.head.rev > before {
                changed.push((id.clone(), conversation.head));
            }
        }
        self.docks.remove(&user);
        changed
    }

    pub(super) fn kept(&self, user: UserId) -> Option<Kept> {
        let stored = self.users.get(&user).filter(|stored| !stored.removed)?;
        let rows = self.docks.get(&user).into_iter().flatten();
        let mut windows: Vec<_> = rows.map(|(id, row)| (id.clone(), row.state)).collect();
        let mut conversations: Vec<KeptConversation> = self
            .conversations
            .iter()
            .filter_map(|(id, c)| {
                let other = id.direct().and_then(|two| two.other(user));
                let other = other.and_then(|other| self.users.get(&other)).map(|u| u.snapshot.name.clone());
                let name = c.about.as_ref().map(|about| about.title.clone()).or(other).unwrap_or_default();
                let mark = c.marks.get(&user)?;
                Some(KeptConversation {
                    flags: mark.flags,
                    conversation: id.clone(),
                    name: name.to_string(),
                    head: c.head,
                    read_seq: Seq(mark.read),
                })
            })
            .collect();
        let place = |id: &ConversationId| (id.direct().and_then(|two| two.other(user)), id.to_string());
        windows.sort_by_key(|(id, _)| place(id));
        conversations.sort_by_key(|kept| place(&kept.conversation));
        Some(Kept { snapshot: stored.snapshot.clone(), windows, conversations })
    }

    pub(super) fn raise_floor(&mut self, course: &str, version: RightsVersion, now: i64) -> Floor {
        let floor = Floor::of(version, self.floors.get(course).map(|(version, _)| *version));
        if floor.applied {
            self.floors.insert(course.to_owned(), (version, now));
        }
        floor
    }

    pub(super) fn put_course(
        &mut self,
        course: &str,
        version: RightsVersion,
        circles: &[(UserId, Vec<Membership>)],
    ) -> bool {
        if self.floors.get(course).map(|(version, _)| *version) != Some(version) {
            return false;
        }
        for (user, circles) in circles {
            let Some(record) = self.users.get_mut(user) else { continue };
            if let Some(snapshot) = record.with_course(course, version, circles) {
                record.snapshot = Arc::new(snapshot);
                self.follow(*user);
            }
        }
        true
    }

    pub(super) fn expire(&mut self, now: i64) -> u64 {
        let before = self.logins.len() + self.floors.len();
        self.logins.retain(|_, until| *until > now);
        self.floors.retain(|_, (_, set_at)| *set_at > now - FLOOR_MS);
        (before - self.logins.len() - self.floors.len()) as u64
    }
}
