//! Users, their removal, floors of courses, revoked logins.

use std::sync::Arc;

use gchat::{
    id::{ConversationId, Rev, RightsVersion, UserId},
    rights::{Floors, Membership, Snapshot},
    store::{Applied, FLOOR_MS, Floor, Kept, KeptConversation, Origin, Put, UserRecord},
};

use super::Site;

impl Site {
    /// The floors above a snapshot, of courses that it names or that are on record.
    pub(super) fn floors_for(&self, user: UserId, snapshot: &Snapshot) -> Floors {
        let stored = self.users.get(&user).map(|record| record.snapshot.courses()).unwrap_or_default();
        let named = snapshot.courses();
        let concerned = |course: &str| named.contains(course) || stored.contains(course);
        let above = self
            .floors
            .iter()
            .filter(|(course, (version, _))| *version > snapshot.rights_version && concerned(course));
        Floors(above.map(|(course, (version, _))| (course.as_str().into(), *version)).collect())
    }

    pub(super) fn put_user(&mut self, user: UserId, snapshot: &Arc<Snapshot>, origin: Origin) -> Put {
        let floors = self.floors_for(user, snapshot);
        if let Some(floor) = floors.refusing(snapshot) {
            return Put::Outdated(floor);
        }
        let stored = self.users.get(&user).cloned();
        let snapshot = floors.complete(snapshot, stored.as_ref().map(|stored| &*stored.snapshot));
        let record = UserRecord { snapshot, origin, removed: false };
        let wins = stored.as_ref().is_none_or(|stored| {
            let (new, old) = (record.snapshot.rights_version, stored.snapshot.rights_version);
            let tie = !stored.removed && (origin == Origin::Call || stored.origin == Origin::Token);
            new > old || (new == old && tie)
        });
        match stored {
            Some(record) if !wins => Put::Done(Applied { applied: false, changed: false, record }),
            stored => {
                let changed = stored.as_ref() != Some(&record);
                self.users.insert(user, record.clone());
                Put::Done(Applied { applied: true, changed, record })
            }
        }
    }

    pub(super) fn remove_user(
        &mut self,
        user: UserId,
        version: RightsVersion,
    ) -> (Applied, Vec<ConversationId>) {
        let stored = self.users.get(&user);
        if let Some(stored) = stored.filter(|stored| stored.snapshot.rights_version > version) {
            return (Applied { applied: false, changed: false, record: stored.clone() }, Vec::new());
        }
        let nobody = Snapshot { rights_version: version, ..Snapshot::default() };
        let record = UserRecord { snapshot: Arc::new(nobody), origin: Origin::Call, removed: true };
        let changed = stored != Some(&record);
        let erased = if changed { self.erase(user) } else { Vec::new() };
        self.users.insert(user, record.clone());
        (Applied { applied: true, changed, record }, erased)
    }

    /// Makes their messages stubs; drops their dock and marks.
    fn erase(&mut self, user: UserId) -> Vec<ConversationId> {
        let mut changed = Vec::new();
        for (id, conversation) in &mut self.conversations {
            if conversation.marks.remove(&user).is_none() || conversation.sent_by(user) == 0 {
                continue;
            }
            let rev = Rev(conversation.head.rev.0 + 1);
            (conversation.head.rev, conversation.head.reset_rev) = (rev, rev);
            let theirs = conversation.messages.iter_mut().filter(|(m, _)| m.sender == user);
            for (message, _) in theirs.filter(|(m, _)| m.text.is_some()) {
                if let Some(id) = message.client_message_id.take() {
                    self.sent.remove(&(id, user));
                }
                (message.text, message.rev) = (None, rev);
            }
            changed.push(*id);
        }
        self.docks.remove(&user);
        changed
    }

    pub(super) fn kept(&self, user: UserId) -> Option<Kept> {
        let stored = self.users.get(&user).filter(|stored| !stored.removed)?;
        let rows = self.docks.get(&user).into_iter().flatten();
        let windows =
            rows.filter_map(|(other, row)| Some((ConversationId::between(user, *other)?, row.state)));
        let mut conversations: Vec<_> = self
            .conversations
            .iter()
            .filter_map(|(id, c)| {
                let other = id.other(user)?;
                let name = self.users.get(&other).map(|u| u.snapshot.name.to_string()).unwrap_or_default();
                let read_seq = gchat::id::Seq(c.marks.get(&user)?.read);
                Some((other, KeptConversation { conversation: *id, name, head: c.head, read_seq }))
            })
            .collect();
        conversations.sort_by_key(|(other, _)| *other);
        Some(Kept {
            snapshot: stored.snapshot.clone(),
            windows: windows.collect(),
            conversations: conversations.into_iter().map(|(_, kept)| kept).collect(),
        })
    }

    pub(super) fn raise_floor(&mut self, course: &str, version: RightsVersion, now: i64) -> Floor {
        let stored = self.floors.entry(course.to_owned()).or_insert((version, now));
        let applied = stored.0 <= version;
        if applied {
            *stored = (version, now);
        }
        Floor { applied, version: stored.0 }
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
            if !record.removed && record.snapshot.rights_version <= version {
                record.snapshot = Arc::new(record.snapshot.with_course(course, circles));
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
