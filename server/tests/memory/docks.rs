//! Docks.

use gchat::{
    dock::Facts,
    id::{ConversationId, Seq, SessionId, UserId},
    store::{Dock, DockWindow, WindowChange, WindowState},
};

use super::{Row, Site};

/// Closed windows that a dock remembers.
const REMEMBERED: usize = 64;
/// Windows with unread messages that are listed beside those on record, and unread messages that are counted.
const LISTED: usize = 100;

impl Site {
    pub(super) fn row(&self, owner: UserId, id: &ConversationId) -> Option<Row> {
        self.docks.get(&owner)?.get(id).copied()
    }

    /// What decides whether the window is listed.
    pub(super) fn facts(&self, owner: UserId, id: &ConversationId) -> Facts {
        let (row, conversation) = (self.row(owner, id), self.conversations.get(id));
        Facts {
            state: row.map(|row| row.state),
            closed_seq: Seq(row.map_or(0, |row| row.closed_seq)),
            read_seq: conversation.and_then(|c| c.marks.get(&owner)).map(|mark| Seq(mark.read)),
            newest_by_others: Seq(conversation.map_or(0, |c| c.newest_by_others(owner))),
        }
    }

    fn dock_version(&self, owner: UserId) -> i64 {
        self.docks.get(&owner).into_iter().flatten().map(|(_, row)| row.version).max().unwrap_or(0)
    }

    pub(super) fn dock(&self, owner: UserId) -> Dock {
        let rows = self.docks.get(&owner).into_iter().flatten();
        let mut on_record: Vec<_> = rows.filter(|(id, _)| self.facts(owner, id).is_wanted()).collect();
        on_record.sort_by_key(|(_, row)| row.opened);
        let mut late: Vec<_> = self
            .conversations
            .iter()
            .filter_map(|(id, c)| {
                let facts = self.facts(owner, id);
                let came_back = facts.listed() && !facts.is_wanted();
                let seen = facts.read_seq?.max(facts.closed_seq).0;
                let (_, place) = came_back.then(|| c.by_others(owner, seen).next())??;
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
        let is_removed = self.users.get(&owner).is_some_and(|stored| stored.removed);
        if two.other(owner).is_none() || is_stale || is_removed {
            return false;
        }
        let facts = self.facts(owner, id);
        if change.state == facts.shown() {
            return false;
        }
        let on_record = facts.is_wanted();
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
            .filter(|(id, _)| !self.facts(owner, id).is_wanted())
            .map(|(_, r)| r.version)
            .collect();
        closed.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
        let Some(oldest) = closed.get(REMEMBERED - 1).copied() else { return };
        let is_moot = |id: &ConversationId| {
            let facts = self.facts(owner, id);
            !facts.is_wanted() && !facts.hides()
        };
        let gone = rows.filter(|(id, row)| row.version < oldest && is_moot(id));
        let gone: Vec<ConversationId> = gone.map(|(id, _)| id.clone()).collect();
        if let Some(rows) = self.docks.get_mut(&owner) {
            rows.retain(|id, _| !gone.contains(id));
        }
    }
}
