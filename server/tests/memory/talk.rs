//! Messages and read marks.

use gchat::{
    conversation::{Changes, Head, Held, Message},
    dock::COUNTED,
    id::{ConversationId, Rev, Seq, UserId},
    store::{Appended, Change, Changed, NewMessage, Page, Result, StoreError},
    talk::rules,
};

use super::{Conversation, Mark, Sent, Site};

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
        let ConversationId::Direct(two) = id;
        two.other(user)?;
        Some(self.conversations.get(id)?.head)
    }

    pub(super) fn find_sent(&self, new: &NewMessage) -> Option<Appended> {
        let sent = self.sent.get(&(new.client_message_id, new.sender))?;
        let conversation = self.conversations.get(&sent.conversation)?;
        if sent.conversation != new.conversation || sent.text != new.text {
            return Some(Appended::Conflict);
        }
        let message = conversation.messages[sent.index].0.clone();
        let published = Seq(conversation.marks.get(&new.sender).map_or(0, |mark| mark.published));
        Some(Appended::Repeated { message, published })
    }

    pub(super) fn append(&mut self, new: NewMessage) -> Result<Appended> {
        let ConversationId::Direct(two) = new.conversation;
        let stranger = || StoreError::Database("the sender is not in it".into());
        let recipient = two.other(new.sender).ok_or_else(stranger)?;
        if let Some(earlier) = self.find_sent(&new) {
            return Ok(earlier);
        }
        let head = self.conversations.get(&new.conversation).map(|c| c.head.seq).unwrap_or_default();
        if new.reply_to.is_some_and(|to| !rules::may_answer(to, head)) {
            return Ok(Appended::NoSuchMessage);
        }
        let removed = |user| self.users.get(&user).is_some_and(|stored| stored.removed);
        if removed(new.sender) {
            return Ok(Appended::SenderRemoved);
        }
        let here = [new.sender, recipient].into_iter().filter(|user| !removed(*user)).collect::<Vec<_>>();
        let conversation = self.conversations.entry(new.conversation.clone()).or_default();
        for user in here {
            // Whoever was removed and is back has read what there was before.
            conversation.marks.entry(user).or_insert(Mark { read: head.0, published: 0 });
        }
        let was_shown = self.facts(recipient, &new.conversation).listed();
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
            Sent { conversation: new.conversation, index: conversation.messages.len(), text: new.text };
        self.sent.insert((new.client_message_id, new.sender), sent);
        conversation.messages.push((message.clone(), self.committed));
        let first_seq = conversation.head.first_seq;
        Ok(Appended::New { message, first_seq, published, window_came_back: !was_shown })
    }

    pub(super) fn message(&self, conversation: &ConversationId, seq: Seq) -> Option<Message> {
        let kept = self.conversations.get(conversation)?.messages.iter();
        kept.map(|(m, _)| m).find(|m| m.seq == seq).cloned()
    }

    pub(super) fn change(&mut self, change: &Change) -> Option<Changed> {
        let conversation = self.conversations.get_mut(&change.conversation)?;
        let index = usize::try_from(change.message.seq.0 - 1).ok()?;
        conversation.messages.get(index).filter(|(m, _)| m.rev == change.message.rev)?;
        let message = Message { rev: conversation.next_rev(), ..change.message.clone() };
        conversation.messages[index].0 = message.clone();
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
        seq: Seq,
        publish: bool,
    ) -> Option<Seq> {
        let conversation = self.conversations.get_mut(conversation)?;
        let seq = seq.min(conversation.head.seq);
        let mark = conversation.marks.get_mut(&user).filter(|mark| mark.read < seq.0)?;
        mark.read = seq.0;
        if publish {
            mark.published = seq.0;
        }
        Some(seq)
    }
}
