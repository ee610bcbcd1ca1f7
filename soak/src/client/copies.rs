//! What a client holds of its conversations: rows by seq, and the rev up to which every change is in them.
//!
//! Pure: the contract's receiving side ("Changes" and "Resuming" of protocol/README.md). Knows no socket.

use std::collections::BTreeMap;

use gchat_wire::{Changes, Conversation, Cursor, History, Message, Position};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// Conversations that a cursor may name.
const CURSOR_MOST: usize = 100;

/// Everything that one client holds.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    held: BTreeMap<Conversation, Copy>,
    epoch: Option<Uuid>,
    /// The planted mutant: shows what comes and fetches nothing.
    careless: bool,
}

#[derive(Debug)]
struct Copy {
    rows: BTreeMap<u64, Row>,
    /// `None`: the newest page is awaited.
    rev: Option<u64>,
    /// The highest rev that the client was told of.
    known: u64,
    /// Older messages are to be fetched.
    below: bool,
    /// What came while the newest page was awaited.
    kept: Vec<Changes>,
    asked: Asked,
}

impl Default for Copy {
    /// Of a conversation that has not begun, as far as is known.
    fn default() -> Self {
        let (rows, kept) = (BTreeMap::new(), Vec::new());
        Self { rows, rev: Some(0), known: 0, below: false, kept, asked: Asked::No }
    }
}

/// A message as far as a client needs to know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) rev: u64,
    pub(crate) sender: u64,
    pub(crate) id: Option<Uuid>,
    pub(crate) verb: Option<Uuid>,
    /// It has no text: it was deleted, or tells what has happened.
    pub(crate) is_stub: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Asked {
    #[default]
    No,
    /// An answer is on its way.
    Yes,
    /// As well, and another is wanted after it.
    YesAndWanted,
    /// Whatever is known, the changes are to be fetched: this client wants to be sure.
    Wanted,
    /// It is: there were no more.
    Sure,
}

/// A question to the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ask {
    /// What has changed after this.
    Changes { rev: u64, seq: u64 },
    /// The newest page.
    Newest,
    /// The page before this seq.
    Before(u64),
}

/// What became of a frame.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Applied {
    /// Rows that are to be shown, in place of what they were.
    pub(crate) shows: Vec<Message>,
    /// The rev that is held from now on, and whether it is the last that is known.
    pub(crate) holds: Option<(u64, bool)>,
}

impl Copies {
    pub(crate) fn new(careless: bool) -> Self {
        Self { careless, ..Self::default() }
    }

    /// Changes came: live, with a welcome, or as an answer.
    pub(crate) fn changed(&mut self, changes: Changes) -> Applied {
        let (first_seq, careless) = (changes.first_seq, self.careless);
        let copy = self.copy(changes.conversation);
        copy.known = copy.known.max(changes.rev);
        let (answers, more, reset) = (changes.request.is_some(), changes.more, changes.reset);
        let applied = match copy.rev {
            None if !reset => {
                copy.kept.push(changes);
                Applied::default()
            }
            _ => copy.apply(changes, careless),
        };
        copy.begin_at(first_seq);
        if more {
            copy.asked = Asked::Wanted;
        } else if answers && copy.rev.is_some() {
            copy.asked = match copy.asked {
                Asked::YesAndWanted => Asked::Wanted,
                _ if copy.is_whole() => Asked::Sure,
                _ => Asked::No,
            };
        }
        applied
    }

    /// A page came, as the answer to this.
    pub(crate) fn paged(&mut self, ask: Ask, page: History) -> Applied {
        let careless = self.careless;
        let copy = self.copy(page.conversation);
        copy.known = copy.known.max(page.rev);
        copy.asked = Asked::Wanted;
        match (ask, copy.rev) {
            (Ask::Newest, None) => {
                let mut applied = Applied { shows: copy.put(page.messages), holds: None };
                copy.rev = Some(page.rev);
                copy.below = page.more;
                // Of what has not begun nothing is held.
                applied.holds = Some((page.rev, copy.is_whole())).filter(|(rev, _)| *rev > 0);
                for changes in std::mem::take(&mut copy.kept) {
                    let after = copy.apply(changes, careless);
                    applied.shows.extend(after.shows);
                    applied.holds = after.holds.or(applied.holds);
                }
                applied
            }
            // Below what is held changes were passed over: a page that was read before the last of them is asked for again.
            (Ask::Before(_), Some(rev)) if page.rev >= rev => {
                copy.below = page.more;
                Applied { shows: copy.put(page.messages), holds: None }
            }
            _ => Applied::default(),
        }
    }

    /// The client was told of a head.
    pub(crate) fn told(&mut self, conversation: Conversation, rev: u64) {
        let copy = self.copy(conversation);
        copy.known = copy.known.max(rev);
    }

    /// One's own copy; of a group or room, which may have begun long ago, the newest page is awaited first.
    fn copy(&mut self, conversation: Conversation) -> &mut Copy {
        let rev = conversation.pair().map(|_| 0);
        self.held.entry(conversation).or_insert_with(|| Copy { rev, ..Copy::default() })
    }

    /// A question was refused for now, or has to be put anew.
    pub(crate) fn ask_again(&mut self, conversation: Conversation) {
        self.copy(conversation).asked = Asked::Wanted;
    }

    /// This conversation is not the user's.
    pub(crate) fn forget(&mut self, conversation: Conversation) {
        self.held.remove(&conversation);
    }

    /// The next question, and about what.
    pub(crate) fn next_ask(&mut self) -> Option<(Conversation, Ask)> {
        if self.careless {
            return None;
        }
        let (conversation, copy, ask) =
            self.held.iter_mut().find_map(|(c, copy)| copy.ask().map(|ask| (*c, copy, ask)))?;
        copy.asked = Asked::Yes;
        Some((conversation, ask))
    }

    /// The copy is void; what comes next begins anew.
    pub(crate) fn reset(&mut self, conversation: Conversation) {
        self.held.insert(conversation, Copy { rev: None, ..Copy::default() });
    }

    /// Drops a copy as a page does that is loaded anew, unless an answer for it is on its way. Whether it did.
    pub(crate) fn reload(&mut self, conversation: Conversation) -> bool {
        let may = self.held.get(&conversation).is_some_and(|copy| !copy.is_asked() && !copy.rows.is_empty());
        if may && !self.careless {
            self.reset(conversation);
        }
        may && !self.careless
    }

    /// The store's epoch; the conversations whose copies it voids.
    pub(crate) fn enter(&mut self, epoch: Uuid) -> Vec<Conversation> {
        let before = self.epoch.replace(epoch);
        if before.is_none_or(|before| before == epoch) {
            return Vec::new();
        }
        self.held
            .iter()
            .filter(|(_, copy)| !copy.rows.is_empty())
            .map(|(conversation, _)| *conversation)
            .collect()
    }

    /// For the next `hello`. `None` while nothing is held.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        let position = |(conversation, copy): (&Conversation, &Copy)| {
            let (seq, _) = copy.rows.last_key_value()?;
            Some(Position { conversation: *conversation, rev: copy.rev?, seq: *seq })
        };
        let conversations = self.held.iter().filter_map(position).take(CURSOR_MOST).collect();
        Some(Cursor { epoch: self.epoch?, conversations })
    }

    /// What was asked on the old connection is not answered any more.
    pub(crate) fn connection_lost(&mut self) {
        for copy in self.held.values_mut() {
            // The next connection tells the heads anew.
            copy.known = copy.rev.unwrap_or(0);
            copy.kept.clear();
            if copy.is_asked() {
                copy.asked = Asked::Wanted;
            }
        }
    }

    /// Asks for the end of these, unless the client is careless, so that `is_sure` becomes true.
    pub(crate) fn make_sure(&mut self, conversations: &[Conversation]) {
        conversations.iter().for_each(|conversation| {
            let copy = self.copy(*conversation);
            copy.asked = if copy.is_asked() { Asked::YesAndWanted } else { Asked::Wanted };
        });
    }

    /// Whether all of these are held from their beginning to their end.
    pub(crate) fn is_sure(&self, conversations: &[Conversation]) -> bool {
        let sure = |copy: &Copy| copy.asked == Asked::Sure && copy.is_whole() && !copy.below;
        self.careless
            || conversations.iter().all(|conversation| self.held.get(conversation).is_some_and(sure))
    }

    /// The newest messages that are held of a conversation, the newest first.
    pub(crate) fn newest(&self, conversation: Conversation) -> impl Iterator<Item = &Row> {
        self.held.get(&conversation).into_iter().flat_map(|copy| copy.rows.values().rev())
    }
}

impl Copy {
    /// What lies below is not kept any more, or is not the user's: they were added again.
    fn begin_at(&mut self, first_seq: u64) {
        self.rows.retain(|seq, _| *seq >= first_seq);
        if self.rows.first_key_value().is_none_or(|(seq, _)| *seq <= first_seq) {
            self.below = false;
        }
    }

    fn is_whole(&self) -> bool {
        self.rev.is_some_and(|rev| rev >= self.known)
    }

    fn is_asked(&self) -> bool {
        matches!(self.asked, Asked::Yes | Asked::YesAndWanted)
    }

    /// What is to be asked now.
    fn ask(&self) -> Option<Ask> {
        if self.is_asked() {
            return None;
        }
        let Some(rev) = self.rev else { return Some(Ask::Newest) };
        let seq = self.rows.last_key_value().map_or(0, |(seq, _)| *seq);
        if self.asked == Asked::Wanted || self.known > rev {
            return Some(Ask::Changes { rev, seq });
        }
        let (first, _) = self.rows.first_key_value()?;
        self.below.then_some(Ask::Before(*first))
    }

    /// The rule for changes with a span.
    fn apply(&mut self, changes: Changes, careless: bool) -> Applied {
        if changes.reset {
            // The caller has dropped what was held. Without any messages the newest page is to be asked for.
            let begun = !changes.more;
            self.rev = begun.then_some(changes.rev);
            let shows = self.put(changes.messages);
            self.below = self.rows.first_key_value().is_some_and(|(seq, _)| *seq > changes.first_seq);
            return Applied { shows, holds: begun.then(|| (changes.rev, self.is_whole())) };
        }
        let held = self.rev.unwrap_or(0);
        if held >= changes.rev || (held < changes.from && !careless) {
            return Applied::default();
        }
        self.rev = Some(changes.rev);
        let first = self.rows.first_key_value().map_or(0, |(seq, _)| *seq);
        let below = self.below;
        let mut messages = changes.messages;
        messages.retain(|message| !below || message.seq >= first);
        let shows = self.put(messages);
        Applied { shows, holds: Some((changes.rev, self.is_whole() && !changes.more)) }
    }

    /// Puts rows in place of lower revs of themselves; those that did.
    fn put(&mut self, messages: Vec<Message>) -> Vec<Message> {
        let mut shows = messages;
        shows.retain(|message| {
            let newer = self.rows.get(&message.seq).is_none_or(|row| row.rev < message.rev);
            if newer {
                self.rows.insert(message.seq, Row::of(message));
            }
            newer
        });
        shows
    }
}

impl Row {
    fn of(message: &Message) -> Self {
        Self {
            seq: message.seq,
            rev: message.rev,
            sender: message.sender,
            id: message.client_message_id,
            verb: message.verb_id,
            is_stub: message.text.is_none(),
        }
    }
}
