//! Who was in which group when, and when only its teacher wrote in a room, as their system messages tell it in the store;
//! and what each person reads of a group by that.

use std::collections::{BTreeMap, HashMap};

use gchat_wire::Conversation;

use super::{Judge, Rule, Verdict, store::Store};
use crate::history::{Happened, Said, Wish};

/// All groups and rooms.
#[derive(Default)]
pub(super) struct Groups(HashMap<Conversation, Group>);

#[derive(Default)]
struct Group {
    stays: HashMap<u64, Vec<Stay>>,
    /// Of a room whoever made the first announcement: one person teaches its course.
    maker: u64,
    /// Of a room, whether only its teacher wrote from which message on.
    announces: BTreeMap<u64, bool>,
    /// What it was called from which message on.
    titles: BTreeMap<u64, u64>,
}

/// From somebody's being added to a group until they leave it, in its messages and in its revs, both among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) first: u64,
    pub(super) last: u64,
    since: u64,
    until: u64,
}

impl Stay {
    /// Whether they were in it at both revs.
    pub(super) fn spans(&self, from: u64, to: u64) -> bool {
        self.since <= from && to <= self.until
    }
}

impl Groups {
    /// Goes through the system messages of all groups, and judges each by those before it.
    pub(super) fn of(store: &Store, verdict: &mut Verdict) -> Self {
        let mut groups = Self::default();
        for (conversation, rows) in store.rows() {
            let mut group = Group::default();
            for row in rows {
                if let Some(wrong) = wrong(conversation, &group, row) {
                    let what = format!("{} of {conversation}: {wrong} ({row:?})", row.seq);
                    verdict.fault(Rule::Membership, 0, what);
                }
                group.apply(row);
            }
            if conversation.pair().is_none() {
                groups.0.insert(conversation, group);
            }
        }
        groups
    }

    /// Every stay of somebody, in their order.
    pub(super) fn stays(&self, conversation: Conversation, user: u64) -> &[Stay] {
        self.0.get(&conversation).and_then(|group| group.stays.get(&user)).map_or(&[], |stays| stays)
    }

    /// Whether somebody ever read this message, by right.
    pub(super) fn reads(&self, conversation: Conversation, user: u64, seq: u64) -> bool {
        match conversation {
            Conversation::Direct { .. } => conversation.is_of(user),
            Conversation::Room(_) => true,
            Conversation::Group(_) => {
                let mut stays = self.stays(conversation, user).iter();
                stays.any(|stay| (stay.first..=stay.last).contains(&seq))
            }
        }
    }

    /// The messages that somebody reads now: of a group those of their last stay.
    pub(super) fn reach(&self, conversation: Conversation, user: u64) -> Option<(u64, u64)> {
        match conversation {
            Conversation::Direct { .. } => conversation.is_of(user).then_some((1, u64::MAX)),
            Conversation::Room(_) => Some((1, u64::MAX)),
            Conversation::Group(_) => {
                self.stays(conversation, user).last().map(|stay| (stay.first, stay.last))
            }
        }
    }

    /// Whether somebody was in it just before this message.
    pub(super) fn is_in_before(&self, conversation: Conversation, user: u64, seq: u64) -> bool {
        self.stays(conversation, user).iter().any(|stay| stay.first < seq && seq <= stay.last)
    }

    /// Whether what was wished was so just after this message.
    pub(super) fn is_so(&self, conversation: Conversation, seq: u64, asker: u64, wish: &Wish) -> bool {
        let is_in = |user: &u64| {
            self.stays(conversation, *user).iter().any(|stay| stay.first <= seq && seq < stay.last)
        };
        match wish {
            Wish::Make { .. } => false,
            Wish::Add(users) => users.iter().all(|user| *user == asker || is_in(user)),
            Wish::Remove(user) => !is_in(user),
            Wish::Rename(title) => {
                let titles = self.0.get(&conversation).map(|group| group.titles.range(..=seq));
                titles.and_then(|mut titles| titles.next_back()).is_some_and(|(_, is)| is == title)
            }
            Wish::Announce(on) => {
                let room = self.0.get(&conversation);
                let last = room.and_then(|room| room.announces.range(..=seq).next_back());
                last.is_some_and(|(_, is)| *is) == *on
            }
        }
    }
}

impl Group {
    fn is_in(&self, user: u64) -> bool {
        self.stays.get(&user).and_then(|stays| stays.last()).is_some_and(|stay| stay.last == u64::MAX)
    }

    fn apply(&mut self, row: &Said) {
        match row.happened() {
            Some(Happened::Made { title, users }) => {
                self.maker = row.sender;
                self.titles.insert(row.seq, *title);
                self.come(row.sender, row);
                users.iter().for_each(|user| self.come(*user, row));
            }
            Some(Happened::Added(users)) => users.iter().for_each(|user| self.come(*user, row)),
            Some(Happened::Removed(users)) => users.iter().for_each(|user| self.go(*user, row)),
            Some(Happened::Left) => self.go(row.sender, row),
            Some(Happened::Renamed(title)) => drop(self.titles.insert(row.seq, *title)),
            Some(Happened::Announcements(on)) => {
                self.maker = row.sender;
                self.announces.insert(row.seq, *on);
            }
            None => {}
        }
    }

    fn come(&mut self, user: u64, row: &Said) {
        let stay = Stay { first: row.seq, last: u64::MAX, since: row.rev, until: u64::MAX };
        self.stays.entry(user).or_default().push(stay);
    }

    fn go(&mut self, user: u64, row: &Said) {
        if let Some(stay) = self.stays.get_mut(&user).and_then(|stays| stays.last_mut()) {
            (stay.last, stay.until) = (stay.last.min(row.seq), stay.until.min(row.rev));
        }
    }
}

/// What is wrong with a row, if anything, after those before it.
fn wrong(conversation: Conversation, group: &Group, row: &Said) -> Option<&'static str> {
    match conversation {
        Conversation::Direct { .. } => {
            return row.happened().map(|_| "this happens in groups and rooms only");
        }
        Conversation::Room(_) => return wrong_in_room(group, row),
        Conversation::Group(_) => {}
    }
    let knows = |users: &[u64]| users.iter().all(|user| group.is_in(*user));
    let title = group.titles.last_key_value().map(|(_, title)| title);
    let is_first = row.seq == 1;
    let makes = matches!(row.happened(), Some(Happened::Made { .. }));
    if is_first != makes {
        return Some("a group begins with its making, and is made once");
    }
    if !is_first && !group.is_in(row.sender) {
        return Some("its sender is not in the group");
    }
    match row.happened()? {
        Happened::Made { users, .. } => users.contains(&row.sender).then_some("its maker is in it already"),
        Happened::Added(users) if users.is_empty() || users.iter().any(|user| group.is_in(*user)) => {
            Some("somebody is added who is in the group")
        }
        Happened::Removed(users) if users.len() != 1 || !knows(users) => {
            Some("somebody is taken out who is not in the group")
        }
        Happened::Removed(_) if row.sender != group.maker => Some("only its maker takes people out"),
        Happened::Renamed(is) if Some(is) == title => Some("it is called that already"),
        Happened::Announcements(_) => Some("there are none in groups"),
        _ => None,
    }
}

/// The same of a room.
fn wrong_in_room(room: &Group, row: &Said) -> Option<&'static str> {
    let announces = room.announces.last_key_value().is_some_and(|(_, on)| *on);
    let teaches = room.announces.is_empty() || row.sender == room.maker;
    match row.happened() {
        Some(Happened::Announcements(on)) if *on == announces => {
            Some("it was one for announcements as it is now")
        }
        Some(Happened::Announcements(_)) if !teaches => Some("only the teacher makes announcements"),
        Some(Happened::Announcements(_)) => None,
        Some(_) => Some("this happens in groups only"),
        None if announces && !teaches => Some("only the teacher writes while announcements last"),
        None => None,
    }
}

impl Judge {
    /// What a message or a display says of somebody's reach.
    pub(super) fn in_reach(&mut self, line: usize, user: u64, conversation: Conversation, row: &Said) {
        if !self.groups.reads(conversation, user, row.seq) {
            let stays = self.groups.stays(conversation, user);
            let what =
                format!("{user} holds {} of {conversation}, and was in it only so: {stays:?}", row.seq);
            self.verdict.fault(Rule::Reach, line, what);
        }
    }

    /// Whether a message mentions whom it should: of those who were asked for the others who read it, in their order.
    pub(super) fn mentions_fit(
        &self,
        conversation: Conversation,
        sender: u64,
        asked: &[u64],
        stored: &Said,
    ) -> bool {
        let reads = |user: u64| match conversation {
            Conversation::Direct { .. } => Some(false),
            Conversation::Group(_) => Some(self.groups.is_in_before(conversation, user, stored.seq)),
            // Whoever has lost the right to chat just then reads nothing.
            Conversation::Room(_) => Some(true).filter(|_| !self.ever_revoked.contains(&user)),
        };
        let mut told = stored.mentions().iter().peekable();
        for user in asked.iter().filter(|user| **user != sender) {
            let is_told = told.next_if_eq(&user).is_some();
            if reads(*user).is_some_and(|reads| reads != is_told) {
                return false;
            }
        }
        told.next().is_none()
    }
}
