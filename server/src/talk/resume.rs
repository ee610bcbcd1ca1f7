//! What was said before, on its way to a client: pages of history, and what has changed since. Bounded in messages and in
//! bytes, whatever others have written.

use super::{Reader, Speaker, Talk};
use crate::{
    conversation::{Changes, Head, Held, Message, Reaction, System},
    error::{Code, Refusal},
    id::{ConversationId, Rev, Seq, UserId},
    protocol::CursorEntry,
    store::Page,
};

/// Bytes of messages, as JSON, in one answer of `history` or `changes`, and in all changes of one `welcome`
/// (protocol/README.md, "Limits"). One message always fits.
pub const PAGE_BYTES: usize = 262_144;

/// Messages that ride in `welcome` for one conversation, and for all of them together.
const WELCOME_EACH: i64 = 50;
const WELCOME_ALL: usize = 200;

/// Bytes of a message's JSON besides its text, at most.
const MESSAGE_JSON: usize = 360;

/// A page of one conversation, and what it is a part of.
pub struct Found {
    /// The conversation's head.
    pub head: Head,
    /// Ascending.
    pub messages: Vec<Message>,
    /// There is more in the direction that was asked.
    pub more: bool,
}

/// What remains to be given in one answer.
#[derive(Clone, Copy)]
struct Room {
    messages: usize,
    bytes: usize,
}

impl Talk {
    /// A page of one of the speaker's conversations.
    pub async fn history(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<Found, Refusal> {
        let mut reader = self.access.reader(speaker, conversation).await?;
        self.in_page(limit)?;
        let (head, mut messages) = loop {
            let found = reader.history(page, limit).await?;
            if !self.access.reaches_otherwise(&mut reader).await? {
                break found;
            }
        };
        cut(&mut messages, page, PAGE_BYTES);
        let more = match page {
            Page::After(_) => messages.last().is_some_and(|last| last.seq < head.seq),
            Page::Newest | Page::Before(_) => {
                messages.first().is_some_and(|first| first.seq > head.first_seq)
            }
        };
        Ok(Found { head, messages, more })
    }

    /// The next changes of one of the speaker's conversations after what they hold.
    pub async fn changes(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<Changes, Refusal> {
        let mut reader = self.access.reader(speaker, conversation).await?;
        self.in_page(limit)?;
        loop {
            let mut room = Room { messages: usize::try_from(limit).unwrap_or(0), bytes: PAGE_BYTES };
            let changes = since(&reader, held, limit, &mut room).await?;
            if !self.access.reaches_otherwise(&mut reader).await? {
                return Ok(changes);
            }
        }
    }

    /// What a returning client missed, by its cursor and the heads now, with at most so many bytes of messages.
    /// `same_epoch`: the copy is of this store.
    pub async fn missed(
        &self,
        speaker: Speaker,
        cursor: &[CursorEntry],
        heads: &[Option<Head>],
        same_epoch: bool,
        bytes: usize,
    ) -> Result<Vec<Changes>, Refusal> {
        let mut missed = Vec::new();
        let mut room = Room { messages: WELCOME_ALL, bytes };
        for (CursorEntry { conversation, rev, seq }, head) in cursor.iter().zip(heads) {
            // Nobody is looked up for what has not changed.
            if same_epoch && head.is_some_and(|head| head.rev == *rev && head.seq >= *seq) {
                continue;
            }
            let Ok(mut reader) = self.access.reader(speaker, conversation).await else { continue };
            let held = Held { rev: *rev, seq: *seq };
            let (changes, left) = loop {
                let (head, mut left) = (reader.head(head.unwrap_or_default()), room);
                let changes = if !same_epoch || !held.is_part_of(head) {
                    Some(anew(&reader, head, WELCOME_EACH, &mut left).await?)
                } else if held.rev < head.rev {
                    Some(next(&reader, held, head, WELCOME_EACH, &mut left).await?)
                } else {
                    None
                };
                if !self.access.reaches_otherwise(&mut reader).await? {
                    break (changes, left);
                }
            };
            missed.extend(changes);
            room = left;
        }
        Ok(missed)
    }

    fn in_page(&self, limit: i64) -> Result<(), Refusal> {
        if (1..=self.history_page).contains(&limit) {
            return Ok(());
        }
        let detail = format!("limit must be 1 to {}", self.history_page);
        Err(Refusal::with(Code::BadFrame, detail))
    }
}

/// Changes, or the newest messages in their place.
async fn since(reader: &Reader<'_>, held: Held, limit: i64, room: &mut Room) -> Result<Changes, Refusal> {
    let (head, mut changes) = reader.changes(held, limit).await?;
    if !held.is_part_of(head) {
        return anew(reader, head, limit, room).await;
    }
    room.fill(&mut changes, held);
    Ok(changes)
}

/// Changes, of a conversation that may have changed again since its head was read.
async fn next(
    reader: &Reader<'_>,
    held: Held,
    head: Head,
    limit: i64,
    room: &mut Room,
) -> Result<Changes, Refusal> {
    match room.limit(limit) {
        0 => Ok(Changes {
            from: held.rev,
            more: true,
            ..Changes::head(reader.conversation(), Head { rev: held.rev, ..head })
        }),
        limit => since(reader, held, limit, room).await,
    }
}

/// The newest messages, for a copy that is no part of the truth.
async fn anew(reader: &Reader<'_>, mut head: Head, limit: i64, room: &mut Room) -> Result<Changes, Refusal> {
    let (limit, mut messages) = (room.limit(limit), Vec::new());
    if limit > 0 {
        (head, messages) = reader.history(Page::Newest, limit).await?;
        room.cut(&mut messages, Page::Newest);
    }
    let more = messages.is_empty() && head.seq >= head.first_seq;
    let head = Changes::head(reader.conversation(), head);
    Ok(Changes { from: Rev(0), messages, more, reset: true, ..head })
}

impl Room {
    /// How many messages may be asked for.
    fn limit(&self, most: i64) -> i64 {
        if self.bytes == 0 { 0 } else { most.min(i64::try_from(self.messages).unwrap_or(most)) }
    }

    /// Leaves of changes what there is room for, and ends them there.
    fn fill(&mut self, changes: &mut Changes, held: Held) {
        if self.cut(&mut changes.messages, Page::After(Seq(0))) {
            changes.rev = changes.messages.last().map_or(held.rev, |last| last.rev);
            changes.more = true;
        }
    }

    /// Leaves what there is room for. What does not fit ends all of it: a small conversation behind a large one is as well
    /// asked for. Returns whether something was left out.
    fn cut(&mut self, messages: &mut Vec<Message>, page: Page) -> bool {
        let whole = messages.len();
        self.bytes = self.bytes.saturating_sub(cut(messages, page, self.bytes));
        self.messages = self.messages.saturating_sub(messages.len());
        if messages.len() < whole {
            self.bytes = 0;
        }
        messages.len() < whole
    }
}

/// Leaves what fits into so many bytes of JSON: of those asked for after a seq the first, else the last. Returns the
/// bytes of what is left.
fn cut(messages: &mut Vec<Message>, page: Page, most: usize) -> usize {
    let mut bytes = 0;
    let mut fits = |message: &Message| {
        let whole =
            bytes + MESSAGE_JSON + message.text.as_deref().map_or(0, json_bytes) + more_bytes(message);
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

/// Bytes of what few messages have, at most: as JSON, with its name.
fn more_bytes(Message { system, mentions, reactions, mine, .. }: &Message) -> usize {
    /// A name with its quotes and brackets, and the longest number of a user with its comma.
    const NAMED: usize = 16;
    const USER: usize = 17;
    let users = |users: &[UserId]| NAMED + USER * users.len();
    let system = system.as_ref().map_or(0, |system| {
        let of = match system {
            System::Made { title, users: with } => json_bytes(title) + users(with),
            System::Added { users: who } | System::Removed { users: who } => users(who),
            System::Renamed { title } => json_bytes(title),
            System::Left | System::Announcements { .. } => 0,
        };
        5 * NAMED + of
    });
    let mentions = if mentions.is_empty() { 0 } else { users(mentions) };
    let reaction = |one: &Reaction| 4 * NAMED + json_bytes(&one.emoji) + users(&one.users);
    let mine = mine.iter().map(|emoji| NAMED + json_bytes(emoji));
    system + mentions + reactions.iter().map(reaction).sum::<usize>() + mine.sum::<usize>()
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
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::{
        conversation::DeletedBy,
        id::{ClientMessageId, VerbId},
        talk::MESSAGE_CHARS,
    };

    fn message(seq: i64, text: &str) -> Message {
        Message {
            seq: Seq(seq),
            rev: Rev(seq),
            sender: "9007199254740991".parse().expect("a user"),
            client_message_id: Some(ClientMessageId(Uuid::now_v7())),
            text: Some(text.into()),
            sent_at: i64::MAX,
            system: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: Vec::new(),
            reply_to: Some(Seq(i64::MAX)),
            edited_at: Some(i64::MAX),
            deleted: Some(DeletedBy::Moderator),
            verb_id: Some(VerbId(Uuid::now_v7())),
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
    fn what_few_messages_have_is_counted_as_well() {
        let user: UserId = "9007199254740991".parse().expect("a user");
        let (title, users) = ("\"\u{1}é".repeat(33).into(), vec![user; 49]);
        let emoji: Arc<str> = "👩🏽\u{200d}❤️\u{200d}💋\u{200d}👨🏿".into();
        let reaction = Reaction { emoji: emoji.clone(), count: i64::MAX, users: vec![user; 20] };
        let said = Message {
            mentions: vec![user; 20],
            reactions: vec![reaction; 20],
            mine: vec![emoji; 3],
            ..message(i64::MAX, "x")
        };
        let systems = [
            System::Made { title, users: users.clone() },
            System::Added { users: users.clone() },
            System::Removed { users },
            System::Renamed { title: "\u{1}".repeat(100).into() },
            System::Left,
            System::Announcements { on: false },
        ];
        let told = |system| Message { system: Some(system), text: None, ..message(i64::MAX, "") };
        for message in systems.into_iter().map(told).chain([said]) {
            let written = serde_json::to_string(&message).expect("a message").len();
            let counted = MESSAGE_JSON + message.text.as_deref().map_or(0, json_bytes) + more_bytes(&message);
            assert!(written <= counted, "{written} and {counted}: {message:?}");
            assert!(counted <= PAGE_BYTES / 8, "many fit");
        }
        assert_eq!(more_bytes(&message(1, "x")), 0);
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

    #[test]
    fn changes_end_where_there_was_no_room() {
        let all: Vec<Message> = (4..=9).map(|seq| message(seq, "12345")).collect();
        let held = Held { rev: Rev(3), seq: Seq(3) };
        let conversation: ConversationId = "2-3".parse().expect("a conversation");
        let head = Changes::head(conversation, Head { first_seq: Seq(1), seq: Seq(9), rev: Rev(9) });
        let whole = Changes { from: Rev(3), messages: all, ..head };
        let mut room = Room { messages: 100, bytes: 2 * (MESSAGE_JSON + 5) };
        let mut changes = whole.clone();
        room.fill(&mut changes, held);
        assert_eq!((changes.rev, changes.messages.len(), changes.more), (Rev(5), 2, true));
        assert_eq!(room.limit(50), 0, "nothing comes after what did not fit");
        let mut changes = whole.clone();
        room.fill(&mut changes, held);
        assert_eq!(
            (changes.from, changes.rev, changes.messages.len(), changes.more),
            (Rev(3), Rev(3), 0, true)
        );
        let (mut room, mut changes) = (Room { messages: 100, bytes: PAGE_BYTES }, whole.clone());
        room.fill(&mut changes, held);
        assert_eq!((&changes, room.limit(200)), (&whole, 94));
    }
}
