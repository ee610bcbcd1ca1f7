//! What was asked of the server, messages and verbs, and what the store must have of it.

use std::collections::{HashMap, HashSet};

use gchat_wire::Conversation;
use uuid::Uuid;

use super::{Judge, Rule};
use crate::history::{ClientId, Event, Said, What};

/// A message or a verb from its invoke on.
pub(super) struct Asked {
    client: ClientId,
    pub(super) line: usize,
    act: Act,
    /// As this number.
    acked: Option<u64>,
    refused: bool,
}

/// What was asked for. Texts are hashes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Send { text: u64 },
    Edit { message: Uuid, text: u64 },
    Delete { message: Uuid },
}

impl Act {
    fn of_verb(message: Uuid, text: Option<u64>) -> Self {
        text.map_or(Self::Delete { message }, |text| Self::Edit { message, text })
    }

    /// Whether this verb, called `id`, or a later one shows in the row of its message.
    fn stands(self, id: Uuid, row: &Said) -> bool {
        match self {
            Self::Send { .. } => true,
            Self::Edit { .. } => row.text.is_none() || row.verb >= Some(id),
            Self::Delete { .. } => row.text.is_none(),
        }
    }
}

/// Ids of messages and verbs that were acknowledged and do not show in these rows.
pub fn unkept<'a>(history: &[Event], rows: impl Iterator<Item = &'a Said>) -> Vec<Uuid> {
    let rows: HashMap<Uuid, &Said> = rows.filter_map(|row| Some((row.id?, row))).collect();
    let mut verbs = HashMap::new();
    let mut acked = HashSet::new();
    for event in history {
        match event.what {
            What::Verb { id, message, text, .. } => {
                verbs.insert(id, (message, Act::of_verb(message, text)));
            }
            What::Ack { id, .. } => drop(acked.insert(id)),
            _ => {}
        }
    }
    let is_kept = |id: &Uuid| match verbs.get(id) {
        Some((message, act)) => rows.get(message).is_some_and(|row| act.stands(*id, row)),
        None => rows.contains_key(id),
    };
    acked.into_iter().filter(|id| !is_kept(id)).collect()
}

impl Judge {
    pub(super) fn invoke(
        &mut self,
        line: usize,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        text: u64,
        reply_to: Option<u64>,
    ) {
        *self.count.entry(conversation).or_default() += 1;
        let act = Act::Send { text };
        self.asked.insert(id, Asked { client, line, act, acked: None, refused: false });
        let Some(place) = self.store.place(id) else { return };
        let stored = place.message;
        let user = self.users.get(&client).copied();
        let as_written = stored.verb.is_some() || stored.text.is_none_or(|stored| stored == text);
        let here =
            (place.conversation, Some(stored.sender), stored.reply_to) == (conversation, user, reply_to);
        if !(as_written && here) {
            let what = format!("{id} of client {client} is stored as another message: {place}");
            self.verdict.fault(Rule::Differs, line, what);
        }
        let sent = self.sent.entry((client, conversation)).or_default();
        if stored.seq <= *sent {
            let what =
                format!("{id} was written after the message that is {sent} of {conversation}: {place}");
            self.verdict.fault(Rule::Reordered, line, what);
        }
        *sent = stored.seq.max(*sent);
    }

    pub(super) fn verb(
        &mut self,
        line: usize,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        message: Uuid,
        text: Option<u64>,
    ) {
        let act = Act::of_verb(message, text);
        self.asked.insert(id, Asked { client, line, act, acked: None, refused: false });
        self.verbs.entry(message).or_default().push(id);
        *self.changes.entry(conversation).or_default() += 1;
    }

    pub(super) fn ack(
        &mut self,
        line: usize,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        seq: u64,
    ) {
        let Some(asked) = self.asked.get_mut(&id).filter(|asked| asked.client == client) else {
            let what = format!("an ack for {id}, which client {client} has not written");
            return self.verdict.fault(Rule::Stranger, line, what);
        };
        if asked.refused {
            self.verdict.fault(Rule::Contradiction, line, format!("{id} was refused before it was acked"));
        }
        let (message, is_verb) = match asked.act {
            Act::Send { .. } => (id, false),
            Act::Edit { message, .. } | Act::Delete { message } => (message, true),
        };
        let place = self.store.place(message);
        let is_first = asked.acked.is_none();
        match (is_first, is_verb) {
            (true, true) => self.verdict.verbs += 1,
            (true, false) => self.verdict.acked += 1,
            (false, true) => {}
            (false, false) => {
                let changed =
                    place.as_ref().is_some_and(|p| p.message.text.is_none() || p.message.verb.is_some());
                self.verdict.repeated += u64::from(changed);
            }
        }
        let first = *asked.acked.get_or_insert(seq);
        if first != seq {
            let what = format!("{id} was acked as {first} and then as {seq}");
            self.verdict.fault(Rule::Differs, line, what);
        } else if let Some(place) = place {
            if (place.conversation, place.message.seq) != (conversation, seq) {
                let what = format!("{id} was acked as {seq} of {conversation}, and is {place}");
                self.verdict.fault(Rule::Differs, line, what);
            }
            if is_first && !asked.act.stands(id, place.message) {
                let what = format!("{:?} {id} was acked, and is not in {place}", asked.act);
                self.verdict.fault(Rule::Undone, line, what);
            }
        } else {
            let rule = if is_verb { Rule::Undone } else { Rule::Lost };
            let what = format!("{id} was acked as {seq} of {conversation}, and is not in the store");
            self.verdict.fault(rule, line, what);
        }
    }

    pub(super) fn refusal(&mut self, line: usize, client: ClientId, id: Uuid, code: &str) {
        let Some(asked) = self.asked.get_mut(&id).filter(|asked| asked.client == client) else {
            let what = format!("a refusal of {id}, which client {client} has not written");
            return self.verdict.fault(Rule::Stranger, line, what);
        };
        self.verdict.refused += u64::from(!asked.refused);
        asked.refused = true;
        if self.store.place(id).is_some() || self.store.has_verb(id) || asked.acked.is_some() {
            let what = format!("{id} was refused ({code}), and was committed all the same");
            self.verdict.fault(Rule::Contradiction, line, what);
        }
    }

    /// Whether somebody has asked for what a row says, and was not refused so far: its text as it was written or edited,
    /// or its deletion.
    pub(super) fn is_asked_for(&self, row: &Said) -> bool {
        let Some(id) = row.id else { return row.text.is_none() };
        let is =
            |id: &Uuid, act: Act| self.asked.get(id).is_some_and(|asked| !asked.refused && asked.act == act);
        match (row.text, row.verb) {
            (None, _) => {
                let mut verbs = self.verbs.get(&id).into_iter().flatten();
                verbs.any(|verb| is(verb, Act::Delete { message: id }))
            }
            (Some(text), None) => is(&id, Act::Send { text }),
            (Some(text), Some(verb)) => is(&verb, Act::Edit { message: id, text }),
        }
    }

    /// When what a row says was asked for: the line of its message, or of its edit.
    pub(super) fn asked_at(&self, row: &Said) -> Option<usize> {
        let line = |id: Option<Uuid>| Some(self.asked.get(&id?)?.line);
        line(row.id).max(line(row.verb))
    }

    pub(super) fn end_of_asked(&mut self) {
        let mut strangers = Vec::new();
        for place in self.store.messages() {
            let Some(id) = place.message.id else { continue };
            let is_written = self.asked.get(&id).is_some_and(|asked| matches!(asked.act, Act::Send { .. }));
            if !is_written {
                strangers.push(format!("nobody has written what is {place}"));
            } else if (place.message.verb.is_some() || place.message.text.is_none())
                && !self.is_asked_for(place.message)
            {
                strangers.push(format!("nobody has asked for what has become of {place}"));
            }
        }
        strangers.into_iter().for_each(|what| self.verdict.fault(Rule::Stranger, 0, what));
        for (conversation, rev, messages) in self.store.revs() {
            let verbs = self.changes.get(&conversation).copied().unwrap_or(0);
            if rev > messages + verbs {
                let what = format!(
                    "{conversation} has rev {rev}, with {messages} messages and {verbs} edits and deletions ever asked for"
                );
                self.verdict.fault(Rule::SkippedRev, 0, what);
            }
        }
    }
}
