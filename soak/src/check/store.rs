//! The store as the last honest reader found it, and the rules that it must obey by itself.

use std::{
    collections::{BTreeMap, HashMap},
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
}

/// A message and where it is.
pub(super) struct Place<'a> {
    pub(super) conversation: Conversation,
    pub(super) message: &'a Said,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { seq, sender, id, .. } = self.message;
        write!(f, "{seq} of {} by {sender}", self.conversation)?;
        id.map_or(Ok(()), |id| write!(f, " ({id})"))
    }
}

impl Store {
    /// Gathers what the reader found, and judges it.
    pub(super) fn of(history: &[Event], verdict: &mut Verdict) -> Self {
        let mut store = Self::default();
        let mut texts: HashMap<(u64, u64), (Conversation, u64)> = HashMap::new();
        for (n, event) in history.iter().enumerate() {
            let What::Stored { conversation, message } = &event.what else { continue };
            let line = n + 1;
            verdict.stored += 1;
            let messages = store.conversations.entry(*conversation).or_default();
            let expected = messages.last().map_or(1, |last| last.seq + 1);
            if message.seq != expected {
                let what = format!("{} of {conversation} comes where {expected} should be", message.seq);
                verdict.fault(Rule::StoreGap, line, what);
            }
            messages.push(*message);
            let Some(id) = message.id else { continue };
            let here = (*conversation, message.seq);
            let before = texts.insert((message.sender, message.text), here);
            let twin = store.ids.insert(id, (*conversation, messages.len() - 1));
            if before.is_some() || twin.is_some() {
                let at = before.map_or_else(|| "elsewhere".into(), |(c, seq)| format!("{seq} of {c}"));
                let what = format!("{} of {conversation} ({id}) is stored as {at} too", message.seq);
                verdict.fault(Rule::Doubled, line, what);
            }
        }
        store
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

    pub(super) fn heads(&self) -> impl Iterator<Item = (Conversation, u64)> + '_ {
        self.conversations.keys().map(|conversation| (*conversation, self.head(*conversation)))
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = Place<'_>> {
        self.conversations.iter().flat_map(|(conversation, messages)| {
            messages.iter().map(|message| Place { conversation: *conversation, message })
        })
    }
}
