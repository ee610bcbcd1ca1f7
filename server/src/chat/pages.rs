//! Old messages on their way to a client: pages of history, and gaps of those who come back. Bounded in messages and in
//! bytes, whatever others have written.

use super::{Chat, Speaker};
use crate::{
    error::{Code, Refusal},
    protocol::{CursorEntry, Gap, Message},
    store::{Head, Page},
};

/// Bytes of messages, as JSON, in one answer of `history`, and in all gaps of one `welcome` (protocol/README.md,
/// "Limits"). One message always fits.
pub const PAGE_BYTES: usize = 262_144;

/// Messages that ride in `welcome` for one conversation, and for all of them together.
const GAP_EACH: i64 = 50;
const GAP_ALL: usize = 200;

/// Bytes of a message's JSON besides its text, at most.
const MESSAGE_JSON: usize = 200;

/// A page of one conversation, and what it is a part of.
pub struct Found {
    /// The conversation's head.
    pub head: Head,
    /// Ascending.
    pub messages: Vec<Message>,
    /// There is more in the direction that was asked.
    pub more: bool,
}

impl Chat {
    /// A page of one of the speaker's conversations.
    pub async fn history(
        &self,
        speaker: Speaker,
        conversation: crate::id::ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<Found, Refusal> {
        conversation.other(speaker.user).ok_or(Code::NotFound)?;
        if !(1..=self.history_page).contains(&limit) {
            let detail = format!("limit must be 1 to {}", self.history_page);
            return Err(Refusal::with(Code::BadFrame, detail));
        }
        let (head, messages) = self.store.history(speaker.site, conversation, page, limit).await?;
        let mut messages: Vec<Message> = messages.into_iter().map(Into::into).collect();
        cut(&mut messages, page, PAGE_BYTES);
        let more = match page {
            Page::After(_) => messages.last().is_some_and(|last| last.seq < head.seq),
            Page::Newest | Page::Before(_) => {
                messages.first().is_some_and(|first| first.seq > head.first_seq)
            }
        };
        Ok(Found { head, messages, more })
    }

    /// What a returning client missed, by its cursor and the heads now, with at most so many bytes of messages.
    /// `same_epoch`: the copy is of this store.
    pub async fn gaps(
        &self,
        speaker: Speaker,
        cursor: &[CursorEntry],
        heads: &[Option<Head>],
        same_epoch: bool,
        mut bytes: usize,
    ) -> Result<Vec<Gap>, Refusal> {
        let mut gaps = Vec::new();
        let mut room = GAP_ALL;
        for (entry, head) in cursor.iter().zip(heads) {
            if entry.conversation.other(speaker.user).is_none() {
                continue;
            }
            let head = head.unwrap_or_default();
            let ahead = entry.seq > head.seq || entry.rev > head.rev;
            let reset =
                !same_epoch || ahead || entry.rev < head.reset_rev || entry.seq.0 + 1 < head.first_seq.0;
            if !reset && entry.seq == head.seq && entry.rev == head.rev {
                continue;
            }
            let page = if reset { Page::Newest } else { Page::After(entry.seq) };
            let limit = GAP_EACH.min(i64::try_from(room).unwrap_or(GAP_EACH));
            let (head, messages) = if limit > 0 && bytes > 0 {
                self.store.history(speaker.site, entry.conversation, page, limit).await?
            } else {
                (head, Vec::new())
            };
            let mut messages: Vec<Message> = messages.into_iter().map(Into::into).collect();
            // What does not fit ends all of it: a small conversation behind a large one is as well asked for.
            let whole = messages.len();
            bytes = bytes.saturating_sub(cut(&mut messages, page, bytes));
            if messages.len() < whole {
                bytes = 0;
            }
            room = room.saturating_sub(messages.len());
            let last = messages.last().map_or(entry.seq, |m| m.seq);
            let more =
                if reset { messages.is_empty() && head.seq >= head.first_seq } else { last < head.seq };
            gaps.push(Gap {
                conversation: entry.conversation,
                reset,
                first_seq: head.first_seq,
                seq: head.seq,
                rev: head.rev,
                messages,
                more,
            });
        }
        Ok(gaps)
    }
}

/// Leaves what fits into so many bytes of JSON: of those asked for after a seq the first, else the last. Returns the
/// bytes of what is left.
fn cut(messages: &mut Vec<Message>, page: Page, most: usize) -> usize {
    let mut bytes = 0;
    let mut fits = |message: &Message| {
        let whole = bytes + MESSAGE_JSON + message.text.as_deref().map_or(0, json_bytes);
        let fits = whole <= most;
        if fits {
            bytes = whole;
        }
        fits
    };
    if let Page::After(_) = page {
        let count = messages.iter().take_while(|message| fits(message)).count();
        messages.truncate(count);
    } else {
        let count = messages.iter().rev().take_while(|message| fits(message)).count();
        messages.drain(..messages.len() - count);
    }
    bytes
}

/// Bytes of a text inside JSON's quotes, as serde_json writes it.
fn json_bytes(text: &str) -> usize {
    let each = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(each).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::MESSAGE_CHARS,
        id::{Rev, Seq},
    };

    fn message(seq: i64, text: &str) -> Message {
        Message {
            seq: Seq(seq),
            rev: Rev(seq),
            sender: "9007199254740991".parse().expect("a user"),
            client_message_id: Some(crate::id::ClientMessageId(uuid::Uuid::now_v7())),
            text: Some(text.into()),
            sent_at: i64::MAX,
        }
    }

    #[test]
    fn bytes_are_counted_as_they_are_written() {
        for text in ["", "plain", "\"\\\n\r\t\u{8}\u{c}", "\u{1}\u{1f}\u{7f}", "Olá 👋 <b>/"] {
            let written = serde_json::to_string(text).expect("a text");
            assert_eq!(json_bytes(text) + 2, written.len(), "{text:?}");
        }
        let around = serde_json::to_string(&message(i64::MAX, "")).expect("a message").len();
        assert!(around <= MESSAGE_JSON, "{around}");
        const { assert!(MESSAGE_JSON + 6 * MESSAGE_CHARS <= PAGE_BYTES, "one always fits") };
    }

    #[test]
    fn what_is_cut_is_what_lies_farthest_from_what_was_asked() {
        let all: Vec<Message> = (1..=9).map(|seq| message(seq, "12345")).collect();
        let left = |page, most| {
            let mut messages = all.clone();
            let bytes = cut(&mut messages, page, most);
            assert!(bytes <= most);
            messages.iter().map(|message| message.seq.0).collect::<Vec<_>>()
        };
        assert_eq!(left(Page::After(Seq(0)), 3 * (MESSAGE_JSON + 5)), [1, 2, 3]);
        assert_eq!(left(Page::Newest, 3 * (MESSAGE_JSON + 5)), [7, 8, 9]);
        assert_eq!(left(Page::Before(Seq(10)), 2 * (MESSAGE_JSON + 5) + 1), [8, 9]);
        assert_eq!(left(Page::Newest, 0), [] as [i64; 0]);
    }
}
