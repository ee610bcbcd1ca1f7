//! What a client writes: messages, some of which answer others, and edits and deletions of its person's own.

use gchat_wire::Conversation;
use rand::RngExt as _;
use uuid::Uuid;

use super::{
    Client,
    copies::Row,
    outbox::{Act, Letter},
};
use crate::history::{What, hash};

/// How many messages back a person still edits, deletes or answers.
const RECENT: usize = 10;

/// How many messages a client may say again.
const SAID: usize = 20;

/// By how much the clocks of second devices and of every fifth client are late, in the first 48 bits of a UUID v7 (RFC 9562, 5.7): an hour.
const LATE: u128 = 3_600_000 << 80;

impl Client {
    /// Puts a new letter into the outbox. Now and then something of the past happens besides: a page is loaded anew, or
    /// a message is said again by a client that has forgotten its ack.
    pub(super) fn write(&mut self) {
        let conversation = self.place();
        if self.rng.random_bool(0.01) && self.copies.reload(conversation) {
            self.log(What::Reloaded { conversation });
        }
        if self.rng.random_bool(0.03) {
            self.say_again();
        }
        if let Some((conversation, letter)) = self.wish(conversation) {
            return self.outbox.write(conversation, letter);
        }
        if self.rng.random_bool(self.shared.habits.reactions)
            && let Some(letter) = self.reaction(conversation)
        {
            return self.outbox.write(conversation, letter);
        }
        let is_verb = self.rng.random_bool(self.shared.habits.verbs);
        let letter = if is_verb { self.verb(conversation) } else { None };
        let letter = letter.unwrap_or_else(|| self.message(conversation));
        self.outbox.write(conversation, letter);
    }

    fn message(&mut self, conversation: Conversation) -> Letter {
        let id = Uuid::now_v7();
        let reply_to = if self.rng.random_bool(self.shared.habits.verbs / 2.0) {
            let back = self.rng.random_range(0..RECENT);
            self.copies.newest(conversation).nth(back).map(|row| row.seq)
        } else {
            None
        };
        let mentions = match conversation.pair() {
            None if self.rng.random_bool(0.2) => self.others(3),
            _ => Vec::new(),
        };
        let text = self.text(id);
        let what =
            What::Invoke { id, conversation, text: hash(text.trim()), reply_to, mentions: mentions.clone() };
        self.log(what);
        Letter { id, act: Act::Send { text, reply_to, mentions } }
    }

    /// The newest rows that are held.
    pub(super) fn recent(&self, conversation: Conversation) -> impl Iterator<Item = &Row> {
        self.copies.newest(conversation).take(RECENT)
    }

    /// An edit or a deletion of a message that waits in the outbox, or of one that is held; none where there is none. In the
    /// room the teacher deletes others' too.
    fn verb(&mut self, conversation: Conversation) -> Option<Letter> {
        let waiting = self.outbox.last_message(conversation).filter(|_| self.rng.random_bool(0.5));
        let mut is_others = false;
        let (message, seq, above) = match waiting {
            Some(id) => (id, None, None),
            None => {
                let deletes_all = self.teaches() && matches!(conversation, Conversation::Room(_));
                let may = |row: &&Row| (row.sender == self.user || deletes_all) && !row.is_stub;
                let those: Vec<_> = self.recent(conversation).filter(may).copied().collect();
                let row = those.get(self.rng.random_range(0..those.len().max(1)))?;
                is_others = row.sender != self.user;
                (row.id?, Some(row.seq), row.verb)
            }
        };
        let id = self.verb_id(above);
        let act = if is_others || self.rng.random_bool(0.3) {
            Act::Delete { message, seq }
        } else {
            Act::Edit { message, seq, text: self.text(id) }
        };
        let text = match &act {
            Act::Edit { text, .. } => Some(hash(text.trim())),
            _ => None,
        };
        self.log(What::Verb { id, conversation, message, text });
        Some(Letter { id, act })
    }

    /// Above the one that is held, whatever the clock says.
    pub(super) fn verb_id(&mut self, above: Option<Uuid>) -> Uuid {
        let is_second = u64::from(self.me) > self.shared.people;
        let late = if is_second || self.me.is_multiple_of(5) { LATE } else { 0 };
        let id = Uuid::from_u128(Uuid::now_v7().as_u128() - late);
        match above {
            Some(above) if id <= above => {
                Uuid::from_u128(above.as_u128() + self.rng.random_range(1..1_u128 << 40))
            }
            _ => id,
        }
    }

    /// No two are the same: each has the id of what it is for.
    fn text(&mut self, id: Uuid) -> String {
        let length = match self.rng.random_range(0..100) {
            0 => 4_000,
            1..10 => self.rng.random_range(200..1_000),
            _ => self.rng.random_range(0..100),
        };
        let filler = if self.rng.random_bool(0.1) { "é👋<b>\u{202e}\n" } else { "lorem ipsum " };
        let filler: String = filler.chars().cycle().take(length).collect();
        // What surrounds a text is not part of it.
        if self.rng.random_bool(0.1) { format!(" \t{id} {filler}\n") } else { format!("{id} {filler}") }
    }

    /// Nothing of what this person may write there changes in this run. Where it does, what is said twice may be answered
    /// in two ways.
    pub(super) fn is_steady(&self, conversation: Conversation) -> bool {
        match conversation {
            Conversation::Direct { lower, .. } => lower > self.shared.suspended_to,
            Conversation::Room(_) | Conversation::Group(_) => false,
        }
    }

    /// Keeps a message that was acknowledged. False: it was already.
    pub(super) fn remember(&mut self, conversation: Conversation, letter: Letter) -> bool {
        if !self.acked.insert(letter.id) {
            return false;
        }
        self.said.push_back((conversation, letter));
        if self.said.len() > SAID {
            self.said.pop_front();
        }
        true
    }

    fn say_again(&mut self) {
        if self.said.is_empty() {
            return;
        }
        let (conversation, letter) = self.said[self.rng.random_range(0..self.said.len())].clone();
        // What was acknowledged is so again, also in a group that the person has left, and where only teachers write by now.
        let is_shared = conversation.pair().is_none() && self.user > self.shared.suspended_to;
        if (is_shared || self.is_steady(conversation)) && self.outbox.find(letter.id).is_none() {
            self.outbox.write(conversation, letter);
        }
    }
}
