//! Conversations, read marks and docks.

use std::collections::btree_map::Entry;

use gchat::{
    id::{ConversationId, Rev, Seq, SessionId, UserId},
    store::{
        Appended, Dock, DockWindow, Head, Message, NewMessage, Page, Result, StoreError, WindowChange,
        WindowState,
    },
};

use super::{Conversation, Mark, Row, Site};

/// Closed windows that a dock remembers.
const REMEMBERED: usize = 64;
/// Windows with unread messages that are listed beside those on record, and unread messages that are counted.
const LISTED: usize = 100;

impl Conversation {
    /// Seq of somebody's last message that is not erased; 0: none.
    pub(super) fn sent_by(&self, user: UserId) -> i64 {
        let last = self.messages.iter().rev().find(|(m, _)| m.sender == user && m.text.is_some());
        last.map_or(0, |(m, _)| m.seq.0)
    }

    /// Somebody's messages above a seq that are not erased, each with its place in the order of commits.
    fn above(&self, sender: UserId, seq: i64) -> impl Iterator<Item = usize> {
        let above = self.messages.iter().filter(move |(m, _)| m.seq.0 > seq && m.sender == sender);
        above.filter(|(m, _)| m.text.is_some()).map(|(_, place)| *place)
    }
}

impl Site {
    pub(super) fn find_sent(&self, new: &NewMessage) -> Option<Appended> {
        let (conversation, index) = self.sent.get(&(new.client_message_id, new.sender))?;
        let message = &self.conversations.get(conversation)?.messages[*index].0;
        let same = *conversation == new.conversation && message.text.as_deref() == Some(&*new.text);
        Some(if same { Appended::Repeated(message.clone()) } else { Appended::Conflict })
    }

    pub(super) fn append(&mut self, new: NewMessage) -> Result<Appended> {
        if let Some(earlier) = self.find_sent(&new) {
            return Ok(earlier);
        }
        let stranger = || StoreError::Database("the sender is not in it".into());
        let recipient = new.conversation.other(new.sender).ok_or_else(stranger)?;
        let row = self.docks.get(&recipient).and_then(|rows| rows.get(&new.sender));
        let (shown, closed_seq) = row.map_or((false, 0), |r| (r.state != WindowState::Closed, r.closed_seq));
        let conversation = self.conversations.entry(new.conversation).or_default();
        let read = conversation.head.seq.0; // whoever was removed and is back has read what there was before
        for user in [new.sender, recipient] {
            conversation.marks.entry(user).or_insert(Mark { read, published: 0 });
        }
        let seen = conversation.marks[&recipient].read.max(closed_seq);
        let was_shown = shown || conversation.sent_by(new.sender) > seen;
        let head = &mut conversation.head;
        (head.seq, head.rev) = (Seq(head.seq.0 + 1), Rev(head.rev.0 + 1));
        let message = Message {
            seq: head.seq,
            rev: head.rev,
            sender: new.sender,
            client_message_id: Some(new.client_message_id),
            text: Some(new.text),
            sent_at: new.sent_at,
        };
        let mut published = None;
        if let Some(mark) = conversation.marks.get_mut(&new.sender).filter(|m| m.published != m.read) {
            mark.published = mark.read;
            published = Some(Seq(mark.read));
        }
        self.committed += 1;
        self.sent
            .insert((new.client_message_id, new.sender), (new.conversation, conversation.messages.len()));
        conversation.messages.push((message.clone(), self.committed));
        Ok(Appended::New { message, published, window_came_back: !was_shown })
    }

    pub(super) fn history(
        &self,
        conversation: ConversationId,
        page: Page,
        limit: i64,
    ) -> (Head, Vec<Message>) {
        let Some(conversation) = self.conversations.get(&conversation) else { return Default::default() };
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

    pub(super) fn read(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        seq: Seq,
        publish: bool,
    ) -> Option<Seq> {
        let conversation = self.conversations.get_mut(&conversation)?;
        let seq = seq.min(conversation.head.seq);
        let mark = conversation.marks.get_mut(&user).filter(|mark| mark.read < seq.0)?;
        mark.read = seq.0;
        if publish {
            mark.published = seq.0;
        }
        Some(seq)
    }

    fn row(&self, owner: UserId, other: UserId) -> Option<Row> {
        self.docks.get(&owner)?.get(&other).copied()
    }

    fn dock_version(&self, owner: UserId) -> i64 {
        self.docks.get(&owner).into_iter().flatten().map(|(_, row)| row.version).max().unwrap_or(0)
    }

    pub(super) fn dock(&self, owner: UserId) -> Dock {
        let rows = self.docks.get(&owner).into_iter().flatten();
        let mut on_record: Vec<_> = rows.filter(|(_, row)| row.state != WindowState::Closed).collect();
        on_record.sort_by_key(|(_, row)| row.opened);
        let mut late: Vec<_> = self
            .conversations
            .iter()
            .filter_map(|(id, c)| {
                let other = id.other(owner)?;
                let row = self.row(owner, other);
                let hidden = row.is_none_or(|row| row.state == WindowState::Closed);
                let seen = c.marks.get(&owner)?.read.max(row.map_or(0, |row| row.closed_seq));
                hidden.then(|| c.above(other, seen).next())?.map(|place| (place, other))
            })
            .collect();
        late.sort_unstable();
        let on_record = on_record.into_iter().map(|(other, row)| (*other, row.state));
        let late = late.into_iter().take(LISTED).map(|(_, other)| (other, WindowState::Minimised));
        let windows = on_record.chain(late).filter_map(|(other, state)| self.window(owner, other, state));
        Dock { version: self.dock_version(owner), windows: windows.collect() }
    }

    fn window(&self, owner: UserId, other: UserId, state: WindowState) -> Option<DockWindow> {
        let id = ConversationId::between(owner, other)?;
        let conversation = self.conversations.get(&id);
        let head = conversation.map(|c| c.head).unwrap_or_default();
        let mark = |user: UserId| conversation.and_then(|c| c.marks.get(&user)).copied();
        let unread = mark(owner).zip(conversation).map_or(0, |(mark, c)| c.above(other, mark.read).count());
        Some(DockWindow {
            conversation: id,
            state,
            other: self.users.get(&other).map(|record| (&*record.snapshot).into()),
            toward: self.users.get(&other).map(|record| record.snapshot.toward(owner)).unwrap_or_default(),
            head,
            read_seq: Seq(mark(owner).map_or(head.seq.0, |mark| mark.read)),
            other_read_seq: Seq(mark(other).map_or(0, |mark| mark.published)),
            unread: unread.min(LISTED) as i64,
        })
    }

    pub(super) fn set_window(
        &mut self,
        owner: UserId,
        other: UserId,
        change: &WindowChange,
        most: usize,
    ) -> bool {
        let before = self.row(owner, other);
        let own = |row: &Row| row.session.is_some() && row.session == change.session;
        if before.is_some_and(|row| row.version > change.base && !own(&row)) {
            return false;
        }
        let on_record = before.is_some_and(|row| row.state != WindowState::Closed);
        let shown = match before {
            Some(row) if on_record => row.state,
            _ if self.is_unread(owner, other) => WindowState::Minimised,
            _ => WindowState::Closed,
        };
        if change.state == shown {
            return false;
        }
        let version = self.dock_version(owner) + 1;
        let id = ConversationId::between(owner, other);
        let head = id.and_then(|id| self.conversations.get(&id)).map_or(Seq(0), |c| c.head.seq);
        let closed = change.state == WindowState::Closed;
        let row = Row {
            state: change.state,
            version,
            opened: before.filter(|_| on_record).map_or(version, |row| row.opened),
            session: change.session,
            closed_seq: if closed { change.seen.map_or(head, |seen| seen.min(head)).0 } else { 0 },
        };
        self.docks.entry(owner).or_default().insert(other, row);
        if !on_record {
            self.close_oldest(owner, version, most.max(1), change.session);
        }
        self.forget(owner);
        true
    }

    /// Whether the other has written something that a window of the owner's would bring back.
    fn is_unread(&self, owner: UserId, other: UserId) -> bool {
        let conversation = ConversationId::between(owner, other).and_then(|id| self.conversations.get(&id));
        let closed = self.row(owner, other).map_or(0, |row| row.closed_seq);
        conversation
            .is_some_and(|c| c.marks.get(&owner).is_some_and(|mark| c.sent_by(other) > mark.read.max(closed)))
    }

    fn close_oldest(&mut self, owner: UserId, version: i64, most: usize, session: Option<SessionId>) {
        let Some(rows) = self.docks.get_mut(&owner) else { return };
        let mut open: Vec<_> = rows.values_mut().filter(|row| row.state != WindowState::Closed).collect();
        open.sort_by_key(|row| std::cmp::Reverse(row.opened));
        for row in open.into_iter().skip(most) {
            (row.state, row.version, row.closed_seq) = (WindowState::Closed, version, 0);
            row.session = session;
        }
    }

    /// Drops rows of windows closed long ago, unless they hide unread messages.
    fn forget(&mut self, owner: UserId) {
        let rows = self.docks.get(&owner).into_iter().flatten();
        let mut closed: Vec<i64> = rows
            .clone()
            .filter(|(_, row)| row.state == WindowState::Closed)
            .map(|(_, r)| r.version)
            .collect();
        closed.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
        let Some(oldest) = closed.get(REMEMBERED - 1).copied() else { return };
        let hides = |other: UserId, row: &Row| {
            let conversation =
                ConversationId::between(owner, other).and_then(|id| self.conversations.get(&id));
            conversation.is_some_and(|c| {
                let sent = c.sent_by(other);
                c.marks.get(&owner).is_some_and(|mark| sent > mark.read && sent <= row.closed_seq)
            })
        };
        let gone: Vec<UserId> = rows
            .filter(|(_, row)| row.state == WindowState::Closed && row.version < oldest)
            .filter(|(other, row)| !hides(**other, row))
            .map(|(other, _)| *other)
            .collect();
        for other in gone {
            if let Entry::Occupied(mut rows) = self.docks.entry(owner) {
                rows.get_mut().remove(&other);
            }
        }
    }
}
