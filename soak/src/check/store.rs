//! The store as the last honest reader found it, and the rules that it must obey by itself.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use gchat_wire::Conversation;
use uuid::Uuid;

use super::{Rule, Verdict};
use crate::history::{Event, Said, What};

/// What is stored, by place and by id.
#[derive(Default)]
pub(super) struct Store {
    conversations: BTreeMap<Conversation, Vec<Said>>,
    ids: HashMap<Uuid, (Conversation, usize)>,
    /// The edits that rows have.
    verbs: HashSet<Uuid>,
    /// Messages that somebody has reacted to, or taken that back.
    reacted: HashSet<Uuid>,
    /// Places in `conversations` by rev.
    by_rev: HashMap<Conversation, BTreeMap<u64, usize>>,
    heads: BTreeMap<Conversation, u64>,
}

/// A message and where it is.
pub(super) struct Place<'a> {
    pub(super) conversation: Conversation,
    pub(super) message: &'a Said,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { seq, rev, sender, id, .. } = self.message;
        write!(f, "{seq} of {} by {sender} at {rev}", self.conversation)?;
        id.map_or(Ok(()), |id| write!(f, " ({id})"))
    }
}

impl Store {
    /// Gathers what the reader found, and judges it.
    pub(super) fn of(history: &[Event], verdict: &mut Verdict) -> Self {
        let mut store = Self::default();
        let mut texts: HashMap<(u64, u64), (Conversation, u64)> = HashMap::new();
        let reacted = |event: &Event| match event.what {
            What::React { message, .. } => Some(message),
            _ => None,
        };
        store.reacted = history.iter().filter_map(reacted).collect();
        for (n, event) in history.iter().enumerate() {
            let (conversation, message) = match &event.what {
                What::Stored { conversation, message, .. } => (conversation, message),
                What::Head { conversation, rev } => {
                    store.heads.insert(*conversation, *rev);
                    continue;
                }
                _ => continue,
            };
            let line = n + 1;
            verdict.stored += 1;
            store.place_row(line, *conversation, message, verdict);
            let (Some(id), here) = (message.id, (*conversation, message.seq)) else { continue };
            store.verbs.extend(message.verb);
            let at = store.conversations.get(conversation).map_or(0, |messages| messages.len() - 1);
            let before = message.text.and_then(|text| texts.insert((message.sender, text), here));
            let twin = store.ids.insert(id, (*conversation, at));
            if before.is_some() || twin.is_some() {
                let at = before.map_or_else(|| "elsewhere".into(), |(c, seq)| format!("{seq} of {c}"));
                let what = format!("{} of {conversation} ({id}) is stored as {at} too", message.seq);
                verdict.fault(Rule::Doubled, line, what);
            }
        }
        for (conversation, head) in &store.heads {
            let last = store.by_rev.get(conversation).and_then(|revs| revs.last_key_value());
            let last = last.map_or(0, |(rev, _)| *rev);
            if last != *head {
                let what = format!("{conversation} has rev {head}, and the last row that changed has {last}");
                verdict.fault(Rule::SkippedRev, 0, what);
            }
        }
        store
    }

    /// A row behind those before it, in its seq and, as long as it is as it was written, in its rev.
    fn place_row(&mut self, line: usize, conversation: Conversation, row: &Said, verdict: &mut Verdict) {
        let messages = self.conversations.entry(conversation).or_default();
        let expected = messages.last().map_or(1, |last| last.seq + 1);
        if row.seq != expected {
            let what = format!("{} of {conversation} comes where {expected} should be", row.seq);
            verdict.fault(Rule::StoreGap, line, what);
        }
        let is_untouched = |row: &Said| row.text.is_some() && row.verb.is_none() || row.happened().is_some();
        let is_as_written =
            |row: &Said| is_untouched(row) && row.id.is_none_or(|id| !self.reacted.contains(&id));
        if let Some(last) = messages.last()
            && is_as_written(row)
            && is_as_written(last)
            && row.rev < last.rev
        {
            let what = format!("{} of {conversation} has rev {}, after {}", row.seq, row.rev, last.rev);
            verdict.fault(Rule::Reordered, line, what);
        }
        let twin = self.by_rev.entry(conversation).or_default().insert(row.rev, messages.len());
        messages.push(row.clone());
        if let Some(twin) = twin.and_then(|at| messages.get(at)) {
            let what = format!("{} and {} of {conversation} both have rev {}", twin.seq, row.seq, row.rev);
            verdict.fault(Rule::SkippedRev, line, what);
        }
    }

    pub(super) fn place(&self, id: Uuid) -> Option<Place<'_>> {
        let (conversation, at) = *self.ids.get(&id)?;
        Some(Place { conversation, message: self.conversations.get(&conversation)?.get(at)? })
    }

    /// By number: found at its place, or wherever a gap has moved it.
    pub(super) fn at(&self, conversation: Conversation, seq: u64) -> Option<&Said> {
        let messages = self.conversations.get(&conversation)?;
        let found = messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
        messages.get(found)
    }

    pub(super) fn head(&self, conversation: Conversation) -> u64 {
        self.conversations.get(&conversation).and_then(|messages| messages.last()).map_or(0, |m| m.seq)
    }

    pub(super) fn rev(&self, conversation: Conversation) -> u64 {
        self.heads.get(&conversation).copied().unwrap_or(0)
    }

    pub(super) fn has_verb(&self, id: Uuid) -> bool {
        self.verbs.contains(&id)
    }

    /// The rows of each conversation.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Conversation, &[Said])> {
        self.conversations.iter().map(|(conversation, messages)| (*conversation, &messages[..]))
    }

    /// Of each conversation the rev, and how many messages it has.
    pub(super) fn revs(&self) -> impl Iterator<Item = (Conversation, u64, u64)> {
        self.heads.iter().map(|(conversation, rev)| {
            let messages = self.conversations.get(conversation).map_or(0, Vec::len);
            (*conversation, *rev, messages as u64)
        })
    }

    /// The rows that have one of the revs after `from`, up to `to`.
    pub(super) fn changed(
        &self,
        conversation: Conversation,
        from: u64,
        to: u64,
    ) -> impl Iterator<Item = &Said> {
        let messages = self.conversations.get(&conversation);
        let revs = self.by_rev.get(&conversation).filter(|_| from < to);
        let places = revs.into_iter().flat_map(move |revs| revs.range(from + 1..=to));
        places.filter_map(move |(_, at)| messages?.get(*at))
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = Place<'_>> {
        self.conversations.iter().flat_map(|(conversation, messages)| {
            messages.iter().map(|message| Place { conversation: *conversation, message })
        })
    }
}
