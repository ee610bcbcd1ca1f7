//! Lists, and what people have set.

use gchat::{
    conversation::Message,
    dock::COUNTED,
    fold::fold,
    id::{ConversationId, Kind, Seq, UserId},
    store::{
        Bookmark, FindAsk, FindPage, FlagChange, Flagged, Flags, FoundMessage, LISTED_MOST, Last, ListAsk,
        ListPage, Listed, PINNED_MOST, Place, WAITING_MOST, day_of,
    },
    talk::rules,
};

use super::{Conversation, Mark, Site};

impl Conversation {
    /// Seq and time of the newest message with a text that counts.
    pub(super) fn last(&self) -> Option<(i64, i64)> {
        self.last_within(1, self.head.seq.0).map(|message| (message.seq.0, message.sent_at))
    }

    /// The newest message with a text between these, of the newest of them that count.
    fn last_within(&self, first: i64, end: i64) -> Option<&Message> {
        let mut all = self.messages.iter().rev().map(|(message, _)| message);
        let reads = |seq: i64| seq >= first && seq <= end && seq > end - COUNTED;
        all.find(|message| reads(message.seq.0) && message.text.is_some())
    }

    /// The newest message that says something to somebody.
    fn last_for(&self, kind: Kind, mark: &Mark) -> Option<&Message> {
        let head = self.head.seq.0;
        match kind {
            Kind::Direct | Kind::Room => self.last_within(1, head),
            Kind::Group => {
                let end = mark.left.into_iter().chain(mark.lost).min().unwrap_or(head).min(head);
                self.last_within(mark.first, end)
            }
        }
    }
}

impl Site {
    fn bookmark(&self, user: UserId, id: &ConversationId) -> Option<Bookmark> {
        let conversation = self.conversations.get(id)?;
        let mark = conversation.marks.get(&user)?;
        let sent_at = conversation.last_for(id.kind(), mark).map_or(0, |message| message.sent_at);
        Some(Bookmark { pinned: mark.flags.pinned, day: mark.day, sent_at, conversation: id.clone() })
    }

    pub(super) fn list(&self, user: UserId, ask: &ListAsk) -> ListPage {
        let mut all: Vec<Bookmark> =
            self.conversations.keys().filter_map(|id| self.bookmark(user, id)).collect();
        all.retain(|at| self.flags(user, &at.conversation).unwrap_or_default().archived == ask.archived);
        all.sort();
        let most = match (ask.unread, ask.words.is_empty()) {
            (true, _) => WAITING_MOST,
            (false, false) => LISTED_MOST,
            (false, true) => usize::MAX,
        };
        let mut left = most;
        all.retain(|at| {
            let is_looked_at = at.pinned || left > 0;
            left = left.saturating_sub(usize::from(!at.pinned));
            is_looked_at
        });
        all.retain(|at| !ask.unread || self.is_unread(user, &at.conversation));
        all.retain(|at| ask.words.is_empty() || self.is_called(user, &at.conversation, ask));
        all.retain(|at| ask.after.as_ref().is_none_or(|after| at.is_after(after)));
        let more = all.len() > ask.limit;
        all.truncate(ask.limit);
        let next = all.last().filter(|_| more).cloned();
        let ids: Vec<ConversationId> = all.into_iter().map(|at| at.conversation).collect();
        ListPage { listed: self.listed(user, &ids), next }
    }

    fn is_unread(&self, user: UserId, id: &ConversationId) -> bool {
        let Some(conversation) = self.conversations.get(id) else { return false };
        match id.kind() {
            Kind::Room => conversation.mentions_of(user) > 0,
            Kind::Direct | Kind::Group => {
                let mark = conversation.marks.get(&user).filter(|mark| mark.is_in());
                mark.is_some_and(|mark| conversation.newest_by_others(user) > mark.read)
            }
        }
    }

    fn is_called(&self, user: UserId, id: &ConversationId, ask: &ListAsk) -> bool {
        let other = id.direct().and_then(|two| two.other(user)).and_then(|other| self.users.get(&other));
        let name = match self.place(user, id) {
            Place::Direct => other.map(|other| other.snapshot.name.to_string()),
            Place::Group { title, .. } => Some(title.to_string()),
            Place::Room { rooms, .. } => {
                rooms.zip(id.room()).map(|(rooms, circle)| rules::room_title(&rooms, circle).to_string())
            }
        };
        name.is_some_and(|name| ask.words.are_in(&fold(&name)))
    }

    pub(super) fn listed(&self, user: UserId, ids: &[ConversationId]) -> Vec<Listed> {
        ids.iter().filter_map(|id| self.one(user, id)).collect()
    }

    fn one(&self, user: UserId, id: &ConversationId) -> Option<Listed> {
        let conversation = self.conversations.get(id)?;
        let mark = conversation.marks.get(&user)?;
        let name = |user: &UserId| {
            self.users.get(user).map(|record| record.snapshot.name.clone()).unwrap_or_default()
        };
        let last = conversation.last_for(id.kind(), mark).map(|message| Last {
            seq: message.seq,
            sender: message.sender,
            name: name(&message.sender),
            sent_at: message.sent_at,
            text: message.text.clone().unwrap_or_default(),
        });
        let window = self.window(user, id, self.facts(user, id).shown());
        Some(Listed { window, last, archived: mark.flags.archived })
    }

    pub(super) fn flags(&self, user: UserId, id: &ConversationId) -> Option<Flags> {
        Some(self.conversations.get(id)?.marks.get(&user)?.flags)
    }

    pub(super) fn flag(&mut self, user: UserId, id: &ConversationId, change: FlagChange) -> Flagged {
        let Some(head) = self.conversations.get(id).map(|c| c.head.seq) else { return Flagged::NotFound };
        let joins = id.kind() == Kind::Room;
        let mark = self.flags(user, id).or(joins.then(Flags::default)).filter(|_| !self.is_removed(user));
        let Some(before) = mark else { return Flagged::NotFound };
        let now = change.by(id.kind(), head).of(before);
        let held = self.users.get(&user).map(|record| record.snapshot.circles.clone()).unwrap_or_default();
        // Of rooms those that their owner may still come back to.
        let counts = |id: &ConversationId| {
            id.room().is_none_or(|circle| {
                let course = circle.course();
                self.rooms.contains_key(course) && held.iter().any(|one| one.id.course() == course)
            })
        };
        let pinned = self.conversations.iter().filter(|(id, _)| counts(id));
        let pinned = pinned.filter_map(|(_, c)| c.marks.get(&user)).filter(|mark| mark.flags.pinned).count();
        if now.pinned && !before.pinned && pinned >= PINNED_MOST {
            return Flagged::TooManyPins;
        }
        if joins {
            self.join(id, user, Seq(head.0), false, day_of(change.at));
        }
        let conversation = self.conversations.get_mut(id);
        if let Some(mark) = conversation.and_then(|c| c.marks.get_mut(&user)) {
            mark.flags = now;
        }
        Flagged::Done { before, now }
    }

    /// Of whom something is muted no more.
    pub(super) fn unmute(&mut self, now: i64) -> Vec<UserId> {
        let mut of = Vec::new();
        for (user, mark) in self.conversations.values_mut().flat_map(|c| &mut c.marks) {
            if (1..=now).contains(&mark.flags.muted_until) {
                mark.flags.muted_until = 0;
                of.push(*user);
            }
        }
        of
    }

    /// All that the user reads, the newest first.
    pub(super) fn find(&self, user: UserId, ask: &FindAsk) -> FindPage {
        let mut all: Vec<(usize, FoundMessage)> = Vec::new();
        for (id, conversation) in &self.conversations {
            if ask.only.as_ref().is_some_and(|only| only != id) || ask.sought.is_empty() {
                continue;
            }
            let mark = conversation.marks.get(&user);
            let (first, last) = match (id.kind(), mark) {
                (Kind::Room, _) if ask.rooms.contains(id) => (1, i64::MAX),
                (Kind::Direct, Some(_)) => (1, i64::MAX),
                (Kind::Group, Some(mark)) => {
                    (mark.first, mark.left.into_iter().chain(mark.lost).min().unwrap_or(i64::MAX))
                }
                _ => continue,
            };
            let name = |user: UserId| self.users.get(&user).map(|record| record.snapshot.name.clone());
            let title = match (id.direct(), self.place(user, id)) {
                (Some(two), _) => two.other(user).and_then(name).filter(|name| !name.is_empty()),
                (None, Place::Group { title, .. }) => Some(title),
                _ => None,
            };
            for (message, place) in &conversation.messages {
                let without = id.direct().is_none() && ask.without.contains(&message.sender);
                let text = message.text.as_ref().filter(|text| ask.sought.is_in(text));
                if let Some(text) = text.filter(|_| !without && (first..=last).contains(&message.seq.0)) {
                    let found = FoundMessage {
                        conversation: id.clone(),
                        title: title.clone(),
                        seq: message.seq,
                        sender: message.sender,
                        name: name(message.sender).unwrap_or_default(),
                        sent_at: message.sent_at,
                        text: text.clone(),
                    };
                    all.push((*place, found));
                }
            }
        }
        let before = ask.before.as_ref().and_then(|(id, seq)| {
            let messages = &self.conversations.get(id)?.messages;
            messages.iter().find(|(message, _)| message.seq == *seq).map(|(_, place)| *place)
        });
        all.retain(|(place, _)| before.is_none_or(|before| *place < before));
        all.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let more = all.len() > ask.limit;
        let found: Vec<FoundMessage> = all.into_iter().take(ask.limit).map(|(_, found)| found).collect();
        let next = found.last().filter(|_| more).map(|found| (found.conversation.clone(), found.seq));
        FindPage { found, next }
    }
}
