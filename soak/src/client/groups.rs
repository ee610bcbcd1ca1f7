//! What a client does in groups and in the room: it makes groups, adds people and takes them out, leaves, gives other
//! titles, keeps the room's window open, and reacts. The teacher says who writes in the room.

use gchat_wire::{Conversation, Dock, Message, Outgoing, State, System};
use rand::{RngExt as _, seq::IndexedRandom as _};
use uuid::Uuid;

use super::{
    Client,
    outbox::{Act, Letter},
};
use crate::{
    history::{What, Wish, hash},
    site,
};

/// People whom one client adds to groups: all of a person's together stay below what the server allows.
pub(super) const INVITATIONS: usize = 40;

/// A run has a group for this many people.
const PEOPLE: u64 = 3;

/// The six at hand.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

impl Client {
    /// Where this client writes next.
    pub(super) fn place(&mut self) -> Conversation {
        let share = self.shared.habits.groups;
        let groups: Vec<Conversation> =
            self.parts.iter().filter(|(_, (_, is_in))| *is_in).map(|(group, _)| *group).collect();
        if self.rng.random_bool(share)
            && let Some(group) = groups.choose(&mut self.rng)
        {
            return *group;
        }
        // The teacher is one of many, and has to be there often enough to teach.
        let share = if self.teaches() { share * 2.0 } else { share };
        // A reaction there takes up to a second, which whatever is behind it would wait too.
        if self.rng.random_bool(share / 5.0)
            && let Some(room) = site::room().filter(|room| !self.outbox.has_letters(*room))
        {
            return room;
        }
        self.conversations[self.rng.random_range(0..self.direct)]
    }

    /// Whether this person teaches the course.
    pub(super) fn teaches(&self) -> bool {
        self.shared.habits.groups > 0.0 && self.user == self.shared.people
    }

    /// Something to do in a group or the room, or a new group; none where nothing comes to mind.
    pub(super) fn wish(&mut self, conversation: Conversation) -> Option<(Conversation, Letter)> {
        let (conversation, act) = match conversation {
            Conversation::Group(_) if self.rng.random_bool(0.25) => {
                (conversation, self.change_of(conversation)?)
            }
            Conversation::Room(_) if self.teaches() && self.rng.random_bool(0.5) => {
                (conversation, Act::Announce { on: self.rng.random_bool(0.4) })
            }
            _ if self.rng.random_bool(self.shared.habits.groups / 2.0) => self.new_group()?,
            _ => return None,
        };
        let id = Uuid::now_v7();
        let wish = match &act {
            Act::Make { title, users, .. } => Wish::Make { title: hash(title.trim()), users: users.clone() },
            Act::Add { users } => Wish::Add(users.clone()),
            Act::Remove { user } => Wish::Remove(*user),
            Act::Rename { title } => Wish::Rename(hash(title.trim())),
            Act::Announce { on } => Wish::Announce(*on),
            _ => return None,
        };
        self.log(What::Wish { id, conversation, wish });
        Some((conversation, Letter { id, act }))
    }

    fn new_group(&mut self) -> Option<(Conversation, Act)> {
        let group = Conversation::Group(Uuid::now_v7());
        let count = self.rng.random_range(2..6);
        let users = self.others(count);
        if users.len() < 2 || self.invitations < users.len() {
            return None;
        }
        let mut groups = self.shared.groups.lock();
        if groups.len() as u64 >= self.shared.people.div_ceil(PEOPLE) {
            return None;
        }
        groups.insert(group, self.user);
        drop(groups);
        self.invitations -= users.len();
        let Some(Conversation::Room(circle)) = site::room() else { return None };
        Some((group, Act::Make { circle, title: self.title(), users }))
    }

    /// The maker of a group never leaves it, so that there is somebody who reads all of it.
    fn change_of(&mut self, group: Conversation) -> Option<Act> {
        let is_maker = self.shared.groups.lock().get(&group) == Some(&self.user);
        Some(match self.rng.random_range(0..10) {
            0..4 => Act::Rename { title: self.title() },
            4..7 => {
                let count = self.rng.random_range(1..3);
                let users = Some(self.others(count)).filter(|users| !users.is_empty())?;
                self.invitations = self.invitations.checked_sub(users.len())?;
                Act::Add { users }
            }
            _ if is_maker => Act::Remove { user: *self.others(1).first()? },
            7 => Act::Remove { user: self.user },
            _ => return None,
        })
    }

    /// Some other people, each once.
    pub(super) fn others(&mut self, count: usize) -> Vec<u64> {
        let mut others = Vec::new();
        for _ in 0..count {
            let user = self.rng.random_range(1..=self.shared.people);
            if user != self.user && !others.contains(&user) {
                others.push(user);
            }
        }
        others
    }

    /// No two are the same.
    fn title(&mut self) -> String {
        let id = Uuid::now_v7();
        let around = if self.rng.random_bool(0.2) { " \u{2003}\n" } else { "" };
        format!("{around}<b>{id}\u{202e} é👋</b>{around}")
    }

    /// All of this person's reactions to a message that waits in the outbox, or to one that is held.
    pub(super) fn reaction(&mut self, conversation: Conversation) -> Option<Letter> {
        let waiting = self.outbox.last_message(conversation).filter(|_| self.rng.random_bool(0.2));
        let (message, seq) = match waiting {
            Some(id) => (id, None),
            None => {
                let rows: Vec<_> = self.recent(conversation).filter(|row| !row.is_stub).copied().collect();
                let row = rows.choose(&mut self.rng)?;
                (row.id?, Some(row.seq))
            }
        };
        let count = self.rng.random_range(0..=3);
        let emoji: Vec<String> = EMOJI.sample(&mut self.rng, count).map(ToString::to_string).collect();
        let id = self.verb_id(self.reacted);
        self.reacted = Some(id);
        self.log(What::React { id, conversation, message, emoji: emoji.clone() });
        Some(Letter { id, act: Act::React { message, seq, emoji } })
    }

    /// The room's messages come to those who have its window open.
    pub(super) fn open_room(&mut self, dock: &Dock) {
        let Some(conversation) = site::room().filter(|_| self.shared.habits.groups > 0.0) else { return };
        let is_open = dock.windows.iter().any(|w| w.conversation == conversation && w.state == State::Open);
        if !is_open && !self.opened {
            let frame = Outgoing::Dock { conversation, state: State::Open, base: dock.version };
            self.outgoing.push(frame.encode());
            self.opened = true;
        }
    }

    /// Somebody has added this person to a group, or told of one.
    pub(super) fn learn(&mut self, conversation: Conversation) {
        if conversation.pair().is_none() && !self.conversations.contains(&conversation) {
            self.conversations.push(conversation);
        }
    }

    /// Whether this person came to a group or went, as a message tells it.
    pub(super) fn notice(&mut self, group: Conversation, message: &Message) {
        let concerns_me = |users: &[u64]| users.contains(&self.user);
        let is_in = match &message.system {
            Some(System::Made { .. }) => true,
            Some(System::Added { users }) if concerns_me(users) => true,
            Some(System::Removed { users }) if concerns_me(users) => false,
            Some(System::Left) if message.sender == self.user => false,
            _ => return,
        };
        let part = self.parts.entry(group).or_insert((0, is_in));
        if message.seq >= part.0 {
            *part = (message.seq, is_in);
        }
    }
}
