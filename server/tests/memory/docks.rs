//! Docks.

use gchat::{
    dock::Facts,
    id::{ConversationId, Kind, Seq, SessionId, UserId},
    store::{Dock, DockWindow, Place, WindowChange, WindowState},
};

use super::{Conversation, Row, Site};

/// Closed windows that a dock remembers.
const REMEMBERED: usize = 64;
/// Windows with unread messages that are listed beside those on record, and unread messages that are counted.
pub(super) const LISTED: usize = 100;

impl Site {
    pub(super) fn row(&self, owner: UserId, id: &ConversationId) -> Option<Row> {
        self.docks.get(&owner)?.get(id).copied()
    }

    /// What decides whether the window is listed.
    pub(super) fn facts(&self, owner: UserId, id: &ConversationId) -> Facts {
        let (row, conversation) = (self.row(owner, id), self.conversations.get(id));
        let quiet = self.is_quiet(owner, id);
        let newest = |mentions: bool| {
            let counted = conversation.map(|c| c.brings_back(owner, mentions, 0)).unwrap_or_default();
            let is_told = mentions || id.kind() != Kind::Room;
            Seq(counted.last().filter(|_| is_told).map_or(0, |(seq, _)| *seq))
        };
        Facts {
            state: row.map(|row| row.state),
            closed_seq: Seq(row.map_or(0, |row| row.closed_seq)),
            read_seq: conversation.and_then(|c| c.seen(owner, id.kind())).map(Seq),
            newest_by_others: newest(false),
            quiet,
            newest_mention: if quiet { newest(true) } else { Seq(0) },
        }
    }

    /// A room, or muted.
    fn is_quiet(&self, owner: UserId, id: &ConversationId) -> bool {
        let mark = self.conversations.get(id).and_then(|c| c.marks.get(&owner));
        id.kind() == Kind::Room || mark.is_some_and(|mark| mark.flags.muted_until > 0)
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
                let counted = came_back.then(|| c.brings_back(owner, facts.quiet, seen));
                Some((counted?.first()?.1, id))
            })
            .collect();
        late.sort_unstable();
        let on_record = on_record.into_iter().map(|(id, row)| (id, row.state));
        let late = late.into_iter().take(LISTED).map(|(_, id)| (id, WindowState::Minimised));
        let windows = on_record.chain(late).map(|(id, state)| self.window(owner, id, state));
        Dock { version: self.dock_version(owner), windows: windows.collect() }
    }

    pub(super) fn window(&self, owner: UserId, id: &ConversationId, state: WindowState) -> DockWindow {
        let other = id.direct().and_then(|two| two.other(owner));
        let record = other.and_then(|other| self.users.get(&other));
        let conversation = self.conversations.get(id);
        let head = conversation.map(|c| c.head).unwrap_or_default();
        let mark = |user: UserId| conversation.and_then(|c| c.marks.get(&user)).copied();
        let own = mark(owner).filter(|mark| mark.is_in()).zip(conversation);
        let flags = mark(owner).map(|mark| mark.flags).unwrap_or_default();
        let unread = own.map_or(0, |(mark, c)| c.by_others(owner, mark.read).count());
        let place = self.place(owner, id);
        let mentions = match &place {
            Place::Direct => 0,
            Place::Group { part, .. } if !part.is_member() => 0,
            Place::Group { .. } | Place::Room { .. } => conversation.map_or(0, |c| c.mentions_of(owner)),
        };
        DockWindow {
            mentions,
            place,
            conversation: id.clone(),
            state,
            other: record.map(|record| (&*record.snapshot).into()),
            toward: record.map(|record| record.snapshot.toward(owner)).unwrap_or_default(),
            head,
            read_seq: Seq(mark(owner).map_or(head.seq.0, |mark| mark.read)),
            other_read_seq: Seq(other.and_then(mark).map_or(0, |mark| mark.published)),
            unread: unread.min(LISTED) as i64,
            pinned: flags.pinned,
            muted_until: flags.muted_until,
        }
    }

    pub(super) fn set_window(
        &mut self,
        owner: UserId,
        id: &ConversationId,
        change: &WindowChange,
        most: usize,
    ) -> bool {
        let before = self.row(owner, id);
        let own = |row: &Row| row.session.is_some() && row.session == change.session;
        let is_stale = before.is_some_and(|row| row.version > change.base && !own(&row));
        let is_strange = id.direct().is_some_and(|two| two.other(owner).is_none());
        if is_strange || is_stale || self.is_removed(owner) {
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

impl Conversation {
    /// Up to which message its owner has seen what would bring the window back; `None`: nothing does.
    fn seen(&self, owner: UserId, kind: Kind) -> Option<i64> {
        match kind {
            Kind::Direct | Kind::Group => Some(self.marks.get(&owner).filter(|mark| mark.is_in())?.read),
            Kind::Room => Some(0), // whoever has read a mention has it no more
        }
    }

    /// The messages above a seq that bring the window back, as `by_others`: of what is quiet those that mention its owner.
    fn brings_back(&self, owner: UserId, quiet: bool, seq: i64) -> Vec<(i64, usize)> {
        if !quiet {
            return self.by_others(owner, seq).collect();
        }
        let mentions = self.mentions.iter().filter(|(user, at)| *user == owner && *at > seq);
        mentions.map(|(_, at)| (*at, self.messages[*at as usize - 1].1)).collect()
    }

    /// Messages that mention somebody who has not read them, as they are counted.
    pub(super) fn mentions_of(&self, user: UserId) -> i64 {
        self.mentions.iter().filter(|(who, _)| *who == user).count().min(LISTED) as i64
    }
}
