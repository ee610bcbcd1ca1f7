//! Docks.

use gchat::{
    id::{ConversationId, Seq, SessionId, UserId},
    store::{Dock, DockWindow, WindowChange, WindowState},
};

use super::{Row, Site};

/// Closed windows that a dock remembers.
const REMEMBERED: usize = 64;
/// Windows with unread messages that are listed beside those on record, and unread messages that are counted.
const LISTED: usize = 100;

impl Row {
    pub(super) fn is_shown(&self) -> bool {
        self.state != WindowState::Closed
    }
}

impl Site {
    pub(super) fn row(&self, owner: UserId, id: &ConversationId) -> Option<Row> {
        self.docks.get(&owner)?.get(id).copied()
    }

    fn dock_version(&self, owner: UserId) -> i64 {
        self.docks.get(&owner).into_iter().flatten().map(|(_, row)| row.version).max().unwrap_or(0)
    }

    pub(super) fn dock(&self, owner: UserId) -> Dock {
        let rows = self.docks.get(&owner).into_iter().flatten();
        let mut on_record: Vec<_> = rows.filter(|(_, row)| row.is_shown()).collect();
        on_record.sort_by_key(|(_, row)| row.opened);
        let mut late: Vec<_> = self
            .conversations
            .iter()
            .filter_map(|(id, c)| {
                let row = self.row(owner, id);
                let seen = c.marks.get(&owner)?.read.max(row.map_or(0, |row| row.closed_seq));
                let is_hidden = row.is_none_or(|row| !row.is_shown());
                let (_, place) = is_hidden.then(|| c.by_others(owner, seen).next())??;
                Some((place, id))
            })
            .collect();
        late.sort_unstable();
        let on_record = on_record.into_iter().map(|(id, row)| (id, row.state));
        let late = late.into_iter().take(LISTED).map(|(_, id)| (id, WindowState::Minimised));
        let windows = on_record.chain(late).map(|(id, state)| self.window(owner, id, state));
        Dock { version: self.dock_version(owner), windows: windows.collect() }
    }

    fn window(&self, owner: UserId, id: &ConversationId, state: WindowState) -> DockWindow {
        let other = id.direct().and_then(|two| two.other(owner));
        let record = other.and_then(|other| self.users.get(&other));
        let conversation = self.conversations.get(id);
        let head = conversation.map(|c| c.head).unwrap_or_default();
        let mark = |user: UserId| conversation.and_then(|c| c.marks.get(&user)).copied();
        let unread =
            mark(owner).zip(conversation).map_or(0, |(mark, c)| c.by_others(owner, mark.read).count());
        DockWindow {
            conversation: id.clone(),
            state,
            other: record.map(|record| (&*record.snapshot).into()),
            toward: record.map(|record| record.snapshot.toward(owner)).unwrap_or_default(),
            head,
            read_seq: Seq(mark(owner).map_or(head.seq.0, |mark| mark.read)),
            other_read_seq: Seq(other.and_then(mark).map_or(0, |mark| mark.published)),
            unread: unread.min(LISTED) as i64,
        }
    }

    pub(super) fn set_window(
        &mut self,
        owner: UserId,
        id: &ConversationId,
        change: &WindowChange,
        most: usize,
    ) -> bool {
        let ConversationId::Direct(two) = id;
        let before = self.row(owner, id);
        let own = |row: &Row| row.session.is_some() && row.session == change.session;
        let is_stale = before.is_some_and(|row| row.version > change.base && !own(&row));
        if two.other(owner).is_none() || is_stale {
            return false;
        }
        let on_record = before.is_some_and(|row| row.is_shown());
        let shown = match before {
            Some(row) if on_record => row.state,
            _ if self.is_unread(owner, id) => WindowState::Minimised,
            _ => WindowState::Closed,
        };
        if change.state == shown {
            return false;
        }
        let version = self.dock_version(owner) + 1;
        let head = self.conversations.get(id).map_or(Seq(0), |c| c.head.seq);
        let closed = change.state == WindowState::Closed;
        let row = Row {
            state: change.state,
            version,
            opened: before.filter(|_| on_record).map_or(version, |row| row.opened),
            session: change.session,
            closed_seq: if closed { change.seen.map_or(head, |seen| seen.min(head)).0 } else { 0 },
        };
        self.docks.entry(owner).or_default().insert(id.clone(), row);
        if !on_record {
            self.close_oldest(owner, version, most.max(1), change.session);
        }
        self.forget(owner);
        true
    }

    /// Whether somebody else has written something that a window of the owner's would bring back.
    fn is_unread(&self, owner: UserId, id: &ConversationId) -> bool {
        let closed = self.row(owner, id).map_or(0, |row| row.closed_seq);
        self.conversations.get(id).is_some_and(|c| {
            c.marks.get(&owner).is_some_and(|mark| c.newest_by_others(owner) > mark.read.max(closed))
        })
    }

    fn close_oldest(&mut self, owner: UserId, version: i64, most: usize, session: Option<SessionId>) {
        let Some(rows) = self.docks.get_mut(&owner) else { return };
        let mut open: Vec<_> = rows.values_mut().filter(|row| row.is_shown()).collect();
        open.sort_by_key(|row| std::cmp::Reverse(row.opened));
        for row in open.into_iter().skip(most) {
            (row.state, row.version, row.closed_seq) = (WindowState::Closed, version, 0);
            row.session = session;
        }
    }

    /// Drops rows of windows closed long ago, unless they hide unread messages.
    fn forget(&mut self, owner: UserId) {
        let rows = self.docks.get(&owner).into_iter().flatten();
        let mut closed: Vec<i64> =
            rows.clone().filter(|(_, row)| !row.is_shown()).map(|(_, r)| r.version).collect();
        closed.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
        let Some(oldest) = closed.get(REMEMBERED - 1).copied() else { return };
        let hides = |id: &ConversationId, row: &Row| {
            self.conversations.get(id).is_some_and(|c| {
                let newest = c.newest_by_others(owner);
                c.marks.get(&owner).is_some_and(|mark| newest > mark.read && newest <= row.closed_seq)
            })
        };
        let gone = rows.filter(|(id, row)| !row.is_shown() && row.version < oldest && !hides(id, row));
        let gone: Vec<ConversationId> = gone.map(|(id, _)| id.clone()).collect();
        if let Some(rows) = self.docks.get_mut(&owner) {
            rows.retain(|id, _| !gone.contains(id));
        }
    }
}
