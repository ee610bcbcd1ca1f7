//! The list: the conversations of one person, in pages, by name, or those that are named.
//!
//! The store knows their order and what of them is theirs; here is what may be asked, and what of it they may be shown now.

use std::sync::Arc;

use super::{Access, Speaker};
use crate::{
    dock::Docks,
    error::{Code, Refusal},
    fold::Words,
    id::{ConversationId, Kind},
    protocol::{Entry, Last},
    rights::Snapshot,
    store::{self, ListAsk, ListPage, Listed, Store},
};

/// Conversations in one answer, at most.
const PAGE_MOST: usize = 100;

/// Conversations that one question may name.
const NAMED_MOST: usize = 20;

/// Characters of a text that is looked for.
const TEXT_CHARS: usize = 100;

/// Characters of the last message that the list shows.
const LAST_CHARS: usize = 200;

/// Where a page has rooms that may not be read any more, it is filled up so many times; then it stays as long as it is.
const FILLED: usize = 4;

/// What is asked of a list, as its frame has it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// How many.
    pub limit: usize,
    /// As the last answer gave it.
    pub next: Option<String>,
    /// Only those with something unread.
    pub unread: Option<bool>,
    /// Only those that are archived.
    pub archived: Option<bool>,
    /// Only those whose name has this.
    pub text: Option<String>,
    /// Only these.
    pub conversations: Option<Vec<ConversationId>>,
}

impl Wanted {
    /// The rule of what may be asked.
    fn shaped(&self) -> Result<(), Refusal> {
        let refused = |why: &str| Err(Refusal::with(Code::BadFrame, why));
        if !(1..=PAGE_MOST).contains(&self.limit) {
            return refused("limit must be 1 to 100");
        }
        if self.text.as_ref().is_some_and(|text| text.chars().nth(TEXT_CHARS).is_some()) {
            return refused("text has at most 100 characters");
        }
        let Some(named) = &self.conversations else { return Ok(()) };
        if !(1..=NAMED_MOST).contains(&named.len()) {
            return refused("name 1 to 20 conversations");
        }
        let is_filtered = self.unread == Some(true) || self.archived == Some(true) || self.text.is_some();
        if self.next.is_some() || is_filtered {
            return refused("where conversations are named, leave out next, unread, archived and text");
        }
        Ok(())
    }
}

/// The lists, over what they are made of.
pub struct Lists {
    store: Arc<dyn Store>,
    access: Arc<Access>,
    docks: Arc<Docks>,
}

impl Lists {
    /// Over these parts.
    pub fn new(store: Arc<dyn Store>, access: Arc<Access>, docks: Arc<Docks>) -> Self {
        Self { store, access, docks }
    }

    /// What was asked for, and what to ask for the next page.
    pub async fn page(
        &self,
        speaker: Speaker,
        wanted: Wanted,
    ) -> Result<(Vec<Entry>, Option<String>), Refusal> {
        wanted.shaped()?;
        let me = self.access.live(speaker)?;
        let Speaker { site, user } = speaker;
        let shown = |listed: Vec<Listed>| listed.into_iter().filter_map(|one| self.entry(speaker, &me, one));
        if let Some(named) = &wanted.conversations {
            let listed = self.store.listed(site, user, named).await?;
            return Ok((shown(listed).collect(), None));
        }
        let mut ask = ListAsk {
            after: wanted.next.as_deref().and_then(|next| next.parse().ok()),
            limit: wanted.limit,
            unread: wanted.unread == Some(true),
            archived: wanted.archived == Some(true),
            words: wanted.text.as_deref().map(Words::of).unwrap_or_default(),
        };
        let mut entries = Vec::new();
        for _ in 0..FILLED {
            let ListPage { listed, next } = self.store.list(site, user, &ask).await?;
            entries.extend(shown(listed));
            (ask.after, ask.limit) = (next, wanted.limit - entries.len());
            if ask.after.is_none() || ask.limit == 0 {
                break;
            }
        }
        Ok((entries, ask.after.map(|next| next.to_string())))
    }

    fn entry(&self, speaker: Speaker, me: &Snapshot, listed: Listed) -> Option<Entry> {
        let Listed { window, last, archived } = listed;
        let window = self.docks.window(speaker, me, window)?;
        let last = last.map(|last| shown_last(last, window.kind));
        Some(Entry { window, last, archived })
    }
}

/// The last message as the list shows it: its beginning and, where there may be many, who wrote it.
fn shown_last(store::Last { seq, sender, name, sent_at, text }: store::Last, kind: Kind) -> Last {
    let end = text.char_indices().nth(LAST_CHARS).map(|(end, _)| end);
    let text = end.map_or_else(|| text.clone(), |end| text[..end].into());
    Last { seq, sender, name: (kind != Kind::Direct).then_some(name), sent_at, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Seq;

    #[test]
    fn what_may_be_asked() {
        let page = Wanted { limit: 20, ..Wanted::default() };
        let id: ConversationId = "2-3".parse().expect("a conversation");
        let named = |n| Wanted { conversations: Some(vec![id.clone(); n]), ..page.clone() };
        let text = |n| Wanted { text: Some("é".repeat(n)), ..page.clone() };
        for (wanted, fits) in [
            (page.clone(), true),
            (Wanted { limit: 0, ..page.clone() }, false),
            (Wanted { limit: 101, ..page.clone() }, false),
            (text(100), true),
            (text(101), false),
            (named(20), true),
            (named(21), false),
            (named(0), false),
            (Wanted { next: Some(String::new()), ..named(1) }, false),
            (Wanted { unread: Some(true), ..named(1) }, false),
            (Wanted { unread: Some(false), archived: Some(false), ..named(1) }, true),
            (Wanted { archived: Some(true), ..named(1) }, false),
            (Wanted { text: Some(String::new()), ..named(1) }, false),
        ] {
            assert_eq!(wanted.shaped().is_ok(), fits, "{wanted:?}");
        }
    }

    #[test]
    fn of_a_long_message_the_list_shows_the_beginning() {
        let sender = "3".parse().expect("a user");
        let last = |text: &str| store::Last {
            seq: Seq(1),
            sender,
            name: "Bruno".into(),
            sent_at: 1,
            text: text.into(),
        };
        let long = "👋".repeat(201);
        let shown = shown_last(last(&long), Kind::Group);
        assert_eq!((&*shown.text, shown.name.as_deref()), (&*"👋".repeat(200), Some("Bruno")));
        let shown = shown_last(last("short"), Kind::Direct);
        assert_eq!((&*shown.text, shown.name), ("short", None));
    }
}
