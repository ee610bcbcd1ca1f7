//! What was asked of the server, messages and verbs, and what the store must have of it.

use std::collections::{HashMap, HashSet};

use gchat_wire::Conversation;
use uuid::Uuid;

use super::{Judge, Rule, reactions};
use crate::history::{ClientId, Event, Happened, Said, What, Wish};

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
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Send { text: u64 },
    Edit { message: Uuid, text: u64 },
    Delete { message: Uuid },
    React { message: Uuid },
    Wish(Wish),
}

impl Asked {
    pub(super) fn is_acked(&self) -> bool {
        self.acked.is_some()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }
}

impl Act {
    fn of_verb(message: Uuid, text: Option<u64>) -> Self {
        text.map_or(Self::Delete { message }, |text| Self::Edit { message, text })
    }

    /// Whether this verb, called `id`, or a later one shows in the row of its message.
    fn stands(&self, id: Uuid, row: &Said) -> bool {
        match self {
            // Reactions are looked at in the end.
            Self::Send { .. } | Self::React { .. } | Self::Wish(_) => true,
            Self::Edit { .. } => row.text.is_none() || row.verb >= Some(id),
            Self::Delete { .. } => row.text.is_none(),
        }
    }
}

/// Whether a system message tells of what was wished for. Some of those who were to be added may have been in the group.
fn tells_of(wish: &Wish, asker: u64, happened: &Happened) -> bool {
    match (wish, happened) {
        (Wish::Make { title, users }, Happened::Made { title: told, users: with }) => {
            title == told && users == with
        }
        (Wish::Add(users), Happened::Added(told)) => {
            let mut asked = users.iter();
            told.iter().all(|user| asked.any(|asked| asked == user))
        }
        (Wish::Remove(user), Happened::Removed(told)) => *user != asker && told == &[*user],
        (Wish::Remove(user), Happened::Left) => *user == asker,
        (Wish::Rename(title), Happened::Renamed(told)) => title == told,
        (Wish::Announce(on), Happened::Announcements(told)) => on == told,
        _ => false,
    }
}

/// Ids of messages and verbs that were acknowledged and do not show in these rows. What had no effect in a group, because
/// it was so already, shows nowhere: there only the making of one is looked for.
/// Counted are acks among the first `before` events; those who asked may have asked for more while the rows were read.
pub fn unkept<'a>(history: &[Event], before: usize, rows: impl Iterator<Item = &'a Said>) -> Vec<Uuid> {
    let rows: HashMap<Uuid, &Said> = rows.filter_map(|row| Some((row.id?, row))).collect();
    let (mut users, mut reacts) = (HashMap::new(), reactions::Reactions::default());
    let (mut verbs, mut by) = (HashMap::new(), HashMap::new());
    let mut acked = HashSet::new();
    for (at, event) in history.iter().enumerate() {
        match &event.what {
            What::Client { user } => drop(users.insert(event.client, *user)),
            What::Verb { id, message, text, .. } => {
                verbs.insert(*id, Act::of_verb(*message, *text));
            }
            What::React { id, message, emoji, .. } => {
                let user = users.get(&event.client).copied().unwrap_or(0);
                reacts.ask(*message, user, *id, emoji);
                by.insert(*id, user);
                verbs.insert(*id, Act::React { message: *message });
            }
            What::Wish { id, wish, .. } => drop(verbs.insert(*id, Act::Wish(wish.clone()))),
            What::Ack { id, .. } if at < before => drop(acked.insert(*id)),
            _ => {}
        }
    }
    let is_kept = |id: &Uuid| match verbs.get(id) {
        Some(Act::React { message }) => rows.get(message).is_some_and(|row| {
            let user = by.get(id).copied().unwrap_or(0);
            let (shown, whole) = reactions::shown(row, user);
            row.text.is_none() || !whole || reacts.may_follow(*message, user, *id, &shown)
        }),
        Some(act @ (Act::Edit { message, .. } | Act::Delete { message })) => {
            rows.get(message).is_some_and(|row| act.stands(*id, row))
        }
        Some(Act::Wish(wish)) => !matches!(wish, Wish::Make { .. }) || rows.contains_key(id),
        Some(Act::Send { .. }) | None => rows.contains_key(id),
    };
    acked.into_iter().filter(|id| !is_kept(id)).collect()
}

impl Judge {
    /// Something new, without an answer so far.
    pub(super) fn ask(&mut self, line: usize, client: ClientId, id: Uuid, act: Act) {
        self.asked.insert(id, Asked { client, line, act, acked: None, refused: false });
    }

    pub(super) fn invoke(
        &mut self,
        line: usize,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        (text, reply_to, mentions): (u64, Option<u64>, &[u64]),
    ) {
        *self.count.entry(conversation).or_default() += 1;
        self.ask(line, client, id, Act::Send { text });
        let Some(place) = self.store.place(id) else { return };
        let stored = place.message;
        let user = self.users.get(&client).copied();
        if stored.text.is_some() && !self.mentions_fit(conversation, stored.sender, mentions, stored) {
            let what = format!("{id} was to mention {mentions:?}: {stored:?}");
            self.verdict.fault(Rule::Mentions, line, what);
        }
        let Some(place) = self.store.place(id) else { return };
        let as_written = stored.verb.is_some() || stored.text.is_none_or(|stored| stored == text);
        let here =
            (place.conversation, Some(stored.sender), stored.reply_to) == (conversation, user, reply_to);
        if !(as_written && here) {
            let what = format!("{id} of client {client} is stored as another message: {place}");
            self.verdict.fault(Rule::Differs, line, what);
        }
        self.in_order(line, client, id, conversation);
    }

    /// What is asked for in a group is a message of it, if it happens.
    pub(super) fn wish(
        &mut self,
        line: usize,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        wish: &Wish,
    ) {
        *self.count.entry(conversation).or_default() += 1;
        self.ask(line, client, id, Act::Wish(wish.clone()));
        self.in_order(line, client, id, conversation);
    }

    /// Each client's are stored in the order in which they were written.
    fn in_order(&mut self, line: usize, client: ClientId, id: Uuid, conversation: Conversation) {
        let Some(place) = self.store.place(id) else { return };
        let stored = place.message;
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
        self.ask(line, client, id, Act::of_verb(message, text));
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
        mine: Option<&[String]>,
    ) {
        let user = self.users.get(&client).copied().unwrap_or(0);
        let Some(asked) = self.asked.get_mut(&id).filter(|asked| asked.client == client) else {
            let what = format!("an ack for {id}, which client {client} has not written");
            return self.verdict.fault(Rule::Stranger, line, what);
        };
        if asked.refused {
            self.verdict.fault(Rule::Contradiction, line, format!("{id} was refused before it was acked"));
        }
        let (message, is_verb) = match asked.act {
            Act::Send { .. } => (id, false),
            Act::Edit { message, .. } | Act::Delete { message } | Act::React { message } => (message, true),
            Act::Wish(_) => (id, true),
        };
        let place = self.store.place(message);
        let is_first = asked.acked.is_none();
        match (is_first, &asked.act) {
            (true, Act::Send { .. }) => self.verdict.acked += 1,
            (true, Act::Edit { .. } | Act::Delete { .. }) => self.verdict.verbs += 1,
            (true, Act::React { .. }) => self.verdict.reactions += 1,
            (true, Act::Wish(_)) => self.verdict.wishes += 1,
            (false, act) if !matches!(act, Act::Send { .. }) => {}
            (false, _) => {
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
            let mine =
                mine.filter(|_| place.message.text.is_some()).map(|mine| mine.iter().cloned().collect());
            if let (Act::React { .. }, Some(mine)) = (&asked.act, &mine)
                && !self.reactions.may_follow(message, user, id, mine)
            {
                let what = format!("{id} was acked, and {user}'s reactions are {mine:?} at {place}");
                self.verdict.fault(Rule::Reaction, line, what);
            }
        } else if let Act::Wish(wish) = &asked.act
            && self.groups.is_so(conversation, seq, user, wish)
        {
            // It was so already.
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
        if let Some(happened) = row.happened() {
            return self.asked.get(&id).is_some_and(
                |asked| matches!(&asked.act, Act::Wish(wish) if tells_of(wish, row.sender, happened)),
            );
        }
        if !self.reactions.are_asked_for(row) {
            return false;
        }
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
            let asked = self.asked.get(&id);
            let is_written = match place.message.happened() {
                None => asked.is_some_and(|asked| matches!(asked.act, Act::Send { .. })),
                Some(_) => {
                    let user = asked.and_then(|asked| self.users.get(&asked.client));
                    user == Some(&place.message.sender) && self.is_asked_for(place.message)
                }
            };
            let is_changed = place.message.verb.is_some() || place.message.text.is_none();
            if !is_written {
                strangers.push(format!("nobody has written what is {place}"));
            } else if (is_changed || !place.message.reactions().is_empty())
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
                    "{conversation} has rev {rev}, with {messages} messages and {verbs} verbs on them ever asked for"
                );
                self.verdict.fault(Rule::SkippedRev, 0, what);
            }
        }
    }
}
