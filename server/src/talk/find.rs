//! Messages by what was written in them: in all that one person reads, or in one conversation.
//!
//! The store knows what has which words; here is what may be asked, which rooms are theirs to read now, and what of a
//! message is shown.

use std::{collections::HashMap, sync::Arc};

use super::{Access, Speaker, Talk};
use crate::{
    error::{Code, Refusal},
    id::{ConversationId, Seq},
    protocol::FoundMessage,
    store::{self, FindAsk, FindPage},
    terms::Sought,
};

/// Messages in one answer, at most.
const PAGE_MOST: usize = 50;

/// Characters of a text that is looked for.
const TEXT_CHARS: usize = 100;

/// Characters of a message that are shown, and how many of them before what was found: a row of a list shows forty or so.
const SHOWN_CHARS: usize = 200;
const BEFORE_CHARS: usize = 20;

/// Stands where a message goes on.
const MORE: char = '…';

/// What is asked, as its frame has it.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// What is looked for.
    pub text: String,
    /// Only there.
    pub conversation: Option<ConversationId>,
    /// As the last answer gave it.
    pub next: Option<String>,
    /// How many.
    pub limit: usize,
}

impl Talk {
    /// What was found, the newest first, and what to ask for the next page.
    pub async fn find(
        &self,
        speaker: Speaker,
        find: Find,
    ) -> Result<(Vec<FoundMessage>, Option<String>), Refusal> {
        let Find { text, conversation, next, limit } = find;
        if !(1..=PAGE_MOST).contains(&limit) || text.chars().nth(TEXT_CHARS).is_some() {
            return Err(Refusal::with(
                Code::BadFrame,
                "limit must be 1 to 50, and text at most 100 characters",
            ));
        }
        if let Some(conversation) = &conversation {
            self.access.may_read(speaker, conversation).await?;
        }
        let me = self.access.live(speaker)?;
        let sought = Sought::of(&text);
        let rooms: HashMap<ConversationId, Arc<str>> = match &conversation {
            Some(one) if !Access::is_room(one) => HashMap::new(),
            _ => self.titles_of_rooms(speaker).await?,
        };
        let ask = FindAsk {
            sought: sought.clone(),
            only: conversation,
            rooms: rooms.keys().cloned().collect(),
            without: me.blocked.to_vec(),
            before: next.as_deref().and_then(place),
            limit,
        };
        let Speaker { site, user } = speaker;
        let FindPage { found, next } = self.store.find(site, user, &ask).await?;
        let found = found.into_iter().map(|found| shown(found, &sought, &rooms)).collect();
        Ok((found, next.map(|(conversation, Seq(seq))| format!("{seq}.{conversation}"))))
    }
}

/// The inverse of an answer's `next`; nothing for what that never is: then it begins anew.
fn place(next: &str) -> Option<(ConversationId, Seq)> {
    let (seq, conversation) = next.split_once('.')?;
    Some((conversation.parse().ok()?, Seq(seq.parse().ok().filter(|seq| *seq > 0)?)))
}

fn shown(
    found: store::FoundMessage,
    sought: &Sought,
    rooms: &HashMap<ConversationId, Arc<str>>,
) -> FoundMessage {
    let store::FoundMessage { conversation, title, seq, sender, name, sent_at, text } = found;
    let title = title.or_else(|| rooms.get(&conversation).cloned()).unwrap_or_default();
    let text = around(&text, sought.first_in(&text).unwrap_or(0)).into();
    FoundMessage { conversation, title, seq, sender, name, sent_at, text }
}

/// What of a text is shown where what was found begins at this byte.
fn around(text: &str, at: usize) -> String {
    let fits = text.chars().nth(SHOWN_CHARS).is_none();
    let begin = match text[..at].char_indices().rev().nth(BEFORE_CHARS - 1) {
        Some((begin, _)) if !fits => begin,
        _ => 0,
    };
    // Not in the middle of a word, where there is another one before what was found.
    let begin = match text[begin..at].find(char::is_whitespace) {
        Some(space) if begin > 0 => begin + space,
        _ => begin,
    };
    let rest = text[begin..].trim_start();
    let end = rest.char_indices().nth(SHOWN_CHARS).map(|(end, _)| end);
    let mut shown = String::new();
    if begin > 0 {
        shown.push(MORE);
    }
    shown.push_str(&rest[..end.unwrap_or(rest.len())]);
    if end.is_some() {
        shown.push(MORE);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text_and_nothing_else_is_one() {
        let room: ConversationId = "r-c.7~a".parse().expect("a conversation");
        assert_eq!(place("12.r-c.7~a"), Some((room, Seq(12))));
        for text in ["", "12", "12.", "0.2-3", "-1.2-3", "x.2-3", "1.3-2"] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_long_message_is_shown_what_stands_around() {
        assert_eq!(around("short", 2), "short");
        let long = format!("{}needle {}", "before ".repeat(50), "after ".repeat(50));
        let shown = around(&long, long.find("needle").expect("it is there"));
        assert!(shown.starts_with("…before before ") && shown.ends_with('…'), "{shown}");
        assert!(shown.contains("before needle after"), "{shown}");
        assert_eq!(shown.chars().count(), SHOWN_CHARS + 2);
        let row = "字".repeat(500);
        let shown = around(&row, "字".len() * 300);
        assert_eq!(shown.chars().count(), SHOWN_CHARS + 2, "{shown}");
        assert!(around(&row, "字".len() * 490).ends_with('字'));
    }
}
