//! Messages and read marks.

use gchat::{
    conversation::{Changes, Head, Held, Message},
    dock::COUNTED,
    id::{ConversationId, Direct, Kind, Rev, Seq, UserId},
    store::{Appended, Change, Changed, NewMark, NewMessage, Page, Result, StoreError, day_of},
    talk::rules,
};

use super::{Conversation, Sent, Site};

impl Conversation {
    /// Others' messages above a seq that count and are no stubs: the seq of each, and its place in the order of commits.
    pub(super) fn by_others(&self, user: UserId, seq: i64) -> impl DoubleEndedIterator<Item = (i64, usize)> {
        let seq = seq.max(self.head.seq.0 - COUNTED);
        let above = self.messages.iter().filter(move |(m, _)| m.seq.0 > seq && m.sender != user);
        above.filter(|(m, _)| m.text.is_some()).map(|(m, place)| (m.seq.0, *place))
    }

    /// Seq of the newest of those; 0: none.
    pub(super) fn newest_by_others(&self, user: UserId) -> i64 {
        self.by_others(user, 0).next_back().map_or(0, |(seq, _)| seq)
    }

    /// The next rev.
    pub(super) fn next_rev(&mut self) -> Rev {
        self.head.rev.0 += 1;
        self.head.rev
    }
}

impl Site {
    pub(super) fn head(&self, id: &ConversationId, user: UserId) -> Option<Head> {
        id.direct().is_none_or(|two| two.other(user).is_some()).then_some(())?;
        Some(self.conversations.get(id)?.head)
    }

    pub(super) fn find_sent(&self, new: &NewMessage) -> Option<Appended> {
        let sent = self.sent.get(&(new.client_message_id, new.sender))?;
        let conversation = self.conversations.get(&sent.conversation)?;
        if sent.conversation != new.conversation || sent.text.as_ref() != Some(&new.text) {
            return Some(Appended::Conflict);
        }
        let message = conversation.messages[sent.index].0.clone();
        let published = Seq(conversation.marks.get(&new.sender).map_or(0, |mark| mark.published));
        Some(Appended::Repeated { message, published })
    }

    pub(super) fn append(&mut self, new: NewMessage) -> Result<Appended> {
        let stranger = || StoreError::Database("the sender is not in it".into());
        let other = |two: Direct| two.other(new.sender).ok_or_else(stranger);
        let recipient = new.conversation.direct().map(other).transpose()?;
        if let Some(earlier) = self.find_sent(&new) {
            return Ok(earlier);
        }
        let head = self.conversations.get(&new.conversation).map(|c| c.head.seq).unwrap_or_default();
        if new.reply_to.is_some_and(|to| !rules::may_answer(to, head)) {
            return Ok(Appended::NoSuchMessage);
        }
        if self.is_removed(new.sender) {
            return Ok(Appended::SenderRemoved);
        }
        if new.conversation.kind() == Kind::Group {
            let conversation = self.conversations.get(&new.conversation);
            conversation.and_then(|c| c.marks.get(&new.sender)).ok_or_else(stranger)?;
        }
        let day = day_of(new.sent_at);
        for user in [Some(new.sender), recipient].into_iter().flatten() {
            // Whoever was removed and is back has read what there was before.
            self.join(&new.conversation, user, head, true, day);
        }
        let came_back = self.came_back(&new, recipient);
        for user in new.mentions.iter().filter(|_| new.conversation.room().is_some()) {
            self.join(&new.conversation, *user, head, true, day);
        }
        self.touch(&new, day);
        let mentioned: Vec<UserId> =
            new.mentions.iter().copied().filter(|user| !self.is_removed(*user)).collect();
        let conversation = self.conversations.entry(new.conversation.clone()).or_default();
        conversation.head.seq.0 += 1;
        let message = new.row(conversation.head.seq, conversation.next_rev());
        let mut published = None;
        if let Some(mark) = conversation.marks.get_mut(&new.sender).filter(|m| m.published != m.read) {
            mark.published = mark.read;
            published = Some(Seq(mark.read));
        }
        self.committed += 1;
        let sent =
            Sent { conversation: new.conversation, index: conversation.messages.len(), text: Some(new.text) };
        self.sent.insert((new.client_message_id, new.sender), sent);
        conversation.messages.push((message.clone(), self.committed));
        conversation.mentions.extend(mentioned.into_iter().map(|user| (user, message.seq.0)));
        let first_seq = conversation.head.first_seq;
        Ok(Appended::New { message, first_seq, published, came_back })
    }

    /// Others who take part and whose docks do not show it.
    fn came_back(&self, new: &NewMessage, recipient: Option<UserId>) -> Vec<UserId> {
        let others: Vec<UserId> = match new.conversation.kind() {
            Kind::Direct => recipient.into_iter().collect(),
            Kind::Group => {
                let marks = self.conversations.get(&new.conversation).map(|c| &c.marks).into_iter().flatten();
                marks
                    .filter(|(user, mark)| **user != new.sender && mark.is_in())
                    .map(|(user, _)| *user)
                    .collect()
            }
            Kind::Room => Vec::new(),
        };
        let comes_back = |user: &UserId| {
            let facts = self.facts(*user, &new.conversation);
            !facts.listed() && (!facts.quiet || new.mentions.contains(user))
        };
        others.into_iter().filter(comes_back).collect()
    }

    /// It is of today in the lists of those who take part, and archived in none: in a room of those whom it concerns.
    fn touch(&mut self, new: &NewMessage, day: i64) {
        let is_room = new.conversation.kind() == Kind::Room;
        let Some(conversation) = self.conversations.get_mut(&new.conversation) else { return };
        for (user, mark) in &mut conversation.marks {
            let concerns = *user == new.sender || new.mentions.contains(user);
            if mark.is_in() && (!is_room || concerns) {
                mark.day = mark.day.max(day);
                mark.flags.archived = false;
            }
        }
    }

    pub(super) fn message(&self, conversation: &ConversationId, seq: Seq) -> Option<Message> {
        let kept = self.conversations.get(conversation)?.messages.iter();
        kept.map(|(m, _)| m).find(|m| m.seq == seq).cloned()
    }

    pub(super) fn change(&mut self, change: &Change) -> Option<Changed> {
        let conversation = self.conversations.get_mut(&change.conversation)?;
        let index = usize::try_from(change.message.seq.0 - 1).ok()?;
        conversation.messages.get(index).filter(|(m, _)| m.rev == change.message.rev)?;
        let mine = Vec::new(); // of nobody: everybody is told
        let message = Message { rev: conversation.next_rev(), mine, ..change.message.clone() };
        let before = std::mem::replace(&mut conversation.messages[index].0, message.clone());
        if before.text.is_some() && message.text.is_none() {
            conversation.forget_message(message.seq.0);
        }
        Some(Changed { message, first_seq: conversation.head.first_seq })
    }

    pub(super) fn history(&self, id: &ConversationId, page: Page, limit: i64) -> (Head, Vec<Message>) {
        let Some(conversation) = self.conversations.get(id) else { return Default::default() };
        let first = conversation.head.first_seq;
        let kept = conversation.messages.iter().map(|(m, _)| m).filter(|m| m.seq >= first).cloned();
        let limit = usize::try_from(limit).unwrap_or(0);
        let newest = |all: Vec<Message>| all[all.len().saturating_sub(limit)..].to_vec();
        let messages = match page {
            Page::Newest => newest(kept.collect()),
            Page::Before(seq) => newest(kept.filter(|m| m.seq < seq).collect()),
            Page::After(seq) => kept.filter(|m| m.seq > seq).take(limit).collect(),
        };
        (conversation.head, messages)
    }

    pub(super) fn changes(&self, id: &ConversationId, held: Held, limit: i64) -> (Head, Changes) {
        let (head, mut messages) = self.history(id, Page::Newest, i64::MAX);
        let mut changes = Changes::head(id.clone(), head);
        if held.rev >= head.rev || !held.is_part_of(head) {
            return (head, changes);
        }
        messages.retain(|m| m.rev > held.rev);
        messages.sort_by_key(|m| m.rev);
        let limit = usize::try_from(limit).unwrap_or(0);
        changes.from = held.rev;
        changes.more = messages.len() > limit;
        messages.truncate(limit);
        if changes.more {
            changes.rev = messages.last().map_or(held.rev, |m| m.rev);
        }
        changes.messages = messages;
        (head, changes)
    }

    pub(super) fn read(
        &mut self,
        conversation: &ConversationId,
        user: UserId,
        NewMark { seq, publish, at }: NewMark,
    ) -> Option<Seq> {
        let seq = seq.min(self.conversations.get(conversation)?.head.seq);
        let is_room = conversation.room().is_some();
        if is_room && seq > Seq(0) {
            self.join(conversation, user, Seq(0), false, day_of(at));
        }
        let conversation = self.conversations.get_mut(conversation)?;
        let mark = conversation.marks.get_mut(&user).filter(|mark| mark.read < seq.0)?;
        mark.read = seq.0;
        if is_room {
            mark.day = mark.day.max(day_of(at));
        }
        if publish {
            mark.published = seq.0;
        }
        conversation.mentions.retain(|(who, at)| *who != user || *at > seq.0);
        Some(seq)
    }
}
